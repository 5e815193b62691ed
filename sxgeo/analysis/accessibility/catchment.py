"""How well places are served: gravity and two-step floating catchment over travel times (pure;
PySAL access).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import InputError, UsageError, listed, unknown
from ...files.libraries import library
from ..network.graph import checked_network
from .origins import places_from_frame, read_places
from .travel_times import sparse_times

if TYPE_CHECKING:
    from ...geometry.shapes import Floats
    from ..network.graph import Network
    from .origins import PlaceNotes

METHODS = ("two_stage", "gravity")
CATCHMENT_COLUMNS = ("demand_id", "accessibility", "supplies_within", "nearest_min")


def catchment(
    network: Network,
    demand: gpd.GeoDataFrame,
    supply: gpd.GeoDataFrame,
    *,
    max_minutes: float,
    method: str = "two_stage",
    weight: Callable[[float], float] | None = None,
) -> pd.DataFrame:
    """Measure how well each place of demand is served by the places of supply, by travel time from
    demand to supply.

    ``"two_stage"`` is the two-step floating catchment of W. Luo and F. Wang (2003): each supply is
    shared out over the demand within `max_minutes` of it, and each demand sums the shares of the
    supplies within its reach; with a `weight` it is the enhanced form of W. Luo and Y. Qi (2009).
    ``"gravity"`` sums supply times weight (W. Hansen 1959).

    Parameters
    ----------
    network
        The roads; the way is from demand to supply.
    demand
        Points with a CRS and a column `demand`: people, say; 0 or more. Ids as in
        :func:`sxgeo.travel_times`, from `demand_id` first.
    supply
        Points with a CRS and a column `supply`: beds, places, hectares; 0 or more; ids from
        `supply_id` first.
    max_minutes
        Catchment, above 0; what lies beyond counts for nothing.
    method
        One of `METHODS`.
    weight
        How much a supply counts at so many minutes: a function to a number of 0 or more, such as
        ``access.weights.gravity(scale=10, alpha=-2, min_dist=1)`` or
        ``access.weights.gaussian(sigma=10)``. None counts all within the catchment alike, and is no
        answer for ``"gravity"``.

    Returns
    -------
    DataFrame
        One row per demand, sorted by `demand_id`: `accessibility` (supply per unit of demand for
        ``"two_stage"``; 0 where no supply is within reach, NaN where the place itself has no road),
        `supplies_within`, `nearest_min` (NaN where none). ``attrs``: `unanswered` as in
        :func:`sxgeo.travel_times`, `notes`.

    Raises
    ------
    UsageError
        If the method is unknown, `max_minutes` is not above 0, or gravity has no weight.
    InputError
        If `access` is not installed, a column is missing or holds what is no number of 0 or more,
        the places cannot be read, or the weight is no finite number of 0 or more at some time that
        occurs: all problems of a kind at once.

    Examples
    --------
    >>> import sxgeo
    >>> import geopandas as gpd
    >>> point = gpd.points_from_xy([112.5489], [37.8706], crs="EPSG:4490")
    >>> homes = gpd.GeoDataFrame({"id": ["home"], "demand": [1000]}, geometry=point)
    >>> wards = gpd.GeoDataFrame({"id": ["ward"], "supply": [50]}, geometry=point)
    >>> network = sxgeo.load_network("taixin")
    >>> shares = sxgeo.catchment(network, homes, wards, max_minutes=15)
    >>> len(shares)
    1
    """
    checked_network(network)

    # what can be refused at once is, before roads are searched
    _check_method(method, weighted=weight is not None)
    demands, supplies = _values_of(demand, supply)
    asked = _Catchment(demands, supplies, method, max_minutes, weight)
    times = sparse_times(network, _named(demand, "demand"), _named(supply, "supply"), max_minutes)

    # pairs beyond the catchment never come: they count for nothing, and most pairs lie beyond
    costs = asked.costs(times)
    _refuse_weight(weight, costs["cost"])
    used, notes = asked.used(costs)
    table = _table(
        asked.demands,
        costs,
        asked.scores(used),
        times.attrs["unanswered"],
    )
    table.attrs["notes"] = notes
    return table


@dataclass(frozen=True, slots=True)
class _Catchment:
    """What is asked: what each place needs or offers, by id, and how far and how much it counts."""

    demands: pd.Series
    supplies: pd.Series
    method: str
    max_minutes: float
    weight: Callable[[float], float] | None

    def costs(self, times: pd.DataFrame) -> pd.DataFrame:
        """Return the pairs within reach, by the numbers of their places: `access` joins on them."""
        return pd.DataFrame(
            {
                "origin": self.demands.index.get_indexer(times["origin_id"]),
                "dest": self.supplies.index.get_indexer(times["destination_id"]),
                "cost": times["minutes"].to_numpy(dtype=np.float64),
            }
        )

    def wanted(self, costs: pd.DataFrame) -> Floats:
        """Return what all demand within reach of each supply weighs: it is divided by that."""
        # without a weight all within reach counts alike
        share = np.ones(len(costs))
        if self.weight is not None:
            share = costs["cost"].map(self.weight).to_numpy(dtype=np.float64)
        demand = self.demands.to_numpy()[costs["origin"]] * share
        wanted = np.bincount(costs["dest"], demand, minlength=len(self.supplies))
        return wanted.astype(np.float64)

    def used(self, costs: pd.DataFrame) -> tuple[pd.DataFrame, PlaceNotes]:
        """Return the pairs by which supply is shared out, and a note on each supply left out."""
        # gravity divides by nothing, so that a supply without demand does no harm there
        if self.method != "two_stage":
            return costs, []
        wanted = self.wanted(costs)
        return costs[wanted[costs["dest"]] > 0], list(self.idle_notes(wanted))

    def idle_notes(self, wanted: Floats) -> Iterator[tuple[Any, str]]:
        """Yield id and note of the supplies that nobody wants: nothing can be divided by them."""
        # where nothing is offered nobody misses the demand
        for place in np.flatnonzero((wanted <= 0) & (self.supplies.to_numpy() > 0)):
            note = "no demand is within reach of this supply: it serves nobody"
            yield self.supplies.index[place], note

    def scores(self, costs: pd.DataFrame) -> Floats:
        """Return how well each demand is served by the pairs of places."""
        access = library("access", "catchments need PySAL access")
        # access joins on nothing and fails
        if costs.empty:
            return np.zeros(len(self.demands))
        asked = access.Access(**self._frames(costs))
        two_stage = self.method == "two_stage"
        measure = asked.two_stage_fca if two_stage else asked.weighted_catchment
        told = measure(
            name="score",
            max_cost=self.max_minutes,
            weight_fn=self.weight,
        )["score_supply"]

        # a demand that is absent from the answer has no supply within reach: that is 0, not unknown
        scores: Floats = told.reindex(range(len(self.demands))).fillna(0.0).to_numpy()
        return scores

    def _frames(self, costs: pd.DataFrame) -> dict[str, object]:
        """Return what `access` is given: its frames, and what their columns are called."""
        demand = _numbered(self.demands, "demand")
        supply = _numbered(self.supplies, "supply")
        return {
            "demand_df": demand, "demand_index": True, "demand_value": "demand",
            "supply_df": supply, "supply_index": True, "supply_value": "supply",
            "cost_df": costs, "cost_origin": "origin", "cost_dest": "dest", "cost_name": "cost",
        }  # fmt: skip


def _values_of(demand: gpd.GeoDataFrame, supply: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Return what is needed and what is offered at each place; both frames have to say it."""
    # of both frames in one message, so that they are mended in one go
    problems = [*_value_problems(demand, "demand"), *_value_problems(supply, "supply")]
    if problems:
        raise InputError(listed("nothing can be shared out:", problems))
    return _values(demand, "demand"), _values(supply, "supply")


