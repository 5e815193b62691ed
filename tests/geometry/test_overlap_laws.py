"""How deep and how much two shapes overlap: rectangles, where it is known, and any shapes."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.geometry.overlap import _scanned, common_points, measure, penetration_m

EAST, NORTH = 500_000.0, 4_200_000.0
size = st.floats(0.5, 400)
place = st.floats(-500, 500)


def box(west: float, south: float, wide: float, high: float) -> Any:
    return shapely.box(EAST + west, NORTH + south, EAST + west + wide, NORTH + south + high)


@given(a=st.tuples(place, place, size, size), b=st.tuples(place, place, size, size))
def test_rectangles_overlap_by_their_sides(a: Any, b: Any) -> None:
    one, other = box(*a), box(*b)
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    told = measure(one, other)
    if wide < -1e-6 or high < -1e-6:
        apart = float(np.hypot(max(0.0, -wide), max(0.0, -high)))
        assert told.separation_m == told.distance_m == pytest.approx(apart, abs=1e-6)
        assert told.penetration_m == told.area_m2 == told.length_m == told.share == 0
        assert told.common is None
    elif wide > 1e-6 and high > 1e-6:
        assert told.area_m2 == pytest.approx(wide * high, rel=1e-6, abs=1e-4)
        assert told.share == pytest.approx(wide * high / (a[2] * a[3]), rel=1e-6, abs=1e-6)
        assert 0 <= told.share <= 1 and told.distance_m == told.length_m == 0
        assert told.separation_m == -told.penetration_m < 0
        # at least half the narrow side, at most what the smaller half-widths allow
        assert told.penetration_m >= min(wide, high) / 2 * 0.95 - 1e-6
        reach = max(min(s[2], s[3]) / 2 for s in (a, b))
        assert told.penetration_m <= reach + 1e-6
        assert measure(other, one).penetration_m == pytest.approx(told.penetration_m, abs=1e-9)


@pytest.mark.parametrize("turn", range(0, 90, 10))
@pytest.mark.parametrize("wide", [0.05, 1.0, 30.0])
def test_a_strip_is_as_deep_as_half_its_width_in_whatever_direction_it_lies(
    turn: float, wide: float
) -> None:
    strip = shapely.affinity.rotate(shapely.box(-150, -wide / 2, 150, wide / 2), turn)
    moved = shapely.transform(strip, lambda xy: np.add(xy, (EAST, NORTH)))
    around = box(-1000, -1000, 2000, 2000)
    # inside the large one the strip itself is what is deep
    depth = penetration_m(moved, moved, moved)
    assert wide / 2 * 0.9 <= depth <= wide / 2 + 1e-9
    assert measure(moved, around).penetration_m == pytest.approx(1000, abs=200)


def test_lines_and_points_in_polygons_by_hand() -> None:
    square = box(0, 0, 100, 100)

    def line(*xy: tuple[float, float]) -> Any:
        return shapely.LineString([(EAST + x, NORTH + y) for x, y in xy])

    for site, resource, length, share, depth in (
        (line((-50, 50), (150, 50)), square, 100, 0.5, 50),
        (square, line((-50, 50), (150, 50)), 100, 0.0, 50),
        (line((10, 0), (60, 0)), square, 50, 1.0, 0),
        (line((90, 50), (110, 50)), square, 10, 0.5, 10),
        (line((10, 10), (20, 10)), line((15, 0), (15, 30)), 0, 0.0, 0),
    ):
        told = measure(site, resource)
        assert (told.distance_m, told.area_m2) == (0, 0)
        assert told.length_m == pytest.approx(length)
        assert told.share == pytest.approx(share)
        assert told.penetration_m == pytest.approx(depth, abs=0.06 * depth)
    several = shapely.MultiPoint([(EAST + x, NORTH + 50) for x in (10, 50, 100, 101)])
    told = measure(several, square)
    assert told.share == 0.75 and told.penetration_m == 50
    assert measure(shapely.Point(EAST + 10, NORTH + 20), square).penetration_m == 10
    assert measure(square, shapely.Point(EAST + 10, NORTH + 20)).share == 0
    touching = measure(square, box(100, 0, 50, 50))
    assert touching.separation_m == touching.area_m2 == touching.share == 0


def test_places_that_are_tried_lie_in_what_is_common_and_in_all_of_its_parts() -> None:
    frame = box(0, 0, 90, 60) - box(30, 20, 30, 20)
    thin = box(200, 0, 300, 0.01)
    line = shapely.LineString([(EAST, NORTH - 10), (EAST + 64, NORTH - 10)])
    corner = shapely.Point(EAST - 5, NORTH)
    for some in ([frame], [frame, thin], [frame, thin, line, corner], [corner], [line]):
        common = shapely.GeometryCollection(some)
        tried = common_points(common)
        assert (shapely.distance(tried, common) < 1e-6).all()
        for part in some:
            near = tried[shapely.distance(tried, part) < 1e-6]
            if shapely.get_dimensions(part) == 2:
                # fifteen level and fifteen upright lines, each at least once
                assert len(near) >= 30 + shapely.get_num_coordinates(part)
                for axis, low, high in ((0, *part.bounds[::2]), (1, *part.bounds[1::2])):
                    levels = low + (high - low) * np.arange(1, 16) / 16
                    at = shapely.get_coordinates(near)[:, axis]
                    assert (np.abs(at[:, None] - levels).min(axis=0) < 1e-6).all()
            elif shapely.get_dimensions(part) == 1:
                along = np.sort(shapely.line_locate_point(part, near))
                assert len(along) == 32 + shapely.get_num_coordinates(part)
                assert np.diff(along).max() <= part.length / 31 + 1e-6
            else:
                assert len(near) == 1


def test_the_middle_of_what_is_common_is_among_the_places() -> None:
    """A triangle is deepest at the centre of its inscribed circle, on none of the lines of a grid."""
    triangle = shapely.Polygon([(EAST, NORTH), (EAST + 90, NORTH), (EAST + 17, NORTH + 70)])
    radius = 2 * triangle.area / triangle.length
    assert penetration_m(triangle, triangle, triangle) == pytest.approx(radius, rel=0.01)
    assert penetration_m(triangle, triangle, triangle) <= radius + 1e-9


def test_one_inside_the_other_is_what_they_have_in_common() -> None:
    inner, outer = box(10, 10, 20, 20), box(0, 0, 100, 100)
    for a, b in product((inner, outer), repeat=2):
        told = measure(a, b)
        smaller = inner if inner in (a, b) else outer
        assert told.common.equals(smaller) and told.area_m2 == smaller.area
        assert told.share == pytest.approx(smaller.area / a.area)


def test_the_lines_through_a_polygon_are_halved_where_it_begins_and_ends() -> None:
    """A box with a hole: one place a line where it misses the hole, one on each side where not."""
    holed = shapely.box(0, 0, 32, 16) - shapely.box(4, 4, 12, 12)
    wanted = set()
    for step in range(1, 16):
        y, x = float(step), 2.0 * step
        wanted |= {(2.0, y), (22.0, y)} if 4 <= y < 12 else {(16.0, y)}
        wanted |= {(x, 2.0), (x, 14.0)} if 4 <= x < 12 else {(x, 8.0)}
    for turned in (holed, shapely.reverse(holed)):
        told = {tuple(place) for place in _scanned(turned).tolist()}
        assert told == wanted
