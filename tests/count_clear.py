"""Count what reading does to inputs that people bring: per kind, tried, false clears, needless
doubts, ways out, tracebacks, hangs.

Usage: python tests/count_clear.py [WORD]      kinds whose name holds the word

Families: surveys and tables; vector files as sites (also in a zip), as official layers and as
boundaries or masks; workspaces; bad files; the page. In the first, each case is built in a folder of its own and screened twice, in a world with a monument inside the
plot and in one with a monument far from it: `clear` in the first is false however the file was
read, and in the second anything but `clear` is needless doubt where the case is one to read. Advice
is followed: a case that says what settles it has to be certain with it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import shapely

sys.path.insert(0, str(Path(__file__).parent / "sites"))  # for the command line; pytest knows it

from reading_cases import Case, all_cases, worlds

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.geometry.projection import plane_crs, to_plane
from sxgeo.model.sites import Sites
from sxgeo.sites.read import read_some

CLASS = "heritage_sites"
HANG_S = 20.0
_WAY_OUT = (
    "--assume",
    "give ",
    "save it",
    "put ",
    "head ",
    "close ",
    "complete ",
    "split ",
    "correct ",
    "convert ",
    "show it",
    "unpack",
    "export it",
    "move it out",
    "save the columns",
    "export the",
    "is the land frame that of this region?",
    "repair ",
    "remove ",
    "pack ",
    "recover ",
    "draw ",
    "name ",
    "declare ",
    "take them apart",
    "check ",
    "bring them",
    "download ",
    "write ",
    "a ring needs",
    "is not one of",
    "is not 点, 线 or 面",
    "does not exist",
    "use an EPSG code",
    "holds no features",
)
_AREA_HA = 0.02


class Tried(Protocol):
    """What is counted: a case of a kind."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(slots=True)
