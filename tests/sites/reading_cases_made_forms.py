"""More inputs made by generators: GML, MapInfo, shapefiles, archives, drawings, GeoParquet,
FlatGeobuf, GPX and WKT; see :mod:`reading_cases_made`.
"""

from __future__ import annotations

import itertools
import json
import math
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from reading_cases_made import GROUPS, HOLE, SHAPES, Builder, _zip, degrees, group, in_system
from reading_cases_vector import (
    BESIDE,
    LINE,
    METRES,
    ONE,
    OTHER,
    PLANE,
    PLOT,
    SQUARE,
    drawn,
    kml,
    mark,
    polygon,
)

__all__ = ["GROUPS"]
BOTH: dict[str, Any] = {"count": 2, "hectares": 72.0}
HOLED = SQUARE.difference(HOLE)


# --- GML

_ROOT = (
    '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"'
    ' xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://x/app">{}</wfs:FeatureCollection>'
)
_ROOT_2 = (
    '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/"'
    ' xmlns:gml="http://www.opengis.net/gml">{}</ogr:FeatureCollection>'
)


def _posted(shape: Any, *, turned: bool = False, third: str = "") -> str:
    pairs = list(shape.coords)
    return " ".join(f"{y} {x}{third}" if turned else f"{x} {y}{third}" for x, y in pairs)


def _surface(shape: Any, srs: str, *, turned: bool = False, third: str = "") -> str:
    def linear(part: Any) -> str:
        return f"<gml:LinearRing><gml:posList>{_posted(part, turned=turned, third=third)}</gml:posList></gml:LinearRing>"

    inner = "".join(f"<gml:interior>{linear(part)}</gml:interior>" for part in shape.interiors)
    return f"<gml:Polygon{srs}><gml:exterior>{linear(shape.exterior)}</gml:exterior>{inner}</gml:Polygon>"


def _member(area: str, kind: str = "dk") -> str:
    return f"<wfs:member><app:{kind}><app:name>甲</app:name><app:geom>{area}</app:geom></app:{kind}></wfs:member>"


def _of_gml() -> None:
    made = group("GML")
    # name of the system, and whether latitude or northing stands first in it
    for name, code, turned in (
        ("EPSG:{}", 4490, False),
        ("urn:ogc:def:crs:EPSG::{}", 4490, True),
        ("urn:ogc:def:crs:EPSG:6.9:{}", 4326, True),
        ("http://www.opengis.net/def/crs/EPSG/0/{}", 4490, True),
        ("http://www.opengis.net/gml/srs/epsg.xml#{}", 4490, False),
        ("urn:x-ogc:def:crs:EPSG:{}", 4490, True),
        ("EPSG:{}", 4547, False),
        ("urn:ogc:def:crs:EPSG::{}", 4547, True),
        ("http://www.opengis.net/def/crs/EPSG/0/{}", 4547, True),
    ):
        plane = code == 4547
        for shown in ("square", "with a hole"):
            shape, hectares = SHAPES[shown]
            held = shape if plane else degrees(shape)
            for wrong in (False, True):
                srs = f' srsName="{name.format(code)}"'
                content = _ROOT.format(_member(_surface(held, srs, turned=turned != wrong)))
                order = "in the other order" if wrong else "in its order"
                if wrong and shown != "square":
                    continue
                made.text(
                    f"{name.format(code)} {shown} {order}",
                    "gml",
                    content,
                    "doubt" if wrong else "read",
                    hectares=hectares,
                )
    srs = ' srsName="EPSG:4490"'
    area = _surface(PLOT, srs)
    ring = f"<gml:LinearRing><gml:posList>{_posted(PLOT.exterior)}</gml:posList></gml:LinearRing>"
    patch = f"<gml:PolygonPatch><gml:exterior>{ring}</gml:exterior></gml:PolygonPatch>"
    singles = "".join(f"<gml:pos>{x} {y}</gml:pos>" for x, y in PLOT.exterior.coords)
    pairs = " ".join(f"{x},{y}" for x, y in PLOT.exterior.coords)
    old = f"<gml:Polygon{srs}><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>{pairs}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>"
    curve = f"<gml:Curve{srs}><gml:segments><gml:LineStringSegment><gml:posList>{_posted(PLOT.exterior)}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>"
    second = _surface(BESIDE, srs)
    interior = f"<gml:Polygon{srs}><gml:interior>{ring}</gml:interior></gml:Polygon>"
    for name, content, right, more in (
        ("a surface of patches", _member(f"<gml:Surface{srs}><gml:patches>{patch}</gml:patches></gml:Surface>"), "read", {}),
        ("positions one by one", _member(area.replace(f"<gml:posList>{_posted(PLOT.exterior)}</gml:posList>", singles)), "read", {}),
        ("coordinates of GML 2", _member(old), "read", {}),
        ("coordinates with other signs", _member(old.replace(f"<gml:coordinates>{pairs}", f'<gml:coordinates cs=" " ts=";">{pairs.replace(" ", ";").replace(",", " ")}')), "read", {}),
        ("three dimensions", _member(_surface(PLOT, srs, third=" 812").replace("<gml:posList>", '<gml:posList srsDimension="3">')), "read", {}),
        ("dimension said outside", _member(_surface(PLOT, f'{srs} srsDimension="3"', third=" 812")), "read", {}),
        ("a surface of several", _member(f"<gml:MultiSurface{srs}><gml:surfaceMember>{area}</gml:surfaceMember><gml:surfaceMember>{second}</gml:surfaceMember></gml:MultiSurface>"), "read", {"hectares": 72.0}),
        ("several in one element", _member(f"<gml:MultiSurface{srs}><gml:surfaceMembers>{area}{second}</gml:surfaceMembers></gml:MultiSurface>"), "read", {"hectares": 72.0}),
        ("a closed curve", _member(curve), "doubt", {"hectares": 0}),
        ("two members", _member(area) + _member(second), "read", BOTH),
        ("two kinds", _member(area) + _member(second, "lx"), "read", BOTH),
        ("kinds that differ in case", _member(area) + _member(second, "DK"), "refuse", {}),
        ("members in one element", f"<gml:featureMembers>{(_member(area) + _member(second)).replace('<wfs:member>', '').replace('</wfs:member>', '')}</gml:featureMembers>", "read", BOTH),
        ("featureMember each", (_member(area) + _member(second)).replace("wfs:member>", "gml:featureMember>"), "read", BOTH),
        ("a hole without an edge", _member(interior), "refuse", {}),
        ("an open ring", _member(area.replace(_posted(PLOT.exterior), " ".join(_posted(PLOT.exterior).split()[:-2]))), "refuse", {}),
        ("an odd number", _member(area.replace(_posted(PLOT.exterior), " ".join(_posted(PLOT.exterior).split()[:-1]))), "refuse", {}),
        ("no system", _member(_surface(PLOT, "")), "doubt", {}),
        ("a link for a geometry", _member('<gml:Polygon xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#p"/>'), "refuse", {}),
        ("an empty member", _member(area) + "<wfs:member/>", "read", {}),
        ("a member without geometry", _member(area) + "<wfs:member><app:dk><app:name>乙</app:name></app:dk></wfs:member>", "site", {}),
        ("a member elsewhere", _member(area) + '<wfs:member xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://x/y"/>', "doubt", {}),
        ("a collection in a member", f"<wfs:member>{_ROOT.format(_member(area))}</wfs:member>" + _member(second), "read", BOTH),
        ("additional objects", _member(area) + f"<wfs:additionalObjects><wfs:SimpleFeatureCollection>{_member(second)}</wfs:SimpleFeatureCollection></wfs:additionalObjects>", "read", BOTH),
    ):  # fmt: skip
        made.text(name, "gml", _ROOT.format(content), right, **more)
    made.text("an older root", "gml", _ROOT_2.format(_member(old).replace("wfs:member", "gml:featureMember").replace("app:", "ogr:")), "read")  # fmt: skip
    bound = '<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4490"><gml:lowerCorner>38 112</gml:lowerCorner><gml:upperCorner>39 113</gml:upperCorner></gml:Envelope></gml:boundedBy>'
    made.text("the system of the envelope", "gml", _ROOT.format(bound + _member(_surface(PLOT, "", turned=True))), "read")  # fmt: skip
    made.text("the system of the envelope, other order", "gml", _ROOT.format(bound + _member(_surface(PLOT, ""))), "doubt")  # fmt: skip
    made.text("two systems", "gml", _ROOT.format(_member(area) + _member(_surface(OTHER, ' srsName="EPSG:4547"'))), "refuse")  # fmt: skip


