"""压占分析表 of all plots together: what each control line takes of them in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..geometry.straight import laid_on_plane
from ..reports.cells import Number, Table, area_cells, columns_of
from ..reports.overlap_table import overlap_table
from ..reports.tables import site_words, usable
from ..wording import SUBZONE_ZH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model.outcomes import SiteOutcome
    from ..reports.answer import Answer
    from ..reports.cells import Cell
    from ..reports.overlap_table import OverlapRow, OverlapTable

_NOTES = (
    "各地块相加，只用于同一项目的几个地块；备选方案之间不相加。",
    "“各线以外”只指已收录的资料；未筛查和资料不完备的类别可能在其中，不等于不涉及。",
)


def total_table(report: Answer) -> Table | None:
    """Return what is taken of all plots together; None for fewer than two that have an area."""
    # Plots of lines and points take no area.
    tables = [t for o in usable(report) if (t := overlap_table(o, report.classes)) is not None]
    if len(tables) < 2:
        return None

    # The same columns as the table of one plot, but for the shares of all.
    columns = columns_of(
        ("控制线、类别", 30),
        ("分区", 18),
        ("面积（㎡）", 14),
        ("公顷", 12),
        ("亩", 11),
        ("占比", 9),
        ("图斑数", 8),
    )
    rows = (*_taken(tables), *_sums(tables))
    notes = (*_NOTES, *_overlapping(report))
    return Table("压占合计", "压占分析表（各地块合计）", columns, rows, notes)


def _added_up(
    rows: Iterable[OverlapRow],
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], int]]:
    """Add up areas and patches by class and subzone, in the order in which they first come."""
    sums: dict[tuple[str, str], float] = {}
    patches: dict[tuple[str, str], int] = {}
    for row in rows:
        # a class that takes nothing has no line in the sums
        if row.area_m2:
            key = (row.title_zh, _zone_words(row))
            sums[key] = sums.get(key, 0.0) + row.area_m2
            patches[key] = patches.get(key, 0) + row.patches
    return sums, patches


def _taken(tables: Sequence[OverlapTable]) -> Iterator[tuple[Cell, ...]]:
    """Yield what each line and zone takes, in the order in which the tables tell them: the sums
    read like the parts.
    """
    sums, patches = _added_up(row for table in tables for row in table.rows)
    whole = sum(table.area_m2 for table in tables)
    for key, area in sums.items():
        yield (*key, *area_cells(area), _share(area, whole), Number(patches[key]))


def _zone_words(row: OverlapRow) -> str:
    if row.is_total:
        return "小计（去重）"
    if row.zone == "outside":
        return "边界外"
    return SUBZONE_ZH.get(row.zone or "", row.zone or "—")


def _sums(tables: Sequence[OverlapTable]) -> Iterator[tuple[Cell, ...]]:
    """Yield what is taken, once, and what is free: the two are the whole, and the last line shows
    it.
    """
    whole = sum(table.area_m2 for table in tables)
    union = sum(table.union_m2 for table in tables)
    free = sum(table.free_m2 for table in tables)
    yield _sum("去重后合计（不含城镇开发边界）", union, whole)
    yield _sum("各线以外", free, whole)

    # shown with its sign taken off: only its size is of use to who checks
    gap = abs(round(whole - union - free, 2))
    check = f"校核：合计＝各地块面积之和，差{gap:.2f}㎡"
    yield (check, None, *area_cells(whole), _share(whole, whole), None)


def _sum(
    title: str,
    area: float,
    whole: float,
) -> tuple[Cell, ...]:
    """A line of a sum, which says nought where there is nothing."""
    cells = area_cells(area) if area else (Number(0.0, 2), Number(0.0, 4), Number(0.0, 2))
    return (title, None, *cells, _share(area, whole), None)


def _share(area_m2: float, whole_m2: float) -> Number:
    return Number(area_m2 / whole_m2, 2, percent=True)


def _overlapping(report: Answer) -> Iterator[str]:
    """Say of plots that overlap how much counts twice."""
    # Alternatives often overlap; a sum over them counts that land twice, and must say so.
    sites = [o for o in usable(report) if o.area_m2 and o.crs is not None]
    shapes = np.array([o.site.geometry for o in sites], dtype=object)
    for a, b in shapely.STRtree(shapes).query(shapes, predicate="intersects").T.tolist():
        # each pair once
        if a >= b:
            continue
        shared = _shared_m2(sites[a], sites[b])
        if round(shared, 2) > 0:
            names = "与".join(site_words(sites[n].site) for n in (a, b))
            yield f"{names}重叠{shared:,.2f}㎡，相加时计了两次。"


def _shared_m2(first: SiteOutcome, second: SiteOutcome) -> float:
    """Area that two plots share, both on one plane: their own may differ."""
    crs = first.crs or ""
    one, other = (laid_on_plane(o.site.geometry, crs, o.site.crs) for o in (first, second))
    return float(shapely.area(shapely.intersection(one, other)))
