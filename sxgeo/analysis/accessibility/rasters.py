"""GeoTIFF -> values on a metric grid: a friction surface from elevation and land cover."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import scipy
import shapely
from pyproj import CRS

from ...errors import InputError, UsageError, listed
from ...files.libraries import library
from ...geometry.datums import plane_to, to_geographic
from ...geometry.projection import plane_crs, points_to_plane, to_plane
from ...geometry.shapes import Shape, Shapes
from ...geometry.straight import carried, laid_on_plane
from .friction import FrictionSurface, Grid, friction, sealed
from .land import NO_GEOMETRY, off_earth

if TYPE_CHECKING:
    import numpy.typing as npt
    from affine import Affine
    from rasterio import DatasetReader

    from ..network.arrays import Bools, Floats, Ints

    Grid32 = npt.NDArray[np.float32]

MAX_CELLS = 10_000_000
"""Cells of a surface: 80 MB for its paces; more is refused, never made coarser in silence."""
BLOCK_CELLS = 500_000
"""Cells that are read at a time."""
MAX_KMH = 200.0
BEYOND_USE_DEG = 3.0
"""So far outside the area of its system a raster is taken for one with the wrong system."""
FILLER_GAP_M, FILLER_SLOPE, FILLER_PIXELS = 100.0, 1.5, 8
"""So many pixels of one height that stand off so far from most of what lies beside them (metres,
and a slope from pixel to pixel) are no ground.
"""
ZERO_GAP_M = 20.0
"""Heights of exactly 0 m so far below all others stand for nothing: no shore is a wall."""
HEIGHTS_M = (-500.0, 9_000.0)
"""Heights outside are no ground on this earth, but a value for nothing that the file does not
declare.
"""
_METRES = ("", "m", "metre", "metres", "meter", "meters", "米")
_SLACK = 1e-4  # of a cell: what a way to degrees and back costs must not add a row
_FALSE = {"false", "no", "0", "0.0", "", "nan", "none", "<na>"}
_TRUE = {"true", "yes", "1", "1.0"}


def friction_surface(
    dem: str | Path,
    land_cover: str | Path | None = None,
    *,
    speeds_kmh: Mapping[int, float] | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    cell_m: float | None = None,
    bounds: Sequence[float] | None = None,
) -> FrictionSurface:
    """Build a surface of walking paces from an elevation model and, where given, land cover.

    Slopes slow one down by Tobler's hiking function (W. Tobler 1993, NCGIA Technical Report 93-1),
    taken as the mean of up and down on the steepest slope of the cell; the sum of a way may be too
    long, on a flank walked along the contour, and is too long by up to 8.2 % because ways run in
    eight directions. It is no path network.

    Parameters
    ----------
    dem
        GeoTIFF of heights in metres, one band, any CRS on CGCS2000 or WGS 84 or with an exact way
        to them.
    land_cover
        GeoTIFF of class codes, whole numbers, one band, any such CRS.
    speeds_kmh
        Walking speed on level ground of every class that occurs, km/h; 0 where nobody passes. There
        is no default table: what can be walked at which speed is for the user to say. Without
        `land_cover` none is given, and Tobler's off-path speed (3.02 km/h on the level) is taken
        everywhere.
    barriers
        Lines or polygons with a CRS that nobody crosses, such as rivers. A row whose optional
        column `opening` is true is a bridge or a ford instead: the cells it touches are walked at
        5.04 km/h whatever lies there.
    cell_m
        Side of a cell in metres; None takes the pixel of the DEM, in whole metres. A larger one
        averages heights and takes the most frequent class.
    bounds
        West, south, east, north in degrees (EPSG:4490); None takes the whole DEM.

    Returns
    -------
    FrictionSurface
        On the CGCS2000 3-degree plane of its middle. Where the DEM or the land cover holds no value
        the surface is unknown and nobody is led through; ``notes`` tells the share.

    Raises
    ------
    UsageError
        If `cell_m`, `bounds` or `speeds_kmh` make no sense.
    InputError
        If a package is missing, a file cannot be read, has no CRS, more than one band, units other
        than metres or undeclared values for nothing; if the rasters do not overlap, a class has no
        speed, the barriers are no lines or polygons, or the surface would have more than
        `MAX_CELLS` cells: all problems of a kind at once.

    Examples
    --------
    >>> import sxgeo
    >>> import numpy as np, rasterio
    >>> from rasterio.transform import from_bounds
    >>> grid = from_bounds(112.5, 37.8, 112.54, 37.84, 40, 40)
    >>> told = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32"}
    >>> told |= {"crs": "EPSG:4490", "transform": grid}
    >>> with rasterio.open("dem.tif", "w", **told) as file:
    ...     file.write(np.full((1, 40, 40), 800, "float32"))
    >>> sxgeo.friction_surface("dem.tif")
    <FrictionSurface: 47 x 37 cells, 92% known>
    """
    _check_options(land_cover, speeds_kmh, cell_m, bounds)
    grid, height_m = _ground(dem, cell_m, bounds)
    level_kmh, notes = None, list[str]()
    if land_cover is not None:
        level_kmh, notes = _level_speeds(land_cover, grid, speeds_kmh or {}, np.isfinite(height_m))

    # what is unknown is said in shares, and nobody is led through it
    notes += _height_notes(height_m, dem)
    notes += _class_notes(level_kmh, land_cover)
    barrier, opening = _walls_on(grid, barriers)
    surface = friction(grid, height_m, level_kmh, barrier=barrier, opening=opening)
    return FrictionSurface(surface.grid, surface.min_per_m, surface.known, tuple(notes))


def _walls_on(
    grid: Grid,
    barriers: gpd.GeoDataFrame | None,
) -> tuple[Bools | None, Bools | None]:
    """Return the cells that barriers shut and those that they open, None where none are given."""
    return (None, None) if barriers is None else _burnt(barriers, grid)


def _ground(
    dem: str | Path,
    cell_m: float | None,
    bounds: Sequence[float] | None,
) -> tuple[Grid, Grid32]:
    """Return the grid on which a surface lies, and the height of its cells."""
    # the grid hangs on the heights alone: land cover is laid on it later
    with opened(dem, "DEM") as heights:
        grid = _grid(heights, cell_m, bounds)
        return grid, _heights(heights, grid, dem)


def _height_notes(height_m: Floats | Grid32, dem: str | Path) -> Iterator[str]:
    if (lost := float(1 - np.isfinite(height_m).mean())) > 0:
        yield (
            f"{_percent(lost)} of the surface has no height in '{Path(dem).name}': unknown, not"
            " walked through"
        )


def _class_notes(level_kmh: Grid32 | None, land_cover: str | Path | None) -> Iterator[str]:
    # without land cover every ground is walked alike, and nothing is unknown of it
    if level_kmh is None or land_cover is None:
        return
    if (lost := float(np.isnan(level_kmh).mean())) > 0:
        yield (
            f"{_percent(lost)} has no class in '{Path(land_cover).name}': unknown, not walked"
            " through"
        )


def _level_speeds(
    land_cover: str | Path,
    grid: Grid,
    speeds_kmh: Mapping[int, float],
    high: Bools,
) -> tuple[Grid32, list[str]]:
    """Return the speed on level ground of each cell, with ground of speed 0 closed however thin it
    is, and what is to be said of that.
    """
    with opened(land_cover, "land cover") as classes:
        level_kmh = _speeds(classes, grid, speeds_kmh, land_cover, high)
        closing = [code for code, kmh in speeds_kmh.items() if kmh == 0]
        thin = _thin_barriers(classes, grid, closing)

    # two closed cells that touch by a corner would let a way through between them
    shut = sealed(thin | np.asarray(level_kmh == 0)) & np.isfinite(level_kmh)
    closed = int((shut & (level_kmh > 0)).sum())
    level_kmh[shut] = 0.0
    return level_kmh, [_thin_note(closed, land_cover)] if closed else []


def _thin_note(closed: int, land_cover: str | Path) -> str:
    return (
        f"{closed:,} cell(s) are crossed by ground of speed 0 in '{Path(land_cover).name}'"
        " that is thinner than a cell: closed, so that nobody is led over it"
    )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def need(module: str, purpose: str) -> Any:
    """Import an optional package, or say which extra holds it.

    Raises
    ------
    InputError
        If it is not installed.
    """
    return library(module, f"{purpose} needs {module.partition('.')[0]}")


@contextmanager
def opened(path: str | Path, role: str) -> Iterator[DatasetReader]:
    """Open a GeoTIFF of one band, and check what every raster has to say of itself.

    Raises
    ------
    InputError
        If it cannot be opened or used: all problems at once.
    """
    rasterio = need("rasterio", f"reading a {role}")
    source = Path(path)
    if not source.is_file():
        raise InputError(f"{role} '{source}' does not exist or is not a file")
    try:
        # a raster without a place is refused below in our words: the warning would say it twice
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            dataset = rasterio.open(source, driver="GTiff")
    except rasterio.errors.RasterioError as error:
        raise InputError(
            f"{role} '{source}' is no GeoTIFF that can be read ({error}); give a .tif"
        ) from error
    with dataset:
        if problems := list(_dataset_problems(dataset)):
            raise InputError(listed(f"{role} '{source}' cannot be used:", problems))

        # what is read later fails later: a file cut off in the middle opens well
        try:
            yield dataset
        except rasterio.errors.RasterioError as error:
            raise InputError(
                f"{role} '{source}' is broken or truncated ({error}); fetch it again"
            ) from error


def _dataset_problems(dataset: DatasetReader) -> Iterator[str]:
    if dataset.crs is None:
        yield (
            "no CRS; declare one in the file (e.g. gdal_edit.py -a_srs EPSG:4490), it is never"
            " guessed"
        )
    else:
        yield from _crs_problems(dataset)
    if dataset.count != 1:
        yield f"{dataset.count} bands; give the one that is meant as a file of its own"
    if np.dtype(dataset.dtypes[0]).kind not in "iuf":
        yield f"its values are of type {dataset.dtypes[0]}; numbers are needed"

    # without a size every pixel lies in one place, and a place has no pixel
    if abs(dataset.transform.determinant) == 0:
        yield "its pixels have no size"


def _crs_problems(dataset: DatasetReader) -> Iterator[str]:
    """Say that a CRS has no exact way to degrees, or does not hold where the raster lies."""
    # first the middle, which is told of, then the corners
    across, down = (
        np.array([0.5, 0, 1, 0, 1]),
        np.array([0.5, 0, 0, 1, 1]),
    )
    try:
        spots = shapely.points(
            *place_of(dataset.transform, across * dataset.width, down * dataset.height)
        )
        places = to_geographic(spots, dataset.crs.to_wkt())
    except InputError as error:
        yield str(error)
        return

    # of a raster as large as a country the middle may lie where its system no longer holds
    told = [
        list(_place_problems(dataset, spot, place))
        for spot, place in zip(spots, places, strict=True)
    ]
    if all(told):
        yield from told[0]


def _place_problems(
    dataset: DatasetReader,
    middle: Shape,
    place: Shape,
) -> Iterator[str]:
    """Say that a raster does not lie where its system holds, as one whose zone prefix contradicts
    its zone.
    """
    name, (x, y) = dataset.crs.to_string()[:80], (middle.x, middle.y)
    if not (np.isfinite([place.x, place.y]).all() and abs(place.x) <= 180 and abs(place.y) <= 90):
        yield (
            f"its middle ({x:.0f}, {y:.0f}) is no place in its CRS {name}; do the zone and the"
            " prefix of its numbers agree?"
        )
        return

    # numbers that name another zone than the system are still places on the earth
    off = _off_its_area(dataset, place)
    if off > BEYOND_USE_DEG:
        yield (
            f"its middle ({x:.0f}, {y:.0f}) lies at {place.x:.2f}, {place.y:.2f} in its CRS {name},"
            f" {off:.0f} degrees outside the area where that system holds; do the zone and the"
            " prefix of its numbers agree?"
        )


def _off_its_area(dataset: DatasetReader, place: Shape) -> float:
    """Return how many degrees a place lies outside the area where the CRS of a raster holds."""
    # a file does not say where that is, the register does; of a system that it does not know
    # nothing can be said
    code = dataset.crs.to_epsg()
    area = None if code is None else CRS.from_epsg(code).area_of_use
    if area is None:
        return -np.inf
    west, south, east, north = area.bounds

    # an area that crosses 180 degrees has its west in the east
    if west >= east:
        return -np.inf
    return float(
        max(
            west - place.x,
            place.x - east,
            south - place.y,
            place.y - north,
        )
    )


def place_of(
    transform: Affine,
    column: Any,
    row: Any,
) -> tuple[Any, Any]:
    """Return x and y of places in pixels by the six numbers of an affine transform."""
    # numbers or arrays of them, whole or broken: what comes back is of the same form, hence Any
    return (
        transform.a * column + transform.b * row + transform.c,
        transform.d * column + transform.e * row + transform.f,
    )


def _check_options(
    land_cover: str | Path | None,
    speeds_kmh: Mapping[int, float] | None,
    cell_m: float | None,
    bounds: Sequence[float] | None,
) -> None:
    if (land_cover is None) != (speeds_kmh is None):
        raise UsageError(
            "land_cover and speeds_kmh go together: a speed in km/h for every class of the land"
            " cover"
        )
    if wrong := _wrong_speeds(speeds_kmh or {}):
        raise UsageError(
            listed(f"a speed is 0 to {MAX_KMH:g} km/h, its class a whole number; not so:", wrong)
        )
    if cell_m is not None and not (np.isfinite(cell_m) and cell_m > 0):
        raise UsageError(f"cell_m is {cell_m}; give the side of a cell in metres, above 0")
    if bounds is not None and not _is_box(bounds):
        raise UsageError(f"bounds are {list(bounds)}; give west, south, east, north in degrees")


def _wrong_speeds(speeds_kmh: Mapping[int, float]) -> list[str]:
    """Return the classes whose speed cannot be walked, or that are no class."""
    wrong = []
    for code, kmh in speeds_kmh.items():
        is_speed = is_number(kmh) and 0 <= kmh <= MAX_KMH

        # a table that was read from a file has its codes as 10.0
        is_class = is_number(code) and float(code).is_integer()
        if not (is_speed and is_class):
            wrong.append(f"{code!r}: {kmh!r}")
    return wrong


def _is_box(bounds: Sequence[float]) -> bool:
    """Say whether bounds are west, south, east, north of a box on the earth."""
    sides = [float(side) for side in bounds]
    if len(sides) != 4:
        return False
    west, south, east, north = sides
    return -180 <= west < east <= 180 and -90 <= south < north <= 90


def is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _grid(
    dataset: DatasetReader,
    cell_m: float | None,
    bounds: Sequence[float] | None,
) -> Grid:
    """Return the grid of a surface: on the plane of its middle, as large as the DEM or the
    bounds.
    """
    area = _asked_area(dataset, bounds)
    west, _, east, _ = shapely.bounds(area)
    plane = plane_crs((west + east) / 2)
    pixel_m = _pixel_m(dataset, plane)

    # whole metres, as people write them; below one metre that would be no side
    side = float(cell_m) if cell_m is not None else max(1.0, float(round(pixel_m)))
    box_m = _box_on(plane, area)
    if not np.isfinite([*box_m, side]).all():
        raise _too_wide(area)
    return _grid_on(plane, box_m, side)


def _box_on(plane: str, area: Shape) -> Floats:
    """Return the box round an area on a plane, where its straight edges are bent."""
    west, _, east, _ = shapely.bounds(area)
    box: Floats = shapely.bounds(
        to_plane(
            shapely.segmentize(area, (east - west) / 50),
            plane,
        )
    )
    return box


def _too_wide(area: Shape) -> InputError:
    west, south, east, north = shapely.bounds(area)
    return InputError(
        f"lon {west:g} to {east:g}, lat {south:g} to {north:g} is too wide for one CGCS2000"
        " plane; give bounds (west, south, east, north) of the region that matters"
    )


def _asked_area(dataset: DatasetReader, bounds: Sequence[float] | None) -> Shape:
    """Return what the surface is to cover, in degrees: the bounds, else the whole DEM."""
    extent = _extent(dataset)
    if bounds is None:
        return extent
    area = shapely.box(*bounds)
    if not shapely.intersects(shapely.envelope(extent), area):
        west, south, east, north = np.round(shapely.bounds(extent), 4)
        raise InputError(
            f"the DEM '{Path(dataset.name).name}' does not cover the bounds {list(bounds)}; it"
            f" lies between lon {west:g} and {east:g}, lat {south:g} and {north:g}"
        )
    return area


def _extent(dataset: DatasetReader) -> Shape:
    """Return the outline of a raster in degrees."""
    corners = [
        (0, 0),
        (dataset.width, 0),
        (dataset.width, dataset.height),
        (0, dataset.height),
    ]
    outline = shapely.Polygon([place_of(dataset.transform, *corner) for corner in corners])

    # edges are cut fine, for a straight edge of the raster is bent in degrees
    fine = shapely.segmentize(outline, outline.length / 200)
    return to_geographic(fine, dataset.crs.to_wkt())


def _grid_on(
    plane: str,
    box_m: Floats,
    side: float,
) -> Grid:
    """Return the grid of cells of a side that covers a box, or refuse one that is too large."""
    left, low, right, top = box_m

    # the grid lies on multiples of its cell; the slack keeps rounding from adding a row
    west_m, north_m = np.floor(left / side + _SLACK) * side, np.ceil(top / side - _SLACK) * side
    columns, rows = (int(np.ceil(span / side - _SLACK)) for span in (right - west_m, north_m - low))
    if rows * columns > MAX_CELLS:
        # a little more than the root says: the edges take part of a cell each
        least = np.ceil(np.sqrt((right - left) * (top - low) / MAX_CELLS) * 1.01)
        raise InputError(
            f"a surface of {rows:,} x {columns:,} cells of {side:g} m is over the {MAX_CELLS:,}"
            " that are held; give bounds (west, south, east, north) of the region that matters, or"
            f" cell_m={least:g} or more"
        )
    return Grid(plane, float(west_m), float(north_m), side, rows, columns)


def _pixel_m(dataset: DatasetReader, plane: str) -> float:
    """Return the side of the middle pixel in metres: the root of its area on the plane."""
    column, row = dataset.width // 2, dataset.height // 2
    corners = [
        place_of(dataset.transform, column + i, row + j)
        for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    pixel = to_plane(
        to_geographic(shapely.Polygon(corners), dataset.crs.to_wkt()),
        plane,
    )
    return float(np.sqrt(pixel.area))


def _heights(
    dataset: DatasetReader,
    grid: Grid,
    path: str | Path,
) -> Grid32:
    unit = (dataset.units[0] or "").strip().lower()
    if unit not in _METRES:
        raise InputError(f"DEM '{path}' has heights in '{unit}'; convert them to metres first")
    heights, low, high = _read_heights(dataset, grid)
    _check_range(low, high, path)
    _check_zeros(heights, path)
    _check_fillers(dataset, grid, path)
    return heights


def _read_heights(dataset: DatasetReader, grid: Grid) -> tuple[Grid32, float, float]:
    """Return the height of each cell, the least and the greatest."""
    heights = np.empty((grid.rows, grid.columns), dtype=np.float32)
    low, high = np.inf, -np.inf
    for first, last, values in sampled(dataset, grid, nearest=False):
        heights[first:last] = values

        # of the values as they were read: 32 bits would move a bound
        low = min(low, float(np.nanmin(values, initial=np.inf)))
        high = max(
            high,
            float(np.nanmax(values, initial=-np.inf)),
        )
    return heights, low, high


def _check_range(
    low: float,
    high: float,
    path: str | Path,
) -> None:
    """Refuse a DEM without any height, and one with heights that the earth has not."""
    if low == np.inf:
        raise InputError(
            f"DEM '{path}' holds no height here; the rasters or bounds do not overlap, or all is"
            " nodata"
        )

    # such heights are a value for nothing that nobody declared
    if low < HEIGHTS_M[0] or high > HEIGHTS_M[1]:
        raise InputError(
            f"DEM '{path}' has heights from {low:g} to {high:g} m; the ground lies between"
            f" {HEIGHTS_M[0]:g} and {HEIGHTS_M[1]:g} m. Declare the value that stands for nothing"
            " (gdal_edit.py -a_nodata VALUE)"
        )


def _check_fillers(
    dataset: DatasetReader,
    grid: Grid,
    path: str | Path,
) -> None:
    """Refuse a DEM with many pixels of one height that stand off from the ground beside them on all
    sides: an undeclared value for nothing, as a block or as a stripe of one pixel.

    It is looked for in the pixels themselves: in the cells it is mixed with the ground.
    """
    gap = max(FILLER_GAP_M, FILLER_SLOPE * _pixel_m(dataset, grid.crs))
    for values in _pixel_blocks(dataset, grid):
        known = values[np.isfinite(values)]
        if not len(known):
            continue

        # a filler is the least or the greatest value, or 0
        for height in {
            0.0,
            float(known.min()),
            float(known.max()),
        }:
            same = values == height

            # of a 0 far below its neighbours one is enough: ground may be level, not nothing
            if same.sum() < (FILLER_PIXELS if height else 1):
                continue
            jump_m = _usual_jump_m(values, same)
            if jump_m > gap:
                raise InputError(
                    f"DEM '{path}' has {int(same.sum()):,} pixels of exactly {height:g} m beside"
                    f" ground that lies about {jump_m:.0f} m higher or lower: they stand"
                    " for nothing, and would be cliffs. Declare it (gdal_edit.py -a_nodata"
                    f" {height:g})"
                )


def _usual_jump_m(values: Floats, same: Bools) -> float:
    """Return the step in height that is usual beside pixels of one height; 0 without any."""
    jumps = np.concatenate(
        [
            _jumps(values, same),
            _jumps(values.T, same.T),
        ]
    )
    return float(np.median(jumps)) if len(jumps) else 0.0


def _jumps(values: Floats, same: Bools) -> Floats:
    """Return the steps in height between pixels of one height and others in the next row."""
    border = same[1:] != same[:-1]
    steps: Floats = np.abs(np.diff(values, axis=0)[border])
    return steps[np.isfinite(steps)]


def _pixel_blocks(dataset: DatasetReader, grid: Grid) -> Iterator[Floats]:
    """Yield the pixels on which a grid lies, as many rows at a time as are held at once, each block
    with the last row of the one before; NaN where there is none.
    """
    left, top, right, bottom = _window_of(dataset, grid)

    # at least two rows: a block of one would have nothing to compare with but the last of before
    high = max(2, BLOCK_CELLS // max(1, right - left))
    for first in range(top, bottom, high):
        window = left, max(top, first - 1), right, min(first + high, bottom)
        yield _read(dataset, window, 1, False)[0]


def _window_of(dataset: DatasetReader, grid: Grid) -> tuple[int, int, int, int]:
    """Return the pixels on which a grid lies: left, top, right, bottom."""
    # the rim of the grid is enough to find its pixels: the inside lies between
    rim = _rim(*grid.centres(0, grid.rows))
    on_raster = plane_to(*rim, grid.crs, dataset.crs.to_wkt())
    column, row = place_of(~dataset.transform, *on_raster)
    left, right = _pixels(column, 1, dataset.width)
    top, bottom = _pixels(row, 1, dataset.height)
    return left, top, right, bottom


def _rim(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the places of the outermost rows and columns of a grid, by those of its sides."""
    # bottom, top, and both sides
    rim_x = np.concatenate(
        [
            x,
            x,
            np.full(len(y), x[0]),
            np.full(len(y), x[-1]),
        ]
    )
    rim_y = np.concatenate(
        [
            np.full(len(x), y[0]),
            np.full(len(x), y[-1]),
            y,
            y,
        ]
    )
    return rim_x, rim_y


