"""Write docs/zones.md: members, areas and accuracies of every zone, from the bundled data.

Usage: python scripts/zones_doc.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from sxgeo.boundaries.units import load_units  # noqa: E402
from sxgeo.boundaries.zone_table import list_zones  # noqa: E402
from sxgeo.geometry.projection import ellipsoid_area_m2  # noqa: E402
from sxgeo.workspace.boundaries import load_zone  # noqa: E402

TARGET = ROOT / "docs" / "zones.md"
_INTRODUCTION = """# Zones: members, areas, accuracy

Written by scripts/zones_doc.py from the bundled data; a test compares.

A zone is the union of its members: no official outline of any of them was found. Members go by county, prefecture or
province as the plan defines them. A member is *certain* when an official text or two agreeing sources name it; the
source of each stands in the table, in `zone.members` and in the popup of the map. `zonggai` and `jin_shaan_meng` have
no outline, and say why. `sxgeo.load_zone` takes the id or a Chinese, English or pinyin name.

## Areas

Ellipsoid area of the drawn members against the published figure; sources of the figures stand in the column `note` of
data/sources/zones.csv. The difference holds the generalised edge, rounding of the figure, and changes of the divisions
since.
"""
_ACCURACY = """
## Accuracy of the boundaries

The bundled boundaries (Tianditu) were compared with the second source of the same package (Amap), which is not bundled:
the distance from points of the drawn edge to the edge of the second source, every 100 m (counties), 500 m
(prefectures) or 2 km (provinces). `position_accuracy_m` is the 95th percentile rounded up to 10 m. Large values belong
to coasts, islands and re-drawn borders, where the two sources do not show the same thing. Prefectures and provinces are
unions of their counties, so a place in a county is in its prefecture.

A point on an edge that members share belongs to the member with the smaller code. `near_edge` is true within
`position_accuracy_m` of a member's edge: the county of such a place is not sure.
"""
_OWN = """
## Your own boundaries

Name an official file in the workspace; its polygons replace the bundled members, in `load_zone(..., workspace=...)`,
`sxgeo check --workspace` and `sxgeo map --workspace`:

```toml
[[boundary]]
zone = "taixin"             # id or name
file = "official.shp"       # beside the workspace file
code_field = "XZQDM"        # its column of six-digit codes (twelve digits ending in 000000 will do)
position_accuracy_m = 5     # or accuracy_field = "..."; never taken as 0
```

The codes must be exactly those of the zone. Every problem is listed at once: path, coordinate system, codes, polygons.
"""


def _areas() -> Iterator[str]:
    yield "| zone | name | members | certain | area km2 | published km2 | difference |"
    yield "|---|---|---|---|---|---|---|"
    for zone_id in list_zones()["zone_id"]:
        zone = load_zone(zone_id)
        sure = int(zone.members["certain"].sum())
        head = f"| `{zone_id}` | {zone.name_zh} | {len(zone.members)} | {sure} |"
        if zone.outline is None:
            yield f"{head} no outline | – | – |"
            continue
        area = ellipsoid_area_m2(zone.outline) / 1e6
        published = zone.published_area_km2
        told = "– | –" if published is None else f"{published:,.0f} | {area / published - 1:+.1%}"
        yield f"{head} {area:,.0f} | {told} |"


def _spread(units: Any, label: str) -> str:
    median, p95 = units["deviation_median_m"], units["deviation_p95_m"]
    return (
        f"| {label} | {len(units)} | {median.median():.0f} | {median.max():.0f} |"
        f" {p95.median():.0f} | {p95.max():.0f} |"
    )


def _accuracies() -> Iterator[str]:
    yield (
        "| level | units | median of medians m | largest median m | median of p95 m | largest"
        " p95 m |"
    )
    yield "|---|---|---|---|---|---|"
    for kind, label in (
        ("county", "counties"),
        ("prefecture", "prefectures"),
        ("province", "provinces"),
    ):
        yield _spread(load_units(kind), label)
    yield ""
    yield "| code | name | median m | p95 m | accuracy m |"
    yield "|---|---|---|---|---|"
    for kind in ("county", "prefecture", "province"):
        for row in load_units(kind).itertuples():
            figures = (
                f"{row.deviation_median_m} | {row.deviation_p95_m} | {row.position_accuracy_m}"
            )
            yield f"| {row.code} | {row.name_zh} {row.name_en} | {figures} |"


def text() -> str:
    """Return the whole page."""
    areas, accuracies = "\n".join(_areas()), "\n".join(_accuracies())
    return f"{_INTRODUCTION}\n{areas}\n{_OWN}{_ACCURACY}\n{accuracies}\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` compare it; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare with what is on disk")
    page = text()
    if parser.parse_args(arguments).check:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == page
        print(
            "" if same else "zones_doc: docs/zones.md differs",
            end="" if same else "\n",
            file=sys.stderr,
        )
        return 0 if same else 1
    TARGET.write_text(page, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
