"""The answer for some sites: verdict, findings, screening, and its JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from ..files.writing import write_gpkg
from ..geometry.projection import GEOGRAPHIC
from ..model.outcomes import (
    KNOWN_OUTCOMES,
    OUTCOMES,
    ClassOutcome,
    Finding,
    RuleUnion,
    gravest_per_feature,
)
from ..model.sites import STANDING
from ..wording import URBAN_ZH, URBAN_ZONES

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from ..layers.classes import ClassSpec
    from ..model.land import LandShares
    from ..model.outcomes import KnownOutcome, Outcome, Override, SiteOutcome, Suggestion
    from ..model.questions import Asked

SCHEMA = "sxgeo.check/2"
READABLE = ("sxgeo.check/1", SCHEMA)
"""Schemas of reports that `replay` and `diff` read."""
EXIT_CODES: dict[str, int] = {
    "clear": 0,
    "conflict": 10,
    "undetermined": 11,
    "not_screened": 12,
    "regulated": 13,
}
WORD_SITES = 50
"""Sites of which a document tells; a batch of more is a workbook, and the document says so."""
_METRES = {
    "distance_m",
    "required_m",
    "margin_m",
    "uncertainty_m",
    "flip_distance_m",
    "max_height_m",
    "extent_m",
    "overlap_length_m",
    "set_back_m",
}
_AREAS = {"overlap_m2", "overlap_ellipsoid_m2", "no_build_m2"}
_FINDING_KEYS = tuple(f.name for f in fields(Finding) if not f.name.endswith("_geometry"))
_ENTRY_KEYS = (*(f.name for f in fields(ClassOutcome) if f.name != "detail"), "by_zone")
FINDING_COLUMNS = ("site_id", "resource_class", *_FINDING_KEYS)
SCREENING_COLUMNS = ("site_id", *_ENTRY_KEYS, "findings")


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer for some sites.

    Attributes
    ----------
    sites
        One outcome per site, in the order of the input.
    classes
        Specification of every class that was screened, by id.
    counties
        Codes and names of the counties that each site touches, by site id.
    zones
        Ids of the zones and sub-regions that each site's counties belong to, by site id.
    plan_elements
        What the plans say of those counties, by site id: `element_id`, `name_zh`, `plan`,
        `chapter`, `says_zh`.
    receipt
        How the answer came about: versions, hashes, parameters, the quantised sites.
    limited_to
        Class ids that the user asked for; None means all.
    suggestions
        The smallest move and trim, by site id, where they were looked for.
    questions
        What is unsaid and would change the answer, by site id, each with both branches.
    land
        Land classes of the plots, by role of the workspace's layer (``land_use``, ``planned_use``).
    inputs
        What each file was that the answer was read from, and its path: none of them is written
        over.
    """

    sites: tuple[SiteOutcome, ...]
    as_of: str
    classes: Mapping[str, ClassSpec]
    receipt: Mapping[str, Any]
    counties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    with_polygon: Mapping[str, int] = field(default_factory=dict)
    limited_to: tuple[str, ...] | None = None
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plan_elements: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)
    questions: Mapping[str, tuple[Asked, ...]] = field(default_factory=dict)
    inputs: tuple[tuple[str, Path], ...] = ()
    land: Mapping[str, tuple[LandShares, ...]] = field(default_factory=dict)

    @property
    def verdict(self) -> Outcome:
        """The gravest verdict of all sites."""
        return next(o for o in OUTCOMES if any(s.verdict == o for s in self.sites))

    @property
    def known_verdict(self) -> KnownOutcome:
        """The gravest outcome of all sites from what is held alone."""
        return next(o for o in KNOWN_OUTCOMES if any(s.known_verdict == o for s in self.sites))

    @property
    def exit_code(self) -> int:
        """Exit code of `sxgeo check` without `--allow-partial`, see :func:`exit_code`."""
        return exit_code({told_of(s) for s in self.sites}, limited=self.limited_to is not None)

    @property
    def findings(self) -> pd.DataFrame:
        """All findings: a row per site, class, resource and rule; columns `FINDING_COLUMNS`, also
        when empty.
        """
        rows = [
            {
                "site_id": s.site.site_id,
                "resource_class": e.resource_class,
                **_flat(finding_record(f)),
            }
            for s in self.sites
            for e in (*s.screening, *s.extra)
            for f in e.findings
        ]
        return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))

    @property
    def screening(self) -> pd.DataFrame:
        """The classes: a row per site and class; columns `SCREENING_COLUMNS`, `findings` being
        their number.
        """
        rows = [
            {
                "site_id": s.site.site_id,
                **_flat(entry_record(s, e)),
                "findings": len(e.findings),
            }
            for s in self.sites
            for e in (*s.screening, *s.extra)
        ]
        return pd.DataFrame(rows, columns=list(SCREENING_COLUMNS))

    def to_dict(self) -> dict[str, Any]:
        """Return the object of `check --format json` (schema sxgeo.check/2)."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "known_verdict": self.known_verdict,
            "as_of": self.as_of,
            "limited_to": None if self.limited_to is None else list(self.limited_to),
            "engines": list(self.receipt.get("engines", ())),
            "sites": [site_record(s) | self._beside(s.site.site_id) for s in self.sites],
            "receipt": dict(self.receipt),
        }

    def _beside(self, site_id: str) -> dict[str, Any]:
        """The keys of a site beside its screening: where it is, which plan speaks about it, what
        people hold of it.
        """
        return {
            "zones": list(self.zones.get(site_id, ())),
            "plan_elements": [dict(element) for element in self.plan_elements.get(site_id, ())],
            "overrides": [opinion.record() for opinion in self.overrides.get(site_id, ())],
            "questions": [asked.record() for asked in self.questions.get(site_id, ())],
        }

    def _geojson(self) -> str:
        features = [
            {
                "type": "Feature",
                "geometry": _geometry(s.site.geometry),
                "properties": _brief(s, self.limited_to),
            }
            for s in self.sites
        ]
        features += [
            {
                "type": "Feature",
                "geometry": _geometry(f.overlap_geometry),
                "properties": {
                    "kind": "finding",
                    "site_id": site_id,
                    "resource_class": class_id,
                    **finding_record(f),
                },
            }
            for site_id, class_id, f in self._overlaps()
        ]
        return (
            json.dumps(
                {"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1
            )
            + "\n"
        )

    def _overlaps(self) -> Iterator[tuple[str, str, Finding]]:
        for s in self.sites:
            for e in (*s.screening, *s.extra):
                for f in e.findings:
                    if f.overlap_geometry is not None:
                        yield s.site.site_id, e.resource_class, f

    def _gpkg(self, path: str | Path) -> Path:
        # findings stand there as a table, and what they share with a site as shapes
        layers = {
            "sites": self._sites_frame(),
            "screening": _without_shapes(self.screening),
            "findings": _without_shapes(self.findings),
            "overlaps": self._overlaps_frame(),
        }
        return write_gpkg(layers, path)

    def _sites_frame(self) -> gpd.GeoDataFrame:
        standing = [outcome.site.standing() for outcome in self.sites]
        columns = {
            "site_id": [outcome.site.site_id for outcome in self.sites],
            "verdict": [outcome.verdict for outcome in self.sites],
            "known_verdict": [outcome.known_verdict for outcome in self.sites],
            "area_m2": [outcome.area_m2 for outcome in self.sites],
            **{key: [row[key] for row in standing] for key in STANDING},
            "problems": ["; ".join(outcome.site.problems) for outcome in self.sites],
            "limited_to": [limited_words(self.limited_to)] * len(self.sites),
        }
        shapes = [outcome.site.geometry for outcome in self.sites]
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=GEOGRAPHIC)

    def _overlaps_frame(self) -> gpd.GeoDataFrame:
        overlaps = list(self._overlaps())
        rows = [
            {"site_id": site_id, "resource_class": class_id, **_flat(finding_record(finding))}
            for site_id, class_id, finding in overlaps
        ]
        return gpd.GeoDataFrame(
            pd.DataFrame(rows, columns=list(FINDING_COLUMNS)),
            geometry=[finding.overlap_geometry for _, _, finding in overlaps],
            crs=GEOGRAPHIC,
        )


Told = tuple[str, bool, bool]
"""What the exit code needs of a site: its verdict (``doubtful`` where nothing but its reading keeps
it from clear), whether it
is usable, whether it has problems."""


def told_of(outcome: SiteOutcome) -> Told:
    """Return what the exit code needs of a site."""
    asked = [e for e in (*outcome.screening, *outcome.extra) if e.requested]

    # a site that is undetermined by its reading alone has a code of its own: read well, it would be
    # clear
    doubted = outcome.verdict == "undetermined" and all(
        e.outcome == "clear" or e.reason_code == "doubtful_site" for e in asked
    )
    return (
        "doubtful" if doubted else outcome.verdict,
        outcome.site.usable,
        bool(outcome.site.problems),
    )


def exit_code(told: Set[Told], *, limited: bool = False) -> int:
    """Return the exit code of `sxgeo check` for :func:`told_of` its sites.

    A verdict `limited` to some classes is never clear: what would be has the code of
    `not_screened`. Otherwise it is that of the gravest verdict of the usable sites; 3 when none is
    usable, and where all usable ones are clear but for problems: a site that could not be used, was
    repaired, or was read by a guess.
    """
    usable = {verdict for verdict, good, _ in told if good}
    if not usable:
        return 3

    # clear is code 0 only where every site was read without a doubt and every class was asked
    if usable <= {"clear", "doubtful"}:
        if any(problems for _, _, problems in told):
            return 3
        return EXIT_CODES["not_screened"] if limited else 0
    told_as = {"undetermined" if verdict == "doubtful" else verdict for verdict in usable}
    return EXIT_CODES[next(o for o in OUTCOMES if o in told_as)]


def rounded(value: float | None, digits: int) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # no minus zero


def _geometry(shape: Shape | None) -> dict[str, Any] | None:
    return None if shape is None else json.loads(shapely.to_geojson(shape))


def limited_words(limited_to: Sequence[str] | None) -> str:
    """The classes that a verdict was limited to, with ``;`` between; empty when it was not."""
    return ";".join(limited_to or ())


def site_head(outcome: SiteOutcome) -> dict[str, Any]:
    """Return what every row of a site begins with: who it is, its verdicts and its area."""
    return {
        "site_id": outcome.site.site_id,
        "name": outcome.site.name,
        "verdict": outcome.verdict,
        "known_verdict": outcome.known_verdict,
        "area_m2": rounded(outcome.area_m2, 4),
    }


def _brief(outcome: SiteOutcome, limited_to: Sequence[str] | None) -> dict[str, Any]:
    # what was not asked is no class of the verdict, and has no place in its summary
    asked = [e for e in (*outcome.screening, *outcome.extra) if e.requested]
    return {
        "kind": "site",
        **site_head(outcome),
        **outcome.site.standing(),
        "problems": list(outcome.site.problems),
        "classes": {e.resource_class: e.outcome for e in asked},
        "known_classes": {e.resource_class: e.known_outcome for e in asked},
        "limited_to": None if limited_to is None else list(limited_to),
    }


def finding_record(finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {key: getattr(finding, key) for key in _FINDING_KEYS}
    for key in _METRES | _AREAS:
        row[key] = rounded(row[key], 4)
    row["overlap_share"] = rounded(row["overlap_share"], 6)
    row["unbound_by"] = list(finding.unbound_by)
    return row


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose lists and mappings are texts, for tables."""
    # lists of words become one cell; what is deeper stays JSON, so that nothing is lost
    texts = {
        k: ";".join(v)
        for k, v in row.items()
        if isinstance(v, list) and all(isinstance(x, str) for x in v)
    }
    nested = {
        k: json.dumps(v, ensure_ascii=False) for k, v in row.items() if isinstance(v, (list, dict))
    }
    return {
        **row,
        **nested,
        **texts,
    }