# --- MapInfo

_DEGREES = "CoordSys Earth Projection 1, 104"
_GK = 'CoordSys Earth Projection 8, 1001, "m", 114, 0, 1, 500000, 0'


def _region(*rings: Any) -> str:
    lines = [f"Region {len(rings)}"]
    for part in rings:
        pairs = list(part.coords)
        lines += [f"  {len(pairs)}", *(f"{x:.9f} {y:.9f}" for x, y in pairs)]
    return "\n".join([*lines, "    Pen (1,2,0)", "    Brush (1,0,16777215)"]) + "\n"


def _mif(objects: str, system: str = _DEGREES, charset: str = "WindowsSimpChinese") -> str:
    head = (
        f'Version 300\nCharset "{charset}"\nDelimiter ","\n{system}\nColumns 1\n  name Char(20)\n'
    )
    return f"{head}Data\n\n{objects}"


def _written_mif(content: str, rows: int, *, mid: bool = True, end: str = "\n") -> Builder:
    def build(folder: Path) -> Path:
        path = folder / "a.mif"
        path.write_bytes(content.replace("\n", end).encode("gb18030"))
        if mid:
            names = "".join(f'"甲{row}"{end}' for row in range(rows))
            path.with_suffix(".mid").write_bytes(names.encode("gb18030"))
        return path

    return build


