"""What is built: `build_model` is an ordinary KerasTuner model builder.

    functools.partial(build_model, dataset=load_dataset("digits"))

Nothing here imports TensorFlow or NumPy before a model is built.
"""

from model.build import MODELS, build_model, default_model

__all__ = ["MODELS", "build_model", "default_model"]
