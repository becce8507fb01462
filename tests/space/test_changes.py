import keras_tuner
import pytest

from data.errors import InputError
from tests.oracles.spaces import mixed_space
from tuner.command_line.settings import Fix, Range
from tuner.space.changes import adjusted_space
from tuner.space.hyperparameters import Declaration


def adjusted(
    *, fix: tuple[str, ...] = (), ranges: tuple[str, ...] = (), held: tuple[str, ...] = ()
) -> dict[str, Declaration]:
    declared = mixed_space().get_config()["space"]
    fixed, ranged = tuple(map(Fix.parse, fix)), tuple(map(Range.parse, ranges))
    return {k["config"]["name"]: k for k in adjusted_space(declared, fixed, ranged, held)}


def test_values_are_fixed_and_ranges_changed_under_their_conditions() -> None:
    before = {kind["config"]["name"]: kind for kind in mixed_space().get_config()["space"]}
    changed = adjusted(
        fix=("kernel=5", "bias=true"),
        ranges=("learning_rate=0.001:0.01", "net/depth=2:9"),
        held=("width",),
    )
    assert list(changed) == list(before)
    assert changed["bias"]["class_name"] == changed["kernel"]["class_name"] == "Fixed"
    assert changed["kernel"]["config"]["value"] == 5
    assert changed["bias"]["config"]["value"] is True
    assert changed["width"]["config"]["value"] == 16
    rate = changed["learning_rate"]["config"]
    assert (rate["min_value"], rate["max_value"], rate["default"]) == (0.001, 0.01, 0.001)
    assert changed["net/depth"]["config"]["max_value"] == 9
    for name in ("kernel", "net/depth"):
        assert changed[name]["config"]["conditions"] == before[name]["config"]["conditions"]
    untouched = set(before) - {"kernel", "bias", "learning_rate", "net/depth", "width"}
    assert all(changed[name] == before[name] for name in untouched)


def test_a_range_of_ordered_choices_keeps_those_inside() -> None:
    kernel = adjusted(ranges=("kernel=4:9",))["kernel"]["config"]
    assert (kernel["values"], kernel["default"]) == ([5, 7], 5)


@pytest.mark.parametrize(
    ("fix", "ranges", "message"),
    [
        (("kernal=5",), (), "did you mean kernel"),
        (("kernel=4",), (), "expected one of 3, 5, 7"),
        (("bias=1",), (), "expected a bool"),
        (("width=3.5",), (), "expected a int"),
        (("width=32",), ("width=32:64",), "named twice"),
        ((), ("learning_rate=0:1",), "expected a low end above 0"),
        ((), ("width=64:32",), "expected low below high"),
        ((), ("kind=cnn:mlp",), "holds none of the choices"),
        ((), ("bias=false:true",), "bias has no range"),
    ],
)
def test_what_does_not_fit_is_refused(
    fix: tuple[str, ...], ranges: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        adjusted(fix=fix, ranges=ranges)


def test_a_float_with_whole_ends_takes_any_number() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("weight", 0, 10, default=1)
    declared = hp.get_config()["space"]
    [fixed] = adjusted_space(declared, [Fix("weight", "0.5")], [])
    assert fixed["config"]["value"] == 0.5
    [ranged] = adjusted_space(declared, [], [Range("weight", "0.5", "2.5")])
    assert (ranged["config"]["min_value"], ranged["config"]["max_value"]) == (0.5, 2.5)
