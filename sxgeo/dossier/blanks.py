"""What sxgeo cannot fill: named where it is missing, and listed at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model.filing import FIELDS, Filing
from ..reports.cells import Table, columns_of
from ..reports.chapters import Text

OWNER = "建设单位"
COMPILER = "编制单位"


@dataclass(frozen=True, slots=True)
class Blank:
    """One thing that is missing: what, where, who fills it, and the field that takes it."""

    chapter: str
    what: str
    who: str
    key: str | None = None


@dataclass(slots=True)
class Blanks:
    """The fields of a filing, and the list of what was not in them; a blank is listed when it is
    written.
    """

    filing: Filing
    found: list[Blank] = field(default_factory=list)

    def text(
        self,
        chapter: str,
        key: str,
        *,
        who: str = COMPILER,
    ) -> Text:
        """Return the text of a field, or the words that name the blank."""
        told = self.filing.get(key)
        if told is not None:
            return Text(told)
        return self.named(chapter, FIELDS[key], who=who, key=key)

    def named(
        self,
        chapter: str,
        what: str,
        *,
        who: str = COMPILER,
        key: str | None = None,
    ) -> Text:
        """Return the words that name a blank, and list it."""
        blank = Blank(chapter, what, who, key)
        if blank not in self.found:
            self.found.append(blank)
        return Text(f"【待填：{what}】")

    def value(self, key: str, *, who: str = COMPILER) -> str:
        """Return a field of the cover, or the words that name the blank."""
        told = self.filing.get(key)
        if told is None:
            self.named("封面", FIELDS[key], who=who, key=key)
        return told if told is not None else f"【待填：{FIELDS[key]}】"

    def table(self) -> Table:
        """Return every blank that was written."""
        columns = columns_of(
            ("章节", 22), ("待填事项", 46), ("由谁填写", 18), ("工作区项目表的字段", 34)
        )
        rows = tuple(
            (b.chapter, b.what, b.who, f"“{FIELDS[b.key]}”" if b.key else "另附")
            for b in self.found
        )
        empty = "没有待填事项。"
        return Table("待填事项", "待填事项清单", columns, rows, empty=empty)
