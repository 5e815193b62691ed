"""The command `sxgeo dossier`: the set of documents that is filed for some plots."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..dossier.build import build_dossier, refuse_inside, refuse_target
from ..dossier.outline import template_key, template_lines
from ..errors import UsageError
from ..sites.read import parse_place, read_some, site_problems
from .given import workspace_of
from .terminal import complain, emit, inputs_of, no_collection, pairs, remark

if TYPE_CHECKING:
    from ..dossier.build import Dossier
    from ..model.sites import Sites


def dossier(args: argparse.Namespace) -> int:
    """Write a dossier; return 0, or 3 where a file could not be read."""
    if args.template == "help":
        emit("\n".join(template_lines()) + "\n", None)
        return 0
    _check_options(args)
    template = template_key(args.template)
    refuse_target(args.target)
    refuse_inside(args.target, inputs_of(args))
    sites, unread = read_some(
        args.sites,
        at=[parse_place(text) for text in args.at],
        site_accuracy_m=args.site_accuracy_m,
        assume=pairs(args.assume, "--assume"),
        strict=args.strict,
    )
    for problem in unread:
        complain(problem)
    if not sites.sites:
        return 3
    made = _made(sites, template, args)
    made.save(args.target)

    # what is missing or wrong is told beside the documents, which hold it too
    for text in made.remarks:
        remark(text)
    if problems := site_problems(sites):
        complain(problems)
    _tell(made, args)
    return 3 if unread else 0


def _check_options(args: argparse.Namespace) -> None:
    if not args.sites and not args.at:
        raise UsageError("no site given: name a file or --at LON,LAT")
    if args.target is None:
        raise UsageError("a dossier needs -o FOLDER, or -o FILE.zip")


def _made(sites: Sites, template: str, args: argparse.Namespace) -> Dossier:
    with no_collection():
        return build_dossier(
            sites,
            workspace=workspace_of(args),
            template=template,
            plots=_plots(args.plots),
            project_type=args.project_type,
            project_attributes=pairs(args.project_attr, "--project-attr"),
            as_of=args.as_of,
        )


def _tell(made: Dossier, args: argparse.Namespace) -> None:
    """Say what was written, and what is still to be filled in."""
    files, blanks = made.files, made.blanks
    lines = [f"写出 wrote {args.target}: {len(files)} 个文件", *(f"  {name}" for name in files)]
    if blanks:
        # what nobody said is listed with who knows it and the key that fills it
        lines.append(f"待填 to be filled in: {len(blanks)} 项")
        lines += [
            f"  {what}（{who}）" + (f"  [project] {key}" if key else "")
            for _, what, who, key in blanks
        ]
    emit("\n".join(lines) + "\n", None)


def _plots(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
