"""Slope from a user's elevation model, and classes of land from a user's land-use layer, as
constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from ...errors import InputError, UsageError
from ...geometry.datums import from_geographic, to_geographic
from ...geometry.shapes import AnyCrs, Bools, Floats, Shape, Shapes
from ...geometry.straight import laid_on_plane
from ...model.accuracy import DEGREE_M
from ..accessibility.rasters import need, opened
from .constraints import NOWHERE, Bounds, Constraint, Told
from .grown import KeepOut
from .land import free_land

_MOST_PIXELS = 60_000_000
_ON_SLOPE, _ON_USE = "slope", "land_use"
_SLIVER_M2 = 1.0


@dataclass(frozen=True, slots=True)
class LandUse:
    """Shapes of land use on the plane, with the class of each."""

    field: str
    shapes: Shapes
    classes: Sequence[str]

    def shares(self, tree: shapely.STRtree, pieces: Shapes) -> dict[str, float]:
        """Return the share of each class in a candidate that is given in pieces, the largest first;
        ``"未知 unknown"`` is what the layer does not cover.
        """
        by_class = self._areas_m2(tree, pieces)
        whole_m2 = float(shapely.area(pieces).sum())
        # outlines that do not fit to a hair leave slivers: a square metre is no class
        rest = whole_m2 - sum(by_class.values())
        if rest > _SLIVER_M2:
            by_class["未知 unknown"] = rest
        ordered = sorted(
            by_class.items(),
            key=lambda pair: (-pair[1], pair[0]),
        )
        return {name: round(area / whole_m2, 4) for name, area in ordered if area > _SLIVER_M2}

    def _areas_m2(self, tree: shapely.STRtree, pieces: Shapes) -> dict[str, float]:
        """Return how much of the pieces each class takes, in the order in which it is found."""
        piece, row = tree.query(pieces, predicate="intersects")
        areas = shapely.area(shapely.intersection(self.shapes[row], pieces[piece]))
        by_class: dict[str, float] = {}
        for use, area in zip(
            row.tolist(),
            areas.tolist(),
            strict=True,
        ):
            name = self.classes[use]
            by_class[name] = by_class.get(name, 0.0) + area
        return by_class


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
    # labels and lines of a survey have no area to share
    areal = shapely.get_dimensions(shapes) == 2
    try:
        laid = _laid(shapely.force_2d(shapes[areal]), frame.crs, plane)
    except InputError as error:
        raise InputError(f"land-use layer '{name}': {error}") from error
    return LandUse(field, laid, [str(v) for v in frame[field][areal]])


def _laid(
    shapes: Shapes,
    crs: AnyCrs,
    plane: str,
) -> Shapes:
    """Lay shapes of any system on the plane."""
    degrees = np.asarray(to_geographic(shapes, crs), dtype=object)
    return laid_on_plane(degrees, plane)


def of_land_use(
    layer: LandUse,
    wanted: Sequence[str],
    whole: Shape,
) -> Told:
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
    _refuse_unknown(layer, wanted)
    others = layer.shapes[[name not in wanted for name in layer.classes]]
    blank = free_land(
        whole,
        [
            KeepOut(
                _ON_USE,
                layer.shapes,
                np.zeros(len(layer.shapes)),
            )
        ],
    )
    return _of_ground(
        _Ground(
            key=_ON_USE,
            words=f"地类 land use: {', '.join(wanted)}",
            unlawful=others,
            blank=blank,
            silent="the land-use layer says nothing on",
            unsure="the accuracy of the land-use layer is not known",
        ),
        whole.area,
    )


def _refuse_unknown(layer: LandUse, wanted: Sequence[str]) -> None:
    """Raise for classes that do not occur: misspelt, they would leave no land, and say nothing."""
    known = sorted(set(layer.classes))
    strange = [name for name in wanted if name not in known]
    if strange:
        shown = ", ".join(known[:30])
        raise UsageError(
            f"no land is of class {', '.join(map(repr, strange))} in field '{layer.field}'. Known:"
            f" {shown}."
        )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a layer of the user's says of the ground: where it is not as it was asked for, and where
    it says nothing; the words of both.
    """

    key: str
    words: str
    unlawful: Shapes
    blank: Shapes
    silent: str
    unsure: str


def _of_ground(ground: _Ground, whole_m2: float) -> Told:
    """Return the constraint: land stays where nothing is said, is told as not known, and is never
    surely available.
    """
    outs: tuple[KeepOut, ...] = ()
    if len(ground.unlawful):
        outs = (
            KeepOut(
                ground.key,
                ground.unlawful,
                np.zeros(len(ground.unlawful)),
            ),
        )
    blank_m2 = float(shapely.area(ground.blank).sum())
    is_silent = blank_m2 > _SLIVER_M2
    remarks = []
    if is_silent:
        remarks.append(
            f"{ground.silent} {blank_m2 / 1e4:.1f} of the {whole_m2 / 1e4:.1f} ha of the area:"
            " not excluded, told as not known"
        )
    constraint = Constraint(
        ground.key,
        ground.words,
        known=Bounds(outs=outs),
        surely=Bounds(empty=f"{ground.key}: {ground.unsure}"),
        blank=ground.blank if is_silent else NOWHERE,
    )
    return constraint, remarks


