"""Degrees, minutes and seconds packed into one number, 112.334506 for 112 33 45.06: read so when
said, suspected when they fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...geometry.shapes import Floats

_LEAST_DECIMALS = 4
_WHOLE = 1000.0
_SLACK = 1e-7


def parts_of(values: Floats) -> tuple[Any, Any, Any]:
    """Return degrees, minutes and seconds of DDD.MMSSss, or of DDDMMSS.ss where a number is too
    large for it.
    """
    size = np.abs(np.asarray(values, dtype=float))
    # 112.33 is held as a hair less, and 33 minutes would become 32
    packed = np.where(size >= _WHOLE, size / 1e4, size) + 1e-11
    degrees = np.floor(packed)
    minutes = np.floor((packed - degrees) * 100.0 + _SLACK)
    seconds = (packed - degrees) * 1e4 - minutes * 100.0
    return degrees, minutes, np.maximum(seconds, 0.0)


def unpacked(values: Floats) -> Any:
    """Return packed numbers in decimal degrees; NaN where minutes or seconds are 60 or more."""
    degrees, minutes, seconds = parts_of(values)
    # 60 of them mark a decimal degree that was taken for a packed one
    sane = (minutes < 60) & (seconds < 60 + _SLACK)
    return np.where(
        sane,
        np.sign(values) * (degrees + minutes / 60.0 + seconds / 3600.0),
        np.nan,
    )


def could_be_packed(values: Floats, step: float | None) -> bool:
    """Whether every number has four decimals or more and could be degrees, minutes and seconds as
    well.

    Parameters
    ----------
    values
        Numbers as written.
    step
        Unit of the last place of the finest of them.
    """
    if step is None or step > 1.01 * 10.0**-_LEAST_DECIMALS or not len(values):
        return False
    # a whole number is written by people who mean degrees
    whole = np.abs(values - np.round(values)) < 1e-9
    return bool(np.isfinite(unpacked(values)).all() and not whole.any())
