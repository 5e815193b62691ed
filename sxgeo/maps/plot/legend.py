"""The legend column: the same symbols and counts as the page's legend, and what the map cannot
show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    from .sheet import Sheet

_INK, _SOFT, _WARM = "#1c2f3d", "#51626f", "#7a2b00"
_TALLEST, _LEAST = 4.1, 2.5
_GREY = "#5f4a3a"
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


_FAINT = "#8b979e"


_BLANKS = "未筛查不等于无冲突，图上空白处不代表没有保护资源。"


class Legend:
    """Writes the legend into its column."""

    def __init__(self, pen: Pen, sheet: Sheet, ground: Ground) -> None:
        self.pen, self.sheet, self.ground, self.content = pen, sheet, ground, ground.content
        self.shown = [f for f in self.content["features"] if "at" in f]

    def draw(self) -> None:
        """Write rows as tall as the column allows, and the notes under them."""
        left, bottom, right, top = self.sheet.legend
        grown = self.sheet.lettering
        rows = [*self.rows()]
        notes_mm = (
            34 * grown if any("at" not in f for f in self.content["features"]) else 14 * grown
        )

        # rows shrink until all of them fit, and no further than can be read
        tall = min(_TALLEST * grown, max(_LEAST, (top - bottom - notes_mm) / (len(rows) + 1)))
        self.pen.plate((left, bottom, right, top), alpha=1.0, edge="#b9c3c9")
        size = tall / 4.1 * 6.7
        y = top - tall * 1.05
        self.pen.text((left + 2, y), "图例 Legend", size * 1.2, _INK, bold=True)
        for row in rows:
            y -= tall
            self.write(row, left + 2, right - 2, y, size)
        self.notes(left + 2, right - 2, y - tall * 0.5, bottom + 1, size * 0.86)

    def write(self, row: Row, left: float, right: float, y: float, size: float) -> None:
        if row.heading:
            self.pen.text((left, y), row.words, size, _INK, bold=True)
            self.pen.text((right, y), row.count, size * 0.82, _SOFT, anchor="right")
            return
        high = size * 0.42
        if row.swatch is not None:
            row.swatch(left + high * 1.1, y + high * 0.33, high)
        self.pen.text((left + high * 2.6, y), row.words, size, _FAINT if row.faint else _INK)
        self.pen.text((right, y), row.count, size * 0.9, _SOFT, anchor="right")

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
                aside = ("已定位/收录/公布" if home else "图上") if first else ""
                yield Row(f"{zh} {en}", aside, heading=True)
                first = False
            for cls in own:
                yield self.class_row(cls, home)

    def class_row(self, cls: dict[str, Any], home: bool) -> Row:
        drawn = [f for f in self.shown if f["cls"] == cls["id"]]

        # the sign is that of most of its records
        hollow = sum(f["mark"] != "object" for f in drawn) * 2 > len(drawn)

        # of how many of how many only the home zone can tell: elsewhere nobody counted
        counts = (
            f"{cls['located']} / {cls['held']} / {cls['published']}"
            if home
            else str(len(drawn) or "")
        )
        tag = (
            self.absent(cls, home)
            if not drawn
            else "（仅线索）"
            if home and not cls["held"]
            else ""
        )
        surfaces = any("rings" in f for f in drawn)

        def swatch(x: float, y: float, high: float) -> None:
            if surfaces:
                self.box(cls["colour"], cls["hatch"])(x, y, high)
                return
            self.pen.symbol(
                cls["path"], (x, y), high, cls["colour"], mark="proxy" if hollow else "object"
            )

        return Row(cls["zh"] + tag, counts, swatch, faint=not drawn)

    def absent(self, cls: dict[str, Any], home: bool) -> str:
        if cls["failed"]:
            return "（载入失败）"

        # not drawn has three reasons: not read, nowhere placed, never collected
        listed = any(f["cls"] == cls["id"] for f in self.content["features"])
        if not home:
            return "（无位置）" if listed else "（本区无资料）"
        return "（无位置）" if cls["held"] or cls["candidates"] else "（未收录）"

    def box(self, colour: str, hatch: str | None = None) -> Swatch:
        def draw(x: float, y: float, high: float) -> None:
            shape = shapely.box(x - high * 0.9, y - high * 0.42, x + high * 0.9, y + high * 0.42)
            self.pen.area(shape, fill=colour, alpha=0.2, edge=colour, px=1.5)
            if hatch:
                self.pen.hatch(hatch, shape, colour, gap_mm=high * 0.4, px=0.9)

        return draw

    def stroke(self, colour: str, px: float, dash: str | None) -> Swatch:
        def draw(x: float, y: float, high: float) -> None:
            self.pen.line(
                shapely.LineString([(x - high * 1.15, y), (x + high * 1.15, y)]),
                colour,
                px,
                dash=dash,
            )

        return draw

    def sign(self, path: str, colour: str, mark: str, alpha: float = 1.0) -> Swatch:
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
        kinds = {f["kind"] for f in self.shown if "kind" in f}
        for kind, edge in EDGE_STYLES.items():
            if kind in kinds:
                yield Row(edge.label_zh, "", self.stroke(_GREY, edge.width_px, edge.dash))

    def link_rows(self) -> Iterator[Row]:
        links, nodes = self.content["links"], self.content["nodes"]
        if links or nodes:
            yield Row("交通 Transport", "淡细：示意连线" if links else "", heading=True)
        counts = Counter((link["mode"], link["status"]) for link in links)
        for mode, style in LINE_STYLES.items():
            for status, (zh, _, dash) in STATUS_STYLES.items():
                if count := counts[mode, status]:
                    stroke = self.stroke(style.colour, style.width_px, dash)
                    yield Row(f"{style.label_zh}·{zh}", str(count), stroke)
        if nodes:
            yield Row("车站、机场与枢纽", str(len(nodes)), self.sign(NODE_PATH, "#1d3557", "proxy"))

    def band_rows(self) -> Iterator[Row]:
        days = self.content["scenario"]
        drawn = days["after"] if days else self.content["bands"]
        bands = {band["minutes"]: band["colour"] for band in drawn}
        if bands:
            aside = f"{days['days'][1]} 之日" if days else self.content["meta"]["band_note"]
            yield Row("等时圈 Isochrones", aside, heading=True)
        origin = self.content["meta"]["origin_zh"]
        for minutes in sorted(bands):
            words = f"{minutes:g} 分钟内{'，' + origin if origin else ''}"
            yield Row(words, "", self.box(bands[minutes]))

        # the lines of the band are bounds: between them nothing is decided
        if any("error" in band for band in drawn):
            yield Row("误差带：虚线之间不能断定", "", self.box(next(iter(bands.values())), "back"))
        if days:
            yield from self.gained_rows(days)

    def gained_rows(self, days: dict[str, Any]) -> Iterator[Row]:
        for gained in days["gained"]:
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
            yield Row(words, "", self.stroke(style.colour, style.width_px, style.dash))

    def notes(self, left: float, right: float, top: float, bottom: float, size: float) -> None:
        """Write what an empty place does not mean, and every record without a position for which
        there is room.
        """
        step = size * 0.46
        y = top - step

        # that a blank is no clearance stands above all notes
        self.pen.text((left, y), _BLANKS, size, _WARM, bold=True)
        y -= step
        days = self.content["scenario"]
        said = self.content["meta"]["coverage_zh"] + (days["assumed_zh"] if days else "")
        lines = wrapped(said, size, right - left)
        lines += self.unplaced(size, right - left, round((y - bottom) / step) - len(lines))
        for line in lines[: max(0, round((y - bottom) / step))]:
            self.pen.text((left, y), line, size, _SOFT)
            y -= step

    def unplaced(self, size: float, room_mm: float, most: int) -> list[str]:
        """Return the lines that name records without a position and count those that found no
        room.
        """
        missing = [f for f in self.content["features"] if "at" not in f]
        omitted = len(self.ground.left_out)
        tail = wrapped(f"图上未注名称 {omitted} 处（无空位）。", size, room_mm) if omitted else []
        masses = "、".join(
            f"{self.ground.classes[i]['zh']} {n} 处" for i, n in self.ground.crowded.items()
        )
        tail += (
            wrapped(f"{masses}：数量多，整体绘出，不逐一画符号、误差圈和注记。", size, room_mm)
            if masses
            else []
        )
        if not missing:
            return tail
        heads = []
        for cls in self.content["classes"]:
            own = [one_line(f["zh"]) for f in missing if f["cls"] == cls["id"]]
            if own:
                heads.append((f"{cls['zh']} {len(own)}", own))
        head = f"无位置记录 {len(missing)} 项，未画在图上，对所在县的任何地块均须核实："

        # fewer names a class until it fits; the counts always do
        for share in (99, 20, 12, 8, 5, 4, 3, 2, 1, 0):
            parts = [
                f"{name}（{'、'.join(own[:share])}{'等' if len(own) > share else ''}）"
                if share
                else name
                for name, own in heads
            ]
            lines = [*wrapped(head + "；".join(parts) + "。", size, room_mm), *tail]
            if len(lines) <= most:
                break
        return lines
