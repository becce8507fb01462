"""``signature.json``: it says of a model what predictions need."""

import json
from pathlib import Path

import numpy as np
import pytest

from data import load_dataset, with_preprocessing
from data.errors import InputError
from model import build_model
from tests.data.conftest import people_csv, write_csv  # noqa: F401
from tuner.predicting.signature import (
    Signature,
    find_signature,
    signature_of,
    write_signature,
)


def of(name: str, others: tuple[str | None, ...] = (), **asked: object) -> Signature:
    """Return the signature of a shipped model that is not trained."""
    import keras_tuner

    dataset = load_dataset(name, **asked)  # type: ignore[arg-type]
    model = build_model(keras_tuner.HyperParameters(), dataset)
    return signature_of(with_preprocessing(model, dataset), dataset, others)


def test_of_a_table_it_has_columns_as_the_file_names_them(people_csv: str) -> None:  # noqa: F811
    found = of(people_csv, ("patient", None), target="bought", drop=("where",))
    assert found.kind == "table"
    assert [one.name for one in found.inputs] == ["age", "my city_<script>", "member"]
    kinds = {column.source: column.kind for column in found.columns}
    assert kinds["my city/<script>"] == "category"
    assert kinds["where"] == "left out"
    assert found.others == ("bought", "patient")
    [output] = found.outputs
    assert (output.task, output.classes) == ("classification", ("no", "yes"))
    trained_on = load_dataset(people_csv, target="bought", drop=("where",)).train.x
    assert isinstance(trained_on, dict)
    assert set(found.categories["my city_<script>"]) == {*trained_on["my city_<script>"]}


def test_of_an_array_it_has_the_shape_of_one_example() -> None:
    found = of("digits")
    assert (found.kind, found.inputs[0].shape, found.columns) == ("array", (8, 8, 1), ())
    assert found.outputs[0].classes == tuple("0123456789")
    assert [column.name for column in of("wine").columns][:2] == ["alcohol", "malic_acid"]


def test_what_is_written_is_read_back(people_csv: str, tmp_path: Path) -> None:  # noqa: F811
    written = of(people_csv)
    train = tmp_path / "a" / "train"
    train.mkdir(parents=True)
    (train / "model.keras").touch()
    write_signature(train, written)
    assert find_signature(tmp_path, "a") == (train, written)
    saved = json.loads((train / "signature.json").read_text())
    assert saved["inputs"][0] == {"name": "age", "dtype": "float64", "shape": [1]}
    told = {name: saved[name] for name in ("task", "classes", "target")}
    assert told == {"task": "classification", "classes": ["no", "yes"], "target": "bought"}


def test_what_is_missing_is_one_line_that_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no search in .*: run python tune.py and"):
        find_signature(tmp_path, "searhc")
    run = tmp_path / "search"
    (run / "train").mkdir(parents=True)
    with pytest.raises(InputError, match='Did you mean "search"'):
        find_signature(tmp_path, "searhc")
    (run / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"no model in .*: python train.py --run search"):
        find_signature(tmp_path, "search")
    (run / "train" / "model.keras").touch()
    with pytest.raises(InputError, match=r"by an earlier version.*python train.py --run search"):
        find_signature(tmp_path, "search")


def test_one_of_an_earlier_version_has_no_categories(people_csv: str) -> None:  # noqa: F811
    saved = json.loads(json.dumps(of(people_csv).as_json()))
    assert saved.pop("categories")
    assert not Signature.from_json(saved).categories


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"kind": "table", "inputs": 3}'])
def test_a_damaged_one_is_one_line(content: str, tmp_path: Path) -> None:
    train = tmp_path / "a" / "train"
    train.mkdir(parents=True)
    (train / "model.keras").touch()
    (train / "signature.json").write_text(content)
    with pytest.raises(InputError, match=r"signature.json is damaged"):
        find_signature(tmp_path, "a")


def test_a_source_that_says_nothing_of_its_columns_has_those_of_its_data_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from data.sources import NAMES
    from data.sources.examples import Examples
    from data.split import Split

    table = {"size": np.arange(40.0), "colour": np.array(["red", "blue"] * 20, object)}
    examples = Examples(
        name="own", splits={"train": Split(table, np.arange(40) % 2)}, feature_names=tuple(table)
    )
    monkeypatch.setitem(NAMES, "own", lambda: examples)
    kinds = {column.source: column.kind for column in of("own").columns}
    assert kinds == {"size": "number", "colour": "category"}
