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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.etree import ElementTree

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from ...errors import InputError, UsageError
from ...files.libraries import library
from ...geometry.datums import to_geographic
from .arrays import keys_of, owners_of
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
    from .arrays import Floats, Ints
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


_Joined: TypeAlias = "tuple[Floats, float, bool, bool, bool]"
"""An edge of a graph: its course, speed in km/h, and whether it is one-way, smooth, shut."""
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
        lost = f" ({roads.notes()[0]})" if roads.notes() else ""
        raise InputError(
            f"'{source.name}' holds no way that can be used by {by}{lost}; is it an extract with"
            " highways?"
        )

    # the courses were kept as texts: numbers are made once, when all are there
    network = _network(
        *_vertices(roads.courses),
        roads.told,
        source.name.split(".")[0],
        by,
        junction_delay_s,
        roads.barriers,
        roads.notes(),
    )
    return replace(network, walls=_walls(roads.walls))


def _vertices(courses: Sequence[str]) -> tuple[Floats, Ints]:
    """Return the vertices of lines in hexadecimal WKB, one after another, and whose each is.

    Faster than by way of shapes, of which an extract has a million.
    """
    content = np.frombuffer(bytes.fromhex("".join(courses)), dtype=np.uint8)
    size = np.array([len(course) for course in courses]) // 2

    # each begins with its order of bytes (little-endian), its kind and its count; all else are
    # pairs of numbers
    kept = np.ones(len(content), dtype=bool)
    kept[((np.cumsum(size) - size)[:, None] + np.arange(_WKB_HEAD)).ravel()] = False
    xy = content[kept].view("<f8").reshape(-1, 2)
    return xy.astype(np.float64), owners_of((size - _WKB_HEAD) // 16)


def _wkb(course: Floats) -> str:
    """Return a course as :func:`_vertices` reads it."""
    return str(shapely.to_wkb(shapely.LineString(course), hex=True, byte_order=1))


def _walls(courses: Sequence[str]) -> Walls | None:
    """Join the courses that nobody crosses, in an order that that of the file does not change."""
    if not courses:
        return None
    xy, owner = _vertices(courses)
    lines = np.split(np.round(xy, 7), np.flatnonzero(np.diff(owner)) + 1)
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
    text = None if kind == "pbf" else _looked_through(source, kind)
    deleted = {} if text is None else text.deleted
    roads = _Roads(deleted=sum(len(ids) for ids in deleted.values()))
    plain = None if text is None else text.plain
    file = (
        osmium.io.File(str(source), kind) if plain is None else osmium.io.FileBuffer(plain, "osm")
    )
    try:
        _collect(osmium, file, by, roads, deleted, source.name)

        # some ways come before their nodes: they are looked for once more when all is read
        if roads.pending or roads.pending_walls:
            _resolve(osmium, file, roads, deleted.get("node", frozenset()))
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"'{source.name}' is broken or truncated ({error}); fetch the extract again"
        ) from error
    return roads


