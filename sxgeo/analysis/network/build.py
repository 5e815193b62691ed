"""A network from lines with speeds, or from nodes and chords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ...errors import InputError, listed
from ...geometry.datums import to_geographic
from .arrays import (
    UNITS_PER_DEGREE,
    geodesic_m,
    is_fresh,
    keys_of,
    owners_of,
    places_of,
    spans,
    ticks_of,
)
from .graph import LONGEST_STEP_M, MAX_LINE_KMH, MIN_KMH, NEAR_END_M, Network, step_words

if TYPE_CHECKING:
    from pyproj import CRS

    from ...geometry.shapes import Shapes
    from .arrays import Bools, Floats, Ints

LINES_ERROR_SHARE = 0.15
"""Relative error of times assumed for a user's lines: their speeds know neither junctions nor
traffic.
"""
LINES_OFFROAD_KMH = 4.0
"""Off a user's lines one walks, in a straight line; no slope or water is known here."""
LINES_OFFROAD_CAP_M = 150.0
"""A user's lines lie on the road, so an area reaches no farther off it than a block of houses."""
_LISTED_ROWS = 50
_CODES: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("true", "yes", "1", "1.0", "f", "ft"), 1),
        **dict.fromkeys(
            ("false", "no", "0", "0.0", "", "nan", "none", "<na>", "b", "n"),
            0,
        ),
        **dict.fromkeys(("-1", "-1.0", "reverse", "t", "tf"), -1),
    }
)
"""Words of a column `oneway`: of OpenStreetMap, of Geofabrik's shapefiles (F, T, B), of navigation
data (FT, TF, N).
"""
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_NOTHING = "no geometry; draw it, or delete the row"
_NO_NUMBER = "a vertex that is no number (NaN or infinite); draw the line again"
_OFF_EARTH = (
    "coordinates outside lon -180..180, lat -90..90 (is the CRS the right one?); declare the"
    " system that its numbers are in"
)
_CROSSINGS_LOOKED_AT = 200_000


def network_from_lines(
    frame: gpd.GeoDataFrame,
    *,
    id: str = "lines",
    attribution: str = "",
) -> Network:
    """Build a network from lines with speeds.

    Lines join where an end of one lies on an end or another vertex of the other (on the 1e-7 degree
    grid); lines that only cross do not join, as on a flyover; `notes` count them.

    Parameters
    ----------
    frame
        LineStrings or MultiLineStrings in any declared CRS; `speed_kmh` from `MIN_KMH` to
        `MAX_LINE_KMH`; optional `oneway` (both in any case), true (or F) for travel only in the
        direction of the line,
        -1 (or T) only against it (B or missing: both ways).
    id, attribution
        Name and owner of the roads, carried into what is made from them.

    Returns
    -------
    Network
        Lengths are geodesic on the CGCS2000 ellipsoid.

    Raises
    ------
    InputError
        If there is no CRS, no line, no `speed_kmh`, or any row is bad: all problems at once, by
        row.
    """
    frame, geometry = _checked_lines(frame, id)
    parts, row = shapely.get_parts(geometry, return_index=True)
    drawn = _drawn_lines(parts, row, frame)
    if not len(drawn.first):
        raise InputError(
            f"network '{id}' has no line longer than 1e-7 degree (1 cm): nothing to travel on"
        )
    terms = Terms(
        id=id,
        mode="road",
        attribution=attribution,
        time_error_share=LINES_ERROR_SHARE,
        offroad_kmh=LINES_OFFROAD_KMH,
        offroad_cap_m=LINES_OFFROAD_CAP_M,
    )
    return assemble(drawn, terms, notes=tuple(_join_notes(parts)))


