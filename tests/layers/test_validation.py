"""Every broken promise of a resource frame is named, all at once."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from sxgeo.layers.classes import RESOURCE_COLUMNS
from sxgeo.layers.validation import problems

BOX = shapely.box(113.0, 38.0, 113.5, 38.5)
POINT = {
    "feature_id": "HS-001",
    "resource_class": "heritage_sites",
    "name_zh": "佛光寺",
    "county_code": "140922",
    "membership": "inferred",
    "role": "listed",
    "geometry_kind": "point",
    "point_role": "object",
    "position_accuracy_m": 175.0,
    "datum": "WGS-84",
    "datum_error_m": 0.0,
    "designated_on": "1961",
    "source": "Wikipedia",
    "source_date": "2012-08",
    "confidence": "high",
    "geometry": shapely.Point(113.388, 38.869),
}
AREA: dict[str, Any] = POINT | {"geometry_kind": "digitised", "point_role": None, "geometry": BOX}


def frame_of(*rows: dict[str, Any], crs: str | None = "EPSG:4490") -> gpd.GeoDataFrame:
    columns = {c: pd.Series([row.get(c) for row in rows], dtype=object) for c in RESOURCE_COLUMNS}
    return gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=crs)


def test_good_rows_have_no_problem():
    box = AREA | {
        "feature_id": "PA-022",
        "geometry_kind": "extent_box",
        "position_accuracy_m": None,
    }
    none = AREA | {
        "feature_id": "PA-002",
        "geometry_kind": "none",
        "geometry": None,
        "county_code": None,
    }
    line = AREA | {"feature_id": "HS-057", "geometry": shapely.LineString([(113, 38), (113, 39)])}
    several = AREA | {
        "feature_id": "PA-001",
        "county_code": "140922;140924",
        "position_accuracy_m": None,
    }
    assert list(problems(frame_of(POINT, box, none, line, several))) == []


def test_an_empty_frame_has_no_problem():
    assert list(problems(frame_of())) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (POINT | {"feature_id": " "}, "feature_id is empty"),
        (POINT | {"source": None}, "source is empty"),
        (
            POINT | {"resource_class": "parks"},
            "resource_class 'parks' is not one of protected_areas",
        ),
        (
            POINT | {"membership": "maybe"},
            "membership 'maybe' is not one of official_list, inferred, candidate",
        ),
        (POINT | {"membership": None}, "membership 'None' is not one of"),
        (POINT | {"role": "extra"}, "role 'extra' is not one of listed, component, control"),
        (POINT | {"geometry_kind": "circle"}, "geometry_kind 'circle' is not one of surveyed"),
        (POINT | {"point_role": "thing"}, "point_role 'thing' is not one of object, proxy"),
        (POINT | {"point_role": None}, "point_role 'None' is not one of object, proxy"),
        (AREA | {"point_role": "proxy"}, "point_role is for points only"),
        (AREA | {"extent_m": 300.0}, "extent_m is for points only"),
        (AREA | {"screening_extent_m": 300.0}, "screening_extent_m is for points only"),
        (POINT | {"geometry": None}, "geometry_kind 'point' does not fit no geometry"),
        (POINT | {"geometry": BOX}, "geometry_kind 'point' does not fit Polygon"),
        (AREA | {"geometry_kind": "none"}, "geometry_kind 'none' does not fit Polygon"),
        (AREA | {"geometry": POINT["geometry"]}, "geometry_kind 'digitised' does not fit Point"),
        (AREA | {"geometry": shapely.Polygon()}, "the geometry is empty"),
        (
            AREA
            | {
                "geometry_kind": "extent_box",
                "position_accuracy_m": None,
                "geometry": BOX.buffer(0.1),
            },
            "geometry_kind 'extent_box' does not fit Polygon",
        ),
        (AREA | {"geometry_kind": "extent_box"}, "an extent_box has no position_accuracy_m"),
        (
            POINT | {"geometry": shapely.Point(38.869, 113.388)},
            "is not in China; are lon and lat swapped",
        ),
        (POINT | {"county_code": "14092"}, "county_code '14092' is not six digits"),
        (
            POINT | {"county_code": "140922；140924"},
            "county_code '140922；140924' is not six digits",
        ),
        (
            POINT | {"position_accuracy_m": -1.0},
            "position_accuracy_m '-1.0' is not a number of metres from 0",
        ),
        (
            POINT | {"datum_error_m": float("inf")},
            "datum_error_m 'inf' is not a number of metres from 0",
        ),
        (POINT | {"extent_m": "300"}, "extent_m '300' is not a number of metres from 0"),
        (
            POINT | {"screening_extent_m": -5},
            "screening_extent_m '-5' is not a number of metres from 0",
        ),
        (POINT | {"designated_on": "1961年"}, "designated_on '1961年' is not an ISO date"),
        (POINT | {"source_date": "2012-13"}, "source_date '2012-13' is not an ISO date"),
    ],
)
def test_each_broken_promise_is_named_and_only_that(row, words):
    found = list(problems(frame_of(row)))
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith("row 1 (")


def test_all_problems_come_at_once():
    bad = POINT | {"role": "extra", "county_code": "1", "source": "", "designated_on": "soon"}
    assert (
        len(list(problems(frame_of(bad, POINT | {"feature_id": "HS-002", "datum_error_m": -1}))))
        == 5
    )


def test_an_id_that_stands_twice_is_named_once():
    found = list(problems(frame_of(POINT, POINT, POINT)))
    assert found == ["feature_id 'HS-001' stands in 3 rows; ids are unique"]


def test_missing_columns_are_named_and_the_rest_is_still_checked():
    found = list(problems(frame_of(POINT | {"role": "extra"}).drop(columns=["note", "datum"])))
    assert found[0] == "missing column(s): datum, note"
    assert "role 'extra'" in found[1]


@pytest.mark.parametrize(("crs", "words"), [(None, "no CRS"), ("EPSG:4547", "not EPSG:4490")])
def test_the_frame_must_be_in_cgcs2000_degrees(crs, words):
    assert any(words in problem for problem in problems(frame_of(POINT, crs=crs)))


def test_a_frame_without_geometry_is_named():
    assert "no geometry column" in list(
        problems(pd.DataFrame(frame_of(POINT).drop(columns="geometry")))
    )


def test_the_frame_is_not_changed():
    frame = frame_of(POINT, AREA | {"feature_id": "PA-001"})
    before = frame.copy()
    list(problems(frame))
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
