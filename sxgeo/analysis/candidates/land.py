"""Land that is left when shapes are kept away from, each by its own distance.

Pure, metres on one plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, NamedTuple

import numpy as np
import shapely

from ...geometry.shapes import Bools, Floats, Shape, Shapes
from .blocks import (
    common,
    common_m2,
    common_rows,
    cut_at_rim,
    cut_out,
    flat_polygons,
    lie_in,
    summed,
    united,
)
from .grown import ARC_SEGMENTS, KeepIn, KeepOut, buffered, holders, kept_in, kept_out

GRID_M = 0.001
_MITRE = 2.0


@dataclass(frozen=True, slots=True)
class Sieve:
    """Keep-outs and keep-ins grown once, for very many shapes of which it is asked how much of each
    they leave.
    """

    held: Sequence[Shapes]
    blocks: Shapes

    @classmethod
    def of(
        cls,
        area: Shape,
        keep_outs: Sequence[KeepOut],
        keep_ins: Sequence[KeepIn],
    ) -> Sieve:
        """Grow what reaches into the bounds of an area."""
        return cls([kept_in(held, area) for held in keep_ins], kept_out(keep_outs, area))

    def left_m2(self, parts: Shapes) -> Floats:
        """Return how much is left of each of the polygons, which lie in the area."""
        row = np.arange(len(parts))
        shapes = parts
        # the keep-ins cut the parts up: each piece goes on under the row of its part
        for held in self.held:
            shapes, own = common_rows(shapes, held)
            row = row[own]
        left_m2 = shapely.area(shapes) - common_m2(shapes, self.blocks)
        return summed(row, left_m2, len(parts))


Asked = tuple[Sequence[KeepOut], Sequence[KeepIn]]


class Mapped(NamedTuple):
    """Three maps that together are an area: land that is left as far as is known, what is in doubt
    beside it, and what is surely not left.
    """

    known: Shapes
    doubtful: Shapes
    never: Shapes


@dataclass(frozen=True, slots=True)
class _Left:
    """Land that is left: polygons, and blocks that are cut out of them."""

    base: Shapes
    blocks: Shapes

    def parts(self) -> Shapes:
        """Return its parts, from west to east."""
        return _ordered(cut_out(self.base, self.blocks))


def free_land(
    area: Shape,
    keep_outs: Sequence[KeepOut],
    keep_ins: Sequence[KeepIn] = (),
    *,
    width_m: float = 0.0,
) -> Shapes:
    """Return the parts of an area that satisfy all constraints.

    Parameters
    ----------
    area
        Polygon or multipolygon.
    keep_outs, keep_ins
        An empty `KeepIn` leaves nothing.
    width_m
        Parts narrower than this are taken off; 0 leaves them.

    Returns
    -------
    ndarray
        Valid polygons that do not touch along an edge, from west to east by their bounds; empty
        when nothing is left.
    """
    parts = _left(
        flat_polygons([area]),
        (keep_outs, keep_ins),
        width_m,
    ).parts()
    held: Shapes = parts[_hold_disc(parts, width_m)]
    return held


def mapped_land(
    area: Shape,
    known: Asked,
    possible: Asked,
    *,
    width_m: float = 0.0,
    least_m2: float = 0.0,
) -> Mapped:
    """Map the land that is left.

    Parameters
    ----------
    known, possible
        Keep-outs and keep-ins of each; what is possible takes in what is known.
    width_m
        Parts of the known land narrower than this are in doubt.
    least_m2
        Parts of the known land smaller than this are in doubt.

    Returns
    -------
    Mapped
        Polygons as of :func:`free_land`.
    """
    whole = flat_polygons([area])
    left, open_to = _left(whole, known, width_m), _left(whole, possible, 0.0)
    parts = left.parts()
    large = (shapely.area(parts) >= least_m2) & _hold_disc(parts, width_m)

    # in doubt is what the blocks of the known land hold beside those of the possible one, what its
    # base does not reach, and what is too small
    beside = [*_beside(open_to, left), parts[~large]]
    doubtful = flat_polygons(united(np.concatenate(beside)))
    return Mapped(
        parts[large],
        _ordered(doubtful),
        _ordered(_never(whole, open_to)),
    )


def _left(
    whole: Shapes,
    asked: Asked,
    width_m: float,
) -> _Left:
    keep_outs, keep_ins = asked
    nothing = np.array([], dtype=object)
    # who must lie in one of no shapes lies nowhere
    if not len(whole) or any(not len(k.shapes) for k in keep_ins):
        return _Left(nothing, nothing)
    base, bounds = whole, shapely.multipolygons(whole)
    for held in sorted(keep_ins, key=_order_of):
        base = common(base, kept_in(held, bounds))
    left = _Left(base, kept_out(keep_outs, bounds))
    return _wide(left, width_m) if width_m > 0 else left


def _order_of(held: KeepIn) -> tuple[Any, ...]:
    """Return what sorts constraints, so that the order in which they are given does not count."""
    distance = np.asarray(held.distance_m, dtype=float)
    box = shapely.total_bounds(held.shapes).tolist()
    around = fsum(shapely.length(held.shapes).tolist())
    return held.key, len(held.shapes), box, float(distance.min()), float(distance.max()), around


def _never(whole: Shapes, open_to: _Left) -> Shapes:
    """Return what land that is perhaps left does not take of an area."""
    # without keep-ins it is what the blocks take, and no difference is worked out
    if open_to.base is whole:
        return flat_polygons(common(whole, open_to.blocks))
    # blocks that lie inside of what is left are apart from all else
    pieces, inner = cut_at_rim(open_to.base, open_to.blocks)
    return np.concatenate([_without(whole, pieces), flat_polygons(inner)])


def _beside(open_to: _Left, left: _Left) -> list[Shapes]:
    """Return what is left by one and not by the other, which lies in it; polygons may touch."""
    rims = cut_out(_without(open_to.base, left.base), open_to.blocks)
    rings = common(open_to.base, _minus(left.blocks, open_to.blocks))
    return [rims, rings]


def _without(parts: Shapes, others: Shapes) -> Shapes:
    """Return polygons less those of which another base is made."""
    if not len(others) or not len(parts):
        return parts
    # the same base on both sides, as it is where nothing bounds it
    if parts is others:
        return parts[:0]
    taken, kept = shapely.multipolygons(others), shapely.multipolygons(parts)
    return flat_polygons([shapely.difference(kept, taken)])


def _minus(blocks: Shapes, taken: Shapes) -> Shapes:
    """Return blocks less others, each for itself."""
    if not len(taken) or not len(blocks):
        return blocks
    other, block = shapely.STRtree(blocks).query(taken, predicate="intersects")
    polygons, row = shapely.get_parts(taken[other], return_index=True)
    owner = block[row]
    order = np.argsort(owner, kind="stable")
    rows, index = np.unique(owner[order], return_inverse=True)

    # all that is taken from a block at once: only its neighbours are looked at
    taken_of = shapely.multipolygons(polygons[order], indices=index.ravel())
    rest = blocks.copy()
    rest[rows] = shapely.difference(blocks[rows], taken_of)
    return flat_polygons(rest)


def _wide(left: _Left, width_m: float) -> _Left:
    """Take off what is narrower than a width: what a disc of it cannot enter, corners left sharp.

    Blocks grow by half the width and shrink again: what they close is too narrow. Where they then
    meet the rim of the base, it is opened with them.
    """
    half_m = width_m / 2
    core = flat_polygons(_rounded(left.base, -half_m))
    grown = united(_rounded(left.blocks, half_m))
    inner = lie_in(core, grown)

    # at the rim base and blocks are opened together: a strip between them may be too narrow
    back = united(_mitred(cut_out(core, grown[~inner]), half_m + GRID_M))
    at_rim = ~inner[holders(grown, left.blocks)]
    base = common(cut_out(left.base, left.blocks[at_rim]), back)

    # inside only the blocks are closed
    closed = _mitred(grown[inner], -half_m - GRID_M)
    return _Left(
        base,
        united(np.concatenate([left.blocks[~at_rim], closed])),
    )


def _rounded(shapes: Shapes, radius_m: float) -> Shapes:
    """Grow or shrink shapes, their corners made round."""
    return buffered(shapes, radius_m, quad_segs=ARC_SEGMENTS)


def _mitred(shapes: Shapes, radius_m: float) -> Shapes:
    """Grow or shrink shapes, their corners left sharp."""
    return buffered(shapes, radius_m, join_style="mitre", mitre_limit=_MITRE)


def _hold_disc(parts: Shapes, width_m: float) -> Bools:
    """Say which parts a disc of the width can enter: the tip of a sharp corner may be cut off from
    the land that it belongs to.
    """
    hold = np.ones(len(parts), dtype=bool)
    # such a tip is no longer than the mitre allows
    small = np.flatnonzero(shapely.area(parts) <= (2 * _MITRE * width_m) ** 2)
    if width_m > 0:
        core = _rounded(parts[small], GRID_M - width_m / 2)
        hold[small] = ~shapely.is_empty(core)
    return hold


def _ordered(polygons: Shapes) -> Shapes:
    """Sort by bounds: the same land in the same order, each ring from the same corner on."""
    polygons = shapely.normalize(polygons[shapely.area(polygons) > GRID_M])
    # to a millimetre: the last digits of an edge may hang on the machine
    box = np.round(
        shapely.bounds(polygons).reshape(-1, 4),
        3,
    )
    ordered: Shapes = polygons[np.lexsort(box.T[::-1])] if len(polygons) else polygons
    return ordered


def width_of(shape: Shape) -> float:
    """Return the diameter in m of the largest circle that fits in a polygon, to a thousandth of its
    size, never too large.
    """
    tolerance_m = max(float(np.sqrt(shape.area)) / 1000, 0.05)
    radius = shapely.maximum_inscribed_circle(shape, tolerance_m)
    return 2 * float(shapely.length(radius))
