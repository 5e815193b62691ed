"""From a place to the nearest road, and from there the shortest times over the network (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...errors import AnalysisError, InputError
from ...geometry.projection import plane_crs, to_plane
from .search import Seeds, Steps, joined, ticks_from

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ...geometry.shapes import Shape, Shapes
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
    place = _placed(lon, lat)
    near = _perhaps_nearest(boxes if network.joinable is None else network.joinable_boxes, lon, lat)
    if network.joinable is not None:
        near = network.joinable[near]

        # nothing but motorways, ramps and tunnels: they are joined where they end
        if not len(near):
            return _at_an_end(network, boxes, place)
    return _at_nearest(network, near, place)


def _at_nearest(
    network: Network,
    near: Ints,
    place: _Place,
) -> Snap:
    """Snap to the nearest of some edges."""
    lines = to_plane(network.lines(near), place.crs) if len(near) else np.array([], dtype=object)
    distance = shapely.distance(lines, place.point)
    nearest_m = _nearest_m(network, place, distance)

    # at a junction several edges are equally near, and a search may begin along any of them
    tied = distance <= nearest_m + _TIE_M
    feet = _feet_on(network, lines[tied], place.point, near[tied])
    return _snapped(network, place, feet, nearest_m)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that is asked for: degrees, and a point on its own plane."""

    lon: float
    lat: float
    crs: str
    point: Shape


