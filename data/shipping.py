"""The model to ship: it takes raw inputs, and loads without this repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    from data.preprocessing import unused_name

    raw = dataset.preprocessing
    if not getattr(model, "inputs", None):  # A subclass, which has no graph of layers.
        return keras.Model(raw.input, model(raw.output), name=model.name)
    # Named anew, since no layer may have the name of a column; and without its optimizer.
    name = unused_name("trained", dataset.feature_names)
    several = len(model.inputs) > 1 or len(model.outputs) > 1
    ends = (model.input, model.output) if several else (model.inputs, model.outputs)
    trained = keras.Model(*ends, name=name)
    return keras.Model(raw.input, trained(raw.output), name=model.name)
