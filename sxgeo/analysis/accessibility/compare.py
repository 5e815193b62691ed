"""Two days of the network compared: what is gained, and which lines differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...catalog import checked_date
from ...errors import UsageError
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2
from ...layers.layers import load_layer
from ...model.glance import card, counted, sketch, table
from ...model.shown import Shown
from ..network.graph import checked_network
from ..network.railways import access_kmh_of, lines_on, networks_over
from .isochrones import isochrones, rounded_km2
from .surface import CELLS_PER_CAP, MIN_PART_CELLS
from .travel_times import stop_times, travel_times

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ..network.graph import Network
    from ..network.rail import Line
    from .origins import Places


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Comparison(Shown):
    """What changes between two days.

    Attributes
    ----------
    places
        `origin_id`, `place_id`, `name_zh`, `before_min`, `after_min`, `saved_min`; first the
        places newly reached, then the greatest saving. Minutes are NaN where there is no way.
    areas
        EPSG:4490, one row per origin and limit: `origin_id`, `minutes`, `before_km2`, `after_km2`,
        `gained_km2`, and as geometry what is reached after and was not before (empty where nothing
        is).
    before, after
        The areas of each day, as :func:`sxgeo.isochrones` returns them.
    days
        The two ISO dates.
    lines
        What runs on one day only: `link_id`, `name_zh`, `name_en`, `design_speed_kmh`, `opens` (ISO
        date, or empty), `planned_open` (as published, or empty), `runs` (``"after"`` or
        ``"before"``), by `link_id`; empty when no line differs.
    """

    places: pd.DataFrame
    areas: gpd.GeoDataFrame
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    days: tuple[str, str]
    lines: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"<Comparison of {self.days[0]} and {self.days[1]}: {counted(len(self.lines), 'line')}"
            f" on one day only, {counted(len(self.places), 'place')},"
            f" {int((self.places['saved_min'] > 0).sum())} reached sooner>"
        )

    def _repr_html_(self) -> str:
        columns = ["name_zh", "before_min", "after_min", "saved_min"]
        rows = [[str(value) for value in row] for row in self.places[columns].to_numpy().tolist()]
        return card(
            f"前后对比 comparison · {self.days[0]} – {self.days[1]}",
            {"新开线路 lines of one day only": "、".join(self.lines["name_zh"]) or "—"},
            below=table(("地点", "前（分）", "后（分）", "节省（分）"), rows),
            picture=sketch(
                list(self.after.geometry),
                ["#1d5fa8"] * len(self.after),
            ),
        )

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return a copy of `areas`."""
        # a copy: who adds columns to it must not change what was answered
        return self.areas.copy()


def compare(
    network: Network,
    origins: Places,
    before: str,
    after: str,
    *,
    minutes: Sequence[float] = (60,),
    places: Places | None = None,
    reverse: bool = False,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
) -> Comparison:
    """Compare what is reached by rail over a network on two days.

    Parameters
    ----------
    network
        Roads or paths on foot, without rail.
    origins
        As in :func:`sxgeo.travel_times`, or one (lon, lat) pair.
    before, after
        ISO dates; :func:`with_rail` says which lines exist on them.
    minutes
        Limits of the areas, strictly increasing.
    places
        Where to measure the minutes saved; None takes every station of the later day.
    reverse
        Who can reach the origins, instead of what they reach; the minutes are those from each
        place.
    contours, merged
        As in :func:`sxgeo.isochrones`; each contour is compared with its like. Minutes by place are
        never merged.

    Returns
    -------
    Comparison
        Minutes saved by place, and the area gained; the areas have a column `contour` when others
        than the middle ones are asked for.

    Raises
    ------
    UsageError
        If a date is wrong, `after` is not later than `before`, or the network already has rail.
    InputError, AnalysisError
        As in :func:`sxgeo.isochrones`.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin", by="road")
    >>> station = (112.5489, 37.8706)
    >>> answer = sxgeo.compare(network, station, "2026-11-01", "2028-12-31", minutes=[60])
    >>> answer
    <Comparison of 2026-11-01 and 2028-12-31: 1 line on one day only, 51 places, 3 reached sooner>
    """
    checked_network(network)
    first, second = _two_days(before, after)

    # which lines run is decided before a network is built: a wrong date costs no time
    told = [lines_on(day, access_kmh_of(network)) for day in (first, second)]
    networks = networks_over(network, told)

    # rail is laid over the roads first: turned, trains and roads run back together
    if reverse:
        networks = [each.reversed() for each in networks]
    saved, gained, was, becomes = differences(
        networks,
        origins,
        minutes=minutes,
        places=places,
        contours=contours,
        merged=merged,
    )

    # what was gained is explained by what is new, line by line
    lines = _differing(*(lines for _, lines, _ in told))
    return Comparison(saved, gained, was, becomes, (first, second), lines)


def _two_days(before: str, after: str) -> tuple[str, str]:
    """Return two days that are dates, the second one later."""
    first, second = checked_date(before), checked_date(after)

    # the other way round every gain would be read as a loss
    if second <= first:
        raise UsageError(f"{second} is not later than {first}; give the earlier day first")
    return first, second


