"""Files of roads as people bring them: cut, drawn upon, named otherwise, of other programs (issue:
read or refuse).
"""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from pyproj import Geod

import sxgeo
from sxgeo.analysis.network.bundled import read_network, save_network
from sxgeo.errors import InputError, UsageError

pytest.importorskip("osmium")

STEP = 0.001  # degrees between neighbours: 88 m west to east


def osm(nodes: dict, ways: list, *, ways_first: bool = False) -> str:
    """Write XML of nodes (id -> lon, lat, tags and attributes) and ways (id, refs, tags,
    attributes).
    """

    def tags(told: dict) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in told.items())

    points = "".join(
        f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"'
        f" {more}>{tags(told)}</node>\n"
        for number, (lon, lat, told, more) in nodes.items()
    )
    lines = "".join(
        f'<way id="{number}" version="1"'
        f" {more}>{''.join(f'<nd ref={chr(34)}{ref}{chr(34)}/>' for ref in refs)}{tags(told)}</way>\n"
        for number, refs, told, more in ways
    )
    return (
        '<?xml version="1.0"?>\n<osm'
        f' version="0.6">\n{lines + points if ways_first else points + lines}</osm>\n'
    )


def row(*ids: int, lat: float = 38.0) -> dict:
    """Return nodes beside one another."""
    return {number: (112.6 + STEP * place, lat, {}, "") for place, number in enumerate(ids)}


def read(folder: Path, text: str, name: str = "x.osm", **options: str) -> sxgeo.Network:
    (folder / name).write_text(text, encoding="utf-8")
    return read_network(folder / name, **options)


def minutes(network, here: tuple, there: tuple) -> float:
    return float(sxgeo.travel_times(network, [here], [there])["minutes"].iloc[0])


PRIMARY = {"highway": "primary"}


def test_a_way_keeps_the_part_whose_nodes_are_there(tmp_path: Path) -> None:
    network = read(
        tmp_path, osm(row(1, 2, 3), [(1, [1, 2, 3, 99], PRIMARY, ""), (2, [98, 97], PRIMARY, "")])
    )
    assert network.length_m.sum() == pytest.approx(175.6, abs=0.2)
    assert "1 way(s) were cut and 1 lost" in network.notes[0]
    assert "3 of their nodes are not in it" in network.notes[0]
    areas = sxgeo.isochrones(network, [(112.6, 38.0)], [5])
    assert any("1 way(s) were cut" in note for _, note in areas.attrs["notes"])


def test_a_missing_node_in_the_middle_leaves_both_sides(tmp_path: Path) -> None:
    network = read(tmp_path, osm(row(1, 2, 3, 4), [(1, [1, 2, 99, 3, 4], PRIMARY, "")]))
    assert len(network.tail) == 2
    assert np.isnan(minutes(network, (112.6, 38.0), (112.603, 38.0)))


def test_ways_may_stand_before_their_nodes(tmp_path: Path) -> None:
    ways = [(1, [1, 2, 3], PRIMARY, "")]
    first, last = (
        read(tmp_path, osm(row(1, 2, 3), ways, ways_first=flag)) for flag in (True, False)
    )
    assert first.notes == () and (first.length_m == last.length_m).all()


def test_a_planned_road_drawn_with_ids_below_zero_is_used(tmp_path: Path) -> None:
    nodes = row(1, 2, 3) | {
        -101: (112.6, 38.001, {}, 'action="modify"'),
        -102: (112.602, 38.001, {}, ""),
    }
    network = read(
        tmp_path,
        osm(
            nodes,
            [(1, [1, 2, 3], PRIMARY, ""), (-201, [1, -101, -102, 3], {"highway": "trunk"}, "")],
        ),
    )
    assert len(network.tail) == 2 and network.notes == ()


@pytest.mark.parametrize("what", ["way", "node"])
def test_what_an_editor_marked_as_deleted_is_gone_and_said(tmp_path: Path, what: str) -> None:
    gone = "action='delete'"
    nodes = row(1, 2, 3) | {4: (112.6, 38.001, {}, gone if what == "node" else "")}
    ways = [(1, [1, 2, 3], PRIMARY, ""), (2, [1, 4], PRIMARY, gone if what == "way" else "")]
    network = read(tmp_path, osm(nodes, ways))
    assert len(network.tail) == 1
    assert any("1 object(s)" in note for note in network.notes)


