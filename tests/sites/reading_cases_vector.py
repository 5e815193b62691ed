"""Small vector files that people really bring, built in place, and what each should give.

`right` is ``read`` (all of it, without doubt; `count` sites, `hectares` in all), ``doubt`` (read,
and no site of it can be clear), ``refuse`` (nothing of it is read), or ``site`` (one site of it is
bad and says why). `words` stand in the message or problem; `left_out` is the kind of what the
autopsy says was left out, None where nothing was.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import numpy as np
import shapely

from sxgeo.geometry.projection import to_degrees

PLANE = "EPSG:4547"
SQUARE = shapely.box(385700, 4223500, 386300, 4224100)
OTHER = shapely.box(387700, 4223500, 388300, 4224100)
PLOT, BESIDE = (to_degrees(shape, PLANE) for shape in (SQUARE, OTHER))
METRES = {"crs": "EPSG:4526"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One input and what it should give."""

    name: str
    right: str
    build: Callable[[Path], Path]
    words: str = ""
    count: int = 1
    hectares: float = 36.0
    assume: dict[str, str] = field(default_factory=dict)
    left_out: str | None = None


Builder = Callable[[Path], Path]


class Register:
    """A list of cases that files are added to, by a builder or by their content."""

    def __init__(self) -> None:
        self.cases: list[Reading] = []

    def case(self, right: str, words: str = "", **rest: Any) -> Callable[[Builder], Builder]:
        """Register a builder under its own name."""

        def keep(build: Builder) -> Builder:
            self.cases.append(Reading(build.__name__, right, build, words, **rest))
            return build

        return keep

    def text(
        self, name: str, content: str | bytes, right: str, words: str = "", **rest: Any
    ) -> None:
        """Register a file by its content; what stands before ``!`` only tells it from others."""

        def build(folder: Path) -> Path:
            path = folder / name.rpartition("!")[2]
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
            return path

        self.cases.append(Reading(name, right, build, words, **rest))


_REGISTER = Register()
CASES, case, text = _REGISTER.cases, _REGISTER.case, _REGISTER.text


# --- GeoJSON and its kin


def feature(shape: Any, name: str = "甲", **members: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": json.loads(shapely.to_geojson(shape)),
        **members,
    }


def collection(*features: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **members}


ONE, TWO = collection(feature(PLOT)), collection(feature(BESIDE, "乙"))
BOTH: dict[str, Any] = {"count": 2, "hectares": 72.0}
CUT: dict[str, Any] = {"left_out": "geometry"}
text("list.json", json.dumps({"data": [ONE, TWO]}), "read", **BOTH)
text("array.json", json.dumps([feature(PLOT)]), "read")
text("envelope.json", json.dumps({"code": 200, "data": ONE}), "read")
text("joined.geojson", json.dumps(ONE) + "\n" + json.dumps(TWO), "read", **BOTH)
text(
    "pretty.geojsonl",
    json.dumps(feature(PLOT), indent=1) + "\n" + json.dumps(feature(BESIDE), indent=1),
    "read",
    **BOTH,
)
text("collections.geojsonl", json.dumps(ONE) + "\n" + json.dumps(TWO) + "\n", "read", **BOTH)
text(
    "separated.geojsons",
    "\x1e" + json.dumps(feature(PLOT)) + "\n\x1e" + json.dumps(feature(BESIDE)) + "\n",
    "read",
    **BOTH,
)
text("nested.geojson", json.dumps(collection(feature(BESIDE), ONE)), "read", **BOTH)
text("bare_geometry.json", shapely.to_geojson(PLOT), "read")
text("jsonp.json", f"callback({json.dumps(ONE)});", "read")
text("variable.geojson", f"var data = {json.dumps(ONE)};\n", "read")
text("comment.geojson", f"/* 甲 */{json.dumps(ONE)}", "read")
text("mark.geojson", "\ufeff" + json.dumps(ONE), "read")
text("gbk.geojson", json.dumps(ONE, ensure_ascii=False).encode("gbk"), "read")
text(
    "two_systems.json",
    json.dumps([ONE, {**TWO, "crs": {"type": "name", "properties": {"name": "EPSG:4547"}}}]),
    "refuse",
    "several coordinate systems",
)
text(
    "features_twice.geojson",
    json.dumps(ONE)[:-1] + ',"features":[' + json.dumps(feature(BESIDE)) + "]}",
    "refuse",
    "'features' twice",
)
text(
    "geometry_twice.geojson",
    json.dumps(ONE)[:-3] + ',"geometry":' + shapely.to_geojson(BESIDE) + "}]}",
    "refuse",
    "'geometry' twice",
)
text(
    "misspelt.geojson",
    json.dumps(collection(feature(PLOT), {**feature(BESIDE), "type": "feature"})),
    "refuse",
    "2 records, 1 could be read",
)
text(
    "odd_geometry.geojson",
    json.dumps(collection({**feature(PLOT), "geometry": {"type": "polygon", "coordinates": []}})),
    "refuse",
    "of type 'polygon'",
)
text("lost_position.geojson", json.dumps(ONE).replace("]]]", "], [112.7]]]"), "refuse", "")
text(
    "deep.geojson",
    '{"type":"FeatureCollection","features":[' + "[" * 100_000 + "]" * 100_000 + "]}",
    "refuse",
    "nested too deep",
)
text(
    "ovital.json",
    '{"ObjItems":[{"Object":{"ObjectDetail":{"Latlng":[38.13,112.69]}}}]}',
    "refuse",
    "no JSON with features",
)
for number, members in enumerate(
    (
        {"exceededTransferLimit": True},
        {"properties": {"exceededTransferLimit": True}},
        {"numberMatched": 9, "numberReturned": 1},
        {"totalFeatures": 9},
        {"total": 9},
        {"hasMore": True},
        {"links": [{"rel": "next", "href": "page2"}]},
        {"next": "page2"},
    )
):
    text(
        f"cut{number}!cut.geojson",
        json.dumps({**ONE, **members}),
        "doubt",
        "download the rest",
        **CUT,
    )
