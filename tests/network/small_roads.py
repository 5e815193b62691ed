"""Small road networks for the tests of reach: worked by hand, and drawn at random."""

from __future__ import annotations

import geopandas as gpd
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString

from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network

GEOD = Geod(ellps="GRS80")
HERE = (112.6, 38.0)


def move(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    return round(float(lon), 7), round(float(lat), 7)


def straight(length_m: float = 20_000, speed_kmh: float = 60, **columns) -> Network:
    line = LineString([HERE, move(HERE, 90, length_m)])
    return network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [speed_kmh], **columns}, geometry=[line], crs="EPSG:4490")
    )


def lattice(
    speeds: list[int], oneway: list[bool], **columns
) -> tuple[Network, list[tuple[float, float]]]:
    """Return a lattice of 4 by 4 nodes with 24 links, and its nodes."""
    nodes = [
        (round(112.6 + 0.01 * i, 7), round(38.0 + 0.01 * j, 7)) for i in range(4) for j in range(4)
    ]
    pairs = [(n, n + 1) for n in range(16) if n % 4 != 3] + [(n, n + 4) for n in range(12)]
    lines = [LineString([nodes[a], nodes[b]]) for a, b in pairs]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": speeds, "oneway": oneway, **columns}, geometry=lines, crs="EPSG:4490"
    )
    return network_from_lines(frame), nodes


speeds = st.lists(st.integers(5, 120), min_size=24, max_size=24)
oneways = st.lists(st.booleans(), min_size=24, max_size=24)
spots = st.lists(
    st.tuples(
        st.floats(112.595, 112.635).map(lambda x: round(x, 7)),
        st.floats(37.995, 38.035).map(lambda y: round(y, 7)),
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
