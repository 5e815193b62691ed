"""Results as views for DuckDB, where they lie."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError


def duckdb_views(results: str | Path) -> str:
    """Return SQL that shows the results of :func:`sxgeo.screen` in DuckDB, in place: views `sites`,
    `findings` and `told`.

    Raises
    ------
    InputError
        If there are no such results.
    """
    sites = Path(results)
    findings = sites.with_name(f"{sites.stem}.findings.parquet")
    if missing := [str(path) for path in (sites, findings) if not path.is_file()]:
        raise InputError(
            f"{', '.join(missing)} is not there; name the .parquet file of a run with its findings"
            " beside it"
        )
    quoted = ["'" + path.as_posix().replace("'", "''") + "'" for path in (sites, findings)]
    return (
        "LOAD spatial;\n"
        f"CREATE OR REPLACE VIEW sites AS SELECT * FROM read_parquet({quoted[0]});\n"
        f"CREATE OR REPLACE VIEW findings AS SELECT * FROM read_parquet({quoted[1]});\n"
        "CREATE OR REPLACE VIEW told AS\n"
        "SELECT s.site_id, s.verdict, s.known_verdict, f.* EXCLUDE (site_id, row), s.geometry\n"
        "FROM sites s JOIN findings f USING (row);\n"
    )
