"""Land that is left when shapes are kept away from, each by its own distance.

Pure, metres on one plane.

The work goes by tiles, so that neither time nor memory grows faster than the number of shapes. A
drawn buffer only proposes: in every tile what is left is measured against every shape, and cut
again until no distance is too short.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ...errors import AnalysisError
from .holes import holes_by_shell, is_sound

ARC_SEGMENTS = 12
ROUND = float(1 / np.cos(1.5 * np.pi / (4 * ARC_SEGMENTS)))
"""A buffer's arc of so many segments, drawn so much larger, lies outside the true one: a segment
spans up to 1.5 of its shares.
"""
WITHIN = 0.98
"""A buffer drawn so much smaller lies inside the true one, whatever was simplified on the way."""
TOLERANCE_SHARE = 0.02
TOLERANCE_M = 0.2
"""No place is lost that is farther from every shape than `TOLERANCE_M` + (1 + `TOLERANCE_SHARE`) x
distance.
"""
MARGIN_M = 0.05
"""Added to every distance: the grid of 1e-7 degree and straight edges may move a corner by less."""
GRID_M = 0.001
_SHAPES_PER_TILE = 500
_MOST_TILES = 10_000
_LEAST_TILE_M = 500.0
_CUTS = 6
_MITRE = 2.0


@dataclass(frozen=True, slots=True)
class KeepOut:
    """Shapes that the land keeps away from.

    Attributes
    ----------
    key
        Of the constraint that they come from.
    shapes
        Points, lines and polygons in m; none is missing.
    distance_m
        One for each: land is farther away than that. Below 0: land keeps out of what lies deeper
        inside the shape than that.
    certain
        Whether buffers lie inside the true ones: what is kept out is surely too near.
    """

    key: str
    shapes: Any
    distance_m: Any
    certain: bool = False


@dataclass(frozen=True, slots=True)
class KeepIn:
    """Shapes in one of which the land must lie: within `distance_m` of it, or deeper inside than
    that where it is below 0.

    `generous` takes in all that may lie there, else only what surely does.
    """

    key: str
    shapes: Any
    distance_m: Any
    generous: bool = False


def free_land(
    area: Any,
    keep_outs: Sequence[KeepOut],
    keep_ins: Sequence[KeepIn] = (),
    *,
    width_m: float = 0.0,
) -> Any:
    """Return the parts of an area that satisfy all constraints.

    Parameters
    ----------
    area
        Polygon or multipolygon.
    keep_outs, keep_ins
        An empty `KeepIn` leaves nothing.
    width_m
        Parts narrower than this are taken off; 0 leaves them.

    Returns
    -------
    ndarray
        Valid polygons that do not touch along an edge, from west to east by their bounds; empty
        when nothing is left.
    """
    if shapely.is_empty(area) or any(not len(k.shapes) for k in keep_ins):
        return np.array([], dtype=object)
    tiles = _tiles(area, _count(keep_outs, keep_ins), width_m)
    placed = _placed_all(keep_outs, keep_ins, tiles)
    parts = _by_tile(lambda tile: _tile_land(area, tile, *placed, width_m), tiles)
    return joined(parts, tiles)


Asked = tuple[Sequence[KeepOut], Sequence[KeepIn]]


def mapped_land(
    area: Any, known: Asked, possible: Asked, *, width_m: float = 0.0, least_m2: float = 0.0
) -> Any:
    """Return the land that is left as far as is known, what is in doubt beside it, and what is
    surely not left.

    Parameters
    ----------
    known, possible
        Keep-outs and keep-ins of each; what is possible takes in what is known.
    width_m
        Parts of the known land narrower than this are in doubt.
    least_m2
        Parts of the known land smaller than this are in doubt.

    Returns
    -------
    tuple of three ndarrays
        Polygons as of :func:`free_land`; together they are the area.
    """
    count = max(_count(*known), _count(*possible))
    tiles = _tiles(area, count, width_m)
    sides = [_placed_all(*known, tiles), _placed_all(*possible, tiles)]
    nothing = [any(not len(k.shapes) for k in keep_ins) for _, keep_ins in (known, possible)]

    def work(tile: Any) -> Any:
        base = polygons_of(_cut(np.array([area], dtype=object), shapely.box(*tile), tile)[0])
        left = [
            shapely.multipolygons([] if empty else _tile_land(area, tile, *placed, width))
            for empty, placed, width in zip(nothing, sides, (width_m, 0.0), strict=True)
        ]
        doubtful = polygons_of(shapely.difference(left[1], left[0]))
        never = polygons_of(shapely.difference(base, left[1]))
        return [shapely.get_parts(shape) for shape in (left[0], doubtful, never)]

    found = _by_tile(work, tiles)
    left, never = (joined([parts[k] for parts in found], tiles) for k in (0, 2))
    large = shapely.area(left) >= least_m2
    small_of = _parts_within([parts[0] for parts in found], left[~large])
    doubtful = [
        _united(np.concatenate([parts[1], small]))
        for parts, small in zip(found, small_of, strict=True)
    ]
    return left[large], joined(doubtful, tiles), never


def _parts_within(parts: Sequence[Any], wholes: Any) -> list[Any]:
    """Return for each tile those of its parts that belong to one of the joined shapes."""
    if len(parts) == 1:
        return [wholes]
    tree = shapely.STRtree(wholes)
    shapely.prepare(wholes)
    own = []
    for some in parts:
        inner = shapely.point_on_surface(some)
        place, whole = tree.query(inner)
        within = place[shapely.intersects(wholes[whole], inner[place])]
        own.append(some[np.unique(within)])
    return own


def _united(shapes: Any) -> Any:
    """Unite polygons; most of them lie apart, and only those that touch are built anew."""
    return shapely.get_parts(polygons_of(shapely.disjoint_subset_union_all(shapes)))


def _count(keep_outs: Sequence[KeepOut], keep_ins: Sequence[KeepIn]) -> int:
    return sum(len(k.shapes) for k in keep_outs) + sum(len(k.shapes) for k in keep_ins)


def _placed_all(
    keep_outs: Sequence[KeepOut], keep_ins: Sequence[KeepIn], tiles: Any
) -> tuple[list[_Placed], list[_Placed]]:
    side = float(tiles[0, 2] - tiles[0, 0])
    outs = [_Placed.of(k, _growth(k), side) for k in keep_outs if len(k.shapes)]
    return outs, [_Placed.of(k, _hold(k), side) for k in keep_ins if len(k.shapes)]


def _by_tile(work: Callable[[Any], Any], tiles: Any) -> list[Any]:
    """Work on several tiles at once: the geometry library works without the interpreter's lock."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, tiles))


