"""What lies within areas: how many, and which (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from ...errors import InputError
from ...geometry.datums import to_geographic

if TYPE_CHECKING:
    import numpy.typing as npt

    from ...geometry.shapes import Bools, Ints, Shapes

    Labels: TypeAlias = npt.NDArray[np.object_]

LISTED = 500
"""Names told for an area; how many there are is always told."""


def count_within(
    areas: gpd.GeoDataFrame,
    things: gpd.GeoDataFrame,
    ids: Sequence[str],
    *,
    name: str,
) -> gpd.GeoDataFrame:
    """Count the things that lie in each area or touch it, and name them.

    Parameters
    ----------
    areas
        Areas with a CRS, such as those of :func:`sxgeo.isochrones`.
    things
        Points, lines or polygons with a CRS; a thing without geometry is counted nowhere, and a
        note tells how many.
    ids
        One name for each thing.
    name
        Of what is counted; begins the names of the columns.

    Returns
    -------
    GeoDataFrame
        The areas in their order, with `{name}_count` and `{name}_ids` (sorted, joined by ";", the
        first `LISTED`), and the notes of `areas` with those of this count in ``attrs``. Empty for
        no areas.

    Raises
    ------
    InputError
        If the things have no CRS.
    """
    if things.crs is None:
        raise InputError(f"{name}: no CRS; declare one (e.g. EPSG:4490), it is never guessed")
    shapes = things.geometry.to_numpy()

    # a thing that lies nowhere lies in no area, and the search would not take it
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    labels = np.array([str(label) for label in ids], dtype=object)[there]
    placed = np.asarray(
        to_geographic(shapely.force_2d(shapes[there]), things.crs),
        dtype=object,
    )
    inside = _names_inside(areas, placed, labels)
    found = areas.assign(**_columns_of(inside, name))
    notes = [*areas.attrs.get("notes", []), *_unplaced_notes(there, name)]
    found.attrs = {**areas.attrs, "notes": notes}
    return found


def _unplaced_notes(there: Bools, name: str) -> list[tuple[str, str]]:
    """Return a note on the things that lie nowhere; none where all have a position."""
    unplaced = int((~there).sum())
    if not unplaced:
        return []
    note = f"{name}: {unplaced} of {len(there)} have no position and are counted nowhere"
    return [("", note)]


def _columns_of(inside: Sequence[Sequence[str]], name: str) -> dict[str, Labels | Ints]:
    """Return how many things lie in each area, and the first of their names."""
    return {
        # of one kind for no areas too
        f"{name}_count": np.array([len(names) for names in inside], dtype=np.int64),
        f"{name}_ids": np.array([";".join(names[:LISTED]) for names in inside], dtype=object),
    }


def _names_inside(
    areas: gpd.GeoDataFrame,
    placed: Shapes,
    labels: Labels,
) -> list[list[str]]:
    """Return for each area the names of what lies in it or touches it, sorted."""
    grounds = np.asarray(
        to_geographic(areas.geometry.to_numpy(), areas.crs),
        dtype=object,
    )
    area, thing = shapely.STRtree(placed).query(grounds, predicate="intersects")

    # by name: the order of the file changes no answer
    return [sorted(labels[thing[area == row]].tolist()) for row in range(len(areas))]
