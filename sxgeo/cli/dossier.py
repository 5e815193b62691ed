"""The command `sxgeo dossier`: the set of documents that is filed for some plots."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..analysis.conflicts.replay import asked_of, is_report
from ..dossier.build import build_dossier, refuse_inside, refuse_target
from ..dossier.outline import template_key, template_lines
from ..errors import UsageError
from ..sites.read import site_problems
from .given import parts_of, workspace_of
from .plots import plots_of
from .terminal import complain, emit, inputs_of, no_collection, pairs, remark

if TYPE_CHECKING:
    from ..analysis.conflicts.replay import Asked
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
    asked = _answered(args)
    sites, unread = (asked.sites, []) if asked else plots_of(args)
    for problem in unread:
        complain(problem)
    if not sites.sites:
        return 3
    made = _build(args, sites, template, asked)
    made.save(args.target)

    _tell(made, args, sites)
    return 3 if unread else 0


def _build(
    args: argparse.Namespace,
    sites: Sites,
    template: str,
    asked: Asked | None,
) -> Dossier:
    """Build the documents; what was asked before holds where nothing else is typed."""
    with no_collection():
        return build_dossier(
            sites,
            workspace=workspace_of(args),
            template=template,
            plots=_plots(args.plots),
            project_type=args.project_type or (asked.project_type if asked else None),
            project_attributes=_attributes(args, asked),
            as_of=args.as_of or (asked.as_of if asked else None),
        )


def _check_options(args: argparse.Namespace) -> None:
    if not args.sites and not args.at:
        raise UsageError("no site given: name a file or --at LON,LAT")
    if args.target is None:
        raise UsageError("a dossier needs -o FOLDER, or -o FILE.zip")


def _answered(args: argparse.Namespace) -> Asked | None:
    """Return what the one file that is named was asked, where it is an answer; None where it is a
    file of plots.
    """
    if len(args.sites) != 1 or args.at or not is_report(args.sites[0]):
        return None
    asked = asked_of(args.sites[0])

    # how a file is read was said when it was read, and stands in its answer
    if args.assume or args.strict or args.site_accuracy_m is not None:
        raise UsageError(
            f"'{args.sites[0]}' is an answer, whose plots are taken as they were read: --assume,"
            " --strict and --site-accuracy-m go with the file of plots"
        )
    if asked.layers and args.workspace is None:
        raise UsageError(
            f"'{args.sites[0]}' was asked with layers of your own ({', '.join(asked.layers)});"
            " name their workspace: --workspace FILE"
        )
    if asked.classes is not None:
        remark(
            f"原答案只判定了{len(asked.classes)}类，成果写全部各类 the answer was limited to"
            f" {len(asked.classes)} class(es), the dossier tells of all"
        )
    return asked


def _attributes(args: argparse.Namespace, asked: Asked | None) -> dict[str, Any]:
    """Return what is said of the project: what is typed, and what the answer was told beside it."""
    said = pairs(args.project_attr, "--project-attr")
    before = asked.project_attributes if asked else {}

    # the document of an attribute goes with what it said
    kept = {key: value for key, value in before.items() if key.removesuffix("_source") not in said}
    return {**kept, **said}


def _tell(
    made: Dossier,
    args: argparse.Namespace,
    sites: Sites,
) -> None:
    """Say what was written, and what is still to be filled in."""
    # what is missing or wrong is told beside the documents, which hold it too
    for text in made.remarks:
        remark(text)
    if problems := site_problems(sites):
        complain(problems)
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
    return None if text is None else parts_of(text)
