"""TensorFlow's import without the lines it prints before anybody can tell it not to."""

import gc
import os
import sys
import tempfile


def import_tensorflow() -> None:
    """Import TensorFlow with the process's standard error set aside; give it back on failure.

    The lines come from compiled code, before TensorFlow reads its own log level, so that only the
    file descriptor can be turned away.

    Raises:
        ImportError: TensorFlow is not installed, or not for this machine.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()  # Looking for a GPU prints, too.
            # A search traces many graphs, which is no news to warn of.
            tensorflow.get_logger().setLevel("ERROR")
            # What was imported stays: the garbage collector need not look through it ever again,
            # which takes about a tenth of a search of small models.
            gc.collect()
            gc.freeze()
        except Exception:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