def entry_record(outcome: SiteOutcome, entry: ClassOutcome) -> dict[str, Any]:
    row: dict[str, Any] = {key: getattr(entry, key, None) for key in _ENTRY_KEYS}
    row["clear_because"] = clear_because(entry)
    row["by_zone"] = by_zone(outcome, entry)
    count = row["official_count"]
    row["official_count"] = int(count) if count is not None and float(count).is_integer() else count
    return row


def union_record(union: RuleUnion) -> dict[str, Any]:
    row = {f.name: getattr(union, f.name) for f in fields(RuleUnion)}
    return row | {
        "overlap_m2": rounded(union.overlap_m2, 4),
        "overlap_share": rounded(union.overlap_share, 6),
    }


def site_record(outcome: SiteOutcome) -> dict[str, Any]:
    site = outcome.site
    return {
        "site_id": site.site_id,
        "verdict": outcome.verdict,
        "known_verdict": outcome.known_verdict,
        "problems": list(site.problems),
        "doubtful": site.doubtful,
        "area_m2": rounded(outcome.area_m2, 4),
        "area_ellipsoid_m2": rounded(outcome.area_ellipsoid_m2, 4),
        "crs": outcome.crs,
        "accuracy_m": rounded(site.accuracy_m, 4),
        "accuracy_source": site.accuracy_source,
        "screening": [_class_record(outcome, entry) for entry in outcome.screening],
        "extra": [_class_record(outcome, entry) for entry in outcome.extra],
    }


