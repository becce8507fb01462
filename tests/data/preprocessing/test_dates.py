"""Dates as numbers."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.preprocessing.dates import date_features

EPOCH = datetime.datetime(1970, 1, 1)


def features(*texts: str, times: bool = False) -> np.ndarray:
    return np.asarray(date_features(np.array(texts, object)[:, None], times))


def cycle(x: list[float], period: int) -> np.ndarray:
    """Return where in a cycle something is, as a point on a circle."""
    angles = 2 * np.pi * np.array(x) / period
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


@given(st.lists(st.dates(), min_size=1))
def test_dates_are_those_of_the_calendar(dates: list[datetime.date]) -> None:
    found = features(*(date.isoformat() for date in dates))

    assert found[:, 0].tolist() == [date.year for date in dates]
    assert found[:, 1].tolist() == [(date - EPOCH.date()).days for date in dates]
    np.testing.assert_allclose(found[:, 2:4], cycle([d.month for d in dates], 12), atol=1e-9)
    np.testing.assert_allclose(found[:, 4:6], cycle([d.weekday() for d in dates], 7), atol=1e-9)


@given(st.lists(st.datetimes(), min_size=1))
def test_times_are_parts_of_a_day(times: list[datetime.datetime]) -> None:
    times = [time.replace(microsecond=0) for time in times]
    found = features(*(time.isoformat(" ") for time in times), times=True)

    days = [(time - EPOCH) / datetime.timedelta(days=1) for time in times]
    hours = [time.hour + time.minute / 60 + time.second / 3600 for time in times]
    np.testing.assert_allclose(found[:, 1], days, rtol=0, atol=1e-8)
    np.testing.assert_allclose(found[:, 6:], cycle(hours, 24), atol=1e-8)


@pytest.mark.parametrize(
    "text", ["", "n/a", "2024-1-2", "2024-13-01", "2024-00-10", "2024-01-32", "02.01.2024", "2024"]
)
def test_what_is_no_date_is_missing(text: str) -> None:
    found = features("2024-01-02", text)

    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@given(st.text(alphabet="0123456789-: a", max_size=25))
def test_any_text_is_a_date_or_missing(text: str) -> None:
    (row,) = features(text, times=True)

    assert np.isfinite(row).all() or np.isnan(row).all()


def test_a_date_without_its_time_is_at_midnight() -> None:
    bare, midnight = features("2024-01-02", "2024-01-02 00:00:00", times=True)

    np.testing.assert_array_equal(bare, midnight)
