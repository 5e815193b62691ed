"""Formats, tables, drawings, encodings, and what gives a wrong reading away."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from bad_files import PLOT, SURVEY, frame, packed, write_good
from hypothesis import given
from hypothesis import strategies as st

from sxgeo import inspect_file, to_crs_name, write_sites
from sxgeo.boundaries.extent import _CORE, _china
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.files.encoding import detect, mojibake, shapefile_encoding
from sxgeo.files.gdal_door import read_features
from sxgeo.geometry.datums import ENCRYPTED, from_encrypted, named_crs, to_encrypted
from sxgeo.geometry.projection import to_plane
from sxgeo.model.sites import STANDING, Site, Sites
from sxgeo.sites.formats.tables import number_of
from sxgeo.sites.read import parse_place, read_sites, read_some

eviltransform = pytest.importorskip("eviltransform", reason="it has no wheel for Windows and macOS")


@pytest.mark.parametrize("suffix", ["parquet", "gml", "geojsonl", "kmz", "gdb", "zip"])
def test_more_formats_give_the_same_plot(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"地块.{suffix}"
    if suffix == "gdb":
        frame(PLOT).to_file(path, driver="OpenFileGDB")
    else:
        write_good(path)
    site = read_sites(path).sites[0]
    assert shapely.normalize(shapely.get_parts(site.geometry)[0]).equals(shapely.normalize(PLOT))


def test_a_track_is_one_line_not_its_points(tmp_path: Path) -> None:
    path = tmp_path / "walk.gpx"
    points = '<trkpt lat="38.0" lon="112.6"/><trkpt lat="38.1" lon="112.6"/>'
    path.write_text(
        '<gpx version="1.1" creator="x"'
        f' xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    )
    assert [s.geometry.geom_type for s in read_sites(path).sites] == ["MultiLineString"]


def gbk_shapefile(folder: Path) -> Path:
    gpd.GeoDataFrame({"名称": ["阳曲县工业园"]}, geometry=[PLOT], crs="EPSG:4490").to_file(
        folder / "p.shp", encoding="gbk"
    )
    (folder / "p.cpg").unlink()
    return folder / "p.shp"


def test_a_gbk_shapefile_without_cpg_keeps_its_names(tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path)
    sites = read_sites(path)
    assert sites.sites[0].name == "阳曲县工业园"
    assert sites.autopsy[0]["encoding"]["name"] == "gb18030"
    assert "no UTF-8" in shapefile_encoding(path).evidence
    (tmp_path / "p.cpg").write_text("UTF-8")  # it lies
    assert read_sites(path).sites[0].name == "阳曲县工业园"


def test_shapefiles_in_a_folder_of_a_zip_are_all_read(tmp_path: Path) -> None:
    gbk_shapefile(tmp_path)
    parts = {e: (tmp_path / f"p.{e}").read_bytes() for e in ("shp", "shx", "dbf", "prj")}
    members = {f"成果/{stem}.{e}": content for stem in ("东", "西") for e, content in parts.items()}
    sites = read_sites(packed(tmp_path / "all.zip", members))
    assert [s.name for s in sites.sites] == ["阳曲县工业园"] * 2
    assert sites.autopsy[0]["layers"] == ["成果/东.shp", "成果/西.shp"]
    assert (
        shapefile_encoding(
            packed(tmp_path / "one.zip", {f"a/p.{e}": c for e, c in parts.items()})
        ).name
        == "gb18030"
    )


@pytest.mark.parametrize("text", ["地块编号", "山西省太原市阳曲县", "经度,纬度\n"])
def test_gbk_and_utf8_are_told_apart_both_ways(text: str) -> None:
    assert detect(text.encode("gbk")).name == "gb18030"
    assert detect(text.encode()).name == "utf-8"
    assert (
        "UTF-8 read as GBK" in str(mojibake(text.strip().encode().decode("gb18030", "ignore")))
        or len(text) % 2
    )
    assert "GBK read as UTF-8" in str(mojibake(text.encode("gbk").decode("utf-8", "replace")))
    assert "GBK read as Latin-1" in str(mojibake(text.strip().encode("gbk").decode("latin-1")))
    assert mojibake(text.strip()) is None


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=60))
def test_chinese_in_utf8_is_never_taken_for_gbk(text: str) -> None:
    assert detect(text.encode()).name == "utf-8"
    assert mojibake(text) is None or "looks like" in str(mojibake(text))


@pytest.mark.parametrize(
    "text",
    [
        "112.5",
        "112°30′",
        "112°30'0\"",
        "112度30分0秒",
        "E112°30′00″",
        "112-30-00",
        "112 30 0",
        "１１２．５",
        "东经112.5°",
        "112.5E",
        112.5,
    ],
)
def test_a_coordinate_as_people_write_it(text: Any) -> None:
    assert number_of(text)[0] == pytest.approx(112.5)


@pytest.mark.parametrize("text", ["", "abc", "112°61′", "=1+1", "1,2", "nan", "inf", "--5"])
def test_what_is_no_coordinate(text: str) -> None:
    assert number_of(text)[0] is None


def test_thousands_and_the_southern_sign() -> None:
    assert number_of("4,207,000.5")[0] == 4207000.5
    assert number_of("S38°30′")[0] == -38.5


def table(folder: Path, text: str, encoding: str = "gbk", **assume: str) -> Sites:
    path = folder / "坐标.csv"
    path.write_bytes(text.encode(encoding))
    return read_sites(path, assume=assume)


def test_rows_are_points_or_rings(tmp_path: Path) -> None:
    points = table(
        tmp_path, "编号，名称，经度，纬度\n1，甲，112°36′00″，３８．０\n2，乙，112.7，38.1\n"
    )
    assert [(s.name, s.geometry.x) for s in points.sites] == [("甲", 112.6), ("乙", 112.7)]
    assert "datum taken as CGCS2000" in points.sites[0].problems[0]
    rows = "地块编号,序号,X坐标,Y坐标\n" + "".join(
        f"{plot},{order},{4207000 + n},{38420000 + e + 300 * k}\n"
        for order, n, e in ((2, 0, 100), (1, 0, 0), (3, 100, 100))
        for k, plot in enumerate("AB")
    )
    rings = table(tmp_path, rows, datum="CGCS2000")
    assert [s.site_id for s in rings.sites] == ["A", "B"]
    assert to_plane(rings.sites[0].geometry, "EPSG:4547").area == pytest.approx(5000, rel=1e-3)
    one = "点号,X,Y\nJ1,4207000,38420000\nJ2,4207100,38420000\nJ3,4207100,38420100\n"
    assert len(table(tmp_path, one, shape="points", datum="CGCS2000").sites) == 3
    assert len(table(tmp_path, one, shape="ring", datum="CGCS2000").sites) == 1
    closed = table(tmp_path, one + "J1,4207000,38420000\n", crs="EPSG:4526")
    assert "shape taken as ring" in closed.sites[0].problems[0]


def test_x_and_y_of_a_table_are_told_by_their_size(tmp_path: Path) -> None:
    one = table(tmp_path, "编号,X,Y\na,4207000,38420000\n", datum="CGCS2000").sites[0]
    other = table(tmp_path, "编号,X,Y\na,38420000,4207000\n", datum="CGCS2000").sites[0]
    assert one.geometry == other.geometry
    named = table(tmp_path, "编号,北坐标,东坐标\na,38420000,4207000\n", datum="CGCS2000").sites[0]
    assert "axis taken as xy" in named.problems[0]


def test_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["附表一"], ["项目名称", "东经", "北纬"], ["甲", "112-36-00", 38.0]):
        book.active.append(row)
    book.create_sheet("说明").append(["无"])
    book.save(tmp_path / "表.xlsx")
    sites = read_sites(tmp_path / "表.xlsx")
    assert (sites.sites[0].name, sites.sites[0].geometry.x) == ("甲", 112.6)
    assert [(e["kind"], e["what"], e["place"]) for e in sites.autopsy[0]["left_out"]] == [
        ("annotation", "sheet", "说明")
    ]


def test_a_drawing_gives_its_closed_outlines_and_counts_the_rest(tmp_path: Path) -> None:
    import ezdxf

    drawing = ezdxf.new("R2010")
    space = drawing.modelspace()
    corners = [
        (38420000, 4207000, 0),
        (38420100, 4207000, 1.0),
        (38420100, 4207100, 0),
        (38420000, 4207100, 0),
    ]
    space.add_lwpolyline(corners, format="xyb", close=True, dxfattribs={"layer": "用地红线"})
    space.add_circle((38420500, 4207000), 50)
    block = drawing.blocks.new("B")
    block.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0, 0)])
    space.add_blockref("B", (38421000, 4207000), dxfattribs={"xscale": 2, "yscale": 2})
    space.add_line((0, 0), (1, 1))
    drawing.saveas(tmp_path / "图.dxf")
    sites = read_sites(tmp_path / "图.dxf", assume={"datum": "CGCS2000"})
    areas = [to_plane(s.geometry, "EPSG:4547").area for s in sites.sites]
    assert areas == pytest.approx([10_000 + np.pi * 50**2 / 2, np.pi * 50**2, 200], rel=2e-3)
    assert sites.sites[0].name == "用地红线"
    assert sites.sites[0].datum_error_m == 0.01
    assert "1 x LINE / 0" in sites.sites[0].problems[0]
    assert sites.autopsy[0]["entities_left_out"] == {"LINE / 0": 1}


def test_wkt_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        PLOT.wkt: "WKT",
        f"SRID=4490;{PLOT.wkt}": "WKT",
        SURVEY: "survey TXT",
        json.dumps(json.loads(shapely.to_geojson(PLOT))): "json",
    }
    for content, kind in contents.items():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        sites = read_sites("-")
        assert sites.autopsy[0]["format"] == kind
        assert sites.sites[0].usable
        assert sites.sites[0].file == "stdin"


# --- datums


@given(lon=st.floats(110.5, 114.5), lat=st.floats(34.6, 40.7))
def test_gcj02_and_bd09_agree_with_another_implementation(lon: float, lat: float) -> None:
    place = shapely.Point(lon, lat)
    for datum, forward, low, high in (
        ("GCJ-02", eviltransform.wgs2gcj, 450, 700),
        ("BD-09", eviltransform.wgs2bd, 1_100, 1_500),
    ):
        there = to_encrypted(place, datum)
        expected = forward(lat, lon)
        assert (there.y, there.x) == pytest.approx(expected, abs=2e-5 if datum == "BD-09" else 1e-6)
        assert low < eviltransform.distance(lat, lon, there.y, there.x) < high
        back, error_m = from_encrypted(there, datum)
        assert 0 < error_m <= 1.5
        assert eviltransform.distance(lat, lon, back.y, back.x) <= error_m


@pytest.mark.parametrize("datum", ENCRYPTED)
def test_a_declared_web_map_datum_is_converted_and_its_error_kept(
    tmp_path: Path, datum: str
) -> None:
    frame(to_encrypted(PLOT, datum)).to_file(tmp_path / "w.geojson")
    plain = read_sites(tmp_path / "w.geojson").sites[0]
    told = read_sites(tmp_path / "w.geojson", assume={"datum": datum})
    shape = told.sites[0].geometry
    corners = shapely.get_coordinates(PLOT)
    assert shapely.distance(shapely.points(corners), shapely.boundary(shape)).max() < 1e-6
    # what is straight in BD-09 bends by a metre on a side of one kilometre
    assert shapely.hausdorff_distance(shape, PLOT) < 2e-5
    assert told.sites[0].datum_error_m > 0
    assert told.autopsy[0]["crs_used"] == [datum]
    assert (
        shapely.hausdorff_distance(plain.geometry, PLOT) > 1e-3
    )  # never converted unless it was said
    with pytest.raises(InputError, match="holds for degrees"):
        frame(PLOT).to_crs("EPSG:4547").to_file(tmp_path / "m.gpkg")
        read_sites(tmp_path / "m.gpkg", assume={"datum": datum})


@pytest.mark.parametrize("datum", ENCRYPTED)
def test_a_web_map_datum_is_suspected_against_the_layer_it_should_fit(
    tmp_path: Path, datum: str
) -> None:
    layer, plots = tmp_path / "layer.gpkg", tmp_path / "plots.geojson"
    boxes = [shapely.box(112.6 + i * 0.03, 38.0, 112.601 + i * 0.03, 38.001) for i in range(5)]
    frame(*boxes).to_file(layer)
    frame(*[to_encrypted(b, datum) for b in boxes]).to_file(plots)
    fit = inspect_file(plots, against=layer)["fit"]
    assert fit["readings"][0]["reading"] == datum
    assert f"--assume datum={datum}" in fit["remark"]
    assert inspect_file(layer, against=layer)["fit"]["remark"] is None


def test_a_site_in_the_wrong_degree_zone_is_suspected(tmp_path: Path) -> None:
    path = tmp_path / "west.gpkg"
    right = shapely.box(112.60, 38.00, 112.61, 38.01)
    frame(right).to_crs("EPSG:4547").set_crs("EPSG:4546", allow_override=True).to_file(path)
    report = read_sites(path).autopsy[0]
    assert any("degree-zone 38 instead" in s for s in report["suspicions"])
    assert "zone=38" in inspect_file(path, against="taixin")["fit"]["remark"]
    frame(right).to_file(tmp_path / "good.gpkg")
    assert "suspicions" not in read_sites(tmp_path / "good.gpkg").autopsy[0]


@pytest.mark.parametrize(
    ("source", "declared", "assume"),
    [
        ("EPSG:4526", "EPSG:4547", {"crs": "EPSG:4526"}),  # a prefix too many
        ("EPSG:4547", "EPSG:4526", {"crs": "EPSG:4547"}),  # a prefix missing
        ("EPSG:4490", "EPSG:4547", {"crs": "CGCS2000"}),  # degrees taken for metres
        ("EPSG:3857", "EPSG:4547", {"crs": "EPSG:3857"}),
    ],
)
def test_a_declaration_that_the_numbers_contradict_is_refused_until_settled(
    tmp_path: Path, source: str, declared: str, assume: dict[str, str]
) -> None:
    path = tmp_path / "p.gpkg"
    frame(PLOT).to_crs(source).set_crs(declared, allow_override=True).to_file(path)
    with pytest.raises(InputError, match="--assume crs="):
        read_sites(path)
    assert (
        shapely.hausdorff_distance(read_sites(path, assume=assume).sites[0].geometry, PLOT) < 2e-7
    )


def test_swapped_axes_are_settled_by_axis(tmp_path: Path) -> None:
    path = tmp_path / "p.geojson"
    frame(shapely.transform(PLOT, lambda xy: xy[:, ::-1])).to_file(path)
    assert not read_sites(path).sites[0].usable
    assert read_sites(path, assume={"axis": "lat,lon"}).sites[0].geometry.equals(PLOT)


def test_a_prj_less_shapefile_in_a_zone_takes_datum_and_zone(tmp_path: Path) -> None:
    frame(PLOT).to_crs("EPSG:4547").to_file(tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    site = read_sites(tmp_path / "p.shp", assume={"datum": "CGCS2000", "zone": "38"}).sites[0]
    assert shapely.hausdorff_distance(site.geometry, PLOT) < 2e-7
    assert site.crs == "EPSG:4547"


def test_an_old_vector_file_takes_parameters(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    frame(PLOT).to_crs("EPSG:4547").set_crs("EPSG:2383", allow_override=True).to_file(path)
    site = read_sites(path, assume={"parameters": "100,-50,30,0,0,0,0"}).sites[0]
    assert site.usable
    assert site.datum_error_m == 0.0


def test_the_core_of_china_lies_in_china() -> None:
    assert _china().covers(shapely.box(*_CORE))


# --- out


def test_coordinates_out_by_name() -> None:
    site = Site("a", PLOT, name="甲")
    zone = to_crs_name(site, "CGCS2000 3-degree 114E")
    assert zone.crs.to_epsg() == 4547
    prefixed = to_crs_name(PLOT, "CGCS2000 zone 38")
    assert prefixed.geometry[0].bounds[0] - zone.geometry[0].bounds[0] == pytest.approx(38_000_000)
    web = to_crs_name(Sites((site, Site("b", None))), "GCJ-02")
    assert (len(web), web.crs, web["error_m"][0]) == (1, None, 0.0)
    back = to_crs_name(web, "CGCS2000", source="GCJ-02")
    assert shapely.hausdorff_distance(back.geometry[0], PLOT) < 1e-6
    assert back["error_m"][0] > 0
    with pytest.raises(UsageError, match="not known"):
        to_crs_name(site, "Mars")
    with pytest.raises(InputError, match="seven parameters"):
        to_crs_name(site, "EPSG:2383")
    with pytest.raises(UsageError, match="no coordinates"):
        to_crs_name(3, "CGCS2000")
    assert named_crs("cgcs2000 zone 20") == "EPSG:4498"


def test_a_drawing_has_the_same_bytes_in_whatever_order_the_library_knows_its_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes the kinds of its objects out of a set: their order is that of chance."""
    from ezdxf.entitydb import EntityDB

    kinds = EntityDB.dxf_types_in_use
    written = []
    for turned in (False, True):
        monkeypatch.setattr(
            EntityDB,
            "dxf_types_in_use",
            lambda known, turned=turned: sorted(kinds(known), reverse=turned),
        )
        path = write_sites([Site("甲", PLOT)], tmp_path / f"{turned}.dxf")
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert b"ACDBPLACEHOLDER" in written[0] and b"LAYOUT" in written[0]


