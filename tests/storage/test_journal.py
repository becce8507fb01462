import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.storage.journal import Journal, read_journal

EVENTS = [{"event": "trial_created", "trial": n, "values": {"x": n}} for n in range(4)]


def write(path: Path, events: list[dict]) -> bytes:
    with Journal(path) as journal:
        for event in events:
            journal.append(event)
    return path.read_bytes()


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, EVENTS)
    replay = read_journal(path)
    assert replay.events == EVENTS
    assert (replay.damage, replay.torn_from) == ([], None)


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none").events == []


def test_lines_are_strict_json_even_for_what_json_has_no_number_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, [{"event": "epoch", "metrics": {"a": float("nan"), "b": [float("-inf")]}}])

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    (line,) = path.read_text().splitlines()
    metrics = json.loads(line, parse_constant=refuse)["metrics"]
    assert metrics == {"a": "nan", "b": ["-inf"]}


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_torn_last_line_is_dropped_and_overwritten(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(write(path, EVENTS)[:-cut])
    replay = read_journal(path)
    assert replay.events == EVENTS[:-1]
    assert replay.damage == []
    with Journal(path) as journal:
        journal.append(EVENTS[-1])
    assert read_journal(path).events == EVENTS


def test_damage_elsewhere_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = write(path, EVENTS).splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"event": "tri\x00\xff\n', *lines[1:], b"[1]\n"]))
    replay = read_journal(path)
    assert replay.events == EVENTS
    assert len(replay.damage) == 2
    assert "line 2 of" in replay.damage[0]


@given(st.data())
def test_any_bytes_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "journal.jsonl"
    whole = write(path, EVENTS)
    pieces = data.draw(
        st.lists(
            st.one_of(
                st.sampled_from(whole.splitlines(keepends=True)),
                st.binary(max_size=40),
                st.integers(0, len(whole)).map(lambda end: whole[:end]),
            )
        )
    )
    path.write_bytes(b"".join(pieces))
    replay = read_journal(path)
    assert all(isinstance(event, dict) and "event" in event for event in replay.events)
    # Whatever was there, what is written next is read back.
    with Journal(path) as journal:
        journal.append(EVENTS[0])
    again = read_journal(path)
    assert again.events == [*replay.events, EVENTS[0]]
    assert again.torn_from is None


FILL = """
import resource, sys
from pathlib import Path
from tuner.storage.journal import Journal
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
journal = Journal(Path(sys.argv[1]))
try:
    for n in range(100):
        journal.append({"event": "trial_created", "trial": n, "values": {}})
except OSError as error:
    print(n, error.errno)
"""


def test_a_full_disk_is_an_error_and_leaves_whole_lines(tmp_path: Path) -> None:
    # The system refuses bytes past a limit just as a full disk does: within a line.
    path = tmp_path / "journal.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, timeout=60
    )
    written, code = map(int, done.stdout.split())
    assert code in {errno.EFBIG, errno.ENOSPC}
    replay = read_journal(path)
    assert len(replay.events) == written > 0
    assert (replay.damage, replay.torn_from) == ([], None)
