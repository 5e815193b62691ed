"""Draw records and rules by lot and print a sheet to fill: the claim, its source, how to look it
up.

Usage: python scripts/audit_data.py --seed N [--records 65] [--rules 30] [-o FILE]

The same seed on the same data draws the same sheet, on every machine. A filled sheet is kept in
docs/audits/ with its figures; the README states the audited share. What a sheet finds wrong is
mended as CONTRIBUTING says, and its kind is looked for in the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "data" / "sources"
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from builders.formats import read_csv  # noqa: E402
from builders.layers import resource_rows  # noqa: E402

from sxgeo.files.writing import write_text  # noqa: E402

VERDICTS = ("confirmed", "not confirmed", "wrong")
"""What a line may be filled with: a source seen that says the same, none found, or one that says
otherwise.
"""

Row = Mapping[str, str]


def drawn(rows: Sequence[Row], key: str, count: int, seed: int) -> list[Row]:
    """Draw rows by lot, in the order of their ids; all of them where there are no more.

    The lot is the hash of seed and id, so that no version of a random generator changes it.
    """
    lots = sorted(rows, key=lambda row: hashlib.sha256(f"{seed}:{row[key]}".encode()).hexdigest())
    return sorted(lots[:count], key=lambda row: row[key])


def record_claim(row: Row) -> str:
    """Say what a record claims, as one line."""
    place = (
        f"point {row['lon']},{row['lat']} within {row['position_accuracy_m'] or '?'} m"
        if row["lon"]
        else "no point"
    )
    standing = row["membership"] if row["role"] == "listed" else row["role"]
    parts = (
        row["name_zh"],
        row["level"],
        row["county_code"],
        row["legal_designation"],
        standing,
        place,
    )
    return "; ".join(part for part in parts if part)


def rule_claim(row: Row) -> str:
    """Say what a rule claims, as one line."""
    article = f"第{row['article']}条" if row["article"] else "条号未见"
    span = f"{row['in_force_from'] or '?'} 至 {row['in_force_to'] or '今'}"
    return f"《{row['law']}》{article}（{span}）：{row['requirement_zh']}；{row['effect']}，{row['required_m']}米"


def how_to_look_up(row: Row) -> str:
    """Say where to look a claim up, from its own source."""
    if "rule_id" in row:
        return (
            "open the text that the source names, read the article and the last article (the day in"
            " force)"
        )
    if "OpenStreetMap" in row["source"]:
        return "the object of that name in a newer extract; a second source for the designation"
    if row["geometry_kind"] == "none":
        return "the name in the source; a place in any published list"
    return "the name in the source; a second source for the point, and the distance between both"


def sheet(seed: int, records: int, rules: int) -> str:
    """Write the sheet to fill, as Markdown."""
    every, table = resource_rows(SOURCES), read_csv(SOURCES / "rules.csv")
    own, law = drawn(every, "feature_id", records, seed), drawn(table, "rule_id", rules, seed)
    lines = [
        f"# Audit, seed {seed}",
        "",
        (
            f"{len(own)} of {len(every)} records and {len(law)} of {len(table)} rules, drawn by"
            f" lot. Fill `verdict` with {', '.join(VERDICTS)}, and `found` with the source that was"
            " seen."
        ),
        "",
        "| id | claim | source | how to look it up | found | verdict |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(row["feature_id"], record_claim(row), row) for row in own]
    lines += [_line(row["rule_id"], rule_claim(row), row) for row in law]
    return "\n".join(lines) + "\n"


def _line(identity: str, claim: str, row: Row) -> str:
    cells = (identity, claim, row["source"], how_to_look_up(row), "", "")
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Print or write the sheet; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--seed", type=int, required=True, help="any whole number; write it on the sheet"
    )
    parser.add_argument("--records", type=int, default=65)
    parser.add_argument("--rules", type=int, default=30)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write here instead of to stdout"
    )
    options = parser.parse_args(arguments)
    if min(options.records, options.rules) < 0:
        parser.error("--records and --rules are numbers from 0")
    text = sheet(options.seed, options.records, options.rules)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_text(text, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
