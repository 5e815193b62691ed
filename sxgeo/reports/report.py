"""The answer as a file: JSON, GeoJSON, GeoPackage, XLSX, DOCX, HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from ..errors import UsageError
from ..files.writing import refuse_inputs, write_bytes, write_gpkg, write_text
from ..geometry.projection import GEOGRAPHIC
from .answer import FINDING_COLUMNS, Answer, finding_record, flat, limited_words, rounded

if TYPE_CHECKING:
    from ..model.outcomes import Finding, SiteOutcome

FORMATS = ("text", "json", "geojson", "gpkg", "xlsx", "docx", "html")


@dataclass(frozen=True, eq=False)
class Report(Answer):
    """The answer for some sites, and the ways to write it down.

    Every format says the same; the parts are those of :class:`sxgeo.reports.answer.Answer`.
    """

    def to_json(self) -> str:
        """Return :meth:`to_dict` as text: UTF-8 characters kept, no NaN, same input same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    def to_geojson(self) -> str:
        """Return a GeoJSON FeatureCollection: the sites (`kind` site), then each overlap (`kind` finding)."""
        features = [
            {
                "type": "Feature",
                "geometry": _geometry(s.site.geometry),
                "properties": _brief(s, self.limited_to),
            }
            for s in self.sites
        ]
        features += [
            {
                "type": "Feature",
                "geometry": _geometry(f.overlap_geometry),
                "properties": {
                    "kind": "finding",
                    "site_id": site_id,
                    "resource_class": class_id,
                    **finding_record(f),
                },
            }
            for site_id, class_id, f in self._overlaps()
        ]
        return (
            json.dumps(
                {"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1
            )
            + "\n"
        )

    def _overlaps(self) -> Iterator[tuple[str, str, Finding]]:
        for s in self.sites:
            for e in (*s.screening, *s.extra):
                for f in e.findings:
                    if f.overlap_geometry is not None:
                        yield s.site.site_id, e.resource_class, f

    def to_gpkg(self, path: str | Path) -> Path:
        """Write layers `sites`, `screening`, `findings` and `overlaps` into a GeoPackage, whole or not at all."""
        refuse_inputs(path, self.inputs)
        sites = {
            "site_id": [s.site.site_id for s in self.sites],
            "verdict": [s.verdict for s in self.sites],
            "known_verdict": [s.known_verdict for s in self.sites],
            "area_m2": [s.area_m2 for s in self.sites],
            "problems": ["; ".join(s.site.problems) for s in self.sites],
            "limited_to": [limited_words(self.limited_to)] * len(self.sites),
        }
        overlaps = [
            {"site_id": i, "resource_class": c, **flat(finding_record(f))}
            for i, c, f in self._overlaps()
        ]
        screening, findings = self.screening, self.findings
        return write_gpkg(
            {
                "sites": gpd.GeoDataFrame(
                    sites, geometry=[s.site.geometry for s in self.sites], crs=GEOGRAPHIC
                ),
                "screening": gpd.GeoDataFrame(
                    screening, geometry=[None] * len(screening), crs=GEOGRAPHIC
                ),
                "findings": gpd.GeoDataFrame(
                    findings, geometry=[None] * len(findings), crs=GEOGRAPHIC
                ),
                "overlaps": gpd.GeoDataFrame(
                    pd.DataFrame(overlaps, columns=list(FINDING_COLUMNS)),
                    geometry=[f.overlap_geometry for _, _, f in self._overlaps()],
                    crs=GEOGRAPHIC,
                ),
            },
            path,
        )

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

        Raises
        ------
        UsageError
            If the extra `office` is not installed.
        """
        from .docx import document_bytes

        refuse_inputs(path, self.inputs)

        return write_bytes(document_bytes(self), path)

    def to_html(self) -> str:
        """Return the report as one printable page without scripts; same input same bytes."""
        from .html import page

        return page(self)

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


def _geometry(shape: Any) -> Any:
    return None if shape is None else json.loads(shapely.to_geojson(shape))


def _brief(outcome: SiteOutcome, limited_to: Sequence[str] | None) -> dict[str, Any]:
    asked = [e for e in (*outcome.screening, *outcome.extra) if e.requested]
    return {
        "kind": "site",
        "site_id": outcome.site.site_id,
        "name": outcome.site.name,
        "verdict": outcome.verdict,
        "known_verdict": outcome.known_verdict,
        "area_m2": rounded(outcome.area_m2, 4),
        "problems": list(outcome.site.problems),
        "classes": {e.resource_class: e.outcome for e in asked},
        "known_classes": {e.resource_class: e.known_outcome for e in asked},
        "limited_to": None if limited_to is None else list(limited_to),
    }