def _collect(
    osmium: Any,
    file: Any,
    by: str,
    roads: _Roads,
    deleted: Mapping[str, frozenset[int]],
    name: str,
) -> None:
    """Take in ways with known nodes and barriers; ways with unknown ones wait in
    `roads.pending`.
    """
    course = osmium.geom.WKBFactory()

    # ferries and walls are told by other keys than roads, and looked at in the same pass
    highways, fences = (
        osmium.filter.KeyFilter("highway", "route", "waterway", "railway", "natural"),
        osmium.filter.KeyFilter("barrier"),
    )
    highways.enable_for(osmium.osm.WAY)
    fences.enable_for(osmium.osm.NODE)
    gone_nodes, gone_ways = (deleted.get(kind, frozenset()) for kind in ("node", "way"))
    found = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    seen: set[int] = set()
    known: dict[tuple[str | None, ...], _Told | None] = {}
    speeds = WALK_KMH if by == "walk" else DRIVE_KMH
    for thing in found.with_filter(highways).with_filter(fences):
        said = thing.tags.get
        if isinstance(thing, osmium.osm.Node):
            if thing.id not in gone_nodes and stops(_tags_of(said, BARRIER_KEYS), by=by):
                roads.barriers.append((thing.location.lon, thing.location.lat))
            continue

        # most ways carry the same few tags: each set is judged once. Tags are asked for by name:
        # going through all that a way has takes twice as long
        told = None
        if (highway := said("highway")) is not None:
            if highway in speeds:
                values = tuple(map(said, TAG_KEYS))
                if values not in known:
                    known[values] = _told(_tags_of(said, TAG_KEYS), by)
                told = known[values]
        else:
            roads.ferries += said("route") == "ferry"

        # what nobody may travel can still stand in the way of a walk
        if told is None:
            if is_wall(_tags_of(said, WALL_KEYS)) and thing.id not in gone_ways:
                _add_wall(thing, course, osmium, roads)
            continue
        if (way_id := thing.id) in gone_ways:
            continue

        # a node that an editor deleted, or that stands behind the way, makes the course unknown for
        # now
        try:
            if gone_nodes and gone_nodes & {node.ref for node in thing.nodes}:
                raise osmium.InvalidLocationError("a node is deleted")
            line = course.create_linestring(thing, osmium.geom.ALL)
        except (RuntimeError, osmium.InvalidLocationError):
            if len(thing.nodes) < 2:
                continue
            roads.pending.append(([node.ref for node in thing.nodes], told))
        else:
            roads.add(line, told)
        if way_id in seen:
            raise InputError(
                f"'{name}' holds several versions of way {way_id}: a history; give the extract"
                " of one day"
            )
        seen.add(way_id)


def _tags_of(said: Callable[[str], str | None], keys: Sequence[str]) -> dict[str, str]:
    """Return the tags of these keys that an object has."""
    return {key: value for key in keys if (value := said(key)) is not None}


def _add_wall(
    way: Any,
    course: Any,
    osmium: Any,
    roads: _Roads,
) -> None:
    """Take in a way that cannot be travelled but stands in a walker's way; one with unknown places
    waits.
    """
    try:
        roads.walls.append(course.create_linestring(way, osmium.geom.ALL))
    except (RuntimeError, osmium.InvalidLocationError):
        if len(way.nodes) > 1:
            roads.pending_walls.append([node.ref for node in way.nodes])


def _told(tags: Mapping[str, str], by: str) -> _Told | None:
    speeds, direction = way_speeds_kmh(tags, by=by), way_direction(tags, by=by)
    if speeds is None or direction is None:
        return None
    smooth = tags["highway"].startswith("motorway")
    return _Told(*speeds, direction, smooth, not may_enter(tags, by=by))


def _resolve(
    osmium: Any,
    file: Any,
    roads: _Roads,
    gone: frozenset[int],
) -> None:
    """Look again for the nodes that were not known when their way came: new ones of an editor, or
    behind the ways.
    """
    wanted = {ref for refs, _ in roads.pending for ref in refs}
    wanted |= {ref for refs in roads.pending_walls for ref in refs}
    places: dict[int, tuple[float, float]] = {}
    nodes = osmium.FileProcessor(file, osmium.osm.NODE)

    # the filter of osmium takes no ids below 0, which an editor gives to new nodes
    if min(wanted) >= 0:
        nodes = nodes.with_filter(osmium.filter.IdFilter(wanted))
    for node in nodes:
        if node.id in wanted and node.id not in gone and node.location.valid():
            places[node.id] = (node.location.lon, node.location.lat)

    # a way at the edge of an extract is cut, not lost, where two nodes in a row are known
    for refs, told in roads.pending:
        roads.add_known_parts([places.get(ref) for ref in refs], told)
    for refs in roads.pending_walls:
        known = [run for run in _known_runs([places.get(ref) for ref in refs]) if len(run) > 1]
        roads.walls += [_wkb(np.array(run)) for run in known]


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
            head = file.read(512)
    except OSError as error:
        raise InputError(f"'{source}' cannot be read ({error.strerror})") from error
    if not head:
        raise InputError(f"'{source.name}' is empty (0 bytes); fetch the extract again")

    # a file that is packed is told by what is inside; a PBF is packed already, and osmium reads
    # none packed twice
    packed: tuple[tuple[str, bytes, Callable[..., Any]], ...] = (
        ("gz", b"\x1f\x8b", gzip.open),
        ("bz2", b"BZh", bz2.open),
    )
    for suffix, magic, opened in packed:
        if head.startswith(magic):
            try:
                with opened(source, "rb") as file:
                    inner = bytes(file.read(512))
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(
                    f"'{source.name}' is broken or truncated ({error}); fetch the extract again"
                ) from error
            if _PBF in inner[:64]:
                raise InputError(
                    f"'{source.name}' is a PBF extract packed once more as {suffix}; unpack it"
                    " first"
                )
            return f"{form}.{suffix}" if (form := _text_form(inner)) else None
    if _PBF in head[:64]:
        return "pbf"
    if b"<osmChange" in narrow(head):
        raise InputError(
            f"'{source.name}' is a file of changes (osmChange), no extract; apply it to an"
            " extract first"
        )
    return _text_form(head)


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


