"""One plot, said in every form: the answer is the same, and what is no plot is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import sxgeo
from sxgeo.errors import InputError
from sxgeo.sites import given

PLOT = shapely.box(112.3, 38.0, 112.302, 38.002)
SERIES = gpd.GeoSeries([PLOT], crs="EPSG:4490")


class Interface:
    """What other libraries hand round."""

    @property
    def __geo_interface__(self) -> dict[str, object]:
        shape = PLOT.__geo_interface__
        return {"type": "Feature", "properties": {"n": float("nan")}, "geometry": shape}


class Arrow:
    """A stream of GeoArrow and nothing else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=SERIES)
        return frame.to_arrow().__arrow_c_stream__(requested_schema)


FORMS = {
    "geometry": PLOT,
    "list": [PLOT],
    "array": np.array([PLOT], dtype=object),
    "series": SERIES,
    "projected": SERIES.to_crs("EPSG:4546"),
    "frame": gpd.GeoDataFrame(geometry=SERIES),
    "srid": shapely.set_srid(SERIES.to_crs("EPSG:4546").iloc[0], 4546),
    "wkt": PLOT.wkt,
    "mapping": PLOT.__geo_interface__,
    "interface": Interface(),
    "arrow": Arrow(),
    "generator": (shape for shape in [PLOT]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_one_plot_is_the_same_plot(form: str) -> None:
    if form == "arrow":
        pytest.importorskip("pyarrow")
    report = sxgeo.check_sites(FORMS[form], site_accuracy_m=2.0)
    (outcome,) = report
    expected = sxgeo.check_sites(SERIES, site_accuracy_m=2.0)[0]
    assert outcome.site.geometry.equals_exact(expected.site.geometry, 1.1e-7)
    assert outcome.verdict == expected.verdict
    assert [e.outcome for e in outcome.screening] == [e.outcome for e in expected.screening]
    assert not outcome.site.doubtful


@pytest.mark.parametrize(
    "place", [(112.6, 38.3), [112.6, 38.3], "112.6,38.3", np.array([112.6, 38.3]), [(112.6, 38.3)]]
)
def test_a_pair_is_lon_and_lat(place: object) -> None:
    (outcome,) = sxgeo.check_sites(place)
    assert shapely.get_coordinates(outcome.site.geometry).tolist() == [[112.6, 38.3]]
    assert outcome.site.accuracy_m > 0


def test_a_list_may_be_mixed_and_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(PLOT.__geo_interface__), encoding="utf-8")
    sites = sxgeo.read_sites(
        [(112.61, 38.31), path, "POINT (112.6 38.3)", PLOT, SERIES, (112.62, 38.32)]
    )
    assert len({s.site_id for s in sites}) == len(sites) == 6
    kinds = [s.geometry.geom_type for s in sites]
    assert kinds == ["Point", "Polygon", "Point", "Polygon", "Polygon", "Point"]
    assert [sites[i].geometry.x for i in (0, 2, 5)] == [112.61, 112.6, 112.62]


def test_a_file_goes_before_the_reading_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("112.6,38.3").write_text(json.dumps(PLOT.__geo_interface__), encoding="utf-8")
    assert sxgeo.check_sites("112.6,38.3")[0].site.geometry.geom_type == "Polygon"


def test_an_index_of_names_names_the_sites() -> None:
    named = gpd.GeoSeries({"甲": PLOT, "乙": PLOT.buffer(0.001)}, crs="EPSG:4490")
    assert [s.site.site_id for s in sxgeo.check_sites(named)] == ["甲", "乙"]


def test_what_was_read_is_not_read_again() -> None:
    sites = sxgeo.read_sites(SERIES)
    assert sxgeo.read_sites(sites) is sites
    assert sxgeo.check_sites(sites[0])[0].site is sites[0]


def test_nothing_is_written_to_what_was_given() -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=SERIES)
    before = frame.copy()
    sxgeo.check_sites(frame)
    assert frame.equals(before)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (5, "sites are of type int; give a path"),
        (True, "sites are of type bool"),
        (b"abc", "sites are of type bytes"),
        ([5], "sites are of type int"),
        ([PLOT, 5], "sites are of type int"),
        (["a.geojson", None], "entry 2 of the sites is None"),
        ((112.6, 38.3, 1.0), "sites are of type float"),
        (pd.DataFrame({"lon": [1.0]}), "has no geometry; give it one"),
        ({"lon": 112.6}, "is no GeoJSON: it lacks 'type'"),
        (shapely.Point(420000, 4200000), "give a GeoSeries with its CRS"),
        (gpd.GeoSeries([PLOT]), "declares no coordinate system"),
        (shapely.Polygon(), "no site|empty|no geometry"),
    ],
)
def test_what_is_no_site_is_refused_in_words(given: object, words: str) -> None:
    if isinstance(given, shapely.Polygon):
        assert not sxgeo.check_sites(given)[0].site.usable
        return
    with pytest.raises((sxgeo.UsageError, sxgeo.InputError), match=words):
        sxgeo.check_sites(given)


