"""Limits nailed down on both sides: what reach, scale, error and county add to a distance, to a
decimetre and less.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import (
    COUNTY,
    PLANE,
    ask,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
    on_ground,
)

from sxgeo.analysis.conflicts import batch as batch_module
from sxgeo.analysis.conflicts import pairs as pairs_module
from sxgeo.analysis.conflicts import relation as relation_module
from sxgeo.analysis.conflicts import screener as screener_module
from sxgeo.analysis.conflicts.batch import Batch, complete_at, known_at
from sxgeo.analysis.conflicts.binding import binding
from sxgeo.analysis.conflicts.findings import known_from
from sxgeo.analysis.conflicts.prepared import Ground, lay, prepare
from sxgeo.analysis.conflicts.relation import judge
from sxgeo.geometry.overlap import measure
from sxgeo.geometry.straight import laid_on_plane
from sxgeo.model.outcomes import KNOWN_OUTCOMES
from sxgeo.model.project import Project
from sxgeo.model.sites import Site

FAR_PLANES = ("EPSG:4534", "EPSG:4540", "EPSG:4545", "EPSG:4546", "EPSG:4548", "EPSG:4554")
REQUIRED_M = 2000.0
SCALE_M = 0.0005 * REQUIRED_M
WHOLE = make_spec(subzones_absent=("protection_scope",))


def listed_as_known(entry: Any) -> Any:
    """What is known in arrays and what is listed one by one is the same."""
    assert known_from(entry.findings)[0] == entry.known_outcome
    return entry


def plot(gap: float, **values: Any) -> Site:
    """A plot whose east edge lies `gap` west of 0."""
    return make_site(box(-100 - gap, -50, -gap, 50), **{"accuracy_m": 1.0, **values})


def told(site: Site, *records: dict[str, Any], spec: Any = WHOLE, **asked: Any) -> Any:
    features = [(record, box(0, -500, 1000, 500)) for record in records]
    return listed_as_known(ask(site, make_layer(*features, spec=spec), **asked).screening[0])


@pytest.mark.parametrize("error", ["accuracy_m", "datum_error_m"])
@pytest.mark.parametrize("of", ["site", "record"])
@pytest.mark.parametrize("required", [0.0, 50.0, REQUIRED_M])
def test_every_error_moves_the_limit_by_itself_and_by_its_whole_size(
    error: str, of: str, required: float
) -> None:
    """An error of 40 m from one source and 0 from all others: between up to required + 40 m + the
    scale, missed a decimetre beyond, whichever source it is; and the finding is listed as far.
    """
    mine = {"accuracy_m": 0.0, "datum_error_m": 0.0}
    theirs = {"position_accuracy_m": 0.0, "datum_error_m": 0.0}
    if of == "site":
        mine[error] = 40.0
    else:
        theirs["position_accuracy_m" if error == "accuracy_m" else error] = 40.0
    rule, limit = make_rule(required_m=required), required * 1.0005 + 40.0
    for gap, outcome in ((limit - 0.05, "undetermined"), (limit + 0.05, "clear")):
        entry = told(plot(gap, **mine), make_record(**theirs), rules=(rule,))
        assert entry.outcome == outcome
        (finding,) = entry.findings
        assert finding.relation == ("between" if outcome == "undetermined" else "missed")
        assert finding.uncertainty_m == pytest.approx(40.0 + 0.0005 * required)
        assert finding.margin_m == pytest.approx(gap - required, abs=0.02)
        assert finding.flip_distance_m == pytest.approx(0.05, abs=0.02)


def test_a_finding_is_listed_as_far_as_it_can_be_between_though_another_is_nearer() -> None:
    """Only the nearest record is told when it is missed; every other must be within reach of the
    whole error, its datum's among it.
    """
    near = make_record(feature_id="NEAR", position_accuracy_m=0.0)
    far = make_record(feature_id="FAR", position_accuracy_m=0.0)
    for where, key in (("site", "accuracy_m"), ("site", "datum_error_m"), ("far", "datum_error_m")):
        mine = {"accuracy_m": 0.0, "datum_error_m": 0.0}
        theirs = dict(far)
        if where == "site":
            mine[key] = 300.0
        else:
            theirs[key] = 300.0
        layer = make_layer(
            (near, box(0, -500, 10, 500)), (theirs, box(290, -500, 400, 500)), spec=WHOLE
        )
        entry = ask(plot(2, **mine), layer).screening[0]
        assert "FAR" in {f.feature_id for f in entry.findings if f.relation != "missed"}


def unlocated(**values: Any) -> tuple[dict[str, Any], None]:
    return make_record(geometry_kind="none", position_accuracy_m=None, **values), None


@pytest.mark.parametrize("required", [0.0, 500.0, REQUIRED_M])
@pytest.mark.parametrize("errors", [(1.0, 0.0), (0.0, 7.0), (3.0, 4.0)])
def test_errors_and_the_scale_of_the_plane_count_in_the_reach_of_a_county(
    required: float, errors: tuple[float, float]
) -> None:
    counties = make_counties(
        ("149998", box(-9000, -9000, 0, 9000), 10.0), (COUNTY, box(0, -9000, 9000, 9000), 10.0)
    )
    spec = make_spec(
        coverage=(COUNTY, "149998"),
        complete_in=(COUNTY, "149998"),
        subzones_absent=("protection_scope",),
    )
    layer = make_layer(unlocated(county_code=COUNTY), spec=spec)
    limit = required * 1.0005 + sum(errors) + 10.0
    for gap, outcome in ((limit - 0.1, "undetermined"), (limit + 0.1, "clear")):
        site = plot(gap, accuracy_m=errors[0], datum_error_m=errors[1])
        answer = ask(site, layer, rules=(make_rule(required_m=required),), counties=counties)
        entry = listed_as_known(answer.screening[0])
        assert entry.outcome == outcome
        assert bool(entry.findings) == (outcome == "undetermined")


@pytest.mark.parametrize("required", [0.0, 500.0, REQUIRED_M])
def test_the_scale_of_the_plane_counts_in_the_reach_of_what_is_whole(required: float) -> None:
    """A class is whole only as far as its rules can reach inside the county that is declared: the
    edge of that county is drawn in degrees, so how far it lies is measured.
    """
    counties = make_counties((COUNTY, box(-9000, -9000, 9000, 9000), 10.0))
    edge = shapely.boundary(laid_on_plane(counties.geometry[0], PLANE))

    def inside_m(west: float) -> float:
        return float(shapely.distance(edge, laid_on_plane(placed(west).geometry, PLANE)))

    def placed(west: float) -> Site:
        return make_site(box(west, -50, west + 100, 50), accuracy_m=1.0)

    reach = required * 1.0005 + 1.0 + 10.0
    exact = -9000 + reach + (9000 - 5000 - inside_m(-5000.0))
    for beyond, outcome in ((0.3, "clear"), (-0.3, "undetermined")):
        site = placed(exact + beyond)
        assert inside_m(exact + beyond) == pytest.approx(reach + beyond, abs=0.2)
        rule = make_rule(required_m=required)
        entry = told(site, make_record(), rules=(rule,), counties=counties)
        assert entry.outcome == outcome
        assert entry.reason_code == ("clear" if outcome == "clear" else "incomplete")


@pytest.mark.parametrize("required", [0.0, 500.0, REQUIRED_M])
@pytest.mark.parametrize("datum", [0.0, 7.0])
def test_the_scale_of_the_plane_counts_in_the_reach_of_a_subzone_that_nobody_holds(
    required: float, datum: float
) -> None:
    """A scope without its belt: the belt may lie twice the class's extent beyond what is drawn, and
    the rule reaches farther from there.
    """
    rule = make_rule(required_m=required, subzone="construction_control_belt")
    record = make_record(subzone="protection_scope", datum_error_m=datum)
    limit = required * 1.0005 + 1.0 + 2 * 500 * 1.0005 + 1.0 + datum
    for gap, code in ((limit - 0.1, "subzone_missing"), (limit + 0.1, "clear")):
        entry = told(plot(gap), record, rules=(rule,))
        assert entry.reason_code == code


@pytest.mark.parametrize("codes", [None, "", ";"])
def test_a_record_of_no_county_may_lie_anywhere_whatever_was_searched(codes: str | None) -> None:
    for coverage in ((), (COUNTY,)):
        spec = make_spec(coverage=coverage)
        layer = make_layer(unlocated(county_code=codes), spec=spec)
        entry = listed_as_known(ask(plot(0), layer).screening[0])
        assert (entry.known_outcome, entry.reason_code) == ("undetermined", "unlocated")
        assert [f.feature_id for f in entry.findings] == ["F1"]


@pytest.mark.parametrize("codes", ["999999", f"149998;{COUNTY}", "999999;149998"])
@pytest.mark.parametrize("east", [-8000.0, 60_000.0])
def test_a_county_that_is_not_known_here_holds_its_record_only_outside_those_that_are(
    codes: str, east: float
) -> None:
    """A plot in 149998 or outside all known counties: a record is told where it may lie."""
    counties = make_counties(
        ("149998", box(-9000, -9000, 0, 9000), 10.0), (COUNTY, box(0, -9000, 9000, 9000), 10.0)
    )
    layer = make_layer(unlocated(county_code=codes), spec=WHOLE)
    site = make_site(box(east, 0, east + 100, 100), accuracy_m=1.0)
    entry = listed_as_known(ask(site, layer, counties=counties).screening[0])
    outside = east > 9000
    may_lie_here = "999999" in codes if outside else "149998" in codes
    assert entry.known_outcome == ("undetermined" if may_lie_here else "none_found")


def test_a_plot_that_crosses_the_edge_of_all_counties_may_lie_in_an_unknown_one() -> None:
    layer = make_layer(unlocated(county_code="999999"), spec=WHOLE)
    across = make_site(box(49_950, 0, 50_500, 100), accuracy_m=1.0)
    entry = listed_as_known(ask(across, layer).screening[0])
    assert entry.known_outcome == "undetermined"


@pytest.mark.parametrize("plane", FAR_PLANES)
def test_a_plane_however_far_off_that_a_file_declares_moves_no_limit(plane: str) -> None:
    """Planes from 3 to 39 degrees off: distances are those of the plot's own plane. Its edges are
    short, so that straight there and here is the same to a millimetre.
    """
    shape = on_ground(box(-110, -50, -10, 50))
    own = told(Site("s", shape, accuracy_m=1.0, crs=PLANE), make_record())
    far = told(Site("s", shape, accuracy_m=1.0, crs=plane), make_record())
    assert own.outcome == far.outcome == "clear"
    assert far.findings[0].distance_m == pytest.approx(own.findings[0].distance_m, abs=0.01)
    assert far.findings[0].distance_m == pytest.approx(10.0, abs=0.02)


def test_a_strip_of_land_is_told_with_its_area_and_share() -> None:
    entry = told(plot(-40), make_record())
    (finding,) = entry.findings
    assert finding.overlap_m2 == pytest.approx(40 * 100, rel=1e-3)
    assert finding.overlap_share == pytest.approx(0.4, rel=1e-3)
    (union,) = entry.unions
    assert (union.features, union.rule_id) == (1, "R1")
    assert union.overlap_m2 == finding.overlap_m2


def test_overlaps_of_one_rule_are_counted_once_and_never_above_the_plot() -> None:
    records = [make_record(feature_id=f"F{i}") for i in range(3)]
    entry = told(plot(-40), *records)
    (union,) = entry.unions
    assert (union.features, len(entry.findings)) == (3, 3)
    assert union.overlap_m2 == pytest.approx(40 * 100, rel=1e-3)
    whole = told(make_site(box(400, -50, 500, 50)), *records)
    assert whole.unions[0].overlap_share == 1.0
    assert shapely.area(whole.findings[0].overlap_geometry) > 0


# on the limit itself: exact figures, where a plane leaves none
# ------------------------------------------------------------------------------------------


def ground_of(counties: Any = None) -> Ground:
    return Ground.on_plane(make_counties() if counties is None else counties, PLANE)


def exact_batch(error: float, *shapes: Any) -> Batch:
    """Plots whose metres are whole numbers, whatever a plane would make of them."""
    sites = [
        Site(f"s{i}", shape, accuracy_m=error, accuracy_source="test")
        for i, shape in enumerate(shapes)
    ]
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return Batch(sites, held, np.full(len(shapes), error), PLANE, ground_of(), {})


def exact_table(rule: Any, record: dict[str, Any], shape: Any) -> Any:
    layer = make_layer((record, box(0, 0, 1, 1)), spec=WHOLE)
    bound = [(rule, binding(rule, Project()))]
    ground = ground_of()
    table = prepare(lay(layer, ground), bound, ground, project=Project())
    held = np.empty(1, dtype=object)
    held[:] = [shape]
    return replace(table, laid=replace(table.laid, shapes=held, tree=shapely.STRtree(held)))


def complete_in(table: Any, area: Any) -> Any:
    """The table where a document declares an area whole, its edge known to 4 m."""
    coverage = replace(table.laid.coverage, complete=area, complete_edge_m=4.0)
    return replace(table, laid=replace(table.laid, coverage=coverage))


@pytest.mark.parametrize(
    ("comparison", "gap", "relation"),
    [
        ("within_le", 15.99, "met"),
        ("within_le", 16.0, "met"),  # equality is within
        ("within_le", 16.01, "between"),
        ("within_le", 48.0, "between"),
        ("within_le", 48.01, "missed"),
        ("at_least", 15.99, "met"),
        ("at_least", 16.0, "between"),  # equality is lawful
        ("at_least", 47.99, "between"),
        ("at_least", 48.0, "missed"),
    ],
)
def test_equality_is_decided_as_the_rule_says_in_arrays_and_one_by_one(
    comparison: str, gap: float, relation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Required 32 m, errors of 8 and 8 m, no scale: figures that floats hold exactly."""
    for module in (batch_module, pairs_module, relation_module):
        monkeypatch.setattr(module, "PLANE_SCALE", 0.0)
    rule = make_rule(required_m=32.0, comparison=comparison)
    record = make_record(position_accuracy_m=8.0)
    batch = exact_batch(8.0, shapely.box(0, 0, 10, 10))
    table = exact_table(rule, record, shapely.box(10 + gap, 0, 20 + gap, 10))
    known, _, _ = known_at(batch, table, {})
    outcome = {"met": "conflict", "between": "undetermined", "missed": "none_found"}[relation]
    assert KNOWN_OUTCOMES[known[0]] == outcome
    verdict = judge(
        rule,
        record,
        measure(batch.shapes[0], table.shapes[0]),
        site=batch.sites[0],
        project=Project(),
        bound="yes",
        fit="yes",
        county_wide=False,
    )
    assert verdict.relation == relation
    assert verdict.flip_distance_m == pytest.approx(
        {"met": 16 - gap, "between": min(gap - 16, 48 - gap), "missed": gap - 48}[relation]
    )


