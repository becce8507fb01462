"""Puts a search together and runs it to its end."""

import importlib
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.commands import report_command, tune_command
from tuner.command_line.interrupts import answered
from tuner.command_line.options import SearchOptions
from tuner.command_line.program import INTERRUPTED
from tuner.execution import Executor
from tuner.findings import Finding, findings_of
from tuner.oracles.grid import Grid
from tuner.oracles.stages import require_learning_rate
from tuner.pruners import make_pruner
from tuner.reporting import start_reporters
from tuner.search.budget import Budget
from tuner.search.checkpoints import Checkpoints
from tuner.search.chronicle import Chronicle
from tuner.search.cross_validation import CrossValidation
from tuner.search.loop import Search
from tuner.search.pruning import Pruning
from tuner.search.view import View
from tuner.setup.announcement import announce, budget_advice
from tuner.setup.build_strategy import build_strategy
from tuner.setup.other_searches import keep_sources, sources_of
from tuner.setup.preparation import Preparation, prepare
from tuner.storage.artifacts import ArtifactFolder, Artifacts
from tuner.storage.code import revision
from tuner.storage.files import FULL
from tuner.storage.journal import Journal
from tuner.storage.run_directory import open_run
from tuner.training.run_trial import TrainingPlan
from tuner.trials.events import found_event
from tuner.trials.history import History, replayed
from tuner.trials.record import SearchRecord
from tuner.trials.trial import TrainingPath

# What suggests the fourth trial, and what draws the last report.
IMPORTED_MEANWHILE = (
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.metrics",
    "tuner.reporting.report.page",
    "tuner.reporting.report.png_pictures",
)


def launch(options: SearchOptions, executor: Executor, command: str) -> int:
    """Run a search to its end; return 0 when a trial completed, 1 when none did, 130 after Ctrl-C.

    Raises:
        InputError: Something in the options does not fit, and nothing has been trained; or the
            disk is full.
        OSError: The run directory cannot be written.
    """
    deadline = options.time_limit and time.monotonic() + options.time_limit
    prepared = prepare(options)
    space, objective = prepared.search_space, prepared.objective
    if options.staged:
        require_learning_rate(space)
    advice = budget_advice(options, space, prepared.roles)
    options, config = prepared.options, prepared.config(command)
    run = Path(options.runs_dir, str(options.run))
    sources = sources_of(options.start_from, run, space, objective)
    # The stages of a search follow from a learning rate that is yet to be found.
    strategy = None if options.staged else build_strategy(prepared, sources)
    if isinstance(strategy, Grid):
        config["grid"] = strategy.describe()
    with open_run(run, config, accept_code=options.accept_code) as journal:
        keep_sources(run, sources)
        history, damage = replayed(journal.replay, objective)
        for sentence in damage:
            print(f"warning: {sentence}", file=sys.stderr)
        rate = None
        if strategy is None:
            rate = _learning_rate(prepared, run, journal, history)
            strategy = build_strategy(prepared, sources, rate)
        known = strategy
        announce(prepared, run, history, config.get("grid"), sources, advice)
        # Nodes of Ray read from disks of their own, and a search that is done reads nothing.
        if options.executor != "ray" and len(history.ends) < options.max_trials:
            prepared = prepared.with_pixels()
        record, code = SearchRecord(run, config, history), revision(prepared.code)
        threading.Thread(target=_import_meanwhile).start()
        with start_reporters(record) as reporters:
            artifacts = ArtifactFolder(run / "checkpoints")
            search = Search(
                lambda late: build_strategy(prepared, sources, rate, late) if late else known,
                Chronicle(journal, history, reporters, code),
                View(history, options.max_epochs, _lag(prepared)),
                Budget(options.max_trials, options.max_total_epochs, deadline),
                Checkpoints(artifacts, history, code),
                *_early_ends(prepared),
            )
            state = _run(executor, search, _plan(prepared, artifacts), run, deadline)
            try:
                findings = _findings(record)
                for reporter in reporters:
                    reporter.search_ended(findings, state)
            except KeyboardInterrupt:
                print(f"\nInterrupted; all trials are kept. Their report: {report_command(run)}")
                return INTERRUPTED
    if state == "interrupted":
        return INTERRUPTED
    return 0 if history.best is not None else 1


def _import_meanwhile() -> None:
    """Import what the first trials need not wait for: it takes as long as one of them."""
    for name in IMPORTED_MEANWHILE:
        with suppress(Exception):  # Whoever needs it tells why it is not there.
            dir(importlib.import_module(name))  # Late ones run when they are asked for something.


def _learning_rate(
    prepared: Preparation, run: Path, journal: Journal, history: History
) -> dict[str, Any]:
    """Return what the range test of a search in stages has found, now or in an earlier part."""
    from tuner.measuring.find_learning_rate import find_apart
    from tuner.reporting.range_test_files import write_learning_rate

    if history.learning_rate is None:
        event = found_event(find_apart(prepared))
        journal.append(event)
        history.apply(event)
    found = history.learning_rate or {}
    write_learning_rate(run, found)
    return found


def _lag(prepared: Preparation) -> int | None:
    """Return how far behind the others a trial's knowledge is; None: it waits for none of them.

    Where nothing depends on how others end, the search is the same without waiting, but for how
    many trials fail before it gives up.
    """
    options = prepared.options
    # What a trial declares late, later ones search, too.
    late = options.deterministic and not prepared.declared.complete
    return options.lag if late else options.at_once


def _early_ends(prepared: Preparation) -> tuple[Pruning | None, CrossValidation | None]:
    """Return what ends trials before their time: by their curves, or by their first folds."""
    options, objective = prepared.options, prepared.objective
    if options.folds:
        return None, CrossValidation(options.trainings, objective, prepared.pruner != "none")
    pruner = make_pruner(prepared.pruner, **prepared.pruner_settings)
    return None if pruner is None else Pruning(pruner, objective), None


def _plan(prepared: Preparation, artifacts: Artifacts) -> TrainingPlan:
    """Return what all trials of the search have in common."""
    options = prepared.options
    return TrainingPlan(
        dataset=prepared.dataset,
        build=prepared.build,
        objective=prepared.objective,
        max_epochs=options.max_epochs,
        patience=options.patience,
        seed=options.seed,
        artifacts=artifacts,
        resume_trials=not options.restart_trials,
        path=TrainingPath.asked(options.training_path),
        folds=options.folds or 0,
        repeats=options.repeats,
        batch_size=options.batch_size,
        code=prepared.code,
    )


def _run(
    executor: Executor, search: Search, plan: TrainingPlan, run: Path, deadline: float | None
) -> str:
    """Run the trials; return how that ended: "finished" or "interrupted"."""
    try:
        executor.run(search, plan, run, deadline)
    except KeyboardInterrupt:
        answered()
        # Said at once: the last report takes some seconds.
        print(f"\nInterrupted; what is done is kept. To go on: {tune_command(run)}", flush=True)
        return "interrupted"
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise InputError(
            f"no room on the disk of {run} ({error.strerror}); what is done is kept: "
            f"make room, then go on with {tune_command(run)}"
        ) from error
    return "finished"


def _findings(record: SearchRecord) -> list[Finding]:
    try:
        return findings_of(record)
    except Exception as error:  # A search that has ended well must not end badly for a sentence.
        print(f"warning: no findings ({type(error).__name__}: {error})", file=sys.stderr)
        return []
