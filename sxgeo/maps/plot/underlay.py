"""What lies under the land of a static figure: a hillshade of one's own, or tiles of a server;
never part of a verdict.
"""

from __future__ import annotations

import math
import urllib.error
import urllib.request
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from ...errors import InputError, UsageError
from ...files.libraries import library
from ...geometry.projection import points_to_degrees
from ..backdrop import grown, relief_notices
from ..hillshade import hillshade_of
from ..online import tile_source

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shape
    from ..online import TileSource
    from .sheet import Box, Sheet

Bounds = tuple[float, float, float, float]
Pixels = npt.NDArray[np.uint8]
"""Red, green, blue and alpha: rows, columns, 4."""
_PX_A_MM = 5
_TILE = 256
_MOST_TILES = 64
_WAIT_S = 20
_MOST_TILE_BYTES = 5_000_000
_DARKEST = 0.75
"""How dark the shade of a slope may lie on the land, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Underlay:
    """A picture whose rows are even in EPSG:3857.

    Attributes
    ----------
    pixels
        Red, green, blue, alpha (uint8, rows x columns x 4), the first row in the north.
    bounds
        West, south, east, north in degrees.
    notices
        What must stand on the sheet.
    """

    pixels: Any
    bounds: Bounds
    notices: tuple[str, ...]

    def on(self, sheet: Sheet) -> Any:
        """Lay the picture into the frame of a sheet: pixels of the frame, transparent where it
        ends.
        """
        x, y = _pixel_middles(sheet.frame)
        plane = sheet.on_plane(np.column_stack([x.ravel(), y.ravel()]))
        lon, lat = points_to_degrees(plane, sheet.crs).T

        # each pixel of the frame takes the pixel of the picture that it lies in
        column, row = self._pixel_at(lon, lat)
        inside = self._holds(column, row)
        laid = np.zeros((x.size, 4), dtype="uint8")
        laid[inside] = self.pixels[row[inside].astype(int), column[inside].astype(int)]
        return laid.reshape(*x.shape, 4)

    def _holds(self, column: Floats, row: Floats) -> npt.NDArray[np.bool_]:
        rows, columns = self.pixels.shape[:2]
        inside: npt.NDArray[np.bool_] = (
            (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        )
        return inside

    def _pixel_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Column and row of places in degrees, with their parts."""
        west, south, east, north = self.bounds
        rows, columns = self.pixels.shape[:2]
        column = (lon - west) / (east - west) * columns
        row = (_up(north) - _up(lat)) / (_up(north) - _up(south)) * rows
        return column, row


def underlays(
    zone: Shape,
    *,
    hillshade: str | Path | None,
    tiles: str | None,
) -> list[Underlay]:
    """Prepare what lies under the land, the lowest first; empty when nothing was asked for.

    Raises
    ------
    UsageError, InputError
        As :func:`sxgeo.maps.backdrop.backdrop`; also where a tile cannot be had.
    """
    bounds = grown(shapely.bounds(zone))
    found = []
    if tiles is not None:
        source = tile_source(tiles, bounds)
        if source.shift is not None:
            raise UsageError(
                f"tiles '{tiles}' lie in GCJ-02 and are moved one by one, which only the page does;"
                " give the figure other tiles"
            )
        found.append(_mosaic(source, bounds))
    if hillshade is not None:
        relief = hillshade_of(Path(hillshade), bounds)
        grey = _picture(relief.image)
        found.append(
            Underlay(
                _as_shade(grey),
                relief.bounds,
                tuple(relief_notices(relief)),
            )
        )
    return found


def _pixel_middles(frame: Box) -> tuple[Floats, Floats]:
    """x and y in millimetres of the middle of each pixel of a frame: two arrays, rows from the
    top.
    """
    left, bottom, right, top = frame
    wide, high = round((right - left) * _PX_A_MM), round((top - bottom) * _PX_A_MM)
    along = left + (np.arange(wide) + 0.5) / _PX_A_MM
    down = top - (np.arange(high) + 0.5) / _PX_A_MM
    x, y = np.meshgrid(along, down)
    return x, y


def _up(lat: Floats | float) -> Floats:
    """Height of a latitude in EPSG:3857, in radians."""
    return np.log(np.tan(math.pi / 4 + np.radians(lat) / 2))


def _picture(content: bytes) -> Pixels:
    # Pillow comes with matplotlib
    image = library("PIL.Image", "a static figure needs Pillow", UsageError, extra="plot")
    return np.asarray(image.open(BytesIO(content)).convert("RGBA"))


def _as_shade(grey: Pixels) -> Pixels:
    """Turn a grey picture into black that covers the darker, the steeper the slope is."""
    dark = (255 - grey[..., 0].astype(float)) / 255 * _DARKEST
    shade = np.zeros_like(grey)
    shade[..., 3] = np.rint(dark * grey[..., 3]).astype("uint8")
    return shade


