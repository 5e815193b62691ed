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
        middle = (boxes[rows, :2] + boxes[rows, 2:]) / 2
        low = middle.min(axis=0, initial=np.inf)
        wide = max(float((middle - low).max(initial=0.0)), 1e-9)
        cells = ((middle - low) / wide * 65_535).astype(np.int64)
        at = loops.along_hilbert(cells[:, 0], cells[:, 1])
        order = rows[np.argsort(at, kind="stable")]

        ends, number = [0], len(order)
        while number > 0:
            ends.append(ends[-1] + number)
            number = -(-number // loops.FAN) if number > 1 else 0
        levels = np.array(ends, dtype=np.int64)
        return cls(order, levels, loops.raise_tree(boxes, order, levels))

    def near(self, boxes: Floats) -> tuple[Ints, Ints]:
        """Return the pairs that meet a box, sorted: its row, the row of what lies in the tree."""
        from . import join_kernels as loops  # numba: an optional library

        own, other = loops.near(self.boxes, self.order, self.levels, boxes)
        return own, other


@dataclass(frozen=True, slots=True)
class ReadyRagged:
    """Shapes made ready once, to be met by many."""

    shapes: RaggedShapes
    tree: BoxTree

    @classmethod
    def of(cls, shapes: RaggedShapes) -> ReadyRagged:
        """Make shapes ready."""
        return cls(shapes, BoxTree.of(shapes.laid.box))


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
    kept = np.flatnonzero(state != loops.APART)
    site, resource, state, measure = site[kept], resource[kept], state[kept], measure[kept]
    open_rows = np.flatnonzero(state == loops.ASK)
    if len(open_rows):
        meets, settled = _by_geos(sites, resources.shapes, site[open_rows], resource[open_rows])
        measure[open_rows] = np.where(np.isnan(settled), measure[open_rows], settled)
        kept = np.ones(len(site), dtype=bool)
        kept[open_rows] = meets
        site, resource, measure = site[kept], resource[kept], measure[kept]
    return _told(sites, resources.shapes, site, resource, measure)


def _told(
    sites: RaggedShapes,
    resources: RaggedShapes,
    site: Ints,
    resource: Ints,
    measure: Floats,
) -> OverlapPairs:
    """Say what the measure of each pair is, and which share of the site."""
    from . import join_kernels as loops  # numba: an optional library

    mine, theirs = sites.dimensions()[site], resources.dimensions()[resource]
    whole = sites.laid.size[site]
    area, length = np.zeros(len(site)), np.zeros(len(site))
    both = (mine == loops.POLYGONS) & (theirs == loops.POLYGONS)
    # sums over edges leave a little beside 0 and the smaller area
    least = np.minimum(whole, resources.laid.size[resource])
    area[both] = np.clip(measure[both], 0.0, least[both])
    along = mine + theirs == loops.LINES + loops.POLYGONS
    length[along] = measure[along]
    share = np.zeros(len(site))
    in_polygon = (theirs == loops.POLYGONS) & (whole > 0)
    np.divide(np.where(both, area, measure), whole, out=share, where=in_polygon)
    return OverlapPairs(site, resource, area, length, np.minimum(share, 1.0))


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
    measure = np.full(len(site), np.nan)
    kinds = sites.laid.kind[site], resources.laid.kind[resource]
    dims = shapely.get_dimensions(mine), shapely.get_dimensions(theirs)

    odd = (kinds[0] == loops.ODD) | (kinds[1] == loops.ODD)
    areas = np.flatnonzero(meets & odd & (dims[0] == 2) & (dims[1] == 2))
    measure[areas] = shapely.area(shapely.intersection(mine[areas], theirs[areas]))
    along = np.flatnonzero(meets & (dims[0] + dims[1] == 3))
    measure[along] = shapely.length(shapely.intersection(mine[along], theirs[along]))
    several = np.flatnonzero(meets & (dims[0] == 0) & (dims[1] == 2))
    parts, row = shapely.get_parts(mine[several], return_index=True)
    inside = shapely.intersects(theirs[several][row], parts)
    measure[several] = np.bincount(row, inside, len(several))
    return meets, measure


def _of_rows(ragged: RaggedShapes, rows: Ints) -> Shapes:
    """Make the shapes of rows, each once."""
    once, back = np.unique(rows, return_inverse=True)
    return ragged.shapes(once)[back]
