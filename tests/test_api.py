"""The public names and their signatures are what tests/api.json holds: nothing changes unseen
(docs/api_policy.md).
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import sxgeo
from sxgeo.accessors import LOCATED_COLUMNS, SxgeoAccessor
from sxgeo.cli.parser import build_parser
from sxgeo.reports.report import FORMATS, FRAME_COLUMNS

HELD = Path(__file__).with_name("api.json")


def signature_of(function: Any) -> list[str]:
    """Names and defaults, by kind; what is written of types may grow without a word."""
    return [
        f"{p.name}{'' if p.default is p.empty else '=' + shown(p.default)} ({p.kind.description})"
        for p in inspect.signature(function).parameters.values()
    ]


def shown(default: Any) -> str:
    return default.__name__ if callable(default) else repr(default)


def members_of(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in inspect.getmembers(kind):
        if name.startswith("_"):
            continue
        if inspect.isfunction(member) or inspect.ismethod(member):
            found[name] = signature_of(member)
        elif dataclasses.is_dataclass(kind) or isinstance(member, property):
            found[name] = "attribute"
    if dataclasses.is_dataclass(kind):
        found |= {f.name: "attribute" for f in dataclasses.fields(kind)}
    return dict(sorted(found.items()))


def commands(parser: Any) -> dict[str, list[str]]:
    found = {parser.prog: sorted({o for a in parser._actions for o in a.option_strings})}
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for below in action.choices.values():
                if hasattr(below, "_actions"):
                    found |= commands(below)
    return found


def api() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name in sxgeo.__all__:
        thing = getattr(sxgeo, name)
        if inspect.isclass(thing):
            public = {} if issubclass(thing, Exception) else members_of(thing)
            names[name] = public or f"error, exit code {thing.exit_code}"
        else:
            names[name] = signature_of(thing) if callable(thing) else "value"
    return {
        "names": names,
        "frame.sx": members_of(SxgeoAccessor),
        "columns": {
            "report.to_frame": list(FRAME_COLUMNS),
            "frame.sx.locate": list(LOCATED_COLUMNS),
        },
        "formats": list(FORMATS),
        "commands": commands(build_parser()),
    }


def test_the_public_api_is_the_one_that_is_held() -> None:
    now = json.loads(json.dumps(api()))
    held = json.loads(HELD.read_text(encoding="utf-8"))
    for command, options in now["commands"].items():  # an option more breaks nobody
        options[:] = [o for o in options if o in held["commands"].get(command, options)]
    now["commands"] = {c: o for c, o in now["commands"].items() if c in held["commands"]}
    changed = sorted(
        f"{part}: {name}"
        for part in held
        if isinstance(held[part], dict)
        for name in held[part].keys() | now[part].keys()
        if held[part].get(name) != now[part].get(name)
    )
    assert changed == [], "run `python tests/test_api.py`, and tell the change in CHANGELOG.md"
    assert now == held


if __name__ == "__main__":
    HELD.write_text(
        json.dumps(api(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
