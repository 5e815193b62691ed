"""Edges that stay straight when the system changes.

An edge is the straight line between two corners in the system of its file: in degrees where the
file is in degrees, on the plane where it was drawn on one. What is straight in one system is bent
in another (0.06 m at 2 km, 30 m at 44 km), so points are put on the edge, in its own system, before
it moves. docs/geometry.md says where this happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import GeometryType

from .projection import are_valid, meridian_of, to_degrees, to_plane
from .shapes import counted_up

if TYPE_CHECKING:
    from .shapes import Bools, Floats, Geometries, Ints, Shape, Shapes

STRAIGHT_M = 0.003
"""How far an edge may deviate when its system changes.

Two shapes that share an edge may each be off by this and by half a step of the 1e-7 degree grid
(0.007 m): together they stay
within the 0.02 m below which an overlap counts as touching."""

REPAIRED_M = 0.02
"""A repair on the plane that moves an edge farther than what counts as touching is no answer."""
_RADIUS_M = 6.4e6
"""No radius of curvature of the ellipsoid is larger."""
_SHORT_DEG = 0.0025
"""An edge of this length deviates by less than `STRAIGHT_M` on any plane within 45 degrees of its
meridian, up to 60 N.
"""
_PIECE_M = 150.0
"""An edge of this length on a plane deviates in degrees, or on another plane, by less than half of
`STRAIGHT_M`.
"""
_MOST_POINTS = 20_000_000
_AT_ONCE = 50_000
"""Shapes whose edges are measured together."""
_NO_ROWS = np.zeros(0, dtype=np.int64)
_CHAINS: dict[int, Callable[..., Any]] = {
    GeometryType.LINESTRING: shapely.linestrings,
    GeometryType.LINEARRING: shapely.linearrings,
}
_SEVERAL: dict[int, Callable[..., Any]] = {
    GeometryType.MULTILINESTRING: shapely.multilinestrings,
    GeometryType.MULTIPOLYGON: shapely.multipolygons,
}
"""What builds shapes of a kind: of corners, or of parts."""


class _TooLong(Exception):
    """Edges that cannot be followed to millimetres with the memory of a computer."""


Pieces = Callable[["Floats", "Floats"], "Ints"]


def laid_on_plane(
    geometries: Geometries,
    plane: str,
    drawn_on: str | None = None,
) -> Geometries:
    """Bring lon/lat shapes (EPSG:4490) to a plane with their edges where they are.

    Parameters
    ----------
    geometries
        One geometry or an array of them; missing ones stay missing.
    plane
        Named by :func:`.projection.plane_crs`.
    drawn_on
        The plane on which the edges are straight; None when they are straight in degrees.

    Returns
    -------
    geometry or ndarray
        Metres; an edge deviates by at most `STRAIGHT_M`. What only the change of the system made
        invalid is repaired.
    """
    moved: Geometries = laid_and_measured(geometries, plane, drawn_on)[0]
    return moved


def laid_and_measured(
    geometries: Geometries,
    plane: str,
    drawn_on: str | None = None,
) -> tuple[Any, Any]:
    """Bring shapes to a plane as :func:`laid_on_plane`, and tell how far the repair moved each.

    Returns
    -------
    shapes, moved_m
        `moved_m` is 0 where nothing was repaired, and infinite where a shape could not be brought
        to the plane: it is then missing. A repair of what was valid in degrees moves less than
        `REPAIRED_M`.
    """
    try:
        laid = _laid(geometries, plane, drawn_on)
        return _repaired(laid)
    except (shapely.GEOSException, _TooLong):
        if np.ndim(geometries) == 0:
            return None, np.inf
    # one shape that cannot be laid out costs one answer
    shapes = np.empty(len(geometries), dtype=object)
    moved_m = np.zeros(len(geometries))
    for row, geometry in enumerate(geometries):
        shapes[row], moved_m[row] = laid_and_measured(geometry, plane, drawn_on)
    return shapes, moved_m


def _laid(
    geometries: Geometries,
    plane: str,
    drawn_on: str | None,
) -> Geometries:
    if drawn_on == plane:
        return to_plane(geometries, plane)
    if drawn_on is None:
        return to_plane(straight_in_degrees(geometries, plane), plane)
    refined = _refined(to_plane(geometries, drawn_on), _by_length, _PIECE_M)
    return to_plane(to_degrees(refined, drawn_on), plane)


def _repaired(laid: Geometries) -> tuple[Any, Any]:
    """Repair polygons on a plane: edges that met on the grid may cross by a hair there."""
    # One shape or many: the work is the same, in the array that was made when they were laid.
    shapes = np.atleast_1d(np.asarray(laid, dtype=object))
    moved_m = np.zeros(len(shapes))
    spoiled = np.flatnonzero(~are_valid(shapes) & ~shapely.is_missing(shapes))
    for row in spoiled.tolist():
        shapes[row], moved_m[row] = _whole(shapes[row])
    return (shapes, moved_m) if np.ndim(laid) else (shapes[0], float(moved_m[0]))


def _whole(shape: Shape) -> tuple[Shape, float]:
    """Repair a shape, and tell by how much: a repair that moves the outline must not be silent."""
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=True)
    return whole, _moved_m(shape, whole)


def _moved_m(before: Shape, after: Shape) -> float:
    """Return how far a corner of either shape lies from the edges of the other; infinite when
    nothing is left.
    """
    if shapely.is_empty(after):
        return float("inf")
    # of a polygon the outline counts: a corner deep inside it has moved all the same
    edges = [shapely.boundary(g) if g.geom_type.endswith("Polygon") else g for g in (before, after)]
    corners = [shapely.points(shapely.get_coordinates(g)) for g in (before, after)]
    return max(float(shapely.distance(corners[i], edges[1 - i]).max()) for i in (0, 1))


def lifted_to_degrees(geometries: Geometries, plane: str) -> Geometries:
    """Bring shapes whose edges are straight on a plane to lon/lat (EPSG:4490), not quantised; as
    :func:`laid_on_plane`.
    """
    return to_degrees(_refined(geometries, _by_length, _PIECE_M), plane)


def followed_in_degrees(
    degrees: Geometries,
    laid: Geometries,
    plane: str,
) -> Geometries:
    """Return shapes in degrees with so many points on their edges that geodesics follow them.

    Parameters
    ----------
    degrees, laid
        Arrays of the same shapes in degrees and on `plane`; those without long edges stay as they
        are.
    """
    xy, owner = shapely.get_coordinates(laid, return_index=True)
    rows = np.unique(owner[:-1][_over(xy, owner, _PIECE_M)])
    followed = degrees.copy()
    followed[rows] = lifted_to_degrees(laid[rows], plane)
    return followed


def straight_in_degrees(geometries: Geometries, plane: str) -> Geometries:
    """Put points on edges that are straight in degrees, so that geodesics and straight lines on
    `plane` follow them.
    """
    meridian = meridian_of(plane)
    return _refined(geometries, lambda a, b: pieces_on_plane(a, b, meridian), _SHORT_DEG)


def carried(geometries: Geometries, move: Callable[[Geometries], Geometries]) -> Geometries:
    """Bring shapes from the system of a file to degrees by any rule, with their edges where they
    are.

    Parameters
    ----------
    geometries
        One geometry or an array of them, in the system of the file, in which edges are straight.
    move
        Takes geometries there and gives them in lon/lat degrees, point by point.

    Returns
    -------
    geometry or ndarray
        Degrees, not quantised; points are only added to edges that would deviate by more than
        `STRAIGHT_M`.
    """
    # Most files have short edges only: they are moved once, and nothing is measured.
    moved = move(geometries)
    if not _has_edge_over(moved, _SHORT_DEG):
        return moved
    refined = _refined(geometries, lambda a, b: _sampled(a, b, move), 0.0)
    return move(refined)


def pieces_on_plane(
    start: Floats,
    end: Floats,
    meridian: float,
) -> Ints:
    """Return into how many pieces edges in degrees are cut, so that each is straight on a plane to
    `STRAIGHT_M`.

    A curve deviates from its chord by at most an eighth of its second derivative. That of an edge
    straight in degrees is bounded here on the sphere, for the transverse Mercator projection, by
    the largest values along the edge; the ellipsoid adds less than a fiftieth.
    """
    bend = _most_bend(start, end, meridian)
    # An arc parts from its chord by an eighth of its bend, and by the square of the pieces less.
    return _whole_pieces(np.sqrt(1.02 * _RADIUS_M * bend / (8 * STRAIGHT_M)))


def _most_bend(
    start: Floats,
    end: Floats,
    meridian: float,
) -> Floats:
    """Return the largest second derivative along edges on the plane of a meridian, in radii of the
    earth.
    """
    along, up = np.radians(np.abs(end - start)).T
    lat, off = _angles(start, end, meridian)

    # The scale grows away from the meridian; it is held where it would run off to infinity.
    sine, cosine = np.sin(lat.max(axis=0)), np.cos(lat.min(axis=0))
    across = cosine * np.sin(off)
    scale = 1 / np.sqrt(np.maximum(1 - across**2, 0.01))
    square = up**2 + (cosine * along) ** 2
    bend: Floats = scale * (
        2 * sine * along * up + sine * cosine * along**2 + scale * across * square
    )
    return bend


def _angles(
    start: Floats,
    end: Floats,
    meridian: float,
) -> tuple[Floats, Floats]:
    """Return the latitudes of both ends of edges, and how far they reach away from a meridian, in
    radians.
    """
    lons = np.stack([start[:, 0], end[:, 0]])
    lats = np.stack([start[:, 1], end[:, 1]])
    # a latitude that is none is told where shapes are read; here it must not end the run
    lat = np.radians(np.minimum(np.abs(lats), 90.0))
    off = np.radians(
        np.minimum(
            np.abs(lons - meridian).max(axis=0),
            90.0,
        )
    )
    return lat, off


def _whole_pieces(wanted: Floats) -> Ints:
    pieces: Ints = np.maximum(np.ceil(wanted), 1).astype(np.int64)
    return pieces


def _by_length(start: Floats, end: Floats) -> Ints:
    return _whole_pieces(np.hypot(*(end - start).T) / _PIECE_M)


def _sampled(
    start: Floats,
    end: Floats,
    move: Callable[[Shapes], Shapes],
) -> Ints:
    """Return the pieces that edges need under any rule, by the second differences of five points on
    each.
    """

    # Second differences of quarters are a sixteenth of the second derivative.
    steps = np.moveaxis(
        np.diff(_five_points_m(start, end, move), 2, axis=1),
        2,
        0,
    )
    bend = 16 * np.hypot(*steps).max(axis=1)
    # where the rule gives no number the edge stays whole; its ends tell of the fault
    bend = np.where(np.isfinite(bend), bend, 0.0)
    return _whole_pieces(np.sqrt(1.1 * bend / (8 * STRAIGHT_M)))


def _five_points_m(
    start: Floats,
    end: Floats,
    move: Callable[[Shapes], Shapes],
) -> Floats:
    """Return where a rule puts five points on each edge, roughly in metres: (edges, 5, 2)."""
    # No formula is known for the rule: five points on each edge show how it bends.
    shares = np.linspace(0, 1, 5)[None, :, None]
    between = start[:, None, :] + shares * (end - start)[:, None, :]
    moved = move(shapely.points(between.reshape(-1, 2)))
    return _roughly_metres(shapely.get_coordinates(moved).reshape(-1, 5, 2))


def _roughly_metres(lonlat: Floats) -> Floats:
    """Degrees as metres, (edges, places, 2): good enough to say how much an edge bends."""
    metres: Floats = lonlat * np.radians(_RADIUS_M)
    # a degree of longitude is shorter away from the equator
    metres[:, :, 0] *= np.cos(np.radians(lonlat[:, :, 1].mean(axis=1, keepdims=True)))
    return metres


def _has_edge_over(geometries: Geometries, length: float) -> bool:
    shapes: Shapes = np.atleast_1d(np.asarray(geometries, dtype=object))
    return any(len(rows) for rows in _rows_with_edge_over(shapes, length))


def _rows_with_edge_over(shapes: Shapes, length: float) -> Iterator[Ints]:
    """Yield the rows of shapes that have an edge longer than `length`, some shapes at a time: their
    coordinates, steps and squares would stand beside each other in memory.
    """
    for start in range(0, len(shapes), _AT_ONCE):
        xy, owner = shapely.get_coordinates(shapes[start : start + _AT_ONCE], return_index=True)
        # a step from one ring to the next counts here too: it only makes a geometry looked at
        yield np.unique(owner[:-1][_over(xy, owner, length)]) + start


def _over(
    xy: Floats,
    owner: Ints,
    length: float,
) -> Bools:
    step = np.diff(xy, axis=0)
    # squares are compared, and infinite corners are longer than anything
    with np.errstate(invalid="ignore", over="ignore"):
        is_over: Bools = ((step**2).sum(axis=1) > length**2) & (owner[1:] == owner[:-1])
    return is_over


def _refined(
    geometries: Geometries,
    pieces: Pieces,
    length: float,
) -> Geometries:
    """Put points on the edges longer than `length`; geometries without such an edge are returned as
    they are.
    """
    shapes: Shapes = np.atleast_1d(np.asarray(geometries, dtype=object))
    rows = np.concatenate([_NO_ROWS, *_rows_with_edge_over(shapes, length)])
    if not len(rows):
        return geometries
    refined = shapes.copy()
    refined[rows] = _refined_shapes(shapes[rows], pieces, length)
    return refined if np.ndim(geometries) else refined[0]


def _refined_shapes(
    shapes: Shapes,
    pieces: Pieces,
    length: float,
) -> Shapes:
    kinds, refined = shapely.get_type_id(shapes), shapes.copy()
    for kind in np.unique(kinds).tolist():
        rows = np.flatnonzero(kinds == kind)
        # Shapely builds an array of one kind at a time
        if kind in _CHAINS:
            refined[rows] = _refined_lines(shapes[rows], _CHAINS[kind], pieces, length)
        elif kind == GeometryType.POLYGON:
            refined[rows] = _refined_polygons(shapes[rows], pieces, length)
        elif kind in _SEVERAL:
            refined[rows] = _refined_parts(shapes[rows], _SEVERAL[kind], pieces, length)
        elif kind == GeometryType.GEOMETRYCOLLECTION:
            # a collection may hold any kind, collections too
            for row in rows:
                parts = _refined_shapes(shapely.get_parts(shapes[row]), pieces, length)
                refined[row] = shapely.geometrycollections(parts)
    return refined


def _refined_polygons(
    polygons: Shapes,
    pieces: Pieces,
    length: float,
) -> Shapes:
    full = ~shapely.is_empty(polygons)
    rings, polygon = shapely.get_rings(polygons[full], return_index=True)
    refined = polygons.copy()
    # of none but empty ones there is nothing to build
    if len(rings):
        made = _refined_lines(rings, shapely.linearrings, pieces, length)
        refined[full] = shapely.polygons(made, indices=polygon)
    return refined


def _refined_parts(
    shapes: Shapes,
    make: Callable[..., Any],
    pieces: Pieces,
    length: float,
) -> Any:
    """Refine shapes of several parts: these as shapes of their own, joined again by `make`."""
    # an empty part has no edge that could be refined, and is left out
    parts, whole = shapely.get_parts(shapes, return_index=True)
    full = ~shapely.is_empty(parts)
    made = _refined_shapes(parts[full], pieces, length)
    return make(made, indices=whole[full])


def _refined_lines(
    lines: Shapes,
    make: Callable[..., Any],
    pieces: Pieces,
    length: float,
) -> Shapes:
    full = ~shapely.is_empty(lines)
    xy, line = shapely.get_coordinates(lines[full], return_index=True)

    # Most edges are short, and a line without a long one is handed back as it is.
    count = np.ones(len(xy), dtype=np.int64)
    long = np.flatnonzero(_over(xy, line, length))
    if not len(long):
        return lines
    low, high, _ = _from_smaller_end(xy, long)
    count[long] = pieces(low, high)

    # Millions of points are refused here, not by the memory.
    if count.sum() > _MOST_POINTS:
        raise _TooLong
    rebuilt = lines.copy()
    rebuilt[full] = make(
        _with_points(xy, count),
        indices=np.repeat(line, count),
    )
    return rebuilt


def _with_points(xy: Floats, count: Ints) -> Floats:
    """Return corners with places between each and the next, so that there are `count` of them from
    the corner on.
    """
    # All edges in one array: each gives its first point and those within it.
    edge, step = counted_up(count)
    refined = xy[edge]
    inner = step > 0
    edge, step = edge[inner], step[inner]
    low, high, swapped = _from_smaller_end(xy, edge)
    share = np.where(swapped, count[edge] - step, step) / count[edge]
    refined[inner] = low + share[:, None] * (high - low)
    return refined


def _from_smaller_end(xy: Floats, edge: Ints) -> tuple[Floats, Floats, Bools]:
    """Return the smaller and the larger end of edges, and which of them run from the larger one: an
    edge is walked from its smaller end, so that two shapes which share it get the same points.
    """
    start, end = xy[edge], xy[edge + 1]
    level = end[:, 0] == start[:, 0]
    swapped = (end[:, 0] < start[:, 0]) | (level & (end[:, 1] < start[:, 1]))
    low = np.where(swapped[:, None], end, start)
    high = np.where(swapped[:, None], start, end)
    return low, high, swapped
