"""From the maps of a search for candidates to what the page draws: land by what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ..errors import InputError
from ..geometry.datums import to_geographic
from ..geometry.projection import GEOGRAPHIC
from ..wording import LAND_GRADES, LAND_NOT_CLEAR
from .drawing import polygons, simplified, tolerance_deg
from .style import LAND_STYLES

if TYPE_CHECKING:
    from ..geometry.shapes import Shape

LAND_TITLE = ("候选地块方案比选", "comparison of candidate sites")
"""What a map of candidates is of, in both languages."""
_NEEDED = ("grade", "area_ha", "geometry")
_STEPS = 4000
"""Steps of a drawn edge over the width of the area: finer than the pixels of a screen."""


def land_drawn(maps: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what is drawn of land by grade: rings, area and style of each, and the note below
    them.

    Parameters
    ----------
    maps
        `Candidates.maps` of :func:`sxgeo.find_candidates`.

    Raises
    ------
    InputError
        If it is no such frame.
    """
    _refuse_strange(maps)
    shapes = maps.geometry.to_numpy()
    if maps.crs != GEOGRAPHIC:
        shapes = np.asarray(to_geographic(shapes, maps.crs), dtype=object)
    drawn = dict(zip(maps["grade"], _tidied(shapes), strict=True))
    area = dict(zip(maps["grade"], maps["area_ha"], strict=True))
    rows = [_grade_row(g, drawn[g], float(area[g])) for g in LAND_GRADES if g in drawn]
    return {
        "rows": rows,
        "note_zh": LAND_NOT_CLEAR[0],
        "note_en": LAND_NOT_CLEAR[1],
    }


def _refuse_strange(maps: gpd.GeoDataFrame) -> None:
    if not isinstance(maps, gpd.GeoDataFrame) or any(c not in maps.columns for c in _NEEDED):
        raise InputError(
            "land takes the maps of sxgeo.find_candidates, a frame with the columns"
            f" {', '.join(_NEEDED)}"
        )
    if strange := sorted(set(maps["grade"]) - set(LAND_GRADES)):
        raise InputError(
            f"land has unknown grade(s) {', '.join(map(repr, strange))}. Known:"
            f" {', '.join(LAND_GRADES)}."
        )
    if maps.crs is None:
        raise InputError("land has no CRS; declare one (e.g. EPSG:4490), it is never guessed")


def _grade_row(
    grade: str,
    shape: Shape,
    area_ha: float,
) -> dict[str, Any]:
    zh, en = LAND_GRADES[grade]
    return {
        "grade": grade,
        "zh": zh,
        "en": en,
        "area_ha": round(area_ha, 1),
        "rings": polygons(shape),
        **LAND_STYLES[grade],
    }


def _tidied(shapes: Any) -> list[Shape]:
    """Simplify the maps together, so that their common edges stay common."""
    # an empty grade has no edge in common with any other
    there = [shape for shape in shapes if not shapely.is_empty(shape)]
    if not there:
        return list(shapes)
    west, south, east, north = shapely.total_bounds(there).tolist()
    fine = max(east - west, north - south) / _STEPS
    whole = shapely.box(west, south, east, north)
    tidy = iter(simplified(there, min(tolerance_deg(whole), fine)))
    return [shape if shapely.is_empty(shape) else next(tidy) for shape in shapes]