def test_what_lies_exactly_as_far_as_a_rule_reaches_is_not_beyond_it() -> None:
    """Whole: strictly farther from the edge than reach and its accuracy. A county: as near as that
    is near.
    """
    rule = make_rule(required_m=0.0)
    table = exact_table(rule, make_record(), shapely.box(500, 500, 510, 510))
    table = complete_in(table, shapely.box(0, 0, 1000, 1000))
    plots = [shapely.box(x, 400, x + 10, 410) for x in (11.75, 12.0, 12.25)]
    assert complete_at(exact_batch(8.0, *plots), table).tolist() == [False, False, True]
    assert complete_at(exact_batch(8.0, plots[2]), complete_in(table, None)).tolist() == [False]
    ground = ground_of()
    square = np.array([shapely.box(0, 0, 100, 100)], dtype=object)
    ground = replace(
        ground,
        accuracy_m={COUNTY: 4.0},
        edges=np.array([4.0]),
        shapes={COUNTY: square[0]},
        tree=shapely.STRtree(square),
    )
    beside = np.array([shapely.box(100 + g, 0, 120 + g, 9) for g in (11.75, 12.0, 12.25)])
    assert ground.within(beside, np.full(3, 8.0))[:, 0].tolist() == [True, True, False]
    unknown = replace(ground, accuracy_m={COUNTY: float("nan")}, edges=np.array([np.inf]))
    assert unknown.within(beside, np.full(3, 8.0)).all()
    assert unknown.edge_m([COUNTY]) == ground.edge_m([]) == float("inf")


