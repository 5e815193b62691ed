"""The answer as a file: JSON, GeoJSON, GeoPackage, XLSX, DOCX, HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ..errors import UsageError, unknown
from ..files.writing import refuse_inputs, write_bytes, write_text
from ..geometry.projection import GEOGRAPHIC
from ..model.outcomes import OUTCOMES, SiteOutcome
from ..model.shown import Shown
from .answer import WORD_SITES, Answer
from .batch_table import triage
from .glance import report_card, report_line
from .secrecy import (
    HANDED_ON,
    secret_classes,
    without_secret_layers,
    without_secrets,
)

FORMATS = ("text", "json", "geojson", "gpkg", "xlsx", "docx", "html")


FRAME_COLUMNS = (
    "site_id",
    "name",
    "verdict",
    "known_verdict",
    "conflicts",
    "not_screened",
    "area_m2",
    "accuracy_m",
    "counties",
    "zones",
    "problems",
)
"""Columns of :meth:`Report.to_frame` beside geometry; `conflicts` and `not_screened` name the
classes with that outcome.
"""


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Report(Answer, Shown):
    """The answer for some sites, and the ways to write it down.

    Every format says the same; the parts are those of :class:`sxgeo.reports.answer.Answer`. It has
    a length, runs through
    :class:`sxgeo.model.outcomes.SiteOutcome` in the order of the input, and gives one by number or
    by the id of its site.

    Examples
    --------
    >>> import sxgeo
    >>> report = sxgeo.check_sites((112.6001, 38.3001))
    >>> report.verdict
    'undetermined'
    >>> report.to_frame()["counties"].tolist()
    ['忻府区 140902']
    >>> len(report), report[0].site.site_id
    (1, '112.6,38.3001')
    """

    def __repr__(self) -> str:
        return report_line(self)

    def _repr_html_(self) -> str:
        return report_card(self)

    def __len__(self) -> int:
        return len(self.sites)

    def __bool__(self) -> bool:
        """A report is an answer, also where it is one for no site."""
        return True

    def __iter__(self) -> Iterator[SiteOutcome]:
        return iter(self.sites)

    def __getitem__(self, key: int | str) -> SiteOutcome:
        """Return the outcome of a site by its number or id.

        Raises
        ------
        UsageError
            If no site has this id.
        IndexError
            If there are not so many sites.
        """
        if isinstance(key, int):
            return self.sites[key]
        found = next((s for s in self.sites if s.site.site_id == key), None)
        if found is None:
            raise unknown("site", key, self._ipython_key_completions_()[:20])
        return found

    def _ipython_key_completions_(self) -> list[str]:
        return [s.site.site_id for s in self.sites]

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return a row per site.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, in the order of the input, columns `FRAME_COLUMNS` and geometry (None for a
            site that could not be used); several values in a cell stand with ``;`` between.
        """
        rows = [self._frame_row(outcome) for outcome in self.sites]
        table = pd.DataFrame(rows, columns=list(FRAME_COLUMNS))
        places = gpd.GeoSeries([s.site.geometry for s in self.sites], crs=GEOGRAPHIC)
        return gpd.GeoDataFrame(table, geometry=places, crs=GEOGRAPHIC)

    def _frame_row(self, outcome: SiteOutcome) -> dict[str, object]:
        site = outcome.site
        return {
            "site_id": site.site_id,
            "name": site.name,
            "verdict": outcome.verdict,
            "known_verdict": outcome.known_verdict,
            "conflicts": _classes_with(outcome, "conflict"),
            "not_screened": _classes_with(outcome, "not_screened"),
            "area_m2": outcome.area_m2,
            "accuracy_m": site.accuracy_m,
            "counties": ";".join(self.counties.get(site.site_id, ())),
            "zones": ";".join(self.zones.get(site.site_id, ())),
            "problems": "; ".join(site.problems),
        }

    def worst(self, most: int) -> Report:
        """Return the report of at most so many sites: the gravest, then the nearest to be worked
        on, in their order here.
        """
        if len(self.sites) <= most:
            return self
        # the gravest verdict of all is among them, so the answer as a whole stays what it is
        order = sorted(
            range(len(self.sites)),
            key=lambda n: (OUTCOMES.index(self.sites[n].verdict), triage(self.sites[n]), n),
        )
        return replace(self, sites=tuple(self.sites[n] for n in sorted(order[:most])))

    def to_json(self) -> str:
        """Return :meth:`to_dict` as text: UTF-8 characters kept, no NaN, same input same bytes."""
        return (
            json.dumps(
                self.to_dict(),
                ensure_ascii=False,
                indent=2,
                allow_nan=False,
            )
            + "\n"
        )

    def _for_all_eyes(self) -> Report:
        """Return the report without names and shapes of layers of 内部 and above."""
        classes = secret_classes(self.receipt.get("user_layers", ()))
        if not classes:
            return self
        return replace(
            self,
            sites=without_secrets(self.sites, classes),
            receipt=without_secret_layers(self.receipt),
        )

    def handed_on(self) -> Report:
        """Return the report as a dossier hands it on: of users' layers only those that were said to
        be 公开 have names and shapes in it, and the receipt tells of the others class, grade and
        hash.
        """
        users = self.receipt.get("user_layers", ())
        classes = secret_classes(users, graded_only=True)
        receipt = {**without_secret_layers(self.receipt, graded_only=True), HANDED_ON: True}
        return replace(self, sites=without_secrets(self.sites, classes), receipt=receipt)

    def to_geojson(self) -> str:
        """Return a GeoJSON FeatureCollection: the sites (`kind` site), then each overlap (`kind`
        finding).
        """
        return self._for_all_eyes()._geojson()

    def to_gpkg(self, path: str | Path) -> Path:
        """Write layers `sites`, `screening`, `findings` and `overlaps` into a GeoPackage, whole or
        not at all.
        """
        refuse_inputs(path, self.inputs)
        return self._for_all_eyes()._gpkg(path)

    def to_xlsx(self, path: str | Path) -> Path:
        """Write the workbook: eight sheets, from the summary to the boundary points; whole or not
        at all.

        Raises
        ------
        UsageError
            If the extra `office` is not installed.
        """
        from .xlsx import workbook_bytes  # only this format needs it

        refuse_inputs(path, self.inputs)

        return write_bytes(workbook_bytes(self), path)

    def to_docx(self, path: str | Path) -> Path:
        """Write the document: the answer, chapters 1 to 9, figures and tables; whole or not at all.

        It tells of at most `WORD_SITES` sites, those that matter most, and says how many it leaves
        out.

        Raises
        ------
        UsageError
            If the extra `office` is not installed.
        """
        from .docx import document_bytes  # only this format needs it

        refuse_inputs(path, self.inputs)
        told = self.worst(WORD_SITES)
        left_out = len(self.sites) - len(told.sites)
        return write_bytes(document_bytes(told, left_out=left_out), path)

    def to_html(self) -> str:
        """Return the report as one printable page without scripts; same input same bytes."""
        from .html import page  # only this format needs it

        return page(self._for_all_eyes())

    def save(self, path: str | Path, *, format: str | None = None) -> Path:
        """Write the report to a file, whole or not at all.

        Parameters
        ----------
        path
            Its suffix decides the format where `format` is None: .json, .geojson, .gpkg, .xlsx,
            .docx, .html.
        format
            One of `FORMATS` except text.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UsageError
            If the format is unknown, or its libraries are not installed.
        InputError
            If the file cannot be written, or is one that the answer was read from.
        """
        format = format or _format_of(path)
        files = {
            "gpkg": self.to_gpkg,
            "xlsx": self.to_xlsx,
            "docx": self.to_docx,
        }
        texts = {
            "json": self.to_json,
            "geojson": self.to_geojson,
            "html": self.to_html,
        }

        # files check their inputs themselves, texts are checked here
        if format in files:
            return files[format](path)
        if format not in texts:
            raise UsageError(f"format '{format}' cannot be saved; known: {', '.join(FORMATS[1:])}")
        refuse_inputs(path, self.inputs)
        return write_text(texts[format](), path)


def _format_of(path: str | Path) -> str:
    suffix = Path(path).suffix.lower().removeprefix(".")
    format = {"htm": "html"}.get(suffix, suffix)
    if format not in FORMATS[1:]:
        raise UsageError(
            f"'{Path(path).name}' does not say a format; end it in"
            f" {', '.join(f'.{f}' for f in FORMATS[1:])}, or give format="
        )
    return format


def _classes_with(outcome: SiteOutcome, wanted: str) -> str:
    asked = (e for e in (*outcome.screening, *outcome.extra) if e.requested)
    return ";".join(e.resource_class for e in asked if e.outcome == wanted)