text(
    "whole!whole.geojson",
    json.dumps(
        {
            **ONE,
            "numberMatched": 1,
            "numberReturned": 1,
            "exceededTransferLimit": False,
            "links": [{"rel": "self"}],
        }
    ),
    "read",
)
ESRI_RING = {"rings": [[list(p) for p in PLOT.exterior.coords]]}
ESRI = {
    "geometryType": "esriGeometryPolygon",
    "spatialReference": {"wkid": 4490},
    "features": [{"attributes": {"name": "甲"}, "geometry": ESRI_RING}],
}
text("esri.json", json.dumps(ESRI), "read")
text(
    "esri_cut.json",
    json.dumps({**ESRI, "exceededTransferLimit": True}),
    "doubt",
    "download the rest",
    **CUT,
)
ZERO = shapely.Polygon([*list(PLOT.exterior.coords)[:3], (0, 0)])
text("zero_vertex.geojson", json.dumps(collection(feature(ZERO))), "site", "vertex 4 of 5: 0, 0")
text(
    "polygons_collected.geojson",
    json.dumps(collection(feature(shapely.GeometryCollection([PLOT, BESIDE])))),
    "read",
    hectares=72.0,
)
LABEL = shapely.GeometryCollection([PLOT, PLOT.centroid])
text("label_inside.geojson", json.dumps(collection(feature(LABEL))), "read", left_out="annotation")
text(
    "point_outside.geojson",
    json.dumps(collection(feature(shapely.GeometryCollection([PLOT, BESIDE.centroid])))),
    "site",
    "geometry collection",
)

# --- lines that close

