"""Drawing on the sheet in millimetres: areas, lines, hatches, symbols, texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, AffineDeltaTransform, Bbox, TransformedBbox

from ...errors import DataError
from .faces import POINTS_PER_MM, letters, outline, width_mm

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.artist import Artist

    from ...geometry.shapes import Shape
    from .sheet import Box, Point

PIXEL_MM = 0.2
"""Widths and dashes of the style table are in pixels of the page; this is what one measures on
paper.
"""
_TOKEN = re.compile(r"[MLHVCAZ]|-?(?:\d+\.?\d*|\.\d+)")
_BACK = {
    "left": 0.0,
    "middle": 0.5,
    "right": 1.0,
}
"""How much of its width a text stands left of its place, by its anchor."""
_ON_BASE_LINE: dict[str, Any] = {
    "va": "baseline",
    "ha": "left",
    "parse_math": False,
}
_NUMBERS = {
    "Z": 0,
    "H": 1,
    "V": 1,
    "M": 2,
    "L": 2,
    "C": 6,
    "A": 7,
}
"""How many numbers each command of a symbol's path takes."""
_WAVE_STEPS = 8


class Pen:
    """Draws on one axes whose unit is the millimetre; `clip` limits what follows to a box."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.clip: Box | None = None
        self._order = 0

    def _add(self, artist: Artist) -> None:
        # what comes later lies on top, while matplotlib would order by the kind of artist
        self._order += 1
        artist.set_zorder(self._order)
        self.axes.add_artist(artist)
        if self.clip is None:
            artist.set_clip_on(False)
        else:
            left, bottom, right, top = self.clip
            artist.set_clip_box(
                TransformedBbox(
                    Bbox([[left, bottom], [right, top]]),
                    self.axes.transData,
                )
            )

    def picture(self, pixels: npt.NDArray[np.uint8], box: Box) -> None:
        """Draw red, green, blue, alpha pixels into a box, the first row on top."""
        left, bottom, right, top = box
        image = AxesImage(
            self.axes,
            extent=(left, right, bottom, top),
            origin="upper",
            interpolation="nearest",
        )
        image.set_data(pixels)
        self._add(image)

    def area(
        self,
        shape: Shape,
        *,
        fill: str | None = None,
        alpha: float = 1.0,
        edge: str | None = None,
        px: float = 0.0,
        dash: str | None = None,
    ) -> None:
        """Fill and outline a shape; `px` and `dash` are pixels of the style table."""
        if shape.is_empty:
            return
        path = polygon_path(shape)
        if fill is not None:
            self._add(
                PathPatch(
                    path,
                    facecolor=fill,
                    alpha=alpha,
                    edgecolor="none",
                    linewidth=0,
                )
            )
        if edge is not None:
            self._add(
                PathPatch(
                    path,
                    fill=False,
                    edgecolor=edge,
                    **_stroke(px, dash),
                )
            )

    def line(
        self,
        shape: Shape,
        colour: str,
        px: float,
        *,
        dash: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Draw a line, or the edges of an area."""
        chains = [shapely.get_coordinates(part) for part in _chains(shape)]
        vertices = [np.vstack(chains)] if chains else []
        if vertices:
            codes = np.concatenate([[Path.MOVETO] + [Path.LINETO] * (len(c) - 1) for c in chains])
            stroke = _stroke(px, dash)
            self._add(
                PathPatch(
                    Path(vertices[0], codes),
                    fill=False,
                    edgecolor=colour,
                    alpha=alpha,
                    **stroke,
                )
            )

    def hatch(
        self,
        kind: str,
        shape: Shape,
        colour: str,
        *,
        px: float = 1.1,
        gap_mm: float = 1.7,
    ) -> None:
        """Hatch an area with a pattern of the style table."""
        if shape.is_empty:
            return
        bounds = shapely.bounds(shape)
        if kind == "dots":
            inside = shapely.intersection(_dots(bounds, gap_mm), shape)
            self.dots(shapely.get_coordinates(inside), gap_mm * 0.14, colour)
            return
        lines = shapely.multilinestrings(list(hatch_lines(kind, bounds, gap_mm)))
        self._segments(shapely.intersection(lines, shape), colour, px)

    def _segments(
        self,
        lines: Shape,
        colour: str,
        px: float,
    ) -> None:
        """Draw many short lines as one artist."""
        segments = [shapely.get_coordinates(part) for part in _chains(lines)]
        if segments:
            width = px * PIXEL_MM * POINTS_PER_MM
            self._add(LineCollection(segments, colors=colour, linewidths=width))

    def dots(
        self,
        places: Sequence[Point],
        radius_mm: float,
        colour: str,
    ) -> None:
        """Draw equal dots as one artist."""
        if len(places):
            look = {
                "facecolors": colour,
                "edgecolors": "none",
                "linewidths": 0,
            }
            ring = Path.unit_circle().transformed(Affine2D().scale(radius_mm))
            at, size = self.axes.transData, AffineDeltaTransform(self.axes.transData)
            self._add(
                PathCollection(
                    [ring],
                    offsets=np.asarray(places),
                    offset_transform=at,
                    transform=size,
                    **look,
                )
            )

    def circle(
        self,
        at: Point,
        radius_mm: float,
        colour: str,
        **look: Any,
    ) -> None:
        """Draw a circle: `px`, `dash` and `alpha` of its line, `fill` and `fill_alpha` inside."""
        fill = look.get("fill")
        if fill is not None:
            self._add(
                Circle(
                    at,
                    radius_mm,
                    facecolor=fill,
                    alpha=look.get("fill_alpha", 1.0),
                    edgecolor="none",
                )
            )
        stroke = _stroke(look.get("px", 1.0), look.get("dash"))
        self._add(
            Circle(
                at,
                radius_mm,
                fill=False,
                edgecolor=colour,
                alpha=look.get("alpha", 1.0),
                **stroke,
            )
        )

    def symbol(
        self,
        path: str,
        at: Point,
        size_mm: float,
        colour: str,
        *,
        mark: str = "object",
        alpha: float = 1.0,
    ) -> None:
        """Draw a symbol of the style table: filled for the thing itself, hollow for what stands for
        an area.
        """
        # the style table draws down the page, the sheet up
        unit = symbol_path(path)
        placed = Path(
            unit.vertices * (size_mm / 22) * (1, -1) + np.asarray(at),
            unit.codes,
        )
        for look in _solid(size_mm, colour) if mark == "object" else _hollow(size_mm, colour):
            self._add(PathPatch(placed, alpha=alpha, **look))

    def text(
        self,
        at: Point,
        words: str,
        size_pt: float,
        colour: str = "#1c2f3d",
        **look: Any,
    ) -> None:
        """Write one line: `anchor` left, middle or right, `bold`, `halo` for a white edge; `at` is
        on the base line.
        """
        bold = bool(look.get("bold"))

        # by a width of our own, so that what was measured for the layout is what is drawn
        share = _BACK[look.get("anchor", "left")]
        x, y = at[0] - share * width_mm(words, size_pt, bold), at[1]
        if look.get("halo"):
            self._halo((x, y), words, size_pt, bold=bold)
        font = letters(size_pt, bold=bold)
        self._add(
            Text(
                x,
                y,
                words,
                color=colour,
                fontproperties=font,
                **_ON_BASE_LINE,
            )
        )

    def _halo(
        self,
        at: Point,
        words: str,
        size_pt: float,
        *,
        bold: bool,
    ) -> None:
        vertices, codes = outline(words, size_pt, bold)
        edge = {
            "edgecolor": "#ffffff",
            "linewidth": size_pt * 0.3,
            "joinstyle": "round",
        }
        path = Path(np.add(vertices, at), codes)
        self._add(
            PathPatch(
                path,
                facecolor="#ffffff",
                alpha=0.9,
                **edge,
            )
        )

    def plate(
        self,
        box: Box,
        fill: str = "#ffffff",
        *,
        alpha: float = 0.93,
        edge: str = "none",
        round_mm: float = 0.0,
    ) -> None:
        """Draw the plate that a text stands on."""
        left, bottom, right, top = box
        style = f"round,pad=0,rounding_size={round_mm}" if round_mm else "square,pad=0"
        look = {
            "facecolor": fill,
            "alpha": alpha,
            "edgecolor": edge,
            "linewidth": 0.4,
        }
        self._add(
            FancyBboxPatch(
                (left, bottom),
                right - left,
                top - bottom,
                boxstyle=style,
                **look,
            )
        )


