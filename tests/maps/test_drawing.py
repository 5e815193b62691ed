"""Drawing a parcel with a real mouse: points are snapped to corners, moved, taken back; the answer
is spoken.
"""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from test_browser import Opened, browser

from sxgeo import build_map, check_sites

__all__ = ["browser"]
pytestmark = pytest.mark.browser
CORNER = (112.7, 38.4)
PLOT = gpd.GeoDataFrame(
    {"name": ["已有地块"]},
    geometry=[shapely.box(*CORNER, CORNER[0] + 0.01, CORNER[1] + 0.01)],
    crs="EPSG:4490",
)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory) -> Opened:
    path = tmp_path_factory.mktemp("drawing") / "page.html"
    build_map("taixin", report=check_sites(PLOT)).save(path)
    return Opened(browser, path)


def begin(page: Opened) -> None:
    page.run("sxgeo.map.setView([38.4, 112.7], 13, {animate: false}); sxgeo.panel.open(true)")
    page.run("sxgeo.panel.draw()")


def pixel(page: Opened, lon: float, lat: float) -> tuple[float, float]:
    return tuple(
        page.run(
            "const p = sxgeo.map.latLngToContainerPoint([arguments[1], arguments[0]]); return [p.x,"
            " p.y]",
            lon,
            lat,
        )
    )


def mouse(page: Opened, kind: str, x: float, y: float, buttons: int = 0) -> None:
    event = {"type": kind, "x": x, "y": y, "clickCount": 1, "buttons": buttons}
    event["button"] = "none" if kind == "mouseMoved" and not buttons else "left"
    page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def click(page: Opened, x: float, y: float) -> None:
    mouse(page, "mouseMoved", x, y)
    mouse(page, "mousePressed", x, y, 1)
    mouse(page, "mouseReleased", x, y)
    page.run("sxgeo.panel.page.pen.sheet.dispatchEvent(new Event('mouseleave'))")


def points(page: Opened) -> list[list[float]]:
    return page.run("return sxgeo.panel.page.pen.points.map(p => [p.lng, p.lat])")


def press(page: Opened, key: str, **more: bool) -> None:
    page.run(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles:"
        " true, ctrlKey: arguments[1]}))",
        key,
        more.get("ctrl", False),
    )


def test_a_point_near_a_corner_lies_on_it_and_one_far_off_where_it_was_set(page):
    begin(page)
    x, y = pixel(page, *CORNER)
    click(page, x + 6, y - 5)
    click(page, x + 60, y + 90)
    near, far = points(page)
    assert near == pytest.approx(list(CORNER), abs=1e-9)
    assert pixel(page, *far) == pytest.approx((x + 60, y + 90), abs=1)
    press(page, "Escape")


def test_a_point_lies_on_a_corner_that_came_into_view_while_drawing(page):
    page.run("sxgeo.map.setView([38.7, 113.2], 13, {animate: false}); sxgeo.panel.draw()")
    page.run("sxgeo.map.setView([38.4, 112.7], 13, {animate: false})")
    x, y = pixel(page, *CORNER)
    click(page, x + 6, y - 5)
    assert points(page) == [pytest.approx(list(CORNER), abs=1e-9)]
    press(page, "Escape")


def test_points_are_taken_back_one_by_one(page):
    begin(page)
    for step in (150, 200, 250):
        click(page, 700 + step, 500)
    assert len(points(page)) == 3
    press(page, "Backspace")
    press(page, "z", ctrl=True)
    assert len(points(page)) == 1
    press(page, "Escape")


def test_a_point_is_moved_with_the_mouse_and_the_parcel_has_it_where_it_was_left(page):
    begin(page)
    for x, y in ((800, 480), (900, 480), (900, 560)):
        click(page, x, y)
    mouse(page, "mousePressed", 900, 560, 1)
    mouse(page, "mouseMoved", 860, 600, 1)
    mouse(page, "mouseReleased", 860, 600)
    assert len(points(page)) == 3
    assert pixel(page, *points(page)[2]) == pytest.approx((860, 600), abs=1)
    left = points(page)[2]
    press(page, "Enter")
    ring = page.run("return sxgeo.panel.answer.receipt.sites[0].geometry.coordinates[0]")
    assert min(abs(x - left[0]) + abs(y - left[1]) for x, y in ring) < 1e-6


def test_the_answer_is_spoken_and_falls_silent_with_it(page):
    page.run("sxgeo.panel.take('112.5, 38.0')")
    spoken = "return document.getElementById('sx-spoken').textContent"
    assert page.run(spoken).startswith("已核查 1 个地块：")
    assert page.run("return document.getElementById('sx-spoken').getAttribute('role')") == "status"
    page.run("sxgeo.panel.wipe('')")
    assert page.run(spoken) == ""
