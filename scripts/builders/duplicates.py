"""Records that may be the same thing twice: by folded name, by number, by distance."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations

from .facts_maps import COUNTY_NAMES

NEAR_M = 100
"""Drawn points of one class closer than this are looked at."""
DUPLICATE_COLUMNS = ("first_id", "second_id", "relation", "reason")
RELATIONS = frozenset({"same", "part", "neighbour", "borrowed_point", "other"})
"""What a pair is: the same thing in two lists, part and whole, two things side by side, two things
of
which one has the point of the other or of their town, or two things that only sound alike."""

_ONE_FAMILY = frozenset(
    {"heritage_sites", "industrial_heritage", "protected_areas", "world_heritage"}
)
_VARIANTS = str.maketrans(
    "県縣廟遺舊觀區臺閣莊鎮場戰關長墳祿龍樓鐘鍾塚岡濟聖寶殘巖岩",
    "县县庙遗旧观区台阁庄镇场战关长坟禄龙楼钟钟冢冈济圣宝残岩岩",
)
_BRACKETS = re.compile(r"[((\[【].*?[))\]】]")
_PUNCTUATION = re.compile(r"[\s·•—\-–、,,.。:]")
_SUFFIXES = re.compile(
    r"(?:大雄宝殿|大悲殿|大殿|正殿|旧址|遗址|遗迹|故居|旧居|墓群|墓地|古建筑群|砖塔|国家站|区域站|历史文化街区|历史街区|水源地|断面)$"
)
_NUMBER = re.compile(r"(?<![\w-])no\. (\d-\d{4}-\d-\d{3})")
_PLACES = sorted(
    {
        *COUNTY_NAMES.values(),
        *(name[:-1] for name in COUNTY_NAMES.values() if len(name) > 2),
        "太原市",
        "忻州市",
        "太原",
    }
    | {"忻州", "山西省", "山西", "五台山"},
    key=len,
    reverse=True,
)
_METRES_PER_DEGREE = 111_195

Row = dict[str, str]


def folded(name: str) -> str:
    """Return a name without variants of characters, brackets, county prefixes and words for its
    kind.
    """
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", name)).translate(_VARIANTS)
    text = _PUNCTUATION.sub("", text)
    short = _SUFFIXES.sub("", text)
    text = short if len(short) >= 2 else text
    for place in _PLACES:
        if text.startswith(place) and len(text) - len(place) >= 2:
            return text[len(place) :]
    return text


def _alike(first: Row, second: Row) -> bool:
    names = sorted((folded(first["name_zh"]), folded(second["name_zh"])), key=len)
    return names[0] == names[1] or (len(names[0]) >= 3 and names[0] in names[1])


def _share_a_county(first: Row, second: Row) -> bool:
    codes = [set(filter(None, row["county_code"].split(";"))) for row in (first, second)]
    return not all(codes) or bool(codes[0] & codes[1])


def _apart_m(first: Row, second: Row) -> float:
    if not first["lon"] or not second["lon"]:
        return math.inf
    lons, lats = ([float(row[axis]) for row in (first, second)] for axis in ("lon", "lat"))
    east = math.radians(lons[1] - lons[0]) * math.cos(math.radians(sum(lats) / 2))
    return math.hypot(math.degrees(east), lats[1] - lats[0]) * _METRES_PER_DEGREE


def _same_number(first: Row, second: Row) -> bool:
    numbers = [_NUMBER.search(row["note"]) for row in (first, second)]
    return all(numbers) and numbers[0][1] == numbers[1][1]  # type: ignore[index]


def suspects(rows: list[Row]) -> Iterator[tuple[str, str, str]]:
    """Yield every pair of records that may be one thing, with the reason for the suspicion.

    Parameters
    ----------
    rows
        Records of data/sources. Heritage, industrial heritage, protected areas and the world
        heritage are compared with one another, the other classes each with itself.

    Yields
    ------
    tuple
        The two ids in order, and ``name``, ``number`` or ``distance``.
    """
    for first, second in combinations(sorted(rows, key=lambda row: row["feature_id"]), 2):
        classes = {first["resource_class"], second["resource_class"]}
        if len(classes) > 1 and not classes <= _ONE_FAMILY:
            continue
        ids = first["feature_id"], second["feature_id"]
        if _share_a_county(first, second) and _alike(first, second):
            yield *ids, "name"
        elif _same_number(first, second):
            yield *ids, "number"
        elif len(classes) == 1 and _apart_m(first, second) < NEAR_M:
            yield *ids, "distance"
