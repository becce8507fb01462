"""A model of one's own: KerasTuner's ``build_model(hp)`` or `HyperModel`, as it is."""

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import keras_tuner

from data import Dataset
from data.errors import InputError, did_you_mean
from data.predicted import gives_logits
from model.metrics import metrics_for
from tuner.training.precision import precision
from tuner.trials.ending import described

# What a builder may ask for by the name of a parameter.
FROM_THE_DATA: dict[str, Callable[[Dataset], Any]] = {
    "dataset": lambda dataset: dataset,
    "input_shape": lambda dataset: dataset.input_shape,
    "num_classes": lambda dataset: dataset.num_classes,
    "classes": lambda dataset: dataset.num_classes,
}

# The modules that were imported with a module of one's own, itself among them, by its name.
_CAME_WITH: dict[str, set[str]] = {}


@dataclass(frozen=True)
class OwnModel:
    """Builds, and perhaps fits, what ``--model`` names.

    It pickles as what it was made from: a worker process imports the code again.

    Attributes:
        reference: ``FILE.py:NAME`` or ``package.module:NAME``. The name is that of a function
            ``build_model(hp)``, of a `HyperModel` class, or of one that is made already.
        dataset: What a builder may ask for.
        metrics: The names of metrics that it is to log besides its own.
        precision: In which its layers compute; None: as Keras is set up.
    """

    reference: str
    dataset: Dataset
    metrics: Sequence[str] = ()
    precision: str | None = None

    def __call__(
        self, hp: keras_tuner.HyperParameters, dataset: Dataset | None = None
    ) -> keras.Model:
        """Return a new model, with its weights, even if it would make them for the first batch.

        Raises:
            InputError: What the builder returns is no Keras model.
        """
        if dataset is not None:
            return replace(self, dataset=dataset)(hp)
        model = self.declare(hp)
        if not getattr(model, "inputs", None):  # No graph of layers, or none yet.
            # It may not take such data: whoever tries it will say so.
            with suppress(Exception), precision(self.precision):
                model(self.dataset.preprocessing.output)
        if self.metrics:
            self._add_metrics(model)
        return model

    def declare(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Return a model that may lack its weights: `build_model(hp)`.

        Raises:
            InputError: What the builder returns is no Keras model.
        """
        with precision(self.precision):
            model = self._build(hp)
        if not isinstance(model, keras.Model):
            raise InputError(
                f"--model {self.reference}: expected it to return a keras.Model, received "
                f"{type(model).__name__}: does it end with `return model`?"
            )
        return model

    @property
    def fits(self) -> bool:
        """Whether it has a `fit` of its own."""
        return isinstance(self.named, keras_tuner.HyperModel) and (
            type(self.named).fit is not keras_tuner.HyperModel.fit
        )

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kw: Any
    ) -> Any:
        """Call its own `fit`, as a `keras_tuner.Tuner` does, with what it takes."""
        takes = inspect.signature(self.named.fit).parameters
        if not any(one.kind is one.VAR_KEYWORD for one in takes.values()):
            kw = {name: value for name, value in kw.items() if name in takes}
        return self.named.fit(hp, model, *args, **kw)

    def files(self) -> list[Path]:
        """Return the files that it is made of: its own, and what it imports from its folder or
        package."""
        own = self._module
        folder, package = Path(str(own.__file__)).parent, own.__name__.partition(".")[0]
        return sorted(
            Path(file)
            for name in _CAME_WITH[own.__name__]
            if (file := getattr(sys.modules.get(name), "__file__", None))
            if Path(file).parent == folder or name.partition(".")[0] == package
        )

    @cached_property
    def named(self) -> Any:
        """What the name stands for: a function, or a `HyperModel`.

        Raises:
            InputError: There is none of that name, or it needs what the data do not give.
        """
        _, name = split_reference(self.reference)
        found = getattr(self._module, name, None)
        if isinstance(found, type) and issubclass(found, keras_tuner.HyperModel):
            return found(**self._from_the_data(found))
        if isinstance(found, keras_tuner.HyperModel) or callable(found):
            return found
        names = [key for key, value in vars(self._module).items() if _own(value, self._module)]
        public = [key for key in names if not key.startswith("_")]
        received = "none" if found is None else type(found).__name__
        raise InputError(
            f"--model {self.reference}: expected a function build_model(hp) or a "
            f"keras_tuner.HyperModel named {name}, received {received}: there are "
            f"{', '.join(public) or 'none'}.{did_you_mean(name, public)}"
        )

    def _build(self, hp: keras_tuner.HyperParameters) -> Any:
        if isinstance(self.named, keras_tuner.HyperModel):
            return self.named.build(hp)
        return self.named(hp, **self._from_the_data(self.named, after=1))

    def _from_the_data(self, function: Callable[..., Any], after: int = 0) -> dict[str, Any]:
        """Return arguments for parameters that have no default."""
        parameters = list(inspect.signature(function).parameters.values())[after:]
        wanted = [
            one.name
            for one in parameters
            if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
            and (one.default is one.empty or one.name == "dataset")
        ]
        unknown = [name for name in wanted if name not in FROM_THE_DATA]
        if unknown:
            raise InputError(
                f"--model {self.reference}: it needs {', '.join(unknown)}, and only "
                f"{', '.join(FROM_THE_DATA)} can be given: give defaults to the others"
            )
        return {name: FROM_THE_DATA[name](self.dataset) for name in wanted}

    @cached_property
    def _module(self) -> ModuleType:
        place, _ = split_reference(self.reference)
        before = set(sys.modules)
        try:
            own = _imported(place)
            _CAME_WITH.setdefault(own.__name__, {*sys.modules} - before | {own.__name__})
            return own
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # Of the user's code.
            raise InputError(
                f"--model {self.reference}: it cannot be imported: {described(error)}"
            ) from error

    def _add_metrics(self, model: keras.Model) -> None:
        """Compile a model again, with more metrics.

        Raises:
            InputError: It is not compiled, has several outputs, or gives no probabilities.
        """
        several = len(getattr(model, "outputs", None) or ()) > 1
        if not model.compiled or several or gives_logits(model):
            raise InputError(
                f"--metrics {','.join(self.metrics)}: expected a compiled model with one output "
                f"and no logits from {self.reference}: give it these metrics itself"
            )
        config = keras.saving.deserialize_keras_object(model.get_compile_config())
        kept = {name: config[name] for name in ("weighted_metrics", "run_eagerly", "jit_compile")}
        own = list(config["metrics"] or [])
        there = {getattr(metric, "name", metric) for metric in own}
        names = [name for name in self.metrics if name not in there]
        added = metrics_for(names, self.dataset.task, self.dataset.num_classes)
        model.compile(model.optimizer, model.loss, metrics=[*own, *added], **kept)

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def is_own(model: str) -> bool:
    """Tell whether ``--model`` names code of one's own, in place of a file of ``model/``."""
    return ":" in model or model.endswith(".py")


def split_reference(reference: str) -> tuple[str, str]:
    """Return the file or module of a reference, and the name in it: ``build_model`` without one."""
    match = re.fullmatch(r"(.+\.py)(?::(\w+))?|([\w.]+):(\w+)", reference)
    if match is None:
        raise InputError(
            f"--model {reference}: expected FILE.py:FUNCTION or package.module:NAME, such as "
            "my_model.py:build_model"
        )
    file, name, module, its_name = match.groups()
    return (file, name or "build_model") if file else (module, its_name)


def names_of(reference: str) -> dict[str, Any]:
    """Return what the module of a reference calls by name, as saved models need it to load."""
    place, _ = split_reference(reference)
    return {name: value for name, value in vars(_imported(place)).items() if callable(value)}


def _imported(place: str) -> ModuleType:
    return load(Path(place)) if place.endswith(".py") else importlib.import_module(place)


def load(path: Path) -> ModuleType:
    """Import a file, once in a process, under the name that ``import`` would give it.

    What lies beside it can be imported, too.

    Raises:
        InputError: There is no such file.
    """
    path = path.resolve()
    if not path.is_file():
        near = did_you_mean(path.name, (file.name for file in path.parent.glob("*.py")))
        raise InputError(f'--model: expected a file, but "{path}" does not exist.{near}')
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == str(path):
            return module
    taken = importlib.util.find_spec(path.stem) is not None
    spec = importlib.util.spec_from_file_location(f"own_{path.stem}" if taken else path.stem, path)
    assert spec is not None  # It ends with .py.
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def _own(value: Any, module: ModuleType) -> bool:
    """Tell whether something of a module may be a builder: its own function or class, or one that
    is made already."""
    if isinstance(value, keras_tuner.HyperModel):
        return True
    return callable(value) and getattr(value, "__module__", None) == module.__name__
