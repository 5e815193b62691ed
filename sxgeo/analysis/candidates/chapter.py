"""The chapter 方案比选: candidates side by side, what they rest on, what is not known of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ...reports.cells import Column, Number, Table
from ...reports.chapters import Heading, Text
from ...wording import LAND_GRADES, OUTCOME_ZH

if TYPE_CHECKING:
    import geopandas as gpd

    from ...reports.cells import Cell
    from ...reports.chapters import Block
    from .world import World

TITLE = "方案比选"
GRADE_ZH = {grade: names[0] for grade, names in LAND_GRADES.items()}
_SHOWN = 50
_NOT_CLEAR = "“就现有资料可用”不等于无冲突：缺资料的类别见“资料不足”一栏，须补充后重新筛查。"


class Found(Protocol):
    """What the chapter needs of an answer."""

    @property
    def frame(self) -> gpd.GeoDataFrame: ...
    @property
    def maps(self) -> gpd.GeoDataFrame: ...
    @property
    def world(self) -> World: ...


def chapter(found: Found) -> Iterator[Block]:
    """Yield the blocks of the chapter."""
    frame, world = found.frame, found.world
    yield Heading(f"{TITLE} Alternatives")
    yield Text(
        f"范围：{world.area.name}；规则日期：{world.as_of}；候选{len(frame)}处，"
        f"列前{min(len(frame), _SHOWN)}处。"
    )
    yield Text(_NOT_CLEAR, "notice")
    yield Heading("约束条件 Constraints", 2)
    for number, constraint in enumerate(world.constraints, start=1):
        yield Text(f"{number}. {constraint.words}", "small")
    yield Heading("三图面积 The maps", 2)
    yield _areas(found.maps)
    yield Heading("方案对比 Comparison", 2)
    yield _comparison(frame.head(_SHOWN))
    yield Heading("各方案最近资源与资料不足 Nearest resources, and what is not known", 2)
    for row in frame.head(_SHOWN).to_dict("records"):
        yield from _one(row)
    for text in world.remarks:
        yield Text(text, "small")


def _areas(maps: gpd.GeoDataFrame) -> Table:
    rows = tuple(
        (GRADE_ZH[grade], Number(area, 1))
        for grade, area in zip(maps["grade"], maps["area_ha"], strict=True)
    )
    return Table(
        "三图",
        "三图面积",
        (Column("类别", 24), Column("面积（公顷）", 16)),
        rows,
    )


def _comparison(frame: gpd.GeoDataFrame) -> Table:
    columns = (
        Column("位次", 6),
        Column("编号", 8),
        Column("类别", 16),
        Column("面积（公顷）", 12),
        Column("宽度（米）", 10),
        Column("时间（分钟）", 12),
        Column("最近资源", 22),
        Column("距离（米）", 14),
        Column("筛查结论", 16),
    )
    rows = tuple(_compared(row) for row in frame.to_dict("records"))
    notes = (
        (
            "面积为平面面积；宽度为可容最大圆的直径；时间、距离后为误差；编号以外各列与 sxgeo check"
            " 的结论一致。"
        ),
    )
    return Table("比选", "方案对比表", columns, rows, notes)


def _compared(row: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        Number(row["rank"]),
        row["site_id"],
        GRADE_ZH[row["grade"]],
        Number(row["area_ha"], 2),
        Number(row["width_m"], 0),
        _with_error(row["minutes"], row["minutes_error"], 1),
        row["nearest"],
        _with_error(row["nearest_m"], row["nearest_error_m"], 0),
        OUTCOME_ZH[row["verdict"]],
    )


def _with_error(
    value: float,
    error: float,
    digits: int,
) -> str | None:
    if value != value:
        return None
    told = "误差未知" if error != error else f"±{error:,.{digits}f}"
    return f"{value:,.{digits}f}（{told}）"


def _metres(error_m: float | None) -> str:
    return "未知" if error_m is None else f"{error_m:,.0f}米"


def _one(row: dict[str, Any]) -> Iterator[Block]:
    near = "；".join(
        f"{r['name_zh']} {r['distance_m']:,.0f}米（误差{_metres(r['error_m'])}）"
        for r in json.loads(row["resources"])
    )
    unknown = "；".join(f"{name} {ha:,.1f}公顷" for name, ha in json.loads(row["unknown"]).items())
    land = "；".join(f"{name} {share:.1%}" for name, share in json.loads(row["land"]).items())
    yield Text(
        f"{row['site_id']}：最近资源：{near or '无'}。"
        f"资料不足：{unknown or '无'}。{f'地类：{land}。' if land else ''}",
        "small",
    )
