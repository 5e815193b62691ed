"""Words in which headers, titles and headings name a coordinate system: datum, zone, width, units,
projection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...geometry.projection import epsg_zone

_DATUMS = (
    (
        "CGCS2000",
        re.compile(
            r"cgcs[\s_-]*2000|china[\s_-]*2000|cgcs|大地2000|(?<!\d)2000(?!\d)(?!年)|"
            r"wgs[\s_-]*(19)?84",
            re.I,
        ),
    ),
    (
        "XIAN80",
        re.compile(
            r"西安|xi.?an|(?<!\d)(19)?80\s*(年?\s*西安|坐标|国家|大地|系)|国家80|^(19)?80$", re.I
        ),
    ),
    (
        "BEIJING54",
        re.compile(r"北京|beijing|(?<!\d)(19)?54\s*(年?\s*北京|坐标|国家|大地|系)|^(19)?54$", re.I),
    ),
    ("GCJ-02", re.compile(r"gcj|火星|高德|腾讯|amap", re.I)),
    ("BD-09", re.compile(r"bd-?09|百度|baidu", re.I)),
)
_SYSTEM = re.compile(
    r"坐标|大地|基准|投影|datum|coordinate|crs|cgcs|wgs|西安|xi.?an\s*(19)?80|北京\s*(19)?54|19(54|"
    r"80)\s*年?\s*(北京|西安|坐标|国家)|(54|80|2000)\s*系|gcj|bd-?09|epsg",
    re.I,
)
_LOCAL = re.compile(r"独立|地方|城建|城市坐标|local", re.I)
_EPSG = re.compile(r"EPSG\W{0,3}(\d{4,5})", re.I)
_MERIDIAN = re.compile(
    r"(?:中央子午线|中央经线|central\s*meridian|\bcm|\bl0)\D{0,6}?(\d{2,3})(?:\.0+)?(?!\d)|"
    r"(?<!\d)(\d{2,3})(?:\.0+)?\s*(?:[°度]\s*[E东]?|E)(?![\d带])",
    re.I,
)
_WIDTH = re.compile(r"(?<!\d)([36三六])\s*[°度]\s*分?\s*带?|(?<!\d)([36])[\s-]*deg\w*", re.I)
_ZONE = re.compile(
    r"第?\s*(?<!\d)(\d{2})\s*(?:号?带|zone)(?!号)|(?:带号|zone)\D{0,2}(\d{2})(?!\d)", re.I
)
_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百]+")
_TRANSVERSE = re.compile(
    r"高斯|gau(ss|ß)|kr(ü|u|ue)ger|^\s*g[\s/-]*k|横轴墨卡托|transverse\s*mercator|^\s*t\.?m(erc)?\b",
    re.I,
)
_OTHER_MERCATOR = re.compile(r"utm|通用|universal|web", re.I)
_UNITS = (
    ("dms", re.compile(r"度分秒|度[.·]分秒|d+[.°]?mm\W*ss|\bdms\b", re.I)),
    ("metre", re.compile(r"^\W*(单位\W*)?(米|m|公尺|meters?|metres?)\W*(\(?(m|米)\)?)?\W*$", re.I)),
    (
        "degree",
        re.compile(
            r"^\W*(单位\W*)?(度|°|十进制度|decimal\s*degrees?|degrees?|deg)\W*$|^\W*°\W*$", re.I
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says of a system; None where it says nothing.

    Attributes
    ----------
    datum
        ``"CGCS2000"`` (WGS 84 counts as it), ``"XIAN80"``, ``"BEIJING54"``, ``"GCJ-02"`` or
        ``"BD-09"``.
    zone
        Degree-zone: 25 to 45 (3 degrees), 13 to 23 (6 degrees).
    degrees
        Whether it is a system of degrees, where a code says so.
    """

    datum: str | None = None
    zone: int | None = None
    degrees: bool = False


def datums_in(text: str) -> list[str]:
    """Return every datum that a text names; a code of EPSG names its own and its digits name
    nothing else.
    """
    found = [
        said.datum for code in _EPSG.findall(text) if (said := epsg_said(int(code))) and said.datum
    ]
    rest = _EPSG.sub(" ", text)
    found += [name for name, sign in _DATUMS if sign.search(rest)]
    return list(dict.fromkeys(found))


def local_system(text: str) -> bool:
    """Whether a text names a local system, which has no code."""
    return _LOCAL.search(text) is not None


def epsg_said(code: int) -> Said | None:
    """Say what a code of EPSG stands for; None for one that is no system of the survey's."""
    if code in (4490, 4326):
        return Said("CGCS2000", degrees=True)
    if code in (4610, 4214):
        return Said("XIAN80" if code == 4610 else "BEIJING54", degrees=True)
    found = epsg_zone(code)
    return None if found is None else Said(*found)


