"""Puts a search together and runs it: data, space, run directory, oracle, reporters, executor."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras_tuner
from rich.console import Console

from data.errors import InputError
from tuner.advice import budget_advice
from tuner.command_line import INTERRUPTED
from tuner.commands import tune_command
from tuner.execution import Executor
from tuner.execution.resources import DETERMINISTIC_LAG
from tuner.execution.worker import memory_in_use
from tuner.findings import Finding, findings_of
from tuner.history import History, found_event, replayed
from tuner.interrupts import whole
from tuner.options import SearchOptions
from tuner.oracles import ORACLES, Oracle
from tuner.oracles.staged import Interval, StagedOracle, require_learning_rate, stages_text
from tuner.preparation import Preparation, prepare
from tuner.probing.learning_rate import find_apart
from tuner.pruners import make_pruner
from tuner.pruning import Pruning
from tuner.record import SearchRecord
from tuner.reporting.chance import ChanceReporter
from tuner.reporting.console import ConsoleReporter
from tuner.reporting.findings import write_findings
from tuner.reporting.learning_rate import write_learning_rate
from tuner.reporting.ledger import ledger_row
from tuner.reporting.summary import closing_summary
from tuner.reporting.tables import TableReporter
from tuner.reporting.tensorboard import TensorBoardReporter
from tuner.roles import roles_text
from tuner.search import Budget, Reporter, Search
from tuner.storage.checkpoints import Checkpoints
from tuner.storage.files import FULL
from tuner.storage.ledger import enter
from tuner.storage.run_directory import RunDirectory, open_run
from tuner.training.trial import TrainingPlan
from tuner.trial import TrainingPath


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
    with open_run(Path(options.runs_dir), str(options.run), config) as run:
        history, damage = replayed(run.replay, prepared.objective)
        for sentence in damage:
            print(f"warning: {sentence}", file=sys.stderr)
        _announce(console, prepared, run, history)
        if advice is not None:
            _say(console, f"warning: {advice.text}: {advice.command}", style="yellow")
        if options.staged:
            _find_learning_rate(console, prepared, run, history)
        search = build_search(
            console, prepared, run, history, budget, lambda: memory_in_use() + executor.memory()
        )
        plan = training_plan(prepared, run.path)
        try:
            executor.run(search, plan, run.path, budget.deadline)
        except KeyboardInterrupt:
            search.close()
            conclude(SearchRecord(run.path, config, history), "interrupted")
            print(f"\nInterrupted; what is done is kept. To go on: {tune_command(run.path)}")
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
    budget: Budget,
    memory: Callable[[], int],
) -> Search:
    """Return the search with its oracle and reporters."""
    options = prepared.options
    objective = prepared.objective
    names = list(dict.fromkeys(kind.name for kind in prepared.space.space))
    reporters: list[Reporter] = [
        TableReporter(run.path, history, names),
        TensorBoardReporter(run.path / "tensorboard", prepared.space, objective),
        ConsoleReporter(console, history, options.max_trials, options.max_epochs, memory),
        ChanceReporter(console, prepared.chance, objective, len(prepared.dataset.validation)),
    ]
    checkpoints = Checkpoints(run.path / "checkpoints", history)
    lag = DETERMINISTIC_LAG if options.deterministic else None
    pruner = make_pruner(prepared.pruner)
    pruning = None if pruner is None else Pruning(pruner, objective, options.max_epochs, lag)
    oracle = _oracle(prepared, history)
    return Search(oracle, run.journal, history, budget, checkpoints, reporters, lag, pruning)


def _oracle(prepared: Preparation, history: History) -> Oracle:
    options, objective = prepared.options, prepared.objective
    strategy = ORACLES[options.strategy]
    found = history.learning_rate
    oracle = strategy if found is None else partial(StagedOracle, strategy, Interval.of(found))
    return oracle(
        objective=keras_tuner.Objective(objective.name, objective.direction),
        max_trials=options.max_trials,
        seed=options.seed,
        hyperparameters=prepared.space,
        max_consecutive_failed_trials=None,
    )


def _find_learning_rate(
    console: Console, prepared: Preparation, run: RunDirectory, history: History
) -> None:
    """Run the range test, unless the journal has its outcome."""
    if history.learning_rate is None:
        event = found_event(find_apart(prepared))
        run.journal.append(event)
        history.apply(event)
    found = history.learning_rate or {}
    write_learning_rate(run.path, found)
    _say(
        console,
        f"learning rate {found['learning_rate']:g}, from {found['low']:g} to {found['high']:g}; "
        + stages_text(prepared.options.max_trials),
    )


@whole
def conclude(search: SearchRecord, state: str) -> list[Finding]:
    """Write down what a search that ends has found, here and in the ledger of all searches."""
    findings = findings_of(search)
    write_findings(search.run, findings)
    enter(search.run.parent, ledger_row(search, state))
    return findings


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
    )


def _announce(console: Console, prepared: Preparation, run: RunDirectory, history: History) -> None:
    options, dataset = prepared.options, prepared.dataset
    _say(
        console,
        f"{dataset.name}: {dataset.task}, {len(dataset.train.y)} training, "
        f"{len(dataset.validation.y)} validation, {len(dataset.test.y)} test examples",
    )
    _say(
        console,
        f"{options.strategy} search of {options.model}: {options.max_trials} trials of up to "
        f"{options.max_epochs} epochs, {prepared.objective.name} {prepared.objective.direction}, "
        f"seed {options.seed}, pruner {prepared.pruner}",
    )
    _say(console, roles_text(prepared.roles))
    if history.trials:
        _say(console, f"Resuming {run.path}: {history.ended()} trials are done")


def _say(console: Console, sentence: str, style: str = "") -> None:
    console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)
