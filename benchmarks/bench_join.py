"""Overlaps of very many sites with very many protected polygons, beside what else joins them, in
one run.

Usage: python benchmarks/bench_join.py [SITES] [FEATURES] [ENGINE,...]

Made-up features (98 corners on average, a fifth of them with a hole, 0.2 to 2 km wide) and sites
(0.1 to 500 ha, a twentieth lines and a twentieth points) round 400 towns; seed and density are the
same for every size. Each engine reads two GeoParquet files and writes a Parquet file of (site,
feature, m2). The rows must be equal, the areas within 1e-6 or 1e-4 m2. No law is asked: it is the
cost of the join alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

SEED = 20_261_129
PLANE = 4547
TOWNS = 400
CORNER = np.array([300_000.0, 4_000_000.0])
_METRES_A_SITE = 950.0


def places(rng: Any, number: int, side_m: float) -> Any:
    """Draw places round towns, and every fifth anywhere."""
    towns = rng.uniform(0, side_m, (TOWNS, 2))
    near = towns[rng.integers(0, TOWNS, number)] + rng.normal(0, side_m / 60, (number, 2))
    anywhere = rng.uniform(0, side_m, (number, 2))
    return np.where(rng.uniform(size=(number, 1)) < 0.8, near, anywhere) + CORNER


def features(number: int, side_m: float) -> Any:
    """Draw protected polygons."""
    rng = np.random.default_rng(SEED)
    middle, size = places(rng, number, side_m), 10 ** rng.uniform(2, 3, number)
    found = np.empty(number, dtype=object)
    for corners in (40, 98, 156):
        rows = np.flatnonzero(rng.integers(0, 3, number) == (corners - 40) // 58)
        rows = rows[found[rows] == None]  # noqa: E711
        found[rows] = _stars(rng, middle[rows], size[rows], corners)
    rest = np.flatnonzero(found == None)  # noqa: E711
    found[rest] = _stars(rng, middle[rest], size[rest], 98)
    holed = np.flatnonzero(rng.uniform(size=number) < 0.2)
    holes = shapely.buffer(shapely.points(middle[holed]), size[holed] / 4)
    found[holed] = shapely.difference(found[holed], holes)
    return found


def _stars(rng: Any, middle: Any, size: Any, corners: int) -> Any:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = size[:, None] * rng.uniform(0.6, 1.0, (len(size), corners))
    ring = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=2) + middle[:, None]
    return shapely.polygons(ring)


def sites(number: int, side_m: float) -> Any:
    """Draw plots, some lines and points."""
    rng = np.random.default_rng(SEED + 1)
    middle = places(rng, number, side_m)
    half = (
        np.sqrt(10 ** rng.uniform(3, 6.7, number))[:, None] / 2 * rng.uniform(0.7, 1.3, (number, 2))
    )
    turn = rng.uniform(0, np.pi, number)
    spin = np.stack([np.cos(turn), np.sin(turn), -np.sin(turn), np.cos(turn)], axis=1).reshape(
        -1, 2, 2
    )
    ring = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])[None] * half[:, None]
    corners = np.einsum("nij,njk->nik", ring, spin) + middle[:, None]
    found = shapely.polygons(corners)
    kind = rng.uniform(size=number)
    lines, points = kind < 0.05, (kind >= 0.05) & (kind < 0.1)
    found[lines] = shapely.linestrings(corners[lines][:, :2])
    found[points] = shapely.points(middle[points])
    return found


def by_sxgeo(folder: Path) -> None:
    """Read the features, then the sites piece by piece, straight to arrays; join, write."""
    from sxgeo.geometry.join import ReadyRagged, join
    from sxgeo.geometry.ragged import RaggedShapes

    theirs = RaggedShapes.joined([RaggedShapes.of_arrow(c) for c in _wkb(folder, "features")])
    ready, done, parts = ReadyRagged.of(theirs), 0, []
    for column in _wkb(folder, "sites"):
        pairs = join(RaggedShapes.of_arrow(column), ready)
        parts.append((pairs.site + done, pairs.resource, pairs.area_m2))
        done += len(column)
    _write(folder, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _wkb(folder: Path, name: str) -> Iterator[Any]:
    """Yield the shapes of a file, piece by piece."""
    for batch in pq.ParquetFile(folder / f"{name}.parquet").iter_batches(
        65_536, columns=["geometry"]
    ):
        yield batch.column("geometry")


def by_shapes(folder: Path) -> None:
    """The same by GEOS objects, the oracle: sums over edges beside its tree and `intersects`."""
    from sxgeo.geometry.overlap_pairs import ReadyShapes, overlap_pairs

    def shapes(column: Any) -> Any:
        return shapely.from_wkb(column.to_numpy(zero_copy_only=False))

    theirs = np.concatenate([shapes(column) for column in _wkb(folder, "features")])
    ready, done, parts = ReadyShapes.of(theirs), 0, []
    for column in _wkb(folder, "sites"):
        pairs = overlap_pairs(shapes(column), theirs, ready)
        parts.append((pairs.site + done, pairs.resource, pairs.area_m2))
        done += len(column)
    _write(folder, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def by_sjoin(folder: Path) -> None:
    """Read, sjoin, intersection, write."""
    left, right = (gpd.read_parquet(folder / f"{name}.parquet") for name in ("sites", "features"))
    joined = gpd.sjoin(left, right, predicate="intersects")
    mine, theirs = joined.index.to_numpy(), joined["index_right"].to_numpy()
    both = shapely.intersection(left.geometry.to_numpy()[mine], right.geometry.to_numpy()[theirs])
    _write(folder, mine, theirs, shapely.area(both))


def by_overlay(folder: Path) -> None:
    """Read, overlay of the polygons, write; lines and points are another call each, left out."""
    left, right = (gpd.read_parquet(folder / f"{name}.parquet") for name in ("sites", "features"))
    left["site"], right["feature"] = np.arange(len(left)), np.arange(len(right))
    polygons = left[left.geom_type == "Polygon"]
    both = gpd.overlay(polygons, right, how="intersection", keep_geom_type=True)
    _write(folder, both["site"].to_numpy(), both["feature"].to_numpy(), both.area.to_numpy())


def by_duckdb(folder: Path) -> None:
    """Read, join and write in one statement."""
    import duckdb
    import duckdb_extension_spatial

    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    found = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    base.execute(f"LOAD '{next(found).as_posix()}'")
    base.execute(f"""
        COPY (
          SELECT s.row AS site, f.row AS feature, ST_Area(ST_Intersection(s.geometry, f.geometry)) AS m2
          FROM read_parquet('{(folder / "sites.parquet").as_posix()}') s
          JOIN read_parquet('{(folder / "features.parquet").as_posix()}') f
            ON ST_Intersects(s.geometry, f.geometry)
        ) TO '{(folder / "found.parquet").as_posix()}' (FORMAT parquet)
        """)


ENGINES: dict[str, Callable[[Path], None]] = {
    "sxgeo": by_sxgeo,
    "shapes": by_shapes,
    "sjoin": by_sjoin,
    "overlay": by_overlay,
    "duckdb": by_duckdb,
}


def _write(folder: Path, site: Any, feature: Any, area: Any) -> None:
    table = pa.table({"site": site, "feature": feature, "m2": area})
    pq.write_table(table, folder / "found.parquet")


def run(name: str, folder: Path) -> pd.DataFrame:
    """Run one engine in a process of its own; print its time and memory."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--engine", name, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name:<10} left out: {done.stderr.strip().splitlines()[-1:]}")
        return pd.DataFrame({"site": [], "feature": [], "m2": []})
    wall = time.perf_counter() - begun
    found = pd.read_parquet(folder / "found.parquet").sort_values(
        ["site", "feature"], ignore_index=True
    )
    cpu, memory = map(float, done.stdout.split()[-2:])
    print(
        f"{name:<10}{len(found):>9} pairs {wall:8.1f} s wall {cpu:8.1f} s cpu {memory:7.0f} MB"
        f" {cpu / max(len(found), 1) * 190_000:8.1f} s cpu for 190,000 pairs",
        flush=True,
    )
    return found


