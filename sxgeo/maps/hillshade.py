"""A hillshade from an elevation model: warped to the page's projection, shaded, small enough to
stand in the page.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..errors import InputError, UsageError
from ..files.libraries import library
from ..geometry.datums import from_geographic, old_datum

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt
    from rasterio import DatasetReader

    from ..geometry.shapes import Floats

MERCATOR = "EPSG:3857"
MOST_BYTES = 700_000
"""Largest image; a larger one is drawn with fewer pixels."""
_MOST_PIXELS = 1500
_LEAST_PIXELS = 64
_WARP_MB = 128
_DRIVERS = ("GTiff", "HFA", "AAIGrid", "ENVI", "EHdr", "SRTMHGT", "USGSDEM", "JP2OpenJPEG")
"""Formats that hold their own pixels; those that point at other files or at servers (VRT, WMS) are
left out.
"""
_FORMATS = "ERDAS .img, ArcInfo .asc with .prj, ENVI, ESRI .bil, SRTM .hgt, USGS .dem, JPEG 2000"
_RADIUS_M = 6_378_137.0
"""Of the sphere that EPSG:3857 stands on."""
_NOWHERE = -32768.0
"""Written beside the model where its file has no value of its own for that."""
_SUN_ALTITUDE = math.radians(42)
_SUNS = ((315, 0.5), (270, 0.2), (360, 0.2), (225, 0.1))
"""Directions of light in degrees and their shares; the main light comes from the upper left, as
atlases draw it.
"""
_TYPICAL_SLOPE, _MOST_STEEPER = 0.55, 12.0
"""Heights are enlarged until the steepest twentieth has this slope, at most so many times: coarse
pixels flatten mountains.
"""
_OPEN_SKY = 1.1
"""How much brighter than flat ground the brightest slope may be."""
_LIGHTEST, _DARKEST = 255, 100
_DATES = ("TIFFTAG_DATETIME", "DATE", "date", "ACQUISITION_DATE")
_SOURCES = ("SOURCE", "source", "TIFFTAG_COPYRIGHT", "TIFFTAG_ARTIST", "TIFFTAG_IMAGEDESCRIPTION")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Hillshade:
    """An image and where it lies.

    Attributes
    ----------
    image, mime
        WebP, or PNG where GDAL writes no WebP; transparent where the model has no data.
    bounds
        West, south, east, north in degrees; the rows of the image are even in EPSG:3857.
    words
        File, source and date of the model in Chinese; what its file does not tell is called
        unknown.
    """

    image: bytes
    mime: str
    bounds: Bounds
    words: str


def hillshade_of(path: Path, bounds: Bounds) -> Hillshade:
    """Shade the part of an elevation model that lies in `bounds`.

    Parameters
    ----------
    path
        Raster file with one band of heights in metres and a CRS. A large one is read in pieces;
        pyramids in the file make that faster.
    bounds
        West, south, east, north in degrees.

    Returns
    -------
    Hillshade
        Of at most `MOST_BYTES`; the same file gives the same bytes.

    Raises
    ------
    UsageError
        If rasterio is not installed.
    InputError
        If the file is no raster, has no CRS or several bands, does not overlap, or holds no heights
        there.
    """
    rasterio = _rasterio()
    if not path.is_file():
        raise InputError(f"hillshade '{path}' is no file")
    with _gdal_words(path, rasterio), _opened(path, rasterio) as model:
        _check(path, model)
        window = _common(path, model, bounds)
        for pixels in _ever_coarser():
            heights, size_m = _warped(rasterio, model, window, pixels)
            _refuse_nothing(path, heights)
            steeper = enlargement(heights, size_m)
            image, mime = _encoded(rasterio, shaded(heights, size_m, steeper=steeper))

            # the picture must fit into the page
            if len(image) <= MOST_BYTES:
                break
        return Hillshade(image, mime, _degrees(window), _words(path, model, steeper))


def _ever_coarser() -> Iterator[int]:
    """Yield how many pixels a side of the picture may have, fewer and fewer of them."""
    pixels = _MOST_PIXELS
    while pixels > _LEAST_PIXELS:
        yield pixels
        pixels = max(_LEAST_PIXELS, int(pixels * 0.8))
    yield pixels


def _refuse_nothing(path: Path, heights: Floats) -> None:
    if not np.isfinite(heights).any():
        raise InputError(
            f"hillshade '{path.name}' holds no heights in the zone: every pixel there is nodata"
        )


def _rasterio(name: str = "rasterio") -> Any:
    return library(name, "a hillshade needs rasterio, which is not installed", UsageError)


def _opened(path: Path, rasterio: ModuleType) -> DatasetReader:
    """Open with the first driver of the list that knows the file; no other driver may touch it."""
    for driver in _DRIVERS:
        try:
            return rasterio.open(path, driver=driver)
        except rasterio.errors.RasterioIOError:
            continue
    raise InputError(
        f"hillshade '{path.name}' is no elevation raster that can be read; give a GeoTIFF, or one"
        f" of {_FORMATS}"
    )


@contextmanager
def _gdal_words(path: Path, rasterio: ModuleType) -> Iterator[None]:
    """Turn what GDAL says into an error of ours."""
    try:
        # no file is written beside a user's model, and what else lies in its folder is not read
        with (
            warnings.catch_warnings(),
            rasterio.Env(GDAL_PAM_ENABLED=False, GDAL_DISABLE_READDIR_ON_OPEN="TRUE"),
        ):
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            yield
    except rasterio.errors.RasterioError as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"hillshade '{path.name}' cannot be read to its end ({reason}); is the file whole?"
        ) from error


def _check(path: Path, model: DatasetReader) -> None:
    problems = []
    if model.count != 1:
        problems.append(
            f"it has {model.count} bands, so it is an image; an elevation model has one"
        )
    if model.crs is None:
        problems.append(
            "it has no CRS; write the one it was made in into the file (gdal_edit.py -a_srs), it is"
            " never guessed"
        )
    elif (datum := old_datum(model.crs.to_wkt())) is not None:
        problems.append(
            f"it lies on {datum}, which needs seven parameters; convert it to CGCS2000 first"
        )
    if np.dtype(model.dtypes[0]).kind == "c":
        problems.append("its numbers are complex")
    if problems:
        raise InputError(f"hillshade '{path.name}' cannot be used: {'; '.join(problems)}")


def _mercator(bounds: Bounds) -> Bounds:
    west, south, east, north = shapely.bounds(from_geographic(shapely.box(*bounds), MERCATOR))
    return float(west), float(south), float(east), float(north)


def _common(
    path: Path,
    model: DatasetReader,
    bounds: Bounds,
) -> Bounds:
    """Return the box in EPSG:3857 that model and map share."""
    # an edge bends on the way: by its corners alone a strip would be cut off
    own = _rasterio("rasterio.warp").transform_bounds(
        model.crs, MERCATOR, *model.bounds, densify_pts=21
    )
    west, south, east, north = (
        pick(a, b) for pick, a, b in zip((max, max, min, min), own, _mercator(bounds), strict=True)
    )

    # what lies outside of its own projection comes back as infinite
    placed = all(map(math.isfinite, own))
    if not (placed and west < east and south < north):
        told = ", ".join(f"{v:.2f}" for v in _degrees(own)) if placed else "unknown"
        raise InputError(
            f"hillshade '{path.name}' does not overlap the zone: it spans {told} (west, south,"
            f" east, north in degrees), the map {', '.join(f'{v:.2f}' for v in bounds)}"
        )
    return west, south, east, north


def _degrees(box: Bounds) -> Bounds:
    bounds = _rasterio("rasterio.warp").transform_bounds(MERCATOR, "EPSG:4326", *box)
    west, south, east, north = bounds
    return round(west, 6), round(south, 6), round(east, 6), round(north, 6)


def _warped(
    rasterio: ModuleType,
    model: DatasetReader,
    box: Bounds,
    pixels: int,
) -> tuple[Floats, Floats]:
    """Read heights on a grid of at most `pixels` a side; GDAL warps in pieces of bounded size.

    Returns the grid, NaN where nothing is known, and the true width of a pixel in metres for each
    row.
    """
    step, size = _grid_of(box, pixels)
    options = _warp_options(rasterio, model, box, size)
    with _rasterio("rasterio.vrt").WarpedVRT(model, **options) as view:
        heights = view.read(1, masked=True).astype("float32").filled(np.nan)

    # values for nothing that were not declared lie far off the earth
    heights[(heights < -12_000) | (heights > 9_000)] = np.nan
    _, south, _, north = box
    return heights, (step * _shrink(south, north, size[1]))[:, None]


def _grid_of(box: Bounds, pixels: int) -> tuple[float, tuple[int, int]]:
    """Return the width of a pixel, and how many a box is wide and high: `pixels` the longer way."""
    west, south, east, north = box

    # square pixels of the projection: a degree would be longer one way than the other
    step = max(east - west, north - south) / pixels
    wide, high = (max(2, round(length / step)) for length in (east - west, north - south))
    return step, (wide, high)


def _warp_options(
    rasterio: ModuleType,
    model: DatasetReader,
    box: Bounds,
    size: tuple[int, int],
) -> dict[str, Any]:
    wide, high = size

    # a model far finer than the picture is averaged: single pixels would flicker
    finer = model.width * model.height > 4 * wide * high
    how = rasterio.enums.Resampling.average if finer else rasterio.enums.Resampling.bilinear
    options: dict[str, Any] = {
        "crs": MERCATOR,
        "transform": rasterio.transform.from_bounds(*box, wide, high),
        "width": wide,
        "height": high,
        "resampling": how,
        "dtype": "float32",
        "warp_mem_limit": _WARP_MB,
    }

    # without a value for nothing, the rim beyond the model would be ground at height 0
    return options if model.nodata is not None else options | {"nodata": _NOWHERE}


def _shrink(
    south: float,
    north: float,
    high: int,
) -> Floats:
    """Mercator stretches with the latitude: how much shorter the ground is in each row."""
    rows = north - (np.arange(high) + 0.5) * (north - south) / high
    shrink: Floats = 1 / np.cosh(rows / _RADIUS_M)
    return shrink


def shaded(
    heights: Floats,
    size_m: Floats | float,
    *,
    steeper: float = 1.0,
) -> npt.NDArray[np.uint8]:
    """Shade a grid of heights.

    Parameters
    ----------
    heights
        Metres, the first row in the north; NaN where unknown.
    size_m
        Width of a pixel on the ground in metres: one number, or a column with one for each row.
    steeper
        How many times heights are enlarged.

    Returns
    -------
    numpy.ndarray
        Grey and alpha (``uint8``, shape 2 x rows x columns); alpha is 0 where the height is
        unknown. Flat ground has the grey that leaves the paper nearly white.
    """
    known = np.isfinite(heights)

    # a hole would be a cliff: it is filled, and made clear again
    filled = np.where(
        known,
        heights,
        np.nanmean(heights) if known.any() else 0.0,
    )
    down, right = np.gradient(filled)
    slopes = steeper * right / size_m, -steeper * down / size_m

    return np.stack(
        [
            _tone(slopes),
            np.where(known, 255, 0).astype("uint8"),
        ]
    )


def _tone(slopes: tuple[Floats, Floats]) -> npt.NDArray[np.uint8]:
    """Return how light each pixel is."""
    # several suns: one alone hides what runs along its rays
    light = np.zeros_like(slopes[0])
    for azimuth, share in _SUNS:
        light += share * _lit(*slopes, math.radians(azimuth))
    grey = np.clip(light / math.sin(_SUN_ALTITUDE) / _OPEN_SKY, 0, 1)
    tone: npt.NDArray[np.uint8] = np.rint(_DARKEST + (_LIGHTEST - _DARKEST) * grey).astype("uint8")
    return tone


def _lit(
    slope_x: Floats,
    slope_y: Floats,
    turn: float,
) -> Floats:
    """How much light slopes get from a sun in one direction, 0 to 1."""
    lie = np.sqrt(1 + slope_x**2 + slope_y**2)
    flat = math.cos(_SUN_ALTITUDE)
    toward = slope_x * math.sin(turn) * flat + slope_y * math.cos(turn) * flat
    return np.clip((math.sin(_SUN_ALTITUDE) - toward) / lie, 0, 1)


def enlargement(heights: Floats, size_m: Floats | float) -> float:
    """How many times to enlarge heights so that the relief is seen at this width of pixels: 1 to
    12.
    """
    down, right = np.gradient(heights)
    slopes = np.hypot(right / size_m, down / size_m)
    slopes = slopes[np.isfinite(slopes)]

    # not the steepest slope of all: one cliff would leave the rest flat
    steep = float(np.percentile(slopes, 95)) if len(slopes) else 0.0
    return (
        round(
            min(_MOST_STEEPER, max(1.0, _TYPICAL_SLOPE / steep)),
            1,
        )
        if steep > 0
        else 1.0
    )


def _encoded(rasterio: ModuleType, picture: npt.NDArray[np.uint8]) -> tuple[bytes, str]:
    """Return grey and alpha as an image, and its kind."""
    tone, alpha = picture

    # WebP is the smaller of the two, where GDAL was built with it
    if "webp" in rasterio.drivers.raster_driver_extensions():
        bands = np.stack([tone, tone, tone, alpha])
        return _written(rasterio, bands, driver="WEBP", QUALITY=62), "image/webp"
    return _written(rasterio, picture, driver="PNG", ZLEVEL=9), "image/png"


def _written(
    rasterio: ModuleType,
    bands: npt.NDArray[np.uint8],
    **driver: str | int,
) -> bytes:
    """Return bands as the bytes of a file of a driver of GDAL."""
    count, height, width = bands.shape
    shape = {
        "count": count,
        "height": height,
        "width": width,
        "dtype": "uint8",
    }
    with rasterio.MemoryFile() as file:
        with file.open(**driver, **shape) as target:
            target.write(bands)
        return bytes(file.read())


def _words(
    path: Path,
    model: DatasetReader,
    steeper: float,
) -> str:
    tags: Mapping[str, str] = model.tags()

    def first(names: tuple[str, ...]) -> str:
        found = next((tags[n] for n in names if tags.get(n, "").strip()), "")
        return " ".join(found.split())[:80]

    source, date = first(_SOURCES), first(_DATES)
    return (
        f"{path.name}，来源{('：' + source) if source else '不明'}，"
        f"日期{('：' + date) if date else '不明'}，竖向夸大{steeper:g}倍"
    )