def _growth(keep_out: KeepOut) -> tuple[float, float]:
    """Return by what positive and negative distances are multiplied."""
    return (WITHIN, ROUND) if keep_out.certain else (ROUND, 1 / ROUND)


def _hold(keep_in: KeepIn) -> tuple[float, float]:
    return (ROUND, 1 / ROUND) if keep_in.generous else (WITHIN, ROUND)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Shapes with their distances, indexed by the boxes that they grow to; `drawn` are grown
    already, `given` are the rows in which they were given.
    """

    shapes: Any
    distance_m: Any
    radius_m: Any
    drawn: Any
    wide: Any
    certain: bool
    tree: shapely.STRtree
    given: Any

    @classmethod
    def of(cls, kept: KeepOut | KeepIn, factors: tuple[float, float], side: float) -> _Placed:
        shapes, distance_m = np.asarray(kept.shapes, dtype=object), kept.distance_m
        distance = np.broadcast_to(np.asarray(distance_m, dtype=float), len(shapes))
        # unions are rounded in the order of their shapes: the order of a file's rows must not count
        order = _ranked(shapes, distance)
        shapes, distance = shapes[order], distance[order]
        radius = distance * np.where(distance >= 0, *factors)
        bounds = shapely.bounds(shapes)
        grown = bounds + np.maximum(radius, 0.0)[:, None] * np.array([-1, -1, 1, 1]) * 1.01
        # what spans many tiles is drawn once, not in each of them
        wide = (grown[:, 2:] - grown[:, :2]).max(axis=1) > 2 * side
        drawn = np.array(shapes, dtype=object)
        drawn[wide] = _buffered(drawn[wide], radius[wide])
        certain = isinstance(kept, KeepOut) and kept.certain
        tree = shapely.STRtree(shapely.box(*grown.T))
        return cls(shapes, distance, radius, drawn, wide, certain, tree, order)

    def near(self, window: Any) -> Any:
        """Return the rows that may reach into a window."""
        return np.sort(self.tree.query(window))

    def cut_to(self, rows: Any, window: Any, bounds: Any) -> Any:
        """Return the union of what the shapes of these rows grow to, within a window."""
        ready, shapes = self.wide[rows], self.drawn[rows]
        shapes[~ready] = _buffered(shapes[~ready], self.radius_m[rows][~ready])
        return shapely.disjoint_subset_union_all(_clipped(shapes, window, bounds))


def _ranked(shapes: Any, distance_m: Any) -> Any:
    """Return the rows of shapes in an order that is theirs: by bounds, then by what they are."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    keys = np.column_stack([bounds, distance_m])
    order = np.lexsort(keys.T[::-1])
    sorted_keys = keys[order]
    same = (sorted_keys[1:] == sorted_keys[:-1]).all(axis=1)
    if not same.any():
        return order
    content = np.zeros(len(shapes), dtype=np.int64)
    rows = np.unique(np.concatenate([order[1:][same], order[:-1][same]]))
    content[rows] = np.unique(shapely.to_wkb(shapes[rows]), return_inverse=True)[1]
    return np.lexsort([content, *keys.T[::-1]])


