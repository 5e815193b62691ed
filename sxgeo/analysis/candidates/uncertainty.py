"""How probable it is that a parcel comes too near to a resource, given the stated errors.

Beside the verdict, never instead of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely

from ...errors import UsageError
from ...geometry.overlap import penetration_m
from ...geometry.projection import plane_crs
from ...geometry.shapes import Bools, Floats, Shape, Shapes
from ...geometry.straight import laid_on_plane

DRAWS = 20_000
SEED = 20261121
_CORNERS_AT_ONCE = 1_000_000
MODEL = (
    "整体平移：两轴独立正态，限差为两倍中误差 rigid shift, normal on both axes, a stated accuracy"
    " is twice the standard error"
)


@dataclass(frozen=True, slots=True)
class Probability:
    """A probability, the standard error of its estimate, and the model behind it; `share` is NaN
    where an accuracy is unknown.
    """

    share: float
    standard_error: float
    draws: int
    seed: int
    sigma_m: float
    model: str = MODEL


def overlap_probability(
    site: shapely.Geometry,
    resource: shapely.Geometry,
    *,
    site_accuracy_m: float,
    resource_accuracy_m: float | None,
    required_m: float = 0.0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Probability:
    """Return how probable it is that a parcel lies within a distance of a resource, under their
    stated accuracies.

    One is shifted against the other as a whole, as often as there are draws; same shapes, same
    figure. It says nothing of errors that are not stated, and no verdict hangs on it.

    Parameters
    ----------
    site, resource
        EPSG:4490 shapes.
    site_accuracy_m, resource_accuracy_m
        Metres; None is unknown, and then the probability is.
    required_m
        0 asks for an overlap.
    draws, seed
        How many shifts are tried, and what they begin from: same seed, same figure.

    Returns
    -------
    Probability
        The share of the shifts that fulfil it and its standard error; NaN where an accuracy is
        unknown.

    Raises
    ------
    UsageError
        If an accuracy or distance is no number from 0, or there are no draws.

    Examples
    --------
    >>> import shapely, sxgeo
    >>> near = shapely.box(112.60, 38.30, 112.61, 38.31)
    >>> far = shapely.box(112.70, 38.30, 112.71, 38.31)
    >>> sxgeo.overlap_probability(near, far, site_accuracy_m=2, resource_accuracy_m=10).share
    0.0
    """
    _check(site_accuracy_m, resource_accuracy_m, required_m, draws)
    # an accuracy that nobody states leaves the probability unknown: it is not taken for 0
    if _is_unknown(resource_accuracy_m):
        return Probability(np.nan, np.nan, draws, seed, np.nan)
    both = np.array([site, resource], dtype=object)
    site_m, resource_m = laid_on_plane(both, plane_crs(float(site.centroid.x)))
    return on_plane(
        site_m,
        resource_m,
        standard_error_m(site_accuracy_m, resource_accuracy_m or 0.0),
        required_m=required_m,
        draws=draws,
        seed=seed,
    )


def _is_unknown(accuracy_m: float | None) -> bool:
    return accuracy_m is None or bool(np.isnan(accuracy_m))


def standard_error_m(site_accuracy_m: float, resource_accuracy_m: float) -> float:
    """Return the standard error of a shift on each axis: a stated accuracy is twice that of one
    shape, and both shapes err.
    """
    return float(np.hypot(site_accuracy_m / 2, resource_accuracy_m / 2))


def on_plane(
    site: Shape,
    resource: Shape,
    sigma_m: float,
    *,
    required_m: float = 0.0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Probability:
    """Return the probability for shapes on one plane, metres, and the standard error of their shift
    on each axis.
    """
    shifts = _drawn(draws, seed) * sigma_m
    share = _hits(site, resource, required_m, shifts) / draws
    return Probability(
        share,
        float(np.sqrt(share * (1 - share) / draws)),
        draws,
        seed,
        sigma_m,
    )


def farthest_m(
    sigma_m: float,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> float:
    """Return the length of the longest shift that is drawn for a standard error on each axis."""
    return float(_lengths(_drawn(draws, seed)).max() * sigma_m)


def _check(
    site_m: float,
    resource_m: float | None,
    required_m: float,
    draws: int,
) -> None:
    told = {
        "site_accuracy_m": site_m,
        "resource_accuracy_m": resource_m,
        "required_m": required_m,
    }
    for name, value in told.items():
        # of the site alone, which is the user's, an accuracy must be stated
        unknown = name == "resource_accuracy_m" and _is_unknown(value)
        if not unknown and not 0 <= (value or 0.0) < np.inf:
            raise UsageError(f"{name} is {value}; it must be a number of metres from 0")
    if draws < 1:
        raise UsageError(f"{draws} draws tell nothing; take at least 1")


@lru_cache(maxsize=1)
def _drawn(draws: int, seed: int) -> Floats:
    """Return shifts on both axes, in standard errors; those of one seed are drawn once."""
    shifts = np.random.default_rng(seed).normal(0.0, 1.0, (draws, 2))
    # one array serves all questions: nobody may write to it
    shifts.flags.writeable = False
    return shifts


def _lengths(shifts: Floats) -> Floats:
    lengths: Floats = np.hypot(shifts[:, 0], shifts[:, 1])
    return lengths


def _hits(
    site: Shape,
    resource: Shape,
    required_m: float,
    shifts: Floats,
) -> int:
    """Count the shifts of a site by which it lies within a distance of a resource."""
    apart = float(shapely.distance(site, resource))
    lengths = _lengths(shifts)
    # a shift shorter than what lies between, or than the depth of the overlap, changes nothing:
    # only the others are measured
    if apart > required_m:
        open_rows, sure = np.flatnonzero(lengths >= apart - required_m), 0
    else:
        open_rows = np.flatnonzero(lengths > _reserve_m(site, resource, required_m, apart))
        sure = len(shifts) - len(open_rows)
    if not len(open_rows):
        return sure

    return sure + _near_count(site, resource, required_m, shifts[open_rows])


def _reserve_m(
    site: Shape,
    resource: Shape,
    required_m: float,
    apart_m: float,
) -> float:
    """Return how far a site that lies within a distance of a resource may move, and still does."""
    if apart_m > 0:
        return required_m - apart_m
    common = shapely.intersection(site, resource)
    # shapes that touch in lines or points overlap by no depth; an empty one is the library's error
    deep_m = 0.0 if common.is_empty else penetration_m(site, resource, common)
    return deep_m + required_m


def _near_count(
    site: Shape,
    resource: Shape,
    required_m: float,
    shifts: Floats,
) -> int:
    """Count the shifts of a site by which it lies within a distance of a resource, each
    measured.
    """
    # the shape with fewer corners is moved, against the other: it comes to the same
    still, moving, way = resource, site, shifts
    if shapely.get_num_coordinates(resource) < shapely.get_num_coordinates(site):
        still, moving, way = site, resource, -shifts
    shapely.prepare(still)
    count = 0
    at_once = max(1, _CORNERS_AT_ONCE // int(shapely.get_num_coordinates(moving)))
    for start in range(0, len(shifts), at_once):
        moved = _moved(moving, way[start : start + at_once])
        count += int(_are_near(still, moved, required_m).sum())
    return count


def _are_near(
    still: Shape,
    moved: Shapes,
    required_m: float,
) -> Bools:
    # an index answers whether shapes meet sooner than how far they are
    if required_m:
        near: Bools = shapely.dwithin(still, moved, required_m)
    else:
        near = shapely.intersects(still, moved)
    return near


def _moved(site: Shape, shifts: Floats) -> Shapes:
    """Return copies of a shape, each moved by its shift."""
    copies = np.full(len(shifts), site, dtype=object)
    xy, owner = shapely.get_coordinates(copies, return_index=True)
    moved: Shapes = shapely.set_coordinates(copies.copy(), xy + shifts[owner])
    return moved
