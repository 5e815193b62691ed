"""sxgeo network: networks from lines, extracts and the server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..analysis.network.bundled import is_extract, read_network, save_network
from ..analysis.network.osm import JUNCTION_DELAY_S
from ..analysis.network.osm_extract import read_extract
from ..analysis.network.osm_fetch import fetch_network
from ..errors import UsageError
from .terminal import remark

if TYPE_CHECKING:
    from ..analysis.network.graph import Network


def run_network_build(args: argparse.Namespace) -> int:
    # the name decides nothing: F.OSM.PBF and f.osm.xml are extracts too
    is_graph = args.source.suffix.lower() == ".graphml"
    if args.source.is_file() and not is_graph and is_extract(args.source):
        delay_s = JUNCTION_DELAY_S if args.junction_delay_s is None else args.junction_delay_s
        return _save(
            read_extract(args.source, by=args.by, junction_delay_s=delay_s),
            args.output,
        )
    if args.junction_delay_s is not None or (args.by != "road" and not is_graph):
        raise UsageError(
            f"--by and --junction-delay-s are for OpenStreetMap extracts, '{args.source.name}' is"
            " none"
        )
    return _save(read_network(args.source, by=args.by), args.output)


def run_network_fetch(args: argparse.Namespace) -> int:
    return _save(
        fetch_network(args.place, overpass_url=args.overpass_url, cache=args.cache), args.output
    )


def _save(network: Network, output: Path) -> int:
    save_network(network, output)
    km = network.length_m.sum() / 1000
    remark(
        f"wrote {output}: {len(network.lon)} nodes, {len(network.tail)} edges, {km:.0f} km;"
        f" {network.attribution}"
    )
    for note in network.notes:
        remark(note)
    print(output)
    return 0