def _placed(lon: float, lat: float) -> _Place:
    try:
        crs = plane_crs(lon)
    except InputError as error:
        raise AnalysisError(str(error)) from error
    return _Place(
        lon,
        lat,
        crs,
        to_plane(shapely.Point(lon, lat), crs),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Feet:
    """Where places join edges: ticks from each foot back to the tail, and the foot on the plane."""

    edges: Ints
    back: Ints
    xy: Floats

    def part(self, first: int, last: int) -> _Feet:
        """Return those of one place."""
        return _Feet(
            self.edges[first:last],
            self.back[first:last],
            self.xy[first:last],
        )


def _feet_on(
    network: Network,
    lines: Shapes,
    points: Shapes | Shape,
    edges: Ints,
) -> _Feet:
    """Return the feet of points on the courses of edges, both on one plane."""
    share = shapely.line_locate_point(lines, points, normalized=True)
    feet = shapely.line_interpolate_point(lines, share, normalized=True)
    back = np.rint(share * network.ticks[edges]).astype(np.int64)
    return _Feet(edges, back, shapely.get_coordinates(feet))


def _snapped(
    network: Network,
    place: _Place,
    feet: _Feet,
    distance_m: float,
) -> Snap:
    walk_ticks = np.rint(distance_m * 36 / network.offroad_kmh)

    # the foot parts an edge: what was gone to it and what is still to go add up to the whole edge
    ahead = network.ticks[feet.edges] - feet.back
    return Snap(
        lon=place.lon,
        lat=place.lat,
        edges=feet.edges,
        back=feet.back,
        ahead=ahead,
        distance_m=distance_m,
        walk_ticks=int(walk_ticks),
        crs=place.crs,
        place=shapely.get_coordinates(place.point)[0],
        foot=feet.xy[0],
    )


def _nearest_m(
    network: Network,
    place: _Place,
    distance_m: Floats,
) -> float:
    """Return the least of some distances; a place that nothing is near enough to is refused, and a
    distance that is no number is not near.
    """
    if not len(distance_m) or not distance_m.min() <= MAX_SNAP_M:
        raise AnalysisError(_far(network, place))
    return float(distance_m.min())


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
    snaps: dict[int, Snap] = {}
    if len(lon) >= FEW_PLACES:
        snaps.update(
            _snap_near(
                network,
                np.asarray(lon, float),
                np.asarray(lat, float),
            )
        )

    # the rest is asked one by one, with the windows and the words of a single place
    return [
        snaps[number] if number in snaps else _snap_or_why(network, float(x), float(y))
        for number, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]


def _snap_or_why(
    network: Network,
    lon: float,
    lat: float,
) -> Snap | str:
    try:
        return snap(network, network.boxes, lon, lat)
    except AnalysisError as error:
        return str(error)


def _snap_near(
    network: Network,
    lon: Floats,
    lat: Floats,
) -> Iterator[tuple[int, Snap]]:
    """Snap the places that have a road within a short way, plane by plane; the others are left to
    :func:`snap`.
    """
    place, edge = _near_pairs(network, lon, lat)
    for crs, numbers in _by_plane(np.unique(place), lon).items():
        points = to_plane(shapely.points(lon[numbers], lat[numbers]), crs)
        asked = [
            _Place(float(lon[number]), float(lat[number]), crs, point)
            for number, point in zip(numbers, points, strict=True)
        ]
        own = np.isin(place, numbers)
        owner = np.searchsorted(numbers, place[own])
        for row, found in _snap_on(network, asked, owner, edge[own]):
            yield numbers[row], found


def _by_plane(numbers: Ints, lon: Floats) -> dict[str, list[int]]:
    """Return the numbers of places by their plane: metres are only true on that of a place, so
    those of one plane are measured together.
    """
    planes: dict[str, list[int]] = {}
    for number in numbers.tolist():
        # who lies in none keeps its error from `snap`
        if 73.5 <= lon[number] < 136.5:
            planes.setdefault(plane_crs(float(lon[number])), []).append(number)
    return planes


def _near_pairs(
    network: Network,
    lon: Floats,
    lat: Floats,
) -> tuple[Ints, Ints]:
    """Return the places and the edges whose boxes come into the first window round them, pairs by
    place, then edge: ties then come in the order in which `snap` finds them.
    """
    # a little wider than it is, for degrees are no metres; the cosine is held up so that it stays
    # finite at the poles
    window_m = _NEAR_SHARE**2 * _WINDOWS_M[0]
    across = window_m / (np.maximum(np.cos(np.radians(lat)), 0.1) * 111_300)
    up = np.full(len(lat), window_m / 111_300)
    windows = shapely.box(lon - across, lat - up, lon + across, lat + up)
    place, edge = network.edge_tree.query(windows)
    if network.joinable is not None:
        edge = network.joinable[edge]
    order = np.lexsort((edge, place))
    return place[order], edge[order]


def _snap_on(
    network: Network,
    places: Sequence[_Place],
    owner: Ints,
    edge: Ints,
) -> Iterator[tuple[int, Snap]]:
    """Snap places of one plane; `edge` may be near the place ``owner``, pairs by place, then edge.

    A place whose nearest road may lie beyond the window is left out.
    """
    lines = _lines_once(network, edge, places[0].crs)
    points = np.array([place.point for place in places], dtype=object)[owner]
    least, tied = _nearest_of_each(shapely.distance(lines, points), owner, len(places))
    feet = _feet_on(network, lines[tied], points[tied], edge[tied])
    begin = _begins(owner[tied], len(places)).tolist()
    for row in np.flatnonzero(least <= _WINDOWS_M[0]).tolist():
        own = feet.part(begin[row], begin[row + 1])
        yield row, _snapped(network, places[row], own, float(least[row]))


def _nearest_of_each(
    distance_m: Floats,
    owner: Ints,
    places: int,
) -> tuple[Floats, Ints]:
    """Return the least distance of each place, and the pairs that are as near."""
    least = np.minimum.reduceat(distance_m, _begins(owner, places)[:-1])

    # at a junction several edges are equally near, and a search may begin along any of them
    return least, np.flatnonzero(distance_m <= least[owner] + _TIE_M)


def _begins(owner: Ints, count: int) -> Ints:
    """Return where what is of each of so many places begins, and where the last one ends."""
    # one more than there are, so that each ends where the next begins
    return np.searchsorted(owner, np.arange(count + 1))


def _lines_once(
    network: Network,
    edge: Ints,
    crs: str,
) -> Shapes:
    """Return the courses of edges on a plane; one that stands there several times is projected
    once.
    """
    some, which = np.unique(edge, return_inverse=True)
    lines: Shapes = to_plane(network.lines(some), crs)[which]
    return lines


def _at_an_end(
    network: Network,
    boxes: Floats,
    place: _Place,
) -> Snap:
    """Snap to the nearest end of an edge."""
    # among all edges, not the joinable ones: this is where only the others are near
    near = _perhaps_nearest(boxes, place.lon, place.lat)
    ends = np.unique(np.concatenate([network.tail[near], network.head[near]]))
    points = to_plane(
        shapely.points(network.lon[ends], network.lat[ends]),
        place.crs,
    )
    distance = shapely.distance(points, place.point)
    nearest_m = _nearest_m(network, place, distance)
    nearest = distance.argmin()
    feet = _feet_at(
        network,
        int(ends[nearest]),
        shapely.get_coordinates(points[nearest]),
    )
    return _snapped(network, place, feet, nearest_m)


def _feet_at(
    network: Network,
    node: int,
    xy: Floats,
) -> _Feet:
    """Return the foot at a node, on every edge of it."""
    edges = np.flatnonzero((network.tail == node) | (network.head == node))

    # each begins or ends there with nothing gone
    back = np.where(
        network.tail[edges] == node,
        0,
        network.ticks[edges],
    )
    return _Feet(edges, back, xy)


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
    scale_m = _degree_m(lat)
    near: Ints = np.empty(0, dtype=np.int64)
    for window_m in _WINDOWS_M:
        across, up = _NEAR_SHARE**2 * window_m / scale_m
        near = _meeting(boxes, (lon - across, lat - up, lon + across, lat + up))
        if not len(near):
            continue
        nearest_m, farthest_m = _box_distances_m(
            boxes[near] - (lon, lat, lon, lat),
            scale_m,
        )
        limit_m = farthest_m.min() * _NEAR_SHARE**2 + 2 * _TIE_M

        # the far corner of the best lies in the window, so no edge beyond the window can be nearer
        if limit_m <= window_m or window_m == MAX_SNAP_M:
            return np.asarray(near[nearest_m <= limit_m])
    return near


def _degree_m(lat: float) -> Floats:
    """Return how many metres a degree of longitude and one of latitude have there, roughly; the
    cosine is held up so that it stays finite at the poles.
    """
    return (
        np.array(
            [
                max(np.cos(np.radians(lat)), 0.1),
                1.0,
            ]
        )
        * 111_300
    )


def _meeting(boxes: Floats, window: tuple[float, float, float, float]) -> Ints:
    """Return which boxes meet a window; each is west, south, east, north."""
    west, south, east, north = boxes.T

    # a box that only touches the window may hold the nearest road
    in_window = (west <= window[2]) & (south <= window[3])
    in_window &= (east >= window[0]) & (north >= window[1])
    return np.flatnonzero(in_window)


def _box_distances_m(boxes: Floats, scale_m: Floats) -> tuple[Floats, Floats]:
    """Return how far boxes, in degrees from a place, are from it in rough metres: to the near side
    (0 inside a box), and to the far corner.
    """
    below, above = boxes[:, :2] * scale_m, boxes[:, 2:] * scale_m
    near_side = np.maximum(np.maximum(below, -above), 0)
    far_corner = np.maximum(np.abs(below), np.abs(above))
    return np.hypot(*near_side.T), np.hypot(*far_corner.T)


def _far(network: Network, place: _Place) -> str:
    # boxes find some hundred edges that may be nearest: the words need a number, not the exact edge
    middle = network.boxes.reshape(-1, 2, 2).mean(axis=1)
    apart = np.abs(middle - (place.lon, place.lat)).max(axis=1)
    some = np.argsort(apart, kind="stable")[:_ASKED_EDGES]
    distance = shapely.distance(
        to_plane(network.lines(some), place.crs),
        place.point,
    )

    # on the other side of the earth a plane has no numbers
    away = "thousands of km"
    if np.isfinite(distance).any():
        away = f"{np.nanmin(distance) / 1000:.0f} km"
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
    return _laid_out([_begun(network, origin, walk=walk) for origin in origins])


def _begun(
    network: Network,
    origin: Snap,
    *,
    walk: bool,
) -> tuple[Ints, Ints]:
    """Return the nodes that are come to first from an origin, each once, and the ticks to them."""
    tail, head = network.tail[origin.edges], network.head[origin.edges]

    # against a one-way edge one comes back to its tail only from the tail itself
    backward = ~network.oneway[origin.edges] | (origin.back == 0)
    ends = np.concatenate([head, tail[backward]])
    gone = origin.walk_ticks if walk else 0
    return _quickest(
        ends,
        np.concatenate([origin.ahead, origin.back[backward]]) + gone,
    )


def _quickest(nodes: Ints, ticks: Ints) -> tuple[Ints, Ints]:
    """Return each node once, with the quicker of two ways to it."""
    order = np.lexsort((ticks, nodes))
    nodes, ticks = nodes[order], ticks[order]
    first = np.ones(len(nodes), dtype=bool)
    first[1:] = nodes[1:] != nodes[:-1]
    return nodes[first], ticks[first]


def _laid_out(searches: Sequence[tuple[Ints, Ints]]) -> Seeds:
    """Lay the nodes and ticks of many searches one after another."""
    start = np.cumsum([0, *(len(nodes) for nodes, _ in searches)])
    nodes = _joined_up(nodes for nodes, _ in searches)
    return Seeds(start, nodes, _joined_up(ticks for _, ticks in searches))


def _joined_up(parts: Iterable[Ints]) -> Ints:
    """Join arrays of whole numbers; none at all are an empty one."""
    return np.concatenate(
        [
            np.empty(0, dtype=np.int64),
            *parts,
        ]
    )


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

    # a two-way edge is not turned: tail and head stay what they are
    back = np.where(oneway, place.ahead, place.back)
    ahead = np.where(oneway, place.back, place.ahead)
    return replace(place, back=back, ahead=ahead)


def ends_of(network: Network, destinations: Sequence[Snap]) -> Seeds:
    """Return where the ways to each destination end: at the nodes of its edges, with the way to the
    foot still to go.
    """
    return _laid_out([_ended(network, place) for place in destinations])


def _ended(network: Network, place: Snap) -> tuple[Ints, Ints]:
    # against a one-way edge one comes to its head only where the foot is the head itself
    against = ~network.oneway[place.edges] | (place.ahead == 0)
    nodes = np.concatenate(
        [
            network.tail[place.edges],
            network.head[place.edges][against],
        ]
    )
    return nodes, np.concatenate([place.back, place.ahead[against]])


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
        counts = [len(place.edges) for place in destinations]
        places = np.array([(place.lon, place.lat) for place in destinations])
        return cls(
            owner=np.repeat(np.arange(len(destinations)), counts),
            edges=_joined_up(place.edges for place in destinations),
            back=_joined_up(place.back for place in destinations),
            ahead=_joined_up(place.ahead for place in destinations),
            walk=np.array([place.walk_ticks for place in destinations]),
            places=places.reshape(-1, 2),
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
        ticks = np.array(best, dtype=np.float64)
        for edge, own in zip(origin.edges, origin.back, strict=True):
            # origin and destination on one edge: the way between their feet passes no node; along a
            # one-way edge only forward
            here = np.flatnonzero(self.edges == edge)
            here = here[~network.oneway[edge] | (self.back[here] >= own)]
            np.minimum.at(
                ticks,
                self.owner[here],
                np.abs(self.back[here] - own),
            )
        return self._with_walks(ticks, origin)

    def _with_walks(self, ticks: Floats, origin: Snap) -> Floats:
        # the same place: nobody walks to the road and back
        same = (self.places == (origin.lon, origin.lat)).all(axis=1)
        return np.where(same, 0.0, ticks + (origin.walk_ticks + self.walk))

    def by_node(self, network: Network, ticks: Floats) -> Floats:
        """Return the ticks to the foot of each destination, given those to every node."""
        tail, head = ticks[network.tail[self.edges]], ticks[network.head[self.edges]]

        # to the foot from the tail, or from the head where the edge lets one drive back
        against = ~network.oneway[self.edges] | (self.ahead == 0)
        from_head = np.where(against, head + self.ahead, np.inf)

        # a place may join several edges: the best of them counts
        best = np.full(len(self.walk), np.inf)
        np.minimum.at(
            best,
            self.owner,
            np.minimum(tail + self.back, from_head),
        )
        return best


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
    ends = ends or Ends.of(destinations)
    return ends.finish(network, ends.by_node(network, ticks), origin)


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
    return _parted(network, origin)


def _parted(network: Network, origin: Snap) -> str | None:
    """Say that one-way streets part what is joined on the map: out of it first, then back to it."""
    leads_out, led_to = network.thoroughfare
    if not leads_out[seeds_of(network, [origin]).nodes].any():
        return (
            "the road it lies on is a one-way trap: it cannot be left for the rest of network"
            f" '{network.id}' (a one-way street drawn the wrong way round, or one that ends at the"
            " edge of the file?)"
        )

    # whoever comes to the place comes by a node that its edges begin at
    both = origin.edges[~network.oneway[origin.edges]]
    before = np.concatenate(
        [
            network.tail[origin.edges],
            network.head[both],
        ]
    )
    if not led_to[before].any():
        return (
            f"the road it lies on can be left, but no way of network '{network.id}' leads back to"
            " it (one-way)"
        )
    return None
