"""What a GPU does for a search, and where it does not: python -m benchmarks.gpu [SECTION …]

Each section runs in a process of its own and prints a table; without a GPU there is nothing to
measure, and it says so (`--anyway`: try it on what there is). About eight minutes.

Wanted: an epoch of digits at most 2 times what JAX takes for a program of the same arithmetic;
every path's numbers those of the CPU; several workers faster than one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tuner.starting.process_settings import ProcessSettings, start_tensorflow

LIMIT_SECONDS = 120
# Prints the names of the GPUs.
NAMES = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU"):
    print(tf.config.experimental.get_device_details(gpu)["device_name"])
"""


def epochs() -> Table:
    """Epochs of training: the loop of steps, and one XLA program."""
    from benchmarks.made_sets import four_classes, image_set
    from benchmarks.xla_epoch import Network, compared
    from data import load_dataset

    digits, rows = load_dataset("digits"), four_classes(0, 100_000)
    return compared(
        [
            Network(digits, "mlp", 32, 128, 2),
            Network(rows, "mlp", 256, 128, 2),
            Network(rows, "mlp", 32, 128, 2),
            Network(image_set(5000, 32), "cnn", 64, 32, 3),
        ],
        epochs=3,
    )


def jax_epoch() -> Table:
    """An epoch of digits, `mlp` 2 x 128, batch 32: by JAX, and by ours."""
    from benchmarks.epoch_time import Clock
    from benchmarks.xla_epoch import Network, timed
    from data import load_dataset
    from tuner.training.in_memory import fit_in_memory
    from tuner.trials.trial import TrainingPath

    network = Network(load_dataset("digits"), "mlp", 32, 128, 2)
    table = Table("way", "ms")
    train, validation = (network.dataset.preprocessed(one) for one in ("train", "validation"))
    for rate in (0.0, 0.2):
        ours = median(timed(network.build(dropout=rate), network, 30, xla=True)[1:])
        table.add_row(f"ours, training alone, dropout {rate}", f"{ours:.2f}")
    clock = Clock()
    fit_in_memory(
        network.build(),
        (train.x, train.y),
        (validation.x, validation.y),
        batch_size=32,
        validation_batch_size=256,
        epochs=30,
        shuffle_seed=0,
        callbacks=[clock],
        path=TrainingPath.XLA,
    )
    table.add_row(
        "ours, with validation, metrics and callbacks", f"{1000 * median(clock.seconds):.2f}"
    )
    x = np.asarray(train.x, np.float32).reshape(len(train.y), -1)
    table.add_row("JAX, training alone", jax_milliseconds(x, train.y))
    return table


