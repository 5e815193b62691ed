"""Print the speed and quality of reach on a seeded synthetic city, or a real extract, with ratios
to its peers.

    python benchmarks/bench_reach.py [--extract FILE.osm.pbf --at LON,LAT] [--side 224] [--osmnx] [--large]
                                     [--part reading|search|all]

Needs numba, osmium and networkx; Valhalla is measured where pyvalhalla-weekly is installed, pandana
where it is, osmnx with --osmnx (minutes). What is compared runs in turn, round by round, on the same machine; given
are medians, and in brackets the least and the greatest of the middle half of the rounds. Where
other work shares the cores only the ratios say something.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from city import CENTRE, largest_part, quality, write_city
from peers import (
    Missing,
    osmnx_bands,
    osmnx_graph,
    pandana_network,
    plain_xml,
    valhalla_bands,
)
from scipy.sparse.csgraph import dijkstra

import sxgeo
from sxgeo.analysis.accessibility.surface import areas
from sxgeo.analysis.network.arrays import TICKS_PER_MIN
from sxgeo.analysis.network.bundled import save_network
from sxgeo.analysis.network.graph import Network
from sxgeo.analysis.network.hierarchy import Hierarchy
from sxgeo.analysis.network.osm_extract import read_extract
from sxgeo.analysis.network.search import nearest_of, reached_from, ticks_from
from sxgeo.analysis.network.snap import Snap, edge_boxes, search_graph, seeds_of, snap

BANDS = [5, 10, 15, 20, 30]
LIMIT = 15 * TICKS_PER_MIN


class Rounds:
    """Seconds of several works that were run in turn, each the best of a few in a row: caches warm
    for all.
    """

    def __init__(
        self, works: Mapping[str, Callable[[], object]], rounds: int, in_a_row: int = 3
    ) -> None:
        self.seconds: dict[str, list[float]] = {name: [] for name in works}
        for number in range(rounds + 1):
            for name, work in works.items():
                best = min(once_s(work) for _ in range(in_a_row if number else 1))
                if number:  # the first round warms up
                    self.seconds[name].append(best)

    def ms(self, name: str) -> str:
        """Return the median in milliseconds."""
        return f"{statistics.median(self.seconds[name]) * 1000:.2f} ms"

    def ratio(self, slow: str, fast: str) -> str:
        """Return how many times longer one takes than the other: median and middle half of the
        rounds.
        """
        ratios = sorted(a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True))
        quarter = len(ratios) // 4
        return (
            f"{statistics.median(ratios):.1f} times [{ratios[quarter]:.1f},"
            f" {ratios[-1 - quarter]:.1f}]"
        )


def once_s(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


APART = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
{imports}
def peak():  # of this program alone: what getrusage tells begins at that of the parent
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
base = peak()
begin, busy = time.perf_counter(), time.process_time()
{work}
print(time.perf_counter() - begin, time.process_time() - busy, peak() - base)
"""
READ = (
    "from sxgeo.analysis.network.osm_extract import read_extract\nimport osmium",
    "kept = read_extract(sys.argv[1])",
)
READ_OSMNX = (
    "import osmnx\nfrom peers import osmnx_graph",
    "kept = osmnx_graph(Path(sys.argv[1]))",
)
SEARCH = (
    (
        "import numpy as np\nimport sxgeo\nfrom sxgeo.analysis.network.search import nearest_of,"
        " reached_from\nfrom sxgeo.analysis.network import kernels\nnetwork ="
        " sxgeo.read_network(sys.argv[1])\nreached_from(network.steps, [0], engine='numba')"
    ),
    (
        "kept = [reached_from(network.steps, [n], engine='numba', threads=1) for n in range(0,"
        " network.size, network.size // 20)]"
    ),
)
BANDS_OF = (
    (
        "import sxgeo\nnetwork = sxgeo.read_network(sys.argv[1])\nat = (112.55,"
        " 37.87)\nsxgeo.isochrones(network, [at], [1])"
    ),
    "kept = sxgeo.isochrones(network, [at], [5, 10, 15, 20, 30])",
)
OPEN = (
    "import sxgeo\nfrom sxgeo.analysis.network import bundled",
    "kept = sxgeo.read_network(sys.argv[1])",
)


