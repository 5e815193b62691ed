"""What a search was asked, kept so that it can be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from ...errors import InputError
from ...files.contents import find_again, fingerprint, receipt_name
from ..conflicts.receipt import make_receipt as question_receipt

if TYPE_CHECKING:
    from .world import World

SCHEMA = "sxgeo.candidates/1"
_FILE, _SHAPE, _MEMORY = "file", "geometry", "in_memory"


def asked_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON knows them: files by name and content, shapes as text, frames only
    by their size.
    """
    return {name: _recorded(value) for name, value in parameters.items()}


def _recorded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _recorded(v) for k, v in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [_recorded(v) for v in value]
    # a text that names a file is one: the same question over other contents is another question
    if isinstance(value, Path) or (isinstance(value, str) and Path(value).is_file()):
        return {
            _FILE: receipt_name(str(value)),
            **fingerprint(Path(value), "file").record(),
        }
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return _of_memory(value)


def _of_memory(value: Any) -> Any:
    """Return what stands in memory as JSON knows it: a shape as text, of a frame only its size."""
    if isinstance(value, shapely.Geometry):
        return {_SHAPE: shapely.to_wkt(value, rounding_precision=-1)}
    if isinstance(value, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return {_MEMORY: f"frame of {len(value)} rows"}
    # a number of NumPy
    if hasattr(value, "item"):
        return value.item()
    return {_MEMORY: type(value).__name__}


def make_receipt(world: World) -> dict[str, Any]:
    """Return the receipt of a search: what was asked, and data, rules, layers and versions as those
    of a report.
    """
    told = {} if world.question is None else question_receipt(world.question)
    # the question was posed without sites: the candidates are the answer
    told.pop("sites", None)
    return {"asked": dict(world.asked), **told}


def asked_again(asked: Mapping[str, Any], folders: Iterable[Path]) -> dict[str, Any]:
    """Return the parameters of a receipt, with its files found again.

    Raises
    ------
    InputError
        If a file is not found with the same content, or something stood in memory only: all in one
        message.
    """
    missing: list[str] = []
    again = {name: _read(value, list(folders), missing) for name, value in asked.items()}
    if missing:
        raise InputError(
            "the candidates rest on what was not found with the same content:"
            f" {'; '.join(missing)}; put the files beside the report or name their folder with"
            " --folder"
        )
    return again


def _read(
    value: Any,
    folders: list[Path],
    missing: list[str],
) -> Any:
    if isinstance(value, list):
        return [_read(v, folders, missing) for v in value]
    if not isinstance(value, dict):
        return value
    if _SHAPE in value:
        return shapely.from_wkt(value[_SHAPE])
    if _MEMORY in value:
        # nothing can bring it back: the caller says so for all at once
        missing.append(f"{value[_MEMORY]}, which stood in memory only")
        return None
    if _FILE in value:
        if (found := find_again(value, folders)) is None:
            missing.append(f"{value[_FILE]} (sha256 {value['sha256']})")
        return found
    return {k: _read(v, folders, missing) for k, v in value.items()}
