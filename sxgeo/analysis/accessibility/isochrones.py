"""Travel times between places, and the areas reached from them (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise
from ..network.arrays import TICKS_PER_MIN
from ..network.beside import other_road
from ..network.graph import checked_network
from ..network.snap import cut_off
from .origins import Asked, searched
from .reached import reached_roads
from .surface import area_error, areas, nested

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shape
    from ..network.graph import Network
    from ..network.snap import Snap
    from .origins import PlaceNotes, Places

_ALL_COLUMNS = (
    "origin_id",
    "minutes",
    "contour",
    "area_km2",
    "snap_m",
    "access_error_min",
    "geometry",
)


def isochrones(
    network: Network,
    origins: Places,
    minutes: Sequence[float] = (15, 30, 60),
    *,
    reverse: bool = False,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
    kind: str = "area",
) -> gpd.GeoDataFrame:
    """Return the areas that each origin reaches within the given minutes.

    Cumulative: the area of 30 minutes covers that of 15 exactly. Roads count as far as they are
    reached; off the road the area spreads at the network's `offroad_kmh`, up to its
    `offroad_cap_m`.

    Parameters
    ----------
    network
        The roads.
    origins
        As in :func:`travel_times`.
    minutes
        Limits above 0, strictly increasing.
    reverse
        Who can reach the place, instead of what it reaches: one-way streets are taken the other
        way.
    contours
        Which of `CONTOURS` to draw. With the network's `time_error_share` e, ``"inner"`` lies where
        the time is at most ``(1 - e)`` of the limit (surely reached), ``"outer"`` at ``(1 + e)``
        (perhaps reached).
    merged
        One area per limit for all answered origins together, instead of one for each.
    kind
        ``"area"``; ``"edges"`` for the roads themselves, cut where the time is up; ``"hull"`` for
        their convex hull, which covers ground that cannot be reached. For both see
        :func:`sxgeo.analysis.accessibility.reached.reached_roads`.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, one row per answered origin, limit and contour, sorted by `origin_id`, then
        `minutes`, then inner, middle, outer: `origin_id` (all of them, joined by ";", when merged),
        `minutes`, `contour`, `area_km2` (on the ellipsoid), `snap_m` (way to the road; the longest
        when merged), valid Polygon or MultiPolygon. The column `contour` is there only when others
        than the middle ones are asked for, `access_error_min` only when the network has stops: the
        largest error, for want of their exact position, of those whose platform is reached in time.
        ``attrs``: `area_error` (what was measured of such areas, or None where nothing was);
        `unanswered` and `notes`, lists of (origin_id, text); `origins`, a list of (origin_id, lon,
        lat) of those answered; `network`, `attribution` and `time_error_share` of the network.

    Raises
    ------
    UsageError
        If `minutes` are not above 0 and strictly increasing, there are no origins, or a contour or
        kind is unknown.
    InputError
        If an origin is not a point on the earth, has no CRS, or an id stands twice: all problems at
        once.
    AnalysisError
        If no origin at all can be answered; it says why for each.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> areas = sxgeo.isochrones(network, (112.5489, 37.8706), minutes=[15, 30])
    >>> areas["minutes"].tolist(), areas.crs.to_epsg()
    ([15, 30], 4490)
    >>> bool(areas["area_km2"].is_monotonic_increasing)
    True
    """
    checked_network(network)

    # edges and hulls need no surface: they are cut from the roads alone
    if kind != "area":
        return reached_roads(
            network,
            origins,
            minutes,
            kind=kind,
            reverse=reverse,
            contours=contours,
            merged=merged,
        )

    asked = Asked.of(network, origins, minutes, reverse=reverse, contours=contours)
    drawn, notes = _drawn(asked)
    found = _frame_of(asked, [_merged(drawn)] if merged else drawn)
    found = found.drop(columns=_silent_columns(asked))
    found.attrs.update(
        unanswered=asked.unanswered,
        notes=[*notes, *_notes_of(asked.roads)],
        **_provenance(network),
        origins=asked.origins,
    )
    return found


def _silent_columns(asked: Asked) -> list[str]:
    """Return the columns that say nothing of this question."""
    return asked.silent if asked.roads.legs else [*asked.silent, "access_error_min"]


def _drawn(asked: Asked) -> tuple[list[_Drawn], PlaceNotes]:
    """Return the areas of each origin, and what is to be said of the way into the roads there."""
    drawn: list[_Drawn] = []
    notes: PlaceNotes = []
    roads, levels = asked.roads, asked.levels
    parts, most = roads.part_length_m(), levels[-1]

    # as far as the largest limit in one search; the smaller ones lie inside it
    for place, origin, ticks in searched(roads, asked.snaps, most):
        origin_id = asked.places.ids[place]

        # one note is enough: who stands on a road that is cut off need not hear of the one beside
        note = cut_off(roads, parts, origin) or other_road(roads, ticks, origin, most)
        if note:
            notes.append((origin_id, note))
        shapes = areas(roads, ticks, origin, levels)
        errors_min = _stop_errors(roads, ticks, origin, levels)
        drawn.append(_Drawn(origin_id, origin.distance_m, shapes, errors_min))
    return drawn, notes


def _notes_of(roads: Network) -> PlaceNotes:
    """Return what holds for all origins alike, under no id."""
    of_rail = roads.legs.notes if roads.legs else ()
    return [("", note) for note in (*roads.notes, *of_rail)]


def _provenance(network: Network) -> dict[str, object]:
    """Return what areas carry of their network, so that a map of them can name its source."""
    return {
        "network": network.id,
        "attribution": network.attribution,
        "time_error_share": network.time_error_share,
        "area_error": area_error(network),
    }


def rounded_km2(shape: Shape) -> float:
    """Return an area as the columns of areas tell it: on the ellipsoid, to 100 m2."""
    return round(ellipsoid_area_m2(shape) / 1e6, 4)


def _frame_of(asked: Asked, drawn: Sequence[_Drawn]) -> gpd.GeoDataFrame:
    """Return a row for each origin, limit and contour."""
    # limits of two contours may meet: a shape that both ask for was drawn once
    levels = asked.levels
    places = [(levels.index(level), limit, contour) for level, limit, contour in asked.wanted]
    rows = [
        (
            one.origin_id,
            limit,
            contour,
            rounded_km2(one.shapes[number]),
            round(one.snap_m, 1),
            one.errors_min[number],
            one.shapes[number],
        )
        for one in drawn
        for number, limit, contour in places
    ]
    return gpd.GeoDataFrame(
        rows,
        columns=list(_ALL_COLUMNS),
        geometry="geometry",
        crs=GEOGRAPHIC,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One origin, or several merged: a shape and the largest error of a stop for each level."""

    origin_id: Any
    snap_m: float
    shapes: list[Any]
    errors_min: list[float]


