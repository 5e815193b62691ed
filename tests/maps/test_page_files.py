"""Zipped shapefiles, KML and KMZ in the page and in the library: the same answer, or a refusal that
names the way out.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from test_browser import Opened, browser, saved  # noqa: F401  (fixtures)
from test_page_check import differences

from sxgeo import check_sites, read_sites
from sxgeo.errors import InputError

pytestmark = pytest.mark.browser

SQUARE = shapely.box(112.71, 38.41, 112.77, 38.46)
WITH_HOLE = shapely.difference(SQUARE, shapely.box(112.72, 38.42, 112.74, 38.44))
TWO = shapely.MultiPolygon(
    [shapely.box(112.55, 38.0, 112.56, 38.01), shapely.box(112.58, 38.0, 112.6, 38.02)]
)
WEST = shapely.box(112.3, 38.2, 112.31, 38.21)
LINE = shapely.LineString([(112.6, 38.3), (112.7, 38.35), (112.72, 38.5)])
POINT = shapely.Point(113.39, 38.869)


def shapefile(
    folder: Path, name: str, shapes: list[Any], crs: str, *, encoding: str = "utf-8", **columns: Any
) -> dict[str, bytes]:
    """The parts of a shapefile by suffix."""
    frame = gpd.GeoDataFrame(
        columns or {"note": range(len(shapes))}, geometry=shapes, crs="EPSG:4490"
    )
    target = folder / name
    target.mkdir()
    frame.to_crs(crs).to_file(target / f"{name}.shp", encoding=encoding)
    return {part.suffix[1:]: part.read_bytes() for part in target.iterdir()}


def zipped(**files: dict[str, bytes] | bytes) -> bytes:
    return packed(
        {f"{name}.{end}": part for name, parts in files.items() for end, part in parts.items()}
    )


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def by_hand(
    rings: list[list[tuple[float, float]]], prj: bytes, *, null: bool = False
) -> dict[str, bytes]:
    """A shapefile of one polygon whose rings stand exactly as given, and perhaps a null shape after
    it.
    """
    points = [p for ring in rings for p in ring]
    starts = [sum(map(len, rings[:i])) for i in range(len(rings))]
    xs, ys = zip(*points, strict=True)
    box = struct.pack("<4d", min(xs), min(ys), max(xs), max(ys))
    body = struct.pack("<i", 5) + box + struct.pack("<2i", len(rings), len(points))
    body += struct.pack(f"<{len(rings)}i", *starts) + b"".join(
        struct.pack("<2d", *p) for p in points
    )
    records, index, at = b"", b"", 50
    for number, content in enumerate([body] + ([struct.pack("<i", 0)] if null else []), start=1):
        index += struct.pack(">2i", at, len(content) // 2)
        records += struct.pack(">2i", number, len(content) // 2) + content
        at += 4 + len(content) // 2

    def head(size: int) -> bytes:
        return (
            struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, size // 2)
            + struct.pack("<2i", 1000, 5)
            + box
            + bytes(32)
        )

    return {
        "shp": head(100 + len(records)) + records,
        "shx": head(100 + len(index)) + index,
        "prj": prj,
    }


def ring(
    west: float, south: float, east: float, north: float, *, clockwise: bool
) -> list[tuple[float, float]]:
    found = [(west, south), (west, north), (east, north), (east, south), (west, south)]
    return found if clockwise else found[::-1]


def prj(crs: str) -> bytes:
    from pyproj import CRS

    return CRS.from_user_input(crs).to_wkt("WKT1_ESRI").encode()


def kml(
    body: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', encoding: str = "utf-8"
) -> bytes:
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'.encode(
        encoding
    )


def kml_ring(box: tuple[float, float, float, float]) -> str:
    corners = shapely.get_coordinates(shapely.box(*box)).tolist()
    return f"<LinearRing><coordinates>{' '.join(f'{x},{y},0' for x, y in corners)}</coordinates></LinearRing>"


PLOT = (
    "<Placemark id='p1'><name>甲&amp;乙地块</name><Polygon><outerBoundaryIs>"
    + kml_ring((112.71, 38.41, 112.77, 38.46))
    + "</outerBoundaryIs><innerBoundaryIs>"
    + kml_ring((112.72, 38.42, 112.73, 38.43))
    + "</innerBoundaryIs></Polygon></Placemark>"
)
FOLDERS = (
    "<Folder><Placemark><name>线</name><LineString><coordinates>112.6,38.3\n"
    " 112.7,38.4</coordinates></LineString></Placemark>"
    "<Folder><Placemark><name>混合</name><MultiGeometry><Point><coordinates>112.6,38.3</coordinates></Point><LineString><coordinates>"
    "112.6,38.3"
    " 112.7,38.4</coordinates></LineString></MultiGeometry></Placemark></Folder><Placemark><name>后</name><Point><coordinates>"
    "112.65,38.35,900</coordinates></Point></Placemark></Folder><Placemark><name>无</name></Placemark><Placemark><name>多</name><ExtendedData>"
    "<Data"
    " name='site_id'><value>S-7</value></Data></ExtendedData><MultiGeometry><Polygon><outerBoundaryIs>"
    + kml_ring((112.5, 38.0, 112.51, 38.01))
    + "</outerBoundaryIs></Polygon><Polygon><outerBoundaryIs>"
    + kml_ring((112.53, 38.0, 112.54, 38.01))
    + "</outerBoundaryIs></Polygon></MultiGeometry></Placemark>"
)


def corner_folder(west: float) -> str:
    """A folder of four places that are called as the corners of a plot are."""
    places = shapely.get_coordinates(shapely.box(west, 38.2, west + 0.004, 38.204))[:4]
    marks = (
        f"<Placemark><name>J{i}</name><Point><coordinates>{x},{y}</coordinates></Point></Placemark>"
        for i, (x, y) in enumerate(places, 1)
    )
    return f"<Folder>{''.join(marks)}</Folder>"


def in_folder(parts: dict[str, bytes], path: str) -> dict[str, bytes]:
    return {f"{path}.{end}": content for end, content in parts.items()}


def without(parts: dict[str, bytes], *ends: str) -> dict[str, bytes]:
    return {end: content for end, content in parts.items() if end not in ends}


def gbk_names(folder: Path) -> bytes:
    """An archive as Chinese programs write it: names in GBK and no flag, members stored."""
    parts = in_folder(shapefile(folder, "g", [WEST], "EPSG:4490"), "ABCD")
    return packed(parts, zipfile.ZIP_STORED).replace(b"ABCD", "地块".encode("gbk"))


GOOD: dict[str, Callable[[Path], tuple[str, bytes]]] = {
    "degrees, UTF-8, ids and names": lambda f: (
        "plots.zip",
        zipped(a=shapefile(f, "a", [SQUARE, POINT.buffer(0.01)], "EPSG:4490", DKBH=["D1", "D2"], 名称=["一号地块", "二号"])),
    ),
    "WGS 84": lambda f: ("w.zip", zipped(a=shapefile(f, "a", [SQUARE], "EPSG:4326"))),
    "zone 38 with prefix, GBK, no cpg, in a folder": lambda f: (
        "勘界.v2.zip",
        packed(in_folder(without(shapefile(f, "a", [WITH_HOLE], "EPSG:4526", encoding="GBK", DKMC=["忻府区一号地块"]), "cpg"), "成果/甲")),
    ),
    "zone 38 without prefix, a hole and two parts": lambda f: ("m.zip", zipped(a=shapefile(f, "a", [WITH_HOLE, TWO], "EPSG:4547"))),
    "two shapefiles of two zones": lambda f: (
        "two.zip",
        zipped(east=shapefile(f, "east", [SQUARE], "EPSG:4547", id=["x"]), west=shapefile(f, "west", [WEST], "EPSG:4546", id=["x"])),
    ),
    "lines and points": lambda f: ("lp.zip", zipped(l=shapefile(f, "l", [LINE], "EPSG:4547"), p=shapefile(f, "p", [POINT], "EPSG:4490"))),
    "a plane declared for the next zone": lambda f: ("next.zip", zipped(a=shapefile(f, "a", [WEST], "EPSG:4547"))),
    "a plane declared two zones off": lambda f: ("off.zip", zipped(a=shapefile(f, "a", [WEST], "EPSG:4548"))),
    "a plane declared two zones off, on the other side": lambda f: ("off2.zip", zipped(a=shapefile(f, "a", [POINT.buffer(0.02)], "EPSG:4545"))),
    "accuracy, numbers as ids": lambda f: (
        "acc.zip",
        zipped(a=shapefile(f, "a", [SQUARE, WEST], "EPSG:4490", id=[12, 7], accuracy_m=[0.5, 25.0])),
    ),
    "an accuracy that is none": lambda f: ("acc2.zip", zipped(a=shapefile(f, "a", [SQUARE], "EPSG:4490", accuracy_m=[-1.0]))),
    "names in GBK, stored": lambda f: ("gbk.zip", gbk_names(f)),
    "capital suffixes": lambda f: ("caps.zip", packed(in_folder({e.upper(): b for e, b in shapefile(f, "a", [WEST], "EPSG:4490").items()}, "A"))),
    "a null shape, no dbf": lambda f: ("null.zip", zipped(a=by_hand([ring(112.6, 38.2, 112.61, 38.21, clockwise=True)], prj("EPSG:4490"), null=True))),
    "all rings counter-clockwise": lambda f: (
        "ccw.zip",
        zipped(a=by_hand([ring(112.6, 38.2, 112.64, 38.24, clockwise=False), ring(112.61, 38.21, 112.62, 38.22, clockwise=False)], prj("EPSG:4490"))),
    ),
    "an island in a hole": lambda f: (
        "island.zip",
        zipped(
            a=by_hand(
                [
                    ring(112.6, 38.2, 112.64, 38.24, clockwise=True),
                    ring(112.61, 38.21, 112.63, 38.23, clockwise=False),
                    ring(112.615, 38.215, 112.62, 38.22, clockwise=True),
                ],
                prj("EPSG:4490"),
            )
        ),
    ),
    "a hole that touches its edge": lambda f: (
        "touch.zip",
        zipped(
            a=by_hand(
                [ring(112.6, 38.2, 112.64, 38.24, clockwise=True), [(112.6, 38.22), (112.61, 38.21), (112.61, 38.23), (112.6, 38.22)]],
                prj("EPSG:4490"),
            )
        ),
    ),
    "a hole that touches a slanting edge": lambda f: (
        "slant.zip",
        zipped(
            a=by_hand(
                [
                    [(112.6, 38.2), (112.64, 38.24), (112.64, 38.2), (112.6, 38.2)],
                    [(112.61, 38.21), (112.62, 38.205), (112.63, 38.21), (112.61, 38.21)],
                ],
                prj("EPSG:4490"),
            )
        ),
    ),
    "two parts that share an edge": lambda f: (
        "edge.zip",
        zipped(a=by_hand([ring(112.6, 38.2, 112.62, 38.22, clockwise=True), ring(112.62, 38.2, 112.64, 38.22, clockwise=True)], prj("EPSG:4490"))),
    ),
    "points that stand twice": lambda f: (
        "twice.zip",
        zipped(a=by_hand([[p for p in ring(112.6, 38.2, 112.62, 38.22, clockwise=True) for _ in range(2)]], prj("EPSG:4490"))),
    ),
    "swapped": lambda f: ("swap.zip", zipped(a=by_hand([ring(38.2, 112.6, 38.21, 112.61, clockwise=True)], prj("EPSG:4490")))),
    "far from China": lambda f: ("far.zip", zipped(a=by_hand([ring(2.2, 48.6, 2.21, 48.61, clockwise=True)], prj("EPSG:4490")))),
    "KML with a hole": lambda f: ("plot.kml", kml(PLOT)),
    "KML with folders": lambda f: ("folders.kml", kml(PLOT + FOLDERS)),
    "KML in GBK": lambda f: ("gbk.kml", kml(PLOT, '<?xml version="1.0" encoding="GBK"?>', "gbk")),
    "KML with a byte order mark": lambda f: ("mark.kml", b"\xef\xbb\xbf" + kml(PLOT)),
    "KMZ": lambda f: ("p.kmz", packed({"doc.kml": kml(FOLDERS), "files/icon.png": b"\x89PNG"})),
    "shapefile and KML in one": lambda f: (
        "both.zip",
        packed(in_folder(shapefile(f, "a", [WEST], "EPSG:4546"), "b/甲") | {"a/乙.kml": kml(PLOT), "说明.pdf": b"%PDF-1.4"}),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser, saved) -> Opened:  # noqa: F811
    return Opened(browser, saved)


def dropped(page: Opened, name: str, content: bytes) -> tuple[dict[str, Any] | None, str]:
    """The page's answer to a file, as a user drops it, and what it says."""
    page.run(
        "window.done = false; sxgeo.panel.answer = null; const raw = atob(arguments[0]), bytes ="
        " Uint8Array.from(raw, c => c.charCodeAt(0));sxgeo.panel.read(new File([bytes],"
        " arguments[1])).finally(() => { window.done = true; });",
        base64.b64encode(content).decode(),
        name,
    )
    for _ in range(200):
        if page.run("return window.done"):
            return page.run(
                "return [sxgeo.panel.answer, document.querySelector('.sx-status').textContent]"
            )
        time.sleep(0.02)
    raise AssertionError("the page did not end")


