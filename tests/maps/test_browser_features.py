"""The page in a real Chromium: two days with a divider, areas told in popups, pinyin, English
findings, import errors.
"""

from __future__ import annotations

import time

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_browser import AXE, HOSTILE, PLOT, Opened, axe, browser, saved  # noqa: F401  (fixtures)

import sxgeo
from sxgeo.maps import build_map

pytestmark = pytest.mark.browser

XINFU = (112.7346, 38.4163)
TODAY, NEXT = "2026-11-21", "2027-12-31"
NOW = "const d = document.getElementById('sx-divider'); return [Number(d.getAttribute('aria-valuenow')), d.getAttribute('aria-valuetext')]"


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory):
    compared = sxgeo.compare(sxgeo.load_network("taixin"), XINFU, TODAY, NEXT, minutes=(30, 90))
    path = tmp_path_factory.mktemp("scenario") / "scenario.html"
    build_map("taixin", areas=compared).save(path)
    return path


@pytest.fixture
def scenario(browser, scenario_file) -> Opened:  # noqa: F811
    opened = Opened(browser, scenario_file)
    opened.run("document.getElementById('sx-fold').setAttribute('aria-expanded', 'true')")
    return opened


def test_two_days_stand_side_by_side_with_their_dates_and_minutes(scenario):
    days = scenario.run(
        "return [...document.querySelectorAll('#sx-divider .sx-day')].map(e => e.textContent)"
    )
    assert days == [TODAY, NEXT]
    labels = scenario.run(
        "return [...document.querySelectorAll('.sx-label.sx-minutes')].map(e => e.textContent)"
    )
    assert {"30 分钟", "90 分钟"} <= set(labels)
    assert any(text.startswith("90 分钟 +") and text.endswith(" km²") for text in labels)
    for pane in ("before", "after"):
        assert (
            scenario.run(f"return document.querySelectorAll('.leaflet-sx-{pane}-pane path').length")
            >= 2
        )
    assert scenario.errors() == [] and scenario.requests() == []


def test_the_legend_tells_areas_lines_and_stations_that_change(scenario):
    words = scenario.run("return document.getElementById('sx-legend').textContent")
    for part in (
        "情景对比",
        "雄忻高铁",
        "计划 2027-03 开通，尚未开通",
        "新增可达范围",
        "曲阳站",
        "到不了",
        "均为假定",
        "时间误差 ±45%",
    ):
        assert part in words
    table = scenario.run(
        "return [...document.querySelectorAll('.sx-figures')][0].querySelectorAll('tbody tr').length === 2"
        " && [...document.querySelectorAll('.sx-figures')][0].textContent"
    )
    assert TODAY in table and NEXT in table and "新增" in table


def test_the_divider_moves_by_keyboard_within_its_bounds(browser, scenario):  # noqa: F811
    bar = browser.find_element(By.ID, "sx-divider")
    assert bar.aria_role == "slider" and TODAY in bar.accessible_name
    scenario.run("arguments[0].focus()", bar)
    for key, expected in (
        (Keys.ARROW_LEFT, 48),
        (Keys.ARROW_RIGHT, 50),
        (Keys.PAGE_UP, 60),
        (Keys.HOME, 0),
        (Keys.ARROW_DOWN, 0),
        (Keys.END, 100),
        (Keys.ARROW_UP, 100),
    ):
        bar.send_keys(key)
        assert scenario.run(NOW)[0] == expected
    assert scenario.run(NOW)[1] == f"左 left {TODAY} 100%，右 right {NEXT} 0%"


def test_the_divider_is_dragged_and_the_map_is_not(browser, scenario):  # noqa: F811
    centre = "const c = sxgeo.map.getCenter(); return [c.lat, c.lng]"
    at = scenario.run(centre)
    grip = browser.find_element(By.CSS_SELECTOR, "#sx-divider .sx-grip")
    ActionChains(browser, duration=80).click_and_hold(grip).move_by_offset(
        -400, 10
    ).release().perform()
    assert scenario.run(NOW)[0] == pytest.approx(25, abs=2)
    assert scenario.run(centre) == at
    time.sleep(0.2)
    clip = "return [...arguments].map(n => getComputedStyle(sxgeo.map.getPane('sx-' + n)).clipPath)"
    before, after = scenario.run(clip, "before", "after")
    edge = scenario.run(
        "return sxgeo.map.containerPointToLayerPoint([sxgeo.map.getSize().x * .25, 0]).x"
    )
    right, left = (
        float(p.split("(")[1].split(",")[i].split("px")[0]) for p, i in ((before, 1), (after, 0))
    )
    assert right == pytest.approx(edge, abs=30) and left == right