def apart(work: tuple[str, str], path: Path) -> tuple[float, float, float]:
    """Run in a process of its own; return seconds, seconds of processor, and MB above the peak
    after the imports.
    """
    code = APART.format(here=str(Path(__file__).parent), imports=work[0], work=work[1])
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    seconds, busy, mb = (float(value) for value in done.stdout.split()[-3:])
    return seconds, busy, mb


def bench_reading(path: Path, with_osmnx: bool) -> None:
    """Print the seconds and memory from a file to a routable network."""
    if with_osmnx:
        plain_xml(path)
    ours, theirs = [], []
    for number in range(3):
        ours.append(apart(READ, path))
        if with_osmnx and number < 1:
            theirs.append(apart(READ_OSMNX, path))
    seconds, busy, mb = (min(values) for values in zip(*ours, strict=True))
    print(f"read .osm.pbf -> routable     {seconds:8.2f} s ({busy:.2f} s of processor), {mb:.0f} MB above the imports (best of {len(ours)})")  # fmt: skip
    if theirs:
        slow, work, more = min(theirs)
        print(f"  osmnx                       {slow:8.2f} s ({work:.2f} s of processor) = {slow / seconds:.1f} times the time, {work / busy:.1f} of the processor, {more / mb:.1f} times the memory")  # fmt: skip


def bench_saved(network: Network, saved: Path) -> None:
    """Print the time to open a saved network by memory map, and with numpy, which reads all of it."""
    save_network(network, saved)

    def loaded() -> dict[str, Any]:
        with np.load(saved, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}

    rounds = Rounds({"mapped, checked": lambda: sxgeo.read_network(saved), "np.load": loaded}, 15)
    print(f"open the saved network        {rounds.ms('mapped, checked')} ({saved.stat().st_size / 1e6:.1f} MB, all checked); np.load {rounds.ms('np.load')}")  # fmt: skip


def bench_one(network: Network, at: tuple[float, float]) -> None:
    """Print one source, 15 minutes: the search alone and from a place, against scipy and networkx."""
    boxes = edge_boxes(network)
    origin = snap(network, boxes, *at)
    node, steps = int(network.tail[origin.edges[0]]), network.steps
    plain = search_graph(network, [])
    near = plain[steps.order][:, steps.order].tocsr()
    place = int(steps.place[node])
    ours = ticks_from(steps, [node], limit_ticks=LIMIT, engine="numba")[0]
    check(ours, dijkstra(plain, indices=node, limit=LIMIT), "scipy")
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(zip(*(column.tolist() for column in network.arcs()), strict=True))
    slow = nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT)
    check(ours, np.array([slow.get(i, np.inf) for i in range(network.size)]), "networkx")

    def from_place() -> object:
        seeds = seeds_of(network, [snap(network, boxes, *at)])
        return reached_from(steps, seeds, limit_ticks=LIMIT, engine="numba")

    rounds = Rounds(
        {
            "search": lambda: reached_from(
                steps, [node], limit_ticks=LIMIT, engine="numba", threads=1
            ),
            "from a place": from_place,
            "scipy": lambda: dijkstra(plain, indices=node, limit=LIMIT),
            "scipy in our order": lambda: dijkstra(near, indices=place, limit=LIMIT),
        },
        41,
    )
    print(f"one source, 15 min            {rounds.ms('search')} ({np.isfinite(ours).sum()} nodes of {network.size}); snapping included {rounds.ms('from a place')}")  # fmt: skip
    print(f"  scipy                       {rounds.ms('scipy')} = {rounds.ratio('scipy', 'search')}; on nodes in our order {rounds.ratio('scipy in our order', 'search')}")  # fmt: skip
    rounds = Rounds(
        {
            "search": lambda: reached_from(
                steps, [node], limit_ticks=LIMIT, engine="numba", threads=1
            ),
            "networkx": lambda: nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT),
        },
        9,
    )
    print(
        f"  networkx                    {rounds.ms('networkx')} ="
        f" {rounds.ratio('networkx', 'search')}"
    )
    bench_one_busy(
        lambda: reached_from(steps, [node], limit_ticks=LIMIT, engine="numba", threads=1),
        {
            "scipy": (10, lambda: dijkstra(plain, indices=node, limit=LIMIT)),
            "networkx": (
                1,
                lambda: nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT),
            ),
        },
    )


