"""docs/data.md: what each class holds and how sure it is, written from the tables alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sxgeo.layers.classes import CLASS_IDS, COARSE_ACCURACY_M, HELD

from .formats import read_csv
from .layers import resource_rows

FINE_M = 1000.0
_CONFIDENCES = ("high", "medium", "low")
_MEMBERSHIPS = ("official_list", "inferred", "candidate")
_GUESS = "general knowledge, no document seen"
_INTRO = """\
# The bundled records

<!-- Written by scripts/build_data.py from data/sources; a test compares it with the tables. -->

Nobody has published the named list behind the official counts. So every record says where it comes from and how it
belongs to the list: `official_list`, `inferred` (a source places it in the zone with the designation that the class
needs) or `candidate` (it may belong; never counted as held). **No class is complete here**: `complete_in` is empty for all
fifteen, for no document says that one of them is whole, and equal counts prove nothing. What protects a record by law
stands apart, in `legal_designation`: a national or provincial heritage site binds by its own designation.

- *held*: official or inferred, without components, duplicates and controls; *located*: held with a point or box.
- Positions: a rounded point (three decimals) with its accuracy; *fine* up to 1 km, *medium* up to 3 km, *coarse* beyond
  or unknown. A coarse record decides nothing closer than its county. Only *object* points are the thing itself.
- Every point lies in a county that its record names and, where the address names a township of `townships.csv`, in the
  box of that township, each with the accuracy of both (tests). A point that failed was replaced by its township, and says so.
- No record has a published boundary. `extent_m` is the circle of a published area; where none is published, the class's
  own default stands in `data/sources/classes.csv` with its reason. Neither is a boundary.
- The imported facts are corrected in `amendments.csv` (each cell with reason and source) and continued in
  `added_records.csv`; pairs that look alike stand in `duplicates.csv`.
- `osm_points.csv` lists the points of OpenStreetMap (ODbL, via PyPI geopi 0.1.8, a tool of the build) that bear the name of a record or
  station in its county: `taken`, `agrees` or `doubtful`. A doubtful one changes nothing. A drawn building or tower counts
  as known within 200 m, a site within 400 m, and 75 m more for the rounding.

## Stated accuracies that were broken

An audit (docs/audits/2026-11.md) found three points farther off than they said: AIR-014 忻州会展中心 10.4 km (6,075 m stated), AIR-016 小店 8.5 km
(1,075 m) and AIR-017 金胜 1.6 km (1,075 m), the last two outside the zone. How accuracies of their kinds of source were set was then read again:

- *The seat of a county for a thing whose place in the county is unknown* (AIR-013 5.3 km of 6.1 km stated, AIR-014 broken, HS-026 1.3 km of 4.1 km, ST-XZX 6.2 km
  of 7.1 km): such a point says nothing closer than its county. AIR-012 and HD-004, which claimed less than 3 km, now state 10,500 m, so that the county
  decides. A city or town that is itself the seat keeps its accuracy.
- *The sample of 2019* (three decimals, no datum): the numbers of its stations belonged to other cities, and of eight points one was that of another
  station and one 1.6 km off. No record rests on it alone any more; the national list of 2022 gives points and numbers. Where both have a station they
  differ by 0.7 km at most, which the new accuracy covers, except for AIR-017, whose accuracy covers the 1.6 km.
- *The centre of a township's box* (half its diagonal): AIR-004 0.9 km of 2.4 km, HS-060 7.3 km of 11.1 km, both kept; none was found broken.
- *Two lists of weather stations*: WX-53763 differs by 1.8 km between them, and 500 m were stated; it states 2,300 m now.

