"""OpenStreetMap -> network: an extract on disk, a graph of osmnx, or a place fetched through
osmnx.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from xml.etree import ElementTree

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from ...errors import InputError, UsageError
from ...files.libraries import library
from ...geometry.datums import to_geographic
from .arrays import keys_of, owners_of, spans
from .build import LINES_OFFROAD_CAP_M, LINES_OFFROAD_KMH, Terms, doubt_of_plane
from .graph import overlong
from .osm import (
    ACCESS_KEYS,
    BARRIER_KEYS,
    DRIVE_KMH,
    JUNCTION_DELAY_S,
    KNOWN_HIGHWAYS,
    MAX_KMH,
    TAG_KEYS,
    WALK_KMH,
    Ways,
    is_closed,
    may_enter,
    network_from_ways,
    stops,
    way_direction,
    way_speed_kmh,
    way_speeds_kmh,
)
from .osm_plain import cut_words, is_overpass, narrow, plain_text, wide_name, with_nodes
from .walls import WALL_KEYS, Walls, is_wall

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .graph import HasNodesAndEdges, Network

ERROR_SHARE = 0.2
"""Relative error of times assumed for OpenStreetMap roads: speeds from tags and a table, no
traffic, no signals.
"""
ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
BY = ("road", "walk")
_DEGREE = 10_000_000
_PBF = b"\x0a\x09OSMHeader"
_WKB_HEAD = 9
"""Bytes of a line in WKB before its vertices."""
_XML_MAX = 20_000_000_000
_INVISIBLE = re.compile(rb"\bvisible\s*=\s*[\"']false[\"']")
_REMARK = re.compile(rb"<remark>([^<]*)")
_PLACED = re.compile(rb"<nd\b[^<>]*\blat\s*=")
_OVERLAP = 400
"""Bytes of a piece that are looked at again with the next: a tag, or a remark, may be cut."""
_DELETE = re.compile(rb"\baction\s*=\s*[\"']delete[\"']")
_GAP = 20.0
"""Units of 1e-7 degree (about 2 m) by which each side of a barrier is drawn back from it, so that
they do not meet.
"""


_HEAD = 512
"""Bytes of a file by which its kind is told."""
_MAGIC_OF = MappingProxyType({"gz": b"\x1f\x8b", "bz2": b"BZh"})
_OPENERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "": open,
        "gz": gzip.open,
        "bz2": bz2.open,
    }
)
"""How a packed file begins, and how each is opened."""
_EDGE_KEYS = (
    "highway",
    "maxspeed",
    "surface",
    "tunnel",
    "location",
    "motorroad",
    "oneway",
    *ACCESS_KEYS,
)
"""Tags of a graph's edge that are looked at."""
_INIT = re.compile(r"\s*\{\s*'init'\s*:\s*'(epsg:\d+)'\s*\}\s*", re.IGNORECASE)
GraphSource: TypeAlias = "str | os.PathLike[str] | HasNodesAndEdges"


def read_extract(
    path: str | Path,
    *,
    by: str = "road",
    junction_delay_s: float = JUNCTION_DELAY_S,
) -> Network:
    """Read the roads of an OpenStreetMap extract.

    Parameters
    ----------
    path
        PBF, XML, or the JSON of Overpass, plain, in gzip or in bzip2, whatever its name. Objects
        may be new ones of an editor, with ids below 0.
    by
        ``"road"`` (what a car may use) or ``"walk"``.
    junction_delay_s
        Seconds at a junction of three roads or more.

    Returns
    -------
    Network
        Named after the file. Speeds and access as in
        :func:`sxgeo.analysis.network.osm.way_speeds_kmh`. `notes` count what was lost because the
        file ends before it.

    Raises
    ------
    UsageError
        If `by` is unknown, or the delay is not 0 or above.
    InputError
        If osmium is not installed, or the file is missing, truncated, empty, a history, what was
        done of a query that was broken off, or without such roads.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"network file '{source}' does not exist or is not a file")
    _check_terms(by, junction_delay_s)
    roads = _read_roads(source, by)
    if not roads.courses:
        raise InputError(_no_roads(source, by, roads.notes()))

    # the courses were kept as texts: numbers are made once, when all are there
    xy, owner = _vertices(roads.courses)
    lines = _Lines(xy, owner, roads.told, roads.barriers, roads.notes())
    network = _network(
        lines,
        _terms(source.name.split(".")[0], by),
        junction_delay_s,
    )
    return replace(network, walls=_walls(roads.walls))


def _no_roads(
    source: Path,
    by: str,
    notes: Sequence[str],
) -> str:
    # what was lost comes first: it may be why there are none
    lost = f" ({notes[0]})" if notes else ""
    return (
        f"'{source.name}' holds no way that can be used by {by}{lost}; is it an extract with"
        " highways?"
    )


def _vertices(courses: Sequence[str]) -> tuple[Floats, Ints]:
    """Return the vertices of lines in hexadecimal WKB, one after another, and whose each is.

    Faster than by way of shapes, of which an extract has a million.
    """
    content = np.frombuffer(
        bytes.fromhex("".join(courses)),
        dtype=np.uint8,
    )
    size = np.array([len(course) for course in courses]) // 2

    # each begins with its order of bytes (little-endian), its kind and its count; all else are
    # pairs of numbers
    kept = np.ones(len(content), dtype=bool)
    kept[((np.cumsum(size) - size)[:, None] + np.arange(_WKB_HEAD)).ravel()] = False
    xy = content[kept].view("<f8").reshape(-1, 2)
    return xy.astype(np.float64), owners_of((size - _WKB_HEAD) // 16)


def _wkb(course: Floats) -> str:
    """Return a course as :func:`_vertices` reads it."""
    return str(
        shapely.to_wkb(
            shapely.LineString(course),
            hex=True,
            byte_order=1,
        )
    )


def _walls(courses: Sequence[str]) -> Walls | None:
    """Join the courses that nobody crosses, in an order that that of the file does not change."""
    if not courses:
        return None
    xy, owner = _vertices(courses)

    # on the grid of the roads, so that a wall along a road runs along it exactly
    lines = np.split(
        np.round(xy, 7),
        np.flatnonzero(np.diff(owner)) + 1,
    )
    ordered = sorted(lines, key=lambda line: line.tobytes())
    start = np.cumsum([0, *(len(line) for line in ordered)])
    return Walls(np.concatenate(ordered), start)


def _check_terms(by: str, junction_delay_s: float) -> None:
    if by not in BY:
        raise UsageError(f"an extract is read by {' or '.join(BY)}, not by '{by}'")
    if not 0 <= junction_delay_s < 600:
        raise UsageError(f"junction delay is {junction_delay_s} s; give 0 or more, below 600")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the tags of a way say: speed along it and against it (km/h), direction, no junction
    delay, no entry.
    """

    along_kmh: float
    against_kmh: float
    direction: int
    smooth: bool
    shut: bool


