"""Report -> one printable page: no script, no request, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from .cells import Number, clean
from .chapters import TITLE, Badge, Heading, Text, chapters, front
from .figure import Figure

if TYPE_CHECKING:
    from .answer import Answer
    from .cells import Cell, Table
    from .chapters import Block

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 60rem;
  color: #1b1f24; background: #fff; overflow-wrap: anywhere;
  font: 16px/1.65 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "宋体", serif; }
h1, h2, h3, h4, .label, th, caption, .badge b, nav {
  font-family: "Noto Sans CJK SC", "Microsoft YaHei", SimHei, "黑体", sans-serif; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem;
  border-bottom: 2px solid #2f4b6e; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; }
.lead { font-weight: 600; }
.small, .note, figcaption { font-size: .85rem; color: #4b5563; }
.notice { border: 1px solid #9aa5b1; background: #f6f7f9; padding: .6rem .8rem; font-size: .9rem; }
.badge { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.badge .label { flex: 0 0 10.5rem; font-size: .9rem; color: #4b5563; }
.badge b { padding: .05rem .6rem; border: 1px solid #c8ced6; border-radius: .25rem;
  font-weight: 600; }
.badge .line { font-size: .85rem; color: #4b5563; }
b.conflict { background: #b02a37; border-color: #b02a37; color: #fff; }
b.regulated { background: #ffe8cc; border-color: #b35c00; color: #6b3700; }
b.undetermined { background: #fff3bf; border-color: #a68100; color: #574500; }
b.not_screened, b.none_found { background: #e9ecef; border-color: #868e96; color: #343a40; }
b.clear { background: #d3f0de; border-color: #1e7145; color: #10492b; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; line-height: 1.45; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; font-size: .95rem; }
th, td { border: 1px solid #c8ced6; padding: .25rem .4rem; text-align: left; vertical-align: top; }
th { background: #dde5ef; }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0 1.5rem; }
figcaption { margin: .25rem 0; }
svg { display: block; width: 100%; max-width: 48rem; height: auto; font-family: sans-serif; }
@media (max-width: 40rem) { body { padding: 1rem .75rem; } table { min-width: 40rem; }
  .badge .label { flex-basis: 100%; } }
@page { size: A4; margin: 16mm 14mm 18mm;
  @bottom-center { content: counter(page) " / " counter(pages); font-size: 9pt; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  table { font-size: 8.5pt; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  tr, figure, .badge { break-inside: avoid; }
  h2, h3, h4, caption { break-after: avoid; }
  b, th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def page(report: Answer) -> str:
    """Return the report as one self-contained HTML page.

    Parameters
    ----------
    report
        Several sites share the chapters.

    Returns
    -------
    str
        Answer and disclaimers first, then chapters 1 to 9 and the annex; same report, same text.
    """
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{TITLE}</title><style>{_STYLE}</style>"
    )
    body = "\n".join((f"<h1>{TITLE}</h1>", *_blocks(front(report)), *_blocks(chapters(report))))
    return (
        "<!DOCTYPE html>\n<html"
        f' lang="zh-CN">\n<head>{head}</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _blocks(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        if isinstance(block, Heading):
            yield f"<h{block.level + 1}>{_safe(block.text)}</h{block.level + 1}>"
        elif isinstance(block, Text):
            yield f'<p class="{block.kind}">{_safe(block.text)}</p>'
        elif isinstance(block, Badge):
            line = f'<span class="line">{_safe(block.line)}</span>' if block.line else ""
            words = f'<b class="{block.code or "plain"}">{_safe(block.text)}</b>'
            yield (
                '<div class="badge"><span'
                f' class="label">{_safe(block.label)}</span>{words}{line}</div>'
            )
        elif isinstance(block, Figure):
            caption = f"<figcaption>{_safe(block.title)}。{_safe(block.caption)}</figcaption>"
            yield f"<figure>{block.svg()}{caption}</figure>"
        else:
            yield _table(block)


def _table(table: Table) -> str:
    # an empty table would look like a slip: its words say that nothing was found
    if not table.rows:
        title = f"<strong>{_safe(table.heading)}</strong>：" if table.heading else ""
        return f"<p>{title}{_safe(table.empty)}</p>"
    caption = f"<caption>{_safe(table.heading)}</caption>" if table.heading else ""

    # widths are shares, as in the document: both are printed on the same paper
    whole = sum(c.width for c in table.columns)
    widths = "".join(f'<col style="width:{100 * c.width / whole:.1f}%">' for c in table.columns)
    head = "".join(f'<th scope="col">{_safe(c.label)}</th>' for c in table.columns)
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    notes = "".join(f'<p class="note">{_safe(note)}</p>' for note in table.notes)
    return (
        "<div"
        f' class="scroll"><table>{caption}<colgroup>{widths}</colgroup>'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>\n{rows}\n</tbody></table>{notes}</div>"
    )


def _cell(value: Cell) -> str:
    if value is None:
        return "<td>—</td>"
    return (
        f'<td class="n">{value}</td>' if isinstance(value, Number) else f"<td>{_safe(value)}</td>"
    )


def _safe(text: object) -> str:
    return escape(clean(text), quote=True)
