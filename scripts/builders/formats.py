"""Text and archive formats whose bytes depend on nothing but their content."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

COORDINATE_DIGITS = 7
_EPOCH = (1980, 1, 1, 0, 0, 0)


def words(line: str) -> list[str]:
    """Cut a line of names at commas and spaces."""
    return line.replace(",", " ").split()


def number_text(value: float, digits: int = COORDINATE_DIGITS) -> str:
    """Write a number with at most `digits` decimals, trailing zeros trimmed, never in exponent
    form.
    """
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _coordinates_text(coordinates: Any) -> str:
    if isinstance(coordinates[0], (int, float)):
        return "[" + ",".join(number_text(c) for c in coordinates) + "]"
    return "[" + ",".join(_coordinates_text(part) for part in coordinates) + "]"


def geometry_text(geometry: Any) -> str:
    """Write a shapely geometry as GeoJSON, 7 decimals; ``null`` for None."""
    if geometry is None:
        return "null"
    mapping = shapely.geometry.mapping(geometry)
    return (
        f'{{"type":"{mapping["type"]}","coordinates":{_coordinates_text(mapping["coordinates"])}}}'
    )


def _plain(value: Any) -> Any:
    """Turn whole floats into integers, so that 300.0 and 300 are the same bytes."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def geojson_bytes(features: Iterable[tuple[Mapping[str, Any], Any]]) -> bytes:
    """Write a FeatureCollection, one feature per line, UTF-8 with LF.

    Parameters
    ----------
    features
        Properties and geometry (shapely, lon/lat degrees, or None) of each feature, in the order to
        write.
    """
    lines = []
    for properties, geometry in features:
        plain = {key: _plain(value) for key, value in properties.items()}
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        lines.append(
            f'{{"type":"Feature","properties":{text},"geometry":{geometry_text(geometry)}}}'
        )
    body = "\n" + ",\n".join(lines) + "\n" if lines else ""
    return ('{"type":"FeatureCollection","features":[' + body + "]}\n").encode("utf-8")


def npz_bytes(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Write an uncompressed .npz with a fixed timestamp: no zlib version and no clock in its bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(
                member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
            )
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            entry.create_system = 3  # else the byte says which platform wrote it
            entry.external_attr = 0o644 << 16
            file.writestr(entry, member.getvalue())
    return archive.getvalue()


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows as CSV: comma, LF, one header, blank for what a row does not have."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", extrasaction="raise", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a UTF-8 CSV with one header row into a list of rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))
