"""The answer hangs on what is asked alone: not on threads, on the order of rows, or on how much is
worked on at once.
"""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import sxgeo
from sxgeo.analysis.candidates import describe, land, rounding

LAND = shapely.box(112.60, 37.95, 112.70, 38.02)


def obstacles(count: int = 120) -> gpd.GeoDataFrame:
    """Return random small shapes that lie over each other here and there."""
    rng = np.random.default_rng(11)
    x, y = rng.uniform(112.59, 112.71, count), rng.uniform(37.94, 38.03, count)
    size = rng.uniform(0.0003, 0.004, count)
    shapes = shapely.buffer(shapely.points(x, y), size, quad_segs=3)
    accuracy = rng.choice([0.5, 1.0, 2.0], count)
    return gpd.GeoDataFrame({"position_accuracy_m": accuracy}, geometry=shapes, crs="EPSG:4490")


def told(rows: gpd.GeoDataFrame) -> str:
    """Return the answer as text, without the receipt, which names the input as it was given."""
    found = sxgeo.find_candidates(
        LAND,
        away=[(rows, 60), (rows.iloc[::3], 150)],
        near=[(rows.iloc[::2], 900)],
        clear_of=["heritage_sites"],
        min_area_ha=0.2,
        min_width_m=15,
        project_type="industrial",
    )
    return json.dumps(json.loads(found.to_geojson())["features"], ensure_ascii=False)


@pytest.fixture(scope="module")
def answer() -> str:
    # in several tiles, as a large question is
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(land, "_SHAPES_PER_TILE", 30)
        return told(obstacles())


@pytest.fixture(autouse=True)
def _in_tiles(monkeypatch: Any) -> None:
    monkeypatch.setattr(land, "_SHAPES_PER_TILE", 30)


@pytest.mark.parametrize("cores", [1, 2])
def test_threads_change_no_byte(answer: str, monkeypatch: Any, cores: int) -> None:
    asked: list[int] = []
    pool = land.ThreadPoolExecutor

    def counted(threads: int) -> Any:
        asked.append(threads)
        return pool(threads)

    monkeypatch.setattr(land, "ThreadPoolExecutor", counted)
    monkeypatch.setattr(land.os, "cpu_count", lambda: cores)
    assert told(obstacles()) == answer
    assert set(asked) == {cores}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_changes_no_byte(answer: str, seed: int) -> None:
    rows = obstacles()
    turned = np.random.default_rng(seed).permutation(len(rows))
    found = sxgeo.find_candidates(
        LAND,
        away=[(rows.iloc[turned], 60), (rows.iloc[::3].iloc[::-1], 150)],
        near=[(rows.iloc[::2].sample(frac=1, random_state=seed), 900)],
        clear_of=["heritage_sites"],
        min_area_ha=0.2,
        min_width_m=15,
        project_type="industrial",
    )
    assert json.dumps(json.loads(found.to_geojson())["features"], ensure_ascii=False) == answer


def test_how_much_is_worked_on_at_once_changes_no_byte(answer: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(describe, "_CORNERS_AT_ONCE", 300)
    monkeypatch.setattr(describe, "BATCH", 2)
    monkeypatch.setattr(rounding, "_CORNERS_AT_ONCE", 200)
    assert told(obstacles()) == answer
