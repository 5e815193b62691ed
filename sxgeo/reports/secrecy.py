"""What is not for every eye: of layers of 内部 and above nothing but the answer leaves in files that
are handed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model.outcomes import ClassOutcome, Detail, SiteOutcome

SECRET = ("内部", "工作秘密", "秘密")
"""Grades of secrecy whose layers stay out of GeoPackages, GeoJSON, pages and maps."""
NAME_ZH = "（{grade}图层的对象，不列名称和图形）"


def open_layers(users: Sequence[Any]) -> tuple[list[Any], list[str]]:
    """Part users' layers into those that may be embedded, and words for each that may not."""
    kept = [user for user in users if user.secrecy not in SECRET]
    left = [
        f"{user.path.name}: {user.secrecy}图层，不放进图件 a layer of that grade stays out of"
        " the map"
        for user in users
        if user.secrecy in SECRET
    ]
    return kept, left


def secret_classes(user_layers: Iterable[Any]) -> dict[str, str]:
    """Return the classes that hold a layer of 内部 or above, each with its highest grade, from
    `user_layers` of a receipt.
    """
    found: dict[str, str] = {}
    for row in user_layers:
        grade = row.get("secrecy")
        if grade in SECRET:
            before = found.get(row["resource_class"], SECRET[0])
            found[row["resource_class"]] = max(before, grade, key=SECRET.index)
    return found


def without_secrets(
    sites: Sequence[SiteOutcome], classes: dict[str, str]
) -> tuple[SiteOutcome, ...]:
    """Return answers in which resources of some classes have neither name, id nor shape; what was
    found stays.
    """
    if not classes:
        return tuple(sites)
    return tuple(
        replace(
            site,
            screening=tuple(_masked(entry, classes) for entry in site.screening),
            extra=tuple(_masked(entry, classes) for entry in site.extra),
        )
        for site in sites
    )


def _masked(entry: ClassOutcome, classes: dict[str, str]) -> ClassOutcome:
    grade = classes.get(entry.resource_class)
    if grade is None:
        return entry
    numbers: dict[str, int] = {}
    findings = tuple(
        replace(
            finding,
            feature_id=(
                f"{entry.resource_class}-{numbers.setdefault(finding.feature_id, len(numbers) + 1)}"
            ),
            name_zh=NAME_ZH.format(grade=grade),
            source=f"使用单位{grade}资料",
            overlap_geometry=None,
            resource_geometry=None,
        )
        for finding in entry.findings
    )

    def detail(_class_id: str) -> Detail:
        return findings, entry.unions

    return entry.with_detail(detail)
