import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import InputError
from tuner.storage.lock import exclusive_lock

HOLD = """
import sys, time
from pathlib import Path
from tuner.storage.lock import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError, match=f"process {holder.pid}"), exclusive_lock(path):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with exclusive_lock(path):  # A dead process keeps nothing.
        assert path.read_text().strip().isdecimal()


def test_a_lock_can_be_taken_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), exclusive_lock(tmp_path / "lock"):
        raise RuntimeError
    with exclusive_lock(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
