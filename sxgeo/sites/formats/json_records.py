"""What a GeoJSON holds by its own words: one collection or many, its records and vertices counted,
and whether it says that it was cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from ...errors import InputError, UsageError
from ...geometry.datums import named_crs
from .table import LeftOut

GEOMETRIES = (
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_CURVES = (
    "CircularString",
    "CompoundCurve",
    "CurvePolygon",
    "MultiCurve",
    "MultiSurface",
    "Polyhedron",
    "Prism",
)
_TYPES = {name.lower(): name for name in (*GEOMETRIES, "Feature", "FeatureCollection")}
_CUT = (
    "exceededtransferlimit",
    "hasmore",
    "hasnext",
    "morefeatures",
    "truncated",
    "istruncated",
    "incomplete",
    "partial",
)
_TOTALS = (
    "numbermatched",
    "totalfeatures",
    "totalcount",
    "total_count",
    "total",
    "numfound",
    "featurecount",
    "count",
    "matched",
    "totalrecords",
    "recordcount",
    "totalelements",
)
_RETURNED = ("numberreturned", "returned")
_WRAPPED = re.compile(
    r"(?:\s|/\*.*?\*/|//[^\n]*\n)*(?:(?:export\s+default|"
    r"(?:(?:var|let|const)\s+)?[\w$.]+\s*=)\s*|[\w$.]+\s*\(\s*)?(?=[\[{\x1e])",
    re.S,
)
_TAIL = re.compile(r"[\s;,)]*")
_BLANK = re.compile(r"[\s\x1e]*")
_GIVEN_TWICE = ("type", "features", "geometry", "geometries", "coordinates", "crs")


@dataclass(slots=True)
class JsonAccount:
    """What a JSON holds.

    Attributes
    ----------
    records, vertices
        Features in it, and the vertices of their geometries; None where another format counts them
        (TopoJSON, Esri JSON).
    plain
        Whether a driver reads it whole as it stands.
    collection
        Where it is not: one collection of all its features, to be read instead.
    left_out
        What it says is missing.
    system
        The `crs` of the whole, as it stands; None where it names none.
    """

    records: int | None = None
    vertices: int | None = 0
    plain: bool = True
    collection: dict[str, Any] | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    # Any: whatever a file may hold in its place
    system: Any = None


def is_wrapped_json(text: str) -> bool:
    """Say whether a text begins as JSON does, a comment, an assignment or a call before it."""
    return _WRAPPED.match(text) is not None


def account(text: str) -> JsonAccount:
    """Walk through a JSON without keeping more of it than one feature, where it is one plain
    collection.

    Raises
    ------
    InputError
        If it is no JSON, nested too deep, says something twice, or holds an object of a type that
        is none of GeoJSON's; the message lacks the name of the file.
    """
    start = _start(text)
    twice: list[str] = []
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: checked_object(pairs, twice))
    try:
        found = _plain_collection(text, start, decoder)
        if found is None:
            found = _gathered(text, start, decoder)
    except RecursionError as error:
        raise InputError(
            "holds lists or objects nested too deep to be read; export it again"
        ) from error
    refuse_twice(twice)
    if start and found.plain:  # a wrapper or a comment stands before it
        found.plain, found.collection = False, None
    return found


def inner(text: str) -> str:
    """Return the JSON of a text without what is wrapped round it."""
    return text[_start(text) :].rstrip().rstrip(");, \n\t")


def _start(text: str) -> int:
    match = _WRAPPED.match(text)
    return match.end() if match else 0


def refuse_twice(keys: Sequence[str]) -> None:
    """Refuse a JSON that says something twice in one object: it takes the last of two, and which
    one was meant nobody knows.
    """
    if keys:
        raise InputError(
            f"says '{keys[0]}' twice in one object, of which one would be lost; repair it"
        )


def checked_object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice += [key for key in _GIVEN_TWICE if keys.count(key) > 1]
    return found


class _NotPlain(Exception):
    """The text is no single collection of plain features."""


def _plain_collection(
    text: str,
    start: int,
    decoder: json.JSONDecoder,
) -> JsonAccount | None:
    """Walk through one FeatureCollection of features; None where it is anything else."""
    found = JsonAccount(records=0)
    try:
        members, end = _members(text, start, decoder, found)
    except (_NotPlain, ValueError, IndexError):
        return None
    # Something behind the end may be a second collection.
    if _TAIL.match(text, end).end() != len(text):  # type: ignore[union-attr]
        return None
    if members.get("type") != "FeatureCollection" or "features" not in members:
        return None
    found.left_out += cut_off(members, found.records or 0)
    found.system = members.get("crs")
    return found


def _members(
    text: str,
    start: int,
    decoder: json.JSONDecoder,
    found: JsonAccount,
) -> tuple[dict[str, Any], int]:
    """Read the members of an object key by key, so that a collection of gigabytes is never held as
    a whole; return them without its features, and where it ends.
    """
    members: dict[str, Any] = {}
    at = after(text, start, "{")
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = after(text, at, ":")
        if key in members:
            refuse_twice([key])
        if key == "features":
            value = None
            at = _walk(text, after(text, at, "["), decoder, found)
        else:
            value, at = decoder.raw_decode(text, at)
        members[key] = value
        at = _past_comma(text, at)
    return members, at + 1


def _past_comma(text: str, at: int) -> int:
    at = blank(text, at)
    return blank(text, at + 1) if text[at] == "," else at


def _walk(
    text: str,
    at: int,
    decoder: json.JSONDecoder,
    found: JsonAccount,
) -> int:
    """Count the features of a list one after another, each of which is let go again."""
    while text[at] != "]":
        feature, at = decoder.raw_decode(text, at)
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise _NotPlain
        # no driver takes note of a system within: such a file is gathered instead
        if has_own_system(feature):
            raise _NotPlain
        found.records = (found.records or 0) + 1
        add_vertices(found, feature, f"feature {found.records}")
        at = _past_comma(text, at)
    return at + 1


def after(
    text: str,
    at: int,
    sign: str,
) -> int:
    """Return where the next word begins behind a sign; ValueError when the sign is not there."""
    start = blank(text, at)
    if not text.startswith(sign, start):
        raise ValueError
    return blank(text, start + 1)


def blank(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]


def has_own_system(feature: dict[str, Any]) -> bool:
    """Say whether a feature or its geometry names a coordinate system, of which no driver takes
    note.
    """
    return _own_system(feature, None) is not None


def _own_system(feature: dict[str, Any], around: object) -> Any:
    """Return the system of a feature: its geometry's, its own, or that of what it stands in."""
    geometry = feature.get("geometry")
    inner = geometry.get("crs") if isinstance(geometry, dict) else None
    return inner or feature.get("crs") or around


