"""From a place to the nearest road, and from there the shortest times over the network (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...errors import AnalysisError, InputError
from ...geometry.projection import plane_crs, to_plane
from .search import Seeds, Steps, joined, ticks_from

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ...geometry.shapes import Shape
    from .arrays import Floats, Ints
    from .graph import Network

MAX_SNAP_M = 5000.0
"""A place farther than this from any road has no answer: roads say nothing of the way to it."""
CUT_OFF_SHARE = 0.01
"""A connected part with less than this share of the network's road length is said to be cut off."""
_NEAR_SHARE = 1.05  # distances by degrees are right within 5 % below 85 degrees of latitude
_ASKED_EDGES = 500
FEW_PLACES = 8
"""So many places are snapped one by one: a tree of the edges would cost more than it saves."""
_WINDOWS_M = (100.0, 700.0, MAX_SNAP_M)
_TIE_M = 0.02  # two roads whose distances differ by less than the coordinate grid are equally near


@dataclass(frozen=True, eq=False)
class Snap:
    """Where a place joins the roads.

    Attributes
    ----------
    edges, back, ahead
        The nearest edges (several at a junction), ticks from the foot back to the tail and ahead to
        the head.
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


def snap(
    network: Network,
    boxes: Floats,
    lon: float,
    lat: float,
) -> Snap:
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

        # nothing but motorways, ramps and tunnels: they are joined where they end
        if not len(near):
            return _at_an_end(network, boxes, lon, lat, place, crs)
    lines = to_plane(network.lines(near), crs) if len(near) else np.array([], dtype=object)
    distance = shapely.distance(lines, place)
    if not len(near) or not distance.min() <= MAX_SNAP_M:
        raise AnalysisError(_far(network, place, crs, lon, lat))

    # at a junction several edges are equally near, and a search may begin along any of them
    tied = distance <= distance.min() + _TIE_M
    edges, lines = near[tied], lines[tied]

    # the foot parts an edge: what was gone to it and what is still to go add up to the whole edge
    share = shapely.line_locate_point(lines, place, normalized=True)
    back = np.rint(share * network.ticks[edges]).astype(np.int64)
    foot = shapely.line_interpolate_point(lines[0], share[0], normalized=True)
    return Snap(
        lon=lon, lat=lat, edges=edges, back=back, ahead=network.ticks[edges] - back, crs=crs,
        distance_m=float(distance.min()),
        walk_ticks=int(np.rint(distance.min() * 36 / network.offroad_kmh)),
        place=shapely.get_coordinates(place)[0], foot=shapely.get_coordinates(foot)[0],
    )  # fmt: skip


def snap_each(
    network: Network,
    lon: Floats,
    lat: Floats,
) -> list[Snap | str]:
    """Snap many places at once; what :func:`snap` gives for each, or why it has no answer.

    Parameters
    ----------
    network
        The roads.
    lon, lat
        The places, EPSG:4490 degrees, (n,).
    """
    found: list[Snap | str | None] = [None] * len(lon)
    if len(lon) >= FEW_PLACES:
        for number, there in _snap_near(network, np.asarray(lon, float), np.asarray(lat, float)):
            found[number] = there

    # the rest is asked one by one, with the windows and the words of a single place
    for number, known in enumerate(found):
        if known is None:
            try:
                found[number] = snap(network, network.boxes, float(lon[number]), float(lat[number]))
            except AnalysisError as error:
                found[number] = str(error)
    return [there for there in found if there is not None]


def _snap_near(
    network: Network,
    lon: Floats,
    lat: Floats,
) -> Iterator[tuple[int, Snap]]:
    """Snap the places that have a road within a short way, plane by plane; the others are left to
    :func:`snap`.
    """
    # the first window in degrees, a little wider than it is, for degrees are no metres; the cosine
    # is held up so that it stays finite at the poles
    across = _NEAR_SHARE**2 * _WINDOWS_M[0] / (np.maximum(np.cos(np.radians(lat)), 0.1) * 111_300)
    up = np.full(len(lat), _NEAR_SHARE**2 * _WINDOWS_M[0] / 111_300)
    place, edge = network.edge_tree.query(
        shapely.box(lon - across, lat - up, lon + across, lat + up)
    )
    if network.joinable is not None:
        edge = network.joinable[edge]

    # metres are only true on the plane of a place: those of one plane are measured together; who
    # lies in none keeps its error from `snap`
    planes: dict[str, list[int]] = {}
    for number in np.unique(place).tolist():
        if 73.5 <= lon[number] < 136.5:
            planes.setdefault(plane_crs(float(lon[number])), []).append(number)
    for crs, numbers in planes.items():
        own = np.isin(place, numbers)
        yield from _snap_on(network, crs, lon, lat, place[own], edge[own])


def _snap_on(
    network: Network,
    crs: str,
    lon: Floats,
    lat: Floats,
    place: Ints,
    edge: Ints,
) -> Iterator[tuple[int, Snap]]:
    # pairs by place, then edge, so that ties come in the order in which `snap` finds them
    order = np.lexsort((edge, place))
    place, edge = place[order], edge[order]

    # an edge that is near several places is projected once
    some, which = np.unique(edge, return_inverse=True)
    lines = to_plane(network.lines(some), crs)[which]
    numbers, begin = np.unique(place, return_index=True)
    points = to_plane(shapely.points(lon[numbers], lat[numbers]), crs)
    owner = np.searchsorted(numbers, place)
    distance = shapely.distance(lines, points[owner])
    least = np.minimum.reduceat(distance, begin)

    # the foot is that of the first of the tied edges, as in `snap`
    tied = np.flatnonzero(distance <= least[owner] + _TIE_M)
    share = shapely.line_locate_point(lines[tied], points[owner[tied]], normalized=True)
    starts = np.searchsorted(owner[tied], np.arange(len(numbers) + 1))
    feet = shapely.get_coordinates(
        shapely.line_interpolate_point(
            lines[tied[starts[:-1]]], share[starts[:-1]], normalized=True
        )
    )
    xy = shapely.get_coordinates(points)
    for row, number in enumerate(numbers.tolist()):
        if least[row] > _WINDOWS_M[0]:
            continue  # a nearer road may lie beyond the window

        # the rows of this place among the tied ones
        own = slice(starts[row], starts[row + 1])
        edges = edge[tied[own]]
        back = np.rint(share[own] * network.ticks[edges]).astype(np.int64)
        yield number, Snap(
            lon=float(lon[number]), lat=float(lat[number]), edges=edges, back=back,
            ahead=network.ticks[edges] - back, crs=crs,
            distance_m=float(least[row]),
            walk_ticks=int(np.rint(least[row] * 36 / network.offroad_kmh)),
            place=xy[row], foot=feet[row],
        )  # fmt: skip


def _at_an_end(
    network: Network,
    boxes: Floats,
    lon: float,
    lat: float,
    place: Shape,
    crs: str,
) -> Snap:
    """Snap to the nearest end of an edge."""
    # among all edges, not the joinable ones: this is where only the others are near
    near = _perhaps_nearest(boxes, lon, lat)
    ends = np.unique(np.concatenate([network.tail[near], network.head[near]]))
    feet = to_plane(shapely.points(network.lon[ends], network.lat[ends]), crs)
    distance = shapely.distance(feet, place)
    if not len(ends) or not distance.min() <= MAX_SNAP_M:
        raise AnalysisError(_far(network, place, crs, lon, lat))
    node = int(ends[distance.argmin()])

    # every edge of that node begins or ends with nothing gone
    edges = np.flatnonzero((network.tail == node) | (network.head == node))
    back = np.where(network.tail[edges] == node, 0, network.ticks[edges])
    return Snap(
        lon=lon, lat=lat, edges=edges, back=back, ahead=network.ticks[edges] - back, crs=crs,
        distance_m=float(distance.min()),
        walk_ticks=int(np.rint(distance.min() * 36 / network.offroad_kmh)),
        place=shapely.get_coordinates(place)[0],
        foot=shapely.get_coordinates(feet[distance.argmin()])[0],
    )  # fmt: skip


def _perhaps_nearest(
    boxes: Floats,
    lon: float,
    lat: float,
) -> Ints:
    """Return the edges that can be the nearest within `MAX_SNAP_M`: none is farther than the far
    corner of the best.

    An edge touches all sides of its box, so it lies no farther than the box's farthest corner.
    Windows of growing size are looked at until that corner lies in one.
    """
    west, south, east, north = boxes.T
    scale_m = np.array([max(np.cos(np.radians(lat)), 0.1), 1.0]) * 111_300
    near: Ints = np.empty(0, dtype=np.int64)
    for window_m in _WINDOWS_M:
        across, up = _NEAR_SHARE**2 * window_m / scale_m
        near = np.flatnonzero(
            (west <= lon + across)
            & (south <= lat + up)
            & (east >= lon - across)
            & (north >= lat - up)
        )
        if not len(near):
            continue

        # to the near side of a box (0 inside it) and to its far corner, in rough metres
        below, above = (
            (boxes[near, :2] - (lon, lat)) * scale_m,
            (boxes[near, 2:] - (lon, lat)) * scale_m,
        )
        nearest_m = np.hypot(*np.maximum(np.maximum(below, -above), 0).T)
        limit_m = (
            np.hypot(*np.maximum(np.abs(below), np.abs(above)).T).min() * _NEAR_SHARE**2
            + 2 * _TIE_M
        )

        # the far corner of the best lies in the window, so no edge beyond the window can be nearer
        if limit_m <= window_m or window_m == MAX_SNAP_M:
            return np.asarray(near[nearest_m <= limit_m])
    return near


def _far(
    network: Network,
    place: Shape,
    crs: str,
    lon: float,
    lat: float,
) -> str:
    # boxes find some hundred edges that may be nearest: the words need a number, not the exact edge
    away = np.abs(network.boxes.reshape(-1, 2, 2).mean(axis=1) - (lon, lat)).max(axis=1)
    some = np.argsort(away, kind="stable")[:_ASKED_EDGES]
    distance = shapely.distance(to_plane(network.lines(some), crs), place)
    away = (
        f"{np.nanmin(distance) / 1000:.0f} km" if np.isfinite(distance).any() else "thousands of km"
    )
    return (
        f"the nearest road of network '{network.id}' is {away} away, over the {MAX_SNAP_M / 1000:g}"
        " km that are allowed; choose a place nearer to a road, or a network that covers it"
    )


def search_graph(network: Network, origins: Sequence[Snap]) -> csr_matrix:
    """Return the CSR matrix of ticks; row ``network.size + i`` is origin i, with steps to the ends
    of its edges.

    The walk to the road is not in it: it is added by the caller, once.
    """
    return joined(network.steps.matrix, seeds_of(network, origins))


def seeds_of(
    network: Network,
    origins: Sequence[Snap],
    *,
    walk: bool = False,
) -> Seeds:
    """Return where the search from each origin begins: at the ends of its edges, with the way from
    the foot gone.

    Parameters
    ----------
    walk
        Whether the way to the foot counts too.
    """
    count, nodes, ticks = [0], [], []
    for origin in origins:
        # against a one-way edge one comes back to its tail only from the tail itself
        backward = ~network.oneway[origin.edges] | (origin.back == 0)
        ends = np.concatenate([network.head[origin.edges], network.tail[origin.edges][backward]])
        cost = np.concatenate([origin.ahead, origin.back[backward]]) + (
            origin.walk_ticks if walk else 0
        )
        order = np.lexsort((cost, ends))
        first = np.ones(len(ends), dtype=bool)
        first[1:] = ends[order][1:] != ends[order][:-1]  # the quicker of two ways to one node
        nodes.append(ends[order][first])
        ticks.append(cost[order][first])
        count.append(len(nodes[-1]))
    none = [np.empty(0, dtype=np.int64)]
    return Seeds(np.cumsum(count), np.concatenate(nodes or none), np.concatenate(ticks or none))


def search(
    graph: csr_matrix,
    rows: Sequence[int] | Ints,
    *,
    limit_ticks: float = np.inf,
) -> Floats:
    """Return the ticks from each numbered row to every node; infinite where no way is within the
    limit.
    """
    return ticks_from(Steps(graph), rows, limit_ticks=limit_ticks)


def turned(network: Network, place: Snap) -> Snap:
    """Return the snap of the same place on ``network.reversed()``, whose one-way edges run the
    other way.
    """
    oneway = network.oneway[place.edges]
    back, ahead = (
        np.where(oneway, place.ahead, place.back),
        np.where(oneway, place.back, place.ahead),
    )
    return replace(place, back=back, ahead=ahead)


def ends_of(network: Network, destinations: Sequence[Snap]) -> Seeds:
    """Return where the ways to each destination end: at the nodes of its edges, with the way to the
    foot still to go.
    """
    count, nodes, ticks = [0], [], []
    for place in destinations:
        # against a one-way edge one comes to its head only where the foot is the head itself
        against = ~network.oneway[place.edges] | (place.ahead == 0)
        nodes.append(
            np.concatenate([network.tail[place.edges], network.head[place.edges][against]])
        )
        ticks.append(np.concatenate([place.back, place.ahead[against]]))
        count.append(len(nodes[-1]))
    none = [np.empty(0, dtype=np.int64)]
    return Seeds(np.cumsum(count), np.concatenate(nodes or none), np.concatenate(ticks or none))


@dataclass(frozen=True, eq=False)
class Ends:
    """Destinations in arrays, made once for many origins."""

    owner: Ints
    edges: Ints
    back: Ints
    ahead: Ints
    walk: Ints
    places: Floats

    @classmethod
    def of(cls, destinations: Sequence[Snap]) -> Ends:
        """Gather destinations."""
        owner = np.repeat(np.arange(len(destinations)), [len(d.edges) for d in destinations])
        edges, back, ahead = (
            np.concatenate([getattr(d, key) for d in destinations] or [np.empty(0, dtype=np.int64)])
            for key in ("edges", "back", "ahead")
        )
        places = np.array([(d.lon, d.lat) for d in destinations]).reshape(-1, 2)
        return cls(
            owner, edges, back, ahead, np.array([d.walk_ticks for d in destinations]), places
        )

    def finish(
        self,
        network: Network,
        best: Floats,
        origin: Snap,
    ) -> Floats:
        """Return the ticks from door to door, given those from foot to foot by way of a node
        (infinite: none).
        """
        best = np.array(best, dtype=np.float64)
        for edge, own in zip(origin.edges, origin.back, strict=True):
            # origin and destination on one edge: the way between their feet passes no node; along a
            # one-way edge only forward
            here = np.flatnonzero(self.edges == edge)
            here = here[~network.oneway[edge] | (self.back[here] >= own)]
            np.minimum.at(best, self.owner[here], np.abs(self.back[here] - own))
        best += origin.walk_ticks + self.walk

        # the same place: nobody walks to the road and back
        same = (self.places == (origin.lon, origin.lat)).all(axis=1)
        return np.where(same, 0.0, best)


def ticks_between(
    network: Network,
    ticks: Floats,
    origin: Snap,
    destinations: Sequence[Snap],
    ends: Ends | None = None,
) -> Floats:
    """Return the ticks from one origin to each destination, both walks included.

    Parameters
    ----------
    ticks
        One row of :func:`search`.
    ends
        The destinations as :meth:`Ends.of` gathers them; None gathers them anew.

    Returns
    -------
    ndarray
        Infinite where there is no way; 0 for the origin itself.
    """
    told = Ends.of(destinations) if ends is None else ends

    # to the foot from the tail, or from the head where the edge lets one drive back
    against = ~network.oneway[told.edges] | (told.ahead == 0)
    way = np.minimum(
        ticks[network.tail[told.edges]] + told.back,
        np.where(against, ticks[network.head[told.edges]] + told.ahead, np.inf),
    )
    best = np.full(len(told.walk), np.inf)
    np.minimum.at(best, told.owner, way)
    return told.finish(network, best, origin)


def cut_off(
    network: Network,
    part_length_m: Floats,
    origin: Snap,
) -> str | None:
    """Say that an origin lies on roads that are cut off from the rest, one way or both; None when
    it does not.
    """
    # by road length: an islet of a few streets is cut off, half of a parted network is not
    own = float(part_length_m[network.tail[origin.edges]].max())
    total = float(network.length_m.sum())
    if own < CUT_OFF_SHARE * total:
        return (
            f"the road it lies on is cut off from the rest: {own / 1000:.1f} of {total / 1000:.0f}"
            f" km of network '{network.id}' can be reached at all"
        )

    # one-way streets can part what is joined on the map: out of it first, then back to it
    leads_out, led_to = network.thoroughfare
    seeds = seeds_of(network, [origin])
    if not leads_out[seeds.nodes].any():
        return (
            "the road it lies on is a one-way trap: it cannot be left for the rest of network"
            f" '{network.id}' (a one-way street drawn the wrong way round, or one that ends at the"
            " edge of the file?)"
        )
    before = np.concatenate(
        [network.tail[origin.edges], network.head[origin.edges][~network.oneway[origin.edges]]]
    )
    if not led_to[before].any():
        return (
            f"the road it lies on can be left, but no way of network '{network.id}' leads back to"
            " it (one-way)"
        )
    return None
