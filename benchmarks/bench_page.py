"""The check in the page beside the library: random sites, share of equal answers, seconds a site; the size of the page.

``python benchmarks/bench_page.py [SITES]`` (default 10,000). Needs Node.js. Sites are random points, lines and polygons about the zone,
screened against random polygons with every kind of accuracy and against the bundled layers; any outcome, reason, rule or feature that differs,
and any figure off by more than 1e-6 of it, is counted and shown.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from test_page_check import differences, random_shape, random_sites, run_page, site_answers, world

from sxgeo import build_map
from sxgeo.boundaries import load_counties
from sxgeo.layers import load_layers
from sxgeo.maps.pack import check_pack
from sxgeo.model import Site
from sxgeo.projection import quantise
from sxgeo.rules import load_rules

DAY = "2026-11-21"
SHOWN = 5


def main(count: int) -> int:
    """Run both on the same sites; return the number of sites whose answers differ."""
    rng = random.Random(2026)
    own, counties = world(rng, "heritage_sites")
    around = [
        quantise(random_shape(rng, rng.uniform(112.22, 112.78), rng.uniform(38.02, 38.38))) for _ in range(count // 2)
    ]
    bundled = random_sites(2026, count - len(around))
    different = compare([own], counties, around, "random polygons")
    different += compare(load_layers(), load_counties(neighbours=True), bundled, "bundled layers")
    page = build_map("taixin").to_html()
    print(f"taixin page: {len(page.encode()) / 1e6:.2f} MB")
    return different


def compare(layers, counties, shapes, name: str) -> int:
    """Screen `shapes` in the page and in the library."""
    rules = load_rules()
    sites = [Site(site_id="site#1", geometry=shape) for shape in shapes]
    started = time.perf_counter()
    expected = site_answers(layers, rules, counties, sites, DAY)
    library_s = time.perf_counter() - started
    jobs = [{"geojson": json.loads(shapely.to_geojson(shape)), "options": {"as_of": DAY}} for shape in shapes]
    started = time.perf_counter()
    told = run_page([{**jobs[0], "pack": check_pack(layers, rules, counties)}, *jobs[1:]])
    page_s = time.perf_counter() - started
    different = 0
    for shape, one, answer in zip(shapes, expected, told, strict=True):
        site = answer["sites"][0] | {"extra": [], "zones": [], "plan_elements": []}
        found = list(differences(one | {"extra": []}, site))
        different += bool(found)
        if found and different <= SHOWN:
            print(f"  differs: {shape.wkt[:120]}: {found[:3]}")
    each = f"library {library_s / len(shapes) * 1000:.1f} ms, page {page_s / len(shapes) * 1000:.1f} ms a site"
    print(f"{name}: {len(shapes)} sites, {len(shapes) - different} equal, {different} different; {each}")
    return different


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000) else 0)