class _Joined(NamedTuple):
    """An edge of a graph, joined with its way back where there is one."""

    course: Floats
    kmh: float
    oneway: bool
    smooth: bool
    shut: bool

    def told(self) -> _Told:
        return _Told(
            self.kmh,
            self.kmh,
            int(self.oneway),
            self.smooth,
            self.shut,
        )


@dataclass(slots=True)
class _Roads:
    """The ways of a file that may be used, as they are found."""

    courses: list[str] = field(default_factory=list)
    told: list[_Told] = field(default_factory=list)
    barriers: list[tuple[float, float]] = field(default_factory=list)
    pending: list[tuple[list[int], _Told]] = field(default_factory=list)
    cut: int = 0
    lost: int = 0
    nodes_lost: int = 0
    deleted: int = 0
    ferries: int = 0
    walls: list[str] = field(default_factory=list)
    pending_walls: list[list[int]] = field(default_factory=list)

    def add(self, course: str, told: _Told) -> None:
        """Take in a way; its course in hexadecimal WKB."""
        self.courses.append(course)
        self.told.append(told)

    def add_known_parts(self, places: list[tuple[float, float] | None], told: _Told) -> None:
        """Take in what is known of a way of which some nodes are not in the file."""
        kept = [run for run in _known_runs(places) if len(run) > 1]
        gone = sum(place is None for place in places)
        self.nodes_lost += gone
        self.cut += bool(gone and kept)
        self.lost += not kept
        for run in kept:
            self.add(_wkb(np.array(run)), told)

    def notes(self) -> tuple[str, ...]:
        """Return what was lost, in words; empty where nothing was."""
        found = []
        if self.nodes_lost:
            found.append(
                f"{self.cut} way(s) were cut and {self.lost} lost where the file ends:"
                f" {self.nodes_lost} of their nodes are "
                "not in it (extract with complete ways, e.g. osmium extract -s complete_ways, to"
                " have them whole)"
            )
        if self.deleted:
            found.append(f"{self.deleted} object(s) that an editor marked as deleted were left out")
        if self.ferries:
            found.append(f"{self.ferries} ferry line(s) were left out: no timetable is known")
        return tuple(found)


def _read_roads(source: Path, by: str) -> _Roads:
    """Read courses (WKB) and what their tags say of each way that may be used."""
    osmium = library("osmium", f"reading '{source.name}' needs osmium")
    kind = extract_kind(source)
    if kind is None:
        raise InputError(_no_extract(source))

    # an editor's file may still hold what it deleted; PBF has no such mark
    text = _Text({}) if kind == "pbf" else _looked_through(source, kind)
    reader = _Reader(
        osmium,
        by,
        source.name,
        text.gone("node"),
        text.gone("way"),
    )
    reader.roads.deleted = sum(map(len, text.deleted.values()))
    file = _file_of(osmium, source, kind, text.plain)
    try:
        reader.collect(file)

        # some ways come before their nodes: they are looked for once more when all is read
        reader.resolve(file)
    except (RuntimeError, ValueError) as error:
        raise InputError(_broken(source, error)) from error
    return reader.roads


def _file_of(
    osmium: Any,
    source: Path,
    kind: str,
    plain: bytes | None,
) -> Any:
    """Return what osmium reads: the file as it is, or the plain text that was made of it."""
    # what was made plain is XML, whatever the file was
    if plain is None:
        return osmium.io.File(str(source), kind)
    return osmium.io.FileBuffer(plain, "osm")


