"""A warning when the default values have learned nothing: no search mends that."""

from rich import get_console

from tuner.reporting.reporter import Reporter
from tuner.trials.chance import beats_chance
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial


class ChanceReporter(Reporter):
    """Warns after trial 0, the default values, if it does not clearly beat chance."""

    def search_started(self, record: SearchRecord) -> None:
        """Note what a predictor scores that knows nothing of the inputs."""
        self._objective = record.objective
        self._chance = record.config["chance"].get(record.objective.name)
        self._examples = record.examples("validation") or 0

    def trial_ended(self, trial: Trial) -> None:
        """Look at trial 0."""
        if trial.number != 0 or trial.score is None or self._chance is None:
            return
        if beats_chance(trial.score, self._chance, self._objective, self._examples):
            return
        get_console().print(
            f"warning: the default values do not clearly beat chance ({self._objective.name} "
            f"{trial.score:.4f}, of chance {self._chance:.4f}): look at the data, or for a "
            "learning rate that learns with python tune.py --find-learning-rate",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
