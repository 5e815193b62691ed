"""The answer of a search: candidates by rank, the maps, and what it rests on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ...files.writing import write_gpkg, write_text

if TYPE_CHECKING:
    import geopandas as gpd

    from .world import World


@dataclass(frozen=True, eq=False)
class Candidates:
    """What :func:`sxgeo.find_candidates` found.

    Attributes
    ----------
    frame
        EPSG:4490, a row per candidate by rank; columns `rank`, `score` and :data:`.describe.COLUMNS`.
    maps
        EPSG:4490, four rows that together are the area: `grade` ``surely``, ``known``, ``doubtful`` (something known may reach
        there within its error, or it is too small or narrow), ``not``; `area_ha`.
    world
        What the search hung on.
    """

    frame: gpd.GeoDataFrame
    maps: gpd.GeoDataFrame
    world: World

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know of the search."""
        return self.world.remarks

    def to_geojson(self) -> str:
        """Return candidates and maps as one FeatureCollection; `kind` tells them apart. Same answer, same text."""
        features = [_feature("candidate", row) for row in self.frame.to_dict("records")] + [
            _feature("map", row) for row in self.maps.to_dict("records")
        ]
        whole = {
            "type": "FeatureCollection",
            "as_of": self.world.as_of,
            "area": self.world.area.name,
            "constraints": [c.words for c in self.world.constraints],
            "remarks": list(self.remarks),
            "features": features,
        }
        return json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n"

    def to_gpkg(self, path: str | Path) -> Path:
        """Write the layers `candidates` and `maps` to a GeoPackage; errors as :func:`sxgeo.files.writing.write_gpkg`."""
        return write_gpkg({"candidates": self.frame, "maps": self.maps}, path)

    def save(self, path: str | Path) -> Path:
        """Write the GeoJSON text."""
        return write_text(self.to_geojson(), path)


_JSON_COLUMNS = ("reach", "resources", "unknown", "classes")


def _feature(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    properties = {"kind": kind}
    for name, value in row.items():
        if name == "geometry":
            continue
        if name in _JSON_COLUMNS:
            value = json.loads(value)
        properties[name] = None if value != value else value
    geometry = json.loads(shapely.to_geojson(row["geometry"]))
    return {"type": "Feature", "properties": properties, "geometry": geometry}
