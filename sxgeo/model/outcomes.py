"""Frozen values: what a zone, a class, a layer, a rule, a site, a finding is.

One thing is a frozen value; many things are a GeoDataFrame with the columns named here,
present even when it is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .clearance import Clearance
from .errors import AnalysisError, InputError
from .placing import first_holding, near_edge
from .projection import GEOGRAPHIC

Outcome = Literal["conflict", "undetermined", "regulated", "not_screened", "clear"]
KnownOutcome = Literal["conflict", "undetermined", "regulated", "touched_unbound", "none_found"]
Effect = Literal["prohibited", "prohibited_unless", "permit", "study", "notify"]
Relation = Literal["met", "between", "unbound", "shared", "missed"]
"""`unbound`: touched within the error, but what was said of the project leaves no rule to bind it; `shared`: it has an edge in
common with coordinates that have the force of law."""
Binds = Literal["land", "building", "excavation", "activity", "abstraction"]
Boundary = Literal["legal_vector", "described", "digitised"]
Comparison = Literal["within_le", "at_least", "height_ratio"]

OUTCOMES: tuple[Outcome, ...] = ("conflict", "undetermined", "regulated", "not_screened", "clear")
"""Outcomes from the gravest to the lightest."""
KNOWN_OUTCOMES: tuple[KnownOutcome, ...] = ("conflict", "undetermined", "regulated", "touched_unbound", "none_found")
EFFECTS: tuple[Effect, ...] = ("prohibited", "prohibited_unless", "permit", "study", "notify")
"""Effects of a rule from the gravest to the lightest."""
BANS: tuple[Effect, ...] = ("prohibited", "prohibited_unless")
"""Effects that mean a conflict where the rule is met; the second until its lawful exception is said with its document."""
BINDS: tuple[Binds, ...] = ("land", "building", "excavation", "activity", "abstraction")
"""What a rule binds: the land itself, or only what is built, dug, done or pumped on it."""
BOUNDARIES: tuple[Boundary, ...] = ("legal_vector", "described", "digitised")
"""Where a boundary comes from: coordinates with the force of law, words, or a drawing."""

CLASS_IDS = (
    "protected_areas",
    "forest_grade1",
    "water_sources",
    "karst_springs",
    "groundwater_overdraft",
    "air_stations",
    "water_sections",
    "weather_stations",
    "world_heritage",
    "heritage_sites",
    "historic_cities",
    "historic_districts",
    "historic_towns",
    "historic_villages",
    "industrial_heritage",
)
"""The fifteen classes of the zone's resource list, in its order."""

EXTRA_CLASS_IDS = (
    "ecological_redline",
    "permanent_farmland",
    "urban_boundary",
    "wetlands",
    "scenic_areas",
    "public_welfare_forest",
    "river_management",
    "mineral_overlay",
    "goaf",
    "geohazard",
    "road_strip",
    "railway_strip",
    "power_lines",
    "pipelines",
    "airports",
    "old_trees",
    "earthquake_stations",
    "village_roads",
    "forest_land",
    "water_supply_works",
    "sensitive_places",
    "environment_units",
    "great_wall",
)
"""Classes that only a user's layer can fill; the first three are the three lines (三区三线)."""

ZONE_SIGN = "#"
"""Between the id of a site and the subzone of one of its polygons, where a user's layer has several under one id."""

RESOURCE_COLUMNS = (
    "feature_id",
    "resource_class",
    "resource_kind",
    "subzone",
    "name_zh",
    "name_en",
    "level",
    "batch_or_year",
    "county_code",
    "legal_designation",
    "designating_document",
    "designated_on",
    "membership",
    "role",
    "geometry_kind",
    "point_role",
    "extent_m",
    "screening_extent_m",
    "position_accuracy_m",
    "datum",
    "datum_error_m",
    "source",
    "source_date",
    "confidence",
    "verified_by",
    "note",
)
"""Columns of every resource layer beside `geometry`.

`role` says whether a record counts: ``listed`` (an entry of its class), ``component`` (a part of
another entry), ``control`` (lies outside the zone). `datum` is that of the published position and
`datum_error_m` how far its conversion may be off; both follow from the source, the latter enters
the combined error apart from `position_accuracy_m`.
"""

