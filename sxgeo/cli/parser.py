"""The commands and their options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..version import __version__
from .examples import add_examples
from .terminal import no_collection

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sxgeo", description="Siting analysis for Shanxi's economic zones 山西省经济区选址分析"
    )
    parser.add_argument("--version", action="version", version=f"sxgeo {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_map(commands)
    _add_check(commands)
    _add_inspect(commands)
    _add_reach(commands)
    _add_candidates(commands)
    _add_dossier(commands)
    _add_network(commands)
    _add_lists(commands)
    _add_replay(commands)
    _add_export(commands)
    _add_doctor(commands)
    _add_completion(commands)
    _add_talk(parser)
    add_examples(parser)
    return parser


def _add_talk(parser: argparse.ArgumentParser) -> None:
    """Let every command be quiet or talk more."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-q",
        "--quiet",
        dest="talk",
        action="store_const",
        const="quiet",
        default=argparse.SUPPRESS,
        help="no remarks on stderr, only errors",
    )
    group.add_argument(
        "-v",
        "--verbose",
        dest="talk",
        action="store_const",
        const="verbose",
        default=argparse.SUPPRESS,
        help="tell on stderr what libraries log",
    )

    # both may also stand behind the name of a command, where people write them
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in dict.fromkeys(action.choices.values()):
                _add_talk(sub)


def _add_completion(commands: _Commands) -> None:
    sub = commands.add_parser("completion", help="a script that completes commands in your shell")
    sub.add_argument("shell", choices=("bash", "zsh", "powershell"))
    sub.set_defaults(run=_command("completion", "completion"))


def _add_doctor(commands: _Commands) -> None:
    sub = commands.add_parser(
        "doctor", help="what is installed, what is missing; wheels for a PC without a network"
    )
    sub.add_argument("--format", choices=("text", "json"), default="text")
    sub.add_argument(
        "--wheelhouse",
        type=Path,
        metavar="DIR",
        help="fetch everything that sxgeo needs into this folder",
    )
    sub.add_argument(
        "--platform",
        choices=("windows", "linux", "macos"),
        help="of the other PC (default: as here)",
    )
    sub.add_argument("--python", metavar="3.12", help="of the other PC (default: as here)")
    sub.add_argument("--extras", metavar="E,...", help="default: intake,office,plot")
    sub.add_argument(
        "--source",
        type=Path,
        metavar="DIR|WHEEL",
        help="sxgeo itself: its checkout or its wheel",
    )
    _add_workspace(sub, "a sxgeo.toml to look at (default: ./sxgeo.toml where there is one)")
    sub.set_defaults(run=_command("doctor", "doctor"))


def _add_export(commands: _Commands) -> None:
    actions = commands.add_parser("export", help="what is held, for other programs").add_subparsers(
        dest="action",
        required=True,
        metavar="qgis|postgis|duckdb",
    )
    _add_qgis(actions)
    _add_postgis(actions)
    duck = actions.add_parser("duckdb", help="views over the results, where they are")
    duck.add_argument(
        "--results",
        type=Path,
        required=True,
        metavar="FILE.parquet",
    )
    duck.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE.sql",
        help="write here instead of to stdout",
    )
    duck.set_defaults(run=_command("export", "export_duckdb"))


def _add_qgis(actions: _Commands) -> None:
    sub = actions.add_parser("qgis", help="a zone as a QGIS project, in the styles of the map")
    sub.add_argument(
        "zone",
        nargs="?",
        default=None,
        metavar="ZONE",
        help="zone id or name (default: taixin)",
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE.qgz",
        help="default: maps/ZONE.qgz; the GeoPackage of its layers is written beside it",
    )
    _add_workspace(sub, "a sxgeo.toml that names your own boundaries (default: ./sxgeo.toml)")
    sub.set_defaults(run=_command("export", "export_qgis"))


def _add_postgis(actions: _Commands) -> None:
    post = actions.add_parser(
        "postgis", help="a script for psql: tables, results and the join in SQL"
    )
    post.add_argument(
        "--results",
        type=Path,
        metavar="FILE.parquet",
        help="of `sxgeo check --batch --executor serial -o FILE.parquet`",
    )
    post.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE.sql",
    )
    _add_project(post)
    _add_workspace(post, "a sxgeo.toml that names your layers (default: ./sxgeo.toml)")
    post.set_defaults(run=_command("export", "export_postgis"))


