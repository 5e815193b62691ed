"""The manifest of a run: what was asked, of which data, and the hashes of what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...reports.secrecy import without_secret_layers
from ..conflicts.receipt import asked_of

if TYPE_CHECKING:
    from ...model.sites import Site
    from ..conflicts.question import Question
    from ..execution.rows import Grouped

SCHEMA = "sxgeo.screen/1"


def sites_sha256(sites: Sequence[Site]) -> str:
    """Hash all of sites that an answer hangs on, in their order."""
    digest = hashlib.sha256()
    shapes = shapely.to_wkb(np.array([site.geometry for site in sites], dtype=object), byte_order=1)
    for site, wkb in zip(sites, shapes, strict=True):
        told = (
            site.site_id,
            site.name,
            site.file,
            site.accuracy_m,
            site.accuracy_source,
            site.datum_error_m,
            site.crs,
            site.problems,
            site.doubtful,
        )
        digest.update(repr(told).encode("utf-8"))
        digest.update(wkb or b"-")
    return digest.hexdigest()


def manifest_of(
    question: Question,
    asked: Mapping[str, Any],
    unread: Sequence[str],
    verdicts: Mapping[str, int],
    written: Mapping[str, tuple[Path, Grouped]],
) -> dict[str, Any]:
    """Return the manifest of what was `written`: file and rows by name; of secret layers it tells
    class, grade and hash.
    """
    return {
        "schema": SCHEMA,
        "question": dict(asked),
        **without_secret_layers(asked_of(question)),
        "unread": list(unread),
        "verdicts": dict(verdicts),
        "files": {
            name: {
                "file": path.name,
                "rows": rows.rows,
                "rows_sha256": rows.sha256,
                "bytes": path.stat().st_size,
                "sha256": _file_sha256(path),
            }
            for name, (path, rows) in written.items()
        },
    }


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest()
