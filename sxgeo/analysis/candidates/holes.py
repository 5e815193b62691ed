"""Polygons with very many holes: whether they are sound, how they are mended, how they are cut.

What a library does to such a polygon as a whole grows faster than the number of its holes, and
holds all of it in memory several times. Rings that do not meet cannot spoil each other: only those
that meet are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from ...geometry.shapes import Bools, Ints, Shape, Shapes
from .blocks import are_single, holder_of, pairs_that_meet

MANY = 1_000
"""A shape of fewer rings is left to the library."""
_ROOM = 1.0


def holes_by_shell(shells: Shapes, holes: Shapes) -> Iterator[tuple[int, Shapes]]:
    """Yield the rows of shells, each with the rings of its holes in their order; shells without
    holes are left out.

    A hole belongs to the shell in which its first corner lies.
    """
    shell_of = holder_of(shells, shapely.get_point(holes, 0))

    # sorted once: to look for the holes of every shell anew would take shells times holes
    order = np.argsort(shell_of, kind="stable")
    rows, first = np.unique(shell_of[order], return_index=True)
    for row, own in zip(
        rows.tolist(),
        np.split(order, first[1:]),
        strict=True,
    ):
        if row >= 0:
            yield row, holes[own]


def meeting(shapes: Shapes) -> list[Ints]:
    """Return groups of rows of shapes that meet, directly or through others; what meets nothing is
    in none.
    """
    return grouped(np.column_stack(pairs_that_meet(shapely.STRtree(shapes))))


def grouped(pairs: Ints) -> list[Ints]:
    """Return groups of rows that pairs, an (n, 2) array, join; each sorted, by its first row."""
    leader: dict[int, int] = {}
    for one, other in pairs.tolist():
        # the first row of both leads from now on
        first, second = sorted((_lead(leader, one), _lead(leader, other)))
        leader[second] = first
    groups: dict[int, list[int]] = {}
    for row in sorted(leader):
        groups.setdefault(_lead(leader, row), []).append(row)
    return [np.array(rows) for rows in groups.values()]


def _lead(leader: dict[int, int], row: int) -> int:
    """Return the first row of the group of a row; a row that was not told before leads itself."""
    while leader.setdefault(row, row) != row:
        # each step halves the way that the next question takes
        leader[row] = row = leader[leader[row]]
    return row


def are_sound(shapes: Shapes) -> Bools:
    """Say which polygons and multipolygons of an array are valid, as the library would."""
    sound = np.zeros(len(shapes), dtype=bool)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings = np.bincount(owner, shapely.get_num_interior_rings(parts) + 1, len(shapes))

    # the library answers for the few rings of nearly all, and for what is no area at all
    many = (rings >= MANY) & np.isin(shapely.get_type_id(shapes), (3, 6))
    sound[~many] = shapely.is_valid(shapes[~many])
    for row in np.flatnonzero(many).tolist():
        sound[row] = _is_sound(shapes[row])
    return sound


def is_sound(shape: Shape) -> bool:
    """Say whether a polygon or multipolygon is valid, as the library would."""
    return bool(are_sound(np.array([shape], dtype=object))[0])


def _is_sound(shape: Shape) -> bool:
    if shape.geom_type == "Polygon":
        return _is_sound_polygon(shape)
    parts = shapely.get_parts(shape)
    parts = parts[~shapely.is_empty(parts)]
    return bool(are_sound(parts).all()) and not len(clashes(parts))


def _is_sound_polygon(polygon: Shape) -> bool:
    # each ring for itself: none may cross itself
    rings = shapely.get_rings(polygon)
    filled = shapely.polygons(rings)
    if not shapely.is_valid(filled).all():
        return False

    # then the holes that meet, among themselves; those at the rim are looked at with the shell
    holes, inner = filled[1:], rings[1:]
    shapely.prepare(filled[0])
    rim = ~shapely.contains_properly(filled[0], holes)
    for group in meeting(holes):
        if rim[group].any():
            rim[group] = True
        elif not _takes_holes(_round(holes[group]), inner[group]):
            return False
    return not rim.any() or _takes_holes(rings[0], inner[rim])


def _takes_holes(shell: Shape, holes: Shapes) -> bool:
    return bool(shapely.is_valid(shapely.polygons(shell, holes)))


@dataclass(frozen=True, slots=True)
class _Rings:
    """All rings of polygons, with the row of the polygon of each, and a tree of them."""

    rings: Shapes
    part: Ints
    tree: shapely.STRtree

    @classmethod
    def of(cls, parts: Shapes) -> _Rings:
        rings, part = shapely.get_rings(parts, return_index=True)
        return cls(rings, part, shapely.STRtree(rings))

    def signs(self) -> Ints:
        """Return 1 for shells and -1 for holes; the first ring of a polygon is its shell."""
        is_shell = np.concatenate(
            [
                [True],
                self.part[1:] != self.part[:-1],
            ]
        )
        return np.where(is_shell, 1, -1)

    def round_points(self, points: Shapes) -> tuple[Ints, Ints]:
        """Return the rows of points, and of the rings that go round them."""
        place, ring = self.tree.query(points)
        # only the rings whose box holds some point are filled: there are very many
        wanted = np.unique(ring)
        filled = np.empty(len(self.rings), dtype=object)
        filled[wanted] = shapely.polygons(self.rings[wanted])
        shapely.prepare(filled[wanted])
        held = shapely.intersects(filled[ring], points[place])
        return place[held], ring[held]


def clashes(parts: Shapes) -> Ints:
    """Return pairs of rows, an (n, 2) array, of valid polygons that cannot stand in one
    multipolygon: they overlap, or have more than points of their edges in common.
    """
    rings = _Rings.of(parts)
    crossing = _crossing(rings)
    # without crossing edges, one lies in another if more of its shells than of its holes hold it
    return np.concatenate([crossing, _nested(parts, rings)]).astype(np.int64)


def _crossing(rings: _Rings) -> Ints:
    """Return pairs of polygons of which a ring crosses a ring of the other, or runs along it."""
    one, other = pairs_that_meet(rings.tree, rings.part)
    common = shapely.intersection(rings.rings[one], rings.rings[other])

    # rings that meet in points only stand beside each other, or one in the other
    first, second = shapely.polygons(rings.rings[one]), shapely.polygons(rings.rings[other])
    lawful = shapely.touches(first, second) | shapely.covers(first, second)
    lawful |= shapely.covered_by(first, second)
    bad = ~lawful | (shapely.get_dimensions(common) > 0)
    return np.column_stack(
        [
            rings.part[one[bad]],
            rings.part[other[bad]],
        ]
    )


def _nested(parts: Shapes, rings: _Rings) -> Ints:
    """Return pairs of polygons, of which no edges cross, of which the first lies in the other."""
    place, ring = rings.round_points(shapely.point_on_surface(parts))
    foreign = rings.part[ring] != place
    place, ring = place[foreign], ring[foreign]

    # a point in a shell and in a hole of it lies outside
    holders = np.column_stack([place, rings.part[ring]])
    pairs, row = np.unique(holders, axis=0, return_inverse=True)
    depth = np.bincount(
        row.ravel(),
        rings.signs()[ring],
        len(pairs),
    )
    nested: Ints = pairs[depth > 0]
    return nested


def parted(parts: Shapes) -> Shapes:
    """Unite the polygons among many that cannot stand in one multipolygon; all others stay as they
    are.
    """
    kept, united = np.ones(len(parts), dtype=bool), []
    for group in grouped(clashes(parts)):
        kept[group] = False
        own = parts[group]
        # the library unites what has few holes; of very many it would build all anew
        largest = int(np.argmax(shapely.get_num_coordinates(own)))
        if shapely.get_num_interior_rings(own[largest]) < MANY:
            united.append(shapely.get_parts(shapely.union_all(own)))
        else:
            united.append(_with_added(own[largest], np.delete(own, largest)))
    return np.concatenate([parts[kept], *united])


def _with_added(polygon: Shape, added: Shapes) -> Shapes:
    """Unite a polygon of very many holes with some others: (shell - holes) + added is
    (shell + added) - (holes - added).
    """
    rings = shapely.get_rings(polygon)
    more = shapely.union_all(added)
    holes, islands = _less(rings[1:], more)
    shells = shapely.get_parts(shapely.union(shapely.polygons(rings[0]), more))

    # the union may have holes of its own where what was added closes a bay
    for row, own in list(holes_by_shell(shells, holes)):
        own_rings = shapely.get_rings(shells[row])
        shells[row] = shapely.polygons(
            own_rings[0],
            [*own_rings[1:], *own],
        )
    return np.concatenate([shells, islands])


def _less(rings: Shapes, more: Shape) -> tuple[Shapes, Shapes]:
    """Return what a shape leaves of holes, as rings, and the islands that it makes in them."""
    holes = shapely.polygons(rings)
    shapely.prepare(more)
    met = shapely.intersects(more, holes)
    cut = shapely.get_parts(shapely.difference(holes[met], more))
    cut = cut[are_single(cut)]

    # what the difference leaves inside a hole is land for itself
    inner, owner = shapely.get_rings(cut, return_index=True)
    is_island = np.diff(owner, prepend=-1) == 0
    islands: Shapes = shapely.polygons(inner[is_island])
    return np.concatenate([rings[~met], shapely.get_exterior_ring(cut)]), islands


def _round(shapes: Shapes) -> Shape:
    """Return a ring that goes round shapes with room."""
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    room = shapely.box(west - _ROOM, south - _ROOM, east + _ROOM, north + _ROOM)
    return shapely.get_exterior_ring(room)
