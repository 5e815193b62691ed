"""The plots of a survey TXT -> shapes: rings, holes and parts, and what their lines announce
against what is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.nesting import MAX_OVERLAPS, Nesting, nested
from ...geometry.shapes import Floats, Ints, Shape
from ...geometry.touching import untouched
from ...model.accuracy import DEGREE_M
from ...model.sites import STANDING
from .assumptions import Assumptions, conceal
from .survey import accuracy_kind, kind_of_plot, rounding_of
from .table import Guess, LeftOut, Table

if TYPE_CHECKING:
    from .survey import Plot, Survey

_AREA_UNITS = (("ha", 1e4), ("m2", 1.0), ("mu", 1e4 / 15))
_AREA_WORDS = (
    (("公顷", "hm2", "hm²", "ha"), "ha"),
    (("平方米", "㎡", "m2", "m²", "平米"), "m2"),
    (("亩", "mu"), "mu"),
)
_MU_TOLERANCE = 0.01
_AGREES = 0.002
_GAP_M = 0.05
_SETTLE = "say --assume shape=ring if it is meant so"
_SHOWN = 20
"""Lines of words that are named one by one."""


def survey_table(survey: Survey, told: Assumptions) -> Table:
    """Turn the plots into a table of raw shapes: first number first, system not settled yet."""
    step = float(10.0**-survey.decimals)
    table = _table_of(survey, step)

    # Ends that differ by the rounding of the numbers are one point.
    gap = max(rounding_of(survey) or 0.0, 2.0 * step)
    for row, plot in enumerate(survey.plots):
        table.shapes[row], problem = _shape(_Spot(plot, row, table, told), gap)
        if problem:
            table.wrong[row] = problem
    table.left_out += _words_left_out(survey.words)
    _name_twice(table)
    return table


def _table_of(survey: Survey, step: float) -> Table:
    # A row for each plot, whatever becomes of it: nothing disappears between file and answer.
    table = Table(
        np.full(len(survey.plots), None, dtype=object),
        None,
    )
    table.declared = survey.header.get("坐标系") or None
    table.columns = _columns_of(survey)
    table.note(
        format="survey TXT",
        header=conceal(dict(survey.header)),
        irregular=survey.irregular,
        areas=[plot.value(1) for plot in survey.plots],
        accuracy_kind=accuracy_kind(survey),
        step=step,
        plain_numbers=True,
        points=sum(len(plot.first) for plot in survey.plots),
    )
    return table


def _columns_of(survey: Survey) -> dict[str, list[str]]:
    """Return the numbers and names of the plots, and what the header says of all of them."""
    named = {
        "编号": [plot.value(2) for plot in survey.plots],
        "名称": [plot.value(3) for plot in survey.plots],
    }
    # What :func:`sxgeo.write_sites` says for the whole file holds for each plot.
    said = {key: survey.header[key] for key in STANDING if key in survey.header}
    return named | {key: [value] * len(survey.plots) for key, value in said.items()}


def _words_left_out(words: Sequence[str]) -> list[LeftOut]:
    """Remarks between the points, the first of them in their own words."""
    what, why = "line of words", "holds no number, and so no point"
    entries = [LeftOut("annotation", what, place, why) for place in words[:_SHOWN]]
    more = len(words) - _SHOWN
    if more > 0:
        entries.append(LeftOut("annotation", what, "further down", "holds no number", more))
    return entries


def _name_twice(table: Table) -> None:
    # a number twice may be a plot pasted twice, or two plots of one name: the person looks
    seen: dict[str, int] = {}
    for row, number in enumerate(table.columns["编号"]):
        if number and number in seen:
            for each in {seen[number], row}:
                table.remark(each, f"plot number '{number}' stands more than once in the file")
        seen.setdefault(number, row)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A plot, where it stands in the table that it becomes a row of, and what was said of all."""

    plot: Plot
    row: int
    table: Table
    told: Assumptions


def _shape(spot: _Spot, gap: float) -> tuple[Any, str | None]:
    """Build the shape of a plot; where it cannot be built, say why."""
    # Faults of the lines come first: with a point missing, no shape can be right.
    plot = spot.plot
    if problem := _line_problem(plot):
        return None, problem
    pairs = np.column_stack([plot.first, plot.second])
    kind = kind_of_plot(plot.value(4))
    if problem := _number_problem(plot, pairs) or _kind_problem(plot):
        return None, problem
    rings = _Rings() if kind != "面" else _rings(_Points(plot, pairs, gap))

    # Where the line of the plot states a number of points, that many must be there.
    if problem := _count_problem(plot, rings, spot.told):
        return None, problem
    if kind == "点":
        return (shapely.Point(pairs[0]) if len(pairs) == 1 else shapely.MultiPoint(pairs)), None
    return _line(spot, pairs) if kind == "线" else _polygon(spot, rings)


