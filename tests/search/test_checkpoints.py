"""Which trials keep their model."""

from pathlib import Path

from tuner.search.checkpoints import Checkpoints
from tuner.storage.artifacts import ArtifactFolder, model_name
from tuner.trials.ending import Cause
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial


def test_of_equal_scores_those_with_the_smaller_losses_keep_their_models(tmp_path: Path) -> None:
    artifacts = ArtifactFolder(tmp_path)
    checkpoints = Checkpoints(artifacts, History(Objective("val_accuracy", "max")))
    for number, loss in enumerate([0.4, 0.1, 0.3, 0.2, 0.5]):
        artifacts.put(model_name(number), lambda path: Path(path).write_text("a model"))
        curve = [{"val_accuracy": 0.9, "val_loss": loss}]
        trial = Trial(number, {}, 0, Cause.FINISHED, score=0.9, best_epoch=1, curve=curve)
        checkpoints.trial_ended(trial)
    assert sorted(artifacts.names()) == [model_name(number) for number in (1, 2, 3)]
