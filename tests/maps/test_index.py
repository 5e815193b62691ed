"""The maps of all zones and the page that lists them."""

from __future__ import annotations

import json
import re

import pytest

import sxgeo
from sxgeo import cli
from sxgeo.maps import build_map, index_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("atlas")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert cli.main(["map", "--all"]) == 0
    return place / "maps"


def payload(zone_id: str) -> dict:
    page = build_map(zone_id).to_html()
    return json.loads(
        re.search(r'<script type="application/json" id="[^"]*">(.*?)</script>', page, re.S)[1]
    )


def test_every_zone_with_an_outline_has_a_small_map(folder):
    zones = [z for z in sxgeo.list_zones()["zone_id"] if sxgeo.load_zone(z).outline is not None]
    assert {path.stem for path in folder.iterdir()} == {*zones, "index"}
    assert max(path.stat().st_size for path in folder.iterdir()) < 1_600_000


def test_the_index_links_to_its_siblings_only_and_runs_nothing(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    targets = re.findall(r'href="([^"]*)"', page)
    assert {folder / target for target in targets} == {
        p for p in folder.iterdir() if p.stem != "index"
    }
    assert len(targets) == len(set(targets)) and all("/" not in target for target in targets)
    assert (
        "default-src 'none'" in page
        and "<script" not in page
        and "http" not in page.replace("http-equiv", "")
    )
    for zone_id in ("zonggai", "jin_shaan_meng"):
        assert sxgeo.load_zone(zone_id).name_zh in page and f"{zone_id}.html" not in page


def test_the_index_is_the_same_for_the_same_zones():
    zones = [sxgeo.load_zone("taixin"), sxgeo.load_zone("zonggai")]
    assert index_page(zones, {"taixin": 1}) == index_page(zones, {"taixin": 1})
    assert "无图：" in index_page(zones, {"taixin": 1})


def test_all_builds_every_zone_so_no_zone_is_given(capsys):
    assert cli.main(["map", "taixin", "--all"]) == 2
    assert "--all builds every zone" in capsys.readouterr().err


def test_a_member_s_popup_names_code_and_source():
    (county,) = (c for c in payload("yellow_river_triangle")["counties"] if c["code"] == "140830")
    rows = dict(county["rows"])
    assert (
        rows["区划代码"] == "140830"
        and "cre.org.cn" in rows["来源"]
        and rows["片区"] == "灵宝—潼关—芮城次区域"
    )
    assert rows["成员依据"].startswith("确定") and rows["边界精度"].startswith("±")


def test_a_zone_outside_says_which_classes_have_no_data():
    away, partly, home = (
        payload(zone_id) for zone_id in ("guanzhong", "central_cluster", "taixin")
    )
    assert "15类保护资源均无资料" in away["meta"]["coverage_zh"] and away["features"] == []
    assert "12个县" in partly["meta"]["coverage_zh"] and len(partly["features"]) > 100
    assert home["meta"]["coverage_zh"] == "" and home["meta"]["home"]


def test_isochrones_stand_only_where_their_origin_and_a_network_are():
    assert payload("central_cluster")["bands"]
    assert (
        not payload("yellow_river_triangle")["bands"]
        and not payload("yellow_river_provinces")["bands"]
    )


def test_plan_elements_are_listed_and_only_points_are_drawn():
    elements = payload("taixin")["elements"]
    assert [e["id"] for e in elements if "at" in e] == ["PE-43", "PE-47", "PE-48"]
    assert all(e["acc_m"] > 9000 for e in elements if "at" in e)
    assert all(dict(e["rows"])["内容"] for e in elements)
