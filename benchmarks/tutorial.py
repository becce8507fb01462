"""Grid against random search, and all other strategies: python -m benchmarks.tutorial

A simulated training with three hyperparameters, whose validation accuracy is best at learning rate
1e-3, batch size 64 and 128 neurons, and has noise; 27 trials, which is a grid of three values each.
Printed is by how much the best trial of a search (the one that looks best) truly misses the
optimum, as a mean over seeds with its standard error.

"grid on the optimum" is the same grid with values that happen to contain the optimum, as examples
of grid search tend to have: it shows what the luck of the values is worth.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np

from benchmarks.convergence import Floats, draw_curves, mean_and_error
from tuner.oracles import STRATEGIES
from tuner.space.cube import SearchSpace
from tuner.trials.ending import Cause
from tuner.trials.known import Known
from tuner.trials.objective import Objective
from tuner.trials.trial import Trial

TRIALS = 27
BEST = 95.0
SHOWN = (9, 18, 27)
NOISE = 0.5
# Its trials are not all trained to the end, which a simulation of whole trials has no word for.
LEFT_OUT = {"hyperband"}


def accuracy(learning_rate: float, batch_size: int, hidden: int) -> float:
    """Return the validation accuracy in percent, without its noise."""
    score = (
        BEST
        - 10.0 * (np.log10(learning_rate) + 3.0) ** 2
        - 0.001 * (batch_size - 64) ** 2
        - 0.0001 * (hidden - 128) ** 2
    )
    return max(0.0, float(score))


def ranges() -> keras_tuner.HyperParameters:
    """Return the space that all strategies search."""
    hp = keras_tuner.HyperParameters()
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Int("batch_size", 16, 256, sampling="log")
    hp.Int("hidden", 32, 512, sampling="log")
    return hp


def values_on_the_optimum() -> keras_tuner.HyperParameters:
    """Return a grid of preset values, among them the best ones."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("learning_rate", [1e-4, 1e-3, 1e-2])
    hp.Choice("batch_size", [32, 64, 128])
    hp.Choice("hidden", [64, 128, 256])
    return hp


def search(strategy: str, space: keras_tuner.HyperParameters, seed: int) -> list[float]:
    """Return what the best trial truly misses, after each trial of a search."""
    asked = STRATEGIES[strategy](SearchSpace(space.get_config()["space"]), seed, TRIALS)
    known = Known(Objective("accuracy", "max"), trials := [])
    rng = np.random.default_rng([seed, 95])
    best, missed, path = -np.inf, BEST, []
    for number in range(TRIALS):
        values: dict[str, Any] = asked.suggest(number, known) or {}
        truth = accuracy(**values)
        seen = truth + NOISE * rng.standard_normal()
        trials.append(Trial(number, values, cause=Cause.FINISHED, score=seen))
        if seen > best:
            best, missed = seen, BEST - truth
        path.append(missed)
    return path


def main() -> int:
    """Print the table, and draw the picture that ``--picture`` names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    rivals = {name: (name, ranges()) for name in STRATEGIES if name not in LEFT_OUT}
    rivals["grid on the optimum"] = ("grid", values_on_the_optimum())
    curves: dict[str, tuple[Floats, Floats]] = {}
    print(f"points of accuracy below the optimum, mean of {options.seeds} seeds ± standard error")
    print(f"{'trials':20}" + "".join(f"{n:>16}" for n in SHOWN))
    for name, (strategy, space) in rivals.items():
        paths = np.array([search(strategy, space, seed) for seed in range(options.seeds)])
        mean, error = curves[name] = mean_and_error(paths)
        cells = (f"{mean[n - 1]:.2f} ± {error[n - 1]:.2f}" for n in SHOWN)
        print(f"{name:20}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
    if options.picture:
        title = f"Simulated training, {options.seeds} searches each"
        draw_curves(options.picture, curves, "points of accuracy below the optimum", title)
    return 0


if __name__ == "__main__":
    sys.exit(main())
