"""A site, a resource and a rule: met, between or missed; what is unknown never decides."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import shapely

from sxgeo.analysis.conflicts.binding import applies, binding
from sxgeo.analysis.conflicts.prepared import options_for
from sxgeo.analysis.conflicts.relation import NOT_BOUND, judge
from sxgeo.geometry.overlap import measure
from sxgeo.layers.classes import RESOURCE_COLUMNS
from sxgeo.layers.layers import load_classes
from sxgeo.layers.rules import load_rules
from sxgeo.model.project import Project
from sxgeo.model.sites import Site
from sxgeo.wording import CONDITION_ZH, FINDING_REASON_ZH, PROJECT_TYPES

SPECS = load_classes()
RULES = {rule.rule_id: rule for rule in load_rules()}
SITE = Site("s", shapely.Point(112.5, 38), accuracy_m=0.0)
PROTECTED = SPECS["protected_areas"]
OLD = ("core_zone_old", "buffer_zone_old", "experimental_zone_old")
NEW = ("core_protection_zone", "general_control_zone")


def record(**values):
    base = dict.fromkeys(RESOURCE_COLUMNS)
    base |= {
        "feature_id": "X-1",
        "membership": "official_list",
        "geometry_kind": "digitised",
        "position_accuracy_m": 1.0,
        "datum_error_m": 0.0,
    }
    return base | values


def judged(rule, row, *, distance_m=None, project=None):
    project = project or Project()
    site = shapely.box(0, 0, 100, 100)
    resource = shapely.box(-500, -500, 500, 500)
    if distance_m is not None:
        resource = shapely.box(100 + distance_m, 0, 1000 + distance_m, 100)
    return judge(
        rule,
        row,
        measure(site, resource),
        site=SITE,
        project=project,
        bound=binding(rule, project),
        fit=applies(rule, row, SPECS[rule.resource_class]),
        county_wide=False,
    )


def test_an_old_zone_under_the_new_rules_is_between_and_says_so():
    row = record(resource_kind="nature_reserve", subzone="core_zone_old")
    for rule_id in ("R001", "R002A", "R002B"):
        verdict = judged(RULES[rule_id], row, project=Project(type="industrial"))
        assert (verdict.relation, verdict.reason_code) == ("between", "superseded_subzone")
    assert "分区待新成果核定" in FINDING_REASON_ZH["superseded_subzone"]


def test_old_and_new_zones_are_never_translated_into_each_other():
    for mine, theirs in (*product(OLD, NEW), *product(NEW, OLD)):
        rule = replace(RULES["R001"], subzone=mine)
        assert (
            applies(rule, record(resource_kind="nature_reserve", subzone=theirs), PROTECTED)
            == "possible"
        )
    for mine, theirs in (*product(OLD, OLD), *product(NEW, NEW)):
        rule = replace(RULES["R001"], subzone=mine)
        fit = applies(rule, record(resource_kind="nature_reserve", subzone=theirs), PROTECTED)
        assert fit == ("yes" if mine == theirs else "no")


def test_a_zone_that_does_not_belong_to_its_kind_is_between_not_missed():
    row = record(resource_kind="nature_reserve", subzone="core_scenic_area")
    assert judged(RULES["R001"], row).relation == "between"
    assert (
        applies(
            RULES["R031"],
            record(resource_kind="scenic_area", subzone="core_scenic_area"),
            PROTECTED,
        )
        == "yes"
    )


@pytest.mark.parametrize(
    ("codes", "fit"), [("140923", "no"), ("140921;140922", "no"), ("140921;140107", "possible")]
)
def test_the_yellow_river_law_does_not_bind_rivers_of_the_hutuo(codes, fit):
    row = record(resource_kind="shoreline_control", county_code=codes)
    assert applies(RULES["R071"], row, SPECS["river_management"]) == fit


def test_a_river_whose_basin_is_not_settled_never_decides():
    project = Project(type="industrial", attributes={"chemical_in_yellow_river_basin": "yes"})
    verdict = judged(
        RULES["R071"],
        record(resource_kind="shoreline_control", county_code="140107"),
        project=project,
    )
    assert (verdict.relation, verdict.reason_code) == ("between", "unknown_basin")


def test_no_unverified_rule_is_ever_met():
    """Whatever the project, a rule whose words were not seen decides nothing."""
    unseen = [rule for rule in RULES.values() if not rule.verified]
    assert unseen
    for rule in unseen:
        kind = rule.resource_kind[0] if rule.resource_kind else None
        row = record(resource_kind=kind, subzone=rule.subzone)
        said = {"attributes": {rule.condition: "yes"} if rule.condition else {}}
        project = Project(type=rule.project_types[0] if rule.project_types else "other", **said)
        assert judged(rule, row, project=project).relation != "met"


def test_at_least_is_lawful_at_its_limit_and_within_is_not():
    row = record(resource_kind="national_road", position_accuracy_m=0.0)
    exact = replace(RULES["R065A"], required_m=20.0)
    assert judged(exact, row, distance_m=20 + 0.01 + 1e-9).relation == "missed"
    assert judged(exact, row, distance_m=20.0).relation == "between"  # the plane's scale alone
    assert judged(exact, row, distance_m=19.98).relation == "met"


@pytest.mark.parametrize(
    ("rule_id", "limit_m", "kind"),
    [
        ("R050", 300, "reference_station"),
        ("R051", 300, "basic_station"),
        ("R053", 240, "ordinary_station"),
    ],
)
def test_a_building_may_be_as_high_as_its_distance_allows(rule_id, limit_m, kind):
    row = record(resource_kind=kind, position_accuracy_m=0.0)
    project = Project(type="residential", height_m=30)
    assert judged(RULES[rule_id], row, distance_m=limit_m + 1, project=project).relation == "missed"
    assert judged(RULES[rule_id], row, distance_m=limit_m - 1, project=project).relation == "met"
    assert judged(RULES[rule_id], row, distance_m=limit_m - 1).reason_code == "height_unknown"


def test_an_attribute_that_was_not_said_never_decides():
    row = record()
    said = Project(type="industrial", attributes={"groundwater_pollution": "yes"})
    assert judged(RULES["R048"], row, project=said).relation == "met"
    assert (
        judged(RULES["R048"], row, project=Project(type="industrial")).reason_code
        == "attribute_unknown"
    )
    assert (
        binding(
            RULES["R048"], Project(type="industrial", attributes={"groundwater_pollution": "no"})
        )
        == "no"
    )


def test_a_longer_way_never_makes_a_rule_graver():
    order = ["missed", "between", "met"]
    for rule_id in ("R050", "R055A", "R065A", "R068D", "R070", "R011-2026"):
        rule = RULES[rule_id]
        kind = rule.resource_kind[0] if rule.resource_kind else None
        row = record(resource_kind=kind, subzone=rule.subzone)
        ranks = [order.index(judged(rule, row, distance_m=d).relation) for d in range(0, 2200, 20)]
        assert ranks == sorted(ranks, reverse=True)


FREE = {
    ("environment_units", None),
    ("groundwater_overdraft", None),
    ("karst_springs", None),
    ("water_sources", "level_2"),
    ("water_sources", "quasi"),
}
"""Where the law itself leaves some projects free: they take no groundwater, or discharge nothing.
"""
FREE_KINDS = {
    ("road_strip", "road_ferry"),
    ("pipelines", "pipeline_tunnel"),
    ("airports", "noise_prohibited_zone"),
}
"""Kinds that the law guards against some uses only: mines, blasting, hazardous goods, homes."""


@pytest.mark.parametrize(
    "as_of", ["2020-01-01", "2024-06-01", "2026-03-14", "2026-03-15", "2026-08-15", "2027-02-01"]
)
def test_inside_a_resource_only_known_law_sets_a_project_free(as_of):
    """Whatever is said of a project, a resource that it overlaps is not passed over for a kind or
    zone that no rule names.
    """
    passed_over = set()
    for class_id, spec in SPECS.items():
        rules = load_rules(class_id, as_of=as_of)
        kinds = [
            None,
            *sorted(
                {k for r in load_rules(class_id) for k in (*r.resource_kind, *r.possible_kinds)}
            ),
        ]
        zones = [None, *sorted({r.subzone for r in load_rules(class_id) if r.subzone})]
        for kind, zone, type_ in product(kinds, zones, PROJECT_TYPES):
            said = {
                name: "no" for name in CONDITION_ZH if name not in ("groundwater_use", "discharge")
            }
            project = Project(
                type=type_, height_m=0.0, groundwater_use=False, discharge=False, attributes=said
            )
            bound = [(rule, binding(rule, project)) for rule in rules]
            options = options_for(bound, record(resource_kind=kind, subzone=zone), spec)
            if options[0][0] is NOT_BOUND:
                passed_over.add((class_id, zone, kind))
    assert {
        (class_id, zone, kind)
        for class_id, zone, kind in passed_over
        if not {(class_id, zone), (class_id, None)} & FREE and (class_id, kind) not in FREE_KINDS
    } == set()
