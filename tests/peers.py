"""Other programs, asked the same: DuckDB spatial, PostGIS and GEOS compiled for the browser how
polygons lie to each other, networkx and SciPy how long ways take.

    python tests/peers.py --pairs 20000 --networks 40 --seed 1

Only those programs are asked that are there: PostGIS in a server of its own, GEOS in Node.js. It is
said where one was not.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import geopandas as gpd
import networkx
import numpy as np
import postgis_server
import shapely

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS / "geometry"), str(TESTS / "network"), str(TESTS.parent)]

from exact import Lie, lie, pairs  # noqa: E402
from oracle_sql import connect  # noqa: E402
from scipy.sparse import csr_array  # noqa: E402
from scipy.sparse.csgraph import dijkstra  # noqa: E402
from small_roads import lattice  # noqa: E402

from sxgeo.analysis.accessibility.travel_times import travel_times  # noqa: E402
from sxgeo.analysis.network.arrays import TICKS_PER_MIN  # noqa: E402

_ASKED = "ST_Intersects(a, b), ST_Touches(a, b), ST_Contains(a, b)"
_AT_ONCE = 2000


def _hex(shapes: Sequence[shapely.Polygon]) -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for a, b in zip(shapes[::2], shapes[1::2], strict=True):
        texts.append((shapely.to_wkb(a, hex=True), shapely.to_wkb(b, hex=True)))
    return texts


def by_duckdb(rows: list[tuple[str, str]]) -> list[Lie]:
    connection = connect()
    told = []
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        values = ",".join(f"({i}, '{a}', '{b}')" for i, (a, b) in enumerate(part))
        told += connection.execute(
            f"SELECT {_ASKED} FROM (SELECT i, ST_GeomFromHEXWKB(x) a, ST_GeomFromHEXWKB(y) b"
            f" FROM (VALUES {values}) t(i, x, y)) ORDER BY i"
        ).fetchall()
    return [Lie(*row) for row in told]


def by_postgis(psql: Sequence[str], rows: list[tuple[str, str]]) -> list[Lie]:
    """Ask a server that :func:`postgis_server.running` reaches."""
    copied = "".join(f"{i}\t{a}\t{b}\n" for i, (a, b) in enumerate(rows))
    script = (
        "CREATE EXTENSION IF NOT EXISTS postgis;\n"
        "CREATE TEMP TABLE asked (i int, a geometry, b geometry);\n"
        f"COPY asked FROM STDIN;\n{copied}\\.\n"
        f"SELECT {_ASKED} FROM asked ORDER BY i;\n"
    )
    done = subprocess.run([*psql], input=script, capture_output=True, text=True, check=True)
    return [Lie(*(word == "t" for word in line.split("|"))) for line in done.stdout.splitlines()]


def by_geos_wasm(rows: list[tuple[str, str]]) -> list[Lie]:
    """Ask the build of GEOS that the page carries, in Node.js."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.txt"
        path.write_text("".join(f"{a} {b}\n" for a, b in rows), encoding="utf-8")
        done = subprocess.run(
            ["node", str(TESTS / "js" / "geos_pairs.mjs"), str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
    return [Lie(*(word == "1" for word in line.split())) for line in done.stdout.splitlines()]


def geometry_faults(
    count: int, seed: int, ask: Callable[[list[tuple[str, str]]], list[Lie]]
) -> int:
    """Count the pairs of which a database says another thing than whole numbers."""
    found = list(pairs(seed, count))
    shapes = [shapely.Polygon(r[0], r[1:]) for both in found for r in both]
    told = ask(_hex(shapes))
    return sum(t != lie(a, b) for t, (a, b) in zip(told, found, strict=True))


def network_faults(count: int, seed: int) -> tuple[int, int, int]:
    """Ask for the ways between all nodes of random lattices: pairs, faults against networkx, faults
    against SciPy. Times are whole ticks, so they must be equal.
    """
    rng, asked, by_networkx, by_scipy = Random(seed), 0, 0, 0
    for _ in range(count):
        network, nodes = lattice(
            [rng.randint(5, 120) for _ in range(24)], [rng.random() < 0.5 for _ in range(24)]
        )
        tail, head, ticks = network.arcs()
        size = int(max(tail.max(), head.max())) + 1
        graph = networkx.DiGraph()
        graph.add_weighted_edges_from(
            zip(tail.tolist(), head.tolist(), ticks.tolist(), strict=True)
        )
        theirs = dijkstra(
            csr_array((ticks, (tail.astype(np.int32), head.astype(np.int32))), shape=(size, size))
        )
        names = [f"n{i:02d}" for i in range(len(nodes))]
        places = gpd.GeoDataFrame(
            {"site_id": names}, geometry=[shapely.Point(place) for place in nodes], crs="EPSG:4490"
        )
        own = travel_times(network, places, places)
        table = own.pivot(index="origin_id", columns="destination_id", values="minutes")
        at = {
            name: int(np.argmin(np.hypot(network.lon - lon, network.lat - lat)))
            for name, (lon, lat) in zip(names, nodes, strict=True)
        }
        for origin in table.index:
            reached = networkx.single_source_dijkstra_path_length(graph, at[origin])
            for destination in table.columns:
                minutes = table.loc[origin, destination]
                mine = np.inf if np.isnan(minutes) else round(minutes * TICKS_PER_MIN)
                asked += 1
                by_networkx += mine != reached.get(at[destination], np.inf)
                by_scipy += mine != theirs[at[origin], at[destination]]
    return asked, by_networkx, by_scipy


def _databases(
    servers: contextlib.ExitStack,
) -> Iterator[tuple[str, Callable[[list[tuple[str, str]]], list[Lie]] | None]]:
    """Yield who can be asked how polygons lie, and how; None for who is not there."""
    yield "DuckDB spatial", by_duckdb
    yield "GEOS-WASM", by_geos_wasm if shutil.which("node") else None
    programs = postgis_server.binaries()
    if programs is None:
        yield "PostGIS", None
    else:
        yield (
            "PostGIS",
            partial(by_postgis, servers.enter_context(postgis_server.running(programs))),
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    pairs_asked, wrong = 0, 0
    with contextlib.ExitStack() as servers:
        for name, ask in _databases(servers):
            if ask is None:
                print(f"{name}: not asked, it is not there")
                continue
            other = geometry_faults(args.pairs, args.seed, ask)
            print(f"{name}: {args.pairs} pairs, {other} other than whole numbers", flush=True)
            pairs_asked += args.pairs
            wrong += other
    asked, by_networkx, by_scipy = network_faults(args.networks, args.seed)
    print(f"networkx: {asked} ways, {by_networkx} other; SciPy: {asked} ways, {by_scipy} other")
    faults = wrong + by_networkx + by_scipy
    print(f"{pairs_asked} pairs and {2 * asked} ways, {faults} wrong, seed {args.seed}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
