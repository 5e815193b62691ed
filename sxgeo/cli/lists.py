"""The commands that list what is bundled: zones, layers, rules."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from ..analysis.conflicts import lawbook
from ..analysis.conflicts.binding import Binding, binding_rules, why
from ..boundaries.units import load_counties, load_units
from ..boundaries.zone_table import zone_records
from ..layers.class_names import class_id_of
from ..layers.classes import ALL_CLASS_IDS
from ..layers.layers import (
    PLAN_ID,
    TRANSPORT_IDS,
    class_records,
    load_classes,
    load_frame_layer,
    load_layers,
)
from ..layers.rules import Rule, load_rules, rule_records
from ..model.project_types import project_type_of
from ..reports.sentences import text_width
from ..reports.text import wrapped
from ..wording import BASIN_ZH, EFFECT_ZH, KIND_ZH, SUBZONE_ZH
from ..workspace.template import ALLOWED_VALUES, write_template
from .terminal import dump, emit, remark

if TYPE_CHECKING:
    from ..layers.rules import Rule


def zones(args: argparse.Namespace) -> int:
    """List the zones; return the exit code."""
    records = zone_records()
    if args.format == "json":
        return dump(records)
    for zone in records:
        print(f"{zone['id']:<26} {zone['name_zh']}  {zone['name_en']}")
        for line in _zone_lines(zone):
            print("\n".join(wrapped(f"    {line}", hang=6)))
    print("(?) 据公开资料推定，未见名单原文 inferred, the list was not seen in words")
    return 0


def _zone_lines(zone: Mapping[str, Any]) -> Iterator[str]:
    """Say who belongs to a zone and how sure that is, its parts, and why it has no outline."""
    members = zone["members"]
    if members:
        sure = sum(m["certain"] for m in members)
        names = "、".join(f"{m['name_zh']}{'' if m['certain'] else '(?)'}" for m in members)
        yield f"{len(members)} 个成员，{sure} 个确定 members, certain: {names}"
    if zone["sub_regions"]:
        yield f"片区 sub-regions: {', '.join(zone['sub_regions'])}"
    if zone["geometry_note"]:
        yield f"无边界 no outline: {zone['geometry_note']}"


def layers(args: argparse.Namespace) -> int:
    """List the classes and layers; return the exit code."""
    records, rest = class_records(load_layers(ALL_CLASS_IDS)), list(_other_layers())
    if args.format == "json":
        return dump({"classes": records, "layers": rest})
    print(
        "公布 official · 收录 held · 待核 candidates · 已定位 located · 有边界 with polygon ·"
        " 声明完整 complete in"
    )
    for record in records:
        print(_class_line(record))
    for layer in rest:
        print(f"{layer['id']:<22} {layer['name_zh']} {layer['name_en']}: {layer['features']}")
    return 0


_UNIT_TITLES = {
    "county": ("图集县级边界", "Atlas: counties"),
    "prefecture": ("图集市级边界", "Atlas: prefectures"),
    "province": ("图集省级边界", "Atlas: provinces"),
}


def _other_layers() -> Iterator[dict[str, Any]]:
    """Yield what is bundled besides the classes: boundaries, transport, elements of plans."""
    yield _layer_record("counties", "县级边界", "County boundaries", load_counties())
    for kind, (zh, en) in _UNIT_TITLES.items():
        yield _layer_record(f"atlas_{kind}", zh, en, load_units(kind))
    for layer_id in (*TRANSPORT_IDS, PLAN_ID):
        layer = load_frame_layer(layer_id)
        yield _layer_record(layer.id, layer.name_zh, layer.name_en, layer.frame)


def _layer_record(
    layer_id: str,
    zh: str,
    en: str,
    frame: Sized,
) -> dict[str, Any]:
    return {
        "id": layer_id,
        "name_zh": zh,
        "name_en": en,
        "features": len(frame),
    }


def _class_line(record: Mapping[str, Any]) -> str:
    """Write a class in columns; a Chinese letter is two wide, so the name is padded by hand."""
    official = "-"
    if record["official_count"] is not None:
        official = f"{record['official_count']:g}{'公顷' if record['unit'] == 'ha' else ''}"
    pad = " " * max(1, 28 - text_width(record["name_zh"]))
    tail = (
        f"{official:>8} {record['held']:>5} {record['candidates']:>4} {record['located']:>5}"
        f" {record['with_polygon']:>4}"
    )
    complete = ";".join(record["complete_in"]) or "无 none"
    return f"{record['resource_class']:<22} {record['name_zh']}{pad}{tail}   {complete}"


def template(args: argparse.Namespace) -> int:
    """Write an empty layer for a user's own records; return the exit code."""
    class_id = class_id_of(args.resource_class)
    write_template(load_classes()[class_id], args.output)
    remark(f"wrote {args.output}: layer {class_id} to fill in, sheet {ALLOWED_VALUES} to read")
    return 0


