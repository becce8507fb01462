"""What is made from the options: parsers, README's table, config.json, a run's identity."""

import inspect
import json
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import InputError
from data.sources import NAMES, keras_sets
from tests.conftest import ROOT
from tuner.command_line.choices import FAMILIES, REPORTERS, load
from tuner.command_line.commands import new_search
from tuner.command_line.options import (
    SEARCH_OPTIONS,
    SearchOptions,
    identity,
    options_table,
    search_parser,
    train_parser,
)
from tuner.command_line.program import run_command
from tuner.command_line.settings import Fix, Range, Role
from tuner.storage.run_directory import refuse_another_search

GIVEN = (
    "--dataset wine --strategy grid --grid-points 2 --pruner curve --pruner-error-rate 0.2 "
    "--fix depth=2 --range width=32:128 --range learning_rate=1e-4:1e-2 --role dropout=scientific "
    "--no-deterministic --time-limit 90s --start-from runs/one --staged --workers 2 --folds 0"
)


def given(line: str) -> SearchOptions:
    return SearchOptions().updated(search_parser().given(line.split()))


def test_readme_has_the_options_as_they_are() -> None:
    assert options_table() in (ROOT / "README.md").read_text()


def test_help_names_every_option_with_its_default() -> None:
    told = " ".join(search_parser().format_help().split())
    for name, one in SEARCH_OPTIONS.items():
        assert f"--{name.replace('_', '-')}" in told
        assert not one.default_text or f"(default: {one.default_text})" in told
    assert "two-sided at 5% data" not in " ".join(train_parser().format_help().split())


def test_help_names_the_embedded_datasets() -> None:
    embedded, _, _ = SEARCH_OPTIONS["dataset"].help.partition(";")
    assert set(embedded.split(", ")) == NAMES.keys() - keras_sets.NAMES.keys()


def test_options_come_back_from_config_json_and_from_a_command() -> None:
    options = given(GIVEN)
    assert options.settings == {"grid_points": 2, "pruner_error_rate": 0.2}
    assert options.fix == (Fix("depth", "2"),)
    assert options.range[0] == Range("width", "32", "128")
    assert options.role == (Role("dropout", "scientific"),)
    saved = json.loads(json.dumps(options.as_dict()))
    assert saved["fix"] == ["depth=2"]
    assert (saved["grid_points"], SearchOptions().as_dict()["grid_points"]) == (2, None)
    assert SearchOptions.from_config({"options": saved}) == options
    assert given(new_search(options).removeprefix("python tune.py ")) == options


def test_what_was_found_is_not_in_a_command_until_somebody_gives_it() -> None:
    found = replace(given("--dataset wine"), max_epochs=100, folds=0, found=("max_epochs", "folds"))
    assert new_search(found) == "python tune.py --dataset wine"
    saved = {"options": found.as_dict(), "found": list(found.found)}
    resumed = SearchOptions.from_config(json.loads(json.dumps(saved)))
    assert new_search(resumed) == "python tune.py --dataset wine"
    longer = resumed.updated({"max_epochs": 200})
    assert new_search(longer) == "python tune.py --dataset wine --max-epochs 200"


def test_another_executor_leaves_the_settings_of_the_one_before() -> None:
    before = given("--executor ray --cpus-per-trial 2 --grid-points 4")
    after = before.updated(search_parser().given(["--executor", "serial"]))
    assert after.settings == {"grid_points": 4}
    assert before.updated({"workers": 3}).settings == before.settings


@pytest.mark.parametrize(
    "wrong",
    [
        "--fix depth",
        "--range width=3",
        "--range width",
        "--role depth=big",
        "--lag 0",
        "--gpus-per-trial 1.5",
        "--ray-address ray://head:10001",
    ],
)
def test_what_is_no_value_is_refused_when_it_is_parsed(
    capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    with pytest.raises(SystemExit):
        search_parser().given(wrong.split())
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected" in error
    assert repr(wrong.split()[1]) in error


def test_damaged_options_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    damaged = {"options": {"fix": ["depth"]}}
    assert run_command("tune.py", lambda: SearchOptions.from_config(damaged) and 0) == 2
    assert capsys.readouterr().err == "tune.py: error: expected name=value, received 'depth'\n"


def test_every_choice_is_there_and_has_the_settings_that_it_says() -> None:
    for choices in [*FAMILIES.values(), REPORTERS]:
        for choice in choices.values():
            if choice.missing:
                continue
            parameters = inspect.signature(load(choice)).parameters
            for setting in choice.settings.values():
                assert parameters[setting.keyword].default == setting.default


# A search that an older version wrote: the pruner is resolved beside the options, no lag at all.
OLD = {
    "options": {
        "model": "mlp", "pruner": None, "pruner_error_rate": None, "grid_points": None,
        "objective": "val_loss", "direction": "min", "folds": None, "repeats": 1, "seed": 0,
        "max_epochs": 8, "patience": 5, "start_from": [],
    },
    "dataset": {"name": "wine"},
    "search_space": {"depth": 1},
    "pruner": "curve",
    "pruner_error_rate": 0.1,
    "start_from": None,
}  # fmt: skip


def newer(**options: object) -> dict[str, object]:
    return OLD | {"options": OLD["options"] | {"lag": 4} | options}  # type: ignore[operator]


def test_an_older_run_is_the_same_search_with_the_defaults_of_what_it_does_not_know() -> None:
    assert identity(OLD) == identity(newer())
    assert identity(OLD)["--lag"] == 4
    refuse_another_search(Path("runs/a"), OLD, newer())


@pytest.mark.parametrize(
    ("there", "here", "named"),
    [
        (OLD, newer(lag=8), "--lag is 4 there and 8 here"),
        (OLD, newer(seed=1), "seed is 0 there and 1 here"),
        (OLD, newer(folds=3), "cross-validation: folds is 0 there and 3 here"),
        (OLD, newer(start_from=["runs/b"]), '--start-from is null there and \\["runs/b"\\] here'),
        (OLD, newer() | {"pruner": "asha"}, "--pruner is curve there and asha here"),
        (newer(grid_points=2), newer(grid_points=3), "--grid-points is 2 there and 3 here"),
        (OLD, newer() | {"dataset": {"name": "digits"}}, "data set: name is wine there and digits"),
        (OLD, newer() | {"search_space": {}}, "search space: depth is 1 there and absent here"),
    ],
)
def test_a_difference_is_named(
    there: dict[str, object], here: dict[str, object], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        refuse_another_search(Path("runs/a"), there, here)


def test_of_a_range_the_end_that_differs_is_named_and_of_one_name_the_declaration() -> None:
    def ranged(high: float) -> dict[str, object]:
        config = {"name": "learning_rate", "conditions": [], "min_value": 1e-5, "max_value": high}
        return {"class_name": "Float", "config": config}

    there = newer() | {"search_space": {"x": ranged(0.1), "y": [ranged(0.1), ranged(0.1)]}}
    for space, named in [
        ({"x": ranged(0.2), "y": [ranged(0.1)] * 2}, "x: config: max_value is 0.1 there and 0.2"),
        ({"x": ranged(0.1), "y": [ranged(0.1), ranged(0.3)]}, "y: 2: config: max_value is 0.1"),
        ({"x": ranged(0.1), "y": ranged(0.1)}, 'search space: y is \\[{"class_name"'),
    ]:
        with pytest.raises(InputError, match=named):
            refuse_another_search(Path("runs/a"), there, newer() | {"search_space": space})


def test_what_a_run_may_change_is_no_difference() -> None:
    refuse_another_search(Path("runs/a"), OLD, newer(max_trials=99, workers=8, time_limit=3.0))
