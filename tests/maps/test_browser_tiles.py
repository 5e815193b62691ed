"""A page with thousands of features in a real Chromium: tiles drawn without seams, clicks, toggles,
table, search, check.
"""

from __future__ import annotations

import json
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from big_layer import big_layer
from test_browser import AXE, HOSTILE, Opened, axe, browser  # noqa: F401
from test_page_check import differences, site_answers

from sxgeo.boundaries.units import load_counties
from sxgeo.geometry.projection import quantise
from sxgeo.layers.layers import load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.maps import build_map
from sxgeo.model.sites import Site

pytestmark = pytest.mark.browser

FARMLAND = "permanent_farmland"
NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")
PAINTED = (
    "let n = 0; for (const c of document.querySelectorAll('.leaflet-sx-tiles-pane canvas')) {"
    " const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
    " for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1; } return n;"
)
POPUP = (
    "const p = [...document.querySelectorAll('.sx-popup')].pop(); return p && [p.textContent, p.getBoundingClientRect().width,"
    " p.querySelectorAll('dt').length, p.querySelectorAll('img, script').length];"
)


@pytest.fixture(scope="module")
def layer():
    layer = big_layer(2500)
    names = [record["name_zh"] for record in layer.records]
    names[9] = HOSTILE
    return big_layer(2500, name_zh=names)


@pytest.fixture(scope="module")
def many(tmp_path_factory, layer):
    path = tmp_path_factory.mktemp("tiles") / "many.html"
    build_map(
        "taixin", layers=[*load_layers(), layer], areas=NO_AREAS, embed_user_layers=True
    ).save(path)
    return path


@pytest.fixture(scope="module")
def page(browser, many) -> Opened:  # noqa: F811
    return settled(Opened(browser, many))


def settled(page: Opened) -> Opened:
    for _ in range(200):
        if page.run("return window.sxgeo && sxgeo.ready && !sxgeo.tiles.loading()"):
            return page
        time.sleep(0.05)
    raise AssertionError("the tiles were not drawn within ten seconds")


def look(page: Opened, lat: float, lon: float, zoom: float) -> None:
    page.run(
        "sxgeo.map.closePopup(); sxgeo.map.setView([arguments[0], arguments[1]], arguments[2], {animate: false})",
        lat,
        lon,
        zoom,
    )
    settled(page)


def click(page: Opened, lat: float, lon: float) -> None:
    """A real click of the mouse at a place on the map."""
    x, y = page.run(
        "const p = sxgeo.map.latLngToContainerPoint([arguments[0], arguments[1]]), b = sxgeo.map.getContainer().getBoundingClientRect();"
        "return [p.x + b.left, p.y + b.top]", lat, lon,
    )  # fmt: skip
    for kind in ("mousePressed", "mouseReleased"):
        event = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)
    time.sleep(0.3)


def test_the_page_draws_on_tiles_asks_for_nothing_and_reports_no_error(browser, many):  # noqa: F811
    page = settled(Opened(browser, many))
    assert page.run(PAINTED) > 1000
    look(page, 38.4, 112.7, 12.25)
    assert page.requests() == []
    assert page.errors() == []
    words = page.run("return document.getElementById('sx-foot').textContent")
    assert "其中2,500个画在画布瓦片上" in words and "密级" in words


def test_the_drawing_copy_is_the_layer_to_a_metre(page, layer):
    for row in (0, 9, 1234, 2499):
        rings = page.run(
            "return sxgeo.tiles.stores[arguments[0]].rings(arguments[1])", FARMLAND, row
        )
        drawn = shapely.Polygon([(lon, lat) for lat, lon in rings[0]])
        assert shapely.hausdorff_distance(drawn, layer.shapes[row]) < 1e-5


def test_a_class_on_tiles_can_be_switched_off_and_on(page):
    look(page, 38.4, 112.7, 11.5)
    box = f"document.querySelector('input[data-layer={FARMLAND}]')"
    before = page.run(PAINTED)
    page.run(f"{box}.click()")
    assert page.run(PAINTED) == 0
    page.run(f"{box}.click()")
    settled(page)
    assert page.run(PAINTED) == before > 1000


