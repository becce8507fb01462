"""The arrays of an `.npz`: large ones stay in the file, and are read where they are used."""

import struct
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib import format as npy

# From so many bytes on. What is smaller is read at once, which tells whether it is damaged.
LARGE = 256 * 1024**2

READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_members(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name; what `numpy.savez_compressed` has written, in memory.

    Raises:
        ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile: It is damaged or no `.npz`, or
            holds pickled objects.
    """
    with np.load(path, allow_pickle=False) as file:
        large = {
            info.filename.removesuffix(".npy"): info
            for info in file.zip.infolist()
            if info.compress_type == zipfile.ZIP_STORED and info.file_size >= LARGE
        }
        return {
            name: _left_in_file(path, large[name]) if name in large else file[name]
            for name in file.files
        }


def _left_in_file(path: Path, member: zipfile.ZipInfo) -> np.ndarray:
    with open(path, "rb") as file:
        # Format of ZIP files, 4.3.7: a local header has 30 bytes, of which the last four tell how
        # long the name and the extra field are that follow it.
        file.seek(member.header_offset + 26)
        lengths = struct.unpack("<HH", file.read(4))
        file.seek(sum(lengths), 1)
        version = npy.read_magic(file)
        if version not in READ_HEADER:
            raise ValueError(f"{member.filename} is of version {version}")
        shape, fortran, dtype = READ_HEADER[version](file)
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds pickled objects")
        order: Literal["F", "C"] = "F" if fortran else "C"
        mapped = np.memmap(path, dtype, "r", offset=file.tell(), shape=shape, order=order)
    return np.asarray(mapped)
