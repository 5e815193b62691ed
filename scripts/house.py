"""Measure the house: floors, circles, air on the page, types, repetitions of the package in this
checkout.

``python scripts/house.py`` prints one line a figure, with the target that the house has set itself;
``--list NAME`` prints what stands behind one figure, e.g. ``--list circles``. Nothing is written.
"""

from __future__ import annotations

import argparse
import ast
import copy
import io
import sys
import tokenize
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "sxgeo"
LINE = 100
FUNCTION_TOKENS = 150
REPEATED_TOKENS = 30
"""Functions below this are too short to be a repetition: a property that hands a value on is no
doubled thought.
"""
_BESIDE = {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
_SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the package: its dotted name, text and tree."""

    name: str
    is_package: bool
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that relative imports of this file count from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, value, what was aimed at, and what stands behind it."""

    name: str
    value: str
    target: str
    listed: tuple[str, ...]


def read_sources(root: Path = ROOT) -> dict[str, Source]:
    """Read every Python file of the package, by dotted name."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        text = path.read_text(encoding="utf-8")
        found[name] = Source(name, is_package, text, ast.parse(text))
    return found


def import_graph(sources: Mapping[str, Source]) -> dict[str, set[str]]:
    """Return which file imports which: also inside functions, and for types alone.

    The package's own ``__init__`` is left out: it is the door for users, and no file of the house
    goes through it but for the version.
    """
    graph: dict[str, set[str]] = {name: set() for name in sources}
    for source in sources.values():
        if source.name == PACKAGE:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                graph[source.name] |= {alias.name for alias in node.names if alias.name in sources}
            elif isinstance(node, ast.ImportFrom):
                graph[source.name] |= set(_imported(node, source, sources))
        graph[source.name].discard(source.name)
    return graph


def _imported(node: ast.ImportFrom, source: Source, sources: Mapping[str, Source]) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        package = source.package.split(".")
        above = package[: len(package) - node.level + 1]
        base = ".".join([*above, *([node.module] if node.module else [])])
    for alias in node.names:
        # `from .analysis import overlap` imports a file, `from .overlap import measure` a name of
        # one
        for name in (f"{base}.{alias.name}", base):
            if name in sources:
                yield name
                break


def circles(graph: Graph) -> list[list[str]]:
    """Return the circles of a graph: files that reach each other, sorted; Tarjan's algorithm
    without recursion.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for start in sorted(graph):
        if start in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(graph[start])))]
        index[start] = low[start] = len(index)
        stack.append(start)
        while work:
            node, others = work[-1]
            for other in others:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    work.append((other, iter(sorted(graph[other]))))
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    found.append(sorted(stack[at:]))
                    del stack[at:]
    return sorted(circle for circle in found if len(circle) > 1)


def floors(graph: Graph) -> list[list[str]]:
    """Return the top entries of the package by floor, the lowest first; what stands in one circle
    shares a floor.
    """
    wings: dict[str, set[str]] = defaultdict(set)
    for name, others in graph.items():
        wings[_wing(name)] |= {_wing(other) for other in others} - {_wing(name)}
    wings.pop(PACKAGE, None)
    for others in wings.values():
        others.discard(PACKAGE)
    together = {name: tuple(circle) for circle in circles(wings) for name in circle}
    heights: dict[str, int] = {}

    def height(name: str) -> int:
        circle = together.get(name, (name,))
        if name not in heights:
            below = {other for one in circle for other in wings[one]} - set(circle)
            heights.update(
                dict.fromkeys(
                    circle, 1 + max((height(other) for other in sorted(below)), default=-1)
                )
            )
        return heights[name]

    by_floor: dict[int, list[str]] = defaultdict(list)
    for name in sorted(wings):
        by_floor[height(name)].append(name.removeprefix(f"{PACKAGE}."))
    return [by_floor[floor] for floor in sorted(by_floor)]


def _wing(name: str) -> str:
    return ".".join(name.split(".")[:2])


