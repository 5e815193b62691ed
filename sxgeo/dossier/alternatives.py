"""The plots beside each other, criterion by criterion, as the 节约集约用地论证分析专章 wants alternatives
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..analysis.accessibility.travel_times import travel_times
from ..analysis.network.bundled import ZONE_BOXES, load_network
from ..errors import SxgeoError
from ..layers.layers import load_layer
from ..model.land import ARABLE, GROUPS_ZH
from ..model.outcomes import asked, gravest_per_feature
from ..reports.cells import Table, columns_of
from ..reports.overlap_table import URBAN, overlap_table
from ..reports.sentences import hectares, mu
from ..reports.tables import THREE_LINES, entry_label, labels, site_words, usable
from ..wording import ISOCHRONE_NOTICE, SUBZONE_ZH
from .distances import nearest_by_zone

if TYPE_CHECKING:
    import geopandas as gpd

    from ..analysis.network.graph import Network
    from ..layers.layers import Layer
    from ..model.land import LandShares
    from ..model.outcomes import ClassOutcome, SiteOutcome
    from ..reports.answer import Answer
    from ..reports.overlap_table import OverlapTable

PER_TABLE = 4
"""Plots beside each other in one table; more take another."""
NEAR_CLASSES = ("protected_areas", "water_sources", "heritage_sites", "river_management")
"""Classes whose nearest distance is a criterion."""
TARGETS = {"railway_station": "铁路客运站", "airport": "机场"}
_TRIED = 12
"""Places nearest by beeline among which the soonest is looked for."""
_NOT_LOOKED = "未筛查"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the comparison: its group, its name, and a cell for each plot."""

    group: str
    name: str
    cells: tuple[str, ...]


def alternatives(report: Answer, layers: Sequence[Layer]) -> list[Table]:
    """Return the comparison of the usable plots, at most `PER_TABLE` beside each other; empty for
    fewer than two.
    """
    sites = usable(report)

    # One plot has nothing to be compared with.
    if len(sites) < 2:
        return []
    criteria = list(_criteria(report, sites, layers))
    return [_table(sites, criteria, start) for start in range(0, len(sites), PER_TABLE)]


def _table(
    sites: Sequence[SiteOutcome],
    criteria: Sequence[Criterion],
    start: int,
) -> Table:
    """Set so many plots beside each other as a page holds, from one on; more are several tables."""
    part = slice(start, start + PER_TABLE)
    head = [("比选因子", 12), ("指标", 20), *((site_words(o.site), 24) for o in sites[part])]
    number = f"（{start // PER_TABLE + 1}）" if len(sites) > PER_TABLE else ""
    return Table(
        f"方案比选{number}",
        f"备选方案主要指标对比表{number}",
        columns_of(*head),
        tuple((c.group, c.name, *c.cells[part]) for c in criteria),
        (
            "面积为投影面积；各控制线之间面积不得相加。“未筛查”是没有可用资料，不是没有。",
            f"行车时间{ISOCHRONE_NOTICE}",
        ),
    )


def _criteria(
    report: Answer,
    sites: Sequence[SiteOutcome],
    layers: Sequence[Layer],
) -> Iterator[Criterion]:
    """Yield the lines in their order: size, the three lines, land, controls, distances, times."""
    tables = [overlap_table(o, report.classes) for o in sites]

    # Outcome first: a reader compares what is lawful before what is large.
    yield _line("规模", "用地面积", map(_size, sites))
    yield _line("结论", "据已收录资料", (labels(o)[0] for o in sites))
    yield _line("结论", "总体判定", (labels(o)[1] for o in sites))
    yield from _three_lines(report, sites, tables)
    yield from _land(report, sites)
    yield from _controls(report, sites, tables)
    yield from _unknowns(sites)
    yield from _distances(sites, layers)
    yield from _times(report, sites)


