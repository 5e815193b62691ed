"""Colours that page, static figure and report share, so that a verdict looks the same wherever it
stands.
"""

from __future__ import annotations

RED = "#b40f1c"
"""The colour of conflicts and of nothing else."""

VERDICT_COLOURS = {
    "conflict": RED,
    "undetermined": "#7a4a00",
    "regulated": "#1d5fa8",
    "not_screened": "#565e69",
    "clear": "#0b3b26",
}
"""Of words, edges and plates: each is read on white, and white is read on each."""

VERDICT_MARKS = {
    "conflict": RED,
    "undetermined": "#dd9f26",
    "regulated": "#4783c4",
    "not_screened": "#d8dce1",
    "clear": "#0b3b26",
}
"""Of areas and swatches: they differ in lightness, so that they differ for a colour-blind eye and
in grey print.
"""
LAND = "#fbf9f3"
COUNTY_EDGE = "#8d9aa2"
INK = "#1c2f3d"
