import numpy as np
import pytest

from tests.pruners.curves import falling, known
from tuner.pruners.median import median_rule

OTHERS = known(*(falling(end, 20) for end in (0.1, 0.2, 0.3, 0.4, 0.5)), max_epochs=20)
# The middle one has come down to this after five epochs, on average.
MIDDLE = float(np.mean(falling(0.3, 20)[:5]))


@pytest.mark.parametrize(("best", "ends"), [(MIDDLE - 0.01, False), (MIDDLE + 0.01, True)])
def test_the_best_epoch_is_held_against_the_median_of_averages(best: float, ends: bool) -> None:
    reason = median_rule(5, np.array([1.0, best, 1.0, 1.0, 1.0]), OTHERS)
    assert (reason is not None) == ends
    assert reason is None or reason == "worse than the median of 5 trials"


def test_the_first_tenth_of_the_epochs_and_the_first_trials_are_spared() -> None:
    assert median_rule(5, np.array([9.0]), OTHERS) is None
    assert median_rule(5, np.array([9.0, 9.0]), OTHERS) is not None
    few = OTHERS.take(np.array([True, True, True, True, False]))
    assert median_rule(5, np.array([9.0, 9.0]), few) is None


def test_trials_that_were_stopped_do_not_count() -> None:
    bad = [[2.0] * 4] * 9
    ends = [True] * 5 + [False] * 9
    mixed = known(
        *(falling(e, 20) for e in (0.1, 0.2, 0.3, 0.4, 0.5)), *bad, max_epochs=20, whole=ends
    )
    assert median_rule(14, np.full(5, MIDDLE + 0.01), mixed) is not None
