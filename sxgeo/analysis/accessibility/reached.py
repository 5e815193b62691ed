"""The roads that are reached, exactly, and their hull (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import substring

from ...errors import unknown
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_degrees, to_plane
from ..network.arrays import TICKS_PER_MIN
from ..network.snap import cut_off
from .origins import Asked, searched
from .surface import nested

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ..network.arrays import Bools, Floats, Ints
    from ..network.graph import Network
    from ..network.snap import Snap
    from .origins import Note, Places

KINDS = ("area", "edges", "hull")
HULL_NOTE = "a convex hull of the reached roads: it covers ground that cannot be reached in time"


@dataclass(frozen=True, eq=False)
class Pieces:
    """Parts of edges, by share of their length from the tail; of one edge they do not overlap."""

    edge: Ints
    low: Floats
    high: Floats

    def taken(self, which: Ints | Bools) -> Pieces:
        """Return some of them, by number or by a mask."""
        return Pieces(
            self.edge[which],
            self.low[which],
            self.high[which],
        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One origin, or several merged, and the parts of roads that are reached within each level."""

    origin_id: Any
    origins: list[Snap]
    pieces: list[Pieces]

    @property
    def snap_m(self) -> float:
        """How far the origin that lies farthest from the roads is from them."""
        return round(max(origin.distance_m for origin in self.origins), 1)


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
    asked = Asked.of(network, origins, minutes, reverse=reverse, contours=contours)
    drawn, notes = _drawn_of(asked)

    # parts of one road that several origins reach are joined, or their length would count twice
    frame = _frame_of(asked, [_merged(drawn)] if merged else drawn, kind)
    frame = frame.drop(columns=asked.silent)
    frame.attrs.update(
        unanswered=asked.unanswered,
        notes=notes + _notes_of(asked.roads, kind),
        network=network.id,
        attribution=network.attribution,
        time_error_share=network.time_error_share,
        origins=asked.origins,
    )
    return frame


def _notes_of(roads: Network, kind: str) -> list[Note]:
    """Return what is to be said of the answer as a whole."""
    of_rail = roads.legs.notes if roads.legs else ()

    # a hull looks like an area and is none: its note goes wherever it goes
    of_kind = [HULL_NOTE] if kind == "hull" else []
    return [("", note) for note in (*roads.notes, *of_rail, *of_kind)]


def _drawn_of(asked: Asked) -> tuple[list[_Drawn], list[Note]]:
    """Return what each origin reaches, and a note of every one on a road cut off from the rest."""
    notes: list[Note] = []
    drawn: list[_Drawn] = []
    roads, levels = asked.roads, asked.levels
    parts = roads.part_length_m()

    # as far as the largest level in one search: the smaller ones lie inside it
    for place, origin, ticks in searched(roads, asked.snaps, levels[-1]):
        origin_id = asked.places.ids[place]
        if note := cut_off(roads, parts, origin):
            notes.append((origin_id, note))
        found = [pieces(roads, ticks, origin, level) for level in levels]
        drawn.append(_Drawn(origin_id, [origin], found))
    return drawn, notes


def _merged(drawn: list[_Drawn]) -> _Drawn:
    """Return what several origins reach together, as if they were one."""
    origin_id = ";".join(str(one.origin_id) for one in drawn)
    origins = [origin for one in drawn for origin in one.origins]
    by_level = zip(*(one.pieces for one in drawn), strict=True)
    return _Drawn(origin_id, origins, [joined(some) for some in by_level])


def _frame_of(
    asked: Asked,
    drawn: Sequence[_Drawn],
    kind: str,
) -> gpd.GeoDataFrame:
    """Return a row for each origin, limit and contour."""
    rows: list[tuple[Any, ...]] = []
    for one in drawn:
        told = _told(asked, one, kind)
        for level, limit, contour in asked.wanted:
            size, shape = told[level]
            rows.append((one.origin_id, limit, kind, contour, size, one.snap_m, shape))
    size_name = "length_km" if kind == "edges" else "area_km2"
    return gpd.GeoDataFrame(
        rows,
        columns=["origin_id", "minutes", "kind", "contour", size_name, "snap_m", "geometry"],
        geometry="geometry",
        crs=GEOGRAPHIC,
    )


def _told(
    asked: Asked,
    one: _Drawn,
    kind: str,
) -> dict[float, tuple[float, Any]]:
    """Return by level how large that is which is drawn, and its shape."""
    shapes_of = _edges if kind == "edges" else _hulls
    return dict(
        zip(
            asked.levels,
            shapes_of(asked.roads, one),
            strict=True,
        )
    )


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

    # the walk to the road may take all the time there is
    if left <= 0:
        return Pieces(
            np.arange(0),
            np.empty(0),
            np.empty(0),
        )
    return joined(
        [
            *_from_ends(network, ticks, left),
            _from_beside(network, origin, left),
        ]
    )


