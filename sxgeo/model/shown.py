"""What a value with places can do in a notebook: become a frame, an interactive map, a figure."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    from folium import Map
    from matplotlib.axes import Axes

VIEWS = "sxgeo.maps.views"
"""The module that draws, by name: it stands above the values, which do not import it (pandas names
its plotting backend
in the same way)."""


class Shown:
    """A value that can be seen as a GeoDataFrame; what reads frames, Arrow or GeoJSON can show it
    as it stands.
    """

    __slots__ = ()

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return it as an EPSG:4490 frame with documented columns."""
        raise NotImplementedError

    def explore(self) -> Map:
        """Return an interactive map that asks for no network; a folium map, so layers can be added
        and it can be saved.

        Raises
        ------
        InputError
            If there is nothing with a place, or more than a page can carry.
        """
        page: Map = import_module(VIEWS).explore(self)
        return page

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.

        Returns
        -------
        Axes
            In degrees, EPSG:4490.

        Raises
        ------
        UsageError
            If the extra `plot` is not installed.
        """
        return import_module(VIEWS).plot(self, ax=ax)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """The frame as a GeoJSON mapping, for programs that ask for one."""
        found: dict[str, Any] = self.to_frame().__geo_interface__
        return found

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the frame on as GeoArrow; lonboard and others read it. Needs pyarrow.

        A record without a position keeps its row, with an empty geometry: what draws GeoArrow takes
        no missing one.
        """
        frame = self.to_frame()
        known = frame.geometry.notna()
        if known.any() and not known.all():
            empty = type(frame.geometry[known].iloc[0])()
            frame = frame.set_geometry(frame.geometry.fillna(empty))
        return frame.to_arrow().__arrow_c_stream__(requested_schema)