def _solid(size_mm: float, colour: str) -> list[dict[str, Any]]:
    """A filled symbol over a white edge."""
    halo = {
        "fill": False,
        "edgecolor": "#ffffff",
        "linewidth": 0.17 * size_mm * POINTS_PER_MM,
    }
    return [
        halo,
        {
            "facecolor": colour,
            "edgecolor": "none",
            "linewidth": 0,
        },
    ]


def _hollow(size_mm: float, colour: str) -> list[dict[str, Any]]:
    """A symbol that is an outline on paper."""
    edge = {"edgecolor": colour, "linewidth": 2.3 * size_mm / 22 * POINTS_PER_MM}
    return [
        {
            "facecolor": "#fffdf8",
            "joinstyle": "round",
            **edge,
        }
    ]


def _stroke(px: float, dash: str | None) -> dict[str, Any]:
    width = px * PIXEL_MM * POINTS_PER_MM
    if not dash:
        return {"linewidth": width, "joinstyle": "round"}

    # a dash of next to nothing is a dot, which needs round ends
    steps = tuple(float(step) * PIXEL_MM * POINTS_PER_MM for step in dash.split())
    return {
        "linewidth": width,
        "linestyle": (0, steps),
        "capstyle": "round" if steps[0] < 1.2 else "butt",
        "joinstyle": "round",
    }


