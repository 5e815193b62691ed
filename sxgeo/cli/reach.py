"""The command `sxgeo reach`: read the options, call the library, write what it gives."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ..analysis.accessibility.compare import compare
from ..analysis.accessibility.isochrones import isochrones
from ..analysis.accessibility.land import clip_to_land
from ..analysis.accessibility.origins import CONTOURS
from ..analysis.accessibility.overland import overland_isochrones
from ..analysis.accessibility.population import population_within
from ..analysis.accessibility.rasters import friction_surface
from ..analysis.accessibility.routes import routes
from ..analysis.candidates.gain import reachable_gain
from ..analysis.network.bundled import load_network, read_network, travelled
from ..catalog import checked_date
from ..errors import InputError, UsageError, listed
from ..files.writing import write_gpkg
from ..sites.formats.vector_files import read_features, whole
from ..sites.read import parse_lonlat
from .given import parts_of
from .output_format import REACH_SUFFIXES, format_of
from .reach_tables import (
    counted,
    many_areas,
    nearest,
    origin_frame,
    place_frame,
    reached,
    table,
    wants_parquet,
)
from .terminal import emit, remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    import pandas as pd

    from ..analysis.accessibility.compare import Comparison
    from ..analysis.accessibility.friction import FrictionSurface
    from ..analysis.accessibility.origins import Places
    from ..analysis.network.graph import Network

_DIGITS = {
    "area_km2": 3,
    "water_km2": 3,
    "length_km": 3,
    "snap_m": 1,
    "offroad_m": 1,
    "access_error_min": 1,
    "road_min": 1,
    "population": 0,
    "known_share": 4,
    "nodata_share": 4,
    "outside_share": 4,
}
_GROUND = ("land_cover", "speeds", "barriers", "bounds", "cell_m")
"""Options of open ground, which say nothing without heights."""
_AREAL: tuple[str, ...] = (
    "minutes",
    "compare",
    "band",
    "merged",
    "land",
    "population",
    "dem",
    "count",
    "to",
)
"""Options of areas and ways, of which a table has none."""
_NOT_WITH_TO = (
    "minutes",
    "compare",
    "reverse",
    "band",
    "merged",
    "land",
    "population",
    "dem",
)
_APART = (
    ("to", ("count",)),
    ("compare", ("count", "origin", "origin_file")),
    ("to", ("origin_file",)),
)
"""Options, each with those that it does not go with, in the order in which they are told."""
_NOT_WITH_GAIN = (
    "reverse",
    "band",
    "merged",
    "land",
    "population",
    "dem",
    "count",
    "map",
    "to",
    "table",
    "nearest",
    "reached",
)
_NOT_IN_PARQUET = (
    "band",
    "merged",
    "land",
    "dem",
    "compare",
    "map",
    "to",
)
_OF_RUN = ("executor", "address", "memory", "resume")


def reach(args: argparse.Namespace) -> int:
    """Answer `sxgeo reach`; return the exit code."""
    # tables have suffixes of their own
    tabled = bool(args.table or args.nearest or args.reached)
    output = None if tabled or wants_parquet(args) else args.output
    args.format = format_of(args.format, output, REACH_SUFFIXES, "geojson")
    _check_options(args)
    day = checked_date(args.as_of)
    return _tables(args, day) if tabled else _from_origins(args, day)


def _from_origins(args: argparse.Namespace, day: str) -> int:
    """Answer with ways or areas; return the exit code."""
    origins = _origins(args)
    if wants_parquet(args):
        network = _network(args, day)
        return many_areas(args, network, origins, _minutes(args.minutes))
    if args.to:
        return _routes(args, origins, [parse_lonlat(text) for text in args.to])
    asked = _Asked(args, origins, _minutes(args.minutes), day)
    if args.gain:
        return _gained(asked)
    if args.compare:
        return _compared(asked)
    return _write_areas(args, _areas(asked))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one run asks: its options, and what was read of them."""

    args: argparse.Namespace
    origins: Places
    minutes: list[float]
    day: str


