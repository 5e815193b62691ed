"""Hold the bundled roads against published distances and times: data/sources/drive_times.csv,
docs/isochrones.md.

Usage: python scripts/judge_roads.py [--check]

The table and its summary stand in the page between ``<!-- judged -->`` and ``<!-- /judged -->``.
With ``--check`` nothing is written, and the exit code is 1 when the page is not what is measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sxgeo of this checkout, not an installed one

from builders.formats import read_csv  # noqa: E402

from sxgeo.analysis.accessibility.routes import routes  # noqa: E402
from sxgeo.analysis.network.bundled import BUNDLED_ERROR_SHARE, load_network  # noqa: E402
from sxgeo.analysis.network.graph import Network  # noqa: E402
from sxgeo.layers.layers import load_layer  # noqa: E402

PAGE = ROOT / "docs" / "isochrones.md"
PAIRS = ROOT / "data" / "sources" / "drive_times.csv"
WITHIN_KM = 0.1
"""How far a distance may be from the published one to count as met."""
STOPPING = "local_bus"
"""Such a bus stops on the way: its time is shown and not judged."""
_BEGIN, _END = "<!-- judged -->\n", "<!-- /judged -->"


@dataclass(frozen=True)
class Pair:
    """A published pair of places, and what the network says of it."""

    pair_id: str
    use: str
    mode: str
    title: str
    km: float | None
    minutes: float | None
    here_km: float
    here_min: float
    reach_km: float
    """By how much the stated errors of both points may move the distance."""

    @property
    def off_km(self) -> float | None:
        """Relative difference of the distance."""
        return self.here_km / self.km - 1 if self.km else None

    @property
    def off_min(self) -> float | None:
        """Relative difference of the time."""
        return self.here_min / self.minutes - 1 if self.minutes else None


@cache
def _network(zone: str) -> Network:
    return load_network(zone)


@cache
def measured() -> tuple[Pair, ...]:
    """Measure every pair: the fastest way from one bundled point to the other, the way off the road
    included.
    """
    nodes = load_layer("transport_nodes").frame.set_index("node_id")
    pairs = []
    for row in read_csv(PAIRS):
        ends = [nodes.loc[row[side]] for side in ("from_id", "to_id")]
        start, end = ((each.geometry.x, each.geometry.y) for each in ends)
        way = routes(_network(row["network"]), [start], [end]).iloc[0]
        names = " ".join(
            f"{each['name_zh']} {each.name}" + ("," if each is ends[0] else "") for each in ends
        )
        pairs.append(
            Pair(
                row["pair_id"], row["use"], row["mode"], names,
                float(row["km"]) if row["km"] else None,
                float(row["minutes"]) if row["minutes"] else None,
                float(way["length_km"] + way["offroad_m"] / 1000), float(way["minutes"]),
                sum(float(each["position_accuracy_m"]) for each in ends) / 1000,
            )
        )  # fmt: skip
    return tuple(pairs)


def shares(pairs: Iterable[Pair], use: str | None = None) -> tuple[list[float], list[float]]:
    """Return the relative differences of the distances, and of the times but those of buses that
    stop on the way.
    """
    own = [pair for pair in pairs if use in (None, pair.use)]
    of_km = [pair.off_km for pair in own if pair.off_km is not None]
    of_min = [pair.off_min for pair in own if pair.off_min is not None and pair.mode != STOPPING]
    return of_km, of_min


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.0%}".replace("%", " %")


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _spread(name: str, values: Sequence[float], within: float) -> list[str]:
    array = np.array(values)
    quarters = np.percentile(array, [0, 25, 50, 75, 100])
    met = int((np.abs(array) <= within).sum())
    return [
        name,
        str(len(array)),
        f"{within:.0%}".replace("%", " %"),
        f"{met} ({met / len(array):.0%})".replace("%", " %"),
        ", ".join(_percent(float(value)) for value in quarters),
        f"{np.sqrt((array**2).mean()):.0%}".replace("%", " %"),
    ]


def text() -> str:
    """Write the table of pairs, and that of their distribution."""
    pairs = measured()
    heading = ["pair", "use", "from, to", "km published", "here", "", "min published", "here", ""]
    rows = [
        [
            pair.pair_id, pair.use, pair.title, _cell(pair.km), f"{pair.here_km:.0f}", _percent(pair.off_km),
            _cell(pair.minutes) + (" " + pair.mode.replace("_", " ") if pair.minutes and pair.mode != "car" else ""),
            f"{pair.here_min:.0f}", _percent(pair.off_min),
        ]
        for pair in pairs
    ]  # fmt: skip
    spread = []
    for use in ("judge", "fit"):
        of_km, of_min = shares(pairs, use)
        spread.append(_spread(f"distances, {use}", of_km, WITHIN_KM))
        spread.append(_spread(f"times, {use}", of_min, BUNDLED_ERROR_SHARE))
    summary = _table(
        [
            "figures",
            "number",
            "asked",
            "within it",
            "least, quarter, middle, quarter, most",
            "root mean square",
        ],
        spread,
    )
    return f"{_table(heading, rows)}\n\n{summary}\n"


def filled(page: str) -> str:
    """Return the page with the tables that are measured now."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise SystemExit(f"judge_roads: {PAGE.name} has no {_BEGIN.strip()} ... {_END}")
    return before + begin + text() + end + after


def main(arguments: list[str] | None = None) -> int:
    """Write or check the page; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    page = PAGE.read_text(encoding="utf-8")
    new = filled(page)
    print(text(), end="")
    if options.check:
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
