"""Every condition of an outcome decides by itself: a pair of small worlds that differ in it alone,
and end differently.

    python tests/outcome_rows.py            hold the table in docs against the engine and the page
    python tests/outcome_rows.py --write    write docs/outcome_rows.md anew

What a world is expected to say is written here from the words of the design, never taken from an
answer. The worlds are asked in the library (in arrays, and finding by finding) and in the page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import box
from small_worlds import AS_OF, EAST, WEST, counties, feature

TABLE = Path(__file__).parents[1] / "docs" / "outcome_rows.md"
Change = Mapping[str, Any]
"""What is other than in the plain world: ``part.key`` and its value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition: the world in which it holds, the one in which only it does not, what each
    says.
    """

    decides: str
    condition: str
    holds: Change
    fails: Change
    told: str
    told_else: str
    world: Change = field(default_factory=dict)
    page: bool = True
    """Whether the page can be asked of it."""


PLAIN: dict[str, Any] = {
    "gap": -500.0,  # metres from the plot's east edge to the record; negative: it reaches in
    "site.accuracy_m": 1.0,
    "site.datum_error_m": 0.0,
    "record.feature_id": "F1",
    "record.name_zh": "甲",
    "record.geometry_kind": "surveyed",
    "record.membership": "official_list",
    "record.role": "listed",
    "record.resource_kind": "temple",
    "record.subzone": "protection_scope",
    "record.county_code": EAST,
    "record.position_accuracy_m": 1.0,
    "record.datum_error_m": 0.0,
    "rule.rule_id": "R1",
    "rule.resource_class": "heritage_sites",
    "rule.effect": "prohibited",
    "rule.required_m": 0.0,
    "rule.comparison": "within_le",
    "rule.verified": True,
    "project.type": "industrial",
    "project.attributes": {},
    "project.documents": {},
    "layer.innermost_subzone": "protection_scope",
    "layer.coverage": [WEST, EAST],
    "layer.complete_in": [WEST, EAST],
    "layer.subzones_absent": ["construction_control_belt"],
}
"""A plot well inside one record, one rule that prohibits it, a class that is whole: a conflict."""


def world(*changes: Change) -> dict[str, Any]:
    """Build the case of the plain world and of what is changed in it."""
    told = dict(PLAIN)
    for change in changes:
        told |= change
    case: dict[str, Any] = {"counties": counties(), "as_of": AS_OF, "project": {}}
    site, record, rule, layer = {}, {}, {}, {}
    parts = {
        "site": site,
        "record": record,
        "rule": rule,
        "layer": layer,
        "project": case["project"],
    }
    for name, value in told.items():
        part, _, key = name.partition(".")
        if part in parts:
            parts[part][key] = deepcopy(value)
    gap = told["gap"]
    drawn = told.get("drawn", "area")
    shapes = {
        "area": box(0, -500, 1000, 500),
        "point": box(0, 0, 1, 1).representative_point(),
        "nothing": None,
    }
    case["site"] = feature(box(-100 - gap, -50, -gap, 50), **site)
    case["rules"] = [] if told.get("no_rules") else [rule]
    features = [] if told.get("nothing_held") else [feature(shapes[drawn], **record)]
    if "beside" in told:  # a second record of the same place
        features.append(feature(shapes["area"], **record | {"feature_id": "F2"} | told["beside"]))
    if "second_rule" in told:
        case["rules"].append(rule | {"rule_id": "R2"} | told["second_rule"])
    if told.get("held_far"):
        far = {"feature_id": "F9", "county_code": WEST, "position_accuracy_m": 1.0}
        features.append(feature(box(-8010, -8010, -8000, -8000), **record | far))
    case["layers"] = [{"resource_class": "heritage_sites", "features": features, **layer}]
    return case


CONFLICT = "conflict prohibited_met"
DOUBT = "undetermined between"
CLEAR = "clear clear"
FREED = "clear not_bound"
NO_RULE = "undetermined no_rule"
AWAY = {"gap": 300.0}
EXACT = {"site.accuracy_m": 0.0, "record.position_accuracy_m": 0.0}
LIMIT = {"rule.required_m": 100.0}
"""With an error of 1 + 1 + 0.0005 x 100 m: met up to 97.95 m, missed beyond 102.05 m."""
POINT = {
    "drawn": "point",
    "record.geometry_kind": "point",
    "record.point_role": "object",
    "record.extent_m": 100.0,
    "record.subzone": None,
}


def _met() -> list[Row]:
    what = "met"
    return [
        Row(what, "deeper than 0.02 m", {"gap": -0.03}, {"gap": -0.01}, CONFLICT, DOUBT, EXACT),
        Row(what, "s <= required - r", {"gap": 97.9}, {"gap": 98.0}, CONFLICT, DOUBT, LIMIT),
        Row(what, "error of the site", {"site.accuracy_m": 1.0}, {"site.accuracy_m": 1.2}, CONFLICT, DOUBT, LIMIT | {"gap": 97.9}),
        Row(what, "datum error of the site", {"site.datum_error_m": 0.0}, {"site.datum_error_m": 0.2}, CONFLICT, DOUBT, LIMIT | {"gap": 97.9}),
        Row(what, "error of the record", {"record.position_accuracy_m": 1.0}, {"record.position_accuracy_m": 1.2}, CONFLICT, DOUBT, LIMIT | {"gap": 97.9}),
        Row(what, "datum error of the record", {"record.datum_error_m": 0.0}, {"record.datum_error_m": 0.2}, CONFLICT, DOUBT, LIMIT | {"gap": 97.9}),
        Row(what, "scale of the plane, 0.0005 x required", {"gap": 1998.9}, {"gap": 1999.1}, CONFLICT, DOUBT, EXACT | {"rule.required_m": 2000.0}),
        Row(what, "words of the article seen", {"rule.verified": True}, {"rule.verified": False}, CONFLICT, "undetermined unverified_rule"),
        Row(what, "no mere extent box", {"record.geometry_kind": "surveyed"}, {"record.geometry_kind": "extent_box"}, CONFLICT, DOUBT),
        Row(what, "accuracy known", {"record.position_accuracy_m": 1.0}, {"record.position_accuracy_m": None}, CONFLICT, "undetermined unlocated"),
        Row(what, "accuracy within 3,000 m", {"record.position_accuracy_m": 3000.0}, {"record.position_accuracy_m": 3000.5}, CONFLICT, "undetermined unlocated", {"rule.required_m": 9000.0}),
        Row(what, "of the list, not a candidate", {"record.membership": "inferred"}, {"record.membership": "candidate"}, CONFLICT, DOUBT),
        Row(what, "a candidate has a designation of its own", {"record.legal_designation": "省级文物保护单位"}, {"record.legal_designation": None}, CONFLICT, DOUBT, {"record.membership": "candidate"}),
        Row(what, "subzone is the rule's", {"record.subzone": "protection_scope"}, {"record.subzone": None}, CONFLICT, DOUBT, {"rule.subzone": "protection_scope"}),
        Row(what, "a point that is the thing lies in the innermost subzone", {"record.point_role": "object"}, {"record.point_role": "proxy"}, CONFLICT, DOUBT, POINT | {"gap": -50.0, "rule.subzone": "protection_scope"}),
        Row(what, "kind is known to be the rule's", {"record.resource_kind": "temple"}, {"record.resource_kind": "tomb"}, CONFLICT, DOUBT, {"rule.resource_kind": ["temple"], "rule.possible_kinds": ["tomb"]}),
        Row(what, "height of the building said", {"project.height_m": 50.0}, {"project.height_m": None}, CONFLICT, DOUBT, {"gap": 100.0, "rule.comparison": "height_ratio", "rule.ratio": 10.0, "rule.required_m": 1000.0}),
        Row(what, "the building is high enough", {"project.height_m": 11.0}, {"project.height_m": 9.0}, CONFLICT, CLEAR, {"gap": 100.0, "rule.comparison": "height_ratio", "rule.ratio": 10.0, "rule.required_m": 1000.0}),
        Row(what, "no higher limit than the rule's own", {"rule.required_m": 1000.0}, {"rule.required_m": 90.0}, CONFLICT, CLEAR, {"gap": 100.0, "rule.comparison": "height_ratio", "rule.ratio": 10.0, "project.height_m": 50.0}),
        Row(what, "a point is met by its point only", {"gap": -50.0}, {"gap": 50.0}, CONFLICT, DOUBT, POINT),
    ]  # fmt: skip


def _missed() -> list[Row]:
    what = "missed"
    return [
        Row(what, "s > required + r", {"gap": 102.1}, {"gap": 102.0}, CLEAR, DOUBT, LIMIT),
        Row(what, "error of the site", {"site.accuracy_m": 1.0}, {"site.accuracy_m": 1.2}, CLEAR, DOUBT, LIMIT | {"gap": 102.1}),
        Row(what, "datum error of the site", {"site.datum_error_m": 0.0}, {"site.datum_error_m": 0.2}, CLEAR, DOUBT, LIMIT | {"gap": 102.1}),
        Row(what, "error of the record", {"record.position_accuracy_m": 1.0}, {"record.position_accuracy_m": 1.2}, CLEAR, DOUBT, LIMIT | {"gap": 102.1}),
        Row(what, "datum error of the record", {"record.datum_error_m": 0.0}, {"record.datum_error_m": 0.2}, CLEAR, DOUBT, LIMIT | {"gap": 102.1}),
        Row(what, "scale of the plane, 0.0005 x required", {"gap": 2001.1}, {"gap": 2000.9}, CLEAR, DOUBT, EXACT | {"rule.required_m": 2000.0}),
        Row(what, "twice the extent of a point", {"record.extent_m": 99.0}, {"record.extent_m": 101.0}, CLEAR, DOUBT, POINT | {"gap": 201.0, "record.subzone": "protection_scope"}),
        Row(what, "the class's extent where none is published", {"record.screening_extent_m": 99.0}, {"record.screening_extent_m": 101.0}, CLEAR, DOUBT, POINT | {"gap": 201.0, "record.extent_m": None, "record.subzone": "protection_scope"}),
        Row(what, "a coarse record lies in another county", {"record.county_code": EAST}, {"record.county_code": WEST}, CLEAR, "undetermined unlocated", {"gap": 7000.0, "record.position_accuracy_m": 3001.0, "record.geometry_kind": "point", "drawn": "point", "record.extent_m": 1.0}),
        Row(what, "a record without position names another county", {"record.county_code": EAST}, {"record.county_code": WEST}, CLEAR, "undetermined unlocated", {"gap": 300.0, "record.geometry_kind": "none", "drawn": "nothing", "record.position_accuracy_m": None}),
        Row(what, "a record without position names any county", {"record.county_code": EAST}, {"record.county_code": None}, CLEAR, "undetermined unlocated", {"gap": 300.0, "record.geometry_kind": "none", "drawn": "nothing", "record.position_accuracy_m": None}),
        Row(what, "such a record names a county at all", {"record.county_code": EAST}, {"record.county_code": None}, "not_screened outside_coverage", "undetermined unlocated", {"gap": 300.0, "record.geometry_kind": "none", "drawn": "nothing", "record.position_accuracy_m": None, "layer.coverage": []}),
        Row(what, "the county of such a record is farther than the error and its edge", {"gap": 11.1}, {"gap": 10.9}, CLEAR, "undetermined unlocated", {"record.geometry_kind": "none", "drawn": "nothing", "record.position_accuracy_m": None}),
        Row(what, "and farther than what the rule requires, with its scale", {"gap": 2012.1}, {"gap": 2011.9}, CLEAR, "undetermined unlocated", {"rule.required_m": 2000.0} | {"record.geometry_kind": "none", "drawn": "nothing", "record.position_accuracy_m": None}),
        Row(what, "an edge in common is that of a legal vector", {"record.boundary": "legal_vector"}, {"record.boundary": "described"}, CLEAR, DOUBT, {"gap": 0.0}),
        Row(what, "the edge in common is an edge, no overlap", {"gap": 0.0}, {"gap": -0.03}, CLEAR, DOUBT, {"record.boundary": "legal_vector"}),
        Row(what, "a shared edge says nothing of a distance to keep", {"rule.required_m": 0.0}, {"rule.required_m": 100.0}, CLEAR, CONFLICT, {"gap": 0.0, "record.boundary": "legal_vector"}),
    ]  # fmt: skip


def _binding() -> list[Row]:
    what = "binding"
    yes, no = (
        {"project.attributes": {"development_zone": "yes"}},
        {"project.attributes": {"development_zone": "no"}},
    )
    hung = {"rule.condition": "development_zone"}
    lifted = {"rule.effect": "prohibited_unless", "rule.exception": ["redline_major_project"]}
    major = {"project.attributes": {"redline_major_project": "yes"}}
    granted = {"project.documents": {"redline_major_project": "文号"}}
    return [
        Row(what, "the rule is of the project's use", {"project.type": "industrial"}, {"project.type": "energy"}, CONFLICT, FREED, {"rule.project_types": ["industrial"]}),
        Row(what, "the use was not said", {"project.type": None}, {"project.type": "energy"}, CONFLICT, FREED, {"rule.project_types": ["industrial"]}),
        Row(what, "a behaviour is presumed of the use", {"project.type": "industrial"}, {"project.type": "energy"}, CONFLICT, DOUBT, {"rule.project_types": ["polluting_discharge"]}),
        Row(what, "a behaviour was said", {"project.discharge": True}, {"project.discharge": None}, CONFLICT, DOUBT, {"rule.project_types": ["polluting_discharge"], "project.type": "energy"}),
        Row(what, "a behaviour was not denied", {"project.discharge": None}, {"project.discharge": False}, CONFLICT, FREED, {"rule.project_types": ["polluting_discharge"]}),
        Row(what, "abstraction was not denied", {"project.groundwater_use": None}, {"project.groundwater_use": False}, DOUBT, FREED, {"rule.project_types": ["groundwater_extraction"]}),
        Row(what, "the condition was said", yes, {"project.attributes": {}}, CONFLICT, DOUBT, hung),
        Row(what, "of a behaviour, the use was not said either", {"project.type": None}, {"project.type": "energy"}, CONFLICT, DOUBT, {"rule.condition": "discharge"}),
        Row(what, "the condition was not denied", {"project.attributes": {}}, no, DOUBT, FREED, hung),
        Row(what, "what frees was seen in the article", {"rule.verified": True}, {"rule.verified": False}, FREED, NO_RULE, hung | no),
        Row(what, "in force already", {"rule.in_force_from": AS_OF}, {"rule.in_force_from": "2026-11-22"}, CONFLICT, NO_RULE),
        Row(what, "in force still", {"rule.in_force_to": AS_OF}, {"rule.in_force_to": "2026-11-20"}, CONFLICT, NO_RULE),
        Row(what, "of the record's kind", {"rule.resource_kind": ["temple"]}, {"rule.resource_kind": ["tomb"]}, CONFLICT, NO_RULE),
        Row(what, "a kind and subzone that can be", {"rule.resource_kind": ["temple"]}, {"rule.resource_kind": ["tomb"]}, CONFLICT, NO_RULE, {"rule.subzone": "protection_scope"}),
        Row(what, "the record may drain to the rule's basin", {"record.county_code": f"140921;{EAST}"}, {"record.county_code": "140921;140922"}, DOUBT, NO_RULE, {"rule.basin": "yellow_river"}),
        Row(what, "the rule binds one basin only", {"rule.basin": None}, {"rule.basin": "yellow_river"}, CONFLICT, DOUBT),
        Row(what, "of the record's subzone", {"record.subzone": "core_zone_old"}, {"record.subzone": "buffer_zone_old"}, CONFLICT, NO_RULE, {"rule.subzone": "core_zone_old"}),
        Row(what, "of the system of the record's subzone", {"record.subzone": "core_protection_zone"}, {"record.subzone": "core_zone_old"}, CONFLICT, DOUBT, {"rule.subzone": "core_protection_zone"}),
        Row(what, "of the record's class", {"rule.resource_class": "heritage_sites"}, {"rule.resource_class": "air_stations"}, CONFLICT, NO_RULE),
        Row(what, "the lawful exception was denied", {"project.attributes": {"redline_major_project": "no"}}, major, CONFLICT, "regulated restricted_met", lifted | granted),
        Row(what, "the exception has no document", {"project.documents": {}}, granted, CONFLICT, "regulated restricted_met", lifted | major),
        Row(what, "the exception is one of the rule's", {"rule.exception": []}, {"rule.exception": ["redline_major_project"]}, CONFLICT, "regulated restricted_met", {"rule.effect": "prohibited_unless"} | major | granted),
        Row(what, "the effect may not be lifted", {"rule.effect": "prohibited"}, {"rule.effect": "prohibited_unless"}, CONFLICT, "regulated restricted_met", {"rule.exception": ["redline_major_project"]} | major | granted),
        Row(what, "it binds more than buildings", {"rule.binds": "land"}, {"rule.binds": "building"}, CONFLICT, "regulated restricted_met"),
        Row(what, "outlines of buildings were given", {"project.attributes": {"building_outlines": "yes"}}, {"project.attributes": {}}, CONFLICT, "regulated restricted_met", {"rule.binds": "building"}),
    ]  # fmt: skip


def _complete() -> list[Row]:
    what = "completeness"
    incomplete = "undetermined incomplete"
    return [
        Row(what, "declared whole in the counties in reach", {"layer.complete_in": [WEST, EAST]}, {"layer.complete_in": [EAST]}, CLEAR, incomplete, AWAY),
        Row(what, "with a document", {"layer.complete_document": "文件"}, {"layer.complete_document": None}, CLEAR, incomplete, AWAY),
        Row(what, "farther from what is whole than the error and the edge", {"gap": 8888.0}, {"gap": 8890.0}, CLEAR, incomplete, {"held_far": True}),
        Row(what, "and than the rule requires, with its scale", {"gap": 6887.0}, {"gap": 6888.9}, CLEAR, incomplete, {"rule.required_m": 2000.0}),
        Row(what, "every subzone held or declared absent", {"layer.subzones_absent": ["construction_control_belt"]}, {"layer.subzones_absent": []}, CLEAR, "undetermined subzone_missing", AWAY | {"rule.subzone": "construction_control_belt"}),
        Row(what, "or far enough from the record that lacks one", {"gap": 1003.0}, {"gap": 1001.0}, CLEAR, "undetermined subzone_missing", {"rule.subzone": "construction_control_belt", "layer.subzones_absent": []}),
        Row(what, "the site lies where someone looked", {"layer.coverage": [WEST]}, {"layer.coverage": [EAST]}, CLEAR, "not_screened outside_coverage", {"gap": 300.0}),
        Row(what, "something is held", {"record.membership": "official_list"}, {"record.membership": "candidate"}, CLEAR, "not_screened nothing_held", AWAY),
        Row(what, "something is told at all", {}, {"nothing_held": True}, CLEAR, "not_screened nothing_held", AWAY),
        Row(what, "the layer was read whole", {"layer.failed": None}, {"layer.failed": "broken"}, CLEAR, "not_screened layer_failed", AWAY),
        Row(what, "the site was read without doubt", {"doubtful": False}, {"doubtful": True}, CLEAR, "undetermined doubtful_site", AWAY, page=False),
    ]  # fmt: skip


def _outcome() -> list[Row]:
    what = "outcome"
    milder = {"second_rule": {"effect": "permit", "verified": True}}
    unsure = {"second_rule": {"effect": "permit", "verified": False}}
    permit = {"rule.effect": "permit"}
    return [
        Row(what, "a prohibiting rule is met", {"rule.effect": "prohibited"}, {"rule.effect": "permit"}, CONFLICT, "regulated permit_met", milder),
        Row(what, "a conflict stands beside doubt", {"rule.effect": "prohibited"}, {"rule.effect": "permit"}, CONFLICT, "undetermined unverified_rule", unsure),
        Row(what, "doubt stands before what is regulated", {"second_rule": {"verified": False}}, {"second_rule": {"verified": True}}, "undetermined unverified_rule", "regulated permit_met", permit),
        Row(what, "study is graver than notify", {"second_rule": {"effect": "study"}}, {"second_rule": {"effect": "notify"}}, "regulated study_met", "regulated notify_met", {"rule.effect": "notify"}),
        Row(what, "permit is graver than study", {"second_rule": {"effect": "permit"}}, {"second_rule": {"effect": "study"}}, "regulated permit_met", "regulated study_met", {"rule.effect": "notify"}),
        Row(what, "regulated only where the class is whole", {"layer.complete_in": [WEST, EAST]}, {"layer.complete_in": [EAST]}, "regulated permit_met", "undetermined incomplete", permit | {"gap": -50.0}),
        Row(what, "regulated only where someone looked", {"layer.coverage": [WEST, EAST]}, {"layer.coverage": []}, "regulated permit_met", "undetermined outside_coverage", permit),
        Row(what, "a conflict needs no completeness", {"rule.effect": "prohibited"}, {"rule.effect": "permit"}, CONFLICT, "undetermined incomplete", {"layer.complete_in": []}),
        Row(what, "a conflict needs no coverage", {"rule.effect": "prohibited"}, {"rule.effect": "permit"}, CONFLICT, "undetermined outside_coverage", {"layer.coverage": []}),
        Row(what, "one record of two decides", {"beside": {"geometry_kind": "surveyed"}}, {"beside": {"geometry_kind": "extent_box"}}, CONFLICT, DOUBT, {"record.geometry_kind": "extent_box"}),
        Row(what, "all doubt is of place", {"record.position_accuracy_m": None}, {"record.position_accuracy_m": 1.0}, "undetermined unlocated", DOUBT, {"record.geometry_kind": "extent_box"}),
    ]  # fmt: skip


ROWS = (*_met(), *_missed(), *_binding(), *_complete(), *_outcome())


def words(change: Change) -> str:
    """Say a change as it stands in the table."""

    def value(v: Any) -> str:
        if isinstance(v, dict):
            return ", ".join(f"{k}: {value(w)}" for k, w in v.items()) or "none"
        if isinstance(v, list):
            return ", ".join({WEST: "west", EAST: "east"}.get(w, w) for w in v) or "none"
        if isinstance(v, bool):
            return "yes" if v else "no"
        return {None: "not said", WEST: "west", EAST: "east"}.get(v, str(v))

    return "; ".join(f"`{k}` {value(v)}" for k, v in change.items()) or "as it is"


def page_text() -> str:
    """Write the page of the documentation."""
    lines = [
        "# Every condition of an outcome decides by itself",
        "",
        "For each condition of met, missed, binding, completeness and the outcome two small worlds"
        " differ in that condition alone and end",
        "differently (unique-cause MC/DC). They are changes of one plain world: a plot of 100 m well"
        " inside a record of 1 km, one rule that prohibits it, a class",
        "that is whole in both counties. `gap` is the distance from the plot to the record in metres,"
        " negative where it reaches in. Each pair is asked in the",
        "library, in arrays and finding by finding, and in the page. Written by"
        " `python tests/outcome_rows.py --write`; a test holds it.",
        "",
    ]
    for decides in dict.fromkeys(row.decides for row in ROWS):
        lines += [
            f"## {decides}",
            "",
            "| condition | in the world of | it holds | says | it fails | says |",
            "|---|---|---|---|---|---|",
        ]
        for row in (r for r in ROWS if r.decides == decides):
            cells = (
                row.condition + ("" if row.page else " (library)"),
                words(row.world) if row.world else "the plain one",
                words(row.holds),
                row.told,
                words(row.fails),
                row.told_else,
            )
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines.append(f"{len(ROWS)} conditions, {2 * len(ROWS)} worlds.")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        TABLE.write_text(page_text(), encoding="utf-8")
    return int(TABLE.read_text(encoding="utf-8") != page_text())


if __name__ == "__main__":
    sys.exit(main())