def keep_without_the_source(report: dict[str, Any], answer: dict[str, Any]) -> None:
    """Keep what does not hang on the accuracy: ids, areas, planes, and which records are near."""
    for told in (report, answer):
        told.pop("verdict")
        told.pop("known_verdict")
        told["sites"] = [
            {
                key: site[key]
                for key in (
                    "site_id",
                    "area_m2",
                    "area_ellipsoid_m2",
                    "crs",
                    "zones",
                    "plan_elements",
                )
            }
            for site in told["sites"]
        ]


def test_what_an_archive_holds_beside_is_never_passed_over(page):
    gpkg, picture = {"a.gpkg": b"SQLite format 3\0"}, {"a.png": b"\x89PNG"}
    for more, doubtful in (
        (gpkg, True),
        ({"b.dwg": b"AC1032"}, True),
        ({"c.ovkml": b"<kml/>"}, True),
        (picture, False),
    ):
        answer, _ = dropped(page, "x.zip", packed({"a.geojson": geojson(SQUARE)} | more))
        assert answer is not None
        assert answer["sites"][0]["doubtful"] is doubtful
        ((left,),) = [entry["left_out"] for entry in answer["receipt"]["inputs"]]
        assert (left["kind"], left["place"]) == (
            "geometry" if doubtful else "annotation",
            next(iter(more)),
        )
        assert next(iter(more)) in page.run(
            "return document.getElementById('sx-left-out').textContent"
        )


