"""Print the speed targets of the command line as ratios, all measured in one run.

Usage: python benchmarks/bench_cli.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "examples" / "sites" / "on_monument.geojson"


def seconds(command: list[str]) -> float:
    """Run a command whole and return its wall time in seconds."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - start


def warm_check_ms() -> float:
    """Return the time of one site against the bundled layers in a warm process, milliseconds."""
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
    screener.screen(site)
    start = time.perf_counter()
    for _ in range(100):
        screener.screen(site)
    return (time.perf_counter() - start) * 10


def main(runs: int) -> None:
    """Measure in turns, so that a noisy machine is noisy for all, and print medians."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "taixin.html"
        commands = {
            "import geopandas": [sys.executable, "-c", "import geopandas"],
            "sxgeo check, one site": [sys.executable, "-m", "sxgeo", "check", str(SITE)],
            "sxgeo map taixin": [sys.executable, "-m", "sxgeo", "map", "taixin", "-o", str(page)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                times[name].append(seconds(command))
        base = statistics.median(times["import geopandas"])
        for name, values in times.items():
            middle = statistics.median(values)
            print(f"{name:<24} {middle:6.3f} s   {middle / base:5.2f} x import geopandas")
        print(f"{'maps/taixin.html':<24} {page.stat().st_size / 1e6:6.3f} MB")
    print(
        f"{'one site, warm':<24} {warm_check_ms():6.2f} ms  against all bundled layers, in the"
        " library"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
