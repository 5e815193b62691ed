"""The classes of protected resources and the words of their records."""

from __future__ import annotations

from dataclasses import dataclass

CLASS_IDS = (
    "protected_areas",
    "forest_grade1",
    "water_sources",
    "karst_springs",
    "groundwater_overdraft",
    "air_stations",
    "water_sections",
    "weather_stations",
    "world_heritage",
    "heritage_sites",
    "historic_cities",
    "historic_districts",
    "historic_towns",
    "historic_villages",
    "industrial_heritage",
)
"""The fifteen classes of the zone's resource list, in its order."""

EXTRA_CLASS_IDS = (
    "ecological_redline",
    "permanent_farmland",
    "urban_boundary",
    "wetlands",
    "scenic_areas",
    "public_welfare_forest",
    "river_management",
    "mineral_overlay",
    "goaf",
    "geohazard",
    "road_strip",
    "railway_strip",
    "power_lines",
    "pipelines",
    "airports",
    "old_trees",
    "earthquake_stations",
    "village_roads",
    "forest_land",
    "water_supply_works",
    "sensitive_places",
    "environment_units",
    "great_wall",
)
ALL_CLASS_IDS = (*CLASS_IDS, *EXTRA_CLASS_IDS)
"""Classes that only a user's layer can fill; the first three are the three lines (三区三线)."""
RESOURCE_COLUMNS = (
    "feature_id",
    "resource_class",
    "resource_kind",
    "subzone",
    "name_zh",
    "name_en",
    "level",
    "batch_or_year",
    "county_code",
    "legal_designation",
    "designating_document",
    "designated_on",
    "membership",
    "role",
    "geometry_kind",
    "point_role",
    "extent_m",
    "screening_extent_m",
    "position_accuracy_m",
    "datum",
    "datum_error_m",
    "source",
    "source_date",
    "confidence",
    "verified_by",
    "note",
)
"""Columns of every resource layer beside `geometry`.

`role` says whether a record counts: ``listed`` (an entry of its class), ``component`` (a part of
another entry), ``control`` (lies outside the zone). `datum` is that of the published position and
`datum_error_m` how far its conversion may be off; both follow from the source, the latter enters
the combined error apart from `position_accuracy_m`.
"""
NUMBER_COLUMNS = ("extent_m", "screening_extent_m", "position_accuracy_m", "datum_error_m")
MEMBERSHIPS = ("official_list", "inferred", "candidate")
HELD = ("official_list", "inferred")
ROLES = ("listed", "component", "control")
GEOMETRY_KINDS = ("surveyed", "digitised", "extent_box", "point", "none")
POINT_ROLES = ("object", "proxy")
COARSE_ACCURACY_M = 3000.0
"""Above this the position says nothing closer than the county (design: outcomes)."""


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class of protected resources: its names, official count and screening default.

    Attributes
    ----------
    official_count
        Published count, in `unit` (``count`` or ``ha``); None where none is published.
    screening_extent_m
        Radius in metres assumed for a point record without a published area, with `extent_reason`.
    innermost_subzone
        The subzone in which a monument, well or station itself lies.
    coverage
        Codes of the counties that were searched.
    complete_in
        Codes of the counties for which `complete_document` says that the class is whole.
    subzones_absent
        Subzones of which the same document says that there are none.
    """

    id: str
    name_zh: str
    name_en: str
    official_count: float | None
    unit: str
    screening_extent_m: float
    extent_reason: str
    innermost_subzone: str | None
    keeper_zh: str
    material_zh: str
    extra: bool = False
    coverage: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()
    complete_document: str | None = None
    subzones_absent: tuple[str, ...] = ()


def words_in(cell: str) -> tuple[str, ...]:
    """Return what stands in a cell of a bundled table, with ``;`` between."""
    return tuple(word for word in cell.split(";") if word)
