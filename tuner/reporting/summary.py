"""The last words of a search: what was found, and what to do with it."""

import shlex
from collections import Counter
from collections.abc import Sequence

from tuner.command_line.commands import train_command, tune_command
from tuner.findings import Finding
from tuner.reporting.wording import score_text, value_text
from tuner.trials.ending import Status
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

# How many findings the terminal shows; the report has them all.
SHOWN = 3


def closing_summary(search: SearchRecord, findings: Sequence[Finding] = ()) -> str:
    """Return the closing lines of a search: counts, failures, the three most important findings,
    best, run directory, next command."""
    history, run, max_trials = search.history, search.run, search.options.max_trials
    seconds = sum(trial.seconds for trial in history.trials.values())
    counts = ", ".join(f"{history.count(s)} {s.value}" for s in Status if history.count(s))
    reasons = Counter(trial.reason for trial in search.failed)
    count = len(history.trials)
    lines = [
        f"{count} trial{'s' * (count != 1)} ({counts}), {seconds:.0f} s of training",
        *(f"{count} failed: {reason}" for reason, count in reasons.most_common(3)),
        *_findings(findings),
    ]
    if history.best is None:
        lines.append(f"No trial completed, so there is no best one. Run directory: {run}")
        return "\n".join(lines)
    lines += [*_best(history.best, search), f"Run directory: {run}"]
    if len(history.ends) >= max_trials:
        lines.append(f"More trials: {tune_command(run)} --max-trials {2 * max_trials}")
    lines.append(f"Report: {run / 'report.html'}")
    lines.append(f"Look: tensorboard --logdir {shlex.quote(str(run.parent))}")
    lines.append(f"Next: {train_command(run)}")
    return "\n".join(lines)


def _findings(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for finding in findings[:SHOWN]:
        lines.append(f"{finding.severity.capitalize()}: {finding.text}")
        if finding.command is not None:
            lines.append(f"  {finding.command}")
    if len(findings) > SHOWN:
        lines.append(f"Further findings, in the report: {len(findings) - SHOWN}")
    return lines


def _best(best: Trial, search: SearchRecord) -> list[str]:
    default, against = search.default, ""
    if best is default:
        against = f" ({search.defaults_name})"
    elif default is not None:
        against = f" ({search.defaults_name}, trial 0: {score_text(default)})"
    width = max(map(len, best.values), default=0)
    return [
        f"Best {search.objective.name}: {score_text(best)} in trial {best.number}, "
        f"epoch {best.best_epoch} of {best.epochs}{against}",
        *(f"  {key:<{width}}  {value_text(value)}" for key, value in best.values.items()),
    ]
