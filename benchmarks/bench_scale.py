"""Screen many plots at once: time, memory and hashes of every executor; findings in arrays; office
files; a join as floor.

Usage: python benchmarks/bench_scale.py [SITES] [EXECUTOR,...]
       python benchmarks/bench_scale.py table [SECTION,...]
       python benchmarks/bench_scale.py growth SITES,SITES,...

The plots are those of bench_screen.py, against all bundled layers. Wall time and the processor time
of this process are printed; where other work shares the machine, trust the latter, and ratios of
one run. Executors that are not installed are left out.

`table` prints what docs/scale.md holds, meant for idle cores, each section in a process of its own;
one that ends leaves the others be:

- `kernel`: areas of partial overlaps beside GEOS;
- `law`: 10,000 sites with their law, outcomes and findings; one site warm;
- `counties`, `join`, `small`: 100,000 sites with all counties, 1,000,000 with 100,000 features,
  10,000 with 1,000 and 100,000 with 10,000, beside every other engine that is installed;
- `growth`: 1,000, 10,000 and 100,000 sites to Parquet, their time and memory;
- `processes`: what a second process gains, and the memory of a worker;
- `files`: 20,000 plots to a workbook and a GeoPackage, the whole command.

`growth` prints that section for other numbers.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bench_join
import geopandas as gpd
import numpy as np
import shapely
from bench_screen import AS_OF, by_geopandas, plots

import sxgeo
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.analysis.screening.chunk import chunk_of, screen_chunk
from sxgeo.analysis.screening.order import MOST_SITES, candidates
from sxgeo.analysis.screening.pack import Pack
from sxgeo.boundaries.units import load_counties
from sxgeo.errors import UsageError
from sxgeo.geometry.overlap_areas import Edges
from sxgeo.geometry.ragged import RaggedShapes
from sxgeo.layers.layers import load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.model.sites import Site, Sites

SEED = 7
"""Of the plots, in bench_screen.py."""


@contextmanager
def timed(text: str, note: str = "") -> Iterator[None]:
    """Print how long a block takes."""
    wall, own = time.perf_counter(), time.process_time()
    yield
    print(
        f"{text:<44}{time.perf_counter() - wall:9.2f} s wall {time.process_time() - own:9.2f} s cpu"
        f"  {note}",
        flush=True,
    )


def peak_mb() -> float:
    """Return the largest memory of this process, or of a child that ended, MB (Linux)."""
    return (
        max(
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        / 1e3
    )


def arrays(sites: list[Site], screener: Screener, pack: Pack) -> None:
    """Outcomes alone, outcomes and findings in arrays, one site warm."""
    number = len(sites)
    pairs = int(candidates(sites, load_layers(), load_rules()).sum())
    print(f"{number} sites, {pairs} candidates, seed {SEED}")
    with timed("outcomes alone"):
        for _ in screener.stream(sites):
            pass
    with timed("outcomes and findings, as objects"):
        count = sum(
            len(e.findings) for outcome in screener.stream(sites) for e in outcome.screening
        )
    chunks = [
        chunk_of(sites[k : k + MOST_SITES], range(k, min(number, k + MOST_SITES)))
        for k in range(0, number, MOST_SITES)
    ]
    begun = time.process_time()
    with timed("outcomes and findings, Arrow to Arrow", f"{count} findings"):
        for chunk in chunks:
            screen_chunk(chunk, pack.screener())
    print(
        f"{'':<44}{(time.process_time() - begun) / pairs * 1e6:9.2f} s cpu for a million candidates"
    )
    warm(screener, sites[:100])


def warm(screener: Screener, sites: list[Site]) -> None:
    """Say what one site takes where all is ready: its outcomes, and with its findings."""
    decided, told = [], []
    for site in sites:
        begun = time.process_time()
        outcome = screener.screen(site)
        decided.append(1000 * (time.process_time() - begun))
        for entry in outcome.screening:
            _ = entry.findings
        told.append(1000 * (time.process_time() - begun))
    print(
        f"{'one site warm: outcomes, with findings':<44}{np.median(decided):9.2f} ms cpu"
        f" {np.median(told):9.2f} ms cpu"
    )


def kernel(number: int) -> None:
    """Areas of partial overlaps of polygons of 98 corners beside the overlay of GEOS: the loops of
    the join, which also decide whether two meet, and the sums over edges alone.
    """
    from sxgeo.geometry.join_kernels import common  # numba is optional: the rest goes without

    rng = np.random.default_rng(SEED)
    angle = np.linspace(0, 2 * np.pi, 98, endpoint=False)

    def some() -> Any:
        reach = rng.uniform(300, 500, (number, 98))
        middle = rng.uniform(-250, 250, (number, 2)) + np.array([500_000.0, 4_200_000.0])
        ring = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=2) + middle[:, None]
        return shapely.polygons(ring)

    sites, resources, rows = some(), some(), np.arange(number)
    laid, held = RaggedShapes.of(sites).laid, RaggedShapes.of(resources).laid
    own, theirs = Edges.of(sites), Edges.of(resources)
    ways: dict[str, Callable[[], Any]] = {
        "loops of the join": lambda: common(laid, held, rows, rows)[1],
        "sums over edges": lambda: own.of_pairs(theirs, rows, rows),
        "GEOS overlay": lambda: shapely.area(shapely.intersection(sites, resources)),
    }
    spent, areas = {}, {}
    for name, way in ways.items():
        way()  # compiled
        begun = time.process_time()
        areas[name] = way()
        spent[name] = (time.process_time() - begun) / number * 1e6
    for name, took in spent.items():
        gap = np.abs(areas[name] - areas["GEOS overlay"]).max()
        print(
            f"{f'area of a pair, {name}':<44}{took:9.1f} us {spent['GEOS overlay'] / took:9.1f} x"
            f"  worst difference {gap:.1e} m2"
        )


def executors(sites: Sites, names: list[str]) -> None:
    """Run to Parquet on each executor; the rows must be the same."""
    hashes = set()
    for name in names:
        for workers in (1, 2) if name == "processes" else (2,):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    with timed(
                        f"to Parquet, {name}" + (f", {workers} workers" if name != "serial" else "")
                    ):
                        written = sxgeo.screen(
                            sites, Path(folder) / "o.parquet", executor=name, workers=workers
                        )
                except UsageError as error:
                    print(f"{name}: left out, {error}")
                    continue
                hashes.add((written.sites.read_bytes(), written.findings.read_bytes()))
    print(f"{'different answers among them':<44}{len(hashes) - 1:9d}")
    print(f"{'peak memory of a process':<44}{peak_mb():9.0f} MB")


def second_process(number: int) -> None:
    """Say what a second process gains over one, start and writing counted too, and the memory of a
    worker.
    """
    sites, seconds = _many(number), dict[str, float]()
    peaks = [0.0]

    def look(done: int, of: int) -> None:
        """Look at the memory of the workers while they are there."""
        children = (child.pid for child in multiprocessing.active_children())
        peaks.extend(vm_peak_mb(pid) for pid in children if pid is not None)

    for name, executor, workers in (
        ("one process", "serial", 1),
        ("one worker", "processes", 1),
        ("two workers", "processes", 2),
    ):
        before = _spent_with_children()
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            out = Path(folder) / "o.parquet"
            sxgeo.screen(sites, out, executor=executor, workers=workers, progress=look)
            seconds[name] = time.perf_counter() - begun
        print(
            f"{f'{number} sites, {name}':<44}{seconds[name]:9.2f} s wall"
            f" {_spent_with_children() - before:9.2f} s cpu of all processes"
            f" {seconds['one process'] / seconds[name]:6.2f} x",
            flush=True,
        )
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    print(
        f"{'peak memory of a worker, of this process':<44}{children:9.0f} MB {vm_peak_mb():9.0f} MB"
    )


def _spent_with_children() -> float:
    """Return the processor time of this process and of those of its children that ended, s."""
    told = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in told)


def _many(number: int) -> Sites:
    """Return so many plots: a hundred thousand places are drawn, more stand on them again."""
    drawn = plots(min(number, 100_000))
    return Sites(tuple(replace(drawn[k % len(drawn)], site_id=f"s{k}") for k in range(number)))


def growth(numbers: list[int]) -> None:
    """Screen ever more sites at the same density of records, each number in a process of its own:
    time, cost and memory.
    """
    for number in numbers:
        command = [sys.executable, __file__, "--grown", str(number)]
        subprocess.run(command, check=True)


def grown(number: int) -> None:
    """Screen so many sites to Parquet in this process, and in one worker beside it."""
    warnings.simplefilter("ignore")
    sites = _many(number)
    pairs = int(candidates(sites, load_layers(), load_rules()).sum())
    with tempfile.TemporaryDirectory() as folder:
        own = time.process_time()
        begun = time.perf_counter()
        sxgeo.screen(sites, Path(folder) / "o.parquet", executor="serial")
        wall, own = time.perf_counter() - begun, time.process_time() - own
    print(
        f"{f'{number} sites to Parquet, with their law':<44}{wall:9.2f} s wall {own:9.2f} s cpu"
        f" {1e3 * own / number:6.2f} ms a site, {pairs} candidates,"
        f" {own / pairs * 1e6:.1f} s cpu for a million, {vm_peak_mb():.0f} MB",
        flush=True,
    )


def vm_peak_mb(pid: int | str = "self") -> float:
    """Return the largest memory of a process, MB (Linux); 0 of one that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM 0")
    return int(line.split()[1]) / 1e3


