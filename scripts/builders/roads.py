"""Numbered roads laid on the chords of the road extract: their length, their speed, and where towns
join them.

The extract knows no classes. A road of data/sources/roads.csv is laid along the chords between its
places; where its published length fits them, each chord takes its share of it. What does not fit is
an error of the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from sxgeo.errors import DataError, listed

Row = Mapping[str, str]

SPEED_SHARE = 0.9
"""Mean speed as a share of the design speed: 58.7 km in 40 min at 100 km/h, 57.16 in 40 and 23.4 in
20 at 80: 0.88, 1.07, 0.88.
"""
ASSUMED_DESIGN_KMH = 80
"""Where no design speed was seen: the lowest of the expressways whose speed is published."""
DETOUR = 1.05
"""Road for chord where no length is published: the median of the roads with one."""
FIT = (0.95, 1.3)
"""Published length for the sum of the chords: below, the chords are of another road; above, a part
is missing.
"""
JOIN_DETOUR, JOIN_KMH, JOIN_REACH_M = 1.3, 40, 6000.0
"""The way from a town's roads to the road that it joins; farther than this the road passes the town
by.
"""
BESIDE_M, BESIDE_OVER_M, BESIDE_KMH, BESIDE_DETOUR = 4000.0, 5000.0, 50, 1.15
"""A chord longer than that, both ends and the middle within that of a known road, is the ordinary
road beside it.
"""
_PLACE_M = 300.0
_END_M = 300.0
_DEGREE = 10_000_000
_EARTH_M = 6_371_009.0


@dataclass
class Roads:
    """The road extract while it is worked on.

    Attributes
    ----------
    lonlat
        Nodes, degrees x 1e7, lon before lat.
    edges, length_m
        Ends of each edge, and the length that the extract gives.
    way_m, kmh, shut
        Length along the road and mean speed where known (else 0), and whether it is joined at its
        ends only.
    """

    lonlat: list[tuple[int, int]]
    edges: list[tuple[int, int]]
    length_m: list[float]
    way_m: list[float]
    kmh: list[int]
    shut: list[bool]

    def add_edge(self, u: int, v: int, length_m: float, way_m: float, kmh: int, shut: bool) -> int:
        """Append an edge and return its number."""
        self.edges.append((u, v))
        self.length_m.append(length_m)
        self.way_m.append(way_m)
        self.kmh.append(kmh)
        self.shut.append(shut)
        return len(self.edges) - 1


def straight_m(a: Any, b: Any) -> float:
    """Return the metres between two places, degrees x 1e7, on the sphere of the extract."""
    (lon_a, lat_a), (lon_b, lat_b) = np.radians(np.asarray([a, b], dtype=float) / _DEGREE)
    inner = (
        np.sin((lat_b - lat_a) / 2) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    )
    return float(2 * _EARTH_M * np.arcsin(np.sqrt(inner)))


def lay(
    lonlat: Any, edges: Any, length_m: Any, table: Sequence[Row], towns: Mapping[str, Row]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Lay the numbered roads on the extract and join the towns to them.

    Parameters
    ----------
    lonlat, edges, length_m
        The extract: (n, 2) degrees x 1e7, (m, 2) node numbers, metres.
    table, towns
        Rows of data/sources/roads.csv, and the nodes of transport by id.

    Returns
    -------
    arrays, ratios
        The arrays of region.npz without their prefix, edges ``u < v`` and sorted; and by road its
        published length for that of its chords.

    Raises
    ------
    DataError
        If a place of a road is no node of the extract, its length does not fit, two roads claim one
        chord, or a town cannot be joined: all problems at once.
    """
    count = len(edges)
    roads = Roads(
        [(int(lon), int(lat)) for lon, lat in lonlat],
        [(int(u), int(v)) for u, v in edges],
        [float(metres) for metres in length_m],
        [0.0] * count, [0] * count, [False] * count,
    )  # fmt: skip
    problems: list[str] = []
    chains, ratios = _chains(roads, table, problems)
    if not problems:
        _slow_beside(roads, table, chains)
        _join_towns(roads, table, chains, towns, problems)
    if problems:
        raise DataError(listed("data/sources/roads.csv does not fit the road extract:", problems))
    return _arrays(roads), ratios