def _broken(source: Path, error: Exception) -> str:
    return f"'{source.name}' is broken or truncated ({error}); fetch the extract again"


@dataclass(slots=True)
class _Reader:
    """One reading of a file by osmium: by whom its ways are travelled, and which of its objects an
    editor deleted.
    """

    osmium: Any
    by: str
    name: str
    gone_nodes: frozenset[int]
    gone_ways: frozenset[int]
    roads: _Roads = field(default_factory=_Roads)
    seen: set[int] = field(default_factory=set)
    known: dict[tuple[str | None, ...], _Told | None] = field(default_factory=dict)

    def collect(self, file: Any) -> None:
        """Take in ways with known nodes and barriers; ways with unknown ones wait in
        `roads.pending`.
        """
        osmium = self.osmium

        # ferries and walls are told by other keys than roads, and looked at in the same pass
        highways = osmium.filter.KeyFilter("highway", "route", "waterway", "railway", "natural")
        highways.enable_for(osmium.osm.WAY)
        fences = osmium.filter.KeyFilter("barrier")
        fences.enable_for(osmium.osm.NODE)
        things = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY).with_locations()

        # made once: an extract has a million ways, and what is asked for each of them counts
        course, node_kind = osmium.geom.WKBFactory(), osmium.osm.Node
        for thing in things.with_filter(highways).with_filter(fences):
            if isinstance(thing, node_kind):
                self._take_barrier(thing)
            else:
                self._take_way(thing, course)

    def _take_barrier(self, node: Any) -> None:
        if node.id in self.gone_nodes:
            return
        if stops(_tags_of(node.tags.get, BARRIER_KEYS), by=self.by):
            self.roads.barriers.append((node.location.lon, node.location.lat))

    def _take_way(self, way: Any, course: Any) -> None:
        said = way.tags.get
        told = self._told_of(said)

        # what nobody may travel can still stand in the way of a walk
        if told is None:
            if is_wall(_tags_of(said, WALL_KEYS)) and way.id not in self.gone_ways:
                self._take_wall(way, course)
            return
        if way.id in self.gone_ways:
            return
        line = self._course_of(way, course)
        if line is not None:
            self.roads.add(line, told)
        elif len(way.nodes) > 1:
            self.roads.pending.append((_refs_of(way), told))
        else:
            return
        self._note_seen(way.id)

    def _note_seen(self, way_id: int) -> None:
        """Note a way that was taken in; an extract of one day holds each once."""
        if way_id in self.seen:
            raise InputError(
                f"'{self.name}' holds several versions of way {way_id}: a history; give the extract"
                " of one day"
            )
        self.seen.add(way_id)

    def _told_of(self, said: Callable[[str], str | None]) -> _Told | None:
        """Judge a way by its tags; None for one that nobody may travel."""
        highway = said("highway")
        if highway is None:
            self.roads.ferries += said("route") == "ferry"
            return None

        # most ways carry the same few tags: each set is judged once. Tags are asked for by name:
        # going through all that a way has takes twice as long
        if highway not in (WALK_KMH if self.by == "walk" else DRIVE_KMH):
            return None
        values = tuple(map(said, TAG_KEYS))
        if values not in self.known:
            self.known[values] = _told(_tags_of(said, TAG_KEYS), self.by)
        return self.known[values]

    def _course_of(self, way: Any, course: Any) -> str | None:
        """Return the course of a way in hexadecimal WKB; None where a node of it has no place."""
        # a node that an editor deleted, or that stands behind the way, makes the course unknown for
        # now
        if self.gone_nodes and not self.gone_nodes.isdisjoint(_refs_of(way)):
            return None
        try:
            return str(course.create_linestring(way, self.osmium.geom.ALL))
        except (RuntimeError, self.osmium.InvalidLocationError):
            return None

    def _take_wall(self, way: Any, course: Any) -> None:
        """Take in a way that cannot be travelled but stands in a walker's way; one with unknown
        places waits.
        """
        try:
            self.roads.walls.append(course.create_linestring(way, self.osmium.geom.ALL))
        except (RuntimeError, self.osmium.InvalidLocationError):
            if len(way.nodes) > 1:
                self.roads.pending_walls.append(_refs_of(way))

    def resolve(self, file: Any) -> None:
        """Look again for the nodes that were not known when their way came: new ones of an editor,
        or behind the ways.
        """
        roads = self.roads
        wanted = {ref for refs, _ in roads.pending for ref in refs}
        wanted |= {ref for refs in roads.pending_walls for ref in refs}
        if not wanted:
            return
        places = self._places_of(file, wanted)

        # a way at the edge of an extract is cut, not lost, where two nodes in a row are known
        for refs, told in roads.pending:
            roads.add_known_parts([places.get(ref) for ref in refs], told)
        for refs in roads.pending_walls:
            runs = _known_runs([places.get(ref) for ref in refs])
            roads.walls += [_wkb(np.array(run)) for run in runs if len(run) > 1]

    def _places_of(self, file: Any, wanted: set[int]) -> dict[int, tuple[float, float]]:
        """Return lon and lat of those of the wanted nodes that are there and have a place."""
        nodes = self.osmium.FileProcessor(file, self.osmium.osm.NODE)

        # the filter of osmium takes no ids below 0, which an editor gives to new nodes
        if min(wanted) >= 0:
            nodes = nodes.with_filter(self.osmium.filter.IdFilter(wanted))
        wanted = wanted - self.gone_nodes
        return {
            node.id: (node.location.lon, node.location.lat)
            for node in nodes
            if node.id in wanted and node.location.valid()
        }


