"""Pinyin of names for the search of the page: a table of the bundled names, and pypinyin for those
a user brings.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

ALTERNATIVES: Mapping[str, str] = {
    "堡": "bao/bu/pu",
    "峙": "shi/zhi",
    "泊": "bo/po",
    "浍": "hui/kuai",
}
"""Characters that people of the region and the dictionaries read differently: each reading is
found.
"""
WORDS: Mapping[str, str] = {
    "繁峙": "fan shi",
    "洪洞": "hong tong",
    "长子": "zhang zi",
    "万柏林": "wan bai lin",
    "长": "chang",
    "都": "du",
    "佛": "fo",
    "漯河": "luo he",
    "康巴什": "kang ba shi",
    "崆峒": "kong tong",
    "重点": "zhong dian",
    "薄一波": "bo yi bo",
    "三给": "san ji",
    "静乐": "jing le",
    "乐平": "le ping",
    "乐清": "yue qing",
    "马圈": "ma juan",
    "市圈": "shi quan",
    "济圈": "ji quan",
    "蔚县": "yu xian",
    "吴堡": "wu bu",
    "井陉": "jing xing",
    "太行": "tai hang",
    "行唐": "xing tang",
}
"""Readings in place names that a dictionary of words gets wrong, or that must not change with it;
long words come first.
"""


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    text = files("sxgeo.maps").joinpath("pinyin.csv").read_text("utf-8")
    return {row["name_zh"]: row["pinyin"] for row in csv.DictReader(io.StringIO(text, newline=""))}


def pinyin_of(names: Iterable[str]) -> dict[str, str]:
    """Return the toneless syllables of names, parted by blanks; a syllable may have readings parted
    by a slash.

    Parameters
    ----------
    names
        Chinese names. Bundled ones are looked up; others are worked out where pypinyin is installed
        (``pip install 'sxgeo[pinyin]'``).

    Returns
    -------
    dict
        Sorted by name; names without Chinese characters, and unknown ones where pypinyin is
        missing, are left out.
    """
    known = _table()
    found = {}
    for name in sorted(set(names)):
        if name in known:
            found[name] = known[name]
        elif any(_is_hanzi(char) for char in name) and (worked := worked_out(name)):
            found[name] = worked
    return found


def stem_of(name: str) -> str:
    """Return what stands of a name before its number: many plots have the name and a number
    each.
    """
    return _NUMBER.sub("", name)


def worked_out(name: str) -> str | None:
    """Return the syllables of a name by pypinyin and this module's own readings; None where it is
    not installed.
    """
    try:
        from pypinyin import lazy_pinyin  # an optional library
    except ImportError:
        return None
    syllables: list[str] = []
    for piece in _PIECES.findall(name):
        if piece in WORDS:
            syllables += WORDS[piece].split()
        elif _is_hanzi(piece[0]):
            # a run of letters at once: many are read by the word that they stand in
            read = lazy_pinyin(piece)
            syllables += [
                ALTERNATIVES.get(char, said) for char, said in zip(piece, read, strict=True)
            ]
        else:
            syllables.append(piece.lower())
    return " ".join(syllables)


_NUMBER = re.compile(r"[0-9A-Za-z#_-]*$")
_HANZI = "\u3400-\u4dbf\u4e00-\u9fff"
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_PIECES = re.compile(f"{_WORD}|(?:(?!{_WORD})[{_HANZI}])+|[A-Za-z0-9]+")


def _is_hanzi(char: str) -> bool:
    return bool(re.match(f"[{_HANZI}]", char))
