"""Whether trials train as fast as their data are read."""

from collections.abc import Iterator

import numpy as np

from tuner.findings.finding import Finding, Severity
from tuner.trials.record import SearchRecord, curve
from tuner.trials.trial import WAITING

# From this share of the time on, reading is worth a look.
LONG = 0.25


def waits_for_data(search: SearchRecord) -> Iterator[Finding]:
    """Say how long trials on streamed data have waited for them, where that is long."""
    # A first epoch has a graph to trace, meanwhile the stream gets ahead.
    shares = [curve(trial, WAITING)[1:] for trial in search.history.trials.values()]
    known = np.concatenate([np.empty(0), *shares])
    known = known[np.isfinite(known)]
    share = float(known.mean()) if len(known) else 0.0
    if share < LONG:
        return
    yield Finding(
        "waits_for_data",
        Severity.ADVICE,
        f"Trials waited for their data in {share:.0%} of the time: reading takes longer than "
        "training. More cores, a faster disk, or files that are stored as the model gets them "
        "(pictures in its size) shorten a search.",
        f"Data are streamed, and the epochs but the first wait for them at least {LONG:.0%} of "
        "their time.",
        {"share": share, "epochs": len(known)},
    )
