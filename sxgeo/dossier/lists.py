"""Lists of a dossier: what is enclosed, which consents are to be obtained, what stands in the
receipt.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..layers.procedures import load_procedures
from ..reports.cells import Column, Number, Table, columns_of
from ..reports.filing import procedure_sheet
from ..reports.tables import materials, points, site_words, usable
from .departments import opinions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ..reports.answer import Answer
    from ..reports.cells import Cell
    from .departments import Opinion

_POINT_NOTES = (
    "CGCS2000 3°带高斯－克吕格投影，X为北、Y为东，Y前加带号；坐标按1e-7度（约0.01米）量化，取两位小数。",
    "边长为本点至下一点的平面距离；环的末点与首点闭合，不重复列出。",
)


def attachments(files: Iterable[tuple[str, str]]) -> Table:
    """Return the list of attachments: the files of the dossier, then what others provide."""
    rows: list[tuple[Cell, ...]] = [(name, what, "已附") for name, what in files]
    rows += [
        ("—", what, "【待附】")
        for what in (
            "项目建设依据（项目建议书、可行性研究报告批复或者备案文件）",
            "申请单位主体资格证明、授权委托书",
            "勘测定界报告及成果（含坐标 TXT）",
            "总平面布置图、功能分区图",
            "各主管部门意见（见征求意见清单）",
        )
    ]
    columns = columns_of(("文件", 36), ("内容", 56), ("状态", 12))
    return Table("附件清单", "附件附图清单", columns, tuple(rows))


def consents(report: Answer) -> Table:
    """Return which consents are to be obtained: of departments, then of procedures that always
    stand.
    """
    rows = [row for opinion in opinions(report) if (row := _consent(opinion)) is not None]

    # What every project goes through, whatever it touches.
    rows += [
        (procedure.authority_zh, procedure.name_zh, procedure.what_zh, "【待办】")
        for procedure in load_procedures()
    ]
    columns = columns_of(
        ("单位", 24),
        ("事项", 24),
        ("内容", 58),
        ("状态", 13),
    )
    return Table("征求意见清单", "须取得的意见和须办的手续", columns, tuple(rows))


def _consent(opinion: Opinion) -> tuple[Cell, ...] | None:
    """Touched asks for an opinion; unknown asks first whether it is touched."""
    if opinion.touched:
        return (opinion.department, "涉及，须出具意见", opinion.path, "【待取得】")
    if not opinion.unknown:
        return None
    names = "、".join(part.partition("：")[0] for part in opinion.unknown.split("；"))
    return (opinion.department, "核实是否涉及", names, "【待取得】")


def points_with_prefix(report: Answer) -> Table:
    """Return the boundary points with the number of their zone before Y, as filings write them."""
    table = points(report)

    # By the words of the heading: the table of the report owns the order of its columns.
    labels = [column.label for column in table.columns]
    east, meridian = labels.index("Y（东，米）"), labels.index("中央子午线（°）")
    rows = tuple(_prefixed(row, east, meridian) for row in table.rows)
    columns = list(table.columns)
    columns[east] = Column("Y（东，米，加带号）", columns[east].width + 3)
    return Table(table.name, "界址点坐标表", tuple(columns), rows, _POINT_NOTES, table.empty)


def _prefixed(
    row: tuple[Cell, ...],
    east: int,
    meridian: int,
) -> tuple[Cell, ...]:
    """Put the number of the zone before Y; a row of a plot that cannot be used has no numbers."""
    told, on = row[east], row[meridian]
    if not isinstance(told, Number) or not isinstance(on, Number):
        return row
    whole = zone_of(int(on.value)) * 1_000_000 + told.value
    return (
        *row[:east],
        Number(round(whole, 2), 2, grouped=False),
        *row[east + 1 :],
    )


def gathered_procedures(report: Answer) -> Table:
    """需办手续表 with one row a procedure: what differs from plot to plot stands in it by name."""
    return _gathered(report, procedure_sheet(report), ("本地块情况",))


def gathered_materials(report: Answer) -> Table:
    """需补资料清单 with one row a class, what differs from plot to plot by name."""
    table = materials(report).without("资料完备度")
    return _gathered(report, table, ("现判定", "能改变哪条结论"))


def _gathered(
    report: Answer,
    table: Table,
    told: tuple[str, ...],
) -> Table:
    """Join the rows that differ in the plot and in the columns `told` alone."""
    labels = [column.label for column in table.columns]
    plot, columns = labels.index("地块编号"), [labels.index(label) for label in told]
    groups = _alike(table.rows, {plot, *columns})
    names = _names(report)
    whole = [
        _joined(key, rows, columns, [names[str(row[plot])] for row in rows])
        for key, rows in groups.items()
    ]
    return replace(table, rows=tuple(whole)).without("地块编号")


def _alike(
    rows: Iterable[tuple[Cell, ...]], but: Collection[int]
) -> dict[tuple[Cell, ...], list[tuple[Cell, ...]]]:
    """Group the rows that are alike in all columns but some."""
    # what differs from row to row of a group is left out of its key
    groups: dict[tuple[Cell, ...], list[tuple[Cell, ...]]] = {}
    for row in rows:
        key = tuple(None if n in but else cell for n, cell in enumerate(row))
        groups.setdefault(key, []).append(row)
    return groups


def _joined(
    key: tuple[Cell, ...],
    rows: Sequence[tuple[Cell, ...]],
    columns: Iterable[int],
    names: Sequence[str],
) -> tuple[Cell, ...]:
    """Make one row of several: each told column says which plots its words are of."""
    cells = list(key)
    for column in columns:
        by_words: dict[str, list[str]] = {}
        for row, name in zip(rows, names, strict=True):
            by_words.setdefault(
                "—" if row[column] is None else str(row[column]),
                [],
            ).append(name)
        cells[column] = by_plot(by_words)
    return tuple(cells)


def _names(report: Answer) -> dict[str, str]:
    """The name of each usable plot by its id."""
    return {o.site.site_id: site_words(o.site) for o in usable(report)}


def by_plot(by_words: dict[str, list[str]]) -> str:
    """Say once what holds of every plot, else of which it holds."""
    if len(by_words) == 1:
        return next(iter(by_words))
    return "；".join(f"{'、'.join(names)}：{words}" for words, names in by_words.items())


def zone_of(meridian: int) -> int:
    """Return the number of the 3-degree zone of a central meridian."""
    return meridian // 3


def named(report: Answer, table: Table) -> Table:
    """Return a table whose column of plots tells their names beside their ids."""
    # Of two ways to head the column the table has one, or none at all.
    place = next((n for n, c in enumerate(table.columns) if c.label in ("地块编号", "地块")), None)
    if place is None:
        return table
    names = _names(report)
    rows = []
    for row in table.rows:
        cells = list(row)
        cells[place] = names.get(str(row[place]), row[place])
        rows.append(tuple(cells))
    columns = list(table.columns)
    columns[place] = Column("地块", columns[place].width)
    return replace(table, columns=tuple(columns), rows=tuple(rows))
