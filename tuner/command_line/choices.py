"""What is chosen by name: one entry each, with its place and the settings of its own.

Nothing is imported before it is used, so that ``--help`` answers at once.
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from tuner.command_line.declaration import Option
from tuner.command_line.parsing import gpu_share, positive, ray_address, share


@dataclass(frozen=True)
class Choice:
    """Something with a name.

    Attributes:
        place: Where its class or function is, as "module:attribute".
        settings: The options that it alone has, by name; they stand below the one that chooses.
        learns: Of a strategy, whether results decide what is tried next, so that those of other
            searches are of use.
        independent: Of a strategy, whether a point depends on the values of other trials alone.
        has_starts: Of a strategy, whether it begins with the model's other starts.
        option: Of a measurement, the one that asks for it.
        packages: What it imports that is not installed by default.
    """

    place: str
    settings: Mapping[str, Option] = field(default_factory=dict)
    learns: bool = False
    independent: bool = False
    has_starts: bool = False
    option: Option | None = None
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Those of its packages that are not installed."""
        return [package for package in self.packages if find_spec(package) is None]

    def keywords(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that it takes: settings that are given, or else their defaults."""
        return {one.keyword: given.get(name, one.default) for name, one in self.settings.items()}


def require_packages(asked: str, name: str, choice: Choice) -> None:
    """Raise unless all is installed that a choice imports.

    Args:
        asked: What asks for it, as it was typed.
        name: That of the choice, and of its requirements.
        choice: What is chosen.

    Raises:
        InputError: Something is not.
    """
    from data.errors import InputError  # Only now, since data imports NumPy: --help must not wait.

    if missing := choice.missing:
        raise InputError(
            f"{asked} needs {', '.join(missing)}, not installed here: "
            f"pip install -r requirements-{name}.txt"
        )


def load(choice: Choice) -> Any:
    """Import and return what is chosen."""
    module, _, attribute = choice.place.partition(":")
    return getattr(importlib.import_module(module), attribute)


STRATEGIES = {
    "grid": Choice(
        "tuner.oracles.grid:Grid",
        {
            "grid_points": Option(
                "values of each range on the grid", 3, "N", positive, keyword="points_per_range"
            )
        },
        independent=True,
    ),
    "random": Choice("tuner.oracles.random:Random", independent=True, has_starts=True),
    "quasi-random": Choice(
        "tuner.oracles.quasi_random:QuasiRandom", independent=True, has_starts=True
    ),
    "bayesian": Choice(
        "tuner.oracles.bayesian:Bayesian",
        {
            "cost": Option(
                "for --strategy bayesian: try what promises the most next, whatever it costs",
                True,
                keyword="cost",
            )
        },
        learns=True,
        has_starts=True,
    ),
    "hyperband": Choice("tuner.oracles.hyperband:Hyperband"),
    "optuna": Choice(
        "tuner.oracles.optuna_samplers:Optuna",
        {
            "sampler": Option(
                "for --strategy optuna: its sampler",
                "tpe",
                choices=("tpe", "gp", "cmaes", "nsgaii", "qmc"),
                keyword="sampler",
            )
        },
        has_starts=True,
        packages=("optuna", "cmaes"),
    ),
}

# One with the name of a strategy belongs to it, and cannot be chosen for others.
PRUNERS = {
    "median": Choice("tuner.pruners.median:median_rule"),
    "asha": Choice("tuner.pruners.successive_halving:SuccessiveHalving"),
    "curve": Choice(
        "tuner.pruners.curve:CurveRule",
        {
            "pruner_error_rate": Option(
                "for --pruner curve: how many of the trials that it ends may be ended wrongly",
                0.1,
                "P",
                share,
                keyword="error_rate",
            )
        },
    ),
    "hyperband": Choice("tuner.pruners.successive_halving:hyperband"),
}
DEFAULT_PRUNER = "curve"

EXECUTORS = {
    "serial": Choice("tuner.execution.serial:start"),
    "processes": Choice("tuner.execution.processes:start"),
    "ray": Choice(
        "tuner.execution.ray_cluster:start",
        {
            "ray_address": Option(
                "for --executor ray: an existing cluster that this machine is part of, by the "
                "address of its head",
                None,
                "auto|HOST:PORT",
                ray_address,
                shown="a Ray of its own on this machine",
                keyword="address",
            ),
            "cpus_per_trial": Option(
                "for --executor ray: CPUs of a trial", 1, "C", positive, keyword="cpus"
            ),
            "gpus_per_trial": Option(
                "for --executor ray: GPUs of a trial, such as 0.5; 0 hides them",
                0.0,
                "G",
                gpu_share,
                shown="0",
                keyword="gpus",
            ),
        },
        packages=("ray",),
    ),
}

# All of them tell of every search, in this order.
REPORTERS = {
    "tables": Choice("tuner.reporting.tables:TableReporter"),
    "tensorboard": Choice("tuner.reporting.tensorboard:TensorBoardReporter"),
    "report": Choice("tuner.reporting.refresh:ReportReporter"),
    "ledger": Choice("tuner.reporting.ledger_reporter:LedgerReporter"),
    "console": Choice("tuner.reporting.console:ConsoleReporter"),
    "chance": Choice("tuner.reporting.chance_warning:ChanceReporter"),
    "trackers": Choice("tuner.tracking.tracker_reporter:TrackerReporter"),
}

# What follows a search for tools of others, each in a process of its own. What it needs besides is
# installed from the requirements of its name.
TRACKERS = {
    "wandb": Choice("tuner.tracking.wandb_tracker:Wandb", packages=("wandb",)),
    "trackio": Choice("tuner.tracking.wandb_tracker:Trackio", packages=("trackio",)),
    "mlflow": Choice(
        "tuner.tracking.mlflow_tracker:Mlflow", packages=("mlflow", "sqlalchemy", "alembic")
    ),
    "optuna": Choice("tuner.tracking.optuna_tracker:Optuna", packages=("optuna",)),
}

# What takes the place of a search.
PROBES = {
    "find_learning_rate": Choice(
        "tuner.measuring.find_learning_rate:run",
        option=Option(
            "raise the learning rate step by step and propose a rate and a range",
            False,
            heading="of the default configuration or the space, no search",
            rival=True,
        ),
    ),
    "probe_batch_size": Choice(
        "tuner.measuring.probe_batch_size:run",
        option=Option(
            "double the batch size until it trains no faster, and propose one", False, rival=True
        ),
    ),
    "export_sweep": Choice(
        "tuner.setup.sweep:export",
        option=Option(
            "print the search space as a sweep of Weights & Biases (YAML)", False, rival=True
        ),
    ),
}

# What has settings of its own, by the option that chooses.
FAMILIES = {"strategy": STRATEGIES, "pruner": PRUNERS, "executor": EXECUTORS}
SETTINGS = {
    name: setting
    for choices in FAMILIES.values()
    for choice in choices.values()
    for name, setting in choice.settings.items()
}


def require_trackers(names: Iterable[str]) -> None:
    """Raise unless everything is installed that these trackers need.

    Raises:
        InputError: Something is not.
    """
    for name in names:
        if name in TRACKERS:
            require_packages(f"--track {name}", name, TRACKERS[name])
