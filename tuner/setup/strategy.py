"""The oracle that the options ask for."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import keras_tuner

from tuner.command_line.choices import STRATEGIES
from tuner.oracles import ORACLES, Oracle
from tuner.oracles.stages import Interval, StagedOracle
from tuner.setup.other_searches import Source
from tuner.setup.preparation import Preparation


def build_oracle(
    prepared: Preparation,
    sources: Sequence[Source] = (),
    learning_rate: Mapping[str, Any] | None = None,
) -> Oracle:
    """Return the oracle of a search.

    Args:
        prepared: The search.
        sources: Other searches, whose results it is taught.
        learning_rate: What the range test has found, for a search in stages.
    """
    options, objective = prepared.options, prepared.objective
    settings = STRATEGIES[options.strategy].keywords(options.settings)
    strategy: Any = partial(ORACLES[options.strategy], **settings)
    if learning_rate is not None:
        strategy = partial(StagedOracle, strategy, Interval.of(learning_rate))
    oracle: Oracle = strategy(
        objective=keras_tuner.Objective(objective.name, objective.direction),
        max_trials=options.max_trials,
        seed=options.seed,
        hyperparameters=prepared.space,
        max_consecutive_failed_trials=None,
    )
    for source in sources:
        oracle.add_knowledge(source.knowledge(objective))
    return oracle
