"""What the learning curves of the best trials show."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from tuner.command_line.commands import fixing, new_search, ranging
from tuner.findings.finding import Finding, Severity
from tuner.trials.record import SearchRecord, curve
from tuner.trials.trial import Trial

# A change counts from this share of what the loss has fallen by on.
SHARE = 0.1
# The last fifth of the epochs must gain this share for more epochs to be worth their time.
STILL_GAINING = 0.05
# From so many epochs on a curve has a shape.
FEWEST_EPOCHS = 6
# From so many on it has a period, if this much of its movement comes back after some epochs.
FEWEST_FOR_A_PERIOD, CORRELATION = 12, 0.6
# No more than this share of units is advised to be dropped.
MOST_DROPOUT = 0.8


def _fall(losses: np.ndarray) -> float:
    """Return by how much a loss has fallen; where it has not, the loss itself is the measure."""
    fall = float(losses[0] - losses.min())
    return fall if fall > 0 else float(abs(losses.min()))


def _losses(trial: Trial, metric: str) -> np.ndarray:
    """Return a loss after each epoch; NaN, of which no rule is true, where it has no shape."""
    losses = curve(trial, metric)
    if len(losses) >= FEWEST_EPOCHS and np.isfinite(losses).all():
        return losses
    return np.full(max(len(losses), FEWEST_EPOCHS), np.nan)


def overfits(trial: Trial) -> bool:
    """Tell whether the validation loss rises after its minimum while the training loss falls."""
    validation, training = _losses(trial, "val_loss"), _losses(trial, "loss")
    lowest = int(validation.argmin())
    rise = float(validation[-3:].mean() - validation[lowest])
    return (
        len(validation) - 1 - lowest >= 3
        and rise > SHARE * _fall(validation)
        and bool(training[-1] < training[lowest])
    )


def improves_at_the_end(trial: Trial, max_epochs: int) -> bool:
    """Tell whether a training that had all its epochs was still gaining in the last fifth."""
    validation = _losses(trial, "val_loss")
    if trial.epochs < max_epochs:
        return False
    fifth = max(len(validation) // 5, 1)
    gained = float(validation[-2 * fifth : -fifth].mean() - validation[-fifth:].mean())
    at_the_end = int(validation.argmin()) >= len(validation) - fifth
    return at_the_end and gained > STILL_GAINING * _fall(validation)


def best_at_once(trial: Trial, max_epochs: int) -> bool:
    """Tell whether a training went on for more than half of all epochs after a best one in the
    first tenth.

    Where early stopping has ended it, an early best epoch costs nothing.
    """
    best = trial.best_epoch or max_epochs
    return max_epochs >= 10 and best <= max_epochs / 10 and trial.epochs > max_epochs / 2


def noisy_at_the_end(trial: Trial) -> bool:
    """Tell whether the validation loss jumps from epoch to epoch in the second half."""
    validation = _losses(trial, "val_loss")
    steps = np.diff(validation[len(validation) // 2 :])
    movement = float(np.std(steps) / math.sqrt(2))
    return len(steps) >= FEWEST_EPOCHS - 1 and movement > SHARE * _fall(validation)


def training_loss_rises(trial: Trial) -> bool:
    """Tell whether the training loss goes up again at the end."""
    training = _losses(trial, "loss")
    last, before = float(training[-3:].mean()), float(training[-6:-3].mean())
    return last > before and last - float(training.min()) > SHARE * _fall(training)


def period(trial: Trial) -> int | None:
    """Return after how many epochs the validation loss repeats itself; None if it does not.

    The autocorrelation of what is left of the second half without its trend, which must move by
    more than a tenth of what the loss has fallen by.
    """
    validation = _losses(trial, "val_loss")
    if len(validation) < FEWEST_FOR_A_PERIOD or np.isnan(validation).any():
        return None
    half = validation[len(validation) // 3 :]
    epochs = np.arange(len(half))
    rest = half - np.polyval(np.polyfit(epochs, half, 2), epochs)
    if float(np.std(rest)) * 2 < SHARE * _fall(validation):
        return None
    correlations = {
        lag: float(np.corrcoef(rest[:-lag], rest[lag:])[0, 1])
        for lag in range(2, len(half) // 2 + 1)
    }
    lag = max(correlations, key=lambda lag: correlations[lag])
    return lag if correlations[lag] >= CORRELATION else None


def flags(search: SearchRecord, trial: Trial) -> list[str]:
    """Return what a trial's learning curve shows, each in a few words."""
    tests = {
        "overfitting": overfits(trial),
        "still improving": improves_at_the_end(trial, search.options.max_epochs),
        "best at once": best_at_once(trial, search.options.max_epochs),
        "noisy at the end": noisy_at_the_end(trial),
        "training loss rising": training_loss_rises(trial),
    }
    return [name for name, shown in tests.items() if shown]


def _shown(search: SearchRecord, flag: Callable[[Trial], bool]) -> list[Trial]:
    """Return the leaders that show something, if at least half of them do."""
    shown = [trial for trial in search.leaders if flag(trial)]
    return shown if shown and 2 * len(shown) >= len(search.leaders) else []


def _of_leaders(search: SearchRecord, shown: list[Trial]) -> str:
    if len(search.leaders) == 1:
        return "the only completed trial"
    return f"{len(shown)} of the best {len(search.leaders)} trials"


def _numbers(search: SearchRecord, shown: list[Trial]) -> dict[str, object]:
    return {"trials": [trial.number for trial in shown], "of": len(search.leaders)}


