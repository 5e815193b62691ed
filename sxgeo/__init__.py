"""Siting analysis for Shanxi's economic zones: where a place is, what it touches, what it can reach."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .analysis.catchment import catchment
    from .analysis.hierarchy import prepare
    from .analysis.isochrones import isochrones, nearest, travel_times
    from .analysis.land import clip_to_land
    from .analysis.network import Network
    from .analysis.overland import overland_isochrones
    from .analysis.routes import routes
    from .boundaries import list_zones, load_zone, locate
    from .coordinates import to_crs_name, write_sites
    from .errors import AnalysisError, DataError, InputError, SxgeoError, UsageError
    from .inspection import inspect_file
    from .layers import load_layer
    from .maps import build_map, plot_map
    from .model import Layer, Rule, Site, Zone
    from .networks import load_network, read_network
    from .population import population_within
    from .railways import compare, with_rail
    from .rasters import friction_surface
    from .report import Report
    from .rules import load_rules
    from .screening import check_sites
    from .sites import read_sites
    from .targets import list_indicators
    from .time_tables import write_travel_times
    from .variants import compare_sites, suggest_shift

_HOMES = {
    "list_zones": "boundaries",
    "load_zone": "boundaries",
    "locate": "boundaries",
    "load_layer": "layers",
    "load_rules": "rules",
    "read_sites": "sites",
    "inspect_file": "inspection",
    "to_crs_name": "coordinates",
    "write_sites": "coordinates",
    "check_sites": "screening",
    "compare_sites": "variants",
    "suggest_shift": "variants",
    "Report": "report",
    "load_network": "networks",
    "read_network": "networks",
    "with_rail": "railways",
    "compare": "railways",
    "list_indicators": "targets",
    "Network": "analysis.network",
    "travel_times": "analysis.isochrones",
    "prepare": "analysis.hierarchy",
    "nearest": "analysis.isochrones",
    "isochrones": "analysis.isochrones",
    "overland_isochrones": "analysis.overland",
    "catchment": "analysis.catchment",
    "clip_to_land": "analysis.land",
    "routes": "analysis.routes",
    "write_travel_times": "time_tables",
    "friction_surface": "rasters",
    "population_within": "population",
    "build_map": "maps",
    "plot_map": "maps",
    "Zone": "model",
    "Layer": "model",
    "Rule": "model",
    "Site": "model",
    "SxgeoError": "errors",
    "UsageError": "errors",
    "InputError": "errors",
    "DataError": "errors",
    "AnalysisError": "errors",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import sxgeo` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sxgeo' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
