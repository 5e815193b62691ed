"""What every part of a network is made of: kinds of arrays, ticks, keys, spans, steps in metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyproj import Geod

BUCKET_BITS = 4
"""Buckets of the compiled search are 16 ticks wide: few are empty, and few labels of one bucket
correct each other.
"""
TICKS_PER_MIN = 600
"""Times are quantised to 0.1 s: at most 0.05 s of error per edge, and never 0."""
UNITS_PER_DEGREE = 10_000_000
LAT_BITS = 31  # 180 degrees in units take 31 bits, 360 take 32: together 63
_GEOD = Geod(ellps="GRS80")
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Ints32 = npt.NDArray[np.int32]
"""Node numbers and ticks as the compiled loops hold them: half the memory of `Ints`."""


def ticks_of(length_m: Floats, speed_kmh: Floats) -> Ints:
    """Return the time in 0.1 s, at least 1, of lengths in metres at speeds in km/h."""
    return np.maximum(np.rint(length_m * 36.0 / speed_kmh), 1).astype(np.int64)


def keys_of(grid: Ints) -> Ints:
    """Return one number per place, (n, 2) degrees times 1e7, that sorts by lon, then lat."""
    # moved to above 0, so that the bits sort as the numbers do
    lon, lat = grid[:, 0] + 180 * UNITS_PER_DEGREE, grid[:, 1] + 90 * UNITS_PER_DEGREE
    return np.asarray((lon << LAT_BITS) | lat, dtype=np.int64)


def is_fresh(grid: Ints | Ints32, owner: Ints) -> Bools:
    """Say which places differ from the one before them, or belong to another owner: of places that
    repeat themselves the first.
    """
    fresh = np.ones(len(grid), dtype=bool)
    fresh[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (owner[1:] != owner[:-1])
    return fresh


def places_of(keys: Ints) -> tuple[Floats, Floats]:
    """Return lon and lat in degrees of the places that :func:`keys_of` numbered."""
    # the grid in degrees comes back out of the key, without a second rounding
    lon = (keys >> LAT_BITS) - 180 * UNITS_PER_DEGREE
    lat = (keys & ((1 << LAT_BITS) - 1)) - 90 * UNITS_PER_DEGREE
    return lon / UNITS_PER_DEGREE, lat / UNITS_PER_DEGREE


def spans(
    first: Ints,
    counts: Ints,
    step: Ints | int = 1,
) -> Ints:
    """Return ``first, first + step, ...`` of each span, `counts` long, one after the other."""
    # counts up from 0 within each span, without a loop over the spans
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(
        np.repeat(first, counts) + within * np.repeat(np.broadcast_to(step, counts.shape), counts)
    )


def owners_of(counts: Ints) -> Ints:
    return np.repeat(np.arange(len(counts)), counts)


def geodesic_steps_m(grid: Ints, owner: Ints) -> Floats:
    """Return the metres on the ellipsoid from each place to the next; 0 where the next belongs to
    another owner.
    """
    xy = grid / UNITS_PER_DEGREE
    _, _, metres = _GEOD.inv(
        xy[:-1, 0],
        xy[:-1, 1],
        xy[1:, 0],
        xy[1:, 1],
    )
    return np.where(owner[1:] == owner[:-1], metres, 0.0)


def geodesic_m(xy: Floats, owner: Ints) -> Floats:
    """Return the length in metres on the ellipsoid of each course."""
    _, _, metres = _GEOD.inv(
        xy[:-1, 0],
        xy[:-1, 1],
        xy[1:, 0],
        xy[1:, 1],
    )

    # the step from the end of one course to the start of the next is nobody's
    inside = owner[1:] == owner[:-1]
    return np.asarray(
        np.bincount(
            owner[:-1][inside],
            weights=np.asarray(metres)[inside],
        )
    )


def boxes_of(xy: Floats, start: Ints) -> Floats:
    """Return west, south, east, north of each course ``xy[start[i]:start[i + 1]]``."""
    # courses lie one after another, so each side is one pass over all vertices
    sides = [
        reduce.reduceat(xy[:, axis], start[:-1])
        for reduce in (np.minimum, np.maximum)
        for axis in (0, 1)
    ]
    return np.array(sides).T
