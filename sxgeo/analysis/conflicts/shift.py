"""The smallest move or trim of a plot that keeps a stated distance from shapes.

Pure, metres on one plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...geometry.overlap import penetration_m
from ...model.outcomes import Move

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shape

STEP_FLOOR_M = 0.05
"""A search step is never shorter; a found move may be longer than the least one by this much."""
DIRECTIONS = 144
_REFINEMENTS = 4
_MAX_STEPS = 20_000
_ARC_SEGMENTS = 64


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A shape from which a plot must keep `clearance_m`, 0 or more."""

    shape: Shape
    clearance_m: float
    name: str


def shortfall_m(plot: Shape, obstacles: Sequence[Obstacle]) -> float:
    """Return how many metres the plot lacks to keep every clearance; not more than 0 when it keeps
    them.

    For overlapping shapes it is a lower bound, so that stepping by it never steps over a free
    place.
    """
    worst = -np.inf
    for obstacle in obstacles:
        distance = float(shapely.distance(plot, obstacle.shape))
        if distance == 0.0:
            # overlapping shapes lack the clearance, and their depth on top of it
            common = shapely.intersection(plot, obstacle.shape)
            depth = 0.0 if common.is_empty else penetration_m(plot, obstacle.shape, common)
            worst = max(worst, obstacle.clearance_m + depth)
        else:
            worst = max(worst, obstacle.clearance_m - distance)
    return worst


def smallest_move(
    plot: Shape,
    obstacles: Sequence[Obstacle],
    *,
    max_distance_m: float,
) -> Move | None:
    """Find the shortest translation that keeps every clearance.

    Along each direction the search steps by the present shortfall, which no shorter move in that
    direction can make good; 144 directions are tried, then the best one is refined four times
    between its neighbours.

    Parameters
    ----------
    plot
        Polygon, line or point; metres.
    max_distance_m
        Moves longer than this are not looked for.

    Returns
    -------
    Move or None
        None when there is none within `max_distance_m`; a zero move when nothing needs to move.
    """
    best: tuple[float, float] | None = None
    spread = 360.0 / DIRECTIONS
    angles = np.arange(DIRECTIONS, dtype=np.float64) * spread
    for _ in range(_REFINEMENTS + 1):
        best = _best_of(plot, obstacles, angles, best, max_distance_m)
        if best is None:
            return None

        # between the neighbours of the best direction, each time four times finer
        angles = best[1] + np.linspace(-spread, spread, 9, dtype=np.float64)
        spread /= 4.0
    return None if best is None else _moved(plot, *best)


def _moved(
    plot: Shape,
    distance_m: float,
    azimuth_deg: float,
) -> Move:
    east, north = _vector(azimuth_deg, distance_m)
    shape = shapely.transform(
        plot,
        lambda xy: np.add(xy, (east, north)),
    )
    return Move(east, north, distance_m, azimuth_deg, shape)


def _best_of(
    plot: Shape,
    obstacles: Sequence[Obstacle],
    angles: Floats,
    best: tuple[float, float] | None,
    max_distance_m: float,
) -> tuple[float, float] | None:
    """Return the shortest free distance in some directions, and its azimuth; `best` where none is
    shorter than that.
    """
    for angle in angles:
        # a direction is given up once it goes farther than the best so far
        limit = max_distance_m if best is None else best[0]
        distance = _free_distance_m(plot, obstacles, float(angle), limit)
        if distance is not None and (best is None or distance < best[0] - 1e-9):
            best = (distance, float(angle) % 360.0)
    return best


def _vector(azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    angle = np.radians(azimuth_deg)
    return float(np.sin(angle) * distance_m), float(np.cos(angle) * distance_m)


def _free_distance_m(
    plot: Shape,
    obstacles: Sequence[Obstacle],
    azimuth_deg: float,
    limit_m: float,
) -> float | None:
    distance = 0.0
    for _ in range(_MAX_STEPS):
        east, north = _vector(azimuth_deg, distance)
        lacking = shortfall_m(
            shapely.transform(
                plot,
                lambda xy, e=east, n=north: np.add(xy, (e, n)),
            ),
            obstacles,
        )
        if lacking <= 0:
            return distance

        # the shortfall falls towards 0 without reaching it: a least step ends the search
        distance += max(lacking, STEP_FLOOR_M)
        if distance > limit_m:
            return None
    return None


def smallest_trim(plot: Shape, obstacles: Sequence[Obstacle]) -> Shape | None:
    """Cut away what lies closer to an obstacle than its clearance and return the largest part that
    is left.

    The cut runs along a polygon outside the true round, so that the rest keeps the distance.

    Returns
    -------
    geometry or None
        None when nothing is left, or the plot has no area.
    """
    if shapely.get_dimensions(plot) < 2:
        return None

    # a polygon of chords runs inside its circle; so much wider, it runs outside
    outside = 1 / np.cos(np.pi / (4 * _ARC_SEGMENTS))
    rest = plot
    for obstacle in obstacles:
        radius = max(obstacle.clearance_m, STEP_FLOOR_M) * outside + STEP_FLOOR_M
        rest = shapely.difference(
            rest, shapely.buffer(obstacle.shape, radius, quad_segs=_ARC_SEGMENTS)
        )

    # of equal parts the one that lies first: the same plot gives the same rest
    parts = [
        part
        for part in shapely.get_parts(rest)
        if shapely.get_dimensions(part) == 2 and part.area > 0
    ]
    return max(
        parts,
        key=lambda part: (part.area, part.bounds),
        default=None,
    )
