"""压占分析表: what each control line takes of a plot, each place counted once, and the sum that must be
the plot (pure).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import shapely

from ..geometry.straight import laid_on_plane
from ..wording import SUBZONE_ZH, URBAN_ZONES, outcome_label
from .sentences import finding_label, law_words

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from ..layers.classes import ClassSpec
    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome

URBAN = "urban_boundary"
SLIVER_M2 = 1.0
"""A patch under this may be no more than two drawings of one edge; it is told, never dropped."""
NOT_LOOKED_ZH = "未筛查"
NONE_ZH = "不涉及（0.0000）"
NONE_HELD_ZH = "已收录资料中不涉及（0.0000），资料不完备"
UNSURE_ZH = "待核实：仅有点位或在误差内，面积不能量算"
LINE_ZH = "压占性质见位置关系，不计面积"


@dataclass(frozen=True, slots=True)
class OverlapRow:
    """What one control line, or one zone of it, takes of a plot.

    Attributes
    ----------
    class_id, zone
        The class, and the subzone code where it has any; ``outside`` of the town boundary.
    area_m2
        On the plane, each place once; None where nobody looked, 0 where nothing is taken.
    patches, slivers
        Parts that are taken, and how many of them are under `SLIVER_M2`.
    law, todo
        Article, and what is to be done.
    """

    class_id: str
    title_zh: str
    zone: str | None
    area_m2: float | None
    patches: int
    slivers: int
    law: str
    todo: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class OverlapTable:
    """The table of one plot; areas in m2 on its plane.

    Attributes
    ----------
    union_m2, free_m2
        What all lines take together, nothing counted twice, and what none takes.
    difference_m2
        The plot less these two: it must round to nothing.
    """

    site_id: str
    area_m2: float
    rows: tuple[OverlapRow, ...]
    union_m2: float
    free_m2: float
    difference_m2: float


def overlap_table(outcome: SiteOutcome, classes: Mapping[str, ClassSpec]) -> OverlapTable | None:
    """Return the table of a plot.

    Parameters
    ----------
    outcome
        The answer for it.
    classes
        Specification of every class, by id; their order is that of the rows, the three lines first.

    Returns
    -------
    OverlapTable or None
        None for a site that is no polygon or cannot be used.
    """
    site, crs = outcome.site, outcome.crs
    if crs is None or not _has_area(outcome):
        return None
    plot = laid_on_plane(site.geometry, crs, site.crs)
    rows: list[OverlapRow] = []
    taken: list[Any] = []
    for entry in _in_order(outcome):
        class_id = entry.resource_class
        own, shape = _class_rows(entry, classes[class_id], plot, crs)
        rows += own

        # the town boundary binds the land outside it, and is never 压占
        if class_id != URBAN and shape is not None:
            taken.append(shape)
    return _with_sums(site.site_id, plot, rows, taken)


# Any: shapely's geometries on the plot's plane.
def _with_sums(
    site_id: str,
    plot: Any,
    rows: Sequence[OverlapRow],
    taken: Sequence[Any],
) -> OverlapTable:
    """Lines overlap one another: what all take together is less than their sum."""
    union = shapely.union_all(taken) if taken else shapely.Polygon()
    union_m2, free_m2 = float(union.area), float(plot.difference(union).area)
    return OverlapTable(
        site_id=site_id,
        area_m2=float(plot.area),
        rows=tuple(rows),
        union_m2=union_m2,
        free_m2=free_m2,
        difference_m2=float(plot.area) - union_m2 - free_m2,
    )


_FIRST = ("ecological_redline", "permanent_farmland", URBAN)


def _in_order(outcome: SiteOutcome) -> list[ClassOutcome]:
    """Return the classes of a site in the order of the rows."""
    entries = {e.resource_class: e for e in (*outcome.screening, *outcome.extra)}
    return [entries[class_id] for class_id in sorted(entries, key=_order)]


def _order(class_id: str) -> int:
    return _FIRST.index(class_id) if class_id in _FIRST else len(_FIRST)


def _class_rows(
    entry: ClassOutcome,
    spec: ClassSpec,
    plot: Shape,
    plane: str,
) -> tuple[list[OverlapRow], Shape | None]:
    """Return the rows of a class, and what it takes of the plot in all; None where nothing is
    taken.
    """
    if not _is_looked_at(entry, spec):
        return [_plain(spec, None, NOT_LOOKED_ZH)], None

    by_zone, meets_line = _by_zone(entry, spec)
    taken = _taken(plot, by_zone, plane)
    rows = [_row(spec, zone, shape, by_zone[zone]) for zone, shape in taken.items()]
    if spec.id == URBAN:
        return _urban_rows(spec, rows, list(taken.values()), plot)
    if not rows:
        return [_plain(spec, 0.0, _none_taken(entry, meets_line=meets_line))], None
    return _with_total(entry, spec, rows, list(taken.values()))


def _with_total(
    entry: ClassOutcome,
    spec: ClassSpec,
    rows: list[OverlapRow],
    parts: list[Shape],
) -> tuple[list[OverlapRow], Shape]:
    """Add the line below several subzones, and return what they take in all."""
    # subzones of several records may overlap: the total is that of their union
    union = shapely.union_all(parts)
    if len(rows) > 1:
        rows.append(_total(entry, spec, union))
    return rows, union


_ByZone: TypeAlias = "dict[str | None, list[Finding]]"


def _taken(
    plot: Shape,
    by_zone: _ByZone,
    plane: str,
) -> dict[str | None, Shape]:
    """Return what each subzone takes of the plot, the gravest first."""
    parts = {zone: _common(plot, by_zone[zone], plane) for zone in sorted(by_zone, key=_rank)}

    # what only touches the plot takes nothing of it
    return {zone: shape for zone, shape in parts.items() if shape.area > 0}


def _is_looked_at(entry: ClassOutcome, spec: ClassSpec) -> bool:
    """Say whether anything can be told of a class."""
    # a town boundary of which nothing is held cannot tell that a plot lies outside of it
    return entry.outcome != "not_screened" and (spec.id != URBAN or bool(entry.held))


def _has_area(outcome: SiteOutcome) -> bool:
    """Say whether a site can be shared out: a line or a point takes no land."""
    if not outcome.site.usable or not outcome.area_m2:
        return False
    return bool(shapely.get_dimensions(outcome.site.geometry) == 2)


def _rank(zone: str | None) -> tuple[bool, int, str]:
    """Sort subzones by their gravity, what has none last."""
    return zone is None, _zone_order(zone), zone or ""


def _by_zone(entry: ClassOutcome, spec: ClassSpec) -> tuple[_ByZone, bool]:
    """Return what takes land, by subzone, and whether a line or a point is met."""
    # only areas take land; a line or a point that is met is told in words
    by_zone: _ByZone = {}
    lines = False
    for finding in _once(entry.findings):
        shape = finding.resource_geometry
        dimension = -1 if shape is None else shapely.get_dimensions(shape)

        # of urban land what does not touch counts, too: it says that the plot lies outside
        if dimension == 2 and (finding.overlap_m2 > 0 or spec.id == URBAN):
            by_zone.setdefault(finding.subzone, []).append(finding)
        lines |= dimension in (0, 1) and finding.relation == "met"
    return by_zone, lines


def _none_taken(entry: ClassOutcome, *, meets_line: bool) -> str:
    """Say that nothing is taken; told as such only where the class is complete here."""
    if meets_line:
        return LINE_ZH
    if entry.outcome == "clear":
        return NONE_ZH
    return UNSURE_ZH if entry.known_outcome == "undetermined" else NONE_HELD_ZH


def _total(
    entry: ClassOutcome,
    spec: ClassSpec,
    union: Shape,
) -> OverlapRow:
    """Return the line below the subzones of a class."""
    gravest = outcome_label(entry.known_outcome, entry.effect)
    return OverlapRow(
        spec.id,
        spec.name_zh,
        None,
        float(union.area),
        *_pieces(union),
        "—",
        gravest,
        is_total=True,
    )


def _urban_rows(
    spec: ClassSpec,
    rows: list[OverlapRow],
    parts: list[Shape],
    plot: Shape,
) -> tuple[list[OverlapRow], Shape]:
    """Add what lies outside the town boundary, which is what must be argued for."""
    inside = shapely.union_all(parts) if parts else shapely.Polygon()

    # what no zone of the boundary covers lies outside of it, and that has to be argued
    outside = plot.difference(inside)
    todo = "边界外，须论证" if outside.area > 0 else "—"
    rows.append(
        OverlapRow(
            spec.id, spec.name_zh, "outside", float(outside.area), *_pieces(outside), "—", todo
        )
    )
    return rows, inside


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each resource once, by its gravest rule; what is only a lead to be verified takes no
    land.
    """
    seen: set[str] = set()
    for finding in findings:
        if finding.feature_id not in seen and finding.membership != "candidate":
            seen.add(finding.feature_id)
            yield finding


