"""The text of a file, whatever wrote it: encodings, compression."""

import gzip
import zlib
from pathlib import Path

from data.errors import InputError

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def text_of(path: Path) -> tuple[str, str]:
    """Return the text of a file, with line ends of one kind, and a note on its encoding, or "".

    It is in UTF-8, or in UTF-16 with a byte order mark, or else taken for Windows-1252, in which
    programs of Western Europe and America write. It may be compressed by gzip.

    Raises:
        InputError: It is no text.
    """
    content, note = _content(path), ""
    if content.startswith(WORKBOOKS):
        raise InputError(
            f"Expected text in {path}, received a workbook or an archive: save the table as CSV."
        )
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise InputError(
                f"Expected a table in UTF-8, but {path} cannot be read ({error}): save it in UTF-8."
            ) from error
        note = f"{path.name}: not UTF-8, read as Windows-1252"
    if "\0" in text:
        raise InputError(
            f"Expected text in {path}, received zero bytes: it is binary, or in UTF-16 without a "
            "byte order mark; save it in UTF-8."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix.lower() == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"Expected a file that can be read, but {path} cannot ({error})."
        ) from error
