"""Screen many plots against all bundled layers; print time, memory, and the ratio to a geopandas
join in the same run.

Usage: python benchmarks/bench_screen.py [SITES]

The plots are 0.1 to 50 ha, at random over the zone. The join is what a script with geopandas would
do: the same plots and located records on one plane, `sjoin(predicate="dwithin")` to the widest
reach of each layer, then the exact intersection of each pair. It knows no rule, no error and no
completeness: it is a floor, not a rival. Areas must agree.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from sxgeo.analysis.conflicts.screener import Screener, screen
from sxgeo.boundaries.units import load_counties
from sxgeo.geometry.projection import GEOGRAPHIC, plane_crs, quantise, to_degrees, to_plane
from sxgeo.layers.layers import Layer, load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.model.sites import Site
from sxgeo.workspace.boundaries import load_zone

AS_OF = "2026-11-21"


def plots(number: int) -> list[Site]:
    """Return rectangles of 0.1 to 50 ha at random places and angles in the zone."""
    rng = np.random.default_rng(7)
    outline = load_zone("taixin").outline
    shapely.prepare(outline)
    west, south, east, north = outline.bounds
    sites: list[Site] = []
    while len(sites) < number:
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        if not outline.contains(shapely.Point(lon, lat)):
            continue
        area_m2, slim = 10 ** rng.uniform(3, np.log10(500_000)), rng.uniform(1, 4)
        half = np.array([np.sqrt(area_m2 * slim), np.sqrt(area_m2 / slim)]) / 2
        turn = rng.uniform(0, np.pi)
        sites.append(Site(f"s{len(sites)}", _rectangle(lon, lat, half, turn), accuracy_m=0.0))
    return sites


def _rectangle(lon: float, lat: float, half: Any, turn: float) -> Any:
    plane = plane_crs(lon)
    ring = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    spun = ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = shapely.get_coordinates(to_plane(shapely.Point(lon, lat), plane))[0]
    return quantise(to_degrees(shapely.Polygon(spun + middle), plane))


def by_library(sites: Iterable[Site], layers: list[Layer]) -> tuple[float, float, int, float]:
    """Return seconds to prepare and to screen, findings, and the sum of overlaps in m2; keep
    nothing else.
    """
    begun = time.perf_counter()
    screener = Screener(layers, load_rules(), counties=load_counties(neighbours=True), as_of=AS_OF)
    ready = time.perf_counter()
    found, overlap = 0, 0.0
    for site in sites:
        for entry in screener.screen(site).screening:
            found += len(entry.findings)
            overlap += sum({f.feature_id: f.overlap_m2 for f in entry.findings}.values())
    return ready - begun, time.perf_counter() - ready, found, overlap


def outcomes_s(sites: list[Site], layers: list[Layer]) -> float:
    """Return seconds to decide every outcome, all answers kept, no findings listed."""
    begun = time.perf_counter()
    screen(sites, layers, load_rules(), counties=load_counties(neighbours=True), as_of=AS_OF)
    return time.perf_counter() - begun


def by_geopandas(sites: list[Site], layers: list[Layer]) -> tuple[float, int, float]:
    """Return seconds, pairs, and the sum of overlaps in m2 of a join per layer and plane."""
    begun = time.perf_counter()
    all_sites = gpd.GeoSeries([s.geometry for s in sites], crs=GEOGRAPHIC)
    planes = np.array([plane_crs(x) for x in shapely.get_x(shapely.centroid(all_sites.to_numpy()))])
    pairs, overlap = 0, 0.0
    for plane in map(str, np.unique(planes)):
        left = gpd.GeoDataFrame(
            geometry=all_sites[planes == plane].to_crs(plane).reset_index(drop=True)
        )
        for layer in layers:
            reach_m, frame = _reach(layer), layer.frame
            right = gpd.GeoDataFrame(
                geometry=frame.geometry[frame.geometry.notna()].to_crs(plane).reset_index(drop=True)
            )
            if right.empty:
                continue
            joined = gpd.sjoin(left, right, predicate="dwithin", distance=reach_m)
            mine = left.geometry.to_numpy()[joined.index]
            theirs = right.geometry.to_numpy()[joined["index_right"]]
            pairs += len(joined)
            overlap += float(shapely.area(shapely.intersection(mine, theirs)).sum())
    return time.perf_counter() - begun, pairs, overlap


def _reach(layer: Layer) -> float:
    """The widest distance at which a record of a layer is more than missed, metres."""
    required = max((r.required_m for r in load_rules(layer.spec.id, as_of=AS_OF)), default=0.0)
    doubts = (
        (r["position_accuracy_m"] or 0.0)
        + (r["datum_error_m"] or 0.0)
        + 2 * (r["extent_m"] or r["screening_extent_m"] or 0)
        for r in layer.records
    )
    return 1.0005 * required + max(doubts, default=0.0)


def memory_mb() -> float:
    """Return the memory in use now, MB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def watched(sites: list[Site], seen: Callable[[float], None]) -> Iterator[Site]:
    """Yield the sites, telling the memory in use every hundredth of them."""
    step = max(1, len(sites) // 100)
    for number, site in enumerate(sites):
        if number % step == 0:
            seen(memory_mb())
        yield site


def main(number: int) -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    sites, layers = plots(number), load_layers()
    by_library(sites[:20], layers)
    by_geopandas(sites[:20], layers)  # both warm
    used: list[float] = []
    decide_s = outcomes_s(sites, layers)
    ready_s, screen_s, found, overlap = by_library(watched(sites, used.append), layers)
    join_s, pairs, joined = by_geopandas(sites, layers)
    records = sum(len(layer.records) for layer in layers)
    print(f"{number} sites x {len(layers)} layers, {records} records")
    print(f"prepare          {ready_s:9.3f} s")
    print(
        f"outcomes         {decide_s:9.3f} s   {1000 * decide_s / number:.3f} ms a site, all"
        " answers kept"
    )
    print(
        f"with findings    {screen_s:9.3f} s   {1000 * screen_s / number:.3f} ms a site, {found}"
        " findings"
    )
    print(f"geopandas join   {join_s:9.3f} s   {pairs} pairs within reach")
    print(
        f"ratio            {decide_s / join_s:9.2f} x geopandas.sjoin + intersection, for the"
        " outcomes"
    )
    print(f"overlap          {overlap:9.1f} m2, geopandas {joined:.1f} m2")
    tenth, last = used[len(used) // 10], used[-1]
    print(
        f"memory           {last:9.1f} MB at the end, {last - tenth:+.1f} MB since the first tenth"
        " of the sites"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
