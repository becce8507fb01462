"""Search for the hyperparameters of a Keras model: ``python tune.py --help``."""

import shlex
import sys
from pathlib import Path
from typing import Any

from tuner.command_line.choices import PROBES, require_trackers
from tuner.command_line.options import DEFAULTS, SearchOptions, search_parser
from tuner.command_line.program import run_command


def main(argv: list[str]) -> int:
    """Run or resume the search that `argv` asks for; return the exit status.

    What is imported only where it is used takes time, which --help must not wait for.
    """
    given = search_parser().given(argv)
    return run_command("tune.py", lambda: tune(given, shlex.join(["python", "tune.py", *argv])))


def tune(given: dict[str, Any], command: str) -> int:
    """Options -> search -> summary. Returns 0 when a trial completed, 1 when none did.

    A measurement or a look back takes the place of the search where one is asked for.
    """
    if {"report", "list", "export_optuna"} & set(given):
        from tuner.looking_back import look_back

        return look_back(given)
    from tuner.execution import start_executor
    from tuner.measuring import run_probe

    probe = next((name for name in PROBES if given.pop(name, False)), None)
    options = resolve_options(given)
    if probe is not None:
        return run_probe(probe, options, command)
    with start_executor(options) as executor:
        # Only now, since it imports TensorFlow, for which one executor makes the settings.
        from tuner.launch import launch

        return launch(options, executor, command)


def resolve_options(given: dict[str, Any]) -> SearchOptions:
    """Fill in what is not given: from the run's own config.json, or else the defaults.

    Raises:
        InputError: Two of them contradict each other, or need what is not installed.
    """
    from data.errors import InputError
    from tuner.storage.run_directory import new_run_name, saved_config

    options = SearchOptions().updated(given)
    runs = Path(options.runs_dir)
    if options.run is None:
        options = options.updated({"run": new_run_name(runs, options.dataset)})
    elif (saved := saved_config(runs / options.run)) is not None:
        place = {"run": options.run, "runs_dir": options.runs_dir}
        options = SearchOptions.from_config(saved).updated(given | place)
    require_trackers(options.track)
    if not options.deterministic and ("lag" in given or options.lag != DEFAULTS.lag):
        raise InputError(
            f"--no-deterministic lets suggestions wait for nothing, received --lag {options.lag}: "
            "leave one of them out"
        )
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
