"""The one exception for mistakes that only the person at the keyboard can mend."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something that was asked for cannot be done as it was asked.

    The message is shown as it is, on one line and without a traceback, and the program ends with
    status 2. So it says what was expected, what was received, and what to do.
    """

    def __init__(self, message: str) -> None:
        # Names of columns and messages of libraries may bring line breaks along.
        super().__init__(" ".join(message.splitlines()))


def did_you_mean(received: str, choices: Iterable[str]) -> str:
    """Return the end of a message that suggests the nearest choice; empty if none is near."""
    nearest = difflib.get_close_matches(received, list(choices), n=1)
    return f' Did you mean "{nearest[0]}"?' if nearest else ""
