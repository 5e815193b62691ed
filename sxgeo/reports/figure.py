"""Two plain figures: a site with its boundary points on the plane, and where the sites lie among
the counties.

A figure is drawn once, as shapes; SVG and PNG are two ways to write them down. Counties have their
names where there is room, else a letter that the caption explains. A PNG needs a Chinese font for
names: where the system has none, all counties have letters.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import shapely

from ..boundaries.units import load_counties
from ..geometry.projection import to_plane
from ..wording import MAP_NOTICE
from .archive import library
from .palette import COUNTY_EDGE, LAND, VERDICT_COLOURS
from .tables import rings, usable

if TYPE_CHECKING:
    from types import ModuleType

    from PIL.ImageDraw import ImageDraw

    from ..geometry.shapes import Shapes
    from ..model.outcomes import SiteOutcome
    from .answer import Answer
    from .tables import Ring

WIDTH, HEIGHT = 640.0, 440.0
_FRAME = (72.0, 18.0, 622.0, 404.0)  # left, top, right, bottom
_LABELLED = 40
_OUTSIDE_DEGREES = 0.7
_FINE = 3
"""How many pixels of the PNG make one unit of the drawing."""
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
    "PingFang.ttc",
    "STHeiti Light.ttc",
    "wqy-microhei.ttc",
)
"""Files of fonts with Chinese letters that systems come with; Pillow looks into their folders."""
_NAME_SIZE = 12.0

Point = tuple[float, float]
_Mark: TypeAlias = "tuple[int, shapely.Point, SiteOutcome]"
"""Number, place and answer of a site."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled or open chain of points, or a text at a point; units of the drawing, y down. Inside
    its `holes` a filled one leaves what lies under it as it is.
    """

    points: tuple[Point, ...]
    stroke: str = ""
    fill: str = ""
    width: float = 1.0
    text: str = ""
    size: float = 10.0
    anchor: str = "start"
    holes: tuple[tuple[Point, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Shapes in drawing order, with a title, a caption and a legend in Chinese."""

    title: str
    caption: str
    shapes: tuple[Shape, ...] = field(default_factory=tuple)
    lettered: Figure | None = None
    """The same figure without a Chinese letter in it, for a PNG where no font has them."""

    def svg(self) -> str:
        """Return the figure as an SVG element to stand inside a page."""
        inner = "".join(map(_svg, self.shapes))
        box = (
            f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img"'
            f' aria-label="{escape(self.title, quote=True)}"'
        )
        return f"<svg {box}>{inner}</svg>"

    def for_png(self) -> Figure:
        """Return the figure as this system can paint it: without names where no font has them."""
        return self if self.lettered is None or chinese_font() else self.lettered

    def png(self) -> bytes:
        """Return the figure as a PNG file (needs Pillow, part of the `office` extra); its texts are
        those of :meth:`for_png`.
        """
        images, drawing, fonts = (
            library(f"PIL.{name}") for name in ("Image", "ImageDraw", "ImageFont")
        )
        image = images.new(
            "RGB",
            (round(WIDTH * _FINE), round(HEIGHT * _FINE)),
            "white",
        )
        pen = drawing.Draw(image)
        for shape in self.shapes:
            _paint(pen, fonts, shape)
        target = io.BytesIO()
        image.save(target, "PNG", dpi=(288, 288))
        return target.getvalue()


def _svg(shape: Shape) -> str:
    if shape.text:
        (x, y), *_ = shape.points
        style = f'font-size="{shape.size:g}" text-anchor="{shape.anchor}" fill="{shape.stroke}"'
        return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(shape.text)}</text>'
    style = (
        f'stroke="{shape.stroke or "none"}" stroke-width="{shape.width:g}"'
        f' fill="{shape.fill or "none"}"'
    )
    if shape.holes:
        # of what rings are laid in one another, every other ground is filled
        rings = "".join(f"M{_svg_points(ring)}Z" for ring in (shape.points, *shape.holes))
        return f'<path d="{rings}" fill-rule="evenodd" {style}/>'
    kind = "polygon" if shape.fill else "polyline"
    return f'<{kind} points="{_svg_points(shape.points)}" {style}/>'


