"""What a class must show before it may be called clear; the word itself is made here and nowhere
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..errors import AnalysisError, listed

_CLEAR: Literal["clear"] = "clear"
NOT_HIT: Literal["clear"] = _CLEAR
"""What one finding is called that is missed, shared or unbound: it clears no class."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for calling a class clear at a site, each true only where it was shown.

    Attributes
    ----------
    held
        Something of the class is held, or is told here.
    covered
        The site lies in a county that was searched.
    layer_read_whole
        The layer could be loaded, and nothing of it was left out.
    complete, document
        A document declares the class whole wherever its rules could reach from here.
    subzones_held
        Every subzone that a rule may need, of every record in reach, is held or declared absent.
    read_without_doubt
        No guess, repair or sign of lost points in the reading of the site.
    input_accounted_for
        Nothing of the input that may hold geometry was left out.
    all_missed_or_unbound
        Nothing within reach is met or between: each record is missed, only shares its edge, or is
        unbound by something said.
    engines
        Names of the engines that were asked; where there are two they agree, else `engines_agree`
        is false.
    """

    held: bool
    covered: bool
    layer_read_whole: bool
    complete: bool
    document: str | None
    subzones_held: bool
    read_without_doubt: bool
    input_accounted_for: bool
    all_missed_or_unbound: bool
    engines: tuple[str, ...]
    engines_agree: bool = True

    def lacking(self) -> str | None:
        """Return the reason code of the first ground that is not there; None when all are."""
        # what is met or between goes first: no want of material may hide it
        checks = (
            (self.all_missed_or_unbound, "between"),
            (self.layer_read_whole, "layer_failed"),
            (self.held, "nothing_held"),
            (self.covered, "outside_coverage"),
            (self.complete and bool(self.document), "incomplete"),
            (self.subzones_held, "subzone_missing"),
            (self.read_without_doubt and self.input_accounted_for, "doubtful_site"),
            (bool(self.engines) and self.engines_agree, "engines_disagree"),
        )
        return next((code for shown, code in checks if not shown), None)


@dataclass(frozen=True, slots=True)
class Clearance:
    """The certificate of a class that is clear: built from its grounds, and impossible without
    them.

    Attributes
    ----------
    complete_in
        Codes of the counties that the document declares whole.
    subzones, subzones_absent
        Subzones that the rules in force here may need, and those that the document declares not to
        exist.
    records
        How many records of the class were looked at.

    Raises
    ------
    AnalysisError
        If a ground is missing: such a value cannot exist.
    """

    grounds: Grounds
    complete_in: tuple[str, ...]
    subzones: tuple[str, ...]
    subzones_absent: tuple[str, ...]
    records: int

    def __post_init__(self) -> None:
        """Refuse to exist without its grounds."""
        if (code := self.grounds.lacking()) is not None:
            raise AnalysisError(listed("a class cannot be called clear here:", [code]))

    @property
    def outcome(self) -> Literal["clear"]:
        """The outcome that this certificate stands for."""
        return _CLEAR

    def record(self) -> dict[str, Any]:
        """Return it as it stands in JSON (`clear_because`), without what the findings say."""
        return {
            "reading": "without_doubt",
            "input": "accounted_for",
            "layer": "read_whole",
            "complete_in": list(self.complete_in),
            "complete_document": self.grounds.document,
            "subzones": list(self.subzones),
            "subzones_absent": list(self.subzones_absent),
            "records": self.records,
            "engines": list(self.grounds.engines),
        }
