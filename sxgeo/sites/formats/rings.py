"""Rings of a polygon that its reader could not build: how far their ends lie apart, and those that
are closed all the same.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import shapely

from ...geometry.shapes import Shape

CLOSED_M = 1e-3
"""Ends of a ring this near are one point, written twice with another last digit."""
_DEGREE_M = 111_320.0
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000


def nearly_closed(wkb: bytes) -> Any | None:
    """Build a polygon whose rings miss their first point by no more than a millimetre; None for
    anything else.
    """

    # Bytes that no polygon has are somebody else's to judge.
    try:
        gaps, _ = _gaps(wkb, 0)
    except (struct.error, ValueError, IndexError):
        return None

    # Only a gap that rounding makes: a larger one is a point that was lost.
    if not gaps or not all(
        gap <= (CLOSED_M if reach > 360 else CLOSED_M / _DEGREE_M) for gap, reach in gaps
    ):
        return None
    # `fix` closes the rings with a point more, which `_one_end` takes out again
    shape = shapely.from_wkb(wkb, on_invalid="fix")
    if shapely.is_missing(shape):
        return None
    parts = [
        shapely.Polygon(rings[0], rings[1:])
        for part in shapely.get_parts(shape)
        if (rings := [_one_end(ring) for ring in shapely.get_rings(part)])
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _one_end(ring: Shape) -> Any:
    """Return the vertices of a ring without the last but one where it is the first one over
    again.
    """
    pairs = shapely.get_coordinates(ring)
    near = CLOSED_M if float(np.abs(pairs).max()) > 360 else CLOSED_M / _DEGREE_M
    return (
        np.delete(pairs, -2, axis=0)
        if len(pairs) > 4 and np.hypot(*(pairs[-2] - pairs[-1])) <= near
        else pairs
    )


def _gaps(wkb: bytes, at: int) -> tuple[list[tuple[float, float]], int]:
    """Return for each ring the distance of its ends and its largest number, and where the geometry
    ends.
    """

    # The head of WKB: order of bytes, kind, and whether Z, M and an SRID are there, in the old way
    # of writing it and in the new.
    order = "<" if wkb[at] == 1 else ">"
    (code,) = struct.unpack_from(order + "I", wkb, at + 1)
    at += 5 + (4 if code & _EWKB_SRID else 0)
    plain = code & 0x0FFFFFFF
    kind, level = plain % 1000, plain // 1000
    dimension = (
        2 + bool(code & _EWKB_Z or level in (1, 3)) + bool(code & _EWKB_M or level in (2, 3))
    )
    (count,) = struct.unpack_from(order + "I", wkb, at)
    at += 4
    gaps: list[tuple[float, float]] = []
    if kind not in (3, 6):
        raise ValueError("no polygon")
    for _ in range(count):
        # the polygons of a multipolygon have heads of their own
        if kind == 6:
            inner, at = _gaps(wkb, at)
            gaps += inner
            continue
        (number,) = struct.unpack_from(order + "I", wkb, at)
        points = np.frombuffer(wkb, order + "f8", number * dimension, at + 4).reshape(
            number, dimension
        )[:, :2]
        at += 4 + 8 * number * dimension
        gaps.append((float(np.hypot(*(points[0] - points[-1]))), float(np.abs(points).max())))
    return gaps, at
