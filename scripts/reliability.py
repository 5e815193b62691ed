"""Measure how far the answers can be relied on, and write the sheet: docs/reliability.md, and five of
its figures in the READMEs.

    python scripts/reliability.py --size ci|day|release    measure, compare, write nothing
    python scripts/reliability.py --size release --write   measure, and write the sheet anew
    python scripts/reliability.py --only exact faults ...  some of the lines; the others stay
    python scripts/reliability.py --check                  the pages are those of the figures

The figures stand in docs/reliability.json: of each line the figure, the command, the seed, the date
and the commit. The date is that of the commit, or the one given; never the clock's. A figure that
is worse than the one that stands there blocks: exit 1, and nothing is written.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "docs" / "reliability.json"
SHEET = ROOT / "docs" / "reliability.md"
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}
BEGIN, END = "<!-- reliability -->", "<!-- /reliability -->"
SHOWN = ("mutants_verdict", "exact", "rows", "faults", "proof")
Size = Literal["ci", "day", "release"]
SLACK = 0.005
"""A share that falls by less is no fall: the faults that are planted change with the code."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet.

    `ci`, `day` and `release` are the words of the command beside `command` for each size; `pattern` finds
    in what it prints `good` (a count or a share that may not fall) and `bad` (a count that may not
    rise).
    """

    name: str
    title: str
    title_zh: str
    command: str
    ci: str
    day: str
    release: str
    pattern: str
    unit: str
    seeded: bool = True
    bad_word: str = "wrong"

    def argv(self, size: Size) -> list[str]:
        """Return the command."""
        words = {"ci": self.ci, "day": self.day, "release": self.release}[size]
        return shlex.split(f"{self.command} {words}")


_SCORE = r"(?P<killed>\d+) of (?P<run>\d+) found \((?P<good>[\d.]+),"
LINES = (
    Line("mutants_verdict", "faults planted in what decides a verdict, found by the tests", "在判定代码中植入的错误，被测试发现", "scripts/mutants.py --groups verdict --seed 1", "--sample 24 --quick --green --most 5", "--sample 80 --quick --green --most 5", "--long --most 600", _SCORE, "of planted faults found", bad_word=""),
    Line("mutants_analysis", "faults planted in the rest of analysis, found", "在其余分析代码中植入的错误，被发现", "scripts/mutants.py --groups analysis --seed 1", "--sample 12 --quick --green --most 5", "--sample 60 --quick --green --most 5", "--long --most 600", _SCORE, "of planted faults found", bad_word=""),
    Line("mutants_page", "faults planted in the page's check, found", "在页面判定代码中植入的错误，被发现", "scripts/mutants.py --page --seed 1", "--sample 10", "--sample 30", "", _SCORE, "of planted faults found", bad_word=""),
    Line("exact", "pairs of polygons within 2 cm of touching, held against whole numbers: GEOS and the page", "相距不到2厘米的多边形对，与整数精确结果比较（GEOS与页面）", "tests/geometry/exact.py --page --seed 1", "--pairs 5000", "--pairs 30000", "--pairs 1000000", r"pairs (?P<good>\d+), .*wrong (?P<bad>\d+)", "pairs"),
    Line("rows", "conditions of the outcome shown to decide by themselves", "已证明单独起决定作用的判定条件", "-m pytest -q tests/test_outcome_rows.py", "", "", "", r"(?P<good>\d+) passed", "tests of conditions", seeded=False, bad_word=""),
    Line("relations", "relations between two answers, library and page", "两次答案之间的关系（程序库与页面）", "-m pytest -q tests/conflicts/test_metamorphic.py", "", "", "", r"(?P<good>\d+) passed", "tests of relations", seeded=False, bad_word=""),
    Line("proof", "combinations of class, subzone, kind, project, what was said and position, tried one by one", "资源类别、分区、类型、项目、说明与位置的组合，逐一验证", "tests/prove_clear.py", "--class weather_stations", "", "", r'"combinations": (?P<good>\d+),[^}]*"faults": (?P<bad>\d+)', "combinations", seeded=False, bad_word="clear without its ground"),
    Line("oracle", "random worlds, a second writing of the design against the engine", "随机情形，独立写成的第二套规则与引擎比较", "tests/prove_clear.py --seed 1", "--pairs 1000", "--pairs 3000", "--pairs 100000", r"(?P<good>\d+) worlds, (?P<bad>\d+) wrong", "worlds"),
    Line("faults", "runs that were killed, or met a full disk or a changed file", "被中止、磁盘写满或文件被改动的运行", "scripts/faults.py --seed 1", "--runs 60", "--runs 150", "--runs 10000", r"(?P<good>\d+) runs, seed \d+, (?P<bad>\d+) wrong", "runs", bad_word="that lost, left or halved something"),
    Line("fuzz", "broken files read: txt, csv, kml, dxf, shp, geojson", "读取被破坏的文件", "tests/sites/fuzz_intake.py all", "5 1", "20 1", "600 1", r"(?P<good>\d+) files in .*?(?P<bad>\d+) faults", "files", bad_word="faults"),
    Line("fuzz_page", "broken files read by the page", "页面读取被破坏的文件", "tests/maps/fuzz_page.py", "10 1", "40 1", "600 1", r"(?P<good>\d+) files in .*?(?P<bad>\d+) faults", "files", bad_word="faults"),
    Line("peers", "pairs asked of DuckDB spatial, PostGIS and GEOS-WASM, ways of networkx and SciPy", "与DuckDB spatial、PostGIS、GEOS-WASM、networkx、SciPy比较的图形对与路径", "tests/peers.py --seed 1", "--pairs 2000 --networks 5", "--pairs 6000 --networks 10", "--pairs 100000 --networks 200", r"(?P<good>\d+) pairs and \d+ ways, (?P<bad>\d+) wrong", "pairs"),
    Line("qgis", "tests of the plugin in a headless QGIS", "QGIS插件测试", "-m pytest -q -m qgis tests/test_qgis.py", "", "", "", r"(?P<good>\d+) passed", "tests", seeded=False, bad_word=""),
)  # fmt: skip
_BY_NAME = {line.name: line for line in LINES}

Figure = dict[str, Any]


def argv_words(line: Line, size: Size) -> str:
    """Return the command of a line as people type it."""
    return "python " + shlex.join(line.argv(size))


def measure(line: Line, size: Size, *, date: str, commit: str) -> Figure:
    """Run the command of a line and read its figure.

    A command that fails without a figure is an error; one that prints a figure and fails is judged
    by the figure.
    """
    argv = line.argv(size)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *argv], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(done.stdout[-2000:], end="", flush=True)
    found = list(re.finditer(line.pattern, done.stdout))
    if not found:
        raise SystemExit(f"{line.name}: no figure in\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    groups = [m.groupdict() for m in found]
    good = float(sum(float(g["good"]) for g in groups))
    bad = sum(int(g.get("bad") or 0) for g in groups)
    if done.returncode and not bad and not line.name.startswith("mutants"):
        raise SystemExit(f"{line.name} failed\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    print(
        f"== {line.name}: {good:g} {line.unit}, {bad} {line.bad_word} ({time.monotonic() - began:.0f} s)"
    )
    return {
        "good": int(good)
        if good.is_integer() and "of planted" not in line.unit
        else round(good, 4),
        "bad": bad,
        "of": int(groups[0].get("run") or 0),
        "command": argv_words(line, size),
        "seed": 1 if line.seeded else None,
        "size": size,
        "date": date,
        "commit": commit,
    }


def worse(name: str, before: Figure | None, now: Figure) -> str | None:
    """Say how a figure fell; None when it did not. A smaller run is no fall, a fault always is."""
    line = _BY_NAME[name]
    if now["bad"] > (before or {}).get("bad", 0):
        return f"{name}: {now['bad']} {line.bad_word}, before {(before or {}).get('bad', 0)}"
    if before is None or before["command"] != now["command"]:
        share = "of planted" in line.unit and before is not None
        if not (share and before is not None and now["good"] < before["good"] - 0.05):
            return None
        return f"{name}: {now['good']} on a sample, before {before['good']} on other faults"
    if line.unit == "files":
        return None  # how many files are read in a time hangs on the machine
    slack = SLACK if "of planted" in line.unit else 0
    if now["good"] < before["good"] - slack:
        return f"{name}: {now['good']} {line.unit}, before {before['good']}"
    return None


def said(line: Line, figure: Figure) -> str:
    """Say a figure in words."""
    if "of planted" in line.unit:
        return f"{100 * figure['good']:.1f} % of {figure['of']:,}"
    words = f"{figure['good']:,} {line.unit}"
    return f"{words}, {figure['bad']} {line.bad_word}" if line.bad_word else words


def sheet(figures: Mapping[str, Figure]) -> str:
    """Return the page of the documentation."""
    rows = [
        f"| {line.title} | {said(line, f)} | {f['size']} | `{f['command']}` | {f['seed'] or ''} | {f['date']} | {f['commit']} |"
        for line in LINES
        if (f := figures.get(line.name)) is not None
    ]
    smaller = [
        line.title
        for line in LINES
        if (f := figures.get(line.name)) and line.argv(f["size"]) != line.argv("release")
    ]
    missing = [line.title for line in LINES if line.name not in figures]
    text = [
        "# How far answers can be relied on",
        "",
        "Each line is measured by the command beside it, which anyone can run again; the date is that of"
        " the commit. A figure that falls",
        "blocks a release (`.ci/release`). Written by `python scripts/reliability.py`.",
        "",
        "| what | figure | size | command | seed | date | commit |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "A planted fault is a small change of the code: `<` for `<=`, `and` for `or`, a statement less,"
        " a constant else. Where it changes no answer it",
        "stands in `tests/mutants_equivalent.txt` with the reason. It counts as found where a test"
        " fails, or never ends by what it takes of the processor. A share",
        "below its target (`tests/mutants.toml`) is printed as it is.",
    ]
    if smaller:
        text += [
            "",
            "Run at a smaller size than a release asks for (`.ci/release` runs that, hours on two cores): "
            + "; ".join(smaller)
            + ".",
        ]
    if missing:
        text += ["", "Not measured yet: " + "; ".join(missing) + "."]
    return "\n".join(text) + "\n"


def shown(figures: Mapping[str, Figure], language: str) -> str:
    """Return the five figures of a README."""
    told = []
    for name in SHOWN:
        if (figure := figures.get(name)) is None:
            continue
        line = _BY_NAME[name]
        told.append(
            f"{line.title_zh}：{_zh(line, figure)}"
            if language == "zh"
            else f"{line.title}: {said(line, figure)}"
        )
    text = "；".join(told) + "。" if language == "zh" else "; ".join(told) + "."
    return f"{BEGIN}\n{text}\n{END}"


def _zh(line: Line, figure: Figure) -> str:
    if "of planted" in line.unit:
        return f"{figure['of']:,}处中的{100 * figure['good']:.1f}%"
    number = f"{figure['good']:,}"
    return f"{number}，错误{figure['bad']}" if line.bad_word else number


def pages(figures: Mapping[str, Figure]) -> dict[Path, str]:
    """Return every page that holds figures, as it should be."""
    found = {SHEET: sheet(figures)}
    for language, path in READMES.items():
        text = path.read_text(encoding="utf-8")
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise SystemExit(f"{path.name} has no place for the figures ({BEGIN} ... {END})")
        found[path] = before + shown(figures, language) + after
    return found


def held() -> dict[str, Figure]:
    """Read the figures that stand."""
    if not FIGURES.exists():
        return {}
    figures: dict[str, Figure] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return figures


def git(*words: str) -> str:
    """Return what git says."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main(words: Sequence[str] | None = None) -> int:
    """Measure and compare; return 1 when a figure fell or a page is not that of the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("ci", "day", "release"), default="ci")
    parser.add_argument("--only", nargs="*", choices=list(_BY_NAME), help="some of the lines")
    parser.add_argument(
        "--but", nargs="*", default=[], choices=list(_BY_NAME), help="all but these"
    )
    parser.add_argument("--write", action="store_true", help="write the figures and the pages")
    parser.add_argument("--accept", action="store_true", help="also figures that fell")
    parser.add_argument("--date", help="in place of the commit's")
    parser.add_argument("--check", action="store_true", help="only compare pages with figures")
    args = parser.parse_args(words)
    figures = held()
    if not args.check:
        date, commit = (
            args.date or git("log", "-1", "--format=%cs"),
            git("rev-parse", "--short=10", "HEAD"),
        )
        fallen = []
        measured: dict[str, Figure] = {}
        for line in LINES:
            if line.name in args.but or (args.only is not None and line.name not in args.only):
                continue
            now = measure(line, args.size, date=date, commit=commit)
            if (fault := worse(line.name, figures.get(line.name), now)) is not None:
                fallen.append(fault)
            measured[line.name] = now
        if fallen and not args.accept:
            print("a figure fell:", *fallen, sep="\n  ")
            return 1
        # another line may have been written meanwhile: some take hours
        figures = held() | measured
    if args.write:
        FIGURES.write_text(
            json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        for path, text in pages(figures).items():
            path.write_text(text, encoding="utf-8")
    if args.check:
        stale = [
            p.name
            for p, text in pages(figures).items()
            if not p.exists() or p.read_text(encoding="utf-8") != text
        ]
        print(f"stale: {', '.join(stale)}" if stale else "the pages are those of the figures")
        return int(bool(stale))
    return 0


if __name__ == "__main__":
    sys.exit(main())
