"""How far a plot lies from the nearest record of each class and subzone that is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..geometry.straight import laid_on_plane
from ..layers.classes import HELD
from ..reports.cells import Number, Table, columns_of
from ..reports.tables import site_words, usable
from ..wording import SUBZONE_ZH

if TYPE_CHECKING:
    from ..layers.layers import Layer
    from ..model.outcomes import SiteOutcome
    from ..reports.answer import Answer
    from ..reports.cells import Cell

_DEGREES = 0.6
"""How far a nearest record is looked for: some fifty kilometres."""
_ROUGH_M = 100.0
"""A place less certain than this says no more than the neighbourhood."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest record of one subzone; `distance_m` on the plane of the plot, 0 when it
    touches.
    """

    class_id: str
    class_zh: str
    subzone: str | None
    name: str
    distance_m: float
    is_rough: bool


def nearest_by_zone(outcome: SiteOutcome, layers: Iterable[Layer]) -> list[Nearest]:
    """Return the nearest record of every class and subzone among some layers, in their order."""
    if not outcome.site.usable or outcome.crs is None:
        return []

    # The nearest of each subzone: the core and its buffer are different answers.
    found: dict[tuple[str, str | None], Nearest] = {}
    for one in _distances(outcome, outcome.crs, layers):
        key = (one.class_id, one.subzone)
        if key not in found or one.distance_m < found[key].distance_m:
            found[key] = one
    return list(found.values())


def _distances(
    outcome: SiteOutcome,
    crs: str,
    layers: Iterable[Layer],
) -> Iterator[Nearest]:
    """Yield every held record near a plot with its distance on the plot's own plane; what lies
    outside the box is not measured at all.
    """
    plot = laid_on_plane(outcome.site.geometry, crs, outcome.site.crs)
    near = outcome.site.geometry.buffer(_DEGREES)
    for layer in layers:
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            # a candidate is not held, and its distance would say nothing of the class
            if shape is None or record["membership"] not in HELD or not near.intersects(shape):
                continue
            distance = float(shapely.distance(plot, laid_on_plane(shape, crs)))
            yield _measured(layer, record, distance)


def _measured(
    layer: Layer,
    record: Mapping[str, Any],
    distance_m: float,
) -> Nearest:
    accuracy = record["position_accuracy_m"]
    return Nearest(
        layer.spec.id,
        layer.spec.name_zh,
        record["subzone"],
        str(record["name_zh"] or record["feature_id"]),
        distance_m,
        # a rough position has a distance that looks exact
        is_rough=accuracy is None or not np.isfinite(accuracy) or accuracy > _ROUGH_M,
    )


def distance_table(
    report: Answer,
    layers: Sequence[Layer],
    what: str,
) -> Table:
    """Return the nearest distances of every plot to each subzone of some layers."""
    columns = columns_of(
        ("地块", 16),
        ("类别", 20),
        ("分区", 16),
        ("最近的对象", 30),
        ("距离（米）", 12),
        ("位置", 16),
    )
    rows = [
        _row(outcome, one) for outcome in usable(report) for one in nearest_by_zone(outcome, layers)
    ]
    notes = ("距离为平面距离，0为压占或相接；约50千米以内没有已收录对象的不列。",)
    empty = f"约50千米以内没有已收录、已定位的{what}；未收录不等于没有。"
    return Table(what, f"{what}最近距离", columns, tuple(rows), notes, empty)


def _row(outcome: SiteOutcome, one: Nearest) -> tuple[Cell, ...]:
    return (
        site_words(outcome.site),
        one.class_zh,
        SUBZONE_ZH.get(one.subzone or "", one.subzone),
        one.name,
        Number(round(one.distance_m)),
        "不精确，仅供参考" if one.is_rough else "按图层边界",
    )