def _buffered(shapes: Any, radius_m: Any) -> Any:
    grown = shapes.copy()
    moved = radius_m != 0
    grown[moved] = shapely.buffer(shapes[moved], radius_m[moved], quad_segs=ARC_SEGMENTS)
    return grown


def _clipped(shapes: Any, window: Any, bounds: Any) -> Any:
    """Cut shapes to a window; those that lie in it stay as they are."""
    box = shapely.bounds(shapes)
    west, south, east, north = bounds
    inside = (box[:, 0] >= west) & (box[:, 1] >= south) & (box[:, 2] <= east) & (box[:, 3] <= north)
    cut = shapes.copy()
    cut[~inside] = _cut(shapes[~inside], window, bounds)
    return cut[~(shapely.is_empty(cut) | shapely.is_missing(cut))]


def _cut(shapes: Any, window: Any, bounds: Any) -> Any:
    cut = shapely.clip_by_rect(shapes, *bounds)
    # a clip is fast and, rarely, wrong where a ring runs along the window
    bad = ~shapely.is_valid(cut)
    if bad.any():
        cut[bad] = shapely.intersection(shapes[bad], window)
    return cut


def _tiles(area: Any, count: int, width_m: float) -> Any:
    """Return square tiles, an (n, 4) array of bounds, that cover an area."""
    west, south, east, north = shapely.bounds(area).tolist()
    wanted = min(max(count / _SHAPES_PER_TILE, 1.0), _MOST_TILES)
    side = max(
        float(np.sqrt(max((east - west) * (north - south), 1.0) / wanted)),
        _LEAST_TILE_M,
        4 * width_m,
    )
    if wanted == 1.0:
        side = max(side, east - west + 2, north - south + 2)
    columns, rows = (max(1, int(np.ceil((d + 2) / side))) for d in (east - west, north - south))
    edges_x = np.round(west - 1 + np.arange(columns + 1) * side, 0)
    edges_y = np.round(south - 1 + np.arange(rows + 1) * side, 0)
    edges_x[-1], edges_y[-1] = (
        np.ceil(max(edges_x[-1], east + 1)),
        np.ceil(max(edges_y[-1], north + 1)),
    )
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    corners = (edges_x[column], edges_y[row], edges_x[column + 1], edges_y[row + 1])
    return np.column_stack([edge.ravel() for edge in corners])


def _tile_land(
    area: Any, tile: Any, outs: Sequence[_Placed], ins: Sequence[_Placed], width_m: float
) -> Any:
    """Return what is left in one tile: polygons."""
    around = tile + np.array([-1, -1, 1, 1]) * width_m
    window = shapely.box(*around)
    if not shapely.intersects(area, window):
        return np.array([], dtype=object)
    land = _cut(np.array([area], dtype=object), window, around)[0]
    for held in ins:
        land = shapely.intersection(land, held.cut_to(held.near(window), window, around))
        if shapely.is_empty(land):
            return np.array([], dtype=object)
    land = polygons_of(land)
    for kept in outs:
        land = _without(land, kept, window, around)
    if width_m > 0:
        land = _wide(land, width_m)
        land = polygons_of(shapely.intersection(land, shapely.box(*tile)))
    parts = shapely.get_parts(land)
    return parts[shapely.area(parts) > GRID_M]


