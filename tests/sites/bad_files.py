"""Files that must be refused or named, each built in place: `build(folder)` gives the path, `words`
stand in the message.

`kind` is ``file`` when nothing of it can be used (exit 3), ``site`` when a site of it is bad and
says why, and ``guess`` when it is read with a visible guess or remark.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

PLOT = shapely.box(112.60, 38.00, 112.61, 38.01)
HEAD = (
    "[属性描述]\n格式版本号=1.01\n数据产生单位=某院\n数据产生日期=2026-01-01\n坐标系=2000国家大地坐标系\n几度分带=3\n"
    "投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.01\n转换参数=0,0,0,0,0,0,0\n[地块坐标]\n"
)
LINE = "5,1.0000,DK1,地块一,面,,工业用地,0601,@\n"
POINTS = (
    "J1,1,4207000.0000,38420000.0000\nJ2,1,4207000.0000,38420100.0000\nJ3,1,4207100.0000,38420100.0000\n"
    "J4,1,4207100.0000,38420000.0000\nJ1,1,4207000.0000,38420000.0000\n"
)
SURVEY = HEAD + LINE + POINTS


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad file."""

    name: str
    words: str
    build: Callable[[Path], Path]
    kind: str = "file"


BAD: list[Bad] = []


def bad(
    words: str, kind: str = "file"
) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    """Register a builder under its own name."""

    def keep(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
        BAD.append(Bad(build.__name__, words, build, kind))
        return build

    return keep


def text(
    name: str, content: str | bytes, words: str, kind: str = "file", *, file: str | None = None
) -> None:
    """Register a file by its content."""

    def build(folder: Path) -> Path:
        path = folder / (file or name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    BAD.append(Bad(name, words, build, kind))


def collection(*shapes: Any) -> str:
    """Return GeoJSON of shapes, null for None."""
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": None if s is None else json.loads(shapely.to_geojson(s)),
        }
        for s in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def raw_json(geometry: str) -> str:
    return (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
        + geometry
        + "}]}"
    )


def frame(*shapes: Any, crs: Any = "EPSG:4490") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [f"n{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs
    )


def packed(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# --- files that are empty, cut short, missing or something else

for suffix in (
    "geojson",
    "gpkg",
    "shp",
    "kml",
    "kmz",
    "zip",
    "dxf",
    "txt",
    "csv",
    "xlsx",
    "fgb",
    "parquet",
    "gml",
    "gpx",
    "wkt",
):
    text(f"empty.{suffix}", b"", "is empty")


def _cut(suffix: str, words: str, share: float = 0.4, kind: str = "file") -> None:
    def build(folder: Path) -> Path:
        path = folder / f"cut.{suffix}"
        whole = write_good(folder / f"whole.{suffix}")
        content = whole.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        return path

    BAD.append(Bad(f"cut.{suffix}", words, build, kind))


def write_good(path: Path) -> Path:
    """Write the plot in the format of the suffix."""
    suffix = path.suffix.removeprefix(".")
    path.unlink(missing_ok=True)
    if suffix == "parquet":
        frame(PLOT).to_parquet(path)
    elif suffix == "kmz":
        kml = path.with_suffix(".kml")
        frame(PLOT, crs="EPSG:4326").to_file(kml, driver="KML")
        packed(path, {"doc.kml": kml.read_bytes()})
    elif suffix == "xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        for row in (["编号", "经度", "纬度"], ["a", 112.6, 38.0]):
            book.active.append(row)
        book.save(path)
    elif suffix == "dxf":
        import ezdxf

        drawing = ezdxf.new("R2010")
        drawing.modelspace().add_lwpolyline(
            [(38420000, 4207000), (38420100, 4207000), (38420100, 4207100)], close=True
        )
        drawing.saveas(path)
    elif suffix == "zip":
        packed(path, {"a.geojson": collection(PLOT).encode()})
    elif suffix == "txt":
        path.write_text(SURVEY, encoding="utf-8")
    elif suffix == "gpx":
        frame(shapely.Point(112.6, 38.0), crs="EPSG:4326").to_file(
            path, driver="GPX", layer="waypoints"
        )
    else:
        known = {"driver": "KML"} if suffix == "kml" else {}
        frame(PLOT, crs="EPSG:4326" if suffix == "kml" else "EPSG:4490").to_file(path, **known)
    return path


for suffix in ("geojson", "gpkg", "gpx"):
    _cut(suffix, "cannot be read as a vector file")
for suffix in ("kml", "fgb", "gml"):
    _cut(suffix, "")
_cut("parquet", "cannot be read as GeoParquet")
_cut("kmz", "damaged archive")
_cut("zip", "damaged archive")
_cut("xlsx", "damaged archive")
_cut("dxf", "cannot be read as DXF", 0.02)
_cut("txt", "", 0.9, "site")


@bad("is no complete JSON record")
def cut_sequence(folder: Path) -> Path:
    path = folder / "cut.geojsonl"
    frame(PLOT, PLOT, PLOT).to_file(path)
    path.write_bytes(path.read_bytes()[:-30])
    return path


@bad("", "site")
def cut_shapefile(folder: Path) -> Path:
    path = folder / "cut.shp"
    frame(PLOT, PLOT, PLOT).to_file(path)
    path.write_bytes(path.read_bytes()[:-30])
    return path


@bad("does not exist")
def missing(folder: Path) -> Path:
    return folder / "没有.shp"


@bad("is a folder")
def a_folder(folder: Path) -> Path:
    (folder / "文件夹").mkdir()
    return folder / "文件夹"


@bad("cannot be read as a vector file")
def empty_gdb(folder: Path) -> Path:
    (folder / "空.gdb").mkdir()
    return folder / "空.gdb"


@bad("cannot be read as a vector file")
def shp_without_shx(folder: Path) -> Path:
    frame(PLOT).to_file(folder / "p.shp")
    (folder / "p.shx").unlink()
    return folder / "p.shp"


@bad("declares no coordinate system")
def shp_without_prj(folder: Path) -> Path:
    frame(PLOT).to_file(folder / "p.shp")
    (folder / "p.prj").unlink()
    return folder / "p.shp"


text("picture.geojson", b"\x89PNG\r\n\x1a\n" + bytes(100), "picture or a PDF")
text("report.shp", b"%PDF-1.7 ...", "picture or a PDF")
text("plan.dwg", b"AC1032" + bytes(50), "export it as DXF")
text("renamed.dxf", b"AC1027" + bytes(50), "export it as DXF")
text("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "save it as .xlsx")
text("packed.rar", b"Rar!\x1a\x07\x00" + bytes(50), "not zip")
text("packed.gz", b"\x1f\x8b\x08" + bytes(50), "not zip")
text("noise.bin", bytes(range(256)) * 20, "binary file of unknown kind")
text("words.geojson", "今天天气很好", "give GeoJSON")
text("words.txt", "今天天气很好\n", "no columns of coordinates")
text("words.kml", "今天天气很好", "no columns of coordinates")
text(
    "broken.geojson",
    '{"type": "FeatureCollection", "features": [',
    "cannot be read as a vector file",
)
text("list.json", "[1, 2, 3]", "it is no JSON")
text("object.json", '{"a": 1}', "cannot be read as a vector file")
text(
    "pipeline.json",
    '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read /etc/passwd"}',
    "GDAL pipeline",
)
text(
    "service.xml",
    "<OGRVRTDataSource><OGRVRTLayer"
    " name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "not KML, GML or GPX",
)
text("page.html", "<html><body>112.6,38.0</body></html>", "is a web page, whatever its name")
text("neither.txt", b"\x81\x20\xff\xfe\xfd" * 5, "neither UTF-8")
text("null.geojson", '{"type":"FeatureCollection","features":[]}', "no features")

text("many_commas.txt", "," * 10_000_000, "more than 16384 columns")
text("many_commas_in_a_survey.txt", HEAD + LINE + "," * 10_000_000, "has 10000000 characters")
text("many_brackets.txt", "(" * 1_000_000, "no columns of coordinates")
text("deep.wkt", "GEOMETRYCOLLECTION(" * 100_000 + ")" * 100_000, "nest 100000 deep")
text("deep_polygon.wkt", "POLYGON" + "(" * 100_000, "nest 100000 deep")
text(
    "long_cell.csv",
    "编号,经度,纬度\na," + "1-" * 100_000 + ",38\nb,112.6,38\n",
    "…', '38' are no coordinates",
    "site",
)

# --- archives


@bad("would swell")
def zip_bomb(folder: Path) -> Path:
    return packed(folder / "bomb.zip", {"a.geojson": bytes(100_000_000)})


@bad("would swell")
def kmz_bomb(folder: Path) -> Path:
    return packed(folder / "bomb.kmz", {"doc.kml": b"<kml>" + b" " * 100_000_000})


@bad("would swell")
def xlsx_bomb(folder: Path) -> Path:
    return packed(folder / "bomb.xlsx", {"xl/workbook.xml": b"<a>" + b" " * 100_000_000})


@bad("damaged archive")
def lying_zip(folder: Path) -> Path:
    path = packed(folder / "lying.zip", {"a.geojson": b" " * 3_000_000})
    content = path.read_bytes()
    path.write_bytes(content.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    return path


@bad("another archive")
def nested_zip(folder: Path) -> Path:
    inner = packed(folder / "inner.zip", {"a.geojson": collection(PLOT).encode()})
    return packed(folder / "outer.zip", {"inner.zip": inner.read_bytes()})


@bad("archive in an archive")
def disguised_zip(folder: Path) -> Path:
    inner = packed(folder / "inner.zip", {"a.geojson": collection(PLOT).encode()})
    return packed(folder / "outer.zip", {"inner.txt": inner.read_bytes()})


@bad("points outside the archive")
def escaping_zip(folder: Path) -> Path:
    return packed(folder / "escape.zip", {"../../escape.geojson": collection(PLOT).encode()})


@bad("points outside the archive")
def rooted_zip(folder: Path) -> Path:
    return packed(folder / "root.zip", {"/etc/escape.geojson": collection(PLOT).encode()})


@bad("points outside the archive")
def drive_zip(folder: Path) -> Path:
    return packed(folder / "drive.zip", {"C:\\escape.geojson": collection(PLOT).encode()})


@bad("no file that can be read")
def zip_of_words(folder: Path) -> Path:
    return packed(folder / "words.zip", {"说明.docx": b"x"})


@bad("no file that can be read")
def empty_zip(folder: Path) -> Path:
    return packed(folder / "none.zip", {})


@bad("more than 10000")
def crowded_zip(folder: Path) -> Path:
    return packed(folder / "many.zip", {f"{i}.txt": b"" for i in range(10_001)}, zipfile.ZIP_STORED)


@bad("is empty")
def zip_of_an_empty_file(folder: Path) -> Path:
    return packed(folder / "hollow.zip", {"a.geojson": b""})


@bad("password")
def locked_zip(folder: Path) -> Path:
    path = packed(folder / "locked.zip", {"a.geojson": collection(PLOT).encode()})
    content = bytearray(path.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(sign) + offset] |= 1
    path.write_bytes(bytes(content))
    return path


# --- XML

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
text(
    "laughs.kml",
    f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{LAUGHS}]><kml><name>&l9;</name></kml>',
    "entities",
)
text(
    "outside.kml",
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM'
    ' "file:///etc/passwd">]><kml><Document><name>&x;</name></Document></kml>',
    "entities",
)
text("outside.gml", '<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>', "document type")
text(
    "wide.gpx",
    '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE gpx><gpx/>'.encode("utf-16"),
    "document type",
)
text("bare.kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "")
text(
    "nested.kml",
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><Placemark><name>a</name><Placemark><name>b</name><Point>'
    "<coordinates>112.7,38</coordinates></Point></Placemark><Point><coordinates>112.6,38</coordinates></Point></Placemark>"
    "</Folder></Document></kml>",
    "has 2 placemarks, 1 could be read",
)
text("unclosed.kml", "<kml><Document><Placemark>", "cannot be read as a vector file")


@bad("entities")
def laughing_kmz(folder: Path) -> Path:
    return packed(folder / "l.kmz", {"doc.kml": b'<!DOCTYPE k [<!ENTITY a "b">]><kml>&a;</kml>'})


# --- geometry

text("nan.geojson", raw_json('{"type":"Point","coordinates":[NaN,38]}'), "", "any")
text("infinite.geojson", raw_json('{"type":"Point","coordinates":[1e999,38]}'), "", "any")
text("nulls.geojson", collection(None, None), "no geometry", "site")
text("empties.geojson", raw_json('{"type":"Polygon","coordinates":[]}'), "no geometry", "site")
text(
    "mixed.geojson",
    collection(shapely.GeometryCollection([PLOT, shapely.Point(112.6, 38)])),
    "geometry collection",
    "site",
)
text("antimeridian.geojson", collection(shapely.box(-179, 38, 179, 39)), "antimeridian", "site")
text("beyond.geojson", collection(shapely.box(179, 38, 181, 39)), "", "site")
text("swapped.geojson", collection(shapely.Point(38.0, 112.6)), "look swapped", "site")
text("metres.geojson", collection(shapely.Point(420000, 4207000)), "not degrees", "site")
text("abroad.geojson", collection(shapely.Point(2.35, 48.85)), "outside China", "site")
text(
    "flat.geojson",
    raw_json('{"type":"Polygon","coordinates":[[[112.6,38],[112.61,38],[112.6,38],[112.6,38]]]}'),
    "without area",
    "site",
)
text(
    "two_points.geojson",
    raw_json('{"type":"Polygon","coordinates":[[[112.6,38],[112.61,38]]]}'),
    "",
    "any",
)
text(
    "bow_tie.geojson",
    collection(shapely.Polygon([(112.6, 38), (112.61, 38.01), (112.61, 38), (112.6, 38.01)])),
    "crosses itself",
    "guess",
)
text(
    "unclosed.geojson",
    raw_json(
        '{"type":"Polygon","coordinates":[[[112.6,38],[112.61,38],[112.61,38.01],[112.6,38.01]]]}'
    ),
    "does not come back to its first point",
    "site",
)
text(
    "no_type.geojson",
    collection(PLOT, PLOT).replace('"Feature"', '"F&eature"', 1),
    "2 records, 1 could be read",
)
text("strings.geojson", raw_json('{"type":"Point","coordinates":["112.6","38"]}'), "", "any")
text(
    "deep.geojson",
    raw_json('{"type":"Point","coordinates":' + "[" * 5000 + "112.6,38" + "]" * 5000 + "}"),
    "",
    "any",
)


@bad("too many to repair", "site")
def a_tangle(folder: Path) -> Path:
    """Three thousand points in no order cross themselves a million times."""
    points = np.random.default_rng(1).uniform((112.6, 38.0), (112.65, 38.05), (3000, 2))
    frame(shapely.Polygon(points), PLOT).to_file(folder / "tangle.gpkg")
    return folder / "tangle.gpkg"


@bad("lie over each other in more than 200000 pairs", "site")
def ten_thousand_nested_rings(folder: Path) -> Path:
    corners = ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))
    lines = [
        f"J{i},{k + 1},{4_200_000 + k + (30_000 - 2 * k) * a},{38_410_000 + k + (30_000 - 2 * k) * b}"
        for k in range(10_000)
        for i, (a, b) in enumerate(corners, 1)
    ]
    path = folder / "nested.txt"
    path.write_text(HEAD + "50000,,DK1,一,面,,,,@\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@bad("", "good")
def a_million_vertices(folder: Path) -> Path:
    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = shapely.Polygon(
        np.column_stack([112.6 + 0.05 * np.cos(angle), 38.0 + 0.05 * np.sin(angle)])
    )
    frame(ring).to_file(folder / "million.fgb")
    return folder / "million.fgb"


@bad("", "good")
def ten_thousand_rings(folder: Path) -> Path:
    x, y = np.meshgrid(112.6 + np.arange(100) * 1e-3, 38.0 + np.arange(100) * 1e-3)
    holes = [
        shapely.box(a, b, a + 5e-4, b + 5e-4).exterior
        for a, b in zip(x.ravel(), y.ravel(), strict=True)
    ]
    frame(shapely.Polygon(shapely.box(112.5, 37.9, 112.8, 38.2).exterior, holes)).to_file(
        folder / "rings.gpkg"
    )
    return folder / "rings.gpkg"


@bad("", "good")
def heights_and_measures(folder: Path) -> Path:
    frame(shapely.force_3d(PLOT, 800.0)).to_file(folder / "z.shp")
    return folder / "z.shp"


@bad("seven parameters")
def old_datum_gpkg(folder: Path) -> Path:
    frame(shapely.box(5e5, 4.2e6, 5.001e5, 4.2001e6), crs="EPSG:2383").to_file(folder / "xian.gpkg")
    return folder / "xian.gpkg"


@bad("numbers such as")
def degrees_declared_as_metres(folder: Path) -> Path:
    frame(PLOT).set_crs("EPSG:4547", allow_override=True).to_file(folder / "deg.gpkg")
    return folder / "deg.gpkg"


@bad("carry the prefix")
def prefix_where_none_belongs(folder: Path) -> Path:
    frame(PLOT).to_crs("EPSG:4526").set_crs("EPSG:4547", allow_override=True).to_file(
        folder / "prefix.gpkg"
    )
    return folder / "prefix.gpkg"


@bad("no zone prefix")
def prefix_missing(folder: Path) -> Path:
    frame(PLOT).to_crs("EPSG:4547").set_crs("EPSG:4526", allow_override=True).to_file(
        folder / "bare.gpkg"
    )
    return folder / "bare.gpkg"


@bad("263 km")
def prefix_of_the_wrong_zone(folder: Path) -> Path:
    frame(PLOT).to_crs("EPSG:4525").set_crs("EPSG:4526", allow_override=True).to_file(
        folder / "wrong.gpkg"
    )
    return folder / "wrong.gpkg"


@bad("north before east")
def north_before_east(folder: Path) -> Path:
    shapes = frame(PLOT).to_crs("EPSG:4547")
    shapes.geometry = shapely.transform(shapes.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    shapes.to_file(folder / "yx.gpkg")
    return folder / "yx.gpkg"


@bad("EPSG:3857")
def mercator_declared_as_a_zone(folder: Path) -> Path:
    frame(PLOT).to_crs("EPSG:3857").set_crs("EPSG:4547", allow_override=True).to_file(
        folder / "web.gpkg"
    )
    return folder / "web.gpkg"


@bad("", "good")
def two_systems_in_one_gdb(folder: Path) -> Path:
    frame(PLOT).to_file(folder / "two.gdb", layer="a", driver="OpenFileGDB")
    frame(PLOT).to_crs("EPSG:4547").to_file(folder / "two.gdb", layer="b", driver="OpenFileGDB")
    return folder / "two.gdb"


@bad("rows but no geometry")
def table_in_a_gpkg(folder: Path) -> Path:
    import pyogrio

    pyogrio.write_dataframe(frame(PLOT).drop(columns="geometry"), folder / "table.gpkg")
    return folder / "table.gpkg"


@bad("neither UTF-8 nor GB18030")
def unreadable_attributes(folder: Path) -> Path:
    frame(PLOT).to_file(folder / "p.shp")
    table = folder / "p.dbf"
    content = bytearray(table.read_bytes())
    at = content.rindex(b"n0")
    content[at : at + 6] = b"\xff\xfe\xfd\xff\xff\xff"
    table.write_bytes(bytes(content))
    (folder / "p.cpg").unlink()
    return folder / "p.shp"


# --- survey TXT

text(
    "three_of_four.txt",
    SURVEY.replace("J3,1,4207100.0000,38420100.0000\n", ""),
    "announces 5 points, 4 are there",
    "site",
)
text("no_points.txt", HEAD + LINE, "has no points", "site")
text("no_plot_line.txt", HEAD + POINTS, "stands before any plot line")
text("no_plots.txt", HEAD, "no plot")
text("no_section.txt", SURVEY.replace("[地块坐标]\n", ""), "no plot")
text(
    "bad_point.txt",
    SURVEY.replace("J3,1,4207100.0000", "J3,1,42O7100.0000"),
    "is no boundary point",
    "site",
)
text("nan.txt", SURVEY.replace("J3,1,4207100.0000", "J3,1,nan"), "not numbers", "site")
text("infinite.txt", SURVEY.replace("J3,1,4207100.0000", "J3,1,1e999"), "not numbers", "site")
text(
    "two_points.txt",
    HEAD + LINE.replace("5,", "2,", 1) + "".join(POINTS.splitlines(True)[:2]),
    "a ring needs 3",
    "site",
)
text("wrong_zone.txt", SURVEY.replace("带号=38", "带号=37"), "263 km apart")
text(
    "no_zone.txt",
    SURVEY.replace("带号=38", "带号=").replace(",384", ",4"),
    "nothing says which zone",
)
text("zone_50.txt", SURVEY.replace("带号=38", "带号=50"), "not one of China's")
text("zone_text.txt", SURVEY.replace("带号=38", "带号=太原带"), "is not a number")
text("zone_width.txt", SURVEY.replace("几度分带=3", "几度分带=6"), "not a 6-degree zone")
text("no_datum.txt", SURVEY.replace("2000国家大地坐标系", ""), "nothing says which datum")
text("odd_datum.txt", SURVEY.replace("2000国家大地坐标系", "地方独立坐标系"), "is not known")
text("xian.txt", SURVEY.replace("2000国家大地坐标系", "1980西安坐标系"), "seven parameters")
text("beijing.txt", SURVEY.replace("2000国家大地坐标系", "1954北京坐标系"), "seven parameters")
text("utm.txt", SURVEY.replace("高斯克吕格", "UTM"), "is not 高斯克吕格")
text("feet.txt", SURVEY.replace("计量单位=米", "计量单位=英尺"), "is not 米 or 度")
text("accuracy.txt", SURVEY.replace("精度=0.01", "精度=很高"), "", "good")
text(
    "mixed_zones.txt",
    SURVEY + LINE.replace("DK1", "DK2") + POINTS.replace(",38420", ",37580"),
    "zones 37",
)
text(
    "zone_in_one_ring.txt",
    SURVEY.replace("J3,1,4207100.0000,38", "J3,1,4207100.0000,37"),
    "different zone prefixes",
    "site",
)
text("kind.txt", SURVEY.replace(",面,", ",体,"), "is not 点, 线 or 面", "site")
text("count.txt", SURVEY.replace("5,1.0000", "五,1.0000"), "is not a number", "site")
text("mercator.txt", SURVEY.replace(",38420", ",12534"), "EPSG:3857")
text(
    "crossing_rings.txt",
    SURVEY.replace("5,1.0", "10,1.0", 1)
    + POINTS.replace(",1,", ",2,")
    .replace(",384200", ",384200")
    .replace("38420000", "38420050")
    .replace("38420100", "38420150"),
    "crosses ring",
    "site",
)
text("twice.txt", SURVEY + LINE + POINTS, "stands more than once", "guess")
text(
    "swapped.txt",
    "\n".join(
        ",".join([*p[:2], p[3], p[2]]) if len(p := line.split(",")) == 4 else line
        for line in SURVEY.splitlines()
    ),
    "axis taken as xy",
    "guess",
)
text(
    "degrees_as_metres.txt",
    SURVEY.replace("4207000.0000", "38.00")
    .replace("4207100.0000", "38.01")
    .replace("38420000.0000", "112.60")
    .replace("38420100.0000", "112.61")
    .replace("1.0000,", ","),
    "units taken as degree",
    "guess",
)
text("area_0.txt", SURVEY.replace("1.0000", "0"), "", "good")
text("area.txt", SURVEY.replace("1.0000", "2.5000"), "neither hectares nor m2", "guess")
text(
    "unclosed.txt",
    SURVEY.replace("5,1.0000", "4,").rsplit("J1", 1)[0],
    "does not come back",
    "guess",
)

# --- tables

text("formula.csv", "编号,经度,纬度\na,=112.6+0,38\nb,112.6,38\n", "holds a formula", "site")
text("blank.csv", "编号,经度,纬度\na,,\nb,112.6,38\n", "has no coordinates", "site")
text("words.csv", "编号,经度,纬度\na,东边,北边\nb,112.6,38\n", "are no coordinates", "site")
text("minutes.csv", "编号,经度,纬度\na,112°75′0″,38\nb,112.6,38\n", "are no coordinates", "site")
text("headings.csv", "编号,经度,纬度\n", "no rows below")
text("no_heading.csv", "112.6,38.0\n112.7,38.1\n", "no columns of coordinates")
text("gcj.csv", "编号,经度(GCJ-02),纬度(GCJ-02)\na,112.6,38\n", "datum=GCJ-02")
text("baidu.csv", "编号,经度(百度),纬度(百度)\na,112.6,38\n", "datum=BD-09")
text(
    "one_ring_or_points.csv",
    "点号,X,Y\nJ1,4207000,38420000\nJ2,4207100,38420000\nJ3,4207100,38420100\n",
    "one ring or single points",
)
text(
    "two_of_a_ring.csv",
    "地块编号,经度,纬度\nA,112.6,38\nA,112.7,38\nB,112.6,38\n",
    "a ring needs 3",
    "site",
)
text(
    "order.csv",
    "地块编号,序号,经度,纬度\nA,1,112.6,38\nA,2,112.7,38\nA,2,112.7,38.1\n",
    "stands twice in plot",
    "site",
)
text(
    "gap.csv",
    "地块编号,序号,经度,纬度\nA,1,112.6,38\nA,2,112.7,38\nA,4,112.7,38.1\n",
    "a point may be lost",
    "guess",
)
text("undatumed.csv", "编号,X,Y\na,4207000,38420000\n", "nothing says which datum")
text("nonsense.csv", "编号,X,Y\na,1,2\n", "no pair of coordinates")
text("degrees.csv", "编号,经度,纬度\na,112.6,38\n", "datum taken as CGCS2000", "guess")
text("line_ends.csv", b"id,lon,lat\r\na,112.6,38\rb,112.7,38\nc,500,38\r\n", "", "any")
text("marked.csv", b"\xef\xbb\xbfid,lon,lat\na,112.6,38\nb,12.6,38\n", "outside China", "site")
text("quote.csv", 'id,lon,lat\n"a,112.6,38\n', "no rows", "any")
text(
    "below.csv",
    "a,112.6,38.0\n编号,经度,纬度\nb,112.61,38.01\n",
    "coordinates above its headings, in row 1",
)
text(
    "joined.csv",
    "编号,经度,纬度,a,112.6,38.0\nb,112.61,38.01\n",
    "headings and coordinates in one row (1)",
)
text(
    "shifted.csv",
    "编号,经度,纬度\na,1,112.6,38\nb,112.6,38\n",
    "more values than headings (3) in row 2",
)
text(
    "wkt_row.csv",
    '编号,WKT\na,"POINT (112.6 38"\nb,"POINT (112.6 38)"\n',
    "row 2, column 'WKT' is no WKT",
    "site",
)
text(
    "wkt_curve.csv",
    '编号,几何\na,"CIRCULARSTRING(0 0,1 1,2 0)"\nb,"POINT (112.6 38)"\n',
    "holds a curved geometry",
    "site",
)
text("wkt_blank.csv", '编号,geometry\na,\nb,"POINT (112.6 38)"\n', "no geometry", "site")
text(
    "wkt_two_systems.csv",
    '编号,WKT\na,"SRID=4547;POINT (420000 4207000)"\nb,"POINT (112.6 38)"\n',
    "several systems: SRID 0, 4547",
)
text(
    "wkt_unquoted.csv",
    "编号,WKT\na,LINESTRING (112.6 38, 112.7 38)\n",
    "more values than headings (2) in row 2",
)
text("wkt_no_cell.csv", "编号,几何\na,面\n", "no columns of coordinates")
text(
    "seconds.csv",
    "编号,度,分,秒,度,分,秒\na,112,36,60,38,0,0\nb,112,36,0,38,0,0\n",
    "are no coordinates",
    "site",
)
text(
    "half.csv",
    "编号,度,分,秒,度,分,秒\na,112,36,,38,0,0\nb,112,36,0,38,0,0\n",
    "'112°36′″'",
    "site",
)
text("zero.csv", b"id,lon,lat\n\0,112.6,38\n", "binary file")
text("wkt_broken.wkt", "POLYGON ((112.6 38, 112.7 38", "no WKT")
text(
    "wkt_curve.wkt",
    "CURVEPOLYGON (CIRCULARSTRING (112.6 38, 112.61 38.01, 112.6 38))",
    "curved geometry (CURVEPOLYGON)",
)
text(
    "wkt_systems.wkt",
    "SRID=4490;POINT (112.6 38)\nSRID=4547;POINT (420000 4207000)\n",
    "several systems",
)


@bad("no sheet with columns")
def sheet_without_coordinates(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["说明"])
    book.save(folder / "words.xlsx")
    return folder / "words.xlsx"


@bad("cannot be read as a workbook")
def workbook_of_nothing(folder: Path) -> Path:
    return packed(folder / "fake.xlsx", {"xl/workbook.xml": b"<a/>"})


@bad("has no coordinates", "site")
def uncomputed_formula(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["编号", "经度", "纬度"], ["a", "=112+0.6", "=38"], ["b", 112.6, 38.0]):
        book.active.append(row)
    book.save(folder / "formula.xlsx")
    return folder / "formula.xlsx"


# --- drawings


def _drawing(folder: Path, draw: Callable[[Any], object]) -> Path:
    import ezdxf

    drawing = ezdxf.new("R2010")
    draw(drawing)
    drawing.saveas(folder / "图.dxf")
    return folder / "图.dxf"


@bad("without closed polylines")
def open_lines(folder: Path) -> Path:
    return _drawing(
        folder, lambda d: d.modelspace().add_lwpolyline([(38420000, 4207000), (38420100, 4207000)])
    )


@bad("nothing says which datum")
def undatumed_drawing(folder: Path) -> Path:
    return write_good(folder / "good.dxf")


@bad("holds nothing")
def empty_drawing(folder: Path) -> Path:
    return _drawing(folder, lambda d: None)


@bad("taken apart")
def block_bomb(folder: Path) -> Path:
    def draw(drawing: Any) -> None:
        inner = drawing.blocks.new("B0")
        inner.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
        for depth in range(1, 7):
            block = drawing.blocks.new(f"B{depth}")
            for _ in range(20):
                block.add_blockref(f"B{depth - 1}", (0, 0))
        drawing.modelspace().add_blockref("B6", (38420000, 4207000))

    return _drawing(folder, draw)


@bad("taken apart")
def block_array(folder: Path) -> Path:
    def draw(drawing: Any) -> None:
        drawing.blocks.new("A").add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
        drawing.modelspace().add_blockref(
            "A",
            (0, 0),
            dxfattribs={
                "row_count": 30000,
                "column_count": 30000,
                "row_spacing": 1,
                "column_spacing": 1,
            },
        )

    return _drawing(folder, draw)


@bad("")
def block_in_itself(folder: Path) -> Path:
    def draw(drawing: Any) -> None:
        block = drawing.blocks.new("S")
        block.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
        block.add_blockref("S", (1, 1))
        drawing.modelspace().add_blockref("S", (38420000, 4207000))

    return _drawing(folder, draw)


@bad("holds section")
def section_twice(folder: Path) -> Path:
    path = write_good(folder / "twice.dxf")
    content = path.read_text(encoding="utf-8")
    start, end = (
        content.index("  0\nSECTION\n  2\nENTITIES"),
        content.index("  0\nSECTION\n  2\nOBJECTS"),
    )
    path.write_text(
        content[:end] + content[start:end].replace("38420100.0", "38420200.0") + content[end:]
    )
    return path


@bad("whose handle another object has too")
def handle_twice(folder: Path) -> Path:
    path = write_good(folder / "twice.dxf")
    content = path.read_text(encoding="utf-8")
    start = content.index("  0\nLWPOLYLINE")
    end = content.index("  0\nENDSEC", start)
    path.write_text(
        content[:end] + content[start:end].replace("38420100.0", "38420200.0") + content[end:]
    )
    return path


text("words.dxf", "今天天气很好\n没有图\n", "cannot be read as DXF")
text("section.dxf", "0\nSECTION\n2\nENTITIES\n", "")
__all__ = ["BAD", "Bad", "io"]
