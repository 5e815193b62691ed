"""People within areas, from a population raster that the user gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...errors import InputError, listed
from ...geometry.datums import from_geographic, to_geographic
from ...geometry.projection import ellipsoid_area_m2
from .rasters import need, opened, place_of

if TYPE_CHECKING:
    import pandas as pd
    from rasterio import DatasetReader

    from ...geometry.shapes import Floats, Shapes
    from ..network.arrays import Bools
    from .origins import Note

MAX_CELLS_IN_MEMORY = 10_000_000
"""Pixels read at a time."""
MOST_PER_PIXEL = 1e8
"""More people than this in one pixel live nowhere, whatever its size."""
MOST_PER_KM2 = 1e6
"""More people on a square kilometre live nowhere; nor more on a smaller pixel than on a hectare."""
_SENTINELS = (65_535.0, 2_147_483_647.0, 4_294_967_295.0)
"""Values that writers of rasters use for nothing, where they do not say so."""
_NINES = (255.0, 999.0, 9_999.0, 32_767.0, 99_999.0, 999_999.0)
"""Values that people use for nothing; places may hold so many all the same."""
_LEAST_ALONE = 200.0
"""Below this a pixel may well hold ten times what all others do."""
_WHOLE = 1 - 1e-6  # a share this near to 1 is whole: the rest is rounding


def population_within(areas: gpd.GeoDataFrame, raster: str | Path) -> gpd.GeoDataFrame:
    """Count the people in each area, every pixel by the part of it that the area covers.

    Where the raster says nothing, nobody is counted, and the answer tells how much of the area that
    is: a count with `known_share` below 1 is a lower bound.

    Parameters
    ----------
    areas
        Polygons or MultiPolygons with a CRS, such as those of :func:`sxgeo.isochrones`.
    raster
        GeoTIFF of people **per pixel** (a density cannot be told from it; multiply it first), one
        band, north up, any CRS on CGCS2000 or WGS 84 or with an exact way to them.

    Returns
    -------
    GeoDataFrame
        The areas in their order with four more columns: `population` (NaN where the raster says
        nothing of the whole area, 0 for an empty one), `known_share` (of the area, where the raster
        holds values), `nodata_share` (inside the raster, no value) and `outside_share` (beyond its
        edge); the three sum to 1, and are NaN for an empty area. ``attrs`` are those of `areas`,
        with a note for every area that is not wholly known. Empty for no areas.

    Raises
    ------
    InputError
        If exactextract or rasterio is not installed, the areas have no CRS or are no polygons, or
        the raster cannot be used: no CRS, several bands, rotated, scaled, negative values (a value
        for nothing that is not declared).

    Examples
    --------
    >>> import sxgeo
    >>> import numpy as np, rasterio
    >>> from rasterio.transform import from_bounds
    >>> grid = from_bounds(112.5, 37.8, 112.54, 37.84, 40, 40)
    >>> told = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32"}
    >>> told |= {"crs": "EPSG:4490", "transform": grid}
    >>> with rasterio.open("people.tif", "w", **told) as file:
    ...     file.write(np.full((1, 40, 40), 2, "float32"))
    >>> network = sxgeo.load_network("taixin")
    >>> areas = sxgeo.isochrones(network, (112.52, 37.82), minutes=[1])
    >>> "population" in sxgeo.population_within(areas, "people.tif")
    True
    """
    _refuse_areas(areas)
    greatest = _Greatest()
    with opened(raster, "population raster") as dataset:
        _refuse_raster(dataset, raster)
        people, shares = _people_in(areas, dataset, raster, greatest)
    found = areas.assign(**_columns_of(people, shares))
    name = Path(raster).name
    notes = [
        *areas.attrs.get("notes", []),
        *_notes(found, shares.known, name),
    ]
    found.attrs = {
        **areas.attrs,
        "notes": [*notes, *greatest.notes(name)],
    }
    return found


def _refuse_areas(areas: gpd.GeoDataFrame) -> None:
    if problems := _area_problems(areas):
        raise InputError(listed("areas in which no people can be counted:", problems[:50]))


def _refuse_raster(dataset: DatasetReader, raster: str | Path) -> None:
    if problems := _raster_problems(dataset):
        raise InputError(listed(f"population raster '{raster}' cannot be used:", problems))


def _columns_of(people: Floats, shares: _Shares) -> dict[str, Floats]:
    """Return what is told of each area: its people, and how much of it is known."""
    # no value anywhere is not nobody; but in an empty area there is nobody
    return {
        "population": np.where(
            (shares.known > 0) | shares.of_nothing,
            np.round(people, 1),
            np.nan,
        ),
        "known_share": np.round(shares.known, 4),
        "nodata_share": np.round(
            np.maximum(1 - shares.known - shares.outside, 0),
            4,
        ),
        "outside_share": np.round(shares.outside, 4),
    }


def _people_in(
    areas: gpd.GeoDataFrame,
    dataset: DatasetReader,
    raster: str | Path,
    greatest: _Greatest,
) -> tuple[Floats, _Shares]:
    """Return the people in each area, and how much of it the raster knows."""
    # areas go to the system of the raster: a raster that is warped loses or makes people
    degrees = to_geographic(shapely.force_2d(areas.geometry.to_numpy()), areas.crs)
    shapes = np.asarray(
        from_geographic(degrees, dataset.crs.to_wkt()),
        dtype=object,
    )
    counted = _counted(dataset, shapes, raster, greatest)
    shares = _shares(dataset, shapes, counted["count"])
    _check_most(dataset, counted, raster)
    return counted["sum"], shares


@dataclass(frozen=True, eq=False)
class _Shares:
    """Of each area the share where the raster holds values, the share beyond its edge, and whether
    the area is empty: its shares are then NaN.
    """

    known: Floats
    outside: Floats
    of_nothing: Bools


def _shares(
    dataset: DatasetReader,
    shapes: Shapes,
    pixels: Floats,
) -> _Shares:
    """Tell apart what the raster says nothing of: no value there, or beyond its edge."""
    whole = shapely.area(shapes)
    inside = shapely.area(shapely.intersection(shapes, shapely.box(*dataset.bounds)))
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.clip(pixels * _pixel_area(dataset) / whole, 0, 1)
        outside = np.clip(1 - inside / whole, 0, 1)

    # sums of parts of pixels miss a whole by rounding
    known[known > _WHOLE] = 1.0
    outside = np.where(
        outside < 1 - _WHOLE,
        0.0,
        np.minimum(outside, 1 - known),
    )
    return _Shares(known, outside, whole == 0)


def _pixel_area(dataset: DatasetReader) -> float:
    # in the units of the raster, as the areas are measured there too
    return float(abs(dataset.transform.a * dataset.transform.e))


def _area_problems(areas: object) -> list[str]:
    if not isinstance(areas, gpd.GeoDataFrame) or areas.active_geometry_name is None:
        return ["not a GeoDataFrame with a geometry column"]
    if areas.crs is None:
        return ["no CRS; declare one (e.g. EPSG:4490), it is never guessed"]
    return [
        f"row {label}: {'no geometry' if shape is None else f'a {shape.geom_type}, not a polygon'}"
        for label, shape in zip(areas.index, areas.geometry, strict=True)
        if shape is None or (shape.geom_type not in ("Polygon", "MultiPolygon"))
    ]


def _raster_problems(dataset: DatasetReader) -> list[str]:
    transform, problems = dataset.transform, []
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        problems.append("it is rotated or not north up; warp it (gdalwarp) first")
    if dataset.scales[0] != 1 or dataset.offsets[0] != 0:
        problems.append(
            "it has a scale or an offset; write the plain values first (gdal_translate -unscale)"
        )
    return problems


@dataclass(slots=True)
class _Greatest:
    """The greatest value that was read, and the greatest below it."""

    value: float = -np.inf
    below: float = -np.inf

    def take(self, values: Floats) -> None:
        """Look at more values; NaN is none."""
        top = float(np.nanmax(values, initial=-np.inf))
        if top == -np.inf:
            return

        # the greatest may stand in many pixels: what counts is the next number below it
        rest = float(np.max(values, initial=-np.inf, where=values < top))
        if top > self.value:
            self.below = max(rest, self.value)
        elif top < self.value:
            self.below = max(self.below, top)
        else:
            self.below = max(self.below, rest)
        self.value = max(self.value, top)

    def notes(self, name: str) -> Iterator[tuple[str, str]]:
        """Doubt a value that stands far above all others, and may stand for nothing."""
        alone = self.value >= _LEAST_ALONE and self.value > 10 * self.below > 0
        if alone or (self.value in _NINES and self.value > 3 * self.below):
            yield (
                "",
                f"the most people in a pixel of '{name}' are {self.value:g}, next to them"
                f" {max(self.below, 0):g}: if the one stands for nothing, declare it"
                f" (gdal_edit.py -a_nodata {self.value:g})",
            )


def _source_of(dataset: DatasetReader, greatest: _Greatest) -> Any:
    """Return a raster as exactextract reads it, with NaN where there is no value."""
    need("exactextract", "counting people in areas")
    from exactextract.raster import RasterioRasterSource  # an optional library

    class Known(RasterioRasterSource):  # type: ignore[misc]  # the library has no types
        # the library knows a value for nothing, but not always the mask of a file
        def read_window(
            self,
            x0: int,
            y0: int,
            nx: int,
            ny: int,
        ) -> Floats:
            values = super().read_window(x0, y0, nx, ny)
            known: Floats = np.ma.filled(values.astype(np.float64), np.nan)
            greatest.take(known)
            return known

        def nodata_value(self) -> None:
            return None

    return Known(dataset)


def _counted(
    dataset: DatasetReader,
    shapes: Shapes,
    raster: str | Path,
    greatest: _Greatest,
) -> dict[str, Floats]:
    """Return the people and the number of pixels with a value in each shape, parts of pixels as
    parts.
    """
    library = need("exactextract", "counting people in areas")
    found = {name: np.zeros(len(shapes)) for name in ("sum", "count", "max")}

    # the library takes no empty shape: nobody lives in one
    number = np.flatnonzero(~shapely.is_empty(shapes))
    if not len(number):
        return found
    areas = gpd.GeoDataFrame(
        {"number": number},
        geometry=shapes[number],
        crs=dataset.crs.to_wkt(),
    )
    table = _extracted(library, _source_of(dataset, greatest), areas)
    _refuse_below_zero(table, raster)
    place = table["number"].to_numpy(dtype=np.int64)
    for name, values in found.items():
        values[place] = _floats(table[name])
    return found


def _extracted(
    library: Any,
    source: Any,
    areas: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return the figures of numbered areas, by a library without types."""
    # least and greatest tell values that can be no count of people
    table: pd.DataFrame = library.exact_extract(
        source,
        areas,
        ["sum", "count", "min", "max"],
        include_cols=["number"],
        output="pandas",
        max_cells_in_memory=MAX_CELLS_IN_MEMORY,
    )
    return table