ELEMENT_COLUMNS = (
    "element_id",
    "type",
    "type_zh",
    "name_zh",
    "name_en",
    "zone_ids",
    "members",
    "places_zh",
    "status",
    "status_zh",
    "plan",
    "chapter",
    "says_zh",
    "says_en",
    "geometry_kind",
    "position_accuracy_m",
    "datum",
    "datum_error_m",
    "extent_m",
    "source",
    "confidence",
    "note",
)
"""Columns of the plan elements beside `geometry`; `zone_ids` and `members` are lists, `geometry_kind` is
``point``, ``members`` (the union of the members) or ``none``."""

OPTIONAL_COLUMNS = ("boundary",)
"""Columns that a resource layer may have: `boundary` is one of :data:`BOUNDARIES`, None where nobody said."""
NUMBER_COLUMNS = ("extent_m", "screening_extent_m", "position_accuracy_m", "datum_error_m")
MEMBERSHIPS = ("official_list", "inferred", "candidate")
HELD = ("official_list", "inferred")
ROLES = ("listed", "component", "control")
GEOMETRY_KINDS = ("surveyed", "digitised", "extent_box", "point", "none")
POINT_ROLES = ("object", "proxy")
STORED_ROUNDING_M = 0.01
"""How far the grid of 1e-7 degree on which layers are kept may move a vertex, and a little more."""
COARSE_ACCURACY_M = 3000.0
"""Above this the position says nothing closer than the county (design: outcomes)."""


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class of protected resources: its names, official count and screening default.

    Attributes
    ----------
    official_count
        Published count, in `unit` (``count`` or ``ha``); None where none is published.
    screening_extent_m
        Radius in metres assumed for a point record without a published area, with `extent_reason`.
    innermost_subzone
        The subzone in which a monument, well or station itself lies.
    coverage
        Codes of the counties that were searched.
    complete_in
        Codes of the counties for which `complete_document` says that the class is whole.
    subzones_absent
        Subzones of which the same document says that there are none.
    """

    id: str
    name_zh: str
    name_en: str
    official_count: float | None
    unit: str
    screening_extent_m: float
    extent_reason: str
    innermost_subzone: str | None
    keeper_zh: str
    material_zh: str
    extra: bool = False
    coverage: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()
    complete_document: str | None = None
    subzones_absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a layer come from; a value, because a user's file may have any name.

    Attributes
    ----------
    bundled
        Whether records that sxgeo ships are among them.
    files
        Names of the user's files, in the order in which they were joined.
    """

    bundled: bool = False
    files: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["user", "bundled", "none"]:
        """``user`` as soon as a user's file is in it."""
        return "user" if self.files else "bundled" if self.bundled else "none"

    def __str__(self) -> str:
        return " + ".join((*(("bundled",) if self.bundled else ()), *self.files)) or "none"