def _svg_points(chain: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in chain)


_ANCHORS = {
    "start": "ls",
    "middle": "ms",
    "end": "rs",
}


def _paint(
    pen: ImageDraw,
    fonts: ModuleType,
    shape: Shape,
) -> None:
    chain, *holes = (_pixels(ring) for ring in (shape.points, *shape.holes))
    if shape.text:
        pen.text(
            chain[0],
            shape.text,
            fill=shape.stroke,
            font=_font(fonts, shape),
            anchor=_ANCHORS[shape.anchor],
        )
        return

    # Pillow draws an outline over its ground, never with it
    if holes:
        _paint_round(pen, chain, holes, shape.fill)
    elif shape.fill:
        pen.polygon(chain, fill=shape.fill)
    if shape.stroke:
        for ring in (chain, *holes):
            _paint_line(pen, ring, shape)


def _paint_line(
    pen: ImageDraw,
    chain: Sequence[Point],
    shape: Shape,
) -> None:
    """Draw a chain in the stroke of a shape, closed where that is filled."""
    pen.line(
        [*chain, chain[0]] if shape.fill else chain,
        fill=shape.stroke,
        width=max(1, round(shape.width * _FINE)),
        joint="curve",
    )


def _pixels(chain: Iterable[Point]) -> list[Point]:
    return [(x * _FINE, y * _FINE) for x, y in chain]


def _paint_round(
    pen: ImageDraw,
    chain: Sequence[Point],
    holes: Iterable[Sequence[Point]],
    fill: str,
) -> None:
    """Fill a ring without its holes, which Pillow cannot say: through a mask as large as the sheet,
    in which they are cut out.
    """
    images, drawing = library("PIL.Image"), library("PIL.ImageDraw")
    mask = images.new("1", (round(WIDTH * _FINE), round(HEIGHT * _FINE)))
    cut = drawing.Draw(mask)
    cut.polygon(chain, fill=1)
    for hole in holes:
        cut.polygon(hole, fill=0)
    pen.bitmap((0, 0), mask, fill=fill)


# Any: the fonts of Pillow have no type in common.
def _font(fonts: ModuleType, shape: Shape) -> Any:
    """Return the letters of a text: the system's Chinese font only where one is needed."""
    named = chinese_font()
    size = shape.size * _FINE
    if named is None or shape.text.isascii():
        return fonts.load_default(size=size)
    return fonts.truetype(named, size=size)


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """Return the file of a font with Chinese letters that this system has; None where none of the
    known ones is installed.
    """
    fonts = library("PIL.ImageFont")
    for name in _FONTS:
        try:
            fonts.truetype(name)
        except OSError:
            continue
        return name
    return None


def site_figure(outcome: SiteOutcome) -> Figure | None:
    """Draw a site on its plane with grid, north, scale and boundary points; None when it has no
    geometry.
    """
    chains = rings(outcome)
    if not chains:
        return None
    view = _fit([p for ring in chains for p in ring.plane], least=60.0)
    overlapped = _overlapped(outcome, view.place)

    # the edge comes last, so that what is shared does not hide it
    shapes = [
        *_grid(view),
        *_body(chains, view.place),
        *overlapped,
        *_edges(chains, view.place),
    ]
    shapes += [*_scale_bar(view.metres_per_unit), *_north()]

    # numbers of hundreds of points would cover the plot: they stand in the table then
    count = sum(len(r.plane) for r in chains)
    labels = "" if count <= _LABELLED else f"界址点{count}个，图上不逐点注号；"
    caption = (
        f"{labels}格网为平面坐标（米），X为北、Y为东，"
        f"坐标系{outcome.crs}{_shared_words(outcome) if overlapped else ''}。{MAP_NOTICE}"
    )
    return Figure(f"用地范围及界址点示意图（{outcome.site.site_id}）", caption, tuple(shapes))


