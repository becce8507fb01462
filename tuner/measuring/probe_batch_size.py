"""``tune.py --probe-batch-size``: which batch size uses the machine."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from data import Dataset
from data.errors import InputError
from data.split import Split
from tuner.command_line.commands import fixing, new_search
from tuner.command_line.options import SearchOptions
from tuner.measuring.throughput import Throughput, proposed_batch_size, throughputs
from tuner.setup.preparation import prepare
from tuner.storage.files import write_json
from tuner.storage.run_directory import open_for_measurement
from tuner.training.session import build_afresh
from tuner.trials.seeds import integer_seed

SMALLEST, LARGEST = 16, 8192


def run(options: SearchOptions, command: str) -> int:
    """Measure, write ``batch_size.json``, print a table and a proposal; return 0.

    Raises:
        InputError: Something in the options does not fit, or there are too few examples.
    """
    prepared = prepare(options)
    examples = len(prepared.dataset.train)
    if examples < SMALLEST:
        raise InputError(
            f"--probe-batch-size needs {SMALLEST} training examples, received {examples}"
        )
    sizes = [2**power for power in range(4, 14) if 2**power <= min(examples, LARGEST)]
    model = build_afresh(
        lambda: prepared.build(prepared.default_hyperparameters()),
        integer_seed(options.seed, 0, "weights"),
    )
    folder = Path(options.runs_dir, str(options.run))
    with open_for_measurement(folder, prepared.config(command), accept_code=options.accept_code):
        measured = throughputs(model, _sample(prepared.dataset, max(sizes)), sizes)
        proposed = proposed_batch_size(measured)
        content = {"batch_size": proposed, "measured": [asdict(one) for one in measured]}
        write_json(folder / "batch_size.json", content)
    Console().print(_table(measured))
    if any(h.name == "batch_size" for h in prepared.search_space.hyperparameters):
        chosen = fixing(options, {"batch_size": proposed})
    else:  # A model of one's own may not have it.
        chosen = replace(options, batch_size=proposed)
    command = new_search(chosen, "--find-learning-rate")
    print(
        f"Proposed: batch_size={proposed}, the smallest that is about as fast as the fastest",
        "Larger batches take fewer steps an epoch and another learning rate: compare them on equal "
        "steps, with --max-epochs in proportion",
        f"Written: {folder / 'batch_size.json'}",
        f"Next: {command}",
        sep="\n",
    )
    return 0


def _sample(dataset: Dataset, size: int) -> Split:
    """Return preprocessed training examples, no more than the largest batch needs."""
    x, y, *_ = next(iter(dataset.stream("train", size)))
    return Split(np.asarray(x), np.asarray(y))


def _table(measured: list[Throughput]) -> Table:
    table = Table("batch size", "examples/s", "steps/s")
    for one in measured:
        speed = one.examples_per_second
        if speed is None:
            table.add_row(str(one.batch_size), "out of memory", "")
        else:
            table.add_row(str(one.batch_size), f"{speed:,.0f}", f"{speed / one.batch_size:,.1f}")
    return table
