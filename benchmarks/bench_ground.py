"""Measure ways over open ground, routes and large tables; all inputs are seeded and made here.

python benchmarks/bench_ground.py
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from scipy.ndimage import zoom

import sxgeo

SIDE = 3_600
"""Pixels of the elevation model each way: a square degree of one arc second."""
HERE = (112.5, 38.1)
BOUNDS = (112.0, 37.7, 112.95, 38.45)


def timed(name: str, work: Callable[[], Any], times: int = 3) -> Any:
    """Print the median of some runs, and the memory of the process so far."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<60} {statistics.median(seconds):8.2f} s   {peak_mb:6.0f} MB at most", flush=True)
    return found


def write_dem(path: Path) -> None:
    """Write hills of some hundred metres, compressed, in tiles."""
    rough = np.random.default_rng(1).normal(0, 1, (121, 121))
    height = (1200 + 400 * zoom(rough, 30, order=3)[:SIDE, :SIDE]).astype(np.float32)
    transform = rasterio.transform.Affine(1 / 3600, 0, 112.0, 0, -1 / 3600, 38.5)
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="float32", crs="EPSG:4326",
        transform=transform, nodata=-9999, tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(height[None])


def main() -> None:
    """Print one line per piece of work."""
    with tempfile.TemporaryDirectory() as folder:
        dem = Path(folder) / "dem.tif"
        write_dem(dem)
        fine = timed(
            "surface of 30 m cells",
            lambda: sxgeo.friction_surface(dem, bounds=BOUNDS, cell_m=30),
            1,
        )
        coarse = timed(
            "surface of 60 m cells",
            lambda: sxgeo.friction_surface(dem, bounds=BOUNDS, cell_m=60),
            1,
        )
        print(f"cells: {fine.min_per_m.size:,} and {coarse.min_per_m.size:,}")
        timed(
            "60 min on foot, 30 m cells",
            lambda: sxgeo.overland_isochrones(fine, [HERE], [15, 30, 60]),
        )
        network = sxgeo.load_network("taixin")
        timed(
            "60 min with roads, 60 m cells",
            lambda: sxgeo.overland_isochrones(coarse, [HERE], [15, 30, 60], network=network),
        )
        rng = np.random.default_rng(2)
        near = rng.choice(len(network.lon), 1_000, replace=False)
        places = list(zip(network.lon[near].tolist(), network.lat[near].tolist(), strict=True))
        timed("100 routes", lambda: sxgeo.routes(network, places[:10], places[:10]))
        target = Path(folder) / "times.parquet"
        for minutes in (30, None):
            done = timed(
                f"table of 1,000 x 1,000, {'every pair' if minutes is None else 'within 30 min'}",
                lambda minutes=minutes: sxgeo.write_travel_times(
                    network, places, places, target, max_minutes=minutes
                ),
                1,
            )
            print(f"rows: {done.rows:,}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
