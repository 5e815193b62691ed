"""The legend column: the same symbols and counts as the page's legend, and what the map cannot
show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import shapely

from ...reports.palette import RED
from ..style import (
    BASE_STYLES,
    EDGE_STYLES,
    GROUPS,
    LINE_STYLES,
    NODE_PATH,
    STATUS_STYLES,
    VERDICT_STYLES,
)
from .faces import one_line, wrapped

if TYPE_CHECKING:
    from .ground import Ground
    from .pen import Pen
    from .sheet import Box, Point, Sheet

_INK, _SOFT, _WARM = "#1c2f3d", "#51626f", "#7a2b00"
_TALLEST, _LEAST = 4.1, 2.5
_GREY, _FAINT = "#5f4a3a", "#8b979e"
_FEWER = (99, 20, 12, 8, 5, 4, 3, 2, 1, 0)
"""How many names of a class are tried, until all classes fit."""
_NO_CLEARANCE = "未筛查不等于无冲突，图上空白处不代表没有保护资源。"
_DIAMOND = "M0-8.5L8.5 0L0 8.5L-8.5 0Z"

Swatch = Callable[[float, float, float], None]
"""Draws into a box by its middle and its height."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the legend: a heading, or a swatch with words and a count."""

    words: str
    count: str = ""
    swatch: Swatch | None = None
    heading: bool = False
    faint: bool = False