def add_vertices(
    found: JsonAccount,
    feature: dict[str, Any],
    place: str,
) -> None:
    """Add the vertices of a feature, and check that its geometry is one."""
    geometry = feature.get("geometry")
    if geometry is None:
        if feature.get("place") is not None:
            found.vertices = None  # JSON-FG: another driver reads another member
        return
    vertices = _vertices(geometry, place)
    if vertices is None:
        found.vertices = None
    elif found.vertices is not None:
        found.vertices += vertices


# Any: whatever a file may hold in the place of a geometry.
def _vertices(
    geometry: Any,
    place: str,
    depth: int = 0,
) -> int | None:
    """Count the vertices of a geometry; None for a kind that its driver straightens."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind in _CURVES:
        return None
    if kind not in GEOMETRIES or depth > 20:
        raise InputError(
            f"{place}: its geometry is of type {_short(kind)}, which is none of GeoJSON's"
            f" ({', '.join(GEOMETRIES)}); repair it"
        )
    if kind == "GeometryCollection":
        counts = [_vertices(part, place, depth + 1) for part in geometry.get("geometries") or ()]
        return None if None in counts else sum(count for count in counts if count is not None)
    return _positions(geometry.get("coordinates"), place)


def _positions(values: object, place: str) -> int:
    """Count the positions in coordinates; a ring or part without any may be one that was lost."""
    if not isinstance(values, list) or not values:
        return 0
    # a position is a list of numbers, a line a list of positions, and so on
    first = values[0]
    if not isinstance(first, list):
        return 1
    if first and not isinstance(first[0], list):
        return len(values)
    counts = [_positions(part, place) for part in values]
    # a geometry without any position is known as a missing one
    if 0 in counts and any(counts):
        raise InputError(
            f"{place}: a ring or part of its geometry is empty, which may have been lost; complete"
            " it, or remove the part"
        )
    return sum(counts)


# Any: whatever a file may hold in the place of a system.
def not_its_system(said: Any, read: Any) -> str | None:
    """Return what a GeoJSON calls its system where its driver did not take that one: drivers take
    WGS 84 for every name that they do not know.

    Parameters
    ----------
    said
        Its `crs`.
    read
        The system that the driver handed over.
    """
    if not said:
        return None
    properties = said.get("properties") if isinstance(said, dict) else None
    words = properties if isinstance(properties, dict) else {}
    name = next((words[key] for key in ("name", "urn", "code") if key in words), said)
    # what is said in another form than the one of GeoJSON no driver has read
    if words and isinstance(name, (str, int)) and _are_one_system(name, read):
        return None
    return _short(name)


# Any: whatever a driver hands over as a system.
def _are_one_system(name: str | int, read: Any) -> bool:
    """Whether a name and what was read are one system, as far as this name is known."""
    code = f"EPSG:{name}" if str(name).isdigit() else str(name)
    try:
        named, taken = CRS.from_user_input(named_crs(code)), CRS.from_user_input(read)
    except (CRSError, UsageError):
        return False
    # those two are one at this accuracy
    both = {named.to_epsg(), taken.to_epsg()}
    return named.equals(taken, ignore_axis_order=True) or both <= {4326, 4490}


_BOXES = (
    "properties",
    "metadata",
    "meta",
    "context",
    "page",
    "pagination",
    "pageInfo",
    "crsProperties",
)
"""Where services put what they say of a download, beside the top of the file."""
_NEXT = ("next", "nextpage", "nextpagetoken", "nextlink")


def cut_off(said: dict[str, Any], count: int) -> list[LeftOut]:
    """Tell what a download says of its own completeness, at the top or among its properties."""
    words = _said_of_download(said)

    # Cut, by its own word.
    for key in _CUT:
        if str(words.get(key)).lower() == "true":
            return _lost(f"it says that it was cut ({key}); download the rest")

    # A total that is larger than what is held: a page of several.
    total = max(_numbers(words, _TOTALS), default=0)
    if total > count:
        why = f"it says that there are {total} features and holds {count}; download the rest"
        return _lost(why, total - count)
    if _has_next_page(words):
        return _lost("it says that a next page follows; download the rest")

    # A count that does not match means that records were lost on the way.
    returned = next(iter(_numbers(words, _RETURNED)), 0)
    if returned > count:
        why = f"it says that it holds {returned} features and holds {count}; download it again"
        return _lost(why, returned - count)
    return []


def _numbers(words: dict[str, Any], keys: Iterable[str]) -> list[int]:
    """Return the numbers under some keys; a yes or no, which JSON keeps apart, is none."""
    values = [words.get(key) for key in keys]
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool)]


def _lost(why: str, count: int = 1) -> list[LeftOut]:
    return [LeftOut("geometry", "download", "of this file", why, count)]


def _said_of_download(said: dict[str, Any]) -> dict[str, Any]:
    """What a service says at the top or in one of several boxes, by key in small letters."""
    # what stands in a box goes before the same word at the top
    words = dict(said)
    for key in _BOXES:
        if isinstance(said.get(key), dict):
            words |= said[key]
    return {str(key).lower(): value for key, value in words.items()}


def _has_next_page(words: dict[str, Any]) -> bool:
    """Whether a link or a token leads to a next page."""
    links = words.get("links")
    linked = isinstance(links, list) and any(
        isinstance(link, dict) and link.get("rel") == "next" for link in links
    )
    return linked or any(isinstance(words.get(key), str) and words[key] for key in _NEXT)


def _documents(
    text: str,
    start: int,
    decoder: json.JSONDecoder,
) -> Iterator[tuple[Any, bool]]:
    """Yield the values of a text one after another, each with whether it stands in one line."""
    at = blank(text, start)

    # One value after another: lines, a list without brackets, or a call around them.
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError as error:
            several = at > blank(text, start)
            raise _broken(
                text.count("\n", 0, at) + 1,
                error,
                several=several,
            ) from error
        yield value, "\n" not in text[at:end]
        at = blank(text, end)
        if text[at : at + 1] in (",", ";", ")"):
            at = _TAIL.match(text, at).end()  # type: ignore[union-attr]


def _broken(
    line: int,
    error: ValueError,
    *,
    several: bool,
) -> InputError:
    what = f"no JSON that can be read ({error})"
    if several:
        what = "no complete JSON record: a sequence has one feature a line"
    return InputError(f"cannot be read as a vector file: line {line} is {what}; complete it")


@dataclass(slots=True)
class _Gathering:
    """Features of whatever arrangement, each with the system that holds where it stands, and what
    any object around them says is missing.
    """

    features: list[dict[str, Any]] = field(default_factory=list)
    # Any: whatever a file may hold in the place of a system
    systems: list[Any] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, feature: dict[str, Any], system: object) -> None:
        self.features.append(feature)
        self.systems.append(system)


def _gathered(
    text: str,
    start: int,
    decoder: json.JSONDecoder,
) -> JsonAccount:
    """Gather the features of any other arrangement: sequences, lists, collections in collections, a
    service's envelope.
    """

    # Esri's JSON and TopoJSON are left to GDAL, which knows them; only their word of completeness
    # is taken here.
    documents = list(_documents(text, start, decoder))
    values = [value for value, _ in documents]
    if len(values) == 1 and isinstance(values[0], dict) and _is_other(values[0]):
        missing = cut_off(
            values[0],
            len(values[0].get("features") or ()),
        )
        return JsonAccount(None, None, left_out=missing)
    gathering = _gathering_of(values)
    found = _counted(gathering)

    # Only what GDAL reads whole is handed on as it is; the rest is written as one collection.
    found.plain = _is_read_whole(documents, text) and not any(gathering.systems)
    if not found.plain:
        _make_one(found, gathering)
    return found


def _counted(gathering: _Gathering) -> JsonAccount:
    """Count the features and their vertices, so that the reader can be held to them."""
    found = JsonAccount(records=len(gathering.features), left_out=gathering.left_out)
    for number, feature in enumerate(gathering.features, start=1):
        add_vertices(found, feature, f"feature {number}")
    return found


def _gathering_of(values: Sequence[object]) -> _Gathering:
    """All features of whatever arrangement: each must be found, or it would be passed over."""
    gathering = _Gathering()
    for number, value in enumerate(values, start=1):
        place = f"record {number}" if len(values) > 1 else "the file"
        _collect(value, _Spot(place), gathering)
    if not gathering.features:
        raise InputError(
            "cannot be read as a vector file (it is no JSON with features); export it as GeoJSON,"
            " or KML"
        )
    return gathering


def _is_read_whole(documents: list[tuple[Any, bool]], text: str) -> bool:
    """Whether a driver reads these documents as they stand: one feature, or one feature a line."""
    kinds = [value.get("type") if isinstance(value, dict) else None for value, _ in documents]
    if len(kinds) == 1:
        return kinds[0] == "Feature"
    # the sign of a sequence by its standard is one that the driver does not take beside lines
    in_lines = all(in_one_line for _, in_one_line in documents) and "\x1e" not in text
    return in_lines and all(kind == "Feature" for kind in kinds)


def _make_one(found: JsonAccount, gathering: _Gathering) -> None:
    """Put all features into one collection, which has one system: nothing is converted on the
    way.
    """
    systems = gathering.systems
    distinct = {json.dumps(system, sort_keys=True) for system in systems}
    if len(distinct) > 1:
        raise InputError(
            "holds collections of several coordinate systems (crs); give them as files of their own"
        )
    found.system = systems[0]
    found.collection = {"type": "FeatureCollection", "features": gathering.features}
    if systems[0] is not None:
        found.collection["crs"] = systems[0]


def _is_other(value: dict[str, Any]) -> bool:
    """Say whether a value is TopoJSON, Esri JSON or JSON-FG, which have drivers of their own."""
    return (
        value.get("type") == "Topology"
        or "spatialReference" in value
        or "geometryType" in value
        or ("conformsTo" in value and value.get("type") in ("Feature", "FeatureCollection"))
    )


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands: in words, in which system, and how deep."""

    place: str
    around: object = None
    depth: int = 0

    def within(self, words: str) -> _Spot:
        """Return the spot of a part, under its own name and in the same system."""
        return _Spot(f"{self.place}, {words}", self.around, self.depth + 1)


