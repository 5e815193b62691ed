"""Many sites: from Arrow to Arrow, on one core or a cluster, into Parquet and databases.

Holds the question as one table (`pack.py`), the pure function over a chunk (`chunk.py`), the order
of the work (`order.py`), a run on disk that can be gone on with (`parts.py`), its tables
(`tables.py`) and the exchange with PostGIS (`postgis.py`) and DuckDB (`duckdb.py`). Imports
`conflicts/`, `execution/` and what lies below them. A new column of the results begins in
`chunk.py`.
"""
