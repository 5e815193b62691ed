"""What a change of a world may change of its answer, and what it may not: for every engine that can
answer a case.

A relation makes a second case of a first, and says what both answers must have in common. Nobody
needs to know the right answer to either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import numpy as np
import shapely
from case_worlds import geometry_of
from conftest import PLANE, X0, Y0
from oracle_outcomes import answer
from small_worlds import EAST, WEST, feature, world

from sxgeo.geometry.projection import quantise, to_degrees, to_plane
from sxgeo.model.outcomes import BEHAVIOURS

Case = dict[str, Any]
BLUNT_M = 0.1
DECIDED = ("conflict", "regulated")


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine says of the one class of a case."""

    outcome: str
    known: str
    effect: str | None
    hits: frozenset[str]
    """Records of which a finding is not missed."""
    figures: tuple[tuple[str, str, float], ...]
    """Record, rule and margin of every finding, in order."""


Asked = Callable[[Sequence[Case]], list[Told]]


@dataclass(frozen=True, slots=True)
class Relation:
    """A change of a case, or None where it says nothing, and what must hold of both answers."""

    name: str
    change: Callable[[Case, Random], Case | None]
    holds: Callable[[Told, Told], bool]


def case_of(seed: int) -> Case:
    """A small world that the page can be asked of too: nothing is said of a project twice."""
    case = world(seed)
    project = case["project"]
    if project["type"] in BEHAVIOURS:
        project[BEHAVIOURS[project["type"]]] = None
    said = project["attributes"]
    project["documents"] = {k: v for k, v in project["documents"].items() if k in said}
    return case


def is_sharp(case: Case) -> bool:
    """Whether every figure keeps clear of its limit, so that no rounding decides."""
    return bool(answer(case)["slack_m"] > BLUNT_M)


def _features(case: Case) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = case["layers"][0]["features"]
    return [f for f in (*records, *case["counties"], case["site"]) if f["geometry"] is not None]


def _redrawn(case: Case, move: Callable[[Any], Any]) -> Case:
    other = deepcopy(case)
    for told in _features(other):
        told["geometry"] = json.loads(shapely.to_geojson(move(geometry_of(told))))
    return other


# changes
# ------------------------------------------------------------------------------------------


def to_next_zone(case: Case, rng: Random) -> Case:
    """Move the world three degrees east or west: the same metres on the next plane."""
    by = rng.choice([-3.0, 3.0])
    return _redrawn(
        case, lambda g: quantise(shapely.transform(g, lambda xy: np.add(xy, (by, 0.0))))
    )


def turned(case: Case, rng: Random) -> Case | None:
    """Turn the world by a quarter, once to three times, about its centre."""
    if not is_sharp(case):
        return None
    quarters = rng.choice([1, 2, 3])

    def turn(geometry: Any) -> Any:
        def about(xy: Any) -> Any:
            near = np.subtract(xy, (X0, Y0))
            for _ in range(quarters):
                near = near[:, ::-1] * (-1, 1)
            return np.add(near, (X0, Y0))

        return quantise(to_degrees(shapely.transform(to_plane(geometry, PLANE), about), PLANE))

    other = _redrawn(case, turn)
    return other if all(geometry_of(f).is_valid for f in _features(other)) else None


def mixed(case: Case, rng: Random) -> Case:
    """Put records, rules and counties in another order."""
    other = deepcopy(case)
    for told in (other["layers"][0]["features"], other["rules"], other["counties"]):
        rng.shuffle(told)
    return other


def begun_elsewhere(case: Case, rng: Random) -> Case:
    """Let every ring begin at another corner, and some run the other way."""

    def ring(points: list[Any]) -> list[Any]:
        at = rng.randrange(len(points) - 1)
        turned_to = [*points[at:-1], *points[: at + 1]]
        return turned_to[::-1] if rng.random() < 0.5 else turned_to

    other = deepcopy(case)
    for told in _features(other):
        geometry = told["geometry"]
        if geometry["type"] == "Polygon":
            geometry["coordinates"] = [ring(r) for r in geometry["coordinates"]]
        elif geometry["type"] == "MultiPolygon":
            geometry["coordinates"] = [[ring(r) for r in p] for p in geometry["coordinates"]]
    return other


