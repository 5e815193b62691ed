"""Many origins on any executor: areas and tables of times written as they come, and counts summed
up on the way, so that no dense table is ever held.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import AnalysisError, InputError, UsageError, unknown
from ...files.writing import draft, moved, path_of
from ...geometry.engines import versions
from ...geometry.geoparquet import geo_words
from ...geometry.projection import GEOGRAPHIC
from ..execution.executors import EXECUTORS, run
from ..execution.job import Job, arrow, from_bytes, to_bytes
from ..execution.memory import BASE_BYTES, bytes_of, crew_of
from ..execution.parts import GO_ON, Parts
from ..execution.rows import Grouped
from ..network.arrays import TICKS_PER_MIN
from ..network.file import network_bytes, network_from_bytes
from ..network.graph import checked_network
from ..network.hierarchy import prepare
from ..network.snap import Ends, edge_boxes, ticks_between
from .isochrones import isochrones
from .origins import limits_of, places_from_frame, read_places, searched, snap_all, spelt
from .travel_times import TimeTable, Written, all_ticks, roads_of, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from ..execution.executors import Key
    from ..network.arrays import Floats
    from ..network.graph import Network
    from ..network.hierarchy import Hierarchy
    from ..network.snap import Snap
    from .origins import Places, SortedPlaces

Measure = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
"""What adds columns to areas."""
AT_ONCE = 64
"""Origins of a chunk; it changes no answer."""
ROWS_AT_ONCE = 4_096
"""Rows of a group in a file of areas: it hangs on no chunk."""
TIMES_AT_ONCE = 2_000_000
"""Times of a chunk of a table at most."""
MEMORY = "2GB"
"""What all workers may take, where nobody says."""
COPIES = 8
"""What a worker makes of a network, in the size of its file: arrays, steps, cells of its edges."""
_CHANGED = {
    "network": "the network is not the same, or the way it is travelled",
    "origins": "the origins are not the same",
    "destinations": "the destinations are not the same",
    "question": "other minutes, or another table, are asked for",
    "versions": "sxgeo, GEOS or PROJ is another version",
}


@dataclass(frozen=True, slots=True)
class Keep:
    """Where what is answered of a run is kept until all is: beside the file that it goes into.

    Attributes
    ----------
    target
        That file.
    resume
        Whether to go on with an interrupted run of the same question.
    """

    target: Path
    resume: bool = False

    def forget(self) -> None:
        """Remove what was kept: the target is written."""
        Parts.beside(self.target, {}).remove()


def write_isochrones(
    network: Network,
    origins: Places,
    path: str | Path,
    minutes: Sequence[float] = (15, 30, 60),
    *,
    reverse: bool = False,
    also: Sequence[Measure] = (),
    executor: str = "serial",
    address: str | None = None,
    memory: str | int = MEMORY,
    workers: int | None = None,
    resume: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write the areas of very many origins to GeoParquet, on this machine or a cluster.

    Parameters
    ----------
    network, origins, minutes, reverse
        As in :func:`sxgeo.isochrones`.
    path
        A .parquet file; an old one is replaced only when the new one is complete.
    also
        What more to tell of the areas, here, piece by piece as they come: each takes areas, no rows
        too, and returns them with more columns of numbers or text, such as
        :func:`sxgeo.population_within`. Its notes on an origin join the `note` of its rows.
    executor, address, memory, workers
        As in :func:`sxgeo.screen`; the rows are the same on each.
    resume
        Keep what is answered in ``NAME.parquet.parts`` until all is, as every executor but
        ``"serial"`` does, and go on with what an interrupted run of the same question kept there.
    progress
        Called with the number of origins done, and of all.

    Returns
    -------
    Written
        A row for each origin and minutes, sorted so: `origin_id`, `minutes`, `area_km2`, `snap_m`,
        `note`, `geometry` (EPSG:4490), and, where the network carries rail, `access_error_min` as
        in :func:`sxgeo.isochrones`, and the columns of `also`. An origin too far from any road has
        one row without an area; `note` says why.

    Raises
    ------
    UsageError
        If the name does not end in .parquet, the executor, the memory or the minutes cannot be
        used, or pyarrow is not installed.
    InputError
        If an origin cannot be used, the file cannot be written, an address does not answer, or an
        interrupted run was of another question.
    AnalysisError
        If workers keep ending; what was answered is kept for `resume`.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> sxgeo.write_isochrones(network, [(112.55, 37.87), (112.73, 38.42)], "areas.parquet").rows
    6
    """
    target = path_of(path)
    if target.suffix.lower() != ".parquet":
        raise UsageError(f"areas of many origins are written as .parquet, not '{target.name}'")
    limits, starts = limits_of(minutes), read_places(origins, "origin")
    if not starts.ids:
        raise UsageError("no origins given; give at least one")
    roads = checked_network(network).reversed() if reverse else network
    keep = Keep(target, resume) if resume or executor != "serial" else None
    crew = _Crew(roads, limits, None, executor, address, memory, workers, keep=keep)
    ids = starts.labels
    # what cannot be told of no areas cannot be told of any: said before the search
    kinds = _kinds_of(also)
    unanswered: list[tuple[Any, str]] = []
    with draft(target, parents=False) as unfinished:
        file = Grouped(unfinished, ROWS_AT_ONCE)
        for done, part in crew.answers(_areas_of, starts):
            origin = part.column("row").to_numpy()

            # a row without minutes is a place without an answer: it is written, and named
            lost = part.column("minutes").is_null().to_numpy(zero_copy_only=False)
            notes = part.column("note").to_pylist()
            unanswered += [(ids[origin[k]], notes[k]) for k in np.flatnonzero(lost).tolist()]
            named = arrow().array(ids[origin].tolist(), _id_type(starts.ids))
            names = ["origin_id", *part.schema.names[1:]]
            told = arrow().table([named, *part.columns[1:]], names=names)
            if also:
                told = _told_too(told, also, kinds)
            file.take(told.replace_schema_metadata({"geo": geo_words()}))
            if progress is not None:
                progress(done, len(ids))
        file.close()
    if keep is not None:
        keep.forget()
    return Written(target, file.rows, unanswered)