def _collect(
    value: object,
    spot: _Spot,
    found: _Gathering,
) -> None:
    """Gather features, each with its system, and what any object around them says is missing.

    A collection without a system of its own has that of the collection that it stands in; one that
    holds collections alone says nothing.
    """

    # Nests that no service writes would end the recursion before the file.
    if spot.depth > 50:
        raise InputError("holds lists or objects nested too deep to be read; export it again")
    if isinstance(value, list):
        parts = ((f"item {number}", part) for number, part in enumerate(value, start=1))
        _collect_each(parts, spot, found)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind == "Feature":
        found.add(value, _own_system(value, spot.around))
    elif kind in GEOMETRIES and ("coordinates" in value or "geometries" in value):
        # A bare geometry is a feature without properties.
        found.add(_bare_feature(value), value.get("crs") or spot.around)
    else:
        _collect_within(value, spot, found)


def _collect_within(
    value: dict[str, Any],
    spot: _Spot,
    found: _Gathering,
) -> None:
    """Gather what stands in a collection or an envelope, and what that says is missing."""
    kind = value.get("type")
    before = len(found.features)
    if kind == "FeatureCollection":
        _collect_records(value, spot, found)
    elif meant := _misspelt(kind):
        raise InputError(
            f"{spot.place}: its type is '{kind}', which must be written {meant}; repair it"
        )
    else:
        # Any other object is an envelope: features may stand in any of its values.
        _collect_each(value.items(), spot, found)

    # An object around nothing says nothing of features, unless it is the whole file.
    gathered = len(found.features) - before
    if spot.depth == 0 or gathered:
        found.left_out += cut_off(value, gathered)


