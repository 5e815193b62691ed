"""Other programs say the same; `python tests/peers.py` asks of more."""

from __future__ import annotations

import os

import peers
import pytest


def test_duckdb_says_what_whole_numbers_say() -> None:
    try:
        peers.connect()
    except (ModuleNotFoundError, OSError) as error:
        if os.environ.get("SXGEO_REQUIRE_DUCKDB"):
            raise
        pytest.skip(f"DuckDB spatial is not there: {error}")
    assert peers.geometry_faults(400, 5, peers.by_duckdb) == 0


def test_networkx_and_scipy_take_the_same_time() -> None:
    asked, by_networkx, by_scipy = peers.network_faults(4, 5)
    assert (asked, by_networkx, by_scipy) == (4 * 256, 0, 0)