@pytest.mark.parametrize(
    "points",
    [shapely.Point(112.6, 38.3), (112.6, 38.3), [(112.6, 38.3)], [shapely.Point(112.6, 38.3)]],
)
def test_a_place_is_located_in_every_form(points: object) -> None:
    series = gpd.GeoSeries([shapely.Point(112.6, 38.3)], crs="EPSG:4490")
    expected = sxgeo.locate(series)
    assert sxgeo.locate(points).equals(expected)
    assert sxgeo.locate(gpd.GeoDataFrame(geometry=series)).equals(expected)
    assert sxgeo.load_zone("taixin").contains(points).tolist() == [True]


NETWORK_CALLS = {
    "isochrones": lambda network: sxgeo.isochrones(network, [(112.55, 37.87)]),
    "travel_times": lambda network: sxgeo.travel_times(network, [(112.55, 37.87)], [(112.6, 37.9)]),
    "nearest": lambda network: sxgeo.nearest(network, [(112.55, 37.87)]),
    "routes": lambda network: sxgeo.routes(network, [(112.55, 37.87)], [(112.6, 37.9)]),
    "with_rail": sxgeo.with_rail,
    "prepare": sxgeo.prepare,
    "compare": lambda network: sxgeo.compare(network, (112.55, 37.87), "2026-01-01", "2028-01-01"),
    "save": lambda network: sxgeo.save_network(network, "a.npz"),
    "catchment": lambda network: sxgeo.catchment(network, SERIES, SERIES, max_minutes=5),
}


