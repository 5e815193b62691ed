"""Candidates on the grid of degrees: one of them may have a hundred thousand holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from ...geometry.projection import QUANTUM_DIGITS, quantise
from ...geometry.straight import lifted_to_degrees


def in_degrees(polygons: Any, plane: str) -> Any:
    """Bring polygons from a plane to degrees and round them there as :func:`quantise` does.

    A polygon that the rounding made invalid is repaired ring by ring where that is enough: holes
    that a rounding left crossing themselves are few, and the whole need not be built anew.

    Parameters
    ----------
    polygons
        An array of polygons and multipolygons, metres on `plane`; valid.

    Returns
    -------
    ndarray
        EPSG:4490, valid polygons and multipolygons on the grid of 1e-7 degree.
    """
    lifted = lifted_to_degrees(polygons, plane)
    rounded = shapely.transform(lifted, lambda xy: np.round(xy, QUANTUM_DIGITS))
    for row in np.flatnonzero(~shapely.is_valid(rounded)).tolist():
        mended = _mended(rounded[row])
        rounded[row] = mended if shapely.is_valid(mended) else quantise(lifted[row])
    return rounded


def _mended(shape: Any) -> Any:
    """Repair the rings of a shape that cross themselves, each for itself."""
    parts = [_mended_polygon(part) for part in shapely.get_parts(shape)]
    whole = shapely.get_parts(np.array(parts, dtype=object))
    return whole[0] if len(whole) == 1 else shapely.multipolygons(whole)


def _mended_polygon(polygon: Any) -> Any:
    if shapely.is_valid(polygon):
        return polygon
    rings = shapely.get_rings(polygon)
    shells = _sound_rings(rings[:1])
    if len(shells) != 1:
        # a shell in two: which hole lies in which part is for the library to find
        return shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    holes = _sound_rings(rings[1:])
    return shapely.polygons(shells[0], list(holes)) if len(holes) else shapely.polygons(shells[0])


def _sound_rings(rings: Any) -> Any:
    """Return rings that do not cross themselves; what has no area left is none."""
    if not len(rings):
        return rings
    filled = shapely.polygons(rings)
    bad = ~shapely.is_valid(filled)
    made = shapely.get_parts(
        shapely.make_valid(filled[bad], method="structure", keep_collapsed=False)
    )
    made = made[shapely.get_type_id(made) == shapely.GeometryType.POLYGON]
    if shapely.get_num_interior_rings(made).any():
        return rings  # still crossing: the whole is then repaired at once
    return np.concatenate([rings[~bad], shapely.get_exterior_ring(made)])
