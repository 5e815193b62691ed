"""Build the documentation as a folder that opens without a network, and as a zip.

``python scripts/build_docs.py [-o FOLDER]`` writes FOLDER/html and FOLDER/sxgeo-docs.zip (default:
build/docs). A warning is an error. Pages that repeat what the code says are made here, from the
parser, the public names, the error tree, the schema, the notebooks. Needs the extra `docs`. Same
tree, same bytes.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sxgeo
from sxgeo import errors
from sxgeo.cli.parser import build_parser

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def copy_pages(target: Path) -> None:
    """Copy what is written by hand; a link that leaves the documentation becomes the name of the
    file.
    """
    shutil.copytree(DOCS, target, ignore=shutil.ignore_patterns("*.py", "__pycache__", "lawbook"))
    shutil.copy(DOCS / "conf.py", target / "conf.py")
    (target / "extra").mkdir()
    shutil.copytree(DOCS / "lawbook", target / "extra" / "lawbook")
    for page in sorted(target.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(with_links_inside(text, page.parent, target), encoding="utf-8")


def with_links_inside(text: str, folder: Path, target: Path) -> str:
    """Return a page in which every link leads to a page of the documentation or to the web."""
    made = ("reference/", "notebooks/")

    def kept(found: re.Match[str]) -> str:
        words, link = found[1], found[2]
        inside = (folder / link).resolve()
        generated = inside.is_relative_to(target.resolve()) and str(
            inside.relative_to(target.resolve())
        ).startswith(made)
        if link.startswith(("http://", "https://", "mailto:")) or generated:
            return found[0]
        if inside.suffix == ".md" and inside.is_file() and inside.is_relative_to(target.resolve()):
            return found[0]
        return words if words.startswith("`") else f"{words} (`{Path(link).name}`)"

    return _LINK.sub(kept, text)


def cli_page() -> str:
    """Return the help of every command, as the parser says it."""
    parts = ["# 命令行 Command line\n", "由解析器直接写出。*Written by the parser itself.*\n"]
    for name, parser in commands(build_parser()):
        parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
        parts.append(f"## `{name}`\n\n```text\n{parser.format_help().rstrip()}\n```\n")
    return "\n".join(parts)


def commands(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """Return a parser and all below it, by name."""
    found = [(parser.prog, parser)]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found += commands(below)
    return found


def api_page() -> str:
    """Return a page that documents every public name."""
    parts = [
        "# Python\n",
        (
            "`sxgeo.*` 的全部公开名称；例子都在测试中运行。*All public names; every example is run"
            " by the tests.*\n"
        ),
    ]
    names = [n for n in sxgeo.__all__ if callable(getattr(sxgeo, n))]
    for title, directive in (("函数 Functions", "autofunction"), ("值 Values", "autoclass")):
        parts.append(f"## {title}\n")
        for name in names:
            thing = getattr(sxgeo, name)
            is_class = inspect.isclass(thing)
            if is_class != (directive == "autoclass") or (
                is_class and issubclass(thing, Exception)
            ):
                continue
            members = "\n   :members:" if is_class else ""
            parts.append(
                f"### {name}\n\n```{{eval-rst}}\n.. {directive}:: sxgeo.{name}{members}\n```\n"
            )
    parts.append("## `frame.sx`\n")
    parts.append("```{eval-rst}\n.. autoclass:: sxgeo.accessors.SxgeoAccessor\n   :members:\n```\n")
    parts.append("## 表的列 Columns of frames\n")
    from sxgeo.accessors import LOCATED_COLUMNS
    from sxgeo.reports.report import FRAME_COLUMNS

    for name, columns in (
        ("report.to_frame()", FRAME_COLUMNS),
        ("frame.sx.locate()", LOCATED_COLUMNS),
    ):
        parts.append(f"`{name}`: {', '.join(f'`{c}`' for c in (*columns, 'geometry'))}\n")
    return "\n".join(parts)


def errors_page() -> str:
    """Return the tree of errors with its exit codes."""
    rows, examples = [], ["\n## 例 Examples\n", "每例都在测试中运行。*Every example is run.*\n"]
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, errors.SxgeoError):
            told = inspect.getdoc(kind) or ""
            first = told.splitlines()[0]
            rows.append(f"| `{name}` | {kind.exit_code} | `{kind.__mro__[1].__name__}` | {first} |")
            _, _, example = told.partition("Examples\n--------\n")
            if example:
                examples.append(f"### {name}\n\n```pycon\n{example.strip()}\n```\n")
    return "\n".join(
        [
            "# 错误与退出码 Errors and exit codes\n",
            (
                "每条错误写明对象、值与出路，一次说全。*An error names the thing, the value and the"
                " way out, all at once.*\n"
            ),
            "| error | exit code | is a | when |",
            "|---|---|---|---|",
            *rows,
            (
                "\n`sxgeo check`：0 clear，10 conflict，11 undetermined，12 not_screened，13"
                " regulated，3 坏输入。`sxgeo replay`：1 有变化。各命令：0 完成，2 用法错误，3 坏输入，"
                "4 随包数据损坏，5 没有答案。\n"
            ),
            "*`check`: 0 clear, 10 to 13 its other verdicts, 3 bad input. `replay`: 1 something"
            " changed. Every command: 0 done, 2 wrong usage, 3 bad input, 4 broken bundled data, 5 no"
            " answer.*\n",
            *examples,
        ]
    )


def schema_page() -> str:
    """Return the keys of the JSON object, from its schema."""
    schema = json.loads((DOCS / "check.schema.json").read_text(encoding="utf-8"))
    lines = [
        "# JSON\n",
        "`sxgeo check --format json`，按 `check.schema.json`。*By its JSON Schema.*\n",
    ]
    words = schema_words()
    for name, part in schema_parts(schema):
        lines += [f"## {name}\n", "| key | 含义 meaning | type |", "|---|---|---|"]
        for key, value in part["properties"].items():
            zh, en = words[key]
            kind = kind_of(value).replace("|", "\\|")
            lines.append(f"| `{key}` | {zh} *{en}* | `{kind}` |")
        lines.append("")
    return "\n".join(lines)


def schema_parts(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects of the schema that have keys, the answer first."""
    found = [("answer", schema), *schema.get("$defs", {}).items()]
    return [(name, part) for name, part in found if part.get("properties")]