@pytest.mark.parametrize("name", NETWORK_CALLS)
def test_what_is_no_network_is_refused_in_words(name: str) -> None:
    with pytest.raises(
        sxgeo.UsageError, match=r"the network is of type str; give what sxgeo\.load_network"
    ):
        NETWORK_CALLS[name]("taixin")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sxgeo.load_layer(3), "unknown layer '3'"),
        (lambda: sxgeo.load_layer(["heritage_sites"]), "unknown layer"),
        (lambda: sxgeo.load_zone(None), "the zone is of type NoneType"),
        (lambda: sxgeo.load_rules(5), "unknown class '5'"),
        (lambda: sxgeo.load_network(5), "the zone is of type int"),
        (lambda: sxgeo.read_network(5), "the network is of type int"),
        (lambda: sxgeo.build_map(5), "the zone is of type int"),
        (lambda: sxgeo.build_map(report=5), "the report is of type int"),
        (lambda: sxgeo.build_map(layers=["heritage_sites"]), "layers is of type list"),
        (lambda: sxgeo.check_sites(SERIES, project_type=5), "unknown project type '5'"),
        (lambda: sxgeo.check_sites(SERIES, as_of=20260101), "not of the form YYYY-MM-DD"),
        (lambda: sxgeo.check_sites(SERIES, classes="heritage_sites"), "give a list of ids"),
        (lambda: sxgeo.check_sites(SERIES, layers=["a.gpkg"]), "give a mapping such as"),
        (lambda: sxgeo.check_sites(SERIES, workspace=5), "the path of a sxgeo.toml file"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_the_way_out(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sxgeo.UsageError, match=words):
        call()


def test_the_old_order_of_arguments_works_and_warns(tmp_path: Path) -> None:
    sites = sxgeo.read_sites(SERIES)
    new = sxgeo.write_sites(sites, tmp_path / "new.txt").read_bytes()
    with pytest.warns(FutureWarning, match=r"write_sites\(sites, path\)"):
        old = sxgeo.write_sites(tmp_path / "old.txt", sites).read_bytes()
    assert old == new
    network = sxgeo.load_network("taixin")
    places = [(112.5489, 37.8706)]
    sxgeo.write_travel_times(network, places, places, tmp_path / "new.parquet")
    with pytest.warns(FutureWarning, match="write_travel_times"):
        sxgeo.write_travel_times(tmp_path / "old.parquet", network, places, places)
    assert (tmp_path / "old.parquet").read_bytes() == (tmp_path / "new.parquet").read_bytes()
    with pytest.raises(sxgeo.UsageError, match="the thing to write comes first"):
        sxgeo.save_network("a.npz", network)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_bare_geometry_is_in_degrees_up_to_a_full_turn(axis: int, sign: int) -> None:
    """Its system is taken for granted only where its numbers can be degrees at all."""
    for value, taken in ((360.0, True), (360.1, False), (4e6, False)):
        place = [0.0, 0.0]
        place[axis] = sign * value
        if taken:
            assert given._bare([shapely.Point(place)]).crs == "EPSG:4490"
        else:
            with pytest.raises(InputError, match="these numbers are none"):
                given._bare([shapely.Point(place)])
            known = shapely.set_srid(shapely.Point(place), 4547)
            assert given._bare([known, None]).crs == "EPSG:4547"
    with pytest.raises(InputError, match=r"several SRIDs \(4490, 4547\)"):
        given._bare([shapely.set_srid(shapely.Point(1, 1), code) for code in (4547, 4490)])


def test_the_files_among_what_was_given_are_named_and_standard_input_is_none() -> None:
    things = ["-", "a.geojson", Path("b.shp"), PLOT, (112.6, 38.3)]
    assert given.given_sites(things).paths == (Path("a.geojson"), Path("b.shp"))
    assert given.given_sites("-").paths == given.given_sites(None).paths == ()


def test_a_number_that_is_none_is_nothing_as_an_attribute_and_refused_as_a_place() -> None:
    nothing = float("nan")
    for where in ("properties", "nested", "list"):
        properties = {
            "properties": {"a": nothing},
            "nested": {"a": {"b": np.float64("nan")}},
            "list": {"a": [1.0, nothing]},
        }[where]
        feature = {
            "type": "Feature",
            "properties": properties,
            "geometry": PLOT.__geo_interface__,
        }
        told = json.loads(given._geojson(feature))
        assert "NaN" not in json.dumps(told)
        assert told["properties"].keys() == properties.keys()
        assert "null" in json.dumps(told["properties"])
        place = {"type": "Point", "coordinates": [nothing, 38.0]}
        with pytest.raises(InputError, match="no GeoJSON"):
            given._geojson(feature | {"geometry": place})
        with pytest.raises(InputError, match="no GeoJSON"):
            given._geojson(feature | {"bbox": [nothing, 0, 1, 1]})


def test_without_pyarrow_an_arrow_table_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(table: object) -> None:
        raise ImportError("No module named 'pyarrow'")

    monkeypatch.setattr(gpd.GeoDataFrame, "from_arrow", missing)
    with pytest.raises(InputError, match=r"needs pyarrow: pip install 'sxgeo\[parquet\]'"):
        sxgeo.read_sites(Arrow())
