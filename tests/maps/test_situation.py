"""位置套合图: a scale that is true on paper, and nothing on the legend that is not on the map."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import sxgeo
from sxgeo.analysis.conflicts.check import answer
from sxgeo.analysis.conflicts.question import pose
from sxgeo.geometry.projection import to_degrees
from sxgeo.maps.plot.situation import (
    _FILLED,
    FRAME,
    HEIGHT_MM,
    SCALES,
    WIDTH_MM,
    MapFacts,
    scale_of,
    situation_map,
    zone_number,
)

PLANE = "EPSG:4547"
EAST, NORTH = 389_300.0, 4_220_700.0
PLOT_COLOUR = (0x0C, 0x2F, 0x63)
DOTS_PER_MM = 300 / 25.4


def drawn(shape, **told):
    question = pose(to_degrees(shape, PLANE), project_type="industrial")
    report = answer(question)
    return situation_map(report[0], question.layers, MapFacts(as_of=report.as_of), **told)


def pixels(one) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(one.png)).convert("RGB")).astype(int)


@pytest.mark.parametrize(("side_m", "denominator"), [(30, 500), (250, 5_000), (1_900, 25_000)])
def test_the_scale_is_true_on_the_printed_page(side_m, denominator):
    one = drawn(shapely.box(EAST, NORTH, EAST + side_m, NORTH + side_m))
    assert one.denominator == denominator
    image = pixels(one)
    sheet = (HEIGHT_MM * DOTS_PER_MM, WIDTH_MM * DOTS_PER_MM)
    assert image.shape[:2] == pytest.approx(sheet, abs=1)
    # a row a little off the middle, where no number of a boundary point stands
    left, bottom, right, top = FRAME
    row = round((HEIGHT_MM - (bottom + top) / 2 - 1.3) * DOTS_PER_MM)
    inside = image[row, round((left + 1) * DOTS_PER_MM) : round((right - 1) * DOTS_PER_MM)]
    dark = np.flatnonzero(np.abs(inside - PLOT_COLOUR).sum(axis=1) < 60)
    # between the outer edges of the two lines lie the side and the width of one line
    gap = np.flatnonzero(np.diff(dark) > 20)
    assert len(gap) == 1
    middles = [dark[: gap[0] + 1].mean(), dark[gap[0] + 1 :].mean()]
    measured_m = (middles[1] - middles[0]) / DOTS_PER_MM * denominator / 1000
    dot_m = denominator / 1000 / DOTS_PER_MM
    assert measured_m == pytest.approx(side_m, abs=1.5 * dot_m + 0.03)


@given(
    wide=st.floats(0.5, 20_000, allow_nan=False),
    high=st.floats(0.5, 20_000, allow_nan=False),
)
def test_the_scale_is_the_largest_at_which_the_plot_and_its_surroundings_fit(wide, high):
    found = scale_of((0.0, 0.0, wide, high))
    left, bottom, right, top = FRAME

    def share(denominator: int) -> float:
        metres = denominator / 1000
        return max(wide / (metres * (right - left)), high / (metres * (top - bottom)))

    if found is None:
        assert share(SCALES[-1]) > 1
        return
    assert share(found) <= (1.0 if found == SCALES[-1] else _FILLED)
    assert all(share(d) > _FILLED for d in SCALES if d < found and max(wide, high) > 30)


def test_a_plot_that_fits_no_sheet_is_not_drawn():
    assert drawn(shapely.box(EAST, NORTH, EAST + 9_000, NORTH + 1_000)) is None


def test_an_empty_neighbourhood_says_that_it_proves_nothing():
    one = drawn(shapely.box(EAST, NORTH, EAST + 30, NORTH + 30))
    assert one.classes == () and "未收录不等于没有" in one.caption


def test_what_lies_in_the_frame_is_drawn_and_told():
    monument = sxgeo.load_layer("heritage_sites").frame.dropna(subset=["geometry"])
    spot = monument[monument.geometry.geom_type == "Point"].geometry.iloc[0]
    side = 0.0004
    question = pose(shapely.box(spot.x, spot.y, spot.x + side, spot.y + side))
    report = answer(question)
    one = situation_map(report[0], question.layers, MapFacts())
    assert "heritage_sites" in one.classes
    bare = situation_map(report[0], [], MapFacts())
    assert bare.classes == () and bare.png != one.png


def test_the_gravest_grade_of_what_is_drawn_stands_on_the_sheet():
    shape = shapely.box(EAST, NORTH, EAST + 30, NORTH + 30)
    # a grade of what is not drawn leaves the sheet as it is
    assert drawn(shape).png == drawn(shape, grades={"heritage_sites": "内部"}).png


def test_a_line_and_a_point_have_their_map_too():
    for shape in (
        shapely.Point(EAST, NORTH),
        shapely.LineString([(EAST, NORTH), (EAST + 400, NORTH + 90)]),
    ):
        assert drawn(shape).denominator in SCALES


def test_zones_are_numbered_by_their_meridian():
    assert zone_number("EPSG:4547") == 38 and zone_number("EPSG:4546") == 37