def test_a_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="history"):
        read(tmp_path, osm(row(1, 2), [(1, [1, 2], PRIMARY, ""), (1, [1], {}, 'visible="false"')]))
    with pytest.raises(InputError, match="several versions of way 1"):
        read(tmp_path, osm(row(1, 2), [(1, [1, 2], PRIMARY, ""), (1, [1, 2], PRIMARY, "")]))


@pytest.mark.parametrize(
    ("access", "open_"),
    [
        ("agricultural;forestry", False),
        ("private; no", False),
        ("agricultural;forestry;", False),
        ("agricultural; ;forestry", False),
        (";", True),
        ("destination;delivery", True),
        ("yes", True),
    ],
)
def test_a_list_of_access_shuts_when_all_of_it_does(
    tmp_path: Path, access: str, open_: bool
) -> None:
    ways = [
        (1, [1, 2], PRIMARY, ""),
        (2, [2, 3], {"highway": "unclassified", "motor_vehicle": access}, ""),
    ]
    assert (len(read(tmp_path, osm(row(1, 2, 3), ways)).length_m) == 2) is open_


@pytest.mark.parametrize(
    ("tags", "by", "passed"),
    [
        ({"barrier": "bollard"}, "road", False),
        ({"barrier": "bollard"}, "walk", True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, "road", True),
        ({"barrier": "gate"}, "road", True),
        ({"barrier": "gate", "access": "no"}, "road", False),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, "walk", True),
        ({"barrier": "lift_gate", "access": "no;private"}, "road", False),
        ({"barrier": "toll_booth"}, "road", True),
        ({"barrier": "Bollard"}, "road", False),
        ({"barrier": "bollard;gate"}, "road", True),
        ({"barrier": "swing_gate"}, "road", True),
        ({"barrier": "cycle_barrier", "bicycle": "yes"}, "road", False),
        ({"barrier": "wicket_gate"}, "road", False),
        ({"barrier": "a kind that nobody knows"}, "road", False),
        ({"barrier": "a kind that nobody knows"}, "walk", True),
        ({"barrier": "gate", "locked": "yes"}, "road", False),
        ({"barrier": "gate", "locked": "yes", "access": "destination"}, "road", True),
    ],
)
def test_barriers_stop_whom_they_stop(tmp_path: Path, tags: dict, by: str, passed: bool) -> None:
    nodes = row(1, 2, 3)
    nodes[2] = (*nodes[2][:2], tags, "")
    network = read(tmp_path, osm(nodes, [(1, [1, 2, 3], {"highway": "residential"}, "")]), by=by)
    assert np.isfinite(minutes(network, (112.6, 38.0), (112.602, 38.0))) is np.bool_(passed)
    assert bool(network.notes) is not passed


def test_a_barrier_at_a_crossing_parts_all_its_ways(tmp_path: Path) -> None:
    nodes = row(1, 2, 3) | {4: (112.601, 38.001, {}, "")}
    nodes[2] = (*nodes[2][:2], {"barrier": "block"}, "")
    network = read(tmp_path, osm(nodes, [(1, [1, 2, 3], PRIMARY, ""), (2, [4, 2], PRIMARY, "")]))
    assert len(network.tail) == 3
    assert np.isnan(minutes(network, (112.601, 38.0008), (112.602, 38.0)))


def test_a_speed_for_each_direction_is_kept(tmp_path: Path) -> None:
    told = {"highway": "primary", "maxspeed:forward": "80", "maxspeed:backward": "30"}
    network = read(tmp_path, osm(row(*range(1, 12)), [(1, list(range(1, 12)), told, "")]))
    kilometres = network.length_m.sum() / 2000
    assert minutes(network, (112.6, 38.0), (112.61, 38.0)) == pytest.approx(
        kilometres / 80 * 60, abs=0.02
    )
    assert minutes(network, (112.61, 38.0), (112.6, 38.0)) == pytest.approx(
        kilometres / 30 * 60, abs=0.02
    )


def test_a_walking_pace_is_a_speed() -> None:
    from sxgeo.analysis.network.osm import maxspeed_kmh, way_speed_kmh

    assert maxspeed_kmh("walk") == 5
    assert way_speed_kmh({"highway": "residential", "maxspeed": "walk"}) == 5


