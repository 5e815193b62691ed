"""Very many shapes as arrays of corners, without a Python object for any of them: from WKB as it
stands in Arrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..errors import DataError, UsageError
from .shapes import counted_up

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
        # Heights are of no use to the loops, and bytes the other way round would be left to GEOS.
        pieces = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
        there = ~shapely.is_missing(shapes)
        sizes = [len(piece) if piece else 0 for piece in pieces]
        offsets = _begins(np.array(sizes, dtype=np.int64))
        data = np.frombuffer(
            b"".join(filter(None, pieces)),
            dtype=np.uint8,
        )
        return _of_octets([(data, offsets, there)])

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
        return cls.of_pieces(column.chunks if hasattr(column, "chunks") else [column])

    @classmethod
    def of_pieces(cls, columns: Iterable[Any]) -> RaggedShapes:
        """Lay out columns of Arrow that hold WKB as one; parameters and errors are those of
        :meth:`of_arrow`.
        """
        return _of_octets([_octets_of(getattr(column, "storage", column)) for column in columns])

    def shapes(self, rows: Ints) -> Shapes:
        """Make the shapes of some rows."""
        from .join_kernels import LINES, ODD, POINTS, POLYGONS  # numba: an optional library

        made = np.full(len(rows), None, dtype=object)
        kinds = self.laid.kind[rows]
        for k in np.flatnonzero(kinds == ODD):
            made[k] = self.odd[int(rows[k])]

        # Shapely builds arrays of one kind at a time; what is nothing stays missing.
        makers = {POINTS: _points, LINES: _lines, POLYGONS: _polygons}
        for kind, make in makers.items():
            some = np.flatnonzero(kinds == kind)
            if len(some):
                made[some] = make(*self._corners(rows[some]))
        return made

    def _corners(self, rows: Ints) -> tuple[Any, Ints]:
        """Return the corners of some rows, and the position in `rows` of the one each is of."""
        begin, number = self.laid.first[rows], np.diff(self.laid.first)[rows]
        owner, step = counted_up(number)
        return self.laid.xy[begin[owner] + step], owner


_Octets = tuple[Any, "Ints", "Bools"]
"""WKB one after another, where each begins and the end, and which are there."""


def _octets_of(column: Any) -> _Octets:
    kind = str(column.type)
    if kind not in ("binary", "large_binary"):
        raise UsageError(f"expected a column of WKB, got one of {kind}")
    wide: Any = np.int64 if kind.startswith("large") else np.int32
    _, ends, content = column.buffers()

    # a column without rows may have no room for its ends
    offsets = np.zeros(1, dtype=np.int64)
    if len(column):
        # a slice of a column shares the buffers of the whole
        rows = slice(column.offset, column.offset + len(column) + 1)
        offsets = np.frombuffer(ends, dtype=wide)[rows].astype(np.int64)
    data = np.frombuffer(content if content else b"", dtype=np.uint8)
    return data, offsets, _there(column)


def _there(column: Any) -> Bools:
    """Say which rows are there, from their bits: to ask Arrow for them would load pandas."""
    if not column.null_count:
        return np.ones(len(column), dtype=bool)
    bits = np.frombuffer(column.buffers()[0], dtype=np.uint8)
    end = column.offset + len(column)
    return np.unpackbits(bits, count=end, bitorder="little")[column.offset :].astype(bool)


def _of_octets(pieces: Sequence[_Octets]) -> RaggedShapes:
    """Lay out WKB, all pieces into the same arrays; what the loops do not know is read by GEOS."""
    try:
        from . import join_kernels as loops  # numba: an optional library
    except ImportError as error:
        raise UsageError("joins by the million need numba: pip install 'sxgeo[fast]'") from error

    # Counted first, so that there is one array for all, made once.
    laid = _room(*_joined([loops.count(*piece) for piece in pieces]))
    octets = laid.xy.view(np.uint8).ravel()
    odd: dict[int, Any] = {}
    start = 0
    for data, offsets, there in pieces:
        part = _part(laid, start, start + len(there))
        loops.fill(data, offsets, octets, part)
        odd |= _read_odd(data, offsets, part, start)
        start += len(there)
    return RaggedShapes(laid, odd)


def _joined(counted: Sequence[tuple[Any, Ints, Ints]]) -> Iterator[Any]:
    """Yield kinds, rows and rings of the shapes of all pieces; of no piece at all empty ones."""
    none = (
        np.zeros(0, dtype=np.int8),
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=np.int64),
    )
    for column in zip(none, *counted, strict=True):
        yield np.concatenate(column)


def _read_odd(
    data: Any,
    offsets: Ints,
    part: Laid,
    start: int,
) -> dict[int, Any]:
    """Read what the loops do not know of some rows, which begin at `start` of all, and write down
    its size and box.
    """
    from .join_kernels import NONE, ODD  # numba: an optional library

    # few: collections, numbers that are none, bytes the other way round
    odd = {}
    for row in np.flatnonzero(part.kind == ODD).tolist():
        content = data[offsets[row] : offsets[row + 1]].tobytes()
        shape = _read(content, start + row)
        part.size[row] = _size(shape)
        # what is empty meets nothing, and has no box
        if shape.is_empty:
            part.kind[row] = NONE
        else:
            odd[start + row] = shape
            part.box[row] = shape.bounds
    return odd


def _part(
    laid: Laid,
    start: int,
    end: int,
) -> Laid:
    """Return the shapes of some rows, in the same memory; their corners keep their places."""
    rows, ends = slice(start, end), slice(start, end + 1)
    return laid._replace(
        first=laid.first[ends],
        kind=laid.kind[rows],
        box=laid.box[rows],
        size=laid.size[rows],
        ring_first=laid.ring_first[ends],
        block_first=laid.block_first[ends],
    )


def _read(content: bytes, row: int) -> Any:
    try:
        return shapely.from_wkb(content)
    except shapely.GEOSException as error:
        raise DataError(f"row {row}: the geometry cannot be read: {error}") from error


def _size(shape: Any) -> float:
    """Return m2, m, or the number of points, as the dimension is."""
    told = (shapely.get_num_coordinates, shapely.length, shapely.area)
    return float(told[max(0, shapely.get_dimensions(shape))](shape))


def _room(
    kinds: Any,
    rows: Ints,
    rings: Ints,
) -> Laid:
    """Return empty arrays for shapes that were counted."""
    from .join_kernels import BLOCK, Laid  # numba: an optional library

    first, ring_first = _begins(rows), _begins(rings)
    # the last block of a shape may be short; a shape without rows has none
    block_first = _begins(-(-rows // BLOCK))
    return Laid(
        first=first,
        xy=np.empty((first[-1], 2)),
        kind=kinds,
        box=np.full((len(kinds), 4), np.nan),
        size=np.zeros(len(kinds)),
        ring_first=ring_first,
        ring=np.empty(ring_first[-1], dtype=np.int64),
        block_first=block_first,
        block=np.empty((block_first[-1], 4)),
    )


def _begins(numbers: Ints) -> Ints:
    """Return where each run begins when runs stand one after another, and the end."""
    return np.concatenate(
        [
            [0],
            np.cumsum(numbers, dtype=np.int64),
        ]
    )


def _points(xy: Any, owner: Ints) -> Shapes:
    """Make points, all of one row a shape."""
    points: Shapes = shapely.multipoints(shapely.points(xy), indices=owner)
    return points


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
