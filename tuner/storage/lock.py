"""One search at a time in a run directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock that the system takes back by itself when the process ends, however it ends.

    The file keeps the owner's process id for the message only; it is the kernel's lock that counts.

    Raises:
        InputError: Another live process holds it.
        OSError: The folder cannot be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise InputError(
                f"{path.parent} is in use by another search (process {owner}): "
                "wait for it, stop it, or give another --run"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
