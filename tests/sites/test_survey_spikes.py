"""A point of a plot of several rings is on its edge, or the plot says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from bad_files import SURVEY

from sxgeo.geometry.projection import to_plane
from sxgeo.sites.read import read_sites

INNER = [(50, 50), (50, 90), (90, 90), (90, 50), (50, 50)]


def survey(inner: list[tuple[int, int]]) -> str:
    outer = [(0, 0), (0, 200), (200, 200), (200, 0), (0, 0)]
    rows = [(1, i, p) for i, p in enumerate(outer, 1)] + [(2, i, p) for i, p in enumerate(inner, 1)]
    points = "".join(
        f"J{i},{ring},{4207500 + north},{38420500 + east}\n" for ring, i, (north, east) in rows
    )
    return f"{SURVEY}{len(rows)},3.84,DK2,地块二,面,,林地,0301,@\n{points}"


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("far", [20, 5_000, 100_000])
def test_a_spike_in_a_plot_of_several_rings_is_never_dropped(
    tmp_path: Path, at: int, far: int
) -> None:
    """A corner run out along the side before it and back over itself: the area stays, and the point
    lies on no edge of what is left.
    """
    (a, b), (c, d) = INNER[at - 1], INNER[at]
    size = max(abs(c - a), abs(d - b))
    spike = (c + far * (c - a) // size, d + far * (d - b) // size)
    file = tmp_path / "plot.txt"
    for inner in (
        [*INNER[:at], spike, *INNER[at:]],
        [*INNER[:-1], spike] if at == 4 else [*INNER[:at], spike, *INNER[at:]],
    ):
        file.write_text(survey(inner), encoding="utf-8")
        told = {site.site_id: site for site in read_sites(file)}["DK2"]
        if told.usable:
            place = shapely.Point(420_500 + spike[1], 4_207_500 + spike[0])
            edge = shapely.boundary(to_plane(told.geometry, "EPSG:4547"))
            assert shapely.distance(place, edge) < 0.02
        else:
            assert any("crosses" in problem for problem in told.problems)
    file.write_text(survey(INNER), encoding="utf-8")
    plain = {site.site_id: site for site in read_sites(file)}["DK2"]
    assert plain.usable and not plain.doubtful
    assert plain.geometry.interiors