LINE = shapely.LineString(PLOT.exterior.coords)
OPEN = shapely.LineString([(112.70, 38.14), (112.71, 38.15), (112.72, 38.14)])
SIDES = [
    shapely.LineString(pair)
    for pair in zip(list(PLOT.exterior.coords)[:-1], list(PLOT.exterior.coords)[1:], strict=True)
]
ASKED = "closed_line taken as line"
text("closed.geojson", json.dumps(collection(feature(LINE))), "doubt", ASKED, hectares=0)
text(
    "plot!closed.geojson",
    json.dumps(collection(feature(LINE))),
    "read",
    assume={"closed_line": "plot"},
)
text(
    "line!closed.geojson",
    json.dumps(collection(feature(LINE))),
    "read",
    hectares=0,
    assume={"closed_line": "line"},
)
text("open.geojson", json.dumps(collection(feature(OPEN))), "read", hectares=0)
text(
    "there_and_back.geojson",
    json.dumps(collection(feature(shapely.LineString([*OPEN.coords, *list(OPEN.coords)[::-1]])))),
    "read",
    hectares=0,
)
text(
    "sides.geojson",
    json.dumps(collection(*map(feature, SIDES))),
    "doubt",
    "by several together",
    count=4,
    hectares=0,
)
text(
    "plot!sides.geojson",
    json.dumps(collection(*map(feature, SIDES))),
    "read",
    assume={"closed_line": "plot"},
)
text(
    "parts.geojson",
    json.dumps(collection(feature(shapely.MultiLineString(SIDES)))),
    "doubt",
    ASKED,
    hectares=0,
)
NEARLY = shapely.LineString(
    [*list(PLOT.exterior.coords)[:-1], shapely.get_coordinates(PLOT)[0] + 5e-6]
)
text("nearly.geojson", json.dumps(collection(feature(NEARLY))), "doubt", ASKED, hectares=0)
text("closed.wkt", LINE.wkt, "doubt", ASKED, hectares=0, assume={"datum": "CGCS2000"})
TRACK = "".join(f'<trkpt lat="{y}" lon="{x}"/>' for x, y in PLOT.exterior.coords)
text(
    "walked.gpx",
    '<gpx version="1.1" creator="x"'
    f' xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{TRACK}</trkseg></trk></gpx>',
    "doubt",
    ASKED,
    hectares=0,
)


@case("doubt", ASKED, hectares=0)
def closed_shp(folder: Path) -> Path:
    return written(folder / "closed.shp", LINE)


def written(path: Path, *shapes: Any, crs: Any = "EPSG:4490", **rest: Any) -> Path:
    frame = gpd.GeoDataFrame(
        {"name": [f"n{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs
    )
    frame.to_file(path, **rest)
    return path


# --- KML, GML, GPX


def ring(shape: Any) -> str:
    return (
        "<LinearRing><coordinates>"
        + " ".join(f"{x},{y}" for x, y in shape.exterior.coords)
        + "</coordinates></LinearRing>"
    )


def polygon(shape: Any, inner: str = "") -> str:
    return f"<Polygon><outerBoundaryIs>{ring(shape)}</outerBoundaryIs>{inner}</Polygon>"


def mark(content: str, name: str = "甲") -> str:
    return f"<Placemark><name>{name}</name>{content}</Placemark>"


def kml(*content: str) -> str:
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(content)}</Document></kml>'
    )


POINT = f"<Point><coordinates>{PLOT.centroid.x},{PLOT.centroid.y}</coordinates></Point>"
LATLON = "<LatLonBox><north>38.2</north><south>38.1</south><east>112.8</east><west>112.6</west></LatLonBox>"
OVERLAY = f"<GroundOverlay><name>图</name><Icon><href>a.png</href></Icon>{LATLON}</GroundOverlay>"
LINK = "<NetworkLink><Link><href>b.kml</href></Link></NetworkLink>"
HOLES = [to_degrees(shapely.box(x, 4223700, x + 100, 4223800), PLANE) for x in (385800, 386000)]
text("placemark.kml", kml(mark(polygon(PLOT))), "read")
text(
    "label.kml",
    kml(mark(f"<MultiGeometry>{POINT}{polygon(PLOT)}</MultiGeometry>")),
    "read",
    left_out="annotation",
)
text("picture.kml", kml(OVERLAY, mark(polygon(PLOT))), "read", left_out="annotation")
text(
    "photo.kml",
    kml(f"<PhotoOverlay>{POINT}</PhotoOverlay><ScreenOverlay/>", mark(polygon(PLOT))),
    "read",
    left_out="annotation",
)
text(
    "in_picture.kml",
    kml(OVERLAY.replace("</G", mark(polygon(BESIDE)) + "</G"), mark(polygon(PLOT))),
    "refuse",
    "inside a picture",
)
text(
    "behind_picture.kml",
    kml(OVERLAY, mark(polygon(PLOT) + mark(polygon(BESIDE)))),
    "refuse",
    "2 placemarks, 1 could be read",
)
text("link.kml", kml(mark(polygon(PLOT)), LINK), "doubt", "NetworkLink", left_out="geometry")
text(
    "two_holes.kml",
    kml(mark(polygon(PLOT, f"<innerBoundaryIs>{''.join(map(ring, HOLES))}</innerBoundaryIs>"))),
    "read",
    hectares=34.0,
)
text(
    "two_outers.kml",
    kml(mark(f"<Polygon><outerBoundaryIs>{ring(PLOT)}{ring(BESIDE)}</outerBoundaryIs></Polygon>")),
    "refuse",
    "has 2 rings",
)
text("two_shapes.kml", kml(mark(polygon(PLOT) + polygon(BESIDE))), "refuse", "has 2 geometries")
text(
    "closed.kml",
    kml(mark(ring(PLOT).replace("LinearRing", "LineString"))),
    "doubt",
    ASKED,
    hectares=0,
)
text("ampersand.kml", kml(mark(polygon(PLOT), "a & b")), "refuse", "line 1 of its XML")
text(
    "deep.kml",
    "<kml>" + "<Folder>" * 100_000 + "</Folder>" * 100_000 + "</kml>",
    "refuse",
    "nested more than",
)


