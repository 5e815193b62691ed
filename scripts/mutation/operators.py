"""The faults that can be planted in a Python module, one at a time.

A fault is one node of the syntax tree put in place of another. Text that only people read
(docstrings, messages of errors, annotations) is left alone.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_PAIRS = (("any", "all"), ("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"))
_SWAPPED_NAMES = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_DECIDING = (ast.Compare, ast.Return, ast.Assign, ast.IfExp, ast.Tuple)
"""Where a short text is a code that something hangs on."""
_SYMMETRIC = {"distance", "equals", "hypot", "intersection", "intersects", "touches", "union"}
"""Calls that say the same whichever of two comes first."""
_SILENT_CALLS = {"TypeVar", "NewType", "Path", "field", "cast", "listed", "unknown"}
"""Calls whose arguments are text for people, or names that only a reader of types sees."""

_QUICKENING = {"prepare"}
"""Calls that only make later ones quicker."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where it stands, what it changes, and how it is found again in the tree."""

    path: str
    scope: str
    line: int
    operator: str
    change: str
    node: int
    variant: int
    occurrence: int
    at_import: bool = False
    """Whether it takes effect when the module is read: in a constant, or in a default."""

    @property
    def key(self) -> str:
        """What names it in the list of equivalents: no line, as lines move."""
        again = f" #{self.occurrence + 1}" if self.occurrence else ""
        return f"{self.path}::{self.scope.removesuffix('.<locals>') or '<module>'}::{self.operator}: {self.change}{again}"

    @property
    def outermost(self) -> str | None:
        """The function of the module or class that holds it; None where it stands in none."""
        return self.scope.split(".<locals>")[0] or None


@dataclass(slots=True)
class _Place:
    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    scope: str
    in_function: bool
    at_import: bool


