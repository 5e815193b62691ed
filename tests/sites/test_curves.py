"""Curved outlines are straightened within a stated and measured distance, or refused; heights and
measures never reach the plan.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely
from bad_files import PLOT, frame
from pyproj import Transformer

from sxgeo.errors import InputError
from sxgeo.sites.formats import vector
from sxgeo.sites.formats.curves import MAX_FEATURES, STEP_DEGREES
from sxgeo.sites.formats.dxf import ARC_TOLERANCE_M, _line
from sxgeo.sites.read import read_sites

pyarrow = pytest.importorskip("pyarrow", reason="writes curves through Arrow")
CENTRE, RADIUS_M = (420_100.0, 4_207_000.0), 2_000.0


def circle_gml(folder: Path) -> Path:
    """A circle of 2 km in EPSG:4547 as four arcs, northing first as the system wants it."""
    x, y = CENTRE
    points = [
        (x - RADIUS_M, y),
        (x, y + RADIUS_M),
        (x + RADIUS_M, y),
        (x, y - RADIUS_M),
        (x - RADIUS_M, y),
    ]
    places = " ".join(f"{north} {east}" for east, north in points)
    path = folder / "circle.gml"
    path.write_text(
        '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="a"><ogr:featureMember><ogr:p'
        ' gml:id="p.0">'
        '<ogr:geometryProperty><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4547"'
        ' gml:id="g"><gml:exterior><gml:Ring>'
        '<gml:curveMember><gml:Curve gml:id="c"><gml:segments><gml:ArcString>'
        f"<gml:posList>{places}</gml:posList></gml:ArcString></gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
        "</gml:exterior></gml:Polygon></ogr:geometryProperty><ogr:name>a</ogr:name></ogr:p></ogr:featureMember>"
        "</ogr:FeatureCollection>",
        encoding="utf-8",
    )
    return path


def circle_in(folder: Path, suffix: str) -> Path:
    """The same circle, still curved, beside nothing else."""
    _, table = pyogrio.raw.read_arrow(circle_gml(folder))
    path = folder / f"circle.{suffix}"
    pyogrio.raw.write_arrow(
        table.drop_columns(["gml_id"]),
        path,
        layer="p",
        driver={"gpkg": "GPKG", "gdb": "OpenFileGDB"}[suffix],
        geometry_name="geometryProperty",
        geometry_type="Unknown" if suffix == "gpkg" else "MultiPolygon",
        crs="EPSG:4547",
    )
    return path


@pytest.mark.parametrize("suffix", ["gml", "gpkg", "gdb"])
@pytest.mark.parametrize("columns", [False, True])
def test_an_arc_is_straightened_within_the_stated_distance(
    suffix: str, columns: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: a piece that turns by one degree lies r (1 - cos 0.5°) = 0.0762 m inside a circle of
    2 km.
    """
    monkeypatch.setattr(vector, "_LARGE", 0 if columns else 1 << 40)
    path = circle_gml(tmp_path) if suffix == "gml" else circle_in(tmp_path, suffix)
    read = read_sites(path)
    (site,) = read.sites
    told = read.autopsy[0]["curves"]
    sagitta = RADIUS_M * (1 - math.cos(math.radians(STEP_DEGREES[0] / 2)))
    assert sagitta <= told["tolerance_m"] <= sagitta * 4 / 3 + 0.01
    assert told["straightened"] == 1
    assert site.datum_error_m == told["tolerance_m"]
    assert (site.problems, site.doubtful) == ((), False)
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4547", always_xy=True)
    east, north = to_plane.transform(*shapely.get_coordinates(site.geometry).T)
    apart = np.abs(np.hypot(east - CENTRE[0], north - CENTRE[1]) - RADIUS_M)
    assert apart.max() < 0.02  # vertices lie on the circle, but for the quantisation of 1e-7 degree


def test_a_plot_without_curves_says_nothing_of_them(tmp_path: Path) -> None:
    frame(PLOT).to_file(tmp_path / "plain.gpkg")
    read = read_sites(tmp_path / "plain.gpkg")
    assert "curves" not in read.autopsy[0]
    assert read.sites[0].datum_error_m == 0.0


def test_too_many_curves_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_FEATURES > 0
    monkeypatch.setattr("sxgeo.sites.formats.curves.MAX_FEATURES", 0)
    with pytest.raises(
        InputError, match="1 curved geometries, more than 0; convert them to straight edges"
    ):
        read_sites(circle_in(tmp_path, "gpkg"))


@pytest.mark.parametrize(
    "text",
    [
        "CURVEPOLYGON(CIRCULARSTRING(112.6 38, 112.61 38.01, 112.62 38, 112.61 37.99, 112.6 38))",
        "SRID=4490;MULTISURFACE EMPTY",
    ],
)
def test_curves_in_wkt_are_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.wkt").write_text(text, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"holds a curved geometry \((CURVEPOLYGON|MULTISURFACE)\)"
    ):
        read_sites(tmp_path / "c.wkt")


