"""How a table of numbers is brought to degrees: its system, its error, and who says how good it
is.
"""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sxgeo.errors import InputError
from sxgeo.geometry import datums
from sxgeo.geometry.datums import from_encrypted, to_encrypted
from sxgeo.model.accuracy import PREFIX
from sxgeo.sites.read import read_sites

PLOTS = [shapely.box(112.6 + i / 10, 38.0, 112.61 + i / 10, 38.01) for i in range(3)]


def read(tmp_path, said=None, **columns):
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b", "c"], **columns}, geometry=PLOTS, crs="EPSG:4490"
    )
    frame.to_file(tmp_path / "s.geojson")
    return list(read_sites(tmp_path / "s.geojson", site_accuracy_m=said))


def test_the_accuracy_of_a_site_is_that_of_its_column_then_of_the_option_then_of_its_source(
    tmp_path,
) -> None:
    """Nobody who speaks of one plot is overruled by who speaks of all."""
    alone = read(tmp_path, accuracy_m=["3", None, ""])
    assert (alone[0].accuracy_m, alone[0].accuracy_source) == (3.0, "file")
    assert all(s.accuracy_source.startswith(PREFIX) and s.accuracy_m > 0 for s in alone[1:])
    both = read(tmp_path, said=7.0, accuracy_m=["3", None, ""])
    assert [(s.accuracy_m, s.accuracy_source) for s in both] == [
        (3.0, "file"),
        (7.0, "option"),
        (7.0, "option"),
    ]
    assert [(s.accuracy_m, s.accuracy_source) for s in read(tmp_path, said=0.0)] == [
        (0.0, "option")
    ] * 3


def test_the_precedence_of_a_header_over_an_option_holds_in_the_one_place_that_decides() -> None:
    from sxgeo.sites.formats.assumptions import NOTHING_SAID
    from sxgeo.sites.formats.table import Table
    from sxgeo.sites.read import _default_accuracy

    def table(header: float | None) -> Table:
        made = Table(shapes=PLOTS, columns={}, crs="EPSG:4490")
        made.accuracy_m = header
        return made

    assert _default_accuracy(table(5.0), 7.0, NOTHING_SAID) == (5.0, "file header")
    assert _default_accuracy(table(0.0), 7.0, NOTHING_SAID) == (0.0, "file header")
    assert _default_accuracy(table(None), 7.0, NOTHING_SAID) == (7.0, "option")
    assert _default_accuracy(table(None), None, NOTHING_SAID)[1].startswith(PREFIX)


class _Back:
    def __init__(self, lon: float, lat: float, max_error_m: float) -> None:
        self.lon, self.lat, self.max_error_m = lon, lat, max_error_m


@pytest.mark.parametrize("errors", itertools.permutations([0.1, 0.9, 0.4]))
def test_the_error_of_a_conversion_is_the_worst_of_its_points(errors, monkeypatch) -> None:
    """Whichever point it is, the first, the middle one or the last."""
    told = iter(errors)

    class Library:
        Gcj02 = staticmethod(lambda lat, lon: (lon, lat))
        gcj02_to_wgs84_refined = staticmethod(lambda p: _Back(*p, next(told)))
        Bd09 = Gcj02
        bd09_to_wgs84_refined = gcj02_to_wgs84_refined

    monkeypatch.setattr(datums, "_china_datums", lambda: Library)
    moved, worst = from_encrypted(
        shapely.LineString([(112, 38), (112.1, 38), (112.2, 38)]), "GCJ-02"
    )
    assert worst == 0.9
    assert moved.equals(shapely.LineString([(112, 38), (112.1, 38), (112.2, 38)]))


