"""Compare sites, and suggest how one could be moved or trimmed out of what prohibits it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import InputError, UsageError
from ...geometry.projection import GEOGRAPHIC, plane_crs, quantise, to_degrees, to_plane
from ...geometry.straight import laid_on_plane
from ...model.outcomes import BANS, Suggestion, asked, gravest_per_feature
from ...model.sites import Site, Sites
from ...sites.read import read_sites
from .freeing import clearance_m
from .question import pose
from .shift import Obstacle, smallest_move, smallest_trim

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ...model.outcomes import ClassOutcome, Finding, Move, SiteOutcome
    from ...reports.report import Report
    from ...sites.given import SiteSource
    from ...workspace.layers import UserLayer
    from .question import Question
    from .screener import Screener

COMPARISON_COLUMNS = (
    "site_id",
    "name",
    "verdict",
    "known_verdict",
    "conflicts",
    "regulated",
    "to_verify",
    "not_screened",
    "area_m2",
    "prohibited_overlap_m2",
    "nearest",
    "nearest_m",
    "reach_min",
)

_ROUNDS = 12
_BEYOND_M = 0.1
"""A suggestion keeps this more than what frees: the grid of degrees may move a corner by less."""


def compare_sites(report: Report, *, areas: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Compare sites, or variants of one, in one table (方案比选).

    Parameters
    ----------
    report
        The answer for the sites.
    areas
        Isochrones of :func:`sxgeo.isochrones`; gives `reach_min`, the fewest minutes within which a
        site lies.

    Returns
    -------
    DataFrame
        A row per site in the order of the report, columns `COMPARISON_COLUMNS`: numbers of
        resources in conflict and regulated, of classes to verify and not screened, areas in m2
        (`prohibited_overlap_m2` counts each place once per rule), the nearest known resource and
        its distance in m, minutes (NaN where not reached or not given).

    Examples
    --------
    >>> import sxgeo
    >>> report = sxgeo.check_sites([(112.6001, 38.3001), (112.3, 38.0)])
    >>> sxgeo.compare_sites(report)[["site_id", "verdict"]].to_dict("records")
    [{'site_id': '112.6,38.3001', 'verdict': 'undetermined'}, {'site_id': '112.3,38', 'verdict':
    'undetermined'}]
    """
    rows = [_compared(outcome, areas) for outcome in report.sites]
    return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS))


def _compared(outcome: SiteOutcome, areas: gpd.GeoDataFrame | None) -> dict[str, Any]:
    site = outcome.site
    entries = asked(outcome)
    nearest = _nearest(entries)
    return {
        "site_id": site.site_id,
        "name": site.name,
        "verdict": outcome.verdict,
        "known_verdict": outcome.known_verdict,
        **_numbers(entries),
        "area_m2": outcome.area_m2,
        "prohibited_overlap_m2": _prohibited_m2(entries),
        "nearest": nearest.name_zh if nearest else None,
        "nearest_m": nearest.distance_m if nearest else np.nan,
        "reach_min": _reach_min(site, areas),
    }


def _nearest(entries: Sequence[ClassOutcome]) -> Finding | None:
    """Return the nearest resource of all classes; of two equally near the first by id."""
    located = [f for e in entries for f in e.findings if f.distance_m is not None]
    return min(
        located,
        key=lambda f: (f.distance_m, f.feature_id),
        default=None,
    )


def _numbers(entries: Sequence[ClassOutcome]) -> dict[str, int]:
    """Count resources by what they mean, each once, and classes by what is left to do."""
    gravest = [finding for entry in entries for finding in gravest_per_feature(entry)]
    return {
        "conflicts": sum(finding.outcome == "conflict" for finding in gravest),
        "regulated": sum(finding.outcome == "regulated" for finding in gravest),
        "to_verify": sum(entry.outcome == "undetermined" for entry in entries),
        "not_screened": sum(entry.outcome == "not_screened" for entry in entries),
    }


def _prohibited_m2(entries: Sequence[ClassOutcome]) -> float:
    """Return the largest overlap of a rule that is broken, each place counted once."""
    # unions are of rules, not of findings: those count whose rule is broken somewhere
    banned = {f.rule_id for e in entries for f in e.findings if f.outcome == "conflict"}
    unions = [u for e in entries for u in e.unions if u.rule_id in banned]
    return max((u.overlap_m2 for u in unions), default=0.0)


def _reach_min(site: Site, areas: gpd.GeoDataFrame | None) -> float:
    if areas is None or not site.usable:
        return float("nan")

    # areas lie one in another: of all that hold its middle the fewest minutes count
    inside = areas[areas.geometry.covers(site.geometry.centroid)]
    return float(inside["minutes"].min()) if len(inside) else float("nan")


