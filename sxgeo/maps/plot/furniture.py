"""What stands round the map: title, notices, graticule, inset, north arrow and scale bar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...reports.figure import nice
from ..style import BASE_STYLES
from .faces import POINTS_PER_MM, one_line, width_mm, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...geometry.shapes import Shape
    from .pen import Pen
    from .sheet import Box, Sheet

_INK, _SOFT, _WARM = "#1c2f3d", "#51626f", "#7a2b00"
_STEPS_DEG = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_REVIEW_SLOT = "审图号：＿＿＿＿＿＿＿＿"


def _fitting(words: str, size: float, room_mm: float, *, bold: bool) -> float:
    """Return the size of letters: a long name is written smaller, never over the edge."""
    return min(size, size * room_mm / width_mm(words, size, bold))


class Furniture:
    """Draws the parts of a sheet that are no map."""

    def __init__(self, pen: Pen, sheet: Sheet, content: dict[str, Any]) -> None:
        self.pen, self.sheet, self.content = pen, sheet, content
        self.grown = sheet.lettering

    def title(self) -> None:
        left, _, right, top = self.sheet.frame
        meta, y = self.content["meta"], self.sheet.height_mm - 7
        bar = (left - 4.2 * self.grown, top + 3.2 * self.grown, left - 3 * self.grown, y)
        self.pen.plate(bar, "#1b4f72", alpha=1.0)
        x, room = left - 1.2 * self.grown, right - left
        for words, size, bold, down in (
            (meta["title_zh"], 15.0, True, 5.6),
            (meta["title_en"], 7.5, False, 9.6),
        ):
            fitting = _fitting(words, size * self.grown, room * self.grown, bold=bold)
            colour = _INK if bold else _SOFT
            self.pen.text((x, y - down * self.grown), words, fitting, colour, bold=bold)

    def notices(self) -> None:
        """Write the notices under the map; the one about publishing stands first and stands out."""
        left, right = 7.0 + 1.0, self.sheet.width_mm - 8.0
        size = 5.6 * self.grown
        step = size / POINTS_PER_MM * 1.28
        y = self.sheet.frame[1] - 4.6 * self.grown - step * 0.55
        plane = (
            f"{self.sheet.crs_words} ·"
            f" 比例尺约1:{self.sheet.denominator:,}（{self.sheet.size.upper()}原大）"
        )
        *users, warning, dated, sources = self.content["meta"]["notices"]

        # the place for the review number stands on the first line, which is so much shorter
        slot = width_mm(_REVIEW_SLOT, size) + 2
        self.pen.text((right, y), _REVIEW_SLOT, size, _INK, anchor="right")
        for number, (words, colour) in enumerate(
            [
                *((u, _WARM) for u in users),
                (warning, _WARM),
                (dated, _INK),
                (f"{plane} · {sources}", _SOFT),
            ]
        ):
            room = right - left - (slot if number == 0 else 0)
            for line in wrapped(words.replace("（全文见图例“资料来源与署名”）", ""), size, room):
                self.pen.text((left, y), line, size, colour, bold=colour == _WARM)
                y -= step

    def graticule(self) -> None:
        """Draw meridians and parallels and write their degrees at the frame."""
        left, bottom, right, top = self.sheet.frame
        window = shapely.box(left, bottom, right, top)
        size = 4.8 * self.grown
        for words, line, vertical in self.lines():
            seen = shapely.intersection(line, window)
            self.pen.line(seen, "#7f8c94", 0.5, alpha=0.45)

            # degrees stand where a line leaves the frame, at the foot and on the left
            side = shapely.linestrings(
                [(left, bottom), (right, bottom)] if vertical else [(left, bottom), (left, top)]
            )
            for x, y in shapely.get_coordinates(shapely.intersection(line, side))[:1]:
                if vertical:
                    self.pen.text(
                        (x, bottom - 2.6 * self.grown), words, size, _SOFT, anchor="middle"
                    )
                else:
                    self.pen.text(
                        (left - 0.8, y - 0.6 * self.grown), words, size, _SOFT, anchor="right"
                    )
        frame = shapely.get_exterior_ring(window)
        self.pen.line(frame, _INK, 2.2)

    def lines(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield degrees, line in millimetres and whether it is a meridian."""
        rings = [ring for part in self.content["outline"] for ring in part]
        lat, lon = np.vstack([np.asarray(ring, dtype=float) for ring in rings]).T
        span = max(np.ptp(lat), np.ptp(lon))

        # about six lines across, whatever the scale
        step = next((s for s in _STEPS_DEG if span / s <= 6), _STEPS_DEG[-1])
        west, east = lon.min() - span, lon.max() + span
        south, north = max(lat.min() - span, -80), min(lat.max() + span, 85)
        for n in range(math.ceil(west / step), math.floor(east / step) + 1):
            chain = [(v, n * step) for v in np.linspace(south, north, 60)]
            yield f"{n * step:g}°E", shapely.linestrings(self.sheet.flat(chain)), True
        for n in range(math.ceil(south / step), math.floor(north / step) + 1):
            chain = [(n * step, v) for v in np.linspace(west, east, 60)]
            yield f"{n * step:g}°N", shapely.linestrings(self.sheet.flat(chain)), False

    def corner(self, blocked: Shape) -> None:
        """Place inset, north arrow and scale bar in the corner of the frame where the zone leaves
        most room.
        """
        left, bottom, right, top = self.sheet.frame
        wide, high, gap = 34 * self.grown, 43 * self.grown, 1.6
        spots = [
            (left + gap, bottom + gap),
            (left + gap, top - gap - high),
            (right - gap - wide, bottom + gap),
            (right - gap - wide, top - gap - high),
        ]
        boxes = [(x, y, x + wide, y + high) for x, y in spots]

        # of equally free corners the first: the same map gives the same sheet
        box = min(
            boxes,
            key=lambda b: (
                round(float(shapely.area(shapely.intersection(shapely.box(*b), blocked))), 3),
                boxes.index(b),
            ),
        )
        self.pen.plate(box, alpha=0.94, edge="#b9c3c9")
        self.scale((box[0], box[1], box[2], box[1] + 8.5 * self.grown))
        north = (box[2] - 5 * self.grown, box[1] + 16 * self.grown)
        self.inset(
            (box[0] + 1.5, box[1] + 12.5 * self.grown, box[2] - 8 * self.grown, box[3] - 1.5), box
        )
        self.north(*north)

    def inset(self, room: Box, box: Box) -> None:
        """Draw the zone within what lies round it."""
        context = [self.sheet.area(row["rings"]) for row in self.content["context"]]
        counties = [self.sheet.area(row["rings"]) for row in self.content["counties"]]
        zone = shapely.union_all(counties) if counties else self.sheet.area(self.content["outline"])
        whole = shapely.bounds(shapely.union_all([zone, *context]))

        shrink, shift = _into(whole, room)

        def small(shape: Shape) -> Shape:
            return shapely.transform(
                shapely.simplify(shape, 0.15 / shrink), lambda xy: xy * shrink + shift
            )

        for shape in context:
            self.pen.area(
                small(shape),
                fill=BASE_STYLES["context"].fill,
                edge=BASE_STYLES["context"].colour,
                px=0.8,
            )
        self.pen.area(small(zone), fill="#8fb3c9", edge="#2c5d7c", px=1.0)
        words = self.content["meta"]["inset_zh"]
        size = min(
            5.2 * self.grown,
            5.2 * self.grown * (box[2] - box[0] - 3) / width_mm(words, 5.2 * self.grown),
        )
        self.pen.text(
            ((box[0] + box[2]) / 2, box[1] + 9.6 * self.grown), words, size, _SOFT, anchor="middle"
        )

    def north(self, x: float, y: float) -> None:
        u = self.grown
        top, foot = (x, y + 9 * u), (x, y + 4 * u)
        left, right = (
            shapely.Polygon([top, (x + side * 2.1 * u, y + 2.5 * u), foot]) for side in (-1, 1)
        )
        self.pen.area(left, fill=_INK)
        self.pen.area(right, fill="#ffffff", edge=_INK, px=0.9)
        self.pen.text((x, y - 0.6 * u), "北", 6.6 * u, _INK, bold=True, anchor="middle")

    def scale(self, box: Box) -> None:
        """Draw a bar of a round length, true at the middle of the map."""
        left, bottom, right, _ = box
        longest = (right - left) * 0.72

        # a round length, and the bar as long as that makes it
        length_m = nice(longest * self.sheet.metres_per_mm)
        long = length_m / self.sheet.metres_per_mm
        x, y = (left + right) / 2 - long / 2, bottom + 3.0 * self.grown
        for part, fill in ((0, _INK), (1, "#ffffff")):
            start = x + part * long / 2
            self.pen.area(
                shapely.box(start, y, start + long / 2, y + 0.9 * self.grown),
                fill=fill,
                edge=_INK,
                px=0.9,
            )
        size = 4.9 * self.grown
        half = length_m / 2
        for at, metres, anchor in (
            (x, 0.0, "middle"),
            (x + long / 2, half, "middle"),
            (x + long, length_m, "middle"),
        ):
            words = f"{metres / 1000:g}" + (" km" if metres == length_m else "")
            self.pen.text((at, y + 1.6 * self.grown), words, size, _INK, anchor=anchor)
        self.pen.text(
            ((left + right) / 2, bottom + 0.8),
            one_line(f"约1:{self.sheet.denominator:,}"),
            size,
            _SOFT,
            anchor="middle",
        )


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
