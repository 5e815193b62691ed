"""Distance, overlap and cover by plain arithmetic on coordinates: a second engine beside GEOS.

Shapely only hands out the coordinates here; no predicate, overlay or distance of GEOS is used. What
two shapes have in common is summed up between the levels at which edges begin, end or cross: there
it is as wide as the middle of the strip says, whatever lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import shapely

from .shapes import Floats, Shape, counted_up

_CELLS = 2_000_000
"""Pairs of edges that are looked at together: bounds the memory, changes no answer."""


class Common(NamedTuple):
    """What two shapes have in common.

    Attributes
    ----------
    area_m2
        0 unless both are polygons.
    length_m
        Of the line within the polygon, its edge included; 0 unless exactly one is a line and the
        other a polygon.
    points
        Places that lie in both, one for each stretch that was summed up: array (n, 2).
    """

    area_m2: float
    length_m: float
    points: Floats


class Engine(Protocol):
    """What a second engine has to tell of shapes on one metric plane."""

    @property
    def name(self) -> str:
        """How answers and receipts name it."""

    def distance_m(self, one: Shape, other: Shape) -> float:
        """Return how far two shapes lie apart, 0 where they meet."""

    def common(self, one: Shape, other: Shape) -> Common:
        """Return what two shapes have in common."""

    def depths_m(self, places: Floats, shape: Shape) -> Any:
        """Return how far places (n, 2) lie from the edge of polygons, negative outside: array
        (n).
        """

    def uncovered(self, shape: Shape, whole: Shape) -> float:
        """Return how much of a shape lies outside polygons: m2, m or number of points, as its
        dimension is.
        """

    def along_m(
        self,
        one: Shape,
        other: Shape,
        limit_m: float,
    ) -> float:
        """Return how much of the edge of polygons lies within `limit_m` of that of others."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """The engine of this module."""

    name: str = "kernel"

    def distance_m(self, one: Shape, other: Shape) -> float:
        """Return how far two shapes lie apart, 0 where they meet."""
        first, second = _parts(one), _parts(other)
        if _any_inside(first, second) or _any_inside(second, first):
            return 0.0
        return _edges_apart(*_near_edges(first.edges, second.edges))

    def common(self, one: Shape, other: Shape) -> Common:
        """Return what two shapes have in common."""
        first, second = _parts(one), _parts(other)
        if first.area and second.area:
            area, points = _overlap(first.edges, second.edges)
            return Common(area, 0.0, points)
        if first.area or second.area:
            polygon, line = (first, second) if first.area else (second, first)
            length, points = _within(line.edges, polygon.edges)
            return Common(0.0, length, points)
        return Common(0.0, 0.0, np.empty((0, 2)))

    def depths_m(self, places: Floats, shape: Shape) -> Any:
        """Return how far places (n, 2) lie from the edge of polygons, negative outside: array
        (n).
        """
        edges = _parts(shape).edges
        apart = [
            _to_edges(places[rows], edges).min(axis=1) for rows in _pieces(len(places), len(edges))
        ]
        away = np.concatenate(apart) if apart else np.empty(0)
        return np.where(_inside(places, edges), away, -away)

    def uncovered(self, shape: Shape, whole: Shape) -> float:
        """Return how much of a shape lies outside polygons: m2, m or number of points."""
        own, around = _parts(shape), _parts(whole)

        # By dimension: a polygon by area, a line by length, points by number.
        if own.area:
            covered = _overlap(own.edges, around.edges)[0]
            return max(0.0, _area(own.edges) - covered)
        lengths = _lengths(own.edges)
        if lengths.any():
            covered = _within(own.edges, around.edges)[0]
            return max(0.0, float(lengths.sum()) - covered)
        places = own.edges[:, :2]
        return float((~_on_or_inside(places, around.edges)).sum())

    def along_m(
        self,
        one: Shape,
        other: Shape,
        limit_m: float,
    ) -> float:
        """Return how much of the edge of polygons lies within `limit_m` of that of others."""
        own, others = _parts(one).edges, _parts(other).edges
        own = own[_box_apart(own, _box(others)) <= limit_m]
        return float(sum(_near_length(edge, others, limit_m) for edge in own))


class _Parts(NamedTuple):
    """Edges of a shape as rows (x0, y0, x1, y1); a point is an edge of no length."""

    edges: Any
    area: bool


def _parts(shape: Shape) -> _Parts:
    # a point has no edge: one of no length lets all that follows treat it like the others
    if shapely.get_dimensions(shape) == 0:
        places = shapely.get_coordinates(shape)
        return _Parts(np.hstack([places, places]), area=False)
    area = shapely.get_dimensions(shape) == 2
    parts = shapely.get_parts(shape)
    chains = shapely.get_rings(parts) if area else parts
    pairs, chain = shapely.get_coordinates(chains, return_index=True)
    # the last corner of one ring does not lead to the first of the next
    edges = np.hstack([pairs[:-1], pairs[1:]])[chain[1:] == chain[:-1]]
    return _Parts(edges, area)


def _lengths(edges: Floats) -> Any:
    return np.hypot(*(edges[:, 2:] - edges[:, :2]).T)


def _cross_product(one: Any, other: Any) -> Any:
    """Twice the area between vectors: above 0 where the other one lies to the left."""
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def _moved(edges: Floats, origin: Floats) -> Any:
    """Move edges near the origin, where arithmetic is finest."""
    return edges - np.tile(origin, 2)


def _any_inside(one: _Parts, polygons: _Parts) -> bool:
    """Whether a corner of one shape lies in the polygons: then they meet, whatever their edges
    do.
    """
    return bool(polygons.area and _inside(one.edges[:, :2], polygons.edges).any())


def _inside(places: Floats, edges: Floats) -> Any:
    """Whether places lie inside rings, by how many edges a line to the west crosses: bool (n)."""
    inside = np.zeros(len(places), dtype=bool)

    # Half-open in y: a corner at the height of the place counts once and not twice.
    x0, y0, x1, y1 = edges.T
    for rows in _pieces(len(places), len(edges)):
        x, y = places[rows, 0][:, None], places[rows, 1][:, None]
        spans = (y0 <= y) != (y1 <= y)
        # level edges divide by nothing; `spans` leaves them out
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        inside[rows] = (spans & (at < x)).sum(axis=1) % 2 == 1
    return inside


def _on_or_inside(places: Floats, edges: Floats) -> Any:
    return _inside(places, edges) | (_to_edges(places, edges).min(axis=1) <= 1e-9)


def _pieces(count: int, width: int) -> list[slice]:
    step = max(1, _CELLS // max(1, width))
    return [slice(start, start + step) for start in range(0, count, step)]


def _to_edges(places: Floats, edges: Floats) -> Any:
    """Distance of places to edges: (places, edges)."""
    start, run = edges[:, :2], edges[:, 2:] - edges[:, :2]
    away = places[:, None, :] - start
    square = (run**2).sum(axis=1)
    along = (away * run).sum(axis=2)
    # an edge of no length is its own foot: its share stays 0
    share = np.divide(
        along,
        square,
        out=np.zeros_like(along),
        where=square > 0,
    )
    # beyond an end the end itself is nearest
    short = away - np.clip(share, 0.0, 1.0)[:, :, None] * run
    return np.hypot(short[..., 0], short[..., 1])


def _near_edges(one: Floats, other: Floats) -> tuple[Any, Any]:
    """Leave out edges that cannot be the nearest ones: their boxes lie farther off than some pair
    of corners.
    """
    # each round starts from fewer edges, so that its sample lies closer: three are enough
    for _ in range(3):
        corners = one[:: max(1, len(one) // 64), :2]
        apart = np.hypot(*(corners[:, None, :] - other[None, :, :2]).transpose(2, 0, 1))
        # a little more than the least that was seen: rounding must not lose the nearest pair
        most = float(apart.min()) * (1 + 1e-9) + 1e-6
        other = other[_box_apart(other, _box(one)) <= most]
        one = one[_box_apart(one, _box(other)) <= most]
    return one, other


def _box(edges: Floats) -> tuple[float, float, float, float]:
    low, high = _reach(edges)
    west, south = low.min(axis=0).tolist()
    east, north = high.max(axis=0).tolist()
    return west, south, east, north


def _reach(edges: Floats) -> tuple[Any, Any]:
    """Lower and upper corner of the box of each edge: (n, 2) each."""
    start, end = edges[:, :2], edges[:, 2:]
    return np.minimum(start, end), np.maximum(start, end)


def _box_apart(edges: Floats, box: tuple[float, float, float, float]) -> Any:
    west, south, east, north = box
    low, high = _reach(edges)
    along = np.maximum(
        0.0,
        np.maximum(
            low[:, 0] - east,
            west - high[:, 0],
        ),
    )
    up = np.maximum(
        0.0,
        np.maximum(
            low[:, 1] - north,
            south - high[:, 1],
        ),
    )
    return np.hypot(along, up)


def _edges_apart(one: Floats, other: Floats) -> float:
    """Least distance between edges; 0 where two of them cross."""
    least = np.inf
    for rows in _pieces(len(one), len(other)):
        mine = one[rows]
        if _crossing(mine, other)[0].any():
            return 0.0

        # Edges that do not cross are nearest at an end of one of the two.
        for corners, edges in (
            (mine[:, :2], other),
            (mine[:, 2:], other),
            (other[:, :2], mine),
            (other[:, 2:], mine),
        ):
            least = min(least, float(_to_edges(corners, edges).min()))
    return least


def _crossing(one: Floats, other: Floats) -> tuple[Any, Any]:
    """Which edges cross, and at which share of the first: (one, other) each."""
    run = one[:, None, 2:] - one[:, None, :2]
    across = other[None, :, 2:] - other[None, :, :2]
    away = other[None, :, :2] - one[:, None, :2]
    turn = _cross_product(run, across)

    # Parallel edges have no turn and never cross: `turn != 0` leaves them out.
    with np.errstate(divide="ignore", invalid="ignore"):
        share = _cross_product(away, across) / turn
        there = _cross_product(away, run) / turn
    cross = (turn != 0) & (share >= 0) & (share <= 1) & (there >= 0) & (there <= 1)
    return cross, share


def _area(edges: Floats) -> float:
    """Area between rings by the even-odd rule: that of a shape with itself."""
    return _overlap(edges, edges)[0]


class _Cuts(NamedTuple):
    """Where edges cut strips: the row of the strip and x, for every cut."""

    strip: Any
    x: Any


def _overlap(one: Floats, other: Floats) -> tuple[float, Any]:
    """Area that lies in both, and the middle of every stretch that was summed up."""

    # Coordinates near 0: northings of millions of metres would eat the digits of the products.
    origin = one[0, :2]
    one, other = _moved(one, origin), _moved(other, origin)
    south = max(_box(one)[1], _box(other)[1])
    north = min(_box(one)[3], _box(other)[3])
    # one lies north of the other, or they touch along a level line
    if south >= north:
        return 0.0, np.empty((0, 2))

    # Only what lies at the heights of both can be common.
    one, other = (_between(edges, south, north) for edges in (one, other))
    area, points = _summed_up(one, other, _levels(one, other, south, north))
    return area, points + origin


def _summed_up(
    one: Floats,
    other: Floats,
    levels: Floats,
) -> tuple[float, Any]:
    """Area that lies in both between levels, and the middle of every stretch of it."""
    middles, heights = (levels[1:] + levels[:-1]) / 2, np.diff(levels)

    # Between two levels no edges cross: the middle of a strip speaks for the whole of it.
    strip, west, east = _in_both(_cut(one, middles), _cut(other, middles))
    wide = east - west
    area = float((wide * heights[strip]).sum())
    points = np.column_stack([(west + east) / 2, middles[strip]])
    # where both have the same cut nothing lies between: no place in the common part
    return area, points[wide > 0]


def _in_both(one: _Cuts, other: _Cuts) -> tuple[Any, Any, Any]:
    """Stretches of strips that lie in both shapes: row of the strip, western and eastern end."""

    # From west to east in each strip, whichever shape a cut is of.
    strip = np.concatenate([one.strip, other.strip])
    x = np.concatenate([one.x, other.x])
    owner = np.repeat(
        [0, 1],
        [len(one.x), len(other.x)],
    )
    order = np.lexsort((x, strip))
    strip, x, owner = strip[order], x[order], owner[order]

    # Every ring cuts a strip an even number of times: the count starts at none in each of them.
    inside = [np.cumsum(owner == shape) % 2 == 1 for shape in (0, 1)]

    # From one cut to the next the strip belongs to both, or not at all.
    rows = np.flatnonzero((inside[0] & inside[1])[:-1])
    return strip[rows], x[rows], x[rows + 1]


def _between(
    edges: Floats,
    south: float,
    north: float,
) -> Any:
    low, high = _reach(edges)
    return edges[(high[:, 1] > south) & (low[:, 1] < north)]


def _levels(
    one: Floats,
    other: Floats,
    south: float,
    north: float,
) -> Any:
    """Heights at which edges begin, end or cross each other, sorted."""
    ends = [
        one[:, 1],
        one[:, 3],
        other[:, 1],
        other[:, 3],
        np.array([south, north]),
    ]
    levels = np.unique(np.concatenate([*ends, *_crossing_heights(one, other)]))
    # an edge that is partly at these heights has an end beyond them
    return levels[(levels >= south) & (levels <= north)]


def _crossing_heights(one: Floats, other: Floats) -> Iterator[Any]:
    # Edges cross only where each lies in the box of the other: the pairs stay few.
    own = one[_box_apart(one, _box(other)) == 0]
    near = other[_box_apart(other, _box(one)) == 0]
    for rows in _pieces(len(own), len(near)):
        cross, share = _crossing(own[rows], near)
        row, column = np.nonzero(cross)
        mine = own[rows][row]
        # the height at which the first edge of the pair is cut
        yield mine[:, 1] + share[row, column] * (mine[:, 3] - mine[:, 1])


def _cut(edges: Floats, middles: Floats) -> _Cuts:
    """Where edges cut the middles of strips."""

    # Which strips an edge reaches through; a level one cuts no middle at all.
    low, high = _reach(edges)
    first = np.searchsorted(middles, low[:, 1], "left")
    last = np.searchsorted(middles, high[:, 1], "left")

    # One row for each edge and strip.
    edge, step = counted_up(np.maximum(0, last - first))
    strip = step + first[edge]
    x0, y0, x1, y1 = edges[edge].T
    return _Cuts(
        strip,
        x0 + (middles[strip] - y0) * (x1 - x0) / (y1 - y0),
    )


def _within(lines: Floats, polygon: Floats) -> tuple[float, Any]:
    """Length of lines in polygons, their edges included, and the middle of every piece."""

    # Near 0, for the same reason as the areas.
    origin = lines[0, :2]
    lines, polygon = _moved(lines, origin), _moved(polygon, origin)
    cuts = [_cut_line(line, polygon) for line in lines]
    starts = np.concatenate([places[:-1] for places in cuts])
    ends = np.concatenate([places[1:] for places in cuts])

    # Between two cuts a line is in or out as a whole, so the middle speaks for the piece.
    middle = (starts + ends) / 2
    kept = _on_or_inside(middle, polygon)
    lengths = np.hypot(*(ends - starts).T)
    return float(lengths[kept].sum()), middle[kept] + origin


def _cut_line(line: Floats, polygon: Floats) -> Any:
    """Places at which an edge is cut by those of polygons, its ends among them."""
    run = line[2:] - line[:2]
    return line[:2] + _shares(line, polygon)[:, None] * run


def _shares(line: Floats, polygon: Floats) -> Any:
    """Shares of an edge at which it meets those of polygons, 0 and 1 among them."""
    cross, share = _crossing(line[None, :], polygon)
    run = line[2:] - line[:2]
    square = float(run @ run)

    # A line along the polygon's edge crosses nothing: there the corners on it are the cuts.
    corners = polygon[:, :2] - line[:2]
    on_line = np.abs(_cross_product(corners, run)) <= 1e-9 * max(square, 1e-9)
    # a line of no length has no shares but its ends
    along = corners[on_line] @ run / square if square else np.empty(0)
    found = np.concatenate([[0.0, 1.0], share[cross], along])
    return np.unique(np.clip(found, 0.0, 1.0))


def _near_length(
    edge: Floats,
    others: Floats,
    limit: float,
) -> float:
    """Length of one edge within `limit` of any of the others.

    What lies within it of another edge is a strip with round ends, which is convex: the edge runs
    in it from the first to the last share at which it meets the strip or one of its ends.
    """
    others = others[_box_apart(others, _box(edge[None, :])) <= limit]
    length = float(np.hypot(*(edge[2:] - edge[:2])))
    if not len(others) or not length:
        return 0.0

    # Within the limit of an edge lie a disc about each of its ends and the strip beside it.
    ends = [_in_disc(edge, others[:, start : start + 2], limit) for start in (0, 2)]
    low, high = np.stack(
        [*ends, _in_strip(edge, others, limit)],
        axis=1,
    )
    # 2 and -1 stand for never: such a stretch covers nothing
    first = np.nanmin(low, axis=0, initial=2.0)
    last = np.nanmax(high, axis=0, initial=-1.0)
    return _covered(first, last) * length


def _covered(first: Floats, last: Floats) -> float:
    """Share that stretches cover together, each place counted once."""
    order = np.argsort(first, kind="stable")
    covered, end = 0.0, 0.0
    for start, stop in zip(
        first[order].tolist(),
        last[order].tolist(),
        strict=True,
    ):
        # only what lies beyond the stretches before it is new
        covered += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return covered


def _in_disc(
    edge: Floats,
    centres: Floats,
    radius: float,
) -> Any:
    """Shares between which an edge lies in discs; NaN where it does not: (2, n)."""
    run, away = edge[2:] - edge[:2], edge[:2] - centres
    square, half = float(run @ run), away @ run
    # the root of a number below 0 is NaN: the line passes the disc by
    with np.errstate(invalid="ignore"):
        root = np.sqrt(half**2 - square * ((away**2).sum(axis=1) - radius**2))
    return _on_edge((-half - root) / square, (-half + root) / square)


def _in_strip(
    edge: Floats,
    others: Floats,
    limit: float,
) -> Any:
    """Shares between which an edge lies beside others, within `limit`; NaN where not: (2, n)."""
    run, length = edge[2:] - edge[:2], _lengths(others)
    axis, across = _axes(others, length)
    away = edge[:2] - others[:, :2]

    # The strip is where two bands meet: the length of the other edge, and both sides of it.
    lengthwise = _in_band(
        (away * axis).sum(axis=1),
        axis @ run,
        0.0,
        length,
    )
    sideways = _in_band(
        (away * across).sum(axis=1),
        across @ run,
        -limit,
        limit,
    )
    low = np.maximum(lengthwise[0], sideways[0])
    high = np.minimum(lengthwise[1], sideways[1])
    return _on_edge(low, high)


def _axes(edges: Floats, length: Floats) -> tuple[Floats, Floats]:
    """Return the directions along edges and across them; NaN for an edge of no length."""
    # an edge of no length has no direction; its discs are all there is of it
    with np.errstate(divide="ignore", invalid="ignore"):
        axis = (edges[:, 2:] - edges[:, :2]) / length[:, None]
    across = np.column_stack(
        [
            -axis[:, 1],
            axis[:, 0],
        ]
    )
    return axis, across


def _in_band(
    start: Floats,
    slope: Floats,
    least: float,
    most: float | Floats,
) -> tuple[Any, Any]:
    """Shares between which something that begins at `start` and grows by `slope` lies from `least`
    to `most`; NaN where it never does.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (least - start) / slope, (most - start) / slope

    # An edge parallel to a band lies in it wholly or not at all; its quotients say nothing.
    level = slope == 0
    outside = (start < least) | (start > most)
    wholly = np.where(outside, np.nan, -np.inf)
    low = np.where(level, wholly, np.minimum(one, other))
    high = np.where(level, np.inf, np.maximum(one, other))
    return low, high


def _on_edge(low: Floats, high: Floats) -> Any:
    """Cut stretches to the edge that they lie on; those beside it become NaN."""
    low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    there = low <= high
    return np.where(there, low, np.nan), np.where(there, high, np.nan)