def mutants_of(path: Path, root: Path) -> list[Mutant]:
    """List every fault that can be planted in a module, in the order of its text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(root).as_posix()
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for number, place in enumerate(_places(tree)):
        for variant, (operator, other) in enumerate(_variants(place)):
            change = f"{_short(place.node)} -> {_short(other)}"
            scope = place.scope if place.in_function else ""
            occurrence = seen[scope, operator, change]
            seen[scope, operator, change] += 1
            line = getattr(place.node, "lineno", 0)
            found.append(
                Mutant(
                    name,
                    scope,
                    line,
                    operator,
                    change,
                    number,
                    variant,
                    occurrence,
                    place.at_import,
                )
            )
    return found


def planted(mutant: Mutant, root: Path) -> ast.Module:
    """Return the tree of a module with the fault in it."""
    tree = ast.parse((root / mutant.path).read_text(encoding="utf-8"))
    place = list(_places(tree))[mutant.node]
    other = _variants(place)[mutant.variant][1]
    ast.copy_location(other, place.node)
    if place.index is None:
        setattr(place.parent, place.field, other)
    else:
        getattr(place.parent, place.field)[place.index] = other
    return ast.fix_missing_locations(tree)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return text if len(text) <= 90 else f"{text[:60]} ... {text[-25:]}"


# walking
# ------------------------------------------------------------------------------------------


def _places(tree: ast.Module) -> Iterator[_Place]:
    yield from _within(tree, scope="", in_function=False, at_import=True)


def _within(node: ast.AST, *, scope: str, in_function: bool, at_import: bool) -> Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if _is_silent_field(node, field):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_silent(child, node, index):
                continue
            place = index if isinstance(value, list) else None
            yield _Place(child, node, field, place, scope, in_function, at_import)
            inner, inside = _inner(child, scope, in_function)
            # a default is worked out where its function is defined, not where it runs
            runs = isinstance(node, _FUNCTIONS) and field == "body"
            yield from _within(
                child, scope=inner, in_function=inside, at_import=at_import and not runs
            )


def _inner(node: ast.AST, scope: str, in_function: bool) -> tuple[str, bool]:
    if not isinstance(node, _SCOPES):
        return scope, in_function
    name = f"{scope}.{node.name}" if scope else node.name
    if isinstance(node, _FUNCTIONS):
        return f"{name}.<locals>", True
    return name, in_function


def _is_silent_field(node: ast.AST, field: str) -> bool:
    """Say whether a field runs at import of a function, or is read by people and types only."""
    if field in ("annotation", "returns", "type_comment", "decorator_list", "bases", "keywords"):
        return field != "keywords" or isinstance(node, ast.ClassDef)
    return isinstance(node, ast.Raise) or field in ("ctx", "type_params", "format_spec", "msg")


def _is_silent(child: ast.AST, parent: ast.AST, index: int) -> bool:
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
        return True
    if isinstance(child, _FUNCTIONS) and child.name in ("__repr__", "_repr_html_"):
        return True
    if isinstance(child, ast.Call) and _called(child) in _SILENT_CALLS:
        return True
    if isinstance(child, ast.Subscript) and ast.unparse(child.value) == "Literal":
        return True  # a type: the values stand elsewhere once more
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Call):
        return _called(child.value) in _QUICKENING
    if isinstance(child, ast.keyword) and child.arg == "strict":
        # what is zipped is of one length, or it is an error of ours
        return isinstance(parent, ast.Call) and _called(parent) == "zip"
    return isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__"


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


# what may stand in a node's place
# ------------------------------------------------------------------------------------------


def _variants(place: _Place) -> list[tuple[str, ast.AST]]:
    node = place.node
    if isinstance(node, ast.Compare):
        return list(_of_comparison(node))
    if isinstance(node, ast.BoolOp):
        return list(_of_bool(node))
    if isinstance(node, ast.UnaryOp):
        return _of_unary(node)
    if isinstance(node, ast.BinOp):
        return _of_arithmetic(node)
    if isinstance(node, ast.Constant):
        return list(_of_constant(node, place.parent))
    if isinstance(node, ast.Call):
        return list(_of_call(node))
    if isinstance(node, ast.IfExp):
        return _of_branches(node)
    if isinstance(node, ast.If):
        return _of_condition(node)
    if isinstance(node, ast.Return):
        return list(_of_return(node))
    if isinstance(node, ast.stmt) and place.in_function:
        return _of_statement(node)
    return []


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for i, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
            near = {type(op).__name__, other.__name__} in ({"Lt", "LtE"}, {"Gt", "GtE"})
            yield "boundary" if near else "comparison", _changed(node, ops=ops)


def _of_bool(node: ast.BoolOp) -> Iterator[tuple[str, ast.AST]]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", _changed(node, op=other)
    for i in range(len(node.values)):
        kept = [*node.values[:i], *node.values[i + 1 :]]
        left = kept[0] if len(kept) == 1 else _changed(node, values=kept)
        yield "condition dropped", copy.deepcopy(left)


def _of_unary(node: ast.UnaryOp) -> list[tuple[str, ast.AST]]:
    name = {ast.Not: "not", ast.USub: "sign", ast.Invert: "not"}.get(type(node.op))
    return [(name, copy.deepcopy(node.operand))] if name else []


def _of_arithmetic(node: ast.BinOp) -> list[tuple[str, ast.AST]]:
    texts = (ast.JoinedStr, ast.List, ast.Tuple)
    for part in (node.left, node.right):
        is_text = isinstance(part, ast.Constant) and isinstance(part.value, str)
        if is_text or isinstance(part, texts):
            return []
    other = _ARITHMETIC.get(type(node.op))
    return [("arithmetic", _changed(node, op=other()))] if other else []


def _of_constant(node: ast.Constant, parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value * 2 if value else 1.0)
    elif isinstance(value, str) and _CODE.fullmatch(value) and isinstance(parent, _DECIDING):
        yield "text", ast.Constant(f"{value}_")


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    func = node.func
    if isinstance(func, ast.Name) and func.id in _SWAPPED_NAMES:
        yield "any/all, min/max", _changed(node, func=ast.Name(_SWAPPED_NAMES[func.id], ast.Load()))
    if isinstance(func, ast.Attribute) and func.attr in _SWAPPED_NAMES:
        other = _changed(func, attr=_SWAPPED_NAMES[func.attr])
        yield "any/all, min/max", _changed(node, func=other)
    plain = not any(isinstance(a, (ast.Starred, ast.Constant)) for a in node.args)
    if (
        len(node.args) >= 2
        and plain
        and _called(node) not in {"isinstance", "getattr", *_SWAPPED_NAMES, *_SYMMETRIC}
    ):
        first, second, *rest = node.args
        if ast.dump(first) != ast.dump(second):
            yield "swapped arguments", _changed(node, args=[second, first, *rest])


def _of_branches(node: ast.IfExp) -> list[tuple[str, ast.AST]]:
    if isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
        return []  # its test is changed itself
    return [("swapped branches", _changed(node, body=node.orelse, orelse=node.body))]


def _of_condition(node: ast.If) -> list[tuple[str, ast.AST]]:
    if isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
        return []
    return [("not", _changed(node, test=ast.UnaryOp(ast.Not(), node.test)))]


def _of_return(node: ast.Return) -> Iterator[tuple[str, ast.AST]]:
    if node.value is None or isinstance(node.value, ast.Constant):
        return
    yield "returned constant", ast.Return(ast.Constant(None))
    if isinstance(node.value, (ast.Compare, ast.BoolOp)):
        yield "returned constant", ast.Return(ast.Constant(True))


def _of_statement(node: ast.stmt) -> list[tuple[str, ast.AST]]:
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    steps = isinstance(node, (ast.AugAssign, ast.Continue, ast.Break, ast.Raise))
    stores = isinstance(node, ast.Assign) and isinstance(
        node.targets[0], (ast.Attribute, ast.Subscript)
    )
    return [("removed statement", ast.Pass())] if calls or steps or stores else []


def described(mutants: Sequence[Mutant]) -> str:
    """Count mutants by operator, in words."""
    counts = Counter(m.operator for m in mutants)
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts))
