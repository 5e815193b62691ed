"""Many origins on any executor: areas and tables of times written as they come, and counts summed
up on the way, so that no dense table is ever held.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

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

    from ..execution.executors import Answers, Key, Tasks
    from ..network.arrays import Bools, Floats, Ints
    from ..network.graph import Network
    from ..network.hierarchy import Hierarchy
    from ..network.snap import Snap
    from .origins import PlaceNotes, Places, SortedPlaces

    Work: TypeAlias = Callable[[pa.RecordBatch, "_World"], pa.RecordBatch]
    """What a worker answers chunks by."""
    InTurn: TypeAlias = Iterator[tuple[int, pa.RecordBatch]]
    """How many origins are done, and the rows of the last ones."""
    Answering: TypeAlias = Callable[[pa.RecordBatch], pa.RecordBatch]
    """What a worker that is set up does with a chunk."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of origins done, and of all."""
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


@dataclass(frozen=True, slots=True)
class Hands:
    """Who answers, and what its workers may take: as in :func:`sxgeo.screen`."""

    executor: str = "serial"
    address: str | None = None
    memory: str | int = MEMORY
    workers: int | None = None

    @property
    def are_here(self) -> bool:
        """Whether this process answers by itself, and ships nothing."""
        return self.executor == "serial" and self.address is None

    def check(self) -> None:
        """Refuse an unknown executor, and memory that bears no worker."""
        if self.executor not in EXECUTORS:
            raise unknown("executor", self.executor, EXECUTORS)
        self.crew(0)

    def crew(self, shipped: int) -> int:
        """Return how many workers the memory bears, each with so many bytes shipped to it."""
        least = BASE_BYTES + COPIES * shipped
        return crew_of(bytes_of(self.memory), self.workers, least)

    def keep_beside(self, target: Path, *, resume: bool) -> Keep | None:
        """Return where to keep what is answered; None where the run is too short to be lost."""
        # workers may be far away and end: what they answered is kept, asked for or not
        return Keep(target, resume) if resume or self.executor != "serial" else None


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
    hands = Hands(executor, address, memory, workers)
    keep = hands.keep_beside(target, resume=resume)
    crew = _Crew(_World(_turned(network, reverse=reverse), limits), hands, keep)

    # what cannot be told of no areas cannot be told of any: said before the search
    rows = _AreaRows(starts, also, _kinds_of(also))
    coming = _counted(crew.answers(_areas_of, starts), len(starts.ids), progress)
    count = _write_areas(target, rows, coming)

    # only now that the file stands is nothing lost with what was kept
    if keep is not None:
        keep.forget()
    return Written(target, count, rows.unanswered)


def _write_areas(
    target: Path,
    rows: _AreaRows,
    coming: Iterator[pa.RecordBatch],
) -> int:
    """Write areas as they come; return how many rows there are."""
    with draft(target, parents=False) as unfinished:
        file = Grouped(unfinished, ROWS_AT_ONCE)
        for part in coming:
            file.take(rows.of(part))
        file.close()
    return file.rows


def _turned(network: Network, *, reverse: bool) -> Network:
    """Return the roads in the direction that is searched."""
    return checked_network(network).reversed() if reverse else network


