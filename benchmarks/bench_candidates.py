"""Measure the search for candidates: a whole zone, 30 constraints, very many protected polygons;
and a script of geopandas beside it.

Usage: python benchmarks/bench_candidates.py [--polygons 100000] [--tenfold] [--share 0.1]
           [--part search] [--peers PYTHON]

Every run is a process of its own, so that its peak of memory is its own. The protected polygons are
random; 16 constraints are classes of resources with the bundled rules, 14 are distances to further
layers. `geopandas` buffers, dissolves and subtracts the same shapes by the same distances, and
neither screens nor describes what is left. `atlite` burns them into a raster of 10 m, GLAES would,
too: both are asked with the Python of `--peers`, an environment in which they are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

ZONE = "taixin"
AWAY = 14
AWAY_EACH = 200
CELL_M = 10.0
SHARE = "SXGEO_BENCH_SHARE"
AS_OF = "2026-11-21"
CLASSES = ("protected_areas", "heritage_sites", "water_sources", "wetlands")


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since(start: tuple[float, float]) -> dict[str, float]:
    """Return what the question took: seconds by the clock, and of processors."""
    clock, cpu = (round(b - a, 1) for a, b in zip(start, now(), strict=True))
    return {"seconds": clock, "question_cpu_s": cpu}


def polygons(count: int, seed: int) -> Any:
    """Return random small polygons in the box of the zone, on its plane."""
    from sxgeo.geometry.straight import laid_on_plane

    rng = np.random.default_rng(seed)
    west, south, east, north = laid_on_plane(outline(), plane()).bounds
    middle = rng.uniform((west, south), (east, north), (count, 2))
    angle = np.sort(rng.uniform(0, 2 * np.pi, (count, 12)), axis=1)
    radius = rng.uniform(20, 90, (count, 1))
    x = middle[:, :1] + radius * np.cos(angle)
    y = middle[:, 1:] + radius * np.sin(angle)
    rings = np.stack([x, y], axis=2)
    return shapely.convex_hull(shapely.multipoints(shapely.points(rings).reshape(count, 12)))


@cache
def outline(share: float | None = None) -> Any:
    """Return the outline of the zone, or the part of it round its middle that is such a share."""
    from sxgeo import load_zone

    whole = load_zone(ZONE).outline
    share = float(os.environ.get(SHARE, "1")) if share is None else share
    if share >= 1:
        return whole
    west, south, east, north = whole.bounds
    middle, least, most = whole.representative_point(), 0.0, 1.0
    for _ in range(40):
        size = (least + most) / 2
        x, y = size * (east - west), size * (north - south)
        box = shapely.box(middle.x - x, middle.y - y, middle.x + x, middle.y + y)
        small = whole.intersection(box).area < share * whole.area
        least, most = (size, most) if small else (least, size)
    return whole.intersection(box)


def plane() -> str:
    from sxgeo.geometry.projection import plane_crs

    return plane_crs(float(outline().centroid.x))


def layers(count: int) -> list[Any]:
    """Return the bundled classes, with random polygons in four of them."""
    from sxgeo.geometry.projection import quantise, to_degrees
    from sxgeo.layers.classes import CLASS_IDS, EXTRA_CLASS_IDS, RESOURCE_COLUMNS
    from sxgeo.layers.layers import Layer, load_classes, load_layers
    from sxgeo.model.outcomes import Origin

    held = {layer.spec.id: layer for layer in load_layers((*CLASS_IDS, *EXTRA_CLASS_IDS))}
    each = count // len(CLASSES)
    blank = dict.fromkeys(RESOURCE_COLUMNS)
    for number, class_id in enumerate(CLASSES):
        shapes = quantise(to_degrees(polygons(each, number), plane()))
        records = tuple(
            blank
            | {
                "feature_id": f"{class_id}-{i:07d}",
                "resource_class": class_id,
                "name_zh": "示例",
                "membership": "official_list",
                "role": "listed",
                "geometry_kind": "surveyed",
                "position_accuracy_m": 1.0,
                "datum_error_m": 0.0,
                "source": "benchmark",
            }
            for i in range(each)
        )
        held[class_id] = Layer(
            load_classes()[class_id], records, shapes, origin=Origin(files=("x",))
        )
    return list(held.values())


def search(count: int) -> dict[str, Any]:
    """Time the whole search: constraints made, land left in three grades, candidates screened and
    described.
    """
    from sxgeo.analysis.candidates.find import answer
    from sxgeo.analysis.candidates.ranking import checked_order
    from sxgeo.analysis.candidates.request import Wish
    from sxgeo.analysis.candidates.wishes import Area
    from sxgeo.analysis.candidates.world import build_world
    from sxgeo.analysis.conflicts.screener import Screener
    from sxgeo.boundaries.units import load_counties
    from sxgeo.layers.rules import load_rules
    from sxgeo.model.project import Project

    held = layers(count)
    away = [(frame, 50.0 + 10 * k) for k, frame in enumerate(further())]
    start = now()
    screener = Screener(
        held,
        load_rules(),
        counties=load_counties(neighbours=True),
        as_of=AS_OF,
        project=Project(type="industrial"),
    )
    world = build_world(
        Area(outline(), ZONE, ZONE),
        screener,
        {layer.spec.id: layer for layer in held},
        Wish(ZONE, clear_of=CLASSES, away=away, site_accuracy_m=2.0, min_area_ha=5.0),
        as_of=AS_OF,
    )
    found = answer(world, checked_order(("grade", "-area_ha")))
    return {
        **since(start),
        "constraints": len(world.constraints),
        "candidates": len(found.frame),
        "known_km2": round(float(found.maps["area_ha"][:2].sum()) / 100, 3),
    }


def further() -> list[gpd.GeoDataFrame]:
    """Return the layers that land keeps away from."""
    from sxgeo.geometry.projection import GEOGRAPHIC, to_degrees

    return [
        gpd.GeoDataFrame(
            {"position_accuracy_m": [1.0] * AWAY_EACH},
            geometry=to_degrees(polygons(AWAY_EACH, 100 + k), plane()),
            crs=GEOGRAPHIC,
        )
        for k in range(AWAY)
    ]


def engine(count: int) -> dict[str, Any]:
    """Time the land alone, by the same shapes and distances as the script of geopandas."""
    from sxgeo.analysis.candidates.grown import KeepOut
    from sxgeo.analysis.candidates.land import free_land

    shapes, distance, area = same_question(count)
    start = now()
    left = free_land(area, [KeepOut("protected", shapes, distance)])
    return {
        **since(start),
        "known_km2": round(shapely.area(left).sum() / 1e6, 3),
    }


def script(count: int) -> dict[str, Any]:
    """Time the usual script: buffer, dissolve, subtract, take apart."""
    shapes, distance, area = same_question(count)
    start = now()
    frame = gpd.GeoDataFrame(geometry=shapes, crs=plane())
    kept = gpd.GeoDataFrame(geometry=frame.buffer(distance), crs=plane()).dissolve()
    zone = gpd.GeoDataFrame(geometry=[area], crs=plane())
    left = gpd.overlay(zone, kept, how="difference").explode(ignore_index=True)
    return {
        **since(start),
        "known_km2": round(float(left.area.sum()) / 1e6, 3),
    }


def raster(count: int) -> dict[str, Any]:
    """Time atlite: the same shapes and distances burnt into cells; a cell is free or it is not."""
    from atlite.gis import ExclusionContainer, shape_availability

    shapes, distance, area = same_question(count)
    start = now()
    excluder = ExclusionContainer(crs=plane(), res=CELL_M)
    for metres in np.unique(distance):
        own = gpd.GeoSeries(shapes[distance == metres], crs=plane())
        excluder.add_geometry(own, buffer=float(metres))
    excluder.open_files()  # else it leaves out the buffers of what is in memory already
    free, _ = shape_availability(gpd.GeoSeries([area], crs=plane()), excluder)
    return {
        **since(start),
        "known_km2": round(float(free.sum()) * CELL_M**2 / 1e6, 3),
    }


def glaes(count: int) -> dict[str, Any]:
    """Time GLAES the same way."""
    import glaes as gl

    shapes, distance, area = same_question(count)
    start = now()
    choice = gl.ExclusionCalculator(area, srs=plane(), pixelRes=CELL_M)
    for metres in np.unique(distance):
        frame = gpd.GeoDataFrame(geometry=shapes[distance == metres], crs=plane())
        choice.excludeVectorType(frame, buffer=float(metres))
    return {
        **since(start),
        "known_km2": round(float(choice.areaAvailable) / 1e6, 3),
    }


def same_question(count: int) -> tuple[Any, Any, Any]:
    from sxgeo.geometry.straight import laid_on_plane

    shapes = polygons(count, 0)
    distance = np.random.default_rng(1).choice([5.0, 30.0, 100.0], count)
    return shapes, distance, laid_on_plane(outline(), plane())


PARTS = {
    "search": search,
    "engine": engine,
    "geopandas": script,
    "atlite": raster,
    "glaes": glaes,
}
PEERS = ("atlite", "glaes")


def run(part: str, count: int, python: str) -> str:
    """Run one part in a process of its own; say its figures with its peak of memory, or what was
    wrong.
    """
    told = subprocess.run(
        [python, __file__, "--part", part, "--polygons", str(count)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    lines = (told.stderr if told.returncode else told.stdout).splitlines()
    return lines[-1] if lines else f"ended with {told.returncode}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--tenfold", action="store_true", help="ten times the polygons too")
    # every part is a process of its own, which gets it by its environment
    share = float(os.environ.get(SHARE, "1"))
    parser.add_argument("--share", type=float, default=share, help="share of the zone's area")
    parser.add_argument("--peers", default=sys.executable, help="Python with atlite and GLAES")
    parser.add_argument("--part", choices=tuple(PARTS))
    args = parser.parse_args()
    os.environ[SHARE] = str(args.share)
    if args.part:
        import resource

        answer = PARTS[args.part](args.polygons)
        cpu = round(time.process_time(), 1)  # of the whole process, its preparation included
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({**answer, "cpu_s": cpu, "peak_gb": round(peak, 2)}))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    counts = [args.polygons, *([10 * args.polygons] if args.tenfold else [])]
    for count in counts:
        for part in PARTS:
            python = args.peers if part in PEERS else sys.executable
            told = run(part, count, python)
            print(f"{part:10} {count:>9,} polygons  {told}", flush=True)


if __name__ == "__main__":
    main()
