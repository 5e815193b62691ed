"""Small random worlds in the page and in the library: the same answer, certificate and questions,
figure by figure.
"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import shapely
from case_worlds import counties_of, layer_of, rule_of, site_of
from conftest import box
from small_worlds import EAST, WEST, feature, world
from test_page_check import differences, needs_node, run_page

from sxgeo.analysis.conflicts.questions import Questioner
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.maps.pack import check_pack
from sxgeo.model.outcomes import BEHAVIOURS
from sxgeo.model.project import Project
from sxgeo.reports.report import Report

WORLDS = 250


def varied(seed: int) -> dict[str, Any]:
    """A world of a seed, some with legal vectors, shared edges, or the town development boundary."""
    rng, case = Random(seed), world(seed)
    (layer,) = case["layers"]
    for told in layer["features"]:
        if told["properties"]["geometry_kind"] in ("surveyed", "digitised"):
            told["properties"]["boundary"] = rng.choice(
                [None, None, "legal_vector", "legal_vector", "described"]
            )
    drawn = [
        f
        for f in layer["features"]
        if f["geometry"] is not None and f["geometry"]["type"] == "Polygon"
    ]
    urban = rng.random() < 0.15
    if drawn and not urban and rng.random() < 0.3:
        ring = drawn[0]["geometry"]["coordinates"][0]
        (ax, ay), (bx, by) = ring[0], ring[1]
        off = rng.choice([0.0, 1e-7, 3e-6]), rng.choice([2e-3, -2e-3])
        away = (-(by - ay), bx - ax)
        size = (away[0] ** 2 + away[1] ** 2) ** 0.5 or 1.0
        step = [(off[0] * away[k] / size, (off[0] + off[1]) * away[k] / size) for k in (0, 1)]
        corners = [
            [x + step[0][i], y + step[1][i]]
            for (x, y), i in (((ax, ay), 0), ((bx, by), 0), ((bx, by), 1), ((ax, ay), 1))
        ]
        case["site"]["geometry"] = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
    if rng.random() < 0.1:  # a scope without its belt, far enough
        layer["subzones_absent"] = []
        for told in layer["features"]:
            told["properties"] |= {
                "subzone": "protection_scope",
                "membership": "official_list",
                "resource_kind": "temple",
            }
        for rule in case["rules"]:
            rule |= {
                "subzone": "construction_control_belt",
                "project_types": [],
                "condition": None,
                "resource_kind": [],
            }
    if (
        rng.random() < 0.2
    ):  # a class that is whole, with rules that bind buildings, or other projects only
        layer["complete_in"] = layer["coverage"] = [WEST, EAST]
        layer["subzones_absent"] = ["construction_control_belt", "protection_scope"]
        types = rng.choice([[], ["quarry_or_mine"]])
        case["project"]["type"] = "industrial" if types else case["project"]["type"]
        sure = {
            "condition": None,
            "verified": True,
            "in_force_from": None,
            "in_force_to": None,
            "resource_kind": [],
        }
        for rule in case["rules"]:
            rule |= {
                "effect": "prohibited",
                "binds": "building",
                "exception": [],
                "subzone": None,
                "project_types": types,
            } | sure
        for told in layer["features"]:
            told["properties"] |= {"membership": "official_list"}
    if urban:
        layer["resource_class"] = "urban_boundary"
        layer["features"] = [
            f for f in layer["features"] if "Polygon" in (f["geometry"] or {"type": ""})["type"]
        ]
        for told in layer["features"]:
            told["properties"]["subzone"] = rng.choice(
                [None, "urban_concentrated", "urban_flexible", "urban_special"]
            )
        if (
            drawn and rng.random() < 0.8
        ):  # well inside: an edge in common is decided by the last digit
            whole = shapely.from_geojson(json.dumps(drawn[0]["geometry"]))
            case["site"]["geometry"] = json.loads(
                shapely.to_geojson(shapely.buffer(whole.representative_point(), 2e-6))
            )
        for rule in case["rules"]:
            rule["resource_class"] = "urban_boundary"
            rule["subzone"] = rng.choice([None, "urban_concentrated"])
    project = case["project"]
    if rng.random() < 0.3:
        project["attributes"] = {
            **project.get("attributes", {}),
            "building_outlines": rng.choice(["yes", "no"]),
        }
    if project.get("type") in BEHAVIOURS:
        project[BEHAVIOURS[project["type"]]] = (
            None  # the type says it, and one may not contradict it
        )
    said = project.get("attributes", {})
    project["documents"] = {k: v for k, v in project.get("documents", {}).items() if k in said}
    return case


def of_library(case: dict[str, Any]) -> dict[str, Any]:
    site = replace(site_of(case), accuracy_source="file")
    layers, rules = (
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
    )
    counties, project = counties_of(case), Project(**case["project"])
    asked = {"counties": counties, "as_of": case["as_of"], "project": project}
    screener = Screener(layers, rules, **asked)
    outcomes = (screener.screen(site),)
    questions = {site.site_id: Questioner(screener).ask(outcomes[0])}
    classes = {layer.spec.id: layer.spec for layer in layers}
    return Report(outcomes, case["as_of"], classes, {}, questions=questions).to_dict()["sites"][0]


def job_of(case: dict[str, Any]) -> dict[str, Any]:
    project = case["project"]
    said = {
        k: project[k]
        for k in ("height_m", "groundwater_use", "discharge")
        if project.get(k) is not None
    }
    said |= project.get("attributes", {})
    documents = {f"{k}_source": v for k, v in project["documents"].items()}
    layers, rules = (
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
    )
    pack = check_pack(layers, rules, counties_of(case))
    pack["tables"]["attributes"] |= {key: key for key in said}  # some worlds make attributes up
    told = case["site"]["properties"]
    site = {**case["site"], "properties": {**told, "site_id": "s"}}
    options = {
        "datum_error_m": told.get("datum_error_m", 0.0),
        "crs": told.get("crs"),
        "as_of": case["as_of"],
    }
    return {
        "pack": pack,
        "geojson": site,
        "options": options | {"project_type": project["type"], "attributes": said | documents},
    }


@needs_node
def test_random_worlds_get_the_answer_of_the_library():
    cases = [varied(seed) for seed in range(WORLDS)]
    relations, codes, questions = set(), set(), 0
    for seed, (case, page) in enumerate(
        zip(cases, run_page([job_of(case) for case in cases]), strict=True)
    ):
        assert "error" not in page, (seed, page["error"])
        library, own = of_library(case), page["sites"][0]
        entries = [*library["screening"], *(e for e in library["extra"] if e["requested"])]
        own_entries = [*own["screening"], *(e for e in own["extra"] if e["requested"])]
        for a, b in zip(entries, own_entries, strict=True):
            for f, g in zip(a["findings"], b["findings"], strict=False):
                if (
                    f["no_build_m2"] is not None and g["no_build_m2"] is not None
                ):  # arcs are drawn by other corners
                    assert g["no_build_m2"] == pytest.approx(f["no_build_m2"], rel=5e-3, abs=1.0), (
                        seed
                    )
                    f["no_build_m2"] = g["no_build_m2"] = None
        problems = list(differences({**library, "extra": entries}, {**own, "extra": own_entries}))
        problems = [
            p for p in problems if not p[0].startswith(".screening") or library["screening"]
        ]
        assert not problems, (seed, problems[:5])
        relations |= {f["relation"] for e in entries for f in e["findings"]}
        codes |= {e["reason_code"] for e in entries}
        questions += len(library["questions"])
    assert relations == {"met", "between", "unbound", "shared", "missed"}
    assert codes >= {
        "prohibited_met",
        "restricted_met",
        "not_bound",
        "subzone_missing",
        "urban_inside",
        "clear",
    }
    assert questions > 20


@needs_node
def test_a_bare_plot_tells_where_nothing_may_be_built():
    case = world(0)
    record = {
        "feature_id": "F1",
        "name_zh": "甲",
        "geometry_kind": "surveyed",
        "position_accuracy_m": 1.0,
    }
    line = feature(shapely.LineString([(-500, 0), (500, 0)]), **record)
    rule = {
        "rule_id": "R1",
        "required_m": 50.0,
        "comparison": "at_least",
        "binds": "building",
        "verified": True,
    }
    case |= {
        "rules": [{"resource_class": "heritage_sites", "effect": "prohibited", **rule}],
        "project": {"type": None, "documents": {}},
    }
    case["layers"][0]["features"] = [line]
    case["site"] = feature(box(-100, 10, 100, 110), accuracy_m=1.0)
    (page,) = run_page([job_of(case)])
    (finding,) = next(e["findings"] for e in page["sites"][0]["screening"] if e["requested"])
    assert (finding["outcome"], finding["set_back_m"]) == ("regulated", 50.0)
    assert finding["no_build_m2"] == pytest.approx(200 * 40, rel=1e-3)


@needs_node
def test_an_area_is_that_of_the_plane_that_the_site_was_drawn_on():
    """114.03 E drawn on the plane of 111 or 117 E: a strip of another width, farther from its axis."""
    case = world(0)
    case["site"] = feature(box(2600, 100, 3100, 700), accuracy_m=1.0)
    own = job_of(case)
    planes = [None, "EPSG:4546", "EPSG:4547", "EPSG:4548"]
    jobs = [{**own, "options": own["options"] | {"crs": crs}} for crs in planes]
    areas = []
    for crs, page in zip(planes, run_page(jobs), strict=True):
        case["site"]["properties"]["crs"] = crs
        library = of_library(case)
        assert page["sites"][0]["area_m2"] == pytest.approx(library["area_m2"], abs=0.06)
        areas.append(library["area_m2"])
    assert len({round(area, 2) for area in areas}) == 3
    assert min(areas[1], areas[3]) - areas[2] > 10


@needs_node
def test_a_county_that_nobody_covers_counts_as_far_as_the_errors_reach():
    """No rule asks for a distance: half a metre beyond the errors of site and county nothing is
    missing.
    """
    case = world(0)
    (layer,) = case["layers"]
    layer |= {"coverage": [WEST], "complete_in": [WEST]}
    record = {"feature_id": "F1", "name_zh": "甲", "geometry_kind": "surveyed"}
    sure = {"position_accuracy_m": 1.0, "county_code": WEST, "membership": "official_list"}
    far = box(-8000, -8000, -7900, -7900)
    layer["features"] = [feature(far, **record, **sure)]
    case |= {"rules": [], "project": {"type": None, "documents": {}}}

    def at(gap_m: float) -> dict[str, Any]:
        plot = box(-gap_m - 100, 0, -gap_m, 100)
        return {**case, "site": feature(plot, accuracy_m=2.0, datum_error_m=1.0)}

    def clear(answer: dict[str, Any]) -> bool:
        return answer["verdict"] == "clear"

    # the library says where the limit lies
    near, away = 0.0, 100.0
    assert not clear(of_library(at(near))) and clear(of_library(at(away)))
    while away - near > 0.05:
        middle = (near + away) / 2
        near, away = (near, middle) if clear(of_library(at(middle))) else (middle, away)
    gaps = [near - 0.5, near - 0.1, away + 0.1, away + 0.5]
    told = run_page([job_of(at(gap)) for gap in gaps])
    assert [clear(page["sites"][0]) for page in told] == [False, False, True, True]


RELATIONS = {
    ("judge.js", "return relation === 'between' ? 'undetermined' : 'clear';"),
    ("judge.js", "return [known, effect, 'clear'];"),
}
"""Where the word says that a rule is missed, and that nothing known is hit: no answer for a class.
"""


@needs_node
def test_clear_is_made_in_one_place_of_the_page():
    """The word stands in quotes where it is built from its grounds, and where it names what is no
    hit; nowhere else as an outcome.
    """
    import re

    from test_bundle import bundle_page

    places = []
    for path in sorted(bundle_page.STATIC.glob("*/*.js")):
        places += [
            (path.name, line.strip())
            for line in path.read_text("utf-8").splitlines()
            if re.search(r"'clear'", line)
        ]
    makers = [(name, line) for name, line in places if "certificate(layer, grounds" in line]
    assert len(makers) == 1 and makers[0][0] == "check.js"
    others = [(name, line) for name, line in places if (name, line) not in makers]
    assert all(
        "===" in line or "!==" in line or (name, line) in RELATIONS for name, line in others
    ), others
    assert json.dumps(others)
