"""A process in which `train.py` trains. It imports Keras when it has been told how."""

import os
import pickle
import signal
import threading
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.execution.worker import offer_to_the_oom_killer
from tuner.starting.process_settings import ProcessSettings, start_tensorflow
from tuner.trials.ending import described
from tuner.trials.trial import Metrics

if TYPE_CHECKING:
    from tuner.retraining.train_once import Outcome

# What it has been given at its start.
_given: dict[str, Any] = {}


def start(settings: ProcessSettings, plan: Path, driver: Connection, sending: Lock) -> None:
    """Be a process that trains what a plan has, and tells a driver of it, as others do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, who ends us.
    threading.Thread(target=_end_with_the_driver, daemon=True).start()
    offer_to_the_oom_killer()
    start_tensorflow(settings)
    from tuner.execution.sharing import read_shared

    choice, planned = read_shared(plan)
    _given.update(choice=choice, planned=planned, driver=driver, sending=sending)


def train(number: int) -> "Outcome":
    """Train what has this number in the plan; tell of its begin, as epoch 0, and of its epochs."""
    from tuner.retraining.train_once import outcome_of

    def tell(epoch: int, metrics: Metrics) -> None:
        with _given["sending"]:
            _given["driver"].send((number, epoch, metrics))

    tell(0, {})
    try:
        return outcome_of(_given["choice"], _given["planned"][number], tell)
    except Exception as error:
        raise _that_pickles(error) from error


def _end_with_the_driver() -> None:
    # All of its pipes are open in the other processes, too: none would end for us.
    driver = parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)


def _that_pickles(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # One of the user's, with a constructor of its own.
        return RuntimeError(described(error))
    return error
