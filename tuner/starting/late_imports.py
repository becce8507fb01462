"""Modules that Keras and KerasTuner import and hardly a program uses: they run when one does."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

# With what these import in turn, such as Matplotlib's pyplot, they take a third of the time until a
# process can train. Each is imported as a whole, not for one of its names.
LATE = {
    # Keras's wrappers for scikit-learn, and its pictures.
    "keras.wrappers",
    "keras.visualization",
    "keras.src.visualization",
    # KerasTuner's own Bayesian search, and its tuner of scikit-learn's models; and our strategies.
    "scipy.optimize",
    "scipy.stats",
    "sklearn",
    "sklearn.exceptions",
    "sklearn.gaussian_process",
    "sklearn.model_selection",
    "sklearn.pipeline",
}

# Seconds that a thread waits for another one to run a module.
PATIENCE = 60.0


class LateImports(MetaPathFinder):
    """Finds modules whose code runs when one of their names is asked for the first time.

    `importlib.util.LazyLoader` runs them as soon as anything is asked of the module, such as its
    ``__file__``, which imports and tracebacks ask of every module.
    """

    @classmethod
    def install(cls) -> None:
        """Let them be late in this process, once."""
        if not any(isinstance(finder, cls) for finder in sys.meta_path):
            sys.meta_path.insert(0, cls())

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a late module is; None for all others, which Python finds by itself."""
        if name not in LATE:
            return _part_of_late(name)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LateLoader(spec.loader)
        return spec


def _part_of_late(name: str) -> ModuleSpec | None:
    """Run the package that a module is a part of, which the part may rely on.

    Returns:
        What gives the part that the package has imported itself, so that it does not run twice.
    """
    package = sys.modules.get(name.rpartition(".")[0])
    if name in sys.modules or not isinstance(_loader_of(package), _LateLoader):
        return None
    _run(package)
    part = sys.modules.get(name)
    return None if part is None else ModuleSpec(name, _Loaded(part))


class _Loaded(Loader):
    """Loads a module that is there: Python would load it again if it had a specification."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__
        module.__spec__ = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _LateLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = threading.RLock()
        self._late = True

    def exec_module(self, module: ModuleType) -> None:
        names = module.__dict__

        def first_name(name: str) -> Any:
            _run(module)
            if names.get("__getattr__") is first_name:  # It is just running, and asks itself.
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return getattr(module, name)

        def all_names() -> list[str]:
            _run(module)
            return sorted(names)

        names.update(__getattr__=first_name, __dir__=all_names)

    def run(self, module: ModuleType) -> None:
        """Run the module's code, unless it has run, or this thread is just running it.

        A thread that waits in vain goes on with what there is: two may wait for each other's
        imports, which Python solves likewise.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            return
        try:
            if self._late:
                self._late = False
                self._execute(module)
        finally:
            self._lock.release()

    def _execute(self, module: ModuleType) -> None:
        names = module.__dict__
        ours = {name: names[name] for name in ("__getattr__", "__dir__")}
        try:
            self._loader.exec_module(module)
        except BaseException:  # Whoever asks next hears the same.
            names.update(ours)
            self._late = True
            raise
        for name, function in ours.items():
            if names[name] is function:  # Else the module has one of its own.
                del names[name]
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader


def _run(module: ModuleType | None) -> None:
    """Run a module if it is late, after the package that it is in."""
    loader = _loader_of(module)
    if module is not None and isinstance(loader, _LateLoader):
        _run(sys.modules.get(module.__name__.rpartition(".")[0]))
        loader.run(module)


def _loader_of(module: ModuleType | None) -> Any:
    return None if module is None or module.__spec__ is None else module.__spec__.loader
