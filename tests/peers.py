"""Other programs, asked the same: DuckDB spatial how polygons lie to each other, networkx and SciPy
how long ways take.

    python tests/peers.py --pairs 20000 --networks 40 --seed 1

PostGIS is asked too where `SXGEO_POSTGIS` names a database and psycopg is there; it is said where
it was not.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import geopandas as gpd
import networkx
import numpy as np
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


def by_postgis(rows: list[tuple[str, str]]) -> list[Lie]:
    import psycopg  # type: ignore[import-not-found]

    told = []
    with psycopg.connect(os.environ["SXGEO_POSTGIS"]) as connection:
        for a, b in rows:
            asked = f"SELECT {_ASKED} FROM (SELECT %s::geometry a, %s::geometry b) t"
            told.append(Lie(*connection.execute(asked, (a, b)).fetchone()))
    return told


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    wrong = geometry_faults(args.pairs, args.seed, by_duckdb)
    print(f"DuckDB spatial: {args.pairs} pairs, {wrong} other than whole numbers")
    if os.environ.get("SXGEO_POSTGIS") and importlib.util.find_spec("psycopg"):
        few = min(args.pairs, 20_000)
        other = geometry_faults(few, args.seed, by_postgis)
        print(f"PostGIS: {few} pairs, {other} other than whole numbers")
        wrong += other
    else:
        print("PostGIS: not asked, SXGEO_POSTGIS names no database")
    asked, by_networkx, by_scipy = network_faults(args.networks, args.seed)
    print(f"networkx: {asked} ways, {by_networkx} other; SciPy: {asked} ways, {by_scipy} other")
    faults = wrong + by_networkx + by_scipy
    print(f"{args.pairs} pairs and {2 * asked} ways, {faults} wrong, seed {args.seed}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