@dataclass(frozen=True, slots=True)
class _View:
    """How a plane lies in the frame: the point in its middle, and the scale of both axes."""

    x: float
    y: float
    metres_per_unit: float

    def place(self, point: Point) -> Point:
        """Place a point of the plane in the drawing."""
        left, top, right, bottom = _FRAME
        across, down = (left + right) / 2, (top + bottom) / 2
        scale = self.metres_per_unit

        # a plane counts upwards, a drawing downwards
        return across + (point[0] - self.x) / scale, down - (point[1] - self.y) / scale

    def bounds(self) -> tuple[float, float, float, float]:
        """Return what of the plane the frame shows: west, south, east, north."""
        left, top, right, bottom = _FRAME
        half_x = (right - left) / 2 * self.metres_per_unit
        half_y = (bottom - top) / 2 * self.metres_per_unit
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y


def _fit(points: Sequence[Point], *, least: float) -> _View:
    """Lay points into the frame."""
    left, top, right, bottom = _FRAME
    x, wide = _span((point[0] for point in points), least)
    y, high = _span((point[1] for point in points), least)

    # one scale for both axes, the wider one: what is round stays round
    return _View(x, y, max(wide / (right - left), high / (bottom - top)))


def _span(values: Iterable[float], least: float) -> tuple[float, float]:
    """Return the middle of some values, and how wide they are drawn: with air around them, and
    never narrower than `least`, or a dot would fill the frame.
    """
    known = list(values)
    first, last = min(known), max(known)
    return (first + last) / 2, max(last - first, least) * 1.25