## Counts
"""

Row = dict[str, str]


def figures(rows: list[Row]) -> dict[str, int]:
    """Count one class.

    Returns
    -------
    dict
        held, candidates, components, controls, located, with_polygon, fine, medium, coarse,
        objects, designated, and one count per confidence; all but the first four over held records.
    """
    listed = [row for row in rows if row["role"] == "listed"]
    held = [row for row in listed if row["membership"] in HELD]
    points = [row for row in held if row["geometry_kind"] == "point"]
    accuracies_m = [float(row["position_accuracy_m"] or "inf") for row in points]
    confidences = Counter(row["confidence"] for row in held)
    return {
        "held": len(held),
        "candidates": len(listed) - len(held),
        "components": sum(row["role"] == "component" for row in rows),
        "controls": sum(row["role"] == "control" for row in rows),
        "located": sum(row["geometry_kind"] != "none" for row in held),
        "with_polygon": sum(row["geometry_kind"] in ("surveyed", "digitised") for row in held),
        "fine": sum(value <= FINE_M for value in accuracies_m),
        "medium": sum(FINE_M < value <= COARSE_ACCURACY_M for value in accuracies_m),
        "coarse": sum(value > COARSE_ACCURACY_M for value in accuracies_m),
        "objects": sum(row["point_role"] == "object" for row in points),
        "designated": sum(bool(row["legal_designation"]) for row in held),
        **{f"confidence_{name}": confidences[name] for name in _CONFIDENCES},
    }


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *rows)]


def _count_line(spec: Row, rows: list[Row]) -> list[str]:
    count = figures(rows)
    official = spec["official_count"] + (" ha" if spec["unit"] == "ha" else "")
    numbers = (
        "held",
        "candidates",
        "located",
        "with_polygon",
        "fine",
        "medium",
        "coarse",
        "objects",
        "designated",
    )
    confidence = " / ".join(str(count[f"confidence_{name}"]) for name in _CONFIDENCES)
    return [
        f"{spec['name_zh']} `{spec['class_id']}`",
        official,
        *(str(count[n]) for n in numbers),
        confidence,
    ]


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("<", "&lt;")


def _record_line(row: Row) -> list[str]:
    accuracy = f"{row['position_accuracy_m'] or 'unknown'} m, {row['point_role']}"
    position = {"point": accuracy, "extent_box": "box", "none": "none"}.get(
        row["geometry_kind"], row["geometry_kind"]
    )
    standing = row["membership"] if row["role"] == "listed" else row["role"]
    cells = (row["feature_id"], row["name_zh"], row["county_code"].replace(";", " "), standing)
    return [
        *map(_cell, cells),
        _cell(row["legal_designation"]),
        position,
        row["confidence"],
        _cell(row["source"]),
    ]


def _section(spec: Row, rows: list[Row], search: Row) -> list[str]:
    listed = [row for row in rows if row["role"] == "listed"]
    by_membership = Counter(row["membership"] for row in listed)
    kinds = (
        ", ".join(f"{count} {name}" for name in _MEMBERSHIPS if (count := by_membership[name]))
        or "no record"
    )
    guesses = sum(_GUESS in row["source"] for row in listed)
    default = f"{spec['screening_extent_m']} m: {spec['extent_reason']}"
    lines = [
        f"### {spec['name_zh']} `{spec['class_id']}`",
        "",
        f"- Records: {kinds}; {guesses} of them known only by general knowledge, no document seen.",
        f"- Searched: {search['searched']}.",
        f"- Found: {search['found']}.",
        f"- Not found: {search['not_found']}.",
        f"- Default extent of a point: {default}.",
        "",
    ]
    if rows:
        header = [
            "id",
            "name",
            "county",
            "standing",
            "designation",
            "position",
            "confidence",
            "source",
        ]
        lines += [*_table(header, [_record_line(row) for row in rows]), ""]
    return lines


def _pairs(sources: Path, names: dict[str, str]) -> list[str]:
    lines = [
        [
            *(f"{row[column]} {names[row[column]]}" for column in ("first_id", "second_id")),
            row["relation"].replace("_", " "),
            row["reason"],
        ]
        for row in read_csv(sources / "duplicates.csv")
    ]
    return [
        "## Pairs that look alike",
        "",
        *_table(["record", "record", "relation", "reason"], lines),
        "",
    ]


def build(sources: Path) -> str:
    """Write the page from the tables of `sources`."""
    rows = resource_rows(sources)
    specs = {spec["class_id"]: spec for spec in read_csv(sources / "classes.csv")}
    searches = {row["resource_class"]: row for row in read_csv(sources / "searches.csv")}
    of_class = {name: [row for row in rows if row["resource_class"] == name] for name in CLASS_IDS}
    header = [
        "class",
        "official",
        "held",
        "candidates",
        "located",
        "with polygon",
        "fine",
        "medium",
        "coarse",
    ]
    header += ["objects", "designated", "confidence high / medium / low"]
    lines = [*_INTRO.splitlines(), ""]
    lines += [*_table(header, [_count_line(specs[name], of_class[name]) for name in CLASS_IDS]), ""]
    lines += _pairs(sources, {row["feature_id"]: row["name_zh"] for row in rows})
    lines += ["## Classes", ""]
    for name in CLASS_IDS:
        lines += _section(specs[name], of_class[name], searches[name])
    return "\n".join(lines).rstrip("\n") + "\n"
