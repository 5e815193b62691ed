"""Two engines that vote: every relation that decides about a site is measured once more by a second
one; where they differ by more than 1 mm or 1e-4 m2, neither is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from ...geometry.overlap import common_points, measure
from ...geometry.projection import PLANE_SCALE
from .legal import SHARED_LENGTH_M, shares_edge
from .relation import TOUCH_M
from .urban import URBAN

if TYPE_CHECKING:
    from ...geometry.kernel import Engine
    from ...geometry.overlap import Overlap
    from ...geometry.shapes import Floats, Shape, Shapes
    from .batch import Batch
    from .prepared import Table

SAME_M, SAME_M2 = 1e-3, 1e-4
"""Engines that differ by no more than this say the same."""
_SHOWN = 3


class Dissent(NamedTuple):
    """One relation that the engines measure differently.

    Attributes
    ----------
    row
        Row of the record; None where it concerns the class as a whole.
    what_zh, unit_zh
        What was measured, and in what.
    figures
        What GEOS found, then what the other engine found.
    """

    row: int | None
    what_zh: str
    unit_zh: str
    figures: tuple[float, float]


def _edge_in_strip_m(shape: Shape, resource: Shape) -> float:
    """Measure how much of a shape's boundary runs in the strip along that of a resource."""
    strip = shapely.buffer(shapely.boundary(resource), TOUCH_M)
    return float(shapely.length(shapely.intersection(shapely.boundary(shape), strip)))


def _boxes_apart(shape: Shape, others: Shapes) -> Floats:
    """Return how far the box of a shape lies from those of others; NaN for a shape that is none."""
    west, south, east, north = shapely.bounds(shape)
    boxes = shapely.bounds(others)
    along = np.maximum(
        0.0,
        np.maximum(
            boxes[:, 0] - east,
            west - boxes[:, 2],
        ),
    )
    up = np.maximum(
        0.0,
        np.maximum(
            boxes[:, 1] - north,
            south - boxes[:, 3],
        ),
    )
    apart: Floats = np.hypot(along, up)
    return apart


def _hidden_reach_m(table: Table) -> float:
    """Return how far what hides a subzone decides: as far as that subzone may reach."""
    if not len(table.partial.rows):
        return 0.0
    return table.required_m * (1 + PLANE_SCALE) + float(table.partial.reach_m.max())


