"""The plots of a survey TXT -> shapes: rings, holes and parts, and what their lines announce against what is there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from .intake import Table, conceal
from .nesting import MAX_OVERLAPS, nested
from .survey import Plot, Survey, accuracy_of

_AREA_UNITS = (("ha", 1e4), ("m2", 1.0), ("mu", 1e4 / 15))
_MU_TOLERANCE = 0.01


def survey_table(survey: Survey, told: dict[str, str]) -> Table:
    """Turn the plots into a table of raw shapes: first number first, system not settled yet."""
    table = Table(np.full(len(survey.plots), None, dtype=object), None)
    table.accuracy_m = accuracy_of(survey)
    table.declared = survey.header.get("坐标系") or None
    table.columns = {
        "编号": [plot.value(2) for plot in survey.plots],
        "名称": [plot.value(3) for plot in survey.plots],
    }
    table.facts = {"header": conceal(survey.header), "irregular": survey.irregular, "plots": len(survey.plots)}
    points = 0
    for row, plot in enumerate(survey.plots):
        points += len(plot.first)
        shape, problem = _shape(plot, row, table, told)
        table.shapes[row] = shape
        if problem:
            table.wrong[row] = problem
    table.facts["points"] = points
    _name_twice(table)
    return table


def _name_twice(table: Table) -> None:
    seen: dict[str, int] = {}
    for row, number in enumerate(table.columns["编号"]):
        if number and number in seen:
            for each in {seen[number], row}:
                table.remark(each, f"plot number '{number}' stands more than once in the file")
        seen.setdefault(number, row)


def _shape(plot: Plot, row: int, table: Table, told: dict[str, str]) -> tuple[Any, str | None]:
    if plot.problems:
        more = f" and {len(plot.problems) - 3} more" if len(plot.problems) > 3 else ""
        return None, "; ".join(plot.problems[:3]) + more
    if not plot.first:
        return None, f"plot of line {plot.line} has no points"
    pairs = np.column_stack([plot.first, plot.second])
    if not np.isfinite(pairs).all():
        return None, "coordinates that are not numbers"
    kind = plot.value(4)
    rings = [] if kind in ("点", "线") else list(_rings(plot, pairs))
    if problem := _count_problem(plot, rings, told):
        return None, problem
    if kind == "点":
        return (shapely.Point(pairs[0]) if len(pairs) == 1 else shapely.MultiPoint(pairs)), None
    if kind == "线":
        return _line(plot, pairs)
    if kind not in ("面", ""):
        return None, f"记录图形属性 '{kind}' is not 点, 线 or 面"
    return _polygon(rings, row, table)


def _line(plot: Plot, pairs: Any) -> tuple[Any, str | None]:
    numbers = np.array(plot.rings)
    parts = [pairs[numbers == ring] for ring in dict.fromkeys(plot.rings)]
    if any(len(part) < 2 for part in parts):
        return None, "a line of one point"
    return (shapely.LineString(parts[0]) if len(parts) == 1 else shapely.MultiLineString(parts)), None


def _count_problem(plot: Plot, rings: list[_Ring], told: dict[str, str]) -> str | None:
    """Refuse a plot that lacks points which its line announces; the closing point of each ring may count or not."""
    text = plot.value(0)
    if not text or told.get("count") == "as_found":
        return None
    try:
        announced = int(float(text))
    except (ValueError, OverflowError):
        return f"its number of points '{text}' is not a number"
    found = len(plot.first)
    closings = sum(ring.closed for ring in rings)
    if announced in (found, found - closings, found + sum(not r.closed for r in rings)):
        return None
    return (
        f"its line announces {announced} points, {found} are there: points may be lost; complete it, or say "
        "--assume count=as_found"
    )


@dataclass(slots=True)
class _Ring:
    number: int
    pairs: Any
    closed: bool
    split: bool = False


def _rings(plot: Plot, pairs: Any) -> Iterator[_Ring]:
    """Yield rings: runs of one number; a run that comes back to its first point and goes on is split there."""
    numbers = np.array(plot.rings)
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    merged: dict[int, list[Any]] = {}
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        merged.setdefault(int(numbers[start]), []).append(pairs[start:end])
    for number, runs in merged.items():
        run = np.concatenate(runs)
        split = False
        while len(run):
            again = np.flatnonzero((run[1:] == run[0]).all(axis=1)) + 1
            again = again[again >= 3]
            if not len(again):
                yield _Ring(number, run, False, split)
                break
            end = int(again[0])
            yield _Ring(number, run[: end + 1], True, split)
            run, split = run[end + 1 :], True


def _polygon(rings: list[_Ring], row: int, table: Table) -> tuple[Any, str | None]:
    outers: list[tuple[Any, list[Any]]] = []
    for ring in rings:
        if len(ring.pairs) < 3 + ring.closed:
            return None, f"ring {ring.number} has {len(ring.pairs)} points; a ring needs 3 and its first one again"
        if not ring.closed:
            table.doubt(row, f"ring {ring.number} does not come back to its first point; closed with a straight line")
    if len(rings) == 1:
        return shapely.Polygon(rings[0].pairs), None
    polygons = [shapely.Polygon(ring.pairs) for ring in rings]
    bad = [r.number for r, p in zip(rings, polygons, strict=True) if not p.is_valid]
    if bad:
        return (
            None,
            f"ring {', '.join(map(str, bad[:5]))} crosses itself in a plot of several rings; put its points in order",
        )
    nesting = nested(polygons)
    if nesting is None:
        return None, f"its {len(rings)} rings lie over each other in more than {MAX_OVERLAPS} pairs; split the plot"
    if nesting.crossing:
        one, other = nesting.crossing[0]
        return None, f"ring {rings[one].number} crosses ring {rings[other].number}; put their points in order"
    parent, depth = nesting.parent, nesting.depth
    place: dict[int, int] = {}
    for i in range(len(rings)):
        if depth[i] % 2 == 0:
            place[i] = len(outers)
            outers.append((rings[i].pairs, []))
    for i in range(len(rings)):
        if depth[i] % 2:
            outers[place[parent[i]]][1].append(rings[i].pairs)
    if any(depth[i] % 2 == 0 and ring.number != 1 for i, ring in enumerate(rings)):
        table.doubt(row, "a ring number above 1 stands for a part, not a hole, as it lies outside ring 1")
    if any(ring.split for ring in rings):
        table.doubt(row, "one ring number stands for several closed rings")
    shapes = [shapely.Polygon(outer, holes) for outer, holes in outers]
    return (shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)), None


def area_words(text: str, area_m2: float, told: str | None) -> tuple[dict[str, Any], str | None]:
    """Compare the area of a plot's line with the drawn one: the ratio tells hectares, m2 and mu apart.

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
    try:
        written = float(text)
    except ValueError:
        return {"written": text}, f"its area '{text}' is not a number"
    if not math.isfinite(written) or written <= 0 or area_m2 <= 0:
        return {"written": written}, None if written == 0 else f"its area {text} cannot be compared"
    fits = [(abs(written * size / area_m2 - 1), unit, size) for unit, size in _AREA_UNITS if told in (None, unit)]
    apart, unit, size = min(fits)
    facts = {
        "written": written,
        "unit": unit,
        "drawn_m2": round(area_m2, 2),
        "ratio": round(written * size / area_m2, 6),
    }
    if apart <= _MU_TOLERANCE or abs(written * size - area_m2) <= 1.0 + 0.5 * size * 10.0 ** -_decimals(text):
        return facts, None
    return facts, (
        f"its line says an area of {text}, {area_m2 / 1e4:.4f} ha ({area_m2:.1f} m2) are drawn: "
        f"{'neither hectares nor m2 nor mu fit' if told is None else f'it does not fit in {told}'}; a point may be wrong or lost"
    )


def _decimals(text: str) -> int:
    return len(text.strip().partition(".")[2])
