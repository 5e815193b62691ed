"""Name -> the legal rules that bind a resource class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..catalog import checked_date, data_path, is_day, read_table
from ..errors import DataError, listed, unknown
from ..model.glance import card
from ..model.outcomes import BINDS, EFFECTS
from ..wording import (
    BASIN_ZH,
    CONDITION_ZH,
    EFFECT_ZH,
    EXCEPTION_ZH,
    KIND_ZH,
    PROJECT_TYPES,
    SUBZONE_ZH,
)
from .classes import ALL_CLASS_IDS, words_in

if TYPE_CHECKING:
    from ..model.outcomes import Binds, Effect

Comparison = Literal["within_le", "at_least", "height_ratio"]


@dataclass(
    frozen=True,
    slots=True,
    repr=False,
)
class Rule:
    """One legal rule, in the words of design.md.

    Attributes
    ----------
    subzone
        The subzone it binds; None binds all.
    resource_kind
        Kinds it binds; empty binds all.
    possible_kinds
        Kinds of which it is not known whether it binds them: never more than between.
    project_types
        Types it binds; empty binds all.
    required_m
        Required distance in metres; 0 means must not lie inside.
    ratio
        `height_ratio` only: a building may be at most distance / ratio high.
    condition
        Project attribute that the rule hangs on, or None.
    article
        Empty when the article is not known.
    basin
        River basin it binds; None binds all.
    measured_from
        The edge that `required_m` is measured from, in Chinese; None means the resource's own
        boundary.
    binds
        One of :data:`BINDS`.
    exception
        Project attributes, any of which lifts a `prohibited_unless` rule when it is said with its
        document; empty for others.

    Examples
    --------
    >>> import sxgeo
    >>> rule = sxgeo.load_rules("heritage_sites")[0]
    >>> rule.rule_id, rule.effect
    ('R017', 'prohibited_unless')
    >>> rule.in_force("2026-01-01")
    True
    """

    rule_id: str
    resource_class: str
    resource_kind: tuple[str, ...]
    possible_kinds: tuple[str, ...]
    subzone: str | None
    project_types: tuple[str, ...]
    effect: Effect
    required_m: float
    comparison: Comparison
    ratio: float | None
    condition: str | None
    requirement_zh: str
    requirement_en: str
    law: str
    article: str
    in_force_from: str | None
    in_force_to: str | None
    authority: str
    verified: bool
    source: str
    note: str
    basin: str | None = None
    measured_from: str | None = None
    binds: Binds = "land"
    exception: tuple[str, ...] = ()

    def __repr__(self) -> str:
        seen = "" if self.verified else ", its words not seen"
        return (
            f"<Rule {self.rule_id} on {self.resource_class}: {self.effect}, {self.comparison}"
            f" {self.required_m:g} m, 《{self.law}》{self.article}{seen}>"
        )

    def _repr_html_(self) -> str:
        return card(
            f"{self.rule_id} · 《{self.law}》{self.article}",
            {
                "要求 requirement": self.requirement_zh,
                "in English": self.requirement_en,
                "资源类 class": self.resource_class,
                "效力 effect": f"{EFFECT_ZH[self.effect]} {self.effect}",
                "距离 distance": f"{self.comparison} {self.required_m:g} m",
                "施行 in force": f"{self.in_force_from or '—'} – {self.in_force_to or ''}",
                "条文已核 words seen": "是 yes" if self.verified else "否 no",
                "主管 authority": self.authority,
            },
        )

    def in_force(self, as_of: str) -> bool:
        """Say whether the rule is in force on the ISO date `as_of`."""
        return (self.in_force_from or "") <= as_of <= (self.in_force_to or "9999-12-31")


_TABLE = "sources/rules.csv"
_ALWAYS = "9999-12-31"
_COLUMNS = {
    *("rule_id", "facts", "resource_class", "resource_kind", "possible_kinds", "subzone", "basin"),
    *("project_types", "effect", "required_m", "comparison", "ratio", "measured_from", "condition"),
    *("requirement_zh", "requirement_en", "law", "article", "in_force_from", "in_force_to"),
    *("authority", "verified", "source", "note", "binds", "exception"),
}


def load_rules(resource_class: str | None = None, *, as_of: str | None = None) -> tuple[Rule, ...]:
    """Load the rules, of all classes or of one.

    Parameters
    ----------
    resource_class
        A class id; None takes all.
    as_of
        ISO date on which the rules must be in force; None takes every generation.

    Returns
    -------
    tuple of Rule
        Sorted by `rule_id`; empty when no rule is known for the class.

    Raises
    ------
    UsageError
        If the class or the date is unknown.
    DataError
        If the table is broken; all problems in one message, each with its row.

    Examples
    --------
    >>> import sxgeo
    >>> rules = sxgeo.load_rules("protected_areas", as_of="2026-11-21")
    >>> sorted({rule.resource_class for rule in rules})
    ['protected_areas']
    """
    if resource_class is not None and resource_class not in ALL_CLASS_IDS:
        raise unknown("class", resource_class, ALL_CLASS_IDS)
    on = checked_date(as_of) if as_of is not None else None

    # a table that was edited is read anew, any other only once
    stamp = data_path(_TABLE).stat()
    return tuple(
        rule
        for rule in _every_rule(stamp.st_mtime_ns, stamp.st_size)
        if (resource_class in (None, rule.resource_class)) and (on is None or rule.in_force(on))
    )


@lru_cache(maxsize=1)
def _every_rule(modified_ns: int, size: int) -> tuple[Rule, ...]:
    """Read and check the table once while it stays as it is; its time and size are the key."""
    rows = read_table(_TABLE)
    if found := list(rule_problems(rows)):
        raise DataError(listed(f"data/{_TABLE} is broken:", found))
    return tuple(sorted(map(_rule, rows), key=lambda rule: rule.rule_id))


def _rule(row: Mapping[str, str]) -> Rule:
    read = {name: _READERS.get(name, str)(row[name]) for name in _FIELDS}
    return Rule(**read)


def _text_or_none(cell: str) -> str | None:
    return cell or None


def _number_or_none(cell: str) -> float | None:
    return float(cell) if cell else None


_FIELDS = tuple(field.name for field in fields(Rule))
# Any: a cell is read as a text, a number, a truth or a tuple of words.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "resource_kind": words_in,
    "possible_kinds": words_in,
    "project_types": words_in,
    "exception": words_in,
    "required_m": float,
    "ratio": _number_or_none,
    "verified": lambda cell: cell == "true",
    "binds": lambda cell: cell or "land",
    **dict.fromkeys(
        ("subzone", "condition", "in_force_from", "in_force_to", "basin", "measured_from"),
        _text_or_none,
    ),
}
"""How a cell of the table is read; any other is its text."""


def rule_problems(rows: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """Yield every broken promise of the table of rules, each with its row (counted from 1) and its
    id.
    """
    # without its columns no row can be read
    if missing := sorted(_COLUMNS - set(rows[0] if rows else ())):
        yield f"missing column(s): {', '.join(missing)}"
        return
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = f"row {number} ({row['rule_id'] or 'no id'})"
        if not row["rule_id"]:
            yield f"{name}: rule_id is empty"
        elif row["rule_id"] in seen:
            yield f"{name}: id stands twice"
        seen.add(row["rule_id"])
        for problem in (
            *_word_problems(row),
            *_number_problems(row),
            *_date_problems(row),
            *_seen_problems(row),
        ):
            yield f"{name}: {problem}"
    yield from _family_problems(rows)


_ONE_WORD = {
    "resource_class": ("class", ALL_CLASS_IDS),
    "effect": ("effect", EFFECTS),
    "comparison": ("comparison", get_args(Comparison)),
    "verified": ("value of verified", ("true", "false")),
    "subzone": ("subzone", ("", *SUBZONE_ZH)),
    "basin": ("basin", ("", *BASIN_ZH)),
    "condition": ("condition", ("", *CONDITION_ZH)),
    "binds": ("value of binds", ("", *BINDS)),
}
"""What may stand in a cell of one word: what it is called, and the words that are known."""
_WORDS = (
    ("project_types", "project type(s)", PROJECT_TYPES),
    ("resource_kind", "kind(s)", KIND_ZH),
    ("possible_kinds", "kind(s)", KIND_ZH),
    ("exception", "exception(s)", EXCEPTION_ZH),
)
"""The same of cells that hold several words."""


def _word_problems(row: Mapping[str, str]) -> Iterable[str]:
    # One value in a cell.
    for column, (kind, known) in _ONE_WORD.items():
        if row[column] not in known:
            yield f"unknown {kind} '{row[column]}'"

    # Several in a cell, each a word that readers know.
    for column, kind, names in _WORDS:
        if wrong := sorted(set(words_in(row[column])) - set(names)):
            yield f"unknown {kind} {', '.join(wrong)}"

    # An exception lifts a conditional prohibition; on another effect it would free in silence.
    if row["exception"] and row["effect"] != "prohibited_unless":
        yield f"an exception goes with prohibited_unless, not with {row['effect']}"


def _number_problems(row: Mapping[str, str]) -> Iterable[str]:
    for column in ("required_m", "ratio"):
        text = row[column]

        # a rule without a ratio leaves the cell empty; a distance is always said, and 0 is one
        if not (text == "" and column == "ratio") and not _is_amount(text):
            yield f"{column} '{text}' is not a number from 0"

    # a ratio without its comparison would bind nothing, a comparison without it everything
    if (row["comparison"] == "height_ratio") != bool(row["ratio"]):
        yield "a ratio goes with height_ratio, and only with it"


def _is_amount(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _date_problems(row: Mapping[str, str]) -> Iterable[str]:
    for column in ("in_force_from", "in_force_to"):
        if row[column] and not is_day(row[column]):
            yield f"{column} '{row[column]}' is not a date like 2026-03-15"

    # ISO dates in order of text are in order of time; an empty start is before all
    if row["in_force_to"] and row["in_force_from"] > row["in_force_to"]:
        yield f"in force until {row['in_force_to']}, before it begins"


def _seen_problems(row: Mapping[str, str]) -> Iterable[str]:
    # what nobody can look up, or place in time, was not verified
    if row["verified"] == "true" and not (row["article"] and row["in_force_from"]):
        yield "verified without an article and the day it is in force from"
    for column in ("source", "law", "requirement_zh", "requirement_en"):
        if not row[column]:
            yield f"no {column}"


def _family_problems(rows: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """Generations of one rule (R010A, R010A-2026) must not be in force on the same day."""
    families: dict[str, list[tuple[str, str, int, str]]] = defaultdict(list)
    for number, row in enumerate(rows, start=1):
        span = (row["in_force_from"], row["in_force_to"] or _ALWAYS, number, row["rule_id"])
        families[row["rule_id"].partition("-")[0]].append(span)
    for spans in families.values():
        # only neighbours in time can overlap once they are sorted
        ordered = sorted(spans)
        for before, after in pairwise(ordered):
            if after[0] <= before[1]:
                yield (
                    f"row {after[2]} ({after[3]}): in force from {after[0] or 'always'}, "
                    f"while {before[3]} (row {before[2]}) is in force until {before[1]}"
                )


_RECORD_KEYS = (
    "rule_id",
    "resource_class",
    "resource_kind",
    "subzone",
    "project_types",
    "effect",
    "required_m",
    "comparison",
    "condition",
    "law",
    "article",
    "in_force_from",
    "in_force_to",
    "verified",
    "source",
    "ratio",
    "possible_kinds",
    "requirement_zh",
    "requirement_en",
    "authority",
    "basin",
    "measured_from",
    "binds",
    "exception",
    "note",
)


def rule_records(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return what `sxgeo rules --format json` prints: a list with the keys of design.md."""
    return [{key: _plain(getattr(rule, key)) for key in _RECORD_KEYS} for rule in rules]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