def _floats(column: pd.Series) -> Floats:
    """Return a column that may hold NA as numbers, with NaN for it."""
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _refuse_below_zero(table: pd.DataFrame, raster: str | Path) -> None:
    # nobody counts people below 0: it is a value for nothing that was not declared
    least = np.nanmin(_floats(table["min"]), initial=0.0)
    if least < 0:
        raise InputError(
            f"population raster '{raster}' holds {least:g} people in a pixel; declare the value"
            " that stands for nothing (gdal_edit.py -a_nodata VALUE)"
        )


def _check_most(
    dataset: DatasetReader,
    counted: dict[str, Floats],
    raster: str | Path,
) -> None:
    """Refuse a raster in which a value for nothing would count as people."""
    most = float(np.nan_to_num(counted["max"], nan=0.0, posinf=np.inf).max(initial=0.0))
    kind = np.dtype(dataset.dtypes[0])

    # the largest number of a type is what counts beyond it are cut to, if it is not nothing
    limit = float(np.iinfo(kind).max) if kind.kind in "iu" else np.inf
    square_m2 = _pixel_m2(dataset)

    # a small pixel may hold one tower, which is dense for its own ground alone
    dense = most > MOST_PER_KM2 * max(square_m2, 10_000) / 1e6
    if not np.isfinite(most) or most >= min(MOST_PER_PIXEL, limit) or most in _SENTINELS or dense:
        raise InputError(
            f"population raster '{raster}' holds {most:g} people in a pixel of"
            f" {square_m2 / 1e6:.3g} km2: no place on earth or the most that its numbers can say,"
            " but a value for nothing that is not declared (gdal_edit.py -a_nodata VALUE), or a"
            " density"
        )


