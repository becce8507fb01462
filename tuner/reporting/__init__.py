"""What is kept and shown of a search, all of it made from the history."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tuner.command_line.choices import REPORTERS, load
from tuner.reporting.guard import guarded
from tuner.reporting.reporter import Reporter
from tuner.trials.record import SearchRecord


@contextmanager
def start_reporters(record: SearchRecord) -> Iterator[Sequence[Reporter]]:
    """Lend the reporters of a search; at the end all that they had open is closed."""
    reporters = [guarded(load(choice)()) for choice in REPORTERS.values()]
    with ExitStack() as opened:
        for reporter in reporters:
            reporter.search_started(record)
            opened.callback(reporter.close)
        yield reporters