def _stop_errors(
    network: Network,
    ticks: Floats,
    origin: Snap,
    levels: list[float],
) -> list[float]:
    """Return for each level the largest access error in minutes of the stops whose platform is
    reached in time.
    """
    # without rail, or with stops whose place is known, no time is in doubt for a stop
    if network.legs is None or not network.legs.hidden:
        return [0.0] * len(levels)

    # hidden nodes are platforms: who stands on one in time has reached its stop, somewhere near
    there = (ticks[len(network.lon) : network.size] + origin.walk_ticks) / TICKS_PER_MIN
    return [
        round(
            float(network.legs.error_min[there <= level].max(initial=0)),
            1,
        )
        for level in levels
    ]


def _merged(drawn: list[_Drawn]) -> _Drawn:
    """Return what the origins reach together, as one of them all."""
    # level by level: what one reaches in 15 minutes joins what others reach in 15
    by_level = zip(*(one.shapes for one in drawn), strict=True)
    joined = [quantise(shapely.union_all(shapes)) for shapes in by_level]

    # the error of the worst origin stands for all
    errors_min = [max(errors) for errors in zip(*(one.errors_min for one in drawn), strict=True)]
    origin_id = ";".join(str(one.origin_id) for one in drawn)
    snap_m = max(one.snap_m for one in drawn)

    # each union was rounded by itself, and rounding could let a smaller area stand out of a larger
    return _Drawn(origin_id, snap_m, nested(joined), errors_min)
