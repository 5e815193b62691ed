"""Curved geometries of a vector file: which features have them, their straight form, and how far
that lies off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely
from pyproj import CRS

from ...errors import InputError
from ...geometry.shapes import AnyCrs, Ints, Shapes

if TYPE_CHECKING:
    from .table import Table

CURVED = (
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
    "CURVE",
    "SURFACE",
)
"""Names of the curved types of simple features."""
STEP_DEGREES = (1.0, 0.5)
"""Turn of an arc per straight piece: as taken, and as compared with to measure the error."""
MAX_FEATURES = 5_000
_MAX_VERTICES = 2_000_000
_STRAIGHT = (".shp", ".dbf", ".fgb", ".kml", ".gpx", ".json", ".geojson", ".geojsonl", ".geojsons")
_DEGREE_M = 111_700.0


def straighten(
    table: Table,
    path: Path,
    layer: str,
    encoding: str | None,
    shown: Path,
) -> None:
    """Put straight edges for the curved ones of a table, and say in its facts how many and how far
    off.

    The error is measured: arcs taken apart twice as finely must not lie farther off than what is
    stated; it enters the datum error of the table, in metres, rounded up to the centimetre.

    Parameters
    ----------
    table
        Of the layer, in the file's own order and system; a curved feature may be missing in it.
    path, layer, encoding
        As it was read.
    shown
        How messages name the file.

    Raises
    ------
    InputError
        If there are more than 5,000 curved features, or they have more than 2,000,000 vertices when
        straightened.
    """

    # Formats without curves are not read a second time.
    if path.suffix.lower() in _STRAIGHT:
        return
    rows = _curved_rows(path, layer, encoding)
    if not len(rows):
        return
    _refuse_many(len(rows), layer, shown)

    # Read twice, at two steps: how far the two lie apart tells how far the truth may lie.
    coarse, fine = (_read(path, layer, rows, step, encoding, shown) for step in STEP_DEGREES)
    tolerance_m = _tolerance_m(coarse, fine, table.crs)

    _put_in(table, rows, coarse)
    table.datum_error_m += tolerance_m
    straightened = {"straightened": len(rows), "step_degrees": STEP_DEGREES[0]}
    table.note(curves={**straightened, "tolerance_m": tolerance_m})


def _put_in(
    table: Table,
    rows: Ints,
    shapes: Shapes,
) -> None:
    """Put shapes with straight edges into their rows."""
    # A curve could not be built before, and was marked as wrong: now there is a shape.
    table.shapes[rows] = shapes
    for row in rows[~shapely.is_missing(shapes)].tolist():
        table.wrong.pop(row, None)


def _refuse_many(
    count: int,
    layer: str,
    shown: Path,
) -> None:
    """Raise where more curves would be taken apart twice than can be waited for."""
    if count > MAX_FEATURES:
        raise InputError(
            f"'{shown}' layer {layer} holds {count} curved geometries, more than"
            f" {MAX_FEATURES}; convert them to straight edges"
        )


def _tolerance_m(
    coarse: Shapes,
    fine: Shapes,
    crs: AnyCrs | None,
) -> float:
    """Return how far curves may lie from their straight form, by two of these."""
    pairs = zip(coarse, fine, strict=True)
    # of one that could not be read at both steps nothing can be measured, and it stays wrong
    apart = [float(shapely.hausdorff_distance(a, b)) for a, b in pairs if a and b]
    metres = max(apart, default=0.0)
    if crs is not None and CRS.from_user_input(crs).is_geographic:
        metres *= _DEGREE_M

    # The finer form lacks a quarter of the whole error, hence the third more; rounded up to a
    # centimetre.
    return float(np.ceil(metres * 4 / 3 * 100) / 100)


def _curved_rows(
    path: Path,
    layer: str,
    encoding: str | None,
) -> Any:
    """Return the places of the curved features in the order of the layer."""
    # asked by name: the library itself hands curves over in straight form, or not at all
    name = layer.replace('"', '""')
    _, _, _, (kinds,) = pyogrio.raw.read(
        path,
        sql=f'SELECT OGR_GEOMETRY AS kind FROM "{name}"',
        sql_dialect="OGRSQL",
        read_geometry=False,
        encoding=encoding,
    )
    # the word alone: CURVEPOLYGON Z is one as well
    words = [str(kind).split(" ")[0].upper() for kind in kinds]
    return np.flatnonzero(np.isin(np.array(words), CURVED))


def _read(
    path: Path,
    layer: str,
    rows: Ints,
    step: float,
    encoding: str | None,
    shown: Path,
) -> Any:
    with _arcs_in(step):
        *_, geometry, _ = pyogrio.raw.read(
            path,
            layer=layer,
            columns=[],
            encoding=encoding,
        )
    picked = geometry[rows]
    if sum(len(wkb) for wkb in picked if wkb is not None) > _MAX_VERTICES * 16:
        raise InputError(
            f"'{shown}' layer {layer} holds curves of more than {_MAX_VERTICES} vertices when"
            " straightened; convert them to straight edges"
        )
    return np.asarray(shapely.from_wkb(picked, on_invalid="ignore"), dtype=object)


@contextmanager
def _arcs_in(step: float) -> Iterator[None]:
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": str(step)})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": None})
