"""Every class, subzone, kind, project type, state of every attribute, and position: what the engine
says, and what the design says.

    python tests/prove_clear.py                 the whole proof against what is committed (minutes)
    python tests/prove_clear.py --write         write it anew: cases/proof.json and cases/proof_rows.csv
    python tests/prove_clear.py --pairs 100000  random worlds, the oracle against the engine

The proof knows the table of rules and the words of the design, nothing of how the engine decides.
Proved is: no class is clear over a site that lies in a record, crosses it, touches it or is within
the error of it, unless what was said frees it from every rule, and then the record is listed with
what was said.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from conftest import COUNTY, make_record, make_spec, on_ground

from sxgeo.analysis.conflicts import findings
from sxgeo.analysis.conflicts import pairs as pairs_module
from sxgeo.analysis.conflicts import screener as conflicts
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.geometry import overlap
from sxgeo.geometry.projection import GEOGRAPHIC
from sxgeo.layers.classes import ALL_CLASS_IDS, EXTRA_CLASS_IDS
from sxgeo.layers.layers import Layer
from sxgeo.layers.rules import Rule, load_rules
from sxgeo.model.outcomes import Origin
from sxgeo.model.project import Project
from sxgeo.model.sites import Site
from sxgeo.wording import PROJECT_TYPES

FOLDER = Path(__file__).parent / "cases"
PROOF, ROWS = FOLDER / "proof.json", FOLDER / "proof_rows.csv"
AS_OF = "2026-11-21"
CLASSES = ALL_CLASS_IDS
TYPES = (None, *PROJECT_TYPES)
STRANGE = "a_kind_of_which_no_rule_speaks"
ACCURACY_M = 1.0
ERROR_M = 2 * ACCURACY_M
SIDE_M, PLOT_M = 1000.0, 100.0
POSITIONS = {  # gap between plot and record in metres; inside, minus how deep either reaches into the other
    "inside": -500.0,
    "crossing": -50.0,
    "touching": 0.0,
    "within_error": 1.0,
    "just_beyond": 3.2,
}
KNIFE_EDGE_M = 0.05
"""No position may lie nearer to a limit of a rule: coordinates are stored in steps of a centimetre,
and there either answer would be right.
"""
GRAVITY = ("conflict", "undetermined", "regulated", "touched_unbound", "none_found")

# what the design says, on its own words
# ------------------------------------------------------------------------

BEHAVIOUR_OF = {"polluting_discharge": "discharge", "groundwater_extraction": "groundwater_use"}
STATED_BY = {
    "industrial": "discharge",
    "residential": "discharge",
    "tourism": "discharge",
    "polluting_discharge": "discharge",
    "groundwater_extraction": "groundwater_use",
}
"""What a type presumes when nobody says otherwise (trade.md: only in the binding direction)."""
BANS = ("prohibited", "prohibited_unless")
SYSTEMS = (
    {"core_zone_old", "buffer_zone_old", "experimental_zone_old"},
    {"core_protection_zone", "general_control_zone"},
    {"core_scenic_area"},
)
"""Subzones of one law; a rule of another system is in doubt for them, as nobody translates one into
the other.
"""

Said = tuple[tuple[str, str], ...]


class Told(NamedTuple):
    """What a class says of one site."""

    outcome: str
    known: str
    listed: bool
    freed: bool


class State(NamedTuple):
    """All of a rule that counts at a place: its effect here, how near it is met, and what is sure
    of it.
    """

    effect: str
    relation: str
    binds: str
    fits: str
    verified: bool


def holds(attribute: str, kind: str | None, said: dict[str, str]) -> str:
    """yes, no or unsaid."""
    if kind is not None and BEHAVIOUR_OF.get(kind) == attribute:
        return "yes"  # the type is that behaviour
    if attribute in said:
        return said[attribute]
    if kind is None:
        # "project type not given: the rules of all types, and the answer says if": a behaviour is a
        # type as well
        return "yes" if attribute in BEHAVIOUR_OF.values() else "unsaid"
    return "yes" if STATED_BY.get(kind) == attribute else "unsaid"


def of_type(types: tuple[str, ...], kind: str | None, said: dict[str, str]) -> str:
    if not types or kind in types:
        return "yes"
    states = {holds(BEHAVIOUR_OF[t], kind, said) for t in types if t in BEHAVIOUR_OF}
    if any(t not in BEHAVIOUR_OF for t in types):
        states.add("yes" if kind is None else "unsaid" if kind in BEHAVIOUR_OF else "no")
    return next(state for state in ("yes", "unsaid", "no") if state in states)


def binds(rule: Rule, kind: str | None, said: dict[str, str]) -> str:
    states = {of_type(rule.project_types, kind, said)}
    if rule.condition is not None:
        states.add(holds(rule.condition, kind, said))
    return next(state for state in ("no", "unsaid", "yes") if state in states)


def of_kind(rule: Rule, kind: str | None) -> str:
    if not rule.resource_kind or kind in rule.resource_kind:
        return "yes"
    return "perhaps" if kind is None or kind in rule.possible_kinds else "no"


def of_subzone(rule: Rule, subzone: str | None) -> str:
    if rule.subzone is None or rule.subzone == subzone:
        return "yes"
    if subzone is None:
        return "perhaps"
    mine, theirs = (
        [i for i, zones in enumerate(SYSTEMS) if z in zones] for z in (subzone, rule.subzone)
    )
    return "perhaps" if mine and theirs and mine != theirs else "no"


def fits(rule: Rule, kind: str | None, subzone: str | None) -> str:
    states = {
        of_kind(rule, kind),
        of_subzone(rule, subzone),
        "yes" if rule.basin is None else "perhaps",
    }
    return next(state for state in ("no", "perhaps", "yes") if state in states)


def impossible(rules: tuple[Rule, ...], kind: str | None, subzone: str | None) -> bool:
    """The law gives this subzone to other kinds only."""
    naming = [rule for rule in rules if rule.subzone is not None and rule.subzone == subzone]
    if kind is None or not naming or not all(rule.resource_kind for rule in naming):
        return False
    return all(of_kind(rule, kind) == "no" for rule in naming)


def effect_here(rule: Rule, said: dict[str, str]) -> str:
    """What a rule means where it is met: its effect, softened by what the law itself softens."""
    if rule.effect in BANS and rule.binds == "building" and said.get("building_outlines") != "yes":
        return "bare_plot"
    if rule.effect == "prohibited_unless" and any(said.get(a) == "yes" for a in rule.exception):
        return "excepted"
    return rule.effect


def relation(rule: Rule | None, position: str) -> str:
    """met, between or missed by distance alone; the height of a building is never said here."""
    required = 0.0 if rule is None else rule.required_m
    error, gap = ERROR_M + 0.0005 * required, POSITIONS[position]
    if gap > required + error:
        return "missed"
    deep = required > 0 or gap < -0.02
    sure = rule is not None and rule.comparison != "height_ratio"
    return "met" if gap <= required - error and deep and sure else "between"


@cache
def states_of(
    rules: tuple[Rule, ...],
    kind: str | None,
    subzone: str | None,
    use: str | None,
    said: Said,
    position: str,
):  # type: ignore[no-untyped-def]
    answers = dict(said)
    fitting = [(rule, fits(rule, kind, subzone)) for rule in rules]
    states = [
        State(
            effect_here(r, answers), relation(r, position), binds(r, use, answers), fit, r.verified
        )
        for r, fit in fitting
        if fit != "no"
    ]
    if impossible(rules, kind, subzone):
        states.append(State("impossible_pair", relation(None, position), "yes", "yes", False))
    return tuple(sorted(set(states)))


@cache
def expected(class_id: str, states: tuple[State, ...], position: str) -> Told:
    """What the design says of a class with one record, declared whole and complete in its subzones."""
    touched = POSITIONS[position] <= ERROR_M
    binding = [state for state in states if state.binds != "no"]
    freed = bool(states) and not binding and all(state.verified for state in states)
    if not binding and not freed:
        binding = [State("no_rule", "between" if touched else "missed", "yes", "yes", False)]
    outcomes = set()
    for state in binding:
        sure = (
            state.relation == "met"
            and state.verified
            and state.binds == "yes"
            and state.fits == "yes"
        )
        if state.relation == "missed":
            continue
        if not sure:
            outcomes.add("undetermined")
        else:
            outcomes.add("conflict" if state.effect in BANS else "regulated")
    if (
        class_id == "urban_boundary"
    ):  # "by where the site lies in it and by the kind of approval": unsaid here
        return Told("undetermined", "undetermined", touched, False)
    known = next(
        (o for o in GRAVITY if o in outcomes),
        "touched_unbound" if freed and touched else "none_found",
    )
    outcome = "clear" if known in ("touched_unbound", "none_found") else known
    return Told(outcome, known, touched or bool(outcomes), freed and touched)


# what the engine says
# ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """All subzones, kinds and positions of a class for one project."""

    class_id: str
    use: str | None
    said: Said


@contextmanager
def measured_once() -> Iterator[None]:
    """Measure a plot against a record once, whatever the project: the shapes of a class are the
    same in all batches.
    """
    known: dict[tuple[bytes, bytes], Any] = {}

    def measure(site: Any, resource: Any) -> Any:
        key = (shapely.to_wkb(site), shapely.to_wkb(resource))
        if key not in known:
            known[key] = overlap.measure(site, resource)
        return known[key]

    before = pairs_module.measure, findings.measure, conflicts.ellipsoid_areas_m2
    pairs_module.measure = findings.measure = measure
    conflicts.ellipsoid_areas_m2 = lambda shapes: np.zeros(len(shapes))  # no outcome hangs on it
    try:
        yield
    finally:
        pairs_module.measure, findings.measure, conflicts.ellipsoid_areas_m2 = before


@cache
def rules_of(class_id: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in load_rules(class_id) if rule.in_force(AS_OF))


def attributes_of(rules: tuple[Rule, ...]) -> list[str]:
    named = {r.condition for r in rules if r.condition is not None} | {
        e for r in rules for e in r.exception
    }
    named |= {BEHAVIOUR_OF[t] for r in rules for t in r.project_types if t in BEHAVIOUR_OF}
    return sorted(
        named | ({"building_outlines"} if any(r.binds == "building" for r in rules) else set())
    )


def batches() -> Iterator[Batch]:
    for class_id in CLASSES:
        names = attributes_of(rules_of(class_id))
        for use in TYPES:
            for values in itertools.product(("unsaid", "yes", "no"), repeat=len(names)):
                yield Batch(
                    class_id,
                    use,
                    tuple((n, v) for n, v in zip(names, values, strict=True) if v != "unsaid"),
                )


@lru_cache(maxsize=4)
def ground(class_id: str) -> tuple[Layer, list[tuple[Any, Any]], list[Site], gpd.GeoDataFrame]:
    """A class with one record of every kind in every subzone, far apart, and five plots at each."""
    rules = rules_of(class_id)
    for rule, (position, gap) in itertools.product(rules, POSITIONS.items()):
        doubt_m = ERROR_M + 0.0005 * rule.required_m
        for limit in (rule.required_m - doubt_m, rule.required_m + doubt_m):
            assert abs(gap - limit) > KNIFE_EDGE_M, f"{rule.rule_id}: {position} is on its limit"
    kinds = [
        *sorted({k for r in rules for k in (*r.resource_kind, *r.possible_kinds)}),
        STRANGE,
        None,
    ]
    zones = [*sorted({r.subzone for r in rules if r.subzone}), None]
    pairs = [(kind, zone) for kind in kinds for zone in zones]
    apart = 2.2 * max([r.required_m for r in rules], default=0.0) + 4 * SIDE_M
    records, shapes, sites = [], [], []
    for row, (kind, zone) in enumerate(pairs):
        low = (row - len(pairs) / 2) * apart
        shapes.append(on_ground(shapely.box(0, low, SIDE_M, low + SIDE_M)))
        told = {
            "feature_id": f"F{row:03d}",
            "name_zh": f"{row}",
            "resource_kind": kind,
            "subzone": zone,
        }
        records.append(make_record(resource_class=class_id, position_accuracy_m=ACCURACY_M, **told))
        middle = low + SIDE_M / 2 - PLOT_M / 2
        for position, gap in POSITIONS.items():
            west = {"inside": SIDE_M / 2 - PLOT_M / 2, "crossing": SIDE_M - PLOT_M / 2}.get(
                position, SIDE_M + gap
            )
            plot = on_ground(shapely.box(west, middle, west + PLOT_M, middle + PLOT_M))
            sites.append(Site(f"{row}:{position}", plot, accuracy_m=ACCURACY_M))
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    spec = make_spec(
        id=class_id,
        extra=class_id in EXTRA_CLASS_IDS,
        innermost_subzone=None,
        subzones_absent=tuple(sorted({r.subzone for r in load_rules(class_id) if r.subzone})),
    )
    counties = gpd.GeoDataFrame(
        {"code": [COUNTY], "position_accuracy_m": [1.0]},
        geometry=[shapely.box(112, 28, 116, 48)],
        crs=GEOGRAPHIC,
    )
    return Layer(spec, tuple(records), held, origin=Origin(files=("test",))), pairs, sites, counties


def project_of(batch: Batch) -> Project:
    said = dict(batch.said)
    own = {name: said.pop(name) == "yes" for name in BEHAVIOUR_OF.values() if name in said}
    documents = dict.fromkeys(said, "a document")
    return Project(type=batch.use, attributes=said, documents=documents, **own)


class Line(NamedTuple):
    """One combination: what was asked, and what the engine said."""

    kind: str | None
    subzone: str | None
    position: str
    told: Told
    unbound_by: str
    faults: tuple[str, ...]
    states: tuple[State, ...]


def run(batch: Batch, only: set[str] | None = None) -> list[Line]:
    """Ask the engine for all combinations of a batch, and hold every answer against the design.

    `only` are names of :func:`named` to which the work is limited.
    """
    layer, pairs, sites, counties = ground(batch.class_id)
    if only is not None:
        sites = [s for s in sites if named_at(batch, *place(pairs, s)) in only]
    rules = rules_of(batch.class_id)
    screener = Screener([layer], rules, counties=counties, as_of=AS_OF, project=project_of(batch))
    lines = []
    for site, answer in zip(sites, screener.screen_all(sites), strict=True):
        row = site.site_id.split(":")[0]
        kind, zone, position = place(pairs, site)
        entry = (*answer.screening, *answer.extra)[0]
        states = states_of(rules, kind, zone, batch.use, batch.said, position)
        want = expected(batch.class_id, states, position)
        faults, unbound_by, listed, freed = [], "", want.listed, want.freed
        if (
            entry.outcome == "clear"
            or want.freed
            or (entry.outcome, entry.known_outcome) != want[:2]
        ):
            own = [
                f
                for f in entry.findings
                if f.feature_id == f"F{int(row):03d}" and f.relation != "missed"
            ]
            listed, freed = bool(own), any(f.unbound_by for f in own)
            unbound_by = ";".join(sorted({u for f in own for u in f.unbound_by}))
            faults += certified(entry, position, own, batch)
        told = Told(entry.outcome, entry.known_outcome, listed, freed)
        if told != want:
            faults.append(f"{told} where the design says {want}")
        lines.append(Line(kind, zone, position, told, unbound_by, tuple(faults), states))
    return lines


def place(pairs: list[tuple[Any, Any]], site: Site) -> tuple[str | None, str | None, str]:
    row, position = site.site_id.split(":")
    return (*pairs[int(row)], position)


def certified(entry: Any, position: str, own: list[Any], batch: Batch) -> Iterator[str]:
    """Say what is wrong with a class that is called clear."""
    if entry.outcome != "clear":
        return
    if entry.clear_because is None:
        yield "clear without a certificate"
    if POSITIONS[position] > ERROR_M:
        return
    if not own:
        yield "clear over a record that is not listed"
    said = {f"{name}={value}" for name, value in batch.said} | {f"project_type={batch.use}"}
    for found in own:
        if not found.unbound_by:
            yield "clear over a record that nothing said unbinds"
        if not set(found.unbound_by) <= said:
            yield f"unbound by {found.unbound_by}, which nobody said"


# the proof
# -----------------------------------------------------------------------------------------------------


def summary(
    batch: Batch,
) -> tuple[int, int, bytes, list[str], dict[tuple[str, ...], tuple[str, int]]]:
    """Count, clear over an overlap, digest, faults and distinct rows of a batch."""
    digest, faults, rows, freed = hashlib.sha256(), [], {}, 0
    lines = run(batch)
    for line in lines:
        name = named(batch, line)
        digest.update(f"{name}|{line.told.outcome}|{line.told.known}|{line.unbound_by}\n".encode())
        faults += [f"{name}: {fault}" for fault in line.faults]
        freed += line.told.outcome == "clear" and POSITIONS[line.position] <= ERROR_M
        key = (
            words(batch.class_id, line.states),
            line.position,
            line.told.outcome,
            line.told.known,
            yes(line.told.listed),
        )
        first, count = rows.get(key, (name, 0))
        rows[key] = first, count + 1
    return len(lines), freed, digest.digest(), faults, rows


def named(batch: Batch, line: Line) -> str:
    return named_at(batch, line.kind, line.subzone, line.position)


def named_at(batch: Batch, kind: str | None, subzone: str | None, position: str) -> str:
    said = ",".join("=".join(pair) for pair in batch.said)
    return "|".join((batch.class_id, kind or "", subzone or "", batch.use or "", said, position))


def yes(value: bool) -> str:
    return "yes" if value else "no"


def words(class_id: str, states: tuple[State, ...]) -> str:
    """The states of all rules as a person reads them; the graver ones of one kind stand for the
    rest.
    """
    told = [
        f"{s.effect} {s.relation} binds:{s.binds}"
        f" fits:{s.fits}{'' if s.verified else ' unverified'}"
        for s in states
    ]
    return ("urban; " if class_id == "urban_boundary" else "") + ("; ".join(told) or "no rule")


def prove(chosen: list[Batch], workers: int) -> tuple[dict[str, Any], list[str], list[list[Any]]]:
    """Run batches; the answer is the same in whatever order they end."""
    count = freed = 0
    digest, faults, rows = hashlib.sha256(), [], {}
    with measured_once(), ProcessPoolExecutor(workers) as pool:
        for number, free, part, wrong, found in pool.map(summary, chosen, chunksize=16):
            count, freed = count + number, freed + free
            digest.update(part)
            faults += wrong
            for key, (first, times) in found.items():
                known, before = rows.get(key, (first, 0))
                rows[key] = known, before + times
    told = {
        "combinations": count,
        "clear_over_an_overlap_all_listed_with_unbound_by": freed,
        "faults": len(faults),
        "rows": len(rows),
        "rules_sha256": rules_digest(),
        "sha256": digest.hexdigest(),
    }
    return told, faults, [[*key, times, first] for key, (first, times) in sorted(rows.items())]


def rules_digest() -> str:
    """Digest of what of the rules the proof depends on."""
    rules = [rule for class_id in CLASSES for rule in rules_of(class_id)]
    keys = (
        "rule_id",
        "resource_kind",
        "possible_kinds",
        "subzone",
        "project_types",
        "effect",
        "required_m",
        "comparison",
    )
    keys += ("condition", "verified", "basin", "binds", "exception")
    return hashlib.sha256(
        json.dumps([[getattr(r, k) for k in keys] for r in rules]).encode()
    ).hexdigest()


HEADING = [
    "states of the rules",
    "position",
    "outcome",
    "known_outcome",
    "listed",
    "combinations",
    "example",
]


def pairs(number: int, first: int, workers: int) -> list[str]:
    """Random worlds: where the oracle of the outcomes and the engine differ."""
    with ProcessPoolExecutor(workers) as pool:
        said = pool.map(_differing, range(first, first + number), chunksize=100)
        return [f"world {first + i}: {one}" for i, one in enumerate(said) if one is not None]


def _differing(seed: int) -> str | None:
    sys.path.insert(0, str(Path(__file__).parent / "conflicts"))
    try:
        from test_oracle import disagreement, world  # the oracle's own tests hold its worlds
    finally:
        del sys.path[0]

    return disagreement(world(seed))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--pairs", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--class", dest="classes", metavar="C,...")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if asked.pairs:
        found = pairs(asked.pairs, asked.seed, asked.workers)
        print("\n".join(found[:50]), f"{asked.pairs} worlds, {len(found)} wrong", sep="\n")
        return int(bool(found))
    classes = asked.classes.split(",") if asked.classes else CLASSES
    told, faults, rows = prove([b for b in batches() if b.class_id in classes], asked.workers)
    print("\n".join(faults[:50]), json.dumps(told, indent=1), sep="\n")
    if asked.write and not asked.classes:
        PROOF.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8", newline="\n")
        with ROWS.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADING, *rows])
        return int(bool(faults))
    same = asked.classes or told == json.loads(PROOF.read_text(encoding="utf-8"))
    if not same:
        print("the committed proof says otherwise", file=sys.stderr)
    return int(bool(faults) or not same)


if __name__ == "__main__":
    sys.exit(main())