def _checked_lines(frame: gpd.GeoDataFrame, name: str) -> tuple[gpd.GeoDataFrame, Shapes]:
    """Return a frame by the names of its columns, and its lines in degrees, if all can be used."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _as_named(frame)
    if problems := list(_frame_problems(frame)):
        raise InputError(listed(f"network '{name}' cannot be built from these lines:", problems))

    # problems of rows are found in degrees, where all of them can be told at once
    geometry = _in_degrees(frame)
    if problems := list(_row_problems(frame, geometry)):
        heading = f"network '{name}' has lines that cannot be used:"
        rest = len(problems) - _LISTED_ROWS
        more = [f"and {rest} more"] if rest > 0 else []
        raise InputError(listed(heading, problems[:_LISTED_ROWS] + more))
    return frame, geometry


def _drawn_lines(
    parts: Shapes,
    row: Ints,
    frame: gpd.GeoDataFrame,
) -> Drawn:
    """Cut lines in degrees where they join; each piece has the speed and direction of its row."""
    xy, line = shapely.get_coordinates(parts, return_index=True)
    grid = np.rint(xy * UNITS_PER_DEGREE).astype(np.int64)

    # a vertex that falls on the one before it, on the grid, would make an edge without length
    fresh = is_fresh(grid, line)
    grid, line = grid[fresh], line[fresh]
    first, last = _split(grid, line)
    of_edge = row[line[first]]
    speed_kmh = pd.to_numeric(frame["speed_kmh"]).to_numpy(dtype=np.float64)

    # a line drawn against its travel was turned round before: what is left is one way or both
    oneway = _oneway(frame) != 0
    return Drawn(
        grid=grid,
        first=first,
        last=last,
        speed_kmh=speed_kmh[of_edge],
        oneway=oneway[of_edge],
    )


def _in_degrees(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the lines in degrees, each as it is travelled; None for one without numbers."""
    drawn = frame.geometry.to_numpy()
    flat = shapely.force_2d(drawn) if shapely.has_z(drawn).any() else drawn

    # `oneway=-1` is the same road drawn the other way round
    against = _oneway(frame) == -1
    if against.any():
        flat = np.where(against, shapely.reverse(flat), flat)

    # PROJ takes NaN and infinity for places far away; such lines stay None and are named by row
    finite = _finite(flat)
    geometry = np.full(len(flat), None, dtype=object)
    geometry[finite] = np.asarray(to_geographic(flat[finite], frame.crs))
    return geometry


def network_from_arrays(
    lonlat: npt.ArrayLike,
    edges: npt.ArrayLike,
    *,
    length_m: npt.ArrayLike,
    speed_kmh: npt.ArrayLike,
    shut: npt.ArrayLike | None = None,
    id: str,
    mode: str = "road",
    attribution: str = "",
    time_error_share: float,
    offroad_kmh: float,
    offroad_cap_m: float,
) -> Network:
    """Build a network of straight two-way edges from arrays.

    Parameters
    ----------
    lonlat
        Nodes, (n, 2) integers: EPSG:4490 degrees times 1e7, lon before lat.
    edges
        (m, 2) node numbers.
    length_m, speed_kmh
        Length along the road (a chord runs short of it) and speed, one per edge, above 0.
    shut
        Which edges are joined at their ends only; None for none.
    time_error_share, offroad_kmh, offroad_cap_m
        As in :class:`Network`.

    Returns
    -------
    Network
        Edges from a node to itself are left out.

    Raises
    ------
    InputError
        If an edge names a node that is not there, or a length or speed is not above 0.
    """
    nodes, ends = (
        np.asarray(lonlat, dtype=np.int64),
        np.asarray(edges, dtype=np.int64),
    )
    metres, speed = (np.asarray(told, dtype=np.float64) for told in (length_m, speed_kmh))
    _refuse_no_ends(id, ends, len(nodes))
    if not (_all_above_0(metres) and _all_above_0(speed)):
        raise InputError(f"network '{id}': every length_m and speed_kmh must be above 0")
    drawn = _chords(nodes, ends, metres, speed, shut)
    terms = Terms(id, mode, attribution, time_error_share, offroad_kmh, offroad_cap_m)
    return assemble(drawn, terms)


def _refuse_no_ends(
    name: str,
    ends: Ints,
    nodes: int,
) -> None:
    """Refuse edges that name a node beyond the count of nodes, and no edges at all."""
    # a number below 0 would be taken for one from the end
    if len(ends) == 0 or ends.min() < 0 or ends.max() >= nodes:
        raise InputError(
            f"network '{name}': edges must name nodes 0 to {nodes - 1}, and there must be some"
        )


