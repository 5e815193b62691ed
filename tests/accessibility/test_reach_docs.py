"""What docs/isochrones.md prints is true: its blocks run, on rasters and layers of the names that
it uses.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

PAGE = (Path(__file__).parents[2] / "docs" / "isochrones.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a slope, two classes of ground, people and a river with a bridge."""
    rasterio = pytest.importorskip("rasterio")
    pytest.importorskip("skimage")
    pytest.importorskip("exactextract")
    transform = rasterio.transform.Affine(0.001, 0, 112.5, 0, -0.001, 37.95)
    ground = np.full((100, 100), 10)
    ground[:, 80:] = 60
    told = {
        "dem": ("float32", np.tile(np.arange(100) * 2.0 + 800, (100, 1)), -9999),
        "cover": ("uint8", ground, 0),
        "people": ("float32", np.full((100, 100), 7.0), -9999),
    }
    for name, (kind, values, nodata) in told.items():
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", width=100, height=100, count=1, dtype=kind, crs="EPSG:4326",
            transform=transform, nodata=nodata,
        ) as file:  # fmt: skip
            file.write(values.astype(kind)[None])
    shapes = [
        shapely.LineString([(112.56, 37.8), (112.56, 38.0)]),
        shapely.LineString([(112.557, 37.9), (112.563, 37.9)]),
    ]
    gpd.GeoDataFrame({"opening": [False, True]}, geometry=shapes, crs="EPSG:4490").to_file(
        tmp_path / "rivers.gpkg"
    )
    return tmp_path


def test_the_python_blocks_run_one_after_another(desk: Path) -> None:
    checks = (
        "assert len(ways) == 1 and ways['minutes'][0] > 50 and len(near) == 1 and len(walked) =="
        " len(joint) == 2"
    )
    code = "\n".join([*blocks("python"), checks])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "known_share" in done.stdout


@pytest.mark.parametrize(
    "line",
    [line for block in blocks("sh") for line in block.splitlines() if line.startswith("sxgeo")],
)
def test_the_commands_run(desk: Path, line: str) -> None:
    command = [sys.executable, "-m", *shlex.split(line)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=desk, capture_output=True, encoding="utf-8", check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
