"""Print seconds to locate a million points in zones, and geopandas.sjoin on the same points."""

from __future__ import annotations

import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely

import sxgeo

POINTS = 1_000_000
ZONES = (
    "taixin",
    "central_cluster",
    "yellow_river_triangle",
    "guanzhong",
    "yellow_river_provinces",
)


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print; the two ways must agree on every point that is inside one member only."""
    random = np.random.default_rng(20261121)
    print(
        f"{'zone':24} {'load':>7} {'locate':>8} {'sjoin':>8}  ratio   ({POINTS:,} points; locate"
        " also tells near_edge)"
    )
    for zone_id in ZONES:
        begin = time.perf_counter()
        zone = sxgeo.load_zone(zone_id)
        loaded = time.perf_counter() - begin
        west, south, east, north = zone.outline.bounds
        lon, lat = random.uniform(west, east, POINTS), random.uniform(south, north, POINTS)
        found = zone.locate(lon=lon, lat=lat)
        ours = seconds(lambda z=zone, x=lon, y=lat: z.locate(lon=x, lat=y))
        points = gpd.GeoDataFrame(geometry=shapely.points(lon, lat), crs="EPSG:4490")
        members = zone.members[["code", "geometry"]]
        begin = time.perf_counter()
        joined = gpd.sjoin(points, members, how="left", predicate="intersects")
        theirs = time.perf_counter() - begin
        codes = joined["code"][~joined.index.duplicated()]
        if not (codes.fillna("") == found["county_code"].fillna("")).all():
            raise SystemExit(f"locate disagrees with sjoin in {zone_id}")
        print(f"{zone_id:24} {loaded:6.2f}s {ours:7.2f}s {theirs:7.2f}s {theirs / ours:6.1f}")
    everywhere = seconds(lambda: sxgeo.locate(lon=lon, lat=lat))
    print(f"{'all zones (sxgeo.locate)':24} {'':7} {everywhere:7.2f}s")


if __name__ == "__main__":
    main()
