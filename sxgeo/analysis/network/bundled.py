"""Name or file -> road network."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from ...catalog import checked_date, data_path
from ...errors import DataError, InputError, UsageError, unknown, wrong_type
from ...files.contents import regular_file
from ...sites.formats.vector_files import read_features, whole
from .build import network_from_arrays, network_from_lines
from .file import open_network, write_network
from .graph import HasNodesAndEdges, on_foot
from .osm_extract import extract_kind, network_from_graph, read_extract
from .railways import with_rail

if TYPE_CHECKING:
    from .graph import Network

BUNDLED_CLASSES = (
    # up to km, speed km/h, detour factor
    (1.0, 35.0, 1.05),
    (5.0, 50.0, 1.05),
    (20.0, 100.0, 1.05),
    (float("inf"), 50.0, 1.15),
)
"""Speed and detour factor by length of edge; the bundled edges have no class, name or direction.

Under 1 km stand town streets and interchanges, up to 5 km suburban roads; expressways are cut at
their interchanges every 5 to 20 km; the longest edges are mountain roads with no junction kept, and
their chords run shortest. Fitted to published road distances and driving times; the table with its
residuals is in docs/isochrones.md.
"""
BUNDLED_ERROR_SHARE = 0.45
"""The smallest twentieth within which nine of ten published times lie that judge; see
docs/isochrones.md.
"""
BUNDLED_OFFROAD_KMH = 15.0
"""The network leaves out streets and village roads: about 20 km/h on them, with a detour of 1.35.
"""
BUNDLED_OFFROAD_CAP_M = 1000.0
"""The chords leave the true road by a kilometre or so; beyond that nothing is known of side roads.
"""

NetworkSource: TypeAlias = str | os.PathLike[str] | gpd.GeoDataFrame | HasNodesAndEdges
"""What :func:`read_network` reads."""
_EXTRACTS = (".pbf", ".osm", ".osh", ".osm.gz", ".osm.bz2", ".osm.xml")
_DEGREE = 10_000_000
ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"

_FILE = "networks/region.npz"

_TAIXIN = (110.5, 36.8, 114.8, 40.2)
_TRIANGLE = (108.4, 33.0, 113.2, 37.5)
ZONE_BOXES: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "taixin": _TAIXIN,
        "taixin_taiyuan": _TAIXIN,
        "taixin_xinzhou": _TAIXIN,
        "central_cluster": (109.8, 36.0, 115.0, 40.3),
        "yellow_river_triangle": _TRIANGLE,
        "hancheng_hejin_wanrong": _TRIANGLE,
        "lingbao_tongguan_ruicheng": _TRIANGLE,
        "houma_xinjiang_quwo": _TRIANGLE,
        "wudazhang": (108.7, 38.5, 117.0, 44.0),
        "xin_yu_e": (106.1, 36.4, 114.5, 41.4),
        "north_circle": (111.3, 38.5, 115.1, 41.2),
        "southeast_circle": (111.4, 34.7, 114.4, 37.6),
        "south_circle": (109.5, 34.1, 113.4, 37.5),
        "zhengzhou_metro": (110.5, 32.6, 115.8, 36.4),
        "guanzhong": (104.0, 32.4, 113.2, 37.5),
    }
)
"""West, south, east, north of each zone's network: its outline with 0.3 degree to spare; a part
takes the whole's.
"""
NO_NETWORK: Mapping[str, str] = MappingProxyType(
    {
        "zonggai": "its parks have no published outline; take 'central_cluster', which holds them",
        "jin_shaan_meng": "no plan lists its members; 'xin_yu_e' covers Xinzhou, Yulin and Ordos",
        "central_plains": "it spans five provinces; take 'zhengzhou_metro' or 'southeast_circle'",
        **dict.fromkeys(
            ("jing_jin_ji", "yangtze_delta", "greater_bay", "yellow_river_provinces"),
            "it is made of whole provinces, and the bundled main roads are calibrated round Shanxi"
            " only; bring your own network (sxgeo.read_network)",
        ),
    }
)
"""Zones of the plans without a bundled network, and why."""

MEANS = ("road", "walk", "rail", "road+rail")
"""Means of travel; ``rail`` is reached on foot, ``road+rail`` by car."""


def load_network(
    zone: str = "taixin",
    *,
    by: str = "road",
    as_of: str | None = None,
) -> Network:
    """Load a bundled network.

    Parameters
    ----------
    zone
        Id of a zone: those in `ZONE_BOXES` have a network, which is cut from one bundled file.
    by
        One of `MEANS`.
    as_of
        ISO date that decides which railways exist; None takes the day of the data. Roads carry no
        dates.

    Returns
    -------
    Network
        Straight two-way edges with both ends in the zone's box, lengths and times of known roads
        or, elsewhere, from `BUNDLED_CLASSES`: an estimate, no basis for a traffic study. Known
        expressways are joined at their ends only.

    Raises
    ------
    UsageError
        If the zone has no network, `by` is unknown or the date is wrong.
    DataError
        If the bundled file is missing or broken.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.load_network("taixin")
    <Network taixin by road: ... nodes, ... edges, times within ...>
    >>> sxgeo.load_network("taixin", by="walk").mode
    'walk'
    """
    if not isinstance(zone, str):
        raise wrong_type("the zone", zone, "the id of one, e.g. 'taixin'")

    # a zone that is known and has none gets its reason, not a guess at what was meant
    if zone in NO_NETWORK:
        raise UsageError(f"zone '{zone}' has no bundled network: {NO_NETWORK[zone]}")
    if zone not in ZONE_BOXES:
        raise unknown("network", zone, tuple(ZONE_BOXES))
    if by not in MEANS:
        raise unknown("means of travel", by, MEANS)
    return travelled(_bundled_roads(zone), by=by, as_of=as_of)


def travelled(
    roads: Network,
    *,
    by: str,
    as_of: str | None = None,
) -> Network:
    """Return roads as they are travelled by one of `MEANS`, with the railways of a day where it
    says so.

    Raises
    ------
    UsageError
        If `by` is unknown, the date is wrong, or the roads already carry rail.
    """
    if by not in MEANS:
        raise unknown("means of travel", by, MEANS)
    day = checked_date(as_of)

    # stations are walked to, but where the name says road they are driven to
    ways = on_foot(roads) if by in ("walk", "rail") else roads
    if "rail" not in by:
        return ways
    return with_rail(ways, as_of=day)


def _bundled_roads(zone: str) -> Network:
    try:
        with np.load(data_path(_FILE), allow_pickle=False) as arrays:
            nodes, edges = (arrays[f"road_{name}"] for name in ("lonlat", "edges"))
            length_m, speed_kmh = bundled_lengths_and_speeds(arrays)
            shut = arrays["road_shut"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"data/{_FILE} cannot be read ({error}): reinstall sxgeo") from error

    # the numbers of the edges go through the box, so that what stands beside them can follow
    nodes, edges, kept = inside_box(
        nodes,
        edges,
        np.arange(len(edges)),
        ZONE_BOXES[zone],
    )
    return network_from_arrays(
        nodes,
        edges,
        length_m=length_m[kept],
        speed_kmh=speed_kmh[kept],
        shut=shut[kept],
        id=zone,
        attribution=ATTRIBUTION,
        time_error_share=BUNDLED_ERROR_SHARE,
        offroad_kmh=BUNDLED_OFFROAD_KMH,
        offroad_cap_m=BUNDLED_OFFROAD_CAP_M,
    )


def bundled_lengths_and_speeds(arrays: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return length along the road in metres and speed in km/h of each bundled edge.

    Where the road is known (data/sources/roads.csv) its own; elsewhere what `BUNDLED_CLASSES` gives
    the chord.
    """
    chord_m, way_m, kmh = (
        arrays[f"road_{name}"].astype(np.float64) for name in ("length_m", "way_m", "kmh")
    )

    # the class of an edge goes by the length of its chord
    upto_km, speed_kmh, detour = np.array(BUNDLED_CLASSES).T
    of_edge = np.searchsorted(upto_km, chord_m / 1000, side="right")

    # 0 stands for a road that no source names
    length_m = np.where(way_m > 0, way_m, chord_m * detour[of_edge])
    return length_m, np.where(kmh > 0, kmh, speed_kmh[of_edge])