def gml(*members: str, root: str = "") -> str:
    return (
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"'
        ' xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:app="http://x/app"'
        f" {root}>{''.join(f'<wfs:member>{m}</wfs:member>' for m in members)}</wfs:FeatureCollection>"
    )


def member(shape: Any, kind: str = "dk", extra: str = "") -> str:
    numbers = " ".join(f"{x} {y}" for x, y in shape.exterior.coords)
    area = (
        "<gml:Polygon"
        f' srsName="EPSG:4490"><gml:exterior><gml:LinearRing><gml:posList>{numbers}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>'
    )
    return f"<app:{kind}><app:name>甲</app:name>{extra}<app:geom>{area}</app:geom></app:{kind}>"


GML_POINT = (
    '<app:p><gml:Point srsName="EPSG:4490"><gml:pos>112.7 38.14</gml:pos></gml:Point></app:p>'
)
text("whole.gml", gml(member(PLOT), root='numberMatched="1" numberReturned="1"'), "read")
text(
    "cut.gml",
    gml(member(PLOT), root='numberMatched="9" numberReturned="1"'),
    "doubt",
    "1 of 9",
    left_out="geometry",
)
text(
    "next.gml",
    gml(member(PLOT), root='numberMatched="unknown" numberReturned="1" next="http://a/b"'),
    "doubt",
    "next page",
    left_out="geometry",
)
text("point_beside.gml", gml(member(PLOT, extra=GML_POINT)), "read", left_out="annotation")
text(
    "case.gml",
    gml(member(PLOT, "dk"), member(BESIDE, "DK")),
    "refuse",
    "2 members, 1 could be read",
)
text("two_types.gml", gml(member(PLOT), member(BESIDE, "lx")), "read", **BOTH)

# --- shapefiles and databases, by their own counts


def _older(folder: Path, part: str) -> Path:
    path = written(folder / "dk.shp", BESIDE, PLOT)
    old = written(folder / "old.shp", BESIDE)
    path.with_suffix(part).write_bytes(old.with_suffix(part).read_bytes())
    for left in folder.glob("old.*"):
        left.unlink()
    return path


@case("refuse", "2 records, its .shx 1")
def stale_index(folder: Path) -> Path:
    return _older(folder, ".shx")


@case("refuse", "2 records, its .dbf 1")
def stale_table(folder: Path) -> Path:
    return _older(folder, ".dbf")


@case("read", left_out="annotation")
def deleted_row(folder: Path) -> Path:
    path = written(folder / "dk.shp", PLOT, BESIDE)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    start, length = struct.unpack_from("<HH", table, 8)
    table[start + length] = ord("*")
    path.with_suffix(".dbf").write_bytes(table)
    return path


@case("refuse", "2 rows, 1 were read")
def stale_count(folder: Path) -> Path:
    path = written(folder / "dk.gpkg", PLOT, BESIDE)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    connection.close()
    return path