_RULE_FORMATS = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
}
"""What a suffix says of the format; any other name gets the text."""


def rules(args: argparse.Namespace) -> int:
    """List the rules; return the exit code."""
    _in_codes(args)
    suffix = args.output.suffix.lower() if args.output is not None else ""
    wanted = args.format or _RULE_FORMATS.get(suffix, "text")
    if wanted == "html":
        page = lawbook.lawbook_html(
            args.resource_class, as_of=args.as_of, project_type=args.project_type
        )
        emit(page, args.output)
        return 0
    bound = binding_rules(load_rules(args.resource_class, as_of=args.as_of), args.project_type)
    if wanted == "json":
        return _dump_rules(bound, args)
    emit("\n".join(_rules_text(bound, args.project_type)) + "\n", args.output)
    return 0


def _rules_text(
    bound: Sequence[tuple[Rule, Binding]],
    project_type: str | None,
) -> list[str]:
    """Write rules for reading, each with why it binds the project."""
    # a rule whose text nobody has seen decides nothing: how many do stands above all of them
    deciding = sum(rule.verified for rule, _ in bound)
    lines = [
        f"{len(bound)} 条规则，其中 {deciding} 条条文已见、可作判定依据 "
        f"{len(bound)} rules, {deciding} of them verified; the others decide nothing"
    ]
    for rule, how in bound:
        lines += _rule_lines(rule, why(rule, how, project_type))
    return lines


def _dump_rules(bound: Sequence[tuple[Rule, Binding]], args: argparse.Namespace) -> int:
    """Write rules as JSON, each with how it binds the project and why."""
    told = []
    for (rule, how), record in zip(bound, rule_records(r for r, _ in bound), strict=True):
        why_zh, why_en = why(rule, how, args.project_type)
        told.append(
            record
            | {
                "binding": how,
                "why_zh": why_zh,
                "why_en": why_en,
            }
        )
    if args.output is None:
        return dump(told)
    emit(
        json.dumps(
            told,
            ensure_ascii=False,
            indent=2,
            allow_nan=False,
        )
        + "\n",
        args.output,
    )
    return 0


def _in_codes(args: argparse.Namespace) -> None:
    """Write a class and a project type that may be named in Chinese as their ids."""
    for key, code_of in (("resource_class", class_id_of), ("project_type", project_type_of)):
        if (name := vars(args).get(key)) is not None:
            setattr(args, key, code_of(name))


def rules_diff(args: argparse.Namespace) -> int:
    """Say what changes in the rules between two days; return the exit code."""
    _in_codes(args)
    changes = lawbook.rules_diff(args.first, args.second, resource_class=args.resource_class)
    if args.format == "json":
        return dump(lawbook.change_records(changes))
    print(
        "\n".join(lawbook.change_lines(changes))
        if changes
        else "两日之间规则没有变化 the rules do not change"
    )
    return 0


def _rule_lines(rule: Rule, reason: tuple[str, str]) -> list[str]:
    where = [
        *(KIND_ZH[k] for k in rule.resource_kind),
        *([SUBZONE_ZH[rule.subzone]] if rule.subzone else []),
    ]
    where += [BASIN_ZH[rule.basin]] if rule.basin else []
    edge = f"（自{rule.measured_from}起算）" if rule.measured_from else ""
    limit = f"{rule.required_m:g} m{edge}" if rule.required_m else "范围内 inside"

    # what is not known is said in words, for an empty place would look like a short law
    seen = "" if rule.verified else "  【条文未见原文，不作判定依据 not verified】"
    article = f"第{rule.article}条" if rule.article else "条号未见 article not seen"
    span = f"{rule.in_force_from or '…'} 至 {rule.in_force_to or '今'}"
    head = (
        f"{rule.resource_class} · {'、'.join(where) or '全部'} · {EFFECT_ZH[rule.effect]}"
        f" {rule.effect} · {limit}"
    )
    lines = [
        f"{rule.rule_id:<11} {head}{seen}",
        f"    {rule.requirement_zh}  {rule.requirement_en}",
        f"    《{rule.law}》{article}  {span}",
        f"    适用 why: {reason[0]}  {reason[1]}",
    ]
    return lines + ([f"    主管 authority: {rule.authority}"] if rule.authority else [])
