"""A seeded synthetic city as .osm.pbf, and how to judge an area by points that it was not built
from.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from scipy.sparse.csgraph import connected_components

import sxgeo
from sxgeo.analysis.network.arrays import TICKS_PER_MIN, spans
from sxgeo.analysis.network.graph import Network
from sxgeo.analysis.network.snap import edge_boxes, search, search_graph, snap
from sxgeo.analysis.network.walls import Walls
from sxgeo.geometry.projection import to_plane

CENTRE = (112.55, 37.87)
SPACING_M = 110.0


def write_city(path: Path, side: int, seed: int = 7) -> None:
    """Write side x side junctions, jittered, with curved streets, one-ways, avenues, closed ways
    and dead ends.
    """
    draw = np.random.default_rng(seed)
    step = SPACING_M / np.array([111_320 * np.cos(np.radians(CENTRE[1])), 111_000.0])
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    lonlat = (
        CENTRE
        + (np.dstack([column, row]).reshape(-1, 2) - side / 2 + draw.normal(0, 0.15, (side**2, 2)))
        * step
    )
    index = np.arange(side**2).reshape(side, side)
    pairs = np.vstack([np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
                       np.column_stack([index[:-1].ravel(), index[1:].ravel()])])  # fmt: skip
    line_of = np.concatenate(
        [np.repeat(np.arange(side), side - 1), np.repeat(np.arange(side - 1), side) * 0]
    )
    line_of[len(line_of) // 2 :] = np.tile(np.arange(side), side - 1)
    kept = (draw.random(len(pairs)) > 0.12) | (line_of % 8 == 0)
    pairs, line_of = pairs[kept], line_of[kept]
    bends = 3
    share = (np.arange(bends) + 1) / (bends + 1)
    a, b = lonlat[pairs[:, 0]], lonlat[pairs[:, 1]]
    across = (b - a)[:, ::-1] * (-1, 1) * draw.normal(0, 0.08, (len(pairs), 1))
    inner = (
        a[:, None]
        + (b - a)[:, None] * share[:, None]
        + across[:, None] * np.sin(np.pi * share)[:, None]
    )
    luck = draw.random(len(pairs))
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        place = osmium.osm.mutable.Node
        for n, (lon, lat) in enumerate(np.vstack([lonlat, inner.reshape(-1, 2)]).tolist()):
            writer.add_node(place(id=n + 1, location=(round(lon, 7), round(lat, 7)), version=1))
        for n, (start, end) in enumerate(pairs.tolist()):
            kind = (
                "primary"
                if line_of[n] % 32 == 0
                else "secondary"
                if line_of[n] % 8 == 0
                else "residential"
            )
            tags = {"highway": kind, "name": f"street {line_of[n]}"}
            if kind == "residential" and luck[n] < 0.25:
                tags["oneway"] = "yes" if luck[n] < 0.2 else "-1"
            elif kind == "residential" and luck[n] < 0.28:
                tags["access"] = "private"
            elif luck[n] > 0.9:
                tags["maxspeed"] = "30"
            first = side**2 + n * bends + 1
            nodes = [start + 1, *range(first, first + bends), end + 1]
            writer.add_way(osmium.osm.mutable.Way(id=n + 1, nodes=nodes, tags=tags, version=1))


def quality(network: Network, at: tuple[float, float], minutes: int) -> tuple[float, float, float]:
    """Judge an area by points it was not built from.

    Returns
    -------
    covered, wrong, empty
        Share of the reachable road length that the area covers, share of the road length it covers
        that is not reachable, share of its area (50 m grid) more than 200 m from any reachable
        road.
    """
    origin = snap(network, edge_boxes(network), *at)
    area = to_plane(sxgeo.isochrones(network, [at], [minutes]).geometry.iloc[0], origin.crs)
    ticks = search(search_graph(network, [origin]), [network.size])[0]
    lines = to_plane(network.lines(np.arange(len(network.tail))), origin.crs)
    edge, share, points, length_m = _points_along(network, lines, np.random.default_rng(minutes))
    reached = _best(network, ticks, edge, share) + origin.walk_ticks <= minutes * TICKS_PER_MIN
    inside = shapely.contains_xy(area, shapely.get_coordinates(points))
    covered = length_m[reached & inside].sum() / length_m[reached].sum()
    wrong = length_m[inside & ~reached].sum() / length_m[inside].sum()
    west, south, east, north = area.bounds
    x, y = np.meshgrid(np.arange(west, east, 50), np.arange(south, north, 50))
    grid = shapely.points(x.ravel(), y.ravel())
    grid = grid[shapely.contains(area, grid)]
    close = _reached_every_20_m(network, lines, ticks, minutes * TICKS_PER_MIN - origin.walk_ticks)
    tree = shapely.STRtree(np.append(close, shapely.points(origin.place)))
    far = np.asarray(tree.query_nearest(grid, return_distance=True, all_matches=False)[1]) > 200
    return float(covered), float(wrong), float(far.mean())


def _reached_every_20_m(network: Network, lines: Any, ticks: Any, limit: float) -> Any:
    """Return points along every edge, 20 m apart or less, as far as they are reached within the
    limit.
    """
    counts = np.ceil(shapely.length(lines) / 20).astype(int) + 1
    edge = np.repeat(np.arange(len(lines)), counts)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = within / (counts[edge] - 1)
    reached = _best(network, ticks, edge, share) <= limit
    return shapely.line_interpolate_point(lines[edge[reached]], share[reached], normalized=True)


def _points_along(network: Network, lines: Any, draw: np.random.Generator) -> tuple[Any, ...]:
    """Return a random point of every stretch of at most 20 m, three or more an edge: edge, share of
    its length, point, metres that it stands for.
    """
    counts = np.maximum(np.ceil(shapely.length(lines) / 20).astype(int), 3)
    edge = np.repeat(np.arange(len(lines)), counts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (number + draw.random(len(edge))) / counts[edge]
    points = shapely.line_interpolate_point(lines[edge], share, normalized=True)
    return edge, share, points, network.length_m[edge] / counts[edge]


def _best(network: Network, ticks: Any, edge: Any, share: Any) -> Any:
    """Return the ticks from the origin's foot to a share of an edge, from the sooner end."""
    along = share * network.ticks[edge]
    there = ticks[network.tail[edge]] + along
    back = ticks[network.head[edge]] + network.ticks[edge] - along
    return np.minimum(there, np.where(network.oneway[edge], np.inf, back))


