"""The page on paper: A4 and A3, the whole zone beside its legend, the same view afterwards."""

from __future__ import annotations

import base64
import re

import pytest
from test_browser import Opened, browser, saved

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser

CHOOSE = (
    "const s = document.getElementById('sx-paper'); s.value = arguments[0]; s.dispatchEvent(new"
    " Event('change'));"
)
BOXES = """
window.dispatchEvent(new Event('beforeprint'));
const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const zone = sxgeo.map.getContainer().querySelectorAll('.leaflet-sx-edges-pane path'), outline = zone[zone.length - 1];
return {map: box(sxgeo.map.getContainer()), legend: box(document.getElementById('sx-panel')), zone: box(outline),
  foot: box(document.getElementById('sx-foot')), inset: box(document.getElementById('sx-inset')),
  words: document.getElementById('sx-panel').innerText + document.getElementById('sx-foot').innerText,
  inner: document.getElementById('sx-legend').scrollHeight, room: document.getElementById('sx-panel').clientHeight};
"""
PX_PER_MM = 96 / 25.4


def pdf_pages(browser) -> list[tuple[float, float]]:
    """Width and height in millimetres of every page that is printed."""
    told = browser.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    content = base64.b64decode(told["data"])
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", content)
    return [(float(w) / 72 * 25.4, float(h) / 72 * 25.4) for w, h in boxes]


@pytest.mark.parametrize(("paper", "wide_mm", "high_mm"), [("a4", 297, 210), ("a3", 420, 297)])
def test_the_sheet_has_the_chosen_size_and_the_whole_zone_stands_beside_the_legend(
    browser, saved, paper, wide_mm, high_mm
):
    page = Opened(browser, saved)
    page.run(CHOOSE, paper)
    assert pdf_pages(browser) == [
        (pytest.approx(wide_mm, abs=0.6), pytest.approx(high_mm, abs=0.6))
    ]
    found = page.run(BOXES)
    left, top, right, bottom = found["map"]
    assert right - left + 70 * PX_PER_MM < (wide_mm - 16) * PX_PER_MM
    assert found["legend"][0] >= right
    assert found["legend"][2] <= (wide_mm - 16) * PX_PER_MM + 1
    assert max(found["legend"][3], found["foot"][3]) <= (high_mm - 16) * PX_PER_MM + 1
    assert found["foot"][1] >= bottom - 1
    zone = found["zone"]
    assert left <= zone[0] and zone[2] <= right and top <= zone[1] and zone[3] <= bottom
    assert (zone[3] - zone[1]) > 0.55 * (bottom - top)
    assert found["inner"] <= found["room"] + 1, "the legend is cut off"
    for words in (
        "工业遗产",
        "启动区与产业新城",
        "无位置记录",
        "未经地图审核",
        "本图审图号：＿",
        "数据日期",
        "EPSG:4490",
    ):
        assert words in found["words"]


def test_the_signs_of_the_legend_are_printed_whole(browser, saved):
    page = Opened(browser, saved)
    cut = page.run(
        "dispatchEvent(new Event('beforeprint'));"
        "const box = e => e.getBoundingClientRect(), signs = [...document.querySelectorAll('.sx-keys svg')];"
        "const cut = signs.filter(svg => [...svg.children].some(e => box(e).bottom > box(svg).bottom + 1))"
        ".map(svg => svg.closest('div').textContent);"
        "dispatchEvent(new Event('afterprint')); return [signs.length, cut]"
    )
    assert cut[0] > 4 and cut[1] == []


def test_marks_are_printed_as_lines_and_not_as_pictures(browser, saved):
    """A shadow makes a picture of each mark, over which Chromium 80 takes minutes."""
    page = Opened(browser, saved)
    told = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    pictures = len(re.findall(rb"/Subtype ?/Image", base64.b64decode(told["data"])))
    assert pictures < page.run("return document.querySelectorAll('.sx-mark').length") / 2


def test_a3_shows_the_zone_larger_than_a4(browser, saved):
    heights = {}
    for paper in ("a4", "a3"):
        page = Opened(browser, saved)
        page.run(CHOOSE, paper)
        zone = page.run(BOXES)["zone"]
        heights[paper] = zone[3] - zone[1]
    assert heights["a3"] > 1.3 * heights["a4"]


def test_the_screen_is_as_before_when_the_print_is_over(browser, saved):
    page = Opened(browser, saved)
    page.run("sxgeo.map.setView([38.6, 113.1], 10, {animate: false})")
    page.run(
        "window.dispatchEvent(new Event('beforeprint')); window.dispatchEvent(new"
        " Event('afterprint'))"
    )
    assert page.run(
        "return [sxgeo.map.getZoom(), document.documentElement.classList.contains('sx-printing')]"
    ) == [
        10,
        False,
    ]
    assert page.run("const c = sxgeo.map.getCenter(); return [c.lat, c.lng]") == pytest.approx(
        [38.6, 113.1], abs=0.01
    )
    assert (
        page.run("return getComputedStyle(document.getElementById('sx-unplaced-note')).display")
        == "none"
    )
    assert page.run("return Boolean(sxgeo.map.options.maxBounds)") is True
