"""What a plot is when nothing more is said of it."""

from __future__ import annotations

from dataclasses import replace

import shapely

import sxgeo
from sxgeo.model.accuracy import PREFIX, default_accuracy
from sxgeo.model.sites import Sites

PLOT = shapely.box(112.6, 38.3, 112.602, 38.302)


def test_an_accuracy_that_nobody_gave_is_the_default_and_never_nought() -> None:
    bare = sxgeo.Site("A", PLOT)
    assert (bare.accuracy_m, bare.accuracy_source) == default_accuracy("geometry")
    assert bare.accuracy_m > 0 and bare.accuracy_source.startswith(PREFIX)
    given = sxgeo.Site("A", PLOT, accuracy_m=0.0)
    assert (given.accuracy_m, given.accuracy_source) == (0.0, "option")
    assert replace(bare, name="甲").accuracy_m == bare.accuracy_m
    report = sxgeo.check_sites(Sites((bare,)))
    assert report.sites[0].site.accuracy_m == bare.accuracy_m
