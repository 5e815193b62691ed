"""Tiles from a server as a background: off unless asked for, one origin, never part of a
verdict.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import shapely

from ..errors import UsageError
from ..geometry.datums import from_encrypted
from ..geometry.projection import plane_crs, to_plane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from urllib.parse import SplitResult

    from ..geometry.shapes import Floats

TOKEN = "SXGEO_TIANDITU_TOKEN"
"""Environment variable that holds the token of Tianditu."""
_TOKEN_FORM = re.compile(r"[0-9A-Za-z]{16,64}")
_TIANDITU = "https://t0.tianditu.gov.cn"
_TIANDITU_SETS = {
    "tianditu": (("vec", "cva"), "天地图矢量底图", "Tianditu vector"),
    "tianditu-image": (("img", "cia"), "天地图影像底图", "Tianditu imagery"),
    "tianditu-terrain": (("ter", "cta"), "天地图地形底图", "Tianditu terrain"),
}
_AMAP = (
    "https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
)
NAMES = (*_TIANDITU_SETS, "amap")

_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?|"
    r"\[[0-9A-Fa-f:.]+\]"
)
_SAFE_URL = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&()*+=%{},-]+")
_LONGEST_URL = 1000
_WAY = "give e.g. http://10.0.0.5:8080/tiles/{z}/{x}/{y}.png, or one of " + ", ".join(NAMES)

_FINEST_STEP_DEG = 0.03
_MOST_STEPS = 5000
_SAMPLES = 9

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TileSource:
    """Tiles of one origin.

    Attributes
    ----------
    urls
        Templates with {z}, {x} and {y} or {-y}, the lowest layer first.
    origin
        Scheme, host and port that all of them come from: the only addition to the page's policy.
    zoom
        Lowest and highest zoom that the server has; beyond it tiles are enlarged.
    notices
        What must stand on the face of the page.
    shift
        Grid of offsets for tiles in GCJ-02, see :func:`shift_grid`; None for tiles that lie right.
    """

    urls: tuple[str, ...]
    origin: str
    name_zh: str
    name_en: str
    zoom: tuple[int, int]
    notices: tuple[str, ...]
    shift: Mapping[str, Any] | None = None


def tile_source(
    name: str,
    bounds: Bounds,
    environment: Mapping[str, str] | None = None,
) -> TileSource:
    """Return the tiles of a name or a URL template.

    Parameters
    ----------
    name
        ``tianditu``, ``tianditu-image``, ``tianditu-terrain`` (a token in the environment variable
        ``SXGEO_TIANDITU_TOKEN``), ``amap`` (GCJ-02, shifted tile by tile), or an http(s) URL with
        {z}, {x} and {y}, or {-y} for a server that counts rows from the south.
    bounds
        West, south, east, north in degrees of what the map shows, for the offsets of GCJ-02.
    environment
        Where to look for the token; None takes the process's.

    Raises
    ------
    UsageError
        If the name is unknown, the template is no http(s) URL with its three places, or the token
        is missing.
    InputError
        If tiles in GCJ-02 are asked for and the package that converts it is not installed.
    """
    if name in _TIANDITU_SETS:
        return _tianditu(name, os.environ if environment is None else environment)
    if name == "amap":
        return _amap(bounds)
    origin = origin_of(name)
    return TileSource(
        (name,),
        origin,
        "联网底图",
        "Online background",
        (0, 18),
        (_online(origin),),
    )


def _online(origin: str, more: str = "") -> str:
    return (
        f"联网底图：打开本页即向 {origin} 请求瓦片，所看位置随之发出；断网时底图空白，其余照常。"
        f"{more}底图仅供参照，不参与核查，其审图号以提供方为准。"
    )


def origin_of(template: str) -> str:
    """Check a URL template and return its origin.

    Raises
    ------
    UsageError
        Naming everything that is wrong with it.
    """
    try:
        parts = urlsplit(template)

        # a port that is no number shows only when it is asked for
        port = parts.port
    except ValueError as error:
        raise UsageError(f"tiles '{template[:200]}' is no URL ({error}); {_WAY}") from None
    problems = [*_host_problems(parts, port), *_template_problems(template, parts)]
    if problems:
        raise UsageError(f"tiles '{template[:200]}' cannot be used: {'; '.join(problems)}; {_WAY}")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _host_problems(parts: SplitResult, port: int | None) -> Iterator[str]:
    if parts.scheme not in ("http", "https"):
        yield "its scheme is neither http nor https"
    if not _HOST.fullmatch(parts.netloc.rsplit("@", 1)[-1].removesuffix(f":{port}") or " "):
        yield "it names no host"
    if "@" in parts.netloc:
        yield "it carries a user name, which would leave with the page"


def _template_problems(template: str, parts: SplitResult) -> Iterator[str]:
    """A template must be complete, and its host written out: the page's policy allows exactly that
    one.
    """
    places = re.findall(r"\{[^{}]*\}", template)
    names = sorted(place.replace("-", "") for place in places)
    if names != ["{x}", "{y}", "{z}"] or "{-x}" in places or "{-z}" in places:
        yield "it must hold {z}, {x} and {y} (or {-y}) once each and nothing else in braces"
    if "{" in parts.netloc:
        yield "its host must be written out, because the page allows exactly one"
    if not _SAFE_URL.fullmatch(template) or "#" in template or len(template) > _LONGEST_URL:
        yield (
            "it holds characters that no URL has unescaped, a '#', or is longer than 1,000 letters"
        )


def _tianditu(name: str, environment: Mapping[str, str]) -> TileSource:
    token = environment.get(TOKEN, "").strip()

    # it is written into an address, so nothing but a token may pass
    if not _TOKEN_FORM.fullmatch(token):
        state = "does not look like one" if token else "is not set"
        raise UsageError(
            f"tiles '{name}' need a token of Tianditu in the environment variable {TOKEN}, which"
            f" {state}"
        )
    layers, zh, en = _TIANDITU_SETS[name]
    urls = tuple(
        f"{_TIANDITU}/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default"
        f"&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={token}"
        for layer in layers
    )
    secret = "本文件含天地图访问令牌（密钥），交给他人即交出令牌。"
    return TileSource(
        urls,
        _TIANDITU,
        zh,
        en,
        (1, 18),
        (_online(_TIANDITU, secret),),
    )


def _amap(bounds: Bounds) -> TileSource:
    shift = shift_grid(bounds)

    # told at both ends: a tile of a coarse zoom is wide, and is moved as a whole
    coarse, fine = (remaining_error_m(bounds, shift, zoom) for zoom in (10, 16))
    origin = origin_of(_AMAP)
    words = (
        "高德瓦片为GCJ-02坐标，已逐块平移到CGCS2000，"
        f"平移后仍差至多约{fine:.0f}米（16级）、{coarse:.0f}米（10级）。"
    )
    return TileSource(
        (_AMAP,),
        origin,
        "高德底图（逐块平移）",
        "AMap, shifted per tile",
        (3, 18),
        (_online(origin, words),),
        shift,
    )


def shift_grid(bounds: Bounds) -> dict[str, Any]:
    """Offsets from GCJ-02 to EPSG:4490 on a grid, computed by the library's own conversion.

    Returns
    -------
    dict
        ``west``, ``south`` and ``step`` in degrees, ``columns``, and ``lon`` and ``lat``: rows from
        the south, each offset in 1e-7 degree, to be added to a position in GCJ-02.
    """
    west, south, east, north = bounds

    # as fine as the shift needs, and no more points than the page bears
    step = max(
        _FINEST_STEP_DEG,
        math.sqrt((east - west) * (north - south) / _MOST_STEPS),
    )
    lons, lats = _stations(west, east, step), _stations(south, north, step)
    return {
        "west": round(west, 7),
        "south": round(south, 7),
        "step": step,
        "columns": len(lons),
        **_shifts(lons, lats),
    }


def _shifts(lons: Floats, lats: Floats) -> dict[str, list[int]]:
    """Return the shift at each point of a grid, row by row, in steps of 1e-7 degree."""
    lon, lat = np.meshgrid(lons, lats)
    offset = np.rint(_offsets(lon.ravel(), lat.ravel()) * 1e7).astype(int)
    return {
        "lon": offset[:, 0].tolist(),
        "lat": offset[:, 1].tolist(),
    }


def _stations(
    low: float,
    high: float,
    step: float,
) -> Floats:
    """Places from one bound to the other or just beyond."""
    return low + step * np.arange(
        math.ceil((high - low) / step) + 1,
        dtype=np.float64,
    )


def _offsets(lon: Floats, lat: Floats) -> Floats:
    there = np.column_stack([lon, lat])
    back, _ = from_encrypted(shapely.points(there), "GCJ-02")
    offsets: Floats = shapely.get_coordinates(back) - there
    return offsets


def remaining_error_m(
    bounds: Bounds,
    shift: Mapping[str, Any],
    zoom: int,
) -> float:
    """Measure how far a shifted tile's corners lie from where they belong, at worst, on a grid of
    tiles over `bounds`.
    """
    west, south, east, north = bounds
    lons = np.linspace(west, east, _SAMPLES + 2)[1:-1].tolist()
    lats = np.linspace(south, north, _SAMPLES + 2)[1:-1].tolist()
    return max(_tile_error_m(shift, lon, lat, 2**zoom) for lon, lat in product(lons, lats))


def _tile_error_m(
    shift: Mapping[str, Any],
    lon: float,
    lat: float,
    tiles: int,
) -> float:
    """The worst of the tile that a place lies in: the page moves it as a whole, by the shift of its
    middle, and what is left is worst at its corners.
    """
    corners = _middle_and_corners(*_tile(lon, lat, tiles), tiles)

    # the page moves a tile as a whole, by the shift of its middle
    moved = corners + interpolated(shift, *corners[0].tolist())
    right = corners + _offsets(*corners.T)
    plane = plane_crs(lon)
    at, belongs = (to_plane(shapely.points(places), plane) for places in (moved, right))
    return float(shapely.distance(at, belongs).max())


def _middle_and_corners(
    column: int,
    row: int,
    tiles: int,
) -> Floats:
    """Lon and lat of the middle of a tile, then those of its corners."""
    steps = ((0.5, 0.5), (0, 0), (1, 0), (0, 1), (1, 1))
    return np.array([_corner(column + i, row + j, tiles) for i, j in steps])


def _within_grid(steps: float, count: int) -> float:
    """Keep a place within the cells of a grid: beyond its edge the shift of the edge holds."""
    return min(max(steps, 0), count - 1.000001)


def interpolated(
    shift: Mapping[str, Any],
    lon: float,
    lat: float,
) -> tuple[float, float]:
    """Offset in degrees at a position in GCJ-02, as the page's script computes it: linear between
    the grid's points.
    """
    columns = shift["columns"]
    x, y = _on_grid(shift, lon, lat)

    # the four corners of the cell, counted row by row as the page keeps them
    first = math.floor(y) * columns + math.floor(x)
    corners = (first, first + 1, first + columns, first + columns + 1)
    at_lon, at_lat = (
        _between([values[i] for i in corners], x % 1, y % 1)
        for values in (shift["lon"], shift["lat"])
    )
    return at_lon, at_lat


def _on_grid(
    shift: Mapping[str, Any],
    lon: float,
    lat: float,
) -> tuple[float, float]:
    """Return where a position lies on the grid of offsets, in steps from its south-west."""
    columns, rows = shift["columns"], len(shift["lon"]) // shift["columns"]
    x = _within_grid((lon - shift["west"]) / shift["step"], columns)
    return x, _within_grid((lat - shift["south"]) / shift["step"], rows)


def _between(
    corners: Sequence[int],
    u: float,
    v: float,
) -> float:
    """Value in degrees within a cell of the grid, by its corners from the south-west on."""
    low = corners[0] * (1 - u) + corners[1] * u
    high = corners[2] * (1 - u) + corners[3] * u
    return float((low * (1 - v) + high * v) / 1e7)


def _tile(
    lon: float,
    lat: float,
    tiles: int,
) -> tuple[int, int]:
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return math.floor((lon + 180) / 360 * tiles), math.floor(row * tiles)


def _corner(
    column: float,
    row: float,
    tiles: int,
) -> tuple[float, float]:
    return column / tiles * 360 - 180, math.degrees(
        math.atan(math.sinh(math.pi * (1 - 2 * row / tiles)))
    )
