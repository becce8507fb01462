"""``tune.py --find-learning-rate``: the range test of the default configuration."""

import math
from pathlib import Path
from typing import Any

from data import Dataset
from data.errors import InputError
from tuner.command_line.commands import new_search, ranging
from tuner.command_line.options import SearchOptions
from tuner.execution.resources import process_settings
from tuner.measuring.range_test import Batches, RangeTest, find_learning_rate
from tuner.reporting.range_test_files import write_learning_rate
from tuner.setup.preparation import Preparation, prepare
from tuner.space.hyperparameters import Hyperparameter
from tuner.starting.apart import run_apart
from tuner.storage.run_directory import open_for_measurement
from tuner.training.epoch import epoch_order
from tuner.training.run_trial import batch_size_of
from tuner.training.session import build_afresh
from tuner.trials.seeds import integer_seed


def run(options: SearchOptions, command: str) -> int:
    """Find a rate, write ``learning_rate.json`` and its pictures, print a proposal.

    Returns:
        0; 1 when the loss fell at no rate, so that there is none to propose.

    Raises:
        InputError: Something in the options does not fit.
    """
    prepared = prepare(options)
    folder = Path(options.runs_dir, str(options.run))
    with open_for_measurement(folder, prepared.config(command), accept_code=options.accept_code):
        finding = learning_rate_of(prepared)
        write_learning_rate(folder, finding.as_dict())
    print(*_lines(options, prepared, finding, folder), sep="\n")
    return 0 if finding.learning_rate is not None else 1


def learning_rate_of(prepared: Preparation) -> RangeTest:
    """Run the range test on the default configuration of a search; its seed decides all of it.

    Raises:
        InputError: The model has no learning rate that could be set.
    """
    seed, hp = prepared.options.seed, prepared.default_hyperparameters()
    rate = _named(prepared, "learning_rate")
    if rate is None:
        raise InputError("the model has no hyperparameter learning_rate to find")
    model = build_afresh(lambda: prepared.build(hp), integer_seed(seed, 0, "weights"))
    size = batch_size_of(hp, prepared.options.batch_size)
    return find_learning_rate(
        model,
        lambda number: _batches(prepared.dataset, size, integer_seed(seed, number, "range_test")),
        low=0.0 if rate.low is None else rate.low,
        high=math.inf if rate.high is None else rate.high,
    )


def _named(prepared: Preparation, name: str) -> Hyperparameter | None:
    return next((h for h in prepared.search_space.hyperparameters if h.name == name), None)


def find_apart(prepared: Preparation) -> dict[str, Any]:
    """Return what `learning_rate_of` finds in a process of its own, as a trial would be trained.

    So it depends on the seed alone: not on the number of workers, nor on the driver's threads.
    Where there is no rate to propose, it is the default, to search in its whole range.
    """
    (alone,) = process_settings(1, deterministic=prepared.options.deterministic)
    return run_apart(alone, _found, prepared)


def _found(prepared: Preparation) -> dict[str, Any]:
    found = learning_rate_of(prepared).as_dict()
    if found["learning_rate"] is None:
        found["learning_rate"] = prepared.search_space.defaults()["learning_rate"]
    return found


def _batches(dataset: Dataset, size: int, seed: int) -> Batches:
    """Yield training batches without end, in an order of the seed's."""
    if not dataset.in_memory:
        while True:
            yield from dataset.stream("train", size, shuffle_seed=seed)
    train, epoch = dataset.preprocessed("train"), 0
    while True:
        order = epoch_order(len(train), seed, epoch)
        for start in range(0, len(order), size):
            yield train.take(order[start : start + size]).arrays
        epoch += 1


def _lines(
    options: SearchOptions, prepared: Preparation, finding: RangeTest, folder: Path
) -> list[str]:
    written = f"Written: {folder / 'learning_rate.json'}, learning_rate.png"
    if finding.learning_rate is None:
        return [
            "The loss fell at no learning rate: look at the data and at the model's loss",
            written,
        ]
    narrowed = ranging(options, "learning_rate", finding.low, finding.high)
    return [
        f"Proposed: learning_rate={finding.learning_rate:g}, to search from {finding.low:g} to "
        f"{finding.high:g}",
        *_stability(prepared, finding),
        written,
        f"Next: {new_search(narrowed)}",
    ]


def _stability(prepared: Preparation, finding: RangeTest) -> list[str]:
    """Return what helps a training that does not bear twice its rate: warm-up, then clipping."""
    if not finding.breaks_at_twice:
        return []
    helps = []
    schedule = _named(prepared, "schedule")
    if schedule is not None and "warmup_cosine" in schedule.choices:
        helps.append("warm-up, --fix schedule=warmup_cosine")
    if _named(prepared, "clip_norm") is not None:
        helps.append(
            f"clipped gradients, --fix clip_norm={finding.gradient_norm:g} (nine tenths of their "
            "norms are smaller)"
        )
    remedy = f": try {'; then '.join(helps)}" if helps else ""
    return [f"At twice that rate training breaks{remedy}"]