def no_areas() -> gpd.GeoDataFrame:
    """Return areas without a row, to ask a measure which columns it adds."""
    return gpd.GeoDataFrame(
        {
            "origin_id": np.array([], dtype=object),
            **{name: np.array([], dtype=float) for name in ("minutes", "area_km2", "snap_m")},
            "note": np.array([], dtype=object),
        },
        geometry=np.array([], dtype=object),
        crs=GEOGRAPHIC,
    )


def _kinds_of(also: Sequence[Measure]) -> dict[str, Any]:
    """Return the columns that measures add, each with its kind in Arrow."""
    pa = arrow()
    areas = no_areas()
    held = set(areas.columns)
    for measure in also:
        areas = measure(areas)
    of_kind = {
        "i": pa.int64(),
        "u": pa.int64(),
        "f": pa.float64(),
        "b": pa.bool_(),
    }
    return {
        name: of_kind.get(areas[name].dtype.kind, pa.string())
        for name in areas.columns
        if name not in held
    }


def _told_too(
    rows: Any,
    also: Sequence[Measure],
    kinds: dict[str, Any],
) -> Any:
    """Add the columns of measures to rows; those without an area have none."""
    pa = arrow()
    there = np.flatnonzero(~rows.column("minutes").is_null().to_numpy())
    frame = rows.take(there).drop_columns(["geometry"]).to_pandas()
    shapes = shapely.from_wkb(rows.column("geometry").take(there).to_numpy())
    areas = gpd.GeoDataFrame(frame, geometry=shapes, crs=GEOGRAPHIC)
    for measure in also:
        areas = measure(areas)

    notes: dict[Any, list[str]] = {}
    for origin, note in areas.attrs.get("notes", ()):
        notes.setdefault(origin, []).append(note)
    origins, texts = rows.column("origin_id").to_pylist(), rows.column("note").to_pylist()
    joined = [
        "; ".join([*([text] if text else []), *notes.get(origin, ())]) or None
        for origin, text in zip(origins, texts, strict=True)
    ]
    rows = rows.set_column(
        rows.schema.get_field_index("note"), "note", pa.array(joined, pa.string())
    )
    for name, kind in kinds.items():
        values: list[Any] = [None] * rows.num_rows
        for row, value in zip(there.tolist(), areas[name].tolist(), strict=True):
            values[row] = value
        rows = rows.append_column(name, pa.array(values, kind, from_pandas=True))
    return rows


