"""The hierarchy gives the times of the plain search, bit for bit, on any network."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import sxgeo
from sxgeo.analysis.network.build import network_from_arrays
from sxgeo.analysis.network.hierarchy import prepare
from sxgeo.analysis.network.search import Seeds
from sxgeo.analysis.network.snap import snap, snap_each
from sxgeo.errors import InputError

pytest.importorskip("numba")


def streets(draw: np.random.Generator, side: int, *, oneway: float = 0.3) -> sxgeo.Network:
    """Return a jittered grid of streets, some one-way, some missing, in parts that may not hang
    together.
    """
    place = {
        (i, j): (112.5 + 0.004 * j + draw.normal(0, 4e-4), 38 + 0.003 * i)
        for i in range(side)
        for j in range(side)
    }
    lines, speed, way = [], [], []
    for (i, j), here in place.items():
        for there in ((i, j + 1), (i + 1, j)):
            if there in place and draw.random() < 0.85:
                lines.append(shapely.LineString([here, place[there]]))
                speed.append(float(draw.choice([20, 40, 60, 100])))
                way.append(bool(draw.random() < oneway))
    return sxgeo.read_network(
        gpd.GeoDataFrame({"speed_kmh": speed, "oneway": way}, geometry=lines, crs=4490)
    )


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), side=st.integers(2, 9))
def test_trees_equal_dijkstra_on_random_streets(seed: int, side: int) -> None:
    network = streets(np.random.default_rng(seed), side)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.size))
    graph.add_weighted_edges_from(zip(*(column.tolist() for column in network.arcs()), strict=True))
    rows = prepare(network).ticks_from(range(network.size))
    for source, row in enumerate(rows):
        told = nx.single_source_dijkstra_path_length(graph, source)
        assert [told.get(node, np.inf) for node in range(network.size)] == row.tolist()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_tables_are_the_same_with_and_without_and_from_either_side(seed: int) -> None:
    draw = np.random.default_rng(seed)
    network = streets(draw, 7)
    many = [(112.5 + 0.028 * a, 38 + 0.021 * b) for a, b in draw.random((12, 2))]
    few = [(112.5 + 0.028 * a, 38 + 0.021 * b) for a, b in draw.random((3, 2))]
    for origins, destinations in ((many, few), (few, many), (many, many)):
        plain = sxgeo.travel_times(network, origins, destinations)
        assert sxgeo.travel_times(prepare(network), origins, destinations).equals(plain)
        one_by_one = [
            sxgeo.travel_times(network, [o], destinations) for o in sorted(origins, key=str)
        ]
        parts = sorted(
            (r for t in one_by_one for r in t.itertuples(index=False)), key=lambda r: r[:2]
        )
        assert [r[2] for r in parts] == pytest.approx(plain["minutes"].tolist(), abs=0, nan_ok=True)


def test_several_seeds_with_time_gone_begin_one_search() -> None:
    network = streets(np.random.default_rng(3), 6, oneway=0)
    seeds = Seeds(np.array([0, 2]), np.array([0, 5]), np.array([40, 7]))
    both = prepare(network).ticks_from(seeds)[0]
    alone = prepare(network).ticks_from([0, 5])
    assert (both == np.minimum(alone[0] + 40, alone[1] + 7)).all()


def test_rail_climbs_too() -> None:
    network = sxgeo.load_network("taixin", by="road+rail")
    places = [(112.5489, 37.8706), (112.7346, 38.4163), (113.2, 38.7)]
    assert sxgeo.travel_times(prepare(network), places, places).equals(
        sxgeo.travel_times(network, places, places)
    )


def test_a_step_of_years_is_refused() -> None:
    network = network_from_arrays(
        [[0, 0], [10_000_000, 0]], [[0, 1]], length_m=[4e9], speed_kmh=[1], id="far",
        time_error_share=0.1, offroad_kmh=4, offroad_cap_m=100,
    )  # fmt: skip
    with pytest.raises(InputError, match="too long for a hierarchy"):
        prepare(network)


def test_a_hierarchy_is_returned_as_it_is_and_stays_small() -> None:
    network = sxgeo.load_network("taixin")
    prepared = prepare(network)
    assert prepare(prepared) is prepared
    own = sum(
        getattr(network, n).nbytes
        for n in ("lon", "lat", "tail", "head", "length_m", "ticks", "xy", "start")
    )
    assert prepared.nbytes <= 3 * own


def test_snapping_many_at_once_is_snapping_each() -> None:
    network = streets(np.random.default_rng(5), 9)
    draw = np.random.default_rng(6)
    lon, lat = 112.49 + 0.05 * draw.random(60), 37.99 + 0.05 * draw.random(60)
    lon[:2], lat[:2] = (120.0, network.lon[3]), (38.0, network.lat[3])
    for number, found in enumerate(snap_each(network, lon, lat)):
        if isinstance(found, str):
            assert "km away" in found
            continue
        alone = snap(network, network.boxes, lon[number], lat[number])
        assert (found.edges.tolist(), found.back.tolist()) == (
            alone.edges.tolist(),
            alone.back.tolist(),
        )
        assert found.distance_m == alone.distance_m and found.walk_ticks == alone.walk_ticks
        assert found.foot == pytest.approx(alone.foot, abs=1e-9)
