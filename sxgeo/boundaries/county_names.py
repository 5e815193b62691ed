"""What people call counties -> their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from ..errors import UsageError
from ..model.project_types import unknown_name
from .units import load_counties, load_units

_SUFFIXES = ("自治县", "县", "区", "市", "旗")


def county_code_of(name: str) -> str:
    """Return the six digits of a county that is named by its code or in Chinese, with or without 县,
    区, 市.

    Raises
    ------
    UsageError
        If no county has that name, or several have it: then their codes are named.
    """
    text = name.strip()
    if len(text) == 6 and text.isascii() and text.isdigit():
        return text
    if text.isascii():
        raise UsageError(
            f"'{name}' is no county code (six digits), and no Chinese name of a county"
        )

    # the region first: a name that stands once there is meant, however often it stands in China
    for names in (_near_names(), _all_names()):
        codes = names.get(text, ())
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise UsageError(
                f"'{name}' is the name of several counties: {', '.join(codes)}; write the code"
            )
    raise unknown_name("county", text, _near_names())


def county_codes_of(names: str) -> str:
    """Return several counties, with ``;``, 、 or ``,`` between them, as codes with ``;`` between
    them; errors as for one.
    """
    for sign in ("、", "；", "，", ","):
        names = names.replace(sign, ";")
    return ";".join(county_code_of(name) for name in names.split(";") if name.strip())


@lru_cache(maxsize=1)
def _near_names() -> Mapping[str, tuple[str, ...]]:
    return _codes_by_name(load_counties(neighbours=True))


@lru_cache(maxsize=1)
def _all_names() -> Mapping[str, tuple[str, ...]]:
    return _codes_by_name(load_units("county"))


def _codes_by_name(counties: object) -> Mapping[str, tuple[str, ...]]:
    codes: dict[str, set[str]] = {}
    columns = counties["code"], counties["name_zh"]  # type: ignore[index]
    for code, name in zip(*columns, strict=True):
        for form in _forms(str(name)):
            codes.setdefault(form, set()).add(str(code))
    return {name: tuple(sorted(own)) for name, own in codes.items()}


def _forms(name: str) -> Iterable[str]:
    """A county's name, and the same without 县, 区 or 市 where two letters at least are left."""
    yield name
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            yield name.removesuffix(suffix)
            return