@pytest.mark.parametrize(
    "name",
    [
        "a.osm",
        "A.OSM",
        "a.osm.xml",
        "a.xml",
        "a.osm.pbf",
        "a.osm.gz",
        "a.osm.bz2",
        "a.gz",
        "noname",
    ],
)
def test_an_extract_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    content = osm(row(1, 2), [(1, [1, 2], PRIMARY, "")]).encode()
    packed = (
        gzip.compress(content)
        if name.endswith("gz")
        else bz2.compress(content)
        if "bz2" in name
        else content
    )
    (tmp_path / name).write_bytes(packed)
    assert len(read_network(tmp_path / name).tail) == 1


def test_a_pbf_packed_once_more_and_a_file_of_changes_are_refused_by_name(tmp_path: Path) -> None:
    import osmium

    whole = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(whole)) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(112.6, 38.0)))
    (tmp_path / "b.osm.pbf.gz").write_bytes(gzip.compress(whole.read_bytes()))
    with pytest.raises(InputError, match="packed once more as gz; unpack"):
        read_network(tmp_path / "b.osm.pbf.gz")
    (tmp_path / "c.osm").write_text('<?xml version="1.0"?><osmChange version="0.6"></osmChange>')
    with pytest.raises(InputError, match="file of changes"):
        read_network(tmp_path / "c.osm")


def test_ferries_are_left_out_and_said(tmp_path: Path) -> None:
    ways = [(1, [1, 2], PRIMARY, ""), (2, [2, 3], {"route": "ferry"}, "")]
    assert "1 ferry line(s)" in read(tmp_path, osm(row(1, 2, 3), ways)).notes[0]


@pytest.mark.parametrize("how", ["nodes first", "ways first", "new ones"])
def test_a_river_is_a_wall_wherever_its_nodes_stand(tmp_path: Path, how: str) -> None:
    sign = -1 if how == "new ones" else 1
    nodes = row(1, 2, 3) | {
        sign * (90 + place): (112.6 + STEP * place, 38.0005, {}, "") for place in range(3)
    }
    refs = [sign * (90 + place) for place in range(3)]
    ways = [(1, [1, 2, 3], PRIMARY, ""), (sign * 5, [*refs, 777], {"waterway": "river"}, "")]
    walls = read(tmp_path, osm(nodes, ways, ways_first=how == "ways first")).walls
    assert walls is not None and walls.xy[:, 0].tolist() == [112.6, 112.601, 112.602]


# Where one joins the roads


def beside_a_motorway() -> str:
    nodes = {
        1: (112.60, 38.0, {}, ""), 2: (112.65, 38.0, {}, ""), 3: (112.60, 37.99946, {}, ""),
        4: (112.65, 37.99946, {}, ""), 5: (112.70, 38.0, {}, ""), 6: (112.55, 38.0, {}, ""),
    }  # fmt: skip
    return osm(
        nodes,
        [
            (1, [6, 1, 2, 5], {"highway": "motorway"}, ""), (2, [3, 4], {"highway": "residential"}, ""),
            (3, [5, 4], {"highway": "motorway_link", "oneway": "yes"}, ""), (4, [3, 6], PRIMARY, ""),
        ],
    )  # fmt: skip


def test_a_house_beside_a_motorway_joins_its_street(tmp_path: Path) -> None:
    network = read(tmp_path, beside_a_motorway())
    assert minutes(network, (112.648, 37.99982), (112.65, 37.99946)) < 2
    save_network(network, tmp_path / "kept.npz")
    again = read_network(tmp_path / "kept.npz")
    assert (again.shut == network.shut).all() and again.notes == network.notes


@pytest.mark.parametrize("told", [{"tunnel": "Yes"}, {"location": "underground"}])
def test_a_tunnel_is_not_joined_from_above(tmp_path: Path, told: dict) -> None:
    nodes = row(1, 2, 3) | {4: (112.6, 38.002, {}, ""), 5: (112.602, 38.002, {}, "")}
    ways = [
        (1, [1, 2, 3], {**PRIMARY, **told}, ""),
        (2, [1, 4], PRIMARY, ""),
        (3, [4, 5], PRIMARY, ""),
    ]
    place = sxgeo.isochrones(read(tmp_path, osm(nodes, ways)), [(112.601, 38.0003)], [1])
    assert place["snap_m"].iloc[0] > 80


