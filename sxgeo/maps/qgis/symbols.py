"""Symbols and renderers of QGIS, drawn from the style table of the maps.

Everything is a piece of QGIS's own XML, as text. Same table, same text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

MM_PER_PX = 25.4 / 96
_HATCH_MM = 2.2
_LINES: Mapping[str, tuple[int, ...]] = {
    "diagonal": (45,),
    "back": (135,),
    "cross": (45, 135),
    "lines": (0,),
    "waves": (0,),
}
"""Directions of the lines of each hatch of the style table; waves are lines with dots between."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a renderer: what it catches, what the legend says, how it is drawn.

    Attributes
    ----------
    catches
        A value of the field, or an expression where the renderer asks by rules.
    label
        Words of the legend.
    symbol
        A symbol of this module whose name is the entry's place in the list.
    """

    catches: str
    label: str
    symbol: str


def fill(
    name: str,
    colour: str,
    *,
    hatch: str = "plain",
    alpha: int = 60,
    edge: str | None = None,
    width_px: float = 2.2,
    dash: str | None = None,
) -> str:
    """Return the symbol of polygons.

    Parameters
    ----------
    name
        Of the symbol within its renderer.
    colour, alpha
        Of the ground, the second from 0 to 255.
    hatch
        Pattern of the style table; ``plain`` has none.
    edge, width_px, dash
        Of the outline; without a colour it takes that of the ground.
    """
    ink = edge or colour

    # the outline is a layer of its own, so that no hatch lies over it
    ground = _layer("SimpleFill", {"color": rgba(colour, alpha), "outline_style": "no"})
    border = _layer("SimpleLine", _stroke(ink, width_px, dash))
    body = ground + "".join(_hatch(name, hatch, ink)) + border
    return _symbol("fill", name, body)


def line(
    name: str,
    colour: str,
    *,
    width_px: float = 2.0,
    dash: str | None = None,
) -> str:
    """Return the symbol of lines."""
    return _symbol("line", name, _layer("SimpleLine", _stroke(colour, width_px, dash)))


def marker(
    name: str,
    path: str,
    colour: str,
    *,
    size_mm: float = 4.2,
) -> str:
    """Return the symbol of points: a path of the style table, in a box from -10 to 10."""
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-11 -11 22 22">'
        f'<path d="{path}" fill="{colour}" fill-rule="evenodd" stroke="#ffffff" stroke-width="1"/>'
        "</svg>"
    )
    inside = base64.b64encode(picture.encode()).decode()
    return _symbol(
        "marker", name, _layer("SvgMarker", {"name": f"base64:{inside}", "size": _number(size_mm)})
    )


def dot(
    name: str,
    colour: str,
    edge: str,
    *,
    size_mm: float = 3.0,
) -> str:
    """Return the symbol of points without a picture: a round one."""
    options = {
        "name": "circle",
        "color": rgba(colour),
        "outline_color": rgba(edge),
        "size": _number(size_mm),
    }
    return _symbol("marker", name, _layer("SimpleMarker", options))


def single(symbol: str) -> str:
    """Return the renderer that draws all alike."""
    return (
        '<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )


def by_value(field: str, choices: Sequence[Choice]) -> str:
    """Return the renderer that draws by the values of a field."""
    categories = "".join(
        f'<category symbol="{n}" value={quoteattr(c.catches)} label={quoteattr(c.label)}'
        ' render="true"/>'
        for n, c in enumerate(choices)
    )
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(field)} enableorderby="0"'
        f' forceraster="0" symbollevels="0"><categories>{categories}</categories>'
        f"<symbols>{''.join(c.symbol for c in choices)}</symbols></renderer-v2>"
    )


def by_rule(choices: Sequence[Choice], *, largest_below: str = "") -> str:
    """Return the renderer that draws by expressions.

    Parameters
    ----------
    choices
        Entries, in the order of the legend.
    largest_below
        A field: what has its largest value is laid down first, so that nothing hides the smallest.
    """
    rules = "".join(
        f'<rule filter={quoteattr(c.catches)} symbol="{n}" label={quoteattr(c.label)}'
        f' key="rule{n}"/>'
        for n, c in enumerate(choices)
    )
    order = (
        '<orderby><orderByClause asc="0"'
        f' nullsFirst="0">"{largest_below}"</orderByClause></orderby>'
        if largest_below
        else ""
    )
    return (
        f'<renderer-v2 type="RuleRenderer" enableorderby="{int(bool(order))}" forceraster="0"'
        f' symbollevels="0"><rules key="root">{rules}</rules>'
        f"<symbols>{''.join(c.symbol for c in choices)}</symbols>{order}</renderer-v2>"
    )


def style_file(renderer: str) -> str:
    """Return a renderer as a QML file."""
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22" styleCategories="Symbology">\n{renderer}\n</qgis>\n'
    )


def rgba(hex_: str, alpha: int = 255) -> str:
    """Return a colour as QGIS writes it."""
    return ",".join(str(int(hex_[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


def _hatch(
    name: str,
    hatch: str,
    ink: str,
) -> Iterator[str]:
    """Yield the layers of a hatch; the symbols within are named as QGIS names them."""
    number = 1  # the ground is layer 0
    for angle in _LINES.get(hatch, ()):
        stroke = _layer("SimpleLine", _stroke(ink, 1.0, None))
        inner = _symbol("line", f"@{name}@{number}", stroke)
        options = {
            "angle": str(angle),
            "distance": _number(_HATCH_MM),
            "distance_unit": "MM",
        }
        yield _layer("LinePatternFill", options, inner)
        number += 1

    # waves are lines with dots between them: QGIS has no pattern of waves of its own
    if hatch in ("dots", "waves"):
        yield _dots(f"@{name}@{number}", ink)


def _dots(name: str, ink: str) -> str:
    """Return a pattern of dots, every other row half a step aside."""
    point = {
        "name": "circle",
        "color": rgba(ink),
        "outline_style": "no",
        "size": "0.7",
    }
    inner = _symbol("marker", name, _layer("SimpleMarker", point))
    options = {
        "distance_x": _number(_HATCH_MM),
        "distance_y": _number(_HATCH_MM),
        "displacement_x": _number(_HATCH_MM / 2),
        "distance_x_unit": "MM",
        "distance_y_unit": "MM",
    }
    return _layer("PointPatternFill", options, inner)


def _stroke(
    colour: str,
    width_px: float,
    dash: str | None,
) -> dict[str, str]:
    options = {"line_color": rgba(colour), "line_width": _number(width_px * MM_PER_PX)}
    if dash:
        lengths = ";".join(_number(float(part) * MM_PER_PX) for part in dash.split())
        options |= {
            "use_custom_dash": "1",
            "customdash": lengths,
            "customdash_unit": "MM",
        }
    return options


def _symbol(
    kind: str,
    name: str,
    body: str,
) -> str:
    return f'<symbol type="{kind}" name="{name}" alpha="1" clip_to_extent="1">{body}</symbol>'


def _layer(
    kind: str,
    options: Mapping[str, str],
    inner: str = "",
) -> str:
    told = "".join(
        f'<Option type="QString" name={quoteattr(key)} value={quoteattr(value)}/>'
        for key, value in options.items()
    )
    return (
        f'<layer class="{kind}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{told}</Option>{inner}</layer>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
