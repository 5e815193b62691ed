"""Large tables of times: the sparse one is the dense one where that is finite, in memory and in
Parquet.
"""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_roads import HERE, lattice, move, oneways, speeds, spots, straight

import sxgeo
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.errors import InputError, UsageError


def within(table: pd.DataFrame, minutes: float) -> pd.DataFrame:
    return table[table["minutes"] <= minutes].reset_index(drop=True)


def test_only_pairs_within_the_minutes_are_given():
    network = straight(20_000)
    places = [move(HERE, 90, metres) for metres in (0, 4_000, 10_000)]
    found = travel_times(network, places, places, max_minutes=6.5)
    assert found["minutes"].tolist() == pytest.approx([0, 4, 4, 0, 6, 6, 0], abs=0.01)
    assert list(found.columns) == ["origin_id", "destination_id", "minutes"]


@settings(max_examples=30, deadline=None)
@given(kmh=speeds, oneway=oneways, starts=spots, ends=spots, minutes=st.floats(0.1, 60))
def test_the_sparse_table_equals_the_dense_one_where_it_is_within(
    kmh, oneway, starts, ends, minutes
):
    network, _ = lattice(kmh, oneway)
    dense = travel_times(network, starts, ends)
    sparse = travel_times(network, starts, ends, max_minutes=minutes)
    pd.testing.assert_frame_equal(sparse, within(dense, minutes), check_dtype=False)
    exact = dense["minutes"].max()
    if exact > 0:
        pd.testing.assert_frame_equal(
            travel_times(network, starts, ends, max_minutes=exact),
            within(dense, exact),
            check_dtype=False,
        )


@pytest.mark.parametrize("limit", [None, 2.5])
def test_a_file_holds_the_same_rows_whatever_the_chunk(tmp_path: Path, monkeypatch, limit):
    pytest.importorskip("pyarrow")
    network, nodes = lattice([20] * 24, [True] * 24)
    told: list[tuple[int, int]] = []
    whole = sxgeo.write_travel_times(
        network, nodes, nodes, tmp_path / "a.parquet", max_minutes=limit
    )
    monkeypatch.setattr("sxgeo.analysis.accessibility.travel_times.CHUNK_TIMES", 100)
    parts = sxgeo.write_travel_times(
        network,
        nodes,
        nodes,
        tmp_path / "b.parquet",
        max_minutes=limit,
        progress=lambda *done: told.append(done),
    )
    table = travel_times(network, nodes, nodes, max_minutes=limit)
    for name in ("a", "b"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / f"{name}.parquet"), table, check_dtype=False
        )
    assert whole.rows == parts.rows == len(table) and told[-1] == (16, 16) and len(told) > 3
    sxgeo.write_travel_times(network, nodes, nodes, tmp_path / "c.parquet", max_minutes=limit)
    assert (tmp_path / "b.parquet").read_bytes() == (tmp_path / "c.parquet").read_bytes()


def test_numbers_stay_numbers_and_the_lost_are_named(tmp_path: Path):
    pytest.importorskip("pyarrow")
    import geopandas as gpd
    from shapely import Point

    places = gpd.GeoDataFrame(
        {"id": [7, 3]}, geometry=[Point(HERE), Point(120, 40)], crs="EPSG:4490"
    )
    done = sxgeo.write_travel_times(straight(), places, places, tmp_path / "t.parquet")
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert table["origin_id"].tolist() == [3, 3, 7, 7] and table["minutes"].isna().tolist() == [
        True,
        True,
        True,
        False,
    ]
    assert {place for place, _ in done.unanswered} == {3}
    nobody = sxgeo.write_travel_times(straight(), [], places, tmp_path / "n.parquet")
    assert nobody.rows == 0 and len(pd.read_parquet(tmp_path / "n.parquet")) == 0


def test_memory_is_that_of_a_chunk_not_of_the_table(tmp_path: Path, monkeypatch):
    pytest.importorskip("pyarrow")
    network, _ = lattice([60] * 24, [False] * 24)
    rng = np.random.default_rng(3)
    places = list(
        map(tuple, np.round(rng.uniform([112.6, 38.0], [112.63, 38.03], (200, 2)), 7).tolist())
    )
    monkeypatch.setattr("sxgeo.analysis.accessibility.travel_times.CHUNK_TIMES", 4_000)
    peaks = []
    for count in (9, 50, 200):  # the first loads what is needed
        tracemalloc.start()
        done = sxgeo.write_travel_times(network, places[:count], places, tmp_path / "t.parquet")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert done.rows == count * 200
    assert peaks[2] < 2 * peaks[1]  # four times the rows


@pytest.mark.parametrize("minutes", [0, -1, np.nan, np.inf])
def test_minutes_that_are_no_limit_are_refused(minutes):
    with pytest.raises(UsageError, match="give minutes above 0, or None"):
        travel_times(straight(), [HERE], [HERE], max_minutes=minutes)


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch):
    pytest.importorskip("pyarrow")
    with pytest.raises(UsageError, match=r"as .parquet, not as 't.csv'"):
        sxgeo.write_travel_times(straight(), [HERE], [HERE], tmp_path / "t.csv")
    with pytest.raises(InputError, match="cannot be written"):
        sxgeo.write_travel_times(straight(), [HERE], [HERE], tmp_path / "no" / "t.parquet")

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sxgeo.write_travel_times(straight(), [HERE], [HERE], tmp_path / "t.parquet", progress=stop)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'sxgeo\[parquet\]'"):
        sxgeo.write_travel_times(straight(), [HERE], [HERE], tmp_path / "t.parquet")
