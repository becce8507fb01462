"""The process that tells a tracker: it follows the journal, and the search knows nothing of it.

So nothing waits for a tracker, nothing piles up for it, and one that was not there, or not quick
enough, is told the rest when the search is resumed. What it was told is written down in
``tracking/``, so that nothing is told twice.
"""

import contextlib
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data.errors import InputError
from tuner.command_line.choices import TRACKERS, load
from tuner.reporting.wording import value_text
from tuner.storage.artifacts import model_name
from tuner.storage.journal import Event, JournalTail
from tuner.storage.lock import exclusive_lock
from tuner.tracking.tracker import Epoch, Outcome, Subject, Tracker, run_directory
from tuner.trials.ending import Status
from tuner.trials.history import History
from tuner.trials.objective import Objective
from tuner.trials.record import SearchRecord
from tuner.trials.trial import Trial

# How often the journal is looked at.
SECONDS = 0.5
# So long after the search's end the rest is left out, whether there is somebody to say so or not.
PATIENCE = 30.0


class SearchEnd:
    """Hears of the search's end, whatever this process is doing then, and sees to its own."""

    def __init__(self) -> None:
        self.state = "interrupted"
        self._over = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def within(self, seconds: float) -> bool:
        """Wait for it so long; return whether it has come."""
        return self._over.wait(seconds)

    def _wait(self) -> None:
        # The end of the file is the end of the search, in whatever way it has ended.
        self.state = sys.stdin.read().strip() or self.state
        self._over.set()
        time.sleep(PATIENCE + 5)
        os._exit(1)


