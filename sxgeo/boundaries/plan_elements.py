"""What the plans say of places: elements of plans by zone and by county."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd

from ..catalog import read_features, read_table
from ..model.elements import elements_frame
from .units import units_above
from .zone_table import zone_rows, zones_of

_TOLD = ("element_id", "name_zh", "plan", "chapter", "says_zh")
"""What is told of an element at a place."""


def load_elements() -> gpd.GeoDataFrame:
    """Return every plan element.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place is
        not known).
    """
    return elements_frame(*read_features("layers/plan_elements.geojson"))


def _own_zones(zone_ids: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    """The zones that an element is about: a zone that is named beside its own sub-region is not
    meant as a whole.
    """
    named = set(zone_ids)
    return named - {parents[zone_id] for zone_id in named}


def zone_elements(
    zone: Mapping[str, str],
    codes: list[str],
    rows: Mapping[str, Mapping[str, str]],
) -> gpd.GeoDataFrame:
    """The plan elements that name the zone, a sub-region of it, or a place in it."""
    parents = _parents(rows.values())
    family, place = _family(zone, parents), _Place.of(codes)
    frame = load_elements()
    kept = [
        bool(_own_zones(zone_ids, parents) & family) or any(map(place.holds, members))
        for members, zone_ids in zip(frame["members"], frame["zone_ids"], strict=True)
    ]
    return frame[kept].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """The units of a place, and all units that these lie in."""

    inside: frozenset[str]
    above: frozenset[str]

    @classmethod
    def of(cls, codes: Iterable[str]) -> _Place:
        """Look up what each lies in."""
        own = frozenset(codes)
        return cls(own, frozenset(upper for code in own for upper in units_above(code)))

    def holds(self, code: str) -> bool:
        """Say whether a unit is of the place: it is meant from above, by its prefecture, and from
        below, by a county of it.
        """
        return code in self.above or bool(self.inside & set(units_above(code)))


def _parents(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {row["zone_id"]: row["parent"] for row in rows}


def _family(zone: Mapping[str, str], parents: Mapping[str, str]) -> set[str]:
    """Return the zones by which a zone is meant: itself, its parent, its parts."""
    parts = {zone_id for zone_id, parent in parents.items() if parent == zone["zone_id"]}
    return (parts | {zone["zone_id"], zone["parent"]}) - {""}


def elements_at(codes: Iterable[str]) -> list[dict[str, str]]:
    """Say which chapters of which plan speak about a place, by the counties it touches.

    Parameters
    ----------
    codes
        GB/T 2260 codes of those counties.

    Returns
    -------
    list of dict
        `element_id`, `name_zh`, `plan`, `chapter`, `says_zh`, by `element_id`; empty for none.
    """
    return [dict(element) for element in _elements_at(tuple(codes))]


def _words(cell: str) -> set[str]:
    return set(filter(None, cell.split(";")))


@lru_cache(maxsize=1024)
def _elements_at(own: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    above = _Place.of(own).above
    zones = {zone_id for code in own for zone_id in zones_of(code)}
    parents = _parents(zone_rows())

    def speaks(row: Mapping[str, str]) -> bool:
        # by places where the plan names any; else by the zones that it is said for
        if members := _words(row["members"]):
            return bool(members & above)
        return bool(_own_zones(_words(row["zone_ids"]), parents) & zones)

    rows = filter(speaks, read_table("sources/plan_elements.csv"))
    return tuple({key: row[key] for key in _TOLD} for row in rows)
