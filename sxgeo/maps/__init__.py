"""Maps: one self-contained HTML page per zone, an index of them, and the same for any folium
map.
"""

from __future__ import annotations

from .index import index_page
from .inline import inline
from .load import NO_CHECK, Load
from .page import ZoneMap, build_map
from .plot.plot import plot_map

__all__ = ["NO_CHECK", "Load", "ZoneMap", "build_map", "index_page", "inline", "plot_map"]
