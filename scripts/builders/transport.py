"""Transport: the tables of facts and additions merged, and the course of each link.

A link is drawn along the bundled rail or road graph only where that is credible; the rule stands in
`course` and, in words, in docs/transport.md. Everything else is a straight line between located
nodes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from sxgeo.analysis.network.bundled import bundled_lengths_and_speeds
from sxgeo.errors import DataError, listed

from .formats import geojson_bytes, read_csv, words
from .networks import FILE

Row = dict[str, str]
Feature = tuple[dict[str, Any], Any]

GRAPH_MONTH = "2024-04"
"""The graph is OpenStreetMap of this month: what opened later is not in it."""
ANCHOR_M = 3100.0
"""A node with a larger error (3 km, and the rounding of its point) says nothing of where the line
runs.
"""
CHORD_M = 1000.0
"""The straight edges leave the true line by a kilometre or so."""
TOLERANCE = 0.15
"""How far the length along the graph may differ from the published one."""
_JOINED = ("source", "note")
_NUMBERS = frozenset(
    words(
        "position_accuracy_m datum_error_m design_speed_kmh length_km length_in_shanxi_km"
        " stretch_km"
    )
)
_RAIL = frozenset(words("high_speed_rail rail freight_rail"))
_EARTH_M = 6_371_009.0
_DEGREE = 10_000_000


def merged(
    facts: Iterable[Row], added: Iterable[Row], key: str, columns: Sequence[str]
) -> list[Row]:
    """Complete the table of facts with the table of additions.

    A cell of the additions that is not blank replaces that of the facts; `source` and `note` are
    appended. A key that the facts lack is a new row.

    Returns
    -------
    list
        Rows with exactly `columns`, sorted by key.

    Raises
    ------
    DataError
        If a key stands twice in one table.
    """
    rows: dict[str, Row] = {}
    for table in (facts, added):
        seen: set[str] = set()
        for row in table:
            if row[key] in seen:
                raise DataError(
                    f"data/sources: {key} '{row[key]}' stands twice in one table of transport"
                )
            seen.add(row[key])
            old = rows.get(row[key], {})
            rows[row[key]] = {column: _cell(column, old, row) for column in columns}
    return [rows[identity] for identity in sorted(rows)]


def _cell(column: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    before, after = old.get(column, ""), new.get(column, "")
    if column in _JOINED and before and after:
        return f"{before}; {after}"
    return after or before


def tables(sources: Path) -> tuple[list[Row], list[Row]]:
    """Read nodes and links from data/sources, additions included.

    Raises
    ------
    DataError
        If a link names a node that is not there, or has fewer than two.
    """
    added_links = read_csv(sources / "transport_links_added.csv")
    added_nodes = read_csv(sources / "transport_nodes_added.csv")
    nodes = merged(
        read_csv(sources / "transport_nodes.csv"), added_nodes, "node_id", list(added_nodes[0])
    )
    links = merged(
        read_csv(sources / "transport_links.csv"), added_links, "link_id", list(added_links[0])
    )
    known = {row["node_id"] for row in nodes}
    wrong = [
        f"{row['link_id']}: node '{node}' is not in the table"
        for row in links
        for node in row["node_ids"].split(";")
        if node not in known
    ]
    wrong += [
        f"{row['link_id']}: fewer than two nodes" for row in links if ";" not in row["node_ids"]
    ]
    if wrong:
        raise DataError(listed("the tables of transport do not fit:", wrong))
    return nodes, links


@dataclass(frozen=True)
class Graph:
    """Undirected edges: nodes in degrees, length in metres along the way, and what the search
    minimises.
    """

    lonlat: Any
    edges: Any
    length_m: Any
    cost: Any


def graphs(content: bytes) -> dict[str, Graph]:
    """Read the bundled rail graph, the road graph by length (``trunk``) and by time (``express``)."""
    arrays = np.load(io.BytesIO(content), allow_pickle=False)
    rail, road = (
        (
            arrays[f"{kind}_lonlat"] / _DEGREE,
            arrays[f"{kind}_edges"],
            arrays[f"{kind}_length_m"].astype(float),
        )
        for kind in ("rail", "road")
    )
    road_m, speed_kmh = bundled_lengths_and_speeds(arrays)
    return {
        "rail": Graph(*rail, rail[2]),
        "trunk": Graph(road[0], road[1], road_m, road_m),
        "express": Graph(road[0], road[1], road_m, road_m / speed_kmh),
    }


def graph_of(mode: str) -> str:
    """Name the graph on which links of a mode run."""
    if mode in _RAIL:
        return "rail"
    return "express" if mode == "expressway" else "trunk"


@dataclass(frozen=True)
class Feet:
    """Places on edges: the number of the edge, how far along it (0 to 1), and the place in degrees."""

    edge: Any
    along: Any
    lonlat: Any


def _scale(lon: float, lat: float) -> Any:
    """Metres per degree on the plane that touches the earth at a point."""
    metres = np.radians(1) * _EARTH_M
    return np.array([metres * np.cos(np.radians(lat)), metres])


@dataclass(frozen=True)
class Nearest:
    """The nearest place on the graph, and how far off it is."""

    feet: Feet
    off_m: float


def feet_near(graph: Graph, lon: float, lat: float, *, within_m: float) -> tuple[Feet, Nearest]:
    """Bring a point to every edge within a distance, and to the nearest edge of all."""
    xy = (graph.lonlat - (lon, lat)) * _scale(lon, lat)
    start, step = xy[graph.edges[:, 0]], xy[graph.edges[:, 1]] - xy[graph.edges[:, 0]]
    squared = np.maximum((step**2).sum(axis=1), 1e-9)
    along = np.clip(-(start * step).sum(axis=1) / squared, 0, 1)
    off_m = np.hypot(*(start + along[:, None] * step).T)
    best = np.array([off_m.argmin()])
    within, nearest = (
        _feet(graph, edge, along[edge]) for edge in (np.flatnonzero(off_m <= within_m), best)
    )
    return within, Nearest(nearest, float(off_m[best[0]]))


def _feet(graph: Graph, edge: Any, along: Any) -> Feet:
    first, last = (graph.lonlat[graph.edges[edge, end]] for end in (0, 1))
    return Feet(edge, along, first + along[:, None] * (last - first))


def route(graph: Graph, layers: Sequence[Feet]) -> tuple[list[tuple[float, float]], float] | None:
    """Find the cheapest way that touches one place of each layer, in order.

    Returns
    -------
    points, length_m
        Course in lon, lat and its length; None where there is no way, or where it passes a place
        twice.
    """
    first = np.cumsum([len(graph.lonlat), *(len(feet.edge) for feet in layers)])
    lonlat = np.concatenate([graph.lonlat, *(feet.lonlat for feet in layers)])
    cost, metres = _split(graph, layers, len(lonlat))
    reached = np.zeros(len(layers[0].edge))
    steps = []
    for number in range(len(layers) - 1):
        here, there = (
            np.arange(first[number], first[number + 1]),
            np.arange(first[number + 1], first[number + 2]),
        )
        away, before = dijkstra(cost, directed=False, indices=here, return_predecessors=True)
        total = reached[:, None] + away[:, there]
        chosen = total.argmin(axis=0)
        steps.append((before, chosen))
        reached = total[chosen, np.arange(len(there))]
    if not np.isfinite(reached.min()):
        return None
    last = int(reached.argmin())
    way = [int(first[len(layers) - 1]) + last]
    for number in reversed(range(len(layers) - 1)):
        before, chosen = steps[number]
        origin = int(chosen[last])
        while way[-1] != first[number] + origin:
            way.append(int(before[origin, way[-1]]))
        last = origin
    if len(set(way)) < len(way):
        return None
    way.reverse()
    length_m = sum(float(metres[a, b]) for a, b in pairwise(way))
    return [(float(lon), float(lat)) for lon, lat in lonlat[way]], length_m


def _split(graph: Graph, layers: Sequence[Feet], size: int) -> tuple[Any, Any]:
    """Return cost and metres between neighbours, edges cut at the places of the layers, as
    symmetric matrices.
    """
    on_edge: dict[int, list[tuple[float, int]]] = {}
    number = len(graph.lonlat)
    for feet in layers:
        for edge, along in zip(feet.edge.tolist(), feet.along.tolist(), strict=True):
            on_edge.setdefault(edge, []).append((along, number))
            number += 1
    whole = np.setdiff1d(np.arange(len(graph.edges)), list(on_edge))
    pieces = [
        (int(u), int(v), int(edge), 1.0)
        for edge, (u, v) in zip(whole, graph.edges[whole], strict=True)
    ]
    for edge, places in on_edge.items():
        u, v = (int(end) for end in graph.edges[edge])
        chain = [(0.0, u), *sorted(places), (1.0, v)]
        pieces += [(a, b, edge, max(to - since, 1e-9)) for (since, a), (to, b) in pairwise(chain)]
    tail, head, edge, share = (np.array(column) for column in zip(*pieces, strict=True))
    matrices = (
        coo_matrix((share * value[edge.astype(int)], (tail, head)), shape=(size, size)).tocsr()
        for value in (graph.cost, graph.length_m)
    )
    cost, metres = (matrix.maximum(matrix.T) for matrix in matrices)
    return cost, metres


def around(graph: Graph, nodes: Sequence[Row], *, margin_deg: float = 0.5) -> Graph:
    """Cut a graph to the box of some nodes and a margin: a way that leaves it is no course of
    theirs.
    """
    lonlat = np.array([(float(node["lon"]), float(node["lat"])) for node in nodes])
    low, high = lonlat.min(axis=0) - margin_deg, lonlat.max(axis=0) + margin_deg
    inside = ((graph.lonlat >= low) & (graph.lonlat <= high)).all(axis=1)
    kept, number = inside[graph.edges].all(axis=1), np.cumsum(inside) - 1
    return Graph(
        graph.lonlat[inside], number[graph.edges[kept]], graph.length_m[kept], graph.cost[kept]
    )


def error_m(node: Row) -> float:
    """Return how far the true point may lie from the given one; infinite when unknown."""
    if not node["lon"] or not node["position_accuracy_m"]:
        return float("inf")
    return float(node["position_accuracy_m"]) + float(node["datum_error_m"] or 0)


def farthest_m(line: Any, nodes: Sequence[Row]) -> float:
    """Return how far the worst of the nodes known within `ANCHOR_M` lies from a line, in whole 100
    m, rounded up.
    """
    apart = []
    for node in nodes:
        if error_m(node) <= ANCHOR_M:
            lon, lat = float(node["lon"]), float(node["lat"])
            xy = (shapely.get_coordinates(line) - (lon, lat)) * _scale(lon, lat)
            apart.append(float(shapely.distance(shapely.LineString(xy), shapely.Point(0, 0))))
    return float(np.ceil(max(apart) / 100) * 100)


def course(link: Row, nodes: Sequence[Row], graph: Graph) -> tuple[Any, float | None, str]:
    """Draw a link along the graph where that is credible.

    Returns
    -------
    line, deviation, reason
        The line with the relative difference of its length from the published one; or None, that
        difference if it could be measured, and the reason.
    """
    if link["status"] != "operating":
        return None, None, "not built: the graph holds what exists"
    if link["opens"] and link["opens"][:7] > GRAPH_MONTH:
        return None, None, f"opened after {GRAPH_MONTH}, the month of the graph"
    if not link["stretch_km"]:
        return None, None, "no published length between its first and last node"
    coarse = [node["node_id"] for node in (nodes[0], nodes[-1]) if error_m(node) > ANCHOR_M]
    if coarse:
        return None, None, f"an end is not known within {ANCHOR_M / 1000:g} km: {' '.join(coarse)}"
    asked = [node for node in nodes if error_m(node) <= ANCHOR_M]
    local, layers = around(graph, asked), []
    for node in asked:
        feet, nearest = feet_near(
            local, float(node["lon"]), float(node["lat"]), within_m=error_m(node)
        )
        if node is nodes[0] or node is nodes[-1]:
            if nearest.off_m > error_m(node) + CHORD_M:
                return None, None, f"the graph has no line at {node['node_id']}"
            feet = nearest.feet
        if len(feet.edge):
            layers.append(feet)
    found = route(local, layers)
    if found is None:
        return None, None, "the graph has no single way through its nodes"
    points, length_m = found
    deviation = round(length_m / 1000 / float(link["stretch_km"]) - 1, 3)
    if abs(deviation) > TOLERANCE:
        return None, deviation, f"its length on the graph differs by {deviation:+.0%}"
    way = [tuple(round(value, 5) for value in point) for point in points]
    return shapely.LineString([xy for xy, _ in groupby(way)]), deviation, ""


def _value(column: str, text: str) -> str | float | None:
    if not text:
        return None
    return float(text) if column in _NUMBERS else text


def _point(node: Row) -> Any:
    return shapely.Point(float(node["lon"]), float(node["lat"])) if node["lon"] else None


def _node(row: Row) -> Feature:
    return {
        column: _value(column, text) for column, text in row.items() if column not in ("lon", "lat")
    }, _point(row)


def _link(row: Row, nodes: Mapping[str, Row], by_graph: Mapping[str, Graph]) -> Feature:
    own = [nodes[node] for node in row["node_ids"].split(";")]
    line, deviation, reason = course(row, own, by_graph[graph_of(row["mode"])])
    kind, off_m = "network", farthest_m(line, own) if line is not None else None
    if line is None:
        way = [xy for xy, _ in groupby(_point(node).coords[0] for node in own if node["lon"])]
        line, kind = (shapely.LineString(way), "straight") if len(way) > 1 else (None, "none")
    return {column: _value(column, text) for column, text in row.items()} | {
        "geometry_kind": kind,
        "length_deviation": deviation,
        "farthest_node_m": off_m,
        "geometry_note": reason or None,
        "unlocated_nodes": [node["node_id"] for node in own if not node["lon"]],
        "position_accuracy_m": None,
    }, line


def build(sources: Path, packaged: Mapping[str, bytes]) -> dict[str, bytes]:
    """Build the transport layers from data/sources and the bundled graphs.

    Returns
    -------
    dict
        Path below data/ -> bytes.
    """
    nodes, links = tables(sources)
    by_id, by_graph = {row["node_id"]: row for row in nodes}, graphs(packaged[FILE])
    return {
        "layers/transport_nodes.geojson": geojson_bytes(_node(row) for row in nodes),
        "layers/transport_links.geojson": geojson_bytes(
            _link(row, by_id, by_graph) for row in links
        ),
    }
