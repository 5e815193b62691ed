"""Edges that stay straight get the points that they need, and no more; whatever holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from sxgeo.geometry import straight
from sxgeo.geometry.projection import meridian_of, plane_crs, to_degrees, to_plane
from sxgeo.geometry.straight import (
    _PIECE_M,
    _SHORT_DEG,
    STRAIGHT_M,
    _from_smaller_end,
    _moved_m,
    _roughly_metres,
    _rows_with_edge_over,
    _sampled,
    carried,
    followed_in_degrees,
    laid_and_measured,
    laid_on_plane,
    lifted_to_degrees,
    pieces_on_plane,
    straight_in_degrees,
)

SHARES = np.linspace(0, 1, 401)[:, None]
PLANE = "EPSG:4547"


def sagitta_m(start: Any, end: Any, plane: str) -> float:
    """How far an edge straight in degrees lies from its chord on a plane."""
    curve = to_plane(shapely.points(start + SHARES * (end - start)), plane)
    chord = shapely.LineString(shapely.get_coordinates(curve[[0, -1]]))
    return float(shapely.distance(curve, chord).max())


@given(
    corner=st.tuples(st.floats(74, 136), st.floats(18, 53)),
    length=st.floats(-2.5, 0.3).map(lambda power: 10.0**power),
    angle=st.floats(0, 2 * np.pi),
    zones=st.integers(-1, 1),
)
def test_an_edge_in_degrees_is_cut_into_no_more_pieces_than_twice_what_it_needs(
    corner: Any, length: float, angle: float, zones: int
) -> None:
    start = np.array(corner)
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    meridian = meridian_of(plane_crs(corner[0])) + 3 * zones
    assume(75 <= meridian <= 135)
    plane = plane_crs(meridian)
    bend = sagitta_m(start, end, plane)
    (pieces,) = pieces_on_plane(start[None], end[None], meridian)
    needed = max(1.0, (bend / STRAIGHT_M) ** 0.5)
    assert pieces >= np.ceil(needed * 0.99)
    # an edge that leads across the meridian, or bends both ways, is bounded by its worst end; the
    # bound is that of the largest values on the edge
    if abs(corner[0] - meridian) > 0.2 and abs(np.cos(angle)) > 0.5 and length < 0.5:
        assert pieces <= 2 * needed + 1
    (back,) = pieces_on_plane(end[None], start[None], meridian)
    assert back == pieces


@given(
    east=st.floats(350_000, 650_000),
    north=st.floats(3_800_000, 4_500_000),
    length=st.floats(1, 4).map(lambda power: 10.0**power),
    angle=st.floats(0, 2 * np.pi),
)
def test_an_edge_on_a_plane_gets_a_point_every_hundred_and_fifty_metres(
    east: float, north: float, length: float, angle: float
) -> None:
    end = (east + length * np.cos(angle), north + length * np.sin(angle))
    line = shapely.LineString([(east, north), end])
    lifted = lifted_to_degrees(line, PLANE)
    pieces = max(1, int(np.ceil(length / _PIECE_M - 1e-9)))
    assert shapely.get_num_coordinates(lifted) in (pieces + 1, pieces + 2)
    back = shapely.get_coordinates(to_plane(lifted, PLANE))
    steps = np.hypot(*np.diff(back, axis=0).T)
    assert steps.max() <= _PIECE_M + 1e-6
    assert np.ptp(steps) < 1e-5  # all alike
    # an array of shapes: those without long edges stay as they are
    several = np.array([line, shapely.Point(east, north), None], dtype=object)
    degrees = to_degrees(several, PLANE)
    followed = followed_in_degrees(degrees[:2], several[:2], PLANE)
    assert followed[1] is degrees[1]
    if length > _PIECE_M:
        assert followed[0].equals(lifted)
    else:
        assert followed[0] is degrees[0]


LONG = [(112.0, 38.0), (112.4, 38.3), (112.9, 38.0)]
AREA = shapely.Polygon(
    [(113.0, 38.0), (113.6, 38.0), (113.6, 38.5), (113.0, 38.5)],
    [[(113.2, 38.2), (113.4, 38.2), (113.4, 38.4)]],
)
SHORT = shapely.box(112.5, 38.0, 112.5 + _SHORT_DEG / 2, 38.0 + _SHORT_DEG / 2)


def points_of(shape: Any) -> int:
    return int(shapely.get_num_coordinates(shape))


def test_every_kind_of_shape_gets_the_points_of_its_edges() -> None:
    line, ring = shapely.LineString(LONG), shapely.LinearRing([*LONG, LONG[0]])
    empty = shapely.Polygon()
    shapes: list[Any] = [
        *(line, ring, AREA, SHORT, shapely.Point(112, 38), shapely.MultiPoint(LONG), empty),
        *(shapely.MultiLineString([line, LONG[:2]]), shapely.MultiPolygon([AREA, SHORT])),
        shapely.GeometryCollection([line, AREA, shapely.Point(112, 38), empty]),
        shapely.from_wkt("MULTIPOLYGON (EMPTY, ((113 38, 113.6 38, 113.6 38.5, 113 38)))"),
        shapely.from_wkt("MULTILINESTRING (EMPTY, (112 38, 112.9 38.4))"),
        shapely.from_wkt("GEOMETRYCOLLECTION (POLYGON EMPTY, LINESTRING (112 38, 112.9 38.4))"),
    ]
    together = straight_in_degrees(np.array([*shapes, None], dtype=object), PLANE)
    assert together[-1] is None
    for shape, told in zip(shapes, together[:-1], strict=True):
        assert told.equals_exact(straight_in_degrees(shape, PLANE), 0)
        assert told.geom_type == shape.geom_type
        # the corners are all there, in their order, and what was added lies on the edges
        before, after = shapely.get_coordinates(shape), shapely.get_coordinates(told)
        rows = [np.flatnonzero((after == corner).all(axis=1)) for corner in before]
        assert all(len(found) for found in rows)
        for place in shapely.points(after):
            assert shapely.distance(place, shape) < 1e-12
        full = [p for p in shapely.get_parts(shape) if not p.is_empty]
        assert points_of(told) == sum(points_of(straight_in_degrees(p, PLANE)) for p in full)
    kinds = {
        shape.geom_type: points_of(told) for shape, told in zip(shapes, together, strict=False)
    }
    assert kinds["LineString"] > 20 and kinds["LinearRing"] > 30
    assert together[3] is shapes[3] and together[4] is shapes[4]  # nothing long, nothing made anew


def test_what_is_shared_gets_the_same_points_whichever_way_it_runs() -> None:
    line = shapely.LineString(LONG)
    there = shapely.get_coordinates(straight_in_degrees(line, PLANE))
    back = shapely.get_coordinates(straight_in_degrees(shapely.reverse(line), PLANE))
    assert (there == back[::-1]).all()
    upright = shapely.LineString([(112.0, 38.0), (112.0, 38.9)])
    there = shapely.get_coordinates(laid_on_plane(upright, "EPSG:4534"))
    back = shapely.get_coordinates(laid_on_plane(shapely.reverse(upright), "EPSG:4534"))
    assert (there == back[::-1]).all()


@pytest.mark.parametrize("plane", ["EPSG:4546", "EPSG:4547", "EPSG:4548"])
@pytest.mark.parametrize("length", [0.0001, 0.003, 0.02, 0.3])
def test_an_edge_of_a_file_gets_the_points_that_its_curve_needs(plane: str, length: float) -> None:
    """Whatever the way to degrees: the points are enough, and not more than twice as many."""
    size = length * 111_000
    (x, y), *_ = shapely.get_coordinates(to_plane(shapely.Point(112.9, 38.2), plane))
    for east, north in ((1.0, 0.0), (0.0, 1.0), (0.6, 0.8), (-0.8, 0.6)):
        line = shapely.LineString([(x, y), (x + size * east, y + size * north)])
        told = carried(line, lambda g: to_degrees(g, plane))
        sampled = to_degrees(
            shapely.points(np.array([x, y]) + SHARES * size * np.array([east, north])), plane
        )
        metres = np.array([111_320 * np.cos(np.radians(38.2)), 111_000])

        def in_metres(shape: Any, scale: Any = metres) -> Any:
            return shapely.transform(shape, lambda xy: xy * scale)

        away = shapely.distance(in_metres(sampled), in_metres(told))
        assert away.max() < STRAIGHT_M
        ends = shapely.LineString(shapely.get_coordinates(sampled[[0, -1]]))
        bend = shapely.distance(in_metres(sampled), in_metres(ends)).max()
        assert points_of(told) - 1 <= 2 * max(1.0, (bend / STRAIGHT_M) ** 0.5) + 1
        ends_told = shapely.get_coordinates(told)[[0, -1]]
        assert np.allclose(ends_told, shapely.get_coordinates(sampled[[0, -1]]), atol=1e-12)


def test_how_far_a_repair_moved_is_the_worst_corner_either_way() -> None:
    square, larger = shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 13)
    assert _moved_m(square, square) == 0
    assert _moved_m(square, larger) == _moved_m(larger, square) == 3
    assert _moved_m(square, shapely.Polygon()) == np.inf
    spike = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 17), (0, 10)])
    assert _moved_m(square, spike) == _moved_m(spike, square) == 7
    line = shapely.LineString([(0, 0), (10, 0)])
    assert _moved_m(square, line) == 10


def test_a_shape_that_needs_no_repair_moved_by_nothing() -> None:
    shapes = np.array([AREA, SHORT, None, shapely.Point(112, 38)], dtype=object)
    laid, moved_m = laid_and_measured(shapes, PLANE)
    assert moved_m.tolist() == [0, 0, 0, 0] and laid[2] is None
    one, moved = laid_and_measured(AREA, PLANE)
    assert moved == 0 and one.equals_exact(laid[0], 0)
    assert laid_on_plane(AREA, PLANE, PLANE).equals(to_plane(AREA, PLANE))
    assert points_of(laid_on_plane(AREA, PLANE, PLANE)) == points_of(AREA)
    assert points_of(laid_on_plane(AREA, PLANE, "EPSG:4546")) > 500
    crossed = shapely.Polygon([(112, 38), (112.001, 38.001), (112.001, 38), (112, 38.001)])
    (shape,), (far,) = laid_and_measured(np.array([crossed], dtype=object), PLANE)
    # a bow tie becomes two triangles with the same corners, and one where its edges cross
    assert shape.is_valid and len(shapely.get_parts(shape)) == 2 and far < 1e-6


@pytest.mark.parametrize("plane", ["EPSG:4534", "EPSG:4547"])
def test_an_edge_gets_the_same_points_to_the_last_bit_in_either_direction(plane: str) -> None:
    """Edges in every direction, level and upright ones among them, each alone and in one line."""
    rng = np.random.default_rng(7)
    ends = rng.uniform(-0.7, 0.7, (60, 2)).round(7)
    ends[:6] *= (0, 1)
    ends[6:12] *= (1, 0)
    for run in ends:
        line = shapely.LineString([(112.3, 38.1), (112.3 + run[0], 38.1 + run[1])])
        there = shapely.get_coordinates(straight_in_degrees(line, plane))
        back = shapely.get_coordinates(straight_in_degrees(shapely.reverse(line), plane))
        assert (there == back[::-1]).all()
    way = shapely.LineString(np.cumsum([(112.0, 38.0), *ends / 4], axis=0))
    there = shapely.get_coordinates(straight_in_degrees(way, plane))
    back = shapely.get_coordinates(straight_in_degrees(shapely.reverse(way), plane))
    assert (there == back[::-1]).all()


@pytest.mark.parametrize("meridian", [114.0, 75.0])
def test_pieces_of_an_edge_grow_with_the_root_of_its_bend(meridian: float) -> None:
    """The bound of its docstring, written once more; held at the pole and a quarter round."""
    rng = np.random.default_rng(7)
    start = np.column_stack([rng.uniform(60, 140, 60), rng.uniform(-80, 80, 60)])
    end = start + rng.uniform(-3, 3, (60, 2))
    start[:4] = [(114, 89.9), (114, 120), (-20, 10), (250, 10)]
    end[:4] = [(115, 95), (116, 130), (-21, 11), (251, 11)]
    told = straight.pieces_on_plane(start, end, meridian)
    for k in range(60):
        (x0, y0), (x1, y1) = start[k], end[k]
        along, up = np.radians(abs(x1 - x0)), np.radians(abs(y1 - y0))
        high = np.radians(min(max(abs(y0), abs(y1)), 90))
        low = np.radians(min(min(abs(y0), abs(y1)), 90))
        off = np.radians(min(max(abs(x0 - meridian), abs(x1 - meridian)), 90))
        sine, cosine = np.sin(high), np.cos(low)
        across = cosine * np.sin(off)
        scale = 1 / np.sqrt(max(1 - across**2, 0.01))
        bend = scale * (2 * sine * along * up + sine * cosine * along**2)
        bend += scale**2 * across * (up**2 + (cosine * along) ** 2)
        wanted = np.sqrt(1.02 * straight._RADIUS_M * bend / (8 * straight.STRAIGHT_M))
        assert told[k] == max(1, int(np.ceil(wanted))) or abs(wanted - round(wanted)) < 1e-9


@pytest.mark.parametrize("bent", [(0.5, 1.0), (0.0, 0.5), (0.25, 0.75), (0.0, 1.0)])
def test_an_edge_that_bends_in_a_part_of_it_alone_is_followed_there_too(bent: Any) -> None:
    """A rule that leaves one half of an edge straight: the other half says how many points it needs."""
    first, last = bent

    def rise(x: Any) -> Any:
        # runs on straight behind the bend
        share = np.clip(x - 112.0, first, last) - first
        return 1e-3 * share**2 + 2e-3 * (last - first) * np.maximum(x - 112.0 - last, 0)

    def move(shapes: Any) -> Any:
        return shapely.transform(
            shapes, lambda xy: np.column_stack([xy[:, 0], xy[:, 1] + rise(xy[:, 0])])
        )

    told = carried(shapely.LineString([(112.0, 38.0), (113.0, 38.0)]), move)
    x = np.linspace(112.0, 113.0, 2001)
    at = shapely.get_coordinates(told)
    away_m = np.abs(np.interp(x, at[:, 0], at[:, 1]) - 38.0 - rise(x)) * 111_000
    assert away_m.max() < STRAIGHT_M


def test_a_shape_of_too_many_points_costs_its_own_answer_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A line across the country would need a point every few hundred metres of it."""
    short = shapely.LineString([(112.5, 38.0), (112.501, 38.0)])
    long = shapely.LineString([(112.5, 38.0), (113.5, 38.0)])
    needed = len(shapely.get_coordinates(straight.laid_on_plane(long, "EPSG:4547")))
    assert needed > 20
    for most, there in ((needed, True), (needed - 1, False)):
        monkeypatch.setattr(straight, "_MOST_POINTS", most)
        for order in (1, -1):
            shapes = np.array([short, long], dtype=object)[::order]
            laid, moved_m = straight.laid_and_measured(shapes, "EPSG:4547")
            assert [shape is not None for shape in laid[::order]] == [True, there]
            assert np.isfinite(moved_m[::order]).tolist() == [True, there]


