"""Check sites: join sites, layers and rules, and keep the receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from .analysis.conflicts import ENGINES, Screener
from .boundaries import elements_at, load_counties, load_units, polygons_of, with_own, zones_of
from .catalog import checked_date, data_path, load_catalog
from .contents import fingerprint
from .errors import InputError, UsageError, listed, unknown
from .layers import ALL_CLASS_IDS, load_layers
from .model import BEHAVIOURS, CLASS_IDS, EXTRA_CLASS_IDS, PROJECT_TYPES, Layer, Project, Site, SiteOutcome, Sites
from .questions import UNKNOWN, Asked, Questioner
from .report import Report
from .review import Override, matched, read_overrides
from .rules import load_rules
from .sites import read_sites
from .version import __version__
from .wording import APPROVAL_ZH, CONDITION_ZH, EXCEPTION_ZH, SHAPE_ZH

if TYPE_CHECKING:
    from .own_boundaries import OwnBoundary
    from .workspace import UserLayer, Workspace

BOOLEAN_ATTRIBUTES = (*CONDITION_ZH, *EXCEPTION_ZH, *SHAPE_ZH)
"""Project attributes that are said with yes or no; `height_m` is said with a number, `approval_kind` with one of its words."""
CHOICES = {"approval_kind": APPROVAL_ZH}
"""Project attributes that are said with one word of several, and the Chinese of these."""
_SOURCE = "_source"
_WORDS = {"是": "yes", "否": "no", "不清楚": UNKNOWN, "true": "yes", "false": "no"}


def check_sites(
    sites: Any,
    *,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    classes: Sequence[str] | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    workspace: str | Path | Workspace | None = None,
    site_accuracy_m: float | None = None,
    overrides: str | Path | Sequence[Override] = (),
    progress: Callable[[Iterable[Site]], Iterable[Site]] = iter,
) -> Report:
    """Screen sites for conflicts with protected resources.

    Parameters
    ----------
    sites
        :class:`sxgeo.model.Sites` of :func:`sxgeo.read_sites`, or what that function reads: a path, paths, a GeoDataFrame.
    project_type
        One of :data:`sxgeo.model.PROJECT_TYPES`; None says nothing, then the answer is conditional.
    project_attributes
        `height_m` in metres; `groundwater_use`, `discharge`, ... as yes, no, unknown (是, 否, 不清楚) or bool; `approval_kind` as
        one of its words; ``<attribute>_source`` names the document behind an answer.
    as_of
        ISO date on which rules must be in force; None takes the date of the data pack.
    classes
        Class ids that enter the verdict; None takes all fifteen and every extra class with a layer.
    layers
        Users' layers: file by class id, or a list of :class:`sxgeo.workspace.UserLayer`.
    workspace
        A sxgeo.toml file that names users' layers, own boundaries and the project, or what
        :func:`sxgeo.workspace.load_workspace` read of it.
    site_accuracy_m
        How far a site's true edge may lie from the drawn one, where its file does not say.
    overrides
        A TOML file of people's opinions, or the opinions; told beside the computed answer, never instead of it.
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
    )
    return question.report(progress)


