"""Places, limits, targets and counts by themselves: each limit from both sides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.analysis.accessibility import (
    chunks,
    crew,
    indicators,
    many,
    origins,
    population,
    targets,
)
from sxgeo.analysis.accessibility.indicators import Bounds, Node, judge
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import GEOGRAPHIC

NAN, INF = float("nan"), float("inf")


# places
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "read"),
    [
        ([15, 30], [15, 30]), ((15.0, 30), [15.0, 30.0]), (np.array([5, 10]), [5, 10]),
        ([0.1], [0.1]), ([100_000], [100_000]), (np.array([0.5]), [0.5]), (["15", 30], [15.0, 30.0]),
    ],
)  # fmt: skip
def test_minutes_are_above_0_and_grow(minutes: Any, read: Any) -> None:
    told = origins.limits_of(minutes)
    assert told == read and [type(v) for v in told] == [type(v) for v in read]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ([0], "above 0 and strictly"), ([-1, 5], "above 0 and strictly"), ([], "above 0 and strictly"),
        ([5, 5], "above 0 and strictly"), ([5, 4], "above 0 and strictly"),
        ([5, NAN], "above 0 and strictly"), ([INF], "above 0 and strictly"),
        ([100_000.5], "the most that is answered is 100,000"), ([True, 5], "give a list of numbers"),
        (15, "give a list of numbers"), ("ab", "give a list of numbers"), ([None], "give a list of numbers"),
    ],
)  # fmt: skip
def test_other_minutes_are_refused(minutes: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        origins.limits_of(minutes)


@pytest.mark.parametrize("wanted", [("middle",), ("outer", "inner"), ["inner", "middle", "outer"]])
def test_contours_come_in_one_order_less_and_more_by_the_error(wanted: Any) -> None:
    told = origins.levels_of([10.0, 30.0], wanted, 0.2)
    share = {"inner": 0.8, "middle": 1.0, "outer": 1.2}
    names = [n for n in ("inner", "middle", "outer") if n in wanted]
    assert told == [(pytest.approx(m * share[n]), m, n) for m in (10.0, 30.0) for n in names]
    for wrong in ((), "inner", ("inner", "far")):
        with pytest.raises(UsageError, match="choose some of inner, middle, outer"):
            origins.levels_of([10.0], wrong, 0.2)


def frame(
    ids: Any = None, xy: Any = ((112.5, 38.0), (112.0, 37.0)), **more: Any
) -> gpd.GeoDataFrame:
    columns = {} if ids is None else {"id": ids}
    return gpd.GeoDataFrame({**columns, **more}, geometry=shapely.points(xy), crs=GEOGRAPHIC)


def test_places_are_read_by_id_in_any_form() -> None:
    told = origins.read_places(frame(["b", "a"]), "origin")
    assert (told.ids, told.lon, told.lat) == (["a", "b"], [112.0, 112.5], [37.0, 38.0])
    assert told.labels.tolist() == ["a", "b"] and told.labels.dtype == object
    for pair in ((112.5, 38), shapely.Point(112.5, 38), [(112.5, 38)], [shapely.Point(112.5, 38)]):
        told = origins.read_places(pair, "origin")
        assert (told.ids, told.lon, told.lat) == (["112.5,38"], [112.5], [38.0])
    fine = origins.read_places([(112.123456789, 38.00000004)], "origin")
    assert (fine.ids, fine.lon, fine.lat) == (["112.1234568,38"], [112.1234568], [38.0])
    assert origins.read_places([], "origin").ids == []
    # an id of its own role, then site_id, then id, then the row
    several = frame(["i", "j"], origin_id=["o", "p"], site_id=["s", "t"])
    assert origins.read_places(several, "origin").ids == ["o", "p"]
    assert origins.read_places(several, "destination").ids == ["s", "t"]
    assert origins.read_places(several[["id", "geometry"]], "origin").ids == ["i", "j"]
    assert origins.read_places(several.geometry, "origin").ids == [0, 1]
    # ids of several types are compared as texts
    assert origins.read_places(frame([2.0, "10"]), "origin").ids == ["10", "2"]
    assert origins.read_places(frame([2.5, "x"]), "origin").ids == ["2.5", "x"]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (frame(["a", "a"]), r"a: this id stands twice"),
        (frame(["a", None]), "row 2: it has no id"),
        (frame(["a", " "]), "row 2: it has no id"),
        (frame(["a", NAN]), "row 2: it has no id"),
        (frame(["a", pd.NA]), "row 2: it has no id"),
        ([(180.1, 38)], "lon 180.1, lat 38 is no place on the earth$"),
        ([(-180.1, 38)], "is no place on the earth$"),
        ([(38, 90.1)], r"is no place on the earth \(lat before lon\? give lon,lat\)"),
        ([(38, 180)], r"\(lat before lon"),
        ([(38, 180.1)], "is no place on the earth$"),
        ([(90.1, 112)], "is no place on the earth$"),
        ([(-90, 112)], r"\(lat before lon"),
        ([(38, -90.1)], "is no place on the earth$"),
        ([(NAN, 38)], "is no place on the earth"),
        ([(1, 2, 3)], "origins are no list of"), (5, "origins are no list of"),
        ("ab", "origins are no list of"), ([("a", 1)], "origins are no list of"),
        (frame().set_crs(None, allow_override=True), "origins have no CRS"),
        (gpd.GeoDataFrame(geometry=[shapely.LineString([(1, 2), (3, 4)]), None, shapely.Point()], crs=GEOGRAPHIC),
         r"(?s)0: LineString, not a point.*1: no geometry, not a point.*2: Point, not a point"),
    ],
)  # fmt: skip
def test_places_that_are_none_are_named(places: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        origins.read_places(places, "origin")
    for lon, lat in ((180, 90), (-180, -90)):
        assert origins.read_places([(lon, lat)], "origin").lon == [lon]


def test_searches_go_in_chunks_that_bound_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def seeds(_network: Any, snaps: Any) -> Any:
        return SimpleNamespace(part=lambda a, b: range(a, b), snaps=snaps)

    def ticks(_steps: Any, some: Any, *, limit_ticks: float) -> Any:
        asked.append((some.start, some.stop, limit_ticks))
        return [f"row {k}" for k in some]

    monkeypatch.setattr(origins, "seeds_of", seeds)
    monkeypatch.setattr(origins, "ticks_from", ticks)
    snaps: Any = {number: f"snap {number}" for number in (3, 5, 6, 8, 9)}
    for cells, chunk in ((100, 1), (250, 2), (1e9, 64), (10, 1)):
        asked.clear()
        monkeypatch.setattr(origins, "TABLE_CELLS", int(cells))
        network: Any = SimpleNamespace(size=100, steps=None)
        told = list(origins.searched(network, snaps, 2.0))
        assert told == [(n, f"snap {n}", f"row {k}") for k, n in enumerate(snaps)]
        assert asked == [(a, min(a + chunk, 5), 1200) for a in range(0, 5, chunk)]


# weights, tasks, turns
# ------------------------------------------------------------------------------------------


def test_weights_follow_their_places_by_id() -> None:
    places = frame(["b", "a"], beds=["7", 2])
    assert many._weights(places, "beds", ["a", "b"]).tolist() == [2, 7]
    assert many._weights(places, None, ["a", "b"]).tolist() == [1, 1]
    mixed = frame([2.0, "10"], beds=[3, 0])
    assert many._weights(mixed, "beds", ["10", "2"]).tolist() == [0, 3]
    for beds in ([1, -0.1], [1, NAN], [1, INF], [1, "many"]):
        with pytest.raises(InputError, match="no number of at least 0 in 1 of 2 destinations"):
            many._weights(frame(["b", "a"], beds=beds), "beds", ["a", "b"])
    for told in (places, [(112.5, 38)]):
        with pytest.raises(UsageError, match="unknown column of the destinations 'rooms'"):
            many._weights(told, "rooms", ["a", "b"])


@given(st.permutations(list(range(6))))
def test_answers_come_in_the_order_of_the_origins(order: list[int]) -> None:
    parts = [((3 * k, 3 * k + 3), f"part {k}") for k in order]
    told = list(crew._in_turn(iter(parts)))
    assert told == [(3 * k + 3, f"part {k}") for k in range(6)]


def test_tasks_hold_so_many_origins_each() -> None:
    pytest.importorskip("pyarrow")
    starts = SimpleNamespace(lon=[1.0, 2, 3, 4, 5], lat=[6.0, 7, 8, 9, 0])
    told = list(crew._tasks(starts, 2))
    assert [key for key, _ in told] == [(0, 2), (2, 4), (4, 5)]
    rows = [batch.to_pydict() for _, batch in told]
    assert [r["row"] for r in rows] == [[0, 1], [2, 3], [4]]
    assert [r["lon"] for r in rows] == [[1, 2], [3, 4], [5]]
    assert [r["lat"] for r in rows] == [[6, 7], [8, 9], [0]]


def test_rows_of_areas_stand_by_origin_and_minutes_with_errors_last() -> None:
    pytest.importorskip("pyarrow")
    rows: list[tuple[Any, ...]] = [
        (2, 30.0, 5.0, 1.0, None, b"x", 0.5), (1, None, None, None, "far", None, None),
        (2, 15.0, 2.0, 1.0, "n", b"y", 0.7),
    ]  # fmt: skip
    told = chunks._batch_of(list(rows), with_errors=True).to_pydict()
    assert told["row"] == [1, 2, 2] and told["minutes"] == [None, 15, 30]
    assert told["access_error_min"] == [None, 0.7, 0.5] and told["note"] == ["far", "n", None]
    told = chunks._batch_of(list(rows), with_errors=False).to_pydict()
    assert "access_error_min" not in told and told["geometry"] == [None, b"y", b"x"]
    none = chunks._batch_of([], with_errors=True)
    assert none.num_rows == 0 and none.num_columns == 7


# targets
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("low", [None, 9.0, 10.0, 11.0])
@pytest.mark.parametrize("high", [None, 9.0, 10.0, 11.0])
@pytest.mark.parametrize("comparison", ["at_least", "above", "at_most"])
def test_a_target_is_judged_by_all_values_within_the_bounds(
    low: float | None, high: float | None, comparison: str
) -> None:
    if low is not None and high is not None and low > high:
        return
    holds = {
        "at_least": lambda v: v >= 10, "above": lambda v: v > 10, "at_most": lambda v: v <= 10
    }[comparison]  # fmt: skip
    first, last = -1e9 if low is None else low, 1e9 if high is None else high
    told = {holds(first), holds(last)}
    expected = "reached" if told == {True} else "not_reached" if told == {False} else "undetermined"
    if low is None and high is None:
        expected = "unknown"
    assert judge(Bounds(low, high), 10.0, comparison) == expected


def test_the_bounds_of_lengths_and_times_by_hand() -> None:
    a, b, c = Node(112.0, 38.0, 100.0), Node(112.2, 38.0, 300.0), Node(112.2, 38.1, 50.0)
    half = shapely.box(111, 37, 112.1, 39)
    whole_km = indicators.ellipsoid_length_m(shapely.LineString([(112, 38), (112.2, 38)])) / 1000
    low, high = indicators.length_inside_km([(a, b)], half)
    assert low == pytest.approx(whole_km / 2 - 0.4, abs=1e-3)
    assert high == pytest.approx((whole_km / 2 + 0.4) * 1.13, abs=1e-3)
    two = indicators.length_inside_km([(a, b), (b, c)], shapely.box(111, 37, 113, 39))
    rise_km = indicators.ellipsoid_length_m(shapely.LineString([(112.2, 38), (112.2, 38.1)])) / 1000
    assert two[0] == pytest.approx(whole_km + rise_km - 0.75)
    assert two[1] == pytest.approx((whole_km + rise_km + 0.75) * 1.13)
    assert indicators.length_inside_km([(a, b)], shapely.box(0, 0, 1, 1)) == (0, 0)
    near = Node(112.0, 38.001, 100.0)
    assert indicators.length_inside_km([(a, near)], half)[0] == 0

    straight_km = (
        indicators.ellipsoid_length_m(shapely.LineString([(112, 38), (112.2, 38.1)])) / 1000
    )
    low, high = indicators.leg_km([a, b, c])
    assert low == pytest.approx(straight_km - 0.15)
    assert high == pytest.approx((whole_km + rise_km + 0.15) * 1.13)
    assert indicators.leg_km([a, near])[0] == 0
    assert indicators.running_min((100.0, 120.0), 200.0, 3) == (
        pytest.approx(30.0), pytest.approx(120 / 150 * 60 + 6)
    )  # fmt: skip
    legs = [(10.0, 20.0), (12.0, 15.0)]
    assert indicators.slowest(legs, all_known=True) == Bounds(12.0, 20.0)
    assert indicators.slowest(legs, all_known=False) == Bounds(12.0, None)
    assert indicators.slowest([], all_known=True) == Bounds() and Bounds.exactly(3.0) == Bounds(
        3, 3
    )
    assert indicators.within([50.0, 50.1, None], 60.0, error_share=0.2) == Bounds(1.0)
    assert indicators.within([70.0], 60.0, error_share=0.2) == Bounds(0.0)
    assert indicators.within([None], 60.0, error_share=0.2) == Bounds()
    assert indicators.legs_of([[a, b, c], [c, b]]) == [(a, b), (b, c)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"low": None, "high": None, "given": False}, "现值未知 value unknown"),
        ({"low": 12.5, "high": 12.5, "given": True}, "用户给出 given: 12.5 公里"),
        ({"low": 12.345, "high": 20.0, "given": False}, "2026-01-01 估算 estimated: 12.3—20 公里（甲）"),
        ({"low": 12.345, "high": None, "given": False}, "2026-01-01 估算 estimated: 至少 at least 12.3 公里（甲）"),
    ],
)  # fmt: skip
def test_bounds_are_told_in_words(row: dict[str, Any], words: str) -> None:
    whole = {"as_of": "2026-01-01", "counted": "甲", **row}
    assert targets._bounds_words(whole, "公里") == words
    assert targets._bounds_words({**whole, "counted": ""}, "公里") == words.replace("（甲）", "")


def test_values_of_ones_own_are_finite_numbers_of_known_targets() -> None:
    assert targets._checked({"A": "2.5", "B": 3}, {"A", "B"}) == {"A": 2.5, "B": 3.0}
    with pytest.raises(
        UsageError, match=r"(?s)unknown indicator 'C'; known: A, B.*A 'inf' is not a finite"
    ):
        targets._checked({"C": 1, "A": INF}, {"A", "B"})
    for value in ("x", None, NAN):
        with pytest.raises(UsageError, match=f"A '{value}' is not a finite number"):
            targets._checked({"A": value}, {"A"})  # type: ignore[dict-item]


# people
# ------------------------------------------------------------------------------------------


def raster(**told: Any) -> Any:
    transform = SimpleNamespace(a=0.001, b=0.0, c=112.5, d=0.0, e=-0.001, f=38.0)
    told.setdefault("transform", transform)
    crs = SimpleNamespace(to_wkt=lambda: "EPSG:4490")
    return SimpleNamespace(
        crs=crs, width=10, height=10, **{"scales": (1.0,), "offsets": (0.0,), "dtypes": ("float32",), **told}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "sound"),
    [
        ({}, True), ({"b": 0.1}, False), ({"d": 0.1}, False), ({"a": 0.0}, False), ({"a": -1.0}, False),
        ({"e": 0.0}, False), ({"e": 1.0}, False),
    ],
)  # fmt: skip
def test_people_are_counted_on_a_raster_that_is_north_up(changed: Any, sound: bool) -> None:
    transform = SimpleNamespace(**{"a": 1.0, "b": 0.0, "d": 0.0, "e": -1.0, **changed})
    assert (population._raster_problems(raster(transform=transform)) == []) is sound


@pytest.mark.parametrize(("scale", "offset"), [(2.0, 0.0), (1.0, 5.0), (0.0, 0.0)])
def test_a_scaled_raster_is_refused(scale: float, offset: float) -> None:
    (words,) = population._raster_problems(raster(scales=(scale,), offsets=(offset,)))
    assert "it has a scale or an offset" in words


@pytest.mark.parametrize(
    ("kind", "most", "sound"),
    [
        ("float32", 9_000.0, True), ("float32", 11_000.0, False), ("float32", NAN, True),
        ("float32", INF, False), ("uint8", 254.0, True), ("uint8", 255.0, False),
        ("int16", 255.0, True), ("float32", 255.0, True),
    ],
)  # fmt: skip
def test_more_people_than_live_anywhere_are_refused(kind: str, most: float, sound: bool) -> None:
    # a pixel of about 111 x 87.7 m is less than a hectare: ten thousand people are the most
    given_ = raster(dtypes=(kind,))
    assert 9_000 < population._pixel_m2(given_) < 10_000
    counted = {"max": np.array([0.0, most])}
    if sound:
        population._check_most(given_, counted, "p.tif")
    else:
        with pytest.raises(InputError, match=r"people in a pixel of 0\.00975 km2"):
            population._check_most(given_, counted, "p.tif")


@pytest.mark.parametrize(("degrees", "most", "sound"), [
    (0.1, 65_534.0, True), (0.1, 65_535.0, False), (0.1, 9.6e7, True), (0.1, 9.9e7, False),
    (1.0, 99_999_999.0, True), (1.0, 1e8, False), (1.0, 2_147_483_647.0, False),
])  # fmt: skip
def test_numbers_that_stand_for_nothing_are_refused(
    degrees: float, most: float, sound: bool
) -> None:
    transform = SimpleNamespace(a=degrees, b=0.0, c=112.5, d=0.0, e=-degrees, f=38.0)
    given_ = raster(transform=transform, dtypes=("float64",))
    counted = {"max": np.array([most])}
    if sound:
        population._check_most(given_, counted, "p.tif")
    else:
        with pytest.raises(InputError, match="declared"):
            population._check_most(given_, counted, "p.tif")


def test_what_is_not_wholly_known_is_noted() -> None:
    shapes = [shapely.box(0, 0, 1, 1)] * 3 + [shapely.Polygon()]
    found = gpd.GeoDataFrame(
        {
            "origin_id": ["a", "b", "c", "d"], "minutes": [15.0, 30, 45, 60], "population": [10.9, NAN, 5, 0],
            "nodata_share": [0.25, 0.5, 0, NAN], "outside_share": [0.125, 0.5, 0, NAN],
        },
        geometry=shapes,
    )  # fmt: skip
    told = population._notes(found, np.array([0.625, 0.0, 1.0, NAN]), "p.tif")
    assert told == [
        ("a", "15 min: population at least 10 by 'p.tif': 25.0% of it has no value there, 12.5% lies beyond its edge"),
        ("b", "30 min: population not known by 'p.tif': 50.0% of it has no value there, 50.0% lies beyond its edge"),
    ]  # fmt: skip
    plain = population._notes(
        found.drop(columns=["origin_id", "minutes"]).iloc[:1], np.array([0.6]), "p.tif"
    )
    assert plain[0][0] == "" and plain[0][1].startswith("population at least 10")


def test_areas_are_polygons_in_a_frame() -> None:
    square = shapely.box(0, 0, 1, 1)
    sound = gpd.GeoDataFrame(geometry=[square, shapely.MultiPolygon([square])], crs=GEOGRAPHIC)
    assert population._area_problems(sound) == []
    assert population._area_problems([square]) == ["not a GeoDataFrame with a geometry column"]
    (words,) = population._area_problems(sound.set_crs(None, allow_override=True))
    assert words.startswith("no CRS")
    bad = gpd.GeoDataFrame(geometry=[square, None, shapely.Point(0, 0)], crs=GEOGRAPHIC)
    assert population._area_problems(bad) == ["row 1: no geometry", "row 2: a Point, not a polygon"]
