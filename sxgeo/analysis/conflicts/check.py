"""Check sites: pose the question, answer it for every site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...boundaries.plan_elements import elements_at
from ...boundaries.zone_table import zones_of
from ...reports.report import Report
from ...workspace.overrides import matched
from .question import counties_of, pose
from .receipt import make_receipt

if TYPE_CHECKING:
    from ...model.outcomes import Override
    from ...model.sites import Site
    from ...sites.given import SiteSource
    from ...workspace.file import Workspace
    from ...workspace.layers import UserLayer
    from .question import Question

T = TypeVar("T")


def check_sites(
    sites: SiteSource,
    *,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    classes: Sequence[str] | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    workspace: str | Path | Workspace | None = None,
    site_accuracy_m: float | None = None,
    overrides: str | Path | Sequence[Override] = (),
    verify: bool = False,
    progress: Callable[[Iterable[Site]], Iterable[Site]] = iter,
) -> Report:
    """Screen sites for conflicts with protected resources.

    Parameters
    ----------
    sites
        :class:`sxgeo.model.sites.Sites` of :func:`sxgeo.read_sites`, or what that function reads: a
        path, a GeoDataFrame or GeoSeries, a Shapely geometry, (lon, lat), WKT, GeoJSON, GeoArrow,
        or a list of these.
    project_type
        One of :data:`sxgeo.wording.PROJECT_TYPES`; None says nothing, then the answer is
        conditional.
    project_attributes
        `height_m` in metres; `groundwater_use`, `discharge`, ... as yes, no, unknown (是, 否, 不清楚) or
        bool; `approval_kind` as one of its words; ``<attribute>_source`` names the document behind
        an answer.
    as_of
        ISO date on which rules must be in force; None takes the date of the data pack.
    classes
        Class ids that enter the verdict; None takes all fifteen and every extra class with a layer.
    layers
        Users' layers: file by class id, or a list of :class:`sxgeo.workspace.layers.UserLayer`.
    workspace
        A sxgeo.toml file that names users' layers, own boundaries and the project, or what
        :func:`sxgeo.workspace.file.load_workspace` read of it.
    site_accuracy_m
        How far a site's true edge may lie from the drawn one, where its file does not say.
    overrides
        A TOML file of people's opinions, or the opinions; told beside the computed answer, never
        instead of it.
    verify
        Whether a second engine measures all that decides once more. Where the two differ by more
        than 1 mm or 1e-4 m2 the class is `undetermined`, reason `engines_disagree`, with both
        figures.
    progress
        Wraps the sites as they are worked through.

    Returns
    -------
    Report
        One outcome per site.

    Raises
    ------
    UsageError
        If a class, type, attribute or date is unknown.
    InputError
        If a file or a user's layer cannot be used.
    DataError
        If the bundled data are broken.

    Examples
    --------
    >>> import sxgeo
    >>> report = sxgeo.check_sites([(112.6001, 38.3001)], project_type="industrial")
    >>> report.verdict, report.known_verdict
    ('undetermined', 'undetermined')
    >>> import shapely
    >>> plot = shapely.box(112.6, 38.3, 112.602, 38.302)
    >>> sxgeo.check_sites(plot).to_frame()["area_m2"].round(-2).tolist()
    [38900.0]
    """
    question = pose(
        sites,
        project_type=project_type,
        project_attributes=project_attributes,
        as_of=as_of,
        classes=classes,
        layers=layers,
        workspace=workspace,
        site_accuracy_m=site_accuracy_m,
        overrides=overrides,
        verify=verify,
    )
    return answer(question, progress)


def answer(
    question: Question, progress: Callable[[Iterable[Site]], Iterable[Site]] = iter
) -> Report:
    """Answer for all sites."""
    # the place of each site is looked up once: counties, zones and plans hang on it
    places = counties_of(question.sites.sites, question.counties)
    screener = question.screener()
    outcomes = tuple(screener.stream(question.sites.sites, progress))
    return Report(
        sites=outcomes,
        as_of=question.as_of,
        classes={layer.spec.id: layer.spec for layer in question.layers},
        receipt=make_receipt(question),
        overrides=_overrides_of(question),
        counties=_for_each(places, _named),
        zones=_for_each(places, _zones_at),
        plan_elements=_for_each(places, _elements_in),
        questions=question.questions(outcomes, screener),
        with_polygon={layer.spec.id: layer.with_polygon for layer in question.layers},
        limited_to=question.limited_to,
        inputs=question.inputs,
        land=question.land(outcomes),
    )


def _overrides_of(question: Question) -> dict[str, tuple[Override, ...]]:
    """Return the opinions by the site that each is of."""
    return matched(question.overrides, {site.site_id for site in question.sites.sites})


def _for_each(
    places: Mapping[str, tuple[tuple[str, str], ...]],
    told_of: Callable[[Iterable[tuple[str, str]]], T],
) -> dict[str, T]:
    """Return what is told of the counties of each site, by its id."""
    return {site_id: told_of(counties) for site_id, counties in places.items()}


def _named(places: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name} {code}" for code, name in places)


def _elements_in(places: Iterable[tuple[str, str]]) -> tuple[dict[str, str], ...]:
    return tuple(elements_at(code for code, _ in places))


def _zones_at(places: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(zone_id for code, _ in places for zone_id in zones_of(code)))
