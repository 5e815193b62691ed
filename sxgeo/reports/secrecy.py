"""What is not for every eye: of layers of 内部 and above nothing but the answer leaves in files that
are handed on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model.outcomes import ClassOutcome, Detail, SiteOutcome

SECRET = ("内部", "工作秘密", "秘密")
"""Grades of secrecy whose layers stay out of GeoPackages, GeoJSON, pages and maps."""
UNGRADED = "未定密级"
"""What a layer is called whose grade nobody said: it is not handed on either, where all must be
graded.
"""
WITHHELD = "withheld"
"""Key of a layer in a receipt that tells its class, its grade and its hash, and nothing else."""
HANDED_ON = "handed_on"
"""Key of a receipt whose report leaves out what is not for every eye; `replay` leaves it out too.
"""
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


def secret_classes(user_layers: Iterable[Any], *, graded_only: bool = False) -> dict[str, str]:
    """Return the classes that hold a layer of 内部 or above, each with its highest grade, from
    `user_layers` of a receipt.

    Parameters
    ----------
    graded_only
        Whether only layers that were said to be 公开 are handed on: one without a grade counts as
        the lowest secret one, and is called `UNGRADED`.
    """
    order = (UNGRADED, *SECRET)
    found: dict[str, str] = {}
    for row in user_layers:
        grade = row.get("secrecy") or (UNGRADED if graded_only else None)
        if grade in order:
            before = found.get(row["resource_class"], order[0])
            found[row["resource_class"]] = max(before, grade, key=order.index)
    return found


def without_secret_layers(
    receipt: Mapping[str, Any], *, graded_only: bool = False
) -> dict[str, Any]:
    """Return a receipt in which secret layers have neither name nor field: class, grade and hash.

    What is left of them is enough to find them again in the workspace of the receipt, which is
    named with its hash.
    """
    grades = (*SECRET, *([None] if graded_only else []))
    rows = receipt.get("user_layers", ())

    # a remark says what was assumed of a file, and begins with its name
    names = [_file_name(row) for row in rows if _is_secret(row, grades)]
    return {
        **receipt,
        "remarks": [text for text in receipt["remarks"] if not any(n in text for n in names)],
        "user_layers": [_withheld(row) if _is_secret(row, grades) else row for row in rows],
    }


def _is_secret(row: Mapping[str, Any], grades: Collection[str | None]) -> bool:
    """Say whether a layer is to be withheld."""
    # what was withheld before has neither name nor field left
    return not row.get(WITHHELD) and row.get("secrecy") in grades


def _file_name(row: Mapping[str, Any]) -> str:
    """Return the name of a layer's file, whose path may be one of Windows."""
    return PurePosixPath(str(row["file"]).replace("\\", "/")).name


def _withheld(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be told of a secret layer: its class, grade and hashes."""
    return {
        "resource_class": row["resource_class"],
        "secrecy": row["secrecy"] or UNGRADED,
        "sha256": row["sha256"],
        "parts_sha256": parts_hash(row["parts"]),
        WITHHELD: True,
    }


def parts_hash(parts: Iterable[Mapping[str, str]]) -> str:
    """Return one hash of the hashes of a data set's further files, whose names stay out."""
    listing = "\n".join(part["sha256"] for part in parts)
    return hashlib.sha256(listing.encode()).hexdigest()


def without_secrets(
    sites: Sequence[SiteOutcome], classes: dict[str, str]
) -> tuple[SiteOutcome, ...]:
    """Return answers in which resources of some classes have neither name, id nor shape; what was
    found stays.
    """
    # most reports hold nothing secret, and are handed on as they are
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

    # records keep apart by number: their own ids could name what is secret
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

    return _without_document(entry, grade).with_detail(detail)


def _without_document(entry: ClassOutcome, grade: str) -> ClassOutcome:
    """Return a class whose certificate does not name the document that it rests on."""
    certificate = entry.clear_because
    if certificate is None:
        return entry
    grounds = replace(certificate.grounds, document=f"（{grade}资料的文件）")
    return replace(entry, clear_because=replace(certificate, grounds=grounds))
