"""Many records in few bytes: columns of a table and chains of coordinates as text that the page
reads without a parser.

A whole number below 56 is one letter. A larger one is a letter for ``56 + (n - 56) % 32`` and then
``(n - 56) // 32`` in the same way: read, it is the sum of its letters' places in the alphabet, each
32 times the one before. Signed numbers are folded first (0, -1, 1, -2 ... become 0, 1, 2, 3 ...).
`static/columns.js` reads all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

ALPHABET = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"&/<>\\')
"""Letters that are escaped in neither JSON nor HTML: 56 that end a number, then 32 after which more
follows.
"""
ENDS = 56
BLOCK = 32
"""Texts that share beginnings with the text before; the first of every block stands in full."""
_LETTERS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)
_SLICE = 1 << 20
_AT_ONCE = 20_000
"""Features whose rings and points are taken apart together: all at once hold several times the
memory of the layer.
"""
_MOST_SHARED = 31

Integers = npt.NDArray[np.int64]


def unsigned(values: Integers) -> str:
    """Write whole numbers from 0 as text, in their order."""
    pieces = (_digits(values[at : at + _SLICE]) for at in range(0, len(values), _SLICE))
    return b"".join(pieces).decode("ascii")


def signed(values: Integers) -> str:
    """Write whole numbers of either sign as text, in their order."""
    # in slices, so that the copies which folding makes stay small
    pieces = (values[at : at + _SLICE] for at in range(0, len(values), _SLICE))
    return b"".join(_digits((v << 1) ^ (v >> 63)) for v in pieces).decode("ascii")


def _lengths(values: Integers) -> Integers:
    """Return how many letters each number takes."""
    lengths, rest = np.ones(len(values), dtype=np.int64), values
    while (more := rest >= ENDS).any():
        lengths += more
        rest = np.where(more, (rest - ENDS) >> 5, 0)
    return lengths


def _digits(values: Integers) -> bytes:
    # all numbers write their first letter at once, then those that have more their second, ...
    lengths = _lengths(values)
    starts = np.cumsum(lengths) - lengths
    letters = np.empty(int(lengths.sum()), dtype=np.uint8)
    rows, rest = np.arange(len(values)), values
    for place in range(int(lengths.max(initial=0))):
        more = rest >= ENDS
        numbers = np.where(more, ENDS + ((rest - ENDS) & 31), rest)
        letters[starts[rows] + place] = _LETTERS[numbers]
        rows, rest = rows[more], (rest[more] - ENDS) >> 5
    return letters.tobytes()


def column(values: Sequence[Any]) -> dict[str, Any]:
    """Write a column that repeats itself: its values by how common they are, and which one each row
    has.

    Parameters
    ----------
    values
        Plain values of JSON; None is one of them, NaN is refused later by JSON.

    Returns
    -------
    dict
        ``values``, and ``codes`` as text, empty where all rows are the same.
    """
    if not len(values):
        return {"values": [], "codes": ""}

    # by type, too: 1, 1.0 and true are one key to Python, and three values in JSON
    known: dict[Any, int] = {}
    codes = (known.setdefault((type(value), value), len(known)) for value in values)
    numbers = np.fromiter(codes, np.int64, len(values))

    # the most common value gets the shortest number
    common = np.argsort(-np.bincount(numbers), kind="stable")
    keys = list(known)
    told = [keys[place][1] for place in common]
    return {"values": told, "codes": _ranked(common, numbers)}


def _ranked(common: Integers, numbers: Integers) -> str:
    """Write the rank of each row's value; nothing where all rows are the same."""
    if len(common) < 2:
        return ""
    ranks = np.empty_like(common)
    ranks[common] = np.arange(len(common))
    return unsigned(ranks[numbers])


def number_column(values: npt.NDArray[Any]) -> dict[str, Any]:
    """Write a column of numbers that repeats itself, as `column` does."""
    told, first, numbers, counts = np.unique(
        values,
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )

    # equally common values stand in the order in which they first come
    common = np.lexsort((first, -counts))
    return {
        "values": told[common].tolist(),
        "codes": _ranked(common, numbers.ravel()),
    }


