"""An area with all its constraints on one plane: what a search, a description and "why not here"
hang on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.projection import meridian_of, plane_crs
from ...geometry.straight import laid_on_plane
from .constraints import (
    NOWHERE,
    Bounds,
    Constraint,
    bounds_of,
    completeness,
    of_away,
    of_class,
    of_inside,
    of_near,
)
from .ground import of_land_use, of_slope, read_land_use
from .land import Mapped, free_land, mapped_land
from .wishes import of_reach, read_frame, read_shapes

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ...layers.layers import Layer
    from ..conflicts.question import Question
    from ..conflicts.screener import Screener
    from .constraints import Grade, Told
    from .ground import LandUse
    from .request import Wish
    from .wishes import Area, Reach

_SLIVER_M2 = 1.0
_MAPPED: tuple[Grade, Grade] = ("known", "possible")


@dataclass(frozen=True, slots=True)
class World:
    """All that a search hangs on, on one plane: the area, its constraints, what answers for a site,
    and what was asked.
    """

    area: Area
    shape: Shape
    plane: str
    constraints: tuple[Constraint, ...]
    reaches: tuple[Reach, ...]
    screener: Screener
    as_of: str
    site_error_m: float
    min_area_m2: float
    min_width_m: float
    remarks: tuple[str, ...]
    land_use: LandUse | None = None
    question: Question | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def least_m2(self) -> float:
        """Return the least area of a candidate: what was asked, and never a sliver that the grid of
        degrees may fold up.
        """
        return max(self.min_area_m2, _SLIVER_M2)

    def mapped(self) -> Mapped:
        """Return the parts left as far as is known, those in doubt beside them, too small ones
        among them, and those surely not left.
        """
        known, possible = (bounds_of(self.constraints, grade) for grade in _MAPPED)
        return mapped_land(
            self.shape,
            known[:2],
            possible[:2],
            width_m=self.min_width_m,
            least_m2=self.least_m2,
        )

    def land(self, grade: Grade) -> Shapes:
        """Return the parts that the constraints leave in a grade; the least width and area are
        minded but in what is possible.
        """
        outs, ins, empty = bounds_of(self.constraints, grade)
        if empty:
            return NOWHERE
        # what is too small or narrow by the drawn edges may be large enough by the true ones
        if grade == "possible":
            return free_land(self.shape, outs, ins)
        parts = free_land(self.shape, outs, ins, width_m=self.min_width_m)
        large: Shapes = parts[shapely.area(parts) >= self.least_m2]
        return large


def build_world(
    area: Area,
    screener: Screener,
    held: Mapping[str, Layer],
    wish: Wish,
    *,
    as_of: str,
    reaches: Sequence[Reach] = (),
    remarks: Sequence[str] = (),
) -> World:
    """Lay an area and all its constraints on one plane.

    Parameters
    ----------
    held
        The layers of classes, by class.
    wish
        What is asked of land; its area, its reach and its law were read before, and are given.
    """
    plane = plane_crs(float(area.geometry.centroid.x))
    shape = laid_on_plane(area.geometry, plane)

    # what the user asks comes first, the law after it: the list of "why not here" keeps this order
    told = [of_reach(reach, plane) for reach in reaches]
    of_wish, uses = _of_wish(wish, held, area, plane, shape)
    told += of_wish
    lawful = _by_law(screener, wish, area, plane)
    notes = chain.from_iterable(texts for _, texts in told)
    return World(
        area=area,
        shape=shape,
        plane=plane,
        constraints=(*(constraint for constraint, _ in told), *lawful),
        reaches=tuple(reaches),
        screener=screener,
        as_of=as_of,
        site_error_m=wish.site_error_m,
        min_area_m2=wish.min_area_ha * 1e4,
        min_width_m=float(wish.min_width_m),
        remarks=(*remarks, *notes),
        land_use=uses,
    )


def _of_wish(
    wish: Wish,
    held: Mapping[str, Layer],
    area: Area,
    plane: str,
    shape: Shape,
) -> tuple[list[Told], LandUse | None]:
    """Return what the layers, the slope and the land use that are asked for leave, and the land use
    itself.
    """
    told: list[Told] = [(constraint, []) for constraint in _of_layers(wish, held, plane)]
    told += _of_slope(wish, area, plane)
    uses = _uses(wish, plane)
    return [*told, *_of_uses(wish, uses, shape)], uses


def _of_layers(
    wish: Wish,
    held: Mapping[str, Layer],
    plane: str,
) -> Iterator[Constraint]:
    """Yield what the layers that are named leave: inside of, away from and near to them."""
    error_m = wish.site_error_m
    for layer in wish.inside:
        yield of_inside(read_shapes(layer, held, plane), error_m)
    for layer, metres in wish.away:
        yield of_away(read_shapes(layer, held, plane), metres, error_m)
    for layer, metres in wish.near:
        yield of_near(read_shapes(layer, held, plane), metres, error_m)


def _of_slope(
    wish: Wish,
    area: Area,
    plane: str,
) -> list[Told]:
    if wish.max_slope_pct is None or wish.dem is None:
        return []
    return [of_slope(wish.dem, wish.max_slope_pct, area.geometry, plane)]


def _uses(wish: Wish, plane: str) -> LandUse | None:
    """Read the layer of land use; without classes that are asked for it tells their shares
    alone.
    """
    if wish.land_layer is None:
        return None
    name, frame = read_frame(wish.land_layer)
    return read_land_use(frame, name, wish.land_field, plane)


def _of_uses(
    wish: Wish,
    uses: LandUse | None,
    shape: Shape,
) -> list[Told]:
    # without classes that are asked for the layer only tells its shares
    if uses is None or not wish.land_use:
        return []
    return [of_land_use(uses, wish.land_use, shape)]


def _by_law(
    screener: Screener,
    wish: Wish,
    area: Area,
    plane: str,
) -> Iterator[Constraint]:
    """Yield what each class of resources leaves, in the order of the classes."""
    ground, tables = screener.prepared(plane)
    error_m = wish.site_error_m
    stretch = 1.0 + _seam(area.geometry, plane)
    for table in tables:
        if not screener.is_requested(table.layer):
            continue
        own = of_class(
            table,
            clear=table.layer.spec.id in wish.clear_of,
            site_error_m=error_m,
            stretch=stretch,
        )
        whole = completeness(table, ground, site_error_m=error_m, stretch=stretch)
        yield replace(own, surely=_where_all_is_known(own.surely, whole))


def _where_all_is_known(far: Bounds, whole: Bounds) -> Bounds:
    """Return the land that is surely available: far from all that is known, where nothing is
    unknown.
    """
    return Bounds(
        (*far.outs, *whole.outs),
        whole.ins,
        whole.empty,
    )


def _seam(shape: Shape, plane: str) -> float:
    """Return by how much distances on this plane may differ from those on the plane of any place in
    a shape.
    """
    west, south, east, _ = shapely.bounds(shape).tolist()
    # every place of it is measured on this plane
    if plane_crs(west) == plane == plane_crs(east):
        return 0.0
    meridian = meridian_of(plane)
    farthest = np.radians(max(abs(west - meridian), abs(east - meridian)))
    # the scale of the projection grows by half the square of the angle; 0.0003 is that of a place
    # on its own plane
    return float((farthest * np.cos(np.radians(max(south, 0.0)))) ** 2 / 2 + 0.0003)
