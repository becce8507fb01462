"""A search as its run directory tells it: what was asked, and what came of it.

Made from ``config.json`` and the journal, without TensorFlow and without the data.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from tuner.command_line.options import SearchOptions
from tuner.command_line.settings import Range
from tuner.space.by_name import declarations_of
from tuner.space.cube import SearchSpace
from tuner.space.hyperparameters import Hyperparameter
from tuner.storage.journal import read_journal
from tuner.storage.run_directory import saved_config
from tuner.trials.ending import Status
from tuner.trials.history import History, replayed
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

# How many of the best trials speak for the search.
LEADERS = 5


@dataclass(frozen=True, eq=False)
class SearchRecord:
    """What is known of a search, finished or not: run directory, ``config.json`` and trials."""

    run: Path
    config: dict[str, Any]
    history: History

    @property
    def objective(self) -> Objective:
        """Metric and direction."""
        return self.history.objective

    @cached_property
    def options(self) -> SearchOptions:
        """The options as they were resolved, with the place where the run is now."""
        saved = SearchOptions.from_config(self.config)
        return saved.updated({"runs_dir": str(self.run.parent)})

    @property
    def space(self) -> SearchSpace:
        """The search space, with what trials have declared besides."""
        late = len(self.history.late)
        if late not in self._spaces:
            self._spaces.clear()
            self._declared.clear()
            known = declarations_of(self.config["search_space"])
            self._spaces[late] = SearchSpace([*known, *self.history.declared])
        return self._spaces[late]

    @cached_property
    def _spaces(self) -> dict[int, SearchSpace]:
        return {}

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """Every hyperparameter that can be active, in the order of the search space."""
        return self.space.hyperparameters

    @property
    def roles(self) -> dict[str, str]:
        """What each hyperparameter is for, by its name; empty where a search has not said it."""
        return dict(self.config.get("roles", {}))

    @property
    def searched(self) -> list[Hyperparameter]:
        """Those with more than one value."""
        return self.space.free

    def named(self, name: str) -> Hyperparameter | None:
        """Return the hyperparameter of a name, unless there is none or several have it."""
        found = [h for h in self.hyperparameters if h.name == name]
        return found[0] if len(found) == 1 else None

    def label(self, hyperparameter: Hyperparameter) -> str:
        """Return its name; with what it depends on where several have that name."""
        name = hyperparameter.name
        return name if self.named(name) else f"{name} ({hyperparameter.conditions_text})"

    def has(self, trial: Trial, hyperparameter: Hyperparameter) -> bool:
        """Tell whether a hyperparameter is active in a trial."""
        if trial.number not in self._declared:
            self._declared[trial.number] = self.space.declared(trial.values)
        return self._declared[trial.number].get(hyperparameter.name) is hyperparameter

    @cached_property
    def _declared(self) -> dict[int, dict[str, Hyperparameter]]:
        return {}

    @property
    def ranking(self) -> list[Trial]:
        """The completed trials, best first."""
        return self.history.ranking()

    @property
    def scored(self) -> list[Trial]:
        """The completed and the pruned trials, best first; of equals, the completed first.

        A pruned trial has the score that it had reached: at least so good are its values.
        """
        trials = [*self.ranking, *self.pruned]
        return sorted(trials, key=lambda t: self.objective.sort_key(t.score))

    @property
    def leaders(self) -> list[Trial]:
        """The best few trials."""
        return self.ranking[:LEADERS]

    @property
    def best(self) -> Trial | None:
        """The best completed trial."""
        return self.history.best

    @property
    def default(self) -> Trial | None:
        """Trial 0 when it completed with the defaults."""
        trial = self.history.trials.get(0)
        if trial is None or trial.status is not Status.COMPLETED:
            return None
        complete = self.space.complete
        return trial if complete(trial.values) == complete({}) else None

    @property
    def defaults_name(self) -> str:
        """What the defaults are called."""
        return defaults_name(self.config["model"], self.options.range)

    @property
    def pruned(self) -> list[Trial]:
        """The trials that a pruner stopped, as far as they have a score."""
        pruned = [t for t in self.history.trials.values() if t.status is Status.PRUNED]
        return [trial for trial in pruned if trial.score is not None]

    @property
    def failed(self) -> list[Trial]:
        """The failed trials."""
        return [t for t in self.history.trials.values() if t.status is Status.FAILED]

    @cached_property
    def retrained(self) -> dict[str, Any] | None:
        """What `train.py` measured of it, as in its ``metrics.json``; None before there is any."""
        return self._written("train/metrics.json", "retrained_score", "test", "seeds")

    @cached_property
    def range_test(self) -> dict[str, Any] | None:
        """What a learning-rate range test has found, as in ``learning_rate.json``; None without.

        That of a staged search stands in its journal, that of ``--find-learning-rate`` in a file.
        """
        return self.history.learning_rate or self._written(
            "learning_rate.json", "learning_rate", "low", "high", "curve"
        )

    def _written(self, name: str, *keys: str) -> dict[str, Any] | None:
        try:
            content = json.loads((self.run / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and set(keys) <= set(content) else None

    def examples(self, split: str) -> int | None:
        """Return how many examples a split has; None where the search did not write it down."""
        count = self.config.get("examples", {}).get(split)
        return None if count is None else int(count)

    @property
    def compared_on(self) -> int | None:
        """How many examples a score is measured on: all folds together, or the validation split."""
        splits = ["train", "validation"] if self.config.get("cross_validation") else ["validation"]
        counts = [self.examples(split) for split in splits]
        return None if None in counts else sum(filter(None, counts))


def defaults_name(model: str, ranges: Sequence[Range]) -> str:
    """Return what the defaults are called: those of our own models are published.

    Ranges other than a model's own may leave a published one out.
    """
    theirs = ":" in model or ranges
    return "the default values" if theirs else "the published defaults"


def curve(trial: Trial, metric: str) -> np.ndarray:
    """Return a metric of a trial after each epoch, shape ``(epochs,)``; NaN where it is missing."""
    return np.array([metrics.get(metric, np.nan) for metrics in trial.curve], dtype=float)


def scores_of(trials: Sequence[Trial]) -> np.ndarray:
    """Return the scores of trials, shape ``(trials,)``; NaN for one that has none."""
    return np.array([trial.score for trial in trials], dtype=float)


def read_record(run: Path) -> SearchRecord:
    """Read a search from its run directory.

    Raises:
        InputError: There is no search, or its ``config.json`` is damaged.
    """
    config = saved_config(run)
    if config is None:
        raise InputError(
            f"there is no search in {run}: expected a run directory, such as runs/latest"
        )
    objective = Objective(config["objective"]["name"], config["objective"]["direction"])
    history, _ = replayed(read_journal(run / "journal.jsonl"), objective)
    return SearchRecord(run.parent / run.resolve().name, config, history)
