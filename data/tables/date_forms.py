"""How the dates of a column are written."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import product

import numpy as np

from data.tables.cells import dates_from

# fmt: off
DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d. %b %Y", "%b %d, %Y", "%b %d %Y",
    "%Y-%b-%d", "%d %B %Y", "%d-%B-%Y", "%d. %B %Y", "%B %d, %Y",
    "%B %d %Y", "%a, %d %b %Y", "%a %d %b %Y", "%A, %d %B %Y", "%A, %B %d, %Y",
    "%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%Y %b",
)
TIMES = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M", "T%H:%M:%S.%f",
    "T%H:%M:%S%z", "T%H:%M:%S.%f%z", " %H:%M:%S%z", " %H:%M:%S.%f%z", " %I:%M %p", " %I:%M:%S %p",
    ", %H:%M", ", %H:%M:%S", ", %I:%M %p",
)
# fmt: on
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y")
SHORTEST, LONGEST = 6, 40
# So many of a column's texts are tried first.
TRIED = 100
# A column is one of dates if so many of its texts are dates that are written in one way.
MOST = 0.9


def _shape(text: str) -> str:
    """Return a text with 9 for each number, and a letter for each word and each time zone."""
    text = re.sub(r"(:\d\d(?:\.\d+)?)(?:Z|[-+]\d\d:?\d\d)$", r"\1a", text)
    return re.sub("[A-Za-z]+", "a", re.sub(r"\d+", "9", text))


def _shape_of_form(form: str) -> str:
    return _shape(re.sub("%[bBaApz]", "a", re.sub("%[YydmHIMSf]", "9", form)))


FORMS: dict[str, list[str]] = {}
for _form in (day + time for day, time in product(DAYS, TIMES)):
    FORMS.setdefault(_shape_of_form(_form), []).append(_form)


def date_form(texts: np.ndarray, order: str) -> tuple[str, np.ndarray, bool] | None:
    """Return how dates are written: one way for a whole column; None if they are no dates.

    Args:
        texts: The distinct texts of a column in their order, object `(n,)`, none of them missing.
        order: "day-first" or "month-first", where dates allow both; "auto": the order in which the
            texts are sorted, if only one is; else the day is first unless "/" is between.

    Returns:
        The form as for `datetime.strptime`, a mask `(n,)` of what is no date, and whether both
        orders are possible.
    """
    some = texts[:TRIED]
    if not all(any(sign.isdigit() for sign in text) for text in some[:3]):
        return None
    possible = dict.fromkeys(
        form for text in some[:3] for form in FORMS.get(_shape(text), ()) if _is_date(text, form)
    )
    fitting = []
    for form in possible:
        _, unread = dates_from(some, {"date": form})
        if unread.mean() <= 1 - MOST:
            dates, unread = dates_from(texts, {"date": form})
            if unread.mean() <= 1 - MOST:
                fitting.append((unread.sum(), form, unread, dates[~unread]))
    if not fitting:
        return None
    fewest = min(count for count, *_ in fitting)
    best = [(form, unread, dates) for count, form, unread, dates in fitting if count == fewest]
    forms = [form for form, *_ in best]
    day_first = [form for form in forms if _order(form) == "day-first"]
    month_first = [form for form in forms if _order(form) == "month-first"]
    both = bool(day_first and month_first)
    if both:
        chosen = order if order != "auto" else _likely_order(best)
        best = [one for one in best if _order(one[0]) == chosen]
    form, unread, _ = best[0]
    return form, unread, both


def _is_date(text: str, form: str) -> bool:
    # The first months of 2000 are 2000-01 and so on; 2000-1 is a term, or a code.
    if not max(SHORTEST, 7 * (form in MONTHS)) <= len(text) <= LONGEST:
        return False
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _order(form: str) -> str:
    if form.startswith("%d") and form[2:5].endswith("%m"):
        return "day-first"
    return "month-first" if form.startswith("%m") and "%d" in form else ""


def _likely_order(best: list[tuple[str, np.ndarray, np.ndarray]]) -> str:
    ordered = {_order(form) for form, _, dates in best if len(dates) > 2 and _sorted(dates)}
    if len(ordered) == 1:
        return ordered.pop()
    return "month-first" if "/" in best[0][0] else "day-first"


def _sorted(dates: np.ndarray) -> bool:
    return bool((dates[1:] >= dates[:-1]).all() or (dates[1:] <= dates[:-1]).all())
