"""Searches on a real Ray cluster of two nodes on this machine, whose parts really die."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import ROOT
from tuner.storage.journal import read_journal

# One after the other: they look for Ray's processes on the whole machine.
pytestmark = [pytest.mark.extras, pytest.mark.timeout(240), pytest.mark.xdist_group("ray")]

SEARCH = ("--dataset", "wine", "--folds", "0", "--max-epochs", "4", "--pruner", "none")
# Silence is noticed sooner than people would want it.
QUICK = """
import sys, tune
from tuner.execution import pool, ray_workers
pool.SILENCE_SECONDS, ray_workers.HEARTBEAT_SECONDS, ray_workers.LOOK_SECONDS = 12, 1, 1
sys.exit(tune.main(sys.argv[1:]))
"""


class Cluster:
    """Nodes on this machine; each has CPUs of its own only by Ray's count."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as RayCluster

        self._cluster: Any = RayCluster(initialize_head=True, head_node_args={"num_cpus": 1})
        self.address: str = self._cluster.address
        self.second = self.add(2)

    def add(self, cpus: int) -> Any:
        return self._cluster.add_node(num_cpus=cpus)

    def kill_second(self) -> None:
        self._cluster.remove_node(self.second, allow_graceful=False)

    def end(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.end()


@pytest.fixture
def search(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., "RunningSearch"]]:
    """Starts searches on the cluster."""
    started: list[RunningSearch] = []

    def start(*options: str) -> RunningSearch:
        on = ("--executor", "ray", "--ray-address", cluster.address)
        started.append(RunningSearch(tmp_path, *SEARCH, *on, *options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()


class RunningSearch:
    """A search in a process of its own."""

    def __init__(self, runs: Path, *options: str) -> None:
        command = [sys.executable, "-c", QUICK, *options, "--runs-dir", str(runs), "--run", "one"]
        self.run = runs / "one"
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def events(self, kind: str) -> list[dict[str, Any]]:
        if not (self.run / "journal.jsonl").exists():
            return []
        events = read_journal(self.run / "journal.jsonl").events
        return [event for event in events if event["event"] == kind]

    def wait_for(self, kind: str, count: int) -> None:
        end = time.monotonic() + 150
        while len(self.events(kind)) < count:
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < end, f"no {count} {kind}"
            time.sleep(0.05)

    def finish(self) -> str:
        output, _ = self.process.communicate(timeout=150)
        assert self.process.returncode == 0, output
        return output

    def require_each_trial_once(self, count: int) -> None:
        ends = Counter(event["trial"] for event in self.events("trial_ended"))
        assert ends == dict.fromkeys(range(count), 1)
        assert {event["status"] for event in self.events("trial_ended")} == {"completed"}
        assert not read_journal(self.run / "journal.jsonl").damage


def workers() -> list[psutil.Process]:
    """Return the processes that train, wherever they come from."""
    found = []
    for process in psutil.process_iter(["cmdline", "status", "ppid"]):
        words = " ".join(process.info["cmdline"] or [])
        if words.startswith("ray::RayWorker") and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def require(true: Callable[[], bool], otherwise: str) -> None:
    """Wait for something that comes within a minute."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, f"{otherwise}: {workers()}"
        time.sleep(0.1)


def require_nothing_left() -> None:
    require(lambda: not workers(), "still there")


def results(run: Path) -> list[tuple[str, ...]]:
    """Return what trials.csv says, but for the times."""
    rows = [line.split(",") for line in (run / "trials.csv").read_text().splitlines()]
    seconds = rows[0].index("seconds")
    return [tuple(row[:seconds] + row[seconds + 1 :]) for row in rows]


def test_serial_processes_and_a_cluster_make_the_same_search(
    search: Callable[..., RunningSearch], tmp_path: Path
) -> None:
    trials = ("--max-trials", "8", "--pruner", "median", "--lag", "4")
    on_a_cluster = search(*trials, "--workers", "3")
    on_a_cluster.finish()
    require_nothing_left()
    best = json.loads((on_a_cluster.run / "best.json").read_text())
    kept = sorted(path.name for path in (on_a_cluster.run / "checkpoints").glob("*.keras"))
    for executor, count in (("serial", "1"), ("processes", "3")):
        options = (*SEARCH, *trials, "--executor", executor, "--workers", count)
        other = RunningSearch(tmp_path / executor, *options)
        other.finish()
        assert results(other.run) == results(on_a_cluster.run)
        assert json.loads((other.run / "best.json").read_text()) == best
        assert sorted(path.name for path in (other.run / "checkpoints").glob("*.keras")) == kept


def test_killed_workers_a_node_that_joins_and_a_killed_node(
    search: Callable[..., RunningSearch], cluster: Cluster
) -> None:
    one = search("--max-trials", "12", "--workers", "4", "--max-epochs", "50")
    one.wait_for("trial_ended", 2)
    for worker in workers():  # All, since one may have no trial just then.
        worker.kill()
    joined = cluster.add(2)
    joined_daemon = joined.all_processes["raylet"][0].process.pid
    require(
        lambda: any(worker.info["ppid"] == joined_daemon for worker in workers()), "no use of it"
    )
    one.wait_for("trial_ended", 7)
    before = len(one.events("trial_started"))
    cluster.kill_second()
    cluster.second = joined
    assert "the rest of which start when nodes join" in one.finish()
    one.require_each_trial_once(12)
    again = [n for n, event in enumerate(one.events("trial_started")) if event["attempt"] > 0]
    assert min(again) < before <= max(again)  # For a worker, and for the node.
    require_nothing_left()


def test_a_search_whose_nodes_have_left_says_what_it_waits_for(
    search: Callable[..., RunningSearch], cluster: Cluster
) -> None:
    one = search("--max-trials", "4", "--workers", "1", "--cpus-per-trial", "2")
    one.wait_for("trial_ended", 1)
    cluster.kill_second()
    for line in one.process.stdout or ():
        if "no node is left" in line:
            break
    cluster.second = cluster.add(2)
    assert "no node is left" not in one.finish()
    one.require_each_trial_once(4)
    require_nothing_left()


def test_a_node_that_hangs_and_comes_back(
    search: Callable[..., RunningSearch], cluster: Cluster
) -> None:
    long = ("--max-epochs", "1500", "--patience", "1500")
    one = search("--max-trials", "3", "--workers", "3", *long)
    one.wait_for("epoch", 3)
    # Two of three trials are on that node, and what they save comes to the driver's disk.
    while len(list((one.run / "checkpoints" / "running").glob("*.npz"))) < 2:
        time.sleep(0.05)
    raylet = cluster.second.all_processes["raylet"][0].process
    stopped = [psutil.Process(raylet.pid), *psutil.Process(raylet.pid).children(recursive=True)]
    for process in stopped:
        process.suspend()
    one.wait_for("trial_started", len(one.events("trial_created")) + 1)
    for process in stopped:
        if process.is_running():
            process.resume()
    one.finish()
    cluster.kill_second()  # It may have been taken for dead.
    cluster.second = cluster.add(2)
    one.require_each_trial_once(3)
    assert max(event["epochs"] for event in one.events("trial_started")) > 0
    require_nothing_left()


def test_a_driver_that_is_killed_and_started_again(search: Callable[..., RunningSearch]) -> None:
    first = search("--max-trials", "9")
    first.wait_for("trial_ended", 3)
    first.process.kill()
    first.process.wait()
    require_nothing_left()
    done = {event["trial"] for event in first.events("trial_ended")}
    again = search("--max-trials", "9")
    again.finish()
    again.require_each_trial_once(9)
    assert len(done) >= 3
    require_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(
    search: Callable[..., RunningSearch], number: signal.Signals
) -> None:
    one = search("--max-trials", "30", "--max-epochs", "100")
    one.wait_for("epoch", 3)
    one.process.send_signal(number)
    output, _ = one.process.communicate(timeout=60)
    assert one.process.returncode == 130, output
    assert "To go on: python tune.py" in output
    require_nothing_left()


def run_once(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tune.py", *SEARCH, "--executor", "ray", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ray-address", "127.0.0.1:1"), "nothing answers there"),
        (("--cpus-per-trial", "64"), "no node has the 64 CPUs and 0 GPUs of a trial, there are"),
    ],
)
def test_what_is_wrong_with_the_cluster_is_one_line(
    options: tuple[str, ...], message: str, cluster: Cluster
) -> None:
    if options[0] != "--ray-address":
        options = (*options, "--ray-address", cluster.address)
    done = run_once(*options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr


def test_a_ray_of_its_own_ends_with_the_search(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.process_iter() if process.name() == "raylet"}
    done = run_once("--max-trials", "2", "--workers", "2", "--runs-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    after = {process.pid for process in psutil.process_iter() if process.name() == "raylet"}
    assert after <= before
    require_nothing_left()