def _looked_through(source: Path, kind: str) -> _Text:
    """Look through a text before osmium reads it; a history, or what was broken off, is refused."""
    form, _, packing = kind.partition(".")
    openers: dict[str, Callable[..., Any]] = {
        "": open,
        "gz": gzip.open,
        "bz2": bz2.open,
    }
    opened, plain = openers[packing], None
    try:
        with opened(source, "rb") as file:
            if form == "json" or wide_name(file.read(4)):
                file.seek(0)
                plain = plain_text(file, source.name, is_json=form == "json")
        deleted, is_placed = _marks(_opener(opened, source, plain), source.name)
        if is_placed:
            with _opener(opened, source, plain)() as file:
                plain = with_nodes(file, source.name)
    except (OSError, EOFError, zlib.error, ValueError, ElementTree.ParseError) as error:
        raise InputError(
            f"'{source.name}' is broken or truncated ({error}); fetch the extract again"
        ) from error
    return _Text(deleted, plain)


def _opener(
    opened: Callable[..., Any],
    source: Path,
    plain: bytes | None,
) -> Callable[[], Any]:
    return (lambda: opened(source, "rb")) if plain is None else (lambda: io.BytesIO(plain))


def _marks(opened: Callable[[], Any], name: str) -> tuple[dict[str, frozenset[int]], bool]:
    """Return the ids that are marked as deleted, and whether ways carry the places of nodes."""
    marked, is_placed, size, rest = False, False, 0, b""
    with opened() as file:
        while chunk := file.read(1 << 22):
            size += len(chunk)
            if size > _XML_MAX:
                raise InputError(
                    f"'{name}' is XML of more than {_XML_MAX // 10**9} GB; convert it to PBF"
                )
            text = rest + chunk
            if _INVISIBLE.search(text) or b"<!DOCTYPE" in text:
                raise InputError(
                    f"'{name}' is a history (objects with visible=false) or carries a document"
                    " type; give the extract of one day"
                )
            if found := _REMARK.search(text):
                raise InputError(cut_words(name, found[1].decode("utf-8", "replace")))
            marked = marked or bool(_DELETE.search(text))
            is_placed = is_placed or bool(_PLACED.search(text))
            rest = text[-_OVERLAP:]
    if not marked:
        return {}, is_placed
    found_ids: dict[str, set[int]] = {"node": set(), "way": set()}
    with opened() as file:
        # no document type, so no entities
        for _, element in ElementTree.iterparse(file):  # noqa: S314
            if element.tag in found_ids and element.get("action") == "delete":
                found_ids[element.tag].add(int(element.get("id", "0")))
            if element.tag in ("node", "way", "relation"):
                element.clear()
    return {kind: frozenset(ids) for kind, ids in found_ids.items()}, is_placed