def bench_one_busy(
    search: Callable[[], object], peers: Mapping[str, tuple[int, Callable[[], object]]]
) -> None:
    """Print how many times the processor the peers take for the same search: where other work shares
    the cores the clock says nothing.
    """
    ours, taken = [], {name: list[float]() for name in peers}
    for _ in range(9):
        ours.append(busy_s(search, 100))
        for name, (calls, work) in peers.items():
            taken[name].append(busy_s(work, calls))
    own = statistics.median(ours)
    told = (f"{name} {statistics.median(taken[name]) / own:.0f} times" for name in peers)
    print(f"  by processor time           {own * 1000:.3f} ms; {', '.join(told)}")


def busy_s(work: Callable[[], object], calls: int) -> float:
    """Return the seconds of processor of one of so many calls in a row."""
    begin = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - begin) / calls


def check(ours: Any, theirs: Any, peer: str) -> None:
    """Stop where the numbers differ."""
    if not np.array_equal(ours, theirs):
        raise SystemExit(f"the search disagrees with {peer}")


def bench_many(network: Network) -> None:
    """Print 1,000 sources, and the nearest facility of every node, against scipy."""
    steps, plain = network.steps, network.steps.matrix
    many = np.random.default_rng(1).integers(0, network.size, 1000)

    def ours(threads: int) -> Callable[[], object]:
        return lambda: reached_from(steps, many, limit_ticks=LIMIT, engine="numba", threads=threads)

    def travelled() -> object:
        some = np.unique(many)[::4]
        places = list(zip(network.lon[some], network.lat[some], strict=True))
        return sxgeo.travel_times(network, places[:200], places[-50:])

    works = {
        "two threads": ours(2),
        "one thread": ours(1),
        "scipy": lambda: dijkstra(plain, indices=many, limit=LIMIT),
    }
    rounds = Rounds(works, 5, 2)
    print(
        f"1,000 sources, 15 min         {rounds.ms('two threads')} on two threads,"
        f" {rounds.ms('one thread')} on one"
    )
    print(f"  scipy                       {rounds.ms('scipy')} = {rounds.ratio('scipy', 'two threads')}, on one thread {rounds.ratio('scipy', 'one thread')}")  # fmt: skip
    rounds = Rounds({"table": travelled}, 3, 1)
    print(
        f"travel_times, 200 x 50 places {rounds.ms('table')}, snapping and table included, no limit"
    )
    sought = {"indices": np.unique(many[:50]), "min_only": True, "return_predecessors": True}
    rounds = Rounds(
        {
            "nearest": lambda: nearest_of(steps, many[:50], engine="numba"),
            "scipy": lambda: dijkstra(plain, **sought),
        },
        21,
    )
    print(f"nearest of 50, every node     {rounds.ms('nearest')}; scipy {rounds.ms('scipy')} = {rounds.ratio('scipy', 'nearest')}")  # fmt: skip


PREPARE = (
    (  # the loops are compiled, or come from their cache
        "import geopandas, shapely, sxgeo\nnetwork ="
        " sxgeo.read_network(sys.argv[1])\nnetwork.steps\none ="
        " geopandas.GeoDataFrame({'speed_kmh': [9]}, geometry=[shapely.LineString([(112, 38),"
        " (112.1, 38)])], crs=4490)\nsxgeo.prepare(sxgeo.read_network(one))"
    ),
    "kept = sxgeo.prepare(network)",
)


