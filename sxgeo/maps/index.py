"""The page that lists the map of every zone: one file, no script, links only to the files beside
it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..catalog import load_catalog
from ..wording import MAP_NOTICE

if TYPE_CHECKING:
    from ..boundaries.zones import Zone

_STYLE = """
body { margin: 0; background: #f3f5f6; color: #1c2f3d;
  font: 15px/1.6 "Noto Sans CJK SC", "Source Han Sans SC",
  "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 40px; }
h1 { font-size: 24px; margin: 0; border-left: 5px solid #1b4f72; padding-left: 12px; }
header p { margin: 4px 0 18px 17px; color: #51626f; }
h2 { font-size: 16px; margin: 24px 0 8px; }
h2 small { color: #51626f; font-weight: 400; }
ul { list-style: none; margin: 0; padding: 0; gap: 10px; display: grid;
  grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); }
li { background: #fff; border: 1px solid #d5dce0; border-radius: 4px; padding: 10px 14px; }
li.sub { border-left: 4px solid #7b4b94; }
li.none { background: #f9f6ee; border-left: 4px solid #d99a1c; }
a { color: #134f86; font-weight: 700; text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
b { font-weight: 700; }
.en, .facts { display: block; font-size: 12.5px; color: #51626f; }
footer { margin-top: 28px; font-size: 12.5px; color: #51626f; }
footer b { color: #7a2b00; }
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_THREE_CIRCLES = "一群两区三圈"
_TRIANGLE = "yellow_river_triangle"
_GROUPS = (
    (_THREE_CIRCLES, "One cluster, two zones, three circles"),
    ("黄河金三角", "The Yellow River Golden Triangle"),
    ("“3+N”区域融合", "Integration with other regions"),
)


def index_page(zones: Sequence[Zone], sizes: Mapping[str, int]) -> str:
    """Write the index page.

    Parameters
    ----------
    zones
        All zones, in the order to list them; sub-regions stand after their parents.
    sizes
        Bytes of each zone's map file ``ID.html`` beside the index; a zone that is not in it has no
        map.

    Returns
    -------
    str
        One HTML text without scripts; the same zones give the same bytes.
    """
    catalog = load_catalog()
    sections = "".join(_section(title, zones, sizes) for title in _GROUPS)
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>山西区域图集</title>
<style>{_STYLE}</style>
</head>
<body><main>
<header><h1>山西区域图集</h1>
<p lang="en">Atlas of the zones that Shanxi's plans name: {len(sizes)} maps, all
offline</p></header>
{sections}<footer><b>{html.escape(MAP_NOTICE)}</b><br>
数据日期 {html.escape(catalog.data_date)} · (?) 表示据公开资料推定的成员 · 区划界线来源见各图“资料来源与署名”</footer>
</main></body>
</html>
"""


def _group_of(zone: Zone, by_id: Mapping[str, Zone]) -> str:
    whole = by_id.get(zone.parent or "", zone)
    if _THREE_CIRCLES in (whole.note or ""):
        return _GROUPS[0][0]
    return _GROUPS[1 if whole.id == _TRIANGLE else 2][0]


def _section(
    title: tuple[str, str],
    zones: Sequence[Zone],
    sizes: Mapping[str, int],
) -> str:
    by_id = {zone.id: zone for zone in zones}
    own = [zone for zone in zones if _group_of(zone, by_id) == title[0]]
    if not own:
        return ""
    items = "".join(_item(zone, sizes.get(zone.id)) for zone in own)
    return f'<h2>{title[0]} <small lang="en">{title[1]}</small></h2>\n<ul>\n{items}</ul>\n'


def _item(zone: Zone, size: int | None) -> str:
    name, english = html.escape(zone.name_zh), html.escape(zone.name_en)
    sure = int(zone.members["certain"].sum())
    doubt = (
        ""
        if sure == len(zone.members)
        else f"，其中 {len(zone.members) - sure} 个据公开资料推定(?)"
    )
    facts = f"{len(zone.members)} 个成员{doubt}"
    if size is None:
        reason = html.escape(zone.geometry_note or "")
        return (
            f'<li class="none"><b>{name}</b><span class="en" lang="en">{english}</span><span'
            f' class="facts">无图：{reason}</span></li>\n'
        )
    kind = ' class="sub"' if zone.parent else ""
    return (
        f'<li{kind}><a href="{html.escape(zone.id)}.html">{name}</a><span class="en"'
        f' lang="en">{english}</span><span class="facts">{facts} · {max(1, round(size / 1024))}'
        " KB</span></li>\n"
    )
