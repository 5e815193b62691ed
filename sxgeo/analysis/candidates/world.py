"""An area with all its constraints on one plane: what a search, a description and "why not here"
hang on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.projection import meridian_of, plane_crs
from ...geometry.straight import laid_on_plane
from .constraints import (
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
from .land import free_land, mapped_land
from .wishes import LAND_FIELD, of_reach, read_frame, read_shapes

if TYPE_CHECKING:
    from ...layers.layers import Layer
    from ..conflicts.question import Question
    from ..conflicts.screener import Screener
    from .constraints import Grade
    from .ground import LandUse
    from .wishes import Area, Reach

_SLIVER_M2 = 1.0


@dataclass(frozen=True, slots=True)
class World:
    """All that a search hangs on, on one plane: the area, its constraints, what answers for a site,
    and what was asked.
    """

    area: Area
    shape: Any
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

    def mapped(self) -> tuple[Any, Any, Any]:
        """Return the parts left as far as is known, those in doubt beside them, too small ones
        among them, and those surely not left.
        """
        sides = []
        for grade in ("known", "possible"):
            outs, ins, _ = bounds_of(self.constraints, grade)
            sides.append((outs, ins))
        parts: tuple[Any, Any, Any] = mapped_land(
            self.shape, *sides, width_m=self.min_width_m, least_m2=self.least_m2
        )
        return parts

    def land(self, grade: Grade) -> Any:
        """Return the parts that the constraints leave in a grade; the least width and area are
        minded but in what is possible.
        """
        outs, ins, empty = bounds_of(self.constraints, grade)
        if empty:
            return np.array([], dtype=object)
        width = 0.0 if grade == "possible" else self.min_width_m
        parts = free_land(self.shape, outs, ins, width_m=width)
        return parts if grade == "possible" else parts[shapely.area(parts) >= self.least_m2]


def build_world(
    area: Area,
    screener: Screener,
    held: Mapping[str, Layer],
    *,
    as_of: str,
    reaches: Sequence[Reach] = (),
    clear_of: Sequence[str] = (),
    inside: Sequence[Any] = (),
    away: Sequence[tuple[Any, float]] = (),
    near: Sequence[tuple[Any, float]] = (),
    max_slope_pct: float | None = None,
    dem: str | Path | None = None,
    land_use: Sequence[str] = (),
    land_layer: Any = None,
    land_field: str = LAND_FIELD,
    site_error_m: float,
    min_area_m2: float = 0.0,
    min_width_m: float = 0.0,
    remarks: Sequence[str] = (),
) -> World:
    """Lay an area and all its constraints on one plane; the parameters are those of
    :func:`find_candidates`, read.
    """
    plane = plane_crs(float(area.geometry.centroid.x))
    ground, tables = screener.prepared(plane)
    stretch = 1.0 + _seam(area.geometry, plane)
    whole = laid_on_plane(area.geometry, plane)
    constraints, said = [], list(remarks)
    # what the user asks comes first, the law after it: the list of "why not here" keeps this order
    for reach in reaches:
        constraint, told = of_reach(reach, plane)
        constraints.append(constraint)
        said += told
    constraints += [of_inside(read_shapes(one, held, plane), site_error_m) for one in inside]
    constraints += [of_away(read_shapes(one, held, plane), m, site_error_m) for one, m in away]
    constraints += [of_near(read_shapes(one, held, plane), m, site_error_m) for one, m in near]
    if max_slope_pct is not None and dem is not None:
        constraint, told = of_slope(dem, max_slope_pct, area.geometry, plane)
        constraints.append(constraint)
        said += told
    uses = None
    if land_layer is not None:
        name, frame = read_frame(land_layer)
        uses = read_land_use(frame, name, land_field, plane)
        if land_use:
            constraint, told = of_land_use(uses, land_use, whole)
            constraints.append(constraint)
            said += told
    for table in tables:
        if not screener.is_requested(table.layer):
            continue
        class_id = table.layer.spec.id
        own = of_class(
            table,
            clear=class_id in clear_of,
            site_error_m=site_error_m,
            stretch=stretch,
        )
        known = completeness(table, ground, site_error_m=site_error_m, stretch=stretch)
        sure = Bounds((*own.surely.outs, *known.outs), known.ins, known.empty)
        constraints.append(replace(own, surely=sure))
    return World(
        area=area,
        shape=whole,
        plane=plane,
        constraints=tuple(constraints),
        reaches=tuple(reaches),
        screener=screener,
        as_of=as_of,
        site_error_m=site_error_m,
        min_area_m2=min_area_m2,
        min_width_m=min_width_m,
        remarks=tuple(said),
        land_use=uses,
    )


def _seam(shape: Any, plane: str) -> float:
    """Return by how much distances on this plane may differ from those on the plane of any place in
    a shape.
    """
    west, south, east, _ = shapely.bounds(shape).tolist()
    if plane_crs(west) == plane == plane_crs(east):
        return 0.0
    meridian = meridian_of(plane)
    farthest = np.radians(max(abs(west - meridian), abs(east - meridian)))
    # the scale of the projection grows by half the square of the angle; 0.0003 is that of a place
    # on its own plane
    return float((farthest * np.cos(np.radians(max(south, 0.0)))) ** 2 / 2 + 0.0003)
