"""The office's layers of land classes: 现状地类 of the change survey, 规划用途 of the plan; shared out to a
plot without a rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files.contents import named_path, path_problem, receipt_name

KEYS: dict[str, Any] = {
    "file": str,
    "layer": str,
    "fields": dict,
    "year": str,
    "secrecy": str,
    "encoding": str,
}


_AS_SAID = ("layer", "year", "secrecy", "encoding")
"""What a table says in one word, under the name that it has there; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class LandLayer:
    """A layer of land classes as the workspace names it.

    Attributes
    ----------
    role
        ``land_use`` or ``planned_use``.
    fields
        Its field by the name in the national data standard (DLBM, DLMC, QSXZ, ZLDWMC, KCXS), where
        it has another.
    year
        Of the change survey; None when not said.
    """

    role: str
    path: Path
    layer: str | None = None
    fields: Mapping[str, str] | None = None
    year: str | None = None
    secrecy: str | None = None
    encoding: str | None = None
    file: str | None = None


def _land_problems(
    entry: Mapping[str, Any],
    folder: Path,
    secrecies: tuple[str, ...],
) -> list[str]:
    """Say what is wrong with a table of land classes."""
    # Types first: the values of an entry that is not what it should be are not looked at.
    found = [f"unknown key '{key}'; known: {', '.join(KEYS)}" for key in entry if key not in KEYS]
    found += [
        f"'{key}' has the wrong type"
        for key, kind in KEYS.items()
        if key in entry and not isinstance(entry[key], kind)
    ]

    # each further question only where nothing was wrong before it
    if found:
        return found
    if "file" not in entry:
        return ["'file' is missing"]
    if problem := path_problem(folder, entry["file"]):
        return [problem]
    if entry.get("secrecy", secrecies[0]) not in secrecies:
        return [f"secrecy '{entry['secrecy']}' is not {' or '.join(secrecies)}"]
    return []


def parse_land(
    role: str,
    entry: object,
    folder: Path,
    secrecies: tuple[str, ...],
) -> tuple[LandLayer | None, list[str]]:
    """Read the table `[land_use]` or `[planned_use]` of a workspace in `folder`.

    Returns
    -------
    layer, problems
        None where there is no such table, or something is wrong with it.
    """
    if entry is None:
        return None, []
    if not isinstance(entry, dict):
        return None, [f"{role}: write it as [{role}], one table"]

    if found := _land_problems(entry, folder, secrecies):
        return None, [f"{role}: {problem}" for problem in found]
    layer = LandLayer(
        role=role,
        path=named_path(folder, entry["file"]),
        fields=entry.get("fields", {}),
        file=receipt_name(entry["file"]),
        **{key: entry.get(key) for key in _AS_SAID},
    )
    return layer, []
