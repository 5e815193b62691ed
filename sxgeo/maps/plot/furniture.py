"""What stands round the map: title, notices, graticule, inset, north arrow and scale bar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...reports.figure import nice
from ..style import BASE_STYLES
from .faces import POINTS_PER_MM, one_line, width_mm, wrapped
from .sheet import multiples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...geometry.shapes import Shape
    from .pen import Pen
    from .sheet import Box, Point, Sheet

_INK, _SOFT, _WARM = "#1c2f3d", "#51626f", "#7a2b00"
_STEPS_DEG = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_REVIEW_SLOT = "审图号：＿＿＿＿＿＿＿＿"


@dataclass(frozen=True, slots=True)
class DegreeLine:
    """A meridian or a parallel in millimetres, with its degrees."""

    words: str
    shape: Shape
    is_meridian: bool


class Furniture:
    """Draws the parts of a sheet that are no map."""

    def __init__(
        self,
        pen: Pen,
        sheet: Sheet,
        content: dict[str, Any],
    ) -> None:
        self.pen, self.sheet, self.content = pen, sheet, content
        self.grown = sheet.lettering

    def title(self) -> None:
        left, top = self.sheet.frame[0], self.sheet.frame[3]
        meta, y = self.content["meta"], self.sheet.height_mm - 7
        bar = (left - 4.2 * self.grown, top + 3.2 * self.grown, left - 3 * self.grown, y)
        self.pen.plate(bar, "#1b4f72", alpha=1.0)
        self.title_line(
            meta["title_zh"],
            y - 5.6 * self.grown,
            15.0,
            _INK,
            bold=True,
        )
        self.title_line(
            meta["title_en"],
            y - 9.6 * self.grown,
            7.5,
            _SOFT,
            bold=False,
        )

    def title_line(
        self,
        words: str,
        y: float,
        size_pt: float,
        colour: str,
        *,
        bold: bool,
    ) -> None:
        left, _, right, _ = self.sheet.frame
        size = self.fitting(words, size_pt, right - left, bold=bold)
        self.pen.text(
            (left - 1.2 * self.grown, y),
            words,
            size,
            colour,
            bold=bold,
        )

    def fitting(
        self,
        words: str,
        size_pt: float,
        room_mm: float,
        *,
        bold: bool = False,
    ) -> float:
        """Return the size at which words fit: a long name is written smaller, never over the
        edge.
        """
        size = size_pt * self.grown
        return min(size, size * room_mm / width_mm(words, size, bold))

    def notices(self) -> None:
        """Write the notices under the map; the one about publishing stands first and stands out."""
        left, right = 7.0 + 1.0, self.sheet.width_mm - 8.0
        size = 5.6 * self.grown
        step = size / POINTS_PER_MM * 1.28
        y = self.sheet.frame[1] - 4.6 * self.grown - step * 0.55

        # the place for the review number stands on the first line, which is so much shorter
        room = right - left - self.review_slot((right, y), size)
        for words, colour in self.notice_lines():
            for line in wrapped(words, size, room):
                self.pen.text(
                    (left, y),
                    line,
                    size,
                    colour,
                    bold=colour == _WARM,
                )
                y -= step
            room = right - left

    def review_slot(self, at: Point, size: float) -> float:
        """Write the place for the number of the map's review, which ends at a point; return the
        width that it takes.
        """
        self.pen.text(at, _REVIEW_SLOT, size, _INK, anchor="right")
        return width_mm(_REVIEW_SLOT, size) + 2

    def notice_lines(self) -> Iterator[tuple[str, str]]:
        """Yield the notices in their order, each with its colour."""
        *users, warning, dated, sources = self.content["meta"]["notices"]
        for words in (*users, warning):
            yield _on_paper(words), _WARM
        yield _on_paper(dated), _INK
        scale = f"比例尺约1:{self.sheet.denominator:,}（{self.sheet.size.upper()}原大）"
        yield _on_paper(f"{self.sheet.crs_words} · {scale} · {sources}"), _SOFT

    def graticule(self) -> None:
        """Draw meridians and parallels and write their degrees at the frame."""
        window = shapely.box(*self.sheet.frame)
        for line in self.lines():
            seen = shapely.intersection(line.shape, window)
            self.pen.line(seen, "#7f8c94", 0.5, alpha=0.45)
            self.degrees(line)
        self.pen.line(shapely.get_exterior_ring(window), _INK, 2.2)

    def degrees(self, line: DegreeLine) -> None:
        """Write degrees where a line leaves the frame: at the foot, or on the left."""
        left, bottom, right, top = self.sheet.frame
        end = (right, bottom) if line.is_meridian else (left, top)
        side = shapely.linestrings([(left, bottom), end])

        # a bent line may miss the side or meet it twice: one number at most
        for x, y in shapely.get_coordinates(shapely.intersection(line.shape, side))[:1]:
            at, anchor = (left - 0.8, y - 0.6 * self.grown), "right"
            if line.is_meridian:
                at, anchor = (x, bottom - 2.6 * self.grown), "middle"
            self.pen.text(
                at,
                line.words,
                4.8 * self.grown,
                _SOFT,
                anchor=anchor,
            )

    def lines(self) -> Iterator[DegreeLine]:
        """Yield meridians and parallels of the zone and as much again round it."""
        (south, north), (west, east) = self.outline_span()
        span = max(north - south, east - west)

        # about six lines across, whatever the scale
        step = next((s for s in _STEPS_DEG if span / s <= 6), _STEPS_DEG[-1])
        lats = (max(south - span, -80), min(north + span, 85))
        lons = (west - span, east + span)
        yield from self.meridians(multiples(step, *lons), lats)
        yield from self.parallels(multiples(step, *lats), lons)

    def outline_span(self) -> tuple[Point, Point]:
        """Least and greatest latitude and longitude of the zone."""
        rings = [np.asarray(ring, float) for part in self.content["outline"] for ring in part]
        lat, lon = np.vstack(rings).T
        return (lat.min(), lat.max()), (lon.min(), lon.max())

    def meridians(self, degrees: Iterable[float], lats: Point) -> Iterator[DegreeLine]:
        for degree in degrees:
            chain = self.sheet.flat([(v, degree) for v in np.linspace(*lats, 60)])
            yield DegreeLine(f"{degree:g}°E", shapely.linestrings(chain), True)

    def parallels(self, degrees: Iterable[float], lons: Point) -> Iterator[DegreeLine]:
        for degree in degrees:
            chain = self.sheet.flat([(degree, v) for v in np.linspace(*lons, 60)])
            yield DegreeLine(f"{degree:g}°N", shapely.linestrings(chain), False)

    def corner(self, blocked: Shape) -> None:
        """Place inset, north arrow and scale bar in the corner of the frame where the zone leaves
        most room.
        """
        box = self.freest_corner(blocked)
        left, bottom, right, top = box
        self.pen.plate(box, alpha=0.94, edge="#b9c3c9")
        self.scale((left, bottom, right, bottom + 8.5 * self.grown))
        self.inset((left + 1.5, bottom + 12.5 * self.grown, right - 8 * self.grown, top - 1.5))
        self.inset_words(box)
        self.north(right - 5 * self.grown, bottom + 16 * self.grown)

    def freest_corner(self, blocked: Shape) -> Box:
        left, bottom, right, top = self.sheet.frame
        wide, high, gap = 34 * self.grown, 43 * self.grown, 1.6
        columns, rows = (left + gap, right - gap - wide), (bottom + gap, top - gap - high)
        boxes = [(x, y, x + wide, y + high) for x, y in product(columns, rows)]

        def covered(box: Box) -> float:
            # rounded, or the last digits of two free corners would choose between them
            return round(
                float(shapely.area(shapely.box(*box).intersection(blocked))),
                3,
            )

        # of equally free corners the first: the same map gives the same sheet
        return min(boxes, key=covered)

    def inset(self, room: Box) -> None:
        """Draw the zone within what lies round it."""
        context = self.areas("context")
        zone = self.sheet.zone(self.areas("counties"), self.content["outline"])
        small = _reduction(shapely.union_all([zone, *context]), room)

        # the zone stands out of its surroundings, which are drawn first
        style = BASE_STYLES["context"]
        for shape in context:
            self.pen.area(
                small(shape),
                fill=style.fill,
                edge=style.colour,
                px=0.8,
            )
        self.pen.area(
            small(zone),
            fill="#8fb3c9",
            edge="#2c5d7c",
            px=1.0,
        )

    def areas(self, key: str) -> list[Shape]:
        return [self.sheet.area(row["rings"]) for row in self.content[key]]

    def inset_words(self, box: Box) -> None:
        left, bottom, right, _ = box
        words = self.content["meta"]["inset_zh"]
        size = self.fitting(words, 5.2, right - left - 3)
        at = ((left + right) / 2, bottom + 9.6 * self.grown)
        self.pen.text(at, words, size, _SOFT, anchor="middle")

    def north(self, x: float, y: float) -> None:
        self.pen.area(self.half_arrow(x, y, -2.1), fill=_INK)
        self.pen.area(
            self.half_arrow(x, y, 2.1),
            fill="#ffffff",
            edge=_INK,
            px=0.9,
        )
        at = (x, y - 0.6 * self.grown)
        self.pen.text(
            at,
            "北",
            6.6 * self.grown,
            _INK,
            bold=True,
            anchor="middle",
        )

    def half_arrow(
        self,
        x: float,
        y: float,
        side: float,
    ) -> Shape:
        u = self.grown
        return shapely.Polygon(
            [
                (x, y + 9 * u),
                (x + side * u, y + 2.5 * u),
                (x, y + 4 * u),
            ]
        )

    def scale(self, box: Box) -> None:
        """Draw a bar of a round length, true at the middle of the map."""
        left, bottom, right, _ = box
        middle, size = (left + right) / 2, 4.9 * self.grown

        # a round length, and the bar as long as that makes it
        length_m = nice((right - left) * 0.72 * self.sheet.metres_per_mm)
        self.bar((middle, bottom + 3.0 * self.grown), length_m, size)
        words = one_line(f"约1:{self.sheet.denominator:,}")
        self.pen.text(
            (middle, bottom + 0.8),
            words,
            size,
            _SOFT,
            anchor="middle",
        )

    def bar(
        self,
        middle: Point,
        length_m: float,
        size: float,
    ) -> None:
        """Draw a scale bar of two halves with its numbers."""
        long = length_m / self.sheet.metres_per_mm
        x, y = middle[0] - long / 2, middle[1]
        self.half_bar((x, y), long / 2, _INK)
        self.half_bar((x + long / 2, y), long / 2, "#ffffff")

        # numbers stand above the ends and the middle of the bar
        numbers = ("0", f"{length_m / 2000:g}", f"{length_m / 1000:g} km")
        for half, words in enumerate(numbers):
            at = (x + half * (long / 2), y + 1.6 * self.grown)
            self.pen.text(at, words, size, _INK, anchor="middle")

    def half_bar(
        self,
        at: Point,
        long_mm: float,
        fill: str,
    ) -> None:
        """Draw half of a scale bar, from its lower left corner on."""
        x, y = at
        self.pen.area(
            shapely.box(x, y, x + long_mm, y + 0.9 * self.grown),
            fill=fill,
            edge=_INK,
            px=0.9,
        )


def _on_paper(notice: str) -> str:
    """A notice as it stands on paper, where there is no legend to turn to."""
    return notice.replace("（全文见图例“资料来源与署名”）", "")


def _reduction(whole: Shape, room: Box) -> Callable[[Shape], Shape]:
    """Return what draws shapes so small that the whole of them fits into a box."""
    shrink, shift = _into(shapely.bounds(whole), room)

    def small(shape: Shape) -> Shape:
        coarse = shapely.simplify(shape, 0.15 / shrink)
        return shapely.transform(coarse, lambda xy: xy * shrink + shift)

    return small


def _into(whole: Sequence[float], room: Box) -> tuple[float, tuple[float, float]]:
    """Return the factor and the shift that bring some bounds into the middle of a box."""
    # all of the surroundings fit, with their proportions kept
    shrink = min(
        (room[2] - room[0]) / (whole[2] - whole[0]), (room[3] - room[1]) / (whole[3] - whole[1])
    )
    shift = (
        (room[0] + room[2]) / 2 - (whole[0] + whole[2]) / 2 * shrink,
        (room[1] + room[3]) / 2 - (whole[1] + whole[3]) / 2 * shrink,
    )
    return shrink, shift
