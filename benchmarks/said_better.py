"""How often `train.py --against-default` says "better": python -m benchmarks.said_better

Scores of retrainings are drawn from two normal distributions, 0 to 3 spreads apart.
"""

import argparse
import sys

import numpy as np

from tuner.retraining.adoption import compare
from tuner.trials.objective import Objective

GAPS = (0, 1, 2, 3)


def share_said(gap: float, seeds: int, pairs: int) -> float:
    """Return in what share of simulated pairs of configurations the first is called better."""
    rng = np.random.default_rng(seeds)
    objective = Objective("score", "max")
    said = [
        compare(list(rng.normal(gap, 1, seeds)), list(rng.normal(0, 1, seeds)), objective).better
        for _ in range(pairs)
    ]
    return float(np.mean(said))


def main() -> int:
    """Print a row for each number of seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    pairs = parser.parse_args().pairs
    print('"better" is said, by the true gap in spreads of retraining')
    print("seeds  " + "  ".join(f"gap {gap}" for gap in GAPS))
    for seeds in (2, 3, 5, 7, 10, 20):
        shares = [f"{share_said(gap, seeds, pairs):5.1%}" for gap in GAPS]
        print(f"{seeds:>5}  " + "  ".join(shares))
    return 0


if __name__ == "__main__":
    sys.exit(main())