def _network(
    xy: Floats,
    owner: Ints,
    told: Sequence[_Told],
    name: str,
    by: str,
    junction_delay_s: float,
    barriers: Sequence[tuple[float, float]] = (),
    notes: tuple[str, ...] = (),
) -> Network:
    grid = np.rint(xy * _DEGREE).astype(np.int64)
    if far := overlong(grid, owner):
        raise InputError(f"'{name}' cannot be used: {far}")

    # barriers part lines before they are joined: what is cut there must not be joined again
    grid, owner, cuts = _cut_at(grid, owner, barriers)
    if cuts:
        notes = (*notes, f"{cuts} way(s) are cut at barriers that nobody passes by {by}")
    place = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))

    # parts of a cut line carry its number plus a multiple of the count of lines
    row, start = owner[place] % len(told), np.append(place, len(owner))
    kinds = {id(one): one for one in told}
    number = {key: place for place, key in enumerate(kinds)}
    kind = np.array([number[id(one)] for one in told])[row]
    along, against, direction, smooth, shut = (
        np.array([getattr(one, key) for one in kinds.values()])[kind] for key in _Told.__slots__
    )
    # a way with two speeds is two ways, one for each direction
    split = np.flatnonzero((direction == 0) & (along != against))
    twin = np.concatenate([np.zeros(len(row), dtype=bool), np.ones(len(split), dtype=bool)])
    begin, end = (np.concatenate([side, side[split]]) for side in (start[:-1], start[1:]))
    heading = np.concatenate([direction, np.full(len(split), -1)])
    heading[split] = 1
    speed = np.where(heading < 0, *(np.concatenate([kmh, kmh[split]]) for kmh in (against, along)))
    smooth, shut = (np.concatenate([flag, flag[split]]) for flag in (smooth, shut))

    # a way that is driven against its drawing is laid out from its last vertex back
    size, backward = end - begin, heading < 0
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    turned = np.repeat(np.where(backward, end - 1, begin), size) + within * np.repeat(
        1 - 2 * backward, size
    )
    starts = np.concatenate([[0], np.cumsum(size)])
    ways = Ways(
        grid[turned],
        starts,
        speed.astype(np.float64),
        heading != 0,
        smooth.astype(bool),
        shut.astype(bool),
        twin,
    )
    terms = Terms(name, by, ATTRIBUTION, ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M)
    return replace(network_from_ways(ways, terms, junction_delay_s=junction_delay_s), notes=notes)


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
    hit = np.flatnonzero(np.isin(keys_of(grid), stop))
    if not len(hit):
        return grid, owner, 0
    lines = int(owner[-1]) + 1
    first = np.searchsorted(owner, np.arange(lines))
    last = np.append(first[1:], len(owner)) - 1
    places, owners, done = [], [], 0
    for line in np.unique(owner[hit]).tolist():
        marks = hit[owner[hit] == line]

        # lines without a barrier go over as they are
        places.append(grid[done : first[line]])
        owners.append(owner[done : first[line]])

        # a line that is hit is parted at each barrier; both parts keep its vertex until they are
        # drawn back
        edges = np.unique(np.concatenate([[first[line]], marks, [last[line]]]))
        for part, (a, b) in enumerate(itertools.pairwise(edges.tolist())):
            course = _drawn_back(grid[a : b + 1], (a in marks, b in marks))
            places.append(course)
            owners.append(np.full(len(course), line + part * lines))
        done = last[line] + 1
    places.append(grid[done:])
    owners.append(owner[done:])
    return np.concatenate(places), np.concatenate(owners), len(np.unique(owner[hit]))


