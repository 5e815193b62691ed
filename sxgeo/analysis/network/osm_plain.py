"""OpenStreetMap data as Overpass and editors write it, made into the XML that osmium reads: JSON,
XML in UTF-16, and ways that carry the places of their nodes.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from ...errors import InputError

MOST_BYTES = 1_000_000_000
"""Of a file that is held whole while it is made plain."""
_WIDE = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
"""How a text of two bytes a letter begins: with a mark, or with the sign of XML or JSON."""
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_OVERPASS = re.compile(r'"osm3s"|"generator"\s*:\s*"Overpass|"elements"\s*:\s*\[')
_PAUSED = ("count", "area", "timeline")
_SHOWN = 200


def wide_name(head: bytes) -> str | None:
    """Name the encoding of a text of two bytes a letter; None for any other."""
    return next((name for mark, name in _WIDE if head.startswith(mark)), None)


def narrow(head: bytes) -> bytes:
    """Return the beginning of a text as UTF-8, for those who look for words in it."""
    name = wide_name(head)
    return head if name is None else head.decode(name, "ignore").encode()


def is_overpass(head: bytes) -> bool:
    """Whether a text begins as the JSON of Overpass does: an object of elements, no GeoJSON."""
    text = narrow(head).decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    is_object = text.startswith("{") and '"FeatureCollection"' not in text
    return is_object and _OVERPASS.search(text) is not None


@dataclass(slots=True)
class _Things:
    """Nodes and ways by their ids: a node is its place and tags, a way its nodes and tags."""

    nodes: dict[int, tuple[float, float, dict[str, str]]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    unnamed: dict[tuple[float, float], int] = field(default_factory=dict)

    def node_at(
        self,
        lat: float,
        lon: float,
        ref: int | None,
    ) -> int:
        """Keep the place of a node of a way; one without an id has that of its place."""
        if ref is None:  # far below the ids that editors give to new ones
            ref = self.unnamed.setdefault(
                (lat, lon),
                -(1 << 50) - len(self.unnamed),
            )
        self.nodes.setdefault(ref, (lat, lon, {}))
        return ref

    def xml(self) -> bytes:
        """Write them as osmium expects them: nodes first."""
        return "".join(self._lines()).encode("utf-8", "replace")

    def _lines(self) -> Iterator[str]:
        yield '<osm version="0.6">\n'
        for ref, (lat, lon, tags) in sorted(self.nodes.items()):
            yield f'<node id="{ref}" lat="{lat!r}" lon="{lon!r}">{_tags(tags)}</node>\n'
        for ref, (refs, tags) in sorted(self.ways.items()):
            nodes = "".join(f'<nd ref="{node}"/>' for node in refs)
            yield f'<way id="{ref}">{nodes}{_tags(tags)}</way>\n'
        yield "</osm>\n"


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in sorted(tags.items()))


def plain_text(
    file: BinaryIO,
    name: str,
    *,
    is_json: bool,
) -> bytes:
    """Read a file in UTF-16, or one of Overpass in JSON, as XML in UTF-8.

    Raises
    ------
    InputError
        If it is too large to be held, cut, not in its encoding, or says that its query was broken
        off.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(f"'{name}' is a text of more than 1 GB; convert it to PBF")

    # a mark at the beginning of UTF-8 is no part of the text
    encoding = wide_name(content[:4]) or "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"'{name}' is broken or truncated ({error.reason}); fetch the extract again"
        ) from error
    if is_json:
        return _from_json(text, name).xml()
    return _DECLARED.sub(
        '<?xml version="1.0" encoding="UTF-8"?>', text.lstrip("\ufeff"), count=1
    ).encode()


