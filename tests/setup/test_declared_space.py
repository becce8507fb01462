import keras_tuner
import pytest

from data.errors import InputError
from tuner.command_line.settings import Fix, Range
from tuner.setup import declared_space as module
from tuner.setup.declared_space import DeclaredSpace, declared_space
from tuner.space.changes import Changes

HP = keras_tuner.HyperParameters


def conditions(declared: DeclaredSpace) -> dict[str, dict[str, list[object]]]:
    """Return what must hold for each hyperparameter, by names."""
    return {
        kind["config"]["name"]: {
            one["config"]["name"]: one["config"]["values"] for one in kind["config"]["conditions"]
        }
        for kind in declared.declarations
    }


def units_per_layer(hp: HP) -> None:
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    for i in range(hp.Int("layers", 1, 5, default=2)):
        hp.Int(f"units_{i}", 32, 512, step=32)
    if hp.Boolean("dropout"):
        hp.Float("rate", 0.1, 0.5)


def test_what_a_loop_or_an_if_declares_is_found_with_what_it_depends_on() -> None:
    declared = declared_space(units_per_layer)
    assert declared.complete
    assert conditions(declared) == {
        "learning_rate": {},
        "layers": {},
        "units_0": {},
        "units_1": {"layers": [2, 3, 4, 5]},
        "units_2": {"layers": [3, 4, 5]},
        "units_3": {"layers": [4, 5]},
        "units_4": {"layers": [5]},
        "dropout": {},
        "rate": {"dropout": [True]},
    }
    assert list(conditions(declared))[:3] == ["learning_rate", "layers", "units_0"]


def test_nested_conditions_of_both_kinds_are_found() -> None:
    def build(hp: HP) -> None:
        kind = hp.Choice("kind", ["plain", "deep"])
        with hp.conditional_scope("kind", ["deep"]):
            if kind == "deep":
                norm = hp.Boolean("norm")
                with hp.conditional_scope("norm", [True]):
                    if norm:
                        hp.Float("momentum", 0.8, 0.99)
        if kind == "plain" and hp.Choice("optimizer", ["adam", "sgd"]) == "sgd":
            hp.Float("nesterov", 0.0, 1.0)

    assert conditions(declared_space(build)) == {
        "kind": {},
        "norm": {"kind": ["deep"]},
        "momentum": {"kind": ["deep"], "norm": [True]},
        "optimizer": {"kind": ["plain"]},
        "nesterov": {"kind": ["plain"], "optimizer": ["sgd"]},
    }


def test_one_name_in_two_branches_keeps_a_range_for_each() -> None:
    def build(hp: HP) -> None:
        if hp.Choice("optimizer", ["adam", "sgd", "rmsprop"]) == "sgd":
            hp.Float("momentum", 0.5, 0.9)
        elif hp.get("optimizer") == "rmsprop":
            hp.Float("momentum", 0.0, 0.1)

    _, *momenta = declared_space(build).declarations
    found = {k["config"]["conditions"][0]["config"]["values"][0]: k for k in momenta}
    assert found["sgd"]["config"]["min_value"] == 0.5
    assert found["rmsprop"]["config"]["max_value"] == 0.1


def test_what_either_of_two_brings_about_has_no_condition() -> None:
    def build(hp: HP) -> None:
        first, second = hp.Boolean("first"), hp.Boolean("second")
        if first or second:
            hp.Int("extra", 1, 9)

    assert conditions(declared_space(build))["extra"] == {}


def test_what_only_two_together_bring_about_is_found() -> None:
    def build(hp: HP) -> None:
        first, second = hp.Boolean("first"), hp.Boolean("second")
        hp.Int("other", 1, 4)
        if first and second:
            hp.Int("extra", 1, 9)

    assert conditions(declared_space(build))["extra"] == {"first": [True], "second": [True]}


def test_values_that_do_not_build_hide_nothing() -> None:
    def build(hp: HP) -> None:
        if hp.Int("pools", 1, 4) > 2:
            raise ValueError("negative dimension")
        hp.Int("units", 1, 9)
        if hp.Boolean("extra"):
            hp.Float("rate", 0.0, 1.0)

    assert conditions(declared_space(build)) == {
        "pools": {},
        "units": {},
        "extra": {},
        "rate": {"extra": [True]},
    }


def test_defaults_that_do_not_build_are_an_error_with_the_line() -> None:
    def build(hp: HP) -> None:
        raise ValueError("no such layer")

    with pytest.raises(InputError, match=r"no such layer \(test_declared_space.py:\d+\)"):
        declared_space(build)


def test_a_wider_range_is_explored_and_a_fixed_value_closes_branches() -> None:
    changes = Changes((Fix.parse("dropout=false"),), (Range.parse("layers=1:7"),))
    found = conditions(declared_space(units_per_layer, changes))
    assert found["units_6"] == {"layers": [7]}
    assert "rate" not in found


def test_exploring_ends_in_time_and_again_after_as_many_builds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)
    first = declared_space(units_per_layer)
    assert (first.builds, first.complete) == (1, False)
    assert list(conditions(first)) == ["learning_rate", "layers", "units_0", "units_1", "dropout"]
    again = declared_space(units_per_layer, most_builds=10)
    assert again.builds == 10
    assert again.declarations == declared_space(units_per_layer, most_builds=10).declarations


def test_names_that_are_offered_and_not_read_are_told() -> None:
    def build(hp: HP) -> None:
        for name in ("depth", "width", "rate", "kind"):
            hp.Int(name, 1, 3)
        hp.get("depth")
        hp.Int("width", 1, 3)
        if hp["kind"] == 3:
            hp.get("rate")

    assert declared_space(build, offered=["depth", "width", "rate", "kind"]).unread == set()
    assert declared_space(lambda hp: hp.Int("depth", 1, 2), offered=["depth"]).unread == {"depth"}
