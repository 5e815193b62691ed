"""The empty file that a user fills in, and the words it allows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from ..errors import InputError, UsageError
from ..files.contents import first_line
from ..files.writing import draft, refuse_partial, without_clock
from ..geometry.projection import GEOGRAPHIC
from ..layers.classes import GEOMETRY_KINDS, MEMBERSHIPS, POINT_ROLES
from .rows import codes_of

if TYPE_CHECKING:
    from ..layers.classes import ClassSpec

ALLOWED_VALUES = "allowed_values"
"""Name of the sheet of allowed values in a template."""
_TEMPLATE_COLUMNS = {
    "feature_id": ("text", "编号，唯一，不复用 unique id; required"),
    "name_zh": ("text", "名称 Chinese name; required"),
    "position_accuracy_m": (
        "number",
        "边界或点位误差，米，不得空 accuracy in metres; required, never taken as 0",
    ),
    "resource_kind": ("text", "类别，见下 kind, see its values"),
    "subzone": ("text", "分区，见下；未知留空 subzone, see its values; empty when unknown"),
    "county_code": ("text", "县级行政区代码，多个用分号 six digits, several with ;"),
    "level": ("text", "级别 level"),
    "legal_designation": ("text", "法定身份 what protects it by law"),
    "designating_document": ("text", "公布文件 the document"),
    "designated_on": ("text", "公布日期 YYYY-MM-DD"),
    "membership": ("text", "是否在官方名录，空按 official_list; empty means official_list"),
    "geometry_kind": ("text", "几何性质，空按图形判断; empty is told from the shape"),
    "point_role": ("text", "点的含义，仅点; points only"),
    "extent_m": ("number", "与公布面积相等的圆半径，米，仅点 radius, points only"),
    "source": ("text", "来源，空按文件名 source; empty means the file"),
    "source_date": ("text", "来源日期 YYYY-MM-DD"),
    "note": ("text", "备注 note"),
}


def write_template(spec: ClassSpec, target: Path) -> None:
    """Write an empty GeoPackage for a class: its columns, and a sheet of the values they may have.

    Raises
    ------
    UsageError
        If the file exists already, or is not named .gpkg.
    """
    # A name that GDAL would take for another format, or a file of somebody's work, is refused
    # before a byte is written.
    if target.suffix.lower() != ".gpkg":
        raise UsageError(f"-o '{target}' is not a GeoPackage; name it .gpkg")
    if target.exists():
        raise UsageError(
            f"'{target}' exists already; choose another name, nothing was written over it"
        )
    values = allowed_values(spec)

    # Written beside and moved into place; without the clock, the same class gives the same bytes.
    with draft(target) as unfinished, without_clock():
        try:
            pyogrio.write_dataframe(
                _empty(),
                unfinished,
                layer=spec.id,
                driver="GPKG",
                geometry_type="Unknown",
            )
            pyogrio.write_dataframe(
                pd.DataFrame(values), unfinished, layer=ALLOWED_VALUES, append=True
            )
        except RuntimeError as error:  # a full disk, in the words of SQLite
            raise InputError(
                f"'{target}' cannot be written ({first_line(error)}); give another file with -o"
            ) from error
        # a full disk is not always told while writing
        refuse_partial(unfinished, target, {spec.id: 0, ALLOWED_VALUES: len(values)})


def _empty() -> gpd.GeoDataFrame:
    """Return the columns that a layer may have, without rows."""
    columns = {
        name: pd.Series([], dtype=float if kind == "number" else object)
        for name, (kind, _) in _TEMPLATE_COLUMNS.items()
    }
    return gpd.GeoDataFrame(
        columns,
        geometry=gpd.GeoSeries([], crs=GEOGRAPHIC),
        crs=GEOGRAPHIC,
    )


def allowed_values(spec: ClassSpec) -> list[dict[str, str]]:
    """Return the sheet of a template: `column_name`, `value` (empty for free text), `meaning`."""
    rows = [_row(column, "", meaning) for column, (_, meaning) in _TEMPLATE_COLUMNS.items()]
    for column in ("resource_kind", "subzone"):
        rows += [
            _row(column, code, "、".join(label for label in labels if label != code))
            for code, labels in _labels_by_code(column, spec.id).items()
        ]
    rows += _named("membership", MEMBERSHIPS) + _named("geometry_kind", GEOMETRY_KINDS[:-1])
    return rows + _named("point_role", POINT_ROLES)


def _named(column: str, values: Sequence[str]) -> list[dict[str, str]]:
    return [_row(column, value, "") for value in values]


def _row(
    column: str,
    value: str,
    meaning: str,
) -> dict[str, str]:
    return {
        "column_name": column,
        "value": value,
        "meaning": meaning,
    }


def _labels_by_code(column: str, class_id: str) -> dict[str, list[str]]:
    """Group words by their code, so that a cell's meaning lists all words that are read as it."""
    labels: dict[str, list[str]] = {}
    for label, code in codes_of(column, class_id).items():
        labels.setdefault(code, []).append(label)
    return labels