def _from_ends(
    network: Network,
    ticks: Floats,
    left: float,
) -> tuple[Pieces, Pieces]:
    """Return how far each edge is reached from its tail, and from its head."""
    ahead = _share_in_time(network, left - ticks[network.tail])

    # a one-way edge is never entered from its head
    behind = _share_in_time(network, left - ticks[network.head])
    low = 1 - np.where(network.oneway, 0.0, behind)
    edge = np.arange(len(low))
    return Pieces(edge, np.zeros(len(edge)), ahead), Pieces(edge, low, np.ones(len(edge)))


def _share_in_time(network: Network, left: Floats) -> Floats:
    """Return the share of each edge that the time left at one of its ends allows."""
    with np.errstate(invalid="ignore"):
        share: Floats = np.clip(
            left / network.ticks.astype(np.float64),
            0,
            1,
        )
    return share


def _from_beside(
    network: Network,
    origin: Snap,
    left: float,
) -> Pieces:
    """Return how far the origin's own edges are reached: it begins between their ends."""
    whole = network.ticks.astype(np.float64)[origin.edges]
    own = origin.back / whole

    # both ways, unless they are one-way
    low = np.where(
        network.oneway[origin.edges],
        own,
        np.maximum(own - left / whole, 0),
    )
    return Pieces(origin.edges, low, np.minimum(own + left / whole, 1))


def joined(some: Sequence[Pieces]) -> Pieces:
    """Return what any of several reaches, each part of an edge once."""
    every = Pieces(
        np.concatenate([each.edge for each in some]),
        np.concatenate([each.low for each in some]),
        np.concatenate([each.high for each in some]),
    )

    # what is reached of an edge may be nothing: its part ends where it begins
    every = every.taken(every.high > every.low)

    # by edge and beginning: parts that touch then stand side by side
    return _united(every.taken(np.lexsort((every.low, every.edge))))


def _united(some: Pieces) -> Pieces:
    """Join parts of one edge that touch or overlap; they are sorted by edge and beginning."""
    edge = some.edge
    if not len(edge):
        return some

    # shares are at most 1, so two apart no edge reaches into the next: one pass over all of them
    apart = 2 * edge
    reach = np.maximum.accumulate(some.high + apart)
    beyond = some.low[1:] + apart[1:] > reach[:-1]
    first = np.flatnonzero(
        np.append(
            True,
            (edge[1:] != edge[:-1]) | beyond,
        )
    )
    last = np.append(first[1:], len(edge)) - 1

    # taking the two apart away again leaves a rounding above 1
    high = np.minimum(reach[last] - apart[last], 1.0)
    return Pieces(edge[first], some.low[first], high)


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
        part = substring(
            line,
            some.low[i],
            some.high[i],
            normalized=True,
        )
        lines[i] = quantise(to_degrees(part, plane))
    return lines


def _edges(network: Network, one: _Drawn) -> list[tuple[float, Any]]:
    """Return for each level the length of the roads in km, and their courses."""
    told = []
    for some in one.pieces:
        # in the plane of one origin for all of a row, or parts of one road would not meet
        lines = courses(network, some, one.origins[0].crs)
        length_m = float(((some.high - some.low) * network.length_m[some.edge]).sum())

        # what is shorter than the coordinate grid is a point by now
        lines = lines[shapely.length(lines) > 0]
        told.append((round(length_m / 1000, 4), shapely.multilinestrings(lines)))
    return told


def _hulls(network: Network, one: _Drawn) -> list[tuple[float, Any]]:
    """Return for each level the area of the hull in km2, and the hull."""
    plane = one.origins[0].crs
    points = shapely.points([(origin.lon, origin.lat) for origin in one.origins])
    places = to_plane(points, plane)
    hulls = [_hull(network, some, plane, places) for some in one.pieces]

    # hulls of growing limits nest; the rounding to degrees must not break that
    shapes = nested([quantise(to_degrees(hull, plane)) for hull in hulls])

    # nothing has several ways to be nothing: all of them are told as an empty polygon
    shapes = [shape if not shape.is_empty else shapely.Polygon() for shape in shapes]
    return [(round(ellipsoid_area_m2(shape) / 1e6, 4), shape) for shape in shapes]


def _hull(
    network: Network,
    some: Pieces,
    plane: str,
    places: Shapes,
) -> Shape:
    """Return the hull of the roads and the places on the plane; empty where all lie on a line."""
    lines: Shapes = np.empty(0, dtype=object)

    # where the walk takes all the time there is no road to be drawn
    if len(some.edge):
        lines = to_plane(courses(network, some, plane), plane)
    hull = shapely.convex_hull(shapely.geometrycollections([*lines, *places]))
    return hull if hull.geom_type == "Polygon" else shapely.Polygon()
