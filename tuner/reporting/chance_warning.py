"""A warning when the default values have learned nothing: no search mends that."""

from rich.console import Console

from tuner.trials.chance import beats_chance
from tuner.trials.objective import Objective
from tuner.trials.trial import Metrics, Trial


class ChanceReporter:
    """Warns after trial 0, the default values, if it does not clearly beat chance.

    Args:
        console: Where to.
        chance: What a predictor scores that knows nothing of the inputs.
        objective: What trial 0 is compared by.
        examples: How many validation examples there are.
    """

    def __init__(
        self, console: Console, chance: Metrics, objective: Objective, examples: int
    ) -> None:
        self._console = console
        self._chance = chance.get(objective.name)
        self._objective = objective
        self._examples = examples

    def trial_started(self, trial: Trial) -> None:
        """Nothing is known yet."""

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """Only the score counts."""

    def trial_ended(self, trial: Trial) -> None:
        """Look at trial 0."""
        if trial.number != 0 or trial.score is None or self._chance is None:
            return
        if beats_chance(trial.score, self._chance, self._objective, self._examples):
            return
        self._console.print(
            f"warning: the default values do not clearly beat chance ({self._objective.name} "
            f"{trial.score:.4f}, of chance {self._chance:.4f}): look at the data, or for a "
            "learning rate that learns with python tune.py --find-learning-rate",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def close(self) -> None:
        """Nothing is open."""