def _chords(
    nodes: Ints,
    ends: Ints,
    length_m: Floats,
    speed_kmh: Floats,
    shut: npt.ArrayLike | None,
) -> Drawn:
    """Draw two-way edges straight from node to node, without those from a place to itself."""
    closed = np.zeros(len(ends), dtype=bool) if shut is None else np.asarray(shut, dtype=bool)

    # these lead nowhere, and have no second vertex to sort by
    keep = (nodes[ends[:, 0]] != nodes[ends[:, 1]]).any(axis=1)
    ends = ends[keep]

    # each edge has a course of two vertices of its own, laid out one after the other
    first = np.arange(0, 2 * len(ends), 2)
    return Drawn(
        grid=nodes[ends.ravel()],
        first=first,
        last=first + 1,
        speed_kmh=speed_kmh[keep],
        oneway=np.zeros(len(ends), dtype=bool),
        length_m=length_m[keep],
        shut=closed[keep],
    )


def _all_above_0(values: Floats) -> bool:
    return bool((np.isfinite(values) & (values > 0)).all())


@dataclass(frozen=True, slots=True)
class Terms:
    """Name and stated constants of a network, as in :class:`Network`."""

    id: str
    mode: str
    attribution: str
    time_error_share: float
    offroad_kmh: float
    offroad_cap_m: float


@dataclass(frozen=True, eq=False)
class Drawn:
    """Edges as they were drawn, before they have a place in a network.

    Attributes
    ----------
    grid, first, last
        Vertices of edge i: ``grid[first[i]:last[i] + 1]``, degrees times 1e7.
    speed_kmh, oneway
        Speed, and whether travel goes from first to last only.
    length_m
        Metres along the road; None where the course is as long as the road.
    shut
        As in :class:`Network`.
    """

    grid: Ints
    first: Ints
    last: Ints
    speed_kmh: Floats
    oneway: Bools
    length_m: Floats | None = None
    shut: Bools | None = None


