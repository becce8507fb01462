"""The metrics that ``--metrics`` takes, for any model of one output; and a loss.

Targets may be indices of classes or one-hot, predictions one column (the probability of the second
class) or one for each class. Each metric is a number that does not depend on the batches, and for
two classes, unless it says otherwise, that of the second one in sorted order; for more classes the
mean over those that occur. Labels, of which an example has any number, are like classes each of
which is there (a probability above one half) or not.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from data.errors import InputError, did_you_mean

# Twins (docs/training.md) know the metrics of this file by it.
registered = keras.saving.register_keras_serializable("keras_tuning_template")


def known_metric(name: str) -> bool:
    """Return whether `metrics_for` makes a metric of that name for some task."""
    return name in CLASSIFICATION or name in REGRESSION or bool(re.fullmatch(r"top_\d+", name))


def metrics_for(names: Sequence[str], task: str, num_classes: int) -> list[keras.metrics.Metric]:
    """Return metrics under these names, for `compile`.

    Args:
        names: Of `CLASSIFICATION` or `REGRESSION`; or "top_3" and the like: how often the right
            class is among the three most probable ones.
        task: "classification", "regression" or "multi-label".
        num_classes: How many classes or labels there are; 0 for a regression.

    Raises:
        InputError: A name is unknown, or does not suit the task or the number of classes.
    """
    return [_metric(name, task, num_classes) for name in names]


def _metric(name: str, task: str, num_classes: int) -> keras.metrics.Metric:
    if task == "regression" and name in REGRESSION:
        return REGRESSION[name](name=name)
    if task == "classification":
        if name in CLASSIFICATION:
            return CLASSIFICATION[name](num_classes, name=name)
        if re.fullmatch(r"top_\d+", name) and 1 < int(name[4:]) < num_classes:
            return TopK(num_classes, k=int(name[4:]), name=name)
    if task == "multi-label" and name in OF_LABELS:
        return CLASSIFICATION[name](num_classes, labels=True, name=name)
    choices = list(CHOICES[task])
    if task == "classification":
        choices += [f"top_{k}" for k in range(2, min(num_classes, 6))]
    several = f" of {num_classes} {'labels' if task == 'multi-label' else 'classes'}"
    raise InputError(
        f"Expected metrics of a {task}{several if num_classes else ''} out of "
        f'{", ".join(choices)}, received "{name}".' + did_you_mean(name, choices)
    )


class OfClasses(keras.metrics.Metric):
    """A metric of classification, computed from numbers that are summed over batches.

    Args:
        num_classes: How many classes there are.
        shape: That of the sums.
        labels: They are labels: targets are rows of 0 and 1.
    """

    def __init__(
        self, num_classes: int, shape: tuple[int, ...], labels: bool = False, **keywords: Any
    ) -> None:
        super().__init__(**keywords)
        self.num_classes, self.labels = num_classes, labels
        self.sums = self.add_variable(shape, "zeros", name="sums")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_pred = ops.convert_to_tensor(y_pred, self.dtype)
        y_pred = ops.reshape(y_pred, (-1, y_pred.shape[-1] if len(y_pred.shape) > 1 else 1))
        if self.labels:
            right = ops.cast(y_true, self.dtype)
        else:
            if y_pred.shape[-1] == 1:
                y_pred = ops.concatenate([1 - y_pred, y_pred], axis=1)
            y_true = ops.convert_to_tensor(y_true)
            if len(y_true.shape) > 1 and y_true.shape[-1] == self.num_classes:
                y_true = ops.argmax(y_true, axis=-1)
            right = ops.one_hot(ops.reshape(y_true, (-1,)), self.num_classes, dtype=self.dtype)
        weights = ops.ones_like(right)
        if sample_weight is not None:
            weights = weights * ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
        self.sums.assign_add(self.counted(right, weights, y_pred))

    def counted(self, right: Any, weights: Any, y_pred: Any) -> Any:
        """Return what a batch adds to the sums.

        Args:
            right: 1 in the columns of the class, or the labels, of each example, else 0.
            weights: The weight of each example, in all columns.
            y_pred: The probabilities, of the same shape.
        """
        raise NotImplementedError

    def of_classes(self, scores: Any, occurring: Any) -> Any:
        """Return the score of the second of two classes, or the mean of those that occur."""
        one = self.num_classes == 2 and not self.labels
        return scores[1] if one else _mean(scores, occurring)

    def get_config(self) -> dict[str, Any]:
        """Return all that it is made from."""
        labels = {"labels": True} if self.labels else {}
        return {**super().get_config(), "num_classes": self.num_classes, **labels}


class OfHits(OfClasses):
    """A metric of the most probable class, from three sums of each class: hits (it was right and
    said), how often it was said, and how often it was right."""

    def __init__(self, num_classes: int, **keywords: Any) -> None:
        super().__init__(num_classes, (3, num_classes), **keywords)

    def counted(self, right: Any, weights: Any, y_pred: Any) -> Any:
        if self.labels:
            said = ops.cast(y_pred > 0.5, self.dtype)
        else:
            said = ops.one_hot(ops.argmax(y_pred, axis=1), self.num_classes, dtype=self.dtype)
        kinds = (right * said, said, right)
        return ops.stack([ops.sum(weights * kind, axis=0) for kind in kinds])


@registered
class F1(OfHits):
    """The harmonic mean of precision and recall."""

    def result(self) -> Any:
        hits, said, right = self.sums[0], self.sums[1], self.sums[2]
        return self.of_classes(ops.divide_no_nan(2 * hits, said + right), said + right > 0)


@registered
class Precision(OfHits):
    """How often a class is right where it is said."""

    def result(self) -> Any:
        hits, said, right = self.sums[0], self.sums[1], self.sums[2]
        return self.of_classes(ops.divide_no_nan(hits, said), said + right > 0)


@registered
class Recall(OfHits):
    """How often a class is said where it is right."""

    def result(self) -> Any:
        hits, said, right = self.sums[0], self.sums[1], self.sums[2]
        return self.of_classes(ops.divide_no_nan(hits, right), said + right > 0)


@registered
class BalancedAccuracy(OfHits):
    """The mean recall of all classes, also of two: an accuracy in which classes count alike."""

    def result(self) -> Any:
        hits, right = self.sums[0], self.sums[2]
        return _mean(ops.divide_no_nan(hits, right), right > 0)


@registered
class TopK(OfClasses):
    """How often the right class is among the `k` most probable ones."""

    def __init__(self, num_classes: int, k: int, **keywords: Any) -> None:
        super().__init__(num_classes, (2,), **keywords)
        self.k = k

    def counted(self, right: Any, weights: Any, y_pred: Any) -> Any:
        weight = weights[:, 0]
        hit = ops.in_top_k(ops.argmax(right, axis=1), y_pred, self.k)
        return ops.stack([ops.sum(weight * ops.cast(hit, self.dtype)), ops.sum(weight)])

    def result(self) -> Any:
        return ops.divide_no_nan(self.sums[0], self.sums[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


@registered
class AUC(OfClasses):
    """The area under the ROC curve, each class against all others.

    Probabilities are counted in bins, as `keras.metrics.AUC` does. There they are equally wide, so
    that those of a rare class, or of a model that is sure of itself, all fall into the first and
    the last. Here twice the odds are 5 bins further at a probability of 1e-6, and 43 at 0.5.
    """

    BINS = 1000

    def __init__(self, num_classes: int, **keywords: Any) -> None:
        super().__init__(num_classes, (2, self.BINS, num_classes), **keywords)

    def counted(self, right: Any, weights: Any, y_pred: Any) -> Any:
        # A fourth root of the odds, and what probability that is.
        yes, no = (ops.sqrt(ops.sqrt(ops.clip(p, 0.0, 1.0))) for p in (y_pred, 1 - y_pred))
        bins = ops.cast(ops.minimum(yes / (yes + no) * self.BINS, self.BINS - 1), "int32")
        others = ops.cast(right == 0, "int32")
        cells = (others * self.BINS + bins) * self.num_classes + ops.arange(self.num_classes)
        size = 2 * self.BINS * self.num_classes
        sums = ops.segment_sum(ops.reshape(weights, (-1,)), ops.reshape(cells, (-1,)), size)
        return ops.reshape(sums, self.sums.shape)

    def result(self) -> Any:
        right, others = self.sums[0], self.sums[1]
        # Of all pairs, in how many is the right one's probability larger? Half a pair in one bin.
        below = ops.cumsum(others, axis=0) - others / 2
        pairs = ops.sum(right, axis=0) * ops.sum(others, axis=0)
        return self.of_classes(ops.divide_no_nan(ops.sum(right * below, axis=0), pairs), pairs > 0)


@registered
class R2(keras.metrics.R2Score):
    """Keras's R2, the mean over values, on targets from which the first one is taken away.

    It sums squares, which of large targets that differ little leave no digits for the difference.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.first: Any = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = (ops.convert_to_tensor(y, self.dtype) for y in (y_true, y_pred))
        values = y_pred.shape[1] if len(y_pred.shape) > 1 else 1
        if self.first is None:
            self.first = self.add_variable((values,), "zeros", name="first")
        begun = self.num_samples > 0
        self.first.assign(ops.where(begun, self.first, ops.reshape(y_true, (-1, values))[0]))
        super().update_state(y_true - self.first, y_pred - self.first, sample_weight)