def _areas(asked: _Asked) -> gpd.GeoDataFrame:
    """Return what is reached in time, and what was asked of it."""
    args = asked.args
    if args.as_of and "rail" not in args.by:
        remark(
            "--as-of decides which railways exist; roads carry no dates, so it changes nothing here"
        )

    # land first, people after it: who is counted must not live on water
    areas = _overland(asked) if args.dem else _along(asked)
    if args.land:
        areas = clip_to_land(areas, _frame(args.land, "land"))
    if args.population:
        areas = population_within(areas, args.population)
    return counted(args, areas) if args.count else areas


def _write_areas(args: argparse.Namespace, areas: gpd.GeoDataFrame) -> int:
    """Write areas, and a map beside them where one was asked for; return the exit code."""
    if args.format == "html":
        return _map(args, areas, areas)

    # the error that was measured of such areas goes with them into the file
    stated = areas.attrs.get("area_error")
    _write(
        args,
        {"areas": areas},
        _features(areas),
        **({"area_error": stated} if stated else {}),
    )
    if args.map:
        _draw(args.network, areas, areas, args.map)
    return _tell(areas)


def _origins(args: argparse.Namespace) -> Places:
    """Return the origins of the command line, or of the file that it names."""
    if args.origin_file:
        return place_frame(args.origin_file, say=True)
    if args.origin:
        return origin_frame(args.origins, args.origin)
    return [parse_lonlat(text) for text in args.origins]


def _tables(args: argparse.Namespace, day: str) -> int:
    network = _network(args, day)
    if args.table:
        code, origins = table(args, network), place_frame(args.table[0])
    elif args.reached:
        origins = _origins_of(args)
        code = reached(args, network, origins, _minutes(args.minutes))
    else:
        origins = _origins_of(args)
        code = nearest(args, network, origins)
    if args.map:
        _map_beside(args, network, origins)
    return code


def _map_beside(
    args: argparse.Namespace,
    network: Network,
    origins: gpd.GeoDataFrame,
) -> None:
    """Write the map beside a table: the areas of its origins."""
    areas = isochrones(network, origins, _minutes(args.minutes), reverse=args.reverse)
    if args.population:
        areas = population_within(areas, args.population)
    _draw(args.network, areas, areas, args.map)


