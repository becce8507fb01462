"""The model to ship: it takes raw inputs, and loads without this repository."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from data.dataset import Dataset


def with_preprocessing(model: keras.Model, dataset: Dataset) -> keras.Model:
    """Return raw inputs -> preprocessing of the dataset -> trained model, as one model.

    Example:
        >>> with_preprocessing(trained, dataset).save("model.keras")
        >>> keras.saving.load_model("model.keras").predict(raw_inputs)
    """
    import keras

    raw, ready = _border(dataset)
    inner = inner_model(model, dataset)
    # Without a border to put before it, layer by layer, which is saved faster.
    outputs = inner.output if ready is raw else inner(ready)
    return keras.Model(raw, outputs, name=model.name)


def averaged_with_preprocessing(members: Sequence[keras.Model], dataset: Dataset) -> keras.Model:
    """Return raw inputs -> each member -> the mean of each of their outputs, as one model.

    Args:
        members: Of `inner_model`, each with the preprocessing of its own training data, and named.
        dataset: What all of them have the columns, and the form, of.
    """
    import keras

    from data.preprocessing.arrays import unused_name

    raw, ready = _border(dataset)
    used = {*dataset.feature_names}

    def mean(*outputs: Any) -> Any:
        name = unused_name("average", used)
        used.add(name)
        return keras.layers.Average(dtype="float32", name=name)(list(outputs))

    outputs = [member(ready) for member in members]
    return keras.Model(raw, keras.tree.map_structure(mean, *outputs), name="ensemble")


def inner_model(model: keras.Model, dataset: Dataset, name: str = "inner") -> keras.Model:
    """Return preprocessing of the dataset -> trained model, as one model.

    It takes what the preprocessing takes, a table packed, and holds nothing of the data. Its name
    is that of no column.
    """
    import keras

    from data.preprocessing.arrays import unused_name

    preprocessing, columns = dataset.preprocessing, dataset.feature_names
    name = unused_name(name, columns)
    if not getattr(model, "inputs", None):  # A subclass, which has no graph of layers.
        return keras.Model(preprocessing.input, model(preprocessing.output), name=name)
    # Named anew, since no layer may have the name of a column; and without its optimizer.
    several = len(model.inputs) > 1 or len(model.outputs) > 1
    ends = (model.input, model.output) if several else (model.inputs, model.outputs)
    trained = keras.Model(*ends, name=unused_name("trained", columns))
    return keras.Model(preprocessing.input, trained(preprocessing.output), name=name)


def _border(dataset: Dataset) -> tuple[Any, Any]:
    """Return raw inputs, and what the preprocessing takes.

    Only here the columns of a table have names.
    """
    import keras

    from data.columns import parts_of
    from data.preprocessing.arrays import unused_name

    preprocessing, columns = dataset.preprocessing, dataset.table_columns
    if dataset.form.raw or not columns:
        return preprocessing.input, preprocessing.input
    types = {column.name: "float64" if column.kind == "number" else "string" for column in columns}
    raw = {name: keras.Input((1,), dtype=dtype, name=name) for name, dtype in types.items()}
    table = {
        part: keras.layers.Concatenate(
            dtype=preprocessing.input[part].dtype, name=unused_name(part, raw)
        )([raw[column.name] for column in those])
        for part, those in parts_of(columns).items()
    }
    return list(raw.values()), table
