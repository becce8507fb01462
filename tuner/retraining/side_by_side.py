"""Trainings of `train.py`: one after the other, or several at once in processes of their own."""

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import Connection

import tensorflow as tf
from rich.console import Console
from rich.progress import Progress

from tuner.execution.resources import process_settings
from tuner.execution.sharing import write_shared
from tuner.retraining.choice import Choice
from tuner.retraining.train_once import Outcome, Planned, Training, outcome_of
from tuner.retraining.training_curves import Curve, Curves
from tuner.retraining.training_process import start, train
from tuner.starting.fork_server import start_fork_server
from tuner.training.callbacks import DivergedError
from tuner.trials.trial import Metrics


def train_all(choice: Choice, planned: Sequence[Planned], curves: Curves) -> list[Training | None]:
    """Train what is planned, with a curve for each.

    Returns:
        The trainings in their order; None for one that diverged, which is said on standard error.
    """
    workers = min(choice.workers, len(planned))
    if tf.config.list_physical_devices("GPU"):  # This process has it, as a rule all of its memory.
        workers = 1
    with _Followed(planned, curves, choice.prepared.options.max_epochs) as followed:
        if workers > 1:
            try:
                _train_in_processes(choice, followed, workers)
            except (BrokenProcessPool, EOFError, OSError) as error:
                print(
                    f"warning: {workers} trainings at the same time failed, perhaps for want of "
                    f"memory ({type(error).__name__}: {error}): what is left is trained one after "
                    "the other",
                    file=sys.stderr,
                )
        for number in list(followed.left):
            followed.take(number, 0, {})
            tell = partial(followed.take, number)
            followed.end(number, outcome_of(choice, planned[number], tell))
    return followed.trainings


class _Followed(ExitStack):
    """What is shown and kept of trainings while they run, by their numbers in the plan."""

    def __init__(self, planned: Sequence[Planned], curves: Curves, max_epochs: int) -> None:
        super().__init__()
        self.planned = planned
        self.trainings: list[Training | None] = [None] * len(planned)
        self.left = list(range(len(planned)))
        self._curves: list[Curve] = []
        self._begin, self._max_epochs = curves.begin, max_epochs
        self._epochs = [0] * len(planned)
        shown = Console(stderr=True)
        bar = Progress(console=shown, transient=True, disable=not shown.is_terminal)
        self._bar = self.enter_context(bar)
        self._task = self._bar.add_task("epochs", total=len(planned) * max_epochs)

    def take(self, number: int, epoch: int, metrics: Metrics) -> None:
        """Take an epoch of a training; 0 says that it begins."""
        for one in self.planned[len(self._curves) : number + 1]:  # They begin in their order.
            self._curves.append(self._begin(one.name, one.configuration.values))
            self.callback(self._curves[-1].close)
        if epoch > 0:
            self._curves[number].scalars(metrics, epoch)
        self._show(number, epoch)

    def end(self, number: int, outcome: Outcome) -> None:
        """Take the end of a training."""
        self.left.remove(number)
        if isinstance(outcome, DivergedError):
            print(f"{self.planned[number]} {outcome}", file=sys.stderr)
            self._curves[number].end(diverged=str(outcome))
        else:
            self._curves[number].end()
            self.trainings[number] = outcome
        self._show(number, self._max_epochs)

    def _show(self, number: int, epochs: int) -> None:
        self._epochs[number] = epochs
        self._bar.update(self._task, completed=sum(self._epochs))


def _train_in_processes(choice: Choice, followed: _Followed, workers: int) -> None:
    """Train all that is left.

    Raises:
        BrokenProcessPool: A process was lost.
        EOFError, OSError: The disk is full, or processes cannot be started.
    """
    context = start_fork_server() or multiprocessing.get_context("spawn")
    (settings, *_) = process_settings(workers, deterministic=False)
    choice.folder.mkdir(parents=True, exist_ok=True)
    plan = choice.folder / "plan"
    ours, theirs = context.Pipe(duplex=False)
    given = (settings, plan, theirs, context.Lock())
    try:
        write_shared(plan, (choice, list(followed.planned)))
        with ProcessPoolExecutor(workers, context, start, given) as pool:
            try:
                numbers = {pool.submit(train, number): number for number in followed.left}
                _follow(numbers, ours, followed)
            except BaseException:
                for process in multiprocessing.active_children():
                    process.kill()
                raise
    finally:
        plan.unlink(missing_ok=True)


def _follow(numbers: dict[Future[Outcome], int], told: Connection, followed: _Followed) -> None:
    """Pass on what processes tell, until all trainings have ended."""
    running = set(numbers)
    while running:
        told.poll(0.1)  # Till somebody tells something.
        done = {future for future in running if future.done()}
        while told.poll():  # A training has told all of its epochs before it ends.
            followed.take(*told.recv())
        for future in sorted(done, key=numbers.__getitem__):
            followed.end(numbers[future], future.result())
        running -= done
