"""Very many shapes as arrays of corners, without a Python object for any of them: from WKB as it
stands in Arrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..errors import DataError, UsageError

if TYPE_CHECKING:
    from .join_kernels import Laid
    from .shapes import Bools, Ints, Shapes


@dataclass(frozen=True, slots=True)
class RaggedShapes:
    """Shapes on one plane, metres, laid out for compiled loops.

    Attributes
    ----------
    laid
        Their corners, rings, boxes and sizes.
    odd
        Shapes that the loops do not know, by row: collections, and corners that are no numbers.
    """

    laid: Laid
    odd: dict[int, Any]

    def __len__(self) -> int:
        """How many they are, missing ones among them."""
        return len(self.laid.kind)

    def dimensions(self) -> Any:
        """Return 0, 1 or 2 for points, lines, polygons; -1 for missing ones."""
        found = self.laid.kind.copy()
        for row, shape in self.odd.items():
            found[row] = shapely.get_dimensions(shape)
        return found

    @classmethod
    def of(cls, shapes: Shapes) -> RaggedShapes:
        """Lay out an array of shapes; missing ones stay missing."""
        pieces = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
        there = ~shapely.is_missing(shapes)
        sizes = [len(piece) if piece else 0 for piece in pieces]
        offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        data = np.frombuffer(b"".join(filter(None, pieces)), dtype=np.uint8)
        return _of_octets(data, offsets, there)

    @classmethod
    def of_arrow(cls, column: Any) -> RaggedShapes:
        """Lay out a column of Arrow that holds WKB.

        Parameters
        ----------
        column
            An array, or several in a row (`ChunkedArray`).

        Raises
        ------
        DataError
            If a piece is no WKB.
        UsageError
            If numba is not installed, or the column holds something else.
        """
        if hasattr(column, "chunks"):
            return cls.joined([cls.of_arrow(chunk) for chunk in column.chunks])
        column = getattr(column, "storage", column)
        if str(column.type) in ("binary", "large_binary"):
            wide: Any = np.int64 if str(column.type).startswith("large") else np.int32
            ends = np.frombuffer(column.buffers()[1], dtype=wide)
            offsets: Ints = ends[column.offset : column.offset + len(column) + 1].astype(np.int64)
            content = column.buffers()[2]
            data = np.frombuffer(content if content else b"", dtype=np.uint8)
            return _of_octets(data, offsets, _there(column))
        raise UsageError(f"expected a column of WKB, got one of {column.type}")

    @classmethod
    def joined(cls, several: list[RaggedShapes]) -> RaggedShapes:
        """Return several in a row as one."""
        from .join_kernels import Laid  # numba: an optional library

        if not several:
            return cls.of(np.empty(0, dtype=object))
        ends = {name: _ends([getattr(one.laid, name) for one in several]) for name in _COUNTS}
        begins = np.cumsum([0, *(len(one) for one in several)])
        odd = {
            int(start) + row: shape
            for start, one in zip(begins, several, strict=False)
            for row, shape in one.odd.items()
        }
        rows = np.cumsum([0, *(len(one.laid.xy) for one in several)])
        ring = [one.laid.ring + start for one, start in zip(several, rows, strict=False)]
        whole = {
            name: np.concatenate([getattr(one.laid, name) for one in several])
            for name in ("xy", "kind", "box", "size", "block")
        }
        return cls(Laid(**whole, **ends, ring=np.concatenate(ring)), odd)

    def shapes(self, rows: Ints) -> Shapes:
        """Make the shapes of some rows."""
        from .join_kernels import LINES, NONE, ODD, POLYGONS  # numba: an optional library

        made = np.full(len(rows), None, dtype=object)
        kinds = self.laid.kind[rows]
        for k in np.flatnonzero(kinds == ODD):
            made[k] = self.odd[int(rows[k])]
        for kind in range(NONE + 1, ODD):
            some = np.flatnonzero(kinds == kind)
            if not len(some):
                continue
            xy, owner = self._corners(rows[some])
            if kind == POLYGONS:
                made[some] = _polygons(xy, owner)
            elif kind == LINES:
                made[some] = _lines(xy, owner)
            else:
                made[some] = shapely.multipoints(shapely.points(xy), indices=owner)
        return made

    def _corners(self, rows: Ints) -> tuple[Any, Ints]:
        """Return the corners of some rows, and the position in `rows` of the one each is of."""
        begin, number = self.laid.first[rows], np.diff(self.laid.first)[rows]
        owner = np.repeat(np.arange(len(rows)), number)
        step = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
        return self.laid.xy[begin[owner] + step], owner


_COUNTS = ("first", "ring_first", "block_first")


def _ends(several: list[Any]) -> Any:
    """Join counts that each begin with 0."""
    starts = np.cumsum([0, *(one[-1] for one in several)])
    parts = [one[:-1] + start for one, start in zip(several, starts, strict=False)]
    return np.concatenate([*parts, starts[-1:]])


def _there(column: Any) -> Bools:
    there: Bools = column.is_valid().to_numpy(zero_copy_only=False)
    return there


def _of_octets(data: Any, offsets: Ints, there: Bools) -> RaggedShapes:
    """Lay out WKB; what the loops do not know is read by GEOS."""
    try:
        from . import join_kernels as loops  # numba: an optional library
    except ImportError as error:
        raise UsageError("joins by the million need numba: pip install 'sxgeo[fast]'") from error
    kinds, rows, rings = loops.count(data, offsets, there)
    laid = _room(kinds, rows, rings)
    loops.fill(data, offsets, laid.xy.view(np.uint8).ravel(), laid)

    # few: collections, numbers that are none, bytes the other way round
    strange = np.flatnonzero(laid.kind == loops.ODD)
    odd = {}
    for row in strange.tolist():
        shape = _read(data[offsets[row] : offsets[row + 1]].tobytes(), row)
        laid.size[row] = _size(shape)
        if shape.is_empty:
            laid.kind[row] = loops.NONE
        else:
            odd[row] = shape
            laid.box[row] = shape.bounds
    return RaggedShapes(laid, odd)


def _read(content: bytes, row: int) -> Any:
    try:
        return shapely.from_wkb(content)
    except shapely.GEOSException as error:
        raise DataError(f"row {row}: the geometry cannot be read: {error}") from error


def _size(shape: Any) -> float:
    """Return m2, m, or the number of points, as the dimension is."""
    told = (shapely.get_num_coordinates, shapely.length, shapely.area)
    return float(told[max(0, shapely.get_dimensions(shape))](shape))


def _room(kinds: Any, rows: Ints, rings: Ints) -> Laid:
    """Return empty arrays for shapes that were counted."""
    from .join_kernels import BLOCK, Laid  # numba: an optional library

    blocks = np.where(rows > 0, -(-rows // BLOCK), 0)
    first, ring_first, block_first = (
        np.concatenate([[0], np.cumsum(number, dtype=np.int64)]) for number in (rows, rings, blocks)
    )
    number = len(kinds)
    return Laid(
        first=first,
        xy=np.empty((first[-1], 2)),
        kind=kinds,
        box=np.full((number, 4), np.nan),
        size=np.zeros(number),
        ring_first=ring_first,
        ring=np.empty(ring_first[-1], dtype=np.int64),
        block_first=block_first,
        block=np.empty((block_first[-1], 4)),
    )


def _lines(xy: Any, owner: Ints) -> Shapes:
    """Make lines; several of one row become one shape."""
    begins = np.isnan(xy[:, 0])
    number = np.cumsum(begins) - 1
    made = shapely.linestrings(xy[~begins], indices=number[~begins])
    lines: Shapes = shapely.multilinestrings(made, indices=owner[begins])
    return lines


def _polygons(xy: Any, owner: Ints) -> Shapes:
    """Make polygons, holes in their shells; several of one row become one shape."""
    begins = np.isnan(xy[:, 0])
    shell = xy[begins, 1] == 0
    number = np.cumsum(begins) - 1
    rings = shapely.linearrings(xy[~begins], indices=number[~begins])
    made = shapely.polygons(rings, indices=np.cumsum(shell) - 1)
    polygons: Shapes = shapely.multipolygons(made, indices=owner[begins][shell])
    return polygons
