"""Many origins on any executor: areas and tables of times written as they come, and counts summed
up on the way, so that no dense table is ever held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import InputError, UsageError, unknown
from ...files.writing import draft, moved, path_of
from ...geometry.geoparquet import geo_words
from ...geometry.projection import GEOGRAPHIC
from ..execution.job import arrow
from ..execution.rows import Grouped
from ..network.graph import checked_network
from .chunks import World, answers_of, areas_of, by_place, columns_of, counts_of, minutes_of
from .crew import MEMORY, Crew, Hands, origins_at_once
from .origins import (
    limits_of,
    origins_given,
    places_from_frame,
    read_places,
    snap_all,
    spelt,
)
from .travel_times import TimeTable, Written, roads_of, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from ..network.arrays import Floats, Ints
    from ..network.graph import Network
    from ..network.hierarchy import Hierarchy
    from .crew import InTurn, Keep
    from .origins import PlaceNotes, Places, SortedPlaces

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of origins done, and of all."""
Measure = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
"""What adds columns to areas."""
ROWS_AT_ONCE = 4_096
"""Rows of a group in a file of areas: it hangs on no chunk."""


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
    target = _parquet_of(path)

    # a file without rows would look like an answer
    limits, starts = limits_of(minutes), origins_given(origins)
    hands = Hands(executor, address, memory, workers)
    keep = hands.keep_beside(target, resume=resume)
    crew = Crew(World(_turned(network, reverse=reverse), limits), hands, keep)

    # what cannot be told of no areas cannot be told of any: said before the search
    rows = _AreaRows(starts, also, _kinds_of(also))
    coming = _counted(crew.answers(areas_of, starts), len(starts.ids), progress)
    count = _write_areas(target, rows, coming)

    # only now that the file stands is nothing lost with what was kept
    if keep is not None:
        keep.forget()
    return Written(target, count, rows.unanswered)


def _parquet_of(path: str | Path) -> Path:
    target = path_of(path)

    # other formats hold no rows before all of them are known
    if target.suffix.lower() != ".parquet":
        raise UsageError(f"areas of many origins are written as .parquet, not '{target.name}'")
    return target


def _write_areas(
    target: Path,
    rows: _AreaRows,
    coming: Iterator[pa.RecordBatch],
) -> int:
    """Write areas as they come; return how many rows there are."""
    with draft(target, parents=False) as unfinished:
        # in groups that hang on no chunk: each executor writes the same bytes
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
        return arrow().table(
            [named, *part.columns[1:]],
            names=names,
        )


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

    # measures are asked of no areas, which costs nothing and tells which columns they add
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
    rows = rows.set_column(
        place,
        "note",
        _joined_notes(rows, areas.attrs.get("notes", ())),
    )
    for name, kind in kinds.items():
        rows = rows.append_column(
            name,
            _spread(areas[name], there, rows.num_rows, kind),
        )
    return rows


def _measured(rows: pa.Table, also: Sequence[Measure]) -> gpd.GeoDataFrame:
    """Return rows that have an area as the frame that measures take, with what they add."""
    frame = rows.drop_columns(["geometry"]).to_pandas()

    # measures take shapes, and rows carry their bytes
    shapes = shapely.from_wkb(rows.column("geometry").to_numpy())
    areas = gpd.GeoDataFrame(frame, geometry=shapes, crs=GEOGRAPHIC)
    for measure in also:
        areas = measure(areas)
    return areas


def _joined_notes(rows: pa.Table, notes: Iterable[tuple[Any, str]]) -> pa.StringArray:
    """Return what is said of each row: its own note first, then those of its origin."""
    by_origin = by_place(notes)
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


def _spread(
    column: pd.Series,
    places: Ints,
    count: int,
    kind: pa.DataType,
) -> pa.Array:
    """Return so many values: those of a column at their places, null elsewhere."""
    values: list[Any] = [None] * count
    for place, value in zip(
        places.tolist(),
        column.tolist(),
        strict=True,
    ):
        values[place] = value

    # NaN of a measure is what it does not know: null in the file, as where there is no area
    try:
        return arrow().array(values, kind, from_pandas=True)
    except (TypeError, ValueError) as error:
        # a list without members is one of numbers to pandas, whatever would stand in it
        raise UsageError(
            f"column '{column.name}' of a measure is of kind {kind} for no areas, and of another"
            f" for some ({error}); give it its kind there too, such as dtype=object"
        ) from error


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
    limits, starts = limits_of(minutes), read_places(origins, "origin")
    ends, stops = _weighed(destinations, weight)

    # reversed, an origin counts who comes to it; the stops stay where they are
    roads = _turned(network, reverse=reverse)
    lost = _far_from_roads(roads, ends)
    crew = Crew(World(roads, limits, stops), hands, keep)
    parts = list(_counted(crew.answers(counts_of, starts), len(starts.ids), progress))
    counts = _counts_table(parts, starts, limits).drop(columns=_unasked(weight, limits))
    counts.attrs.update(unanswered=_refused(parts, starts) + lost, notes=list(network.notes))
    return counts


