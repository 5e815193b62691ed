"""Columns and chains as text: what is written can be read again, here by a reader written a second
time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.maps.columns import (
    ALPHABET,
    any_column,
    chains,
    codes_of,
    column,
    number_column,
    numbered_column,
    signed,
    texts,
    unsigned,
)


class Reader:
    def __init__(self, text: str) -> None:
        self.units, self.at = text.encode("utf-16-le"), 0

    def take(self, units: int) -> str:
        self.at += units
        return self.units[2 * (self.at - units) : 2 * self.at].decode("utf-16-le")

    def number(self) -> int:
        value, scale = 0, 1
        while (digit := ALPHABET.index(self.take(1))) >= 56:
            value, scale = value + digit * scale, scale * 32
        return value + digit * scale

    def signed(self) -> int:
        value = self.number()
        return -(value + 1) // 2 if value % 2 else value // 2


def read_column(told: dict[str, Any], count: int) -> list[Any]:
    if "text" in told:
        return read_texts(told["text"], count)
    reader = Reader(told["codes"])
    return [told["values"][reader.number() if told["codes"] else 0] for _ in range(count)]


def read_texts(text: str, count: int) -> list[str]:
    reader, found, before = Reader(text), [], ""
    for _ in range(count):
        shared, length = reader.number(), reader.number()
        before = before[:shared] + reader.take(length)
        found.append(before)
    return found


def read_chains(told: dict[str, Any], count: int) -> list[list[list[tuple[int, int]]]]:
    numbers = read_column(told["chains"], count)
    lengths = iter(read_column(told["points"], sum(numbers)))
    reader, first, features = Reader(told["xy"]), (0, 0), []
    for number in numbers:
        lists = []
        for _ in range(number):
            at, points = first, []
            for _ in range(next(lengths)):
                at = (at[0] + reader.signed(), at[1] + reader.signed())
                points.append(at)
            first = points[0]
            lists.append(points)
        features.append(lists)
    return features


def test_numbers_by_hand():
    a, b = ALPHABET[0], ALPHABET[1]
    ends, more = ALPHABET[55], ALPHABET[56:]
    assert (
        unsigned(np.array([0, 55, 56, 57, 88]))
        == a + ends + more[0] + a + more[1] + a + more[0] + b
    )
    assert unsigned(np.array([56 + 32 * 56])) == more[0] + more[0] + a
    assert signed(np.array([0, -1, 1, -2])) == ALPHABET[:4]
    assert len(ALPHABET) == 88 and not set(ALPHABET) & set('"&/<>\\')
    assert unsigned(np.array([], dtype=np.int64)) == ""


@given(st.lists(st.integers(-(2**52), 2**52)))
def test_numbers_of_any_size_come_back(values):
    reader = Reader(signed(np.array(values, dtype=np.int64)))
    assert [reader.signed() for _ in values] == values


def test_many_numbers_are_written_in_slices_without_a_gap(monkeypatch):
    monkeypatch.setattr("sxgeo.maps.columns._SLICE", 7)
    values = np.arange(-500, 500)
    reader = Reader(signed(values))
    assert [reader.signed() for _ in values] == values.tolist()


def test_a_column_names_its_commonest_value_first_and_keeps_types_apart():
    told = column(["b", "a", "a", None, 1, True, 1.0])
    assert told["values"][0] == "a"
    assert [type(v) for v in read_column(told, 7)] == [str, str, str, type(None), int, bool, float]
    assert column(["x", "x"]) == {"values": ["x"], "codes": ""}
    assert column([]) == {"values": [], "codes": ""}
    assert number_column(np.array([5, 7, 7])) == {
        "values": [7, 5],
        "codes": ALPHABET[1] + ALPHABET[0] * 2,
    }


names = st.lists(st.text(alphabet='图斑ab𠀀é"\\<1', max_size=40), max_size=80)


@given(names)
def test_texts_come_back_beyond_the_basic_plane_too(values):
    assert read_texts(texts(values)["text"], len(values)) == values


@given(names)
def test_either_form_of_a_column_comes_back(values):
    assert read_column(any_column(values), len(values)) == values


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=2), st.integers(0, 3)), min_size=1), st.data()
)
def test_a_column_told_by_numbers_is_that_of_its_values(values, data):
    places = st.integers(0, len(values) - 1)
    numbers = data.draw(st.lists(places, min_size=1, max_size=30))
    told = numbered_column(values, np.array(numbers))
    assert told == column([values[number] for number in numbers])


def test_names_share_their_whole_beginning():
    names = [
        "基本农田图斑000001",
        "基本农田图斑000012",
        "基本农田图斑",
        "",
        "😀基a",
        "😀基b",
        "基" * 40,
    ]
    told = texts([*names, "基" * 40])["text"]
    assert read_texts(told, len(names) + 1) == [*names, "基" * 40]
    assert told.endswith(ALPHABET[31] + ALPHABET[9] + "基" * 9)


def test_many_shapes_are_taken_apart_in_pieces_with_the_bytes_of_all_at_once(monkeypatch):
    rng = np.random.default_rng(5)
    places = rng.uniform((112, 37), (113, 39), (50, 2))
    shapes = np.array([shapely.Point(p).buffer(0.01, quad_segs=2) for p in places], dtype=object)
    shapes[::7] = shapely.MultiPolygon([shapely.box(1, 1, 2, 2), shapely.box(3, 3, 4, 4)])
    shapes[3::7] = shapely.Point(112.5, 38.1)
    for exact in (True, False):
        monkeypatch.setattr("sxgeo.maps.columns._AT_ONCE", 1000)
        whole = chains(shapes, 5, exact=exact)
        monkeypatch.setattr("sxgeo.maps.columns._AT_ONCE", 7)
        assert chains(shapes, 5, exact=exact) == whole


def test_numbered_names_take_few_letters():
    values = [f"基本农田图斑{i:06d}" for i in range(10_000)]
    assert len(texts(values)["text"]) < 4.5 * len(values)


def test_a_square_with_a_hole_by_hand():
    square = shapely.Polygon(
        [(0, 0), (0, 2e-5), (2e-5, 2e-5), (2e-5, 0)],
        [[(1e-5, 1e-5), (1.2e-5, 1e-5), (1e-5, 1.2e-5)]],
    )
    told = chains(np.array([square]), 6, exact=False)
    outer, hole = read_chains(told, 1)[0]
    assert outer == [(0, 0), (20, 0), (20, 20), (0, 20)]
    assert hole == [(10, 10), (10, 12), (12, 10)]
    assert told["dims"] == {"values": [2], "codes": ""}
    assert "fresh" not in told


def test_exact_chains_keep_every_point_and_tell_parts_apart():
    parts = shapely.MultiPolygon(
        [
            shapely.box(0, 0, 1, 1),
            shapely.box(2, 0, 3, 1).difference(shapely.box(2.2, 0.2, 2.4, 0.4)),
        ]
    )
    line = shapely.LineString([(0, 0), (0, 0), (1e-7, 0)])
    told = chains(
        np.array([shapely.Point(1, 2), parts, line, shapely.MultiPoint([(5, 5), (6, 6)])]),
        7,
        exact=True,
    )
    assert read_column(told["dims"], 4) == [0, 2, 1, 0]
    assert read_column(told["chains"], 4) == [1, 3, 1, 2]
    assert read_column(told["fresh"], 7) == [1, 1, 1, 0, 1, 1, 1]
    read = read_chains(told, 4)
    assert read[2] == [[(0, 0), (0, 0), (1, 0)]]
    rings = [np.array(ring) / 1e7 for ring in read[1]]
    own = [shapely.get_coordinates(r)[:-1] for p in parts.geoms for r in shapely.get_rings(p)]
    assert all(np.array_equal(a, b) for a, b in zip(rings, own, strict=True))


def test_a_collection_is_taken_apart_to_the_bottom():
    inner = shapely.GeometryCollection(
        [shapely.MultiPoint([(1, 1), (2, 2)]), shapely.LineString([(0, 0), (1, 0)])]
    )
    told = chains(np.array([inner], dtype=object), 0, exact=False)
    assert read_chains(told, 1) == [[[(1, 1)], [(2, 2)], [(0, 0), (1, 0)]]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_the_drawing_copy_stays_within_half_a_step_of_the_shape(seed, count):
    rng = np.random.default_rng(seed)
    centres = rng.uniform((112, 37), (114, 39), (count, 2))
    shapes = shapely.buffer(shapely.points(centres), rng.uniform(1e-6, 0.02, count), quad_segs=3)
    for shape, lists in zip(
        shapes, read_chains(chains(shapes, 5, exact=False), count), strict=True
    ):
        points = np.array(lists[0]) / 1e5
        assert (
            shapely.hausdorff_distance(
                shapely.LineString(np.vstack([points, points[:1]])), shape.exterior
            )
            < 1e-5
        )


def test_different_rows_of_a_frame_are_numbered():
    frame = pd.DataFrame({"a": ["x", "y", "x", None, None], "b": [1.0, np.nan, 1.0, 2.0, 2.0]})
    first, numbers = codes_of(frame)
    assert len(first) == 3
    assert numbers[0] == numbers[2] and numbers[3] == numbers[4] and len(set(numbers)) == 3
    assert [numbers[i] for i in first] == [0, 1, 2]


def test_an_empty_layer_has_empty_columns():
    told = chains(np.array([], dtype=object), 5, exact=True)
    assert told["xy"] == ""
    assert read_chains(told, 0) == []
    with pytest.raises(IndexError):
        read_column(told["dims"], 1)