def _refs_of(way: Any) -> list[int]:
    return [node.ref for node in way.nodes]


def _tags_of(said: Callable[[str], str | None], keys: Sequence[str]) -> dict[str, str]:
    """Return the tags of these keys that an object has."""
    return {key: value for key in keys if (value := said(key)) is not None}


def _told(tags: Mapping[str, str], by: str) -> _Told | None:
    # without a speed or a direction nobody knows how it is travelled
    speeds, direction = way_speeds_kmh(tags, by=by), way_direction(tags, by=by)
    if speeds is None or direction is None:
        return None
    smooth = tags["highway"].startswith("motorway")
    return _Told(*speeds, direction, smooth, not may_enter(tags, by=by))


def _known_runs(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Part places where one is unknown."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return runs


def extract_kind(source: Path) -> str | None:
    """Tell by its first bytes in which form a file holds OpenStreetMap data, as osmium names it;
    None when it does not.

    Raises
    ------
    InputError
        If the file is empty, cannot be read, or is a PBF that was packed once more.
    """
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"'{source}' cannot be read ({error.strerror})") from error
    if not head:
        raise InputError(f"'{source.name}' is empty (0 bytes); fetch the extract again")

    # a file that is packed is told by what is inside
    for suffix, magic in _MAGIC_OF.items():
        if head.startswith(magic):
            return _packed_kind(source, suffix)
    if _PBF in head[:64]:
        return "pbf"

    # changes have elements of their own, and without what they change no roads
    if b"<osmChange" in narrow(head):
        raise InputError(
            f"'{source.name}' is a file of changes (osmChange), no extract; apply it to an"
            " extract first"
        )
    return _text_form(head)


def _packed_kind(source: Path, suffix: str) -> str | None:
    """Tell what a packed file holds, by its first bytes unpacked."""
    try:
        with _OPENERS[suffix](source, "rb") as file:
            inner = bytes(file.read(_HEAD))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(_broken(source, error)) from error

    # a PBF is packed already, and osmium reads none packed twice
    if _PBF in inner[:64]:
        raise InputError(
            f"'{source.name}' is a PBF extract packed once more as {suffix}; unpack it first"
        )
    form = _text_form(inner)
    return f"{form}.{suffix}" if form else None


def _text_form(head: bytes) -> str | None:
    """Tell XML and the JSON of Overpass by the beginning of a text."""
    if is_overpass(head):
        return "json"
    return "osm" if b"<osm" in narrow(head) else None


