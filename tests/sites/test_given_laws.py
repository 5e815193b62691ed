"""What a caller hands in comes out whole, in its order, and with what is known of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import (
    LambertConformalConic1SPConversion,
    MercatorAConversion,
    PolarStereographicAConversion,
    TransverseMercatorConversion,
)

from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import to_plane
from sxgeo.model.shown import Shown
from sxgeo.sites.formats.assumptions import NOTHING_SAID, Assumptions
from sxgeo.sites.formats.table import Table
from sxgeo.sites.read import parse_lonlat, read_sites
from sxgeo.sites.settle import _declared_plane, settle_table

PLOT = shapely.box(112.3, 38.0, 112.302, 38.002)
PLACES = ("112.6,38.3", "112.60,38.30", "112.6000,38.3000", "112.6,38.30000")


@pytest.mark.parametrize("text", PLACES)
def test_a_place_is_as_sure_as_it_was_typed_however_it_is_handed_in(text: str) -> None:
    """112.6000 says more than 112.6, though both are one number."""
    place = parse_lonlat(text)
    (behind,) = read_sites(at=[place])
    (given,) = read_sites(place)
    (listed,) = read_sites([place])
    assert behind.accuracy_m == given.accuracy_m == listed.accuracy_m
    assert given.geometry.equals(shapely.Point(112.6, 38.3))


def test_more_decimals_are_never_less_sure() -> None:
    reach = [next(iter(read_sites(parse_lonlat(text)))).accuracy_m for text in PLACES]
    assert reach[0] > reach[1] > reach[2] > reach[3]


def test_sites_that_were_read_keep_their_place_among_others() -> None:
    known = read_sites(gpd.GeoSeries({"甲": PLOT, "乙": PLOT.buffer(0.001)}, crs="EPSG:4490"))
    places = [(112.61, 38.31), (112.62, 38.32)]
    for mixed in (
        read_sites([places[0], known, places[1]]),
        read_sites([places[0], *known, places[1]]),
        read_sites([places[0], [known], places[1]]),
    ):
        assert [site.site_id for site in mixed][1:3] == ["甲", "乙"]
        assert [site.geometry.geom_type for site in mixed] == [
            "Point",
            "Polygon",
            "Polygon",
            "Point",
        ]
    behind = read_sites(known, at=places)
    assert [site.site_id for site in behind][:2] == ["甲", "乙"]
    assert len(behind) == 4


def test_a_list_holds_lists_three_deep_and_an_endless_nest_is_no_site() -> None:
    for place in ((112.6, 38.3), "112.6,38.3", PLOT):
        nest = [place]
        for _ in range(2):
            assert len(read_sites(nest)) == 1
            nest = [nest]
        assert len(read_sites(nest)) == 1
        for _ in range(3):
            nest = [nest]
            with pytest.raises(UsageError, match="sites are of type list"):
                read_sites(nest)


def test_a_series_without_a_shape_is_no_site_whatever_its_index() -> None:
    for index in ([], None):
        empty = gpd.GeoSeries([], index=index, crs="EPSG:4490")
        with pytest.raises(InputError, match="no site given"):
            read_sites(empty)
        assert len(read_sites([empty, PLOT])) == 1


@pytest.mark.parametrize("meridian", [108, 111, 114, 117])
def test_only_a_transverse_mercator_is_the_plane_of_a_survey(meridian: int) -> None:
    """Other projections about the same meridian, as large there, lie otherwise everywhere else."""
    base = CRS("EPSG:4490")
    plane = ProjectedCRS(
        TransverseMercatorConversion(0, meridian, 500_000, 0, 1.0), geodetic_crs=base
    )
    assert _declared_plane(plane) == f"EPSG:{4534 + meridian // 3 - 25}"
    for other in (
        MercatorAConversion(0, meridian, 500_000, 0, 1.0),
        LambertConformalConic1SPConversion(38, meridian, 500_000, 0, 1.0),
        PolarStereographicAConversion(90, meridian, 500_000, 0, 1.0),
    ):
        assert _declared_plane(ProjectedCRS(other, geodetic_crs=base)) is None


@pytest.mark.parametrize(
    ("meridian", "scale"),
    [(111, 0.9996), (114, 1.0004), (112, 1.0), (112.5, 1.0), (72, 1.0), (138, 1.0), (72, 0.9996)],
)
def test_a_plane_of_another_scale_or_meridian_is_none_of_a_survey_of_china(
    meridian: float, scale: float
) -> None:
    """UTM stands on CGCS2000 too, shorter by 400 m in a thousand kilometres."""
    other = TransverseMercatorConversion(0, meridian, 500_000, 0, scale)
    assert _declared_plane(ProjectedCRS(other, geodetic_crs=CRS("EPSG:4490"))) is None


class Seen(Shown):
    """A value that can be seen as a frame, and nothing else."""

    def to_frame(self) -> gpd.GeoDataFrame:
        names = {"site_id": ["甲", "乙"]}
        return gpd.GeoDataFrame(names, geometry=[PLOT, PLOT.buffer(0.001)], crs="EPSG:4490")


def test_what_can_be_seen_as_a_frame_is_read_as_that_frame() -> None:
    for given in (Seen(), [Seen()]):
        sites = read_sites(given)
        assert [site.site_id for site in sites] == ["甲", "乙"]
        assert sites[0].geometry.equals(PLOT)


@pytest.mark.parametrize("datum", ["XIAN80", "BEIJING54"])
@pytest.mark.parametrize("shape", [PLOT, to_plane(PLOT, "EPSG:4546")])
def test_who_said_the_old_datum_is_told_that_word_with_what_it_needs(
    datum: str, shape: shapely.Geometry
) -> None:
    """A file that declares its system is told of that system, one that declares none of the word
    that was said; neither is moved by a ballpark.
    """
    made = Table(np.array([shape], dtype=object), None)
    told = {"datum": datum} if shape is PLOT else {"datum": datum, "zone": "37"}
    with pytest.raises(InputError, match=rf"stands on .*\({datum}\).* --assume parameters="):
        settle_table(made, "f", Assumptions(**told))
    declared = Table(np.array([shape], dtype=object), made.crs)
    with pytest.raises(InputError, match=r"coordinate system '.*' stands on") as refused:
        settle_table(declared, "f", NOTHING_SAID)
    assert "None" not in str(refused.value)