class Count:
    """What became of the cases of one kind; each list holds names."""

    tried: int = 0
    read: int = 0
    refused_with_a_way_out: int = 0
    false_clears: list[str] = field(default_factory=list)
    needless_doubts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that should not be."""
        return [
            *self.false_clears,
            *self.needless_doubts,
            *self.wrong,
            *self.tracebacks,
            *self.hangs,
        ]


def outcomes(sites: Sites, workspace: Path) -> set[str]:
    """Return the outcomes of all sites in a world; an unusable one is not screened."""
    report = check_sites(sites, classes=[CLASS], workspace=workspace)
    return {
        entry.outcome if outcome.site.usable else "not_screened"
        for outcome in report.sites
        for entry in outcome.screening
        if entry.resource_class == CLASS
    }


def area_ha(sites: Sites) -> float:
    """Return the area of all sites on the plane."""
    good = [site for site in sites.sites if site.usable]
    return (
        sum(
            to_plane(s.geometry, s.crs or plane_crs(shapely.centroid(s.geometry).x)).area
            for s in good
        )
        / 1e4
    )


def judge(case: Case, folder: Path, hit: Path, far: Path) -> tuple[str, str]:
    """Return what became of a case, and in which words: ``ok``, ``refused``, ``false_clears``,
    ``needless_doubts`` or ``wrong``.
    """
    path = case.build(folder)
    sites, unread = read_some(path, assume=case.assume)
    told = " ".join([*unread, *(p for site in sites.sites for p in site.problems)])
    if case.words not in told:
        return "wrong", f"does not say '{case.words}': {told[:300]}"
    usable = [site for site in sites.sites if site.usable]
    if usable:
        found = outcomes(sites, far)
        if case.right == "read" and (problem := _not_as_it_should(case, sites, found)):
            return problem
        if case.right == "read" and case.meets and outcomes(sites, hit) == {"clear"}:
            return "false_clears", "the monument inside is not found"
        if case.right != "read" and "clear" in found | outcomes(sites, hit):
            return "false_clears", f"{len(sites.sites)} sites are clear: {told[:300]}"
    if case.right == "read" and not usable:
        return "needless_doubts", told[:300]
    if case.right == "refuse" and usable:
        return "wrong", f"is read: {told[:300]}"
    if case.settled_by is not None and (words := _unsettled(case, path, far)):
        return "needless_doubts", words
    return ("ok", told[:300]) if usable else refused(told)


def refused(told: str) -> tuple[str, str]:
    """Judge what was said where nothing could be used: it must name a way out."""
    if any(word in told for word in _WAY_OUT):
        return "refused", told[:300]
    return "wrong", f"refused without a way out: {told[:400]}"


def _not_as_it_should(case: Case, sites: Sites, found: set[str]) -> tuple[str, str] | None:
    told = "; ".join(p for site in sites.sites for p in site.problems)[:300]
    if found != {"clear"}:
        return "needless_doubts", f"{sorted(found)}: {told}"
    if len(sites.sites) != case.sites:
        return "wrong", f"{len(sites.sites)} sites, not {case.sites}"
    if case.area_ha is not None and abs(area_ha(sites) - case.area_ha) > _AREA_HA:
        return "wrong", f"{area_ha(sites):.4f} ha, not {case.area_ha}"
    return None


def _unsettled(case: Case, path: Path, far: Path) -> str | None:
    told: Mapping[str, str] = {**case.assume, **(case.settled_by or {})}
    sites, unread = read_some(path, assume=told)
    if unread or (found := outcomes(sites, far)) != {"clear"}:
        return (
            f"not settled by {dict(told)}: {unread or found}"
            f" {[s.problems for s in sites.sites][:2]}"
        )
    if case.area_ha is not None and abs(area_ha(sites) - case.area_ha) > _AREA_HA:
        return f"settled by {dict(told)} as {area_ha(sites):.4f} ha, not {case.area_ha}"
    return None


def count(
    cases: Sequence[Tried],
    folder: Path,
    *,
    show: bool = False,
    judged: Callable[[Any, Path, Path, Path], tuple[str, str]] = judge,
) -> dict[str, Count]:
    """Try cases and count what became of them, by kind, in the order of the kinds."""
    hit, far = worlds(folder)
    counts: dict[str, Count] = {}
    for number, case in enumerate(cases):
        kind = counts.setdefault(case.kind, Count())
        kind.tried += 1
        place = folder / str(number)
        place.mkdir()
        # of processor time: a busy machine is no hang
        start = time.process_time()
        try:
            became, words = judged(case, place, hit, far)
        except Exception as error:  # the count is of these, too
            became, words = "tracebacks", repr(error)
        if time.process_time() - start > HANG_S:
            became = "hangs"
        if became == "ok":
            kind.read += 1
        elif became == "refused":
            kind.refused_with_a_way_out += 1
        else:
            getattr(kind, became).append(case.name)
            if show:
                print(f"{became}: {case.name}: {words}", file=sys.stderr)
    return counts


def table(counts: Mapping[str, Count]) -> str:
    """Write the counts as a table in text."""
    heads = (
        "kind",
        "tried",
        "false clears",
        "needless doubts",
        "read",
        "refused with a way out",
        "wrong",
        "tracebacks",
        "hangs",
    )
    rows = [
        (k, c.tried, len(c.false_clears), len(c.needless_doubts), c.read, c.refused_with_a_way_out, len(c.wrong), len(c.tracebacks), len(c.hangs))
        for k, c in counts.items()
    ]  # fmt: skip
    total = Counter({head: sum(row[i] for row in rows) for i, head in enumerate(heads) if i})  # type: ignore[misc]
    rows.append(("all", *(total[head] for head in heads[1:])))  # type: ignore[arg-type]
    width = max(len(str(row[0])) for row in rows)
    lines = [heads[0].ljust(width) + "  " + "  ".join(heads[1:])]
    lines += [
        str(row[0]).ljust(width)
        + "  "
        + "  ".join(str(v).rjust(len(h)) for v, h in zip(row[1:], heads[1:], strict=True))
        for row in rows
    ]
    return "\n".join(lines)


def main(word: str = "") -> int:
    """Print the table; 1 where anything in it should not be."""
    from count_families import FAMILIES  # needs what the families need

    counts: dict[str, Count] = {}
    for cases, judged in ((all_cases(), judge), *FAMILIES):
        with tempfile.TemporaryDirectory() as folder:
            wanted = [case for case in cases if word in case.kind]
            counts |= count(wanted, Path(folder), show=True, judged=judged)
    print(table(counts))
    return int(any(kind.faults for kind in counts.values()))


if __name__ == "__main__":
    sys.modules["count_clear"] = sys.modules["__main__"]  # the families count with these same names
    sys.exit(main(*sys.argv[1:2]))