def _of_mapinfo() -> None:
    made = group("MapInfo")
    hole, square, other = degrees(HOLE).exterior, PLOT.exterior, BESIDE.exterior
    region, second = _region(square), _region(other)
    west, south, east, north = PLOT.bounds
    line = "\n".join(
        [f"Pline {len(square.coords)}", *(f"{x:.9f} {y:.9f}" for x, y in square.coords)]
    )
    parts = [
        f"{len(r.coords)}\n" + "\n".join(f"{x:.9f} {y:.9f}" for x, y in r.coords)
        for r in (square, other)
    ]
    for name, content, rows, right, more in (
        ("a region", _mif(region), 1, "read", {}),
        ("a region with a hole", _mif(_region(square, hole)), 1, "read", {"hectares": 32.0}),
        ("the hole first", _mif(_region(hole, square)), 1, "read", {"hectares": 32.0}),
        ("two parts", _mif(_region(square, other)), 1, "read", {"hectares": 72.0}),
        ("two parts and a hole", _mif(_region(other, hole, square)), 1, "read", {"hectares": 68.0}),
        ("two regions", _mif(region + second), 2, "read", BOTH),
        ("WGS 84", _mif(region, "CoordSys Earth Projection 1, 104"), 1, "read", {}),
        ("a system with bounds", _mif(region, f"{_DEGREES} Bounds (-180, -90) (180, 90)"), 1, "read", {}),
        ("no projection", _mif(region, "CoordSys NonEarth Units \"m\" Bounds (0,0) (1000,1000)"), 1, "doubt", {}),
        ("no system", _mif(region, ""), 1, "doubt", {}),
        ("Krasovsky", _mif(region, "CoordSys Earth Projection 1, 1001"), 1, "refuse", {}),
        ("metres on Krasovsky", _mif(_region(SQUARE.exterior), _GK), 1, "refuse", {}),
        ("metres called degrees", _mif(_region(SQUARE.exterior)), 1, "refuse", {}),
        ("a closed line", _mif(f"{line}\n    Pen (1,2,0)\n"), 1, "doubt", {"hectares": 0}),
        ("lines in one", _mif(f"Pline Multiple 2\n{parts[0]}\n{parts[1]}\n"), 1, "doubt", {"hectares": 0}),
        ("a rectangle", _mif(f"Rect {west} {south} {east} {north}\n    Pen (1,2,0)\n"), 1, "read", {"hectares": 37.01}),
        ("a round rectangle", _mif(f"Roundrect {west} {south} {east} {north} 0.001\n    Pen (1,2,0)\n"), 1, "read", {"hectares": 36.8}),
        ("no object", _mif(f"{region}None\n"), 2, "site", {}),
        ("a text beside", _mif(f'{region}Text "甲"\n  {west} {south} {east} {north}\n    Font ("宋体",0,0,0)\n'), 2, "read", {"count": 2}),
        ("a point beside", _mif(f"{region}Point {west} {south}\n    Symbol (35,0,12)\n"), 2, "read", {"count": 2}),
        ("capital letters", _mif(region.upper()), 1, "read", {}),
        ("small letters", _mif(region.lower()), 1, "read", {}),
        ("blanks before", _mif(region.replace("\n", "\n   ")), 1, "read", {}),
        ("another charset", _mif(region, charset="Neutral"), 1, "read", {}),
        ("an unknown charset", _mif(region, charset="Klingon"), 1, "read", {}),
        ("a count too high", _mif(region.replace("  5\n", "  9\n")), 1, "refuse", {}),
        ("a count too low", _mif(region.replace("  5\n", "  4\n")), 1, "refuse", {}),
        ("a region of none", _mif(region + "Region 0\n"), 2, "site", {}),
        ("decimal commas", _mif(region.replace(".", ",")), 1, "refuse", {}),
        ("exponents", _mif("Region 1\n  5\n" + "".join(f"{x:.12e} {y:.12e}\n" for x, y in square.coords)), 1, "read", {}),
        ("a row too few", _mif(region + second), 1, "refuse", {}),
        ("a row too many", _mif(region), 2, "refuse", {}),
        ("moved by a transform", _mif(region).replace("Columns 1", "Transform 2, 2, 0, 0\nColumns 1"), 1, "doubt", {}),
        ("mirrored by a transform", _mif(region).replace("Columns 1", "Transform -1, 1, 0, 0\nColumns 1"), 1, "doubt", {}),
        ("points of one object", _mif("Multipoint 4\n" + "".join(f"{x:.9f} {y:.9f}\n" for x, y in square.coords[:4])), 1, "doubt", {"hectares": 0}),
        ("a collection", _mif(f"Collection 1\n{region}"), 1, "read", {}),
    ):  # fmt: skip
        made.add(name, _written_mif(content, rows), right, **more)
    made.add("no rows beside", _written_mif(_mif(region), 1, mid=False), "read")
    made.add("ends of a Windows program", _written_mif(_mif(region), 1, end="\r\n"), "read")
    made.add("ends of an old Mac", _written_mif(_mif(region), 1, end="\r"), "read")


# --- shapefiles and archives


def _shape(folder: Path, *shapes: Any, crs: str = "EPSG:4490", stem: str = "a") -> Path:
    path = folder / f"{stem}.shp"
    frame = gpd.GeoDataFrame(
        {"name": [f"n{k}" for k in range(len(shapes))]}, geometry=list(shapes), crs=crs
    )
    frame.to_file(path, engine="pyogrio", encoding="UTF-8")
    return path


def _altered(change: Callable[[Path], object], *shapes: Any, crs: str = "EPSG:4490") -> Builder:
    def build(folder: Path) -> Path:
        path = _shape(folder, *(shapes or (PLOT,)), crs=crs)
        found = change(path)
        return found if isinstance(found, Path) else path

    return build


def _renamed(suffix: str, other: str) -> Callable[[Path], object]:
    return lambda path: path.with_suffix(suffix).rename(path.with_suffix(other))


def _without(*suffixes: str) -> Callable[[Path], object]:
    return lambda path: [path.with_suffix(suffix).unlink() for suffix in suffixes]


def _other_prj(name: str, crs: str) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        made = path.parent / "made"
        made.mkdir()
        other = _shape(made, PLOT, crs=crs).with_suffix(".prj").read_text()
        shutil.rmtree(made)
        (path.parent / name).write_text(other)

    return change


def _all_upper(path: Path) -> Path:
    for part in list(path.parent.glob("a.*")):
        part.rename(part.with_name(part.name.upper()))
    return path.parent / "A.SHP"


def _of_shapefiles() -> None:
    made = group("shapefile")
    for name, change, right, more in (
        ("small .shp, large rest", lambda p: [_renamed(s, s.upper())(p) for s in (".shx", ".dbf", ".prj", ".cpg")], "read", {}),
        ("capital .SHP alone", lambda p: p.rename(p.with_suffix(".SHP")), "read", {}),
        ("mixed .Shp", lambda p: p.rename(p.with_suffix(".Shp")), "any", {}),
        ("mixed .Prj", _renamed(".prj", ".Prj"), "doubt", {}),
        ("all in capitals", _all_upper, "read", {}),
        ("a second .PRJ of another system", _other_prj("a.PRJ", "EPSG:2433"), "doubt", {}),
        ("a second .PRJ of the same", _other_prj("a.PRJ", "EPSG:4490"), "read", {}),
        ("no .prj", _without(".prj"), "doubt", {}),
        ("no .shx", _without(".shx"), "refuse", {}),
        ("no .dbf", _without(".dbf"), "read", {}),
        ("no .cpg", _without(".cpg"), "read", {}),
        ("an empty .prj", lambda p: p.with_suffix(".prj").write_text(""), "doubt", {}),
        ("a .prj of words", lambda p: p.with_suffix(".prj").write_text("CGCS2000"), "doubt", {}),
        ("a .prj of Xi'an 1980", _other_prj("a.prj", "EPSG:4610"), "refuse", {}),
        ("a .cpg of nonsense", lambda p: p.with_suffix(".cpg").write_text("KOI8-X"), "read", {}),
        ("a .cpg of 936", lambda p: p.with_suffix(".cpg").write_text("936"), "read", {}),
        ("files beside", lambda p: [p.with_suffix(s).write_bytes(b"?") for s in (".sbn", ".sbx", ".qix", ".qmd", ".shp.xml")], "read", {}),
        ("cut .shp", lambda p: p.write_bytes(p.read_bytes()[:-20]), "refuse", {}),
        ("a .shp of zeros", lambda p: p.write_bytes(bytes(200)), "refuse", {}),
        ("an empty .shx", lambda p: p.with_suffix(".shx").write_bytes(b""), "refuse", {}),
        ("an empty .dbf", lambda p: p.with_suffix(".dbf").write_bytes(b""), "refuse", {}),
        ("bytes behind", lambda p: p.write_bytes(p.read_bytes() + bytes(64)), "refuse", {}),
    ):  # fmt: skip
        made.add(name, _altered(change), right, **more)
    for shown, crs in itertools.product(("with a hole", "of heights"), ("EPSG:4547", "EPSG:4526")):
        shape, hectares = SHAPES[shown]

        def build(folder: Path, shape: Any = shape, crs: str = crs) -> Path:
            return _shape(folder, in_system(shape, crs).geometry.iloc[0], crs=crs)

        made.add(f"{shown} {crs}", build, "read", hectares=hectares)


