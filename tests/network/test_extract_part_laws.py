"""What is made of an extract or a graph before it is a network: tags, speeds, courses, cuts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.analysis.network import osm_extract
from sxgeo.analysis.network.osm import MAX_KMH, way_speed_kmh
from sxgeo.errors import InputError, UsageError

NAN = float("nan")
TOLD = osm_extract._Told(50.0, 50.0, 0, False, False)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("primary", "primary"), (["primary", "service"], "primary"), (("a", "b"), "a"), ([], None),
        ("['primary', 'service']", "primary"), ("[broken", "[broken"), (None, None), (NAN, None),
        (50, "50"), (True, "True"),
    ],
)  # fmt: skip
def test_of_a_list_of_values_the_first_is_taken(value: Any, read: str | None) -> None:
    for key in ("highway", "maxspeed", "surface", "tunnel", "location", "motorroad", "oneway"):
        told = osm_extract._edge_tags({key: value, "name": "x"})
        assert told == ({} if read is None else {key: read})


@pytest.mark.parametrize("key", ["foot", "motorcar", "motor_vehicle", "vehicle", "access"])
def test_of_joined_ways_one_that_is_closed_closes_them_all(key: str) -> None:
    assert osm_extract._edge_tags({key: ["yes", "private", "no"]}) == {key: "private"}
    assert osm_extract._edge_tags({key: "['yes', 'no']"}) == {key: "no"}
    assert osm_extract._edge_tags({key: ["yes", "permissive"]}) == {key: "yes"}
    # only of access: a list of kinds has no closed ones
    assert osm_extract._edge_tags({"highway": ["primary", "no"]}) == {"highway": "primary"}


@pytest.mark.parametrize(
    ("said", "kmh"), [(1, 1), ("1.0", 1), (MAX_KMH, 200), (33.5, 33.5), (None, 60), (0.99, None),
     (200.1, None), ("fast", None), (NAN, None), ([], None)],
)  # fmt: skip
def test_a_speed_of_a_graph_is_from_1_to_200(said: Any, kmh: float | None) -> None:
    tags = {"highway": "primary"}
    if kmh is None:
        with pytest.raises(
            InputError, match=r"the graph 'n' has an edge with speed_kph .* 1 to 200"
        ):
            osm_extract._graph_speed({"speed_kph": said}, tags, "road", "n")
    else:
        assert osm_extract._graph_speed({"speed_kph": said}, tags, "road", "n") == kmh
    assert osm_extract._graph_speed({"speed_kph": said}, tags, "walk", "n") == 5


def test_a_kind_that_nobody_knows_is_a_plain_road_and_one_that_is_closed_stays_closed() -> None:
    plain = way_speed_kmh({"highway": "road"})
    for tags in ({}, {"highway": "busway_of_the_future"}, {"highway": ""}):
        assert osm_extract._graph_speed({}, tags, "road", "n") == plain
    for highway in ("footway", "construction", "proposed", "corridor", "elevator", "platform"):
        told = {"speed_kph": 30}
        assert osm_extract._graph_speed(told, {"highway": highway}, "road", "n") is None
    assert osm_extract._graph_speed({}, {"access": "no"}, "road", "n") is None


def joined(*edges: Any, by: str = "road") -> dict[bytes, Any]:
    courses: dict[bytes, Any] = {}
    for xy, kmh, oneway, tags in edges:
        osm_extract._join(courses, np.array(xy, dtype=float), kmh, oneway, tags, by)
    return courses


COURSE = [(112.5, 38.0), (112.51, 38.0), (112.52, 38.01)]


def test_both_ways_at_one_speed_are_one_road() -> None:
    back = COURSE[::-1]
    (road,) = joined((COURSE, 50, True, {}), (back, 50, True, {})).values()
    assert road[0].tolist() == [list(p) for p in COURSE] and road[1:] == (50, False, False, False)
    assert len(joined((COURSE, 50, True, {}), (back, 40, True, {}))) == 2
    assert len(joined((COURSE, 50, True, {}), (COURSE[:2], 50, True, {}))) == 2
    assert joined((COURSE[:1], 50, True, {})) == {}
    for one, other, oneway in (
        (True, True, True), (True, False, False), (False, True, False), (False, False, False),
    ):  # fmt: skip
        for kmh in (30, 50):
            (road,) = joined((COURSE, 50, one, {}), (COURSE, kmh, other, {})).values()
            assert road[1:3] == (50, oneway)
    (road,) = joined((COURSE, 50, True, {}), (COURSE, 60, True, {"highway": "motorway"})).values()
    assert road[1:] == (60, True, True, True)
    (road,) = joined((COURSE, 5, False, {"highway": "motorway_link"}), by="walk").values()
    assert road[3:] == (True, False)


def cut(*courses: Any, barriers: Any) -> tuple[list[list[Any]], list[int], int]:
    grid = np.array([p for c in courses for p in c], dtype=np.int64)
    owner = np.repeat(np.arange(len(courses)), [len(c) for c in courses])
    places = [(x / 1e7, y / 1e7) for x, y in barriers]
    told, owners, count = osm_extract._cut_at(grid, owner, places)
    parts = [told[owners == k].tolist() for k in dict.fromkeys(owners.tolist())]
    return parts, list(dict.fromkeys(owners.tolist())), count


LINE = [(0, 0), (1000, 0), (2000, 0), (3000, 0)]
OTHER = [(0, 500), (0, 900), (0, 1000)]


def as_lists(*places: tuple[int, int]) -> list[list[int]]:
    return [list(p) for p in places]


def test_a_line_is_parted_at_each_barrier_and_drawn_back_from_it() -> None:
    parts, owners, count = cut(LINE, OTHER, barriers=[(1000, 0), (2000, 0), (77, 77)])
    assert count == 1 and sorted(owners) == [0, 1, 2, 4]
    told = dict(zip(owners, parts, strict=True))
    assert told[0] == as_lists((0, 0), (980, 0))
    assert told[2] == as_lists((1020, 0), (1980, 0))
    assert told[4] == as_lists((2020, 0), (3000, 0))
    assert told[1] == as_lists(*OTHER)
    parts, owners, count = cut(OTHER, LINE, barriers=[(3000, 0), (0, 500)])
    assert count == 2 and parts == [
        as_lists((0, 520), (0, 900), (0, 1000)), as_lists(*LINE[:3], (2980, 0))
    ]  # fmt: skip
    for barriers in ([], [(5, 5)]):
        assert cut(LINE, OTHER, barriers=barriers) == (
            [as_lists(*LINE), as_lists(*OTHER)], [0, 1], 0
        )  # fmt: skip
    # lines before, between and behind those that are hit go over as they are
    several = [[(x + 10_000 * k, y) for x, y in LINE] for k in range(5)]
    parts, owners, count = cut(*several, barriers=[(11_000, 0), (31_000, 0)])
    assert count == 2 and sorted(owners) == [0, 1, 2, 3, 4, 6, 8]
    whole = dict(zip(owners, parts, strict=True))
    assert all(whole[k] == as_lists(*several[k]) for k in (0, 2, 4))


@pytest.mark.parametrize(
    ("course", "ends", "told"),
    [
        ([(0, 0), (100, 0)], (True, False), [(20, 0), (100, 0)]),
        ([(0, 0), (100, 0)], (False, True), [(0, 0), (80, 0)]),
        # of a short step at most two fifths
        ([(0, 0), (40, 0)], (True, False), [(16, 0), (40, 0)]),
        ([(0, 0), (50, 0)], (True, False), [(20, 0), (50, 0)]),
        ([(0, 0), (30, -100)], (True, False), [(6, -20), (30, -100)]),
        ([(5, 5), (5, 5)], (True, False), [(5, 5), (5, 5)]),
        ([(0, 0), (100, 0)], (False, False), [(0, 0), (100, 0)]),
    ],
)
def test_an_end_is_drawn_back_by_two_metres(course: Any, ends: Any, told: Any) -> None:
    given = np.array(course)
    assert osm_extract._drawn_back(given, ends).tolist() == as_lists(*told)
    assert given.tolist() == as_lists(*course)


def test_what_is_known_of_a_way_is_taken_and_the_rest_is_counted() -> None:
    a, b, c = (1.0, 2.0), (3.0, 4.0), (5.0, 6.0)
    for places, parts, cut_, lost, gone in (
        ([a, b, None, c, a], 2, 1, 0, 1),
        ([a, None, b, None, c], 0, 0, 1, 2),
        ([None, a, b], 1, 1, 0, 1),
        ([a, b], 1, 0, 0, 0),
        ([None, None], 0, 0, 1, 2),
    ):
        roads = osm_extract._Roads()
        roads.add_known_parts(places, TOLD)  # type: ignore[arg-type]
        assert (len(roads.courses), roads.cut, roads.lost, roads.nodes_lost) == (
            parts,
            cut_,
            lost,
            gone,
        )
        assert roads.told == [TOLD] * parts
        lines = shapely.from_wkb(roads.courses)
        runs = osm_extract._known_runs(places)  # type: ignore[arg-type]
        assert [list(line.coords) for line in lines] == [r for r in runs if len(r) > 1]


def test_what_was_lost_is_said_and_nothing_where_nothing_was() -> None:
    assert osm_extract._Roads().notes() == ()
    told = osm_extract._Roads(cut=3, lost=2, nodes_lost=9, deleted=4, ferries=1).notes()
    assert len(told) == 3 and told[0].startswith(
        "3 way(s) were cut and 2 lost where the file ends: 9 of"
    )
    assert told[1].startswith("4 object(s)") and told[2].startswith("1 ferry line(s)")
    assert len(osm_extract._Roads(ferries=1).notes()) == 1


@pytest.mark.parametrize("delay_s", [0, 599.9])
def test_a_delay_is_from_0_to_below_600(delay_s: float) -> None:
    for by in ("road", "walk"):
        osm_extract._check_terms(by, delay_s)
    for wrong in (-0.1, 600, NAN):
        with pytest.raises(UsageError, match="give 0 or more, below 600"):
            osm_extract._check_terms("road", wrong)
    with pytest.raises(UsageError, match="an extract is read by road or walk, not by 'rail'"):
        osm_extract._check_terms("rail", delay_s)


def test_walls_stand_in_one_order() -> None:
    lines = [np.array([[3.0, 4], [5, 6], [7, 8]]), np.array([[1.00000004, 2.0], [3, 4]])]
    texts = [osm_extract._wkb(line) for line in lines]
    one, other = (osm_extract._walls(some) for some in (texts, texts[::-1]))
    assert one is not None and other is not None and osm_extract._walls([]) is None
    assert one.xy.tolist() == other.xy.tolist() and one.start.tolist() == other.start.tolist()
    assert sorted(np.diff(one.start).tolist()) == [2, 3] and [1.0, 2.0] in one.xy.tolist()
    courses = sorted(one.xy[a:b].tobytes() for a, b in pairwise(one.start.tolist()))
    assert courses == sorted(np.round(line, 7).tobytes() for line in lines)


@given(st.lists(st.integers(2, 9), min_size=1, max_size=6), st.randoms())
def test_vertices_come_back_out_of_texts_as_they_went_in(sizes: list[int], draw: Any) -> None:
    lines = [[(draw.uniform(-180, 180), draw.uniform(-90, 90)) for _ in range(n)] for n in sizes]
    xy, owner = osm_extract._vertices([osm_extract._wkb(np.array(line)) for line in lines])
    assert xy.tolist() == [list(place) for line in lines for place in line]
    assert np.bincount(owner).tolist() == sizes


def graph_of(**nodes: Any) -> Any:
    graph = nx.MultiDiGraph()
    for name, told in nodes.items():
        graph.add_node(name, **told)
    return graph


def test_nodes_without_places_are_named_up_to_five() -> None:
    bad = [{"x": NAN, "y": 1}, {"x": 1, "y": np.inf}, {"x": 1}, {"y": 1}, {"x": "a", "y": 1},
           {"x": None, "y": 2}]  # fmt: skip
    assert osm_extract._node_places(graph_of(a={"x": "1.5", "y": 2}), "n") == {"a": (1.5, 2.0)}
    for count in range(1, 7):
        names = {f"n{k}": bad[k] for k in range(count)}
        with pytest.raises(InputError, match="nodes without numbers x and y") as refused:
            osm_extract._node_places(graph_of(ok={"x": 1, "y": 2}, **names), "n")
        shown = ", ".join(list(names)[:5]) + (" and 1 more" if count == 6 else "")
        assert f"({shown})" in str(refused.value)


def test_a_course_is_that_of_the_geometry_else_from_node_to_node() -> None:
    nodes = {"u": (1.0, 2.0), "v": (3.0, 4.0)}
    straight = [[1.0, 2.0], [3.0, 4.0]]
    for none in (None, NAN, ""):
        assert osm_extract._course(none, nodes, "u", "v", "n").tolist() == straight
    line = shapely.LineString([(1, 2), (2, 2), (3, 4)])
    for told in (line, line.wkt):
        assert osm_extract._course(told, nodes, "u", "v", "n").tolist() == [[1, 2], [2, 2], [3, 4]]
    for wrong, words in (
        (shapely.Point(1, 2), "is a Point, not a line"),
        ("LINE(1 2)", "is no WKT"),
        (shapely.LineString([(1, 2), (np.inf, 4)]), "from u to v with a vertex that is no number"),
    ):
        with pytest.raises(InputError, match=words):
            osm_extract._course(wrong, nodes, "u", "v", "n")


@pytest.mark.parametrize(
    ("x", "y", "sound"), [(180, 90, True), (-180, -90, True), (180.1, 0, False), (0, 90.1, False)]
)
def test_without_a_system_places_are_degrees_or_nothing(x: float, y: float, sound: bool) -> None:
    graph = graph_of(a={"x": 0, "y": 0}, b={"x": x, "y": y})
    if sound:
        same = osm_extract._to_degrees(graph, "n")
        assert same(np.array([[x, y]])).tolist() == [[x, y]]
    else:
        with pytest.raises(
            InputError, match="names no coordinate system and its places are no degrees"
        ):
            osm_extract._to_degrees(graph, "n")


def test_a_system_of_degrees_moves_nothing_and_a_plane_is_left() -> None:
    degrees = graph_of(a={"x": 112.5, "y": 38}, b={"x": 112.6, "y": 38})
    given = np.array([[112.5, 38.0], [112.6, 38.1]])
    for crs in ("EPSG:4326", "{'init': 'epsg:4326'}", " { 'init' : 'EPSG:4326' } "):
        degrees.graph["crs"] = crs
        assert osm_extract._to_degrees(degrees, "n")(given) is given
    plane = graph_of(a={"x": 4e5, "y": 4.2e6}, b={"x": 4.1e5, "y": 4.2e6})
    plane.graph["crs"] = "EPSG:4547"
    told = osm_extract._to_degrees(plane, "n")(np.array([[4e5, 4.2e6], [4.1e5, 4.2e6]]))
    assert (
        told[0] == pytest.approx([112.863, 37.93], abs=0.02)
        and 0.1 < told[1, 0] - told[0, 0] < 0.13
    )
    plane.graph["crs"] = "EPSG:999999"
    with pytest.raises(InputError, match="PROJ does not know: EPSG:999999"):
        osm_extract._to_degrees(plane, "n")
    with pytest.raises(InputError, match="has no edges; fetch the place again"):
        osm_extract._to_degrees(nx.MultiDiGraph(), "n")


@pytest.mark.parametrize("word", ["true", "Yes", "1", "no", "-1", ""])
def test_an_undirected_edge_runs_as_it_was_drawn(word: str) -> None:
    graph = nx.MultiGraph()
    graph.add_node("a", x=112.5, y=38.0)
    graph.add_node("b", x=112.51, y=38.0)
    graph.add_edge("a", "b", highway="primary", oneway=word, **{"from": "b", "to": "a"})
    network = osm_extract.network_from_graph(graph)
    oneway = word in ("true", "Yes", "1")
    assert network.oneway.tolist() == [oneway]
    tail = (network.lon[network.tail[0]], network.lon[network.head[0]])
    assert not oneway or tail == (112.51, 112.5)
    walked = osm_extract.network_from_graph(graph, by="walk")
    assert walked.oneway.tolist() == [False] and walked.mode == "walk"
    assert network.id == "osm" and network.notes == ()
    graph.add_edge("a", "b", highway="footway")
    assert osm_extract.network_from_graph(graph, name="m").notes == (
        "1 edge(s) of the graph were left out: their highway is not for travel by road",
    )