def nice(length: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten not above a length."""
    power = 10.0 ** math.floor(math.log10(length))

    # a hair more, for powers of ten below one are not exact in binary
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= length * (1 + 1e-9))


def _frame() -> Shape:
    corners = _corners_of(*_FRAME)
    return Shape((*corners, corners[0]), "#333333", "", 1.2)


def _grid(view: _View) -> list[Shape]:
    """Return the frame over the lines of the plane's grid, each with its coordinate."""
    west, south, east, north = view.bounds()

    # about three lines up the sheet: more would hide the plot
    step = nice((north - south) / 3)
    shapes: list[Shape] = []
    for value in _multiples(step, west, east):
        x, _ = view.place((value, south))
        shapes += _upright(x, value)
    for value in _multiples(step, south, north):
        _, y = view.place((west, value))
        shapes += _level(y, value)
    return [*shapes, _frame()]


def _upright(x: float, value: float) -> list[Shape]:
    """Return a line of the grid up the frame, its coordinate below."""
    _, top, _, bottom = _FRAME
    return _grid_line(
        ((x, top), (x, bottom)),
        (x, bottom + 15),
        value,
        "middle",
    )


def _level(y: float, value: float) -> list[Shape]:
    """Return a line of the grid across the frame, its coordinate on the left."""
    left, _, right, _ = _FRAME
    return _grid_line(
        ((left, y), (right, y)),
        (left - 4, y + 3),
        value,
        "end",
    )


def _multiples(
    step: float,
    first: float,
    last: float,
) -> list[float]:
    """Return the whole multiples of a step within bounds."""
    numbers = range(
        math.ceil(first / step),
        math.floor(last / step) + 1,
    )
    return [number * step for number in numbers]


def _grid_line(
    ends: tuple[Point, Point],
    spot: Point,
    value: float,
    anchor: str,
) -> list[Shape]:
    """Return a line of the grid, and its coordinate at the edge of the frame."""
    label = Shape(
        (spot,),
        "#555555",
        size=11,
        anchor=anchor,
        text=f"{value:.0f}",
    )
    return [Shape(ends, "#dddddd", "", 0.6), label]


def _body(chains: Sequence[Ring], place: Callable[[Point], Point]) -> list[Shape]:
    """Fill the land of a plot, part by part."""
    shapes = []

    # inner rings are no land of it: what lies in them must not be painted over
    closed = (r for r in chains if r.closed)
    for _, part in groupby(closed, key=lambda r: r.part):
        outer, *holes = (tuple(map(place, r.plane)) for r in part)
        shapes.append(Shape(outer, "", "#dbe7f5", holes=tuple(holes)))
    return shapes


def _overlapped(outcome: SiteOutcome, place: Callable[[Point], Point]) -> list[Shape]:
    """What the site shares with resources that it conflicts with or that regulate it."""
    shapes: list[Shape] = []
    # what is regulated first, so that a conflict lies on top of it
    for verdict in ("regulated", "conflict"):
        shared = _shared(outcome, verdict)
        if shared:
            united = to_plane(shapely.union_all(shared), outcome.crs or "")
            for part in shapely.get_parts(united):
                shapes += _shared_part(part, place, verdict)
    return shapes


# Any: shapely's polygons and lines are told apart by their dimension.
def _shared_part(
    part: Any,
    place: Callable[[Point], Point],
    verdict: str,
) -> Iterator[Shape]:
    edge, fill = VERDICT_COLOURS[verdict], _SHARED_FILLS[verdict]
    dimension = shapely.get_dimensions(part)
    if dimension == 2:
        yield _area(part, place, Shape((), edge, fill, 0.8))
    elif dimension == 1:
        yield Shape(_placed(part, place), edge, "", 4.0)


# Any: only a polygon has an exterior, and shapely has no type of its own for it.
def _area(
    polygon: Any,
    place: Callable[[Point], Point],
    look: Shape,
) -> Shape:
    """Return a polygon in the look of a shape."""
    # through a hole shows what lies under it: other shared ground, the plot, the paper of its court
    return replace(
        look,
        points=_placed(polygon.exterior, place),
        holes=tuple(_placed(hole, place) for hole in polygon.interiors),
    )


def _placed(ring: shapely.Geometry, place: Callable[[Point], Point]) -> tuple[Point, ...]:
    return tuple(place((x, y)) for x, y in shapely.get_coordinates(ring))


_SHARED_FILLS = {"conflict": "#f0bcbf", "regulated": "#bcd3ec"}


def _shared(outcome: SiteOutcome, verdict: str) -> list[Any]:
    findings = (f for entry in (*outcome.screening, *outcome.extra) for f in entry.findings)
    return [
        f.overlap_geometry
        for f in findings
        if f.outcome == verdict and f.overlap_geometry is not None
    ]


def _shared_words(outcome: SiteOutcome) -> str:
    names = {
        "conflict": "红色为与禁止范围重叠部分",
        "regulated": "蓝色为与须审批或征求意见范围重叠部分",
    }
    return "".join(f"；{words}" for verdict, words in names.items() if _shared(outcome, verdict))


_EDGE = "#1f4e8c"


def _edges(chains: Sequence[Ring], place: Callable[[Point], Point]) -> list[Shape]:
    """Draw the lines of a plot, its corners numbered on through all of them where they are few."""
    shapes = []
    many = sum(len(r.plane) for r in chains) > _LABELLED
    number = 0
    for ring in chains:
        chain = [place(p) for p in ring.plane]
        line = (*chain, chain[0]) if ring.closed else tuple(chain)
        shapes.append(Shape(line, _EDGE, "", 1.6))
        if not many:
            shapes += _corners(chain, number)
        number += len(chain)
    return shapes


def _corners(chain: Sequence[Point], before: int) -> list[Shape]:
    """Draw corners with their numbers, counted on from those before."""
    shapes = []
    for number, (x, y) in enumerate(chain, start=before + 1):
        shapes.append(_dot(x, y, 2.4, _EDGE))
        shapes.append(
            Shape(
                ((x + 4, y - 4),),
                _EDGE,
                size=12,
                text=f"J{number}",
            )
        )
    return shapes


def _dot(
    x: float,
    y: float,
    radius: float,
    fill: str,
) -> Shape:
    turn = [math.tau * k / 16 for k in range(16)]
    return Shape(
        tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in turn), "", fill
    )


def _scale_bar(metres_per_unit: float) -> list[Shape]:
    length = nice(110 * metres_per_unit)

    # a round length that fills about a fifth of the frame
    right, y = _FRAME[2] - 14, _FRAME[3] - 14
    left = right - length / metres_per_unit
    text = f"{length:g} m" if length < 1000 else f"{length / 1000:g} km"

    # a white ground keeps the bar readable on whatever lies under it
    ground = _corners_of(left - 8, y - 20, right + 8, y + 8)
    bar = ((left, y - 5), (left, y), (right, y), (right, y - 5))
    return [
        Shape(ground, "", "#ffffff"),
        Shape(bar, "#333333", "", 1.4),
        _word(((left + right) / 2, y - 7), text, 12),
    ]