def _chains(
    roads: Roads, table: Sequence[Row], problems: list[str]
) -> tuple[dict[str, list[int]], dict[str, float]]:
    """Find the chords of each road, give them its length and speed, and return them by road."""
    nodes = np.array(roads.lonlat, dtype=float)
    size, ends = len(nodes), np.array(roads.edges)
    matrix = coo_matrix((roads.length_m, ends.T), shape=(size, size)).tocsr()
    matrix = matrix.maximum(matrix.T)
    number = {edge: i for i, edge in enumerate(roads.edges)}
    chains: dict[str, list[int]] = {}
    ratios: dict[str, float] = {}
    owner: dict[int, str] = {}
    for row in table:
        way = _nodes_of(row, nodes, problems)
        if way is None:
            continue
        chain = []
        for (u, _), (v, gap) in pairwise(way):
            if gap:
                metres = straight_m(roads.lonlat[u], roads.lonlat[v])
                number[min(u, v), max(u, v)] = roads.add_edge(
                    min(u, v), max(u, v), metres, 0, 0, False
                )
                chain.append(number[min(u, v), max(u, v)])
            else:
                chain += _chords(u, v, matrix, number)
        taken = sorted({owner[edge] for edge in chain if edge in owner})
        if taken:
            problems.append(f"{row['road_id']}: a chord of it is one of {', '.join(taken)} already")
            continue
        owner |= dict.fromkeys(chain, row["road_id"])
        chains[row["road_id"]] = chain
        chord_m = sum(roads.length_m[edge] for edge in chain)
        ratio = float(row["length_km"]) * 1000 / chord_m if row["length_km"] else DETOUR
        if row["length_km"]:
            ratios[row["road_id"]] = ratio
        if not FIT[0] <= ratio <= FIT[1]:
            problems.append(
                f"{row['road_id']}: length_km is {row['length_km']}, its chords are"
                f" {chord_m / 1000:.1f} km; the one must be {FIT[0]:g} to {FIT[1]:g} times the"
                " other"
            )
        speed = _speed_kmh(row)
        for edge in chain:
            roads.way_m[edge] = roads.length_m[edge] * ratio
            roads.kmh[edge] = speed
            roads.shut[edge] = row["shut"] == "yes"
    return chains, ratios


def _speed_kmh(row: Row) -> int:
    """Return the mean speed of a road; 0 where that of its chords stands."""
    return (
        0
        if row["design_kmh"] == "class"
        else round(SPEED_SHARE * float(row["design_kmh"] or ASSUMED_DESIGN_KMH))
    )


def _nodes_of(row: Row, nodes: Any, problems: list[str]) -> list[tuple[int, bool]] | None:
    """Return the node of each place of a road, and whether a gap lies before it; None when a place
    is no node.
    """
    way = []
    for text in row["places"].split(";"):
        place = np.array([float(value) for value in text.removeprefix("+").split()]) * _DEGREE
        nearest = int(
            np.hypot(*((nodes - place) * (np.cos(np.radians(place[1] / _DEGREE)), 1)).T).argmin()
        )
        off_m = straight_m(place, nodes[nearest])
        if off_m > _PLACE_M:
            problems.append(
                f"{row['road_id']}: the nearest node to the place '{text}' is {off_m:.0f} m off"
            )
            return None
        way.append((nearest, text.startswith("+")))
    return way


def _chords(u: int, v: int, matrix: Any, number: Mapping[tuple[int, int], int]) -> list[int]:
    """Return the edges from one place to the next: the chord between them if there is one, else the
    shortest way.
    """
    direct = number.get((min(u, v), max(u, v)))
    if direct is not None:
        return [direct]
    _, before = dijkstra(matrix, directed=False, indices=u, return_predecessors=True)
    way = [v]
    while way[-1] != u:
        way.append(int(before[way[-1]]))
    return [number[min(a, b), max(a, b)] for a, b in pairwise(way)]