@case("refuse", "2 features, 1 were read")
def stale_header(folder: Path) -> Path:
    path = written(folder / "dk.fgb", PLOT, BESIDE, SPATIAL_INDEX="NO")
    content = bytearray(path.read_bytes())
    root = 12 + struct.unpack_from("<I", content, 12)[0]
    table = root - struct.unpack_from("<i", content, root)[0]
    offset = struct.unpack_from("<H", content, table + 4 + 2 * 8)[0]
    struct.pack_into("<Q", content, root + offset, 1)
    path.write_bytes(content)
    return path


for index, (datum, spheroid, geographic) in enumerate(
    (
        ("D_China_2000", "CGCS2000", "GCS_China_Geodetic_Coordinate_System_2000"),
        ("D_CGCS_2000", "CGCS2000", "GCS_CGCS_2000"),
        ("D_CGCS_2000", "CGCS_2000", "GCS_CGCS_2000"),
        ("CGCS_2000", "CGCS2000", "CGCS_2000"),
        ("D_CGCS2000", "CGCS2000", "CGCS2000"),
        ("CGCS2000", "GRS_1980", "CGCS2000"),
        ("China_2000", "CGCS2000", "China Geodetic Coordinate System 2000"),
    )
):
    WKT = (
        f'PROJCS["X",GEOGCS["{geographic}",DATUM["{datum}",SPHEROID["{spheroid}",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )

    def _named(folder: Path, wkt: str = WKT) -> Path:
        path = written(folder / "dk.shp", SQUARE, crs=PLANE)
        path.with_suffix(".prj").write_text(wkt)
        return path

    CASES.append(Reading(f"prj{index}", "read", _named))
    if index == 1:  # the same name on another ellipsoid is another datum

        def _krasovsky(
            folder: Path, wkt: str = WKT.replace("6378137.0,298.257222101", "6378245.0,298.3")
        ) -> Path:
            return _named(folder, wkt)

        CASES.append(Reading("prj_ellipsoid", "refuse", _krasovsky, "no exact transformation"))


@case("read", hectares=34.0)
def inverted_ring(folder: Path) -> Path:
    """The outer ring touches itself and makes a hole, as some programs write it; the corner of the
    hole is on the edge.
    """
    outer = [
        (385700, 4223500),
        (385700, 4224100),
        (386300, 4224100),
        (386300, 4223500),
        (386000, 4223500),
    ]
    hole = [
        (386100, 4223600),
        (386000, 4223700),
        (385900, 4223600),
        (386000, 4223500),
        (385700, 4223500),
    ]
    path = folder / "dk.shp"
    written(path, shapely.Polygon([*outer, *hole]), crs=PLANE)
    return path


# --- archives and folders


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


PLAIN = json.dumps(ONE).encode()
for kind in ("dwg", "ovkml", "xls", "mdb"):

    def _beside(folder: Path, kind: str = kind) -> Path:
        return packed(folder / "p.zip", 甲__geojson=PLAIN, **{f"乙__{kind}": b"?"})

    CASES.append(
        Reading(
            f"zip_{kind}", "doubt", _beside, f"{kind.upper()} file 乙.{kind}", left_out="geometry"
        )
    )


@case("read", left_out="annotation")
def zip_with_papers(folder: Path) -> Path:
    return packed(
        folder / "p.zip", 甲__geojson=PLAIN, 说明__txt="一期用地".encode(), a__jpg=b"?", b__pdf=b"?"
    )


@case("read", **BOTH)
def zip_with_wkt(folder: Path) -> Path:
    return packed(folder / "p.zip", 甲__geojson=PLAIN, 乙__wkt=f"SRID=4490;{BESIDE.wkt}".encode())


@case("read")
def zip_of_tab(folder: Path) -> Path:
    return _zipped_mapinfo(folder, "tab")


@case("read")
def zip_of_mif(folder: Path) -> Path:
    return _zipped_mapinfo(folder, "mif")


def _zipped_mapinfo(folder: Path, suffix: str) -> Path:
    made = folder / "made"
    made.mkdir()
    rest = {"FORMAT": "MIF"} if suffix == "mif" else {}
    written(made / f"dk.{suffix}", PLOT, driver="MapInfo File", crs="EPSG:4326", **rest)
    return packed(
        folder / "p.zip",
        **{part.name.replace(".", "__"): part.read_bytes() for part in sorted(made.iterdir())},
    )


@case("doubt", "DWG file 乙.dwg", left_out="geometry")
def folder_with_dwg(folder: Path) -> Path:
    inner = folder / "成果"
    inner.mkdir()
    written(inner / "dk.shp", PLOT)
    (inner / "乙.dwg").write_bytes(b"AC1027")
    return inner


@case("read")
def folder_of_shapefiles(folder: Path) -> Path:
    inner = folder / "成果"
    inner.mkdir()
    written(inner / "dk.shp", PLOT)
    for beside in ("dk.sbn", "dk.shp.xml", "dk.qix"):
        (inner / beside).write_bytes(b"?")
    return inner


# --- drawings


# --- counts of drivers


def three(folder: Path, name: str, driver: str) -> Path:
    """Write a table of three plots."""
    folder.mkdir(exist_ok=True)
    third = to_degrees(shapely.box(389700, 4223500, 390300, 4224100), PLANE)
    frame = gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙"]}, geometry=[PLOT, BESIDE, third], crs="EPSG:4490"
    )
    text = {"encoding": "GB18030"} if driver == "MapInfo File" else {}
    frame.to_file(folder / name, driver=driver, engine="pyogrio", **text)
    return folder / name