def _origins_of(args: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return the origins of a file, or those that were typed."""
    if args.origin_file:
        return place_frame(args.origin_file, say=True)
    return origin_frame(args.origins, args.origin)


def _check_options(args: argparse.Namespace) -> None:
    """Refuse what does not go together, all of it at once."""
    wrong = list(_wrong(args))
    if wrong:
        raise UsageError(
            wrong[0] if len(wrong) == 1 else listed("these options do not go together:", wrong)
        )


def _wrong(args: argparse.Namespace) -> Iterator[str]:
    """Say what does not go together, in the order in which it is told."""
    if args.format in ("gpkg", "html") and args.output is None:
        yield f"--format {args.format} needs -o FILE"
    yield from _wrong_origins(args)
    yield from _wrong_run(args)
    if not args.minutes and not (args.to or args.table or args.nearest):
        yield "--minutes is missing, e.g. --minutes 15,30,60"
    yield from _wrong_shapes(args)
    yield from _not_with(args, "to", _NOT_WITH_TO)
    yield from _wrong_map(args)
    yield from _wrong_tables(args)
    for option, others in _APART:
        yield from _not_with(args, option, others)
    yield from _wrong_gain(args)
    if args.shape == "edges" and args.count:
        yield "--shape edges gives roads; count needs areas"
    yield from _not_with(args, "compare", ("land", "population", "dem"))
    yield from _not_with(args, "dem", ("band", "merged"))
    yield from _wrong_ground(args)


def _wrong_tables(args: argparse.Namespace) -> list[str]:
    """Say what does not go with a table, or with another table."""
    areal = _AREAL

    # a map beside a table draws areas: then minutes and people belong to it
    if args.map and (args.table or args.nearest or args.reached):
        areal = tuple(name for name in areal if name not in ("minutes", "population"))
    counting = tuple(name for name in areal if name != "minutes")
    return [
        *_not_with(args, "table", (*areal, "nearest")),
        *_not_with(args, "nearest", (*areal, "reached")),
        *_not_with(args, "table", ("reached",)),
        *_not_with(args, "reached", counting),
    ]


def _wrong_ground(args: argparse.Namespace) -> list[str]:
    """Say what does not go with the shape, the ground and the means of travel."""
    wrong: list[str] = []
    if args.shape != "area":
        wrong += [
            f"--shape {args.shape} does not go with --{name}"
            for name in _given(args, ("to", "compare", "dem"))
        ]
    if not args.dem:
        wrong += [
            f"--{name.replace('_', '-')} needs --dem"
            for name in _GROUND
            if vars(args)[name] is not None
        ]
    if args.network == "none" and not args.dem:
        wrong.append("--network none needs --dem: without roads the way goes over open ground")
    if args.compare and "rail" not in args.by:
        wrong.append(
            "--compare asks what railways change; add --by rail or --by road+rail (roads carry no"
            " dates)"
        )
    return wrong


def _wrong_map(args: argparse.Namespace) -> list[str]:
    """Say what does not go with a map beside the answer."""
    wrong: list[str] = []
    if args.map and not args.minutes:
        wrong.append("--map draws areas and needs --minutes, e.g. --minutes 15,30")
    if args.map and args.shape == "edges":
        wrong.append("--map draws areas, not --shape edges")
    if args.map and args.map.suffix.lower() not in (".html", ".htm"):
        wrong.append(f"--map is written as .html, not as '{args.map.name}'")
    if args.map and args.map == args.output:
        wrong.append("--map and -o name one file; give two")
    wrong += _not_with(args, "map", ("to", "compare"))
    return wrong


def _wrong_shapes(args: argparse.Namespace) -> list[str]:
    """Say what a page cannot draw, and what roads have none of: an area."""
    wrong: list[str] = []
    if args.format == "html":
        drawn = {
            "--shape edges": args.shape == "edges",
            "--shape hull": args.shape == "hull",
            "--to": bool(args.to),
        }
        drawn["--compare with --band"] = bool(args.compare and args.band)
        wrong += [
            f"--format html draws areas, not {name}; take geojson or gpkg"
            for name, given in drawn.items()
            if given
        ]
    if args.shape == "edges":
        wrong += [
            f"--shape edges gives roads; {name} needs areas"
            for name in _given(args, ("land", "population"))
        ]
    return wrong


def _wrong_origins(args: argparse.Namespace) -> Iterator[str]:
    """Say what is wrong with where the origins come from: there must be one source of them."""
    given = bool(args.origins or args.origin)
    if not given and not args.origin_file and not args.table:
        yield (
            "no origin: give LON,LAT, or --origin NAME=LON,LAT, or a file with --origins, or two"
            " with --table"
        )
    if args.table and (given or args.origin_file):
        yield (
            "--table takes its origins from its first file; leave out LON,LAT, --origin and"
            " --origins"
        )
    if args.origin_file and given:
        yield ("--origins takes all origins from its file; leave out LON,LAT and --origin")


def _wrong_gain(args: argparse.Namespace) -> list[str]:
    """Say what does not go with what a planned line or a later day brings within reach."""
    wrong = []
    if args.planned and not args.gain:
        wrong.append("--planned needs --gain C,...: the classes whose resources are looked at")
    if args.gain and not (args.planned or args.compare):
        wrong.append("--gain needs --planned FILE or --compare DATE")
    if args.gain and args.format != "geojson":
        wrong.append(f"--gain is written as geojson, not as {args.format}")
    if args.gain and args.minutes and len(_parts(args.minutes)) > 1:
        wrong.append("--gain takes one number of --minutes: what counts as within reach")

    # a gain is a difference of two days: what shapes or counts one answer says nothing of it
    wrong += _not_with(args, "gain", _NOT_WITH_GAIN)
    wrong += _not_with(args, "planned", ("compare", "as_of"))
    return wrong


def _wrong_run(args: argparse.Namespace) -> list[str]:
    """Say what does not go with an executor, or with areas that are written as Parquet."""
    wrong = []
    if wants_parquet(args):
        wrong = [
            f"areas in .parquet are those of the roads alone; leave out --{name}"
            for name in _given(args, _NOT_IN_PARQUET)
        ]
        if args.shape != "area":
            wrong.append(f"areas in .parquet are no --shape {args.shape}")
    elif not (args.table or args.nearest or args.reached):
        wrong = [
            f"--{name} serves --table, --nearest, --reached and areas into -o FILE.parquet"
            for name in _given(args, _OF_RUN)
        ]
    if args.resume and args.output is None:
        wrong.append("--resume needs -o FILE: what is answered is kept beside it")
    if args.executor is None:
        wrong += [f"--{name} needs --executor" for name in _given(args, ("address", "memory"))]

    # the same may be wrong for two reasons: it is told once
    return list(dict.fromkeys(wrong))


def _not_with(
    args: argparse.Namespace,
    option: str,
    others: tuple[str, ...],
) -> list[str]:
    if not vars(args)[option]:
        return []

    # the file of origins is asked for by another word than it is kept under
    names = ["origins" if name == "origin_file" else name for name in _given(args, others)]
    return [f"--{option} does not go with --{name}" for name in names]


def _given(args: argparse.Namespace, names: Iterable[str]) -> list[str]:
    """Return which of some options were given."""
    return [name for name in names if vars(args)[name]]


def _along(asked: _Asked) -> gpd.GeoDataFrame:
    """Return what is reached along the network."""
    args = asked.args
    network = _network(args, asked.day)
    areas = isochrones(
        network,
        asked.origins,
        asked.minutes,
        reverse=args.reverse,
        contours=_contours(args),
        merged=args.merged,
        kind=args.shape,
    )

    # only trains run by date
    if network.legs:
        areas.insert(2, "as_of", asked.day)
    return areas


def _overland(asked: _Asked) -> gpd.GeoDataFrame:
    """Return what is reached over open ground, and along the network where there is one."""
    args = asked.args
    surface = _surface(args)

    # without roads the way goes over open ground alone
    network = None if args.network == "none" else _network(args, asked.day)
    areas = overland_isochrones(
        surface,
        asked.origins,
        asked.minutes,
        network=network,
        reverse=args.reverse,
    )
    if network is not None and network.legs:
        areas.insert(2, "as_of", asked.day)
    return areas


def _network(args: argparse.Namespace, day: str | None) -> Network:
    """Return the network of the run as it is travelled on a day."""
    return travelled(
        _roads(args.network, args.by),
        by=args.by,
        as_of=day,
    )


def _undated_roads(args: argparse.Namespace) -> Network:
    """Return the roads without railways: both days, or a planned line, are laid over the same."""
    return travelled(
        _roads(args.network, args.by),
        by="walk" if args.by == "rail" else "road",
    )


def _surface(args: argparse.Namespace) -> FrictionSurface:
    """Read the ground that `--dem` and its fellows describe."""
    return friction_surface(
        args.dem,
        args.land_cover,
        speeds_kmh=_speeds(args.speeds),
        cell_m=args.cell_m,
        barriers=_frame(args.barriers, "barriers") if args.barriers else None,
        bounds=_numbers(args.bounds, "--bounds", "112.4,37.7,112.8,38.1") if args.bounds else None,
    )


def _routes(
    args: argparse.Namespace,
    origins: Places,
    destinations: Places,
) -> int:
    network = _network(args, args.as_of)
    ways = routes(network, origins, destinations)

    # a pair without a way has no line to draw: it is named on stderr
    _write(
        args,
        {"routes": ways[~ways.geometry.isna()]},
        _features(ways),
    )
    for note in network.notes:
        remark(note)
    return _tell_missing(ways)


def _tell_missing(ways: gpd.GeoDataFrame) -> int:
    """Say who has no road and which pairs have no way; return 5 where a way is missing."""
    for place, reason in ways.attrs["unanswered"]:
        remark(f"{place}: {reason}")
    missing = ways.loc[ways["minutes"].isna(), ["origin_id", "destination_id"]]
    for origin, destination in missing.to_numpy().tolist():
        remark(f"no way from {origin} to {destination}")
    return 0 if missing.empty else 5


def _compared(asked: _Asked) -> int:
    """Say what the railways of a later day change; return the exit code."""
    # lines are laid over the same roads for both days, so only the lines differ
    args = asked.args
    told = compare(
        _undated_roads(args),
        asked.origins,
        asked.day,
        args.compare,
        minutes=asked.minutes,
        reverse=args.reverse,
        contours=_contours(args),
        merged=args.merged,
    )
    if args.format == "html":
        return _map(args, told, told.after)
    _write_days(args, told, asked.day)
    return _tell(told.after)


def _write_days(
    args: argparse.Namespace,
    told: Comparison,
    day: str,
) -> None:
    """Write both days, what the later one gains, and the places that it brings nearer."""
    frames = _by_change(told, day, args.compare)
    features = [feature for frame in frames.values() for feature in _features(frame)]
    places = json.loads(told.places.to_json(orient="records", force_ascii=False))
    _write(args, {**frames, "places": told.places}, features, places=places)


def _by_change(
    told: Comparison,
    day: str,
    later: str,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the areas of both days and what the later one gains, each row with its day and
    kind.
    """
    return {
        name: frame.assign(as_of=as_of, change=name)
        for name, frame, as_of in (
            ("before", told.before, day),
            ("after", told.after, later),
            ("gained", _gained_areas(told), later),
        )
    }


def _gained_areas(told: Comparison) -> gpd.GeoDataFrame:
    """Return what is reached on the later day only, with the columns that areas have."""
    areas = told.areas.rename(columns={"gained_km2": "area_km2"})
    columns = [name for name in _AREA_COLUMNS if name in areas.columns]

    # an area that did not grow has nothing to draw
    return areas[~areas.geometry.is_empty][columns]


def _gained(asked: _Asked) -> int:
    """Say what a planned line, or the railways of a later day, bring within reach."""
    resources, areas = _gain(asked)

    # pandas drops what stands beside a frame when its columns change
    attrs = {
        "notes": [],
        "unanswered": [],
        **areas.attrs,
    }
    gained = areas.rename(columns={"gained_km2": "area_km2"}).assign(change="gained")
    rows = json.loads(resources.to_json(orient="records", force_ascii=False))
    _write(asked.args, {"gained": gained}, _features(gained), resources=rows)
    gained.attrs = attrs
    return _tell(gained)


def _gain(asked: _Asked) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the resources that come within reach, and the areas that are gained."""
    args = asked.args

    # a planned line is compared with the roads without it, not with another day
    before, after = (None, None) if args.planned else (asked.day, args.compare)
    return reachable_gain(
        _undated_roads(args),
        asked.origins,
        before,
        after,
        parts_of(args.gain.replace("，", ",")),
        minutes=asked.minutes[0],
        line=args.planned,
    )


_AREA_COLUMNS = (
    "origin_id",
    "minutes",
    "contour",
    "area_km2",
    "geometry",
)


def _contours(args: argparse.Namespace) -> tuple[str, ...]:
    return CONTOURS if args.band else ("middle",)


def _roads(network: str, by: str = "road") -> Network:
    """Read or load the roads; an extract or a graph that is travelled on foot is read for
    walking.
    """
    if not _is_file(network):
        return load_network(network)
    return read_network(network, by="walk" if by in ("walk", "rail") else "road")


def _is_file(network: str) -> bool:
    # the name of a zone has none of these signs, the path of a file at least one
    return "." in network or "/" in network or "\\" in network


def _frame(path: Path, role: str) -> gpd.GeoDataFrame:
    """Read a vector file as it is; what it must hold is checked where it is used."""
    return whole(read_features(path, f"{role} file"), f"{role} file '{path}'")


def _parts(text: str) -> list[str]:
    """Take apart what was typed with commas, Chinese ones too: a keyboard may give either."""
    return text.replace("，", ",").split(",")


def _minutes(text: str) -> list[float]:
    return _numbers(text, "--minutes", "15,30,60")


def _numbers(
    text: str,
    option: str,
    example: str,
) -> list[float]:
    try:
        return [float(part) for part in _parts(text)]
    except ValueError:
        raise UsageError(f"{option} '{text}' is not a list of numbers such as {example}") from None


def _speeds(text: str | None) -> dict[int, float] | None:
    if text is None:
        return None
    speeds = {}
    for part in _parts(text):
        code, _, kmh = part.partition("=")
        try:
            speeds[int(code)] = float(kmh)
        except ValueError:
            raise UsageError(
                f"--speeds '{part}' is not of the form CODE=KMH, e.g. 10=4,60=0"
            ) from None
    return speeds


def _write(
    args: argparse.Namespace,
    frames: dict[str, Any],
    features: list[dict[str, Any]],
    **more: Any,
) -> None:
    # an empty layer cannot be written, and a frame without places is none
    if args.format == "gpkg":
        frames = {
            name: frame for name, frame in frames.items() if hasattr(frame, "crs") and len(frame)
        }
        if not frames:
            raise InputError(f"nothing to write to '{args.output}': there is no way")
        remark(f"wrote {write_gpkg(frames, args.output)}")
        return
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": features,
            **more,
        },
        ensure_ascii=False,
        allow_nan=False,
    )
    emit(text + "\n", args.output)


def _map(
    args: argparse.Namespace,
    drawn: gpd.GeoDataFrame | Comparison,
    areas: gpd.GeoDataFrame,
) -> int:
    """Write areas, or two days of them, as a map of the network's zone, else of a zone that the
    first origin lies in.
    """
    _draw(args.network, drawn, areas, args.output)
    return _tell(areas)


def _draw(
    network: str,
    drawn: gpd.GeoDataFrame | Comparison,
    areas: gpd.GeoDataFrame,
    target: Path,
) -> None:
    from .page import page_of  # folium: only a page needs it

    page, zone = page_of(network, areas.attrs["origins"], areas=drawn)
    page.save(target)
    remark(f"wrote {target}: map of {zone}")


def _features(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    columns = [name for name in frame.columns if name != "geometry"]
    features = []
    for row in frame.to_dict("records"):
        told = {name: _plain(row[name], _DIGITS.get(name)) for name in columns}

        # minutes are typed whole, and come back as they were typed
        if "minutes" in told:
            told["minutes"] = _short_minutes(told["minutes"])
        shape = None if row["geometry"] is None else json.loads(shapely.to_geojson(row["geometry"]))
        features.append(
            {
                "type": "Feature",
                "properties": told,
                "geometry": shape,
            }
        )
    return features


def _short_minutes(minutes: object) -> object:
    """Write whole minutes without a point: 30, not 30.0."""
    return int(minutes) if isinstance(minutes, float) and minutes.is_integer() else minutes


def _plain(value: Any, digits: int | None) -> Any:
    """Return a value that JSON knows; what is not known is null."""
    # numpy's numbers are not JSON's
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if digits is None else round(float(value), digits)


def _tell(areas: gpd.GeoDataFrame) -> int:
    """Tell on stderr what could not be answered, and what should be known of the answers; return
    the code.
    """
    for origin, note in areas.attrs["notes"]:
        remark(f"origin {origin}: {note}" if origin else note)
    for origin, reason in areas.attrs["unanswered"]:
        remark(f"origin {origin}: {reason}")

    # an outline looks exact: its measured error is said every time
    if stated := areas.attrs.get("area_error"):
        remark(
            "error of these outlines, as measured at the worst place:"
            f" {stated['wrong_share']:.0%} of the road length within is not reached in time,"
            f" {stated['missed_share']:.0%} of what is reached lies outside"
        )
    return 5 if areas.attrs["unanswered"] else 0
