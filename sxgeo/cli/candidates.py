"""The command `sxgeo candidates`: read the options, call the library, write what it gives."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.candidates.find import answer, posed
from ..analysis.candidates.ranking import checked_order
from ..analysis.candidates.request import Wish
from ..analysis.candidates.why import why_not_here
from ..errors import UsageError, listed
from ..files.writing import refuse_inputs
from ..sites.read import parse_lonlat
from .given import layers_of, parts_of
from .terminal import emit, pairs, remark

if TYPE_CHECKING:
    from ..analysis.candidates.answer import Candidates
    from ..analysis.candidates.world import World

_NEED_FILE = ("gpkg", "html", "docx")
_MODES = ("road", "walk", "rail", "road+rail")


def candidates(args: argparse.Namespace) -> int:
    """Answer `sxgeo candidates`; return the exit code."""
    if args.format is None:
        suffix = "" if args.output is None else args.output.suffix.lower().removeprefix(".")
        args.format = suffix if suffix in _NEED_FILE else "geojson"
    distances = _distances(args)
    refuse_inputs(args.output, _files(args, distances))

    # an order that cannot be had is told before the search, which may take minutes
    order = checked_order(_ranking(args.rank_by))
    world = posed(_wish(args, distances))
    for text in world.remarks:
        remark(text)
    if args.why_not:
        return _why_not(world, args)
    _write(answer(world, order), args)
    return 0


@dataclass(frozen=True, slots=True)
class _Distances:
    """What the land must be near to and far from, in minutes and in metres."""

    within: list[tuple[Any, float, str]]
    away: list[tuple[str, float]]
    near: list[tuple[str, float]]


def _distances(args: argparse.Namespace) -> _Distances:
    """Read what was typed as distances; refuse all that cannot be used at once."""
    wrong: list[str] = []
    distances = _Distances(
        within=[_within(text, wrong) for text in args.within],
        away=[_at_distance("--away", text, wrong) for text in args.away],
        near=[_at_distance("--near", text, wrong) for text in args.near],
    )
    if args.format in _NEED_FILE and args.output is None:
        wrong.append(f"--format {args.format} needs -o FILE")
    if wrong:
        raise UsageError(listed("the options cannot be used:", wrong))
    return distances


def _files(args: argparse.Namespace, distances: _Distances) -> list[tuple[str, str | Path]]:
    """Name the files that are read: whatever names a file that is there is an input, and must not
    be written over.
    """
    by_metres = (*distances.away, *distances.near)
    named = [
        args.zone,
        args.land_layer,
        *args.inside,
        *(name for name, _ in by_metres),
        *(place for place, _, _ in distances.within),
    ]
    texts = [name for name in named if isinstance(name, (str, Path))]
    return [("input file", name) for name in texts if Path(name).is_file()]


def _wish(args: argparse.Namespace, distances: _Distances) -> Wish:
    return Wish(
        args.zone,
        within=distances.within,
        clear_of=_listed(args.clear_of),
        inside=args.inside,
        away=distances.away,
        near=distances.near,
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


def _listed(text: str | None) -> list[str]:
    return [] if text is None else parts_of(text)


def _within(text: str, wrong: list[str]) -> tuple[Any, float, str]:
    """Read LON,LAT:MINUTES[:MODE] or FILE:MINUTES[:MODE]."""
    head, _, last = text.rpartition(":")
    mode = "road"

    # read from behind: a path of Windows has a colon of its own
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

    # two numbers are a place; a file may have a comma in its name
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

    # one number makes weights of all of them; names alone are an order
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

    # a place that nothing excludes is no answer yet: it may be too small, or too narrow
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