THREE: dict[str, Any] = {"count": 3, "hectares": 108.0}


@case("read", **THREE)
def mif_whole(folder: Path) -> Path:
    return three(folder, "图.mif", "MapInfo File")


@case("refuse", "'Regoin', which is no object of MIF")
def mif_misspelt(folder: Path) -> Path:
    return _rewritten(mif_whole(folder), lambda mif: mif.replace("Region 1", "Regoin 1", 1))


@case("refuse", "2 objects were read, its .mid has 3")
def mif_cut(folder: Path) -> Path:
    return _rewritten(mif_whole(folder), lambda mif: mif[: mif.rindex("Region 1")])


def _rewritten(path: Path, change: Callable[[str], str]) -> Path:
    path.write_text(change(path.read_text("latin-1")), encoding="latin-1")
    return path


@case("refuse", "its .mid has 4")
def mif_more_rows(folder: Path) -> Path:
    path = mif_whole(folder)
    rows = path.with_suffix(".mid")
    rows.write_bytes(rows.read_bytes() + b'"x"\n')
    return path


@case("read", **THREE)
def tab_whole(folder: Path) -> Path:
    return three(folder, "图.tab", "MapInfo File")


@case("refuse", "has 1 rows, its .id 3 objects")
def tab_stale_rows(folder: Path) -> Path:
    path = tab_whole(folder)
    older = written(folder / "old.tab", PLOT).with_suffix(".dat").read_bytes()
    path.with_suffix(".dat").write_bytes(older)
    for part in folder.glob("old.*"):
        part.unlink()
    return path


@case("read", **THREE)
def gdb_whole(folder: Path) -> Path:
    return three(folder, "图.gdb", "OpenFileGDB")


def _gdb_changed(folder: Path, suffix: str, at: int, content: bytes) -> Path:
    """Write over bytes of the table of the plots, which is the first that is no system table."""
    path = gdb_whole(folder)
    part = path / f"a00000009.{suffix}"
    whole = bytearray(part.read_bytes())
    whole[at : at + len(content)] = content
    part.write_bytes(bytes(whole))
    return path


@case("refuse", "2 rows were read, its index holds 3")
def gdb_table_states_less(folder: Path) -> Path:
    return _gdb_changed(folder, "gdbtable", 4, struct.pack("<i", 2))


@case("refuse", "2 rows were read, its table states 3")
def gdb_index_states_less(folder: Path) -> Path:
    return _gdb_changed(folder, "gdbtablx", 8, struct.pack("<i", 2))


@case("refuse", "2 rows were read, its table states 3")
def gdb_index_lacks_a_row(folder: Path) -> Path:
    return _gdb_changed(folder, "gdbtablx", 16 + 5, bytes(5))


@case("refuse", "2 records, its .shx 1")
def folder_with_a_stale_index(folder: Path) -> Path:
    (folder / "图").mkdir()
    return _older(folder / "图", ".shx").parent


