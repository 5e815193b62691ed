"""Where data live: reads data/catalog.toml. The only module that knows paths of bundled data."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from .errors import DataError, UsageError
from .geometry.projection import quantise

if TYPE_CHECKING:
    from .geometry.shapes import Shape

_PACKAGE = Path(__file__).parent
YEARS = (1900, 2100)
"""Years of `as_of`: before them no law or line is known, after them none is planned."""


def data_dir() -> Path:
    """Return the folder of the bundled data, in a checkout or in an installed wheel.

    Raises
    ------
    DataError
        If neither holds a catalogue.
    """
    for folder in (_PACKAGE / "_data", _PACKAGE.parent / "data"):
        if (folder / "catalog.toml").is_file():
            return folder
    raise DataError("the bundled data are missing (no data/catalog.toml): reinstall sxgeo")


@dataclass(frozen=True, slots=True)
class Catalog:
    """The parsed catalogue.

    Attributes
    ----------
    data_date
        ISO date of the data pack: the default of `as_of`.
    sha256
        Hash of the catalogue file; as it holds the hash of every data file, it names the data pack.
    files
        One mapping per bundled file: `path`, `title`, `source`, `licence`, `retrieved`, `sha256`,
        `coverage`, `datum`, `official_count`.
    """

    data_date: str
    sha256: str
    attribution: tuple[str, ...]
    files: tuple[dict[str, Any], ...]

    def entry(self, path: str) -> dict[str, Any]:
        """Return the entry of a file by its path below data/."""
        for file in self.files:
            if file["path"] == path:
                return file
        raise DataError(f"data/{path} is not in the catalogue: reinstall sxgeo")


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """Read and return the catalogue.

    Raises
    ------
    DataError
        If it is missing or cannot be parsed.
    """
    path = data_dir() / "catalog.toml"
    try:
        content = path.read_bytes()
        parsed = tomllib.loads(content.decode("utf-8"))
        return Catalog(
            data_date=str(parsed["data_date"]),
            sha256=hashlib.sha256(content).hexdigest(),
            attribution=tuple(parsed["attribution"]),
            files=tuple(parsed["file"]),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise DataError(f"data/catalog.toml cannot be read ({error}): reinstall sxgeo") from error


def data_path(path: str) -> Path:
    """Return the real path of a catalogued file.

    Raises
    ------
    DataError
        If it is not in the catalogue or not on disk.
    """
    load_catalog().entry(path)
    full = data_dir() / path
    if not full.is_file():
        raise DataError(f"data/{path} is missing: reinstall sxgeo")
    return full


def read_table(path: str) -> list[dict[str, str]]:
    """Read a catalogued CSV (UTF-8, comma, one header row) into a list of rows.

    Raises
    ------
    DataError
        If it is missing or not such a table.
    """
    try:
        with data_path(path).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"data/{path} cannot be read ({error}): reinstall sxgeo") from error


def read_features(path: str) -> tuple[list[dict[str, Any]], Any]:
    """Read a catalogued GeoJSON file.

    Parameters
    ----------
    path
        Path below data/.

    Returns
    -------
    properties, shapes
        A mapping per feature, and an array of EPSG:4490 geometries on the 1e-7 degree grid (None
        where null).

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    full = data_path(path)
    try:
        stamp = full.stat()
        properties, shapes = _parsed(full, stamp.st_mtime_ns, stamp.st_size)
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise DataError(f"data/{path} cannot be read ({error}): reinstall sxgeo") from error
    return [dict(row) for row in properties], shapes.copy()


@lru_cache(maxsize=32)
def _parsed(
    full: Path,
    modified_ns: int,
    size: int,
) -> tuple[list[dict[str, Any]], Any]:
    """Parse a file once while it stays as it is; its time and size are part of the key."""
    features = json.loads(full.read_text(encoding="utf-8"))["features"]
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [_shape(feature["geometry"]) for feature in features]
    return [feature["properties"] for feature in features], quantise(shapes)


def _shape(geometry: dict[str, Any] | None) -> Shape:
    """Build a geometry; polygons, which hold most of the points, from arrays."""
    if geometry is None:
        return None
    if geometry["type"] in ("Polygon", "MultiPolygon"):
        parts = (
            geometry["coordinates"]
            if geometry["type"] == "MultiPolygon"
            else [geometry["coordinates"]]
        )
        polygons = [
            shapely.Polygon(np.asarray(rings[0]), [np.asarray(ring) for ring in rings[1:]])
            for rings in parts
        ]
        return shapely.MultiPolygon(polygons) if geometry["type"] == "MultiPolygon" else polygons[0]
    return shapely.geometry.shape(geometry)


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, written YYYY-MM-DD and in no other way."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def checked_date(value: str | date | None) -> str:
    """Return `value` as an ISO date; None gives the date of the data pack.

    Raises
    ------
    UsageError
        If it is no date (of the form YYYY-MM-DD where it is a text), or its year is not in 1900 to
        2100.
    """
    if value is None:
        return load_catalog().data_date

    # by its day alone: answers do not hang on the hour
    if isinstance(value, date):
        value = value.isoformat()
    if not isinstance(value, str) or not is_day(value):
        raise UsageError(
            f"date '{value}' is not of the form YYYY-MM-DD, e.g. {load_catalog().data_date}"
        )

    # a year that no law was written for is a slip of the fingers
    if not YEARS[0] <= int(value[:4]) <= YEARS[1]:
        raise UsageError(f"date '{value}' is out of range; give a day of {YEARS[0]} to {YEARS[1]}")
    return value


def last_day(value: object) -> str:
    """Return the last day of an ISO year, month or day; "" where it is unknown."""
    if not isinstance(value, str) or not value:
        return ""
    year, month, day = (*(int(part) for part in value.split("-")), 0, 0)[:3]
    month = month or 12
    return f"{year:04d}-{month:02d}-{day or monthrange(year, month)[1]:02d}"
