"""What is to be built: its type and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UsageError, listed, unknown
from ..wording import APPROVAL_ZH, CONDITION_ZH, EXCEPTION_ZH, PROJECT_TYPES, SHAPE_ZH
from .outcomes import BEHAVIOURS
from .project_types import project_type_of
from .questions import UNKNOWN


@dataclass(frozen=True, slots=True)
class Project:
    """What is to be built; None means not said, and the answer is then conditional.

    Attributes
    ----------
    type
        One of :data:`PROJECT_TYPES`.
    height_m
        Height of the tallest building in metres.
    groundwater_use, discharge
        Whether groundwater is abstracted, whether pollutants are discharged.
    attributes
        What else was said, ``yes`` or ``no`` by attribute (or one of its choices).
    documents
        The document behind an answer, by attribute.
    """

    type: str | None = None
    height_m: float | None = None
    groundwater_use: bool | None = None
    discharge: bool | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)


BOOLEAN_ATTRIBUTES = (*CONDITION_ZH, *EXCEPTION_ZH, *SHAPE_ZH)
"""Project attributes that are said with yes or no; `height_m` is said with a number,
`approval_kind` with one of its words.
"""
CHOICES = {"approval_kind": APPROVAL_ZH}
"""Project attributes that are said with one word of several, and the Chinese of these."""
ATTRIBUTES = ("height_m", *CHOICES, *BOOLEAN_ATTRIBUTES)
"""Every project attribute; with ``_source`` behind it, the document of its answer."""
_SOURCE = "_source"
_WORDS = {
    "是": "yes",
    "否": "no",
    "不清楚": UNKNOWN,
    "true": "yes",
    "false": "no",
}


def is_attribute(key: str) -> bool:
    """Whether a key says something of the project, or names the document behind it."""
    return key.removesuffix(_SOURCE) in ATTRIBUTES


def make_project(project_type: str | None, attributes: Mapping[str, Any]) -> Project:
    """Build a project from a type and attributes as typed.

    Parameters
    ----------
    attributes
        By name; a value of ``unknown`` or 不清楚 says nothing. A name that ends in ``_source`` gives
        the document behind the answer of that attribute.

    Raises
    ------
    UsageError
        If the type or an attribute is unknown, a value is not what it should be, or two of them
        contradict each other; all in one message.
    """
    if project_type is not None and project_type not in PROJECT_TYPES:
        project_type = project_type_of(project_type)
    height, said, documents = _sound_attributes(project_type, attributes)
    return Project(
        type=project_type,
        height_m=height,
        groundwater_use=_said_yes("groundwater_use", said),
        discharge=_said_yes("discharge", said),
        attributes={key: said[key] for key in sorted({*said} - {*_OWN_FIELDS})},
        documents=dict(sorted(documents.items())),
    )


def _sound_attributes(
    project_type: str | None, attributes: Mapping[str, Any]
) -> tuple[float | None, dict[str, str], dict[str, str]]:
    """Read the attributes; all problems are gathered before one is told."""
    found: list[str] = []
    height, said, documents = _read_attributes(attributes, found)
    found += [*_contradictions(project_type, said), *_idle_documents(documents, said, height)]
    if found:
        raise UsageError(listed("the project cannot be used:", found))
    return height, said, documents


def _idle_documents(
    documents: Mapping[str, str],
    said: Mapping[str, str],
    height: float | None,
) -> list[str]:
    """A document without an answer proves nothing, and hints at a misspelt attribute."""
    return [
        f"{key}{_SOURCE} names a document, but {key} is not said"
        for key in _unsaid(documents, said, height)
    ]


_OWN_FIELDS = ("groundwater_use", "discharge")


def _said_yes(key: str, said: Mapping[str, str]) -> bool | None:
    """Three states: what is unsaid is None, and what is unsaid never frees."""
    return None if key not in said else said[key] == "yes"


def _contradictions(project_type: str | None, said: Mapping[str, str]) -> Iterator[str]:
    """A type may state a behaviour by definition; a 'no' against it would unbind a rule."""
    # only a type that is itself a behaviour can be contradicted by an answer
    own = BEHAVIOURS.get(project_type or "")
    if own is not None and said.get(own) == "no":
        yield (
            f"project type '{project_type}' says {own}=yes, and {own}=no contradicts it; drop one"
        )


def _read_attributes(
    attributes: Mapping[str, Any], found: list[str]
) -> tuple[float | None, dict[str, str], dict[str, str]]:
    """The height, the answers and the documents behind them; `found` gains the problems."""
    height: float | None = None
    said: dict[str, str] = {}
    documents: dict[str, str] = {}
    for key, value in attributes.items():
        name = key.removesuffix(_SOURCE)
        if key != name and _is_attribute(name):
            documents[name] = _document(key, value, found)
        elif key == "height_m":
            height = _known_height(value, found)
        elif _is_attribute(key):
            said[key] = _answer(key, value, found)
        else:
            found.append(str(unknown("project attribute", key, ATTRIBUTES)))

    # Unknown says nothing: it neither binds nor frees.
    said = {key: answer for key, answer in said.items() if answer != UNKNOWN}
    return height, said, documents


def _answer(
    key: str,
    value: object,
    found: list[str],
) -> str:
    return _choice(key, value, found) if key in CHOICES else _yes_no(key, value, found)


def _is_attribute(name: str) -> bool:
    return name == "height_m" or name in BOOLEAN_ATTRIBUTES or name in CHOICES


def _unsaid(
    documents: Mapping[str, str],
    said: Mapping[str, str],
    height: float | None,
) -> list[str]:
    return [
        key
        for key in documents
        if key not in said and not (key == "height_m" and height is not None)
    ]


def _word(value: object) -> str:
    text = str(value).strip().lower()
    return _WORDS.get(text, text)


def _document(
    key: str,
    value: object,
    found: list[str],
) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        found.append(f"{key} '{value}' names no document")
    return text


def _choice(
    key: str,
    value: object,
    found: list[str],
) -> str:
    text = _word(value)
    known = {
        **{code: code for code in CHOICES[key]},
        **{zh: code for code, zh in CHOICES[key].items()},
        UNKNOWN: UNKNOWN,
    }
    if text not in known:
        found.append(f"{key} '{value}' is not one of {', '.join([*CHOICES[key], UNKNOWN])}")
        return UNKNOWN
    return known[text]


# Any: a value of an attribute as typed.
def _known_height(value: Any, found: list[str]) -> float | None:
    """Return a height in metres; None where it is said to be unknown, or is none."""
    return None if _word(value) == UNKNOWN else _height(value, found)


def _height(value: str | float, found: list[str]) -> float | None:
    try:
        height = float(value)
    except (TypeError, ValueError):
        # what is no number fails the check below, as a number below 0 does
        height = float("nan")
    if not 0 <= height < np.inf:
        found.append(f"height_m '{value}' is not a number of metres from 0")
        return None
    return height


def _yes_no(
    key: str,
    value: object,
    found: list[str],
) -> str:
    text = _word(value)
    if text not in ("yes", "no", UNKNOWN):
        found.append(f"{key} '{value}' is not yes or no (or {UNKNOWN})")
        return UNKNOWN
    return text
