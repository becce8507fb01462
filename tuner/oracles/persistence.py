"""How an oracle keeps its state in the project directory of a stock `keras_tuner.Tuner`.

Without one, nothing is written.
"""

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from data.errors import InputError
from tuner.oracles.knowledge import Knowledge
from tuner.storage.files import write_atomically


class PersistentOracle(keras_tuner.Oracle):
    """Saves each file whole or not at all, and resumes what a crash has interrupted."""

    # What `keras_tuner.Tuner` sets through `_set_project_dir`.
    _directory: str | None = None
    _seed_given: bool
    trials: dict[str, Any]
    ongoing_trials: dict[str, Any]
    knowledge: list[Knowledge]

    def save(self) -> None:
        """Write the oracle's own state; trials are saved in files of their own."""
        if self._directory is not None:
            write_atomically(Path(self._get_oracle_fname()), json.dumps(self.get_state()))

    def _save_trial(self, trial: Any) -> None:
        if self._directory is not None:
            path = Path(self._get_trial_dir(trial.trial_id), "trial.json")
            write_atomically(path, json.dumps(trial.get_state()))

    def keep(self, trial: Any, show: Callable[[Any], None]) -> None:
        """Save a trial that begins or ends, then show it where there is a project."""
        self._save_trial(trial)
        self.save()
        if self._directory is not None:
            show(trial)

    def get_state(self) -> dict[str, Any]:
        """Return what cannot be had from the trials or from the arguments."""
        return {
            "seed": self.seed,
            "objective": str(self.objective),
            "hyperparameters": self.hyperparameters.get_config(),
            "end_order": self.end_order,
            "run_times": dict(self._run_times),
            "knowledge": [source.get_state() for source in self.knowledge],
            "display": self._display.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take a saved state, unless the present arguments contradict it.

        Raises:
            InputError: Seed, objective or search space are other ones now.
        """
        saved = keras_tuner.HyperParameters.from_config(state["hyperparameters"])
        self._refuse_changes(state, saved)
        self.seed = state["seed"]
        self.hyperparameters = saved
        self.end_order = [trial_id for trial_id in state["end_order"] if trial_id in self.trials]
        self._run_times.update(state["run_times"])
        self.knowledge = [Knowledge.from_state(source) for source in state["knowledge"]]
        self._display.set_state(state["display"])

    def _refuse_changes(self, state: dict[str, Any], saved: Any) -> None:
        now, then = self.hyperparameters.space, saved.space
        difference = _difference(now, then)
        if now and not (self.allow_new_entries and self.tune_new_entries):
            difference = difference or _difference(then, now)
        changes = [f"search space: {difference}"] if difference else []
        if self._seed_given and self.seed != state["seed"]:
            changes.append(f"seed: was {state['seed']} and is now {self.seed}")
        if str(self.objective) != state["objective"]:
            changes.append(f"objective: was {state['objective']} and is now {self.objective}")
        if changes:
            raise InputError(
                f"Expected the settings with which the project {self._project_dir} began. "
                f"Received others ({'; '.join(changes)}). Pass the earlier settings, another "
                "`project_name`, or `overwrite=True`."
            )

    def reload(self) -> None:
        """Read the project directory; trials that were running are queued to run again."""
        for path in sorted(Path(self._project_dir).glob("trial_*/trial.json")):
            state = _read(path)
            if state is not None:
                self.trials[state["trial_id"]] = Trial.from_state(state)
        state = _read(Path(self._get_oracle_fname()))
        if state is not None:
            self.set_state(state)
        for trial in self.trials.values():
            self.update_space(trial.hyperparameters)
        # The last save before a crash may have missed some of them.
        self.trials = dict(sorted(self.trials.items(), key=lambda item: int(item[0])))
        self.start_order = list(self.trials)
        self.ongoing_trials = {}
        unfinished = (TrialStatus.RUNNING, TrialStatus.INVALID)
        self._retry_queue = [i for i, t in self.trials.items() if t.status in unfinished]
        open_or_listed = {*self._retry_queue, *self.end_order}
        self.end_order = [i for i in self.end_order if i not in self._retry_queue]
        self.end_order += [i for i in self.trials if i not in open_or_listed]


def _difference(space: list[Any], other: list[Any]) -> str:
    """Say in words which declarations of a space another one lacks or has otherwise."""
    theirs = {(kind.name, str(kind.get_config()["conditions"])): kind for kind in other}
    lines = []
    for kind in space:
        match = theirs.get((kind.name, str(kind.get_config()["conditions"])))
        if match is None:
            lines.append(f"{kind.name} is not there")
        elif json.dumps(match.get_config()) != json.dumps(kind.get_config()):
            lines.append(f"{kind.name} was {match!r} and is now {kind!r}")
    return "; ".join(lines)


def _read(path: Path) -> Any | None:
    """Read a file; one that is damaged or missing is named, set aside, and None returned."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, FileNotFoundError):
        warnings.warn(f"{path} is damaged and is not read; kept as *.damaged", stacklevel=2)
        if path.exists():
            os.replace(path, path.with_name(path.name + ".damaged"))
        return None
