"""Chinese names of classes, types, counties, kinds: taken wherever a code is, and told apart where
they are not one thing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sxgeo.analysis.conflicts.binding import kind_fit
from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.analysis.conflicts.replay import replay
from sxgeo.analysis.conflicts.subzones import resource_name
from sxgeo.boundaries import county_names
from sxgeo.boundaries.county_names import county_code_of
from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.layers.class_names import CLASS_ALIASES_ZH, class_id_of
from sxgeo.layers.classes import ALL_CLASS_IDS
from sxgeo.layers.layers import load_classes, load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.model.project_types import TYPE_ALIASES_ZH, project_type_of
from sxgeo.wording import PROJECT_TYPES
from sxgeo.workspace.file import load_workspace, plug_in, read_workspace
from sxgeo.workspace.layers import UserLayer, read_user_layer
from sxgeo.workspace.rows import coded, codes_of

YANGQU = load_counties().set_index("code").geometry["140122"]
INSIDE = shapely.Point(shapely.maximum_inscribed_circle(YANGQU).coords[0])
PLOT = INSIDE.buffer(0.002, cap_style="square")


def saved(path: Path, shapes, **columns) -> Path:
    count = len(shapes)
    given = {"BH": [str(n) for n in range(1, count + 1)], "MC": ["某塔"] * count} | columns
    gpd.GeoDataFrame(given, geometry=list(shapes), crs="EPSG:4490").to_file(
        path, engine="pyogrio", encoding="utf-8"
    )
    return path


def workspace(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "sxgeo.toml"
    path.write_bytes(text.encode(encoding))
    return path


def test_every_class_and_type_is_known_by_its_id_and_its_chinese_name():
    for class_id, spec in load_classes().items():
        assert class_id_of(class_id) == class_id_of(spec.name_zh) == class_id
    for code, name in PROJECT_TYPES.items():
        assert project_type_of(code) == project_type_of(name) == code
    assert set(CLASS_ALIASES_ZH.values()) <= set(ALL_CLASS_IDS)
    assert set(TYPE_ALIASES_ZH.values()) <= set(PROJECT_TYPES)


def test_no_other_name_is_the_name_of_another_class_or_type():
    own = {spec.name_zh: class_id for class_id, spec in load_classes().items()}
    assert all(own.get(name, class_id) == class_id for name, class_id in CLASS_ALIASES_ZH.items())
    types = {zh: code for code, zh in PROJECT_TYPES.items()}
    assert all(types.get(name, code) == code for name, code in TYPE_ALIASES_ZH.items())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("阳曲县", "140122"),
        ("阳曲", "140122"),
        ("忻府区", "140902"),
        ("140981", "140981"),
        ("尧都区", "141002"),
    ],
)
def test_a_county_is_known_by_its_name(name, code):
    assert county_code_of(name) == code


def test_a_county_of_no_name_and_one_of_several_are_refused(monkeypatch):
    with pytest.raises(UsageError, match="Did you mean '阳曲"):
        county_code_of("阳渠县")
    with pytest.raises(UsageError, match="no county code"):
        county_code_of("yangqu")
    monkeypatch.setattr(county_names, "_near_names", lambda: {"城区": ("140202", "140302")})
    with pytest.raises(UsageError, match="several counties: 140202, 140302; write the code"):
        county_code_of("城区")


def test_an_unknown_chinese_class_names_the_nearest(tmp_path, capsys):
    assert (
        main(["check", "--at", "112.7,38.1", "--layer", "文物保护单为=x.gpkg", "--no-workspace"])
        == 2
    )
    assert "Did you mean '文物保护单位'?" in capsys.readouterr().err


def test_the_options_of_check_take_chinese_names(tmp_path, capsys):
    site = tmp_path / "site.geojson"
    gpd.GeoDataFrame(geometry=[PLOT], crs="EPSG:4490").to_file(site, engine="pyogrio")
    main(
        [
            "check",
            str(site),
            "--class",
            "文物保护单位,永久基本农田",
            "--project-type",
            "工业",
            "--format",
            "json",
            "--no-workspace",
        ]
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["limited_to"] == ["heritage_sites", "permanent_farmland"]
    assert answer["receipt"]["parameters"]["project_type"] == "industrial"


@pytest.mark.parametrize(
    "arguments",
    [
        ["rules", "--class", "{}"],
        ["rules", "diff", "2026-03-14", "2026-03-15", "--class", "{}"],
        ["rules", "--project-type", "{}"],
    ],
)
def test_lists_take_chinese_names(arguments, capsys):
    def answer(class_name, type_name):
        name = type_name if "--project-type" in arguments else class_name
        assert main([a.format(name) for a in arguments]) == 0
        return capsys.readouterr().out

    assert answer("文物保护单位", "工业") == answer("heritage_sites", "industrial")


def test_a_template_is_named_in_chinese(tmp_path):
    assert main(["layers", "template", "永久基本农田", "-o", str(tmp_path / "t.gpkg")]) == 0


def test_a_workspace_speaks_chinese(tmp_path):
    saved(tmp_path / "a.gpkg", [PLOT])
    text = (
        '[[layer]]\nclass = "文物保护单位"\nfile = "a.gpkg"\nsubzone ='
        ' "保护范围"\nposition_accuracy_m = 1\n'
        'complete_in = ["阳曲县"]\ncomplete_document = "某文〔2026〕1号"\ncoverage = ["忻府区"]\n'
    )
    (layer,) = read_workspace(workspace(tmp_path, text))
    assert (layer.class_id, layer.complete_in, layer.coverage) == (
        "heritage_sites",
        ("140122",),
        ("140902",),
    )


def test_scope_and_belt_come_as_two_files_with_the_same_ids(tmp_path):
    saved(tmp_path / "scope.gpkg", [PLOT])
    saved(tmp_path / "belt.gpkg", [PLOT.buffer(0.001)])
    entry = (
        '[[layer]]\nclass = "文物保护单位"\nfile = "{}.gpkg"\nsubzone = "{}"\nposition_accuracy_m ='
        ' 1\nmode = "replace"\n[layer.fields]\nfeature_id = "BH"\nname_zh = "MC"\n'
    )
    text = entry.format("scope", "保护范围") + entry.format("belt", "建设控制地带")
    layers = {
        one.spec.id: one
        for one in plug_in(load_layers(), read_workspace(workspace(tmp_path, text)))
    }
    layer = layers["heritage_sites"]
    assert [r["feature_id"] for r in layer.records] == [
        "1#construction_control_belt",
        "1#protection_scope",
    ]
    assert layer.with_polygon == 1


def test_equal_numbers_of_different_things_in_two_files_are_told_apart(tmp_path):
    saved(tmp_path / "a.gpkg", [PLOT], MC=["甲塔"])
    saved(tmp_path / "b.gpkg", [PLOT], MC=["乙塔"])
    fields = {"feature_id": "BH", "name_zh": "MC"}
    users = [
        UserLayer(
            "heritage_sites",
            tmp_path / f"{name}.gpkg",
            mode="replace",
            fields=fields,
            position_accuracy_m=1.0,
        )
        for name in ("a", "b")
    ]
    remarks: list[str] = []
    layer = next(
        one
        for one in plug_in(load_layers(), users, remarks=remarks)
        if one.spec.id == "heritage_sites"
    )
    assert {r["feature_id"]: r["name_zh"] for r in layer.records} == {"1@1": "甲塔", "1@2": "乙塔"}
    assert sum("told apart" in text for text in remarks) == 2


def test_a_file_without_names_and_ids_takes_those_of_the_workspace(tmp_path):
    path = tmp_path / "red.gpkg"
    gpd.GeoDataFrame(
        {"MJ": [1.0, 2.0]}, geometry=[PLOT, PLOT.buffer(0.001)], crs="EPSG:4490"
    ).to_file(path, engine="pyogrio")
    user = UserLayer(
        "ecological_redline", path, name="生态保护红线", id_prefix="HX-", position_accuracy_m=0.1
    )
    frame = read_user_layer(user, load_classes()["ecological_redline"])
    assert frame["feature_id"].tolist() == ["HX-1", "HX-2"]
    assert frame["name_zh"].tolist() == ["生态保护红线（第1行）", "生态保护红线（第2行）"]
    plain = read_user_layer(
        replace(user, class_id="permanent_farmland"), load_classes()["permanent_farmland"]
    )
    assert set(plain["name_zh"]) == {"生态保护红线"}


def test_a_name_for_all_makes_no_source_whole_by_the_zones_of_another(tmp_path):
    """Two sources without names, one of which lacks its second level: they must not pass for one
    that has both.
    """
    path = tmp_path / "water.gpkg"
    shapes = [PLOT, PLOT.buffer(0.001), shapely.transform(PLOT, lambda c: c + 0.05)]
    zones = {"FQ": ["一级保护区", "二级保护区", "一级保护区"]}
    gpd.GeoDataFrame(zones, geometry=shapes, crs="EPSG:4490").to_file(path, engine="pyogrio")
    user = UserLayer(
        "water_sources",
        path,
        name="水源地",
        id_prefix="S-",
        fields={"subzone": "FQ"},
        position_accuracy_m=1.0,
    )
    frame = read_user_layer(user, load_classes()["water_sources"])
    assert len({resource_name(record) for record in frame.to_dict("records")}) == 3


def test_a_row_that_contradicts_the_constant_is_told(tmp_path):
    path = saved(tmp_path / "a.gpkg", [PLOT], FQ=["建设控制地带"])
    fields = {"feature_id": "BH", "name_zh": "MC", "subzone": "FQ"}
    user = UserLayer(
        "heritage_sites", path, fields=fields, subzone="保护范围", position_accuracy_m=1.0
    )
    with pytest.raises(InputError, match="'construction_control_belt' is not 'protection_scope'"):
        read_user_layer(user, load_classes()["heritage_sites"])


def test_one_field_fills_two_columns_and_a_grade_is_no_part_of_a_kind(tmp_path):
    path = saved(tmp_path / "a.gpkg", [PLOT], LX=["国家级自然保护区"])
    fields = {"feature_id": "BH", "name_zh": "MC", "resource_kind": "LX", "level": "LX"}
    user = UserLayer("protected_areas", path, fields=fields, position_accuracy_m=1.0)
    frame = read_user_layer(user, load_classes()["protected_areas"])
    assert frame.loc[0, ["resource_kind", "level"]].tolist() == [
        "nature_reserve",
        "国家级自然保护区",
    ]


@pytest.mark.parametrize(
    "name",
    ["自然公园", "国家级自然公园", "国家公园", "省级森林公园", "国家草原公园", "国家沙漠公园"],
)
def test_the_national_categories_are_kinds(name):
    known = codes_of("resource_kind", "protected_areas")
    assert coded(name, known) in known.values()


def test_a_nature_park_may_be_any_park_and_is_no_reserve():
    record = {"resource_kind": "nature_park"}
    for rule in load_rules("protected_areas"):
        if rule.resource_kind == ("nature_reserve",):
            assert kind_fit(rule, record) == "no"
        elif set(rule.resource_kind) & {"forest_park", "scenic_area"}:
            assert kind_fit(rule, record) == "possible", rule.rule_id


def test_counties_of_records_may_be_written_in_chinese(tmp_path):
    path = saved(tmp_path / "a.gpkg", [PLOT], XZQ=["阳曲县、忻府区"])
    fields = {"feature_id": "BH", "name_zh": "MC", "county_code": "XZQ"}
    user = UserLayer("heritage_sites", path, fields=fields, position_accuracy_m=1.0)
    assert read_user_layer(user, load_classes()["heritage_sites"])["county_code"].tolist() == [
        "140122;140902"
    ]
    wrong = saved(tmp_path / "b.gpkg", [PLOT], XZQ=["某某县"])
    with pytest.raises(InputError, match="unknown county '某某县'"):
        read_user_layer(
            UserLayer("heritage_sites", wrong, fields=fields, position_accuracy_m=1.0),
            load_classes()["heritage_sites"],
        )


def test_a_workspace_in_gbk_is_read_and_said(tmp_path):
    saved(tmp_path / "文物.gpkg", [PLOT])
    text = '[[layer]]\nclass = "文物保护单位"\nfile = "文物.gpkg"\nposition_accuracy_m = 1\n'
    read = load_workspace(workspace(tmp_path, text, encoding="gb18030"))
    assert read.layers[0].path.name == "文物.gpkg"
    assert "GB18030" in read.remarks[0]
    with pytest.raises(InputError, match="UTF-16"):
        load_workspace(workspace(tmp_path, text, encoding="utf-16"))


@pytest.mark.parametrize("path", [r"D:\data\文物.shp", r"D:\temp\new.shp", r"\\server\share\a.shp"])
def test_a_backslash_in_double_quotes_is_explained(tmp_path, path):
    text = f'[[layer]]\nclass = "heritage_sites"\nfile = "{path}"\nposition_accuracy_m = 1\n'
    with pytest.raises(InputError, match=r"single\s+quotes"):
        load_workspace(workspace(tmp_path, text))


def test_a_windows_path_in_single_quotes_finds_its_file(tmp_path):
    (tmp_path / "底图").mkdir()
    saved(tmp_path / "底图" / "a.gpkg", [PLOT])
    text = "[[layer]]\nclass = \"heritage_sites\"\nfile = '底图\\a.gpkg'\nposition_accuracy_m = 1\n"
    (layer,) = read_workspace(workspace(tmp_path, text))
    assert layer.path.exists() and layer.file == "底图/a.gpkg"


def test_thirty_equal_faults_are_one_line(tmp_path):
    shapes = [shapely.transform(PLOT, lambda c, n=n: c + n * 1e-4) for n in range(30)]
    path = saved(tmp_path / "a.gpkg", shapes, FQ=["内圈"] * 30)
    fields = {"feature_id": "BH", "name_zh": "MC", "subzone": "FQ"}
    with pytest.raises(InputError) as caught:
        read_user_layer(
            UserLayer("heritage_sites", path, fields=fields, position_accuracy_m=1.0),
            load_classes()["heritage_sites"],
        )
    lines = [line for line in str(caught.value).splitlines() if "内圈" in line]
    assert len(lines) == 1 and "30 rows, row 1 (1), row 2 (2)" in lines[0] and "25 more" in lines[0]


def test_constants_stand_in_the_receipt_and_replay(tmp_path):
    saved(tmp_path / "a.gpkg", [PLOT])
    text = (
        '[[layer]]\nclass = "文物"\nfile = "a.gpkg"\nsubzone = "保护范围"\nid_prefix ='
        ' "W-"\nposition_accuracy_m = 1\nmode = "replace"\n[layer.fields]\nname_zh = "MC"\n'
    )
    site = tmp_path / "site.geojson"
    gpd.GeoDataFrame(geometry=[PLOT], crs="EPSG:4490").to_file(site, engine="pyogrio")
    report = check_sites(site, workspace=workspace(tmp_path, text))
    target = tmp_path / "r.json"
    target.write_text(report.to_json(), encoding="utf-8")
    (row,) = report.receipt["user_layers"]
    assert (row["subzone"], row["id_prefix"]) == ("保护范围", "W-")
    assert replay(target)[1] == []