class Told:
    """What a tracker was told in this and in earlier parts of a search.

    Args:
        path: The file that has it, a JSON object a line.
        place: Where the tracker writes. Somewhere else it is told everything.
    """

    def __init__(self, path: Path, place: str) -> None:
        text = path.read_text("utf-8") if path.exists() else ""
        said = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        self.key = str(said[0]["key"]) if said else uuid.uuid4().hex[:8]
        self.epochs: dict[int, int] = {}
        self.ended: set[int] = set()
        places = [number for number, one in enumerate(said) if "place" in one]
        known = bool(places) and said[places[-1]]["place"] == place
        for one in said[places[-1] + 1 :] if known else []:
            self.epochs[one["trial"]] = one["epochs"]
            self.ended |= {one["trial"]} if one["ended"] else set()
        self._file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 (the process's)
        if text and not text.endswith("\n"):  # A killed writer leaves a torn line.
            self._file.write("\n")
        if not known:
            self._write({"key": self.key, "place": place})

    def note(self, number: int, epochs: int, ended: bool) -> None:
        """Write down what was told of a trial."""
        self._write({"trial": number, "epochs": epochs, "ended": ended})

    def _write(self, said: dict[str, Any]) -> None:
        self._file.write(json.dumps(said) + "\n")


class Follower:
    """Tells a tracker what the journal says.

    Attributes:
        time: When the last thing happened, in seconds since 1970.

    Args:
        tracker: Who is told.
        told: What it knows already.
    """

    def __init__(self, tracker: Tracker, told: Told) -> None:
        self._tracker, self._told = tracker, told
        self._history = tracker.subject.record.history
        self.time = 0.0
        self._times: dict[int, list[float]] = {}
        self._began: dict[int, float] = {}
        self._ended: dict[int, float] = {}
        # How much of each trial was told that is open there.
        self._epochs: dict[int, int] = {}

    def take(self, events: list[Event]) -> None:
        """Take events in, then tell what is new of each trial, of several epochs together."""
        changed: dict[int, None] = {}
        for event in events:
            try:
                self._history.apply(event)
            except ValueError:
                continue  # The search has said so.
            number = event.get("trial")
            if number in self._history.trials:
                changed[number] = None
                self._note_times(event, self._history.trials[number])
        for number in changed:
            if number not in self._told.ended:
                self._tell(self._history.trials[number])

    def _note_times(self, event: Event, trial: Trial) -> None:
        now = self.time = float(event.get("time", 0.0))
        if "name" in event:
            self._tracker.subject.children[trial.number] = event["name"]
        self._began.setdefault(trial.number, now)
        self._ended[trial.number] = now
        times = self._times.setdefault(trial.number, [])
        del times[trial.epochs :]
        times += [now] * (trial.epochs - len(times))

    def _tell(self, trial: Trial) -> None:
        number, now = trial.number, self._ended[trial.number]
        if number not in self._epochs:
            known = self._told.epochs.get(number, 0)
            began = self._began[number]
            self._epochs[number] = self._tracker.start_trial(trial, began, known)
        new = self._curve(trial)[self._epochs[number] :]
        over = trial.status is not Status.RUNNING
        if new:
            self._tracker.log(trial, new)
            self._epochs[number] += len(new)
        if over:
            self._tracker.end_trial(trial, now)
            self._told.ended.add(number)
        if new or over:
            self._told.note(number, self._epochs[number], over)

    def _curve(self, trial: Trial) -> list[Epoch]:
        """Return the epochs of a trial; of a cross-validated one at its end, its folds beside."""
        curves = {f"fold_{fold}/": run.curve for fold, run in sorted(trial.folds.items())}
        return [
            Epoch(
                epoch,
                when,
                metrics
                | {
                    prefix + name: value
                    for prefix, curve in curves.items()
                    for name, value in (curve[epoch - 1] if epoch <= len(curve) else {}).items()
                },
            )
            for epoch, (when, metrics) in enumerate(
                zip(self._times[trial.number], trial.curve, strict=True), 1
            )
        ]


def follow(name: str, folder: Path) -> None:
    """Tell a tracker of a search, or of the trainings of ``train.py``, until that has ended.

    Args:
        name: Which of `TRACKERS`.
        folder: With ``config.json`` and ``journal.jsonl``.
    """
    end = SearchEnd()
    with _alone(folder / "tracking" / f"{name}.lock"):
        record, kind = _record(folder), load(TRACKERS[name])
        told = Told(folder / "tracking" / f"{name}.jsonl", kind.place(run_directory(record)))
        subject = Subject(record, told.key)
        tracker: Tracker = kind(subject)
        tracker.start()
        follower, tail = Follower(tracker, told), JournalTail(folder / "journal.jsonl")
        over = False
        while not over:
            over = end.within(SECONDS)
            follower.take(tail.read())
        tracker.end(_outcome(subject, end.state == "finished", follower.time))


def tell_once(folder: Path, kind: Callable[[Subject], Tracker]) -> None:
    """Tell a tracker, which finds out by itself what it knows, of all that a search has done."""
    told = Told(Path(os.devnull), "")
    subject = Subject(_record(folder), told.key)
    tracker = kind(subject)
    tracker.start()
    follower = Follower(tracker, told)
    follower.take(JournalTail(folder / "journal.jsonl").read())
    tracker.end(_outcome(subject, True, follower.time))


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others out; wait for what an earlier part of the search has left, which ends itself."""
    deadline = time.monotonic() + 2 * PATIENCE
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(exclusive_lock(path))
                break
            except InputError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(SECONDS)
        yield


def _record(folder: Path) -> SearchRecord:
    """Return a search of which nothing has happened yet: that comes from the journal."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    objective = Objective(config["objective"]["name"], config["objective"]["direction"])
    return SearchRecord(folder, config, History(objective))


def _outcome(subject: Subject, finished: bool, time: float) -> Outcome:
    record, folder = subject.record, subject.record.run
    wanted = bool(record.config["options"].get("track_model"))
    if "trains" in record.config:
        metrics = _read_json(folder / "metrics.json") or {}
        numbers = {f"test_{name}": value for name, value in metrics.get("test", {}).items()}
        notes, model = f"Trained {record.config['trains']}", folder / "model.keras"
    else:
        findings = _read_json(folder / "findings.json") or []
        notes = "\n".join(
            f"- **{one['severity']}** ({one['rule']}): {one['text']}" for one in findings
        )
        best = record.best
        numbers = {str(s): record.history.count(s) for s in Status if s is not Status.RUNNING}
        if best is not None:
            numbers |= {"best_trial": best.number, record.objective.name: best.score}
            said = ", ".join(f"{name}={value_text(value)}" for name, value in best.values.items())
            notes = f"Best: {subject.child(best.number)}, {said}\n\n{notes}"
        model = folder / "checkpoints" / model_name(0 if best is None else best.number)
    kept = model if finished and wanted and model.exists() else None
    return Outcome(finished, len(record.history.ends), time, numbers, notes, kept)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