BUNDLED = Origin(bundled=True)
"""The origin of a layer that holds what sxgeo ships and nothing else."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Records of one resource class with what is declared of them.

    Attributes
    ----------
    records
        One mapping per record with the keys `RESOURCE_COLUMNS`, perhaps `OPTIONAL_COLUMNS`, None where unknown, sorted by
        `feature_id`.
    shapes
        Array of EPSG:4490 geometries, one per record, None where unlocated.
    origin
        What sxgeo ships, the user's files, both or nothing.
    failed
        Why the layer could not be loaded; None when it was.
    """

    spec: ClassSpec
    records: tuple[Mapping[str, Any], ...]
    shapes: Any
    origin: Origin = BUNDLED
    failed: str | None = None

    @classmethod
    def from_frame(cls, spec: ClassSpec, frame: gpd.GeoDataFrame, *, origin: Origin | str = BUNDLED) -> Layer:
        """Build a layer from an EPSG:4490 frame with the columns `RESOURCE_COLUMNS` and geometry; a text names a file."""
        source = Origin(files=(origin,)) if isinstance(origin, str) else origin
        ordered = frame.sort_values("feature_id", ignore_index=True)
        names = (*RESOURCE_COLUMNS, *(c for c in OPTIONAL_COLUMNS if c in ordered))
        columns = {c: [_none_for_nan(v) for v in ordered[c].tolist()] for c in names}
        records = tuple(dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return cls(spec, records, np.asarray(ordered.geometry.to_numpy(), dtype=object), origin=source)

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """The records as an EPSG:4490 frame: `RESOURCE_COLUMNS` and geometry, present also when empty."""
        names = (*RESOURCE_COLUMNS, *(c for c in OPTIONAL_COLUMNS if any(c in r for r in self.records)))
        columns = {c: pd.Series([r.get(c) for r in self.records], dtype=object) for c in names}
        columns |= {c: pd.to_numeric(columns[c]) for c in NUMBER_COLUMNS}
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(self.shapes), crs=GEOGRAPHIC))

    def _counted(self, memberships: tuple[str, ...]) -> list[int]:
        rows = enumerate(self.records)
        return [i for i, r in rows if r["role"] == "listed" and r["membership"] in memberships]

    def _sites(self, places: Iterable[int]) -> int:
        """Count records, those of one site in several subzones once."""
        return len({str(self.records[i]["feature_id"]).partition(ZONE_SIGN)[0] for i in places})

    @property
    def held(self) -> int:
        """Entries named by an official list or inferred; no components, no controls."""
        return self._sites(self._counted(HELD))

    @property
    def candidates(self) -> int:
        """Entries that may belong to the class but are not counted as held."""
        return self._sites(self._counted(("candidate",)))

    @property
    def located(self) -> int:
        """Held entries that have any geometry."""
        return self._sites(i for i in self._counted(HELD) if self.shapes[i] is not None)

    @property
    def with_polygon(self) -> int:
        """Held entries whose boundary, not only a point or a box, is there."""
        drawn = ("surveyed", "digitised")
        return self._sites(i for i in self._counted(HELD) if self.records[i]["geometry_kind"] in drawn)


def _none_for_nan(value: Any) -> Any:
    return None if value is None or value != value else value


@dataclass(frozen=True, eq=False)
class FrameLayer:
    """A layer that is no resource class: transport links or nodes, plan elements, EPSG:4490."""

    id: str
    name_zh: str
    name_en: str
    frame: gpd.GeoDataFrame


