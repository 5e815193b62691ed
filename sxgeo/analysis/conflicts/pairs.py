"""Pairs of sites and resources in arrays: how far apart, how deep inside, and what the distance
means. Pure, metres on a plane.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    from ...model.sites import Site
    from .prepared import Ground, Table, Terms


@dataclass(frozen=True, slots=True)
class Placed:
    """Usable sites on one plane, in arrays: metres.

    Attributes
    ----------
    shapes, error
        Their geometries on the plane, and their own part of the combined error.
    plane, ground
        Name of the plane, and the counties on it.
    """

    sites: Sequence[Site]
    shapes: Shapes
    error: Floats
    plane: str
    ground: Ground


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


_ROWS, _METRES, _FLAGS = (
    np.zeros(0, dtype=np.int64),
    np.zeros(0),
    np.zeros(0, dtype=bool),
)
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
    found = _apart(
        site,
        record,
        shapely.distance(shapes[site], table.shapes[record]),
    )

    # most pairs are apart, and for them the distance is all there is to say
    met = np.flatnonzero(found.distance == 0.0)
    if len(met):
        points = _points_inside(shapes, table, found, met)
        _measure_met(shapes, table, found, met[~points])

    # few boundaries have the force of law: only at these is an edge looked for
    _find_edges(shapes, table, found)
    return found


def _apart(
    site: Ints,
    record: Ints,
    distance: Floats,
) -> Pairs:
    """Return pairs as they are where they have nothing in common."""
    count = len(site)
    return Pairs(
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


def _measure_met(
    shapes: Shapes,
    table: Table,
    found: Pairs,
    met: Ints,
) -> None:
    """Measure what some pairs have in common, one by one."""
    for row in met.tolist():
        overlap = measure(
            shapes[found.site[row]],
            table.shapes[found.record[row]],
        )
        found.separation[row] = overlap.separation_m
        found.area[row] = overlap.area_m2
        found.length[row] = overlap.length_m
        found.share[row] = overlap.share
        found.common[row] = overlap.common is not None


def _find_edges(
    shapes: Shapes,
    table: Table,
    found: Pairs,
) -> None:
    """Mark pairs that have an edge in common with a boundary that has the force of law."""
    close = table.legal[found.record] & (found.distance <= TOUCH_M)
    for row in np.flatnonzero(close).tolist():
        record = int(found.record[row])
        overlap = Overlap(
            float(found.separation[row]),
            float(found.distance[row]),
        )
        found.shared[row] = shares_edge(
            table.records[record], shapes[found.site[row]], table.shapes[record], overlap
        )


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

    # errors add up, they do not cancel: both boundaries may be wrong in the same direction
    error = site_error + terms.accuracy[option] + terms.datum[option] + PLANE_SCALE * required
    inner, outer = required - error, required + error + extent

    # "at least" is kept at the very distance, "within" still binds there
    within = np.where(strict, separation < inner, separation <= inner)
    outside = np.where(strict & (required > 0), separation >= outer, separation > outer)

    # two neighbours that were drawn along one line overlap by the width of a stroke
    touching = within & (required == 0) & (np.maximum(0.0, -separation) <= TOUCH_M)
    met, missed = within & ~touching, ~within & outside
    return Compared(required, error, extent, inner, outer, met, touching, missed)
