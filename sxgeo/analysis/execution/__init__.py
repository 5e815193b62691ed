"""Who runs many like pieces of work: this process, several, a Dask cluster, or Spark.

Holds the job that workers are set up with (`job.py`) and the executors (`executors.py`). Takes
values and tables, reads and writes no file, and knows no question. Imports `errors.py` alone. A new
executor is a function in `executors.py` with its line in `run`.
"""