def _check_zeros(heights: Grid32, path: str | Path) -> None:
    zero = heights == 0
    others = heights[np.isfinite(heights) & ~zero]
    if not zero.any() or not len(others):
        return
    # the mean of four pixels may lie between a 0 and the ground: what counts is how high the ground
    # is where it is whole
    ground = float(np.percentile(others, 5))
    if ground > ZERO_GAP_M and not ((others > 0) & (others < ZERO_GAP_M)).sum() > zero.sum() / 10:
        raise InputError(
            f"DEM '{path}' has {int(zero.sum()):,} cells of exactly 0 m beside ground that begins"
            f" at about {ground:.0f} m: they stand for nothing, and would be cliffs. Declare it"
            " (gdal_edit.py -a_nodata 0)"
        )


def _speeds(
    dataset: DatasetReader,
    grid: Grid,
    speeds_kmh: Mapping[int, float],
    path: str | Path,
    high: Bools,
) -> Grid32:
    """Return the speed on level ground of each cell, NaN where there is no class."""
    table = {int(code): float(kmh) for code, kmh in speeds_kmh.items()}
    speeds, counts = _by_class(dataset, grid, table)
    _check_classes(counts, table, path)
    if not (np.isfinite(speeds) & high).any():
        raise InputError(
            f"land cover '{path}' and the DEM do not overlap: no cell has both a class and a height"
        )
    return speeds


