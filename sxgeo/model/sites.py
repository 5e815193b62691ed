"""A plot of land as it was read, and all plots of one question."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from ..errors import unknown
from ..geometry.projection import GEOGRAPHIC
from .accuracy import default_accuracy
from .glance import card, counted, sketch, table
from .shown import Shown


@dataclass(
    frozen=True,
    slots=True,
    repr=False,
)
class Site:
    """One plot to screen.

    Attributes
    ----------
    geometry
        EPSG:4490, quantised; None when the site could not be used, then `problems` says why.
    accuracy_m
        How far its true edge may lie from the drawn one, with `accuracy_source`; what is not given
        is the default of a bare geometry (`model.accuracy`).
    crs
        Plane that its file declares; None lets the centroid decide.
    problems
        What a reader must know of it: why it cannot be used, what was guessed, repaired or looks
        wrong.
    doubtful
        Whether the geometry rests on a guess, a repair or a sign of lost points: no class is clear
        for it then.

    Examples
    --------
    >>> import sxgeo
    >>> import shapely
    >>> site = sxgeo.Site("A1", shapely.Point(112.6001, 38.3001), accuracy_m=2.0)
    >>> site
    <Site A1: Point, accuracy 2 m>
    """

    site_id: str
    geometry: Any
    name: str = ""
    file: str = ""
    accuracy_m: float = math.nan
    accuracy_source: str = ""
    datum_error_m: float = 0.0
    crs: str | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubtful: bool = False

    def __post_init__(self) -> None:
        # an accuracy that nobody gave is the default of a bare geometry, never 0
        if math.isnan(self.accuracy_m):
            metres, source = default_accuracy("geometry")
            object.__setattr__(self, "accuracy_m", metres)
            object.__setattr__(self, "accuracy_source", source)
        elif not self.accuracy_source:
            object.__setattr__(self, "accuracy_source", "option")

    def standing(self) -> dict[str, float | str | None]:
        """Return what goes with the geometry into a file, so that reading it again makes nothing
        surer: the columns `site_accuracy_m` (with the error of the datum) and `sxgeo_doubts`.
        """
        return {
            "site_accuracy_m": round(self.accuracy_m + self.datum_error_m, 4),
            "sxgeo_doubts": ("; ".join(self.problems) or "in doubt") if self.doubtful else None,
        }

    def __repr__(self) -> str:
        kind = "unusable" if self.geometry is None else self.geometry.geom_type
        named = f" ({self.name})" if self.name else ""
        told = f", {counted(len(self.problems), 'problem')}" if self.problems else ""
        doubt = ", doubtful" if self.doubtful else ""
        return f"<Site {self.site_id}{named}: {kind}, accuracy {self.accuracy_m:g} m{doubt}{told}>"

    @property
    def usable(self) -> bool:
        """Whether there is a geometry to screen."""
        return self.geometry is not None


STANDING = ("site_accuracy_m", "sxgeo_doubts")
"""The columns of :meth:`Site.standing`."""


def _card_row(site: Site) -> tuple[object, ...]:
    return (
        site.site_id,
        site.name,
        site.geometry.geom_type if site.usable else "—",
        f"{site.accuracy_m:g}（{site.accuracy_source}）",
        "；".join(site.problems),
    )


@dataclass(
    frozen=True,
    slots=True,
    repr=False,
)
class Sites(Shown):
    """Sites in the order of the files, and the autopsy of each file; it has a length, runs through
    them, and gives one by number
    or id."""

    sites: tuple[Site, ...]
    autopsy: tuple[dict[str, Any], ...] = ()

    def __repr__(self) -> str:
        bad = sum(not s.usable for s in self.sites)
        doubtful = sum(s.doubtful for s in self.sites)
        return f"<Sites: {counted(len(self.sites), 'site')}, {bad} unusable, {doubtful} doubtful>"

    def _repr_html_(self) -> str:
        # the sound ones first: a card shows the head of a long list only
        rows = [_card_row(site) for site in sorted(self.sites, key=lambda s: not s.problems)]
        colours = ["#985a00" if s.doubtful else "#1c2f3d" for s in self.sites]
        return card(
            "sxgeo · 地块 sites",
            {
                "地块 sites": f"{len(self.sites):,}",
                "不可用 unusable": sum(not s.usable for s in self.sites),
                "存疑 doubtful": sum(s.doubtful for s in self.sites),
            },
            below=table(("地块", "名称", "类型", "精度（米）", "问题"), rows),
            picture=sketch([s.geometry for s in self.sites], colours),
        )

    def __len__(self) -> int:
        return len(self.sites)

    def __bool__(self) -> bool:
        """Also where a file holds no site, it was read."""
        return True

    def __iter__(self) -> Iterator[Site]:
        return iter(self.sites)

    def __getitem__(self, key: int | str) -> Site:
        """Return a site by its number or id.

        Raises
        ------
        UsageError
            If no site has this id.
        IndexError
            If there are not so many sites.
        """
        if isinstance(key, int):
            return self.sites[key]
        found = next((s for s in self.sites if s.site_id == key), None)
        if found is None:
            raise unknown("site", key, self._ipython_key_completions_()[:20])
        return found

    def _ipython_key_completions_(self) -> list[str]:
        return [s.site_id for s in self.sites]

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return :attr:`frame`."""
        return self.frame

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """The sites as an EPSG:4490 frame: `site_id`, `name`, `file`, `accuracy_m`, `problems`,
        geometry.
        """
        columns = ("site_id", "name", "file", "accuracy_m", "problems")
        rows = {c: [getattr(s, c) for s in self.sites] for c in columns}
        rows["problems"] = ["; ".join(s.problems) for s in self.sites]
        geometry = gpd.GeoSeries([s.geometry for s in self.sites], crs=GEOGRAPHIC)
        return gpd.GeoDataFrame(rows, geometry=geometry, crs=GEOGRAPHIC)