def _chains(shape: Shape) -> Iterator[Any]:
    for part in shapely.get_parts(shapely.get_parts([shape])):
        # a part may be empty once it was cut at the frame
        if part.is_empty:
            continue
        if shapely.get_type_id(part) == 3:
            yield from shapely.get_rings(part)
        elif shapely.get_dimensions(part) == 1:
            yield part

        # what was cut may come back as a collection of lines and areas
        elif shapely.get_type_id(part) == 7:
            yield from _chains(part)


def polygon_path(shape: Shape) -> Path:
    """Every ring of a shape as one path; holes run the other way round, so that they stay empty."""
    # an empty shape still needs a path, with no vertex in it
    vertices, codes = [], []
    for part in shapely.get_parts(shapely.get_parts([shape])):
        if shapely.get_dimensions(part) == 2:
            for ring in shapely.get_rings(shapely.orient_polygons(part)):
                points = shapely.get_coordinates(ring)
                vertices.append(points)
                codes.append(
                    [
                        Path.MOVETO,
                        *[Path.LINETO] * (len(points) - 2),
                        Path.CLOSEPOLY,
                    ]
                )
    return Path(np.vstack(vertices), np.concatenate(codes)) if vertices else Path(np.empty((0, 2)))


def hatch_lines(
    kind: str,
    bounds: Sequence[float],
    gap_mm: float,
) -> Iterator[list[Point]]:
    """Yield the lines of a pattern over a box, on a grid that every area of the sheet shares."""
    box = tuple(float(v) for v in bounds)
    west, south, east, north = box

    # measured across, slanted lines stand as far apart as level ones
    slant_mm = gap_mm * math.sqrt(2)
    if kind in ("diagonal", "cross"):
        yield from _slanted(box, slant_mm)
    if kind in ("back", "cross"):
        yield from _slanted_back(box, slant_mm)
    if kind == "lines":
        yield from ([(west, y), (east, y)] for y in _rows(south, north, gap_mm))
    if kind == "waves":
        yield from (_wave(west, east, y, gap_mm) for y in _rows(south, north, gap_mm))


def _rows(
    south: float,
    north: float,
    gap_mm: float,
) -> list[float]:
    """Heights of level lines, from the one under a box to the one over it."""
    return [
        n * gap_mm
        for n in range(
            math.floor(south / gap_mm),
            math.ceil(north / gap_mm) + 1,
        )
    ]


def _slanted(box: Sequence[float], step: float) -> Iterator[list[Point]]:
    west, south, east, north = box
    for number in range(
        math.floor((south - east) / step),
        math.ceil((north - west) / step) + 1,
    ):
        offset = number * step
        yield [(west, west + offset), (east, east + offset)]


def _slanted_back(box: Sequence[float], step: float) -> Iterator[list[Point]]:
    """Yield the lines that slant the other way."""
    west, south, east, north = box

    # the other way round is the same in a mirror
    for line in _slanted((-east, south, -west, north), step):
        yield [(-x, y) for x, y in line]


def _wave(
    west: float,
    east: float,
    y: float,
    gap_mm: float,
) -> list[Point]:
    first, last = math.floor(west / gap_mm * _WAVE_STEPS), math.ceil(east / gap_mm * _WAVE_STEPS)
    turn = 2 * math.pi / _WAVE_STEPS
    return [
        (n * gap_mm / _WAVE_STEPS, y + gap_mm * 0.2 * math.sin(n * turn))
        for n in range(first, last + 1)
    ]


