"""A network from lines with speeds, or from nodes and chords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ...errors import InputError, listed
from ...geometry.datums import to_geographic
from .arrays import LAT_BITS, UNITS_PER_DEGREE, geodesic_m, keys_of, owners_of, spans, ticks_of
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
_ALONG = {"true", "yes", "1", "1.0", "f", "ft"}
_BOTH = {"false", "no", "0", "0.0", "", "nan", "none", "<na>", "b", "n"}
_AGAINST = {"-1", "-1.0", "reverse", "t", "tf"}
"""Words of a column `oneway`: of OpenStreetMap, of Geofabrik's shapefiles (F, T, B), of navigation
data (FT, TF, N).
"""
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
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _as_named(frame)
    if problems := list(_frame_problems(frame)):
        raise InputError(listed(f"network '{id}' cannot be built from these lines:", problems))

    # problems of rows are found in degrees, where all of them can be told at once
    geometry = _in_degrees(frame)
    if problems := list(_row_problems(frame, geometry)):
        more = [f"and {len(problems) - _LISTED_ROWS} more"] if len(problems) > _LISTED_ROWS else []
        heading = f"network '{id}' has lines that cannot be used:"
        raise InputError(listed(heading, problems[:_LISTED_ROWS] + more))
    parts, row = shapely.get_parts(geometry, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    grid = np.rint(xy * UNITS_PER_DEGREE).astype(np.int64)

    # a vertex that falls on the one before it, on the grid, would make an edge without length
    fresh = np.ones(len(grid), dtype=bool)
    fresh[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (line[1:] != line[:-1])
    start, end = _split(grid[fresh], line[fresh])
    if len(start) == 0:
        raise InputError(
            f"network '{id}' has no line longer than 1e-7 degree (1 cm): nothing to travel on"
        )
    speed = pd.to_numeric(frame["speed_kmh"]).to_numpy(dtype=np.float64)
    oneway = _oneway(frame)
    of_edge = row[line[fresh][start]]

    # a line drawn against its travel was turned round above: what is left is one way or both
    return assemble(
        grid[fresh], start, end, speed_kmh=speed[of_edge], oneway=oneway[of_edge] != 0,
        length_m=None,
        terms=Terms(
            id, "road", attribution, LINES_ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M
        ),
        notes=tuple(_join_notes(parts)),
    )  # fmt: skip


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
    nodes, ends = np.asarray(lonlat, dtype=np.int64), np.asarray(edges, dtype=np.int64)
    metres, speed = np.asarray(length_m, dtype=np.float64), np.asarray(speed_kmh, dtype=np.float64)
    if len(ends) == 0 or ends.min() < 0 or ends.max() >= len(nodes):
        raise InputError(
            f"network '{id}': edges must name nodes 0 to {len(nodes) - 1}, and there must be some"
        )
    if (
        not (np.isfinite(metres) & (metres > 0)).all()
        or not (np.isfinite(speed) & (speed > 0)).all()
    ):
        raise InputError(f"network '{id}': every length_m and speed_kmh must be above 0")

    # an edge from a place to itself leads nowhere, and has no second vertex to sort by
    keep = (nodes[ends[:, 0]] != nodes[ends[:, 1]]).any(axis=1)
    closed = np.zeros(len(ends), dtype=bool) if shut is None else np.asarray(shut, dtype=bool)
    ends = ends[keep]

    # each edge has a course of two vertices of its own, laid out one after the other
    start = np.arange(0, 2 * len(ends), 2)
    return assemble(
        nodes[ends.ravel()], start, start + 1, speed_kmh=speed[keep],
        oneway=np.zeros(len(ends), dtype=bool),
        length_m=metres[keep], shut=closed[keep],
        terms=Terms(id, mode, attribution, time_error_share, offroad_kmh, offroad_cap_m),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """Name and stated constants of a network, as in :class:`Network`."""

    id: str
    mode: str
    attribution: str
    time_error_share: float
    offroad_kmh: float
    offroad_cap_m: float


def assemble(
    grid: Ints,
    first: Ints,
    last: Ints,
    *,
    speed_kmh: Floats,
    oneway: Bools,
    length_m: Floats | None,
    terms: Terms,
    shut: Bools | None = None,
    notes: tuple[str, ...] = (),
) -> Network:
    """Number the nodes, give every edge one direction and one place, whatever the order of the
    input.
    """
    keys, number = np.unique(
        np.concatenate([keys_of(grid[first]), keys_of(grid[last])]), return_inverse=True
    )
    tail, head = number[: len(first)], number[len(first) :]
    size = last - first + 1

    # a two-way edge is turned to run from its lower node; of a loop, whose ends are one node, the
    # second vertex decides. So a line drawn backwards gives the same edge
    flip = ~oneway & (
        (tail > head) | ((tail == head) & (keys_of(grid[first + 1]) > keys_of(grid[last - 1])))
    )
    tail, head = np.where(flip, head, tail), np.where(flip, tail, head)

    # parallel edges between the same nodes are told apart by what they have, last by their second
    # vertex: their order must not hang on that of the file
    second = keys_of(grid[np.where(flip, last - 1, first + 1)])
    xy = grid / UNITS_PER_DEGREE
    if length_m is None:
        length_m = geodesic_m(xy[spans(first, size)], owners_of(size))
    ticks = ticks_of(length_m, speed_kmh)
    closed = np.zeros(len(first), dtype=bool) if shut is None else shut
    order = np.lexsort((closed, second, size, length_m, ticks, oneway, head, tail))
    course = spans(np.where(flip, last, first)[order], size[order], np.where(flip, -1, 1)[order])

    # places come back out of the sorted keys: the grid in degrees, without a second rounding
    return Network(
        id=terms.id, mode=terms.mode, attribution=terms.attribution,
        lon=((keys >> LAT_BITS) - 180 * UNITS_PER_DEGREE) / UNITS_PER_DEGREE,
        lat=((keys & ((1 << LAT_BITS) - 1)) - 90 * UNITS_PER_DEGREE) / UNITS_PER_DEGREE,
        tail=tail[order], head=head[order], oneway=oneway[order],
        length_m=length_m[order], ticks=ticks[order],
        xy=xy[course], start=np.concatenate([[0], np.cumsum(size[order])]),
        time_error_share=terms.time_error_share,
        offroad_kmh=terms.offroad_kmh, offroad_cap_m=terms.offroad_cap_m,
        shut=closed[order] if closed.any() else None, notes=notes,
    )  # fmt: skip


def _split(grid: Ints, line: Ints) -> tuple[Ints, Ints]:
    """Cut lines at every vertex where some line ends; return first and last vertex of each
    piece.
    """
    change = np.flatnonzero(line[1:] != line[:-1])
    first, last = np.concatenate([[0], change + 1]), np.concatenate([change, [len(line) - 1]])
    key = keys_of(grid)
    ends = np.sort(
        np.concatenate([key[first], key[last]])
    )  # np.isin takes five times as long on a million lines

    # a vertex is a node where any line ends on it, its own or another
    is_node = ends[np.minimum(np.searchsorted(ends, key), len(ends) - 1)] == key
    cut = np.flatnonzero(is_node)

    # two cuts that follow each other on one line bound a piece; the gap between two lines does not
    same = line[cut[1:]] == line[cut[:-1]]
    return cut[:-1][same], cut[1:][same]


def _as_named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the columns that are read their names, however they are spelt: shapefiles come in upper
    case.
    """
    named = {}
    for name in ("speed_kmh", "oneway"):
        spelt = [c for c in frame.columns if isinstance(c, str) and c.strip().lower() == name]
        if name not in spelt and len(spelt) == 1:
            named[spelt[0]] = name
    return frame.rename(columns=named) if named else frame