@pytest.mark.parametrize("errors", itertools.permutations([0.1, 0.9, 0.4]))
def test_the_error_of_a_file_is_the_worst_of_its_shapes(errors, monkeypatch, tmp_path) -> None:
    from sxgeo.sites import settle

    calls = []

    def decrypted(geometries, datum):
        calls.append(datum)
        return geometries, errors[min(len(calls) - 1, 2)]

    def one_by_one(shapes, move):
        return [move(shape) for shape in shapes]

    monkeypatch.setattr(settle, "from_encrypted", decrypted)
    monkeypatch.setattr(settle, "carried", one_by_one)
    frame = gpd.GeoDataFrame({"site_id": ["a", "b", "c"]}, geometry=PLOTS, crs="EPSG:4490")
    frame.to_file(tmp_path / "s.geojson")
    sites = list(read_sites(tmp_path / "s.geojson", assume={"datum": "GCJ-02"}))
    assert calls == ["GCJ-02"] * 3
    assert {s.datum_error_m for s in sites} == {0.9}


def test_there_and_back_through_the_library_is_within_the_error_that_it_states() -> None:
    pytest.importorskip("geocoordinates_ffi")
    place = shapely.Point(112.6, 38.0)
    for datum in ("GCJ-02", "BD-09"):
        back, worst = from_encrypted(to_encrypted(place, datum), datum)
        assert 0 < worst <= 1.0
        assert shapely.distance(place, back) * 111_320 <= worst


@pytest.mark.parametrize("change", ["replaced", "grown", "emptied", "gone", "touched before"])
def test_what_was_read_and_what_was_hashed_is_the_same_file(change, monkeypatch, tmp_path) -> None:
    """A file that another program writes meanwhile is bad input: a receipt would name a content
    that nobody read.
    """
    from sxgeo.sites import read as reading

    path = tmp_path / "s.geojson"
    frame = gpd.GeoDataFrame({"site_id": ["a", "b", "c"]}, geometry=PLOTS, crs="EPSG:4490")
    frame.to_file(path)
    content, honest = path.read_bytes(), reading.read_tables

    def meanwhile(source, told):
        tables = honest(source, told)
        if change == "replaced":
            (tmp_path / "beside").write_bytes(content)
            (tmp_path / "beside").replace(path)
        elif change == "grown":
            path.write_bytes(content + b" ")
        elif change == "emptied":
            path.write_bytes(b"")
        elif change == "gone":
            path.unlink()
        return tables

    if change == "touched before":
        path.touch()
        assert len(read_sites(path)) == 3
        return
    monkeypatch.setattr(reading, "read_tables", meanwhile)
    with pytest.raises(InputError, match="changed while it was read; run the command again"):
        read_sites(path)


def test_a_missing_shape_beside_others_says_nothing_of_their_system() -> None:
    """GEOS gives no shape the number -1, which is no system."""
    for shapes in ([PLOTS[0], None], [None, PLOTS[0], shapely.Point()]):
        sites = list(read_sites(shapes))
        assert [s.usable for s in sites] == [s is not None and not s.is_empty for s in shapes]
    numbered = shapely.set_srid(np.array([PLOTS[0]], dtype=object), 4490)
    assert next(iter(read_sites([numbered[0], None]))).geometry.equals(PLOTS[0])
    other = shapely.set_srid(np.array([PLOTS[1]], dtype=object), 4326)
    with pytest.raises(InputError, match=r"several SRIDs \(4326, 4490\)"):
        read_sites([numbered[0], other[0]])


def test_every_plane_of_china_that_a_file_declares_is_kept_and_no_other() -> None:
    from pyproj import CRS

    from sxgeo.sites.settle import _declared_plane

    for zone in range(21):
        plain, prefixed = CRS(f"EPSG:{4534 + zone}"), CRS(f"EPSG:{4513 + zone}")
        assert _declared_plane(plain) == _declared_plane(prefixed) == f"EPSG:{4534 + zone}"
    for other in ("EPSG:4490", "EPSG:32649", "EPSG:2382", "EPSG:3857"):
        assert _declared_plane(CRS(other)) is None
    told = {"proj": "tmerc", "ellps": "GRS80", "k": 1, "x_0": 500_000}
    for meridian in (72, 138, 112.5):
        assert _declared_plane(CRS.from_dict({**told, "lon_0": meridian})) is None
