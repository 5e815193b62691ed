"""Joining a place to the roads: the quick way finds what looking at every edge finds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.snap import MAX_SNAP_M, snap
from sxgeo.errors import AnalysisError
from sxgeo.geometry.projection import plane_crs, to_plane

grid = st.tuples(st.integers(0, 40), st.integers(0, 40))


@settings(max_examples=150, deadline=None)
@given(
    ends=st.lists(
        st.tuples(grid, grid).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=12
    ),
    at=st.tuples(st.integers(-30, 70), st.integers(-30, 70)),
    south=st.sampled_from([3.9, 38.0, 53.0]),
)
def test_the_nearest_edges_are_those_of_all_edges(ends, at, south):
    def place(x, y):
        return (round(112.3 + 0.002 * x, 7), round(south + 0.002 * y, 7))

    lines = [shapely.LineString([place(*a), place(*b)]) for a, b in ends]
    network = network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [30] * len(lines)}, geometry=lines, crs="EPSG:4490")
    )
    lon, lat = place(at[0] + 0.3, at[1] + 0.4)
    crs = plane_crs(lon)
    every = to_plane(network.lines(np.arange(len(network.tail))), crs)
    distance = shapely.distance(every, to_plane(shapely.Point(lon, lat), crs))
    if distance.min() > MAX_SNAP_M:
        with pytest.raises(AnalysisError, match=f"is {distance.min() / 1000:.0f} km away"):
            snap(network, network.boxes, lon, lat)
    else:
        found = snap(network, network.boxes, lon, lat)
        assert found.edges.tolist() == np.flatnonzero(distance <= distance.min() + 0.02).tolist()
        assert found.distance_m == distance.min()
