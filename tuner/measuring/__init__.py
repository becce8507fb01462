"""What `tune.py` measures of the default configuration in place of a search."""

import importlib

from tuner.command_line.options import SearchOptions
from tuner.execution.resources import process_settings
from tuner.execution.settings import start_tensorflow

PROGRAMS = {"learning_rate": "find_learning_rate", "batch_size": "probe_batch_size"}


def run_probe(probe: str, options: SearchOptions, command: str) -> int:
    """Run a measurement: a module of this package; return the exit status.

    Args:
        probe: "learning_rate" or "batch_size".
        options: Those of the search that it is for.
        command: What was typed.
    """
    (alone,) = process_settings(1, deterministic=options.deterministic)
    start_tensorflow(alone)
    # Only now, since it needs TensorFlow.
    return int(importlib.import_module(f"tuner.measuring.{PROGRAMS[probe]}").run(options, command))
