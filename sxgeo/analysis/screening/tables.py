"""The tables of a run as they are written: groups of rows that hang on no chunk, and their hashes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...geometry.projection import GEOGRAPHIC
from ..execution.job import arrow
from .chunk import FINDING_TEXTS

if TYPE_CHECKING:
    from ...reports.answer import Told

ROWS_AT_ONCE = 65_536
"""Rows of a group in what is written: it hangs on no chunk, so that the same rows are the same
bytes.
"""


class Joined:
    """The two tables as they are written, in groups of rows that hang on no chunk."""

    def __init__(self, sites: Path, findings: Path) -> None:
        self.sites, self.findings = Grouped(sites), Grouped(findings)
        self.verdicts: Counter[str] = Counter()
        self.told: set[Told] = set()

    def take(self, part: Any) -> None:
        """Take a part in."""
        pa, pc = arrow(), arrow("pyarrow.compute")
        findings = part.column("findings").combine_chunks()
        findings = findings.chunk(0) if isinstance(findings, pa.ChunkedArray) else findings
        status = part.drop_columns(["findings", "told_as", "usable"])
        owner = pc.list_parent_indices(findings)
        flat = findings.flatten()
        columns = {
            name: part.column(name).combine_chunks().take(owner) for name in ("row", "site_id")
        }
        names = [flat.type.field(k).name for k in range(flat.type.num_fields)]
        for name, values in zip(names, flat.flatten(), strict=True):
            columns[name] = values.cast(pa.string()) if name in _TEXTS else values
        self.findings.take(pa.table(columns))
        self.sites.take(_geo(status))
        self.verdicts.update(part.column("verdict").to_pylist())
        bad = pc.not_equal(part.column("problems"), "").to_pylist()
        told, usable = (part.column(name).to_pylist() for name in ("told_as", "usable"))
        self.told.update(zip(told, usable, bad, strict=True))

    def close(self) -> None:
        """Write what is left."""
        self.sites.close()
        self.findings.close()


_TEXTS = frozenset((*FINDING_TEXTS, "legal_overlay"))


class Grouped:
    """A Parquet file in groups of `ROWS_AT_ONCE` rows, and the hash of its rows."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, 0
        self._digest = hashlib.sha256()
        self._writer: Any = None
        self._waiting: Any = None

    def take(self, table: Any) -> None:
        """Add rows."""
        pa = arrow()
        self._waiting = table if self._waiting is None else pa.concat_tables([self._waiting, table])
        while self._waiting.num_rows >= ROWS_AT_ONCE:
            self._write(self._waiting.slice(0, ROWS_AT_ONCE))
            self._waiting = self._waiting.slice(ROWS_AT_ONCE)

    def close(self) -> None:
        """Write what is left and end the file."""
        if self._waiting is not None and (self._waiting.num_rows or self._writer is None):
            self._write(self._waiting)
        if self._writer is not None:
            self._writer.close()

    @property
    def sha256(self) -> str:
        """Hash of the rows, whatever the file looks like."""
        return self._digest.hexdigest()

    def _write(self, table: Any) -> None:
        parquet, whole = arrow("pyarrow.parquet"), table.combine_chunks()
        try:
            if self._writer is None:
                self._writer = parquet.ParquetWriter(
                    str(self.path), whole.schema, compression="zstd"
                )
            self._writer.write_table(whole, row_group_size=ROWS_AT_ONCE)
        except OSError as error:
            raise InputError(
                f"'{self.path.name}' cannot be written ({error.strerror or error})"
            ) from error
        self.rows += whole.num_rows
        for name in whole.column_names:
            _hash_column(self._digest, name, whole.column(name))


def _hash_column(digest: Any, name: str, column: Any) -> None:
    """Hash values as they are told, not as they lie in memory: what stands under a null is
    nobody's.
    """
    pa, pc = arrow(), arrow("pyarrow.compute")
    digest.update(f"{name} {column.type} {len(column)}".encode())
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    digest.update(np.packbits(pc.is_null(values).to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        coded = values.dictionary_encode()
        digest.update(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).tobytes())
        digest.update(repr(coded.dictionary.to_pylist()).encode("utf-8"))
    else:
        digest.update(
            pc.fill_null(values, False if pa.types.is_boolean(values.type) else 0)
            .to_numpy(zero_copy_only=False)
            .tobytes()
        )


def _geo(table: Any) -> Any:
    """Say in the words of GeoParquet where the geometry is."""
    from pyproj import CRS

    column = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": CRS.from_user_input(GEOGRAPHIC).to_json_dict(),
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return table.replace_schema_metadata({"geo": json.dumps(geo)})