def jax_milliseconds(x: np.ndarray, y: np.ndarray) -> str:
    """Return what an epoch of 64 - 128 - 128 - 10 with Adam takes as a `scan`."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return "not installed"

    def loss_of(weights: Any, rows: Any) -> Any:
        hidden = x_on[rows]
        for w, b in weights[:-1]:
            hidden = jax.nn.relu(hidden @ w + b)
        w, b = weights[-1]
        logits = jax.nn.log_softmax(hidden @ w + b)
        return -jnp.take_along_axis(logits, y_on[rows][:, None], 1).mean()

    def step(state: Any, rows: Any) -> Any:
        weights, first, second, count = state
        loss, gradient = jax.value_and_grad(loss_of)(weights, rows)
        count += 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
        )
        return (weights, first, second, count), loss

    @jax.jit
    def epoch(state: Any, order: Any) -> Any:
        whole = len(y) // 32
        state, losses = jax.lax.scan(step, state, order[: whole * 32].reshape(whole, 32))
        if len(y) % 32:
            state, _ = step(state, order[whole * 32 :])
        return state, losses.mean()

    rng = np.random.default_rng(0)
    sizes = (x.shape[1], 128, 128, 10)
    weights = [
        (jnp.asarray(rng.normal(0, (2 / a) ** 0.5, (a, b)), jnp.float32), jnp.zeros(b))
        for a, b in pairwise(sizes)
    ]
    x_on, y_on = jnp.asarray(x), jnp.asarray(y)
    state = weights, *(jax.tree.map(jnp.zeros_like, weights) for _ in range(2)), jnp.zeros(())
    taken = []
    for _ in range(30):
        order = jnp.asarray(rng.permutation(len(y)))
        began = time.perf_counter()
        state, loss = epoch(state, order)
        assert np.isfinite(float(loss))
        taken.append(1000 * (time.perf_counter() - began))
    return f"{median(taken[1:]):.2f} on {jax.devices()[0].platform}"


def numbers() -> Table:
    """Three epochs without dropout: how far each path is from plain `fit` on the CPU."""
    import keras
    import tensorflow as tf

    from benchmarks.made_sets import image_set
    from benchmarks.xla_epoch import Network
    from data import load_dataset
    from tuner.training.in_memory import fit_in_memory
    from tuner.trials.trial import TrainingPath

    networks = [
        Network(load_dataset("digits"), "mlp", 32, 128, 2),
        Network(load_dataset("breast_cancer"), "tabular", 32, 64, 2),
        Network(image_set(500, 16), "cnn", 32, 16, 2),
    ]

    def curve(network: Network, path: TrainingPath, device: str) -> np.ndarray:
        with tf.device(device):
            model, seen = network.build(dropout=0.0), []
            sets = (network.dataset.preprocessed(one) for one in ("train", "validation"))
            train, validation = ((one.x, one.y) for one in sets)
            fit_in_memory(
                model,
                train,
                validation,
                batch_size=network.batch_size,
                validation_batch_size=256,
                epochs=3,
                shuffle_seed=None,
                callbacks=[
                    keras.callbacks.LambdaCallback(
                        on_epoch_end=lambda _, logs: seen.append([logs["loss"], logs["val_loss"]])
                    )
                ],
                path=path,
            )
            return np.array(seen)

    tf.config.experimental.enable_tensor_float_32_execution(False)
    there = "/GPU:0" if tf.config.list_logical_devices("GPU") else "/CPU:0"
    ways = [(TrainingPath.PLAIN, there), (TrainingPath.COMPILED, there), (TrainingPath.XLA, there)]
    table = Table("network", *(f"{path} on {device}" for path, device in ways))
    table.add_column("xla with TF32")
    for network in networks:
        expected = curve(network, TrainingPath.PLAIN, "/CPU:0")
        cells = [abs(curve(network, *way) / expected - 1).max() for way in ways]
        tf.config.experimental.enable_tensor_float_32_execution(True)
        cells.append(abs(curve(network, TrainingPath.XLA, there) / expected - 1).max())
        tf.config.experimental.enable_tensor_float_32_execution(False)
        table.add_row(str(network), *(f"{cell:.1e}" for cell in cells))
    return table


def folds() -> Table:
    """Five trainings as one program (`benchmarks.folds_at_once`)."""
    from benchmarks.folds_at_once import table_for

    return table_for(5)


def workers() -> Table:
    """The same search of eight trials by several workers on one GPU, and by one."""
    table = Table("path", "workers", "s", "best score")
    for path, count in (("xla", 4), ("compiled", 4), ("compiled", 1)):
        search = searched(
            "--max-trials", "8", "--pruner", "none", "--workers", str(count),
            "--training-path", path,
        )  # fmt: skip
        table.add_row(search["path"], str(count), f"{search['seconds']:.1f}", search["score"])
    return table


def streamed() -> Table:
    """An epoch of 4,000 pictures of 64 x 64: in memory, and decoded as it goes."""
    from PIL import Image

    table = Table("path", "epoch, s", "search, s")
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        patterns = rng.integers(0, 200, (10, 64, 64, 3))
        for number in range(4000):
            kind = Path(folder, f"class_{number % 10}")
            kind.mkdir(exist_ok=True)
            noise = rng.integers(0, 56, (64, 64, 3))
            picture = Image.fromarray((patterns[number % 10] + noise).astype(np.uint8))
            picture.save(kind / f"{number}.jpg")
        for path in ("auto", "streamed"):
            search = searched(
                "--dataset", folder, "--model", "cnn", "--fix", "depth=3", "--fix", "width=64",
                "--fix", "batch_size=64", "--max-trials", "1", "--max-epochs", "5",
                "--training-path", path,
            )  # fmt: skip
            epoch = median(search["epochs"][1:])
            table.add_row(search["path"], f"{epoch:.2f}", f"{search['seconds']:.1f}")
    return table


def precision() -> Table:
    """Wide networks in other precisions: an epoch by XLA, and the accuracy after ten."""
    from benchmarks.made_sets import four_classes, image_set
    from benchmarks.xla_epoch import Network, timed
    from tuner.training.precision import precision as in_precision

    table = Table("network", "precision", "epoch, ms", "validation accuracy")
    for network in (
        Network(four_classes(0, 50_000), "mlp", 1024, 2048, 4),
        Network(image_set(5000, 32), "cnn", 256, 64, 4),
    ):
        validation = network.dataset.preprocessed("validation")
        for policy in ("float32", "mixed_bfloat16"):
            with in_precision(policy):
                model = network.build()
            taken = median(timed(model, network, 10, xla=True)[1:])
            measured = model.evaluate(
                validation.x, validation.y, batch_size=256, verbose=0, return_dict=True
            )
            table.add_row(str(network), policy, f"{taken:.1f}", f"{measured['accuracy']:.3f}")
    return table


def searched(*options: str) -> dict[str, Any]:
    """Run `tune.py`; return its seconds, the path and best score, and the seconds of epochs."""
    with tempfile.TemporaryDirectory() as runs:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "tune.py", "--max-epochs", "40", *options,
             "--runs-dir", runs, "--run", "one"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        lines = Path(runs, "one", "journal.jsonl").read_text().splitlines()
        events = [json.loads(line) for line in lines]
        ended = [event for event in events if event["event"] == "trial_ended"]
        scores = [event["score"] for event in ended if event.get("score") is not None]
        return {
            "seconds": seconds,
            "epochs": [event["seconds"] for event in events if event["event"] == "epoch"],
            "path": ", ".join(sorted({str(event.get("path")) for event in ended})),
            "score": f"{max(scores):.4f}",
        }


SECTIONS: dict[str, Callable[[], Table]] = {
    one.__name__: one for one in (epochs, jax_epoch, numbers, workers, precision, streamed, folds)
}


def main() -> None:
    """Print a table for each section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION")
    parser.add_argument("--anyway", action="store_true", help="without a GPU, too")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    console = Console(width=120)
    if asked.here:
        start_tensorflow(ProcessSettings())
        for name in asked.sections:
            console.print(SECTIONS[name]())
        return
    found = subprocess.run(
        [sys.executable, "-c", NAMES], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not found and not asked.anyway:
        print("no GPU")
        return
    console.print(f"on {found or 'no GPU'}")
    for name in asked.sections or SECTIONS:
        console.print(f"\n{name}: {SECTIONS[name].__doc__}")
        began = time.perf_counter()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.gpu", "--here", name],
                capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS,
            )  # fmt: skip
            print(done.stdout if done.returncode == 0 else done.stderr[-3000:], flush=True)
        except subprocess.TimeoutExpired:
            print(f"not done in {LIMIT_SECONDS} s", flush=True)
        print(f"{time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
