"""The command `sxgeo candidates`: read the options, call the library, write what it gives."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.candidates.find import answer, posed
from ..analysis.candidates.ranking import checked_order
from ..analysis.candidates.request import Wish
from ..analysis.candidates.why import why_not_here
from ..errors import UsageError, listed
from ..files.writing import refuse_inputs
from ..sites.read import parse_lonlat
from .given import layers_of
from .terminal import emit, pairs, remark

if TYPE_CHECKING:
    from ..analysis.candidates.answer import Candidates
    from ..analysis.candidates.world import World

_NEED_FILE = ("gpkg", "html", "docx")
_MODES = ("road", "walk", "rail", "road+rail")


def candidates(args: argparse.Namespace) -> int:
    """Answer `sxgeo candidates`; return the exit code."""
    wrong: list[str] = []
    if args.format is None:
        suffix = "" if args.output is None else args.output.suffix.lower().removeprefix(".")
        args.format = suffix if suffix in _NEED_FILE else "geojson"
    within = [_within(text, wrong) for text in args.within]
    away = [_at_distance("--away", text, wrong) for text in args.away]
    near = [_at_distance("--near", text, wrong) for text in args.near]
    if args.format in _NEED_FILE and args.output is None:
        wrong.append(f"--format {args.format} needs -o FILE")
    if wrong:
        raise UsageError(listed("the options cannot be used:", wrong))

    # whatever names a file that is there is an input, and must not be written over
    named = [args.zone, args.land_layer, *args.inside, *(n for n, _ in (*away, *near))]
    named += [w[0] for w in within]
    files = [("input file", n) for n in named if isinstance(n, (str, Path)) and Path(n).is_file()]
    refuse_inputs(args.output, files)
    order = checked_order(_ranking(args.rank_by))
    wish = Wish(
        args.zone,
        within=within,
        clear_of=_listed(args.clear_of),
        inside=args.inside,
        away=away,
        near=near,
        min_area_ha=args.min_area_ha,
        min_width_m=args.min_width_m,
        max_slope_pct=args.max_slope_pct,
        dem=args.dem,
        land_use=_listed(args.land_use),
        land_layer=args.land_layer,
        land_field=args.land_field,
        project_type=args.project_type,
        project_attributes=pairs(args.project_attr, "--project-attr"),
        as_of=args.as_of,
        layers=layers_of(args.layer),
        workspace=args.workspace,
        network=args.network,
        site_accuracy_m=args.site_accuracy_m,
        rank_by=_ranking(args.rank_by),
    )
    world = posed(wish)
    for text in world.remarks:
        remark(text)
    if args.why_not:
        return _why_not(world, args)
    _write(answer(world, order), args)
    return 0


def _listed(text: str | None) -> list[str]:
    return [] if text is None else [c.strip() for c in text.split(",") if c.strip()]


def _within(text: str, wrong: list[str]) -> tuple[Any, float, str]:
    """Read LON,LAT:MINUTES[:MODE] or FILE:MINUTES[:MODE]."""
    head, _, last = text.rpartition(":")
    mode = "road"
    if last in _MODES:
        mode = last
        head, _, last = head.rpartition(":")
    minutes = _number(last)
    if not head or minutes is None:
        wrong.append(
            f"--within '{text}' is not of the form LON,LAT:MINUTES[:{'|'.join(_MODES)}] or"
            " FILE:MINUTES[:MODE]"
        )
        return "", 1.0, mode
    lonlat = [_number(part) for part in head.split(",")]
    if len(lonlat) == 2 and None not in lonlat:
        return (lonlat[0], lonlat[1]), minutes, mode
    return head, minutes, mode


def _at_distance(
    option: str,
    text: str,
    wrong: list[str],
) -> tuple[str, float]:
    layer, _, last = text.rpartition(":")
    metres = _number(last)
    if not layer or metres is None:
        wrong.append(f"{option} '{text}' is not of the form LAYER:METRES")
        return "", 0.0
    return layer, metres


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _ranking(text: str) -> Any:
    """Read criteria in their order, or weights as NAME=NUMBER."""
    parts = _listed(text)
    if not any("=" in part for part in parts):
        return parts
    weights = pairs(parts, "--rank-by")
    wrong = [f"{name}={value}" for name, value in weights.items() if _number(value) is None]
    if wrong:
        raise UsageError(f"--rank-by: {', '.join(wrong)} is no weight; give NAME=NUMBER,...")
    return {name: float(value) for name, value in weights.items()}


def _write(found: Candidates, args: argparse.Namespace) -> None:
    if args.format == "geojson":
        emit(found.to_geojson(), args.output)
        return
    if args.format == "gpkg":
        found.to_gpkg(args.output)
    elif args.format == "docx":
        found.to_docx(args.output)
    else:
        _map(found).save(args.output)
    remark(f"wrote {args.output}")


def _map(found: Candidates) -> Any:
    """Draw candidates and the maps of land on the map of the zone, else of a zone that the first of
    them lies in, with what is reached in time.
    """
    from .page import page_of  # folium: only a page needs it

    point = found.frame.geometry.iloc[0].representative_point()
    asked, places = found.world.area.zone_id or "", [("candidate", point.x, point.y)]
    drawn = {
        "report": found.report(),
        "areas": found.reached(),
        "land": found.maps,
    }
    return page_of(asked, places, **drawn)[0]


def _which(row: Any) -> str:
    """Name the record and the rule of a constraint, where it is that of one."""
    return f" {row.name_zh} {row.rule_id or ''}" if isinstance(row.name_zh, str) else ""


def _why_not(world: World, args: argparse.Namespace) -> int:
    rows = why_not_here(world, parse_lonlat(args.why_not))
    if rows.empty:
        emit("此处未被排除 nothing excludes this place\n", args.output)
        return 0
    lines = [
        f"{row.order}. {row.words}（{'确定排除' if row.grade == 'not' else '存疑'}）"
        f"{_which(row)}：{row.relaxation}"
        for row in rows.itertuples()
    ]
    emit("\n".join(lines) + "\n", args.output)
    return 0
