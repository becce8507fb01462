"""A warning when the default values have learned nothing: no search mends that."""

from rich import get_console

from tuner.command_line.commands import new_search
from tuner.reporting.reporter import Reporter
from tuner.trials.chance import beats_chance
from tuner.trials.trial import Trial


class ChanceReporter(Reporter):
    """Warns after trial 0, the default values, if it does not clearly beat chance."""

    def trial_ended(self, trial: Trial) -> None:
        objective, examples = self.record.objective, self.record.compared_on or 0
        chance = self.record.config["chance"].get(objective.name)
        if trial is not self.record.default or trial.score is None or chance is None:
            return
        if beats_chance(trial.score, chance, objective, examples):
            return
        get_console().print(
            f"warning: the default values do not clearly beat chance ({objective.name} "
            f"{trial.score:.4f}, of chance {chance:.4f}): look at the data{self._remedy()}",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def _remedy(self) -> str:
        """Return what else there is to do, for a model whose learning rate has a name."""
        if self.record.named("learning_rate") is None:
            return ""
        command = new_search(self.record.options, "--find-learning-rate")
        return f", or for a learning rate that learns: {command}"
