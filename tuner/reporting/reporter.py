"""What shows or writes what happens in a search. A reporter never changes the search."""

from collections.abc import Sequence

from tuner.findings import Finding
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial


class Reporter:
    """Hears of everything, and does nothing: a reporter has the methods that it needs.

    Attributes:
        record: The search, which it follows; known from `search_started` on.
        leaves_process: It speaks to something outside, which may be slow: it is told by a thread
            of its own, and the search does not wait.
    """

    record: SearchRecord
    leaves_process = False

    def search_started(self, record: SearchRecord) -> None:
        """A search begins or goes on."""
        self.record = record

    def trial_started(self, trial: Trial) -> None:
        """A trial begins to train, or to train again."""

    def epoch_reported(self, trial: Trial, fold: int | None) -> None:
        """A trial has finished an epoch; its last metrics are ``trial.curve[-1]``.

        For a fold of a cross-validated trial, ``trial.folds[fold].curve[-1]``.
        """

    def trial_ended(self, trial: Trial) -> None:
        """A trial is over."""

    def search_ended(self, findings: Sequence[Finding], state: str) -> None:
        """No more trials run.

        Args:
            findings: What the search says, the most important first.
            state: "finished" or "interrupted".
        """

    def close(self) -> None:
        """Nothing more comes, whatever has ended the search: release what is open."""
