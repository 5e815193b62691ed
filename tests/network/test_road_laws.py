"""Roads as a graph and as a file, each part by itself: who leads to whom, how an archive lies on
the disk, what a kind of road says of its direction; against plain counting.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from shapely import LineString
from small_roads import HERE

from sxgeo.analysis.network import file, osm, snap
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network
from sxgeo.errors import InputError


def random_roads(seed: int, *, oneway_share: float = 0.6) -> Network:
    """Some roads between places that lie anywhere, many of them one way, not all joined."""
    rng = np.random.default_rng(seed)
    places = np.round(np.array(HERE) + rng.uniform(0, 0.2, (9, 2)), 7)
    pairs = [rng.choice(6, 2, replace=False) for _ in range(6)]
    pairs += [6 + rng.choice(3, 2, replace=False) for _ in range(3)]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [40] * 9, "oneway": (rng.uniform(size=9) < oneway_share).tolist()},
        geometry=[LineString(places[pair]) for pair in pairs],
        crs="EPSG:4490",
    )
    return network_from_lines(frame)


# who leads to whom
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_the_main_part_is_the_one_with_most_road_of_all_that_is_joined(seed: int) -> None:
    network = random_roads(seed)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.size))
    tail, head, _ = network.arcs()
    graph.add_edges_from(zip(tail.tolist(), head.tolist(), strict=True))
    leads_out, led_to = network.thoroughfare
    assert len(leads_out) == len(led_to) == network.size
    ends = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    for ground in nx.weakly_connected_components(graph):
        road_m = {
            frozenset(part): sum(
                float(network.length_m[i]) for i, pair in enumerate(ends) if set(pair) <= part
            )
            for part in nx.strongly_connected_components(graph.subgraph(ground))
        }
        most = [part for part, metres in road_m.items() if metres == max(road_m.values())]
        if len(most) > 1:
            continue
        main = next(iter(most[0]))
        for node in ground:
            assert leads_out[node] == nx.has_path(graph, node, main)
            assert led_to[node] == nx.has_path(graph, main, node)


def test_the_boxes_that_are_searched_are_those_of_the_edges() -> None:
    network = random_roads(1)
    boxes = snap.edge_boxes(network)
    for own, line in zip(boxes.tolist(), network.lines(np.arange(len(network.tail))), strict=True):
        assert own == list(line.bounds)


# an archive
# ------------------------------------------------------------------------------------------


def test_a_saved_network_is_the_same_archive_on_every_system(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    file.write_network(random_roads(2), path)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    assert members[0].filename == "format.npy"
    for member in members:
        assert member.compress_type == zipfile.ZIP_STORED
        assert (member.create_system, member.external_attr >> 16) == (3, 0o644)
        assert member.date_time == (1980, 1, 1, 0, 0, 0)
    # the first number of each array lies on a multiple of 64 bytes
    content = path.read_bytes()
    for name in file.ARRAYS:
        values = np.asarray(getattr(file.open_network(path), name))
        assert content.index(values.tobytes()[:4096]) % 64 == 0


def test_a_file_of_nothing_says_that_there_is_nothing_to_travel_on(tmp_path: Path) -> None:
    whole = random_roads(3)
    none: dict[str, Any] = {
        name: np.asarray(getattr(whole, name))[:0]
        for name in ("lon", "lat", "tail", "head", "oneway", "length_m", "ticks", "xy")
    }
    empty = replace(whole, **none, start=np.zeros(1, dtype=np.int64))
    path = tmp_path / "n.npz"
    file.write_network(empty, path)
    with pytest.raises(InputError, match="0 nodes, 0 edges: nothing to travel on"):
        file.open_network(path)


# directions
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "way"),
    [
        ({"junction": "roundabout"}, 1), ({"junction": "circular"}, 1), ({"junction": "jughandle"}, 0),
        ({"junction": "roundabout", "oneway": "no"}, 0), ({"junction": "circular", "oneway": "-1"}, -1),
        ({"highway": "motorway"}, 1), ({"highway": "motorway", "oneway": "no"}, 0),
        ({"highway": "motorway_link"}, 0), ({"highway": "trunk"}, 0), ({}, 0),
        ({"oneway": "alternating"}, 0), ({"oneway": "reversible"}, None), ({"oneway": " YES "}, 1),
    ],
)  # fmt: skip
def test_a_kind_of_road_says_its_direction_where_nothing_is_told(
    tags: dict[str, str], way: int | None
) -> None:
    assert osm._drawn_direction(tags) == way
