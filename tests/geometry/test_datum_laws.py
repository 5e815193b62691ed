"""Systems that are not ours: how they are named, and what moves a place between them."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS

from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.datums import (
    degrees_crs,
    describe_crs,
    from_encrypted,
    from_geographic,
    is_encrypted,
    named_crs,
    old_datum,
    plane_to,
    to_encrypted,
    to_geographic,
    with_parameters,
)
from sxgeo.geometry.geoparquet import geo_words
from sxgeo.geometry.projection import are_valid, points_to_plane, quantise_valid

LONLAT = np.array([(110.3, 34.7), (112.5, 38.0), (114.4, 40.6)])
KRASOVSKY, GRS80 = (6_378_245.0, 298.3), (6_378_137.0, 298.257222101)
ARC_SECOND = np.pi / 180 / 3600


def geocentric(lonlat: Any, ellipsoid: tuple[float, float]) -> Any:
    """X, Y, Z of places on an ellipsoid, at height 0."""
    axis, inverse = ellipsoid
    square = 2 / inverse - 1 / inverse**2
    lon, lat = np.radians(lonlat).T
    radius = axis / np.sqrt(1 - square * np.sin(lat) ** 2)
    level = radius * np.cos(lat)
    return np.column_stack(
        [level * np.cos(lon), level * np.sin(lon), radius * (1 - square) * np.sin(lat)]
    )


def geodetic(xyz: Any, ellipsoid: tuple[float, float]) -> Any:
    """Degrees of places by repeated approximation."""
    axis, inverse = ellipsoid
    square = 2 / inverse - 1 / inverse**2
    level = np.hypot(xyz[:, 0], xyz[:, 1])
    lat = np.arctan2(xyz[:, 2], level * (1 - square))
    for _ in range(20):
        radius = axis / np.sqrt(1 - square * np.sin(lat) ** 2)
        height = level / np.cos(lat) - radius
        lat = np.arctan2(xyz[:, 2], level * (1 - square * radius / (radius + height)))
    return np.degrees(np.column_stack([np.arctan2(xyz[:, 1], xyz[:, 0]), lat]))


PARAMETERS = (11.0, -113.0, -41.0, 1.2, -0.7, 2.3, 4.5)


@pytest.mark.parametrize("rotation", ["coordinate_frame", "position_vector"])
@pytest.mark.parametrize("kept", [range(3), range(3, 6), range(6, 7), range(7), []])
def test_seven_parameters_are_a_shift_a_turn_and_a_scale_between_geocentric_axes(
    rotation: str, kept: Any
) -> None:
    told = tuple(v if k in kept else 0.0 for k, v in enumerate(PARAMETERS))
    shift, turn, scale = np.array(told[:3]), np.array(told[3:6]) * ARC_SECOND, 1 + told[6] * 1e-6
    x, y, z = turn * (1 if rotation == "position_vector" else -1)
    matrix = np.array([[1, -z, y], [z, 1, -x], [-y, x, 1]])
    moved = geodetic(shift + scale * geocentric(LONLAT, KRASOVSKY) @ matrix.T, GRS80)
    found = with_parameters(shapely.points(LONLAT), "EPSG:4214", told, rotation)
    assert shapely.get_coordinates(found) == pytest.approx(moved, abs=1e-9)
    # the same on a plane of that datum, heights left out
    plane = shapely.points(
        *np.array([(500_100.0, 4_200_000.0), (480_000.0, 3_900_000.0)]).T, [9.0, 7.0]
    )
    degrees = shapely.transform(
        shapely.force_2d(plane), lambda xy: np.column_stack(_inverse("EPSG:2435", "EPSG:4214", xy))
    )
    assert shapely.get_coordinates(
        with_parameters(plane, "EPSG:2435", told, rotation)
    ) == pytest.approx(
        shapely.get_coordinates(with_parameters(degrees, "EPSG:4214", told, rotation)), abs=1e-10
    )
    assert not shapely.has_z(with_parameters(plane, "EPSG:2435", told, rotation)).any()


def _inverse(source: str, target: str, xy: Any) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True).transform(xy[:, 0], xy[:, 1])


def test_a_system_of_heights_has_no_ellipsoid_and_no_degrees() -> None:
    heights, point = "EPSG:5773", shapely.Point(112, 38)
    with pytest.raises(InputError, match="has no ellipsoid"):
        with_parameters(point, heights, PARAMETERS)
    for move in (to_geographic, from_geographic):
        with pytest.raises(InputError, match="has no datum; use a geographic or projected one"):
            move(point, heights)
    assert old_datum(heights) is None


def test_degrees_on_an_equal_datum_are_handed_back_and_heights_beside_them_are_dropped() -> None:
    shapes = shapely.points([112.0, 113.0], [38.0, 39.0], [700.0, 800.0])
    for crs in ("EPSG:4490", "EPSG:4326", "EPSG:4979"):
        assert to_geographic(shapes, crs) is shapes
    for crs in ("EPSG:4490", "EPSG:4326", "EPSG:4326+5773"):
        assert from_geographic(shapes, crs) is shapes
    beside = to_geographic(shapes, "EPSG:4326+5773")
    assert not shapely.has_z(beside).any()
    assert shapely.get_coordinates(beside).tolist() == [[112.0, 38.0], [113.0, 39.0]]


OLD = {
    "EPSG:4610": "Xi'an 1980",
    "EPSG:2362": "Xi'an 1980",
    "EPSG:4214": "Beijing 1954",
    "EPSG:2435": "Beijing 1954",
    "EPSG:4555": "New Beijing",
}


@pytest.mark.parametrize("crs", OLD)
def test_an_old_datum_is_named_and_refused_whatever_stands_on_it(crs: str) -> None:
    assert old_datum(crs) == OLD[crs]
    with pytest.raises(InputError, match=f"stands on {OLD[crs]}: its way to CGCS2000"):
        to_geographic(shapely.Point(112, 38), crs)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:4547", "EPSG:4269"])
def test_a_datum_of_today_is_no_old_one(crs: str) -> None:
    assert old_datum(crs) is None


def test_no_way_to_another_datum_is_made_up() -> None:
    with pytest.raises(InputError, match="'NAD83' has no exact transformation from CGCS2000"):
        from_geographic(shapely.points(LONLAT), "EPSG:4269")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:32649", "EPSG:4548", "EPSG:4269"])
def test_metres_go_to_another_system_as_shapes_do(crs: str) -> None:
    x, y = points_to_plane(LONLAT, "EPSG:4547").T
    if crs == "EPSG:4269":
        with pytest.raises(
            InputError, match="'EPSG:4269' has no exact transformation from CGCS2000"
        ):
            plane_to(x, y, "EPSG:4547", crs)
        return
    there = np.column_stack(plane_to(x, y, "EPSG:4547", crs))
    wanted = shapely.get_coordinates(from_geographic(shapely.points(LONLAT), crs))
    assert there == pytest.approx(wanted, abs=1e-9 if crs in ("EPSG:4490", "EPSG:4326") else 1e-4)


WRITTEN = {
    "GCJ-02": ("GCJ-02", "gcj-02", "GCJ02", " gcj 02 ", "Gcj - 02"),
    "BD-09": ("BD-09", "bd09", "BD 09"),
    "EPSG:4490": ("CGCS2000", " cgcs 2000", "2000国家大地坐标系"),
    "EPSG:4326": ("WGS84", "wgs 84", "WGS-84"),
    "EPSG:4547": (
        "2000国家大地坐标系 3度带 114E",
        "CGCS2000 3-degree Gauss-Kruger CM 114E",
        "cgcs2000 3 deg 114 e",
    ),
    "EPSG:4526": (
        "2000国家大地坐标系 带38",
        "2000国家大地坐标系 38带",
        "2000国家大地坐标系 3度分带第38带",
        "CGCS2000 zone 38",
        "cgcs2000 Zone38",
    ),
}


@pytest.mark.parametrize("code", WRITTEN)
def test_a_system_is_known_by_what_people_write(code: str) -> None:
    assert {named_crs(name) for name in WRITTEN[code]} == {code}


@pytest.mark.parametrize("name", ["EPSG:4547", "+proj=longlat +ellps=GRS80", CRS(4548).to_wkt()])
def test_a_system_that_is_registered_keeps_its_name(name: str) -> None:
    assert named_crs(name) == named_crs(f"  {name}\n") == name


@pytest.mark.parametrize("name", ["3-degree 114E"])
def test_a_meridian_without_a_datum_names_no_zone(name: str) -> None:
    with pytest.raises(UsageError, match=f"coordinate system '{name}' is not known; say EPSG"):
        named_crs(name)


def test_a_system_is_told_by_its_code_else_by_its_name() -> None:
    assert describe_crs("EPSG:4547") == describe_crs(CRS(4547)) == describe_crs(4547) == "EPSG:4547"
    own = CRS.from_proj4("+proj=tmerc +lon_0=112 +ellps=GRS80")
    assert describe_crs(own) == own.name
    assert [degrees_crs(d) for d in ("CGCS2000", "XIAN80", "BEIJING54")] == [
        "EPSG:4490", "EPSG:4610", "EPSG:4214",
    ]  # fmt: skip
    assert is_encrypted("GCJ-02") and is_encrypted("BD-09")
    assert not is_encrypted("EPSG:4490") and not is_encrypted(CRS(4490))


BOW_TIE = shapely.Polygon([(112, 38), (113, 39), (113, 38), (112, 39)])
SPOILED = shapely.Polygon(
    # a spike of a hair, which rounding lays on the edge beside it
    [(112, 38), (112.5, 38.00000001), (113, 38), (113, 39), (112.5, 38.00000002), (112, 39)]
)


def test_what_rounding_spoils_is_repaired_and_what_was_broken_before_stays_so() -> None:
    sound = shapely.Polygon(
        [
            (112, 38),
            (
                113,
                38,
            ),
            (113, 39),
        ]
    )
    high = shapely.Point(112.00000004, 38, 700)
    every = np.array([sound, BOW_TIE, SPOILED, None, high], dtype=object)
    assert shapely.is_valid(every).tolist() == [True, False, True, False, True]
    told, valid = quantise_valid(every)
    assert valid.tolist() == [True, False, True, False, True]
    assert told[0].equals(sound) and told[1].equals_exact(BOW_TIE) and told[3] is None
    assert told[2].is_valid and told[2].area == pytest.approx(SPOILED.area, abs=1e-6)
    assert told[4].coords[:] == [(112.0, 38.0)]
    for shape, together, was in zip(every, told, valid.tolist(), strict=True):
        alone, known = quantise_valid(shape)
        assert known == was
        assert alone is together is None or alone.equals_exact(together)


@pytest.mark.parametrize("cores", [None, 1, 2, 64])
def test_many_are_tested_as_each_is_on_however_many_cores(cores: Any, monkeypatch: Any) -> None:
    every = np.array([BOW_TIE, SPOILED, None, shapely.Point(1, 2), BOW_TIE] * 3, dtype=object)
    monkeypatch.setattr("sxgeo.geometry.projection._MANY", 4)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert are_valid(every).tolist() == [False, True, False, True, False] * 3
    assert are_valid(every[:2]).tolist() == [False, True]
    assert bool(are_valid(BOW_TIE)) is False


@pytest.mark.parametrize("box", [None, "bbox"])
def test_a_parquet_file_says_in_which_degrees_and_in_which_column_its_shapes_are(box: Any) -> None:
    told = json.loads(geo_words(box))
    assert told["version"] == "1.1.0" and list(told["columns"]) == [told["primary_column"]]
    column = told["columns"]["geometry"]
    assert column["encoding"] == "WKB" and CRS(column["crs"]).to_epsg() == 4490
    corners = {c: ["bbox", c] for c in ("xmin", "ymin", "xmax", "ymax")}
    assert column.get("covering") == (None if box is None else {"bbox": corners})


def test_degrees_of_web_maps_need_their_library_and_say_so(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "geocoordinates_ffi", None)
    for move in (from_encrypted, to_encrypted):
        with pytest.raises(InputError, match=r"pip install 'sxgeo\[datum\]'"):
            move(shapely.Point(112, 38), "GCJ-02")