@pytest.mark.parametrize("suffix", ["txt", "gpkg", "kml", "dxf"])
def test_sites_written_come_back(tmp_path: Path, suffix: str) -> None:
    holed = shapely.difference(PLOT, shapely.box(112.604, 38.004, 112.606, 38.006))
    sites = [Site("甲", PLOT, name="一"), Site("乙", holed if suffix != "dxf" else PLOT)]
    path = write_sites(sites, tmp_path / f"out.{suffix}")
    first = path.read_bytes()
    assert write_sites(sites, path).read_bytes() == first
    found = read_sites(path, assume={"datum": "CGCS2000"}).sites
    for own, back in zip(sites, found, strict=True):
        assert shapely.hausdorff_distance(own.geometry, back.geometry) <= 1e-7
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"out.{suffix}"]


@pytest.mark.parametrize("suffix", ["txt", "gpkg", "kml", "dxf"])
def test_a_site_written_and_read_again_is_no_surer(tmp_path: Path, suffix: str) -> None:
    """A file that says less than its reader assumes would make an uncertain plot clear."""
    doubt = "its corners, 甲=乙, were\njoined by a guess"
    unsure = Site("a", PLOT, accuracy_m=30.0, datum_error_m=5.0, problems=(doubt,), doubtful=True)
    aside = shapely.affinity.translate(PLOT, 0.02)
    sure = Site("b", aside, accuracy_m=0.4, problems=("its ring was closed",))
    path = write_sites([unsure, sure], tmp_path / f"out.{suffix}")
    first, second = read_sites(path, assume={"datum": "CGCS2000"}).sites
    assert (first.accuracy_m, first.accuracy_source, first.doubtful) == (35.0, "file", True)
    assert any("joined by a guess" in text for text in first.problems)
    if suffix in ("gpkg", "kml"):  # a row of its own; a KML may be redrawn on imagery
        assert second.accuracy_m == (0.4 if suffix == "gpkg" else 10.0)
        assert not second.doubtful
    else:  # one word for the whole file
        assert (second.accuracy_m, second.doubtful) == (35.0, True)
        alone = write_sites([sure], tmp_path / f"alone.{suffix}")
        assert "sxgeo_" not in alone.read_text(encoding="utf-8")


