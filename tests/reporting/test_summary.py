from tests.findings.searches import Made, branching_record, record_of
from tuner.findings import findings_of
from tuner.reporting.summary import closing_summary

FIXED = {"class_name": "Fixed", "config": {"name": "x", "value": 1}}


def test_the_three_most_important_findings_come_before_the_best() -> None:
    record = record_of([Made(0.5), *[Made(0.9, {"depth": 8, "dropout": 0.5})] * 5])
    findings = findings_of(record)
    assert len(findings) > 3
    lines = closing_summary(record, findings).splitlines()
    texts = [line for line in lines if line.startswith(("Problem: ", "Advice: ", "Note: "))]
    assert [line.partition(": ")[2] for line in texts] == [f.text for f in findings[:3]]
    assert f"  {findings[0].command}" in lines
    assert lines.index(texts[-1]) < next(i for i, x in enumerate(lines) if x.startswith("Best "))
    assert lines[-1] == "Next: python train.py --run made-up"


def test_without_findings_nothing_is_said_of_them() -> None:
    record = record_of([Made(0.5)])
    summary = closing_summary(record)
    assert "findings" not in summary


def test_the_defaults_are_named_only_where_trial_0_has_them() -> None:
    text = closing_summary(record_of([Made(0.5), Made(0.6)]))
    assert "(the published defaults, trial 0: 0.5000)" in text
    assert "published" not in closing_summary(record_of([Made(0.5, {"depth": 5}), Made(0.6)]))
    own = closing_summary(branching_record(9, model="my_model.py:build_model"))
    assert "(the default values, trial 0: 0.5000)" in own


def test_a_model_without_hyperparameters_has_a_summary() -> None:
    assert "in trial 0" in closing_summary(record_of([Made(0.5, bare=True)], space={"x": FIXED}))


def test_failures_are_counted_by_their_reasons_the_most_frequent_first() -> None:
    failed = [Made(None, reason="diverged"), *[Made(None, reason="out of memory")] * 2]
    lines = closing_summary(record_of([Made(0.5), *failed])).splitlines()
    assert lines[0].startswith("4 trials (1 completed, 3 failed)")
    assert lines[1:3] == ["2 failed: out of memory", "1 failed: diverged"]
