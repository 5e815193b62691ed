"""位置套合图: one plot among what is held round it, at a numeric scale that is true on the printed
page.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...boundaries.units import load_counties
from ...geometry.projection import meridian_of, to_degrees
from ...geometry.straight import laid_on_plane
from ...layers.classes import HELD
from ...reports.figure import nice
from ...reports.palette import RED
from ...reports.secrecy import SECRET, UNGRADED
from ...reports.tables import rings
from ...wording import MAP_NOTICE, SUBZONE_ZH, URBAN_ZONES
from ..style import BASE_STYLES, class_style
from .faces import POINTS_PER_MM, face, one_line, width_mm, wrapped
from .figure import DPI, blank_sheet
from .sheet import middle_of, multiples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...geometry.shapes import Floats, Shape
    from ...layers.layers import Layer
    from ...model.outcomes import SiteOutcome
    from ..style import ClassStyle
    from .sheet import Box, Point

SCALES = (500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000)
"""Denominators of the series of maps, the largest scale first."""
WIDTH_MM, HEIGHT_MM = 166.0, 222.0
"""Of the figure: as wide as the text of the document, so that it is put there at its true size."""
FRAME: Box = (5.0, 66.0, 161.0, 203.0)
_LEGEND: Box = (5.0, 7.0, 97.0, 60.0)
_FACTS: Box = (99.0, 7.0, 161.0, 60.0)
_FILLED = 0.6
"""How much of the frame a plot may take; the rest shows what lies round it."""
_LEAST_M = 30.0
_NUMBERED = 40
_NAMED = 40
_REPEATED = 3
"""A name that more features share than this stands in the legend alone."""
_SMALLEST_MM2 = 9.0
_GRID_MM = 26.0
_COUNTIES_FROM = 5_000
"""Counties are drawn from here on: their generalised edges say nothing at larger scales."""
_NAME_PT = 6.6
_INK, _SOFT, _PLOT = "#1c2f3d", "#51626f", "#0c2f63"
_DASHES: tuple[str | None, ...] = (None, "7 3", "2 2.5", "7 2 2 2")
_THICK = {
    "urban_boundary": 2.6,
    "ecological_redline": 2.2,
    "permanent_farmland": 1.4,
}


@dataclass(frozen=True, slots=True)
class MapFacts:
    """What stands on the sheet beside the map, as it was given.

    Attributes
    ----------
    compiler, compiled_by, checked_by, date
        Who made and checked it, and when; None leaves a line to be filled in.
    review_number
        Of the map's review; None leaves its place.
    secrecy
        The highest grade of what is drawn, in words.
    as_of
        Day of the answer.
    """

    compiler: str | None = None
    compiled_by: str | None = None
    checked_by: str | None = None
    date: str | None = None
    review_number: str | None = None
    secrecy: str = "公开"
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class SituationMap:
    """The map of one plot.

    Attributes
    ----------
    png
        At 300 dots per inch; `WIDTH_MM` wide on paper.
    denominator
        Of its scale.
    caption
        What a reader must know of it.
    classes
        Ids of the classes of which something is drawn.
    window
        Of the frame on the plane: west, south, east, north in metres.
    width_mm
        Of the figure on paper, at which its scale is true.
    """

    png: bytes
    denominator: int
    caption: str
    classes: tuple[str, ...]
    window: Box
    width_mm: float = WIDTH_MM


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One record in the window: its shape in millimetres."""

    class_id: str
    class_zh: str
    subzone: str | None
    name: str
    shape: Shape
    is_rough: bool

    @property
    def words(self) -> str:
        """Class and subzone, as the legend tells them."""
        if self.subzone is None:
            return self.class_zh
        return f"{self.class_zh}·{SUBZONE_ZH.get(self.subzone, self.subzone)}"


