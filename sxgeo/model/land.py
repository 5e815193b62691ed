"""TODO."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RIDGES = ("1203", "田坎")
ARABLE = ("0101", "0102", "0103")
UNCOVERED_ZH = "无图斑覆盖"
GROUPS_ZH = ("农用地", "建设用地", "未利用地")
_FARM = ("1006", "1103", "1104", "1107", "1202", "1203")
_BUILT = ("1109", "1201")
_UNUSED = ("0404", "1101", "1102", "1105", "1106", "1108", "1110", "1204", "1205", "1206", "1207")


@dataclass(frozen=True, slots=True)
class LandShare:
    """One row: a land class of one owner in one place; `area_m2` to 0.01, None of code where no
    patch lies.
    """

    code: str
    name: str
    group: str
    owner: str
    place: str
    area_m2: float


@dataclass(frozen=True, slots=True)
class LandShares:
    """The land classes of one plot; the areas of the rows add up to `area_m2`.

    Attributes
    ----------
    uncovered_m2
        What no patch covers.
    problems
        What a reader must know: patches that overlap, land without a patch.
    """

    site_id: str
    role: str
    area_m2: float
    rows: tuple[LandShare, ...]
    uncovered_m2: float
    year: str | None
    problems: tuple[str, ...] = ()


def group_of(code: str) -> str:
    """Return the group of a land class of the third survey (农用地, 建设用地, 未利用地); 「未列入对照表」 where none
    is stated.
    """
    bare = _bare(code)
    if not bare:
        return ""
    if bare in _UNUSED:
        return GROUPS_ZH[2]
    if bare in _BUILT:
        return GROUPS_ZH[1]
    if bare in _FARM or bare[:2] in ("01", "02", "03", "04"):
        return GROUPS_ZH[0]
    if bare[:2] in ("05", "06", "07", "08", "09", "10"):
        return GROUPS_ZH[1]
    return "未列入对照表"


def totals(rows: Iterable[LandShare]) -> list[tuple[str, float]]:
    """Return the areas of the groups, in their order."""
    found: dict[str, float] = {}
    for row in rows:
        found[row.group or UNCOVERED_ZH] = found.get(row.group or UNCOVERED_ZH, 0.0) + row.area_m2
    names = [*GROUPS_ZH, *(name for name in found if name not in GROUPS_ZH)]
    return [(name, round(found[name], 2)) for name in names if name in found]


def _bare(code: str) -> str:
    """A code without the letters behind it: 0201K is an orchard that may become arable again."""
    return code.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