def _line_problem(plot: Plot) -> str | None:
    if plot.problems:
        more = f" and {len(plot.problems) - 3} more" if len(plot.problems) > 3 else ""
        return "; ".join(plot.problems[:3]) + more
    if not plot.first:
        return f"plot of line {plot.line} has no points; complete it, or delete its line"
    return None


def _number_problem(plot: Plot, pairs: Floats) -> str | None:
    """NaN and infinity can be written as numbers, and are none."""
    bad = np.flatnonzero(~np.isfinite(pairs).all(axis=1)).tolist()
    if not bad:
        return None
    first, second = pairs[bad[0]].tolist()
    return (
        f"point {bad[0] + 1} ('{plot.labels[bad[0]]}') has coordinates that are not numbers"
        f" ({first:g}, {second:g}); correct them"
    )


def _kind_problem(plot: Plot) -> str | None:
    """What the line of a plot says that it is must be known, or an area may be taken for points."""
    if kind_of_plot(plot.value(4)) is None:
        return f"记录图形属性 '{plot.value(4)}' is not 点, 线 or 面"
    return None


def _line(spot: _Spot, pairs: Floats) -> tuple[Any, str | None]:
    shape = _line_through(spot.plot, pairs)
    if shape is None:
        return None, "a line of one point"

    # A line that comes back encloses an area, which would not be screened: it is asked, not
    # decided.
    faces = shapely.get_parts(shapely.polygonize([shape]))
    if len(faces) and spot.told.closed_line == "plot":
        return shapely.union_all(faces), None
    if len(faces) and spot.told.closed_line is None:
        spot.table.guesses.append(_closed_line_guess(spot.row))
    return shape, None


def _line_through(plot: Plot, pairs: Floats) -> Shape | None:
    """Return the line of each ring number; None where one of them has one point alone."""
    numbers = np.array(plot.rings)
    parts = [pairs[numbers == ring] for ring in dict.fromkeys(plot.rings)]
    if any(len(part) < 2 for part in parts):
        return None
    return shapely.LineString(parts[0]) if len(parts) == 1 else shapely.MultiLineString(parts)


def _closed_line_guess(row: int) -> Guess:
    evidence = "记录图形属性 says 线, and it comes back to where it began"
    return Guess("closed_line", "line", evidence, "plot: the edge of an area", frozenset({row}))


def _announced(plot: Plot) -> int | None:
    """Return the number of points that the line of a plot announces; None when it is blank.

    Raises
    ------
    ValueError
        If it is no number.
    """
    # 5个点 is what people write for 5
    text = plot.value(0).removesuffix("个").removesuffix("点").strip()
    return int(float(text)) if text else None


def _count_problem(
    plot: Plot,
    rings: _Rings,
    told: Assumptions,
) -> str | None:
    """Refuse a plot that lacks points which its line announces; the closing point of each ring may
    count or not.
    """
    if told.count == "as_found":
        return None
    try:
        announced = _announced(plot)
    except (ValueError, OverflowError):
        return (
            f"its number of points '{plot.value(0)}' is not a number; correct it, or say --assume"
            " count=as_found"
        )
    if announced is None or announced in rings.counts(len(plot.first)):
        return None
    return (
        f"its line announces {announced} points, {len(plot.first)} are there: points may be lost;"
        " complete it, or say --assume count=as_found"
    )


@dataclass(slots=True)
class _Ring:
    number: int
    pairs: Any
    closed: bool


@dataclass(slots=True)
class _Rings:
    """The rings of a plot.

    Attributes
    ----------
    split
        Whether one ring number stands for several of them.
    repeated
        Points that say again what a closing point has said.
    """

    rings: list[_Ring] = field(default_factory=list)
    split: bool = False
    repeated: int = 0

    def counts(self, found: int) -> tuple[int, ...]:
        """Return the numbers of points that a line may announce of what was found."""
        # programs count the closing point, or do not, or write it twice
        closings = sum(ring.closed for ring in self.rings)
        once = found - self.repeated
        return (
            found,
            found - closings,
            found + sum(not r.closed for r in self.rings),
            once,
            once - closings,
        )


@dataclass(frozen=True, slots=True)
class _Points:
    """The points of a plot, and how far the ends of a ring lie apart by rounding alone."""

    plot: Plot
    pairs: Floats
    gap: float


