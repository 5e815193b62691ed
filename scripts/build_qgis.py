"""Build the QGIS plugin's styles from the style table, and its zip.

python scripts/build_qgis.py            # writes the styles
python scripts/build_qgis.py --check    # proves that what is committed is what it builds
python scripts/build_qgis.py --zip DIR [--address KEY=VALUE]...
                                        # writes sxgeo_qgis.zip there; same sources, same bytes

The plugin repository refuses a zip whose metadata lack email, repository or tracker. The project
has no public address yet, and none is made up: they are given when the zip is built, by
`--address repository=https://...`, and what is lacking is said.
"""

from __future__ import annotations

import argparse
import configparser
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sxgeo.maps.qgis.symbols import (
    Choice,
    by_rule,
    by_value,
    dot,
    fill,
    line,
    single,
    style_file,
)
from sxgeo.maps.style import BAND_COLOURS, VERDICT_HATCHES, VERDICT_STYLES
from sxgeo.reports.palette import VERDICT_COLOURS

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "integrations" / "qgis" / "sxgeo_qgis"
GRADES = {
    "surely": ("clear", "确定可用"),
    "known": ("not_screened", "就现有资料可用"),
    "doubtful": ("undetermined", "存疑或不足规模"),
    "not": ("conflict", "确定不可用"),
}
"""Grades of candidates are drawn as the verdicts that stand behind them."""
STEPS = (15, 30, 45, 60, 90, 120)
WANTED = (
    "name",
    "description",
    "about",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "repository",
    "tracker",
)
"""Keys of metadata.txt without which the plugin repository takes no zip."""
ADDRESSES = ("email", "repository", "tracker", "homepage")
_DAWN = (1980, 1, 1, 0, 0, 0)


def styles() -> dict[str, str]:
    """Return each style by the name of its file."""
    conflict = VERDICT_STYLES["conflict"][0]
    verdicts = [(key, key, label) for key, (_, label) in VERDICT_STYLES.items()]
    grades = [(grade, verdict, label) for grade, (verdict, label) in GRADES.items()]
    bands = [
        Choice(_between(n), _band_label(n), fill(str(n), BAND_COLOURS[n], alpha=90))
        for n in range(len(STEPS))
    ]
    renderers = {
        "sites": _verdict_areas("verdict", verdicts),
        "site_points": _verdict_points("verdict", verdicts),
        "site_lines": _verdict_lines("verdict", verdicts),
        "overlaps": single(fill("0", conflict, hatch="diagonal")),
        "overlap_lines": single(line("0", conflict, width_px=3.4)),
        "overlap_points": single(dot("0", conflict, "#ffffff")),
        "areas": by_rule(bands, largest_below="minutes"),
        "routes": single(line("0", BAND_COLOURS[0], width_px=3.4)),
        "candidates": _verdict_areas("grade", grades),
    }
    return {f"{name}.qml": style_file(renderer) for name, renderer in renderers.items()}


def _verdict_areas(field: str, entries: list[tuple[str, str, str]]) -> str:
    return by_value(
        field,
        [
            Choice(
                value,
                label,
                fill(
                    str(n),
                    VERDICT_STYLES[verdict][0],
                    hatch=VERDICT_HATCHES[verdict][0],
                    alpha=150,
                    edge=VERDICT_COLOURS[verdict],
                ),
            )
            for n, (value, verdict, label) in enumerate(entries)
        ],
    )


def _verdict_points(field: str, entries: list[tuple[str, str, str]]) -> str:
    return by_value(
        field,
        [
            Choice(value, label, dot(str(n), VERDICT_STYLES[verdict][0], VERDICT_COLOURS[verdict]))
            for n, (value, verdict, label) in enumerate(entries)
        ],
    )


def _verdict_lines(field: str, entries: list[tuple[str, str, str]]) -> str:
    return by_value(
        field,
        [
            Choice(value, label, line(str(n), VERDICT_COLOURS[verdict], width_px=3.4))
            for n, (value, verdict, label) in enumerate(entries)
        ],
    )


def _between(n: int) -> str:
    low = f'"minutes" > {STEPS[n - 1]}' if n else ""
    high = f'"minutes" <= {STEPS[n]}' if n < len(STEPS) - 1 else ""
    return " AND ".join(filter(None, (low, high)))


def _band_label(n: int) -> str:
    return f"≤ {STEPS[n]} min" if n < len(STEPS) - 1 else f"> {STEPS[n - 1]} min"


def metadata(addresses: Mapping[str, str]) -> str:
    """Return metadata.txt with the addresses that were given, in the order of `ADDRESSES`."""
    text = (PLUGIN / "metadata.txt").read_text(encoding="utf-8")
    return text + "".join(f"{key}={addresses[key]}\n" for key in ADDRESSES if key in addresses)


def lacking(text: str) -> list[str]:
    """Return the keys that the plugin repository wants and a metadata.txt does not hold."""
    held = configparser.ConfigParser()
    held.read_string(text)
    return [key for key in WANTED if not held["general"].get(key)]


def wrong_addresses(given: list[str]) -> list[str]:
    """Return what is wrong with addresses as the command line gives them."""
    wrong = []
    for text in given:
        key, _, value = text.partition("=")
        whole = "@" in value if key == "email" else value.startswith("https://")
        if key not in ADDRESSES or not whole or any(c.isspace() for c in value):
            wrong.append(
                f"--address '{text}' is not of the form KEY=VALUE with KEY one of"
                f" {', '.join(ADDRESSES)} and an https address (for email: NAME@HOST)"
            )
    return wrong


def write_zip(folder: Path, addresses: Mapping[str, str]) -> Path:
    """Write the plugin as QGIS installs it."""
    target = folder / "sxgeo_qgis.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(PLUGIN.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(PLUGIN.parent).as_posix(), _DAWN)
                entry.compress_type, entry.external_attr, entry.create_system = (
                    zipfile.ZIP_DEFLATED,
                    0o644 << 16,
                    3,
                )
                about = metadata(addresses).encode() if path.name == "metadata.txt" else None
                archive.writestr(entry, path.read_bytes() if about is None else about)
    return target


def main(arguments: list[str]) -> int:
    """Write or check the styles, or write the zip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--zip", type=Path, metavar="DIR")
    parser.add_argument("--address", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args(arguments)
    if wrong := wrong_addresses(given.address):
        print("\n".join(wrong), file=sys.stderr)
        return 2
    differ = [name for name, text in styles().items() if not _stands(name, text)]
    if not given.check and not given.zip:
        for name, text in styles().items():
            (PLUGIN / "styles" / name).write_text(text, encoding="utf-8", newline="\n")
    elif differ:
        print(
            f"styles differ from the style table: {', '.join(differ)}; run python"
            " scripts/build_qgis.py",
            file=sys.stderr,
        )
        return 1
    if given.zip:
        addresses = dict(text.split("=", 1) for text in given.address)
        given.zip.mkdir(parents=True, exist_ok=True)
        print(write_zip(given.zip, addresses))
        if missing := lacking(metadata(addresses)):
            print(
                f"QGIS installs this zip; the plugin repository wants {', '.join(missing)} too:"
                " give --address",
                file=sys.stderr,
            )
    return 0


def _stands(name: str, text: str) -> bool:
    path = PLUGIN / "styles" / name
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