def _frame_problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield "not a GeoDataFrame with a geometry column"
        return
    if frame.crs is None:
        yield "no CRS; declare one (e.g. EPSG:4490), it is never guessed"
    elif doubt := doubt_of_plane(shapely.get_coordinates(frame.geometry.to_numpy()), frame.crs):
        yield doubt
    if "speed_kmh" not in frame.columns:
        yield "no column speed_kmh; give every line its speed in km/h"
    if len(frame) == 0:
        yield "no rows"


def _row_problems(frame: gpd.GeoDataFrame, geometry: Shapes) -> Iterator[str]:
    speed = pd.to_numeric(frame["speed_kmh"], errors="coerce").to_numpy(dtype=np.float64)
    if frame["speed_kmh"].dtype in (bool, object):
        # a column of truths reads as 0 and 1, and True is no speed of 1 km/h
        speed = np.where([isinstance(v, bool) for v in frame["speed_kmh"]], np.nan, speed)
    oneway = _oneway(frame)
    drawn = frame.geometry.to_numpy()
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        on_earth = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= [180, 90, 180, 90]).all(
            axis=1
        )
        slow = ~(np.isfinite(speed) & (speed >= MIN_KMH) & (speed <= MAX_LINE_KMH))

    # each row is told its gravest fault alone: without a line, or with one that lies nowhere,
    # nothing more can be said of it
    kind = shapely.get_type_id(drawn)
    empty = shapely.is_missing(drawn) | shapely.is_empty(drawn)
    infinite = ~_finite(drawn) & ~empty
    far = _far_steps(geometry)
    bad = empty | ((kind != 1) & (kind != 5)) | infinite | ~on_earth | slow | (oneway < -1)
    for i in np.flatnonzero(bad | np.isin(np.arange(len(drawn)), list(far))).tolist():
        label = frame.index[i]
        if empty[i]:
            yield f"row {label}: no geometry; draw it, or delete the row"
        elif kind[i] not in (1, 5):
            yield f"row {label}: a {drawn[i].geom_type}, not a line"
        elif infinite[i]:
            yield f"row {label}: a vertex that is no number (NaN or infinite); draw the line again"
        elif not on_earth[i]:
            yield (
                f"row {label}: coordinates outside lon -180..180, lat -90..90 (is the CRS the right"
                " one?); declare the system that its numbers are in"
            )
        elif i in far:
            yield f"row {label}: {far[i]}"
        yield from _value_problems(frame, i, slow=slow[i], direction=oneway[i])


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
        found.setdefault(int(owner[step]), step_words(xy[step], xy[step + 1]))
    return found


