"""What a KML, GML or GPX holds by its own elements: all of it accounted for, and told to its driver
in a form that it reads whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from ...errors import InputError
from ...files.gdal_door import MAX_DEPTH
from .table import LeftOut

_OVERLAYS = ("GroundOverlay", "PhotoOverlay", "ScreenOverlay")
_SHAPES = frozenset(
    {
        "Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString",
        "MultiPolygon", "MultiCurve", "MultiSurface", "MultiGeometry", "Curve", "Surface",
        "CompositeCurve", "CompositeSurface", "OrientableCurve", "PolyhedralSurface", "Tin",
        "TriangulatedSurface", "Solid", "Envelope", "Box",
    }
)  # fmt: skip
_KML_SHAPES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiGeometry",
    "MultiPolygon",
    "Model",
    "Track",
    "MultiTrack",
)
_MEMBERS = ("featureMember", "featureMembers", "member", "members")
_BOUNDS = ("boundedBy", "Envelope", "Box")
_GPX = ("wpt", "rte", "trk")


@dataclass(slots=True)
class Account:
    """What an XML holds.

    Attributes
    ----------
    text
        What its driver is given: pictures taken out, rings that stand together in one hole set
        apart.
    records
        How many features it holds.
    left_out
        What stands in it and is none.
    problems
        What cannot be read without losing something.
    """

    text: str
    records: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A watched element that is open: its name without prefix, where it begins, and the watched
    elements in it.
    """

    name: str
    start: int
    line: int
    children: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> None:
        self.children[name] = self.children.get(name, 0) + 1

    def number(self, *names: str) -> int:
        return sum(self.children.get(name, 0) for name in names)


class _Walk:
    """The common part of the walks: watched elements by name without prefix; all others cost a
    place on the stack alone.
    """

    watched: frozenset[str] = frozenset()

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.stack: list[_Open | None] = []
        self.open: Counter[str] = Counter()
        self.cuts: list[tuple[int, int, bytes]] = []
        self.records = 0
        self.left_out: list[LeftOut] = []
        self.problems: list[str] = []
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def run(self) -> Account:
        try:
            self.parser.Parse(self.content, True)
        except expat.ExpatError as error:
            raise InputError(
                f"cannot be read as a vector file (line {error.lineno} of its XML, column"
                f" {error.offset + 1}: {expat.ErrorString(error.code)}); repair it, or export it"
                " again"
            ) from error
        # cuts are put together at the end: the walk counts bytes of the text as it was
        pieces, at = [], 0
        for start, end, instead in sorted(self.cuts):
            if start < at:  # inside what is taken out already
                continue
            pieces += [self.content[at:start], instead]
            at = end
        text = b"".join([*pieces, self.content[at:]]).decode("utf-8")
        return Account(text, self.records, self.left_out, self.problems)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag[tag.rfind(":") + 1 :]
        outer = self.stack[-1] if self.stack else None
        if name not in self.watched and not self.wants(outer):
            if len(self.stack) >= MAX_DEPTH:
                raise InputError(
                    f"holds elements nested more than {MAX_DEPTH} deep; export it again"
                )
            self.stack.append(None)
            return
        here = _Open(name, self.parser.CurrentByteIndex, self.parser.CurrentLineNumber)
        if outer is not None:
            outer.count(name)
        self.stack.append(here)
        self.opens(here, outer, tag, attributes)
        self.open[name] += 1

    def _end(self, tag: str) -> None:
        here = self.stack.pop()
        if here is not None:
            self.open[here.name] -= 1
            self.closes(here, tag)

    def wants(self, outer: _Open | None) -> bool:
        """Say whether an element of any name is watched for where it stands."""
        return not self.stack

    def inside(self, *names: str) -> bool:
        return any(self.open[name] for name in names)

    def span(self, here: _Open, tag: str) -> tuple[int, int]:
        """Return where an element that just ended begins and ends; one without content has no end
        tag of its own.
        """
        at = self.parser.CurrentByteIndex
        # an element without content ends where it begins: <Point/>
        end = (
            self.content.find(b">", at) + 1
            if self.content.startswith(b"</", at)
            else self.content.find(b">", here.start) + 1
        )
        return here.start, end

    def opens(
        self,
        here: _Open,
        outer: _Open | None,
        tag: str,
        attributes: dict[str, str],
    ) -> None:
        raise NotImplementedError

    def closes(self, here: _Open, tag: str) -> None:
        raise NotImplementedError


class _Kml(_Walk):
    """Placemarks, pictures, links, and what stands where its driver does not look."""

    watched = frozenset(
        {
            *_OVERLAYS,
            *_KML_SHAPES,
            "Placemark",
            "innerBoundaryIs",
            "outerBoundaryIs",
            "NetworkLink",
            "Update",
        }
    )

    def opens(
        self,
        here: _Open,
        outer: _Open | None,
        tag: str,
        attributes: dict[str, str],
    ) -> None:
        if self.inside(*_OVERLAYS):
            if here.name == "Placemark":
                self.problems.append(
                    f"line {here.line}: a placemark stands inside a picture; move it out"
                )
        elif here.name == "Placemark":
            self.records += 1
        elif here.name == "LinearRing" and _is_second(outer):  # drivers read the first alone
            prefix = tag.rpartition(":")[0]
            name = f"{prefix}:innerBoundaryIs" if prefix else "innerBoundaryIs"
            self.cuts.append((here.start, here.start, f"</{name}><{name}>".encode()))

    def closes(self, here: _Open, tag: str) -> None:
        # Nothing within a picture overlay is a plot.
        if self.inside(*_OVERLAYS):
            return
        place = f"in line {here.line}"
        if here.name in _OVERLAYS:
            # its driver would take the corners of the picture for a shape
            self.cuts.append((*self.span(here, tag), b""))
            what = "a picture on the map, which draws no plot"
            self.left_out.append(LeftOut("annotation", here.name, place, what))
        elif here.name in ("NetworkLink", "Update"):
            # Content elsewhere is not fetched: what it would add is told as missing.
            why = "it refers to another file, which is not followed; save it with its content"
            self.left_out.append(LeftOut("geometry", here.name, place, why))
        elif problem := _kml_problem(here):
            self.problems.append(f"line {here.line}: {problem}")


