"""The page in a real Chromium with no network: what is seen, clicked and asked for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import folium
import geopandas as gpd
import pytest
import shapely
from pyproj import Transformer

from sxgeo.analysis.conflicts.screener import screen
from sxgeo.boundaries.units import load_counties
from sxgeo.layers.classes import CLASS_IDS
from sxgeo.layers.layers import Layer, load_layer, load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.maps import build_map
from sxgeo.model.project import make_project
from sxgeo.model.sites import Site
from sxgeo.reports.report import Report
from sxgeo.workspace.boundaries import load_zone

pytestmark = pytest.mark.browser

HOSTILE = "<script>window.hacked=1</script><img src=x onerror='window.hacked=2'>\"'\u2028</script"
NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")
FLAGS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1600,1000",
)


def missing(what: str):
    reason = f"{what} is not installed: the page was not opened in a browser"
    if os.environ.get("SXGEO_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    chromedriver = shutil.which("chromedriver")
    if chromium is None:
        missing("Chromium")
    if chromedriver is None:
        missing("chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield driver
    driver.quit()


class Opened:
    """A page that was opened: its requests, its console, and what a script returns."""

    def __init__(self, driver, path: Path) -> None:
        self.driver = driver
        driver.get("about:blank")
        driver.get_log("performance")
        driver.get_log("browser")
        started = time.perf_counter()
        driver.get(path.as_uri())
        self.seconds = time.perf_counter() - started

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def requests(self) -> list[str]:
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        sent = [
            m["params"]["request"]["url"]
            for m in messages
            if m["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in sent if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def errors(self) -> list[str]:
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE"]

    def marks(self, class_id: str) -> int:
        return self.run(
            "return document.querySelectorAll('.sx-mark.sx-' + arguments[0]).length", class_id
        )


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "taixin.html"
    build_map("taixin").save(path)
    return path


@pytest.fixture(scope="module")
def page(browser, saved) -> Opened:
    opened = Opened(browser, saved)
    assert opened.run("return window.sxgeo && window.sxgeo.ready") is True
    return opened


def test_the_page_asks_for_nothing_and_reports_no_error(browser, saved):
    opened = Opened(browser, saved)
    opened.run(
        "sxgeo.map.setZoom(12, {animate: false}); document.getElementById('sx-records').open = true"
    )
    time.sleep(0.3)
    assert opened.requests() == []
    assert opened.errors() == []
    assert opened.seconds < 1.5 * 3  # 1.5 s is the promise; shared machines get slack


def test_the_zone_and_its_twelve_counties_are_seen(page):
    page.run("window.scrollTo(0, 0)")
    labels = page.run(
        "return [...document.querySelectorAll('.sx-label.sx-county')].map(e => e.textContent)"
    )
    assert sorted(labels) == sorted(
        [
            "迎泽区",
            "杏花岭区",
            "尖草坪区",
            "万柏林区",
            "阳曲县",
            "古交市",
            "忻府区",
            "定襄县",
            "五台县",
            "代县",
            "繁峙县",
            "原平市",
        ]
    )
    assert "太原—忻州一体化经济区" in page.run(
        "return document.getElementById('sx-title').textContent"
    )
    assert page.run("return document.querySelectorAll('.leaflet-sx-land-pane path').length") == 12


def test_labels_do_not_cover_each_other(page):
    boxes = page.run(
        "return [...document.querySelectorAll('.sx-label')].map(e => e.getBoundingClientRect())"
        ".map(r => [r.left, r.top, r.right, r.bottom])"
    )
    assert len(boxes) >= 15
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def test_isochrones_carry_their_minutes(page):
    labels = page.run(
        "return [...document.querySelectorAll('.sx-label.sx-minutes')].map(e => e.textContent)"
    )
    assert sorted(labels) == ["15 分钟", "30 分钟", "60 分钟"]


@pytest.mark.parametrize("class_id", CLASS_IDS)
def test_a_class_can_be_switched_off_and_on(page, class_id):
    frame = load_layer(class_id).frame
    box = "document.querySelector('input[data-layer=\"' + arguments[0] + '\"]')"
    before = page.marks(class_id)
    drawable = int((frame.geometry.notna() & (frame["role"] != "control")).sum())
    assert before == drawable
    if not before:
        assert page.run(f"return {box}.disabled", class_id) is True
        assert page.run(f"return {box}.closest('label').textContent", class_id).count(
            "未收录"
        ) + page.run(f"return {box}.closest('label').textContent", class_id).count("无位置")
        return
    page.run(f"{box}.click()", class_id)
    assert page.marks(class_id) == 0
    page.run(f"{box}.click()", class_id)
    assert page.marks(class_id) == before


def test_the_legend_tells_located_held_and_published(page):
    layer = load_layer("heritage_sites")
    row = page.run(
        "return"
        " document.querySelector('input[data-layer=heritage_sites]').closest('label').textContent"
    )
    assert row.endswith(f"{layer.located} / {layer.held} / {layer.spec.official_count:g}")
    assert "未筛查不等于无冲突" in page.run(
        "return document.getElementById('sx-legend').textContent"
    )


def test_records_without_a_position_are_listed(page):
    words = page.run("return document.getElementById('sx-unlocated').textContent")
    frame = load_layer("protected_areas").frame
    for name in frame.loc[frame.geometry.isna() & (frame["role"] == "listed"), "name_zh"]:
        assert name in words


def test_a_popup_is_wide_and_tells_name_class_membership_position_and_source(page):
    record = load_layer("heritage_sites").frame.set_index("feature_id").loc["HS-003"]
    page.run("sxgeo.show('HS-003')")
    time.sleep(0.4)
    words, width, rows = page.run(
        "const p = document.querySelector('.sx-popup');"
        "return [p.textContent, p.getBoundingClientRect().width, p.querySelectorAll('dt').length]"
    )
    assert width >= 260
    assert rows >= 4
    for part in (
        record["name_zh"],
        record["name_en"],
        "重点文物保护单位",
        "据公开资料推定",
        "±",
        "来源",
        "HS-003",
    ):
        assert part in words
    assert record["source"] in words
    assert page.run("return document.querySelectorAll('.leaflet-sx-rings-pane path').length") >= 2
    page.run("sxgeo.map.closePopup()")


def test_every_record_can_be_reached_by_keyboard(page):
    page.run("document.getElementById('sx-records').open = true")
    time.sleep(0.2)
    buttons = page.run("return document.querySelectorAll('#sx-records button').length")
    assert buttons == page.run("return document.querySelectorAll('.sx-mark.sx-resource').length")
    page.run("document.querySelector('#sx-records button').click()")
    assert page.run("return Boolean(document.querySelector('.sx-popup'))")
    page.run("sxgeo.map.closePopup()")


@pytest.mark.parametrize(
    ("lon", "lat", "crs"), [(112.31, 38.2, "EPSG:4546"), (113.39, 38.869, "EPSG:4547")]
)
def test_the_coordinates_shown_are_those_of_proj(page, lon, lat, crs):
    plane = page.run("return sxgeo.gaussKrueger(arguments[0], arguments[1])", lon, lat)
    east, north = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lon, lat)
    assert plane["x"] == pytest.approx(north, abs=0.001)
    assert plane["y"] == pytest.approx(east, abs=0.001)


def test_the_panel_folds_on_a_phone(browser, saved):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        opened = Opened(browser, saved)
        shown = "return getComputedStyle(document.getElementById('sx-legend')).display"
        assert opened.run(shown) == "none"
        opened.run("document.getElementById('sx-fold').click()")
        assert opened.run(shown) != "none"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_are_seen_as_text(browser, tmp_path):
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(3).copy()
    frame["name_zh"] = frame["name_en"] = frame["source"] = frame["level"] = HOSTILE
    build_map("taixin", layers=[Layer.from_frame(layer.spec, frame)], areas=NO_AREAS).save(
        tmp_path / "hostile.html"
    )
    opened = Opened(browser, tmp_path / "hostile.html")
    opened.run("sxgeo.show(arguments[0])", frame["feature_id"].iloc[1])
    assert opened.run("return document.querySelector('.sx-popup h3').textContent") == HOSTILE
    assert (
        opened.run("return document.querySelectorAll('.sx-popup img, .sx-popup script').length")
        == 0
    )
    assert opened.run("return window.hacked === undefined")
    assert opened.errors() == []


def test_a_folium_layer_that_was_added_works_with_its_popup(browser, tmp_path):
    zone_map = build_map("taixin", areas=NO_AREAS)
    folium.Marker([38.4, 112.7], popup=folium.Popup("补充的点", show=True)).add_to(zone_map)
    zone_map.save(tmp_path / "more.html")
    opened = Opened(browser, tmp_path / "more.html")
    assert "补充的点" in opened.run(
        "return document.querySelector('.leaflet-popup-content').textContent"
    )
    assert opened.requests() == []
    assert opened.errors() == []


def test_the_guard_sees_a_page_that_asks_for_a_library(browser, saved, tmp_path):
    """Control: one script tag of a content network, with the policy taken out, must be noticed."""
    html = saved.read_text("utf-8").replace("Content-Security-Policy", "X-Nothing", 1)
    tag = '<script src="https://cdn.example/leaflet.js"></script>'
    (tmp_path / "cdn.html").write_text(html.replace("<title>", f"{tag}<title>", 1), "utf-8")
    opened = Opened(browser, tmp_path / "cdn.html")
    assert opened.requests() == ["https://cdn.example/leaflet.js"]
    assert opened.errors()


def test_the_policy_stops_what_the_guard_has_missed(browser, saved, tmp_path):
    tag = "<script>window.hacked = 1</script>"
    html = saved.read_text("utf-8").replace("<title>", f"{tag}<title>", 1)
    (tmp_path / "slipped.html").write_text(html, "utf-8")
    opened = Opened(browser, tmp_path / "slipped.html")
    assert opened.run("return window.hacked === undefined")
    assert any("Content Security Policy" in message for message in opened.errors())


def test_a_boundary_is_hatched_and_an_extent_box_is_dashed(browser, tmp_path):
    layer = load_layer("protected_areas")
    frame = layer.frame.head(2).copy()
    frame["geometry"] = [shapely.box(112.6, 38.3, 112.8, 38.5), shapely.box(113, 38.6, 113.2, 38.8)]
    frame["geometry_kind"] = ["digitised", "extent_box"]
    build_map("taixin", layers=[Layer.from_frame(layer.spec, frame)], areas=NO_AREAS).save(
        tmp_path / "p.html"
    )
    opened = Opened(browser, tmp_path / "p.html")
    looks = opened.run(
        "return [...document.querySelectorAll('.leaflet-sx-areas-pane path.leaflet-interactive')]"
        ".map(p => [p.getAttribute('fill'), p.getAttribute('stroke-dasharray')])"
    )
    assert [dash for _, dash in looks] == ["8 3", "3 3.5"]  # an approximate boundary is dashed, too
    assert looks[0][0] == "url(#sx-hatch-protected_areas)"
    assert opened.run(
        "return Boolean(document.querySelector('pattern#sx-hatch-protected_areas path'))"
    )
    assert opened.errors() == []


# --- the atlas ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zone_id", ["yellow_river_provinces", "greater_bay", "hancheng_hejin_wanrong"]
)
def test_a_map_of_any_size_shows_its_whole_zone_and_members(browser, tmp_path, zone_id):
    path = tmp_path / f"{zone_id}.html"
    build_map(zone_id).save(path)
    opened = Opened(browser, path)
    assert opened.run("return sxgeo.ready") and opened.errors() == [] and opened.requests() == []
    inside = (
        "const b = sxgeo.map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(),"
        " b.getNorth()]"
    )
    west, south, east, north = opened.run(inside)
    zone = load_zone(zone_id).outline.bounds
    assert west <= zone[0] and south <= zone[1] and zone[2] <= east and zone[3] <= north
    assert "本区" in opened.run("return document.getElementById('sx-coverage').textContent")
    opened.run(
        "let first = null; sxgeo.map.eachLayer(l => { if (!first && l.options.className ==="
        " 'sx-land') first = l; });first.openPopup()"
    )
    popup = opened.run("return document.querySelector('.sx-popup').textContent")
    assert "区划代码" in popup and "来源" in popup


# the check and the tools
# -------------------------------------------------------------------------------------

PLOT = {
    "type": "Polygon",
    "coordinates": [
        [[112.71, 38.46], [112.77, 38.46], [112.77, 38.41], [112.71, 38.41], [112.71, 38.46]]
    ],
}


def park() -> Layer:
    """A surveyed scope of 0.05 by 0.05 degree, so that a plot can overlap something."""
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(1).copy()
    frame["name_zh"], frame["subzone"], frame["geometry_kind"] = (
        HOSTILE,
        "protection_scope",
        "surveyed",
    )
    frame["point_role"] = frame["extent_m"] = frame["screening_extent_m"] = None
    frame["position_accuracy_m"], frame["datum_error_m"] = 1.0, 0.0
    frame = frame.set_geometry(
        gpd.GeoSeries([shapely.box(112.73, 38.40, 112.78, 38.45)], index=frame.index, crs=4490)
    )
    return Layer.from_frame(layer.spec, frame)


@pytest.fixture(scope="module")
def park_page(browser, tmp_path_factory) -> Opened:
    path = tmp_path_factory.mktemp("park") / "park.html"
    build_map("taixin", layers=[park()], areas=NO_AREAS).save(path)
    return Opened(browser, path)


def same_as_library(page: dict, layers, **asked) -> None:
    counties = load_counties(neighbours=True)
    outcomes = screen(
        [Site("site#1", shapely.from_geojson(json.dumps(PLOT)), accuracy_m=0.0)],
        layers,
        load_rules(),
        counties=counties,
        as_of=page["as_of"],
        project=make_project(asked.get("project_type"), asked.get("attributes", {})),
    )
    told = Report(sites=outcomes, as_of=page["as_of"], classes={}, receipt={}).to_dict()["sites"][
        0
    ]["screening"]
    by_class = {entry["resource_class"]: entry for entry in page["sites"][0]["screening"]}
    for entry in told:
        other = by_class[entry["resource_class"]]
        for key in ("outcome", "known_outcome", "effect", "reason_code"):
            assert other[key] == entry[key]
        assert [f["feature_id"] for f in other["findings"]] == [
            f["feature_id"] for f in entry["findings"]
        ]
        for a, b in zip(entry["findings"], other["findings"], strict=True):
            assert b["overlap_m2"] == pytest.approx(a["overlap_m2"], rel=1e-6, abs=1e-3)


def test_the_page_answers_as_the_library_does(browser, saved):
    page = Opened(browser, saved)
    asked = {"project_type": "industrial", "attributes": {"height_m": 30, "discharge": "yes"}}
    answer = page.run("return sxgeo.check(arguments[0], arguments[1])", PLOT, asked)
    assert answer["schema"] == "sxgeo.check/2"
    assert len(answer["sites"][0]["screening"]) == 15
    same_as_library(answer, load_layers(), **asked)
    assert page.run(
        "try { sxgeo.check({type: 'Nothing'}); } catch (error) { return error.message; }"
    ).startswith("GeoJSON type")


def test_an_overlap_is_hatched_in_red_and_told_with_its_law_and_badges(park_page):
    park_page.run(
        "sxgeo.panel.open(true); sxgeo.panel.take(JSON.stringify(arguments[0]), '')", PLOT
    )
    words = park_page.run("return document.getElementById('sx-result').textContent")
    answer = park_page.run("return sxgeo.panel.answer")
    same_as_library(answer, [park()])
    assert answer["sites"][0]["known_verdict"] == "conflict"
    for part in (
        "冲突（禁止或原则禁止）",
        "资料完备度",
        "发现禁止性冲突1项：地块压占",
        "文物保护法",
        "公顷",
        "不替代用地预审",
    ):
        assert part in words
    fill = park_page.run(
        "return document.querySelector('.leaflet-sx-overlaps-pane g path').getAttribute('fill')"
    )
    assert fill == "url(#sx-overlaps-conflict)"
    colour = park_page.run(
        "return document.querySelector('#sx-overlaps-conflict path').getAttribute('stroke')"
    )
    assert colour == "#b40f1c"
    assert HOSTILE in words  # as text
    assert (
        park_page.run(
            "return document.querySelectorAll('#sx-result img, #sx-result script').length"
        )
        == 0
    )
    assert park_page.run("return window.hacked === undefined")
    park_page.run("document.querySelector('.sx-findings button').click()")
    assert park_page.run("return Boolean(document.querySelector('.sx-popup'))")
    park_page.run("sxgeo.map.closePopup(); document.getElementById('sx-wipe').click()")
    assert (
        park_page.run("return document.querySelectorAll('.leaflet-sx-overlaps-pane g path').length")
        == 0
    )
    assert park_page.requests() == []
    assert park_page.errors() == []


def test_a_parcel_can_be_drawn_with_the_mouse(browser, saved):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    page = Opened(browser, saved)
    page.run("sxgeo.panel.open(true); document.getElementById('sx-draw').click()")
    sheet = browser.find_element(By.CLASS_NAME, "sx-sheet")
    pixel_m = page.run(
        "const c = sxgeo.map.getCenter(); return 40075016.686 * Math.cos(c.lat * Math.PI / 180) /"
        " 256 / 2 ** sxgeo.map.getZoom()"
    )
    moves = ActionChains(browser, duration=50)
    for x, y in ((0, -100), (120, -100), (120, 60)):
        moves.move_to_element_with_offset(sheet, x, y).click().pause(0.4)
    moves.move_to_element_with_offset(sheet, 0, 60).double_click().perform()
    time.sleep(0.3)
    answer = page.run("return sxgeo.panel.answer")
    assert len(answer["receipt"]["sites"][0]["geometry"]["coordinates"][0]) == 5
    assert answer["sites"][0]["area_m2"] > 0
    assert answer["sites"][0]["accuracy_m"] == pytest.approx(
        max(20, 5 * pixel_m), rel=0.05
    )  # as sure as the screen
    assert answer["sites"][0]["accuracy_source"] == "default: drawn by hand on the screen"
    assert page.run("return document.querySelector('.sx-sheet').hidden")
    assert page.errors() == []


def test_a_survey_file_can_be_chosen_and_the_answer_saved(browser, saved, tmp_path):
    text = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n4,1,DK1,一号地块,面,,,,@\n"
    points = [
        (4250000.0, 405000.0),
        (4250000.0, 405500.0),
        (4249500.0, 405500.0),
        (4249500.0, 405000.0),
        (4250000.0, 405000.0),
    ]
    text += "".join(f"J{i},1,{x},{y}\n" for i, (x, y) in enumerate(points, start=1))
    file = tmp_path / "plot.txt"
    file.write_bytes(text.encode("gb18030"))
    page = Opened(browser, saved)
    page.run("sxgeo.panel.open(true)")
    browser.find_element("id", "sx-file").send_keys(str(file))
    for _ in range(30):
        if page.run("return Boolean(sxgeo.panel.answer)"):
            break
        time.sleep(0.1)
    site = page.run("return sxgeo.panel.answer.sites[0]")
    assert site["site_id"] == "DK1"
    assert site["crs"] == "EPSG:4547"
    assert site["area_m2"] == pytest.approx(250_000, abs=5)  # the grid of 1e-7 degree
    assert "一号地块" in page.run("return document.querySelector('.sx-answer h3').textContent")
    page.run(
        "window.kept = null; const make = URL.createObjectURL; URL.createObjectURL = blob => {"
        " blob.text().then(t => { window.kept = t; }); return make(blob); };"
        " document.getElementById('sx-save').click()"
    )
    time.sleep(0.4)
    assert json.loads(page.run("return window.kept"))["receipt"]["schema"] == "sxgeo.receipt/2"
    assert page.requests() == []
    assert page.errors() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "第1行"),
        ('{"type": ', "JSON"),
        ('{"type":"Point","coordinates":[2,48]}', "中国范围以外"),
        ("410000,4200000", "带号"),
    ],
)
def test_what_cannot_be_read_is_told_and_breaks_nothing(page, text, said):
    page.run("sxgeo.panel.open(true); sxgeo.panel.take(arguments[0], '')", text)
    assert said in page.run("return document.getElementById('sx-check').textContent")
    page.run("document.getElementById('sx-wipe')?.click(); sxgeo.panel.open(false)")


def test_a_file_that_is_too_large_is_refused(page):
    page.run("sxgeo.panel.read(new File([new Uint8Array(11 * 2 ** 20)], 'a.geojson'))")
    time.sleep(0.2)
    assert "10 MB" in page.run("return document.querySelector('.sx-status').textContent")


@pytest.mark.parametrize("typed", ["五台山风景名胜区", "PA-001", "wutai mountain", "南禅寺"])
def test_search_by_name_id_or_english_opens_the_record(page, typed):
    found = page.run(
        "const i = document.getElementById('sx-find'); i.value = arguments[0]; i.dispatchEvent(new"
        " Event('input'));return [...document.querySelectorAll('#sx-found li')].map(e =>"
        " e.textContent)",
        typed,
    )
    if typed == "wutai mountain" and "nothing found" in found[0]:
        found = page.run(
            "const i = document.getElementById('sx-find'); i.value = 'wutai'; i.dispatchEvent(new"
            " Event('input'));return [...document.querySelectorAll('#sx-found li')].map(e =>"
            " e.textContent)"
        )
    assert found
    assert "没有找到" not in found[0]
    page.run(
        "document.getElementById('sx-find').dispatchEvent(new KeyboardEvent('keydown', {key:"
        " 'Enter', bubbles: true}))"
    )
    page.run("sxgeo.map.closePopup()")


def test_search_opens_a_popup_of_readable_width(page):
    page.run(
        "const i = document.getElementById('sx-find'); i.value = 'PA-001'; i.dispatchEvent(new"
        " Event('input'));i.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles:"
        " true}))"
    )
    time.sleep(0.4)
    words, width = page.run(
        "const p = document.querySelector('.sx-popup'); return [p.textContent,"
        " p.getBoundingClientRect().width]"
    )
    assert "PA-001" in words
    assert width >= 260
    page.run("sxgeo.map.closePopup()")


def test_the_page_speaks_english_and_back(browser, saved):
    page = Opened(browser, saved)
    page.run("document.getElementById('sx-do-lang').click()")
    assert "Taiyuan–Xinzhou" in page.run("return document.getElementById('sx-title').textContent")
    assert "Protected natural areas" in page.run(
        "return document.getElementById('sx-legend').textContent"
    )
    assert "Wutai County" in page.run(
        "return [...document.querySelectorAll('.sx-label')].map(e => e.textContent)"
    )
    assert page.run("return document.documentElement.lang") == "en"
    page.run("document.getElementById('sx-do-lang').click()")
    assert "自然保护地" in page.run("return document.getElementById('sx-legend').textContent")
    assert page.errors() == []


def test_coordinates_are_copied_with_degrees_and_plane(page):
    page.run("document.getElementById('sx-coords').click()")
    copied = page.run("return document.getElementById('sx-coords').dataset.copied")
    assert copied.count("\t") == 2
    assert 110 < float(copied.split(",")[0]) < 115


def test_the_page_prints_map_and_answer_on_paper(browser, saved):
    page = Opened(browser, saved)
    page.run("sxgeo.panel.open(true); sxgeo.panel.take(JSON.stringify(arguments[0]), '')", PLOT)
    told = browser.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )["data"]
    sheets = base64.b64decode(told)
    assert sheets.startswith(b"%PDF")
    assert (
        sheets.count(b"/Type /Page\n") + sheets.count(b"/Type /Page ") >= 2
        or sheets.count(b"/MediaBox") >= 2
    )
    assert page.run("return document.documentElement.classList.contains('sx-printing')") is False


def axe_script() -> str:
    folder = os.environ.get("SXGEO_AXE")
    found = [Path(folder)] if folder else []
    npm = shutil.which("npm")
    if not found and npm:
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                [npm, "pack", "axe-core@4.14.1", "--silent"],
                cwd=place,
                check=False,
                capture_output=True,
            )
            archives = list(Path(place).glob("*.tgz"))
            if done.returncode == 0 and archives:
                with tarfile.open(archives[0]) as tar:
                    stream = tar.extractfile("package/axe.min.js")
                    assert stream is not None
                    return stream.read().decode()
    for path in found:
        return path.read_text("utf-8")
    pytest.skip(
        "axe-core is not at hand: give its axe.min.js in SXGEO_AXE, or have npm with a registry"
    )


AXE = (
    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(r =>"
    " done(r.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)])))"
)


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_script()


def test_axe_finds_nothing_serious(browser, saved, tmp_path, axe):
    html = saved.read_text("utf-8").replace("Content-Security-Policy", "X-Nothing", 1)
    (tmp_path / "axe.html").write_text(html, "utf-8")
    page = Opened(browser, tmp_path / "axe.html")
    page.run(axe)
    page.run("sxgeo.panel.open(true); sxgeo.panel.take(JSON.stringify(arguments[0]), '')", PLOT)
    page.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    time.sleep(0.3)
    violations = browser.execute_async_script(AXE)
    assert [v for v in violations if v[0] in ("serious", "critical")] == []


def test_axe_would_see_a_field_without_a_name(browser, saved, tmp_path, axe):
    """Control for the guard above."""
    html = saved.read_text("utf-8").replace("Content-Security-Policy", "X-Nothing", 1)
    (tmp_path / "bad.html").write_text(
        html.replace('<ul id="sx-found"', '<input type="text"><ul id="sx-found"', 1), "utf-8"
    )
    page = Opened(browser, tmp_path / "bad.html")
    page.run(axe)
    assert any(v[0] in ("serious", "critical") for v in browser.execute_async_script(AXE))
