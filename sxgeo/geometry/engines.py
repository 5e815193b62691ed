"""The programs on whose arithmetic an answer rests."""

from __future__ import annotations

import shapely
from pyproj import proj_version_str

from ..version import __version__


def versions() -> dict[str, str]:
    """Return the version of each."""
    return {
        "sxgeo": __version__,
        "geos": shapely.geos_version_string,
        "proj": str(proj_version_str),
    }
