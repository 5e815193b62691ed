"""The question: sites, layers, counties, project and date, read and checked before anything is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from ...boundaries.units import load_counties, load_units
from ...catalog import checked_date
from ...errors import InputError, UsageError, listed, wrong_type
from ...geometry.kernel import Kernel
from ...layers.class_names import class_id_of
from ...layers.classes import ALL_CLASS_IDS
from ...layers.layers import in_order, load_layers
from ...layers.rules import load_rules
from ...model.filing import without_filing
from ...model.project import make_project
from ...model.sites import Sites
from ...sites.given import SiteSource, given_sites
from ...sites.read import read_sites
from ...workspace.boundaries import polygons_of, with_own
from ...workspace.overrides import matched, read_overrides
from .questions import Questioner
from .screener import Screener

if TYPE_CHECKING:
    from ...geometry.kernel import Engine
    from ...layers.layers import Layer
    from ...model.land import LandShares
    from ...model.outcomes import Override, SiteOutcome
    from ...model.project import Project
    from ...model.questions import Asked
    from ...model.sites import Site
    from ...workspace.boundaries import OwnBoundary
    from ...workspace.file import Workspace
    from ...workspace.layers import UserLayer


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
    verify: bool = False

    @property
    def inputs(self) -> tuple[tuple[str, Path], ...]:
        """What each file is that was read, and its path."""
        found = [("site file", path) for path in self.site_files]
        if self.workspace is not None and not self.workspace.recorded:
            found.append(("workspace file", self.workspace.path))
        found += [("layer file", user.path) for user in self.users]
        if self.workspace is not None:
            found += [(f"{land.role} file", land.path) for land in self.workspace.lands]
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
            second=self.second,
        )

    @property
    def second(self) -> Engine | None:
        """The engine that measures all once more; None where none was asked for."""
        if not self.verify:
            return None
        return Kernel()

    def outcomes(
        self, progress: Callable[[Iterable[Site]], Iterable[Site]] = iter
    ) -> Iterator[SiteOutcome]:
        """Answer site by site, in their order; nothing is kept of what was yielded."""
        return self.screener().stream(self.sites.sites, progress)

    def questions(
        self, outcomes: Iterable[SiteOutcome], screener: Screener
    ) -> dict[str, tuple[Asked, ...]]:
        """Return what the project leaves unsaid that would change the answer, by site id; sites
        without questions are left out.

        Parameters
        ----------
        outcomes
            Answers of `screener`.
        """
        asker = Questioner(screener)
        asked = {outcome.site.site_id: asker.ask(outcome) for outcome in outcomes}
        return {site_id: found for site_id, found in asked.items() if found}

    def land(self, outcomes: Sequence[SiteOutcome]) -> dict[str, tuple[LandShares, ...]]:
        """Share the plots out to the land classes of the workspace's layers; empty where it names
        none.
        """
        lands = () if self.workspace is None or self.workspace.recorded else self.workspace.lands
        if not lands:
            return {}
        from ...workspace.land_shares import LandPatches  # as in `_named_layers`

        found = {}
        for layer in lands:
            patches = LandPatches(layer)
            plots = [
                o
                for o in outcomes
                if o.site.usable and o.area_m2 and shapely.get_dimensions(o.site.geometry) == 2
            ]
            found[layer.role] = tuple(
                patches.of(
                    o.site.site_id,
                    o.site.geometry,
                    o.area_m2 or 0.0,
                )
                for o in plots
            )
        return found


def pose(
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
) -> Question:
    """Read and check all that :func:`check_sites` takes, without answering yet; same parameters and
    errors.
    """
    read = _workspace(workspace)
    project = _project_of(read, project_type, project_attributes or {})
    on = checked_date(as_of)
    limited = _checked_classes(classes)
    users, own = _files_of(read, layers)
    opinions = read_overrides(overrides) if isinstance(overrides, (str, Path)) else tuple(overrides)
    plots, paths = _plots(sites, site_accuracy_m)

    # opinions must name sites that are there, before anything costs time
    matched(opinions, {site.site_id for site in plots.sites})
    held, remarks = _held(read, users)
    counties = _counties_with(own)

    # the workspace file may have been edited while the rest was read; the receipt would then name a
    # hash that was not answered by
    if read is not None:
        read.refuse_changed()
    return Question(
        sites=plots,
        layers=held,
        counties=counties,
        as_of=on,
        project=project,
        limited_to=limited,
        users=tuple(users),
        overrides=opinions,
        remarks=remarks,
        workspace=read,
        boundaries=tuple(own),
        site_files=paths,
        verify=verify,
    )


def _plots(sites: SiteSource, accuracy_m: float | None) -> tuple[Sites, tuple[Path, ...]]:
    """Return the sites, and the files that they are read from; sites that were read already are
    taken as they are.
    """
    given = given_sites(sites)
    if isinstance(sites, Sites):
        return sites, given.paths
    return read_sites(given, site_accuracy_m=accuracy_m), given.paths


def _project_of(
    read: Workspace | None,
    project_type: str | None,
    attributes: Mapping[str, Any],
) -> Project:
    """Return the project: what was said with the call goes before what the workspace says."""
    said = {} if read is None else without_filing(read.project)
    type_said = said.pop("type", None)
    if project_type is None and type_said is not None:
        project_type = str(type_said)
    return make_project(project_type, {**said, **attributes})


def _files_of(
    read: Workspace | None, layers: Mapping[str, str | Path] | Sequence[UserLayer]
) -> tuple[list[UserLayer], list[OwnBoundary]]:
    """Return the user's layers and boundaries, each file read once: what is hashed for the receipt
    is what is screened.
    """
    users = [
        *(() if read is None else read.layers),
        *_named_layers(layers),
    ]
    own = [] if read is None else list(read.boundaries)
    if not users and not own:
        return users, own
    from ...workspace.file import with_content  # as in `_named_layers`

    return with_content(users), with_content(own)


def _counties_with(own: Sequence[OwnBoundary]) -> gpd.GeoDataFrame:
    """Return the counties and their neighbours, with the user's own boundaries in their place."""
    counties = load_counties(neighbours=True)
    if not own:
        return counties
    polygons, wrong = polygons_of(own)

    # all that is wrong with any of the files is told in one message
    if wrong:
        raise InputError(listed("the workspace's boundaries cannot be used:", wrong))
    return with_own(counties, polygons)


