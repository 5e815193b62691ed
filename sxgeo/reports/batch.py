"""A batch of many sites: a row or a line a site, without findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..files.writing import csv_line
from .answer import limited_words, site_head, site_record

if TYPE_CHECKING:
    from ..model.outcomes import ClassOutcome, SiteOutcome

BATCH_COLUMNS = (
    "site_id",
    "name",
    "verdict",
    "known_verdict",
    "area_m2",
    "conflict",
    "regulated",
    "undetermined",
    "not_screened",
    "touched_unbound",
    "limited_to",
    "problems",
)
"""Columns of a batch: those named after outcomes hold the ids of the classes that have it, with
``;`` between.
"""


def batch_row(outcome: SiteOutcome, limited_to: Sequence[str] | None = None) -> dict[str, Any]:
    """Return one site of a batch: its verdicts and the classes by outcome, without findings."""
    asked = [e for e in (*outcome.screening, *outcome.extra) if e.requested]
    unbound = [e for e in asked if e.known_outcome == "touched_unbound"]
    return {
        **site_head(outcome),
        **{name: _ids([e for e in asked if e.outcome == name]) for name in BATCH_COLUMNS[5:9]},
        "touched_unbound": _ids(unbound),
        "limited_to": limited_words(limited_to),
        "problems": "; ".join(outcome.site.problems),
    }


def _ids(entries: Sequence[ClassOutcome]) -> str:
    return ";".join(entry.resource_class for entry in entries)


def batch_line(
    outcome: SiteOutcome,
    *,
    format: str,
    limited_to: Sequence[str] | None = None,
) -> str:
    """Return one site of a batch as a line: CSV (``text``, formulas defused) or a JSON object with
    its findings (``json``).
    """
    if format == "json":
        limits = {} if limited_to is None else {"limited_to": list(limited_to)}
        return json.dumps(site_record(outcome) | limits, ensure_ascii=False, allow_nan=False) + "\n"
    return csv_line(batch_row(outcome, limited_to).values())
