"""Siting analysis for Shanxi's economic zones: where a place is, what it touches, what it can
reach.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .analysis.accessibility.catchment import catchment
    from .analysis.accessibility.compare import compare
    from .analysis.accessibility.isochrones import isochrones
    from .analysis.accessibility.land import clip_to_land
    from .analysis.accessibility.many import count_reached, write_isochrones, write_travel_times
    from .analysis.accessibility.overland import overland_isochrones
    from .analysis.accessibility.population import population_within
    from .analysis.accessibility.rasters import friction_surface
    from .analysis.accessibility.routes import routes
    from .analysis.accessibility.targets import list_indicators
    from .analysis.accessibility.travel_times import nearest, travel_times
    from .analysis.candidates.find import find_candidates
    from .analysis.candidates.gain import reachable_gain
    from .analysis.candidates.uncertainty import overlap_probability
    from .analysis.conflicts.check import check_sites
    from .analysis.conflicts.variants import compare_sites, suggest_shift
    from .analysis.network.bundled import ZONE_BOXES, load_network, read_network, save_network
    from .analysis.network.graph import Network
    from .analysis.network.hierarchy import prepare
    from .analysis.network.railways import with_rail
    from .analysis.screening.screen import screen
    from .boundaries.zone_table import list_zones
    from .boundaries.zones import Zone, locate
    from .dossier.build import build_dossier
    from .errors import AnalysisError, DataError, InputError, SxgeoError, UsageError
    from .layers.layers import Layer, load_layer
    from .layers.rules import Rule, load_rules
    from .maps import build_map, plot_map
    from .model.sites import Site
    from .reports.report import Report
    from .sites.export import to_crs_name, write_sites
    from .sites.formats.assumptions import ASSUMABLE
    from .sites.inspection import inspect_file
    from .sites.read import read_sites
    from .workspace.boundaries import load_zone
    from .workspace.scan import scan_layers

_HOMES = {
    "list_zones": "boundaries.zone_table",
    "load_zone": "workspace.boundaries",
    "locate": "boundaries.zones",
    "load_layer": "layers.layers",
    "load_rules": "layers.rules",
    "read_sites": "sites.read",
    "inspect_file": "sites.inspection",
    "to_crs_name": "sites.export",
    "write_sites": "sites.export",
    "check_sites": "analysis.conflicts.check",
    "screen": "analysis.screening.screen",
    "find_candidates": "analysis.candidates.find",
    "overlap_probability": "analysis.candidates.uncertainty",
    "reachable_gain": "analysis.candidates.gain",
    "scan_layers": "workspace.scan",
    "compare_sites": "analysis.conflicts.variants",
    "suggest_shift": "analysis.conflicts.variants",
    "Report": "reports.report",
    "load_network": "analysis.network.bundled",
    "read_network": "analysis.network.bundled",
    "with_rail": "analysis.network.railways",
    "compare": "analysis.accessibility.compare",
    "list_indicators": "analysis.accessibility.targets",
    "Network": "analysis.network.graph",
    "travel_times": "analysis.accessibility.travel_times",
    "prepare": "analysis.network.hierarchy",
    "nearest": "analysis.accessibility.travel_times",
    "isochrones": "analysis.accessibility.isochrones",
    "write_isochrones": "analysis.accessibility.many",
    "count_reached": "analysis.accessibility.many",
    "overland_isochrones": "analysis.accessibility.overland",
    "catchment": "analysis.accessibility.catchment",
    "clip_to_land": "analysis.accessibility.land",
    "routes": "analysis.accessibility.routes",
    "write_travel_times": "analysis.accessibility.many",
    "friction_surface": "analysis.accessibility.rasters",
    "population_within": "analysis.accessibility.population",
    "build_map": "maps",
    "plot_map": "maps",
    "build_dossier": "dossier.build",
    "Zone": "boundaries.zones",
    "Layer": "layers.layers",
    "Rule": "layers.rules",
    "Site": "model.sites",
    "SxgeoError": "errors",
    "UsageError": "errors",
    "InputError": "errors",
    "DataError": "errors",
    "AnalysisError": "errors",
    "save_network": "analysis.network.bundled",
    "ZONE_BOXES": "analysis.network.bundled",
    "ASSUMABLE": "sites.formats.assumptions",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import sxgeo` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sxgeo' has no attribute '{name}'")
    found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    _offer_accessors()
    return found


def _offer_accessors() -> None:
    """Put `.sx` on frames where geopandas is loaded anyway; `import sxgeo` alone loads nothing."""
    if "geopandas" in sys.modules:
        import_module(".accessors", __name__)


def __dir__() -> list[str]:
    return __all__


_offer_accessors()