def count_reached(
    network: Network,
    origins: Places,
    destinations: Places,
    minutes: Sequence[float] = (15, 30, 60),
    *,
    weight: str | None = None,
    reverse: bool = False,
    executor: str = "serial",
    address: str | None = None,
    memory: str | int = MEMORY,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Count the destinations that each of very many origins reaches, on this machine or a cluster.

    Times are summed up where they are found; no table of all pairs is ever held.

    Parameters
    ----------
    network, origins, destinations, minutes
        As in :func:`sxgeo.travel_times` and :func:`sxgeo.isochrones`.
    weight
        A column of `destinations` to add up beside the count, such as beds or people.
    reverse
        Count the destinations that reach the origin.
    executor, address, memory, workers
        As in :func:`sxgeo.screen`; the numbers are the same on each.
    progress
        Called with the number of origins done, and of all.

    Returns
    -------
    DataFrame
        A row for each origin, sorted: `origin_id`, `nearest_min`, `count_15`, ... and with a weight
        `sum_15`, ...; missing for an origin too far from any road, which stands in
        ``attrs["unanswered"]`` as (id, reason), as do such destinations.

    Raises
    ------
    UsageError
        If the executor, the minutes or the weight cannot be used, or pyarrow is not installed.
    InputError
        If a place cannot be used, or an address does not answer.
    AnalysisError
        If workers keep ending.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> towns = [(112.55, 37.87), (112.73, 38.42), (113.18, 37.88)]
    >>> sxgeo.count_reached(network, towns, towns, [30, 240])["count_240"].tolist()
    [3, 3, 3]
    """
    return count_and_keep(
        network, origins, destinations, minutes, weight=weight, reverse=reverse, executor=executor,
        address=address, memory=memory, workers=workers, progress=progress, keep=None,
    )  # fmt: skip


def count_and_keep(
    network: Network,
    origins: Places,
    destinations: Places,
    minutes: Sequence[float],
    *,
    weight: str | None = None,
    reverse: bool = False,
    executor: str,
    address: str | None = None,
    memory: str | int = MEMORY,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    keep: Keep | None,
) -> pd.DataFrame:
    """Do what :func:`count_reached` does, and keep what is answered on the way."""
    limits = limits_of(minutes)
    starts, ends = read_places(origins, "origin"), read_places(destinations, "destination")
    weights = _weights(destinations, weight, ends.ids)
    stops = pd.DataFrame(
        {
            "lon": ends.lon,
            "lat": ends.lat,
            "weight": weights,
        }
    )

    # reversed, an origin counts who comes to it; the stops stay where they are
    roads = checked_network(network).reversed() if reverse else network
    _, lost = snap_all(roads, edge_boxes(roads), ends)
    unanswered = list[tuple[Any, str]]()
    crew = _Crew(roads, limits, stops, executor, address, memory, workers, keep=keep)
    parts = []
    for done, part in crew.answers(_counts_of, starts):
        parts.append(part)
        if progress is not None:
            progress(done, len(starts.ids))

    # sums are worked out in any case, and left out where no weight was asked for
    names = ["nearest_min", *(f"count_{m:g}" for m in limits), *(f"sum_{m:g}" for m in limits)]
    found = arrow().Table.from_batches(parts).to_pandas() if parts else pd.DataFrame({"row": []})
    ids = starts.labels
    row = found["row"].to_numpy(dtype=np.int64)
    if parts:
        told = found["note"].notna().to_numpy()
        unanswered = [
            (ids[i], note) for i, note in zip(row[told], found["note"][told], strict=True)
        ]
    table = pd.DataFrame({"origin_id": pd.Series(ids[row]).infer_objects()})
    for k, name in enumerate(names[: len(names) if weight else 1 + len(limits)]):
        column = found[f"v{k}"] if parts else pd.Series(dtype=float)
        whole = name.startswith("count_")
        table[name] = column.astype("Int64") if whole else column.astype(float)
    table.attrs["unanswered"] = unanswered + lost
    table.attrs["notes"] = list(network.notes)
    return table


def times_of(
    network: Network | Hierarchy,
    origins: Places,
    destinations: Places,
    *,
    max_minutes: float | None = None,
    executor: str,
    address: str | None = None,
    memory: str | int = MEMORY,
    workers: int | None = None,
    unanswered: list[tuple[Any, str]],
    keep: Keep | None = None,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield how many origins are done, and their rows, as :meth:`TimeTable.chunks` does, from an
    executor.

    Parameters
    ----------
    network, origins, destinations, max_minutes
        As in :func:`sxgeo.travel_times`; of a hierarchy each worker makes its own.
    executor, address, memory, workers
        As in :func:`sxgeo.screen`.
    unanswered
        Places too far from any road are added to it, as (id, reason), while the rows come.
    keep
        Where what is answered is kept, until the caller forgets it; None keeps nothing.
    """
    table = TimeTable(network, origins, destinations, max_minutes)
    roads, (starts, ends) = roads_of(network), table.places
    stops = pd.DataFrame(
        {
            "lon": ends.lon,
            "lat": ends.lat,
            "weight": 1.0,
        }
    )
    _, lost = snap_all(roads, edge_boxes(roads), ends)
    unanswered += lost
    prepared = network is not roads
    crew = _Crew(roads, [], stops, executor, address, memory, workers, prepared, keep)

    # a chunk holds origins times destinations: with many destinations fewer origins go at once
    at_once = max(1, min(AT_ONCE, TIMES_AT_ONCE // max(1, len(stops))))
    for done, part in crew.answers(_times_of, starts, at_once):
        rows = part.column("row").to_numpy()
        told, notes = part.column("note"), part.column("note").to_pylist()
        lost_here = np.flatnonzero(~told.is_null().to_numpy(zero_copy_only=False)).tolist()
        unanswered += [(starts.ids[rows[k]], notes[k]) for k in lost_here]
        minutes = part.column("minutes").flatten().to_numpy(zero_copy_only=False)
        yield done, table.framed(range(rows[0], rows[-1] + 1), minutes.reshape(len(rows), -1))


def write_travel_times(
    network: Network | Hierarchy,
    origins: Places,
    destinations: Places,
    path: str | Path,
    *,
    max_minutes: float | None = None,
    executor: str = "serial",
    address: str | None = None,
    memory: str | int = MEMORY,
    workers: int | None = None,
    resume: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write the table of :func:`sxgeo.travel_times` to a Parquet file without ever holding it
    whole.

    Parameters
    ----------
    network, origins, destinations, max_minutes
        As in :func:`sxgeo.travel_times`.
    path
        A .parquet file; an old one is replaced only when the new one is complete. The order of
        version 0.1 (the path first) still works and warns.
    executor, address, memory, workers
        As in :func:`sxgeo.screen`; the rows are the same on each, and of a hierarchy each worker
        makes its own.
    resume
        As in :func:`sxgeo.write_isochrones`.
    progress
        Called with the number of origins done, and of all, after each part.

    Returns
    -------
    Written
        `origin_id`, `destination_id`, `minutes` stand in the file, sorted by the ids; no way is
        null. The same input gives the same bytes with the same pyarrow.

    Raises
    ------
    UsageError
        If the name does not end in .parquet, `max_minutes` is not above 0, or the executor or the
        memory cannot be used.
    InputError
        If pyarrow is not installed, the file cannot be written, or as :func:`sxgeo.travel_times`.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> station, mine = (112.5489, 37.8706), (112.73, 38.42)
    >>> done = sxgeo.write_travel_times(network, station, mine, "times.parquet")
    >>> done.rows
    1
    """
    if isinstance(network, (str, Path)):
        moved("write_travel_times(network, origins, destinations, path)")
        told = network, origins, destinations, path
        path, network, origins, destinations = told  # type: ignore[assignment]
    table = TimeTable(network, origins, destinations, max_minutes)
    if executor == "serial" and address is None and workers is None and not resume:
        return write_table(table, path, table.chunks(), progress)
    keep = Keep(path_of(path), resume) if resume or executor != "serial" else None
    unanswered: list[tuple[Any, str]] = []
    coming = times_of(
        network, origins, destinations, max_minutes=max_minutes, executor=executor,
        address=address, memory=memory, workers=workers, unanswered=unanswered, keep=keep,
    )  # fmt: skip
    written = write_table(table, path, coming, progress, answered=unanswered)
    if keep is not None:
        keep.forget()
    return Written(written.path, written.rows, unanswered)


def _weights(
    destinations: Places,
    weight: str | None,
    ids: Sequence[Any],
) -> Any:
    """Return what each destination counts for, in the order of their ids."""
    if weight is None:
        return np.ones(len(ids))
    if not isinstance(destinations, gpd.GeoDataFrame) or weight not in destinations.columns:
        known = getattr(destinations, "columns", ())
        raise unknown("column of the destinations", weight, [str(name) for name in known])
    values = pd.to_numeric(destinations[weight], errors="coerce").to_numpy(dtype=float)
    if (wrong := ~np.isfinite(values) | (values < 0)).any():
        raise InputError(
            f"column '{weight}' holds no number of at least 0 in {int(wrong.sum())} of"
            f" {len(values)} destinations; mend or drop them"
        )

    # destinations were sorted and their ids made alike when they were read: weights follow by id
    told, _ = places_from_frame(destinations, "destination")
    # ids of several types are read as texts
    names = told if len({type(i) for i in told}) == 1 else [spelt(i) for i in told]
    by_id = dict(zip(names, values.tolist(), strict=True))
    return np.array([by_id[place_id] for place_id in ids])


def _id_type(ids: Sequence[Any]) -> Any:
    return arrow().int64() if ids and isinstance(ids[0], int) else arrow().string()


# What a worker does


@dataclass(frozen=True, eq=False)
class _World:
    """What a worker holds: the roads in the direction that is searched, and the question."""

    roads: Network
    minutes: Sequence[float]
    stops: pd.DataFrame | None
    prepared: bool = False

    @cached_property
    def ready(self) -> Network | Hierarchy:
        """The roads, or their hierarchy where one was given."""
        return prepare(self.roads) if self.prepared else self.roads

    @cached_property
    def boxes(self) -> Any:
        """Boxes of the edges."""
        return edge_boxes(self.roads)

    @cached_property
    def targets(self) -> dict[int, Snap]:
        """Where the destinations join the roads, by number; those far from any are left out."""
        if self.stops is None:
            return {}
        points = shapely.points(self.stops["lon"], self.stops["lat"])
        frame = gpd.GeoDataFrame({"id": range(len(points))}, geometry=points, crs=GEOGRAPHIC)
        return snap_all(self.roads, self.boxes, read_places(frame, "destination"))[0]

    @cached_property
    def weights(self) -> Floats:
        """What each of the targets counts for."""
        whole = np.zeros(0) if self.stops is None else self.stops["weight"].to_numpy(dtype=float)
        return whole[list(self.targets)]

    @classmethod
    def of(cls, content: bytes) -> _World:
        batch = from_bytes(content)
        asked = json.loads(batch.column("asked")[0].as_py())
        roads = network_from_bytes(batch.column("network")[0].as_py())
        stops = batch.column("stops")[0].as_py()
        frame = None if stops is None else from_bytes(stops).to_pandas()
        return cls(roads, asked["minutes"], frame, asked["prepared"])


def _areas_ready(content: bytes, _sha256: str) -> Callable[[Any], Any]:
    return partial(_areas_of, world=_World.of(content))


def _counts_ready(content: bytes, _sha256: str) -> Callable[[Any], Any]:
    return partial(_counts_of, world=_World.of(content))


def _times_ready(content: bytes, _sha256: str) -> Callable[[Any], Any]:
    return partial(_times_of, world=_World.of(content))


def _frame_of(chunk: pa.RecordBatch) -> gpd.GeoDataFrame:
    lon, lat = (chunk.column(name).to_numpy() for name in ("lon", "lat"))
    rows = chunk.column("row").to_pylist()
    return gpd.GeoDataFrame({"id": rows}, geometry=shapely.points(lon, lat), crs=GEOGRAPHIC)


def _areas_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return the areas of the origins of a chunk: Arrow in, Arrow out."""
    frame = _frame_of(chunk)
    left, refused = snap_all(world.roads, world.boxes, read_places(frame, "origin"))
    rows: list[tuple[Any, ...]] = [
        (row, None, None, None, note, None, None) for row, note in refused
    ]
    if left:
        found = isochrones(world.roads, frame, world.minutes)
        notes: dict[Any, list[str]] = {}
        for row, note in found.attrs["notes"]:
            notes.setdefault(row, []).append(note)
        wkb = shapely.to_wkb(found.geometry.to_numpy(), byte_order=1)
        figures = (found[name].tolist() for name in ("origin_id", "minutes", "area_km2", "snap_m"))
        errors = found["access_error_min"].tolist() if world.roads.legs else [None] * len(found)
        rows += [
            (*values, "; ".join(notes.get(values[0], ())) or None, shape, error)
            for *values, shape, error in zip(*figures, wkb, errors, strict=True)
        ]
    return _batch_of(rows, with_errors=bool(world.roads.legs))


def _batch_of(rows: list[tuple[Any, ...]], *, with_errors: bool) -> pa.RecordBatch:
    """Put the rows of areas in order and into columns; errors of stops stand last, if at all."""
    pa = arrow()
    rows.sort(key=lambda r: (r[0], r[1] or 0))
    names = ["row", "minutes", "area_km2", "snap_m", "note", "geometry", "access_error_min"]
    number, text = pa.float64(), pa.string()
    kinds = [pa.int64(), number, number, number, text, pa.binary(), number]
    if not with_errors:
        names, kinds = names[:-1], kinds[:-1]
        rows = [row[: len(names)] for row in rows]
    arrays = _arrow_arrays(rows, kinds)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _arrow_arrays(rows: list[tuple[Any, ...]], kinds: Sequence[pa.DataType]) -> list[pa.Array]:
    """Turn rows into a column of each kind, also where there is none."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return [arrow().array(values, kind) for values, kind in zip(columns, kinds, strict=True)]


def _counts_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return what the origins of a chunk reach, summed up: Arrow in, Arrow out."""
    pa = arrow()
    roads, places = world.roads, read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(roads, world.boxes, places)
    targets = list(world.targets.values())
    ends, weights = Ends.of(targets), world.weights
    limits = np.array(world.minutes, dtype=float)
    told: dict[int, tuple[list[float], str | None]] = {
        row: ([np.nan] * (1 + 2 * len(limits)), note) for row, note in refused
    }
    for place, origin, ticks in searched(roads, left, np.inf):
        found = np.asarray(ticks_between(roads, ticks, origin, targets, ends)) / TICKS_PER_MIN

        # all limits against all destinations at once; the table of times itself is thrown away
        within = found[None, :] <= limits[:, None]
        sums = [float(weights[inside].sum()) for inside in within]
        least = float(found.min()) if len(found) else np.inf
        nearest = least if np.isfinite(least) else np.nan
        told[places.ids[place]] = ([nearest, *within.sum(axis=1).astype(float), *sums], None)
    rows = sorted(told)
    values = np.array([told[row][0] for row in rows], dtype=float).reshape(
        len(rows), 1 + 2 * len(limits)
    )
    columns = [pa.array(rows, pa.int64()), pa.array([told[r][1] for r in rows], pa.string())]
    columns += [pa.array(column, pa.float64(), from_pandas=True) for column in values.T]
    names = ["row", "note", *(f"v{k}" for k in range(values.shape[1]))]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _times_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return the minutes from the origins of a chunk to every destination: Arrow in, Arrow out."""
    pa, places = arrow(), read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(world.roads, world.boxes, places)
    assert world.stops is not None  # a table has destinations

    # places off the roads keep NaN: every pair has its number, and the chunk its full width
    minutes = np.full((len(places.ids), len(world.stops)), np.nan)
    if left and world.targets:
        between = all_ticks(world.ready, list(left.values()), list(world.targets.values()))
        told = np.where(np.isfinite(between), between / TICKS_PER_MIN, np.nan)
        minutes[np.ix_(list(left), list(world.targets))] = told
    notes = dict(refused)
    width = minutes.shape[1]
    columns = [
        pa.array(places.ids, pa.int64()),
        pa.array([notes.get(row) for row in places.ids], pa.string()),
        pa.FixedSizeListArray.from_arrays(pa.array(minutes.ravel(), pa.float64()), width),
    ]
    return pa.RecordBatch.from_arrays(columns, names=["row", "note", "minutes"])


# Who does it


@dataclass(frozen=True, eq=False)
class _Crew:
    """The executor, and what its workers are set up with."""

    roads: Network
    minutes: Sequence[float]
    stops: pd.DataFrame | None
    executor: str
    address: str | None
    memory: str | int
    workers: int | None
    prepared: bool = False
    keep: Keep | None = None

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            raise unknown("executor", self.executor, EXECUTORS)
        crew_of(bytes_of(self.memory), self.workers, BASE_BYTES)

    def answers(
        self,
        work: Callable[..., Any],
        starts: SortedPlaces,
        at_once: int | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Yield how many origins are done and their rows, in the order of the origins."""
        at_once = at_once or AT_ONCE
        if self.keep is None:
            yield from _in_turn(self._worked(work, _tasks(starts, at_once)))
            return
        parts = self._opened(work, starts, self.keep)
        done = set(parts.done())
        keys = {key for key, _ in _tasks(starts, at_once)}
        if done - keys:
            raise InputError(f"'{parts.folder}' is cut otherwise than this run; remove that folder")
        fresh = (task for task in _tasks(starts, at_once) if task[0] not in done)
        coming = iter(()) if done == keys else self._worked(work, fresh)
        try:
            yield from _in_turn(_kept(coming, parts), parts, done)
        except AnalysisError as error:
            raise AnalysisError(f"{error}; {GO_ON}") from error
        finally:
            parts.forget_empty()

    def _worked(
        self, work: Callable[..., Any], tasks: Iterator[tuple[Key, Any]]
    ) -> Iterator[tuple[Key, Any]]:
        """Yield the answers of chunks as they come."""
        if self.executor == "serial" and self.address is None:
            # nothing is shipped
            world = _World(self.roads, self.minutes, self.stops, self.prepared)
            return ((key, work(chunk, world)) for key, chunk in tasks)
        job = self._job(_READY[work.__name__])
        least = BASE_BYTES + COPIES * len(job.content)
        crew = crew_of(bytes_of(self.memory), self.workers, least)
        return run(
            tasks,
            job,
            executor=self.executor,
            address=self.address,
            workers=crew,
        )

    def _opened(
        self,
        work: Callable[..., Any],
        starts: SortedPlaces,
        keep: Keep,
    ) -> Parts:
        """Open what is kept of this run, by the hashes of all that its answers hang on."""
        places = [starts.ids, list(starts.lon), list(starts.lat)]
        stops = b"" if self.stops is None else self._stops_bytes()
        asked = {
            "network": hashlib.sha256(network_bytes(self.roads)).hexdigest(),
            "origins": hashlib.sha256(repr(places).encode()).hexdigest(),
            "destinations": hashlib.sha256(stops).hexdigest(),
            "question": [work.__name__, *map(float, self.minutes)],
            "versions": versions(),
        }
        parts = Parts.beside(keep.target, asked)
        parts.open(resume=keep.resume, changed=_CHANGED)
        return parts

    def _stops_bytes(self) -> bytes:
        return to_bytes(arrow().RecordBatch.from_pandas(self.stops, preserve_index=False))

    def _job(self, ready: Callable[[bytes, str], Callable[[Any], Any]]) -> Job:
        pa = arrow()
        stops = None if self.stops is None else self._stops_bytes()
        asked = {"minutes": list(self.minutes), "prepared": self.prepared}
        columns = {
            "asked": pa.array([json.dumps(asked)]),
            "network": pa.array([network_bytes(self.roads)], pa.large_binary()),
            "stops": pa.array([stops], pa.large_binary()),
        }
        content = to_bytes(pa.RecordBatch.from_pydict(columns))
        return Job(ready, content, hashlib.sha256(content).hexdigest())


_READY = {
    "_areas_of": _areas_ready,
    "_counts_of": _counts_ready,
    "_times_of": _times_ready,
}


def _tasks(starts: SortedPlaces, at_once: int) -> Iterator[tuple[Key, Any]]:
    pa = arrow()
    lon, lat = starts.lon, starts.lat
    for first in range(0, len(lon), at_once):
        last = min(first + at_once, len(lon))
        columns = {
            "row": pa.array(range(first, last), pa.int64()),
            "lon": pa.array(lon[first:last], pa.float64()),
            "lat": pa.array(lat[first:last], pa.float64()),
        }
        yield (first, last), pa.RecordBatch.from_pydict(columns)


def _kept(coming: Iterator[tuple[Key, Any]], parts: Parts) -> Iterator[tuple[Key, Any]]:
    """Keep answers as they come."""
    for key, answer in coming:
        parts.keep(key, answer)
        yield key, answer


def _in_turn(
    coming: Iterator[tuple[Key, Any]],
    parts: Parts | None = None,
    done: Iterable[Key] = (),
) -> Iterator[tuple[int, Any]]:
    """Bring answers into the order of the origins; what comes early waits, and what was kept is
    read when its turn comes.
    """
    waiting: dict[int, tuple[int, Any]] = {first: (last, None) for first, last in done}
    reached = 0

    def ready() -> Iterator[tuple[int, Any]]:
        nonlocal reached
        while reached in waiting:
            last, answer = waiting.pop(reached)
            if answer is None and parts is not None:
                answer = _read(parts, (reached, last))
            reached = last
            yield reached, answer

    yield from ready()
    for (first, last), part in coming:
        waiting[first] = last, part
        yield from ready()


def _read(parts: Parts, key: Key) -> Any:
    """Return a kept answer; one that is of other origins is refused."""
    table = parts.read(key)
    rows = set(table.column("row").to_pylist()) if "row" in table.column_names else set()
    if rows != set(range(*key)):
        raise parts.unsound(key, f"is not of the origins {key[0] + 1} to {key[1]}")
    return table.combine_chunks().to_batches()[0]
