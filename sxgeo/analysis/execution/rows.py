"""Rows as they come, into Parquet: in groups that hang on no chunk, and with their hash."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from .job import arrow

if TYPE_CHECKING:
    import pyarrow as pa


class Grouped:
    """A Parquet file that is written in groups of so many rows, and the hash of its rows.

    Parameters
    ----------
    path
        A new file.
    at_once
        Rows of a group: it hangs on no chunk, so that the same rows are the same bytes.
    """

    def __init__(self, path: Path, at_once: int) -> None:
        self.path, self.rows = path, 0
        self._at_once = at_once
        self._digest = hashlib.sha256()
        self._writer: Any = None
        self._waiting: pa.Table | None = None

    def take(self, table: pa.Table) -> None:
        """Add rows."""
        pa = arrow()

        # groups are cut where so many rows are together, wherever the chunks end
        waiting = table if self._waiting is None else pa.concat_tables([self._waiting, table])
        done = 0
        while waiting.num_rows - done >= self._at_once:
            self._write(waiting.slice(done, self._at_once))
            done += self._at_once
        self._waiting = _copied(waiting.slice(done))

    def close(self) -> None:
        """Write what is left and end the file."""
        # a file without rows is still a file: it carries the schema
        if self._waiting is not None and (self._waiting.num_rows or self._writer is None):
            self._write(self._waiting)
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Let go of the file, which nobody is to read."""
        self._waiting = None
        if self._writer is not None:
            with suppress(OSError):  # a full disk is told where it was met
                self._writer.close()

    @property
    def sha256(self) -> str:
        """Hash of the rows, whatever the file looks like."""
        return self._digest.hexdigest()

    def _write(self, table: pa.Table) -> None:
        parquet, whole = arrow("pyarrow.parquet"), _spelled_out(table).combine_chunks()
        try:
            # the schema is that of the first rows: before them the file cannot be begun
            if self._writer is None:
                self._writer = parquet.ParquetWriter(
                    str(self.path), whole.schema, compression="zstd"
                )
            self._writer.write_table(whole, row_group_size=self._at_once)
        except OSError as error:
            raise InputError(f"Parquet cannot be written ({error.strerror or error})") from error
        self.rows += whole.num_rows
        for name in whole.column_names:
            _hash_column(self._digest, name, whole.column(name))


def _copied(table: pa.Table) -> pa.Table:
    """Copy rows that wait: a slice of what was read keeps all of it in memory."""
    pa = arrow()
    batches = [batch.take(pa.array(np.arange(len(batch)))) for batch in table.to_batches()]
    return pa.Table.from_batches(batches, table.schema)


def _spelled_out(table: pa.Table) -> pa.Table:
    """Write out what waits as numbers of a dictionary: only now, since words take far more room."""
    pa = arrow()
    plain = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain, metadata=table.schema.metadata))


def _hash_column(
    digest: hashlib._Hash,
    name: str,
    column: pa.ChunkedArray,
) -> None:
    """Hash values as they are told, not as they lie in memory: what stands under a null is
    nobody's.
    """
    pa, pc = arrow(), arrow("pyarrow.compute")

    # name, type and length first, so that columns do not run into each other
    digest.update(f"{name} {column.type} {len(column)}".encode())
    if pa.types.is_struct(column.type):
        for field in column.type:
            _hash_column(digest, f"{name}.{field.name}", pc.struct_field(column, field.name))
        return

    # chunks and dictionaries are ways of lying in memory: joined and coded in order of appearance,
    # they no longer show
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    _hash_values(digest, values)


def _hash_values(digest: hashlib._Hash, values: pa.Array) -> None:
    """Hash where nothing stands, and then what stands elsewhere; texts by their codes and words."""
    pa, pc = arrow(), arrow("pyarrow.compute")

    # where nothing stands is hashed by itself, so that a null differs from what fills it
    digest.update(np.packbits(pc.is_null(values).to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        coded = values.dictionary_encode()
        digest.update(_bytes_of(pc.fill_null(coded.indices, -1)))
        digest.update(repr(coded.dictionary.to_pylist()).encode("utf-8"))
    else:
        nothing = False if pa.types.is_boolean(values.type) else 0
        digest.update(_bytes_of(pc.fill_null(values, nothing)))


def _bytes_of(values: pa.Array) -> bytes:
    # truth values lie as bits in Arrow: they have to be copied
    plain: bytes = values.to_numpy(zero_copy_only=False).tobytes()
    return plain
