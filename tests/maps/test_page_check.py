"""The check in the page against the library: the same outcomes, findings and figures, run by
Node.js.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import make_record, make_rule, make_spec

from sxgeo import check_sites
from sxgeo.analysis.conflicts.binding import applies, binding, freed_by
from sxgeo.analysis.conflicts.questions import Questioner
from sxgeo.analysis.conflicts.relation import cap
from sxgeo.analysis.conflicts.replay import replay
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.boundaries.units import load_counties
from sxgeo.catalog import checked_date
from sxgeo.errors import UsageError
from sxgeo.geometry.projection import GEOGRAPHIC, quantise, to_plane
from sxgeo.layers.classes import ClassSpec
from sxgeo.layers.layers import Layer, load_layer, load_layers
from sxgeo.layers.rules import Rule, load_rules
from sxgeo.maps.pack import check_pack, packed
from sxgeo.model.clearance import Clearance
from sxgeo.model.outcomes import BEHAVIOURS
from sxgeo.model.project import Project, make_project
from sxgeo.model.sites import Site
from sxgeo.reports.report import Report
from sxgeo.sites.read import read_sites
from sxgeo.wording import CONDITION_ZH, PROJECT_TYPES

NODE = shutil.which("node")
JS = Path(__file__).parents[1] / "js"
CASES = Path(__file__).parents[1] / "cases" / "screening.json"
needs_node = pytest.mark.skipif(
    NODE is None, reason="Node.js is not installed: the page's modules were not run"
)
TYPES = (None, "industrial", "residential", "quarry_or_mine", "road_or_rail", "polluting_discharge")
SITES = 60


def run_page(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The page's answers to jobs of `geojson`, `options` and, where it changes, `pack`."""
    text = "".join(json.dumps(job, ensure_ascii=False, allow_nan=False) + "\n" for job in jobs)
    done = subprocess.run(
        [str(NODE), str(JS / "run_check.mjs")],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(jobs)
    return answers


def differences(library: Any, page: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """What differs: any text or outcome; a number by more than 1e-6 of it and half a unit of its
    fourth digit.
    """
    library = library.record() if isinstance(library, Clearance) else library
    if path.endswith(".engines"):  # each names its own
        return
    if isinstance(library, dict) and isinstance(page, dict):
        for key in sorted(library.keys() | page.keys()):
            yield from differences(
                library.get(key, "absent"), page.get(key, "absent"), f"{path}.{key}"
            )
    elif isinstance(library, (list, tuple)) and isinstance(page, list):
        if len(library) != len(page):
            yield path, len(library), len(page)
        for i, (a, b) in enumerate(zip(library, page, strict=False)):
            yield from differences(a, b, f"{path}[{i}]")
    elif any(isinstance(v, (str, bool, type(None))) for v in (library, page)):
        if library != page:
            yield path, library, page
    elif abs(library - page) > 2e-4 + 1e-6 * abs(library):
        yield path, library, page


def random_shape(rng: random.Random, x: float, y: float) -> Any:
    size, kind = 10 ** rng.uniform(-3.5, -1.2), rng.random()
    if kind < 0.15:
        return shapely.Point(x, y)
    if kind < 0.3:
        return shapely.LineString(
            [(x + rng.gauss(0, size), y + rng.gauss(0, size)) for _ in range(4)]
        )
    turns = sorted(rng.uniform(0, 2 * np.pi) for _ in range(rng.randint(4, 12)))
    radii = [size * rng.uniform(0.4, 1) for _ in turns]
    star = shapely.Polygon(
        [(x + r * np.cos(t), y + r * np.sin(t)) for r, t in zip(radii, turns, strict=True)]
    )
    if not star.is_valid:
        star = shapely.convex_hull(star)
    if kind > 0.9:
        hole = shapely.buffer(shapely.Point(x, y), size / 6, quad_segs=2)
        star = shapely.difference(star, hole)
    if kind > 0.95:
        star = shapely.union(star, shapely.box(x + 2 * size, y, x + 2.3 * size, y + size / 3))
    shape = quantise(star)
    return shape if shape.is_valid and shapely.get_dimensions(shape) == 2 else shapely.Point(x, y)


def random_sites(seed: int, count: int) -> list[Any]:
    rng = random.Random(seed)
    west, south, east, north = load_counties(neighbours=True).total_bounds
    known = [
        g.representative_point() for layer in load_layers() for g in layer.shapes if g is not None
    ]
    found = []
    for _ in range(count):
        near = rng.choice(known)
        places = [
            (rng.uniform(west - 0.2, east + 0.2), rng.uniform(south - 0.2, north + 0.2)),
            (near.x + rng.gauss(0, 0.01), near.y + rng.gauss(0, 0.01)),
        ]
        found.append(quantise(random_shape(rng, *rng.choice(places))))
    return found


def asked_for(number: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "project_type": TYPES[number % len(TYPES)],
        "accuracy_m": (0, 1, 50)[number % 3],
    }
    if number % 2:
        options["attributes"] = {
            "height_m": 12 + number % 40,
            "discharge": "yes",
            "groundwater_use": "no",
        }
    if number % 7 == 0:
        options["as_of"] = "2020-06-01"
    return options


@needs_node
def test_random_sites_get_the_answer_of_the_library_word_for_word():
    shapes = random_sites(20261121, SITES)
    jobs = [
        {"geojson": json.loads(shapely.to_geojson(shape)), "options": asked_for(i)}
        for i, shape in enumerate(shapes)
    ]
    told = run_page([{**jobs[0], "pack": check_pack()}, *jobs[1:]])
    for number, (shape, page) in enumerate(zip(shapes, told, strict=True)):
        asked = asked_for(number)
        frame = gpd.GeoDataFrame({"site_id": ["site#1"]}, geometry=[shape], crs=GEOGRAPHIC)
        report = check_sites(
            frame,
            project_type=asked["project_type"],
            project_attributes=asked.get("attributes"),
            as_of=asked.get("as_of"),
            site_accuracy_m=asked["accuracy_m"],
        ).to_dict()
        for answer in (report, page):
            answer.pop("receipt")  # names the versions of what computed it
        if not page["sites"][0][
            "zones"
        ]:  # the page holds the zone's counties and their neighbours only
            for answer in (report, page):
                answer["sites"][0].update(zones=[], plan_elements=[])
        assert not list(differences(report, page)), (number, shape.wkt[:200])


def world(rng: random.Random, class_id: str) -> tuple[Layer, gpd.GeoDataFrame]:
    """A layer of polygons, boxes and points about one place on the seam of two planes, complete in
    its two counties.
    """
    counties = gpd.GeoDataFrame(
        {"code": ["140122", "140981"], "position_accuracy_m": [100.0, 100.0]},
        geometry=[shapely.box(112.2, 38.0, 112.5, 38.4), shapely.box(112.5, 38.0, 112.8, 38.4)],
        crs=GEOGRAPHIC,
    )
    records, shapes = [], []
    for number in range(30):
        shape = random_shape(rng, rng.uniform(112.25, 112.75), rng.uniform(38.05, 38.35))
        kind = "point" if shape.geom_type == "Point" else rng.choice(["surveyed", "digitised"])
        records.append(
            make_record(
                feature_id=f"F{number:02d}",
                resource_class=class_id,
                geometry_kind=kind,
                membership=rng.choice(["official_list", "official_list", "candidate"]),
                subzone=rng.choice([None, "protection_scope", "construction_control_belt"]),
                point_role=rng.choice(["object", "proxy"]) if kind == "point" else None,
                extent_m=rng.choice([None, 200.0]) if kind == "point" else None,
                position_accuracy_m=rng.choice([0.0, 1.0, 5.0, 400.0]),
                county_code=rng.choice([None, "140122", "140122;140981", "999999"]),
            )
        )
        shapes.append(quantise(shape))
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    spec = make_spec(
        id=class_id,
        coverage=("140122", "140981"),
        complete_in=("140122", "140981"),
        innermost_subzone="protection_scope",
    )
    return Layer(spec, tuple(records), array), counties


def site_answers(
    layers: Sequence[Layer],
    rules: Sequence[Rule],
    counties: gpd.GeoDataFrame,
    sites: Sequence[Site],
    day: str,
) -> list[dict[str, Any]]:
    screener = Screener(layers, rules, counties=counties, as_of=day, project=Project())
    outcomes = tuple(screener.stream(sites))
    classes: dict[str, ClassSpec] = {layer.spec.id: layer.spec for layer in layers}
    asker = Questioner(screener)
    answers = []
    for outcome in outcomes:  # one report a site: their ids are alike
        questions = {outcome.site.site_id: asker.ask(outcome)}
        report = Report(
            sites=(outcome,), as_of=day, classes=classes, receipt={}, questions=questions
        )
        answers += report.to_dict()["sites"]
    return answers


@needs_node
@pytest.mark.skipif(
    shapely.geos_version < (3, 14, 0),
    reason=(
        "older GEOS takes another inscribed circle: depths differ within their lower bound,"
        " outcomes do not"
    ),
)
def test_polygons_that_overlap_get_the_same_areas_depths_and_outcomes():
    rng, class_id = random.Random(7), "heritage_sites"
    layer, counties = world(rng, class_id)
    rules = load_rules(class_id)
    shapes = [
        quantise(random_shape(rng, rng.uniform(112.22, 112.78), rng.uniform(38.02, 38.38)))
        for _ in range(2 * SITES)
    ]
    shapes += [
        quantise(shapely.transform(g, lambda xy: np.add(xy, (1e-5, 0)))) for g in layer.shapes
    ]
    shapes += list(layer.shapes)
    sites = [Site(site_id="site#1", geometry=shape, accuracy_m=0.0) for shape in shapes]
    library = site_answers([layer], rules, counties, sites, "2026-11-21")
    jobs = [
        {
            "geojson": json.loads(shapely.to_geojson(g)),
            "options": {"as_of": "2026-11-21", "accuracy_m": 0},
        }
        for g in shapes
    ]
    told = run_page([{**jobs[0], "pack": check_pack([layer], rules, counties)}, *jobs[1:]])
    overlaps, outcomes = 0, set()
    for shape, expected, page in zip(shapes, library, told, strict=True):
        site = {**page["sites"][0], "extra": []}
        assert not list(differences(expected, site)), shape.wkt[:300]
        outcomes.add(site["verdict"])
        overlaps += sum(f["overlap_m2"] > 0 for e in site["screening"] for f in e["findings"])
    assert overlaps > 50
    assert outcomes >= {"conflict", "undetermined", "clear"}


def far_and_complete() -> tuple[Layer, Any]:
    """A class that a document declares whole, with one record far from 112.30 E, 38.33 N; and its
    counties.
    """
    far, counties = world(random.Random(7), "heritage_sites")
    whole = tuple(counties["code"])
    kept = next(
        i
        for i, record in enumerate(far.records)
        if record["membership"] == "official_list"
        and record["position_accuracy_m"] < 10
        and record["county_code"] == whole[0]
        if shapely.distance(far.shapes[i], shapely.Point(112.30, 38.33)) > 0.1
    )
    spec = make_spec(id="heritage_sites", coverage=whole, complete_in=whole)
    layer = Layer(spec, far.records[kept : kept + 1], far.shapes[kept : kept + 1])
    return layer, counties


@needs_node
def test_a_repaired_plot_is_clear_neither_in_the_page_nor_in_the_library():
    layer, counties = far_and_complete()
    rules, seen = load_rules("heritage_sites"), []
    for bent in (False, True):
        corners = [(112.30, 38.33), (112.301, 38.331), (112.301, 38.33), (112.30, 38.331)]
        shape = shapely.Polygon(
            corners if bent else [corners[0], corners[2], corners[1], corners[3]]
        )
        frame = gpd.GeoDataFrame({"site_id": ["site#1"]}, geometry=[shape], crs=GEOGRAPHIC)
        (library,) = site_answers([layer], rules, counties, read_sites(frame).sites, "2026-11-21")
        job = {"geojson": json.loads(shapely.to_geojson(shape)), "options": {"as_of": "2026-11-21"}}
        (page,) = run_page([{**job, "pack": check_pack([layer], rules, counties)}])[0]["sites"]
        for answer in (library, page):
            (entry,) = answer["screening"]
            seen.append(
                (
                    bent,
                    answer["verdict"],
                    answer["known_verdict"],
                    answer["doubtful"],
                    entry["reason_code"],
                )
            )
    assert (
        seen
        == [(False, "clear", "none_found", False, "clear")] * 2
        + [(True, "undetermined", "none_found", True, "doubtful_site")] * 2
    )


SURVEY = (
    "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=37\n精度={accuracy}\n[地块坐标]\n4,1,P1,甲,面,,,,@\n"
    "J1,1,{n:.3f},{e:.3f}\nJ2,1,{n:.3f},{east:.3f}\nJ3,1,{north:.3f},{east:.3f}\nJ1,1,{n:.3f},{e:.3f}\n"
)


@needs_node
def test_what_the_page_reads_in_short_or_by_a_guess_is_never_clear():
    layer, counties = far_and_complete()
    pack = check_pack([layer], load_rules("heritage_sites"), counties)
    corner = shapely.get_coordinates(to_plane(shapely.Point(112.30, 38.33), "EPSG:4546"))[0]
    east, north = float(corner[0]), float(corner[1])
    survey = SURVEY.format(
        accuracy="12.5", n=north, north=north + 50, e=37e6 + east, east=37e6 + east + 50
    )
    texts = {
        "degrees": "112.30,38.33",
        "latitude first": "38.33,112.30",
        "metres": f"{37e6 + east:.3f},{north:.3f}",
        "survey": survey,
    }
    jobs = [
        {
            "file": base64.b64encode(t.encode()).decode(),
            "name": f"{n}.txt",
            "options": {"as_of": "2026-11-21"},
        }
        for n, t in texts.items()
    ]
    jobs[0]["pack"] = pack
    sites = {name: told["sites"][0] for name, told in zip(texts, run_page(jobs), strict=True)}
    assert {name: site["verdict"] for name, site in sites.items()} == {
        "degrees": "clear",
        "latitude first": "undetermined",
        "metres": "undetermined",
        "survey": "undetermined",
    }
    assert [site["doubtful"] for site in sites.values()] == [False, True, True, True]
    assert all(site["known_verdict"] == "none_found" for site in sites.values())
    assert [site["accuracy_m"] for site in sites.values()] == [
        556.6,
        556.6,
        2.0,
        1.0,
    ]  # 精度 states a rounding, no accuracy
    assert sites["survey"]["accuracy_source"] == "default: survey TXT without producer or date"
    assert sites["degrees"]["accuracy_source"] == "default: half of the last decimal of the degrees"
    words = {
        "latitude first": "latitude taken",
        "metres": "datum taken as CGCS2000",
        "survey": "read in short",
    }
    assert all(text in " ".join(sites[name]["problems"]) for name, text in words.items())


@needs_node
def test_records_in_columns_give_the_answers_of_records_one_by_one():
    rng, class_id = random.Random(11), "heritage_sites"
    layer, counties = world(rng, class_id)
    lost = list(layer.shapes)
    lost[4], lost[5] = (
        None,
        shapely.MultiPolygon(
            [shapely.box(112.3, 38.1, 112.31, 38.11), shapely.box(112.4, 38.1, 112.42, 38.12)]
        ),
    )
    array = np.empty(len(lost), dtype=object)
    array[:] = lost
    layer = Layer(layer.spec, layer.records, array)
    shapes = [
        quantise(random_shape(rng, rng.uniform(112.2, 112.8), rng.uniform(38.0, 38.4)))
        for _ in range(SITES)
    ]
    jobs = [
        {"geojson": json.loads(shapely.to_geojson(g)), "options": asked_for(i)}
        for i, g in enumerate(shapes)
    ]
    plain = check_pack([layer], load_rules(class_id), counties)
    apart = check_pack([layer], load_rules(class_id), counties, apart=[class_id])
    assert "apart" in next(la for la in apart["layers"] if la["id"] == class_id)
    expected = run_page([{**jobs[0], "pack": plain}, *jobs[1:]])
    assert run_page([{**jobs[0], "pack": apart}, *jobs[1:]]) == expected
    assert (
        sum(
            f["overlap_m2"] > 0
            for page in expected
            for e in page["sites"][0]["screening"]
            for f in e["findings"]
        )
        > 10
    )


@needs_node
def test_a_large_layer_gives_the_findings_of_the_library():
    from big_layer import big_layer

    layer, counties = big_layer(3000), load_counties(neighbours=True)
    rules, rng = load_rules(), random.Random(3)
    around = [rng.choice(layer.shapes).centroid for _ in range(25)]
    shapes = [
        quantise(random_shape(rng, p.x + rng.gauss(0, 0.003), p.y + rng.gauss(0, 0.003)))
        for p in around
    ]
    library = site_answers(
        [layer],
        rules,
        counties,
        [Site(site_id="site#1", geometry=g, accuracy_m=0.0) for g in shapes],
        "2026-11-21",
    )
    jobs = [
        {
            "geojson": json.loads(shapely.to_geojson(g)),
            "options": {"as_of": "2026-11-21", "accuracy_m": 0},
        }
        for g in shapes
    ]
    told = run_page(
        [
            {**jobs[0], "pack": check_pack([layer], rules, counties, apart=[layer.spec.id])},
            *jobs[1:],
        ]
    )
    overlaps = 0
    for shape, expected, page in zip(shapes, library, told, strict=True):
        (own,) = [entry for entry in page["sites"][0]["extra"] if entry["requested"]]
        (theirs,) = [entry for entry in expected["extra"] if entry["requested"]]
        assert not list(differences(theirs, own)), shape.wkt[:300]
        overlaps += sum(f["overlap_m2"] > 0 for f in own["findings"])
    assert overlaps > 5


POINT = {"type": "Point", "coordinates": [112.57, 38.0]}
REFUSED = {
    "an accuracy as text": (
        {"accuracy_m": "5"},
        "site accuracy '5' is not a number of metres from 0",
    ),
    "an accuracy below 0": ({"accuracy_m": -1}, "site accuracy '-1' is not a number"),
    "an accuracy in a list": ({"accuracy_m": [5]}, "site accuracy '[5]' is not a number"),
    "a datum error below 0": (
        {"datum_error_m": -600},
        "datum_error_m '-600' is not a number of metres from 0",
    ),
    "a datum error as text": ({"datum_error_m": "600"}, "datum_error_m '600' is not a number"),
    "a height in a list": (
        {"attributes": {"height_m": [9]}},
        "height_m '[9]' is not a number of metres from 0",
    ),
    "a height that is yes": ({"attributes": {"height_m": True}}, "height_m 'true' is not a number"),
    "an inherited type": (
        {"project_type": "constructor"},
        "unknown project type 'constructor'; known: industrial",
    ),
    "an inherited attribute": (
        {"attributes": {"toString": "yes"}},
        "unknown project attribute 'toString'; known",
    ),
    "attributes as text": ({"attributes": "discharge"}, "attributes 'discharge' are no object"),
    "a class that is none": (
        {"classes": ["heritage"]},
        "unknown class 'heritage'; known: protected_areas",
    ),
    "no class": ({"classes": []}, "classes '[]' are no list of class ids"),
    "classes as text": (
        {"classes": "heritage_sites"},
        "classes 'heritage_sites' are no list of class ids",
    ),
    "a plane that is none": ({"crs": "EPSG:4326"}, "crs 'EPSG:4326' is no 3-degree plane"),
    "a word misspelt": ({"accuracy": 50}, "unknown option 'accuracy'; known: project_type"),
    "options that are none": ([], "options '[]' are no object"),
}
DAYS = (
    "2026-02-31",
    "2026-02-29",
    "2024-13-01",
    "0001-01-01",
    "9998-01-01",
    "2026-1-1",
    "2026-W01-1",
    "20260101",
    "",
)
"""Days that are none, or of no year of a law."""


@needs_node
def test_what_is_asked_wrongly_is_refused_by_name_and_all_at_once():
    jobs = [{"geojson": POINT, "options": options} for options, _ in REFUSED.values()]
    jobs += [
        {
            "geojson": POINT,
            "options": {"as_of": "2026-02-31", "accuracy_m": "5", "attributes": {"discharge": 3}},
        }
    ]
    *told, together = run_page([{**jobs[0], "pack": check_pack()}, *jobs[1:]])
    for (name, (_, said)), answer in zip(REFUSED.items(), told, strict=True):
        assert said in answer.get("error", ""), name
    assert all(
        part in together["error"]
        for part in ("2026-02-31", "accuracy '5'", "discharge '3' is not yes or no")
    )


@needs_node
@pytest.mark.parametrize("day", DAYS)
def test_a_day_that_is_none_is_refused_in_the_words_of_the_library(day):
    with pytest.raises(UsageError) as refused:
        checked_date(day)
    (told,) = run_page([{"pack": check_pack(), "geojson": POINT, "options": {"as_of": day}}])
    assert told["error"] == str(refused.value)


@needs_node
def test_the_first_and_the_last_day_are_taken_by_both():
    days = [checked_date(day) for day in ("1900-01-01", "2100-12-31", "2024-02-29")]
    jobs = [{"geojson": POINT, "options": {"as_of": day}} for day in days]
    assert [
        told["as_of"] for told in run_page([{**jobs[0], "pack": check_pack()}, *jobs[1:]])
    ] == days


@needs_node
def test_the_page_decides_nothing_about_rules_by_itself():
    """What fits a record, what caps it, and every constant and order is taken from the pack:
    another pack, another answer.
    """
    layer, counties = far_and_complete()
    rules = [
        make_rule(rule_id="R1", resource_class="heritage_sites", required_m=0.0, verified=True)
    ]
    spec = make_spec(
        id="heritage_sites", coverage=layer.spec.coverage, complete_in=layer.spec.complete_in
    )
    shape = shapely.box(112.30, 38.33, 112.31, 38.34)
    record = make_record(geometry_kind="surveyed", position_accuracy_m=1.0, county_code="140122")
    pack = check_pack([Layer(spec, (record,), np.array([shape], dtype=object))], rules, counties)
    own = next(la for la in pack["layers"] if la["records"])
    assert own["fits"] == [[[0, "yes", None]]] and own["records"][0]["fits"] == 0

    def changed(*path: str | int, value: Any) -> dict[str, Any]:
        other = json.loads(json.dumps(pack))
        place = other
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return other

    row = pack["layers"].index(own)
    packs = [
        pack,
        changed("layers", row, "fits", value=[[[0, "possible", "unknown_subzone"]]]),
        changed("layers", row, "fits", value=[[]]),
        changed("law", "meanings", value=[[[], ["regulated"]]]),
        changed("law", "touch_m", value=1e6),
        changed("rules", 0, "required_m", value=1000),
    ]
    told = run_page(
        [
            {"pack": p, "geojson": json.loads(shapely.to_geojson(shape)), "options": {}}
            for p in packs
        ]
    )
    findings = [
        next(e for e in t["sites"][0]["screening"] if e["resource_class"] == "heritage_sites")[
            "findings"
        ][0]
        for t in told
    ]
    assert [f["reason_code"] for f in findings[:5]] == [
        "met",
        "unknown_subzone",
        "no_rule",
        "met",
        "touching",
    ]
    assert [f["outcome"] for f in findings[2:5]] == ["undetermined", "regulated", "undetermined"]
    assert findings[5]["uncertainty_m"] == pytest.approx(findings[0]["uncertainty_m"] + 0.5)
    assert [t["verdict"] for t in told[:4]] == [
        "conflict",
        "undetermined",
        "undetermined",
        "regulated",
    ]


def test_the_pack_tells_how_every_rule_binds_every_project():
    """Any type with any answers: the table of the pack gives what the library says, so it hangs on
    nothing else.
    """
    rng, pack, rules = random.Random(5), check_pack(), load_rules()
    law = pack["law"]
    for _ in range(200):
        type_ = rng.choice([None, *PROJECT_TYPES])
        said = {key: rng.choice(["", "yes", "no"]) for key in CONDITION_ZH}
        if type_ in BEHAVIOURS:
            said[BEHAVIOURS[type_]] = ""  # the type says it
        project = make_project(type_, {key: value for key, value in said.items() if value})
        for rule, told in zip(rules, pack["rules"], strict=True):
            asks, table = law["bindings"][told["binding"]]
            row = law["types"].index(type_ or "")
            for attribute in asks:
                row = 3 * row + law["said"].index(said[attribute])
            state, freed = law["bound"][table[row]]
            assert (state, tuple(freed)) == (binding(rule, project), freed_by(rule, project)), (
                rule.rule_id,
                said,
            )


def test_the_pack_tells_of_every_record_the_rules_that_fit_it_and_their_caps():
    pack, rules, ready = check_pack(), load_rules(), Project(height_m=1.0)
    for layer in load_layers():
        told = next(la for la in pack["layers"] if la["id"] == layer.spec.id)
        for record, row in zip(layer.records, told["records"], strict=True):
            fits = {
                pack["rules"][n]["rule_id"]: (fit, why) for n, fit, why in told["fits"][row["fits"]]
            }
            for rule in rules:
                fit = (
                    applies(rule, record, layer.spec)
                    if rule.resource_class == layer.spec.id
                    else "no"
                )
                expected = None if fit == "no" else (fit, cap(rule, record, ready, "yes", fit))
                assert fits.get(rule.rule_id) == expected, (row["feature_id"], rule.rule_id)


@needs_node
def test_a_page_that_may_not_check_refuses_every_site():
    job = {
        "pack": check_pack(refusal="only draws"),
        "geojson": {"type": "Point", "coordinates": [112.57, 38.0]},
        "options": {},
    }
    (told,) = run_page([job])
    assert told["error"] == "only draws"


@needs_node
def test_a_report_of_the_page_can_be_replayed(tmp_path):
    (page,) = run_page(
        [
            {
                "pack": check_pack(),
                "geojson": {"type": "Point", "coordinates": [112.57, 38.0]},
                "options": {},
            }
        ]
    )
    (tmp_path / "page.json").write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
    report, changes = replay(tmp_path / "page.json")
    assert report.receipt["engines"] == ["geos"]
    assert changes
    assert all(change.startswith("code: ") for change in changes)


@needs_node
@pytest.mark.skipif(not CASES.exists(), reason="tests/cases/screening.json is not there yet")
def test_every_case_of_the_case_file_gets_the_outcome_that_it_expects():
    from case_worlds import counties_of, layer_of, rule_of, signature

    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    jobs = []
    for case in cases:
        project = case.get("project") or {}
        attributes = {
            k: project[k]
            for k in ("height_m", "groundwater_use", "discharge")
            if project.get(k) is not None
        }
        told = case["site"]["properties"]
        said = {**attributes, **project.get("attributes", {})}
        said.pop(
            BEHAVIOURS.get(project.get("type"), ""), None
        )  # the type says it, and one may not contradict it
        documents = {
            f"{k}_source": document
            for k, document in project.get("documents", {}).items()
            if k in said
        }
        worlds = (
            [layer_of(layer) for layer in case["layers"]],
            [rule_of(rule) for rule in case["rules"]],
        )
        pack = check_pack(*worlds, counties_of(case))
        pack["tables"]["attributes"] |= {key: key for key in said}  # some cases make attributes up
        options = {
            "project_type": project.get("type"),
            "attributes": said | documents,
            "as_of": case["as_of"],
            "datum_error_m": told.get("datum_error_m", 0.0),
            "crs": told.get("crs"),
        }
        jobs.append({"pack": pack, "geojson": case["site"], "options": options})
    for case, page in zip(cases, run_page(jobs), strict=True):
        assert "error" not in page, (case["id"], page["error"])
        (site,) = page["sites"]
        expected = case["expect"]
        entries = [*site["screening"], *(e for e in site["extra"] if e["requested"])]
        gravest = next(e for e in entries if e["outcome"] == site["verdict"])
        assert site["verdict"] == expected["outcome"], case["id"]
        assert site["known_verdict"] == expected["known_outcome"], case["id"]
        assert gravest["effect"] == expected["effect"], case["id"]
        found = [f for e in entries for f in e["findings"] if f["relation"] != "missed"]
        assert signature(found) == signature(expected["findings"]), case["id"]
        figures = {(f["feature_id"], f["rule_id"]): f for f in found}
        for f in expected["findings"]:
            said = figures[f["feature_id"], f["rule_id"]]
            assert said["overlap_m2"] == pytest.approx(f["overlap_m2"], rel=2e-5, abs=0.2), case[
                "id"
            ]
            assert said["distance_m"] == pytest.approx(f["distance_m"], abs=0.008), case["id"]


def test_a_changed_outcome_area_or_missing_key_would_be_noticed():
    """Control for the comparison itself."""
    said = {"outcome": "clear", "findings": [{"overlap_m2": 1000.0, "rule_id": None}]}
    changed = [
        {**said, "outcome": "undetermined"},
        {**said, "findings": []},
        {**said, "findings": [{"overlap_m2": 1000.01, "rule_id": None}]},
        {**said, "findings": [{"overlap_m2": 1000.0, "rule_id": "R1"}]},
        {"findings": said["findings"]},
    ]
    assert not list(differences(said, said))
    assert all(list(differences(said, other)) for other in changed)


@needs_node
def test_the_modules_pass_their_own_tests():
    done = subprocess.run(
        [str(NODE), "--test", str(JS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_packed_geometry_unpacks_to_the_same_numbers():
    shape = load_counties().geometry.iloc[0]
    kind, parts = packed(shape)
    chains = [c for part in parts for c in part] if kind == "MultiPolygon" else parts
    steps = np.cumsum(np.array(chains[0]).reshape(-1, 2), axis=0) / 1e7
    ring = shapely.get_rings(shapely.get_parts([shape])[0])[0]
    assert np.array_equal(steps, shapely.get_coordinates(ring))


def test_the_pack_holds_every_class_rule_and_record():
    pack = check_pack()
    assert [layer["id"] for layer in pack["layers"] if not layer["extra"]] == [
        la.spec.id for la in load_layers()
    ]
    assert len(pack["rules"]) == len(load_rules())
    heritage = next(layer for layer in pack["layers"] if layer["id"] == "heritage_sites")
    assert len(heritage["records"]) == len(load_layer("heritage_sites").records)


def random_polygons(rng: random.Random) -> list[list[list[list[int]]]]:
    """One to three polygons on a coarse grid, where rings often touch, share an edge, cross or lie
    in each other.
    """

    def ring() -> list[list[int]]:
        while True:
            if rng.random() < 0.6:
                x, y, w, h = (
                    rng.randint(0, 8),
                    rng.randint(0, 8),
                    rng.randint(1, 8),
                    rng.randint(1, 8),
                )
                points = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
            else:
                points = [
                    [rng.randint(0, 10), rng.randint(0, 10)] for _ in range(rng.randint(3, 5))
                ]
            if all(a != b for a, b in zip(points, [*points[1:], points[0]], strict=True)):
                return [*points, points[0]]

    return [
        [ring() for _ in range(rng.choice((1, 1, 2, 3)))] for _ in range(rng.choice((1, 1, 2, 3)))
    ]


@needs_node
def test_the_page_and_geos_agree_on_which_polygons_are_valid():
    rng = random.Random(8)
    drawn = [random_polygons(rng) for _ in range(4000)]
    text = "".join(json.dumps(polygons) + "\n" for polygons in drawn)
    done = subprocess.run(
        [str(NODE), str(JS / "run_valid.mjs")],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    valid = 0
    for polygons, entangled in zip(drawn, found, strict=True):
        shape = shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons])
        valid += shape.is_valid
        if shape.area and "Interior is disconnected" not in shapely.is_valid_reason(shape):
            assert shape.is_valid is not entangled, (shape.wkt, shapely.is_valid_reason(shape))
    assert 500 < valid < 3500