def inside_box(
    lonlat: npt.NDArray[Any],
    edges: npt.NDArray[Any],
    length_m: npt.NDArray[Any],
    box: tuple[float, float, float, float],
) -> tuple[Any, Any, Any]:
    """Keep the nodes in a box and the edges between them, in their order.

    Parameters
    ----------
    lonlat
        (n, 2) integers: degrees times 1e7, lon before lat.
    edges, length_m
        (m, 2) node numbers, and one value each, such as the length.
    box
        West, south, east, north in degrees; its edge counts as inside.

    Returns
    -------
    lonlat, edges, length_m
        Nodes are numbered anew.
    """
    west, south, east, north = (round(side * _DEGREE) for side in box)
    beyond = (lonlat < (west, south)) | (lonlat > (east, north))
    inside = np.asarray(~np.any(beyond, axis=1))

    # an edge that leaves the box has no end there: it is left out, not cut
    kept = inside[edges].all(axis=1)

    # nodes are numbered anew in the order in which they stood
    number = np.cumsum(inside) - 1
    return lonlat[inside], number[edges[kept]].astype(edges.dtype), length_m[kept]


def read_network(source: NetworkSource, *, by: str = "road") -> Network:
    """Read a network from lines with speeds, an OpenStreetMap extract, or what :func:`save_network`
    wrote.

    Parameters
    ----------
    source
        A line frame, a graph of osmnx or networkx, or the path of a vector file that GDAL reads
        (``FILE:LAYER`` names one of several layers), an extract as .osm.pbf or .osm (needs osmium),
        a .graphml, or a .npz; lines need `speed_kmh` and may have `oneway`. What a file is shows in
        its bytes, not in its name.
    by
        ``"road"`` or ``"walk"``: which ways of an extract or graph are read. Other sources do not
        tell them apart.

    Returns
    -------
    Network
        Named after the file; ``"lines"`` for a frame, ``"osm"`` for a graph. `notes` say what was
        lost or does not join.

    Raises
    ------
    UsageError
        If `by` is unknown.
    InputError
        If the file is missing or cannot be read, or its lines cannot be used: all problems at once.

    Examples
    --------
    >>> import sxgeo
    >>> import geopandas as gpd, shapely
    >>> road = shapely.LineString([(112.5, 37.8), (112.6, 37.8)])
    >>> lines = gpd.GeoDataFrame({"speed_kmh": [60.0]}, geometry=[road], crs="EPSG:4490")
    >>> sxgeo.read_network(lines)
    <Network lines by road: 2 nodes, 1 edge, times within 15%>
    """
    if by not in ("road", "walk"):
        raise unknown("way of reading a network", by, ("road", "walk"))
    if isinstance(source, gpd.GeoDataFrame):
        return network_from_lines(source)

    # graphs are known by what they have: networkx need not be installed to be asked of
    if hasattr(source, "nodes") and hasattr(source, "edges"):
        return network_from_graph(source, by=by)
    if not isinstance(source, (str, os.PathLike)):
        raise wrong_type(
            "the network", source, "a path, a frame of lines with speed_kmh, or a graph of osmnx"
        )
    return _network_of_file(*_file_and_layer(source), by)


