"""Classes of many features: what goes onto tiles, what the tiles hold, what a page says of its
weight, and what it refuses.
"""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from big_layer import big_layer
from test_columns import read_chains, read_column

from sxgeo.boundaries.units import load_counties
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.layers.layers import load_layer, load_layers
from sxgeo.maps import build_map, drawing
from sxgeo.maps.load import NO_CHECK_ZH, Load, on_tiles, refuse_too_much
from sxgeo.maps.tiled import located, tiled, too_many_to_check
from sxgeo.model.outcomes import Origin
from sxgeo.workspace.boundaries import load_zone

NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")
FARMLAND = "permanent_farmland"


def blocks(html: str) -> dict[str, dict]:
    found = re.findall(
        r'<script type="application/json" id="([^"]+)">(.*?)</script>', html, re.DOTALL
    )
    return {key: json.loads(text) for key, text in found}


@pytest.fixture(scope="module")
def html() -> str:
    return build_map(
        "taixin", layers=[*load_layers(), big_layer(2500)], areas=NO_AREAS, embed_user_layers=True
    ).to_html()


def test_the_largest_classes_go_onto_tiles_until_the_rest_is_few():
    assert on_tiles({"a": 2000}) == frozenset()
    assert on_tiles({"a": 1500, "b": 501}) == {"a"}
    assert on_tiles({"a": 5000, "b": 3000, "c": 1900}) == {"a", "b"}
    assert on_tiles({"b": 2001, "a": 2001}) == {"a", "b"}
    assert on_tiles({}) == frozenset()


@pytest.mark.parametrize(
    "class_id", ["heritage_sites", "water_sources", "protected_areas", "weather_stations"]
)
def test_tiles_hold_what_the_svg_drawing_would_hold(class_id):
    zone, layer, counties = (
        load_zone("taixin"),
        load_layer(class_id),
        load_counties(neighbours=True),
    )
    names = dict(zip(counties["code"], counties["name_zh"], strict=True))
    expected = [f for f in drawing.features(layer, zone, names) if "at" in f]
    table, geometry = tiled(layer, zone, names)
    count = table["count"]
    assert count == len(expected) > 0
    columns = {name: read_column(told, count) for name, told in table["columns"].items()}
    rows = {label: read_column(told, count) for label, told in table["rows"]}
    chains = read_chains(geometry, count)
    for i, feature in enumerate(expected):
        for key in ("id", "zh", "en", "county", "member", "mark"):
            assert columns[key][i] == feature[key]
        for key in ("acc_m", "ext_m", "scr_m"):
            assert columns[key][i] == feature.get(key)
        assert {label: values[i] for label, values in rows.items() if values[i]} == dict(
            feature["rows"]
        )
        if "rings" not in feature and "lines" not in feature:
            (((lon, lat),),) = chains[i]
            assert (lat / 1e5, lon / 1e5) == pytest.approx(feature["at"], abs=1e-9)


def test_controls_and_records_of_other_places_are_not_on_tiles():
    far = big_layer(30, role=["control"] * 10 + ["listed"] * 20, county_code="")
    shapes = far.shapes.copy()
    shapes[10:20] = shapely.transform(shapes[10:20], lambda xy: np.add(xy, (20, 0)))
    table, _ = tiled(type(far)(far.spec, far.records, shapes), load_zone("taixin"), {})
    assert read_column(table["columns"]["id"], table["count"]) == [
        f"PBF-{i:06d}" for i in range(20, 30)
    ]


def test_the_page_holds_the_class_once_as_columns_and_once_exact(html):
    held = blocks(html)
    assert list(held) == ["sx-data", f"sx-tiles-{FARMLAND}", f"sx-check-{FARMLAND}"]
    data = held["sx-data"]
    assert [table["cls"] for table in data["tiled"]] == [FARMLAND]
    assert not any(f["cls"] == FARMLAND for f in data["features"])
    assert any("at" in f for f in data["features"])
    exact = held[f"sx-check-{FARMLAND}"]
    assert exact["count"] == exact["drawn"] == 2500
    (layer,) = [la for la in data["check"]["layers"] if la["id"] == FARMLAND]
    assert layer["records"] == [] and layer["apart"] == f"sx-check-{FARMLAND}"
    ring = np.array(read_chains(exact["geometry"], 2500)[7][0]) / 1e7
    assert np.array_equal(ring, shapely.get_coordinates(big_layer(2500).shapes[7])[:-1])


def test_the_same_large_map_gives_the_same_bytes(html):
    again = build_map(
        "taixin", layers=[*load_layers(), big_layer(2500)], areas=NO_AREAS, embed_user_layers=True
    )
    assert again.to_html() == html


def test_the_page_says_how_much_it_draws_and_which_way(html):
    notices = blocks(html)["sx-data"]["meta"]["notices"]
    assert "含使用单位导入数据" in notices[0]
    assert "其中2,500个画在画布瓦片上" in notices[-1]
    assert NO_CHECK_ZH not in "".join(notices)
    small = blocks(build_map("taixin", areas=NO_AREAS).to_html())["sx-data"]
    assert "全部以 SVG 绘制" in small["meta"]["load_zh"]
    assert "瓦片" not in "".join(small["meta"]["notices"])
    assert small["tiled"] == []


def test_a_page_of_tiles_makes_no_frame_of_the_whole_layer():
    """It would weigh as much as the records once more."""
    layer = big_layer(2100)
    build_map("taixin", layers=[layer], areas=NO_AREAS, embed_user_layers=True)
    assert "frame" not in vars(layer)