def _bare_feature(geometry: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {},
        "geometry": geometry,
    }


def _collect_each(
    parts: Iterable[tuple[str, object]],
    spot: _Spot,
    found: _Gathering,
) -> None:
    for words, part in parts:
        # numbers and texts hold no features
        if isinstance(part, (dict, list)):
            _collect(part, spot.within(words), found)


def _collect_records(
    collection: dict[str, Any],
    spot: _Spot,
    found: _Gathering,
) -> None:
    """Gather a collection: each record must be a feature, or it would be passed over in silence."""
    records = collection.get("features")
    if not isinstance(records, list):
        raise InputError(
            f"{spot.place}: a FeatureCollection without its list of features; complete it"
        )
    kinds = [_kind(record) for record in records]
    wrong = [
        number
        for number, kind in enumerate(kinds, start=1)
        if kind not in ("Feature", "FeatureCollection")
    ]
    if wrong:
        raise InputError(
            f"has {len(records)} records, {len(records) - len(wrong)} could be read as"
            f" features: {spot.place}: number {wrong[0]} is of type {_short(kinds[wrong[0] - 1])};"
            " complete it: each is an object of type Feature"
        )
    inside = replace(spot, around=collection.get("crs") or spot.around)
    for number, part in enumerate(records, start=1):
        _collect(part, inside.within(f"feature {number}"), found)


def _misspelt(kind: object) -> str | None:
    """Return how a type must be written that stands in other letters; None where it says no type of
    GeoJSON, or is a word with other uses.
    """
    meant = _TYPES.get(kind.lower()) if isinstance(kind, str) else None
    return None if meant in (kind, "Point") else meant


def _kind(value: object) -> Any:
    return value.get("type") if isinstance(value, dict) else value


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
