"""Users' files are read as sites are: what a file is, whole, unchanged, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.analysis.conflicts.receipt import layer_values
from sxgeo.analysis.network.bundled import read_network
from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.files.contents import fingerprint, receipt_name
from sxgeo.geometry.projection import to_plane
from sxgeo.layers.layers import load_classes, load_layers
from sxgeo.sites.formats.vector_files import read_features
from sxgeo.sites.read import read_sites
from sxgeo.workspace import boundaries as own_boundaries
from sxgeo.workspace import layers as user_layers
from sxgeo.workspace import vector as user_files
from sxgeo.workspace.boundaries import load_zone, own_polygons
from sxgeo.workspace.file import load_workspace, plug_in
from sxgeo.workspace.layers import UserLayer, read_user_layer
from sxgeo.workspace.overrides import read_overrides

posix = pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
PLANE = "EPSG:4547"
PLOT = shapely.box(385700, 4223500, 386300, 4224100)
SCOPE = PLOT.buffer(-150, cap_style="square")
SITE = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[PLOT], crs=PLANE)
SPEC = load_classes()["heritage_sites"]


def records(shapes, crs=PLANE, **columns):
    rows = {
        "feature_id": [f"R-{n}" for n in range(len(shapes))],
        "name_zh": [f"文物{n}" for n in range(len(shapes))],
        "position_accuracy_m": [1.0] * len(shapes),
    } | columns
    return gpd.GeoDataFrame(rows, geometry=list(shapes), crs=crs)


def layer(folder, shapes, name="own.gpkg", **columns):
    records(shapes, **columns).to_file(folder / name, engine="pyogrio")
    return folder / name


def workspace(folder, text="", file="own.gpkg", class_id="heritage_sites"):
    head = (
        f'[[layer]]\nclass = "{class_id}"\nfile = "{file}"\nmode = "replace"\ncomplete_in ='
        ' ["140122"]\n'
    )
    path = folder / "sxgeo.toml"
    path.write_text(f'{head}complete_document = "试验"\n{text}\n', encoding="utf-8")
    return path


def answer(path):
    report = check_sites(SITE, classes=["heritage_sites"], workspace=path)
    return (
        next(e for e in report.sites[0].screening if e.resource_class == "heritage_sites"),
        report,
    )


def far(metres=8_000):
    return shapely.affinity.translate(SCOPE, metres, 0)


# --- one reading path ----------------------------------------------------------------------------


def test_numbers_that_contradict_the_declared_zone_are_refused(tmp_path):
    prefixed = shapely.transform(SCOPE, lambda xy: np.add(xy, (37_000_000, 0)))
    pyogrio.write_dataframe(records([prefixed], "EPSG:4526"), tmp_path / "own.gpkg")
    with pytest.raises(
        InputError, match=r"layer file .*own.gpkg' declares .* carry the prefix of zone 37"
    ):
        answer(workspace(tmp_path))


def test_a_feature_that_the_driver_passes_over_is_not_lost(tmp_path):
    path = tmp_path / "own.geojson"
    records([far(), SCOPE]).to_crs("EPSG:4490").to_file(path, engine="pyogrio")
    told = json.loads(path.read_text(encoding="utf-8"))
    told["features"][1]["type"] = "feature"
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(InputError, match="2 records, 1 could be read"):
        answer(workspace(tmp_path, file="own.geojson"))


def test_a_download_that_was_cut_completes_nothing(tmp_path):
    path = tmp_path / "own.geojson"
    records([far()]).to_crs("EPSG:4490").to_file(path, engine="pyogrio")
    whole, _ = answer(workspace(tmp_path, file="own.geojson"))
    told = json.loads(path.read_text(encoding="utf-8"))
    told["exceededTransferLimit"] = True
    path.write_text(json.dumps(told), encoding="utf-8")
    cut, report = answer(workspace(tmp_path, file="own.geojson"))
    assert (whole.outcome, cut.outcome, cut.reason_code) in {
        ("clear", "undetermined", "incomplete"),
        ("undetermined", "undetermined", "incomplete"),
    }
    assert whole.reason_code != "incomplete"
    assert any("不按完整对待" in remark for remark in report.receipt["remarks"])


@pytest.mark.parametrize("shape", ["ring", "quarters"])
def test_a_scope_drawn_as_lines_that_close_is_asked_about(tmp_path, shape):
    ring = SCOPE.exterior
    pairs = list(ring.coords)
    lines = (
        [shapely.LineString(ring)]
        if shape == "ring"
        else [shapely.LineString(pair) for pair in pairwise(pairs)]
    )
    layer(tmp_path, lines)
    with pytest.raises(InputError, match=r"its inside would not be screened; say closed_lines = "):
        answer(workspace(tmp_path))
    kept, _ = answer(workspace(tmp_path, 'closed_lines = "line"'))
    assert kept.findings[0].overlap_m2 == 0
    if shape == "ring":
        area, _ = answer(workspace(tmp_path, 'closed_lines = "area"'))
        assert area.findings[0].overlap_m2 == pytest.approx(SCOPE.area, rel=1e-3)
    else:
        with pytest.raises(InputError, match="join them into one polygon"):
            answer(workspace(tmp_path, 'closed_lines = "area"'))


def test_a_scope_that_closes_beside_a_part_that_does_not_is_asked_about(tmp_path):
    """As an area it is neither the one nor the other: no part of it is dropped in silence."""
    x, y = SCOPE.exterior.coords[0]
    beside = [(x - 900, y), (x - 800, y + 300)]
    layer(tmp_path, [shapely.MultiLineString([list(SCOPE.exterior.coords), beside])])
    with pytest.raises(InputError, match=r"its inside would not be screened; say closed_lines = "):
        answer(workspace(tmp_path))
    with pytest.raises(InputError, match="a geometry collection; split it"):
        answer(workspace(tmp_path, 'closed_lines = "area"'))


WIDE = PLOT.buffer(900, join_style="mitre")
CORNERS = [shapely.Point(pair) for pair in WIDE.exterior.coords[:4]]
"""Of a scope that holds the whole plot; none of them lies near it."""
APART = [CORNERS[k] for k in (0, 2, 1, 3)]
POINTS = {"subzone": ["protection_scope"] * 4, "point_role": ["object"] * 4}


def asked_of(folder, shapes, class_id="heritage_sites", **columns):
    """Doubts of a layer of points, and those that are left once they are said to be places."""
    own = layer(folder, shapes, point_role=["object"] * len(shapes), **columns)
    name = "某碑" if not any(columns.get("name_zh", ["甲"])) else None
    users = [
        UserLayer(class_id, own, name=name, coverage=("140122",), points=points)
        for points in (None, "places")
    ]
    spec = load_classes()[class_id]
    return [user_layers.read_resources(user, spec, remarks=[])[1] for user in users]


NAMED = {"name_zh": ["甲庙", "乙碑", "丙塔", "丁墓"]}
SCOPES = {
    "names that only corners have": {"name_zh": ["J1", "J2", "J3", "J4"]},
    "names of corners": {"name_zh": ["东北角", "东南角", "西南角", "西北角"]},
    "names that count up": {"name_zh": [f"某碑{n}" for n in (1, 2, 3, 4)]},
    "one name": {"name_zh": ["某碑"] * 4},
    "ids under one name": {"feature_id": ["J1", "J2", "J3", "J4"], "name_zh": ["某碑"] * 4},
    "labels of one record": {**NAMED, "界址点号": [1, 2, 3, 4]},
    "labels beside one name": {"name_zh": ["某碑"] * 4, "点号": ["1", "2", "3", "4"]},
    "a column of scopes": {"name_zh": [""] * 4, "地块编号": ["A"] * 4},
}


@pytest.mark.parametrize("columns", SCOPES.values(), ids=SCOPES)
def test_points_that_may_be_the_corners_of_a_scope_are_asked_about(tmp_path, columns):
    asked, settled = asked_of(tmp_path, CORNERS, **columns)
    assert len(asked) == 1 and not settled
    assert "the area inside them would not be screened" in asked[0]


def test_corners_of_a_scope_clear_nothing_inside_it(tmp_path):
    numbered = [f"某碑{n}" for n in (1, 2, 3, 4)]
    layer(tmp_path, CORNERS, name_zh=numbered, **POINTS)
    absent = 'subzones_absent = ["construction_control_belt"]'
    entry, report = answer(workspace(tmp_path, absent))
    assert (entry.outcome, entry.reason_code) == ("undetermined", "incomplete")
    assert 'say points = "places"' in " ".join(report.receipt["remarks"])
    entry, report = answer(workspace(tmp_path, f'points = "places"\n{absent}'))
    assert entry.outcome == "clear"
    (read,) = report.receipt["user_layers"]
    assert read["points"] == layer_values(read)["points"] == "places"
    with pytest.raises(InputError, match="points 'corners' is not places"):
        answer(workspace(tmp_path, 'points = "corners"'))


PLACES = {
    "names of their own": (CORNERS, "heritage_sites", NAMED),
    "a serial number": (CORNERS, "heritage_sites", {**NAMED, "序号": [1, 2, 3, 4]}),
    "no round": (APART, "heritage_sites", {"name_zh": ["某碑"] * 4}),
    "numbers that go no round": (
        APART,
        "heritage_sites",
        {"name_zh": [f"某碑{n}" for n in "1234"]},
    ),
    "stations": (CORNERS, "air_stations", {**NAMED, "监测点编号": [1, 2, 3, 4]}),
    "stations by number": (
        CORNERS,
        "air_stations",
        {"name_zh": ["1号站", "2号站", "3号站", "4号站"]},
    ),
    "stations of a table": (
        CORNERS,
        "weather_stations",
        {**NAMED, "点位序号": ["1", "2", "3", "4"]},
    ),
}


@pytest.mark.parametrize("case", PLACES.values(), ids=PLACES)
def test_records_that_are_numbered_as_every_table_is_need_no_question(tmp_path, case):
    shapes, class_id, columns = case
    assert asked_of(tmp_path, shapes, class_id, **columns) == [[], []]


def test_a_ring_road_is_no_area(tmp_path):
    layer(tmp_path, [shapely.LineString(SCOPE.exterior)])
    user = UserLayer("road_strip", tmp_path / "own.gpkg")
    assert (
        read_user_layer(user, load_classes()["road_strip"]).geometry.iloc[0].geom_type
        == "LineString"
    )
    edge = UserLayer("road_strip", tmp_path / "own.gpkg", lines="edge")
    with pytest.raises(InputError, match="closed_lines"):
        read_user_layer(edge, load_classes()["road_strip"])


def test_a_county_without_a_feature_is_asked_about(tmp_path):
    layer(tmp_path, [shapely.affinity.translate(SCOPE, 0, -200_000)])
    with pytest.raises(
        InputError,
        match=r'complete_in 140122: no feature of the layer .*\n?.*none_in = \["140122"\]',
    ):
        answer(workspace(tmp_path))
    entry, _ = answer(workspace(tmp_path, 'none_in = ["140122"]'))
    assert entry.reason_code != "incomplete"
    layer(tmp_path, [SCOPE])
    with pytest.raises(
        InputError, match="none_in 140122: a feature of the layer lies in that county"
    ):
        answer(workspace(tmp_path, 'none_in = ["140122"]'))
    with pytest.raises(InputError, match="none_in '140902' does not stand in complete_in"):
        load_workspace(workspace(tmp_path, 'none_in = ["140902"]'))


@pytest.mark.parametrize("suffix", ["gpkg", "gdb"])
def test_a_circle_of_a_layer_is_measured_as_one_of_a_site(tmp_path, suffix):
    pytest.importorskip("pyarrow")
    from test_curves import CENTRE, RADIUS_M, circle_in

    features = read_features(circle_in(tmp_path, suffix), "layer file")
    (shape,) = features.frame.geometry
    assert shapely.get_num_coordinates(shape) > 300
    inside = shapely.Point(
        CENTRE[0] + RADIUS_M - 1, CENTRE[1]
    )  # chords of four degrees lie 1.2 m inside the arc
    assert all(
        shape.covers(shapely.affinity.rotate(inside, turn, origin=CENTRE)) for turn in range(360)
    )
    assert 0.07 < features.error_m < 0.12


def test_an_extent_of_nothing_is_unknown(tmp_path):
    layer(tmp_path, [shapely.Point(386000, 4223800)] * 2, extent_m=[0.0, 30.0])
    said: list[str] = []
    frame = read_user_layer(UserLayer("heritage_sites", tmp_path / "own.gpkg"), SPEC, remarks=said)
    assert np.isnan(frame["extent_m"].iloc[0])
    assert frame["extent_m"].iloc[1] == 30
    assert any("extent_m = 0 is taken as unknown" in text for text in said)


def test_names_cut_to_ten_letters_are_known(tmp_path):
    plain = records(
        [SCOPE], subzone=["保护范围"], county_code=["140122"], legal_designation=["国保"]
    )
    with pytest.warns(UserWarning):
        plain.to_file(tmp_path / "own.shp", engine="pyogrio", encoding="UTF-8")
    assert {"position_a", "county_cod", "legal_desi"} <= set(
        pyogrio.read_info(tmp_path / "own.shp")["fields"]
    )
    said: list[str] = []
    frame = read_user_layer(UserLayer("heritage_sites", tmp_path / "own.shp"), SPEC, remarks=said)
    assert (frame["position_accuracy_m"].iloc[0], frame["county_code"].iloc[0]) == (1.0, "140122")
    assert frame["legal_designation"].iloc[0] == "国保"
    assert sum("字段名被截断" in text for text in said) == 3


def test_the_accuracy_of_a_site_is_known_by_its_cut_name(tmp_path):
    with pytest.warns(RuntimeWarning):
        SITE.assign(site_accuracy_m=7.5).to_file(tmp_path / "plot.shp", engine="pyogrio")
    assert read_sites(tmp_path / "plot.shp").sites[0].accuracy_m == 7.5


def test_a_zip_of_one_shapefile_is_that_shapefile(tmp_path):
    layer(tmp_path, [SCOPE], "own.gpkg")
    (tmp_path / "in").mkdir()
    records([SCOPE]).rename(columns={"position_accuracy_m": "position_a"}).to_file(
        tmp_path / "in" / "own.shp", encoding="UTF-8"
    )
    shutil.make_archive(str(tmp_path / "own"), "zip", tmp_path / "in")
    frames = [
        read_user_layer(UserLayer("heritage_sites", tmp_path / f"own.{s}"), SPEC)
        for s in ("gpkg", "zip")
    ]
    assert frames[0].geometry.iloc[0].equals(frames[1].geometry.iloc[0])
    (tmp_path / "in" / "more.geojson").write_text("{}", encoding="utf-8")
    shutil.make_archive(str(tmp_path / "own"), "zip", tmp_path / "in")
    with pytest.raises(InputError, match="pack one vector file"):
        read_features(tmp_path / "own.zip", "layer file")


def test_a_stale_index_is_no_boundary_no_land_and_no_network(tmp_path):
    shapes = [SCOPE, far()]
    frame = records(shapes)[["feature_id", "geometry"]]
    frame.to_file(tmp_path / "all.shp")
    frame.iloc[:1].to_file(tmp_path / "old.shp")
    for suffix in (".shx", ".dbf"):
        shutil.copy(tmp_path / f"old{suffix}", tmp_path / f"all{suffix}")
    for what in ("layer file", "boundary file", "land file", "network file"):
        with pytest.raises(InputError, match=what):
            read_features(tmp_path / "all.shp", what)
    with pytest.raises(InputError):
        read_network(tmp_path / "all.shp")
    reach = ["reach", "112.70,38.14", "--minutes", "5", "--land", str(tmp_path / "all.shp")]
    assert main(reach) == 3


# --- problems are structure, not texts -----------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "x does not fit no geometry",
        "a is not in China",
        "the geometry is empty",
        "feature_id is empty",
    ],
)
def test_no_name_switches_validation_off(tmp_path, name):
    layer(
        tmp_path, [SCOPE], feature_id=[name], geometry_kind=["extent_box"], designated_on=["soon"]
    )
    with pytest.raises(InputError) as caught:
        read_user_layer(UserLayer("heritage_sites", tmp_path / "own.gpkg"), SPEC)
    assert "an extent_box has no position_accuracy_m" in str(caught.value)
    assert "designated_on 'soon' is not an ISO date" in str(caught.value)


# --- the very content that was read --------------------------------------------------------------


def changing(module, name, path, monkeypatch):
    """Let a file change while a reader reads it."""
    read = getattr(module, name)

    def later(*args, **kwargs):
        found = read(*args, **kwargs)
        path.write_bytes(path.read_bytes() + b" ")
        return found

    monkeypatch.setattr(module, name, later)


def test_a_layer_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = layer(tmp_path, [SCOPE])
    changing(user_layers, "read_layer_file", path, monkeypatch)
    with pytest.raises(InputError, match=r"own.gpkg' changed while it was read"):
        answer(workspace(tmp_path))


def test_a_workspace_that_changes_while_it_is_used_is_refused(tmp_path, monkeypatch):
    layer(tmp_path, [SCOPE])
    path = workspace(tmp_path)
    changing(user_layers, "read_layer_file", path, monkeypatch)
    with pytest.raises(InputError, match=r"sxgeo.toml' changed while it was used"):
        answer(path)


def test_a_layer_that_changed_before_it_was_read_is_another(tmp_path):
    path = layer(tmp_path, [SCOPE])
    user = UserLayer("heritage_sites", path, content=fingerprint(path))
    layer(tmp_path, [far()])
    with pytest.raises(InputError, match="changed while it was read"):
        plug_in(load_layers(), [user])


def test_every_part_of_a_shapefile_is_in_the_receipt(tmp_path):
    (tmp_path / "sub").mkdir()
    records([SCOPE]).rename(columns={"position_accuracy_m": "position_a"}).to_file(
        tmp_path / "sub" / "own.shp", encoding="UTF-8"
    )
    _, report = answer(workspace(tmp_path, file="sub/own.shp"))
    (row,) = report.receipt["user_layers"]
    assert row["file"] == "sub/own.shp"
    assert [part["file"] for part in row["parts"]] == ["own.cpg", "own.dbf", "own.prj", "own.shx"]
    assert report.receipt["workspace"]["file"] == "sxgeo.toml"
    assert report.receipt["workspace"]["found"] is False
    before = fingerprint(tmp_path / "sub" / "own.shp")
    (tmp_path / "sub" / "own.prj").write_text("", encoding="utf-8")
    assert fingerprint(tmp_path / "sub" / "own.shp") != before


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "../up.gpkg", "C:\\data\\own.gpkg", "a/../../own.gpkg"]
)
def test_a_receipt_names_no_folder_outside(text):
    assert "/" not in receipt_name(text)
    assert "\\" not in receipt_name(text)


@pytest.mark.parametrize("kind", ["gdb", "sub-folder", "boundary"])
def test_a_report_replays_with_what_its_workspace_named(tmp_path, capsys, kind):
    home, away = tmp_path / "home", tmp_path / "away"
    (home / "sub").mkdir(parents=True)
    away.mkdir()
    file, text = "sub/own.gpkg", ""
    layer(home / "sub", [SCOPE])
    if kind == "gdb":
        file = "own.gdb"
        records([SCOPE]).to_file(home / file, driver="OpenFileGDB", layer="own", engine="pyogrio")
    if kind == "boundary":
        members = load_zone("taixin").members
        drawn = gpd.GeoDataFrame(
            {"code": members["code"]}, geometry=members.geometry, crs="EPSG:4490"
        )
        drawn.to_file(home / "sub" / "zone.gpkg", engine="pyogrio")
        text = (
            '[[boundary]]\nzone = "taixin"\nfile = "sub/zone.gpkg"\ncode_field ='
            ' "code"\nposition_accuracy_m = 3\n'
        )
    site = home / "plot.geojson"
    SITE.to_crs("EPSG:4490").to_file(site, engine="pyogrio")
    options = [
        "--workspace",
        str(workspace(home, text, file=file)),
        "--format",
        "json",
        "-o",
        str(away / "r.json"),
    ]
    main(["check", str(site), *options])
    receipt = json.loads((away / "r.json").read_text(encoding="utf-8"))["receipt"]
    assert [row["file"] for row in receipt["boundaries"]] == (
        ["sub/zone.gpkg"] if kind == "boundary" else []
    )
    capsys.readouterr()
    assert main(["replay", str(away / "r.json")]) == 3
    assert "not found with the same content" in capsys.readouterr().err
    assert main(["replay", str(away / "r.json"), "--folder", str(home)]) == 0
    part = next(
        p
        for p in sorted(
            (home / file).rglob("*")
            if kind == "gdb"
            else [home / receipt["user_layers"][0]["file"]]
        )
        if p.is_file()
    )
    part.write_bytes(part.read_bytes() + b" ")
    assert main(["replay", str(away / "r.json"), "--folder", str(home)]) == 3


# --- the workspace that is found by itself -------------------------------------------------------


def test_the_workspace_of_the_folder_is_named_first_and_can_be_refused(
    tmp_path, capsys, monkeypatch
):
    layer(tmp_path, [SCOPE])
    workspace(tmp_path)
    SITE.to_crs("EPSG:4490").to_file(tmp_path / "plot.geojson", engine="pyogrio")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "plot.geojson"]) in (10, 11)
    said = capsys.readouterr()
    assert "./sxgeo.toml" in said.out.splitlines()[0]
    assert "./sxgeo.toml" in said.err.splitlines()[0]
    assert main(["check", "plot.geojson", "--format", "json", "-o", "r.json"]) in (10, 11)
    receipt = json.loads(Path("r.json").read_text(encoding="utf-8"))["receipt"]
    assert receipt["workspace"]["found"] is True
    capsys.readouterr()
    assert main(["check", "plot.geojson", "--no-workspace"]) == 11
    assert "sxgeo.toml" not in "".join(capsys.readouterr().err)
    assert main(["check", "plot.geojson", "--format", "json", "-o", "sxgeo.toml"]) == 3
    Path("sxgeo.toml").write_text("broken", encoding="utf-8")
    assert main(["replay", "r.json"]) == 0
    with pytest.raises(SystemExit):
        main(["check", "plot.geojson", "--no-workspace", "--workspace", "sxgeo.toml"])


# --- hostile inputs ------------------------------------------------------------------------------


def test_deep_nesting_is_bad_input(tmp_path, capsys):
    deep = "[" * 100_000
    (tmp_path / "deep.toml").write_text(f"a = {deep}", encoding="utf-8")
    (tmp_path / "deep.json").write_text(deep, encoding="utf-8")
    place = ["check", "--at", "112.70,38.14"]
    for command in (
        [*place, "--workspace", "deep.toml"],
        [*place, "--override", "deep.toml"],
        ["map", "taixin", "--workspace", "deep.toml", "-o", "x.html"],
        ["replay", "deep.json"],
        ["diff", "deep.json", "deep.json"],
    ):
        paths = [
            str(tmp_path / text) if "." in text and text[0].isalpha() else text for text in command
        ]
        assert main(paths) == 3, command
        err = capsys.readouterr().err
        assert "nested too deep" in err, err
    with pytest.raises(InputError, match="nested too deep"):
        own_polygons(tmp_path / "deep.toml")


@pytest.mark.parametrize("text", ["a" + ".a" * 50_000 + " = 1", "[a" + ".a" * 50_000 + "]"])
def test_a_key_without_end_is_bad_input(text, tmp_path, capsys):
    path = tmp_path / "w.toml"
    path.write_text(f"# 工作区\n{text}\n", encoding="utf-8")
    for option in ("--workspace", "--override"):
        assert main(["check", "--at", "112.70,38.14", option, str(path)]) == 3
        assert "the key in line 2 has more than 200 parts" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["gbk", "mark", "list", "wrapped", "nested", "sequence"])
def test_a_geojson_in_any_arrangement_is_a_layer_as_it_is_a_file_of_sites(tmp_path, how):
    plain = records([PLOT], crs="EPSG:4490").to_json(ensure_ascii=False)
    one = json.loads(plain)
    text = {
        "list": json.dumps({"data": [one]}),
        "wrapped": f"var data = {plain};",
        "nested": json.dumps({**one, "features": [one]}),
        "sequence": json.dumps(one["features"][0], indent=1),
        "mark": "\ufeff" + plain,
    }.get(how, plain)
    path = tmp_path / "own.geojson"
    path.write_bytes(text.encode("gbk" if how == "gbk" else "utf-8"))
    features = read_features(path, "layer file")
    assert features.frame["name_zh"].tolist() == ["文物0"]
    assert not features.wrong
    assert not features.doubts


@pytest.mark.parametrize("suffix", ["tab", "mif"])
def test_a_mapinfo_layer_of_no_charset_is_read_as_gb18030_and_held_to_its_rows(tmp_path, suffix):
    path = tmp_path / f"own.{suffix}"
    frame = records([PLOT]).assign(name_zh="碑")
    frame.to_file(path, driver="MapInfo File", engine="pyogrio", encoding="GB18030")
    features = read_features(path, "layer file")
    assert features.frame["name_zh"].tolist() == ["碑"]
    assert any("GB18030" in remark for remark in features.remarks)

    # a row more than there are objects: a part of another export
    rows = path.with_suffix(".mid" if suffix == "mif" else ".id")
    rows.write_bytes(rows.read_bytes() + (b'"x"\n' if suffix == "mif" else bytes(4)))
    with pytest.raises(InputError, match=r"older export|different exports"):
        read_features(path, "layer file")


@posix
@pytest.mark.parametrize("kind", ["pipe", "device", "root", "folder", "missing", "null"])
def test_pipes_devices_and_folders_are_no_files(tmp_path, kind):
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    path = {"pipe": pipe, "device": Path("/dev/zero"), "root": Path("/"), "folder": folder}.get(
        kind, tmp_path / "missing"
    )
    path = Path("a\0b") if kind == "null" else path
    for read in (
        load_workspace,
        own_polygons,
        read_overrides,
        fingerprint,
        read_network,
        lambda p: read_features(p, "land file"),
        lambda p: plug_in(load_layers(), [UserLayer("goaf", p)]),
        lambda p: user_files.read_vector(p),
        lambda p: own_boundaries.read(own_boundaries.OwnBoundary("taixin", p, "code"), []),
    ):
        with pytest.raises(InputError):
            read(path)
    if kind != "null":
        for command in (
            ["replay", str(path)],
            ["diff", str(path), str(path)],
            ["check", "--at", "112.70,38.14", "--layer", f"goaf={path}"],
            ["reach", "112.70,38.14", "--minutes", "5", "--land", str(path)],
            ["reach", "112.70,38.14", "--minutes", "5", "--network", str(path)],
        ):
            assert main(command) == 3, command


def test_the_library_never_writes_over_what_it_read(tmp_path):
    path = layer(tmp_path, [SCOPE])
    told = workspace(tmp_path)
    _, report = answer(told)
    before = {p: p.read_bytes() for p in (path, told)}
    for target in before:
        for save in (
            report.to_gpkg,
            lambda p: report.save(p, format="json"),
            lambda p: report.save(p, format="html"),
        ):
            with pytest.raises(InputError, match="would be written over"):
                save(target)
    assert {p: p.read_bytes() for p in before} == before


def test_a_malformed_receipt_is_bad_input(tmp_path, capsys):
    report = check_sites(SITE, classes=["goaf"])
    for change in (
        {"user_layers": [{}]},
        {"user_layers": [{"file": 3, "sha256": None}]},
        {"boundaries": [7]},
        {"workspace": {"file": 5}},
        {"sites": 3},
    ):
        told = report.to_dict()
        told["receipt"] = {**told["receipt"], **change}
        path = tmp_path / "r.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        assert main(["replay", str(path)]) == 3, change
        capsys.readouterr()


def test_a_boundary_in_a_shifted_zone_is_refused(tmp_path):
    members = load_counties().iloc[:1]
    flat = np.array([to_plane(shape, PLANE) for shape in members.geometry], dtype=object)
    moved = shapely.transform(flat, lambda xy: np.add(xy, (37_000_000, 0)))
    frame = gpd.GeoDataFrame(
        {"code": members["code"].tolist()}, geometry=list(moved), crs="EPSG:4526"
    )
    frame.to_file(tmp_path / "zone.gpkg", engine="pyogrio")
    with pytest.raises(InputError, match="carry the prefix of zone 37"):
        own_boundaries.read(
            own_boundaries.OwnBoundary("taixin", tmp_path / "zone.gpkg", "code"), []
        )
