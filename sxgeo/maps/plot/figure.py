"""The figure: the parts of the sheet put together, and files of it that look the same
everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import shapely
from matplotlib.figure import Figure

from ...errors import UsageError
from ...files.writing import write_bytes
from ..content import for_all_eyes
from .faces import embeds_as_outlines, face
from .furniture import Furniture
from .ground import Ground
from .legend import Legend
from .pen import Pen
from .sheet import SUFFIXES, lay_out

if TYPE_CHECKING:
    from typing import IO

    from ...geometry.shapes import Shape
    from ...reports.answer import Answer
    from .labels import Placed
    from .sheet import Sheet
    from .underlay import Underlay

DPI = 300
_INCH_MM = 25.4
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {
        "CreationDate": None,
        "ModDate": None,
        "Creator": "sxgeo",
        "Producer": None,
    },
    "svg": {"Date": None, "Creator": "sxgeo"},
}


class MapFigure(Figure):  # type: ignore[misc]
    """A matplotlib figure whose files carry their letters and no dates."""

    sheet: Sheet

    def savefig(self, fname: str | Path | IO[bytes], **kwargs: Any) -> None:
        """Save as matplotlib does, with the Chinese font embedded and without dates.

        Parameters
        ----------
        fname
            A path or an open file.
        **kwargs
            As for :meth:`matplotlib.figure.Figure.savefig`; 300 dots per inch unless `dpi` says
            otherwise.
        """
        kind = str(kwargs.get("format") or Path(str(fname)).suffix[1:] or "png").lower()
        settings = {
            "pdf.fonttype": 3 if embeds_as_outlines() else 42,
            "ps.fonttype": 3 if embeds_as_outlines() else 42,
            "svg.fonttype": "path",
            # else the ids in an SVG are drawn at random
            "svg.hashsalt": "sxgeo",
            # a tight box in a user's settings would cut the sheet to another size
            "savefig.bbox": None,
        }
        told = {
            "dpi": DPI,
            "metadata": _METADATA.get(kind),
            **kwargs,
        }
        with matplotlib.rc_context(settings):
            super().savefig(fname, **told)

    def save(self, path: str | Path, *, dpi: float = DPI) -> None:
        """Write PNG, PDF or SVG, by the suffix, whole or not at all; missing folders are made.

        Raises
        ------
        UsageError
            If the suffix is another.
        InputError
            If the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in SUFFIXES:
            raise UsageError(
                f"'{target.name}' is no {', '.join(SUFFIXES)} file: a static figure is one of these"
            )

        # in memory first: a drawing that fails leaves no half of a file
        content = BytesIO()
        self.savefig(
            content,
            format=target.suffix.lower()[1:],
            dpi=dpi,
        )
        write_bytes(content.getvalue(), target)


def blank_sheet(width_mm: float, height_mm: float) -> tuple[MapFigure, Pen]:
    """Return an empty figure of a size on paper, and the pen that draws on it in millimetres."""
    figure = MapFigure(figsize=(width_mm / _INCH_MM, height_mm / _INCH_MM), facecolor="white")
    axes = figure.add_axes(
        (0, 0, 1, 1),
        xlim=(0, width_mm),
        ylim=(0, height_mm),
        autoscale_on=False,
    )
    axes.set_axis_off()
    return figure, Pen(axes)


def figure_of(
    content: dict[str, Any],
    frame: Shape,
    *,
    size: str,
    report: Answer | None = None,
    underlays: Sequence[Underlay] = (),
) -> MapFigure:
    """Draw what :func:`sxgeo.maps.content.zone_content` tells over what lies under it; `frame` is
    the lon/lat shape to show.
    """
    # asked first: without Chinese letters all that follows would be boxes
    face()
    sheet = lay_out(frame, size)
    figure, pen = blank_sheet(sheet.width_mm, sheet.height_mm)
    figure.sheet = sheet
    ground = Ground(pen, sheet, content, underlays)
    furniture = Furniture(pen, sheet, content)
    placed = ground.draw(_overlaps(report))
    furniture.graticule()

    # the corner is chosen last, when it is known where the map has room
    furniture.corner(_covered(ground, placed))
    furniture.title()
    furniture.notices()
    Legend(pen, sheet, ground).draw()
    return figure


def _covered(ground: Ground, placed: Sequence[Placed]) -> Shape:
    """What nothing may be laid over: the zone, its names and its symbols."""
    boxes = [*(one.box for one in placed), *ground.marks]
    return shapely.union_all([ground.zone, *(shapely.box(*box) for box in boxes)])


def _overlaps(report: Answer | None) -> Shape | None:
    """What the sites of a report share with prohibitions, as one lon/lat shape; None without a
    report.
    """
    if report is None:
        return None
    shared = [
        finding.overlap_geometry
        for site in for_all_eyes(report)
        for entry in (*site.screening, *site.extra)
        for finding in entry.findings
        if finding.outcome == "conflict" and finding.overlap_geometry is not None
    ]
    return shapely.union_all(shared)
