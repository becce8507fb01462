"""What a search says to the person who ran it: one rule after the other looks at its record.

Every rule is a function from the record to its findings, none where it does not apply. Most are
from the *Deep Learning Tuning Playbook* (Godbole et al., 2023). docs/reading-the-report.md
explains each.
"""

from tuner.findings.baseline import below_chance, no_better_than_default
from tuner.findings.boundary import boundary
from tuner.findings.comparisons import equal_steps, isolation
from tuner.findings.curves import (
    noisy_end,
    overfitting,
    periodic_validation,
    still_improving,
    train_less,
    training_loss_rising,
)
from tuner.findings.data_supply import waits_for_data
from tuner.findings.finding import Finding, Severity
from tuner.findings.next_round import caveats, next_round
from tuner.findings.sampling import optimism, retrained, sampled_enough
from tuner.findings.stability import failures, instability
from tuner.trials.record import SearchRecord

# Of equally severe findings, the earlier rule's comes first.
RULES = (
    below_chance,
    training_loss_rising,
    periodic_validation,
    failures,
    no_better_than_default,
    boundary,
    still_improving,
    sampled_enough,
    instability,
    overfitting,
    noisy_end,
    train_less,
    waits_for_data,
    next_round,
    retrained,
    optimism,
    isolation,
    equal_steps,
    caveats,
)


def findings_of(search: SearchRecord) -> list[Finding]:
    """Return what all rules find, the most important first."""
    found = [finding for rule in RULES for finding in rule(search)]
    order = list(Severity)
    return sorted(found, key=lambda finding: order.index(finding.severity))


__all__ = ["RULES", "Finding", "Severity", "findings_of"]
