"""Areas without the water in them: clipped to a land mask that the user gives (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...errors import InputError, UsageError, listed
from ...geometry.datums import to_geographic
from ...geometry.projection import (
    GEOGRAPHIC,
    QUANTUM_DIGITS,
    ellipsoid_area_m2,
    on_earth,
    quantise,
)
from ...geometry.straight import carried
from .surface import nested

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes

_POLYGONS = ("Polygon", "MultiPolygon")


def clip_to_land(areas: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take off what does not lie on land.

    Parameters
    ----------
    areas
        Polygons of :func:`sxgeo.isochrones` or :func:`sxgeo.overland_isochrones`; no edges, for
        roads cross water on bridges.
    land
        Polygons with a CRS; whatever lies outside them counts as water. A note tells of areas that
        reach beyond the extent of the frame, where it may be the frame that ends and not the land.

    Returns
    -------
    GeoDataFrame
        The areas in their order; geometry clipped, areas of one origin nested as before, empty
        where there is no land; `area_km2` is measured anew, `water_km2` is what was taken off,
        `minutes` and all else stay. ``attrs`` are those of `areas`, with a note that water was
        taken off.

    Raises
    ------
    UsageError
        If the areas are edges.
    InputError
        If a frame has no CRS or a row of it is no polygon: all problems at once; or if no land lies
        in any area.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> areas = sxgeo.isochrones(network, (112.5489, 37.8706), minutes=[30])
    >>> land = sxgeo.load_zone("taixin").to_frame()
    >>> inside = sxgeo.clip_to_land(areas, land)
    >>> bool(inside["area_km2"].iloc[0] <= areas["area_km2"].iloc[0])
    True
    """
    if len(areas) and set(shapely.get_type_id(areas.geometry.to_numpy())) <= {1, 5}:
        raise UsageError(
            "edges are not clipped to land: roads cross water on bridges; clip areas or hulls"
        )
    problems = [*_problems(areas, "areas"), *_problems(land, "land")]
    if problems:
        raise InputError(listed("nothing can be clipped:", problems[:50]))
    given = carried(
        shapely.force_2d(areas.geometry.to_numpy()), lambda g: to_geographic(g, areas.crs)
    )
    ground = carried(
        shapely.force_2d(land.geometry.to_numpy()), lambda g: to_geographic(g, land.crs)
    )
    if problems := [f"land, {text}" for text in off_earth(land.index, ground)]:
        raise InputError(listed("nothing can be clipped:", problems[:50]))

    # where the mask ends nobody knows what is land: that is said, not guessed
    extent = shapely.box(*shapely.total_bounds(ground)) if len(ground) else shapely.Polygon()
    mask = quantise(shapely.union_all(shapely.make_valid(ground)))

    # on the grid of the coordinates, so that no sliver is left that rounding would make invalid
    dry = shapely.intersection(given, mask, grid_size=10.0**-QUANTUM_DIGITS)
    if len(areas) and shapely.is_empty(dry).all():
        raise InputError("no land lies in any of the areas; is the land frame that of this region?")
    dry = _nested(areas, dry, given)
    before_km2 = [ellipsoid_area_m2(shape) / 1e6 for shape in given]
    after_km2 = [ellipsoid_area_m2(shape) / 1e6 for shape in dry]
    found = areas.set_geometry(gpd.GeoSeries(dry, areas.index, crs=GEOGRAPHIC))
    found["area_km2"] = np.round(after_km2, 4)

    # rounding could leave a water of less than nothing
    water_km2 = np.maximum(np.round(np.array(before_km2) - np.array(after_km2), 4), 0)
    found.insert(list(found.columns).index("area_km2") + 1, "water_km2", water_km2)
    found.attrs = {
        **areas.attrs,
        "notes": [*areas.attrs.get("notes", []), *_notes(areas, given, extent)],
    }
    return found


NO_GEOMETRY = "no geometry; draw it, or delete the row"


def off_earth(labels: Iterable[object], degrees: Shapes) -> list[str]:
    """Name the rows whose coordinates are no degrees."""
    why = (
        "coordinates outside lon -180..180, lat -90..90; declare the system that its numbers are in"
    )
    rows = zip(labels, on_earth(degrees).tolist(), strict=True)
    return [f"row {label}: {why}" for label, inside in rows if not inside]


def _problems(frame: object, name: str) -> list[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return [f"{name}: not a GeoDataFrame with a geometry column"]
    problems = (
        []
        if frame.crs is not None
        else [f"{name}: no CRS; declare one (e.g. EPSG:4490), it is never guessed"]
    )
    return problems + [
        f"{name}, row {label}:"
        f" {NO_GEOMETRY if shape is None else f'a {shape.geom_type}, not a polygon'}"
        for label, shape in zip(frame.index, frame.geometry, strict=True)
        if shape is None or shape.geom_type not in _POLYGONS
    ]


def _nested(
    areas: gpd.GeoDataFrame,
    dry: Shapes,
    given: Shapes,
) -> Shapes:
    """Nest the clipped areas of each origin anew: clipping rounds, and rounding must not break the
    order.
    """
    told = np.array(dry, dtype=object)
    owner = areas["origin_id"].to_numpy() if "origin_id" in areas.columns else np.arange(len(areas))
    size = shapely.area(given)
    for origin in dict.fromkeys(owner.tolist()):
        rows = np.flatnonzero(owner == origin)

        # by size of the areas as they were given: a smaller limit is never larger
        rows = rows[np.argsort(size[rows], kind="stable")]
        told[rows] = [
            _polygonal(shape) for shape in nested([_polygonal(shape) for shape in told[rows]])
        ]
    return told


def _polygonal(shape: Shape) -> Shape:
    """Return the polygons of a shape; clipping leaves lines and points where an area only touches
    land.
    """
    if shape.geom_type in _POLYGONS and not shape.is_empty:
        return shape
    parts = [
        part
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _notes(
    areas: gpd.GeoDataFrame,
    given: Shapes,
    extent: Shape,
) -> list[tuple[Any, str]]:
    notes: list[tuple[Any, str]] = [
        ("", "water was taken off by the land mask given, see water_km2")
    ]
    beyond = shapely.difference(given, extent)
    for row, shape in zip(areas.to_dict("records"), beyond, strict=True):
        km2 = ellipsoid_area_m2(shape) / 1e6
        if km2 > 0.01:
            which = f"{row['minutes']:g} min: " if "minutes" in row else ""
            text = (
                f"{which}{km2:.2f} km2 lie beyond the extent of the land mask, which may end before"
                " the land does"
            )
            notes.append((row.get("origin_id", ""), text))
    return notes
