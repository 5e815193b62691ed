"""What a worker does: chunks of origins answered by roads that it holds, Arrow in, Arrow out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...geometry.projection import GEOGRAPHIC
from ..execution.job import arrow, from_bytes, to_bytes
from ..network.arrays import TICKS_PER_MIN
from ..network.file import network_bytes, network_from_bytes
from ..network.hierarchy import prepare
from ..network.snap import Ends, ticks_between
from .isochrones import isochrones
from .origins import read_places, searched, snap_all
from .travel_times import all_ticks

if TYPE_CHECKING:
    import pyarrow as pa

    from ..network.arrays import Floats
    from ..network.graph import Network
    from ..network.hierarchy import Hierarchy
    from ..network.snap import Snap

    Work: TypeAlias = Callable[[pa.RecordBatch, "World"], pa.RecordBatch]
    """What a worker answers chunks by."""
    Answering: TypeAlias = Callable[[pa.RecordBatch], pa.RecordBatch]
    """The same, of a worker that is set up."""


@dataclass(frozen=True, eq=False)
class World:
    """What a worker holds: the roads in the direction that is searched, and the question."""

    roads: Network
    minutes: Sequence[float]
    stops: pd.DataFrame | None = None
    prepared: bool = False

    @cached_property
    def ready(self) -> Network | Hierarchy:
        """The roads, or their hierarchy where one was given."""
        # a hierarchy is larger than the roads that it is made of: it is made anew, not shipped
        return prepare(self.roads) if self.prepared else self.roads

    @cached_property
    def targets(self) -> dict[int, Snap]:
        """Where the destinations join the roads, by number; those far from any are left out."""
        if self.stops is None:
            return {}

        # numbers for ids: what they are called, only the caller needs to know
        points = shapely.points(self.stops["lon"], self.stops["lat"])
        frame = gpd.GeoDataFrame(
            {"id": range(len(points))},
            geometry=points,
            crs=GEOGRAPHIC,
        )
        return snap_all(self.roads, read_places(frame, "destination"))[0]

    @cached_property
    def ends(self) -> Ends:
        """The targets as arrays, for all that is asked of them at once."""
        return Ends.of(list(self.targets.values()))

    @cached_property
    def weights(self) -> Floats:
        """What each of the targets counts for."""
        whole = np.zeros(0) if self.stops is None else self.stops["weight"].to_numpy(dtype=float)
        return whole[list(self.targets)]

    @classmethod
    def of(cls, content: bytes) -> World:
        """Read what `shipped` wrote."""
        batch = from_bytes(content)
        asked = json.loads(batch.column("asked")[0].as_py())
        roads = network_from_bytes(batch.column("network")[0].as_py())

        # areas have no destinations
        stops = batch.column("stops")[0].as_py()
        frame = None if stops is None else from_bytes(stops).to_pandas()
        return cls(roads, asked["minutes"], frame, asked["prepared"])

    def shipped(self) -> bytes:
        """Return all that a worker is set up with, once."""
        pa = arrow()
        asked = {"minutes": list(self.minutes), "prepared": self.prepared}
        columns = {
            "asked": pa.array([json.dumps(asked)]),
            "network": pa.array([network_bytes(self.roads)], pa.large_binary()),
            "stops": pa.array([self.stops_bytes()], pa.large_binary()),
        }
        return to_bytes(pa.RecordBatch.from_pydict(columns))

    def stops_bytes(self) -> bytes | None:
        """Return the destinations as an Arrow stream; None where areas are asked for."""
        if self.stops is None:
            return None
        return to_bytes(arrow().RecordBatch.from_pandas(self.stops, preserve_index=False))


def _areas_ready(content: bytes, _sha: str) -> Answering:
    return partial(areas_of, world=World.of(content))


def _counts_ready(content: bytes, _sha: str) -> Answering:
    return partial(counts_of, world=World.of(content))


def _times_ready(content: bytes, _sha: str) -> Answering:
    return partial(minutes_of, world=World.of(content))


def _frame_of(chunk: pa.RecordBatch) -> gpd.GeoDataFrame:
    lon, lat = (chunk.column(name).to_numpy() for name in ("lon", "lat"))

    # numbered through the whole run, so that answers of all chunks can be put in order
    rows = chunk.column("row").to_pylist()
    return gpd.GeoDataFrame(
        {"id": rows},
        geometry=shapely.points(lon, lat),
        crs=GEOGRAPHIC,
    )


def areas_of(chunk: pa.RecordBatch, world: World) -> pa.RecordBatch:
    """Return the areas of the origins of a chunk: Arrow in, Arrow out."""
    frame = _frame_of(chunk)
    left, refused = snap_all(world.roads, read_places(frame, "origin"))
    rows: list[_AreaRow] = [(row, None, None, None, note, None, None) for row, note in refused]

    # a chunk of places that are all too far from roads is no error here: each has its reason
    if left:
        rows += _area_rows(isochrones(world.roads, frame, world.minutes))
    return _batch_of(rows, with_errors=bool(world.roads.legs))


_AreaRow: TypeAlias = tuple[Any, ...]
"""Number of the origin, minutes, area, snap, note, shape as WKB, error of the stops."""


def _area_rows(areas: gpd.GeoDataFrame) -> Iterator[_AreaRow]:
    """Yield the rows of areas; without rail no stop has an error, and none is told."""
    notes = by_place(areas.attrs["notes"])

    # little-endian whatever the machine: the file has the same bytes everywhere
    shapes = shapely.to_wkb(areas.geometry.to_numpy(), byte_order=1)
    columns = [areas[name].tolist() for name in ("origin_id", "minutes", "area_km2", "snap_m")]
    with_errors = "access_error_min" in areas.columns
    errors = areas["access_error_min"].tolist() if with_errors else [None] * len(areas)
    for *values, shape, error in zip(*columns, shapes, errors, strict=True):
        note = "; ".join(notes.get(values[0], ())) or None
        yield (*values, note, shape, error)


def _batch_of(rows: list[_AreaRow], *, with_errors: bool) -> pa.RecordBatch:
    """Put the rows of areas in order and into columns; errors of stops stand last, if at all."""
    # an origin without an answer has no minutes, and one row: it stands first
    rows.sort(key=lambda r: (r[0], r[1] or 0))
    kinds = _area_kinds()
    if not with_errors:
        del kinds["access_error_min"]
        rows = [row[: len(kinds)] for row in rows]
    arrays = _arrow_arrays(rows, list(kinds.values()))
    return arrow().RecordBatch.from_arrays(arrays, names=list(kinds))


def _area_kinds() -> dict[str, pa.DataType]:
    """Return the columns of answered areas with their kinds."""
    pa = arrow()
    return {
        "row": pa.int64(),
        "minutes": pa.float64(),
        "area_km2": pa.float64(),
        "snap_m": pa.float64(),
        "note": pa.string(),
        "geometry": pa.binary(),
        "access_error_min": pa.float64(),
    }


def _arrow_arrays(rows: list[_AreaRow], kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    """Turn rows into a column of each kind, also where there is none."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return [arrow().array(values, kind) for values, kind in zip(columns, kinds, strict=True)]