def overfitting(search: SearchRecord) -> Iterator[Finding]:
    """Say when the best trials overfit, and ask for more regularization."""
    shown = _shown(search, overfits)
    if not shown:
        return
    dropout = search.named("dropout")
    command = None
    rates = [t.values["dropout"] for t in shown if dropout is not None and search.has(t, dropout)]
    if rates and dropout is not None and dropout.high is not None:
        best = search.best
        kept = [best.values["dropout"]] if best is not None and search.has(best, dropout) else []
        low = math.floor(100 * min(*rates, *kept, MOST_DROPOUT)) / 100
        high = max(dropout.high, min(round(max(rates) + 0.2, 2), MOST_DROPOUT))
        if low < high and (low > dropout.low or high > dropout.high):
            command = new_search(ranging(search.options, "dropout", low, high))
    yield Finding(
        "overfitting",
        Severity.ADVICE,
        f"Overfitting: in {_of_leaders(search, shown)} the validation loss rises after its minimum "
        "while the training loss still falls. The weights of the best epoch were kept; more "
        "regularization, or more data, may reach further.",
        f"In at least half of the best trials the validation loss ends above its minimum by more "
        f"than {SHARE:.0%} of what it fell by, three epochs or more after it.",
        _numbers(search, shown),
        command,
    )


def still_improving(search: SearchRecord) -> Iterator[Finding]:
    """Say when the best trials ended for want of epochs."""
    epochs, known = search.options.max_epochs, search.config.get("steps")
    shown = _shown(search, lambda trial: improves_at_the_end(trial, epochs))
    if not shown:
        return
    steps = f" ({known:,} steps with the default batch size)" if known else ""
    yield Finding(
        "still_improving",
        Severity.ADVICE,
        f"Train longer: {_of_leaders(search, shown)} used all {epochs} epochs{steps} and had "
        "their lowest validation loss at the end, still falling.",
        f"In at least half of the best trials the last fifth of all epochs holds the minimum of "
        f"the validation loss and gained more than {STILL_GAINING:.0%} of the whole fall.",
        _numbers(search, shown) | {"max_epochs": epochs},
        new_search(search.options.updated({"max_epochs": 2 * epochs})),
    )


def train_less(search: SearchRecord) -> Iterator[Finding]:
    """Say when the best epoch comes so early that most of the training is waste."""
    epochs = search.options.max_epochs
    shown = _shown(search, lambda trial: best_at_once(trial, epochs))
    if not shown:
        return
    latest = max(trial.best_epoch or 1 for trial in shown)
    yield Finding(
        "train_less",
        Severity.ADVICE,
        f"Train less: in {_of_leaders(search, shown)} the best epoch is among the first {latest} "
        f"of {epochs}, and more than half of these were trained. Fewer epochs, or a lower learning "
        "rate, give finer steps.",
        "In at least half of the best trials the best epoch lies within the first tenth, and the "
        "training went on for more than half of all epochs.",
        _numbers(search, shown) | {"latest_best_epoch": latest, "max_epochs": epochs},
        new_search(search.options.updated({"max_epochs": max(3 * latest, 5)})),
    )


def noisy_end(search: SearchRecord) -> Iterator[Finding]:
    """Say when the best trials do not settle, and ask for a decay or a larger batch."""
    shown = _shown(search, noisy_at_the_end)
    if not shown:
        return
    schedule = search.named("schedule")
    command = None
    if (
        schedule is not None
        and "warmup_cosine" in schedule.choices
        and any(search.has(t, schedule) and t.values["schedule"] != "warmup_cosine" for t in shown)
    ):
        command = new_search(fixing(search.options, {"schedule": "warmup_cosine"}))
    yield Finding(
        "noisy_at_the_end",
        Severity.ADVICE,
        f"Noisy at the end: in {_of_leaders(search, shown)} the validation loss jumps from epoch "
        "to epoch instead of settling. Let the learning rate decay, or take a larger batch.",
        f"In at least half of the best trials the second half of the validation loss moves from "
        f"epoch to epoch by more than {SHARE:.0%} of what it fell by (standard deviation).",
        _numbers(search, shown),
        command,
    )


def training_loss_rising(search: SearchRecord) -> Iterator[Finding]:
    """Say when the training loss itself goes up, which good values do not explain."""
    shown = _shown(search, training_loss_rises)
    if shown:
        yield Finding(
            "training_loss_rising",
            Severity.PROBLEM,
            f"The training loss rises at the end in {_of_leaders(search, shown)}. Among the best "
            "trials that is seldom the learning rate: look for a mistake in the model, the loss or "
            "the data.",
            f"In at least half of the best trials the training loss ends above its minimum by more "
            f"than {SHARE:.0%} of what it fell by, and is rising.",
            _numbers(search, shown),
        )


def periodic_validation(search: SearchRecord) -> Iterator[Finding]:
    """Say when the validation loss goes up and down in the same rhythm in many trials."""
    long = [t for t in search.ranking if len(t.curve) >= FEWEST_FOR_A_PERIOD]
    periods = {trial.number: period(trial) for trial in long}
    found = [p for p in periods.values() if p is not None]
    if not found:
        return
    usual = max(set(found), key=found.count)
    trials = [number for number, p in periods.items() if p == usual]
    if len(trials) < 3 or 2 * len(trials) < len(long):
        return
    yield Finding(
        "periodic_validation",
        Severity.PROBLEM,
        f"The validation loss repeats itself every {usual} epochs in {len(trials)} of {len(long)} "
        "trials: look whether training examples are shuffled anew in each epoch.",
        f"In at least three trials, and half of those with {FEWEST_FOR_A_PERIOD} epochs or more, "
        f"the validation loss without its trend correlates by {CORRELATION} with itself as many "
        "epochs later.",
        {"period": usual, "trials": trials, "of": len(long)},
    )
