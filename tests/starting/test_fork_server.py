"""Forked processes have TensorFlow when they start, nothing of a user's, and end with their driver.

The driver is a script of its own, in a folder with another package `tuner`, and runs from there.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import ROOT

DRIVER = """
import json, os, signal, sys

sys.path.insert(0, {root!r})

def look(connection):
    connection.send({{
        "server": os.getppid(),
        "process": os.getpid(),
        "imported": sorted(sys.modules.keys() & {{"tensorflow", "keras_tuner", "data", "model"}}),
        "tuner": sys.modules["tuner"].__file__,
        "unheard": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, set())),
        "environment": {{name: os.environ.get(name) for name in ("PYTHONSAFEPATH", "PYTHONPATH")}},
    }})
    connection.poll(600)

if __name__ == "__main__":
    from tuner.starting.fork_server import start_fork_server

    before = dict(os.environ)
    start_fork_server()
    assert dict(os.environ) == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, set())
    kept = []
    while sys.stdin.readline():
        context = start_fork_server()
        ours, theirs = context.Pipe()
        context.Process(target=look, args=(theirs,), daemon=True).start()
        kept.append(ours)
        print(json.dumps(ours.recv()), flush=True)
"""


class Driver:
    """A process with a fork server."""

    def __init__(self, folder: Path) -> None:
        (folder / "tuner/starting").mkdir(parents=True)
        (folder / "tuner/__init__.py").write_text("raise SystemExit('not this one')")
        (folder / "scripts").mkdir()
        script = folder / "scripts/driver.py"
        script.write_text(DRIVER.format(root=str(ROOT)), "utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": "/of/the/user"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fork(self) -> dict[str, Any]:
        """Return what a new process finds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    started = Driver(tmp_path)
    yield started
    started.process.kill()
    started.process.communicate()


def test_a_forked_process_has_tensorflow_and_no_code_of_the_user(driver: Driver) -> None:
    first, second = driver.fork(), driver.fork()
    assert first["server"] == second["server"] != driver.process.pid
    assert first["process"] != second["process"]
    for found in (first, second):
        assert found["imported"] == ["keras_tuner", "tensorflow"]
        assert found["tuner"] == str(ROOT / "tuner/__init__.py")
        assert found["unheard"] == [signal.SIGINT]
        assert found["environment"] == {"PYTHONSAFEPATH": None, "PYTHONPATH": "/of/the/user"}


def test_a_server_that_was_killed_starts_again(driver: Driver) -> None:
    first = driver.fork()
    os.kill(first["server"], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first["server"])], timeout=10)
    again = driver.fork()
    assert again["server"] != first["server"]
    assert again["imported"]


def test_a_server_ends_with_its_driver_in_the_middle_of_its_import(driver: Driver) -> None:
    own = psutil.Process(driver.process.pid)
    end = time.monotonic() + 60
    while not (servers := [c for c in own.children() if "forkserver" in " ".join(c.cmdline())]):
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.5)
    driver.process.kill()
    assert not psutil.wait_procs(servers, timeout=10)[1]
    # The driver's standard error was the server's, too.
    assert "Traceback" not in driver.process.communicate(timeout=10)[1]


def test_nothing_is_forked_where_a_socket_has_no_place(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    code = "from tuner.starting.fork_server import start_fork_server as s; assert s() is None"
    environment = os.environ | {"TMPDIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=60)
    assert done.returncode == 0