def _network_of_file(
    path: Path,
    layer: str | None,
    by: str,
) -> Network:
    """Read a network from a file of any of its kinds."""
    # a file geodatabase is a folder, all else must be a regular file
    folder = path.suffix.lower() == ".gdb"
    if not folder:
        regular_file(path, "network file")

    # these two are told by name: neither has first bytes of its own
    if path.suffix.lower() == ".npz":
        return open_network(path)
    if path.suffix.lower() == ".graphml":
        return network_from_graph(path, by=by)
    if not folder and is_extract(path):
        return read_extract(path, by=by)
    return network_from_lines(_lines_in(path, layer), id=path.stem if layer is None else layer)


def _lines_in(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Read the lines of a file of features; one with several layers is refused with the way to name
    one.
    """
    try:
        return whole(read_features(path, "network file", layer=layer), f"network file '{path}'")
    except InputError as error:
        hint = (
            f"; a layer is named as {path.name}:LAYER"
            if layer is None and "layers" in str(error)
            else ""
        )
        raise InputError(f"{error}{hint}") from error


def is_extract(path: Path) -> bool:
    """Say whether a file is an extract of OpenStreetMap: by its bytes, or by a name that promises
    one, so that the reader of extracts says what is wrong.

    Raises
    ------
    InputError
        If the file is empty or cannot be read.
    """
    return bool(extract_kind(path)) or path.name.lower().endswith(_EXTRACTS)


def _file_and_layer(source: str | os.PathLike[str]) -> tuple[Path, str | None]:
    """Part ``FILE:LAYER``, where the whole is no file and the part before the last colon is one."""
    path = Path(source)
    before, colon, layer = str(source).rpartition(":")
    if colon and layer and not path.exists() and Path(before).exists():
        return Path(before), layer
    return path, None


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to one .npz file, which :func:`read_network` opens by memory map.

    Parameters
    ----------
    network
        Roads without rail, which has a date.
    path
        A .npz file; an old one is replaced only when the new one is complete.

    Raises
    ------
    UsageError
        If the name does not end in .npz, or the network carries rail.
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> sxgeo.save_network(network, "taixin.npz")
    >>> len(sxgeo.read_network("taixin.npz")) == len(network)
    True
    """
    write_network(network, path)
