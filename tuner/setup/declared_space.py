"""The space that a model declares: found by building it with other values, without training."""

import contextlib
import io
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from keras_tuner import HyperParameters

from data.errors import InputError
from tuner.space.exploration import Declared, EnoughError, Exploration
from tuner.space.hyperparameters import Declaration
from tuner.trials.ending import described
from tuner.trials.trial import Values

# When to stop looking for more: what a trial declares later is searched from then on.
MOST_SECONDS = 30.0
# A model that takes longer to build is built without memory for its weights from then on.
LONG = 0.5


@dataclass(frozen=True)
class DeclaredSpace:
    """What a model declares.

    Attributes:
        declarations: Parents before children, with all conditions that are known.
        unread: Names of those that are declared for the model to read, and that it never reads.
        builds: How often the model was built.
        complete: False when the time was over before there was nothing left to try.
        seconds: What it took.
    """

    declarations: list[Declaration]
    unread: set[str]
    builds: int
    complete: bool
    seconds: float


def declared_space(
    build: Callable[[HyperParameters], Any],
    change: Callable[[Declaration], Declaration] = lambda declaration: declaration,
    offered: Collection[str] = (),
    most_builds: int | None = None,
) -> DeclaredSpace:
    """Return every hyperparameter that a model builder declares, whatever the defaults reach.

    Args:
        build: The model builder.
        change: What is searched in place of a declaration.
        offered: Names that are declared for whoever wants to read them.
        most_builds: So many builds, however long they take; None: as many as `MOST_SECONDS` allow.

    Raises:
        InputError: The model cannot be built with its default values.
    """
    began = time.monotonic()
    trial_builds = _TrialBuilds(build, began + MOST_SECONDS, most_builds)
    exploration = Exploration(trial_builds, change)
    declarations = exploration.run()
    return DeclaredSpace(
        declarations,
        set(offered) - trial_builds.read,
        exploration.builds,
        exploration.complete,
        time.monotonic() - began,
    )


class _TrialBuilds:
    """Builds models for what they declare; of the model itself nothing is kept.

    Attributes:
        read: The names that were asked for after they had been declared.
    """

    def __init__(
        self, build: Callable[[HyperParameters], Any], deadline: float, most: int | None
    ) -> None:
        self.read: set[str] = set()
        self._build, self._deadline, self._most = build, deadline, most
        self._done, self._large = 0, False

    def __call__(self, values: Values) -> Declared:
        """Build with these values.

        Raises:
            InputError: No values are given, and the defaults do not build.
            EnoughError: Time or builds are used up.
        """
        over = time.monotonic() > self._deadline if self._most is None else self._done >= self._most
        if self._done and over:
            raise EnoughError
        self._done += 1
        began = time.monotonic()
        hp, error = self._attempt(values, self._large)
        if error is not None and self._large:  # Not every builder bears to be in a graph.
            hp, error = self._attempt(values, False)
        self._large = self._large or time.monotonic() - began > LONG
        if error is not None and not values:
            if isinstance(error, InputError):
                raise error
            raise InputError(
                f"the model cannot be built with its default values: {described(error)}"
            ) from error
        return Declared(hp.get_config()["space"], failed=error is not None)

    def _attempt(
        self, values: Values, in_graph: bool
    ) -> tuple[HyperParameters, BaseException | None]:
        hp = _Reads(values, self.read)
        try:
            with _nothing_allocated() if in_graph else contextlib.nullcontext(), _silence():
                self._build(hp)
        except (Exception, SystemExit) as error:  # These values may not go together.
            return hp, error
        return hp, None


class _Reads(HyperParameters):
    """Hyperparameters that remember which of them were asked for after they had been declared."""

    def __init__(self, values: Values, read: set[str]) -> None:
        super().__init__()
        self.values = dict(values)
        self._read = read

    def get(self, name: str) -> Any:
        self._read.add(name)
        return super().get(name)


def _noted(declare: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of KerasTuner's methods that declare; to declare again is to read."""

    def noted(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if any(one.name == name for one in self.space):
            self._read.add(name)
        return declare(self, name, *args, **kwargs)

    return noted


for _kind in ("Boolean", "Choice", "Fixed", "Float", "Int"):
    setattr(_Reads, _kind, _noted(getattr(HyperParameters, _kind)))


@contextlib.contextmanager
def _nothing_allocated() -> Iterator[None]:
    # In a graph of its own, a variable has no memory before it is initialized.
    with tf.Graph().as_default():
        yield


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    # A builder that prints its summary would print it a dozen times.
    with contextlib.redirect_stdout(io.StringIO()):
        yield
