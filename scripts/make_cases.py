"""Write tests/cases/screening.json: cases worked by hand, then random ones, for library, command
line and page.

Usage: python scripts/make_cases.py [--check]

What is expected never comes from the library. A hand-worked case states its outcome and its
findings here; distances and overlaps come from DuckDB spatial, which must agree with the outcome
that was stated. A random case takes all from the oracle of tests/oracle_outcomes.py with the
measures of DuckDB. Needs the extra `test`.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests" / "cases" / "screening.json"
sys.path.insert(0, str(ROOT / "tests"))

from oracle_outcomes import RECORD, RULE, answer  # type: ignore[import-not-found]  # noqa: E402
from oracle_sql import SqlMeasure  # type: ignore[import-not-found]  # noqa: E402
from small_worlds import world  # type: ignore[import-not-found]  # noqa: E402

CENTRE_M = (389_300.0, 4_220_700.0)
"""In Yangqu county (140122), on the plane of 114 E; every hand-worked case is drawn in metres round
it.
"""
HERE, THERE = "140122", "140181"
AS_OF = "2026-11-21"
ABSENT = ["construction_control_belt", "level_1", "level_2", "protection_scope", "quasi"]
"""Declared absent where a case says nothing else: what a record lacks is not what the case is
about.
"""
QUOTAS = {"conflict": 30, "regulated": 24, "clear": 30, "undetermined": 40, "not_screened": 16}
_BACK = Transformer.from_crs("EPSG:4547", "EPSG:4490", always_xy=True)

Case = dict[str, Any]
box = shapely.box
SCOPE = box(0, 0, 1000, 1000)
INSIDE = box(300, 300, 500, 500)


def feature(shape: Any, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature on the 1e-7 degree grid of a shape in metres round the centre."""
    geometry = None
    if shape is not None:
        drawn = shapely.transform(
            shape, lambda xy: np.column_stack(_BACK.transform(*(xy + CENTRE_M).T))
        )
        geometry = json.loads(
            shapely.to_geojson(shapely.transform(drawn, lambda xy: np.round(xy, 7)))
        )
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def rec(shape: Any = SCOPE, feature_id: str = "F1", **properties: Any) -> dict[str, Any]:
    """Return a record; a surveyed protection scope good to 1 m unless said otherwise."""
    told = {
        "name_zh": "甲",
        "subzone": "protection_scope",
        "position_accuracy_m": 1.0,
        "county_code": HERE,
    }
    return feature(
        shape, feature_id=feature_id, **{"geometry_kind": "surveyed", **told, **properties}
    )


def spot(east: float = 0.0, north: float = 0.0, **properties: Any) -> dict[str, Any]:
    """Return a record of which only a point is known."""
    told = {"geometry_kind": "point", "point_role": "object", "subzone": None, "extent_m": 100.0}
    return rec(shapely.Point(east, north), **{**told, **properties})


def rule(rule_id: str = "R1", **values: Any) -> dict[str, Any]:
    """Return a rule; a verified prohibition to lie inside unless said otherwise."""
    return {
        "rule_id": rule_id,
        "resource_class": "heritage_sites",
        "law": "示例法",
        "article": "1",
        **values,
    }


