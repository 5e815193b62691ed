"""Inputs made by generators, each with its right answer by construction: shapes, systems and forms
of a format are put together, where the other modules hold one input each.

Counted by tests/count_clear.py alone; a kind that was found wrong has a test of its own elsewhere.
"""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from reading_cases_vector import (
    BESIDE,
    LATLON,
    OTHER,
    PLANE,
    PLOT,
    SQUARE,
    Reading,
    collection,
    feature,
    kml,
    mark,
    polygon,
    ring,
)

from sxgeo.geometry.projection import to_degrees

Builder = Callable[[Path], Path]


@dataclass(slots=True)
class Made:
    """The cases of one format."""

    kind: str
    cases: list[Reading] = field(default_factory=list)

    def add(self, name: str, build: Builder, right: str, words: str = "", **more: Any) -> None:
        """Add one case; `more` is what :class:`Reading` takes."""
        self.cases.append(Reading(f"{self.kind} {name}", right, build, words, **more))

    def text(
        self, name: str, suffix: str, content: str | bytes, right: str, words: str = "", **more: Any
    ) -> None:
        """Add a file by its content."""

        def build(folder: Path) -> Path:
            path = folder / f"a.{suffix}"
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
            return path

        self.add(name, build, right, words, **more)


GROUPS: list[Made] = []


def group(kind: str) -> Made:
    """Begin the cases of a format."""
    GROUPS.append(Made(kind))
    return GROUPS[-1]


HOLE = shapely.box(385720, 4223520, 385920, 4223720)
SHAPES: dict[str, tuple[Any, float]] = {
    "square": (SQUARE, 36.0),
    "with a hole": (SQUARE.difference(HOLE), 32.0),
    "of two parts": (shapely.MultiPolygon([SQUARE, OTHER]), 72.0),
    "of an L": (SQUARE.difference(shapely.box(386000, 4223800, 386400, 4224200)), 27.0),
    "turned the other way": (shapely.reverse(SQUARE), 36.0),
    "of heights": (shapely.force_3d(SQUARE, 812.5), 36.0),
    "of parts with a hole": (shapely.MultiPolygon([SQUARE.difference(HOLE), OTHER]), 68.0),
}
"""Plots on the plane of 114 E without prefix, with their hectares."""


def degrees(shape: Any) -> Any:
    """The same plot in degrees; its heights go."""
    return to_degrees(shapely.force_2d(shape), PLANE)


def in_system(shape: Any, crs: str) -> gpd.GeoDataFrame:
    """Give a plot of the plane in another system, with a name."""
    frame = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shape], crs=PLANE)
    return frame if crs == PLANE else frame.to_crs(crs)


# --- what drivers write

DRIVERS: dict[str, dict[str, Any]] = {
    "gpkg": {},
    "shp": {"encoding": "UTF-8"},
    "fgb": {},
    "geojsonl": {"driver": "GeoJSONSeq"},
    "sqlite": {"driver": "SQLite", "SPATIALITE": "NO"},
    "tab": {"driver": "MapInfo File", "encoding": "UTF-8"},
    "mif": {"driver": "MapInfo File", "FORMAT": "MIF", "encoding": "UTF-8"},
    "gml": {"driver": "GML"},
    "gdb": {"driver": "OpenFileGDB"},
}
SYSTEMS = ("EPSG:4490", "EPSG:4326", "EPSG:4547", "EPSG:4526", "EPSG:32649", "EPSG:3857")


def _of_drivers() -> None:
    made = group("drivers")
    for suffix, (shown, (shape, hectares)), crs in itertools.product(
        DRIVERS, SHAPES.items(), SYSTEMS
    ):
        # each shape once in a system that the format is known for, each system once with a hole
        known = "EPSG:4490" if suffix not in ("geojsonl",) else "EPSG:4326"
        if crs != known and shown != "with a hole":
            continue
        if suffix == "geojsonl" and crs not in ("EPSG:4326", "EPSG:4490"):
            continue

        def build(folder: Path, suffix: str = suffix, shape: Any = shape, crs: str = crs) -> Path:
            path = folder / f"a.{suffix}"
            in_system(shape, crs).to_file(path, engine="pyogrio", **DRIVERS[suffix])
            return path

        made.add(f"{suffix} {shown} {crs}", build, "read", hectares=hectares)


