"""Tables as text for ``COPY``: nothing in a value can end its row, its column or the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from ...geometry.shapes import Shape

SCHEMA = "sxgeo"
SRID = 4490
_FIGURES = frozenset(
    (
        "extent_m",
        "screening_extent_m",
        "position_accuracy_m",
        "datum_error_m",
        "required_m",
        "error_m",
    )
)
_KINDS = {
    "geom": f"geometry(Geometry, {SRID})",
    "laid": "geometry",
    **dict.fromkeys(("strict", "coarse", "verified"), "boolean"),
    **dict.fromkeys(("held", "located", "plane"), "integer"),
}


def ewkb(shape: Shape | None, srid: int = SRID) -> str | None:
    """Write a shape with its system; None for none."""
    if shape is None or shape.is_empty:
        return None
    placed = shapely.set_srid(shape, srid)
    return str(
        shapely.to_wkb(
            placed,
            hex=True,
            include_srid=True,
            byte_order=1,
        )
    )


def table(
    name: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    *,
    key: str | None = None,
) -> Iterator[str]:
    """Yield a table with its rows; the kind of a column goes by its name."""
    yield create(name, {column: _kind(column) for column in columns}, key)
    yield copy(name, columns)
    for row in rows:
        yield "\t".join(map(text_of, row)) + "\n"
    yield "\\.\n"


def _kind(column: str) -> str:
    return _KINDS.get(column, "double precision" if column in _FIGURES else "text")


def create(
    name: str,
    kinds: Mapping[str, str],
    key: str | None = None,
) -> str:
    """Return what makes a table of columns with their kinds."""
    told = [
        f'  "{column}" {kind}{" PRIMARY KEY" if column == key else ""}'
        for column, kind in kinds.items()
    ]
    return f"CREATE TABLE {SCHEMA}.{name} (\n" + ",\n".join(told) + "\n);\n"


def copy(name: str, columns: Iterable[str]) -> str:
    """Return the line behind which the rows of a table stand."""
    named = ", ".join(f'"{column}"' for column in columns)
    return f"COPY {SCHEMA}.{name} ({named}) FROM stdin;\n"


_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "\t": "\\t",
        "\n": "\\n",
        "\r": "\\r",
        "\0": " ",
    }
)


def text_of(value: Any) -> str:
    """Write a value for COPY: nothing in a text can end its row, its column or the table."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (tuple, list)):
        value = ";".join(map(str, value))
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).translate(_ESCAPES)