def test_corners_are_looked_for_in_each_folder_of_a_kml_and_joined_when_that_is_said(page):
    folders = kml(corner_folder(112.6) + corner_folder(112.7))
    answer, _ = dropped(page, "corners.kml", folders)
    assert answer is not None and len(answer["sites"]) == 8
    assert all("guess: shape taken as points" in str(s["problems"]) for s in answer["sites"])
    page.run("document.querySelector('[data-assume=\"shape=ring\"]').click()")
    plots = page.run("return sxgeo.panel.answer.receipt.sites")
    assert [plot["geometry"]["type"] for plot in plots] == ["Polygon", "Polygon"]
    assert "这些点是：同一地块的界址点" in page.run(
        "return document.getElementById('sx-question').textContent"
    )


def geojson(shape: Any) -> bytes:
    return shapely.to_geojson(shape).encode()


def test_kml_that_refers_elsewhere_or_holds_more_than_is_read_is_never_passed_over(page):
    link = "<NetworkLink><name>上级</name><Link><href>a.kml</href></Link></NetworkLink>"
    overlay = "<GroundOverlay><name>图</name><Icon><href>a.png</href></Icon></GroundOverlay>"
    answer, _ = dropped(page, "a.kml", kml(PLOT + link + overlay))
    assert answer is not None and answer["sites"][0]["doubtful"]
    left = answer["receipt"]["inputs"][0]["left_out"]
    assert [(entry["kind"], entry["what"]) for entry in left] == [
        ("geometry", "NetworkLink"),
        ("annotation", "GroundOverlay"),
    ]
    two = PLOT.replace(
        "</Placemark>", "<Point><coordinates>112.6,38.3</coordinates></Point></Placemark>"
    )
    nested = PLOT.replace(
        "</Placemark>",
        "<Placemark><Point><coordinates>112.6,38.3</coordinates></Point></Placemark></Placemark>",
    )
    elsewhere = (
        PLOT + "<gx:Tour"
        " xmlns:gx='x'><Placemark><Point><coordinates>112.6,38.3</coordinates></Point></Placemark></gx:Tour>"
    )
    edge = f"<outerBoundaryIs>{kml_ring((112.71, 38.41, 112.77, 38.46))}</outerBoundaryIs>"
    bare = (
        "<outerBoundaryIs><LinearRing><coordinates> </coordinates></LinearRing></outerBoundaryIs>"
    )
    for body, said in (
        (PLOT.replace(edge, ""), "no outer one"),
        (PLOT.replace(edge, bare), "no outer one"),
        (two, "2 geometries"),
        (nested, "inside another one"),
        (elsewhere, "1 could be read"),
    ):
        answer, words = dropped(page, "a.kml", kml(body))
        assert answer is None and said in words


