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
    from ..model.outcomes import SiteOutcome
    from ..reports.answer import Answer
    from ..reports.cells import Cell


def total_table(report: Answer) -> Table | None:
    """Return what is taken of all plots together; None for fewer than two that have an area."""

    # Plots of lines and points take no area.
    tables = [t for o in usable(report) if (t := overlap_table(o, report.classes)) is not None]
    if len(tables) < 2:
        return None

    # Kept in the order in which the tables tell them: the sums read like the parts.
    sums: dict[tuple[str, str], float] = {}
    patches: dict[tuple[str, str], int] = {}
    for table in tables:
        for row in table.rows:
            if row.area_m2:
                zone = (
                    "小计（去重）"
                    if row.is_total
                    else "边界外"
                    if row.zone == "outside"
                    else SUBZONE_ZH.get(row.zone or "", row.zone or "—")
                )
                key = (row.title_zh, zone)
                sums[key] = sums.get(key, 0.0) + row.area_m2
                patches[key] = patches.get(key, 0) + row.patches
    whole = sum(table.area_m2 for table in tables)
    rows: list[tuple[Cell, ...]] = [
        (title, zone, *area_cells(area), _share(area, whole), Number(patches[title, zone]))
        for (title, zone), area in sums.items()
    ]

    # What is taken, once, and what is free: the two are the whole, and the line below shows it.
    union = sum(table.union_m2 for table in tables)
    free = sum(table.free_m2 for table in tables)
    for title, area in (("去重后合计（不含城镇开发边界）", union), ("各线以外", free)):
        cells = area_cells(area) if area else (Number(0.0, 2), Number(0.0, 4), Number(0.0, 2))
        rows.append((title, None, *cells, _share(area, whole), None))
    # shown with its sign taken off: only its size is of use to who checks
    gap = abs(round(whole - union - free, 2))
    check = f"校核：合计＝各地块面积之和，差{gap:.2f}㎡"
    rows.append((check, None, *area_cells(whole), _share(whole, whole), None))

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
    notes = (
        "各地块相加，只用于同一项目的几个地块；备选方案之间不相加。",
        "“各线以外”只指已收录的资料；未筛查和资料不完备的类别可能在其中，不等于不涉及。",
        *_overlapping(report),
    )
    return Table("压占合计", "压占分析表（各地块合计）", columns, tuple(rows), notes)


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


def _shared_m2(a: SiteOutcome, b: SiteOutcome) -> float:
    """Measure what two plots have in common, both on one plane: their own may differ."""
    crs = a.crs or ""
    first, second = (laid_on_plane(o.site.geometry, crs, o.site.crs) for o in (a, b))
    return float(shapely.area(shapely.intersection(first, second)))
