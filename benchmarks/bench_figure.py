"""Measure the static figure and the backgrounds: seconds to draw and save, sizes, the error of
shifted tiles.

python benchmarks/bench_figure.py [ZONE]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import sxgeo
from sxgeo.maps.backdrop import _grown
from sxgeo.maps.online import remaining_error_m, shift_grid


def figure(zone: str) -> None:
    """Draw a zone on both papers and save it in every format."""
    for size in ("a4", "a3"):
        started = time.perf_counter()
        drawn = sxgeo.plot_map(zone, size=size)
        print(
            f"{zone} {size}: drawn in {time.perf_counter() - started:.1f} s,"
            f" 1:{drawn.sheet.denominator:,}"
        )
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("png", "pdf", "svg"):
                path, started = Path(folder) / f"map.{suffix}", time.perf_counter()
                drawn.save(path)
                print(
                    f"  {suffix}: {time.perf_counter() - started:.1f} s,"
                    f" {path.stat().st_size / 2**20:.2f} MB"
                )


def shifted_tiles(zone: str) -> None:
    """Tell how far a tile in GCJ-02 still lies off after its shift, by zoom."""
    bounds = _grown(sxgeo.load_zone(zone).outline.bounds)
    started = time.perf_counter()
    grid = shift_grid(bounds)
    print(
        f"offsets: {len(grid['lon'])} points, {grid['step']:.4f} degree apart,"
        f" {time.perf_counter() - started:.2f} s"
    )
    for level in (8, 10, 12, 14, 16, 18):
        print(f"  zoom {level}: at most {remaining_error_m(bounds, grid, level):.1f} m off")


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "taixin"
    figure(chosen)
    shifted_tiles(chosen)