def _rings(points: _Points) -> _Rings:
    """Divide the points of a plot: by ring number, and where a run comes back to its first point
    and goes on.
    """
    numbers = np.array(points.plot.rings)
    found = _Rings()
    for number in dict.fromkeys(points.plot.rings):
        _run(points, number, np.flatnonzero(numbers == number), found)
    return found


def _run(
    points: _Points,
    number: int,
    run: Ints,
    found: _Rings,
) -> None:
    """Divide the points of one ring number."""
    starts: list[Floats] = []  # first points of the rings so far: a bridge comes back to them
    bridged = False
    count = len(found.rings)
    while len(run):
        pairs = points.pairs[run]
        end = _first_return(pairs)

        # One number may hold several rings, one behind the other.
        if end is not None:
            found.rings.append(_Ring(number, pairs[: end + 1], True))
            starts.append(pairs[0])
            again = _said_again(pairs[end + 1 :], pairs[0])
            found.repeated += again
            run = run[end + 1 + again :]
        # What is left comes back to nothing of its own: it leads back, or has a gap.
        elif starts and _leads_back(pairs, starts, number, found):
            bridged, run = True, run[:0]
        else:
            run = _open_run(points, number, run, found)
    if len(found.rings) - count > 1 and not bridged:
        found.split = True


def _said_again(pairs: Floats, start: Floats) -> int:
    """Count how often the closing point of a ring is written again behind it."""
    others = np.flatnonzero((pairs != start).any(axis=1))
    return int(others[0]) if len(others) else len(pairs)


def _first_return(pairs: Floats) -> int | None:
    """Return where the first point comes again, which ends a ring; at least three points make
    one.
    """
    again = np.flatnonzero((pairs[1:] == pairs[0]).all(axis=1)) + 1
    return next((int(place) for place in again if place >= 3), None)


def _leads_back(
    pairs: Floats,
    starts: list[Floats],
    number: int,
    found: _Rings,
) -> bool:
    """Whether points lead back to the rings before them; a ring among them is added."""
    # a bridge back to where the outer ring was left
    if _only_among(pairs, starts):
        return True
    # a ring that touches the one before it in its first point
    if (pairs[-1] == starts[-1]).all() and len(pairs) >= 3:
        found.rings.append(
            _Ring(
                number,
                np.vstack([starts[-1], pairs]),
                True,
            )
        )
        return True
    return False


def _only_among(points: Floats, starts: list[Floats]) -> bool:
    return all(any((point == start).all() for start in starts) for point in points)


def _open_run(
    points: _Points,
    number: int,
    run: Ints,
    found: _Rings,
) -> Ints:
    """Take the ring at the head of points that do not come back to their first one; return what is
    left of them.
    """

    restart = _restart([points.plot.labels[i].strip() for i in run])

    # A gap as small as the rounding is closed; a larger one is told.
    pairs = points.pairs[run[:restart]]
    apart = float(np.hypot(*(pairs[-1] - pairs[0])))
    closed = len(pairs) >= 4 and apart <= _rounded_away(points)
    if closed:
        pairs = np.vstack([pairs[:-1], pairs[:1]])
    found.rings.append(_Ring(number, pairs, closed))
    return run[restart:]


def _restart(labels: Sequence[str]) -> int:
    """Return where labels begin anew; behind the last one where they do not."""
    # the sign of a next ring, if enough points are left for one
    places = range(3, len(labels) - 2) if labels[0] else ()
    return next((k for k in places if labels[k] == labels[0]), len(labels))


def _rounded_away(points: _Points) -> float:
    """Return how far the ends of a ring may lie apart by rounding, in the unit of its numbers."""
    in_metres = np.abs(points.pairs[:, 0]).max() > 1_000
    return min(points.gap, _GAP_M if in_metres else _GAP_M / DEGREE_M)


def _polygon(spot: _Spot, found: _Rings) -> tuple[Any, str | None]:
    """Build the polygon of rings; what is not sure of them is a doubt, unless the area of the
    plot's line agrees.
    """
    rings = found.rings
    if problem := _few_points(rings):
        return None, problem

    # An open ring is closed, but only with a doubt.
    doubts = [
        f"ring {ring.number} does not come back to its first point; closed with a straight line"
        for ring in rings
        if not ring.closed
    ]
    shape, problem = _single(rings[0], spot.plot) if len(rings) == 1 else _several(rings, doubts)
    if problem:
        return None, problem
    if len(rings) > 1 and found.split:
        doubts.append("one ring number stands for several rings")

    # An area that agrees with the line of the plot takes the doubts away: a lost point would not.
    if doubts and spot.told.shape != "ring" and not _confirmed(shape, spot.plot, found):
        for text in doubts:
            spot.table.doubt(spot.row, f"{text}; {_SETTLE}")
    return shape, None