def test_a_shapefile_whose_index_or_table_is_stale_is_refused_and_a_deleted_row_is_told(
    page, tmp_path
):
    both = shapefile(tmp_path, "both", [SQUARE, WEST], "EPSG:4490")
    one = shapefile(tmp_path, "one", [SQUARE], "EPSG:4490")
    for part in ("shx", "dbf"):
        answer, words = dropped(page, "x.zip", zipped(a=both | {part: one[part]}))
        assert answer is None and f"2 records, its .{part} 1" in words
    table = bytearray(both["dbf"])
    head, width = struct.unpack_from("<HH", table, 8)
    table[head + width] = 0x2A
    answer, _ = dropped(page, "x.zip", zipped(a=both | {"dbf": bytes(table)}))
    assert answer is not None and len(answer["sites"]) == 1 and not answer["sites"][0]["doubtful"]
    assert answer["receipt"]["inputs"][0]["left_out"][0]["kind"] == "annotation"


@pytest.mark.parametrize("case", GOOD)
def test_a_file_gets_the_answer_of_the_library(page, tmp_path, case):
    name, content = GOOD[case](tmp_path)
    (tmp_path / name).write_bytes(content)
    report = check_sites(read_sites(tmp_path / name)).to_dict()
    answer, words = dropped(page, name, content)
    assert answer is not None, words
    drawn = [(report.pop("receipt")["sites"], answer.pop("receipt")["sites"])]
    for library, told in zip(report["sites"], answer["sites"], strict=True):
        if not told["zones"]:  # the page holds the zone's counties and their neighbours only
            library["zones"], library["plan_elements"] = told["zones"], told["plan_elements"]
        library["problems"] = [
            re.sub(r"(crosses itself) \(.*?\);", r"\1;", p) for p in library["problems"]
        ]  # GEOS's own words
        if "swapped" in str(
            library["problems"]
        ):  # the way out of the library is an option of its own
            library["problems"] = [
                p.replace(", or say --assume axis=yx", "") for p in library["problems"]
            ]
    if any("imagery that nobody named" in told["accuracy_source"] for told in answer["sites"]):
        kinds = {library["accuracy_source"] for library in report["sites"]}
        if not any(
            "KML" in kind for kind in kinds
        ):  # a reader that does not tell what it read is held to the rest
            keep_without_the_source(report, answer)
    assert not list(differences(report, answer))
    for library, told in zip(*drawn[0], strict=True):
        for key in ("site_id", "name", "file", "crs", "datum_error_m"):
            assert told[key] == library[key], key
        assert (told["geometry"] is None) == (library["geometry"] is None)
    assert page.errors() == []


