"""Print the speed of reading: a GeoPackage of parcels against geopandas, and the survey TXT in
points a second (Linux).

Usage: python benchmarks/bench_intake.py [PARCELS] [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

GEOPANDAS = """
import sys, time, resource
import geopandas as gpd
usage = resource.getrusage(resource.RUSAGE_SELF)
before, start = usage.ru_utime + usage.ru_stime, time.perf_counter()
frame = gpd.read_file(sys.argv[1])
frame.geometry = frame.geometry.make_valid()
usage = resource.getrusage(resource.RUSAGE_SELF)
seconds, worked = time.perf_counter() - start, usage.ru_utime + usage.ru_stime - before
# the peak of this program alone: ru_maxrss remembers that of the process which started it
peak = next((int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")), usage.ru_maxrss)
print(seconds, peak / 1024, worked)
"""
SXGEO = """
import sys, time, resource
from sxgeo.sites.read import read_sites
usage = resource.getrusage(resource.RUSAGE_SELF)
before, start = usage.ru_utime + usage.ru_stime, time.perf_counter()
sites = read_sites(sys.argv[1])
usage = resource.getrusage(resource.RUSAGE_SELF)
seconds, worked = time.perf_counter() - start, usage.ru_utime + usage.ru_stime - before
# the peak of this program alone: ru_maxrss remembers that of the process which started it
peak = next((int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")), usage.ru_maxrss)
print(seconds, peak / 1024, worked)
"""


def parcels(path: Path, count: int) -> None:
    """Write parcels of nine points with a few attributes, as a GeoPackage."""
    import geopandas as gpd
    import numpy as np
    import shapely

    side = int(np.ceil(np.sqrt(count)))
    number = np.arange(count)
    x, y = 112.2 + (number % side) * 1e-3, 37.6 + (number // side) * 1e-3
    x, y = 112.2 + (x - 112.2) % 1.0, 37.6 + (y - 37.6) % 1.0
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    rings = np.stack(
        [x[:, None] + 3e-4 * np.cos(angle), y[:, None] + 3e-4 * np.sin(angle)], axis=-1
    )
    shapes = shapely.polygons(rings)
    frame = gpd.GeoDataFrame(
        {"id": [f"P{i}" for i in number], "name": "地块", "use": "工业用地", "area": 1.0},
        geometry=shapes,
        crs="EPSG:4490",
    )
    frame.to_file(path)


def survey(path: Path, points: int) -> None:
    """Write a survey TXT of plots of a hundred points."""
    import math

    head = "[属性描述]\n格式版本号=1.01\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.01\n[地块坐标]\n"
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        for plot in range(points // 100):
            north, east = 4_207_000 + plot % 1000 * 20, 38_420_000 + plot // 1000 * 20
            file.write(f"100,,DK{plot},地块,面,,,,@\n")
            for k in range(100):
                angle = 2 * math.pi * (k % 99) / 99
                x, y = north + 9 * math.cos(angle), east + 9 * math.sin(angle)
                file.write(f"J{k + 1},1,{x:.4f},{y:.4f}\n")


def measure(code: str, path: Path) -> tuple[float, float, float]:
    """Return seconds, peak MB and seconds of processor time of a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    seconds, peak, worked = map(float, done.stdout.split())
    return seconds, peak, worked


def main(count: int, runs: int) -> None:
    """Measure in turns and print medians."""
    with tempfile.TemporaryDirectory() as folder:
        package, text = Path(folder) / "parcels.gpkg", Path(folder) / "points.txt"
        parcels(package, count)
        survey(text, 500_000)
        print(f"GeoPackage of {count} parcels, {package.stat().st_size / 1e6:.0f} MB")
        turns = [(measure(GEOPANDAS, package), measure(SXGEO, package)) for _ in range(runs)]
        base, own = ([statistics.median(t[k][i] for t in turns) for i in (0, 1, 2)] for k in (0, 1))
        print(
            f"geopandas.read_file + make_valid  {base[0]:6.2f} s  {base[1]:6.0f} MB  {base[2]:6.2f}"
            " s of processor"
        )
        print(
            f"sxgeo.read_sites                  {own[0]:6.2f} s  {own[1]:6.0f} MB  {own[2]:6.2f} s"
            " of processor"
        )
        print(
            f"ratio                             {own[0] / base[0]:6.2f}    {own[1] / base[1]:6.2f} "
            f"    {own[2] / base[2]:6.2f}"
        )
        read = [measure(SXGEO, text) for _ in range(runs)]
        wall, worked = (statistics.median(r[i] for r in read) for i in (0, 2))
        print(
            f"survey TXT                        {500_000 / wall:,.0f} points a second,"
            f" {500_000 / worked:,.0f} of processor time"
        )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 3,
    )
