"""`sxgeo check --batch -o FILE.html`: the plots of a batch on the offline map, by order of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from ..analysis.conflicts.question import counties_of
from ..analysis.conflicts.receipt import make_receipt
from ..boundaries.zone_table import zones_of
from ..errors import AnalysisError, UsageError
from ..maps import build_map
from ..maps.content import drawable
from ..reports.report import Report
from .terminal import remark

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question
    from ..maps.page import ZoneMap
    from ..model.outcomes import SiteOutcome

MOST_PLOTS = 50_000
"""Plots that one page carries."""
_NEARLY = 0.8
"""A smaller zone that holds this share of the plots is the better map of them."""


def write_batch_map(
    question: Question,
    outcomes: Iterable[SiteOutcome],
    path: Path,
) -> Path:
    """Write the plots of a batch as a page: a known conflict, something known close by, nothing
    known near.

    The map is that of the smallest zone in which nearly all plots lie; plots outside of it are
    told.

    Raises
    ------
    UsageError
        If there are more than `MOST_PLOTS` plots, before any is answered.
    AnalysisError
        If no plot lies in a zone with an outline.
    """
    count = len(question.sites.sites)
    if count > MOST_PLOTS:
        raise UsageError(
            f"{count} plots are more than a page carries ({MOST_PLOTS}): write .gpkg for QGIS, or"
            " split the batch by county"
        )
    zones = _zones_of_plots(question)
    zone, page = _page(zones, _report(question, outcomes))

    # what the page cannot show is told beside it, never left out in silence
    left = count - zones[zone]
    if left:
        remark(
            f"{left} 个地块在{zone}以外或不可用 plots lie outside of zone {zone} or cannot be used"
        )
    page.save(path)
    return path


def _zones_of_plots(question: Question) -> Counter[str]:
    """Count the plots of each zone; one that touches two counties of a zone counts once."""
    places = counties_of(question.sites.sites, question.counties)
    return Counter(
        zone for own in places.values() for zone in {z for code, _ in own for z in zones_of(code)}
    )


def _report(question: Question, outcomes: Iterable[SiteOutcome]) -> Report:
    return Report(
        sites=tuple(outcomes),
        as_of=question.as_of,
        classes={layer.spec.id: layer.spec for layer in question.layers},
        receipt=make_receipt(question),
        inputs=question.inputs,
    )


def _page(zones: Counter[str], report: Report) -> tuple[str, ZoneMap]:
    """Build the map of the smallest zone with an outline that holds nearly as many plots as any."""
    most = max(zones.values(), default=0)
    sizes: dict[str, float] = {}
    for zone, count in zones.items():
        # a page of a zone that holds few of the plots would say little
        if count < _NEARLY * most:
            continue
        try:
            sizes[zone] = float(shapely.area(drawable(zone)[1]))
        except AnalysisError:  # this one has no outline; another may
            continue
    if not sizes:
        raise AnalysisError(
            "no plot lies in a zone with an outline, so there is no map to draw them on; write"
            " .gpkg"
        )

    # the smallest shows the plots largest; of two equal ones the first id, so that runs agree
    zone = min(sizes, key=lambda z: (sizes[z], z))
    return zone, build_map(zone, report=report)
