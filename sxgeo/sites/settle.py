"""The coordinates of a table -> degrees of EPSG:4490: believed, told, settled by their numbers, or
refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from ..errors import InputError
from ..geometry.datums import (
    ENCRYPTED,
    from_encrypted,
    is_encrypted,
    named_crs,
    old_datum,
    to_geographic,
)
from ..geometry.projection import plane_crs
from ..geometry.shapes import Shapes
from ..geometry.straight import carried
from .formats.assumptions import Assumptions
from .formats.systems import Declared, contradiction, fitting_crs, kinds_of, settle
from .parameters import apply_parameters
from .soundness import shape_problems

if TYPE_CHECKING:
    from .formats.table import Table


def settle_table(
    table: Table,
    name: str,
    told: Assumptions,
) -> str | None:
    """Bring the shapes of a table to degrees of EPSG:4490.

    Parameters
    ----------
    table
        As a reader hands it on; its shapes, facts, guesses and datum error are filled in.
    name
        Of the file, for messages.
    told
        Checked assumptions.

    Returns
    -------
    str or None
        The plane that the file declares, ``"EPSG:4547"`` style; None when it declares none.

    Raises
    ------
    InputError
        If nothing tells the system, or what is declared contradicts the numbers.
    """
    try:
        if table.crs is None:
            _undeclared(table, told)
        elif table.facts.axis_in_file is None:
            # a reader that did not settle: the file declares its system
            _declared(table, told)
        plane = None if is_encrypted(table.crs) else _declared_plane(CRS.from_user_input(table.crs))
        table.note(crs_used=table.crs)
        _convert(table, told, plane)
    except InputError as error:
        raise InputError(
            f"'{name}'{'' if table.layer is None else f' layer {table.layer}'}: {error}"
        ) from error
    return plane


def _undeclared(table: Table, told: Assumptions) -> None:
    if told.crs is not None:
        _declared(table, told)
        return
    # a zone, a datum or an order is enough to begin with: the numbers say the rest
    if told.said().keys() & {"zone", "datum", "axis"}:
        settle(table, Declared(), told)
        return
    pairs = shapely.get_coordinates(table.shapes)
    kinds = [str(kind) for kind in kinds_of(pairs)] if len(pairs) else []
    looks = ""
    if kinds and "None" not in kinds:
        looks = f" (its numbers look like {kinds[0]}, {kinds[1]})"
    raise InputError(
        f"declares no coordinate system{looks}; add its .prj file, or say it: --assume"
        " crs=EPSG:4547 (CGCS2000 3-degree, 114 E), EPSG:4546 (111 E) or EPSG:4490 (degrees)"
    )


def _declared(table: Table, told: Assumptions) -> None:
    """Believe what the file declares, or what was told instead; refuse it when the numbers
    contradict it.
    """
    # Only the order is told: numbers of the file stay as they are.
    if told.axis == "yx":
        table.shapes = shapely.transform(
            shapely.force_2d(table.shapes),
            lambda xy: xy[:, ::-1],
        )
    if told.crs is not None:
        table.crs = fitting_crs(named_crs(told.crs), table.shapes)

    # An encrypted system is no system of PROJ, and has nothing that could be contradicted.
    if is_encrypted(table.crs):
        return
    try:
        parsed = CRS.from_user_input(table.crs)
    except CRSError as error:
        raise InputError(
            f"coordinate system '{table.crs}' is not known to PROJ; use an EPSG code"
        ) from error

    # What a file declares is believed until its numbers say otherwise.
    if problem := contradiction(parsed, table.shapes):
        raise InputError(problem)
    if told.datum is not None:
        _take_datum(table, parsed, told.datum)


def _take_datum(
    table: Table,
    declared: CRS,
    datum: str,
) -> None:
    """A datum that was told holds for degrees; metres come with the datum of their plane."""
    if datum in ENCRYPTED:
        if not declared.is_geographic:
            raise InputError(
                f"you said datum={datum}, which holds for degrees; the file is in '{declared.name}'"
            )
        table.crs = datum
    elif (datum == "CGCS2000") == (old_datum(declared) is not None):
        raise InputError(
            f"you said datum={datum}, but the file declares '{declared.name}'; say --assume"
            " crs=EPSG:CODE"
        )


def _convert(
    table: Table,
    told: Assumptions,
    plane: str | None,
) -> None:
    if is_encrypted(table.crs):
        _decrypt(table)
        return

    # An old datum needs its seven parameters; without them PROJ has only a ballpark, or a refusal.
    old = old_datum(table.crs)
    if old is not None:
        if apply_parameters(table, told):
            return
        if declared := table.facts.datum:
            raise InputError(
                f"stands on {old} ({declared}): its way to CGCS2000 needs the seven parameters of"
                " the survey office; give them: --assume parameters=dx,dy,dz,rx,ry,rz,ppm, or"
                " convert the file there"
            )

    # The site keeps the name of its plane, on which its edges stay straight: corners are enough.
    moved = (
        to_geographic(table.shapes, table.crs)
        if plane is not None
        else carried(table.shapes, lambda shapes: to_geographic(shapes, table.crs))
    )
    table.shapes = np.asarray(moved, dtype=object)


def _decrypt(table: Table) -> None:
    """Bring shapes of an encrypted system to degrees; how far that may be off joins the datum
    error.
    """
    # Only sound features are moved: the libraries would turn NaN into a place.
    sane = ~np.isin(
        np.arange(len(table.shapes)),
        list(shape_problems(table.shapes)),
    )
    shapes = table.shapes.copy()
    errors_m = [0.0]

    def decrypted(geometries: Shapes) -> Any:
        degrees, error_m = from_encrypted(geometries, table.crs)
        errors_m.append(error_m)
        return degrees

    shapes[sane] = carried(table.shapes[sane], decrypted)
    table.shapes = shapes
    table.datum_error_m += max(errors_m)


def _declared_plane(crs: CRS) -> str | None:
    """Name the plane without prefix of a projected CGCS2000 3-degree CRS; None for any other."""
    # on another datum the plane is another one, however alike its numbers are
    if not crs.is_projected or crs.geodetic_crs is None or "2000" not in crs.geodetic_crs.name:
        return None
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    # by its numbers, not its name: programs write the same plane under many names
    parameters: dict[str, Any] = {p.name: p.value for p in operation.params}
    meridian = parameters.get("Longitude of natural origin")
    scale = parameters.get("Scale factor at natural origin")
    if scale != 1 or meridian is None or meridian % 3 or not 75 <= meridian <= 135:
        return None
    return plane_crs(float(meridian))
