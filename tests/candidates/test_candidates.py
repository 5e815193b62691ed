"""Candidates by the public name and the command: what is told, what is refused, and that it
replays.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import box, on_ground

import sxgeo
from sxgeo.analysis.candidates.describe import COLUMNS
from sxgeo.analysis.candidates.uncertainty import overlap_probability
from sxgeo.cli import main
from sxgeo.errors import AnalysisError, InputError, UsageError

TAIYUAN = (112.55, 37.87)
PARK = shapely.box(112.60, 37.95, 112.72, 38.03)


def find(zone: Any = PARK, **values: Any) -> Any:
    return sxgeo.find_candidates(zone, **{"project_type": "industrial", **values})


def file_of(path: Path, *shapes: Any, **columns: Any) -> Path:
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4490").to_file(path)
    return path


@pytest.fixture(scope="module")
def found() -> Any:
    return find(
        within=[(TAIYUAN, 60)], clear_of=["heritage_sites"], min_area_ha=20, min_width_m=200
    )


def test_each_candidate_is_told_with_its_figures_and_agrees_with_the_check(found: Any) -> None:
    frame = found.frame
    assert tuple(frame.columns) == (COLUMNS[0], "rank", "score", *COLUMNS[1:], "geometry")
    assert (frame["area_ha"] >= 20).all() and (frame["width_m"] >= 199).all()
    assert (frame["minutes"] <= 60 * 1.5).all() and frame["minutes_error"].notna().all()
    assert frame["unknown"].map(json.loads).map(len).min() > 0
    report = sxgeo.check_sites(frame, project_type="industrial")
    told = {s.site.site_id: (s.verdict, s.known_verdict) for s in report.sites}
    own = zip(frame["verdict"], frame["known_verdict"], strict=True)
    assert told == dict(zip(frame["site_id"], own, strict=True))


def test_with_the_bundled_data_alone_nothing_is_surely_available(found: Any) -> None:
    assert found.maps["area_ha"].iloc[0] == 0
    assert set(found.frame["grade"]) == {"known"}
    assert (found.frame["unknown_ha"] == found.frame["area_ha"]).all()


def test_ranking_is_stated_and_stable() -> None:
    values: dict[str, Any] = {
        "within": [(TAIYUAN, 60)],
        "clear_of": ["heritage_sites", "air_stations"],
    }
    large = find(**values, rank_by=["-area_ha"]).frame
    assert large["area_ha"].is_monotonic_decreasing
    assert large["rank"].is_monotonic_increasing
    weighed = find(**values, rank_by={"area_ha": 1.0, "minutes": -2.0}).frame
    assert weighed["score"].is_monotonic_decreasing
    assert sorted(weighed["site_id"]) == sorted(large["site_id"])
    with pytest.raises(UsageError, match="unknown criterion 'beauty'"):
        find(rank_by=["beauty"])


def test_away_is_at_least_and_near_at_most(tmp_path: Path) -> None:
    well = file_of(
        tmp_path / "well.geojson", shapely.Point(112.66, 37.99), position_accuracy_m=[1.0]
    )
    kept = find(away=[(well, 800)]).frame
    plane = gpd.read_file(well).to_crs("EPSG:4546").geometry.iloc[0]
    apart = kept.to_crs("EPSG:4546").distance(plane)
    assert 800 <= apart.min() <= 800 * 1.02 + 0.3
    within = find(near=[(well, 800)]).frame.to_crs("EPSG:4546")
    corners = within.get_coordinates().to_numpy() - (plane.x, plane.y)
    assert np.hypot(*corners.T).max() <= 800


def test_a_layer_outside_the_area_reaches_in(tmp_path: Path) -> None:
    well = file_of(
        tmp_path / "out.geojson", shapely.Point(112.595, 37.99), position_accuracy_m=[1.0]
    )
    kept = find(away=[(well, 1500)])
    assert kept.frame["area_ha"].sum() < find().frame["area_ha"].sum() - 100


def test_an_unknown_accuracy_is_never_taken_as_zero(tmp_path: Path) -> None:
    well = file_of(tmp_path / "w.geojson", shapely.Point(112.66, 37.99), name=["a"])
    world = find(away=[(well, 800)]).world
    own = next(c for c in world.constraints if c.key.startswith("away"))
    assert own.surely.empty is not None and not own.possible.outs


def test_land_use_gives_shares_and_bounds(tmp_path: Path) -> None:
    west, east = (
        shapely.box(112.60, 37.95, 112.66, 38.03),
        shapely.box(112.66, 37.95, 112.70, 38.03),
    )
    land = file_of(tmp_path / "land.geojson", west, east, DLMC=["工业用地", "旱地"])
    shares = find(land_layer=land).frame["land"].map(json.loads).iloc[0]
    assert shares["工业用地"] == pytest.approx(0.5, abs=0.02)
    assert shares["未知 unknown"] == pytest.approx(1 / 6, abs=0.02)
    only = find(land_layer=land, land_use=["旱地"])
    assert only.frame.total_bounds[0] >= 112.66 - 1e-6
    # east of both the layer says nothing: that is not known, and not excluded
    assert only.frame.total_bounds[2] > 112.719
    assert any("says nothing on" in text for text in only.remarks)
    blank = sum(json.loads(text).get("land_use", 0) for text in only.frame["unknown"])
    assert blank == pytest.approx(only.frame["area_ha"].sum() / 3, rel=0.05)
    why = only.why_not((112.63, 37.99))
    assert "land_use" in set(why["constraint"])
    assert "land_use" not in set(only.why_not((112.71, 37.99))["constraint"])
    with pytest.raises(UsageError, match="no land is of class '林地'"):
        find(land_layer=land, land_use=["林地"])
    with pytest.raises(InputError, match="has no field 'X'"):
        find(land_layer=land, land_field="X")


def test_a_model_of_heights_that_ends_inside_is_unknown_and_not_excluded(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    step, rows, columns = 0.001, 100, 70
    x = np.arange(columns)[None, :] * np.ones((rows, 1))
    heights = np.where(x > 40, (x - 40) * 60.0, 0.0).astype("float32")
    path = tmp_path / "dem.tif"
    told = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32"}
    transform = rasterio.transform.from_origin(112.595, 38.04, step, step)
    with rasterio.open(path, "w", crs="EPSG:4490", transform=transform, **told) as target:
        target.write(heights, 1)
    kept = find(dem=path, max_slope_pct=25)
    assert any("has no slope on" in text for text in kept.remarks)
    assert shapely.covers(shapely.union_all(kept.frame.geometry), shapely.Point(112.70, 37.99))
    assert not shapely.intersects(
        shapely.union_all(kept.frame.geometry), shapely.Point(112.65, 37.99)
    )
    assert max(json.loads(text).get("slope", 0) for text in kept.frame["unknown"]) > 100
    assert "slope" in set(kept.why_not((112.65, 37.99))["constraint"])
    assert "slope" not in set(kept.why_not((112.70, 37.99))["constraint"])
    with pytest.raises(UsageError, match="go together"):
        find(max_slope_pct=25)


def dem_file(path: Path, heights: Any, step: float, corner: tuple[float, float]) -> Path:
    rasterio = pytest.importorskip("rasterio")
    told = {"driver": "GTiff", "count": 1, "dtype": "float64", "crs": "EPSG:4546"}
    told |= {"height": heights.shape[0], "width": heights.shape[1]}
    transform = rasterio.transform.from_origin(*corner, step, step)
    with rasterio.open(path, "w", transform=transform, **told) as target:
        target.write(heights, 1)
    return path


def test_a_slope_of_exactly_the_limit_is_lawful_and_edge_cells_are_unknown(tmp_path: Path) -> None:
    plane = gpd.GeoSeries([PARK], crs="EPSG:4490").to_crs("EPSG:4546")
    west, south, east, north = plane.total_bounds
    step = 64.0  # a power of two: slopes are exact
    columns = int((east - west) / step) + 1
    rows = int((north - south) / step) + 1
    plain = np.arange(columns)[None, :] * np.full((rows, 1), 16.0)  # 25 % everywhere
    path = dem_file(tmp_path / "even.tif", plain, step, (west, north))
    exact = find(dem=path, max_slope_pct=25)
    all_ha = find().frame["area_ha"].sum()
    assert exact.frame["area_ha"].sum() == pytest.approx(all_ha, rel=1e-6)
    # one step less and only the rim is left, whose slope nobody knows
    rim = find(dem=path, max_slope_pct=24.999)
    unknown = sum(json.loads(text)["slope"] for text in rim.frame["unknown"])
    assert unknown == pytest.approx(rim.frame["area_ha"].sum(), rel=0.02)
    assert 0 < rim.frame["area_ha"].sum() < all_ha / 10


def test_a_resource_beyond_the_area_reaches_in_by_its_error(tmp_path: Path) -> None:
    reserve = file_of(
        tmp_path / "beyond.geojson",
        shapely.box(112.58, 37.95, 112.598, 38.03),
        feature_id=["R1"],
        name_zh=["示例保护区"],
        resource_kind=["nature_reserve"],
        subzone=["core_protection_zone"],
        position_accuracy_m=[600.0],
    )
    terms = {"layers": {"protected_areas": reserve}, "clear_of": ["protected_areas"]}
    kept = find(**terms).frame.to_crs("EPSG:4546")
    edge = gpd.read_file(reserve).to_crs("EPSG:4546").geometry.iloc[0]
    assert 602 <= kept.distance(edge).min() <= 602 * 1.02 + 1.5
    before = find(clear_of=["protected_areas"]).frame.to_crs("EPSG:4546")
    assert before.distance(edge).min() < 250


def test_land_of_exactly_the_least_area_is_offered() -> None:
    whole = find(shapely.box(112.65, 37.97, 112.66, 37.98))
    (area,) = whole.frame["area_ha"]
    exact = shapely.area(whole.world.land("known"))[0] / 1e4
    assert len(find(shapely.box(112.65, 37.97, 112.66, 37.98), min_area_ha=exact).frame) == 1
    with pytest.raises(AnalysisError, match=f"the largest found has {area:.2f} ha"):
        find(shapely.box(112.65, 37.97, 112.66, 37.98), min_area_ha=exact * 1.0001)


def test_bad_input_names_the_thing_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"within .*no origin can be answered"):
        find(within=[((150.0, 10.0), 30)])
    with pytest.raises(AnalysisError, match=r"the widest found is \d+\.\d m"):
        find(min_width_m=90_000)
    with pytest.raises(AnalysisError, match=r"the largest found has \d+\.\d\d ha"):
        find(min_area_ha=9e9)
    with pytest.raises(InputError, match="has no outline"):
        find(next(z for z in sxgeo.list_zones()["zone_id"] if sxgeo.load_zone(z).outline is None))
    with pytest.raises(UsageError) as told:
        find(clear_of=["nothing", "urban_boundary"], min_area_ha=-1, away=[("x",)])
    for words in (
        "unknown class 'nothing'",
        "urban_boundary is a place",
        "min_area_ha is -1",
        "away takes",
    ):
        assert words in str(told.value)
    with pytest.raises(InputError, match="neither a file nor a class"):
        find(near=[("nowhere.gpkg", 10)])
    with pytest.raises(InputError, match="no CRS"):
        find(inside=[gpd.GeoDataFrame(geometry=[PARK])])


def test_a_layer_in_an_old_datum_is_refused() -> None:
    old = gpd.GeoDataFrame(geometry=[shapely.box(*PARK.bounds)], crs="EPSG:4610")
    for wish in ({"inside": [old]}, {"away": [(old, 5)]}, {"near": [(old, 5)]}):
        with pytest.raises(InputError, match=r"layer 'frame': .*(Xian|Xi'an)"):
            find(**wish)
    land = old.assign(DLMC="旱地")
    with pytest.raises(InputError, match=r"land-use layer 'frame': .*(Xian|Xi'an)"):
        find(land_layer=land)


def test_a_pair_that_empties_the_result_is_named(tmp_path: Path) -> None:
    west = file_of(
        tmp_path / "west.geojson",
        shapely.box(112.60, 37.95, 112.62, 38.03),
        position_accuracy_m=[1.0],
    )
    east = file_of(
        tmp_path / "east.geojson",
        shapely.box(112.70, 37.95, 112.72, 38.03),
        position_accuracy_m=[1.0],
    )
    with pytest.raises(
        AnalysisError, match=r"west\.geojson' and '.*east\.geojson' leave nothing together"
    ):
        find(inside=[west, east])


def test_a_constraint_that_leaves_nothing_alone_is_named_with_its_reason(tmp_path: Path) -> None:
    far = file_of(tmp_path / "far.geojson", shapely.box(112.85, 38.2, 112.9, 38.3))
    wells = file_of(tmp_path / "wells.geojson", shapely.Point(112.65, 37.99))
    all_over = file_of(tmp_path / "all.geojson", shapely.box(112, 37, 113, 39))
    with pytest.raises(AnalysisError, match=r"far\.geojson: the nearest of it lies 2\d,\d{3} m"):
        find(inside=[far])
    with pytest.raises(AnalysisError, match=r"far\.geojson: the nearest of it lies 2\d,\d{3} m"):
        find(near=[(far, 500)])
    with pytest.raises(AnalysisError, match=r"wells\.geojson: it holds no polygons"):
        find(inside=[wells])
    with pytest.raises(AnalysisError, match=r"all\.geojson ≥ 5 m: all of the area is too near"):
        find(away=[(all_over, 5)])


def test_three_that_empty_the_result_together_are_named_and_no_fourth(tmp_path: Path) -> None:
    # two of them always leave a strip, three leave none
    strips = [(112.60, 112.68), (112.64, 112.72)]
    layers = [
        file_of(
            tmp_path / f"strip{k}.geojson",
            shapely.box(west, 37.95, east, 38.03),
            position_accuracy_m=[1.0],
        )
        for k, (west, east) in enumerate(strips)
    ]
    middle = file_of(
        tmp_path / "middle.geojson",
        shapely.box(112.639, 37.95, 112.681, 38.03),
        position_accuracy_m=[1.0],
    )
    far = file_of(tmp_path / "far.geojson", shapely.Point(112.1, 37.1), position_accuracy_m=[1.0])
    with pytest.raises(AnalysisError, match="without any one of them land is left") as told:
        find(inside=layers, away=[(middle, 10), (far, 10)])
    for name in ("strip0", "strip1", "middle"):
        assert name in str(told.value)
    assert "far" not in str(told.value) and str(told.value).count("\n") == 3


def test_a_suggested_move_and_why_not_name_the_same_metres(tmp_path: Path) -> None:
    reserve = shapely.box(112.655, 37.985, 112.665, 37.995)
    layer = file_of(
        tmp_path / "reserve.geojson",
        reserve,
        feature_id=["R1"],
        name_zh=["示例保护区"],
        resource_kind=["nature_reserve"],
        subzone=["core_protection_zone"],
        position_accuracy_m=[5.0],
    )
    terms = {"layers": {"protected_areas": layer}, "project_type": "industrial"}
    world = sxgeo.find_candidates(PARK, **terms)
    plot = shapely.box(112.6645, 37.989, 112.6655, 37.990)
    rows = world.why_not(plot)
    own = rows[rows["name_zh"] == "示例保护区"]
    assert set(own["grade"]) == {"not"}
    found = sxgeo.suggest_shift(plot, **terms)
    assert found.obstacles == ("示例保护区",)
    # straight out of the nearest side: the metres that are lacking, and no fewer
    assert found.move.distance_m == pytest.approx(own["lacks_m"].max(), abs=0.3)
    assert "示例保护区" not in set(world.why_not(found.moved)["name_zh"])


def test_why_not_lists_the_constraints_in_order_with_the_least_relaxation(tmp_path: Path) -> None:
    well = file_of(
        tmp_path / "well.geojson", shapely.Point(112.66, 37.99), position_accuracy_m=[1.0]
    )
    kept = find(within=[(TAIYUAN, 20)], away=[(well, 800)])
    rows = kept.why_not((112.66, 37.99))
    # what lacks nothing is no way out: a record known by its county asks for its position
    assert (
        not (rows["lacks_m"] <= 0).any() and not rows["relaxation"].str.contains("移开 0.0").any()
    )
    own = rows[rows["constraint"] == "away:well.geojson"]
    assert own["lacks_m"].iloc[0] == pytest.approx(800.05, abs=0.1)
    assert rows["order"].is_monotonic_increasing
    minutes = kept.why_not((112.71, 38.02))
    assert "minutes" in minutes["relaxation"].iloc[0]
    inside = kept.frame.geometry.iloc[0].representative_point()
    assert kept.why_not((inside.x, inside.y)).empty
    with pytest.raises(InputError, match="does not lie in"):
        kept.why_not((100.0, 30.0))


def test_no_shorter_distance_is_offered_to_what_lies_within_a_layer(tmp_path: Path) -> None:
    park = file_of(tmp_path / "park.geojson", shapely.box(112.62, 37.97, 112.64, 37.99))
    kept = find(away=[(park, 50)])
    (inside,) = kept.why_not((112.63, 37.98)).itertuples()
    assert "no shorter distance frees it" in inside.relaxation and "less" not in inside.relaxation
    assert inside.lacks_m > 50
    (beside,) = kept.why_not((112.6402, 37.98)).itertuples()
    assert "less" in beside.relaxation and beside.lacks_m < 50


def test_the_probability_of_an_overlap_is_that_of_its_model() -> None:
    half = on_ground(box(-10_000, -10_000, 0, 10_000))
    site = on_ground(box(10, -5, 20, 5))
    close = overlap_probability(site, half, site_accuracy_m=0, resource_accuracy_m=20)
    assert close.share == pytest.approx(
        0.1587, abs=4 * 0.0026
    )  # one standard error of 10 m away: the normal tail
    assert close == overlap_probability(site, half, site_accuracy_m=0, resource_accuracy_m=20)
    far = overlap_probability(
        on_ground(box(500, 0, 510, 5)), half, site_accuracy_m=1, resource_accuracy_m=20
    )
    deep = overlap_probability(
        on_ground(box(-500, 0, -400, 5)), half, site_accuracy_m=1, resource_accuracy_m=20
    )
    assert (far.share, deep.share) == (0.0, 1.0)
    assert np.isnan(
        overlap_probability(site, half, site_accuracy_m=1, resource_accuracy_m=None).share
    )
    with pytest.raises(UsageError, match="site_accuracy_m is -1"):
        overlap_probability(site, half, site_accuracy_m=-1, resource_accuracy_m=1)


def run(capsys: Any, *words: object) -> tuple[int, str, str]:
    code = main([str(w) for w in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_writes_every_format_and_replays(tmp_path: Path, capsys: Any) -> None:
    zone = file_of(tmp_path / "park.geojson", PARK, name=["park"])
    ask = ("candidates", zone, "--within", "112.55,37.87:60", "--clear-of", "heritage_sites")
    for suffix in ("geojson", "gpkg", "docx", "html"):
        target = tmp_path / f"out.{suffix}"
        assert run(capsys, *ask, "-o", target)[0] == 0
        assert target.stat().st_size > 1000
    assert run(capsys, "replay", tmp_path / "out.geojson")[0] == 0
    told = json.loads((tmp_path / "out.geojson").read_text("utf-8"))
    assert told["schema"] == "sxgeo.candidates/1"
    assert {f["properties"]["kind"] for f in told["features"]} == {"candidate", "map"}
    zone.write_text(zone.read_text().replace("112.6", "112.61"))
    code, _, err = run(capsys, "replay", tmp_path / "out.geojson")
    assert code == 3 and "not found with the same content" in err


def test_the_chapter_tells_alternatives_and_what_is_not_known(tmp_path: Path, found: Any) -> None:
    docx = pytest.importorskip("docx")
    found.to_docx(tmp_path / "a.docx")
    document = docx.Document(tmp_path / "a.docx")
    text = "\n".join(p.text for p in document.paragraphs)
    assert "方案比选" in text and "不等于无冲突" in text and "资料不足" in text
    cells = {c.text for t in document.tables for r in t.rows for c in r.cells}
    assert set(found.frame["site_id"]) <= cells
    found.to_docx(tmp_path / "b.docx")
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()


def test_the_command_refuses_with_all_problems_at_once(tmp_path: Path, capsys: Any) -> None:
    code, _, err = run(
        capsys, "candidates", "taixin", "--within", "here:soon", "--away", "x", "--format", "docx"
    )
    assert code == 2
    for words in ("--within 'here:soon'", "--away 'x'", "--format docx needs -o FILE"):
        assert words in err
    zone = file_of(tmp_path / "park.geojson", PARK, name=["park"])
    before = zone.read_bytes()
    assert run(capsys, "candidates", zone, "-o", zone)[0] == 3
    assert zone.read_bytes() == before
    code, told, _ = run(
        capsys, "candidates", zone, "--within", "112.55,37.87:5", "--why-not", "112.7,38.0"
    )
    assert code == 0 and "增加" in told


def test_with_an_offices_layers_the_first_map_fills_and_says_clear() -> None:
    """One class, declared whole by its document, as in the example of Yangqu."""
    from test_cli import YANGQU

    from sxgeo.analysis.candidates.find import answer
    from sxgeo.analysis.candidates.ranking import checked_order
    from sxgeo.analysis.candidates.request import Wish
    from sxgeo.analysis.candidates.wishes import read_area
    from sxgeo.analysis.candidates.world import build_world
    from sxgeo.analysis.conflicts.question import pose
    from sxgeo.model.sites import Sites

    question = pose(
        Sites(()),
        workspace=YANGQU / "sxgeo.toml",
        project_type="industrial",
        project_attributes={"discharge": "no"},
        classes=["heritage_sites"],
    )
    apart = sxgeo.read_sites(YANGQU / "apart.geojson").sites[0].geometry
    world = build_world(
        read_area(shapely.box(*shapely.buffer(apart, 0.02).bounds)),
        question.screener(),
        {layer.spec.id: layer for layer in question.layers},
        Wish(apart, clear_of=["heritage_sites"], site_accuracy_m=2.0),
        as_of=question.as_of,
    )
    kept = answer(world, checked_order(("grade",))).frame
    sure = kept[kept["grade"] == "surely"]
    assert (sure["verdict"] == "clear").all() and len(sure)
    assert shapely.covers(shapely.union_all(sure.geometry), apart)
    assert (sure["unknown_ha"] == 0).all()


def test_a_planned_line_brings_resources_within_reach() -> None:
    roads = sxgeo.load_network("taixin")
    resources, areas = sxgeo.reachable_gain(
        roads, [(113.25, 38.73)], "2026-11-21", "2027-12-31", ["heritage_sites"], minutes=60
    )
    assert len(resources) and (resources["saved_min"] > 0).all()
    assert (resources["after_min"] <= 60).all()
    assert not (resources["before_min"] <= 60).any()
    assert areas["gained_km2"].sum() > 10
    with pytest.raises(UsageError, match="unknown class 'x'"):
        sxgeo.reachable_gain(roads, [(112.73, 38.40)], "2026-11-21", "2027-12-31", ["x"])
