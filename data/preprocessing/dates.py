"""Dates as numbers, computed by Keras's own layers and operations, so inside a saved model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

# "2024-01-31" or "2024-01-31 23:59:00".
LONGEST = 19

# Of characters. Code 0 is none, 1 any other, and then they come in this order.
CHARACTERS = "0123456789- :"
FIRST_DIGIT = 2
DATE = "9999-99-99"
TIME = " 99:99:99"

# What each digit is worth in the year, month, day, hour, minute and second: (19, 6).
WORTH = np.zeros((LONGEST, 6))
for _unit, _start, _length in [(0, 0, 4), (1, 5, 2), (2, 8, 2), (3, 11, 2), (4, 14, 2), (5, 17, 2)]:
    WORTH[_start : _start + _length, _unit] = 10 ** np.arange(_length)[::-1]


def date_features(texts: Any, times: bool) -> keras.KerasTensor:
    """Return what dates say, float64 `(n, 6)`, with times `(n, 8)`: NaN where they are unreadable.

    That is the year, the days since 1970-01-01, the sine and cosine of the month in the year and
    of the day in the week, and with times of the hour in the day.

    Args:
        texts: Strings `(n, 1)`, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`; "" where one is missing.
        times: Whether the time of the day is looked at. It is 0 where a text has none.
    """
    codes = keras.layers.TextVectorization(
        standardize=None,
        split="character",
        vocabulary=list(CHARACTERS),
        output_mode="int",
        output_sequence_length=LONGEST,
    )(texts)
    is_digit = ops.logical_and(codes >= FIRST_DIGIT, codes < FIRST_DIGIT + 10)
    digits = ops.cast(ops.where(is_digit, codes - FIRST_DIGIT, 0), "float64")
    year, month, day, hour, minute, second = ops.split(ops.matmul(digits, WORTH), 6, axis=1)

    # A digit counts as "9" here.
    shape = ops.where(is_digit, FIRST_DIGIT + 9, codes)
    readable = _all(_has_shape(shape, DATE, 0), month >= 1, month <= 12, day >= 1, day <= 31)
    days = _days_since_1970(year, month, day)
    features = [year, days, *_cycle(month, 12), *_cycle(ops.mod(days + 3, 7), 7)]
    if times:
        hours = hour + minute / 60 + second / 3600
        hours = ops.where(_has_shape(shape, TIME, len(DATE)), hours, 0.0)
        features[1] = days + hours / 24
        features += _cycle(hours, 24)
    return ops.where(readable, ops.concatenate(features, axis=1), np.float64("nan"))


def _has_shape(codes: keras.KerasTensor, shape: str, start: int) -> keras.KerasTensor:
    expected = np.array([FIRST_DIGIT + CHARACTERS.index(character) for character in shape])
    part = codes[:, start : start + len(shape)]
    return ops.all(ops.equal(part, expected), axis=1, keepdims=True)


def _all(*conditions: keras.KerasTensor) -> keras.KerasTensor:
    return ops.all(ops.concatenate(conditions, axis=1), axis=1, keepdims=True)


def _cycle(x: keras.KerasTensor, period: int) -> list[keras.KerasTensor]:
    angle = x * (2 * np.pi / period)
    return [ops.sin(angle), ops.cos(angle)]


def _days_since_1970(
    year: keras.KerasTensor, month: keras.KerasTensor, day: keras.KerasTensor
) -> keras.KerasTensor:
    """Count days in the Gregorian calendar, in years that begin in March: leap days come last."""
    late = ops.cast(month > 2, "float64")
    year = year - 1 + late
    of_the_year = ops.floor((153 * (month + 9 - 12 * late) + 2) / 5) + day - 1
    leap_days = ops.floor(year / 4) - ops.floor(year / 100) + ops.floor(year / 400)
    return 365 * year + leap_days + of_the_year - 719468
