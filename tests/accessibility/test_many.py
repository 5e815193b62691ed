"""Many origins on any executor: the same rows as one call gives, and no dense table on the way."""

from __future__ import annotations

import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_roads import HERE, lattice, move

import sxgeo
from sxgeo.analysis.accessibility import many
from sxgeo.analysis.accessibility.within import count_within
from sxgeo.analysis.network.file import network_bytes, network_from_bytes
from sxgeo.errors import InputError, UsageError

parquet = pytest.importorskip("pyarrow.parquet")

FAR = (120.0, 30.0)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "AT_ONCE", 5)


@pytest.fixture(scope="module")
def network() -> Any:
    # one way only on some links, so that there and back differ
    return lattice([30, 60, 45] * 8, [False, False, True] * 8)[0]


def frame(number: int, seed: int, **columns: Any) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(112.59, 112.64, number), rng.uniform(37.99, 38.04, number)
    ids = [f"p{k:03d}" for k in rng.permutation(number)]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=shapely.points(x, y), crs=4490)


def with_far(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lost = gpd.GeoDataFrame({"id": ["a lost one"]}, geometry=[shapely.Point(FAR)], crs=4490)
    return gpd.GeoDataFrame(
        {"id": [*places["id"], *lost["id"]]}, geometry=[*places.geometry, *lost.geometry], crs=4490
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_the_areas_of_many_are_those_of_one_call(
    network: Any, tmp_path: Path, *, reverse: bool
) -> None:
    origins = with_far(frame(13, 1))
    written = sxgeo.write_isochrones(
        network, origins, tmp_path / "a.parquet", [3, 9], reverse=reverse
    )
    truth = sxgeo.isochrones(network, origins, [3, 9], reverse=reverse)
    told = gpd.read_parquet(written.path)
    assert told.crs == "EPSG:4490"
    lost = told[told["minutes"].isna()]
    assert lost["origin_id"].tolist() == ["a lost one"]
    assert lost["note"].tolist() == [reason for _, reason in written.unanswered]
    assert written.unanswered == truth.attrs["unanswered"]
    found = told[told["minutes"].notna()]
    for name in ("origin_id", "minutes", "area_km2", "snap_m"):
        assert found[name].tolist() == truth[name].tolist()
    assert [g.wkb for g in found.geometry] == [g.wkb for g in truth.geometry]
    noted = {origin_id for origin_id, _ in truth.attrs["notes"] if origin_id}
    assert set(found["origin_id"][found["note"].notna()]) == noted


def stop_counts(number: int) -> Any:
    stops = frame(number, 5)
    return partial(count_within, things=stops, ids=[f"s{k}" for k in range(number)], name="stop")


def short_of(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A measure with numbers that are not known, and with notes."""
    known = np.where(areas["minutes"].to_numpy() > 5, areas["area_km2"].to_numpy() / 2, np.nan)
    told = areas.assign(half_km2=known)
    notes = [(origin, "a half is not known") for origin in areas["origin_id"].iloc[:1]]
    told.attrs = {**areas.attrs, "notes": [*areas.attrs.get("notes", []), *notes]}
    return told


@pytest.mark.parametrize("at_once", [1, 5, 64])
def test_what_is_told_of_areas_as_they_come_is_what_one_call_tells(
    at_once: int, network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "AT_ONCE", at_once)
    origins = with_far(frame(7, 1))
    written = sxgeo.write_isochrones(
        network, origins, tmp_path / "a.parquet", [3, 9], also=[stop_counts(40), short_of]
    )
    told = gpd.read_parquet(written.path)
    truth = short_of(stop_counts(40)(sxgeo.isochrones(network, origins, [3, 9])))
    found = told[told["minutes"].notna()]
    assert found["stop_count"].tolist() == truth["stop_count"].tolist()
    assert found["stop_ids"].tolist() == truth["stop_ids"].tolist()
    assert sum(truth["stop_count"]) > 0
    assert np.array_equal(found["half_km2"], truth["half_km2"], equal_nan=True)
    assert (
        told[told["minutes"].isna()][["stop_count", "stop_ids", "half_km2"]].isna().all(axis=None)
    )
    first = found[found["origin_id"] == found["origin_id"].iloc[0]]
    assert first["note"].str.endswith("a half is not known").all()


def test_a_measure_that_cannot_be_told_is_said_before_the_search(
    network: Any, tmp_path: Path
) -> None:
    unknown = gpd.GeoDataFrame(geometry=[shapely.Point(HERE)])
    measure = partial(count_within, things=unknown, ids=["x"], name="stop")
    with pytest.raises(InputError, match="stop: no CRS"):
        sxgeo.write_isochrones(network, [HERE], tmp_path / "a.parquet", [3], also=[measure])
    assert not (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize("reverse", [False, True])
def test_counts_are_those_of_the_dense_table(network: Any, *, reverse: bool) -> None:
    origins = with_far(frame(12, 2))
    stops = frame(17, 3, beds=np.arange(17))
    counted = sxgeo.count_reached(network, origins, stops, [2, 5], weight="beds", reverse=reverse)
    sides = (stops, origins) if reverse else (origins, stops)
    table = sxgeo.travel_times(network, *sides)
    own = "destination_id" if reverse else "origin_id"
    other = "origin_id" if reverse else "destination_id"
    beds = dict(zip(stops["id"], stops["beds"], strict=True))
    assert counted["origin_id"].tolist() == sorted(origins["id"])
    for row in counted.to_dict("records"):
        times = table[table[own] == row["origin_id"]].set_index(other)["minutes"].dropna()
        if row["origin_id"] == "a lost one":
            assert all(np.isnan(float(v)) for v in (row["nearest_min"], row["sum_2"]))
            continue
        assert row["nearest_min"] == pytest.approx(times.min(), rel=0, abs=0, nan_ok=True)
        for limit in (2, 5):
            near = times[times <= limit]
            assert row[f"count_{limit}"] == len(near)
            assert row[f"sum_{limit}"] == sum(beds[i] for i in near.index)
    assert [i for i, _ in counted.attrs["unanswered"]] == ["a lost one"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes", "dask", "spark"])
def test_many_origins_are_told_the_same_on_every_executor(
    executor: str, network: Any, tmp_path: Path
) -> None:
    if executor == "dask":
        pytest.importorskip("distributed")
    if executor == "spark":
        pytest.importorskip("pysail")
        pytest.importorskip("pyspark")
    origins, stops = with_far(frame(23, 4)), frame(9, 5)
    seen: list[int] = []
    files = [
        sxgeo.write_isochrones(
            network,
            origins,
            tmp_path / f"{name}.parquet",
            [4, 8],
            also=[stop_counts(30)],
            executor=name,
            workers=workers,
            progress=lambda done, _: seen.append(done),
        ).path.read_bytes()
        for name, workers in (("serial", None), (executor, 2))
    ]
    assert files[0] == files[1]
    assert seen[-1] == 24
    counts = [
        sxgeo.count_reached(network, origins, stops, [4], executor=name, workers=2)
        for name in ("serial", executor)
    ]
    assert counts[0].equals(counts[1])
    assert counts[0].attrs == counts[1].attrs


@pytest.mark.slow
def test_no_table_of_all_pairs_is_held(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "AT_ONCE", 16)
    peaks = []
    for number in (200, 1_000):
        places = frame(number, 6)
        tracemalloc.start()
        sxgeo.count_reached(network, places, places, [5])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # five times the places are twenty-five times the pairs
    assert peaks[1] < 9 * peaks[0]


def test_what_cannot_be_asked_is_said(network: Any, tmp_path: Path) -> None:
    stops = frame(4, 7, beds=[1, 2, -3, 4])
    for values, words in (
        ({"executor": "sparks"}, "Did you mean 'spark'"),
        ({"workers": 0}, "workers 0"),
        ({"address": "tcp://x:1"}, "takes no address"),
        ({"weight": "bed"}, "Did you mean 'beds'"),
    ):
        with pytest.raises(UsageError, match=words):
            sxgeo.count_reached(network, [HERE], stops, [5], **values)
    with pytest.raises(InputError, match="'beds' holds no number of at least 0 in 1 of 4"):
        sxgeo.count_reached(network, [HERE], stops, [5], weight="beds")
    with pytest.raises(UsageError, match="no origins given"):
        sxgeo.write_isochrones(network, [], tmp_path / "a.parquet")
    with pytest.raises(UsageError, match=r"written as \.parquet, not 'a.csv'"):
        sxgeo.write_isochrones(network, [HERE], tmp_path / "a.csv")
    assert sxgeo.count_reached(network, [], stops, [5])["count_5"].tolist() == []
    lonely = sxgeo.count_reached(network, [HERE], [move(HERE, 270, 900_000)], [5])
    assert lonely["count_5"].tolist() == [0]
    assert list(tmp_path.iterdir()) == []


def test_a_network_goes_to_a_worker_with_its_rail() -> None:
    roads = sxgeo.with_rail(sxgeo.load_network("taixin"), as_of="2026-11-21")
    there = network_from_bytes(network_bytes(roads)).legs
    for name in ("tail", "head", "ticks", "error_min"):
        assert np.array_equal(getattr(there, name), getattr(roads.legs, name))
    assert (there.hidden, there.notes, there.stops) == (
        roads.legs.hidden,
        roads.legs.notes,
        roads.legs.stops,
    )


@pytest.mark.slow
def test_areas_by_rail_tell_the_error_of_the_way_to_the_station(tmp_path: Path) -> None:
    roads = sxgeo.with_rail(sxgeo.load_network("taixin"), as_of="2026-11-21")
    places = [(112.5489, 37.8706), FAR]
    files = [
        sxgeo.write_isochrones(
            roads, places, tmp_path / f"{name}.parquet", [30], executor=name
        ).path
        for name in ("serial", "processes")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    truth = sxgeo.isochrones(roads, places[:1], [30])
    told = gpd.read_parquet(files[0])
    assert told["access_error_min"].dropna().tolist() == truth["access_error_min"].tolist()


@pytest.mark.parametrize("most", [None, 4.0])
@pytest.mark.parametrize("prepared", [False, True])
def test_the_table_of_an_executor_is_that_of_one_call(
    network: Any, tmp_path: Path, most: float | None, prepared: bool
) -> None:
    if prepared:
        pytest.importorskip("numba")
    ready = sxgeo.prepare(network) if prepared else network
    sides = with_far(frame(13, 6)), with_far(frame(7, 8))
    told = [
        sxgeo.write_travel_times(
            ready, *sides, tmp_path / f"{workers}.parquet", max_minutes=most, workers=workers
        )
        for workers in (None, 1)
    ]
    tables = [parquet.read_table(one.path).to_pandas() for one in told]
    assert tables[0].equals(tables[1]) and len(tables[0]) == told[0].rows == told[1].rows
    assert told[0].unanswered == told[1].unanswered and len(told[0].unanswered) == 2


def test_memory_bounds_the_workers_and_too_little_is_refused(network: Any, tmp_path: Path) -> None:
    for memory, words in (("1MB", "too little"), ("plenty", "no size|not a size")):
        with pytest.raises(UsageError, match=words):
            sxgeo.write_isochrones(
                network, [HERE], tmp_path / "a.parquet", [5], executor="processes", memory=memory
            )