def _few_points(rings: Sequence[_Ring]) -> str | None:
    """Say of the first ring that has too few points that no area can be inside it."""
    few = next((ring for ring in rings if len(ring.pairs) < 3 + ring.closed), None)
    if few is None:
        return None
    words = f"ring {few.number} has {len(few.pairs)} points; a ring needs 3 and its first one"
    return f"{words} again"


def _single(ring: _Ring, plot: Plot) -> tuple[Any, str | None]:
    """Build a polygon of one ring; one that was closed for the person must not cross itself."""
    shape = shapely.Polygon(ring.pairs)
    if shape.is_valid:
        return shape, None
    # a hole drawn as a loop of the outer ring: the area of its line tells it from a crossing
    looped = untouched(shape, even_odd=True)
    if looped is not None and _area_agrees(looped, plot):
        shape = looped
    if not ring.closed and not shape.is_valid and untouched(shape) is None:
        return None, (
            "ring 1 does not come back to its first point and crosses itself when closed:"
            " its points are out of order, or of several parts; put them in order, and"
            " close each part with its first point"
        )
    return shape, None


def _several(rings: list[_Ring], doubts: list[str]) -> tuple[Any, str | None]:
    """Build parts and holes by how the rings lie in each other, and by nothing else."""
    polygons = [_simple(shapely.Polygon(ring.pairs)) for ring in rings]
    if problem := _self_crossing(rings, polygons):
        return None, problem

    # Which ring lies in which; too many pairs are no plot.
    nesting = nested(polygons)
    if nesting is None:
        why = f"lie over each other in more than {MAX_OVERLAPS} pairs; split the plot"
        return None, f"its {len(rings)} rings {why}"
    if nesting.crossing:
        one, other = (rings[i].number for i in nesting.crossing[0])
        return None, f"ring {one} crosses ring {other}; put their points in order"
    doubts += _doubts_of_parts(rings, nesting)
    return _parts_with_holes(polygons, nesting), None


def _self_crossing(rings: Sequence[_Ring], polygons: Sequence[Shape]) -> str | None:
    """Crossing rings among several could be put together in more than one way."""
    bad = [r.number for r, p in zip(rings, polygons, strict=True) if not p.is_valid]
    if not bad:
        return None
    named = ", ".join(map(str, bad[:5]))
    why = "crosses itself in a plot of several rings; put its points in order"
    return f"ring {named} {why}"


def _doubts_of_parts(rings: list[_Ring], nesting: Nesting) -> list[str]:
    """By the standard, ring 1 is the outer one and the others are its holes; doubt others."""
    depths = zip(rings, nesting.depth, strict=True)
    if {ring.number for ring, depth in depths if depth % 2 == 0} <= {1}:
        return []
    return ["a ring number above 1 stands for a part, not a hole, as it lies outside ring 1"]


def _parts_with_holes(polygons: Sequence[Shape], nesting: Nesting) -> Shape:
    """Build one shape of rings: those at even depth are parts, those at odd depth their holes."""
    corners = [shapely.get_coordinates(polygon.exterior) for polygon in polygons]
    shapes = [
        shapely.Polygon(corners[place], [corners[hole] for hole in inner])
        for place, inner in _holes_by_part(nesting).items()
    ]
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def _holes_by_part(nesting: Nesting) -> dict[int, list[int]]:
    """Return the places of the holes in each part, by the place of the part."""
    # parts first, as a hole may stand before the part that holds it
    outer = [place for place, depth in enumerate(nesting.depth) if depth % 2 == 0]
    holes: dict[int, list[int]] = {place: [] for place in outer}
    for place, depth in enumerate(nesting.depth):
        if depth % 2:
            holes[nesting.parent[place]].append(place)
    return holes


def _simple(polygon: Shape) -> Any:
    """Return a ring that only touches itself as the one ring that it is, where it is one.

    A spike that runs out and back over itself is none: its point would be lost without a word.
    """
    if polygon.is_valid:
        return polygon
    # a ring that falls apart, or has a hole in it, is more than one ring
    whole = untouched(polygon)
    if whole is None or whole.geom_type != "Polygon" or whole.interiors:
        return polygon
    pairs = shapely.get_coordinates(polygon)
    away = shapely.distance(shapely.points(pairs), whole.exterior)
    return whole if away.max() <= 1e-9 * np.abs(pairs).max() else polygon