def _by_class(
    dataset: DatasetReader,
    grid: Grid,
    table: Mapping[int, float],
) -> tuple[Grid32, dict[float, int]]:
    """Return the speed of each cell by the table of classes, NaN where it has none, and how many
    cells are of which class.
    """
    speeds = np.full(
        (grid.rows, grid.columns),
        np.nan,
        dtype=np.float32,
    )
    counts: dict[float, int] = {}
    for first, last, values in sampled(dataset, grid, nearest=True):
        codes, number, count = np.unique(values, return_inverse=True, return_counts=True)

        # a class without a speed stays NaN here, and is refused when all are known
        told = [table.get(int(code), np.nan) if np.isfinite(code) else np.nan for code in codes]
        speeds[first:last] = np.array(told)[number].reshape(values.shape)

        # all rows are read before anything is refused, so that every class is named
        _add_cells(counts, codes, count)
    return speeds, counts


def _add_cells(
    counts: dict[float, int],
    codes: Floats,
    count: Ints,
) -> None:
    """Add how many cells are of which class; what has none is of no class."""
    for code, cells in zip(
        codes.tolist(),
        count.tolist(),
        strict=True,
    ):
        if np.isfinite(code):
            counts[code] = counts.get(code, 0) + cells


def _check_classes(
    counts: Mapping[float, int],
    table: Mapping[int, float],
    path: str | Path,
) -> None:
    """Refuse a land cover without classes, with values that are none, or with some that have no
    speed.
    """
    if not counts:
        raise InputError(
            f"land cover '{path}' holds no class where the DEM lies: the rasters do not overlap"
        )
    codes = sorted(counts)
    if broken := [f"{code:g}" for code in codes if not float(code).is_integer()]:
        raise InputError(
            f"land cover '{path}' has values that are no class codes: {', '.join(broken[:10])}"
        )

    # a class without a speed is not guessed: how often it occurs says whether it matters
    unknown = [code for code in codes if int(code) not in table]
    if missing := [f"{code:g} ({counts[code]:,} cells)" for code in unknown]:
        raise InputError(
            listed(
                f"land cover '{path}' has classes without a speed; add them to speeds_kmh:", missing
            )
        )


