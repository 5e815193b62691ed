"""Floating catchments and gravity: worked by hand, nobody is served twice, bad columns by row."""

from __future__ import annotations

import sys

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from small_roads import HERE, lattice, move, oneways, speeds, straight

import sxgeo
from sxgeo.analysis.accessibility.catchment import CATCHMENT_COLUMNS, catchment
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.errors import InputError, UsageError

pytest.importorskip("access")


def spots(role: str, values, places, **columns) -> gpd.GeoDataFrame:
    names = [f"{role[0]}{i}" for i in range(len(places))]
    return gpd.GeoDataFrame(
        {f"{role}_id": names, role: values, **columns},
        geometry=[Point(p) for p in places],
        crs="EPSG:4490",
    )


def along(*km: float):
    return [move(HERE, 90, 1000 * each) for each in km]


def test_two_steps_worked_by_hand():
    """Road at 60 km/h: a minute a kilometre.

    Supplies at 0 and 10 km, demands at 2, 6 and 18 km, catchment 8 min.

    s0 (30) is shared by d0 and d1 (100 + 200): 0.1. s1 (60) by d0, d1, d2 (100 + 200 + 300): 0.1.
    d0 gets 0.1 + 0.1, d1 the same, d2 gets 0.1.
    """
    found = catchment(
        straight(),
        spots("demand", [100, 200, 300], along(2, 6, 18)),
        spots("supply", [30, 60], along(0, 10)),
        max_minutes=8.1,
    )
    assert tuple(found.columns) == CATCHMENT_COLUMNS and found["demand_id"].tolist() == [
        "d0",
        "d1",
        "d2",
    ]
    assert found["accessibility"].tolist() == pytest.approx([0.2, 0.2, 0.1])
    assert found["supplies_within"].tolist() == [2, 2, 1]
    assert found["nearest_min"].tolist() == pytest.approx([2, 4, 8], abs=0.01)


def test_gravity_worked_by_hand():
    """Weight 1 / minutes: 30 / 2 + 60 / 8 at 2 km."""
    found = catchment(
        straight(), spots("demand", [1], along(2)), spots("supply", [30, 60], along(0, 10)),
        max_minutes=20, method="gravity", weight=lambda minutes: 1 / minutes,
    )  # fmt: skip
    assert found["accessibility"].tolist() == pytest.approx([30 / 2 + 60 / 8], rel=1e-3)


def test_a_weight_counts_in_both_steps():
    """Weights 1 up to 5 min, 0.5 up to 10: s (12) is shared by 100 x 1 + 40 x 0.5 = 120, so 0.1;
    the far one gets half.
    """
    found = catchment(
        straight(), spots("demand", [100, 40], along(2, 8)), spots("supply", [12], along(0)),
        max_minutes=10, weight=lambda minutes: 1.0 if minutes <= 5 else 0.5,
    )  # fmt: skip
    assert found["accessibility"].tolist() == pytest.approx([0.1, 0.05])


amounts = st.lists(st.integers(0, 500), min_size=5, max_size=5)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    kmh=speeds,
    oneway=oneways,
    wanted=amounts,
    given_=amounts,
    minutes=st.floats(0.5, 20),
    sigma=st.floats(1, 30),
)
def test_what_is_shared_out_is_what_there_is(kmh, oneway, wanted, given_, minutes, sigma):
    """The sum of demand times accessibility is the supply of those that anybody reaches; and an
    oracle in numpy.
    """
    network, nodes = lattice(kmh, oneway)
    demand, supply = spots("demand", wanted, nodes[:5]), spots("supply", given_, nodes[7:12])

    def weight(t: float) -> float:
        return float(np.exp(-t * t / (2 * sigma * sigma)))

    found = catchment(network, demand, supply, max_minutes=minutes, weight=weight)
    times = travel_times(
        network,
        demand.rename(columns={"demand_id": "site_id"}),
        supply.rename(columns={"supply_id": "site_id"}),
    )
    cost = times["minutes"].to_numpy().reshape(5, 5)
    share = np.where(cost <= minutes, np.exp(-(np.nan_to_num(cost) ** 2) / (2 * sigma**2)), 0)
    pull = share.T @ np.array(wanted)
    ratio = np.divide(given_, pull, out=np.zeros(5), where=pull > 0)
    assert found["accessibility"].to_numpy() == pytest.approx(share @ ratio, rel=1e-9)
    served = float(np.array(given_)[pull > 0].sum())
    assert float(found["accessibility"] @ np.array(wanted)) == pytest.approx(served, rel=1e-9)


