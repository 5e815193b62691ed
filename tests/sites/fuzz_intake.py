"""Break good files at random and read them: every answer must be sites or an InputError, quickly,
and nothing may be lost silently.

Usage: python tests/sites/fuzz_intake.py txt|csv|kml|dxf|shp|geojson|all [SECONDS] [SEED]
       python tests/sites/fuzz_intake.py --atheris txt|csv|kml|geojson [SECONDS] [SEED]     coverage-guided, needs `pip install atheris`

What breaks a reader is kept in fuzz_found/; so is the last file, should the process die on it.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

if "--atheris" in sys.argv:  # the readers must be imported under its eyes
    import atheris

    with atheris.instrument_imports(include=["sxgeo"]):
        pass

import numpy as np
import shapely
from bad_files import SURVEY, collection, frame, write_good

from sxgeo.geometry.projection import to_degrees, zone_crs
from sxgeo.sites.read import read_some

TXT = (
    SURVEY
    + "10,1.6,DK2,地块二,面,,林地,0301,@\n"
    + "".join(
        f"J{i},{ring},{4207500 + dx},{38420500 + dy}\n"
        for ring, pairs in (
            (1, ((0, 0), (0, 200), (200, 200), (200, 0), (0, 0))),
            (2, ((50, 50), (50, 90), (90, 90), (90, 50), (50, 50))),
        )
        for i, (dx, dy) in enumerate(pairs, 1)
    )
)
CSV = "地块编号,序号,圈号,经度,纬度,精度\nA,1,1,112°36′0″,38.0,1\nA,2,1,112.61,38.0,\nA,3,1,112.61,38.01,\nB,1,1,4207000,38420000,0\n"
TABLES = (
    CSV,
    "编号,经度,纬度,精度\na,112.6,38.0,1\nb,112.61,38.01,2\nc,112.62,38.02,\nd,112.63,38.03,\n",
    "plot\torder\tX\tY\nA\t1\t4207000\t38420000\nA\t2\t4207000\t38420100\nA\t3\t4207100\t38420100\n",
    "编号,度,分,秒,度,分,秒\na,112,36,0,38,0,0\n",
    (
        'name,WKT\na,"POLYGON((112.6 38,112.61 38,112.61 38.01,112.6 38))"\nb,POINT Z (112.62 38.02'
        " 800)\n"
    ),
)
KINDS = ("txt", "csv", "kml", "dxf", "shp", "geojson")
PIECES = (
    b",", b"\n", b"\r", b"@", b"[", b"]", b"=", b"-", b".", b"nan", b"inf", b"1e308", b"-1", b"0", b"999999999999999999999", b"\xff",
    b"\x00", b"<", b">", b"&", b"<!--", b"]]>", b"\xef\xbb\xbf", "，".encode(), "度".encode("gbk"), b"\t", b'"', b"'", b";", b"J1,1,1,1\n",
    b"<coordinates>", b"</Placemark>", b"SECTION", b"ENDSEC", b"  0\n", b" 70\n1\n", b" 90\n99999999\n", b"\xe2\x80\xa8", b"[\xe5\x9c\xb0",
    b"1_000", "٣".encode(), "１".encode(), b"\x0c", b"\x1c", b"\xc2\x85", b"{", b"}", b"null", b"EMPTY", b"<MultiGeometry>", b"Infinity",
)  # fmt: skip
NUMBERS = (
    b"0", b"-0", b"1", b"-1", b"nan", b"inf", b"1e308", b"1e-320", b"1e999", b"112.6", b"38", b"38420000", b"4207000", b"420000", b"37420000",
    b"1_0", b"0x10", b"180", b"-180", b"90.0000001", b"2147483648", b"99999999999999999999", b"38.", b".5", b"", b"1,5", "３８".encode(),
)  # fmt: skip
UNSURE = ("guess: ", "crosses itself", "may be lost", "does not come back")
SLOW_S = 20.0
_KEPT = Path("fuzz_found")
_POINT = re.compile(r"^[^,@]*,\s*\d+\s*,\s*(\d{7}(?:\.\d+)?)\s*,\s*(38\d{6}(?:\.\d+)?)\s*$")
_LON_LAT = re.compile(r"(?:^|,)(11[0-4]\.\d{1,9}),(3[4-9]\.\d{1,9})(?:,|$)")
_NEAR = 2e-6  # degrees: a quantised vertex, and the rounding of the projection


def seeds(folder: Path) -> dict[str, bytes]:
    """Return a good file of each kind."""
    return {kind: contents[0] for kind, contents in all_seeds(folder).items()}


def all_seeds(folder: Path) -> dict[str, list[bytes]]:
    """Return good files of each kind."""
    import ezdxf

    for version in ("R12", "R2010"):
        drawing = ezdxf.new(version)
        space = drawing.modelspace()
        ring = [(38420000, 4207000), (38420100, 4207000), (38420100, 4207100)]
        (
            space.add_polyline2d(ring, close=True)
            if version == "R12"
            else space.add_lwpolyline(ring, close=True)
        )
        space.add_circle((38420000, 4207000), 50)
        space.add_line((38420000, 4207000), (38420100, 4207000))
        block = drawing.blocks.new("B")
        block.add_circle((0, 0), 20)
        space.add_blockref("B", (38420300, 4207300))
        drawing.saveas(folder / f"seed_{version}.dxf")
    frame(*(shapely.box(112.6 + i / 50, 38.0, 112.61 + i / 50, 38.01) for i in range(3))).to_file(
        folder / "seed.shp"
    )
    rich = collection(
        shapely.box(112.6, 38.0, 112.61, 38.01),
        shapely.Point(112.6, 38.0, 800.0),
        shapely.MultiPolygon(
            [shapely.box(112.7, 38.0, 112.71, 38.01), shapely.box(112.72, 38.0, 112.73, 38.01)]
        ),
        shapely.LineString([(112.6, 38.0), (112.61, 38.01)]),
    )
    sequence = "\n".join(json.dumps(f) for f in json.loads(rich)["features"])
    return {
        "txt": [SURVEY.encode(), TXT.encode(), TXT.encode("gb18030")],
        "csv": [table.encode() for table in TABLES],
        "kml": [write_good(folder / "seed.kml").read_bytes()],
        "dxf": [(folder / f"seed_{version}.dxf").read_bytes() for version in ("R12", "R2010")],
        "shp": [(folder / "seed.shp").read_bytes()],
        "geojson": [rich.encode(), sequence.encode()],
    }


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Break it in one to eight places: bytes, lines, fields, numbers, or the integers of a binary
    file.
    """
    out = bytearray(content)
    binary = b"\0" in content[:200]
    for _ in range(chance.randint(1, 8)):
        ways = (_bytes, _integers) if binary else (_bytes, _lines, _numbers, _lines, _numbers)
        chance.choice(ways)(out, chance)
    return bytes(out[:200_000])


