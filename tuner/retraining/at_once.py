"""How many trainings run at once."""

from data import Dataset
from data.errors import InputError
from data.large_arrays import free_memory
from tuner.command_line.options import SEEDS_TO_COMPARE, TrainOptions
from tuner.execution.resources import WORKER_BYTES, processes_here
from tuner.starting.devices import gpus
from tuner.starting.fork_server import start_fork_server


def seeds_of(options: TrainOptions) -> int:
    """Return how often each configuration is trained."""
    return options.seeds or (SEEDS_TO_COMPARE if options.against_default else 1)


def prepare_for_several(options: TrainOptions) -> int:
    """Return how many trainings run at once at the most; where several do, prepare for it.

    That takes as long as an import of TensorFlow, and had better begin before this process has its
    own.

    Raises:
        InputError: Several are asked for, and there is a GPU.
    """
    if gpus() and (options.workers or 1) > 1:
        raise InputError(
            f"--workers {options.workers}: with a GPU, trainings run one after the other: leave it "
            "out, or hide the GPU (CUDA_VISIBLE_DEVICES=)"
        )
    configurations = 2 if options.against_default else 1
    most = max(seeds_of(options) * configurations, options.ensemble or 0)
    workers = min(most, options.workers or (1 if gpus() else processes_here()))
    if workers > 1:
        start_fork_server()
    return workers


def that_fit(workers: int, dataset: Dataset) -> int:
    """Return how many of so many processes there is memory for: each has examples of its own."""
    size = WORKER_BYTES + 2 * dataset.preprocessed_bytes
    return max(1, min(workers, int(free_memory() / size)))
