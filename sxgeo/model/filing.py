"""What a filing says that no layer knows: the fields of `[project]` for its cover and its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

COVER = {
    "name": "项目名称",
    "code": "项目代码",
    "applicant": "申请单位",
    "compiler": "编制单位",
    "qualification": "资质等级",
    "certificate": "证书编号",
    "compiled_by": "编制人",
    "checked_by": "校核人",
    "reviewer": "审核人",
    "date": "编制日期",
    "version": "版本",
}
"""Fields of the cover: key and the Chinese name under which it may be written too."""
TEXTS = {
    "background": "项目背景",
    "necessity": "项目建设必要性",
    "region": "区域概况",
    "content": "建设内容",
    "standard": "建设标准",
    "plan_basis": "相关规划、研究报告",
    "principles": "论证原则",
    "site_principles": "选址原则",
    "natural_conditions": "场地自然条件",
    "infrastructure": "外部配套条件",
    "operation": "施工运营条件",
    "opinions": "征求意见情况",
    "recommended": "推荐方案",
    "choice_reason": "推荐理由",
    "industry_policy": "产业和供地政策符合性",
    "spatial_plan": "国土空间总体规划符合性",
    "special_plans": "专项规划符合性",
    "other_plans": "其他相关规划符合性",
    "transition_plan": "过渡期内城乡总体规划符合性",
    "environment_impact": "环境影响分析",
    "social_stability": "社会稳定影响分析",
    "energy_saving": "节能分析",
    "zoning": "功能分区情况",
    "land_standard": "用地指标对照",
    "land_saving": "节地技术",
    "case_comparison": "案例对比情况",
    "suggestions": "主要建议",
    "map_review_number": "审图号",
}
"""Fields of the text that only those who plan the project can write."""
FIELDS = {**COVER, **TEXTS}
_KEYS = {**{key: key for key in FIELDS}, **{zh: key for key, zh in FIELDS.items()}}
_LONGEST = 20_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Filing:
    """The fields of a filing as somebody wrote them, by key of `FIELDS`; what is missing is a blank
    that the text names.
    """

    fields: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        """Return a field; None where nobody wrote it."""
        return self.fields.get(key)


def field_key(name: str) -> str | None:
    """Return the key of a field by its key or its Chinese name; None where it is no field."""
    return _KEYS.get(name)


def read_filing(project: Mapping[str, object]) -> Filing:
    """Take the fields of a filing out of a `[project]` table that :func:`filing_problems`
    accepts.
    """
    found = {}
    for name, value in project.items():
        key = field_key(name)
        text = "" if key is None else str(value).strip()
        if key is not None and text:
            found[key] = text
    return Filing(found)


def without_filing(project: Mapping[str, object]) -> dict[str, object]:
    """Return what a `[project]` table says of the project itself."""
    return {name: value for name, value in project.items() if field_key(name) is None}


def filing_problems(project: Mapping[str, object]) -> Iterator[str]:
    """Say what is wrong with the fields of a filing in a `[project]` table."""
    seen: dict[str, str] = {}
    for name, value in project.items():
        key = field_key(name)
        if key is None:
            continue
        if key in seen:
            yield f"project: '{seen[key]}' and '{name}' are the same field; keep one"
        seen[key] = name
        if not isinstance(value, str):
            yield f"project: '{name}' is a text of the filing; write it as {name} = \"...\""
        elif len(value) > _LONGEST:
            yield f"project: '{name}' has {len(value)} letters; at most {_LONGEST}"
        elif key == "date" and value.strip() and not _is_day(value.strip()):
            yield f"project: {name} '{value}' is not a day written YYYY-MM-DD"


def _is_day(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
