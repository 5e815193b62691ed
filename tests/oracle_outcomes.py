"""The outcomes a second time, written from the text of the design alone, on the cases of
`cases/screening.json`.

Nothing of sxgeo is imported. A case is plain JSON; `answer` reads it and a function that measures,
and says what the design says. The measuring function is either `measure` below or the SQL of
`oracle_sql.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import shapely
from pyproj import Transformer
from shapely.geometry import shape as from_mapping

GRAVITY = ("conflict", "undetermined", "regulated", "not_screened", "clear")
EFFECTS = ("prohibited", "prohibited_unless", "permit", "study", "notify")
KNOWN = ("conflict", "undetermined", "regulated", "touched_unbound", "none_found")
IMPLIED = {"groundwater_use": "groundwater_extraction", "discharge": "polluting_discharge"}
BEHAVIOUR = {kind: attribute for attribute, kind in IMPLIED.items()}
PRESUMED = {"industrial": "discharge", "residential": "discharge", "tourism": "discharge"}
"""What the table of project types states of a type: only ever what binds."""
RULE = {
    "resource_kind": [],
    "possible_kinds": [],
    "subzone": None,
    "project_types": [],
    "effect": "prohibited",
    "required_m": 0.0,
    "comparison": "within_le",
    "ratio": None,
    "condition": None,
    "binds": "land",
    "exception": [],
    "verified": True,
    "in_force_from": None,
    "in_force_to": None,
}
"""What a rule of a case says when it does not say otherwise."""
RECORD = {
    "membership": "official_list",
    "role": "listed",
    "geometry_kind": "surveyed",
    "datum_error_m": 0.0,
    "position_accuracy_m": None,
    "resource_kind": None,
    "subzone": None,
    "county_code": None,
    "legal_designation": None,
    "point_role": None,
    "extent_m": None,
    "screening_extent_m": None,
}
"""What a record of a case says when it does not say otherwise."""


class Measured(NamedTuple):
    """Metres and square metres on the plane; `penetration_m` is 0 when apart."""

    distance_m: float
    penetration_m: float
    overlap_m2: float
    overlap_length_m: float


Measure = Callable[[Any, Any], Measured]


@lru_cache(maxsize=8)
def _projection(meridian: int) -> Transformer:
    projected = (
        f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"
    )
    return Transformer.from_crs("+proj=longlat +ellps=GRS80", projected, always_xy=True)


def meridian_of_site(case: Mapping[str, Any]) -> int:
    """The 3-degree zone of the centroid; exactly 112.5 goes to 114."""
    lon = round(from_mapping(case["site"]["geometry"]).centroid.x, 9)
    return 3 * int((lon + 1.5) // 3)


STEP_DEG, STEP_M = 0.002, 200.0
"""So short an edge is straight in degrees and on every plane to 1 mm."""


def on_plane(geometry: Any, meridian: int, drawn_on: int | None = None) -> Any:
    """A GeoJSON geometry in metres; None stays None.

    "An edge means the straight line in the system of its file": in degrees, or on the plane of the
    meridian `drawn_on`.
    """
    if geometry is None:
        return None
    drawn = from_mapping(geometry)
    if drawn_on is None:
        return _moved(drawn.segmentize(STEP_DEG), _projection(meridian), "FORWARD")
    own = _projection(drawn_on)
    straight = _moved(drawn, own, "FORWARD")
    if drawn_on == meridian:
        return straight
    return _moved(
        _moved(straight.segmentize(STEP_M), own, "INVERSE"), _projection(meridian), "FORWARD"
    )


SOUND_M = 0.02
"""A repair that moves an edge farther than what counts as touching is no answer."""


DEGREE_M = 111_000.0


def repaired_by_m(drawn: Any) -> float:
    """How far the edges of a polygon in degrees must move to be one; 0 for what is sound.

    Walls of a few centimetres over kilometres cross once they are stored. It is asked of the
    corners as they are held: `segmentize` repairs a polygon without a word.
    """
    if drawn.is_valid:
        return 0.0
    sound = shapely.make_valid(drawn, method="structure", keep_collapsed=True)
    if sound.is_empty:
        return float("inf")
    return DEGREE_M * float(
        shapely.hausdorff_distance(drawn.boundary, sound.boundary, densify=0.05)
    )


def _moved(drawn: Any, turn: Transformer, direction: str) -> Any:
    def move(xy: Any) -> Any:
        return shapely.get_coordinates(shapely.points(*turn.transform(*xy.T, direction=direction)))

    return shapely.transform(drawn, move)


def meridian_of_plane(crs: str | None) -> int | None:
    """EPSG:4534 is the plane of 75 E without prefix, and so on in steps of three degrees."""
    return None if crs is None else 75 + 3 * (int(crs.removeprefix("EPSG:")) - 4534)


def measure(site: Any, resource: Any) -> Measured:
    """Measure by erosion: the penetration is how far either may shrink and still meet the other."""
    distance = site.distance(resource)
    if distance > 0:
        return Measured(distance, 0.0, 0.0, 0.0)
    both = {site.geom_type.removeprefix("Multi"), resource.geom_type.removeprefix("Multi")}
    common = site.intersection(resource)
    return Measured(
        0.0,
        max(_depth(site, resource), _depth(resource, site)),
        common.area if both == {"Polygon"} else 0.0,
        common.length if both == {"Polygon", "LineString"} else 0.0,
    )


def _depth(eroded: Any, other: Any) -> float:
    if not eroded.geom_type.endswith("Polygon"):
        return 0.0
    west, south, east, north = eroded.bounds
    least, most = 0.0, max(east - west, north - south)
    while most - least > 1e-4 * max(1.0, least):
        middle = (least + most) / 2
        if eroded.buffer(-middle, quad_segs=32).intersects(other):
            least = middle
        else:
            most = middle
    return least


def answer(case: Mapping[str, Any], measuring: Measure = measure) -> dict[str, Any]:
    """Say the outcome of a case: `outcome`, `known_outcome`, `effect`, `findings`, and `slack_m`.

    `slack_m` is the least distance of any figure from a threshold: below it nobody should argue.
    """
    world = _World(case, measuring)
    told = [world.of_class(layer) for layer in case["layers"]]
    gravest = min(told, key=lambda t: GRAVITY.index(t["outcome"]))
    return {
        "outcome": gravest["outcome"],
        "known_outcome": min((t["known_outcome"] for t in told), key=KNOWN.index),
        "effect": gravest["effect"],
        "findings": [f for t in told for f in t["findings"]],
        "slack_m": world.slack_m,
    }


class _World:
    def __init__(self, case: Mapping[str, Any], measuring: Measure) -> None:
        self.case = case
        self.measuring = measuring
        self.meridian = meridian_of_site(case)
        told = case["site"]["properties"]
        self.site = on_plane(
            case["site"]["geometry"], self.meridian, meridian_of_plane(told.get("crs"))
        )
        self.site_error_m = told.get("accuracy_m", 0.0) + told.get("datum_error_m", 0.0)
        self.project = case.get("project") or {}
        self.counties = {
            c["properties"]["code"]: (
                on_plane(c["geometry"], self.meridian),
                c["properties"]["position_accuracy_m"],
            )
            for c in case["counties"]
        }
        self.slack_m = float("inf")

    # "A rule counts only while in force at `as_of`"
    def rules(self, layer: Mapping[str, Any]) -> list[dict[str, Any]]:
        on = self.case["as_of"]
        every = [
            {**RULE, **r}
            for r in self.case["rules"]
            if r["resource_class"] == layer["resource_class"]
        ]
        return [r for r in every if (r["in_force_from"] or on) <= on <= (r["in_force_to"] or on)]

    # "Project type not given: the rules of all types"; an attribute that was not said leaves its
    # rules in doubt
    def binds(self, rule: Mapping[str, Any]) -> bool | None:
        """True: it binds (perhaps as "if"); None: nobody said; False: something that was said frees
        the project.
        """
        states = (
            self.of_type(rule["project_types"]),
            True if rule["condition"] is None else self.holds(rule["condition"]),
        )
        return False if False in states else None if None in states else True

    # "What is unsaid never frees"; "only what was said, or what the table of project types states
    # of a type"
    def holds(self, attribute: str) -> bool | None:
        kind = self.project.get("type")
        if kind is not None and BEHAVIOUR.get(kind) == attribute:
            return True
        said = {
            **self.project.get("attributes", {}),
            **{k: self.project.get(k) for k in IMPLIED},
        }.get(attribute)
        if said is not None:
            return said in (True, "yes")
        if kind is None:
            return True if attribute in IMPLIED else None
        return True if PRESUMED.get(kind) == attribute else None

    # "a said land-use type unbinds rules of other land-use types; [the two behaviours] are never
    # unbound so"
    def of_type(self, types: list[str]) -> bool | None:
        kind = self.project.get("type")
        if not types or kind in types:
            return True
        states = [self.holds(BEHAVIOUR[t]) for t in types if t in BEHAVIOUR]
        if any(t not in BEHAVIOUR for t in types):
            states.append(True if kind is None else None if kind in BEHAVIOUR else False)
        return True if True in states else None if None in states else False

    # "Subzone unknown: the rules of every subzone apply, as between"; "`object` ... lies in the
    # innermost subzone"
    @staticmethod
    def fits(
        rule: Mapping[str, Any], record: Mapping[str, Any], layer: Mapping[str, Any]
    ) -> bool | None:
        subzone = record["subzone"]
        if (
            record["geometry_kind"] == "point"
            and record["point_role"] == "object"
            and subzone is None
        ):
            subzone = (
                layer.get("innermost_subzone")
                if rule["subzone"] == layer.get("innermost_subzone")
                else None
            )
        doubt = False
        match _World.of_kind(rule, record):
            case False:
                return False
            case None:
                doubt = True
        if rule["subzone"] is not None and subzone != rule["subzone"]:
            if subzone is not None:
                return False
            doubt = True
        return None if doubt else True

    @staticmethod
    def of_kind(rule: Mapping[str, Any], record: Mapping[str, Any]) -> bool | None:
        kind = record["resource_kind"]
        if not rule["resource_kind"] or kind in rule["resource_kind"]:
            return True
        return None if kind is None or kind in rule["possible_kinds"] else False

    # "An impossible pair of kind and subzone is `no_rule`": the law gives that subzone to other
    # kinds only
    def impossible(self, record: Mapping[str, Any]) -> bool:
        naming = [
            r for r in self.every if r["subzone"] is not None and r["subzone"] == record["subzone"]
        ]
        if (
            record["resource_kind"] is None
            or not naming
            or not all(r["resource_kind"] for r in naming)
        ):
            return False
        return all(self.of_kind(rule, record) is False for rule in naming)

    # "`prohibited_unless` (a conflict until the lawful exception is said with its document)"; "a
    # building rule on a bare plot"
    def if_met(self, rule: Mapping[str, Any]) -> str:
        said = self.project.get("attributes", {})
        if rule["effect"] not in ("prohibited", "prohibited_unless"):
            return "regulated"
        if rule["binds"] == "building" and said.get("building_outlines") != "yes":
            return "regulated"
        documents = self.project.get("documents", {})
        granted = any(said.get(a) == "yes" and documents.get(a) for a in rule["exception"])
        return "regulated" if rule["effect"] == "prohibited_unless" and granted else "conflict"

    def of_class(self, layer: Mapping[str, Any]) -> dict[str, Any]:
        if layer.get("failed"):
            return {
                "outcome": "not_screened",
                "known_outcome": "none_found",
                "effect": None,
                "findings": [],
            }
        rules = [(rule, self.binds(rule)) for rule in self.rules(layer)]
        reach_m = max((r["required_m"] for r, bound in rules if bound is not False), default=0.0)
        self.every = [
            {**RULE, **r}
            for r in self.case["rules"]
            if r["resource_class"] == layer["resource_class"]
        ]
        found = []
        for feature in layer["features"]:
            found += self.of_record(feature, layer, rules, reach_m)
        outcomes = {f["outcome"] for f in found}
        known = next(
            (o for o in KNOWN if o in outcomes), "touched_unbound" if found else "none_found"
        )
        effects = {f["effect"] for f in found}  # "`effect` (gravest, or null)"
        told = {
            "known_outcome": known,
            "effect": next((e for e in EFFECTS if e in effects), None),
            "findings": found,
        }
        return {**told, "outcome": self.lawful(layer, known, reach_m, rules)}

    def lawful(
        self,
        layer: Mapping[str, Any],
        known: str,
        reach_m: float,
        rules: list[tuple[dict[str, Any], bool | None]],
    ) -> str:
        if known in ("conflict", "undetermined"):
            return known
        records = [{**RECORD, **f["properties"]} for f in layer["features"]]
        held = [
            r
            for r in records
            if r["membership"] in ("official_list", "inferred") and r["role"] == "listed"
        ]
        covered = [self.counties[c][0] for c in layer["coverage"] if c in self.counties]
        inside = any(self.site.intersects(outline) for outline in covered)
        if any(
            self.site.intersects(o.buffer(0.5)) != self.site.intersects(o.buffer(-0.5))
            for o in covered
        ):
            self.slack_m = (
                0.0  # it hangs on a hair whether the site lies in a county that was searched
            )
        if known in ("none_found", "touched_unbound") and (not held or not inside):
            return "not_screened"
        if not self.complete(layer, reach_m) or self.partial(layer, reach_m, rules):
            return "undetermined"
        return "regulated" if known == "regulated" else "clear"

    # "not complete wherever its rules could reach (every place within required_m + r of the site
    # ...)"
    def complete(self, layer: Mapping[str, Any], reach_m: float) -> bool:
        declared = [self.counties[c] for c in layer["complete_in"] if c in self.counties]
        if not declared:
            return False
        whole = shapely.union_all([outline for outline, _ in declared])
        needed = reach_m * 1.0005 + self.site_error_m + max(accuracy for _, accuracy in declared)
        if not whole.covers(self.site):
            return False
        room = whole.boundary.distance(self.site)
        self.slack_m = min(self.slack_m, abs(room - needed))
        return bool(room > needed)

    # "complete for a site only if, for each record in reach of it, every subzone that a rule may
    # need is held or declared absent"
    def partial(
        self,
        layer: Mapping[str, Any],
        reach_m: float,
        rules: list[tuple[dict[str, Any], bool | None]],
    ) -> bool:
        records = [({**RECORD, **f["properties"]}, self.located(f)) for f in layer["features"]]
        lacks = False
        for record, drawn in records:
            held = {r["subzone"] for r, _ in records if r["name_zh"] == record["name_zh"]}
            needed = {
                rule["subzone"]
                for rule, bound in rules
                if bound is not False
                and rule["subzone"]
                and self.of_kind(rule, record) is not False
            }
            if drawn is None or not needed - held - set(layer.get("subzones_absent", ())):
                continue
            hidden = 2 * layer.get("screening_extent_m", 500.0) * 1.0005
            if record["geometry_kind"] == "point":
                hidden = 2 * self.extent_m(record)
            own = (record["position_accuracy_m"] or 0.0) + record["datum_error_m"]
            reach = reach_m * 1.0005 + self.site_error_m + own + hidden
            apart = drawn.distance(self.site)
            self.slack_m = min(self.slack_m, abs(apart - reach))
            lacks |= apart <= reach
        return lacks

    def near_counties(
        self, record: Mapping[str, Any], layer: Mapping[str, Any], reach_m: float
    ) -> bool:
        """Whether the record may lie where it matters: it is known by its counties only."""
        codes = [c for c in (record["county_code"] or "").split(";") if c] or layer["coverage"]
        if not codes:
            return True  # no county is named and the class covers none: it may lie anywhere
        known = [self.counties[c] for c in codes if c in self.counties]
        if len(known) < len(codes):
            everything = shapely.union_all([outline for outline, _ in self.counties.values()])
            if not everything.covers(self.site):
                return True
        for outline, accuracy in known:
            needed = reach_m * 1.0005 + self.site_error_m + accuracy
            apart = outline.distance(self.site)
            self.slack_m = min(self.slack_m, abs(apart - needed))
            if apart <= needed:
                return True
        return False

    def of_record(
        self,
        feature: Mapping[str, Any],
        layer: Mapping[str, Any],
        rules: list[tuple[dict[str, Any], bool | None]],
        reach_m: float,
    ) -> list[dict[str, Any]]:
        record = {**RECORD, **feature["properties"]}
        fitting = [(rule, bound, self.fits(rule, record, layer)) for rule, bound in rules]
        fitting = [option for option in fitting if option[2] is not False]
        options = [option for option in fitting if option[1] is not False]
        nothing: dict[str, Any] = {**RULE, "rule_id": None, "effect": None}
        impossible = self.impossible(record)
        # every rule was seen, and something said frees the project: a touch is told all the same
        freed = (
            not impossible
            and not options
            and bool(fitting)
            and all(rule["verified"] for rule, *_ in fitting)
        )
        if impossible or not options:
            options = [*options, (nothing, True, True)]
        resource = self.located(feature)
        if resource is not None and record["position_accuracy_m"] is None:
            # "every site in its counties": those that it names, and those that it is drawn in
            named = [c for c in (record["county_code"] or "").split(";") if c] or list(
                layer["coverage"]
            )
            drawn = [c for c, (outline, _) in self.counties.items() if outline.intersects(resource)]
            record = {
                **record,
                "county_code": ";".join(dict.fromkeys([*named, *drawn])) if named else None,
            }
        figures = None if resource is None else self.measuring(self.site, resource)
        found = []
        for rule, bound, fit in options:
            if freed:
                return self.touch(record, figures)
            sure = (
                rule["rule_id"] is not None
                and bool(rule["verified"])
                and bound is True
                and fit is True
            )
            relation = self.relation(record, layer, rule, figures, sure, reach_m)
            if relation == "missed":
                continue
            met = self.if_met(rule)
            found.append(
                {
                    "feature_id": record["feature_id"],
                    "rule_id": rule["rule_id"],
                    "outcome": met if relation == "met" else "undetermined",
                    "effect": rule["effect"],
                    "overlap_m2": 0.0 if figures is None else figures.overlap_m2,
                    "distance_m": None if figures is None else figures.distance_m,
                }
            )
        return found

    # "let one shape that cannot be answered cost one answer": nobody knows where such a record ends,
    # so it has no position
    def located(self, feature: Mapping[str, Any]) -> Any:
        """The record on the plane; None where it has no position, or where its edges cannot stand
        as they are drawn.
        """
        if feature["geometry"] is None:
            return None
        moved_m = repaired_by_m(from_mapping(feature["geometry"]))
        if SOUND_M / 4 < moved_m < 4 * SOUND_M:
            self.slack_m = 0.0  # two ways of measuring a repair may differ
        return on_plane(feature["geometry"], self.meridian) if moved_m <= SOUND_M else None

    # "An overlap is always told": touched within the error, no rule binds
    def touch(self, record: Mapping[str, Any], figures: Measured | None) -> list[dict[str, Any]]:
        if figures is None:
            return []
        extent = self.extent_m(record)
        reach = self.site_error_m + (record["position_accuracy_m"] or 0.0) + record["datum_error_m"]
        reach += 2 * extent if record["geometry_kind"] == "point" else 0.0
        self.slack_m = min(self.slack_m, abs(figures.distance_m - reach))
        if figures.distance_m > reach:
            return []
        told = {
            "feature_id": record["feature_id"],
            "rule_id": None,
            "outcome": "clear",
            "effect": None,
        }
        return [{**told, "overlap_m2": figures.overlap_m2, "distance_m": figures.distance_m}]

    # "or `screening_extent_m`": a plane shortens it as it shortens the distance of a rule
    @staticmethod
    def extent_m(record: Mapping[str, Any]) -> float:
        given = record["extent_m"]
        return (given if given is not None else record["screening_extent_m"] or 0.0) * 1.0005

    def relation(
        self,
        record: Mapping[str, Any],
        layer: Mapping[str, Any],
        rule: Mapping[str, Any],
        figures: Measured | None,
        sure: bool,
        reach_m: float,
    ) -> str:
        accuracy = record["position_accuracy_m"]
        vague = figures is None or accuracy is None or accuracy > 3000
        if figures is None:
            return "between" if self.near_counties(record, layer, reach_m) else "missed"
        height, by_height = self.project.get("height_m"), rule["comparison"] == "height_ratio"
        required = rule["required_m"]
        if by_height and height is not None:
            required = min(required, rule["ratio"] * height)
        r = self.site_error_m + (accuracy or 0.0) + record["datum_error_m"] + 0.0005 * required
        extent = 0.0
        if record["geometry_kind"] == "point":
            extent = self.extent_m(record)
        s = figures.distance_m if figures.distance_m > 0 else -figures.penetration_m
        thresholds = [required - r, required + r + 2 * extent]
        if required == 0 and figures.distance_m == 0 and figures.penetration_m > 0:
            thresholds.append(-0.02)
        self.slack_m = min(self.slack_m, *(abs(s - t) for t in thresholds))
        if s > required + r + 2 * extent:
            return "between" if vague and self.near_counties(record, layer, reach_m) else "missed"
        deep = required > 0 or figures.penetration_m > 0.02
        lone_candidate = record["membership"] == "candidate" and not record["legal_designation"]
        unsure = (
            vague
            or lone_candidate
            or record["geometry_kind"] == "extent_box"
            or (by_height and height is None)
        )
        return "met" if s <= required - r and deep and sure and not unsure else "between"
