"""The static figure: one sheet with everything that the page shows, the same bytes twice, letters
in the file.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from types import MappingProxyType
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import make_record
from hypothesis import given, settings
from hypothesis import strategies as st

import sxgeo
from sxgeo.cli import main
from sxgeo.errors import AnalysisError, DataError, InputError, UsageError
from sxgeo.layers.classes import CLASS_IDS
from sxgeo.layers.layers import Layer, load_layer, load_layers
from sxgeo.maps.content import Given, zone_content
from sxgeo.maps.style import BASE_STYLES, CLASS_STYLES, EDGE_STYLES, VERDICT_STYLES
from sxgeo.model.outcomes import Origin
from sxgeo.reports.palette import RED
from sxgeo.wording import MAP_NOTICE

pytest.importorskip("matplotlib")

from matplotlib import font_manager
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Circle, PathPatch
from matplotlib.text import Text

from sxgeo.maps.plot import faces, pen
from sxgeo.maps.plot.furniture import nice
from sxgeo.maps.plot.labels import Label, place_labels
from sxgeo.maps.plot.sheet import CONIC, lay_out

try:
    faces.face()
except InputError as error:
    pytest.skip(str(error), allow_module_level=True)

NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")
NO_LINKS = load_layer("transport_links").frame.head(0)


def texts(figure) -> list[str]:
    return [
        t.get_text() for t in figure.axes[0].get_children() if isinstance(t, Text) and t.get_text()
    ]


def surveyed_layer(class_id: str, **values) -> Layer:
    spec = load_layer(class_id).spec
    rows = [
        make_record(feature_id=f"{class_id}-{i}", resource_class=class_id, name_zh=f"{kind}区", geometry_kind=kind,
                    geometry=shapely.Point(112.4 + 0.3 * i, 38.6).buffer(0.09)) | values
        for i, kind in enumerate(("surveyed", "digitised", "extent_box"))
    ]  # fmt: skip
    return Layer.from_frame(spec, gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490"))


@pytest.fixture(scope="module")
def figure():
    return sxgeo.plot_map("taixin")


@pytest.fixture(scope="module")
def bare():
    """A small figure: one class with polygons, no links, no isochrones."""
    return sxgeo.plot_map(
        "taixin", layers=[surveyed_layer("water_sources")], areas=NO_AREAS, links=NO_LINKS
    )


def test_a_landscape_a4_sheet_carries_title_notice_dates_plane_scale_and_the_slot(figure):
    assert np.allclose(figure.get_size_inches() * 25.4, (297, 210))
    words = "\n".join(texts(figure))
    assert "太原—忻州一体化经济区" in words
    assert "Taiyuan–Xinzhou Integrated Economic Zone" in words
    assert MAP_NOTICE in words
    assert "数据日期 " in words
    assert "EPSG:4490" in words
    assert "EPSG:4547" in words
    assert "审图号：＿＿" in words
    assert "北" in texts(figure)
    assert re.search(r"约1:1,\d00,000", words)


def test_the_legend_tells_the_counts_of_every_class_and_the_records_without_a_position(figure):
    words = texts(figure)
    for layer in load_layers():
        drawn_name = next(w for w in words if w.startswith(layer.spec.name_zh))
        assert drawn_name
        count = layer.spec.official_count
        assert f"{layer.located} / {layer.held} / {count:g}" in words or layer.spec.unit == "ha"
    content = zone_content(sxgeo.load_zone("taixin"), load_layers(), Given(areas=NO_AREAS))
    missing = sum("at" not in f for f in content["features"])
    assert missing > 0
    assert f"无位置记录 {missing} 项" in "".join(words)
    assert any(w.startswith("未筛查不等于无冲突") for w in words)


def test_isochrones_carry_their_minutes_and_the_counties_their_names(figure):
    words = texts(figure)
    assert {"15 分钟", "30 分钟", "60 分钟"} <= set(words)
    assert set(sxgeo.load_zone("taixin").members["name_zh"]) <= set(words)


def test_every_located_record_has_a_symbol_and_every_ring_its_radius_in_the_scale(figure):
    content = zone_content(sxgeo.load_zone("taixin"), load_layers(), Given(areas=NO_AREAS))
    located = [f for f in content["features"] if "at" in f]
    hollow = sum(f["mark"] != "object" for f in located)
    patches = [p for p in figure.axes[0].get_children() if isinstance(p, PathPatch)]
    from matplotlib.colors import to_hex

    drawn_hollow = sum(to_hex(p.get_facecolor()) == "#fffdf8" and p.get_fill() for p in patches)
    assert drawn_hollow >= hollow
    # 五台山 has a published area: its circle of equal area is 13.9 km wide in radius
    wutai = next(f for f in located if f["id"] == "PA-001")
    radius_mm = wutai["ext_m"] / figure.sheet.metres_per_mm
    circles = [c.radius for c in figure.axes[0].get_children() if isinstance(c, Circle)]
    assert min(abs(r - radius_mm) for r in circles) < 1e-9


def test_the_same_data_give_the_same_bytes_in_every_format(bare, tmp_path):
    again = sxgeo.plot_map(
        "taixin", layers=[surveyed_layer("water_sources")], areas=NO_AREAS, links=NO_LINKS
    )
    for suffix in ("png", "pdf", "svg"):
        bare.save(tmp_path / f"a.{suffix}", dpi=60)
        again.save(tmp_path / f"b.{suffix}", dpi=60)
        content = (tmp_path / f"a.{suffix}").read_bytes()
        assert content == (tmp_path / f"b.{suffix}").read_bytes()
        assert b"CreationDate" not in content
        assert b"dc:date" not in content


def test_a_pdf_embeds_every_font_and_an_svg_needs_none(bare, tmp_path):
    bare.save(tmp_path / "map.pdf")
    content = (tmp_path / "map.pdf").read_bytes()
    fonts = re.findall(rb"/Subtype /(Type0|Type3|TrueType|Type1)\b", content)
    assert fonts
    assert set(fonts) == ({b"Type3"} if faces.embeds_as_outlines() else {b"Type0"}) | (
        set(fonts) & {b"Type3"}
    )
    bare.save(tmp_path / "map.svg")
    root = ElementTree.parse(tmp_path / "map.svg").getroot()
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    assert "http" not in "".join(e.get("href", "") for e in root.iter())


def test_a_name_is_text_and_never_mathematics_and_keeps_to_one_line(tmp_path):
    name = "$x^2$ <script>\u2028\n" + "长" * 80
    layer = surveyed_layer("water_sources", name_zh=name)
    drawn = sxgeo.plot_map("taixin", layers=[layer], areas=NO_AREAS, links=NO_LINKS)
    found = next(t for t in texts(drawn) if t.startswith("$x^2$"))
    assert found.startswith("$x^2$ <script> 长")
    assert found.endswith("…")
    drawn.save(tmp_path / "map.svg")
    ElementTree.parse(tmp_path / "map.svg")


def test_surveyed_digitised_and_rough_boundaries_are_drawn_differently_and_told_in_the_legend(bare):
    colour = CLASS_STYLES["water_sources"].colour
    from matplotlib.colors import to_hex

    edges = [
        p
        for p in bare.axes[0].get_children()
        if isinstance(p, PathPatch) and to_hex(p.get_edgecolor()) == colour
    ]
    looks = {(p.get_linewidth(), str(p.get_linestyle())) for p in edges}
    assert len(looks) >= 3
    for edge in EDGE_STYLES.values():
        assert edge.label_zh in texts(bare)


@settings(max_examples=12)
@pytest.mark.parametrize("kind", ["diagonal", "back", "cross", "lines", "waves"])
@given(x=st.floats(-50, 50), y=st.floats(-50, 50), wide=st.floats(2, 60), high=st.floats(2, 60))
def test_a_hatch_covers_its_box_and_neighbours_share_their_lines(kind, x, y, wide, high):
    box = (x, y, x + wide, y + high)
    lines = shapely.multilinestrings(list(pen.hatch_lines(kind, box, 1.7)))
    empty = shapely.difference(shapely.box(*box), shapely.buffer(lines, 2.0))
    assert empty.area < 1e-6
    other = shapely.multilinestrings(
        list(pen.hatch_lines(kind, (x - 5, y - 5, x + wide, y + high), 1.7))
    )
    inside = shapely.intersection(other, shapely.box(*box))
    assert shapely.difference(inside, shapely.buffer(lines, 1e-6)).length < 1e-3


def test_every_hatch_and_symbol_of_the_style_table_can_be_drawn():
    for style in CLASS_STYLES.values():
        path = pen.symbol_path(style.path)
        assert np.abs(path.vertices).max() <= 11
        assert style.hatch == "dots" or list(pen.hatch_lines(style.hatch, (0, 0, 10, 10), 1.7))


def test_an_arc_of_a_symbol_is_the_circle_it_says():
    vertices = pen.symbol_path("M0-7.5A7.5 7.5 0 1 1 0 7.5A7.5 7.5 0 1 1 0-7.5Z").vertices
    assert np.allclose(np.hypot(*vertices.T), 7.5)
    assert vertices[1][0] > 0  # sweep 1 turns clockwise on the screen, where y runs down
    assert vertices[:, 0].min() == pytest.approx(-7.5, abs=0.05)


def test_a_symbol_path_with_an_unknown_command_is_refused():
    with pytest.raises(DataError, match="holds more than M, L, H, V, C, A and Z"):
        pen.symbol_path("M0 0Q1 1 2 2Z")


labels = st.lists(
    st.builds(
        Label,
        text=st.text("太原忻州阳曲", min_size=1, max_size=6),
        places=st.lists(st.tuples(st.floats(0, 80), st.floats(0, 60)), min_size=1, max_size=3).map(
            tuple
        ),
        priority=st.integers(0, 3).map(float),
        size_pt=st.sampled_from([4.0, 6.0]),
        beside_mm=st.sampled_from([None, 1.5]),
        room_mm=st.sampled_from([0.0, 8.0]),
    ),
    max_size=25,
)


def meet(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@settings(max_examples=60)
@given(labels=labels, seed=st.randoms(use_true_random=False))
def test_labels_never_meet_never_leave_the_frame_and_do_not_depend_on_their_order(labels, seed):
    frame, symbols = (0, 0, 80, 60), [(20, 20, 24, 24), (50, 30, 53, 33)]
    placed, left_out = place_labels(labels, symbols, frame)
    assert len(placed) + len(left_out) == len(labels)
    for i, one in enumerate(placed):
        assert one.box[0] >= 0 and one.box[2] <= 80 and one.box[1] >= 0 and one.box[3] <= 60
        assert not any(meet(one.box, other.box) for other in placed[:i])
        if one.label.beside_mm is not None:
            assert not any(
                meet(one.box, (s[0] + 0.5, s[1] + 0.5, s[2] - 0.5, s[3] - 0.5)) for s in symbols
            )
    shuffled = list(labels)
    seed.shuffle(shuffled)
    assert place_labels(shuffled, symbols, frame)[0] == placed


def test_names_that_found_no_place_are_counted_on_the_sheet(figure):
    assert re.search(r"图上未注名称 \d+ 处", "".join(texts(figure)))


def test_the_scale_is_that_of_the_paper():
    """One degree of latitude is 110.9 to 111.0 km at 38 N."""
    sheet = lay_out(sxgeo.load_zone("taixin").outline, "a4")
    (_, low), (_, high) = sheet.flat([(38.0, 112.9), (39.0, 112.9)])
    assert (high - low) * sheet.metres_per_mm == pytest.approx(110_996, rel=2e-3)
    assert sheet.denominator == pytest.approx(sheet.metres_per_mm * 1000, rel=0.05)


def test_a3_draws_larger_a_tall_zone_stands_upright_and_a_wide_one_gets_a_conic():
    whole = sxgeo.load_zone("taixin").outline
    assert lay_out(whole, "a3").metres_per_mm < 0.75 * lay_out(whole, "a4").metres_per_mm
    tall = shapely.box(112.0, 36.0, 112.6, 39.0)
    assert lay_out(tall, "a4").width_mm == 210
    assert lay_out(shapely.box(100, 34, 115, 40), "a4").crs == CONIC


@pytest.mark.parametrize(
    ("length", "bar"), [(99.0, 50.0), (100.0, 100.0), (2100.0, 2000.0), (0.7, 0.5)]
)
def test_a_scale_bar_has_a_round_length(length, bar):
    assert nice(length) == bar


def test_a_conflict_is_the_only_thing_that_is_red():
    reds = [s.colour for s in CLASS_STYLES.values()] + [s.colour for s in BASE_STYLES.values()]
    assert RED not in reds
    assert [verdict for verdict, (colour, _) in VERDICT_STYLES.items() if colour == RED] == [
        "conflict"
    ]


def test_sites_stand_under_their_verdict_and_overlaps_with_prohibitions_are_hatched_in_red(
    tmp_path,
):
    from matplotlib.colors import to_hex

    plot = shapely.box(112.62, 38.56, 112.78, 38.64)
    path = tmp_path / "plot.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"name": "甲地"},
                "geometry": shapely.geometry.mapping(plot),
            }
        )
    )
    report = sxgeo.check_sites(sxgeo.read_sites(path))
    site = report.sites[0]
    shared = shapely.box(112.65, 38.57, 112.7, 38.6)
    finding = next(f for e in site.screening for f in e.findings)
    clash = replace(finding, outcome="conflict", overlap_geometry=shared)
    entry = replace(site.screening[0], outcome="conflict", detail=lambda _: ((clash,), ()))
    told = replace(site, screening=(entry, *site.screening[1:]))

    class Shown:
        sites = (told,)
        receipt = MappingProxyType({})

    drawn = sxgeo.plot_map("taixin", report=Shown(), layers=[], areas=NO_AREAS, links=NO_LINKS)
    assert any(t.startswith("甲地：") for t in texts(drawn))
    hatches = [c for c in drawn.axes[0].get_children() if isinstance(c, LineCollection)]
    red = [c for c in hatches if to_hex(c.get_edgecolor()[0]) == RED]
    box = drawn.sheet.shape(shared)
    inside = [s for c in red for s in c.get_segments()]
    assert inside
    assert all(shapely.buffer(box, 0.01).covers(shapely.linestrings(s)) for s in inside)


def test_a_system_without_a_chinese_font_is_told_what_to_install(monkeypatch):
    faces.face.cache_clear()
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    try:
        with pytest.raises(InputError, match=r"no font with Chinese letters.*fonts-noto-cjk"):
            sxgeo.plot_map("taixin")
    finally:
        faces.face.cache_clear()


def test_an_unknown_size_and_a_zone_without_outline_are_refused():
    with pytest.raises(UsageError, match="unknown size 'a5'"):
        sxgeo.plot_map("taixin", size="a5")
    with pytest.raises(AnalysisError, match="zone 'zonggai' has no outline"):
        sxgeo.plot_map("zonggai")


def test_another_suffix_is_refused_and_nothing_is_left(bare, tmp_path):
    with pytest.raises(UsageError, match=r"'map\.jpg' is no \.png, \.pdf, \.svg file"):
        bare.save(tmp_path / "map.jpg")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        bare.save(tmp_path / "file" / "map.png", dpi=30)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_command_line_writes_a_figure_by_suffix(tmp_path, capsys):
    target = tmp_path / "taiyuan.svg"
    assert main(["map", "taixin_taiyuan", "-o", str(target), "--size", "a3"]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert 'width="1190' in target.read_text("utf-8")[:2000]
    assert main(["map", "--size", "a3", "-o", str(tmp_path / "a.html")]) == 2
    assert "--size is for a static figure" in capsys.readouterr().err


def test_matplotlib_is_imported_only_for_a_figure_and_its_absence_names_the_extra():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import sxgeo\nfrom sxgeo.maps import build_map\n"
        "try:\n    sxgeo.plot_map('taixin')\n"
        "except sxgeo.UsageError as error:\n    print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "pip install 'sxgeo[plot]'" in told.stdout


def test_a_users_layer_stands_in_a_figure_only_when_that_is_said():
    own = replace(surveyed_layer("water_sources"), origin=Origin(files=("mine.gpkg",)))
    shy = sxgeo.plot_map("taixin", layers=[own], areas=NO_AREAS, links=NO_LINKS)
    assert not any("surveyed区" in t for t in texts(shy))
    told = sxgeo.plot_map(
        "taixin", layers=[own], areas=NO_AREAS, links=NO_LINKS, embed_user_layers=True
    )
    assert any("surveyed区" in t for t in texts(told))
    assert any("密级：＿＿" in t for t in texts(told))


def test_all_fifteen_classes_stand_in_the_legend_of_a_zone_without_data():
    drawn = sxgeo.plot_map("greater_bay")
    assert sum("（本区无资料）" in t for t in texts(drawn)) == len(CLASS_IDS)
    assert any(
        "空白不等于没有保护资源" in t for t in texts(drawn)
    ) or "空白不等于没有保护资源" in "".join(texts(drawn))


def test_an_error_band_is_drawn_between_its_edges_and_named():
    areas = sxgeo.isochrones(
        sxgeo.load_network("taixin"),
        [(112.582, 37.86)],
        [30],
        contours=("inner", "middle", "outer"),
    )
    drawn = sxgeo.plot_map("taixin", layers=[], areas=areas, links=NO_LINKS)
    assert "误差带：虚线之间不能断定" in texts(drawn)
    plain = sxgeo.plot_map(
        "taixin", layers=[], areas=areas[areas["contour"] == "middle"], links=NO_LINKS
    )
    assert "误差带：虚线之间不能断定" not in texts(plain)


def test_a_class_of_many_records_is_drawn_as_one_mass_and_the_sheet_says_so(monkeypatch):
    from sxgeo.maps.plot import ground

    layer = surveyed_layer("water_sources")
    monkeypatch.setattr(ground, "_CROWD", 2)
    drawn = sxgeo.plot_map("taixin", layers=[layer], areas=NO_AREAS, links=NO_LINKS)
    assert "饮用水水源地 3 处：数量多，整体绘出" in "".join(texts(drawn))
    assert not any(t == "surveyed区" for t in texts(drawn))
    points = [
        replace_geometry(row, shapely.Point(112.5 + i / 10, 38.5))
        for i, row in enumerate(layer.records)
    ]
    spread = Layer.from_frame(
        layer.spec, gpd.GeoDataFrame(points, geometry="geometry", crs="EPSG:4490")
    )
    drawn = sxgeo.plot_map("taixin", layers=[spread], areas=NO_AREAS, links=NO_LINKS)
    dots = [c for c in drawn.axes[0].get_children() if isinstance(c, PathCollection)]
    assert sum(len(c.get_offsets()) for c in dots) == 3


def replace_geometry(row, point):
    return {**row, "geometry": point, "geometry_kind": "point", "point_role": "object"}


def test_many_polygons_are_placed_as_each_by_itself():
    sheet = lay_out(sxgeo.load_zone("taixin").outline, "a4")
    rings = [[[[38.5, 112.5], [38.6, 112.5], [38.6, 112.7]], [[38.56, 112.51], [38.58, 112.51], [38.58, 112.53]]],
             [[[38.1, 112.1], [38.2, 112.1], [38.2, 112.3], [38.1, 112.3]]]]  # fmt: skip
    together = sheet.areas(rings)
    assert [
        shape.equals(sheet.area([one])) for shape, one in zip(together, rings, strict=True)
    ] == [True, True]
    assert len(together[0].interiors) == 1
    assert len(sheet.areas([])) == 0


def test_the_error_band_of_reach_is_hatched_and_told():
    middle = shapely.Point(112.9, 38.6).buffer(0.2)
    shapes = {"inner": middle.buffer(-0.08), "middle": middle, "outer": middle.buffer(0.08)}
    rows = {"origin_id": ["甲"] * 3, "minutes": [30.0] * 3, "contour": list(shapes)}
    areas = gpd.GeoDataFrame(rows, geometry=list(shapes.values()), crs="EPSG:4490")
    drawn = sxgeo.plot_map("taixin", layers=[], areas=areas, links=NO_LINKS)
    assert {"30 分钟", "误差带：虚线之间不能断定"} <= set(texts(drawn))
    band = shapely.buffer(drawn.sheet.shape(shapes["outer"].difference(shapes["inner"])), 0.5)
    hatches = [c for c in drawn.axes[0].get_children() if isinstance(c, LineCollection)]
    assert any(all(band.covers(shapely.linestrings(s)) for s in c.get_segments()) for c in hatches)


def test_of_two_days_the_later_is_drawn_and_what_it_gains_is_hatched_and_counted():
    network = sxgeo.load_network("taixin")
    days = sxgeo.compare(network, (112.7346, 38.4163), "2026-11-21", "2027-12-31", minutes=(60, 90))
    drawn = sxgeo.plot_map("taixin", layers=[], areas=days, links=NO_LINKS)
    told = texts(drawn)
    assert "2027-12-31 之日" in told
    assert "均为假定，未用时刻表" in "".join(told)
    gained = days.areas.set_index("minutes")["gained_km2"]
    for minutes in (60, 90):
        assert f"较 2026-11-21 新增，{minutes} 分钟内" in told
        assert f"{round(gained[minutes], 1):,.0f} 平方公里" in told
