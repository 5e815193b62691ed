"""Break good files at random and let the page read them, in Node.js.

    python tests/maps/fuzz_page.py [SECONDS] [SEED]

KML is left out: it is read by the browser's own parser, which Node.js has not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import shapely

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "maps"), str(TESTS / "conflicts"), str(TESTS.parent)]


def write_files(folder: Path) -> list[Path]:
    """Write one good file of each kind that the page reads."""
    plots = [shapely.box(112.6 + i / 50, 38.0, 112.61 + i / 50, 38.01) for i in range(3)]
    ring = shapely.Polygon(plots[0].exterior.coords, [plots[0].buffer(-0.003).exterior.coords])
    frame = gpd.GeoDataFrame(
        {"site_id": ["甲", "b", "c"]}, geometry=[ring, *plots[1:]], crs="EPSG:4490"
    )
    frame.to_file(folder / "s.geojson")
    frame.to_file(folder / "s.shp", encoding="utf-8")
    with zipfile.ZipFile(folder / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("s.*")):
            if path.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                archive.write(path, path.name)
    survey = TESTS.parent / "examples" / "sites" / "survey.txt"
    (folder / "s.txt").write_bytes(survey.read_bytes())
    return [folder / name for name in ("s.geojson", "s.zip", "s.shp", "s.txt")]


def main(seconds: float, seed: int) -> int:
    from small_worlds import world
    from test_page_worlds import job_of

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = folder / "pack.json"
        pack.write_text(json.dumps(job_of(world(3))["pack"]), encoding="utf-8")
        files = [str(path) for path in write_files(folder)]
        script = str(TESTS / "js" / "fuzz_files.mjs")
        done = subprocess.run(
            ["node", script, str(seconds), str(seed), str(pack), *files], check=False
        )
    return done.returncode


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(float(words[0]) if words else 600.0, int(words[1]) if len(words) > 1 else 1))
