"""Where points lie: asked one by one, from every side and at the rim of every box."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.geometry import containment
from sxgeo.geometry.containment import first_holding, near_edge
from sxgeo.geometry.projection import plane_crs, to_degrees, to_plane

REACH_M = 3_000.0


def overlapping(seed: int) -> Any:
    """Polygons over each other, one with a hole, on whole numbers so that points lie on their edges."""
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 8, (5, 2))
    boxes = [shapely.box(*a, *(a + rng.integers(1, 6, 2))) for a in low]
    slanted = shapely.Polygon([(1, 0), (9, 4), (5, 9), (0, 6)])
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 6, 6))
    every = [*boxes[:3], slanted, *boxes[3:], ring]
    return np.array(every, dtype=object)


@pytest.mark.parametrize("seed", range(4))
def test_a_point_goes_to_the_first_that_holds_it_wherever_on_the_grid_it_lies(seed: int) -> None:
    polygons = overlapping(seed)
    x, y = (
        rows.ravel().astype(float) for rows in np.meshgrid(np.arange(-2, 16), np.arange(-2, 16))
    )
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = np.append(x[order], [np.nan, 4.0, np.nan]), np.append(y[order], [4.0, np.nan, np.nan])
    told = first_holding(x, y, polygons)
    for place, found in zip(shapely.points(x, y), told.tolist(), strict=True):
        holding = [k for k, polygon in enumerate(polygons) if polygon.intersects(place)]
        assert found == min(holding, default=len(polygons))
    assert set(told.tolist()) >= {len(polygons), 0, 3}


@pytest.mark.parametrize("lat", [18.2, 38.0, 53.4])
@pytest.mark.parametrize("side", ["east", "west", "north", "south", "corner"])
def test_a_point_alone_is_near_an_edge_as_far_as_the_accuracy_reaches(
    lat: float, side: str
) -> None:
    """From every side, wherever in China: no edge is left out because it lies far in degrees."""
    box = shapely.box(114.0, lat, 114.1, lat + 0.1)
    crs = plane_crs(114.05)
    plane_box = to_plane(shapely.segmentize(box, 0.001), crs)
    west, south, east, north = plane_box.bounds
    x, y = (west + east) / 2, (south + north) / 2
    foot, away = {
        "east": ((east, y), (1, 0)),
        "west": ((west, y), (-1, 0)),
        "north": ((x, north), (0, 1)),
        "south": ((x, south), (0, -1)),
        "corner": ((east, north), (0.8, 0.6)),
    }[side]
    for share in (0.5, 0.9, 0.97, 0.9998, 1.0002, 1.03, 1.1, 2.0, 9.0):
        place = shapely.Point(np.array(foot) + np.array(away) * REACH_M * share)
        # an edge bends on the plane: a few metres more or less bring the place to its distance
        for _ in range(4):
            more = REACH_M * share - shapely.distance(place, plane_box.boundary)
            place = shapely.affinity.translate(place, *(more * np.array(away)))
        lonlat = shapely.get_coordinates(to_degrees(place, crs))
        told = near_edge(lonlat[:, 0], lonlat[:, 1], np.array([box], dtype=object), [REACH_M])
        assert told.tolist() == [share < 1]


def test_points_together_are_told_as_each_alone_and_each_edge_reaches_as_its_own_polygon() -> None:
    rng = np.random.default_rng(5)
    wide = shapely.box(110.0, 37.0, 112.7, 38.0).difference(shapely.box(110.5, 37.2, 112.0, 37.8))
    polygons = np.array(
        [wide, shapely.box(112.9, 37.0, 113.0, 37.1), shapely.box(111, 37.4, 111.2, 37.5)]
    )
    accuracy = [900.0, 6_000.0, np.nan]
    lon, lat = rng.uniform(109.8, 113.4, 60), rng.uniform(36.8, 38.2, 60)
    lon[:20] = np.append(110.0 + rng.normal(0, 0.01, 10), 112.7 + rng.normal(0, 0.01, 10))
    lon[20:32], lat[20:32] = 112.95 + rng.normal(0, 0.06, 12), 37.05 + rng.normal(0, 0.06, 12)
    lon[[40, 41]], lat[[41, 42]] = np.nan, np.nan
    together = near_edge(lon, lat, polygons, np.array(accuracy))
    alone = [near_edge(lon[k : k + 1], lat[k : k + 1], polygons, accuracy)[0] for k in range(60)]
    assert together.tolist() == alone and not together[40:43].any()
    for k, place in enumerate(shapely.points(lon, lat)):
        if np.isnan(lon[k]) or np.isnan(lat[k]):
            continue
        crs = plane_crs(lon[k])
        gap = [
            shapely.distance(
                to_plane(place, crs), to_plane(shapely.segmentize(p.boundary, 0.002), crs)
            )
            - reach
            for p, reach in zip(polygons[:2], accuracy, strict=False)
        ]
        if min(map(abs, gap)) > 0.5:
            assert together[k] == (min(gap) < 0)
    assert 10 < together.sum() < 50


def test_places_along_edges_leave_no_cell_out_and_cells_are_widened_by_their_neighbours() -> None:
    edge = np.array([[0.3, 0.2], [7.7, 3.1], [-1.2, 5.0]])
    for cell in (0.05, 0.31, 1.7):
        along = containment._steps_along(edge[:-1], edge[1:], cell)
        assert (np.abs(np.diff(along, axis=0)) <= cell / 2 + 1e-9).all()
        for corner in edge:
            assert (np.abs(along - corner).max(axis=1) < 1e-12).any()
        line = shapely.LineString(edge)
        assert (shapely.distance(shapely.points(along), line) < 1e-9).all()
    cells = np.zeros((9, 8), dtype=bool)
    cells[4, 3] = cells[1, 6] = True
    x, y = np.nonzero(containment._widened(cells))
    near = {(i + a, j + b) for i, j in ((4, 3), (1, 6)) for a in (-1, 0, 1) for b in (-1, 0, 1)}
    assert set(zip(x.tolist(), y.tolist(), strict=True)) == near
