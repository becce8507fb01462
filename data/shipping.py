"""The model to ship: it takes raw inputs, and loads without this repository."""

from __future__ import annotations

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

    from data.preprocessing.arrays import unused_name

    raw, ready = _border(dataset)
    if not getattr(model, "inputs", None):  # A subclass, which has no graph of layers.
        return keras.Model(raw, model(ready), name=model.name)
    # Named anew, since no layer may have the name of a column; and without its optimizer.
    name = unused_name("trained", dataset.feature_names)
    several = len(model.inputs) > 1 or len(model.outputs) > 1
    ends = (model.input, model.output) if several else (model.inputs, model.outputs)
    trained = keras.Model(*ends, name=name)
    return keras.Model(raw, trained(ready), name=model.name)


def _border(dataset: Dataset) -> tuple[Any, Any]:
    """Return raw inputs, and what the model takes. Only here the columns of a table have names."""
    import keras

    from data.columns import parts_of
    from data.preprocessing.arrays import unused_name

    preprocessing, columns = dataset.preprocessing, dataset.table_columns
    if dataset.form.raw or not columns:
        return preprocessing.input, preprocessing.output
    types = {column.name: "float64" if column.kind == "number" else "string" for column in columns}
    raw = {name: keras.Input((1,), dtype=dtype, name=name) for name, dtype in types.items()}
    table = {
        part: keras.layers.Concatenate(
            dtype=preprocessing.input[part].dtype, name=unused_name(part, raw)
        )([raw[column.name] for column in those])
        for part, those in parts_of(columns).items()
    }
    name = unused_name(preprocessing.name, raw)
    inside = keras.Model(preprocessing.input, preprocessing.output, name=name)
    return list(raw.values()), inside(table)
