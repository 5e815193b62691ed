"""The outcomes of the design: hand-worked cases first, then laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import shapely
from conftest import (
    CLASS,
    COUNTY,
    ask,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
)
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.analysis.conflicts.findings import known_from
from sxgeo.analysis.conflicts.relation import _compare
from sxgeo.analysis.conflicts.screener import screen
from sxgeo.geometry.overlap import measure
from sxgeo.layers.layers import Layer
from sxgeo.model.outcomes import OUTCOMES
from sxgeo.model.project import Project

SCOPE = box(0, 0, 1000, 1000)
INSIDE = box(300, 300, 500, 500)


def scope(**values: Any) -> Layer:
    return make_layer((make_record(subzone="protection_scope", **values), SCOPE))


def told(outcome: Any) -> Any:
    """An outcome with its findings, as comparable values."""
    entries = (*outcome.screening, *outcome.extra)
    return (
        outcome.verdict,
        outcome.known_verdict,
        [(repr(e), e.findings, e.unions) for e in entries],
    )


def entry(outcome: Any) -> Any:
    return next(e for e in (*outcome.screening, *outcome.extra) if e.resource_class == CLASS)


def outcome_of(shape: Any, layer: Layer, **values: Any) -> str:
    return str(entry(ask(make_site(shape), layer, **values)).outcome)


def point(east: float = 0.0, north: float = 0.0, **values: Any) -> Layer:
    told = {"geometry_kind": "point", "point_role": "object", "screening_extent_m": 500.0, **values}
    return make_layer((make_record(**told), shapely.Point(east, north)))


# hand-worked cases
# ------------------------------------------------------------------------------------------


def test_a_plot_inside_a_prohibited_scope_is_a_conflict_with_its_whole_area() -> None:
    answer = ask(make_site(INSIDE), scope())
    found = entry(answer).findings[0]
    assert (answer.verdict, answer.known_verdict) == ("conflict", "conflict")
    assert found.overlap_m2 == pytest.approx(40_000, abs=20)
    assert found.overlap_share == 1.0
    assert found.distance_m == 0.0
    assert found.margin_m == pytest.approx(
        -500, abs=1
    )  # its deepest point lies 500 m from the edge
    assert found.uncertainty_m == pytest.approx(1.0)
    assert found.flip_distance_m == pytest.approx(499, abs=1)


def test_a_plot_ten_metres_off_is_clear_where_the_class_is_complete() -> None:
    answer = ask(make_site(box(1010, 0, 1100, 100)), scope())
    found = entry(answer).findings[0]
    assert answer.verdict == "clear"
    assert found.margin_m == pytest.approx(10, abs=0.05)
    assert found.flip_distance_m == pytest.approx(9, abs=0.05)
    assert found.overlap_m2 == 0.0


def test_a_doubtful_plot_is_never_clear_and_loses_nothing_else() -> None:
    """Where the plot is drawn the class is clear; a conflict, a doubt and what is known stay as
    they are.
    """
    apart, inside = box(1010, 0, 1100, 100), INSIDE
    told = entry(ask(make_site(apart, doubtful=True), scope()))
    assert (told.outcome, told.known_outcome, told.reason_code) == (
        "undetermined",
        "none_found",
        "doubtful_site",
    )
    assert told.findings == entry(ask(make_site(apart), scope())).findings
    for shape in (inside, box(1000.5, 0, 1100, 100)):
        assert entry(ask(make_site(shape, doubtful=True), scope())) == entry(
            ask(make_site(shape), scope())
        )


def test_a_plot_half_a_metre_off_is_undetermined_because_the_error_is_one_metre() -> None:
    assert outcome_of(box(1000.5, 0, 1100, 100), scope()) == "undetermined"


def test_touching_is_between_even_without_any_error() -> None:
    answer = ask(make_site(box(1000, 0, 1100, 100)), scope(position_accuracy_m=0.0))
    assert entry(answer).findings[0].relation == "between"
    assert answer.verdict == "undetermined"


def test_the_effect_of_the_gravest_rule_met_decides() -> None:
    for effect, outcome in (
        ("prohibited", "conflict"),
        ("permit", "regulated"),
        ("notify", "regulated"),
    ):
        answer = ask(make_site(INSIDE), scope(), rules=(make_rule(effect=effect),))
        assert (answer.verdict, entry(answer).effect) == (outcome, effect)


def test_no_completeness_means_undetermined_and_what_is_known_is_still_told() -> None:
    layer = make_layer((make_record(), SCOPE), spec=make_spec(complete_in=()))
    answer = ask(make_site(box(5000, 5000, 5100, 5100)), layer)
    assert (answer.verdict, answer.known_verdict, entry(answer).reason_code) == (
        "undetermined",
        "none_found",
        "incomplete",
    )


def test_nothing_held_a_failed_layer_and_a_place_outside_the_coverage_are_not_screened() -> None:
    bare = make_spec(complete_in=())
    assert entry(ask(make_site(INSIDE), make_layer(spec=bare))).reason_code == "nothing_held"
    failed = Layer(make_spec(), (), make_layer().shapes, failed="disk")
    assert entry(ask(make_site(INSIDE), failed)).reason_code == "layer_failed"
    away = ask(make_site(box(90_000, 0, 90_100, 100)), scope())
    assert (away.verdict, entry(away).reason_code) == ("not_screened", "outside_coverage")


def test_a_layer_that_only_has_candidates_holds_nothing() -> None:
    layer = make_layer((make_record(membership="candidate"), SCOPE), spec=make_spec(complete_in=()))
    assert entry(ask(make_site(box(9000, 9000, 9100, 9100)), layer)).outcome == "not_screened"


def test_components_and_controls_do_not_count_as_held() -> None:
    layer = make_layer(
        (make_record(), SCOPE),
        (make_record(feature_id="F2", role="component"), SCOPE),
        (make_record(feature_id="F3", role="control"), None),
        (make_record(feature_id="F4", membership="candidate"), None),
    )
    assert (layer.held, layer.candidates, layer.located, layer.with_polygon) == (1, 1, 1, 1)


def test_a_monument_on_the_plot_is_met_only_when_the_plot_covers_it_by_more_than_the_error() -> (
    None
):
    rule = make_rule(subzone="protection_scope")
    deep, shallow = box(-50, -50, 50, 50), box(-5, -5, 5, 5)
    assert outcome_of(deep, point(position_accuracy_m=20.0), rules=(rule,)) == "conflict"
    assert outcome_of(shallow, point(position_accuracy_m=20.0), rules=(rule,)) == "undetermined"


def test_a_point_without_boundary_is_between_up_to_twice_its_extent() -> None:
    layer = point(position_accuracy_m=10.0, extent_m=100.0, screening_extent_m=None)
    assert outcome_of(box(200, -5, 220, 5), layer) == "undetermined"  # 200 m <= 10 + 2 x 100
    assert outcome_of(box(211, -5, 220, 5), layer) == "clear"


def test_a_proxy_does_not_lie_in_the_innermost_subzone() -> None:
    rule = make_rule(subzone="protection_scope")
    layer = point(point_role="proxy")
    assert outcome_of(box(-50, -50, 50, 50), layer, rules=(rule,)) == "undetermined"


def test_an_extent_box_never_gives_more_than_between() -> None:
    layer = scope(geometry_kind="extent_box", position_accuracy_m=None)
    assert outcome_of(INSIDE, layer) == "undetermined"


def test_a_record_without_position_is_between_in_its_counties_and_nowhere_else() -> None:
    counties = make_counties(
        ("149998", box(-50_000, 0, 0, 50_000), 10.0), ("149999", box(0, 0, 50_000, 50_000), 10.0)
    )
    spec = make_spec(coverage=("149998", "149999"), complete_in=("149998", "149999"))
    layer = make_layer(
        (make_record(geometry_kind="none", position_accuracy_m=None), None), spec=spec
    )
    here, there = box(9000, 9000, 9100, 9100), box(-9100, 9000, -9000, 9100)
    assert outcome_of(here, layer, counties=counties) == "undetermined"
    assert outcome_of(there, layer, counties=counties) == "clear"
    border = box(-105, 9000, -5, 9100)  # 5 m from the county, whose edge is good to 10 m
    assert outcome_of(border, layer, counties=counties) == "undetermined"


@pytest.mark.parametrize("accuracy", [None, 3000.1, 20_000.0])
def test_an_unknown_or_coarse_accuracy_is_between_for_the_whole_county(
    accuracy: float | None,
) -> None:
    far = box(45_000, 45_000, 45_100, 45_100)
    assert (
        outcome_of(far, point(position_accuracy_m=accuracy, screening_extent_m=0.0))
        == "undetermined"
    )


def test_an_unknown_accuracy_never_prohibits() -> None:
    assert (
        outcome_of(box(-4000, -4000, 4000, 4000), point(position_accuracy_m=None)) == "undetermined"
    )


def test_a_record_in_a_county_that_is_not_known_counts_where_no_county_is_known() -> None:
    layer = make_layer((make_record(geometry_kind="none", county_code="999999"), None))
    outside = make_site(box(90_000, 0, 90_100, 100))
    assert entry(ask(outside, layer)).outcome == "undetermined"
    assert entry(ask(make_site(INSIDE), layer)).outcome == "clear"


def test_a_candidate_binds_only_by_a_designation_of_its_own() -> None:
    assert outcome_of(INSIDE, scope(membership="candidate")) == "undetermined"
    assert (
        outcome_of(INSIDE, scope(membership="candidate", legal_designation="全国重点文物保护单位"))
        == "conflict"
    )


def test_an_unknown_subzone_makes_every_subzones_rule_between_unless_one_binds_all() -> None:
    rules = (
        make_rule(subzone="protection_scope"),
        make_rule(rule_id="R2", subzone="construction_control_belt", effect="permit"),
    )
    layer = make_layer((make_record(), SCOPE))
    assert outcome_of(INSIDE, layer, rules=rules) == "undetermined"
    assert outcome_of(INSIDE, layer, rules=(*rules, make_rule(rule_id="R3"))) == "conflict"


def test_a_known_subzone_is_bound_by_its_own_rules_only() -> None:
    rules = (
        make_rule(subzone="protection_scope"),
        make_rule(rule_id="R2", subzone="construction_control_belt", effect="permit"),
    )
    scope_inside = make_record(feature_id="F2", subzone="protection_scope")
    layer = make_layer(
        (make_record(subzone="construction_control_belt"), SCOPE),
        (scope_inside, box(0, 0, 200, 200)),
    )
    assert outcome_of(INSIDE, layer, rules=rules) == "regulated"


def test_an_unverified_rule_decides_nothing() -> None:
    assert outcome_of(INSIDE, scope(), rules=(make_rule(verified=False),)) == "undetermined"


def test_a_resource_met_without_any_known_rule_is_between() -> None:
    answer = ask(make_site(INSIDE), scope(), rules=(make_rule(resource_kind=("other",)),))
    unbound = make_layer((make_record(resource_kind="mine_park"), SCOPE))
    answer = ask(make_site(INSIDE), unbound, rules=(make_rule(resource_kind=("nature_reserve",)),))
    assert entry(answer).findings[0].reason_code == "no_rule"
    assert answer.verdict == "undetermined"


def test_a_rule_counts_only_while_it_is_in_force() -> None:
    rules = (
        make_rule(in_force_to="2026-03-14"),
        make_rule(rule_id="R2", effect="permit", in_force_from="2026-03-15"),
    )
    assert outcome_of(INSIDE, scope(), rules=rules, as_of="2026-03-14") == "conflict"
    assert outcome_of(INSIDE, scope(), rules=rules, as_of="2026-03-15") == "regulated"


def test_rules_of_a_type_bind_that_type_and_without_a_type_the_answer_says_if() -> None:
    rules = (make_rule(project_types=("quarry_or_mine",)), make_rule(rule_id="R2", effect="permit"))
    assert (
        outcome_of(INSIDE, scope(), rules=rules, project=Project(type="residential")) == "regulated"
    )
    assert (
        outcome_of(INSIDE, scope(), rules=rules, project=Project(type="quarry_or_mine"))
        == "conflict"
    )
    unsaid = entry(ask(make_site(INSIDE), scope(), rules=rules))
    assert unsaid.outcome == "conflict"
    assert unsaid.findings[0].condition == "quarry_or_mine"


def test_a_rule_that_hangs_on_an_attribute_is_between_until_it_is_said() -> None:
    rules = (make_rule(project_types=("polluting_discharge",), condition="discharge"),)
    silent, no, yes = (
        Project(type="polluting_discharge"),
        Project(discharge=False),
        Project(discharge=True),
    )
    assert outcome_of(INSIDE, scope(), rules=rules, project=yes) == "conflict"
    assert (
        outcome_of(INSIDE, scope(), rules=rules, project=no) == "clear"
    )  # seen, and no hit for this project
    assert outcome_of(INSIDE, scope(), rules=rules, project=silent) == "conflict"
    other = (make_rule(condition="development_zone"),)
    assert outcome_of(INSIDE, scope(), rules=other) == "undetermined"


def test_a_building_is_measured_against_its_distance_from_a_station() -> None:
    rule = make_rule(required_m=1000.0, comparison="height_ratio", ratio=10.0)
    station = point(screening_extent_m=0.0, position_accuracy_m=1.0)
    plot = box(500, -5, 520, 5)
    for height, outcome in (
        (40.0, "clear"),
        (60.0, "conflict"),
        (50.0, "undetermined"),
        (None, "undetermined"),
    ):
        answer = ask(make_site(plot), station, rules=(rule,), project=Project(height_m=height))
        assert answer.verdict == outcome, height
    limit = entry(ask(make_site(plot), station, rules=(rule,))).findings[0].max_height_m
    assert limit == pytest.approx((500 - 1 - 0.5) / 10, abs=0.05)


def test_equality_is_inside_for_within_and_lawful_for_not_less_than() -> None:
    apart = measure(shapely.Point(0, 0), shapely.Point(100, 0))
    within, least = make_rule(required_m=100.0), make_rule(required_m=100.0, comparison="at_least")
    assert _compare(within, apart, 100.0, 0.0, 0.0)[0] == "met"
    assert _compare(least, apart, 100.0, 0.0, 0.0)[0] == "missed"


def test_a_required_distance_reaches_beyond_the_resource() -> None:
    rule = make_rule(required_m=200.0)
    assert outcome_of(box(1150, 0, 1160, 10), scope(), rules=(rule,)) == "conflict"
    found = entry(ask(make_site(box(1150, 0, 1160, 10)), scope(), rules=(rule,))).findings[0]
    assert (found.overlap_m2, found.overlap_share) == (
        0.0,
        0.0,
    )  # of site and resource, never of the zone
    assert found.margin_m == pytest.approx(-50, abs=0.1)
    assert outcome_of(box(1205, 0, 1210, 10), scope(), rules=(rule,)) == "clear"


def test_completeness_must_hold_wherever_the_rules_reach() -> None:
    layer = scope()
    plot = box(
        49_850, 0, 49_900, 50
    )  # 100 m from the edge of the only complete county, good to 10 m
    assert outcome_of(plot, layer) == "clear"
    assert outcome_of(plot, layer, rules=(make_rule(required_m=95.0),)) == "undetermined"
    across = box(49_900, 0, 50_100, 50)
    assert outcome_of(across, layer) == "undetermined"


def test_a_resource_outside_the_zone_whose_distance_reaches_in_is_found() -> None:
    outside = make_layer((make_record(), box(50_050, 0, 50_200, 100)))
    answer = ask(
        make_site(box(49_900, 0, 49_990, 100)), outside, rules=(make_rule(required_m=100.0),)
    )
    assert answer.verdict == "conflict"


def test_a_line_reports_the_length_inside_and_a_point_the_distance() -> None:
    road = shapely.LineString([(-100, 500), (1100, 500)])
    found = entry(ask(make_site(road), scope())).findings[0]
    assert found.overlap_length_m == pytest.approx(1000, abs=0.5)
    assert found.overlap_share == pytest.approx(1000 / 1200, abs=1e-3)
    assert found.overlap_m2 == 0.0
    away = entry(ask(make_site(shapely.Point(1300, 500)), scope())).findings[0]
    assert away.distance_m == pytest.approx(300, abs=0.1)


def test_a_class_that_was_not_asked_for_does_not_enter_the_verdict() -> None:
    other = make_layer(spec=make_spec(id="air_stations", complete_in=()))
    both = ask(make_site(box(5000, 0, 5100, 100)), scope(), other)
    one = ask(make_site(box(5000, 0, 5100, 100)), scope(), other, requested=(CLASS,))
    assert (both.verdict, one.verdict) == ("not_screened", "clear")
    assert [e.reason_code for e in one.screening] == ["clear", "not_requested"]


def test_a_bad_site_gets_an_answer_too() -> None:
    answer = ask(make_site(INSIDE, geometry=None, problems=("no geometry",)), scope())
    assert (answer.verdict, entry(answer).reason_code, answer.area_m2) == (
        "not_screened",
        "bad_site",
        None,
    )


def test_the_nearest_resource_is_told_even_when_it_is_missed() -> None:
    layer = make_layer(
        (make_record(), box(0, 0, 10, 10)),
        (make_record(feature_id="F2", name_zh="乙"), box(500, 0, 510, 10)),
    )
    findings = entry(ask(make_site(box(400, 0, 410, 10)), layer)).findings
    assert [f.feature_id for f in findings] == ["F2"]


def test_overlaps_of_one_rule_are_united_so_that_nothing_counts_twice() -> None:
    layer = make_layer(
        (make_record(feature_id="A"), box(0, 0, 600, 1000)),
        (make_record(feature_id="B"), box(400, 0, 1000, 1000)),
    )
    told = entry(ask(make_site(box(300, 300, 700, 400)), layer))
    assert sum(f.overlap_m2 for f in told.findings) == pytest.approx(60_000, rel=1e-3)
    (union,) = told.unions
    assert union.features == 2
    assert union.overlap_m2 == pytest.approx(40_000, rel=1e-3)
    assert union.overlap_share == pytest.approx(1.0)


# laws
# -------------------------------------------------------------------------------------------------------

metres = st.floats(-1500, 2500)
plots = st.builds(
    lambda x, y, w, h: box(x, y, x + w, y + h), metres, metres, st.floats(1, 800), st.floats(1, 800)
)
small = st.floats(0, 400)


def weight(outcome: str) -> int:
    return OUTCOMES.index(outcome)  # type: ignore[arg-type]


@given(plot=plots, required=small, extra=small)
def test_a_longer_distance_never_loses_a_finding(plot: Any, required: float, extra: float) -> None:
    def kept(metres: float) -> set[str]:
        answer = ask(make_site(plot), scope(), rules=(make_rule(required_m=metres),))
        return {f.feature_id for f in entry(answer).findings if f.relation != "missed"}

    assert kept(required) <= kept(required + extra)


@given(plot=plots, accuracy=small, extra=small)
def test_a_larger_error_never_clears(plot: Any, accuracy: float, extra: float) -> None:
    before = ask(make_site(plot, accuracy_m=accuracy), scope()).verdict
    after = ask(make_site(plot, accuracy_m=accuracy + extra), scope()).verdict
    if before != "clear":
        assert after != "clear"


@given(plot=plots, cut=st.floats(0.1, 0.9))
def test_splitting_a_site_never_clears_it(plot: Any, cut: float) -> None:
    west, south, east, north = plot.bounds
    middle = west + cut * (east - west)
    halves = shapely.MultiPolygon(
        [box(west, south, middle, north), box(middle, south, east, north)]
    )
    parts = [box(west, south, middle, north), box(middle, south, east, north)]
    whole = ask(make_site(plot), scope()).verdict
    if whole in ("conflict", "undetermined"):
        assert any(ask(make_site(part), scope()).verdict != "clear" for part in parts)
        assert ask(make_site(shapely.union_all(list(halves.geoms))), scope()).verdict != "clear"


@given(plot=plots, cut=st.floats(100, 900))
def test_splitting_a_feature_never_clears_a_site(plot: Any, cut: float) -> None:
    halves = make_layer(
        (make_record(feature_id="A"), box(0, 0, cut, 1000)),
        (make_record(feature_id="B"), box(cut, 0, 1000, 1000)),
    )
    whole = make_layer((make_record(), SCOPE))
    if ask(make_site(plot), whole).verdict in ("conflict", "undetermined"):
        assert ask(make_site(plot), halves).verdict != "clear"


@given(plot=plots, order=st.permutations(range(4)))
def test_the_order_of_records_changes_nothing(plot: Any, order: list[int]) -> None:
    features = [
        (make_record(feature_id=f"F{i}"), box(300 * i, 0, 300 * i + 200, 400)) for i in range(4)
    ]
    plain, mixed = make_layer(*features), make_layer(*(features[i] for i in order))
    assert told(ask(make_site(plot), plain)) == told(ask(make_site(plot), mixed))


@given(plot=plots)
def test_an_area_is_never_larger_than_either_shape(plot: Any) -> None:
    answer = ask(make_site(plot), scope())
    for found in entry(answer).findings:
        assert 0 <= found.overlap_m2 <= min(answer.area_m2 or 0, 1_000_000 * 1.001) + 1e-6
        assert 0 <= found.overlap_share <= 1


@given(plot=plots, required=small)
def test_the_plane_that_a_file_declares_changes_the_area_and_no_outcome(
    plot: Any, required: float
) -> None:
    rule = (make_rule(required_m=required),)
    site = make_site(plot)
    here, there = (
        ask(replace(site, crs=crs), scope(), rules=rule) for crs in ("EPSG:4547", "EPSG:4546")
    )
    assert here.verdict == there.verdict
    assert there.crs == "EPSG:4546"
    assert (there.area_m2 or 0) > (here.area_m2 or 0)  # three degrees off the meridian


def test_clear_is_only_ever_said_where_a_document_declares_the_class_complete() -> None:
    spec = make_spec(complete_in=())
    for layer in (scope(), make_layer((make_record(), SCOPE), spec=spec)):
        verdict = outcome_of(box(20_000, 20_000, 20_100, 20_100), layer)
        assert (verdict == "clear") == (COUNTY in layer.spec.complete_in)


kinds = st.fixed_dictionaries(
    {
        "position_accuracy_m": st.sampled_from([0.0, 1.0, 50.0, 2999.0, 3000.0, 5000.0, None]),
        "datum_error_m": st.sampled_from([0.0, 580.0]),
        "membership": st.sampled_from(["official_list", "inferred", "candidate"]),
        "legal_designation": st.sampled_from([None, "国保"]),
        "subzone": st.sampled_from([None, "protection_scope", "construction_control_belt"]),
        "resource_kind": st.sampled_from([None, "a", "b"]),
        "county_code": st.sampled_from([None, COUNTY, "149998", "149998;149999", "999999"]),
        "extent_m": st.sampled_from([None, 0.0, 100.0]),
        "screening_extent_m": st.sampled_from([None, 500.0]),
        "point_role": st.sampled_from(["object", "proxy"]),
    }
)
features = st.tuples(kinds, st.sampled_from(["point", "surveyed", "extent_box", "none"]), plots)
rules = st.builds(
    lambda **values: make_rule(**values),
    effect=st.sampled_from(["prohibited", "permit", "notify"]),
    required_m=st.sampled_from([0.0, 100.0, 800.0]),
    comparison=st.sampled_from(["within_le", "at_least"]),
    subzone=st.sampled_from([None, "protection_scope", "construction_control_belt"]),
    resource_kind=st.sampled_from([(), ("a",)]),
    project_types=st.sampled_from([(), ("tourism",)]),
    condition=st.sampled_from([None, "development_zone"]),
    verified=st.booleans(),
)


def drawn(number: int, feature: Any) -> tuple[dict[str, Any], Any]:
    values, kind, shape = feature
    shape = {"point": shape.centroid, "none": None}.get(kind, shape)
    if kind == "extent_box":
        values = {**values, "position_accuracy_m": None}
    return make_record(feature_id=f"F{number}", geometry_kind=kind, **values), shape


@given(
    sites=st.lists(st.tuples(plots, st.sampled_from([0.0, 5.0, 700.0])), min_size=1, max_size=4),
    world=st.lists(features, max_size=5),
    bound=st.lists(rules, max_size=4),
    project=st.sampled_from([Project(), Project(type="tourism"), Project(type="other")]),
)
def test_outcomes_decided_in_arrays_are_those_of_the_findings_one_by_one(
    sites: Any, world: Any, bound: Any, project: Project
) -> None:
    layer = make_layer(*(drawn(i, f) for i, f in enumerate(world)))
    counties = make_counties(
        (COUNTY, box(-300, -50_000, 50_000, 50_000), 10.0),
        ("149998", box(-50_000, -50_000, -300, 50_000), 40.0),
    )
    numbered = [replace(rule, rule_id=f"R{i}") for i, rule in enumerate(bound)]
    plots = [make_site(shape, accuracy_m=accuracy) for shape, accuracy in sites]
    outcomes = screen(
        plots, [layer], numbered, counties=counties, as_of="2026-11-21", project=project
    )
    for site, outcome in zip(plots, outcomes, strict=True):
        one = entry(outcome)
        known, effect, code = known_from(one.findings)
        assert one.known_outcome == known
        if one.outcome in ("conflict", "undetermined", "regulated") and one.reason_code not in (
            "incomplete",
            "outside_coverage",
        ):
            assert (one.effect, one.reason_code) == (effect, code)
        alone = screen(
            [site], [layer], numbered, counties=counties, as_of="2026-11-21", project=project
        )[0]
        assert told(outcome) == told(alone)
