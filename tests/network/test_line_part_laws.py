"""Lines that become roads, planned ones, roads beside a place, the texts of Overpass: the first
unsound value is told and the last sound one taken.
"""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely import LineString
from small_roads import HERE, move

from sxgeo.analysis.network import beside, build, osm_plain, planned
from sxgeo.analysis.network.build import (
    Terms,
    assemble,
    doubt_of_plane,
    network_from_arrays,
    network_from_lines,
)
from sxgeo.analysis.network.graph import MAX_LINE_KMH, MIN_KMH, NEAR_END_M
from sxgeo.errors import InputError
from sxgeo.geometry.projection import GEOGRAPHIC, plane_crs, points_to_plane

NAN = float("nan")
EAST = LineString([HERE, move(HERE, 90, 1000)])


def frame(lines: Any = (EAST,), *, kmh: Any = 50, **columns: Any) -> gpd.GeoDataFrame:
    speeds = list(kmh) if isinstance(kmh, (list, tuple)) else [kmh] * len(lines)
    return gpd.GeoDataFrame({"speed_kmh": speeds, **columns}, geometry=list(lines), crs=GEOGRAPHIC)


# lines with speeds
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kmh", [MIN_KMH, MAX_LINE_KMH, "50", 50.5])
def test_the_slowest_and_the_fastest_line_are_taken(kmh: Any) -> None:
    network = network_from_lines(frame(kmh=kmh))
    assert network.ticks[0] == max(1, round(network.length_m[0] * 36 / float(kmh)))


@pytest.mark.parametrize(
    "kmh", [MIN_KMH - 0.01, MAX_LINE_KMH + 0.01, NAN, np.inf, "fast", True, None]
)
def test_other_speeds_are_told_by_row(kmh: Any) -> None:
    given_ = frame([EAST, EAST], kmh=[50, kmh])
    told = list(build._row_problems(given_, build._in_degrees(given_)))
    assert len(told) == 1 and told[0].startswith("row 1: speed_kmh is ")
    assert f"from {MIN_KMH:g} to {MAX_LINE_KMH:g}" in told[0]


WORDS = {
    1: ("true", "YES", " 1 ", 1, 1.0, True, "F", "ft"),
    0: ("false", "no", "0", 0.0, "", None, NAN, "None", "B", "n", "<NA>", False),
    -1: ("-1", -1, -1.0, "reverse", "T", "tf"),
    -2: ("perhaps", "2", "forward"),
}


@pytest.mark.parametrize(("code", "word"), [(c, w) for c, some in WORDS.items() for w in some])
def test_words_of_direction(code: int, word: Any) -> None:
    given_ = frame(oneway=np.array([word], dtype=object))
    assert build._oneway(given_).tolist() == [code]
    if code == -2:
        (told,) = build._row_problems(given_, build._in_degrees(given_))
        assert told == f"row 0: oneway is {word!r}; use true or false (F, T or B are read too)"
        return
    network = network_from_lines(given_)
    assert network.oneway.tolist() == [code != 0]
    west_first = network.lon[network.tail[0]] < network.lon[network.head[0]]
    assert west_first is np.bool_(code != -1)
    assert build._oneway(frame()).tolist() == [0]


def test_each_row_is_told_its_gravest_fault_and_its_values_too() -> None:
    lines = [
        EAST, None, shapely.LineString(), shapely.Point(HERE), LineString([(0, 0), (np.inf, 1)]),
        LineString([(181, 0), (181, 1)]), LineString([(0, 91), (0, 90)]),
        LineString([HERE, (HERE[0] + 5, HERE[1])]), shapely.MultiLineString([EAST]),
    ]  # fmt: skip
    given_ = frame(lines, kmh=[50] * 8 + [0], oneway=["no"] * 8 + ["x"])
    told = list(build._row_problems(given_, build._in_degrees(given_)))
    words = [
        "row 1: no geometry", "row 2: no geometry", "row 3: a Point, not a line",
        "row 4: a vertex that is no number", "row 5: coordinates outside", "row 6: coordinates outside",
        "row 7: a step of over", "row 8: speed_kmh is 0", "row 8: oneway is 'x'",
    ]  # fmt: skip
    assert len(told) == len(words)
    assert all(t.startswith(w) for t, w in zip(told, words, strict=True))
    with pytest.raises(InputError, match="network 'lines' has lines that cannot be used"):
        network_from_lines(given_)
    edge = [
        LineString([(179.9999, 89.9999), (180, 90)]),
        LineString([(-180, -90), (-179.9999, -89.9999)]),
    ]
    given_ = frame(edge)
    assert list(build._row_problems(given_, build._in_degrees(given_))) == []