def _slow_beside(roads: Roads, table: Sequence[Row], chains: Mapping[str, list[int]]) -> None:
    """Take the long chords beside each known road for ordinary roads: no second expressway runs
    there.
    """
    laid = {edge for chain in chains.values() for edge in chain}
    for row in table:
        near = _nodes_near(roads, chains[row["road_id"]])
        for edge, (u, v) in enumerate(roads.edges):
            if (
                edge in laid
                or roads.length_m[edge] <= BESIDE_OVER_M
                or u not in near
                or v not in near
            ):
                continue
            (lon_u, lat_u), (lon_v, lat_v) = roads.lonlat[u], roads.lonlat[v]
            _, off_m = _nearest(
                roads, chains[row["road_id"]], ((lon_u + lon_v) // 2, (lat_u + lat_v) // 2)
            )
            if off_m <= BESIDE_M:
                roads.way_m[edge] = roads.length_m[edge] * BESIDE_DETOUR
                roads.kmh[edge] = BESIDE_KMH


def _nodes_near(roads: Roads, chain: Sequence[int]) -> set[int]:
    """Return the nodes within `BESIDE_M` of a road."""
    nodes = np.array(roads.lonlat, dtype=float)
    ends = nodes[np.unique([roads.edges[edge] for edge in chain])]
    margin = BESIDE_M / _EARTH_M / np.radians(1 / _DEGREE) * 1.5
    box = ((nodes >= ends.min(axis=0) - margin) & (nodes <= ends.max(axis=0) + margin)).all(axis=1)
    return {
        node
        for node in np.flatnonzero(box).tolist()
        if _nearest(roads, chain, roads.lonlat[node])[1] <= BESIDE_M
    }


def _join_towns(
    roads: Roads,
    table: Sequence[Row],
    chains: Mapping[str, list[int]],
    towns: Mapping[str, Row],
    problems: list[str],
) -> None:
    """Tie each town of a road to it: from the open road nearest to the town to the place of the
    road nearest to it.
    """
    for row in table:
        chain = list(chains[row["road_id"]])
        for node_id in row["joins"].split(";") if row["joins"] else ():
            town = towns.get(node_id)
            if town is None or not town["lon"]:
                problems.append(f"{row['road_id']}: '{node_id}' is no located node of transport")
                continue
            point = (round(float(town["lon"]) * _DEGREE), round(float(town["lat"]) * _DEGREE))
            opened = [edge for edge in range(len(roads.edges)) if not roads.shut[edge]]
            (on_road, road_m), (in_town, town_m) = (
                _nearest(roads, edges, point) for edges in (chain, opened)
            )
            if max(road_m, town_m) > JOIN_REACH_M:
                problems.append(
                    f"{row['road_id']}: it passes '{node_id}' at {max(road_m, town_m):.0f} m"
                )
                continue
            junction, chain = _cut(roads, on_road, point, chain)
            street, _ = _cut(roads, in_town, point, [])
            metres = straight_m(roads.lonlat[junction], roads.lonlat[street])
            if metres > 0:
                u, v = min(junction, street), max(junction, street)
                roads.add_edge(u, v, metres, metres * JOIN_DETOUR, JOIN_KMH, False)


def _foot(roads: Roads, edges: Sequence[int], point: tuple[int, int]) -> tuple[Any, Any]:
    """Return for each edge how far along it (0 to 1) its nearest place to a point lies, and how far
    off, in metres.
    """
    ends = np.array([roads.edges[edge] for edge in edges])
    nodes = np.array(roads.lonlat, dtype=float)
    scale = (
        np.array([np.cos(np.radians(point[1] / _DEGREE)), 1.0]) * np.radians(1 / _DEGREE) * _EARTH_M
    )
    start = (nodes[ends[:, 0]] - point) * scale
    step = (nodes[ends[:, 1]] - nodes[ends[:, 0]]) * scale
    along = np.clip(-(start * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9), 0, 1)
    return along, np.hypot(*(start + along[:, None] * step).T)


def _nearest(roads: Roads, edges: Sequence[int], point: tuple[int, int]) -> tuple[int, float]:
    """Return the edge nearest to a point, and how far off it is in metres."""
    _, off_m = _foot(roads, edges, point)
    best = int(off_m.argmin())
    return edges[best], float(off_m[best])


def _cut(
    roads: Roads, edge: int, point: tuple[int, int], chain: Sequence[int]
) -> tuple[int, list[int]]:
    """Cut an edge where it is nearest to a point; return the node there, and the chain with both
    halves.
    """
    (along,), _ = _foot(roads, [edge], point)
    u, v = roads.edges[edge]
    first_m, rest_m = along * roads.length_m[edge], (1 - along) * roads.length_m[edge]
    if min(first_m, rest_m) < _END_M:
        return (u if first_m < rest_m else v), list(chain)
    middle = len(roads.lonlat)
    (lon_u, lat_u), (lon_v, lat_v) = roads.lonlat[u], roads.lonlat[v]
    roads.lonlat.append(
        (round(lon_u + along * (lon_v - lon_u)), round(lat_u + along * (lat_v - lat_u)))
    )
    way_m, kmh, shut = roads.way_m[edge], roads.kmh[edge], roads.shut[edge]
    roads.edges[edge], roads.length_m[edge], roads.way_m[edge] = (u, middle), first_m, along * way_m
    half = roads.add_edge(v, middle, rest_m, (1 - along) * way_m, kmh, shut)
    return middle, [*chain, half]


def _arrays(roads: Roads) -> dict[str, Any]:
    """Sort the edges and write whole metres."""
    ends = np.sort(np.array(roads.edges, dtype=np.int32), axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    metres, way_m = (
        np.rint(np.array(column)[order]).astype(np.int32)
        for column in (roads.length_m, roads.way_m)
    )
    return {
        "lonlat": np.array(roads.lonlat, dtype=np.int32),
        "edges": ends[order],
        "length_m": metres,
        "way_m": way_m,
        "kmh": np.array(roads.kmh, dtype=np.uint8)[order],
        "shut": np.array(roads.shut, dtype=np.bool_)[order],
    }
