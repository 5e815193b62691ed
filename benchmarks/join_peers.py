"""The engines that join sites with protected polygons in bench_join.py: ours, and what else does.

Each reads `sites.parquet` and `features.parquet` of a folder and writes `found.parquet`, (site,
feature, m2).

Usage: python benchmarks/join_peers.py ENGINE FOLDER

runs one and prints the processor time of the whole process, that of the work alone, without the
start of Python and the loading of libraries (s), and its memory (MB). Each loads only what it needs
itself. What runs in a server of its own tells of that server's session instead.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Cost = tuple[float, float]
"""Processor time (s) and memory (MB) of a server."""
Work = Callable[[], Cost | None]
"""What is done once the libraries are loaded."""


def by_sxgeo(folder: Path) -> Work:
    """Read the features, then the sites piece by piece, straight to arrays; join, write."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sxgeo.geometry import join_kernels
    from sxgeo.geometry.join import ReadyRagged, join
    from sxgeo.geometry.ragged import RaggedShapes

    # numba loads its own libraries when the first loop is called
    join_kernels.along_hilbert(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))

    def told(values: Any) -> Any:
        # pa.array would load pandas
        kind = pa.from_numpy_dtype(values.dtype)
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])

    def work() -> None:
        ready, done, parts = ReadyRagged.of(RaggedShapes.of_pieces(_wkb(folder, "features"))), 0, []
        for column in _wkb(folder, "sites"):
            pairs = join(RaggedShapes.of_arrow(column), ready)
            parts.append((pairs.site + done, pairs.resource, pairs.area_m2))
            done += len(column)
        whole = [told(np.concatenate(column)) for column in zip(*parts, strict=True)]
        found = pa.table(whole, names=["site", "feature", "m2"])
        pq.write_table(found, folder / "found.parquet")

    return work


