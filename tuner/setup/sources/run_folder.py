"""An earlier search of this project, by its run directory."""

from pathlib import Path

from data.errors import InputError
from tuner.oracles.knowledge import KnownTrial
from tuner.setup.sources.source import Source
from tuner.space.by_name import declarations_of
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import saved_config
from tuner.trials.history import replayed
from tuner.trials.objective import Objective


def read_run(run: Path) -> Source:
    """Read the trials of a run directory.

    Raises:
        InputError: It is no run directory, or none of its trials has completed.
    """
    config = saved_config(run) if (run / "config.json").exists() else None
    if config is None or not {"objective", "search_space"} <= set(config):
        raise InputError(
            f"--start-from {run}: expected the run directory of an earlier search, as runs/NAME, "
            "a KerasTuner project folder, optuna:URL#STUDY, or a .csv"
        )
    objective = Objective(**config["objective"])
    history, _ = replayed(read_journal(run / "journal.jsonl"), objective)
    if history.best is None:
        raise InputError(
            f"--start-from {run}: expected completed trials to learn from, received "
            f"{len(history.trials)} trials of which none has completed"
        )
    # The best one first: of those with an equal score it is the one that is tried.
    best = history.best
    ends = sorted(history.ends, key=lambda trial: (trial is not best, trial.number))
    trials = tuple(KnownTrial(end.values, end.status.value, end.score) for end in ends)
    space = {"space": declarations_of(config["search_space"]), "values": {}}
    return Source(str(run), objective, space, trials)
