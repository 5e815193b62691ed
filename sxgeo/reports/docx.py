"""Report -> document: the chapters of wording.md in their order, A4 portrait, Chinese fonts, page
numbers.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .archive import library, without_clock
from .cells import Number, Table, clean, head_words
from .chapters import TITLE, Badge, Heading, Text, chapters, front
from .figure import Figure

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.text.paragraph import Paragraph

    from .answer import Answer
    from .cells import Cell
    from .chapters import Block


@dataclass(frozen=True, slots=True)
class Cover:
    """The first page of a filing: a title, what it is for, and lines of label and value."""

    title: str
    subject: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page; `landscape` turns it, None keeps the direction."""

    landscape: bool | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG drawn at `width_mm` on the paper, so that its scale is true, and words under it."""

    png: bytes
    width_mm: float
    title: str
    caption: str = ""


Paper = Cover | NewPage | Picture
"""Blocks that only paper knows."""

_SONG, _HEI, _LATIN = "宋体", "黑体", "Times New Roman"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PAGE_CM = 16.6
_LANDSCAPE_CM = 25.1
_COLOURS = {
    "conflict": "B02A37",
    "regulated": "B35C00",
    "undetermined": "7A6000",
    "not_screened": "495057",
    "clear": "1E7145",
    "none_found": "495057",
}


def document_bytes(report: Answer, *, left_out: int = 0) -> bytes:
    """Return the report as a DOCX file.

    Parameters
    ----------
    report
        Several sites share the chapters, each with a section of its own where it needs one.
    left_out
        Sites that were answered too and of which the document does not tell.

    Returns
    -------
    bytes
        Answer and disclaimers first, then chapters 1 to 9 and the annex; same report, same bytes.

    Raises
    ------
    UsageError
        If python-docx or Pillow is not installed.
    """
    document = library("docx").Document()
    _set_page(document)
    _set_styles(document)
    core = document.core_properties

    # the library would name itself and the day; same input, same bytes
    core.author, core.title, core.last_modified_by, core.comments = "sxgeo", TITLE, "sxgeo", ""
    title = document.add_paragraph(style="Title")
    title.add_run(TITLE)

    # a document that tells of some plots says of how many it does not
    if left_out:
        count = len(report.sites)
        told = f"共判定 {count + left_out} 个地块，本文件只列其中最需处理的 {count} 个，其余 {left_out} 个未列入，见批量清单（XLSX）。"
        document.add_paragraph(told)
    _show(document, front(report))
    _show(document, chapters(report))
    target = io.BytesIO()
    document.save(target)
    return without_clock(target.getvalue(), report.as_of)


def blocks_bytes(
    title: str,
    blocks: Iterable[Block | Paper],
    day: str,
) -> bytes:
    """Return blocks under a title as a DOCX file in the same dress; `day` (ISO) stands for the
    clock. A :class:`Cover` among them writes the title itself. Same blocks, same bytes.

    Raises
    ------
    UsageError
        If python-docx or Pillow is not installed.
    """
    document = library("docx").Document()
    _set_page(document)
    _set_styles(document)
    core = document.core_properties
    core.author, core.title, core.last_modified_by, core.comments = "sxgeo", title, "sxgeo", ""
    all_blocks = list(blocks)

    # a cover has the title already
    if not any(isinstance(block, Cover) for block in all_blocks):
        document.add_paragraph(style="Title").add_run(title)
    _show(document, all_blocks)
    target = io.BytesIO()
    document.save(target)
    return without_clock(target.getvalue(), day)


def _set_page(document: Document) -> None:
    shared = library("docx.shared")
    section = document.sections[0]
    section.page_width, section.page_height = shared.Cm(21.0), shared.Cm(29.7)
    section.left_margin = section.right_margin = shared.Cm(2.2)
    section.top_margin, section.bottom_margin = shared.Cm(2.4), shared.Cm(2.2)
    footer = section.footer.paragraphs[0]
    footer.alignment = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run("第 ")
    _field(footer, "PAGE")
    footer.add_run(" 页，共 ")
    _field(footer, "NUMPAGES")
    footer.add_run(" 页")


def _field(paragraph: Paragraph, code: str) -> None:
    """Put a field that Word computes, with 1 as its text until then."""
    element, qn = library("docx.oxml").OxmlElement, library("docx.oxml.ns").qn

    # Word counts pages itself, between these five marks; the 1 stands until it has
    for kind in ("begin", "instr", "separate", "text", "end"):
        run = paragraph.add_run("1" if kind == "text" else "")
        if kind == "instr":
            instruction = element("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {code} "
            run._r.append(instruction)
        elif kind != "text":
            mark = element("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


_STYLES = (
    ("Normal", _SONG, 11.0),
    ("Title", _HEI, 22.0),
    ("Heading 1", _HEI, 16.0),
    ("Heading 2", _HEI, 13.0),
    ("Heading 3", _HEI, 12.0),
    ("Footer", _SONG, 9.0),
)
"""Font and size in points of each style: headings in Hei, all else in Song, as is usual."""


def _set_styles(document: Document) -> None:
    qn = library("docx.oxml.ns").qn
    for name, font, size in _STYLES:
        style = document.styles[name]
        _set_font(style, font, size)
        _set_spacing(style, name)

    # else Word draws the punctuation as in Taiwan
    for language in document.styles.element.findall(f".//{qn('w:lang')}"):
        language.set(qn("w:eastAsia"), "zh-CN")

    # the template underlines titles, which no Chinese official document does
    title = document.styles["Title"]
    title.paragraph_format.alignment = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
    border = title.element.get_or_add_pPr().find(qn("w:pBdr"))
    if border is not None:
        title.element.pPr.remove(border)


# Any: python-docx has no types.
def _set_font(
    style: Any,
    font: str,
    size: float,
) -> None:
    shared, qn = library("docx.shared"), library("docx.oxml.ns").qn
    style.font.name, style.font.size = _LATIN, shared.Pt(size)
    style.font.color.rgb = shared.RGBColor(0, 0, 0)

    # a theme font goes before a named one in Word, so it is taken out
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in [key for key in fonts.attrib if key.endswith("Theme")]:
        del fonts.attrib[key]
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:cs"), _LATIN)


def _set_spacing(style: Any, name: str) -> None:
    points = library("docx.shared").Pt
    spacing = style.paragraph_format
    spacing.space_after = points(6 if name != "Footer" else 0)

    # a heading at the foot of a page would stand without its text
    if name.startswith("Heading"):
        spacing.space_before = points(14 if name == "Heading 1" else 8)
        spacing.keep_with_next = True


def _show(document: Document, blocks: Iterable[Block | Paper]) -> None:
    writers: dict[type, Callable[[Any, Any], None]] = {
        Heading: _heading,
        Text: _text,
        Badge: _badge,
        Table: _table,
        Figure: _figure,
        Cover: _cover,
        NewPage: _new_page,
        Picture: _picture,
    }
    for block in blocks:
        writers[type(block)](document, block)


def _cover(document: Document, block: Cover) -> None:
    shared, align = library("docx.shared"), library("docx.enum.text").WD_ALIGN_PARAGRAPH
    _space_below(document, 110)
    subject = document.add_paragraph()
    subject.alignment = align.CENTER
    subject.paragraph_format.space_after = shared.Pt(18)
    run = subject.add_run(clean(block.subject))
    run.bold, run.font.size = True, shared.Pt(18)
    document.add_paragraph(style="Title").add_run(clean(block.title))
    _space_below(document, 120)
    for label, value in block.lines:
        _cover_line(document, f"{label}：{value}")


def _cover_line(document: Document, words: str) -> None:
    shared = library("docx.shared")
    line = document.add_paragraph()
    line.paragraph_format.left_indent = shared.Cm(3.2)
    line.paragraph_format.space_after = shared.Pt(8)
    line.add_run(clean(words)).font.size = shared.Pt(14)


def _space_below(document: Document, points: float) -> None:
    """Add an empty line with so much room below it."""
    line = document.add_paragraph()
    line.paragraph_format.space_after = library("docx.shared").Pt(points)


def _new_page(document: Document, block: NewPage) -> None:
    section = document.sections[-1]
    lies = _lies(section)
    if block.landscape is None or block.landscape == lies:
        # a paragraph that holds the break itself would go over to a page of its own where the one
        # before is full
        first = document.add_paragraph()
        first.paragraph_format.page_break_before = True
        first.paragraph_format.space_after = library("docx.shared").Pt(0)
        first.paragraph_format.line_spacing = library("docx.shared").Pt(1)
        return

    # the direction of the paper belongs to a section: to turn it needs a new one
    turned = document.add_section(library("docx.enum.section").WD_SECTION.NEW_PAGE)
    turned.page_width, turned.page_height = section.page_height, section.page_width
    orient = library("docx.enum.section").WD_ORIENT
    turned.orientation = orient.LANDSCAPE if block.landscape else orient.PORTRAIT


def _lies(section: Section) -> bool:
    """Say whether the pages of a section are wider than high."""
    return (section.page_width or 0) > (section.page_height or 0)


def _picture(document: Document, block: Picture) -> None:
    shared, align = library("docx.shared"), library("docx.enum.text").WD_ALIGN_PARAGRAPH
    _caption(document, block.title)
    picture = document.add_picture(
        io.BytesIO(block.png),
        width=shared.Mm(block.width_mm),
    )

    # for readers who have the page read out
    picture._inline.docPr.set("descr", clean(block.title))
    paragraph = document.paragraphs[-1]
    paragraph.alignment = align.CENTER

    # the picture must stand on one page with the words below it
    if block.caption:
        paragraph.paragraph_format.keep_with_next = True
        _text(document, Text(block.caption, "small"))


def _heading(document: Document, block: Heading) -> None:
    document.add_heading(clean(block.text), level=block.level)


def _text(document: Document, block: Text) -> None:
    shared = library("docx.shared")
    paragraph = document.add_paragraph()
    run = paragraph.add_run(clean(block.text))
    if block.kind == "lead":
        run.bold = True
    if block.kind in ("small", "notice"):
        run.font.size = shared.Pt(9.5)
    if block.kind == "small":
        paragraph.paragraph_format.space_after = shared.Pt(2)
    if block.kind == "notice":
        _box(paragraph)


def _box(paragraph: Paragraph) -> None:
    element, qn = library("docx.oxml").OxmlElement, library("docx.oxml.ns").qn
    box = element("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        edge = element(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "6"), ("space", "4"), ("color", "888888")):
            edge.set(qn(f"w:{key}"), value)
        box.append(edge)

    # the order of these elements is fixed by the schema: Word refuses a file with another
    paragraph._p.get_or_add_pPr().insert_element_before(
        box, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _badge(document: Document, block: Badge) -> None:
    shared = library("docx.shared")
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = shared.Pt(2)
    paragraph.add_run(f"{block.label}：")
    words = paragraph.add_run(clean(f"【{block.text}】"))
    words.bold = True
    words.font.color.rgb = shared.RGBColor.from_string(_COLOURS.get(block.code, "000000"))
    if block.line:
        paragraph.add_run(clean(f" {block.line}")).font.size = shared.Pt(9.5)


def _caption(
    document: Document,
    text: str,
    *,
    size: float = 10.5,
) -> None:
    shared, align = library("docx.shared"), library("docx.enum.text").WD_ALIGN_PARAGRAPH
    paragraph = document.add_paragraph()
    paragraph.alignment = align.CENTER
    paragraph.paragraph_format.keep_with_next = True
    run = paragraph.add_run(clean(text))
    run.bold, run.font.size = True, shared.Pt(size)


def _table(document: Document, block: Table) -> None:
    if block.heading:
        _caption(document, block.heading)

    # an empty table would look like a slip: its words say that nothing was found
    if not block.rows:
        _text(document, Text(block.empty))
        return
    _grid(document, block)
    _space(document, 2.0)
    for note in block.notes:
        _text(document, Text(note, "small"))
    _space(document, 4.0)


def _grid(document: Document, block: Table) -> None:
    table = document.add_table(
        rows=0,
        cols=len(block.columns),
        style="Table Grid",
    )

    # Word would narrow columns by their words, and the rows would no longer fit the page
    table.autofit = False
    twips = _widths_twips(document, block)
    for grid, width in zip(table.columns, twips, strict=True):
        grid.width = width * 635
    parse = library("docx.oxml").parse_xml
    for number, cells in enumerate(([head_words(c.label) for c in block.columns], *block.rows)):
        table._tbl.append(parse(_row(cells, twips, head=number == 0)))


def _widths_twips(document: Document, block: Table) -> list[int]:
    """Share the room of the page out to the columns; Word wants it in twentieths of a point, for
    grid and cells alike.
    """
    whole = sum(c.width for c in block.columns)
    room_cm = _LANDSCAPE_CM if _lies(document.sections[-1]) else _PAGE_CM
    return [round(room_cm * c.width / whole / 2.54 * 1440) for c in block.columns]


def _space(document: Document, points: float) -> None:
    """Leave a gap behind a table, which has none of its own."""
    shared = library("docx.shared")
    gap = document.add_paragraph()
    gap.paragraph_format.space_after = shared.Pt(0)
    gap.paragraph_format.line_spacing = shared.Pt(points)


def _row(
    cells: Iterable[Cell],
    twips: Sequence[int],
    *,
    head: bool,
) -> str:
    """Write a row as XML; python-docx would take ten times as long, and reports of many sites have
    many rows.
    """
    inner = "".join(
        _cell(value, width, head=head) for value, width in zip(cells, twips, strict=True)
    )

    # a row is not torn over two pages, and the head stands on each of them
    repeat = "<w:tblHeader/>" if head else ""
    return f'<w:tr xmlns:w="{_WORD}"><w:trPr><w:cantSplit/>{repeat}</w:trPr>{inner}</w:tr>'


def _cell(
    value: Cell,
    twips: int,
    *,
    head: bool,
) -> str:
    side = "center" if head or value is None else "right" if isinstance(value, Number) else "left"
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="DDE5EF"/>' if head else ""
    text = escape("—" if value is None else clean(value)).replace("\t", " ")

    # a new line within a cell is an element of its own
    lines = '</w:t><w:br/><w:t xml:space="preserve">'.join(text.splitlines() or [""])
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{twips}" w:type="dxa"/>{shade}</w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="30" w:after="30"/><w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:rPr>{"<w:b/>" if head else ""}<w:sz w:val="18"/></w:rPr>'
        f'<w:t xml:space="preserve">{lines}</w:t></w:r></w:p></w:tc>'
    )


def _figure(document: Document, block: Figure) -> None:
    shared, align = library("docx.shared"), library("docx.enum.text").WD_ALIGN_PARAGRAPH
    block = block.for_png()
    _caption(document, block.title)
    picture = document.add_picture(
        io.BytesIO(block.png()),
        width=shared.Cm(15.0),
    )
    picture._inline.docPr.set("descr", clean(block.title))
    document.paragraphs[-1].alignment = align.CENTER
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    _text(document, Text(block.caption, "small"))
