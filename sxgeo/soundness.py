"""What keeps a geometry from being a site, and the repair of rings that cross themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from .model import Site
from .places import inside_china
from .projection import plane_crs, quantise, to_plane

_COLLECTION = 7
_MAX_CROSSINGS = 100_000
_SAMPLE = 1_000
_SAME = 1e-9
_SAME_M2 = 1e-3
_SAME_M = 1e-3


def shape_problems(shapes: Any) -> dict[int, str]:
    """Say what keeps each feature from being a site, by its row; degrees, not yet quantised."""
    found: dict[int, str] = {}
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in np.flatnonzero(missing):
        found[int(row)] = "no geometry (null or empty); draw it or delete the row"
    for row in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION):
        found.setdefault(int(row), "a geometry collection; split it into polygons, lines and points")
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        pairs, rows = shapely.get_coordinates(shapes, return_index=True)
        for row in np.unique(rows[~np.isfinite(pairs).all(axis=1)]):
            found.setdefault(int(row), "coordinates that are not numbers")
    bounds = shapely.bounds(shapes)
    outside = ~inside_china(bounds)
    outside[list(found)] = False
    for row in np.flatnonzero(outside):
        found[int(row)] = _outside(shapes[row], bounds[row])
    return found


def _outside(shape: Any, bounds: Any) -> str:
    swapped = bool(inside_china(bounds[[1, 0, 3, 2]])[0])
    if (np.abs(bounds[[0, 2]]) > 180).any() or (np.abs(bounds[[1, 3]]) > 90).any():
        if swapped:
            return f"lon and lat look swapped ({_place(shape)}); write lon first, then lat, or say --assume axis=yx"
        return f"coordinates {_place(shape)} are not degrees; declare the projected system of the file (a .prj or GeoPackage)"
    hint = "; lon and lat look swapped: write lon first, or say --assume axis=yx" if swapped else ""
    if bounds[2] - bounds[0] > 180:
        hint = "; it spans more than half the globe: it may cross the antimeridian"
    return f"lies outside China ({_place(shape)}){hint}"


def _place(shape: Any) -> str:
    """Name the first vertex that lies outside China, by its number where there are several."""
    pairs = shapely.get_coordinates(shape)
    outside = np.flatnonzero(~inside_china(np.hstack([pairs, pairs])))
    at = int(outside[0]) if len(outside) else 0
    which = f"vertex {at + 1} of {len(pairs)}: " if 0 < len(outside) < len(pairs) else ""
    return f"{which}{pairs[at, 0]:.6g}, {pairs[at, 1]:.6g}"


def repaired(site: Site, number: int) -> Site:
    """Repair a polygon that crosses itself; the repair's doubt enters the accuracy.

    Which shape was meant is not known: the true edge may lie as far from the repaired one as the convex hull does.

    Parameters
    ----------
    site
        With a quantised geometry, EPSG:4490.
    number
        Of its feature in the file, from 1, for the message.

    Returns
    -------
    Site
        The site itself when it is valid; without geometry when the repair leaves no area, or when there are more than some
        100,000 crossings, by an estimate from samples: a repair takes as long as there are crossings.
    """
    shape = site.geometry
    if shape.is_valid:
        return site
    if (crossings := _crossings(shape)) > _MAX_CROSSINGS:
        text = f"feature {number}: the ring crosses itself in some {crossings:.0e} places, too many to repair; put its points in order"
        return replace(site, geometry=None, problems=(text,))
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if whole.is_empty or shapely.get_dimensions(whole) != shapely.get_dimensions(shape):
        return replace(site, geometry=None, problems=(f"feature {number}: a polygon without area; check its points",))
    plane = site.crs or plane_crs(whole.centroid.x)
    before, after = (to_plane(g, plane) for g in (shape, whole))
    if _only_touches(shape, before, after):
        text = (
            f"feature {number}: a ring touches itself ({shapely.is_valid_reason(shape)}); its parts and holes were told "
            f"apart, the area stays {after.area:.1f} m2"
        )
        return replace(site, geometry=quantise(whole), problems=(text, *site.problems))
    doubt = float(shapely.hausdorff_distance(after, shapely.convex_hull(after)))
    text = (
        f"feature {number}: the ring crosses itself ({shapely.is_valid_reason(shape)}); repaired, area "
        f"{abs(before.area):.1f} -> {after.area:.1f} m2, its edge is taken as uncertain by {doubt:.1f} m; "
        "put the points in order to be sure"
    )
    return replace(
        site,
        geometry=quantise(whole),
        accuracy_m=site.accuracy_m + doubt,
        accuracy_source=f"{site.accuracy_source}, enlarged by the repair",
        problems=(text, *site.problems),
        doubtful=True,
    )


def _only_touches(shape: Any, before: Any, after: Any) -> bool:
    """Say whether a polygon covers the same ground after its repair: its rings touch themselves, and none crosses another."""
    if abs(abs(before.area) - after.area) > _SAME_M2 + _SAME * after.area or _crossings(shape):
        return False
    lines = [shapely.union_all(shapely.get_rings(shapely.get_parts(g))) for g in (before, after)]
    return bool(shapely.length(shapely.difference(lines[0], shapely.buffer(lines[1], _SAME_M))) < _SAME_M)


def _crossings(shape: Any) -> float:
    """Estimate from samples how often the edges of a polygon cross: a repair takes as long as there are crossings."""
    pairs, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    edges = np.hstack([pairs[:-1], pairs[1:]])[ring[1:] == ring[:-1]]
    count = len(edges)
    spread = edges[:: max(1, count // _SAMPLE)][:_SAMPLE]
    worst = _crossing_pairs(spread) * (count / max(1, len(spread))) ** 2
    if count > _SAMPLE:  # tangles between neighbours, which a sample from afar does not show
        for start in np.linspace(0, count - _SAMPLE, 5).astype(int).tolist():
            worst = max(worst, _crossing_pairs(edges[start : start + _SAMPLE]) * count / _SAMPLE)
    return worst


def _crossing_pairs(edges: Any) -> int:
    """Count the pairs of segments (x0, y0, x1, y1) that cross properly."""
    boxes = shapely.box(*(f(edges[:, k], edges[:, k + 2]) for f in (np.minimum, np.maximum) for k in (0, 1)))
    first, second = shapely.STRtree(boxes).query(boxes)
    a, b = (edges[rows[first < second]] for rows in (first, second))

    def side(line: Any, point: Any) -> Any:
        run, rise = line[:, 2] - line[:, 0], line[:, 3] - line[:, 1]
        return run * (point[:, 1] - line[:, 1]) - rise * (point[:, 0] - line[:, 0])

    apart = (side(a, b[:, :2]) * side(a, b[:, 2:]) < 0) & (side(b, a[:, :2]) * side(b, a[:, 2:]) < 0)
    return int(apart.sum())
