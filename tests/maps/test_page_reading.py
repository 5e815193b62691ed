"""What the page reads of a file: nothing less than it holds without a word, and no line for what
may be an area.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from test_page_check import far_and_complete, needs_node, run_page

from sxgeo.layers.rules import load_rules
from sxgeo.maps.pack import check_pack
from sxgeo.model.accuracy import default_accuracy
from sxgeo.sites.read import read_sites

X, Y = 112.30, 38.33
RING = [[X, Y], [X + 0.004, Y], [X + 0.004, Y + 0.004], [X, Y + 0.004], [X, Y]]


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(p) for p in points]}


def collection(*geometries: dict[str, Any], **more: Any) -> dict[str, Any]:
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in geometries]
    return {"type": "FeatureCollection", "features": features, **more}


def answers(*told: Any, **options: Any) -> list[dict[str, Any]]:
    """The page's answers where a class is declared whole, with nothing near: clear, unless the
    reading is in doubt.
    """
    layer, counties = far_and_complete()
    pack = check_pack([layer], load_rules("heritage_sites"), counties)
    asked = {"as_of": "2026-11-21", "accuracy_m": 1, **options}
    jobs = [{"geojson": t, "options": asked} if not isinstance(t, tuple) else {
        "name": t[0], "file": base64.b64encode(t[1].encode() if isinstance(t[1], str) else t[1]).decode(), "options": asked
    } for t in told]  # fmt: skip
    found = run_page([{**jobs[0], "pack": pack}, *jobs[1:]])
    assert not [f["error"] for f in found if "error" in f]
    return found


CLOSED = {
    "a line that comes back": collection(line(*RING)),
    "a line that comes back but for a step": collection(line(*RING[:-1], (X + 5e-6, Y))),
    "a part that comes back": collection(
        {"type": "MultiLineString", "coordinates": [RING, [[X - 0.01, Y], [X - 0.02, Y]]]}
    ),
    "two lines that close together": collection(line(*RING[:3]), line(*RING[2:])),
    "four lines that close together": collection(*(line(a, b) for a, b in pairwise(RING))),
    "lines that cross and overshoot": collection(
        line((X - 1e-3, Y), (X + 5e-3, Y)),
        line((X, Y - 1e-3), (X, Y + 5e-3)),
        line((X - 1e-3, Y + 4e-3), (X + 5e-3, Y - 1e-3)),
    ),
    "a line that meets itself and another": collection(
        line(*RING[:4]), line((X, Y + 0.005), (X, Y - 0.001))
    ),
}
OPEN = {
    "one line": collection(line((X, Y), (X + 0.01, Y + 0.001))),
    "a bent line": collection(line(*RING[:4])),
    "lines that meet in one point": collection(
        line((X, Y), (X + 0.01, Y)), line((X + 0.01, Y), (X + 0.01, Y + 0.01))
    ),
    "lines that cross once": collection(
        line((X, Y), (X + 0.01, Y + 0.01)), line((X, Y + 0.01), (X + 0.01, Y))
    ),
    "three lines from one point": collection(
        *(line((X, Y), (X + a, Y + b)) for a, b in ((0.01, 0), (0, 0.01), (0.01, 0.01)))
    ),
    "lines apart": collection(
        line((X, Y), (X + 0.01, Y)), line((X, Y + 0.01), (X + 0.01, Y + 0.01))
    ),
    "there and back": collection(line((X, Y), (X + 0.01, Y), (X, Y))),
}


@needs_node
@pytest.mark.parametrize("cases", [CLOSED, OPEN], ids=["closed", "open"])
def test_lines_that_enclose_an_area_are_in_doubt_and_only_they(cases):
    for name, told in zip(cases, answers(*cases.values()), strict=True):
        doubted = {site["doubtful"] for site in told["sites"]}
        assert (True in doubted) is (cases is CLOSED), name
        assert told["verdict"] == ("undetermined" if cases is CLOSED else "clear"), name
        if cases is CLOSED:
            assert "settle it with --assume closed_line=" in str(
                [site["problems"] for site in told["sites"]]
            ), name


@needs_node
def test_what_is_said_of_a_closed_line_settles_it():
    ring, four = CLOSED["a line that comes back"], CLOSED["four lines that close together"]
    (plot,), (as_line,), (joined,) = (
        answers(ring, assume={"closed_line": "plot"}),
        answers(ring, assume={"closed_line": "line"}),
        answers(four, assume={"closed_line": "plot"}),
    )
    assert (plot["verdict"], as_line["verdict"]) == ("clear", "clear")
    assert plot["sites"][0]["area_m2"] == pytest.approx(155_500, rel=0.01)
    assert as_line["sites"][0]["area_m2"] == 0
    assert joined["verdict"] == "undetermined"
    assert "not joined in the page" in joined["sites"][0]["problems"][0]


@needs_node
def test_a_system_that_is_not_the_page_s_is_refused_wherever_and_however_it_is_named():
    plot = collection({"type": "Polygon", "coordinates": [RING]})
    (feature,) = plot["features"]
    xian, cgcs = (
        {"type": "name", "properties": {"name": name}} for name in ("EPSG:4610", "EPSG:4490")
    )
    strange = [
        "EPSG:4610",
        4610,
        {"type": "name"},
        xian,
        {"type": "EPSG", "properties": {"code": 1}},
    ]
    told = [{**plot, "crs": crs} for crs in strange]
    told += [
        {**plot, "features": [{**feature, "crs": xian}]},
        {**plot, "features": [{**feature, "geometry": {**feature["geometry"], "crs": xian}}]},
    ]
    known = [{**plot, "crs": crs} for crs in (None, {}, cgcs)]
    layer, counties = far_and_complete()
    pack = check_pack([layer], load_rules("heritage_sites"), counties)
    asked = {"as_of": "2026-11-21", "accuracy_m": 1}
    answers = run_page([{"pack": pack, "geojson": one, "options": asked} for one in told + known])
    for answer in answers[: len(told)]:
        assert "the GeoJSON declares" in answer.get("error", "")
    assert [answer["verdict"] for answer in answers[len(told) :]] == ["clear"] * 3


CUT = {
    "exceededTransferLimit": {"exceededTransferLimit": True},
    "exceededTransferLimit inside": {"properties": {"exceededTransferLimit": True}},
    "numberMatched": {"numberMatched": 3, "numberReturned": 1},
    "numberMatched alone": {"numberMatched": 3},
    "a next page": {"links": [{"rel": "self"}, {"rel": "next"}]},
}
WHOLE = {
    "as many as matched": {"numberMatched": 1, "numberReturned": 1},
    "no limit": {"exceededTransferLimit": False},
}


@needs_node
def test_a_download_that_says_it_was_cut_is_never_clear():
    polygon = {"type": "Polygon", "coordinates": [RING]}
    told = answers(*(collection(polygon, **more) for more in (CUT | WHOLE).values()))
    for name, answer in zip(CUT | WHOLE, told, strict=True):
        left = answer["receipt"]["inputs"]
        assert answer["verdict"] == ("undetermined" if name in CUT else "clear"), name
        assert bool(left) is (name in CUT), name
        if name in CUT:
            assert left[0]["left_out"][0]["kind"] == "geometry" and left[0]["left_out_count"] == 1
            assert "left out: " in answer["sites"][0]["problems"][0]


@needs_node
def test_a_label_in_a_polygon_is_a_remark_and_a_point_outside_it_a_doubt():
    polygon = {"type": "Polygon", "coordinates": [RING]}
    inside = {"type": "Point", "coordinates": [X + 0.002, Y + 0.002]}
    outside = {"type": "Point", "coordinates": [X + 0.01, Y + 0.002]}
    told = answers(
        *(
            collection({"type": "GeometryCollection", "geometries": [polygon, p]})
            for p in (inside, outside)
        ),
        collection(
            {"type": "GeometryCollection", "geometries": [polygon, line((X, Y), (X + 1, Y))]}
        ),
    )
    assert [t["verdict"] for t in told] == ["clear", "undetermined", "not_screened"]
    assert [t["receipt"]["inputs"][0]["left_out"][0]["kind"] for t in told[:2]] == [
        "annotation",
        "geometry",
    ]
    assert "geometry collection" in told[2]["sites"][0]["problems"][0]


@needs_node
def test_an_accuracy_that_nobody_gave_is_that_of_its_source():
    survey = (
        "[属性描述]\n{head}坐标系=2000国家大地坐标系\n几度分带=3\n带号=37\n精度=0.001\n[地块坐标]\n4,1,P1,甲,面,,,,@\n"
        "J1,1,4244000,612000\nJ2,1,4244000,612100\nJ3,1,4244100,612100\nJ1,1,4244000,612000\n"
    )
    signed = survey.format(head="数据产生单位=甲院\n数据产生日期=2026-01-01\n")
    told = answers(
        collection({"type": "Polygon", "coordinates": [RING]}),
        ("a.txt", "112.30,38.33"),
        ("a.txt", "112.30000000,38.33000000"),
        ("a.txt", "37612000.0,4244000.00"),
        ("a.txt", survey.format(head="")),
        ("a.txt", signed),
        accuracy_m=None,
    )
    expected = [
        default_accuracy("vector"),
        default_accuracy("degrees", step_m=0.01 * 111_320),
        default_accuracy("degrees", step_m=1e-8 * 111_320),
        default_accuracy("metres", step_m=0.01),
        default_accuracy("survey_blank"),
        default_accuracy("survey_signed"),
    ]
    sites = [t["sites"][0] for t in told]
    assert [(s["accuracy_m"], s["accuracy_source"]) for s in sites] == expected
    assert all(metres > 0 for metres, _ in expected)


@needs_node
@pytest.mark.parametrize("text", ["0x10", "1e999", "-1", "5 m", "nan", "Infinity", "true"])
def test_an_accuracy_in_a_file_that_is_none_makes_its_site_unusable(text):
    told = collection({"type": "Polygon", "coordinates": [RING]})
    told["features"][0]["properties"]["accuracy_m"] = text
    (answer,) = answers(told)
    assert answer["verdict"] == "not_screened"
    assert (
        f"its accuracy '{text}' is not a number of metres from 0"
        in answer["sites"][0]["problems"][0]
    )


def test_the_areas_of_the_cases_are_areas():
    """Control: what is called closed encloses something by GEOS, what is called open does not."""
    for cases, closed in ((CLOSED, True), (OPEN, False)):
        for name, told in cases.items():
            shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in told["features"]]
            whole = shapely.unary_union(shapes)
            ends = shapely.get_coordinates(shapes[0])
            near = len(ends) > 3 and float(np.hypot(*(ends[0] - ends[-1]))) < 1e-5
            assert (len(shapely.get_parts(shapely.polygonize([whole]))) > 0 or near) is closed, name


def _points(*columns: tuple[str, tuple[Any, ...]], places: Any = RING[:4]) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {name: values[i] for name, values in columns},
            "geometry": {"type": "Point", "coordinates": place},
        }
        for i, place in enumerate(places)
    ]
    return {"type": "FeatureCollection", "features": features}


APART = [[X, Y], [X + 0.01, Y - 0.01], [X + 0.01, Y], [X, Y - 0.01]]
"""No ring goes through these in their order without crossing itself."""
MAY_BE_CORNERS = [
    _points(("点号", ("J1", "J2", "J3", "J4"))),
    _points(("name", ("1", "2", "3", "4"))),
    _points(("name", ("Ｊ１", "Ｊ２", "Ｊ３", "Ｊ４"))),
    _points(("名称", ("甲", "乙", "丙", "丁"))),
    _points(("Name", ("东北角", "东南角", "西南角", "西北角"))),
    _points(("ORIG_FID", (0, 0, 0, 0))),
    _points(("name", ("某项目",) * 4)),
    _points(("vertex_index", (2, 0, 3, 1))),
    _points(("Vertex_Ind", (0, 1, 2, 3))),
    _points(("name", ("J1", "J2", "J3", "J4")), places=APART),
    _points(("name", tuple("戊丁丙乙甲")), places=RING),
    _points(("编号", ("J1", "J2", "J3", "J4"))),
    _points(("name", ("J1", "J2", "J3") * 2), places=[*RING[:3], *APART[:3]]),
    _points(("点号", (1, 2, 3, 1, 2, 3)), places=[*RING[:3], *APART[:3]]),
    _points(
        ("name", ("J1", "J2", "J3", "J1") * 2), places=[*RING[:3], RING[0], *APART[:3], APART[0]]
    ),
    {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": RING}},
    {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "MultiPoint", "coordinates": RING[:3]},
    },
    _points(("地块编号", ("A", "A", "A", "B", "B", "B")), places=[*RING[:3], *APART[:3]]),
]
PLACES_OF_THEIR_OWN = [
    _points(("name", ("甲厂", "乙厂", "丙厂", "丁厂"))),
    _points(("id", (1, 2, 3, 4))),
    _points(("site_id", ("S1", "S2", "S3", "S4"))),
    _points(("备注", ("", "", "", ""))),
    _points(("name", ("备选1", "备选2", "备选3", "备选4")), places=APART),
    _points(("name", ("备选",) * 4), places=APART),
    _points(("name", ("A", "B", "C")), places=RING[:3]),
    _points(("点号", ("J1", "J2")), places=RING[:2]),
    _points(("序号", (1, 2, 3, 4)), ("名称", ("甲厂", "乙厂", "丙厂", "丁厂"))),
    {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": APART}},
    {
        "type": "FeatureCollection",
        "features": [
            *_points(("name", ("J1", "J2", "J3", "J4")))["features"],
            {
                "type": "Feature",
                "properties": {"name": "地块"},
                "geometry": {"type": "Polygon", "coordinates": [RING]},
            },
        ],
    },
]


@needs_node
@pytest.mark.parametrize("cases", [MAY_BE_CORNERS, PLACES_OF_THEIR_OWN], ids=["corners", "places"])
def test_points_that_may_be_corners_are_in_doubt_and_only_they_as_in_the_library(cases, tmp_path):
    is_corners = cases is MAY_BE_CORNERS
    settled = answers(*cases, assume={"shape": "points"})
    for i, (case, told) in enumerate(zip(cases, answers(*cases), strict=True)):
        path = tmp_path / f"{i}.geojson"
        path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
        frame = read_sites(path)
        assert {site.doubtful for site in frame.sites} == {is_corners}, case
        assert {site["doubtful"] for site in told["sites"]} == {is_corners}, case
        assert told["verdict"] == ("undetermined" if is_corners else "clear"), case
        assert settled[i]["verdict"] == "clear", case
        if is_corners:
            asked = [
                next(text for problems in sites for text in problems if "guess: shape" in text)
                for sites in (
                    [site.problems for site in frame.sites],
                    [site["problems"] for site in told["sites"]],
                )
            ]
            assert asked[0].partition("guess")[2] == asked[1].partition("guess")[2]


@needs_node
def test_points_that_somebody_calls_corners_are_the_plot_that_the_library_makes_of_them(tmp_path):
    ring = {"shape": "ring"}
    for i, (case, told) in enumerate(
        zip(MAY_BE_CORNERS, answers(*MAY_BE_CORNERS, assume=ring), strict=True)
    ):
        path = tmp_path / f"{i}.geojson"
        path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
        known = read_sites(path, assume=ring).sites
        made = told["receipt"]["sites"]
        # a feature of several points is one all the same
        points = len(case["features"]) if "features" in case else 2
        assert len(made) == len(known) < points, case
        for site, page in zip(known, made, strict=True):
            drawn = shapely.from_geojson(json.dumps(page["geometry"]))
            assert drawn.equals(shapely.set_precision(site.geometry, 1e-7)), case
            assert page["doubtful"] == site.doubtful, case
            assert page["name"] == site.name, case
        assert told["verdict"] == ("undetermined" if known[0].doubtful else "clear"), case


@needs_node
def test_a_plot_of_corners_is_as_unsure_as_the_least_sure_of_them():
    case = _points(("点号", ("J1", "J2", "J3", "J4")), ("accuracy_m", (1, 7, "", 2)))
    (told,) = answers(case, assume={"shape": "ring"})
    assert told["sites"][0]["accuracy_m"] == 7


@needs_node
@pytest.mark.parametrize("lost", [{"type": "Point", "coordinates": []}, RING[0]])
def test_corners_of_which_one_cannot_be_read_or_all_lie_on_two_places_make_no_plot(lost):
    is_lost = isinstance(lost, dict)
    places = RING[:4] if is_lost else [RING[0], RING[0], RING[1], RING[1]]
    case = _points(("点号", ("J1", "J2", "J3", "J4")), places=places)
    if is_lost:
        case["features"].append({"type": "Feature", "properties": {}, "geometry": lost})
    (told,) = answers(case, assume={"shape": "ring"})
    points = [s for s in told["receipt"]["sites"] if s["geometry"]]
    assert len(points) == 4 and all(site["doubtful"] for site in points)
    assert "not joined to a ring in the page" in points[0]["problems"][0]


@needs_node
def test_corners_are_looked_for_in_each_file_of_an_archive():
    """Two plots whose corners have the same numbers count up in neither order."""
    east = [[x + 0.02, y] for x, y in RING[:4]]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, places in (("a.geojson", RING[:4]), ("b.geojson", east)):
            case = _points(("name", ("J1", "J2", "J3", "J4")), places=places)
            archive.writestr(name, json.dumps(case))
    told, plots = (
        answers(("two.zip", packed.getvalue()), assume=assume)[0]
        for assume in ({}, {"shape": "ring"})
    )
    assert [site["doubtful"] for site in told["sites"]] == [True] * 8
    assert told["verdict"] == "undetermined"
    assert [s["geometry"]["type"] for s in plots["receipt"]["sites"]] == ["Polygon"] * 2
    assert plots["verdict"] == "clear"
