"""What a person says of a file that does not say it itself: the keys of `--assume`, their words,
and the value that readers are handed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ...errors import InputError, UsageError, listed
from ...files.encoding import python_name

ASSUMABLE = {
    "crs": "EPSG:CODE, or a name such as 'CGCS2000 3-degree 114E'",
    "datum": "CGCS2000, WGS84, GCJ-02, BD-09, XIAN80 or BEIJING54",
    "zone": "degree-zone number, 25 to 45 (3 degrees) or 13 to 23 (6 degrees)",
    "axis": "xy (lon, lat; east, north) or yx (lat, lon; north, east)",
    "units": (
        "degree, metre, or dms (degrees, minutes and seconds in one number, 112.3345 for 112 33 45)"
    ),
    "encoding": "utf-8 or gbk",
    "area_unit": "ha, m2 or mu",
    "shape": (
        "points or ring, for rows or rings of which the file does not say it; ring also closes"
        " rings and takes outer ones as parts"
    ),
    "count": "as_found, for plots whose number of points is not that of their header",
    "dxf_layer": "name of the layer of a drawing that holds the plots; several with commas",
    "closed_line": (
        "plot or line, for a line that comes back to its first point, or lines that close together"
    ),
    "inside": "hole or plot, for a closed outline inside another one of its layer in a drawing",
    "parameters": "seven numbers dx,dy,dz,rx,ry,rz,ppm towards CGCS2000 (m, arc seconds, 1e-6)",
    "rotation": "coordinate_frame or position_vector, the convention of the seven parameters",
}
"""Keys of `--assume` and what may be said for them."""

_WORDS = {
    "datum": {
        "cgcs2000": "CGCS2000",
        "2000": "CGCS2000",
        "wgs84": "CGCS2000",
        "wgs-84": "CGCS2000",
        "gcj-02": "GCJ-02",
        "gcj02": "GCJ-02",
        "bd-09": "BD-09",
        "bd09": "BD-09",
        "xian80": "XIAN80",
        "xian1980": "XIAN80",
        "beijing54": "BEIJING54",
        "beijing1954": "BEIJING54",
    },
    "axis": {
        "xy": "xy",
        "lon,lat": "xy",
        "east,north": "xy",
        "yx": "yx",
        "lat,lon": "yx",
        "north,east": "yx",
    },
    "units": {
        "degree": "degree",
        "degrees": "degree",
        "度": "degree",
        "metre": "metre",
        "m": "metre",
        "米": "metre",
        "dms": "dms",
        "ddd.mmss": "dms",
        "度分秒": "dms",
    },
    "area_unit": {
        "ha": "ha",
        "公顷": "ha",
        "m2": "m2",
        "平方米": "m2",
        "mu": "mu",
        "亩": "mu",
    },
    "shape": {
        "points": "points",
        "point": "points",
        "ring": "ring",
    },
    "count": {"as_found": "as_found"},
    "inside": {
        "hole": "hole",
        "holes": "hole",
        "plot": "plot",
        "plots": "plot",
    },
    "closed_line": {
        "plot": "plot",
        "plots": "plot",
        "line": "line",
        "lines": "line",
    },
    "rotation": {"coordinate_frame": "coordinate_frame", "position_vector": "position_vector"},
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was said of a file with `--assume`, checked; None where nothing was said.

    The names are those of `ASSUMABLE`, which tells what each may be.
    """

    crs: str | None = None
    datum: str | None = None
    zone: str | None = None
    axis: str | None = None
    units: str | None = None
    encoding: str | None = None
    area_unit: str | None = None
    shape: str | None = None
    count: str | None = None
    dxf_layer: str | None = None
    closed_line: str | None = None
    inside: str | None = None
    parameters: str | None = None
    rotation: str | None = None

    def said(self) -> dict[str, str]:
        """Return what was said, by key, in the order of the keys."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: named[key] for key in sorted(named) if named[key] is not None}


NOTHING_SAID = Assumptions()


def checked_assumptions(assume: Mapping[str, str]) -> Assumptions:
    """Check and normalise what was said with `--assume`.

    Raises
    ------
    UsageError
        If a key or value is unknown; all in one message.
    """
    # All slips in one message; values are brought to one form, so that the same word in two
    # languages gives the same receipt.
    found: list[str] = []
    settled: dict[str, str] = {}
    for key, value in assume.items():
        text = _one_form(key, value)
        if key not in ASSUMABLE:
            found.append(f"cannot assume '{key}'; known: {', '.join(ASSUMABLE)}")
        elif text is None:
            found.append(f"{key} '{value}' is not {ASSUMABLE[key]}")
        elif key not in _WORDS and (problem := _problem(key, text)):
            found.append(problem)
        else:
            settled[key] = text
    if found:
        raise UsageError(found[0] if len(found) == 1 else listed("--assume cannot be used:", found))
    return Assumptions(**settled)


def _one_form(key: str, value: str) -> str | None:
    """Return a value as readers know it; None for a word that none of them knows."""
    # spaces and capitals are no part of a word: "GCJ 02", "Lon, Lat"
    text = value.strip()
    return _WORDS[key].get(text.lower().replace(" ", "")) if key in _WORDS else text


def _problem(key: str, text: str) -> str | None:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    bad = f"{key} '{shown}' is not {ASSUMABLE[key]}"
    if key == "zone":
        return (
            None
            if text.isascii()
            and text.isdigit()
            and len(text) == 2  # a number without end is none
            and (13 <= int(text) <= 23 or 25 <= int(text) <= 45)
            else bad
        )
    if key == "parameters":  # secret numbers are not repeated, not even wrong ones
        return None if seven(text) is not None else f"parameters are not {ASSUMABLE[key]}"
    if key == "encoding":
        try:
            python_name(text)
        except InputError:
            return bad
    return None if text else bad


def seven(text: str) -> tuple[float, ...] | None:
    """Parse seven parameters; None when they are not seven finite numbers."""
    try:
        # a comma of a Chinese keyboard is one too
        values = tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        return None
    # NaN fails this as well, since it is smaller than nothing
    return values if len(values) == 7 and all(abs(v) < 1e6 for v in values) else None


def concealed(parameters: Sequence[float]) -> str:
    """Return what outputs say of seven parameters, which are secret: that they were used, and their
    hash.
    """
    # the hash of the numbers, not of how somebody wrote them
    text = ",".join(f"{value:.12g}" for value in parameters)
    return f"已使用 used, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def conceal(told: Mapping[str, str]) -> dict[str, str]:
    """Return texts by name with every seven parameters among them concealed: of `--assume`, or of a
    header.
    """
    numbers = {
        key: seven(text) for key, text in told.items() if "parameters" in key or "参数" in key
    }
    # seven zeros are what programs write for none, and hide nothing
    secret = {key: values for key, values in numbers.items() if values is not None and any(values)}
    return {key: concealed(secret[key]) if key in secret else text for key, text in told.items()}


def told_line(answers: Mapping[str, str]) -> str:
    """Write what was answered as options of the command line."""
    return " ".join(f"--assume {key}={_shell(value)}" for key, value in answers.items())


def _shell(value: str) -> str:
    return value if not set(value) & set(" ;&|<>()'\"") else f'"{value}"'
