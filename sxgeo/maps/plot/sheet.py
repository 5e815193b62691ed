"""The sheet of paper: where its parts stand, and the way from lat, lon to millimetres on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.datums import from_geographic
from ...geometry.projection import plane_crs

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...geometry.shapes import Floats, Shape, Shapes

SUFFIXES = (".png", ".pdf", ".svg")
"""What a static figure can be saved as."""
SIZES = ("a4", "a3")
PAPER_MM = {"a4": (297.0, 210.0), "a3": (420.0, 297.0)}
_LETTERING = {"a4": 1.0, "a3": 1.22}
_MARGIN, _HEAD, _FOOT, _LEGEND, _GAP, _TICKS = 7.0, 14.5, 9.5, 62.0, 3.0, 4.2
_UPRIGHT_GAIN = 1.12
"""How much larger an upright sheet must draw the zone to be taken."""
_WIDEST_DEG = 9.0
CONIC = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +datum=WGS84 +units=m +no_defs"
"""Equal-area conic that atlases of China use: standard parallels 25 N and 47 N, central meridian
105 E.
"""
_PAD = 0.05

Box = tuple[float, float, float, float]
Point = tuple[float, float]


def middle_of(box: Box) -> Point:
    """Return the middle of a box."""
    left, bottom, right, top = box
    return (left + right) / 2, (bottom + top) / 2


def multiples(
    step: float,
    low: float,
    high: float,
) -> list[float]:
    """Return the multiples of a step from one bound to the other."""
    return [
        n * step
        for n in range(
            math.ceil(low / step),
            math.floor(high / step) + 1,
        )
    ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet and its projection.

    Attributes
    ----------
    size
        Key of `PAPER_MM`.
    width_mm, height_mm
        Of the paper.
    frame, legend
        Map frame and legend column: left, bottom, right, top in millimetres from the lower left
        corner.
    crs
        Plane of the map.
    metres_per_mm
        Scale at the middle of the map.
    middle_m
        Point of the plane at the middle of the frame.
    """

    size: str
    width_mm: float
    height_mm: float
    frame: Box
    legend: Box
    crs: str
    metres_per_mm: float
    middle_m: Point

    @property
    def lettering(self) -> float:
        """Factor of letters and symbols: larger on a larger sheet."""
        return _LETTERING[self.size]

    @property
    def denominator(self) -> int:
        """Denominator of the scale, two digits."""
        exact = self.metres_per_mm * 1000
        return int(round(exact, 1 - math.floor(math.log10(exact))))

    @property
    def crs_words(self) -> str:
        """The plane in words."""
        if self.crs == CONIC:
            return "绘图投影：等积圆锥（标准纬线25°、47°，中央经线105°）"
        return f"绘图平面：CGCS2000 3°带高斯-克吕格（{self.crs}）"

    def flat(self, lat_lon: Sequence[Sequence[float]]) -> Floats:
        """Place [lat, lon] pairs: an array of x, y in millimetres."""
        lon_lat = np.asarray(lat_lon, dtype=float)[:, ::-1]
        line = from_geographic(shapely.multipoints(lon_lat), self.crs)
        return self.on_paper(shapely.get_coordinates(line))

    def on_paper(self, xy_m: Floats) -> Floats:
        """Millimetres of points of the plane."""
        return (np.asarray(xy_m) - self.middle_m) / self.metres_per_mm + middle_of(self.frame)

    def on_plane(self, xy_mm: Floats) -> Floats:
        """Places of the plane, in metres, of millimetres on the sheet."""
        return (np.asarray(xy_mm) - middle_of(self.frame)) * self.metres_per_mm + self.middle_m

    def areas(self, polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> Shapes:
        """Return an array with a polygon in millimetres for each list of rings of [lat, lon]; all
        are placed at once.
        """
        rings = [ring for polygon in polygons for ring in polygon]
        if not rings:
            return np.empty(0, dtype=object)

        # all rings go through the projection at once
        flat = self.flat([pair for ring in rings for pair in ring])
        closed = shapely.linearrings(flat, indices=_owners(rings))
        parts: Shapes = shapely.make_valid(shapely.polygons(closed, indices=_owners(polygons)))
        return parts

    def area(self, rings: Iterable[Iterable[Sequence[Sequence[float]]]]) -> Shape:
        """Return the polygons whose rings are lists of [lat, lon] as one shape in millimetres."""
        parts = self.areas([[ring for ring in part if len(ring) >= 3] for part in rings])
        return shapely.union_all(parts) if len(parts) else shapely.Polygon()

    def zone(self, counties: Sequence[Shape], outline: Iterable[Any]) -> Shape:
        """Return a zone in millimetres: its counties together, or the rings of its outline where it
        has none.
        """
        return shapely.union_all(counties) if counties else self.area(outline)

    def shape(self, geometry: Shape) -> Shape:
        """Place a lon/lat geometry: the same in millimetres."""
        return shapely.transform(from_geographic(geometry, self.crs), self.on_paper)


def lay_out(whole: Shape, size: str) -> Sheet:
    """Choose plane, direction of the sheet and scale so that the lon/lat shape `whole` fills the
    frame.
    """
    west, _, east, _ = shapely.bounds(whole)
    crs = plane_crs((west + east) / 2) if east - west <= _WIDEST_DEG else CONIC
    bounds: Box = tuple(shapely.bounds(from_geographic(whole, crs)))
    wide, high = PAPER_MM[size]

    # upright only where it gains enough: a series of maps should lie alike
    lying, upright = (_sheet(size, paper, crs, bounds) for paper in ((wide, high), (high, wide)))
    return upright if upright.metres_per_mm * _UPRIGHT_GAIN < lying.metres_per_mm else lying


def _sheet(
    size: str,
    paper: Point,
    crs: str,
    bounds: Box,
) -> Sheet:
    """Lay a plane with these bounds on a paper that is held this way."""
    frame, legend = _parts(size, paper)
    left, bottom, right, top = frame
    west, south, east, north = bounds

    # the narrower way decides, with some land round the zone
    scale = max(
        (east - west) / (right - left),
        (north - south) / (top - bottom),
    ) * (1 + 2 * _PAD)
    return Sheet(
        size=size,
        width_mm=paper[0],
        height_mm=paper[1],
        frame=frame,
        legend=legend,
        crs=crs,
        metres_per_mm=float(scale),
        middle_m=middle_of(bounds),
    )


def _parts(size: str, paper: Point) -> tuple[Box, Box]:
    """Return map frame and legend column of a paper."""
    wide, high = paper
    grown = _LETTERING[size]
    head, foot, column = _HEAD * grown, _FOOT * grown, _LEGEND * grown

    # degrees are written on the left of the frame and under it
    left, bottom = _MARGIN + _TICKS * grown, _MARGIN + foot + _TICKS * grown
    frame = (left, bottom, wide - _MARGIN - column - _GAP, high - _MARGIN - head)
    return frame, (wide - _MARGIN - column, bottom, wide - _MARGIN, high - _MARGIN)


def _owners(groups: Sequence[Sequence[object]]) -> npt.NDArray[np.intp]:
    """Return for each member of some groups, in their order, the number of its group."""
    return np.repeat(np.arange(len(groups)), [len(group) for group in groups])
