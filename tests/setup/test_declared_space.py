import keras_tuner

from tuner.setup.declared_space import declared_space, keras_tuner_space


def test_a_builder_declares_what_its_closed_branches_have() -> None:
    def build(hp: keras_tuner.HyperParameters) -> None:
        hp.Choice("kind", ["plain", "deep"])
        with hp.conditional_scope("kind", ["deep"]):
            if hp.get("kind") == "deep":
                hp.Int("depth", 1, 4)

    declared = declared_space(build)
    assert {kind["config"]["name"] for kind in declared} == {"kind", "depth"}


def test_a_space_made_of_declarations_has_the_defaults_and_leaves_them_alone() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["plain", "deep"])
    with hp.conditional_scope("kind", ["plain"]):
        hp.Float("rate", 0.0, 1.0, default=0.5)
    with hp.conditional_scope("kind", ["deep"]):
        hp.Int("depth", 1, 4)
    declared = hp.get_config()["space"]
    for _ in range(2):  # KerasTuner changes what it reads.
        space = keras_tuner_space(declared)
        assert space.get_config()["space"] == declared
        assert space.values == {"kind": "plain", "rate": 0.5}
