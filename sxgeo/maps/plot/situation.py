"""位置套合图: one plot among what is held round it, at a numeric scale that is true on the printed
page.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from .figure import DPI, MapFigure
from .pen import Pen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...geometry.shapes import Floats, Shape
    from ...layers.layers import Layer
    from ...model.outcomes import SiteOutcome
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
_INK, _SOFT, _PLOT = "#1c2f3d", "#51626f", "#0c2f63"
_DASHES: tuple[str | None, ...] = (None, "7 3", "2 2.5", "7 2 2 2")
_THICK = {"urban_boundary": 2.6, "ecological_redline": 2.2, "permanent_farmland": 1.4}
_INCH_MM = 25.4


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
    crs = outcome.crs
    if not outcome.site.usable or crs is None:
        return None
    face()
    plot = laid_on_plane(outcome.site.geometry, crs, outcome.site.crs)
    denominator = scale_of(shapely.bounds(plot).tolist())
    if denominator is None:
        return None
    sheet = _Sheet(plot, crs, denominator)
    records = list(_records(layers, sheet))

    # the sheet is as secret as the gravest of what it shows
    found = [grade for r in records if (grade := (grades or {}).get(r.class_id)) is not None]
    if found:
        order = (UNGRADED, *SECRET)
        facts = replace(facts, secrecy=max(found, key=order.index))
    drawing = _Drawing(sheet, outcome, records, facts)
    drawing.draw()
    return SituationMap(
        png=drawing.png(),
        denominator=denominator,
        caption=drawing.caption(),
        classes=tuple(dict.fromkeys(record.class_id for record in records)),
        window=sheet.window,
    )


class _Sheet:
    """The way from metres of the plane to millimetres of the paper."""

    def __init__(self, plot: Shape, crs: str, denominator: int) -> None:
        self.crs, self.denominator = crs, denominator
        self.metres_per_mm = denominator / 1000
        west, south, east, north = shapely.bounds(plot).tolist()
        left, bottom, right, top = FRAME
        self.middle_m = ((west + east) / 2, (south + north) / 2)
        self.middle_mm = ((left + right) / 2, (bottom + top) / 2)
        half = ((right - left) / 2 * self.metres_per_mm, (top - bottom) / 2 * self.metres_per_mm)
        x, y = self.middle_m
        self.window: Box = (x - half[0], y - half[1], x + half[0], y + half[1])
        self.plot = self.shape(plot)

    def shape(self, on_plane: Shape) -> Shape:
        """Place a shape of the plane on the paper."""
        return shapely.transform(on_plane, self._placed)

    def point(self, east: float, north: float) -> Point:
        x, y = self._placed(np.array([[east, north]]))[0]
        return float(x), float(y)

    def _placed(self, xy: Floats) -> Floats:
        placed: Floats = (xy - self.middle_m) / self.metres_per_mm + self.middle_mm
        return placed


def _records(layers: Iterable[Layer], sheet: _Sheet) -> Iterator[_Drawn]:
    """Yield what of the layers lies in the window, cut to it."""
    window = shapely.box(*sheet.window)
    frame = shapely.box(*FRAME)

    # the window in degrees has bent edges: its box, with the edges cut fine, holds them all
    lonlat = shapely.bounds(to_degrees(shapely.segmentize(window, 500.0), sheet.crs))
    near = shapely.box(*lonlat)
    for layer in layers:
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            if shape is None or record["membership"] not in HELD or not near.intersects(shape):
                continue
            seen = shapely.intersection(sheet.shape(laid_on_plane(shape, sheet.crs)), frame)
            if seen.is_empty:
                continue
            accuracy = record["position_accuracy_m"]

            # a place that is known worse than a millimetre of paper is drawn as rough
            is_rough = accuracy is None or accuracy > sheet.metres_per_mm
            yield _Drawn(
                layer.spec.id,
                layer.spec.name_zh,
                record["subzone"],
                one_line(str(record["name_zh"] or "")),
                seen,
                is_rough,
            )


def _bar_words(length_m: float, share: float) -> str:
    """Write a place on the scale bar; the unit stands at its end alone."""
    unit, worth = ("米", 1.0) if length_m < 5000 else ("千米", 1000.0)
    return f"{length_m * share / worth:g}" + (unit if share == 1.0 else "")


class _Drawing:
    """The sheet being drawn."""

    def __init__(
        self, sheet: _Sheet, outcome: SiteOutcome, records: list[_Drawn], facts: MapFacts
    ) -> None:
        self.sheet, self.outcome, self.records, self.facts = sheet, outcome, records, facts
        self.figure = MapFigure(
            figsize=(WIDTH_MM / _INCH_MM, HEIGHT_MM / _INCH_MM), facecolor="white"
        )
        axes = self.figure.add_axes(
            (0, 0, 1, 1), xlim=(0, WIDTH_MM), ylim=(0, HEIGHT_MM), autoscale_on=False
        )
        axes.set_axis_off()
        self.pen = Pen(axes)
        self.rows: list[tuple[str, Any]] = []
        self.taken: list[Any] = []
        self.unnamed = 0
        self.points = 0
        self.skipped_numbers = False

    def png(self) -> bytes:
        content = io.BytesIO()
        self.figure.savefig(content, format="png", dpi=DPI)
        return content.getvalue()

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
        named = zip(counties["name_zh"], counties.geometry, strict=True)

        # every county is tried: the sheet may hold several
        drawn = [self._county(name, shape) for name, shape in named]
        if any(drawn):
            colour = BASE_STYLES["county"].colour
            self.rows.append(("县界（概化示意，不作划界依据）", ("line", colour, "5 3", 1.0)))

    def _county(self, name: str, shape: Shape) -> bool:
        """Draw the edge of a county and its name; False where no edge of it runs over the sheet."""
        style, frame = BASE_STYLES["county"], shapely.box(*FRAME)
        seen = shapely.intersection(self.sheet.shape(laid_on_plane(shape, self.sheet.crs)), frame)
        if seen.is_empty or seen.equals(frame):
            return False
        self.pen.line(shapely.boundary(seen), style.colour, style.width_px, dash="5 3")
        spot = seen.representative_point()
        self.pen.text((spot.x, spot.y), name, 9.0, _SOFT, anchor="middle", halo=True)
        return True

    def _areas(self) -> None:
        """Areas and lines of the records, each class and subzone with a row of the legend."""
        # class and subzone together make a row of the legend; the order is that of the records
        groups: dict[tuple[str, str | None], list[_Drawn]] = {}
        for record in self.records:
            if shapely.get_dimensions(record.shape) > 0:
                groups.setdefault((record.class_id, record.subzone), []).append(record)
        for (class_id, subzone), members in groups.items():
            style = class_style(class_id)
            dash = _DASHES[_place(class_id, subzone, groups) % len(_DASHES)]
            px = _THICK.get(class_id, 1.6)
            areas = [m.shape for m in members if shapely.get_dimensions(m.shape) == 2]
            if areas:
                whole = shapely.union_all(areas)
                self.pen.area(whole, fill=style.colour, alpha=0.09)
                self.pen.hatch(style.hatch, whole, style.colour, px=0.55, gap_mm=2.4)
            for member in members:
                self.pen.line(member.shape, style.colour, px, dash=dash)
            words = members[0].class_zh
            if subzone is not None:
                words += f"·{SUBZONE_ZH.get(subzone, subzone)}"
            look = ("area" if areas else "line", style.colour, dash, px, style.hatch)
            self.rows.append((words, look))

    def _plot(self) -> None:
        """The plot, and what it shares with prohibitions."""
        shared = [
            finding.overlap_geometry
            for entry in (*self.outcome.screening, *self.outcome.extra)
            for finding in entry.findings
            if finding.outcome == "conflict" and finding.overlap_geometry is not None
        ]
        if shared:
            # what is prohibited lies under the line of the plot, which must stay whole
            lying = laid_on_plane(shapely.union_all(shared), self.sheet.crs)
            area = self.sheet.shape(lying)
            self.pen.area(area, fill=RED, alpha=0.12)
            if shapely.get_dimensions(area) == 2:
                self.pen.hatch("diagonal", area, RED, px=0.9, gap_mm=1.5)
            self.pen.line(area, RED, 1.2)
        self.pen.line(self.sheet.plot, _PLOT, 3.6)
        self.rows.insert(0, ("用地范围", ("line", _PLOT, None, 3.6)))
        if shared:
            self.rows.insert(1, ("压占禁止或原则禁止范围", ("area", RED, None, 1.2, "diagonal")))

    def _points(self) -> None:
        """Records that are points: filled where their place is known to a millimetre of paper."""
        kinds: dict[tuple[str, bool], _Drawn] = {}
        for record in self.records:
            if shapely.get_dimensions(record.shape) == 0:
                self._point(record)
                kinds.setdefault((record.class_id, record.is_rough), record)
        for (class_id, is_rough), record in kinds.items():
            words = f"{record.class_zh}（{'点位，位置不精确' if is_rough else '点位'}）"
            style = class_style(class_id)
            self.rows.append((words, ("point", style.colour, style.path, is_rough)))

    def _point(self, record: _Drawn) -> None:
        style = class_style(record.class_id)
        mark = "proxy" if record.is_rough else "object"
        for x, y in shapely.get_coordinates(record.shape):
            self.pen.symbol(style.path, (float(x), float(y)), 4.2, style.colour, mark=mark)

    def _corners(self) -> None:
        """Boundary points with their numbers, those of the table."""
        corners = [self.sheet.point(*place) for ring in rings(self.outcome) for place in ring.plane]
        self.points = len(corners)
        step = max(1, math.ceil(len(corners) / _NUMBERED))
        self.skipped_numbers = step > 1
        middle = self.sheet.plot.centroid
        for number, (x, y) in enumerate(corners, start=1):
            if len(corners) <= 4 * _NUMBERED or (number - 1) % step == 0:
                self.pen.circle((x, y), 0.55, _PLOT, px=1.2, fill="#ffffff")
            if (number - 1) % step:
                continue
            words = f"J{number}"
            away = math.hypot(x - middle.x, y - middle.y) or 1.0

            # numbers stand outside, away from the middle
            spot = (x + (x - middle.x) / away * 2.6, y + (y - middle.y) / away * 2.6 - 0.8)
            self.pen.text(spot, words, 6.2, _PLOT, anchor="middle", halo=True)
            self.taken.append(_word_box(spot, words, 6.2))
        if corners and shapely.get_dimensions(self.sheet.plot) == 2:
            self.rows.insert(1, ("界址点及点号", ("corner",)))

    def _names(self) -> None:
        """Names of records, the largest first, each where no other text stands."""
        shared: dict[str, int] = {}
        for record in self.records:
            shared[record.name] = shared.get(record.name, 0) + 1
        seen: set[tuple[str, str]] = set()
        ordered = sorted(self.records, key=lambda r: (-float(r.shape.area), r.class_id, r.name))
        count = 0
        for record in ordered:
            key = (record.class_id, record.name)
            if not record.name or record.name == record.class_zh or key in seen:
                continue
            seen.add(key)
            if shared[record.name] > _REPEATED * 2 and shapely.get_dimensions(record.shape) == 2:
                continue
            if count >= _NAMED or not self._named(record):
                self.unnamed += 1
                continue
            count += 1

    def _named(self, record: _Drawn) -> bool:
        """Write a name beside or inside its record; False where there is no room."""
        is_area = shapely.get_dimensions(record.shape) == 2
        if is_area and record.shape.area < _SMALLEST_MM2:
            return False
        spot = record.shape.representative_point()
        size = 6.6
        wide = width_mm(record.name, size)
        left, bottom, right, top = FRAME
        shifts = ((0.0, 0.0), (0.0, 3.4), (0.0, -3.4), (0.0, 6.8), (0.0, -6.8))
        beside = ((wide / 2 + 3.0, -0.8), (-wide / 2 - 3.0, -0.8), (0.0, 3.2), (0.0, -5.0))
        for dx, dy in shifts if is_area else beside:
            x = min(max(spot.x + dx, left + wide / 2 + 1), right - wide / 2 - 1)
            y = min(max(spot.y + dy, bottom + 1.5), top - 4)
            box = _word_box((x, y), record.name, size)
            if any(box.intersects(other) for other in self.taken):
                continue
            colour = class_style(record.class_id).colour
            self.pen.text((x, y), record.name, size, colour, anchor="middle", halo=True)
            self.taken.append(box)
            return True
        return False

    def _grid(self) -> None:
        """Crosses of the plane's grid, and its numbers at the frame, Y with the zone's number."""
        west, south, east, north = self.sheet.window
        step = nice(_GRID_MM * 1.9 * self.sheet.metres_per_mm)
        left, bottom, right, top = FRAME
        prefix = zone_number(self.sheet.crs) * 1_000_000
        columns = range(math.ceil(west / step), math.floor(east / step) + 1)
        lines = range(math.ceil(south / step), math.floor(north / step) + 1)
        for i in columns:
            for k in lines:
                x, y = self.sheet.point(i * step, k * step)
                cross = shapely.multilinestrings(
                    [[(x - 1.6, y), (x + 1.6, y)], [(x, y - 1.6), (x, y + 1.6)]]
                )
                self.pen.line(cross, "#3f4c57", 0.6)
        self.pen.clip = None
        for i in columns:
            x, _ = self.sheet.point(i * step, south)
            words = f"{prefix + i * step:.0f}"
            self.pen.line(shapely.linestrings([(x, bottom), (x, bottom - 1.2)]), _INK, 0.8)
            if left + 8 < x < right - 8:
                self.pen.text((x, bottom - 3.6), words, 5.4, _SOFT, anchor="middle")
        for k in lines:
            _, y = self.sheet.point(west, k * step)
            words = f"{k * step:.0f}"
            self.pen.line(shapely.linestrings([(left, y), (left + 1.4, y)]), _INK, 0.8)
            if bottom + 3 < y < top - 3:
                self.pen.text((left + 1.8, y - 0.7), words, 5.4, _SOFT, halo=True)

    def _frame(self) -> None:
        _, _, right, top = FRAME
        self.pen.line(shapely.get_exterior_ring(shapely.box(*FRAME)), _INK, 2.6)
        x, y = right - 7, top - 15
        self.pen.plate((right - 12.5, top - 19.5, right - 1.5, top - 1.5), alpha=0.9)
        arrow = [(x, y + 11), (x - 2.4, y + 3), (x, y + 4.8)]
        self.pen.area(shapely.Polygon(arrow), fill=_INK)
        other = shapely.Polygon([(x, y + 11), (x + 2.4, y + 3), (x, y + 4.8)])
        self.pen.area(other, fill="#ffffff", edge=_INK, px=1.0)
        self.pen.text((x, y - 1.6), "北", 8.0, _INK, bold=True, anchor="middle")

    def _title(self) -> None:
        site = self.outcome.site
        named = one_line(f"{site.site_id} {site.name}".strip())
        middle = WIDTH_MM / 2
        self.pen.text((middle, 213.5), "位置套合图", 15.0, _INK, bold=True, anchor="middle")
        self.pen.text((middle, 206.6), f"地块 {named}", 8.5, _INK, anchor="middle")
        right = FRAME[2]
        grade = f"密级：{self.facts.secrecy}"
        self.pen.text((right, 214.5), grade, 8.0, _INK, bold=True, anchor="right")

    def _legend(self) -> None:
        """What is on the map and nothing else, in two columns."""
        left, bottom, right, top = _LEGEND
        self.pen.plate(_LEGEND, alpha=1.0, edge="#8d9aa2")
        self.pen.text((left + 2, top - 5), "图例", 8.5, _INK, bold=True)
        rows = self.rows
        per_column = max(1, math.ceil(len(rows) / 2))
        step = min(5.6, (top - bottom - 9) / per_column)
        half = (right - left) / 2
        for number, (words, look) in enumerate(rows):
            x = left + 2 + (half if number >= per_column else 0.0)
            y = top - 10.6 - step * (number % per_column)
            self._swatch(x, y, look)
            size = 6.4
            room = half - 12
            if width_mm(words, size) > room:
                size *= room / width_mm(words, size)
            self.pen.text((x + 9, y), words, size, _INK)

    def _swatch(self, x: float, y: float, look: Any) -> None:
        kind, *more = look
        if kind == "corner":
            self.pen.circle((x + 2.6, y + 0.9), 0.7, _PLOT, px=1.2, fill="#ffffff")
            self.pen.text((x + 4.0, y), "J1", 5.8, _PLOT)
            return
        if kind == "point":
            colour, path, is_rough = more
            mark = "proxy" if is_rough else "object"
            self.pen.symbol(path, (x + 3.5, y + 0.9), 3.4, colour, mark=mark)
            return
        colour, dash, px, *hatch = more
        if kind == "line":
            line = shapely.linestrings([(x, y + 0.9), (x + 7, y + 0.9)])
            self.pen.line(line, colour, px, dash=dash)
            return
        box = shapely.box(x, y - 0.7, x + 7, y + 2.5)
        self.pen.area(box, fill=colour, alpha=0.12)
        if hatch:
            self.pen.hatch(hatch[0], box, colour, px=0.6, gap_mm=1.5)
        self.pen.area(box, edge=colour, px=px, dash=dash)

    def _facts(self) -> None:
        left, _, right, top = _FACTS
        self.pen.plate(_FACTS, alpha=1.0, edge="#8d9aa2")
        crs = self.sheet.crs
        y = top - 5.4
        middle = (left + right) / 2
        scale = f"1:{self.sheet.denominator:,}"
        self.pen.text((middle, y), scale, 11.0, _INK, bold=True, anchor="middle")
        self._bar(middle, y - 5.2, (right - left) * 0.78)
        lon_lat = shapely.bounds(self.outcome.site.geometry).tolist()
        slot = "＿＿＿＿＿＿"
        facts = self.facts
        lines = [
            f"CGCS2000 3°带 {zone_number(crs)}带，中央子午线{meridian_of(crs)}°（{crs}）",
            f"四至：东经{lon_lat[0]:.6f}°—{lon_lat[2]:.6f}°",
            f"　　　北纬{lon_lat[1]:.6f}°—{lon_lat[3]:.6f}°",
            f"编制单位：{facts.compiler or slot}",
            f"制图：{facts.compiled_by or slot}　校核：{facts.checked_by or slot}",
            f"日期：{facts.date or slot}　资料时点：{facts.as_of}",
            f"审图号：{facts.review_number or slot}",
        ]
        y -= 14.2
        for words in lines:
            size = 6.3
            room = right - left - 4
            if width_mm(words, size) > room:
                size *= room / width_mm(words, size)
            self.pen.text((left + 2, y), words, size, _INK)
            y -= 4.7
        size = 5.4
        step = size / POINTS_PER_MM * 1.2
        y = 4.2
        for words in wrapped(MAP_NOTICE, size, WIDTH_MM - 10):
            self.pen.text((5.0, y), words, size, "#7a2b00", bold=True)
            y -= step

    def _bar(self, middle: float, y: float, longest_mm: float) -> None:
        """A scale bar of a round length in four parts."""
        length_m = nice(longest_mm * self.sheet.metres_per_mm)
        long = length_m / self.sheet.metres_per_mm
        x = middle - long / 2
        for part in range(4):
            start = x + part * long / 4
            fill = _INK if part % 2 == 0 else "#ffffff"
            box = shapely.box(start, y, start + long / 4, y + 1.1)
            self.pen.area(box, fill=fill, edge=_INK, px=0.8)
        for share in (0.0, 0.5, 1.0):
            words = _bar_words(length_m, share)
            self.pen.text((x + long * share, y - 3.0), words, 5.6, _INK, anchor="middle")


def _place(class_id: str, subzone: str | None, groups: Mapping[tuple[str, str | None], Any]) -> int:
    """Which of the drawn subzones of its class this is, the innermost first."""
    order = [*URBAN_ZONES, *SUBZONE_ZH]
    own = [zone for other, zone in groups if other == class_id]
    ranked = sorted(own, key=lambda z: (z is None, order.index(z) if z in order else 99, z or ""))
    return ranked.index(subzone)


def _word_box(spot: Point, words: str, size_pt: float) -> Any:
    """The box of a text centred on a point of its base line."""
    half = width_mm(words, size_pt) / 2
    high = size_pt / POINTS_PER_MM
    return shapely.box(
        spot[0] - half - 0.4, spot[1] - 0.5, spot[0] + half + 0.4, spot[1] + high * 0.9
    )
