"""What a column is taken for: its kind, how it is written, and what a person should know of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from data.columns import Column
from data.data_options import DataOptions
from data.errors import InputError
from data.tables.cells import (
    MISSING_TEXTS,
    NUMBER_FORMATS,
    PLAIN,
    TRUTH,
    is_number,
    missing_numbers,
    numbers_from,
    plain_text,
    texts_of,
)
from data.tables.date_forms import date_form

if TYPE_CHECKING:
    import pandas as pd

# So many distinct texts tell how numbers are written, and whether texts are names.
TRIED = 1000
# If so many cells are numbers, the others are in the way of a column of numbers.
MOST_NUMBERS = 0.8
# Whole numbers with so many different values may be codes.
FEWEST_VALUES, MOST_VALUES = 3, 10
# Whole numbers of so many digits each, nearly all different, may be codes, such as of books.
LONG_CODES = 8
# Texts that are (nearly) all different name rows, or are free text.
ALL_DIFFERENT, MOSTLY_DIFFERENT = 0.9, 0.5
# Free text has so many words; or fewer, of which so many do not begin as those of names do.
MANY_WORDS, SEVERAL_WORDS, LOWER = 8, 3, 0.4
# Whole numbers that may be dates such as 20240131.
DATES = (19000101, 21001231)
SHOWN = 4
# A unit behind a number: kg, mph, km/h, m², °C.
UNIT = re.compile(r"[0-9.,] ?([^\W\d_]{1,3}|°[CF]|[^\W\d_]{1,3}(?:[/²³][^\W\d_]{0,3}))$")
# Numbers that some programs write for missing ones.
STAND_INS = (-99, -999, -9999, -99999, 999, 9999, 99999)

ID_WORDS = {"id", "ids", "index", "idx", "row", "rows", "rowname", "rownames", "no", "nr", "number"}
ID_WORDS |= {"key", "uuid", "guid", "obs", "observation", "case", "identifier"}
ID_NAME = re.compile(
    "(user|customer|client|patient|person|subject|sample|case|order|product|item|member|student|"
    "employee|account|session|record|row|obs|house|loan|transaction|event)(id|no|nr|number)"
)
# What goes up by one from row to row tells the time, if it is called so.
TIME_WORDS = {"time", "day", "days", "week", "weeks", "month", "year", "hour", "minute", "t"}

NUMBERS_ROWS = "it numbers the rows; --numeric COLUMN keeps it"
SEVERAL_ROWS = (
    "called as an identifier, with several rows each (--groups COLUMN keeps them in one split, "
    "--drop COLUMN leaves it out)"
)

Found = tuple[str, Mapping[str, Any], str]


def column_of(name: str, cells: pd.Series, options: DataOptions, decimal: str) -> Column:
    """Return what a column of a table is taken for.

    Args:
        name: As in the file.
        cells: Numbers, or texts as they stand in the file.
        options: What is asked for.
        decimal: The sign for decimals, where a column leaves it open: "." or ",".

    Raises:
        InputError: It is asked to be numbers, and has none.
    """
    kind, form, note = _found(name, cells, options, decimal)
    if kind in ("number", "category") and _repeats_id(name, cells):
        note = _joined(note, SEVERAL_ROWS)
    return Column(name.replace("/", "_"), kind, name, dict(form), note)


def left_out(name: str, note: str) -> Column:
    """Return a column that is no input of models."""
    return Column(name.replace("/", "_"), "left out", name, note=note)


def _found(name: str, cells: pd.Series, options: DataOptions, decimal: str) -> Found:
    if name in options.text:
        return "text", PLAIN, ""
    if name in options.categorical:
        return "category", _code(texts_of(cells)), ""
    if cells.dtype.kind in "iuf":
        return _of_numbers(name, cells.to_numpy(), name in options.numeric, PLAIN, "")
    return _of_texts(name, texts_of(cells), options, decimal)


def _code(texts: np.ndarray) -> Mapping[str, Any]:
    """Return how codes are written: 4 and 4.0 are one, but 07 and 7 are two."""
    zeros = any(re.fullmatch("0[0-9]+", text) for text in texts)
    return {} if zeros or not any(is_number(text, PLAIN) for text in texts) else {"code": True}


def _of_numbers(
    name: str, values: np.ndarray, asked: bool, form: Mapping[str, Any], note: str
) -> Found:
    """Return what numbers are, unless they are asked to be just that."""
    present = values[np.isfinite(values)]
    few = len(present) and FEWEST_VALUES <= len(np.unique(present[:TRIED])) <= MOST_VALUES
    if not asked:
        if not len(present) and not np.isinf(values).any():
            return "left out", PLAIN, "empty"
        whole = len(present) > 0 and bool((present == np.round(present)).all())
        if len(present) == len(values):
            if (present == present[0]).all():
                return "left out", PLAIN, f"{plain_text(present[0])} in each row"
            if whole and _numbers_rows(name, present):
                return "left out", PLAIN, NUMBERS_ROWS
        if whole and form == PLAIN and DATES[0] <= present.min() and present.max() <= DATES[1]:
            texts = np.array(list(map(plain_text, np.unique(present))), object)
            found = date_form(texts, "auto")
            if found and found[0] == "%Y%m%d" and not found[1].any():
                return (
                    "date",
                    {"date": found[0]},
                    _joined(note, f'dates such as "{texts[0]}" (--numeric COLUMN for numbers)'),
                )
        if whole and few and not _tells_time(name) and len(np.unique(present)) <= MOST_VALUES:
            note = _joined(
                note, "few whole numbers, taken as quantities (--categorical COLUMN for codes)"
            )
        if whole and not _tells_time(name) and _long_codes(present):
            digits = len(plain_text(present[0]))
            note = _joined(
                note, f"{digits} digits each, taken as quantities (--drop COLUMN for codes)"
            )
    return "number", form, _joined(note, _stand_in(present))


def _long_codes(values: np.ndarray) -> bool:
    """Return whether whole numbers look like codes that name things, such as of books or phones."""
    least, most = values.min(), values.max()
    digits = len(plain_text(most))
    alike = least > 0 and len(plain_text(least)) == digits >= LONG_CODES
    return bool(alike and len(np.unique(values)) >= ALL_DIFFERENT * len(values))


def _stand_in(values: np.ndarray) -> str:
    """Return a note on a number such as -999, far from all others, that may say "missing"."""
    for number in STAND_INS:
        others = values[values != number]
        if len(others) and len(values) - len(others) > 1 and np.abs(others).max() < abs(number) / 4:
            count = len(values) - len(others)
            return f"warning: {number} in {count} rows may stand for missing (empty those cells)"
    return ""


def _numbers_rows(name: str, values: np.ndarray) -> bool:
    """Return whether whole numbers say which row it is, and nothing else."""
    if len(np.unique(values)) < len(values):
        return False
    if _tells_time(name):
        return False
    counted = values.min() in (0, 1) and values.max() - values.min() == len(values) - 1
    return counted or is_id(name)


def is_id(name: str) -> bool:
    """Return whether a column is called as those are that name rows."""
    words = _words(name)
    return bool(ID_WORDS & {*words[:1], *words[-1:]} or ID_NAME.fullmatch("".join(words)))


def _repeats_id(name: str, cells: pd.Series) -> bool:
    """Return whether each of many persons, or the like, has several rows."""
    words = _words(name)
    if words[-1:] not in (["id"], ["uuid"]) and not ID_NAME.fullmatch("".join(words)):
        return False
    return 10 < cells.nunique() <= 0.9 * len(cells)


def _tells_time(name: str) -> bool:
    return bool(TIME_WORDS & set(_words(name)))


def _words(name: str) -> list[str]:
    """Return the words of a name, such as "patient" and "id" of "PatientID"."""
    return [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+", name)]


def _of_texts(name: str, texts: np.ndarray, options: DataOptions, decimal: str) -> Found:
    import pandas as pd

    places, distinct = pd.factorize(texts)
    counts = np.bincount(places, minlength=len(distinct))
    missing = missing_numbers(distinct)
    real, real_counts = distinct[~missing], counts[~missing]
    marks = _marks_note(distinct[missing], counts[missing])
    asked = name in options.numeric
    if not len(real):
        return "left out", PLAIN, "empty"
    if not asked and all(text.lower() in TRUTH for text in real):
        if len(real) == 1 and not missing.any():
            return "left out", PLAIN, f'"{real[0]}" in each row'
        return "number", {"truth": True}, marks
    if not asked and (zeros := _with_zeros(real)):
        if len(real) >= ALL_DIFFERENT * len(texts):
            return "left out", PLAIN, f'codes such as "{zeros}", nearly all different'
        note = f'codes such as "{zeros}", with zeros before (--numeric COLUMN for numbers)'
        return "category", PLAIN, note
    form, unread = number_form(real, decimal)
    share = 1 - real_counts[unread].sum() / real_counts.sum()
    if share == 0:
        form, unread = _other_form(real, decimal)
        share = float(not unread.any())
    odd = examples_of(real[unread], real_counts[unread])
    if share == 1 or asked:
        if share == 0:
            raise InputError(
                f'Expected numbers in "{name}", as --numeric says, received texts such as {odd}.'
            )
        if unread.any():
            form = {**form, "missing": sorted(real[unread])}
            count = real_counts[unread].sum()
            marks = _joined(marks, f"{count} that are no numbers ({odd}): missing")
        values, _ = numbers_from(texts, form)
        how = _format_note(real[~unread], form)
        return _of_numbers(name, values, asked, form, _joined(how, marks))
    if share >= MOST_NUMBERS:
        return (
            "category",
            PLAIN,
            f"warning: {share:.0%} are numbers, but {odd} in {real_counts[unread].sum()} rows are "
            "not: all are taken as categories (--numeric COLUMN takes those for missing)",
        )
    if found := date_form(real, options.dates):
        written, unread, both = found
        order = "day" if written.startswith("%d") else "month"
        how = f'dates such as "{real[0]}" read with the {order} first (--dates overrules)'
        note, form = _joined(how if both else "", marks), {"date": written}
        if unread.any():
            odd = examples_of(real[unread], real_counts[unread])
            form["missing"] = sorted(real[unread])
            note = _joined(note, f"{real_counts[unread].sum()} that are no dates ({odd}): missing")
        return "date", form, note
    return _of_words(distinct, counts)


def _of_words(distinct: np.ndarray, counts: np.ndarray) -> Found:
    """Return what texts are that are neither numbers nor dates."""
    # Where there is a plus, a minus is no mark.
    form: Mapping[str, Any] = {"values": ["-"]} if {"+", "-"} <= {*distinct} else {}
    missing = np.isin(distinct, list(MISSING_TEXTS.difference(form.get("values", ()))))
    marks = _marks_note(distinct[missing], counts[missing])
    real, rows = distinct[~missing], int(counts[~missing].sum())
    if len(real) == 1 and not missing.any():
        return "left out", PLAIN, f'"{real[0]}" in each row'
    different = len(real) / max(rows, 1)
    if different > MOSTLY_DIFFERENT and _is_free_text(real[:TRIED]):
        return "text", PLAIN, marks
    if different >= ALL_DIFFERENT:
        return (
            "left out",
            PLAIN,
            f"texts that are (nearly) all different, such as {examples_of(real[:1], counts[:1])}; "
            "--text or --categorical COLUMN keeps it",
        )
    return "category", form, marks


def _is_free_text(texts: np.ndarray) -> bool:
    """Return whether texts are sentences rather than names."""
    words = [
        word for text in texts for word in re.findall(r"[\u3040-\u9fff]|[^\s\u3040-\u9fff]+", text)
    ]
    mean, letters = len(words) / len(texts), [word for word in words if word[0].isalpha()]
    lower = sum(word[0].islower() for word in letters) / max(len(letters), 1)
    return mean >= MANY_WORDS or (mean >= SEVERAL_WORDS and lower >= LOWER)


def _with_zeros(texts: np.ndarray) -> str:
    """Return a text with zeros before a whole number, if all are whole numbers; else ""."""
    if not all(text.isdecimal() and text.isascii() for text in texts):
        return ""
    return next((text for text in texts if len(text) > 1 and text[0] == "0"), "")


def number_form(texts: np.ndarray, decimal: str) -> tuple[Mapping[str, Any], np.ndarray]:
    """Return the way in which (most) numbers are written, and where there is none."""
    forms: Sequence[Mapping[str, Any]] = NUMBER_FORMATS
    if decimal == ",":
        # 1,234 and 1.234 are what they are elsewhere in this table.
        forms = sorted(forms, key=lambda form: form.get("decimal", ".") != ",")
        if all(re.fullmatch(r"[-+]?[0-9]+", text) for text in texts):
            forms = NUMBER_FORMATS[:1]
    some = texts[:TRIED]
    unread = [int(numbers_from(some, form)[1].sum()) for form in forms]
    form = forms[int(np.argmin(unread))]
    return form, numbers_from(texts, form)[1]


def _other_form(texts: np.ndarray, decimal: str) -> tuple[Mapping[str, Any], np.ndarray]:
    """Return how all texts are numbers with one unit, or times; else that they are none."""
    clock = {"clock": True}
    if not (unread := numbers_from(texts, clock)[1]).any():
        return clock, unread
    found = [UNIT.search(text) for text in texts[:TRIED]]
    units = {one[1] if one else "" for one in found}
    if len(units) == 1 and (unit := units.pop()):
        bare = np.array([text.removesuffix(unit).rstrip() for text in texts], object)
        form, unread = number_form(bare, decimal)
        if not unread.any() and all(text.endswith(unit) for text in texts):
            return {**form, "unit": unit}, unread
    return PLAIN, np.ones(len(texts), bool)


def decimal_sign(frame: pd.DataFrame, separator: str) -> str:
    """Return the sign for decimals where a column leaves it open: "." or ",".

    It is a comma if a column says so; or between semicolons, if no column says anything.
    """
    plain = [cells for _, cells in frame.items() if cells.dtype.kind == "f"]
    for _, cells in frame.items():
        if cells.dtype.kind not in "iuf":
            texts = np.unique(texts_of(cells[:TRIED]))
            texts = texts[~missing_numbers(texts)]
            form, unread = number_form(texts, ".") if len(texts) else (PLAIN, np.ones(1, bool))
            if not unread.any() and form.get("decimal") == ",":
                return ","
    fractions = any((cells.dropna() % 1 != 0).any() for cells in plain)
    return "," if separator == ";" and not fractions else "."


def _format_note(texts: np.ndarray, form: Mapping[str, Any]) -> str:
    """Return how numbers are read that are not written plainly; "" if all are."""
    odd = next((text for text in texts if not re.fullmatch(r"[-+0-9.eE]+|inf", text)), None)
    if odd is None and form.get("thousands") != ".":
        return ""
    odd = odd or next((text for text in texts if "." in text), None)
    if odd is None:
        return ""
    (value,), _ = numbers_from(np.array([odd], object), form)
    return f'"{odd}" read as {plain_text(value)}'


def _marks_note(marks: np.ndarray, counts: np.ndarray) -> str:
    """Return which marks were taken for missing cells, beside empty ones."""
    found = [f'{n} "{mark}"' for mark, n in zip(marks, counts, strict=True) if mark]
    return f"{', '.join(found)} taken as missing" if found else ""


def examples_of(texts: np.ndarray, counts: np.ndarray) -> str:
    """Return the most frequent texts, shortened."""
    order = np.argsort(-counts, kind="stable")[:SHOWN]
    shown = [f'"{text[:30]}…"' if len(text) > 31 else f'"{text}"' for text in texts[order]]
    return ", ".join(shown) + (", …" if len(texts) > SHOWN else "")


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