def differences(
    networks: Sequence[Network],
    origins: Places,
    *,
    minutes: Sequence[float],
    places: Places | None,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Compare what is reached over two networks that differ by lines: `places`, `areas`, `before`
    and `after` of :class:`Comparison`.

    Raises
    ------
    InputError, AnalysisError
        As in :func:`sxgeo.isochrones`.
    """
    # both days are asked the same way, so that only the lines make the difference
    was, becomes = (
        isochrones(each, origins, minutes, contours=contours, merged=merged) for each in networks
    )
    tables = [_times(each, origins, places) for each in networks]
    gained = _gained(was, becomes, networks[0].offroad_cap_m)
    return _saved(*tables), gained, was, becomes


_LINE_COLUMNS = ("link_id", "name_zh", "name_en", "design_speed_kmh", "opens", "planned_open")


def _differing(before: Sequence[Line], after: Sequence[Line]) -> pd.DataFrame:
    """Return the links that carry trains on one day only."""
    was, becomes = ({line.id for line in lines} for lines in (before, after))

    # of a line on both days there is nothing to tell, whatever else of it has changed
    links = load_layer("transport_links").frame
    some = links[links["link_id"].isin(was ^ becomes)].sort_values("link_id")
    table = pd.DataFrame({column: some[column].to_numpy() for column in _LINE_COLUMNS})

    # a line without a date is shown with a blank, not with NaN
    for column in ("opens", "planned_open"):
        table[column] = table[column].fillna("").astype(str)

    # a line that is closed runs before only: what it took away is told as well
    return table.assign(
        runs=["after" if link in becomes else "before" for link in table["link_id"]]
    )


def _saved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Join the times of both days; places newly reached come first, then the greatest saving."""
    # rounded before they are subtracted: what is shown as saved is the difference of what is shown
    table = _both_days(before, after).round(1)
    table["saved_min"] = (table["before_min"] - table["after_min"]).round(1)
    order = pd.DataFrame(
        {
            "rank": _rank(table),
            **table[["after_min", *_PAIR]],
        }
    )
    return table.loc[order.sort_values(["rank", "after_min", *_PAIR]).index].reset_index(drop=True)


_PAIR = ("origin_id", "place_id")


def _both_days(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes of both days side by side, for the pairs of the later one."""
    # names are those of the later day; a place that only it has is newly reached
    table = after.rename(columns={"minutes": "after_min"}).merge(
        before[[*_PAIR, "minutes"]].rename(columns={"minutes": "before_min"}),
        on=list(_PAIR),
        how="left",
    )
    return table[[*_PAIR, "name_zh", "before_min", "after_min"]]


def _rank(table: pd.DataFrame) -> pd.Series:
    """Return what places are sorted by: newly reached first, then by saving, the lost ones last."""
    # where there was no way before no number says what is saved, and yet it is the greatest gain
    newly = table["before_min"].isna() & table["after_min"].notna()
    saved = table["saved_min"].where(~newly, np.inf)
    return -saved.fillna(-np.inf)


def _times(
    network: Network,
    origins: Any,
    places: Places | None,
) -> pd.DataFrame:
    """Return the minutes to places, or, where none are given, to the stations."""
    # places of the caller have no Chinese name of ours: their id stands for it
    if places is not None:
        table = travel_times(network, origins, places).rename(
            columns={"destination_id": "place_id"}
        )
        return table.assign(name_zh=table["place_id"].astype(str))

    # without places, the stations: they are where a new line is first felt
    return stop_times(network, origins)


def _gained(
    was: gpd.GeoDataFrame,
    becomes: gpd.GeoDataFrame,
    cap_m: float,
) -> gpd.GeoDataFrame:
    """Return what was not reached before, without the slivers that two outlines of one edge
    leave.
    """
    # below the least part that a surface draws, a difference is one of drawing
    least_m2 = MIN_PART_CELLS * (cap_m / CELLS_PER_CAP) ** 2
    pairs = zip(was.geometry, becomes.geometry, strict=True)
    shapes = [_more(earlier, later, least_m2) for earlier, later in pairs]

    # the last of them is there only where contours were asked for
    same = [name for name in ("origin_id", "minutes", "contour") if name in becomes.columns]
    return gpd.GeoDataFrame(
        {
            **{name: becomes[name] for name in same},
            "before_km2": was["area_km2"],
            "after_km2": becomes["area_km2"],
            "gained_km2": [rounded_km2(shape) for shape in shapes],
        },
        geometry=shapes,
        crs=GEOGRAPHIC,
    )


def _more(
    earlier: Shape,
    later: Shape,
    least_m2: float,
) -> shapely.MultiPolygon:
    """Return the large parts of what is reached later and was not earlier."""
    # in one order whatever GEOS gives: the same bytes each time
    difference = shapely.normalize(shapely.difference(later, earlier))
    polygons = [
        part
        for part in shapely.get_parts(difference)
        if part.geom_type == "Polygon" and _is_large(part, least_m2)
    ]
    return shapely.MultiPolygon(polygons)


def _is_large(part: shapely.Polygon, least_m2: float) -> bool:
    """A sliver is small, or so thin that nothing of it is left an eighth of its root inwards."""
    if ellipsoid_area_m2(part) < least_m2:
        return False

    # a degree east is shorter than one north: a strip must be as thin whichever way it runs
    shrink = np.cos(np.radians(part.centroid.y))
    in_step = shapely.transform(part, lambda xy: xy * (shrink, 1.0))

    # two outlines of one edge differ by long thin strips, whose area alone may be large
    return not shapely.is_empty(shapely.buffer(in_step, -(in_step.area**0.5) / 8))
