"""What a file declares, what is said of it, and what its numbers are: who is believed, who refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from itertools import product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sxgeo.errors import InputError
from sxgeo.geometry.datums import named_crs
from sxgeo.geometry.projection import to_plane
from sxgeo.sites.formats.assumptions import ASSUMABLE, NOTHING_SAID, Assumptions
from sxgeo.sites.formats.table import Table
from sxgeo.sites.read import read_sites
from sxgeo.sites.settle import _declared_plane, settle_table

PLOT = shapely.box(112.6, 38.0, 112.61, 38.01)
SYSTEMS = {
    "EPSG:4490": PLOT,
    "EPSG:4326": PLOT,
    "EPSG:4547": to_plane(PLOT, "EPSG:4547"),
    "EPSG:4546": to_plane(PLOT, "EPSG:4546"),
}


def turned(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def table(shape: Any, crs: str | None) -> Table:
    return Table(shapes=np.array([shape], dtype=object), columns={}, crs=crs)


@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("axis", [None, "xy", "yx"])
def test_a_plot_is_where_it_is_whoever_says_its_system_and_in_whatever_order(
    crs: str, declared: bool, axis: str | None
) -> None:
    shape = turned(SYSTEMS[crs]) if axis == "yx" else SYSTEMS[crs]
    made = table(shape, crs if declared else None)
    told = {} if declared else {"crs": crs}
    told |= {"axis": axis} if axis else {}
    plane = settle_table(made, "f", Assumptions(**told))
    assert plane == (crs if crs.startswith("EPSG:45") else None)
    assert made.facts.crs_used == crs
    assert made.datum_error_m == 0
    assert shapely.hausdorff_distance(made.shapes[0], PLOT) < 2e-9


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4546"])
def test_degrees_under_a_plane_and_a_plane_turned_round_are_refused(crs: str) -> None:
    for shape, words in ((PLOT, "degrees"), (turned(SYSTEMS[crs]), "north before east")):
        for made, told in ((table(shape, crs), {}), (table(shape, None), {"crs": crs})):
            with pytest.raises(InputError, match=f"'plan.shp'.*{words}"):
                settle_table(made, "plan.shp", Assumptions(**told))
    made = table(PLOT, crs)
    made.layer = "plots"
    with pytest.raises(InputError, match=r"^'plan.shp' layer plots: declares"):
        settle_table(made, "plan.shp", NOTHING_SAID)


def test_what_nobody_declares_is_asked_for_and_told_what_it_looks_like() -> None:
    for shape, looks in ((PLOT, "lon, lat"), (SYSTEMS["EPSG:4547"], "east, north")):
        with pytest.raises(InputError, match=f"declares no coordinate system .*{looks}"):
            settle_table(table(shape, None), "f", NOTHING_SAID)
    empty = Table(shapes=np.array([], dtype=object), columns={}, crs=None)
    with pytest.raises(InputError, match="declares no coordinate system; add"):
        settle_table(empty, "f", NOTHING_SAID)
    with pytest.raises(InputError, match="is not known to PROJ"):
        settle_table(table(PLOT, "EPSG:999999"), "f", NOTHING_SAID)


@pytest.mark.parametrize("datum", ["CGCS2000", "XIAN80", "BEIJING54", "GCJ-02"])
@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "EPSG:2383", "EPSG:4610"])
def test_a_datum_that_is_said_must_be_that_of_the_system_that_is_declared(
    datum: str, crs: str
) -> None:
    """EPSG:2383 and 4610 stand on Xi'an 1980, which only its own parameters bring to CGCS2000."""
    old = crs in ("EPSG:2383", "EPSG:4610")
    degrees = crs in ("EPSG:4490", "EPSG:4610")
    made = table(PLOT if degrees else SYSTEMS["EPSG:4547"], crs)
    if datum == "GCJ-02":
        words = None if degrees else "which holds for degrees"
        if degrees:
            pytest.importorskip("geocoordinates_ffi")
            settle_table(made, "f", Assumptions(datum=datum))
            assert made.datum_error_m > 0 and made.crs == datum
            away = shapely.distance(made.shapes[0].centroid, PLOT.centroid)
            assert 0.001 < away < 0.02
            return
    elif (datum == "CGCS2000") == old:
        words = f"you said datum={datum}, but the file declares"
    elif old:
        words = "seven parameters"
    else:
        words = None
    if words is None:
        settle_table(made, "f", Assumptions(datum=datum))
        assert made.datum_error_m == 0
    else:
        with pytest.raises(InputError, match=words):
            settle_table(made, "f", Assumptions(datum=datum))


def test_only_a_plane_of_three_degrees_on_this_datum_is_kept_as_that_of_a_site() -> None:
    from pyproj import CRS

    for meridian in range(72, 139):
        for scale, datum in product((1, 0.9996), ("+ellps=GRS80", "+datum=WGS84")):
            crs = CRS.from_proj4(
                f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k={scale} +x_0=500000 {datum} +units=m"
            )
            assert _declared_plane(crs) is None  # it names no datum of 2000
    for code in (4534, 4547, 4554):
        assert _declared_plane(CRS.from_epsg(code)) == f"EPSG:{code}"
    for code, plane in (
        (4490, None),
        (3857, None),
        (2383, None),
        (32649, None),
        (4526, "EPSG:4547"),
    ):
        assert _declared_plane(CRS.from_epsg(code)) == plane
    assert named_crs("CGCS2000 3-degree 114E") == "EPSG:4547"


def test_a_file_that_says_its_plane_keeps_its_corners_and_its_plane(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[SYSTEMS["EPSG:4547"]], crs="EPSG:4547")
    frame.to_file(tmp_path / "plot.gpkg")
    (site,) = read_sites(tmp_path / "plot.gpkg")
    assert site.crs == "EPSG:4547"
    assert shapely.get_num_coordinates(site.geometry) == 5


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4546"])
def test_what_is_said_piece_by_piece_settles_a_file_that_declares_nothing(crs: str) -> None:
    """A zone, a datum or an order is enough where it leaves one reading: the plot is where it is."""
    zone = {"EPSG:4547": 38, "EPSG:4546": 37}[crs]
    prefixed = shapely.transform(SYSTEMS[crs], lambda xy: np.add(xy, (zone * 1e6, 0)))
    for shape, told in (
        (SYSTEMS[crs], {"zone": str(zone), "datum": "CGCS2000"}),
        (turned(SYSTEMS[crs]), {"zone": str(zone), "datum": "CGCS2000", "axis": "yx"}),
        (prefixed, {"datum": "CGCS2000"}),
        (PLOT, {"datum": "CGCS2000"}),
        (turned(PLOT), {"datum": "CGCS2000", "axis": "yx"}),
    ):
        made = table(shape, None)
        settle_table(made, "f", Assumptions(**told))
        assert shapely.hausdorff_distance(made.shapes[0], PLOT) < 2e-9


def test_the_value_of_what_is_said_has_the_keys_that_can_be_said() -> None:
    assert [field.name for field in fields(Assumptions)] == list(ASSUMABLE)
    assert NOTHING_SAID.said() == {}
    assert Assumptions(zone="38", axis="yx").said() == {"axis": "yx", "zone": "38"}


def test_a_reader_can_note_only_facts_that_there_are() -> None:
    made = table(PLOT, "EPSG:4490")
    made.note(zone=38)
    assert (made.facts.zone, table(PLOT, None).facts.zone) == (38, None)
    with pytest.raises(TypeError, match="zome"):
        made.note(zome=38)
    with pytest.raises(FrozenInstanceError):
        made.facts.zone = 39  # type: ignore[misc]