def test_more_than_fifty_rows_are_counted() -> None:
    for count, more in ((50, False), (51, True), (53, True)):
        with pytest.raises(InputError) as refused:
            network_from_lines(frame([EAST] * count, kmh=0))
        assert (f"and {count - 50} more" in str(refused.value)) is more
        assert ("row 49:" in str(refused.value)) and "row 50:" not in str(refused.value)


@pytest.mark.parametrize(
    ("xy", "crs", "doubted"),
    [
        ((180, 90), 4547, True), ((180.1, 38), 4547, False), ((112, 90.1), 4547, False),
        ((112, 38), 4490, False), ((0, 0), 4547, False), ((-112, -38), 4547, True), ((0, 5), 4547, True),
    ],
)  # fmt: skip
def test_degrees_under_a_system_of_metres_are_doubted(xy: Any, crs: int, doubted: bool) -> None:
    told = doubt_of_plane(np.array([(0.0, 0.0), xy, (NAN, 5e6)], dtype=float), CRS.from_epsg(crs))
    assert (told is not None) is doubted
    if told:
        assert f"up to {abs(xy[0]):g},{abs(xy[1]):g}, are those of degrees" in told


def test_columns_are_read_by_their_names_in_any_case() -> None:
    given_ = frame().rename(columns={"speed_kmh": " SPEED_KMH "})
    assert "speed_kmh" in build._as_named(given_).columns
    both = given_.assign(Speed_kmh=1)
    assert "speed_kmh" not in build._as_named(both).columns
    named = frame().assign(SPEED_KMH=1)
    assert build._as_named(named)["speed_kmh"].tolist() == [50]
    for wrong, words in (
        (given_.drop(columns=" SPEED_KMH "), "no column speed_kmh"),
        (frame().iloc[:0], "no rows"),
        (frame().set_crs(None, allow_override=True), "no CRS"),
        ([EAST], "not a GeoDataFrame"),
    ):
        with pytest.raises(InputError, match=words):
            network_from_lines(wrong)


