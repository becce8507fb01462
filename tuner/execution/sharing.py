"""One copy of the data for all worker processes: a file that each maps into its memory."""

import mmap
import pickle
from pathlib import Path
from typing import Any

# TensorFlow takes over an array without copying it when it begins at such an address.
ALIGNMENT = 64


def write_shared(path: Path, content: Any) -> None:
    """Pickle `content` to a file with the bytes of its arrays beside the pickle, not inside it.

    Raises:
        OSError: The disk is full.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(content, protocol=5, buffer_callback=buffers.append)
    blocks = [memoryview(pickled), *(buffer.raw() for buffer in buffers)]
    sizes = pickle.dumps([len(block) for block in blocks])
    with open(path, "wb") as file:
        file.write(len(sizes).to_bytes(8, "little") + sizes)
        for block in blocks:
            file.write(b"\0" * (-file.tell() % ALIGNMENT))
            file.write(block)


def read_shared(path: Path) -> Any:
    """Return what `write_shared` has written; its arrays are read-only views of the file.

    The file is never fed from outside: unpickling runs code.
    """
    with open(path, "rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    length = int.from_bytes(view[:8], "little")
    start, blocks = 8 + length, []
    for size in pickle.loads(view[8:start]):
        start += -start % ALIGNMENT
        blocks.append(view[start : start + size])
        start += size
    return pickle.loads(blocks[0], buffers=blocks[1:])