def bench_hierarchy(network: Network, saved: Path) -> None:
    """Print what a hierarchy costs and gives: whole trees, and a table with its snapping; all
    compared first.
    """
    hierarchy = sxgeo.prepare(network)
    steps, draw = network.steps, np.random.default_rng(3)
    check(
        hierarchy.ticks_from(np.arange(0, network.size, network.size // 5)),
        ticks_from(steps, np.arange(0, network.size, network.size // 5)),
        "the hierarchy",
    )
    seconds, busy, mb = min(apart(PREPARE, saved) for _ in range(3))
    matrix = steps.matrix
    held = sum(part.nbytes for part in (matrix.data, matrix.indices, matrix.indptr, network.xy))
    held += sum(getattr(network, name).nbytes for name in ("lon", "lat", "tail", "head", "ticks"))
    print(f"hierarchy                     {seconds:8.2f} s ({busy:.2f} s of processor), {mb:.0f} MB at most above the network, {hierarchy.nbytes / 1e6:.0f} MB kept; network and steps {held / 1e6:.0f} MB")  # fmt: skip

    # a thousand trees, a hundred at a time: they would not fit into memory at once
    nodes = draw.integers(0, network.size, 1000)
    parts = np.array_split(nodes, 10)

    def swept() -> object:
        return [trees_of(hierarchy, part) for part in parts]

    swept()
    ours = min(processor_s(swept) for _ in range(3))
    some = nodes[:100]
    bucket = 10 * min(
        processor_s(lambda: [reached_from(steps, [n], engine="numba", threads=1) for n in some])
        for _ in range(3)
    )
    print(f"1,000 whole trees             {ours:8.2f} s of processor; the bucket queue {bucket:.2f} s = {bucket / ours:.1f} times")  # fmt: skip

    pick = draw.choice(len(network.lon), 250, replace=False)
    places = list(zip(network.lon[pick] + 1e-4, network.lat[pick] + 1e-4, strict=True))
    sides = places[:200], places[200:]
    if not sxgeo.travel_times(network, *sides).equals(sxgeo.travel_times(hierarchy, *sides)):
        raise SystemExit("the table of the hierarchy differs")
    works = {
        "prepared": lambda: sxgeo.travel_times(hierarchy, *sides),
        "searched": lambda: sxgeo.travel_times(network, *sides),
    }
    rounds = Rounds(works, 7)
    busy = 1000 * min(processor_s(works["prepared"]) for _ in range(5))
    print(f"table 200 x 50, with snapping {rounds.ms('prepared')} ({busy:.0f} ms of processor); without a hierarchy {rounds.ms('searched')} = {rounds.ratio('searched', 'prepared')}")  # fmt: skip


def bench_pandana(network: Network) -> None:
    """Print what pandana's hierarchy of the same arcs costs, and its times of 200 x 50 nodes; on the
    part where every node reaches every other, as it warns of each pair without a way.
    """
    network = largest_part(network)
    tail, head, ticks = network.arcs()
    arcs = tail, head, ticks, network.lon, network.lat
    try:
        theirs = pandana_network(*arcs)
    except Missing as reason:
        print(f"  pandana is not measured: {reason}")
        return
    hierarchy = sxgeo.prepare(network)
    draw = np.random.default_rng(3)
    pick = draw.choice(network.size, 250, replace=False)
    starts, ends = pick[:200], pick[200:]
    pairs = np.repeat(starts, 50), np.tile(ends, 200)
    mine = hierarchy.ticks_from(starts)[:, ends].ravel()
    told = np.array(theirs.shortest_path_lengths(*pairs, imp_name="ticks"))
    if np.abs(told - mine).max() > 0.5:
        raise SystemExit("pandana disagrees")
    built = Rounds(
        {"ours": lambda: sxgeo.prepare(network), "pandana": lambda: pandana_network(*arcs)}, 3, 1
    )
    print(f"  pandana's hierarchy         {built.ms('pandana')} = {built.ratio('pandana', 'ours')}")
    lon, lat = network.lon, network.lat
    sides = [list(zip(lon[side], lat[side], strict=True)) for side in (starts, ends)]

    def table() -> object:
        near = [theirs.get_node_ids(lon[side], lat[side]).to_numpy() for side in (starts, ends)]
        return theirs.shortest_path_lengths(
            np.repeat(near[0], 50), np.tile(near[1], 200), imp_name="ticks"
        )

    rounds = Rounds({"ours": lambda: sxgeo.travel_times(hierarchy, *sides), "pandana": table}, 7)
    print(f"200 x 50 nodes, with snapping {rounds.ms('ours')}; pandana {rounds.ms('pandana')} = {rounds.ratio('pandana', 'ours')}")  # fmt: skip


def trees_of(hierarchy: Hierarchy, nodes: Any) -> Any:
    """Return the ticks of whole trees as the sweep leaves them, by place: what an own program goes
    on with.
    """
    return hierarchy.swept(nodes)


def processor_s(work: Callable[[], object]) -> float:
    """Return the seconds of processor of one call."""
    return busy_s(work, 1)


def bench_areas(path: Path, network: Network, at: tuple[float, float], with_osmnx: bool) -> None:
    """Print the time of five bands as polygons, search included, what it is made of, and the peers."""
    fresh = read_extract(path)
    first = once_s(lambda: sxgeo.isochrones(fresh, [at], BANDS))
    origin: Snap = snap(network, edge_boxes(network), *at)
    ticks = ticks_from(
        network.steps, seeds_of(network, [origin]), limit_ticks=BANDS[-1] * TICKS_PER_MIN
    )[0]
    works: dict[str, Callable[[], object]] = {
        "whole": lambda: sxgeo.isochrones(network, [at], BANDS),
        "surface": lambda: areas(network, ticks, origin, BANDS),
    }
    try:
        works["valhalla"] = valhalla_bands(path, at, BANDS)
    except Missing as reason:
        print(f"  Valhalla is not measured: {reason}")
    rounds = Rounds(works, 15)
    print(f"five bands as polygons        {rounds.ms('whole')}; of these surface and polygons {rounds.ms('surface')}; the first call on a network {first * 1000:.0f} ms")  # fmt: skip
    if "valhalla" in works:
        print(
            f"  Valhalla                    {rounds.ms('valhalla')} ="
            f" {rounds.ratio('valhalla', 'whole')} (its own speeds)"
        )
    if with_osmnx:
        rounds = Rounds(
            {"whole": works["whole"], "osmnx": osmnx_bands(osmnx_graph(path), at, BANDS)}, 1, 1
        )
        print(
            f"  recipe of osmnx             {rounds.ms('osmnx')} = {rounds.ratio('osmnx', 'whole')}"
        )


def report(path: Path, at: tuple[float, float], with_osmnx: bool, part: str = "all") -> None:
    """Print all figures of one extract, or those of reading, or of one search."""
    if part in ("all", "reading"):
        bench_reading(path, with_osmnx)
    if part == "reading":
        return
    network = read_extract(path)
    print(
        f"network: {len(network.lon)} nodes, {len(network.tail)} edges,"
        f" {network.length_m.sum() / 1000:.0f} km"
    )
    if part == "search":
        bench_one(network, at)
        return
    bench_saved(network, path.with_suffix(".npz"))
    bench_one(network, at)
    bench_many(network)
    bench_hierarchy(network, path.with_suffix(".npz"))
    bench_pandana(network)
    bench_areas(path, network, at, with_osmnx)
    for minutes in (15, 30):
        covered, wrong, empty = quality(network, at, minutes)
        print(f"quality at {minutes} min: {covered:.3f} of reachable length covered, {wrong:.3f} of covered length unreachable, "
              f"{empty:.3f} of the area over 200 m from a reachable road")  # fmt: skip


def growth(folder: Path, side: int) -> None:
    """Print how time and memory grow with four times the nodes; times are of the processor, best of
    three.
    """
    paths = []
    for factor in (1, 2):
        path = folder / f"city{factor}.osm.pbf"
        write_city(path, side * factor)
        save_network(read_extract(path), path.with_suffix(".npz"))
        paths.append(path)
    for name, work, suffix in (("reading", READ, ".pbf"), ("20 whole searches", SEARCH, ".npz"), ("five bands", BANDS_OF, ".npz"), ("opening", OPEN, ".npz")):  # fmt: skip
        runs = [[apart(work, path.with_suffix(suffix)) for path in paths] for _ in range(3)]
        small, large = (
            [min(column) for column in zip(*some, strict=True)] for some in zip(*runs, strict=True)
        )
        print(f"four times the nodes ({side**2} to {4 * side**2}): {name} {large[1] / small[1]:.2f} times the time "
              f"({small[1]:.2f} s), {large[2] / max(small[2], 0.1):.2f} times the memory ({small[2]:.1f} MB)")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--extract", type=Path)
    parser.add_argument("--at", default=f"{CENTRE[0]},{CENTRE[1]}")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--osmnx", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--part", choices=("all", "reading", "search"), default="all")
    args = parser.parse_args()
    at = tuple(float(part) for part in args.at.split(","))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.osm.pbf"
        if args.extract:
            path.write_bytes(args.extract.read_bytes())
        else:
            print(
                f"writing {args.side**2} junctions:"
                f" {once_s(lambda: write_city(path, args.side)):.1f} s"
            )
        report(path, (at[0], at[1]), args.osmnx, args.part)
        if args.large:
            growth(Path(folder), args.side)


if __name__ == "__main__":
    main()
