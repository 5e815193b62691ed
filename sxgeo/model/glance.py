"""A value at a glance: one line for the prompt, a small card for a notebook; every text in it is
escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely

ROWS = 12
"""Rows of a table on a card; more are counted, not listed."""
_WIDTH, _HEIGHT = 180.0, 120.0
_DOTS_FROM, _MOST_CORNERS = 40, 100_000
"""More shapes, or more corners of all, than these become dots."""
_MOST_DOTS, _MOST_VERTICES = 600, 1500
_CELL = "padding:2px 8px;text-align:left;border-bottom:1px solid #e3e6e8"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def badge(label: str, colour: str) -> str:
    """Return a label on its colour, as HTML."""
    return (
        f'<span style="background:{colour};color:#fff;border-radius:3px;padding:1px 7px;'
        f'margin-right:6px;white-space:nowrap">{escape(label)}</span>'
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return the first rows as an HTML table, and how many more there are."""
    head = "".join(f'<th style="{_CELL}">{escape(h)}</th>' for h in heads)
    lines = []
    for row in rows[:ROWS]:
        cells = "".join(f'<td style="{_CELL}">{escape(_short(value))}</td>' for value in row)
        lines.append(f"<tr>{cells}</tr>")
    left = len(rows) - ROWS
    more = f"<div>…… 另有 {left:,} 行 more</div>" if left > 0 else ""
    body = "".join(lines)
    return f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table>{more}'


def card(
    title: str,
    facts: Mapping[str, object],
    *,
    badges: Iterable[str] = (),
    below: str = "",
    picture: str = "",
) -> str:
    """Return a card: title, badges, facts in a line each, a picture on the left, a table below.

    Parameters
    ----------
    title, facts
        Plain text; it is escaped here.
    badges, below, picture
        HTML of :func:`badge`, :func:`table` and :func:`sketch`.
    """
    lines = [f"<div><b>{escape(title)}</b></div>"]
    if marks := "".join(badges):
        lines.append(f'<div style="margin:4px 0">{marks}</div>')
    for name, value in facts.items():
        lines.append(f"<div>{escape(name)}：{escape(_short(value))}</div>")
    text = f"<div>{''.join(lines)}</div>"
    return (
        '<div style="font-family:sans-serif;font-size:13px;line-height:1.5;max-width:60em">'
        f'<div style="display:flex;gap:14px;align-items:flex-start">{picture}{text}</div>'
        f"{below}</div>"
    )


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def sketch(shapes: Sequence[shapely.Geometry | None], colours: Sequence[str]) -> str:
    """Return shapes in lon and lat as a small SVG picture, north up; empty where none has a place.

    Many shapes become dots, one for each pixel and colour, so that the picture stays small.
    """
    placed = [
        (shape, colour)
        for shape, colour in zip(shapes, colours, strict=True)
        if shape is not None and not shape.is_empty
    ]
    if not placed:
        return ""
    located = np.array([shape for shape, _ in placed], dtype=object)
    paper = _Paper.around(located)

    # A notebook keeps its pictures: beyond a size, what falls on one pixel becomes one dot.
    as_dots = len(placed) > _DOTS_FROM or shapely.get_num_coordinates(located).sum() > _MOST_CORNERS
    colours = [colour for _, colour in placed]
    marks = _dots(located, colours, paper) if as_dots else _outlines(located, colours, paper)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}" height="{_HEIGHT:g}" '
        f'style="background:#fbf9f3;flex:none" role="img">{"".join(marks)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class _Paper:
    """How degrees lie on the picture: pixels from its upper left corner."""

    west: float
    north: float
    shrink: float
    scale: float

    @classmethod
    def around(cls, located: np.ndarray) -> _Paper:
        """Lay all shapes on it, with a margin."""
        west, south, east, north = shapely.total_bounds(located)

        # Longitudes shrink with the cosine of latitude; without it all would look too wide.
        shrink = float(np.cos(np.radians((south + north) / 2)))

        # The tighter of width and height; a single point would otherwise divide by nothing.
        scale = min(
            (_WIDTH - 10) / max((east - west) * shrink, 1e-6),
            (_HEIGHT - 10) / max(north - south, 1e-6),
        )
        return cls(west, north, shrink, scale)

    def pixels(self, degrees: np.ndarray) -> np.ndarray:
        """Return where places in degrees lie."""
        x = 5 + (degrees[:, 0] - self.west) * self.shrink * self.scale
        y = 5 + (self.north - degrees[:, 1]) * self.scale
        return np.round(np.column_stack([x, y]), 1)


def _dots(
    located: np.ndarray,
    colours: Sequence[str],
    paper: _Paper,
) -> list[str]:
    """Return one dot for each pixel and colour."""
    centres = shapely.get_coordinates(shapely.centroid(located))
    pixels = np.round(paper.pixels(centres)).astype(int).tolist()
    dots = dict.fromkeys((x, y, colour) for (x, y), colour in zip(pixels, colours, strict=True))
    return [
        f'<circle cx="{x}" cy="{y}" r="2" fill="{colour}"/>'
        for x, y, colour in list(dots)[:_MOST_DOTS]
    ]


def _outlines(
    located: np.ndarray,
    colours: Sequence[str],
    paper: _Paper,
) -> list[str]:
    """Return each shape as it is, simplified to a pixel: nobody sees more."""
    share = _MOST_VERTICES // len(located)
    simple = shapely.simplify(located, 1.0 / paper.scale)
    return [
        mark
        for shape, colour in zip(simple, colours, strict=True)
        for mark in _marks(shape, colour, paper.pixels, share)
    ]


def _marks(
    shape: shapely.Geometry,
    colour: str,
    on_paper: Callable[[Any], Any],
    share: int,
) -> Iterable[str]:
    # each shape has its share, or the first one would use up the picture
    for part in shapely.get_parts([shape])[: max(1, share // 4)]:
        points = on_paper(shapely.get_coordinates(part)[: max(4, share)])
        if len(points) == 1:
            (x, y), *_ = points.tolist()
            yield f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{colour}"/>'
            continue
        course = " ".join(f"{x:g},{y:g}" for x, y in points.tolist())
        filled = shapely.get_dimensions(part) == 2
        kind, fill = ("polygon", colour) if filled else ("polyline", "none")
        yield f'<{kind} points="{course}" fill="{fill}" fill-opacity=".35" stroke="{colour}"/>'
