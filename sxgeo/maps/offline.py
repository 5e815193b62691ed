"""A folium map that saves itself, and shows itself in a notebook, as one page without any
request.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import folium

from ..errors import InputError
from ..files.writing import write_text
from .inline import inline
from .load import refuse_too_much

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def _called(files: Sequence[tuple[str, str]], name: str) -> tuple[tuple[str, str], ...]:
    return tuple(file for file in files if file[0] == name)


class OfflineMap(folium.Map):
    """A folium map of one file; any folium layer or plugin can be added to it.

    It asks for Leaflet only. What else a plugin needs stays an address that Jupyter loads from the
    network and that :meth:`save` refuses.
    """

    default_js = _called(folium.Map.default_js, "leaflet")  # type: ignore[assignment]
    default_css = _called(folium.Map.default_css, "leaflet_css")  # type: ignore[assignment]
    images_from: Sequence[str] = ()
    first_script: str = ""
    """Runs before all other code of the page: it says which browsers are too old."""
    engine_scripts: Sequence[str] = ()
    """An engine that the browser compiles, see :func:`sxgeo.maps.inline.inline`."""

    def __repr__(self) -> str:
        figure: Any = self.get_root()
        return (
            f"<{type(self).__name__} {figure.title or ''}: the last line of a cell shows it,"
            " save(path) writes it>"
        )

    def to_html(self) -> str:
        """Return the page as one self-contained HTML text.

        Raises
        ------
        InputError
            If something added to the map asks for an address that is not vendored, or the page is
            larger than 100 MB.
        """
        page = inline(
            self,
            images_from=self.images_from,
            first=self.first_script,
            engine=self.engine_scripts,
        )

        # what was added to the map may have made it too large since its data were measured
        refuse_too_much(len(page.encode()))

        # folium's head names no language, and keeps fingers from zooming
        page = re.sub(r"<html\b[^>]*>", '<html lang="zh-CN">', page, count=1)
        return re.sub(r",\s*maximum-scale=1\.0, user-scalable=no", "", page, count=1)

    def save(
        self,
        outfile: str | bytes | Path | BinaryIO,
        close_file: bool = True,
        **kwargs: Any,
    ) -> None:
        """Write the page to one file, whole or not at all; missing folders are made.

        Parameters
        ----------
        outfile
            Path of the HTML file; an old one is replaced only when the new one is complete. An open
            binary file is written to and, unless `close_file` is False, closed, as folium does.
        **kwargs
            Taken for the sake of :meth:`folium.Map.save`; they have no effect.

        Raises
        ------
        InputError
            If something added to the map is not vendored, or the file cannot be written.
        """
        page = self.to_html()
        if isinstance(outfile, (str, bytes, os.PathLike)):
            write_text(page, os.fsdecode(outfile))
            return
        outfile.write(page.encode("utf-8"))
        if close_file:
            outfile.close()

    def _repr_html_(self, **kwargs: Any) -> str:
        try:
            page = self.to_html()
        except InputError:  # a plugin that is not vendored: the notebook may have a network
            return str(super()._repr_html_(**kwargs))
        return (
            f'<iframe srcdoc="{html.escape(page)}" title="sxgeo map" '
            'style="width:100%;height:640px;border:0" allowfullscreen></iframe>'
        )