def _corners_of(
    left: float,
    top: float,
    right: float,
    bottom: float,
) -> tuple[Point, ...]:
    """Return the corners of a box of the drawing, from the upper left round."""
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _word(
    spot: Point,
    text: str,
    size: float,
) -> Shape:
    """Return a text in the ink of the frame, its middle above a spot."""
    return Shape(
        (spot,),
        "#333333",
        size=size,
        anchor="middle",
        text=text,
    )


def _north() -> list[Shape]:
    x, y = _FRAME[2] - 20, _FRAME[1] + 14
    arrow = Shape(
        ((x, y), (x + 6, y + 22), (x, y + 17), (x - 6, y + 22)),
        "",
        "#333333",
    )
    return [arrow, _word((x, y + 34), "N", 11)]


def place_figure(report: Answer) -> Figure | None:
    """Draw the counties of the zone by name and the usable sites as numbered dots; None without a
    usable site.
    """
    sites = usable(report)
    if not sites:
        return None
    return replace(
        _places(sites, named=True),
        lettered=_places(sites, named=False),
    )


def _county_labels(
    names: Sequence[str],
    spots: Sequence[Point],
    areas: Iterable[float],
    *,
    named: bool,
) -> list[str]:
    """Return the name of each county, or its letter where the name would run into another one; the
    largest county is labelled first.
    """
    labels = [chr(ord("a") + number) for number in range(len(names))]
    if not named:
        return labels

    # every spot keeps room for a letter, so that a name never covers what explains another county
    taken = {number: _room(spot, 1) for number, spot in enumerate(spots)}
    for number in _largest_first(areas):
        box = _room(spots[number], len(names[number]))
        if _is_free(box, number, taken):
            taken[number], labels[number] = box, names[number]
    return labels


def _is_free(
    box: shapely.Polygon,
    number: int,
    taken: Mapping[int, shapely.Polygon],
) -> bool:
    """Say whether a name runs into the room of no other county."""
    return not any(box.intersects(other) for n, other in taken.items() if n != number)


def _largest_first(areas: Iterable[float]) -> list[int]:
    """Return the numbers of some areas, the largest first, equal ones as they come."""
    return [number for number, _ in sorted(enumerate(areas), key=lambda one: (-one[1], one[0]))]


def _widest(outline: shapely.Geometry) -> Point:
    """Return the middle of the largest circle that fits into an outline."""
    circle = shapely.maximum_inscribed_circle(outline, tolerance=0.01)
    lon, lat = shapely.get_coordinates(circle)[0]
    return float(lon), float(lat)


def _below(spot: Point) -> Point:
    """Return where a text stands whose letters have this spot in their middle."""
    return spot[0], spot[1] + 0.4 * _NAME_SIZE


def _room(spot: Point, letters: int) -> shapely.Polygon:
    """Return the box of a text in the middle of a spot, letters being as wide as they are high."""
    x, y = spot
    half = letters * _NAME_SIZE / 2
    return shapely.box(
        x - half,
        y - _NAME_SIZE,
        x + half,
        y + 0.2 * _NAME_SIZE,
    )


_STRETCH = math.cos(math.radians(38.2))
"""A plane of its own for the eye: at this latitude a degree of longitude is so much shorter."""


def _flat(lon: float, lat: float) -> Point:
    return lon * _STRETCH * 111_320.0, lat * 111_320.0


def _places(sites: Sequence[SiteOutcome], *, named: bool) -> Figure:
    counties = load_counties()
    outlines = shapely.simplify(counties.geometry.to_numpy(), 0.004)
    names = counties["name_zh"].tolist()
    marks = _marks(sites)
    view, shown = _overview(outlines, marks)

    # a place in degrees goes by the plane for the eye
    def place(lon_lat: Point) -> Point:
        return view.place(_flat(*lon_lat))

    # sites lie above all
    ground, labels = _labelled(outlines, names, place, named=named)
    shapes = [
        _frame(),
        *ground,
        *_site_dots(shown, place),
        *_scale_bar(view.metres_per_unit),
        *_north(),
    ]
    caption = _places_caption(labels, names, marks, shown)
    return Figure("区位示意图", caption, tuple(shapes))