def test_a_degree_of_longitude_is_shorter_away_from_the_equator() -> None:
    for latitude in (0.0, 38.0, 60.0):
        edge = np.array([[[112.0, latitude], [113.0, latitude]], [[112.0, 30.0], [112.0, 31.0]]])
        wide, high = np.abs(np.diff(_roughly_metres(edge), axis=1))[:, 0]
        assert wide == pytest.approx([111_320 * np.cos(np.radians(latitude)), 0], rel=5e-3)
        assert high == pytest.approx([0, 111_320], rel=5e-3)


def test_an_edge_is_walked_from_its_smaller_end_whichever_way_it_runs() -> None:
    corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
    for one in corners:
        for other in corners:
            low, high, swapped = _from_smaller_end(np.array([one, other]), np.array([0]))
            assert (tuple(low[0]), tuple(high[0])) == (min(one, other), max(one, other))
            assert bool(swapped[0]) == (other < one)


def test_long_edges_are_found_however_many_shapes_are_looked_at_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths = [1, 9, 2, 8, 7, 1, 9]
    lines = shapely.linestrings([[(0, 0), (length, 0)] for length in lengths])
    for at_once in (1, 2, 3, 100):
        monkeypatch.setattr(straight, "_AT_ONCE", at_once)
        found = np.concatenate(list(_rows_with_edge_over(lines, 5.0)))
        assert found.tolist() == [k for k, length in enumerate(lengths) if length > 5]


def test_an_edge_for_which_a_rule_gives_no_number_stays_whole() -> None:
    ends = np.array([[112.0, 38.0]]), np.array([[113.0, 38.5]])
    nowhere = _sampled(*ends, lambda shapes: shapely.points(np.full((len(shapes), 2), np.nan)))
    assert nowhere.tolist() == [1]
    assert _sampled(*ends, lambda shapes: shapes).tolist() == [1]
