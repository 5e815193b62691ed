"""Draw the floors of the house from the import contract: docs/images/floors.svg.

``python scripts/architecture.py`` writes the picture; with ``--check`` nothing is written, and 1 is
returned where the picture or the table of docs/architecture.md is not what the contract in
pyproject.toml says. Same contract, same bytes.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "floors.svg"
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = "sxgeo."
ABOVE = "__main__.py"
"""The door of the house stands above the contract: nothing but the interpreter opens it."""
WIDTH, FLOOR, GAP, LEFT, SIZE = 720, 44, 10, 40, 15
_FILL = ("#eef3f8", "#f7f3ea")


def floors(text: str) -> list[list[str]]:
    """Return the wings by floor, the top floor first, as the contract has them."""
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    house = next(
        contract
        for contract in contracts
        if any(row.split("|")[0].strip() == f"{PACKAGE}cli" for row in contract["layers"])
    )
    rows = [
        [wing.strip().removeprefix(PACKAGE) for wing in row.split("|")] for row in house["layers"]
    ]
    return [[ABOVE], *rows]


def rooms(text: str) -> list[list[str]]:
    """Return the rooms of `analysis` by floor, the upper one first; empty where no contract speaks
    of them.
    """
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    inside = f"{PACKAGE}analysis."
    for contract in contracts:
        rows = [[room.strip() for room in row.split("|")] for row in contract["layers"]]
        if all(room.startswith(inside) for row in rows for room in row):
            return [[room.removeprefix(inside) for room in row] for row in rows]
    return []


def picture(text: str) -> str:
    """Return the picture of the floors as SVG."""
    house, inner = floors(text), rooms(text)
    heights = [FLOOR * max(len(inner), 1) if row == ["analysis"] else FLOOR for row in house]
    whole = sum(heights) + GAP * (len(house) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" width="{WIDTH}"'
        f' height="{whole}" font-family="sans-serif" font-size="{SIZE}" role="img" aria-label="The'
        ' floors of sxgeo: each imports only what lies below">'
    ]
    top = GAP
    for number, (row, height) in enumerate(zip(house, heights, strict=True)):
        storey = len(house) - number
        parts.append(
            f'<text x="{LEFT - 12}" y="{top + height / 2 + 5:g}" text-anchor="end"'
            f' fill="#667">{storey}</text>'
        )
        if row == ["analysis"] and inner:
            parts += _row(row, top, height, storey, label_left=True)
            for level, names in enumerate(inner):
                parts += _boxes(
                    names, LEFT + 150, WIDTH - 20, top + 6 + level * FLOOR, FLOOR - 12, "#ffffff"
                )
        else:
            parts += _row(row, top, height, storey)
        top += height + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(
    names: list[str], top: float, height: float, storey: int, *, label_left: bool = False
) -> list[str]:
    fill = _FILL[storey % 2]
    if not label_left:
        return _boxes(names, LEFT, WIDTH - 10, top, height, fill)
    box = (
        f'<rect x="{LEFT}" y="{top:g}" width="{WIDTH - 10 - LEFT}" height="{height:g}" rx="4"'
        f' fill="{fill}" stroke="#889"/>'
    )
    return [box, f'<text x="{LEFT + 16}" y="{top + height / 2 + 5:g}">{escape(names[0])}/</text>']


def _boxes(
    names: list[str], left: float, right: float, top: float, height: float, fill: str
) -> list[str]:
    """Boxes side by side; wings that share a floor do not know each other."""
    width = (right - left - GAP * (len(names) - 1)) / len(names)
    parts = []
    for number, name in enumerate(names):
        x = left + number * (width + GAP)
        parts.append(
            f'<rect x="{x:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="4"'
            f' fill="{fill}" stroke="#889"/>'
        )
        parts.append(
            f'<text x="{x + width / 2:g}" y="{top + height / 2 + 5:g}"'
            f' text-anchor="middle">{escape(_label(name))}</text>'
        )
    return parts


def _label(name: str) -> str:
    """A wing is written as a folder, a module as a file."""
    folder = ROOT / "sxgeo" / name.replace(".", "/")
    return (
        f"{name}/"
        if folder.is_dir() or (folder.parent / "analysis" / name).is_dir()
        else f"{name.removesuffix('.py')}.py"
    )


def problems(text: str) -> list[str]:
    """Return what of the page and its picture is not what the contract says."""
    found = []
    if not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != picture(text):
        found.append(
            "docs/images/floors.svg is not what the contract says; run python"
            " scripts/architecture.py"
        )
    page = PAGE.read_text(encoding="utf-8")
    rows = [
        line
        for line in page.splitlines()
        if line.startswith("| ") and line.split("|")[1].strip().isdigit()
    ]
    for number, names in enumerate(floors(text)):
        storey = len(floors(text)) - number
        row = next((line for line in rows if line.split("|")[1].strip() == str(storey)), "")
        found += [
            f"docs/architecture.md: floor {storey} does not name `{_label(name)}`"
            for name in names
            if f"`{_label(name)}`" not in row
        ]
    return found


def main(argv: list[str]) -> int:
    """Write the picture, or check it and the page."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if argv == ["--check"]:
        found = problems(text)
        print("\n".join(found) or "the page of the house agrees with the contract")
        return 1 if found else 0
    if argv:
        print("usage: python scripts/architecture.py [--check]", file=sys.stderr)
        return 2
    PICTURE.write_text(picture(text), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