def law(number: int) -> None:
    """Measure sites with their law in this process, and one alone."""
    sites, layers = plots(number), load_layers()
    counties = load_counties(neighbours=True)
    screener = Screener(layers, load_rules(), counties=counties, as_of=AS_OF)
    pack = Pack.of(layers, load_rules(), counties=counties, as_of=AS_OF)
    screener.screen_all(sites[:50])
    screen_chunk(chunk_of(sites[:50], range(50)), pack.screener())  # both warm
    arrays(sites, screener, pack)


def office(number: int) -> None:
    """Write the files of a batch by the command, from a GeoPackage, and say what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapes = [site.geometry for site in plots(number)]
        gpd.GeoDataFrame(geometry=shapes, crs=4490).to_file(folder / "plots.gpkg")
        for suffix in ("xlsx", "gpkg", "csv"):
            command = [sys.executable, "-m", "sxgeo", "check", str(folder / "plots.gpkg")]
            begun, before = time.perf_counter(), _spent_with_children()
            done = subprocess.run(
                [*command, "--batch", "-o", str(folder / f"o.{suffix}")],
                capture_output=True,
                text=True,
                check=False,
            )
            wall, own = time.perf_counter() - begun, _spent_with_children() - before
            made = (folder / f"o.{suffix}").exists()
            print(
                f"{f'{number} plots, batch to {suffix}':<44}{wall:9.2f} s wall {own:9.2f} s cpu"
                f"  {'' if made else done.stderr.strip()[-200:]}",
                flush=True,
            )


def small_joins() -> None:
    """Join fewer sites with fewer features at the same density."""
    for number, held in ((10_000, 1_000), (100_000, 10_000)):
        bench_join.main(number, held, ["sxgeo", "sjoin"])


SECTIONS: dict[str, Callable[[], None]] = {
    "kernel": lambda: kernel(5_000),
    "law": lambda: law(10_000),
    "counties": lambda: bench_join.main_counties(100_000, list(bench_join.PEERS)),
    "join": lambda: bench_join.main(1_000_000, 100_000, list(bench_join.PEERS)),
    "small": small_joins,
    "growth": lambda: growth([1_000, 10_000, 100_000]),
    "processes": lambda: second_process(100_000),
    "files": lambda: office(20_000),
}
"""What `table` prints, each in a process of its own."""


def table(names: list[str]) -> None:
    """Print all that docs/scale.md holds."""
    for name in names:
        load = os.getloadavg()[0]
        print(f"# {name}, {time.strftime('%Y-%m-%d %H:%M')}, load {load:.1f}", flush=True)
        done = subprocess.run([sys.executable, __file__, "--section", name], check=False)
        if done.returncode:
            print(f"{name}: ended with code {done.returncode}, the others go on", flush=True)


def files(sites: Sites) -> None:
    """Write the office files of a report."""
    with timed("report"):
        report = sxgeo.check_sites(sites, as_of=AS_OF)
    with tempfile.TemporaryDirectory() as folder:
        with timed("report to GPKG"):
            report.to_gpkg(Path(folder) / "o.gpkg")
        with timed("report to XLSX"):
            report.to_xlsx(Path(folder) / "o.xlsx")


def main(number: int, names: list[str]) -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    sites, layers = plots(number), load_layers()
    counties = load_counties(neighbours=True)
    screener = Screener(layers, load_rules(), counties=counties, as_of=AS_OF)
    pack = Pack.of(layers, load_rules(), counties=counties, as_of=AS_OF)
    print(f"pack {len(pack.content) / 1e6:.2f} MB, sha256 {pack.sha256[:16]}")
    kernel(5_000)
    screener.screen_all(sites[:50])
    screen_chunk(chunk_of(sites[:50], range(50)), pack.screener())  # both warm
    arrays(sites, screener, pack)
    with timed("geopandas sjoin + intersection, no law"):
        by_geopandas(sites, layers)
    executors(Sites(tuple(sites)), names)
    files(Sites(tuple(sites)))


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["table"]:
        table(words[1].split(",") if len(words) > 1 else list(SECTIONS))
    elif words[:1] == ["--section"]:
        warnings.simplefilter("ignore")
        SECTIONS[words[1]]()
    elif words[:1] == ["growth"]:
        growth([int(n) for n in words[1].split(",")])
    elif words[:1] == ["--grown"]:
        grown(int(words[1]))
    else:
        main(
            int(words[0]) if words else 10_000,
            words[1].split(",") if len(words) > 1 else ["serial", "processes", "dask", "spark"],
        )
