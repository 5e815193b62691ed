"""Examples under `--help`: what people type, Chinese and English beside each other."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

EXAMPLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "map": (
        ("sxgeo map taixin -o 地图.html", "离线地图", "a map that needs no network"),
        ("sxgeo map taixin -o map.png --size a3", "打印用图", "a figure to print"),
    ),
    "check": (
        ("sxgeo check 地块.txt --project-type 工业", "一个地块", "one plot"),
        ("sxgeo check 地块.txt -o 报告.docx", "后缀决定格式", "the suffix decides the format"),
        ("sxgeo check --at 112.63,38.02", "一个点", "a point"),
        ("sxgeo check 地块.gpkg --batch -o 清单.xlsx", "成千上万个", "thousands of plots"),
        ("sxgeo check 地块.txt --layer 文物=wenwu.gpkg", "接入本单位图层", "a layer of your own"),
        ("sxgeo check --project-type help", "项目类型", "what may be built"),
    ),
    "inspect": (
        ("sxgeo inspect 地块.txt", "坐标系、编码、疑点", "system, encoding, doubts"),
        ("sxgeo inspect 地块.csv --against 阳曲县", "哪种读法落在区内", "which reading lies there"),
    ),
    "export qgis": (("sxgeo export qgis taixin -o 太忻.qgz", "QGIS 工程", "a QGIS project"),),
    "export postgis": (
        (
            "sxgeo export postgis --results 结果.parquet -o 结果.sql",
            "交给 PostGIS",
            "for PostGIS",
        ),
    ),
    "export duckdb": (
        ("sxgeo export duckdb --results 结果.parquet", "DuckDB 视图", "views in DuckDB"),
    ),
    "reach": (
        ("sxgeo reach 112.63,38.02 --minutes 15,30,60 -o 等时圈.html", "地图", "a map"),
        ("sxgeo reach 112.63,38.02 --to 112.55,37.87", "最快路线", "the fastest way"),
        ("sxgeo reach --table 起点.csv 终点.csv -o 时间.csv", "时间表", "a table of times"),
    ),
    "candidates": (
        (
            "sxgeo candidates taixin --within 112.55,37.87:60 --clear-of 文物 --min-area-ha 50"
            " -o 候选.gpkg",
            "可达、无已知冲突、够大的地",
            "land that is reachable, clear of what is known, large enough",
        ),
    ),
    "dossier": (
        ("sxgeo dossier 地块.txt --workspace sxgeo.toml -o 成果", "一套成果", "a set of documents"),
        ("sxgeo dossier 方案.gpkg -o 成果.zip", "两个以上地块即比选", "two plots are compared"),
        ("sxgeo dossier --template help", "有哪些成果", "which there are"),
    ),
    "network build": (
        ("sxgeo network build shanxi.osm.pbf -o shanxi.npz", "从 OSM 摘录", "from an extract"),
    ),
    "network fetch": (
        ("sxgeo network fetch 阳曲县 -o yangqu.npz", "联网下载", "from a server of OpenStreetMap"),
    ),
    "zones": (("sxgeo zones", "有哪些区域", "which zones there are"),),
    "layers": (("sxgeo layers", "公布数与收录数", "official counts and what is held"),),
    "layers scan": (
        ("sxgeo layers scan D:/底图 -o sxgeo.toml --ask", "认图层，写工作区", "write a workspace"),
    ),
    "layers template": (
        ("sxgeo layers template 文物 -o wenwu.gpkg", "空表", "an empty layer to fill"),
    ),
    "rules": (
        (
            "sxgeo rules --class 文物 --project-type 工业",
            "管到工业项目的条款",
            "rules that bind it",
        ),
        ("sxgeo rules -o 规则.html", "条文一览", "the book of rules"),
    ),
    "rules diff": (("sxgeo rules diff 2025-01-01 2026-11-21", "两日之间", "between two days"),),
    "indicators": (("sxgeo indicators taixin", "规划目标完成多少", "how far the targets are"),),
    "verify": (("sxgeo verify", "核对内置数据", "check the bundled data"),),
    "replay": (("sxgeo replay 报告.json --folder D:/底图", "按回执复算", "answer it again"),),
    "diff": (("sxgeo diff 旧.json 新.json", "变了什么，为什么", "what changed, and why"),),
    "doctor": (
        ("sxgeo doctor", "装得全不全", "is everything here?"),
        ("sxgeo doctor --wheelhouse D:/轮子 --platform windows", "内网安装", "for an offline PC"),
    ),
    "completion": (
        ("sxgeo completion bash > ~/.sxgeo-completion", "再 source 它", "then source it"),
        ("sxgeo completion powershell >> $PROFILE", "Windows", "Windows"),
    ),
}
"""By command: the line, and what it does in Chinese and in English."""


def add_examples(parser: argparse.ArgumentParser) -> None:
    """Put the examples of every command under its help."""
    for path, sub in commands_of(parser):
        lines = EXAMPLES.get(" ".join(path), ())
        if lines:
            sub.formatter_class = argparse.RawDescriptionHelpFormatter
            sub.epilog = "\n".join(
                ["例子 examples:", *(f"  {line}\n      {zh}  {en}" for line, zh, en in lines)]
            )


def commands_of(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Yield every command and its parser, the parents first."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield (*path, name), sub
                yield from commands_of(sub, (*path, name))
