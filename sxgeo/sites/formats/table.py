"""What every reader hands on: the features of a layer as they stand in the file, and how they were
read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import InputError, UsageError, listed
from ...files.encoding import python_name

ASSUMABLE = {
    "crs": "EPSG:CODE, or a name such as 'CGCS2000 3-degree 114E'",
    "datum": "CGCS2000, WGS84, GCJ-02, BD-09, XIAN80 or BEIJING54",
    "zone": "degree-zone number, 25 to 45 (3 degrees) or 13 to 23 (6 degrees)",
    "axis": "xy (lon, lat; east, north) or yx (lat, lon; north, east)",
    "units": (
        "degree, metre, or dms (degrees, minutes and seconds in one number, 112.3345 for 112 33 45)"
    ),
    "encoding": "utf-8 or gbk",
    "area_unit": "ha, m2 or mu",
    "shape": (
        "points or ring, for rows or rings of which the file does not say it; ring also closes"
        " rings and takes outer ones as parts"
    ),
    "count": "as_found, for plots whose number of points is not that of their header",
    "dxf_layer": "name of the layer of a drawing that holds the plots; several with commas",
    "closed_line": (
        "plot or line, for a line that comes back to its first point, or lines that close together"
    ),
    "inside": "hole or plot, for a closed outline inside another one of its layer in a drawing",
    "parameters": "seven numbers dx,dy,dz,rx,ry,rz,ppm towards CGCS2000 (m, arc seconds, 1e-6)",
    "rotation": "coordinate_frame or position_vector, the convention of the seven parameters",
}
"""Keys of `--assume` and what may be said for them."""

_WORDS = {
    "datum": {
        "cgcs2000": "CGCS2000",
        "2000": "CGCS2000",
        "wgs84": "CGCS2000",
        "wgs-84": "CGCS2000",
        "gcj-02": "GCJ-02",
        "gcj02": "GCJ-02",
        "bd-09": "BD-09",
        "bd09": "BD-09",
        "xian80": "XIAN80",
        "xian1980": "XIAN80",
        "beijing54": "BEIJING54",
        "beijing1954": "BEIJING54",
    },
    "axis": {
        "xy": "xy",
        "lon,lat": "xy",
        "east,north": "xy",
        "yx": "yx",
        "lat,lon": "yx",
        "north,east": "yx",
    },
    "units": {
        "degree": "degree",
        "degrees": "degree",
        "度": "degree",
        "metre": "metre",
        "m": "metre",
        "米": "metre",
        "dms": "dms",
        "ddd.mmss": "dms",
        "度分秒": "dms",
    },
    "area_unit": {"ha": "ha", "公顷": "ha", "m2": "m2", "平方米": "m2", "mu": "mu", "亩": "mu"},
    "shape": {"points": "points", "point": "points", "ring": "ring"},
    "count": {"as_found": "as_found"},
    "inside": {"hole": "hole", "holes": "hole", "plot": "plot", "plots": "plot"},
    "closed_line": {"plot": "plot", "plots": "plot", "line": "line", "lines": "line"},
    "rotation": {"coordinate_frame": "coordinate_frame", "position_vector": "position_vector"},
}


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
    facts: dict[str, Any] = field(default_factory=dict)

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


def told_line(answers: Mapping[str, str]) -> str:
    """Write what was answered as options of the command line."""
    return " ".join(f"--assume {key}={_shell(value)}" for key, value in answers.items())


def _shell(value: str) -> str:
    return value if not set(value) & set(" ;&|<>()'\"") else f'"{value}"'


def ask_at_once(read: Callable[[dict[str, str]], list[Table]], told: dict[str, str]) -> list[Table]:
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
            tables = read({**told, **answers})
        except Asked as question:
            news = {
                key: value
                for key, value in question.answers.items()
                if key not in told and key not in answers
            }

            # The same question twice would never end.
            problems += [problem for problem in question.problems if problem not in problems]
            if not news:
                raise Asked(problems, {**answers, **question.answers}) from None
            answers |= news
            continue
        except InputError as error:
            # A fault that shows only behind a question is told together with it.
            if not problems:
                raise
            raise Asked([*problems, str(error)], answers) from error
        if not problems:
            return tables

        # What would then be guessed is asked in the same breath.
        for guess in (
            guess for table in tables for guess in table.guesses if guess.key not in answers
        ):
            answers[guess.key] = guess.taken
            problems.append(str(guess))
        raise Asked(problems, answers)


def checked_assumptions(assume: Mapping[str, str]) -> dict[str, str]:
    """Check and normalise what was said with `--assume`.

    Raises
    ------
    UsageError
        If a key or value is unknown; all in one message.
    """

    # All slips in one message; values are brought to one form, so that the same word in two
    # languages gives the same receipt.
    found, settled = [], {}
    for key, value in assume.items():
        text = value.strip()
        if key not in ASSUMABLE:
            found.append(f"cannot assume '{key}'; known: {', '.join(ASSUMABLE)}")
        elif key in _WORDS:
            word = _WORDS[key].get(text.lower().replace(" ", ""))
            if word is None:
                found.append(f"{key} '{value}' is not {ASSUMABLE[key]}")
            else:
                settled[key] = word
        elif problem := _problem(key, text):
            found.append(problem)
        else:
            settled[key] = text
    if found:
        raise UsageError(found[0] if len(found) == 1 else listed("--assume cannot be used:", found))
    return settled


def _problem(key: str, text: str) -> str | None:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    bad = f"{key} '{shown}' is not {ASSUMABLE[key]}"
    if key == "zone":
        return (
            None
            if text.isascii()
            and text.isdigit()
            and len(text) == 2  # a number without end is none
            and (13 <= int(text) <= 23 or 25 <= int(text) <= 45)
            else bad
        )
    if key == "parameters":  # secret numbers are not repeated, not even wrong ones
        return None if seven(text) is not None else f"parameters are not {ASSUMABLE[key]}"
    if key == "encoding":
        try:
            python_name(text)
        except InputError:
            return bad
    return None if text else bad


def seven(text: str) -> tuple[float, ...] | None:
    """Parse seven parameters; None when they are not seven finite numbers."""
    try:
        values = tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        return None
    return values if len(values) == 7 and all(abs(v) < 1e6 for v in values) else None


def concealed(parameters: Sequence[float]) -> str:
    """Return what outputs say of seven parameters, which are secret: that they were used, and their
    hash.
    """
    text = ",".join(f"{value:.12g}" for value in parameters)
    return f"已使用 used, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def conceal(told: Mapping[str, str]) -> dict[str, str]:
    """Return texts by name with every seven parameters among them concealed: of `--assume`, or of a
    header.
    """
    numbers = {
        key: seven(text) for key, text in told.items() if "parameters" in key or "参数" in key
    }
    secret = {key: values for key, values in numbers.items() if values is not None and any(values)}
    return {key: concealed(secret[key]) if key in secret else text for key, text in told.items()}