def _parts(*plots: tuple[str, Any], crs: str = "EPSG:4490") -> dict[str, bytes]:
    """The parts of shapefiles by their names."""
    import tempfile

    found: dict[str, bytes] = {}
    for stem, shape in plots:
        with tempfile.TemporaryDirectory() as folder:
            path = _shape(Path(folder), shape, crs=crs)
            for part in sorted(path.parent.iterdir()):
                found[f"{stem}{part.suffix}"] = part.read_bytes()
    return found


def _of_archives() -> None:
    made = group("zip")
    one, two = _parts(("a", PLOT)), _parts(("a", PLOT), ("b", BESIDE))
    geojson = json.dumps(ONE).encode()
    inner = b"PK\x05\x06" + bytes(18)
    double = b"\0\5\x16\7\0\2\0\0Mac OS X        "
    dataset = {"datum": "CGCS2000"}
    whole = kml(mark(polygon(PLOT)))
    for name, members, right, more in (
        ("one shapefile", one, "read", {}),
        ("two shapefiles", two, "read", BOTH),
        ("in two folders", {**{f"甲/{k}": v for k, v in one.items()}, **{f"乙/{k}": v for k, v in _parts(("a", BESIDE)).items()}}, "read", BOTH),
        ("in a deep folder", {f"a/b/c/d/{k}": v for k, v in one.items()}, "read", {}),
        ("names with blanks", {k.replace("a.", "a b (1)."): v for k, v in one.items()}, "read", {}),
        ("names with dots", {k.replace("a.", "a.b.c."): v for k, v in one.items()}, "read", {}),
        ("capital suffixes", {k.upper(): v for k, v in one.items()}, "read", {}),
        ("mixed suffixes", {k.replace(".dbf", ".DBF").replace(".shp", ".Shp"): v for k, v in one.items()}, "read", {}),
        ("stems that differ in case", {k if k.endswith(".shp") else k.replace("a.", "A."): v for k, v in one.items()}, "read", {}),
        ("leavings of a Mac", {**one, **{f"__MACOSX/._{k}": double for k in one}, ".DS_Store": b"?"}, "read", {}),
        ("leavings of a Mac in a folder", {**{f"d/{k}": v for k, v in one.items()}, **{f"__MACOSX/d/._{k}": double for k in one}}, "read", {}),
        ("a plot named as leavings", {**one, **{f"__MACOSX/{k}": v for k, v in _parts(("b", BESIDE)).items()}}, "read", BOTH),
        ("leavings of Windows", {**one, "Thumbs.db": b"?", "desktop.ini": b"?"}, "read", {}),
        ("a zip in it", {**one, "b.zip": inner}, "doubt", {}),
        ("a kmz in it", {**one, "b.kmz": inner}, "doubt", {}),
        ("only a zip", {"b.zip": inner}, "refuse", {}),
        ("a GeoJSON and a shapefile", {**_parts(("b", BESIDE)), "a.geojson": geojson}, "read", BOTH),
        ("a KML", {"a.kml": whole}, "read", {"assume": dataset}),
        ("no .dbf", {k: v for k, v in one.items() if not k.endswith(".dbf")}, "read", {}),
        ("no .shx", {k: v for k, v in one.items() if not k.endswith(".shx")}, "refuse", {}),
        ("no .prj", {k: v for k, v in one.items() if not k.endswith(".prj")}, "doubt", {}),
        ("parts without a .shp", {**one, **{k: v for k, v in _parts(("b", BESIDE)).items() if not k.endswith(".shp")}}, "doubt", {}),
        ("a .prj in another folder", {(f"d/{k}" if k.endswith(".prj") else k): v for k, v in one.items()}, "doubt", {}),
        ("two .prj", {**one, "a.PRJ": _parts(("c", PLOT), crs="EPSG:4610")["c.prj"]}, "doubt", {}),
        ("a drawing of text", {**one, "图.dxf": b"?"}, "refuse", {}),
        ("a drawing", {**one, "图.dwg": b"AC1027"}, "doubt", {}),
        ("a workbook of old", {**one, "表.xls": b"?"}, "doubt", {}),
        ("a paper", {**one, "报告.pdf": b"%PDF"}, "read", {}),
        ("a note", {**one, "说明.txt": "本次共一块".encode("gbk")}, "read", {}),
        ("a list of corners", {**one, "界址点.csv": "点号,X,Y\nJ1,4223500,38387700\nJ2,4224100,38387700\nJ3,4224100,38388300\n".encode()}, "refuse", {}),
        ("an unknown file", {**one, "b.bin": b"?"}, "doubt", {}),
        ("a file without a suffix", {**one, "README": b"?"}, "doubt", {}),
        ("a name that leads out", {**one, "../b.shp": b"?"}, "refuse", {}),
        ("an absolute name", {**one, "/b.shp": b"?"}, "refuse", {}),
        ("back slashes", {f"甲\\{k}": v for k, v in one.items()}, "read", {}),
        ("nothing", {}, "refuse", {}),
        ("an empty folder", {"a/": b""}, "refuse", {}),
        ("papers alone", {"a.pdf": b"%PDF", "b.jpg": b"?"}, "refuse", {}),
        ("a bigger file of zeros", {**one, "b.geojson": b""}, "refuse", {}),
    ):  # fmt: skip
        made.add(name, _zip("a.zip", members), right, **more)

    def twice(folder: Path) -> Path:
        import warnings

        with warnings.catch_warnings(), zipfile.ZipFile(folder / "a.zip", "w") as archive:
            warnings.simplefilter("ignore")
            for content in (geojson, json.dumps({**ONE, "features": []})):
                archive.writestr("a.geojson", content)
        return folder / "a.zip"

    def encrypted(folder: Path) -> Path:
        path = _zip("a.zip", one)(folder)
        content = bytearray(path.read_bytes())
        for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = content.find(sign)
            while place >= 0:
                content[place + at] |= 1
                place = content.find(sign, place + 4)
        path.write_bytes(content)
        return path

    def cut(folder: Path) -> Path:
        path = _zip("a.zip", one)(folder)
        path.write_bytes(path.read_bytes()[:-40])
        return path

    def renamed(folder: Path) -> Path:
        return _zip("a.zip", one)(folder).rename(folder / "a.shp.zip")

    for name, build, right in (
        ("a member twice", twice, "refuse"),
        ("encrypted", encrypted, "refuse"),
        ("cut short", cut, "refuse"),
        ("of two suffixes", renamed, "read"),
    ):
        made.add(name, build, right)


