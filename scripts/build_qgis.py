"""Build the QGIS plugin's styles from the style table, and its zip.

python scripts/build_qgis.py            # writes the styles
python scripts/build_qgis.py --check    # proves that what is committed is what it builds
python scripts/build_qgis.py --zip DIR  # writes sxgeo_qgis.zip there; same sources, same bytes
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

from sxgeo.maps.style import BAND_COLOURS, VERDICT_STYLES
from sxgeo.reports.palette import VERDICT_COLOURS

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "integrations" / "qgis" / "sxgeo_qgis"
HATCH_ANGLE = {
    "conflict": 45,
    "undetermined": 135,
    "regulated": 90,
    "not_screened": 0,
    "clear": None,
}
"""Verdicts differ in their hatch too, so that they differ without colour."""
_DAWN = (1980, 1, 1, 0, 0, 0)


def _colour(hex_: str, alpha: int = 255) -> str:
    return ",".join(str(int(hex_[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


def _options(pairs: dict[str, str]) -> str:
    return "".join(
        f'<Option type="QString" name={quoteattr(k)} value={quoteattr(v)}/>'
        for k, v in pairs.items()
    )


def _layer(kind: str, pairs: dict[str, str], inner: str = "") -> str:
    return (
        f'<layer class="{kind}" enabled="1" locked="0" pass="0"><Option'
        f' type="Map">{_options(pairs)}</Option>{inner}</layer>'
    )


def _fill(
    name: str, colour: str, angle: int | None, alpha: int = 60, edge: str | None = None
) -> str:
    plain = _layer(
        "SimpleFill",
        {
            "color": _colour(colour, alpha),
            "outline_color": _colour(edge or colour),
            "outline_width": "0.6",
            "style": "solid",
        },
    )
    hatch = ""
    if angle is not None:
        line = _layer("SimpleLine", {"line_color": _colour(edge or colour), "line_width": "0.26"})
        inner = f'<symbol type="line" name="@{name}@1" alpha="1" clip_to_extent="1">{line}</symbol>'
        hatch = _layer(
            "LinePatternFill", {"angle": str(angle), "distance": "2", "distance_unit": "MM"}, inner
        )
    return f'<symbol type="fill" name="{name}" alpha="1" clip_to_extent="1">{plain}{hatch}</symbol>'


def _document(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\""
        f' styleCategories="Symbology">\n{renderer}\n</qgis>\n'
    )


def _by_value(field: str, entries: list[tuple[str, str, str, int | None]]) -> str:
    symbols = "".join(
        _fill(str(n), colour, angle, 150, VERDICT_COLOURS[value])
        for n, (value, _, colour, angle) in enumerate(entries)
    )
    categories = "".join(
        f'<category symbol="{n}" value={quoteattr(value)} label={quoteattr(label)} render="true"/>'
        for n, (value, label, _, _) in enumerate(entries)
    )
    return _document(
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(field)} enableorderby="0"'
        ' forceraster="0" symbollevels="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def _single(symbol: str) -> str:
    return _document(
        '<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0"'
        f' symbollevels="0"><symbols>{symbol}</symbols></renderer-v2>'
    )


def styles() -> dict[str, str]:
    """Return each style by the name of its file."""
    verdicts = [
        (key, label, colour, HATCH_ANGLE[key]) for key, (colour, label) in VERDICT_STYLES.items()
    ]
    steps = (15, 30, 45, 60, 90, 120)
    bands = "".join(
        f'<rule filter={quoteattr(_between(steps, n))} symbol="{n}"'
        f' label={quoteattr(_band_label(steps, n))} key="band{n}"/>'
        for n in reversed(range(len(steps)))
    )
    fills = "".join(_fill(str(n), BAND_COLOURS[n], None, 90) for n in range(len(steps)))
    conflict = VERDICT_STYLES["conflict"][0]
    line = _layer("SimpleLine", {"line_color": _colour(BAND_COLOURS[0]), "line_width": "0.9"})
    return {
        "sites.qml": _by_value("verdict", verdicts),
        "overlaps.qml": _single(_fill("0", conflict, 45)),
        "areas.qml": _document(
            '<renderer-v2 type="RuleRenderer" enableorderby="0" forceraster="0"'
            ' symbollevels="0"><rules'
            f' key="root">{bands}</rules><symbols>{fills}</symbols></renderer-v2>'
        ),
        "routes.qml": _single(
            f'<symbol type="line" name="0" alpha="1" clip_to_extent="1">{line}</symbol>'
        ),
    }


def _between(steps: tuple[int, ...], n: int) -> str:
    low = f'"minutes" > {steps[n - 1]} AND ' if n else ""
    return f'{low}"minutes" <= {steps[n]}' if n < len(steps) - 1 else f'"minutes" > {steps[n - 1]}'


def _band_label(steps: tuple[int, ...], n: int) -> str:
    return f"≤ {steps[n]} min" if n < len(steps) - 1 else f"> {steps[n - 1]} min"


def write_zip(folder: Path) -> Path:
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
                archive.writestr(entry, path.read_bytes())
    return target


def main(arguments: list[str]) -> int:
    """Write or check the styles, or write the zip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--zip", type=Path, metavar="DIR")
    given = parser.parse_args(arguments)
    wrong = []
    for name, text in styles().items():
        path = PLUGIN / "styles" / name
        if given.check or given.zip:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                wrong.append(name)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    if wrong:
        print(
            f"styles differ from the style table: {', '.join(wrong)}; run python"
            " scripts/build_qgis.py",
            file=sys.stderr,
        )
        return 1
    if given.zip:
        given.zip.mkdir(parents=True, exist_ok=True)
        print(write_zip(given.zip))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