@dataclass(frozen=True, slots=True)
class Question:
    """All that an answer needs, read and checked: sites, layers, counties, project, date."""

    sites: Sites
    layers: tuple[Layer, ...]
    counties: gpd.GeoDataFrame
    as_of: str
    project: Project
    limited_to: tuple[str, ...] | None
    users: tuple[UserLayer, ...]
    overrides: tuple[Override, ...]
    remarks: tuple[str, ...]
    workspace: Workspace | None = None
    boundaries: tuple[OwnBoundary, ...] = ()
    site_files: tuple[Path, ...] = ()

    @property
    def inputs(self) -> tuple[tuple[str, Path], ...]:
        """What each file is that was read, and its path."""
        found = [("site file", path) for path in self.site_files]
        if self.workspace is not None and not self.workspace.recorded:
            found.append(("workspace file", self.workspace.path))
        found += [("layer file", user.path) for user in self.users]
        return (*found, *(("boundary file", own.path) for own in self.boundaries))

    def screener(self) -> Screener:
        """Prepare layers and rules once, for shapes that are asked about one after another."""
        return Screener(
            self.layers,
            load_rules(),
            counties=self.counties,
            as_of=self.as_of,
            project=self.project,
            requested=self.limited_to,
        )

    def outcomes(self, progress: Callable[[Iterable[Site]], Iterable[Site]] = iter) -> Iterator[SiteOutcome]:
        """Answer site by site, in their order; nothing is kept of what was yielded."""
        return self.screener().stream(self.sites.sites, progress)

    def questions(self, outcomes: Iterable[SiteOutcome]) -> dict[str, tuple[Asked, ...]]:
        """Return what the project leaves unsaid that would change the answer, by site id; sites without questions are left out."""
        asker = Questioner(self.layers, load_rules(), counties=self.counties, as_of=self.as_of, project=self.project)
        asked = {outcome.site.site_id: asker.ask(outcome) for outcome in outcomes}
        return {site_id: found for site_id, found in asked.items() if found}

    def report(self, progress: Callable[[Iterable[Site]], Iterable[Site]] = iter) -> Report:
        """Answer for all sites."""
        places = _counties_of(self.sites.sites, self.counties)
        outcomes = tuple(self.outcomes(progress))
        return Report(
            sites=outcomes,
            as_of=self.as_of,
            classes={layer.spec.id: layer.spec for layer in self.layers},
            receipt=_receipt(self),
            overrides=matched(self.overrides, {s.site_id for s in self.sites.sites}),
            counties={site_id: tuple(f"{name} {code}" for code, name in own) for site_id, own in places.items()},
            zones={site_id: _zones_at(own) for site_id, own in places.items()},
            plan_elements={site_id: tuple(elements_at(c for c, _ in own)) for site_id, own in places.items()},
            questions=self.questions(outcomes),
            with_polygon={layer.spec.id: layer.with_polygon for layer in self.layers},
            limited_to=self.limited_to,
            inputs=self.inputs,
        )


def pose(
    sites: Any,
    *,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    classes: Sequence[str] | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    workspace: str | Path | Workspace | None = None,
    site_accuracy_m: float | None = None,
    overrides: str | Path | Sequence[Override] = (),
) -> Question:
    """Read and check all that :func:`check_sites` takes, without answering yet; same parameters and errors."""
    read = _workspace(workspace)
    said = {} if read is None else dict(read.project)
    type_said = said.pop("type", None)
    project = make_project(
        project_type if project_type is not None or type_said is None else str(type_said),
        {**said, **(project_attributes or {})},
    )
    on = checked_date(as_of)
    limited = _checked_classes(classes)
    users = [*(() if read is None else read.layers), *_named_layers(layers)]
    own = [] if read is None else list(read.boundaries)
    if users or own:
        from .workspace import with_content

        users, own = with_content(users), with_content(own)
    opinions = read_overrides(overrides) if isinstance(overrides, (str, Path)) else tuple(overrides)
    plots = sites if isinstance(sites, Sites) else read_sites(sites, site_accuracy_m=site_accuracy_m)
    matched(opinions, {s.site_id for s in plots.sites})
    remarks: list[str] = []
    held = load_layers()
    if read is not None and read.amendments:
        from .amendments import amended

        held, wrong = amended(held, read.amendments)
        if wrong:
            raise InputError(listed(f"workspace file '{read.path}' cannot be used:", wrong))
        remarks += [f"工作区修正 amended: {a.feature_id} {a.field} = {a.value}（{a.source}）" for a in read.amendments]
    if users:
        from .workspace import plug_in

        held = plug_in(held, users, remarks=remarks)
    counties = load_counties(neighbours=True)
    if own:
        polygons, wrong = polygons_of(own)
        if wrong:
            raise InputError(listed("the workspace's boundaries cannot be used:", wrong))
        counties = with_own(counties, polygons)
    if read is not None:
        read.refuse_changed()
    return Question(
        sites=plots,
        layers=tuple(_in_order(held)),
        counties=counties,
        as_of=on,
        project=project,
        limited_to=limited,
        users=tuple(users),
        overrides=opinions,
        remarks=tuple(remarks),
        workspace=read,
        boundaries=tuple(own),
        site_files=_paths_of(sites),
    )


