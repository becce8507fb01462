"""From the cells of a column, as they stand in a file, to its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from data.columns import Column

if TYPE_CHECKING:
    import pandas as pd

# What people and programs write for a missing number or date, whatever its case.
# fmt: off
MISSING_NUMBERS = frozenset([
    "", "?", "*", "-", "--", "---", ".", "..", "…", "na", "n/a", "n.a.", "nan", "<na>", "nat",
    "nil", "none", "null", "(null)", "<null>", "\\n", "missing", "unknown", "unk", "undefined",
    "nd", "n/d", "n.d.", "no data", "not available", "not applicable", "not recorded",
    "not reported", "not measured", "#n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?",
    "#num!", "#null!",
])
# fmt: on
# For a missing text: "none" or "unknown" may be categories.
MISSING_TEXTS = frozenset(
    ("", "?", "NA", "N/A", "nan", "NaN", "<NA>", "#N/A", "null", "NULL", "-", "--", ".")
)

# The ways to write a number: by their signs for decimals and thousands, the plain way first.
PLAIN: Mapping[str, Any] = {}
NUMBER_FORMATS: tuple[Mapping[str, Any], ...] = (
    PLAIN,
    {"decimal": ".", "thousands": ","},
    {"decimal": ",", "thousands": ""},
    {"decimal": ",", "thousands": "."},
    {"decimal": ".", "thousands": " "},
    {"decimal": ",", "thousands": " "},
    {"decimal": ".", "thousands": "'"},
    {"decimal": ",", "thousands": "'"},
)
CURRENCY = r"(?:US\$|[$€£¥₹]|USD|EUR|GBP|CHF|JPY)"
TRUTH = {"true": 1.0, "false": 0.0}
CLOCK = re.compile(
    r"(?P<hours>[01]?[0-9]|2[0-3]):(?P<minutes>[0-5][0-9])(:(?P<seconds>[0-5][0-9](\.[0-9]+)?))?"
    r"( ?(?P<half>[aApP][mM]))?"
)
# Variants of a sign that mean the same.
ALIKE = str.maketrans({"−": "-", "’": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " "})  # noqa: RUF001


def values_of(column: Column, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a column, and where a cell cannot be read as one.

    Args:
        column: What the column was taken for.
        cells: Texts, as they stand in the file, or numbers; a missing one is NaN, None or "".

    Returns:
        For a number float64 `(n,)`, NaN where it is missing or cannot be read. For all other kinds
        object texts `(n,)`, "" likewise; dates as `2024-01-31` or `2024-01-31 23:59:59`. And a mask
        `(n,)` of what is there and cannot be read. Infinite numbers are among that.
    """
    if column.kind == "number":
        return _numbers_of(column, cells)
    texts = texts_of(cells)
    if column.kind == "date":
        return dates_from(texts, column.format)
    missing = np.isin(texts, list(MISSING_TEXTS.difference(column.format.get("values", ()))))
    if column.format.get("code"):
        texts = as_codes(texts)
    return np.where(missing, "", texts), np.zeros(len(texts), bool)


def texts_of(cells: pd.Series) -> np.ndarray:
    """Return cells as texts without blanks around them, object `(n,)`, "" where one is missing.

    Numbers are written in the shortest way: 4.0 as "4".
    """
    import pandas as pd

    # Each value once: most columns of texts are categories.
    places, values = pd.factorize(cells)
    text = plain_text if cells.dtype.kind in "iuf" else lambda value: str(value).strip()
    return np.array([*map(text, values), ""], object)[places]  # -1 where one is missing


def plain_text(value: float) -> str:
    """Return a number in the shortest way."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def as_codes(texts: np.ndarray) -> np.ndarray:
    """Return texts with numbers among them written in the shortest way: "4.0" is the code "4"."""
    numbers, unread = numbers_from(texts, PLAIN)
    plain = ~unread & np.isfinite(numbers)
    written = [plain_text(n) if p else t for t, n, p in zip(texts, numbers, plain, strict=True)]
    return np.array(written, object)


def missing_numbers(texts: np.ndarray, own: Collection[str] = ()) -> np.ndarray:
    """Return where texts, object `(n,)`, say that a number or date is missing.

    Args:
        texts: Without blanks around them.
        own: What else says so in this column.
    """
    return np.array([text.lower() in MISSING_NUMBERS or text in own for text in texts], bool)


def _numbers_of(column: Column, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    if cells.dtype.kind in "biuf":
        numbers = cells.to_numpy(np.float64)
        return numbers, np.isinf(numbers)
    texts = texts_of(cells)
    numbers, unread = numbers_from(texts, column.format)
    if unread.any():
        own = {"missing": column.format.get("missing", ())}
        plainly, unread_plainly = numbers_from(texts, own)
        if not unread_plainly.any():
            numbers, unread = plainly, unread_plainly
    return numbers, unread | np.isinf(numbers)


def numbers_from(texts: np.ndarray, form: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers that are written in one way, float64 `(n,)`, and where there is none.

    Args:
        texts: Without blanks around them, object `(n,)`.
        form: One of `NUMBER_FORMATS`, and maybe the "unit" that is behind each number; or
            {"truth": True} for true and false; or {"clock": True} for the time of the day, which
            becomes hours. "missing" may list what else says that a number is missing.

    Returns:
        NaN where a number is missing or cannot be read, and a mask of the latter.
    """
    numbers = np.full(len(texts), np.nan)
    missing = missing_numbers(texts, form.get("missing", ()))
    present = texts[~missing]
    if unit := form.get("unit"):
        present = np.array([text.removesuffix(unit).rstrip() for text in present], object)
    read = _all_at_once(present, form)
    numbers[~missing] = np.array([_number(t, form) for t in present]) if read is None else read
    return numbers, np.isnan(numbers) & ~missing