def test_records_without_a_position_stay_in_the_list_when_their_class_goes_onto_tiles():
    layer = big_layer(2100)
    shapes = layer.shapes.copy()
    shapes[:3], shapes[3] = None, shapely.Polygon()
    html = build_map("taixin", layers=[type(layer)(layer.spec, layer.records, shapes, origin=Origin(files=("plots.gpkg",)))],
                     areas=NO_AREAS, embed_user_layers=True).to_html()  # fmt: skip
    held = blocks(html)
    assert [f["id"] for f in held["sx-data"]["features"]] == [f"PBF-{i:06d}" for i in range(4)]
    assert held["sx-data"]["tiled"][0]["count"] == 2096
    exact = held[f"sx-check-{FARMLAND}"]
    assert read_column(exact["has"], 2100) == [0] * 4 + [1] * 2096
    assert (exact["count"], exact["drawn"]) == (2100, 2096)


def test_a_page_carries_the_pages_of_a_table_only_for_many_records():
    def page(count: int) -> str:
        layer = big_layer(count)
        return build_map("taixin", layers=[layer], areas=NO_AREAS, embed_user_layers=True).to_html()

    assert "sx-table-page" not in page(1000)
    assert "sx-table-page" in page(1001)


def test_above_the_limit_the_page_only_draws_and_says_so(monkeypatch):
    monkeypatch.setattr("sxgeo.maps.tiled.CHECKED_FEATURES", 2499)
    built = build_map("taixin", layers=[big_layer(2500)], areas=NO_AREAS, embed_user_layers=True)
    held = blocks(built.to_html())
    assert list(held) == ["sx-data", f"sx-tiles-{FARMLAND}"]
    assert held["sx-data"]["meta"]["notices"][0] == NO_CHECK_ZH
    assert "only draws" in held["sx-data"]["check"]["refusal"]
    assert not any(
        layer["records"] or "apart" in layer for layer in held["sx-data"]["check"]["layers"]
    )
    assert not built.load.check


def test_outlines_and_points_are_counted_apart_for_the_check(monkeypatch):
    monkeypatch.setattr("sxgeo.maps.tiled.CHECKED_FEATURES", 100)
    plots = big_layer(100)
    points = type(plots)(plots.spec, plots.records, shapely.centroid(plots.shapes))
    assert not too_many_to_check([plots, points])
    assert too_many_to_check([plots, plots])
    assert too_many_to_check([points, points])
    assert not too_many_to_check([])
    assert located([plots]) == {FARMLAND: 100}


def test_what_has_no_place_is_neither_counted_as_located_nor_checked(monkeypatch):
    monkeypatch.setattr("sxgeo.maps.tiled.CHECKED_FEATURES", 97)
    plots = big_layer(100)
    shapes = plots.shapes.copy()
    shapes[0], shapes[1], shapes[2] = None, shapely.Polygon(), shapely.MultiPolygon()
    some = type(plots)(plots.spec, plots.records, shapes)
    assert located([some]) == {FARMLAND: 97}
    assert not too_many_to_check([some])
    assert too_many_to_check([plots])


def test_a_page_too_large_is_refused_with_advice_and_the_old_file_stays(monkeypatch, tmp_path):
    refuse_too_much(100_000_000)
    with pytest.raises(
        InputError,
        match=(
            r"would be 101 MB, more than 100 MB; give fewer layers, layers cut to the zone, or"
            r" simpler"
        ),
    ):
        refuse_too_much(101_000_000)
    target = tmp_path / "map.html"
    target.write_text("old")
    built = build_map("taixin", areas=NO_AREAS)
    monkeypatch.setattr("sxgeo.maps.load.MOST_BYTES", 500_000)
    with pytest.raises(InputError, match="more than 0 MB"):
        built.save(target)
    with pytest.raises(InputError, match="fewer layers"):
        build_map("taixin", areas=NO_AREAS)
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_the_expected_load_grows_with_the_page():
    small, large = Load(100, 0, True, 10**6), Load(100, 50_000, True, 10**7)
    assert (
        small.megabytes < large.megabytes
        and small.seconds < large.seconds
        and small.heap_mb < large.heap_mb
    )
    assert "all as SVG" in small.en()
    assert "50,100 features drawn, 100 as SVG, 50,000 on canvas tiles; about 10.3 MB" in large.en()


def test_hostile_names_on_tiles_stay_in_their_block():
    hostile = "<script>alert(1)</script>\"'`${1}\u2028</SCRIPT x<!-- //evil.example/a.js"
    layer = big_layer(2100, name_zh=[f"{hostile}{i}" for i in range(2100)], source=hostile)
    html = build_map("taixin", layers=[layer], areas=NO_AREAS, embed_user_layers=True).to_html()
    table = blocks(html)["sx-data"]["tiled"][0]
    assert read_column(table["columns"]["zh"], 2100)[5] == f"{hostile}5"
    assert "<script>alert" not in html and "//evil" not in html


def test_the_command_says_what_it_drew_and_how_heavy_it_is(tmp_path, capsys):
    assert main(["map", "-o", str(tmp_path / "map.html")]) == 0
    told = capsys.readouterr()
    assert re.search(
        r"features drawn, all as SVG; about \d\.\d MB, expected to open in \d+ s with \d+ MB of"
        r" memory",
        told.err,
    )
    assert told.out.strip() == str(tmp_path / "map.html")