def _confirmed(
    shape: Shape,
    plot: Plot,
    found: _Rings,
) -> bool:
    """Whether the line of a plot confirms what was made of its points: its area, and its number of
    points where rings were closed.
    """
    try:
        announced = _announced(plot)
    except (ValueError, OverflowError):
        announced = None
    if any(not ring.closed for ring in found.rings) and announced not in found.counts(
        len(plot.first)
    ):
        return False
    return _area_agrees(shape, plot)


def _area_agrees(shape: Shape, plot: Plot) -> bool:
    number, unit = area_number(plot.value(1))
    area_m2 = _raw_area_m2(shape)
    if number is None or number <= 0 or area_m2 <= 0:
        return False
    # without a word of the unit any of them may be meant
    fits = [abs(number * size - area_m2) for known, size in _AREA_UNITS if unit in (None, known)]
    return min(fits) <= 1.0 + _AGREES * area_m2


def _raw_area_m2(shape: Shape) -> float:
    """Return the area of a raw shape in m2, near enough to compare: metres as they stand, degrees
    by the size of theirs.
    """
    pairs = shapely.get_coordinates(shape)
    if np.abs(pairs).max() > 1_000:
        return float(shape.area)
    # a latitude of China is below every longitude of it
    lat = math.radians(float(np.abs(pairs).mean(axis=0).min()))
    north = 111_132.954 - 559.822 * math.cos(2 * lat) + 1.175 * math.cos(4 * lat)
    east = 111_412.84 * math.cos(lat) - 93.5 * math.cos(3 * lat) + 0.118 * math.cos(5 * lat)
    return float(shape.area) * north * east


def area_number(text: str) -> tuple[float | None, str | None]:
    """Read an area as people write it, ``36.0000公顷``: the number, None when it is none, and its
    unit, None when it says none.
    """
    plain = text.strip().lower().replace(" ", "")
    unit = None
    for words, known in _AREA_WORDS:
        word = next((word for word in words if plain.endswith(word)), None)
        if word is not None and unit is None:
            plain, unit = plain.removesuffix(word), known
    try:
        number = float(plain)
    except ValueError:
        return None, unit
    return (number if math.isfinite(number) else None), unit


def area_words(
    text: str,
    area_m2: float,
    told: str | None,
) -> tuple[dict[str, Any], str | None]:
    """Compare the area of a plot's line with the drawn one: the ratio tells hectares, m2 and mu
    apart.

    Parameters
    ----------
    text
        The area as written.
    area_m2
        The drawn one, on the plane.
    told
        Unit by `--assume area_unit`, else None.

    Returns
    -------
    facts, problem
        For the autopsy; the problem is None when they agree in some unit.
    """

    # A word instead of a number is told as it stands.
    written, said = area_number(text)
    if written is None:
        return {"written": text}, f"its area '{text}' is not a number"

    # 0 is what programs write for unknown: it is no claim.
    if written <= 0 or area_m2 <= 0:
        return {"written": written}, None if written == 0 else f"its area {text} cannot be compared"

    told = told or said
    apart, unit, size = _nearest_unit(written, area_m2, told)
    facts = {
        "written": written,
        "unit": unit,
        "drawn_m2": round(area_m2, 2),
        "ratio": round(written * size / area_m2, 6),
    }

    # Close enough: within a hundredth, or within what the written decimals leave open.
    left_open_m2 = 1.0 + 0.5 * size * 10.0 ** -_decimals(text)
    if apart <= _MU_TOLERANCE or abs(written * size - area_m2) <= left_open_m2:
        return facts, None
    return facts, _unfit_words(text, area_m2, told)


def _nearest_unit(
    written: float,
    area_m2: float,
    told: str | None,
) -> tuple[float, str, float]:
    """Return how far a written area is off in the unit that fits it best, that unit and its
    size.
    """
    # The unit is told by the ratio: hectares, square metres or mu differ by far.
    sizes = [(unit, size) for unit, size in _AREA_UNITS if told in (None, unit)]
    return min((abs(written * size / area_m2 - 1), unit, size) for unit, size in sizes)


def _unfit_words(
    text: str,
    area_m2: float,
    told: str | None,
) -> str:
    unfit = "neither hectares nor m2 nor mu fit" if told is None else f"it does not fit in {told}"
    return (
        f"its line says an area of {text}, {area_m2 / 1e4:.4f} ha ({area_m2:.1f} m2) are drawn:"
        f" {unfit}; a point may be wrong or lost"
    )


def _decimals(text: str) -> int:
    # the 2 of m2 is no decimal
    return sum(char.isdigit() for char in text.partition(".")[2].removesuffix("m2"))
