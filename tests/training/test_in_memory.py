"""The compiled loop: the numbers of Keras's own `fit`, and what happens where it cannot run."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import mannwhitneyu

from data import Dataset, load_dataset
from model import build_model
from tuner.training.epoch import NotCompilableError, epoch_order
from tuner.training.figures import figures
from tuner.training.in_memory import fit_in_memory
from tuner.training.session import fresh_session
from tuner.training.twins import copy_state, state
from tuner.trials.trial import TrainingPath

Arrays = tuple[np.ndarray, ...]
PLAIN, COMPILED, XLA = TrainingPath.PLAIN, TrainingPath.COMPILED, TrainingPath.XLA
either_path = pytest.mark.parametrize("path", [COMPILED, XLA])


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def arrays(digits: Dataset) -> tuple[Arrays, Arrays]:
    """150 examples to train on and 70 to validate on: the last batches are smaller ones."""
    train, validation = digits.preprocessed("train"), digits.preprocessed("validation")
    return (train.x[:150], train.y[:150]), (validation.x[:70], validation.y[:70])


def build(digits: Dataset, model: str = "mlp", **values: Any) -> keras.Model:
    fresh_session(0)
    hp = keras_tuner.HyperParameters()
    hp.values = {"depth": 1, "width": 32, "dropout": 0.0, **values}
    return build_model(hp, digits, model=model, epochs=5)


class Curve(keras.callbacks.Callback):
    """Keeps the logs of each epoch, with the optimizer's figures, which compiled epochs bring."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        known = {name: float(value) for name, value in figures(self.model.optimizer).items()}
        self.epochs.append({**known, **(logs or {})})


def fit(
    model: keras.Model, data: tuple[Arrays, Arrays], plainly: bool = False, **options: Any
) -> tuple[list[dict[str, float]], TrainingPath]:
    """Train with batches of 32 in the order of the examples, and return the curve and the path."""
    curve = Curve()
    callbacks = [curve, *options.pop("callbacks", [])]
    options = {"epochs": 5} | options
    train, validation = data
    if plainly:
        model.fit(
            *train[:2],
            sample_weight=train[2] if len(train) > 2 else None,
            verbose=0,
            batch_size=32,
            shuffle=False,
            validation_data=validation,
            validation_batch_size=48,
            callbacks=callbacks,
            **options,
        )
        return curve.epochs, PLAIN
    options = {"shuffle_seed": None} | options
    path = fit_in_memory(
        model,
        train,
        validation,
        batch_size=32,
        validation_batch_size=48,
        callbacks=callbacks,
        **options,
    )
    return curve.epochs, path


def assert_same_numbers(
    make: Callable[[], keras.Model],
    data: tuple[Arrays, Arrays],
    path: TrainingPath = COMPILED,
    **options: Any,
) -> None:
    """Train two models, one by Keras and one in another way; compare their curves and weights."""
    plain, compiled = make(), make()
    expected, _ = fit(plain, data, plainly=True, **options)
    curve, taken = fit(compiled, data, path=path, **options)
    assert taken == path
    assert [epoch.keys() for epoch in curve] == [epoch.keys() for epoch in expected]
    for measured, wanted in zip(curve, expected, strict=True):
        assert measured == pytest.approx(wanted, rel=1e-4)
        assert measured.get("val_accuracy") == wanted.get("val_accuracy")
    for ours, theirs in zip(state(compiled), state(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "values", "path"),
    [
        ("mlp", {}, COMPILED),
        ("mlp", {"dropout": 0.4, "schedule": "warmup_cosine"}, COMPILED),
        ("cnn", {"depth": 2}, COMPILED),
        # Dropout by XLA is as frequent, but hits other neurons.
        ("mlp", {"schedule": "warmup_cosine"}, XLA),
        ("cnn", {"depth": 2}, XLA),
    ],
)
def test_numbers_are_those_of_keras(
    digits: Dataset,
    arrays: tuple[Arrays, Arrays],
    model: str,
    values: dict[str, Any],
    path: TrainingPath,
) -> None:
    assert_same_numbers(lambda: build(digits, model, **values), arrays, path)