def code_in(text: str) -> Said | None:
    """Return what the first code of EPSG in a text stands for."""
    match = _EPSG.search(text)
    return None if match is None else epsg_said(int(match[1]))


def width_in(text: str) -> int | None:
    """Read the width of zones: 3, 3度, 3度带, 3°, 三, 三度分带; None when it is neither 3 nor 6."""
    plain = _numerals(text).strip()
    match = re.fullmatch(r"([36])(?:\.0+)?\W*(?:度|deg\w*|degrees?)?\W*(?:分?带)?\W*", plain, re.I)
    return int(match[1]) if match else None


def zone_in(text: str, width: int | None = None) -> int | None:
    """Read a degree-zone: 38, 38带, 第38带, 3度带38带, 114E, 114°E, CM114, 中央子午线114; None when there is
    none.

    Parameters
    ----------
    text
        Half-width.
    width
        Of the zones where it is known: a central meridian may be that of either kind.
    """
    plain = _numerals(text)

    # The width first: 3度带 holds a number that is no zone.
    if match := _WIDTH.search(plain):
        width = width or int(_numerals(match[1] or match[2]))
        plain = plain[: match.start()] + " " + plain[match.end() :]

    # Then the meridian, which names its zone without doubt where the width fits.
    if match := _MERIDIAN.search(plain):
        return zone_of_meridian(int(match[1] or match[2]), width)
    return _bare_zone(plain, width)


def _bare_zone(plain: str, width: int | None) -> int | None:
    """Read a bare number: one from 75 to 135 is a meridian, since no zone of China is as high."""
    match = re.search(r"(?<!\d)(\d{2,3})(?:\.0+)?(?!\d)", plain)
    if match is None:
        return None
    number = int(match[1])
    if 75 <= number <= 135:  # some write the central meridian
        return zone_of_meridian(number, width)

    # another number beside it would make the zone a matter of taste
    return number if re.search(r"[.\d]", plain.replace(match[0], "", 1)) is None else None


def zone_of_meridian(meridian: int, width: int | None = None) -> int | None:
    """Return the zone of a central meridian; None when no zone of China has it.

    Without a width the narrow one.
    """
    if width == 6 and (meridian + 3) % 6 == 0 and 13 <= (meridian + 3) // 6 <= 23:
        return (meridian + 3) // 6
    if width != 6 and meridian % 3 == 0 and 25 <= meridian // 3 <= 45:
        return meridian // 3
    return None


def is_transverse(text: str) -> bool:
    """Whether a projection's name is one of Gauss-Krueger's."""
    return _TRANSVERSE.search(text) is not None and _OTHER_MERCATOR.search(text) is None


def unit_in(text: str) -> str | None:
    """Read a unit of coordinates: ``"metre"``, ``"degree"``, ``"dms"`` (degrees, minutes and
    seconds in one number); None for another.
    """
    return next((unit for unit, sign in _UNITS if sign.search(text.strip())), None)


def titled(lines: list[str]) -> tuple[list[str], int | None]:
    """Return datums and zone that the title rows or notes of a table name; words that do not speak
    of a system are passed over.
    """
    datums: list[str] = []
    zone = None
    for line in lines:
        named = datums_in(line)
        # A title speaks of many things: only lines that name a system are looked at.
        if not _SYSTEM.search(line) and not {"GCJ-02", "BD-09"} & set(named):
            continue
        datums += named
        zone = zone or _zone_of_line(line)
    return list(dict.fromkeys(datums)), zone


def _zone_of_line(line: str) -> int | None:
    # A code says datum and zone in one; it goes before words of meridians and zones.
    if (said := code_in(line)) is not None:
        return said.zone
    plain = _numerals(line)
    width = _WIDTH.search(plain)
    # 3度带 holds a number that is no zone
    without_width = _WIDTH.sub(" ", plain)
    if match := _MERIDIAN.search(without_width):
        degrees = int(_numerals(width[1] or width[2])) if width else None
        return zone_of_meridian(int(match[1] or match[2]), degrees)
    if match := _ZONE.search(without_width):
        number = int(match[1] or match[2])
        return number if 13 <= number <= 23 or 25 <= number <= 45 else None
    return None


def _numerals(text: str) -> str:
    """Write Chinese numerals below a hundred in digits."""

    def digits(match: re.Match[str]) -> str:
        word = match[0]
        if "百" in word:
            return word
        if "十" not in word:
            return "".join(str(_DIGITS[sign]) for sign in word)
        tens, _, ones = word.partition("十")
        if len(tens) > 1 or len(ones) > 1:
            return word
        return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))

    return _NUMERAL.sub(digits, text)
