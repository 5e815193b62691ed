"""Many checked sites on the map: sorted by triage, clusters that say what is in them, names with
the zoom; reach in its list.
"""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from test_browser import Opened, browser

from sxgeo import build_map, check_sites
from sxgeo.maps.drawing import NEAR_M, site_rows
from sxgeo.model.outcomes import SiteOutcome

__all__ = ["browser"]

COUNT = 60
FRAME = gpd.GeoDataFrame(
    {"name": [f"储备地块{i:02d}" for i in range(COUNT)]},
    geometry=[
        shapely.box(x, y, x + 0.004, y + 0.003)
        for x, y in ((112.5 + 0.03 * (i % 10), 38.3 + 0.04 * (i // 10)) for i in range(COUNT))
    ],
    crs="EPSG:4490",
)
ORDER = ["conflict", "near", "far"]


@pytest.fixture(scope="module")
def report():
    return check_sites(FRAME)


@pytest.fixture(scope="module")
def many(tmp_path_factory, report):
    path = tmp_path_factory.mktemp("triage") / "sites.html"
    build_map("taixin", report=report).save(path)
    return path


def nearest(outcome: SiteOutcome) -> float | None:
    entries = (*outcome.screening, *outcome.extra)
    distances = [f.distance_m for e in entries for f in e.findings if f.distance_m is not None]
    return min(distances, default=None)


def test_triage_follows_what_is_known_and_how_near_it_is(report):
    rows = site_rows(report.sites)
    assert {row["triage"] for row in rows} >= {"near", "far"}
    for row, outcome in zip(rows, report.sites, strict=True):
        known_m = nearest(outcome)
        if outcome.known_verdict == "conflict":
            assert row["triage"] == "conflict"
        else:
            assert (row["triage"] == "near") == (known_m is not None and known_m <= NEAR_M + 0.5)


@pytest.mark.browser
def test_far_off_sites_stand_in_clusters_that_count_them(browser, many, report):
    page = Opened(browser, many)
    page.run("sxgeo.map.setView([38.4, 112.65], 9, {animate: false})")
    counted = page.run(
        "return [...document.querySelectorAll('.sx-cluster')].map(e =>"
        " [...e.querySelectorAll('span')].map(n => Number(n.textContent)))"
    )
    alone = page.run("return document.querySelectorAll('.sx-mark.sx-site').length")
    assert counted and sum(map(sum, counted)) + alone == COUNT
    assert page.run("return document.querySelectorAll('.sx-label.sx-verdict').length") < COUNT / 4
    page.run("document.querySelector('.sx-cluster').click()")
    assert page.run("return sxgeo.map.getZoom()") > 9
    page.run("sxgeo.map.setView([38.3, 112.53], 13, {animate: false})")
    assert page.run("return document.querySelectorAll('.sx-cluster').length") == 0
    assert page.run("return document.querySelectorAll('.sx-mark.sx-site').length") == COUNT
    assert page.run("return document.querySelectorAll('.sx-label.sx-verdict').length") > 0
    assert page.errors() == []


@pytest.mark.browser
def test_a_verdict_that_is_switched_off_leaves_no_cluster(browser, many):
    page = Opened(browser, many)
    page.run("document.querySelectorAll('input[data-layer^=site-]').forEach(i => i.click())")
    assert page.run("return document.querySelectorAll('.sx-cluster, .sx-mark.sx-site').length") == 0
    page.run("document.querySelectorAll('input[data-layer^=site-]').forEach(i => i.click())")
    assert page.run("return document.querySelectorAll('.sx-cluster').length") > 0


@pytest.mark.browser
def test_the_list_is_sorted_by_triage_and_opens_each_site(browser, many, report):
    page = Opened(browser, many)
    names = page.run(
        "return [...document.querySelectorAll('#sx-sites li button')].map(b => b.textContent)"
    )
    rows = {row["zh"]: row for row in site_rows(report.sites)}
    ranks = [(ORDER.index(rows[n]["triage"]), rows[n].get("near_m", 1e9)) for n in names]
    assert len(names) == COUNT and ranks == sorted(ranks)
    page.run("document.querySelector('#sx-sites li button').click()")
    assert page.run("return document.querySelector('.sx-popup h3').textContent") == names[0]


@pytest.mark.browser
def test_reach_leaves_the_sheet_at_the_scale_of_a_parcel_and_comes_back(browser, many):
    page = Opened(browser, many)
    drawn = "return document.querySelectorAll('.leaflet-sx-bands-pane path').length"
    assert page.run(drawn) > 0
    page.run("sxgeo.map.setView([38.3, 112.53], 14, {animate: false})")
    assert page.run(drawn) == 0
    assert page.run("return document.querySelector('input[data-layer=bands]').checked") is False
    page.run("sxgeo.map.setView([38.3, 112.53], 10, {animate: false})")
    assert page.run(drawn) > 0


@pytest.mark.browser
def test_the_list_of_areas_says_how_many_resources_lie_in_each(browser, many):
    page = Opened(browser, many)
    told = page.run(
        "return [...document.querySelectorAll('.sx-bands li small')].map(e =>"
        " Number(e.textContent.match(/(\\d+) 处/)[1]))"
    )
    features, bands = page.run(
        "const d = JSON.parse(document.getElementById('sx-data').textContent);return"
        " [d.features.filter(f => f.at).map(f => f.at), d.bands.map(b => [b.minutes, b.rings])]"
    )
    points = shapely.points([(lon, lat) for lat, lon in features])
    for count, (_, rings) in zip(told, sorted(bands, key=lambda b: b[0]), strict=True):
        flipped = [[[(x, y) for y, x in ring] for ring in part] for part in rings]
        area = shapely.union_all([shapely.Polygon(p[0], p[1:]).buffer(0) for p in flipped])
        assert count == shapely.intersects(area, points).sum()