@pytest.mark.parametrize("seed", range(6))
def test_a_network_hangs_neither_on_the_order_of_its_lines_nor_on_their_drawing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = np.round(np.array(HERE) + rng.integers(0, 4, (8, 2)) * 0.01, 7)
    lines = [LineString(nodes[rng.choice(8, 3, replace=False)]) for _ in range(6)]
    lines = [line for line in lines if line.length > 0]
    oneway = (rng.uniform(size=len(lines)) < 0.4).tolist()
    kmh = rng.choice([20, 40], len(lines)).tolist()
    one = network_from_lines(frame(lines, kmh=kmh, oneway=oneway))
    order = rng.permutation(len(lines)).tolist()
    turned = [lines[k] if oneway[k] or rng.uniform() < 0.5 else lines[k].reverse() for k in order]
    other = network_from_lines(
        frame(turned, kmh=[kmh[k] for k in order], oneway=[oneway[k] for k in order])
    )
    for name in ("lon", "lat", "tail", "head", "oneway", "length_m", "ticks", "xy", "start"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    keys = list(zip(one.lon.tolist(), one.lat.tolist(), strict=True))
    assert keys == sorted(set(keys))
    pairs = list(zip(one.tail.tolist(), one.head.tolist(), strict=True))
    assert pairs == sorted(pairs)
    for i, (tail, head) in enumerate(pairs):
        course = one.xy[one.start[i] : one.start[i + 1]]
        assert tuple(course[0]) == keys[tail] and tuple(course[-1]) == keys[head]
        assert one.oneway[i] or tail <= head


def test_parallel_edges_and_loops_have_one_order() -> None:
    grid = np.array(
        [(0, 0), (5, 5), (9, 0), (0, 0), (5, -5), (9, 0), (0, 0), (3, 1), (1, 3), (0, 0)]
    )
    terms = Terms("n", "road", "", 0.1, 4.0, 150.0)

    def told(rows: Any, drawn: Any, **more: Any) -> Any:
        edges = build.Drawn(
            np.array(drawn), *(np.array(v) for v in rows), speed_kmh=np.full(3, 36.0),
            oneway=np.zeros(3, bool), length_m=np.array([7.0, 7.0, 9.0]), **more,
        )  # fmt: skip
        return assemble(edges, terms)

    one = told(([0, 3, 6], [2, 5, 9]), grid)
    other = told(([3, 0, 6], [5, 2, 9]), np.concatenate([grid[:6], grid[6:][::-1]]))
    assert (one.xy == other.xy).all() and one.shut is None
    assert one.xy[:4].tolist() == [[0, 0], [1e-7, 3e-7], [3e-7, 1e-7], [0, 0]]
    closed = told(([0, 3, 6], [2, 5, 9]), grid, shut=np.array([False, True, False]))
    assert closed.shut is not None and closed.shut.sum() == 1
    assert closed.xy[closed.start[int(closed.shut.argmax())] + 1].tolist() == [5e-7, -5e-7]


@pytest.mark.parametrize(
    "changed",
    [
        {"edges": np.empty((0, 2), int)}, {"edges": [[0, 3]]}, {"edges": [[-1, 1]]},
        {"length_m": [0.0]}, {"length_m": [NAN]}, {"speed_kmh": [0]}, {"speed_kmh": [np.inf]},
    ],
)  # fmt: skip
def test_arrays_that_are_no_network_are_refused(changed: Any) -> None:
    terms = {"id": "n", "time_error_share": 0.1, "offroad_kmh": 4.0, "offroad_cap_m": 100.0}
    nodes = [(0, 0), (100, 0), (0, 100)]
    sound = {"edges": [[0, 2]], "length_m": [50.0], "speed_kmh": [36.0]}
    told = network_from_arrays(nodes, **sound, **terms)  # type: ignore[arg-type]
    assert told.ticks.tolist() == [50] and told.shut is None and not told.oneway.any()
    with pytest.raises(InputError, match="network 'n': e"):
        network_from_arrays(nodes, **{**sound, **changed}, **terms)
    loop = {
        "edges": [[0, 0], [1, 0]],
        "length_m": [5.0, 7.0],
        "speed_kmh": [36, 36],
        "shut": [True, True],
    }
    told = network_from_arrays(nodes, **loop, **terms)  # type: ignore[arg-type]
    assert told.length_m.tolist() == [7] and told.shut is not None and told.shut.tolist() == [True]


def test_crossings_and_loose_ends_are_counted() -> None:
    north = move(HERE, 0, 500)
    cross = LineString([move(HERE, 180, 300), north])
    east = LineString([move(HERE, 270, 400), move(HERE, 90, 400)])
    (told,) = build._join_notes(np.array([cross, east]))
    assert told.startswith("1 pair(s) of lines cross and do not join there")
    for away, near in ((NEAR_END_M * 0.9, True), (NEAR_END_M * 1.2, False)):
        end = LineString([move(north, 0, away), move(north, 0, 900)])
        notes = list(build._join_notes(np.array([LineString([HERE, north]), end])))
        assert len(notes) == near
        if near:
            assert notes[0].startswith("2 end(s) of lines lie within")
    joined = [LineString([HERE, north]), LineString([north, move(north, 45, 500)])]
    assert list(build._join_notes(np.array(joined))) == []


# a road beside
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away_m", "ticks", "oneway", "limit", "told"),
    [
        (5, (6000, 6000), False, 60, "10 min away by road"),
        (5, (5800, 5800), False, 60, None),
        (5, (np.inf, np.inf), False, 60, "not reached by road within 60 min"),
        (5, (36_000, 36_000), False, 60, "not reached by road within 60 min"),
        (5, (np.inf, 6000), False, 60, "10 min away by road"),
        (5, (np.inf, 6000), True, 60, "not reached by road within 60 min"),
        (9.9, (6000, 6000), False, 60, "10 min away by road"),
        (10.2, (6000, 6000), False, 60, None),
        (5, (6000, 6000), False, 9.9, None),
        (5, (np.inf, np.inf), False, 10, "not reached by road within 10 min"),
    ],
)
def test_a_road_beside_that_is_far_by_road_is_told(
    away_m: float, ticks: Any, oneway: bool, limit: float, told: str | None
) -> None:
    crs = plane_crs(HERE[0])
    own = LineString([move(HERE, 270, 100), move(HERE, 90, 100)])
    feet = move(HERE, 0, away_m)
    other = LineString([move(feet, 270, 100), move(feet, 90, 100)])
    courses = np.array([own, other], dtype=object)
    boxes = np.array([line.bounds for line in courses])
    network: Any = SimpleNamespace(
        boxes=boxes, lines=lambda edges: courses[edges], tail=np.array([0, 2]), head=np.array([1, 3]),
        ticks=np.array([10, 10]), oneway=np.array([False, oneway]), shut=None,
    )  # fmt: skip
    origin: Any = SimpleNamespace(
        distance_m=0.0, crs=crs, place=points_to_plane(np.array([HERE]), crs)[0], walk_ticks=0,
        edges=np.array([0]), lon=HERE[0], lat=HERE[1],
    )  # fmt: skip
    found = np.array([0.0, 0.0, *ticks])
    words = beside.other_road(network, found, origin, limit)
    assert (words is None) if told is None else (words is not None and told in words)
    network.shut = np.array([False, True])
    assert beside.other_road(network, found, origin, limit) is None