def suggest_shift(
    site: SiteSource,
    *,
    max_distance_m: float = 2000.0,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    workspace: str | Path | None = None,
) -> Suggestion:
    """Find the smallest move, and the smallest trim, that clears all prohibiting rules with their
    margin.

    Cleared means missed: farther than the required distance, the combined error, and twice the
    extent of what is only known as a point. Both results are screened again before they are
    returned.

    Parameters
    ----------
    site
        One :class:`sxgeo.model.sites.Site`, or what :func:`sxgeo.read_sites` reads and holds
        exactly one usable site.
    max_distance_m
        How far a move may go.
    project_type, project_attributes, as_of, layers, workspace
        As in :func:`sxgeo.check_sites`.

    Returns
    -------
    Suggestion
        With empty `obstacles` when no prohibiting rule is met.

    Raises
    ------
    InputError
        If there is not exactly one usable site.
    UsageError
        If `max_distance_m` is not a positive number.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.suggest_shift((112.6001, 38.3001)).obstacles
    ()
    """
    _check_distance(max_distance_m)
    plot = _single(site)
    question = pose(
        Sites((plot,)),
        project_type=project_type,
        project_attributes=project_attributes,
        as_of=as_of,
        layers=layers,
        workspace=workspace,
    )
    return _suggest(plot, question.screener(), max_distance_m)


def with_suggestions(
    report: Report,
    question: Question,
    *,
    max_distance_m: float = 2000.0,
    progress: Callable[[Iterable[SiteOutcome]], Iterable[SiteOutcome]] = iter,
) -> Report:
    """Add the smallest move and trim of every site that meets a prohibiting rule (避让参考方案), for its
    chapter.

    Parameters
    ----------
    report
        The answer to `question`.
    question
        What :func:`sxgeo.analysis.conflicts.question.pose` returned.
    max_distance_m
        How far a move may go.
    progress
        Wraps the sites as they are worked through.

    Returns
    -------
    Report
        With `suggestions`, by site id; a site without a usable shape has none.

    Raises
    ------
    UsageError
        If `max_distance_m` is not a positive number.
    """
    _check_distance(max_distance_m)
    screener = question.screener()
    found = {
        outcome.site.site_id: _suggest(outcome.site, screener, max_distance_m)
        for outcome in progress(report.sites)
        if outcome.site.usable
    }
    return replace(report, suggestions=found)


def _check_distance(max_distance_m: float) -> None:
    if not 0 < max_distance_m < np.inf:
        raise UsageError(
            f"a move of at most {max_distance_m} m is asked for; that is not a positive number of"
            " metres"
        )


def _single(site: SiteSource) -> Site:
    usable = [site] if isinstance(site, Site) else [s for s in read_sites(site).sites if s.usable]
    if len(usable) != 1 or not usable[0].usable:
        raise InputError(
            f"a shift is looked for one site at a time; there are {len(usable)} usable ones"
        )
    return usable[0]


def _suggest(
    plot: Site,
    screener: Screener,
    max_distance_m: float,
) -> Suggestion:
    outcome = _asked_of(plot, screener, plot.geometry)
    plane = outcome.crs or plane_crs(float(plot.geometry.centroid.x))
    shape = laid_on_plane(plot.geometry, plane, plot.crs)
    search = _Search(plot, screener, plane, shape, max_distance_m)
    way, obstacles = search.free_of_all()
    lost_m2, lost_share = _loss(way.trimmed, shape, plane)
    moved, trimmed = way.rounded
    return Suggestion(
        obstacles=tuple(sorted({obstacle.name for obstacle in obstacles.values()})),
        move=way.move,
        moved=moved,
        trimmed=trimmed,
        lost_m2=lost_m2,
        lost_share=lost_share,
        unsettled=_unsettled(outcome),
        max_distance_m=max_distance_m,
        note=_note(obstacles, way.move, max_distance_m),
    )


def _asked_of(
    plot: Site,
    screener: Screener,
    shape: Shape,
) -> SiteOutcome:
    """Screen a plot as if it had another shape."""
    # on the grid of what is handed back: that shape has to be free, not one a hair beside it
    return screener.screen(replace(plot, geometry=quantise(shape)))


