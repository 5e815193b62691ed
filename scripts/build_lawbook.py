"""Write docs/lawbook/index.html: the law as a book, as `sxgeo rules --format html` prints it.

Usage: python scripts/build_lawbook.py [--check]

With ``--check`` nothing is written; the exit code is 1 when the page on disk is not what the rules
give.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lawbook" / "index.html"
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from sxgeo.analysis.conflicts.lawbook import lawbook_html  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Write or compare; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare with what is on disk")
    options = parser.parse_args(arguments)
    page = lawbook_html().encode("utf-8")
    if options.check:
        same = PAGE.is_file() and PAGE.read_bytes() == page
        if not same:
            print(
                "build_lawbook: docs/lawbook/index.html differs from what the rules give",
                file=sys.stderr,
            )
        return 0 if same else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_bytes(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
