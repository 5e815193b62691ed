"""Random small worlds as cases: rectangles, holes, lines and points on a plane, two counties, a few
rules.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import shapely
from conftest import box, on_ground

WEST, EAST = "149998", "149999"
AS_OF = "2026-11-21"
FAR = 9000
_SURE_RECORD = {
    "membership": "official_list",
    "role": "listed",
    "subzone": "protection_scope",
    "resource_kind": "temple",
}
_FAR_RECORD = {
    "feature_id": "F9",
    "name_zh": "乙",
    "geometry_kind": "surveyed",
    "position_accuracy_m": 1.0,
    "county_code": WEST,
    **_SURE_RECORD,
}
_SURE_RULE = {
    "verified": True,
    "condition": None,
    "project_types": [],
    "in_force_from": None,
    "in_force_to": None,
    "subzone": None,
}


def feature(shape: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature of a shape drawn in metres round the centre of the small world."""
    geometry = None if shape is None else json.loads(shapely.to_geojson(on_ground(shape)))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def counties() -> list[dict[str, Any]]:
    return [
        feature(box(-FAR, -FAR, 0, FAR), code=WEST, position_accuracy_m=10.0),
        feature(box(0, -FAR, FAR, FAR), code=EAST, position_accuracy_m=10.0),
    ]


def place(rng: Random) -> float:
    wide = rng.choice([300, 1000, 1000, 2500, 9500])
    return rng.choice(
        [rng.uniform(-wide, wide), rng.uniform(-wide, wide), 0.0, 500.0, 8990.0, -100.0]
    )


def area(rng: Random) -> Any:
    """A box, a box with a hole, two boxes or a sliver; metres."""
    x, y = place(rng), place(rng)
    w, h = (rng.choice([1, 40, 200, 600, 3000]) * rng.uniform(0.5, 1.5) for _ in "wh")
    kind = rng.choice(["box", "box", "holed", "pair", "sliver"])
    if kind == "holed":
        rim = rng.choice([0.1, 0.3, 0.45])
        hole = box(x + rim * w, y + rim * h, x + w - rim * w, y + h - rim * h)
        return shapely.Polygon(box(x, y, x + w, y + h).exterior.coords, [hole.exterior.coords])
    if kind == "pair":
        gap = rng.uniform(1, 900)
        return shapely.MultiPolygon(
            [box(x, y, x + w, y + h), box(x + w + gap, y, x + 2 * w + gap, y + h)]
        )
    return box(x, y, x + w, y + 0.5) if kind == "sliver" else box(x, y, x + w, y + h)


def line(rng: Random) -> Any:
    x, y, dx = place(rng), place(rng), rng.uniform(1, 2000)
    return shapely.LineString([(x, y), (x + dx, y + rng.uniform(-2000, 2000)), (x + 2 * dx, y)])


def point(rng: Random) -> Any:
    return shapely.Point(place(rng), place(rng))


def record(rng: Random, number: int) -> dict[str, Any]:
    kind = rng.choice(["surveyed", "surveyed", "digitised", "point", "point", "extent_box", "none"])
    told: dict[str, Any] = {
        "feature_id": f"F{number}",
        "name_zh": "甲",
        "geometry_kind": kind,
        "membership": rng.choice(["official_list", "inferred", "candidate"]),
        "role": rng.choice(["listed", "listed", "listed", "component", "control"]),
        "subzone": rng.choice([None, "protection_scope", "construction_control_belt"]),
        "resource_kind": rng.choice([None, "temple", "tomb"]),
        "county_code": rng.choice([None, WEST, EAST, f"{WEST};{EAST}", "999999"]),
        "legal_designation": rng.choice([None, "全国重点文物保护单位"]),
        "position_accuracy_m": rng.choice([0.0, 1.0, 1.0, 50.0, 500.0, 3000.0, 3001.0, None]),
        "datum_error_m": rng.choice([0.0, 0.0, 5.0]),
    }
    shape: Any = None
    if kind in ("surveyed", "digitised"):
        shape = rng.choice([area, area, area, line])(rng)
    elif kind == "extent_box":
        shape, told["position_accuracy_m"] = box(*area(rng).bounds), None
    elif kind == "point":
        shape = point(rng)
        told["point_role"] = rng.choice(["object", "proxy"])
        told["extent_m"] = rng.choice([None, None, 100.0, 700.0])
        told["screening_extent_m"] = rng.choice([0.0, 500.0])
    else:
        told["position_accuracy_m"] = None
    return feature(shape, **told)


