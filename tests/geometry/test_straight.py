"""Edges stay straight when the system changes: worked cases, and laws for any edge."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import CLASS, make_layer, make_record, make_rule
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.conflicts.screener import Screener, screen
from sxgeo.geometry import overlap
from sxgeo.geometry.datums import from_geographic, to_geographic
from sxgeo.geometry.projection import plane_crs, quantise, to_degrees, to_plane
from sxgeo.geometry.straight import (
    REPAIRED_M,
    STRAIGHT_M,
    carried,
    laid_and_measured,
    laid_on_plane,
    lifted_to_degrees,
)
from sxgeo.layers.layers import Layer
from sxgeo.model.sites import Site
from sxgeo.sites.read import read_sites

SHARES = np.linspace(0, 1, 801)[:, None]
corners = st.tuples(st.floats(108.1, 116.9), st.floats(20, 53))
lengths = st.floats(-3, 0.3).map(lambda power: 10.0**power)
angles = st.floats(0, 2 * np.pi)
COUNTIES = gpd.GeoDataFrame(
    {"code": ["149999"], "position_accuracy_m": [0.0]},
    geometry=[shapely.box(105, 30, 120, 45)],
    crs="EPSG:4490",
)


def edge(corner: tuple[float, float], length: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
    start = np.array(corner)
    return start, start + length * np.array([np.cos(angle), np.sin(angle)])


def verdicts(sites: list[Site], *shapes: shapely.Geometry) -> list[str]:
    records = tuple(
        make_record(feature_id=f"F{i}", position_accuracy_m=0.0) for i in range(len(shapes))
    )
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    layer = Layer(make_layer().spec, records, held)
    return [
        o.verdict
        for o in screen(sites, [layer], [make_rule()], counties=COUNTIES, as_of="2026-11-21")
    ]


@settings(deadline=None)
@given(corner=corners, length=lengths, angle=angles)
def test_an_edge_in_degrees_stays_on_its_curve(
    corner: tuple[float, float], length: float, angle: float
) -> None:
    start, end = edge(corner, length, angle)
    plane = plane_crs(corner[0])
    curve = to_plane(shapely.points(start + SHARES * (end - start)), plane)
    assert (
        shapely.distance(curve, laid_on_plane(shapely.LineString([start, end]), plane)).max()
        < STRAIGHT_M
    )


@settings(deadline=None)
@given(
    corner=corners,
    length=st.floats(1, 5).map(lambda power: 10.0**power),
    angle=angles,
    zones=st.integers(-1, 1),
)
def test_an_edge_on_a_plane_stays_straight_there(
    corner: tuple[float, float], length: float, angle: float, zones: int
) -> None:
    own = plane_crs(corner[0])
    drawn = f"EPSG:{int(own.removeprefix('EPSG:')) + zones}"
    start = shapely.get_coordinates(to_plane(shapely.Point(corner), drawn))[0]
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    curve = to_degrees(shapely.points(start + SHARES * (end - start)), drawn)
    lifted = lifted_to_degrees(shapely.LineString([start, end]), drawn)
    metres = np.array([111_700 * np.cos(np.radians(corner[1])), 111_700])
    assert (
        shapely.distance(
            *(shapely.transform(g, lambda xy: xy * metres) for g in (curve, lifted))
        ).max()
        < STRAIGHT_M
    )
    laid = laid_on_plane(to_degrees(shapely.LineString([start, end]), drawn), own, drawn)
    assert shapely.distance(to_plane(curve, own), laid).max() < STRAIGHT_M


@settings(deadline=None)
@given(corner=corners, length=lengths, angle=angles, share=st.floats(0.001, 0.999))
def test_a_corner_on_an_edge_changes_nothing(
    corner: tuple[float, float], length: float, angle: float, share: float
) -> None:
    start, end = edge(corner, length, angle)
    plane = plane_crs(corner[0])
    whole = laid_on_plane(shapely.LineString([start, end]), plane)
    split = laid_on_plane(shapely.LineString([start, start + share * (end - start), end]), plane)
    assert shapely.hausdorff_distance(whole, split) < whole.length  # sane
    for one, other in ((whole, split), (split, whole)):
        assert (
            shapely.distance(shapely.points(shapely.get_coordinates(one)), other).max()
            < 2 * STRAIGHT_M
        )


@settings(deadline=None)
@given(corner=corners, length=lengths, angle=angles)
def test_two_shapes_get_the_same_points_on_the_edge_that_they_share(
    corner: tuple[float, float], length: float, angle: float
) -> None:
    start, end = edge(corner, length, angle)
    plane = plane_crs(corner[0])
    there, back = (
        laid_on_plane(shapely.LineString(line), plane) for line in ([start, end], [end, start])
    )
    assert there.equals_exact(back.reverse(), 0)


@settings(deadline=None)
@given(
    corner=corners,
    length=lengths,
    angle=angles,
    crs=st.sampled_from(["EPSG:32649", "EPSG:3857", "EPSG:4508"]),
)
def test_an_edge_of_any_file_is_the_straight_line_in_its_system(
    corner: tuple[float, float], length: float, angle: float, crs: str
) -> None:
    degrees = shapely.points(np.array(edge(corner, length, angle)))
    start, end = shapely.get_coordinates(from_geographic(degrees, crs))
    moved = carried(shapely.LineString([start, end]), lambda g: to_geographic(g, crs))
    curve = to_geographic(shapely.points(start + SHARES * (end - start)), crs)
    metres = np.array([111_700 * np.cos(np.radians(corner[1])), 111_700])
    assert (
        shapely.distance(
            *(shapely.transform(g, lambda xy: xy * metres) for g in (curve, moved))
        ).max()
        < 1.1 * STRAIGHT_M
    )


def test_kinds_of_shapes_keep_their_kind_and_their_parts() -> None:
    long = shapely.box(112, 37, 112.5, 37.5)
    holed = long.difference(shapely.box(112.1, 37.1, 112.2, 37.2))
    shapes = [
        long,
        holed,
        shapely.MultiPolygon([holed, shapely.box(113, 37, 113.0001, 37.0001)]),
        long.exterior,
        shapely.LineString([(112, 37), (113, 38)]),
        shapely.MultiLineString([[(112, 37), (113, 38)], [(111, 37), (111, 38)]]),
        shapely.MultiPoint([(112, 37), (113, 38)]),
        shapely.GeometryCollection([long, shapely.Point(112, 37)]),
        shapely.Point(112, 37),
        shapely.Polygon(),
        None,
    ]
    laid = laid_on_plane(np.array(shapes, dtype=object), "EPSG:4547")
    for before, after in zip(shapes, laid, strict=True):
        assert (before is None) == (after is None)
        if before is not None:
            assert before.geom_type == after.geom_type
            assert shapely.get_num_geometries(before) == shapely.get_num_geometries(after)
            assert after.equals_exact(laid_on_plane(before, "EPSG:4547"), 0)
    assert len(laid[1].interiors) == 1
    assert shapely.get_num_coordinates(laid[6]) == 2


def test_a_site_inside_a_half_degree_block_is_in_conflict() -> None:
    block = shapely.box(
        112.6, 37.9, 113.1, 38.4
    )  # straight corner to corner on the plane, its south edge lies 30 m too far north
    inside = shapely.box(112.85, 37.9001, 112.8501, 37.9002)
    beside = shapely.box(112.85, 37.8997, 112.8501, 37.8998)
    assert verdicts([Site("in", inside), Site("out", beside)], block)[0] == "conflict"
    assert verdicts([Site("out", beside)], block) == ["clear"]


def test_a_line_three_degrees_long_meets_what_lies_on_it() -> None:
    line = shapely.LineString([(111.0, 38.0), (114.0, 38.0)])
    on, off = (
        shapely.box(112.4, 37.9995, 112.401, 38.0005),
        shapely.box(112.4, 38.005, 112.401, 38.006),
    )
    assert verdicts([Site("s", line)], on) == ["conflict"]
    assert verdicts([Site("s", line)], off) == ["clear"]


def test_a_centroid_at_112_5_exactly_goes_to_114() -> None:
    rng, planes = np.random.default_rng(1), set()
    for _ in range(400):
        lat, half, high = (
            38 + rng.random(),
            round(rng.random() / 100 + 1e-4, 7),
            round(rng.random() / 100 + 1e-4, 7),
        )
        shape = quantise(shapely.box(112.5 - half, lat, 112.5 + half, lat + high))
        planes.add(plane_crs(shape.centroid.x))
    assert planes == {"EPSG:4547"}


def test_the_plane_that_is_declared_decides_the_edges_and_not_the_plane_of_the_distance() -> None:
    plot = quantise(to_degrees(shapely.box(300_000, 4_200_000, 304_000, 4_201_000), "EPSG:4547"))
    near = Site("s", plot, crs="EPSG:4547")
    answer = screen([near], [], [], counties=COUNTIES, as_of="2026-11-21")[0]
    assert answer.crs == "EPSG:4547"
    assert answer.area_m2 == pytest.approx(4_000_000, abs=60)  # the grid alone
    assert plane_crs(plot.centroid.x) == "EPSG:4546"
    laid = laid_on_plane(plot, "EPSG:4546", "EPSG:4547")
    middle = to_plane(to_degrees(shapely.Point(302_000, 4_200_000), "EPSG:4547"), "EPSG:4546")
    assert shapely.distance(middle, shapely.boundary(laid)) < 0.02


def test_the_area_of_a_surveyed_plot_is_that_of_its_corners(tmp_path) -> None:
    pairs = [
        (4_200_000.0, 500_000.0),
        (4_200_000.0, 502_000.0),
        (4_203_000.0, 502_500.0),
        (4_202_000.0, 500_000.0),
    ]
    rows = "".join(
        f"J{i % 4 + 1},1,{pairs[i % 4][0]:.4f},{38e6 + pairs[i % 4][1]:.4f}\n" for i in range(5)
    )
    path = tmp_path / "plot.txt"
    path.write_text(
        f"[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n计量单位=米\n精度=0.01\n[地块坐标]\n5,1,P1,甲,面,,,,@\n{rows}",
        "utf-8",
    )
    (site,) = read_sites(path).sites
    assert site.crs == "EPSG:4547"
    assert shapely.get_num_coordinates(site.geometry) == 5
    corners = shapely.area(to_plane(site.geometry, "EPSG:4547"))
    answer = screen([site], [], [], counties=COUNTIES, as_of="2026-11-21")[0]
    assert answer.area_m2 == pytest.approx(corners, abs=1e-6)


def test_a_layer_on_a_plane_is_straight_on_that_plane(tmp_path) -> None:
    from sxgeo.geometry.projection import quantise

    drawn = shapely.box(480_000, 4_200_000, 520_000, 4_240_000)
    degrees = quantise(
        carried(np.array([drawn], dtype=object), lambda g: to_geographic(g, "EPSG:4547"))
    )[0]
    laid = laid_on_plane(degrees, "EPSG:4547")
    assert shapely.distance(shapely.Point(500_000, 4_240_000), shapely.boundary(laid)) < 0.012
    assert to_plane(to_geographic(drawn, "EPSG:4547"), "EPSG:4547").equals_exact(drawn, 1e-6)


def combs() -> list[shapely.Geometry]:
    """Valid in degrees, invalid on the plane when only corners move: a long edge, and a corner that
    stands 1 m off it.
    """
    found = []
    for lat in np.linspace(36, 40, 9):
        for width in (0.1, 0.25, 0.5, 1.0):
            corners = [
                (112.6, lat),
                (112.6 + width, lat),
                (112.6 + width, lat + 0.1),
                (112.6, lat + 0.1),
            ]
            found.append(
                shapely.Polygon(
                    [*corners[:2], corners[2], (112.6 + width / 2, lat + 1e-5), corners[3]]
                )
            )
    return [quantise(shape) for shape in found]


def test_what_is_valid_in_degrees_is_answered() -> None:
    shapes = combs()
    bare = [to_plane(shape, plane_crs(shape.centroid.x)) for shape in shapes]
    assert sum(not shape.is_valid for shape in bare) > len(shapes) / 3  # the fault: corners alone
    for shape in shapes:
        laid, moved_m = laid_and_measured(shape, plane_crs(shape.centroid.x))
        assert laid.is_valid
        assert moved_m <= REPAIRED_M
    plots = [
        Site(f"s{i}", shapely.box(112.7, lat, 112.7001, lat + 0.0001))
        for i, lat in enumerate((36.2, 38.2, 50.0))
    ]
    sites = [*plots, *(Site(f"c{i}", shape) for i, shape in enumerate(shapes))]
    assert "not_screened" not in verdicts(sites[:2] + sites[3:], *shapes)


def test_one_shape_that_cannot_be_answered_costs_one_answer(monkeypatch) -> None:
    good, bad = (
        shapely.box(112.60, 38.0, 112.601, 38.001),
        shapely.box(112.70, 38.0, 112.701, 38.001),
    )
    # it cuts the sites: one that lies inside another is never overlaid
    target = shapely.box(112.5, 37.9, 112.8, 38.0005)
    whole = shapely.intersection

    def failing(site, resource):
        if shapely.get_coordinates(shapely.centroid(site))[0, 0] < 381_000:
            return whole(site, resource)
        raise shapely.GEOSException("side location conflict")

    monkeypatch.setattr(overlap.shapely, "intersection", failing)
    sites = [Site("good", good), Site("bad", bad), Site("again", good)]
    held = np.array([target], dtype=object)
    layer = Layer(make_layer().spec, (make_record(position_accuracy_m=0.0),), held)
    answers = screen(sites, [layer], [make_rule()], counties=COUNTIES, as_of="2026-11-21")
    assert [a.verdict for a in answers] == ["conflict", "not_screened", "conflict"]
    assert "cannot be laid" in answers[1].site.problems[-1]
    # in arrays it costs one answer too
    screener = Screener([layer], [make_rule()], counties=COUNTIES, as_of="2026-11-21")
    outcomes, found = screener.screen_found(sites)
    assert [o.verdict for o in outcomes] == [a.verdict for a in answers]
    told = {int(rows[i]): part.detail(i) for rows, part in found for i in range(len(rows))}
    assert told == {k: answers[k].screening[0].detail(CLASS) for k in (0, 2)}


def test_a_repair_that_moves_an_edge_is_measured() -> None:
    spike = shapely.Polygon(
        [
            (112.5, 38),
            (112.51, 38),
            (112.51, 38.01),
            (112.505, 38.01),
            (112.505, 38.02),
            (112.505, 38.01),
            (112.5, 38.01),
        ]
    )
    laid, moved_m = laid_and_measured(spike, "EPSG:4547")
    assert laid is not None
    assert moved_m > 1000 * REPAIRED_M
