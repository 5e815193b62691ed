"""Vector files that people really bring: nothing of them is lost without a word, and nothing
certain is doubted.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from bad_files import PLOT, write_good
from reading_cases_vector import (
    BESIDE,
    CASES,
    METRES,
    UNSEEN,
    Reading,
    area_ha,
    collection,
    drawn,
    feature,
    in_block,
    is_close,
    on_layer,
    written,
)
from reading_cases_vector import PLOT as SQUARE_OF

from sxgeo.errors import InputError, UsageError
from sxgeo.sites.formats.assumptions import checked_assumptions
from sxgeo.sites.read import read_sites, read_some


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_gives_what_it_holds(case: Reading, tmp_path: Path) -> None:
    path = case.build(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    # a KML says nothing of its imagery: what is certain in it is so once the datum is said
    said = {"datum": "CGCS2000"} if path.suffix in (".kml", ".kmz") and case.right == "read" else {}
    sites, unread = read_some(path, assume={**said, **case.assume})
    assert sorted(tmp_path.rglob("*")) == before, "reading left something behind"
    if case.right == "refuse":
        assert unread and not sites.sites
        assert case.words in unread[0] and path.name in unread[0]
        return
    assert not unread
    if case.right == "site":
        assert any(case.words in p for s in sites.sites if not s.usable for p in s.problems), (
            sites.sites
        )
        return
    assert [s.usable for s in sites.sites] == [True] * case.count, sites.sites
    assert is_close(area_ha([s.geometry for s in sites.sites]), case.hectares)
    assert {s.doubtful for s in sites.sites} == {case.right == "doubt"}, sites.sites
    if case.words:
        assert any(case.words in p for s in sites.sites for p in s.problems), sites.sites
    kinds = {entry["kind"] for entry in sites.autopsy[0].get("left_out", ())}
    assert (case.left_out in kinds) if case.left_out else not kinds, sites.autopsy[0].get(
        "left_out"
    )


def test_the_cases_are_many_and_of_every_kind() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.right for case in CASES} == {"read", "doubt", "refuse", "site"}


@pytest.mark.parametrize("state", ["lock", None, "off_above"])
def test_what_a_drawing_shows_gets_no_word(state: str | None, tmp_path: Path) -> None:
    # a locked layer is seen, and so is a layer of its own in a block on a layer that is off
    draw = {
        "lock": on_layer("lock"),
        None: on_layer("on"),
        "off_above": in_block("off", "红线"),
    }[state]
    sites, unread = read_some(drawn(tmp_path, draw), assume=METRES)
    assert not unread and len(sites.sites) == 2
    assert not any(UNSEEN in p for s in sites.sites for p in s.problems)
    assert "not_shown" not in sites.autopsy[0]["drawing"]


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "fgb", "kml", "gml", "wkt", "dxf"])
def test_a_name_as_long_as_a_name_may_be_is_read_or_refused(suffix: str, tmp_path: Path) -> None:
    path = write_good(tmp_path / f"short.{suffix}")
    for part in tmp_path.glob("short.*"):
        part.rename(tmp_path / ("a" * (255 - len(part.suffix)) + part.suffix))
    long = tmp_path / ("a" * (254 - len(suffix)) + f".{suffix}")
    assert long.exists() and not path.exists()
    sites, unread = read_some(long, assume={"datum": "CGCS2000"})
    assert not unread and sites.sites[0].usable


def test_a_problem_that_quotes_a_file_is_not_taken_for_a_repair(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    shape = json.loads(shapely.to_geojson(PLOT))
    props = {"name": "甲", "site_accuracy_m": "crosses itself"}
    good = {"type": "Feature", "properties": {"name": "乙"}, "geometry": shape}
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [good, {"type": "Feature", "properties": props, "geometry": shape}],
            }
        )
    )
    sites, _ = read_some(path)
    assert any("crosses itself" in p for s in sites.sites for p in s.problems)
    assert sites.autopsy[0]["repaired"] == []


def test_a_hole_that_lies_outside_costs_its_own_plot_and_not_the_file(tmp_path: Path) -> None:
    """A ring less a hole as large as itself has its centroid anywhere, and so on no plane."""
    spoilt = shapely.Polygon(SQUARE_OF.exterior, [BESIDE.exterior])
    assert not 73 < spoilt.centroid.x < 136
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection(feature(SQUARE_OF), feature(spoilt))), encoding="utf-8")
    sites, unread = read_some(path)
    assert not unread
    assert [(site.usable, site.doubtful) for site in sites.sites] == [(True, False), (True, True)]


def test_a_spline_that_closes_is_followed_between_its_knots(tmp_path: Path) -> None:
    """By the formula of the uniform cubic spline: its third part of each corner's square stays
    inside the corners.
    """
    corners = np.array([(0.0, 0.0), (600.0, 0.0), (600.0, 600.0), (0.0, 600.0)])
    share = np.linspace(0, 1, 2001)[:, None]
    curve = np.vstack(
        [
            (1 - share) ** 3 * corners[i - 3]
            + (3 * share**3 - 6 * share**2 + 4) * corners[i - 2]
            + (-3 * share**3 + 3 * share**2 + 3 * share + 1) * corners[i - 1]
            + share**3 * corners[i]
            for i in range(4)
        ]
    ) / 6  # fmt: skip
    path = drawn(
        tmp_path,
        lambda drawing, space: space.add_spline().set_closed(
            [(x + 38385700.0, y + 4223500.0, 0.0) for x, y in corners]
        ),
        plot=False,
    )
    (site,) = read_some(path, assume=METRES)[0].sites
    assert not site.doubtful
    hectares = shapely.Polygon(curve).area / 1e4
    assert area_ha([site.geometry]) == pytest.approx(hectares, abs=0.002)


def test_a_message_does_not_repeat_a_number_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    text = json.dumps(collection(feature(SQUARE_OF))).replace("112.", "1" * 5000 + ".", 1)
    path.write_text(text, encoding="utf-8")
    (message,) = read_some(path)[1]
    assert len(message) < 600 and "give GeoJSON" in message


@pytest.mark.parametrize("zone", ["²", "③", "9" * 5000, "038"])
def test_a_zone_that_is_no_zone_is_wrong_usage_whatever_its_digits(zone: str) -> None:
    with pytest.raises(UsageError, match="is not degree-zone number") as caught:
        checked_assumptions({"zone": zone})
    assert len(str(caught.value)) < 300


def test_a_part_that_stands_there_twice_is_refused_where_the_two_differ(tmp_path: Path) -> None:
    path = written(tmp_path / "a.shp", PLOT)
    (tmp_path / "a.PRJ").write_bytes(path.with_suffix(".prj").read_bytes())
    assert read_sites(path).sites[0].usable
    if not (tmp_path / "A.SHP").exists():  # letters of both cases are two files here
        (tmp_path / "a.PRJ").write_text(path.with_suffix(".prj").read_text() + " ")
        with pytest.raises(InputError, match=r"a\.prj and a\.PRJ, which differ"):
            read_sites(path)
