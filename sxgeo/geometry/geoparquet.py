"""What a Parquet file says of its geometry, in the words of GeoParquet 1.1."""

from __future__ import annotations

import json
from functools import lru_cache

from pyproj import CRS

from .projection import GEOGRAPHIC


@lru_cache(maxsize=2)
def geo_words(box: str | None = None) -> str:
    """Return the value of the key ``geo``: WKB in EPSG:4490, in the column `geometry`.

    Parameters
    ----------
    box
        A column of structs `xmin`, `ymin`, `xmax`, `ymax` by which readers skip groups of rows;
        None for a file without one.
    """
    column = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": CRS.from_user_input(GEOGRAPHIC).to_json_dict(),
    }
    if box is not None:
        corners = ("xmin", "ymin", "xmax", "ymax")
        column["covering"] = {"bbox": {corner: [box, corner] for corner in corners}}
    told = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": column},
    }
    return json.dumps(told)
