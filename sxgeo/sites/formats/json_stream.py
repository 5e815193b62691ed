"""What a GeoJSON too large to be held as text holds by its own words, counted as it passes by."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import InputError
from .json_records import (
    JsonAccount,
    add_vertices,
    checked_object,
    cut_off,
    has_own_system,
    refuse_twice,
)

_CHUNK = 1 << 22
_MAX_VALUE = 200_000_000
_BLANK = re.compile(r"[\s\x1e]*")
_GIVE = "give GeoPackage, or split it"
_OTHER = (
    "is JSON larger than 200 MB that is neither one collection of features nor one feature a line:"
    f" what it holds cannot be counted; {_GIVE}"
)


def account_stream(path: Path) -> JsonAccount:
    """Walk through a GeoJSON and keep no more of it than one feature.

    Raises
    ------
    InputError
        If it is no UTF-8, neither one collection nor a sequence of features, cut short, says
        something twice, or holds one value of more than 200 MB; the message lacks the name of the
        file.
    """
    twice: list[str] = []
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: checked_object(pairs, twice))
    with path.open("rb") as file, _faults_told():
        passing = _Passing(file, decoder)
        found = JsonAccount(records=0)
        _pass_all(passing, found)
        # anything behind a collection is not read by GDAL, and would be lost
        if passing.sign():
            raise InputError(_OTHER)
    refuse_twice(twice)
    return found


def _pass_all(passing: _Passing, found: JsonAccount) -> None:
    """Pass what the first object says that the file is: a collection, or one feature a line."""
    first = _pass_first(passing, found)
    if first.get("type") == "FeatureCollection" and "features" in first:
        found.left_out += cut_off(first, found.records or 0)
        found.system = first.get("crs")
    elif first.get("type") == "Feature" and "features" not in first:
        # a sequence begins with a feature, which was read as the first object
        _count_feature(first, found)
        while passing.sign():
            _pass_feature(passing, found)
    else:
        raise InputError(_OTHER)


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(
            f"is JSON larger than 200 MB and no UTF-8 ({error.reason}); save it as UTF-8, or"
            f" {_GIVE}"
        ) from error
    except RecursionError as error:
        raise InputError(
            "holds lists or objects nested too deep to be read; export it again"
        ) from error


class _Passing:
    """A stretch of a text that is read on as it is used up."""

    def __init__(self, file: BinaryIO, decoder: json.JSONDecoder) -> None:
        self.text, self.at, self.passed, self.ended = "", 0, 0, False
        self._file, self._decoder = file, decoder
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")()

    def sign(self) -> str:
        """Return the next sign that is not blank, without passing it; empty at the end."""
        while True:
            match = _BLANK.match(self.text, self.at)
            self.at = self.at if match is None else match.end()
            if self.at < len(self.text) or not self._read_on(_CHUNK):
                return self.text[self.at : self.at + 1]

    def take(self, sign: str) -> bool:
        """Pass a sign; False when another one stands there."""
        if self.sign() != sign:
            return False
        self.at += 1
        return True

    def value(self) -> Any:
        """Pass a value and return it.

        Raises
        ------
        InputError
            If it is no whole value.
        """
        self.sign()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, self.at)
            except ValueError as error:
                # the value may go on in what was not read yet
                if self._read_on(size):
                    size *= 2
                    continue
                place = self.passed + self.at
                raise InputError(
                    f"cannot be read as a vector file: what begins at sign {place + 1} is no"
                    " complete JSON; complete it"
                ) from error
            # a number at the edge of the stretch may go on behind it
            if end == len(self.text) and self._read_on(size):
                continue
            self.at = end
            return value

    def _read_on(self, size: int) -> bool:
        if self.ended:
            return False
        if len(self.text) - self.at > _MAX_VALUE:
            raise InputError(f"holds one value of more than 200 MB; {_GIVE}")
        # what was passed is let go: the text never grows beyond one value
        chunk = self._file.read(size)
        self.ended = not chunk
        self.passed += self.at
        self.text = self.text[self.at :] + self._bytes.decode(chunk, final=self.ended)
        self.at = 0
        return True


def _pass_first(passing: _Passing, found: JsonAccount) -> dict[str, Any]:
    """Pass the first object by its members: a collection is never held whole.

    Returns
    -------
    dict
        Its members, without the features of a collection, which are counted.
    """
    members: dict[str, Any] = {}
    if not passing.take("{"):
        raise InputError(_OTHER)
    while passing.sign() == '"':
        key = passing.value()
        if not passing.take(":"):
            raise InputError(_OTHER)
        if key in members:
            refuse_twice([key])
        if key == "features":
            members[key] = None
            _pass_features(passing, found)
        else:
            members[key] = passing.value()
        passing.take(",")
    if not passing.take("}"):
        raise InputError("is cut short: its first object has no end; complete it")
    return members


def _pass_features(passing: _Passing, found: JsonAccount) -> None:
    if not passing.take("["):
        raise InputError(_OTHER)
    while passing.sign() not in ("]", ""):
        _pass_feature(passing, found)
        passing.take(",")
    if not passing.take("]"):
        raise InputError("is cut short: its list of features has no end; complete it")


def _pass_feature(passing: _Passing, found: JsonAccount) -> None:
    feature = passing.value()
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InputError(_OTHER)
    _count_feature(feature, found)


def _count_feature(feature: dict[str, Any], found: JsonAccount) -> None:
    if has_own_system(feature):
        raise InputError(
            "is JSON larger than 200 MB in which a feature names a system of its own (crs);"
            f" {_GIVE}"
        )
    found.records = (found.records or 0) + 1
    add_vertices(found, feature, f"feature {found.records}")
