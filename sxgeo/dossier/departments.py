"""Which department speaks about which class, in one sentence; what is unknown, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..layers.procedures import load_procedures
from ..model.outcomes import EFFECTS, asked, gravest_per_feature
from ..reports.cells import Table, columns_of
from ..reports.overlap_table import URBAN, overlap_table
from ..reports.sentences import hectares, mu, place_words
from ..reports.tables import labels, rules_on, site_words, usable
from ..wording import EFFECT_ZH, SUBZONE_ZH

if TYPE_CHECKING:
    from ..layers.procedures import Procedure
    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome
    from ..reports.answer import Answer
    from ..reports.overlap_table import OverlapRow

_Pair: TypeAlias = "tuple[SiteOutcome, ClassOutcome]"
_Row: TypeAlias = "tuple[SiteOutcome, OverlapRow]"

DEPARTMENTS: Mapping[str, tuple[str, ...]] = {
    "自然资源主管部门": (
        "ecological_redline",
        "permanent_farmland",
        "urban_boundary",
        "mineral_overlay",
        "goaf",
        "geohazard",
    ),
    "林业和草原主管部门": (
        "protected_areas",
        "forest_grade1",
        "wetlands",
        "scenic_areas",
        "public_welfare_forest",
        "forest_land",
        "old_trees",
    ),
    "生态环境主管部门": (
        "water_sources",
        "air_stations",
        "water_sections",
        "environment_units",
        "sensitive_places",
    ),
    "水行政主管部门": (
        "karst_springs",
        "groundwater_overdraft",
        "river_management",
        "water_supply_works",
    ),
    "文物主管部门": ("world_heritage", "heritage_sites", "great_wall"),
    "住房城乡建设主管部门": (
        "historic_cities",
        "historic_districts",
        "historic_towns",
        "historic_villages",
    ),
    "气象主管机构": ("weather_stations",),
    "交通运输主管部门": ("road_strip", "village_roads"),
    "铁路监督管理机构": ("railway_strip",),
    "能源、电力主管部门": ("power_lines", "pipelines"),
    "民用航空管理机构": ("airports",),
    "地震工作主管部门": ("earthquake_stations",),
    "工业和信息化主管部门": ("industrial_heritage",),
}
"""Departments in the order of the first page, each with the classes on which it speaks."""
_WORDS = {
    "自然资源": "自然资源主管部门",
    "林业": "林业和草原主管部门",
    "草原": "林业和草原主管部门",
    "生态环境": "生态环境主管部门",
    "水行政": "水行政主管部门",
    "文物": "文物主管部门",
}
"""By which word of its authority a procedure that hangs on no class belongs to a department."""
_GRAVE = ("conflict", "regulated", "touched_unbound")
_NAMES = 2
_PLOTS = 6
_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Opinion:
    """What stands on the first page for one department.

    Attributes
    ----------
    sentence
        What is known, in its own words.
    path
        Which procedure leads on, and who approves.
    unknown
        What is not known, and who holds it; empty where nothing is open.
    touched
        Whether anything of its classes is touched.
    """

    department: str
    sentence: str
    path: str
    unknown: str
    touched: bool


def department_of(procedure: Procedure) -> str | None:
    """Return the department that a procedure is asked from; None where no word of it tells."""
    if procedure.resource_class is not None:
        return _of_class(procedure.resource_class)
    return next((name for word, name in _WORDS.items() if word in procedure.authority_zh), None)


def _of_class(class_id: str) -> str | None:
    return next((name for name, ids in DEPARTMENTS.items() if class_id in ids), None)


def opinions(report: Answer) -> list[Opinion]:
    """Return what is to be told to each department, in the order of `DEPARTMENTS`."""
    rows: dict[str, list[tuple[SiteOutcome, OverlapRow]]] = {}
    for outcome in usable(report):
        table = overlap_table(outcome, report.classes)
        for row in table.rows if table is not None else ():
            rows.setdefault(row.class_id, []).append((outcome, row))
    return [_opinion(report, name, ids, rows) for name, ids in DEPARTMENTS.items()]


def _opinion(
    report: Answer,
    department: str,
    ids: Sequence[str],
    rows: Mapping[str, Sequence[_Row]],
) -> Opinion:
    by_class = {class_id: _pairs(report, class_id) for class_id in ids}
    hits = {i: _hits(pairs) for i, pairs in by_class.items() if not _is_zoned(i, pairs)}
    touched = [class_id for class_id, found in hits.items() if found]
    told = list(_told(report, by_class, hits, rows))
    return Opinion(
        department,
        "；".join(told) + "。",
        _path(report, department, by_class, touched),
        _unknown(report, by_class),
        bool(touched),
    )


def _hits(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Keep the plots that a class is known to bear on; one that was not asked for has no say."""
    return [(o, e) for o, e in pairs if e.known_outcome in _GRAVE and e.requested]


