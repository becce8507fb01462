"""TensorFlow imported, fast and without what its compiled code prints before it is told not to."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tuner.starting.late_imports import LateImports


@contextmanager
def standard_error_aside() -> Iterator[IO[bytes]]:
    """Set the process's standard error aside, in a file; give it back on failure.

    Compiled code asks nobody before it prints: only the file descriptor can be turned away.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield aside
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def import_tensorflow(*, look_for_gpus: bool = True) -> None:
    """Import TensorFlow without the lines it prints before it reads its own log level.

    Args:
        look_for_gpus: Look for them now, while nothing of it is printed.

    Raises:
        ImportError: TensorFlow is not installed, or not for this machine.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    LateImports.install()
    # An import makes little garbage, and a million objects in which to look for it.
    collecting = gc.isenabled()
    with standard_error_aside():
        try:
            gc.disable()
            import tensorflow
        finally:
            if collecting:
                gc.enable()
        if look_for_gpus:
            tensorflow.config.list_physical_devices()
        # A search traces many graphs, which is no news to warn of.
        tensorflow.get_logger().setLevel("ERROR")
        # What was imported stays: the garbage collector need not look through it ever again,
        # which takes about a tenth of a search of small models.
        gc.collect()
        gc.freeze()
