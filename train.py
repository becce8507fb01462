"""Train the best configuration of a search again and ship it: ``python train.py --help``."""

import shlex
import sys
from pathlib import Path
from typing import Any

from tuner.command_line.choices import require_trackers
from tuner.command_line.options import DATA_OPTIONS, TrainOptions, train_parser
from tuner.command_line.program import run_command


def main(argv: list[str]) -> int:
    """Train what `argv` asks for; return the exit status."""
    given = train_parser().given(argv)
    return run_command("train.py", lambda: train(given, shlex.join(["python", "train.py", *argv])))


def train(given: dict[str, Any], command: str) -> int:
    """Options -> values -> trained model, test score, files. Returns the exit status."""
    # Only now: --help and a mistyped option must not wait for it.
    from tuner.command_line.commands import predict_command
    from tuner.retraining.at_once import prepare_for_several
    from tuner.starting.quiet import import_tensorflow

    require_trackers(given.get("track", ()))
    settings = {name: value for name, value in given.items() if name not in DATA_OPTIONS}
    options = TrainOptions(**settings)
    workers = prepare_for_several(options)
    import_tensorflow()
    from tuner.findings import findings_of
    from tuner.reporting.report.page import write_report
    from tuner.retraining.choice import choose
    from tuner.retraining.retrain import retrain
    from tuner.retraining.ship import ship
    from tuner.retraining.training_curves import open_curves
    from tuner.trials.record import read_record

    chosen = choose(given, options, workers)
    with open_curves(chosen, options.track, options.track_model, command) as curves:
        summary = ship(chosen, retrain(chosen, curves), curves)
    print(summary or "No training ended well, so there is no model.")
    # As it was named, so that the commands of the report are those that people typed.
    run = Path(options.runs_dir) / chosen.folder.parent.name
    if summary:
        print(f"Next: {predict_command(run)}")
    if summary and (run / "config.json").exists():
        record = read_record(run)  # It now tells of this training, too.
        write_report(record, findings_of(record))
    return 0 if summary else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
