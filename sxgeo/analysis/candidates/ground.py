"""Slope from a user's elevation model, and classes of land from a user's land-use layer, as
constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...errors import InputError, UsageError
from ...geometry.datums import from_geographic, to_geographic
from ...geometry.straight import laid_on_plane
from ...model.accuracy import DEGREE_M
from ..accessibility.rasters import need, opened
from .constraints import NOWHERE, Bounds, Constraint
from .grown import KeepOut
from .land import free_land

if TYPE_CHECKING:
    from ..network.arrays import Floats

_MOST_PIXELS = 60_000_000
_ON_SLOPE = "slope"


@dataclass(frozen=True, slots=True)
class LandUse:
    """Shapes of land use on the plane, with the class of each."""

    field: str
    shapes: Any
    classes: Sequence[str]

    def shares(self, tree: shapely.STRtree, pieces: Any) -> dict[str, float]:
        """Return the share of each class in a candidate that is given in pieces, the largest first;
        ``"未知 unknown"`` is what the layer does not cover.
        """
        piece, row = tree.query(pieces, predicate="intersects")
        areas = shapely.area(shapely.intersection(self.shapes[row], pieces[piece]))
        found: dict[str, float] = {}
        for use, area in zip(row.tolist(), areas.tolist(), strict=True):
            found[self.classes[use]] = found.get(self.classes[use], 0.0) + area
        whole_m2 = float(shapely.area(pieces).sum())
        rest = whole_m2 - sum(found.values())
        if rest > 1.0:
            found["未知 unknown"] = rest
        ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        return {name: round(area / whole_m2, 4) for name, area in ordered if area > 1.0}


def read_land_use(
    frame: Any,
    name: str,
    field: str,
    plane: str,
) -> LandUse:
    """Take a land-use layer, a frame with a CRS, by the classes in one of its fields.

    Raises
    ------
    InputError
        If the field is not there.
    """
    if field not in frame:
        known = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        raise InputError(f"land-use layer '{name}' has no field '{field}'; it has: {known}")
    shapes = frame.geometry.to_numpy()
    areal = shapely.get_dimensions(shapes) == 2
    try:
        degrees = to_geographic(shapely.force_2d(shapes[areal]), frame.crs)
    except InputError as error:
        raise InputError(f"land-use layer '{name}': {error}") from error
    laid = laid_on_plane(np.asarray(degrees, dtype=object), plane)
    return LandUse(field, laid, [str(v) for v in frame[field][areal]])


def of_land_use(
    layer: LandUse,
    wanted: Sequence[str],
    whole: Any,
) -> tuple[Constraint, list[str]]:
    """Land is of the wanted classes: it keeps out of what the layer gives to any other.

    Where the layer says nothing the class is not known: the land stays, and is told as not known.

    Parameters
    ----------
    whole
        The area that is searched, on the plane of the layer.

    Raises
    ------
    UsageError
        If a class does not occur in the layer.
    """
    known = sorted(set(layer.classes))
    strange = [name for name in wanted if name not in known]
    if strange:
        shown = ", ".join(known[:30])
        raise UsageError(
            f"no land is of class {', '.join(map(repr, strange))} in field '{layer.field}'. Known:"
            f" {shown}."
        )
    others = layer.shapes[[name not in wanted for name in layer.classes]]
    key = "land_use"
    outs = (KeepOut(key, others, np.zeros(len(others))),) if len(others) else ()
    blank = free_land(whole, [KeepOut(key, layer.shapes, np.zeros(len(layer.shapes)))])
    blank_m2 = float(shapely.area(blank).sum())
    remarks = []
    if blank_m2 > 1.0:
        remarks.append(
            f"the land-use layer says nothing on {blank_m2 / 1e4:.1f} of the"
            f" {whole.area / 1e4:.1f} ha of the area: not excluded, told as not known"
        )
    constraint = Constraint(
        key,
        f"地类 land use: {', '.join(wanted)}",
        known=Bounds(outs=outs),
        surely=Bounds(empty="land_use: the accuracy of the land-use layer is not known"),
        blank=blank if blank_m2 > 1.0 else NOWHERE,
    )
    return constraint, remarks


def of_slope(
    path: str | Path,
    max_slope_pct: float,
    area: Any,
    plane: str,
) -> tuple[Constraint, list[str]]:
    """Land is nowhere steeper than so many percent, by the heights of a model.

    Where the model ends or has no heights, the slope is not known: the land stays, and is told as
    not known.

    Raises
    ------
    InputError
        If the model cannot be read, has no CRS, lies elsewhere, or would need more memory than a
        desk has.
    """
    features = need("rasterio.features", "slopes")
    with opened(path, "elevation model") as dataset:
        crs = dataset.crs.to_wkt()
        heights, transform = _heights(dataset, area, crs, path)
        pct = _slope_pct(heights, transform, geographic=dataset.crs.is_geographic)
    steep = _outlined(features, pct > max_slope_pct, transform, crs, plane)
    known = _outlined(features, np.isfinite(pct), transform, crs, plane)
    whole = laid_on_plane(area, plane)
    blank = shapely.difference(whole, shapely.union_all(known))
    remarks = []
    if blank.area > 1.0:
        remarks.append(
            f"elevation model '{Path(path).name}' has no slope on {blank.area / 1e4:.1f} of the"
            f" {whole.area / 1e4:.1f} ha of the area: not excluded, told as not known"
        )
    outs = (KeepOut(_ON_SLOPE, steep, np.zeros(len(steep))),) if len(steep) else ()
    words = f"坡度 slope ≤ {max_slope_pct:g} %"
    constraint = Constraint(
        _ON_SLOPE,
        words,
        known=Bounds(outs=outs),
        surely=Bounds(empty="slope: the accuracy of the model's heights is not known"),
        blank=np.array([blank], dtype=object) if blank.area > 1.0 else NOWHERE,
    )
    return constraint, remarks


def _heights(
    dataset: Any,
    area: Any,
    crs: str,
    path: str | Path,
) -> tuple[Floats, Any]:
    """Read the heights round an area, NaN where there are none, and their transform."""
    windows = need("rasterio.windows", "slopes")
    bounds = shapely.bounds(
        from_geographic(shapely.segmentize(shapely.box(*area.bounds), 0.05), crs)
    )
    window = windows.from_bounds(*bounds.tolist(), transform=dataset.transform)
    window = windows.Window(
        np.floor(window.col_off) - 2,
        np.floor(window.row_off) - 2,
        np.ceil(window.width) + 5,
        np.ceil(window.height) + 5,
    )
    there = windows.Window(0, 0, dataset.width, dataset.height)
    if not windows.intersect(window, there):
        raise InputError(
            f"elevation model '{path}' does not reach the area; give one that covers it"
        )
    window = window.intersection(there)
    if window.width * window.height > _MOST_PIXELS:
        raise InputError(
            f"elevation model '{path}' has {window.width * window.height:,.0f} pixels in the area,"
            f" more than {_MOST_PIXELS:,}; give a coarser one"
        )
    heights = dataset.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
    return heights, dataset.window_transform(window)


def _slope_pct(
    heights: Floats,
    transform: Any,
    *,
    geographic: bool,
) -> Floats:
    """Return slopes in percent from central differences; NaN at the rim and beside what is not
    known.
    """
    rise = np.full(heights.shape, np.nan)
    if min(heights.shape) < 3:
        return rise
    dx, dy = np.hypot(transform.a, transform.d), np.hypot(transform.b, transform.e)
    across = np.full(heights.shape[0], dx)
    if geographic:
        lat = transform.f + transform.e * (np.arange(heights.shape[0]) + 0.5)
        across, dy = dx * DEGREE_M * np.cos(np.radians(lat)), dy * DEGREE_M
    east = (heights[1:-1, 2:] - heights[1:-1, :-2]) / (2 * across[1:-1, None])
    north = (heights[2:, 1:-1] - heights[:-2, 1:-1]) / (2 * dy)
    rise[1:-1, 1:-1] = np.hypot(east, north) * 100
    # a pixel beside one of unknown height has a slope of its neighbours only if its own height is
    # known
    rise[~np.isfinite(heights)] = np.nan
    return rise


def _outlined(
    features: Any,
    mask: Any,
    transform: Any,
    crs: str,
    plane: str,
) -> Any:
    """Return the outlines of the pixels of a mask, on the plane."""
    if not mask.any():
        return NOWHERE
    drawn = features.shapes(mask.astype(np.uint8), mask=mask, transform=transform)
    rings = [shapely.geometry.shape(shape) for shape, _ in drawn]
    shapes = np.array(rings, dtype=object)
    degrees = np.asarray(to_geographic(shapes, crs), dtype=object)
    return laid_on_plane(degrees, plane)