def test_no_supply_in_reach_is_zero_and_no_road_is_unknown():
    demand = spots("demand", [1, 1], [*along(15), (120.0, 38.0)])
    found = catchment(straight(), demand, spots("supply", [5], along(0)), max_minutes=10)
    assert found["accessibility"][0] == 0 and np.isnan(found["accessibility"][1])
    assert np.isnan(found["nearest_min"][0]) and [
        place for place, _ in found.attrs["unanswered"]
    ] == ["d1"]


def test_a_supply_that_nobody_demands_serves_nobody_and_is_named():
    demand = spots("demand", [0, 10], along(1, 18))
    found = catchment(straight(), demand, spots("supply", [5, 5], along(0, 19)), max_minutes=3)
    assert found["accessibility"].tolist() == pytest.approx([0, 0.5])
    assert found.attrs["notes"] == [
        ("s0", "no demand is within reach of this supply: it serves nobody")
    ]


def test_the_frames_stay_as_they_were():
    demand, supply = spots("demand", [1, 2], along(1, 2)), spots("supply", [5], along(0))
    copies = demand.copy(), supply.copy()
    sxgeo.catchment(straight(), demand, supply, max_minutes=5)
    assert demand.equals(copies[0]) and supply.equals(copies[1])


def test_every_bad_value_is_listed():
    demand = spots("demand", [1, -2, "many"], along(1, 2, 3))
    supply = spots("supply", [5.0, np.nan], along(0, 1))
    with pytest.raises(
        InputError,
        match=(
            r"(?s)demand, row 1: demand is -2.*demand, row 2: demand is 'many'.*supply, row 1:"
            r" supply is .*nan"
        ),
    ):
        catchment(straight(), demand, supply, max_minutes=5)
    with pytest.raises(
        InputError, match=r"(?s)demand: no column 'demand'.*supply: no column 'supply'"
    ):
        catchment(
            straight(), demand.drop(columns="demand"), supply.drop(columns="supply"), max_minutes=5
        )
    with pytest.raises(InputError, match="demand: no rows"):
        catchment(straight(), demand.iloc[:0], supply, max_minutes=5)


def test_weights_that_are_none_are_listed_by_time():
    demand, supply = spots("demand", [1, 1], along(0, 2)), spots("supply", [5], along(0))
    with pytest.raises(InputError, match=r"at 0 min it fails \(.*division"):
        catchment(
            straight(), demand, supply, max_minutes=5, method="gravity", weight=lambda t: 1 / t
        )
    with pytest.raises(InputError, match="at 2 min it is -2; it must be finite and 0 or more"):
        catchment(straight(), demand, supply, max_minutes=5, weight=lambda t: -t)


def test_wrong_options_are_usage():
    demand, supply = spots("demand", [1], along(0)), spots("supply", [5], along(0))
    with pytest.raises(UsageError, match=r"unknown method 'two_step'\. Did you mean 'two_stage'"):
        catchment(straight(), demand, supply, max_minutes=5, method="two_step")
    with pytest.raises(UsageError, match="gravity needs a weight"):
        catchment(straight(), demand, supply, max_minutes=5, method="gravity")
    with pytest.raises(UsageError, match="max_minutes is 0"):
        catchment(straight(), demand, supply, max_minutes=0)


def test_without_access_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "access", None)
    with pytest.raises(InputError, match=r"pip install 'sxgeo\[access\]'"):
        catchment(
            straight(),
            spots("demand", [1], along(0)),
            spots("supply", [5], along(0)),
            max_minutes=5,
        )
