"""Travel times between places: whole tables, pairs within reach, tables larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ...errors import InputError, UsageError
from ...files.libraries import library
from ...files.writing import draft, path_of
from ..network.arrays import TICKS_PER_MIN
from ..network.graph import Network, checked_network
from ..network.search import nearest_of, ticks_from
from ..network.snap import (
    Ends,
    Snap,
    search,
    search_graph,
    seeds_of,
    ticks_between,
    turned,
)
from .origins import TABLE_CELLS, read_places, searched, snap_all

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt
    from pyarrow import Array, DataType, Field, Schema, Table

    from ...geometry.shapes import Floats
    from ..network.hierarchy import Hierarchy
    from .origins import Note, Places, SortedPlaces

_Snapped: TypeAlias = tuple[dict[int, Snap], "list[Note]"]

CHUNK_TIMES = 8_000_000
"""Times held at once while a table is made, 8 bytes each: nodes searched, or destinations, times
origins.
"""


@dataclass(frozen=True, eq=False)
class TimeTable:
    """A table of travel times that is made while it is read.

    Attributes
    ----------
    network, origins, destinations
        As in :func:`sxgeo.travel_times`.
    max_minutes
        Pairs beyond are left out; None keeps every pair, NaN where there is no way.
    """

    network: Network | Hierarchy
    origins: Places
    destinations: Places
    max_minutes: float | None = None

    def __post_init__(self) -> None:
        checked_network(roads_of(self.network))
        if self.max_minutes is not None and not 0 < self.max_minutes < np.inf:
            raise UsageError(
                f"max_minutes is {self.max_minutes}; give minutes above 0, or None for every pair"
            )

    @cached_property
    def _starts(self) -> Any:
        return read_places(self.origins, "origin")

    @cached_property
    def _ends(self) -> Any:
        return read_places(self.destinations, "destination")

    @cached_property
    def _joined(self) -> tuple[_Snapped, _Snapped]:
        roads = roads_of(self.network)
        return snap_all(roads, self._starts), snap_all(roads, self._ends)

    @property
    def places(self) -> tuple[Any, Any]:
        """Origins and destinations, each sorted by id."""
        return self._starts, self._ends

    @property
    def ids(self) -> tuple[list[Any], list[Any]]:
        """Ids of the origins and of the destinations, sorted."""
        return self._starts.ids, self._ends.ids

    @property
    def origin_count(self) -> int:
        """Number of origins, those without a road included."""
        return len(self._starts.ids)

    @property
    def unanswered(self) -> list[Note]:
        """Places too far from any road, as (id, reason)."""
        (_, refused), (_, lost) = self._joined
        return refused + lost

    def chunks(self) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield how many origins are done, and their rows, sorted by the ids as the whole table
        is.
        """
        (left, _), (right, _) = self._joined
        columns, targets = (
            np.array(list(right), dtype=np.int64),
            list(right.values()),
        )
        rows_of, size = self._rows_of(left, targets)
        step = self._rows_at_once(size)
        for first in range(0, self.origin_count, step):
            rows = range(first, min(first + step, self.origin_count))
            minutes = _no_way(len(rows), len(self._ends.ids))

            # who is off the roads keeps NaN; without a target on them nobody is searched from
            answered = [row for row in rows if row in left and targets]
            if answered:
                for row, between in zip(answered, rows_of(answered), strict=True):
                    minutes[row - first, columns] = self._minutes(between)
            yield rows.stop, self.framed(rows, minutes)

    def _rows_at_once(self, size: int) -> int:
        # a chunk holds origins times destinations, and a search origins times nodes: the larger
        # bounds it
        return max(
            1,
            CHUNK_TIMES // max(size, len(self._ends.ids), 1),
        )

    @property
    def _most(self) -> float:
        return np.inf if self.max_minutes is None else self.max_minutes

    def _minutes(self, ticks: Any) -> Floats:
        """Return ticks in minutes, NaN where there is no way or a longer one than was asked."""
        minutes: Floats = ticks / TICKS_PER_MIN
        return np.where(
            np.isfinite(minutes) & (minutes <= self._most),
            minutes,
            np.nan,
        )

    def _rows_of(
        self, left: dict[int, Snap], targets: list[Snap]
    ) -> tuple[Callable[[list[int]], Iterable[Any]], int]:
        """Return what gives the ticks of some origins to every target, and how many ticks it holds
        for one of them.
        """
        if not isinstance(self.network, Network):
            prepared = self.network
            return lambda rows: prepared.between([left[row] for row in rows], targets), len(targets)
        return self._rows_over(self.network, left, targets)

    def _rows_over(
        self,
        roads: Network,
        left: dict[int, Snap],
        targets: list[Snap],
    ) -> tuple[Callable[[list[int]], Iterable[Any]], int]:
        """Return the same, searched over roads that were not prepared."""
        graph, ends = search_graph(roads, list(left.values())), Ends.of(targets)

        # origins are nodes of the graph too, behind those of the roads
        number = {row: roads.size + place for place, row in enumerate(left)}

        # rounded up: the search may go a tick too far, what is too long is left out at the end
        limit = np.ceil(self._most * TICKS_PER_MIN)

        def searched(rows: list[int]) -> Iterator[Any]:
            ticks = search(graph, [number[row] for row in rows], limit_ticks=limit)
            for row, found in zip(rows, ticks, strict=True):
                yield ticks_between(roads, found, left[row], targets, ends)

        return searched, graph.shape[0]

    def framed(self, rows: range, minutes: Floats) -> pd.DataFrame:
        """Return the rows of some origins: minutes to every destination, NaN where there is no
        way.
        """
        keep = np.ones(minutes.shape, dtype=bool)
        if self.max_minutes is not None:
            keep = minutes <= self.max_minutes
        row, column = np.nonzero(keep)
        return pd.DataFrame(
            {
                "origin_id": pd.Series(self._starts.labels[rows.start :][row]).infer_objects(),
                "destination_id": pd.Series(self._ends.labels[column]).infer_objects(),
                "minutes": minutes[row, column],
            }
        )


