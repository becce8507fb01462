import json

import keras_tuner

from tests.findings.searches import SPACE
from tests.oracles.spaces import mixed_space, search_space
from tuner.space.by_name import by_name, declarations_of
from tuner.space.cube import SearchSpace


def test_a_name_that_is_declared_once_is_written_as_ever() -> None:
    assert by_name(SPACE.values()) == SPACE
    assert declarations_of(SPACE) == list(SPACE.values())


def test_a_name_that_is_declared_twice_keeps_both() -> None:
    declared = mixed_space().get_config()["space"]
    written = json.loads(json.dumps(by_name(declared)))
    assert [one["class_name"] for one in written["dropout"]] == ["Float", "Float"]
    assert written["width"]["class_name"] == "Int"
    assert declarations_of(written) == declared


def test_what_is_read_has_parents_before_children() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("optimizer", ["adam", "sgd", "rmsprop"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        hp.Float("momentum", 0.0, 0.5)
    with hp.conditional_scope("optimizer", ["rmsprop"]):
        hp.Boolean("centered")
        with hp.conditional_scope("centered", [True]):
            hp.Float("momentum", 0.5, 1.0)
    space = search_space(hp)
    read = SearchSpace(declarations_of(by_name(space.declarations)))
    assert read.declarations == space.declarations
    for values in ({"optimizer": "rmsprop", "centered": True, "momentum": 0.7}, {}):
        assert read.complete(values)[-1][0].declaration == space.complete(values)[-1][0].declaration
