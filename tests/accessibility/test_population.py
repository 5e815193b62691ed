"""People within areas: worked by hand, nothing counted in silence where the raster says nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import sxgeo
from sxgeo.analysis.accessibility.population import population_within
from sxgeo.errors import InputError
from sxgeo.geometry.projection import to_degrees

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")


def people(
    path: Path,
    values,
    *,
    crs="EPSG:4326",
    corner=(112.0, 38.0),
    pixel=0.01,
    nodata=-99999.0,
    turn=0.0,
) -> Path:
    values = np.asarray(values, dtype=np.float32)
    values = values[None] if values.ndim == 2 else values
    transform = rasterio.transform.Affine(pixel, turn, corner[0], turn, -pixel, corner[1])
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=len(values), dtype="float32",
        crs=crs, transform=transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values)
    return path


def boxes(*sides, crs="EPSG:4490") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"origin_id": "a"},
        geometry=[shapely.box(*box) for box in sides],
        index=range(len(sides)),
        crs=crs,
    )


FOUR = [
    [1.0, 2.0, 3.0, 4.0],
    [10.0, 20.0, 30.0, 40.0],
    [100.0, 200.0, 300.0, 400.0],
    [0.0, 0.0, 0.0, 5.0],
]


def test_a_pixel_counts_by_the_part_that_is_covered(tmp_path: Path):
    raster = people(tmp_path / "p.tif", FOUR)
    found = population_within(
        boxes((112.0, 37.99, 112.02, 38.0), (112.005, 37.98, 112.02, 37.995)), raster
    )
    assert found["population"].tolist() == pytest.approx(
        [3.0, 0.25 * 1 + 0.5 * 2 + 0.5 * 10 + 20], abs=0.06
    )
    assert found["known_share"].tolist() == [1, 1] and found.attrs["notes"] == []
    assert found[["nodata_share", "outside_share"]].to_numpy().sum() == 0


@pytest.mark.parametrize(
    ("south", "north"), [(37.9864407, 38.0135557), (37.9813569, 38.0186599), (37.98, 38.01)]
)
def test_who_lives_under_the_mask_of_a_file_is_not_counted(
    tmp_path: Path, south: float, north: float
):
    raster = people(tmp_path / "p.tif", np.full((60, 80), 2.0), corner=(112.56, 38.03), pixel=0.001)
    with rasterio.open(raster, "r+") as file:
        file.write_mask(np.tile(np.arange(80) < 40, (60, 1)).astype("uint8") * 255)
    found = population_within(boxes((112.58, south, 112.62, north)), raster)
    assert found["population"].tolist() == pytest.approx([2e6 * 0.02 * (north - south)], abs=0.1)
    assert found["nodata_share"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("value", "others", "doubted"),
    [(9_999, 4, True), (255, 4, True), (640, 4, True), (999, 0, True), (90, 4, False), (640, 80, False)],
)  # fmt: skip
def test_a_value_far_above_all_others_is_doubted(
    tmp_path: Path, value: float, others: float, doubted: bool
):
    counts = np.full((30, 40), float(others))
    counts[10:13, 5:9] = value
    raster = people(tmp_path / "p.tif", counts)
    found = population_within(boxes((112.0, 37.8, 112.3, 38.0)), raster)
    notes = [note for _, note in found.attrs["notes"]]
    assert any(f"-a_nodata {value}" in note for note in notes) is doubted


def test_a_raster_in_metres_counts_the_same(tmp_path: Path):
    raster = people(
        tmp_path / "p.tif", FOUR, crs="EPSG:4547", corner=(400_000, 4_210_000), pixel=100.0
    )
    square = to_degrees(shapely.box(400_000, 4_209_800, 400_150, 4_210_000), "EPSG:4547")
    found = population_within(gpd.GeoDataFrame(geometry=[square], crs="EPSG:4490"), raster)
    assert found["population"][0] == pytest.approx(1 + 10 + 0.5 * 22, abs=0.1)


def test_what_the_raster_does_not_know_is_told_and_never_zero(tmp_path: Path):
    holed = np.array(FOUR)
    holed[0, 0] = -99999
    raster = people(tmp_path / "p.tif", holed)
    areas = boxes(
        (112.0, 37.99, 112.02, 38.0), (111.99, 37.97, 112.01, 37.98), (113, 37, 113.1, 37.1)
    )
    found = population_within(areas.assign(minutes=[5, 10, 15]), raster)
    assert found["population"].tolist()[:2] == [2.0, 100.0] and np.isnan(found["population"][2])
    assert found["nodata_share"].tolist() == [0.5, 0, 0] and found["outside_share"].tolist() == [
        0,
        0.5,
        1,
    ]
    assert [note for _, note in found.attrs["notes"]] == [
        (
            "5 min: population at least 2 by 'p.tif': 50.0% of it has no value there, 0.0% lies"
            " beyond its edge"
        ),
        (
            "10 min: population at least 100 by 'p.tif': 0.0% of it has no value there, 50.0% lies"
            " beyond its edge"
        ),
        (
            "15 min: population not known by 'p.tif': 0.0% of it has no value there, 100.0% lies"
            " beyond its edge"
        ),
    ]


def test_nan_is_no_value_too(tmp_path: Path):
    holed = np.array(FOUR)
    holed[0, 0] = np.nan
    found = population_within(
        boxes((112.0, 37.99, 112.02, 38.0)), people(tmp_path / "p.tif", holed, nodata=None)
    )
    assert found["population"][0] == 2.0 and found["nodata_share"][0] == 0.5


def test_an_empty_area_holds_nobody_and_no_areas_give_no_rows(tmp_path: Path):
    raster = people(tmp_path / "p.tif", FOUR)
    empty = gpd.GeoDataFrame(geometry=[shapely.Polygon()], crs="EPSG:4490")
    found = population_within(empty, raster)
    assert (
        found["population"][0] == 0
        and np.isnan(found["known_share"][0])
        and found.attrs["notes"] == []
    )
    none = population_within(empty.iloc[:0], raster)
    assert len(none) == 0 and {"population", "known_share", "nodata_share", "outside_share"} <= set(
        none.columns
    )


@settings(max_examples=20, deadline=None)
@given(
    cut=st.floats(112.001, 112.039), values=st.lists(st.integers(0, 1000), min_size=16, max_size=16)
)
def test_two_halves_hold_as_many_as_the_whole(tmp_path_factory, cut, values):
    raster = people(tmp_path_factory.mktemp("p") / "p.tif", np.array(values).reshape(4, 4))
    whole = (112.0, 37.96, 112.04, 38.0)
    parts = boxes(whole, (whole[0], whole[1], cut, whole[3]), (cut, whole[1], whole[2], whole[3]))
    total, left, right = population_within(parts, raster)["population"]
    assert total == sum(values) and left + right == pytest.approx(total, abs=0.11)


def test_the_areas_stay_as_they_were(tmp_path: Path):
    areas = boxes((112.0, 37.99, 112.02, 38.0))
    before = areas.copy()
    sxgeo.population_within(areas, people(tmp_path / "p.tif", FOUR))
    assert areas.equals(before) and areas.attrs == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"crs": None}, "no CRS"),
        ({"turn": 0.001}, "rotated or not north up"),
        (
            {"nodata": None, "values": np.full((4, 4), -200.0)},
            "holds -200 people in a pixel; declare the value",
        ),
        ({"values": np.ones((2, 4, 4))}, "2 bands"),
    ],
)
def test_rasters_that_cannot_be_used(tmp_path: Path, options, words):
    with pytest.raises(InputError, match=words):
        population_within(
            boxes((112.0, 37.99, 112.02, 38.0)),
            people(tmp_path / "p.tif", **{"values": FOUR, **options}),
        )


def test_areas_that_are_none_are_listed(tmp_path: Path):
    raster = people(tmp_path / "p.tif", FOUR)
    bad = gpd.GeoDataFrame(geometry=[shapely.Point(112, 38), None], crs="EPSG:4490")
    with pytest.raises(InputError, match=r"(?s)row 0: a Point, not a polygon.*row 1: no geometry"):
        population_within(bad, raster)
    with pytest.raises(InputError, match="no CRS; declare one"):
        population_within(bad.set_crs(None, allow_override=True), raster)


def test_without_exactextract_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "exactextract", None)
    with pytest.raises(InputError, match=r"needs exactextract: pip install 'sxgeo\[raster\]'"):
        population_within(boxes((112.0, 37.99, 112.02, 38.0)), people(tmp_path / "p.tif", FOUR))


@pytest.mark.parametrize("nothing", [65535.0, 2147483647.0, 3.4028235e38, np.inf, 2e8])
def test_an_undeclared_value_for_nothing_is_no_people(tmp_path: Path, nothing: float):
    raster = people(tmp_path / "p.tif", [[1.0, nothing], [3.0, 4.0]], nodata=None)
    with pytest.raises(InputError, match="people in a pixel of"):
        population_within(boxes((112.0, 37.98, 112.02, 38.0)), raster)


def test_more_people_than_live_anywhere_are_a_density_or_a_fault(tmp_path: Path):
    with pytest.raises(InputError, match="or a density"):
        population_within(
            boxes((112.0, 37.98, 112.02, 38.0)),
            people(tmp_path / "p.tif", [[3e6, 1.0], [1.0, 1.0]]),
        )


def test_a_small_pixel_holds_no_more_than_a_hectare(tmp_path: Path):
    """A value for nothing of 32767 on pixels of 30 m would be ten million people."""
    square = shapely.box(112.0, 37.9994, 112.0006, 38.0)
    area = gpd.GeoDataFrame(geometry=[square], crs=4490)
    raster = people(tmp_path / "p.tif", [[5.0, 32767.0], [5.0, 5.0]], nodata=None, pixel=0.0003)
    with pytest.raises(InputError, match="32767 people in a pixel of"):
        population_within(area, raster)