@registered
class StandardizedError(keras.losses.Loss):
    """The mean squared error of several values, each in units of its own spread.

    So all count alike, and a loss of 1 is that of always predicting the means.

    Args:
        deviations: The standard deviation of each.
    """

    def __init__(
        self, deviations: Sequence[float], name: str = "standardized_error", **keywords: Any
    ) -> None:
        super().__init__(name=name, **keywords)
        self.deviations = list(deviations)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the error of each example."""
        y_pred = ops.convert_to_tensor(y_pred)
        error = (y_pred - ops.cast(y_true, y_pred.dtype)) / ops.cast(self.deviations, y_pred.dtype)
        return ops.mean(ops.square(error), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return all that it is made from."""
        return {**super().get_config(), "deviations": self.deviations}


def _mean(scores: Any, occurring: Any) -> Any:
    counting = ops.cast(occurring, scores.dtype)
    return ops.divide_no_nan(ops.sum(scores * counting), ops.sum(counting))


CLASSIFICATION: dict[str, Callable[..., keras.metrics.Metric]] = {
    "auc": AUC,
    "f1": F1,
    "precision": Precision,
    "recall": Recall,
    "balanced_accuracy": BalancedAccuracy,
}
REGRESSION: dict[str, Callable[..., keras.metrics.Metric]] = {
    "rmse": keras.metrics.RootMeanSquaredError,
    "r2": R2,
}
# Those that labels have, too.
OF_LABELS = ("auc", "f1", "precision", "recall")
CHOICES = {
    "classification": CLASSIFICATION,
    "regression": REGRESSION,
    "multi-label": OF_LABELS,
}