def main(number: int, held: int, engines: list[str]) -> None:
    """Draw, run all engines, compare."""
    side_m = _METRES_A_SITE * np.sqrt(1_000_000) * np.sqrt(held / 100_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, shapes in (
            ("sites", sites(number, side_m)),
            ("features", features(held, side_m)),
        ):
            frame = gpd.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=shapes, crs=PLANE)
            frame.to_parquet(folder / f"{what}.parquet")
        print(f"{number} sites x {held} features, seed {SEED}")
        truth = None
        for engine in engines:
            found = run(engine, folder)
            if truth is None:
                truth = found
            elif engine != "overlay" and len(found):
                same = found[["site", "feature"]].equals(
                    truth[["site", "feature"]].astype(found["site"].dtype)
                )
                gap = (found["m2"] - truth["m2"]).abs() if same else None
                close = same and (gap <= np.maximum(1e-4, 1e-6 * found["m2"])).all()
                print(f"{'':<10}rows equal: {same}, areas within 1e-6 or 1e-4 m2: {close}")


def one(name: str, folder: Path) -> None:
    """Run one engine here; print its processor time and memory."""
    import resource

    ENGINES[name](folder)
    told = resource.getrusage(resource.RUSAGE_SELF)
    print(told.ru_utime + told.ru_stime, told.ru_maxrss / 1e3)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        sizes = [int(n) for n in sys.argv[1:3]] or [100_000, 10_000]
        main(*sizes, sys.argv[3].split(",") if len(sys.argv) > 3 else list(ENGINES))