@dataclass(frozen=True, slots=True)
class _Search:
    """A plot for which a place is looked for: by whom it is screened, its shape on the plane, and
    how far it may go.
    """

    plot: Site
    screener: Screener
    plane: str
    shape: Shape
    max_distance_m: float

    def free_of_all(self) -> tuple[_Way, dict[str, Obstacle]]:
        """Return a way that is free of all that is met on it, and what it goes round; the last one
        tried where there is none.
        """
        obstacles: dict[str, Obstacle] = {}
        way = _Way(None, self.plot.geometry, self.plot.geometry)

        # what is met beyond the first move joins the obstacles, until a move is free of all of
        # them; a dozen rounds bound it where obstacles stand all around
        for _ in range(_ROUNDS):
            met = [self._met(result) for result in way.results]
            fresh = {k: one for found in met for k, one in found.items() if k not in obstacles}
            if not fresh:
                break
            obstacles |= fresh
            known = [obstacles[name] for name in sorted(obstacles)]
            way = _way_out(self.shape, known, self.plane, self.max_distance_m)
        return way, obstacles

    def _met(self, result: Shape) -> dict[str, Obstacle]:
        return _obstacles(_asked_of(self.plot, self.screener, result), self.plane)


class _Way(NamedTuple):
    """The move, and the plot after the move and after the trim, in degrees; None for none."""

    move: Move | None
    moved: Shape | None
    trimmed: Shape | None

    @property
    def results(self) -> list[Shape]:
        """What there is of them."""
        return [result for result in (self.moved, self.trimmed) if result is not None]

    @property
    def rounded(self) -> tuple[Shape | None, Shape | None]:
        """Both on the grid of degrees on which they are handed back."""
        moved = None if self.moved is None else quantise(self.moved)
        return moved, None if self.trimmed is None else quantise(self.trimmed)


def _way_out(
    shape: Shape,
    obstacles: Sequence[Obstacle],
    plane: str,
    max_distance_m: float,
) -> _Way:
    move = smallest_move(shape, obstacles, max_distance_m=max_distance_m)
    rest = smallest_trim(shape, obstacles)
    return _Way(
        move,
        None if move is None else to_degrees(move.shape, plane),
        None if rest is None else to_degrees(rest, plane),
    )


def _loss(
    trimmed: Shape | None,
    shape: Shape,
    plane: str,
) -> tuple[float | None, float | None]:
    """Return the area that a trim takes away, and its share; measured on the shape that is handed
    back, rounded to degrees as it is.
    """
    area = float(shape.area)
    if trimmed is None or not area:
        return None, None
    lost = area - float(to_plane(trimmed, plane).area)
    return lost, lost / area


def _unsettled(outcome: SiteOutcome) -> tuple[str, ...]:
    """Name what is forbidden but has no position: it cannot be kept clear of."""
    names = {
        finding.name_zh
        for finding in _prohibiting(outcome)
        if finding.relation == "between" and finding.distance_m is None
    }
    return tuple(sorted(names))


def _prohibiting(outcome: SiteOutcome) -> list[Finding]:
    return [
        f
        for e in (*outcome.screening, *outcome.extra)
        for f in e.findings
        if f.effect in BANS and f.outcome in ("conflict", "undetermined")
    ]


def _obstacles(outcome: SiteOutcome, plane: str) -> dict[str, Obstacle]:
    """What prohibits: every resource met under a prohibiting rule, with the distance that clears
    it.
    """
    found: dict[str, Obstacle] = {}
    for finding in _prohibiting(outcome):
        if finding.relation != "met" or finding.resource_geometry is None:
            continue
        clearance = (clearance_m(finding) or finding.required_m) + _BEYOND_M

        # one resource under several rules: the widest clearance clears them all
        known = found.get(finding.feature_id)
        if known is None or clearance > known.clearance_m:
            shape = laid_on_plane(finding.resource_geometry, plane)
            found[finding.feature_id] = Obstacle(shape, max(0.0, clearance), finding.name_zh)
    return found


def _note(
    obstacles: Mapping[str, Obstacle],
    move: Move | None,
    max_distance_m: float,
) -> str:
    if not obstacles:
        return "未满足任何禁止性规则，无须避让 no prohibiting rule is met, nothing needs to move"
    if move is None:
        return f"{max_distance_m:g}米内没有可避让的位置 no free place within {max_distance_m:g} m"
    return (
        f"向方位角{move.azimuth_deg:.1f}°移动{move.distance_m:.1f}米 move {move.distance_m:.1f} m"
        f" towards {move.azimuth_deg:.1f} deg"
    )


def as_frame(suggestion: Suggestion, site_id: str) -> gpd.GeoDataFrame:
    """Return the suggestion as an EPSG:4490 frame of its `moved` and `trimmed` shapes, for maps and
    files.
    """
    kinds: Sequence[tuple[str, Any]] = [
        ("moved", suggestion.moved),
        ("trimmed", suggestion.trimmed),
    ]
    there = [(kind, shape) for kind, shape in kinds if shape is not None]
    return gpd.GeoDataFrame(
        {"site_id": [site_id] * len(there), "kind": [kind for kind, _ in there]},
        geometry=[shape for _, shape in there],
        crs=GEOGRAPHIC,
    )
