import keras
import numpy as np

from tuner.trials.numbers import numbers


def test_a_metric_of_several_values_is_named_value_by_value() -> None:
    logs = {"loss": np.float32(0.5), "f1_score": keras.ops.ones(2), "confusion": np.eye(2)}
    assert numbers(logs) == {
        "loss": 0.5,
        **{"f1_score_0": 1.0, "f1_score_1": 1.0},
        **{"confusion_0_0": 1.0, "confusion_0_1": 0.0},
        **{"confusion_1_0": 0.0, "confusion_1_1": 1.0},
    }