# --- drawings

RED = {"layer": "红线"}


def _points(shape: Any) -> list[tuple[float, float]]:
    return [(38e6 + x, y) for x, y in list(shape.exterior.coords)[:-1]]


def _placed(block: Callable[[Any, Any], None], **how: Any) -> Callable[[Any, Any], None]:
    """Draw into a block and put it in once."""

    def draw(drawing: Any, space: Any) -> None:
        made = drawing.blocks.new("DK")
        block(drawing, made)
        at = how.pop("at", (0, 0)) if "at" in how else (0, 0)
        space.add_blockref("DK", at, dxfattribs={**RED, **how})

    return draw


def _outline(shape: Any, **more: Any) -> Callable[[Any, Any], None]:
    return lambda d, s: s.add_lwpolyline(_points(shape), close=True, dxfattribs={**RED, **more})


def _local(shape: Any) -> list[tuple[float, float]]:
    """Corners from the first one of a shape."""
    x0, y0, *_ = shape.bounds
    return [(x - x0, y - y0) for x, y in list(shape.exterior.coords)[:-1]]


def _in_blocks(depth: int, **how: Any) -> Callable[[Any, Any], None]:
    def draw(drawing: Any, space: Any) -> None:
        x0, y0, *_ = OTHER.bounds
        inner = drawing.blocks.new("B0")
        inner.add_lwpolyline(_local(OTHER), close=True)
        for level in range(1, depth):
            outer = drawing.blocks.new(f"B{level}")
            outer.add_blockref(f"B{level - 1}", (0, 0))
        space.add_blockref(f"B{depth - 1}", (38e6 + x0, y0), dxfattribs={**RED, **how})

    return draw


def _bulged(drawing: Any, space: Any) -> None:
    """Half a circle on each side of a square: as its sides become diameters."""
    points = [(x, y, 1.0) for x, y in _points(OTHER)]
    space.add_lwpolyline(points, format="xyb", close=True, dxfattribs=RED)


def _bulged_in(drawing: Any, space: Any) -> None:
    points = [(x, y, -math.tan(math.pi / 16)) for x, y in _points(OTHER)]
    space.add_lwpolyline(points, format="xyb", close=True, dxfattribs=RED)


def _old_polyline(flag: bool, again: bool) -> Callable[[Any, Any], None]:
    def draw(drawing: Any, space: Any) -> None:
        points = _points(OTHER)
        space.add_polyline2d([*points, points[0]] if again else points, close=flag, dxfattribs=RED)

    return draw


def _spline(**how: Any) -> Callable[[Any, Any], None]:
    def draw(drawing: Any, space: Any) -> None:
        points = [(x, y, 0.0) for x, y in _points(OTHER)]
        spline = space.add_spline(dxfattribs=RED)
        if how["kind"] == "fit":
            spline.fit_points = [*points, points[0]]
        else:
            spline.set_open_uniform([*points, points[0]])

    return draw