def _add_map(commands: _Commands) -> None:
    sub = commands.add_parser("map", help="build a zone's map: one HTML file, or a figure to print")
    sub.add_argument(
        "zone",
        nargs="?",
        default=None,
        metavar="ZONE",
        help="zone id or name (default: taixin)",
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="default: maps/ZONE.html; .png, .pdf, .svg: a static figure",
    )
    _add_ground(sub)
    sub.add_argument("--size", choices=("a4", "a3"), help="paper of a static figure (default: a4)")
    sub.add_argument(
        "--all", action="store_true", help="every zone that has an outline, and maps/index.html"
    )
    _add_users_layers(sub)
    sub.add_argument(
        "--engine",
        choices=("own", "both"),
        default="own",
        help="both: the page measures by GEOS, too (0.8 MB more); what they dispute is"
        " undetermined",
    )
    sub.set_defaults(run=_command("maps", "run_map"))


def _add_ground(sub: argparse.ArgumentParser) -> None:
    """Options of what is drawn under a map."""
    sub.add_argument(
        "--hillshade",
        type=Path,
        metavar="DEM",
        help="a raster of heights, drawn under the map",
    )
    sub.add_argument(
        "--tiles",
        metavar="NAME|URL",
        help=(
            "online background, off by default: tianditu, tianditu-image, tianditu-terrain, amap,"
            " or http://.../{z}/{x}/{y}.png"
        ),
    )


def _add_users_layers(sub: argparse.ArgumentParser) -> None:
    """Options of what a map carries of a user's own."""
    _add_workspace(
        sub, "a sxgeo.toml that names your own boundaries and layers (default: ./sxgeo.toml)"
    )
    sub.add_argument(
        "--embed-user-layers",
        action="store_true",
        help=(
            "put the workspace's own layers into the page, named on its face (default: the page"
            " carries none)"
        ),
    )


def _add_check(commands: _Commands) -> None:
    sub = commands.add_parser("check", help="does a site conflict with protected resources?")
    sub.add_argument(
        "sites",
        nargs="*",
        metavar="SITE",
        help="GeoJSON, GeoPackage, shapefile, KML, DXF, TXT, CSV ...; - is stdin",
    )
    _add_repeated(
        sub,
        "--at",
        "LON,LAT|WKT",
        "a point in degrees, or quoted WKT; may be repeated",
    )
    sub.add_argument(
        "--format",
        choices=("text", "json", "geojson", "gpkg", "xlsx", "docx", "html"),
        help="default: by the suffix of -o, else text",
    )
    _add_output(sub)
    _add_project(sub)
    _add_question(sub)
    _add_own_data(sub)
    _add_answers(sub)
    _add_run(sub)
    _add_intake(sub)
    sub.set_defaults(run=_command("check", "check"))


def _add_question(sub: argparse.ArgumentParser) -> None:
    """Options of what is asked: how finely, of which classes, by how many engines."""
    sub.add_argument(
        "--site-accuracy-m",
        type=float,
        metavar="M",
        help="accuracy of the site's edge, metres",
    )
    sub.add_argument(
        "--class",
        dest="classes",
        metavar="C,...",
        help="limit the verdict to these classes",
    )
    sub.add_argument(
        "--allow-partial",
        action="store_true",
        help="with --class: exit 0 where these classes are clear",
    )
    sub.add_argument(
        "--verify",
        action="store_true",
        help="measure all that decides by a second engine, too; where they differ: undetermined",
    )
    sub.add_argument(
        "--ask", action="store_true", help="ask what is unsaid and matters here, then answer"
    )


def _add_own_data(sub: argparse.ArgumentParser) -> None:
    """Options of what a user brings: layers, a workspace, opinions."""
    _add_repeated(
        sub,
        "--layer",
        "CLASS=FILE",
        "your own layer for a class",
    )
    _add_workspace(
        sub, "a sxgeo.toml that names your layers (default: ./sxgeo.toml where there is one)"
    )
    sub.add_argument(
        "--override",
        type=Path,
        metavar="FILE",
        help="people's opinions, told beside the answer",
    )