def moved_to_china(network: Network, degrees: float = 90.0) -> Network:
    """Return a network of another country as far east as its origins are answered; lengths and
    times stay.
    """
    east, walls = np.array([degrees, 0.0]), network.walls
    moved = None if walls is None else Walls(walls.xy + east, walls.start)
    return replace(network, lon=network.lon + degrees, xy=network.xy + east, walls=moved)


def largest_part(network: Network) -> Network:
    """Return the edges of the largest part in which every node reaches every other.

    At the rim of a small extract one-way streets come from outside: nothing inside reaches them.
    """
    _, part = connected_components(network.steps.matrix, connection="strong")
    inside = part == np.argmax(np.bincount(part))
    edges = np.flatnonzero(inside[network.tail] & inside[network.head])
    counts = np.diff(network.start)[edges]
    number = np.cumsum(inside) - 1
    return replace(
        network,
        lon=network.lon[inside],
        lat=network.lat[inside],
        tail=number[network.tail[edges]],
        head=number[network.head[edges]],
        oneway=network.oneway[edges],
        length_m=network.length_m[edges],
        ticks=network.ticks[edges],
        shut=None if network.shut is None else network.shut[edges],
        xy=network.xy[spans(network.start[edges], counts)],
        start=np.concatenate([[0], np.cumsum(counts)]),
    )
