"""What to say before a search whose budget is small for its space."""

from dataclasses import dataclass

from tuner.command_line.commands import fixing, new_search
from tuner.command_line.options import SearchOptions
from tuner.space.cube import SearchSpace
from tuner.space.roles import Roles

# Up to so many trials, so many hyperparameters (the tuning playbook's rule of thumb).
FEW, ENOUGH = 10, 25


@dataclass(frozen=True)
class Advice:
    """A sentence, and the command that follows it."""

    text: str
    command: str


def budget_advice(options: SearchOptions, space: SearchSpace, roles: Roles) -> Advice | None:
    """Return what to do when few trials are spread over many hyperparameters; None if they are not.

    Fewer than 10 trials are enough for the learning rate alone, 10 to 24 for it and one more, which
    is the first scientific one.

    Args:
        options: As they were given.
        space: The search space.
        roles: A role for each hyperparameter.
    """
    free = list(dict.fromkeys(h.name for h in space.free))
    carried = 1 if options.max_trials < FEW else 2
    if options.max_trials >= ENOUGH or len(free) <= carried:
        return None
    by_importance = sorted(
        free, key=lambda name: (name != "learning_rate", roles.get(name) != "scientific")
    )
    kept = by_importance[:carried]
    defaults = {h.name: h.default for h in reversed(space.hyperparameters)}
    narrowed = fixing(options, {name: defaults[name] for name in free if name not in kept})
    return Advice(
        f"{options.max_trials} trials are few for {len(free)} hyperparameters: they are enough for "
        f"{' and '.join(kept)}; from {ENOUGH} trials on, for all",
        new_search(narrowed),
    )