# planned lines
# ------------------------------------------------------------------------------------------


def plan(lines: Any = (EAST,), *, mode: Any = "road", kmh: Any = 80) -> gpd.GeoDataFrame:
    columns = {"mode": [mode] * len(lines), "speed_kmh": [kmh] * len(lines)}
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=GEOGRAPHIC)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (plan(), []), (plan(mode="rail", kmh="0.1"), []), (plan([EAST, shapely.Point(HERE)]), []),
        (plan(mode="bus"), ["row 1: mode is 'bus'"]), (plan(kmh=0), ["row 1: speed_kmh is 0"]),
        (plan(kmh=np.inf), ["row 1: speed_kmh is inf"]), (plan(kmh=True), ["row 1: speed_kmh is True"]),
        (plan(kmh="x"), ["row 1: speed_kmh is 'x'"]), (plan(kmh=None), ["row 1: speed_kmh is None"]),
        (plan([EAST, None]), ["row 2: no geometry"]), (plan([EAST, LineString()]), ["row 2: no geometry"]),
        (plan([LineString([(0, 0), (1, 1), (1, 0), (0, 1)])]), ["row 1: the line crosses itself"]),
        (plan([EAST, shapely.box(0, 0, 1, 1)]), ["row 2: a Polygon"]),
        (plan([shapely.Point(HERE)]), ["no line in it"]), (plan([]), ["no line in it"]),
        (plan().set_crs(None, allow_override=True), ["no CRS"]),
        (plan().drop(columns=["mode", "speed_kmh"]), ["no column mode, speed_kmh"]),
        (plan().drop(columns="mode"), ["no column mode;"]),
    ],
)  # fmt: skip
def test_planned_lines_are_told_all_their_faults(given_: Any, words: list[str]) -> None:
    told = list(planned._problems(given_))
    assert len(told) == len(words)
    assert all(t.startswith(w) for t, w in zip(told, words, strict=True))


@pytest.mark.parametrize(("away", "stray"), [(99.0, False), (101.0, True)])
def test_a_stop_lies_within_a_hundred_metres_of_its_railway(away: float, stray: bool) -> None:
    stop = shapely.Point(move(move(HERE, 90, 500), 0, away))
    far = shapely.Point(move(HERE, 0, 5_000))
    both = gpd.GeoDataFrame(
        {"mode": ["rail", None, "rail"], "speed_kmh": [200, None, 90]},
        geometry=[EAST, stop, LineString([move(HERE, 0, 9_000), move(HERE, 0, 9_900)])], crs=GEOGRAPHIC,
    )  # fmt: skip
    if stray:
        with pytest.raises(
            InputError, match=r"stop 1 lies 101 m from the planned railway, more than 100 m"
        ):
            planned.read_planned(both, "n")
        return
    told = planned.read_planned(both, "n")
    assert (len(told.roads), len(told.railways), len(told.stops)) == (0, 2, 1)
    stops, lines = planned._lines_of(told)
    # one stop is none: each railway stops at its two ends
    assert [s.name for s in stops] == ["first end", "last end"] * 2 and len(lines) == 2
    alone = gpd.GeoDataFrame(
        {"mode": ["road", None], "speed_kmh": [80, None]}, geometry=[EAST, far], crs=GEOGRAPHIC
    )
    with pytest.raises(InputError, match="stop 1: no railway among the planned lines"):
        planned.read_planned(alone, "n")