def _drawn_back(course: Ints, at_barrier: tuple[bool, bool]) -> Ints:
    """Return a course drawn back by `_GAP` at the ends that stand at a barrier, so that the parts
    do not meet there.
    """
    drawn = course.copy()
    for is_hit, end, beside in zip(at_barrier, (0, -1), (1, -2), strict=True):
        if is_hit:
            # of a short step at most two fifths go, or the two ends of it would pass each other
            away = drawn[beside] - drawn[end]
            drawn[end] += np.rint(
                away * min(0.4, _GAP / max(float(np.abs(away).max()), 1.0))
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
    _check_terms(by, junction_delay_s)
    if isinstance(source, (str, os.PathLike)):
        name = Path(source).stem
        source = _load_graph(Path(source))
    courses, shut_out = _courses_of(source, name, by)
    if not courses:
        why = (
            "of ways that cars may not use; read it with by='walk' (--by walk)"
            if shut_out
            else "without edges that have a course"
        )
        raise InputError(f"the graph '{name}' is one {why}, or fetch the place again")

    # a footway read for cars is no fault, but its count is said
    notes: tuple[str, ...] = ()
    if shut_out:
        notes = (
            f"{shut_out} edge(s) of the graph were left out: their highway is not for travel by"
            f" {by}",
        )

    # sorted by their courses: the order of a graph is that of its making
    kept = [courses[key] for key in sorted(courses)]
    told_of = [_Told(kmh, kmh, int(oneway), smooth, shut) for _, kmh, oneway, smooth, shut in kept]
    xy, owner = (
        np.concatenate([course for course, *_ in kept]),
        owners_of(np.array([len(course) for course, *_ in kept])),
    )
    return _network(xy, owner, told_of, name, by, junction_delay_s, (), notes)


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
        oneway = directed or (
            by == "road" and tags.get("oneway", "").lower() in ("true", "yes", "1")
        )

        # an undirected graph may hand out an edge against its drawing; `from` says where it was
        # drawn to begin
        if oneway and not directed and told.get("from", u) != u and told.get("geometry") is None:
            xy = xy[::-1]
        _join(courses, xy, kmh, oneway and by == "road", tags, by)
    return courses, shut_out


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
    if len(xy) < 2:
        return
    grid = np.rint(xy * _DEGREE).astype(np.int64)
    there, back = grid.tobytes(), grid[::-1].tobytes()
    smooth, shut = tags.get("highway", "").startswith("motorway"), not may_enter(tags, by=by)

    # the way back at the same speed is the other half of a two-way road
    if back in courses and courses[back][1] == kmh:
        old = courses[back]
        courses[back] = (*old[:2], False, *old[3:])

    # the same course twice: the quicker one is taken, one-way only if both are
    elif there in courses and courses[there][1] >= kmh:
        old = courses[there]
        courses[there] = (*old[:2], old[2] and oneway, *old[3:])
    else:
        courses[there] = (xy, kmh, oneway, smooth, shut)


def _edge_tags(told: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an edge as text; of a list, which osmnx makes of joined ways, the
    first.
    """
    tags = {}
    for key in (
        "highway",
        "maxspeed",
        "surface",
        "tunnel",
        "location",
        "motorroad",
        "oneway",
        *ACCESS_KEYS,
    ):
        # GraphML keeps a list as text, as Python writes it
        value = told.get(key)
        if isinstance(value, str) and value.startswith("["):
            value = re.findall(r"'([^']*)'", value) or value
        if isinstance(value, (list, tuple)):
            # of joined ways one that is closed closes them all
            shut = [v for v in value if key in ACCESS_KEYS and is_closed(str(v))]
            value = next(iter((*shut, *value)), None)
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
            x, y = float(told["x"]), float(told["y"])
        except (KeyError, TypeError, ValueError):
            x = y = float("nan")
        if np.isfinite(x) and np.isfinite(y):
            places[node] = (x, y)
        else:
            wrong.append(str(node))
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
    crs = graph.graph.get("crs")
    if not len(graph):
        raise InputError(f"the graph '{name}' has no edges; fetch the place again")

    # without a system only degrees are believed, and only where they can be some
    places = np.array(list(_node_places(graph, name).values()))
    if crs is None:
        if (np.abs(places).max(axis=0) > (180, 90)).any():
            raise InputError(
                f"the graph '{name}' names no coordinate system and its places are no degrees;"
                " set graph.graph['crs'], or "
                "project it to EPSG:4326"
            )
        return lambda xy: xy
    named = re.fullmatch(
        r"\s*\{\s*'init'\s*:\s*'(epsg:\d+)'\s*\}\s*", str(crs), re.IGNORECASE
    )  # as osmnx once saved it
    try:
        parsed = CRS.from_user_input(named[1] if named else crs)
    except CRSError as error:
        raise InputError(
            f"the graph '{name}' names a coordinate system that PROJ does not know: {crs}"
        ) from error
    if (doubt := doubt_of_plane(places, parsed)) is not None:
        raise InputError(f"the graph '{name}' cannot be used: {doubt}")

    # a system of degrees on a datum that needs no shift: nothing is projected, nothing rounded
    first = places[:1]
    if np.array_equal(shapely.get_coordinates(to_geographic(shapely.Point(first), parsed)), first):
        return lambda xy: xy
    return lambda xy: shapely.get_coordinates(to_geographic(shapely.LineString(xy), parsed))


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
