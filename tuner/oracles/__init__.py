"""Strategies: what is tried next, by the names of ``--strategy``.

`STRATEGIES` has them as our own search loop asks them; `ORACLES` has them as subclasses of
`keras_tuner.Oracle`. Both are imported when they are asked for.
"""

from typing import TYPE_CHECKING, Any

from tuner.command_line import choices

if TYPE_CHECKING:
    from tuner.oracles.keras_tuner_oracle import StrategyOracle
    from tuner.oracles.strategy import Strategy

    STRATEGIES: dict[str, type[Strategy]]
    ORACLES: dict[str, type[StrategyOracle]]


def __getattr__(name: str) -> Any:
    if name not in ("STRATEGIES", "ORACLES"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = {key: choices.load(choice) for key, choice in choices.STRATEGIES.items()}
    if name == "ORACLES":
        from tuner.oracles.keras_tuner_oracle import oracle_of

        value = {key: oracle_of(strategy) for key, strategy in value.items()}
    globals()[name] = value
    return value
