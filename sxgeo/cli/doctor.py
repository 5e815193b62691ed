"""The command `sxgeo doctor`: look at this installation, or fetch the wheels for a PC without a
network.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ..errors import DataError, UsageError
from .doctor_report import examination_text, examine, fetch_wheels
from .terminal import dump, emit, remark


def doctor(args: argparse.Namespace) -> int:
    """Answer `sxgeo doctor`; return the exit code."""
    if args.wheelhouse is not None:
        return _wheelhouse(args)
    options = ("platform", "python", "extras", "source")
    given = [f"--{name}" for name in options if vars(args)[name] is not None]
    if given:
        raise UsageError(f"{', '.join(given)}: for a wheelhouse, add --wheelhouse DIR")
    found = examine(args.workspace)
    if args.format == "json":
        dump([asdict(one) for one in found])
    else:
        emit(examination_text(found), None)
    return DataError.exit_code if any(one.state == "broken" for one in found) else 0


def _wheelhouse(args: argparse.Namespace) -> int:
    """Fetch wheels for a PC without a network, and say what to do with them there."""
    extras: tuple[str, ...] = ("intake", "office", "plot")
    if args.extras is not None:
        extras = tuple(e for e in args.extras.split(",") if e)
    names = fetch_wheels(
        args.wheelhouse,
        extras=extras,
        system=args.platform,
        python=args.python,
        source=args.source,
    )
    emit("".join(f"{name}\n" for name in names), None)
    own = any(name.startswith("sxgeo-") for name in names)
    remark(
        f"{len(names)} 个安装包 wheels in"
        f" {args.wheelhouse}{'' if own else '；没有 sxgeo 自己的，拷入它的 .whl（--source）'}"
    )
    remark(
        f"离线电脑 on the other PC: pip install --no-index --find-links {args.wheelhouse.name}"
        f" 'sxgeo[{','.join(extras)}]'"
    )
    return 0