def make_project(project_type: str | None, attributes: Mapping[str, Any]) -> Project:
    """Build a project from a type and attributes as typed.

    Parameters
    ----------
    attributes
        By name; a value of ``unknown`` or 不清楚 says nothing. A name that ends in ``_source`` gives the document behind the
        answer of that attribute.

    Raises
    ------
    UsageError
        If the type or an attribute is unknown, a value is not what it should be, or two of them contradict each other; all in
        one message.
    """
    if project_type is not None and project_type not in PROJECT_TYPES:
        raise unknown("project type", project_type, PROJECT_TYPES)
    found: list[str] = []
    height: float | None = None
    said: dict[str, str] = {}
    documents: dict[str, str] = {}
    for key, value in attributes.items():
        name = key.removesuffix(_SOURCE)
        if key != name and (name == "height_m" or name in BOOLEAN_ATTRIBUTES or name in CHOICES):
            documents[name] = _document(key, value, found)
        elif key == "height_m":
            height = None if _word(value) == UNKNOWN else _height(value, found)
        elif key in CHOICES:
            said[key] = _choice(key, value, found)
        elif key not in BOOLEAN_ATTRIBUTES:
            found.append(str(unknown("project attribute", key, ("height_m", *CHOICES, *BOOLEAN_ATTRIBUTES))))
        else:
            said[key] = _yes_no(key, value, found)
    said = {key: value for key, value in said.items() if value != UNKNOWN}
    own_attribute = BEHAVIOURS.get(project_type or "")
    if own_attribute is not None and said.get(own_attribute) == "no":
        found.append(
            f"project type '{project_type}' says {own_attribute}=yes, and {own_attribute}=no contradicts it; drop one"
        )
    found += [f"{key}{_SOURCE} names a document, but {key} is not said" for key in _unsaid(documents, said, height)]
    if found:
        raise UsageError(listed("the project cannot be used:", found))
    own = {key: None if key not in said else said[key] == "yes" for key in ("groundwater_use", "discharge")}
    return Project(
        type=project_type,
        height_m=height,
        groundwater_use=own["groundwater_use"],
        discharge=own["discharge"],
        attributes={key: value for key, value in sorted(said.items()) if key not in own},
        documents=dict(sorted(documents.items())),
    )


def _unsaid(documents: Mapping[str, str], said: Mapping[str, str], height: float | None) -> list[str]:
    return [key for key in documents if key not in said and not (key == "height_m" and height is not None)]


def _word(value: Any) -> str:
    text = str(value).strip().lower()
    return _WORDS.get(text, text)


def _document(key: str, value: Any, found: list[str]) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        found.append(f"{key} '{value}' names no document")
    return text


def _choice(key: str, value: Any, found: list[str]) -> str:
    text = _word(value)
    known = {
        **{code: code for code in CHOICES[key]},
        **{zh: code for code, zh in CHOICES[key].items()},
        UNKNOWN: UNKNOWN,
    }
    if text not in known:
        found.append(f"{key} '{value}' is not one of {', '.join([*CHOICES[key], UNKNOWN])}")
        return UNKNOWN
    return known[text]


def _height(value: Any, found: list[str]) -> float | None:
    try:
        height = float(value)
    except (TypeError, ValueError):
        height = float("nan")
    if not 0 <= height < np.inf:
        found.append(f"height_m '{value}' is not a number of metres from 0")
        return None
    return height


def _yes_no(key: str, value: Any, found: list[str]) -> str:
    text = _word(value)
    if text not in ("yes", "no", UNKNOWN):
        found.append(f"{key} '{value}' is not yes or no (or {UNKNOWN})")
        return UNKNOWN
    return text


def _checked_classes(classes: Sequence[str] | None) -> tuple[str, ...] | None:
    if classes is None:
        return None
    for class_id in classes:
        if class_id not in ALL_CLASS_IDS:
            raise unknown("class", class_id, ALL_CLASS_IDS)
    if not classes:
        raise UsageError(f"no class given; known: {', '.join(ALL_CLASS_IDS)}")
    return tuple(c for c in ALL_CLASS_IDS if c in classes)


def _paths_of(sites: Any) -> tuple[Path, ...]:
    """Return the files among what was given as sites."""
    several = [sites] if isinstance(sites, (str, Path)) else sites if isinstance(sites, (list, tuple)) else []
    return tuple(Path(s) for s in several if isinstance(s, Path) or (isinstance(s, str) and s != "-"))


def _workspace(workspace: str | Path | Workspace | None) -> Workspace | None:
    if workspace is None:
        return None
    from .workspace import Workspace, load_workspace

    return workspace if isinstance(workspace, Workspace) else load_workspace(workspace)


