"""A disk that fills up in the middle of a search: a small one, made for the test."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.storage.journal import read_journal

ROOT = Path(__file__).parents[2]

SCRIPT = """
mount -t tmpfs -o size=$1 tmpfs $2 || exit 77
search="$3 tune.py --dataset wine --folds 0 --max-trials 6 --max-epochs 5 \\
--runs-dir $2/runs --run a"
$search; echo "status $?"
cp $2/runs/a/journal.jsonl $4
mount -o remount,size=50m $2
$search; echo "status $?"
cp $2/runs/a/journal.jsonl $5
"""


# So much that the journal, event files, or the first models do not fit.
@pytest.mark.slow
@pytest.mark.parametrize("room", ["40k", "60k", "200k"])
def test_a_full_disk_is_one_clear_error_and_the_search_goes_on_later(
    room: str, tmp_path: Path
) -> None:
    disk, full, whole = (tmp_path / name for name in ("disk", "full.jsonl", "whole.jsonl"))
    disk.mkdir()
    command = ["sh", "-c", SCRIPT, "sh", room, str(disk), sys.executable, str(full), str(whole)]
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    done = subprocess.run(
        ["unshare", "-rm", *command], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if not full.exists():
        pytest.skip(f"needs to mount a small disk: {done.stderr}")
    statuses = [line for line in done.stdout.splitlines() if line.startswith("status")]
    assert statuses == ["status 2", "status 0"]
    (line,) = done.stderr.splitlines()
    assert "no room on the disk" in line
    assert "--run a" in line
    before, after = read_journal(full), read_journal(whole)
    assert (before.damage, after.damage) == ([], [])
    ended = [event["trial"] for event in after.events if event["event"] == "trial_ended"]
    assert sorted(ended) == [0, 1, 2, 3, 4, 5]
    assert after.events[: len(before.events)] == before.events