def heritage_rules() -> list[dict[str, Any]]:
    """Return the bundled rules for heritage, every generation: the command line judges by them."""
    with (ROOT / "data/sources/rules.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["resource_class"] == "heritage_sites"]
    texts = ("rule_id", "resource_class", "effect", "comparison", "law", "article")
    return [
        {key: row[key] for key in texts}
        | {
            key: row[key] or None
            for key in ("subzone", "condition", "in_force_from", "in_force_to")
        }
        | {key: [t for t in row[key].split(";") if t] for key in ("project_types", "exception")}
        | {"binds": row["binds"] or "land"}
        | {"required_m": float(row["required_m"]), "verified": row["verified"] == "true"}
        for row in rows
    ]


def counties(accuracy_m: float = 10.0) -> list[dict[str, Any]]:
    """Return two square counties, 18 km wide, that share an edge 9 km east of the centre."""
    return [
        feature(box(-9000, -9000, 9000, 9000), code=HERE, position_accuracy_m=accuracy_m),
        feature(box(9000, -9000, 27_000, 9000), code=THERE, position_accuracy_m=accuracy_m),
    ]


def case(why: str, site: Any, records: list[Any], said: str, found: str = "", **more: Any) -> Case:
    """Return a hand-worked case.

    Parameters
    ----------
    said
        ``"outcome known_outcome effect"``, effect ``-`` for none.
    found
        ``"F1 R1 conflict, ..."``: feature, rule (``-`` for none) and outcome of each finding.
    more
        `rules`, `project`, `as_of`, `site_accuracy_m`, `coverage`, `complete_in`,
        `subzones_absent`, `cli`, `extra_layers`, ...
    """
    outcome, known, effect = said.split()
    layer = {
        "resource_class": "heritage_sites",
        "innermost_subzone": "protection_scope",
        "coverage": more.get("coverage", [HERE]),
        "complete_in": more.get("complete_in", [HERE]),
        "subzones_absent": more.get("subzones_absent", ABSENT),
        "features": records,
        **({"failed": more["failed"]} if "failed" in more else {}),
    }
    findings = [part.split() for part in found.split(",") if part.strip()]
    accuracy = {"accuracy_m": more.get("site_accuracy_m", 0.0)}
    accuracy |= {"datum_error_m": more["site_datum_m"]} if "site_datum_m" in more else {}
    return {
        "why": why,
        "layers": [layer, *more.get("extra_layers", [])],
        "rules": more.get("rules", [rule()]),
        "counties": more.get("counties", counties()),
        "site": feature(site, **accuracy),
        "project": more.get("project", {}),
        "as_of": more.get("as_of", AS_OF),
        "cli": more.get("cli", False),
        "expect": {
            "outcome": outcome,
            "known_outcome": known,
            "effect": None if effect == "-" else effect,
            "findings": [
                {"feature_id": f, "rule_id": None if r == "-" else r, "outcome": o}
                for f, r, o in findings
            ],
        },
    }


def heritage_cases() -> list[Case]:
    """Return the cases that the command line runs too: bundled rules and a workspace file."""
    rules = heritage_rules()
    house = {"type": "residential", "discharge": False}
    works, unsaid = {"type": "polluting_discharge"}, {"type": "residential"}
    met = "F1 R017 conflict, F1 R020 regulated"
    near = "F1 R017 undetermined, F1 R020 undetermined"
    any_zone = "F1 R017 undetermined, F1 R018 undetermined, F1 R020 undetermined"
    belt = {"subzone": "construction_control_belt"}
    ring = SCOPE.difference(box(400, 400, 600, 600))
    pair = shapely.MultiPolygon([box(0, 0, 200, 200), box(500, 0, 700, 200)])
    east = box(1010, 0, 1100, 100)

    def told(
        why: str, site: Any, records: list[Any], said: str, found: str = "", **more: Any
    ) -> Case:
        given = {
            "rules": rules,
            "project": house,
            "cli": True,
            "counties": counties(280.0)[:1],
            **more,
        }
        return case(why, site, records, said, found, **given)

    conflict, banned, between, clear = (
        "conflict conflict prohibited",
        "conflict conflict prohibited_unless",  # R017 knows a lawful exception, which nobody claims here
        "undetermined undetermined prohibited_unless",
        "clear none_found -",
    )
    return [
        told("A house 300 m deep inside a protection scope, error 1 m.", INSIDE, [rec()], banned, met),
        told("Without a type the rule for polluting works applies as well, as 'if'.", INSIDE, [rec()], conflict, met + ", F1 R019A conflict", project={}),
        told("In the control belt a house needs consent and is not forbidden.", INSIDE, [rec(**belt)], "regulated regulated permit", "F1 R018 regulated"),
        told("In the control belt polluting works are forbidden.", INSIDE, [rec(**belt)], conflict, "F1 R018 regulated, F1 R019B conflict", project=works),
        told("In the control belt without a type: forbidden if polluting.", INSIDE, [rec(**belt)], conflict, "F1 R018 regulated, F1 R019B conflict", project={}),
        told("10 m apart, error 1 m, class complete.", east, [rec()], clear),
        told("0.5 m apart, error 1 m.", box(1000.5, 0, 1100, 100), [rec()], between, near),
        told("Sharing an edge is touching, whatever the accuracy.", box(1000, 0, 1100, 100), [rec(position_accuracy_m=0.0)], between, near),
        told("Sharing a corner is touching.", box(1000, 1000, 1100, 1100), [rec(position_accuracy_m=0.0)], between, near),
        told("Apart, but no document says that the class is whole.", east, [rec()], "undetermined none_found -", complete_in=[]),
        told("A conflict needs no completeness.", INSIDE, [rec()], banned, met, complete_in=[]),
        told("Consent is needed, and what else is there is not known.", INSIDE, [rec(**belt)], "undetermined regulated permit", "F1 R018 regulated", complete_in=[]),
        told("10 m apart, but the site's own edge is good to 20 m.", east, [rec()], between, near, site_accuracy_m=20.0),
        told("30 m apart, errors 20 + 1 m.", box(1030, 0, 1100, 100), [rec()], clear, site_accuracy_m=20.0),
        told("5 m deep inside with an error of 10 m.", box(-100, 400, 5, 500), [rec(position_accuracy_m=10.0)], between, near),
        told("30 m deep inside with an error of 10 m.", box(-100, 400, 30, 500), [rec(position_accuracy_m=10.0)], banned, met),
        told("2 m deep inside with no error.", box(-100, 400, 2, 500), [rec(position_accuracy_m=0.0)], banned, met),
        told("The subzone is not known, so no rule is certain.", INSIDE, [rec(subzone=None)], between, any_zone),
        told("A candidate without designation of its own decides nothing.", INSIDE, [rec(membership="candidate")], between, near),
        told("A candidate that is designated by law binds.", INSIDE, [rec(membership="candidate", legal_designation="省级文物保护单位")], banned, met),
        told("An inferred entry binds like a listed one.", INSIDE, [rec(membership="inferred")], banned, met),
        told("A road across the scope: 1,000 m of it inside.", shapely.LineString([(-100, 500), (1100, 500)]), [rec()], banned, met),
        told("A road along the edge touches.", shapely.LineString([(0, 0), (1000, 0)]), [rec()], between, near),
        told("A point in the middle, 500 m from the edge.", shapely.Point(500, 500), [rec()], banned, met),
        told("A point 0.4 m inside, error 1 m.", shapely.Point(0.4, 500), [rec()], between, near),
        told("A point 300 m away.", shapely.Point(1300, 500), [rec()], clear),
        told("A monument 50 m inside the plot, error 20 m, lies in its own scope.", box(-50, -50, 50, 50), [spot(position_accuracy_m=20.0)], banned, met + ", F1 R018 undetermined"),
        told("A monument 5 m inside the plot, error 20 m.", box(-5, -5, 5, 5), [spot(position_accuracy_m=20.0)], between, any_zone),
        told("A proxy point stands for an area whose subzone is not known.", box(-50, -50, 50, 50), [spot(point_role="proxy")], between, any_zone),
        told("205 m from a point: within 10 + 2 x 100 m.", box(205, -5, 220, 5), [spot(position_accuracy_m=10.0)], between, any_zone),
        told("215 m from a point: beyond 10 + 2 x 100 m.", box(215, -5, 230, 5), [spot(position_accuracy_m=10.0)], clear),
        told("A position good to 5 km says no more than the county.", box(6000, 6000, 6100, 6100), [spot(position_accuracy_m=5000.0, extent_m=100.0)], between, any_zone),
        told("One part of a site in two parts lies inside.", shapely.MultiPolygon([INSIDE, box(2000, 0, 2100, 100)]), [rec()], banned, met),
        told("In the hole of a ring, 50 m from its edge.", box(450, 450, 550, 550), [rec(ring)], clear),
        told("In the hole, sharing its edge.", box(400, 450, 550, 550), [rec(ring)], between, near),
        told("The whole hole and 50 m of the ring.", box(350, 350, 650, 650), [rec(ring)], banned, met),
        told("A site that holds the whole scope.", box(-500, -500, 1500, 1500), [rec()], banned, met),
        told("A plot of 1 m2 in the middle.", box(500, 500, 501, 501), [rec()], banned, met),
        told("The site is the scope itself.", SCOPE, [rec()], banned, met),
        told("Between the two parts of a scope, 50 m from either.", box(250, 0, 450, 200), [rec(pair)], clear),
        told("Across both parts of a scope.", box(100, 0, 600, 200), [rec(pair)], banned, met),
        told("Two scopes that overlap: each reports its own area.", box(400, 0, 600, 200), [rec(), rec(box(300, -500, 1300, 500), "F2")], banned, met + ", " + met.replace("F1", "F2")),
        told("One scope is met, the other is 4 km away.", INSIDE, [rec(), rec(box(5000, 0, 5100, 100), "F2")], banned, met),
        told("A belt is met, and the scope inside it is 100 m away.", box(0, 0, 100, 100), [rec(box(200, 200, 300, 300)), rec(box(-100, -100, 600, 600), "F2", **belt)], "regulated regulated permit", "F2 R018 regulated"),
        told("On the last day of the old law its articles count.", INSIDE, [rec()], banned, "F1 R017-2017 conflict, F1 R020-2017 regulated", as_of="2025-02-28"),
        told("On the first day of the new law its articles count.", INSIDE, [rec()], banned, met, as_of="2025-03-01"),
        told("A datum conversion good to 5 m, 4 m apart.", box(1004, 0, 1100, 100), [rec(datum_error_m=5.0)], between, near),
        told("A datum conversion good to 5 m, 7 m apart.", box(1007, 0, 1100, 100), [rec(datum_error_m=5.0)], clear),
        told("A house of which nothing is said discharges, as its type states.", INSIDE, [rec()], conflict, "F1 R017 conflict, F1 R019A conflict, F1 R020 regulated", project=unsaid),
        told("In the control belt a house that says nothing of its waste water is forbidden.", INSIDE, [rec(**belt)], conflict, "F1 R018 regulated, F1 R019B conflict", project=unsaid),
        told("The scope is held and the belt is not: 10 m apart is not clear.", east, [rec()], "undetermined none_found -", subzones_absent=[]),
        told("The scope is held and the belt is not, 2 km away.", box(3010, 0, 3100, 100), [rec()], clear, subzones_absent=[]),
        told("Scope and belt of one monument are held.", box(1310, 0, 1400, 100), [rec(), rec(box(1000, 0, 1300, 1000), "F2", **belt)], clear, subzones_absent=[]),
        told("The belt of another monument does not stand in for the missing one.", box(1310, 0, 1400, 100), [rec(), rec(box(1000, 0, 1300, 1000), "F2", name_zh="乙", **belt)], "undetermined none_found -", subzones_absent=[]),
        told("In the belt of a monument whose scope is not held consent is not the whole answer.", INSIDE, [rec(**belt)], "undetermined regulated permit", "F1 R018 regulated", subzones_absent=[]),
        told("Only a component of another entry is met: it binds all the same.", INSIDE, [rec(role="component"), rec(box(5000, 0, 5100, 100), "F2")], banned, met),
    ]  # fmt: skip


def rule_cases() -> list[Case]:
    """Return the cases of distances, comparisons, types, attributes and unseen articles."""
    between, clear, conflict = (
        "undetermined undetermined prohibited",
        "clear none_found -",
        "conflict conflict prohibited",
    )
    met, near = "F1 R1 conflict", "F1 R1 undetermined"
    told, touch = "clear touched_unbound -", "F1 - clear"
    within, least = [rule(required_m=200.0)], [rule(required_m=200.0, comparison="at_least")]
    tall = [rule(required_m=1000.0, comparison="height_ratio", ratio=10.0)]
    station = [spot(extent_m=0.0, screening_extent_m=0.0)]
    plot, unseen = box(500, -5, 520, 5), rule(verified=False)
    discharge = [rule(project_types=["polluting_discharge"], condition="discharge")]
    zone = [rule(condition="development_zone")]
    works, house = {"type": "polluting_discharge"}, {"type": "residential"}
    consent, notice = rule("R2", effect="permit"), rule("R3", effect="notify")

    def apart(metres: float) -> Any:
        return box(1000 + metres, 0, 1100 + metres, 100)

    return [
        case("150 m away where 200 m are required.", apart(150), [rec()], conflict, met, rules=within),
        case("199.5 m away where 200 m are required, error 1.1 m.", apart(199.5), [rec()], between, near, rules=within),
        case("200.5 m away where 200 m are required, error 1.1 m.", apart(200.5), [rec()], between, near, rules=within),
        case("202 m away where 200 m are required, error 1.1 m.", apart(202), [rec()], clear, rules=within),
        case("Inside, where 200 m are required.", INSIDE, [rec()], conflict, met, rules=within),
        case("Touching, where 200 m are required, is far too near.", apart(0), [rec()], conflict, met, rules=within),
        case("150 m away where not less than 200 m are lawful.", apart(150), [rec()], conflict, met, rules=least),
        case("205 m away where not less than 200 m are lawful.", apart(205), [rec()], clear, rules=least),
        case("A resource outside the zone reaches in by its distance.", box(26_890, 0, 26_980, 100), [rec(box(27_050, 0, 27_100, 100), county_code="140999")], conflict, met, rules=within, coverage=[HERE, THERE]),
        case("A house of 40 m, 500 m from a station: up to 50 m are lawful.", plot, station, clear, rules=tall, project={"height_m": 40.0}),
        case("A house of 60 m, 500 m from a station: up to 50 m are lawful.", plot, station, conflict, met, rules=tall, project={"height_m": 60.0}),
        case("A house of 50 m, 500 m from a station: within the error.", plot, station, between, near, rules=tall, project={"height_m": 50.0}),
        case("Without a height nothing is decided within the reach of the rule.", plot, station, between, near, rules=tall),
        case("Without a height beyond the reach of the rule.", box(1010, -5, 1020, 5), station, clear, rules=tall),
        case("A tower beyond the reach of the rule.", box(1010, -5, 1020, 5), station, clear, rules=tall, project={"height_m": 300.0}),
        case("A tower within the reach of the rule.", box(900, -5, 910, 5), station, conflict, met, rules=tall, project={"height_m": 300.0}),
        case("Said to discharge: the rule binds.", INSIDE, [rec()], conflict, met, rules=discharge, project={"discharge": True}),
        case("Said not to discharge: the rule does not bind.", INSIDE, [rec()], told, touch, rules=discharge, project={"discharge": False}),
        case("The type says that it discharges.", INSIDE, [rec()], conflict, met, rules=discharge, project=works),
        case("Nothing is said: it binds as 'if'.", INSIDE, [rec()], conflict, met, rules=discharge),
        case("A house that discharges falls under the rule for what discharges.", INSIDE, [rec()], conflict, met, rules=discharge, project={**house, "discharge": True}),
        case("Whether it is a development zone was not said.", INSIDE, [rec()], between, near, rules=zone),
        case("It is a development zone.", INSIDE, [rec()], conflict, met, rules=zone, project={"attributes": {"development_zone": "yes"}}),
        case("A quarry that says nothing of its waste water: the rule may bind.", INSIDE, [rec()], between, near, rules=[rule(project_types=["polluting_discharge"])], project={"type": "quarry_or_mine"}),
        case("A factory discharges, as its type states.", INSIDE, [rec()], conflict, met, rules=[rule(project_types=["polluting_discharge"])], project={"type": "industrial"}),
        case("Of a project that discharges nobody said how the land is used.", INSIDE, [rec()], between, near, rules=[rule(project_types=["tourism"])], project=works),
        case("1 m from a rule that a said answer lifts: told all the same.", box(1000.5, 0, 1100, 100), [rec()], told, touch, rules=discharge, project={"discharge": False}),
        case("5 m from a rule that a said answer lifts.", box(1005, 0, 1100, 100), [rec()], clear, rules=discharge, project={"discharge": False}),
        case("A ban with an exception that nobody named.", INSIDE, [rec()], "conflict conflict prohibited_unless", met, rules=[rule(effect="prohibited_unless", exception=["major"])]),
        case("A ban with an exception that was named without its document.", INSIDE, [rec()], "conflict conflict prohibited_unless", met, rules=[rule(effect="prohibited_unless", exception=["major"])], project={"attributes": {"major": "yes"}}),
        case("A ban with an exception that was named with its document.", INSIDE, [rec()], "regulated regulated prohibited_unless", "F1 R1 regulated", rules=[rule(effect="prohibited_unless", exception=["major"])], project={"attributes": {"major": "yes"}, "documents": {"major": "1"}}),
        case("A study is to be made first.", INSIDE, [rec()], "regulated regulated study", "F1 R1 regulated", rules=[rule(effect="study")]),
        case("Nothing may be built on a part of a bare plot.", box(900, 0, 1100, 100), [rec()], "regulated regulated prohibited", "F1 R1 regulated", rules=[rule(binds="building")]),
        case("The outline of a building in a strip where nothing may be built.", box(900, 0, 1100, 100), [rec()], conflict, met, rules=[rule(binds="building")], project={"attributes": {"building_outlines": "yes"}}),
        case("A kind in a subzone that only another kind has: no rule is known.", INSIDE, [rec(resource_kind="temple", subzone="level_1")], "undetermined undetermined -", "F1 - undetermined", rules=[rule(resource_kind=["spring"], subzone="level_1"), rule("R2", resource_kind=["temple"], project_types=["tourism"])], project=house),
        case("It is no development zone.", INSIDE, [rec()], told, touch, rules=zone, project={"attributes": {"development_zone": "no"}}),
        case("A rule for mines does not bind a house.", INSIDE, [rec()], told, touch, rules=[rule(project_types=["quarry_or_mine"])], project=house),
        case("A rule for mines binds when no type was said.", INSIDE, [rec()], conflict, met, rules=[rule(project_types=["quarry_or_mine"])]),
        case("An article that nobody saw decides nothing.", INSIDE, [rec()], between, near, rules=[unseen]),
        case("An article that nobody saw, 10 m apart.", apart(10), [rec()], clear, rules=[unseen]),
        case("An unseen prohibition beside a seen permit: undetermined.", INSIDE, [rec()], between, near + ", F1 R2 regulated", rules=[unseen, consent]),
        case("An unseen prohibition beside a seen one: conflict.", INSIDE, [rec()], conflict, near + ", F1 R4 conflict", rules=[unseen, rule("R4")]),
        case("A permit and a notice: the permit is graver.", INSIDE, [rec()], "regulated regulated permit", "F1 R2 regulated, F1 R3 regulated", rules=[consent, notice]),
        case("A notice alone.", INSIDE, [rec()], "regulated regulated notify", "F1 R3 regulated", rules=[notice]),
        case("A permit and a prohibition: the prohibition decides.", INSIDE, [rec()], conflict, met + ", F1 R2 regulated", rules=[rule(), consent]),
        case("The permit is met, the prohibition 150 m away is within its 200 m error band.", apart(199.8), [rec()], between, near + ", F1 R2 regulated", rules=[*within, rule("R2", effect="permit", required_m=400.0)]),
        case("No rule is known for what is met.", INSIDE, [rec(resource_kind="mine_park")], "undetermined undetermined -", "F1 - undetermined", rules=[rule(resource_kind=["temple"])]),
        case("No rule is known, and nothing is met.", apart(10), [rec(resource_kind="mine_park")], clear, rules=[rule(resource_kind=["temple"])]),
        case("The kind is not known.", INSIDE, [rec()], between, near, rules=[rule(resource_kind=["temple"])]),
        case("A kind that the rule may bind.", INSIDE, [rec(resource_kind="tomb")], between, near, rules=[rule(resource_kind=["temple"], possible_kinds=["tomb"])]),
        case("A kind that the rule binds.", INSIDE, [rec(resource_kind="temple")], conflict, met, rules=[rule(resource_kind=["temple"])]),
        case("The rule ended the day before.", INSIDE, [rec()], "undetermined undetermined -", "F1 - undetermined", rules=[rule(in_force_to="2026-11-20")]),
        case("The rule begins the day after.", INSIDE, [rec()], "undetermined undetermined -", "F1 - undetermined", rules=[rule(in_force_from="2026-11-22")]),
        case("The rule begins and ends on the day.", INSIDE, [rec()], conflict, met, rules=[rule(in_force_from=AS_OF, in_force_to=AS_OF)]),
        case("A subzone that no rule names: no rule is known.", INSIDE, [rec(subzone="quasi")], "undetermined undetermined -", "F1 - undetermined", rules=[rule(subzone="level_1")]),
        case("The subzone is not known, but one rule binds all.", INSIDE, [rec(subzone=None)], conflict, "F1 R1 undetermined, F1 R5 conflict", rules=[rule(subzone="level_1"), rule("R5")]),
        case("The site meets two subzones: the graver decides.", box(900, 0, 1100, 100), [rec(subzone="level_1"), rec(box(1000, 0, 2000, 1000), "F2", subzone="level_2")], conflict, met + ", F2 R2 regulated", rules=[rule(subzone="level_1"), rule("R2", subzone="level_2", effect="permit")]),
    ]  # fmt: skip


def coverage_cases() -> list[Case]:
    """Return the cases of what is held, where it is whole, and what has no position."""
    between, clear, conflict = (
        "undetermined undetermined prohibited",
        "clear none_found -",
        "conflict conflict prohibited",
    )
    unheld, met, near = "not_screened none_found -", "F1 R1 conflict", "F1 R1 undetermined"
    nowhere: dict[str, Any] = {"geometry_kind": "none", "position_accuracy_m": None}
    away, both = rec(box(-5100, 0, -5000, 100)), [HERE, THERE]
    consent = [rule(effect="permit")]
    edge = box(8850, 0, 8900, 50)
    other = {
        "resource_class": "air_stations",
        "coverage": [HERE],
        "complete_in": [],
        "features": [],
    }

    return [
        case("Nothing is held.", INSIDE, [], unheld, complete_in=[]),
        case("Only candidates are held, far away.", INSIDE, [rec(box(-5100, 0, -5000, 100), membership="candidate")], unheld, complete_in=[]),
        case("Only a component is held, far away.", INSIDE, [rec(box(-5100, 0, -5000, 100), role="component")], unheld, complete_in=[]),
        case("The site lies outside the counties that were searched.", box(10_000, 0, 10_100, 100), [away], unheld),
        case("The layer could not be read.", INSIDE, [], unheld, failed="disk"),
        case("A conflict outside the counties that were searched stands.", box(10_000, 0, 10_100, 100), [rec(box(9900, -100, 10_300, 300))], conflict, met),
        case("A permit outside the counties that were searched is not the whole answer.", box(10_000, 0, 10_100, 100), [rec(box(9900, -100, 10_300, 300))], "undetermined regulated permit", "F1 R1 regulated", rules=consent),
        case("The site lies across the edge of what was searched.", box(8950, 0, 9050, 100), [away], "undetermined none_found -"),
        case("The site lies across two counties, both complete.", box(8950, 0, 9050, 100), [away], clear, coverage=both, complete_in=both),
        case("The site lies across two counties, one complete.", box(8950, 0, 9050, 100), [away], "undetermined none_found -", coverage=both),
        case("100 m from the edge of what is complete, which is good to 10 m.", edge, [away], clear),
        case("100 m from the edge, and a rule reaches 95 m.", edge, [away], "undetermined none_found -", rules=[rule(required_m=95.0)]),
        case("100 m from the edge, and a rule reaches 85 m.", edge, [away], clear, rules=[rule(required_m=85.0)]),
        case("100 m from the edge, and the site is good to 95 m.", edge, [away], "undetermined none_found -", site_accuracy_m=95.0),
        case("100 m from the edge, and a rule that does not bind reaches 95 m.", edge, [away], clear, rules=[rule(), rule("R2", required_m=95.0, project_types=["quarry_or_mine"])], project={"type": "residential"}),
        case("5 m from the edge, which is good to 10 m.", box(8945, 0, 8995, 50), [away], "undetermined none_found -"),
        case("A record without position may lie anywhere in its county.", INSIDE, [rec(None, **nowhere)], between, near),
        case("A record without position in the other county.", INSIDE, [rec(None, **nowhere, county_code=THERE)], clear, coverage=both, complete_in=both),
        case("5 m from the county of a record without position; its edge is good to 10 m.", box(8945, 0, 8995, 50), [rec(None, **nowhere, county_code=THERE)], between, near, coverage=both, complete_in=both),
        case("50 m from the county of a record without position.", box(8900, 0, 8950, 50), [rec(None, **nowhere, county_code=THERE)], clear, coverage=both, complete_in=both),
        case("50 m from its county, and the rule reaches 100 m.", box(8900, 0, 8950, 50), [rec(None, **nowhere, county_code=THERE)], between, near, coverage=both, complete_in=both, rules=[rule(required_m=100.0)]),
        case("A record without position or county may lie anywhere.", INSIDE, [rec(None, **nowhere, county_code=None)], between, near),
        case("A record without position in either of two counties.", box(10_000, 0, 10_100, 100), [rec(None, **nowhere, county_code=f"{HERE};{THERE}")], between, near, coverage=both, complete_in=both),
        case("A record without position and no rule for it.", INSIDE, [rec(None, **nowhere)], "undetermined undetermined -", "F1 - undetermined", rules=[]),
        case("A point of unknown accuracy, 8 km away in the county.", box(8000, 0, 8100, 100), [spot(position_accuracy_m=None)], between, near),
        case("A point of unknown accuracy never prohibits.", box(-4000, -4000, 4000, 4000), [spot(position_accuracy_m=None)], between, near),
        case("A point good to 3,000 m is judged by its point.", box(4000, 0, 4100, 100), [spot(position_accuracy_m=3000.0)], clear),
        case("A point good to 3,000 m lies 3,500 m inside the site.", box(-3500, -3500, 3500, 3500), [spot(position_accuracy_m=3000.0)], conflict, met),
        case("A point good to 3,001 m lies 3,500 m inside the site: it says no more than the county.", box(-3500, -3500, 3500, 3500), [spot(position_accuracy_m=3001.0)], between, near),
        case("A point good to 3,001 m is not.", box(4000, 0, 4100, 100), [spot(position_accuracy_m=3001.0)], between, near),
        case("A point good to 3,001 m in the other county, and out of reach.", box(4000, 0, 4100, 100), [spot(15_000, 0, position_accuracy_m=3001.0, county_code=THERE)], clear, coverage=both, complete_in=both),
        case("A point good to 3,001 m in the other county, within reach of its point.", box(7000, 0, 7100, 100), [spot(9500, 0, position_accuracy_m=3001.0, county_code=THERE)], between, near, coverage=both, complete_in=both),
        case("A box of coordinates is no boundary.", INSIDE, [rec(geometry_kind="extent_box", position_accuracy_m=None)], between, near),
        case("A datum error of the site counts: 2 m apart, errors 1 + 3 m.", box(1002, 0, 1100, 100), [rec()], between, near, site_datum_m=3.0),
        case("Conflict beside a class that was not screened: conflict.", INSIDE, [rec()], conflict, met, extra_layers=[other]),
        case("Regulated beside a class that was not screened: regulated.", INSIDE, [rec()], "regulated regulated permit", "F1 R1 regulated", rules=consent, extra_layers=[other]),
        case("Clear beside a class that was not screened: not screened.", box(3000, 0, 3100, 100), [rec()], unheld, extra_layers=[other]),
        case("Clear beside a class that is held but not whole: undetermined.", box(3000, 0, 3100, 100), [rec()], "undetermined none_found -", extra_layers=[{**other, "features": [rec(box(-5100, 0, -5000, 100), "F7")]}]),
        case("The control outside the zone counts like any record.", INSIDE, [rec(role="control"), rec(box(-5100, 0, -5000, 100), "F2")], conflict, met),
        case("A default extent of 500 m stands in for an unpublished one: 900 m away.", box(900, -5, 920, 5), [spot(extent_m=None, screening_extent_m=500.0)], between, near),
        case("A default extent of 500 m stands in for an unpublished one: 1,010 m away.", box(1010, -5, 1020, 5), [spot(extent_m=None, screening_extent_m=500.0)], clear),
        case("A required distance adds to twice the extent: 390 of 1 + 200 + 200 m.", box(390, -5, 400, 5), [spot()], between, near, rules=[rule(required_m=200.0)]),
        case("A required distance is met by the point alone: 190 of 200 - 1.1 m.", box(190, -5, 200, 5), [spot()], conflict, met, rules=[rule(required_m=200.0)]),
    ]  # fmt: skip


def with_figures(told: Case, measuring: Any) -> Case:
    """Give the findings of a hand-worked case the figures of SQL.

    Raises
    ------
    SystemExit
        If the oracle does not say what was worked by hand.
    """
    said, expect = answer(told, measuring), told["expect"]
    figures = {(f["feature_id"], f["rule_id"]): f for f in said["findings"]}
    same = {key: said[key] for key in ("outcome", "known_outcome", "effect")}
    hand = {key: expect[key] for key in same}
    outcomes = sorted(
        (f["feature_id"], str(f["rule_id"]), f["outcome"]) for f in expect["findings"]
    )
    found = sorted((f["feature_id"], str(f["rule_id"]), f["outcome"]) for f in said["findings"])
    if hand != same or outcomes != found:
        raise SystemExit(f"{told['why']}\n  hand {hand} {outcomes}\n  SQL  {same} {found}")
    expect["findings"] = [
        _figures(figures[f["feature_id"], f["rule_id"]]) for f in expect["findings"]
    ]
    return told


def _figures(finding: dict[str, Any]) -> dict[str, Any]:
    distance = finding["distance_m"]
    return {
        **{key: finding[key] for key in ("feature_id", "rule_id", "outcome")},
        "overlap_m2": round(finding["overlap_m2"], 4),
        "distance_m": None if distance is None else round(distance, 4),
    }


def random_cases(measuring: Any) -> list[Case]:
    """Return random worlds, so many of each outcome, none of which hangs on a hair.

    A world is left out where a figure lies within 1 m of a threshold, or where the least depth that
    may be stated for an overlap (the radius of the largest circle in the common part) leads to
    another answer than the true depth.
    """
    left, seed, cases = dict(QUOTAS), 0, []
    while any(left.values()):
        told = world(seed)
        said = answer(told)
        if left[said["outcome"]] and said["slack_m"] > 1.0 and not _contested(told, said):
            said = answer(told, measuring)
            shallow = answer(told, lambda a, b: _shallow(measuring, a, b))
            keys = ("outcome", "known_outcome", "effect")
            if (
                said["slack_m"] > 1.0
                and all(said[k] == shallow[k] for k in keys)
                and _same(said, shallow)
            ):
                left[said["outcome"]] -= 1
                findings = sorted(
                    map(_figures, said["findings"]),
                    key=lambda f: (f["feature_id"], f["rule_id"] or ""),
                )
                expect = {**{k: said[k] for k in keys}, "findings": findings}
                why = f"Random world {seed}: expected by DuckDB and the design's text."
                cases.append({"why": why, **told, "cli": False, "expect": expect})
        seed += 1
    return cases


def _contested(told: Case, said: dict[str, Any]) -> bool:
    effects = {f["effect"] for f in said["findings"] if f["outcome"] == said["known_outcome"]}
    empty = said["outcome"] == "not_screened" and told["layers"][0]["complete_in"]
    return bool(empty) or (said["effect"] is not None and said["effect"] not in effects)


def _shallow(measuring: Any, site: Any, resource: Any) -> Any:
    told = measuring(site, resource)
    common = shapely.intersection(site, resource)
    parts = [part for part in shapely.get_parts(common) if part.area > 0]
    if not parts:
        return told
    radius = max(shapely.maximum_inscribed_circle(part, tolerance=0.01).length for part in parts)
    return told._replace(penetration_m=min(told.penetration_m, 0.98 * radius))


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def outcomes(told: dict[str, Any]) -> list[str]:
        return sorted(f"{f['feature_id']} {f['rule_id']} {f['outcome']}" for f in told["findings"])

    return outcomes(one) == outcomes(other)


def trimmed(told: Case) -> Case:
    """Leave out what says no more than the defaults at the head of the file."""

    def lean(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in values.items() if k not in defaults or v != defaults[k]}

    layers = [
        {
            **layer,
            "features": [
                {**f, "properties": lean(f["properties"], RECORD)} for f in layer["features"]
            ],
        }
        for layer in told["layers"]
    ]
    return {**told, "layers": layers, "rules": [lean(r, RULE) for r in told["rules"]]}


def _alike(one: Any, other: Any, tolerance: float = 2e-7) -> bool:
    """Whether two texts say the same, save the last digit of a figure, in which builds of PROJ may
    differ.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        loose = {"overlap_m2": 0.02, "distance_m": 0.02}
        return one.keys() == other.keys() and all(
            _alike(one[k], other[k], loose.get(k, tolerance)) for k in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _alike(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= tolerance + 1e-6 * abs(one) * (tolerance > 1e-6)
    return bool(one == other)


def main() -> int:
    """Write the file, or compare it with `--check`."""
    measuring = SqlMeasure()
    hand = [
        with_figures(c, measuring) for c in (*heritage_cases(), *rule_cases(), *coverage_cases())
    ]
    cases = [{"id": f"hand-{n:03d}", **c} for n, c in enumerate(hand, start=1)]
    cases += [
        {"id": f"random-{n:03d}", **c} for n, c in enumerate(random_cases(measuring), start=1)
    ]
    head = {"schema": "sxgeo.cases/1", "defaults": {"rule": RULE, "record": RECORD}}
    lines = [json.dumps(trimmed(c), ensure_ascii=False, separators=(",", ":")) for c in cases]
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).removesuffix("}")
    text = start + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n"
    if "--check" in sys.argv[1:]:
        return int(not _alike(json.loads(TARGET.read_text(encoding="utf-8")), json.loads(text)))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(
        f"{TARGET.name}: {len(hand)} by hand, {len(cases) - len(hand)} random,"
        f" {len(text) / 1e3:.0f} kB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