def scale_of(bounds: Sequence[float]) -> int | None:
    """Return the denominator at which a plot with these plane bounds (metres) and what lies round
    it fit the frame; None where not even the smallest scale does.
    """
    west, south, east, north = bounds
    wide, high = max(east - west, _LEAST_M), max(north - south, _LEAST_M)
    left, bottom, right, top = FRAME
    for denominator in SCALES:
        metres_per_mm = denominator / 1000

        # the smallest scale may be filled to the edge: there is none beyond it
        share = max(
            wide / ((right - left) * metres_per_mm), high / ((top - bottom) * metres_per_mm)
        )
        room = 1.0 if denominator == SCALES[-1] else _FILLED
        if share <= room:
            return denominator
    return None


def zone_number(crs: str) -> int:
    """Return the number of the 3-degree zone of a plane."""
    return meridian_of(crs) // 3


def situation_map(
    outcome: SiteOutcome,
    layers: Iterable[Layer],
    facts: MapFacts,
    *,
    grades: Mapping[str, str] | None = None,
) -> SituationMap | None:
    """Draw a plot among the records of some layers.

    Parameters
    ----------
    outcome
        The answer for it: what it shares with prohibitions is hatched in red.
    layers
        What may be drawn; of them what lies in the frame is.
    facts
        Words of the sheet.
    grades
        Grade of secrecy by class id; the gravest of what is drawn stands on the sheet.

    Returns
    -------
    SituationMap or None
        None for a site that cannot be used, and for one that does not fit at 1:50,000.

    Raises
    ------
    InputError
        If the system has no font with Chinese letters.
    """
    if not outcome.site.usable or outcome.crs is None:
        return None

    # asked first: a sheet of boxes helps nobody
    face()
    sheet = _sheet_of(outcome, outcome.crs)
    if sheet is None:
        return None
    records = list(_records(layers, sheet))
    drawing = _Drawing(sheet, outcome, records, _graded(facts, records, grades or {}))
    drawing.draw()
    return drawing.finished()


def _sheet_of(outcome: SiteOutcome, crs: str) -> _Sheet | None:
    """Lay a plot on its sheet; None where no scale of the series takes it."""
    plot = laid_on_plane(outcome.site.geometry, crs, outcome.site.crs)
    denominator = scale_of(shapely.bounds(plot).tolist())
    return None if denominator is None else _Sheet(plot, crs, denominator)


def _graded(
    facts: MapFacts,
    records: Iterable[_Drawn],
    grades: Mapping[str, str],
) -> MapFacts:
    """Make a sheet as secret as the gravest of what it shows."""
    found = [grades[record.class_id] for record in records if record.class_id in grades]
    if not found:
        return facts
    order = (UNGRADED, *SECRET)
    return replace(facts, secrecy=max(found, key=order.index))


class _Sheet:
    """The way from metres of the plane to millimetres of the paper."""

    def __init__(
        self,
        plot: Shape,
        crs: str,
        denominator: int,
    ) -> None:
        self.crs, self.denominator = crs, denominator
        self.metres_per_mm = denominator / 1000
        self.middle_m = middle_of(tuple(shapely.bounds(plot).tolist()))
        self.middle_mm = middle_of(FRAME)
        self.window = self._window()
        self.plot = self.shape(plot)

    def _window(self) -> Box:
        """Return what of the plane the frame shows."""
        left, bottom, right, top = FRAME
        half = ((right - left) / 2 * self.metres_per_mm, (top - bottom) / 2 * self.metres_per_mm)
        x, y = self.middle_m
        return x - half[0], y - half[1], x + half[0], y + half[1]

    def shape(self, on_plane: Shape) -> Shape:
        """Place a shape of the plane on the paper."""
        return shapely.transform(on_plane, self._placed)

    def seen(self, lonlat: Shape) -> Shape:
        """Place a shape in degrees on the paper, cut to the frame."""
        placed = self.shape(laid_on_plane(lonlat, self.crs))
        return shapely.intersection(placed, shapely.box(*FRAME))

    def point(self, east: float, north: float) -> Point:
        x, y = self._placed(np.array([[east, north]]))[0]
        return float(x), float(y)

    def _placed(self, xy: Floats) -> Floats:
        placed: Floats = (xy - self.middle_m) / self.metres_per_mm + self.middle_mm
        return placed


