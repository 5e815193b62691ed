"""Print the speed targets of the command line as ratios, all measured in one run.

The package is compiled first, as it is where it was installed; wall time tells what a person waits,
processor time what a loaded machine does not spoil.

Usage: python benchmarks/bench_cli.py [RUNS]
"""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "examples" / "sites" / "on_monument.geojson"


def seconds(command: list[str]) -> tuple[float, float]:
    """Run a command whole and return its wall time and its processor time in seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, spent


def warm_check_ms() -> float:
    """Return the time of one site against the bundled layers in a warm process, findings listed,
    milliseconds.
    """
    from sxgeo.analysis.conflicts.screener import Screener
    from sxgeo.boundaries.units import load_counties
    from sxgeo.layers.classes import ALL_CLASS_IDS
    from sxgeo.layers.layers import load_layers
    from sxgeo.layers.rules import load_rules
    from sxgeo.sites.read import read_sites

    site = read_sites(SITE).sites[0]
    counties = load_counties(neighbours=True)
    screener = Screener(
        load_layers(ALL_CLASS_IDS), load_rules(), counties=counties, as_of="2026-11-21"
    )

    def answer() -> None:
        outcome = screener.screen(site)
        for entry in (*outcome.screening, *outcome.extra):
            _ = entry.findings  # worked out when they are asked for

    answer()
    start = time.perf_counter()
    for _ in range(100):
        answer()
    return (time.perf_counter() - start) * 10


def main(runs: int) -> None:
    """Measure in turns, so that a noisy machine is noisy for all, and print medians."""
    compileall.compile_dir(ROOT / "sxgeo", quiet=1)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{runs} runs, {os.cpu_count()} cores, load average before {load}")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "taixin.html"
        commands = {
            "import geopandas": [sys.executable, "-c", "import geopandas"],
            "sxgeo check, one site": [sys.executable, "-m", "sxgeo", "check", str(SITE)],
            "sxgeo map taixin": [sys.executable, "-m", "sxgeo", "map", "taixin", "-o", str(page)],
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                times[name].append(seconds(command))
        middles = {
            name: [statistics.median(column) for column in zip(*values, strict=True)]
            for name, values in times.items()
        }
        base_wall, base_spent = middles["import geopandas"]
        for name, (wall, spent) in middles.items():
            print(
                f"{name:<24} {wall:6.3f} s   {wall / base_wall:5.2f} x import geopandas;"
                f" processor {spent:6.3f} s   {spent / base_spent:5.2f} x"
            )
        print(f"{'maps/taixin.html':<24} {page.stat().st_size / 1e6:6.3f} MB")
    print(
        f"{'one site, warm':<24} {warm_check_ms():6.2f} ms  with findings, against all bundled"
        " layers, in the library"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
