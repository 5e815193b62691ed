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
        place = f"in line {here.line}"

        # Nothing within a picture overlay is a plot.
        if self.inside(*_OVERLAYS):
            return
        if here.name in _OVERLAYS:
            self.cuts.append((*self.span(here, tag), b""))
            self.left_out.append(
                LeftOut("annotation", here.name, place, "a picture on the map, which draws no plot")
            )
        elif here.name in ("NetworkLink", "Update"):
            # Content elsewhere is not fetched: what it would add is told as missing.
            why = "it refers to another file, which is not followed; save it with its content"
            self.left_out.append(LeftOut("geometry", here.name, place, why))
        elif here.name == "Placemark" and (shapes := here.number(*_KML_SHAPES)) > 1:
            # What KML forbids and GDAL passes over: of several it reads one.
            self.problems.append(
                f"line {here.line}: a placemark has {shapes} geometries; put them in a"
                " MultiGeometry"
            )
        elif here.name == "outerBoundaryIs" and (rings := here.number("LinearRing")) > 1:
            self.problems.append(
                f"line {here.line}: an outer boundary has {rings} rings; give it one"
            )
        elif here.name == "Polygon":
            outers = here.number("outerBoundaryIs")
            if outers > 1:
                self.problems.append(
                    f"line {here.line}: a polygon has {outers} outer boundaries; split it"
                )
            elif not outers and here.number("innerBoundaryIs"):
                # its driver would take the hole for the plot
                self.problems.append(
                    f"line {here.line}: a polygon has an inner boundary and no outer one;"
                    " complete it"
                )


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
        # Content elsewhere is not fetched: what it would add is told as missing.
        if here.name in _MEMBERS and any(name.rpartition(":")[2] == "href" for name in attributes):
            why = (
                "it refers to a feature elsewhere, which is not followed; save it with its content"
            )
            place = f"in line {here.line}"
            self.left_out.append(LeftOut("geometry", here.name, place, why))

        # A member opens a feature; features may hold others.
        if outer is not None and outer.name in _MEMBERS:
            self.features.append(here)
        elif len(self.stack) == 1:
            self._check_cut({name.rpartition(":")[2]: value for name, value in attributes.items()})
        elif here.name == "truncatedResponse":
            why = "it says that it was cut (truncatedResponse); download the rest"
            self.left_out.append(LeftOut("geometry", "download", "of this file", why))
        elif (
            here.name in _SHAPES
            and here.name not in _BOUNDS
            and self.features
            and not self.inside(*_SHAPES, "boundedBy")
        ):
            # The geometry of a feature, and neither a part of one nor its bounding box.
            self.features[-1].count("*point" if here.name == "Point" else "*shape")

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
        place = f"in line {here.line}"
        points, shapes = here.number("*point"), here.number("*shape")

        # GDAL reads one geometry of a feature: the others are told as missing.
        if shapes > 1:
            why = f"a feature has {shapes} geometries, of which one is read; make features of them"
            self.left_out.append(LeftOut("geometry", "geometry", place, why, shapes - 1))
        elif points > 1 and not shapes:
            why = f"a feature has {points} points, of which one is read; make features of them"
            self.left_out.append(LeftOut("geometry", "point", place, why, points - 1))
        elif points and shapes:
            # a point beside an area is where its label goes
            self.left_out.append(
                LeftOut(
                    "annotation", "point", place, "a point beside the geometry of a feature", points
                )
            )


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