def assemble(
    drawn: Drawn,
    terms: Terms,
    notes: tuple[str, ...] = (),
) -> Network:
    """Number the nodes, give every edge one direction and one place, whatever the order of the
    input.
    """
    keys, edges = _turned(drawn)
    travel = _travelled(drawn)
    order = _order(drawn, edges, travel)
    xy, start = _courses(drawn, edges, order)
    lon, lat = places_of(keys)
    return Network(
        **asdict(terms),
        lon=lon,
        lat=lat,
        tail=edges.tail[order],
        head=edges.head[order],
        oneway=drawn.oneway[order],
        length_m=travel.length_m[order],
        ticks=travel.ticks[order],
        xy=xy,
        start=start,
        shut=travel.shut[order] if travel.shut.any() else None,
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class _Travel:
    """What it is to travel each edge: metres along it, ticks, and whether it is joined at its ends
    only.
    """

    length_m: Floats
    ticks: Ints
    shut: Bools


def _travelled(drawn: Drawn) -> _Travel:
    """Return what it is to travel edges; what is not said of them is measured, or is not so."""
    # a chord runs short of its road: what is said of it is not measured again
    length_m = _lengths_m(drawn) if drawn.length_m is None else drawn.length_m
    ticks = ticks_of(length_m, drawn.speed_kmh)
    shut = np.zeros(len(ticks), dtype=bool) if drawn.shut is None else drawn.shut
    return _Travel(length_m, ticks, shut)


def _order(
    drawn: Drawn,
    edges: _Turned,
    travel: _Travel,
) -> Ints:
    """Return the order of edges by their nodes, the same whatever that of the file."""
    # parallel edges between the same nodes are told apart by what they have, last by their second
    # vertex
    second = keys_of(drawn.grid[edges.begin + edges.step])
    told_apart = (
        travel.shut,
        second,
        edges.size,
        travel.length_m,
        travel.ticks,
        drawn.oneway,
    )
    return np.lexsort((*told_apart, edges.head, edges.tail))


def _courses(
    drawn: Drawn,
    edges: _Turned,
    order: Ints,
) -> tuple[Floats, Ints]:
    """Return the courses of edges in that order, one after another, and where each begins."""
    # the courses move with their edges
    size = edges.size[order]
    course = spans(edges.begin[order], size, edges.step[order])
    return drawn.grid[course] / UNITS_PER_DEGREE, np.concatenate([[0], np.cumsum(size)])


@dataclass(frozen=True, eq=False)
class _Turned:
    """Edges from tail to head: edge i has `size` vertices, the first at `begin`, one `step` (1 or
    -1) from each to the next.
    """

    tail: Ints
    head: Ints
    begin: Ints
    step: Ints
    size: Ints


def _turned(drawn: Drawn) -> tuple[Ints, _Turned]:
    """Return the keys of all nodes in their order, and the edges between them."""
    grid, first, last = drawn.grid, drawn.first, drawn.last
    end_keys = np.concatenate(
        [
            keys_of(grid[first]),
            keys_of(grid[last]),
        ]
    )
    keys, number = np.unique(end_keys, return_inverse=True)
    tail, head = number[: len(first)], number[len(first) :]
    flip = _runs_down(drawn, tail, head)
    return keys, _Turned(
        tail=np.where(flip, head, tail),
        head=np.where(flip, tail, head),
        begin=np.where(flip, last, first),
        step=np.where(flip, -1, 1),
        size=last - first + 1,
    )


def _runs_down(
    drawn: Drawn,
    tail: Ints,
    head: Ints,
) -> Bools:
    """Say which two-way edges were drawn from their higher node, so that a line drawn backwards
    gives the same edge.
    """
    # the ends of a loop are one node: its second vertex decides
    grid, first, last = drawn.grid, drawn.first, drawn.last
    is_loop_down = (tail == head) & (keys_of(grid[first + 1]) > keys_of(grid[last - 1]))
    runs_down: Bools = ~drawn.oneway & ((tail > head) | is_loop_down)
    return runs_down


def _lengths_m(drawn: Drawn) -> Floats:
    """Measure each edge along its course, from first to last vertex as it was drawn."""
    size = drawn.last - drawn.first + 1
    course = drawn.grid[spans(drawn.first, size)] / UNITS_PER_DEGREE
    return geodesic_m(course, owners_of(size))


def _split(grid: Ints, line: Ints) -> tuple[Ints, Ints]:
    """Cut lines at every vertex where some line ends; return first and last vertex of each
    piece.
    """
    cut = np.flatnonzero(_is_node(keys_of(grid), line))

    # two cuts that follow each other on one line bound a piece; the gap between two lines does not
    same = line[cut[1:]] == line[cut[:-1]]
    return cut[:-1][same], cut[1:][same]


def _is_node(key: Ints, line: Ints) -> Bools:
    """Say on which vertices any line ends, their own or another."""
    change = np.flatnonzero(line[1:] != line[:-1])
    first, last = (
        np.concatenate([[0], change + 1]),
        np.append(change, len(line) - 1),
    )

    # sorted and searched: np.isin takes five times as long on a million lines
    ends = np.sort(np.concatenate([key[first], key[last]]))
    place = np.minimum(np.searchsorted(ends, key), len(ends) - 1)
    return np.asarray(ends[place] == key)


def _as_named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the columns that are read their names, however they are spelt: shapefiles come in upper
    case.
    """
    named = {}
    for name in ("speed_kmh", "oneway"):
        spelt = [c for c in frame.columns if isinstance(c, str) and c.strip().lower() == name]

        # two spellings of one name: which is meant is not guessed
        if name not in spelt and len(spelt) == 1:
            named[spelt[0]] = name
    return frame.rename(columns=named) if named else frame


def _frame_problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield "not a GeoDataFrame with a geometry column"
        return
    if frame.crs is None:
        yield "no CRS; declare one (e.g. EPSG:4490), it is never guessed"
    elif doubt := doubt_of_plane(
        shapely.get_coordinates(frame.geometry.to_numpy()),
        frame.crs,
    ):
        yield doubt
    if "speed_kmh" not in frame.columns:
        yield "no column speed_kmh; give every line its speed in km/h"
    if len(frame) == 0:
        yield "no rows"


def _row_problems(frame: gpd.GeoDataFrame, geometry: Shapes) -> Iterator[str]:
    slow, oneway = _is_slow(frame), _oneway(frame)
    faults = _shape_faults(frame.geometry.to_numpy(), geometry)
    bad = slow | (oneway < -1)
    bad[list(faults)] = True
    for i in np.flatnonzero(bad).tolist():
        if i in faults:
            yield f"row {frame.index[i]}: {faults[i]}"
        yield from _value_problems(frame, i, slow=slow[i], direction=oneway[i])


def _is_slow(frame: gpd.GeoDataFrame) -> Bools:
    """Return which rows have no speed that can be driven; one that is no number is none."""
    speed = pd.to_numeric(frame["speed_kmh"], errors="coerce").to_numpy(dtype=np.float64)
    if frame["speed_kmh"].dtype in (bool, object):
        # a column of truths reads as 0 and 1, and True is no speed of 1 km/h
        speed = np.where([isinstance(v, bool) for v in frame["speed_kmh"]], np.nan, speed)
    with np.errstate(invalid="ignore"):
        slow: Bools = ~(np.isfinite(speed) & (speed >= MIN_KMH) & (speed <= MAX_LINE_KMH))
    return slow


def _shape_faults(drawn: Shapes, geometry: Shapes) -> dict[int, str]:
    """Return for each row whose line cannot be used the gravest fault of it; the lines as they were
    drawn, and in degrees.
    """
    kind = shapely.get_type_id(drawn)
    empty = shapely.is_missing(drawn) | shapely.is_empty(drawn)
    on_earth = _on_earth(geometry)

    # each row is told its gravest fault alone, written over the lesser ones: without a line, or
    # with one that lies nowhere, nothing more can be said of it
    faults = _far_steps(geometry)
    faults |= dict.fromkeys(np.flatnonzero(~on_earth).tolist(), _OFF_EARTH)
    faults |= dict.fromkeys(
        np.flatnonzero(~_finite(drawn)).tolist(),
        _NO_NUMBER,
    )
    for i in np.flatnonzero(~np.isin(kind, _LINES) & ~empty).tolist():
        faults[i] = f"a {drawn[i].geom_type}, not a line"
    return faults | dict.fromkeys(np.flatnonzero(empty).tolist(), _NOTHING)


def _on_earth(geometry: Shapes) -> Bools:
    """Say which lines in degrees lie within lon -180..180, lat -90..90."""
    bounds = shapely.bounds(geometry)

    # a line without numbers has bounds that compare with nothing: it lies nowhere
    with np.errstate(invalid="ignore"):
        inside = np.abs(bounds) <= [180, 90, 180, 90]
    on_earth: Bools = (np.isfinite(bounds) & inside).all(axis=1)
    return on_earth


def _value_problems(
    frame: gpd.GeoDataFrame,
    i: int,
    *,
    slow: bool,
    direction: int,
) -> Iterator[str]:
    """Say what is wrong with the speed and the direction of a row; its line may be right."""
    label = frame.index[i]
    if slow:
        said = frame["speed_kmh"].iloc[i]
        yield (
            f"row {label}: speed_kmh is {said}; it must be a number from {MIN_KMH:g} to"
            f" {MAX_LINE_KMH:g}"
        )

    # -2 is a word that says no direction
    if direction < -1:
        yield (
            f"row {label}: oneway is {frame['oneway'].iloc[i]!r}; use true or false (F, T or B"
            " are read too)"
        )


def doubt_of_plane(xy: Floats, crs: CRS) -> str | None:
    """Say that coordinates are degrees though their system is one of metres; None where they may be
    what it says.
    """
    # degrees declared as metres lie within a few hundred metres of the origin, where no projected
    # system of the world has its roads; all zeros are told elsewhere
    most = np.abs(xy[np.isfinite(xy).all(axis=1)]).max(axis=0, initial=0)
    if not crs.is_projected or (most > (180, 90)).any() or not most.any():
        return None
    return (
        f"its coordinates, up to {most[0]:g},{most[1]:g}, are those of degrees, but its CRS"
        f" {crs.name} counts metres; set the CRS that they are in"
        " (e.g. EPSG:4490)"
    )


def _finite(shapes: Shapes) -> Bools:
    """Return which shapes have only numbers as coordinates."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)

    # a shape without coordinates has none that is wrong
    good = np.ones(len(shapes), dtype=bool)
    good[owner[~np.isfinite(xy).all(axis=1)]] = False
    return good


def _far_steps(shapes: Shapes) -> dict[int, str]:
    """Return for each shape with a step that no road takes what it is; shapes in degrees or
    None.
    """
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    if len(xy) < 2:
        return {}
    found: dict[int, str] = {}

    # a degree is taken for 111 km on either axis: too much from east to west, and still far more
    # than any road runs straight
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.diff(xy, axis=0)).max(axis=1)
    for step in np.flatnonzero(
        (apart * 111_000 > LONGEST_STEP_M) & (owner[1:] == owner[:-1])
    ).tolist():
        found.setdefault(
            int(owner[step]),
            step_words(xy[step], xy[step + 1]),
        )
    return found


