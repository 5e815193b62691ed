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
from sxgeo.analysis.accessibility import crew, many
from sxgeo.analysis.accessibility.population import population_within
from sxgeo.analysis.accessibility.within import count_within
from sxgeo.analysis.network.file import network_bytes, network_from_bytes
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError

parquet = pytest.importorskip("pyarrow.parquet")

FAR = (120.0, 30.0)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "AT_ONCE", 5)


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
    monkeypatch.setattr(crew, "AT_ONCE", at_once)
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


def people(path: Path) -> Any:
    """What counts people on a raster that ends within the areas."""
    rasterio = pytest.importorskip("rasterio")
    pytest.importorskip("exactextract")
    with rasterio.open(
        path, "w", driver="GTiff", width=60, height=60, count=1, dtype="float32", crs="EPSG:4490",
        transform=rasterio.transform.from_bounds(112.58, 37.98, 112.62, 38.06, 60, 60),
    ) as file:  # fmt: skip
        file.write(np.arange(3600, dtype="float32").reshape(1, 60, 60) % 7)
    return partial(population_within, raster=path)


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
    origins, stops = with_far(frame(13, 4)), frame(9, 5)
    also = [stop_counts(30), people(tmp_path / "people.tif")]
    seen: list[int] = []
    files = [
        sxgeo.write_isochrones(
            network,
            origins,
            tmp_path / f"{name}.parquet",
            [4, 8],
            also=also,
            executor=name,
            workers=workers,
            progress=lambda done, _: seen.append(done),
        ).path.read_bytes()
        for name, workers in (("serial", None), (executor, 2))
    ]
    assert files[0] == files[1]
    assert seen[-1] == 14
    told = parquet.read_table(tmp_path / f"{executor}.parquet").to_pandas()
    assert told["known_share"].between(0, 1, inclusive="neither").any()
    assert told["population"].max() > 0 and told["stop_count"].max() > 0
    counts = [
        sxgeo.count_reached(network, origins, stops, [4], executor=name, workers=2)
        for name in ("serial", executor)
    ]
    assert counts[0].equals(counts[1])
    assert counts[0].attrs == counts[1].attrs


@pytest.mark.slow
def test_no_table_of_all_pairs_is_held(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "AT_ONCE", 16)
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


def broken_after(monkeypatch: pytest.MonkeyPatch, name: str, chunks: int) -> list[int]:
    """Let a run end after so many chunks; return the first row of each that was worked on."""
    whole, worked = getattr(many, name), list[int]()

    def work(chunk: Any, world: Any) -> Any:
        if len(worked) == chunks:
            raise KeyboardInterrupt
        worked.append(chunk.column("row")[0].as_py())
        return whole(chunk, world)

    work.__name__ = name
    monkeypatch.setattr(many, name, work)
    return worked


def write(kind: str, network: Any, origins: Any, path: Path, **options: Any) -> Any:
    if kind == "areas_of":
        return sxgeo.write_isochrones(network, origins, path, [3, 9], **options)
    return sxgeo.write_travel_times(network, origins, frame(7, 8), path, **options)


@pytest.mark.parametrize("kind", ["areas_of", "minutes_of"])
def test_a_run_that_was_broken_off_goes_on_without_loss_or_repetition(
    kind: str, network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origins = with_far(frame(12, 4))
    truth = write(kind, network, origins, tmp_path / "a.parquet", resume=True)
    assert not (tmp_path / "a.parquet.parts").exists()
    out = tmp_path / "b.parquet"
    with monkeypatch.context() as broken:
        before = broken_after(broken, kind, 2)
        with pytest.raises(KeyboardInterrupt):
            write(kind, network, origins, out, resume=True)
    with monkeypatch.context() as watched:
        after = broken_after(watched, kind, 99)
        written = write(kind, network, origins, out, resume=True)
    assert (before, after) == ([0, 5], [10])
    assert out.read_bytes() == truth.path.read_bytes()
    assert written.unanswered == truth.unanswered and len(written.unanswered) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_a_run_is_not_gone_on_with_over_other_data(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origins, out = frame(12, 4), tmp_path / "b.parquet"
    with monkeypatch.context() as broken:
        broken_after(broken, "areas_of", 2)
        with pytest.raises(KeyboardInterrupt):
            sxgeo.write_isochrones(network, origins, out, [3, 9], resume=True)
    for changed, words in (
        ({"network": network.reversed()}, "the network is not the same"),
        ({"origins": frame(12, 5)}, "the origins are not the same"),
        ({"origins": origins.assign(id=[f"q{i}" for i in origins["id"]])}, "the origins are not"),
        ({"minutes": [3, 8]}, "other minutes"),
    ):
        asked = {"network": network, "origins": origins, "minutes": [3, 9], **changed}
        with pytest.raises(InputError, match=rf"another run[^;]*;[^:]*:.*\n.*{words}"):
            sxgeo.write_isochrones(path=out, resume=True, **asked)
    stops = frame(7, 8)
    with pytest.raises(InputError, match="another table"):
        sxgeo.write_travel_times(network, origins, stops, out, resume=True)
    part = next(iter(sorted((tmp_path / "b.parquet.parts").glob("*.arrow"))))
    part.write_bytes(part.with_name("0000000005-0000000010.arrow").read_bytes())
    with pytest.raises(InputError, match="not of the origins 1 to 5; remove it, then"):
        sxgeo.write_isochrones(network, origins, out, [3, 9], resume=True)
    assert not out.exists()


def test_a_table_of_the_command_line_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, number in (("o", 13), ("d", 4)):
        frame(number, number).to_file(f"{name}.geojson")
    asked = ["reach", "--table", "o.geojson", "d.geojson", "--network", "taixin"]
    assert main([*asked, "-o", "a.csv"]) == 0
    for option in (["--resume"], ["--executor", "serial"]):
        with monkeypatch.context() as broken:
            broken_after(broken, "minutes_of", 2)
            assert main([*asked, "-o", "b.csv", *option]) == 130
        assert "--resume to go on" in capsys.readouterr().err
        assert main([*asked, "-o", "b.csv", "--executor", "serial"]) == 3
        assert "interrupted run; go on with it by --resume" in capsys.readouterr().err
        assert main([*asked[:3], "o.geojson", *asked[4:], "-o", "b.csv", "--resume"]) == 3
        assert "the destinations are not the same" in capsys.readouterr().err
        assert main([*asked, "-o", "b.csv", "--resume"]) == 0
        assert Path("b.csv").read_bytes() == Path("a.csv").read_bytes()
        assert not Path("b.csv.parts").exists()
    assert main([*asked, "--resume"]) == 2
    assert "--resume needs -o FILE" in capsys.readouterr().err


def test_memory_bounds_the_workers_and_too_little_is_refused(network: Any, tmp_path: Path) -> None:
    for memory, words in (("1MB", "too little"), ("plenty", "no size|not a size")):
        with pytest.raises(UsageError, match=words):
            sxgeo.write_isochrones(
                network, [HERE], tmp_path / "a.parquet", [5], executor="processes", memory=memory
            )