def _three_lines(
    report: Answer,
    sites: Sequence[SiteOutcome],
    tables: Sequence[OverlapTable | None],
) -> Iterator[Criterion]:
    """The three lines stand apart, since they are what an authority asks for first."""
    for class_id in THREE_LINES:
        cells = (_taken(o, t, class_id) for o, t in zip(sites, tables, strict=True))
        yield _line("三条控制线", report.classes[class_id].name_zh, cells)


def _line(
    group: str,
    name: str,
    cells: Iterable[str],
) -> Criterion:
    return Criterion(group, name, tuple(cells))


def _controls(
    report: Answer,
    sites: Sequence[SiteOutcome],
    tables: Sequence[OverlapTable | None],
) -> Iterator[Criterion]:
    """What else is touched, and what all of it takes."""
    yield _line("保护资源", "涉及的15类资源", (_touched(report, o.screening) for o in sites))

    # what stood under the three lines is not told twice
    others = [[e for e in o.extra if e.resource_class not in THREE_LINES] for o in sites]
    yield _line("其他管控", "涉及的其他管控", (_touched(report, entries) for entries in others))
    yield _line("其他管控", "去重后合计压占", map(_union, tables))


def _unknowns(sites: Sequence[SiteOutcome]) -> Iterator[Criterion]:
    """How much is unknown: it differs from plot to plot, and belongs to the comparison."""
    for kind, title in (("undetermined", "待核实"), ("not_screened", "未筛查")):
        counts = [sum(e.outcome == kind for e in asked(o)) for o in sites]
        yield _line("资料", f"{title}的类别", (f"{n}类" for n in counts))


def _size(outcome: SiteOutcome) -> str:
    if not outcome.area_m2:
        return "线、点，不计面积"
    return f"{hectares(outcome.area_m2)}公顷（{mu(outcome.area_m2)}亩）"


def _taken(
    outcome: SiteOutcome,
    table: OverlapTable | None,
    class_id: str,
) -> str:
    """What one control line takes of a plot; of the town boundary how the plot lies in it."""
    entry = _entry(outcome, class_id)
    if entry is None or entry.outcome == "not_screened" or table is None:
        return _NOT_LOOKED if table is not None else "线、点，不计面积"
    rows = [row for row in table.rows if row.class_id == class_id and not row.is_total]
    if class_id == URBAN:
        parts = [
            f"{'边界外' if row.zone == 'outside' else SUBZONE_ZH.get(row.zone or '', '分区未知')}"
            f"{hectares(row.area_m2)}公顷"
            for row in rows
            if row.area_m2
        ]
        return "、".join(parts) or entry_label(entry)
    area_m2 = sum(row.area_m2 or 0.0 for row in rows)
    if area_m2:
        return f"压占{hectares(area_m2)}公顷，占{area_m2 / table.area_m2:.1%}"
    return "不涉及" if entry.outcome == "clear" else entry_label(entry)


def _entry(outcome: SiteOutcome, class_id: str) -> ClassOutcome | None:
    entries = (*outcome.screening, *outcome.extra)
    return next((e for e in entries if e.resource_class == class_id), None)


def _touched(report: Answer, entries: Sequence[ClassOutcome]) -> str:
    words = [
        report.classes[e.resource_class].name_zh
        + f"{sum(f.outcome in ('conflict', 'regulated') for f in gravest_per_feature(e)) or 1}处"
        for e in entries
        if e.requested and e.known_outcome in ("conflict", "regulated", "touched_unbound")
    ]
    if words:
        return "、".join(words)
    looked = any(e.requested and e.outcome != "not_screened" for e in entries)
    return "已收录资料中未查到" if looked else _NOT_LOOKED


def _union(table: OverlapTable | None) -> str:
    if table is None:
        return "线、点，不计面积"
    return f"{hectares(table.union_m2)}公顷" if table.union_m2 else "0.0000公顷"


def _land(report: Answer, sites: Sequence[SiteOutcome]) -> Iterator[Criterion]:
    """Farmland and the three groups of each plot; nothing looked at where no layer was given."""
    shares: dict[str, LandShares] = {s.site_id: s for s in report.land.get("land_use", ())}
    own = [shares.get(o.site.site_id) for o in sites]
    for name, group in (("耕地（0101—0103）", None), *((zh, zh) for zh in GROUPS_ZH)):
        yield _line("现状地类", name, (_land_cell(one, group) for one in own))


