"""Sisters of the inputs in reading_cases_vector: other vector files of the same kinds."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from reading_cases_vector import (
    ASKED,
    BESIDE,
    BOTH,
    CUT,
    LINE,
    METRES,
    ONE,
    OPEN,
    OTHER,
    PLANE,
    PLOT,
    POINT,
    SQUARE,
    TWO,
    Reading,
    Register,
    collection,
    corners,
    drawn,
    feature,
    gml,
    kml,
    mark,
    member,
    polygon,
    ring,
    written,
)

RED = {"layer": "红线"}
_REGISTER = Register()
CASES, case, text = _REGISTER.cases, _REGISTER.case, _REGISTER.text


# --- GeoJSON

CRS_84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
CGCS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
METRIC = {"type": "name", "properties": {"name": "EPSG:4547"}}


def metric(shape: Any) -> dict[str, Any]:
    return {**collection(feature(shape)), "crs": METRIC}


text(
    "around!nested_systems.geojson",
    json.dumps({**collection(), "features": [{**ONE, "crs": CGCS}]}),
    "read",
)
text(
    "around!nested_metres.geojson",
    json.dumps({**collection(), "features": [metric(SQUARE)]}),
    "read",
)
text(
    "around!nested_two_systems.geojson",
    json.dumps({**collection(feature(BESIDE)), "features": [feature(BESIDE), metric(SQUARE)]}),
    "refuse",
    "several coordinate systems",
)
text(
    "around!nested_same.geojson",
    json.dumps(
        {
            **collection(feature(BESIDE)),
            "crs": CGCS,
            "features": [feature(BESIDE), {**ONE, "crs": CGCS}],
        }
    ),
    "read",
    **BOTH,
)
text(
    "around!crs_in_feature.geojson",
    json.dumps(collection({**feature(SQUARE), "crs": METRIC})),
    "read",
)
text(
    "around!crs_in_geometry.geojson",
    json.dumps(
        collection({**feature(SQUARE), "geometry": {**feature(SQUARE)["geometry"], "crs": METRIC}})
    ),
    "read",
)
text(
    "around!crs_in_one_of_two.geojson",
    json.dumps(collection(feature(PLOT), {**feature(SQUARE), "crs": METRIC})),
    "refuse",
    "several coordinate systems",
)
text(
    "around!crs_around.geojson",
    json.dumps({**collection(collection(feature(SQUARE))), "crs": METRIC}),
    "read",
)
text("stac.geojson", json.dumps({**ONE, "context": {"matched": 9, "returned": 1}}), "doubt", **CUT)
text(
    "null_geometry.geojson",
    json.dumps(collection(feature(PLOT), {**feature(BESIDE), "geometry": None})),
    "site",
)
text("infinite.geojson", json.dumps(ONE).replace("112.7", "1e999", 1), "refuse")
text("not_a_number.geojson", json.dumps(ONE).replace("112.7", "NaN", 1), "refuse")
text("long_number.geojson", json.dumps(ONE).replace("112.", "1" * 5000 + ".", 1), "refuse")
text("long_integer.geojson", json.dumps(ONE).replace("112.", "1" * 5000 + ",", 1), "refuse")
text(
    "long_integer_beside.geojson",
    json.dumps({**ONE, "total": int("9" * 4000)}).replace("9" * 4000, "9" * 5000),
    "doubt",
)
text(
    "text_numbers.geojson",
    json.dumps(ONE).replace("112.7", '"112.7', 1).replace(",", '",', 1),
    "refuse",
)
text(
    "lat_first.geojson",
    json.dumps(collection(feature(shapely.transform(PLOT, lambda p: p[:, ::-1])))),
    "doubt",
)
text(
    "hole_outside.geojson",
    json.dumps(collection(feature(shapely.Polygon(PLOT.exterior, [BESIDE.exterior])))),
    "doubt",
)
text(
    "polygon_of_a_line.geojson",
    json.dumps(
        collection(
            {
                **feature(PLOT),
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[list(p) for p in PLOT.exterior.coords][:2]],
                },
            }
        )
    ),
    "refuse",
)
text(
    "open_ring.geojson",
    json.dumps(
        collection(
            {
                **feature(PLOT),
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[list(p) for p in PLOT.exterior.coords][:4]],
                },
            }
        )
    ),
    "refuse",
    "close it",
)
text("truncated.geojson", json.dumps(collection(feature(PLOT), feature(BESIDE)))[:-40], "refuse")
text(
    "paging_words.geojson",
    json.dumps({**ONE, "pageSize": 1, "pageNo": 1, "totalCount": 7}),
    "doubt",
    **CUT,
)
text("limit_words.geojson", json.dumps({**ONE, "count": 7}), "doubt", **CUT)
text(
    "result_cut.json",
    json.dumps({"success": True, "result": {**ONE, "exceededTransferLimit": True}}),
    "doubt",
    **CUT,
)
text(
    "total_beside.json",
    json.dumps({"code": 0, "total": 9, "rows": [feature(PLOT)]}),
    "doubt",
    **CUT,
)
text("second_list.json", json.dumps({"data": ONE, "history": TWO}), "read", **BOTH)
text(
    "closed_z.geojson",
    json.dumps(collection(feature(shapely.force_3d(LINE, 800)))),
    "doubt",
    ASKED,
    hectares=0,
)
text(
    "closed_two_lines.geojson",
    json.dumps(
        collection(
            feature(shapely.LineString(PLOT.exterior.coords[:3])),
            feature(shapely.LineString(PLOT.exterior.coords[2:])),
        )
    ),
    "doubt",
    "by several together",
    count=2,
    hectares=0,
)
text("bare_line.json", shapely.to_geojson(LINE), "doubt", ASKED, hectares=0)

for number, named in enumerate(
    (
        {"type": "name", "properties": {"name": "EPSG:999999"}},
        {"type": "name", "properties": {"name": "西安80"}},
        {"type": "name", "properties": {"name": ["EPSG:4490"]}},
        {"type": "name", "properties": {}},
        "EPSG:4610",
        4610,
    )
):
    text(
        f"crs{number}!crs.geojson",
        json.dumps({**ONE, "crs": named}, ensure_ascii=False),
        "refuse",
        "it would be taken for WGS 84",
    )
    text(
        f"told{number}!crs.geojson",
        json.dumps({**ONE, "crs": named}),
        "read",
        assume={"crs": "EPSG:4490"},
    )
for number, named in enumerate(
    (
        None,
        {},
        CGCS,
        {"type": "EPSG", "properties": {"code": 4490}},
        *({"type": "name", "properties": {"name": name}} for name in ("CGCS2000", "OGC:CRS84")),
    )
):
    text(f"known{number}!crs.geojson", json.dumps({**ONE, "crs": named}), "read")

# --- KML

HOLE_ALONE = f"<Polygon><innerBoundaryIs>{ring(PLOT)}</innerBoundaryIs></Polygon>"
text("hole_alone.kml", kml(mark(HOLE_ALONE)), "refuse", "an inner boundary and no outer one")
FOLDED = "<Folder><visibility>0</visibility>{}</Folder>"
text(
    "invisible.kml",
    kml(mark(polygon(PLOT)), mark("<visibility>0</visibility>" + polygon(BESIDE))),
    "read",
    **BOTH,
)
text(
    "hidden_folder.kml",
    kml(mark(polygon(PLOT)), FOLDED.format(mark(polygon(BESIDE)))),
    "read",
    **BOTH,
)
text("pin_beside.kml", kml(mark(polygon(PLOT)), mark(POINT, "标注")), "read", count=2)
text(
    "model.kml",
    kml(
        mark(polygon(PLOT)),
        mark(
            "<Model><Location><longitude>112.7</longitude><latitude>38.1</latitude></Location></Model>"
        ),
    ),
    "doubt",
)
text(
    "tour.kml",
    kml(
        mark(polygon(PLOT)),
        '<gx:Tour xmlns:gx="http://www.google.com/kml/ext/2.2"><name>t</name></gx:Tour>',
    ),
    "read",
)
text(
    "update.kml",
    kml(mark(polygon(PLOT))).replace(
        "<Document>",
        "<NetworkLinkControl><Update><targetHref>a.kml</targetHref></Update></NetworkLinkControl><Document>",
    ),
    "doubt",
)
text(
    "lines_in_multigeometry.kml",
    kml(mark(f"<MultiGeometry>{ring(PLOT).replace('LinearRing', 'LineString')}</MultiGeometry>")),
    "doubt",
    hectares=0,
)
text(
    "track_closed.kml",
    kml(
        mark(
            "<gx:Track>"
            + "".join(f"<gx:coord>{x} {y} 0</gx:coord>" for x, y in PLOT.exterior.coords)
            + "</gx:Track>"
        )
    ).replace("<kml ", '<kml xmlns:gx="http://www.google.com/kml/ext/2.2" '),
    "doubt",
    hectares=0,
)
text("tabs_between.kml", kml(mark(polygon(PLOT).replace(" ", "\n\t"))), "read")
text("semicolons.kml", kml(mark(polygon(PLOT).replace(" ", ";"))), "refuse")
text(
    "latin.kml",
    kml(mark(polygon(PLOT)))
    .replace("<kml", '<?xml version="1.0" encoding="GB2312"?><kml')
    .encode("gb2312"),
    "read",
)
text(
    "two_documents.kml",
    kml(mark(polygon(PLOT))).replace(
        "</kml>", f"<Document>{mark(polygon(BESIDE))}</Document></kml>"
    ),
    # GDAL 3.10 reads both documents, newer ones the first alone; it is told which were read
    *(
        ("read",)
        if pyogrio.__gdal_version__ < (3, 11)
        else ("refuse", "2 placemarks, 1 could be read")
    ),
    **({"count": 2, "hectares": 72.0} if pyogrio.__gdal_version__ < (3, 11) else {}),
)
text("two_roots.kml", kml(mark(polygon(PLOT))) + kml(mark(polygon(BESIDE))), "refuse")
text(
    "in_a_style.kml", kml(mark(polygon(PLOT)), f"<Style>{mark(polygon(BESIDE))}</Style>"), "refuse"
)
text(
    "description_holds_numbers.kml",
    kml(mark(polygon(PLOT) + "<description>112.71,38.14</description>")),
    "read",
)


def packed(folder: Path, name: str, **members: str | bytes) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member.replace("__", "."), content)
    return path


@case("read")
def kmz_with_pictures(folder: Path) -> Path:
    return packed(folder, "a.kmz", doc__kml=kml(mark(polygon(PLOT))), a__png=b"?")


@case("doubt")
def kmz_of_two(folder: Path) -> Path:
    return packed(
        folder, "a.kmz", doc__kml=kml(mark(polygon(BESIDE))), b__kml=kml(mark(polygon(PLOT)))
    )


@case("doubt")
def kmz_beside_a_model(folder: Path) -> Path:
    return packed(folder, "a.kmz", doc__kml=kml(mark(polygon(PLOT))), a__dae=b"?", b__kmz=b"PK")


# --- databases and shapefiles


@case("doubt", ASKED, hectares=0)
def closed_fgb(folder: Path) -> Path:
    return written(folder / "a.fgb", LINE)


@case("doubt", ASKED, hectares=0)
def closed_parts_gpkg(folder: Path) -> Path:
    return written(folder / "a.gpkg", shapely.MultiLineString([LINE, OPEN]))


@case("doubt", ASKED, hectares=0)
def closed_parquet(folder: Path) -> Path:
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[LINE], crs="EPSG:4490").to_parquet(
        folder / "a.parquet"
    )
    return folder / "a.parquet"


@case("read", **BOTH)
def two_layers(folder: Path) -> Path:
    path = written(folder / "a.gpkg", PLOT, layer="甲")
    return written(path, BESIDE, layer="乙")


@case("read", **BOTH)
def two_layers_of_two_systems(folder: Path) -> Path:
    path = written(folder / "a.gpkg", PLOT, layer="甲")
    return written(path, OTHER, layer="乙", crs=PLANE)


@case("read")
def table_beside(folder: Path) -> Path:
    path = written(folder / "a.gpkg", PLOT)
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE 说明 (fid INTEGER PRIMARY KEY, 内容 TEXT)")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('说明', 'attributes', '说明')"
        )
    base.close()
    return path


@case("doubt")
def unregistered_layer(folder: Path) -> Path:
    """A table of plots that the list of contents does not name."""
    path = written(folder / "a.gpkg", PLOT, layer="甲")
    path = written(path, BESIDE, layer="乙")
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM gpkg_contents WHERE table_name = '乙'")
    base.close()
    return path


@case("site")
def row_without_geometry(folder: Path) -> Path:
    return written(folder / "a.gpkg", PLOT, None)


@case("site")
def null_shape(folder: Path) -> Path:
    return written(folder / "a.shp", PLOT, None)


@case("refuse")
def shp_alone(folder: Path) -> Path:
    path = written(folder / "a.shp", PLOT)
    for part in folder.glob("a.*"):
        if part.suffix != ".shp":
            part.unlink()
    return path


@case("doubt")
def prj_of_another_zone(folder: Path) -> Path:
    """The numbers say zone 38 by their prefix, the .prj zone 37."""
    path = written(
        folder / "a.shp",
        shapely.transform(SQUARE, lambda p: p + np.array([38e6, 0.0])),
        crs="EPSG:4526",
    )
    prj = path.with_suffix(".prj")
    other = written(folder / "b.shp", PLOT, crs="EPSG:4525").with_suffix(".prj").read_text()
    for part in folder.glob("b.*"):
        part.unlink()
    prj.write_text(other)
    return path


@case("refuse", "a.PRJ, which differ")
def zip_of_two_prj(folder: Path) -> Path:
    written(folder / "a.shp", PLOT)
    parts = {part.name: part.read_bytes() for part in sorted(folder.iterdir())}
    other = written(folder / "b.shp", PLOT, crs="EPSG:4610").with_suffix(".prj").read_bytes()
    return packed(folder, "a.zip", **parts, **{"a.PRJ": other})


@case("doubt", ASKED, hectares=0)
def closed_m(folder: Path) -> Path:
    """A closed line with measures."""
    text = ", ".join(f"{x} {y} {k}" for k, (x, y) in enumerate(LINE.coords))
    path = folder / "a.geojsonl"
    path.write_text(
        json.dumps(feature(shapely.from_wkt(f"LINESTRING Z ({text})"))), encoding="utf-8"
    )
    return path


@case("refuse", "arcs on a sphere")
def edges_on_a_sphere(folder: Path) -> Path:
    import pyarrow.parquet as pq

    path = two_columns(folder, None)
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    geo["columns"]["geometry"]["edges"] = "spherical"
    changed = {**table.schema.metadata, b"geo": json.dumps(geo).encode()}
    pq.write_table(table.replace_schema_metadata(changed), path)
    return path


def two_columns(folder: Path, second: Any) -> Path:
    """Write a GeoParquet with a second column of geometry, if there is one."""
    path = folder / "a.parquet"
    frame = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[PLOT], crs="EPSG:4490")
    if second is not None:
        frame["标注"] = gpd.GeoSeries([second], crs="EPSG:4490")
    frame.to_parquet(path)
    return path


@case("doubt", "a second column of geometry", **CUT)
def second_column(folder: Path) -> Path:
    return two_columns(folder, BESIDE)


@case("read", left_out="annotation")
def second_column_of_labels(folder: Path) -> Path:
    return two_columns(folder, PLOT.centroid)


PARTS = {**feature(PLOT)["geometry"], "type": "MultiPolygon"}
for name, parts in (("part", [PARTS["coordinates"], []]), ("ring", [[*PARTS["coordinates"], []]])):
    held = {**feature(PLOT), "geometry": {**PARTS, "coordinates": parts}}
    text(
        f"empty_{name}.geojson", json.dumps(collection(held)), "refuse", "is empty, which may have"
    )
text("empty_part.wkt", f"SRID=4490;MULTIPOLYGON({PLOT.wkt[8:]}, EMPTY)", "refuse", "EMPTY: it may")


# --- MIF and GML


def _mif(objects: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = folder / "a.mif"
        head = 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\n'
        path.write_text(f"{head}Columns 1\n  name Char(8)\nData\n\n{objects}")
        path.with_suffix(".mid").write_text('"a"\n')
        return path

    return build


PAIRS = [f"{x} {y}" for x, y in PLOT.exterior.coords]
for name, head, rows, right in (
    ("region", "Region 1\n5", PAIRS, "read"),
    ("states_one_less", "Region 1\n4", PAIRS, "refuse"),
    ("has_one_more", "Region 1\n5", [*PAIRS, PAIRS[0]], "refuse"),
    ("line_states_one_less", "Pline 4", PAIRS, "refuse"),
    ("line_of_parts", "Pline Multiple 1\n5", PAIRS, "doubt"),
):
    hectares = 36.0 if right == "read" else 0.0
    words = "positions and has" if right == "refuse" else ""
    CASES.append(
        Reading(f"mif_{name}", right, _mif("\n".join([head, *rows])), words, hectares=hectares)
    )
text(
    "linked_member.gml",
    gml(member(PLOT)).replace(
        "</wfs:FeatureCollection>",
        '<wfs:member xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://x/y"/>'
        "</wfs:FeatureCollection>",
    ),
    "doubt",
    "a feature elsewhere",
    left_out="geometry",
)


text("several.wkt", f"SRID=4490;{PLOT.wkt}\nSRID=4490;{BESIDE.wkt}\n", "read", **BOTH)
text("several_systems.wkt", f"SRID=4490;{BESIDE.wkt}\nSRID=4547;{SQUARE.wkt}\n", "refuse")
text("collection.wkt", f"SRID=4490;GEOMETRYCOLLECTION({PLOT.wkt}, {LINE.wkt})", "site")
text("line_of_nothing.wkt", f"SRID=4490;{PLOT.wkt}\nPOLYGON EMPTY\n", "refuse")
text("words_behind.wkt", f"SRID=4490;{PLOT.wkt}\n以下空白\n", "refuse")

# --- drawings


def _chain(draw: Callable[[Any, Any], None]) -> Callable[[Path], Path]:
    return lambda folder: drawn(folder, draw)


def _recursive(drawing: Any, space: Any) -> None:
    block = drawing.blocks.new("DK")
    block.add_lwpolyline(corners(OTHER), close=True)
    block.add_blockref("DK", (0, 0))
    space.add_blockref("DK", (0, 0), dxfattribs=RED)


def _array(drawing: Any, space: Any) -> None:
    block = drawing.blocks.new("DK")
    block.add_lwpolyline(corners(OTHER), close=True)
    space.add_blockref(
        "DK",
        (0, 0),
        dxfattribs={
            **RED,
            "row_count": 30_000,
            "column_count": 30_000,
            "row_spacing": 1,
            "column_spacing": 1,
        },
    )


def _mirrored(drawing: Any, space: Any) -> None:
    """The extrusion points down: x counts the other way."""
    points = [(-x, y) for x, y in corners(OTHER)]
    space.add_lwpolyline(points, close=True, dxfattribs={**RED, "extrusion": (0, 0, -1)})


def _scaled(drawing: Any, space: Any) -> None:
    block = drawing.blocks.new("DK")
    west, south = corners(OTHER)[0]
    block.add_lwpolyline(
        [((x - west) / 10, (y - south) / 10) for x, y in corners(OTHER)], close=True
    )
    space.add_blockref("DK", (west, south), dxfattribs={**RED, "xscale": 10, "yscale": 10})


def _circle(drawing: Any, space: Any) -> None:
    space.add_circle(corners(OTHER)[0], 300, dxfattribs=RED)


def _ellipse(drawing: Any, space: Any) -> None:
    space.add_ellipse(corners(OTHER)[0], (300, 0), 0.5, dxfattribs=RED)


def _spline(drawing: Any, space: Any) -> None:
    space.add_spline(dxfattribs=RED).set_closed([(x, y, 0.0) for x, y in corners(OTHER)])


def _solid(drawing: Any, space: Any) -> None:
    space.add_solid(corners(OTHER), dxfattribs=RED)


def _face(drawing: Any, space: Any) -> None:
    space.add_3dface(corners(OTHER), dxfattribs=RED)


def _mline(drawing: Any, space: Any) -> None:
    space.add_mline(corners(OTHER), close=True, dxfattribs=RED)


def _arc_and_chord(drawing: Any, space: Any) -> None:
    (x, y), *_ = corners(OTHER)
    space.add_arc((x, y), 300, 0, 180, dxfattribs=RED)
    space.add_line((x - 300, y), (x + 300, y), dxfattribs=RED)


def _polyline_3d(drawing: Any, space: Any) -> None:
    points = [(x, y, 800.0) for x, y in corners(OTHER)]
    space.add_polyline3d([*points, points[0]], dxfattribs=RED)


def _mesh(drawing: Any, space: Any) -> None:
    space.add_polymesh((3, 3), dxfattribs=RED)


def _image(drawing: Any, space: Any) -> None:
    definition = drawing.add_image_def("a.png", (100, 100))
    space.add_image(definition, corners(OTHER)[0], (600, 600), dxfattribs=RED)


def _far_copy(drawing: Any, space: Any) -> None:
    space.add_lwpolyline([(x - 38e6, y) for x, y in corners(OTHER)], close=True, dxfattribs=RED)


def _at_nothing(drawing: Any, space: Any) -> None:
    space.add_lwpolyline([(0, 0), (600, 0), (600, 600), (0, 600)], close=True, dxfattribs=RED)


def _collapsed(drawing: Any, space: Any) -> None:
    x, y = corners(OTHER)[0]
    space.add_lwpolyline([(x, y), (x + 600, y), (x, y)], close=True, dxfattribs=RED)


def _other_layer(drawing: Any, space: Any) -> None:
    drawing.layers.add("用地红线")
    space.add_lwpolyline(corners(OTHER), close=True, dxfattribs={"layer": "用地红线"})


def _group_of_points(drawing: Any, space: Any) -> None:
    for point in corners(OTHER):
        space.add_point(point, dxfattribs=RED)


def _leader(drawing: Any, space: Any) -> None:
    space.add_leader(corners(OTHER)[:3], dxfattribs=RED)


def _wipeout(drawing: Any, space: Any) -> None:
    space.add_wipeout([(x, y) for x, y in corners(OTHER)], dxfattribs=RED)


def _fitted(drawing: Any, space: Any) -> None:
    """A spline of which the points that it goes through are given, and nothing else."""
    west, south = corners(OTHER)[0]
    points = [*corners(OTHER), (west, south)]
    space.add_spline([(x, y, 0.0) for x, y in points], dxfattribs=RED)


def smoothed(add: Callable[[Any], Any], kind: int) -> Callable[[Any, Any], None]:
    """Draw a polyline that was smoothed: four corners of its frame, then a circle of 200 m."""

    def draw(drawing: Any, space: Any) -> None:
        line = add(space)
        line.dxf.flags |= 1 | 4
        for point in corners(OTHER):
            line.append_vertex(point, dxfattribs={"flags": 16 | kind})
        (x, y), _, (east, north), *_ = corners(OTHER)
        for turn in np.linspace(0.0, 2 * np.pi, 360, endpoint=False):
            off = 200 * np.array([np.cos(turn), np.sin(turn)])
            place = np.array([x + east, y + north]) / 2 + off
            line.append_vertex(place.tolist(), dxfattribs={"flags": 8 | kind})

    return draw


def _no_circle(drawing: Any, space: Any) -> None:
    space.add_circle(corners(OTHER)[0], 0, dxfattribs=RED)


ROUND: dict[str, Any] = {"count": 2, "hectares": 36 + 12.57}
for name, draw, right, rest in (
    ("fitted_spline", _fitted, "doubt", {}),
    ("smoothed", smoothed(lambda s: s.add_polyline2d([], dxfattribs=RED), 0), "read", ROUND),
    ("smoothed_3d", smoothed(lambda s: s.add_polyline3d([], dxfattribs=RED), 32), "read", ROUND),
    ("circle_of_no_radius", _no_circle, "read", {"left_out": "annotation"}),
    ("recursive_block", _recursive, "doubt", {}),
    ("array_of_blocks", _array, "doubt", {}),
    ("mirrored", _mirrored, "read", BOTH),
    ("scaled_block", _scaled, "read", BOTH),
    ("circle", _circle, "read", {"count": 2, "hectares": 36 + 28.27}),
    ("ellipse", _ellipse, "read", {"count": 2, "hectares": 36 + 14.14}),
    ("closed_spline", _spline, "read", {"count": 2, "hectares": 36 + 24.4}),
    ("solid", _solid, "doubt", {}),
    ("face", _face, "doubt", {}),
    ("multiline", _mline, "doubt", {}),
    ("arc_and_chord", _arc_and_chord, "doubt", {}),
    ("polyline_3d", _polyline_3d, "read", BOTH),
    ("mesh", _mesh, "doubt", {}),
    ("image", _image, "read", {"left_out": "annotation"}),
    ("far_copy", _far_copy, "site", {}),
    ("at_nothing", _at_nothing, "doubt", {}),
    ("collapsed", _collapsed, "read", {"left_out": "annotation"}),
    ("other_layer", _other_layer, "read", BOTH),
    ("points_of_corners", _group_of_points, "read", {"left_out": "annotation"}),
    ("leader", _leader, "read", {"left_out": "annotation"}),
    ("wipeout", _wipeout, "read", {"left_out": "annotation"}),
):
    CASES.append(Reading(f"dxf_{name}", right, _chain(draw), "", **{"assume": METRES, **rest}))