def test_where_there_are_only_motorways_they_are_joined_at_their_ends(tmp_path: Path) -> None:
    network = read(tmp_path, osm(row(1, 2, 3), [(1, [1, 2, 3], {"highway": "motorway"}, "")]))
    areas = sxgeo.isochrones(network, [(112.6008, 38.0)], [5])
    assert areas["snap_m"].iloc[0] == pytest.approx(70.2, abs=0.5)


def one_way_yard(turned: bool) -> str:
    nodes = {
        100 * i + j: (112.6 + STEP * j, 38 + STEP * i, {}, "") for i in range(9) for j in range(9)
    }
    ways = [
        (10 + i, [100 * i + j for j in range(9)], {"highway": "residential"}, "") for i in range(9)
    ]
    ways += [
        (30 + j, [100 * i + j for i in range(9)], {"highway": "residential"}, "") for j in range(9)
    ]
    nodes[5000], nodes[5001] = (112.5985, 38.0, {}, ""), (112.597, 38.0, {}, "")
    refs = [0, 5000, 5001]
    oneway = {"highway": "residential", "oneway": "yes"}
    return osm(nodes, [*ways, (50, refs[::-1] if turned else refs, oneway, "")])


def test_a_one_way_trap_is_noted_both_ways(tmp_path: Path) -> None:
    into, out = read(tmp_path, one_way_yard(False)), read(tmp_path, one_way_yard(True))
    place = [(112.598, 38.0)]
    assert any(
        "one-way trap" in note for _, note in sxgeo.isochrones(into, place, [5]).attrs["notes"]
    )
    assert any("leads back" in note for _, note in sxgeo.isochrones(out, place, [5]).attrs["notes"])
    assert any(
        "one-way trap" in note
        for _, note in sxgeo.isochrones(out, place, [5], reverse=True).attrs["notes"]
    )
    assert not sxgeo.isochrones(into, [(112.604, 38.004)], [5]).attrs["notes"]


def test_roads_that_are_apart_are_no_one_way_trap() -> None:
    """Two streets of two ways that nothing joins; a one-way yard at the shorter one is a trap."""
    apart = lines([(112.6, 38), (112.62, 38)], [(112.6, 38.1), (112.61, 38.1)])
    place = [(112.605, 38.1)]
    assert not sxgeo.isochrones(read_network(apart), place, [5]).attrs["notes"]
    yard = [(112.61, 38.1), (112.612, 38.1)]
    into = lines(*(list(line.coords) for line in apart.geometry), yard, oneway=[False, False, True])
    notes = sxgeo.isochrones(read_network(into), [(112.611, 38.1)], [5]).attrs["notes"]
    assert any("one-way trap" in note for _, note in notes)


# Graphs


def streets(kind: type) -> nx.Graph:
    graph = kind(crs="epsg:4326")
    for n, (x, y) in enumerate([(112.6, 38.0), (112.61, 38.0), (112.61, 38.01)]):
        graph.add_node(n, x=x, y=y)
    graph.add_edge(0, 1, highway="residential", oneway=False)
    graph.add_edge(1, 2, highway="residential", oneway=False)
    if graph.is_directed():
        graph.add_edge(1, 0, highway="residential", oneway=False)
        graph.add_edge(2, 1, highway="residential", oneway=False)
    return graph


def test_an_undirected_graph_is_two_way_unless_it_says_one_way() -> None:
    there, back = (112.6, 38.0), (112.61, 38.01)
    directed, undirected = (
        read_network(streets(kind)) for kind in (nx.MultiDiGraph, nx.MultiGraph)
    )
    assert minutes(undirected, back, there) == minutes(directed, back, there)
    one_way = streets(nx.Graph)
    one_way.edges[0, 1]["oneway"] = True
    assert np.isnan(minutes(read_network(one_way), back, there))


def test_a_graph_of_footways_is_walked_or_refused() -> None:
    graph = streets(nx.MultiDiGraph)
    for *_, told in graph.edges(data=True):
        told["highway"] = "footway"
    with pytest.raises(InputError, match="by='walk'"):
        read_network(graph)
    network = read_network(graph, by="walk")
    assert network.mode == "walk"
    assert minutes(network, (112.6, 38.0), (112.61, 38.0)) == pytest.approx(10.5, abs=0.1)