def functions(tree: ast.AST) -> Iterator[tuple[str, Function]]:
    """Yield all functions with their names, those of classes as ``Class.name``."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                yield prefix + child.name, child
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, prefix)

    return walk(tree, "")


def inner_imports(source: Source) -> list[str]:
    """Return the import statements inside functions, as ``file:line``."""
    lines = {
        node.lineno
        for _, function in functions(source.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [f"{source.name}:{line}" for line in sorted(lines)]


def tokens(text: str) -> list[tokenize.TokenInfo]:
    """Return the tokens of code: without comments, layout and docstrings."""
    quiet = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    everything = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = text.split("\n")
    kept = []
    for token in everything:
        row, column = token.start
        offset = (
            len(lines[row - 1][:column].encode()) if row <= len(lines) else 0
        )  # the tree counts bytes
        if token.type not in _SILENT and (row, offset) not in quiet:
            kept.append(token)
    return kept


def code_tokens(node: ast.AST, rows: Sequence[int]) -> int:
    """Count the tokens of a function, its decorators left out.

    `rows` are the lines on which the tokens of its file begin, in their order.
    """
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return bisect_right(rows, last) - bisect_left(rows, first)


class _Plain(ast.NodeTransformer):
    """Take the names of parameters and variables, and annotations, out of a body."""

    def __init__(self, local: set[str]) -> None:
        self._local = local
        self._numbers: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in self._local:
            node.id = self._numbers.setdefault(node.id, f"v{len(self._numbers)}")
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._numbers.setdefault(node.arg, f"v{len(self._numbers)}")
        node.annotation = None
        return node


def normal_body(function: Function) -> str:
    """Return what a function does as text, apart from its name, docstring, annotations and the
    names inside it.
    """
    body = list(function.body)
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    local = {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    local |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    plain = _Plain(local)
    # a deep copy, so that other figures still see the function as it stands
    module = copy.deepcopy(ast.Module(body=body, type_ignores=[]))
    return ast.unparse(plain.visit(module))


def measure(root: Path = ROOT) -> list[Figure]:
    """Measure the package under `root`."""
    sources = read_sources(root)
    graph = import_graph(sources)
    entries = sorted(p.name for p in (root / PACKAGE).iterdir() if p.name not in _BESIDE)
    round_trips = circles(graph)
    storeys = floors(graph)
    inner = [line for source in sources.values() for line in inner_imports(source)]
    count, code_lines, comments = 0, 0, 0
    wide, long, repeated = [], [], []
    parameters: list[tuple[str, bool]] = []
    bodies: dict[str, list[str]] = defaultdict(list)
    for source in sources.values():
        rows = [token.start[0] for token in tokens(source.text)]
        lines = source.text.split("\n")
        count += len(rows)
        code_lines += len(set(rows))
        comments += sum(line.lstrip().startswith("#") for line in lines)
        wide += [f"{source.name}:{n}" for n, line in enumerate(lines, 1) if len(line) > LINE]
        for name, function in functions(source.tree):
            size = code_tokens(function, rows)
            if size > FUNCTION_TOKENS:
                long.append((size, f"{source.name}.{name}"))
            if size >= REPEATED_TOKENS:
                bodies[normal_body(function)].append(f"{source.name}.{name}")
            given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            parameters += [
                (
                    f"{source.name}.{name}({one.arg})",
                    isinstance(one.annotation, ast.Name) and one.annotation.id == "Any",
                )
                for one in given
                if one.arg not in ("self", "cls")
            ]
    repeated = [" = ".join(names) for names in bodies.values() if len(names) > 1]
    loose = [name for name, is_any in parameters if is_any]
    share = 100 * len(loose) / max(len(parameters), 1)
    return [
        Figure("top", f"{len(entries)} files and folders on the top level", "17", tuple(entries)),
        Figure(
            "floors",
            f"{len(storeys)} floors",
            "11",
            tuple(" ".join(names) for names in reversed(storeys)),
        ),
        Figure(
            "circles",
            f"{len(round_trips)} circles, {sum(map(len, round_trips))} files in them",
            "0",
            tuple(" ".join(c) for c in round_trips),
        ),
        Figure("imports", f"{len(inner)} imports inside functions", "60", tuple(inner)),
        Figure(
            "tokens",
            f"{count / max(code_lines, 1):.1f} tokens on a line of code",
            "8",
            (f"{count} / {code_lines}",),
        ),
        Figure("wide", f"{len(wide)} lines above {LINE} columns", "0", tuple(wide)),
        Figure(
            "long",
            f"{len(long)} functions above {FUNCTION_TOKENS} tokens",
            "40",
            tuple(f"{size} {name}" for size, name in sorted(long, reverse=True)),
        ),
        Figure(
            "comments",
            f"{100 * comments / max(code_lines, 1):.1f} lines of comment per 100 lines of code",
            "4",
            (),
        ),
        Figure(
            "any",
            f"{share:.1f} % of parameters are Any ({len(loose)} of {len(parameters)})",
            "5 %",
            tuple(loose),
        ),
        Figure(
            "repeated",
            f"{len(repeated)} functions that stand elsewhere too",
            "0",
            tuple(sorted(repeated)),
        ),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures, or what stands behind one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--list", metavar="NAME", help="print what stands behind one figure")
    parser.add_argument(
        "--root", type=Path, default=ROOT, metavar="FOLDER", help="another checkout"
    )
    args = parser.parse_args(argv)
    figures = measure(args.root)
    names = [figure.name for figure in figures]
    if args.list is not None and args.list not in names:
        print(f"no figure '{args.list}'; known: {', '.join(names)}", file=sys.stderr)
        return 2
    for figure in figures:
        if args.list is None:
            print(f"{figure.name:9} {figure.value} (target: {figure.target})")
        elif figure.name == args.list:
            print("\n".join(figure.listed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
