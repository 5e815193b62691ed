"""Maps: one self-contained HTML page per zone, and the same for any folium map."""

from __future__ import annotations

from .inline import inline
from .page import ZoneMap, build_map

__all__ = ["ZoneMap", "build_map", "inline"]
