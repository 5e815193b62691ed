"""The answer hangs on what is asked alone: not on threads, on the order of rows or constraints, or
on how much is worked on at once.
"""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import sxgeo
from sxgeo.analysis.candidates import blocks, describe, grown, near, pieces, rounding

LAND = shapely.box(112.60, 37.95, 112.70, 38.02)


def obstacles(count: int = 120) -> gpd.GeoDataFrame:
    """Return random small shapes that lie over each other here and there."""
    rng = np.random.default_rng(11)
    x, y = rng.uniform(112.59, 112.71, count), rng.uniform(37.94, 38.03, count)
    size = rng.uniform(0.0003, 0.004, count)
    shapes = shapely.buffer(shapely.points(x, y), size, quad_segs=3)
    accuracy = rng.choice([0.5, 1.0, 2.0], count)
    return gpd.GeoDataFrame({"position_accuracy_m": accuracy}, geometry=shapes, crs="EPSG:4490")


def told(**asked: Any) -> str:
    """Return the answer as text, without the receipt, which names the input as it was given."""
    found = sxgeo.find_candidates(LAND, **(wishes(obstacles()) | asked))
    return json.dumps(json.loads(found.to_geojson())["features"], ensure_ascii=False)


def wishes(rows: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return constraints of every kind that layers have, several of each."""
    return {
        "away": [(rows, 60), (rows.iloc[::3], 150), (rows.iloc[1::4], 0)],
        "near": [(rows.iloc[::2], 900), (rows.iloc[::5], 2500)],
        "inside": [areas(600), areas(601)],
        "clear_of": ["heritage_sites", "protected_areas"],
        "min_area_ha": 0.2,
        "min_width_m": 15,
        "project_type": "industrial",
    }


def areas(seed: int) -> gpd.GeoDataFrame:
    """Return a few large areas that lie over each other."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(112.60, 112.70, 9), rng.uniform(37.95, 38.02, 9)
    shapes = shapely.buffer(shapely.points(x, y), 0.03, quad_segs=5)
    return gpd.GeoDataFrame({"position_accuracy_m": [1.0] * 9}, geometry=shapes, crs="EPSG:4490")


@pytest.fixture(scope="module")
def answer() -> str:
    return told()


@pytest.mark.parametrize("cores", [1, 2])
def test_threads_change_no_byte(answer: str, monkeypatch: Any, cores: int) -> None:
    asked: list[int] = []
    pool = blocks.ThreadPoolExecutor

    def counted(threads: int) -> Any:
        asked.append(threads)
        return pool(threads)

    monkeypatch.setattr(blocks, "ThreadPoolExecutor", counted)
    monkeypatch.setattr(blocks.os, "cpu_count", lambda: cores)
    assert told() == answer
    assert set(asked) == {cores}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_no_byte(answer: str, seed: int) -> None:
    def turned(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows.sample(frac=1, random_state=seed)

    asked = {
        name: [(turned(layer), metres) for layer, metres in layers]
        for name, layers in wishes(obstacles()).items()
        if name in ("away", "near")
    }
    assert told(**asked, inside=[turned(areas(600)), turned(areas(601))]) == answer


def test_the_order_of_constraints_changes_no_byte(answer: str) -> None:
    asked = wishes(obstacles())
    for name in ("away", "near", "inside", "clear_of"):
        assert told(**{name: asked[name][::-1]}) == answer, name
    asked = {name: asked[name][::-1] for name in ("away", "near", "inside", "clear_of")}
    assert told(**asked) == answer


def test_the_order_of_the_wishes_to_be_near_in_time_changes_no_byte() -> None:
    within = [((112.5489, 37.8706), 45, "road"), ((112.70, 38.00), 30, "road")]
    assert told(within=within) == told(within=within[::-1])


@pytest.mark.parametrize("at_once", [2, 7, 40])
def test_how_much_is_united_at_once_changes_no_byte(
    answer: str, monkeypatch: Any, at_once: int
) -> None:
    monkeypatch.setattr(blocks, "_UNITED_AT_ONCE", at_once)
    monkeypatch.setattr(grown, "_DRAWN_AT_ONCE", at_once)
    assert told() == answer


def test_how_much_is_worked_on_at_once_changes_no_byte(answer: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(describe, "_CORNERS_AT_ONCE", 300)
    monkeypatch.setattr(describe, "BATCH", 2)
    monkeypatch.setattr(rounding, "_CORNERS_AT_ONCE", 200)
    assert told() == answer


def test_how_small_the_pieces_are_changes_no_byte(answer: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(pieces, "_AT_ONCE_POINTS", 60)
    monkeypatch.setattr(pieces, "_PIECE_POINTS", 60)
    monkeypatch.setattr(near, "_AT_ONCE", 3)
    assert told() == answer
