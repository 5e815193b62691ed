"""The words of geometry for types: one shape, many, the arrays beside them, and the systems.

Shapely has no types of its own, so that a checker takes a `Shape` for anything; the words say to a
reader which of the two a function takes, and arrays are held to their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

Shape: TypeAlias = shapely.Geometry
Shapes = npt.NDArray[np.object_]
"""Shapes as an array; missing ones are None."""
Geometries = TypeVar("Geometries", shapely.Geometry, npt.NDArray[np.object_])
"""One shape or an array of them: what comes back is of the same form."""
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Move = Callable[[Floats], Floats]
"""A rule that carries coordinates, (n, 2), from one system to another."""
AnyCrs = str | int | CRS
"""What names a coordinate system: an authority's code, its number, WKT, or the system itself."""


def object_array(shapes: Iterable[Shape | None]) -> Shapes:
    """Return shapes as an array of one dimension, whatever parts they have."""
    held = list(shapes)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array


def counted_up(counts: Ints) -> tuple[Ints, Ints]:
    """Write runs of things one after another: return the run that each thing is of, and its place
    in that run, from 0.
    """
    run = np.repeat(np.arange(len(counts)), counts)
    # each run counts from where the ones before it end
    begins = np.cumsum(counts) - counts
    place: Ints = np.arange(len(run)) - np.repeat(begins, counts)
    return run, place
