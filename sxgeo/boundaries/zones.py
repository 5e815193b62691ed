"""Name -> Zone: outlines, members, sub-regions, plan elements, sources; and which zones a place is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..catalog import read_table
from ..errors import InputError
from ..geometry.containment import first_holding, near_edge
from ..geometry.projection import GEOGRAPHIC
from ..layers.layers import ELEMENT_COLUMNS
from .plan_elements import zone_elements
from .units import UNIT_FILES, load_units, units_of
from .zone_table import find_zone, member_rows, zone_rows, zones_of


@dataclass(frozen=True, eq=False)
class Zone:
    """A region that a plan names.

    Attributes
    ----------
    outline
        Polygon, EPSG:4490; None where none was obtained, then `geometry_note` says why.
    members
        EPSG:4490 frame: `code` (GB/T 2260), `name_zh`, `name_en`, `level` (``district``, ``county``, ``county_city``,
        ``prefecture``, ``province``, ``sar``), `sub_region`, `certain` (an official text or two agreeing sources
        name it), `source`, `confidence`, `note`, `position_accuracy_m`, geometry; sorted by `code`.
    sub_regions
        Ids of the zones inside this one.
    parent
        Id of the zone that this one is a sub-region of, or None.
    related
        Ids of zones that are near in sense but not the same.
    published_area_km2
        Area that a source states; `note` names it. None where none was found.
    elements
        What the plans place in it; read it with :meth:`plan_elements`.
    """

    id: str
    name_zh: str
    name_en: str
    outline: Any
    members: gpd.GeoDataFrame
    sub_regions: tuple[str, ...]
    geometry_note: str | None
    sources: tuple[str, ...]
    parent: str | None = None
    related: tuple[str, ...] = ()
    note: str | None = None
    published_area_km2: float | None = None
    elements: gpd.GeoDataFrame | None = None

    def plan_elements(self) -> gpd.GeoDataFrame:
        """Return what the plans place in the zone beside members and links.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place is not known);
            empty when the plans say nothing.
        """
        if self.elements is None:
            return gpd.GeoDataFrame({c: [] for c in ELEMENT_COLUMNS}, geometry=[], crs=GEOGRAPHIC)
        return self.elements.copy()

    def locate(
        self, points: gpd.GeoSeries | None = None, *, lon: Any = None, lat: Any = None
    ) -> pd.DataFrame:
        """Say in which county of the zone each place is.

        A point on a shared edge belongs to the member with the smaller code, so to exactly one.

        Parameters
        ----------
        points
            Points in EPSG:4490 or EPSG:4326; or give `lon` and `lat`. Missing ones lie nowhere.
        lon, lat
            Arrays of degrees.

        Returns
        -------
        DataFrame
            A row per point, in the given order and with the index of `points`: `zone_id`, `sub_region` and
            `county_code` (None outside; the code of the member, of a prefecture or province where the plan goes by
            these), `near_edge` (True within the stated accuracy of a member's boundary).

        Raises
        ------
        InputError
            If neither form is given, lengths differ, `points` has no geographic CRS or is not of points.
        """
        x, y, index = as_lonlat(points, lon, lat)
        known = self.members[self.members.geometry.notna()]
        shapes = known.geometry.to_numpy()
        first = first_holding(x, y, shapes)
        none: list[Any] = [None]
        codes = np.array(known["code"].tolist() + none, dtype=object)
        subs = np.array([v or None for v in known["sub_region"]] + none, dtype=object)
        zones = np.array([self.id] * len(known) + none, dtype=object)
        near = near_edge(x, y, shapes, known["position_accuracy_m"].to_numpy(dtype=float))
        texts = {"zone_id": zones[first], "sub_region": subs[first], "county_code": codes[first]}
        columns = {
            name: pd.Series(values, index=index, dtype=object) for name, values in texts.items()
        }
        return pd.DataFrame(columns).assign(near_edge=near)

    def contains(self, points: gpd.GeoSeries) -> pd.Series:
        """Say for each point whether it lies in the zone, its edge included; indexed as `points`."""
        return self.locate(points)["county_code"].notna()


MEMBER_COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "level",
    "sub_region",
    "certain",
    "source",
    "confidence",
    "note",
    "position_accuracy_m",
)


def build_zone(zone_id: str, own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]) -> Zone:
    """Make a zone of bundled polygons, or of a user's own where `own` has them by zone id."""
    rows = {row["zone_id"]: row for row in zone_rows()}
    row = rows[find_zone(zone_id)]
    members, files = _members(row, own)
    known = [shape for shape in members.geometry if shape is not None]
    area = row["published_area_km2"]
    return Zone(
        id=row["zone_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        outline=_outline(known),
        members=members,
        sub_regions=tuple(r["zone_id"] for r in rows.values() if r["parent"] == row["zone_id"]),
        geometry_note=row["geometry_note"] or None,
        sources=(*(part.strip() for part in row["sources"].split(";") if part.strip()), *files),
        parent=row["parent"] or None,
        related=tuple(filter(None, row["related"].split(";"))),
        note=row["note"] or None,
        published_area_km2=float(area) if area else None,
        elements=zone_elements(row, members["code"].tolist(), rows),
    )


def _outline(polygons: list[Any]) -> Any:
    if not polygons:
        return None
    tiled = bool(shapely.coverage_is_valid(polygons))
    merged = shapely.coverage_union_all(polygons) if tiled else shapely.union_all(polygons)
    parts = shapely.get_parts([merged])
    return shapely.orient_polygons(shapely.normalize(parts[0] if len(parts) == 1 else merged))


def _members(
    zone: Mapping[str, str], own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Members with polygons, and a source line for a file of the user's that drew them."""
    rows = sorted(
        member_rows(zone, read_table("sources/zone_members.csv")), key=lambda m: m["code"]
    )
    members = pd.DataFrame(
        rows, columns=[c for c in MEMBER_COLUMNS if c != "position_accuracy_m"], dtype=object
    )
    members["certain"] = members["certain"] == "true"
    if found := own.get(zone["parent"] or zone["zone_id"], own.get(zone["zone_id"])):
        units, files = found[1], [f"boundary: {found[0].name} (workspace)"]
    else:
        units, files = units_of(members["code"]), []
    merged = members.merge(units, on="code", how="left", validate="one_to_one").sort_values("code")
    frame = gpd.GeoDataFrame(merged, geometry="geometry", crs=GEOGRAPHIC)
    return frame[[*MEMBER_COLUMNS, "geometry"]].reset_index(drop=True), files


def locate(
    points: gpd.GeoSeries | None = None, *, lon: Any = None, lat: Any = None
) -> pd.DataFrame:
    """Say in which of all zones and sub-regions each place is.

    Parameters
    ----------
    points
        Points in EPSG:4490 or EPSG:4326; or give `lon` and `lat`.
    lon, lat
        Arrays of degrees.

    Returns
    -------
    DataFrame
        A row per point, in the given order and with the index of `points`: `county_code` (of the county where one is
        bundled, else of its prefecture or province; None outside all zones), `zone_ids` (a tuple, empty outside all),
        `near_edge` (True within the stated accuracy of an edge of the bundled units).

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS.
    """
    x, y, index = as_lonlat(points, lon, lat)
    code = np.full(len(x), None, dtype=object)
    near = np.zeros(len(x), dtype=bool)
    for kind in UNIT_FILES:
        units = load_units(kind)
        shapes, names = units.geometry.to_numpy(), np.array([*units["code"], None], dtype=object)
        rows = np.flatnonzero(pd.isna(code))
        code[rows] = names[first_holding(x[rows], y[rows], shapes)]
        near |= near_edge(x, y, shapes, units["position_accuracy_m"].to_numpy(dtype=float))
    ids = {c: zones_of(c) if c is not None else () for c in set(code.tolist())}
    zones = pd.Series([ids[c] for c in code.tolist()], index=index, dtype=object)
    return pd.DataFrame(
        {
            "county_code": pd.Series(code, index=index, dtype=object),
            "zone_ids": zones,
            "near_edge": near,
        }
    )


def as_lonlat(points: Any, lon: Any, lat: Any) -> tuple[Any, Any, Any]:
    """Return arrays of lon and lat and the index of points given as a GeoSeries or as two arrays.

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS or is not of points.
    """
    if points is not None:
        if points.crs is None or not points.crs.is_geographic:
            raise InputError("points to locate need a geographic CRS (EPSG:4490 or EPSG:4326)")
        shapes = points.to_numpy()
        kinds = set(np.unique(shapely.get_type_id(shapes)).tolist()) - {-1, 0}
        if kinds:
            raise InputError(
                "only points can be located; take representative_point() of lines and polygons"
            )
        return shapely.get_x(shapes), shapely.get_y(shapes), points.index
    if lon is None or lat is None or np.shape(lon) != np.shape(lat):
        raise InputError("give points, or lon and lat of the same length")
    x, y = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (lon, lat))
    return x, y, pd.RangeIndex(len(x))
