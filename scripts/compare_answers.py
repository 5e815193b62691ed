"""Write down what the program answers today, byte for byte, and compare two such baselines.

``python scripts/compare_answers.py write FOLDER`` asks `check` in all formats about the case file
and the examples, and `reach`, `map`, `zones`, `layers`, `rules`, `indicators`, `inspect`, `replay`
and `diff`, and keeps what each printed, wrote and returned. ``python scripts/compare_answers.py
compare OLD NEW`` lists the differences one by one and returns 1 where there are any. Only the
command line is used, so that a baseline of one layout of the package can be compared with that of
another.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ("text", "json", "geojson", "gpkg", "xlsx", "docx", "html")
ALL_FORMATS_EVERY = 6
"""Of the cases that the command line can tell every so many-th is answered in all formats, the
others as JSON.
"""
HOME = "112.5489,37.8706"
STATION = "112.7346,38.4163"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Question:
    """One call of the command line: its name, its arguments, and the file that it writes, if any."""

    name: str
    args: tuple[str, ...]
    output: str | None = None


def questions(root: Path, folder: Path) -> Iterator[Question]:
    """Yield the questions; their files are put into `folder`, which is where they are asked."""
    shutil.copytree(root / "examples", folder / "examples")
    yield from _about_examples(folder)
    yield from _about_cases(root, folder)
    yield from _lists()
    yield from _reach()
    yield from _maps()


def _check(name: str, args: Sequence[str], formats: Sequence[str] = FORMATS) -> Iterator[Question]:
    for kind in formats:
        output = f"{name}.{kind}"
        yield Question(
            f"check-{name}-{kind}", ("check", *args, "--format", kind, "-o", output), output
        )


def _about_examples(folder: Path) -> Iterator[Question]:
    sites = sorted(path.name for path in (folder / "examples/sites").iterdir())
    for name in sites:
        path = f"examples/sites/{name}"
        yield from _check(name, (path,))
        yield Question(f"check-{name}-printed", ("check", path))
        for kind in ("text", "json"):
            yield Question(f"inspect-{name}-{kind}", ("inspect", path, "--format", kind))
        yield Question(
            f"check-{name}-industrial",
            ("check", path, "--project-type", "industrial", "--format", "json"),
        )
    every = [f"examples/sites/{name}" for name in sites]
    yield from _check("together", every)
    for kind in ("text", "json"):
        yield Question(f"batch-{kind}", ("check", *every, "--batch", "--format", kind))
    yield from _check(
        "shifted",
        ("examples/sites/near_resources.geojson", "--suggest-shift", "3000"),
        ("docx", "html"),
    )
    workspace = ("--workspace", "examples/yangqu/sxgeo.toml", "--project-type", "residential")
    for name in ("apart", "in_belt", "in_scope"):
        path = f"examples/yangqu/{name}.geojson"
        opinion = ("--override", "examples/yangqu/override.toml") if name == "in_scope" else ()
        yield from _check(name, (path, *workspace, *opinion))
        yield Question(f"replay-{name}", ("replay", f"{name}.json", "--folder", "examples/yangqu"))
    yield from _check("point", ("--at", "112.7,38.1", "--as-of", "2024-05-01"), ("text", "json"))
    yield Question("diff", ("diff", "apart.json", "in_scope.json"))
    yield Question("replay-together", ("replay", "together.json", "--folder", "examples/sites"))
    yield Question("refused", ("check", "examples/none.geojson"))


def _about_cases(root: Path, folder: Path) -> Iterator[Question]:
    (path,) = root.glob("tests/**/cases/screening.json")
    told = 0
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        name = case["id"]
        args = _written(case, folder, f"cases/{name}")
        everything = case["cli"] and told % ALL_FORMATS_EVERY == 0
        told += case["cli"]
        yield from _check(name, args, FORMATS if everything else ("json",))
        if everything:
            yield Question(
                f"replay-{name}", ("replay", f"{name}.json", "--folder", f"cases/{name}")
            )


def _written(case: dict[str, Any], root: Path, folder: str) -> list[str]:
    """Write a case as files of a user; return the arguments of `check`."""
    (root / folder).mkdir(parents=True)
    lines = []
    for number, layer in enumerate(case["layers"]):
        _write_features(root / folder / f"layer{number}.geojson", layer["features"])
        lines += [
            "[[layer]]",
            f'class = "{layer["resource_class"]}"',
            f'file = "layer{number}.geojson"',
            'mode = "replace"',
            f"complete_in = {json.dumps(layer['complete_in'])}",
            *(['complete_document = "case"'] if layer["complete_in"] else []),
        ]
    _write_features(root / folder / "site.geojson", [case["site"]])
    (root / folder / "sxgeo.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kind = case["project"].get("type")
    classes = ",".join(layer["resource_class"] for layer in case["layers"])
    return [
        *(f"{folder}/site.geojson", "--workspace", f"{folder}/sxgeo.toml"),
        *("--class", classes, "--as-of", case["as_of"]),
        *(["--project-type", kind] if kind else []),
    ]


def _write_features(path: Path, features: list[Any]) -> None:
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _lists() -> Iterator[Question]:
    for name in ("zones", "layers", "rules", "indicators"):
        for kind in ("text", "json"):
            yield Question(f"{name}-{kind}", (name, "--format", kind))
    yield Question(
        "rules-heritage", ("rules", "--class", "heritage_sites", "--as-of", "2024-05-01")
    )
    yield Question(
        "rules-industrial", ("rules", "--project-type", "industrial", "--format", "json")
    )
    yield Question(
        "indicators-taixin", ("indicators", "taixin", "--as-of", "2024-05-01", "--format", "json")
    )
    yield Question("template", ("layers", "template", "heritage_sites", "-o", "template.gpkg"))
    yield Question("verify", ("verify",))


def _reach() -> Iterator[Question]:
    for name, args in {
        "road": ("--minutes", "15,30,60"),
        "band": ("--minutes", "30", "--band", "--by", "road+rail"),
        "edges": ("--minutes", "15", "--shape", "edges", "--reverse"),
        "hull": ("--minutes", "15", "--shape", "hull"),
        "walk": ("--minutes", "15,30", "--by", "walk"),
        "ways": ("--to", STATION),
        "compared": ("--minutes", "30", "--compare", "2030-01-01", "--by", "road+rail"),
    }.items():
        yield Question(f"reach-{name}", ("reach", HOME, *args))
    output = "reach.gpkg"
    yield Question(
        "reach-gpkg", ("reach", HOME, "--minutes", "15", "--format", "gpkg", "-o", output), output
    )


def _maps() -> Iterator[Question]:
    yield Question("map-page", ("map", "taixin", "-o", "map.html"), "map.html")
    yield Question("map-figure", ("map", "taixin", "-o", "map.svg"), "map.svg")
    args = (
        "map",
        "taixin",
        "--workspace",
        "examples/yangqu/sxgeo.toml",
        "--embed-user-layers",
        "-o",
        "own.html",
    )
    yield Question("map-own", args, "own.html")


def write(folder: Path, root: Path = ROOT) -> int:
    """Ask everything and keep the answers in `folder`; return how many there are."""
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"'{folder}' is not empty: name a new folder")
    sys.path.insert(0, str(root))
    from sxgeo.cli import main

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, dict[str, Any]] = {}
    # the same width and letters wherever this runs
    os.environ |= {"COLUMNS": "100", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as work:
        before = Path.cwd()
        os.chdir(work)
        try:
            for question in questions(root, Path(work)):
                index[question.name] = _asked(question, main, folder)
        finally:
            os.chdir(before)
    (folder / "index.json").write_text(
        json.dumps(index, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    return len(index)


def _asked(question: Question, main: Any, folder: Path) -> dict[str, Any]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(question.args))
        except SystemExit as told:  # argparse says wrong usage so
            code = told.code
    kept = {"out": out.getvalue().encode("utf-8"), "err": err.getvalue().encode("utf-8")}
    if question.output is not None and Path(question.output).is_file():
        kept["file"] = Path(question.output).read_bytes()
    entry: dict[str, Any] = {"args": list(question.args), "code": code}
    for part, content in kept.items():
        if content:
            (folder / f"{question.name}.{part}").write_bytes(content)
            entry[part] = hashlib.sha256(content).hexdigest()
    return entry


def compare(old: Path, new: Path) -> list[str]:
    """Return the differences of two baselines, a line or a few each."""
    was, now = (
        json.loads((folder / "index.json").read_text(encoding="utf-8")) for folder in (old, new)
    )
    found = [f"{name}: only in {old.name}" for name in sorted(set(was) - set(now))]
    found += [f"{name}: only in {new.name}" for name in sorted(set(now) - set(was))]
    for name in sorted(set(was) & set(now)):
        for key in ("args", "code"):
            if was[name][key] != now[name][key]:
                found.append(f"{name}: {key} was {was[name][key]}, is {now[name][key]}")
        for part in ("out", "err", "file"):
            if was[name].get(part) != now[name].get(part):
                before, after = (_content(folder / f"{name}.{part}") for folder in (old, new))
                found += [f"{name}: {part}: {line}" for line in _told(before, after)]
    return found


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _told(before: bytes, after: bytes) -> list[str]:
    """Say in a few lines how two contents differ."""
    if not before or not after:
        return [f"{len(before)} bytes became {len(after)}"]
    if zipfile.is_zipfile(io.BytesIO(before)) and zipfile.is_zipfile(io.BytesIO(after)):
        return _members(before, after)
    try:
        was, now = before.decode("utf-8"), after.decode("utf-8")
    except UnicodeDecodeError:
        return [f"other bytes ({len(before)} and {len(after)})"]
    with contextlib.suppress(ValueError):
        return _limited(list(_values(json.loads(was), json.loads(now), "$")))
    lines = list(difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=0))
    return _limited(
        [line[:200] for line in lines[2:] if not line.startswith("@@")] or ["line ends differ"]
    )


def _members(before: bytes, after: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(before)) as was, zipfile.ZipFile(io.BytesIO(after)) as now:
        names = sorted({*was.namelist(), *now.namelist()})
        found = []
        for name in names:
            one, other = (z.read(name) if name in z.namelist() else b"" for z in (was, now))
            if one != other:
                found.append(f"{name}: {len(one)} bytes became {len(other)}, other content")
    return _limited(found or ["the archive itself: same members, other order or dates"])


def _values(was: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in [*was, *(k for k in now if k not in was)]:
            if key not in now:
                yield f"{path}.{key} is gone (was {_brief(was[key])})"
            elif key not in was:
                yield f"{path}.{key} is new ({_brief(now[key])})"
            else:
                yield from _values(was[key], now[key], f"{path}.{key}")
        if list(was) != list(now) and set(was) == set(now):
            yield f"{path}: other order of keys"
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield f"{path}: {len(was)} entries became {len(now)}"
        for number, (one, other) in enumerate(zip(was, now, strict=False)):
            yield from _values(one, other, f"{path}[{number}]")
    elif was != now or type(was) is not type(now):
        yield f"{path} was {_brief(was)}, is {_brief(now)}"


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _limited(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return (
        [*lines[:_SHOWN], f"and {more} more"]
        if more > 0
        else lines or ["the same values, written otherwise"]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Write a baseline, or compare two."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    actions = parser.add_subparsers(dest="action", required=True)
    sub = actions.add_parser("write", help="ask everything, keep the answers")
    sub.add_argument("folder", type=Path)
    sub.add_argument(
        "--root",
        type=Path,
        default=ROOT,
        metavar="CHECKOUT",
        help="whose package, examples and cases",
    )
    sub = actions.add_parser("compare", help="list the differences of two baselines")
    sub.add_argument("old", type=Path)
    sub.add_argument("new", type=Path)
    args = parser.parse_args(argv)
    if args.action == "write":
        print(f"{write(args.folder, args.root.resolve())} answers in {args.folder}")
        return 0
    found = compare(args.old, args.new)
    print("\n".join(found) if found else "no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