def _land_cell(own: LandShares | None, group: str | None) -> str:
    """How much of a plot is land of a group; of no group: farmland."""
    # no land layer was given for the plot: unknown, and not none
    if own is None:
        return _NOT_LOOKED
    areas = [
        row.area_m2
        for row in own.rows
        if (row.code in ARABLE if group is None else row.group == group)
    ]
    told = f"{hectares(sum(areas)) if areas else '0.0000'}公顷"

    # land without a patch is said, or farmland would look smaller than it may be
    if own.uncovered_m2 > 0.005:
        told += f"（另{hectares(own.uncovered_m2)}公顷无图斑覆盖）"
    return told


def _distances(sites: Sequence[SiteOutcome], layers: Sequence[Layer]) -> Iterator[Criterion]:
    """The nearest record of some classes, by name and distance."""
    wanted = [layer for layer in layers if layer.spec.id in NEAR_CLASSES]
    found = [nearest_by_zone(outcome, wanted) for outcome in sites]
    for layer in wanted:
        cells = []
        for own in found:
            nearest = [one for one in own if one.class_id == layer.spec.id]
            if not nearest:
                cells.append("约50千米内无已收录对象")
                continue
            first = min(nearest, key=lambda one: (one.distance_m, one.name))
            rough = "（位置不精确）" if first.is_rough else ""
            cells.append(f"{first.name}，{first.distance_m:,.0f}米{rough}")
        yield Criterion("距离", f"最近的{layer.spec.name_zh}", tuple(cells))


def _times(report: Answer, sites: Sequence[SiteOutcome]) -> Iterator[Criterion]:
    """Minutes by road to the nearest places of a kind, where a bundled network reaches the
    plots.
    """
    # Only what runs today: a planned station cannot be driven to.
    nodes = load_layer("transport_nodes").frame
    nodes = nodes[nodes["status"] == "operating"]

    # a network is loaded once, and only for a zone that some plot lies in
    network_of = cache(load_network)
    for kind, zh in TARGETS.items():
        places = nodes[nodes["kind"] == kind]
        cells = [_minutes(report, outcome, places, network_of) for outcome in sites]
        yield _line("交通", f"最近的{zh}（公路行车）", cells)


def _minutes(
    report: Answer,
    outcome: SiteOutcome,
    places: gpd.GeoDataFrame,
    network_of: Callable[[str], Network],
) -> str:
    zones = [z for z in report.zones.get(outcome.site.site_id, ()) if z in ZONE_BOXES]
    if not zones:
        return "未算：内置路网未覆盖"
    point = outcome.site.geometry.representative_point()

    # The nearest as the crow flies are tried; the soonest by road is among them, as a rule.
    order = np.argsort(
        shapely.distance(places.geometry.to_numpy(), point),
        kind="stable",
    )
    return _soonest(
        network_of(zones[0]),
        point,
        places.iloc[order[:_TRIED]],
    )


def _soonest(
    network: Network,
    point: shapely.Point,
    places: gpd.GeoDataFrame,
) -> str:
    """Name the place that is reached soonest, with its minutes."""
    ends = places[["node_id", "geometry"]].rename(columns={"node_id": "destination_id"})
    try:
        table = travel_times(network, [(point.x, point.y)], ends)
    except SxgeoError:
        # a plot far from any road keeps its other lines
        return "未算：距路网过远"
    reached = table[np.isfinite(table["minutes"].to_numpy(dtype=float))]
    if reached.empty:
        return "未算：路网不通"
    first = reached.sort_values(["minutes", "destination_id"]).iloc[0]
    names = dict(zip(places["node_id"], places["name_zh"], strict=True))
    return f"{names[first['destination_id']]}约{first['minutes']:.0f}分钟"
