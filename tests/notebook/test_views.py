"""`explore`, `plot` and `frame.sx`: maps that ask for nothing, figures, answers in the order of the
frame.
"""

from __future__ import annotations

import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import sxgeo

PLACES = gpd.GeoDataFrame(
    {"plot": ["a", "b"]},
    geometry=[shapely.box(112.3, 38.0, 112.302, 38.002), shapely.Point(112.6, 38.3)],
    crs="EPSG:4490",
    index=[7, 3],
)


@pytest.mark.parametrize("name", ["layer", "links", "zone", "sites", "report", "unzoned"])
def test_what_has_places_can_be_explored_without_a_network(name: str) -> None:
    thing = {
        "layer": lambda: sxgeo.load_layer("heritage_sites"),
        "links": lambda: sxgeo.load_layer("transport_links"),
        "zone": lambda: sxgeo.load_zone("taixin"),
        "sites": lambda: sxgeo.read_sites(PLACES),
        "report": lambda: sxgeo.check_sites(PLACES),
        "unzoned": lambda: sxgeo.check_sites((121.47, 31.23)),
    }[name]()
    page = thing.explore()
    text = page.to_html()
    assert "L.map" in text
    assert 'src="http' not in text
    assert "iframe" in page._repr_html_()


def test_a_network_is_more_than_a_page_carries_and_says_so() -> None:
    network = sxgeo.load_network("taixin")
    frame = network.to_frame()
    assert len(frame) == len(network.tail) and frame.crs.to_epsg() == 4490
    if len(frame) > 20_000:
        with pytest.raises(sxgeo.InputError, match="take a part of the frame"):
            network.explore()
    frame.head(50).sx.map()


def test_nothing_with_a_place_is_said() -> None:
    with pytest.raises(sxgeo.InputError, match="nothing with a place to draw"):
        sxgeo.load_layer("wetlands").explore()


def test_a_figure_draws_a_report_by_verdict() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = sxgeo.check_sites(PLACES).plot()
    assert len(axes.collections) > 0
    assert sxgeo.load_zone("taixin").plot(ax=axes) is axes
    assert sxgeo.load_layer("heritage_sites").plot().get_xlabel().endswith("4490")


def test_what_reads_geojson_or_arrow_reads_values() -> None:
    report = sxgeo.check_sites(PLACES)
    assert len(report.__geo_interface__["features"]) == 2
    pa = pytest.importorskip("pyarrow")
    assert pa.table(report).num_rows == 2
    assert len(sxgeo.check_sites(report)) == 2


def test_what_draws_geoarrow_gets_every_record_and_no_missing_geometry() -> None:
    pa = pytest.importorskip("pyarrow")
    layer = sxgeo.load_layer("heritage_sites")
    located = int(layer.to_frame().geometry.notna().sum())
    assert 0 < located < len(layer)
    table = pa.table(layer)
    name = table.schema.field("geometry").metadata[b"ARROW:extension:name"]
    assert name.startswith(b"geoarrow.") and table["geometry"].null_count == 0
    back = gpd.GeoDataFrame.from_arrow(table)
    assert len(back) == len(layer) and int((~back.geometry.is_empty).sum()) == located
    assert back.crs.to_epsg() == 4490


def test_lonboard_shows_values_without_conversion() -> None:
    lonboard = pytest.importorskip("lonboard")
    zone, layer = sxgeo.load_zone("taixin"), sxgeo.load_layer("heritage_sites")
    report, network = sxgeo.check_sites(PLACES.iloc[:1]), sxgeo.load_network("taixin")
    for value in (zone, layer, report, network):
        shown = lonboard.viz(value)
        rows = sum(drawn.table.num_rows for drawn in shown.layers)
        assert rows == len(value.to_frame()), type(value)


def test_the_accessor_checks_every_row_in_its_order() -> None:
    report = PLACES.sx.check(project_type="industrial")
    assert report.to_frame().geometry.geom_type.tolist() == ["Polygon", "Point"]
    assert report.verdict == sxgeo.check_sites(PLACES, project_type="industrial").verdict


def test_the_accessor_locates_with_the_index_of_the_frame() -> None:
    found = PLACES.to_crs("EPSG:4546").sx.locate()
    assert found.index.tolist() == [7, 3]
    assert found["county_code"].iloc[1] == "140902"
    assert found.crs.to_epsg() == 4490
    wide = gpd.GeoSeries([sxgeo.load_zone("taixin").outline, None], crs="EPSG:4490").sx.locate()
    assert len(wide["county_codes"].iloc[0]) >= 12
    assert wide["county_codes"].iloc[1] == () and wide["county_code"].iloc[1] is None


def test_the_accessor_draws_on_a_zone() -> None:
    page = PLACES.sx.map("taixin").to_html()
    assert len(page) > 300_000 and 'src="http' not in page


def test_a_frame_without_a_system_is_never_guessed() -> None:
    bare = gpd.GeoSeries([shapely.Point(112.6, 38.3)])
    for ask in (bare.sx.locate, bare.sx.map):
        with pytest.raises(sxgeo.InputError, match="never guessed"):
            ask()


def test_a_table_without_geometry_says_how_to_get_one() -> None:
    with pytest.raises(AttributeError, match="points_from_xy"):
        pd.DataFrame({"lon": [1.0]}).sx  # noqa: B018


@pytest.mark.parametrize(
    "lines",
    [
        "import geopandas, sxgeo",
        "import sxgeo, geopandas; sxgeo.locate",
        "import geopandas, sxgeo.accessors",
        "import sxgeo.accessors, geopandas",
    ],
)
def test_the_accessor_is_there(lines: str) -> None:
    code = f"{lines}; assert hasattr(geopandas.GeoDataFrame, 'sx')"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_sxgeo_loads_no_geopandas() -> None:
    code = (
        "import sys, sxgeo; assert not {'geopandas', 'pandas', 'sxgeo.accessors'} &"
        " set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_map_says_what_it_must_not_be_used_for() -> None:
    from sxgeo.wording import MAP_NOTICE, USER_DATA_NOTICE

    own = PLACES.sx.map().to_html()
    assert MAP_NOTICE in own and USER_DATA_NOTICE in own
    assert USER_DATA_NOTICE in PLACES.sx.map("taixin").to_html()
    shipped = sxgeo.load_layer("heritage_sites").explore().to_html()
    assert MAP_NOTICE in shipped and USER_DATA_NOTICE not in shipped