def _add_answers(sub: argparse.ArgumentParser) -> None:
    """Options of what is told besides a report, and of answers to many sites."""
    sub.add_argument(
        "--suggest-shift",
        type=float,
        metavar="M",
        help="with docx or html: the smallest trim, and move of at most M metres",
    )
    sub.add_argument(
        "--progress",
        action="store_true",
        help="show progress on stderr, also when it is no terminal",
    )
    sub.add_argument(
        "--batch",
        action="store_true",
        help="one line per site: .csv, .jsonl, .xlsx, .gpkg or .parquet; .html: a map",
    )
    sub.add_argument(
        "--headings",
        choices=("zh", "en"),
        help="with --batch: Chinese, or names and codes (default: zh in files)",
    )


def _add_run(sub: argparse.ArgumentParser) -> None:
    """Add what says who answers a batch that goes into Parquet, with its findings and a
    manifest.
    """
    _add_executor(
        sub, "with --batch -o FILE.parquet: who screens; writes findings and a manifest besides"
    )
    sub.add_argument(
        "--resume", action="store_true", help="go on with a run into Parquet that was broken off"
    )


def _add_repeated(
    sub: argparse.ArgumentParser,
    name: str,
    form: str,
    text: str,
) -> None:
    """Add an option that may be given more than once; what is given comes as a list."""
    sub.add_argument(
        name,
        action="append",
        default=[],
        metavar=form,
        help=text,
    )


def _add_output(
    sub: argparse.ArgumentParser,
    text: str = "write here instead of to stdout",
) -> None:
    """Add where an answer is written."""
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=text,
    )


def _add_executor(group: argparse._ActionsContainer, text: str) -> None:
    """Add what says who works on very many places, and with how much memory."""
    group.add_argument("--executor", choices=("serial", "processes", "dask", "spark"), help=text)
    group.add_argument(
        "--address",
        metavar="URL",
        help="with --executor dask or spark: of a cluster (default: start one on this machine)",
    )
    group.add_argument(
        "--memory", metavar="SIZE", help="with --executor: for all workers (default: 2GB)"
    )


def _add_workspace(sub: argparse.ArgumentParser, text: str) -> None:
    either = sub.add_mutually_exclusive_group()
    either.add_argument(
        "--workspace",
        type=Path,
        metavar="FILE",
        help=text,
    )
    either.add_argument(
        "--no-workspace", action="store_true", help="do not take ./sxgeo.toml by itself"
    )


def _add_intake(sub: argparse.ArgumentParser) -> None:
    _add_repeated(
        sub,
        "--assume",
        "K=V",
        "what the file does not say, e.g. crs=EPSG:4547",
    )
    sub.add_argument(
        "--strict", action="store_true", help="refuse a file in which anything had to be guessed"
    )


def _add_inspect(commands: _Commands) -> None:
    sub = commands.add_parser("inspect", help="what is a file, and what had to be guessed?")
    sub.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="any file that `check` takes; - is standard input",
    )
    sub.add_argument("--format", choices=("text", "json"), default="text")
    sub.add_argument(
        "--against",
        metavar="ZONE|FILE",
        help="measure other readings of the coordinates against it",
    )
    _add_intake(sub)
    sub.set_defaults(run=_command("reports", "run_inspect"))


def _add_reach(commands: _Commands) -> None:
    sub = commands.add_parser("reach", help="what can be reached from a place?")

    # help lists options in the order in which they are added
    _add_origins(sub)
    sub.add_argument(
        "--minutes", metavar="M,...", help="increasing, e.g. 15,30,60; needed but with --to"
    )
    _add_told_of_reach(sub)
    _add_travel(sub)
    _add_areas(sub)
    _add_open_ground(sub)
    _add_many_origins(sub)
    sub.add_argument(
        "--format",
        choices=("geojson", "gpkg", "html"),
        help="html: a map, two days with a slider (default: by -o)",
    )
    _add_output(sub)
    sub.set_defaults(run=_command("reach", "reach"))