def _cut(geometry: Any, share: float) -> list[Any]:
    shape = to_plane(geometry, PLANE)
    west, south, east, north = shape.bounds
    middle = west + share * (east - west)
    sides = (
        shapely.box(west - 1, south - 1, middle, north + 1),
        shapely.box(middle, south - 1, east + 1, north + 1),
    )
    pieces = [quantise(to_degrees(shapely.intersection(shape, side), PLANE)) for side in sides]
    same = shapely.get_dimensions(geometry)
    fine = [
        p
        for p in pieces
        if not p.is_empty
        and p.is_valid
        and p.geom_type != "GeometryCollection"
        and shapely.get_dimensions(p) == same
    ]
    return fine if len(fine) == 2 else []


def record_split(case: Case, rng: Random) -> Case | None:
    """Split every polygon of a record into two records."""
    if not is_sharp(case):
        return None
    other = deepcopy(case)
    made: list[dict[str, Any]] = []
    for told in other["layers"][0]["features"]:
        drawn = told["properties"]["geometry_kind"] in ("surveyed", "digitised")
        pieces = _cut(geometry_of(told), rng.uniform(0.1, 0.9)) if drawn else []
        for number, piece in enumerate(pieces):
            named = {"feature_id": f"{told['properties']['feature_id']}/{number}"}
            geometry = json.loads(shapely.to_geojson(piece))
            made.append({**told, "properties": told["properties"] | named, "geometry": geometry})
        made += [] if pieces else [told]
    other["layers"][0]["features"] = made
    return other if len(made) > len(case["layers"][0]["features"]) else None


def far_record_added(case: Case, rng: Random) -> Case | None:
    """Add a record that is well placed and beyond every reach."""
    x, y = rng.choice([-8500, 8500]), rng.choice([-8500, 8500])
    shape = shapely.box(x, y, x + 20, y + 20)
    told = {
        "feature_id": "FAR",
        "name_zh": "远",
        "geometry_kind": "surveyed",
        "membership": "official_list",
        "role": "listed",
        "subzone": "protection_scope",
        "resource_kind": "temple",
        "county_code": WEST if x < 0 else EAST,
        "position_accuracy_m": 1.0,
    }
    more = feature(shape, **told)
    sites = [to_plane(geometry_of(f), PLANE) for f in (case["site"], more)]
    if shapely.distance(*sites) < 4000:
        return None
    other = deepcopy(case)
    other["layers"][0]["features"].append(more)
    return other


def site_accuracy_raised(case: Case, rng: Random) -> Case:
    """Let the site be placed less well."""
    other = deepcopy(case)
    key = rng.choice(["accuracy_m", "datum_error_m"])
    other["site"]["properties"][key] += rng.choice([0.5, 20.0, 900.0])
    return other


def record_accuracy_raised(case: Case, rng: Random) -> Case:
    """Let every record be placed less well, or nobody know how well."""
    other, by = deepcopy(case), rng.choice([0.5, 20.0, 900.0])
    for told in other["layers"][0]["features"]:
        known = told["properties"]["position_accuracy_m"]
        told["properties"]["position_accuracy_m"] = None if known is None else known + by
    return other


def declared_whole(case: Case, rng: Random) -> Case:
    """Add a document that declares the class whole wherever someone looked, with all its subzones.

    What was looked at stays: a record that names no county may lie anywhere in it.
    """
    other = deepcopy(case)
    other["layers"][0] |= {
        "complete_in": list(other["layers"][0]["coverage"]),
        "subzones_absent": ["construction_control_belt", "protection_scope"],
    }
    return other