def rule(rng: Random, number: int) -> dict[str, Any]:
    comparison = rng.choice(["within_le", "within_le", "within_le", "at_least", "height_ratio"])
    return {
        "rule_id": f"R{number}",
        "resource_class": "heritage_sites",
        "resource_kind": rng.choice([[], [], ["temple"]]),
        "possible_kinds": rng.choice([[], ["tomb"]]),
        "subzone": rng.choice([None, None, "protection_scope", "construction_control_belt"]),
        "project_types": rng.choice(
            [[], [], ["industrial"], ["polluting_discharge"], ["quarry_or_mine"]]
        ),
        "effect": rng.choice(["prohibited", "prohibited", "permit", "notify"]),
        "required_m": 1000.0
        if comparison == "height_ratio"
        else rng.choice([0.0, 0.0, 50.0, 400.0]),
        "comparison": comparison,
        "ratio": 10.0 if comparison == "height_ratio" else None,
        "condition": rng.choice(
            [None, None, None, None, "discharge", "groundwater_use", "development_zone"]
        ),
        "verified": rng.choice([True, True, True, False]),
        "in_force_from": rng.choice([None, None, "2025-01-01", AS_OF, "2026-11-22"]),
        "in_force_to": rng.choice([None, None, None, AS_OF, "2026-11-20"]),
    }


def _settle(rng: Random, told: dict[str, Any], sure: dict[str, Any]) -> None:
    """Take most doubts away, so that some worlds end in conflict, regulated or clear."""
    for key, value in sure.items():
        if rng.random() < 0.9:
            told[key] = value


def world(seed: int) -> dict[str, Any]:
    """A case without `expect`: one class, up to four records and four rules; the same for the same
    seed.
    """
    rng = Random(seed)
    coverage = rng.choice([[WEST, EAST], [WEST, EAST], [WEST]])
    layer = {
        "resource_class": "heritage_sites",
        "innermost_subzone": rng.choice(["protection_scope", "protection_scope", None]),
        "coverage": coverage,
        "complete_in": rng.choice([[], [WEST], coverage, coverage]),
        "features": [record(rng, i) for i in range(rng.choice([0, 1, 1, 1, 2, 4]))],
    }
    if rng.random() < 0.8:  # something is held far away, so that the class can be clear
        there = feature(shapely.Point(-8000, -8000).buffer(5, quad_segs=1), **_FAR_RECORD)
        layer["features"].append(there)
    rules = [rule(rng, i) for i in range(rng.choice([0, 1, 1, 1, 2, 4]))]
    if rng.random() < 0.7:
        for told in layer["features"]:
            if told["geometry"] is not None and told["properties"]["geometry_kind"] != "extent_box":
                _settle(
                    rng,
                    told["properties"],
                    {**_SURE_RECORD, "position_accuracy_m": rng.choice([0.0, 1.0, 50.0])},
                )
        for known in rules:
            _settle(rng, known, _SURE_RULE)
    project = {
        "type": rng.choice([None, "industrial", "polluting_discharge", "residential"]),
        "height_m": rng.choice([None, 5.0, 30.0, 200.0]),
        "groundwater_use": rng.choice([None, True, False]),
        "discharge": rng.choice([None, None, True, False]),
        "attributes": rng.choice([{}, {"development_zone": "yes"}, {"development_zone": "no"}]),
    }
    accuracies = {
        "accuracy_m": rng.choice([0.0, 1.0, 20.0, 300.0]),
        "datum_error_m": rng.choice([0.0, 0.0, 3.0]),
    }
    layer["subzones_absent"] = rng.choice(
        [[], ["protection_scope"], *[["construction_control_belt", "protection_scope"]] * 3]
    )
    for known in rules:
        known["effect"] = rng.choice(
            [known["effect"], known["effect"], "prohibited_unless", "study"]
        )
        known["binds"] = rng.choice(["land", "land", "land", "building"])
        known["exception"] = (
            ["major"] if known["effect"] == "prohibited_unless" and rng.random() < 0.7 else []
        )
    for known in rules:
        if known["condition"] is None and not known["project_types"] and rng.random() < 0.2:
            known["project_types"] = ["polluting_discharge"]
    project["attributes"] = {
        **project["attributes"],
        **rng.choice([{}, {"major": "yes"}, {"building_outlines": "yes"}]),
    }
    project["documents"] = rng.choice([{}, {"major": "文号"}])
    return {
        "layers": [layer],
        "rules": rules,
        "counties": counties(),
        "site": feature(rng.choice([area, area, line, point])(rng), **accuracies),
        "project": project,
        "as_of": AS_OF,
    }