def _add_origins(sub: argparse.ArgumentParser) -> None:
    """Options of where one starts: typed places, or those of a file."""
    sub.add_argument("origins", nargs="*", metavar="LON,LAT")
    _add_repeated(
        sub,
        "--origin",
        "NAME=LON,LAT",
        "an origin with a name; may be repeated",
    )
    # the word is taken by the places that are typed
    sub.add_argument(
        "--origins",
        dest="origin_file",
        metavar="FILE",
        help="places of a file as origins; very many of them with -o FILE.parquet",
    )


def _add_told_of_reach(sub: argparse.ArgumentParser) -> None:
    """Options of what is told instead of areas, or beside them: ways, tables, a map, counts."""
    _add_repeated(
        sub,
        "--to",
        "LON,LAT",
        "the fastest way there instead; may be repeated",
    )
    sub.add_argument(
        "--table",
        nargs=2,
        metavar=("ORIGINS", "DESTINATIONS"),
        help="times between the places of two files: CSV, or by -o",
    )
    sub.add_argument(
        "--nearest",
        metavar="FACILITIES",
        help="the place of this file that each origin reaches soonest",
    )
    sub.add_argument(
        "--reached",
        metavar="FILE",
        help="how many places of this file each origin reaches within each of --minutes",
    )
    sub.add_argument(
        "--map",
        type=Path,
        metavar="FILE.html",
        help="beside the answer a map of the areas of --minutes; with --table those of its origins",
    )
    _add_repeated(
        sub,
        "--count",
        "CLASS|FILE",
        "what lies in each area: records of a class, features of a file, people of a .tif;"
        " may be repeated",
    )


def _add_travel(sub: argparse.ArgumentParser) -> None:
    """Options of what one travels on, and on which day."""
    sub.add_argument(
        "--network",
        default="taixin",
        metavar="ID|FILE|none",
        help="none: over open ground alone, by --dem",
    )
    sub.add_argument(
        "--by",
        choices=("road", "rail", "road+rail", "walk"),
        default="road",
        help="rail: reached on foot",
    )
    sub.add_argument(
        "--as-of",
        metavar="DATE",
        help="railways of that day, YYYY-MM-DD (default: the date of the data)",
    )
    sub.add_argument("--compare", metavar="DATE", help="what the railways of this later day change")
    sub.add_argument(
        "--planned",
        type=Path,
        metavar="FILE",
        help="what a planned line brings within reach: LineStrings with mode (road or rail) and"
        " speed_kmh, points as stops; with --gain",
    )
    sub.add_argument(
        "--gain",
        metavar="C,...",
        help="resources of these classes that --planned or --compare brings within reach",
    )


def _add_areas(sub: argparse.ArgumentParser) -> None:
    """Options of how areas are drawn, and what is taken off or counted in them."""
    sub.add_argument(
        "--reverse", action="store_true", help="who can reach the place, instead of what it reaches"
    )
    sub.add_argument(
        "--band",
        action="store_true",
        help="inner and outer contour for the stated error of the times",
    )
    sub.add_argument("--merged", action="store_true", help="one area for all origins together")
    sub.add_argument(
        "--shape",
        choices=("area", "edges", "hull"),
        default="area",
        help="edges: the reached roads; hull: round them",
    )
    sub.add_argument(
        "--land",
        type=Path,
        metavar="FILE",
        help="polygons of land; what lies outside is taken off as water",
    )
    sub.add_argument(
        "--population",
        type=Path,
        metavar="FILE.tif",
        help="people per pixel, counted in each area",
    )


def _add_open_ground(sub: argparse.ArgumentParser) -> None:
    """Options of ways beside the roads."""
    ground = sub.add_argument_group("over open ground, from GeoTIFFs of your own")
    ground.add_argument(
        "--dem",
        type=Path,
        metavar="FILE.tif",
        help="heights in metres: ways off the road follow slopes",
    )
    ground.add_argument(
        "--land-cover",
        type=Path,
        metavar="FILE.tif",
        help="class codes; needs --speeds",
    )
    ground.add_argument(
        "--speeds", metavar="CODE=KMH,...", help="on the level, of every class; 0: nobody passes"
    )
    ground.add_argument(
        "--barriers",
        type=Path,
        metavar="FILE",
        help="rivers and the like; rows with opening=true cross",
    )
    ground.add_argument("--bounds", metavar="W,S,E,N", help="degrees; default: the whole DEM")
    ground.add_argument(
        "--cell-m",
        type=float,
        metavar="M",
        help="default: the pixel of the DEM",
    )