def _of_drawings() -> None:
    made = group("DXF")
    quarter = math.tan(math.pi / 16)
    angle = 4 * math.atan(quarter)
    radius = 300 / math.sin(angle / 2)
    segment = radius**2 / 2 * (angle - math.sin(angle)) / 1e4
    x0, y0, *_ = OTHER.bounds
    east, north = 38e6 + x0, y0
    for name, draw, right, more in (
        ("half circles outward", _bulged, "read", {"count": 2, "hectares": 36 + 36 + 4 * math.pi * 300**2 / 2 / 1e4}),
        ("arcs inward", _bulged_in, "read", {"count": 2, "hectares": 72 - 4 * segment}),
        ("a block in a block", _in_blocks(2), "read", BOTH),
        ("a block five deep", _in_blocks(5), "read", BOTH),
        ("a block turned", _in_blocks(1, rotation=90), "read", BOTH),
        ("a block mirrored", _in_blocks(1, xscale=-1), "read", BOTH),
        ("a block of half size", _in_blocks(1, xscale=0.5, yscale=0.5), "read", {"count": 2, "hectares": 45.0}),
        ("a block stretched", _in_blocks(2, xscale=2, yscale=1), "read", {"count": 2, "hectares": 108.0}),
        ("blocks in rows", _in_blocks(1, column_count=2, column_spacing=700), "read", {"count": 3, "hectares": 108.0}),
        ("a polyline of old, closed", _old_polyline(True, False), "read", BOTH),
        ("a polyline of old that comes back", _old_polyline(False, True), "read", BOTH),
        ("a polyline of old, both", _old_polyline(True, True), "read", BOTH),
        ("a polyline of old, open", _old_polyline(False, False), "read", {}),
        ("points twice", lambda d, s: s.add_lwpolyline([p for p in _points(OTHER) for _ in (0, 1)], close=True, dxfattribs=RED), "read", BOTH),
        ("heights", lambda d, s: s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={**RED, "elevation": 812.0}), "read", BOTH),
        ("a width", lambda d, s: s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={**RED, "const_width": 5.0}), "read", BOTH),
        ("another colour", _outline(OTHER, color=3), "read", BOTH),
        ("drawn twice", _outline(SQUARE), "read", BOTH),
        ("a hole", _outline(HOLE), "read", {"hectares": 32.0, "assume": {**METRES, "inside": "hole"}}),
        ("a hole on another layer", lambda d, s: (d.layers.add("房屋"), s.add_lwpolyline(_points(HOLE), close=True, dxfattribs={"layer": "房屋"})), "read", {"count": 2, "hectares": 40.0}),
        ("an outline that touches", _outline(shapely.box(386300, 4223500, 386900, 4224100)), "read", BOTH),
        ("an outline that overlaps", _outline(shapely.box(386000, 4223500, 386600, 4224100)), "read", BOTH),
        ("a spline through points", _spline(kind="fit"), "doubt", {}),
        ("a spline that comes back", _spline(kind="open"), "read", {"count": 2, "hectares": 57.6}),
        ("a hatch of arcs", lambda d, s: s.add_hatch(dxfattribs=RED).paths.add_edge_path().add_arc((east, north), 300, 0, 360), "doubt", {}),
        ("a hatch with a hole", lambda d, s: [s.add_hatch(dxfattribs=RED).paths.add_polyline_path(_points(OTHER), is_closed=True)], "doubt", {}),
        ("a hatch in a block", _placed(lambda d, b: b.add_hatch().paths.add_polyline_path(_points(OTHER), is_closed=True)), "doubt", {}),
        ("a hatch in its outline", lambda d, s: s.add_hatch(dxfattribs=RED).paths.add_polyline_path(_points(SQUARE), is_closed=True), "read", {}),
        ("a text", lambda d, s: s.add_text("甲", dxfattribs={**RED, "insert": (east, north)}), "read", {}),
        ("a text of lines", lambda d, s: s.add_mtext("甲\n乙", dxfattribs={**RED, "insert": (east, north)}), "read", {}),
        ("a measure", lambda d, s: s.add_linear_dim((east, north), (east, north), (east + 600, north), dxfattribs=RED).render(), "read", {}),
        ("a table of points", lambda d, s: [s.add_point(p, dxfattribs=RED) for p in _points(SQUARE)], "read", {}),
        ("a line open", lambda d, s: s.add_line((east, north), (east + 600, north), dxfattribs=RED), "read", {}),
        ("a ray", lambda d, s: s.add_ray((east, north), (1, 0), dxfattribs=RED), "read", {}),
        ("a trace", lambda d, s: s.add_trace(_points(OTHER), dxfattribs=RED), "doubt", {}),
        ("an underlay", lambda d, s: s.add_underlay(d.add_underlay_def("a.pdf", "pdf", "1"), (east, north)), "read", {}),
        ("a block that is not there", lambda d, s: s.add_blockref("没有", (east, north), dxfattribs=RED), "doubt", {}),
        ("a block that is empty", _placed(lambda d, b: None), "read", {}),
        ("a block of texts", _placed(lambda d, b: b.add_text("甲", dxfattribs={"insert": (east, north)})), "read", {}),
        ("a block with attributes", lambda d, s: (d.blocks.new("ZD").add_attdef("号", (0, 0)), s.add_blockref("ZD", (east, north), dxfattribs=RED).add_attrib("号", "1", (east, north))), "read", {}),
        ("a block off its layer", lambda d, s: (d.layers.add("关").off(), d.blocks.new("DK").add_lwpolyline(_points(OTHER), close=True, dxfattribs={"layer": "关"}), s.add_blockref("DK", (0, 0), dxfattribs=RED)), "read", BOTH),
        ("a locked layer", lambda d, s: (d.layers.add("锁").lock(), s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={"layer": "锁"})), "read", BOTH),
        ("a layer that is not listed", lambda d, s: s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={"layer": "没列"}), "read", BOTH),
        ("extruded by its width", lambda d, s: s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={**RED, "thickness": 10}), "read", BOTH),
        ("tilted", lambda d, s: s.add_lwpolyline(_points(OTHER), close=True, dxfattribs={**RED, "extrusion": (0, 0.5, 0.8660254)}), "refuse", {}),
        ("a helix", lambda d, s: s.add_helix(100, 10, 3), "doubt", {}),
        ("an arc of a whole turn", lambda d, s: s.add_arc((east, north), 300, 0, 360, dxfattribs=RED), "read", {"count": 2, "hectares": 36 + math.pi * 9}),
        ("an ellipse that is open", lambda d, s: s.add_ellipse((east, north), (300, 0), 0.5, 0, 3, dxfattribs=RED), "read", {}),
        ("a circle of nothing", lambda d, s: s.add_circle((east, north), 0, dxfattribs=RED), "read", {}),
        ("a large circle", lambda d, s: s.add_circle((38e6 + 396000, 4223800), 2000, dxfattribs=RED), "read", {"count": 2, "hectares": 36 + math.pi * 400}),
    ):  # fmt: skip
        made.add(
            name, lambda folder, draw=draw: drawn(folder, draw), right, **{"assume": METRES, **more}
        )
    for version in ("R2000", "R2004", "R2007", "R2013", "R2018"):
        made.add(
            f"version {version}",
            lambda folder, version=version: drawn(folder, lambda d, s: None, version=version),
            "read",
            assume=METRES,
        )
    for units, right in ((1, "refuse"), (4, "refuse"), (5, "refuse"), (6, "read"), (0, "read"), (7, "refuse"), (2, "refuse")):  # fmt: skip

        def in_units(folder: Path, units: int = units) -> Path:
            def draw(drawing: Any, space: Any) -> None:
                drawing.header["$INSUNITS"] = units

            return drawn(folder, draw)

        # metres by their numbers: what the head says otherwise is not followed in silence
        made.add(f"units {units}", in_units, "read" if right == "read" else "any", assume=METRES)


