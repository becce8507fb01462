"""Puts a search together and runs it: data, space, run directory, oracle, reporters, executor."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from data.errors import InputError
from tuner.command_line.commands import tune_command
from tuner.command_line.options import SearchOptions
from tuner.command_line.program import INTERRUPTED
from tuner.execution import Executor
from tuner.execution.resources import DETERMINISTIC_LAG
from tuner.execution.worker import memory_in_use
from tuner.measuring.find_learning_rate import find_apart
from tuner.oracles import GridOracle, Oracle
from tuner.oracles.stages import require_learning_rate
from tuner.pruners import make_pruner
from tuner.reporting.chance_warning import ChanceReporter
from tuner.reporting.conclusion import conclude
from tuner.reporting.console import ConsoleReporter
from tuner.reporting.range_test_files import write_learning_rate
from tuner.reporting.refresh import ReportReporter
from tuner.reporting.summary import closing_summary
from tuner.reporting.tables import TableReporter
from tuner.reporting.tensorboard import TensorBoardReporter
from tuner.search.checkpoints import Checkpoints
from tuner.search.cross_validation import CrossValidation
from tuner.search.loop import Budget, Reporter, Search
from tuner.search.pruning import Pruning
from tuner.setup.advice import budget_advice
from tuner.setup.announcement import announce
from tuner.setup.other_searches import keep_sources, sources_of
from tuner.setup.preparation import Preparation, prepare
from tuner.setup.strategy import build_oracle
from tuner.storage.files import FULL
from tuner.storage.run_directory import RunDirectory, open_run
from tuner.training.run_trial import TrainingPlan
from tuner.trials.events import found_event
from tuner.trials.history import History, replayed
from tuner.trials.record import SearchRecord
from tuner.trials.trial import TrainingPath


def launch(options: SearchOptions, executor: Executor, command: str) -> int:
    """Run a search to its end; return 0 when a trial completed, 1 when none did, 130 after Ctrl-C.

    Raises:
        InputError: Something in the options does not fit, and nothing has been trained; or the
            disk is full.
        OSError: The run directory cannot be written.
    """
    console = Console()
    deadline = options.time_limit and time.monotonic() + options.time_limit
    budget = Budget(options.max_trials, options.max_total_epochs, deadline)
    prepared = prepare(options)
    if options.staged:
        require_learning_rate(prepared.space)
    advice = budget_advice(options, prepared.space, prepared.roles)
    options, config = prepared.options, prepared.config(command)
    runs, name = Path(options.runs_dir), str(options.run)
    sources = sources_of(options.start_from, runs / name, prepared.space, prepared.objective)
    if isinstance(grid := build_oracle(prepared), GridOracle):
        config["grid"] = grid.describe()
    with open_run(runs, name, config) as run:
        keep_sources(run.path, sources)
        history, damage = replayed(run.replay, prepared.objective)
        for sentence in damage:
            print(f"warning: {sentence}", file=sys.stderr)
        if options.staged:
            _find_learning_rate(prepared, run, history)
        oracle = build_oracle(prepared, sources, history.learning_rate)
        announce(console, prepared, run, history, oracle, sources, advice)

        def memory() -> int:
            return memory_in_use() + executor.memory()

        search = build_search(console, prepared, run, history, oracle, budget, memory)
        plan = training_plan(prepared, run.path)
        try:
            executor.run(search, plan, run.path, budget.deadline)
        except KeyboardInterrupt:
            search.close()
            print(f"\nInterrupted; what is done is kept. To go on: {tune_command(run.path)}")
            conclude(SearchRecord(run.path, config, history), "interrupted")
            return INTERRUPTED
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise InputError(
                f"no room on the disk of {run.path} ({error.strerror}); what is done is kept: "
                f"make room, then go on with {tune_command(run.path)}"
            ) from error
        search.close()
        findings = conclude(SearchRecord(run.path, config, history), "finished")
        print(closing_summary(history, run.path, options.max_trials, findings))
    return 0 if history.best is not None else 1


def build_search(
    console: Console,
    prepared: Preparation,
    run: RunDirectory,
    history: History,
    oracle: Oracle,
    budget: Budget,
    memory: Callable[[], int],
) -> Search:
    """Return the search with its reporters."""
    options = prepared.options
    objective = prepared.objective
    names = list(dict.fromkeys(kind.name for kind in prepared.space.space))
    reporters: list[Reporter] = [
        TableReporter(run.path, history, names),
        TensorBoardReporter(run.path / "tensorboard", prepared.space, objective),
        ReportReporter(run.path),
        ConsoleReporter(
            console, history, options.max_trials, options.max_epochs * options.trainings, memory
        ),
        ChanceReporter(console, prepared.chance, objective, len(prepared.dataset.validation)),
    ]
    checkpoints = Checkpoints(run.path / "checkpoints", history)
    lag = DETERMINISTIC_LAG if options.deterministic else None
    pruner = None
    if options.folds is None:
        pruner = make_pruner(prepared.pruner, prepared.pruner_error_rate)
    pruning = None if pruner is None else Pruning(pruner, objective, options.max_epochs, lag)
    folds = None
    if options.folds is not None:
        folds = CrossValidation(options.trainings, objective, prepared.pruner != "none")
    return Search(oracle, run.journal, history, budget, checkpoints, reporters, lag, pruning, folds)


def _find_learning_rate(prepared: Preparation, run: RunDirectory, history: History) -> None:
    """Run the range test, unless the journal has its outcome."""
    if history.learning_rate is None:
        event = found_event(find_apart(prepared))
        run.journal.append(event)
        history.apply(event)
    write_learning_rate(run.path, history.learning_rate or {})


def training_plan(prepared: Preparation, run: Path) -> TrainingPlan:
    """Return what all trials of the search have in common."""
    options = prepared.options
    return TrainingPlan(
        dataset=prepared.dataset,
        build=prepared.build,
        space=prepared.space.get_config(),
        objective=prepared.objective,
        max_epochs=options.max_epochs,
        patience=options.patience,
        seed=options.seed,
        checkpoints=run / "checkpoints",
        resume_trials=not options.restart_trials,
        path=None if options.training_path == "auto" else TrainingPath(options.training_path),
        folds=options.folds or 0,
        repeats=options.repeats,
    )