def _labelled(
    outlines: Shapes,
    names: Sequence[str],
    place: Callable[[Point], Point],
    *,
    named: bool,
) -> tuple[list[Shape], list[str]]:
    """Return the counties below their labels, and these: names, or letters that the caption
    explains.
    """
    spots = [_below(place(_widest(outline))) for outline in outlines]
    labels = _county_labels(names, spots, shapely.area(outlines), named=named)
    return [*_county_shapes(outlines, place), *_county_names(spots, labels)], labels


def _overview(
    outlines: Iterable[shapely.Geometry], marks: Iterable[_Mark]
) -> tuple[_View, list[_Mark]]:
    """Lay the zone and the sites in and near it into the frame; return these sites, too."""
    west, south, east, north = shapely.total_bounds(outlines)

    # a site far off would shrink the zone to a dot: it is named below instead
    near = _widened(west, south, east, north)
    shown = [mark for mark in marks if near.covers(mark[1])]
    corners = [_flat(west, south), _flat(east, north)]
    corners += [_flat(point.x, point.y) for _, point, _ in shown]
    return _fit(corners, least=1000.0), shown


def _marks(sites: Sequence[SiteOutcome]) -> list[_Mark]:
    """Number the sites from 1, each with a point inside it."""
    return [
        (number, outcome.site.geometry.representative_point(), outcome)
        for number, outcome in enumerate(sites, start=1)
    ]


def _widened(
    west: float,
    south: float,
    east: float,
    north: float,
) -> shapely.Polygon:
    """Return the box in which sites are drawn: the zone with a margin."""
    margin = _OUTSIDE_DEGREES
    return shapely.box(west - margin, south - margin, east + margin, north + margin)


def _county_names(spots: Sequence[Point], labels: Sequence[str]) -> Iterator[Shape]:
    for spot, label in zip(spots, labels, strict=True):
        yield Shape(
            (spot,),
            "#4b5563",
            size=_NAME_SIZE,
            anchor="middle",
            text=label,
        )


def _county_shapes(
    outlines: Iterable[shapely.Geometry], place: Callable[[Point], Point]
) -> list[Shape]:
    """Return the counties as shapes, each of their parts by itself."""
    look = Shape((), COUNTY_EDGE, LAND, 0.8)
    return [_area(part, place, look) for outline in outlines for part in shapely.get_parts(outline)]


def _site_dots(shown: Sequence[_Mark], place: Callable[[Point], Point]) -> list[Shape]:
    """Return a dot in the colour of its verdict and a number for each site."""
    shapes: list[Shape] = []
    for number, point, outcome in shown:
        x, y = place((point.x, point.y))
        colour = VERDICT_COLOURS[outcome.verdict]
        shapes += [
            _dot(x, y, 4.0, colour),
            Shape(
                ((x + 6, y - 4),),
                colour,
                size=14,
                text=str(number),
            ),
        ]
    return shapes


def _places_caption(
    labels: Sequence[str],
    names: Sequence[str],
    marks: Sequence[_Mark],
    shown: Sequence[_Mark],
) -> str:
    """Explain letters and dots, and name the sites that lie outside the frame."""
    # a county whose name had no room is explained by its letter
    short = [f"{label}{name}" for label, name in zip(labels, names, strict=True) if label != name]
    letters = f"县（市、区）：{' '.join(short)}。" if short else ""

    # a caption is no table: beyond thirty the map alone shows them
    dots = "，".join(f"{n}为{s.site.site_id}" for n, _, s in shown[:30]) + (
        "等" if len(shown) > 30 else ""
    )
    inside = {n for n, _, _ in shown}
    left = "、".join(s.site.site_id for n, _, s in marks if n not in inside)
    away = f"；图幅之外：{left}" if left else ""
    return (
        f"圆点（按结论着色，冲突为红）：{dots or '无'}{away}。{letters}"
        f"县界为概化示意，不作为划界依据。{MAP_NOTICE}"
    )