def test_labels_of_a_day_stay_on_its_side(scenario):
    scenario.run(
        "document.getElementById('sx-divider').dispatchEvent(new KeyboardEvent('keydown', {key: 'End'}))"
    )
    time.sleep(0.3)
    assert not scenario.run("return [...document.querySelectorAll('.sx-gain')].length")
    scenario.run(
        "document.getElementById('sx-divider').dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'}))"
    )
    time.sleep(0.3)
    assert scenario.run("return [...document.querySelectorAll('.sx-gain')].length") == 1


def test_the_scenario_can_be_switched_off(scenario):
    scenario.run("document.querySelector('input[data-layer=bands]').click()")
    assert scenario.run("return document.getElementById('sx-divider').hidden")
    assert (
        scenario.run("return document.querySelectorAll('.leaflet-sx-after-pane path').length") == 0
    )
    scenario.run("document.querySelector('input[data-layer=bands]').click()")
    assert not scenario.run("return document.getElementById('sx-divider').hidden")


def test_a_popup_of_an_area_tells_minutes_origin_road_error_and_notice(scenario):
    scenario.run(
        "document.querySelector('.sx-bands').open = true; document.querySelector('.sx-bands button').click()"
    )
    words, width = scenario.run(
        "const p = document.querySelector('.sx-popup'); return [p.textContent, p.getBoundingClientRect().width]"
    )
    for part in (
        "30 分钟可达范围",
        "起点",
        "112.7346,38.4163",
        TODAY,
        "到路网",
        "已计入时间",
        "±45%",
        "基于简化路网估算",
    ):
        assert part in words
    assert width >= 260


def test_the_error_band_is_drawn_named_and_told(browser, tmp_path):  # noqa: F811
    areas = sxgeo.isochrones(
        sxgeo.load_network("taixin"),
        [(112.582, 37.86)],
        [30, 60],
        contours=("inner", "middle", "outer"),
    )
    build_map("taixin", areas=areas).save(tmp_path / "band.html")
    page = Opened(browser, tmp_path / "band.html")
    fills = page.run(
        "return [...document.querySelectorAll('.leaflet-sx-bands-pane path')].map(p => p.getAttribute('fill'))"
    )
    assert sum(str(fill).startswith("url(#sx-error-") for fill in fills) == 2
    dashes = page.run(
        "return document.querySelectorAll('.leaflet-sx-bands-pane path[stroke-dasharray]').length"
    )
    assert dashes == 4
    assert "误差带（时间误差 ±45%）" in page.run(
        "return document.getElementById('sx-error-band').textContent"
    )
    label = browser.find_element(By.CSS_SELECTOR, ".sx-label.sx-minutes")
    ActionChains(browser).move_to_element(label).click().perform()
    time.sleep(0.6)  # a click that went through to the map would have closed the popup by now
    assert "误差带见图" in page.run("return document.querySelector('.sx-popup').textContent")
    assert page.errors() == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [("wtsfjmsq", "五台山风景名胜区"), ("fanshixian", "繁峙县"), ("nanchansi", "南禅寺")],
)
def test_a_name_is_found_by_its_pinyin(browser, saved, typed, found):  # noqa: F811
    page = Opened(browser, saved)
    hits = page.run(
        "const i = document.getElementById('sx-find'); i.value = arguments[0]; i.dispatchEvent(new Event('input'));"
        "return [...document.querySelectorAll('#sx-found li b')].map(e => e.textContent)",
        typed,
    )
    assert found in hits[0]


def test_findings_speak_english_and_back(browser, saved):  # noqa: F811
    page = Opened(browser, saved)
    page.run("sxgeo.panel.open(true); sxgeo.panel.take(JSON.stringify(arguments[0]), '')", PLOT)
    chinese = page.run("return document.getElementById('sx-result').textContent")
    page.run("document.getElementById('sx-do-lang').click()")
    words = page.run("return document.getElementById('sx-result').textContent")
    for part in (
        "cannot be concluded yet",
        "Verdict",
        "to be verified",
        "law as published, in Chinese",
        "combined error",
        "An aid to screening",
    ):
        assert part in words
    assert "合成误差" not in words and "待核实" not in words
    page.run("document.getElementById('sx-do-lang').click()")
    assert page.run("return document.getElementById('sx-result').textContent") == chinese
    page.run(
        "document.getElementById('sx-do-lang').click(); sxgeo.panel.take(JSON.stringify(arguments[0]), '')",
        PLOT,
    )
    assert "cannot be concluded yet" in page.run(
        "return document.getElementById('sx-result').textContent"
    )
    assert page.errors() == []


