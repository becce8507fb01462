"""The strategy that the options ask for."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from model.search_space import STARTS
from tuner.command_line.choices import STRATEGIES, load
from tuner.oracles.stages import Interval, Staged
from tuner.oracles.strategy import Strategy
from tuner.setup.preparation import Preparation
from tuner.setup.sources.source import Source
from tuner.space.cube import SearchSpace, Values
from tuner.space.hyperparameters import Declaration


def build_strategy(
    prepared: Preparation,
    sources: Sequence[Source] = (),
    learning_rate: Mapping[str, Any] | None = None,
    late: Sequence[Declaration] = (),
) -> Strategy:
    """Return the strategy of a search, taught what other searches have found.

    Args:
        prepared: What is searched, and how.
        sources: The other searches.
        learning_rate: Of a search in stages, from a range test, as ``learning_rate.json`` says it.
        late: What trials have declared beside what was known of the search space.
    """
    options = prepared.options
    choice = STRATEGIES[options.strategy]
    strategy: Callable[..., Strategy] = partial(load(choice), **choice.keywords(options.settings))
    if learning_rate is not None:
        found = Interval(
            learning_rate["learning_rate"], learning_rate["low"], learning_rate["high"]
        )
        strategy = partial(Staged, strategy=strategy, found=found)
    others = [source.knowledge(prepared.objective) for source in sources]
    space = SearchSpace([*prepared.space, *map(prepared.changes, late)])
    return strategy(space, options.seed, options.max_trials, others, other_starts(prepared))


def other_starts(prepared: Preparation) -> list[Values]:
    """Return what is tried after the defaults, with what the options hold as they say.

    Where other searches are known, they tell better where to begin, and so do stages.
    """
    options, space = prepared.options, prepared.search_space
    if not STRATEGIES[options.strategy].has_starts or options.staged or options.start_from:
        return []
    defaults, free = space.defaults(), {h.name for h in space.free}
    starts = [
        defaults | {name: value for name, value in start.items() if name in free}
        for start in STARTS.get(str(options.model), ())
    ]
    return [values for values in starts if space.contains(values) and values != defaults]
