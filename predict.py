"""Predict new examples with the model that train.py has saved: ``python predict.py --help``."""

import sys
from pathlib import Path
from typing import Any

from tuner.command_line.options import PredictOptions, predict_parser
from tuner.command_line.program import run_command


def main(argv: list[str]) -> int:
    """Predict what `argv` asks for; return the exit status."""
    given = predict_parser().given(argv)
    return run_command("predict.py", lambda: predict(given))


def predict(given: dict[str, Any]) -> int:
    """New examples -> the model's outputs -> a CSV, written once all of it is known."""
    from tuner.predicting.answer import answer, check_output, without_answer, write_answer
    from tuner.predicting.new_examples import read_new
    from tuner.predicting.signature import find_signature
    from tuner.predicting.unseen import other_scale, unseen_categories

    new = given.pop("new")
    options = PredictOptions(**given)
    folder, signature = find_signature(Path(options.runs_dir), options.run)
    output = None if options.output is None else Path(options.output)
    if output is not None:
        check_output(output, map(Path, new))
    examples = read_new(new, signature)
    for sentence in (*unseen_categories(examples, signature), *other_scale(examples, signature)):
        print(f"predict.py: note: {sentence}", file=sys.stderr)
    # Only now: what is wrong with the new examples is said without waiting for it.
    from tuner.starting.quiet import import_tensorflow

    import_tensorflow()
    from tuner.predicting.shipped import load_shipped, outputs_of

    outputs = outputs_of(load_shipped(folder, signature), signature, examples)
    table = answer(outputs, signature, examples.files)
    if empty := without_answer(table):
        print(f"predict.py: warning: {empty}", file=sys.stderr)
    write_answer(table, output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
