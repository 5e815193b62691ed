"""Which encoding the text of a file is in, with the evidence: strict UTF-8 first, then GB18030,
never a silent third.
"""

from __future__ import annotations

import codecs
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "begins with the UTF-8 byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "begins with the UTF-32 byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "begins with the UTF-16 byte order mark"),
    (codecs.BOM_UTF16_BE, "utf-16", "begins with the UTF-16 byte order mark"),
)
_CPG_NAMES = {"65001": "utf-8"} | dict.fromkeys(
    ("936", "gbk", "gb2312", "cp936", "ansi936", "ansi 936", "ansi-936", "oem"), "gb18030"
)
_MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and why it was taken.

    Attributes
    ----------
    name
        What Python decodes it with: ``utf-8``, ``utf-8-sig``, ``gb18030``, ``utf-16``.
    evidence
        What in the bytes speaks for it.
    alternative
        The encoding that it could be as well; None when the evidence leaves no other.
    told
        Whether a shapefile's text says it by itself or by its .cpg, so that nothing was assumed.
    """

    name: str
    evidence: str
    alternative: str | None = None
    told: bool = True


def detect(content: bytes) -> Encoding:
    """Tell the encoding of a text.

    Parameters
    ----------
    content
        The whole file.

    Raises
    ------
    InputError
        If it is neither UTF-8 nor GB18030, or holds zero bytes.
    """
    for mark, name, evidence in _MARKS:
        if content.startswith(mark):
            return Encoding(name, evidence)
    if b"\0" in content:
        raise InputError(f"holds a zero byte at position {content.index(0)}: it is no text")
    if content.isascii():
        return Encoding("utf-8", "plain ASCII")

    # strict UTF-8 is hardly met by chance, so it goes before what takes nearly every byte
    wrong = _first_wrong(content, "utf-8")
    if wrong is None:
        return Encoding("utf-8", "every byte is strict UTF-8", None)
    also = _first_wrong(content, "gb18030")
    if also is None:
        # nearly any bytes are GB18030: that they read as Chinese says more
        common, pairs = _common_hanzi(content)
        return Encoding(
            "gb18030",
            f"no UTF-8 (byte {wrong}); every byte is GB18030, {common} of {pairs} characters are"
            " common Chinese ones",
            None if pairs and common >= 0.6 * pairs else "unknown",
        )
    raise InputError(
        f"is neither UTF-8 (byte {wrong}) nor GB18030 (byte {also}); save it as UTF-8, or say"
        " --assume encoding=NAME"
    )


def decode(content: bytes, told: str | None = None) -> tuple[str, Encoding]:
    """Decode a text, in the encoding that was told or else detected.

    Raises
    ------
    InputError
        If it cannot be decoded, or the encoding is unknown.
    """
    content = content.removesuffix(b"\x1a")  # the mark with which old programs end a text
    # what was told is not questioned: it is tried, and fails with its own words
    found = (
        detect(content)
        if told is None
        else Encoding(python_name(told), "told by --assume encoding")
    )
    try:
        # strictly: a letter that is put in for a broken one would pass for the file's own
        return content.decode(found.name), found
    except UnicodeError as error:
        raise InputError(
            f"is not {found.name}:"
            f" {error.reason if isinstance(error, UnicodeDecodeError) else error}"
        ) from error


def python_name(name: str) -> str:
    """Return Python's name of an encoding as people write it; GBK and GB2312 are read as GB18030,
    which holds both.

    Raises
    ------
    InputError
        If there is no such encoding.
    """
    # the names of code pages on Windows are none of Python's
    plain = name.strip().lower().replace("_", "-")
    known = _CPG_NAMES.get(plain, plain)
    try:
        return codecs.lookup(known).name
    except LookupError:
        raise InputError(f"encoding '{name}' is not known; say utf-8 or gbk") from None


def mojibake(text: str) -> str | None:
    """Say how a text was spoiled by an earlier program: GBK read as UTF-8, UTF-8 read as GBK, or
    GBK read as Latin-1.

    Returns
    -------
    str or None
        A sentence with the original where it can be told; None when the text looks sound.
    """
    # these letters stand where others were lost for good
    if "\ufffd" in text or "锟斤拷" in text:
        return (
            f"'{_short(text)}' was GBK read as UTF-8 and saved: its characters are lost, take them"
            " from the original"
        )
    if text.isascii():
        return None
    for wrong, right, words in (
        ("gb18030", "utf-8", "UTF-8 read as GBK"),
        ("latin-1", "gb18030", "GBK read as Latin-1"),
        ("latin-1", "utf-8", "UTF-8 read as Latin-1"),
    ):
        try:
            # what a wrong reading made comes back by the same way
            original = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        if (
            original != text
            and any("\u4e00" <= c <= "\u9fff" for c in original)
            and _sound(original)
        ):
            return f"'{_short(text)}' looks like {words}: it would be '{_short(original)}'"
    return None


def _sound(text: str) -> bool:
    return all(c.isprintable() for c in text) and _common(text) >= 0.6 * sum(
        ord(c) > 127 for c in text
    )


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"


def _common(text: str) -> int:
    """Count the characters of the first level of GB 2312: the 3,755 common ones, and Chinese
    punctuation.
    """
    count = 0
    for char in text:
        if ord(char) > 127:
            pair = char.encode("gb18030")
            count += (
                len(pair) == 2
                and (0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3))
                and pair[1] >= 0xA1
            )
    return count


def _common_hanzi(content: bytes) -> tuple[int, int]:
    # a sample: common letters are common everywhere in a text
    text = content[:200_000].decode("gb18030", errors="ignore")
    return _common(text), sum(ord(c) > 127 for c in text)


def _first_wrong(content: bytes, name: str) -> int | None:
    try:
        content.decode(name)
    except UnicodeDecodeError as error:
        return error.start
    return None


_ENOUGH = 50_000_000
"""Bytes of values that are enough to decide."""


def shapefile_encoding(path: Path) -> Encoding:
    """Tell the encoding of a shapefile's attributes, from its .dbf and, where there is one, its
    .cpg.

    Parameters
    ----------
    path
        The .shp, or a .zip that holds exactly one .dbf.

    Returns
    -------
    Encoding
        Values are tested one by one, so that a value cut in the middle of a character by the width
        of its field does not speak against an encoding.

    Raises
    ------
    InputError
        If the values are neither UTF-8 nor GB18030.
    """
    if path.suffix.lower() == ".zip":
        return _zipped_encoding(path)
    table = _beside(path, ".dbf")
    if table is None:
        return Encoding("utf-8", "no .dbf: no attributes")
    with table.open("rb") as stream:
        content = stream.read(_ENOUGH)
    return dbf_encoding(content, code_page_of(path))


def _zipped_encoding(path: Path) -> Encoding:
    """A zip is asked only where it is clear which table is meant."""
    with zipfile.ZipFile(path) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        tables = [n for n in names if n.endswith(".dbf")]
        # of several tables nobody says which one the .cpg is of
        if len(tables) != 1:
            return Encoding("utf-8", "no single .dbf in the archive", "gb18030")
        page = names.get(tables[0][:-4] + ".cpg")
        told = None if page is None else archive.read(page).decode("ascii", "replace")
        with archive.open(names[tables[0]]) as file:
            return dbf_encoding(file.read(_ENOUGH), told)


def code_page_of(path: Path) -> str | None:
    """Return what the .cpg beside a shapefile says; None where there is none."""
    beside = _beside(path, ".cpg")
    return None if beside is None else beside.read_text("ascii", "replace").strip()


def _beside(path: Path, suffix: str) -> Path | None:
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def dbf_encoding(content: bytes, code_page: str | None = None) -> Encoding:
    """Tell the encoding of a .dbf table from its bytes and the text of its .cpg; see
    :func:`shapefile_encoding`.
    """

    # ASCII reads the same in all of them and decides nothing.
    values = [value for value in _dbf_values(content) if not value.isascii()]
    if not values:
        return Encoding("utf-8", "field names and values are plain ASCII")
    fitting = {name: _all_decode(values, name) for name in ("utf-8", "gb18030")}

    # What a .cpg says is checked against the values: it may be left over from another file.
    page = (code_page or "").strip()
    said = _CPG_NAMES.get(page.lower(), page.lower())
    said = "utf-8" if said == "utf8" else said
    if fitting.get(said):
        return Encoding(said, f".cpg says {page}, values agree")
    because = f"; .cpg says {page}, values do not agree" if page else "; no .cpg"
    if (seen := _encoding_seen(fitting, len(values), because)) is not None:
        return seen

    # Another encoding is taken at its word, with GB18030 to fall back on.
    if page and said not in fitting:
        return Encoding(python_name(said), f".cpg says {code_page}", "gb18030")
    raise InputError(
        f"has attributes that are neither UTF-8 nor GB18030{because}; say --assume encoding=NAME"
    )


def _encoding_seen(
    fitting: Mapping[str, bool],
    number: int,
    because: str,
) -> Encoding | None:
    """Return the encoding that all values beyond ASCII are of; None where they are of neither."""
    # Strict UTF-8 hardly happens by chance, so it goes before GB18030, which reads nearly anything.
    if fitting["utf-8"]:
        evidence = f"all {number} values beyond ASCII are strict UTF-8{because}"
        return Encoding("utf-8", evidence, told=False)
    if fitting["gb18030"]:
        evidence = f"{number} values beyond ASCII are no UTF-8, all are GB18030{because}"
        return Encoding("gb18030", evidence, told=False)
    return None


def _all_decode(values: Iterable[bytes], name: str) -> bool:
    """Decode every value; a value may lack the end of its last character, as the width of a field
    cuts it.
    """
    for value in values:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            decoder.decode(value, final=False)
        except UnicodeDecodeError:
            return False
    return True


def _dbf_values(content: bytes) -> Iterator[bytes]:
    """Yield field names and character values of a .dbf, without their padding."""
    if len(content) < 32:
        return
    rows, head, width = struct.unpack("<IHH", content[4:12])
    fields = _dbf_fields(content, head)
    yield from (name for name, _, _ in fields)

    # A damaged head with rows of no width would be read for ever.
    if not width:
        return
    for row in range(min(rows, _MAX_ROWS)):
        # one byte of each row is its mark of deletion
        start = head + row * width + 1
        if start >= len(content):
            return
        for _, kind, size in fields:
            if kind == b"C":
                yield content[start : start + size].rstrip(b" \0")
            start += size


def _dbf_fields(content: bytes, head: int) -> list[tuple[bytes, bytes, int]]:
    """Return name, kind and width of each field: a head of 32 bytes, then 32 for each field, up to
    a carriage return.
    """
    fields = []
    at = 32
    while at + 32 <= min(head, len(content)) and content[at] != 0x0D:
        name = content[at : at + 11].split(b"\0")[0]
        fields.append((name, content[at + 11 : at + 12], content[at + 16]))
        at += 32
    return fields
