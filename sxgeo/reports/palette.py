"""Colours that page, static figure and report share, so that a verdict looks the same wherever it stands."""

from __future__ import annotations

RED = "#c1121f"
"""The colour of conflicts and of nothing else."""

VERDICT_COLOURS = {
    "conflict": RED,
    "undetermined": "#985a00",
    "regulated": "#1d5fa8",
    "not_screened": "#6b7280",
    "clear": "#1f7a4d",
}
LAND = "#fbf9f3"
COUNTY_EDGE = "#8d9aa2"
INK = "#1c2f3d"
