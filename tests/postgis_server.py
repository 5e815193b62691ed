"""A PostgreSQL server with PostGIS of our own, for as long as a test or a comparison needs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "sxgeo"


def binaries() -> Path | None:
    """Return where PostgreSQL's programs lie; None where it or PostGIS is not there."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    postgis = list(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return known[0].parent if known and postgis and shutil.which("psql") else None


@contextmanager
def running(programs: Path) -> Iterator[list[str]]:
    """Run an empty server on the loopback; yield the words of ``psql`` that reach it.

    PostgreSQL refuses root, so root hands it to another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="sxgeo-pg-"))
    other: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        other = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    data, log = folder / "data", folder / "log"

    def run(program: str, *words: str | Path, check: bool = True) -> None:
        subprocess.run(
            [*other, programs / program, "-D", data, *words],
            check=check,
            capture_output=True,
            cwd=folder,
        )

    try:
        run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        run("pg_ctl", "-l", log, "-o", options, "-w", "start")
        try:
            plain = ["psql", "-X", "-q", "-A", "-t", "-F", "|"]
            yield [*plain, "-h", "127.0.0.1", "-p", port, "-U", USER, "-d", "postgres"]
        finally:
            run("pg_ctl", "-m", "immediate", "stop", check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
