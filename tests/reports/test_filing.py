"""The tables that a filing needs: what is taken, of which land class, and sums that are the plot to
the hundredth.
"""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.boundaries.units import load_counties
from sxgeo.errors import InputError
from sxgeo.model.land import group_of, totals
from sxgeo.reports.overlap_table import overlap_table
from sxgeo.workspace.land_shares import LandPatches, largest_remainder
from sxgeo.workspace.land_use import LandLayer

PLANE = "EPSG:4547"
YANGQU = load_counties().set_index("code").geometry["140122"]
EAST, NORTH = 389_300.0, 4_220_700.0


def box(west: float, south: float, east: float, north: float):
    """A rectangle on the plane, in metres from a place in Yangqu."""
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


PLOT = box(0, 0, 100, 100)
GRID_M2 = 1.0
"""What the grid of 1e-7 degree, a centimetre, may take off or add along the edges of these plots.
"""


def saved(path: Path, shapes, **columns) -> Path:
    given_columns = {"feature_id": [f"{path.stem}-{n}" for n in range(len(shapes))]} | columns
    frame = gpd.GeoDataFrame(given_columns, geometry=list(shapes), crs=PLANE)
    frame.to_file(path, engine="pyogrio")
    return path


def answered(folder: Path, *entries: str, plot=PLOT):
    site = folder / "site.gpkg"
    gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[plot], crs=PLANE).to_file(site, engine="pyogrio")
    text = "".join(f"{entry}\n" for entry in entries)
    (folder / "sxgeo.toml").write_text(text, encoding="utf-8")
    return check_sites(site, workspace=folder / "sxgeo.toml", project_type="industrial")


def layer_of(class_id: str, file: str, more: str = "") -> str:
    return (
        f'[[layer]]\nclass = "{class_id}"\nfile = "{file}"\nposition_accuracy_m = 0.1\nname ='
        f' "对象"\nmode = "replace"\ncomplete_in = ["阳曲县"]\ncomplete_document = "某文"\n{more}'
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    saved(folder / "red.gpkg", [box(0, 0, 50, 100)])
    saved(folder / "farm.gpkg", [box(25, 0, 75, 100)])
    saved(
        folder / "town.gpkg",
        [box(0, 0, 60, 50), box(60, 0, 100, 50)],
        FQ=["集中建设区", "弹性发展区"],
    )
    report = answered(
        folder,
        layer_of("生态保护红线", "red.gpkg"),
        layer_of("永久基本农田", "farm.gpkg"),
        '[[layer]]\nclass = "城镇开发边界"\nfile = "town.gpkg"\nboundary = "legal_vector"\nname ='
        ' "边界"\n'
        '[layer.fields]\nsubzone = "FQ"\n',
    )
    return overlap_table(report.sites[0], report.classes), report


def test_each_line_takes_what_a_person_works_out(table):
    rows = {(r.class_id, r.zone): r for r in table[0].rows}
    assert rows["ecological_redline", None].area_m2 == pytest.approx(5000, abs=GRID_M2)
    farmland = rows["permanent_farmland", None]
    assert farmland.area_m2 == pytest.approx(5000, abs=GRID_M2)
    assert rows["urban_boundary", "urban_concentrated"].area_m2 == pytest.approx(3000, abs=GRID_M2)
    assert rows["urban_boundary", "urban_flexible"].area_m2 == pytest.approx(2000, abs=GRID_M2)
    outside = rows["urban_boundary", "outside"]
    assert outside.area_m2 == pytest.approx(5000, abs=GRID_M2) and "须论证" in outside.todo


def test_lines_do_not_add_up_and_the_sum_is_the_plot(table):
    found = table[0]
    assert found.union_m2 == pytest.approx(7500, abs=GRID_M2)
    assert abs(found.union_m2 + found.free_m2 - found.area_m2) < 0.005
    assert abs(found.difference_m2) < 0.005
    assert found.area_m2 == pytest.approx(table[1].sites[0].area_m2, abs=0.01)


def test_what_nobody_looked_at_is_not_what_is_free(table):
    rows = {r.class_id: r for r in table[0].rows}
    assert rows["wetlands"].area_m2 is None and rows["wetlands"].todo == "未筛查"
    assert (
        "资料不完备" in rows["industrial_heritage"].todo
        or rows["industrial_heritage"].todo == "未筛查"
    )
    assert not any(r.todo == "不涉及（0.0000）" for r in table[0].rows)


def test_a_sliver_is_listed(tmp_path):
    saved(tmp_path / "red.gpkg", [box(-50, 0, 0.05, 10), box(40, 40, 60, 60)])
    report = answered(tmp_path, layer_of("生态保护红线", "red.gpkg"))
    found = overlap_table(report.sites[0], report.classes)
    (row,) = [r for r in found.rows if r.class_id == "ecological_redline"]
    assert (row.patches, row.slivers) == (2, 1)


def test_the_workbook_prints_the_check(table, tmp_path):
    book = openpyxl.load_workbook(table[1].to_xlsx(tmp_path / "r.xlsx"))
    texts = [str(c.value) for row in book["压占分析表"].iter_rows() for c in row]
    assert "校核：合计＝地块面积，差0.00㎡" in texts and "去重后合计（不含城镇开发边界）" in texts
    procedures = [row[1] for row in book["需办手续表"].values]
    for name in (
        "考古调查、勘探",
        "压覆矿产资源查询",
        "地质灾害危险性评估",
        "水土保持方案",
        "耕地占补平衡",
        "永久基本农田补划",
    ):
        assert name in procedures
    assert any("[land_use]" in str(c.value) for row in book["现状地类"].iter_rows() for c in row)


@given(
    st.lists(
        st.floats(0, 1e7, allow_nan=False, allow_infinity=False), min_size=1, max_size=30
    ).filter(lambda w: sum(w) > 1e-3),
    st.floats(0, 1e8, allow_nan=False),
)
def test_shares_add_up_and_none_is_a_unit_off(weights, total):
    shares = largest_remainder(weights, total)
    assert round(sum(round(s * 100) for s in shares)) == round(total * 100)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - weight / sum(weights) * round(total, 2)) < 0.01 + 1e-6 * total


