"""The best training tested once, and written down: model, figures, picture."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from data import Dataset, with_preprocessing
from data.predicted import gives_logits
from tuner.predicting.signature import signature_of, write_signature
from tuner.reporting.predictions import png, prediction_picture
from tuner.reporting.tensorboard import EventFolder
from tuner.reporting.wording import duration_text, value_text
from tuner.retraining.adoption import CONFIDENCE, SAME, Comparison, compare, mean_and_spread
from tuner.retraining.choice import Choice
from tuner.retraining.ensemble import Ensemble, evaluate_predictions, train_ensemble
from tuner.retraining.retrain import Retrained, final_fit
from tuner.retraining.shortfall import shortfall
from tuner.retraining.train_once import Training, build, evaluate
from tuner.retraining.training_curves import Curves
from tuner.storage.files import write_json, written_beside
from tuner.training.own_model import is_own
from tuner.trials.trial import Metrics


def ship(choice: Choice, retrained: list[Retrained], curves: Curves) -> str | None:
    """Decide what to adopt, test its best training once, and write model, figures and picture.

    The configuration is adopted if it is proven better, or if the defaults have no training.

    Args:
        choice: What was asked for.
        retrained: Its trainings and, to compare with, those of the defaults.
        curves: Get those of a final fit, or of an ensemble.

    Returns:
        The closing summary; None when no training ended well, and so nothing was written.
    """
    objective, comparison = choice.prepared.objective, SAME
    ours, theirs = retrained[0], retrained[-1]
    if theirs is not ours:
        comparison = compare(ours.scores(choice.seeds), theirs.scores(choice.seeds), objective)
    adopted = ours if comparison.better or not theirs.trainings else theirs
    if not adopted.trainings:
        return None
    best = min(
        adopted.trainings,
        key=lambda training: (objective.sort_key(training.score), training.val.get("loss", 0.0)),
    )
    ensemble = train_ensemble(choice, adopted.configuration, curves) if choice.ensemble else None
    epochs = best.best_epoch
    if choice.final_fit:
        model, dataset, epochs = final_fit(choice, adopted.configuration, best, curves)
    else:
        dataset = choice.prepared.dataset
        model = build(choice, adopted.configuration, dataset)
        model.set_weights(best.weights)
    single_test = test = evaluate(dataset, model, "test")
    if ensemble is None:
        shipped = with_preprocessing(model, dataset)
        predictions = model.predict(dataset.stream("test", 256), verbose=0)
    else:
        shipped, predictions = ensemble.with_preprocessing(dataset), ensemble.predictions
        test = evaluate_predictions(dataset, model, "test", predictions)
    logits = gives_logits(model)
    # Each member of folds leaves out others, so that together they have seen all.
    of_folds = ensemble is not None and ensemble.kind == "folds"
    seen = dataset.with_validation_in_training() if of_folds else dataset
    _save(choice, shipped, seen, logits)
    _log_test(choice.folder, dataset, predictions, logits, test, epochs)
    metrics = _metrics(choice, adopted, best, test)
    if ensemble is not None:
        metrics["ensemble"] = _ensemble(ensemble, single_test)
    if choice.final_fit:
        metrics["final_fit"] = {"examples": len(dataset.train), "epochs": epochs}
    if choice.default is not None:
        metrics["adoption"] = _adoption(choice, retrained, adopted, comparison)
    if ours.trainings:
        metrics["shortfall"] = shortfall(choice, [training.score for training in ours.trainings])
    write_json(choice.folder / "metrics.json", metrics)
    return _closing_summary(choice, retrained, best, metrics)


def _save(choice: Choice, shipped: keras.Model, dataset: Dataset, logits: bool) -> None:
    """Write the model that takes raw inputs, and what it takes and means."""
    options = choice.prepared.options
    own = str(options.model) if is_own(str(options.model)) else None
    others = (*options.target, *options.drop, options.groups, options.time)
    with written_beside(choice.folder / "model.keras") as path:
        shipped.save(path)
    signature = signature_of(shipped, dataset, others, logits, own)
    write_signature(choice.folder, signature)


def _log_test(
    folder: Path, dataset: Dataset, predictions: Any, logits: bool, test: Metrics, epoch: int
) -> None:
    events = EventFolder(folder / "tensorboard" / "test")
    picture = prediction_picture(dataset, dataset.test.y, predictions, logits)
    if picture is not None:
        events.picture("predictions", png(picture))
    events.scalars({f"test_{name}": value for name, value in test.items()}, epoch)
    events.close()


def _metrics(choice: Choice, adopted: Retrained, best: Training, test: Metrics) -> dict[str, Any]:
    """Return what ``metrics.json`` holds without a comparison."""
    name = choice.prepared.objective.name
    mean, spread = mean_and_spread([training.score for training in adopted.trainings])
    return {
        "val": best.val,
        "test": test,
        "search_score": adopted.configuration.search_score,
        "retrained_score": {"objective": name, "mean": mean, "std": spread},
        "origin": adopted.configuration.origin,
        "seeds": [
            {
                "seed": training.seed,
                "val": training.val,
                "best_epoch": training.best_epoch,
                "epochs": training.epochs,
                "seconds": round(training.seconds, 3),
            }
            for training in adopted.trainings
        ],
        "hyperparameters": adopted.configuration.values,
        "epochs": best.epochs,
        "best_epoch": best.best_epoch,
        "seconds": round(sum(training.seconds for training in adopted.trainings), 3),
    }


def _ensemble(ensemble: Ensemble, single_test: Metrics) -> dict[str, Any]:
    """Return what ``metrics.json`` says of an ensemble."""
    trainings = ensemble.trainings
    return {
        "members": len(trainings),
        "kind": ensemble.kind,
        "scores": [training.score for training in trainings],
        "seconds": round(sum(training.seconds for training in trainings), 3),
        "single_test": single_test,
    }


def _adoption(
    choice: Choice, retrained: list[Retrained], adopted: Retrained, comparison: Comparison
) -> dict[str, Any]:
    """Return what ``metrics.json`` says of the comparison with the defaults."""
    return {
        "adopted": adopted.configuration.origin,
        "better": comparison.better,
        "text": comparison.text,
        "objective": asdict(choice.prepared.objective),
        "test": "paired t-test, two-sided",
        "confidence": CONFIDENCE,
        "gain": comparison.gain,
        "interval": comparison.interval,
        "p_value": comparison.p_value,
        "pairs": comparison.pairs,
        "compared": [
            {
                "origin": each.configuration.origin,
                "hyperparameters": each.configuration.values,
                "search_score": each.configuration.search_score,
                "scores": each.scores(choice.seeds),
            }
            for each in retrained
        ],
    }


def _closing_summary(
    choice: Choice, retrained: list[Retrained], best: Training, metrics: dict[str, Any]
) -> str:
    """Return what was trained, how good it is, what was adopted and why, and where it is."""
    lines = [line for each in retrained for line in _trained(choice, each)]
    lines += [f"warning: {short['text']}"] if (short := metrics.get("shortfall")) else []
    if "adoption" in metrics:
        lines += [metrics["adoption"]["text"], f"Adopted: {metrics['origin']}"]
    chosen = f" (seed {best.index}, the best on validation)" if len(metrics["seeds"]) > 1 else ""
    if "final_fit" in metrics:
        examples, epochs = metrics["final_fit"].values()
        lines.append(
            f"Final fit: {examples} training and validation examples, {epochs} "
            f"epoch{'s' * (epochs != 1)}"
        )
        chosen = " (final fit)"
    if "ensemble" in metrics:
        ensemble = metrics["ensemble"]
        count, (mean, spread) = ensemble["members"], mean_and_spread(ensemble["scores"])
        name, kind = choice.prepared.objective.name, ensemble["kind"]
        lines.append(f"Members: {name} {mean:.4f} ± {spread:.4f} over {count} {kind}")
        lines.append(f"Test of the single model{chosen}: {_test_text(ensemble['single_test'])}")
        chosen = f" of the ensemble of {count}"
    elif choice.ensemble:
        lines.append("Fewer than 2 members ended well: the single model is saved")
    lines.append(f"Test{chosen}: {_test_text(metrics['test'])}")
    lines.append(f"Model: {choice.folder / 'model.keras'}")
    return "\n".join(lines)


def _trained(choice: Choice, retrained: Retrained) -> list[str]:
    """Return lines on one configuration: values, score in the search, and each training."""
    configuration, trainings = retrained.configuration, retrained.trainings
    name = choice.prepared.objective.name
    values = " ".join(f"{key}={value_text(value)}" for key, value in configuration.values.items())
    lines = [f"Trained {configuration.origin}: {values}"]
    if configuration.search_score is not None:
        lines.append(f"In the search: {name} {configuration.search_score:.4f}")
    lines += [
        f"Seed {training.index}: {_validation_text(training, name)}, "
        f"epoch {training.best_epoch} of {training.epochs}, {duration_text(training.seconds)}"
        for training in trainings
    ]
    if len(trainings) > 1:
        mean, spread = mean_and_spread([training.score for training in trainings])
        lines.append(f"Retrained: {name} {mean:.4f} ± {spread:.4f} over {len(trainings)} seeds")
    return lines


def _validation_text(training: Training, objective: str) -> str:
    """Return what a training has reached, the objective first where a `fit` of one's own has it."""
    measured = _text(training.val, "val_")
    if objective in {f"val_{name}" for name in training.val}:
        return measured
    return f"{objective} {training.score:.4f}" + (f", {measured}" if measured else "")


def _test_text(test: Metrics) -> str:
    unmeasured = "not measured: the model has no loss to evaluate, or a test_step of its own"
    return _text(test, "test_") or unmeasured


def _text(metrics: Metrics, prefix: str) -> str:
    return ", ".join(f"{prefix}{name} {value:.4f}" for name, value in metrics.items())
