"""The join of very many shapes with very many others on arrays: which pairs meet, and how much of
them.

It tells what :func:`~sxgeo.geometry.overlap_pairs.overlap_pairs` tells, without an object for any
shape. Where two edges touch, or so nearly that rounding could decide, GEOS is asked: that one
stands beside it as the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .overlap_pairs import OverlapPairs
from .ragged import RaggedShapes

if TYPE_CHECKING:
    from .shapes import Bools, Floats, Ints, Shapes


@dataclass(frozen=True, slots=True)
class BoxTree:
    """A packed tree of boxes, in the order of a Hilbert curve.

    Attributes
    ----------
    order
        The row of each leaf.
    levels
        Where each level begins, leaves first, and the end.
    boxes
        Of all levels.
    """

    order: Ints
    levels: Ints
    boxes: Floats

    @classmethod
    def of(cls, boxes: Floats) -> BoxTree:
        """Raise the tree over boxes; those that are missing (NaN) are not in it."""
        from . import join_kernels as loops  # numba: an optional library

        rows = np.flatnonzero(~np.isnan(boxes[:, 0]))
        cells = _cells((boxes[rows, :2] + boxes[rows, 2:]) / 2)
        # what lies near on the curve lies near on the ground, so that boxes above stay small
        at = loops.along_hilbert(cells[:, 0], cells[:, 1])
        order = rows[np.argsort(at, kind="stable")]

        levels = _levels(len(order), loops.FAN)
        return cls(order, levels, loops.raise_tree(boxes, order, levels))

    def near(self, boxes: Floats) -> tuple[Ints, Ints]:
        """Return the pairs that meet a box, sorted: its row, the row of what lies in the tree."""
        from . import join_kernels as loops  # numba: an optional library

        own, other = loops.near(self.boxes, self.order, self.levels, boxes)
        return own, other


def _levels(leaves: int, fan: int) -> Ints:
    """Return where each level of a tree begins, and the end; `fan` boxes of one are under one of
    the next.
    """
    # Each level stands behind the one below; the highest has one box. Over nothing there is no
    # level at all.
    ends, number = [0], leaves
    while number > 0:
        ends.append(ends[-1] + number)
        number = -(-number // fan) if number > 1 else 0
    return np.array(ends, dtype=np.int64)


def _cells(places: Floats) -> Ints:
    """Return the cells of places in a square around all of them, 0 to 65,535 each way."""
    low = places.min(axis=0, initial=np.inf)
    # one place alone has no width
    wide = max(float((places - low).max(initial=0.0)), 1e-9)
    cells: Ints = ((places - low) / wide * 65_535).astype(np.int64)
    return cells


@dataclass(frozen=True, slots=True)
class ReadyRagged:
    """Shapes made ready once, to be met by many."""

    shapes: RaggedShapes
    tree: BoxTree

    @classmethod
    def of(cls, shapes: RaggedShapes) -> ReadyRagged:
        """Make shapes ready."""
        return cls(shapes, BoxTree.of(shapes.laid.box))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs, and what the two have in common: m2, m or points, as their kinds are."""

    site: Ints
    resource: Ints
    measure: Floats


def join(sites: RaggedShapes, resources: ReadyRagged) -> OverlapPairs:
    """Find the pairs that meet, and how much they have in common.

    Parameters
    ----------
    sites
        Valid shapes on the plane of the resources, metres; missing ones meet nothing. Very many
        come in pieces: the memory hangs on the piece.
    resources
        What is met.
    """
    from . import join_kernels as loops  # numba: an optional library

    own, held = sites.laid, resources.shapes.laid
    site, resource = resources.tree.near(own.box)
    state, measure = loops.common(own, held, site, resource)

    # apart for certain: most pairs of boxes
    met = state != loops.APART
    pairs = _Pairs(site[met], resource[met], measure[met])
    open_rows = np.flatnonzero(state[met] == loops.ASK)
    if len(open_rows):
        pairs = _settled(sites, resources.shapes, pairs, open_rows)
    return _told(sites, resources.shapes, pairs)


