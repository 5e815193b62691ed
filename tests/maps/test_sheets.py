"""Every printed page as a picture: what the legend says stands on the sheet, nothing lies over
anything else, no sheet is wasted.
"""

from __future__ import annotations

import base64
import time

import geopandas as gpd
import numpy as np
import pytest
from big_layer import big_layer
from test_browser import Opened, browser, saved
from test_paper import CHOOSE

from sxgeo.layers.layers import load_layer, load_layers
from sxgeo.maps import build_map
from sxgeo.maps.style import CLASS_STYLES
from sxgeo.reports.palette import VERDICT_COLOURS

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser
pdfium = pytest.importorskip(
    "pypdfium2", reason="no renderer of PDF: the sheets were not looked at"
)

NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")
PARCEL = "112.70,38.40\n112.712,38.40\n112.712,38.392\n112.70,38.392"
ON_MONUMENT = "112.43,37.83\n112.45,37.83\n112.45,37.85\n112.43,37.85"
BESIDE_WUTAI = "113.377,38.866\n113.383,38.876\n113.398,38.875\n113.400,38.864\n113.388,38.858"  # twenty findings
DOTS_A_MM = 4
LAID = """
window.dispatchEvent(new Event('beforeprint'));
const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const seen = e => Boolean(e.offsetHeight), all = s => [...document.querySelectorAll(s)];
const told = {
  rows: all('#sx-legend .sx-row').filter(seen).map(row => {
    const input = row.querySelector('input');
    return {layer: input && input.dataset.layer, box: box(row),
      words: row.querySelector('.sx-name').textContent, count: (row.querySelector('.sx-count') || {}).textContent || ''}; }),
  heads: all('#sx-legend h2').filter(seen).map(e => [e.firstChild.textContent, box(e)]),
  marks: Object.fromEntries(sxgeo.map && all('#sx-legend input[data-layer]').map(i => [i.dataset.layer,
    document.querySelectorAll('.sx-mark.sx-' + CSS.escape(i.dataset.layer) + ':not(.sx-candidate)').length])),
  sheet: [box(document.querySelector('.folium-map')), box(document.getElementById('sx-panel')), box(document.getElementById('sx-foot'))],
  foot: all('#sx-foot > *').filter(e => seen(e) || e.getClientRects().length).map(e => [...e.getClientRects()].map(r => [r.left, r.top, r.right, r.bottom])),
  legend: [document.getElementById('sx-legend').getBoundingClientRect().bottom, document.getElementById('sx-panel').getBoundingClientRect().bottom],
  bands: all('.leaflet-sx-bands-pane path').filter(p => p.getBoundingClientRect().width).length,
  words: document.getElementById('sx-legend').innerText,
};
window.dispatchEvent(new Event('afterprint'));
return told;
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheets") / "many.html"
    layers = [*load_layers(), big_layer(5000)]
    build_map("taixin", layers=layers, areas=NO_AREAS, embed_user_layers=True).save(path)
    return path


def opened(browser, path) -> Opened:
    page = Opened(browser, path)
    for _ in range(200):
        if page.run(
            "return window.sxgeo && sxgeo.ready && !(sxgeo.tiles && sxgeo.tiles.loading())"
        ):
            return page
        time.sleep(0.05)
    raise AssertionError("the page was not drawn within ten seconds")


def checked(page: Opened, text: str) -> None:
    page.run(
        "document.getElementById('sx-do-check').click(); document.querySelector('.sx-check"
        " textarea').value = arguments[0];document.getElementById('sx-run').click();",
        text,
    )
    assert page.run("return Boolean(sxgeo.panel.answer)")


def sheets(page: Opened, paper: str) -> list[np.ndarray]:
    """Each page that is printed, as an array of pixels."""
    page.run(CHOOSE, paper)
    told = page.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    document = pdfium.PdfDocument(base64.b64decode(told["data"]))
    scale = DOTS_A_MM * 25.4 / 72
    return [
        np.asarray(document[i].render(scale=scale).to_pil().convert("RGB"))
        for i in range(len(document))
    ]


def ink(picture: np.ndarray) -> float:
    """Share of the height of a sheet down to its lowest dark pixel."""
    rows = np.flatnonzero((picture.min(axis=2) < 200).any(axis=1))
    return float(rows[-1] + 1) / len(picture) if len(rows) else 0.0


def map_part(picture: np.ndarray, told: dict) -> np.ndarray:
    """The map on a sheet, without its title and its inset."""
    left, top, right, bottom = (
        round((value / 96 * 25.4 + 8) * DOTS_A_MM) for value in told["sheet"][0]
    )
    return picture[top + 110 : bottom, left + 5 : right - 5]


def drawable(class_id: str) -> int:
    """Number of records of a class that have a position and are no mere leads."""
    layer = load_layer(class_id)
    rows = zip(layer.records, layer.shapes, strict=True)
    return sum(s is not None and r["membership"] != "candidate" for r, s in rows)


def near(picture: np.ndarray, colour: str, within: float = 60) -> int:
    """Number of pixels of about one colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture.astype(int) - wanted).sum(axis=2) < within).sum())


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_classes_on_tiles_are_on_paper(browser, many, paper):
    page = opened(browser, many)
    (picture,) = sheets(page, paper)
    told = page.run(LAID)
    row = next(r for r in told["rows"] if r["layer"] == "permanent_farmland")
    assert row["count"].startswith("5000 / 5000")
    page.run("document.querySelector('input[data-layer=permanent_farmland]').click()")
    (without,) = sheets(page, paper)
    told = page.run(LAID)
    drawn = np.abs(map_part(picture, told).astype(int) - map_part(without, told)).sum(axis=2) > 30
    assert drawn.sum() > 5000  # a pixel or more for each of the plots that the legend counts
    assert not [r for r in told["rows"] if r["layer"] == "permanent_farmland"]


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_every_row_of_the_legend_is_drawn_and_all_of_it_is_seen(browser, saved, paper):
    page = opened(browser, saved)
    (picture,) = sheets(page, paper)
    told = page.run(LAID)
    classes = [r for r in told["rows"] if r["layer"] in CLASS_STYLES]
    assert len(classes) >= 15
    for row in classes:
        marks, counted = told["marks"][row["layer"]], int(row["count"].split("/")[0])
        assert marks == drawable(row["layer"]), row  # components of a listed whole are drawn each
        assert counted <= marks and bool(counted) == bool(marks), row
        if told["marks"][row["layer"]] > 5:  # of one or two a mark may lie under another
            assert near(map_part(picture, told), CLASS_STYLES[row["layer"]].colour) > 20, row
    assert told["legend"][0] <= told["legend"][1] + 1


