"""The GPUs of this machine, and what XLA is told for them; without loading CUDA or TensorFlow."""

import os
from pathlib import Path


def gpus() -> list[str]:
    """Return the GPUs by the names that ``CUDA_VISIBLE_DEVICES`` takes."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    return [str(number) for number, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]


def shorten_compilation() -> None:
    """Have XLA leave matrix products to cuBLAS, unless ``XLA_FLAGS`` says otherwise.

    Of the 8 s that a small network takes to compile on an H200, its own, by Triton, are 4; epochs
    are no slower without. Must come before TensorFlow is imported.
    """
    flag, before = "--xla_gpu_enable_triton_gemm", os.environ.get("XLA_FLAGS", "")
    if flag not in before:
        os.environ["XLA_FLAGS"] = f"{before} {flag}=false".strip()