def _settled(
    sites: RaggedShapes,
    resources: RaggedShapes,
    pairs: _Pairs,
    rows: Ints,
) -> _Pairs:
    """Let GEOS decide of some pairs, and drop those of them that do not meet."""
    meets, measure = _by_geos(
        sites,
        resources,
        pairs.site[rows],
        pairs.resource[rows],
    )
    # NaN: GEOS has no measure of its own, that of the loops stands
    settled = pairs.measure.copy()
    settled[rows] = np.where(
        np.isnan(measure),
        pairs.measure[rows],
        measure,
    )
    kept = np.ones(len(pairs.site), dtype=bool)
    kept[rows] = meets
    return _Pairs(pairs.site[kept], pairs.resource[kept], settled[kept])


def _told(
    sites: RaggedShapes,
    resources: RaggedShapes,
    pairs: _Pairs,
) -> OverlapPairs:
    """Say what the measure of each pair is, and which share of the site."""
    from . import join_kernels as loops  # numba: an optional library

    mine, theirs = sites.dimensions()[pairs.site], resources.dimensions()[pairs.resource]
    whole = sites.laid.size[pairs.site]
    both = (mine == loops.POLYGONS) & (theirs == loops.POLYGONS)
    along = mine + theirs == loops.LINES + loops.POLYGONS
    # sums over edges leave a little beside 0 and the smaller area
    least = np.minimum(whole, resources.laid.size[pairs.resource])
    measure = np.where(
        both,
        np.clip(pairs.measure, 0.0, least),
        pairs.measure,
    )

    return OverlapPairs(
        site=pairs.site,
        resource=pairs.resource,
        area_m2=np.where(both, measure, 0.0),
        length_m=np.where(along, measure, 0.0),
        share=_shares(measure, whole, theirs == loops.POLYGONS),
    )


def _shares(
    measure: Floats,
    whole: Floats,
    in_polygon: Bools,
) -> Floats:
    """Return which part of each site lies in what it meets."""
    # Only a polygon holds a share of a site.
    share = np.zeros(len(whole))
    np.divide(measure, whole, out=share, where=in_polygon & (whole > 0))
    return np.minimum(share, 1.0)


def _by_geos(
    sites: RaggedShapes,
    resources: RaggedShapes,
    site: Ints,
    resource: Ints,
) -> tuple[Bools, Floats]:
    """Return whether pairs meet, and their measure where the loops have none, else NaN."""
    from . import join_kernels as loops  # numba: an optional library

    mine, theirs = _of_rows(sites, site), _of_rows(resources, resource)
    meets = shapely.intersects(mine, theirs)
    odd = (sites.laid.kind[site] == loops.ODD) | (resources.laid.kind[resource] == loops.ODD)
    return meets, _measured_by_geos(mine, theirs, meets, odd)


def _measured_by_geos(
    mine: Shapes,
    theirs: Shapes,
    meets: Bools,
    odd: Bools,
) -> Floats:
    """Return the measure of pairs that meet, NaN where that of the loops stands."""
    measure = np.full(len(mine), np.nan)
    own, others = shapely.get_dimensions(mine), shapely.get_dimensions(theirs)

    # The loops sum the areas of all polygons that they know, touching or not.
    areas = np.flatnonzero(meets & odd & (own == 2) & (others == 2))
    measure[areas] = shapely.area(shapely.intersection(mine[areas], theirs[areas]))

    # They give up a line or a point at the first touch: its measure is all to be found.
    along = np.flatnonzero(meets & (own + others == 3))
    measure[along] = shapely.length(shapely.intersection(mine[along], theirs[along]))
    several = np.flatnonzero(meets & (own == 0) & (others == 2))
    measure[several] = _points_inside(mine[several], theirs[several])
    return measure


def _points_inside(points: Shapes, polygons: Shapes) -> Floats:
    """Return how many of the points of each lie in its polygon."""
    parts, row = shapely.get_parts(points, return_index=True)
    inside = shapely.intersects(polygons[row], parts)
    return np.bincount(row, inside, len(points)).astype(np.float64)


def _of_rows(ragged: RaggedShapes, rows: Ints) -> Shapes:
    """Make the shapes of rows, each once."""
    once, back = np.unique(rows, return_inverse=True)
    return ragged.shapes(once)[back]
