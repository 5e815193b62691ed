"""The command `sxgeo layers scan`: look through a folder, tell what it holds, write the workspace;
ask where asked to.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..boundaries.county_names import county_code_of
from ..errors import UsageError
from ..layers.class_names import class_id_of
from ..workspace.layer_clues import ROLES
from ..workspace.layers import SECRECIES
from ..workspace.scan import scan_layers
from .asking import read_line
from .terminal import emit, remark

if TYPE_CHECKING:
    from ..workspace.scan import Scan

_LAND = {
    "现状地类": "land_use",
    "规划用途": "planned_use",
    **{role: role for role in ROLES},
}


def scan(args: argparse.Namespace) -> int:
    """Answer `sxgeo layers scan`; return the exit code."""
    # without a file the answers would be lost
    if args.ask and args.output is None:
        raise UsageError("--ask fills the workspace file: say where it goes with -o sxgeo.toml")
    found = scan_layers(args.folder)
    answers: dict[str, str] = {}
    if args.ask:
        roles = dict(_roles(found))

        # what a person said of a layer may change its fields and what is missing beside it
        found = scan_layers(args.folder, roles=roles) if roles else found
        answers = dict(_answers(found))
    emit(found.to_text(), None)
    if args.output is not None:
        target = found.to_workspace(args.output, answers=answers)
        remark(
            f"wrote {target}: 核对后填写 [defaults]，再运行 then: sxgeo check SITE --workspace {target}"
        )
    return 0


def _roles(found: Scan) -> Iterator[tuple[str, str]]:
    """Ask what each layer is of which nothing tells."""
    for entry in found.not_taken:
        # a layer without a system, or that cannot be read, stays out whatever it is
        if not entry.reason.startswith(("名称、字段和值", "像几类")):
            continue
        text = read_line(f"{entry.name}：{entry.reason}\n  是哪一类？（类名，不用则空） class: ")
        while text:
            try:
                yield entry.name, _LAND.get(text) or class_id_of(text)
                break
            except UsageError as error:
                text = read_line(f"  {error}\n  是哪一类？ class: ")


def _answers(found: Scan) -> Iterator[tuple[str, str]]:
    """Ask what holds for all layers; an empty answer leaves its line to be filled in."""
    places = (
        "、".join(dict.fromkeys(name for layer in found.layers for name in layer.counties))
        or "不明"
    )
    accuracy = read_line("位置精度（米，不清楚则空） position accuracy in metres: ")
    while accuracy and not _is_metres(accuracy):
        accuracy = read_line("  写一个不小于 0 的数 a number from 0: ")
    if accuracy:
        yield "position_accuracy_m", accuracy
    counties = read_line(
        f"哪些县（市、区）的资料完整？图层涉及 {places}（不清楚则空） complete in: "
    )
    while counties and (problem := _county_problem(counties)):
        counties = read_line(f"  {problem}\n  complete in: ")
    if counties:
        yield "complete_in", counties

        # a document is asked for only where there is something that it declares
        document = read_line("  声明完整的文件（没有则空，空即不完整） document: ")
        if document:
            yield "complete_document", document
    secrecy = read_line(f"密级（{'、'.join(SECRECIES)}，不清楚则空） secrecy: ")
    while secrecy and secrecy not in SECRECIES:
        secrecy = read_line(f"  {'、'.join(SECRECIES)}: ")
    if secrecy:
        yield "secrecy", secrecy


def _is_metres(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _county_problem(text: str) -> str | None:
    try:
        for name in text.replace("、", ",").replace("，", ",").split(","):
            county_code_of(name)
    except UsageError as error:
        return str(error)
    return None
