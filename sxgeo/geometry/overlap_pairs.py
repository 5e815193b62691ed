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
        return cls(
            shapely.STRtree(shapes),
            Edges.of(shapes),
            shapely.area(shapes),
        )


@dataclass(frozen=True, slots=True)
class _Met:
    """Pairs that meet: their rows, the dimensions of both, the area of the site, and how much of it
    is in common.
    """

    site: Ints
    resource: Ints
    dims: tuple[Ints, Ints]
    whole_m2: Floats
    area_m2: Floats


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
    held = ReadyShapes.of(resources) if ready is None else ready
    met = _met(sites, resources, held)
    length = _lengths(sites, resources, met)
    share = _shares(sites, resources, met, length)
    return OverlapPairs(met.site, met.resource, met.area_m2, length, share)


def _met(
    sites: Shapes,
    resources: Shapes,
    held: ReadyShapes,
) -> _Met:
    site, resource = _near(sites, held.tree)
    area = _areas(sites, held, site, resource)
    # what has an area in common meets; only the rest need be asked exactly
    whole = shapely.area(sites)[site]
    meets = area > _SURE_M2 + _SURE_SHARE * (whole + held.area_m2[resource])
    open_ones = np.flatnonzero(~meets)
    meets[open_ones] = shapely.intersects(
        sites[site[open_ones]],
        resources[resource[open_ones]],
    )

    # The boxes of the others met, and nothing else.
    site, resource = site[meets], resource[meets]
    dims = shapely.get_dimensions(sites)[site], shapely.get_dimensions(resources)[resource]
    return _Met(site, resource, dims, whole[meets], area[meets])


def _near(sites: Shapes, tree: shapely.STRtree) -> tuple[Ints, Ints]:
    """Return the pairs of which the boxes meet: row of the site, row of what the tree holds."""
    # Sorted by site, then resource: the tree tells its hits in an order of its own.
    site, resource = tree.query(sites)
    order = np.lexsort((resource, site))
    return site[order], resource[order]


def _lengths(
    sites: Shapes,
    resources: Shapes,
    met: _Met,
) -> Floats:
    # Lengths are only of the kinds that can have one; the rest stays 0.
    length = np.zeros(len(met.site))
    # a line through a polygon, either way round: few, and the overlay of a line is cheap
    along = np.flatnonzero(met.dims[0] + met.dims[1] == 3)
    common = shapely.intersection(
        sites[met.site[along]],
        resources[met.resource[along]],
    )
    length[along] = shapely.length(common)
    return length


def _shares(
    sites: Shapes,
    resources: Shapes,
    met: _Met,
    length: Floats,
) -> Floats:
    # What the site gives up of itself: of its area, of its length, or of its points.
    own, others = met.dims
    share = np.zeros(len(met.site))
    with_area = (own == 2) & (met.whole_m2 > 0)
    np.divide(met.area_m2, met.whole_m2, out=share, where=with_area)
    run = shapely.length(sites)[met.site]
    with_length = (own == 1) & (others == 2) & (run > 0)
    np.divide(length, run, out=share, where=with_length)
    points = np.flatnonzero((own == 0) & (others == 2))
    share[points] = _shares_of_points(
        sites[met.site[points]],
        resources[met.resource[points]],
    )
    # rounding may leave a hair more than all of it
    return np.minimum(share, 1.0)


def _areas(
    sites: Shapes,
    held: ReadyShapes,
    site: Ints,
    resource: Ints,
) -> Floats:
    """Return the common area of each pair of which the boxes meet; edges are laid out for those
    sites alone.
    """
    own, row = np.unique(site, return_inverse=True)
    sums = Edges.of(sites[own]).of_pairs(held.edges, row.astype(np.int64), resource)
    # sums over edges leave a little beside 0 and the smaller area
    least = np.minimum(
        shapely.area(sites)[site],
        held.area_m2[resource],
    )
    areas: Floats = np.clip(sums, 0.0, least)
    return areas


def _shares_of_points(points: Shapes, polygons: Shapes) -> Floats:
    """Return how many of the points of a site lie in its polygon, as a share."""
    parts, row = shapely.get_parts(points, return_index=True)
    inside = shapely.intersects(polygons[row], parts)
    shares: Floats = np.bincount(row, inside, len(points)) / np.bincount(row, minlength=len(points))
    return shares
