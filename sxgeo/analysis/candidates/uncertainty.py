"""How probable it is that a parcel comes too near to a resource, given the stated errors.

Beside the verdict, never instead of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from ...errors import UsageError
from ...geometry.overlap import penetration_m
from ...geometry.projection import plane_crs
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
    if resource_accuracy_m is None or np.isnan(resource_accuracy_m):
        return Probability(np.nan, np.nan, draws, seed, np.nan)
    plane = plane_crs(float(site.centroid.x))
    shapes = laid_on_plane(np.array([site, resource], dtype=object), plane)
    sigma = float(np.hypot(site_accuracy_m / 2, resource_accuracy_m / 2))
    return on_plane(
        shapes[0],
        shapes[1],
        sigma,
        required_m=required_m,
        draws=draws,
        seed=seed,
    )


def on_plane(
    site: Any,
    resource: Any,
    sigma_m: float,
    *,
    required_m: float = 0.0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Probability:
    """Return the probability for shapes on one plane, metres, and the standard error of their shift
    on each axis.
    """
    share = _hits(site, resource, required_m, sigma_m, draws, seed) / draws
    return Probability(share, float(np.sqrt(share * (1 - share) / draws)), draws, seed, sigma_m)


def farthest_m(
    sigma_m: float,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> float:
    """Return the length of the longest shift that is drawn for a standard error on each axis."""
    shift = _drawn(draws, seed)
    return float(np.hypot(shift[:, 0], shift[:, 1]).max() * sigma_m)


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
        unknown = value is None or (np.isnan(value) and name == "resource_accuracy_m")
        if not unknown and not 0 <= (value or 0.0) < np.inf:
            raise UsageError(f"{name} is {value}; it must be a number of metres from 0")
    if draws < 1:
        raise UsageError(f"{draws} draws tell nothing; take at least 1")


@lru_cache(maxsize=1)
def _drawn(draws: int, seed: int) -> Any:
    """Return shifts on both axes, in standard errors; those of one seed are drawn once."""
    shifts = np.random.default_rng(seed).normal(0.0, 1.0, (draws, 2))
    shifts.flags.writeable = False
    return shifts


def _hits(
    site: Any,
    resource: Any,
    required_m: float,
    sigma: float,
    draws: int,
    seed: int,
) -> int:
    shift = _drawn(draws, seed) * sigma
    length = np.hypot(shift[:, 0], shift[:, 1])
    apart = float(shapely.distance(site, resource))
    # a shift shorter than what lies between, or than the depth of the overlap, changes nothing:
    # only the others are measured
    if apart > required_m:
        open_rows, sure = np.flatnonzero(length >= apart - required_m), 0
    else:
        common = shapely.intersection(site, resource)
        deep = (
            penetration_m(site, resource, common) if apart == 0.0 and not common.is_empty else 0.0
        )
        reserve = (required_m - apart) if apart > 0 else deep + required_m
        open_rows = np.flatnonzero(length > reserve)
        sure = draws - len(open_rows)
    if not len(open_rows):
        return sure
    # the shape with fewer corners is moved, against the other: it comes to the same
    still, moving, way = (resource, site, shift)
    if shapely.get_num_coordinates(resource) < shapely.get_num_coordinates(site):
        still, moving, way = (site, resource, -shift)
    shapely.prepare(still)
    at_once = max(1, _CORNERS_AT_ONCE // int(shapely.get_num_coordinates(moving)))
    for start in range(0, len(open_rows), at_once):
        moved = _moved(moving, way[open_rows[start : start + at_once]])
        near = (
            shapely.dwithin(still, moved, required_m)
            if required_m
            else shapely.intersects(still, moved)
        )
        sure += int(near.sum())
    return sure


def _moved(site: Any, shift: Any) -> Any:
    """Return copies of a shape, each moved by its shift."""
    copies = np.full(len(shift), site, dtype=object)
    xy, owner = shapely.get_coordinates(copies, return_index=True)
    return shapely.set_coordinates(copies.copy(), xy + shift[owner])