def _join_notes(parts: Shapes) -> Iterator[str]:
    """Count where lines cross, or end beside one another, without joining: right for bridges, a
    fault of drawing elsewhere.
    """
    if len(parts) > _CROSSINGS_LOOKED_AT:
        yield f"with {len(parts)} lines nobody looked where lines cross without joining"
        return
    tree = shapely.STRtree(parts)
    yield from _crossing_notes(parts, tree)
    ends = shapely.get_coordinates(
        shapely.get_point(np.concatenate([parts, parts]), np.repeat([0, -1], len(parts)))
    )

    # an end is loose where no other vertex stands on its place of the grid
    key = keys_of(np.rint(ends * UNITS_PER_DEGREE).astype(np.int64))
    xy = shapely.get_coordinates(parts)
    vertices, uses = np.unique(
        keys_of(np.rint(xy * UNITS_PER_DEGREE).astype(np.int64)), return_counts=True
    )
    loose = np.flatnonzero(uses[np.searchsorted(vertices, key)] == 1)
    end, line = _within_a_step(ends[loose], parts, tree)

    # every loose end lies on its own line: that is no neighbour. `ends` holds all first ends, then
    # all last ones, hence the remainder
    beside = np.unique(end[line != loose[end] % len(parts)])
    if len(beside):
        where = ends[loose[beside[0]]]
        yield (
            f"{len(beside)} end(s) of lines lie within {NEAR_END_M:g} m of another line and do not"
            f" join it, e.g. at {where[0]:.5f},{where[1]:.5f}: snap them to it first if they should"
        )


def _within_a_step(
    ends: Floats,
    parts: Shapes,
    tree: shapely.STRtree,
) -> tuple[Ints, Ints]:
    """Return the pairs of ends and lines that lie within `NEAR_END_M` of one another."""
    # a degree of longitude is shorter than one of latitude: what may be near is looked for in
    # degrees of longitude, and measured in metres of both
    across = np.maximum(np.cos(np.radians(ends[:, 1])), 0.01)
    points = shapely.points(ends)
    end, line = tree.query(
        points, predicate="dwithin", distance=NEAR_END_M / 111_000 / across.min(initial=1.0)
    )
    steps = shapely.get_coordinates(shapely.shortest_line(points[end], parts[line]))
    apart = (steps[1::2] - steps[::2]) * np.column_stack([across[end], np.ones(len(end))])
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
    codes = [1 if w in _ALONG else 0 if w in _BOTH else -1 if w in _AGAINST else -2 for w in words]
    return np.array(codes, dtype=np.int64)
