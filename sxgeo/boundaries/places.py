"""In which bundled county and zone a place lies: for words beside a number, never for an
outcome.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..catalog import read_features

if TYPE_CHECKING:
    from ..geometry.shapes import Shape

_HOME = ("140100", "140900")
"""The prefectures round the zone: a file of sites is expected in them."""


@lru_cache(maxsize=2)
def _units(level: str) -> tuple[tuple[str, ...], Any]:
    """Names with codes, and a tree of the shapes: of the ``counties``, or of the ``prefectures``
    round the zone.
    """
    paths = ("counties", "neighbours") if level == "counties" else ("prefectures",)
    found = [
        pair
        for path in paths
        for pair in zip(*read_features(f"boundaries/{path}.geojson"), strict=True)
    ]
    kept = [(row, shape) for row, shape in found if level == "counties" or row["code"] in _HOME]
    kept.sort(key=lambda pair: str(pair[0]["code"]))
    return tuple(f"{row['name_zh']} {row['code']}" for row, _ in kept), shapely.STRtree(
        [shape for _, shape in kept]
    )


def counties_of(shape: Shape) -> list[str]:
    """Return ``"阳曲县 140122"`` for each bundled county that a lon/lat geometry meets, by code; a
    prefecture where no county.
    """
    for level in ("counties", "prefectures"):
        names, tree = _units(level)
        if met := sorted(tree.query(shape, predicate="intersects").tolist()):
            return [names[i] for i in met]
    return []


def place_of(lon: float, lat: float) -> str:
    """Say where a point lies: its county, or that it is in none of the bundled ones."""
    found = counties_of(shapely.Point(lon, lat)) if np.isfinite([lon, lat]).all() else []
    return (
        f"{lon:.4f}, {lat:.4f}:"
        f" {found[0].rpartition(' ')[0] if found else '在内置县界之外 in no bundled county'}"
    )
