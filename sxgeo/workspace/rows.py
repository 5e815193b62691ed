"""What a user's layer must hold, row by row, beyond what holds for every resource frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ..boundaries.extent import inside_china
from ..layers.rules import load_rules
from ..wording import (
    GRADES_ZH,
    KIND_ALIASES_ZH,
    KIND_ZH,
    OWN_KINDS,
    SUBZONE_ALIASES_ZH,
    SUBZONE_ZH,
    URBAN_ZONES,
)

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from ..layers.classes import ClassSpec

REQUIRED_COLUMNS = ("feature_id", "name_zh", "position_accuracy_m")
_AREAS = (
    "forest_grade1",
    "ecological_redline",
    "permanent_farmland",
    "urban_boundary",
    "public_welfare_forest",
    "mineral_overlay",
    "goaf",
    "forest_land",
    "environment_units",
)
_STRIPS = (
    "river_management",
    "road_strip",
    "railway_strip",
    "power_lines",
    "pipelines",
    "village_roads",
)
_LINES_TOO = (
    *_STRIPS,
    "water_sections",
    "heritage_sites",
    "world_heritage",
    "great_wall",
    "airports",
    "water_supply_works",
)
_SHAPES = {
    0: "points",
    1: "lines",
    2: "polygons",
}


def dimensions(class_id: str) -> tuple[int, ...]:
    """Which shapes a class may have: 0 points, 1 lines, 2 polygons."""
    if class_id in _AREAS:
        return (2,)
    if class_id in _STRIPS:
        return (1, 2)
    return (0, 1, 2) if class_id in _LINES_TOO else (0, 2)


def codes_of(column: str, class_id: str) -> dict[str, str]:
    """Return the codes that rules of a class know, by what may stand in a file: the code, its
    Chinese names.

    Parameters
    ----------
    column
        ``subzone`` or ``resource_kind``.
    """
    labels = _subzone_labels(class_id) if column == "subzone" else _kind_labels(class_id)

    # a file may hold the code itself or any of its labels
    return {label: code for code, own in labels.items() for label in (code, *own)}


def _subzone_labels(class_id: str) -> dict[str, list[str]]:
    """Return the names of each subzone that some rule of the class knows: another one would bind
    nothing.
    """
    own = URBAN_ZONES if class_id == "urban_boundary" else ()
    codes = sorted({*own, *(r.subzone for r in load_rules(class_id) if r.subzone)})

    # with and without what stands in brackets behind it
    labels = {
        code: [
            SUBZONE_ZH[code],
            SUBZONE_ZH[code].partition("（")[0],
        ]
        for code in codes
    }
    for alias, code in SUBZONE_ALIASES_ZH.items():
        if code in labels:
            labels[code].append(alias)
    return labels


def _kind_labels(class_id: str) -> dict[str, list[str]]:
    """The same of kinds, and of those that only a user's layer holds."""
    known = {k for r in load_rules(class_id) for k in (*r.resource_kind, *r.possible_kinds)}
    return {
        code: [KIND_ZH[code], *(n for n, c in KIND_ALIASES_ZH.items() if c == code)]
        for code in sorted({*OWN_KINDS.get(class_id, ()), *known})
    }


def coded(value: object, known: Mapping[str, str]) -> str | None:
    """Return the code of a subzone or kind that stands in a file: by its name, with or without its
    grade, else as it stands.
    """
    if value is None:
        return None
    text = str(value).strip()
    if text in known:
        return known[text]
    for grade in GRADES_ZH:
        if text.startswith(grade) and text.removeprefix(grade) in known:
            return known[text.removeprefix(grade)]
    return text or None


def row_problems(frame: gpd.GeoDataFrame, spec: ClassSpec) -> Iterator[tuple[int, str]]:
    """Yield (row from 0, problem) of a user's frame (EPSG:4490) with all columns of a resource
    layer.
    """
    # Ids first: what stands twice is a fault of two rows.
    yield from _twice(frame)
    subzones, kinds = (
        sorted(set(codes_of(c, spec.id).values())) for c in ("subzone", "resource_kind")
    )
    for row, (geometry, named) in enumerate(_asked_cells(frame)):
        codes = _code_problems(named, subzones, kinds, spec.id)
        for text in (*_shape_problems(geometry, spec), *_value_problems(named), *codes):
            yield row, text


