"""`frame.sx`: what sxgeo does with a GeoDataFrame or GeoSeries, at the frame itself.

It is there once geopandas is loaded and sxgeo is imported after it or asked for anything; `import
sxgeo.accessors` puts it there at once. It stands on the floor of cli/: it calls what the public
names call, and nothing below knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.extensions import register_dataframe_accessor, register_series_accessor

from .errors import InputError
from .geometry.datums import to_geographic
from .geometry.projection import GEOGRAPHIC
from .wording import USER_DATA_NOTICE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .maps.offline import OfflineMap
    from .reports.report import Report
    from .workspace.file import Workspace
    from .workspace.layers import UserLayer

LOCATED_COLUMNS = ("county_code", "county_codes", "zone_ids", "near_edge")
"""Columns of :meth:`SxgeoAccessor.locate` beside geometry."""


class SxgeoAccessor:
    """What sxgeo does with a frame; nothing writes to it.

    Raises
    ------
    AttributeError
        If the frame has no geometry.
    """

    def __init__(self, given: pd.DataFrame | pd.Series) -> None:
        if not isinstance(given, (gpd.GeoDataFrame, gpd.GeoSeries)):
            raise AttributeError(
                "'.sx' needs geometry: gpd.GeoDataFrame(table,"
                " geometry=gpd.points_from_xy(table['lon'], table['lat']), crs='EPSG:4490')"
            )
        self._given = given

    def check(
        self,
        *,
        project_type: str | None = None,
        project_attributes: Mapping[str, str | float | bool] | None = None,
        as_of: str | None = None,
        classes: Sequence[str] | None = None,
        layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
        workspace: str | Path | Workspace | None = None,
        site_accuracy_m: float | None = None,
    ) -> Report:
        """Screen every row; parameters and errors are those of :func:`sxgeo.check_sites`.

        Returns
        -------
        Report
            One outcome per row, in the order of the frame; ``.to_frame()`` makes a frame of it.

        Examples
        --------
        >>> import geopandas, shapely, sxgeo
        >>> places = geopandas.GeoSeries([shapely.Point(112.6, 38.3)], crs="EPSG:4490")
        >>> places.sx.check().to_frame()["verdict"].tolist()
        ['undetermined']
        """
        from .analysis.conflicts.check import check_sites  # as below: `import sxgeo` pays for none

        return check_sites(
            self._given,
            project_type=project_type,
            project_attributes=project_attributes,
            as_of=as_of,
            classes=classes,
            layers=layers,
            workspace=workspace,
            site_accuracy_m=site_accuracy_m,
        )

    def locate(self) -> gpd.GeoDataFrame:
        """Say in which county and zones every row lies.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, in the order and with the index of the frame: `county_code` of its
            representative point, `county_codes` (a tuple, sorted) of every bundled county that it
            touches, `zone_ids` and `near_edge` of that point as in
            :func:`sxgeo.locate`, geometry.

        Raises
        ------
        InputError
            If the frame has no CRS, or one on another datum.

        Examples
        --------
        >>> import geopandas, shapely, sxgeo
        >>> places = geopandas.GeoSeries([shapely.Point(112.6, 38.3)], crs="EPSG:4490")
        >>> places.sx.locate()["county_code"].tolist()
        ['140902']
        """
        from .boundaries.zones import locate_shapes  # `import sxgeo` pays for none of this

        placed = self._degrees()
        found = locate_shapes(placed)
        return gpd.GeoDataFrame(found[list(LOCATED_COLUMNS)], geometry=placed, crs=GEOGRAPHIC)

    def map(self, zone: str | None = None) -> OfflineMap:
        """Draw the frame: on the page of a zone, or on a bare ground where `zone` is None.

        Raises
        ------
        UsageError
            If the zone is unknown.
        InputError
            If the frame has no CRS, nothing with a place, or more shapes than a page can carry.

        Examples
        --------
        >>> import geopandas, shapely, sxgeo
        >>> places = geopandas.GeoSeries([shapely.Point(112.6, 38.3)], crs="EPSG:4490")
        >>> page = places.sx.map()
        """
        from .maps.page import build_map  # folium takes its time to load
        from .maps.views import add_notice, degrees_of, feature_layer, frame_map  # as above

        frame = self._frame()
        if zone is None:
            return frame_map(frame, "frame")
        page = build_map(zone)
        page.add_child(feature_layer(degrees_of(frame)))
        add_notice(page, (USER_DATA_NOTICE,), bottom_px=70)
        return page

    def _frame(self) -> gpd.GeoDataFrame:
        if isinstance(self._given, gpd.GeoDataFrame):
            return self._given
        return gpd.GeoDataFrame(geometry=self._given, crs=self._given.crs)

    def _degrees(self) -> gpd.GeoSeries:
        """Every row in EPSG:4490; rows without a place stay."""
        series = self._frame().geometry
        if series.crs is None:
            raise InputError(
                "the frame has no CRS, and it is never guessed; say it: frame.set_crs('EPSG:4490')"
            )
        shapes = np.asarray(series.to_numpy(), dtype=object)
        there = ~(series.isna() | series.is_empty).to_numpy()
        placed = np.full(len(shapes), None, dtype=object)
        placed[there] = to_geographic(shapes[there], series.crs)
        return gpd.GeoSeries(list(placed), index=series.index, crs=GEOGRAPHIC)


register_dataframe_accessor("sx")(SxgeoAccessor)
register_series_accessor("sx")(SxgeoAccessor)