@pytest.mark.parametrize("zoom", [11, 13.25])
def test_a_click_on_a_plot_opens_its_popup_and_marks_its_outline(page, layer, zoom):
    plot, record = layer.shapes[77], layer.records[77]
    look(page, plot.centroid.y, plot.centroid.x, zoom)
    click(page, plot.centroid.y, plot.centroid.x)
    words, width, rows, _ = page.run(POPUP)
    assert width >= 260 and rows >= 4
    for part in (
        record["name_zh"],
        record["feature_id"],
        "永久基本农田",
        "官方名录",
        "±1 米",
        record["source"],
    ):
        assert part in words
    assert page.run("return document.querySelectorAll('.leaflet-sx-rings-pane path').length") >= 2


def test_a_click_beside_every_plot_opens_the_county_below(page, layer):
    tree = shapely.STRtree(layer.shapes)
    lons, lats = np.meshgrid(np.linspace(112.65, 112.75, 40), np.linspace(38.4, 38.5, 40))
    places = shapely.points(lons.ravel(), lats.ravel())
    _, gaps = tree.query_nearest(places, return_distance=True, all_matches=False)
    free = places[int(np.argmax(gaps))]
    look(page, free.y, free.x, 13)
    click(page, free.y, free.x)
    words = page.run(POPUP)[0]
    assert "区划代码" in words and "PBF-" not in words


SEAM = (
    "const [cls, lat, lon, z, off] = arguments, brush = sxgeo.tiles.layers[cls].brush, w = 256 * 2 ** z, s = Math.sin(lat * Math.PI / 180);"
    "const x = Math.floor(w * (lon / 360 + .5) / 256 - .25), y = Math.floor(w * (.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) / 256);"
    "const draw = x => { const c = document.createElement('canvas'); c.width = c.height = 256; brush.draw(c, {x, y, z}, 1); return c.getContext('2d'); };"
    "const a = draw(x).getImageData(128, 0, 128, 256).data, b = draw(x + .5 + off / 256).getImageData(0, 0, 128, 256).data;"
    "let painted = 0, other = 0; for (let i = 3; i < a.length; i += 4) {"
    " painted += a[i] > 0; other += Math.abs(a[i] - b[i]) > 40; } return [painted, other];"
)


@pytest.mark.parametrize("zoom", [9, 10.25, 12.5, 14])
def test_tiles_join_without_a_seam_at_any_zoom(page, layer, zoom):
    """What two tiles show of one place is the same: drawn once in the right half of a tile, once in
    the left half of another.

    Single pixels may differ, because edges are smoothed otherwise in a path with other shapes in
    it.
    """
    at = layer.shapes[77].centroid
    painted, other = page.run(SEAM, FARMLAND, at.y, at.x, zoom, 0)
    assert painted > 100
    assert other <= 3 + painted / 1000


@pytest.mark.parametrize("zoom", [9, 10.25, 12.5, 14])
def test_a_tile_two_pixels_off_would_be_seen_as_a_seam(page, layer, zoom):
    """Control for the guard above."""
    at = layer.shapes[77].centroid
    _, other = page.run(SEAM, FARMLAND, at.y, at.x, zoom, 2)
    assert other > 50


def test_dots_grow_darker_in_a_pixel_up_to_a_limit_and_those_beside_a_tile_take_no_room_in_it(page):
    one, three, nine, strange = page.run(
        "const brush = sxgeo.tiles.layers[arguments[0]].brush, c = document.createElement('canvas'); c.width = c.height = 256;"
        "const view = {ctx: c.getContext('2d'), ox: 0, oy: 0}, taken = new Uint8Array(256 * 256);"
        "const dots = (x, y, n) => { for (let i = 0; i < n; i += 1) brush.dot(view, x, y, taken); return view.ctx.getImageData(x, y, 1, 1).data[3]; };"
        "const told = [dots(10, 10, 1), dots(20, 20, 3), dots(30, 30, 9)]; dots(-3, 101, 9); dots(258, 99, 9); dots(40, 256, 9);"
        "return [...told, Math.min(dots(253, 100, 1), dots(2, 100, 1))];",
        FARMLAND,
    )
    assert 100 < one < three == nine
    assert strange == one