def _bytes(out: bytearray, chance: random.Random) -> None:
    """Cut, repeat, swap, overwrite or insert bytes."""
    at = chance.randrange(len(out) + 1)
    span = chance.choice((1, 2, 4, 16, 64, 400))
    what = chance.randrange(6)
    if what == 0:
        del out[at : at + span]
    elif what == 1:
        out[at:at] = out[at : at + span] * chance.choice((1, 2, 5))
    elif what == 2:
        out[at : at + 1] = bytes([chance.randrange(256)])
    elif what == 3:
        out[at:at] = chance.choice(PIECES)
    elif what == 4:
        piece = chance.choice(PIECES)
        out[at : at + len(piece)] = piece
    else:
        other = chance.randrange(len(out) + 1)
        out[at : at + span], out[other : other + span] = (
            out[other : other + span],
            out[at : at + span],
        )


def _lines(out: bytearray, chance: random.Random) -> None:
    """Lose, repeat, swap or move whole lines, or the pieces between commas or tags."""
    mark = chance.choice((b"\n", b"\n", b",", b">", b"}"))
    lines = bytes(out).split(mark)
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(4)
    if what == 0:
        del lines[a]
    elif what == 1:
        lines[b:b] = lines[a : a + chance.choice((1, 2, 6))] * chance.choice((1, 1, 3))
    elif what == 2:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        lines.insert(b, lines.pop(a))
    out[:] = mark.join(lines)


