"""Trials in workers on a Ray cluster, whose nodes may come and go.

Ray places and ends the workers, and carries what is said. It knows nothing of trials: when a worker
is lost, the search decides.
"""

import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayError

from data.errors import InputError
from tuner.execution.executor import TrialSource, Wanted
from tuner.execution.messages import Artifact, Lost
from tuner.execution.pool import Worker, WorkerPool
from tuner.execution.ray_worker import RayWorker
from tuner.execution.resources import worker_count
from tuner.starting.process_settings import ProcessSettings
from tuner.storage.artifacts import progress_name
from tuner.trials.trial import Assignment

if TYPE_CHECKING:
    from tuner.training.run_trial import TrainingPlan

HEARTBEAT_SECONDS = 5.0
# How long the end of a search waits for that of its workers.
END_SECONDS = 10.0
# How often to look which nodes have joined.
LOOK_SECONDS = 5.0


@dataclass(eq=False, kw_only=True)
class RemoteWorker(Worker):
    """An actor, as its driver sees it.

    Attributes:
        actor: Its handle: an actor lives as long as there is one.
        heard: Infinite while it waits for a place on a node.
        news: What it will say next.
    """

    actor: Any
    heard: float = math.inf
    ready: bool = False
    news: Any = None

    def listen(self) -> None:
        """Ask it for its next words."""
        self.news = self.actor.listen.remote(HEARTBEAT_SECONDS)

    def tell(self, *messages: Any) -> None:
        self.actor.tell.remote(*messages)

    def end(self) -> None:
        ray.kill(self.actor)


class RayWorkers(WorkerPool[RemoteWorker]):
    """Actors that import TensorFlow while the driver prepares; a context manager, as `Executor`.

    Args:
        wanted: What the search asks for.
        cpus: CPUs of a trial.
        gpus: GPUs of a trial.
        own: The cluster is this search's own, on this machine.
    """

    def __init__(self, wanted: Wanted, cpus: int, gpus: float, *, own: bool) -> None:
        super().__init__(wanted.trial_timeout)
        self._wanted, self._cpus, self._gpus, self._own = wanted, cpus, gpus, own
        self._settings = ProcessSettings(
            threads=1 if wanted.deterministic else cpus,
            gpu=None if gpus else "",  # Ray chooses it, but hides none.
            deterministic=wanted.deterministic,
        )
        # Retries are the search's. Two threads: one call may wait for news.
        self._actor_class = ray.remote(RayWorker).options(
            num_cpus=cpus,
            num_gpus=gpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=2,
            scheduling_strategy="SPREAD",
        )
        self._plan: TrainingPlan | None = None
        self._shared_plan: Any = None
        self._next_look = 0.0
        self._left = False
        self._follow()

    def run(
        self, source: TrialSource, plan: "TrainingPlan", scratch: Path, deadline: float | None
    ) -> None:
        """See `Executor`.

        Raises:
            OSError: The disk is full.
            InputError: The cluster has not what trials need, or workers cannot be started.
        """
        self._plan = plan
        self._shared_plan = ray.put(self._plan_for_workers(plan))
        for worker in self.workers:
            worker.actor.load.remote(self._shared_plan)
        self._work_off(source, deadline)

    def _plan_for_workers(self, plan: "TrainingPlan") -> "TrainingPlan":
        if self._own:
            return plan
        outside = [path for path in plan.code if path.startswith(("..", "/"))]
        if outside:
            raise InputError(
                f"--ray-address: the cluster gets the code of this folder, and {outside[0]} lies "
                "outside: copy it here"
            )
        if plan.dataset.image_shape is not None:
            first = str(next(iter(plan.dataset.train.x)))
            if not os.path.isabs(first):
                raise InputError(
                    f"--ray-address: each node reads images from its own disk, received {first}: "
                    "give --dataset as a path from the root, which all nodes have"
                )
        # The code came with the connection: later edits do not reach the workers.
        return replace(plan, code={})

    def _give(self, worker: RemoteWorker, assignment: Assignment) -> None:
        worker.tell(*self._saved(assignment), assignment)

    def _saved(self, assignment: Assignment) -> list[Artifact]:
        """Return what an interrupted training goes on from, if there is something."""
        assert self._plan is not None  # Only workers that have it are ready.
        name = progress_name(assignment.number, assignment.fold)
        with self._plan.artifacts.get(name) as path:
            return [] if path is None else [Artifact(name, path.read_bytes())]

    def _listen(self) -> Iterator[tuple[RemoteWorker, Any]]:
        self._follow()
        asked = {worker.news: worker for worker in self.workers}
        if not asked:
            time.sleep(1.0)
            return
        ray.wait(list(asked), timeout=1.0)
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=0)
        for news in ready:
            worker = asked[news]
            try:
                messages = ray.get(news)
            except RayError as error:
                yield worker, Lost(_cause_of_loss(error))
                continue
            worker.heard = time.monotonic()
            worker.listen()
            for message in messages:
                yield worker, message

    def _take(self, worker: RemoteWorker, message: Any, source: TrialSource) -> None:
        if isinstance(message, Artifact):
            assert self._plan is not None
            self._plan.artifacts.put(message.name, lambda path: path.write_bytes(message.content))
        else:
            super()._take(worker, message, source)

    def _follow(self) -> None:
        """Start as many workers as there should be by now; say so if there is no place left."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        room = places(self._cpus, self._gpus)
        if room == 0 and not self._left:
            print(
                "warning: no node is left that has room for a trial; the search waits for one to "
                "join (Ctrl-C ends it, and keeps what is done)",
                file=sys.stderr,
                flush=True,
            )
        self._left = room == 0
        wanted = worker_count(self._wanted, room)
        for _ in range(wanted - len(self.workers)):
            worker = RemoteWorker(actor=self._actor_class.remote(self._settings))
            if self._shared_plan is not None:
                worker.actor.load.remote(self._shared_plan)
            worker.listen()
            self.workers.append(worker)

    def _replace(self, worker: RemoteWorker) -> None:
        worker.end()
        self.workers.remove(worker)
        self._next_look = 0.0  # At once.

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.end()
        # That was only asked for: a driver that leaves at once may leave workers behind. What was
        # asked of an actor last fails when it has died.
        last = [worker.news for worker in self.workers]
        if last:
            ray.wait(last, num_returns=len(last), timeout=END_SECONDS)
        ray.shutdown()


def places(cpus: int, gpus: float) -> int:
    """Return how many trials the nodes that are there have room for."""
    return sum(_places(node["Resources"], cpus, gpus) for node in ray.nodes() if node["Alive"])


def _places(resources: dict[str, float], cpus: int, gpus: float) -> int:
    by_cpus = int(resources.get("CPU", 0) // cpus)
    if gpus == 0:
        return by_cpus
    there = int(resources.get("GPU", 0))
    return min(by_cpus, there * int(1 / gpus + 1e-9) if gpus < 1 else int(there // gpus))


def _cause_of_loss(error: RayError) -> str:
    """Return why a worker is lost in one line of Ray's many."""
    *_, last = [line.strip() for line in str(error).splitlines() if line.strip()]
    if "node has died" in last or "node was terminated" in last:
        return "its worker's node was lost"
    if "worker process has died" in last:
        return "its worker was killed (by the system when memory runs out, or by hand)"
    return f"its worker was lost: {last}"