def _asked_cells(frame: gpd.GeoDataFrame) -> Iterator[tuple[Shape, dict[str, Any]]]:
    """Yield of each row its shape, and the cells of which something is asked, by column."""
    columns = ("feature_id", "name_zh", "position_accuracy_m", "subzone", "resource_kind")
    rows = zip(frame.geometry, *(frame[c].tolist() for c in columns), strict=True)
    for geometry, *values in rows:
        yield geometry, dict(zip(columns, values, strict=True))


def _code_problems(
    named: Mapping[str, Any],
    subzones: Sequence[str],
    kinds: Sequence[str],
    class_id: str,
) -> Iterator[str]:
    """Say which codes of a row no rule of its class knows."""
    subzone, kind = named["subzone"], named["resource_kind"]
    if subzone is not None and subzone not in subzones:
        yield f"unknown subzone '{subzone}'; known for {class_id}: {', '.join(subzones) or 'none'}"

    # a class without kinds takes any: no rule asks
    if kinds and kind is not None and kind not in kinds:
        yield (
            f"unknown resource_kind '{kind}'; known for {class_id}: {', '.join(kinds)}; leave it"
            " empty when none fits"
        )


def _twice(frame: gpd.GeoDataFrame) -> Iterator[tuple[int, str]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(frame["feature_id"]):
        if value is None:
            yield row, "feature_id is missing"
        else:
            rows[value].append(row)
    for value, where in rows.items():
        for row in where if len(where) > 1 else ():
            others = ", ".join(str(r + 1) for r in where if r != row)
            yield row, f"feature_id '{value}' stands in row(s) {others} too; ids are unique"


def _value_problems(values: dict[str, Any]) -> Iterator[str]:
    if values["name_zh"] is None:
        yield "name_zh is empty"
    for column in ("feature_id", "name_zh"):
        if values[column] is not None and (meant := meant_text(values[column])) is not None:
            hint = f"; it reads '{meant}' in GB18030" if meant else ""
            yield f"{column} '{values[column]}' is garbled{hint}; save the file with its encoding"
    if not np.isfinite(values["position_accuracy_m"]):
        yield "position_accuracy_m is not given; it is never taken as 0"


def meant_text(text: str) -> str | None:
    """Return what a garbled text was meant to be, an empty one where nobody can say; None for a
    sound text.
    """
    if "\ufffd" in text:
        return ""
    if text.isascii():
        return None
    for codec in ("latin-1", "cp1252"):
        try:
            meant = text.encode(codec).decode("gb18030")
        except UnicodeError:
            continue
        return meant if any("\u4e00" <= c <= "\u9fff" for c in meant) else None
    return None


def _shape_problems(geometry: Shape, spec: ClassSpec) -> Iterator[str]:
    if geometry is None or geometry.is_empty:
        yield "no geometry (null or empty)"
        return
    allowed = dimensions(spec.id)
    dimension = int(shapely.get_dimensions(geometry))
    if geometry.geom_type == "GeometryCollection":
        yield "a geometry collection; split it into polygons, lines and points"
    elif dimension not in allowed:
        wanted = " or ".join(_SHAPES[d] for d in allowed)
        yield f"{geometry.geom_type} does not fit {spec.id}: it takes {wanted}"
    if not geometry.is_valid:
        yield f"invalid geometry ({shapely.is_valid_reason(geometry)}); repair it in the file"
    if not inside_china(geometry.bounds)[0]:
        place = shapely.get_coordinates(geometry)[0]
        yield (
            f"lies outside China ({place[0]:.6g}, {place[1]:.6g}); are lon and lat swapped, or the"
            " system wrong?"
        )
