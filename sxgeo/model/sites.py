"""A plot of land as it was read, and all plots of one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from ..geometry.projection import GEOGRAPHIC


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