def _add_many_origins(sub: argparse.ArgumentParser) -> None:
    """Options of who searches, and how a run goes on that was broken off."""
    many = sub.add_argument_group(
        "for very many origins: --table, --nearest, --reached, areas in Parquet"
    )
    _add_executor(many, "who searches")
    many.add_argument(
        "--resume",
        action="store_true",
        help="with -o: keep what is answered beside it until all is; go on with a run that was"
        " broken off",
    )


def _add_candidates(commands: _Commands) -> None:
    sub = commands.add_parser("candidates", help="which land is reachable, clear and large enough?")
    sub.add_argument("zone", metavar="ZONE|FILE", help="zone id or name, or a file of polygons")

    # help lists options in the order in which they are added: first the wish, then the data
    _add_place_of_land(sub)
    _add_shape_of_land(sub)
    _add_project_of_land(sub)
    _add_ranking(sub)
    _add_workspace(sub, "a sxgeo.toml that names your layers (default: ./sxgeo.toml)")
    sub.add_argument("--format", choices=("geojson", "gpkg", "html", "docx"))
    _add_output(sub, "its suffix decides the format")
    sub.set_defaults(run=_command("candidates", "candidates"))


_LAND_OPTIONS = (
    ("--inside", "LAYER", "class or file in whose shapes the land lies"),
    ("--away", "LAYER:M", "at least so many metres from a class or file"),
    ("--near", "LAYER:M", "all of it at most so many metres from a class or file"),
    ("--layer", "CLASS=FILE", "your own layer for a class"),
    ("--project-attr", "K=V", "e.g. height_m=30, discharge=no"),
)
"""What may be said of land more than once: option, form and help."""
_LEAST_OPTIONS = (
    ("--min-area-ha", "H", "smaller land is left out"),
    ("--min-width-m", "M", "narrower land is left out"),
)


def _add_place_of_land(sub: argparse.ArgumentParser) -> None:
    """Options of where the land lies: within reach of what, away from what."""
    _add_repeated(
        sub,
        "--within",
        "LON,LAT:MINUTES[:MODE]",
        "reached in time, by road, walk, rail or road+rail; a file of facilities for LON,LAT;"
        " may be repeated",
    )
    sub.add_argument(
        "--clear-of", metavar="C,...", help="classes that nothing known of may reach the land"
    )
    for name, form, text in _LAND_OPTIONS:
        _add_repeated(sub, name, form, text)


def _add_shape_of_land(sub: argparse.ArgumentParser) -> None:
    """Options of how large, wide and level the land is, and how it is used."""
    for name, form, text in _LEAST_OPTIONS:
        sub.add_argument(
            name,
            type=float,
            default=0.0,
            metavar=form,
            help=text,
        )
    sub.add_argument(
        "--max-slope-pct",
        type=float,
        metavar="P",
        help="no steeper; needs --dem",
    )
    sub.add_argument(
        "--dem",
        type=Path,
        metavar="FILE.tif",
        help="heights in metres",
    )
    sub.add_argument("--land-use", metavar="C,...", help="classes of --land-layer")
    sub.add_argument("--land-layer", metavar="FILE", help="land use; gives the share of each class")
    sub.add_argument(
        "--land-field",
        default="DLMC",
        metavar="F",
        help="its field (default: DLMC)",
    )


def _add_project_of_land(sub: argparse.ArgumentParser) -> None:
    """Options of what is to be built on the land, and when."""
    sub.add_argument(
        "--project-type", metavar="TYPE", help="what is to be built, see `sxgeo rules`"
    )
    sub.add_argument("--as-of", metavar="DATE", help="YYYY-MM-DD (default: the date of the data)")
    sub.add_argument(
        "--site-accuracy-m",
        type=float,
        metavar="M",
        help="of a candidate's edge, when set out",
    )


