"""What an answer is made of: findings, outcomes of classes and of sites, opinions and moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..errors import AnalysisError
from .clearance import Clearance

if TYPE_CHECKING:
    from .sites import Site


@dataclass(frozen=True, slots=True)
class Move:
    """A translation: `distance_m` towards `azimuth_deg` (0 north, 90 east), and the moved plot."""

    east_m: float
    north_m: float
    distance_m: float
    azimuth_deg: float
    shape: Any


@dataclass(
    frozen=True,
    slots=True,
    repr=False,
)
class Suggestion:
    """How a site could be moved or trimmed (避让参考方案); a reference, not a design.

    Attributes
    ----------
    obstacles
        Names of the resources whose prohibiting rules had to be cleared; empty when none did.
    move
        The shortest move on the plane, None when there is none within the stated distance.
    moved, trimmed
        The site after the move, after the trim (EPSG:4490); None when there is none.
    lost_m2, lost_share
        Area that the trim takes away, on the plane, and its share.
    unsettled
        Resources that no move can settle: without position, or too coarsely placed.
    max_distance_m
        How far a move was looked for.
    note
        What was looked for, in words.
    """

    obstacles: tuple[str, ...]
    move: Move | None
    moved: Any
    trimmed: Any
    lost_m2: float | None
    lost_share: float | None
    unsettled: tuple[str, ...]
    max_distance_m: float
    note: str

    def __repr__(self) -> str:
        if not self.obstacles:
            return "<Suggestion: nothing prohibits the site where it is>"
        moved = "no move" if self.move is None else f"a move of {self.move.distance_m:,.1f} m"
        trim = "no trim" if self.lost_share is None else f"a trim of {self.lost_share:.1%}"
        return f"<Suggestion: {moved}, {trim}, {len(self.unsettled)} unsettled>"


@dataclass(frozen=True, slots=True)
class Override:
    """One opinion on a site, or on one class of it; `outcome` is what the person holds to be
    right.
    """

    site_id: str
    outcome: str
    who: str
    when: str
    reason: str
    document: str
    resource_class: str | None = None

    def record(self) -> dict[str, Any]:
        """Return it as it stands in the JSON of a report."""
        return asdict(self)


Outcome = Literal["conflict", "undetermined", "regulated", "not_screened", "clear"]
KnownOutcome = Literal["conflict", "undetermined", "regulated", "touched_unbound", "none_found"]
Effect = Literal["prohibited", "prohibited_unless", "permit", "study", "notify"]
Relation = Literal["met", "between", "unbound", "shared", "missed"]
"""`unbound`: touched within the error, but what was said of the project leaves no rule to bind it;
`shared`: it has an edge in
common with coordinates that have the force of law."""
Binds = Literal["land", "building", "excavation", "activity", "abstraction"]
Boundary = Literal["legal_vector", "described", "digitised"]
OUTCOMES: tuple[Outcome, ...] = ("conflict", "undetermined", "regulated", "not_screened", "clear")
"""Outcomes from the gravest to the lightest."""
KNOWN_OUTCOMES: tuple[KnownOutcome, ...] = (
    "conflict",
    "undetermined",
    "regulated",
    "touched_unbound",
    "none_found",
)
EFFECTS: tuple[Effect, ...] = ("prohibited", "prohibited_unless", "permit", "study", "notify")
"""Effects of a rule from the gravest to the lightest."""
BANS: tuple[Effect, ...] = ("prohibited", "prohibited_unless")
"""Effects that mean a conflict where the rule is met; the second until its lawful exception is said
with its document.
"""
BINDS: tuple[Binds, ...] = ("land", "building", "excavation", "activity", "abstraction")
"""What a rule binds: the land itself, or only what is built, dug, done or pumped on it."""
BOUNDARIES: tuple[Boundary, ...] = ("legal_vector", "described", "digitised")
"""Where a boundary comes from: coordinates with the force of law, words, or a drawing."""
ZONE_SIGN = "#"
"""Between the id of a site and the subzone of one of its polygons, where a user's layer has several
under one id.
"""
OPTIONAL_COLUMNS = ("boundary",)
"""Columns that a resource layer may have: `boundary` is one of :data:`BOUNDARIES`, None where
nobody said.
"""
STORED_ROUNDING_M = 0.01
"""How far the grid of 1e-7 degree on which layers are kept may move a vertex, and a little more."""


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


@dataclass(frozen=True, slots=True)
class Finding:
    """What one resource and one rule mean for one site; lengths in m, areas in m2.

    `extent_m` is the radius taken for a point, 0 for any other; `overlap_geometry` is what both
    share, None when apart, `resource_geometry` the resource itself, None when unlocated (both
    EPSG:4490). `unbound_by` is what was said (``attribute=value``) that leaves no rule to bind the
    project here; empty where a rule may bind it. `legal_overlay` says how the plot lies to
    coordinates that have the force of law, taken exactly: ``apart``, ``shared`` or ``overlap``;
    None for others. `no_build_m2` is the part of a bare plot in which a rule lets nothing be built,
    `set_back_m` the distance to keep; None where no such rule is met.
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
    """What the findings of one rule overlap of a site together, nothing counted twice; areas in m2
    on the plane.
    """

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
        Lists the findings and their unions of a class when they are asked for; None where there are
        none.

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
        # the one word that frees a site is held to its certificate, whoever builds it
        earned = self.clear_because.outcome if isinstance(self.clear_because, Clearance) else None
        if (self.outcome == "clear") != (earned is not None):
            raise AnalysisError(
                f"{self.resource_class} is called {self.outcome}, which its grounds do not bear out"
            )

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, findings included."""
        if not isinstance(other, ClassOutcome):
            return NotImplemented

        # what lists the findings is a function, and two of them are never equal
        own, theirs = (
            {k: v for k, v in vars(e).items() if k not in ("detail", "_listed")}
            for e in (self, other)
        )
        return own == theirs and self._listed == other._listed

    __hash__ = None  # type: ignore[assignment]

    def with_detail(self, detail: Callable[[str], Detail]) -> ClassOutcome:
        """Return the same answer with its own findings; a copy of the attributes, as this is done
        for every site and class.
        """
        # no second look at the certificate: the outcome is the one that was checked
        attributes = vars(self).copy()
        attributes["detail"] = detail
        attributes.pop("_listed", None)  # what was listed before is not its own
        other = object.__new__(ClassOutcome)
        object.__setattr__(other, "__dict__", attributes)
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


@dataclass(
    frozen=True,
    slots=True,
    repr=False,
)
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

    def __repr__(self) -> str:
        touched = [e.resource_class for e in asked(self) if e.outcome == self.verdict]
        return (
            f"<SiteOutcome {self.site.site_id}: {self.verdict} ({', '.join(touched[:3])}"
            f"{', ...' if len(touched) > 3 else ''}), known verdict {self.known_verdict}>"
        )


BEHAVIOURS = {"groundwater_extraction": "groundwater_use", "polluting_discharge": "discharge"}
"""Types that say what is done, not how land is used, and the attribute that says the same: no other
type rules them out.
"""
TYPE_STATES = {
    "industrial": {"discharge": "yes"},
    "polluting_discharge": {"discharge": "yes"},
    "residential": {"discharge": "yes"},
    "groundwater_extraction": {"groundwater_use": "yes"},
    "tourism": {"discharge": "yes"},
}
"""What a type states of a project that says nothing else: column `states` of the table of project
types. It only ever binds.
"""


def asked(outcome: SiteOutcome) -> list[ClassOutcome]:
    """Return the classes that enter the verdict."""
    return [e for e in (*outcome.screening, *outcome.extra) if e.requested]


def gravest_per_feature(entry: ClassOutcome) -> Iterator[Finding]:
    """Yield one finding per resource, the gravest one, in the order of the entry."""
    # findings stand with the gravest first, so the first of a resource is its gravest
    seen: set[str] = set()
    for finding in entry.findings:
        if finding.feature_id not in seen:
            seen.add(finding.feature_id)
            yield finding


def nearest(entry: ClassOutcome) -> Finding | None:
    """Return the nearest located resource of a class; None when none is located."""
    located = [f for f in entry.findings if f.distance_m is not None]
    return min(located, key=lambda f: f.distance_m or 0.0, default=None)


def known_effect(outcome: SiteOutcome) -> str | None:
    """Return the effect behind the known verdict of a site."""
    return next(
        (e.effect for e in asked(outcome) if e.known_outcome == outcome.known_verdict), None
    )
