"""Which shapes of two large sets meet, and how much of them: pairs with areas, lengths and shares,
no shapes.

It knows no law, no error and no distance; what a plot collides with is asked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .overlap_areas import Edges

if TYPE_CHECKING:
    from .shapes import Floats, Ints, Shapes

_SURE_M2, _SURE_SHARE = 1e-3, 1e-11
"""More than rounding leaves of the sums for shapes that do not meet."""


@dataclass(frozen=True, slots=True)
class OverlapPairs:
    """Pairs that meet, sorted by site, then by resource.

    Attributes
    ----------
    site, resource
        Rows of the two sets.
    area_m2
        0 unless both are polygons.
    length_m
        0 unless one is a line and the other a polygon.
    share
        Part of the site (its area, else its length, else its points) in the resource, 0 to 1; 0
        where the resource is no polygon.
    """

    site: Ints
    resource: Ints
    area_m2: Floats
    length_m: Floats
    share: Floats


@dataclass(frozen=True, slots=True)
class ReadyShapes:
    """Shapes made ready once, to be met by many: their tree, edges and areas."""

    tree: shapely.STRtree
    edges: Edges
    area_m2: Floats

    @classmethod
    def of(cls, shapes: Shapes) -> ReadyShapes:
        """Make shapes ready."""
        return cls(shapely.STRtree(shapes), Edges.of(shapes), shapely.area(shapes))


def overlap_pairs(
    sites: Shapes,
    resources: Shapes,
    ready: ReadyShapes | None = None,
) -> OverlapPairs:
    """Find the pairs that meet, and how much they have in common.

    Parameters
    ----------
    sites, resources
        Arrays of valid shapes on one plane, metres; missing ones meet nothing.
    ready
        What :meth:`ReadyShapes.of` made of the resources, for sites that come in pieces: the memory
        then hangs on the pieces.

    Raises
    ------
    UsageError
        If numba is not installed.
    """

    # Sorted by site, then resource: the tree tells its hits in an order of its own.
    held = ReadyShapes.of(resources) if ready is None else ready
    site, resource = held.tree.query(sites)
    order = np.lexsort((resource, site))
    site, resource = site[order], resource[order]
    area = _areas(sites, resources, held, site, resource)
    # what has an area in common meets; only the rest need be asked exactly
    whole = shapely.area(sites)[site]
    sure = area > _SURE_M2 + _SURE_SHARE * (whole + held.area_m2[resource])
    open_ones = np.flatnonzero(~sure)
    sure[open_ones] = shapely.intersects(sites[site[open_ones]], resources[resource[open_ones]])
    site, resource, area, whole = site[sure], resource[sure], area[sure], whole[sure]
    kinds = shapely.get_dimensions(sites)[site], shapely.get_dimensions(resources)[resource]

    # Lengths are only of the kinds that can have one; the rest stays 0.
    length = np.zeros(len(site))
    # a line through a polygon, either way round: few, and the overlay of a line is cheap
    along = np.flatnonzero(kinds[0] + kinds[1] == 3)
    common = shapely.intersection(sites[site[along]], resources[resource[along]])
    length[along] = shapely.length(common)

    # What the site gives up of itself: of its area, of its length, or of its points.
    share = np.zeros(len(site))
    np.divide(area, whole, out=share, where=(kinds[0] == 2) & (whole > 0))
    run = shapely.length(sites)[site]
    np.divide(length, run, out=share, where=(kinds[0] == 1) & (kinds[1] == 2) & (run > 0))
    _share_of_points(sites, resources, site, resource, kinds, share)
    return OverlapPairs(site, resource, area, length, np.minimum(share, 1.0))


def _areas(
    sites: Shapes,
    resources: Shapes,
    held: ReadyShapes,
    site: Ints,
    resource: Ints,
) -> Floats:
    """Return the common area of each pair of which the boxes meet; edges are laid out for those
    sites alone.
    """
    own, row = np.unique(site, return_inverse=True)
    sums = Edges.of(sites[own]).of_pairs(held.edges, row.astype(np.int64), resource)
    least = np.minimum(shapely.area(sites)[site], held.area_m2[resource])
    areas: Floats = np.clip(sums, 0.0, least)
    return areas


def _share_of_points(
    sites: Shapes,
    resources: Shapes,
    site: Ints,
    resource: Ints,
    kinds: tuple[Ints, Ints],
    share: Floats,
) -> None:
    """Say of sites that are points how many of them lie in a polygon."""
    rows = np.flatnonzero((kinds[0] == 0) & (kinds[1] == 2))
    if not len(rows):
        return
    parts, row = shapely.get_parts(sites[site[rows]], return_index=True)
    inside = shapely.intersects(resources[resource[rows]][row], parts)
    share[rows] = np.bincount(row, inside, len(rows)) / np.bincount(row, minlength=len(rows))