def patches(folder: Path, shapes, **columns) -> LandPatches:
    return LandPatches(LandLayer("land_use", saved(folder / "dltb.gpkg", shapes, **columns)))


def shared(land: LandPatches, plot=PLOT):
    degrees = gpd.GeoSeries([plot], crs=PLANE).to_crs("EPSG:4490")[0]
    return land.of("S", degrees, plot.area)


def test_ridges_leave_arable_land_and_stay_farmland(tmp_path):
    land = patches(
        tmp_path,
        [box(-10, -10, 50, 110), box(50, -10, 110, 110)],
        DLBM=["0103", "0702"],
        DLMC=["旱地", "农村宅基地"],
        QSXZ=["30", "20"],
        ZLDWMC=["东村", "西村"],
        KCXS=[0.1, 0.0],
    )
    rows = {(r.code, r.owner): (r.group, r.area_m2) for r in shared(land).rows}
    assert rows["0103", "集体"] == ("农用地", pytest.approx(4500, abs=0.2))
    assert rows["1203", "集体"] == ("农用地", pytest.approx(500, abs=0.05))
    assert rows["0702", "国有"] == ("建设用地", pytest.approx(5000, abs=0.2))


def test_rows_and_groups_add_up_to_the_plot_to_the_hundredth(tmp_path):
    shapes = [box(33.37 * n - 5, -5, 33.37 * (n + 1) - 5, 120) for n in range(4)]
    land = patches(
        tmp_path, shapes, DLBM=["0101", "0103", "0301", "1006"], KCXS=[0.073, 0.129, 0.0, 0.0]
    )
    plot = shapely.Polygon(
        [(x + EAST, y + NORTH) for x, y in [(0, 0), (97.3, 3.1), (88.8, 91.7), (4.4, 100.2)]]
    )
    found = shared(land, plot)
    assert round(sum(round(r.area_m2 * 100) for r in found.rows)) == round(plot.area * 100)
    assert math.isclose(sum(a for _, a in totals(found.rows)), round(plot.area, 2), abs_tol=1e-6)
    assert found.problems == ()


def test_land_without_a_patch_is_a_row_and_said(tmp_path):
    land = patches(tmp_path, [box(0, 0, 50, 100)], DLBM=["0101"])
    found = shared(land)
    assert (
        found.uncovered_m2 == pytest.approx(5000, abs=0.2) and "没有图斑覆盖" in found.problems[0]
    )
    outside = shared(land, box(500, 500, 600, 600))
    assert [r.code for r in outside.rows] == [""] and outside.uncovered_m2 == pytest.approx(
        10_000, abs=0.01
    )


def test_patches_that_contradict_each_other_are_said(tmp_path):
    land = patches(tmp_path, [box(0, 0, 100, 100), box(40, 0, 60, 100)], DLBM=["0101", "0702"])
    assert (
        "图斑互相重叠 2,0" in shared(land).problems[0]
        or "图斑互相重叠 1,99" in shared(land).problems[0]
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"DLMC": ["旱地"]}, "has no field DLBM"),
        ({"DLBM": ["0103"], "KCXS": [12.0]}, "KCXS 12.0 is no share from 0 to 1"),
        ({"DLBM": [None]}, "row 1: no DLBM"),
    ],
)
def test_a_layer_that_cannot_be_shared_out_is_refused(tmp_path, columns, words):
    with pytest.raises(InputError, match=words):
        patches(tmp_path, [PLOT], **columns)


@pytest.mark.parametrize(
    ("code", "group"),
    [
        *[
            (code, "农用地")
            for code in (
                "0101",
                "0201K",
                "0301",
                "0401",
                "1006",
                "1103",
                "1104A",
                "1107",
                "1202",
                "1203",
            )
        ],
        *[(code, "建设用地") for code in ("0601", "0702", "1003", "1109", "1201")],
        *[(code, "未利用地") for code in ("0404", "1101", "1106", "1108", "1206")],
        ("9999", "未列入对照表"),
    ],
)
def test_land_classes_stand_in_one_group(code, group):
    assert group_of(code) == group


def test_land_classes_reach_the_report(tmp_path):
    saved(
        tmp_path / "dltb.gpkg", [box(-10, -10, 110, 110)], DLBM=["0103"], DLMC=["旱地"], KCXS=[0.1]
    )
    report = answered(tmp_path, '[land_use]\nfile = "dltb.gpkg"\nyear = "2024"\n')
    book = openpyxl.load_workbook(report.to_xlsx(tmp_path / "r.xlsx"))
    texts = [str(c.value) for row in book["现状地类"].iter_rows() for c in row]
    assert (
        "田坎" in texts
        and "校核：合计＝地块面积，差0.00㎡" in texts
        and any("2024" in t for t in texts)
    )
    assert "未接入国土变更调查" not in report.to_html()
