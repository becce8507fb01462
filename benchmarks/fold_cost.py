"""What cross-validation costs, and what giving trials up does: python -m benchmarks.fold_cost

Time: five folds of `mlp` on digits, ten epochs each, against a loop of Keras's plain `fit` over the
same folds; both for two trials of one architecture, one after the other.

Giving up: simulated searches of 30 trials whose scores differ by a standard deviation of 1 from
trial to trial, and by `noise` from split to split and within a split.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tuner.search.cross_validation import CrossValidation
from tuner.starting.process_settings import ProcessSettings, start_tensorflow
from tuner.trials.objective import Objective

FOLDS, EPOCHS, TRIALS = 5, 10, 30
VALUES = {"learning_rate": 1e-3, "batch_size": 32, "depth": 2, "width": 128, "dropout": 0.1}


def simulated_search(noise: float, rng: np.random.Generator) -> tuple[int, float]:
    """Return how many folds a search trained, and by how much its best misses the true best."""
    validation = CrossValidation(FOLDS, Objective("score", "max"))
    splits = rng.normal(size=FOLDS)
    best: np.ndarray | None = None
    trained, means = 0, []
    for _ in range(TRIALS):
        scores = rng.normal() + noise * (splits + rng.normal(size=FOLDS))
        means.append(scores.mean())
        rival = () if best is None else tuple(best)
        stops = (n for n in range(FOLDS) if validation.reason_to_give_up(list(scores[:n]), rival))
        folds = next(stops, FOLDS)
        trained += folds
        if folds == FOLDS and (best is None or scores.mean() > best.mean()):
            best = scores
    assert best is not None
    return trained, max(means) - best.mean()


def time_of_folds(turns: int) -> None:
    """Print what two trials of five folds take, ours and Keras's plain `fit`, in turns."""
    from tuner.command_line.options import SearchOptions
    from tuner.setup.preparation import prepare
    from tuner.storage.artifacts import ArtifactFolder
    from tuner.training import compiled
    from tuner.training.run_trial import TrainingPlan, hyperparameters_of, run_trial
    from tuner.trials.trial import Assignment

    prepared = prepare(SearchOptions(max_epochs=EPOCHS, folds=FOLDS))
    for _ in range(turns):
        compiled.forget()
        with tempfile.TemporaryDirectory() as folder:
            plan = TrainingPlan(
                dataset=prepared.dataset,
                build=prepared.build,
                objective=prepared.objective,
                max_epochs=EPOCHS,
                patience=EPOCHS,
                seed=0,
                artifacts=ArtifactFolder(Path(folder)),
                folds=FOLDS,
            )
            ours = []
            for trial in range(2):
                began = time.perf_counter()
                for fold in range(FOLDS):
                    run_trial(Assignment(trial, 0, VALUES, fold=fold), plan, lambda report: True)
                ours.append(time.perf_counter() - began)
            plain = []
            for _ in range(2):
                began = time.perf_counter()
                for fold in range(FOLDS):
                    data = prepared.dataset.fold(fold, FOLDS)
                    train, validation = data.preprocessed("train"), data.preprocessed("validation")
                    prepared.build(hyperparameters_of(VALUES), dataset=data).fit(
                        *(train.x, train.y),
                        validation_data=(validation.x, validation.y),
                        batch_size=32,
                        epochs=EPOCHS,
                        verbose=0,
                    )
                plain.append(time.perf_counter() - began)
        for trial, (a, b) in enumerate(zip(ours, plain, strict=True)):
            print(f"trial {trial}: {a:.2f} s, plain fit {b:.2f} s: {b / a:.1f} times", flush=True)


def main() -> int:
    """Print times, then what giving up costs and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--searches", type=int, default=400)
    options = parser.parse_args()
    start_tensorflow(ProcessSettings(threads=1))
    time_of_folds(options.turns)
    print("noise  folds a trial  best found  missed by")
    for noise in (0.1, 0.3, 1.0, 3.0):
        rng = np.random.default_rng(0)
        ends = [simulated_search(noise, rng) for _ in range(options.searches)]
        folds = sum(trained for trained, _ in ends) / (TRIALS * options.searches)
        missed = np.array([miss for _, miss in ends])
        print(f"{noise:>5}  {folds:>13.2f}  {np.mean(missed == 0):>10.1%}  {missed.mean():>9.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