class Voters:
    """GEOS and a second engine, asked about the sites of one batch."""

    def __init__(self, second: Engine, batch: Batch) -> None:
        self._second = second
        self._batch = batch
        self._ground: dict[int, list[Dissent]] = {}

    @property
    def name(self) -> str:
        """What the second engine is called."""
        return self._second.name

    def dissents(self, i: int, table: Table) -> list[Dissent]:
        """Return all on which the engines differ about a site and a class; empty where they
        agree.
        """
        shape = self._batch.shapes[i]
        found = [d for row in self._near(i, table) for d in self._record(shape, table, row)]
        found += self._class(shape, table)
        if table.coarse:
            found += self._counties(i)
        return found

    def _near(self, i: int, table: Table) -> list[int]:
        """Rows of records whose boxes come within reach of a site: what no engine need be asked
        about is left out.
        """
        if not len(table.records):
            return []
        shape, error = self._batch.shapes[i], float(self._batch.error[i])
        reach = max(table.slack_m, _hidden_reach_m(table)) + error

        # NaN, the box of a record without position, is not near
        near = np.flatnonzero(_boxes_apart(shape, table.shapes) <= reach)

        # the nearest record is told whatever its distance, so it is measured twice too
        nearest = table.tree.query_nearest(shape)[:1] if len(table.tree) else []
        return sorted({*map(int, near), *map(int, nearest)})

    def _record(
        self,
        shape: Shape,
        table: Table,
        row: int,
    ) -> Iterator[Dissent]:
        """Compare the distance to one record, and what it shares with the site where they meet."""
        resource = table.shapes[row]
        apart = float(shapely.distance(shape, resource))
        other = self._second.distance_m(shape, resource)
        if not _same(apart, other, SAME_M):
            yield Dissent(row, "距离", "米", (apart, other))
            return

        # only where both see a touch is there something in common to compare
        overlap = measure(shape, resource)
        if apart == 0 and other == 0:
            yield from self._overlap(shape, resource, overlap, row)
        if table.legal[row] and max(apart, other) <= TOUCH_M:
            yield from self._edge(shape, table, row, overlap)

    def _overlap(
        self,
        shape: Shape,
        resource: Shape,
        overlap: Overlap,
        row: int,
    ) -> Iterator[Dissent]:
        common = self._second.common(shape, resource)
        areas = overlap.area_m2, common.area_m2
        lengths = overlap.length_m, common.length_m
        if not _same(*areas, SAME_M2):
            yield Dissent(row, "压占", "平方米", areas)
        if not _same(*lengths, SAME_M):
            yield Dissent(row, "线路在内", "米", lengths)
        if overlap.common is None:
            return
        depths = self._depths((shape, resource), overlap.common, common.points)
        if not _same(*depths, SAME_M):
            yield Dissent(row, "压入深度", "米", depths)

    def _depths(
        self,
        shapes: tuple[Shape, Shape],
        common: Shape,
        places: Floats,
    ) -> tuple[float, float]:
        """How deep either reaches inside the other, by both; each engine is given the deepest place
        that the other found.
        """
        areas = _areas(shapes)
        own = shapely.get_coordinates(common_points(common))
        geos, place = _deepest(own, [_geos_depths(own, area) for area in areas])
        other, there = _deepest(places, [self._second.depths_m(places, area) for area in areas])

        # each looks at places of its own choosing: both could be right and differ, so each is asked
        # about the other's
        geos_there = 0.0 if there is None else _geos_depth_at(there, areas, shapes)
        other_here = 0.0 if place is None else self._depth_at(place, areas)
        return max(geos, geos_there), max(other, other_here)

    def _depth_at(self, place: Floats, areas: Sequence[Shape]) -> float:
        """Measure the depth of a place that GEOS found; 0 for one outside of an area."""
        given = [self._second.depths_m(place, area) for area in areas]
        if min(float(depth.min()) for depth in given) < -SAME_M:
            return 0.0
        return _deepest(place, given)[0]

    def _edge(
        self,
        shape: Shape,
        table: Table,
        row: int,
        overlap: Overlap,
    ) -> Iterator[Dissent]:
        """Compare whether an edge with the force of law is shared: both count its length."""
        record, resource = table.records[row], table.shapes[row]
        if shapely.get_dimensions(shape) != 2:
            return
        geos = shares_edge(record, shape, resource, overlap)
        along = self._second.along_m(shape, resource, TOUCH_M)
        shared = overlap.penetration_m <= TOUCH_M and along >= SHARED_LENGTH_M

        # a length so near the limit that the width of the strip decides is no dissent
        if geos != shared and abs(along - SHARED_LENGTH_M) > TOUCH_M:
            yield Dissent(row, "共边长度", "米", (_edge_in_strip_m(shape, resource), along))

    def _class(self, shape: Shape, table: Table) -> Iterator[Dissent]:
        """Compare what tells whether a class is covered and complete at a site."""
        if table.covered is not None:
            yield from self._apart("距资料覆盖范围", table.covered, shape)
        if table.complete is not None:
            yield from self._outside("超出声明完整范围", shape, table.complete)
            yield from self._apart("距声明完整范围边界", shapely.boundary(table.complete), shape)
        known = [one for one in table.shapes if one is not None]
        if table.layer.spec.id == URBAN and known:
            yield from self._outside("超出城镇开发边界", shape, shapely.union_all(known))

    def _counties(self, i: int) -> list[Dissent]:
        """Compare how far a site lies from the counties: worked out once for all classes."""
        if i not in self._ground:
            shape, ground = self._batch.shapes[i], self._batch.ground
            found = list(self._outside("超出县界", shape, ground.union(ground.shapes)))
            for code, county in ground.shapes.items():
                apart, other = (
                    self._batch.distances_m(i)[code],
                    self._second.distance_m(county, shape),
                )
                if not _same(apart, other, SAME_M):
                    found.append(Dissent(None, f"距县{code}", "米", (apart, other)))
            self._ground[i] = found
        return self._ground[i]

    def _apart(
        self,
        what: str,
        one: Shape,
        other: Shape,
    ) -> Iterator[Dissent]:
        pair = float(shapely.distance(one, other)), self._second.distance_m(one, other)
        if not _same(*pair, SAME_M):
            yield Dissent(None, what, "米", pair)

    def _outside(
        self,
        what: str,
        shape: Shape,
        whole: Shape,
    ) -> Iterator[Dissent]:
        """Compare how much of a site lies outside; where GEOS says that all is covered, that is
        nothing.
        """
        dimension = shapely.get_dimensions(shape)
        beyond = shapely.difference(shape, whole)
        measured = {
            0: float(shapely.get_num_coordinates(beyond)),
            1: float(beyond.length),
            2: float(beyond.area),
        }[dimension]

        # a difference of two covering shapes leaves slivers by rounding: they are nothing
        geos = 0.0 if shapely.covers(whole, shape) else measured
        pair = geos, self._second.uncovered(shape, whole)
        if not _same(*pair, SAME_M2 if dimension == 2 else SAME_M):
            yield Dissent(None, what, ("处", "米", "平方米")[dimension], pair)


def dissent_words(
    dissents: Iterable[Dissent],
    table: Table,
    second: str,
) -> str:
    """Name what the engines differ on, with both figures, in Chinese; the first few of many."""
    told = []
    for row, what, unit, (geos, other) in dissents:
        name = "" if row is None else f"{table.records[row]['name_zh']}"
        told.append(f"{name}{what} geos {geos:.4f}{unit}、{second} {other:.4f}{unit}")
    more = f"；另{len(told) - _SHOWN}项" if len(told) > _SHOWN else ""
    return "；".join(told[:_SHOWN]) + more


def _same(
    one: float,
    other: float,
    bound: float,
) -> bool:
    """Whether two figures say the same; what is no number says nothing."""
    return bool(abs(one - other) <= bound)


def _deepest(places: Floats, depths: Sequence[Floats]) -> tuple[float, Floats | None]:
    """Return the largest depth of places in some polygons, and the place (1, 2); None for none."""
    if not len(places) or not depths:
        return 0.0, None
    most = np.max(depths, axis=0)
    at = int(np.argmax(most))
    return max(0.0, float(most[at])), places[at : at + 1]


def _areas(shapes: Sequence[Shape]) -> list[Shape]:
    return [shape for shape in shapes if shapely.get_dimensions(shape) == 2]


def _geos_depth_at(
    place: Floats,
    areas: Sequence[Shape],
    shapes: tuple[Shape, Shape],
) -> float:
    """Measure the depth of a place that the second engine found; a place that lies outside one of
    the shapes is no depth of what they share.
    """
    if shapely.distance(shapely.points(place), list(shapes)).max() > SAME_M:
        return 0.0
    return _deepest(place, [_geos_depths(place, area) for area in areas])[0]


def _geos_depths(places: Floats, area: Shape) -> Floats:
    depths: Floats = shapely.distance(shapely.points(places), shapely.boundary(area))
    return depths
