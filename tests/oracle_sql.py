"""Pairs, distances, overlaps and depths from DuckDB spatial: projection, join and measures are SQL
alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from oracle_outcomes import Measured

_PLANES = {111: "EPSG:4546", 114: "EPSG:4547"}


def connect() -> Any:
    """Open DuckDB with the spatial extension that its package carries; nothing is fetched."""
    import duckdb

    found = importlib.util.find_spec("duckdb_extension_spatial")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("duckdb_extension_spatial")
    folder = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}"
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "1"})
    connection.execute(f"LOAD '{folder / 'spatial.duckdb_extension'}'")
    return connection


def _load(connection: Any, table: str, shapes: Sequence[Any]) -> None:
    """Fill a table (id, geom, zone) with geometries in degrees; the zone is that of the centroid,
    112.5 to 114.
    """
    connection.execute(f"CREATE OR REPLACE TABLE raw_{table} (id INTEGER, wkb BLOB)")
    rows = [(i, shapely.to_wkb(s)) for i, s in enumerate(shapes)]
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        marks = ",".join(["(?, ?)"] * len(part))
        connection.execute(
            f"INSERT INTO raw_{table} VALUES {marks}", [v for row in part for v in row]
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT id, ST_GeomFromWKB(wkb) AS geom, 3 *"
        " floor((ST_X(ST_Centroid(ST_GeomFromWKB(wkb))) + 1.5) / 3)::INTEGER AS zone FROM"
        f" raw_{table}"
    )


_PAIRS = """
WITH s AS (SELECT id, ST_Transform(geom, 'EPSG:4490', '{plane}', true) AS g FROM sites WHERE zone = {zone}),
     f AS (SELECT id, ST_Transform(geom, 'EPSG:4490', '{plane}', true) AS g FROM features),
     near AS (
        SELECT s.id AS site, f.id AS feature, s.g AS a, f.g AS b, ST_Distance_GEOS(s.g, f.g) AS distance_m
        FROM s JOIN f ON
            ST_XMin(s.g) - {within} <= ST_XMax(f.g) AND ST_XMin(f.g) - {within} <= ST_XMax(s.g) AND
            ST_YMin(s.g) - {within} <= ST_YMax(f.g) AND ST_YMin(f.g) - {within} <= ST_YMax(s.g)
     )
SELECT site, feature, distance_m,
    CASE WHEN distance_m = 0 AND ST_Dimension(a) = 2 AND ST_Dimension(b) = 2
        THEN ST_Area(ST_Intersection(a, b)) ELSE 0 END AS overlap_m2,
    CASE WHEN distance_m = 0 AND ST_Dimension(a) + ST_Dimension(b) = 3
        THEN ST_Length(ST_Intersection(a, b)) ELSE 0 END AS overlap_length_m
FROM near WHERE distance_m <= {within} ORDER BY ALL
"""


def pairs_within(
    connection: Any, sites: Sequence[Any], features: Sequence[Any], *, within_m: float
) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Measure every pair of a site and a feature (degrees) that lie within a distance on the site's
    plane.

    Returns
    -------
    dict
        (distance_m, overlap_m2, overlap_length_m) by (site, feature), numbers in the given order.
    """
    _load(connection, "sites", sites)
    _load(connection, "features", features)
    found: dict[tuple[int, int], tuple[float, float, float]] = {}
    for zone, plane in _PLANES.items():
        for row in connection.execute(
            _PAIRS.format(zone=zone, plane=plane, within=within_m)
        ).fetchall():
            found[row[0], row[1]] = (row[2], row[3], row[4])
    return found


_DEEPER = """
SELECT ST_Intersects(ST_Buffer(ST_GeomFromWKB(?), -?, 32), ST_GeomFromWKB(?))
"""


class SqlMeasure:
    """A measuring function for `oracle_outcomes.answer` (shapes in metres) that asks DuckDB."""

    def __init__(self) -> None:
        self._connection = connect()

    def __call__(self, site: Any, resource: Any) -> Measured:
        a, b = shapely.to_wkb(site), shapely.to_wkb(resource)
        distance, area, length, dimensions = self._connection.execute(
            "SELECT ST_Distance_GEOS(a, b), ST_Area(ST_Intersection(a, b)),"
            " ST_Length(ST_Intersection(a, b)), [ST_Dimension(a), ST_Dimension(b)] FROM (SELECT"
            " ST_GeomFromWKB(?) AS a, ST_GeomFromWKB(?) AS b)",
            [a, b],
        ).fetchone()
        if distance > 0:
            return Measured(distance, 0.0, 0.0, 0.0)
        depths = [
            self._depth(x, y)
            for x, y, d in ((a, b, dimensions[0]), (b, a, dimensions[1]))
            if d == 2
        ]
        mixed = sorted(dimensions) == [1, 2]
        return Measured(
            0.0,
            max(depths, default=0.0),
            area if dimensions == [2, 2] else 0.0,
            length if mixed else 0.0,
        )

    def _depth(self, eroded: bytes, other: bytes) -> float:
        least, most = 0.0, 1e5
        while most - least > 1e-4 * max(1.0, least):
            middle = (least + most) / 2
            deeper = self._connection.execute(_DEEPER, [eroded, middle, other]).fetchone()[0]
            least, most = (middle, most) if deeper else (least, middle)
        return least