def _class_record(outcome: SiteOutcome, entry: ClassOutcome) -> dict[str, Any]:
    """Return what a site is told of a class, with all that stands behind it."""
    return {
        **entry_record(outcome, entry),
        "findings": [finding_record(f) for f in entry.findings],
        "unions": [union_record(u) for u in entry.unions],
    }


def clear_because(entry: ClassOutcome) -> dict[str, Any] | None:
    """Return the certificate of a clear class as JSON holds it, with what is touched; None for any
    other outcome.
    """
    if entry.clear_because is None:
        return None

    # a clear that rests on what was said names it: with other words it might not be clear
    unbound = [f for f in gravest_per_feature(entry) if f.relation == "unbound"]
    return {
        **entry.clear_because.record(),
        "unbound": [
            {"feature_id": f.feature_id, "unbound_by": list(f.unbound_by)} for f in unbound
        ],
        "shared_edges": [
            f.feature_id for f in gravest_per_feature(entry) if f.relation == "shared"
        ],
    }


def by_zone(outcome: SiteOutcome, entry: ClassOutcome) -> list[dict[str, Any]] | None:
    """Share a site out over the zones of the town development boundary, in square metres; None for
    every other class.
    """
    # only an area can be shared out
    if entry.reason_code not in URBAN_ZH or not outcome.area_m2:
        return None
    whole = outcome.area_m2
    inside = _area_by_zone(entry)

    # what no zone covers lies outside of the boundary
    inside["outside"] = max(0.0, whole - sum(inside.values()))
    return [
        {
            "zone": zone,
            "area_m2": round(area, 4),
            "share": round(min(1.0, area / whole), 6),
        }
        for zone, area in inside.items()
    ]


def _area_by_zone(entry: ClassOutcome) -> dict[str, float]:
    """Add up what a site has in common with each zone, m2; a zone without a name is unknown."""
    inside = dict.fromkeys(URBAN_ZONES, 0.0)
    for finding in gravest_per_feature(entry):
        if finding.overlap_m2:
            zone = finding.subzone if finding.subzone in inside else "unknown"
            inside[zone] = inside.get(zone, 0.0) + finding.overlap_m2
    return inside


def _without_shapes(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table as a layer of a GeoPackage that draws nothing."""
    return gpd.GeoDataFrame(table, geometry=[None] * len(table), crs=GEOGRAPHIC)
