"""Where trials run. `start_executor` chooses."""

from collections.abc import Callable

from tuner.command_line.options import SearchOptions
from tuner.execution import processes, serial
from tuner.execution.executor import Executor, Wanted
from tuner.execution.resources import DETERMINISTIC_LAG, worker_count

EXECUTORS: dict[str, Callable[[Wanted], Executor]] = {
    "serial": serial.start,
    "processes": processes.start,
}


def start_executor(options: SearchOptions) -> Executor:
    """Return the executor that the options ask for.

    Raises:
        InputError: It cannot do what is asked for.
    """
    wanted = Wanted(
        workers=options.workers,
        trainings=options.max_trials * options.trainings,
        at_once=DETERMINISTIC_LAG if options.deterministic else None,
        deterministic=options.deterministic,
        trial_timeout=options.trial_timeout,
    )
    several = worker_count(wanted) > 1
    return EXECUTORS[options.executor or ("processes" if several else "serial")](wanted)