def test_a_projected_graph_is_brought_to_degrees() -> None:
    plain, flat = streets(nx.MultiDiGraph), streets(nx.MultiDiGraph)
    points = gpd.GeoSeries(
        [shapely.Point(t["x"], t["y"]) for _, t in plain.nodes(data=True)], crs=4326
    ).to_crs(32649)
    for (_, told), point in zip(flat.nodes(data=True), points, strict=True):
        told["x"], told["y"] = point.x, point.y
    flat.graph["crs"] = "epsg:32649"
    assert read_network(flat).lon == pytest.approx(read_network(plain).lon, abs=2e-7)
    del flat.graph["crs"]
    with pytest.raises(InputError, match="no coordinate system"):
        read_network(flat)


@pytest.mark.parametrize("access", ["no", ["yes", "private"], "['yes', 'no']"])
def test_closed_edges_of_a_graph_are_left_out_and_said(access: object) -> None:
    graph = streets(nx.MultiDiGraph)
    for *ends, told in graph.edges(data=True):
        if 2 in ends:
            told["access"] = access
    network = read_network(graph)
    assert len(network.tail) == 1 and "2 edge(s)" in network.notes[0]


@pytest.mark.parametrize(
    ("crs", "words"), [("epsg:3857", "are those of degrees"), ("epsg:4610", "seven parameters")]
)
def test_places_of_a_graph_are_in_the_system_that_it_names(crs: str, words: str) -> None:
    graph = streets(nx.MultiDiGraph)
    graph.graph["crs"] = crs
    with pytest.raises(InputError, match=words):
        read_network(graph)


def test_a_course_of_a_graph_is_of_numbers() -> None:
    graph = streets(nx.MultiDiGraph)
    graph.edges[0, 1, 0]["geometry"] = shapely.LineString([(112.6, 38), (np.nan, 38), (112.61, 38)])
    with pytest.raises(InputError, match=r"edge from 0 to 1 .*no number"):
        read_network(graph)


def test_speeds_of_the_graph_are_used_and_checked() -> None:
    graph = streets(nx.MultiDiGraph)
    for *_, told in graph.edges(data=True):
        told["speed_kph"] = "72.0"
    assert minutes(read_network(graph), (112.6, 38.0), (112.61, 38.0)) == pytest.approx(
        0.732, abs=0.01
    )
    graph.edges[0, 1, 0]["speed_kph"] = "quick"
    with pytest.raises(InputError, match="speed_kph 'quick'"):
        read_network(graph)


def test_plain_graphml_is_read_and_a_graph_without_places_is_refused(tmp_path: Path) -> None:
    graph = nx.DiGraph(streets(nx.MultiDiGraph))
    for *_, told in graph.edges(data=True):
        told["geometry"] = "LINESTRING (112.6 38, 112.61 38)"
    nx.write_graphml(graph, tmp_path / "plain.graphml")
    assert read_network(tmp_path / "plain.graphml").length_m.sum() > 800
    nowhere = nx.DiGraph()
    nowhere.add_edge("a", "b", highway="primary")
    nx.write_graphml(nowhere, tmp_path / "nowhere.graphml")
    with pytest.raises(InputError, match="nodes without numbers x and y"):
        read_network(tmp_path / "nowhere.graphml")


# Lines


def lines(*courses: list, crs: int | None = 4490, **columns: list) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(course) for course in courses]
    return gpd.GeoDataFrame(
        {"speed_kmh": [50.0] * len(shapes), **columns}, geometry=shapes, crs=crs
    )


@pytest.mark.parametrize(
    ("course", "words"),
    [
        ([(112.6, 38), (np.nan, 38.1)], "no number"),
        ([(112.6, 38), (112.61, 38), (np.nan, np.nan), (112.62, 38)], "no number"),
        ([(112.6, 38), (np.inf, 38.1)], "no number"),
        ([(112.6, 38), (0, 0)], "over 300 km"),
    ],
)
def test_a_vertex_that_lies_nowhere_is_named_by_its_row(course: list, words: str) -> None:
    with pytest.raises(InputError, match=rf"row 1: .*{words}"):
        read_network(lines([(112.6, 38), (112.61, 38)], course))


