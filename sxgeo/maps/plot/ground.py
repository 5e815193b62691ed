"""What stands inside the map frame, from the ground up: land, bands, links, resources, sites,
labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import shapely

from ...reports.palette import RED
from ..style import BASE_STYLES, EDGE_STYLES, ELEMENT_PATH, NODE_PATH
from .faces import one_line
from .labels import Label, place_labels

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ..style import EdgeStyle
    from .labels import Placed
    from .pen import Pen
    from .sheet import Box, Point, Sheet
    from .underlay import Underlay

SYMBOL_MM = 2.5
_SMALLEST_RING = 0.8
"""Rings are drawn from this multiple of the symbol's width on; smaller ones hide under their
symbol.
"""
_CROWD = 400
"""A class with more records on the map is drawn as one mass: areas without symbols, small points,
no names, no rings.
"""
_FINEST_MM = 0.02
_RINGS = (("ext_m", "1.2 4", 0.10), ("scr_m", "1 4", 0.03), ("acc_m", "5 3.5", None))
"""Radii of a point in a record, each with its dash and how dense it is filled."""
_LEADING = frozenset(
    {"protected_areas", "world_heritage", "historic_cities", "karst_springs", "water_sources"}
)

Located: TypeAlias = tuple[dict[str, Any], dict[str, Any], "Point"]
"""A record, its class, and where it lies in millimetres."""


class Ground:
    """Draws a zone's content into the frame of a sheet and keeps what the legend must say of it."""

    def __init__(
        self,
        pen: Pen,
        sheet: Sheet,
        content: dict[str, Any],
        underlays: Sequence[Underlay] = (),
    ) -> None:
        self.pen, self.sheet, self.content, self.underlays = pen, sheet, content, underlays
        self.classes = {row["id"]: row for row in content["classes"]}
        self.symbol_mm = SYMBOL_MM * sheet.lettering
        self.labels: list[Label] = []
        self.marks: list[Box] = []
        self.left_out: list[Label] = []
        self.window = _widened(sheet.frame)
        self.located = self._located()
        self.crowded = self._crowded()
        self.single = [one for one in self.located if one[0]["cls"] not in self.crowded]

    def _located(self) -> list[Located]:
        """Each located record, its class and its place in millimetres without the shift of its
        symbol.
        """
        found = [feature for feature in self.content["features"] if "at" in feature]
        places = self.sheet.flat([feature["at"] for feature in found]).tolist() if found else []
        return [
            (f, self.classes[f["cls"]], (x, y)) for f, (x, y) in zip(found, places, strict=True)
        ]

    def _crowded(self) -> dict[str, int]:
        """Number of records of each class that is drawn as one mass, in the order of classes."""
        counts = Counter(feature["cls"] for feature, _, _ in self.located)
        return {i: counts[i] for i in self.classes if counts[i] > _CROWD}

    def draw(self, overlaps: Shape = None) -> list[Placed]:
        """Draw everything; `overlaps` is the lon/lat shape that sites share with prohibitions."""
        self.pen.clip = self.sheet.frame
        self.beneath()
        self.records()
        self.sites()
        self.shared(overlaps)

        # names come last, when all marks are known that they must not cover
        placed, self.left_out = place_labels(self.labels, self.marks, self.sheet.frame)
        for one in placed:
            self.write(one)
        self.pen.clip = None
        return placed

    def beneath(self) -> None:
        """Draw from below: the land, then reach and roads, then the veil over what is not the
        zone.
        """
        self.pen.plate(
            self.sheet.frame,
            BASE_STYLES["beyond"].fill or "#ffffff",
            alpha=1.0,
        )
        self.land()
        for underlay in self.underlays:
            self.pen.picture(underlay.on(self.sheet), self.sheet.frame)
        self.bands()
        for link in self.content["links"]:
            self.link(link)
        self.veil()
        self.county_borders()
        self.zone_borders()

    def records(self) -> None:
        """Draw the resources: masses, areas, rings of points, and the symbols over all of them."""
        self.masses()
        self.areas()
        self.record_lines()
        self.rings()
        self.places()
        self.symbols()

    def cut(self, shape: Shape) -> Shape:
        return shapely.intersection(shape, self.window)

    def points(self, size: float) -> float:
        return size * self.sheet.lettering

    def at(self, row: dict[str, Any]) -> Point:
        """Return the place of a row in millimetres."""
        (x, y), *_ = self.sheet.flat([row["at"]])
        return float(x), float(y)

    def chains(self, lines: Sequence[Sequence[Any]]) -> Shape:
        """Return lines of [lat, lon] as one shape in millimetres; one point is no line."""
        return shapely.multilinestrings([self.sheet.flat(c) for c in lines if len(c) > 1])

    def border(self, shape: Shape, name: str) -> None:
        style = BASE_STYLES[name]
        self.pen.line(shape, style.colour, style.width_px, dash=style.dash)

    def land(self) -> None:
        for row in self.content["context"]:
            self.neighbour(row)
        self.counties = [self.sheet.area(row["rings"]) for row in self.content["counties"]]
        self.zone = self.sheet.zone(self.counties, self.content["outline"])
        self.pen.area(
            self.cut(self.zone),
            fill=BASE_STYLES["land"].fill,
        )

    def neighbour(self, row: dict[str, Any]) -> None:
        """Draw an area outside the zone, named in the middle of what is seen of it."""
        shape = self.sheet.area(row["rings"])
        self.pen.area(self.cut(shape), fill=BASE_STYLES["context"].fill)
        self.border(shape, "context")
        at = self.inside(shape)
        if at is not None:
            words, size = one_line(row["zh"]), self.points(8)
            self.labels.append(
                Label(
                    words,
                    (at,),
                    900,
                    size,
                    "#788791",
                    room_mm=12,
                )
            )

    def inside(self, shape: Shape) -> Point | None:
        """Return the middle of the largest visible part of an area outside the zone."""
        # slivers along the frame have no room for a name
        seen = [part for part in shapely.get_parts(self.cut(shape)) if shapely.area(part) > 1]
        if not seen:
            return None
        largest = max(seen, key=shapely.area)
        line = shapely.maximum_inscribed_circle(largest, tolerance=0.5)
        x, y = shapely.get_coordinates(line)[0]
        return float(x), float(y)

    def bands(self) -> None:
        """Areas of reach; of two days those of the later, and what it gains."""
        days = self.content["scenario"]
        for band in days["after"] if days else self.content["bands"]:
            self.error_band(band)
            shape = self.sheet.area(band["rings"])
            self.pen.area(
                self.cut(shape),
                fill=band["colour"],
                alpha=0.15,
            )
            self.pen.line(
                self.cut(shapely.boundary(shape)),
                band["colour"],
                1.4,
            )
            self.band_label(band)
        for gained in days["gained"] if days else ():
            self.gained(gained, days["colour"])

    def gained(self, gained: dict[str, Any], colour: str) -> None:
        shape = self.cut(self.sheet.area(gained["rings"]))
        self.pen.hatch("cross", shape, colour, px=0.8, gap_mm=1.3)
        self.pen.line(shape, colour, 1.2)

    def error_band(self, band: dict[str, Any]) -> None:
        """Hatch what lies between the inner and outer contour of an area, and draw the two."""
        between = self.cut(self.sheet.area(band.get("error", ())))
        self.pen.hatch(
            "back",
            between,
            band["colour"],
            px=0.6,
            gap_mm=1.2,
        )
        for edge in ("inner", "outer"):
            border = shapely.boundary(self.sheet.area(band.get(edge, ())))
            self.pen.line(
                self.cut(border),
                band["colour"],
                0.8,
                dash="3 3",
            )

    def band_label(self, band: dict[str, Any]) -> None:
        """Name a line at one of several places of it; which is settled when all labels are
        known.
        """
        label = Label(
            f"{band['minutes']:g} 分钟",
            tuple((float(x), float(y)) for x, y in self.sheet.flat(band["places"])),
            300 + band["minutes"] / 10,
            self.points(5.6),
            "#5b1a8b",
            bold=True,
            plate="#ffffff",
        )
        self.labels.append(label)

    def link(self, link: dict[str, Any]) -> None:
        """Draw a line of transport, fine and pale where its course is a sketch."""
        colour, px, dash = self.link_look(link)
        seen = self.cut(self.chains(link["lines"]))

        # a white edge keeps the line apart from what it crosses
        self.pen.line(seen, "#ffffff", px + 1.6, alpha=0.6)

        # a sketched line is thinner and fainter: nobody may measure on it
        is_sketch = link["drawn"] == "示意连线"
        share, alpha = (0.7, 0.5) if is_sketch else (1, 0.9)
        self.pen.line(seen, colour, px * share, dash=dash, alpha=alpha)

    def link_look(self, link: dict[str, Any]) -> tuple[str, float, str | None]:
        """Return colour, width and dashes of a line, by its mode and whether it is built."""
        style = self.content["style"]
        colour, px = (style["lines"][link["mode"]][key] for key in ("colour", "width_px"))
        return colour, px, style["statuses"].get(link["status"], (None, None, None))[2]

    def veil(self) -> None:
        """Mask what lies outside the zone."""
        outside = shapely.difference(self.window, self.zone)
        self.pen.area(outside, fill=BASE_STYLES["veil"].fill, alpha=0.62)

    def county_borders(self) -> None:
        for row, shape in zip(
            self.content["counties"],
            self.counties,
            strict=True,
        ):
            self.border(shape, "county")
            self.labels.append(self.county_label(row))

    def county_label(self, row: dict[str, Any]) -> Label:
        """Name a county: one with little room in smaller letters, giving way to a larger one."""
        room = row["room_m"] / self.sheet.metres_per_mm
        return Label(
            one_line(row["zh"]),
            (self.at(row),),
            100 + 1e5 / max(row["room_m"], 1),
            self.points(7.6 if room > 5 else 6.2),
            "#23323d",
            bold=True,
            room_mm=min(18, room),
        )

    def zone_borders(self) -> None:
        for row in self.content["subs"]:
            self.border(self.sheet.area(row["rings"]), "sub_region")

        # a white band keeps the zone's line apart from those of the counties
        self.pen.line(self.zone, "#ffffff", 5.5, alpha=0.75)
        self.border(self.zone, "zone")

    def masses(self) -> None:
        """Classes of many records: all areas of a kind as one shape, all points as one set of small
        marks.
        """
        for class_id in self.crowded:
            own = [one for one in self.located if one[0]["cls"] == class_id]
            for kind in EDGE_STYLES:
                self.mass(self.classes[class_id], kind, own)

            # what has neither area nor line is a point
            points = [at for f, _, at in own if "rings" not in f and "lines" not in f]
            if points:
                self.pen.dots(
                    points,
                    self.symbol_mm * 0.22,
                    self.classes[class_id]["colour"],
                )

    def mass(self, cls: dict[str, Any], kind: str, own: Sequence[Located]) -> None:
        """Draw all areas of a class whose boundaries are of one kind."""
        edge = EDGE_STYLES[kind]
        rings = [part for f, _, _ in own if f.get("kind") == kind for part in f["rings"]]

        # simplified on paper: very many areas hold more points than anybody sees
        shape = shapely.union_all(shapely.simplify(self.sheet.areas(rings), _FINEST_MM))
        self.surface(self.cut(shape), cls, edge, edge.width_px * 0.4)

    def surface(
        self,
        seen: Shape,
        cls: dict[str, Any],
        edge: EdgeStyle,
        width_px: float,
    ) -> None:
        self.pen.area(
            seen,
            fill=cls["colour"],
            alpha=0.18 if edge.hatched else 0.07,
        )
        if edge.hatched:
            self.pen.hatch(cls["hatch"], seen, cls["colour"])
        self.pen.line(seen, cls["colour"], width_px, dash=edge.dash)

    def areas(self) -> None:
        """Polygons, large ones under small ones, each with its hatch and the line of its kind."""
        found = [(self.sheet.area(f["rings"]), f, c) for f, c, _ in self.single if "rings" in f]
        for shape, feature, cls in sorted(found, key=_largest_first):
            edge = EDGE_STYLES.get(feature["kind"], EDGE_STYLES["extent_box"])
            self.surface(self.cut(shape), cls, edge, edge.width_px)

    def record_lines(self) -> None:
        for feature, cls, _ in self.located:
            if "lines" in feature:
                self.pen.line(
                    self.cut(self.chains(feature["lines"])),
                    cls["colour"],
                    3.0,
                )

    def rings(self) -> None:
        """Extent and error of points, where the scale shows them."""
        least = self.symbol_mm * _SMALLEST_RING
        for feature, cls, at in self.single:
            # an area or a line shows how far it reaches by itself
            if "rings" in feature or "lines" in feature:
                continue
            for key, dash, fill in _RINGS:
                radius = feature.get(key, 0) / self.sheet.metres_per_mm
                if radius >= least:
                    inner = {"fill": cls["colour"], "fill_alpha": fill} if fill else {}
                    look = {
                        "px": 0.9,
                        "dash": dash,
                        "alpha": 0.65,
                        **inner,
                    }
                    self.pen.circle(at, radius, cls["colour"], **look)

    def places(self) -> None:
        """Stations, elements of the plan, and where the areas of reach begin."""
        for node in self.content["nodes"]:
            self.small(node, NODE_PATH, "#1d3557", 500)
        for element in self.content["elements"]:
            if "at" in element:
                self.small(element, ELEMENT_PATH, "#7b4b94", 480)
        for origin in self.content["origins"]:
            self.origin(origin)

    def origin(self, row: dict[str, Any]) -> None:
        at = self.at(row)
        self.pen.circle(
            at,
            1.1 * self.sheet.lettering,
            "#ffffff",
            px=1.5,
            fill="#6a1b9a",
        )
        words, size = one_line(row["zh"]), self.points(6)
        label = Label(
            words,
            (at,),
            350,
            size,
            "#4a148c",
            bold=True,
            beside_mm=1.6,
        )
        self.labels.append(label)

    def symbols(self) -> None:
        """Symbols of the thing itself lie over those that stand for an area."""
        for feature, cls, at in sorted(self.single, key=_objects_last):
            spot = self.shifted(at, feature)

            # a candidate is drawn faint: it may not be there at all
            alpha = 0.55 if feature["member"] == "candidate" else 1.0
            look = {"mark": feature["mark"], "alpha": alpha}
            self.pen.symbol(
                cls["path"],
                spot,
                self.symbol_mm,
                cls["colour"],
                **look,
            )
            self.block(spot, self.symbol_mm / 2)
            self.labels.append(self.symbol_label(feature, spot))

    def symbol_label(self, feature: dict[str, Any], spot: Point) -> Label:
        """Name a record beside its symbol: what leads first, what may not be there last."""
        is_leading = feature["cls"] in _LEADING
        priority = 600 if feature["mark"] == "object" else 700
        if is_leading:
            priority = 550
        if feature["member"] == "candidate":
            priority += 200
        size, beside = self.points(5.0 if is_leading else 4.3), self.symbol_mm * 0.62
        return Label(
            one_line(feature["zh"]),
            (spot,),
            priority,
            size,
            beside_mm=beside,
        )

    def small(
        self,
        row: dict[str, Any],
        path: str,
        colour: str,
        priority: float,
    ) -> None:
        """Draw a small symbol, named where it lies in the zone."""
        at = self.shifted(self.at(row), row)
        size = self.symbol_mm * 0.66
        self.pen.symbol(path, at, size, colour, mark="proxy")
        self.block(at, size / 2)

        # names outside would take the room of those inside
        if shapely.intersects_xy(self.zone, *at):
            words, points = one_line(row["zh"]), self.points(4.6)
            label = Label(
                words,
                (at,),
                priority,
                points,
                colour,
                beside_mm=size * 0.7,
            )
            self.labels.append(label)

    def shifted(self, at: Point, row: dict[str, Any]) -> Point:
        dx, dy = row.get("shift", (0, 0))

        # shifts count down the page, the sheet counts up
        return at[0] + dx * self.symbol_mm, at[1] - dy * self.symbol_mm

    def block(self, at: Point, half: float) -> None:
        self.marks.append((at[0] - half, at[1] - half, at[0] + half, at[1] + half))

    def sites(self) -> None:
        """Checked sites by verdict; a site too small to be seen stands under its dot."""
        for site in self.content["sites"]:
            if "rings" in site:
                shape = self.sheet.area(site["rings"])
                self.pen.area(
                    self.cut(shape),
                    fill=site["mark"],
                    alpha=0.45,
                )
                self.pen.line(shape, site["colour"], 2.4)
            for chain in site.get("lines", ()):
                self.pen.line(
                    shapely.linestrings(self.sheet.flat(chain)),
                    site["colour"],
                    4,
                )
            if "at" in site:
                self.site_dot(site)

    def site_dot(self, site: dict[str, Any]) -> None:
        at, colour = self.at(site), site["colour"]
        self.pen.circle(
            at,
            1.05 * self.sheet.lettering,
            "#ffffff",
            px=1.5,
            fill=colour,
        )
        self.block(at, 1.2)
        label = Label(
            one_line(f"{site['zh']}：{site['label']}"),
            (at,),
            50,
            self.points(6),
            "#ffffff",
            bold=True,
            beside_mm=2.2,
            plate=colour,
        )
        self.labels.append(label)

    def shared(self, overlaps: Shape | None) -> None:
        """Hatch what the sites share with prohibitions."""
        if overlaps is None or overlaps.is_empty:
            return
        shape = self.sheet.shape(overlaps)
        self.pen.hatch(
            "diagonal",
            self.cut(shape),
            RED,
            px=1.6,
            gap_mm=0.9,
        )
        self.pen.line(shape, RED, 2.0)

    def write(self, one: Placed) -> None:
        label, (left, bottom, right, top) = one.label, one.box
        high = top - bottom
        if label.plate is not None:
            grown = (left - 0.7, bottom - 0.25, right + 0.7, top + 0.25)
            self.pen.plate(grown, label.plate, alpha=0.9, round_mm=high * 0.55)
        at = (left, bottom + high * 0.2)
        look = {"bold": label.bold, "halo": label.plate is None}
        self.pen.text(
            at,
            label.text,
            label.size_pt,
            label.colour,
            **look,
        )


def _widened(frame: Box) -> Shape:
    """What is drawn at all: the frame and a millimetre round it, where lines are cut off unseen."""
    left, bottom, right, top = frame
    return shapely.box(left - 1, bottom - 1, right + 1, top + 1)


def _largest_first(one: tuple[Shape, dict[str, Any], dict[str, Any]]) -> tuple[float, str]:
    """So that no area hides another."""
    return -shapely.area(one[0]), one[1]["id"]


def _objects_last(one: Located) -> tuple[bool, str]:
    return one[0]["mark"] == "object", one[0]["id"]