def _zone_order(zone: str | None) -> int:
    order = [*URBAN_ZONES, *SUBZONE_ZH]
    return order.index(zone) if zone in order else len(order)


def _common(
    plot: Shape,
    findings: list[Finding],
    plane: str,
) -> Shape:
    shapes = [laid_on_plane(finding.resource_geometry, plane) for finding in findings]
    return plot.intersection(shapely.union_all(shapes))


def _pieces(shape: Shape) -> tuple[int, int]:
    areas = [float(part.area) for part in shapely.get_parts(shape) if part.area > 0]
    return len(areas), sum(area < SLIVER_M2 for area in areas)


def _row(
    spec: ClassSpec,
    zone: str | None,
    shape: Shape,
    findings: list[Finding],
) -> OverlapRow:
    first = findings[0]
    if spec.id == URBAN:
        return OverlapRow(
            spec.id,
            spec.name_zh,
            zone,
            float(shape.area),
            *_pieces(shape),
            law_words(first),
            "边界内",
        )
    todo = "；".join(
        dict.fromkeys(
            [
                finding_label(first),
                *([first.requirement] if first.requirement else []),
            ]
        )
    )
    return OverlapRow(
        spec.id, spec.name_zh, zone, float(shape.area), *_pieces(shape), law_words(first), todo
    )


def _plain(
    spec: ClassSpec,
    area_m2: float | None,
    text: str,
) -> OverlapRow:
    return OverlapRow(
        spec.id,
        spec.name_zh,
        None,
        area_m2,
        0,
        0,
        "—",
        text,
    )
