"""The page: its size, the seconds to build and to open it, its memory; and its check beside the
library's.

``python benchmarks/bench_page.py pages [default,1800,2500,50000,500000]`` builds each page in a
process of its own and opens it five times in a fresh headless Chromium without a network (three
times from 500,000 on): bytes of the file and of the drawing copy, seconds and memory of Python,
median seconds until the page answers with all tiles drawn, memory of the page and of its process.
Plots have 16 vertices. Needs Chromium and chromedriver.

``python benchmarks/bench_page.py check [PLOTS]`` (default 50,000) opens one page and checks 20
parcels of 4 km2 in it, one after another: the first (which reads the exact copy), the median and
the slowest of the others, by the clock and in processor time of the page's own thread.

``python benchmarks/bench_page.py peers [50000,500000]`` opens the same plots as our page, as one of
MapLibre (by npm; drawn without a graphics card) and as one of folium, in turns in one run. Needs
npm. What is not drawn within ten minutes is said to be so.

``python benchmarks/bench_page.py sites [SITES]`` (default 10,000; needs Node.js) checks random
points, lines and polygons in the page's code and in the library, against random polygons with every
kind of accuracy and against the bundled layers; any outcome, reason, rule or feature that differs,
and any figure off by more than 1e-6 of it, is counted and shown. Without a word pages, check and sites run.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import folium
import shapely
from selenium.common.exceptions import WebDriverException

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "maps"))
from big_layer import big_layer
from test_page_check import differences, random_shape, random_sites, run_page, site_answers, world

from sxgeo import build_map
from sxgeo.boundaries.units import load_counties
from sxgeo.geometry.projection import quantise
from sxgeo.layers.layers import load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.maps.pack import check_pack
from sxgeo.model.sites import Site

DAY = "2026-11-21"
SHOWN = 5
PAGES = ("default", "1800", "2500", "50000", "500000")
PATIENCE_S = 600
DRAWN = "return Boolean(window.drawn)"
WITHOUT_CARD = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""MapLibre draws with WebGL; on a machine without a graphics card Chromium reckons it."""
CHECK = """const t = performance.now(), told = sxgeo.check(arguments[0], {accuracy_m: 1});
return [performance.now() - t, told.sites[0].extra.reduce((sum, one) => sum + one.findings.length, 0)]"""
READY = "return Boolean(window.sxgeo && sxgeo.ready && !(sxgeo.tiles && sxgeo.tiles.loading()))"


def build(count: int, target: Path) -> dict[str, float]:
    """Build one page and say what it took; run in a process of its own, so that its memory is its
    own.
    """
    layer = big_layer(count) if count else None
    held = [*load_layers(), layer] if layer else None
    started, used = time.perf_counter(), time.process_time()
    built = build_map("taixin", layers=held, embed_user_layers=True)
    built.save(target)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    blocks = built._children["sxgeo_page"].blocks
    tiles = sum(len(text) for key, text in blocks.items() if key.startswith("sx-tiles-"))
    tables = json.dumps(
        json.loads(blocks["sx-data"])["tiled"], ensure_ascii=False, separators=(",", ":")
    )
    check = sum(len(text) for key, text in blocks.items() if key.startswith("sx-check-"))
    return {
        "file_mb": target.stat().st_size / 1e6,
        "drawing_mb": (tiles + len(tables.encode())) / 1e6,
        "check_mb": check / 1e6,
        "python_s": seconds,
        "python_cpu_s": used,
        "python_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


@contextlib.contextmanager
def browser(*more: str) -> Iterator[Any]:
    """Start a Chromium of its own without a network, and end it."""
    from selenium import webdriver
    from test_browser import FLAGS

    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, *more):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )
    driver.set_page_load_timeout(PATIENCE_S)
    driver.set_script_timeout(PATIENCE_S)
    try:
        driver.get("about:blank")
        yield driver
    finally:
        driver.quit()


