"""Name -> Zone: outlines, members, sub-regions, plan elements, sources; and which zones a place is
in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..catalog import read_table
from ..errors import InputError
from ..geometry.containment import first_holding, near_edge
from ..geometry.projection import GEOGRAPHIC
from ..model.elements import ELEMENT_COLUMNS
from ..model.glance import card, counted, sketch, table
from ..model.shown import Shown
from .plan_elements import zone_elements
from .units import UNIT_FILES, load_units, units_of
from .zone_table import find_zone, member_rows, zone_rows, zones_of

if TYPE_CHECKING:
    from ..geometry.shapes import Ints, Shape, Shapes

_COUNTY_LEVELS = ("district", "county", "county_city")


Points: TypeAlias = (
    gpd.GeoDataFrame
    | gpd.GeoSeries
    | shapely.Point
    | tuple[float, float]
    | Sequence[shapely.Point | tuple[float, float]]
)
Degrees: TypeAlias = float | Sequence[float] | NDArray[np.float64] | pd.Series


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Zone(Shown):
    """A region that a plan names; its length is the number of its members, and it runs through them
    as mappings.

    Attributes
    ----------
    outline
        Polygon, EPSG:4490; None where none was obtained, then `geometry_note` says why.
    members
        EPSG:4490 frame: `code` (GB/T 2260), `name_zh`, `name_en`, `level` (``district``,
        ``county``, ``county_city``, ``prefecture``, ``province``, ``sar``), `sub_region`, `certain`
        (an official text or two agreeing sources name it), `source`, `confidence`, `note`,
        `position_accuracy_m`, geometry; sorted by `code`.
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

    Examples
    --------
    >>> import sxgeo
    >>> zone = sxgeo.load_zone("taixin")
    >>> zone
    <Zone taixin (太忻一体化经济区): 12 members, with outline>
    >>> zone.counties["name_zh"].tolist()[:3]
    ['迎泽区', '杏花岭区', '尖草坪区']
    >>> zone.locate((112.5489, 37.8706))["county_code"].tolist()
    ['140107']
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

    def __repr__(self) -> str:
        outline = "no outline" if self.outline is None else "with outline"
        return f"<Zone {self.id} ({self.name_zh}): {counted(len(self), 'member')}, {outline}>"

    def _repr_html_(self) -> str:
        area = self.published_area_km2
        facts = {
            "成员 members": len(self),
            "公布面积 published area": "—" if area is None else f"{area:,.0f} km²",
            "分区 sub-regions": "、".join(self.sub_regions) or "—",
        }
        if self.geometry_note:
            facts["无边界 no outline"] = self.geometry_note
        shapes = list(self.members.geometry)
        rows = list(
            zip(
                self.members["code"],
                self.members["name_zh"],
                self.members["name_en"],
                strict=True,
            )
        )
        return card(
            f"{self.name_zh} {self.name_en} · {self.id}",
            facts,
            below=table(("代码", "名称", "name"), rows),
            picture=sketch(shapes, ["#5a6f7d"] * len(shapes)),
        )

    def __len__(self) -> int:
        return len(self.members)

    def __bool__(self) -> bool:
        """A zone whose members nobody lists is still a zone."""
        return True

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.members.to_dict("records"))

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return a copy of :attr:`members`."""
        return self.members.copy()

    @property
    def counties(self) -> gpd.GeoDataFrame:
        """The members that are districts, counties or county-level cities, as in `members`; empty
        where a plan goes by
        prefectures or provinces."""
        return self.members[self.members["level"].isin(_COUNTY_LEVELS)].reset_index(drop=True)

    def plan_elements(self) -> gpd.GeoDataFrame:
        """Return what the plans place in the zone beside members and links.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place
            is not known); empty when the plans say nothing.
        """
        if self.elements is None:
            return gpd.GeoDataFrame({c: [] for c in ELEMENT_COLUMNS}, geometry=[], crs=GEOGRAPHIC)
        return self.elements.copy()

    def locate(
        self,
        points: Points | None = None,
        *,
        lon: Degrees | None = None,
        lat: Degrees | None = None,
    ) -> pd.DataFrame:
        """Say in which county of the zone each place is.

        A point on a shared edge belongs to the member with the smaller code, so to exactly one.

        Parameters
        ----------
        points
            A GeoSeries or GeoDataFrame of points in EPSG:4490 or EPSG:4326, a Shapely point or
            (lon, lat) in degrees, or a list of these; or give `lon` and `lat`. Missing ones lie
            nowhere.
        lon, lat
            Arrays of degrees.

        Returns
        -------
        DataFrame
            A row per point, in the given order and with the index of `points`: `zone_id`,
            `sub_region` and `county_code` (None outside; the code of the member, of a prefecture or
            province where the plan goes by these), `near_edge` (True within the stated accuracy of
            a member's boundary).

        Raises
        ------
        InputError
            If neither form is given, lengths differ, `points` has no geographic CRS or is not of
            points.
        """
        x, y, index = as_lonlat(points, lon, lat)

        # A member without a polygon holds nothing: a place in it is said to lie outside, and the
        # zone's `geometry_note` tells why.
        known = self.members[self.members.geometry.notna()]
        shapes = known.geometry.to_numpy()
        first = first_holding(x, y, shapes)
        columns = {
            name: pd.Series(_at(values, first), index=index, dtype=object)
            for name, values in self._texts_of(known).items()
        }
        near = near_edge(x, y, shapes, known["position_accuracy_m"].to_numpy(dtype=float))
        return pd.DataFrame(columns).assign(near_edge=near)

    def _texts_of(self, members: gpd.GeoDataFrame) -> dict[str, list[str | None]]:
        """Return what is told of a place in each of some members, by column."""
        return {
            "zone_id": [self.id] * len(members),
            # an empty cell: the member belongs to no part of the zone
            "sub_region": [sub_region or None for sub_region in members["sub_region"]],
            "county_code": members["code"].tolist(),
        }

    def contains(self, points: Points) -> pd.Series:
        """Say for each point whether it lies in the zone, its edge included; indexed as
        `points`.
        """
        return self.locate(points)["county_code"].notna()


def _at(values: Sequence[str | None], places: Ints) -> Shapes:
    """Return the texts at some places, as objects; the place behind the last is nowhere."""
    return np.array([*values, None], dtype=object)[places]


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
    return Zone(
        id=row["zone_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        outline=_outline(members),
        members=members,
        sub_regions=_parts_in(row["zone_id"], rows.values()),
        geometry_note=row["geometry_note"] or None,
        sources=(*_parts_of(row["sources"]), *files),
        parent=row["parent"] or None,
        related=tuple(_parts_of(row["related"])),
        note=row["note"] or None,
        published_area_km2=_number_in(row["published_area_km2"]),
        elements=zone_elements(row, members["code"].tolist(), rows),
    )


def _number_in(cell: str) -> float | None:
    """Return the number of a cell; an empty one says that nobody published it."""
    return float(cell) if cell else None


def _parts_in(zone_id: str, rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the ids of the sub-regions of a zone, in the order of the table."""
    return tuple(row["zone_id"] for row in rows if row["parent"] == zone_id)


def _parts_of(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _outline(members: gpd.GeoDataFrame) -> Shape:
    """Unite the members; of members without any polygon no outline is drawn."""
    polygons = [shape for shape in members.geometry if shape is not None]
    if not polygons:
        return None

    # members that tile are joined at their edges, which is fast; others need a true union
    tiled = bool(shapely.coverage_is_valid(polygons))
    merged = shapely.coverage_union_all(polygons) if tiled else shapely.union_all(polygons)

    # in one form, whatever order the members come in
    parts = shapely.get_parts([merged])
    return shapely.orient_polygons(shapely.normalize(parts[0] if len(parts) == 1 else merged))


def _members(
    zone: Mapping[str, str], own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Members with polygons, and a source line for a file of the user's that drew them."""
    members = _member_table(zone)

    # A user's file for the parent zone also draws its parts.
    if found := own.get(
        zone["parent"] or zone["zone_id"],
        own.get(zone["zone_id"]),
    ):
        units, files = found[1], [f"boundary: {found[0].name} (workspace)"]
    else:
        units, files = units_of(members["code"]), []
    return _with_polygons(members, units), files


def _with_polygons(members: pd.DataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A left join: a member without a polygon stays in the table, its accuracy unknown."""
    merged = members.merge(
        units,
        on="code",
        how="left",
        validate="one_to_one",
    ).sort_values("code")
    frame = gpd.GeoDataFrame(merged, geometry="geometry", crs=GEOGRAPHIC)
    return frame[[*MEMBER_COLUMNS, "geometry"]].reset_index(drop=True)


def _member_table(zone: Mapping[str, str]) -> pd.DataFrame:
    """Return what the plan says of the members of a zone, by code."""
    rows = member_rows(zone, read_table("sources/zone_members.csv"))
    columns = [c for c in MEMBER_COLUMNS if c != "position_accuracy_m"]
    members = pd.DataFrame(
        sorted(rows, key=lambda m: m["code"]),
        columns=columns,
        dtype=object,
    )
    return members.assign(certain=members["certain"] == "true")


def locate(
    points: Points | None = None,
    *,
    lon: Degrees | None = None,
    lat: Degrees | None = None,
) -> pd.DataFrame:
    """Say in which of all zones and sub-regions each place is.

    Parameters
    ----------
    points
        A GeoSeries or GeoDataFrame of points in EPSG:4490 or EPSG:4326, a Shapely point or (lon,
        lat) in degrees, or a list of these; or give `lon` and `lat`.
    lon, lat
        Arrays of degrees.

    Returns
    -------
    DataFrame
        A row per point, in the given order and with the index of `points`: `county_code` (of the
        county where one is bundled, else of its prefecture or province; None outside all zones),
        `zone_ids` (a tuple, empty outside all), `near_edge` (True within the stated accuracy of an
        edge of the bundled units).

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.locate([(112.5489, 37.8706), (121.47, 31.23)])["county_code"].tolist()
    ['140107', '310000']
    """
    x, y, index = as_lonlat(points, lon, lat)
    code = np.full(len(x), None, dtype=object)
    near = np.zeros(len(x), dtype=bool)

    # Counties first, then prefectures and provinces for what they leave: the finest has the say.
    for kind in UNIT_FILES:
        units = load_units(kind)
        shapes = units.geometry.to_numpy()
        rows = np.flatnonzero(pd.isna(code))
        code[rows] = _at(
            units["code"].tolist(),
            first_holding(x[rows], y[rows], shapes),
        )

        # Near an edge of any level counts: the answer could flip there.
        near |= near_edge(x, y, shapes, units["position_accuracy_m"].to_numpy(dtype=float))
    return _with_zones(code, index).assign(near_edge=near)


def _with_zones(code: Shapes, index: pd.Index) -> pd.DataFrame:
    """Return counties and the zones that each lies in; `code` is one for each place, or None."""
    # Zones by code, not by point: a batch has many points in few counties.
    ids = {c: zones_of(c) if c is not None else () for c in set(code.tolist())}
    columns = {"county_code": code.tolist(), "zone_ids": [ids[c] for c in code.tolist()]}
    return pd.DataFrame(
        {name: pd.Series(values, index=index, dtype=object) for name, values in columns.items()}
    )


def locate_shapes(placed: gpd.GeoSeries) -> pd.DataFrame:
    """Say in which county and zones shapes lie: those of :func:`locate` for a point inside, and
    beside them `county_codes`, a tuple of every bundled county that each touches.

    Parameters
    ----------
    placed
        Shapes in EPSG:4490; one that is missing touches nothing, and stays a row.
    """
    # A point inside decides the county of the row; all that it touches are listed beside it.
    found = locate(placed.representative_point())
    counties = load_units("county")
    tree = shapely.STRtree(counties.geometry.to_numpy())
    codes = counties["code"].tolist()
    touched = [
        () if shape is None else tree.query(shape, predicate="intersects") for shape in placed
    ]
    several = [tuple(sorted(codes[i] for i in places)) for places in touched]
    found["county_codes"] = pd.Series(several, index=placed.index, dtype=object)
    return found


def as_lonlat(
    points: Points | None,
    lon: Degrees | None,
    lat: Degrees | None,
) -> tuple[Any, Any, pd.Index]:
    """Return arrays of lon and lat and the index of points given in any form.

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS or is not of
        points.
    """
    if points is not None:
        return _lonlat_of(_series_of(points))

    # Arrays of unlike length make no pairs.
    if lon is None or lat is None or np.shape(lon) != np.shape(lat):
        raise InputError("give points, or lon and lat of the same length")
    try:
        x, y = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (lon, lat))
    except (TypeError, ValueError) as error:
        raise InputError(f"lon and lat are no numbers of degrees: {error}") from error
    return x, y, pd.RangeIndex(len(x))


def _lonlat_of(series: gpd.GeoSeries) -> tuple[Any, Any, pd.Index]:
    """Take points apart; a series brings a system of its own, and only degrees can be located."""
    if series.crs is None or not series.crs.is_geographic:
        raise InputError("points to locate need a geographic CRS (EPSG:4490 or EPSG:4326)")
    shapes = series.to_numpy()

    # -1 is a missing point, 0 a point
    kinds = set(np.unique(shapely.get_type_id(shapes)).tolist()) - {-1, 0}
    if kinds:
        raise InputError(
            "only points can be located; take representative_point() of lines and polygons"
        )
    return shapely.get_x(shapes), shapely.get_y(shapes), series.index


def _series_of(points: Points) -> gpd.GeoSeries:
    """Return points as a series; what carries no CRS is lon, lat in degrees."""
    if isinstance(points, gpd.GeoDataFrame):
        return points.geometry
    if isinstance(points, gpd.GeoSeries):
        return points

    # (112.5, 37.9) is one point, [(112.5, 37.9)] a list of one.
    pair = isinstance(points, (tuple, list)) and all(isinstance(v, Real) for v in points)
    single = isinstance(points, shapely.Geometry) or (pair and len(points) == 2)
    try:
        shapes = [_point(one) for one in ([points] if single else list(points))]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"points are of type {type(points).__name__}; give a GeoSeries, a Shapely point, (lon,"
            " lat), a list of these, or lon= and lat="
        ) from error
    return gpd.GeoSeries(shapes, crs=GEOGRAPHIC)


# Any: a shape, a pair of numbers, or nothing; what is none of them fails here.
def _point(one: Any) -> shapely.Geometry | None:
    if one is None or isinstance(one, shapely.Geometry):
        return one
    return shapely.Point(*map(float, one))