def _mosaic(source: TileSource, bounds: Bounds) -> Underlay:
    """Fetch the tiles about some bounds at the finest zoom that takes few enough of them."""
    zoom = _finest_zoom(source, bounds)
    first, last, top, bottom = _range(bounds, zoom)
    columns, rows = range(first, last + 1), range(top, bottom + 1)
    pixels = _laid_out(source, columns, rows, zoom)
    return Underlay(pixels, _tile_bounds(columns, rows, zoom), (_words(source),))


def _laid_out(
    source: TileSource,
    columns: range,
    rows: range,
    zoom: int,
) -> Pixels:
    """Fetch tiles, and lay them beside and over each other into one picture."""
    # rows of tiles beside each other: laid so, the whole is one reshape
    pixels = np.zeros(
        (len(rows), _TILE, len(columns), _TILE, 4),
        dtype="uint8",
    )
    for url, x, y in product(source.urls, columns, rows):
        tile = _fetched(url, zoom, x, y, source.origin)
        _lay_over(pixels[y - rows.start, :, x - columns.start], tile)
    return pixels.reshape(len(rows) * _TILE, -1, 4)


def _tile_bounds(
    columns: range,
    rows: range,
    zoom: int,
) -> Bounds:
    """West, south, east, north of some columns and rows of tiles."""
    west, east = _lon(columns.start, zoom), _lon(columns.stop, zoom)
    return west, _lat(rows.stop, zoom), east, _lat(rows.start, zoom)


def _words(source: TileSource) -> str:
    return (
        f"底图：{source.name_zh}（{source.origin}），仅供参照，不参与核查，其审图号以提供方为准。"
    )


def _finest_zoom(source: TileSource, bounds: Bounds) -> int:
    lowest, highest = source.zoom
    zooms = range(lowest, highest + 1)
    return max((z for z in zooms if _count(bounds, z) <= _MOST_TILES), default=lowest)


def _lay_over(at: Pixels, tile: Pixels) -> None:
    """Lay a tile over what a mosaic holds at its place."""
    # names come as tiles of their own over the picture, clear where there is none
    alpha = tile[..., 3:].astype(float) / 255
    at[..., :3] = np.rint(tile[..., :3] * alpha + at[..., :3] * (1 - alpha))
    at[..., 3] = np.maximum(at[..., 3], tile[..., 3])


def _range(bounds: Bounds, zoom: int) -> tuple[int, int, int, int]:
    """Columns from west to east and rows from north to south that cover some bounds."""
    west, south, east, north = bounds
    whole = 2**zoom
    column = [int((lon + 180) / 360 * whole) for lon in (west, east)]
    row = [int((1 - float(_up(lat)) / math.pi) / 2 * whole) for lat in (north, south)]
    return (
        column[0],
        min(column[1], whole - 1),
        row[0],
        min(row[1], whole - 1),
    )


def _count(bounds: Bounds, zoom: int) -> int:
    first, last, top, bottom = _range(bounds, zoom)
    return (last - first + 1) * (bottom - top + 1)


def _lon(column: int, zoom: int) -> float:
    share: float = column / 2**zoom
    return share * 360 - 180


def _lat(row: int, zoom: int) -> float:
    share: float = 1 - 2 * row / 2**zoom
    return math.degrees(math.atan(math.sinh(math.pi * share)))


def _fetched(
    template: str,
    zoom: int,
    x: int,
    y: int,
    origin: str,
) -> Pixels:
    """Return one tile; what is said of a failure never names the address, which may hold a
    token.
    """
    named = f"tile {zoom}/{x}/{y} of {origin}"
    try:
        with urllib.request.urlopen(
            _address(template, zoom, x, y),
            timeout=_WAIT_S,
        ) as answer:
            tile = _picture(answer.read(_MOST_TILE_BYTES))
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise InputError(
            f"{named} cannot be had ({type(error).__name__}); a figure with tiles needs the"
            " server: leave --tiles out, or draw where it can be reached"
        ) from error
    high, wide = tile.shape[:2]
    if (high, wide) != (_TILE, _TILE):
        raise InputError(f"{named} has {wide} x {high} pixels, not {_TILE} x {_TILE}")
    return tile


def _address(
    template: str,
    zoom: int,
    x: int,
    y: int,
) -> str:
    """Fill in a template; {-y} counts rows from the south."""
    for place, value in {
        "{z}": zoom,
        "{x}": x,
        "{y}": y,
        "{-y}": 2**zoom - 1 - y,
    }.items():
        template = template.replace(place, str(value))
    return template
