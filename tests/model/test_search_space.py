"""The search space that the models declare."""

from typing import Any

import keras_tuner
import pytest

from model.search_space import ROLES, STARTS, search_space
from tuner.space.cube import SearchSpace


def declared(
    model: str = "mlp", examples: int = 1500, features: int = 784
) -> dict[str, keras_tuner.engine.hyperparameters.HyperParameter]:
    """Return the hyperparameters of a model by name."""
    hp = keras_tuner.HyperParameters()
    search_space(hp, model, examples, features)
    return {kind.name: kind for kind in hp.space}


def test_gradients_are_not_clipped_and_that_is_not_searched() -> None:
    assert isinstance(declared()["clip_norm"], keras_tuner.engine.hyperparameters.Fixed)


def test_ranges_scales_and_defaults_are_the_published_ones() -> None:
    space = declared(examples=1_000_000)

    assert {name: kind.default for name, kind in space.items()} == {
        "learning_rate": 1e-3,
        "batch_size": 32,
        "depth": 2,
        "width": 128,
        "dropout": 0.1,
        "schedule": "constant",
        "clip_norm": 0.0,
    }
    ranges = {
        name: (kind.min_value, kind.max_value, kind.sampling)
        for name, kind in space.items()
        if name not in ("schedule", "clip_norm")
    }
    assert ranges == {
        "learning_rate": (1e-5, 1e-1, "log"),
        "batch_size": (16, 512, "log"),
        "depth": (1, 8, "linear"),
        "width": (32, 4096, "log"),
        "dropout": (0.1, 0.5, "linear"),
    }
    assert set(space["schedule"].values) == {"constant", "warmup_cosine"}


def test_width_and_batch_size_are_powers_of_two() -> None:
    space = declared()

    assert list(space["batch_size"].values) == [16, 32, 64, 128, 256, 512]
    assert list(space["width"].values) == [32, 64, 128, 256, 512]


@pytest.mark.parametrize(
    ("model", "examples", "width", "batch_size"),
    [
        ("mlp", 10, 256, 32),
        ("mlp", 151, 256, 64),
        ("mlp", 1527, 512, 512),
        ("mlp", 60_000, 4096, 512),
        ("cnn", 60_000, 256, 512),
        ("sequence", 60_000, 256, 512),
    ],
)
def test_small_data_have_narrower_ranges(
    model: str, examples: int, width: int, batch_size: int
) -> None:
    space = declared(model, examples)

    assert space["width"].max_value == width
    assert space["batch_size"].max_value == batch_size


def test_few_features_need_no_wide_layers() -> None:
    assert declared("mlp", 8_000, features=9)["width"].max_value == 512
    assert declared("mlp", 8_000, features=2)["width"].max_value == 256


@pytest.mark.parametrize(
    ("examples", "batch_sizes", "default"),
    [
        (100, [16, 32], 16),
        (650, [16, 32, 64, 128], 64),
        (100_000, [64, 128, 256, 512], 256),
    ],
)
def test_batches_of_a_table_follow_its_rows(
    examples: int, batch_sizes: list[int], default: int
) -> None:
    batch_size = declared("tabular", examples)["batch_size"]
    assert (list(batch_size.values), batch_size.default) == (batch_sizes, default)


@pytest.mark.parametrize("model", STARTS)
def test_starts_are_other_points_of_the_space(model: str) -> None:
    space = SearchSpace(keras_declarations(model))
    points = [space.defaults(), *(space.defaults() | start for start in STARTS[model])]
    assert all(map(space.contains, points))
    assert len(set(map(space.key, points))) == len(points) >= 3


def keras_declarations(model: str) -> list[dict[str, Any]]:
    hp = keras_tuner.HyperParameters()
    search_space(hp, model, 150, 10)
    return list(hp.get_config()["space"])


def test_how_texts_are_read_is_searched() -> None:
    assert declared("text")["encoder"].values == ["pooled", "recurrent"]
    assert "encoder" not in declared("mlp")


def test_roles_are_of_hyperparameters_that_exist() -> None:
    assert set(ROLES) <= set(declared("cnn")) | set(declared("mlp"))
    assert set(ROLES.values()) <= {"scientific", "nuisance", "fixed"}