def _add_ranking(sub: argparse.ArgumentParser) -> None:
    """Options of how candidates are told: by which roads, in which order."""
    sub.add_argument("--network", metavar="ID|FILE", help="default: that of the zone")
    sub.add_argument(
        "--rank-by",
        default="grade,-area_ha",
        metavar="C,...|C=W,...",
        help=(
            "criteria in their order, - for the largest first; or weights (default: grade,-area_ha)"
        ),
    )
    sub.add_argument("--why-not", metavar="LON,LAT", help="say what excludes this place instead")


def _add_dossier(commands: _Commands) -> None:
    sub = commands.add_parser(
        "dossier", help="the documents to file for a plot: Word, Excel, maps, data, receipt"
    )
    sub.add_argument(
        "sites",
        nargs="*",
        metavar="SITE",
        help="any file that `check` takes, or one answer of `check` or of the page as JSON",
    )
    _add_repeated(
        sub,
        "--at",
        "LON,LAT|WKT",
        "as for `check`",
    )
    _add_documents(sub)
    _add_project(sub)
    sub.add_argument(
        "--site-accuracy-m",
        type=float,
        metavar="M",
        help="accuracy of the site's edge, metres",
    )
    _add_workspace(sub, "a sxgeo.toml: your layers, and cover and text in its [project]")
    _add_intake(sub)
    sub.set_defaults(run=_command("dossier", "dossier"))


def _add_documents(sub: argparse.ArgumentParser) -> None:
    """Options of which documents a dossier holds, and where they go."""
    sub.add_argument(
        "-o",
        "--output",
        dest="target",
        type=Path,
        metavar="FOLDER|FILE.zip",
        help="a new folder, or one zip",
    )
    sub.add_argument(
        "--template",
        default="siting",
        metavar="NAME",
        help="siting 选址论证; `help` lists them",
    )
    sub.add_argument(
        "--plots", metavar="ID,...", help="tell of these plots only (default: all, at most 20)"
    )


def _add_network(commands: _Commands) -> None:
    actions = commands.add_parser(
        "network", help="make a network for `reach --network FILE`"
    ).add_subparsers(
        dest="action",
        required=True,
        metavar="build|fetch",
    )
    sub = actions.add_parser("build", help="from an OpenStreetMap extract or lines with speed_kmh")
    sub.add_argument(
        "source",
        type=Path,
        metavar="FILE",
        help=".osm.pbf, .graphml, GeoPackage, GeoJSON",
    )
    sub.add_argument(
        "--by",
        choices=("road", "walk"),
        default="road",
        help="what may be used, in an extract",
    )
    sub.add_argument(
        "--junction-delay-s",
        type=float,
        metavar="S",
        help="at three roads or more, in an extract (4)",
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT.npz",
    )
    sub.set_defaults(run=_command("networks", "run_network_build"))
    _add_fetch(actions)


def _add_fetch(actions: _Commands) -> None:
    sub = actions.add_parser("fetch", help="from OpenStreetMap's servers, through osmnx")
    sub.add_argument("place", metavar="PLACE", help="a name, or west,south,east,north in degrees")
    sub.add_argument(
        "--overpass-url", metavar="URL", help="a server of your own that speaks Overpass"
    )
    sub.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep the answers here; what is kept is not asked again",
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT.npz",
    )
    sub.set_defaults(run=_command("networks", "run_network_fetch"))


def _add_replay(commands: _Commands) -> None:
    sub = commands.add_parser("replay", help="answer a report again from its receipt")
    sub.add_argument("report", type=Path, metavar="REPORT.json")
    _add_repeated(
        sub,
        "--folder",
        "DIR",
        "where the report's user layers lie",
    )
    sub.set_defaults(run=_command("reports", "run_replay"))
    sub = commands.add_parser("diff", help="what changed between two reports, and why?")
    sub.add_argument("old", type=Path, metavar="OLD.json")
    sub.add_argument("new", type=Path, metavar="NEW.json")
    sub.set_defaults(run=_command("reports", "run_diff"))


_LISTS = (
    ("zones", "list the zones, their members and sub-regions"),
    ("layers", "list the classes: official counts and what is held"),
    ("rules", "list the legal rules"),
    ("indicators", "the plans' own targets, and how far they are reached"),
)


