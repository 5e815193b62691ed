"""The answer of a search: candidates by rank, the maps, and what it rests on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ...errors import InputError
from ...files.writing import write_bytes, write_gpkg, write_text
from ...model.sites import Sites
from ...reports.docx import blocks_bytes
from ..conflicts.check import answer
from .chapter import TITLE, chapter
from .describe import site_of
from .receipt import SCHEMA, make_receipt
from .why import why_not_here
from .wishes import reached_in_steps

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ...reports.report import Report
    from .world import World


@dataclass(frozen=True, eq=False)
class Candidates:
    """What :func:`sxgeo.find_candidates` found.

    Attributes
    ----------
    frame
        EPSG:4490, a row per candidate by rank; columns `rank`, `score` and
        :data:`.describe.COLUMNS`.
    maps
        EPSG:4490, four rows that together are the area: `grade` ``surely``, ``known``, ``doubtful``
        (something known may reach there within its error, or it is too small or narrow), ``not``;
        `area_ha`.
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
        """Return candidates and maps as one FeatureCollection; `kind` tells them apart.

        Same answer, same text.
        """
        features = [_feature("candidate", row) for row in self.frame.to_dict("records")] + [
            _feature("map", row) for row in self.maps.to_dict("records")
        ]
        whole = {
            "type": "FeatureCollection",
            "schema": SCHEMA,
            "as_of": self.world.as_of,
            "area": self.world.area.name,
            "constraints": [c.words for c in self.world.constraints],
            "remarks": list(self.remarks),
            "receipt": make_receipt(self.world),
            "features": features,
        }
        return json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n"

    def report(self) -> Report:
        """Return what :func:`sxgeo.check_sites` says of the candidates, in the order of their ids.

        Raises
        ------
        InputError
            If the candidates were found in a world without a question.
        """
        if self.world.question is None:
            raise InputError(
                "these candidates rest on no question; find them with sxgeo.find_candidates"
            )
        sites = [
            replace(
                site_of(self.world, row.site_id, row.geometry),
                name=_site_name(row),
            )
            for row in self.frame.sort_values("site_id").itertuples()
        ]
        return answer(replace(self.world.question, sites=Sites(tuple(sites))))

    def reached(self) -> gpd.GeoDataFrame:
        """Return what the first wish to be within minutes reaches, in six steps up to its limit;
        empty where there is none.
        """
        return reached_in_steps(self.world.reaches)

    def why_not(self, place: Any) -> pd.DataFrame:
        """Say why a place, (lon, lat) or a shape in degrees, is no candidate; see
        :func:`.why.why_not_here`.
        """
        return why_not_here(self.world, place)

    def to_docx(self, path: str | Path) -> Path:
        """Write the chapter 方案比选; errors as :func:`sxgeo.files.writing.write_bytes` and for a
        missing library.
        """
        blocks = chapter(self)
        return write_bytes(blocks_bytes(TITLE, blocks, self.world.as_of), path)

    def to_gpkg(self, path: str | Path) -> Path:
        """Write the layers `candidates` and `maps` to a GeoPackage; errors as
        :func:`sxgeo.files.writing.write_gpkg`.
        """
        return write_gpkg({"candidates": self.frame, "maps": self.maps}, path)

    def save(self, path: str | Path) -> Path:
        """Write the GeoJSON text."""
        return write_text(self.to_geojson(), path)


def _site_name(row: Any) -> str:
    return f"候选地块{row.site_id}（第{row.rank}位，{row.area_ha:,.1f}公顷）"


_JSON_COLUMNS = ("land", "reach", "resources", "unknown", "classes")


def _feature(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {"kind": kind}
    for name, value in row.items():
        if name == "geometry":
            continue
        if name in _JSON_COLUMNS:
            value = json.loads(value)
        properties[name] = None if value != value else value
    geometry = json.loads(shapely.to_geojson(row["geometry"]))
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": geometry,
    }
