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
    from ..geometry.shapes import Bools, Floats, Shape, Shapes
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
    kinds = shapely.get_type_id(shapes)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _say(found, missing, "no geometry (null or empty); draw it or delete the row")
    one_kind = "a geometry collection; split it into polygons, lines and points"
    _say(found, kinds == _COLLECTION, one_kind)
    no_numbers = "coordinates that are not numbers; correct them, or delete the row"
    _say(found, _without_numbers(shapes), no_numbers)
    _say_many_spots(found, shapes)

    # The coarse outline of China catches swapped axes and the wrong zone.
    bounds = shapely.bounds(shapes)
    outside = ~inside_china(bounds)
    outside[list(found)] = False
    for row in np.flatnonzero(outside).tolist():
        found[row] = _outside(shapes[row], bounds[row])
    return found


def _say_many_spots(found: dict[int, str], shapes: Shapes) -> None:
    """A multipoint of thousands would be measured pair by pair against each resource."""
    are_several = shapely.get_type_id(shapes) == _MULTIPOINT
    spots = np.where(are_several, shapely.get_num_geometries(shapes), 0)
    for row in np.flatnonzero(spots > MOST_SPOTS).tolist():
        found.setdefault(
            row,
            f"{spots[row]:,} points in one multipoint, more than are measured as one site"
            f" ({MOST_SPOTS:,}); give every point a row of its own, or draw the outline",
        )


def _say(
    found: dict[int, str],
    where: Bools,
    reason: str,
) -> None:
    for row in np.flatnonzero(where).tolist():
        found.setdefault(row, reason)


def _without_numbers(shapes: Shapes) -> Bools:
    """Say which features have a coordinate that is none: all are looked at at once, row by row only
    where some are no numbers.
    """
    bad = np.zeros(len(shapes), dtype=bool)
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        pairs, rows = shapely.get_coordinates(shapes, return_index=True)
        bad[rows[~np.isfinite(pairs).all(axis=1)]] = True
    return bad


def _outside(shape: Shape, bounds: Floats) -> str:
    swapped = bool(inside_china(bounds[[1, 0, 3, 2]])[0])
    west, south, east, north = np.abs(bounds)
    if max(west, east) > 180 or max(south, north) > 90:
        if swapped:
            return (
                f"lon and lat look swapped ({_place(shape)}); write lon first, then lat, or say"
                " --assume axis=yx"
            )
        return (
            f"coordinates {_place(shape)} are not degrees; declare the projected system of the file"
            " (a .prj or GeoPackage)"
        )

    # Degrees that lie elsewhere: the likeliest slip is told.
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
    if (plain := _touching_only(site)) is not None:
        return replace(site, geometry=plain)

    # A true crossing: the area after the repair is one of several that could have been meant.
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if whole.is_empty or shapely.get_dimensions(whole) != shapely.get_dimensions(shape):
        text = f"feature {number}: a polygon without area; check its points"
        return replace(site, geometry=None, problems=(text,))
    return _with_repair(site, whole, number)


def _touching_only(site: Site) -> Shape | None:
    """Return the shape of rings that only touch themselves; None where they cross."""
    plane = site.crs or plane_crs(_middle_lon(site.geometry))
    simple = untouched(to_plane(site.geometry, plane))
    if simple is None:
        return None
    plain = quantise(to_degrees(simple, plane))
    # the grid of coordinates may bring two edges over each other
    return plain if plain.is_valid and not plain.is_empty else None


def _with_repair(
    site: Site,
    whole: Shape,
    number: int,
) -> Site:
    """Take the repaired shape, and say how uncertain its edge is."""
    # How far the edge could lie elsewhere is measured on straight edges of the site's own plane.
    plane = site.crs or plane_crs(whole.centroid.x)
    before, after = (
        to_plane(straight_in_degrees(shape, plane) if site.crs is None else shape, plane)
        for shape in (site.geometry, whole)
    )

    # The depth of the hull bounds what the repair can have got wrong.
    doubt_m = float(shapely.hausdorff_distance(after, shapely.convex_hull(after)))
    text = (
        f"feature {number}: the ring crosses itself ({shapely.is_valid_reason(site.geometry)});"
        f" repaired, area {abs(before.area):.1f} -> {after.area:.1f} m2, its edge is taken as"
        f" uncertain by {doubt_m:.1f} m; put the points in order to be sure"
    )
    return replace(
        site,
        geometry=quantise(whole),
        accuracy_m=site.accuracy_m + doubt_m,
        accuracy_source=f"{site.accuracy_source}, enlarged by the repair",
        problems=(text, *site.problems),
        doubtful=True,
    )
