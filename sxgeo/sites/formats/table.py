"""What every reader hands on: the features of a layer as they stand in the file, and how they were
read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...errors import InputError, listed
from .assumptions import Assumptions, told_line


@dataclass(frozen=True, slots=True)
class Guess:
    """Something the file does not say, or says against its own numbers.

    Attributes
    ----------
    key
        The key of `--assume` that settles it.
    taken, evidence, alternative
        What was taken, why, and what it could be as well.
    rows
        The features that it touches; None for all of the table.
    """

    key: str
    taken: str
    evidence: str
    alternative: str
    rows: frozenset[int] | None = None

    def __str__(self) -> str:
        return (
            f"guess: {self.key} taken as {self.taken} ({self.evidence}); it could be"
            f" {self.alternative}; settle it with --assume {self.key}=..."
        )

    def record(self) -> dict[str, str]:
        """Return it as the receipt keeps it."""
        return {
            "key": self.key,
            "taken": self.taken,
            "evidence": self.evidence,
            "alternative": self.alternative,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in an input that became no site.

    Attributes
    ----------
    kind
        `geometry`: a geographic object that nobody screened, which puts every site of the file in
        doubt; `annotation`: a label, a row of totals, a deleted row, a sheet without geometry of
        its own, which is a remark.
    what, place
        What it is (sheet, layer, file, feature, reference ...) and where it stands.
    reason
        Why it is no site.
    count
        How many of the kind.
    """

    kind: Literal["geometry", "annotation"]
    what: str
    place: str
    reason: str
    count: int = 1

    def __str__(self) -> str:
        many = f"{self.count} x " if self.count > 1 else ""
        return f"left out: {many}{self.what} {self.place}: {self.reason}"

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        return {
            "kind": self.kind,
            "what": self.what,
            "place": self.place,
            "reason": self.reason,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader found out about a layer, for the autopsy and for the readers that come after;
    None where it says nothing of it.

    Attributes
    ----------
    format, encoding, mojibake, columns, header, drawing
        What the file is, how its texts were read, and what heads it.
    accuracy_kind
        A key of :data:`sxgeo.model.accuracy.SOURCES`.
    step, plain_numbers
        How fine the coordinates are written, in their unit, and whether as plain numbers.
    axis_in_file, crs_used, crs_evidence, datum, zone, central_meridian, zone_prefix, zone_evidence
        The system as it was settled, and why.
    header_parameters, parameters, parameters_rotation, parameters_from
        Seven parameters: those of the header are secret, the others say only that they were used.
    areas, area_check
        Areas as the file writes them, by row, and how they compare with the drawn ones.
    """

    format: str | None = None
    encoding: Mapping[str, str] | None = None
    mojibake: str | None = None
    columns: Mapping[str, Any] | None = None
    header: Mapping[str, str] | None = None
    drawing: Mapping[str, Any] | None = None
    irregular: Sequence[str] | None = None
    accuracy_kind: str | None = None
    step: float | None = None
    plain_numbers: bool = False
    axis_in_file: str | None = None
    crs_used: Any = None
    crs_evidence: str | None = None
    datum: str | None = None
    zone: int | None = None
    central_meridian: float | None = None
    zone_prefix: Sequence[int] | None = None
    zone_evidence: str | None = None
    header_parameters: str | None = None
    parameters: str | None = None
    parameters_rotation: str | None = None
    parameters_from: str | None = None
    several_systems: Sequence[str] | None = None
    points: int | None = None
    areas: Sequence[str] | None = None
    area_check: Mapping[str, Any] | None = None
    curves: Mapping[str, Any] | None = None
    heights: Mapping[str, Any] | None = None
    entities_left_out: Mapping[str, int] | None = None
    others: Sequence[str] | None = None
    repaired: tuple[str, ...] = ()
    closed_rings: int = 0


@dataclass(slots=True)
class Table:
    """Features of one layer, x before y (lon, lat; east, north), in `crs`.

    Attributes
    ----------
    shapes
        Array of geometries or None.
    crs
        What the coordinates are in; None when the file does not say it and nobody did.
    columns
        The few attributes that sites need, by name.
    wrong
        Why a feature cannot be used, by its row from 0.
    remarks
        What a reader should know of a feature that can be used, by its row.
    doubtful
        Rows whose geometry a remark puts in doubt: points may be lost, or a ring may be meant
        otherwise.
    accuracy_m
        That of the file as a whole.
    datum_error_m
        How far a conversion of datum may have put its coordinates.
    left_out
        What stands in the file and became no feature of it.
    facts
        For the autopsy.
    """

    shapes: Any
    crs: Any
    columns: dict[str, list[Any]] = field(default_factory=dict)
    layer: str | None = None
    declared: str | None = None
    accuracy_m: float | None = None
    datum_error_m: float = 0.0
    wrong: dict[int, str] = field(default_factory=dict)
    remarks: dict[int, list[str]] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)
    guesses: list[Guess] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    facts: Facts = Facts()

    # Any: each fact has a type of its own, which `Facts` says.
    def note(self, **facts: Any) -> None:
        """Note facts beside those that are known."""
        self.facts = replace(self.facts, **facts)

    def remark(self, row: int, text: str) -> None:
        """Add a remark on a feature that leaves its geometry as certain as it was."""
        self.remarks.setdefault(row, []).append(text)

    def doubt(self, row: int, text: str) -> None:
        """Add a remark on a feature that puts its geometry in doubt."""
        self.remark(row, text)
        self.doubtful.add(row)


class Asked(InputError):
    """What a file does not say and nobody can guess, with an answer that `--assume` takes for each.

    Attributes
    ----------
    problems
        One sentence for each question, with its way out.
    answers
        What `--assume` could be told, by key: an example, not a guess.
    """

    def __init__(self, problems: Sequence[str], answers: Mapping[str, str]) -> None:
        # one question alone is told as it is; several begin with a line that says so
        self.problems, self.answers = list(problems), dict(answers)
        if len(self.problems) == 1 and len(self.answers) == 1:
            super().__init__(self.problems[0])
            return
        heading = "leaves several questions open:" if len(self.problems) > 1 else self.problems[0]
        words = [
            *(self.problems if len(self.problems) > 1 else ()),
            f"answer all at once, with what is true: {told_line(self.answers)}",
        ]
        super().__init__(listed(heading, words))


def ask_at_once(read: Callable[[Assumptions], list[Table]], told: Assumptions) -> list[Table]:
    """Read a file; where it leaves questions open, find all of them, by reading on as if each had
    been answered.

    Raises
    ------
    Asked
        With every question, and every guess that would come after them.
    InputError
        If it cannot be read whatever is answered, and nothing was asked before.
    """

    # Read again and again, each time with one more question answered as it likely is.
    problems: list[str] = []
    answers: dict[str, str] = {}
    while True:
        try:
            tables = read(replace(told, **answers))
        except Asked as question:
            news = _unanswered(question, {*told.said(), *answers})
            problems += [problem for problem in question.problems if problem not in problems]

            # The same question twice would never end.
            if not news:
                raise Asked(problems, {**answers, **question.answers}) from None
            answers |= news
        except InputError as error:
            # A fault that shows only behind a question is told together with it.
            if not problems:
                raise
            raise Asked([*problems, str(error)], answers) from error
        else:
            if not problems:
                return tables
            raise _with_guesses(tables, problems, answers)


def _unanswered(question: Asked, known: Iterable[str]) -> dict[str, str]:
    """Return the likely answers to what nobody has answered yet."""
    answered = set(known)
    return {key: value for key, value in question.answers.items() if key not in answered}


def _with_guesses(
    tables: Sequence[Table],
    problems: list[str],
    answers: dict[str, str],
) -> Asked:
    """What would be guessed once the questions are answered is asked in the same breath."""
    guesses = (guess for table in tables for guess in table.guesses)
    for guess in guesses:
        if guess.key not in answers:
            answers[guess.key] = guess.taken
            problems.append(str(guess))
    return Asked(problems, answers)
