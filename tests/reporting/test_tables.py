import csv
import io
import json
from pathlib import Path

from tests.findings.searches import branching_record
from tuner.reporting.tables import write_tables


def test_what_is_inactive_has_an_empty_cell_and_no_key(tmp_path: Path) -> None:
    record = branching_record(20, run=tmp_path)
    write_tables(record)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "trials.csv").read_text())))
    names = list(record.config["search_space"])
    assert names.count("momentum") == 1
    for row, trial in zip(rows, record.history.trials.values(), strict=True):
        cells = {name: str(trial.values[name]) if name in trial.values else "" for name in names}
        assert {name: row[name] for name in names} == cells
    best = json.loads((tmp_path / "best.json").read_text())["hyperparameters"]
    assert record.best is not None
    assert best == record.best.values
