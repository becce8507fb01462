import keras_tuner
import pytest

from data.errors import InputError
from tuner.command_line.settings import Fix, Range, Role
from tuner.space.hyperparameters import Declaration
from tuner.space.roles import resolved_roles, roles_text

DECLARED = {"rate": "nuisance", "clip": "fixed"}


def space() -> list[Declaration]:
    hp = keras_tuner.HyperParameters()
    hp.Float("rate", 1e-5, 1e-1)
    hp.Int("depth", 1, 8)
    hp.Float("clip", 0, 10)
    hp.Fixed("epochs", 7)
    return list(hp.get_config()["space"])


def roles(*given: str, fix: tuple[str, ...] = (), ranges: tuple[str, ...] = ()) -> dict[str, str]:
    return resolved_roles(
        space(),
        DECLARED,
        [*map(Role.parse, given)],
        [*map(Fix.parse, fix)],
        [*map(Range.parse, ranges)],
    )


def test_the_model_states_roles_and_the_rest_is_scientific() -> None:
    expected = {"rate": "nuisance", "depth": "scientific", "clip": "fixed", "epochs": "fixed"}
    assert roles() == expected


def test_a_role_that_is_given_counts() -> None:
    assert roles("rate=scientific", "depth=fixed")["rate"] == "scientific"
    assert roles("rate=scientific", "depth=fixed")["depth"] == "fixed"
    assert roles("clip=nuisance")["clip"] == "nuisance"


def test_a_value_fixes_and_a_range_frees() -> None:
    assert roles(fix=("depth=3",))["depth"] == "fixed"
    assert roles(ranges=("clip=1:2",))["clip"] == "nuisance"
    assert roles(ranges=("depth=1:2",))["depth"] == "scientific"


@pytest.mark.parametrize(
    ("given", "fix", "ranges", "message"),
    [
        (("dept=fixed",), (), (), "did you mean depth"),
        (("depth=fixed", "depth=nuisance"), (), (), "name it once"),
        (("depth=nuisance",), ("depth=3",), (), "makes it fixed"),
        (("depth=fixed",), (), ("depth=2:3",), "searches it"),
    ],
)
def test_a_contradiction_is_refused(
    given: tuple[str, ...], fix: tuple[str, ...], ranges: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        roles(*given, fix=fix, ranges=ranges)


def test_the_text_names_roles_in_order() -> None:
    assert roles_text(roles()) == "scientific: depth; nuisance: rate; fixed: clip, epochs"
