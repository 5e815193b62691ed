"""How far the true edge of a plot may lie from the drawn one where nobody said it: a default for
each kind of source.

The values are those of the trade: a limit is twice the standard error. They are printed with
「按来源缺省」, named in `accuracy_source`, and never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError

PREFIX = "default: "
"""How an `accuracy_source` begins when the accuracy was taken from this table."""

DEGREE_M = 111_320.0
_TYPED_AT_LEAST_M = 1.0
_SECOND = re.compile(r"[秒″”\"s]|''", re.I)
_DMS = re.compile(
    r"\d{1,3}\s*[°度d:\s-]\s*\d{1,2}(?:\.(?P<m>\d+))?\s*"
    r"(?:['′’分m:\s-]\s*(?:\d{1,2}(?:\.(?P<s>\d+))?)?)?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of source: metres, metres in the mountains where they differ, its name in English
    and Chinese.
    """

    metres: float
    name: str
    name_zh: str
    mountain_m: float | None = None


SOURCES = {
    "survey_signed": Source(
        0.10, "survey TXT with producer and date", "勘测定界TXT，有生产单位和日期"
    ),
    "survey_blank": Source(
        1.0, "survey TXT without producer or date", "勘测定界TXT，未写生产单位或日期"
    ),
    "cad_500": Source(0.5, "drawing said to be 1:500", "1:500图形", 0.75),
    "cad_1000": Source(1.0, "drawing said to be 1:1000", "1:1000图形", 1.5),
    "cad_2000": Source(2.0, "drawing said to be 1:2000", "1:2000图形", 3.0),
    "cad": Source(2.0, "drawing without a scale", "未注明比例尺的图形"),
    "map_10000": Source(10.0, "map 1:10000", "1:10000地形图", 15.0),
    "land_survey_obvious": Source(
        5.0, "patch of the land survey, obvious edge", "国土调查图斑，界线明显"
    ),
    "land_survey": Source(8.0, "patch of the land survey", "国土调查图斑"),
    "kml_named": Source(10.0, "KML on named imagery", "KML，底图已注明", 15.0),
    "kml": Source(600.0, "KML on imagery that nobody named", "KML，底图未注明"),
    "gps": Source(10.0, "handheld GPS", "手持GPS"),
    "drawn": Source(20.0, "drawn by hand on the screen", "屏幕手绘"),
    "degrees": Source(
        _TYPED_AT_LEAST_M, "half of the last decimal of the degrees", "经纬度末位小数之半"
    ),
    "metres": Source(2.0, "table of metres without a word of its source", "未注明来源的平面坐标表"),
    "vector": Source(2.0, "vector file without a word of its source", "未注明来源的矢量文件"),
    "frame": Source(2.0, "frame without a word of its source", "未注明来源的数据框"),
    "geometry": Source(2.0, "geometry without a word of its source", "未注明来源的图形"),
}
"""Kinds of sources; a reader names its own in ``Table.facts.accuracy_kind``."""


def default_accuracy(
    kind: str,
    *,
    step_m: float | None = None,
    mountain: bool = False,
    pixel_m: float | None = None,
) -> tuple[float, str]:
    """Return the accuracy of a source that nobody gave one.

    Parameters
    ----------
    kind
        Of :data:`SOURCES`.
    step_m
        What one unit of the last place that was written is on the ground, in m: the accuracy is
        never finer than half of it.
    mountain
        Whether the place lies in the mountains, where some sources are coarser.
    pixel_m
        Drawn on a screen: what a pixel is on the ground; five of them, if that is more.

    Returns
    -------
    metres, source
        The metres, above 0; the source begins with :data:`PREFIX`.

    Raises
    ------
    UsageError
        If the kind is unknown.
    """
    source = SOURCES.get(kind)
    if source is None:
        raise UsageError(f"unknown kind of source '{kind}'; known: {', '.join(SOURCES)}")
    metres = source.mountain_m if mountain and source.mountain_m is not None else source.metres

    # nobody clicks finer than some pixels
    if pixel_m is not None:
        metres = max(metres, 5.0 * pixel_m)

    # what was rounded may lie half a step away, however good the source
    if step_m is not None:
        metres = max(metres, step_m / 2.0)
    return round(metres, 4), PREFIX + source.name


def words_zh(source: str) -> str | None:
    """Say in Chinese which default an `accuracy_source` is; None when it is none of this table."""
    if not source.startswith(PREFIX):
        return None
    name, comma, rest = source.removeprefix(PREFIX).partition(", enlarged")
    known = next((s.name_zh for s in SOURCES.values() if s.name == name), name)
    return f"按来源缺省：{known}{', enlarged' + rest if comma else ''}"


def cad_kind(scale: int | None) -> str:
    """Return the kind of a drawing of a scale 1:`scale`; None is a drawing that does not say it."""
    if scale is None:
        return "cad"

    # a scale between two of the table counts as the coarser one
    return next((f"cad_{known}" for known in (500, 1000, 2000) if scale <= known), "map_10000")


def step_of(values: Iterable[Any]) -> float | None:
    """Return the unit of the last place of the finest of some written numbers; None when there is
    none.

    Degrees, minutes and seconds count in degrees: ``112°41′46.5″`` is written to a tenth of a
    second.
    """
    finest: float | None = None
    for value in values:
        step = _step(str(value).strip())
        if step is not None and (finest is None or step < finest):
            finest = step
    return finest


def _step(text: str) -> float | None:
    body, _, exponent = text.lower().partition("e")
    whole, point, decimals = body.lstrip("+-").partition(".")

    # a plain number first: it is what most tables hold
    if whole.isdigit() and (decimals.isdigit() or not decimals):
        return _plain_step(exponent, len(decimals) if point else 0)
    if match := _DMS.search(text):
        return _dms_step(match, text)

    # A number in dress, with thousands or a degree sign.
    plain = text.replace(",", "").rstrip("°度EeNn东北经纬 ")
    _, _, decimals = plain.partition(".")
    return float(10.0 ** -len(decimals)) if decimals.isdigit() else None


def _plain_step(exponent: str, decimals: int) -> float | None:
    """Return the last decimal of a plain number, moved by the exponent."""
    try:
        return float(10.0 ** (int(exponent or 0) - decimals))
    except (ValueError, OverflowError):
        return None


def _dms_step(match: re.Match[str], text: str) -> float:
    """Return the step of the last part of degrees, minutes and seconds that is written."""
    # a sign for seconds without digits behind the point: written to the second
    if match["s"] is not None or _SECOND.search(text):
        return float(10.0 ** -len(match["s"] or "")) / 3600.0
    return float(10.0 ** -len(match["m"] or "")) / 60.0
