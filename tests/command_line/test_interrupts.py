import os
import signal

import pytest

from tuner.command_line.interrupts import handle_interrupts, whole


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
    step_without_interrupt = whole(lambda: "kept")
    assert step_without_interrupt() == "kept"
