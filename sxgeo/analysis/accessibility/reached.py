"""The roads that are reached, exactly, and their hull (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import substring

from ...errors import AnalysisError, UsageError, listed, unknown
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_degrees, to_plane
from ..network.arrays import TICKS_PER_MIN
from ..network.snap import cut_off, edge_boxes
from .origins import levels_of, limits_of, read_places, searched, snap_all
from .surface import nested

if TYPE_CHECKING:
    from ..network.arrays import Floats, Ints
    from ..network.graph import Network
    from ..network.snap import Snap
    from .origins import Places

KINDS = ("area", "edges", "hull")
HULL_NOTE = "a convex hull of the reached roads: it covers ground that cannot be reached in time"


@dataclass(frozen=True, eq=False)
class Pieces:
    """Parts of edges, by share of their length from the tail; of one edge they do not overlap."""

    edge: Ints
    low: Floats
    high: Floats


def reached_roads(
    network: Network,
    origins: Places,
    minutes: Sequence[float],
    *,
    kind: str = "edges",
    reverse: bool = False,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
) -> gpd.GeoDataFrame:
    """Return the roads that each origin reaches within the given minutes, cut where the time is up.

    Parameters
    ----------
    kind
        ``"edges"``, or ``"hull"`` for the convex hull of these roads and the origin.
    network, origins, minutes, reverse, contours, merged
        As in :func:`sxgeo.isochrones`.

    Returns
    -------
    GeoDataFrame
        As :func:`sxgeo.isochrones` gives it, with a column `kind`. For edges `length_km` (of the
        roads, as the network states it) stands instead of `area_km2`, and the geometry is a
        MultiLineString, empty where the road itself is not reached in time. For a hull a note says
        what it is; it is an empty Polygon where the roads lie on one line.

    Raises
    ------
    UsageError, InputError, AnalysisError
        As in :func:`sxgeo.isochrones`; also if `kind` is unknown.
    """
    if kind not in KINDS[1:]:
        raise unknown("kind of shape", kind, KINDS)
    limits, places = limits_of(minutes), read_places(origins, "origin")
    if not places.ids:
        raise UsageError("no origins given; give at least one")
    wanted = levels_of(limits, contours, network.time_error_share)
    levels = sorted({level for level, _, _ in wanted})
    roads = network.reversed() if reverse else network
    snaps, unanswered = snap_all(roads, edge_boxes(roads), places)
    if not snaps:
        raise AnalysisError(
            listed("no origin can be answered:", [f"{i}: {reason}" for i, reason in unanswered])
        )
    notes: list[tuple[Any, str]] = []
    drawn: list[tuple[Any, list[Snap], list[Pieces]]] = []
    parts = roads.part_length_m()
    for place, origin, ticks in searched(roads, snaps, levels[-1]):
        if note := cut_off(roads, parts, origin):
            notes.append((places.ids[place], note))
        drawn.append(
            (places.ids[place], [origin], [pieces(roads, ticks, origin, level) for level in levels])
        )

    # parts of one road that several origins reach are joined, or their length would count twice
    if merged:
        together = [joined(some) for some in zip(*(found for _, _, found in drawn), strict=True)]
        drawn = [
            (
                ";".join(str(i) for i, _, _ in drawn),
                [origin for _, some, _ in drawn for origin in some],
                together,
            )
        ]
    rows = _rows(roads, drawn, wanted, levels, kind)
    size = "length_km" if kind == "edges" else "area_km2"
    columns = ["origin_id", "minutes", "kind", "contour", size, "snap_m", "geometry"]
    frame = gpd.GeoDataFrame(
        rows,
        columns=columns,
        geometry="geometry",
        crs=GEOGRAPHIC,
    )
    if tuple(contours) == ("middle",):
        frame = frame.drop(columns="contour")
    notes += [("", note) for note in (*roads.notes, *(roads.legs.notes if roads.legs else ()))]

    # a hull looks like an area and is none: its note goes wherever it goes
    notes += [("", HULL_NOTE)] if kind == "hull" else []
    frame.attrs.update(
        unanswered=unanswered,
        notes=notes,
        network=network.id,
        attribution=network.attribution,
    )
    frame.attrs["time_error_share"] = network.time_error_share
    frame.attrs["origins"] = [
        (places.ids[place], places.lon[place], places.lat[place]) for place in snaps
    ]
    return frame


def _rows(
    roads: Network,
    drawn: Sequence[tuple[Any, list[Snap], list[Pieces]]],
    wanted: Sequence[tuple[float, float, str]],
    levels: list[float],
    kind: str,
) -> list[tuple[Any, ...]]:
    """Return a row for each origin, limit and contour, in the order of the columns."""
    rows: list[tuple[Any, ...]] = []
    for origin_id, some, found in drawn:
        told = _edges(roads, found, some[0].crs) if kind == "edges" else _hulls(roads, found, some)
        snap_m = round(max(origin.distance_m for origin in some), 1)
        rows += [
            (
                origin_id,
                limit,
                kind,
                contour,
                told[levels.index(level)][0],
                snap_m,
                told[levels.index(level)][1],
            )
            for level, limit, contour in wanted
        ]
    return rows


def pieces(
    network: Network,
    ticks: Floats,
    origin: Snap,
    limit_min: float,
) -> Pieces:
    """Return the parts of edges that are reached within the limit.

    Parameters
    ----------
    ticks
        From the origin's foot to every node, the walk to the foot not included.
    """
    left = limit_min * TICKS_PER_MIN - origin.walk_ticks
    whole = network.ticks.astype(np.float64)

    # share of each edge that the time left allows from either end; a one-way edge is never entered
    # from its head
    with np.errstate(invalid="ignore"):
        ahead = np.clip((left - ticks[network.tail]) / whole, 0, 1)
        behind = np.where(network.oneway, 0.0, np.clip((left - ticks[network.head]) / whole, 0, 1))
    edge = np.arange(len(whole))

    # on its own edges the origin begins between the ends, and goes both ways unless they are
    # one-way
    own = origin.back / whole[origin.edges]
    if left <= 0:
        return Pieces(edge[:0], np.empty(0), np.empty(0))
    low = np.where(
        network.oneway[origin.edges], own, np.maximum(own - left / whole[origin.edges], 0)
    )
    high = np.minimum(own + left / whole[origin.edges], 1)
    return _union(
        np.concatenate([edge, edge, origin.edges]),
        np.concatenate([np.zeros(len(edge)), 1 - behind, low]),
        np.concatenate([ahead, np.ones(len(edge)), high]),
    )


def joined(some: Sequence[Pieces]) -> Pieces:
    """Return what any of several reaches."""
    return _union(
        *(
            np.concatenate([getattr(each, name) for each in some])
            for name in ("edge", "low", "high")
        )
    )


def _union(
    edge: Ints,
    low: Floats,
    high: Floats,
) -> Pieces:
    """Join parts of one edge that touch or overlap."""
    keep = high > low
    edge, low, high = edge[keep], low[keep], high[keep]
    order = np.lexsort((low, edge))
    edge, low, high = edge[order], low[order], high[order]
    if not len(edge):
        return Pieces(edge, low, high)
    # shares are at most 1, so two apart no edge reaches into the next: one pass over all of them
    reach = np.maximum.accumulate(high + 2 * edge)
    fresh = np.ones(len(edge), dtype=bool)
    fresh[1:] = (edge[1:] != edge[:-1]) | (low[1:] + 2 * edge[1:] > reach[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(edge)) - 1
    return Pieces(edge[first], low[first], np.minimum(reach[last] - 2 * edge[last], 1.0))


def courses(
    network: Network,
    some: Pieces,
    plane: str,
) -> Any:
    """Return each part as a LineString, EPSG:4490 on the 1e-7 grid."""
    lines = network.lines(some.edge)

    # whole edges keep the course that they have: only what is cut goes over the plane and back
    cut = np.flatnonzero((some.low > 0) | (some.high < 1))
    on_plane = to_plane(lines[cut], plane) if len(cut) else lines[cut]
    for i, line in zip(cut, on_plane, strict=True):
        part = substring(line, some.low[i], some.high[i], normalized=True)
        lines[i] = quantise(to_degrees(part, plane))
    return lines


def _edges(
    network: Network,
    found: Sequence[Pieces],
    plane: str,
) -> list[tuple[float, Any]]:
    told = []
    for some in found:
        lines = courses(network, some, plane)
        length_m = float(((some.high - some.low) * network.length_m[some.edge]).sum())
        # what is shorter than the coordinate grid is a point by now
        lines = lines[shapely.length(lines) > 0]
        told.append((round(length_m / 1000, 4), shapely.multilinestrings(lines)))
    return told


def _hulls(
    network: Network,
    found: Sequence[Pieces],
    origins: Sequence[Snap],
) -> list[tuple[float, Any]]:
    plane = origins[0].crs
    places = to_plane(shapely.points([(origin.lon, origin.lat) for origin in origins]), plane)
    hulls = []
    for some in found:
        lines = (
            to_plane(courses(network, some, plane), plane)
            if len(some.edge)
            else np.empty(0, dtype=object)
        )
        hull = shapely.convex_hull(shapely.geometrycollections([*lines, *places]))
        hulls.append(hull if hull.geom_type == "Polygon" else shapely.Polygon())

    # hulls of growing limits nest; the rounding to degrees must not break that
    shapes = nested([quantise(to_degrees(hull, plane)) for hull in hulls])
    shapes = [shape if not shape.is_empty else shapely.Polygon() for shape in shapes]
    return [(round(ellipsoid_area_m2(shape) / 1e6, 4), shape) for shape in shapes]