def with_zm(shape: Any, dimensions: str) -> str:
    """WKT of a shape with Z = 800 and M = 7 000 000 on every point, as many of them as said."""
    more = {"": (), "Z": (800,), "M": (7_000_000,), "ZM": (800, 7_000_000)}[dimensions]
    points = ", ".join(
        " ".join(map(str, (*p, *more))) for p in shapely.get_coordinates(shape).tolist()
    )
    return f"POLYGON {dimensions} (({points}))"


@pytest.mark.parametrize(
    ("suffix", "dimensions"),
    [(s, d) for s in ("wkt", "csv", "gpkg") for d in ("Z", "M", "ZM")]
    + [("shp", "Z"), ("fgb", "Z")],
)
def test_heights_and_measures_are_left_out_and_said(
    suffix: str, dimensions: str, tmp_path: Path
) -> None:
    """The plan is that of the flat plot, whatever stands behind each pair."""
    text, path = with_zm(PLOT, dimensions), tmp_path / f"zm.{suffix}"
    if suffix == "wkt":
        path.write_text(f"SRID=4490;{text}", encoding="utf-8")
    elif suffix == "csv":
        path.write_text(f'编号,WKT\na,"SRID=4490;{text}"\n', encoding="utf-8")
    else:
        table = pyarrow.table({"name": ["a"], "geometry": [zm_wkb(PLOT, dimensions)]})
        driver = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "fgb": "FlatGeobuf"}[suffix]
        kind = "2.5D Polygon" if suffix != "gpkg" else "Unknown"
        pyogrio.raw.write_arrow(
            table,
            path,
            layer="zm",
            driver=driver,
            geometry_name="geometry",
            geometry_type=kind,
            crs="EPSG:4490",
        )
    read = read_sites(path)
    (site,) = read.sites
    assert not shapely.has_z(site.geometry)
    assert site.geometry.normalize().equals_exact(PLOT.normalize(), 1e-9)
    assert (site.problems, site.doubtful) == ((), False)
    if (
        suffix != "gpkg" or dimensions != "M"
    ):  # the driver's reader has dropped those measures itself
        assert read.autopsy[0]["heights"]["features"] == 1


def zm_wkb(shape: Any, dimensions: str) -> bytes:
    """ISO WKB of a polygon of one ring with Z = 800 and M = 7 000 000."""
    code = 3 + {"Z": 1000, "M": 2000, "ZM": 3000}[dimensions]
    more = [v for key, v in (("Z", 800.0), ("M", 7e6)) if key in dimensions]
    points = [[*p, *more] for p in shapely.get_coordinates(shape).tolist()]
    head = (
        b"\1"
        + code.to_bytes(4, "little")
        + (1).to_bytes(4, "little")
        + len(points).to_bytes(4, "little")
    )
    return head + np.array(points, dtype="<f8").tobytes()


def test_a_height_that_is_no_number_leaves_the_plan_as_it_is(tmp_path: Path) -> None:
    ring = [[*p, None] for p in shapely.get_coordinates(PLOT).tolist()]
    for bad in ("NaN", "1e999", "-1e308"):
        text = json.dumps({"type": "Polygon", "coordinates": [ring]}).replace("null", bad)
        path = tmp_path / "z.wkt"
        points = ", ".join(f"{x} {y} {bad.replace('1e999', 'inf')}" for x, y, _ in ring)
        path.write_text(f"SRID=4490;POLYGON Z (({points}))", encoding="utf-8")
        assert (
            read_sites(path).sites[0].geometry.normalize().equals_exact(PLOT.normalize(), 1e-9)
        ), text


# --- arcs of drawings


def _off_circle_m(points: list[tuple[float, float]], centre: tuple[float, float], r: float):  # type: ignore[no-untyped-def]
    """How far points, and the chords between them, lie off a circle at most."""
    pairs = np.array(points) - centre
    middles = (pairs[1:] + pairs[:-1]) / 2
    return np.abs(np.hypot(*np.vstack([pairs, middles]).T) - r).max()


@pytest.mark.parametrize("radius", [5.0, 300.0, 2_000.0, 20_000.0])
def test_what_is_round_in_a_drawing_is_followed_as_closely_as_the_autopsy_says(
    radius: float,
) -> None:
    space = ezdxf.new("R2010").modelspace()
    east, north = centre = (38_386_000.0, 4_223_800.0)
    ends = [(east - radius, north), (east + radius, north)]
    weight = np.sqrt(2) / 2
    square = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0)]
    spline = space.add_spline()
    spline.control_points = [(east + radius * x, north + radius * y, 0.0) for x, y in square]
    spline.weights = [1, weight] * 4 + [1]
    spline.dxf.degree, spline.knots = 2, [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]
    for round_ in (
        space.add_circle(centre, radius),
        space.add_ellipse(centre, (radius, 0.0), 1.0),
        space.add_lwpolyline([(*end, 1.0) for end in ends], format="xyb", close=True),
        space.add_lwpolyline([(*end, -1.0) for end in ends], format="xyb", close=True),
        space.add_polyline2d([(*end, 1.0) for end in ends], format="xyb", close=True),
        spline,
    ):
        points, closed = _line(round_)
        assert closed
        assert _off_circle_m(points, centre, radius) <= ARC_TOLERANCE_M, round_.dxftype()
