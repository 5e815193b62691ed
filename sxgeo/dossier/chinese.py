"""Chinese alone: what a reader says of a file in two languages, without its English."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"\s*[A-Za-z][A-Za-z'’-]*(?:[ ,;:]+[A-Za-z0-9(][A-Za-z0-9'’().-]*){2,}[.;]?")
_UNSAID = "读取含推测、修复或者疑点，详见回执"


def chinese(text: str) -> str:
    """Return the Chinese part of a text in two languages; of an English one, that there is
    something to look at.
    """
    if not _CHINESE.search(text):
        return _UNSAID
    told = _ENGLISH.sub("", text).strip(" ;；,，")
    return told if _CHINESE.search(told) else _UNSAID
