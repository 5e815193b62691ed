"""An office's folder -> the workspace that plugs it in: what is recognised, what is not, what is
missing.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import sxgeo
from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.workspace.file import load_workspace
from sxgeo.workspace.layer_clues import guess_role
from sxgeo.workspace.scan import quoted, scan_layers

YANGQU = load_counties().set_index("code").geometry["140122"]
INSIDE = shapely.Point(shapely.maximum_inscribed_circle(YANGQU).coords[0])
PLOT = INSIDE.buffer(0.002, cap_style="square")


@pytest.fixture(scope="module")
def office(root: Path) -> Path:
    return root / "examples/office"


def saved(path: Path, shapes=(PLOT,), crs="EPSG:4490", **columns) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame(
        {"BSM": range(1, len(shapes) + 1)} | columns, geometry=list(shapes), crs=crs
    )
    frame.to_file(path, engine="pyogrio", encoding="UTF-8")
    return path


def filled(path: Path) -> Path:
    """Fill in a workspace as a person would: by taking the sign off the lines of [defaults]."""
    text = path.read_text(encoding="utf-8")
    for key in ("position_accuracy_m", "complete_in", "complete_document", "secrecy"):
        text = text.replace(f"# {key}", key)
    path.write_text(text.replace('mode = "extend"', 'mode = "replace"'), encoding="utf-8")
    return path


def test_the_made_up_office_is_recognised_layer_by_layer(office):
    found = {
        one.path.name: (one.role, one.fields.subzone, one.boundary)
        for one in scan_layers(office).layers
    }
    assert found == {
        "永久基本农田.shp": ("permanent_farmland", None, "legal_vector"),
        "生态保护红线.shp": ("ecological_redline", None, "legal_vector"),
        "城镇开发边界.shp": ("urban_boundary", None, "legal_vector"),
        "文物保护范围.shp": ("heritage_sites", "保护范围", None),
        "文物建设控制地带.shp": ("heritage_sites", "建设控制地带", None),
        "饮用水水源保护区.shp": ("water_sources", None, None),
        "自然保护地.gpkg": ("protected_areas", None, None),
        "公益林.shp": ("public_welfare_forest", None, None),
        "河道管理范围.geojson": ("river_management", None, None),
        "地质灾害易发区.shp": ("geohazard", None, None),
        "公路中心线.shp": ("road_strip", None, None),
        "DLTB.shp": ("land_use", None, None),
    }


def test_the_office_in_the_repository_is_what_its_script_writes(root, office, tmp_path):
    subprocess.run(
        [sys.executable, root / "scripts/make_office.py", "-o", tmp_path],
        check=True,
        capture_output=True,
    )
    for path in sorted(office.rglob("*")):
        if path.suffix in (".shp", ".geojson"):
            again = tmp_path / path.relative_to(office)
            assert gpd.read_file(path).equals(gpd.read_file(again)), path.name


def test_from_a_folder_to_an_answer_with_five_edited_lines(office, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["layers", "scan", str(office), "-o", "sxgeo.toml"]) == 0
    before = Path("sxgeo.toml").read_text(encoding="utf-8").splitlines()
    after = filled(Path("sxgeo.toml")).read_text(encoding="utf-8").splitlines()
    assert (
        len(before) == len(after) and sum(a != b for a, b in zip(before, after, strict=True)) <= 6
    )
    saved(tmp_path / "plot.geojson", [PLOT])
    capsys.readouterr()
    main(["check", "plot.geojson", "--project-type", "工业", "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    entries = {
        e["resource_class"]: e
        for e in (*answer["sites"][0]["screening"], *answer["sites"][0]["extra"])
    }
    for class_id in ("heritage_sites", "water_sources", "permanent_farmland", "ecological_redline"):
        assert entries[class_id]["outcome"] in ("clear", "conflict", "regulated"), (
            class_id,
            entries[class_id]["reason_code"],
        )
    assert entries["heritage_sites"]["held"] == 6


def test_what_is_written_is_read_without_an_edit(office, tmp_path):
    target = scan_layers(office).to_workspace(tmp_path / "sxgeo.toml")
    read = load_workspace(target)
    assert len(read.layers) == 11 and [land.role for land in read.lands] == ["land_use"]
    assert all(user.complete_in == () for user in read.layers)


def test_the_same_folder_gives_the_same_bytes(office, tmp_path):
    texts = [
        scan_layers(office).to_workspace(tmp_path / name).read_bytes()
        for name in ("a.toml", "b.toml")
    ]
    assert texts[0] == texts[1]


def test_nothing_is_written_over(office, tmp_path):
    (tmp_path / "sxgeo.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        scan_layers(office).to_workspace(tmp_path / "sxgeo.toml")
    assert (tmp_path / "sxgeo.toml").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_a_layer_says_so(tmp_path, capsys):
    (tmp_path / "说明.docx").write_bytes(b"x")
    assert main(["layers", "scan", str(tmp_path), "-o", str(tmp_path / "sxgeo.toml")]) == 3
    assert "no layer was recognised" in capsys.readouterr().err
    assert not (tmp_path / "sxgeo.toml").exists()
    assert main(["layers", "scan", str(tmp_path / "none")]) == 3


def test_a_foreign_datum_and_a_lost_system_are_named(tmp_path):
    saved(
        tmp_path / "基本农田.gpkg", [shapely.box(384000, 4220000, 384100, 4220100)], crs="EPSG:2379"
    )
    saved(tmp_path / "文物保护范围.gpkg", [PLOT], crs=None)
    reasons = {entry.name: entry.reason for entry in scan_layers(tmp_path).not_taken}
    assert "Xian 1980" in reasons["基本农田.gpkg"] or "西安" in reasons["基本农田.gpkg"]
    assert "no coordinate system" in reasons["文物保护范围.gpkg"]


def test_a_layer_of_which_nothing_speaks_is_not_taken_and_can_be_asked_about(
    tmp_path, monkeypatch, capsys
):
    saved(tmp_path / "图层1.gpkg", [PLOT])
    assert scan_layers(tmp_path).layers == ()
    answers = "文物保护单味\n文物保护单位\n-1\n1.5\n阳曲县\n某文〔2026〕1号\n绝密\n内部\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    target = tmp_path / "sxgeo.toml"
    assert main(["layers", "scan", str(tmp_path), "-o", str(target), "--ask"]) == 0
    (layer,) = load_workspace(target).layers
    assert (layer.class_id, layer.position_accuracy_m, layer.complete_in) == (
        "heritage_sites",
        1.5,
        ("140122",),
    )
    assert (layer.complete_document, layer.secrecy) == ("某文〔2026〕1号", "内部")
    assert "Did you mean '文物保护单位'" in capsys.readouterr().err


def test_two_classes_that_speak_equally_are_not_decided():
    guess = guess_role(["地块", "图层"], [], {"HXMC": ["甲"], "BHQMC": ["乙"]})
    assert guess.role is None and "ecological_redline" in guess.reasons[0]


def test_a_scope_without_its_belt_and_one_line_of_three_are_told(tmp_path):
    saved(tmp_path / "文物保护范围.gpkg")
    saved(tmp_path / "水源地.gpkg", FQ=["一级保护区"])
    saved(tmp_path / "永久基本农田.gpkg")
    text = "\n".join(scan_layers(tmp_path).warnings)
    assert "有保护范围，没有建设控制地带" in text
    assert "有一级保护区，没有二级保护区" in text
    assert "只有 1 条，缺 生态保护红线、城镇开发边界" in text


def test_lines_that_overlap_and_files_that_hold_the_same_are_told(tmp_path):
    saved(tmp_path / "永久基本农田.gpkg")
    saved(tmp_path / "生态保护红线.gpkg")
    saved(tmp_path / "甲/公益林.gpkg")
    saved(tmp_path / "乙/公益林.gpkg")
    text = "\n".join(scan_layers(tmp_path).warnings)
    assert "应互不重叠" in text and "同一类、同一分区的两个文件" in text


def test_a_layer_older_than_the_law_and_one_outside_the_counties_are_told(tmp_path):
    saved(tmp_path / "自然保护地.gpkg", GXSJ=["2019-05-01"])
    saved(tmp_path / "湿地名录.gpkg", [shapely.box(100, 30, 100.1, 30.1)])
    warnings = {one.path.name: " ".join(one.warnings) for one in scan_layers(tmp_path).layers}
    assert "最近更新 2019-05-01" in warnings["自然保护地.gpkg"]
    assert "不在内置的县" in warnings["湿地名录.gpkg"]


def test_zips_and_layers_of_one_file_are_looked_into(tmp_path):
    shape = saved(tmp_path / "t/公益林.shp")
    with zipfile.ZipFile(tmp_path / "公益林.zip", "w") as packed:
        for part in shape.parent.iterdir():
            packed.write(part, part.name)
    frame = gpd.GeoDataFrame({"BSM": [1]}, geometry=[PLOT], crs="EPSG:4490")
    for layer in ("文物保护范围", "永久基本农田"):
        frame.to_file(tmp_path / "底图.gpkg", layer=layer, engine="pyogrio")
    found = {(one.path.name, one.layer): one.role for one in scan_layers(tmp_path).layers}
    assert found[("公益林.zip", None)] == "public_welfare_forest"
    assert found[("底图.gpkg", "永久基本农田")] == "permanent_farmland"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_of_a_file_cannot_write_a_line_of_the_workspace(tmp_path):
    evil = '文物"] # '
    saved(tmp_path / "in/a.geojson").rename(tmp_path / "in" / f"{evil}.geojson")
    target = scan_layers(tmp_path / "in").to_workspace(tmp_path / "sxgeo.toml")
    (layer,) = load_workspace(target).layers
    assert layer.path.exists() and layer.complete_in == ()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_one_value_of_the_workspace(text):
    assert tomllib.loads(f"name = {quoted(text)}\nnext = 1\n") == {"name": text, "next": 1}


def test_defaults_are_what_layers_do_not_say_themselves(tmp_path):
    for name in ("文物", "农田", "边界"):
        saved(tmp_path / f"{name}.gpkg")
    text = (
        '[defaults]\nposition_accuracy_m = 2\ncomplete_in = ["阳曲县"]\ncomplete_document ='
        ' "某文"\nsecrecy = "内部"\n[[layer]]\nclass = "文物"\nfile ='
        ' "文物.gpkg"\nposition_accuracy_m = 5\nsecrecy = "公开"\n[[layer]]\nclass ='
        ' "基本农田"\nfile = "农田.gpkg"\nboundary = "legal_vector"\n[[layer]]\nclass ='
        ' "开发边界"\nfile = "边界.gpkg"\n'
    )
    path = tmp_path / "sxgeo.toml"
    path.write_text(text, encoding="utf-8")
    heritage, farmland, town = load_workspace(path).layers
    assert (heritage.position_accuracy_m, heritage.secrecy, heritage.complete_in) == (
        5.0,
        "公开",
        ("140122",),
    )
    assert (farmland.position_accuracy_m, farmland.secrecy) == (None, "内部")
    assert town.complete_in == ()  # its law binds the land outside it: it takes no completeness


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[defaults]\naccuracy = 1\n", "defaults: unknown key 'accuracy'"),
        (
            '[defaults]\ncomplete_in = ["无此县"]\n',
            "defaults: complete_in: unknown county '无此县'",
        ),
        ('[defaults]\ncoverage = ["140105", "999"]\n', "defaults: coverage: '999' is no county"),
        ('[defaults]\nposition_accuracy_m = "1"\n', "'position_accuracy_m' has the wrong type"),
        ('[land_use]\nfile = "none.shp"\n', "land_use: file 'none.shp' does not exist"),
        ("[land_use]\nyear = 2024\n", "land_use: 'year' has the wrong type"),
    ],
)
def test_wrong_defaults_and_land_layers_are_named(tmp_path, text, words):
    path = tmp_path / "sxgeo.toml"
    path.write_text(text + "[project]\nheight_m = 3\n", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load_workspace(path)


def test_the_public_name(office):
    assert len(sxgeo.scan_layers(office).layers) == 12
