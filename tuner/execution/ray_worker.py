"""A worker on a Ray cluster: an actor that trains one trial after the other."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from tuner.execution.messages import Alive, Artifact
from tuner.execution.worker import Driver, memory_in_use, serve
from tuner.starting.process_settings import ProcessSettings, start_tensorflow

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan


class RayWorker:
    """Talks to the driver in two methods, `tell` and `listen`, while a thread of its own trains.

    So the driver hears at once that this process or its node is lost: a call to it fails.

    Args:
        settings: How the process uses its node.
    """

    def __init__(self, settings: ProcessSettings) -> None:
        start_tensorflow(settings)
        self._mailbox = Mailbox()
        self._artifacts = SentArtifacts(self._mailbox.send)

    def load(self, plan: "TrainingPlan") -> None:
        """Take what all trials have in common, and begin."""
        plan = replace(plan, artifacts=self._artifacts)
        threading.Thread(target=self._serve, args=(plan,), daemon=True).start()
        self._mailbox.send(Alive(memory_in_use()))

    def tell(self, *messages: Any) -> None:
        """Take messages of the driver: files for a trial to go on from come before the trial."""
        for message in messages:
            if isinstance(message, Artifact):
                self._artifacts.lent = message
            else:
                self._mailbox.received.put(message)

    def listen(self, seconds: float) -> list[Any]:
        """Return what there is to tell the driver, after waiting so long at most: maybe nothing."""
        messages = []
        try:
            messages.append(self._mailbox.sent.get(timeout=seconds))
            while True:
                messages.append(self._mailbox.sent.get_nowait())
        except Empty:
            return messages

    def _serve(self, plan: "TrainingPlan") -> None:
        try:
            serve(Driver(self._mailbox), plan)
        finally:
            os._exit(1)  # A worker that trains no more must not look as if it did.


class Mailbox:
    """A `Channel` whose other end Ray carries."""

    def __init__(self) -> None:
        self.received: SimpleQueue[Any] = SimpleQueue()
        self.sent: SimpleQueue[Any] = SimpleQueue()

    def send(self, message: Any, /) -> None:
        """See `Channel`."""
        self.sent.put(message)

    def recv(self) -> Any:
        """See `Channel`."""
        return self.received.get()

    def poll(self) -> bool:
        """See `Channel`."""
        return not self.received.empty()


class SentArtifacts:
    """Artifacts that the driver keeps: they are sent there, and one is lent from there.

    Args:
        send: Sends a message to the driver.
    """

    def __init__(self, send: Callable[[Artifact], None]) -> None:
        self._send = send
        self.lent: Artifact | None = None

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """See `Artifacts`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, Path(name).name)
            write(path)
            self._send(Artifact(name, path.read_bytes()))

    @contextmanager
    def get(self, name: str) -> Iterator[Path | None]:
        """See `Artifacts`."""
        if self.lent is None or self.lent.name != name:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, Path(name).name)
            path.write_bytes(self.lent.content)
            self.lent = None
            yield path