def _join_notes(parts: Shapes) -> Iterator[str]:
    """Count where lines cross, or end beside one another, without joining: right for bridges, a
    fault of drawing elsewhere.
    """
    # pairs grow with the square where many lines cross: then it is said that nobody looked
    if len(parts) > _CROSSINGS_LOOKED_AT:
        yield f"with {len(parts)} lines nobody looked where lines cross without joining"
        return
    tree = shapely.STRtree(parts)
    yield from _crossing_notes(parts, tree)
    yield from _end_notes(parts, tree)


def _end_notes(parts: Shapes, tree: shapely.STRtree) -> Iterator[str]:
    """Count where lines end beside one another."""
    # all first ends, then all last ones
    which_end = np.repeat([0, -1], len(parts))
    ends = shapely.get_coordinates(shapely.get_point(np.concatenate([parts, parts]), which_end))
    loose = _loose(ends, shapely.get_coordinates(parts))
    end, line = _within_a_step(ends[loose], parts, tree)

    # every loose end lies on its own line: that is no neighbour. Of the two ends of a line the
    # remainder is the same
    beside = np.unique(end[line != loose[end] % len(parts)])
    if len(beside):
        where = ends[loose[beside[0]]]
        yield (
            f"{len(beside)} end(s) of lines lie within {NEAR_END_M:g} m of another line and do not"
            f" join it, e.g. at {where[0]:.5f},{where[1]:.5f}: snap them to it first if they should"
        )


