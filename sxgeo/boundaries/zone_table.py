"""The table of zones: names, members, what belongs to which."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import pandas as pd

from ..catalog import read_table
from ..errors import UsageError, wrong_type
from .units import units_above


def zone_rows() -> list[dict[str, str]]:
    return read_table("sources/zones.csv")


def list_zones() -> pd.DataFrame:
    """List every zone.

    Returns
    -------
    DataFrame
        One row per zone in the order of the table: `zone_id`, `name_zh`, `name_en`, `parent` (empty
        for none), `members` (count), `geometry_note` (why there is no outline, or empty),
        `sources`.

    Examples
    --------
    >>> import sxgeo
    >>> zones = sxgeo.list_zones()
    >>> len(zones), zones["zone_id"].iloc[0]
    (22, 'taixin')
    """
    rows, members = zone_rows(), read_table("sources/zone_members.csv")
    counts = [len(member_rows(row, members)) for row in rows]
    return pd.DataFrame(rows).assign(members=counts)[
        ["zone_id", "name_zh", "name_en", "parent", "members", "geometry_note", "sources"]
    ]


def member_rows(zone: Mapping[str, str], everything: list[dict[str, str]]) -> list[dict[str, str]]:
    # the members of a sub-region stand in the table of its parent
    if zone["parent"]:
        return [
            m
            for m in everything
            if m["zone_id"] == zone["parent"] and m["sub_region"] == zone["zone_id"]
        ]
    return [m for m in everything if m["zone_id"] == zone["zone_id"]]


def _plain(name: str) -> str:
    """A name without case, spaces, dashes and brackets, so that 'Tai-Xin', 'taixin' and 'TAIXIN'
    are one.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Every plain name -> zone id, and zone id -> Chinese name."""
    found: dict[str, str] = {}
    titles = {}
    for row in zone_rows():
        titles[row["zone_id"]] = row["name_zh"]
        for name in (row["zone_id"], row["name_zh"], row["name_en"], *row["aliases"].split(";")):
            if name:
                found.setdefault(_plain(name), row["zone_id"])
    return found, titles


def find_zone(name: str) -> str:
    """Return the id of the zone that an id, a Chinese, English or pinyin name stands for.

    Raises
    ------
    UsageError
        If none does; the nearest names are in the message.
    """
    if not isinstance(name, str):
        raise wrong_type("the zone", name, "its id or name, e.g. 'taixin'")
    names, titles = _names()
    plain = _plain(name)
    if plain in names:
        return names[plain]

    # a part of a name is the likelier slip than a letter that is wrong
    near = [known for known in names if len(plain) > 1 and plain in known]
    near += get_close_matches(plain, names, n=3, cutoff=0.55)
    ids = list(dict.fromkeys(names[known] for known in near))[:3]
    hint = ""
    if ids:
        hint = " Did you mean " + " or ".join(f"'{i}'（{titles[i]}）" for i in ids) + "?"
    raise UsageError(f"unknown zone '{name}'.{hint} Known: {', '.join(titles)}.")


@lru_cache(maxsize=4096)
def zones_of(code: str) -> tuple[str, ...]:
    """Return the ids of all zones and sub-regions that a county, prefecture or province belongs to.

    Parameters
    ----------
    code
        GB/T 2260 code. A county belongs to a zone that goes by prefecture or province when that
        holds it.

    Returns
    -------
    tuple of str
        In the order of the zones; empty for none.
    """
    # a zone that goes by prefectures holds all counties of these
    codes = set(units_above(code))
    held = {
        zone_id
        for member in read_table("sources/zone_members.csv")
        if member["code"] in codes
        for zone_id in (member["zone_id"], member["sub_region"])
    }
    return tuple(row["zone_id"] for row in zone_rows() if row["zone_id"] in held)


def zones_of_any(codes: Iterable[str]) -> list[str]:
    """Return the ids of the zones that any of some units belongs to, sorted; see
    :func:`zones_of`.
    """
    return sorted({zone_id for code in codes for zone_id in zones_of(code)})


def zone_records() -> list[dict[str, Any]]:
    """Return what `sxgeo zones --format json` prints: a list with the keys of design.md."""
    # Members by code, zones in the order of the table: the same bytes in every run.
    rows, members = zone_rows(), read_table("sources/zone_members.csv")
    return [
        {
            "id": row["zone_id"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "members": [
                _member_record(m)
                for m in sorted(member_rows(row, members), key=lambda m: m["code"])
            ],
            "sub_regions": [r["zone_id"] for r in rows if r["parent"] == row["zone_id"]],
            "geometry_note": row["geometry_note"] or None,
        }
        for row in rows
    ]


def _member_record(member: Mapping[str, str]) -> dict[str, Any]:
    return {
        "code": member["code"],
        "name_zh": member["name_zh"],
        "level": member["level"],
        "certain": member["certain"] == "true",
        "source": member["source"],
    }