def _checked_classes(classes: Sequence[str] | None) -> tuple[str, ...] | None:
    if classes is None:
        return None
    if isinstance(classes, str):
        raise UsageError(
            f"classes is the text '{classes}'; give a list of ids such as ['heritage_sites']"
        )
    if not classes:
        raise UsageError(f"no class given; known: {', '.join(ALL_CLASS_IDS)}")

    # Chinese names are taken too
    if any(c not in ALL_CLASS_IDS for c in classes):
        classes = [class_id_of(c) for c in classes]
    return tuple(c for c in ALL_CLASS_IDS if c in classes)


def _workspace(workspace: str | Path | Workspace | None) -> Workspace | None:
    if workspace is None:
        return None
    from ...workspace.file import Workspace, load_workspace  # as in `_named_layers`

    if not isinstance(workspace, (str, Path, Workspace)):
        raise wrong_type("the workspace", workspace, "the path of a sxgeo.toml file")
    return workspace if isinstance(workspace, Workspace) else load_workspace(workspace)


def _named_layers(layers: Mapping[str, str | Path] | Sequence[UserLayer]) -> list[UserLayer]:
    if not layers:
        return []
    from ...workspace.layers import UserLayer  # most runs bring no layers, and start without this

    if not isinstance(layers, Mapping):
        several = [] if isinstance(layers, str) else list(layers)
        if not several or not all(isinstance(layer, UserLayer) for layer in several):
            raise wrong_type(
                "layers", layers, "a mapping such as {'heritage_sites': 'official.gpkg'}"
            )
        return several
    return [UserLayer(class_id_of(name), Path(path)) for name, path in layers.items()]


def layers_of(workspace: str | Path | Workspace | None) -> list[Layer]:
    """Return the layers in the order of the answer, with what a workspace brings."""
    read = _workspace(workspace)
    users = [] if read is None else list(read.layers)
    if users:
        from ...workspace.file import with_content  # as in `_named_layers`

        users = with_content(users)
    return list(_held(read, users)[0])


def _held(
    read: Workspace | None, users: Sequence[UserLayer]
) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Return the bundled layers with a workspace's corrections, and users' layers plugged in; and
    what is to be said of them.
    """
    remarks: list[str] = [] if read is None else list(read.remarks)
    held = load_layers()
    if read is not None and read.amendments:
        held = _amended(held, read, remarks)
    if users:
        from ...workspace.file import plug_in  # as in `_named_layers`

        held = plug_in(held, users, remarks=remarks)
    return tuple(in_order(held)), tuple(remarks)


def _amended(
    held: list[Layer],
    read: Workspace,
    remarks: list[str],
) -> list[Layer]:
    from ...workspace.amendments import amended  # as in `_named_layers`

    mended, wrong = amended(held, read.amendments)
    if wrong:
        raise InputError(listed(f"workspace file '{read.path}' cannot be used:", wrong))
    remarks += [
        f"工作区修正 amended: {a.feature_id} {a.field} = {a.value}（{a.source}）"
        for a in read.amendments
    ]
    return mended


def _touched(
    sites: Sequence[Site], units: gpd.GeoDataFrame
) -> dict[str, tuple[tuple[str, str], ...]]:
    tree = shapely.STRtree(units.geometry.to_numpy())
    names = list(zip(units["code"], units["name_zh"], strict=True))
    return {
        s.site_id: tuple(names[i] for i in sorted(tree.query(s.geometry, predicate="intersects")))
        for s in sites
        if s.usable
    }


def counties_of(
    sites: Sequence[Site], counties: gpd.GeoDataFrame
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Code and name of the counties that each site touches; the atlas is read only for a site far
    from the zone.
    """
    found = _touched(sites, counties)

    # far from the zone no county is bundled: the atlas, then the prefecture, then the province
    for kind in ("county", "prefecture", "province"):
        away = [s for s in sites if s.usable and not found[s.site_id]]
        if not away:
            break
        found |= _touched(away, load_units(kind))
    return found