def shown(driver: Any, path: Path, ready: str = READY) -> dict[str, float]:
    """Open a page; say how long it takes until all is drawn, and how much memory it holds."""
    started = time.perf_counter()
    driver.get(path.as_uri())
    while not driver.execute_script(ready):
        if time.perf_counter() - started > PATIENCE_S:
            raise TimeoutError(f"not drawn within {PATIENCE_S} s")
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    held = driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
    renderers = _renderers(driver.service.process.pid)
    return {
        "open_s": seconds,
        "heap_mb": held["usedSize"] / 1e6,
        "arrays_mb": held.get("backingStorageSize", 0) / 1e6,
        "process_peak_mb": max(renderers.values(), default=float("nan")),
    }


def opened(path: Path) -> dict[str, float]:
    """Open a page in a new browser and say how long it takes until it answers with all tiles drawn,
    how much memory it holds, and how long the first check takes.
    """
    with browser() as driver:
        found = shown(driver, path)
        found["first_check_s"] = driver.execute_script(
            "const t = performance.now(); try { sxgeo.check({type: 'Point', coordinates: [112.7,"
            " 38.4]}); } catch (e) { return NaN; }return (performance.now() - t) / 1000"
        ) or float("nan")
        return found


def _renderers(driver_pid: int) -> dict[int, float]:
    """Largest resident memory, in MB, that each renderer of a driver's browser ever had; none where
    /proc is not there.
    """
    peaks, parents = [], {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in status.read_text().splitlines() if ":" in line
            )
            command = (status.parent / "cmdline").read_text()
        except OSError:
            continue
        pid = int(status.parent.name)
        parents[pid] = int(lines["PPid"])
        if "--type=renderer" in command:
            peaks.append((pid, float(lines.get("VmHWM", "nan kB").split()[0]) / 1e3))

    def belongs(pid: int) -> bool:
        while pid in parents and pid != driver_pid:
            pid = parents[pid]
        return pid == driver_pid

    return {pid: peak for pid, peak in peaks if belongs(pid)}


def _script_s(driver: Any) -> float:
    """Processor time of the threads that run the scripts of a driver's pages."""
    ticks = 0
    for pid in _renderers(driver.service.process.pid):
        fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def check(count: int) -> None:
    """Check parcels in the page itself, in Chromium, and print what one takes."""
    rng = random.Random(2026)
    boxes = [
        shapely.box(x, y, x + 0.0227, y + 0.018)
        for x, y in ((rng.uniform(112.4, 113.2), rng.uniform(38.0, 38.7)) for _ in range(21))
    ]
    parcels = [json.loads(shapely.to_geojson(one)) for one in boxes]
    with tempfile.TemporaryDirectory() as folder, browser() as driver:
        path = Path(folder) / "page.html"
        script = [sys.executable, __file__, "build", str(count), str(path)]
        subprocess.run(script, check=True, stdout=subprocess.DEVNULL)
        shown(driver, path)
        clock, used, found = [], [], []
        for parcel in parcels:
            before = _script_s(driver)
            ms, extra = driver.execute_script(CHECK, parcel)
            clock.append(ms)
            used.append((_script_s(driver) - before) * 1000)
            found.append(extra)
    print(
        f"{count} outlines, {len(parcels) - 1} parcels of 4 km2 after the first, load"
        f" {os.getloadavg()[0]:.1f}: by the clock median {statistics.median(clock[1:]):.0f} ms,"
        f" slowest {max(clock[1:]):.0f} ms; processor time a parcel"
        f" {statistics.mean(used[1:]):.0f} ms; first {clock[0]:.0f} ms"
        f" ({used[0]:.0f} ms of processor time); findings a parcel {statistics.mean(found):.0f}"
    )


