"""Where trials run. `start_executor` chooses."""

from tuner.command_line.choices import EXECUTORS, load, require_packages
from tuner.command_line.options import SearchOptions
from tuner.execution.executor import Executor, Wanted
from tuner.execution.resources import worker_count


def start_executor(options: SearchOptions) -> Executor:
    """Return the executor that the options ask for.

    Raises:
        InputError: It cannot do what is asked for.
    """
    wanted = Wanted(
        workers=options.workers,
        trainings=options.max_trials * options.trainings,
        at_once=options.at_once,
        deterministic=options.deterministic,
        trial_timeout=options.trial_timeout,
    )
    several = worker_count(wanted) > 1
    name = options.executor or ("processes" if several else "serial")
    require_packages(f"--executor {name}", name, EXECUTORS[name])
    executor: Executor = load(EXECUTORS[name])(wanted, **EXECUTORS[name].keywords(options.settings))
    return executor
