"""What is kept and shown of a search, all of it made from the history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from tuner.reporting.guard import guarded
from tuner.reporting.reporter import Reporter
from tuner.trials.record import SearchRecord

# In the order in which they are told.
REPORTERS = (
    "tuner.reporting.tables:TableReporter",
    "tuner.reporting.tensorboard:TensorBoardReporter",
    "tuner.reporting.refresh:ReportReporter",
    "tuner.reporting.ledger_reporter:LedgerReporter",
    "tuner.reporting.console:ConsoleReporter",
    "tuner.reporting.chance_warning:ChanceReporter",
)


@contextmanager
def start_reporters(record: SearchRecord) -> Iterator[Sequence[Reporter]]:
    """Lend the reporters of a search; at the end all that they had open is closed."""
    reporters = []
    for place in REPORTERS:
        module, _, name = place.partition(":")
        reporters.append(guarded(getattr(import_module(module), name)()))
    try:
        for reporter in reporters:
            reporter.search_started(record)
        yield reporters
    finally:
        for reporter in reporters:
            reporter.close()
