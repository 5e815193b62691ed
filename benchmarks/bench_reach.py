"""Print the speed and quality of reach on a seeded synthetic city, or a real extract, with ratios to its peers.

    python benchmarks/bench_reach.py [--extract FILE.osm.pbf --at LON,LAT] [--side 224] [--osmnx] [--large]

Needs numba, osmium and networkx; --osmnx also osmnx. All peers run on the same machine, in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import shapely
from scipy.sparse.csgraph import dijkstra

import sxgeo
from sxgeo.analysis.fast import Steps, nearest_of, reached_from, ticks_from
from sxgeo.analysis.network import TICKS_PER_MIN, Network
from sxgeo.analysis.reach import Snap, edge_boxes, search, search_graph, snap
from sxgeo.analysis.surface import areas
from sxgeo.networks import save_network
from sxgeo.osm_extract import read_extract
from sxgeo.projection import to_plane

CENTRE = (112.55, 37.87)
SPACING_M = 110.0
BANDS = [5, 10, 15, 20, 30]
LIMIT = 15 * TICKS_PER_MIN


def write_city(path: Path, side: int, seed: int = 7) -> None:
    """Write side x side junctions, jittered, with curved streets, one-ways, avenues, closed ways and dead ends."""
    draw = np.random.default_rng(seed)
    step = SPACING_M / np.array([111_320 * np.cos(np.radians(CENTRE[1])), 111_000.0])
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    lonlat = CENTRE + (np.dstack([column, row]).reshape(-1, 2) - side / 2 + draw.normal(0, 0.15, (side**2, 2))) * step
    index = np.arange(side**2).reshape(side, side)
    pairs = np.vstack([np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
                       np.column_stack([index[:-1].ravel(), index[1:].ravel()])])  # fmt: skip
    line_of = np.concatenate([np.repeat(np.arange(side), side - 1), np.repeat(np.arange(side - 1), side) * 0])
    line_of[len(line_of) // 2 :] = np.tile(np.arange(side), side - 1)
    kept = (draw.random(len(pairs)) > 0.12) | (line_of % 8 == 0)
    pairs, line_of = pairs[kept], line_of[kept]
    bends = 3
    share = (np.arange(bends) + 1) / (bends + 1)
    a, b = lonlat[pairs[:, 0]], lonlat[pairs[:, 1]]
    across = (b - a)[:, ::-1] * (-1, 1) * draw.normal(0, 0.08, (len(pairs), 1))
    inner = a[:, None] + (b - a)[:, None] * share[:, None] + across[:, None] * np.sin(np.pi * share)[:, None]
    luck = draw.random(len(pairs))
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        place = osmium.osm.mutable.Node
        for n, (lon, lat) in enumerate(np.vstack([lonlat, inner.reshape(-1, 2)]).tolist()):
            writer.add_node(place(id=n + 1, location=(round(lon, 7), round(lat, 7)), version=1))
        for n, (start, end) in enumerate(pairs.tolist()):
            kind = "primary" if line_of[n] % 32 == 0 else "secondary" if line_of[n] % 8 == 0 else "residential"
            tags = {"highway": kind, "name": f"street {line_of[n]}"}
            if kind == "residential" and luck[n] < 0.25:
                tags["oneway"] = "yes" if luck[n] < 0.2 else "-1"
            elif kind == "residential" and luck[n] < 0.28:
                tags["access"] = "private"
            elif luck[n] > 0.9:
                tags["maxspeed"] = "30"
            first = side**2 + n * bends + 1
            nodes = [start + 1, *range(first, first + bends), end + 1]
            writer.add_way(osmium.osm.mutable.Way(id=n + 1, nodes=nodes, tags=tags, version=1))


def median_s(work: Callable[[], object], repeats: int = 9) -> float:
    """Return the median seconds of a call, after one that is not counted."""
    work()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def once_s(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


READ = """
import resource, sys, time
{imports}
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
begin = time.perf_counter()
{work}
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, base)
"""
OURS = READ.format(imports="from sxgeo.osm_extract import read_extract", work="read_extract(sys.argv[1])")
THEIRS = READ.format(
    imports="import osmnx as ox",
    work="g = ox.graph_from_xml(sys.argv[1], simplify=False, retain_all=True)\n"
    "g = ox.project_graph(ox.add_edge_travel_times(ox.add_edge_speeds(ox.simplify_graph(g), fallback=30)))",
)


def apart(code: str, path: Path) -> tuple[float, float]:
    """Run in a process of its own; return seconds without the imports, and the peak in MB."""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    seconds, peak, _ = (float(value) for value in done.stdout.split()[-3:])
    return seconds, peak


def bench_reading(path: Path, with_osmnx: bool) -> None:
    """Print the seconds and memory from a file to a routable network."""
    ours = min(apart(OURS, path) for _ in range(3))
    print(f"read .osm.pbf -> routable     {ours[0]:8.2f} s {ours[1]:6.0f} MB peak (imports included in MB)")
    if with_osmnx:
        plain = path.with_suffix("").with_suffix(".osm")
        with osmium.SimpleWriter(str(plain), overwrite=True) as writer:
            for thing in osmium.FileProcessor(str(path)):
                writer.add(thing)
        theirs = apart(THEIRS, plain)
        print(f"  osmnx                       {theirs[0]:8.2f} s {theirs[1]:6.0f} MB = {theirs[0] / ours[0]:.1f} times the time, "
              f"{theirs[1] / ours[1]:.1f} times the memory")  # fmt: skip


def bench_search(network: Network, origin: Snap) -> None:
    """Print one source, many sources and the nearest facility against scipy and networkx."""
    steps = Steps(search_graph(network, []))
    node = int(network.tail[origin.edges[0]])
    size = network.size
    ours = ticks_from(steps, [node], limit_ticks=LIMIT, engine="numba")[0]
    theirs = dijkstra(steps.matrix, indices=node, limit=LIMIT)
    if not np.array_equal(ours, theirs):
        raise SystemExit("the search disagrees with scipy")
    own = median_s(lambda: reached_from(steps, [node], limit_ticks=LIMIT, engine="numba", threads=1), 31)
    peer = median_s(lambda: dijkstra(steps.matrix, indices=node, limit=LIMIT), 31)
    print(
        f"one source, 15 min ({np.isfinite(ours).sum()} nodes) {own * 1000:8.2f} ms; scipy {peer * 1000:.2f} ms = {peer / own:.1f} times"
    )
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(zip(*(column.tolist() for column in network.arcs()), strict=True))
    slow = once_s(lambda: nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT))
    if nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT) != {
        i: ours[i] for i in np.flatnonzero(np.isfinite(ours)).tolist()
    }:
        raise SystemExit("the search disagrees with networkx")
    print(f"  networkx                    {slow * 1000:8.0f} ms = {slow / own:.0f} times")
    many = np.random.default_rng(1).integers(0, size, 1000)
    fast = min(
        once_s(lambda: reached_from(steps, many, limit_ticks=LIMIT, engine="numba", threads=2)) for _ in range(3)
    )
    single = once_s(lambda: reached_from(steps, many, limit_ticks=LIMIT, engine="numba", threads=1))
    dense = min(once_s(lambda: dijkstra(steps.matrix, indices=many, limit=LIMIT)) for _ in range(2))
    print(
        f"1,000 sources, 15 min         {fast:8.2f} s on two threads, {single:.2f} on one; scipy {dense:.2f} s = {dense / fast:.1f} times"
    )
    places = many[:50]
    own = median_s(lambda: nearest_of(steps, places, engine="numba"), 15)
    sought = {"indices": np.unique(places), "min_only": True, "return_predecessors": True}
    peer = median_s(lambda: dijkstra(steps.matrix, **sought), 15)
    print(f"nearest of 50, every node     {own * 1000:8.2f} ms; scipy {peer * 1000:.2f} ms = {peer / own:.1f} times")


def bench_areas(network: Network, at: tuple[float, float]) -> None:
    """Print the time of five bands as polygons, search included, and what it is made of."""
    boxes = edge_boxes(network)
    origin = snap(network, boxes, *at)
    graph = search_graph(network, [origin])
    ticks = search(graph, [network.size], limit_ticks=BANDS[-1] * TICKS_PER_MIN)[0]
    surface = median_s(lambda: areas(network, ticks, origin, BANDS), 3)
    whole = median_s(lambda: sxgeo.isochrones(network, [at], BANDS), 3)
    print(
        f"five bands as polygons        {whole * 1000:8.0f} ms; of these surface and polygons {surface * 1000:.0f} ms"
    )


def quality(network: Network, at: tuple[float, float], minutes: int) -> tuple[float, float, float]:
    """Judge an area by points it was not built from.

    Returns
    -------
    covered, wrong, empty
        Share of the reachable road length that the area covers, share of the road length it covers that is not
        reachable, share of its area (50 m grid) more than 200 m from any reachable road.
    """
    origin = snap(network, edge_boxes(network), *at)
    area = to_plane(sxgeo.isochrones(network, [at], [minutes]).geometry.iloc[0], origin.crs)
    ticks = search(search_graph(network, [origin]), [network.size])[0]
    every = np.arange(len(network.tail))
    lines = to_plane(network.lines(every), origin.crs)
    draw = np.random.default_rng(minutes)
    share = draw.random((len(every), 3))  # three points of each edge, wherever they fall
    points = shapely.line_interpolate_point(lines[:, None], share, normalized=True)
    along = share * network.ticks[:, None]
    there = ticks[network.tail][:, None] + along
    back = ticks[network.head][:, None] + network.ticks[:, None] - along
    best = np.minimum(there, np.where(network.oneway[:, None], np.inf, back)) + origin.walk_ticks
    reached = best <= minutes * TICKS_PER_MIN
    shapely.prepare(area)
    inside = shapely.contains(area, points)
    weight = np.repeat(network.length_m[:, None] / 3, 3, axis=1)
    covered = weight[reached & inside].sum() / weight[reached].sum()
    wrong = weight[inside & ~reached].sum() / weight[inside].sum()
    west, south, east, north = area.bounds
    x, y = np.meshgrid(np.arange(west, east, 50), np.arange(south, north, 50))
    grid = shapely.points(x.ravel(), y.ravel())
    grid = grid[shapely.contains(area, grid)]
    tree = shapely.STRtree(points[reached])
    far = np.asarray(tree.query_nearest(grid, return_distance=True, all_matches=False)[1]) > 200
    return float(covered), float(wrong), float(far.mean())


def report(path: Path, at: tuple[float, float], with_osmnx: bool) -> Network:
    """Print all figures of one extract."""
    bench_reading(path, with_osmnx)
    network = read_extract(path)
    print(f"network: {len(network.lon)} nodes, {len(network.tail)} edges, {network.length_m.sum() / 1000:.0f} km")
    saved = path.with_suffix(".npz")
    save_network(network, saved)
    print(f"open the saved network        {median_s(lambda: sxgeo.read_network(saved), 5) * 1000:8.1f} ms")
    bench_search(network, snap(network, edge_boxes(network), *at))
    bench_areas(network, at)
    for minutes in (15, 30):
        covered, wrong, empty = quality(network, at, minutes)
        print(f"quality at {minutes} min: {covered:.3f} of reachable length covered, {wrong:.3f} of covered length unreachable, "
              f"{empty:.3f} of the area over 200 m from a reachable road")  # fmt: skip
    return network


def growth(folder: Path, side: int) -> None:
    """Print how time grows with four times the nodes."""
    figures: list[Any] = []
    for factor in (1, 2):
        path = folder / f"city{factor}.osm.pbf"
        write_city(path, side * factor)
        seconds, peak = min(apart(OURS, path) for _ in range(2))
        network = read_extract(path)
        steps = Steps(search_graph(network, []))
        node = int(np.argmin(np.hypot(network.lon - CENTRE[0], network.lat - CENTRE[1])))
        figures.append(
            (seconds, peak, median_s(lambda s=steps, n=node: reached_from(s, [n], engine="numba", threads=1)))
        )
    ratios = [b / a for a, b in zip(*figures, strict=True)]
    print(
        f"four times the nodes: reading {ratios[0]:.2f} times the time, {ratios[1]:.2f} the memory; whole search {ratios[2]:.2f} times"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extract", type=Path)
    parser.add_argument("--at", default="112.55,37.87")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--osmnx", action="store_true")
    parser.add_argument("--large", action="store_true")
    args = parser.parse_args()
    at = tuple(float(part) for part in args.at.split(","))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.osm.pbf"
        if args.extract:
            path.write_bytes(args.extract.read_bytes())
        else:
            print(f"writing {args.side**2} junctions: {once_s(lambda: write_city(path, args.side)):.1f} s")
        report(path, (at[0], at[1]), args.osmnx)
        if args.large:
            growth(Path(folder), args.side // 2)


if __name__ == "__main__":
    main()