def _all_at_once(texts: np.ndarray, form: Mapping[str, Any]) -> np.ndarray | None:
    """Return all numbers, if they have no signs of currency and the like around them: fast."""
    joined = "\n".join(texts)
    if form.get("truth") or form.get("clock") or not _core(form)[1].fullmatch(joined + "\n"):
        return None
    parts = _plain(joined, form).split("\n")
    return np.array(parts, object).astype(np.float64) if len(parts) == len(texts) else None


def _number(text: str, form: Mapping[str, Any]) -> float:
    """Return the number that a text is; NaN if it is none."""
    if form.get("truth"):
        return TRUTH.get(text.lower(), np.nan)
    if form.get("clock"):
        return _hours(text)
    text = text.translate(ALIKE)
    if text.lstrip("+-").lower() in ("inf", "infinity"):
        return float(text)
    found = _core(form)[0].fullmatch(text)
    if not found or (found["open"] is None) != (found["close"] is None):
        return np.nan
    negative = "-" in (found["sign"], found["inner"]) or found["open"] is not None
    size = float(_plain(found["core"], form))
    return -size if negative else size


def _hours(text: str) -> float:
    """Return the hours since midnight; NaN if a text is no time of the day."""
    found = CLOCK.fullmatch(text)
    if not found or (found["half"] and not 1 <= int(found["hours"]) <= 12):
        return np.nan
    hours = int(found["hours"])
    if found["half"]:
        hours = hours % 12 + 12 * (found["half"].lower() == "pm")
    return hours + int(found["minutes"]) / 60 + float(found["seconds"] or 0) / 3600


def is_number(text: str, form: Mapping[str, Any]) -> bool:
    """Return whether a text is a number that is written in this way."""
    return not np.isnan(_number(text, form))


def _plain(text: str, form: Mapping[str, Any]) -> str:
    """Return numbers with a point for decimals and no sign for thousands."""
    thousands, decimal = form.get("thousands", ""), form.get("decimal", ".")
    text = text.replace(thousands, "") if thousands else text
    return text.replace(decimal, ".") if decimal != "." else text


def _core(form: Mapping[str, Any]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _patterns(form.get("decimal", "."), form.get("thousands", ""))


@cache
def _patterns(decimal: str, thousands: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a number with what may stand around it, and of lines of bare ones."""
    point, grouped = re.escape(decimal), ""
    if thousands:
        grouped = rf"[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}})+(?:{point}[0-9]*)?|"
    core = rf"(?:{grouped}[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][-+]?[0-9]+)?"
    one = (
        rf"(?P<open>\()?(?P<sign>[-+]?) ?(?:{CURRENCY} ?)?(?P<inner>[-+]?)(?P<core>{core})"
        rf" ?(?:%|{CURRENCY}|\.-)?(?P<close>\))?"
    )
    return re.compile(one), re.compile(rf"(?:[-+]?{core}\n)*+")


def dates_from(texts: np.ndarray, form: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return dates as in ISO 8601, object `(n,)`, "" where there is none; and what cannot be read.

    Args:
        texts: Without blanks around them, object `(n,)`.
        form: How all of them are written: "date", as for `datetime.strptime`. "missing" may list
            what else says that a date is missing.
    """
    import pandas as pd

    written = form.get("date", "%Y-%m-%d")
    missing = missing_numbers(texts, form.get("missing", ()))
    times = pd.to_datetime(
        pd.Series(np.where(missing, "", texts), dtype=object),
        format=written,
        errors="coerce",
        utc="%z" in written,
    )
    read = times.notna().to_numpy()
    iso = times.dt.strftime("%Y-%m-%d %H:%M:%S" if has_time(written) else "%Y-%m-%d")
    return np.where(read, iso.to_numpy(object), ""), ~read & ~missing


def has_time(form: str) -> bool:
    """Whether dates of this form have a time of the day."""
    return "%H" in form or "%I" in form
