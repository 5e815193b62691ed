"""Areas without the water in them: clipped to a land mask that the user gives (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

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
    from .origins import PlaceNotes

_POLYGONS = ("Polygon", "MultiPolygon")
_LINE_TYPES = {1, 5}
"""Lines and several lines, as GEOS counts types."""
_SLIVER_KM2 = 0.01
"""What lies beyond the mask by less is the rounding of two outlines, and no news."""


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
    # of edges first: of them no row is a polygon, and a list of all would hide the reason
    _refuse_edges(areas)
    _refuse([*_problems(areas, "areas"), *_problems(land, "land")])

    # both in degrees, where the areas were drawn and their coordinates rounded
    given, ground = _degrees(areas), _degrees(land)
    _refuse([f"land, {text}" for text in off_earth(land.index, ground)])

    # nested before they are measured, so that the columns tell what is drawn
    dry = _nested(areas, _dry(given, ground), given)
    found = _measured(areas, given, dry)
    notes = [
        *areas.attrs.get("notes", []),
        *_notes(areas, given, ground),
    ]
    found.attrs = {**areas.attrs, "notes": notes}
    return found


def _refuse_edges(areas: gpd.GeoDataFrame) -> None:
    # what is no frame of shapes at all is named with the other problems
    if not isinstance(areas, gpd.GeoDataFrame) or areas.active_geometry_name is None:
        return

    # where only some rows are lines, each of them is named below as no polygon
    if len(areas) and set(shapely.get_type_id(areas.geometry.to_numpy())) <= _LINE_TYPES:
        raise UsageError(
            "edges are not clipped to land: roads cross water on bridges; clip areas or hulls"
        )


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError(listed("nothing can be clipped:", problems[:50]))


def _degrees(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the shapes of a frame in EPSG:4490; straight edges stay straight."""
    flat = shapely.force_2d(frame.geometry.to_numpy())
    degrees: Shapes = carried(flat, lambda shapes: to_geographic(shapes, frame.crs))
    return degrees


def _dry(given: Shapes, ground: Shapes) -> Shapes:
    """Return what of each area lies on the ground."""
    # a mask as it was drawn may cross itself: mended, or GEOS refuses the union
    mask = quantise(shapely.union_all(shapely.make_valid(ground)))

    # on the grid of the coordinates, so that no sliver is left that rounding would make invalid
    dry: Shapes = shapely.intersection(given, mask, grid_size=10.0**-QUANTUM_DIGITS)

    # the mask of another region would turn all that is reached into water
    if len(given) and shapely.is_empty(dry).all():
        raise InputError("no land lies in any of the areas; is the land frame that of this region?")
    return dry


def _measured(
    areas: gpd.GeoDataFrame,
    given: Shapes,
    dry: Shapes,
) -> gpd.GeoDataFrame:
    """Return the areas as they are on land, and how much water was taken off each."""
    before_km2 = np.array([ellipsoid_area_m2(shape) / 1e6 for shape in given])
    after_km2 = np.array([ellipsoid_area_m2(shape) / 1e6 for shape in dry])

    # a new frame: the areas that were given keep their shapes
    found = areas.set_geometry(gpd.GeoSeries(dry, areas.index, crs=GEOGRAPHIC))
    found["area_km2"] = np.round(after_km2, 4)

    # rounding could leave a water of less than nothing
    water_km2 = np.maximum(np.round(before_km2 - after_km2, 4), 0)
    found.insert(list(found.columns).index("area_km2") + 1, "water_km2", water_km2)
    return found


NO_GEOMETRY = "no geometry; draw it, or delete the row"


def off_earth(labels: Iterable[object], degrees: Shapes) -> list[str]:
    """Name the rows whose coordinates are no degrees."""
    why = (
        "coordinates outside lon -180..180, lat -90..90; declare the system that its numbers are in"
    )

    # metres without their system look like degrees far beyond the pole
    rows = zip(labels, on_earth(degrees).tolist(), strict=True)
    return [f"row {label}: {why}" for label, inside in rows if not inside]


def _problems(frame: object, name: str) -> list[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return [f"{name}: not a GeoDataFrame with a geometry column"]
    problems = []
    if frame.crs is None:
        problems.append(f"{name}: no CRS; declare one (e.g. EPSG:4490), it is never guessed")
    for label, shape in zip(frame.index, frame.geometry, strict=True):
        # a row without a shape cannot even say what it is instead of a polygon
        if shape is None:
            problems.append(f"{name}, row {label}: {NO_GEOMETRY}")
        elif shape.geom_type not in _POLYGONS:
            problems.append(f"{name}, row {label}: a {shape.geom_type}, not a polygon")
    return problems


def _nested(
    areas: gpd.GeoDataFrame,
    dry: Shapes,
    given: Shapes,
) -> Shapes:
    """Nest the clipped areas of each origin anew: clipping rounds, and rounding must not break the
    order.
    """
    told = np.array(dry, dtype=object)

    # areas without an origin are nobody's smaller limit: each stands alone
    named = "origin_id" in areas.columns
    owner = areas["origin_id"].to_numpy() if named else np.arange(len(areas))
    size = shapely.area(given)
    for origin in dict.fromkeys(owner.tolist()):
        rows = np.flatnonzero(owner == origin)

        # by size of the areas as they were given: a smaller limit is never larger
        rows = rows[np.argsort(size[rows], kind="stable")]
        polygons = [_polygonal(shape) for shape in told[rows]]

        # nesting unites, and a union of what only touches brings lines and points again
        told[rows] = [_polygonal(shape) for shape in nested(polygons)]
    return told


def _polygonal(shape: Shape) -> Shape:
    """Return the polygons of a shape; clipping leaves lines and points where an area only touches
    land.
    """
    if shape.geom_type in _POLYGONS and not shape.is_empty:
        return shape

    # what is no polygon has no area: it is left out without loss
    parts = [
        part
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _notes(
    areas: gpd.GeoDataFrame,
    given: Shapes,
    ground: Shapes,
) -> PlaceNotes:
    """Return what is to be said of areas that were clipped."""
    notes: PlaceNotes = [("", "water was taken off by the land mask given, see water_km2")]

    # where the mask ends nobody knows what is land: that is said, not guessed
    extent = shapely.box(*shapely.total_bounds(ground)) if len(ground) else shapely.Polygon()

    # for each area by itself, for the largest alone may reach beyond
    beyond = shapely.difference(given, extent)
    for row, shape in zip(areas.to_dict("records"), beyond, strict=True):
        km2 = ellipsoid_area_m2(shape) / 1e6
        if km2 > _SLIVER_KM2:
            which = f"{row['minutes']:g} min: " if "minutes" in row else ""
            text = (
                f"{which}{km2:.2f} km2 lie beyond the extent of the land mask, which may end before"
                " the land does"
            )
            notes.append((row.get("origin_id", ""), text))
    return notes
