"""What stands inside the map frame, from the ground up: land, bands, links, resources, sites,
labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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
    from .sheet import Box, Sheet
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
_LEADING = frozenset(
    {"protected_areas", "world_heritage", "historic_cities", "karst_springs", "water_sources"}
)


class Ground:
    """Draws a zone's content into the frame of a sheet and keeps what the legend must say of it."""

    def __init__(
        self,
        pen: Pen,
        sheet: Sheet,
        content: dict[str, Any],
        underlays: Sequence[Underlay] = (),
    ) -> None:
        self.pen, self.sheet, self.content = pen, sheet, content
        self.underlays = underlays
        self.classes = {row["id"]: row for row in content["classes"]}
        self.symbol_mm = SYMBOL_MM * sheet.lettering
        self.labels: list[Label] = []
        self.marks: list[Box] = []
        self.left_out: list[Label] = []
        left, bottom, right, top = sheet.frame
        self.window = shapely.box(left - 1, bottom - 1, right + 1, top + 1)
        self.located = self._located()
        counts = Counter(feature["cls"] for feature, _, _ in self.located)
        self.crowded = {
            cls["id"]: counts[cls["id"]] for cls in content["classes"] if counts[cls["id"]] > _CROWD
        }
        self.single = [one for one in self.located if one[0]["cls"] not in self.crowded]

    def draw(self, overlaps: Shape = None) -> list[Placed]:
        """Draw everything; `overlaps` is the lon/lat shape that sites share with prohibitions."""
        self.pen.clip = self.sheet.frame

        # from below: the land, then reach and roads, then the veil over what is not the zone, then
        # records
        self.pen.plate(self.sheet.frame, BASE_STYLES["beyond"].fill or "#ffffff", alpha=1.0)
        self.land()
        for underlay in self.underlays:
            self.pen.picture(underlay.on(self.sheet), self.sheet.frame)
        self.bands()
        self.links()
        self.veil()
        self.masses()
        self.areas()
        self.rings()
        self.symbols()
        self.sites(overlaps)

        # names come last, when all marks are known that they must not cover
        placed, self.left_out = place_labels(self.labels, self.marks, self.sheet.frame)
        for one in placed:
            self.write(one)
        self.pen.clip = None
        return placed

    def cut(self, shape: Shape) -> Shape:
        return shapely.intersection(shape, self.window)

    def points(self, size: float) -> float:
        return size * self.sheet.lettering

    def border(self, shape: Shape, name: str) -> None:
        style = BASE_STYLES[name]
        self.pen.line(shape, style.colour, style.width_px, dash=style.dash)

    def land(self) -> None:
        for row in self.content["context"]:
            self.neighbour(row)
        self.counties = [self.sheet.area(row["rings"]) for row in self.content["counties"]]
        self.zone = (
            shapely.union_all(self.counties)
            if self.counties
            else self.sheet.area(self.content["outline"])
        )
        self.pen.area(self.cut(self.zone), fill=BASE_STYLES["land"].fill)

    def neighbour(self, row: dict[str, Any]) -> None:
        """Draw a county beside the zone, its name in grey where it has room."""
        shape = self.sheet.area(row["rings"])
        self.pen.area(self.cut(shape), fill=BASE_STYLES["context"].fill)
        self.border(shape, "context")
        at = self.inside(shape)
        if at is not None:
            words, size = one_line(row["zh"]), self.points(8)
            self.labels.append(Label(words, (at,), 900, size, "#788791", room_mm=12))

    def inside(self, shape: Shape) -> tuple[float, float] | None:
        """Return the middle of the largest visible part of an area outside the zone."""
        seen = [part for part in shapely.get_parts(self.cut(shape)) if shapely.area(part) > 1]
        if not seen:
            return None
        largest = max(seen, key=shapely.area)
        line = shapely.maximum_inscribed_circle(largest, tolerance=0.5)
        x, y = shapely.get_coordinates(line)[0]
        return float(x), float(y)

    def bands(self) -> None:
        """Areas of reach, and what lies between their inner and outer contour; of two days the
        later, and what it gains.
        """
        days = self.content["scenario"]
        for band in days["after"] if days else self.content["bands"]:
            self.pen.hatch(
                "back",
                self.cut(self.sheet.area(band.get("error", ()))),
                band["colour"],
                px=0.6,
                gap_mm=1.2,
            )
            for edge in ("inner", "outer"):
                border = shapely.boundary(self.sheet.area(band.get(edge, ())))
                self.pen.line(self.cut(border), band["colour"], 0.8, dash="3 3")
            shape = self.sheet.area(band["rings"])
            self.pen.area(self.cut(shape), fill=band["colour"], alpha=0.15)
            self.pen.line(self.cut(shapely.boundary(shape)), band["colour"], 1.4)

            # the label of a line may stand at several places of it; which one is settled when all
            # labels are known
            places = tuple((float(x), float(y)) for x, y in self.sheet.flat(band["places"]))
            words = f"{band['minutes']:g} 分钟"
            colour = "#5b1a8b"
            self.labels.append(
                Label(
                    words,
                    places,
                    300 + band["minutes"] / 10,
                    self.points(5.6),
                    colour,
                    bold=True,
                    plate="#ffffff",
                )
            )

        for gained in days["gained"] if days else ():
            shape = self.cut(self.sheet.area(gained["rings"]))
            self.pen.hatch("cross", shape, days["colour"], px=0.8, gap_mm=1.3)
            self.pen.line(shape, days["colour"], 1.2)

    def links(self) -> None:
        style = self.content["style"]
        for link in self.content["links"]:
            look = style["lines"][link["mode"]]
            dash = style["statuses"].get(link["status"], (None, None, None))[2]
            chains = [self.sheet.flat(c) for c in link["lines"] if len(c) > 1]
            way = self.cut(shapely.multilinestrings(chains))

            # what is only sketched is thin and pale; a white edge parts every link from the ground
            sketch = link["drawn"] == "示意连线"
            width, alpha = look["width_px"] * (0.7 if sketch else 1), 0.5 if sketch else 0.9
            self.pen.line(way, "#ffffff", look["width_px"] + 1.6, alpha=0.6)
            self.pen.line(way, look["colour"], width, dash=dash, alpha=alpha)

    def veil(self) -> None:
        """Mask what lies outside the zone; then its inner and outer borders."""
        outside = shapely.difference(self.window, self.zone)
        veil = BASE_STYLES["veil"]
        self.pen.area(outside, fill=veil.fill, alpha=0.62)
        for row, shape in zip(self.content["counties"], self.counties, strict=True):
            self.border(shape, "county")
            (x, y), *_ = self.sheet.flat([row["at"]])

            # a county with little room gets smaller letters and gives way to a larger one
            room = row["room_m"] / self.sheet.metres_per_mm
            size = 7.6 if room > 5 else 6.2
            priority = 100 + 1e5 / max(row["room_m"], 1)
            place = ((float(x), float(y)),)
            self.labels.append(
                Label(
                    one_line(row["zh"]),
                    place,
                    priority,
                    self.points(size),
                    "#23323d",
                    bold=True,
                    room_mm=min(18, room),
                )
            )
        for row in self.content["subs"]:
            self.border(self.sheet.area(row["rings"]), "sub_region")
        self.pen.line(self.zone, "#ffffff", 5.5, alpha=0.75)
        self.border(self.zone, "zone")

    def _located(self) -> list[tuple[dict[str, Any], dict[str, Any], tuple[float, float]]]:
        """Each located record, its class and its place in millimetres without the shift of its
        symbol.
        """
        found = [feature for feature in self.content["features"] if "at" in feature]
        places = self.sheet.flat([feature["at"] for feature in found]).tolist() if found else []
        return [
            (f, self.classes[f["cls"]], (x, y)) for f, (x, y) in zip(found, places, strict=True)
        ]

    def masses(self) -> None:
        """Classes of many records: all areas of a kind as one shape, all points as one set of small
        marks.
        """
        for class_id in self.crowded:
            cls = self.classes[class_id]
            own = [one for one in self.located if one[0]["cls"] == class_id]
            for kind, edge in EDGE_STYLES.items():
                rings = [part for f, _, _ in own if f.get("kind") == kind for part in f["rings"]]
                self.mass(rings, cls, edge)

            # what has neither area nor line is a point
            points = [at for f, _, at in own if "rings" not in f and "lines" not in f]
            if points:
                self.pen.dots(points, self.symbol_mm * 0.22, cls["colour"])

    def mass(self, rings: list[Any], cls: dict[str, Any], edge: EdgeStyle) -> None:
        """Draw all areas of a kind as one."""
        shape = shapely.union_all(shapely.simplify(self.sheet.areas(rings), _FINEST_MM))
        self.surface(self.cut(shape), cls, edge, edge.width_px * 0.4)

    def surface(self, seen: Shape, cls: dict[str, Any], edge: EdgeStyle, width_px: float) -> None:
        self.pen.area(seen, fill=cls["colour"], alpha=0.18 if edge.hatched else 0.07)
        if edge.hatched:
            self.pen.hatch(cls["hatch"], seen, cls["colour"])
        self.pen.line(seen, cls["colour"], width_px, dash=edge.dash)

    def areas(self) -> None:
        """Polygons, large ones under small ones, each with its hatch and the line of its kind."""
        found = [(self.sheet.area(f["rings"]), f, c) for f, c, _ in self.single if "rings" in f]

        # the largest first, so that none hides another
        found.sort(key=lambda one: (-shapely.area(one[0]), one[1]["id"]))
        for shape, feature, cls in found:
            edge = EDGE_STYLES.get(feature["kind"], EDGE_STYLES["extent_box"])
            self.surface(self.cut(shape), cls, edge, edge.width_px)
        for feature, cls, _ in self.located:
            if "lines" in feature:
                chains = [self.sheet.flat(c) for c in feature["lines"] if len(c) > 1]
                self.pen.line(self.cut(shapely.multilinestrings(chains)), cls["colour"], 3.0)

    def rings(self) -> None:
        """Extent and error of points, where the scale shows them."""
        least = self.symbol_mm * _SMALLEST_RING
        for feature, cls, at in self.single:
            if "rings" in feature or "lines" in feature:
                continue
            for key, dash, fill in (
                ("ext_m", "1.2 4", 0.10),
                ("scr_m", "1 4", 0.03),
                ("acc_m", "5 3.5", None),
            ):
                radius = feature.get(key, 0) / self.sheet.metres_per_mm
                if radius >= least:
                    inner = {"fill": cls["colour"], "fill_alpha": fill} if fill else {}
                    self.pen.circle(
                        at, radius, cls["colour"], px=0.9, dash=dash, alpha=0.65, **inner
                    )

    def symbols(self) -> None:
        for node in self.content["nodes"]:
            self.small(node, NODE_PATH, "#1d3557", 500)
        for element in self.content["elements"]:
            if "at" in element:
                self.small(element, ELEMENT_PATH, "#7b4b94", 480)
        for origin in self.content["origins"]:
            (x, y), *_ = self.sheet.flat([origin["at"]])
            self.pen.circle((x, y), 1.1 * self.sheet.lettering, "#ffffff", px=1.5, fill="#6a1b9a")
            self.labels.append(
                Label(
                    one_line(origin["zh"]),
                    ((float(x), float(y)),),
                    350,
                    self.points(6),
                    "#4a148c",
                    bold=True,
                    beside_mm=1.6,
                )
            )

        # symbols of the thing itself lie over those that stand for an area
        for feature, cls, at in sorted(
            self.single, key=lambda one: (one[0]["mark"] == "object", one[0]["id"])
        ):
            spot = self.shifted(at, feature)

            # a candidate is drawn faint: it may not be there at all
            faint = 0.55 if feature["member"] == "candidate" else 1.0
            self.pen.symbol(
                cls["path"], spot, self.symbol_mm, cls["colour"], mark=feature["mark"], alpha=faint
            )
            self.block(spot, self.symbol_mm / 2)
            priority = (
                550 if cls["id"] in _LEADING else 600 if feature["mark"] == "object" else 700
            ) + 200 * (faint < 1)
            beside = self.symbol_mm * 0.62
            size = self.points(5.0 if cls["id"] in _LEADING else 4.3)
            self.labels.append(
                Label(one_line(feature["zh"]), (spot,), priority, size, beside_mm=beside)
            )

    def small(self, row: dict[str, Any], path: str, colour: str, priority: float) -> Shape:
        (x, y), *_ = self.sheet.flat([row["at"]])
        at = self.shifted((float(x), float(y)), row)
        size = self.symbol_mm * 0.66
        self.pen.symbol(path, at, size, colour, mark="proxy")
        self.block(at, size / 2)
        if shapely.intersects_xy(self.zone, *at):
            words, letters = one_line(row["zh"]), self.points(4.6)
            self.labels.append(Label(words, (at,), priority, letters, colour, beside_mm=size * 0.7))

    def shifted(self, at: tuple[float, float], row: dict[str, Any]) -> tuple[float, float]:
        dx, dy = row.get("shift", (0, 0))
        return at[0] + dx * self.symbol_mm, at[1] - dy * self.symbol_mm

    def block(self, at: tuple[float, float], half: float) -> None:
        self.marks.append((at[0] - half, at[1] - half, at[0] + half, at[1] + half))

    def sites(self, overlaps: Shape) -> None:
        """Checked sites by verdict; a site too small to be seen stands under its dot."""
        for site in self.content["sites"]:
            if "rings" in site:
                shape = self.sheet.area(site["rings"])
                self.pen.area(self.cut(shape), fill=site["mark"], alpha=0.45)
                self.pen.line(shape, site["colour"], 2.4)
            for chain in site.get("lines", ()):
                self.pen.line(shapely.linestrings(self.sheet.flat(chain)), site["colour"], 4)
            if "at" not in site:
                continue
            (x, y), *_ = self.sheet.flat([site["at"]])
            at = (float(x), float(y))
            self.pen.circle(at, 1.05 * self.sheet.lettering, "#ffffff", px=1.5, fill=site["colour"])
            self.block(at, 1.2)
            words = one_line(f"{site['zh']}：{site['label']}")
            self.labels.append(
                Label(
                    words,
                    (at,),
                    50,
                    self.points(6),
                    "#ffffff",
                    bold=True,
                    beside_mm=2.2,
                    plate=site["colour"],
                )
            )
        if overlaps is not None and not overlaps.is_empty:
            shape = self.sheet.shape(overlaps)
            self.pen.hatch("diagonal", self.cut(shape), RED, px=1.6, gap_mm=0.9)
            self.pen.line(shape, RED, 2.0)

    def write(self, one: Placed) -> None:
        label, (left, bottom, right, _) = one.label, one.box
        high = one.box[3] - bottom
        if label.plate is not None:
            grown = (left - 0.7, bottom - 0.25, right + 0.7, one.box[3] + 0.25)
            self.pen.plate(grown, label.plate, alpha=0.9, round_mm=high * 0.55)
        size, colour = label.size_pt, label.colour
        self.pen.text(
            (left, bottom + high * 0.2),
            label.text,
            size,
            colour,
            bold=label.bold,
            halo=label.plate is None,
        )
