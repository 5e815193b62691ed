"""The tables of a run as they are written: groups of rows that hang on no chunk, and their
hashes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.geoparquet import geo_words
from ..execution.job import arrow
from ..execution.rows import Grouped

if TYPE_CHECKING:
    from ...reports.answer import Told

SITES_AT_ONCE, FINDINGS_AT_ONCE = 16_384, 65_536
"""Rows of a group in what is written: it hangs on no chunk, so that the same rows are the same
bytes.
"""


class Joined:
    """The two tables as they are written, in groups of rows that hang on no chunk."""

    def __init__(self, sites: Path, findings: Path) -> None:
        self.sites = Grouped(sites, SITES_AT_ONCE)
        self.findings = Grouped(findings, FINDINGS_AT_ONCE)
        self.verdicts: Counter[str] = Counter()
        self.told: set[Told] = set()

    def take(self, part: Any) -> None:
        """Take a part in."""
        pa, pc = arrow(), arrow("pyarrow.compute")
        self.findings.take(_finding_rows(part))
        status = part.drop_columns(["findings", "told_as", "usable"])
        self.sites.take(_with_boxes(status))
        self.verdicts.update(part.column("verdict").to_pylist())

        # the exit code of the run hangs on these three of every site
        bad = pc.not_equal(part.column("problems"), "").to_pylist()
        told, usable = (part.column(name).to_pylist() for name in ("told_as", "usable"))
        self.told.update(zip(told, usable, bad, strict=True))

        # what Arrow has freed goes back before the next part: else the memory grows with the parts
        pa.default_memory_pool().release_unused()

    def close(self) -> None:
        """Write what is left."""
        self.sites.close()
        self.findings.close()

    def abandon(self) -> None:
        """Let go of both files, whatever stands in them."""
        self.sites.abandon()
        self.findings.abandon()


def _finding_rows(part: Any) -> Any:
    """Return the findings of a part as a table, each with row and id of its site."""
    pa, pc = arrow(), arrow("pyarrow.compute")
    findings = part.column("findings").combine_chunks()

    # versions of Arrow differ in what they call combined
    findings = findings.chunk(0) if isinstance(findings, pa.ChunkedArray) else findings
    owner = pc.list_parent_indices(findings)
    columns = {name: part.column(name).combine_chunks().take(owner) for name in ("row", "site_id")}
    flat = findings.flatten()
    for index, values in enumerate(flat.flatten()):
        columns[flat.type.field(index).name] = values
    return pa.table(columns)


def _with_boxes(table: Any) -> Any:
    """Add the box of each site, by which readers skip groups of rows: sites stand along a curve, so
    a group lies in one place.
    """
    pa = arrow()
    shapes = shapely.from_wkb(np.array(table.column("geometry").to_pylist(), dtype=object))
    missing = pa.array(shapely.is_missing(shapes))
    corners = [pa.array(column, pa.float64()) for column in shapely.bounds(shapes).T]
    box = pa.StructArray.from_arrays(corners, names=list(_CORNERS), mask=missing)
    whole = table.append_column("bbox", box)
    return whole.replace_schema_metadata({"geo": geo_words("bbox")})


_CORNERS = ("xmin", "ymin", "xmax", "ymax")
