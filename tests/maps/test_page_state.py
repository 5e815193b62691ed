"""One state in the page: an answer belongs to exactly what stands above it; whatever changes, is refused or fails takes it away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from conftest import make_record
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_browser import NO_AREAS, PLOT, Opened, browser, park, park_page, saved  # noqa: F401  (fixtures)

from sxgeo.layers.layers import Layer, load_layer, load_layers
from sxgeo.maps import build_map
from sxgeo.maps.style import VERDICT_HATCHES
from sxgeo.model.outcomes import Origin

pytestmark = pytest.mark.browser

STANDS = (
    "return [sxgeo.panel.answer === null, document.getElementById('sx-result').textContent,"
    "document.querySelectorAll('.leaflet-sx-overlaps-pane g path, .leaflet-sx-sites-pane g path').length,"
    "document.body.classList.contains('sx-answered'), document.querySelector('.sx-status').textContent]"
)
READ = (
    "window.done = false; sxgeo.panel.readAll(arguments[0].map(([name, text]) => new File([text], name)))"
    "?.finally(() => { window.done = true; }) ?? (window.done = true)"
)


@pytest.fixture
def page(park_page) -> Opened:  # noqa: F811
    park_page.run("document.getElementById('sx-wipe')?.click(); sxgeo.panel.open(true)")
    for name, value in (
        ("type", ""),
        ("height", ""),
        ("water", ""),
        ("waste", ""),
        ("accuracy", ""),
    ):
        park_page.run("sxgeo.panel.inputs[arguments[0]].value = arguments[1]", name, value)
    park_page.run(
        "sxgeo.panel.inputs.day.value = '2026-11-21'; sxgeo.panel.take(JSON.stringify(arguments[0]))",
        PLOT,
    )
    assert park_page.run("return sxgeo.panel.answer.sites[0].known_verdict") == "conflict"
    return park_page


def gone(page: Opened, *words: str) -> None:
    """Nothing of the answer is left in the panel, on the map or for the printer, and the reason is told."""
    no_answer, result, drawn, answered, status = page.run(STANDS)
    assert (no_answer, result, drawn, answered) == (True, "", 0, False)
    assert all(word in status for word in words), status


def read(page: Opened, *files: tuple[str, str]) -> None:
    page.run(READ, [list(file) for file in files])
    for _ in range(100):
        if page.run("return window.done"):
            return
        time.sleep(0.02)
    raise AssertionError("the page did not end")


FORM: dict[str, tuple[str, str]] = {
    "the type": ("sx-type", "industrial"),
    "the height": ("sx-height", "30"),
    "groundwater": ("sx-water", "no"),
    "discharge": ("sx-waste", "yes"),
    "the accuracy": ("sx-accuracy", "5"),
    "the day": ("sx-day", "2020-06-01"),
}


@pytest.mark.parametrize("changed", FORM)
def test_a_change_of_what_is_asked_takes_the_answer_away(page, changed):
    field, value = FORM[changed]
    page.run(
        "const i = document.getElementById(arguments[0]); i.value = arguments[1]; i.dispatchEvent(new Event('input', {bubbles: true}))",
        field,
        value,
    )
    gone(page, "核查条件已改", "check again")
    page.run("document.getElementById('sx-again').click()")
    told = page.run("return document.getElementById('sx-question').textContent")
    parameters = page.run("return sxgeo.panel.answer.receipt.parameters")
    said = {"the type": "工业", "the height": "30 米", "the day": "2020-06-01"}
    assert said.get(changed, "地块") in told
    assert (parameters["project_type"] == "industrial") is (changed == "the type")
    assert parameters["as_of"] == ("2020-06-01" if changed == "the day" else "2026-11-21")


REFUSED: dict[str, tuple[Callable[[Opened], None], tuple[str, ...]]] = {
    "a file of nothing": (lambda p: read(p, ("a.geojson", "")), ("空的", "no answer stands")),
    "a file that is none": (
        lambda p: read(p, ("a.kml", "<html/>")),
        ("不是 KML", "no answer stands"),
    ),
    "a place far off": (lambda p: read(p, ("a.txt", "2, 48")), ("带号", "no answer stands")),
    "two files": (
        lambda p: read(p, ("a.txt", "112.7, 38.4"), ("b.txt", "112.8, 38.4")),
        ("一次只能读一个文件", "2"),
    ),
    "a file that is too large": (
        lambda p: p.run("sxgeo.panel.read({size: 11 * 2 ** 20, name: 'a.kml'})"),
        ("10 MB", "no answer stands"),
    ),
    "a text that is none": (
        lambda p: p.run("sxgeo.panel.take('hello')"),
        ("第1行", "no answer stands"),
    ),
    "no text": (lambda p: p.run("sxgeo.panel.take('')"), ("没有内容", "no answer stands")),
    "no feature": (
        lambda p: p.run('sxgeo.panel.take(\'{"type": "FeatureCollection", "features": []}\')'),
        ("no site given", "no answer stands"),
    ),
    "a check that fails": (
        lambda p: p.run(
            "const c = sxgeo.panel.checker; c.check = () => { delete c.check; throw new RangeError('too deep'); };"
            "document.getElementById('sx-again').click()"
        ),
        ("too deep", "no answer stands"),
    ),
    "an answer that cannot be drawn": (
        lambda p: p.run(
            "const s = sxgeo.panel; s.siteBlock = () => { delete s.siteBlock; throw new Error('no room'); };"
            "document.getElementById('sx-again').click()"
        ),
        ("no room", "no answer stands"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_or_failure_takes_the_answer_away_and_says_why(page, case):
    run, words = REFUSED[case]
    run(page)
    gone(page, *words)


@pytest.mark.parametrize("case", ["a file of nothing", "a text that is none", "two files"])
def test_after_a_refusal_the_earlier_parcel_is_not_checked_again(page, case):
    REFUSED[case][0](page)
    page.run("document.getElementById('sx-again').click()")
    gone(page, "先绘制或给出地块")


def test_a_change_of_the_text_takes_parcel_and_answer_away(page):
    page.run(
        "const t = sxgeo.panel.inputs.text; t.value = '112.7, 38.4'; t.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    gone(page, "坐标已改")
    page.run("document.getElementById('sx-again').click()")
    gone(page, "先绘制或给出地块")


def test_a_text_that_is_not_the_parcel_does_not_stand_above_its_answer(page):
    page.run("sxgeo.panel.inputs.text.value = '112.7, 38.4'")
    read(page, ("甲.geojson", json.dumps(PLOT)))
    assert page.run("return sxgeo.panel.inputs.text.value") == ""
    assert "文件“甲.geojson”（1 个）" in page.run(
        "return document.getElementById('sx-question').textContent"
    )


def test_a_drawing_that_is_begun_takes_the_answer_away(browser, page):  # noqa: F811
    page.run("document.getElementById('sx-draw').click()")
    gone(page, "单击加点")
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    gone(page)
    assert page.run("return sxgeo.panel.parcel") is None


def test_of_two_files_the_later_one_stands_and_an_abandoned_one_never_comes_back(page):
    page.run(
        "window.late = new Promise(go => { window.go = go; }); const slow = new File(['112.7, 38.4'], 'slow.txt');"
        "slow.arrayBuffer = () => window.late; sxgeo.panel.read(slow)"
    )
    gone(page, "slow.txt")
    read(page, ("quick.geojson", json.dumps(PLOT)))
    page.run("window.go(new TextEncoder().encode('112.7, 38.4').buffer)")
    time.sleep(0.2)
    assert "quick.geojson" in page.run("return document.getElementById('sx-question').textContent")
    assert page.run("return sxgeo.panel.answer.receipt.sites[0].file") == "quick.geojson"


def test_what_cannot_be_read_in_the_form_is_never_taken_for_nothing(browser, page):  # noqa: F811
    browser.find_element(By.ID, "sx-accuracy").send_keys("1e")
    gone(page, "核查条件已改")
    page.run("document.getElementById('sx-again').click()")
    gone(page, "地块精度填写有误")
    browser.find_element(By.ID, "sx-accuracy").send_keys(Keys.BACKSPACE)
    page.run("document.getElementById('sx-again').click()")
    assert page.run("return sxgeo.panel.answer.receipt.sites[0].accuracy_m") == 1
    page.run("sxgeo.panel.inputs.accuracy.value = ''")


def test_the_question_is_named_in_both_languages_and_on_paper(browser, page):  # noqa: F811
    page.run(
        "sxgeo.panel.inputs.type.value = 'industrial'; sxgeo.panel.inputs.waste.value = 'no'; document.getElementById('sx-again').click()"
    )
    told = page.run("return document.getElementById('sx-question').textContent")
    for part in (
        "所填坐标（1 个）",
        "项目类型：工业",
        "排放污染物：否",
        "建筑高度：未说明",
        "规则时点：2026-11-21",
        "量算引擎：本页",
    ):
        assert part in told
    page.run("document.getElementById('sx-do-lang').click()")
    other = page.run("return document.getElementById('sx-question').textContent")
    page.run("document.getElementById('sx-do-lang').click()")
    for part in (
        "the text above (1)",
        "Project type: Industrial",
        "discharges pollutants: no",
        "Height: not said",
        "Rules of: 2026-11-21",
        "Measured by: this page",
    ):
        assert part in other
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = page.run("return document.getElementById('sx-question').getClientRects().length")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown


def test_a_closed_line_is_asked_about_and_the_answer_names_what_was_said(page):
    ring = {"type": "LineString", "coordinates": PLOT["coordinates"][0]}
    page.run("sxgeo.panel.take(JSON.stringify(arguments[0]))", ring)
    assert page.run("return sxgeo.panel.answer.sites[0].doubtful") is True
    page.run("document.querySelector('[data-assume=\"closed_line=plot\"]').click()")
    answer = page.run("return sxgeo.panel.answer")
    assert answer["sites"][0]["doubtful"] is False and answer["sites"][0]["area_m2"] > 1e6
    assert "首尾相接的线是：地块边界（按面）" in page.run(
        "return document.getElementById('sx-question').textContent"
    )
    page.run("sxgeo.panel.take(JSON.stringify(arguments[0]))", ring)
    assert (
        page.run("return sxgeo.panel.answer.sites[0].doubtful") is True
    )  # what was said belongs to one parcel


def test_enter_ends_a_drawing(browser, saved):  # noqa: F811
    page = Opened(browser, saved)
    page.run("sxgeo.panel.open(true); document.getElementById('sx-draw').click()")
    sheet = browser.find_element(By.CLASS_NAME, "sx-sheet")
    moves = ActionChains(browser, duration=50)
    for x, y in ((0, -100), (120, -100), (120, 60)):
        moves.move_to_element_with_offset(sheet, x, y).click().pause(0.4)
    moves.perform()
    page.run("sxgeo.map.getContainer().focus()")
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    answer = page.run("return sxgeo.panel.answer")
    assert answer["sites"][0]["area_m2"] > 0
    assert answer["sites"][0]["accuracy_source"] == "default: drawn by hand on the screen"
    assert page.errors() == []


@pytest.fixture(scope="module")
def unbound(browser, tmp_path_factory) -> Opened:  # noqa: F811
    """A page whose only record binds who takes groundwater, and nobody else."""
    (spec,) = [one.spec for one in load_layers(["groundwater_overdraft"])]
    record = make_record(
        resource_class=spec.id,
        resource_kind="overdraft_area",
        name_zh="禁采区甲",
        geometry_kind="surveyed",
    )
    shape = np.array([shapely.box(112.73, 38.40, 112.78, 38.45)], dtype=object)
    layer = Layer(spec, (record,), shape, origin=Origin(files=("a.gpkg",)))
    path = tmp_path_factory.mktemp("unbound") / "page.html"
    build_map("taixin", layers=[layer], areas=NO_AREAS, embed_user_layers=True).save(path)
    return Opened(browser, path)


def test_what_is_touched_though_nothing_binds_is_told_and_is_no_tick(unbound):
    unbound.run("sxgeo.panel.open(true); sxgeo.panel.inputs.water.value = 'no'")
    unbound.run("sxgeo.panel.take(JSON.stringify(arguments[0]))", PLOT)
    answer = unbound.run("return sxgeo.panel.answer")
    assert answer is not None, unbound.run("return sxgeo.panel.status.textContent")
    assert answer["known_verdict"] == "touched_unbound"
    shown = unbound.run(
        "return [document.querySelector('.sx-findings .sx-badge'), document.querySelector('.sx-main b'),"
        " document.querySelector('#sx-checked .sx-name')].map(one => one.textContent)"
    )
    assert all("○" in words and "✓" not in words for words in shown), shown


def test_every_finding_bears_the_sign_of_its_outcome(browser, saved):  # noqa: F811
    page = Opened(browser, saved)
    around = "113.08,38.68;113.15,38.68;113.15,38.73;113.08,38.73"  # a monument stands in it
    page.run(f"sxgeo.panel.open(true); sxgeo.panel.take('{around}')")
    told = page.run(
        "const all = Object.fromEntries(sxgeo.panel.answer.sites[0].screening.concat(sxgeo.panel.answer.sites[0].extra)"
        ".flatMap(e => e.findings).reverse().map(f => [f.name_zh, f.outcome]));"
        "return [...document.querySelectorAll('.sx-findings button')].map(b => [all[b.querySelector('b').textContent],"
        " b.querySelector('.sx-badge').textContent.trim().split(' ')[0]])"
    )
    signs = {outcome: sign for outcome, (_, sign) in VERDICT_HATCHES.items()}
    assert {outcome for outcome, _ in told} == {"conflict", "undetermined"}
    assert [sign for _, sign in told] == [signs[outcome] for outcome, _ in told]


INHERITED = ("constructor", "__proto__", "toString", "hasOwnProperty", "valueOf")


def test_a_record_named_like_what_every_object_has_kills_no_tool(browser, tmp_path: Path):  # noqa: F811
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(len(INHERITED)).copy()
    for column in (
        "name_zh",
        "name_en",
        "feature_id",
        "county_code",
        "resource_kind",
        "subzone",
        "level",
    ):
        frame[column] = list(INHERITED)
    build_map("taixin", layers=[Layer.from_frame(layer.spec, frame)], areas=NO_AREAS).save(
        tmp_path / "names.html"
    )
    page = Opened(browser, tmp_path / "names.html")
    assert page.run("return window.sxgeo && window.sxgeo.ready") is True
    for name in INHERITED:
        found = page.run(
            "const i = document.getElementById('sx-find'); i.value = arguments[0]; i.dispatchEvent(new Event('input'));"
            "return [...document.querySelectorAll('#sx-found li b')].map(e => e.textContent)",
            name,
        )
        assert name in found
        page.run("sxgeo.show(arguments[0])", name)
        assert (
            page.run("return [...document.querySelectorAll('.sx-popup h3')].pop().textContent")
            == name
        )
        page.run("sxgeo.map.closePopup()")
    page.run("document.getElementById('sx-records').open = true; sxgeo.panel.open(true)")
    places = {"type": "MultiPoint", "coordinates": [[g.x, g.y] for g in frame.geometry]}
    page.run("sxgeo.panel.take(JSON.stringify(arguments[0]))", places)
    words = page.run("return document.getElementById('sx-result').textContent")
    assert all(name in words for name in INHERITED)
    page.run("document.getElementById('sx-do-lang').click()")
    assert "native code" not in page.run("return document.body.textContent")
    page.run(
        "document.getElementById('sx-do-lang').click(); document.getElementById('sx-do-measure').click()"
    )
    assert page.run("return document.querySelector('.sx-sheet').hidden") is False
    assert page.errors() == []


LIES_OVER = """
const box = id => document.getElementById(id).getBoundingClientRect();
const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
const parts = {panel: box('sx-panel'), check: box('sx-check'), coords: box('sx-coords'),
  tools: document.querySelector('.sx-title').getBoundingClientRect(), foot: box('sx-foot')};
const names = Object.keys(parts);
return names.flatMap((a, i) => names.slice(i + 1).filter(b => over(parts[a], parts[b])).map(b => a + ' ' + b));
"""


@pytest.mark.parametrize("english", [False, True])
@pytest.mark.parametrize(("wide", "high"), [(1600, 1000), (1024, 768)])
def test_nothing_lies_over_the_tools_or_the_legend(browser, saved, wide, high, english):  # noqa: F811
    size = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page = Opened(browser, saved)
        if english:
            page.run("document.getElementById('sx-do-lang').click()")
        page.run(
            "document.getElementById('sx-do-check').click(); sxgeo.panel.take(JSON.stringify(arguments[0]))",
            PLOT,
        )
        assert page.run("return Boolean(sxgeo.panel.answer)")
        assert page.run(LIES_OVER) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
