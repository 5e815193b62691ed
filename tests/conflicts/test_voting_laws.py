"""What two engines compare and how a plot is moved or cut free, by themselves: both sides of each
limit, and plain geometry.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import box

from sxgeo.analysis.conflicts import shift, voting
from sxgeo.analysis.conflicts.shift import Obstacle, shortfall_m, smallest_move, smallest_trim
from sxgeo.analysis.conflicts.voting import Dissent, Voters, dissent_words
from sxgeo.geometry.kernel import Kernel
from sxgeo.geometry.projection import PLANE_SCALE

NAN = float("nan")


# voting
# ------------------------------------------------------------------------------------------


def test_two_figures_are_the_same_up_to_their_bound_and_none_says_nothing() -> None:
    assert voting._same(5.0, 5.5, 0.5) and voting._same(5.5, 5.0, 0.5)
    assert not voting._same(5.0, 5.51, 0.5) and not voting._same(5.51, 5.0, 0.5)
    assert not voting._same(NAN, 1.0, 9.0) and not voting._same(1.0, NAN, 9.0)


def test_the_deepest_place_is_that_of_any_of_the_shapes() -> None:
    places = np.array([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)])
    depths = [np.array([1.0, 5.0, 2.0]), np.array([3.0, -2.0, 4.0])]
    depth, place = voting._deepest(places, depths)
    assert depth == 5.0 and place is not None and place.tolist() == [[1.0, 1.0]]
    assert voting._deepest(places, [np.array([-1.0, -2.0, -3.0])])[0] == 0.0
    assert voting._deepest(places[:0], depths) == (0.0, None)
    assert voting._deepest(places, []) == (0.0, None)
    told = voting._geos_depths(np.array([(5.0, 5.0), (1.0, 5.0), (12.0, 5.0)]), box(0, 0, 10, 10))
    assert told.tolist() == [5.0, 1.0, 2.0]


def table_of(shapes: list[Any], slack_m: float, hidden: Any = None) -> Any:
    held = np.array(shapes, dtype=object)
    partial = SimpleNamespace(
        rows=np.arange(0 if hidden is None else 1), reach_m=np.array([hidden or 0.0])
    )
    tree = shapely.STRtree(held)
    return SimpleNamespace(
        records=[{"name_zh": f"第{k}处"} for k in range(len(shapes))], shapes=held, slack_m=slack_m,
        partial=partial, required_m=100.0, tree=tree,
    )  # fmt: skip


@pytest.mark.parametrize("hidden", [None, 30.0])
@pytest.mark.parametrize("slack_m", [20.0, 200.0])
def test_records_within_reach_are_asked_about_and_the_nearest_whatever_its_distance(
    slack_m: float, hidden: float | None
) -> None:
    rng = np.random.default_rng(3)
    low = rng.integers(-400, 400, (40, 2)).astype(float)
    shapes = [box(x, y, x + 10, y + 10) for x, y in low]
    site = box(0, 0, 20, 20)
    voters = Voters(Kernel(), SimpleNamespace(shapes=[site], error=np.array([5.0])))  # type: ignore[arg-type]
    reach = slack_m + 5
    if hidden is not None:
        reach = max(reach, 100 * (1 + PLANE_SCALE) + hidden + 5)
    apart = shapely.distance(site, shapes)
    nearest = set(np.flatnonzero(apart == apart.min()).tolist())
    near = set(np.flatnonzero(apart <= reach).tolist())
    assert voters._near(0, table_of(shapes, slack_m, hidden)) == sorted(near | nearest)
    assert len(near) < 40
    far = [box(5_000, 0, 5_010, 10), None, box(9_000, 0, 9_010, 10)]
    assert voters._near(0, table_of(far, slack_m)) == [0]
    assert voters._near(0, table_of([], slack_m)) == []
    # at the very reach, on each side
    for k, beside in enumerate((
        box(20 + reach, 0, 30 + reach, 9), box(-10 - reach, 0, -reach, 9),
        box(0, 20 + reach, 9, 30 + reach), box(0, -10 - reach, 9, -reach),
    )):  # fmt: skip
        own = table_of([box(0, 0, 1, 1), beside], slack_m, hidden)
        assert voters._near(0, own) == [0, 1], k
        moved = shapely.transform(
            beside, lambda xy, k=k: xy + [(1, 0), (-1, 0), (0, 1), (0, -1)][k]
        )
        assert voters._near(0, table_of([box(0, 0, 1, 1), moved], slack_m, hidden)) == [0]


@pytest.mark.parametrize(
    ("shape", "whole", "outside", "unit"),
    [
        (box(0, 0, 10, 10), box(-5, -5, 50, 50), 0.0, "平方米"),
        (box(0, 0, 10, 10), box(4, -5, 50, 50), 40.0, "平方米"),
        (shapely.LineString([(0, 0), (10, 0)]), box(3, -5, 50, 50), 3.0, "米"),
        (shapely.MultiPoint([(0, 0), (1, 1), (9, 9)]), box(5, 5, 10, 10), 2.0, "处"),
    ],
)
def test_how_much_lies_outside_is_compared_by_its_dimension(
    shape: Any, whole: Any, outside: float, unit: str
) -> None:
    told: list[float] = []
    second: Any = SimpleNamespace(uncovered=lambda a, b: told.append(1) or outside)
    voters = Voters(second, None)  # type: ignore[arg-type]
    assert list(voters._outside("超出", shape, whole)) == [] and told
    bound = voting.SAME_M2 if unit == "平方米" else voting.SAME_M
    for off, differs in ((0.9, False), (1.2, True), (-1.2, True)):
        second.uncovered = lambda a, b, off=off: outside + off * bound
        found = list(voters._outside("超出", shape, whole))
        assert bool(found) is differs
        if found:
            (dissent,) = found
            assert dissent[:3] == (None, "超出", unit)
            assert dissent.figures == pytest.approx((outside, outside + off * bound))


@pytest.mark.parametrize(("off", "differs"), [(0.9, False), (1.2, True), (-1.2, True)])
def test_what_is_shared_is_compared_area_by_area_length_by_length(
    off: float, differs: bool
) -> None:
    site, resource = box(0, 0, 10, 10), box(6, 0, 30, 10)
    for one, what, bound in (
        (site, "压占", voting.SAME_M2), (shapely.LineString([(0, 5), (10, 5)]), "线路在内", voting.SAME_M),
    ):  # fmt: skip
        honest = Kernel().common(one, resource)
        field = "area_m2" if what == "压占" else "length_m"
        value = getattr(honest, field) + off * bound

        class Off(Kernel):
            def common(self, a: Any, b: Any) -> Any:
                return Kernel.common(self, a, b)._replace(**{field: value})  # noqa: B023

        voters = Voters(Off(), None)  # type: ignore[arg-type]
        found = list(voters._overlap(one, resource, voting.measure(one, resource), 7))
        assert [d[:2] for d in found] == ([(7, what)] if differs else [])


def test_each_engine_is_asked_about_the_deepest_place_of_the_other() -> None:
    site, resource = box(0, 0, 40, 40), box(-10, -10, 30, 30)
    common = site.intersection(resource)
    voters = Voters(Kernel(), None)  # type: ignore[arg-type]
    # the middle of what they share lies 15 m deep, and (10, 10) 20 m inside the second
    for places, deepest in (
        ([(29.0, 29.0)], 15),
        ([(10.0, 10.0)], 20),
        ([(500.0, 500.0)], 15),
        ([], 15),
    ):
        given_ = np.array(places).reshape(-1, 2)
        told = voters._depths((site, resource), common, given_)
        assert told == (pytest.approx(deepest), pytest.approx(deepest))
    deep = np.array([(1.0, 1.0)])
    assert voters._depths(
        (shapely.Point(1, 1), shapely.Point(1, 1)), shapely.Point(1, 1), deep
    ) == (0, 0)


def test_a_few_dissents_are_named_and_the_rest_counted() -> None:
    table: Any = SimpleNamespace(records=[{"name_zh": "甲"}])
    several = [Dissent(0 if k == 0 else None, "距离", "米", (float(k), k + 0.5)) for k in range(9)]
    one = "甲距离 geos 0.0000米、kernel 0.5000米"
    assert dissent_words(several[:1], table, "kernel") == one
    shown = voting._SHOWN
    assert dissent_words(several[:shown], table, "kernel").count("距离") == shown
    assert "另" not in dissent_words(several[:shown], table, "kernel")
    told = dissent_words(several, table, "kernel")
    assert (
        told.startswith(one) and told.endswith(f"；另{9 - shown}项") and told.count("距离") == shown
    )


# moving and cutting
# ------------------------------------------------------------------------------------------


def test_a_plot_lacks_what_it_is_too_near_by_or_deep_inside() -> None:
    plot = box(0, 0, 10, 10)
    for obstacle, clearance, lacks in (
        (box(15, 0, 20, 10), 8.0, 3.0), (box(15, 0, 20, 10), 5.0, 0.0), (box(15, 0, 20, 10), 2.0, -3.0),
        (box(10, 0, 20, 10), 4.0, 4.0), (box(8, -50, 50, 50), 4.0, 6.0),
    ):  # fmt: skip
        told = shortfall_m(plot, [Obstacle(obstacle, clearance, "a")])
        assert told == pytest.approx(lacks, abs=1e-6)
    both = [Obstacle(box(15, 0, 20, 10), 8.0, "a"), Obstacle(box(-30, 0, -8, 10), 12.0, "b")]
    assert shortfall_m(plot, both) == pytest.approx(4.0) and shortfall_m(plot, []) == -np.inf


@pytest.mark.parametrize("azimuth", [0, 45, 90, 180, 225, 270, 300])
def test_a_direction_is_told_from_the_north_by_the_east(azimuth: float) -> None:
    east, north = shift._vector(azimuth, 10.0)
    told = np.degrees(np.arctan2(east, north)) % 360
    assert told == pytest.approx(azimuth) and np.hypot(east, north) == pytest.approx(10)


@pytest.mark.parametrize(
    ("side", "azimuth"), [("east", 270), ("west", 90), ("north", 180), ("south", 0)]
)
def test_the_shortest_way_off_a_wall_is_straight_away_from_it(side: str, azimuth: float) -> None:
    wall = {
        "east": box(12, -900, 99, 900), "west": box(-99, -900, -2, 900),
        "north": box(-900, 12, 900, 99), "south": box(-900, -99, 900, -2),
    }[side]  # fmt: skip
    plot, obstacles = box(0, 0, 10, 10), [Obstacle(wall, 7.0, "w")]
    move = smallest_move(plot, obstacles, max_distance_m=50.0)
    assert move is not None and move.distance_m == pytest.approx(5.0, abs=0.02)
    assert abs((move.azimuth_deg - azimuth + 180) % 360 - 180) < 1.0
    assert shapely.distance(move.shape, wall) >= 7.0 - 1e-9
    assert np.hypot(move.east_m, move.north_m) == pytest.approx(move.distance_m)
    assert smallest_move(plot, obstacles, max_distance_m=4.9) is None
    stay = smallest_move(plot, [Obstacle(wall, 2.0, "w")], max_distance_m=50.0)
    assert stay is not None and stay.distance_m == 0 and shapely.equals(stay.shape, plot)


def test_what_is_left_of_a_plot_keeps_its_distance_and_is_the_largest_part() -> None:
    plot, wall = box(0, 0, 100, 50), box(60, -10, 62, 60)
    rest = smallest_trim(plot, [Obstacle(wall, 5.0, "w")])
    assert rest is not None and rest.area == pytest.approx(55 * 50, rel=0.01)
    assert shapely.distance(rest, wall) >= 5.0 and rest.bounds[0] == 0
    other = smallest_trim(plot, [Obstacle(box(30, -10, 32, 60), 5.0, "w")])
    assert other is not None and other.bounds[2] == 100
    touching = smallest_trim(plot, [Obstacle(wall, 0.0, "w")])
    assert touching is not None and shapely.distance(touching, wall) > 0
    assert smallest_trim(plot, [Obstacle(box(-9, -9, 200, 90), 1.0, "w")]) is None
    assert smallest_trim(shapely.LineString([(0, 0), (5, 5)]), [Obstacle(wall, 1.0, "w")]) is None
    same = smallest_trim(plot, [])
    assert same is not None and shapely.equals(same, plot)
    # of two equal parts the one that lies last by its bounds
    half = smallest_trim(plot, [Obstacle(box(49, -10, 51, 60), 1.0, "w")])
    assert half is not None and half.bounds[0] > 50