def _counted(
    coming: InTurn,
    total: int,
    progress: Progress | None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows, and tell how far it is after each: when they were dealt with."""
    for done, part in coming:
        yield part
        if progress is not None:
            progress(done, total)


@dataclass(frozen=True, slots=True)
class _AreaRows:
    """What makes rows of a file of answers: ids for numbers, and what measures add.

    Attributes
    ----------
    kinds
        The columns that `also` adds, each with its kind in Arrow.
    unanswered
        Grows as answers come: (id, reason).
    """

    starts: SortedPlaces
    also: Sequence[Measure]
    kinds: dict[str, pa.DataType]
    unanswered: PlaceNotes = field(default_factory=list)

    def of(self, part: pa.RecordBatch) -> pa.Table:
        """Return the rows of some origins as they stand in the file."""
        # notes stand on areas too: only a row without minutes is a place without an answer
        lost = part.column("minutes").is_null()
        self.unanswered.extend(_unanswered(part, lost, self.starts))
        rows = self._with_ids(part)
        if self.also:
            rows = _told_too(rows, self.also, self.kinds)

        # said anew after each change of columns: without it the file is no GeoParquet
        return rows.replace_schema_metadata({"geo": geo_words()})

    def _with_ids(self, part: pa.RecordBatch) -> pa.Table:
        """Return rows with ids for the numbers of origins that were shipped for them."""
        origin = part.column("row").to_numpy()
        ids = self.starts.labels[origin].tolist()
        named = arrow().array(ids, _id_type(self.starts.ids))
        names = ["origin_id", *part.schema.names[1:]]
        return arrow().table([named, *part.columns[1:]], names=names)


def _unanswered(
    part: pa.RecordBatch,
    lost: pa.BooleanArray,
    starts: SortedPlaces,
) -> Iterator[tuple[Any, str]]:
    """Yield id and reason of the rows that are lost: they are written, and named."""
    origin = part.column("row").to_numpy()
    notes = part.column("note").to_pylist()
    for row in np.flatnonzero(lost.to_numpy(zero_copy_only=False)).tolist():
        yield starts.ids[origin[row]], notes[row]


def _noted(part: pa.RecordBatch, starts: SortedPlaces) -> Iterator[tuple[Any, str]]:
    """Yield id and reason of the rows that have a note, where only lost ones have."""
    return _unanswered(part, part.column("note").is_valid(), starts)


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


def _kinds_of(also: Sequence[Measure]) -> dict[str, pa.DataType]:
    """Return the columns that measures add, each with its kind in Arrow."""
    pa = arrow()
    areas = no_areas()
    held = set(areas.columns)
    for measure in also:
        areas = measure(areas)

    # whatever is no number is told as text
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
    rows: pa.Table,
    also: Sequence[Measure],
    kinds: dict[str, pa.DataType],
) -> pa.Table:
    """Add the columns of measures to rows; those without an area have none."""
    there = np.flatnonzero(~rows.column("minutes").is_null().to_numpy())
    areas = _measured(rows.take(there), also)

    # what a measure notes of an origin joins what is said of its rows
    place = rows.schema.get_field_index("note")
    rows = rows.set_column(place, "note", _joined_notes(rows, areas.attrs.get("notes", ())))
    for name, kind in kinds.items():
        rows = rows.append_column(name, _spread(areas[name], there, rows.num_rows, kind))
    return rows


def _measured(rows: pa.Table, also: Sequence[Measure]) -> gpd.GeoDataFrame:
    """Return rows that have an area as the frame that measures take, with what they add."""
    frame = rows.drop_columns(["geometry"]).to_pandas()
    shapes = shapely.from_wkb(rows.column("geometry").to_numpy())
    areas = gpd.GeoDataFrame(frame, geometry=shapes, crs=GEOGRAPHIC)
    for measure in also:
        areas = measure(areas)
    return areas


def _joined_notes(rows: pa.Table, notes: Iterable[tuple[Any, str]]) -> pa.StringArray:
    """Return what is said of each row: its own note first, then those of its origin."""
    by_origin = _by_place(notes)
    joined = []
    pairs = zip(
        rows.column("origin_id").to_pylist(),
        rows.column("note").to_pylist(),
        strict=True,
    )
    for origin, own in pairs:
        told = [own] if own else []
        told += by_origin.get(origin, ())

        # nothing to say is null, as in rows that no measure has seen
        joined.append("; ".join(told) or None)
    return arrow().array(joined, arrow().string())


def _by_place(notes: Iterable[tuple[Any, str]]) -> dict[Any, list[str]]:
    """Return the notes on each place, in their order."""
    by_place: dict[Any, list[str]] = {}
    for place, note in notes:
        by_place.setdefault(place, []).append(note)
    return by_place


def _spread(
    column: pd.Series,
    places: Ints,
    count: int,
    kind: pa.DataType,
) -> pa.Array:
    """Return so many values: those of a column at their places, null elsewhere."""
    values: list[Any] = [None] * count
    for place, value in zip(places.tolist(), column.tolist(), strict=True):
        values[place] = value

    # NaN of a measure is what it does not know: null in the file, as where there is no area
    return arrow().array(values, kind, from_pandas=True)


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
        network,
        origins,
        destinations,
        minutes,
        weight=weight,
        reverse=reverse,
        hands=Hands(executor, address, memory, workers),
        progress=progress,
    )


def count_and_keep(
    network: Network,
    origins: Places,
    destinations: Places,
    minutes: Sequence[float],
    *,
    weight: str | None = None,
    reverse: bool = False,
    hands: Hands,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> pd.DataFrame:
    """Do what :func:`count_reached` does, and keep what is answered on the way."""
    limits = limits_of(minutes)
    starts, ends = read_places(origins, "origin"), read_places(destinations, "destination")
    stops = _stops(ends, _weights(destinations, weight, ends.ids))

    # reversed, an origin counts who comes to it; the stops stay where they are
    roads = _turned(network, reverse=reverse)
    lost = _far_from_roads(roads, ends)
    crew = _Crew(_World(roads, limits, stops), hands, keep)
    coming = crew.answers(_counts_of, starts)
    parts = list(_counted(coming, len(starts.ids), progress))

    counts = _counts_table(parts, starts, limits)

    # sums are worked out in any case, and left out where no weight was asked for
    if not weight:
        counts = counts.drop(columns=_named("sum", limits))
    refused = [place for part in parts for place in _noted(part, starts)]
    counts.attrs.update(unanswered=refused + lost, notes=list(network.notes))
    return counts


def _figure_names(limits: Sequence[float]) -> list[str]:
    """Return the columns of all figures, in the order in which workers tell them."""
    return ["nearest_min", *_named("count", limits), *_named("sum", limits)]


def _named(figure: str, limits: Sequence[float]) -> list[str]:
    """Return the columns of a figure that is told for each limit."""
    return [f"{figure}_{minutes:g}" for minutes in limits]


def _far_from_roads(roads: Network, places: SortedPlaces) -> PlaceNotes:
    """Return id and reason of places that no road is near."""
    _, refused = snap_all(roads, edge_boxes(roads), places)
    return refused


def _stops(ends: SortedPlaces, weights: Floats | float) -> pd.DataFrame:
    """Return destinations as they are shipped: where they lie, and what each counts for."""
    return pd.DataFrame(
        {
            "lon": ends.lon,
            "lat": ends.lat,
            "weight": weights,
        }
    )


def _counts_table(
    parts: Sequence[pa.RecordBatch],
    starts: SortedPlaces,
    limits: Sequence[float],
) -> pd.DataFrame:
    """Return the rows of all parts by origin, with names for the numbers of their columns."""
    names = _figure_names(limits)
    answers = _joined(parts, len(names))
    ids = starts.labels[answers["row"].to_numpy(dtype=np.int64)]
    table = pd.DataFrame({"origin_id": pd.Series(ids).infer_objects()})
    for number, name in enumerate(names):
        # counts are whole numbers, also beside an origin that has none
        kind = "Int64" if name.startswith("count_") else "float64"
        table[name] = answers[f"v{number}"].astype(kind)
    return table


def _joined(parts: Sequence[pa.RecordBatch], width: int) -> pd.DataFrame:
    """Return the answers of all parts, with so many figures for each origin."""
    # of no origins there is no part, and yet the columns are those of every table
    none = _answers_of([], {}, _columns(np.empty((0, width))))
    return arrow().Table.from_batches(parts or [none]).to_pandas()


def times_of(
    table: TimeTable,
    hands: Hands,
    *,
    unanswered: PlaceNotes,
    keep: Keep | None = None,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield how many origins are done, and their rows, as :meth:`TimeTable.chunks` does, from an
    executor.

    Parameters
    ----------
    table
        What is asked; of a hierarchy each worker makes its own.
    unanswered
        Places too far from any road are added to it, as (id, reason), while the rows come.
    keep
        Where what is answered is kept, until the caller forgets it; None keeps nothing.
    """
    roads, (starts, ends) = roads_of(table.network), table.places
    stops = _stops(ends, 1.0)
    unanswered += _far_from_roads(roads, ends)
    world = _World(roads, [], stops, prepared=table.network is not roads)
    crew = _Crew(world, hands, keep)
    for done, part in crew.answers(_times_of, starts, _origins_at_once(len(stops))):
        unanswered.extend(_noted(part, starts))
        yield done, _framed(table, part)


def _origins_at_once(destinations: int) -> int:
    """Return how many origins go at once: fewer, where each has its time to many destinations."""
    return max(1, min(AT_ONCE, TIMES_AT_ONCE // max(1, destinations)))


def _framed(table: TimeTable, part: pa.RecordBatch) -> pd.DataFrame:
    """Return the rows of a table that a chunk of answers holds."""
    rows = part.column("row").to_numpy()
    flat = part.column("minutes").flatten().to_numpy(zero_copy_only=False)

    # times came as one list for each origin, and a chunk is of origins side by side
    minutes = flat.reshape(len(rows), -1)
    return table.framed(range(rows[0], rows[-1] + 1), minutes)


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
    hands = Hands(executor, address, memory, workers)

    # nobody else works and nothing is kept: the shortest way, over all origins at once
    if hands.are_here and workers is None and not resume:
        return write_table(table, path, table.chunks(), progress)
    keep = hands.keep_beside(path_of(path), resume=resume)
    return _write_times(table, path, hands, keep, progress)


def _write_times(
    table: TimeTable,
    path: str | Path,
    hands: Hands,
    keep: Keep | None,
    progress: Progress | None,
) -> Written:
    """Write a table of times that others work out; what was kept goes when the file stands."""
    unanswered: PlaceNotes = []
    coming = times_of(table, hands, unanswered=unanswered, keep=keep)
    written = write_table(table, path, coming, progress, answered=unanswered)
    if keep is not None:
        keep.forget()
    return Written(written.path, written.rows, unanswered)


def _weights(
    destinations: Places,
    weight: str | None,
    ids: Sequence[Any],
) -> Floats:
    """Return what each destination counts for, in the order of their ids."""
    if weight is None:
        return np.ones(len(ids))
    if not isinstance(destinations, gpd.GeoDataFrame) or weight not in destinations.columns:
        known = getattr(destinations, "columns", ())
        raise unknown("column of the destinations", weight, [str(name) for name in known])
    values = _numbers_of(destinations[weight])

    # destinations were sorted and their ids made alike when they were read: weights follow by id
    by_id = dict(zip(_ids_as_read(destinations), values.tolist(), strict=True))
    return np.array([by_id[place_id] for place_id in ids])


def _ids_as_read(destinations: gpd.GeoDataFrame) -> list[Any]:
    """Return the ids in the order of the frame; those of several types are read as texts."""
    ids, _ = places_from_frame(destinations, "destination")
    return ids if len({type(i) for i in ids}) == 1 else [spelt(i) for i in ids]


def _numbers_of(column: pd.Series) -> Floats:
    """Return a column of weights as numbers; what is none, or below 0, would falsify a sum."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    wrong: Bools = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise InputError(
            f"column '{column.name}' holds no number of at least 0 in {int(wrong.sum())} of"
            f" {len(values)} destinations; mend or drop them"
        )
    return values


def _id_type(ids: Sequence[Any]) -> pa.DataType:
    return arrow().int64() if ids and isinstance(ids[0], int) else arrow().string()


# What a worker does


@dataclass(frozen=True, eq=False)
class _World:
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
    def boxes(self) -> Floats:
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
    def ends(self) -> Ends:
        """The targets as arrays, for all that is asked of them at once."""
        return Ends.of(list(self.targets.values()))

    @cached_property
    def weights(self) -> Floats:
        """What each of the targets counts for."""
        whole = np.zeros(0) if self.stops is None else self.stops["weight"].to_numpy(dtype=float)
        return whole[list(self.targets)]

    @classmethod
    def of(cls, content: bytes) -> _World:
        """Read what `shipped` wrote."""
        batch = from_bytes(content)
        asked = json.loads(batch.column("asked")[0].as_py())
        roads = network_from_bytes(batch.column("network")[0].as_py())
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
    return partial(_areas_of, world=_World.of(content))


def _counts_ready(content: bytes, _sha: str) -> Answering:
    return partial(_counts_of, world=_World.of(content))


def _times_ready(content: bytes, _sha: str) -> Answering:
    return partial(_times_of, world=_World.of(content))


def _frame_of(chunk: pa.RecordBatch) -> gpd.GeoDataFrame:
    lon, lat = (chunk.column(name).to_numpy() for name in ("lon", "lat"))
    rows = chunk.column("row").to_pylist()
    return gpd.GeoDataFrame({"id": rows}, geometry=shapely.points(lon, lat), crs=GEOGRAPHIC)


def _areas_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return the areas of the origins of a chunk: Arrow in, Arrow out."""
    frame = _frame_of(chunk)
    left, refused = snap_all(world.roads, world.boxes, read_places(frame, "origin"))
    rows: list[_AreaRow] = [(row, None, None, None, note, None, None) for row, note in refused]

    # a chunk of places that are all too far from roads is no error here: each has its reason
    if left:
        rows += _area_rows(isochrones(world.roads, frame, world.minutes))
    return _batch_of(rows, with_errors=bool(world.roads.legs))


_AreaRow: TypeAlias = tuple[Any, ...]
"""Number of the origin, minutes, area, snap, note, shape as WKB, error of the stops."""


def _area_rows(areas: gpd.GeoDataFrame) -> Iterator[_AreaRow]:
    """Yield the rows of areas; without rail no stop has an error, and none is told."""
    notes = _by_place(areas.attrs["notes"])

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


def _counts_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return what the origins of a chunk reach, summed up: Arrow in, Arrow out."""
    roads, places = world.roads, read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(roads, world.boxes, places)
    limits = np.array(world.minutes, dtype=float)
    targets = list(world.targets.values())

    # places off the roads keep NaN: they have a row, and their reason in it
    figures = np.full((len(places.ids), 1 + 2 * len(limits)), np.nan)
    for place, origin, ticks in searched(roads, left, np.inf):
        between = ticks_between(roads, ticks, origin, targets, world.ends)
        minutes = np.asarray(between) / TICKS_PER_MIN
        figures[place] = _summed(minutes, limits, world.weights)
    return _answers_of(places.ids, dict(refused), _columns(figures))


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


def _columns(figures: Floats) -> dict[str, pa.Array]:
    """Return a column for each figure, under its number; what is NaN is not known, and null."""
    pa = arrow()
    return {
        f"v{number}": pa.array(column, pa.float64(), from_pandas=True)
        for number, column in enumerate(figures.T)
    }


def _answers_of(
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


def _times_of(chunk: pa.RecordBatch, world: _World) -> pa.RecordBatch:
    """Return the minutes from the origins of a chunk to every destination: Arrow in, Arrow out."""
    pa, places = arrow(), read_places(_frame_of(chunk), "origin")
    left, refused = snap_all(world.roads, world.boxes, places)
    minutes = _minutes_between(world, left, len(places.ids))
    flat = pa.array(minutes.ravel(), pa.float64())

    # one list for each origin: a column of its own for each destination would be thousands
    lists = pa.FixedSizeListArray.from_arrays(flat, minutes.shape[1])
    return _answers_of(places.ids, dict(refused), {"minutes": lists})


def _minutes_between(
    world: _World,
    left: dict[int, Snap],
    origin_count: int,
) -> Floats:
    """Return the minutes from each origin to each destination, NaN where there is no way."""
    assert world.stops is not None  # a table has destinations

    # places off the roads keep NaN: every pair has its number, and the chunk its full width
    minutes = np.full((origin_count, len(world.stops)), np.nan)
    if left and world.targets:
        between = all_ticks(world.ready, list(left.values()), list(world.targets.values()))
        told = np.where(np.isfinite(between), between / TICKS_PER_MIN, np.nan)
        minutes[np.ix_(list(left), list(world.targets))] = told
    return minutes


# Who does it


@dataclass(frozen=True, eq=False)
class _Crew:
    """Who answers, what its workers are set up with, and where the answers are kept, if at all."""

    world: _World
    hands: Hands
    keep: Keep | None = None

    def __post_init__(self) -> None:
        self.hands.check()

    def answers(
        self,
        work: Work,
        starts: SortedPlaces,
        at_once: int | None = None,
    ) -> InTurn:
        """Yield how many origins are done and their rows, in the order of the origins."""
        at_once = at_once or AT_ONCE
        if self.keep is None:
            yield from _in_turn(self._worked(work, _tasks(starts, at_once)))
        else:
            parts = self._opened(work, starts, self.keep)
            yield from self._gone_on(work, starts, at_once, parts)

    def _gone_on(
        self,
        work: Work,
        starts: SortedPlaces,
        at_once: int,
        parts: Parts,
    ) -> InTurn:
        """Yield what was answered before with what is answered now, which is kept too."""
        keys = {key for key, _ in _tasks(starts, at_once)}
        done = _done(parts, keys)
        fresh = (task for task in _tasks(starts, at_once) if task[0] not in done)

        # no worker is set up when all was answered before
        coming = iter(()) if done == keys else self._worked(work, fresh)
        with _going_on(parts):
            yield from _in_turn(_kept(coming, parts), parts, done)

    def _worked(self, work: Work, tasks: Tasks) -> Answers:
        """Yield the answers of chunks as they come."""
        if self.hands.are_here:
            # nothing is shipped
            return ((key, work(chunk, self.world)) for key, chunk in tasks)
        content = self.world.shipped()
        job = Job(_READY[work.__name__], content, _sha256(content))
        return run(
            tasks,
            job,
            executor=self.hands.executor,
            address=self.hands.address,
            workers=self.hands.crew(len(content)),
        )

    def _opened(
        self,
        work: Work,
        starts: SortedPlaces,
        keep: Keep,
    ) -> Parts:
        """Open what is kept of this run, by the hashes of all that its answers hang on."""
        places = [starts.ids, list(starts.lon), list(starts.lat)]
        asked = {
            "network": _sha256(network_bytes(self.world.roads)),
            "origins": _sha256(repr(places).encode()),
            "destinations": _sha256(self.world.stops_bytes() or b""),
            "question": [work.__name__, *map(float, self.world.minutes)],
            "versions": versions(),
        }
        parts = Parts.beside(keep.target, asked)
        parts.open(resume=keep.resume, changed=_CHANGED)
        return parts


@contextmanager
def _going_on(parts: Parts) -> Iterator[None]:
    """Say of a run that breaks off how to go on with it; nothing answered leaves no folder."""
    try:
        yield
    except AnalysisError as error:
        raise AnalysisError(f"{error}; {GO_ON}") from error
    finally:
        parts.forget_empty()


def _done(parts: Parts, keys: set[Key]) -> set[Key]:
    """Return the chunks that were answered before."""
    done = set(parts.done())

    # cut otherwise, chunks would leave gaps between origins or answer some twice
    if done - keys:
        raise InputError(f"'{parts.folder}' is cut otherwise than this run; remove that folder")
    return done


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_READY = {
    "_areas_of": _areas_ready,
    "_counts_of": _counts_ready,
    "_times_of": _times_ready,
}


def _tasks(starts: SortedPlaces, at_once: int) -> Answers:
    """Yield the origins in chunks, under the numbers that they run from and to."""
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


def _kept(coming: Answers, parts: Parts) -> Answers:
    """Keep answers as they come."""
    for key, answer in coming:
        # kept before it is told: who breaks off meanwhile loses nothing
        parts.keep(key, answer)
        yield key, answer


def _in_turn(
    coming: Answers,
    parts: Parts | None = None,
    done: Iterable[Key] = (),
) -> InTurn:
    """Bring answers into the order of the origins; what comes early waits, and what was kept is
    read when its turn comes.
    """
    # what was kept waits without its rows: they are read one chunk at a time
    waiting: dict[int, tuple[int, Any]] = {first: (last, None) for first, last in done}
    reached = 0

    def ready() -> InTurn:
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


def _read(parts: Parts, key: Key) -> pa.RecordBatch:
    """Return a kept answer; one that is of other origins is refused."""
    table = parts.read(key)
    rows = set(table.column("row").to_pylist()) if "row" in table.column_names else set()
    if rows != set(range(*key)):
        raise parts.unsound(key, f"is not of the origins {key[0] + 1} to {key[1]}")
    return table.combine_chunks().to_batches()[0]