@pytest.mark.parametrize("parcel", [PARCEL, ON_MONUMENT, BESIDE_WUTAI])
@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_a_checked_parcel_stands_in_the_legend_and_its_answer_on_one_or_two_full_sheets(
    browser, saved, paper, parcel
):
    page = opened(browser, saved)
    checked(page, parcel)
    pictures = sheets(page, paper)
    told = page.run(LAID)
    assert len(pictures) == 2
    assert all(ink(picture) > 0.4 for picture in pictures)
    assert told["heads"][0][0] == "核查地块"
    verdict = page.run(
        "const s = sxgeo.panel.answer.sites[0]; return s.known_verdict === 'none_found' ? s.verdict"
        " : s.known_verdict"
    )
    row = told["rows"][0]
    assert (row["layer"], row["count"]) == (None, "1")
    assert near(map_part(pictures[0], told), VERDICT_COLOURS[verdict]) > 200
    drawn = page.run(
        "return [...document.querySelectorAll('.leaflet-sx-overlaps-pane path')].map(p =>"
        " [p.getAttribute('stroke'), p.getBoundingClientRect().width])"
    )
    shared = [r for r in told["rows"] if r["words"].startswith("压占或涉及的部分")]
    assert len(drawn) == sum(int(row["count"]) for row in shared)
    assert len({colour for colour, _ in drawn}) == len(shared)
    # of two outcomes at one place neither ring hides the other
    assert len(set(map(tuple, drawn))) == len(drawn)
    for colour, _ in drawn:
        assert near(map_part(pictures[0], told), colour) > 40
    assert told["legend"][0] <= told["legend"][1] + 1, "the legend is cut off"
    assert "等时圈" not in told["words"] and told["bands"] == 0


def words_of(page: Opened) -> list[str]:
    """The text of each page that is printed, without its white space."""
    told = page.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    document = pdfium.PdfDocument(base64.b64decode(told["data"]))
    texts = [one.get_textpage().get_text_bounded() for one in document]
    return ["".join(text.split()) for text in texts]


@pytest.mark.parametrize("english", [False, True])
def test_the_map_carries_the_headline_and_the_sheet_behind_it_all_findings_and_classes(
    browser, saved, english
):
    page = opened(browser, saved)
    if english:
        page.run("document.getElementById('sx-do-lang').click()")
    checked(page, BESIDE_WUTAI)
    page.run(CHOOSE, "a4")
    first, *others = words_of(page)
    second = "".join(others)
    assert english or len(others) == 1
    headline = page.run("return document.querySelector('.sx-headline').innerText")
    assert "".join(headline.split()) in first
    rows = page.run(
        "document.querySelector('.sx-classes').open = true;"
        "return [...document.querySelectorAll('.sx-findings b, .sx-classes tbody th')].map(e => e.innerText)"
    )
    assert len(rows) > 30
    assert not [row for row in rows if "".join(row.split()) not in second]
    page.run("sxgeo.panel.wipe('')")
    assert "".join(headline.split()) not in words_of(page)[0]


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_foot_stands_whole_under_the_map_and_no_text_lies_on_another(browser, many, paper):
    page = opened(browser, many)
    page.run(CHOOSE, paper)
    told = page.run(LAID)
    map_box, panel, foot = told["sheet"]
    assert foot[1] >= map_box[3] - 1
    assert foot[3] <= panel[1] + (194 if paper == "a4" else 281) / 25.4 * 96 + 1
    words = page.run("return document.getElementById('sx-foot').innerText")
    assert "OpenStreetMap" in words and "密级" in words
    boxes = [rect for rects in told["foot"] for rect in rects]
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across < 2 or down < 3, (one, other)