def _wkb(folder: Path, name: str) -> Iterator[Any]:
    """Yield the shapes of a file, piece by piece."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(folder / f"{name}.parquet").iter_batches(
        65_536, columns=["geometry"]
    ):
        yield batch.column("geometry")


def by_shapes(folder: Path) -> Work:
    """The same by GEOS objects, the oracle: sums over edges beside its tree and `intersects`."""
    import numpy as np
    import shapely

    from sxgeo.geometry.overlap_pairs import ReadyShapes, overlap_pairs

    def shapes(column: Any) -> Any:
        return shapely.from_wkb(column.to_numpy(zero_copy_only=False))

    def work() -> None:
        theirs = np.concatenate([shapes(column) for column in _wkb(folder, "features")])
        ready, done, parts = ReadyShapes.of(theirs), 0, []
        for column in _wkb(folder, "sites"):
            pairs = overlap_pairs(shapes(column), theirs, ready)
            parts.append((pairs.site + done, pairs.resource, pairs.area_m2))
            done += len(column)
        _write(folder, *(np.concatenate(column) for column in zip(*parts, strict=True)))

    return work


def by_sjoin(folder: Path) -> Work:
    """Read, sjoin, intersection, write."""
    import geopandas as gpd
    import shapely

    def work() -> None:
        left, right = (
            gpd.read_parquet(folder / f"{name}.parquet") for name in ("sites", "features")
        )
        joined = gpd.sjoin(left, right, predicate="intersects")
        mine, theirs = joined.index.to_numpy(), joined["index_right"].to_numpy()
        shapes = left.geometry.to_numpy()[mine], right.geometry.to_numpy()[theirs]
        _write(folder, mine, theirs, shapely.area(shapely.intersection(*shapes)))

    return work


def by_overlay(folder: Path) -> Work:
    """Read, overlay of the polygons, write; lines and points are another call each, left out."""
    import geopandas as gpd
    import numpy as np

    def work() -> None:
        left, right = (
            gpd.read_parquet(folder / f"{name}.parquet") for name in ("sites", "features")
        )
        left["site"], right["feature"] = np.arange(len(left)), np.arange(len(right))
        polygons = left[left.geom_type == "Polygon"]
        both = gpd.overlay(polygons, right, how="intersection", keep_geom_type=True)
        _write(folder, both["site"].to_numpy(), both["feature"].to_numpy(), both.area.to_numpy())

    return work


def by_duckdb(folder: Path) -> Work:
    """Read, join and write in one statement, one thread (`pip install duckdb
    duckdb-extension-spatial`).
    """
    import duckdb
    import duckdb_extension_spatial

    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    found = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    base.execute(f"LOAD '{next(found).as_posix()}'")

    def work() -> None:
        base.execute(f"""
            COPY (
              SELECT s.row AS site, f.row AS feature,
                ST_Area(ST_Intersection(s.geometry, f.geometry)) AS m2
              FROM read_parquet('{(folder / "sites.parquet").as_posix()}') s
              JOIN read_parquet('{(folder / "features.parquet").as_posix()}') f
                ON ST_Intersects(s.geometry, f.geometry)
            ) TO '{(folder / "found.parquet").as_posix()}' (FORMAT parquet)
            """)

    return work


def by_sedonadb(folder: Path) -> Work:
    """Read, join and write in one statement (`pip install sedonadb`)."""
    import sedonadb

    base = sedonadb.connect()

    def work() -> None:
        for name in ("sites", "features"):
            base.read_parquet(str(folder / f"{name}.parquet")).to_view(name)
        base.sql("""
            SELECT s.row AS site, f.row AS feature,
              ST_Area(ST_Intersection(s.geometry, f.geometry)) AS m2
            FROM sites s JOIN features f ON ST_Intersects(s.geometry, f.geometry)
            """).to_parquet(str(folder / "found.parquet"))

    return work


_POSTGIS = """
SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0;
SET work_mem = '256MB'; SET maintenance_work_mem = '256MB'; SET client_min_messages = warning;
CREATE EXTENSION postgis;
CREATE UNLOGGED TABLE sites (row bigint, geometry geometry);
CREATE UNLOGGED TABLE features (row bigint, geometry geometry);
\\copy sites FROM 'sites.tsv'
\\copy features FROM 'features.tsv'
CREATE INDEX ON features USING gist (geometry);
ANALYZE sites; ANALYZE features;
\\copy (SELECT s.row, f.row, ST_Area(ST_Intersection(s.geometry, f.geometry)) FROM sites s JOIN \
features f ON ST_Intersects(s.geometry, f.geometry)) TO 'found.csv' CSV
SELECT pg_read_file('/proc/self/stat', 0, 4000);
SELECT pg_read_file('/proc/self/status', 0, 8000);
"""


def by_postgis(folder: Path) -> Work:
    """Load, index, join and write in one session of a server of its own; what is counted is that
    session, and the writing of the text that it loads is not.
    """
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    def work() -> Cost:
        for name in ("sites", "features"):
            table = pq.read_table(folder / f"{name}.parquet", columns=["row", "geometry"])
            with (folder / f"{name}.tsv").open("w") as file:
                for batch in table.to_batches(65_536):
                    rows, shapes = batch.column("row").to_pylist(), batch.column("geometry")
                    pairs = zip(rows, shapes.to_pylist(), strict=True)
                    file.writelines(f"{row}\t{shape.hex()}\n" for row, shape in pairs)
        with _server() as session:
            done = subprocess.run(
                [*session, "-v", "ON_ERROR_STOP=1"],
                input=_POSTGIS,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise SystemExit(done.stderr)
        names = pacsv.ReadOptions(column_names=["site", "feature", "m2"])
        told = pacsv.read_csv(folder / "found.csv", read_options=names)
        pq.write_table(told, folder / "found.parquet")
        ticks = done.stdout.split(") ", 1)[1].split()[11:13]
        memory = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM"))
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(memory.split()[1]) / 1e3

    return work


@contextmanager
def _server() -> Iterator[list[str]]:
    """Start PostgreSQL in a folder of its own on the loopback; it refuses root, so root hands it to
    the user that Debian made for it. The session is that of the same user.
    """
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not known:
        raise SystemExit("no PostgreSQL here: apt-get install postgresql-15-postgis-3")
    place = Path(tempfile.mkdtemp(prefix="sxgeo-pg-"))
    other: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(place, "postgres", "postgres")
        other = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    make, control, data = known[0], known[0].with_name("pg_ctl"), place / "data"

    def run(*command: Any) -> None:
        words = [*other, *map(str, command)]
        subprocess.run(words, check=True, capture_output=True, cwd=place)

    try:
        run(make, "-D", data, "-U", "sxgeo", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {place} -c fsync=off -c shared_buffers=512MB"
        run(control, "-D", data, "-l", place / "log", "-o", options, "-w", "start")
        try:
            where = ["-h", "127.0.0.1", "-p", port, "-U", "sxgeo", "-d", "postgres"]
            yield ["psql", "-X", "-q", "-A", "-t", *where]
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


ENGINES: dict[str, Callable[[Path], Work]] = {
    "sxgeo": by_sxgeo,
    "sjoin": by_sjoin,
    "overlay": by_overlay,
    "duckdb": by_duckdb,
    "sedonadb": by_sedonadb,
    "postgis": by_postgis,
    "shapes": by_shapes,
}


def _write(folder: Path, site: Any, feature: Any, area: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"site": site, "feature": feature, "m2": area})
    pq.write_table(table, folder / "found.parquet")


def _spent() -> float:
    told = resource.getrusage(resource.RUSAGE_SELF)
    return told.ru_utime + told.ru_stime


def _peak_mb() -> float:
    """Return the largest memory of this process (Linux); `ru_maxrss` begins with that of the
    process which started it.
    """
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def main(name: str, folder: Path) -> None:
    """Run one engine here; print its processor time, that of the work alone, and its memory."""
    work = ENGINES[name](folder)
    loaded_s = _spent()
    of_server = work()
    spent_s = _spent()

    # a server counts alone, what wrote its input does not
    if of_server is not None:
        print(of_server[0], of_server[0], of_server[1])
    else:
        print(spent_s, spent_s - loaded_s, _peak_mb())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