def _thin_barriers(
    dataset: DatasetReader,
    grid: Grid,
    codes: Sequence[float],
) -> Bools:
    """Return the cells through which pixels of these classes run that hang together over more than
    a cell.

    The value of a cell is that of its middle, or the commonest: a river of one pixel would have
    gaps in it. A patch that is smaller than a cell is left to that rule.
    """
    crossed = np.zeros((grid.rows, grid.columns), dtype=bool)
    pixel_m = _pixel_m(dataset, grid.crs)

    # pixels as large as a cell cannot be thinner than it
    if not codes or pixel_m >= grid.cell_m:
        return crossed
    longest = grid.cell_m / pixel_m
    rows = max(int(8 * longest), BLOCK_CELLS // dataset.width)
    for first in range(0, dataset.height, rows):
        # each block looks one cell into the next, so that what hangs together across their edge is
        # seen
        height = min(
            rows + int(np.ceil(2 * longest)),
            dataset.height - first,
        )
        row, column = _long_patches(_closed(dataset, first, height, codes), longest)
        crossed[_cells_of(dataset, grid, row + first, column)] = True
    return crossed


def _cells_of(
    dataset: DatasetReader,
    grid: Grid,
    row: Ints,
    column: Ints,
) -> tuple[Ints, Ints]:
    """Return row and column of the cells in which the middles of pixels lie."""
    places = place_of(dataset.transform, column + 0.5, row + 0.5)
    degrees = to_geographic(shapely.points(*places), dataset.crs.to_wkt())

    # the raster may reach beyond the grid
    x, y = points_to_plane(shapely.get_coordinates(degrees), grid.crs).T
    down, across, inside = grid.cells(x, y)
    return down[inside], across[inside]


def _closed(
    dataset: DatasetReader,
    first: int,
    height: int,
    codes: Sequence[float],
) -> Bools:
    """Return which pixels of some rows are of these classes; one without a value is of none."""
    windows = need("rasterio.windows", "barriers")
    window = windows.Window(0, first, dataset.width, height)
    values = dataset.read(1, window=window, masked=True)
    return np.isin(
        values.astype(np.float64).filled(np.nan),
        list(codes),
    )


def _long_patches(closed: Bools, longest: float) -> tuple[Ints, Ints]:
    """Return row and column of the pixels that hang together, by corners too, over more pixels than
    `longest`.
    """
    patches, count = scipy.ndimage.label(
        closed,
        structure=np.ones((3, 3)),
    )
    if not count:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)

    # a patch no longer than a cell is left to the commonest value; a river is long
    boxes = scipy.ndimage.find_objects(patches)
    long = [max(part.stop - part.start for part in box) > longest for box in boxes]
    row, column = np.nonzero(np.array([False, *long])[patches])
    return row, column


