"""Points and coordinates, branches and numbers of points."""

import keras_tuner
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles.spaces import FINITE_SIZE, ask, finite_space, mixed_space, run, search_space
from tuner.space.cube import SearchSpace

units = st.floats(0, 1)


@given(st.lists(units, min_size=9, max_size=9))
def test_points_keep_their_values_and_only_active_ones(place: list[float]) -> None:
    space = search_space(mixed_space())
    values = space.decode(np.array(place)[: len(space.free)])
    assert values["epochs"] == 7
    assert ("kernel" in values) == (values["kind"] == "cnn")
    assert ("net/depth" in values) == (values["kind"] != "linear")
    again = space.decode(space.encode(values))
    assert space.key(again) == pytest.approx(space.key(values)) or again == pytest.approx(values)


@given(st.lists(units, min_size=9, max_size=9))
def test_snapping_moves_a_point_to_its_encoding(place: list[float]) -> None:
    space = search_space(mixed_space())
    point = np.array([place])[:, : len(space.free)]
    assert space.snap(point)[0] == pytest.approx(space.encode(space.decode(point[0])), abs=1e-9)


def test_points_of_a_finite_space_are_numbered_without_gaps_or_repeats() -> None:
    space = search_space(finite_space())
    points = space.points
    assert points is not None
    keys = {space.key(points.point(i)) for i in range(FINITE_SIZE)}
    assert points.size == len(keys) == FINITE_SIZE
    with pytest.raises(IndexError):
        points.point(FINITE_SIZE)


def test_the_size_of_a_large_space_is_counted_not_listed() -> None:
    hp = keras_tuner.HyperParameters()
    for i in range(30):
        hp.Int(f"x{i}", 1, 1000)
    points = search_space(hp).points
    assert points is not None
    assert points.size == 1000**30
    assert points.point(points.size - 1)["x0"] == 1000


def test_a_value_outside_the_space_lies_outside_the_cube() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.01, 1.0, sampling="log")
    hp.Choice("c", ["a", "b", "d"])
    space = search_space(hp)
    assert space.encode({"x": 10.0, "c": "a"})[0] == pytest.approx(1.5)
    assert np.isnan(space.encode({"x": 0.1, "c": "z"})[1])
    assert np.isnan(space.encode({"x": -1.0, "c": "a"})[0])


def test_an_inactive_value_does_not_make_a_point_another() -> None:
    space = search_space(finite_space())
    point = {"branch": "a", "n": 1, "x": 2}
    assert space.key(point) == space.key({**point, "flag": True})
    assert space.key(point) != space.key({**point, "x": 4})


def test_defaults_count_as_stated_when_they_differ_from_the_implied_ones() -> None:
    assert not search_space(mixed_space()).has_defaults
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0, default=0.5)
    assert search_space(hp).has_defaults


def branches(*optimizers: str) -> SearchSpace:
    """Momentum is declared twice; `optimizers` are what is left to choose from."""
    hp = keras_tuner.HyperParameters()
    if len(optimizers) == 1:
        hp.Fixed("optimizer", optimizers[0])
    else:
        hp.Choice("optimizer", list(optimizers))
    hp.Choice("width", [16, 32])
    with hp.conditional_scope("optimizer", ["sgd"]):
        hp.Float("momentum", 0.0, 0.5)
        hp.Boolean("nesterov")
    with hp.conditional_scope("optimizer", ["rmsprop"]):
        hp.Float("momentum", 0.5, 1.0)
    return search_space(hp)


def test_each_value_belongs_to_the_declaration_that_is_active() -> None:
    space = branches("adam", "sgd", "rmsprop")
    _, _, first, nesterov, second = space.hyperparameters
    assert space.declared({"optimizer": "sgd", "momentum": 0.9})["momentum"] is first
    assert space.declared({"optimizer": "rmsprop", "momentum": 0.9})["momentum"] is second
    assert set(space.declared({"optimizer": "adam", "momentum": 0.9})) == {"optimizer"}
    assert nesterov.name not in space.declared({"optimizer": "sgd"})


def test_what_a_fixed_parent_closes_is_no_part_of_the_space() -> None:
    space = branches("adam")
    assert [h.name for h in space.free] == ["width"]
    # The closed branch is continuous, and yet there are only two points.
    assert space.points is not None
    assert space.points.size == 2
    assert len(space.declarations) == 5


def test_a_search_of_a_space_with_a_closed_branch_ends() -> None:
    hp = keras_tuner.HyperParameters.from_config(
        {"space": branches("adam").declarations, "values": {}}
    )
    for strategy in ("random", "quasi-random", "bayesian", "grid"):
        assert len(run(ask(strategy, hp), lambda values: float(values["width"]), 5)) == 2


def test_a_later_declaration_under_the_same_conditions_is_never_active() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Boolean("deep")
    hp.Int("width", 1, 8)
    with hp.conditional_scope("deep", [True]):
        hp.Int("width", 16, 32)
    assert [h.high for h in search_space(hp).hyperparameters if h.name == "width"] == [8]
