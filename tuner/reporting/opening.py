"""The first words of a search."""

import math
from typing import Any


def grid_line(grid: dict[str, Any], max_trials: int) -> str:
    """Return how large a grid is, and how much of it the search will see."""
    levels = {name: count for name, count in grid["levels"].items() if count > 1}
    points = grid["points"]
    product = " x ".join(f"{count} {name}" for name, count in levels.items())
    size = f"{product} = {points}" if math.prod(levels.values()) == points else f"{points}"
    besides = " and the published defaults" if grid["trials"] > points else ""
    if max_trials >= grid["trials"]:
        return f"grid: {size} points{besides}, all of which are tried"
    return (
        f"grid: {size} points{besides}, of which --max-trials takes {max_trials}, "
        "spread evenly over the values of each hyperparameter"
    )
