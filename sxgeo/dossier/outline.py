"""Which outline the chapters of a dossier follow, and how much of it was seen."""

from __future__ import annotations

from ..errors import unknown
from ..reports.cells import Table, columns_of

SITING = "siting"
TEMPLATES = {SITING: "选址论证报告"}
"""Dossiers that can be written: key and Chinese name, each on an outline that was seen."""
_NOT_SEEN = {
    "biodiversity": "涉及自然保护地（LY/T 2242-2014 只见目录，附录D提纲未见）",
    "intensive": "节约集约用地论证分析专章（原文未见；方案比选随选址论证报告给出）",
    "heritage": "文物影响（提纲未见）",
}
"""Dossiers whose outline was not seen: named, and not written."""
_ZH = {zh: key for key, zh in TEMPLATES.items()} | {"选址论证": SITING}

_A = "“规划选址综合论证报告”提纲（湖北省一份报告所用模板的公开转录，xpycc1995/xuanzhi template.md，提交 4ebb7f8，全目录已见）"
_B = "《安徽省建设项目规划选址论证报告编制导则（试行）》（fsou.com lar/173954，已见第2、3.1—3.3节）"
_C = "“建设项目用地预审与选址论证报告范本”（xuebuluo.com/hyzl/298.html，已见封面要求和第一章1.1—1.2）"
_D = "“国家和省重大建设工程规划选址论证工作要求”（wnwk.com/doc/680501，已见第（一）—（三）项）"
_OWN = "本工具自拟，不属所见提纲"
RESTS_ON = (
    ("封面", f"{_C}；{_A}"),
    ("首页（各部门意见要点）", _OWN),
    ("1 项目概况", f"{_A}第1章；{_C}；{_D}（一）（二）"),
    ("2 建设项目选址可行性", f"{_A}第2章；{_B}3.2（方案比选）；{_D}（三）"),
    ("3 建设项目合法合规性分析", f"{_A}第3章"),
    ("4 建设项目选址合理性分析", f"{_A}第4章"),
    ("5 建设项目节约集约用地分析", f"{_A}第5章；{_B}3.3（建设用地需求）"),
    ("6 结论与建议", f"{_A}第6章（表6-1）"),
    ("7 附件", f"{_A}第7章"),
    ("8 附图", f"{_A}第8章"),
    ("压占分析表、位置套合图、需办手续表、待填事项、回执", _OWN),
)
"""What each chapter rests on."""
_NOTES = (
    "DB41/T 2816-2025、DB42/T 1655-2021 原文未见，所列提纲与它们的关系未能核对；报送地另有要求的，以其为准。",
    "浙江省2019年12月的同类技术指南只见前言和目录，未采用。",
)


def template_key(name: str) -> str:
    """Return the key of a template by its key or its Chinese name.

    Raises
    ------
    UsageError
        If it is unknown, or its outline was not seen.
    """
    key = _ZH.get(name, name)
    if key in TEMPLATES:
        return key
    error = unknown("template", name, [name for pair in TEMPLATES.items() for name in pair])
    unseen = "；".join(f"{key} {zh}" for key, zh in _NOT_SEEN.items())
    raise type(error)(f"{error} 未提供 not offered, their outlines were not seen: {unseen}")


def template_lines() -> list[str]:
    """Return a line for each template: its key and its Chinese name."""
    return [
        *(f"{key:<14}{zh}" for key, zh in TEMPLATES.items()),
        *(f"{key:<14}（未提供）{zh}" for key, zh in _NOT_SEEN.items()),
    ]


def rests_table() -> Table:
    """Return what each chapter rests on, as a table of the annex."""
    columns = columns_of(("章节", 30), ("提纲依据", 90))
    return Table("提纲依据", "提纲依据", columns, RESTS_ON, _NOTES)