# --- drawings


def corners(shape: Any) -> list[tuple[float, float]]:
    return [(38e6 + x, y) for x, y in list(shape.exterior.coords)[:-1]]


def drawn(
    folder: Path, draw: Callable[[Any, Any], None], *, plot: bool = True, version: str = "R2010"
) -> Path:
    drawing = ezdxf.new(version)
    drawing.layers.add("红线")
    space = drawing.modelspace()
    if plot:
        space.add_lwpolyline(corners(SQUARE), close=True, dxfattribs={"layer": "红线"})
    draw(drawing, space)
    drawing.saveas(folder / "图.dxf")
    return folder / "图.dxf"


RED = {"layer": "红线"}


def _exploded(drawing: Any, space: Any) -> None:
    points = corners(OTHER)
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        space.add_line(start, end, dxfattribs=RED)


def _open(drawing: Any, space: Any, gap: float = 0.1) -> None:
    points = corners(OTHER)
    space.add_lwpolyline([*points, (points[0][0] + gap, points[0][1])], dxfattribs=RED)


def _hatch(drawing: Any, space: Any, shape: Any = OTHER) -> None:
    space.add_hatch(dxfattribs=RED).paths.add_polyline_path(corners(shape), is_closed=True)


def _reference(drawing: Any, space: Any) -> None:
    drawing.add_xref_def("乙.dwg", "XR")
    space.add_blockref("XR", (0, 0))


def _block(drawing: Any, space: Any) -> None:
    block = drawing.blocks.new("DK")
    block.add_lwpolyline(corners(OTHER), close=True)
    space.add_blockref("DK", (0, 0), dxfattribs=RED)


def _text(drawing: Any, space: Any) -> None:
    space.add_text("甲", dxfattribs=RED | {"insert": corners(SQUARE)[0]})


def _paper(drawing: Any, space: Any) -> None:
    drawing.layout("Layout1").add_lwpolyline([(0, 0), (420, 0), (420, 297)], close=True)


def _ground_paper(drawing: Any, space: Any) -> None:
    drawing.layout("Layout1").add_lwpolyline(corners(OTHER), close=True)


def on_layer(state: str) -> Callable[[Any, Any], None]:
    """Draw a second outline on a layer that is frozen, off or locked."""

    def draw(drawing: Any, space: Any) -> None:
        getattr(drawing.layers.add("旧红线"), state)()
        space.add_lwpolyline(corners(OTHER), close=True, dxfattribs={"layer": "旧红线"})

    return draw


def _invisible(drawing: Any, space: Any) -> None:
    space.add_lwpolyline(corners(OTHER), close=True, dxfattribs=RED | {"invisible": 1})


def _hidden_hole(drawing: Any, space: Any) -> None:
    points = corners(shapely.box(385900, 4223700, 386000, 4223800))
    space.add_lwpolyline(points, close=True, dxfattribs=RED | {"invisible": 1})


def in_block(state: str, inner: str) -> Callable[[Any, Any], None]:
    """Draw it in a block that is put in on a layer that is frozen or off."""

    def draw(drawing: Any, space: Any) -> None:
        getattr(drawing.layers.add("旧红线"), state)()
        block = drawing.blocks.new("DK")
        block.add_lwpolyline(corners(OTHER), close=True, dxfattribs={"layer": inner})
        space.add_blockref("DK", (0, 0), dxfattribs={"layer": "旧红线"})

    return draw


def _closing_on_hidden(drawing: Any, space: Any) -> None:
    drawing.layers.add("旧红线").freeze()
    points = corners(OTHER)
    for start, end in zip(points, [*points[1:], points[0]], strict=True):
        space.add_line(start, end, dxfattribs={"layer": "旧红线"})


