"""A user's vector file -> a frame with its text decoded; and the empty file that a user fills in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from .contents import first_line
from .errors import EmptyError, InputError, UsageError, listed
from .files import draft
from .model import GEOMETRY_KINDS, MEMBERSHIPS, POINT_ROLES, ClassSpec
from .projection import GEOGRAPHIC
from .user_rows import codes_of, meant_text
from .vector_files import Features, read_features

ALLOWED_VALUES = "allowed_values"
"""Name of the sheet of allowed values in a template."""
_TEMPLATE_COLUMNS = {
    "feature_id": ("text", "编号，唯一，不复用 unique id; required"),
    "name_zh": ("text", "名称 Chinese name; required"),
    "position_accuracy_m": ("number", "边界或点位误差，米，不得空 accuracy in metres; required, never taken as 0"),
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


def read_vector(
    path: Path, *, layer: str | None = None, encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Read one layer of a vector file.

    Parameters
    ----------
    layer
        Its name; None takes the only layer that has geometry.
    encoding
        Of a shapefile's text; None takes its .cpg, else UTF-8 where every byte fits, else GB18030.

    Returns
    -------
    frame, remark
        The features as they stand in the file, and what was assumed about its encoding, or None.

    Raises
    ------
    InputError
        If the file cannot be read, has no features, more than one layer, or garbled field names.
    """
    features = read_layer_file(path, layer=layer, encoding=encoding)
    return features.frame, "; ".join(features.remarks) or None


def read_layer_file(path: Path, *, layer: str | None = None, encoding: str | None = None) -> Features:
    """Read one layer of a vector file, with what is wrong or in doubt of it; errors as :func:`read_vector`."""
    try:
        features = read_features(path, "layer file", layer=layer, encoding=encoding)
    except EmptyError as error:
        raise InputError(f"{error}; a template must be filled in before it is used") from error
    if found := list(_garbled(features.frame)):
        raise InputError(listed(f"layer file '{path}' cannot be used:", found))
    return features


def _garbled(frame: gpd.GeoDataFrame) -> Iterator[str]:
    for column in map(str, frame.columns):
        meant = meant_text(column)
        if meant is not None:
            hint = f"; it reads '{meant}' in GB18030" if meant else ""
            yield f"field name '{column}' is garbled{hint}: save the file with its encoding (.cpg) and try again"


def write_template(spec: ClassSpec, target: Path) -> None:
    """Write an empty GeoPackage for a class: its columns, and a sheet of the values they may have.

    Raises
    ------
    UsageError
        If the file exists already, or is not named .gpkg.
    """
    if target.suffix.lower() != ".gpkg":
        raise UsageError(f"-o '{target}' is not a GeoPackage; name it .gpkg")
    if target.exists():
        raise UsageError(f"'{target}' exists already; choose another name, nothing was written over it")
    columns = {
        name: pd.Series([], dtype=float if kind == "number" else object)
        for name, (kind, _) in _TEMPLATE_COLUMNS.items()
    }
    empty = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=GEOGRAPHIC), crs=GEOGRAPHIC)
    with draft(target) as unfinished:
        try:
            pyogrio.write_dataframe(empty, unfinished, layer=spec.id, driver="GPKG", geometry_type="Unknown")
            pyogrio.write_dataframe(pd.DataFrame(allowed_values(spec)), unfinished, layer=ALLOWED_VALUES, append=True)
        except RuntimeError as error:  # a full disk, in the words of SQLite
            raise InputError(
                f"'{target}' cannot be written ({first_line(error)}); give another file with -o"
            ) from error


def allowed_values(spec: ClassSpec) -> list[dict[str, str]]:
    """Return the sheet of a template: `column_name`, `value` (empty for free text), `meaning`."""
    rows = [_row(column, "", meaning) for column, (_, meaning) in _TEMPLATE_COLUMNS.items()]
    for column in ("resource_kind", "subzone"):
        codes: dict[str, list[str]] = {}
        for label, code in codes_of(column, spec.id).items():
            codes.setdefault(code, []).append(label)
        rows += [
            _row(column, code, "、".join(label for label in labels if label != code)) for code, labels in codes.items()
        ]
    rows += _named("membership", MEMBERSHIPS) + _named("geometry_kind", GEOMETRY_KINDS[:-1])
    return rows + _named("point_role", POINT_ROLES)


def _named(column: str, values: Sequence[str]) -> list[dict[str, str]]:
    return [_row(column, value, "") for value in values]


def _row(column: str, value: str, meaning: str) -> dict[str, str]:
    return {"column_name": column, "value": value, "meaning": meaning}