def _loose(ends: Floats, xy: Floats) -> Ints:
    """Return the ends on whose place of the grid no other vertex stands."""
    key, vertex = (
        keys_of(np.rint(places * UNITS_PER_DEGREE).astype(np.int64)) for places in (ends, xy)
    )
    places, uses = np.unique(vertex, return_counts=True)
    return np.flatnonzero(uses[np.searchsorted(places, key)] == 1)


def _within_a_step(
    ends: Floats,
    parts: Shapes,
    tree: shapely.STRtree,
) -> tuple[Ints, Ints]:
    """Return the pairs of ends and lines that lie within `NEAR_END_M` of one another."""
    # a degree of longitude is shorter than one of latitude: what may be near is looked for in
    # degrees of longitude, and measured in metres of both
    across = np.maximum(
        np.cos(np.radians(ends[:, 1])),
        0.01,
    )
    within = NEAR_END_M / 111_000 / across.min(initial=1.0)
    points = shapely.points(ends)
    end, line = tree.query(points, predicate="dwithin", distance=within)

    # the shortest line between two is its two ends: from the point, and on the line
    steps = shapely.get_coordinates(shapely.shortest_line(points[end], parts[line]))
    apart = steps[1::2] - steps[::2]
    apart[:, 0] *= across[end]
    near = np.hypot(*apart.T) * 111_000 <= NEAR_END_M
    return end[near], line[near]


def _crossing_notes(parts: Shapes, tree: shapely.STRtree) -> Iterator[str]:
    """Count where lines cross without a common vertex."""
    # each pair is found from both sides, and counts once
    left, right = tree.query(parts, predicate="crosses")
    left, right = left[left < right], right[left < right]
    if len(left):
        where = shapely.get_coordinates(shapely.intersection(parts[left[0]], parts[right[0]]))[0]
        yield (
            f"{len(left)} pair(s) of lines cross and do not join there, e.g. at"
            f" {where[0]:.5f},{where[1]:.5f}: right for bridges; where they do meet, split the"
            " lines there (node them) first"
        )


def _oneway(frame: gpd.GeoDataFrame) -> Ints:
    """Return 1 for one-way along the line, -1 against it, 0 for both ways, -2 for a value that says
    none of them.
    """
    if "oneway" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64)
    words = [str(value).strip().lower() for value in frame["oneway"]]
    return np.array([_CODES.get(word, -2) for word in words], dtype=np.int64)