def peers(counts: list[int]) -> None:
    """Print a line for each count of plots and each kind of page."""
    from page_peers import MAPLIBRE, PEERS  # it needs npm, which the other parts do not

    print(f"MapLibre {MAPLIBRE}, folium {folium.__version__}, load {os.getloadavg()[0]:.1f}")
    print("| plots | page | file MB | Python CPU s | opens s | heap MB | arrays MB | process MB |")
    print("|---|---|---|---|---|---|---|---|")
    pages_of = {"ours": lambda count, target: build(count, target), **PEERS}
    with tempfile.TemporaryDirectory() as folder:
        for count, (name, write) in product(counts, pages_of.items()):
            path, used = Path(folder) / "page.html", time.process_time()
            write(count, path)
            used = time.process_time() - used
            ready, more = (READY, ()) if name == "ours" else (DRAWN, WITHOUT_CARD)
            try:
                with browser(*more) as driver:
                    told = [f"{value:.2f}" for value in shown(driver, path, ready).values()]
            except (TimeoutError, WebDriverException) as error:
                told = [f"not drawn: {str(error).splitlines()[0][:60]}", "", "", ""]
            size = path.stat().st_size / 1e6
            row = [f"{count:,}", name, f"{size:.2f}", f"{used:.1f}", *told]
            print(f"| {' | '.join(row)} |", flush=True)


def pages(names: list[str]) -> None:
    """Print a line for each page."""
    print(
        "| features | file MB | drawing MB | check MB | Python s | Python CPU s | Python MB | opens"
        " s | heap MB | arrays MB | process MB | first check s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            path = Path(folder) / f"{name}.html"
            count = 0 if name == "default" else int(name)
            script = [sys.executable, __file__, "build", str(count), str(path)]
            told = json.loads(
                subprocess.run(
                    script, check=True, capture_output=True, text=True
                ).stdout.splitlines()[-1]
            )
            runs = [opened(path) for _ in range(3 if count >= 500_000 else 5)]
            told |= {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                "| " + " | ".join([name, *(f"{value:.2f}" for value in told.values())]) + " |",
                flush=True,
            )


def sites(count: int) -> int:
    """Run both on the same sites; return the number of sites whose answers differ."""
    rng = random.Random(2026)
    own, counties = world(rng, "heritage_sites")
    around = [
        quantise(random_shape(rng, rng.uniform(112.22, 112.78), rng.uniform(38.02, 38.38)))
        for _ in range(count // 2)
    ]
    bundled = random_sites(2026, count - len(around))
    different = compare([own], counties, around, "random polygons")
    return different + compare(
        load_layers(), load_counties(neighbours=True), bundled, "bundled layers"
    )


def compare(layers, counties, shapes, name: str) -> int:
    """Screen `shapes` in the page and in the library."""
    rules = load_rules()
    screened = [Site(site_id="site#1", geometry=shape, accuracy_m=0.0) for shape in shapes]
    started = time.perf_counter()
    expected = site_answers(layers, rules, counties, screened, DAY)
    library_s = time.perf_counter() - started
    jobs = [
        {"geojson": json.loads(shapely.to_geojson(shape)), "options": {"as_of": DAY}}
        for shape in shapes
    ]
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
    each = (
        f"library {library_s / len(shapes) * 1000:.1f} ms, page {page_s / len(shapes) * 1000:.1f}"
        " ms a site"
    )
    print(
        f"{name}: {len(shapes)} sites, {len(shapes) - different} equal, {different} different;"
        f" {each}"
    )
    return different


def main(words: list[str]) -> int:
    """Run what the words say; return 1 when an answer differs."""
    if words[:1] == ["build"]:
        print(json.dumps(build(int(words[1]), Path(words[2]))))
        return 0
    if words[:1] == ["peers"]:
        peers([int(one) for one in (words[1] if words[1:] else "50000,500000").split(",")])
        return 0
    if not words or words[0] == "check":
        check(int(words[1]) if words[1:] else 50_000)
    if not words or words[0] == "pages":
        pages(words[1].split(",") if words[1:] else list(PAGES))
    if not words or words[0] == "sites":
        return 1 if sites(int(words[1]) if words[1:] else 10_000) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
