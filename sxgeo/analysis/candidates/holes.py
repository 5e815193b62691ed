"""Polygons with very many holes: whether they are sound, how they are mended, how they are cut.

What a library does to such a polygon as a whole grows faster than the number of its holes, and
holds all of it in memory several times. Rings that do not meet cannot spoil each other: only those
that meet are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

MANY = 1_000
"""A shape of fewer rings is left to the library."""
_ROOM = 1.0


def holes_by_shell(shells: Any, holes: Any) -> Iterator[tuple[int, Any]]:
    """Yield the rows of shells, each with the rings of its holes in their order; shells without
    holes are left out.

    A hole belongs to the shell in which its first corner lies.
    """
    starts = shapely.get_point(holes, 0)
    hole, shell = shapely.STRtree(shells).query(starts)
    shapely.prepare(shells)
    held = shapely.intersects(shells[shell], starts[hole])
    shell_of = np.full(len(holes), -1)
    shell_of[hole[held]] = shell[held]
    # sorted once: to look for the holes of every shell anew would take shells times holes
    order = np.argsort(shell_of, kind="stable")
    rows, first = np.unique(shell_of[order], return_index=True)
    for row, own in zip(rows.tolist(), np.split(order, first[1:]), strict=True):
        if row >= 0:
            yield row, holes[own]


def meeting(shapes: Any) -> list[Any]:
    """Return groups of rows of shapes that meet, directly or through others; what meets nothing is
    in none.
    """
    one, other = shapely.STRtree(shapes).query(shapes)
    one, other = one[one < other], other[one < other]
    met = shapely.intersects(shapes[one], shapes[other])
    return grouped(np.column_stack([one[met], other[met]]))


def grouped(pairs: Any) -> list[Any]:
    """Return groups of rows that pairs, an (n, 2) array, join; each sorted, by its first row."""
    leader: dict[int, int] = {}

    def lead(row: int) -> int:
        while leader.setdefault(row, row) != row:
            leader[row] = row = leader[leader[row]]
        return row

    for one, other in pairs.tolist():
        first, second = sorted((lead(one), lead(other)))
        leader[second] = first
    groups: dict[int, list[int]] = {}
    for row in sorted(leader):
        groups.setdefault(lead(row), []).append(row)
    return [np.array(rows) for rows in groups.values()]


def are_sound(shapes: Any) -> Any:
    """Say which polygons and multipolygons of an array are valid, as the library would."""
    sound = np.zeros(len(shapes), dtype=bool)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings = np.bincount(owner, shapely.get_num_interior_rings(parts) + 1, len(shapes))
    many = (rings >= MANY) & np.isin(shapely.get_type_id(shapes), (3, 6))
    sound[~many] = shapely.is_valid(shapes[~many])
    for row in np.flatnonzero(many).tolist():
        sound[row] = _is_sound(shapes[row])
    return sound


def is_sound(shape: Any) -> bool:
    """Say whether a polygon or multipolygon is valid, as the library would."""
    return bool(are_sound(np.array([shape], dtype=object))[0])


def _is_sound(shape: Any) -> bool:
    if shape.geom_type == "Polygon":
        return _is_sound_polygon(shape)
    parts = shapely.get_parts(shape)
    parts = parts[~shapely.is_empty(parts)]
    return bool(are_sound(parts).all()) and not len(clashes(parts))


def _is_sound_polygon(polygon: Any) -> bool:
    rings = shapely.get_rings(polygon)
    filled = shapely.polygons(rings)
    if not shapely.is_valid(filled).all():
        return False
    holes = filled[1:]
    shapely.prepare(filled[0])
    rim = ~shapely.contains_properly(filled[0], holes)
    for group in meeting(holes):
        if rim[group].any():
            rim[group] = True
        elif not shapely.is_valid(shapely.polygons(_round(holes[group]), rings[1:][group])):
            return False
    return not rim.any() or bool(shapely.is_valid(shapely.polygons(rings[0], rings[1:][rim])))


def clashes(parts: Any) -> Any:
    """Return pairs of rows, an (n, 2) array, of valid polygons that cannot stand in one
    multipolygon: they overlap, or have more than points of their edges in common.
    """
    rings, part = shapely.get_rings(parts, return_index=True)
    shell = np.concatenate([[True], part[1:] != part[:-1]])
    tree = shapely.STRtree(rings)
    one, other = tree.query(rings)
    apart = (one < other) & (part[one] != part[other])
    one, other = one[apart], other[apart]
    # the ring of more corners is the one that is indexed
    larger = shapely.get_num_coordinates(rings[one]) >= shapely.get_num_coordinates(rings[other])
    one, other = np.where(larger, one, other), np.where(larger, other, one)
    shapely.prepare(rings[np.unique(one)])
    met = shapely.intersects(rings[one], rings[other])
    one, other = one[met], other[met]
    common = shapely.intersection(rings[one], rings[other])
    first, second = shapely.polygons(rings[one]), shapely.polygons(rings[other])
    lawful = shapely.touches(first, second) | shapely.covers(first, second)
    lawful |= shapely.covered_by(first, second)
    bad = ~lawful | (shapely.get_dimensions(common) > 0)
    found = [np.column_stack([part[one[bad]], part[other[bad]]])]
    # without crossing edges, one lies in another if more of its shells than of its holes hold it
    inner = shapely.point_on_surface(parts)
    place, ring = tree.query(inner)
    foreign = part[ring] != place
    place, ring = place[foreign], ring[foreign]
    wanted = np.unique(ring)
    filled = np.empty(len(rings), dtype=object)
    filled[wanted] = shapely.polygons(rings[wanted])
    shapely.prepare(filled[wanted])
    held = shapely.intersects(filled[ring], inner[place])
    pairs, row = np.unique(
        np.column_stack([place[held], part[ring[held]]]), axis=0, return_inverse=True
    )
    depth = np.bincount(row.ravel(), np.where(shell[ring[held]], 1, -1), len(pairs))
    return np.concatenate([*found, pairs[depth > 0]]).astype(np.int64)


def parted(parts: Any) -> Any:
    """Unite the polygons among many that cannot stand in one multipolygon; all others stay as they
    are.
    """
    kept, united = np.ones(len(parts), dtype=bool), []
    for group in grouped(clashes(parts)):
        kept[group] = False
        own = parts[group]
        largest = int(np.argmax(shapely.get_num_coordinates(own)))
        if shapely.get_num_interior_rings(own[largest]) < MANY:
            united.append(shapely.get_parts(shapely.union_all(own)))
        else:
            united.append(_with_added(own[largest], np.delete(own, largest)))
    return np.concatenate([parts[kept], *united])


def _with_added(polygon: Any, added: Any) -> Any:
    """Unite a polygon of very many holes with some others: (shell - holes) + added is
    (shell + added) - (holes - added).
    """
    rings = shapely.get_rings(polygon)
    more = shapely.union_all(added)
    holes = shapely.polygons(rings[1:])
    shapely.prepare(more)
    met = shapely.intersects(more, holes)
    cut = shapely.get_parts(shapely.difference(holes[met], more))
    cut = cut[shapely.get_type_id(cut) == shapely.GeometryType.POLYGON]
    inner, owner = shapely.get_rings(cut, return_index=True)
    # what the difference leaves inside a hole is land for itself
    islands = shapely.polygons(
        inner[np.concatenate([[False], owner[1:] == owner[:-1]])[: len(inner)]]
    )
    shells = shapely.get_parts(shapely.union(shapely.polygons(rings[0]), more))
    rest = np.concatenate([rings[1:][~met], shapely.get_exterior_ring(cut)])
    for row, own in list(holes_by_shell(shells, rest)):
        own_rings = shapely.get_rings(shells[row])
        shells[row] = shapely.polygons(own_rings[0], [*own_rings[1:], *own])
    return np.concatenate([shells, islands])


def _round(shapes: Any) -> Any:
    """Return a ring that goes round shapes with room."""
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    room = shapely.box(west - _ROOM, south - _ROOM, east + _ROOM, north + _ROOM)
    return shapely.get_exterior_ring(room)
