"""What the programs do alike: end with one line and the right status."""

import argparse
import io
import os
import sys
from collections.abc import Callable

from tuner.command_line.interrupts import handle_interrupts, unanswered

INTERRUPTED = 130


def run_command(program: str, command: Callable[[], int]) -> int:
    """Run a command and return its exit status.

    A mistake of the user's, or a disk that cannot be written, is one line on standard error and
    status 2. Every other exception is a fault of ours and keeps its traceback.
    """
    handle_interrupts()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As standard error: names of files are any bytes, and no terminal is worth a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _without_mistakes(program, command)
    except KeyboardInterrupt:
        pass
    except Exception:
        if not unanswered():  # What swallowed an interrupt fails for it, in whatever words.
            raise
    print(f"{program}: interrupted", file=sys.stderr)
    return INTERRUPTED


def _without_mistakes(program: str, command: Callable[[], int]) -> int:
    from data.errors import InputError  # Only now, since data imports NumPy: --help must not wait.

    try:
        return command()
    except Exception as error:
        if unanswered():
            raise
        if isinstance(error, BrokenPipeError):
            # Whoever read the output has gone, as `head` does. Rich, too, ends then without a word.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if isinstance(error, InputError | argparse.ArgumentTypeError):
            message = " ".join(str(error).split())
        elif isinstance(error, OSError) and (error.filename or error.errno) is not None:
            message = f"cannot use {error.filename or 'the disk'}: {error.strerror}"
        else:
            raise
    print(f"{program}: error: {message}", file=sys.stderr)
    return 2
