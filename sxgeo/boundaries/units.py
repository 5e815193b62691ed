"""Counties, prefectures and provinces as polygons."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd

from ..catalog import read_features
from ..errors import UsageError
from ..geometry.projection import GEOGRAPHIC

_COUNTY_FILES = ("counties", "neighbours", "atlas_counties")
UNIT_FILES = {
    "county": _COUNTY_FILES,
    "prefecture": ("prefectures",),
    "province": ("provinces",),
}


def load_counties(*, neighbours: bool = False) -> gpd.GeoDataFrame:
    """Return the counties of the Taiyuan-Xinzhou zone.

    Parameters
    ----------
    neighbours
        Whether to add the counties outside the zone in which records lie.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by code: `code`, `name_zh`, `name_en`, `position_accuracy_m` (m), geometry.
    """
    return _frame(_COUNTY_FILES[: 2 if neighbours else 1])


def load_units(kind: str = "county") -> gpd.GeoDataFrame:
    """Return every bundled unit of one level: ``county``, ``prefecture`` or ``province``.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by code: `code`, `name_zh`, `name_en`, `position_accuracy_m` (m),
        `deviation_median_m`, `deviation_p95_m` (measured against a second source), geometry.

    Raises
    ------
    UsageError
        If the level is unknown.
    """
    if kind not in UNIT_FILES:
        raise UsageError(f"unknown level '{kind}'. Known: {', '.join(UNIT_FILES)}.")
    return _frame(UNIT_FILES[kind])


def _frame(names: Iterable[str]) -> gpd.GeoDataFrame:
    read_files = [read_features(f"boundaries/{name}.geojson") for name in names]
    properties = [row for rows, _ in read_files for row in rows]
    shapes = np.concatenate([shapes for _, shapes in read_files])
    frame = gpd.GeoDataFrame(pd.DataFrame(properties), geometry=shapes, crs=GEOGRAPHIC)
    return frame.sort_values("code", ignore_index=True)


def units_of(codes: Iterable[str]) -> gpd.GeoDataFrame:
    """Read the units with these codes from as few files as hold them."""
    wanted = set(codes)
    frames = []
    for kind, names in UNIT_FILES.items():
        own = {code for code in wanted if _kind(code) == kind}

        # the finest file first; a code that it holds is not looked for in a coarser one
        for name in names if own else ():
            frame = _frame([name])
            frames.append(frame[frame["code"].isin(own)])
            own -= set(frame["code"])
            if not own:
                break

    # no code at all: an empty frame with the columns of a full one
    if not frames:
        frames = [_frame(["counties"]).iloc[:0]]
    return pd.concat(frames, ignore_index=True)[["code", "position_accuracy_m", "geometry"]]


def _kind(code: str) -> str:
    return (
        "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
    )


def units_above(code: str) -> tuple[str, ...]:
    """The code itself, its prefecture's and its province's."""
    return tuple(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))
