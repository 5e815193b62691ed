"""Seven parameters from an old datum to CGCS2000, and how far the readings that the file leaves
open lie apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..geometry.datums import with_parameters
from ..geometry.projection import GEOGRAPHIC
from ..geometry.shapes import Shapes
from ..geometry.straight import carried
from .formats.assumptions import Assumptions, concealed, seven
from .formats.table import Guess

if TYPE_CHECKING:
    from .formats.table import Table


def apply_parameters(table: Table, told: Assumptions) -> bool:
    """Bring a table on an old datum to EPSG:4490 by seven parameters, told or from its header.

    The sign of the rotations is a convention that files do not write down; for parameters of a
    header the direction is one too. How far the other readings lie from the one taken becomes the
    datum error of the table.

    Returns
    -------
    bool
        Whether there were parameters; without them nothing is done.
    """
    # What the person said goes before what the header holds.
    text = told.parameters or table.facts.header_parameters
    parameters = seven(text) if text else None
    if parameters is None:
        return False
    crs = table.crs
    taken = told.rotation or "coordinate_frame"
    apart_m = _left_open_m(table, told, parameters, taken)

    # The parameters are secret: the receipt holds their hash.
    table.note(
        parameters=concealed(parameters),
        parameters_rotation=taken,
        parameters_from="header" if told.parameters is None else "told by --assume parameters",
    )
    table.shapes = np.asarray(
        carried(table.shapes, lambda shapes: with_parameters(shapes, crs, parameters, taken)),
        dtype=object,
    )

    # Whatever the other readings would move joins the error of every site.
    table.crs, table.datum_error_m = GEOGRAPHIC, table.datum_error_m + apart_m
    return True


def _left_open_m(
    table: Table,
    told: Assumptions,
    parameters: tuple[float, ...],
    taken: str,
) -> float:
    """Return how far the farthest reading of parameters that nobody excluded lies from the one that
    is taken, in metres.
    """
    others = _other_readings(table, told, parameters, taken)
    moved = with_parameters(table.shapes, table.crs, parameters, taken)
    apart_m = [_apart_m(moved, with_parameters(table.shapes, table.crs, *one)) for one in others]
    return max(apart_m, default=0.0)


def _other_readings(
    table: Table,
    told: Assumptions,
    parameters: tuple[float, ...],
    taken: str,
) -> list[tuple[tuple[float, ...], str]]:
    """Return the readings of parameters that nobody excluded, each with its rotation."""
    others: list[tuple[tuple[float, ...], str]] = []

    # Two conventions differ in the sign of the rotations alone, and which one was meant is seldom
    # written: the other one is measured too.
    if told.rotation is None and any(parameters[3:6]):
        others.append((parameters, "position_vector"))
        sign = "the sign of the Chinese handbooks"
        other_sign = "position_vector: the other sign of rx, ry, rz"
        table.guesses.append(Guess("rotation", taken, sign, other_sign))

    # A header may state the way back instead of the way here.
    if told.parameters is None:
        others.append((tuple(-p for p in parameters), taken))
    return others


def _apart_m(a: Shapes, b: Shapes) -> float:
    """Return the largest distance in metres between the same vertices in two readings, a little too
    large.
    """
    one, two = shapely.get_coordinates(a), shapely.get_coordinates(b)
    # a table of broken shapes alone
    if not len(one):
        return 0.0
    # degrees of longitude are widest at the lower of both latitudes
    lower = np.minimum(
        np.abs(one[:, 1]),
        np.abs(two[:, 1]),
    )
    east, north = ((one - two) * 111_700.0).T
    apart_m = np.hypot(east * np.cos(np.radians(lower)), north)
    return float(np.nanmax(apart_m, initial=0.0))
