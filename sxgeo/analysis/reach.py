"""From a place to the nearest road, and from there the shortest times over the network (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ..errors import AnalysisError, InputError
from ..projection import plane_crs, to_plane
from .fast import Seeds, Steps, joined, ticks_from
from .network import Floats, Ints, Network

MAX_SNAP_M = 5000.0
"""A place farther than this from any road has no answer: roads say nothing of the way to it."""
CUT_OFF_SHARE = 0.01
"""A connected part with less than this share of the network's road length is said to be cut off."""
_NEAR_SHARE = 1.05  # distances by degrees are right within 5 % below 85 degrees of latitude
_ASKED_EDGES = 500
_WINDOWS_M = (100.0, 700.0, MAX_SNAP_M)
_TIE_M = 0.02  # two roads whose distances differ by less than the coordinate grid are equally near


@dataclass(frozen=True, eq=False)
class Snap:
    """Where a place joins the roads.

    Attributes
    ----------
    edges, back, ahead
        The nearest edges (several at a junction), ticks from the foot back to the tail and ahead to the head.
    distance_m, walk_ticks
        Straight way to the foot off the roads, metres and 0.1 s.
    crs, place, foot
        The place's own CGCS2000 plane; place and foot on it, metres.
    """

    lon: float
    lat: float
    edges: Ints
    back: Ints
    ahead: Ints
    distance_m: float
    walk_ticks: int
    crs: str
    place: Floats
    foot: Floats


def edge_boxes(network: Network) -> Floats:
    """Return west, south, east, north of each edge in degrees."""
    return network.boxes


def snap(network: Network, boxes: Floats, lon: float, lat: float) -> Snap:
    """Find the nearest edges of a place, and split them there.

    Parameters
    ----------
    network, boxes
        The roads, and :func:`edge_boxes` of them.
    lon, lat
        The place, EPSG:4490 degrees.

    Returns
    -------
    Snap
        All edges that are equally near.

    Raises
    ------
    AnalysisError
        If the place lies in no CGCS2000 plane, or no road lies within `MAX_SNAP_M`.
    """
    try:
        crs = plane_crs(lon)
    except InputError as error:
        raise AnalysisError(str(error)) from error
    place = to_plane(shapely.Point(lon, lat), crs)
    near = _perhaps_nearest(boxes if network.joinable is None else network.joinable_boxes, lon, lat)
    if network.joinable is not None:
        near = network.joinable[near]
        if not len(near):  # nothing but motorways, ramps and tunnels: they are joined where they end
            return _at_an_end(network, boxes, lon, lat, place, crs)
    lines = to_plane(network.lines(near), crs) if len(near) else np.array([], dtype=object)
    distance = shapely.distance(lines, place)
    if not len(near) or not distance.min() <= MAX_SNAP_M:
        raise AnalysisError(_far(network, place, crs, lon, lat))
    tied = distance <= distance.min() + _TIE_M
    edges, lines = near[tied], lines[tied]
    share = shapely.line_locate_point(lines, place, normalized=True)
    back = np.rint(share * network.ticks[edges]).astype(np.int64)
    foot = shapely.line_interpolate_point(lines[0], share[0], normalized=True)
    return Snap(
        lon=lon, lat=lat, edges=edges, back=back, ahead=network.ticks[edges] - back, crs=crs,
        distance_m=float(distance.min()), walk_ticks=int(np.rint(distance.min() * 36 / network.offroad_kmh)),
        place=shapely.get_coordinates(place)[0], foot=shapely.get_coordinates(foot)[0],
    )  # fmt: skip


def _at_an_end(network: Network, boxes: Floats, lon: float, lat: float, place: Any, crs: str) -> Snap:
    """Snap to the nearest end of an edge."""
    near = _perhaps_nearest(boxes, lon, lat)
    ends = np.unique(np.concatenate([network.tail[near], network.head[near]]))
    feet = to_plane(shapely.points(network.lon[ends], network.lat[ends]), crs)
    distance = shapely.distance(feet, place)
    if not len(ends) or not distance.min() <= MAX_SNAP_M:
        raise AnalysisError(_far(network, place, crs, lon, lat))
    node = int(ends[distance.argmin()])
    edges = np.flatnonzero((network.tail == node) | (network.head == node))
    back = np.where(network.tail[edges] == node, 0, network.ticks[edges])
    return Snap(
        lon=lon, lat=lat, edges=edges, back=back, ahead=network.ticks[edges] - back, crs=crs,
        distance_m=float(distance.min()), walk_ticks=int(np.rint(distance.min() * 36 / network.offroad_kmh)),
        place=shapely.get_coordinates(place)[0], foot=shapely.get_coordinates(feet[distance.argmin()])[0],
    )  # fmt: skip


def _perhaps_nearest(boxes: Floats, lon: float, lat: float) -> Ints:
    """Return the edges that can be the nearest within `MAX_SNAP_M`: none is farther than the far corner of the best.

    An edge touches all sides of its box, so it lies no farther than the box's farthest corner. Windows of growing size
    are looked at until that corner lies in one.
    """
    west, south, east, north = boxes.T
    scale_m = np.array([max(np.cos(np.radians(lat)), 0.1), 1.0]) * 111_300
    near: Ints = np.empty(0, dtype=np.int64)
    for window_m in _WINDOWS_M:
        across, up = _NEAR_SHARE**2 * window_m / scale_m
        near = np.flatnonzero(
            (west <= lon + across) & (south <= lat + up) & (east >= lon - across) & (north >= lat - up)
        )
        if not len(near):
            continue
        below, above = (boxes[near, :2] - (lon, lat)) * scale_m, (boxes[near, 2:] - (lon, lat)) * scale_m
        nearest_m = np.hypot(*np.maximum(np.maximum(below, -above), 0).T)
        limit_m = np.hypot(*np.maximum(np.abs(below), np.abs(above)).T).min() * _NEAR_SHARE**2 + 2 * _TIE_M
        if limit_m <= window_m or window_m == MAX_SNAP_M:
            return np.asarray(near[nearest_m <= limit_m])
    return near


