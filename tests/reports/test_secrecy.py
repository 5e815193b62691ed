"""Layers of 内部 and above: the answer stands, names and shapes stay out of what is handed on."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.maps import build_map
from sxgeo.maps.plot import figure
from sxgeo.reports.secrecy import secret_classes

YANGQU = load_counties().set_index("code").geometry["140122"]
INSIDE = shapely.Point(shapely.maximum_inscribed_circle(YANGQU).coords[0])
PLOT = INSIDE.buffer(0.002, cap_style="square")
NAME = "某某涉密文物"


def answered(folder: Path, secrecy: str | None):
    own = gpd.GeoDataFrame(
        {"feature_id": ["SECRET-7"], "name_zh": [NAME]},
        geometry=[PLOT.buffer(0.0005)],
        crs="EPSG:4490",
    )
    own.to_file(folder / "own.gpkg", engine="pyogrio")
    told = f'secrecy = "{secrecy}"\n' if secrecy else ""
    (folder / "sxgeo.toml").write_text(
        '[[layer]]\nclass = "文物"\nfile = "own.gpkg"\nsubzone = "保护范围"\nposition_accuracy_m = 1\n'
        + told,
        encoding="utf-8",
    )
    site = folder / "site.geojson"
    gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[PLOT], crs="EPSG:4490").to_file(
        site, engine="pyogrio"
    )
    return check_sites(site, workspace=folder / "sxgeo.toml")


@pytest.mark.parametrize("secrecy", ["内部", "工作秘密", "秘密", "公开", None])
def test_no_name_id_or_shape_of_a_secret_layer_is_handed_on(tmp_path, secrecy):
    report = answered(tmp_path, secrecy)
    is_secret = secrecy not in ("公开", None)
    assert report.verdict == "conflict"
    page = build_map("taixin", report=report).to_html()
    for text in (report.to_geojson(), report.to_html(), page):
        assert (NAME in text or "SECRET-7" in text) != is_secret
    overlaps = [
        f
        for f in json.loads(report.to_geojson())["features"]
        if f["properties"]["kind"] == "finding"
    ]
    assert bool(overlaps) != is_secret
    assert figure._overlaps(report).is_empty == is_secret
    target = report.to_gpkg(tmp_path / "r.gpkg")
    assert (NAME.encode() in target.read_bytes()) != is_secret
    findings = gpd.read_file(target, layer="findings")
    heritage = findings[
        (findings["resource_class"] == "heritage_sites") & (findings["outcome"] == "conflict")
    ]
    assert len(heritage) and heritage["overlap_m2"].max() > 0
    assert len(gpd.read_file(target, layer="overlaps")) == 0 if is_secret else True


@pytest.mark.parametrize("secrecy", ["内部", "公开"])
def test_a_batch_in_a_geopackage_names_nothing_of_a_secret_layer(tmp_path, secrecy):
    answered(tmp_path, secrecy)
    target = tmp_path / "batch.gpkg"
    line = ["check", str(tmp_path / "site.geojson"), "--workspace", str(tmp_path / "sxgeo.toml")]
    main([*line, "--batch", "-o", str(target)])
    held = target.read_bytes()
    assert (NAME.encode() in held or b"SECRET-7" in held) == (secrecy == "公开")
    assert set(gpd.read_file(target)["verdict"]) == {"conflict"}


def test_the_answer_is_the_same_whatever_the_grade(tmp_path):
    answers = {}
    for secrecy in ("公开", "秘密"):
        folder = tmp_path / secrecy
        folder.mkdir()
        answers[secrecy] = answered(folder, secrecy).to_dict()["sites"]
    assert answers["公开"] == answers["秘密"]


def test_the_highest_grade_of_a_class_counts():
    rows = [
        {"resource_class": "wetlands", "secrecy": grade} for grade in ("内部", "秘密", "公开", None)
    ]
    assert secret_classes(rows) == {"wetlands": "秘密"}
    assert secret_classes(rows[2:]) == {}


def test_a_map_takes_no_secret_layer_even_when_asked(tmp_path, capsys):
    answered(tmp_path, "内部")
    workspace = ["--workspace", str(tmp_path / "sxgeo.toml"), "--embed-user-layers"]
    assert main(["map", "-o", str(tmp_path / "m.html"), *workspace]) == 0
    assert "stays out of the map" in capsys.readouterr().err
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert NAME not in page and "SECRET-7" not in page
