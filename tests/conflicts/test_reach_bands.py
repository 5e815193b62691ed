"""What binds a site is found without measuring every record within the widest reach of its class."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from case_worlds import counties_of, layer_of, rule_of
from conftest import box, on_ground
from small_worlds import world as small_world

from sxgeo.analysis.conflicts import batch
from sxgeo.analysis.conflicts.batch import _bands
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.geometry.projection import PLANE_SCALE
from sxgeo.model.project import Project
from sxgeo.model.sites import Site


def screener_of(seed: int) -> Screener:
    case = small_world(seed)
    return Screener(
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
        counties=counties_of(case),
        as_of=case["as_of"],
        project=Project(**(case.get("project") or {})),
    )


def sites_of(seed: int) -> list[Site]:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-2500, 2300, (12, 2)).tolist()
    shapes = [on_ground(box(x, y, x + 150, y + 150)) for x, y in corners]
    return [Site(str(i), shape, accuracy_m=1.0) for i, shape in enumerate(shapes)]


def test_outcomes_of_sites_in_pieces_are_those_of_the_sites() -> None:
    seen = set()
    for seed in range(40):
        sites, screener = sites_of(seed), screener_of(seed)
        # the pieces of a site may come in several batches
        cut = zip(*(cut_in(site, 0.3) for site in sites), strict=True)
        batches = [(list(own), np.arange(len(sites))) for own in cut]
        whole = screener.screen_all(sites)
        for one, other in zip(screener.screen_in_pieces(batches, len(sites)), whole, strict=True):
            assert (one.verdict, one.known_verdict) == (other.verdict, other.known_verdict), seed
            for own, told in zip(one.screening, other.screening, strict=True):
                assert (own.outcome, own.effect) == (told.outcome, told.effect), seed
                assert own.reason_code == told.reason_code, seed
            seen.add(one.known_verdict)
    assert {"conflict", "undetermined", "none_found"} <= seen


def cut_in(site: Site, share: float) -> list[Site]:
    """Cut a site in two."""
    west, south, east, north = site.geometry.bounds
    middle = west + share * (east - west)
    halves = [(west, south, middle, north), (middle, south, east, north)]
    boxes = [shapely.box(*half) for half in halves]
    parts = shapely.intersection(site.geometry, boxes)
    return [Site(site.site_id, part, accuracy_m=site.accuracy_m) for part in parts]


def table_of(reach_m: Any) -> Any:
    """Return small records, each of which reaches so far under the second of its two rules."""
    count = len(reach_m)
    shapes = shapely.points(np.arange(count) * 10.0, 0.0)
    required = np.column_stack([np.zeros(count), np.asarray(reach_m)]).ravel()
    zero = np.zeros(2 * count)
    terms = SimpleNamespace(
        required=required, accuracy=zero, datum=zero, extent=zero, first=2 * np.arange(count)
    )
    spec = SimpleNamespace(spec=SimpleNamespace(id="heritage_sites"))
    tree = shapely.STRtree(shapes)
    return SimpleNamespace(terms=terms, shapes=shapes, layer=spec, tree=tree, slack_m=9_000.0)


def test_one_record_that_reaches_far_does_not_have_all_others_measured() -> None:
    table = table_of([2.0] * 500 + [8_000.0])
    for bands, pairs in ((None, 501), ({}, 2)):
        asked: Any = SimpleNamespace(
            shapes=np.array([shapely.Point(0, 1)]), error=np.ones(1), bands=bands
        )
        assert len(batch._near_pairs(asked, table)[0]) == pairs


@pytest.mark.parametrize("reach_m", [[0.0], [5.0, 5.0, 4000.0], list(np.geomspace(1, 30_000, 40))])
def test_no_record_stands_in_a_band_that_reaches_less_than_it_does(reach_m: list[float]) -> None:
    bands = _bands(table_of(reach_m))
    assert sorted(row for band in bands for row in band.rows.tolist()) == list(range(len(reach_m)))
    for band in bands:
        own = np.asarray(reach_m)[band.rows] * (1 + PLANE_SCALE)
        assert (own < band.reach_m).all() and (band.reach_m <= 4 * own + 4).all()