@pytest.mark.parametrize("speed", [0.0, 1e-9, 0.5, 401.0, np.inf])
def test_a_speed_that_nobody_travels_at_is_refused(speed: float) -> None:
    with pytest.raises(InputError, match="from 1 to 400"):
        read_network(lines([(112.6, 38), (112.61, 38)], speed_kmh=[speed]))


def test_degrees_under_a_system_of_metres_and_truth_as_a_speed_are_refused() -> None:
    with pytest.raises(InputError, match="are those of degrees, but its CRS CGCS2000"):
        read_network(lines([(112.6, 38), (112.61, 38)], crs=4547))
    with pytest.raises(InputError, match="speed_kmh is True"):
        read_network(lines([(112.6, 38), (112.61, 38)], speed_kmh=[True]))


def test_columns_are_read_in_whatever_case_a_shapefile_wrote_them() -> None:
    frame = lines([(112.6, 38), (112.61, 38)], ONEWAY=["F"])
    network = read_network(frame.rename(columns={"speed_kmh": "SPEED_KMH"}))
    assert network.oneway.tolist() == [True]


def test_lines_that_cross_or_end_beside_one_another_are_counted() -> None:
    crossing = read_network(lines([(112.6, 38), (112.62, 38)], [(112.61, 37.99), (112.61, 38.01)]))
    assert "1 pair(s) of lines cross and do not join" in crossing.notes[0]
    beside = read_network(
        lines([(112.6, 38), (112.62, 38)], [(112.61, 38.000003), (112.61, 38.01)])
    )
    assert "1 end(s) of lines lie within 1 m" in beside.notes[0]


@pytest.mark.parametrize(("east_m", "told"), [(0.9, "2 end(s)"), (1.1, "")])
def test_a_metre_from_east_to_west_is_one(east_m: float, told: str) -> None:
    start, _, _ = Geod(ellps="GRS80").fwd(112.61, 38, 90, east_m)
    ends = read_network(lines([(112.6, 38), (112.61, 38)], [(start, 38), (112.62, 38)]))
    assert "".join(ends.notes).startswith(told) and bool(ends.notes) is bool(told)
    joined = read_network(
        lines([(112.6, 38), (112.61, 38), (112.62, 38)], [(112.61, 38), (112.61, 38.01)])
    )
    assert joined.notes == ()


def test_words_for_one_way_of_other_programs_are_read() -> None:
    here, there = (112.6, 38.0), (112.61, 38.0)
    course = [here, there]
    both, along, against = (read_network(lines(course, oneway=[word])) for word in "BFT")
    assert np.isfinite(minutes(both, there, here))
    assert np.isfinite(minutes(along, here, there)) and np.isnan(minutes(along, there, here))
    assert np.isnan(minutes(against, here, there)) and np.isfinite(minutes(against, there, here))


def test_of_several_layers_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "roads.gpkg"
    lines([(112.6, 38), (112.61, 38)]).to_file(path, layer="a")
    lines([(112.7, 38), (112.71, 38)]).to_file(path, layer="b")
    with pytest.raises(InputError, match=r"several layers \(a, b\).*roads.gpkg:LAYER"):
        read_network(path)
    assert read_network(f"{path}:b").lon[0] == 112.7
    with pytest.raises(InputError, match=r"c.*a, b"):
        read_network(f"{path}:c")


def test_ids_of_places_are_there_and_differ() -> None:
    network = read_network(lines([(112.6, 38), (112.61, 38)]))
    points = gpd.GeoSeries([shapely.Point(112.6, 38)] * 2, crs=4490)
    for ids, words in (
        ([1, "1"], "stands twice"),
        ([1.0, "1"], "stands twice"),
        ([1, 1.0], "stands twice"),
        (["a", None], "has no id"),
        ([1.0, np.nan], "has no id"),
    ):
        frame = gpd.GeoDataFrame({"site_id": np.array(ids, dtype=object)}, geometry=points)
        with pytest.raises(InputError, match=words):
            sxgeo.travel_times(network, frame, [(112.61, 38.0)])


@pytest.mark.parametrize("minutes", [[1e9], [5, 4e6], [True]])
def test_minutes_beyond_all_reason_are_refused(minutes: list) -> None:
    network = read_network(lines([(112.6, 38), (112.61, 38)]))
    with pytest.raises(UsageError, match="minutes are"):
        sxgeo.isochrones(network, [(112.6, 38)], minutes)