def _kml_problem(here: _Open) -> str | None:
    """Say what KML forbids and GDAL passes over: of several it reads one, and a hole alone it would
    take for the plot.
    """
    if here.name == "Placemark" and (shapes := here.number(*_KML_SHAPES)) > 1:
        return f"a placemark has {shapes} geometries; put them in a MultiGeometry"
    if here.name == "outerBoundaryIs" and (rings := here.number("LinearRing")) > 1:
        return f"an outer boundary has {rings} rings; give it one"
    if here.name != "Polygon":
        return None
    outers = here.number("outerBoundaryIs")
    if outers > 1:
        return f"a polygon has {outers} outer boundaries; split it"
    if not outers and here.number("innerBoundaryIs"):
        return "a polygon has an inner boundary and no outer one; complete it"
    return None


def _is_second(outer: _Open | None) -> bool:
    return outer is not None and outer.name == "innerBoundaryIs" and outer.number("LinearRing") > 1


class _Gml(_Walk):
    """Members of a collection, what it says of its number, and features with more than one
    geometry.
    """

    watched = frozenset({*_SHAPES, *_MEMBERS, "boundedBy", "truncatedResponse"})

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.features: list[_Open] = []

    def wants(self, outer: _Open | None) -> bool:
        return not self.stack or (outer is not None and outer.name in _MEMBERS)

    def opens(
        self,
        here: _Open,
        outer: _Open | None,
        tag: str,
        attributes: dict[str, str],
    ) -> None:
        said = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        if here.name in _MEMBERS and "href" in said:
            self._tell_elsewhere(here)

        # A member opens a feature; features may hold others.
        if outer is not None and outer.name in _MEMBERS:
            self.features.append(here)
        elif len(self.stack) == 1:
            self._check_cut(said)
        elif here.name == "truncatedResponse":
            why = "it says that it was cut (truncatedResponse); download the rest"
            self.left_out.append(LeftOut("geometry", "download", "of this file", why))
        elif self._is_of_feature(here.name):
            self.features[-1].count("*point" if here.name == "Point" else "*shape")

    def _tell_elsewhere(self, here: _Open) -> None:
        """Content elsewhere is not fetched: what it would add is told as missing."""
        why = "it refers to a feature elsewhere, which is not followed; save it with its content"
        self.left_out.append(LeftOut("geometry", here.name, f"in line {here.line}", why))

    def _is_of_feature(self, name: str) -> bool:
        """Whether it is the geometry of a feature, and neither a part of one nor its bounding
        box.
        """
        is_shape = name in _SHAPES and name not in _BOUNDS
        return is_shape and bool(self.features) and not self.inside(*_SHAPES, "boundedBy")

    def _check_cut(self, said: dict[str, str]) -> None:
        matched, returned = (said.get(name, "") for name in ("numberMatched", "numberReturned"))
        if matched.isdigit() and returned.isdigit() and int(matched) > int(returned):
            why = f"it says that it holds {returned} of {matched} features; download the rest"
            self.left_out.append(
                LeftOut("geometry", "download", "of this file", why, int(matched) - int(returned))
            )
        elif said.get("next"):
            why = "it says that a next page follows; download the rest"
            self.left_out.append(LeftOut("geometry", "download", "of this file", why))

    def closes(self, here: _Open, tag: str) -> None:
        if not self.features or here is not self.features[-1]:
            return
        self.features.pop()

        # A collection in a collection is no feature of its own.
        if here.name.endswith("Collection"):
            return
        self.records += 1
        if entry := _second_geometry(here):
            self.left_out.append(entry)


def _second_geometry(here: _Open) -> LeftOut | None:
    """Say what of a feature is not read: GDAL reads one geometry of it."""
    place = f"in line {here.line}"
    points, shapes = here.number("*point"), here.number("*shape")
    if shapes > 1:
        why = f"a feature has {shapes} geometries, of which one is read; make features of them"
        return LeftOut("geometry", "geometry", place, why, shapes - 1)
    if points > 1 and not shapes:
        why = f"a feature has {points} points, of which one is read; make features of them"
        return LeftOut("geometry", "point", place, why, points - 1)
    # a point beside an area is where its label goes
    if points and shapes:
        why = "a point beside the geometry of a feature"
        return LeftOut("annotation", "point", place, why, points)
    return None


class _Gpx(_Walk):
    """Waypoints, routes and tracks."""

    watched = frozenset(_GPX)

    def opens(
        self,
        here: _Open,
        outer: _Open | None,
        tag: str,
        attributes: dict[str, str],
    ) -> None:
        self.records += here.name in _GPX and len(self.stack) == 2

    def closes(self, here: _Open, tag: str) -> None:
        return


def account(text: str, kind: str) -> Account:
    """Walk through an XML.

    Parameters
    ----------
    text
        Decoded; its declaration of an encoding is of no account.
    kind
        ``kml``, ``gml`` or ``gpx``.

    Raises
    ------
    InputError
        If it is not well-formed, or nested too deep; the message lacks the name of the file.
    """
    walks = {
        "kml": _Kml,
        "gml": _Gml,
        "gpx": _Gpx,
    }
    return walks[kind](text.encode("utf-8")).run()
