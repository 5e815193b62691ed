"""An answer that is written as features is no surer when it is read as plots than it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

import sxgeo
from sxgeo.cli import main

RING = [(112.69, 38.13), (112.71, 38.13), (112.71, 38.15), (112.69, 38.15), (112.69, 38.13)]


def saved(path: Path, shape: shapely.Geometry, **properties: object) -> Path:
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": json.loads(shapely.to_geojson(shape)),
    }
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
def test_doubts_and_accuracy_come_back_with_the_plots(tmp_path: Path, suffix: str) -> None:
    line = saved(tmp_path / "line.geojson", shapely.LineString(RING), site_accuracy_m=7.5)
    report = sxgeo.check_sites(line, classes=["heritage_sites"])
    (before,) = (outcome.site for outcome in report.sites)
    assert before.doubtful

    report.save(written := tmp_path / f"answer.{suffix}")
    (again,) = (s for s in sxgeo.read_sites(written).sites if s.site_id.endswith(before.site_id))
    assert again.doubtful and (again.accuracy_m, again.accuracy_source) == (7.5, "file")
    assert any("was in doubt of it" in text for text in again.problems)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
def test_an_error_of_conversion_stays_and_a_sure_plot_stays_sure(
    tmp_path: Path, suffix: str
) -> None:
    plot = saved(tmp_path / "plot.geojson", shapely.Polygon(RING), site_accuracy_m=1.0)
    sites = sxgeo.read_sites(plot, assume={"datum": "GCJ-02"})
    (before,) = sites.sites
    assert before.datum_error_m > 0

    report = sxgeo.check_sites(sites, classes=["heritage_sites"])
    report.save(written := tmp_path / f"answer.{suffix}")
    (again,) = (s for s in sxgeo.read_sites(written).sites if s.site_id.endswith(before.site_id))
    assert again.accuracy_m == pytest.approx(1.0 + before.datum_error_m, abs=1e-4)
    assert again.doubtful == before.doubtful


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_plots_in_a_table_of_answers_are_in_doubt(tmp_path: Path, suffix: str) -> None:
    plot = saved(tmp_path / "plot.geojson", shapely.Polygon(RING), site_accuracy_m=7.5)
    written = tmp_path / f"batch.{suffix}"
    assert main(["check", str(plot), "--batch", "--no-workspace", "-o", str(written)]) >= 10
    (again,) = sxgeo.read_sites(written).sites
    assert again.doubtful
    assert "stands in a table of answers" in again.problems[0]
