"""Steps of what is reached, each by itself: what a worker is shipped, which values are doubted,
where a part of an edge ends, what a file says; by hand, or against plain counting.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString
from small_roads import HERE, move, straight

from sxgeo.analysis.accessibility import (
    catchment,
    crew,
    ground,
    isochrones,
    overland,
    place_files,
    population,
    rasters,
    reached,
    routes,
    surface,
    targets,
    travel_times,
)
from sxgeo.analysis.accessibility.chunks import World
from sxgeo.analysis.network.rail import ALIGHT_MIN, BOARD_MIN, Line, Stop, with_lines
from sxgeo.errors import InputError, UsageError


def array(*shapes: Any) -> Any:
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


# workers
# ------------------------------------------------------------------------------------------


def test_what_a_worker_is_set_up_with_is_what_was_shipped() -> None:
    pytest.importorskip("pyarrow")
    lon, lat = zip(HERE, move(HERE, 90, 900), strict=True)
    stops = pd.DataFrame({"lon": lon, "lat": lat, "weight": [2.0, 3.5]})
    roads = straight(1_000, 30)
    for minutes, frame, prepared in (((5.0, 10.0), None, False), ((7.5,), stops, True)):
        told = World.of(World(roads, minutes, frame, prepared).shipped())
        assert list(told.minutes) == list(minutes) and told.prepared is prepared
        assert told.roads.id == roads.id and (told.roads.ticks == roads.ticks).all()
        if frame is None:
            assert told.stops is None and told.targets == {} and not len(told.weights)
            continue
        assert told.stops is not None
        pd.testing.assert_frame_equal(told.stops[list(frame)], frame)
        assert list(told.targets) == [0, 1] and told.weights.tolist() == [2.0, 3.5]


def test_as_many_origins_go_at_once_as_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(crew, "_tasks", lambda starts, at_once: asked.append(at_once) or [])
    alone: Any = SimpleNamespace(keep=None, _worked=lambda work, tasks: iter(()))
    for at_once, used in ((3, 3), (None, crew.AT_ONCE)):
        assert list(crew.Crew.answers(alone, None, None, at_once)) == []  # type: ignore[arg-type]
        assert asked.pop() == used


# what is read
# ------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(-3, 5), max_size=4), max_size=5))
def test_the_two_greatest_values_are_found_in_whatever_blocks_they_come(blocks: Any) -> None:
    told = population._Greatest()
    for block in blocks:
        told.take(np.array([*block, np.nan], dtype=float))
    values = sorted({value for block in blocks for value in block}, reverse=True)
    expected = [*map(float, values), -np.inf, -np.inf][:2]
    assert [told.value, told.below] == expected


def test_more_people_than_live_anywhere_stand_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_refused(most: float, pixel_m2: float = 1e9, kind: str = "float64") -> bool:
        monkeypatch.setattr(population, "_pixel_m2", lambda dataset: pixel_m2)
        dataset: Any = SimpleNamespace(dtypes=[kind])
        try:
            population._check_most(dataset, {"max": np.array([np.nan, 1.0, most])}, "p.tif")
        except InputError as error:
            assert f"holds {most:g} people in a pixel" in str(error)
            return True
        return False

    # in a pixel of a thousand square kilometres, by its numbers alone
    for most in (1e8, np.inf, 65_535.0, 2_147_483_647.0, 4_294_967_295.0):
        assert is_refused(most)
    for most in (0.0, 65_534.0, 65_536.0, np.nextafter(1e8, 0)):
        assert not is_refused(most)
    for kind, most in (("int16", 32_767), ("uint8", 255), ("uint16", 65_535)):
        assert is_refused(most, kind=kind) and not is_refused(most - 1, kind=kind)
    # by how dense they live: of a small pixel a hectare counts
    for pixel_m2, limit in ((1e6, 1e6), (1e4, 1e4), (100.0, 1e4), (4e6, 4e6)):
        assert not is_refused(limit, pixel_m2) and is_refused(limit * 1.001, pixel_m2)


def test_a_value_that_stands_far_above_all_others_is_doubted() -> None:
    def is_doubted(value: float, below: float) -> bool:
        return bool(list(population._Greatest(value, below).notes("p.tif")))

    for value in (255.0, 999.0, 9_999.0, 32_767.0, 99_999.0, 999_999.0):
        assert is_doubted(value, value / 3 - 0.01) and not is_doubted(value, value / 3 + 0.01)
        assert not is_doubted(value + 1, value / 4)
    least = population._LEAST_ALONE
    assert is_doubted(least, least / 10 - 0.1) and not is_doubted(least, least / 10)
    assert not is_doubted(np.nextafter(least, 0), least / 20) and not is_doubted(least, 0.0)


def test_a_raster_stands_north_up_and_holds_plain_values_each_by_itself() -> None:
    plain = {"a": 10.0, "b": 0.0, "d": 0.0, "e": -10.0}

    def problems(scale: float = 1, offset: float = 0, **turned: float) -> list[str]:
        transform = SimpleNamespace(**{**plain, **turned})
        dataset: Any = SimpleNamespace(transform=transform, scales=[scale], offsets=[offset])
        return population._raster_problems(dataset)

    assert problems() == []
    for turned in ({"a": 0.0}, {"a": -1.0}, {"b": 0.1}, {"d": -0.1}, {"e": 0.0}, {"e": 1.0}):
        (told,) = problems(**turned)
        assert told.startswith("it is rotated or not north up")
    for told in (problems(scale=2), problems(offset=1), problems(scale=0.5, offset=-1)):
        assert len(told) == 1 and told[0].startswith("it has a scale or an offset")
    assert len(problems(scale=2, a=-1.0)) == 2


def test_a_single_pixel_of_zero_among_heights_stands_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground = np.full((9, 9), 500.0) + np.arange(9)
    dataset, grid = SimpleNamespace(), SimpleNamespace(crs="EPSG:4546")
    monkeypatch.setattr(rasters, "_pixel_m", lambda *_: 30.0)
    for filler, pixels, is_refused in (
        (None, 0, False), (0.0, 1, True), (0.0, 3, True), (9000.0, 1, False),
        (9000.0, rasters.FILLER_PIXELS, True),
        (9000.0, rasters.FILLER_PIXELS - 1, False), (-32768.0, rasters.FILLER_PIXELS, True),
    ):  # fmt: skip
        size = 9 if pixels < 40 else int(np.ceil(np.sqrt(pixels))) + 4
        values = np.resize(ground, (size, size)).astype(float)
        if filler is not None:
            inner = values[1:-1, 1:-1]
            inner.flat[:pixels] = filler
        monkeypatch.setattr(rasters, "_pixel_blocks", lambda *_, values=values: iter([values]))
        if not is_refused:
            rasters._check_fillers(dataset, grid, "dem.tif")  # type: ignore[arg-type]
            continue
        with pytest.raises(InputError, match=f"pixels of exactly {filler:g} m beside"):
            rasters._check_fillers(dataset, grid, "dem.tif")  # type: ignore[arg-type]


def test_cells_of_zero_stand_for_nothing_where_nearly_all_ground_is_high() -> None:
    gap = rasters.ZERO_GAP_M

    def is_refused(above: float, zeros: int, low: int = 0) -> bool:
        # a hundred and one heights a metre apart: the fifth hundredth of them is the sixth
        ground_m = gap + above + np.arange(-5, 96)
        heights = np.concatenate([np.zeros(zeros), ground_m, np.full(low, gap / 2)])
        try:
            rasters._check_zeros(heights.astype(np.float32), "dem.tif")
        except InputError as error:
            assert f"has {zeros:,} cells of exactly 0 m beside ground" in str(error)
            return True
        return False

    assert not is_refused(0.0, 60) and is_refused(0.5, 60)
    # land that comes down to the sea has low ground beside it: a tenth of the zeros is enough
    assert is_refused(1_000.0, 60, low=6) and not is_refused(1_000.0, 50, low=6)
    assert not is_refused(1_000.0, 0)
    rasters._check_zeros(np.array([0.0, np.nan], dtype=np.float32), "dem.tif")


def test_a_place_lies_outside_of_where_a_system_holds_by_the_degrees_beyond_its_side() -> None:
    def off(code: int | None, lon: float, lat: float) -> float:
        crs = SimpleNamespace(to_epsg=lambda: code)
        return rasters._off_its_area(SimpleNamespace(crs=crs), shapely.Point(lon, lat))  # type: ignore[arg-type]

    area = CRS.from_epsg(4546).area_of_use
    assert area is not None
    west, south, east, north = area.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    assert off(4546, *middle) < 0
    for lon, lat in (
        (west - 3, middle[1]), (east + 3, middle[1]), (middle[0], south - 3), (middle[0], north + 3)
    ):  # fmt: skip
        assert off(4546, lon, lat) == pytest.approx(3)
    # of a system that nobody registered, and of one across 180 degrees, nothing can be said
    assert off(None, *middle) == off(3832, 0, 0) == -np.inf


def test_places_that_are_no_points_are_counted_and_a_point_on_each_stands_for_it() -> None:
    bent = shapely.Polygon([(0, 0), (9, 0), (9, 1), (1, 1), (1, 9), (0, 9)])
    line = LineString([(0, 0), (4, 4)])
    place = shapely.Point(3, 7)
    points, others = place_files._as_points(array(place, bent, line))
    assert others == 2 and points[0] == place
    assert shapely.get_type_id(points).tolist() == [0, 0, 0]
    assert bent.contains(points[1]) and line.distance(points[2]) == 0
    assert place_files._as_points(array(place))[1] == 0


def test_a_weight_is_a_finite_number_from_0_at_every_time_that_occurs() -> None:
    minutes = pd.Series([5.0, 10.0, 5.0, 20.0])
    for values, words in (
        ({5: 1.0, 10: 0.5, 20: 0.0}, []), ({5: 1.0, 10: np.inf, 20: 0.0}, ["at 10 min it is inf"]),
        ({5: np.nan, 10: 0.5, 20: -0.1}, ["at 5 min it is nan", "at 20 min it is -0.1"]),
    ):  # fmt: skip
        told = list(catchment._weight_problems(values.__getitem__, minutes))  # type: ignore[arg-type]
        assert [one.partition(";")[0] for one in told] == words
    assert list(catchment._weight_problems(None, minutes)) == []
    (told_one,) = catchment._weight_problems(lambda cost: 1 / (cost - 5), pd.Series([5.0, 9.0]))
    assert told_one.startswith("at 5 min it fails (")


# areas
# ------------------------------------------------------------------------------------------


def test_the_error_of_a_stop_counts_from_when_its_platform_is_reached() -> None:
    legs = SimpleNamespace(hidden=3, error_min=np.array([1.26, 4.0, 9.0]))
    network: Any = SimpleNamespace(legs=legs, lon=np.zeros(2), size=5)
    origin: Any = SimpleNamespace(walk_ticks=600)
    ticks = np.array([0.0, 0.0, 0.0, 600.0, np.inf])
    told = isochrones._stop_errors(network, ticks, origin, [0.9, 1.0, 1.9, 2.0, 1e9])
    assert told == [0.0, 1.3, 1.3, 4.0, 4.0]
    for none in (None, SimpleNamespace(hidden=0)):
        network.legs = none
        assert isochrones._stop_errors(network, ticks, origin, [5.0, 9.0]) == [0.0, 0.0]


def test_edges_off_a_surface_keep_their_two_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = array(LineString([(0, 0), (50, 9), (100, 0)]), LineString([(0, 0), (30, 30), (0, 60)]))
    grid: Any = SimpleNamespace(cell_m=20.0)
    monkeypatch.setattr(overland, "_near", lambda lines, grid: np.array([True, False]))
    near, far = overland._fine(lines, grid)
    assert far.equals_exact(LineString([(0, 0), (0, 60)]), 0)
    steps = np.hypot(*np.diff(shapely.get_coordinates(near), axis=0).T)
    assert steps.max() <= 10 and near.length == pytest.approx(lines[0].length)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(2, 60))
def test_cells_without_a_time_lie_as_far_beyond_the_limit_as_their_nearest_lies_within(
    seed: int, limit_min: float
) -> None:
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(0, 80, (4, 5))
    minutes[rng.uniform(size=(4, 5)) < 0.4] = np.inf
    told = overland._with_edge(minutes, limit_min)
    for row, column in np.ndindex(4, 5):
        if np.isfinite(minutes[row, column]):
            assert told[row, column] == minutes[row, column]
            continue
        near = minutes[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].min()
        # the outline is to end half way to a neighbour in time, and never reach a cell without
        half_way = 2 * limit_min - near if near <= limit_min else -np.inf
        assert told[row, column] == pytest.approx(max(half_way, limit_min + 1))


def test_a_walk_to_the_road_is_looked_at_twice_in_each_cell_and_no_oftener() -> None:
    for away_m, cell_m, count in ((0.0, 50.0, 1), (25.0, 50.0, 2), (25.1, 50.0, 3), (100, 10, 21)):
        origin: Any = SimpleNamespace(
            place=np.array([3.0, 4.0]), foot=np.array([3.0 + away_m, 4.0]), distance_m=away_m,
            walk_ticks=90,
        )  # fmt: skip
        xy, ticks = surface._walk(origin, cell_m)
        assert len(xy) == len(ticks) == count
        assert xy[0].tolist() == [3.0, 4.0] and ticks[0] == 0
        if count > 1:
            assert xy[-1].tolist() == [3.0 + away_m, 4.0] and ticks[-1] == 90
            assert np.diff(xy[:, 0]).max() <= cell_m / 2 + 1e-9


def test_ticks_spread_over_the_knots_by_every_walk_however_it_is_worked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walks = [(1, 0, 5), (-1, 0, 5), (0, 1, 4), (0, -1, 6), (2, 1, 9), (-2, -1, 8), (1, -2, 7)]
    rng = np.random.default_rng(2)
    for height, width in ((7, 9), (12, 6), (5, 5)):
        knots = np.full((height, width), surface._FAR, dtype=np.int32)
        inner = knots[2:-2, 2:-2]
        inner[:] = np.where(
            rng.uniform(size=inner.shape) < 0.5, rng.integers(0, 50, inner.shape), inner
        )
        least = knots.copy()
        for row, column in np.argwhere(knots < surface._FAR):
            for down, across, cost in walks:
                there = row + down, column + across
                least[there] = min(least[there], knots[row, column] + cost)
        seeds = np.flatnonzero(knots < surface._FAR)
        assert (surface._spread_from(seeds, knots, walks) == least).all()
        for block in (1, 20, 30_000):
            monkeypatch.setattr(surface, "_BLOCK_KNOTS", block)
            told = surface._spread_shifted(knots, walks)
            # sums of what nobody reaches are no ticks either
            assert (np.where(told > 1_000, surface._FAR, told) == least).all()


def test_a_frame_holds_all_stamps_a_ring_about_them_and_the_knots_on_the_far_sides() -> None:
    stamps: Any = SimpleNamespace(column=np.array([4, 9, 6]), row=np.array([-2, 0, 5]))
    for ring in (0, 3):
        told = surface._Frame.around(stamps, ring)
        assert (told.column, told.row) == (4 - ring, -2 - ring)
        assert (told.width, told.height) == (5 + 1 + 2 * ring + 1, 7 + 1 + 2 * ring + 1)


def test_cells_are_fine_where_roads_are_all_there_are_and_the_area_is_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (surface.FINE_GRID_CELLS, surface.CLAIM_CAP_M, overland.SIMPLIFY_CELLS) == (
        600_000, 200.0, 0.2,
    )  # fmt: skip
    claim = surface.CLAIM_CAP_M
    asked = [(np.nextafter(claim, 999), 100.0, 50.0), (500.0, 100.0, 100.0), (1250.0, 1.0, 250.0)]
    asked += [(249.0, 1.0, 50.0), (260.0, 1.0, 52.0), (5_000.0, 1.0, 250.0)]
    # above four million cells the cell grows, to full tens of metres
    asked += [(500.0, 2e6 - 1_000, 1_000.0), (500.0, 2e6 - 999, 1_010.0), (500.0, 2e5 - 1e3, 100.0)]
    # the finest cell of which six hundred thousand are enough
    finer = (5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0)
    for fine_m, coarser_m in zip(finer, (*finer[1:], 50.0), strict=True):
        side_m = float(np.sqrt(600_000)) * fine_m - 2 * claim
        asked += [(claim, side_m - 1e-6, fine_m), (claim, side_m + 1e-3, coarser_m)]
    for cap_m, side_m, cell_m in asked:
        monkeypatch.setattr(surface, "_size_m", lambda *_, side_m=side_m: np.full(2, side_m))
        network: Any = SimpleNamespace(offroad_cap_m=cap_m)
        assert surface._cell_m(network, None, "") == cell_m  # type: ignore[arg-type]
        measured = surface.area_error(network)
        assert (measured is not None) == (cap_m <= claim)
        if measured is not None:
            assert measured == {"wrong_share": 0.1, "empty_share": 0.01, "missed_share": 0.01}


def test_an_outline_lies_between_the_last_tick_in_time_and_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[float, float]] = []

    def drawn(level: Any) -> Any:
        ring = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 1.0]])

        def filled(low: float, high: float) -> Any:
            asked.append((low, high))
            return [ring], [np.array([0, 4])]

        return SimpleNamespace(filled=filled)

    monkeypatch.setattr(surface, "_contours", drawn)
    monkeypatch.setattr(surface, "_polygons", lambda *_: None)
    ground: Any = SimpleNamespace(ticks=np.zeros((4, 4), np.int32), column=0, row=0, cell_m=50.0)
    origin: Any = SimpleNamespace(place=np.zeros(2), crs="EPSG:4546")
    list(surface._outlines(ground, [300, 600], origin))
    assert [int(high) for _, high in asked] == [300, 600]
    assert all(low < 0 and 0 < high % 1 < 1 for low, high in asked)


def test_of_the_own_edge_of_an_origin_no_more_than_the_whole_is_reached() -> None:
    network: Any = SimpleNamespace(
        ticks=np.array([100, 100, 100]), oneway=np.array([False, True, False])
    )
    origin: Any = SimpleNamespace(edges=np.array([0, 1]), back=np.array([40, 40]))
    for left, low, high in (
        (0, [0.4, 0.4], [0.4, 0.4]), (30, [0.1, 0.4], [0.7, 0.7]), (50, [0.0, 0.4], [0.9, 0.9]),
        (60, [0.0, 0.4], [1.0, 1.0]), (500, [0.0, 0.4], [1.0, 1.0]),
    ):  # fmt: skip
        told = reached._from_beside(network, origin, left)
        assert told.edge.tolist() == [0, 1]
        assert told.low.tolist() == pytest.approx(low)
        assert told.high.tolist() == pytest.approx(high)


# ways
# ------------------------------------------------------------------------------------------


def test_the_last_edge_of_a_way_is_cut_on_the_plane_of_its_end_and_all_others_on_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "_cut", lambda network, piece, crs: (piece, crs))
    finder: Any = SimpleNamespace(network=None)
    here, there = SimpleNamespace(crs="here"), SimpleNamespace(crs="there")
    for count in range(5):
        told = list(routes._Finder._courses(finder, here, there, list(range(count))))  # type: ignore[arg-type]
        planes = ["here"] * count
        if count > 1:
            planes[-1] = "there"
        assert told == list(enumerate(planes))


def test_no_place_of_a_way_stands_twice_in_a_row() -> None:
    courses = [[(1, 1), (2, 2)], [(2 + 4e-9, 2), (3, 3)], [(3, 3), (3, 3), (2, 2)]]
    told = routes._line([np.array(course, dtype=float) for course in courses])
    assert list(told.coords) == [(1, 1), (2, 2), (3, 3), (2, 2)]


def test_a_stop_on_the_road_is_as_far_as_the_place_it_stands_at() -> None:
    roads, end = straight(20_000, 60), move(HERE, 90, 9_000)
    stops = [Stop("a", "甲", *HERE), Stop("b", "乙", *end)]
    railed = with_lines(roads, stops, [Line("l", "l", ("a", "b"), (4.0,))])
    told = travel_times.stop_times(railed, [HERE])
    assert told["place_id"].tolist() == ["a", "b"] and told["name_zh"].tolist() == ["甲", "乙"]
    by_train = BOARD_MIN + 4.0 + ALIGHT_MIN
    assert told["minutes"].tolist() == pytest.approx([0.0, min(9.0, by_train)], abs=0.02)
    assert travel_times.stop_times(roads, [HERE]).empty


def test_a_table_of_times_is_made_of_a_network_and_of_minutes_above_0() -> None:
    with pytest.raises(UsageError, match="the network"):
        travel_times.TimeTable("roads", [HERE], [HERE])  # type: ignore[arg-type]
    for minutes in (0, -1, np.inf, np.nan):
        with pytest.raises(UsageError, match=f"max_minutes is {minutes}; give minutes above 0"):
            travel_times.TimeTable(straight(), [HERE], [HERE], minutes)
    for minutes in (None, 1e-9, 1e9):
        assert travel_times.TimeTable(straight(), [HERE], [HERE], minutes).max_minutes == minutes


# targets
# ------------------------------------------------------------------------------------------


def test_the_slowest_railway_is_of_those_that_are_open_with_the_stops_between_its_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    links = pd.DataFrame(
        {
            "link_id": ["x", "y"], "name_zh": ["甲线", "乙线"], "node_ids": ["a;b;c;d", "p;q"],
            "length_km": [90.0, 40.0], "design_speed_kmh": [250.0, 120.0],
        }
    )  # fmt: skip
    asked: list[Any] = []

    def running(length_km: Any, kmh: float, between: int) -> Any:
        asked.append((length_km, kmh, between))
        return SimpleNamespace(low=1.0, high=2.0)

    monkeypatch.setattr(targets, "_open", lambda day, mode: links)
    monkeypatch.setattr(targets, "running_min", running)
    monkeypatch.setattr(targets, "_nodes", lambda ids: ids)
    monkeypatch.setattr(targets, "leg_km", lambda ids: (float(len(ids)), 99.0))
    seen: list[Any] = []

    def slowest(legs: Any, *, all_known: bool) -> Any:
        seen.append((legs, all_known))
        return SimpleNamespace(low=3.0, high=4.0)

    monkeypatch.setattr(targets, "slowest", slowest)
    row: Any = {"arguments": "x:b:d;z::;y::"}
    told = targets._rail_minutes(row, "2026-11-21")
    assert asked == [((3.0, 99.0), 250.0, 1), ((40.0, 40.0), 120.0, 0)]
    assert len(seen[0][0]) == 2 and seen[0][1] is False
    assert told == targets.Bounds(3.0, 4.0, ("甲线", "乙线"))
    for first, last, ids in (("a", "d", "abcd"), ("a", "a", "a"), ("c", "d", "cd")):
        assert targets._stretch(links.iloc[0], first, last)[0] == list(ids)


def test_a_new_railway_is_no_longer_than_was_published(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*published: float) -> Any:
        links = pd.DataFrame(
            {
                "opens": ["2026-01-01"] * len(published), "name_zh": ["线"] * len(published),
                "length_in_shanxi_km": published, "length_km": [7.0] * len(published),
            }
        )  # fmt: skip
        monkeypatch.setattr(targets, "_open", lambda day, mode: links)
        row: Any = {"since": "2025-12-31", "zone_id": "z"}
        return targets._hsr_added(row, "2026-11-21")

    monkeypatch.setattr(targets, "load_zone", lambda zone: SimpleNamespace(outline=None))
    monkeypatch.setattr(targets, "_courses", lambda new: [None] * len(new))
    monkeypatch.setattr(targets, "legs_of", lambda courses: courses)
    monkeypatch.setattr(targets, "length_inside_km", lambda legs, outline: (3.0, 10.0))
    for published, high_km in (
        ((8.0,), 8.0), ((12.0,), 10.0), ((0.0,), 10.0), ((np.nan,), 7.0), ((8.0, 0.0), 18.0)
    ):  # fmt: skip
        bounds = told(*published)
        assert (bounds.low, bounds.high) == (3.0 * len(published), high_km)


def test_no_cell_holds_a_wall_where_none_is_known_or_near() -> None:
    walls = SimpleNamespace(boxes="boxes", traces=None)
    near: Any = SimpleNamespace(of=lambda boxes: np.zeros(0, dtype=np.int64))
    for known in (None, walls):
        asked: Any = SimpleNamespace(network=SimpleNamespace(walls=known))
        told = surface._wall_cells(asked, near, None)  # type: ignore[arg-type]
        assert told is not None and told.tolist() == []


def test_a_cell_has_eight_neighbours_each_once() -> None:
    around = {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)} - {(0, 0)}
    assert set(ground._SIDES) == around and len(ground._SIDES) == 8
    # those at a side come before those at a corner
    assert [abs(i) + abs(j) for i, j in ground._SIDES] == [1] * 4 + [2] * 4
    half = overland._SIDES
    assert {*half, *((-i, -j) for i, j in half)} == around and len(half) == 4


def test_places_on_the_rim_of_a_network_lie_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "ZONE_BOXES", {"n": (110.0, 36.0, 112.0, 38.0)})
    inner = {"w": (110, 37), "e": (112, 37), "s": (111, 36), "n": (111, 38)}
    outer = {"W": (109.9, 37), "E": (112.1, 37), "S": (111, 35.9), "N": (111, 38.1)}
    both = inner | outer
    nodes = pd.DataFrame({"geometry": [shapely.Point(p) for p in both.values()]}, index=list(both))
    assert targets._places_inside(nodes, list(both), "n") == inner


def test_every_column_of_an_answer_is_told_where_it_is_explained_or_holds_something() -> None:
    text = overland.overland_isochrones.__doc__ or ""
    columns = set(overland.OVERLAND_COLUMNS) - {"geometry"}
    assert [name for name in columns if f"`{name}`" not in text] == []
    told = targets.list_indicators()
    assert [name for name in targets.COLUMNS if told[name].isna().all()] == []
