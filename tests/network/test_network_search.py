"""The compiled search, scipy's and networkx's: the same ticks."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

import sxgeo
from sxgeo.analysis.network.search import (
    Seeds,
    Steps,
    nearest_of,
    reached_from,
    space_order,
    ticks_from,
)
from sxgeo.analysis.network.snap import search_graph
from sxgeo.errors import UsageError

numba = pytest.importorskip("numba")


def make(size: int, arcs: list[tuple[int, int, int]]) -> Steps:
    """Steps keep the fastest of parallel arcs and no loops, as `Network.arcs` does."""
    best: dict[tuple[int, int], int] = {}
    for a, b, cost in arcs:
        if a != b:
            best[a, b] = min(cost, best.get((a, b), cost))
    keys = sorted(best)
    indptr = np.searchsorted([a for a, _ in keys], np.arange(size + 1))
    data = np.array([best[key] for key in keys], dtype=np.float64)
    return Steps(
        csr_matrix(
            (data, np.array([b for _, b in keys], dtype=np.int32), indptr), shape=(size, size)
        )
    )


def as_networkx(steps: Steps) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(steps.matrix.shape[0]))
    rows = np.repeat(np.arange(steps.matrix.shape[0]), np.diff(steps.matrix.indptr))
    graph.add_weighted_edges_from(
        zip(rows.tolist(), steps.matrix.indices.tolist(), steps.matrix.data.tolist(), strict=True)
    )
    return graph


graphs = st.integers(2, 30).flatmap(
    lambda n: st.builds(
        make,
        st.just(n),
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(1, 300)),
            max_size=120,
        ),
    )
)


def test_three_nodes_by_hand():
    steps = make(3, [(0, 1, 5), (1, 2, 7), (0, 2, 20)])
    for engine in ("numba", "scipy"):
        assert ticks_from(steps, [0, 2], engine=engine).tolist() == [
            [0, 5, 12],
            [np.inf, np.inf, 0],
        ]
        assert ticks_from(steps, [0], limit_ticks=11, engine=engine).tolist() == [[0, 5, np.inf]]
        ticks, which = nearest_of(steps, [2, 0], engine=engine)
        assert (ticks.tolist(), which.tolist()) == ([0, 5, 0], [1, 1, 0])


@settings(max_examples=80, deadline=None)
@given(steps=graphs, limit=st.one_of(st.just(np.inf), st.integers(0, 900)))
def test_times_equal_networkx_and_scipy(steps, limit):
    size = steps.matrix.shape[0]
    compiled = ticks_from(steps, range(size), limit_ticks=limit, engine="numba")
    assert np.array_equal(
        compiled, ticks_from(steps, range(size), limit_ticks=limit, engine="scipy")
    )
    graph = as_networkx(steps)
    cutoff = None if np.isinf(limit) else limit
    for source in range(size):
        expected = nx.single_source_dijkstra_path_length(graph, source, cutoff=cutoff)
        assert {
            i: compiled[source, i] for i in np.flatnonzero(np.isfinite(compiled[source]))
        } == expected


@settings(max_examples=80, deadline=None)
@given(steps=graphs, some=st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_the_nearest_facility_is_the_least_of_all_and_the_lowest_of_equals(steps, some):
    places = [value % steps.matrix.shape[0] for value in some]
    every = ticks_from(steps, places, engine="scipy")
    for engine in ("numba", "scipy"):
        ticks, which = nearest_of(steps, places, engine=engine)
        assert np.array_equal(ticks, every.min(axis=0))
        assert np.array_equal(which, np.where(np.isfinite(ticks), every.argmin(axis=0), -1))


@settings(max_examples=20, deadline=None)
@given(steps=graphs)
def test_threads_change_nothing(steps):
    sources = list(range(steps.matrix.shape[0])) * 3
    one = reached_from(steps, sources, limit_ticks=500, engine="numba", threads=1)
    two = reached_from(steps, sources, limit_ticks=500, engine="numba", threads=2)
    assert all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for name in ("start", "nodes", "ticks")
    )


def test_steps_of_no_time_are_taken():
    steps = Steps(
        csr_matrix((np.array([1.0, 1.0]), np.array([1, 2]), np.array([0, 1, 2, 2])), shape=(3, 3))
    )
    steps.matrix.data[:] = [0.0, 0.0]
    assert ticks_from(steps, [0], engine="numba").tolist() == [[0, 0, 0]]
    assert nearest_of(steps, [2, 0], engine="numba")[1].tolist() == [1, 1, 0]


def test_the_bundled_network_gives_the_same_times_by_both_engines():
    network = sxgeo.load_network("taixin")
    steps = Steps(search_graph(network, []))
    sources = np.arange(0, network.size, 97)
    assert np.array_equal(
        ticks_from(steps, sources, engine="numba"), ticks_from(steps, sources, engine="scipy")
    )


def test_every_node_knows_its_nearest_facility_and_the_walk_to_it_counts():
    network = sxgeo.load_network("taixin")
    places = [(112.5489, 37.8706), (112.7346, 38.4163), (109.0, 39.5)]
    found = sxgeo.nearest(network, places)
    assert len(found) == network.size and found.attrs["unanswered"][0][0] == "109,39.5"
    some = found.iloc[::200]
    nodes = list(zip(some["lon"], some["lat"], strict=True))
    table = sxgeo.travel_times(network, nodes, places[:2])
    least = table.groupby("origin_id")["minutes"].min()
    names = [
        f"{np.format_float_positional(a, trim='-')},{np.format_float_positional(b, trim='-')}"
        for a, b in nodes
    ]
    assert some["minutes"].to_numpy() == pytest.approx(least[names].to_numpy(), abs=0.01)
    assert set(found["facility_id"].dropna()) == {"112.5489,37.8706", "112.7346,38.4163"}


def test_an_unknown_engine_is_refused_and_a_missing_one_says_how_to_get_it(monkeypatch):
    steps = make(2, [(0, 1, 1)])
    with pytest.raises(UsageError, match=r"unknown engine 'magic'. Known: auto, numba, scipy"):
        ticks_from(steps, [0], engine="magic")
    monkeypatch.setattr("sxgeo.analysis.network.search._has_numba", lambda: False)
    with pytest.raises(UsageError, match=r"pip install 'sxgeo\[fast\]'"):
        ticks_from(steps, [0], engine="numba")
    assert ticks_from(steps, [0]).tolist() == [[0, 1]]


@settings(max_examples=60, deadline=None)
@given(
    steps=graphs,
    groups=st.lists(
        st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 5000)), min_size=1, max_size=4),
        min_size=1,
        max_size=5,
    ),
    limit=st.one_of(st.just(np.inf), st.integers(0, 5500)),
    shuffle=st.randoms(use_true_random=False),
)
def test_seeds_begin_with_time_gone_and_the_order_in_memory_changes_nothing(
    steps, groups, limit, shuffle
):
    size = steps.matrix.shape[0]
    seeds = Seeds(
        np.cumsum([0, *map(len, groups)]),
        np.array([node % size for group in groups for node, _ in group]),
        np.array([gone for group in groups for _, gone in group]),
    )
    order = list(range(size))
    shuffle.shuffle(order)
    every = ticks_from(steps, range(size), engine="scipy")
    expected = np.array(
        [np.min([gone + every[node % size] for node, gone in group], axis=0) for group in groups]
    )
    expected[expected > limit] = np.inf
    lowest = np.where(np.isfinite(expected.min(axis=0)), expected.argmin(axis=0), -1)
    for engine in ("numba", "scipy"):
        for one in (steps, Steps(steps.matrix, np.array(order))):
            assert np.array_equal(
                ticks_from(one, seeds, limit_ticks=limit, engine=engine), expected
            )
            ticks, which = nearest_of(one, seeds, limit_ticks=limit, engine=engine)
            assert np.array_equal(ticks, expected.min(axis=0)) and np.array_equal(which, lowest)


def test_a_queue_that_is_full_is_doubled_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr("sxgeo.analysis.network.search.FIRST_QUEUE", 4)
    network = sxgeo.load_network("taixin")
    steps = Steps(search_graph(network, []))
    sources = [0, 500, 900]
    for _ in range(2):
        assert np.array_equal(
            ticks_from(steps, sources, engine="numba"), ticks_from(steps, sources, engine="scipy")
        )
    assert 1000 < len(steps.room(0)[3]) < 100_000


def test_places_near_each_other_stand_near_in_the_order_of_space():
    lon, lat = (part.ravel() for part in np.meshgrid(np.arange(8.0), np.arange(8.0)))
    order = space_order(lon, lat)
    assert sorted(order) == list(range(64)) and space_order(lon[:0], lat[:0]).tolist() == []
    quarter = {(lon[node] < 4, lat[node] < 4) for node in order[:16]}
    assert quarter == {(True, True)}  # a quarter of the square comes first, whole


def test_a_step_longer_than_the_ring_goes_to_scipy_and_sources_may_be_none():
    steps = make(3, [(0, 1, 2**25), (1, 2, 5)])
    assert ticks_from(steps, [0], engine="numba").tolist() == [[0, 2**25, 2**25 + 5]]
    for engine in ("numba", "scipy"):
        assert ticks_from(steps, [], engine=engine).shape == (0, 3)
        assert nearest_of(steps, [], engine=engine)[1].tolist() == [-1, -1, -1]
