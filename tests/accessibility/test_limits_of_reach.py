"""What a table and an area must not lose, nor hold too much: who has no answer, the way back, the
last ring.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from small_roads import HERE, move, straight

from sxgeo.analysis.accessibility.ground import Sheet, washed
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.analysis.network.rail import Line, Stop, with_lines

LOST = {"north": move(HERE, 0, 90_000), "south": move(HERE, 180, 90_000)}


@pytest.mark.parametrize("origins", [(HERE,), (HERE, LOST["north"]), (LOST["north"],)])
@pytest.mark.parametrize("destinations", [(HERE,), (HERE, LOST["south"]), (LOST["south"],)])
def test_everyone_without_an_answer_is_named_origins_and_destinations(
    origins, destinations
) -> None:
    table = travel_times(straight(), list(origins), list(destinations))
    named = {place for place, _ in table.attrs["unanswered"]}
    lost = {place for place in (*origins, *destinations) if place in LOST.values()}
    assert named == {f"{lon!r},{lat!r}" for lon, lat in lost}
    assert len(table) == len(origins) * len(destinations)
    answered = table["minutes"].notna().to_numpy().reshape(len(origins), len(destinations))
    for row, o in enumerate(sorted(origins, key=str)):
        for column, d in enumerate(sorted(destinations, key=str)):
            assert answered[row, column] == (o not in lost and d not in lost)


def test_a_ride_goes_back_where_the_network_is_reversed() -> None:
    """A line that runs one way only: there from its first stop, and turned round from its last."""
    ends = [HERE, move(HERE, 90, 40_000)]
    stops = [Stop(name, name, *place) for name, place in zip("ab", ends, strict=True)]
    there = with_lines(straight(45_000, 30), stops, [Line("l", "l", ("a", "b"), (5.0,))])
    legs = there.legs
    assert legs is not None
    one_way = legs.tail != legs.head
    assert one_way.all()
    back = there.reversed()
    assert back.legs is not None
    assert np.array_equal(back.legs.tail, legs.head) and np.array_equal(back.legs.head, legs.tail)
    assert np.array_equal(back.legs.ticks, legs.ticks)
    again = back.reversed()
    assert again.legs is not None and np.array_equal(again.legs.tail, legs.tail)
    # by road there and back is the same; a leg that is cut in one direction shows which is which
    kept = np.arange(len(legs.tail)) < len(legs.tail) // 2
    half = replace(
        there,
        legs=replace(legs, tail=legs.tail[kept], head=legs.head[kept], ticks=legs.ticks[kept]),
    )

    def minutes(network, start, end) -> float:
        return float(travel_times(network, [start], [end])["minutes"].iloc[0])

    for start, end in (ends, ends[::-1]):
        assert minutes(half.reversed(), start, end) == minutes(half, end, start)
    for end in ends:
        hither = isochrones(half, [end], [30], reverse=True).geometry[0]
        thither = isochrones(half.reversed(), [end], [30]).geometry[0]
        assert shapely.equals(hither, thither)


@pytest.mark.parametrize("cap_m", [100.0, 149.0, 250.0, 251.0, 1000.0])
@pytest.mark.parametrize("cell_m", [50.0, 100.0])
def test_nobody_walks_beyond_the_cap_and_everybody_up_to_it(cap_m: float, cell_m: float) -> None:
    """From one cell of road in the middle of open ground: along the grid's axes knots are reached
    as far as whole cells fit into the cap, and not one farther.
    """
    size = 61
    middle = size * (size // 2) + size // 2
    none = np.array([], dtype=np.int64)
    sheet = Sheet(size, size, np.array([middle]), np.array([0]), np.array([True]), none)
    ticks = washed(sheet, cell_m, cap_m, 5.0, 10_000_000)
    reached = ticks < ticks.max()
    row, column = np.nonzero(reached)
    low = size // 2  # the knots of the road's cell are `low` and the next
    steps = int(cap_m // cell_m)
    assert (column.min(), column.max()) == (low - steps, low + 1 + steps)
    assert (row.min(), row.max()) == (low - steps, low + 1 + steps)
    ahead = ticks[low, low + 1 : low + 2 + steps]
    per_cell = cell_m / 1000 / 5.0 * 36_000
    assert np.allclose(np.diff(ahead), per_cell, atol=1)