def numbered_column(values: Sequence[Any], numbers: Integers) -> dict[str, Any]:
    """Write the column ``[values[n] for n in numbers]`` as `column` does, without looking at every
    row: `values` are few.
    """
    # values of different numbers may be the same: they must share a code, as in `column`
    known: dict[Any, int] = {}
    codes = [known.setdefault((type(v), v), len(known)) for v in values]
    keys = list(known)
    told = number_column(np.asarray(codes, dtype=np.int64)[numbers])
    return told | {"values": [keys[code][1] for code in told["values"]]}


def texts(values: Sequence[str]) -> dict[str, str]:
    """Write a column of mostly different texts: each as how much it shares with the one before, its
    rest's length, and the rest.

    Lengths count UTF-16 units, as JavaScript does.
    """
    return {"text": "".join(chain.from_iterable(_shared(values)))}


def _shared(values: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    before = ""
    for number, value in enumerate(values):
        shared = 0 if number % BLOCK == 0 else _in_common(before, value)
        rest = value[shared:]
        units = len(rest) if rest.isascii() else len(rest.encode("utf-16-le", "surrogatepass")) // 2
        yield ALPHABET[shared], _one(units), rest
        before = value


def _in_common(a: str, b: str) -> int:
    """Return how many leading characters two texts share, 31 at most, none beyond the basic
    plane.
    """
    shared, beyond = 0, min(len(a), len(b), _MOST_SHARED) + 1
    # halved, for the beginning of most names is that of the one before
    while beyond - shared > 1:
        middle = (shared + beyond) // 2
        if a[:middle] == b[:middle]:
            shared = middle
        else:
            beyond = middle
    head = a[:shared]

    # a letter beyond the basic plane is two units in JavaScript, and the count would be off
    if head.isascii() or max(head) <= "\uffff":
        return shared
    return next((i for i, letter in enumerate(head) if ord(letter) > 0xFFFF), shared)


def _one(value: int) -> str:
    letters = ""
    while value >= ENDS:
        letters += ALPHABET[ENDS + (value - ENDS) % 32]
        value = (value - ENDS) // 32
    return letters + ALPHABET[value]


def any_column(values: Sequence[Any]) -> dict[str, Any]:
    """Write a column in the shorter way: by its values where they repeat, else text by text."""
    repeated = len(set(values)) * 4 <= len(values)
    return texts(values) if not repeated and all(type(v) is str for v in values) else column(values)


def chains(
    shapes: npt.NDArray[Any],
    digits: int,
    *,
    exact: bool,
) -> dict[str, Any]:
    """Write geometries as chains of whole steps of ``10 ** -digits`` degree.

    Parameters
    ----------
    shapes
        Array of EPSG:4490 geometries, none of them None or empty.
    digits
        Decimals of a degree that are kept.
    exact
        Whether every point stays and parts can be told apart; else points that fall together are
        left out, and polygons are turned so that outer rings run anticlockwise.

    Returns
    -------
    dict
        ``digits``, columns of the features' dimension and number of chains and of the chains'
        number of points, ``xy`` as text, and where `exact` the column ``fresh``: 1 where a chain
        starts a part. Rings stand without their closing point.
    """
    pieces = _pieces(shapes, digits, exact=exact)
    dims, chains_of, points_of, fresh, xy = zip(*pieces, strict=True)
    written = {
        "digits": digits,
        "dims": number_column(np.concatenate(dims)),
        "chains": number_column(np.concatenate(chains_of)),
        "points": number_column(np.concatenate(points_of)),
        "xy": "".join(xy),
    }
    return written | ({"fresh": number_column(np.concatenate(fresh))} if exact else {})


_Piece = tuple[Integers, Integers, Integers, Integers, str]


def _pieces(
    shapes: npt.NDArray[Any],
    digits: int,
    *,
    exact: bool,
) -> Iterator[_Piece]:
    """Write features some at a time."""
    # one piece at least, so that no features still write empty columns
    before = np.zeros((1, 2), dtype=np.int64)
    for at in range(0, max(len(shapes), 1), _AT_ONCE):
        piece, before = _piece(
            shapes[at : at + _AT_ONCE],
            digits,
            before,
            exact=exact,
        )
        yield piece


def _piece(
    shapes: npt.NDArray[Any],
    digits: int,
    before: Integers,
    *,
    exact: bool,
) -> tuple[_Piece, Integers]:
    """Write some of the features after the chain that starts at `before`: dimensions, numbers of
    chains and of points, starts of parts, steps; and where their last chain starts.
    """
    geometries = shapes if exact else shapely.orient_polygons(shapes)
    parts, fresh, owner, is_ring = _flat(geometries)
    grid, of = _points(parts, is_ring, digits, exact=exact)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    piece = (
        shapely.get_dimensions(geometries).astype(np.int64),
        np.bincount(owner, minlength=len(geometries)),
        np.bincount(of, minlength=len(parts)),
        fresh.astype(np.int64),
        signed(_steps(grid, first, before)),
    )
    return piece, grid[first[-1:]] if len(first) else before


def _points(
    parts: npt.NDArray[Any],
    is_ring: npt.NDArray[Any],
    digits: int,
    *,
    exact: bool,
) -> tuple[Integers, Integers]:
    """Every point that is kept, in whole steps of the grid, and the number of its part."""
    degrees, of = shapely.get_coordinates(parts, return_index=True)
    grid = np.rint(degrees * 10**digits).astype(np.int64)
    kept = _kept(grid, of, is_ring, exact=exact)
    return grid[kept], of[kept]


def _flat(geometries: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Every ring, line and point in the order of the features; whether it starts a part; its
    feature; whether it is a ring.
    """
    parts, owner = _parts(geometries)
    whole, number, is_ring = _apart(parts)

    # then they are put in the order of their parts again
    order = np.argsort(number, kind="stable")
    number = number[order]
    fresh = np.diff(number, prepend=-1) != 0
    return whole[order], fresh, owner[number], is_ring[order]


def _apart(parts: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Integers, npt.NDArray[np.bool_]]:
    """Return rings, then lines and points, with the number of the part of each, and whether it is a
    ring.
    """
    # polygons come apart into rings, all else stays as it is
    surface = shapely.get_type_id(parts) == 3
    rings, of = shapely.get_rings(parts[surface], return_index=True)
    whole = np.concatenate([rings, parts[~surface]])
    number = np.concatenate(
        [
            np.flatnonzero(surface)[of],
            np.flatnonzero(~surface),
        ]
    )
    return whole, number, np.arange(len(whole)) < len(rings)


def _parts(geometries: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Integers]:
    """Every single part, and the number of its feature."""
    parts, owner = shapely.get_parts(geometries, return_index=True)

    # a collection may hold parts of parts
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    return parts, owner


def _kept(
    grid: Integers,
    of: Integers,
    is_ring: npt.NDArray[Any],
    *,
    exact: bool,
) -> npt.NDArray[np.bool_]:
    """Leave out the closing points of rings and, unless `exact`, points that equal the one
    before.
    """
    last = np.diff(of, append=-1) != 0
    kept: npt.NDArray[np.bool_] = ~(last & is_ring[of])
    if not exact:
        # the first point of a chain stays: what stands before it is another chain's
        first = np.diff(of, prepend=-1) != 0
        kept &= first | np.any(
            np.diff(grid, axis=0, prepend=grid[:1]) != 0,
            axis=1,
        )
    return kept


def _steps(
    grid: Integers,
    first: Integers,
    before: Integers,
) -> Integers:
    """Each point as the step from the one before; the first of a chain from the first of the chain
    before.
    """
    steps = np.diff(grid, axis=0, prepend=before)
    steps[first] = np.diff(grid[first], axis=0, prepend=before)
    return steps.ravel()


def has_shape(shapes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say which geometries are there: neither missing nor empty."""
    there: npt.NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return there


def codes_of(frame: pd.DataFrame) -> tuple[Integers, Integers]:
    """Number the different rows of a frame; return the first row of each number, and every row's
    number.
    """
    numbers = np.zeros(len(frame), dtype=np.int64)
    for name in frame.columns:
        # nothing said counts as a value: rows that lack the same thing are alike
        codes, known = pd.factorize(frame[name], use_na_sentinel=False)

        # numbered anew at every column, or the product would outgrow the integers
        _, numbers = np.unique(
            numbers * (len(known) + 1) + codes,
            return_inverse=True,
        )
        numbers = numbers.ravel()
    _, first = np.unique(numbers, return_index=True)
    return first, numbers