def _is_zoned(class_id: str, pairs: Sequence[_Pair]) -> bool:
    """The urban boundary is told by where the plot lies in it; the others by what is touched."""
    return class_id == URBAN and any(entry.outcome != "not_screened" for _, entry in pairs)


def _told(
    report: Answer,
    by_class: Mapping[str, Sequence[_Pair]],
    hits: Mapping[str, Sequence[_Pair]],
    rows: Mapping[str, Sequence[_Row]],
) -> Iterator[str]:
    """Yield what is said of each class of a department."""
    plain: dict[str, list[str]] = {}
    for class_id, pairs in by_class.items():
        name, own = report.classes[class_id].name_zh, rows.get(class_id, ())

        # the urban boundary is told by where the plot lies in it, not by what it touches
        if class_id not in hits:
            yield from _urban_words(own)
        elif hits[class_id]:
            yield _touch_words(report, name, hits[class_id], own)
        else:
            plain.setdefault(_state(pairs), []).append(name)
    yield from _state_words(plain)


def _state_words(by_state: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what is said of some classes."""
    # Classes of which the same is said share a sentence.
    for state, names in by_state.items():
        yield f"{'、'.join(names)}{state}"


def _state(pairs: Sequence[tuple[SiteOutcome, ClassOutcome]]) -> str:
    """What is said of a class that nothing known of touches."""
    outcomes = {entry.outcome for _, entry in pairs if entry.requested}
    if not outcomes or outcomes <= {"not_screened"}:
        return "未筛查"
    if outcomes <= {"clear"}:
        return "查过，不涉及"
    if outcomes <= {"clear", "not_screened"}:
        return "部分地块查过不涉及，其余未筛查"
    if any(entry.known_outcome == "undetermined" for _, entry in pairs):
        return "待核实"
    return "已收录资料中未查到涉及，资料不完备"


def _urban_words(rows: Sequence[tuple[SiteOutcome, OverlapRow]]) -> Iterator[str]:
    """Say how much lies in which zone of the town boundary, all plots together."""
    areas: dict[str | None, float] = {}
    for _, row in rows:
        if not row.is_total:
            areas[row.zone] = areas.get(row.zone, 0.0) + (row.area_m2 or 0.0)
    for zone, area_m2 in areas.items():
        if zone == "outside" and area_m2 > 0:
            yield f"城镇开发边界外{_area(area_m2)}，须论证"
        elif area_m2 > 0:
            name = SUBZONE_ZH.get(zone or "", "分区未知")
            yield f"城镇开发边界内（{name}）{_area(area_m2)}"


def _touch_words(
    report: Answer,
    name: str,
    hits: Sequence[_Pair],
    rows: Sequence[_Row],
) -> str:
    """Say what is taken of a class, by how much, under which kind of rule, in which plots."""
    area_m2 = _taken_m2(hits, rows)

    # Only what decides is named: what lies near has its place in the tables.
    findings = [f for _, entry in hits for f in gravest_per_feature(entry) if _decides(f)]
    which = _names_words(name, findings)
    how = f"压占{name}{which}{_area(area_m2)}" if area_m2 else f"涉及{name}{which}"
    grade = _grade(hits) if any(f.outcome != "clear" for f in findings) else ""
    return how + (f"，{grade}" if grade else "") + _where(report, hits)


def _taken_m2(hits: Sequence[_Pair], rows: Sequence[_Row]) -> float:
    """Add up what is taken of the plots."""
    return sum(_area_m2([row for o, row in rows if o is outcome]) for outcome, _ in hits)


def _area_m2(rows: Sequence[OverlapRow]) -> float:
    """What is taken of one plot: a total knows what overlaps; without one the rows are added up."""
    areas = [row.area_m2 or 0.0 for row in rows]
    return max(areas) if any(row.is_total for row in rows) else sum(areas)


def _names_words(name: str, findings: Sequence[Finding]) -> str:
    """A few names, then their number; nothing where the class says as much."""
    names = list(dict.fromkeys(place_words(f) for f in findings))
    if not names or names == [name]:
        return ""
    more = f"等{len(names)}处" if len(names) > _NAMES else ""
    return f"（{'、'.join(names[:_NAMES])}{more}）"


def _grade(hits: Sequence[_Pair]) -> str:
    """The gravest effect. That of a class is the one of its outcome; what each rule says is
    finer.
    """
    binding = {f.effect for _, entry in hits for f in entry.findings if _decides(f) and f.effect}
    effect = next((e for e in EFFECTS if e in binding), None)
    return EFFECT_ZH.get(effect or "", "")


def _where(report: Answer, hits: Sequence[_Pair]) -> str:
    """Name the plots; with one plot only, there is nothing to tell apart."""
    if len(usable(report)) <= 1:
        return ""
    sites = [site_words(outcome.site) for outcome, _ in hits]
    return f"［{'、'.join(sites[:_PLOTS])}{'等' if len(sites) > _PLOTS else ''}］"


def _decides(finding: Finding) -> bool:
    return finding.outcome in ("conflict", "regulated") or finding.relation == "unbound"


def _area(area_m2: float) -> str:
    return f"{hectares(area_m2)}公顷（{mu(area_m2)}亩）"


def _path(
    report: Answer,
    department: str,
    by_class: Mapping[str, Sequence[_Pair]],
    touched: Sequence[str],
) -> str:
    """Name the procedures that lead on: those of what is touched, then what every project goes
    through.
    """
    # Procedures that stand in the table, each with its authority.
    own = [p for p in load_procedures() if p.resource_class in touched]
    words = [_procedure_words(procedure) for procedure in own]
    covered = {procedure.resource_class for procedure in own}
    for class_id in touched:
        if class_id not in covered:
            words += _rule_words(report, class_id, by_class[class_id])

    # Every project goes through these, whatever it touches.
    always = [p for p in load_procedures(()) if department_of(p) == department]
    return "；".join(dict.fromkeys([*words, *map(_procedure_words, always)]))


def _procedure_words(procedure: Procedure) -> str:
    return f"{procedure.name_zh}（{procedure.authority_zh}）"


def _rule_words(
    report: Answer,
    class_id: str,
    pairs: Sequence[_Pair],
) -> list[str]:
    """What is touched and has no procedure in the table is led on by its rule, and by the authority
    that the rule names.
    """
    authorities = {rule.rule_id: rule.authority for rule in rules_on(report.as_of)}
    spec = report.classes[class_id]
    deciding = (f for _, entry in pairs for f in entry.findings if _decides(f) and f.effect)
    first = next(deciding, None)
    if first is None:
        return []
    who = authorities.get(first.rule_id or "") or spec.keeper_zh
    return [f"{spec.name_zh}：{EFFECT_ZH.get(first.effect or '', '')}（{who}）"]


def _unknown(
    report: Answer, by_class: Mapping[str, Sequence[tuple[SiteOutcome, ClassOutcome]]]
) -> str:
    """Name what is open and who holds the material."""
    by_keeper: dict[str, list[str]] = {}
    for class_id, pairs in by_class.items():
        # what was not asked for is as open as what could not be settled
        is_open = any(
            not entry.requested or entry.outcome in ("undetermined", "not_screened")
            for _, entry in pairs
        )
        if is_open:
            spec = report.classes[class_id]
            by_keeper.setdefault(spec.keeper_zh, []).append(spec.name_zh)
    return "；".join(f"{'、'.join(names)}：{keeper}" for keeper, names in by_keeper.items())


def first_page(report: Answer) -> Table:
    """Return the table of the first page: a row for each department, those that nothing is known of
    together in one.
    """
    columns = columns_of(
        ("主管部门", 13),
        ("一句话结论", 46),
        ("办理路径及审批机关", 30),
        ("不清楚的及资料持有单位", 36),
    )
    every = opinions(report)

    # a department that is not touched and through which no project must go shares a row
    others = [o for o in every if not o.touched and not o.path]
    rows = [(o.department, o.sentence, o.path, o.unknown or "—") for o in every if o not in others]
    if others:
        rows.append(_other_departments(report, others))
    return Table("首页", "", columns, (*rows, *_owner_rows(report)))


def _owner_rows(report: Answer) -> Iterator[tuple[str, str, str, str]]:
    """What the owner did not say is judged at its worst, so the owner has a row of its own."""
    items = _unsaid(report)
    if items:
        more = f"等{len(items)}项" if len(items) > _ITEMS else ""
        sentence = f"未说明：{'；'.join(items[:_ITEMS])}{more}。按最不利情形判定。"
        yield "建设单位", sentence, "逐项书面说明，附材料后可重新判定", "建设单位"


def _other_departments(report: Answer, others: Sequence[Opinion]) -> tuple[str, str, str, str]:
    """One row for departments that nothing known of leads to: their classes by what is said of
    them.
    """
    by_state: dict[str, list[str]] = {}
    for opinion in others:
        for class_id in DEPARTMENTS[opinion.department]:
            state = _state(_pairs(report, class_id))
            by_state.setdefault(state, []).append(report.classes[class_id].name_zh)
    sentence = "；".join(_state_words(by_state))
    is_open = any(o.unknown for o in others)
    return (
        "其他部门",
        f"{sentence}。",
        "—",
        "各类资料的持有单位见需补资料清单" if is_open else "—",
    )


def _pairs(report: Answer, class_id: str) -> list[tuple[SiteOutcome, ClassOutcome]]:
    """Return the answers of one class, plot by plot; a plot that cannot be used was not
    screened.
    """
    return [
        (outcome, entry)
        for outcome in report.sites
        for entry in (*outcome.screening, *outcome.extra)
        if entry.resource_class == class_id
    ]


def _unsaid(report: Answer) -> list[str]:
    """Name what the project leaves unsaid, each once."""
    items = [
        asked_one.item_zh for questions in report.questions.values() for asked_one in questions
    ]
    if report.receipt["parameters"]["project_type"] is None:
        items.insert(0, "项目类型")
    return list(dict.fromkeys(items))


def verdict_lines(report: Answer) -> Iterator[tuple[str, str, str]]:
    """Yield for each plot its name, its area and the two labels."""
    for outcome in report.sites:
        area = "不可用"
        if outcome.site.usable:
            area = _area(outcome.area_m2) if outcome.area_m2 else "线、点"
        known, verdict = labels(outcome)
        open_ones = sum(e.outcome in ("undetermined", "not_screened") for e in asked(outcome))
        yield (
            site_words(outcome.site),
            area,
            f"据已收录资料：{known}；总体判定：{verdict}（待核实、未筛查{open_ones}类）",
        )
