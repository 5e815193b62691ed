"""All that is asked of land, as it is given, and what of it cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import unknown
from ...layers.classes import ALL_CLASS_IDS
from ...model.accuracy import SOURCES
from ..conflicts.urban import URBAN
from .wishes import LAND_FIELD, number_problems

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

    from ...boundaries.zones import Zone
    from ...workspace.file import Workspace
    from ...workspace.layers import UserLayer
    from .ranking import Criteria

Distances: TypeAlias = Sequence[tuple[Any, float]]
"""Layers, each with the metres that are asked for."""
Where: TypeAlias = "str | Path | Zone | shapely.Geometry | gpd.GeoDataFrame"
"""An area: a zone, its id or name, a file or frame of polygons, a polygon in degrees."""
UserLayers: TypeAlias = "Mapping[str, str | Path] | Sequence[UserLayer]"
"""Layers of the user's, as :func:`sxgeo.check_sites` takes them."""
_OF_LAW = ("project_type", "project_attributes", "as_of", "layers", "workspace")


@dataclass(frozen=True, slots=True)
class Wish:
    """All that is asked of land; the fields are the parameters of
    :func:`.find.find_candidates`.
    """

    zone: Any
    within: Sequence[Any] = ()
    clear_of: Sequence[str] = ()
    inside: Sequence[Any] = ()
    away: Distances = ()
    near: Distances = ()
    min_area_ha: float = 0.0
    min_width_m: float = 0.0
    max_slope_pct: float | None = None
    dem: str | Path | None = None
    land_use: Sequence[str] = ()
    land_layer: Any = None
    land_field: str = LAND_FIELD
    project_type: str | None = None
    project_attributes: Mapping[str, Any] | None = None
    as_of: str | None = None
    layers: Any = ()
    workspace: str | Path | Workspace | None = None
    network: Any = None
    site_accuracy_m: float | None = None
    rank_by: Criteria = ("grade", "-area_ha")

    @property
    def site_error_m(self) -> float:
        """How far the edge of a candidate may be set out beside the drawn one."""
        if self.site_accuracy_m is None:
            return SOURCES["frame"].metres
        return float(self.site_accuracy_m)

    def of_land(self) -> dict[str, Any]:
        """Return what is asked of land alone; what hangs on law, layers and workspace stands in
        other parts of a receipt.
        """
        names = [field.name for field in fields(self) if field.name not in _OF_LAW]
        return {name: getattr(self, name) for name in names}

    def problems(self) -> Iterator[str]:
        """Say what cannot be used."""
        numbers = ("min_area_ha", "min_width_m", "max_slope_pct", "site_accuracy_m")
        yield from number_problems({name: getattr(self, name) for name in numbers})
        yield from _class_problems(self.clear_of)
        yield from _distance_problems("away", self.away)
        yield from _distance_problems("near", self.near)
        # one without the other would leave the slope unasked, and say nothing of it
        if (self.max_slope_pct is None) != (self.dem is None):
            yield "max_slope_pct and dem go together: a slope is measured on your elevation model"
        if self.land_use and self.land_layer is None:
            yield "land_use needs land_layer: the layer whose classes it names"


def _class_problems(clear_of: Sequence[str]) -> Iterator[str]:
    for class_id in clear_of:
        if class_id not in ALL_CLASS_IDS:
            yield str(unknown("class", str(class_id), ALL_CLASS_IDS))
        elif class_id == URBAN:
            yield f"clear_of: {URBAN} is a place to lie in, not to be clear of; name it in inside"


def _distance_problems(name: str, pairs: Sequence[Any]) -> Iterator[str]:
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            yield f"{name} takes (layer, metres), not {pair!r}"
        else:
            yield from number_problems({f"{name}: the distance": pair[1]})