def _add_lists(commands: _Commands) -> None:
    for name, text in _LISTS:
        sub = commands.add_parser(name, help=text)

        # the page of rules is one command with two outputs, so that -o may decide
        formats = ("text", "json", "html") if name == "rules" else ("text", "json")
        sub.add_argument("--format", choices=formats, default=None if name == "rules" else "text")
        sub.set_defaults(run=_command("indicators" if name == "indicators" else "lists", name))
        if name in _MORE_OF_LISTS:
            _MORE_OF_LISTS[name](sub)
    commands.add_parser("verify", help="check the bundled data").set_defaults(
        run=_command("verification", "run_verify")
    )


def _add_rules(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--class",
        dest="resource_class",
        metavar="C",
        help="class id, see `sxgeo layers`",
    )
    sub.add_argument(
        "--as-of",
        metavar="DATE",
        help="rules in force on that day (default: all generations)",
    )
    sub.add_argument(
        "--project-type", metavar="T", help="rules that bind this type, see `sxgeo check`"
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write here instead of to stdout; its suffix decides the format",
    )
    _add_rules_diff(sub)


def _add_indicators(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "zone",
        nargs="?",
        metavar="ZONE",
        help="zone id or name (default: all, and the province)",
    )
    sub.add_argument(
        "--as-of",
        metavar="DATE",
        help="what exists on that day (default: the date of the data)",
    )
    _add_repeated(
        sub,
        "--value",
        "ID=NUMBER",
        "a figure that you hold",
    )


def _add_rules_diff(rules: argparse.ArgumentParser) -> None:
    actions = rules.add_subparsers(dest="action", metavar="diff")
    sub = actions.add_parser("diff", help="what changes in the rules between two days?")
    sub.add_argument("first", metavar="DATE", help="YYYY-MM-DD, the earlier day")
    sub.add_argument("second", metavar="DATE", help="the later day")
    sub.add_argument(
        "--class",
        dest="resource_class",
        metavar="C",
        help="class id, see `sxgeo layers`",
    )
    sub.add_argument("--format", choices=("text", "json"), default="text")
    sub.set_defaults(run=_command("lists", "rules_diff"))


def _add_template(layers: argparse.ArgumentParser) -> None:
    actions = layers.add_subparsers(dest="action", metavar="template|scan")
    _add_scan(actions)
    sub = actions.add_parser(
        "template", help="write an empty GeoPackage for your own layer of a class"
    )
    sub.add_argument("resource_class", metavar="CLASS")
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="a new .gpkg file",
    )
    sub.set_defaults(run=_command("lists", "template"))


_MORE_OF_LISTS = {
    "rules": _add_rules,
    "layers": _add_template,
    "indicators": _add_indicators,
}
"""What a list can be asked besides its format."""


def _add_scan(actions: _Commands) -> None:
    sub = actions.add_parser(
        "scan", help="look through your office's folder and write a workspace for it"
    )
    sub.add_argument(
        "folder",
        metavar="FOLDER",
        help="shapefiles, GDB, GeoPackage, GeoJSON, KML, zips, in sub-folders too",
    )
    sub.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="sxgeo.toml",
        help="a new workspace file (default: only tell)",
    )
    sub.add_argument("--ask", action="store_true", help="ask what nobody can guess")
    sub.set_defaults(run=_command("scan", "scan"))


def _add_project(sub: argparse.ArgumentParser) -> None:
    """What is to be built, and on which day it is asked about."""
    sub.add_argument(
        "--project-type",
        metavar="TYPE",
        help="what is to be built; `sxgeo check --project-type help` lists them",
    )
    _add_repeated(
        sub,
        "--project-attr",
        "K=V",
        "e.g. height_m=30, discharge=no, discharge_source=EIA p. 12",
    )
    sub.add_argument("--as-of", metavar="DATE", help="YYYY-MM-DD (default: the date of the data)")


def _command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """Return a command of a module of this wing, which is loaded when the command runs."""

    def run(args: argparse.Namespace) -> int:
        # loading all commands would cost each of them a second
        with no_collection():
            commands = importlib.import_module(f".{module}", __package__)
        return int(getattr(commands, name)(args))

    return run
