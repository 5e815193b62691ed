"""The slider over the minutes: areas up to its place are drawn, sites outside them stand back; by
keyboard, offline.
"""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_browser import Opened, browser  # noqa: F401  (fixture)

import sxgeo
from sxgeo.maps import build_map
from sxgeo.maps.bands import within_minutes

STATION = (112.582, 37.860)
PLOTS = [
    shapely.box(112.60, 37.87, 112.602, 37.872),
    shapely.box(112.70, 38.15, 112.702, 38.152),
    shapely.box(113.60, 38.90, 113.602, 38.902),
]
MINUTES = (10, 20, 40, 60)
FADED = "return document.querySelectorAll('.leaflet-sx-sites-pane path.sx-faded').length"
AREAS = "return document.querySelectorAll('.leaflet-sx-bands-pane path').length"


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    return sxgeo.isochrones(sxgeo.load_network("taixin"), [STATION], minutes=list(MINUTES))


def test_minutes_of_a_shape_are_the_least_of_an_area_that_holds_all_of_it(areas) -> None:
    middle = areas[areas["contour"] == "middle"] if "contour" in areas else areas
    told = within_minutes(areas, [*PLOTS, None])
    for plot, minutes in zip(PLOTS, told[:3], strict=True):
        inside = middle["minutes"][middle.geometry.covers(plot)]
        assert minutes == (None if inside.empty else inside.min())
    assert told[2] is None and told[0] is not None and told[3] is None
    assert within_minutes(None, PLOTS) == within_minutes(areas.iloc[:0], PLOTS) == []


def test_a_shape_on_the_edge_of_an_area_is_not_within_it() -> None:
    squares = [shapely.box(112, 38, 112.1, 38.1), shapely.box(112, 38, 112.2, 38.1)]
    frame = gpd.GeoDataFrame(
        {"origin_id": "a", "minutes": [10.0, 20.0]}, geometry=squares, crs="EPSG:4490"
    )
    across = shapely.box(112.05, 38.0, 112.15, 38.05)
    beside = shapely.box(112.15, 38.0, 112.25, 38.05)
    assert within_minutes(frame, [squares[0], across, beside]) == [10.0, 20.0, None]


def test_what_was_cut_out_of_an_area_lies_in_it() -> None:
    found = sxgeo.find_candidates(
        shapely.box(112.5, 37.9, 112.7, 38.1), within=[(STATION, 20)], min_area_ha=20
    )
    assert set(within_minutes(found.reached(), found.frame.geometry)) <= {*range(1, 21)}


def test_a_shape_that_leaves_an_area_is_not_within_it() -> None:
    area = gpd.GeoDataFrame(
        {"origin_id": "a", "minutes": [10.0]},
        geometry=[shapely.box(112, 38, 112.1, 38.1)],
        crs="EPSG:4490",
    )
    assert within_minutes(area, [shapely.box(112, 38, 112.10001, 38.1)]) == [None]


@pytest.fixture(scope="module")
def chosen_file(tmp_path_factory, areas):
    path = tmp_path_factory.mktemp("minutes") / "minutes.html"
    report = sxgeo.check_sites(gpd.GeoDataFrame(geometry=PLOTS, crs="EPSG:4490"))
    build_map("taixin", report=report, areas=areas).save(path)
    return path


@pytest.mark.browser
def test_the_keyboard_moves_the_limit_and_what_lies_beyond_stands_back(
    browser,  # noqa: F811
    chosen_file,
    areas,
) -> None:
    page = Opened(browser, chosen_file)
    page.run("document.getElementById('sx-fold').setAttribute('aria-expanded', 'true')")
    slider = page.driver.find_element(By.ID, "sx-limit")
    least = within_minutes(areas, PLOTS)
    all_areas = page.run(AREAS)
    assert page.run(FADED) == 0
    for place, limit in reversed(list(enumerate(MINUTES[:-1]))):
        slider.send_keys(Keys.ARROW_LEFT)
        assert page.run("return Number(document.getElementById('sx-limit').value)") == place
        beyond = sum(m is None or m > limit for m in least)
        assert page.run(FADED) == beyond
        assert page.run(AREAS) < all_areas
        words = slider.get_attribute("aria-valuetext")
        assert words.startswith(f"{limit} 分钟：{len(PLOTS) - beyond} / {len(PLOTS)} 处")
    slider.send_keys(Keys.END)
    assert page.run(AREAS) == all_areas and page.run(FADED) == 0
    # what is taken off the map and put back keeps its place behind the limit
    slider.send_keys(Keys.HOME)
    faded = page.run(FADED)
    for _ in range(2):
        page.run("document.querySelector('input[data-layer^=\"site-\"]').click()")
    assert page.run(FADED) == faded > 0
    assert page.requests() == [] and page.errors() == []