def _without(land: Any, kept: _Placed, window: Any, bounds: Any) -> Any:
    """Take off what is too near to shapes, and measure that nothing is."""
    rows = kept.near(window)
    if not len(rows) or shapely.is_empty(land):
        return land
    land = polygons_of(shapely.difference(land, kept.cut_to(rows, window, bounds)))
    # distances decide, not the drawn buffer
    rows = rows[kept.distance_m[rows] > 0] if not kept.certain else rows[:0]
    grown_m = MARGIN_M
    for _ in range(_CUTS):
        shapely.prepare(land)
        rows = rows[shapely.dwithin(land, kept.shapes[rows], kept.distance_m[rows] - MARGIN_M / 2)]
        if not len(rows) or shapely.is_empty(land):
            return land
        again = shapely.buffer(
            kept.shapes[rows], kept.radius_m[rows] * ROUND + grown_m, quad_segs=ARC_SEGMENTS
        )
        land = polygons_of(shapely.difference(land, shapely.union_all(again)))
        grown_m *= 4
    given = kept.given[rows[:3]].tolist()
    raise AnalysisError(
        f"land near {given} stays too near after {_CUTS} cuts: check these shapes for errors"
    )


def _wide(land: Any, width_m: float) -> Any:
    """Take off what is narrower than a width: what a disc of it cannot enter, corners left
    sharp.
    """
    core = shapely.buffer(land, -width_m / 2, quad_segs=ARC_SEGMENTS)
    back = shapely.buffer(core, width_m / 2 + GRID_M, join_style="mitre", mitre_limit=_MITRE)
    return polygons_of(shapely.intersection(land, back))


def polygons_of(shape: Any) -> Any:
    """Return the polygons of a shape as one; lines and points that an operation left are none."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(shapely.get_parts(parts[shapely.get_dimensions(parts) == 2]))


def joined(parts: Sequence[Any], tiles: Any) -> Any:
    """Join polygons of tiles along the tiles' edges.

    Only what meets an edge is joined, and without the holes that lie within a tile: these are put
    back afterwards, so that the work does not grow with them.
    """
    if len(tiles) == 1:
        return _ordered(parts[0])
    within, meeting = [], []
    for own, tile in zip(parts, tiles, strict=True):
        box = shapely.bounds(own).reshape(-1, 4)
        inner = (box[:, :2] > tile[:2] + GRID_M).all(axis=1) & (box[:, 2:] < tile[2:] - GRID_M).all(
            axis=1
        )
        within.append(own[inner])
        meeting.append(own[~inner])
    pieces = np.concatenate(meeting)
    if not len(pieces):
        return _ordered(np.concatenate(within))
    filled = shapely.polygons(shapely.get_exterior_ring(pieces))
    shells = shapely.get_parts(polygons_of(shapely.union_all(_snapped(filled))))
    return _ordered(np.concatenate([*within, _with_holes(shells, pieces)]))


def _snapped(filled: Any) -> Any:
    """Lay corners on the grid of a millimetre: where tiles meet, they then meet without a gap."""
    snapped = shapely.transform(filled, lambda xy: np.round(xy / GRID_M) * GRID_M)
    bad = ~shapely.is_valid(snapped)
    snapped[bad] = shapely.make_valid(snapped[bad], method="structure", keep_collapsed=False)
    return snapped


def _with_holes(shells: Any, pieces: Any) -> Any:
    rings, owner = shapely.get_rings(pieces, return_index=True)
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    holes = rings[~first]
    if not len(holes):
        return shells
    whole = shells.copy()
    for row, own in holes_by_shell(shells, holes):
        inner = [*shapely.get_rings(shells[row])[1:], *own]
        made = shapely.polygons(shapely.get_exterior_ring(shells[row]), inner)
        if not is_sound(made):
            made = shapely.difference(shells[row], shapely.union_all(shapely.polygons(own)))
        whole[row] = made
    return shapely.get_parts(whole)


def _ordered(polygons: Any) -> Any:
    """Sort by bounds: the same land in the same order."""
    polygons = polygons[shapely.area(polygons) > GRID_M]
    box = np.round(shapely.bounds(polygons).reshape(-1, 4), 3)
    return polygons[np.lexsort(box.T[::-1])] if len(polygons) else polygons


def width_of(shape: Any) -> float:
    """Return the diameter in m of the largest circle that fits in a polygon, to a thousandth of its
    size, never too large.
    """
    radius = shapely.maximum_inscribed_circle(shape, max(float(np.sqrt(shape.area)) / 1000, 0.05))
    return 2 * float(shapely.length(radius))
