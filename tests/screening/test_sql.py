"""The export for PostGIS on a real server, and DuckDB views: SQL finds the rows that the library
tells.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgis_server
import pytest
import shapely

import sxgeo
from sxgeo import cli
from sxgeo.analysis.screening.duckdb import duckdb_views
from sxgeo.analysis.screening.postgis import write_postgis
from sxgeo.errors import InputError
from sxgeo.model.sites import Site, Sites

parquet = pytest.importorskip("pyarrow.parquet")

PLACES = [
    (112.55, 37.87),
    (112.73, 38.42),
    (113.17, 38.73),
    (112.43, 38.0),
    (112.95, 38.48),
    (112.3, 37.95),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    sites = [
        Site(f"s{k}\t'\\.", shapely.box(x, y, x + 0.04, y + 0.03), accuracy_m=2.0)
        for k, (x, y) in enumerate(PLACES)
    ]
    lost = Site("lost", None, problems=("feature 7: no geometry\n\\.",))
    return sxgeo.screen(Sites((*sites, lost)), tmp_path_factory.mktemp("run") / "o.parquet")


@pytest.fixture(scope="module")
def server() -> Iterator[list[str]]:
    programs = postgis_server.binaries()
    if programs is None:
        if os.environ.get("SXGEO_REQUIRE_POSTGIS"):
            pytest.fail("no PostgreSQL with PostGIS here, and SXGEO_REQUIRE_POSTGIS is set")
        pytest.skip("no PostgreSQL with PostGIS here")
    with postgis_server.running(programs) as psql:
        yield psql


def query(server: list[str], text: str) -> list[list[str]]:
    done = subprocess.run([*server, "-c", text], check=True, capture_output=True, text=True)
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_sql_on_a_real_server_finds_the_rows_that_the_library_tells(
    server: list[str], results: Any, tmp_path: Path
) -> None:
    script = write_postgis(tmp_path / "o.sql", results=results.sites)
    for _ in range(2):  # it may be run again
        done = subprocess.run([*server, "-f", script], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    told = {
        (r["row"], r["feature_id"], r["rule_id"]): (r["distance_m"], r["overlap_m2"])
        for r in parquet.read_table(results.findings).to_pylist()
        if r["relation"] != "missed"
        and r["distance_m"] is not None
        and r["reason_code"] not in ("coarse_accuracy", "unknown_accuracy")
    }
    rows = query(
        server,
        "SELECT w.row, w.feature_id, coalesce(w.rule_id, ''), w.distance_m, w.overlap_m2 FROM"
        " sxgeo.within_reach w",
    )
    found = {
        (int(row), feature, rule or None): (float(m), float(m2))
        for row, feature, rule, m, m2 in rows
    }
    assert len(told) > 10
    assert found.keys() == told.keys()
    for key, (metres, square) in told.items():
        assert found[key][0] == pytest.approx(metres, abs=1e-4)
        assert found[key][1] == pytest.approx(square, rel=1e-6, abs=1e-4)
    counts = query(
        server,
        "SELECT (SELECT count(*) FROM sxgeo.sites), (SELECT count(*) FROM sxgeo.findings), (SELECT"
        " count(*) FROM sxgeo.features WHERE geom IS NULL)",
    )
    assert counts[0][0] == "7"
    assert counts[0][1] == str(parquet.read_metadata(results.findings).num_rows)
    assert int(counts[0][2]) > 0  # a record without position stays in the table
    texts = query(server, "SELECT site_id, problems FROM sxgeo.sites WHERE geom IS NULL")
    assert "no geometry" in "|".join(texts[0])


def test_duckdb_shows_the_results_in_place(results: Any) -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("duckdb_extension_spatial")
    from oracle_sql import connect

    base = connect()
    base.execute(
        duckdb_views(results.sites).removeprefix("LOAD spatial;\n")
    )  # it is loaded, from its own package
    (count,) = base.execute("SELECT count(*) FROM told").fetchone()
    assert count == parquet.read_metadata(results.findings).num_rows
    (dim,) = base.execute("SELECT max(ST_NPoints(geometry)) FROM sites").fetchone()
    assert dim == 5
    assert duckdb


def test_the_command_writes_a_script_and_names_results_that_are_not_there(
    results: Any, tmp_path: Path, capsys: Any
) -> None:
    script = tmp_path / "o.sql"
    assert cli.main(["export", "postgis", "--results", str(results.sites), "-o", str(script)]) == 0
    assert "CREATE VIEW sxgeo.within_reach" in script.read_text(encoding="utf-8")
    assert (
        cli.main(
            [
                "export",
                "postgis",
                "--results",
                str(tmp_path / "no.parquet"),
                "-o",
                str(tmp_path / "p.sql"),
            ]
        )
        == 3
    )
    assert "no.parquet" in capsys.readouterr().err
    assert not (tmp_path / "p.sql").exists()
    with pytest.raises(InputError, match="is not there"):
        duckdb_views(tmp_path / "no.parquet")


def test_no_text_can_leave_its_row_or_end_the_table(results: Any, tmp_path: Path) -> None:
    text = write_postgis(tmp_path / "o.sql", results=results.sites).read_text(encoding="utf-8")
    ends = [line for line in text.split("\n") if line == "\\."]
    assert len(ends) == text.count("\nCOPY ")