# --- GeoParquet, FlatGeobuf, GPX, WKT


def _parquet(change: Callable[[dict[str, Any]], object] | None, **how: Any) -> Builder:
    def build(folder: Path) -> Path:
        import pyarrow.parquet as pq

        path = folder / "a.parquet"
        frame = gpd.GeoDataFrame(
            {"name": ["甲"]}, geometry=[how.get("shape", PLOT)], crs=how.get("crs", "EPSG:4490")
        )
        frame.to_parquet(path, **{k: v for k, v in how.items() if k not in ("shape", "crs")})
        if change is not None:
            table = pq.read_table(path)
            meta = dict(table.schema.metadata)
            geo = json.loads(meta[b"geo"])
            changed = change(geo)
            meta[b"geo"] = changed if isinstance(changed, bytes) else json.dumps(geo).encode()
            pq.write_table(table.replace_schema_metadata(meta), path)
        return path

    return build


def _of_parquet() -> None:
    made = group("GeoParquet")

    def column(geo: dict[str, Any]) -> dict[str, Any]:
        return geo["columns"]["geometry"]

    for name, change, right, how in (
        ("as written", None, "read", {}),
        ("metres", None, "read", {"shape": SQUARE, "crs": PLANE}),
        ("with a box", None, "read", {"write_covering_bbox": True}),
        ("native", None, "read", {"geometry_encoding": "geoarrow"}),
        ("version 0.4", None, "read", {"schema_version": "0.4.0"}),
        ("version 1.1", None, "read", {"schema_version": "1.1.0"}),
        ("no system said", lambda g: column(g).pop("crs"), "read", {}),
        ("system of null", lambda g: column(g).update(crs=None), "doubt", {}),
        ("system of words", lambda g: column(g).update(crs="西安80"), "refuse", {}),
        ("system of a code", lambda g: column(g).update(crs="EPSG:4490"), "read", {}),
        ("Xi'an 1980", None, "refuse", {"crs": "EPSG:4610"}),
        ("metres without a system", lambda g: column(g).pop("crs"), "refuse", {"shape": SQUARE, "crs": PLANE}),
        ("edges on a sphere", lambda g: column(g).update(edges="spherical"), "doubt", {}),
        ("edges in the plane", lambda g: column(g).update(edges="planar"), "read", {}),
        ("an unknown version", lambda g: g.update(version="9.9.9"), "any", {}),
        ("no version", lambda g: g.pop("version"), "any", {}),
        ("no columns", lambda g: g.pop("columns"), "refuse", {}),
        ("no primary column", lambda g: g.pop("primary_column"), "any", {}),
        ("a primary column that is not there", lambda g: g.update(primary_column="geom"), "refuse", {}),
        ("an unknown encoding", lambda g: column(g).update(encoding="TWKB"), "refuse", {}),
        ("metadata that is no JSON", lambda g: b"{", "refuse", {}),
        ("a box of another place", lambda g: column(g).update(bbox=[0, 0, 1, 1]), "any", {}),
        ("an epoch", lambda g: column(g).update(epoch=2026.9), "read", {}),
    ):  # fmt: skip
        made.add(name, _parquet(change, **how), right)

    def two_columns(folder: Path) -> Path:
        frame = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[PLOT], crs="EPSG:4490")
        frame["other"] = gpd.GeoSeries([BESIDE], crs="EPSG:4490")
        frame.to_parquet(folder / "a.parquet")
        return folder / "a.parquet"

    def missing(folder: Path) -> Path:
        frame = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[PLOT, None], crs="EPSG:4490")
        frame.to_parquet(folder / "a.parquet")
        return folder / "a.parquet"

    def plain(folder: Path) -> Path:
        import pandas as pd

        pd.DataFrame({"wkt": [PLOT.wkt]}).to_parquet(folder / "a.parquet")
        return folder / "a.parquet"

    made.add("two columns of geometry", two_columns, "doubt")
    made.add("a row without geometry", missing, "site")
    made.add("no metadata", plain, "refuse")


def _of_flatgeobuf() -> None:
    made = group("FlatGeobuf")

    def build(folder: Path, *shapes: Any, crs: Any = "EPSG:4490", **how: Any) -> Path:
        frame = gpd.GeoDataFrame(
            {"name": [f"n{k}" for k in range(len(shapes))]}, geometry=list(shapes), crs=crs
        )
        frame.to_file(folder / "a.fgb", engine="pyogrio", **how)
        return folder / "a.fgb"

    def cut(folder: Path) -> Path:
        path = build(folder, PLOT, BESIDE, SPATIAL_INDEX="NO")
        path.write_bytes(path.read_bytes()[:-30])
        return path

    for name, made_by, right, more in (
        ("with an index", lambda f: build(f, PLOT, BESIDE), "read", BOTH),
        ("without an index", lambda f: build(f, PLOT, BESIDE, SPATIAL_INDEX="NO"), "read", BOTH),
        (
            "of several kinds",
            lambda f: build(f, PLOT, shapely.MultiPolygon([BESIDE])),
            "read",
            BOTH,
        ),
        ("a missing one", lambda f: build(f, PLOT, None, SPATIAL_INDEX="NO"), "site", {}),
        (
            "an empty one",
            lambda f: build(f, PLOT, shapely.Polygon(), SPATIAL_INDEX="NO"),
            "site",
            {},
        ),
        ("without a system", lambda f: build(f, PLOT, crs=None), "doubt", {}),
        ("metres without a system", lambda f: build(f, SQUARE, crs=None), "doubt", {}),
        ("a line", lambda f: build(f, LINE), "doubt", {"hectares": 0}),
        ("cut short", cut, "refuse", {}),
        ("none", lambda f: build(f, crs="EPSG:4490", geometry_type="Polygon"), "refuse", {}),
    ):
        made.add(name, made_by, right, **more)


