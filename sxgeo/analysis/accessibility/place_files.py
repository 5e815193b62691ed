"""Places to travel from and to, from files of any format that sites come in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from ...errors import InputError, listed
from ...geometry.projection import GEOGRAPHIC
from ...sites.read import read_sites

if TYPE_CHECKING:
    from ...geometry.shapes import Shapes
    from ...model.sites import Site

_ASSUMED = {"shape": "points"}
"""Points that may be corners of a plot: places are points, nobody needs to be asked."""


def read_places(source: str | Path) -> gpd.GeoDataFrame:
    """Read places: points as they stand, for a line or a polygon a point that lies on it.

    Parameters
    ----------
    source
        A file of any format that :func:`sxgeo.read_sites` reads.

    Returns
    -------
    GeoDataFrame
        `id`, `name` (empty where there is none) and points, EPSG:4490, in the order of the file.
        ``attrs["remarks"]`` tells what was guessed and how many are no points.

    Raises
    ------
    InputError
        If the file cannot be read, or a place in it cannot be used: all of them in one message.
    """
    sites = read_sites(source, assume=_ASSUMED).sites
    _refuse_unusable(sites, Path(source).name)

    # what was guessed of many places is said once
    remarks = list(dict.fromkeys(problem for site in sites for problem in site.problems))
    shapes, areal = _as_points(np.array([site.geometry for site in sites], dtype=object))
    if areal:
        remarks.append(
            f"{areal} of {len(sites)} places are no points: a point on each of them stands for it"
        )
    columns = {"id": [site.site_id for site in sites], "name": [site.name for site in sites]}
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=GEOGRAPHIC)
    frame.attrs["remarks"] = remarks
    return frame


def _refuse_unusable(sites: Sequence[Site], name: str) -> None:
    wrong = [f"{site.site_id}: {'; '.join(site.problems)}" for site in sites if not site.usable]
    if wrong:
        raise InputError(listed(f"'{name}' has places that cannot be used:", wrong[:50]))


def _as_points(shapes: Shapes) -> tuple[Shapes, int]:
    """Return a point for each shape, and how many were none."""
    areal = shapely.get_type_id(shapes) != 0
    points = shapes.copy()

    # on the shape itself: the middle of a bent plot may lie outside it
    points[areal] = shapely.point_on_surface(shapes[areal])
    return points, int(areal.sum())