def bomb() -> bytes:
    return packed({"a.kml": bytes(30_000_000)})


def lying(size: int) -> bytes:
    """An archive whose list and header say less than what comes out."""
    content = packed({"a.kml": kml(PLOT) + b" " * 5000})
    true = struct.pack("<I", len(kml(PLOT)) + 5000)
    assert content.count(true) == 2
    return content.replace(true, struct.pack("<I", size))


def locked() -> bytes:
    content = bytearray(packed({"a.kml": kml(PLOT)}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def with_prj(folder: Path, text: bytes) -> bytes:
    return zipped(a=without(shapefile(folder, "a", [SQUARE], "EPSG:4547"), "prj") | {"prj": text})


def no_cgcs(folder: Path, crs: str) -> bytes:
    return zipped(a=without(shapefile(folder, "a", [SQUARE], crs)))


BAD: dict[str, tuple[str, Callable[[Path], bytes], str, bool]] = {
    "a bomb": ("b.zip", lambda f: bomb(), "would swell", True),
    "a list that lies": ("l.zip", lambda f: lying(300), "damaged archive", True),
    "a checksum that is wrong": ("c.zip", lambda f: packed({"a.kml": kml(PLOT)}, 0).replace(b"112.71", b"112.70", 1), "checksum", True),
    "cut short": ("s.zip", lambda f: packed({"a.kml": kml(PLOT)})[:-30], "damaged archive", True),
    "a password": ("p.zip", lambda f: locked(), "password", True),
    "an archive in an archive": ("n.zip", lambda f: packed({"in.zip": packed({"a.kml": kml(PLOT)})}), "another archive", True),
    "a member outside": ("o.zip", lambda f: packed({"../a.kml": kml(PLOT)}), "outside the archive", True),
    "nothing to read": ("r.zip", lambda f: packed({"readme.pdf": b"%PDF"}), "no file that can be read", True),
    "no .prj": ("x.zip", lambda f: zipped(a=without(shapefile(f, "a", [SQUARE], "EPSG:4547"), "prj")), "no coordinate system", True),
    "no .shx": ("x.zip", lambda f: zipped(a=without(shapefile(f, "a", [SQUARE], "EPSG:4547"), "shx")), ".shx", True),
    "Xi'an 1980": ("x.zip", lambda f: with_prj(f, prj("EPSG:2382")), "sxgeo check", True),
    "UTM": ("x.zip", lambda f: no_cgcs(f, "EPSG:32649"), "sxgeo check", False),
    "a 6-degree zone with its prefix": ("x.zip", lambda f: no_cgcs(f, "EPSG:4497"), "sxgeo check", False),
    "a .prj that is no text": ("x.zip", lambda f: with_prj(f, b"\x00\x01\x02"), "sxgeo check", True),
    "degrees under a plane": ("x.zip", lambda f: zipped(a=by_hand([ring(112.6, 38.2, 112.61, 38.21, clockwise=True)], prj("EPSG:4547"))), "look like degrees", True),
    "another prefix": ("x.zip", lambda f: zipped(a=shapefile(f, "a", [SQUARE], "EPSG:4526") | {"prj": prj("EPSG:4525")}), "prefix", True),
    "a prefix that is missing": ("x.zip", lambda f: zipped(a=shapefile(f, "a", [SQUARE], "EPSG:4547") | {"prj": prj("EPSG:4526")}), "no zone prefix", True),
    "a shape cut short": ("x.zip", lambda f: zipped(a={e: b[:-40] if e == "shp" else b for e, b in shapefile(f, "a", [SQUARE], "EPSG:4490").items()}), "cut short", False),
"a workbook": ("a.xlsx", lambda f: packed({"xl/workbook.xml": b"<x/>"}), "sxgeo check", True),
    "RAR": ("a.rar", lambda f: b"Rar!\x1a\x07\x00", "unpack an archive", True),
    "a lone .shp": ("a.shp", lambda f: shapefile(f, "a", [SQUARE], "EPSG:4490")["shp"], "zip all parts", False),
    "empty": ("a.kml", lambda f: b"", "empty", True),
    "entities": ("e.kml", lambda f: kml(PLOT, '<!DOCTYPE kml [<!ENTITY a "aaaa">]>'), "never resolved", True),
    "broken XML": ("b.kml", lambda f: kml(PLOT)[:-20], "not well-formed", True),
    "another XML": ("a.xml", lambda f: b"<html><body/></html>", "not KML", True),
    "no placemark": ("n.kml", lambda f: kml(""), "no Placemark", True),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_reason(page, tmp_path, case):
    name, make, said, library_refuses = BAD[case]
    content = make(tmp_path)
    (tmp_path / name).write_bytes(content)
    answer, words = dropped(page, name, content)
    assert answer is None
    assert said in words
    assert "undefined" not in words and "Error" not in words
    if library_refuses:
        with pytest.raises(InputError):
            read_sites(tmp_path / name)
    assert page.errors() == []
