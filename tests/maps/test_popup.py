"""The popup of a resource and what the legend says of areas: rules, the way to the table, kinds of
boundary.
"""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from conftest import make_record
from test_browser import NO_AREAS, Opened, browser, saved

from sxgeo.layers.layers import Layer, load_layer
from sxgeo.layers.rules import load_rules
from sxgeo.maps import build_map
from sxgeo.maps.style import EDGE_STYLES

__all__ = ["browser", "saved"]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser, saved):
    return Opened(browser, saved)


def test_a_popup_names_the_rules_in_force_for_its_class_and_kind(page):
    page.run("sxgeo.show('PA-001')")
    words = page.run("return document.querySelector('.sx-popup').innerText")
    assert "《风景名胜区条例》第26条：禁止" in words
    assert "自然保护区条例" not in words  # another kind's law
    verified = [
        r for r in load_rules("protected_areas") if r.verified and "scenic_area" in r.resource_kind
    ]
    assert any(r.law == "风景名胜区条例" and r.article == "26" for r in verified)


def test_the_popup_leads_to_its_line_in_the_table(page):
    page.run("sxgeo.show('HS-003'); [...document.querySelectorAll('.sx-to-table')].pop().click()")
    row = page.run("return document.querySelector('tr.sx-found-row').innerText")
    assert (
        load_layer("heritage_sites").frame.set_index("feature_id").loc["HS-003", "name_zh"] in row
    )
    assert page.run("return document.activeElement.dataset.feature") == "HS-003"
    assert page.errors() == []


def test_areas_show_their_hatch_in_the_legend_and_each_kind_of_boundary_its_line(browser, tmp_path):
    spec = load_layer("water_sources").spec
    shapes = {"surveyed": 0.05, "digitised": 0.12, "extent_box": 0.02}
    rows = [
        make_record(
            feature_id=f"W{i}", resource_class="water_sources", name_zh=kind, geometry_kind=kind,
            geometry=shapely.Point(112.9, 38.6).buffer(size),
        )
        for i, (kind, size) in enumerate(shapes.items())
    ]  # fmt: skip
    layer = Layer.from_frame(spec, gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490"))
    path = tmp_path / "map.html"
    build_map("taixin", layers=[layer], areas=NO_AREAS).save(path)
    page = Opened(browser, path)
    legend = page.run("return document.getElementById('sx-legend').innerText")
    for edge in EDGE_STYLES.values():
        assert edge.label_zh in legend
    row = "document.querySelector('input[data-layer=water_sources]').closest('label')"
    assert page.run(f"return {row}.querySelectorAll('pattern').length") == 1
    drawn = page.run(
        "return [...document.querySelectorAll('.leaflet-sx-areas-pane"
        " path.leaflet-interactive')].map(p => [p.getAttribute('stroke-width'),"
        " p.getAttribute('stroke-dasharray'), p.getBBox().width])"
    )
    looks = {(width, dash) for width, dash, _ in drawn}
    assert looks == {(f"{e.width_px:g}", e.dash) for e in EDGE_STYLES.values()}
    widths = [wide for *_, wide in drawn]
    assert widths == sorted(widths, reverse=True)  # the largest lies lowest
