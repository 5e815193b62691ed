"""The map of a zone as a static figure: matplotlib, one sheet of paper, PNG, PDF or SVG.

matplotlib is imported only when a figure is asked for.
"""

from __future__ import annotations

from .plot import plot_map

__all__ = ["plot_map"]
