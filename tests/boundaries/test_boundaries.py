"""Zones: names, members, plan elements, and in which zones a place is."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import sxgeo
from sxgeo import cli
from sxgeo.boundaries.plan_elements import elements_at, load_elements
from sxgeo.boundaries.units import load_units
from sxgeo.boundaries.zone_table import _plain, find_zone, zones_of
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import ellipsoid_area_m2
from sxgeo.model.elements import ELEMENT_COLUMNS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data/sources"
sys.path.insert(0, str(ROOT / "scripts"))

import zones_doc  # noqa: E402

DESIGNED = [
    "taixin",
    "taixin_taiyuan",
    "taixin_xinzhou",
    "central_cluster",
    "zonggai",
    "yellow_river_triangle",
    "hancheng_hejin_wanrong",
    "lingbao_tongguan_ruicheng",
    "houma_xinjiang_quwo",
    "wudazhang",
    "xin_yu_e",
    "jin_shaan_meng",
    "central_plains",
    "zhengzhou_metro",
    "guanzhong",
    "jing_jin_ji",
    "yangtze_delta",
    "greater_bay",
    "yellow_river_provinces",
    "north_circle",
    "southeast_circle",
    "south_circle",
]
UNDRAWN = {"zonggai", "jin_shaan_meng"}


def test_every_zone_of_the_design_is_there():
    assert set(sxgeo.list_zones()["zone_id"]) == set(DESIGNED)


@pytest.mark.parametrize("zone_id", DESIGNED)
def test_a_zone_has_an_outline_or_a_reason(zone_id):
    zone = sxgeo.load_zone(zone_id)
    assert (zone.outline is None) == (zone_id in UNDRAWN) == bool(zone.geometry_note)
    assert zone.sources
    assert zone.members.geometry.notna().all()
    assert list(zone.members["code"]) == sorted(zone.members["code"])
    assert (zone.members["source"].str.len() > 0).all()
    assert set(zone.members["confidence"]) <= {"high", "medium", "low"}
    assert not (zone.members["certain"] & (zone.members["confidence"] != "high")).any()


@pytest.mark.parametrize(
    "row", list(csv.DictReader((SOURCES / "zones.csv").open(encoding="utf-8")))
)
def test_published_counts_and_areas_agree(row):
    zone = sxgeo.load_zone(row["zone_id"])
    if row["published_members"]:
        assert len(zone.members) == int(row["published_members"])
    if row["published_area_km2"]:
        area_km2 = ellipsoid_area_m2(zone.outline) / 1e6
        assert area_km2 == pytest.approx(float(row["published_area_km2"]), rel=0.015)


def test_what_is_only_assumed_is_not_certain():
    def certain(zone_id):
        return sxgeo.load_zone(zone_id).members.set_index("code")["certain"]

    assert not certain("xin_yu_e").any() and not certain("zhengzhou_metro").any()
    assert certain("central_cluster").all() and certain("yellow_river_triangle").all()
    assert certain("guanzhong").loc[lambda s: ~s].index.tolist() == ["621002"]
    assert "pinglu" not in " ".join(sxgeo.load_zone("guanzhong").members["name_en"]).lower()


def test_recoded_units_stand_under_the_code_of_today():
    members = sxgeo.load_zone("central_cluster").members.set_index("code")
    assert (
        members.loc["140703", "name_zh"] == "太谷区" and "140726" in members.loc["140703", "note"]
    )
    assert {"140213", "140214", "140215"} <= set(sxgeo.load_zone("wudazhang").members["code"])
    assert (
        sxgeo.load_zone("wudazhang").members.set_index("code").loc["140213", "note"].count("2018")
        == 2
    )


def test_the_energy_triangle_and_its_relative_are_not_the_same():
    triangle = sxgeo.load_zone("jin_shaan_meng")
    assert (
        triangle.related == ("xin_yu_e",)
        and triangle.outline is None
        and len(triangle.members) == 0
    )
    assert triangle.locate(lon=[110.0], lat=[39.0])["zone_id"].tolist() == [None]


@pytest.mark.parametrize(
    ("name", "zone_id"),
    [
        ("太忻", "taixin"),
        ("太忻一体化经济区", "taixin"),
        ("Taixin", "taixin"),
        ("tai-xin", "taixin"),
        ("黄河金三角", "yellow_river_triangle"),
        ("Yellow River Golden Triangle", "yellow_river_triangle"),
        ("灵宝潼关芮城", "lingbao_tongguan_ruicheng"),
        ("乌大张", "wudazhang"),
        ("沿黄九省(区)", "yellow_river_provinces"),
        ("GUANZHONG", "guanzhong"),
        ("dawanqu", "greater_bay"),
    ],
)
def test_names_in_three_scripts_find_a_zone(name, zone_id):
    assert find_zone(name) == zone_id


def test_no_name_stands_for_two_zones():
    seen: dict[str, str] = {}
    for row in csv.DictReader((SOURCES / "zones.csv").open(encoding="utf-8")):
        for name in (row["zone_id"], row["name_zh"], row["name_en"], *row["aliases"].split(";")):
            assert seen.setdefault(_plain(name), row["zone_id"]) == row["zone_id"], name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("taixn", "'taixin'"),
        ("金三角", "'yellow_river_triangle'"),
        ("黄河三角", "'yellow_river_triangle'"),
    ],
)
def test_an_unknown_zone_is_answered_with_the_nearest(name, near):
    with pytest.raises(
        UsageError, match=f"unknown zone '{name}'.*Did you mean .*{near}.*Known: taixin"
    ):
        sxgeo.load_zone(name)


def test_a_name_near_nothing_still_lists_what_is_known():
    with pytest.raises(UsageError, match=r"unknown zone 'Ω'\. Known: taixin"):
        find_zone("Ω")


# --- where a place is
# -------------------------------------------------------------------------------


def test_a_place_is_told_county_segment_and_zone():
    found = sxgeo.load_zone("taixin").locate(lon=[112.68, 111.0], lat=[38.06, 35.02])
    assert found["county_code"].tolist() == ["140122", None]
    assert found["sub_region"].tolist() == ["taixin_taiyuan", None]
    assert found["zone_id"].tolist() == ["taixin", None]


def test_a_corner_that_counties_share_belongs_to_the_smallest_code():
    zone = sxgeo.load_zone("taixin")
    edges = shapely.get_parts(shapely.intersection(*zone.members.geometry[:2]))  # 迎泽 and 杏花岭
    corner = shapely.get_point(edges[shapely.get_type_id(edges) == 1][0], 0)
    found = zone.locate(gpd.GeoSeries([corner], crs="EPSG:4490", index=["x"]))
    assert found.loc["x", "county_code"] == zone.members["code"][0]
    assert found.loc["x", "near_edge"]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_place_of_a_zone_is_in_exactly_one_county_and_nearness_is_the_distance(seed):
    zone = sxgeo.load_zone("yellow_river_triangle")
    west, south, east, north = zone.outline.bounds
    random = np.random.default_rng(seed)
    points = gpd.GeoSeries(
        shapely.points(random.uniform(west, east, 40), random.uniform(south, north, 40)),
        crs="EPSG:4490",
    )
    found = zone.locate(points)
    for point, code, near in zip(points, found["county_code"], found["near_edge"], strict=True):
        holding = zone.members[zone.members.intersects(point)]["code"].tolist()
        assert code == (min(holding) if holding else None)
        rough_m = shapely.distance(zone.members.geometry.to_numpy(), point).min() * 111_000
        if code is None and rough_m > 3000:
            assert not near
    assert (zone.contains(points) == found["county_code"].notna()).all()


def test_missing_and_odd_points_are_nowhere_or_refused():
    zone = sxgeo.load_zone("taixin")
    found = zone.locate(gpd.GeoSeries([None, shapely.Point(112.68, 38.06)], crs="EPSG:4326"))
    assert found["county_code"].tolist() == [None, "140122"] and not found["near_edge"][0]
    assert len(zone.locate(lon=[], lat=[])) == 0
    with pytest.raises(InputError, match="geographic CRS"):
        zone.locate(gpd.GeoSeries([shapely.Point(1, 2)]))
    with pytest.raises(InputError, match="only points"):
        zone.locate(gpd.GeoSeries([shapely.box(112, 38, 113, 39)], crs="EPSG:4490"))
    with pytest.raises(InputError, match="same length"):
        zone.locate(lon=[112.0, 113.0], lat=[38.0])


def test_all_zones_of_a_place_are_named():
    found = sxgeo.locate(
        lon=[112.68, 111.0, 113.3, 114.17, 139.7], lat=[38.06, 35.02, 23.1, 22.3, 35.7]
    )
    assert found["county_code"].tolist() == ["140122", "140802", "440100", "810000", None]
    assert found["zone_ids"][0] == (
        "taixin",
        "taixin_taiyuan",
        "central_cluster",
        "yellow_river_provinces",
    )
    assert set(found["zone_ids"][1]) == {
        "south_circle", "yellow_river_triangle", "guanzhong", "central_plains", "yellow_river_provinces"
    }  # fmt: skip
    assert found["zone_ids"][2] == found["zone_ids"][3] == ("greater_bay",)
    assert found["zone_ids"][4] == ()


# --- plan elements
# ----------------------------------------------------------------------------------


def test_elements_invent_no_place():
    elements = load_elements()
    assert list(elements.columns) == [*ELEMENT_COLUMNS, "geometry"]
    assert set(elements["geometry_kind"]) == {"point", "members", "none"}
    assert (elements.geometry.isna() == (elements["geometry_kind"] == "none")).all()
    assert not elements.geometry.dropna().geom_type.isin(["LineString", "MultiLineString"]).any()
    points = elements[elements["geometry_kind"] == "point"]
    assert points["element_id"].tolist() == ["PE-43", "PE-47", "PE-48"]
    assert (points["position_accuracy_m"] > 9000).all()
    assert (elements["says_zh"].str.len() > 0).all() and (elements["plan"].str.len() > 0).all()


def test_the_transfer_layout_names_two_of_two_and_two_of_five():
    elements = sxgeo.load_zone("taixin").plan_elements().set_index("element_id")
    layout = elements[elements["chapter"] == "承接京津冀产业转移集聚区实施方案"]
    assert layout["type"].value_counts().to_dict() == {
        "new_town": 2,
        "development_zone": 2,
        "transfer_layout": 1,
    }
    assert elements.loc["PE-47", "extent_m"] == 5642  # sqrt(100e6 / pi) = 5641.9
    assert elements.loc["PE-48", "extent_m"] == 2019  # sqrt(12.8e6 / pi) = 2018.5


def test_the_axes_of_the_triangle_are_four_without_a_line():
    elements = sxgeo.load_zone("yellow_river_triangle").plan_elements()
    axes = elements[elements["type"] == "axis"]
    assert len(axes) == 4 and axes.geometry.isna().all()
    assert (elements["type"] == "sub_circle").sum() == 3 and (
        elements["type"] == "pilot_park"
    ).sum() == 1


def test_an_element_of_one_segment_is_not_told_to_the_other():
    north, south = (
        sxgeo.load_zone(f"taixin_{part}").plan_elements()["element_id"]
        for part in ("xinzhou", "taiyuan")
    )
    assert "PE-44" in set(north) - set(south) and "PE-45" in set(south) - set(north)
    assert {"PE-35", "PE-37"} <= set(north) & set(south)


def test_a_place_hears_what_is_said_of_its_county():
    ids = [element["element_id"] for element in elements_at(["140830"])]
    assert (
        {"PE-02", "PE-24", "PE-50", "PE-04"} <= set(ids)
        and "PE-22" not in ids
        and ids == sorted(ids)
    )
    assert elements_at([]) == []


def test_a_check_names_zones_and_plans():
    report = sxgeo.check_sites(sxgeo.read_sites(gpd.GeoDataFrame(geometry=[shapely.box(112.68, 38.06, 112.69, 38.07)], crs="EPSG:4490"))).to_dict()  # fmt: skip
    site = report["sites"][0]
    assert site["zones"][:2] == ["taixin", "taixin_taiyuan"]
    assert {"element_id", "name_zh", "plan", "chapter", "says_zh"} == set(site["plan_elements"][0])
    assert "PE-43" in [element["element_id"] for element in site["plan_elements"]]


def test_a_site_outside_the_home_zone_is_told_its_county(capsys):
    cli.main(["check", "--at", "111.0,35.02"])
    text = capsys.readouterr().out
    assert "盐湖区 140802" in text and "规划中提到本县" in text


# --- command line
# -------------------------------------------------------------------------------------


def test_the_list_of_zones_has_the_keys_of_the_design(capsys):
    assert cli.main(["zones", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [zone["id"] for zone in listed] == sxgeo.list_zones()["zone_id"].tolist()
    for zone in listed:
        assert set(zone) == {"id", "name_zh", "name_en", "members", "sub_regions", "geometry_note"}
        for member in zone["members"]:
            assert set(member) == {"code", "name_zh", "level", "certain", "source"}
            assert member["level"] in (
                "district",
                "county",
                "county_city",
                "prefecture",
                "province",
                "sar",
            )


def test_zones_are_listed_for_readers_in_80_columns(capsys):
    from sxgeo.reports.sentences import text_width

    assert cli.main(["zones"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("无边界 no outline" in line for line in lines)
    assert max(text_width(line) for line in lines if line.startswith("    ")) <= 80


def test_an_unknown_zone_is_wrong_usage(capsys):
    assert cli.main(["map", "taixn"]) == 2
    assert "Did you mean 'taixin'" in capsys.readouterr().err


def test_a_zone_without_an_outline_has_no_map(capsys):
    assert cli.main(["map", "综改区"]) == 5
    assert "托管园区" in capsys.readouterr().err


def test_the_page_of_zones_is_what_the_data_say():
    assert (ROOT / "docs/zones.md").read_text(encoding="utf-8") == zones_doc.text()


def test_an_unknown_level_is_refused():
    with pytest.raises(
        UsageError, match=r"unknown level 'town'\. Known: county, prefecture, province"
    ):
        load_units("town")


def test_plan_elements_are_a_layer_too():
    layer = sxgeo.load_layer("plan_elements")
    assert layer.frame["element_id"].is_monotonic_increasing and len(layer.frame) == 50


def test_a_file_is_told_every_zone_of_its_counties_also_those_by_province():
    assert "yellow_river_provinces" in zones_of("140106")
    told = sxgeo.inspect_file(ROOT / "examples/sites/on_monument.geojson")
    assert told["files"][0]["zones"] == sorted(zones_of("140106"))