def sampled(
    dataset: DatasetReader,
    grid: Grid,
    *,
    nearest: bool,
) -> Iterator[tuple[int, int, Floats]]:
    """Read a raster onto a grid, some rows at a time.

    Parameters
    ----------
    dataset
        As :func:`opened` gives it.
    grid
        Where the values are wanted: at the centres of its cells.
    nearest
        The value of the pixel (codes), instead of a mean of the four nearest (heights).

    Yields
    ------
    first, last, values
        Rows of the grid and their values; NaN where the raster has none, or one of the four has
        none.
    """
    crs = dataset.crs.to_wkt()

    # pixels finer than the cells are taken together, or most of them would not be looked at
    step = _taken_together(dataset, grid)
    rows = max(1, BLOCK_CELLS // grid.columns)
    back = ~dataset.transform
    for first in range(0, grid.rows, rows):
        last = min(first + rows, grid.rows)
        x, y = np.meshgrid(*grid.centres(first, last))
        column, row = place_of(back, *plane_to(x, y, grid.crs, crs))
        yield first, last, _at(dataset, column, row, step, nearest)


def _taken_together(dataset: DatasetReader, grid: Grid) -> int:
    # a cell of three pixels is one of 2.9999 by rounding
    return max(
        1,
        int(grid.cell_m / _pixel_m(dataset, grid.crs) + 1e-6),
    )


def _at(
    dataset: DatasetReader,
    column: Floats,
    row: Floats,
    step: int,
    nearest: bool,
) -> Floats:
    """Return the values at places in pixels; `step` pixels each way are taken together where it is
    above 1.
    """
    inside = _is_inside(dataset, column, row)
    values = np.full(column.shape, np.nan)
    if not inside.any():
        return values
    column, row = column[inside], row[inside]
    left, right = _pixels(column, step, dataset.width)
    top, bottom = _pixels(row, step, dataset.height)
    table, across, down = _read(
        dataset,
        (left, top, right, bottom),
        step,
        nearest,
    )
    u, v = (column - left) / across, (row - top) / down

    # a value stands for the middle of its pixel: between middles heights go evenly
    values[inside] = _nearest(table, u, v) if nearest else _bilinear(table, u - 0.5, v - 0.5)
    return values


def _is_inside(
    dataset: DatasetReader,
    column: Floats,
    row: Floats,
) -> Bools:
    """Say which places, in pixels, lie on a raster."""
    # a place that the way to the raster does not know is NaN, and inside of nothing
    with np.errstate(invalid="ignore"):
        inside: Bools = (
            (column >= 0) & (column < dataset.width) & (row >= 0) & (row < dataset.height)
        )
    return inside


def _pixels(
    places: Floats,
    step: int,
    size: int,
) -> tuple[int, int]:
    """Return the first and last pixel, on multiples of `step`, that hold the places and their
    neighbours.
    """
    first = int(np.floor(places.min() / step) - 1) * step
    last = int(np.floor(places.max() / step) + 2) * step
    return max(first, 0), min(last, size)


def _read(
    dataset: DatasetReader,
    window: tuple[int, int, int, int],
    step: int,
    nearest: bool,
) -> tuple[Floats, float, float]:
    """Return the values of a window, NaN for none, and how many pixels went into one of them each
    way.
    """
    left, top, right, bottom = window
    width, height = right - left, bottom - top

    # rounded up: what is left over at the end of a row gets a value of its own
    shape = (
        max(1, -(-height // step)),
        max(1, -(-width // step)),
    )
    values = _resampled(dataset, (left, top, width, height), shape, nearest)

    # codes are no measures: scale and offset are for heights
    if not nearest:
        values = values * dataset.scales[0] + dataset.offsets[0]
    values[~np.isfinite(values)] = np.nan
    return values, width / shape[1], height / shape[0]


def _resampled(
    dataset: DatasetReader,
    place: tuple[int, int, int, int],
    shape: tuple[int, int],
    nearest: bool,
) -> Floats:
    """Read a window (left, top, width, height) as so many rows and columns, NaN where there is
    nothing.
    """
    enums, windows = need("rasterio.enums", "rasters"), need("rasterio.windows", "rasters")

    # the mean of two codes would be a third one: of codes the commonest is taken
    table = dataset.read(
        1,
        window=windows.Window(*place),
        out_shape=shape,
        masked=True,
        resampling=enums.Resampling.mode if nearest else enums.Resampling.average,
    )
    values: Floats = table.astype(np.float64).filled(np.nan)
    return values


def _nearest(
    table: Floats,
    u: Floats,
    v: Floats,
) -> Floats:
    return table[
        _within(np.floor(v), table.shape[0]),
        _within(np.floor(u), table.shape[1]),
    ]


def _within(places: Floats | Ints, size: int) -> Ints:
    """Return whole places as numbers of a row or column; beyond the edge the last one counts."""
    return np.clip(places.astype(np.int64), 0, size - 1)


def _bilinear(
    table: Floats,
    u: Floats,
    v: Floats,
) -> Floats:
    """Return the mean of the four values round each place; NaN where one that counts is missing."""
    left, top = np.floor(u), np.floor(v)
    total = np.zeros(u.shape)
    for across in (0, 1):
        for down in (0, 1):
            weight = _nearness(u - left, across) * _nearness(v - top, down)
            row, column = top.astype(np.int64) + down, left.astype(np.int64) + across
            value = table[
                _within(row, table.shape[0]),
                _within(column, table.shape[1]),
            ]

            # a neighbour of no weight may be missing: 0 times NaN would still be NaN
            total += np.where(weight > 1e-9, weight * value, 0.0)
    return total


def _nearness(past: Floats, step: int) -> Floats:
    """Return the weight of a neighbour on either side: the more, the less one is past it."""
    return np.abs(1 - step - past)


def _no_wall(shape: Shape | None) -> str:
    if shape is None or shape.is_empty:
        return NO_GEOMETRY
    return f"a {shape.geom_type}, no line or polygon"


def _burnt(barriers: gpd.GeoDataFrame, grid: Grid) -> tuple[Bools, Bools]:
    """Return the cells that barriers touch, and those that openings touch."""
    _refuse_no_frame(barriers)

    # a missing column opens nothing
    opening = barriers.get("opening", ["false"] * len(barriers))
    words = [str(value).strip().lower() for value in opening]
    _refuse(_barrier_problems(barriers, words))
    shapes = shapely.force_2d(barriers.geometry.to_numpy())
    degrees = carried(shapes, lambda shape: to_geographic(shape, barriers.crs))
    _refuse(off_earth(barriers.index, degrees))
    on_plane = laid_on_plane(degrees, grid.crs)
    opens = np.array([word in _TRUE for word in words], dtype=bool)
    return _touched(on_plane[~opens], grid), _touched(on_plane[opens], grid)


def _refuse_no_frame(barriers: gpd.GeoDataFrame) -> None:
    if not isinstance(barriers, gpd.GeoDataFrame) or barriers.active_geometry_name is None:
        raise InputError("barriers are no GeoDataFrame with a geometry column")
    if barriers.crs is None:
        raise InputError("barriers have no CRS; declare one (e.g. EPSG:4490), it is never guessed")


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InputError(listed("barriers that cannot be used:", problems[:50]))


def _barrier_problems(barriers: gpd.GeoDataFrame, words: list[str]) -> list[str]:
    """Return what is wrong with barriers: shapes first, then words of the column `opening`."""
    shapes = barriers.geometry.to_numpy()
    problems = [
        f"row {label}: {_no_wall(shape)}"
        for label, shape in zip(barriers.index, shapes, strict=True)
        if shape is None or shape.is_empty or shapely.get_dimensions(shape) < 1
    ]
    return problems + [
        f"row {label}: opening is {word!r}; use true or false"
        for label, word in zip(barriers.index, words, strict=True)
        if word not in _TRUE | _FALSE
    ]


def _touched(shapes: Shapes, grid: Grid) -> Bools:
    # without any shape the library would refuse to burn
    if not len(shapes):
        return np.zeros((grid.rows, grid.columns), dtype=bool)
    features, affine = need("rasterio.features", "barriers"), need("rasterio.transform", "barriers")
    transform = affine.Affine(
        grid.cell_m,
        0.0,
        grid.west_m,
        0.0,
        -grid.cell_m,
        grid.north_m,
    )

    # every cell that is touched: a wall with gaps between the middles of cells is no wall
    burnt = features.rasterize(
        [(shape, 1) for shape in shapes],
        out_shape=(grid.rows, grid.columns),
        transform=transform,
        all_touched=True,
        dtype="uint8",
    )
    return np.asarray(burnt, dtype=bool)