CLOSES = "say --assume closed_line=plot or line"
UNSEEN = "图中不显示 not shown by the drawing: "
for name, draw, right, words, rest in (
    ("exploded", _exploded, "doubt", CLOSES, {"left_out": "geometry"}),
    (
        "exploded_plot",
        _exploded,
        "read",
        "",
        {**BOTH, "assume": METRES | {"closed_line": "plot"}, "left_out": "annotation"},
    ),
    (
        "exploded_line",
        _exploded,
        "read",
        "",
        {"assume": METRES | {"closed_line": "line"}, "left_out": "annotation"},
    ),
    ("open_by_10cm", _open, "doubt", CLOSES, {"left_out": "geometry"}),
    ("hatch", _hatch, "doubt", "no closed outline bounds", {"left_out": "geometry"}),
    ("hatch_inside", lambda d, s: _hatch(d, s, SQUARE), "read", "", {"left_out": "annotation"}),
    ("reference", _reference, "doubt", "external reference to '乙.dwg'", {"left_out": "geometry"}),
    ("frozen_layer", on_layer("freeze"), "read", f"{UNSEEN}图层冻结", BOTH),
    ("layer_off", on_layer("off"), "read", f"{UNSEEN}图层关闭", BOTH),
    ("invisible", _invisible, "read", f"{UNSEEN}隐藏", BOTH),
    ("hidden_hole", _hidden_hole, "doubt", f"{UNSEEN}隐藏", {"hectares": 35.0}),
    ("frozen_block", in_block("freeze", "红线"), "read", f"{UNSEEN}图层冻结", BOTH),
    ("blockon_layer_off", in_block("off", "0"), "read", f"{UNSEEN}图层关闭", BOTH),
    (
        "frozen_layer_not_asked_for",
        on_layer("freeze"),
        "read",
        "",
        {"assume": METRES | {"dxf_layer": "红线"}},
    ),
    ("closing_on_frozen", _closing_on_hidden, "doubt", CLOSES, {"left_out": "geometry"}),
    (
        "closing_on_frozen_taken",
        _closing_on_hidden,
        "read",
        f"{UNSEEN}图层冻结",
        {**BOTH, "assume": METRES | {"closed_line": "plot"}, "left_out": "annotation"},
    ),
    ("block", _block, "read", "", BOTH),
    ("block_layer", _block, "read", "", {**BOTH, "assume": METRES | {"dxf_layer": "红线"}}),
    ("label", _text, "read", "", {"left_out": "annotation"}),
    ("paper", _paper, "read", "", {"left_out": "annotation"}),
    ("ground_paper", _ground_paper, "doubt", "paper space", {"left_out": "geometry"}),
):

    def _drawing(folder: Path, draw: Any = draw) -> Path:
        return drawn(folder, draw)

    CASES.append(Reading(f"dxf_{name}", right, _drawing, words, **{"assume": METRES, **rest}))


@case("refuse", "drawn in millimetres", assume=METRES)
def dxf_millimetres(folder: Path) -> Path:
    points = [(x * 1000, y * 1000) for x, y in corners(SQUARE)]
    return drawn(folder, lambda d, s: s.add_lwpolyline(points, close=True), plot=False)


for escape, spelt in (("unicode", "\\U+7ea2\\U+7ebf"), ("multibyte", "\\M+5BAEC\\M+5CFDF")):

    def _escaped(folder: Path, spelt: str = spelt) -> Path:
        path = drawn(folder, lambda d, s: None, version="R2000")
        content = path.read_bytes()
        for written_as in (
            "红线".encode("gbk"),
            "红线".encode(),
            b"\\U+7ea2\\U+7ebf",
            b"\\U+7EA2\\U+7EBF",
        ):
            content = content.replace(written_as, spelt.encode())
        path.write_bytes(content)
        return path

    CASES.append(Reading(f"dxf_{escape}", "read", _escaped, assume=METRES | {"dxf_layer": "红线"}))

text(
    "deep.wkt",
    "GEOMETRYCOLLECTION(" * 100_000 + "POINT(112.7 38.1)" + ")" * 100_000,
    "refuse",
    "nest 100001 deep",
)
text("flat.wkt", f"SRID=4490;{PLOT.wkt}", "read")


def area_ha(shapes: list[Any]) -> float:
    """Return the area on the plane of the cases, in hectares."""
    from sxgeo.geometry.projection import to_plane

    return float(sum(to_plane(shape, PLANE).area for shape in shapes)) / 1e4


def is_close(first: float, second: float) -> bool:
    """Say whether two areas are the same within the rounding of the files."""
    return bool(np.isclose(first, second, atol=0.02))
