"""Who runs many like pieces of work: this process, several, a Dask cluster, or Spark.

Holds the job that workers are set up with (`job.py`), the executors (`executors.py`) and how rows
go into Parquet as they come (`rows.py`). Knows no question. Imports `errors.py` alone. A new
executor is a function in `executors.py` with its line in `run`.
"""