def site_cut(case: Case, rng: Random, *, part: int = 0) -> Case | None:
    """Keep one part of a site that was cut in two."""
    pieces = _cut(geometry_of(case["site"]), 0.5)
    if not pieces or not is_sharp(case):
        return None
    other = deepcopy(case)
    other["site"]["geometry"] = json.loads(shapely.to_geojson(pieces[part]))
    return other


def rule_unseen(case: Case, rng: Random) -> Case:
    """Let nobody have seen the words of any article."""
    other = deepcopy(case)
    for rule in other["rules"]:
        rule["verified"] = False
    return other


# what must hold
# ------------------------------------------------------------------------------------------


def _same_answer(a: Told, b: Told) -> bool:
    same = (a.outcome, a.known, a.effect, a.hits) == (b.outcome, b.known, b.effect, b.hits)
    figures = len(a.figures) == len(b.figures) and all(
        x[:2] == y[:2] and abs(x[2] - y[2]) <= 1e-3 + 1e-6 * abs(x[2])
        for x, y in zip(a.figures, b.figures, strict=True)
    )
    return same and figures


def _same_outcome(a: Told, b: Told) -> bool:
    return (a.outcome, a.known, a.effect, a.hits) == (b.outcome, b.known, b.effect, b.hits)


def _never_cleared(a: Told, b: Told) -> bool:
    return a.outcome in ("clear", "not_screened") or b.outcome != "clear"


def _doubt_only_grows(a: Told, b: Told) -> bool:
    decided = b.known not in DECIDED or a.known in DECIDED
    return _never_cleared(a, b) and a.hits <= b.hits and decided


def _far_changes_nothing(a: Told, b: Told) -> bool:
    """What was held by nothing is held now; the nearest may be another."""
    if a.outcome == "not_screened":
        return b.outcome != "conflict" and a.hits == b.hits
    return _same_outcome(a, b)


def _known_stays(a: Told, b: Told) -> bool:
    """A document changes what may be concluded, never what is known."""
    kept = (a.known, a.effect, a.hits) == (b.known, b.effect, b.hits)
    return kept and (a.known in ("conflict", "undetermined")) <= (a.outcome == b.outcome)


def _parts_hold_less(a: Told, b: Told) -> bool:
    """A part of a site that touches nothing else touches nothing that the whole does not."""
    return b.hits <= a.hits and (a.known != "none_found" or b.known == "none_found")


def _unseen_never_decides(a: Told, b: Told) -> bool:
    return _never_cleared(a, b) and b.known not in DECIDED and a.hits <= b.hits


RELATIONS = (
    Relation("to the next plane", to_next_zone, _same_answer),
    Relation("turned by quarters", turned, _same_outcome),
    Relation("in another order", mixed, _same_answer),
    Relation("rings begun elsewhere", begun_elsewhere, _same_answer),
    Relation("records split in two", record_split, _never_cleared),
    Relation("a far record more", far_record_added, _far_changes_nothing),
    Relation("a site placed less well", site_accuracy_raised, _doubt_only_grows),
    Relation("records placed less well", record_accuracy_raised, _never_cleared),
    Relation("declared whole", declared_whole, _known_stays),
    Relation("one part of the site", partial(site_cut, part=0), _parts_hold_less),
    Relation("the other part of the site", partial(site_cut, part=1), _parts_hold_less),
    Relation("articles unseen", rule_unseen, _unseen_never_decides),
)


def broken(relation: Relation, ask: Asked, seeds: Sequence[int]) -> tuple[int, list[int]]:
    """Try a relation on the worlds of some seeds: how many pairs there were, and which seeds broke
    it.
    """
    pairs = []
    for seed in seeds:
        before = case_of(seed)
        after = relation.change(before, Random(f"{relation.name}:{seed}"))
        if after is not None:
            pairs.append((seed, before, after))
    told = ask([case for _, before, after in pairs for case in (before, after)])
    faults = [
        seed
        for (seed, *_), a, b in zip(pairs, told[::2], told[1::2], strict=True)
        if not relation.holds(a, b)
    ]
    return len(pairs), faults
