"""The page: what it may contain, what it refuses, and that it is the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from types import SimpleNamespace

import folium
import folium.plugins
import geopandas as gpd
import numpy as np
import pytest
import shapely

from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.layers.classes import CLASS_IDS
from sxgeo.layers.layers import Layer, load_layer, load_layers
from sxgeo.maps import ZoneMap, build_map, inline
from sxgeo.maps.inline import addresses_in_script, addresses_in_style, json_block
from sxgeo.model.outcomes import ClassOutcome, Origin, SiteOutcome
from sxgeo.model.sites import Site
from sxgeo.workspace.boundaries import load_zone

HOSTILE = "<script>alert(1)</script>\"'`${1}\u2028</SCRIPT x<!-- https://evil.example/a.js"
NO_AREAS = gpd.GeoDataFrame({"origin_id": [], "minutes": []}, geometry=[], crs="EPSG:4490")


@pytest.fixture(scope="module")
def page() -> str:
    return build_map("taixin").to_html()


def payload(html: str) -> dict:
    (text,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def scripts(html: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def hostile_layer() -> Layer:
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(2).copy()
    frame["name_zh"] = frame["name_en"] = frame["source"] = frame["level"] = HOSTILE
    return Layer.from_frame(layer.spec, frame)


def test_the_same_map_gives_the_same_bytes(page):
    assert build_map("taixin").to_html() == page


def test_the_page_is_small(page):
    assert len(page.encode()) < 1_500_000


def test_saving_writes_the_whole_page_and_makes_the_folder(tmp_path, page):
    target = tmp_path / "new" / "taixin.html"
    build_map("taixin").save(target)
    assert target.read_text("utf-8") == page
    assert [p.name for p in target.parent.iterdir()] == ["taixin.html"]


def test_a_page_that_cannot_be_written_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        build_map("taixin", areas=NO_AREAS).save(tmp_path / "file" / "map.html")


def test_a_refused_page_leaves_the_old_one(tmp_path):
    target = tmp_path / "map.html"
    target.write_text("old")
    zone_map = build_map("taixin", areas=NO_AREAS)
    folium.TileLayer("OpenStreetMap").add_to(zone_map)
    with pytest.raises(InputError, match=r"tile\.openstreetmap\.org"):
        zone_map.save(target)
    assert target.read_text() == "old"


def test_every_script_of_the_page_is_allowed_by_its_hash_and_nothing_may_connect(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "connect-src" not in policy
    for code in scripts(page):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "<script src" not in page
    assert "<link" not in page


def test_the_page_carries_leaflet_and_no_other_library(page):
    assert "Leaflet 1.9.4" in page
    for name in (
        "jquery",
        "bootstrap",
        "font-awesome",
        "fontawesome",
        "awesome-markers",
        "glyphicon",
    ):
        assert name not in page.lower()


def test_the_page_holds_no_address_beside_namespaces_and_the_name_of_leaflet(page):
    found = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", page))
    assert found <= {"http://www.w3.org", "https://leafletjs.com"}


def test_the_page_says_what_it_is(page):
    data = payload(page)
    notices = "".join(data["meta"]["notices"])
    assert "太原—忻州一体化经济区" in data["meta"]["title_zh"]
    assert "未经地图审核，不得公开出版、登载、展示" in notices
    assert "GS(2024)0650号" in notices
    assert "数据日期" in notices
    assert "CGCS2000" in notices
    assert "OpenStreetMap contributors" in notices
    assert "误差带" not in notices  # none is drawn


def test_the_legend_holds_all_fifteen_classes_with_the_counts_of_the_layers(page):
    rows = payload(page)["classes"]
    assert [row["id"] for row in rows] == list(CLASS_IDS)
    for row in rows:
        layer = load_layer(row["id"])
        assert (row["located"], row["held"], row["candidates"]) == (
            layer.located,
            layer.held,
            layer.candidates,
        )


def test_every_record_of_the_zone_is_drawn_or_listed_once(page):
    found = [f["id"] for f in payload(page)["features"]]
    assert len(found) == len(set(found))
    for class_id in CLASS_IDS:
        frame = load_layer(class_id).frame
        held = frame[
            (frame["role"] == "listed") & frame["membership"].isin(["official_list", "inferred"])
        ]
        assert set(held["feature_id"]) <= set(found)


def test_controls_outside_the_zone_are_not_drawn(page):
    controls = {
        i
        for c in CLASS_IDS
        for f in [load_layer(c).frame]
        for i in f.loc[f["role"] == "control", "feature_id"]
    }
    assert not controls & {f["id"] for f in payload(page)["features"]}


def test_drawn_counties_tile_the_drawn_zone(page):
    def shape(rings):
        return shapely.union_all([shapely.Polygon(r[0], r[1:]) for r in rings])

    data = payload(page)
    drawn = [shape(county["rings"]) for county in data["counties"]]
    outline = shape(data["outline"])
    assert len(drawn) == 12
    assert sum(d.area for d in drawn) == pytest.approx(outline.area, rel=1e-5)
    assert shapely.union_all(drawn).symmetric_difference(outline).area < outline.area * 1e-5


def test_hostile_text_stays_text():
    html = build_map("taixin", layers=[hostile_layer()], areas=NO_AREAS).to_html()
    assert payload(html)["features"][0]["zh"] == HOSTILE
    assert "<script>alert" not in html
    assert "evil.example/a.js" in html
    assert "//evil" not in html
    assert len(scripts(html)) == len(scripts(build_map("taixin", areas=NO_AREAS).to_html()))


def test_text_that_looks_like_a_template_stays_text():
    """folium renders what it is given once more: braces in data must not be run."""
    words = "{{ 6 * 7 }} {% raw %} {# gone #} {{{ }}} {{%"
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(1).copy()
    frame["name_zh"] = frame["source"] = words
    html = build_map(
        "taixin", layers=[Layer.from_frame(layer.spec, frame)], areas=NO_AREAS
    ).to_html()
    assert payload(html)["features"][0]["zh"] == words
    assert json.loads(json_block({"a": [{}, words]})) == {"a": [{}, words]}


def test_a_json_block_cannot_end_its_element():
    text = json_block({"a": HOSTILE})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": HOSTILE}


def test_a_checked_site_is_drawn_in_the_colour_of_its_verdict():
    square = shapely.box(112.70, 38.40, 112.72, 38.42)
    screening = (
        ClassOutcome(
            "heritage_sites", "conflict", "conflict", "prohibited", "", "", True, 110, 1, 0, 1
        ),
    )
    outcome = SiteOutcome(
        Site("S1", square, name=HOSTILE),
        "conflict",
        "conflict",
        3.9e6,
        3.9e6,
        "EPSG:4547",
        screening,
        (),
    )
    html = build_map(
        "taixin", report=SimpleNamespace(sites=(outcome,), receipt={}), areas=NO_AREAS
    ).to_html()
    (site,) = payload(html)["sites"]
    assert site["colour"] == "#b40f1c"
    assert site["label"].startswith("冲突")
    assert len(site["rings"][0][0]) == 4


def test_an_unknown_zone_is_named():
    with pytest.raises(UsageError, match="taixn"):
        build_map("taixn")


def test_a_zone_may_be_given_as_a_value():
    assert isinstance(build_map(load_zone("taixin"), areas=NO_AREAS), ZoneMap)


def test_areas_without_minutes_are_refused():
    with pytest.raises(InputError, match="minutes"):
        build_map(
            "taixin",
            areas=gpd.GeoDataFrame(geometry=[shapely.Point(112, 38).buffer(0.1)], crs=4490),
        )


def test_any_folium_layer_can_be_added():
    zone_map = build_map("taixin", areas=NO_AREAS)
    folium.Circle([38.4, 112.7], radius=500, popup=folium.Popup("你好")).add_to(zone_map)
    folium.LayerControl().add_to(zone_map)
    html = zone_map.to_html()
    assert "你好" in html
    assert "L.circle(" in html
    assert "srcdoc" in zone_map._repr_html_()


def test_inline_serves_a_plain_folium_map():
    plain = folium.Map([38.4, 112.7], tiles=None)
    folium.Marker([38.4, 112.7], popup="站").add_to(plain)
    html = inline(plain)
    assert "data:image/png;base64" in html
    assert "cdn" not in html
    assert html == inline(plain)
    assert not re.search(r"[0-9a-f]{32}", re.sub(r"'sha256-[^']+'|base64,[^\"')]+", "", html))


@pytest.mark.parametrize(
    ("add", "named"),
    [
        (lambda m: folium.TileLayer("OpenStreetMap").add_to(m), r"tile\.openstreetmap\.org"),
        (lambda m: folium.plugins.MarkerCluster().add_to(m), "markercluster"),
        (
            lambda m: folium.Marker([38, 112], icon=folium.Icon(color="red")).add_to(m),
            "awesome-markers",
        ),
        (
            lambda m: folium.Marker([38, 112], popup='<img src="//evil.example/x.png">').add_to(m),
            "evil",
        ),
        (
            lambda m: m.get_root().html.add_child(folium.Element('<img src="photo.png">')),
            "photo.png",
        ),
        (
            lambda m: m.get_root().html.add_child(folium.Element('<b onclick="x()">x</b>')),
            "onclick",
        ),
        (
            lambda m: m.get_root().header.add_child(folium.Element('<script src="x.js"></script>')),
            "x.js",
        ),
        (
            lambda m: m.get_root().header.add_child(
                folium.Element("<style>@import 'x.css';</style>")
            ),
            "x.css",
        ),
        (
            lambda m: m.get_root().script.add_child(
                folium.Element("fetch('https://evil.example/q')")
            ),
            "evil",
        ),
    ],
)
def test_inline_fails_on_what_it_does_not_know_and_names_it(add, named):
    broken = folium.Map([38.4, 112.7], tiles=None)
    add(broken)
    with pytest.raises(InputError, match=named):
        inline(broken)


def test_addresses_are_found_however_they_are_written():
    found = list(
        addresses_in_script(r"a='http:\/\/x.example\/y'; b=\"//y.example/z\"; c='wss://w.example'")
    )
    assert len(found) == 3
    assert not list(
        addresses_in_script("// a comment.with dots\nns='http://www.w3.org/2000/svg'; u = a //b.c")
    )
    assert list(
        addresses_in_style("a{background:url( 'x.png' )} b{fill:url(#p)} c{src:url(data:x)}")
    ) == ["x.png"]


def test_vendored_files_are_those_of_the_manifest():
    assets = files("sxgeo.maps").joinpath("assets")
    packages = json.loads(assets.joinpath("manifest.json").read_text("utf-8"))["packages"]
    named = [(package["name"], package["version"], package["licence"]) for package in packages]
    assert sorted(named) == [
        ("geos-wasm", "3.1.1", "LGPL-2.1-or-later AND LGPL-3.0-or-later"),
        ("leaflet", "1.9.4", "BSD-2-Clause"),
        ("polygon-clipping", "0.15.7", "MIT"),
    ]
    for package in packages:
        assert package["licence_file"] in package["files"]
        for path, sha256 in package["files"].items():
            assert hashlib.sha256(assets.joinpath(path).read_bytes()).hexdigest() == sha256


def test_the_pages_own_code_and_its_libraries_are_small(page):
    """Beside Leaflet at most 215 KB: a second engine, its readers, and every sentence in two
    languages.
    """
    (own,) = [code for code in scripts(page) if "sxgeo.receipt/2" in code]
    assert "polygonClipping" in own
    assert len(own.encode()) < 221_000


def users_layer() -> Layer:
    layer = load_layer("heritage_sites")
    frame = layer.frame.head(1).copy()
    frame["feature_id"], frame["name_zh"] = "SECRET-1", "涉密地块甲"
    return Layer.from_frame(layer.spec, frame, origin=Origin(files=("official.gpkg",)))


def test_a_page_carries_nothing_of_a_users_layer_unless_that_is_said():
    silent = build_map("taixin", layers=[users_layer()], areas=NO_AREAS).to_html()
    assert "SECRET-1" not in silent
    assert "涉密地块甲" not in silent
    assert "official.gpkg" not in silent
    loud = build_map(
        "taixin", layers=[users_layer()], areas=NO_AREAS, embed_user_layers=True
    ).to_html()
    notices = payload(loud)["meta"]["notices"]
    assert "SECRET-1" in loud
    assert "含使用单位导入数据" in notices[0]
    assert "重点文物保护单位（official.gpkg）" in notices[0]
    assert "密级：" in notices[0]
    assert "使用范围：" in notices[0]


def test_an_extra_class_of_a_user_is_left_out_whole():
    layer = users_layer()
    (extra,) = load_layers(["ecological_redline"])
    own = Layer(extra.spec, layer.records, layer.shapes, origin=Origin(files=("redline.gpkg",)))
    page = build_map("taixin", layers=[own], areas=NO_AREAS).to_html()
    assert "SECRET-1" not in page
    assert "redline.gpkg" not in page


def test_wells_and_weather_stations_are_drawn_no_finer_than_their_accuracy(page):
    drawn = {f["id"]: f for f in payload(page)["features"]}
    for class_id in ("water_sources", "karst_springs", "weather_stations"):
        for record, shape in zip(
            load_layer(class_id).records, load_layer(class_id).shapes, strict=True
        ):
            told = drawn.get(record["feature_id"], {})
            if shape is None or "acc_m" not in told:
                continue
            lat, lon = told["at"]
            off_m = 111_320 * np.hypot(lat - shape.y, (lon - shape.x) * np.cos(np.radians(lat)))
            assert off_m <= told["acc_m"]
            step = told["acc_m"] / 111_320
            assert abs(lat / step - round(lat / step)) * step < 2e-5


def test_the_command_wants_a_workspace_for_users_layers(capsys):
    assert main(["map", "--embed-user-layers"]) == 2
    assert "--workspace" in capsys.readouterr().err
