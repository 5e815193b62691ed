"""The second engine measures what GEOS measures, without asking it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from sxgeo.geometry.kernel import Kernel
from sxgeo.geometry.overlap import measure

KERNEL = Kernel()
SQUARE = shapely.box(0, 0, 100, 100)
FRAME = shapely.difference(SQUARE, shapely.box(40, 40, 60, 60))


def test_two_squares_share_a_quarter_and_a_hole_shares_nothing():
    assert KERNEL.common(SQUARE, shapely.box(50, 50, 150, 150)).area_m2 == 2500
    assert KERNEL.common(FRAME, shapely.box(45, 45, 55, 55)).area_m2 == 0
    assert KERNEL.distance_m(FRAME, shapely.box(45, 45, 55, 55)) == 5
    assert KERNEL.distance_m(SQUARE, shapely.box(103, 104, 110, 110)) == 5
    assert KERNEL.distance_m(SQUARE, shapely.Point(50, 50)) == 0


def test_a_line_is_counted_as_far_as_it_runs_inside_and_on_the_edge():
    line = shapely.LineString([(-10, 0), (50, 0), (50, 50), (200, 50)])
    assert KERNEL.common(line, SQUARE).length_m == pytest.approx(50 + 50 + 50)
    assert KERNEL.common(line, FRAME).length_m == pytest.approx(50 + 40 + 40)
    assert KERNEL.uncovered(line, SQUARE) == pytest.approx(110)


def test_depth_is_signed_and_what_lies_outside_is_measured():
    places = np.array([(10.0, 50.0), (50.0, 50.0), (-7.0, 50.0)])
    assert KERNEL.depths_m(places, FRAME).tolist() == [10, -10, -7]
    assert KERNEL.uncovered(shapely.box(90, 0, 110, 100), SQUARE) == 1000
    assert KERNEL.uncovered(SQUARE, SQUARE) == 0
    assert KERNEL.uncovered(shapely.MultiPoint([(1, 1), (100, 50), (101, 1)]), SQUARE) == 1


@pytest.mark.parametrize(
    ("other", "along"),
    [
        (shapely.box(100.01, 20, 200, 80), 60 + 2 * (0.02**2 - 0.01**2) ** 0.5),
        (shapely.box(100.03, 20, 200, 80), 0),
        (shapely.box(100, 100, 200, 200), 0.04),
    ],
)
def test_the_edge_that_runs_beside_another_is_measured(other, along):
    assert KERNEL.along_m(SQUARE, other, 0.02) == pytest.approx(along, abs=1e-9)


numbers = st.integers(-300, 300)
corners = st.lists(st.tuples(numbers, numbers), min_size=4, max_size=9, unique=True)


def area(points):
    """A valid polygon through some places far from the origin, as plots lie on their plane."""
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    ring = shapely.Polygon(points) if len(points) > 3 else hull
    shape = ring if ring.is_valid and ring.area > 1 else hull
    return shapely.transform(shape, lambda xy: xy / 7.0 + (4.5e5, 4.2e6))


@given(one=corners, other=corners, line=corners)
def test_the_kernel_and_geos_say_the_same(one, other, line):
    first, second = area(one), area(other)
    path = shapely.LineString(np.array(line) / 7.0 + (4.5e5, 4.2e6))
    # a line that runs over itself is counted once by GEOS, twice here: the two then disagree, safely
    assume(path.is_simple)
    for shape in (first, path):
        if not shapely.get_dimensions(shape) > 0 or shapely.get_dimensions(second) != 2:
            return
        overlap = measure(shape, second)
        assert KERNEL.distance_m(shape, second) == pytest.approx(overlap.distance_m, abs=1e-8)
        assert KERNEL.distance_m(second, shape) == KERNEL.distance_m(shape, second)
        common = KERNEL.common(shape, second)
        assert common.area_m2 == pytest.approx(overlap.area_m2, abs=1e-6)
        beyond = shapely.difference(shape, second)
        amount = beyond.area if shapely.get_dimensions(shape) == 2 else beyond.length
        assert KERNEL.uncovered(shape, second) == pytest.approx(amount, abs=1e-5)
        places = shapely.distance(shapely.points(common.points), second)
        assert (places <= 1e-7).all()
