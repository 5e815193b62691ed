"""Where the page cannot run it says so in words; old browsers that it claims to run in are tried
where they are given.
"""

from __future__ import annotations

import base64
import io
import os
import zipfile
from pathlib import Path

import pytest
from big_layer import big_layer
from test_browser import NO_AREAS, Opened, browser, saved
from wire import old_chromium

from sxgeo.layers.layers import load_layers
from sxgeo.maps import build_map

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser
BROKEN = "Object.defineProperty(window, 'sxgeoPage', {value: undefined, writable: false});"


def floor(page: Opened) -> str | None:
    return page.run("const e = document.getElementById('sx-floor'); return e && e.textContent")


def test_a_page_that_runs_says_nothing_of_browsers(browser, saved):
    assert floor(Opened(browser, saved)) is None


def test_a_page_that_cannot_run_says_so_in_chinese_and_shows_no_answer(browser, saved):
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": BROKEN})
    try:
        told = floor(Opened(browser, saved))
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    assert told is not None
    for words in ("不能在此浏览器中", "没有任何结论", "Chromium 80", "Firefox 113", "Safari 16.4"):
        assert words in told


def test_the_first_script_comes_before_all_others_and_the_shell_is_told(saved):
    text = saved.read_text("utf-8")
    assert text.index("sx-floor") < text.index("</script>")
    assert '<meta name="renderer" content="webkit">' in text[: text.index("<script>")]
    assert "<noscript>" in text and "JavaScript" in text


OLD = [one for one in os.environ.get("SXGEO_OLD_CHROMIUM", "").split(os.pathsep) if one]
PLOT = "112.73, 38.41\\n112.74, 38.41\\n112.74, 38.42"
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>甲</name><Polygon><outerBoundaryIs><LinearRing>'
    "<coordinates>112.73,38.41 112.74,38.41 112.74,38.42 112.73,38.41</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
)
SHOWN = "return [sxgeo.panel.answer && sxgeo.panel.answer.verdict, sxgeo.panel.status.textContent]"


def kmz() -> str:
    """A packed KML as base64: what browsers before Chromium 103 unpack by a way of their own."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", KML)
    return base64.b64encode(content.getvalue()).decode()


@pytest.fixture(params=OLD or [None])
def old(request, tmp_path_factory):
    """An old Chromium for each test; scripts/fetch_old_browsers.py fetches 80 and 92."""
    if request.param is None:
        pytest.skip("no old Chromium is given in SXGEO_OLD_CHROMIUM: the floor was not tried")
    with old_chromium(request.param, tmp_path_factory.mktemp("old")) as page:
        yield page


def test_an_old_chromium_draws_checks_draws_again_and_prints(old, saved):
    old.open(saved)
    assert old.run("return document.getElementById('sx-floor')") is None
    assert old.run("return document.querySelectorAll('.sx-mark').length") > 100
    assert old.run("return document.querySelectorAll('#sx-legend .sx-row').length") > 25

    old.run(f"document.getElementById('sx-do-check').click(); sxgeo.panel.take('{PLOT}')")
    assert old.run(SHOWN) == ["undetermined", ""]
    assert old.run("return document.querySelectorAll('.sx-answer .sx-findings li').length") > 0

    # a packed file is read, and a broken one is refused in words
    old.run(
        f"const bytes = Uint8Array.from(atob('{kmz()}'), c => c.charCodeAt(0));"
        "await sxgeo.panel.readAll([new File([bytes], 'a.kmz')])"
    )
    assert old.run(SHOWN)[0] == "undetermined"
    assert old.run("return sxgeo.panel.answer.receipt.sites[0].name") == "甲"
    old.run("await sxgeo.panel.readAll([new File(['no zip'], 'b.zip')])")
    verdict, told = old.run(SHOWN)
    assert verdict is None and "未作核查，无结论" in told

    # the sheet to draw on has a size, which it has not where `inset` is not known
    old.run("document.getElementById('sx-draw').click()")
    assert old.run("return document.querySelector('.sx-sheet').offsetWidth") > 1000
    for x, y in ((700, 300), (900, 300), (800, 450)):
        for kind in ("mousePressed", "mouseReleased"):
            old.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    for kind in ("rawKeyDown", "keyUp"):
        old.send(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13
        )
    assert old.run(SHOWN)[0] == "undetermined"
    assert old.run("return sxgeo.panel.answer.sites[0].area_m2") > 1000

    old.run("document.getElementById('sx-do-lang').click()")
    assert "Check a parcel" in old.run("return document.getElementById('sx-check').innerText")
    # the sheet is laid out, lifted and printed
    wide = old.run(
        "dispatchEvent(new Event('beforeprint'));"
        "const wide = document.querySelector('.folium-map').offsetWidth;"
        "dispatchEvent(new Event('afterprint')); return wide"
    )
    assert wide == pytest.approx((281 - 70 - 2) * 96 / 25.4, abs=3)
    told = old.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    assert base64.b64decode(told["data"]).count(b"/MediaBox") in (2, 3)


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("floor") / "both.html"
    build_map("taixin", areas=NO_AREAS, engine="both").save(path)
    return path


def test_an_old_chromium_says_that_the_second_engine_cannot_run_and_calls_nothing_clear(old, both):
    old.open(both)
    old.run("await sxgeo.engines")
    assert old.run("return document.getElementById('sx-floor')") is None
    notice = old.run("return document.getElementById('sx-engines').textContent")
    assert "不能在此浏览器中运行" in notice and "不作“未发现冲突”的结论" in notice
    old.run(f"sxgeo.panel.open(true); sxgeo.panel.take('{PLOT}')")
    answer = old.run("return sxgeo.panel.answer")
    assert answer["engines"] == ["page"]
    site = answer["sites"][0]
    assert not [e for e in (*site["screening"], *site["extra"]) if e["outcome"] == "clear"]
    assert "geos cannot run" in " ".join(answer["receipt"]["remarks"])


def test_an_old_chromium_draws_and_checks_what_lies_on_tiles(old, tmp_path):
    path = tmp_path / "tiles.html"
    layers = [*load_layers(), big_layer(2500)]
    build_map("taixin", layers=layers, areas=NO_AREAS, embed_user_layers=True).save(path)
    old.open(path)
    old.run("while (sxgeo.tiles.loading()) { await new Promise(go => setTimeout(go, 50)); }")
    painted = old.run(
        "let n = 0; for (const c of document.querySelectorAll('.leaflet-sx-tiles-pane canvas')) {"
        " const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1; } return n;"
    )
    assert painted > 2500
    old.run(f"sxgeo.panel.open(true); sxgeo.panel.take('{PLOT}')")
    extra = old.run("return sxgeo.panel.answer.sites[0].extra")
    assert [e for e in extra if e["resource_class"] == "permanent_farmland" and e["held"] > 2000]
