"""sxgeo map: pages and figures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..boundaries.zone_table import find_zone, list_zones
from ..errors import UsageError
from ..files.writing import write_text
from ..layers.layers import load_layers
from ..maps import NO_CHECK, build_map, index_page, plot_map
from ..maps.plot.sheet import SUFFIXES as FIGURE_SUFFIXES
from ..reports.secrecy import open_layers
from ..workspace.boundaries import load_zone
from ..workspace.file import plug_in, read_workspace
from .terminal import progress, remark

if TYPE_CHECKING:
    from ..boundaries.zones import Zone
    from ..layers.layers import Layer

PAGE_SUFFIXES = (".html", ".htm")


def run_map(args: argparse.Namespace) -> int:
    static = _is_figure(args.output)
    _check_options(args, static=static)
    if args.all:
        return _map_all(args.workspace, list_zones()["zone_id"].tolist())

    # beside --all a size is passed over, for --all draws no figure
    if args.size and not static:
        raise UsageError(
            f"--size is for a static figure: give -o FILE that ends in {', '.join(FIGURE_SUFFIXES)}"
        )
    zone_id = find_zone(args.zone or "taixin")
    target = args.output or Path("maps") / f"{zone_id}.html"

    # a user's layers go into the page only when that is said outright
    layers = _with_users_layers(args.workspace) if args.embed_user_layers else None
    zone = load_zone(zone_id, workspace=args.workspace)
    draw = _save_figure if static else _save_page
    draw(args, zone, layers, target)
    print(target)
    return 0


def _is_figure(output: Path | None) -> bool:
    """Say whether a name is that of a static figure, or of a page; refuse any other."""
    suffix = ".html" if output is None else output.suffix.lower()
    if suffix not in PAGE_SUFFIXES and suffix not in FIGURE_SUFFIXES:
        known = ", ".join((*PAGE_SUFFIXES, *FIGURE_SUFFIXES))
        raise UsageError(
            f"'{output}' does not say what is to be drawn; give a name that ends in one of {known}"
        )
    return suffix in FIGURE_SUFFIXES


def _check_options(args: argparse.Namespace, *, static: bool) -> None:
    """Refuse what does not go together."""
    if args.engine != "own" and (args.all or static):
        raise UsageError("--engine both is for the HTML page of one zone")
    if (args.hillshade or args.tiles) and args.all:
        raise UsageError("--hillshade and --tiles are for the map of one zone")
    if args.all and (args.zone or args.output):
        raise UsageError("--all builds every zone: give no ZONE and no -o with it")
    if args.embed_user_layers and (args.all or args.workspace is None):
        raise UsageError(
            "--embed-user-layers takes the layers of one --workspace into the page of one zone"
        )


def _with_users_layers(workspace: Path) -> list[Layer]:
    """Return all layers with those of a workspace that may be shown; say which may not."""
    users, left_out = open_layers(read_workspace(workspace))
    for text in left_out:
        remark(text)
    return plug_in(load_layers(), users)


def _save_figure(
    args: argparse.Namespace,
    zone: Zone,
    layers: Sequence[Layer] | None,
    target: Path,
) -> None:
    plot_map(
        zone,
        layers=layers,
        size=args.size or "a4",
        embed_user_layers=args.embed_user_layers,
        hillshade=args.hillshade,
        tiles=args.tiles,
    ).save(target)


def _save_page(
    args: argparse.Namespace,
    zone: Zone,
    layers: Sequence[Layer] | None,
    target: Path,
) -> None:
    built = build_map(
        zone,
        layers=layers,
        embed_user_layers=args.embed_user_layers,
        engine=args.engine,
        hillshade=args.hillshade,
        tiles=args.tiles,
    )
    built.save(target)

    # how heavy the page is, and that it cannot check where it cannot, is said when it is made
    remark(built.load.en())
    if not built.load.check:
        remark(NO_CHECK)


def _map_all(workspace: Path | None, zone_ids: Sequence[str]) -> int:
    """Build the map of every zone that can be drawn, and a page that lists them all, drawn or
    not.
    """
    folder, sizes = Path("maps"), {}
    zones = [load_zone(zone_id, workspace=workspace) for zone_id in zone_ids]
    for zone in progress("building maps", few=2)(zones):
        if zone.outline is not None:
            target = folder / f"{zone.id}.html"
            build_map(zone).save(target)
            sizes[zone.id] = target.stat().st_size
            print(target)
        else:
            # a zone without an outline has no map, and its note says why
            remark(f"no map of {zone.id}: {zone.geometry_note}")
    write_text(index_page(zones, sizes), folder / "index.html")
    print(folder / "index.html")
    return 0
