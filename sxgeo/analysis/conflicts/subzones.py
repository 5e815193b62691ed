"""Which subzones a resource should have, and which of them nobody holds: a class that lacks one is
not whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...geometry.projection import PLANE_SCALE
from ...wording import SUBZONE_ALIASES_ZH, SUBZONE_ZH
from .binding import basin_fit, kind_fit
from .relation import spread_m

if TYPE_CHECKING:
    from ...layers.classes import ClassSpec
    from ...layers.rules import Rule
    from .binding import Binding

NO_HOMES: Mapping[str, frozenset[str]] = MappingProxyType({})
_NAMES_ZH = tuple(
    sorted(
        {*SUBZONE_ZH.values(), *SUBZONE_ALIASES_ZH},
        key=len,
        reverse=True,
    )
)
_AROUND = " \t-—_·.()（）[]【】、，"


def subzone_homes(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """Say which kinds have a subzone, by subzone, from rules of one class and any generation.

    A subzone that some rule gives to every kind is left out: it suits them all.
    """
    kinds: dict[str, set[str]] = {}
    anywhere: set[str] = set()
    for rule in rules:
        if rule.subzone is None:
            continue
        kinds.setdefault(rule.subzone, set()).update(rule.resource_kind, rule.possible_kinds)

        # a rule that names no kind gives its subzone to all
        if not rule.resource_kind:
            anywhere.add(rule.subzone)
    return {
        subzone: frozenset(found) for subzone, found in kinds.items() if subzone not in anywhere
    }


def impossible(record: Mapping[str, Any], homes: Mapping[str, frozenset[str]]) -> bool:
    """Say whether a record's kind has no such subzone: the law gives it to other kinds only."""
    kind, subzone = record["resource_kind"], record["subzone"]
    return kind is not None and subzone in homes and kind not in homes[subzone]


def needed_by(rules: Iterable[tuple[Rule, Binding]]) -> tuple[str, ...]:
    """Return the subzones that rules which may bind name, sorted."""
    return tuple(
        sorted({r.subzone for r, bound in rules if bound != "no" and r.subzone is not None})
    )


def lacking(
    records: Sequence[Mapping[str, Any]],
    rules: Sequence[tuple[Rule, Binding]],
    spec: ClassSpec,
) -> list[tuple[str, ...]]:
    """Name, for each record, the subzones that its rules may need and that neither it nor its
    fellows have.

    Records of one name, once the words for subzones are taken off it, are parts of one resource. A
    subzone that the class declares absent is not missed.
    """
    named = [(rule, rule.subzone) for rule, bound in rules if bound != "no"]
    wanting = [(rule, zone) for rule, zone in named if zone and zone not in spec.subzones_absent]

    # most classes know no subzones, and no name need be read
    if not wanting:
        return [()] * len(records)
    names = [resource_name(record) for record in records]
    held = _held(names, records)
    return [
        tuple(sorted(_needed(record, wanting) - held.get(name, set())))
        for name, record in zip(names, records, strict=True)
    ]


def _held(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return by resource the subzones that some record of it is."""
    held: dict[str, set[str]] = {}
    for name, record in zip(names, records, strict=True):
        if record["subzone"] is not None:
            held.setdefault(name, set()).add(record["subzone"])
    return held


def _needed(record: Mapping[str, Any], wanting: Sequence[tuple[Rule, str]]) -> set[str]:
    """Return the subzones of the rules that may be meant for a record."""
    return {
        subzone
        for rule, subzone in wanting
        if kind_fit(rule, record) != "no" and basin_fit(rule, record) != "no"
    }


def resource_name(record: Mapping[str, Any]) -> str:
    """Return the name of the resource that a record is a part of: its own, without the words for
    its subzone.
    """
    name = str(record["name_zh"] or record["feature_id"])

    # the core zone of a park and its buffer zone are one park
    bare = name
    for word in _NAMES_ZH:
        bare = bare.replace(word, "")
    return bare.strip(_AROUND) or name


def hidden_reach_m(record: Mapping[str, Any], spec: ClassSpec) -> float:
    """Return how far beyond what is drawn a subzone that nobody holds may lie: twice the extent
    taken for the class.
    """
    # a point already stands for as much as its extent
    if record["geometry_kind"] == "point":
        return spread_m(record)
    return 2 * spec.screening_extent_m * (1 + PLANE_SCALE)
