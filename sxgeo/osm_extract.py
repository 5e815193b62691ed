"""OpenStreetMap -> network: an extract on disk, a graph of osmnx, or a place fetched through osmnx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from .analysis.network import LINES_OFFROAD_CAP_M, LINES_OFFROAD_KMH, Network, Terms
from .analysis.osm import JUNCTION_DELAY_S, TAG_KEYS, Ways, network_from_ways, way_direction, way_speed_kmh
from .errors import InputError, UsageError

ERROR_SHARE = 0.2
"""Relative error of times assumed for OpenStreetMap roads: speeds from tags and a table, no traffic, no signals."""
ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
BY = ("road", "walk")
_DEGREE = 10_000_000
_TAG_KEYS = frozenset(TAG_KEYS)


def read_extract(path: str | Path, *, by: str = "road", junction_delay_s: float = JUNCTION_DELAY_S) -> Network:
    """Read the roads of an OpenStreetMap extract in one pass.

    Parameters
    ----------
    path
        .osm.pbf, .osm, .osm.gz or .osm.bz2; nodes before ways, as every extract has them.
    by
        ``"road"`` (what a car may use) or ``"walk"``.
    junction_delay_s
        Seconds at a junction of three roads or more.

    Returns
    -------
    Network
        Named after the file. Speeds and access as in :func:`sxgeo.analysis.osm.way_speed_kmh`.

    Raises
    ------
    UsageError
        If `by` is unknown, or the delay is not 0 or above.
    InputError
        If osmium is not installed, or the file is missing, truncated, empty or without such roads.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"network file '{source}' does not exist or is not a file")
    _check_terms(by, junction_delay_s)
    texts, tags = _read_ways(source, by)
    if not texts:
        raise InputError(f"'{source.name}' holds no way that can be used by {by}; is it an extract with highways?")
    return _network(shapely.from_wkb(texts), tags, source.name.split(".")[0], by, junction_delay_s)


def _check_terms(by: str, junction_delay_s: float) -> None:
    if by not in BY:
        raise UsageError(f"an extract is read by {' or '.join(BY)}, not by '{by}'")
    if not 0 <= junction_delay_s < 600:
        raise UsageError(f"junction delay is {junction_delay_s} s; give 0 or more, below 600")


def _read_ways(source: Path, by: str) -> tuple[list[bytes], list[tuple[float, int, bool]]]:
    """Return course (WKB) and (speed, direction, whether smooth) of each way that may be used."""
    try:
        import osmium
    except ImportError as error:
        raise InputError(f"reading '{source.name}' needs osmium: pip install 'sxgeo[osm]'") from error
    if source.stat().st_size == 0:
        raise InputError(f"'{source.name}' is empty (0 bytes); fetch the extract again")
    course = osmium.geom.WKBFactory()
    texts: list[Any] = []
    told: list[tuple[float, int, bool]] = []
    lost = 0
    try:
        roads = osmium.filter.KeyFilter("highway")
        roads.enable_for(osmium.osm.WAY)
        ways = osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        ways = ways.with_filter(roads).with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for way in ways:
            if not isinstance(way, osmium.osm.Way):
                continue
            tags = {tag.k: tag.v for tag in way.tags if tag.k in _TAG_KEYS}
            kmh, direction = way_speed_kmh(tags, by=by), way_direction(tags, by=by)
            if kmh is None or direction is None or len(way.nodes) < 2:
                continue
            try:
                texts.append(course.create_linestring(way, osmium.geom.ALL))
            except (RuntimeError, osmium.InvalidLocationError):
                lost += 1
                continue
            told.append((kmh, direction, tags["highway"].startswith("motorway")))
    except (RuntimeError, ValueError) as error:
        raise InputError(f"'{source.name}' is broken or truncated ({error}); fetch the extract again") from error
    if lost and not texts:
        raise InputError(
            f"'{source.name}' has ways without the positions of their nodes; extract it with complete ways"
        )
    return texts, told


def _network(lines: Any, told: list[tuple[float, int, bool]], name: str, by: str, junction_delay_s: float) -> Network:
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    grid = np.rint(xy * _DEGREE).astype(np.int64)
    start = np.searchsorted(owner, np.arange(len(told) + 1))
    speed, direction, smooth = (np.array(column) for column in zip(*told, strict=True))
    size = np.diff(start)
    against = direction < 0
    within = np.arange(len(grid)) - np.repeat(start[:-1], size)
    turned = np.repeat(np.where(against, start[1:] - 1, start[:-1]), size) + within * np.repeat(1 - 2 * against, size)
    ways = Ways(grid[turned], start, speed.astype(np.float64), direction != 0, smooth.astype(bool))
    terms = Terms(name, by, ATTRIBUTION, ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M)
    return network_from_ways(ways, terms, junction_delay_s=junction_delay_s)


def network_from_graph(source: Any, *, name: str = "osm", junction_delay_s: float = JUNCTION_DELAY_S) -> Network:
    """Build a network from a graph of osmnx or its GraphML file.

    A road is two-way where both directions stand in the graph. Access is as osmnx filtered it; speeds come from
    the same tables as those of an extract.

    Parameters
    ----------
    source
        A MultiDiGraph with nodes `x`, `y` in degrees, or a .graphml file.
    name, junction_delay_s
        Id of the network (a file gives its own), and as in :func:`read_extract`.

    Raises
    ------
    InputError
        If osmnx is not installed, the file cannot be read, or the graph has no edges.
    """
    if isinstance(source, (str, Path)):
        name = Path(source).stem
        source = _load_graph(Path(source))
    courses: dict[bytes, tuple[Any, float, bool, bool]] = {}
    for u, v, told in source.edges(data=True):
        if told.get("geometry") is not None:
            xy = shapely.get_coordinates(told["geometry"])
        else:
            xy = np.array([[float(source.nodes[n]["x"]), float(source.nodes[n]["y"])] for n in (u, v)])
        tags = {key: str(value[0] if isinstance(value, list) else value) for key, value in told.items()}
        tags = {key: value for key, value in tags.items() if key in ("highway", "maxspeed", "surface")}
        kmh = way_speed_kmh(tags) or way_speed_kmh({**tags, "highway": "road"})
        if kmh is None or len(xy) < 2:
            continue
        grid = np.rint(xy * _DEGREE).astype(np.int64)
        back = grid[::-1].tobytes()
        if back in courses and courses[back][1] == kmh:
            courses[back] = (*courses[back][:2], False, courses[back][3])
        else:
            courses[grid.tobytes()] = (xy, kmh, True, tags.get("highway", "").startswith("motorway"))
    if not courses:
        raise InputError(f"the graph '{name}' has no edges with a course; fetch the place again")
    kept = [courses[key] for key in sorted(courses)]
    lines = np.array([shapely.LineString(xy) for xy, *_ in kept], dtype=object)
    return _network(
        lines, [(kmh, int(oneway), smooth) for _, kmh, oneway, smooth in kept], name, "road", junction_delay_s
    )


def need_osmnx(purpose: str) -> Any:
    """Import osmnx, or say which extra holds it.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import osmnx
    except ImportError as error:
        raise InputError(f"{purpose} needs osmnx: pip install 'sxgeo[osm]'") from error
    return osmnx


def _load_graph(path: Path) -> Any:
    osmnx = need_osmnx(f"reading '{path.name}'")
    try:
        return osmnx.load_graphml(path)
    except Exception as error:  # parsers of XML and of values raise what they like
        raise InputError(f"'{path.name}' is no graph that osmnx saved ({error})") from error