STATES = {
    "scenario": "",
    "scenario in English, list open": "document.getElementById('sx-do-lang').click(); document.querySelectorAll('details').forEach(d => { d.open = true; });"
    "document.querySelector('.sx-bands button').click()",
    "import error": "sxgeo.panel.open(true); sxgeo.panel.read(new File([new Uint8Array([80, 75, 3, 4])], 'a.zip'))",
    "English findings": "document.getElementById('sx-do-lang').click(); sxgeo.panel.open(true); sxgeo.panel.take(JSON.stringify(arguments[0]), '');"
    "document.querySelectorAll('details').forEach(d => { d.open = true; });",
    "search": "const i = document.getElementById('sx-find'); i.focus(); i.value = 'wts'; i.dispatchEvent(new Event('input'))",
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious_in_the_new_states(browser, scenario_file, tmp_path, axe, state):  # noqa: F811
    html = scenario_file.read_text("utf-8").replace("Content-Security-Policy", "X-Nothing", 1)
    (tmp_path / "axe.html").write_text(html, "utf-8")
    page = Opened(browser, tmp_path / "axe.html")
    page.run(axe)
    page.run(STATES[state], PLOT)
    time.sleep(0.4)
    violations = browser.execute_async_script(AXE)
    assert [v for v in violations if v[0] in ("serious", "critical")] == []


def test_the_minutes_of_several_origins_show_whose_they_are(browser, tmp_path):  # noqa: F811
    places = [(112.582, 37.86), (112.73, 38.41)]
    areas = sxgeo.isochrones(sxgeo.load_network("taixin"), places, [15, 30])
    edges = (
        "return [...document.querySelectorAll('.sx-minutes')].map(e => getComputedStyle(e))"
        ".map(s => s.borderLeftWidth === '0px' ? null : s.borderLeftColor)"
    )
    build_map("taixin", areas=areas).save(tmp_path / "two.html")
    assert len(set(Opened(browser, tmp_path / "two.html").run(edges)) - {None}) == 4
    alone = sxgeo.isochrones(sxgeo.load_network("taixin"), places[0], [15, 30])
    build_map("taixin", areas=alone).save(tmp_path / "one.html")
    assert set(Opened(browser, tmp_path / "one.html").run(edges)) == {None}


def test_a_hostile_name_of_an_origin_is_seen_as_text(browser, tmp_path):  # noqa: F811
    areas = sxgeo.isochrones(sxgeo.load_network("taixin"), [(112.582, 37.86)], [30])
    areas["origin_id"] = HOSTILE
    areas.attrs["origins"] = [(HOSTILE, 112.582, 37.86)]
    build_map("taixin", areas=areas).save(tmp_path / "hostile.html")
    page = Opened(browser, tmp_path / "hostile.html")
    page.run(
        "document.querySelector('.sx-bands').open = true; document.querySelector('.sx-bands button').click()"
    )
    assert HOSTILE in page.run("return document.querySelector('.sx-popup').textContent")
    assert (
        page.run(
            "return document.querySelectorAll('.sx-popup img, .sx-popup script, .sx-legend img').length"
        )
        == 0
    )
    assert page.run("return window.hacked === undefined")
    assert page.errors() == []


def test_a_hostile_file_is_told_as_text(browser, saved):  # noqa: F811
    page = Opened(browser, saved)
    page.run(
        "sxgeo.panel.open(true); const kml = new XMLSerializer().serializeToString((() => { const d = document.implementation.createDocument(null, 'kml');"
        "const add = (to, name, text) => { const e = to.appendChild(d.createElement(name)); e.textContent = text || ''; return e; };"
        "const mark = add(d.documentElement, 'Placemark'); add(mark, 'name', arguments[0]); add(add(mark, 'Point'), 'coordinates', '112.7,38.4'); return d; })());"
        "window.done = false; sxgeo.panel.read(new File([kml], arguments[0] + '.kml')).finally(() => { window.done = true; })",
        HOSTILE,
    )
    for _ in range(100):
        if page.run("return window.done"):
            break
        time.sleep(0.02)
    assert HOSTILE in page.run("return document.querySelector('.sx-answer h3').textContent")
    assert (
        page.run("return document.querySelectorAll('#sx-check img, #sx-check script').length") == 0
    )
    assert page.run("return window.hacked === undefined")
