"""The tables that a filing needs: 压占分析表, 现状地类, 规划用途, 需办手续表."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..layers.procedures import load_procedures
from ..model.land import UNCOVERED_ZH, totals
from ..model.outcomes import asked
from ..wording import SUBZONE_ZH
from .cells import Number, Table, area_cells, columns_of
from .overlap_table import URBAN, overlap_table
from .tables import usable

if TYPE_CHECKING:
    from ..layers.procedures import Procedure
    from ..model.land import LandShares
    from ..model.outcomes import SiteOutcome
    from .answer import Answer
    from .cells import Cell
    from .overlap_table import OverlapRow, OverlapTable

BLANKS = (
    ("耕地占补平衡", "占用耕地的数量、质量等别和补充耕地项目，由自然资源主管部门核定"),
    ("城乡建设用地增减挂钩", "挂钩项目区和周转指标，由自然资源主管部门核定"),
    ("永久基本农田补划", "补划地块的位置、面积和质量，由自然资源主管部门组织论证"),
    ("土壤污染状况调查", "变更为住宅、公共管理与公共服务用地的，由生态环境主管部门组织"),
)
"""What no layer tells: named, so that nobody takes them for forgotten."""
_NOUGHT = (Number(0.0, 2), Number(0.0, 4), Number(0.0, 2))
"""A sum of nothing is said, not left out."""
_TOUCHING = ("conflict", "regulated", "undetermined", "touched_unbound")


_OVERLAP_COLUMNS = columns_of(
    ("地块编号", 10),
    ("控制线、类别", 18),
    ("分区", 14),
    ("面积（㎡）", 12),
    ("公顷", 10),
    ("亩", 9),
    ("占比", 8),
    ("图斑数", 7),
    ("其中不足1㎡", 8),
    ("条款", 24),
    ("处置", 30),
)


def overlap_sheet(report: Answer) -> Table:
    """Return 压占分析表: every line and class by zone, each place once, and the row that checks the
    sum.
    """
    rows: list[tuple[Cell, ...]] = []
    for outcome in usable(report):
        table = overlap_table(outcome, report.classes)
        if table is not None:
            rows += [_overlap_cells(table, row) for row in table.rows]
            rows += _sums(table)
    notes = (
        "各控制线之间面积不得相加；“去重后合计”把同一处只计一次，城镇开发边界不是压占，不计入。",
        "“未筛查”是没有可用资料，“不涉及（0.0000）”是查过且资料完备；不足1㎡的图斑疑似拓扑误差，照列不删。",
        f"判定时点 {report.as_of}；资料版本见“数据来源”。",
    )
    title = "压占分析表（㎡、公顷四位、亩两位）"
    return Table("压占分析表", title, _OVERLAP_COLUMNS, tuple(rows), notes, "没有面状地块。")


def _overlap_cells(table: OverlapTable, row: OverlapRow) -> tuple[Cell, ...]:
    head = table.site_id, row.title_zh, _zone_words(row)

    # nothing in common: six cells of figures stay empty
    if not row.area_m2:
        return (*head, *[None] * 6, row.law, row.todo)
    sliver = f"{row.slivers}（疑似拓扑）" if row.slivers else None
    share = Number(row.area_m2 / table.area_m2, 2, percent=True)
    figures = (*area_cells(row.area_m2), share, Number(row.patches), sliver)
    return (*head, *figures, row.law, row.todo)


def _zone_words(row: OverlapRow) -> str | None:
    if row.is_total:
        return "小计（去重）"
    return "边界外" if row.zone == "outside" else SUBZONE_ZH.get(row.zone or "", row.zone)


def _sums(table: OverlapTable) -> Iterator[tuple[Cell, ...]]:
    blank = (None, None, None, None)
    for title, area_m2 in (
        ("去重后合计（不含城镇开发边界）", table.union_m2),
        ("各线以外", table.free_m2),
    ):
        share = Number(area_m2 / table.area_m2, 2, percent=True)
        cells = area_cells(area_m2) if area_m2 else _NOUGHT
        yield (table.site_id, title, None, *cells, share, *blank)

    # the row that checks the sum: union and rest must give the plot
    difference = abs(round(table.difference_m2, 2))
    check = f"校核：合计＝地块面积，差{difference:.2f}㎡"
    yield (
        table.site_id,
        check,
        None,
        *area_cells(table.area_m2),
        Number(1.0, 2, percent=True),
        *blank,
    )


_LAND_COLUMNS = columns_of(
    ("地块编号", 10),
    ("三大类", 10),
    ("编码", 8),
    ("名称", 16),
    ("权属性质", 9),
    ("坐落单位", 18),
    ("面积（㎡）", 12),
    ("公顷", 10),
    ("亩", 9),
    ("占比", 8),
)


def land_sheet(report: Answer, role: str) -> Table:
    """Return 现状地类 or 规划用途 of every plot: rows, groups, and the sum that is the plot."""
    is_use = role == "land_use"
    name = "现状地类" if is_use else "规划用途"
    rows: list[tuple[Cell, ...]] = []
    notes = ["图斑面积按椭球面积裁切，按最大余数法分摊到地块平面面积，逐行之和等于地块面积。"]
    if is_use:
        notes.append(
            "田坎按 KCXS 从耕地中扣除，单列 1203；三大类按本工具所列对照表，未核原文，以主管部门认定为准。"
        )
    for shares in report.land.get(role, ()):
        rows += [_land_cells(shares, row) for row in _land_rows(shares)]
        notes += [f"地块 {shares.site_id}：{text}" for text in shares.problems]

        # the year is said once, however many plots it is of
        year = f"变更调查年度 {shares.year}。"
        notes += [year] if shares.year and year not in notes else []
    table = "国土变更调查图层写 [land_use]" if is_use else "国土空间规划用途图层写 [planned_use]"
    empty = f"未筛查：未接入资料。{table}（工作区文件）。"
    return Table(name, name, _LAND_COLUMNS, tuple(rows), tuple(notes), empty)


def _land_rows(shares: LandShares) -> Iterator[tuple[str, str, str, str, str, float]]:
    for row in shares.rows:
        yield (
            row.group or ("" if row.code else UNCOVERED_ZH),
            row.code,
            row.name,
            row.owner,
            row.place,
            row.area_m2,
        )
    if shares.role == "land_use":
        for group, area_m2 in totals(shares.rows):
            yield group, "", "小计", "", "", area_m2
    together = round(sum(row.area_m2 for row in shares.rows), 2)

    # told even where it is nothing: a reader adds the rows up
    gap = abs(round(shares.area_m2 - together, 2))
    yield f"校核：合计＝地块面积，差{gap:.2f}㎡", "", "合计", "", "", together


def _land_cells(shares: LandShares, row: tuple[str, str, str, str, str, float]) -> tuple[Cell, ...]:
    *texts, area_m2 = row
    share = Number(area_m2 / shares.area_m2, 2, percent=True) if shares.area_m2 else None
    return (shares.site_id, *(text or None for text in texts), *area_cells(area_m2), share)


_PROCEDURE_COLUMNS = columns_of(
    ("地块编号", 10),
    ("手续", 20),
    ("触发条件", 30),
    ("本地块情况", 24),
    ("要求", 30),
    ("主管部门", 18),
    ("依据", 22),
)


def procedure_sheet(report: Answer) -> Table:
    """Return 需办手续表: what every project goes through, what is known of it here, and the blanks that
    nobody can fill for it.
    """
    every = load_procedures()
    rows: list[tuple[Cell, ...]] = []
    for outcome in usable(report):
        site_id = outcome.site.site_id
        rows += [_procedure_cells(report, outcome, procedure) for procedure in every]
        rows += [(site_id, name, None, "待填", what, None, None) for name, what in BLANKS]
    notes = (
        "所列手续是否办理以主管部门意见为准；“条文未见”的只作提示。“待填”的由建设单位、编制单位补齐。",
    )
    name = "需办手续表"
    return Table(name, name, _PROCEDURE_COLUMNS, tuple(rows), notes, "没有可用地块。")


def _procedure_cells(
    report: Answer,
    outcome: SiteOutcome,
    procedure: Procedure,
) -> tuple[Cell, ...]:
    article = f"第{procedure.article}条" if procedure.article else ""
    law = f"《{procedure.law}》{article}" + ("" if procedure.seen else "（条文未见）")
    return (
        *(
            outcome.site.site_id,
            procedure.name_zh,
            procedure.trigger_zh,
            _state(report, outcome, procedure),
        ),
        *(procedure.what_zh, procedure.authority_zh, law),
    )


def _state(
    report: Answer,
    outcome: SiteOutcome,
    procedure: Procedure,
) -> str:
    """What is known here of the class that triggers a procedure."""
    if procedure.resource_class is None:
        return "各类项目均须对照"
    entry = next(
        (
            e
            for e in (*outcome.screening, *outcome.extra)
            if e.resource_class == procedure.resource_class
        ),
        None,
    )

    # nothing looked at is no answer, and above all no clearance
    if entry is None or entry.outcome == "not_screened":
        return "未筛查，须查询"
    if entry.resource_class == URBAN:
        return "见压占分析表各分区面积"
    if entry.known_outcome in ("conflict", "regulated", "touched_unbound"):
        return "涉及"
    if entry.outcome == "clear":
        return "查过，不涉及"
    return (
        "待核实"
        if entry.known_outcome in _TOUCHING and entry in asked(outcome)
        else "已收录资料中未查到涉及，资料不完备"
    )