def test_a_railway_stops_along_its_course_at_a_share_of_its_speed() -> None:
    places = [shapely.Point(move(HERE, 90, m)) for m in (900, 100, 400)]
    given_ = gpd.GeoDataFrame(
        {"mode": ["rail", None, None, None], "speed_kmh": [120, None, None, None],
         "name": [None, "丙", "甲", None]},
        geometry=[EAST, *places], crs=GEOGRAPHIC,
    )  # fmt: skip
    stops, (line,) = planned._lines_of(planned.read_planned(given_, "n"))
    assert [(s.id, s.name) for s in stops] == [
        ("planned-1", "甲"), ("planned-2", "stop 3"), ("planned-3", "丙")
    ]  # fmt: skip
    assert (line.id, tuple(line.stops)) == ("planned-1", ("planned-1", "planned-2", "planned-3"))
    run = [m / 1000 / (120 * planned.SPEED_SHARE) * 60 for m in (300, 500)]
    assert list(line.run_min) == pytest.approx(run, rel=1e-3)


def test_ends_that_planned_roads_share_are_not_loose() -> None:
    a, b, c, d = HERE, move(HERE, 90, 900), move(HERE, 0, 900), move(HERE, 45, 3000)
    roads = plan([LineString([a, b]), LineString([c, b]), LineString([c, d])])
    assert planned._loose_ends(roads) == {(0, 0), (2, -1)}


# Overpass
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"version": 0.6, "osm3s": {}}', True), ('\n {"generator": "Overpass API"}', True),
        ('{"elements": []}', True), ('\ufeff{"elements" : [', True), ('[{"elements": []}]', False),
        ('{"type": "FeatureCollection", "elements": []}', False), ('{"generator": "JOSM"}', False),
        ("<osm>", False), ("", False),
    ],
)  # fmt: skip
def test_overpass_is_known_by_its_first_bytes(text: str, known: bool) -> None:
    assert osm_plain.is_overpass(text.encode()) is known
    for name in ("utf-16-le", "utf-16-be"):
        if text[:1] in "{<" and text:
            assert osm_plain.is_overpass(text.encode(name)) is known
            assert osm_plain.wide_name(text.encode(name)) == name
            assert osm_plain.narrow(text.encode(name)) == text.encode()
    assert osm_plain.wide_name(text.encode()) is None and osm_plain.narrow(b"abc") == b"abc"


NODES = [
    {"type": "node", "id": 1, "lat": 38.0, "lon": 112.5},
    {"type": "node", "id": 2, "lat": 38.1, "lon": 112.5, "tags": {"barrier": "gate"}},
]


def xml_of(*elements: Any, **more: Any) -> str:
    text = json.dumps({"elements": list(elements), **more})
    return osm_plain.plain_text(io.BytesIO(text.encode()), "n", is_json=True).decode()


def test_elements_become_nodes_and_ways_by_their_ids() -> None:
    way = {"type": "way", "id": 9, "nodes": [1, 2], "tags": {"highway": "primary", "name": 'a"b<'}}
    told = xml_of(way, *NODES, {"type": "relation", "id": 4}, {"type": "count"})
    assert told == (
        '<osm version="0.6">\n<node id="1" lat="38.0" lon="112.5"></node>\n'
        '<node id="2" lat="38.1" lon="112.5"><tag k="barrier" v="gate"/></node>\n'
        '<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/>'
        '<tag k="name" v=\'a"b&lt;\'/></way>\n</osm>\n'
    )
    # a node is told once with its tags, and once as a node of a way
    bare = {"type": "node", "id": 2, "lat": 38.1, "lon": 112.5}
    assert xml_of(way, *NODES, bare) == told == xml_of(bare, way, *NODES)
    # the same way twice is one; without nodes it must stand already
    again = {"type": "way", "id": 9}
    assert xml_of(way, *NODES, again) == told