def _far(network: Network, place: Any, crs: str, lon: float, lat: float) -> str:
    away = np.abs(network.boxes.reshape(-1, 2, 2).mean(axis=1) - (lon, lat)).max(axis=1)
    some = np.argsort(away, kind="stable")[:_ASKED_EDGES]
    distance = shapely.distance(to_plane(network.lines(some), crs), place)
    away = f"{np.nanmin(distance) / 1000:.0f} km" if np.isfinite(distance).any() else "thousands of km"
    return (
        f"the nearest road of network '{network.id}' is {away} away, over the {MAX_SNAP_M / 1000:g} km "
        "that are allowed; choose a place nearer to a road, or a network that covers it"
    )


def search_graph(network: Network, origins: Sequence[Snap]) -> Any:
    """Return the CSR matrix of ticks; row ``network.size + i`` is origin i, with steps to the ends of its edges.

    The walk to the road is not in it: it is added by the caller, once.
    """
    return joined(network.steps.matrix, seeds_of(network, origins))


def seeds_of(network: Network, origins: Sequence[Snap], *, walk: bool = False) -> Seeds:
    """Return where the search from each origin begins: at the ends of its edges, with the way from the foot gone.

    Parameters
    ----------
    walk
        Whether the way to the foot counts too.
    """
    count, nodes, ticks = [0], [], []
    for origin in origins:
        backward = ~network.oneway[origin.edges] | (origin.back == 0)
        ends = np.concatenate([network.head[origin.edges], network.tail[origin.edges][backward]])
        cost = np.concatenate([origin.ahead, origin.back[backward]]) + (origin.walk_ticks if walk else 0)
        order = np.lexsort((cost, ends))
        first = np.ones(len(ends), dtype=bool)
        first[1:] = ends[order][1:] != ends[order][:-1]  # the quicker of two ways to one node
        nodes.append(ends[order][first])
        ticks.append(cost[order][first])
        count.append(len(nodes[-1]))
    none = [np.empty(0, dtype=np.int64)]
    return Seeds(np.cumsum(count), np.concatenate(nodes or none), np.concatenate(ticks or none))


def search(graph: Any, rows: Sequence[int] | Ints, *, limit_ticks: float = np.inf) -> Floats:
    """Return the ticks from each numbered row to every node; infinite where no way is within the limit."""
    return ticks_from(Steps(graph), rows, limit_ticks=limit_ticks)


def ticks_between(network: Network, ticks: Floats, origin: Snap, destinations: Sequence[Snap]) -> Floats:
    """Return the ticks from one origin to each destination, both walks included.

    Parameters
    ----------
    ticks
        One row of :func:`search`.

    Returns
    -------
    ndarray
        Infinite where there is no way; 0 for the origin itself.
    """
    owner = np.repeat(np.arange(len(destinations)), [len(d.edges) for d in destinations])
    edges = np.concatenate([d.edges for d in destinations])
    back = np.concatenate([d.back for d in destinations])
    ahead = np.concatenate([d.ahead for d in destinations])
    against = ~network.oneway[edges] | (ahead == 0)
    way = np.minimum(ticks[network.tail[edges]] + back, np.where(against, ticks[network.head[edges]] + ahead, np.inf))
    for edge, own in zip(origin.edges, origin.back, strict=True):
        here = (edges == edge) & (~network.oneway[edges] | (back >= own))
        way = np.where(here, np.minimum(way, np.abs(back - own)), way)
    best = np.full(len(destinations), np.inf)
    np.minimum.at(best, owner, way)
    best += origin.walk_ticks + np.array([d.walk_ticks for d in destinations])
    same = [(d.lon, d.lat) == (origin.lon, origin.lat) for d in destinations]
    return np.where(same, 0.0, best)


def cut_off(network: Network, part_length_m: Floats, origin: Snap) -> str | None:
    """Say that an origin lies on roads that are cut off from the rest, one way or both; None when it does not."""
    own = float(part_length_m[network.tail[origin.edges]].max())
    total = float(network.length_m.sum())
    if own < CUT_OFF_SHARE * total:
        return (
            f"the road it lies on is cut off from the rest: {own / 1000:.1f} of {total / 1000:.0f} km "
            f"of network '{network.id}' can be reached at all"
        )
    leads_out, led_to = network.thoroughfare
    seeds = seeds_of(network, [origin])
    if not leads_out[seeds.nodes].any():
        return (
            f"the road it lies on is a one-way trap: it cannot be left for the rest of network '{network.id}' "
            "(a one-way street drawn the wrong way round, or one that ends at the edge of the file?)"
        )
    before = np.concatenate([network.tail[origin.edges], network.head[origin.edges][~network.oneway[origin.edges]]])
    if not led_to[before].any():
        return f"the road it lies on can be left, but no way of network '{network.id}' leads back to it (one-way)"
    return None
