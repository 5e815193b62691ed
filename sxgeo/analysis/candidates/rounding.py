"""Candidates on the grid of degrees: one of them may have a hundred thousand holes."""

from __future__ import annotations

import numpy as np
import shapely

from ...geometry.projection import QUANTUM_DIGITS
from ...geometry.shapes import Floats, Shape, Shapes
from ...geometry.straight import lifted_to_degrees
from .blocks import are_single, cut_out, flat_polygons, merged, single_parts
from .holes import MANY, are_sound, is_sound, parted

_CORNERS_AT_ONCE = 2_000_000


def in_degrees(polygons: Shapes, plane: str) -> Shapes:
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
    rounded = _rounded(np.asarray(polygons, dtype=object), plane)
    for row in np.flatnonzero(~are_sound(rounded)).tolist():
        mended = _mended(rounded[row])
        # rings that cross each other are left to the library, which builds the whole anew
        if shapely.is_empty(mended) or not is_sound(mended):
            mended = shapely.make_valid(rounded[row], method="structure", keep_collapsed=True)
        rounded[row] = mended
    return rounded


def laid_together(polygons: Shapes) -> Shape:
    """Return polygons of :func:`in_degrees` as one shape; those that the rounding made meet are
    united.
    """
    parts = flat_polygons(polygons)
    return shapely.multipolygons(parted(parts) if len(parts) > 1 else parts)


def _rounded(shapes: Shapes, plane: str) -> Shapes:
    """Bring shapes to degrees and round their corners."""
    parts, shape_of = single_parts(shapes)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    polygons = shapely.polygons(_rounded_rings(rings, plane), indices=part_of)

    # a polygon stays one, and a multipolygon one of all its parts; what is empty stays as it was
    rounded = np.array(shapes, dtype=object)
    of_alone = are_single(shapes)[shape_of]
    rounded[np.unique(shape_of[of_alone])] = polygons[of_alone]
    for row in np.unique(shape_of[~of_alone]).tolist():
        rounded[row] = shapely.multipolygons(polygons[shape_of == row])
    return rounded


def _rounded_rings(rings: Shapes, plane: str) -> Shapes:
    """Bring rings to degrees and round their corners, so many at once as bound the memory."""
    batch_of = np.cumsum(shapely.get_num_coordinates(rings)) // _CORNERS_AT_ONCE
    batches = np.split(rings, np.flatnonzero(np.diff(batch_of)) + 1)
    lifted = (lifted_to_degrees(batch, plane) for batch in batches)
    return np.concatenate([shapely.transform(batch, _on_grid) for batch in lifted])


def _on_grid(degrees: Floats) -> Floats:
    return np.round(degrees, QUANTUM_DIGITS)


def _mended(shape: Shape) -> Shape:
    """Repair the rings of a shape that cross themselves, each for itself; of very many parts, those
    that meet together.
    """
    parts = shapely.get_parts(shape)
    for row in np.flatnonzero(~are_sound(parts)).tolist():
        parts[row] = _mended_polygon(parts[row])
    whole = shapely.get_parts(parts)
    # few parts are looked at by the caller, who has the library mend them together
    if len(whole) >= MANY:
        whole = parted(whole)
    return whole[0] if len(whole) == 1 else shapely.multipolygons(whole)


def _mended_polygon(polygon: Shape) -> Shape:
    """Repair shell and holes each for itself, and cut the holes out anew."""
    rings = shapely.get_rings(polygon)
    shells, holes = _sound(rings[:1]), _sound(rings[1:])
    parts = cut_out(shells, merged(holes))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _sound(rings: Shapes) -> Shapes:
    """Return the polygons that rings go round; what has no area left is none."""
    if not len(rings):
        return rings
    polygons = shapely.polygons(rings)
    bad = ~shapely.is_valid(polygons)
    made = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    return np.concatenate([polygons[~bad], flat_polygons(made)])