def _records(layers: Iterable[Layer], sheet: _Sheet) -> Iterator[_Drawn]:
    """Yield what of the layers lies in the window, cut to it."""
    window = shapely.box(*sheet.window)

    # the window in degrees has bent edges: its box, with the edges cut fine, holds them all
    lonlat = shapely.bounds(to_degrees(shapely.segmentize(window, 500.0), sheet.crs))
    near = shapely.box(*lonlat)
    for layer in layers:
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            # what is a mere candidate has no place on a map that is filed
            if shape is None or record["membership"] not in HELD or not near.intersects(shape):
                continue
            seen = sheet.seen(shape)
            if not seen.is_empty:
                yield _drawn(layer, record, seen, sheet)


def _drawn(
    layer: Layer,
    record: Mapping[str, Any],
    seen: Shape,
    sheet: _Sheet,
) -> _Drawn:
    accuracy = record["position_accuracy_m"]
    return _Drawn(
        layer.spec.id,
        layer.spec.name_zh,
        record["subzone"],
        one_line(str(record["name_zh"] or "")),
        seen,
        # a place that is known worse than a millimetre of paper is drawn as rough
        is_rough=accuracy is None or accuracy > sheet.metres_per_mm,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """The sign of a row of the legend.

    Attributes
    ----------
    kind
        ``corner``, ``point``, ``line`` or ``area``.
    path, is_rough
        Of a point.
    dash, px
        Of a line, or of the edge of an area.
    hatch
        Of an area; None for none.
    """

    kind: str
    colour: str
    dash: str | None = None
    px: float = 1.0
    hatch: str | None = None
    path: str = ""
    is_rough: bool = False

    @property
    def mark(self) -> str:
        """How the pen draws the symbol: hollow where its place is not exact."""
        return "proxy" if self.is_rough else "object"


class _Drawing:
    """The sheet being drawn."""

    def __init__(
        self,
        sheet: _Sheet,
        outcome: SiteOutcome,
        records: list[_Drawn],
        facts: MapFacts,
    ) -> None:
        self.sheet, self.outcome, self.records, self.facts = sheet, outcome, records, facts
        self.figure, self.pen = blank_sheet(WIDTH_MM, HEIGHT_MM)
        self.rows: list[tuple[str, _Look]] = []
        self.taken: list[Any] = []
        self.unnamed = 0
        self.points = 0
        self.skipped_numbers = False

    def finished(self) -> SituationMap:
        content = io.BytesIO()
        self.figure.savefig(content, format="png", dpi=DPI)
        return SituationMap(
            png=content.getvalue(),
            denominator=self.sheet.denominator,
            caption=self.caption(),
            classes=tuple(dict.fromkeys(record.class_id for record in self.records)),
            window=self.sheet.window,
        )

    def draw(self) -> None:
        self.pen.clip = FRAME
        self._counties()
        self._areas()
        self._plot()
        self._points()
        self._corners()
        self._names()
        self._grid()
        self.pen.clip = None
        self._frame()
        self._title()
        self._legend()
        self._facts()

    def caption(self) -> str:
        told = [f"比例尺1:{self.sheet.denominator:,}（按原大打印）"]
        told.append(f"CGCS2000，3°带，{zone_number(self.sheet.crs)}带，Y加带号")
        if self.skipped_numbers:
            told.append(f"界址点{self.points}个，图上间隔注号，坐标见界址点表")
        if not self.records:
            told.append("图幅内没有已收录的其他对象，未收录不等于没有")
        if self.unnamed:
            told.append(f"{self.unnamed}处图幅内对象未注名，见附表")
        return "；".join(told) + f"。{MAP_NOTICE}"

    def _counties(self) -> None:
        """Counties, where their generalised edges still mean something."""
        if self.sheet.denominator < _COUNTIES_FROM:
            return
        counties = load_counties(neighbours=True)
        pairs = zip(counties["name_zh"], counties.geometry, strict=True)
        drawn = [self._county(name, shape) for name, shape in pairs]
        if any(drawn):
            look = _Look("line", BASE_STYLES["county"].colour, "5 3")
            self.rows.append(("县界（概化示意，不作划界依据）", look))

    def _county(self, name: str, shape: Shape) -> bool:
        """Draw a county whose edge crosses the frame; False for any other."""
        seen = self.sheet.seen(shape)
        if seen.is_empty or seen.equals(shapely.box(*FRAME)):
            return False
        style = BASE_STYLES["county"]
        self.pen.line(
            shapely.boundary(seen),
            style.colour,
            style.width_px,
            dash="5 3",
        )
        spot = seen.representative_point()
        self.pen.text(
            (spot.x, spot.y),
            name,
            9.0,
            _SOFT,
            anchor="middle",
            halo=True,
        )
        return True

    def _areas(self) -> None:
        """Areas and lines of the records, each class and subzone with a row of the legend."""
        # class and subzone together make a row of the legend; the order is that of the records
        groups: dict[tuple[str, str | None], list[_Drawn]] = {}
        for record in self.records:
            if shapely.get_dimensions(record.shape) > 0:
                groups.setdefault((record.class_id, record.subzone), []).append(record)
        for (class_id, subzone), members in groups.items():
            dash = _DASHES[_place(class_id, subzone, groups) % len(_DASHES)]
            self._group(members, dash)

    def _group(self, members: Sequence[_Drawn], dash: str | None) -> None:
        """Draw the areas and lines of one class and subzone."""
        first = members[0]
        areas = [m.shape for m in members if shapely.get_dimensions(m.shape) == 2]
        style = class_style(first.class_id)
        px = _THICK.get(first.class_id, 1.6)
        look = _Look("area" if areas else "line", style.colour, dash, px, style.hatch)
        if areas:
            self._hatched(shapely.union_all(areas), style)
        for member in members:
            self.pen.line(member.shape, look.colour, px, dash=dash)
        self.rows.append((first.words, look))

    def _hatched(self, whole: Shape, style: ClassStyle) -> None:
        """Fill all areas of a row as one: where two overlap, the land is not held twice."""
        self.pen.area(whole, fill=style.colour, alpha=0.09)
        self.pen.hatch(
            style.hatch,
            whole,
            style.colour,
            px=0.55,
            gap_mm=2.4,
        )

    def _plot(self) -> None:
        """The plot, and what it shares with prohibitions."""
        shared = _shared(self.outcome)

        # what is prohibited lies under the line of the plot, which must stay whole
        if shared:
            self._prohibited(shapely.union_all(shared))
        self.pen.line(self.sheet.plot, _PLOT, 3.6)

        # the plot heads the legend, whatever was drawn before it
        self.rows.insert(
            0,
            ("用地范围", _Look("line", _PLOT, px=3.6)),
        )
        if shared:
            look = _Look("area", RED, px=1.2, hatch="diagonal")
            self.rows.insert(1, ("压占禁止或原则禁止范围", look))

    def _prohibited(self, shared: Shape) -> None:
        area = self.sheet.shape(laid_on_plane(shared, self.sheet.crs))
        self.pen.area(area, fill=RED, alpha=0.12)

        # a line through a prohibition has nothing that could be hatched
        if shapely.get_dimensions(area) == 2:
            self.pen.hatch("diagonal", area, RED, px=0.9, gap_mm=1.5)
        self.pen.line(area, RED, 1.2)

    def _points(self) -> None:
        """Records that are points: filled where their place is known to a millimetre of paper."""
        rows: dict[tuple[str, bool], tuple[str, _Look]] = {}
        for record in self.records:
            if shapely.get_dimensions(record.shape) != 0:
                continue
            look = _point_look(record)
            for x, y in shapely.get_coordinates(record.shape):
                self.pen.symbol(
                    look.path,
                    (float(x), float(y)),
                    4.2,
                    look.colour,
                    mark=look.mark,
                )

            # exact and rough points of a class are two signs
            known = "点位，位置不精确" if record.is_rough else "点位"
            row = (f"{record.class_zh}（{known}）", look)
            rows.setdefault((record.class_id, record.is_rough), row)
        self.rows += rows.values()

    def _corners(self) -> None:
        """Boundary points with their numbers, those of the table."""
        corners = [self.sheet.point(*place) for ring in rings(self.outcome) for place in ring.plane]
        self.points = len(corners)

        # so many numbers at most: the table holds them all
        step = max(1, math.ceil(len(corners) / _NUMBERED))
        self.skipped_numbers = step > 1

        # of very many corners only those with a number are drawn
        for corner in corners if len(corners) <= 4 * _NUMBERED else corners[::step]:
            self.pen.circle(corner, 0.55, _PLOT, px=1.2, fill="#ffffff")
        for number in range(0, len(corners), step):
            self._number(f"J{number + 1}", corners[number])
        self._corner_row()

    def _corner_row(self) -> None:
        """Explain the numbers beside the plot; lines and points have none of an area."""
        if self.points and shapely.get_dimensions(self.sheet.plot) == 2:
            self.rows.insert(1, ("界址点及点号", _Look("corner", _PLOT)))

    def _number(self, words: str, corner: Point) -> None:
        """Write the number of a corner outside the plot, away from its middle."""
        x, y = corner
        middle = self.sheet.plot.centroid

        # the only corner of a plot that is a point lies in its middle
        away = math.hypot(x - middle.x, y - middle.y) or 1.0
        spot = (x + (x - middle.x) / away * 2.6, y + (y - middle.y) / away * 2.6 - 0.8)
        self.pen.text(spot, words, 6.2, _PLOT, anchor="middle", halo=True)
        self.taken.append(_word_box(spot, words, 6.2))

    def _names(self) -> None:
        """Names of records, the largest first, each where no other text stands."""
        count = 0
        for record in self._nameable():
            if count < _NAMED and self._named(record):
                count += 1
            else:
                self.unnamed += 1

    def _nameable(self) -> Iterator[_Drawn]:
        """Yield a record for each name that says more than its class, the largest first."""
        shared = Counter(record.name for record in self.records)
        seen: set[tuple[str, str]] = set()
        for record in sorted(
            self.records,
            key=lambda r: (-r.shape.area, r.class_id, r.name),
        ):
            key = (record.class_id, record.name)
            if not record.name or record.name == record.class_zh or key in seen:
                continue
            seen.add(key)

            # what very many areas share stands in the legend alone
            is_area = shapely.get_dimensions(record.shape) == 2
            if not (is_area and shared[record.name] > _REPEATED * 2):
                yield record

    def _named(self, record: _Drawn) -> bool:
        """Write a name beside or inside its record; False where there is no room."""
        if shapely.get_dimensions(record.shape) == 2 and record.shape.area < _SMALLEST_MM2:
            return False
        for spot in _name_spots(record):
            box = _word_box(spot, record.name, _NAME_PT)
            if any(box.intersects(other) for other in self.taken):
                continue
            colour = class_style(record.class_id).colour
            self.pen.text(
                spot,
                record.name,
                _NAME_PT,
                colour,
                anchor="middle",
                halo=True,
            )
            self.taken.append(box)
            return True
        return False

    def _grid(self) -> None:
        """Crosses of the plane's grid, and its numbers at the frame, Y with the zone's number."""
        west, south, east, north = self.sheet.window
        step = nice(_GRID_MM * 1.9 * self.sheet.metres_per_mm)
        columns = multiples(step, west, east)
        lines = multiples(step, south, north)
        for x, y in product(columns, lines):
            self._cross(x, y)

        # numbers stand at the frame, partly outside it
        self.pen.clip = None
        for x in columns:
            self._grid_east(x)
        for y in lines:
            self._grid_north(y)

    def _cross(self, east: float, north: float) -> None:
        x, y = self.sheet.point(east, north)
        arms = [
            [(x - 1.6, y), (x + 1.6, y)],
            [(x, y - 1.6), (x, y + 1.6)],
        ]
        self.pen.line(shapely.multilinestrings(arms), "#3f4c57", 0.6)

    def _grid_east(self, east: float) -> None:
        """Mark a line of the grid at the foot of the frame; near a corner without its number."""
        left, bottom, right, _ = FRAME
        x, _ = self.sheet.point(east, self.sheet.window[1])
        self.pen.line(
            shapely.linestrings([(x, bottom), (x, bottom - 1.2)]),
            _INK,
            0.8,
        )

        # near a corner the number would run into those of the other side
        if left + 8 < x < right - 8:
            words = f"{zone_number(self.sheet.crs) * 1_000_000 + east:.0f}"
            self.pen.text(
                (x, bottom - 3.6),
                words,
                5.4,
                _SOFT,
                anchor="middle",
            )

    def _grid_north(self, north: float) -> None:
        """The same on the left of the frame."""
        left, bottom, _, top = FRAME
        _, y = self.sheet.point(self.sheet.window[0], north)
        self.pen.line(
            shapely.linestrings([(left, y), (left + 1.4, y)]),
            _INK,
            0.8,
        )
        if bottom + 3 < y < top - 3:
            self.pen.text(
                (left + 1.8, y - 0.7),
                f"{north:.0f}",
                5.4,
                _SOFT,
                halo=True,
            )

    def _frame(self) -> None:
        _, _, right, top = FRAME
        self.pen.line(
            shapely.get_exterior_ring(shapely.box(*FRAME)),
            _INK,
            2.6,
        )
        self.pen.plate(
            (right - 12.5, top - 19.5, right - 1.5, top - 1.5),
            alpha=0.9,
        )
        self._north_arrow(right - 7, top - 15)

    def _north_arrow(self, x: float, y: float) -> None:
        dark = shapely.Polygon(
            [
                (x, y + 11),
                (x - 2.4, y + 3),
                (x, y + 4.8),
            ]
        )
        light = shapely.Polygon(
            [
                (x, y + 11),
                (x + 2.4, y + 3),
                (x, y + 4.8),
            ]
        )
        self.pen.area(dark, fill=_INK)
        self.pen.area(
            light,
            fill="#ffffff",
            edge=_INK,
            px=1.0,
        )
        self.pen.text(
            (x, y - 1.6),
            "北",
            8.0,
            _INK,
            bold=True,
            anchor="middle",
        )

    def _title(self) -> None:
        site = self.outcome.site
        named = one_line(f"{site.site_id} {site.name}".strip())
        middle = WIDTH_MM / 2
        self.pen.text(
            (middle, 213.5),
            "位置套合图",
            15.0,
            _INK,
            bold=True,
            anchor="middle",
        )
        self.pen.text((middle, 206.6), f"地块 {named}", 8.5, _INK, anchor="middle")
        right = FRAME[2]
        grade = f"密级：{self.facts.secrecy}"
        self.pen.text(
            (right, 214.5),
            grade,
            8.0,
            _INK,
            bold=True,
            anchor="right",
        )

    def _legend(self) -> None:
        """What is on the map and nothing else, in two columns."""
        left, _, right, top = _LEGEND
        self.pen.plate(_LEGEND, alpha=1.0, edge="#8d9aa2")
        self.pen.text(
            (left + 2, top - 5),
            "图例",
            8.5,
            _INK,
            bold=True,
        )
        half = (right - left) / 2
        for (column, down_mm), row in zip(self._legend_places(), self.rows, strict=True):
            self._legend_row(
                left + 2 + half * column,
                top - 10.6 - down_mm,
                half - 12,
                row,
            )

    def _legend_places(self) -> Iterator[tuple[int, float]]:
        """Yield the column of each row of the legend, and how far down it stands."""
        _, bottom, _, top = _LEGEND

        # rows move together where there are many of them
        per_column = max(1, math.ceil(len(self.rows) / 2))
        step = min(5.6, (top - bottom - 9) / per_column)
        for number in range(len(self.rows)):
            column, line = divmod(number, per_column)
            yield column, step * line

    def _legend_row(
        self,
        x: float,
        y: float,
        room_mm: float,
        row: tuple[str, _Look],
    ) -> None:
        words, look = row
        draw = {
            "corner": self._corner_swatch,
            "point": self._point_swatch,
            "line": self._line_swatch,
            "area": self._area_swatch,
        }[look.kind]
        draw(x, y, look)
        self._fitted((x + 9, y), words, 6.4, room_mm)

    def _fitted(
        self,
        at: Point,
        words: str,
        size_pt: float,
        room_mm: float,
    ) -> None:
        """Write a line, smaller where it would not fit."""
        wide = width_mm(words, size_pt)
        if wide > room_mm:
            size_pt *= room_mm / wide
        self.pen.text(at, words, size_pt, _INK)

    def _corner_swatch(
        self,
        x: float,
        y: float,
        look: _Look,
    ) -> None:
        self.pen.circle(
            (x + 2.6, y + 0.9),
            0.7,
            look.colour,
            px=1.2,
            fill="#ffffff",
        )
        self.pen.text((x + 4.0, y), "J1", 5.8, look.colour)

    def _point_swatch(
        self,
        x: float,
        y: float,
        look: _Look,
    ) -> None:
        self.pen.symbol(
            look.path,
            (x + 3.5, y + 0.9),
            3.4,
            look.colour,
            mark=look.mark,
        )

    def _line_swatch(
        self,
        x: float,
        y: float,
        look: _Look,
    ) -> None:
        line = shapely.linestrings(
            [
                (x, y + 0.9),
                (x + 7, y + 0.9),
            ]
        )
        self.pen.line(line, look.colour, look.px, dash=look.dash)

    def _area_swatch(
        self,
        x: float,
        y: float,
        look: _Look,
    ) -> None:
        box = shapely.box(x, y - 0.7, x + 7, y + 2.5)
        self.pen.area(box, fill=look.colour, alpha=0.12)
        if look.hatch is not None:
            self.pen.hatch(
                look.hatch,
                box,
                look.colour,
                px=0.6,
                gap_mm=1.5,
            )
        self.pen.area(
            box,
            edge=look.colour,
            px=look.px,
            dash=look.dash,
        )

    def _facts(self) -> None:
        left, _, right, top = _FACTS
        self.pen.plate(_FACTS, alpha=1.0, edge="#8d9aa2")
        y = top - 5.4
        middle = (left + right) / 2
        scale = f"1:{self.sheet.denominator:,}"
        self.pen.text(
            (middle, y),
            scale,
            11.0,
            _INK,
            bold=True,
            anchor="middle",
        )
        self._bar(middle, y - 5.2, (right - left) * 0.78)
        y -= 14.2
        for words in self._fact_lines():
            self._fitted((left + 2, y), words, 6.3, right - left - 4)
            y -= 4.7
        self._notice()

    def _fact_lines(self) -> list[str]:
        """What is told of plane, place and maker; what nobody said is a line to be filled in."""
        crs, facts = self.sheet.crs, self.facts
        west, south, east, north = shapely.bounds(self.outcome.site.geometry).tolist()
        slot = "＿＿＿＿＿＿"
        return [
            f"CGCS2000 3°带 {zone_number(crs)}带，中央子午线{meridian_of(crs)}°（{crs}）",
            f"四至：东经{west:.6f}°—{east:.6f}°",
            f"　　　北纬{south:.6f}°—{north:.6f}°",
            f"编制单位：{facts.compiler or slot}",
            f"制图：{facts.compiled_by or slot}　校核：{facts.checked_by or slot}",
            f"日期：{facts.date or slot}　资料时点：{facts.as_of}",
            f"审图号：{facts.review_number or slot}",
        ]

    def _notice(self) -> None:
        size = 5.4
        step = size / POINTS_PER_MM * 1.2
        y = 4.2
        for words in wrapped(MAP_NOTICE, size, WIDTH_MM - 10):
            self.pen.text((5.0, y), words, size, "#7a2b00", bold=True)
            y -= step

    def _bar(
        self,
        middle: float,
        y: float,
        longest_mm: float,
    ) -> None:
        """A scale bar of a round length in four parts."""
        length_m = nice(longest_mm * self.sheet.metres_per_mm)
        long = length_m / self.sheet.metres_per_mm
        x = middle - long / 2
        for part, fill in enumerate((_INK, "#ffffff") * 2):
            start = x + part * long / 4
            box = shapely.box(start, y, start + long / 4, y + 1.1)
            self.pen.area(
                box,
                fill=fill,
                edge=_INK,
                px=0.8,
            )
        for share in (0.0, 0.5, 1.0):
            self._bar_number((x + long * share, y - 3.0), length_m, share)

    def _bar_number(
        self,
        at: Point,
        length_m: float,
        share: float,
    ) -> None:
        """Write the number at a share of the bar; at its end with the unit."""
        unit, worth = ("米", 1.0) if length_m < 5000 else ("千米", 1000.0)
        words = f"{length_m * share / worth:g}" + (unit if share == 1.0 else "")
        self.pen.text(at, words, 5.6, _INK, anchor="middle")


def _shared(outcome: SiteOutcome) -> list[Shape]:
    """Return what a plot shares with each prohibition."""
    return [
        finding.overlap_geometry
        for entry in (*outcome.screening, *outcome.extra)
        for finding in entry.findings
        if finding.outcome == "conflict" and finding.overlap_geometry is not None
    ]


def _point_look(record: _Drawn) -> _Look:
    style = class_style(record.class_id)
    return _Look("point", style.colour, path=style.path, is_rough=record.is_rough)


def _name_spots(record: _Drawn) -> Iterator[Point]:
    """Yield where a name may stand, the best place first; never over the frame."""
    half = width_mm(record.name, _NAME_PT) / 2
    left, bottom, right, top = FRAME
    middle = record.shape.representative_point()
    for dx, dy in _name_shifts(record, half):
        yield (
            min(
                max(middle.x + dx, left + half + 1),
                right - half - 1,
            ),
            min(max(middle.y + dy, bottom + 1.5), top - 4),
        )


def _name_shifts(record: _Drawn, half: float) -> tuple[Point, ...]:
    """From the middle of a record to its name: inside an area, else beside the record."""
    if shapely.get_dimensions(record.shape) == 2:
        return (0.0, 0.0), (0.0, 3.4), (0.0, -3.4), (0.0, 6.8), (0.0, -6.8)
    return (half + 3.0, -0.8), (-half - 3.0, -0.8), (0.0, 3.2), (0.0, -5.0)


def _place(
    class_id: str,
    subzone: str | None,
    groups: Mapping[tuple[str, str | None], Any],
) -> int:
    """Which of the drawn subzones of its class this is, the innermost first."""
    order = [*URBAN_ZONES, *SUBZONE_ZH]
    own = [zone for other, zone in groups if other == class_id]
    ranked = sorted(
        own,
        key=lambda z: (z is None, order.index(z) if z in order else 99, z or ""),
    )
    return ranked.index(subzone)


def _word_box(
    spot: Point,
    words: str,
    size_pt: float,
) -> Any:
    """The box of a text centred on a point of its base line."""
    half = width_mm(words, size_pt) / 2
    high = size_pt / POINTS_PER_MM
    return shapely.box(
        spot[0] - half - 0.4, spot[1] - 0.5, spot[0] + half + 0.4, spot[1] + high * 0.9
    )
