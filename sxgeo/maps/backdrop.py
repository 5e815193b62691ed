"""What may lie under the map: a hillshade from the user's elevation model, tiles from a server.

Never part of a verdict.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ..wording import USER_DATA_NOTICE
from .hillshade import hillshade_of
from .online import tile_source

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from .hillshade import Hillshade
    from .online import TileSource

_AROUND = 0.35
"""How far a backdrop reaches beyond the zone, in widths of the zone."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Layers for the page's script, notices for its face, and the origins that its policy must let
    images come from.
    """

    layers: tuple[dict[str, Any], ...] = ()
    notices: tuple[str, ...] = ()
    origins: tuple[str, ...] = field(default=())


def backdrop(
    zone: Shape,
    *,
    hillshade: str | Path | None = None,
    tiles: str | None = None,
) -> Backdrop:
    """Prepare what lies under the map.

    Parameters
    ----------
    zone
        Lon/lat shape that the map shows.
    hillshade
        Elevation model as a raster file; None for none.
    tiles
        Name of a service or a URL template, see :func:`sxgeo.maps.online.tile_source`; None for
        none, which keeps the page without any request.

    Returns
    -------
    Backdrop
        Empty when nothing was asked for.

    Raises
    ------
    UsageError, InputError
        As :func:`sxgeo.maps.hillshade.hillshade_of` and :func:`sxgeo.maps.online.tile_source`.
    """
    bounds = grown(shapely.bounds(zone))
    source = None if tiles is None else tile_source(tiles, bounds)
    relief = None if hillshade is None else hillshade_of(Path(hillshade), bounds)
    return Backdrop(
        layers=(*_tile_layers(source), *_image_layers(relief)),
        notices=(*relief_notices(relief), *(source.notices if source is not None else ())),
        origins=(source.origin,) if source is not None else (),
    )


def grown(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    """Return bounds in degrees with what a backdrop shows around them."""
    west, south, east, north = (float(v) for v in bounds)
    more = max(east - west, north - south) * _AROUND

    # the projection of tiles ends near the poles
    return (
        max(west - more, -180.0),
        max(south - more, -85.0),
        min(east + more, 180.0),
        min(north + more, 85.0),
    )


def _tile_layers(source: TileSource | None) -> Iterable[dict[str, Any]]:
    if source is None:
        return
    shift = {} if source.shift is None else {"shift": source.shift}
    for url in source.urls:
        yield {
            "kind": "tiles",
            "url": url,
            "zoom": list(source.zoom),
            "zh": source.name_zh,
            "en": source.name_en,
            **shift,
        }


def _image_layers(relief: Hillshade | None) -> Iterable[dict[str, Any]]:
    if relief is None:
        return
    west, south, east, north = relief.bounds
    uri = f"data:{relief.mime};base64,{base64.b64encode(relief.image).decode('ascii')}"
    yield {
        "kind": "image",
        "uri": uri,
        "bounds": [[south, west], [north, east]],
        "zh": "地形晕渲",
        "en": "Hillshade",
    }


def relief_notices(relief: Hillshade | None) -> Iterable[str]:
    """Return what must stand beside a hillshade."""
    if relief is not None:
        yield f"{USER_DATA_NOTICE}含：地形晕渲（{relief.words}）。密级：＿＿＿＿　使用范围：＿＿＿＿"