def _numbers(out: bytearray, chance: random.Random) -> None:
    """Put something else for a number."""
    found = [m.span() for m in re.finditer(rb"-?\d+(?:\.\d+)?", bytes(out))]
    if not found:
        return
    start, end = chance.choice(found)
    nudged = str(float(out[start:end][:15]) + chance.choice((-1, 1, 1e-9, 1000))).encode()
    out[start:end] = chance.choice((*NUMBERS, nudged, nudged, nudged))


def _integers(out: bytearray, chance: random.Random) -> None:
    """Overwrite a four-byte integer, or an eight-byte number, on its own border."""
    if len(out) < 16:
        return
    at = chance.randrange(len(out) // 4 - 1) * 4
    value = chance.choice(
        (0, 1, -1, 3, 5, 8, 15, 31, 100, 2**31 - 1, -(2**31), chance.randrange(2**31))
    )
    if chance.random() < 0.3:
        number = chance.choice((np.nan, np.inf, -np.inf, 0.0, 1e308, 112.6, 38.0, -180.0))
        out[at : at + 8] = struct.pack("<d", number)
    else:
        out[at : at + 4] = struct.pack(chance.choice(("<i", ">i")), value)


def feed(path: Path, content: bytes) -> float:
    """Read one broken file; return the seconds it took.

    Anything but sites or a message is an error of ours.
    """
    path.write_bytes(content)
    start = time.perf_counter()
    for assume in ({}, {"datum": "CGCS2000", "zone": "38", "count": "as_found"}):
        sites, unread = read_some(path, assume=assume)
        assert sites.sites or unread, "neither sites nor a message"
        assert all(s.usable or s.problems for s in sites.sites), (
            "a site without geometry and without a reason"
        )
        used = np.array([s.geometry for s in sites.sites if s.usable], dtype=object)
        assert shapely.is_valid(used).all(), "an invalid geometry"
        assert not shapely.is_empty(used).any(), "an empty geometry"
        assert not shapely.has_z(used).any(), "a height that was kept"
        assert np.isfinite(shapely.get_coordinates(used)).all(), "a coordinate that is no number"
        flat = (shapely.get_dimensions(used) == 2) & (shapely.area(used) <= 0)
        assert not flat.any(), "a polygon without area"
        assert all(s.accuracy_m >= 0 for s in sites.sites), "an accuracy below 0"
        unsure = [
            s
            for s in sites.sites
            if s.usable and any(sign in p for p in s.problems for sign in UNSURE)
        ]
        assert all(s.doubtful for s in unsure), "a guess or a repair that leaves clear possible"
        if not unread:
            lost = LOSSES.get(path.suffix.removeprefix("."), _nothing_lost)(content, sites, path)
            assert not lost, f"lost silently: {lost}"
    return time.perf_counter() - start


def _nothing_lost(content: bytes, sites: Any, path: Path) -> str:
    return ""


def _all_told(sites: Any) -> bool:
    """Whether some site says that points of it were not used, or moved by a repair."""
    return any(not s.usable or any("crosses itself" in p for p in s.problems) for s in sites.sites)


def _off_the_sites(places: Any, sites: Any) -> str:
    """Name the first of some places in degrees that lies on the edge of no site."""
    if not len(places) or _all_told(sites):
        return ""
    edges = shapely.union_all(
        [s.geometry.boundary if s.geometry.area else s.geometry for s in sites.sites]
    )
    apart = shapely.distance(shapely.points(places), edges)
    return "" if apart.max() <= _NEAR else f"the point {places[int(apart.argmax())]}"


def _decoded(content: bytes) -> str:
    for name in ("utf-8", "gb18030"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return ""


def _lost_of_txt(content: bytes, sites: Any, path: Path) -> str:
    """Every plot line is a site; every regular point of zone 38 lies on the edge of one."""
    whole = _decoded(content)
    if "[地块坐标]" not in whole or sites.autopsy[0].get("zone") != 38:
        return ""
    section = whole.partition("[地块坐标]")[2].partition("\n[")[0]
    plots = sum(line.rstrip().endswith(",@") for line in section.split("\n"))
    if plots > len(sites.sites) and not _all_told(sites):
        return f"{plots} plot lines, {len(sites.sites)} sites"
    found = [m for line in section.split("\n") if (m := _POINT.match(line.strip()))]
    if sites.autopsy[0].get("axis_order") != ["north, east"] or not found:
        return ""
    pairs = np.array([[float(m[2]), float(m[1])] for m in found])
    places = shapely.get_coordinates(
        to_degrees(shapely.MultiPoint(pairs), zone_crs(38, prefix=True))
    )
    return _off_the_sites(places, sites)


def _lost_of_csv(content: bytes, sites: Any, path: Path) -> str:
    """Every row of lon, lat in degrees lies on a site."""
    if sites.autopsy[0]["format"] != "CSV" or b'"' in content:
        return ""
    rows = [m for line in re.split("[\r\n]+", _decoded(content)) if (m := _LON_LAT.search(line))]
    return _off_the_sites(np.array([[float(m[1]), float(m[2])] for m in rows]), sites)


def _lost_of_kml(content: bytes, sites: Any, path: Path) -> str:
    """Every placemark of well-formed KML is a site, usable or named."""
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        return ""
    marks = sum(node.tag.rpartition("}")[2] == "Placemark" for node in root.iter())
    return f"{marks} placemarks, {len(sites.sites)} sites" if marks > len(sites.sites) else ""


def _lost_of_geojson(content: bytes, sites: Any, path: Path) -> str:
    """Every feature of a collection is a site, usable or named."""
    try:
        whole = json.loads(content)
        features = whole["features"] if whole.get("type") == "FeatureCollection" else []
    except (ValueError, KeyError, AttributeError, RecursionError):
        return ""
    count = len(features) if isinstance(features, list) else 0
    return f"{count} features, {len(sites.sites)} sites" if count > len(sites.sites) else ""


def _lost_of_dxf(content: bytes, sites: Any, path: Path) -> str:
    """Every outline of the entities is a site or counted among what was left out."""
    lines = [line.strip() for line in content.decode("latin-1").splitlines()]
    tags = list(zip(lines[::2], lines[1::2], strict=False))
    inside, count = False, 0
    for index, (code, value) in enumerate(tags):
        if (code, value) == ("0", "SECTION"):
            inside = tags[index + 1 : index + 2] == [("2", "ENTITIES")]
        elif (code, value) == ("0", "ENDSEC"):
            inside = False
        elif inside and code == "0" and value in ("LWPOLYLINE", "POLYLINE", "CIRCLE", "LINE"):
            count += 1
    left = sum(sites.autopsy[0].get("entities_left_out", {}).values())
    holes = sites.autopsy[0].get("drawing", {}).get("holes", 0)
    found = len(sites.sites) + left + holes
    return f"{count} outlines, {found} sites and left out" if count > found else ""


LOSSES: dict[str, Callable[[bytes, Any, Path], str]] = {
    "txt": _lost_of_txt,
    "csv": _lost_of_csv,
    "kml": _lost_of_kml,
    "geojson": _lost_of_geojson,
    "dxf": _lost_of_dxf,
}


class Run:
    """Files broken in one folder; what was found is kept, each place in the code once."""

    def __init__(self, kind: str, folder: Path) -> None:
        _KEPT.mkdir(exist_ok=True)
        self.kind, self.folder, self.good = kind, folder, all_seeds(folder)[kind]
        self.path = folder / f"broken.{kind}"
        self.count, self.slowest, self.sites, self.failed = 0, 0.0, 0, {}
        if kind == "shp":
            self._sidecars()

    def _sidecars(self) -> None:
        for suffix in (".shx", ".dbf", ".prj"):
            self.path.with_suffix(suffix).write_bytes((self.folder / f"seed{suffix}").read_bytes())

    def one(self, content: bytes) -> None:
        """Read one file and keep it if it broke a reader."""
        self.count += 1
        last = _KEPT / f"last.{self.kind}"
        last.write_bytes(content)  # should the process die
        faulthandler.dump_traceback_later(3 * SLOW_S, exit=True)
        try:
            taken = feed(self.path, content)
            self.slowest = max(self.slowest, taken)
            assert taken < SLOW_S, f"slow: {taken:.1f} s"
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            key = (
                f"{type(error).__name__} {Path(place.filename).name}:{place.lineno}"
                f" {str(error)[:40]}"
            )
            if key not in self.failed:
                kept = _KEPT / f"{self.kind}_{self.count}.bin"
                kept.write_bytes(content)
                print(
                    f"{self.kind}: {type(error).__name__}: {str(error)[:200]} at {place} (kept"
                    f" {kept})",
                    flush=True,
                )
            self.failed[key] = self.failed.get(key, 0) + 1
        finally:
            faulthandler.cancel_dump_traceback_later()

    def random(self, seconds: float, seed: int) -> None:
        """Break files at random for some seconds; of a shapefile, its parts in turn."""
        chance = random.Random(seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.kind == "shp":
                self._sidecars()
                if chance.random() < 0.5:
                    part = self.path.with_suffix(chance.choice((".shx", ".dbf", ".prj")))
                    part.write_bytes(mutated(part.read_bytes(), chance))
                    self.one(
                        self.good[0] if chance.random() < 0.7 else mutated(self.good[0], chance)
                    )
                    continue
            self.one(mutated(chance.choice(self.good), chance))

    def tell(self, seconds: float) -> None:
        """Print what the run did."""
        peak = _peak_mb()
        print(
            f"{self.kind}: {self.count} files in {seconds:.0f} s, slowest {self.slowest:.2f} s,"
            f" peak memory {peak:.0f} MB, {len(self.failed)} faults in {sum(self.failed.values())}"
            " files",
            flush=True,
        )


def _peak_mb() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform == "linux" else 1024**2
    )


def guided(kind: str, seconds: float, seed: int) -> None:
    """Let atheris choose what to break by the branches that it reaches; ends the process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Run(kind, folder)
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, content in enumerate(run.good):
            (corpus / str(number)).write_bytes(content)

        def mutate(content: bytes, size: int, chosen: int) -> bytes:
            chance = random.Random(chosen)
            return (
                mutated(content or b"0", chance)
                if chance.random() < 0.5
                else atheris.Mutate(content, size)
            )[:size]

        end = time.monotonic() + seconds

        def one(content: bytes) -> None:
            if time.monotonic() > end:
                run.tell(seconds)
                shutil.rmtree(folder)
                os._exit(
                    1 if run.failed else 0
                )  # its own way out skips whatever Python has still to say
            run.one(content)

        options = [
            "-max_len=20000",
            f"-timeout={3 * SLOW_S:.0f}",
            f"-seed={seed}",
            "-rss_limit_mb=2000",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=mutate)
        atheris.Fuzz()


def main(kinds: list[str], seconds: float, seed: int) -> int:
    """Run each kind for some seconds; keep what broke, and say how it was made."""
    failed = 0
    for kind in kinds:
        with tempfile.TemporaryDirectory() as name:
            run = Run(kind, Path(name))
            run.random(seconds, seed)
            run.tell(seconds)
            failed += len(run.failed)
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    words = [word for word in sys.argv[1:] if word != "--atheris"]
    chosen = list(KINDS) if words[:1] in ([], ["all"]) else words[:1]
    limit, start_seed = (
        float(words[1]) if len(words) > 1 else 600.0,
        int(words[2]) if len(words) > 2 else 1,
    )
    if "--atheris" in sys.argv:
        guided(chosen[0], limit, start_seed)
    sys.exit(main(chosen, limit, start_seed))