def of_slope(
    path: str | Path,
    max_slope_pct: float,
    area: Shape,
    plane: str,
) -> Told:
    """Land is nowhere steeper than so many percent, by the heights of a model.

    Where the model ends or has no heights, the slope is not known: the land stays, and is told as
    not known.

    Raises
    ------
    InputError
        If the model cannot be read, has no CRS, lies elsewhere, or would need more memory than a
        desk has.
    """
    pct, pixels = _slopes(path, area, plane)
    steep = pixels.outlined(pct > max_slope_pct)
    known = pixels.outlined(np.isfinite(pct))
    whole = laid_on_plane(area, plane)
    blank = shapely.difference(whole, shapely.union_all(known))
    return _of_ground(
        _Ground(
            key=_ON_SLOPE,
            words=f"坡度 slope ≤ {max_slope_pct:g} %",
            unlawful=steep,
            blank=np.array([blank], dtype=object),
            silent=f"elevation model '{Path(path).name}' has no slope on",
            unsure="the accuracy of the model's heights is not known",
        ),
        whole.area,
    )


def _slopes(
    path: str | Path,
    area: Shape,
    plane: str,
) -> tuple[Floats, _Pixels]:
    """Read the slopes round an area, in percent, and where their pixels lie."""
    features = need("rasterio.features", "slopes")
    with opened(path, "elevation model") as dataset:
        crs = dataset.crs.to_wkt()
        heights, transform = _heights(dataset, area, crs, path)
        pct = _slope_pct(heights, transform, geographic=dataset.crs.is_geographic)
    return pct, _Pixels(features, transform, crs, plane)


def _heights(
    dataset: Any,
    area: Shape,
    crs: str,
    path: str | Path,
) -> tuple[Floats, Any]:
    """Read the heights round an area, NaN where there are none, and their transform."""
    windows = need("rasterio.windows", "slopes")
    window = _window_round(dataset, area, crs)
    there = windows.Window(0, 0, dataset.width, dataset.height)
    if not windows.intersect(window, there):
        raise InputError(
            f"elevation model '{path}' does not reach the area; give one that covers it"
        )
    window = window.intersection(there)
    # said before it is read: the machine would only say that its memory is full
    if window.width * window.height > _MOST_PIXELS:
        raise InputError(
            f"elevation model '{path}' has {window.width * window.height:,.0f} pixels in the area,"
            f" more than {_MOST_PIXELS:,}; give a coarser one"
        )
    heights = dataset.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
    return heights, dataset.window_transform(window)


def _window_round(
    dataset: Any,
    area: Shape,
    crs: str,
) -> Any:
    """Return the window of pixels that holds an area, with room for the neighbours of each."""
    windows = need("rasterio.windows", "slopes")
    # straight edges in degrees bulge in another system: corners between them catch that
    box = shapely.segmentize(shapely.box(*area.bounds), 0.05)
    bounds = shapely.bounds(from_geographic(box, crs))
    window = windows.from_bounds(*bounds.tolist(), transform=dataset.transform)
    return windows.Window(
        np.floor(window.col_off) - 2,
        np.floor(window.row_off) - 2,
        np.ceil(window.width) + 5,
        np.ceil(window.height) + 5,
    )


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
    # without a pixel that has neighbours on all sides there is no slope
    if min(heights.shape) < 3:
        return rise
    across, down = _pixel_sizes_m(transform, len(heights), geographic=geographic)
    rise[1:-1, 1:-1] = _central(heights, across, down) * 100
    # a pixel beside one of unknown height has a slope of its neighbours only if its own height is
    # known
    rise[~np.isfinite(heights)] = np.nan
    return rise


def _central(
    heights: Floats,
    across_m: Floats,
    down_m: float,
) -> Floats:
    """Return the rise of each inner pixel, metres on a metre, from its neighbours on both sides."""
    east = (heights[1:-1, 2:] - heights[1:-1, :-2]) / (2 * across_m[1:-1, None])
    north = (heights[2:, 1:-1] - heights[:-2, 1:-1]) / (2 * down_m)
    rise: Floats = np.hypot(east, north)
    return rise


def _pixel_sizes_m(
    transform: Any,
    rows: int,
    *,
    geographic: bool,
) -> tuple[Floats, float]:
    """Return how wide the pixels of each row are, and how high those of all."""
    # the raster may be turned against its system
    dx = float(np.hypot(transform.a, transform.d))
    dy = float(np.hypot(transform.b, transform.e))
    if not geographic:
        return np.full(rows, dx), dy
    # degrees of longitude grow shorter towards the pole
    lat = transform.f + transform.e * (np.arange(rows) + 0.5)
    return dx * DEGREE_M * np.cos(np.radians(lat)), dy * DEGREE_M


class _Pixels(NamedTuple):
    """Where the pixels of a raster lie, and the plane that they are drawn on."""

    features: Any
    transform: Any
    crs: str
    plane: str

    def outlined(self, mask: Bools) -> Shapes:
        """Return the outlines of the pixels of a mask."""
        # the library draws an empty mask as one shape of the whole raster
        if not mask.any():
            return NOWHERE
        drawn = self.features.shapes(
            mask.astype(np.uint8),
            mask=mask,
            transform=self.transform,
        )
        rings = [shapely.geometry.shape(shape) for shape, _ in drawn]
        shapes = np.array(rings, dtype=object)
        return _laid(shapes, self.crs, self.plane)