def elements_layer(properties: Sequence[Mapping[str, Any]], shapes: Any) -> FrameLayer:
    """Build the layer of plan elements from what its file holds.

    Returns
    -------
    FrameLayer
        Its frame is EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry.
    """
    table = pd.DataFrame(list(properties), columns=list(ELEMENT_COLUMNS), dtype=object)
    for column in ("position_accuracy_m", "datum_error_m", "extent_m"):
        table[column] = pd.to_numeric(table[column])
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(shapes), crs=GEOGRAPHIC), crs=GEOGRAPHIC)
    return FrameLayer("plan_elements", "规划要素", "Plan elements", frame.sort_values("element_id", ignore_index=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """One legal rule, in the words of design.md.

    Attributes
    ----------
    subzone
        The subzone it binds; None binds all.
    resource_kind
        Kinds it binds; empty binds all.
    possible_kinds
        Kinds of which it is not known whether it binds them: never more than between.
    project_types
        Types it binds; empty binds all.
    required_m
        Required distance in metres; 0 means must not lie inside.
    ratio
        `height_ratio` only: a building may be at most distance / ratio high.
    condition
        Project attribute that the rule hangs on, or None.
    article
        Empty when the article is not known.
    basin
        River basin it binds; None binds all.
    measured_from
        The edge that `required_m` is measured from, in Chinese; None means the resource's own boundary.
    binds
        One of :data:`BINDS`.
    exception
        Project attributes, any of which lifts a `prohibited_unless` rule when it is said with its document; empty for others.
    """

    rule_id: str
    resource_class: str
    resource_kind: tuple[str, ...]
    possible_kinds: tuple[str, ...]
    subzone: str | None
    project_types: tuple[str, ...]
    effect: Effect
    required_m: float
    comparison: Comparison
    ratio: float | None
    condition: str | None
    requirement_zh: str
    requirement_en: str
    law: str
    article: str
    in_force_from: str | None
    in_force_to: str | None
    authority: str
    verified: bool
    source: str
    note: str
    basin: str | None = None
    measured_from: str | None = None
    binds: Binds = "land"
    exception: tuple[str, ...] = ()

    def in_force(self, as_of: str) -> bool:
        """Say whether the rule is in force on the ISO date `as_of`."""
        return (self.in_force_from or "") <= as_of <= (self.in_force_to or "9999-12-31")


@dataclass(frozen=True, eq=False)
class Zone:
    """A region that a plan names.

    Attributes
    ----------
    outline
        Polygon, EPSG:4490; None where none was obtained, then `geometry_note` says why.
    members
        EPSG:4490 frame: `code` (GB/T 2260), `name_zh`, `name_en`, `level` (``district``, ``county``, ``county_city``,
        ``prefecture``, ``province``, ``sar``), `sub_region`, `certain` (an official text or two agreeing sources
        name it), `source`, `confidence`, `note`, `position_accuracy_m`, geometry; sorted by `code`.
    sub_regions
        Ids of the zones inside this one.
    parent
        Id of the zone that this one is a sub-region of, or None.
    related
        Ids of zones that are near in sense but not the same.
    published_area_km2
        Area that a source states; `note` names it. None where none was found.
    elements
        What the plans place in it; read it with :meth:`plan_elements`.
    """

    id: str
    name_zh: str
    name_en: str
    outline: Any
    members: gpd.GeoDataFrame
    sub_regions: tuple[str, ...]
    geometry_note: str | None
    sources: tuple[str, ...]
    parent: str | None = None
    related: tuple[str, ...] = ()
    note: str | None = None
    published_area_km2: float | None = None
    elements: gpd.GeoDataFrame | None = None

    def plan_elements(self) -> gpd.GeoDataFrame:
        """Return what the plans place in the zone beside members and links.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place is not known);
            empty when the plans say nothing.
        """
        if self.elements is None:
            return gpd.GeoDataFrame({c: [] for c in ELEMENT_COLUMNS}, geometry=[], crs=GEOGRAPHIC)
        return self.elements.copy()

    def locate(self, points: gpd.GeoSeries | None = None, *, lon: Any = None, lat: Any = None) -> pd.DataFrame:
        """Say in which county of the zone each place is.

        A point on a shared edge belongs to the member with the smaller code, so to exactly one.

        Parameters
        ----------
        points
            Points in EPSG:4490 or EPSG:4326; or give `lon` and `lat`. Missing ones lie nowhere.
        lon, lat
            Arrays of degrees.

        Returns
        -------
        DataFrame
            A row per point, in the given order and with the index of `points`: `zone_id`, `sub_region` and
            `county_code` (None outside; the code of the member, of a prefecture or province where the plan goes by
            these), `near_edge` (True within the stated accuracy of a member's boundary).

        Raises
        ------
        InputError
            If neither form is given, lengths differ, `points` has no geographic CRS or is not of points.
        """
        x, y, index = as_lonlat(points, lon, lat)
        known = self.members[self.members.geometry.notna()]
        shapes = known.geometry.to_numpy()
        first = first_holding(x, y, shapes)
        none: list[Any] = [None]
        codes = np.array(known["code"].tolist() + none, dtype=object)
        subs = np.array([v or None for v in known["sub_region"]] + none, dtype=object)
        zones = np.array([self.id] * len(known) + none, dtype=object)
        near = near_edge(x, y, shapes, known["position_accuracy_m"].to_numpy(dtype=float))
        texts = {"zone_id": zones[first], "sub_region": subs[first], "county_code": codes[first]}
        columns = {name: pd.Series(values, index=index, dtype=object) for name, values in texts.items()}
        return pd.DataFrame(columns).assign(near_edge=near)

    def contains(self, points: gpd.GeoSeries) -> pd.Series:
        """Say for each point whether it lies in the zone, its edge included; indexed as `points`."""
        return self.locate(points)["county_code"].notna()


def as_lonlat(points: Any, lon: Any, lat: Any) -> tuple[Any, Any, Any]:
    """Return arrays of lon and lat and the index of points given as a GeoSeries or as two arrays.

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS or is not of points.
    """
    if points is not None:
        if points.crs is None or not points.crs.is_geographic:
            raise InputError("points to locate need a geographic CRS (EPSG:4490 or EPSG:4326)")
        shapes = points.to_numpy()
        kinds = set(np.unique(shapely.get_type_id(shapes)).tolist()) - {-1, 0}
        if kinds:
            raise InputError("only points can be located; take representative_point() of lines and polygons")
        return shapely.get_x(shapes), shapely.get_y(shapes), points.index
    if lon is None or lat is None or np.shape(lon) != np.shape(lat):
        raise InputError("give points, or lon and lat of the same length")
    x, y = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (lon, lat))
    return x, y, pd.RangeIndex(len(x))


@dataclass(frozen=True, slots=True)
class Site:
    """One plot to screen.

    Attributes
    ----------
    geometry
        EPSG:4490, quantised; None when the site could not be used, then `problems` says why.
    accuracy_m
        How far its true edge may lie from the drawn one, with `accuracy_source`.
    crs
        Plane that its file declares; None lets the centroid decide.
    problems
        What a reader must know of it: why it cannot be used, what was guessed, repaired or looks wrong.
    doubtful
        Whether the geometry rests on a guess, a repair or a sign of lost points: no class is clear for it then.
    """

    site_id: str
    geometry: Any
    name: str = ""
    file: str = ""
    accuracy_m: float = 0.0
    accuracy_source: str = "not given: 0"
    datum_error_m: float = 0.0
    crs: str | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubtful: bool = False

    @property
    def usable(self) -> bool:
        """Whether there is a geometry to screen."""
        return self.geometry is not None


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites in the order of the files, and the autopsy of each file."""

    sites: tuple[Site, ...]
    autopsy: tuple[dict[str, Any], ...] = ()

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The sites as an EPSG:4490 frame: `site_id`, `name`, `file`, `accuracy_m`, `problems`, geometry."""
        columns = ("site_id", "name", "file", "accuracy_m", "problems")
        rows = {c: [getattr(s, c) for s in self.sites] for c in columns}
        rows["problems"] = ["; ".join(s.problems) for s in self.sites]
        geometry = gpd.GeoSeries([s.geometry for s in self.sites], crs=GEOGRAPHIC)
        return gpd.GeoDataFrame(rows, geometry=geometry, crs=GEOGRAPHIC)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one resource and one rule mean for one site; lengths in m, areas in m2.

    `extent_m` is the radius taken for a point, 0 for any other; `overlap_geometry` is what both share, None when
    apart, `resource_geometry` the resource itself, None when unlocated (both EPSG:4490). `unbound_by` is what was said
    (``attribute=value``) that leaves no rule to bind the project here; empty where a rule may bind it. `legal_overlay` says how
    the plot lies to coordinates that have the force of law, taken exactly: ``apart``, ``shared`` or ``overlap``; None for others.
    `no_build_m2` is the part of a bare plot in which a rule lets nothing be built, `set_back_m` the distance to keep; None where
    no such rule is met.
    """

    feature_id: str
    name_zh: str
    outcome: str
    overlap_m2: float
    overlap_ellipsoid_m2: float
    overlap_length_m: float
    overlap_share: float
    distance_m: float | None
    required_m: float
    margin_m: float | None
    uncertainty_m: float | None
    flip_distance_m: float | None
    rule_id: str | None
    effect: str | None
    law: str | None
    article: str | None
    in_force_from: str | None
    in_force_to: str | None
    membership: str
    geometry_kind: str
    source: str
    relation: str = "missed"
    reason_code: str = ""
    reason: str = ""
    resource_kind: str | None = None
    subzone: str | None = None
    condition: str | None = None
    max_height_m: float | None = None
    requirement: str | None = None
    extent_m: float = 0.0
    unbound_by: tuple[str, ...] = ()
    boundary: str | None = None
    legal_overlay: str | None = None
    binds: str | None = None
    no_build_m2: float | None = None
    set_back_m: float | None = None
    overlap_geometry: Any = None
    resource_geometry: Any = None


@dataclass(frozen=True, slots=True)
class RuleUnion:
    """What the findings of one rule overlap of a site together, nothing counted twice; areas in m2 on the plane."""

    rule_id: str | None
    effect: str | None
    features: int
    overlap_m2: float
    overlap_share: float


Detail = tuple[tuple[Finding, ...], tuple[RuleUnion, ...]]


@dataclass(frozen=True, eq=False)
class ClassOutcome:
    """The answer for one site and one class.

    Attributes
    ----------
    clear_because
        The certificate of a class that is clear; None for every other outcome.
    detail
        Lists the findings and their unions of a class when they are asked for; None where there are none.

    Raises
    ------
    AnalysisError
        If it says clear without a certificate, or has one and says something else.
    """

    resource_class: str
    outcome: Outcome
    known_outcome: KnownOutcome
    effect: str | None
    reason_code: str
    reason: str
    requested: bool
    official_count: float | None
    held: int
    candidates: int
    located: int
    clear_because: Clearance | None = None
    detail: Callable[[str], Detail] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a clear class without its certificate, and a certificate of anything else."""
        earned = self.clear_because.outcome if isinstance(self.clear_because, Clearance) else None
        if (self.outcome == "clear") != (earned is not None):
            raise AnalysisError(f"{self.resource_class} is called {self.outcome}, which its grounds do not bear out")

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, findings included."""
        if not isinstance(other, ClassOutcome):
            return NotImplemented
        own, theirs = ({k: v for k, v in vars(e).items() if k not in ("detail", "_listed")} for e in (self, other))
        return own == theirs and self._listed == other._listed

    __hash__ = None  # type: ignore[assignment]

    def with_detail(self, detail: Callable[[str], Detail]) -> ClassOutcome:
        """Return the same answer with its own findings; a copy of the attributes, as this is done for every site and class."""
        other = object.__new__(ClassOutcome)
        vars(other).update(vars(self), detail=detail)
        return other

    @cached_property
    def _listed(self) -> Detail:
        return self.detail(self.resource_class) if self.detail is not None else ((), ())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is not missed, and the nearest resource; the gravest first."""
        return self._listed[0]

    @property
    def unions(self) -> tuple[RuleUnion, ...]:
        """Overlaps by rule, each place counted once."""
        return self._listed[1]


@dataclass(frozen=True, slots=True)
class SiteOutcome:
    """The answer for one site: fifteen classes, then the extra ones."""

    site: Site
    verdict: Outcome
    known_verdict: KnownOutcome
    area_m2: float | None
    area_ellipsoid_m2: float | None
    crs: str | None
    screening: tuple[ClassOutcome, ...]
    extra: tuple[ClassOutcome, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """What is to be built; None means not said, and the answer is then conditional.

    Attributes
    ----------
    type
        One of :data:`PROJECT_TYPES`.
    height_m
        Height of the tallest building in metres.
    groundwater_use, discharge
        Whether groundwater is abstracted, whether pollutants are discharged.
    attributes
        What else was said, ``yes`` or ``no`` by attribute (or one of its choices).
    documents
        The document behind an answer, by attribute.
    """

    type: str | None = None
    height_m: float | None = None
    groundwater_use: bool | None = None
    discharge: bool | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)


PROJECT_TYPES = {
    "industrial": "工业",
    "polluting_discharge": "排放污染物的项目",
    "residential": "居住",
    "road_or_rail": "公路或铁路",
    "quarry_or_mine": "采石、采矿、取土",
    "groundwater_extraction": "取用地下水",
    "tourism": "旅游",
    "energy": "能源",
    "other": "其他",
}
"""Project types with their Chinese names."""
BEHAVIOURS = {"groundwater_extraction": "groundwater_use", "polluting_discharge": "discharge"}
"""Types that say what is done, not how land is used, and the attribute that says the same: no other type rules them out."""
TYPE_STATES = {
    "industrial": {"discharge": "yes"},
    "polluting_discharge": {"discharge": "yes"},
    "residential": {"discharge": "yes"},
    "groundwater_extraction": {"groundwater_use": "yes"},
    "tourism": {"discharge": "yes"},
}
"""What a type states of a project that says nothing else: column `states` of the table of project types. It only ever binds."""