# --- GeoJSON


def crs_named(name: Any, kind: str = "name") -> dict[str, Any]:
    return {"crs": {"type": kind, "properties": {"name": name}}}


def _coordinates(shape: Any) -> Any:
    return json.loads(shapely.to_geojson(shape))["coordinates"]


def _of_geojson() -> None:
    made = group("GeoJSON")
    plain = collection(feature(PLOT))
    text = json.dumps(plain)
    for name in (
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:EPSG::4326",
        "urn:ogc:def:crs:EPSG::4490",
        "EPSG:4490",
        "epsg:4326",
        "urn:ogc:def:crs:EPSG:6.9:4326",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    ):
        made.text(f"crs {name}", "geojson", json.dumps({**plain, **crs_named(name)}), "read")
    for name, shape in (
        ("EPSG:4547", SQUARE),
        ("urn:ogc:def:crs:EPSG::4547", SQUARE),
        ("urn:ogc:def:crs:EPSG::4526", shapely.transform(SQUARE, lambda p: np.add(p, (38e6, 0.0)))),
    ):
        metric = {**collection(feature(shape)), **crs_named(name)}
        made.text(f"crs {name}", "geojson", json.dumps(metric), "read")
    for name, crs in (
        ("a link", {"crs": {"type": "link", "properties": {"href": "http://x/y.prj"}}}),
        ("an unknown name", crs_named("EPSG:999999")),
        ("words", crs_named("我的坐标系")),
        ("a number of another type", crs_named(["EPSG:4326"])),
        ("Beijing 1954", crs_named("EPSG:4214")),
        ("metres in degrees", crs_named("EPSG:4547")),
    ):
        made.text(f"crs is {name}", "geojson", json.dumps({**plain, **crs}), "refuse")
    for name, crs in (("null", None), ("an empty object", {})):
        made.text(f"crs is {name}", "geojson", json.dumps({**plain, "crs": crs}), "read")
    box = list(PLOT.bounds)
    for name, bbox in (
        ("two dimensions", box),
        ("three dimensions", [*box[:2], 0, *box[2:], 900]),
        ("another place", [0, 0, 1, 1]),
        ("words", "none"),
    ):
        made.text(f"bbox of {name}", "geojson", json.dumps({**plain, "bbox": bbox}), "read")
    flat = _coordinates(PLOT)
    for name, rings in (
        ("three numbers", [[[*p, 800.5] for p in r] for r in flat]),
        ("four numbers", [[[*p, 800.5, 1] for p in r] for r in flat]),
        ("null heights", None),
    ):
        held = {**plain["features"][0], "geometry": {"type": "Polygon", "coordinates": rings}}
        if rings is None:
            rings = [[[*p, None] for p in r] for r in flat]
            held["geometry"]["coordinates"] = rings
            made.text(f"positions of {name}", "geojson", json.dumps(collection(held)), "doubt")
        else:
            made.text(f"positions of {name}", "geojson", json.dumps(collection(held)), "read")
    for name, changed, right in (
        ("exponents", text.replace("112.", "1.12e2*").replace("1.12e2*", "0.112e3 ,"), "refuse"),
        ("escaped keys", text.replace('"type"', '"\\u0074ype"'), "read"),
        ("escaped coordinates", text.replace('"coordinates"', '"coord\\u0069nates"'), "read"),
        ("carriage returns", text.replace(", ", ",\r\n"), "read"),
        ("a comma too many", text.replace("]]]}", "]]],}"), "refuse"),
        ("single quotes", text.replace('"', "'"), "refuse"),
        ("a comment at the end", text + "\n// end", "refuse"),
        ("two marks of order", "\ufeff\ufeff" + text, "refuse"),
        ("zero bytes", text + "\0\0\0", "refuse"),
        ("half of it", text[: len(text) // 2], "refuse"),
        ("no features", text.replace('"features"', '"Features"'), "refuse"),
        ("utf-16", text.encode("utf-16"), "read"),
        ("utf-16 without a mark", text.encode("utf-16-le"), "refuse"),
        ("utf-32", text.encode("utf-32"), "refuse"),
        ("a list of numbers", "[112.7, 38.14]", "refuse"),
    ):
        made.text(name, "geojson", changed, right)
    for name, geometry, right, more in (
        ("type after coordinates", {"coordinates": flat, "type": "Polygon"}, "read", {}),
        ("a ring of rings", {"type": "Polygon", "coordinates": [flat]}, "refuse", {}),
        ("an empty polygon", {"type": "Polygon", "coordinates": []}, "refuse", {}),
        ("an empty ring", {"type": "Polygon", "coordinates": [flat[0], []]}, "doubt", {}),
        ("an empty part", {"type": "MultiPolygon", "coordinates": [flat, []]}, "doubt", {}),
        ("a part of a part", {"type": "MultiPolygon", "coordinates": flat}, "refuse", {}),
        ("a polygon as a line", {"type": "LineString", "coordinates": flat}, "refuse", {}),
        ("a line as a polygon", {"type": "Polygon", "coordinates": flat[0]}, "refuse", {}),
        ("positions as text", {"type": "Polygon", "coordinates": [[[str(v) for v in p] for p in flat[0]]]}, "refuse", {}),
        ("one position as text", {"type": "Polygon", "coordinates": [[*flat[0][:2], ["112.70", "38.14"], *flat[0][2:]]]}, "refuse", {}),
        ("true for a number", {"type": "Polygon", "coordinates": [[*flat[0][:2], [True, 38.14], *flat[0][2:]]]}, "refuse", {}),
        ("a position as an object", {"type": "Polygon", "coordinates": [[*flat[0][:2], {"lon": 112.7, "lat": 38.14}, *flat[0][2:]]]}, "refuse", {}),
        ("the other side of the world", {"type": "Polygon", "coordinates": [[[179, 38], [-179, 38], [-179, 39], [179, 39], [179, 38]]]}, "refuse", {}),
        ("a whole turn more", {"type": "Polygon", "coordinates": [[[x + 360, y] for x, y in flat[0]]]}, "refuse", {}),
        ("seconds of arc", {"type": "Polygon", "coordinates": [[[x * 3600, y * 3600] for x, y in flat[0]]]}, "refuse", {}),
        ("micro degrees", {"type": "Polygon", "coordinates": [[[round(x * 1e6), round(y * 1e6)] for x, y in flat[0]]]}, "refuse", {}),
        ("a collection of one", {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": flat}]}, "read", {}),
        ("a collection of none", {"type": "GeometryCollection", "geometries": []}, "refuse", {}),
        ("a collection in a collection", {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": flat}]}]}, "read", {}),
        ("a collection with a closed line", {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": flat}, {"type": "LineString", "coordinates": _coordinates(BESIDE)[0]}]}, "site", {}),
        ("a line that goes round twice", {"type": "LineString", "coordinates": [*flat[0], *flat[0][1:]]}, "doubt", {"hectares": 0}),
        ("a ring written twice", {"type": "Polygon", "coordinates": [[*flat[0], *flat[0][1:]]]}, "doubt", {}),
        ("a hole as large as the plot", {"type": "Polygon", "coordinates": [flat[0], flat[0]]}, "doubt", {}),
        ("a hole twice", {"type": "Polygon", "coordinates": [flat[0], _coordinates(degrees(HOLE))[0], _coordinates(degrees(HOLE))[0]]}, "doubt", {}),
        ("parts that overlap", {"type": "MultiPolygon", "coordinates": [flat, flat]}, "doubt", {}),
        ("parts that share an edge", {"type": "MultiPolygon", "coordinates": [_coordinates(degrees(shapely.box(385700, 4223500, 386000, 4224100))), _coordinates(degrees(shapely.box(386000, 4223500, 386300, 4224100)))]}, "read", {}),
        ("a butterfly", {"type": "Polygon", "coordinates": [[flat[0][k] for k in (0, 1, 3, 2, 0)]]}, "doubt", {}),
    ):  # fmt: skip
        held = {**plain["features"][0], "geometry": geometry}
        made.text(name, "geojson", json.dumps(collection(held)), right, **more)
    both = {"count": 2, "hectares": 72.0}
    first, second = feature(PLOT), feature(BESIDE, "乙")
    lines = f"{json.dumps(first)}\n\n\n{json.dumps(second)}\n"
    for name, suffix, content, more in (
        ("lines with gaps", "geojsonl", lines, both),
        ("lines of a Windows program", "geojsonl", lines.replace("\n", "\r\n"), both),
        ("records without lines", "geojsons", f"\x1e{json.dumps(first)}\x1e{json.dumps(second)}", both),
        ("lines that end with commas", "geojson", f"[{json.dumps(first)},\n{json.dumps(second)}]", both),
        ("no properties", "geojson", json.dumps(collection({**first, "properties": None})), {}),
        ("ids in two places", "geojson", json.dumps(collection({**first, "id": 7, "properties": {"id": "x"}})), {}),
        ("a foreign member of geometry", "geojson", json.dumps({**plain, "geometry": {"type": "Point", "coordinates": [112.7, 38.1]}}), {}),
        ("a style", "geojson", json.dumps(collection({**first, "style": {"fill": "red"}})), {}),
        ("a bare polygon", "json", json.dumps(first["geometry"]), {}),
        ("properties that hold a feature", "geojson", json.dumps(collection({**first, "properties": {"other": second}})), {}),
    ):  # fmt: skip
        made.text(name, suffix, content, "read", **more)
    nearly = {**first, "type": "Feature "}
    for name, content in (
        ("a type with a blank", collection(first, nearly)),
        ("a record of null", {**plain, "features": [first, None]}),
        ("a record of text", {**plain, "features": [first, "x"]}),
        ("features as an object", {**plain, "features": {"0": first}}),
        ("a record without a geometry", collection(first, {"type": "Feature", "properties": {}})),
    ):
        made.text(name, "geojson", json.dumps(content), "site" if "without" in name else "refuse")


# --- KML


def _of_kml() -> None:
    made = group("KML")
    one = mark(polygon(PLOT))
    whole = kml(one)
    track = "".join(f"<gx:coord>{x} {y} 0</gx:coord>" for x, y in PLOT.exterior.coords)
    when = "<when>2026-01-01T00:00:00Z</when>" * 5
    gx = 'xmlns:gx="http://www.google.com/kml/ext/2.2"'
    quad = " ".join(f"{x},{y}" for x, y in list(PLOT.exterior.coords)[:4])
    link = "<NetworkLink><Link><href>http://x/b.kml</href></Link></NetworkLink>"
    nested = one
    for depth in range(9):
        nested = f"<Folder><name>{depth}</name>{nested}</Folder>"
    inner = f"<innerBoundaryIs>{ring(degrees(HOLE))}</innerBoundaryIs>"
    outer = f"<outerBoundaryIs>{ring(PLOT)}</outerBoundaryIs>"
    open_ring = ring(PLOT).replace(ring(PLOT).split(">")[2].split(" ")[0], "", 1)
    for name, content, right, more in (
        ("folders nine deep", kml(nested), "read", {}),
        ("a link in a folder", kml(one, f"<Folder>{link}</Folder>"), "doubt", {}),
        ("a link in a document", kml(one, f"<Document>{link}</Document>"), "doubt", {}),
        ("a link that is not shown", kml(one, link.replace("<Link>", "<visibility>0</visibility><Link>")), "doubt", {}),
        ("an old link", kml(one, "<NetworkLink><Url><href>b.kml</href></Url></NetworkLink>"), "doubt", {}),
        ("a picture with four corners", kml(one, f"<GroundOverlay><gx:LatLonQuad {gx}><coordinates>{quad}</coordinates></gx:LatLonQuad></GroundOverlay>"), "read", {}),
        ("a picture in a folder", kml(f"<Folder><GroundOverlay>{LATLON}</GroundOverlay></Folder>", one), "read", {}),
        ("a track with times", kml(mark(f"<gx:Track {gx}>{when}{track}</gx:Track>")), "doubt", {"hectares": 0}),
        ("tracks in one", kml(mark(f"<gx:MultiTrack {gx}><gx:Track>{track}</gx:Track><gx:Track>{track}</gx:Track></gx:MultiTrack>")), "doubt", {"hectares": 0}),
        ("a ring by itself", kml(mark(ring(PLOT))), "doubt", {"hectares": 0}),
        ("the hole before the edge", kml(mark(f"<Polygon>{inner}{outer}</Polygon>")), "read", {"hectares": 32.0}),
        ("two holes apart", kml(mark(f"<Polygon>{outer}{inner}<innerBoundaryIs>{ring(degrees(shapely.box(386150, 4223950, 386250, 4224050)))}</innerBoundaryIs></Polygon>")), "read", {"hectares": 31.0}),
        ("a hole without an edge", kml(mark(f"<Polygon>{inner}</Polygon>")), "refuse", {}),
        ("an empty edge round a hole", kml(mark(f"<Polygon><outerBoundaryIs><LinearRing><coordinates/></LinearRing></outerBoundaryIs>{inner}</Polygon>")), "refuse", {}),
        ("no ring", kml(mark("<Polygon></Polygon>")), "refuse", {}),
        ("no coordinates", kml(mark("<Polygon><outerBoundaryIs><LinearRing/></outerBoundaryIs></Polygon>")), "refuse", {}),
        ("an empty line of coordinates", kml(mark("<LineString><coordinates> </coordinates></LineString>")), "refuse", {}),
        ("an open ring", kml(mark(polygon(PLOT).replace(ring(PLOT), open_ring))), "refuse", {}),
        ("a prefix everywhere", whole.replace("</", "</kml:").replace("<", "<kml:").replace("<kml:/kml:", "</kml:").replace("xmlns=", "xmlns:kml="), "read", {}),
        ("capital letters", whole.replace("Placemark", "PLACEMARK"), "refuse", {}),
        ("small letters", whole.replace("Placemark", "placemark"), "refuse", {}),
        ("capital coordinates", whole.replace("coordinates", "Coordinates"), "refuse", {}),
        ("namespace 2.0", whole.replace("http://www.opengis.net/kml/2.2", "http://earth.google.com/kml/2.0"), "read", {}),
        ("namespace 2.1", whole.replace("http://www.opengis.net/kml/2.2", "http://earth.google.com/kml/2.1"), "read", {}),
        ("namespace 2.3", whole.replace("kml/2.2", "kml/2.3"), "read", {}),
        ("another namespace", whole.replace("http://www.opengis.net/kml/2.2", "http://example.org/x"), "doubt", {}),
        ("heights", whole.replace(" ", ",800 ").replace("<kml,800 ", "<kml ").replace("</coordinates>", ",800</coordinates>"), "read", {}),
        ("a line for each position", whole.replace(" ", "\n").replace("<kml\n", "<kml "), "read", {}),
        ("a comment in the coordinates", whole.replace("<coordinates>", "<coordinates><!-- 界址 -->"), "read", {}),
        ("characters as numbers", whole.replace("<coordinates>", "<coordinates>&#32;"), "read", {}),
        ("text in brackets", whole.replace("<coordinates>", "<coordinates><![CDATA[").replace("</coordinates>", "]]></coordinates>"), "read", {}),
        ("wide commas", whole.replace(",", "，"), "refuse", {}),
        ("blanks around commas", whole.replace(",", " , "), "read", {}),
        ("data of its own", kml(mark(polygon(PLOT) + '<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="面积">36</SimpleData></SchemaData></ExtendedData>'), '<Schema id="s" name="s"><SimpleField type="string" name="面积"/></Schema>'), "read", {}),
        ("a place in its data alone", kml(one, mark('<ExtendedData><Data name="lon"><value>112.7</value></Data><Data name="lat"><value>38.14</value></Data></ExtendedData>')), "site", {}),
        ("an address alone", kml(one, mark("<address>山西省阳曲县</address>")), "site", {}),
        ("regions and times", kml(f"<Folder><Region><LatLonAltBox><north>39</north><south>38</south><east>113</east><west>112</west></LatLonAltBox></Region><TimeSpan><begin>2026</begin></TimeSpan>{one}</Folder>"), "read", {}),
        ("styles before and behind", kml('<Style id="a"><PolyStyle/></Style>', one, '<StyleMap id="b"/>'), "read", {}),
        ("latitude first", kml(mark(f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{' '.join(f'{y},{x}' for x, y in PLOT.exterior.coords)}</coordinates></LinearRing></outerBoundaryIs></Polygon>")), "doubt", {}),
        ("metres", kml(mark(f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{' '.join(f'{x},{y}' for x, y in SQUARE.exterior.coords)}</coordinates></LinearRing></outerBoundaryIs></Polygon>")), "refuse", {}),
        ("a document type", '<!DOCTYPE kml [<!ENTITY a "x">]>' + whole, "refuse", {}),
        ("an instruction before", '<?xml version="1.0"?><?xml-stylesheet href="a"?>' + whole, "read", {}),
        ("two polygons in one", kml(mark(f"<MultiGeometry>{polygon(PLOT)}{polygon(BESIDE)}</MultiGeometry>")), "read", {"hectares": 72.0}),
        ("geometry in geometry", kml(mark(f"<MultiGeometry><MultiGeometry>{polygon(PLOT)}</MultiGeometry></MultiGeometry>")), "read", {}),
        ("a polygon and a closed line", kml(mark(f"<MultiGeometry>{polygon(PLOT)}{ring(BESIDE)}</MultiGeometry>")), "doubt", {}),
        ("lines that close", kml(*(mark(f"<LineString><coordinates>{a[0]},{a[1]} {b[0]},{b[1]}</coordinates></LineString>") for a, b in itertools.pairwise(PLOT.exterior.coords))), "doubt", {"count": 4, "hectares": 0}),
        ("one name for two", kml(one, mark(polygon(BESIDE))), "read", {"count": 2, "hectares": 72.0}),
        ("no name", kml(f"<Placemark>{polygon(PLOT)}</Placemark>"), "read", {}),
        ("cut short", whole[:-30], "refuse", {}),
        ("words behind", whole + "以下空白", "refuse", {}),
    ):  # fmt: skip
        made.text(name, "kml", content, right, **more)
    for name, members, right, more in (
        ("in a folder", {"doc/doc.kml": whole}, "read", {}),
        ("of another name", {"地块.kml": whole}, "read", {}),
        ("with capital letters", {"DOC.KML": whole}, "read", {}),
        ("with pictures", {"doc.kml": whole, "files/a.png": "?", "files/b.jpg": "?"}, "read", {}),
        ("with a drawing", {"doc.kml": whole, "files/乙.dwg": "?"}, "doubt", {}),
        ("of two files", {"doc.kml": kml(mark(polygon(BESIDE))), "乙.kml": whole}, "read", {"count": 2, "hectares": 72.0}),
        ("in a file of its kind", {"doc.kml": whole, "b.kmz": "PK"}, "doubt", {}),
        ("without any", {"a.png": "?"}, "refuse", {}),
        ("with a model", {"doc.kml": whole, "models/a.dae": "?"}, "doubt", {}),
    ):  # fmt: skip
        made.add(f"kmz {name}", _zip("a.kmz", members), right, assume={"datum": "CGCS2000"}, **more)


def _zip(name: str, members: dict[str, str | bytes]) -> Builder:
    def build(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return folder / name

    return build


_of_drivers()
_of_geojson()
_of_kml()
