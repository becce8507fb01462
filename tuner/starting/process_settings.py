"""What a process that trains is given: threads, a GPU, determinism."""

import gc
import os
from dataclasses import dataclass

from tuner.starting.devices import gpus, shorten_compilation
from tuner.starting.quiet import import_tensorflow


@dataclass(frozen=True)
class ProcessSettings:
    """How a process that trains uses the machine.

    Attributes:
        threads: How many threads TensorFlow may use for one operation; None: as many as it likes.
        gpu: Its GPU, as ``CUDA_VISIBLE_DEVICES`` takes it; None: whatever there is.
        deterministic: Operations give the same bits every time, where a GPU's would not.
    """

    threads: int | None = None
    gpu: str | None = None
    deterministic: bool = False


def start_tensorflow(settings: ProcessSettings) -> None:
    """Import TensorFlow and set it up. Must come before any of its operations."""
    if settings.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = settings.gpu
    if gpus():
        shorten_compilation()
    import_tensorflow()
    import tensorflow as tf

    # Tracing makes many objects, nearly all to stay: Python need not look for garbage that often,
    # nor ever in TensorFlow's own half a million.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    if settings.threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    devices = tf.config.list_physical_devices("GPU")
    for gpu in devices:
        tf.config.experimental.set_memory_growth(gpu, True)
    if devices and settings.deterministic:
        tf.config.experimental.enable_op_determinism()
        tf.random.set_seed(0)  # Else TensorFlow refuses operations that draw their own.