class Legend:
    """Writes the legend into its column."""

    def __init__(
        self,
        pen: Pen,
        sheet: Sheet,
        ground: Ground,
    ) -> None:
        self.pen, self.sheet, self.ground, self.content = pen, sheet, ground, ground.content
        self.shown = [f for f in self.content["features"] if "at" in f]

    def draw(self) -> None:
        """Write rows as tall as the column allows, and the notes under them."""
        left, bottom, right, top = self.sheet.legend
        rows = [*self.rows()]
        tall = self.row_height(len(rows))
        self.pen.plate(self.sheet.legend, alpha=1.0, edge="#b9c3c9")

        # letters grow with the room that each row has
        size = tall / 4.1 * 6.7
        y = top - tall * 1.05
        self.title((left + 2, y), size * 1.2)
        for row in rows:
            y -= tall
            self.write(row, left + 2, right - 2, y, size)
        self.notes(
            (left + 2, bottom + 1, right - 2, y - tall * 0.5),
            size * 0.86,
        )

    def title(self, at: Point, size: float) -> None:
        self.pen.text(
            at,
            "图例 Legend",
            size,
            _INK,
            bold=True,
        )

    def row_height(self, count: int) -> float:
        """Rows shrink until all of them fit, and no further than can be read."""
        _, bottom, _, top = self.sheet.legend
        grown = self.sheet.lettering
        has_unplaced = any("at" not in f for f in self.content["features"])
        notes_mm = (34 if has_unplaced else 14) * grown
        return min(
            _TALLEST * grown,
            max(_LEAST, (top - bottom - notes_mm) / (count + 1)),
        )

    def write(
        self,
        row: Row,
        left: float,
        right: float,
        y: float,
        size: float,
    ) -> None:
        if row.heading:
            self.write_heading(row, left, right, y, size)
            return
        high = size * 0.42
        if row.swatch is not None:
            row.swatch(left + high * 1.1, y + high * 0.33, high)

        # a class without records here stays in the list, faint: it was looked for
        ink = _FAINT if row.faint else _INK
        self.pen.text(
            (left + high * 2.6, y),
            row.words,
            size,
            ink,
        )
        self.pen.text(
            (right, y),
            row.count,
            size * 0.9,
            _SOFT,
            anchor="right",
        )

    def write_heading(
        self,
        row: Row,
        left: float,
        right: float,
        y: float,
        size: float,
    ) -> None:
        self.pen.text(
            (left, y),
            row.words,
            size,
            _INK,
            bold=True,
        )
        self.pen.text(
            (right, y),
            row.count,
            size * 0.82,
            _SOFT,
            anchor="right",
        )

    def rows(self) -> Iterator[Row]:
        """Yield every row that this map needs, from sites to borders."""
        yield from self.site_rows()
        yield from self.class_rows()
        yield from self.key_rows()
        yield from self.link_rows()
        yield from self.band_rows()
        yield from self.border_rows()

    def site_rows(self) -> Iterator[Row]:
        sites = self.content["sites"]
        if sites:
            yield Row("核查地块 Checked sites", str(len(sites)), heading=True)
        for verdict, (colour, words) in VERDICT_STYLES.items():
            count = sum(site["verdict"] == verdict for site in sites)
            if count:
                yield Row(words, str(count), self.box(colour))
        if any(site["verdict"] == "conflict" for site in sites):
            yield Row("压占禁止范围", "", self.box(RED, "diagonal"))

    def class_rows(self) -> Iterator[Row]:
        home, first = self.content["meta"]["home"], True
        for group, (zh, en) in GROUPS.items():
            own = [cls for cls in self.content["classes"] if cls["group"] == group]
            if own:
                # what the numbers mean is said once, at the first group that is there
                aside = ("已定位/收录/公布" if home else "图上") if first else ""
                yield Row(f"{zh} {en}", aside, heading=True)
                first = False
            for cls in own:
                yield self.class_row(cls, home)

    def class_row(self, cls: dict[str, Any], home: bool) -> Row:
        drawn = [f for f in self.shown if f["cls"] == cls["id"]]

        # of how many of how many only the home zone can tell: elsewhere nobody counted
        counts = str(len(drawn) or "")
        if home:
            counts = f"{cls['located']} / {cls['held']} / {cls['published']}"
        tag = "（仅线索）" if home and not cls["held"] else ""
        if not drawn:
            tag = self.absent(cls, home)
        return Row(
            cls["zh"] + tag,
            counts,
            self.class_swatch(cls, drawn),
            faint=not drawn,
        )

    def class_swatch(self, cls: dict[str, Any], drawn: Sequence[dict[str, Any]]) -> Swatch:
        """A box where anything of a class is an area, else its symbol."""
        if any("rings" in f for f in drawn):
            return self.box(cls["colour"], cls["hatch"])

        # the sign is that of most of its records
        hollow = sum(f["mark"] != "object" for f in drawn) * 2 > len(drawn)
        return self.sign(cls["path"], cls["colour"], "proxy" if hollow else "object")

    def absent(self, cls: dict[str, Any], home: bool) -> str:
        if cls["failed"]:
            return "（载入失败）"

        # not drawn has three reasons: not read, nowhere placed, never collected
        listed = any(f["cls"] == cls["id"] for f in self.content["features"])
        if not home:
            return "（无位置）" if listed else "（本区无资料）"
        return "（无位置）" if cls["held"] or cls["candidates"] else "（未收录）"

    def box(self, colour: str, hatch: str | None = None) -> Swatch:
        def draw(
            x: float,
            y: float,
            high: float,
        ) -> None:
            shape = shapely.box(
                x - high * 0.9,
                y - high * 0.42,
                x + high * 0.9,
                y + high * 0.42,
            )
            self.pen.area(
                shape,
                fill=colour,
                alpha=0.2,
                edge=colour,
                px=1.5,
            )
            if hatch:
                self.pen.hatch(hatch, shape, colour, gap_mm=high * 0.4, px=0.9)

        return draw

    def stroke(
        self,
        colour: str,
        px: float,
        dash: str | None,
    ) -> Swatch:
        def draw(
            x: float,
            y: float,
            high: float,
        ) -> None:
            self.pen.line(
                shapely.LineString(
                    [
                        (x - high * 1.15, y),
                        (x + high * 1.15, y),
                    ]
                ),
                colour,
                px,
                dash=dash,
            )

        return draw

    def sign(
        self,
        path: str,
        colour: str,
        mark: str,
        alpha: float = 1.0,
    ) -> Swatch:
        return lambda x, y, high: self.pen.symbol(
            path, (x, y), high, colour, mark=mark, alpha=alpha
        )

    def ring(self, dash: str) -> Swatch:
        return lambda x, y, high: self.pen.circle((x, y), high * 0.48, _GREY, px=0.9, dash=dash)

    def key_rows(self) -> Iterator[Row]:
        if self.shown:
            yield Row("符号 Signs", "", heading=True)
            yield Row("实心：本体点位；空心：代表点", "", self.sign(_DIAMOND, _GREY, "object"))
            yield Row("淡色：待核线索", "", self.sign(_DIAMOND, _GREY, "object", 0.5))
            yield Row("虚圈：位置误差（小于符号者不画）", "", self.ring("5 3.5"))
            yield Row("点圈：等面积或筛查范围", "", self.ring("1.2 4"))
        yield from self.edge_rows()

    def edge_rows(self) -> Iterator[Row]:
        """Yield the kinds of boundaries that are on the map."""
        kinds = {f["kind"] for f in self.shown if "kind" in f}
        for kind, edge in EDGE_STYLES.items():
            if kind in kinds:
                yield Row(
                    edge.label_zh,
                    "",
                    self.stroke(_GREY, edge.width_px, edge.dash),
                )

    def link_rows(self) -> Iterator[Row]:
        links, nodes = self.content["links"], self.content["nodes"]
        if links or nodes:
            yield Row("交通 Transport", "淡细：示意连线" if links else "", heading=True)
        counts = Counter((link["mode"], link["status"]) for link in links)
        for mode, status in product(LINE_STYLES, STATUS_STYLES):
            if counts[mode, status]:
                yield self.link_row(mode, status, counts[mode, status])
        if nodes:
            yield Row(
                "车站、机场与枢纽",
                str(len(nodes)),
                self.sign(NODE_PATH, "#1d3557", "proxy"),
            )

    def link_row(
        self,
        mode: str,
        status: str,
        count: int,
    ) -> Row:
        style, (zh, _, dash) = LINE_STYLES[mode], STATUS_STYLES[status]
        swatch = self.stroke(style.colour, style.width_px, dash)
        return Row(f"{style.label_zh}·{zh}", str(count), swatch)

    def band_rows(self) -> Iterator[Row]:
        days, meta = self.content["scenario"], self.content["meta"]
        drawn = days["after"] if days else self.content["bands"]
        if drawn:
            aside = f"{days['days'][1]} 之日" if days else meta["band_note"]
            yield Row("等时圈 Isochrones", aside, heading=True)
        colours = {band["minutes"]: band["colour"] for band in drawn}
        yield from self.limit_rows(colours)

        # the lines of the band are bounds: between them nothing is decided
        if any("error" in band for band in drawn):
            swatch = self.box(next(iter(colours.values())), "back")
            yield Row("误差带：虚线之间不能断定", "", swatch)
        yield from self.gained_rows()

    def limit_rows(self, colours: Mapping[float, str]) -> Iterator[Row]:
        """Yield the limits of time, the shortest first, and from where they are counted."""
        named = self.content["meta"]["origin_zh"]
        origin = f"，{named}" if named else ""
        for minutes in sorted(colours):
            yield Row(f"{minutes:g} 分钟内{origin}", "", self.box(colours[minutes]))

    def gained_rows(self) -> Iterator[Row]:
        """Yield what a later day brings within reach."""
        days = self.content["scenario"]
        for gained in days["gained"] if days else ():
            words = f"较 {days['days'][0]} 新增，{gained['minutes']:g} 分钟内"
            area = f"{gained['gained_km2']:,.0f} 平方公里"
            yield Row(words, area, self.box(days["colour"], "cross"))

    def border_rows(self) -> Iterator[Row]:
        meta = self.content["meta"]
        yield Row("界线 Boundaries", "", heading=True)
        names = {"zone": "经济区界" if meta["home"] else "本区界", "county": meta["unit_zh"]}
        names |= {"sub_region": "片区、次区域界"} if self.content["subs"] else {}
        names |= {"context": "市界（区外）"} if self.content["context"] else {}
        for name, words in names.items():
            style = BASE_STYLES[name]
            yield Row(
                words,
                "",
                self.stroke(style.colour, style.width_px, style.dash),
            )

    def notes(self, room: Box, size: float) -> None:
        """Write what an empty place does not mean, and every record without a position for which
        there is room.
        """
        left, bottom, right, top = room
        step = size * 0.46
        y = top - step

        # that a blank is no clearance stands above all notes
        self.pen.text((left, y), _NO_CLEARANCE, size, _WARM, bold=True)
        y -= step
        most = round((y - bottom) / step)
        for line in self.note_lines(size, right - left, most)[: max(0, most)]:
            self.pen.text((left, y), line, size, _SOFT)
            y -= step

    def note_lines(
        self,
        size: float,
        room_mm: float,
        most: int,
    ) -> list[str]:
        days = self.content["scenario"]
        said = self.content["meta"]["coverage_zh"] + (days["assumed_zh"] if days else "")
        lines = wrapped(said, size, room_mm)
        return lines + self.unplaced(size, room_mm, most - len(lines))

    def unplaced(
        self,
        size: float,
        room_mm: float,
        most: int,
    ) -> list[str]:
        """Return the lines that name records without a position and count those that found no
        room.
        """
        tail = [line for words in self.unnamed() for line in wrapped(words, size, room_mm)]
        missing = [f for f in self.content["features"] if "at" not in f]
        if not missing:
            return tail
        head = f"无位置记录 {len(missing)} 项，未画在图上，对所在县的任何地块均须核实："
        classes = self.missing_by_class(missing)

        # fewer names a class until it fits; the counts always do
        for most_names in _FEWER:
            words = "；".join(_named(name, own, most_names) for name, own in classes)
            lines = [*wrapped(f"{head}{words}。", size, room_mm), *tail]
            if len(lines) <= most:
                break
        return lines

    def unnamed(self) -> Iterator[str]:
        """Say how many names found no place, and which classes are drawn as a mass."""
        if omitted := len(self.ground.left_out):
            yield f"图上未注名称 {omitted} 处（无空位）。"
        classes = self.ground.classes
        masses = "、".join(f"{classes[i]['zh']} {n} 处" for i, n in self.ground.crowded.items())
        if masses:
            yield f"{masses}：数量多，整体绘出，不逐一画符号、误差圈和注记。"

    def missing_by_class(self, missing: Sequence[dict[str, Any]]) -> list[tuple[str, list[str]]]:
        """Return the records without a position: class with their number, and their names."""
        classes = []
        for cls in self.content["classes"]:
            own = [one_line(f["zh"]) for f in missing if f["cls"] == cls["id"]]
            if own:
                classes.append((f"{cls['zh']} {len(own)}", own))
        return classes


def _named(
    title: str,
    names: Sequence[str],
    most: int,
) -> str:
    """Name so many records of a class; that there are more is said."""
    if most == 0:
        return title
    return f"{title}（{'、'.join(names[:most])}{'等' if len(names) > most else ''}）"