def _no_extract(source: Path) -> str:
    return (
        f"'{source.name}' is broken or truncated, or no OpenStreetMap extract (neither PBF nor"
        " XML with <osm>, nor JSON of Overpass); fetch the extract again"
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """What a look through a text finds: ids that an editor marked with action=delete, by the kind
    of object, and the XML to read in its place where osmium does not read it as it is.
    """

    deleted: dict[str, frozenset[int]]
    plain: bytes | None = None

    def gone(self, kind: str) -> frozenset[int]:
        return self.deleted.get(kind, frozenset())


def _looked_through(source: Path, kind: str) -> _Text:
    """Look through a text before osmium reads it; a history, or what was broken off, is refused."""
    form, _, packing = kind.partition(".")
    opened: Callable[[], Any] = partial(_OPENERS[packing], source, "rb")
    try:
        plain = _made_plain(opened, source.name, is_json=form == "json")
        if plain is not None:
            opened = partial(io.BytesIO, plain)
        marks = _marks(opened, source.name)
        deleted = _deleted_ids(opened) if marks.deleted else {}
        if marks.placed:
            with opened() as file:
                plain = with_nodes(file, source.name)
    except (OSError, EOFError, zlib.error, ValueError, ElementTree.ParseError) as error:
        raise InputError(_broken(source, error)) from error
    return _Text(deleted, plain)


def _made_plain(
    opened: Callable[[], Any],
    name: str,
    *,
    is_json: bool,
) -> bytes | None:
    """Return XML in UTF-8 for a text that osmium does not read as it is; None for any other."""
    with opened() as file:
        if not is_json and not wide_name(file.read(4)):
            return None
        file.seek(0)
        return plain_text(file, name, is_json=is_json)


@dataclass(slots=True)
class _Marks:
    """What a text holds somewhere: objects marked as deleted, ways that carry the places of their
    nodes.
    """

    deleted: bool = False
    placed: bool = False


def _marks(opened: Callable[[], Any], name: str) -> _Marks:
    """Look through a text for marks, and refuse what is no extract of one day."""
    marks = _Marks()
    size, rest = 0, b""
    with opened() as file:
        while chunk := file.read(1 << 22):
            size += len(chunk)
            if size > _XML_MAX:
                raise InputError(
                    f"'{name}' is XML of more than {_XML_MAX // 10**9} GB; convert it to PBF"
                )

            # the end of the piece before is looked at again: a mark may lie across the cut
            text = rest + chunk
            _refuse_history(text, name)
            marks.deleted = marks.deleted or bool(_DELETE.search(text))
            marks.placed = marks.placed or bool(_PLACED.search(text))
            rest = text[-_OVERLAP:]
    return marks


def _refuse_history(text: bytes, name: str) -> None:
    """Refuse a piece of text that says it is a history, has a document type, or was broken off."""
    if _INVISIBLE.search(text) or b"<!DOCTYPE" in text:
        raise InputError(
            f"'{name}' is a history (objects with visible=false) or carries a document"
            " type; give the extract of one day"
        )

    # Overpass ends what it could not finish with a remark, in place of the rest
    if remark := _REMARK.search(text):
        raise InputError(cut_words(name, remark[1].decode("utf-8", "replace")))


def _deleted_ids(opened: Callable[[], Any]) -> dict[str, frozenset[int]]:
    """Return the ids of nodes and ways that an editor marked as deleted."""
    ids: dict[str, set[int]] = {"node": set(), "way": set()}
    with opened() as file:
        # no document type, so no entities
        for _, element in ElementTree.iterparse(file):  # noqa: S314
            if element.tag in ids and element.get("action") == "delete":
                ids[element.tag].add(int(element.get("id", "0")))

            # what was looked at is let go, or the whole tree would stand in memory
            if element.tag in ("node", "way", "relation"):
                element.clear()
    return {kind: frozenset(some) for kind, some in ids.items()}


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines with what their tags say, the places that nobody passes, and what was lost in reading:
    vertex i, in degrees, is of the line ``owner[i]``.
    """

    xy: Floats
    owner: Ints
    told: Sequence[_Told]
    barriers: Sequence[tuple[float, float]] = ()
    notes: tuple[str, ...] = ()


def _terms(name: str, by: str) -> Terms:
    return Terms(name, by, ATTRIBUTION, ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M)


def _network(
    lines: _Lines,
    terms: Terms,
    junction_delay_s: float,
) -> Network:
    grid = np.rint(lines.xy * _DEGREE).astype(np.int64)
    if far := overlong(grid, lines.owner):
        raise InputError(f"'{terms.id}' cannot be used: {far}")

    # barriers part lines before they are joined: what is cut there must not be joined again
    grid, owner, cuts = _cut_at(grid, lines.owner, lines.barriers)
    notes = lines.notes
    if cuts:
        notes = (*notes, f"{cuts} way(s) are cut at barriers that nobody passes by {terms.mode}")
    ways = _ways_of(grid, owner, lines.told)
    return replace(network_from_ways(ways, terms, junction_delay_s=junction_delay_s), notes=notes)


def _ways_of(
    grid: Ints,
    owner: Ints,
    told: Sequence[_Told],
) -> Ways:
    """Lay lines out as they are driven; one with two speeds is two ways, one for each direction."""
    start, size = _runs_of(owner)

    # parts of a cut line carry its number plus a multiple of the count of lines
    line = _columns(told, owner[start] % len(told))
    drawn, heading, twin = _headings(line)
    backward = heading < 0
    return Ways(
        grid=grid[_as_driven(start[drawn], size[drawn], backward)],
        start=np.concatenate([[0], np.cumsum(size[drawn])]),
        speed_kmh=np.where(
            backward,
            line.against_kmh[drawn],
            line.along_kmh[drawn],
        ),
        oneway=heading != 0,
        smooth=line.smooth[drawn],
        shut=line.shut[drawn],
        twin=twin,
    )


def _runs_of(owner: Ints) -> tuple[Ints, Ints]:
    """Return where the vertices of each line begin, and how many they are."""
    start = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    return start, np.diff(np.append(start, len(owner)))


def _headings(line: _Columns) -> tuple[Ints, Ints, Bools]:
    """Return the ways of lines: of which line each is, its direction, and whether it is the second
    of a line with two speeds.
    """
    split = np.flatnonzero((line.direction == 0) & (line.along_kmh != line.against_kmh))

    # the second ways of split lines come behind all first ones
    lines = len(line.direction)
    drawn = np.concatenate([np.arange(lines), split])
    twin = np.arange(len(drawn)) >= lines
    heading = line.direction[drawn]
    heading[split] = 1
    heading[twin] = -1
    return drawn, heading, twin


def _as_driven(
    start: Ints,
    size: Ints,
    backward: Bools,
) -> Ints:
    """Return the vertices of ways; one driven against its drawing from its last vertex back."""
    first = np.where(backward, start + size - 1, start)
    return spans(first, size, np.where(backward, -1, 1))


@dataclass(frozen=True, eq=False)
class _Columns:
    """What is told of many lines, as in :class:`_Told`."""

    along_kmh: Floats
    against_kmh: Floats
    direction: Ints
    smooth: Bools
    shut: Bools


def _columns(told: Sequence[_Told], rows: Ints) -> _Columns:
    """Return what is told of the numbered lines."""
    # a million ways share some hundred values: each is taken apart once
    kinds = {id(one): one for one in told}
    number = {key: place for place, key in enumerate(kinds)}
    kind = np.array([number[id(one)] for one in told])[rows]
    along, against, direction, smooth, shut = zip(*map(astuple, kinds.values()), strict=True)
    return _Columns(
        along_kmh=np.array(along, dtype=np.float64)[kind],
        against_kmh=np.array(against, dtype=np.float64)[kind],
        direction=np.array(direction, dtype=np.int64)[kind],
        smooth=np.array(smooth, dtype=bool)[kind],
        shut=np.array(shut, dtype=bool)[kind],
    )


def _cut_at(
    grid: Ints,
    owner: Ints,
    barriers: Sequence[tuple[float, float]],
) -> tuple[Ints, Ints, int]:
    """Cut lines at vertices that nobody passes, each side drawn back by `_GAP`; return them, and
    how many were cut.

    The parts of a line keep its number, with a multiple of the count of lines added.
    """
    if not len(barriers):
        return grid, owner, 0

    # barriers and vertices are compared on the grid, where a shared node is the same number
    stop = np.unique(keys_of(np.rint(np.array(barriers) * _DEGREE).astype(np.int64)))
    is_hit = np.isin(keys_of(grid), stop)
    cut = np.unique(owner[is_hit]).tolist()
    if not cut:
        return grid, owner, 0
    return *_with_parts(grid, owner, is_hit, cut), len(cut)


def _with_parts(
    grid: Ints,
    owner: Ints,
    is_hit: Bools,
    cut: Sequence[int],
) -> tuple[Ints, Ints]:
    """Return all lines, those that are cut as their parts."""
    places, owners = zip(*_pieces(grid, owner, is_hit, cut), strict=True)
    return np.concatenate(places), np.concatenate(owners)


def _pieces(
    grid: Ints,
    owner: Ints,
    is_hit: Bools,
    cut: Sequence[int],
) -> Iterator[tuple[Ints, Ints]]:
    """Yield vertices and their lines: the parts of what is cut, and all that lies between."""
    lines = int(owner[-1]) + 1
    first = np.searchsorted(owner, np.arange(lines + 1))
    done = 0
    for line in cut:
        # lines without a barrier go over as they are
        begin, end = first[line], first[line + 1]
        yield grid[done:begin], owner[done:begin]
        for number, part in enumerate(_parted(grid[begin:end], is_hit[begin:end])):
            yield part, np.full(len(part), line + number * lines)
        done = end
    yield grid[done:], owner[done:]


def _parted(course: Ints, is_hit: Bools) -> Iterator[Ints]:
    """Yield the parts of a course between its barriers, drawn back from them."""
    # both parts keep the vertex of the barrier until they are drawn back; the ends of the course
    # bound a part with a barrier or without
    marks = is_hit.copy()
    marks[[0, -1]] = True
    for begin, end in itertools.pairwise(np.flatnonzero(marks).tolist()):
        yield _drawn_back(
            course[begin : end + 1],
            (is_hit[begin], is_hit[end]),
        )


def _drawn_back(course: Ints, at_barrier: tuple[bool, bool]) -> Ints:
    """Return a course drawn back by `_GAP` at the ends that stand at a barrier, so that the parts
    do not meet there.
    """
    drawn = course.copy()
    for is_hit, end, beside in zip(
        at_barrier,
        (0, -1),
        (1, -2),
        strict=True,
    ):
        if is_hit:
            # of a short step at most two fifths go, or the two ends of it would pass each other
            away = drawn[beside] - drawn[end]
            drawn[end] += np.rint(
                away
                * min(
                    0.4,
                    _GAP / max(float(np.abs(away).max()), 1.0),
                )
            ).astype(np.int64)
    return drawn


def network_from_graph(
    source: GraphSource,
    *,
    name: str = "osm",
    by: str = "road",
    junction_delay_s: float = JUNCTION_DELAY_S,
) -> Network:
    """Build a network from a graph of osmnx or networkx, or its GraphML file.

    A road is two-way where both directions stand in the graph, or where an undirected graph does
    not say ``oneway``. Access is as osmnx filtered it; speeds are those of `speed_kph` where an
    edge has it, else come from the same tables as those of an extract.

    Parameters
    ----------
    source
        A graph whose nodes have `x`, `y`, in degrees or in the system that ``graph["crs"]`` names,
        or a .graphml file.
    name, by, junction_delay_s
        Id of the network (a file gives its own), and as in :func:`read_extract`.

    Raises
    ------
    UsageError
        If `by` is unknown.
    InputError
        If osmnx is not installed, the file cannot be read, nodes have no places, the system is
        unknown, the graph has no edges that can be used, or is one of footways read for cars.
    """
    # a graph may come as its file, which names it
    _check_terms(by, junction_delay_s)
    if isinstance(source, (str, os.PathLike)):
        name = Path(source).stem
        source = _load_graph(Path(source))
    courses, shut_out = _courses_of(source, name, by)
    if not courses:
        raise InputError(_no_courses(name, shut_out))

    # a footway read for cars is no fault, but its count is said
    notes: tuple[str, ...] = ()
    if shut_out:
        notes = (
            f"{shut_out} edge(s) of the graph were left out: their highway is not for travel by"
            f" {by}",
        )

    return _network(_lines_of(courses, notes), _terms(name, by), junction_delay_s)


def _lines_of(courses: Mapping[bytes, _Joined], notes: tuple[str, ...]) -> _Lines:
    # sorted by their courses: the order of a graph is that of its making
    edges = [courses[key] for key in sorted(courses)]
    return _Lines(
        xy=np.concatenate([edge.course for edge in edges]),
        owner=owners_of(np.array([len(edge.course) for edge in edges])),
        told=[edge.told() for edge in edges],
        notes=notes,
    )


def _no_courses(name: str, shut_out: int) -> str:
    # roads of another kind are there: the way out is to read them as what they are
    why = (
        "of ways that cars may not use; read it with by='walk' (--by walk)"
        if shut_out
        else "without edges that have a course"
    )
    return f"the graph '{name}' is one {why}, or fetch the place again"


def _courses_of(
    source: Any,
    name: str,
    by: str,
) -> tuple[dict[bytes, _Joined], int]:
    """Return the edges of a graph by their course, and how many of them nobody may travel so.

    `source` is a graph, which has no types.
    """
    courses: dict[bytes, _Joined] = {}
    nodes, directed = _node_places(source, name), bool(source.is_directed())
    to_degrees = _to_degrees(source, name)
    shut_out = 0
    for u, v, told in source.edges(data=True):
        xy = to_degrees(_course(told.get("geometry"), nodes, u, v, name))
        tags = _edge_tags(told)
        kmh = _graph_speed(told, tags, by, name)
        if kmh is None:
            shut_out += 1
            continue
        oneway = by == "road" and (directed or _says_oneway(tags))
        if oneway and not directed and _is_turned(told, u):
            xy = xy[::-1]
        _join(courses, xy, kmh, oneway, tags, by)
    return courses, shut_out


def _says_oneway(tags: Mapping[str, str]) -> bool:
    return tags.get("oneway", "").lower() in ("true", "yes", "1")


def _is_turned(told: Mapping[str, Any], u: Any) -> bool:
    """Whether an edge that is handed out from the node `u` was drawn to begin at its other one, as
    `from` says: an undirected graph keeps no direction.
    """
    return bool(told.get("from", u) != u and told.get("geometry") is None)


def _join(
    courses: dict[bytes, _Joined],
    xy: Floats,
    kmh: float,
    oneway: bool,
    tags: Mapping[str, str],
    by: str,
) -> None:
    """Take in one edge; where the way back stands already, at the same speed, both are one two-way
    road.
    """
    # a course of one vertex leads nowhere
    if len(xy) < 2:
        return
    grid = np.rint(xy * _DEGREE).astype(np.int64)
    there, back = grid.tobytes(), grid[::-1].tobytes()
    turned, same = courses.get(back), courses.get(there)

    # the way back at the same speed is the other half of a two-way road
    if turned is not None and turned.kmh == kmh:
        courses[back] = turned._replace(oneway=False)

    # the same course twice: the quicker one is taken, one-way only if both are
    elif same is not None and same.kmh >= kmh:
        courses[there] = same._replace(oneway=same.oneway and oneway)
    else:
        courses[there] = _alone(xy, kmh, oneway, tags, by)


def _alone(
    xy: Floats,
    kmh: float,
    oneway: bool,
    tags: Mapping[str, str],
    by: str,
) -> _Joined:
    """Return an edge as its own tags tell it."""
    # on a motorway nobody waits at a junction
    smooth = tags.get("highway", "").startswith("motorway")
    return _Joined(
        xy,
        kmh,
        oneway,
        smooth,
        not may_enter(tags, by=by),
    )


def _edge_tags(told: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an edge as text; of a list, which osmnx makes of joined ways, the
    first.
    """
    tags = {}
    for key in _EDGE_KEYS:
        value = told.get(key)

        # GraphML keeps a list as text, as Python writes it
        if isinstance(value, str) and value.startswith("["):
            value = re.findall(r"'([^']*)'", value) or value
        if isinstance(value, (list, tuple)):
            # of joined ways one that is closed closes them all
            shut = [v for v in value if key in ACCESS_KEYS and is_closed(str(v))]
            value = next(iter((*shut, *value)), None)

        # a table of edges fills what is missing with NaN, which differs from itself
        if value is not None and value == value:
            tags[key] = str(value)
    return tags


def _graph_speed(
    told: Mapping[str, Any],
    tags: Mapping[str, str],
    by: str,
    name: str,
) -> float | None:
    """Return the speed of an edge: what the graph says of it, else by its tags; None where nobody
    may travel so.
    """
    highway = tags.get("highway")

    # osmnx keeps what it was asked for: an edge whose kind is unknown here is taken for a plain
    # road; one that is known and closed stays closed
    kmh = way_speed_kmh(tags, by=by)
    if kmh is None and (highway is None or highway not in KNOWN_HIGHWAYS):
        kmh = way_speed_kmh({**tags, "highway": "road"}, by=by)

    # speeds of a graph are those of cars
    said = told.get("speed_kph")
    if said is None or kmh is None or by == "walk":
        return kmh
    try:
        speed = float(said)
    except (TypeError, ValueError):
        speed = float("nan")
    if not 1 <= speed <= MAX_KMH:
        raise InputError(
            f"the graph '{name}' has an edge with speed_kph '{said}'; give km/h from 1 to"
            f" {MAX_KMH:g}"
        )
    return speed


def _node_places(graph: Any, name: str) -> dict[Any, tuple[float, float]]:
    """Return x and y of every node.

    Raises
    ------
    InputError
        If a node has none; up to five are named.
    """
    places: dict[Any, tuple[float, float]] = {}
    wrong = []
    for node, told in graph.nodes(data=True):
        try:
            place = float(told["x"]), float(told["y"])
        except (KeyError, TypeError, ValueError):
            place = float("nan"), float("nan")
        if np.isfinite(place).all():
            places[node] = place
        else:
            wrong.append(str(node))

    # named, but not all of them: a graph without any places may have a million nodes
    if wrong:
        many = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise InputError(
            f"the graph '{name}' has nodes without numbers x and y"
            f" ({', '.join(wrong[:5])}{many}); save it with osmnx.save_graphml"
        )
    return places


def _course(
    geometry: Any,
    nodes: Mapping[Any, tuple[float, float]],
    u: Any,
    v: Any,
    name: str,
) -> Floats:
    """Return the vertices of an edge: of its geometry (a shape or WKT), else from node to node."""
    # a table of edges fills missing geometry with NaN, the only value that differs from itself
    if geometry is None or geometry != geometry or geometry == "":
        return np.array([nodes[u], nodes[v]])

    # GraphML keeps a course as text
    if isinstance(geometry, str):
        try:
            geometry = shapely.from_wkt(geometry)
        except shapely.errors.ShapelyError as error:
            raise InputError(
                f"the graph '{name}' has an edge whose geometry is no WKT ({geometry[:60]})"
            ) from error
    if shapely.get_type_id(geometry) != 1:
        raise InputError(
            f"the graph '{name}' has an edge whose geometry is a {geometry.geom_type}, not a line"
        )
    xy: Floats = shapely.get_coordinates(geometry)
    if not np.isfinite(xy).all():
        raise InputError(
            f"the graph '{name}' has an edge from {u} to {v} with a vertex that is no number (NaN"
            " or"
            " infinite); draw it again"
        )
    return xy


def _to_degrees(graph: Any, name: str) -> Callable[[Floats], Floats]:
    """Return what brings the places of a graph to degrees: nothing for degrees, else a projection
    of its own `crs`.
    """
    if not len(graph):
        raise InputError(f"the graph '{name}' has no edges; fetch the place again")
    places = np.array(list(_node_places(graph, name).values()))
    crs = _crs_of(graph, name)

    # without a system only degrees are believed, and only where they can be some
    if crs is None:
        if (np.abs(places).max(axis=0) > (180, 90)).any():
            raise InputError(
                f"the graph '{name}' names no coordinate system and its places are no degrees;"
                " set graph.graph['crs'], or "
                "project it to EPSG:4326"
            )
        return _as_drawn
    if (doubt := doubt_of_plane(places, crs)) is not None:
        raise InputError(f"the graph '{name}' cannot be used: {doubt}")
    return _as_drawn if _is_unmoved(places[0], crs) else lambda xy: _moved(xy, crs)


def _is_unmoved(place: Floats, crs: CRS) -> bool:
    """Say whether a system is one of degrees on a datum that needs no shift: then nothing is
    projected, nothing rounded.
    """
    moved = shapely.get_coordinates(to_geographic(shapely.Point(place), crs))
    return np.array_equal(moved[0], place)


def _moved(xy: Floats, crs: CRS) -> Floats:
    moved: Floats = shapely.get_coordinates(to_geographic(shapely.LineString(xy), crs))
    return moved


def _as_drawn(xy: Floats) -> Floats:
    return xy


def _crs_of(graph: Any, name: str) -> CRS | None:
    """Return the system that a graph names, or None."""
    crs = graph.graph.get("crs")
    if crs is None:
        return None

    # osmnx once saved it as {'init': 'epsg:4326'}
    named = _INIT.fullmatch(str(crs))
    try:
        return CRS.from_user_input(named[1] if named else crs)
    except CRSError as error:
        raise InputError(
            f"the graph '{name}' names a coordinate system that PROJ does not know: {crs}"
        ) from error


def need_osmnx(purpose: str) -> Any:
    """Import osmnx, or say which extra holds it.

    Raises
    ------
    InputError
        If it is not installed.
    """
    return library("osmnx", f"{purpose} needs osmnx")


def _load_graph(path: Path) -> Any:
    """Load a graph that osmnx saved, or else one that networkx did."""
    osmnx = need_osmnx(f"reading '{path.name}'")

    # entities of a document type could fill the memory: it is refused unread
    with path.open("rb") as file:
        if b"<!DOCTYPE" in file.read(4096):
            raise InputError(
                f"'{path.name}' carries a document type; save the graph with osmnx.save_graphml"
            )
    try:
        return osmnx.load_graphml(path)
    except Exception:  # parsers of XML and of values raise what they like
        import networkx  # comes with osmnx

        try:
            return networkx.read_graphml(path)
        except Exception as error:
            raise InputError(
                f"'{path.name}' is no graph that osmnx or networkx saved ({error})"
            ) from error