def _of_gpx() -> None:
    made = group("GPX")
    head = '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
    pairs = list(PLOT.exterior.coords)

    def some(tag: str, points: Any) -> str:
        return "".join(f'<{tag} lat="{y}" lon="{x}"/>' for x, y in points)

    for name, content, right, more in (
        ("a closed route", f"<rte>{some('rtept', pairs)}</rte>", "doubt", {"hectares": 0}),
        ("an open route", f"<rte>{some('rtept', pairs[:3])}</rte>", "read", {"hectares": 0}),
        ("two segments that close", f"<trk><trkseg>{some('trkpt', pairs[:3])}</trkseg><trkseg>{some('trkpt', pairs[2:])}</trkseg></trk>", "doubt", {"hectares": 0}),
        ("two tracks that close", f"<trk><trkseg>{some('trkpt', pairs[:3])}</trkseg></trk><trk><trkseg>{some('trkpt', pairs[2:])}</trkseg></trk>", "doubt", {"count": 2, "hectares": 0}),
        ("an empty track", f"<trk><trkseg>{some('trkpt', pairs[:2])}</trkseg></trk><trk/>", "site", {}),
        ("a waypoint", some("wpt", pairs[:1]), "read", {"hectares": 0}),
        ("waypoints that come back", some("wpt", pairs), "doubt", {"count": 5, "hectares": 0}),
        ("latitude for longitude", '<wpt lat="112.7" lon="38.1"/>', "refuse", {}),
        ("no place", "<wpt/>", "refuse", {}),
        ("an extension", "<wpt lat='38.14' lon='112.7'><extensions><a xmlns='x'>1</a></extensions></wpt>", "read", {"hectares": 0}),
    ):  # fmt: skip
        made.text(name, "gpx", head.format(content), right, **more)
    made.text("version 1.0", "gpx", head.replace("1.1", "1.0").replace("GPX/1/1", "GPX/1/0").format(f"<rte>{some('rtept', pairs)}</rte>"), "doubt", hectares=0)  # fmt: skip


def _of_wkt() -> None:
    made = group("WKT")
    told = {"datum": "CGCS2000"}
    two = shapely.MultiPolygon([PLOT, BESIDE]).wkt
    for name, content, right, more in (
        ("small letters", PLOT.wkt.lower(), "read", {}),
        ("lines within", PLOT.wkt.replace(", ", ",\n  "), "read", {}),
        ("several parts", two, "read", {"hectares": 72.0}),
        ("a hole", degrees(HOLED).wkt, "read", {"hectares": 32.0}),
        ("heights", shapely.force_3d(PLOT, 812).wkt, "read", {}),
        ("heights without the word", shapely.force_3d(PLOT, 812).wkt.replace("POLYGON Z", "POLYGON"), "read", {}),
        ("measures", PLOT.wkt.replace("POLYGON", "POLYGON M").replace(",", " 1,").replace("))", " 1))"), "read", {}),
        ("a system", f"SRID=4490;{PLOT.wkt}", "read", {}),
        ("a system in small letters", f"srid=4490;{PLOT.wkt}", "read", {}),
        ("a plane", f"SRID=4547;{SQUARE.wkt}", "read", {}),
        ("a plane of old", f"SRID=2414;{SQUARE.wkt}", "refuse", {}),
        ("an unknown system", f"SRID=999999;{PLOT.wkt}", "refuse", {}),
        ("a negative system", f"SRID=-1;{PLOT.wkt}", "refuse", {}),
        ("an open ring", PLOT.wkt.rpartition(",")[0] + "))", "refuse", {}),
        ("nothing", "POLYGON EMPTY", "refuse", {}),
        ("a part of nothing", two[:-1] + ", EMPTY)", "doubt", {}),
        ("a bracket too few", PLOT.wkt[:-1], "refuse", {}),
        ("a bracket too many", PLOT.wkt + ")", "refuse", {}),
        ("a number that is none", PLOT.wkt.replace("112.", "NaN ", 1), "refuse", {}),
        ("latitude first", shapely.transform(PLOT, lambda p: p[:, ::-1]).wkt, "read", {}),
        ("a curve", "CURVEPOLYGON(CIRCULARSTRING(112.7 38.1,112.71 38.11,112.7 38.1))", "refuse", {}),
        ("a triangle", "TRIANGLE((112.7 38.1,112.71 38.1,112.7 38.11,112.7 38.1))", "refuse", {}),
        ("a closed line", LINE.wkt, "doubt", {"hectares": 0}),
        ("a closed line of lines", f"MULTILINESTRING({LINE.wkt.removeprefix('LINESTRING ')})", "doubt", {"hectares": 0}),
        ("two lines of text", f"{PLOT.wkt}\n{BESIDE.wkt}\n", "read", BOTH),
        ("blank lines between", f"\n{PLOT.wkt}\n\n\n{BESIDE.wkt}\n\n", "read", BOTH),
        ("a mark of order", "\ufeff" + PLOT.wkt, "read", {}),
        ("quotes round it", f'"{PLOT.wkt}"', "any", {}),
        ("a semicolon behind", f"{PLOT.wkt};", "any", {}),
        ("points in brackets", "MULTIPOINT ((112.70 38.14), (112.74 38.11), (112.68 38.19))", "doubt", {"hectares": 0}),
    ):  # fmt: skip
        made.text(name, "wkt", content, right, assume=told, **more)


_of_gml()
_of_mapinfo()
_of_shapefiles()
_of_archives()
_of_drawings()
_of_parquet()
_of_flatgeobuf()
_of_gpx()
_of_wkt()
