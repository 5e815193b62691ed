"""Where China lies: told without reading a boundary where the box is enough."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..catalog import read_features

if TYPE_CHECKING:
    from ..geometry.shapes import Bools, Floats, Shape

_CORE = (105.0, 31.0, 116.0, 40.0)
"""A box that lies inside the envelope of China (a test proves it), so that most features need no
closer look.
"""


@lru_cache(maxsize=1)
def _china() -> Shape:
    _, shapes = read_features("boundaries/china.geojson")
    shapely.prepare(shapes[0])
    return shapes[0]


def inside_china(bounds: Floats) -> Bools:
    """Tell for each row of bounds (degrees, n by 4) whether its box lies in the coarse envelope of
    China (EPSG:4490).
    """
    rows = np.atleast_2d(np.asarray(bounds, dtype=float))

    # NaN and a latitude above 90 come of swapped axes; they lie outside, without a warning.
    with np.errstate(invalid="ignore"):
        sane = np.isfinite(rows).all(axis=1) & (np.abs(rows[:, [1, 3]]) <= 90).all(axis=1)
        inside: Bools = sane & _in_core(rows)

    # Few boxes leave the core, so the outline is asked about those only.
    rest = sane & ~inside
    if rest.any():
        inside[rest] = shapely.covers(
            _china(),
            shapely.box(*rows[rest].T),
        )
    return inside


def _in_core(rows: Floats) -> Bools:
    """Tell which boxes lie in the box that China fills whole."""
    west_south = (rows[:, :2] >= _CORE[:2]).all(axis=1)
    east_north = (rows[:, 2:] <= _CORE[2:]).all(axis=1)
    return np.asarray(west_south & east_north)