def test_a_doubt_without_words_is_written_too(tmp_path: Path) -> None:
    unsure = Site("a", PLOT, accuracy_m=1.0, doubtful=True)
    for suffix in ("txt", "gpkg", "kml", "dxf"):
        path = write_sites([unsure], tmp_path / f"out.{suffix}")
        assert read_sites(path, assume={"datum": "CGCS2000"}).sites[0].doubtful


def test_a_kml_keeps_each_value_in_its_column(tmp_path: Path) -> None:
    """The older driver of GDAL moves what is written two columns on."""
    unsure = Site("a", PLOT, name="甲", accuracy_m=30.0, problems=("x",), doubtful=True)
    row = read_features(write_sites([unsure], tmp_path / "out.kml")).iloc[0]
    values = (row["Name"], row["description"], row["crs_name"], row[STANDING[0]], row[STANDING[1]])
    assert values == ("a", "甲", "EPSG:4326", 30.0, "x")


def test_a_kml_is_refused_where_gdal_passes_over_its_columns(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they doubt of a plot would be lost."""
    unsure = Site("a", PLOT, accuracy_m=1.0, doubtful=True)
    path = write_sites([unsure], tmp_path / "out.kml")
    known = {name: use for name, use in pyogrio.list_drivers().items() if name != "LIBKML"}
    monkeypatch.setattr(pyogrio, "list_drivers", lambda: known)
    with pytest.raises(InputError, match=r"lacks LIBKML.*pyogrio 0\.12"):
        read_sites(path)
    with pytest.raises(InputError, match=r"lacks LIBKML.*GeoPackage"):
        write_sites([unsure], tmp_path / "again.kml")
    assert not (tmp_path / "again.kml").exists()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_sites([Site("a", PLOT)], tmp_path / "a.dwg")
    with pytest.raises(InputError, match="no site"):
        write_sites([Site("a", None)], tmp_path / "a.kml")
    with pytest.raises(UsageError, match="KML is WGS 84"):
        write_sites([Site("a", PLOT)], tmp_path / "a.kml", crs="EPSG:4547")


# --- the command line


def test_inspect_tells_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "地块.txt"
    path.write_bytes(SURVEY.encode("gbk"))
    assert main(["inspect", str(path)]) == 0
    out, err = capsys.readouterr()
    for words in (
        "编码 encoding: gb18030",
        "带号 degree-zone: 38",
        "面积核对 area check",
        "推断 guesses: 无 none",
        "DK1 · 地块一",
    ):
        assert words in out
    assert err == ""
    assert main(["inspect", str(path), "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "sxgeo.inspect/1"
    assert record["files"][0]["sha256"]
    assert record["sites"][0]["area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_strict_refuses_what_check_would_guess(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,经度,纬度\na,112.6,38.0\n", encoding="utf-8")
    assert main(["check", str(path), "--strict"]) == 3
    assert "datum taken as CGCS2000" in capsys.readouterr().err
    assert (
        main(["check", str(path), "--strict", "--assume", "datum=CGCS2000", "--format", "json"])
        == 11
    )
    receipt = json.loads(capsys.readouterr().out)["receipt"]
    assert receipt["inputs"][0]["assumed"] == {"datum": "CGCS2000"}
    assert main(["inspect", str(path), "--assume", "datum=XYZ"]) == 2


def test_a_guess_stands_in_the_report_and_its_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,经度,纬度\na,112.6,38.0\nb,112.7,38.0\n", encoding="utf-8")
    main(["check", str(path), "--format", "json"])
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert all("datum taken as" in site["problems"][0] for site in report["sites"])
    assert report["receipt"]["inputs"][0]["guesses"][0]["key"] == "datum"
    assert err.count("datum taken as") == 1  # once for the file, not once a site


def test_an_archive_with_something_else_says_what_it_left_out(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": SURVEY.encode(), "说明.docx": b"x"})
    assert read_sites(path).autopsy[0]["others"] == ["说明.docx"]
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 2


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    good = write_good(tmp_path / "good.geojson")
    sites, unread = read_some([tmp_path / "none.dxf", good])
    assert (len(sites.sites), len(unread)) == (1, 1)


DEGREES = ("112", "36", "0", "38", "0", "36.0")


@pytest.mark.parametrize(
    "heading",
    [
        "编号,经度度,经度分,经度秒,纬度度,纬度分,纬度秒",
        "编号,东经（度）,分,秒,北纬（度）,分,秒",
        "编号,经度,分,秒,纬度,分,秒",
        "id,lon_d,lon_m,lon_s,lat_d,lat_m,lat_s",
        "id,lon_deg,lon_min,lon_sec,lat_deg,lat_min,lat_sec",
        ",经度,,,纬度,,\n编号,度,分,秒,度,分,秒",
        "编号,度,分,秒,度,分,秒",
    ],
)
def test_degrees_minutes_and_seconds_in_three_columns(heading: str, tmp_path: Path) -> None:
    """112° 36′ 0″ is 112.6; 38° 0′ 36″ is 38.01."""
    path = tmp_path / "dms.csv"
    path.write_text(f"{heading}\na,{','.join(DEGREES)}\n", encoding="utf-8")
    (site,) = read_sites(path, assume={"datum": "CGCS2000"}).sites
    assert site.geometry.equals_exact(shapely.Point(112.6, 38.01), 1e-9)
    assert (site.site_id, site.problems) == ("a", ())


def test_three_columns_in_the_order_of_latitude_first_are_told_apart_by_their_numbers(
    tmp_path: Path,
) -> None:
    path = tmp_path / "dms.csv"
    path.write_text(
        f"编号,度,分,秒,度,分,秒\na,{','.join(DEGREES[3:] + DEGREES[:3])}\n", encoding="utf-8"
    )
    (site,) = read_sites(path, assume={"datum": "CGCS2000"}).sites
    assert site.geometry.equals_exact(shapely.Point(112.6, 38.01), 1e-9)


def test_a_workbook_with_three_columns_reads_as_its_csv(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["", "经度", None, None, "纬度", None, None],
        ["编号", *"度分秒度分秒"],
        ["a", 112, 36.0, 0, 38, 0, 36.0],
    ):
        book.active.append(row)
    book.save(tmp_path / "dms.xlsx")
    (site,) = read_sites(tmp_path / "dms.xlsx", assume={"datum": "CGCS2000"}).sites
    assert site.geometry.equals_exact(shapely.Point(112.6, 38.01), 1e-9)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("title", ["WKT", "geometry", "几何"])
def test_a_column_of_wkt_is_one_site_a_row(mark: str, title: str, tmp_path: Path) -> None:
    """It goes before a column of centroids beside it, and may be longer than a csv field commonly
    is.
    """
    angles = np.linspace(0, 2 * np.pi, 8000, endpoint=False)
    round_one = shapely.Polygon(
        np.column_stack([112.6 + 0.01 * np.cos(angles), 38 + 0.01 * np.sin(angles)])
    )
    shapes = [PLOT, round_one, shapely.Point(112.7, 38.1)]
    assert len(round_one.wkt) > 131_072
    rows = [f'p{i}{mark}"{shape.wkt}"{mark}112.9{mark}38.9' for i, shape in enumerate(shapes)]
    path = tmp_path / "plots.csv"
    path.write_text(
        "\n".join([mark.join(["编号", title, "经度", "纬度"]), *rows]), encoding="utf-8"
    )
    read = read_sites(path, assume={"datum": "CGCS2000"})
    assert [s.site_id for s in read.sites] == ["p0", "p1", "p2"]
    for site, shape in zip(read.sites, shapes, strict=True):
        assert shapely.hausdorff_distance(site.geometry, shape) < 1e-6
        assert site.problems == ()


def test_a_column_of_wkt_without_srid_is_a_guess_and_with_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "plots.csv"
    path.write_text('编号,WKT\na,"POINT (112.6 38)"\n', encoding="utf-8")
    assert "guess: datum" in read_sites(path).sites[0].problems[0]
    path.write_text('编号,WKT\na,"SRID=4547;POINT (420000 4207000)"\n', encoding="utf-8")
    (site,) = read_sites(path).sites
    assert (site.problems, site.crs) == ((), "EPSG:4547")


def test_a_typed_wkt_is_a_site_like_a_file(tmp_path: Path) -> None:
    text = "POLYGON ((112.6 38, 112.61 38, 112.61 38.01, 112.6 38.01, 112.6 38))"
    assert parse_place(text) == text
    assert parse_place("112.6,38") == (112.6, 38.0)
    (site,) = read_sites(None, at=[text], site_accuracy_m=2.0).sites
    assert site.geometry.normalize().equals(shapely.from_wkt(text).normalize())
    assert (site.accuracy_m, site.file, site.problems) == (2.0, "--at", ())
    (metric,) = read_sites(None, at=["SRID=4547;POINT (420000 4207000)"]).sites
    (assumed,) = read_sites(None, at=["POINT (420000 4207000)"], assume={"crs": "EPSG:4547"}).sites
    assert metric.geometry == assumed.geometry
    (swapped,) = read_sites(None, at=["POINT (38 112.6)"]).sites
    assert "look swapped" in swapped.problems[0]
    with pytest.raises(InputError, match="'EPSG:99999' is not known to PROJ"):
        read_sites(None, at=["SRID=99999;POINT (1 2)"])
    for bad, words in (
        ("POLYGON ((1 2", "is no WKT that can be read"),
        ("MULTICURVE ((1 2, 3 4))", "curved geometry"),
        ("BOX(1 2)", "no WKT"),
    ):
        with pytest.raises(UsageError, match=words):
            parse_place(bad)


def ring_drawing(folder: Path, *rings: tuple[float, float, float, str]) -> Path:
    """Squares in a drawing: west, south, side in metres, layer."""
    import ezdxf

    drawing = ezdxf.new("R2010")
    for west, south, side, layer in rings:
        x, y = 38420000 + west, 4207000 + south
        drawing.modelspace().add_lwpolyline(
            [(x, y), (x + side, y), (x + side, y + side), (x, y + side)],
            close=True,
            dxfattribs={"layer": layer},
        )
    drawing.saveas(folder / "图.dxf")
    return folder / "图.dxf"


NESTED = (
    (0, 0, 100, "红线"),
    (20, 20, 40, "红线"),
    (30, 30, 10, "红线"),
    (70, 70, 10, "建筑"),
    (300, 0, 50, "红线"),
)


def test_an_outline_inside_another_of_its_layer_is_a_hole_and_a_guess_on_that_site_alone(
    tmp_path: Path,
) -> None:
    """By hand: 100² - 40², the 10² inside the hole a plot again; the building of another layer and
    the plot apart stand alone.
    """
    path = ring_drawing(tmp_path, *NESTED)
    read = read_sites(path, assume={"datum": "CGCS2000"})
    areas = [round(to_plane(s.geometry, "EPSG:4526").area) for s in read.sites]
    assert areas == pytest.approx([8400, 100, 100, 2500], abs=3)
    assert [s.doubtful for s in read.sites] == [True, False, False, False]
    assert (
        "inside taken as hole (1 closed outlines lie inside another one of the same layer: 红线)"
        in read.sites[0].problems[0]
    )
    assert "--assume inside=..." in read.sites[0].problems[0]
    assert [s.problems for s in read.sites[1:]] == [(), (), ()]
    assert read.autopsy[0]["drawing"]["holes"] == 1
    assert [g["key"] for g in read.autopsy[0]["guesses"]] == ["inside"]
    with pytest.raises(InputError, match="inside taken as hole"):
        read_sites(path, assume={"datum": "CGCS2000"}, strict=True)


def test_what_lies_inside_is_settled_by_assume(tmp_path: Path) -> None:
    path = ring_drawing(tmp_path, *NESTED)
    holes = read_sites(path, assume={"datum": "CGCS2000", "inside": "hole"}, strict=True)
    assert [s.problems for s in holes.sites] == [()] * 4
    assert not any(s.doubtful for s in holes.sites)
    plots = read_sites(path, assume={"datum": "CGCS2000", "inside": "plot"}, strict=True)
    areas = [round(to_plane(s.geometry, "EPSG:4526").area) for s in plots.sites]
    assert areas == pytest.approx([10000, 1600, 100, 100, 2500], abs=4)
    with pytest.raises(UsageError, match="inside 'wall' is not hole or plot"):
        read_sites(path, assume={"inside": "wall"})


def test_an_outline_drawn_twice_is_no_hole_of_its_twin(tmp_path: Path) -> None:
    path = ring_drawing(tmp_path, NESTED[0], NESTED[0])
    sites = read_sites(path, assume={"datum": "CGCS2000"}).sites
    assert [round(to_plane(s.geometry, "EPSG:4526").area) for s in sites] == pytest.approx(
        [10000, 10000], abs=4
    )


def test_a_layer_of_a_drawing_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ring_drawing(tmp_path, *NESTED)
    told = {"datum": "CGCS2000", "inside": "hole"}
    assert [s.name for s in read_sites(path, assume={**told, "dxf_layer": "建筑"}).sites] == [
        "建筑"
    ]
    assert len(read_sites(path, assume={**told, "dxf_layer": "建筑, 红线"}).sites) == 4
    with pytest.raises(
        InputError,
        match=r"no closed outlines in layer '绿线', .* there are outlines in 建筑 \(1\); 红线 \(4\)",
    ):
        read_sites(path, assume={**told, "dxf_layer": "绿线"})
    assert (
        main(["inspect", str(path), "--assume", "datum=CGCS2000", "--assume", "dxf_layer=红线"])
        == 0
    )
    out = capsys.readouterr().out
    assert "建筑" in out
    assert "layers_taken" in out
