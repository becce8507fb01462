"""What `tune.py` measures of the default configuration in place of a search."""

from tuner.command_line.choices import PROBES, load
from tuner.command_line.options import SearchOptions
from tuner.execution.resources import process_settings
from tuner.starting.process_settings import start_tensorflow


def run_probe(probe: str, options: SearchOptions, command: str) -> int:
    """Run a measurement; return the exit status.

    Args:
        probe: One of `PROBES`.
        options: Those of the search that it is for.
        command: What was typed.
    """
    (alone,) = process_settings(1, deterministic=options.deterministic)
    start_tensorflow(alone)
    # Only now, since it needs TensorFlow.
    return int(load(PROBES[probe])(options, command))