def sparse_times(
    network: Network | Hierarchy,
    origins: Places,
    destinations: Places,
    max_minutes: float,
) -> pd.DataFrame:
    """Return the travel times of the pairs that are reached within `max_minutes`, as
    :func:`sxgeo.travel_times` does.
    """
    table = TimeTable(network, origins, destinations, max_minutes)
    parts = [part for _, part in table.chunks() if len(part)]
    empty = pd.DataFrame(
        {
            "origin_id": [],
            "destination_id": [],
            "minutes": np.empty(0),
        }
    )
    found = pd.concat(parts, ignore_index=True) if parts else empty
    found.attrs["unanswered"] = table.unanswered
    return found


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    path, rows
        The file, and how many pairs it holds.
    unanswered
        Places too far from any road, as (id, reason).
    """

    path: Path
    rows: int
    unanswered: list[Note]


def write_table(
    table: TimeTable,
    path: str | Path,
    parts: Iterable[tuple[int, pd.DataFrame]],
    progress: Callable[[int, int], None] | None,
    answered: list[Note] | None = None,
) -> Written:
    """Write the parts of a table to Parquet as they come; `answered` are the places without a road
    where the table does not look for them itself.
    """
    target = path_of(path)
    if target.suffix != ".parquet":
        raise UsageError(f"a table of times is written as .parquet, not as '{target.name}'")
    pa = library("pyarrow", "writing Parquet needs pyarrow")
    pq = library("pyarrow.parquet", "writing Parquet needs pyarrow")
    schema, rows = _schema(pa, table), 0
    with draft(target, parents=False) as unfinished:
        try:
            with pq.ParquetWriter(unfinished, schema) as writer:
                for done, part in parts:
                    rows += len(part)
                    writer.write_table(_arrow(pa, part, schema))

                    # told when it is written: who breaks off then knows what there is
                    if progress is not None:
                        progress(done, table.origin_count)
        except OSError as error:
            raise InputError(
                f"'{target}' cannot be written ({error.strerror}); choose another place"
            ) from error
    return Written(target, rows, table.unanswered if answered is None else answered)


def _schema(pa: ModuleType, table: TimeTable) -> Schema:
    # from all ids, before the first part: a part without rows would not tell their type
    origins, destinations = (_id_type(pa, labels) for labels in table.ids)
    return pa.schema(
        [
            ("origin_id", origins),
            ("destination_id", destinations),
            ("minutes", pa.float64()),
        ]
    )


def _id_type(pa: ModuleType, labels: list[Any]) -> DataType:
    return pa.int64() if labels and isinstance(labels[0], int) else pa.string()


def _arrow(
    pa: ModuleType,
    part: pd.DataFrame,
    schema: Schema,
) -> Table:
    ids = [_ids(pa, part, schema.field(name)) for name in ("origin_id", "destination_id")]

    # NaN is told as no value: a reader of Parquet takes NaN for a number
    minutes = pa.array(part["minutes"].to_numpy(), from_pandas=True)
    columns = [
        column.cast(field.type) for column, field in zip([*ids, minutes], schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _ids(
    pa: ModuleType,
    part: pd.DataFrame,
    field: Field,
) -> Array:
    ids = part[field.name]

    # numbers stay numbers; whatever else names a place is told in words
    return pa.array((ids if pa.types.is_integer(field.type) else ids.astype(str)).to_numpy())


def travel_times(
    network: Network | Hierarchy,
    origins: Places,
    destinations: Places,
    *,
    max_minutes: float | None = None,
) -> pd.DataFrame:
    """Return the travel time from every origin to every destination.

    Each place goes in a straight line, at the network's `offroad_kmh`, to the nearest edge, which
    is split there; that way counts.

    Parameters
    ----------
    network
        The roads, or what :func:`sxgeo.prepare` made of them, which is faster for many places; the
        times are the same.
    origins, destinations
        Points with a CRS, or (lon, lat) pairs in EPSG:4490. Ids come from the column `origin_id` or
        `destination_id`, else `site_id`, else `id`, else the index; a pair is named ``"lon,lat"``.
    max_minutes
        Give only the pairs that are reached within these minutes, which takes less time and memory
        where they are few; None gives every pair. For more than memory holds see
        :func:`sxgeo.write_travel_times`.

    Returns
    -------
    DataFrame
        `origin_id`, `destination_id`, `minutes` (NaN when there is no way), sorted by the ids.
        Places too far from any road stand in ``attrs["unanswered"]`` as (id, reason). Empty when
        there are no origins or no destinations.

    Raises
    ------
    UsageError
        If `max_minutes` is not above 0.
    InputError
        If a place is not a point on the earth, has no CRS, or an id stands twice: all problems at
        once.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> table = sxgeo.travel_times(network, (112.5489, 37.8706), [(112.73, 38.42)])
    >>> list(table.columns), len(table)
    (['origin_id', 'destination_id', 'minutes'], 1)
    """
    # few pairs are kept as they come: the whole table need not fit into memory
    if max_minutes is not None:
        return sparse_times(network, origins, destinations, max_minutes)
    starts, ends = read_places(origins, "origin"), read_places(destinations, "destination")
    roads = roads_of(network)
    left, refused = snap_all(roads, starts)
    right, lost = snap_all(roads, ends)

    # places off the roads keep NaN: every pair has its row
    minutes = _no_way(len(starts.ids), len(ends.ids))
    if left and right:
        minutes[np.ix_(list(left), list(right))] = _minutes_between(network, left, right)
    table = _whole_table(starts, ends, minutes)
    table.attrs["unanswered"] = refused + lost
    table.attrs["notes"] = list(roads.notes)
    return table


def _minutes_between(
    network: Network | Hierarchy,
    left: dict[int, Snap],
    right: dict[int, Snap],
) -> Floats:
    """Return the minutes from all origins that join a road to all such destinations; NaN where
    there is no way.
    """
    between = all_ticks(
        network,
        list(left.values()),
        list(right.values()),
    )
    return _minutes_of(between)


def _no_way(origins: int, destinations: int) -> Floats:
    """Return the minutes between so many places of which none reaches another yet."""
    return np.full((origins, destinations), np.nan)


def _minutes_of(ticks: Floats) -> Floats:
    return np.where(np.isfinite(ticks), ticks / TICKS_PER_MIN, np.nan)


def _whole_table(
    starts: SortedPlaces,
    ends: SortedPlaces,
    minutes: Floats,
) -> pd.DataFrame:
    """Return a row for every pair, sorted by the ids."""
    origin_ids = np.repeat(starts.labels, len(ends.ids))
    destination_ids = np.tile(ends.labels, len(starts.ids))

    # ids of one kind get the type of that kind, as they had it in the frame they came from
    table = pd.DataFrame(
        {
            "origin_id": pd.Series(origin_ids).infer_objects(),
            "destination_id": pd.Series(destination_ids).infer_objects(),
            "minutes": minutes.ravel(),
        }
    )
    return table.sort_values(["origin_id", "destination_id"], ignore_index=True)


def roads_of(network: Network | Hierarchy) -> Network:
    roads: Network = getattr(network, "network", network)  # type: ignore[arg-type]
    return checked_network(roads)


def all_ticks(
    network: Network | Hierarchy,
    origins: list[Snap],
    destinations: list[Snap],
) -> Any:
    """Return the ticks from each origin to each destination, searched from whichever side is
    smaller.
    """
    if not isinstance(network, Network):
        return network.between(origins, destinations)

    # turned round the times are the same, and there are fewer searches
    if len(destinations) < len(origins):
        back = all_ticks(
            network.turned,
            [turned(network, destination) for destination in destinations],
            [turned(network, origin) for origin in origins],
        )
        return back.T
    return _searched_ticks(network, origins, destinations)


def _searched_ticks(
    network: Network,
    origins: list[Snap],
    destinations: list[Snap],
) -> Floats:
    """Return the ticks between places, searched from each origin."""
    table = np.empty((len(origins), len(destinations)))
    seeds, ends = seeds_of(network, origins), Ends.of(destinations)

    # so many rows at once as memory holds
    chunk = max(1, TABLE_CELLS // network.size)
    for first in range(0, len(origins), chunk):
        some = seeds.part(first, min(first + chunk, len(origins)))
        for number, row in enumerate(ticks_from(network.steps, some), start=first):
            table[number] = ticks_between(network, row, origins[number], destinations, ends)
    return table


def nearest(
    network: Network,
    facilities: Places,
    *,
    limit_min: float = np.inf,
) -> pd.DataFrame:
    """Return for every node of the network the facility from which it is reached soonest.

    Parameters
    ----------
    network
        The roads; give ``network.reversed()`` for the way to a facility instead of from it.
    facilities
        As the origins of :func:`travel_times`.
    limit_min
        Nodes farther than this have none.

    Returns
    -------
    DataFrame
        One row per node, in the network's order: `lon`, `lat` (EPSG:4490), `facility_id` (None
        where there is none; the first id where two are equally near) and `minutes`, the walk from
        the facility to its road included. ``attrs["unanswered"]`` as in :func:`travel_times`.

    Raises
    ------
    InputError
        As :func:`travel_times`.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> table = sxgeo.nearest(network, [(112.5489, 37.8706), (112.73, 38.42)])
    >>> sorted(table["facility_id"].dropna().unique())
    ['112.5489,37.8706', '112.73,38.42']
    """
    checked_network(network)
    places = read_places(facilities, "facility")
    snaps, refused = snap_all(network, places)

    # all facilities are searched from at once: a node belongs to the one that gets there first
    seeds = seeds_of(network, list(snaps.values()), walk=True)
    ticks, owner = nearest_of(network.steps, seeds, limit_ticks=limit_min * TICKS_PER_MIN)

    # facility -1, none, takes the last label, which is None
    labels = np.append(places.labels[list(snaps)], [None])[owner]

    # nodes without a place, as the platforms of rail, stand behind those of the roads
    size = len(network.lon)
    table = _by_node(network, labels[:size], ticks[:size])
    table.attrs["unanswered"] = refused
    return table


def _by_node(
    network: Network,
    labels: npt.NDArray[np.object_],
    ticks: Floats,
) -> pd.DataFrame:
    """Return a row for each node with a place: where it lies, the facility, and how far it is."""
    return pd.DataFrame(
        {
            "lon": network.lon,
            "lat": network.lat,
            "facility_id": labels,
            "minutes": _minutes_of(ticks),
        }
    )


def stop_times(network: Network, origins: Places) -> pd.DataFrame:
    """Return the time from every origin to the door of every stop of the network's lines.

    Returns
    -------
    DataFrame
        `origin_id`, `place_id`, `name_zh`, `minutes` (NaN when there is no way), sorted by the ids.

    Raises
    ------
    InputError
        As :func:`travel_times`.
    """
    places = read_places(origins, "origin")
    snaps, _ = snap_all(network, places)
    stops = network.legs.stops if network.legs else ()
    rows = []
    for place, origin, ticks in searched(network, snaps, np.inf):
        for stop_id, name, node in stops:
            minutes = (ticks[node] + origin.walk_ticks) / TICKS_PER_MIN
            rows.append(
                (places.ids[place], stop_id, name, minutes if np.isfinite(minutes) else np.nan)
            )
    return pd.DataFrame(rows, columns=["origin_id", "place_id", "name_zh", "minutes"])
