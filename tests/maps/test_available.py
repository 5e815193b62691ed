"""Land by what is known of it: the maps of a search for candidates as layers of the page, with a
legend, in both languages and on paper; offline.
"""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from selenium.webdriver.common.by import By
from test_browser import NO_AREAS, Opened, browser  # noqa: F401  (fixture)

import sxgeo
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.maps import build_map
from sxgeo.maps.available import land_drawn
from sxgeo.maps.content import Given, drawable, zone_content
from sxgeo.wording import LAND_GRADES

LAND = shapely.box(112.60, 37.95, 112.72, 38.03)
GRADES = tuple(LAND_GRADES)


def maps_of(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return maps of four grades, as a search gives them."""
    return gpd.GeoDataFrame(
        {"grade": list(GRADES), "area_ha": [12.34, 5678.9, 0.0, 100.0]},
        geometry=list(shapes),
        crs="EPSG:4490",
    )


WEST, MIDDLE = shapely.box(112.60, 37.95, 112.64, 38.03), shapely.box(112.64, 37.95, 112.70, 38.03)
EAST = shapely.box(112.70, 37.95, 112.72, 38.03)
HOLE = shapely.box(112.66, 37.98, 112.68, 38.0)
FOUR = maps_of(
    WEST, shapely.difference(MIDDLE, HOLE), shapely.MultiPolygon(), shapely.union_all([EAST, HOLE])
)


def test_each_grade_is_told_with_its_area_and_an_empty_one_has_no_rings() -> None:
    rows = land_drawn(FOUR)["rows"]
    assert [row["grade"] for row in rows] == list(GRADES)
    assert [row["area_ha"] for row in rows] == [12.3, 5678.9, 0.0, 100.0]
    assert [len(row["rings"]) for row in rows] == [1, 1, 0, 2]
    # the hole is a hole of the one and a part of the other
    assert len(rows[1]["rings"][0]) == 2
    assert len({row["hatch"] for row in rows}) == len({row["colour"] for row in rows}) == 4


def test_a_map_of_candidates_says_so_in_its_title_and_another_does_not() -> None:
    place, _ = drawable("taixin")
    of_land = zone_content(place, [], Given(land=FOUR))["meta"]
    of_resources = zone_content(place, [])["meta"]
    zone_zh, zone_en = "太原—忻州一体化经济区", "Taiyuan–Xinzhou Integrated Economic Zone"
    assert of_land["title_zh"] == f"{zone_zh} · 候选地块方案比选"
    assert of_land["title_en"] == f"{zone_en}: comparison of candidate sites"
    assert of_resources["title_zh"] == f"{zone_zh} · 保护资源与交通"
    titles = {"title_zh", "title_en"}
    differing = {name for name, value in of_land.items() if value != of_resources[name]}
    assert differing == titles


def test_edges_that_grades_share_stay_shared_when_they_are_drawn() -> None:
    found = sxgeo.find_candidates(LAND, clear_of=["heritage_sites"], min_area_ha=5)
    parts = [
        shapely.Polygon(ring[0], ring[1:])
        for row in land_drawn(found.maps)["rows"]
        for ring in row["rings"]
        if len(ring[0]) > 2
    ]
    valid = [part for part in parts if part.is_valid]
    common = sum(a.area for a in valid) - shapely.union_all(valid).area
    assert common < 1e-4 * sum(part.area for part in valid)


def test_what_are_no_maps_of_candidates_is_refused() -> None:
    with pytest.raises(InputError, match=r"land takes the maps of sxgeo\.find_candidates"):
        build_map("taixin", land=FOUR[["grade", "geometry"]])
    with pytest.raises(InputError, match=r"unknown grade\(s\) 'perhaps'"):
        build_map("taixin", land=FOUR.assign(grade="perhaps"))
    with pytest.raises(InputError, match="land has no CRS"):
        build_map("taixin", land=FOUR.set_crs(None, allow_override=True))


def test_a_page_without_maps_says_nothing_of_them() -> None:
    place, _ = drawable("taixin")
    assert "available" not in zone_content(place, [], Given(areas=NO_AREAS))
    assert "available" in zone_content(place, [], Given(areas=NO_AREAS, land=FOUR))


@pytest.fixture(scope="module")
def drawn_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("land") / "land.html"
    build_map("taixin", areas=NO_AREAS, land=FOUR).save(path)
    return path


def shapes_of(page: Opened, grade: str) -> int:
    return page.run(
        "return document.querySelectorAll('.leaflet-sx-available-pane path.sx-land-' +"
        " arguments[0]).length",
        grade,
    )


def row_text(page: Opened, grade: str) -> str:
    return page.run(
        "return document.querySelector(`input[data-layer='land-${arguments[0]}']`)"
        ".closest('.sx-row').textContent",
        grade,
    )


@pytest.mark.browser
def test_the_grades_are_layers_with_a_legend_that_takes_them_off(
    browser,  # noqa: F811
    drawn_file,
) -> None:
    page = Opened(browser, drawn_file)
    page.run("document.getElementById('sx-fold').setAttribute('aria-expanded', 'true')")
    assert [shapes_of(page, grade) for grade in GRADES] == [1, 1, 0, 1]
    for grade, area in zip(GRADES, ("12.3", "5,678.9", "0.0", "100.0"), strict=True):
        text = row_text(page, grade)
        assert text.startswith(LAND_GRADES[grade][0]) and text.endswith(area), text
    # what there is none of cannot be ticked
    empty = page.driver.find_element(By.CSS_SELECTOR, "input[data-layer='land-doubtful']")
    assert not empty.is_enabled()
    box = page.driver.find_element(By.CSS_SELECTOR, "input[data-layer='land-not']")
    box.click()
    assert shapes_of(page, "not") == 0 and shapes_of(page, "known") == 1
    box.click()
    assert shapes_of(page, "not") == 1
    note = page.driver.find_element(By.ID, "sx-land-note").text
    assert "不等于无冲突" in note
    assert page.requests() == [] and page.errors() == []


@pytest.mark.browser
def test_the_grades_have_an_english_legend_and_stand_on_paper(
    browser,  # noqa: F811
    drawn_file,
) -> None:
    page = Opened(browser, drawn_file)
    page.run("document.getElementById('sx-do-lang').click()")
    for grade in GRADES:
        assert row_text(page, grade).startswith(LAND_GRADES[grade][1])
    assert "does not mean clear" in page.driver.find_element(By.ID, "sx-land-note").text
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    shown = "return document.querySelector(arguments[0]).getClientRects().length > 0"
    assert page.run(shown, "input[data-layer='land-known']") or page.run(shown, "#sx-land-note")
    assert page.run(shown, ".leaflet-sx-available-pane path.sx-land-known")
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.errors() == []


@pytest.mark.browser
def test_the_command_draws_its_maps(browser, tmp_path) -> None:  # noqa: F811
    zone = tmp_path / "park.geojson"
    gpd.GeoDataFrame(geometry=[LAND], crs="EPSG:4490").to_file(zone)
    target = tmp_path / "out.html"
    words = ["candidates", str(zone), "--clear-of", "heritage_sites", "--min-area-ha", "5"]
    assert main([*words, "-o", str(target)]) == 0
    page = Opened(browser, target)
    assert shapes_of(page, "known") == 1 and shapes_of(page, "surely") == 0
    # the candidate lies on its land and does not hide it
    seen_through = page.run(
        "return Number(getComputedStyle(document.querySelector('.leaflet-sx-sites-pane path'))"
        ".fillOpacity)"
    )
    assert 0 < seen_through < 0.2

    # nor do the areas of reach, and a phone shows the beginning of its name whole
    order = "return ['bands', 'available', 'sites'].map(name => Number(getComputedStyle("
    order += "document.querySelector(`.leaflet-sx-${name}-pane`)).zIndex))"
    assert page.run(order) == sorted(page.run(order))
    narrow = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    width = "const e = document.createElement('div'); e.className = 'sx-label sx-verdict';"
    width += "e.textContent = arguments[0]; document.querySelector('.leaflet-sx-labels-pane')"
    width += ".append(e); return e.offsetWidth"
    assert 100 < page.run(width, "候选地块C01（第1位，88,910.4公顷）：待核实") <= 390 * 0.45
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert page.requests() == [] and page.errors() == []
