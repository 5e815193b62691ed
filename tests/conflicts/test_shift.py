"""The smallest move and trim: cases a person can work out, then laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.conflicts.shift import (
    STEP_FLOOR_M,
    Obstacle,
    shortfall_m,
    smallest_move,
    smallest_trim,
)

WALL = Obstacle(shapely.box(0, -5000, 1000, 5000), 10.0, "wall")


def test_a_plot_thirty_metres_inside_a_wall_moves_out_by_thirty_and_the_clearance() -> None:
    move = smallest_move(shapely.box(970, 0, 1070, 100), [WALL], max_distance_m=500)
    assert move is not None
    assert move.distance_m == pytest.approx(40, abs=2 * STEP_FLOOR_M)
    assert move.azimuth_deg == pytest.approx(90, abs=1)
    assert shapely.distance(move.shape, WALL.shape) >= 10 - 1e-6


def test_a_free_plot_does_not_move() -> None:
    move = smallest_move(shapely.box(2000, 0, 2100, 100), [WALL], max_distance_m=500)
    assert move is not None
    assert move.distance_m == 0.0


def test_there_is_none_within_too_short_a_distance() -> None:
    assert smallest_move(shapely.box(500, 0, 600, 100), [WALL], max_distance_m=100) is None


def test_a_plot_between_two_walls_leaves_through_the_gap_that_fits() -> None:
    walls = [
        Obstacle(shapely.box(-1000, 0, -60, 1000), 0.0, "west"),
        Obstacle(shapely.box(60, 0, 1000, 1000), 0.0, "east"),
    ]
    move = smallest_move(shapely.box(-40, 100, 80, 200), walls, max_distance_m=500)
    assert move is not None
    assert move.distance_m == pytest.approx(
        20, abs=2 * STEP_FLOOR_M
    )  # 120 m wide gap, 120 m wide plot
    assert move.azimuth_deg == pytest.approx(270, abs=1)


def test_a_trim_takes_what_is_too_near_and_keeps_the_largest_part() -> None:
    rest = smallest_trim(shapely.box(900, 0, 1110, 100), [WALL])
    assert rest.area == pytest.approx(100 * 100, rel=5e-3)
    assert shapely.distance(rest, WALL.shape) >= 10


def test_nothing_is_left_of_a_plot_wholly_inside() -> None:
    assert smallest_trim(shapely.box(100, 0, 200, 100), [WALL]) is None
    assert smallest_trim(shapely.LineString([(0, 0), (1, 1)]), [WALL]) is None


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.floats(-300, 300),
    st.floats(-300, 300),
    st.floats(5, 300),
    st.floats(5, 300),
)


@given(plot=boxes, shape=boxes, clearance=st.floats(0, 50))
@settings(max_examples=25)
def test_a_move_keeps_its_clearance_and_none_on_a_grid_is_shorter(
    plot: Any, shape: Any, clearance: float
) -> None:
    obstacles = [Obstacle(shape, clearance, "o")]
    move = smallest_move(plot, obstacles, max_distance_m=2000)
    assert move is not None
    assert shortfall_m(move.shape, obstacles) <= 0
    shorter = move.distance_m * 0.98 - 1.0
    for angle in np.radians(np.arange(0, 360, 15)):
        for distance in np.linspace(0, shorter, 12) if shorter > 0 else ():
            step = (np.sin(angle) * distance, np.cos(angle) * distance)
            moved = shapely.transform(plot, lambda xy, step=step: np.add(xy, step))
            apart = shapely.distance(moved, shape)
            assert apart < clearance or shapely.intersects(moved, shape), (angle, distance, move)


@given(plot=boxes, shape=boxes, clearance=st.floats(0, 50))
def test_a_trim_lies_in_the_plot_and_keeps_its_clearance(
    plot: Any, shape: Any, clearance: float
) -> None:
    rest = smallest_trim(plot, [Obstacle(shape, clearance, "o")])
    if rest is not None:
        assert shapely.distance(rest, shape) >= clearance
        assert rest.difference(plot).area < 1e-6


@pytest.mark.parametrize("turned", [-2.0, -0.4, 0.4, 2.0, 90.0, 181.0])
def test_a_move_names_its_direction_between_north_and_north(turned: float) -> None:
    """Out of a wall, and square to it: north is 0 and 360 is never told."""
    wall = shapely.affinity.rotate(shapely.box(-500, -500, 500, 0), -turned, origin=(0, 0))
    move = smallest_move(
        shapely.Point(0, 0).buffer(10), [Obstacle(wall, 5.0, "w")], max_distance_m=99
    )
    assert move is not None
    assert 0.0 <= move.azimuth_deg < 360.0
    off = (move.azimuth_deg - turned + 180.0) % 360.0 - 180.0
    assert abs(off) <= 4.0
    assert move.distance_m == pytest.approx(15.0, abs=0.1)
    moved = shapely.centroid(move.shape)
    assert (moved.x, moved.y) == pytest.approx((move.east_m, move.north_m), abs=1e-6)


@pytest.mark.parametrize("clearance", [0.0, 30.0, 2000.0])
def test_a_trim_round_a_point_keeps_its_clearance_and_little_more(clearance: float) -> None:
    point = shapely.Point(0, 0)
    plot = shapely.box(-2600, -2600, 2600, 2600)
    rest = smallest_trim(plot, [Obstacle(point, clearance, "p")])
    assert rest is not None
    assert clearance <= shapely.distance(rest, point) <= clearance + 0.4


def test_a_move_may_be_as_long_as_was_allowed_and_no_longer() -> None:
    plot = shapely.box(970, 0, 1070, 100)
    move = smallest_move(plot, [WALL], max_distance_m=40.0)
    assert move is not None
    assert move.distance_m == 40.0
    assert smallest_move(plot, [WALL], max_distance_m=39.9) is None
