"""Which of the system's fonts has Chinese letters, and what a text measures in it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.textpath import text_to_path

from ...errors import InputError

POINTS_PER_MM = 72 / 25.4
FACES = (
    *(
        "Noto Sans CJK SC",
        "Noto Sans SC",
        "Source Han Sans SC",
        "Source Han Sans CN",
        "思源黑体 CN",
    ),
    *(
        "Microsoft YaHei",
        "PingFang SC",
        "Hiragino Sans GB",
        "Heiti SC",
        "STHeiti",
        "SimHei",
        "DengXian",
    ),
    *(
        "WenQuanYi Micro Hei",
        "WenQuanYi Zen Hei",
        "Droid Sans Fallback",
        "Noto Sans CJK JP",
        "Noto Sans CJK TC",
    ),
    *(
        "Source Han Sans",
        "Arial Unicode MS",
        "Noto Serif CJK SC",
        "Source Han Serif SC",
        "SimSun",
        "Songti SC",
        "FangSong",
    ),
    *("AR PL UMing CN", "AR PL UKai CN", "Noto Serif CJK JP"),
)
"""Faces with simplified Chinese letters, the best for a map first; Japanese ones draw a few letters
otherwise.
"""
_NEEDED = "太原忻州保护资源图例冲突≤±"
_LONGEST = 40


@lru_cache(maxsize=1)
def face() -> str:
    """Return the name of the first face of `FACES` that is installed.

    Raises
    ------
    InputError
        If there is none.
    """
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    found = next((name for name in FACES if name in installed), None)
    if found is None:
        raise InputError(
            "no font with Chinese letters was found on this system, so the figure would show"
            f" boxes; install one of {', '.join(FACES[:3])}, {', '.join(FACES[5:7])} (Debian:"
            " fonts-noto-cjk), and where it was just installed, delete matplotlib's list of fonts"
            f" in {matplotlib.get_cachedir()}"
        )
    return found


@lru_cache(maxsize=64)
def letters(size_pt: float, *, bold: bool = False) -> font_manager.FontProperties:
    """Return the font of a size in points."""
    return font_manager.FontProperties(
        family=[face(), "DejaVu Sans"],
        size=size_pt,
        weight="bold" if bold else "normal",
    )


def embeds_as_outlines() -> bool:
    """Whether the face holds PostScript outlines, which a PDF can carry safely only as drawn
    letters (type 3).
    """
    return _outlines(font_manager.findfont(letters(10)))


@lru_cache(maxsize=4)
def _outlines(path: str) -> bool:
    with Path(path).open("rb") as file:
        head = file.read(16)

        # a collection of faces: where the first of them begins stands in its head
        if head[:4] == b"ttcf":
            file.seek(int.from_bytes(head[12:16], "big"))
            head = file.read(4)
    return head[:4] == b"OTTO"


def one_line(text: str) -> str:
    """Make one line of printable characters of any text of the data; a very long one ends in an
    ellipsis.
    """
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cf", "Cs", "Co", "Cn") else c
        for c in text
    )
    line = " ".join(kept.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


@lru_cache(maxsize=8192)
def outline(
    text: str,
    size_pt: float,
    bold: bool = False,
) -> tuple[Any, Any]:
    """Vertices in millimetres and codes of a text drawn from (0, 0); nothing in it is taken as
    mathematics.
    """
    font = letters(size_pt, bold=bold)
    vertices, codes = text_to_path.get_text_path(font, text, ismath=False)
    return (
        np.asarray(vertices, dtype=float).reshape(-1, 2)
        * (size_pt / text_to_path.FONT_SCALE / POINTS_PER_MM),
        codes,
    )


@lru_cache(maxsize=8192)
def width_mm(
    text: str,
    size_pt: float,
    bold: bool = False,
) -> float:
    """Width in millimetres of a text on one line."""
    font = letters(size_pt, bold=bold)
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(wide) / POINTS_PER_MM


def wrapped(
    text: str,
    size_pt: float,
    room_mm: float,
) -> list[str]:
    """Break a text into lines that fit `room_mm`: between Chinese letters anywhere, else at
    spaces.
    """
    lines, line = [], ""
    for word in _words(text):
        if line and width_mm((line + word).rstrip(), size_pt) > room_mm:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


_CLOSING = "，。；：、！？）》”’…·%),.;:"


def _words(text: str) -> list[str]:
    words: list[str] = []
    for letter in text:
        joins = bool(words) and letter != " " and words[-1][-1] != " "

        # words are not torn apart, and a mark that closes never begins a line
        if joins and (
            letter in _CLOSING
            or (ord(letter) < 0x2E80 and ord(words[-1][-1]) < 0x2E80)
            or words[-1][-1] in "（《“("
        ):
            words[-1] += letter
        elif letter == " " and words:
            words[-1] += " "
        else:
            words.append(letter)
    return words
