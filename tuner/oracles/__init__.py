"""Strategies: what is tried next, by the names of ``--strategy``.

`STRATEGIES` has them as our own search loop asks them; `ORACLES` has them as subclasses of
`keras_tuner.Oracle`, each also by its own name, such as `BayesianOracle`. All are imported when
they are asked for. "optuna" is among them where Optuna is installed.
"""

from typing import TYPE_CHECKING, Any

from tuner.command_line import choices

if TYPE_CHECKING:
    from tuner.oracles.keras_tuner_oracle import StrategyOracle
    from tuner.oracles.strategy import Strategy

    STRATEGIES: dict[str, type[Strategy]]
    ORACLES: dict[str, type[StrategyOracle]]


def __getattr__(name: str) -> Any:
    found: dict[str, Any] = {}
    if name in ("STRATEGIES", "ORACLES") or name.endswith("Oracle"):
        there = {key: choice for key, choice in choices.STRATEGIES.items() if not choice.missing}
        loaded = {key: choices.load(choice) for key, choice in there.items()}
        found = {"STRATEGIES": loaded}
    if found and name != "STRATEGIES":
        from tuner.oracles.keras_tuner_oracle import oracle_of

        oracles = {key: oracle_of(strategy) for key, strategy in loaded.items()}
        # An oracle is pickled by its own name.
        found |= {"ORACLES": oracles} | {one.__name__: one for one in oracles.values()}
    if name not in found:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(found)
    return found[name]