class Sawtooth(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that Keras does not know."""

    def __call__(self, step: Any) -> Any:
        return 0.01 / (1.0 + tf.cast(step % 20, tf.float32))

    def get_config(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.PolynomialDecay(0.01, 40),
        keras.optimizers.schedules.ExponentialDecay(0.01, 7, 0.9, staircase=True),
        Sawtooth(),
    ],
    ids=["linear", "exponential", "own"],
)
@pytest.mark.parametrize("kind", [keras.optimizers.AdamW, keras.optimizers.SGD])
def test_schedules_are_followed(
    digits: Dataset, arrays: tuple[Arrays, Arrays], schedule: Any, kind: Any
) -> None:
    def scheduled() -> keras.Model:
        model = build(digits)
        model.compile(kind(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    assert_same_numbers(scheduled, arrays)


@either_path
def test_sample_weights_count(
    digits: Dataset, arrays: tuple[Arrays, Arrays], path: TrainingPath
) -> None:
    (x, y), validation = arrays
    weight = np.random.default_rng(0).random(len(y), np.float32)
    weighted = (x, y, weight), (*validation, validation[1])
    assert_same_numbers(lambda: build(digits), weighted, path)


def test_callbacks_act_as_always(digits: Dataset, arrays: tuple[Arrays, Arrays]) -> None:
    options = {
        "epochs": 15,
        "callbacks": [
            keras.callbacks.LearningRateScheduler(
                lambda epoch, rate: rate * (2 if epoch < 6 else 1)
            ),
            keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
        ],
    }
    assert_same_numbers(lambda: build(digits, learning_rate=1e-2), arrays, **options)


class OwnStep(keras.Model):
    """A training step as in Keras's guides, and a log that is no metric."""

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"last_loss": loss, "examples": tf.shape(y)[0]}


def own(kind: type[keras.Model] = OwnStep, eagerly: bool = False) -> keras.Model:
    fresh_session(0)
    inputs = keras.Input((8, 8, 1))
    model = kind(inputs, keras.layers.Dense(10, "softmax")(keras.layers.Flatten()(inputs)))
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=eagerly)
    return model


@either_path
def test_own_training_steps_and_logs(arrays: tuple[Arrays, Arrays], path: TrainingPath) -> None:
    assert_same_numbers(own, arrays, path)


@either_path
def test_several_inputs_and_outputs(arrays: tuple[Arrays, Arrays], path: TrainingPath) -> None:
    def make() -> keras.Model:
        fresh_session(0)
        left, right = keras.Input((8, 8, 1), name="left"), keras.Input((3,), name="right")
        x = keras.layers.Concatenate()([keras.layers.Flatten()(left), right])
        outputs = {
            "a": keras.layers.Dense(10, name="a")(x),
            "b": keras.layers.Dense(2, name="b")(x),
        }
        model = keras.Model({"left": left, "right": right}, outputs)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", {"a": loss, "b": "mse"}, metrics={"a": "accuracy"})
        return model

    def both(x: np.ndarray, y: np.ndarray) -> Any:
        right = np.ones((len(y), 3))  # In double precision, which Keras takes as single.
        return {"left": x, "right": right}, {"a": y, "b": x[:, 0, :2, 0].astype(float)}

    plain, compiled = make(), make()
    data = (both(*arrays[0]), both(*arrays[1]))
    expected, _ = fit(plain, data, plainly=True)
    curve, taken = fit(compiled, data, path=path)
    assert taken == path
    for measured, wanted in zip(curve, expected, strict=True):
        assert measured == pytest.approx(wanted, rel=1e-4)


def test_shared_and_nested_layers(arrays: tuple[Arrays, Arrays]) -> None:
    def make() -> keras.Model:
        fresh_session(0)
        layers = keras.layers
        inner = keras.Sequential(
            [keras.Input((64,)), layers.Dropout(0.2), layers.Dense(64, "relu")]
        )
        inputs = keras.Input((8, 8, 1))
        x = inner(layers.Flatten()(inputs))
        model = keras.Model(inputs, layers.Dense(10, "softmax")(x + 0.5 * inner(x)))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    assert_same_numbers(make, arrays)