def with_nodes(file: BinaryIO, name: str) -> bytes:
    """Read XML whose ways carry the places of their nodes (Overpass, `out geom`), and write these
    as nodes.

    Raises
    ------
    InputError
        If it is too large to be held, or a place is no number.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(f"'{name}' is a text of more than 1 GB; convert it to PBF")
    things = _Things()
    # no document type, so no entities: whoever calls has looked
    for _, element in ElementTree.iterparse(io.BytesIO(content)):  # noqa: S314
        if element.tag == "node":
            lat, lon = _place_of(element, element, name)
            things.nodes[int(element.get("id", "0"))] = (lat, lon, _xml_tags(element))
        elif element.tag == "way":
            refs = _xml_refs(element, things, name)
            _keep_way(
                things,
                int(element.get("id", "0")),
                refs,
                _xml_tags(element),
                name,
            )

        # what is inside of a thing must stand until the thing itself is read
        if element.tag in ("node", "way", "relation"):
            element.clear()
    return things.xml()


def _xml_tags(element: ElementTree.Element) -> dict[str, str]:
    return {tag.get("k", ""): tag.get("v", "") for tag in element.iter("tag")}


def _xml_refs(
    way: ElementTree.Element,
    things: _Things,
    name: str,
) -> list[int]:
    """Return the nodes of a way, and keep those that have their places in it."""
    refs = []
    for nd in way.iter("nd"):
        ref = int(nd.get("ref", "0"))

        # beyond the box of the query a node has no place
        if nd.get("lat") is not None:
            things.node_at(*_place_of(nd, way, name), ref)
        refs.append(ref)
    return refs


def _place_of(
    holder: ElementTree.Element,
    thing: ElementTree.Element,
    name: str,
) -> tuple[float, float]:
    """Return lat and lon of an element; a fault is told of the thing that it stands in."""
    what = f"{thing.tag} {thing.get('id')}"
    lat = _degrees(holder.get("lat"), what, name)
    return lat, _degrees(holder.get("lon"), what, name)


def _from_json(text: str, name: str) -> _Things:
    things = _Things()
    bare = 0
    for element in _elements_of(text, name):
        kind = element.get("type") if isinstance(element, dict) else None
        if kind == "node":
            _add_node(things, element, name)
        elif kind == "way":
            bare += not _add_way(things, element, name)
        elif kind not in ("relation", *_PAUSED):
            raise InputError(
                f"'{name}' holds an element that is none ({str(element)[:80]}); fetch it again"
            )

    # a query of ids alone says of ways only that they are there
    if bare:
        raise InputError(
            f"'{name}' holds {bare} way(s) without nodes or geometry; give a query that ends in"
            " 'out geom;', or in 'out body; >; out skel qt;'"
        )
    return things


def _elements_of(text: str, name: str) -> list[Any]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"'{name}' is no JSON that can be read, or cut ({str(error)[:_SHOWN]}); fetch it again"
        ) from error
    elements = held.get("elements") if isinstance(held, dict) else None
    if not isinstance(elements, list):
        raise InputError(f"'{name}' holds no list of elements, as Overpass writes; fetch it again")

    # a server that ran out of time sends what it has, and says so here
    if remark := held.get("remark"):
        raise InputError(cut_words(name, str(remark)))
    return elements


def cut_words(name: str, remark: str) -> str:
    """Say that a query was broken off, in the words of its server."""
    told = " ".join(remark.split())[:_SHOWN]
    return f"'{name}' is what was done of a query that was broken off ({told}); fetch it again"


def _add_node(
    things: _Things,
    element: Mapping[str, Any],
    name: str,
) -> None:
    ref = _number(element, name)
    lat, lon = (_degrees(element.get(key), f"node {ref}", name) for key in ("lat", "lon"))
    tags = _tags_of(element)
    if ref in things.nodes:  # once with its tags, and once as a node of a way
        tags = {**things.nodes[ref][2], **tags}
    things.nodes[ref] = (lat, lon, tags)


def _add_way(
    things: _Things,
    element: Mapping[str, Any],
    name: str,
) -> bool:
    """Take in a way; False where nothing says where it runs."""
    ref = _number(element, name)

    # a bare way may be the second telling of one that is there
    if element.get("nodes") is None and element.get("geometry") is None:
        return ref in things.ways
    known = []
    for number, (node, place) in enumerate(_nodes_and_places(element, ref, name)):
        if isinstance(place, Mapping):
            lat, lon = (_degrees(place.get(key), f"way {ref}", name) for key in ("lat", "lon"))
            known.append(things.node_at(lat, lon, None if node is None else int(node)))
        else:  # beyond the box of the query: a node that nobody has
            known.append(-(1 << 60) - number if node is None else int(node))
    _keep_way(things, ref, known, _tags_of(element), name)
    return True


def _nodes_and_places(
    element: Mapping[str, Any],
    ref: int,
    name: str,
) -> Iterator[tuple[Any, Any]]:
    """Return the nodes of a way with their places, None for what is not told: a query may ask for
    either alone.
    """
    refs, places = element.get("nodes"), element.get("geometry")
    if not isinstance(refs, list):
        refs = [None] * len(places) if isinstance(places, list) else []
    if places is None:
        places = [None] * len(refs)
    if not isinstance(places, list) or len(places) != len(refs):
        raise InputError(f"'{name}': way {ref} has not one place for each node; fetch it again")
    return zip(refs, places, strict=True)


def _keep_way(
    things: _Things,
    ref: int,
    refs: list[int],
    tags: dict[str, str],
    name: str,
) -> None:
    """Keep a way; one that is written twice has to be the same."""
    before = things.ways.get(ref)

    # the same way may come twice, once with tags and once with nodes
    if before is not None and before[0] != refs:
        raise InputError(
            f"'{name}' holds several versions of way {ref}: a history; give the extract of one day"
        )
    things.ways[ref] = (
        refs,
        {**(before[1] if before else {}), **tags},
    )


def _number(element: Mapping[str, Any], name: str) -> int:
    number = element.get("id")

    # JSON has truths, and Python counts them among its numbers
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError(f"'{name}' holds a {element['type']} without an id; fetch it again")
    return number


def _tags_of(element: Mapping[str, Any]) -> dict[str, str]:
    tags = element.get("tags")
    return {str(k): str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else {}


def _degrees(
    value: Any,
    what: str,
    name: str,
) -> float:
    """Return a number of degrees."""
    try:
        degrees = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        degrees = math.nan

    # NaN fails the comparison too
    if not -180.0 <= degrees <= 180.0:
        raise InputError(
            f"'{name}': {what} has no place that can be read ({value}); fetch it again"
        )
    return degrees