def schema_words() -> dict[str, tuple[str, str]]:
    """Return what each key means, Chinese and English, from the table beside the schema."""
    with (DOCS / "schema_words.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}


def kind_of(value: Any) -> str:
    """Return in a word what a value of the schema may be."""
    if not isinstance(value, dict):
        return "any"
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "const" in value:
        return json.dumps(value["const"])
    if "enum" in value:
        return " / ".join(json.dumps(v, ensure_ascii=False) for v in value["enum"])
    kind = value.get("type", "any")
    return " / ".join(kind) if isinstance(kind, list) else str(kind)


def lawbook_page() -> str:
    """Return the way to the law book, which is a page of its own."""
    return (
        "# 法规手册 The law book\n\n"
        '规则、条文与算例，写给不看代码的人：<a href="../lawbook/index.html">打开法规手册 open the'
        " law book</a>。\n"
    )


def notebook_pages(target: Path) -> None:
    """Write each notebook as a page: its text, its code and the words that came out."""
    target.mkdir()
    names = []
    for path in sorted((ROOT / "examples").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        parts = []
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                parts.append(source + "\n")
                continue
            parts.append(f"```python\n{source}\n```\n")
            said = "".join(words_of(output) for output in cell["outputs"]).rstrip()
            if said:
                parts.append(f"```text\n{said}\n```\n")
        (target / f"{path.stem}.md").write_text("\n".join(parts), encoding="utf-8")
        names.append(path.stem)
    index = (
        "# 笔记本 Notebooks\n\n都在 `examples/`，由测试运行。*They stand in `examples/` and are"
        " run.*\n\n"
    )
    listed = "\n".join(names)
    (target / "index.md").write_text(
        f"{index}```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n", encoding="utf-8"
    )


def words_of(output: dict[str, Any]) -> str:
    """Return the plain words of an output."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(text) + "\n"


def write_zip(folder: Path, path: Path) -> None:
    """Write a folder as a zip whose bytes hang on nothing but its files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = f"sxgeo-docs/{file.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())


def build(output: Path) -> int:
    """Build html and zip; return the code of sphinx."""
    with TemporaryDirectory(prefix="sxgeo-docs-") as folder:
        source = Path(folder) / "docs"
        copy_pages(source)
        reference = source / "reference"
        reference.mkdir()
        pages = {
            "cli": cli_page,
            "api": api_page,
            "errors": errors_page,
            "schema": schema_page,
            "lawbook": lawbook_page,
        }
        for name, page in pages.items():
            (reference / f"{name}.md").write_text(page(), encoding="utf-8")
        notebook_pages(source / "notebooks")
        html = output / "html"
        shutil.rmtree(html, ignore_errors=True)
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "PYTHONPATH": str(ROOT)}
        caches = ["-d", str(Path(folder) / "doctrees")]
        code = subprocess.run(
            [*command, *caches, str(source), str(html)], env=environment, check=False
        ).returncode
    if code == 0:
        (html / ".buildinfo").unlink(missing_ok=True)
        asked = foreign(html)
        print("\n".join(asked) or f"wrote {html.name} and sxgeo-docs.zip")
        write_zip(html, output / "sxgeo-docs.zip")
        return 1 if asked else 0
    return code


def foreign(html: Path) -> list[str]:
    """Return the pages that load a script, style or picture from elsewhere."""
    loads = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//""")
    return [
        f"{page.relative_to(html)} loads from the network"
        for page in sorted(html.rglob("*.html"))
        if loads.search(page.read_text(encoding="utf-8"))
    ]


def main(arguments: list[str]) -> int:
    """Build into the folder that was named."""
    parser = argparse.ArgumentParser(description="build the documentation")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "docs")
    return build(parser.parse_args(arguments).output.resolve())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
