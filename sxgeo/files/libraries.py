"""The door to libraries that sxgeo does without: imported when they are asked for, else the error
that says what to install.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import InputError, SxgeoError

EXTRA_OF = {
    "PIL": "office",
    "access": "access",
    "distributed": "dask",
    "docx": "office",
    "exactextract": "raster",
    "ezdxf": "dxf",
    "matplotlib": "plot",
    "openpyxl": "tables",
    "osmium": "osm",
    "osmnx": "osm",
    "pyarrow": "parquet",
    "pysail": "spark",
    "pyspark": "spark",
    "rasterio": "raster",
    "skimage": "raster",
}
"""The extra that brings each library. Those of geometry, which knows no files, have doors there."""


def library(
    name: str,
    need: str,
    error: type[SxgeoError] = InputError,
    *,
    extra: str | None = None,
) -> Any:
    """Import a library or a part of it, which takes its time at the first call alone.

    Parameters
    ----------
    name
        With dots, as in ``"rasterio.warp"``.
    need
        Who needs what, the first half of the error: ``"a hillshade needs rasterio"``.
    extra
        What brings it here, where that is not what `EXTRA_OF` says.

    Raises
    ------
    SxgeoError
        Of the given kind, if it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as missing:
        brought_by = extra or EXTRA_OF[name.partition(".")[0]]
        raise error(f"{need}: pip install 'sxgeo[{brought_by}]'") from missing