def _check_method(method: str, *, weighted: bool) -> None:
    if method not in METHODS:
        raise unknown("method", method, METHODS)

    # without one the farthest supply would count as much as the nearest
    if method == "gravity" and not weighted:
        raise UsageError(
            "gravity needs a weight, such as access.weights.gravity(scale=10, alpha=-2, min_dist=1)"
        )


def _value_problems(frame: object, role: str) -> Iterator[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield f"{role}: not a GeoDataFrame with a geometry column"
    elif role not in frame.columns:
        yield f"{role}: no column '{role}'; it says how much there is at each place"
    elif len(frame) == 0:
        yield f"{role}: no rows"
    else:
        # the first twenty rows are enough to find what is wrong with a column
        values = pd.to_numeric(frame[role], errors="coerce").to_numpy(dtype=np.float64)
        for i in np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[:20]:
            yield (
                f"{role}, row {frame.index[i]}: {role} is {frame[role].iloc[i]!r}; it must be a"
                " number of 0 or more"
            )


def _values(frame: gpd.GeoDataFrame, role: str) -> pd.Series:
    """Return the values by id, sorted by id as places are read."""
    ids, _ = places_from_frame(frame, role)

    # ids of several types are read as texts, and sought as such
    if len({type(i) for i in ids}) > 1:
        ids = [str(i) for i in ids]
    values = pd.Series(
        pd.to_numeric(frame[role]).to_numpy(dtype=np.float64), index=pd.Index(ids, dtype=object)
    )
    return values.loc[read_places(frame, role).ids]


def _named(frame: gpd.GeoDataFrame, role: str) -> gpd.GeoDataFrame:
    """Return the places alone, with the ids under the name that a table of times reads."""
    ids, _ = places_from_frame(frame, role)
    name = "origin_id" if role == "demand" else "destination_id"
    return gpd.GeoDataFrame(
        {name: pd.Series(ids, dtype=object)}, geometry=frame.geometry.to_numpy(), crs=frame.crs
    )


def _refuse_weight(weight: Callable[[float], float] | None, minutes: pd.Series) -> None:
    if problems := list(_weight_problems(weight, minutes)):
        raise InputError(listed("the weight cannot be used:", problems[:20]))


def _weight_problems(weight: Callable[[float], float] | None, minutes: pd.Series) -> Iterator[str]:
    if weight is None:
        return
    # at each time that occurs: what is wrong elsewhere does no harm
    for cost in sorted(set(minutes)):
        try:
            value = float(weight(cost))
        except (ArithmeticError, TypeError, ValueError) as error:
            yield f"at {cost:g} min it fails ({error})"
            continue
        if not (np.isfinite(value) and value >= 0):
            yield f"at {cost:g} min it is {value:g}; it must be finite and 0 or more"


def _numbered(values: pd.Series, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {name: values.to_numpy()},
        index=pd.RangeIndex(len(values), name="place"),
    )


def _table(
    demands: pd.Series,
    costs: pd.DataFrame,
    scores: Floats,
    unanswered: PlaceNotes,
) -> pd.DataFrame:
    """Return the scores with what stands behind them: how many supplies, and how near."""
    # the nearest supply is told also where nobody's demand makes it count
    near = costs.groupby("origin")["cost"].min().reindex(range(len(demands)))

    # a place off the roads has no answer; one without supplies has 0
    lost = dict(unanswered)
    off_roads = [place in lost for place in demands.index]
    table = pd.DataFrame(
        {
            "demand_id": pd.Series(demands.index.to_numpy()).infer_objects(),
            "accessibility": np.where(off_roads, np.nan, scores),
            "supplies_within": np.bincount(costs["origin"], minlength=len(demands)),
            "nearest_min": near.to_numpy(),
        }
    )
    table.attrs["unanswered"] = unanswered
    return table