def _pixel_m2(dataset: DatasetReader) -> float:
    """Return the area of the middle pixel on the ellipsoid."""
    column, row = dataset.width // 2, dataset.height // 2
    corners = [
        place_of(dataset.transform, column + i, row + j)
        for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    return ellipsoid_area_m2(to_geographic(shapely.Polygon(corners), dataset.crs.to_wkt()))


def _notes(
    found: gpd.GeoDataFrame,
    known: Floats,
    name: str,
) -> list[Note]:
    """Say of every area that is not wholly known how much of it is not, and why."""
    notes = []
    for row, share in zip(found.to_dict("records"), known, strict=True):
        # the share itself, not the rounded one of the row: 99.996 % is not whole
        if share >= 1 or row["geometry"].is_empty:
            continue
        missing = (
            f"{row['nodata_share']:.1%} of it has no value there, {row['outside_share']:.1%} lies"
            " beyond its edge"
        )
        which = f"{row['minutes']:g} min: " if "minutes" in row else ""
        least = _at_least(row["population"])
        notes.append(
            (row.get("origin_id", ""), f"{which}population {least} by '{name}': {missing}")
        )
    return notes


def _at_least(people: float) -> str:
    # rounded down: a bound from below must not be above the count
    return "not known" if np.isnan(people) else f"at least {np.floor(people):,.0f}"
