"""What `train.py` made of the search, once it has: the score that chance did not pick."""

from collections.abc import Iterator

from tuner.findings.finding import Finding, Severity
from tuner.trials.record import SearchRecord


def retrained(search: SearchRecord) -> Iterator[Finding]:
    """Show the score of new trainings beside that in the search, the test score, the verdict."""
    metrics = search.retrained
    if metrics is None:
        return
    score, name = metrics["retrained_score"], search.objective.name
    adoption = metrics.get("adoption") or {}
    spread = f" ± {score['std']:.4f}" if len(metrics["seeds"]) > 1 else ""
    before = metrics.get("search_score")
    in_search = "" if before is None else f" (in the search: {before:.4f})"
    test = ", ".join(f"test_{metric} {value:.4f}" for metric, value in metrics["test"].items())
    verdict = f" {adoption['text']}. Adopted: {adoption['adopted']}." if adoption else ""
    yield Finding(
        "retrained",
        Severity.NOTE,
        f"Trained again, {metrics['origin']} reaches {name} {score['mean']:.4f}{spread}"
        f"{in_search}, and on test data, looked at once, {test}.{verdict}",
        "train.py has trained this search's result again; the first score was picked out of many, "
        "these are not.",
        {
            "search_score": before,
            "retrained_mean": score["mean"],
            "retrained_std": score["std"],
            "seeds": len(metrics["seeds"]),
            "test": metrics["test"],
            "better_than_default": adoption.get("better"),
        },
    )