def test_tiles_are_as_sharp_as_the_screen(browser, many):  # noqa: F811
    size = {"width": 1200, "height": 800, "deviceScaleFactor": 2, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page = settled(Opened(browser, many))
        sides = page.run(
            "const c = document.querySelector('canvas.leaflet-tile'); return [c.width, c.getBoundingClientRect().width]"
        )
        assert sides == [512, 256]
        look(page, 38.4, 112.7, 10.75)
        assert (
            page.run(
                "return document.querySelector('canvas.leaflet-tile').getBoundingClientRect().width"
            )
            == 256
        )
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_hostile_name_on_a_tile_is_seen_as_text(page):
    page.run("sxgeo.show('PBF-000009')")
    assert page.run("return document.querySelector('.sx-popup h3').textContent") == HOSTILE
    assert page.run(POPUP)[3] == 0
    assert page.run("return window.hacked === undefined")


def test_the_table_holds_every_record_page_by_page(page):
    page.run("sxgeo.map.closePopup(); document.getElementById('sx-records').open = true")
    time.sleep(0.2)
    total = int(
        page.run(
            "return document.querySelector('#sx-records summary').textContent.match(/\\d+/)[0]"
        )
    )
    assert total >= 2500
    assert page.run("return document.querySelectorAll('#sx-records tbody tr').length") == 200
    told = "return document.querySelector('.sx-pager [role=status]').textContent"
    assert f"共 {total}" in page.run(told)
    page.run(
        "const s = document.getElementById('sx-table-class'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))",
        FARMLAND,
    )
    page.run(
        "const p = document.getElementById('sx-table-page'); p.value = 13; p.dispatchEvent(new Event('change'))"
    )
    rows = page.run(
        "return [...document.querySelectorAll('#sx-records tbody tr')].map(r => r.lastElementChild.textContent)"
    )
    assert rows == [f"PBF-{i:06d}" for i in range(2400, 2500)]
    assert "2401–2500" in page.run(told)
    page.run("document.querySelector('#sx-records tbody button').click()")
    assert "PBF-002400" in page.run(POPUP)[0]
    page.run("document.querySelector('.sx-pager button[aria-label^=上一页]').click()")
    assert (
        page.run("return document.querySelector('#sx-records tbody td:last-child').textContent")
        == "PBF-002200"
    )


def test_search_finds_what_lies_on_tiles(page):
    page.run(
        "const f = document.getElementById('sx-find'); f.value = arguments[0]; f.dispatchEvent(new Event('input'))",
        "图斑001234",
    )
    found = page.run(
        "return [...document.querySelectorAll('#sx-found li')].map(e => e.textContent)"
    )
    assert len(found) == 1 and "PBF-001234" in found[0]
    page.run(
        "document.querySelector('#sx-found li').dispatchEvent(new MouseEvent('mousedown', {bubbles: true, cancelable: true}))"
    )
    assert "PBF-001234" in page.run(POPUP)[0]
    page.run("sxgeo.map.closePopup()")


@pytest.mark.parametrize(
    "typed", ["jibennongtiantuban001234", "jbnttb001234", "Jīběn nóngtián túbān 001234"]
)
def test_a_name_on_tiles_is_found_by_its_pinyin(page, typed):
    page.run(
        "const f = document.getElementById('sx-find'); f.value = arguments[0]; f.dispatchEvent(new Event('input'))",
        typed,
    )
    found = page.run(
        "return [...document.querySelectorAll('#sx-found li')].map(e => e.textContent)"
    )
    assert len(found) == 1 and "PBF-001234" in found[0]
    page.run("document.getElementById('sx-find').dispatchEvent(new Event('blur'))")


TILE_NAMES = (
    "return [...document.querySelectorAll('.sx-label.sx-tile-name')].map(e => e.textContent)"
)


def test_names_stand_on_tiles_near_by_and_go_with_their_class(page, layer):
    place = layer.shapes[321].centroid
    look(page, place.y, place.x, 12)
    assert page.run(TILE_NAMES) == []
    look(page, place.y, place.x, 15)
    assert "基本农田图斑000321" in page.run(TILE_NAMES)
    box = f"document.querySelector('input[data-layer=\"{FARMLAND}\"]').click()"
    page.run(box)
    assert page.run(TILE_NAMES) == []
    page.run(box)
    assert "基本农田图斑000321" in page.run(TILE_NAMES)
    hostile = layer.shapes[9].centroid
    look(page, hostile.y, hostile.x, 15)
    assert HOSTILE in page.run(TILE_NAMES)
    assert page.run("return window.hacked") is None
    look(page, 38.3, 112.6, 9)
    assert page.errors() == []


def test_the_page_checks_against_a_class_on_tiles_as_the_library_does(page, layer):
    place = layer.shapes[321].centroid
    plot = quantise(shapely.box(place.x - 0.002, place.y - 0.002, place.x + 0.002, place.y + 0.002))
    asked = {"accuracy_m": 0}
    told = page.run(
        "return sxgeo.check(arguments[0], arguments[1])",
        json.loads(shapely.to_geojson(plot)),
        asked,
    )["sites"][0]
    sites = [Site("site#1", plot, accuracy_m=0.0)]
    (site,) = site_answers(
        [layer], load_rules(), load_counties(neighbours=True), sites, "2026-11-21"
    )
    (expected,) = [e for e in site["extra"] if e["requested"]]
    (entry,) = [e for e in told["extra"] if e["resource_class"] == FARMLAND]
    assert not list(differences(expected, entry))
    assert entry["findings"][0]["overlap_m2"] > 0


COUNTED = """
const calls = {intersection: 0, union: 0}, kept = {...polygonClipping};
for (const name of Object.keys(calls)) {
  polygonClipping[name] = (...given) => { calls[name] += 1; return kept[name](...given); };
}
try {
  const {questions, extra} = sxgeo.check(arguments[0]).sites[0];
  const farmland = extra.find(entry => entry.resource_class === arguments[1]);
  const asked = questions.filter(question => question.classes.includes(arguments[1])).length;
  return {...calls, asked, features: new Set(farmland.findings.map(f => f.feature_id)).size, unions: farmland.unions.length};
} finally {
  Object.assign(polygonClipping, kept);
}
"""


def test_what_a_parcel_shares_with_a_class_is_worked_out_once_whatever_is_asked_about(page, layer):
    place = layer.shapes[321].centroid
    plot = shapely.box(place.x - 0.02, place.y - 0.02, place.x + 0.02, place.y + 0.02)
    told = page.run(COUNTED, json.loads(shapely.to_geojson(quantise(plot))), FARMLAND)
    assert told["asked"] > 0 and told["features"] > 3
    assert told["intersection"] <= told["features"]
    assert told["union"] <= told["unions"]


def test_a_page_above_the_limit_says_on_its_face_that_it_only_draws(browser, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr("sxgeo.maps.tiled.CHECKED_FEATURES", 2000)
    build_map("taixin", layers=[big_layer(2500)], areas=NO_AREAS, embed_user_layers=True).save(
        tmp_path / "draws.html"
    )
    page = settled(Opened(browser, tmp_path / "draws.html"))
    assert "不能核查地块" in page.run("return document.querySelector('#sx-foot b').textContent")
    message = page.run(
        "try { sxgeo.check({type: 'Point', coordinates: [112.6, 38.2]}); return null; } catch (e) { return [e instanceof Error, e.message]; }"
    )
    assert message[0] is True
    assert "cannot check a site; use sxgeo check" in message[1]
    page.run("sxgeo.panel.open(true)")
    assert "不能核查地块" in page.run("return document.getElementById('sx-no-check').textContent")
    assert page.run(
        "return document.getElementById('sx-draw').disabled && document.getElementById('sx-run').disabled"
    )
    page.run("sxgeo.panel.take(JSON.stringify({type: 'Point', coordinates: [112.6, 38.2]}), '')")
    assert "cannot check" in page.run(
        "return document.querySelector('.sx-check .sx-status').textContent"
    )
    assert page.errors() == []


def test_axe_finds_nothing_serious_in_the_paged_table_of_tiles(browser, many, tmp_path, axe):  # noqa: F811
    html = many.read_text("utf-8").replace("Content-Security-Policy", "X-Nothing", 1)
    (tmp_path / "axe.html").write_text(html, "utf-8")
    page = settled(Opened(browser, tmp_path / "axe.html"))
    page.run(axe)
    page.run("document.getElementById('sx-records').open = true")
    time.sleep(0.4)
    violations = browser.execute_async_script(AXE)
    assert [v for v in violations if v[0] in ("serious", "critical")] == []
