"""A run over very many origins: who answers, what a chunk is answered with, how it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_roads import HERE, move, straight

import sxgeo
from sxgeo.analysis.accessibility import crew
from sxgeo.analysis.accessibility.crew import AT_ONCE, TIMES_AT_ONCE, Hands, origins_at_once
from sxgeo.analysis.execution.executors import EXECUTORS
from sxgeo.analysis.execution.memory import BASE_BYTES
from sxgeo.errors import InputError, UsageError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SPOTS = [move(HERE, 90, metres) for metres in (500, 2_000, 4_500)]
LOST = (120.0, 30.0)


@pytest.fixture(scope="module")
def road() -> Any:
    return straight(5_000, 30)


# Who answers


@given(
    memory=st.integers(1, 40).map(lambda gb: gb * 1_000_000_000),
    workers=st.integers(1, 64),
    shipped=st.integers(0, 50_000_000),
)
def test_workers_fit_the_memory_and_no_more_of_them_would_be_asked_or_fit(
    memory: int, workers: int, shipped: int
) -> None:
    hands = Hands("processes", None, memory, workers)
    each = BASE_BYTES + crew.COPIES * shipped
    found = hands.crew(shipped)
    assert 1 <= found <= workers and found * each <= memory
    assert found == workers or (found + 1) * each > memory


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("address", [None, "tcp://host:8786"])
@pytest.mark.parametrize("resume", [False, True])
def test_only_a_serial_run_stays_here_and_only_others_are_kept_unasked(
    executor: str, address: str | None, *, resume: bool
) -> None:
    hands = Hands(executor, address)
    hands.check()
    assert hands.are_here == (executor == "serial" and address is None)
    kept = hands.keep_beside(Path("a.parquet"), resume=resume)
    assert (kept is None) == (executor == "serial" and not resume)
    assert kept is None or (kept.target, kept.resume) == (Path("a.parquet"), resume)


def test_hands_that_cannot_work_are_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="unknown executor 'seriel'"):
        Hands("seriel").check()
    with pytest.raises(UsageError, match="workers 0 is not a number from 1"):
        Hands(workers=0).check()
    Hands(memory=BASE_BYTES).check()
    with pytest.raises(UsageError, match="too little"):
        Hands(memory=BASE_BYTES - 1).check()


@given(st.integers(0, 5_000_000))
def test_a_chunk_of_a_table_holds_as_many_origins_as_its_times_allow(destinations: int) -> None:
    found = origins_at_once(destinations)
    assert 1 <= found <= AT_ONCE
    assert found == 1 or found * destinations <= TIMES_AT_ONCE
    assert found == AT_ONCE or (found + 1) * destinations > TIMES_AT_ONCE


# What is kept


class Folder:
    """What was kept of a run: answers by the first and the last but one origin."""

    def __init__(self, rows_by_key: dict[tuple[int, int], range]) -> None:
        self.rows_by_key, self.read_keys = rows_by_key, list[tuple[int, int]]()

    def read(self, key: tuple[int, int]) -> Any:
        self.read_keys.append(key)
        return pa.table({"row": list(self.rows_by_key[key])})

    def unsound(self, key: tuple[int, int], why: str) -> InputError:
        return InputError(f"{key} {why}")


@given(kept=st.sets(st.integers(0, 5)), order=st.permutations(list(range(6))))
def test_what_was_kept_and_what_is_new_come_in_one_order_each_once(
    kept: set[int], order: list[int]
) -> None:
    keys = {number: (3 * number, 3 * number + 3) for number in range(6)}
    folder: Any = Folder({keys[number]: range(*keys[number]) for number in kept})
    new = [(keys[number], f"new {number}") for number in order if number not in kept]
    told = list(crew._in_turn(iter(new), folder, [keys[number] for number in kept]))
    assert [done for done, _ in told] == [3, 6, 9, 12, 15, 18]
    assert sorted(folder.read_keys) == [keys[number] for number in sorted(kept)]
    for number, (_, part) in enumerate(told):
        rows = list(range(*keys[number]))
        assert part == f"new {number}" if number not in kept else part["row"].to_pylist() == rows


@pytest.mark.parametrize("rows", [range(3, 5), range(3, 7), range(2, 5), range(0)])
def test_a_kept_answer_of_other_origins_is_not_taken(rows: range) -> None:
    folder: Any = Folder({(3, 6): rows})
    with pytest.raises(InputError, match="is not of the origins 4 to 6"):
        crew._read(folder, (3, 6))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"ends": SPOTS[:1]}, "the destinations are not the same"),
        ({"origins": SPOTS[::-1][:2]}, "the origins are not the same"),
        ({"kmh": 40}, "the network is not the same"),
    ],
    ids=str,
)
def test_only_the_same_run_is_gone_on_with(
    changed: dict[str, Any], why: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "AT_ONCE", 1)
    asked = {"kmh": 30, "origins": SPOTS, "ends": SPOTS[1:]}

    def write(progress: Any = None, *, kmh: int, origins: Any, ends: Any) -> Any:
        return sxgeo.write_travel_times(
            straight(5_000, kmh), origins, ends, tmp_path / "t.parquet", resume=True,
            progress=progress,
        )  # fmt: skip

    def broken_off(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(broken_off, **asked)
    if why is None:
        assert write(**asked).rows == 6
        assert [one.name for one in tmp_path.iterdir()] == ["t.parquet"]
        return
    with pytest.raises(InputError, match=why):
        write(**{**asked, **changed})
    assert not (tmp_path / "t.parquet").exists()


def test_a_run_that_nobody_asked_to_keep_leaves_nothing_when_it_breaks_off(
    road: Any, tmp_path: Path
) -> None:
    def broken_off(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "a.parquet"
    with pytest.raises(KeyboardInterrupt):
        sxgeo.write_isochrones(road, SPOTS[:1], path, [1], progress=broken_off)
    with pytest.raises(KeyboardInterrupt):
        sxgeo.write_travel_times(road, SPOTS[:1], SPOTS, path, progress=broken_off)
    assert list(tmp_path.iterdir()) == []


# What is counted


@settings(max_examples=12)
@given(
    starts=st.lists(st.integers(0, 4_900), min_size=1, max_size=4, unique=True),
    ends=st.lists(st.integers(0, 4_900), min_size=1, max_size=5, unique=True),
    limits=st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True).map(sorted),
    beds=st.integers(0, 7),
)
def test_counts_and_sums_are_those_of_the_table_of_times(
    road: Any, starts: list[int], ends: list[int], limits: list[int], beds: int
) -> None:
    origins = [move(HERE, 90, metres) for metres in starts]
    points = [shapely.Point(move(HERE, 90, metres)) for metres in ends]
    weights = [beds + number for number in range(len(ends))]
    places = gpd.GeoDataFrame({"id": range(len(ends)), "beds": weights}, geometry=points, crs=4490)
    found = sxgeo.count_reached(road, origins, places, limits, weight="beds")
    plain = sxgeo.count_reached(road, origins, places, limits)
    minutes = sxgeo.travel_times(road, origins, places).pivot(
        index="origin_id", columns="destination_id", values="minutes"
    )
    assert found["origin_id"].tolist() == minutes.index.tolist()
    assert np.array_equal(found["nearest_min"], minutes.min(axis=1))
    for limit in limits:
        inside = minutes.to_numpy() <= limit
        assert found[f"count_{limit}"].tolist() == inside.sum(axis=1).tolist()
        assert found[f"sum_{limit}"].tolist() == (inside * np.array(weights)).sum(axis=1).tolist()
    assert plain.equals(found[plain.columns])
    assert list(plain.columns) == ["origin_id", "nearest_min", *(f"count_{m}" for m in limits)]


def test_a_place_reached_at_the_very_minute_counts(road: Any) -> None:
    ten = float(sxgeo.travel_times(road, [SPOTS[0]], [SPOTS[2]])["minutes"].iloc[0])
    found = sxgeo.count_reached(road, [SPOTS[0]], [SPOTS[2]], [ten - 0.01, ten])
    assert found.iloc[0, 2:].tolist() == [0, 1] and found["nearest_min"].tolist() == [ten]


def test_who_has_no_road_has_no_numbers_and_is_named_origins_first(road: Any) -> None:
    far = move(HERE, 0, 90_000)
    found = sxgeo.count_reached(road, [SPOTS[0], LOST], [SPOTS[1], far], [1, 30])
    lost = found["origin_id"] == f"{LOST[0]:g},{LOST[1]:g}"
    assert lost.sum() == 1 and found[lost].iloc[:, 1:].isna().all(axis=None)
    assert found[~lost].iloc[0, 2:].tolist() == [0, 1]
    named = [place for place, _ in found.attrs["unanswered"]]
    assert named == [found["origin_id"][lost].iloc[0], f"{far[0]!r},{far[1]!r}"]
    assert all("nearest road" in reason for _, reason in found.attrs["unanswered"])
    assert found.attrs["notes"] == list(road.notes)


@pytest.mark.parametrize("weight", [None, "beds"])
def test_of_no_origins_or_no_destinations_the_table_has_its_columns(
    weight: str | None, road: Any
) -> None:
    places = gpd.GeoDataFrame({"id": ["x"], "beds": [3]}, geometry=[shapely.Point(HERE)], crs=4490)
    none = sxgeo.count_reached(road, [], places, [2, 9], weight=weight)
    some = sxgeo.count_reached(road, [SPOTS[0]], places, [2, 9], weight=weight)
    assert len(none) == 0 and list(none.columns) == list(some.columns)
    assert none.dtypes.iloc[1:].tolist() == some.dtypes.iloc[1:].tolist()
    nobody = sxgeo.count_reached(road, [SPOTS[0]], places.iloc[:0], [2, 9], weight=weight)
    assert nobody["nearest_min"].isna().all() and nobody.iloc[0, 2:].tolist() == [0] * (
        2 if weight is None else 4
    )


@pytest.mark.parametrize(
    "ids", [["b", "a", "c"], [3, 1, 2], ["10", 9, "8"], [2.0, "1", 3.5]], ids=str
)
def test_weights_stay_with_their_places_whatever_their_ids(ids: list[Any], road: Any) -> None:
    points = [shapely.Point(spot) for spot in SPOTS]
    places = gpd.GeoDataFrame(
        {"id": np.array(ids, dtype=object), "beds": [0.25, 10, 100]}, geometry=points, crs=4490
    )
    # at one minute from each spot only that spot is reached
    found = sxgeo.count_reached(road, SPOTS, places, [1], weight="beds")
    by_lon = dict(zip(found["origin_id"], found["sum_1"], strict=True))
    assert [by_lon[f"{lon!r},{lat!r}"] for lon, lat in SPOTS] == [0.25, 10, 100]


# What is written


@pytest.mark.parametrize("ids", [["x", "y", "z"], [7, 8, 9]], ids=str)
def test_measures_keep_the_kinds_of_their_columns_and_the_ids_theirs(
    ids: list[Any], road: Any, tmp_path: Path
) -> None:
    def measure(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        count = len(areas)
        told = areas.assign(
            whole=np.arange(count),
            small=np.full(count, 200, dtype=np.uint8),
            share=np.where(np.arange(count) % 2, np.nan, 0.5),
            sure=np.arange(count) > 0,
            text=np.array(["a"] * count, dtype=object),
        )
        told.attrs = {**areas.attrs, "notes": [(ids[0], "measured"), (ids[0], "twice")]}
        return told

    points = [shapely.Point(spot) for spot in (*SPOTS[:2], LOST)]
    origins = gpd.GeoDataFrame({"id": ids}, geometry=points, crs=4490)
    told: list[tuple[int, int]] = []
    written = sxgeo.write_isochrones(
        road, origins, tmp_path / "a.parquet", [5, 9], also=[measure],
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    file = parquet.read_table(written.path)
    kinds = {name: str(file.schema.field(name).type) for name in file.column_names}
    assert kinds["origin_id"] == ("int64" if isinstance(ids[0], int) else "string")
    assert list(kinds.items())[-5:] == [
        ("whole", "int64"), ("small", "int64"), ("share", "double"), ("sure", "bool"),
        ("text", "string"),
    ]  # fmt: skip
    rows = file.to_pylist()
    assert [row["origin_id"] for row in rows] == [ids[0]] * 2 + [ids[1]] * 2 + [ids[2]]
    assert [row["whole"] for row in rows] == [0, 1, 2, 3, None]
    assert [row["share"] for row in rows] == [0.5, None, 0.5, None, None]
    assert [row["note"] for row in rows[:3]] == ["measured; twice", "measured; twice", None]
    assert written.unanswered == [(ids[2], rows[4]["note"])] and written.rows == 5
    assert told == [(3, 3)]
    assert gpd.read_parquet(written.path).crs == "EPSG:4490"


def test_a_measure_that_changes_its_mind_about_a_column_is_told_so(
    road: Any, tmp_path: Path
) -> None:
    """A list without members is one of numbers to pandas, and of texts to who wrote it."""

    def named(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return areas.assign(word=["near" for _ in areas.index])

    with pytest.raises(
        UsageError, match="column 'word' of a measure is of kind double for no areas"
    ):
        sxgeo.write_isochrones(road, SPOTS[:1], tmp_path / "a.parquet", [5], also=[named])
    assert list(tmp_path.iterdir()) == []


def test_files_and_questions_that_cannot_be_are_refused(road: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as \.parquet, not 'a\.gpkg'"):
        sxgeo.write_isochrones(road, SPOTS, tmp_path / "a.gpkg")
    with pytest.raises(UsageError, match="no origins given"):
        sxgeo.write_isochrones(road, [], tmp_path / "a.parquet")
    assert sxgeo.write_isochrones(road, SPOTS[:1], tmp_path / "A.PARQUET", [1]).rows == 1
    with pytest.raises(InputError):
        sxgeo.write_isochrones(road, SPOTS[:1], tmp_path / "none" / "a.parquet", [1])
    assert not (tmp_path / "none").exists()


def test_the_minutes_of_a_question_without_any_are_15_30_60(road: Any, tmp_path: Path) -> None:
    written = sxgeo.write_isochrones(road, SPOTS[:1], tmp_path / "a.parquet")
    assert gpd.read_parquet(written.path)["minutes"].tolist() == [15, 30, 60]
    assert sxgeo.isochrones(road, SPOTS[:1])["minutes"].tolist() == [15, 30, 60]
    counted = sxgeo.count_reached(road, SPOTS[:1], SPOTS)
    assert list(counted.columns[2:]) == ["count_15", "count_30", "count_60"]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("most", [None, 5.0])
def test_the_file_of_times_is_the_table_and_nothing_is_left_beside_it(
    road: Any, tmp_path: Path, most: float | None, *, resume: bool
) -> None:
    origins, ends = [*SPOTS, LOST], [SPOTS[2], HERE, move(HERE, 0, 90_000)]
    path = tmp_path / "t.parquet"
    written = sxgeo.write_travel_times(road, origins, ends, path, max_minutes=most, resume=resume)
    truth = sxgeo.travel_times(road, origins, ends, max_minutes=most)
    told = pd.read_parquet(path)
    assert told.equals(truth.astype(told.dtypes)) and written.rows == len(truth)
    assert sorted(map(str, written.unanswered)) == sorted(map(str, truth.attrs["unanswered"]))
    assert [one.name for one in tmp_path.iterdir()] == ["t.parquet"]
