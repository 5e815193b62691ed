"""Write the tables of docs/transport.md from the bundled layers.

Usage: python scripts/describe_transport.py [--check]

The tables stand between ``<!-- NAME -->`` and ``<!-- /NAME -->``. With ``--check`` nothing is
written, and the exit code is 1 when the page is not up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "transport.md"
_LAYERS = ROOT / "data" / "layers"
_STATUSES = ("operating", "under_construction", "planned")
_UNKNOWN = (
    ("opens", "opening of an operating link", "operating"),
    ("design_speed_kmh", "design speed", None),
    ("length_km", "length", None),
    ("status_as_of", "day on which the status was seen", None),
    ("stretch_km", "published length between the first and the last node", None),
)


def _properties(name: str) -> list[dict[str, Any]]:
    text = (_LAYERS / f"{name}.geojson").read_text(encoding="utf-8")
    return [
        feature["properties"] | {"located": feature["geometry"] is not None}
        for feature in json.loads(text)["features"]
    ]


def _table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _counts(links: list[dict[str, Any]]) -> str:
    modes = sorted({link["mode"] for link in links})
    rows = []
    for mode in modes:
        own = [link for link in links if link["mode"] == mode]
        by_status = [sum(link["status"] == status for link in own) for status in _STATUSES]
        rows.append([mode, *by_status, len(own)])
    whole = [sum(row[i] for row in rows) for i in range(1, 5)]
    return _table(
        ["mode", *(status.replace("_", " ") for status in _STATUSES), "all"],
        [*rows, ["**all**", *whole]],
    )


def _drawn(links: list[dict[str, Any]]) -> str:
    own = [link for link in links if link["geometry_kind"] == "network"]
    return _table(
        ["link", "name", "published km", "here", "deviation", "farthest node"],
        (
            [
                link["link_id"],
                link["name_zh"],
                f"{link['stretch_km']:g}",
                f"{link['stretch_km'] * (1 + link['length_deviation']):.0f}",
                f"{link['length_deviation']:+.1%}",
                f"{link['farthest_node_m']:,} m",
            ]
            for link in own
        ),
    )


def _not_drawn(links: list[dict[str, Any]]) -> str:
    reasons: dict[str, list[dict[str, Any]]] = {}
    for link in links:
        if link["geometry_kind"] != "network":
            reasons.setdefault(link["geometry_note"], []).append(link)
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    return _table(
        ["why not along the graph", "links", "of these without any line"],
        (
            [
                reason,
                f"{len(own)}: " + " ".join(link["link_id"] for link in own),
                " ".join(link["link_id"] for link in own if link["geometry_kind"] == "none") or "-",
            ]
            for reason, own in ordered
        ),
    )


def _unknown(links: list[dict[str, Any]]) -> str:
    rows = []
    for column, words, status in _UNKNOWN:
        own = [link for link in links if status is None or link["status"] == status]
        bare = [link["link_id"] for link in own if link[column] is None]
        rows.append([words, f"{len(bare)} of {len(own)}", " ".join(bare)])
    return _table(["not known", "links", "which"], rows)


def _nodes(nodes: list[dict[str, Any]]) -> str:
    rows = []
    for kind in sorted({node["kind"] for node in nodes}):
        own = [node for node in nodes if node["kind"] == kind]
        errors = [
            node["position_accuracy_m"] + (node["datum_error_m"] or 0)
            for node in own
            if node["located"]
        ]
        within = [sum(error <= limit for error in errors) for limit in (1000, 3100)]
        rows.append([kind, len(own), len(errors), *within])
    return _table(["kind", "nodes", "with a point", "within 1 km", "within 3.1 km"], rows)


def tables() -> dict[str, str]:
    """Return the tables by the name under which they stand in the page."""
    links, nodes = _properties("transport_links"), _properties("transport_nodes")
    bare = [node for node in nodes if not node["located"]]
    return {
        "counts": _counts(links),
        "drawn": _drawn(links),
        "not-drawn": _not_drawn(links),
        "unknown": _unknown(links),
        "nodes": _nodes(nodes),
        "unlocated": ", ".join(f"{node['name_zh']} ({node['node_id']})" for node in bare),
    }


def filled(page: str) -> str:
    """Return the page with its tables as they are now."""
    for name, table in tables().items():
        before, rest = page.split(f"<!-- {name} -->", 1)
        after = rest.split(f"<!-- /{name} -->", 1)[1]
        page = f"{before}<!-- {name} -->\n{table}\n<!-- /{name} -->{after}"
    return page


def main(arguments: list[str] | None = None) -> int:
    """Write or check the page; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    page = PAGE.read_text(encoding="utf-8")
    text = filled(page)
    if options.check:
        return int(text != page)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