@pytest.mark.parametrize(("apart", "held"), [(12.0, False), (12.25, True)])
def test_a_subzone_that_nobody_holds_may_lie_exactly_as_far_as_it_may(
    apart: float, held: bool
) -> None:
    rule = make_rule(subzone="construction_control_belt")
    table = exact_table(rule, make_record(), shapely.box(0, 0, 10, 10))
    assert table.partial.rows.tolist() == [0]
    near = np.array([shapely.box(0, 0, 10, 10)], dtype=object)
    partial = replace(table.partial, tree=shapely.STRtree(near), reach_m=np.array([4.0]))
    table = replace(table, partial=partial)
    batch = exact_batch(8.0, shapely.box(10 + apart, 0, 30 + apart, 10))
    assert screener_module._subzones_held(batch, table).tolist() == [held]


@pytest.mark.parametrize(
    ("accuracy", "coarse"), [(3000.0, False), (3000.5, True), (None, True), (float("nan"), True)]
)
def test_a_record_is_coarse_beyond_three_kilometres_or_where_nobody_knows(
    accuracy: float | None, coarse: bool
) -> None:
    record = make_record(position_accuracy_m=accuracy)
    assert relation_module.is_coarse(record) == coarse
    legal = make_record(position_accuracy_m=accuracy, boundary="legal_vector")
    assert not relation_module.is_coarse(legal)
    assert relation_module.accuracy_m(legal) == 0.01


def test_a_certificate_names_the_subzones_that_binding_rules_need_and_no_others() -> None:
    rules = (
        make_rule(rule_id="R1", subzone="protection_scope"),
        make_rule(rule_id="R2", subzone="construction_control_belt", project_types=("energy",)),
        make_rule(rule_id="R3"),
    )
    for kind, named in (
        ("energy", ("construction_control_belt", "protection_scope")),
        ("industrial", ("protection_scope",)),
    ):
        spec = make_spec(subzones_absent=("construction_control_belt", "protection_scope"))
        entry = told(plot(3000), make_record(), spec=spec, rules=rules, project=Project(type=kind))
        assert entry.clear_because is not None
        assert entry.clear_because.subzones == named
