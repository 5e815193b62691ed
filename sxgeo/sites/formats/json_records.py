"""What a GeoJSON holds by its own words: one collection or many, its records and vertices counted,
and whether it says that it was cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
    if twice:
        raise InputError(
            f"says '{twice[0]}' twice in one object, of which one would be lost; repair it"
        )
    if start and found.plain:  # a wrapper or a comment stands before it
        found.plain, found.collection = False, None
    return found


def inner(text: str) -> str:
    """Return the JSON of a text without what is wrapped round it."""
    return text[_start(text) :].rstrip().rstrip(");, \n\t")


def _start(text: str) -> int:
    match = _WRAPPED.match(text)
    return match.end() if match else 0


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
    rest: dict[str, Any] = {}
    try:
        # Key by key, so that a collection of gigabytes is never held as a whole.
        at = after(text, start, "{")
        while text[at] != "}":
            key, at = decoder.raw_decode(text, at)
            at = after(text, at, ":")
            # JSON takes the last of two; which one was meant nobody knows
            if key in rest:
                raise InputError(
                    f"says '{key}' twice in one object, of which one would be lost; repair it"
                )
            if key == "features":
                rest[key] = None
                at = _walk(text, after(text, at, "["), decoder, found)
            else:
                rest[key], at = decoder.raw_decode(text, at)
            at = blank(text, at)
            if text[at] == ",":
                at = blank(text, at + 1)

        # Something behind the end may be a second collection.
        if _TAIL.match(text, at + 1).end() != len(text):  # type: ignore[union-attr]
            return None
    except (_NotPlain, ValueError, IndexError):
        return None
    if rest.get("type") != "FeatureCollection" or "features" not in rest:
        return None
    found.left_out += cut_off(rest, found.records or 0)
    found.system = rest.get("crs")
    return found


def _walk(
    text: str,
    at: int,
    decoder: json.JSONDecoder,
    found: JsonAccount,
) -> int:
    while text[at] != "]":
        feature, at = decoder.raw_decode(text, at)
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise _NotPlain
        if has_own_system(feature):
            raise _NotPlain
        found.records = (found.records or 0) + 1
        add_vertices(found, feature, f"feature {found.records}")
        at = blank(text, at)
        if text[at] == ",":
            at = blank(text, at + 1)
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
    if words and isinstance(name, (str, int)):
        code = f"EPSG:{name}" if str(name).isdigit() else str(name)
        try:
            named, taken = CRS.from_user_input(named_crs(code)), CRS.from_user_input(read)
        except (CRSError, UsageError):
            return _short(name)
        # those two are one at this accuracy
        if named.equals(taken, ignore_axis_order=True) or {named.to_epsg(), taken.to_epsg()} <= {
            4326,
            4490,
        }:
            return None
    return _short(name)


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
        if words.get(key) is True or str(words.get(key)).lower() == "true":
            return _lost(f"it says that it was cut ({key}); download the rest")

    # A total that is larger than what is held: a page of several.
    totals = [value for value in _numbers(words, _TOTALS) if not isinstance(value, bool)]
    if totals and max(totals) > count:
        why = f"it says that there are {max(totals)} features and holds {count}; download the rest"
        return _lost(why, max(totals) - count)
    if _has_next_page(words):
        return _lost("it says that a next page follows; download the rest")

    # A count that does not match means that records were lost on the way.
    returned = _numbers(words, _RETURNED)
    if returned and returned[0] > count:
        why = f"it says that it holds {returned[0]} features and holds {count}; download it again"
        return _lost(why, returned[0] - count)
    return []


def _numbers(words: dict[str, Any], keys: Iterable[str]) -> list[int]:
    return [words[key] for key in keys if isinstance(words.get(key), int)]


def _lost(why: str, count: int = 1) -> list[LeftOut]:
    return [LeftOut("geometry", "download", "of this file", why, count)]


def _said_of_download(said: dict[str, Any]) -> dict[str, Any]:
    """What a service says at the top or in one of several boxes, by key in small letters."""
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
            raise _broken(text.count("\n", 0, at) + 1, error, several=several) from error
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
        return JsonAccount(
            None, None, True, None, cut_off(values[0], len(values[0].get("features") or ()))
        )

    # All features of whatever arrangement, each with the system that holds where it stands.
    found = JsonAccount(records=0)
    features: list[dict[str, Any]] = []
    systems: list[Any] = []
    for number, value in enumerate(values, start=1):
        place = f"record {number}" if len(values) > 1 else "the file"
        _collect(value, place, features, systems, found.left_out)
    if not features:
        raise InputError(
            "cannot be read as a vector file (it is no JSON with features); export it as GeoJSON,"
            " or KML"
        )

    # Vertices are counted here, so that the reader can be held to them.
    for number, feature in enumerate(features, start=1):
        add_vertices(found, feature, f"feature {number}")
    found.records = len(features)

    # Only what GDAL reads whole is handed on as it is; the rest is written as one collection.
    kinds = [value.get("type") if isinstance(value, dict) else None for value in values]
    sequence = (
        all(flat for _, flat in documents) and set(kinds) == {"Feature"} and "\x1e" not in text
    )
    single = len(values) == 1 and kinds[0] == "Feature"
    found.plain = (single or (sequence and len(values) > 1)) and not any(systems)
    if not found.plain:
        # one collection has one system, and nothing is converted on the way
        distinct = {json.dumps(system, sort_keys=True) for system in systems}
        if len(distinct) > 1:
            raise InputError(
                "holds collections of several coordinate systems (crs); give them as files of"
                " their own"
            )
        found.system = systems[0]
        found.collection = {"type": "FeatureCollection", "features": features}
        if systems and systems[0] is not None:
            found.collection["crs"] = systems[0]
    return found


def _is_other(value: dict[str, Any]) -> bool:
    """Say whether a value is TopoJSON, Esri JSON or JSON-FG, which have drivers of their own."""
    return (
        value.get("type") == "Topology"
        or "spatialReference" in value
        or "geometryType" in value
        or ("conformsTo" in value and value.get("type") in ("Feature", "FeatureCollection"))
    )


def _collect(
    value: object,
    place: str,
    features: list[dict[str, Any]],
    systems: list[Any],
    left_out: list[LeftOut],
    around: object = None,
    depth: int = 0,
) -> None:
    """Gather features, each with its system, and what any object around them says is missing.

    A collection without a system of its own has that of the collection that it stands in; one that
    holds collections alone says nothing.
    """

    # Nests that no service writes would end the recursion before the file.
    if depth > 50:
        raise InputError("holds lists or objects nested too deep to be read; export it again")
    if isinstance(value, list):
        for number, part in enumerate(value, start=1):
            if isinstance(part, (dict, list)):
                inside = f"{place}, item {number}"
                _collect(part, inside, features, systems, left_out, around, depth + 1)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    before = len(features)

    # A collection: each record must be a feature, or it would be passed over in silence.
    if kind == "FeatureCollection":
        if not isinstance(value.get("features"), list):
            raise InputError(
                f"{place}: a FeatureCollection without its list of features; complete it"
            )
        records = value["features"]
        wrong = [
            number
            for number, part in enumerate(records, start=1)
            if _kind(part) not in ("Feature", "FeatureCollection")
        ]
        if wrong:
            shown = _short(_kind(records[wrong[0] - 1]))
            raise InputError(
                f"has {len(records)} records, {len(records) - len(wrong)} could be read as"
                f" features: {place}: number {wrong[0]} is of type {shown}; complete it: each is an"
                " object of type Feature"
            )
        for number, part in enumerate(records, start=1):
            inside, system = f"{place}, feature {number}", value.get("crs") or around
            _collect(part, inside, features, systems, left_out, system, depth + 1)
    elif kind == "Feature":
        features.append(value)
        systems.append(_own_system(value, around))
        return
    elif kind in GEOMETRIES and ("coordinates" in value or "geometries" in value):
        # A bare geometry is a feature without properties.
        features.append(
            {
                "type": "Feature",
                "properties": {},
                "geometry": value,
            }
        )
        systems.append(value.get("crs") or around)
        return
    elif (
        isinstance(kind, str)
        and _TYPES.get(kind.lower(), kind) != kind
        and _TYPES[kind.lower()] not in ("Point",)
    ):
        raise InputError(
            f"{place}: its type is '{kind}', which must be written {_TYPES[kind.lower()]};"
            " repair it"
        )
    else:
        # Any other object is an envelope: features may stand in any of its values.
        for key, part in value.items():
            if isinstance(part, (dict, list)):
                inside = f"{place}, {key}"
                _collect(part, inside, features, systems, left_out, around, depth + 1)
    if depth == 0 or len(features) > before:  # an object around nothing says nothing of features
        left_out += cut_off(value, len(features) - before)


def _kind(value: object) -> Any:
    return value.get("type") if isinstance(value, dict) else value


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
