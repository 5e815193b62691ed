"""Carry a folder of curated fact tables over into data/sources.

Usage: python scripts/import_facts.py FOLDER [--check]

Every id, column, category and categorical value is mapped by an explicit table; anything that is
not in them is listed and nothing is written. What the project changes in the imported records
stands in data/sources/amendments.csv, what it adds to them in added_records.csv: the one is
applied, the other kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES_FOLDER = ROOT / "data" / "sources"
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from builders import facts_elements, facts_resources, facts_transport, facts_zones  # noqa: E402
from builders.facts_common import Unmapped  # noqa: E402
from builders.facts_wording import NOTES, SOURCES  # noqa: E402


def convert(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Return the tables by file name, and everything in `folder` that is not mapped."""
    unmapped = Unmapped()
    tables = facts_resources.build(folder, SOURCES_FOLDER, unmapped) | facts_transport.build(
        folder, unmapped
    )
    tables |= facts_zones.build(folder, unmapped) | facts_elements.build(folder, unmapped)
    unmapped.unused(SOURCES, "wording of sources")
    unmapped.unused(NOTES, "wording of notes")
    return tables, unmapped.problems


def main(arguments: list[str] | None = None) -> int:
    """Write the tables, or with ``--check`` compare them with those on disk; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the fact tables")
    parser.add_argument("--check", action="store_true", help="only compare with data/sources")
    options = parser.parse_args(arguments)
    tables, problems = convert(options.folder)
    if options.check:
        problems += [
            f"data/sources/{name} differs"
            for name, text in tables.items()
            if not (SOURCES_FOLDER / name).is_file()
            or (SOURCES_FOLDER / name).read_bytes() != text.encode("utf-8")
        ]
    for problem in problems:
        print(f"import_facts: {problem}", file=sys.stderr)
    if not problems and not options.check:
        for name, text in tables.items():
            (SOURCES_FOLDER / name).write_bytes(text.encode("utf-8"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
