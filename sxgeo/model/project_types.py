"""What people call project types -> the ids that rules know them by."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from ..errors import UsageError, unknown
from ..wording import PROJECT_TYPES

TYPE_ALIASES_ZH = {
    "工业项目": "industrial",
    "排污": "polluting_discharge",
    "住宅": "residential",
    "公路": "road_or_rail",
    "铁路": "road_or_rail",
    "交通": "road_or_rail",
    "采矿": "quarry_or_mine",
    "采石": "quarry_or_mine",
    "取土": "quarry_or_mine",
    "取水": "groundwater_extraction",
    "旅游项目": "tourism",
    "能源项目": "energy",
}
"""Other Chinese names of project types."""


def project_type_of(name: str) -> str:
    """Return the project type that is named by its id or in Chinese.

    Raises
    ------
    UsageError
        If no type has that name; the nearest one is named.
    """
    text = str(name).strip()
    if text in PROJECT_TYPES:
        return text
    names = {zh: code for code, zh in PROJECT_TYPES.items()} | TYPE_ALIASES_ZH
    if text in names:
        return names[text]
    raise (
        unknown("project type", text, PROJECT_TYPES)
        if text.isascii()
        else unknown_name("project type", text, names)
    )


def unknown_name(
    kind: str,
    text: str,
    names: Mapping[str, object],
) -> UsageError:
    """Build the error for an unknown Chinese name: the nearest one, and what all of them are."""
    near = get_close_matches(text, list(names), n=1, cutoff=0.4)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return UsageError(f"unknown {kind} '{text}'.{hint} Known: {'、'.join(names)}.")


def type_lines() -> list[str]:
    """Return the project types, a line each: its id, its Chinese name and the others that are
    taken.
    """
    others: dict[str, list[str]] = {}
    for alias, code in TYPE_ALIASES_ZH.items():
        others.setdefault(code, []).append(alias)
    lines = []
    for code, zh in PROJECT_TYPES.items():
        also = f"（也可写 also: {'、'.join(others[code])}）" if code in others else ""
        lines.append(f"{code:<24}{zh}{also}")
    return lines
