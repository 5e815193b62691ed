"""Drawing a parcel in Chromium: typed points, rectangles, undo, corners edited after the end, tiny plots found, and findings without a place."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_browser import Opened, browser, saved

from sxgeo.wording import OUTCOME_ZH

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser
STATUS = "return document.querySelector('.sx-status').textContent"
SITE = "return sxgeo.panel.answer && sxgeo.panel.answer.sites[0]"


@pytest.fixture
def page(browser, saved) -> Opened:
    opened = Opened(browser, saved)
    opened.run("sxgeo.panel.open(true); document.getElementById('sx-draw').click()")
    assert opened.run("return document.getElementById('sx-draft').hidden") is False
    return opened


def typed(page: Opened, *pairs: str) -> None:
    for pair in pairs:
        page.run("document.getElementById('sx-point').value = arguments[0]", pair)
        page.driver.find_element(By.ID, "sx-point").send_keys(Keys.ENTER)


def test_points_are_typed_one_by_one_and_taken_back(page):
    typed(page, "112.7, 38.4", "112.71, 38.4", "112.9, 38.9", "112.71, 38.41")
    assert page.run("return sxgeo.panel.page.pen.points.length") == 4
    page.run("document.getElementById('sx-undo').click()")
    typed(page, "nothing")
    assert "不是一对坐标" in page.run(STATUS)
    typed(page, "112.71, 38.41")
    page.run("sxgeo.panel.page.pen.points.splice(2, 1); document.getElementById('sx-end').click()")
    site = page.run(SITE)
    ring = page.run("return sxgeo.panel.answer.receipt.sites[0].geometry.coordinates[0]")
    assert ring == [[112.7, 38.4], [112.71, 38.4], [112.71, 38.41], [112.7, 38.4]]
    assert site["accuracy_source"].startswith("default") and "drawn" not in site["accuracy_source"]
    assert not site["doubtful"]
    assert page.run("return document.getElementById('sx-draft').hidden") is True


def test_points_typed_in_metres_are_doubted_as_pasted_ones_are(page):
    typed(page, "38474000, 4252000", "38474100, 4252000", "38474100, 4252100")
    page.run("document.getElementById('sx-end').click()")
    site = page.run(SITE)
    assert site["doubtful"] and "datum taken as CGCS2000" in site["problems"][0]
    assert site["area_m2"] == pytest.approx(5000, abs=0.5)


def test_two_points_are_no_parcel_and_the_page_says_so(page):
    typed(page, "112.7, 38.4", "112.71, 38.4")
    page.run("document.getElementById('sx-end').click()")
    assert page.run(SITE) is None
    assert "至少要三个点" in page.run(STATUS)


def test_a_rectangle_has_the_size_that_was_said(page):
    page.run(
        "document.getElementById('sx-wide').value = 300; document.getElementById('sx-high').value = 200;"
        "document.getElementById('sx-rect').click(); document.getElementById('sx-end').click()"
    )
    site = page.run(SITE)
    assert site["area_m2"] == pytest.approx(60_000, rel=1e-5)
    assert site["accuracy_source"] == "default: drawn by hand on the screen"
    page.run(
        "document.getElementById('sx-draw').click(); document.getElementById('sx-rect').click()"
    )
    page.run(
        "document.getElementById('sx-wide').value = ''; document.getElementById('sx-rect').click()"
    )
    assert "矩形的宽和高" in page.run(STATUS)


RECTANGLE = (
    "document.getElementById('sx-wide').value = 300; document.getElementById('sx-high').value = 200;"
    "document.getElementById('sx-rect').click()"
)
END = "document.getElementById('sx-end').click()"


def test_a_rectangle_about_a_typed_point_is_as_doubtful_as_that_point(page):
    typed(page, "38474000, 4252000")
    page.run(RECTANGLE + ";" + END)
    site = page.run(SITE)
    assert site["area_m2"] == pytest.approx(60_000, rel=5e-5)
    assert site["doubtful"] and "datum taken as CGCS2000" in site["problems"][0]


def test_points_that_were_typed_roughly_stay_rough_beside_others(page):
    """A tenth of a degree is 11 km: half of it is how sure such a point is, whatever stands beside it."""
    half = pytest.approx(0.1 * 111_320 / 2)
    typed(page, "112.7, 38.4")
    page.run(RECTANGLE + ";" + END)
    assert page.run(SITE)["accuracy_m"] == half

    page.run("document.getElementById('sx-draw').click()")
    typed(page, "112.7, 38.4", "112.71, 38.4")
    page.run(
        "const box = sxgeo.map.getContainer().getBoundingClientRect();"
        "sxgeo.panel.page.pen.sheet.dispatchEvent(new MouseEvent('click', {bubbles: true, detail: 1,"
        " clientX: box.left + 700, clientY: box.top + 200}))"
    )
    assert page.run("return sxgeo.panel.page.pen.points.length") == 3
    page.run(END)
    site = page.run(SITE)
    assert site["accuracy_source"] == "default: drawn by hand on the screen"
    assert site["accuracy_m"] == half


def test_degrees_and_metres_typed_together_are_as_sure_as_the_metres(page):
    typed(page, "112.7000000, 38.4000000", "112.7100000, 38.4000000", "38474100, 4252100")
    page.run(END)
    site = page.run(SITE)
    assert site["accuracy_source"] == "default: table of metres without a word of its source"
    assert site["accuracy_m"] == 2


def test_an_undo_takes_back_a_whole_rectangle_and_a_point_that_was_moved(page):
    typed(page, "112.70, 38.40", "112.72, 38.40")
    places = "return sxgeo.panel.page.pen.points.map(p => [p.lng, p.lat])"
    before = page.run(places)
    undo = "document.getElementById('sx-undo').click()"
    page.run(RECTANGLE)
    assert len(page.run(places)) == 4
    page.run(undo)
    assert page.run(places) == before
    page.run("sxgeo.map.setView([38.4, 112.71], 13, {animate: false})")
    corner = page.run(
        "const {map} = sxgeo; const p = map.latLngToContainerPoint(sxgeo.panel.page.pen.points[1]);"
        "const box = map.getContainer().getBoundingClientRect(); return [p.x + box.left, p.y + box.top]"
    )
    drag(page, corner, (-60, 40))
    moved = page.run(places)
    assert len(moved) == 2 and moved[0] == before[0] and moved[1] != before[1]
    page.run(undo)
    assert page.run(places) == before


def test_a_point_that_was_let_go_does_not_follow_a_mouse_that_is_pressed_elsewhere(page):
    typed(page, "112.70, 38.40", "112.72, 38.40")
    places = "return sxgeo.panel.page.pen.points.map(p => [p.lng, p.lat])"
    corner = page.run(
        "const {map} = sxgeo; const p = map.latLngToContainerPoint(sxgeo.panel.page.pen.points[1]);"
        "const box = map.getContainer().getBoundingClientRect(); return [p.x + box.left, p.y + box.top]"
    )
    drag(page, corner, (60, -40))
    left = page.run(places)
    page.run(
        "const at = (x, buttons) => sxgeo.panel.page.pen.sheet.dispatchEvent(new MouseEvent('mousemove',"
        " {bubbles: true, clientX: x, clientY: 300, buttons}));"
        "at(900, 0); at(950, 1)"
    )
    assert page.run(places) == left


def test_to_check_again_ends_a_drawing_instead_of_losing_it(page):
    typed(page, "112.70, 38.40", "112.72, 38.40", "112.72, 38.42")
    page.run("document.getElementById('sx-again').click()")
    assert page.run(SITE)["area_m2"] > 1000
    page.run(
        "document.getElementById('sx-edit').click(); document.getElementById('sx-again').click()"
    )
    assert page.run(SITE)["area_m2"] > 1000


def drag(page: Opened, corner: list[float], by: tuple[int, int]) -> None:
    chain = ActionChains(page.driver, duration=50)
    pointer = chain.w3c_actions.pointer_action
    x, y = map(round, corner)
    pointer.move_to_location(x, y)
    pointer.pointer_down()
    pointer.move_to_location(x + by[0], y + by[1])
    pointer.pointer_up()
    chain.perform()


def test_corners_are_edited_after_the_end_and_giving_up_keeps_the_parcel(page):
    typed(page, "112.70, 38.40", "112.72, 38.40", "112.72, 38.42", "112.70, 38.42")
    page.run("document.getElementById('sx-end').click()")
    before = page.run(SITE)["area_m2"]
    page.run("document.getElementById('sx-edit').click()")
    assert page.run(SITE) is None  # no answer stands over a parcel that is being changed
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    assert page.run(SITE)["area_m2"] == before
    page.run("document.getElementById('sx-edit').click()")
    corner = page.run(
        "const {map} = sxgeo; const p = map.latLngToContainerPoint(sxgeo.panel.page.pen.points[2]);"
        "const box = map.getContainer().getBoundingClientRect(); return [p.x + box.left, p.y + box.top]"
    )
    drag(page, corner, (60, -40))
    page.run("document.getElementById('sx-end').click()")
    site = page.run(SITE)
    assert site["area_m2"] > before
    assert site["accuracy_source"] == "default: drawn by hand on the screen"
    assert page.errors() == []


def test_parcels_are_listed_by_name_and_a_tiny_one_is_found(page):
    page.run("document.getElementById('sx-cancel').click()")
    rings = [
        [[112.7, 38.4], [112.70001, 38.4], [112.70001, 38.40001], [112.7, 38.4]],
        [[112.9, 38.6], [112.92, 38.6], [112.92, 38.62], [112.9, 38.6]],
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for name, ring in zip(("甲地块", "乙地块"), rings, strict=True)
    ]
    whole = json.dumps({"type": "FeatureCollection", "features": features})
    page.run("sxgeo.panel.take(arguments[0])", whole)
    names = page.run(
        "return [...document.querySelectorAll('#sx-parcels button')].map(b => b.textContent)"
    )
    assert [name.split(" ")[-1] for name in names] == ["甲地块", "乙地块"]
    page.run("document.querySelector('#sx-parcels button').click()")
    centre = page.run("const c = sxgeo.map.getCenter(); return [c.lng, c.lat]")
    assert centre == pytest.approx([112.7, 38.4], abs=0.002)
    assert page.run("return sxgeo.map.hasLayer(sxgeo.panel.found)") is True
    assert "已定位“甲地块”" in page.run(STATUS)
    page.run("document.querySelectorAll('.sx-find-plot')[1].click()")
    assert page.run("return sxgeo.map.getCenter().lat") == pytest.approx(38.61, abs=0.01)


def test_many_parcels_are_ordered_by_what_is_known_and_told_when_they_are_opened(page):
    def plot(name: str, west: float, south: float, wide: float) -> dict:
        east, north = west + wide, south + wide
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"name": name}, "geometry": shape}

    plots = [plot(f"地块{i}", 112.6 + i / 50, 38.3, 0.002) for i in range(20)]
    plots.append(plot("压占文物", 113.08, 38.68, 0.06))  # a monument stands in it
    told = json.dumps({"type": "FeatureCollection", "features": plots})
    page.run("sxgeo.panel.take(arguments[0])", told)
    rows = page.run(
        "return [...document.querySelectorAll('#sx-parcels li')].map(l => l.textContent)"
    )
    assert len(rows) == 21 and rows[0].startswith("× 压占文物")
    near = [float(row.rsplit(" ", 2)[-2]) for row in rows[1:]]
    assert near == sorted(near) and near[0] < near[-1]
    folded = page.run(
        "const boxes = [...document.querySelectorAll('.sx-folded')], held = boxes.map(b => b.children.length);"
        "boxes[0].open = true; return [held, boxes[0].querySelector('summary').textContent]"
    )
    assert folded == [[1] * 21, "× 21. 压占文物 " + OUTCOME_ZH["conflict"]]
    page.run("await new Promise(go => setTimeout(go, 50))")
    assert "压占文物" in page.run(
        "return document.querySelector('.sx-folded .sx-answer').textContent"
    )


def test_a_finding_without_a_position_says_so_when_it_is_opened(page):
    page.run("document.getElementById('sx-cancel').click(); sxgeo.panel.take('112.73, 38.41')")
    row = page.run(
        "const rows = [...document.querySelectorAll('.sx-findings > li')];"
        "const at = rows.findIndex(row => /未定位|位于本县/.test(row.textContent));"
        "rows[at].querySelector('button').click(); return [at, rows[at].textContent,"
        "rows[at].querySelector('[role=status]').textContent]"
    )
    assert row[0] >= 0 and "没有位置，图上未画" in row[2]
    placed = page.run(
        "const rows = [...document.querySelectorAll('.sx-findings > li')];"
        "const row = rows.find(one => /距 /.test(one.textContent)); row.querySelector('button').click();"
        "return row.querySelector('[role=status]')"
    )
    assert placed is None
