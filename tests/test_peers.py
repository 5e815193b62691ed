"""Other programs say the same; `python tests/peers.py` asks of more."""

from __future__ import annotations

import os
import shutil
from functools import partial

import peers
import postgis_server
import pytest


def test_duckdb_says_what_whole_numbers_say() -> None:
    try:
        peers.connect()
    except (ModuleNotFoundError, OSError) as error:
        if os.environ.get("SXGEO_REQUIRE_DUCKDB"):
            raise
        pytest.skip(f"DuckDB spatial is not there: {error}")
    assert peers.geometry_faults(400, 5, peers.by_duckdb) == 0


def test_geos_of_the_page_says_what_whole_numbers_say() -> None:
    if shutil.which("node") is None:
        if os.environ.get("SXGEO_REQUIRE_BROWSER"):
            pytest.fail("no Node.js here, and SXGEO_REQUIRE_BROWSER is set")
        pytest.skip("no Node.js here")
    assert peers.geometry_faults(1000, 5, peers.by_geos_wasm) == 0


def test_postgis_says_what_whole_numbers_say() -> None:
    programs = postgis_server.binaries()
    if programs is None:
        if os.environ.get("SXGEO_REQUIRE_POSTGIS"):
            pytest.fail("no PostgreSQL with PostGIS here, and SXGEO_REQUIRE_POSTGIS is set")
        pytest.skip("no PostgreSQL with PostGIS here")
    with postgis_server.running(programs) as psql:
        assert peers.geometry_faults(1000, 5, partial(peers.by_postgis, psql)) == 0


def test_networkx_and_scipy_take_the_same_time() -> None:
    asked, by_networkx, by_scipy = peers.network_faults(4, 5)
    assert (asked, by_networkx, by_scipy) == (4 * 256, 0, 0)
