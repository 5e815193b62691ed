"""Which shapes of two large sets meet, and how much of them: pairs with areas, lengths and shares,
no shapes.

It knows no law, no error and no distance; what a plot collides with is asked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .overlap_areas import overlap_areas_m2

if TYPE_CHECKING:
    from .shapes import Bools, Floats, Ints, Shapes


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


def overlap_pairs(sites: Shapes, resources: Shapes) -> OverlapPairs:
    """Find the pairs that meet, and how much they have in common.

    Parameters
    ----------
    sites, resources
        Arrays of valid shapes on one plane, metres; missing ones meet nothing.

    Raises
    ------
    UsageError
        If numba is not installed.
    """
    shapely.prepare(resources)
    resource, site = shapely.STRtree(sites).query(resources, predicate="intersects")
    order = np.lexsort((resource, site))
    site, resource = site[order], resource[order]
    kinds = shapely.get_dimensions(sites)[site], shapely.get_dimensions(resources)[resource]
    area, length = _areas(sites, resources, site, resource, kinds), np.zeros(len(site))
    # a line through a polygon, either way round: few, and the overlay of a line is cheap
    along = np.flatnonzero(kinds[0] + kinds[1] == 3)
    common = shapely.intersection(sites[site[along]], resources[resource[along]])
    length[along] = shapely.length(common)
    share = np.zeros(len(site))
    whole = shapely.area(sites)[site]
    np.divide(area, whole, out=share, where=(kinds[0] == 2) & (whole > 0))
    run = shapely.length(sites)[site]
    np.divide(length, run, out=share, where=(kinds[0] == 1) & (kinds[1] == 2) & (run > 0))
    _share_of_points(sites, resources, site, resource, kinds, share)
    return OverlapPairs(site, resource, area, length, np.minimum(share, 1.0))


def _areas(
    sites: Shapes, resources: Shapes, site: Ints, resource: Ints, kinds: tuple[Ints, Ints]
) -> Floats:
    """Return the common area of each pair; one that lies inside the other is not summed over."""
    area = np.zeros(len(site))
    both = np.flatnonzero((kinds[0] == 2) & (kinds[1] == 2))
    inner = shapely.contains_properly(resources[resource[both]], sites[site[both]])
    area[both[inner]] = shapely.area(sites[site[both[inner]]])
    rest = both[~inner]
    # only a larger site can hold the resource
    larger = shapely.area(sites)[site[rest]] > shapely.area(resources)[resource[rest]]
    outer = _hold(sites, resources, site[rest], resource[rest], larger)
    area[rest[outer]] = shapely.area(resources[resource[rest[outer]]])
    rest = rest[~outer]
    # edges are laid out for the shapes of these pairs alone
    own, first = np.unique(site[rest], return_inverse=True)
    theirs, second = np.unique(resource[rest], return_inverse=True)
    area[rest] = overlap_areas_m2(sites[own], resources[theirs], first, second, meets=True)
    return area


def _hold(sites: Shapes, resources: Shapes, site: Ints, resource: Ints, larger: Bools) -> Bools:
    held = np.zeros(len(site), dtype=bool)
    rows = np.flatnonzero(larger)
    held[rows] = shapely.contains_properly(sites[site[rows]], resources[resource[rows]])
    return held


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