def counts_of(chunk: pa.RecordBatch, world: World) -> pa.RecordBatch:
    """Return what the origins of a chunk reach, summed up: Arrow in, Arrow out."""
    roads, places = world.roads, read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(roads, places)
    limits = np.array(world.minutes, dtype=float)
    targets = list(world.targets.values())

    # places off the roads keep NaN: they have a row, and their reason in it
    figures = np.full(
        (len(places.ids), 1 + 2 * len(limits)),
        np.nan,
    )
    for place, origin, ticks in searched(roads, left, np.inf):
        between = ticks_between(roads, ticks, origin, targets, world.ends)
        minutes = np.asarray(between) / TICKS_PER_MIN
        figures[place] = _summed(minutes, limits, world.weights)
    return answers_of(places.ids, dict(refused), columns_of(figures))


def _summed(
    minutes: Floats,
    limits: Floats,
    weights: Floats,
) -> list[float]:
    """Return the least time, then for each limit how many destinations lie within it, then for each
    what they weigh.
    """
    # all limits against all destinations at once; the table of times itself is thrown away
    within = minutes[None, :] <= limits[:, None]
    sums = [float(weights[inside].sum()) for inside in within]

    # no way at all is an infinite time: it is told as missing, not as a number
    least = float(minutes.min()) if len(minutes) else np.inf
    nearest = least if np.isfinite(least) else np.nan
    return [nearest, *within.sum(axis=1).astype(float), *sums]


def columns_of(figures: Floats) -> dict[str, pa.Array]:
    """Return a column for each figure, under its number; what is NaN is not known, and null."""
    pa = arrow()
    return {
        f"v{number}": pa.array(column, pa.float64(), from_pandas=True)
        for number, column in enumerate(figures.T)
    }


def answers_of(
    rows: Sequence[int],
    notes: Mapping[int, str],
    figures: dict[str, pa.Array],
) -> pa.RecordBatch:
    """Return a row for each origin: its number, why it has no answer, if so, and its figures."""
    pa = arrow()
    columns = {
        "row": pa.array(rows, pa.int64()),
        "note": pa.array([notes.get(row) for row in rows], pa.string()),
    }
    return pa.RecordBatch.from_pydict({**columns, **figures})


def minutes_of(chunk: pa.RecordBatch, world: World) -> pa.RecordBatch:
    """Return the minutes from the origins of a chunk to every destination: Arrow in, Arrow out."""
    pa, places = arrow(), read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(world.roads, places)
    minutes = _minutes_between(world, left, len(places.ids))
    flat = pa.array(minutes.ravel(), pa.float64())

    # one list for each origin: a column of its own for each destination would be thousands
    lists = pa.FixedSizeListArray.from_arrays(flat, minutes.shape[1])
    return answers_of(places.ids, dict(refused), {"minutes": lists})


def _minutes_between(
    world: World,
    left: dict[int, Snap],
    origin_count: int,
) -> Floats:
    """Return the minutes from each origin to each destination, NaN where there is no way."""
    assert world.stops is not None  # a table has destinations

    # places off the roads keep NaN: every pair has its number, and the chunk its full width
    minutes = np.full((origin_count, len(world.stops)), np.nan)
    if left and world.targets:
        between = all_ticks(
            world.ready,
            list(left.values()),
            list(world.targets.values()),
        )
        told = np.where(np.isfinite(between), between / TICKS_PER_MIN, np.nan)
        minutes[np.ix_(list(left), list(world.targets))] = told
    return minutes


def by_place(notes: Iterable[tuple[Any, str]]) -> dict[Any, list[str]]:
    """Return the notes on each place, in their order."""
    by_place: dict[Any, list[str]] = {}
    for place, note in notes:
        by_place.setdefault(place, []).append(note)
    return by_place


READY = {
    "areas_of": _areas_ready,
    "counts_of": _counts_ready,
    "minutes_of": _times_ready,
}
