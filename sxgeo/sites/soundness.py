"""What keeps a geometry from being a site, and the repair of rings that cross themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..boundaries.extent import inside_china
from ..geometry.projection import plane_crs, quantise, to_degrees, to_plane
from ..geometry.straight import straight_in_degrees
from ..geometry.touching import crossings, untouched

if TYPE_CHECKING:
    from ..geometry.shapes import Floats, Shape, Shapes
    from ..model.sites import Site

_MULTIPOINT, _COLLECTION = 4, 7
MOST_SPOTS = 100_000
"""Points that are measured as one site: each is held against every resource, and a file of loose
points is no plot.
"""
_MAX_CROSSINGS = 100_000


def shape_problems(shapes: Shapes) -> dict[int, str]:
    """Say what keeps each feature from being a site, by its row; degrees, not yet quantised."""
    found: dict[int, str] = {}

    # From what is not there to what lies nowhere: each feature gets the first reason that holds.
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in np.flatnonzero(missing):
        found[int(row)] = "no geometry (null or empty); draw it or delete the row"
    for row in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION):
        found.setdefault(
            int(row), "a geometry collection; split it into polygons, lines and points"
        )

    # Coordinates are all looked at once; row by row only where some are no numbers.
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        pairs, rows = shapely.get_coordinates(shapes, return_index=True)
        for row in np.unique(rows[~np.isfinite(pairs).all(axis=1)]):
            found.setdefault(
                int(row), "coordinates that are not numbers; correct them, or delete the row"
            )

    # A multipoint of thousands would be measured pair by pair against each resource.
    spots = np.where(
        shapely.get_type_id(shapes) == _MULTIPOINT, shapely.get_num_geometries(shapes), 0
    )
    for row in np.flatnonzero(spots > MOST_SPOTS):
        found.setdefault(
            int(row),
            f"{spots[row]:,} points in one multipoint, more than are measured as one site"
            f" ({MOST_SPOTS:,}); give every point a row of its own, or draw the outline",
        )

    # The coarse outline of China catches swapped axes and the wrong zone.
    bounds = shapely.bounds(shapes)
    outside = ~inside_china(bounds)
    outside[list(found)] = False
    for row in np.flatnonzero(outside):
        found[int(row)] = _outside(shapes[row], bounds[row])
    return found


def _outside(shape: Shape, bounds: Floats) -> str:
    swapped = bool(inside_china(bounds[[1, 0, 3, 2]])[0])
    if (np.abs(bounds[[0, 2]]) > 180).any() or (np.abs(bounds[[1, 3]]) > 90).any():
        if swapped:
            return (
                f"lon and lat look swapped ({_place(shape)}); write lon first, then lat, or say"
                " --assume axis=yx"
            )
        return (
            f"coordinates {_place(shape)} are not degrees; declare the projected system of the file"
            " (a .prj or GeoPackage)"
        )
    hint = "; check its numbers, their order and the coordinate system"
    if swapped:
        hint = "; lon and lat look swapped: write lon first, or say --assume axis=yx"
    if bounds[2] - bounds[0] > 180:
        hint = (
            "; it spans more than half the globe and may cross the antimeridian: check its numbers"
        )
    return f"lies outside China ({_place(shape)}){hint}"


def _place(shape: Shape) -> str:
    """Name the first vertex that lies outside China, by its number where there are several."""
    pairs = shapely.get_coordinates(shape)
    outside = np.flatnonzero(~inside_china(np.hstack([pairs, pairs])))
    at = int(outside[0]) if len(outside) else 0
    which = f"vertex {at + 1} of {len(pairs)}: " if 0 < len(outside) < len(pairs) else ""
    return f"{which}{pairs[at, 0]:.6g}, {pairs[at, 1]:.6g}"


def _middle_lon(shape: Shape) -> float:
    """Return the longitude of the centroid; where rings that cross put that outside of the shape,
    of its box.
    """
    west, _, east, _ = shape.bounds
    lon = float(shape.centroid.x)
    return lon if west <= lon <= east else float((west + east) / 2)


def repaired(site: Site, number: int) -> Site:
    """Repair a polygon that crosses itself; the repair's doubt enters the accuracy.

    Which shape was meant is not known: the true edge may lie as far from the repaired one as the
    convex hull does.

    Parameters
    ----------
    site
        With a quantised geometry, EPSG:4490.
    number
        Of its feature in the file, from 1, for the message.

    Returns
    -------
    Site
        The site itself when it is valid; the same area, and no doubt, when its rings only touch
        themselves; without geometry when the repair leaves no area, or when there are more than
        some 100,000 crossings, by an estimate from samples: a repair takes as long as there are
        crossings.
    """
    shape = site.geometry

    # The usual case.
    if shape.is_valid:
        return site

    # A scribble cannot be repaired: each crossing would be guessed at, and the work has no end.
    if (count := crossings(shape)) > _MAX_CROSSINGS:
        text = (
            f"feature {number}: the ring crosses itself in some {count:.0e} places, too many to"
            " repair; put its points in order"
        )
        return replace(site, geometry=None, problems=(text,))

    # A ring that only touches itself has a clear area; nothing is doubtful about it.
    plane = site.crs or plane_crs(_middle_lon(shape))
    if (simple := untouched(to_plane(shape, plane))) is not None:
        plain = quantise(to_degrees(simple, plane))
        if plain.is_valid and not plain.is_empty:
            return replace(site, geometry=plain)

    # A true crossing: the area after the repair is one of several that could have been meant.
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if whole.is_empty or shapely.get_dimensions(whole) != shapely.get_dimensions(shape):
        return replace(
            site,
            geometry=None,
            problems=(f"feature {number}: a polygon without area; check its points",),
        )

    # How far the edge could lie elsewhere is measured on straight edges of the site's own plane.
    plane = site.crs or plane_crs(whole.centroid.x)
    before, after = (
        to_plane(straight_in_degrees(g, plane) if site.crs is None else g, plane)
        for g in (shape, whole)
    )

    # The depth of the hull bounds what the repair can have got wrong.
    doubt = float(shapely.hausdorff_distance(after, shapely.convex_hull(after)))
    text = (
        f"feature {number}: the ring crosses itself ({shapely.is_valid_reason(shape)}); repaired,"
        f" area {abs(before.area):.1f} -> {after.area:.1f} m2, its edge is taken as uncertain by"
        f" {doubt:.1f} m; put the points in order to be sure"
    )
    return replace(
        site,
        geometry=quantise(whole),
        accuracy_m=site.accuracy_m + doubt,
        accuracy_source=f"{site.accuracy_source}, enlarged by the repair",
        problems=(text, *site.problems),
        doubtful=True,
    )
