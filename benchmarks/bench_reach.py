"""Print seconds for one origin and three bands on the bundled network, and the search against networkx."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import networkx as nx
import numpy as np

import sxgeo
from sxgeo.analysis.network import TICKS_PER_MIN
from sxgeo.analysis.reach import edge_boxes, search, search_graph, snap
from sxgeo.analysis.surface import areas

ORIGIN = (112.5489, 37.8706)
MINUTES = [15, 30, 60]
REPEATS = 15


def median_s(work: Callable[[], object]) -> float:
    """Return the median seconds of a call, after one call that is not counted."""
    work()
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def main() -> None:
    """Measure and print."""
    begin = time.perf_counter()
    network = sxgeo.load_network("taixin")
    loaded = time.perf_counter()
    sxgeo.isochrones(network, [ORIGIN], MINUTES)
    first = time.perf_counter()
    print(f"load, imports included        {loaded - begin:8.4f} s")
    print(f"first call, imports included  {first - loaded:8.4f} s")

    origin = snap(network, edge_boxes(network), *ORIGIN)
    graph = search_graph(network, [origin])
    size, limit = len(network.lon), MINUTES[-1] * TICKS_PER_MIN
    ticks = search(graph, [size], limit_ticks=limit)[0]
    peer = nx.DiGraph()
    peer.add_weighted_edges_from((int(a), int(b), float(t)) for a, b, t in zip(*network.arcs(), strict=True))
    node = int(network.tail[origin.edges[0]])
    ours = search(graph, [node], limit_ticks=limit)[0]
    theirs = nx.single_source_dijkstra_path_length(peer, node, cutoff=limit)
    if {i: ours[i] for i in np.flatnonzero(np.isfinite(ours[:size])).tolist()} != theirs:
        raise SystemExit("the search disagrees with networkx")

    search_s = median_s(lambda: search(graph, [node], limit_ticks=limit))
    peer_s = median_s(lambda: nx.single_source_dijkstra_path_length(peer, node, cutoff=limit))
    print(f"search, 60 min                {search_s:8.4f} s")
    print(f"surface and three polygons    {median_s(lambda: areas(network, ticks, origin, MINUTES)):8.4f} s")
    print(f"isochrones, whole call        {median_s(lambda: sxgeo.isochrones(network, [ORIGIN], MINUTES)):8.4f} s")
    print(f"networkx search, 60 min       {peer_s:8.4f} s = {peer_s / search_s:.0f} times ours")


if __name__ == "__main__":
    main()
