"""The answer as a file: JSON, GeoJSON, GeoPackage, XLSX, DOCX, HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UsageError
from ..files.writing import refuse_inputs, write_bytes, write_text
from .answer import WORD_SITES, Answer
from .secrecy import secret_classes, without_secrets

FORMATS = ("text", "json", "geojson", "gpkg", "xlsx", "docx", "html")


@dataclass(frozen=True, eq=False)
class Report(Answer):
    """The answer for some sites, and the ways to write it down.

    Every format says the same; the parts are those of :class:`sxgeo.reports.answer.Answer`.
    """

    def to_json(self) -> str:
        """Return :meth:`to_dict` as text: UTF-8 characters kept, no NaN, same input same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    def _for_all_eyes(self) -> Report:
        """Return the report without names and shapes of layers of 内部 and above."""
        classes = secret_classes(self.receipt.get("user_layers", ()))
        return replace(self, sites=without_secrets(self.sites, classes)) if classes else self

    def to_geojson(self) -> str:
        """Return a GeoJSON FeatureCollection: the sites (`kind` site), then each overlap (`kind` finding)."""
        return self._for_all_eyes()._geojson()

    def to_gpkg(self, path: str | Path) -> Path:
        """Write layers `sites`, `screening`, `findings` and `overlaps` into a GeoPackage, whole or not at all."""
        refuse_inputs(path, self.inputs)
        return self._for_all_eyes()._gpkg(path)

    def to_xlsx(self, path: str | Path) -> Path:
        """Write the workbook: eight sheets, from the summary to the boundary points; whole or not at all.

        Raises
        ------
        UsageError
            If the extra `office` is not installed.
        """
        from .xlsx import workbook_bytes

        refuse_inputs(path, self.inputs)

        return write_bytes(workbook_bytes(self), path)

    def to_docx(self, path: str | Path) -> Path:
        """Write the document: the answer, chapters 1 to 9, figures and tables; whole or not at all.

        It tells of at most `WORD_SITES` sites, those that matter most, and says how many it leaves out.

        Raises
        ------
        UsageError
            If the extra `office` is not installed.
        """
        from .docx import document_bytes

        refuse_inputs(path, self.inputs)
        told = self.worst(WORD_SITES)
        left_out = len(self.sites) - len(told.sites)
        return write_bytes(document_bytes(told, left_out=left_out), path)

    def to_html(self) -> str:
        """Return the report as one printable page without scripts; same input same bytes."""
        from .html import page

        return page(self._for_all_eyes())

    def save(self, path: str | Path, *, format: str) -> Path:
        """Write the report in one of `FORMATS` except text.

        Raises
        ------
        UsageError
            If the format is unknown, or its libraries are not installed.
        """
        files = {"gpkg": self.to_gpkg, "xlsx": self.to_xlsx, "docx": self.to_docx}
        texts = {"json": self.to_json, "geojson": self.to_geojson, "html": self.to_html}
        if format in files:
            return files[format](path)
        if format not in texts:
            raise UsageError(f"format '{format}' cannot be saved; known: {', '.join(FORMATS[1:])}")
        refuse_inputs(path, self.inputs)
        return write_text(texts[format](), path)
