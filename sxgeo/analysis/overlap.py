"""How far two shapes on a plane lie apart, or how deep and how much they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

_SAMPLES = 64
_CIRCLE_AREA_M2 = 1.0
"""Smaller common parts are too thin to look for their centre."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Separation or overlap of a site and a resource, metres on the plane.

    Attributes
    ----------
    separation_m
        Distance when apart; minus the penetration when they overlap; 0 when they touch.
    distance_m
        Distance, 0 when they meet.
    share
        Part of the site (its area, else its length, else the point) that lies in the resource, 0 to 1.
    common
        Their intersection; None when apart.
    """

    separation_m: float
    distance_m: float
    area_m2: float = 0.0
    length_m: float = 0.0
    share: float = 0.0
    common: Any = None

    @property
    def penetration_m(self) -> float:
        """How deep either reaches inside the other; 0 when apart or touching."""
        return max(0.0, -self.separation_m)


def measure(site: Any, resource: Any) -> Overlap:
    """Measure a site against a resource, both valid and on the same metric plane.

    Parameters
    ----------
    site, resource
        Points, lines or polygons, also multi-part; metres.

    Returns
    -------
    Overlap
        `area_m2` is 0 unless both are polygons; `length_m` is 0 unless exactly one is a line and the other a
        polygon.
    """
    distance = float(shapely.distance(site, resource))
    if distance > 0:
        return Overlap(distance, distance)
    common = shapely.intersection(site, resource)
    if common.is_empty:  # they meet in less than the arithmetic can hold: touching
        return Overlap(0.0, 0.0)
    dimensions = (shapely.get_dimensions(site), shapely.get_dimensions(resource))
    area, length = 0.0, 0.0
    if dimensions == (2, 2):
        area = min(float(common.area), float(site.area), float(resource.area))
    elif sorted(dimensions) == [1, 2]:
        length = min(float(common.length), float(site.length if dimensions[0] == 1 else resource.length))
    return Overlap(
        separation_m=-penetration_m(site, resource, common),
        distance_m=0.0,
        area_m2=area,
        length_m=length,
        share=_share(site, resource, dimensions, area, length),
        common=common,
    )


def _share(site: Any, resource: Any, dimensions: tuple[int, int], area: float, length: float) -> float:
    if dimensions == (2, 2):
        return min(1.0, area / float(site.area)) if site.area else 0.0
    if dimensions == (1, 2):
        return min(1.0, length / float(site.length)) if site.length else 0.0
    if dimensions == (0, 2):
        parts = shapely.get_parts(site)
        return float(np.mean(shapely.intersects(parts, resource)))
    return 0.0


def penetration_m(site: Any, resource: Any, common: Any) -> float:
    """Return a lower bound of how deep either reaches inside the other, metres.

    It is the largest distance of a common point to the edge of the resource, or of the site; the common points tried
    are the vertices of the intersection, points along its edges and lines, and the centres of its largest inscribed circles.
    """
    points = _common_points(common)
    depth = 0.0
    for shape in (resource, site):
        if shapely.get_dimensions(shape) == 2:
            depth = max(depth, float(np.max(shapely.distance(points, shapely.boundary(shape)))))
    return depth


def _common_points(common: Any) -> Any:
    points = []
    for part in shapely.get_parts(common):
        edge = shapely.boundary(part) if shapely.get_dimensions(part) == 2 else part
        if shapely.get_dimensions(edge) == 1 and edge.length > 0:
            edge = shapely.segmentize(edge, edge.length / _SAMPLES)
        points.append(shapely.points(shapely.get_coordinates(edge)))
        if shapely.get_dimensions(part) == 2 and part.area > _CIRCLE_AREA_M2:
            with np.errstate(divide="ignore", over="ignore"):  # slivers: the centre is then no use, nor needed
                radius = shapely.maximum_inscribed_circle(part, tolerance=0.01 * part.area**0.5)
            centre = shapely.get_coordinates(radius)[:1]
            points.append(shapely.points(centre[np.isfinite(centre).all(axis=1)]))
    return np.concatenate([np.atleast_1d(p) for p in points])