def test_mixed_precision(digits: Dataset, arrays: tuple[Arrays, Arrays]) -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert_same_numbers(lambda: build(digits, dropout=0.3), arrays)
    finally:
        keras.config.set_dtype_policy("float32")


def test_order_is_a_function_of_seed_and_epoch() -> None:
    first, second = epoch_order(100, 7, 0), epoch_order(100, 7, 1)
    assert sorted(first) == sorted(second) == list(range(100))
    assert (first != second).any()
    assert (first != epoch_order(100, 8, 0)).any()
    assert (first == epoch_order(100, 7, 0)).all()
    assert (epoch_order(100, None, 3) == np.arange(100)).all()


class TwoEpochs(keras.callbacks.Callback):
    """The progress of a training that was interrupted after two epochs."""

    def __init__(self, half: keras.Model) -> None:
        super().__init__()
        self.half = half

    def restore(self, model: keras.Model) -> int:
        """Bring a model to where it was."""
        copy_state(self.half, model)
        return 2


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_a_resumed_training_goes_on_as_if_it_had_never_stopped(
    digits: Dataset, arrays: tuple[Arrays, Arrays], model: str
) -> None:
    values = {"dropout": 0.3, "schedule": "warmup_cosine"}
    whole, half = build(digits, model, **values), build(digits, model, **values)
    curve, _ = fit(whole, arrays, shuffle_seed=5)
    before, _ = fit(half, arrays, shuffle_seed=5, epochs=2)
    resumed = build(digits, model, **values)
    after, _ = fit(resumed, arrays, shuffle_seed=5, progress=TwoEpochs(half))
    assert before + after == curve
    for ours, theirs in zip(state(resumed), state(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_callback_may_evaluate_other_data(digits: Dataset, arrays: tuple[Arrays, Arrays]) -> None:
    (x, y), validation = arrays
    seen = []

    def look(epoch: int, logs: dict[str, float]) -> None:
        seen.append(watch.model.evaluate(x[:5], y[:5], verbose=0, return_dict=True)["accuracy"])

    watch = keras.callbacks.LambdaCallback(on_epoch_end=look)
    model = build(digits)
    curve, path = fit(model, arrays, callbacks=[watch], epochs=3)
    undisturbed, _ = fit(build(digits), arrays, epochs=3)
    assert (path, curve) == (COMPILED, undisturbed)
    assert all(accuracy * 5 == pytest.approx(round(accuracy * 5)) for accuracy in seen)
    after = model.evaluate(*validation, verbose=0, return_dict=True)
    assert after["accuracy"] == pytest.approx(curve[-1]["val_accuracy"])


class Calls(keras.callbacks.Callback):
    """Notes what is called, with what: numbers, and the names of logs, which are floats."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        for name in dir(keras.callbacks.Callback):
            if name.startswith("on_"):
                setattr(self, name, partial(self.note, name))

    def note(self, name: str, *args: Any, logs: dict[str, float] | None = None) -> None:
        """Note a call."""
        *numbers, logs = args if logs is None and args else (*args, logs)
        assert all(type(value) is float for value in (logs or {}).values())
        own = {"learning_rate", "gradient_norm"}
        self.seen.append((name, numbers, sorted({*(logs or {})} - own)))
        if name == "on_epoch_end" and numbers == [3]:
            self.model.stop_training = True


@pytest.mark.parametrize("recognized", [True, False])
def test_callbacks_are_called_as_keras_calls_them(
    digits: Dataset, arrays: tuple[Arrays, Arrays], recognized: bool
) -> None:
    """As for an epoch of one batch, which Keras is given here."""
    make = partial(build, digits) if recognized else own
    calls = [Calls(), Calls()]
    train, validation = arrays
    make().fit(
        *train,
        batch_size=200,
        validation_data=validation,
        validation_batch_size=200,
        callbacks=[calls[0]],
        epochs=9,
        verbose=0,
    )
    fit_in_memory(
        make(),
        *arrays,
        batch_size=32,
        validation_batch_size=48,
        shuffle_seed=0,
        callbacks=[calls[1]],
        epochs=9,
    )
    assert calls[1].seen == calls[0].seen
    assert calls[1].params == calls[0].params
    (history,) = (each.model.history for each in calls[1:])
    assert (history.epoch, len(history.history["val_loss"])) == ([0, 1, 2, 3], 4)


def test_averages_of_weights_are_taken_over_at_the_end(
    digits: Dataset, arrays: tuple[Arrays, Arrays]
) -> None:
    def averaged() -> keras.Model:
        model = build(digits)
        optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    assert_same_numbers(averaged, arrays)


def test_a_callback_may_predict(digits: Dataset, arrays: tuple[Arrays, Arrays]) -> None:
    model, seen = build(digits), []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(watch.model.predict(arrays[1][0], verbose=0))
    )
    fit(model, arrays, callbacks=[watch], epochs=2)
    assert (seen[0] != seen[1]).any()
    np.testing.assert_allclose(seen[1], model.predict(arrays[1][0], verbose=0), rtol=1e-5)


class PythonStep(OwnStep):
    """A step that looks at numbers in Python."""

    def train_step(self, data: Any) -> dict[str, Any]:
        logs = super().train_step(data)
        return {"last_loss": float(logs["last_loss"].numpy())}


class OwnFit(OwnStep):
    """A model that has its own idea of training."""

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        return super().fit(*args, **kwargs)


@pytest.mark.parametrize(
    ("kind", "eagerly"), [(OwnStep, True), (PythonStep, True), (OwnFit, False)]
)
def test_models_that_cannot_be_compiled_train_all_the_same(
    arrays: tuple[Arrays, Arrays], kind: type[keras.Model], eagerly: bool
) -> None:
    curve, path = fit(own(kind, eagerly), arrays, shuffle_seed=0, epochs=8)
    assert path == PLAIN
    assert curve[-1]["val_loss"] < curve[0]["val_loss"]


@pytest.mark.parametrize(
    ("kind", "eagerly", "reason"),
    [
        (OwnFit, False, "its own to fit"),
        (OwnStep, True, "run_eagerly"),
        (PythonStep, False, "numpy"),
    ],
)
def test_compiled_epochs_that_were_asked_for_are_refused_with_the_reason(
    arrays: tuple[Arrays, Arrays], kind: type[keras.Model], eagerly: bool, reason: str
) -> None:
    with pytest.raises(NotCompilableError, match=reason):
        fit(own(kind, eagerly), arrays, path=COMPILED)


def test_plain_fit_can_be_asked_for(digits: Dataset, arrays: tuple[Arrays, Arrays]) -> None:
    curve, path = fit(build(digits), arrays, path=PLAIN)
    expected, _ = fit(build(digits), arrays, plainly=True)
    assert path == PLAIN
    assert curve == expected


def test_a_step_that_does_not_trace_is_left_to_keras_to_explain(
    arrays: tuple[Arrays, Arrays],
) -> None:
    with pytest.raises(AttributeError, match="numpy"):
        fit(own(PythonStep), arrays)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_shuffled_scores_are_those_of_keras(digits: Dataset) -> None:
    train, validation = digits.preprocessed("train"), digits.preprocessed("validation")
    scores: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(10):
        for plainly in scores:
            model = build(digits, dropout=0.2, depth=2)
            fresh_session(seed)
            options = {"batch_size": 32, "epochs": 8}
            if plainly:
                model.fit(train.x, train.y, verbose=0, **options)
            else:
                data = (train.x, train.y), (validation.x, validation.y)
                fit_in_memory(
                    model,
                    *data,
                    validation_batch_size=256,
                    shuffle_seed=seed,
                    callbacks=[],
                    **options,
                )
            scores[plainly].append(model.evaluate(validation.x, validation.y, verbose=0)[0])
    assert mannwhitneyu(scores[True], scores[False]).pvalue > 0.01
    assert np.mean(scores[False]) == pytest.approx(np.mean(scores[True]), rel=0.1)
