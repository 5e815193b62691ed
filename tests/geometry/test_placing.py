"""Which polygon holds a point, and which edge is near."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.geometry.containment import first_holding, near_edge
from sxgeo.geometry.projection import plane_crs, to_plane

BOXES = np.array([shapely.box(112.0, 38.0, 112.2, 38.2), shapely.box(112.2, 38.0, 112.4, 38.2)])


def test_a_shared_edge_goes_to_the_first_polygon():
    lon, lat = np.array([112.2, 112.1, 112.3, 112.5, np.nan]), np.full(5, 38.1)
    assert first_holding(lon, lat, BOXES).tolist() == [0, 0, 1, 2, 2]


def test_a_metre_decides_nearness():
    north = 38.2 + np.array([80.0, 120.0]) / 111_000  # an edge seen from the north, by hand
    lon = np.full(2, 112.1)
    assert near_edge(lon, north, BOXES, [100.0, np.nan]).tolist() == [True, False]
    assert near_edge(lon, north, BOXES, [np.nan, np.nan]).tolist() == [False, False]


def test_two_planes_meet_inside_the_boxes():
    wide = np.array(
        [shapely.box(112.4, 38.0, 112.6, 38.2)]
    )  # the planes of 111 E and 114 E meet at 112.5
    lon, lat = np.array([112.4999, 112.5001]), np.array([38.2001, 38.2001])
    assert near_edge(lon, lat, wide, [50.0]).all()


def test_nothing_is_near_when_there_is_nothing():
    assert not near_edge(np.array([112.0]), np.array([38.0]), np.array([], dtype=object), []).any()
    assert first_holding(np.array([]), np.array([]), BOXES).tolist() == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), reach_m=st.floats(0, 5_000))
def test_nearness_is_the_distance_on_the_plane_to_any_edge(seed, reach_m):
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(111.9, 112.45, 50), random.uniform(37.9, 38.3, 50)
    accuracy_m = np.array([reach_m, reach_m / 2])
    found = near_edge(lon, lat, BOXES, accuracy_m)
    crs = plane_crs(112.2)
    points, edges = to_plane(shapely.points(lon, lat), crs), to_plane(shapely.boundary(BOXES), crs)
    away_m = np.array([shapely.distance(points, edge) for edge in edges])
    clear = np.abs(away_m - accuracy_m[:, None]).min(axis=0) > 0.01
    assert (found == (away_m <= accuracy_m[:, None]).any(axis=0))[clear].all()
