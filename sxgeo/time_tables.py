"""Travel times to a Parquet file, some origins at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .analysis.isochrones import Places
from .analysis.network import Network
from .analysis.tables import TimeTable
from .errors import InputError, UsageError
from .files import draft


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
    unanswered: list[tuple[Any, str]]


def write_travel_times(
    path: str | Path,
    network: Network,
    origins: Places,
    destinations: Places,
    *,
    max_minutes: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write the table of :func:`sxgeo.travel_times` to a Parquet file without ever holding it whole.

    Parameters
    ----------
    path
        A .parquet file; an old one is replaced only when the new one is complete.
    network, origins, destinations, max_minutes
        As in :func:`sxgeo.travel_times`.
    progress
        Called with the number of origins done, and of all, after each part.

    Returns
    -------
    Written
        `origin_id`, `destination_id`, `minutes` stand in the file, sorted by the ids; no way is null. The same input gives
        the same bytes with the same pyarrow.

    Raises
    ------
    UsageError
        If the name does not end in .parquet, or `max_minutes` is not above 0.
    InputError
        If pyarrow is not installed, the file cannot be written, or as :func:`sxgeo.travel_times`.
    """
    target = Path(path)
    if target.suffix != ".parquet":
        raise UsageError(f"a table of times is written as .parquet, not as '{target.name}'")
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError("writing Parquet needs pyarrow: pip install 'sxgeo[parquet]'") from error
    table = TimeTable(network, origins, destinations, max_minutes)
    ids = [_id_type(pa, labels) for labels in table.ids]
    schema = pa.schema([("origin_id", ids[0]), ("destination_id", ids[1]), ("minutes", pa.float64())])
    rows = 0
    with draft(target, parents=False) as unfinished:
        try:
            with pq.ParquetWriter(unfinished, schema) as writer:
                for done, part in table.chunks():
                    rows += len(part)
                    writer.write_table(_arrow(pa, part, schema))
                    if progress is not None:
                        progress(done, table.origin_count)
        except OSError as error:
            raise InputError(f"'{target}' cannot be written ({error.strerror}); choose another place") from error
    return Written(target, rows, table.unanswered)


def _id_type(pa: Any, labels: list[Any]) -> Any:
    return pa.int64() if labels and isinstance(labels[0], int) else pa.string()


def _arrow(pa: Any, part: pd.DataFrame, schema: Any) -> Any:
    ids = [
        pa.array((part[name] if pa.types.is_integer(schema.field(name).type) else part[name].astype(str)).to_numpy())
        for name in ("origin_id", "destination_id")
    ]
    minutes = pa.array(part["minutes"].to_numpy(), from_pandas=True)
    columns = [column.cast(field.type) for column, field in zip([*ids, minutes], schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)
