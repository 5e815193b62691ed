"""How far two shapes on a plane lie apart, or how deep and how much they overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from .shapes import Floats, Shape, Shapes

_LINE_SAMPLES = 32
_SCANS = 16
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
        Part of the site (its area, else its length, else the point) that lies in the resource, 0 to
        1.
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


def measure(site: Shape, resource: Shape) -> Overlap:
    """Measure a site against a resource, both valid and on the same metric plane.

    Parameters
    ----------
    site, resource
        Points, lines or polygons, also multi-part; metres.

    Returns
    -------
    Overlap
        `area_m2` is 0 unless both are polygons; `length_m` is 0 unless exactly one is a line and
        the other a polygon.
    """
    # Apart: nothing in common has to be cut out.
    distance = float(shapely.distance(site, resource))
    if distance > 0:
        return Overlap(distance, distance)
    common = common_part(site, resource)
    if common.is_empty:  # they meet in less than the arithmetic can hold: touching
        return Overlap(0.0, 0.0)
    dimensions = (shapely.get_dimensions(site), shapely.get_dimensions(resource))
    area, length = _in_common(site, resource, dimensions, common)
    return Overlap(
        separation_m=-penetration_m(site, resource, common),
        distance_m=0.0,
        area_m2=area,
        length_m=length,
        share=_share(site, resource, dimensions, area, length),
        common=common,
    )


def _in_common(
    site: Shape,
    resource: Shape,
    dimensions: tuple[int, int],
    common: Shape,
) -> tuple[float, float]:
    """Return only what has meaning for the pair: an area of two areas, a length of a line in an
    area. The overlay may give a hair more than either shape has, hence the bounds.
    """
    if dimensions == (2, 2):
        return min(
            float(common.area),
            float(site.area),
            float(resource.area),
        ), 0.0
    if sorted(dimensions) == [1, 2]:
        line = site if dimensions[0] == 1 else resource
        return 0.0, min(float(common.length), float(line.length))
    return 0.0, 0.0


def common_part(site: Shape, resource: Shape) -> Shape:
    """Return what two shapes that meet have in common.

    One that lies inside the other needs no overlay, it is the answer; a shape that the arithmetic
    cannot hold as it is, is repaired and tried once more.
    """
    try:
        if _lies_inside(site, resource):
            return site
        if _lies_inside(resource, site):
            return resource
        return shapely.intersection(site, resource)
    # an outline that is sound in degrees may cross itself by a hair on the plane
    except shapely.GEOSException:
        sound = (
            shapely.make_valid(shape, method="structure", keep_collapsed=True)
            for shape in (site, resource)
        )
        return shapely.intersection(*sound)


def _lies_inside(inner: Shape, outer: Shape) -> bool:
    return shapely.get_dimensions(outer) == 2 and bool(shapely.contains_properly(outer, inner))


def _share(
    site: Shape,
    resource: Shape,
    dimensions: tuple[int, int],
    area: float,
    length: float,
) -> float:
    # neither the area nor the length is more than the site has: see _in_common
    if dimensions == (2, 2):
        return area / float(site.area) if site.area else 0.0
    if dimensions == (1, 2):
        return length / float(site.length) if site.length else 0.0
    if dimensions == (0, 2):
        parts = shapely.get_parts(site)
        return float(np.mean(shapely.intersects(parts, resource)))
    return 0.0


def penetration_m(
    site: Shape,
    resource: Shape,
    common: Shape,
) -> float:
    """Return a lower bound of how deep either reaches inside the other, metres.

    It is the largest distance of a common point to the edge of the resource, or of the site; the
    common points tried are the vertices of the intersection, points along its lines, the middles of
    scan lines through its polygons, and the centres of their largest inscribed circles.
    """
    points = common_points(common)
    depth = 0.0
    for shape in (resource, site):
        if shapely.get_dimensions(shape) == 2:
            depth = max(
                depth,
                float(np.max(shapely.distance(points, shapely.boundary(shape)))),
            )
    return depth


def common_points(common: Shape) -> Shapes:
    """Return places of an intersection at which its depth is tried: array of points."""
    points = []
    for part in shapely.get_parts(common):
        points.append(shapely.points(shapely.get_coordinates(part)))
        dimension = shapely.get_dimensions(part)
        # a line may be deepest between its corners, a polygon anywhere
        if dimension == 1:
            shares = np.linspace(0, 1, _LINE_SAMPLES)
            points.append(shapely.line_interpolate_point(part, shares, normalized=True))
        elif dimension == 2 and part.area > 0:
            points.append(shapely.points(_scanned(part)))
            points.append(_centre(part))
    return np.concatenate([np.atleast_1d(p) for p in points])


def _centre(part: Shape) -> Shapes:
    """Return the centre of the largest inscribed circle as an array of one point; of none for a
    sliver.
    """
    if part.area <= _CIRCLE_AREA_M2:
        none: Shapes = shapely.points(np.empty((0, 2)))
        return none
    # slivers: the centre is then no use, nor needed
    with np.errstate(divide="ignore", over="ignore"):
        radius = shapely.maximum_inscribed_circle(part, tolerance=0.01 * part.area**0.5)
    centre = shapely.get_coordinates(radius)[:1]
    centres: Shapes = shapely.points(centre[np.isfinite(centre).all(axis=1)])
    return centres


def _scanned(part: Shape) -> Floats:
    """Return the middles of what level and upright lines at every sixteenth of its extent cut out
    of a polygon.

    They run along a strip in whatever direction it lies, and do not hang on where its vertices are.
    """

    # All rings together, holes too: along a line, inside and outside take turns.
    rings = [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
    starts = np.concatenate([ring[:-1] for ring in rings])
    ends = np.concatenate([ring[1:] for ring in rings])
    return np.concatenate([*_scans(starts, ends, 1), *_scans(starts, ends, 0)])


def _scans(
    starts: Floats,
    ends: Floats,
    across: int,
) -> Iterator[Floats]:
    """Yield the middles that each line of one direction cuts out of a polygon: level ones (`across`
    1) or upright ones (0).
    """
    low, high = starts[:, across].min(), starts[:, across].max()
    for step in range(1, _SCANS):
        level = low + (high - low) * step / _SCANS
        middle = _middles(starts, ends, across, level)
        # all of them lie at the level of their line
        places = np.full((len(middle), 2), level)
        places[:, 1 - across] = middle
        yield places


def _middles(
    starts: Floats,
    ends: Floats,
    across: int,
    level: float,
) -> Floats:
    """Return the middles of what a line at a height (`across` 1), or at an x (0), cuts out of a
    polygon, along that line.
    """
    # half-open: a corner at the very level is cut once, so the cuts stay even in number
    cut = (starts[:, across] > level) != (ends[:, across] > level)
    a, b = starts[cut], ends[cut]
    along = 1 - across
    run, rise = b[:, along] - a[:, along], b[:, across] - a[:, across]
    places = np.sort(a[:, along] + (level - a[:, across]) * run / rise)

    # From an odd cut to the next even one lies the inside.
    middles: Floats = (places[0::2] + places[1::2]) / 2
    return middles