def _named_layers(layers: Mapping[str, str | Path] | Sequence[UserLayer]) -> list[UserLayer]:
    if not layers:
        return []
    from .workspace import UserLayer

    if not isinstance(layers, Mapping):
        return list(layers)
    for class_id in layers:
        if class_id not in ALL_CLASS_IDS:
            raise unknown("class", class_id, ALL_CLASS_IDS)
    return [UserLayer(class_id, Path(path)) for class_id, path in layers.items()]


def _in_order(layers: Sequence[Layer]) -> list[Layer]:
    by_id = {layer.spec.id: layer for layer in layers}
    missing = [c for c in EXTRA_CLASS_IDS if c not in by_id]
    by_id |= {layer.spec.id: layer for layer in load_layers(missing)}
    return [by_id[c] for c in (*CLASS_IDS, *EXTRA_CLASS_IDS)]


def _counties_of(sites: Sequence[Site], counties: gpd.GeoDataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    """Code and name of the counties that each site touches; the atlas is read only for a site far from the zone."""
    found = _touched(sites, counties)
    for kind in ("county", "prefecture", "province"):
        away = [s for s in sites if s.usable and not found[s.site_id]]
        if not away:
            break
        found |= _touched(away, load_units(kind))
    return found


def _touched(sites: Sequence[Site], units: gpd.GeoDataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    tree = shapely.STRtree(units.geometry.to_numpy())
    names = list(zip(units["code"], units["name_zh"], strict=True))
    return {
        s.site_id: tuple(names[i] for i in sorted(tree.query(s.geometry, predicate="intersects")))
        for s in sites
        if s.usable
    }


def _zones_at(places: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(zone_id for code, _ in places for zone_id in zones_of(code)))


def _receipt(question: Question) -> dict[str, Any]:
    project, limited, plots = question.project, question.limited_to, question.sites
    catalog = load_catalog()
    return {
        "schema": "sxgeo.receipt/2",
        "engines": list(ENGINES),
        "versions": {"sxgeo": __version__, "geos": shapely.geos_version_string, "proj": _proj_version()},
        "data": {"data_date": catalog.data_date, "sha256": catalog.sha256},
        "rules_sha256": hashlib.sha256(data_path("sources/rules.csv").read_bytes()).hexdigest(),
        "parameters": {
            "as_of": question.as_of,
            "project_type": project.type,
            "height_m": project.height_m,
            "groundwater_use": project.groundwater_use,
            "discharge": project.discharge,
            "attributes": dict(project.attributes),
            "documents": dict(project.documents),
            "classes": None if limited is None else list(limited),
            "overrides": [opinion.record() for opinion in question.overrides],
        },
        "remarks": list(question.remarks),
        "inputs": [dict(report) for report in plots.autopsy],
        "workspace": None if question.workspace is None else question.workspace.record(),
        "user_layers": [_layer_receipt(user) for user in question.users],
        "boundaries": [own.record() for own in question.boundaries],
        "sites": [
            {
                "site_id": s.site_id,
                "name": s.name,
                "file": s.file,
                "crs": s.crs,
                "datum_error_m": s.datum_error_m,
                "problems": list(s.problems),
                "doubtful": s.doubtful,
                "accuracy_m": s.accuracy_m,
                "accuracy_source": s.accuracy_source,
                "geometry": json.loads(shapely.to_geojson(s.geometry)) if s.usable else None,
            }
            for s in plots.sites
        ],
    }


def _layer_receipt(user: UserLayer) -> dict[str, Any]:
    content = user.content or fingerprint(user.path)
    return {
        "resource_class": user.class_id,
        "file": user.file or user.path.name,
        **content.record(),
        "layer": user.layer,
        "mode": user.mode,
        "fields": dict(user.fields),
        "subzones": dict(user.subzones),
        "kinds": dict(user.kinds),
        "coverage": list(user.coverage),
        "position_accuracy_m": user.position_accuracy_m,
        "complete_in": list(user.complete_in),
        "complete_document": user.complete_document,
        "subzones_absent": list(user.subzones_absent),
        "boundary": user.boundary,
        "secrecy": user.secrecy,
        "lines": user.lines,
        "half_width_m": user.half_width_m,
        "encoding": user.encoding,
        "waive": list(user.waive),
        "closed_lines": user.closed_lines,
        "none_in": list(user.none_in),
    }


def _proj_version() -> str:
    from pyproj import proj_version_str

    return str(proj_version_str)
