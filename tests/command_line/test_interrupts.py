import contextlib
import os
import signal
import subprocess
import sys

import pytest

from data.errors import InputError
from tests.conftest import ROOT
from tuner.command_line.interrupts import answered, handle_interrupts, whole
from tuner.command_line.program import INTERRUPTED, run_command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_step_is_whole_and_the_interrupt_comes_after_it(number: signal.Signals) -> None:
    handle_interrupts()
    done: list[str] = []

    @whole
    def inner() -> None:
        os.kill(os.getpid(), number)
        done.append("inner")

    @whole
    def step() -> None:
        inner()
        done.append("rest")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["inner", "rest"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    answered()
    step_without_interrupt = whole(lambda: "kept")
    assert step_without_interrupt() == "kept"


def swallow_an_interrupt() -> None:
    """Do what Keras does where it traces a graph."""
    with contextlib.suppress(BaseException):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_swallowed_interrupt_comes_in_place_of_every_step_until_it_is_answered() -> None:
    handle_interrupts()
    done: list[str] = []
    step = whole(lambda: done.append("step"))
    swallow_an_interrupt()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            step()
    assert not done
    answered()
    step()
    assert done == ["step"]


@pytest.mark.parametrize("error", [TypeError, InputError, OSError])
def test_an_error_that_follows_from_a_swallowed_interrupt_is_an_interrupt(
    error: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> int:
        swallow_an_interrupt()
        raise error("Failed to convert elements of (None, 128)")

    assert run_command("train.py", command) == INTERRUPTED
    assert capsys.readouterr().err == "train.py: interrupted\n"


def test_the_next_command_is_not_ended_by_the_interrupt_of_one_before() -> None:
    def swallowing() -> int:
        swallow_an_interrupt()
        return 0

    assert run_command("tune.py", swallowing) == 0
    assert run_command("tune.py", lambda: whole(int)()) == 0


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "ImportError('no PyCapsule')"])
def test_one_while_the_first_modules_are_imported_has_no_traceback(error: str) -> None:
    code = f"""
import signal, sys
from importlib.abc import MetaPathFinder
from tuner.command_line import program

class Interrupting(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "data":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise {error} from None

sys.meta_path.insert(0, Interrupting())
sys.exit(program.run_command("tune.py", int))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (INTERRUPTED, "tune.py: interrupted\n")
