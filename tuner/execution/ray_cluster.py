"""Ray: one of the search's own on this machine, or a cluster that is there already."""

import logging
import os
import secrets
import signal
import socket
from typing import TYPE_CHECKING, Any

from data.errors import InputError
from tuner.execution.executor import Wanted
from tuner.execution.resources import cores, worker_count
from tuner.starting.quiet import standard_error_aside
from tuner.storage.code import ROOT

if TYPE_CHECKING:
    from tuner.execution.ray_workers import RayWorkers

# The cluster's workers get the code and no data: those come with the plan, once a node.
NO_CODE = [
    "/runs", ".git", ".venv*", "__pycache__", ".*_cache", "*.csv", "*.tsv", "*.csv.gz", "*.parquet",
    "*.npz", "*.npy", "*.zip", "*.tar", "*.tgz", "*.gz", "*.png", "*.jpg", "*.jpeg", "*.gif",
    "*.bmp", "*.keras", "*.h5",
]  # fmt: skip
CONNECT_SECONDS = 10


def start(
    wanted: Wanted, address: str | None = None, cpus: int = 1, gpus: float = 0.0
) -> "RayWorkers":
    """Connect to Ray, and start workers there.

    Args:
        wanted: What the search asks for. Without a number of workers, they are as many as the
            cluster has room for, up to as many as can be of use.
        address: That of a cluster which this machine is part of, or "auto"; None: a Ray of its own,
            which ends with the search.
        cpus: CPUs of a trial.
        gpus: GPUs of a trial; 0 hides them.

    Raises:
        InputError: Ray cannot be reached, or has no room for a trial.
    """
    # Ray reads them when it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address is None:
        # Its ports listen on all interfaces: nobody else knows this word.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    import ray

    from tuner.execution.ray_workers import RayWorkers, places

    if address is None:
        _connect(
            address="local",
            num_cpus=max(cores(), (wanted.workers or 1) * cpus),
            include_dashboard=False,
        )
    else:
        _require_an_answer(address)
        code = {"working_dir": str(ROOT), "excludes": NO_CODE}
        _connect(address=address, runtime_env=code)
    room = places(cpus, gpus)
    try:
        if room == 0:
            raise InputError(
                f"--executor ray: no node has the {cpus} CPUs and {gpus:g} GPUs of a trial, there "
                f"are {_sizes(ray.nodes())}: lower --cpus-per-trial or --gpus-per-trial, or add a "
                "node"
            )
        for line in remarks(wanted, room, gpus, ray.cluster_resources()):
            print(line)
        return RayWorkers(wanted, cpus, gpus, own=address is None)
    except BaseException:
        ray.shutdown()
        raise


def _connect(**how: Any) -> None:
    import ray

    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    failure: Exception | None = None
    with standard_error_aside() as aside:
        try:
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **how)
        except Exception as error:  # Of many kinds, and none of them is documented.
            failure = error
            aside.seek(0)
            said = aside.read()
    for number, handler in ours.items():  # Ray replaces them.
        signal.signal(number, handler)
    if failure is None:
        return
    reason = " ".join(str(failure).split())
    if b"InvalidAuthToken" in said:
        reason = (
            "it wants the token that all its nodes have (RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN "
            "or RAY_AUTH_TOKEN_PATH)"
        )
    raise InputError(f"--executor ray cannot use Ray at {how['address']}: {reason}") from failure


def _require_an_answer(address: str) -> None:
    """Raise if nothing answers at an address: Ray itself tries for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"--ray-address {address}: nothing answers there ({error}): `ray start --head` prints "
            "the address, and `ray status` whether it runs"
        ) from error


def _sizes(nodes: list[dict[str, Any]]) -> str:
    """Return what nodes have, in words."""
    sizes = [node["Resources"] for node in nodes if node["Alive"]]
    return ", ".join(f"{one.get('CPU', 0):g} CPUs and {one.get('GPU', 0):g} GPUs" for one in sizes)


def remarks(wanted: Wanted, room: int, gpus: float, resources: dict[str, float]) -> list[str]:
    """Return what there is to say before the search."""
    count = worker_count(wanted, room)
    lines = [f"Ray: room for {room} trials at once; workers: {count}"]
    if count > room:
        lines[0] += ", the rest of which start when nodes join"
    lag = wanted.at_once
    if wanted.workers is None and lag is not None and room > lag:
        lines.append(
            f"warning: of these, --lag {lag} lets {lag} train at a time: --lag {room}, or "
            "--no-deterministic, uses all"
        )
    if gpus == 0 and resources.get("GPU", 0) > 0:
        lines.append(
            f"warning: trials use none of the {resources['GPU']:g} GPUs: --gpus-per-trial 1"
        )
    return lines
