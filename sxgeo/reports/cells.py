"""Cells and tables of the documents, before they are a workbook or a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the decimals it is worth; `grouped` sets commas between thousands."""

    value: float
    digits: int = 0
    percent: bool = False
    grouped: bool = True

    def __str__(self) -> str:
        """Write it as people read it."""
        if self.percent:
            return f"{self.value:.{self.digits}%}"
        return f"{self.value:{',' if self.grouped else ''}.{self.digits}f}"


Cell = str | Number | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its label and its width in Latin characters."""

    label: str
    width: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people.

    Attributes
    ----------
    name
        Short name: that of the sheet.
    heading
        Name with what stands in brackets behind it.
    notes
        Lines that say how to read it.
    empty
        What to say when there is no row.
    """

    name: str
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = "（无）"

    def without(self, *labels: str) -> Table:
        """Return the table without the columns of these labels."""
        # by label: places of columns differ from table to table
        kept = [i for i, c in enumerate(self.columns) if c.label not in labels]
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return Table(
            self.name,
            self.heading,
            tuple(self.columns[i] for i in kept),
            rows,
            self.notes,
            self.empty,
        )


def head_words(label: str) -> str:
    """Put what stands in brackets at the end of a long label on a line of its own."""
    return label.replace("（", "\n（", 1) if label.endswith("）") else label


def clean(text: object) -> str:
    """Return a text without the characters that no XML file may hold, and no longer than a cell may
    be.
    """
    whole = str(text)
    if len(whole) <= LONGEST_TEXT and whole.isprintable():  # what can be printed can be written
        return whole
    shown = "".join(c if _printable(ord(c)) else "\ufffd" for c in whole[:LONGEST_TEXT])
    cut = f"……（共 {len(whole)} 字，全文见 JSON the whole text stands in the JSON）"
    return shown if len(whole) <= LONGEST_TEXT else shown + cut


LONGEST_TEXT = 30_000
"""Letters of one text in an office file: a cell of a workbook takes 32,767, a text of a document
ten million bytes.
"""


def _printable(code: int) -> bool:
    return (
        code in (9, 10, 13)
        or 32 <= code < 127
        or 160 <= code < 0xD800
        or 0xE000 <= code < 0xFFFE
        or code >= 0x10000
    )


def columns_of(*pairs: tuple[str, float]) -> tuple[Column, ...]:
    """Build columns from labels and widths."""
    return tuple(Column(*pair) for pair in pairs)


def fact_table(rows: Iterable[tuple[str, str]]) -> Table:
    """Return a table of two columns without a heading: what a row is about, and what is said."""
    return Table(
        "",
        "",
        columns_of(("项目", 20), ("内容", 66)),
        tuple(rows),
    )


def metres(value: float | None, digits: int = 0) -> Number | None:
    return None if value is None else Number(round(value, digits) + 0.0, digits)


def area_cells(area_m2: float | None) -> tuple[Cell, Cell, Cell]:
    """Square metres, hectares (always four decimals) and mu (always two) of an area; None where
    there is none.
    """
    if not area_m2:
        return None, None, None

    # plus nothing turns -0.0 into 0.0
    square = Number(round(area_m2, 2) + 0.0, 2)
    shares: list[Cell] = [
        f"不足{least}" if area_m2 < under else Number(round(value, digits) + 0.0, digits)
        for value, digits, under, least in (
            (area_m2 / 1e4, 4, 0.5, "0.0001"),
            (area_m2 * 3 / 2000, 2, 3.3, "0.01"),
        )
    ]
    return square, shares[0], shares[1]
