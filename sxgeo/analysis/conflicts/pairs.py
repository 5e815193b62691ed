"""Pairs of sites and resources in arrays: how far apart, how deep inside, and what the distance
means. Pure, metres on a plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...geometry.overlap import Overlap, measure
from ...geometry.projection import PLANE_SCALE
from .legal import shares_edge
from .relation import TOUCH_M

if TYPE_CHECKING:
    from ...geometry.shapes import Bools, Floats, Ints, Shapes
    from .prepared import Table, Terms


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sites and located records, row by row.

    Attributes
    ----------
    site, record
        Rows of the batch and of the layer.
    distance, separation
        As :class:`.overlap.Overlap` has them; NaN where nobody asked yet.
    area, length, share
        What the pair has in common; 0 where it is apart.
    common
        Whether they have so much as a point in common that arithmetic can hold.
    shared
        Whether the site lies beside coordinates with the force of law, with an edge in common.
    """

    site: Ints
    record: Ints
    distance: Floats
    separation: Floats
    area: Floats
    length: Floats
    share: Floats
    common: Bools
    shared: Bools

    def part(self, rows: Ints) -> Pairs:
        """Return some of the pairs."""
        return Pairs(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def joined(cls, several: list[Pairs]) -> Pairs:
        """Put pairs one after another."""
        return cls(
            *(np.concatenate([getattr(pairs, name) for pairs in several]) for name in cls.__slots__)
        )


_ROWS, _METRES, _FLAGS = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
NO_PAIRS = Pairs(_ROWS, _ROWS, _METRES, _METRES, _METRES, _METRES, _METRES, _FLAGS, _FLAGS)


def measured(
    shapes: Shapes,
    table: Table,
    site: Ints,
    record: Ints,
) -> Pairs:
    """Measure pairs of sites and located records.

    Those apart, and points in polygons, are measured in arrays; the rest as
    :func:`.overlap.measure` does it.
    """
    count = len(site)
    distance = shapely.distance(shapes[site], table.shapes[record])
    found = Pairs(
        site,
        record,
        distance=distance,
        separation=distance.copy(),
        area=np.zeros(count),
        length=np.zeros(count),
        share=np.zeros(count),
        common=np.zeros(count, dtype=bool),
        shared=np.zeros(count, dtype=bool),
    )

    # most pairs are apart, and for them the distance is all there is to say
    met = np.flatnonzero(distance == 0.0)
    if len(met):
        points = _points_inside(shapes, table, found, met)
        for k in met[~points].tolist():
            overlap = measure(shapes[site[k]], table.shapes[record[k]])
            found.separation[k] = overlap.separation_m
            found.area[k], found.length[k], found.share[k] = (
                overlap.area_m2,
                overlap.length_m,
                overlap.share,
            )
            found.common[k] = overlap.common is not None

    # few boundaries have the force of law: only at these is an edge looked for
    for k in np.flatnonzero(table.legal[record] & (distance <= TOUCH_M)).tolist():
        row, overlap = int(record[k]), Overlap(float(found.separation[k]), float(distance[k]))
        found.shared[k] = shares_edge(
            table.records[row], shapes[site[k]], table.shapes[row], overlap
        )
    return found


def _points_inside(
    shapes: Shapes,
    table: Table,
    found: Pairs,
    met: Ints,
) -> Bools:
    """Measure single points in polygons, all at once: what they have in common is the point.

    Returns which of `met` they were.
    """
    sites, resources = shapes[found.site[met]], table.shapes[found.record[met]]
    polygon = shapely.get_dimensions(sites) == 2
    point = shapely.get_type_id(resources) == shapely.GeometryType.POINT
    simple: Bools = polygon & point
    if simple.any():
        rows = met[simple]

        # how deep a point lies is how far it is from the edge
        depth = shapely.distance(resources[simple], shapely.boundary(sites[simple]))
        found.separation[rows] = -depth
        found.common[rows] = True
    return simple


def options_of(terms: Terms, record: Ints) -> tuple[Ints, Ints]:
    """Lay out every option of each record: for each row the position in `record`, and the row in
    `terms`.
    """
    count = terms.count[record]
    pair = np.repeat(np.arange(len(record)), count)
    option = (
        np.arange(len(pair))
        - np.repeat(np.cumsum(count) - count, count)
        + terms.first[record][pair]
    )
    return pair, option


@dataclass(frozen=True, slots=True)
class Compared:
    """What distances mean under options, before anything that is unknown caps it: arrays, metres
    and bool.

    The arithmetic is that of :func:`.relation.judge`, in its order, so that both give the same
    bits.
    """

    required: Floats
    error: Floats
    extent: Floats
    inner: Floats
    outer: Floats
    met: Bools
    touching: Bools
    missed: Bools


def compare(
    terms: Terms,
    option: Ints,
    separation: Floats,
    site_error: Floats,
) -> Compared:
    """Compare separations with what options require.

    Parameters
    ----------
    separation
        Distance when apart, minus the penetration when overlapping, one for each option.
    site_error
        The site's own part of the combined error, one for each option.
    """
    required, extent, strict = terms.required[option], terms.extent[option], terms.strict[option]
    error = site_error + terms.accuracy[option] + terms.datum[option] + PLANE_SCALE * required
    inner, outer = required - error, required + error + extent

    # "at least" is kept at the very distance, "within" still binds there
    within = np.where(strict, separation < inner, separation <= inner)
    touching = within & (required == 0) & (np.maximum(0.0, -separation) <= TOUCH_M)
    missed = ~within & np.where(strict & (required > 0), separation >= outer, separation > outer)
    return Compared(required, error, extent, inner, outer, within & ~touching, touching, missed)
