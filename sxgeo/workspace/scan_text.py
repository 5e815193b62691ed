"""A scan of an office's folder -> the text of a workspace file, in which only what nobody can guess is left to fill."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .layer_clues import LAND_USE, ROLES
from .layers import load_classes
from .user_layers import SECRECIES

if TYPE_CHECKING:
    from .scan import FoundLayer, Scan

_HEAD = """\
# sxgeo 工作区，由 sxgeo layers scan 生成，请核对每个图层的“依据”。
# A workspace made by `sxgeo layers scan`; look at the reason of each layer.
# 要填的只有 [defaults] 的几行：去掉行首的 #，写上单位掌握的情况；某个图层不同的，在它自己的 [[layer]] 里另写。

[defaults]                               # 各图层没有另写的，按这里
"""
_ACCURACY = "# position_accuracy_m = 1.0              # 【填】位置精度，米；“三区三线”按法定矢量，不用这一行"
_COMPLETE = "# complete_in = [{}]     # 【填】哪些县（市、区）的资料是完整的（图层涉及 {}）"
_DOCUMENT = (
    '# complete_document = "某局资料移交清单〔2026〕1号"   # 【填】声明完整的文件，没有文件不算完整'
)
_MODE = 'mode = "extend"                          # replace：以本单位资料替换内置的同类资料，他县的内置记录也不再参与'
_SECRECY = '# secrecy = "内部"                         # 【填】公开、内部、工作秘密、秘密；不写的不进成果包'


def workspace_text(scan: Scan, target: Path, answers: Mapping[str, str]) -> str:
    """Return the text of the workspace file that is to be written to `target`; `answers` by key of `[defaults]`."""
    places = list(dict.fromkeys(name for found in scan.layers for name in found.counties))
    lines = [_HEAD.rstrip("\n"), *_defaults(places, answers), ""]
    for found in scan.layers:
        lines += [*_layer(found, target), ""]
    for entry in scan.not_taken:
        lines += [f"# 未采用 not taken: {_plain(entry.name)}: {_plain(entry.reason)}"]
    for text in scan.warnings:
        lines += [f"# 请核对: {_plain(text)}"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _defaults(places: list[str], answers: Mapping[str, str]) -> Iterator[str]:
    accuracy, counties = answers.get("position_accuracy_m"), answers.get("complete_in")
    yield f"position_accuracy_m = {accuracy}" if accuracy else _ACCURACY
    named = ", ".join(quoted(name) for name in places[:3])
    parts = [
        p for p in (counties or "").replace("、", ",").replace("，", ",").split(",") if p.strip()
    ]
    own = ", ".join(quoted(p.strip()) for p in parts)
    yield (
        f"complete_in = [{own}]"
        if counties
        else _COMPLETE.format(named, "、".join(places) or "不明")
    )
    document = answers.get("complete_document")
    yield f"complete_document = {quoted(document)}" if document else _DOCUMENT
    yield _MODE
    secrecy = answers.get("secrecy")
    yield f"secrecy = {quoted(secrecy)}" if secrecy in SECRECIES else _SECRECY


def _layer(found: FoundLayer, target: Path) -> Iterator[str]:
    title = ROLES.get(found.role) or load_classes()[found.role].name_zh
    area = f"，{found.area_ha:,.2f} 公顷" if found.dimension == 2 else ""
    yield f"# {title}：{found.features} 个对象{area}；{_plain(found.crs)}"
    yield f"# 依据: {_plain('；'.join(found.reasons))}"
    for text in (*found.warnings, *found.remarks):
        yield f"# ! {_plain(text)}"
    if found.role in ROLES:
        yield f"[{found.role}]"
        yield f"file = {quoted(_relative(found.path, target))}"
        if found.layer:
            yield f"layer = {quoted(found.layer)}"
        if found.role == LAND_USE:
            yield '# year = "2024"                           # 【填】变更调查年度'
        return
    yield "[[layer]]"
    yield f'class = "{found.role}"                   # {title}'
    yield f"file = {quoted(_relative(found.path, target))}"
    if found.layer:
        yield f"layer = {quoted(found.layer)}"
    if found.fields.subzone:
        yield f"subzone = {quoted(found.fields.subzone)}"
    if found.fields.kind:
        yield f"kind = {quoted(found.fields.kind)}"
    if found.fields.nameless:
        yield f"name = {quoted(title)}                  # 没有名称的对象"
    if found.fields.by_row:
        yield f"id_prefix = {quoted(found.path.stem + '-')}    # 没有可用的编号字段，按行号"
    if found.boundary:
        yield f'boundary = "{found.boundary}"            # 法定矢量'
    else:
        yield '# boundary = "described"                  # 边界来源已知时：legal_vector、described、digitised'
    if found.fields.fields:
        yield "[layer.fields]"
        for ours, theirs in found.fields.fields.items():
            yield f"{ours} = {quoted(theirs)}"
    if found.fields.unknown:
        yield "[layer.subzones]                          # 【填】文件里的值 = 分区"
        for value in found.fields.unknown:
            yield f"# {quoted(value)} = "


def _relative(path: Path, target: Path) -> str:
    """Name a file as seen from the workspace, with /; a file on another drive by its whole path."""
    here = target.resolve().parent
    try:
        return Path(os.path.relpath(path.resolve(), here)).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def quoted(text: str) -> str:
    r"""Write a text as a TOML string: nothing in a name can end it."""
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def _plain(text: str) -> str:
    """A text for a comment: one line, whatever stands in it."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
