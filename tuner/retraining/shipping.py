"""The best training tested once, and written down: model, figures, picture."""

from typing import Any

from data import with_preprocessing
from tuner.reporting.console import duration_text, value_text
from tuner.reporting.pictures import png, prediction_picture
from tuner.reporting.tensorboard import EventFolder
from tuner.retraining.choice import Choice
from tuner.retraining.training import Training, build, evaluate
from tuner.storage.files import write_json, written_beside
from tuner.trial import Metrics


def ship(choice: Choice, trainings: list[Training]) -> str:
    """Test the best training once, write model, figures and picture; return the closing summary."""
    dataset, objective = choice.prepared.dataset, choice.prepared.objective
    best = min(trainings, key=lambda training: objective.sort_key(training.score))
    model = build(choice)
    model.set_weights(best.weights)
    test = evaluate(choice, model, "test")
    with written_beside(choice.folder / "model.keras") as path:
        with_preprocessing(model, dataset).save(path)
    events = EventFolder(choice.folder / "tensorboard" / "test")
    predictions = model.predict(dataset.stream("test", 256), verbose=0)
    events.picture("predictions", png(prediction_picture(dataset, dataset.test.y, predictions)))
    events.scalars({f"test_{name}": value for name, value in test.items()}, best.best_epoch)
    events.close()
    metrics = metrics_of(choice, trainings, best, test)
    write_json(choice.folder / "metrics.json", metrics)
    return closing_summary(choice, trainings, best, test)


def metrics_of(
    choice: Choice, trainings: list[Training], best: Training, test: Metrics
) -> dict[str, Any]:
    """Return what ``metrics.json`` holds."""
    return {
        "val": best.val,
        "test": test,
        "search_score": choice.search_score,
        "origin": choice.origin,
        "seeds": [
            {
                "seed": training.seed,
                "val": training.val,
                "best_epoch": training.best_epoch,
                "epochs": training.epochs,
                "seconds": round(training.seconds, 3),
            }
            for training in trainings
        ],
        "hyperparameters": choice.values,
        "epochs": best.epochs,
        "best_epoch": best.best_epoch,
        "seconds": round(sum(training.seconds for training in trainings), 3),
    }


def closing_summary(
    choice: Choice, trainings: list[Training], best: Training, test: Metrics
) -> str:
    """Return what was trained, how good it is, and where it is."""
    values = " ".join(f"{name}={value_text(value)}" for name, value in choice.values.items())
    lines = [f"Trained {choice.origin}: {values}"]
    if choice.search_score is not None:
        name = choice.prepared.objective.name
        lines.append(f"In the search: {name} {choice.search_score:.4f}")
    lines += [
        f"Seed {index}: {_text(training.val, 'val_')}, epoch {training.best_epoch} of "
        f"{training.epochs}, {duration_text(training.seconds)}"
        for index, training in enumerate(trainings)
    ]
    chosen = (
        f" (seed {trainings.index(best)}, the best on validation)" if len(trainings) > 1 else ""
    )
    lines.append(f"Test{chosen}: {_text(test, 'test_')}")
    lines.append(f"Model: {choice.folder / 'model.keras'}")
    return "\n".join(lines)


def _text(metrics: Metrics, prefix: str) -> str:
    return ", ".join(f"{prefix}{name} {value:.4f}" for name, value in metrics.items())
