"""What each hyperparameter of a search is for: scientific, nuisance or fixed."""

from collections.abc import Mapping, Sequence

from data.errors import InputError
from tuner.command_line.settings import ROLE_NAMES, Fix, Range, Role
from tuner.space.changes import require_name
from tuner.space.hyperparameters import Declaration

Roles = dict[str, str]


def resolved_roles(
    space: Sequence[Declaration],
    declared: Mapping[str, str],
    roles: Sequence[Role],
    fixes: Sequence[Fix],
    ranges: Sequence[Range],
) -> Roles:
    """Return a role for each hyperparameter, in the order of the space.

    What has no role is scientific. A value that is given (``--fix``) makes a hyperparameter fixed;
    a range (``--range``) frees one that the model declares as fixed.

    Args:
        space: All hyperparameters, as the model declares them.
        declared: The roles that the model states, by name.
        roles: As ``--role`` has them.
        fixes: As ``--fix`` has them.
        ranges: As ``--range`` has them.

    Raises:
        InputError: A name is not in the space, or what is said of it contradicts itself.
    """
    given: Roles = {}
    for setting in roles:
        name = setting.name
        require_name(space, name, "--role")
        if given.setdefault(name, setting.role) != setting.role:
            raise InputError(f"--role {setting}: {name} is {given[name]} already: name it once")
    fixed, ranged = ({setting.name for setting in settings} for settings in (fixes, ranges))
    for name, role in given.items():
        if name in fixed and role != "fixed":
            raise InputError(f"--role {name}={role}: --fix {name} makes it fixed: give one of them")
        if name in ranged and role == "fixed":
            raise InputError(f"--role {name}=fixed: --range {name} searches it: give one of them")
    resolved = {}
    for kind in space:
        name = kind["config"]["name"]
        role = given.get(name, declared.get(name, "scientific"))
        if name in ranged and role == "fixed":
            role = "nuisance"
        never_varies = kind["class_name"] == "Fixed"
        resolved[name] = "fixed" if name in fixed or never_varies else role
    return resolved


def roles_text(roles: Roles) -> str:
    """Return the roles on one line: ``scientific: depth, width; nuisance: learning_rate``."""
    named = [(role, [name for name in roles if roles[name] == role]) for role in ROLE_NAMES]
    return "; ".join(f"{role}: {', '.join(names)}" for role, names in named if names)