def _unasked(weight: str | None, limits: Sequence[float]) -> list[str]:
    # sums are worked out in any case, and left out where no weight was asked for
    return [] if weight else _named("sum", limits)


def _refused(parts: Iterable[pa.RecordBatch], starts: SortedPlaces) -> PlaceNotes:
    """Return id and reason of all origins that have no answer."""
    return [place for part in parts for place in _noted(part, starts)]


def _figure_names(limits: Sequence[float]) -> list[str]:
    """Return the columns of all figures, in the order in which workers tell them."""
    return ["nearest_min", *_named("count", limits), *_named("sum", limits)]


def _named(figure: str, limits: Sequence[float]) -> list[str]:
    """Return the columns of a figure that is told for each limit."""
    return [f"{figure}_{minutes:g}" for minutes in limits]


def _far_from_roads(roads: Network, places: SortedPlaces) -> PlaceNotes:
    """Return id and reason of places that no road is near."""
    _, refused = snap_all(roads, places)
    return refused


def _weighed(destinations: Places, weight: str | None) -> tuple[SortedPlaces, pd.DataFrame]:
    """Return destinations as they are sorted, and as they are shipped."""
    # by id, both: a weight follows its place
    ends = read_places(destinations, "destination")
    return ends, _stops(ends, _weights(destinations, weight, ends.ids))


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
    none = answers_of(
        [],
        {},
        columns_of(np.empty((0, width))),
    )
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
    # destinations go to the workers as they lie: each worker joins them to its own roads
    roads, (starts, ends) = roads_of(table.network), table.places
    stops = _stops(ends, 1.0)
    unanswered += _far_from_roads(roads, ends)
    world = World(roads, [], stops, prepared=table.network is not roads)
    crew = Crew(world, hands, keep)
    for done, part in crew.answers(minutes_of, starts, origins_at_once(len(stops))):
        unanswered.extend(_noted(part, starts))
        yield done, _framed(table, part)


def _framed(table: TimeTable, part: pa.RecordBatch) -> pd.DataFrame:
    """Return the rows of a table that a chunk of answers holds."""
    rows = part.column("row").to_numpy()
    flat = part.column("minutes").flatten().to_numpy(zero_copy_only=False)

    # times came as one list for each origin, and a chunk is of origins side by side
    minutes = flat.reshape(len(rows), -1)
    return table.framed(
        range(rows[0], rows[-1] + 1),
        minutes,
    )


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
    # the order of version 0.1, which scripts of then still use
    if isinstance(network, (str, Path)):
        moved("write_travel_times(network, origins, destinations, path)")
        told = network, origins, destinations, path
        path, network, origins, destinations = told  # type: ignore[assignment]
    table = TimeTable(network, origins, destinations, max_minutes)
    hands = Hands(executor, address, memory, workers)

    # nobody else works and nothing is kept: the shortest way, over all origins at once
    if hands.are_here and workers is None and not resume:
        return write_table(table, path, table.chunks(), progress)
    return _write_times(table, path, hands, progress, resume=resume)


def _write_times(
    table: TimeTable,
    path: str | Path,
    hands: Hands,
    progress: Progress | None,
    *,
    resume: bool,
) -> Written:
    """Write a table of times that others work out; what was kept goes when the file stands."""
    keep = hands.keep_beside(path_of(path), resume=resume)
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
    # a text among numbers becomes NaN, and is refused with the others below
    values: Floats = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise InputError(
            f"column '{column.name}' holds no number of at least 0 in {int(wrong.sum())} of"
            f" {len(values)} destinations; mend or drop them"
        )
    return values


def _id_type(ids: Sequence[Any]) -> pa.DataType:
    return arrow().int64() if ids and isinstance(ids[0], int) else arrow().string()
