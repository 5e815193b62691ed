"""A user's own layers: read as they stand, every mistake named by row, and the only way to a clear
verdict.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.layers.classes import ALL_CLASS_IDS, CLASS_IDS
from sxgeo.layers.layers import load_classes, load_layers
from sxgeo.workspace import file as workspace_module
from sxgeo.workspace.file import load_workspace, parse_layer_option, plug_in, read_workspace
from sxgeo.workspace.layers import CENTRE_LINE_M, UserLayer, read_user_layer
from sxgeo.workspace.rows import codes_of, dimensions
from sxgeo.workspace.template import ALLOWED_VALUES, write_template
from sxgeo.workspace.vector import read_vector

SPECS = load_classes()
COUNTIES = load_counties(neighbours=True).set_index("code")
YANGQU = COUNTIES.geometry["140122"]
XINFU = COUNTIES.geometry["140902"]
INSIDE = shapely.Point(shapely.maximum_inscribed_circle(YANGQU).coords[0])


def plot(centre, half_deg=0.002):
    return shapely.box(
        centre.x - half_deg, centre.y - half_deg, centre.x + half_deg, centre.y + half_deg
    )


def frame(shapes, **columns):
    rows = {
        "feature_id": [f"U-{n}" for n in range(1, len(shapes) + 1)],
        "name_zh": [f"对象{n}" for n in range(1, len(shapes) + 1)],
        "position_accuracy_m": [1.0] * len(shapes),
    } | columns
    return gpd.GeoDataFrame(rows, geometry=list(shapes), crs="EPSG:4490")


def saved(folder: Path, shapes, name="own.gpkg", **columns) -> Path:
    path = folder / name
    frame(shapes, **columns).to_file(path, engine="pyogrio")
    return path


def site(folder: Path, shape, name="site.geojson") -> Path:
    path = folder / name
    gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shape], crs="EPSG:4490").to_file(
        path, engine="pyogrio"
    )
    return path


def workspace(folder: Path, text: str) -> Path:
    path = folder / "sxgeo.toml"
    path.write_text(text, encoding="utf-8")
    return path


def entry(report, class_id):
    outcome = report.sites[0]
    return next(e for e in (*outcome.screening, *outcome.extra) if e.resource_class == class_id)


def problems_of(user, spec=None):
    with pytest.raises(InputError) as caught:
        read_user_layer(user, spec or SPECS[user.class_id])
    return str(caught.value)


# --- from an incomplete class to a clear verdict, and back ---------------------------------------

OFFICIAL = """
[[layer]]
class = "heritage_sites"
file = "own.gpkg"
mode = "{mode}"
complete_in = [{codes}]
{document}
"""


def official(
    folder, *, mode="replace", codes='"140122"', document='complete_document = "并文物〔2026〕1号"'
):
    saved(folder, [plot(shapely.Point(INSIDE.x + 0.05, INSIDE.y))], subzone=["保护范围"])
    return workspace(folder, OFFICIAL.format(mode=mode, codes=codes, document=document))


def test_a_complete_official_layer_makes_clear_possible(tmp_path):
    plots = site(tmp_path, plot(INSIDE))
    bare = check_sites(plots, classes=["heritage_sites"], project_type="residential")
    assert bare.verdict == "undetermined"
    report = check_sites(
        plots, classes=["heritage_sites"], project_type="residential", workspace=official(tmp_path)
    )
    assert (report.verdict, entry(report, "heritage_sites").outcome) == ("clear", "clear")
    assert report.exit_code == 12  # limited to one class: that is not clear
    (receipt,) = report.receipt["user_layers"]
    assert receipt["complete_document"] == "并文物〔2026〕1号"


def test_without_its_document_there_is_no_completeness(tmp_path):
    with pytest.raises(InputError, match="complete_in needs complete_document"):
        read_workspace(official(tmp_path, document=""))
    user = UserLayer(
        "heritage_sites",
        tmp_path / "own.gpkg",
        mode="replace",
        complete_in=("140122",),
        complete_document=" ",
    )
    report = check_sites(site(tmp_path, plot(INSIDE)), classes=["heritage_sites"], layers=[user])
    assert (report.verdict, entry(report, "heritage_sites").reason_code) == (
        "undetermined",
        "incomplete",
    )


def test_a_layer_for_another_county_leaves_the_class_incomplete(tmp_path):
    report = check_sites(
        site(tmp_path, plot(INSIDE)),
        classes=["heritage_sites"],
        workspace=official(tmp_path, codes='"140902"'),
    )
    assert report.verdict == "undetermined"


def test_at_the_edge_of_a_county_both_must_be_complete(tmp_path):
    common = shapely.get_coordinates(shapely.intersection(YANGQU.boundary, XINFU.boundary))
    plots = site(tmp_path, plot(shapely.Point(common[len(common) // 2]), 0.001))
    verdicts = {
        codes: (
            check_sites(
                plots, classes=["heritage_sites"], workspace=official(tmp_path, codes=codes)
            ).verdict
        )
        for codes in ('"140122"', '"140902"', '"140122", "140902"')
    }
    assert verdicts == {
        '"140122"': "undetermined",
        '"140902"': "undetermined",
        '"140122", "140902"': "clear",
    }


def test_the_same_layer_that_extends_keeps_the_doubt_of_what_is_bundled(tmp_path):
    plots = site(tmp_path, plot(INSIDE))
    report = check_sites(
        plots, classes=["heritage_sites"], workspace=official(tmp_path, mode="extend")
    )
    assert entry(report, "heritage_sites").held > 1
    assert report.verdict != "conflict"


def test_a_waived_row_makes_the_class_incomplete_and_is_named(tmp_path):
    shapes = [plot(shapely.Point(INSIDE.x + 0.05, INSIDE.y)), None]
    saved(tmp_path, shapes)
    text = OFFICIAL.format(mode="replace", codes='"140122"', document='complete_document = "文件"')
    plots = site(tmp_path, plot(INSIDE))
    with pytest.raises(InputError, match=r"row 2 \(U-2\): no geometry"):
        check_sites(plots, classes=["heritage_sites"], workspace=workspace(tmp_path, text))
    report = check_sites(
        plots, classes=["heritage_sites"], workspace=workspace(tmp_path, text + 'waive = ["U-2"]\n')
    )
    assert report.verdict == "undetermined"
    assert entry(report, "heritage_sites").reason_code == "incomplete"
    assert report.receipt["user_layers"][0]["waive"] == ["U-2"]
    assert any("row 2 (U-2)" in remark for remark in report.receipt["remarks"])


def test_a_second_complete_layer_does_not_mend_a_waived_one(tmp_path):
    saved(tmp_path, [plot(INSIDE), None], "bad.gpkg")
    good = saved(
        tmp_path, [plot(shapely.Point(INSIDE.x + 0.05, INSIDE.y))], "good.gpkg", feature_id=["G-1"]
    )
    complete = {"complete_in": ("140122",), "complete_document": "文件", "mode": "replace"}
    users = [
        UserLayer("heritage_sites", tmp_path / "bad.gpkg", waive=("row 2",), **complete),
        UserLayer("heritage_sites", good, **complete),
    ]
    (layer,) = plug_in(load_layers(["heritage_sites"]), users)
    assert layer.spec.complete_in == ()
    assert [record["feature_id"] for record in layer.records] == ["G-1", "U-1"]


def test_what_is_waived_must_be_faulty(tmp_path):
    path = saved(tmp_path, [plot(INSIDE)])
    assert "waive 'U-1': no faulty row has that name" in problems_of(
        UserLayer("heritage_sites", path, waive=("U-1",))
    )


def test_the_land_outside_the_urban_boundary_is_never_clear(tmp_path):
    saved(tmp_path, [plot(shapely.Point(INSIDE.x + 0.05, INSIDE.y))])
    text = (
        '[[layer]]\nclass = "urban_boundary"\nfile = "own.gpkg"\ncomplete_in ='
        ' ["140122"]\ncomplete_document = "d"\n'
    )
    with pytest.raises(InputError, match="complete_in is not taken for urban_boundary"):
        read_workspace(workspace(tmp_path, text))
    user = UserLayer(
        "urban_boundary", tmp_path / "own.gpkg", complete_in=("140122",), complete_document="d"
    )
    report = check_sites(site(tmp_path, plot(INSIDE)), classes=["urban_boundary"], layers=[user])
    assert report.verdict == "undetermined"


# --- generations, through a user's layer ---------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "subzone", "outcome", "reason"),
    [
        ("2026-03-14", "核心区", "conflict", "met"),
        ("2026-03-15", "核心区", "undetermined", "superseded_subzone"),
        ("2026-03-15", "缓冲区", "undetermined", "superseded_subzone"),
        ("2026-03-15", "experimental_zone_old", "undetermined", "superseded_subzone"),
        ("2026-03-14", "核心保护区", "undetermined", "superseded_subzone"),
        ("2026-03-14", "一般控制区", "undetermined", "superseded_subzone"),
        ("2026-03-15", "核心保护区", "conflict", "met"),
        ("2026-03-15", "一般控制区", "conflict", "met"),
    ],
)
def test_old_and_new_zones_of_a_reserve_around_the_change(
    tmp_path, as_of, subzone, outcome, reason
):
    path = saved(tmp_path, [plot(INSIDE, 0.02)], subzone=[subzone], resource_kind=["自然保护区"])
    user = UserLayer(
        "protected_areas", path, mode="replace", complete_in=("140122",), complete_document="批复"
    )
    report = check_sites(
        site(tmp_path, plot(INSIDE)),
        classes=["protected_areas"],
        project_type="residential",
        project_attributes={"discharge": "no", "groundwater_use": "no"},
        as_of=as_of,
        layers=[user],
    )
    found = entry(report, "protected_areas")
    assert found.outcome == outcome
    assert reason in {finding.reason_code for finding in found.findings}
    if reason == "superseded_subzone":
        assert any("分区待新成果核定" in finding.reason for finding in found.findings)


@pytest.mark.parametrize(
    ("as_of", "law"), [("2026-08-14", "水污染防治法（2017年修正）"), ("2026-08-15", "生态环境法典")]
)
def test_the_code_binds_water_sources_from_its_day(tmp_path, as_of, law):
    path = saved(tmp_path, [plot(INSIDE, 0.02)], subzone=["一级保护区"])
    report = check_sites(
        site(tmp_path, plot(INSIDE)),
        classes=["water_sources"],
        as_of=as_of,
        layers={"water_sources": path},
    )
    found = entry(report, "water_sources")
    assert found.outcome == "conflict"
    assert law in {finding.law for finding in found.findings if finding.outcome == "conflict"}


@pytest.mark.parametrize(("as_of", "article"), [("2025-02-28", "17"), ("2025-03-01", "28")])
def test_the_heritage_law_is_renumbered_on_its_day(tmp_path, as_of, article):
    path = saved(tmp_path, [plot(INSIDE, 0.02)], subzone=["保护范围"])
    report = check_sites(
        site(tmp_path, plot(INSIDE)),
        classes=["heritage_sites"],
        as_of=as_of,
        layers={"heritage_sites": path},
    )
    found = [
        f
        for f in entry(report, "heritage_sites").findings
        if f.outcome == "conflict" and f.feature_id == "U-1"
    ]
    assert article in {finding.article for finding in found}


# --- how a file is read --------------------------------------------------------------------------


def shapefile(folder, *, encoding, cpg):
    own = frame([plot(INSIDE)]).rename(
        columns={"feature_id": "编号", "name_zh": "名称", "position_accuracy_m": "精度"}
    )
    path = folder / "own.shp"
    pyogrio.write_dataframe(own, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


FIELDS = {"feature_id": "编号", "name_zh": "名称", "position_accuracy_m": "精度"}


@pytest.mark.parametrize(
    ("encoding", "cpg", "remark"),
    [
        ("GB18030", None, "无 .cpg no .cpg，按 GB18030"),
        ("GB18030", "GBK", None),
        ("GB18030", "936", None),
        ("UTF-8", "UTF-8", None),
        ("UTF-8", None, "无 .cpg no .cpg，按 UTF-8"),
        ("GB18030", "UTF-8", "与内容不符"),
    ],
)
def test_a_shapefile_is_read_in_the_encoding_that_fits(tmp_path, encoding, cpg, remark):
    path = shapefile(tmp_path, encoding=encoding, cpg=cpg)
    remarks: list[str] = []
    read = read_user_layer(
        UserLayer("heritage_sites", path, fields=FIELDS), SPECS["heritage_sites"], remarks=remarks
    )
    assert read["name_zh"].tolist() == ["对象1"]
    assert [remark in text for text in remarks] == ([True] if remark else [])


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "ISO-8859-1"])
def test_plain_ascii_assumes_no_encoding(tmp_path, cpg):
    path = tmp_path / "own.shp"
    plain = frame([plot(INSIDE)], name_zh=["Jinci"]).rename(
        columns={"feature_id": "id", "position_accuracy_m": "acc"}
    )
    pyogrio.write_dataframe(plain[["id", "name_zh", "acc", "geometry"]], path)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    _, remark = read_vector(path)
    assert remark is None


def test_the_remark_about_an_encoding_is_in_the_receipt_and_on_stderr(tmp_path, capsys):
    shapefile(tmp_path, encoding="GB18030", cpg=None)
    fields = ", ".join(f'{o} = "{t}"' for o, t in FIELDS.items())
    file = workspace(
        tmp_path,
        f'[[layer]]\nclass = "heritage_sites"\nfile = "own.shp"\nfields = {{ {fields} }}\n',
    )
    code = main(
        ["check", str(site(tmp_path, plot(INSIDE))), "--workspace", str(file), "--format", "json"]
    )
    out, err = capsys.readouterr()
    assert code in (10, 11)
    assert "GB18030" in json.loads(out)["receipt"]["remarks"][0]
    assert "own.shp: 无 .cpg" in err


def test_garbled_field_names_are_named_with_what_they_mean(tmp_path):
    garbled = "名称".encode("gb18030").decode("latin-1")
    path = tmp_path / "own.gpkg"
    frame([plot(INSIDE)]).assign(**{garbled: "x"}).to_file(path, engine="pyogrio")
    assert f"field name '{garbled}' is garbled; it reads '名称' in GB18030" in problems_of(
        UserLayer("heritage_sites", path)
    )


def test_garbled_values_are_named_by_row(tmp_path):
    path = saved(tmp_path, [plot(INSIDE)], name_zh=["晋祠".encode("gb18030").decode("latin-1")])
    assert "it reads '晋祠' in GB18030" in problems_of(UserLayer("heritage_sites", path))


def test_checking_a_layer_costs_as_much_more_as_it_has_more_rows(tmp_path):
    """Four times the rows are four times the work; compared each with each, it were sixteen."""

    def cost(count):
        shapes = [plot(shapely.Point(INSIDE.x + n * 1e-5, INSIDE.y), 1e-5) for n in range(count)]
        path = saved(tmp_path, shapes, feature_id=[f"P-{n // 2}" for n in range(count)])
        began = time.process_time()
        told = problems_of(UserLayer("permanent_farmland", path))
        assert f"{count} rows, row 1 (P-0), row 2 (P-0)" in told
        return time.process_time() - began

    cost(100)
    assert cost(6000) < 9 * cost(1500)


def test_a_sound_accent_is_not_garbled(tmp_path):
    path = tmp_path / "own.gpkg"
    frame([plot(INSIDE)]).assign(été="x").to_file(path, engine="pyogrio")
    assert len(read_user_layer(UserLayer("heritage_sites", path), SPECS["heritage_sites"])) == 1


@pytest.mark.parametrize(
    ("class_id", "label", "code"),
    [
        ("heritage_sites", "保护范围", "protection_scope"),
        ("heritage_sites", "建设控制地带", "construction_control_belt"),
        ("heritage_sites", "建控地带", "construction_control_belt"),
        ("water_sources", "一级保护区", "level_1"),
        ("water_sources", "准保护区", "quasi"),
        ("groundwater_overdraft", "禁采区", "prohibited_abstraction"),
        ("protected_areas", "核心区", "core_zone_old"),
        ("protected_areas", "核心保护区", "core_protection_zone"),
    ],
)
def test_chinese_names_of_subzones_are_taken(tmp_path, class_id, label, code):
    path = saved(tmp_path, [plot(INSIDE)], subzone=[label])
    assert read_user_layer(UserLayer(class_id, path), SPECS[class_id])["subzone"].tolist() == [code]


def test_a_workspace_maps_what_stands_in_the_file(tmp_path):
    path = saved(tmp_path, [plot(INSIDE)], subzone=["BH1"], resource_kind=["L1"])
    user = UserLayer("wetlands", path, kinds={"L1": "国家重要湿地"}, fields={})
    assert "unknown subzone 'BH1'; known for wetlands: none" in problems_of(user)
    user = UserLayer("heritage_sites", path, subzones={"BH1": "保护范围"})
    assert read_user_layer(user, SPECS["heritage_sites"])["subzone"].tolist() == [
        "protection_scope"
    ]


def test_no_two_subzones_of_a_class_share_a_name():
    for class_id in ALL_CLASS_IDS:
        for column in ("subzone", "resource_kind"):
            codes = codes_of(column, class_id)
            assert all(codes[code] == code for code in set(codes.values()))


def test_a_centre_line_is_as_inaccurate_as_the_land_is_wide(tmp_path):
    line = shapely.LineString([(INSIDE.x - 0.01, INSIDE.y), (INSIDE.x + 0.01, INSIDE.y)])
    path = saved(tmp_path, [line], resource_kind=["国道"])
    spec = SPECS["road_strip"]
    remarks: list[str] = []
    centre = read_user_layer(UserLayer("road_strip", path), spec, remarks=remarks)
    assert centre["position_accuracy_m"].tolist() == [1 + CENTRE_LINE_M]
    assert "按中心线对待" in remarks[0]
    assert read_user_layer(UserLayer("road_strip", path, half_width_m=30.0), spec)[
        "position_accuracy_m"
    ].tolist() == [31]
    assert read_user_layer(UserLayer("road_strip", path, lines="edge"), spec)[
        "position_accuracy_m"
    ].tolist() == [1]


@pytest.mark.parametrize(("lines", "outcome"), [("centre_line", "undetermined"), ("edge", "clear")])
def test_near_a_centre_line_nothing_is_clear(tmp_path, lines, outcome):
    line = shapely.LineString(
        [(INSIDE.x - 0.01, INSIDE.y + 0.0025), (INSIDE.x + 0.01, INSIDE.y + 0.0025)]
    )
    path = saved(tmp_path, [line], resource_kind=["county_road"])
    user = UserLayer(
        "road_strip", path, lines=lines, complete_in=("140122",), complete_document="d"
    )
    report = check_sites(
        site(tmp_path, plot(INSIDE)), classes=["road_strip"], project_type="energy", layers=[user],
        project_attributes={"hazardous_goods": "no", "discharge": "no", "groundwater_use": "no"},
    )  # fmt: skip
    assert report.verdict == outcome


def test_a_file_with_several_layers_must_be_told_which(tmp_path):
    path = tmp_path / "own.gpkg"
    for name in ("a", "b"):
        pyogrio.write_dataframe(frame([plot(INSIDE)]), path, layer=name, append=name == "b")
    assert 'several layers (a, b); name one: layer = "..."' in problems_of(
        UserLayer("heritage_sites", path)
    )
    assert (
        len(read_user_layer(UserLayer("heritage_sites", path, layer="b"), SPECS["heritage_sites"]))
        == 1
    )


def test_replacing_never_drops_another_layer_of_the_user(tmp_path):
    first = saved(tmp_path, [plot(INSIDE)], "a.gpkg", feature_id=["A"])
    second = saved(tmp_path, [plot(INSIDE)], "b.gpkg", feature_id=["B"])
    users = [
        UserLayer("heritage_sites", first),
        UserLayer("heritage_sites", second, mode="replace"),
    ]
    for order in (users, users[::-1]):
        (layer,) = plug_in(load_layers(["heritage_sites"]), order)
        assert [record["feature_id"] for record in layer.records] == ["A", "B"]


# --- mistakes: all at once, by row ---------------------------------------------------------------


def test_all_mistakes_of_a_layer_come_at_once_by_row(tmp_path):
    shapes = [
        plot(INSIDE),
        None,
        plot(shapely.Point(126.9, 37.5)),
        INSIDE,
        plot(INSIDE),
        plot(INSIDE),
        plot(INSIDE),
    ]
    path = saved(
        tmp_path,
        shapes,
        feature_id=["A", "B", "C", "D", "A", None, "G"],
        position_accuracy_m=["1", "1", "1", "1", "五米", None, "1"],
        name_zh=["甲", "乙", "丙", "丁", "戊", "己", None],
        subzone=["内圈", None, None, None, None, None, None],
        resource_class=[None, None, None, None, None, None, "wetlands"],
    )
    text = problems_of(UserLayer("forest_grade1", path))
    for words in (
        "row 1 (A): feature_id 'A' stands in row(s) 5 too",
        "row 1 (A): unknown subzone '内圈'; known for forest_grade1: none",
        "row 2 (B): no geometry",
        "row 3 (C): lies outside China (",
        "row 4 (D): Point does not fit forest_grade1: it takes polygons",
        "row 5 (A): position_accuracy_m '五米' is not a number of metres",
        "row 6 (no id): feature_id is missing",
        "row 6 (no id): position_accuracy_m is not given; it is never taken as 0",
        "row 7 (G): name_zh is empty",
        "row 7 (G): resource_class 'wetlands' is not forest_grade1",
    ):
        assert words in text
    assert [int(n) for n in re.findall(r"row (\d+) \(", text)] == sorted(
        map(int, re.findall(r"row (\d+) \(", text))
    )


def test_nothing_of_any_layer_is_used_when_one_is_bad(tmp_path):
    good, bad = (
        saved(tmp_path, [plot(INSIDE)], "good.gpkg"),
        saved(tmp_path, [None, plot(INSIDE)], "bad.gpkg"),
    )
    worse = tmp_path / "gone.gpkg"
    users = [
        UserLayer("wetlands", good),
        UserLayer("heritage_sites", bad),
        UserLayer("goaf", worse),
    ]
    with pytest.raises(InputError) as caught:
        plug_in(load_layers(), users)
    assert "row 1 (U-1): no geometry" in str(caught.value)
    assert "gone.gpkg' does not exist" in str(caught.value)


def test_bad_layers_end_with_the_code_of_bad_input(tmp_path, capsys):
    bad = saved(tmp_path, [None, plot(INSIDE)])
    assert main(["check", "--at", "112.7,38.1", "--layer", f"heritage_sites={bad}"]) == 3
    assert "row 1 (U-1): no geometry" in capsys.readouterr().err


@pytest.mark.parametrize("class_id", ALL_CLASS_IDS)
def test_every_class_names_the_shapes_it_takes(class_id, tmp_path):
    line = shapely.LineString([(INSIDE.x, INSIDE.y), (INSIDE.x + 0.01, INSIDE.y)])
    shapes = {0: INSIDE, 1: line, 2: plot(INSIDE)}
    for dimension, shape in shapes.items():
        path = saved(tmp_path, [shape], f"{class_id}{dimension}.gpkg")
        user = UserLayer(class_id, path)
        if dimension in dimensions(class_id):
            assert len(read_user_layer(user, SPECS[class_id])) == 1
        else:
            assert f"does not fit {class_id}: it takes" in problems_of(user)


def test_an_unknown_kind_is_refused_where_rules_tell_kinds_apart(tmp_path):
    """Else a mistyped kind would slip past the rules that bind it, and look clear."""
    path = saved(tmp_path, [plot(INSIDE)], resource_kind=["guodao"])
    assert "row 1 (U-1): unknown resource_kind 'guodao'; known for road_strip" in problems_of(
        UserLayer("road_strip", path)
    )


def test_a_layer_without_a_coordinate_system_is_refused(tmp_path):
    path = tmp_path / "own.shp"
    frame([plot(INSIDE)]).rename(columns={"position_accuracy_m": "accuracy"}).to_file(
        path, engine="pyogrio"
    )
    fields = {"feature_id": "feature_id", "position_accuracy_m": "accuracy"}
    path.with_suffix(".prj").unlink()
    assert "no coordinate system; add a .prj file" in problems_of(
        UserLayer("heritage_sites", path, fields=fields)
    )
    path.with_suffix(".prj").write_text('LOCAL_CS["site grid",UNIT["metre",1]]')
    assert "has no datum" in problems_of(UserLayer("heritage_sites", path, fields=fields))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no [[layer]] or [[boundary]] table"),
        ('[[layer]]\nclass = "heritage"\nfile = "own.gpkg"', "unknown class 'heritage'"),
        ('[[layer]]\nclass = "goaf"\nfile = "gone.gpkg"', "'gone.gpkg' does not exist"),
        (
            '[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nmode = "add"',
            "mode 'add' is not extend or replace",
        ),
        ('[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nlines = "middle"', "lines 'middle' is not"),
        ('[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nwaive = [3]', "waive '3' is not a text"),
        ('[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\ncolour = "red"', "unknown key 'colour'"),
        (
            '[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nposition_accuracy_m = -1',
            "is not a number of metres from 0",
        ),
        (
            '[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nposition_accuracy_m = true',
            "has the wrong type",
        ),
        (
            '[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\ncomplete_in = ["14"]',
            "'14' is no county code",
        ),
        (
            '[[layer]]\nclass = "goaf"\nfile = "own.gpkg"\nfields = { feature_id = 3 }',
            "'fields.feature_id' is not a text",
        ),
    ],
)
def test_a_workspace_names_what_is_wrong(tmp_path, text, words):
    saved(tmp_path, [plot(INSIDE)])
    with pytest.raises(InputError) as caught:
        read_workspace(workspace(tmp_path, text))
    assert words in str(caught.value)


def test_a_layer_option_needs_a_class_and_a_file():
    assert parse_layer_option("goaf=a.gpkg") == UserLayer("goaf", Path("a.gpkg"))
    with pytest.raises(UsageError, match="not of the form CLASS=FILE"):
        parse_layer_option("goaf")
    with pytest.raises(UsageError, match="unknown class 'gof'"):
        parse_layer_option("gof=a.gpkg")


# --- the template --------------------------------------------------------------------------------


@pytest.mark.parametrize("class_id", [*CLASS_IDS, "road_strip", "geohazard"])
def test_a_template_has_the_columns_and_their_values(tmp_path, class_id):
    target = tmp_path / f"{class_id}.gpkg"
    write_template(SPECS[class_id], target)
    info = pyogrio.read_info(target, layer=class_id)
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert {
        "feature_id",
        "name_zh",
        "position_accuracy_m",
        "subzone",
        "resource_kind",
        "county_code",
    } <= set(types)
    assert types["position_accuracy_m"] == "float64"
    assert info["crs"] == "EPSG:4490"
    sheet = pyogrio.read_dataframe(target, layer=ALLOWED_VALUES)
    for column in ("subzone", "resource_kind"):
        listed = {v for v in sheet.loc[sheet["column_name"] == column, "value"] if v}
        assert listed == set(codes_of(column, class_id).values())
    assert "holds no features; a template must be filled in" in problems_of(
        UserLayer(class_id, target)
    )


def test_a_template_holds_no_clock(tmp_path):
    target = tmp_path / "t.gpkg"
    write_template(SPECS["heritage_sites"], target)
    with contextlib.closing(sqlite3.connect(target)) as file:
        days = {day for (day,) in file.execute("select last_change from gpkg_contents")}
    assert days == {"2000-01-01T00:00:00.000Z"}


def test_a_filled_template_is_read_back(tmp_path):
    target = tmp_path / "own.gpkg"
    write_template(SPECS["heritage_sites"], target)
    columns = pyogrio.read_dataframe(target, layer="heritage_sites").columns.drop("geometry")
    values = {c: [None] for c in columns} | {
        "feature_id": ["甲-1"], "name_zh": ["某寺"], "position_accuracy_m": [2.0], "subzone": ["保护范围"],
        "county_code": ["140122"],
    }  # fmt: skip
    filled = gpd.GeoDataFrame(pd.DataFrame(values), geometry=[plot(INSIDE)], crs="EPSG:4490")
    pyogrio.write_dataframe(filled, target, layer="heritage_sites", append=True)
    read = read_user_layer(UserLayer("heritage_sites", target), SPECS["heritage_sites"])
    assert read["subzone"].tolist() == ["protection_scope"]
    assert np.allclose(read["position_accuracy_m"], 2.0)


def test_the_template_command_never_writes_over_a_file(tmp_path, capsys):
    target = tmp_path / "own.gpkg"
    assert main(["layers", "template", "heritage_sites", "-o", str(target)]) == 0
    assert main(["layers", "template", "heritage_sites", "-o", str(target)]) == 2
    assert main(["layers", "template", "heritage", "-o", str(tmp_path / "b.gpkg")]) == 2
    assert main(["layers", "template", "heritage_sites", "-o", str(tmp_path / "b.shp")]) == 2
    assert "exists already" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["own.gpkg"]


# --- the page about it ---------------------------------------------------------------------------


def test_the_example_of_the_docs_is_read_and_names_every_key(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs/own_layers.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", page, re.S).group(1)
    for name in ("wenwu.shp", "gonglu.gpkg"):
        (tmp_path / name).touch()
    heritage, road = read_workspace(workspace(tmp_path, example))
    assert (heritage.mode, heritage.waive, heritage.fields["name_zh"]) == (
        "replace",
        ("WW-017", "row 23"),
        "名称",
    )
    assert (road.layer, road.lines, road.half_width_m, road.kinds) == (
        "centre",
        "centre_line",
        40.0,
        {"G": "国道"},
    )
    assert all(
        re.search(rf"^(\[layer\.)?{key}\b", example, re.M) for key in workspace_module._ENTRY_KEYS
    )


# --- keys that the law asks for, and the project -------------------------------------------------


def test_a_workspace_says_what_is_absent_what_its_lines_are_and_how_secret(tmp_path):
    saved(tmp_path, [plot(INSIDE)])
    text = (
        '[[layer]]\nclass = "heritage_sites"\nfile = "own.gpkg"\ncomplete_in ='
        ' ["140122"]\ncomplete_document = "d"\nsubzones_absent = ["建设控制地带"]\nboundary ='
        ' "legal_vector"\nsecrecy = "内部"\n[project]\nheight_m = 30\ndischarge = false\n'
    )
    read = load_workspace(workspace(tmp_path, text))
    (layer,) = read.layers
    assert (layer.subzones_absent, layer.boundary, layer.secrecy) == (
        ("construction_control_belt",),
        "legal_vector",
        "内部",
    )
    assert dict(read.project) == {"height_m": 30, "discharge": False}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('subzones_absent = ["x"]\ncomplete_document = "d"', "'x' is no subzone of heritage_sites"),
        (
            'subzones_absent = ["construction_control_belt"]',
            "subzones_absent needs complete_document",
        ),
        ('boundary = "exact"', "boundary 'exact' is not legal_vector or described or digitised"),
        ('secrecy = "secret"', "secrecy 'secret' is not 公开 or 内部"),
        ("[projekt]\nheight_m = 3", "unknown table 'projekt'"),
        ("[project]\nheight_m = [3]", "'height_m' is neither a text nor a number"),
    ],
)
def test_a_wrong_key_of_the_law_or_the_project_is_named(tmp_path, lines, words):
    saved(tmp_path, [plot(INSIDE)])
    with pytest.raises(InputError, match=re.escape(words)):
        load_workspace(
            workspace(
                tmp_path, f'[[layer]]\nclass = "heritage_sites"\nfile = "own.gpkg"\n{lines}\n'
            )
        )


def test_a_number_of_more_digits_than_can_be_read_is_told_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "sxgeo.toml"
    path.write_text(f"[project]\nheight_m = {'9' * 5000}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"workspace file .* cannot be read"):
        load_workspace(path)
