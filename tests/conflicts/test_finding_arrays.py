"""Findings of many sites in arrays say what the one-by-one listing says, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from conftest import (
    CLASS,
    COUNTY,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.conflicts import screener as screening
from sxgeo.analysis.conflicts.findings import Spot, find, unite
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.geometry.overlap import common_part, measure
from sxgeo.geometry.projection import plane_crs
from sxgeo.geometry.straight import laid_on_plane
from sxgeo.layers.layers import Layer, load_layers
from sxgeo.layers.rules import Rule, load_rules
from sxgeo.model.project import Project
from sxgeo.model.sites import Site

COUNTIES = make_counties(
    (COUNTY, box(-3_000, -3_000, 3_000, 3_000), 10.0),
    ("149998", box(3_000, -3_000, 9_000, 3_000), 50.0),
)

place = st.integers(-4_000, 6_000)
size = st.sampled_from([0, 20, 400, 2_000])


@st.composite
def shapes(draw: Any) -> Any:
    east, north, wide, high = draw(place), draw(place), draw(size), draw(size)
    whole = box(east, north, east + wide, north + high)
    if wide and high:
        hole = box(east + wide / 4, north + high / 4, east + wide / 2, north + high / 2)
        return draw(
            st.sampled_from(
                [
                    whole,
                    whole.difference(hole),
                    shapely.MultiPolygon([whole, box(7_000, 0, 7_500, 500)]),
                ]
            )
        )
    return (
        shapely.LineString([(east, north), (east + wide + 50, north + high)])
        if wide or high
        else shapely.Point(east, north)
    )


records = st.fixed_dictionaries(
    {
        "geometry_kind": st.sampled_from(["surveyed", "extent_box"]),
        "position_accuracy_m": st.sampled_from([None, 0.0, 5.0, 5_000.0]),
        "subzone": st.sampled_from([None, "protection_scope", "construction_control_belt"]),
        "membership": st.sampled_from(["official_list", "candidate"]),
        "boundary": st.sampled_from([None, "digitised", "legal_vector"]),
        "county_code": st.sampled_from([COUNTY, "149998", "", "149998;140000"]),
    }
)
rules = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["prohibited", "prohibited_unless", "permit", "study"]),
        "required_m": st.sampled_from([0.0, 100.0, 1_000.0]),
        "comparison": st.sampled_from(["within_le", "at_least"]),
        "subzone": st.sampled_from([None, "protection_scope"]),
        "project_types": st.sampled_from([(), ("industrial",), ("groundwater_extraction",)]),
        "verified": st.booleans(),
        "binds": st.sampled_from(["land", "building"]),
    }
)


def by_one(screener: Screener, site: Site, class_id: str) -> Any:
    """The oracle: one site, one record, one rule after another."""
    plane = plane_crs(float(site.geometry.centroid.x))
    ground, tables = screener.prepared(plane)
    table = next(t for t in tables if t.layer.spec.id == class_id)
    shape = laid_on_plane(site.geometry, plane, site.crs)
    apart = ground.distances_m(shape)
    found = find(Spot(site, shape, table, ground, plane, screener.project, apart))
    return found, unite(found, shape, plane)


def assert_alike(screener: Screener, sites: list[Site]) -> int:
    count = 0
    for site, outcome in zip(sites, screener.screen_all(sites), strict=True):
        for entry in (*outcome.screening, *outcome.extra):
            if entry.detail is not None:
                found, unions = by_one(screener, site, entry.resource_class)
                assert entry.findings == found
                assert entry.unions == unions
                count += len(found)
    return count


@settings(max_examples=60)
@given(
    plots=st.lists(st.tuples(shapes(), st.sampled_from([0.0, 1.0, 30.0])), min_size=4, max_size=6),
    held=st.lists(st.tuples(records, st.one_of(st.none(), shapes())), max_size=5),
    law=st.lists(rules, min_size=1, max_size=3),
    project=st.sampled_from(
        [Project(), Project(type="industrial"), Project(type="other", groundwater_use=False)]
    ),
)
def test_findings_in_arrays_are_those_listed_one_by_one(
    plots: Any, held: Any, law: Any, project: Project
) -> None:
    layer = make_layer(
        *[
            (
                make_record(
                    feature_id=f"F{k}",
                    **{
                        **r,
                        "geometry_kind": "point"
                        if s is None or s.geom_type == "Point"
                        else r["geometry_kind"],
                    },
                    extent_m=200.0,
                ),
                s,
            )
            for k, (r, s) in enumerate(held)
        ]
    )
    own = [make_rule(rule_id=f"R{k}", **values) for k, values in enumerate(law)]
    screener = Screener([layer], own, counties=COUNTIES, as_of="2026-11-21", project=project)
    assert_alike(
        screener, [make_site(s, site_id=f"s{k}", accuracy_m=a) for k, (s, a) in enumerate(plots)]
    )


def test_the_bundled_layers_are_told_alike_and_at_some_length() -> None:
    from sxgeo.boundaries.units import load_counties

    rng = np.random.default_rng(5)
    sites = [
        Site(f"s{k}", shapely.box(lon, lat, lon + 0.004, lat + 0.003))
        for k, (lon, lat) in enumerate(
            zip(rng.uniform(111.8, 113.4, 12), rng.uniform(37.4, 39.2, 12), strict=True)
        )
    ]
    screener = Screener(
        load_layers(), load_rules(), counties=load_counties(neighbours=True), as_of="2026-11-21"
    )
    assert assert_alike(screener, sites) > 100


def test_one_site_is_told_as_it_is_among_many() -> None:
    layer = make_layer(
        (make_record(), box(0, 0, 1_000, 1_000)), (make_record(feature_id="F2"), None)
    )
    screener = Screener(
        [layer], [make_rule(required_m=50.0)], counties=COUNTIES, as_of="2026-11-21"
    )
    sites = [
        make_site(box(k * 300, 0, k * 300 + 200, 100), site_id=f"s{k}")
        for k in range(screening.FEW + 4)
    ]
    among = screener.screen_all(sites)
    assert [screener.screen(site) for site in sites] == among


def worked(layer: Layer, rule: Rule, *shapes_m: Any) -> list[tuple[str, float, float]]:
    screener = Screener([layer], [rule], counties=COUNTIES, as_of="2026-11-21")
    sites = [make_site(s, site_id=f"s{k}") for k, s in enumerate(shapes_m)]
    found = [o.screening[0].findings[0] for o in screener.screen_all(sites)]
    return [(f.relation, round(f.overlap_m2), round(f.distance_m or 0)) for f in found]


def test_a_plot_inside_one_across_the_edge_and_one_apart_by_hand() -> None:
    layer = make_layer((make_record(), box(0, 0, 1_000, 1_000)), spec=make_spec(complete_in=()))
    rule = make_rule(required_m=10.0)
    plots = (
        box(100, 100, 200, 200),
        box(-50, 0, 50, 100),
        box(1_100, 0, 1_200, 100),
        box(2_000, 0, 2_100, 100),
    )
    assert worked(layer, rule, *plots) == [
        ("met", 10_000, 0),
        ("met", 5_000, 0),
        ("missed", 0, 100),
        ("missed", 0, 1_000),
    ]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_shape_inside_another_needs_no_overlay_either_way_round(
    swapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, outer = box(10, 10, 20, 20), box(0, 0, 100, 100)
    pair = (outer, inner) if swapped else (inner, outer)
    truth = shapely.intersection(*pair)
    monkeypatch.setattr(shapely, "intersection", lambda *_: pytest.fail("overlaid"))
    assert shapely.equals(common_part(*pair), truth)
    assert measure(*pair).area_m2 == 100.0


def test_no_finding_is_built_until_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from sxgeo.analysis.conflicts import finding_arrays

    layer = make_layer((make_record(), box(0, 0, 1_000, 1_000)))
    screener = Screener([layer], [make_rule()], counties=COUNTIES, as_of="2026-11-21")
    monkeypatch.setattr(finding_arrays, "value_of", lambda *_: pytest.fail("built"))
    outcomes, found = screener.screen_found(
        [make_site(box(k, k, k + 9, k + 9), site_id=f"s{k}") for k in range(5)]
    )
    assert [o.verdict for o in outcomes] == ["conflict"] * 5
    assert [len(part.rows.site) for _, part in found] == [5]
    assert CLASS in {part.table.layer.spec.id for _, part in found}