def test_places_of_a_way_are_its_nodes() -> None:
    places = [{"lat": 38.0, "lon": 112.5}, None, {"lat": 38.2, "lon": 112.5}]
    told = xml_of({"type": "way", "id": 9, "geometry": places})
    first, last = -(1 << 50), -(1 << 50) - 1
    assert f'<node id="{first}" lat="38.0" lon="112.5">' in told
    assert f'<node id="{last}" lat="38.2" lon="112.5">' in told
    assert f'<nd ref="{first}"/><nd ref="{-(1 << 60) - 1}"/><nd ref="{last}"/>' in told
    told = xml_of(
        {"type": "way", "id": 9, "nodes": [7, 8, 7], "geometry": [places[0], None, places[0]]}
    )
    assert told.count("<node ") == 1 and '<nd ref="7"/><nd ref="8"/><nd ref="7"/>' in told


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ([{"type": "way", "id": 9}], r"holds 1 way\(s\) without nodes or geometry"),
        ([{"type": "way", "id": 9, "nodes": [1], "geometry": []}], "has not one place for each node"),
        ([{"type": "way", "id": 9, "nodes": [1], "geometry": "x"}], "has not one place for each node"),
        ([{"type": "way", "id": 9, "nodes": [1]}, {"type": "way", "id": 9, "nodes": [2]}], "several versions of way 9"),
        ([{"type": "way", "nodes": [1]}], "holds a way without an id"),
        ([{"type": "node", "id": True, "lat": 1, "lon": 1}], "holds a node without an id"),
        ([{"type": "node", "id": 1, "lat": 1}], r"node 1 has no place that can be read \(None\)"),
        ([{"type": "node", "id": 1, "lat": 1, "lon": 180.1}], r"can be read \(180.1\)"),
        ([{"type": "node", "id": 1, "lat": True, "lon": 1}], r"can be read \(True\)"),
        ([{"type": "node", "id": 1, "lat": "x", "lon": 1}], r"can be read \(x\)"),
        ([{"type": "car"}], "holds an element that is none"), ([5], "holds an element that is none"),
    ],
)  # fmt: skip
def test_elements_that_are_none_are_told(elements: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        xml_of(*elements)


def test_a_query_that_was_broken_off_is_told_in_its_words() -> None:
    with pytest.raises(InputError, match=r"broken off \(runtime error: out of memory\)"):
        xml_of(remark="runtime  error:\n out of memory")
    assert osm_plain.cut_words("n", "x" * 300).count("x") == 200
    for text, words in (
        ("{", "no JSON that can be read"), ('{"elements": 5}', "holds no list of elements"),
        ("[]", "holds no list of elements"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            osm_plain.plain_text(io.BytesIO(text.encode()), "n", is_json=True)


def test_a_text_that_is_too_large_or_not_in_its_encoding_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    xml = '<?xml version="1.0" encoding="utf-16"?><osm/>'
    plain = '<?xml version="1.0" encoding="UTF-8"?><osm/>'
    for name in ("utf-16", "utf-16-be", "utf-8-sig", "utf-8"):
        told = osm_plain.plain_text(io.BytesIO(xml.encode(name)), "n", is_json=False)
        assert told.decode() == plain
    with pytest.raises(InputError, match="is broken or truncated"):
        osm_plain.plain_text(io.BytesIO(b"<osm\xff\xfe"), "n", is_json=False)
    monkeypatch.setattr(osm_plain, "MOST_BYTES", 10)
    assert osm_plain.plain_text(io.BytesIO(b"<osm>12345"), "n", is_json=False) == b"<osm>12345"
    for read in (
        lambda f: osm_plain.plain_text(f, "n", is_json=False), lambda f: osm_plain.with_nodes(f, "n")
    ):  # fmt: skip
        with pytest.raises(InputError, match="more than 1 GB"):
            read(io.BytesIO(b"<osm>123456"))


def test_places_in_ways_of_xml_become_nodes() -> None:
    xml = (
        '<osm><node id="1" lat="38" lon="112"><tag k="barrier" v="gate"/></node><way id="5">'
        '<nd ref="1" lat="38" lon="112"/><nd ref="2" lat="38.5" lon="112.5"/><nd ref="3"/>'
        '<tag k="highway" v="road"/></way><relation id="1"/></osm>'
    )
    told = osm_plain.with_nodes(io.BytesIO(xml.encode()), "n").decode()
    assert told == (
        '<osm version="0.6">\n<node id="1" lat="38.0" lon="112.0"><tag k="barrier" v="gate"/></node>\n'
        '<node id="2" lat="38.5" lon="112.5"></node>\n'
        '<way id="5"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="road"/></way>\n</osm>\n'
    )
    with pytest.raises(InputError, match="way 5 has no place that can be read"):
        osm_plain.with_nodes(io.BytesIO(xml.replace('lon="112.5"', 'lon="x"').encode()), "n")
    with pytest.raises(InputError, match="node 1 has no place"):
        osm_plain.with_nodes(
            io.BytesIO(xml.replace('<node id="1" lat="38"', '<node id="1"').encode()), "n"
        )
