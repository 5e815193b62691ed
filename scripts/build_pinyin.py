"""Build sxgeo/maps/pinyin.csv, the pinyin of every bundled Chinese name, so that a user's search
needs no package.

Usage: python scripts/build_pinyin.py [--check]

Readings come from pypinyin, pinned, and from the words that sxgeo/maps/pinyin.py corrects. The same
names give the same bytes; with ``--check`` nothing is written and the exit code is 1 when the table
is not what the names give.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from sxgeo.boundaries.units import load_counties, load_units  # noqa: E402
from sxgeo.boundaries.zone_table import list_zones  # noqa: E402
from sxgeo.layers.layers import load_layer, load_layers  # noqa: E402
from sxgeo.maps.pinyin import worked_out  # noqa: E402
from sxgeo.workspace.boundaries import load_zone  # noqa: E402

TABLE = ROOT / "sxgeo" / "maps" / "pinyin.csv"
PINNED = "0.55.0"


def names() -> list[str]:
    """Return every Chinese name that a page can show: members of zones, records, nodes, links and
    plan elements.
    """
    found: set[str] = set()
    frames = [load_units(kind) for kind in ("county", "prefecture", "province")] + [
        load_counties(neighbours=True)
    ]
    frames += [load_zone(zone_id).members for zone_id in list_zones()["zone_id"]]
    frames += [layer.frame for layer in load_layers()]
    frames += [
        load_layer(layer_id).frame
        for layer_id in ("transport_nodes", "transport_links", "plan_elements")
    ]
    for frame in frames:
        found |= {str(name) for name in frame["name_zh"].dropna()}
    return sorted(found)


def table() -> str:
    """Return the table as CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name_zh", "pinyin"])
    writer.writerows((name, worked_out(name)) for name in names())
    return out.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Write the table or compare it; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only compare with what is on disk")
    options = parser.parse_args(arguments)
    try:
        found = version("pypinyin")
    except PackageNotFoundError:
        found = "none"
    if found != PINNED:
        print(
            f"build_pinyin: needs pypinyin=={PINNED}, there is {found}: pip install"
            f" pypinyin=={PINNED}",
            file=sys.stderr,
        )
        return 2
    text = table()
    if options.check:
        same = TABLE.is_file() and TABLE.read_text("utf-8") == text
        print(
            f"build_pinyin: {TABLE.name} {'is' if same else 'is not'} what the names give",
            file=sys.stderr,
        )
        return 0 if same else 1
    TABLE.write_text(text, "utf-8", newline="\n")
    print(f"{text.count(chr(10)) - 1} names, {len(text.encode()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
