"""Areas of reach in the page: bands, their error, two days side by side."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import on_ground

import sxgeo
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.maps import build_map
from sxgeo.maps.bands import band_rows, error_words, origin_rows, reach, scenario, zone_for

XINFU = (112.7346, 38.4163)
TODAY, NEXT = "2026-11-21", "2027-12-31"


def areas(*rows: tuple, **attrs) -> gpd.GeoDataFrame:
    """One row per (origin, minutes, contour, half width in metres)."""
    frame = gpd.GeoDataFrame(
        {
            "origin_id": [r[0] for r in rows],
            "minutes": [r[1] for r in rows],
            "contour": [r[2] for r in rows],
            "area_km2": [4 * r[3] ** 2 / 1e6 for r in rows],
            "snap_m": [120.0 for _ in rows],
        },
        geometry=[on_ground(shapely.box(-r[3], -r[3], r[3], r[3])) for r in rows],
        crs="EPSG:4490",
    )
    frame.attrs.update(attrs)
    return frame


def test_a_band_holds_its_area_its_error_and_what_is_known_of_it():
    frame = areas(
        ("a", 30, "inner", 1000),
        ("a", 30, "middle", 2000),
        ("a", 30, "outer", 3000),
        time_error_share=0.25,
    )
    (band,) = band_rows(frame, {"a": "甲站"})
    assert band["minutes"] == 30 and band["area_km2"] == 16.0
    assert (
        len(band["error"]) == 1 and len(band["error"][0]) == 2
    )  # one ring round another: what lies between them
    assert len(band["inner"]) == len(band["outer"]) == 1
    told = dict(band["rows"])
    assert told["起点"] == "甲站" and told["到路网"] == "120 米（已计入时间）"
    assert told["时间误差"] == "±25%：实际可能为 22.5 至 37.5 分钟"
    assert told["说明"] == "基于简化路网估算，误差带见图，不作为交通论证依据。"


def test_without_contours_there_is_no_error_band_and_the_notice_does_not_speak_of_one():
    (band,) = band_rows(areas(("a", 30, "middle", 2000)).drop(columns="contour"))
    assert "error" not in band and "inner" not in band
    assert dict(band["rows"])["说明"] == "基于简化路网估算，不作为交通论证依据。"
    assert dict(band["rows"])["时间误差"] == "未说明"  # the frame does not say: never 0


def test_contours_without_a_middle_are_drawn_as_edges():
    (band,) = band_rows(areas(("a", 30, "inner", 1000), ("a", 30, "outer", 3000)))
    assert band["rings"] == [] and band["error"] and band["places"]


def test_short_times_lie_on_long_ones_and_origins_keep_their_order():
    frame = areas(("b", 15, "middle", 900), ("a", 15, "middle", 900), ("a", 60, "middle", 4000))
    assert [(band["origin"], band["minutes"]) for band in band_rows(frame)] == [
        ("a", 60),
        ("a", 15),
        ("b", 15),
    ]


def test_an_empty_frame_draws_nothing_and_a_wrong_one_is_refused():
    assert band_rows(areas()) == []
    with pytest.raises(InputError, match="areas lacks column"):
        band_rows(areas().drop(columns="minutes"))
    zone = sxgeo.load_zone("taixin")
    with pytest.raises(InputError, match="areas is of type str; give the frame"):
        reach(zone, "60")  # type: ignore[arg-type]


def test_the_words_of_an_error_are_those_of_the_share():
    assert error_words(0.1, 60) == "±10%：实际可能为 54 至 66 分钟"
    assert error_words(None, 60) == "未说明"


def test_origins_come_from_the_frame_of_isochrones():
    frame = areas(("a", 15, "middle", 900), origins=[("a", 112.5, 38.25)])
    assert origin_rows(frame, {"a": "甲"}) == [{"id": "a", "zh": "甲", "at": [38.25, 112.5]}]
    assert origin_rows(areas(("a", 15, "middle", 900))) == []


@pytest.fixture(scope="module")
def compared():
    return sxgeo.compare(sxgeo.load_network("taixin"), XINFU, TODAY, NEXT, minutes=(30, 90))


def test_a_scenario_tells_both_days_the_line_that_opens_and_what_it_gains(compared):
    told = scenario(compared)
    assert told["days"] == [TODAY, NEXT]
    assert [len(told[side]) for side in ("before", "after")] == [2, 2]
    assert (
        dict(told["before"][0]["rows"])["日期"] == TODAY
        and dict(told["after"][0]["rows"])["日期"] == NEXT
    )
    (line,) = told["lines"]
    assert (line["id"], line["zh"], line["runs"], line["planned"]) == (
        "LK-XX",
        "雄忻高铁",
        "after",
        "2027-03",
    )
    assert line["opens"] == ""  # planned, not opened: the page must not say that it runs
    small, large = told["gained"]
    assert small["gained_km2"] == 0 and small["rings"] == [] and small["places"] == []
    assert large["rings"] and large["gained_km2"] > 15
    assert large["after_km2"] == pytest.approx(compared.after["area_km2"].iloc[1], abs=0.05)
    assert all(
        place["before"] is None or place["before"] > place["after"] for place in told["places"]
    )
    assert "假定" in told["assumed_zh"] and told["error_share"] == 0.45 and told["banded"] is False


def test_two_days_with_contours_have_their_error_bands_and_one_gain_for_each_limit():
    days = sxgeo.compare(
        sxgeo.load_network("taixin"),
        XINFU,
        TODAY,
        NEXT,
        minutes=(30, 90),
        contours=("inner", "middle", "outer"),
    )
    told = scenario(days)
    assert told["banded"] and all(
        "error" in band for side in ("before", "after") for band in told[side]
    )
    assert [gain["minutes"] for gain in told["gained"]] == [30, 90]
    middle = days.areas[days.areas["contour"] == "middle"]["after_km2"]
    assert [gain["after_km2"] for gain in told["gained"]] == [round(value, 1) for value in middle]
    assert "误差带见图" in dict(told["after"][0]["rows"])["说明"]


def test_the_label_of_a_gain_lies_in_it(compared):
    gain = scenario(compared)["gained"][1]
    ((lat, lon),) = gain["places"]
    shape = compared.areas.geometry.iloc[1]
    assert (
        shape.distance(shapely.Point(lon, lat)) < 0.001
    )  # the drawing is simplified by 0.0002 degree


def test_days_on_which_nothing_differs_say_so():
    same = sxgeo.compare(sxgeo.load_network("taixin"), XINFU, "2026-11-20", TODAY, minutes=(30,))
    told = scenario(same)
    assert told["lines"] == [] and told["places"] == [] and told["gained"][0]["gained_km2"] == 0
    assert list(same.lines.columns) == [
        "link_id",
        "name_zh",
        "name_en",
        "design_speed_kmh",
        "opens",
        "planned_open",
        "runs",
    ]


def test_two_maps_of_one_comparison_are_the_same_bytes(compared):
    pages = [build_map("taixin", layers=[], areas=compared).to_html() for _ in range(2)]
    assert pages[0] == pages[1] and "雄忻高铁" in pages[0]


def test_the_map_of_a_network_is_that_of_its_zone_else_of_the_zone_that_holds_the_origin():
    assert zone_for("taixin", [("a", 2.0, 48.0)]).id == "taixin"
    assert zone_for("roads.npz", [("a", *XINFU)]).id == "taixin"
    with pytest.raises(InputError, match="origin a lies in no zone with an outline"):
        zone_for("roads.npz", [("a", 87.6, 43.8)])


def commands() -> list[str]:
    text = (Path(__file__).parents[2] / "docs" / "page.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [
        line for block in blocks for line in block.splitlines() if line.startswith("sxgeo reach")
    ]


@pytest.mark.parametrize("line", commands())
def test_the_commands_of_the_page_about_the_page_write_a_map(tmp_path, monkeypatch, capsys, line):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    assert main(words[1:]) == 0
    page = (tmp_path / words[-1]).read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>") and "基于简化路网估算" in page
    assert "map of taixin" in capsys.readouterr().err


def test_a_map_of_reach_needs_a_file_and_an_origin_in_a_zone(tmp_path, capsys):
    command = ["reach", "112.5489,37.8706", "--minutes", "15", "--format", "html"]
    assert main(command) == 2
    assert "--format html needs -o FILE" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_areas_in_another_system_are_drawn_where_they_lie() -> None:
    network = sxgeo.load_network("taixin")
    areas = sxgeo.isochrones(network, [(112.582, 37.860)], [15])
    attrs = dict(areas.attrs)
    flat = areas.to_crs(4547)
    flat.attrs = attrs
    (there,), (here,) = (reach(sxgeo.load_zone("taixin"), frame)[0] for frame in (flat, areas))
    assert np.allclose(there["places"], here["places"], atol=2e-5)
    (named,) = reach(sxgeo.load_zone("taixin"), areas.rename_geometry("shape"))[0]
    assert named["places"] == here["places"]
    with pytest.raises(InputError, match="no geometry column"):
        reach(sxgeo.load_zone("taixin"), gpd.GeoDataFrame({"minutes": [15]}))


def test_roads_are_no_areas_and_the_page_says_so() -> None:
    roads = sxgeo.isochrones(sxgeo.load_network("taixin"), [(112.582, 37.860)], [15], kind="edges")
    with pytest.raises(InputError, match="kind='area'"):
        sxgeo.build_map("taixin", areas=roads)


def test_several_origins_have_names_and_colours_of_their_own() -> None:
    areas = sxgeo.isochrones(
        sxgeo.load_network("taixin"), [(112.582, 37.860), (112.73, 38.41)], [15, 30]
    )
    areas.attrs["names"] = {"112.582,37.86": "太原站"}
    bands = reach(sxgeo.load_zone("taixin"), areas)[0]
    assert len({band["zh"] for band in bands}) == 4 and len({band["colour"] for band in bands}) == 4
    assert any(band["zh"] == "太原站：15 分钟可达范围" for band in bands)
