"""Sites as one value: how many, which, in which order, and how they show themselves."""

from __future__ import annotations

from itertools import product

import pytest
import shapely

from sxgeo.errors import UsageError
from sxgeo.model.sites import Site, Sites

PLOT = shapely.box(112.6, 38.3, 112.602, 38.302)


def test_sites_count_their_own_and_give_each_by_number_and_by_id() -> None:
    for count in range(4):
        plots = tuple(Site(f"S{k}", PLOT) for k in range(count))
        sites = Sites(plots)
        assert len(sites) == count and bool(sites)
        assert tuple(sites) == plots
        for k, plot in enumerate(plots):
            assert sites[k] is sites[f"S{k}"] is sites[k - count] is plot
        with pytest.raises(IndexError):
            sites[count]
        with pytest.raises(UsageError, match="unknown site"):
            sites["other"]


def test_a_site_shows_what_it_is_and_sites_how_many_are_bad() -> None:
    for shape, doubtful, problems, name in product(
        (PLOT, None), (True, False), ((), ("a",), ("a", "b")), ("", "甲")
    ):
        site = Site("A", shape, name=name, doubtful=doubtful, problems=problems, accuracy_m=2.0)
        assert site.usable == (shape is not None)
        kind = "unusable" if shape is None else "Polygon"
        words = {0: "", 1: ", 1 problem", 2: ", 2 problems"}[len(problems)]
        doubt = ", doubtful" if doubtful else ""
        named = " (甲)" if name else ""
        assert repr(site) == f"<Site A{named}: {kind}, accuracy 2 m{doubt}{words}>"
        other = Site("B", PLOT)
        bad, doubts = int(shape is None), int(doubtful)
        assert repr(Sites((site, other))) == (
            f"<Sites: 2 sites, {bad} unusable, {doubts} doubtful>"
        )


def test_an_accuracy_that_was_given_says_so_and_keeps_its_source() -> None:
    assert Site("A", PLOT, accuracy_m=3.0).accuracy_source == "option"
    assert Site("A", PLOT, accuracy_m=3.0, accuracy_source="column").accuracy_source == "column"
    assert Site("A", PLOT).accuracy_source.startswith("default: ")
