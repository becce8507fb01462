"""The GPUs of this machine, and what XLA is told for them; without loading CUDA or TensorFlow."""

import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

# Programs of XLA take a megabyte or two; the oldest go first.
KEPT_BYTES = 1024**3


def gpus() -> list[str]:
    """Return the GPUs by the names that ``CUDA_VISIBLE_DEVICES`` takes."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    return [str(number) for number, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]


def set_up_xla() -> None:
    """Let XLA keep its programs for later trials, workers and runs, and compile faster.

    Of the 8 s that a small network takes to compile on an H200, 4 go into matrix products by
    Triton; with cuBLAS's its epochs take no longer. Must come before TensorFlow is imported.
    What the variables say already stays.
    """
    _add("XLA_FLAGS", "--xla_gpu_enable_triton_gemm", "false")
    with suppress(OSError, RuntimeError):  # No home, or full: each process compiles for itself.
        folder = programs_folder()
        folder.mkdir(parents=True, exist_ok=True)
        # TensorFlow would take a name with a space for two flags.
        if os.access(folder, os.W_OK) and " " not in str(folder):
            _add("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory", str(folder))
        trim(folder)


def programs_folder() -> Path:
    """Return where programs for these GPUs and this TensorFlow are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    about = Path("/proc/driver/nvidia/gpus").glob("*/information")
    lines = {line for file in about for line in file.read_text().splitlines()}
    models = sorted(line.partition(":")[2].strip() for line in lines if line.startswith("Model:"))
    name = "-".join([*models, "tensorflow", version("tensorflow")]).replace(" ", "-")
    return Path(cache, "keras-tuning-template", "xla", name)


def trim(folder: Path) -> None:
    """Delete the oldest files of a folder until the others take `KEPT_BYTES` at most."""
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    size = 0
    for file in files:
        size += file.stat().st_size
        if size > KEPT_BYTES:
            file.unlink(missing_ok=True)


def _add(variable: str, flag: str, value: str) -> None:
    before = os.environ.get(variable, "")
    if flag not in before:
        os.environ[variable] = f"{before} {flag}={value}".strip()