def _dots(bounds: Sequence[float], gap_mm: float) -> Shape:
    west, south, east, north = bounds
    step = gap_mm * 1.1
    rows = np.arange(
        math.floor(south / step),
        math.ceil(north / step) + 1,
    )
    columns = np.arange(
        math.floor(west / step),
        math.ceil(east / step) + 1,
    )
    x, y = np.meshgrid(columns.astype(float), rows.astype(float))

    # every other row stands half a step aside: dots in ranks would look like lines
    return shapely.multipoints(
        np.column_stack(
            [
                ((x + (y % 2) / 2) * step).ravel(),
                (y * step).ravel(),
            ]
        )
    )


@lru_cache(maxsize=64)
def symbol_path(text: str) -> Path:
    """Read a path of the style table: absolute M, L, H, V, C, A and Z, y down.

    Raises
    ------
    DataError
        If it holds anything else.
    """
    tokens = _tokens(text)
    vertices: list[Point] = []
    codes: list[Any] = []
    at, start, command = (0.0, 0.0), (0.0, 0.0), ""
    while tokens:
        # numbers without a letter go on as the last command did, after a move as lines
        command = tokens.pop(0) if tokens[0].isalpha() else ("L" if command == "M" else command)
        points, kind = _step(command, at, start, tokens)
        vertices += points
        codes += [kind] * len(points)
        at = start if command == "Z" else points[-1]
        start = at if command == "M" else start
    return Path(vertices, codes)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = _TOKEN.findall(text)

    # a piece that was passed over would leave a symbol with a gap
    if re.sub(r"[\s,]", "", text) != "".join(tokens):
        raise DataError(f"symbol path '{text}' holds more than M, L, H, V, C, A and Z")
    return tokens


def _step(
    command: str,
    at: Point,
    start: Point,
    tokens: list[str],
) -> tuple[Sequence[Point], Any]:
    """Take the numbers of a command; return the points that it leads to, and how."""
    numbers = [float(tokens.pop(0)) for _ in range(_NUMBERS.get(command, 2))]
    if command == "Z":
        return [start], Path.CLOSEPOLY
    if command == "C":
        return list(
            zip(
                numbers[::2],
                numbers[1::2],
                strict=True,
            )
        ), Path.CURVE4
    if command == "A":
        return _arc(at, numbers), Path.LINETO
    return [_end(command, at, numbers)], Path.MOVETO if command == "M" else Path.LINETO


def _end(
    command: str,
    at: Point,
    numbers: Sequence[float],
) -> Point:
    """Where a straight line ends: a level or upright one keeps the other half of where it began."""
    if command == "H":
        return numbers[0], at[1]
    if command == "V":
        return at[0], numbers[0]
    return numbers[0], numbers[1]


def _arc(a: Point, numbers: Sequence[float]) -> list[Point]:
    """Points along an elliptical arc whose axes lie along x and y, from a point by the numbers of
    the command.
    """
    rx, ry, _, large, sweep, x, y = numbers

    # measured in its radii, the ellipse is a circle
    first, last = (a[0] / rx, a[1] / ry), (x / rx, y / ry)
    circle = _along_circle(first, last, -1 if large == sweep else 1, bool(sweep))

    # and is stretched back to the ellipse
    return [(east * rx, north * ry) for east, north in circle]


def _along_circle(
    first: Point,
    last: Point,
    side: int,
    sweep: bool,
) -> list[Point]:
    """Points from one to the other along a unit circle, its centre on one side of the way."""
    (cx, cy), radius = _circle(first, last, side)
    begin, end = (math.atan2(p[1] - cy, p[0] - cx) for p in (first, last))

    # straight pieces, fine enough for any paper
    turns = _turns(begin, end, sweep)
    return [(cx + radius * math.cos(t), cy + radius * math.sin(t)) for t in turns]


def _circle(
    a: Point,
    b: Point,
    side: int,
) -> tuple[Point, float]:
    """Centre and radius of the unit circle through two points, its centre on one side of the way
    from one to the other; grown where they lie too far apart.
    """
    east, north = b[0] - a[0], b[1] - a[1]
    half = math.hypot(east, north) / 2
    radius = max(1.0, half)
    rise = math.sqrt(max(0.0, radius**2 - half**2)) / (2 * half)
    centre = (a[0] + b[0]) / 2 - side * rise * north, (a[1] + b[1]) / 2 + side * rise * east
    return centre, radius


def _turns(
    first: float,
    last: float,
    sweep: bool,
) -> list[float]:
    """Angles from one to the other in steps of a 32nd of a circle at most, the first left out."""
    if sweep and last <= first:
        last += math.tau
    if not sweep and last >= first:
        last -= math.tau
    steps = max(
        4,
        math.ceil(abs(last - first) / (math.pi / 16)),
    )
    return [first + (last - first) * n / steps for n in range(1, steps + 1)]
