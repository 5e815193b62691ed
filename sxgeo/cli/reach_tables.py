"""The tables of `sxgeo reach`: from many places to many, and the nearest of some to each."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..analysis.accessibility.crew import MEMORY, Hands, Keep
from ..analysis.accessibility.many import (
    Measure,
    count_and_keep,
    no_areas,
    times_of,
    write_isochrones,
)
from ..analysis.accessibility.origins import place_notes
from ..analysis.accessibility.place_files import read_places
from ..analysis.accessibility.population import population_within
from ..analysis.accessibility.travel_times import TimeTable, travel_times
from ..analysis.accessibility.within import count_within
from ..analysis.execution.parts import told_to_go_on
from ..analysis.network.hierarchy import prepare
from ..analysis.network.snap import snap_each
from ..catalog import load_catalog
from ..errors import InputError, UsageError
from ..files.libraries import library as optional_library
from ..files.writing import refuse_inputs, write_bytes
from ..geometry.projection import GEOGRAPHIC
from ..layers.class_names import class_id_of
from ..layers.classes import ALL_CLASS_IDS
from ..layers.layers import load_layer
from ..reports.archive import library, spooled, without_clock
from ..sites.read import parse_lonlat, read_sites
from .terminal import counting, emit, going_on, remark

if TYPE_CHECKING:
    from ..analysis.accessibility.origins import Places
    from ..analysis.network.graph import Network
    from ..analysis.network.hierarchy import Hierarchy

PREPARED_FROM = 400
"""From so many searches on a hierarchy pays for itself."""
SUFFIXES = (".csv", ".parquet", ".xlsx")
MOST_LOOKED_AT = 1_000
"""So many places of each side are looked at for other roads beside them: a search each."""
MOST_EXCEL_ROWS = 1_000_000


def table(args: argparse.Namespace, network: Network) -> int:
    """Answer `sxgeo reach --table ORIGINS DESTINATIONS`; return the exit code."""
    origins, destinations = (_read(path) for path in args.table)
    _check_output(args, args.table)

    # who can reach a place is asked the other way round: the roads are turned, and so are the
    # columns
    times = _times(args, network, *_sides(args, origins, destinations))
    refused = dict(times.attrs["unanswered"])
    if args.reverse:
        times = _turned(times)
    snaps = _snaps(network, (origins, destinations))
    _write(args, _with_ways(times, snaps, list(refused)))
    _tell_beside(args, network, origins, destinations)
    return _tell(network, refused)


_TABLE_COLUMNS = (
    "origin_id",
    "destination_id",
    "minutes",
    "origin_snap_m",
    "destination_snap_m",
    "way",
)


def _sides(
    args: argparse.Namespace,
    origins: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return from where and to where is searched: the other way round with `--reverse`."""
    return (ends, origins) if args.reverse else (origins, ends)


def _turned(times: pd.DataFrame) -> pd.DataFrame:
    """Call the ends of each way by the names that were typed, in the order of those."""
    named = times.rename(columns={"origin_id": "destination_id", "destination_id": "origin_id"})
    return named.sort_values(["origin_id", "destination_id"], ignore_index=True)


def _with_ways(
    times: pd.DataFrame,
    snaps: Mapping[str, float],
    refused: Sequence[Any],
) -> pd.DataFrame:
    """Return times with how far each end lies from its road, and whether there is a way."""
    minutes, origin, destination = times["minutes"], times["origin_id"], times["destination_id"]

    # no road near and no way are two reasons, and a blank would tell neither
    unanswered = origin.isin(refused) | destination.isin(refused)
    reason = np.where(unanswered, "no road near", "none")
    told = times.assign(
        minutes=minutes.round(2),
        origin_snap_m=origin.map(snaps).round(1),
        destination_snap_m=destination.map(snaps).round(1),
        way=np.where(minutes.notna(), "yes", reason),
    )
    return told[list(_TABLE_COLUMNS)]


def nearest(
    args: argparse.Namespace,
    network: Network,
    origins: gpd.GeoDataFrame,
) -> int:
    """Answer `sxgeo reach ... --nearest FACILITIES`; return the exit code."""
    facilities = _read(args.nearest)
    _check_output(args, [args.nearest])
    times = _times(args, network, *_sides(args, origins, facilities))
    soonest = _soonest(times, reverse=args.reverse)
    snaps = _snaps(network, (origins, facilities))
    _write(args, _named(soonest, facilities, snaps))
    _tell_beside(args, network, origins, facilities)

    # a place that reaches none is an answer, and still not what was hoped for
    all_reached = soonest["minutes"].notna().all()
    return _tell(network, dict(times.attrs["unanswered"])) or (0 if all_reached else 5)


def _soonest(times: pd.DataFrame, *, reverse: bool) -> pd.DataFrame:
    """Return the facility that each origin reaches soonest, or that is reached soonest from it."""
    facility = "origin_id" if reverse else "destination_id"
    origin = "destination_id" if reverse else "origin_id"
    ways = times.rename(columns={facility: "facility_id", origin: "origin_id"})

    # of equally near facilities that with the first id; a place that reaches none keeps its row
    order = ["origin_id", "minutes", "facility_id"]
    ordered = ways.sort_values(order, na_position="last")
    return ordered.groupby("origin_id", sort=True, as_index=False).first()


def _named(
    soonest: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    snaps: Mapping[str, float],
) -> pd.DataFrame:
    """Return the facilities with their names and roads; blank where none is reached."""
    names = dict(zip(facilities["id"], facilities["name"], strict=True))
    reached = soonest["minutes"].notna()
    origin, facility = soonest["origin_id"], soonest["facility_id"].where(reached)
    return pd.DataFrame(
        {
            "origin_id": origin,
            "facility_id": facility,
            "facility_name": soonest["facility_id"].map(names).where(reached),
            "minutes": soonest["minutes"].round(2),
            "origin_snap_m": origin.map(snaps).round(1),
            "facility_snap_m": soonest["facility_id"].map(snaps).where(reached).round(1),
        }
    )


def reached(
    args: argparse.Namespace,
    network: Network,
    origins: gpd.GeoDataFrame,
    minutes: list[float],
) -> int:
    """Answer `sxgeo reach ... --reached FILE`; return the exit code."""
    places = _read(args.reached)
    _check_output(args, [args.reached])
    found = _reached(args, network, (origins, places), minutes)
    refused = dict(found.attrs["unanswered"])
    snaps = found["origin_id"].map(_snaps(network, [origins]))
    _write(
        args,
        found.assign(
            nearest_min=found["nearest_min"].round(2),
            origin_snap_m=snaps.round(1),
        ),
    )

    # what the table leaves out is told beside it: places without a road, coarse snaps
    _tell_beside(args, network, origins, places)
    return _tell(network, refused)


def _reached(
    args: argparse.Namespace,
    network: Network,
    ends: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    minutes: list[float],
) -> pd.DataFrame:
    """Count the places that each origin reaches; `ends` are origins and places."""
    keep = _keep_of(args)
    with counting("searching") as tick, _going_on(keep):
        return count_and_keep(
            network,
            *ends,
            minutes,
            reverse=args.reverse,
            hands=Hands(**_run_of(args)),
            progress=tick,
            keep=keep,
        )


def many_areas(
    args: argparse.Namespace,
    network: Network,
    origins: Places,
    minutes: list[float],
) -> int:
    """Answer `sxgeo reach ... -o FILE.parquet`; return the exit code."""
    refuse_inputs(args.output, [("file of origins", args.origin_file or "")])
    also = _also(args)
    with counting("searching") as tick, _going_on(_keep_of(args)):
        written = write_isochrones(
            network,
            origins,
            args.output,
            minutes,
            reverse=args.reverse,
            also=also,
            **_run_of(args),
            resume=args.resume,
            progress=tick,
        )
    remark(f"wrote {args.output}: {written.rows:,} rows")
    return _tell(network, dict(written.unanswered))


def _also(args: argparse.Namespace) -> list[Measure]:
    """Return what is counted in every area, and say once what each count assumes."""
    also = counts_of(args)
    if args.population:
        also.insert(0, partial(population_within, raster=args.population))
    for measure in also:
        for _, note in measure(no_areas()).attrs["notes"]:
            remark(note)
    return also


def wants_parquet(args: argparse.Namespace) -> bool:
    """Say whether areas are to be written as Parquet, as they come."""
    tabled = args.table or args.nearest or args.reached
    return not tabled and args.output is not None and args.output.suffix.lower() == ".parquet"


def _run_of(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "executor": args.executor or "serial",
        "address": args.address,
        "memory": args.memory or MEMORY,
    }


def _keep_of(args: argparse.Namespace) -> Keep | None:
    """Return where what is answered is kept: beside the output of a run by an executor, or of one
    that was broken off or may be.
    """
    if args.output is None or not (args.executor or args.resume):
        return None
    return Keep(args.output, args.resume)


@contextmanager
def _going_on(keep: Keep | None) -> Iterator[None]:
    with nullcontext() if keep is None else going_on(keep.target):
        yield


def _times(
    args: argparse.Namespace,
    network: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return the times between places, by the executor that was asked for, if any."""
    # as many searches are needed as the shorter side has places
    ready = _prepared(network, min(len(origins), len(destinations)))
    if args.executor is None and not args.resume:
        return travel_times(ready, origins, destinations)
    return _times_by_parts(args, TimeTable(ready, origins, destinations))


def _times_by_parts(args: argparse.Namespace, asked: TimeTable) -> pd.DataFrame:
    """Return the times of a table that is answered part by part, and may be gone on with."""
    unanswered: list[tuple[Any, str]] = []
    keep = _keep_of(args)
    coming = times_of(
        asked,
        Hands(**_run_of(args)),
        unanswered=unanswered,
        keep=keep,
    )
    with _going_on(keep):
        times = pd.concat(_counted(coming, len(asked.origins)), ignore_index=True)

    # who has no road is known when the last part has come
    times.attrs["unanswered"] = unanswered
    return times


def _counted(coming: Iterable[tuple[int, pd.DataFrame]], whole: int) -> Iterator[pd.DataFrame]:
    """Run through the parts of a table, and show how many of how many origins are done."""
    with counting("searching") as tick:
        for done, part in coming:
            yield part
            if tick is not None:
                tick(done, whole)


def origin_frame(texts: Iterable[str], named: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the origins of the command line: `LON,LAT`, named by these, and `NAME=LON,LAT`.

    Raises
    ------
    UsageError
        If a text is of neither form.
    """
    found = [*map(_typed, texts), *map(_typed_with_name, named)]
    points = [shapely.Point(lon, lat) for *_, lon, lat in found]

    # the names of origins go into every table and map made from them
    ids = [place for place, *_ in found]
    columns = {
        "origin_id": ids,
        "id": ids,
        "name": [name for _, name, *_ in found],
    }
    return gpd.GeoDataFrame(columns, geometry=points, crs=GEOGRAPHIC)


def _typed(text: str) -> tuple[str, str, float, float]:
    """Read an origin without a name: its degrees are its id."""
    lon, lat = parse_lonlat(text)

    # as it was typed: without an exponent, and without digits that nobody wrote
    degrees = (np.format_float_positional(value, trim="-") for value in (lon, lat))
    return ",".join(degrees), "", lon, lat


def _typed_with_name(text: str) -> tuple[str, str, float, float]:
    name, sign, place = text.rpartition("=")
    if not sign or not name.strip():
        raise UsageError(
            f"--origin '{text}' is not of the form NAME=LON,LAT, e.g. 太原站=112.582,37.860"
        )
    return name.strip(), name.strip(), *parse_lonlat(place)


def counted(args: argparse.Namespace, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add to areas what each `--count` asks for."""
    for count in counts_of(args):
        areas = count(areas)
    return areas


def counts_of(args: argparse.Namespace) -> list[Measure]:
    """Return what each `--count` asks for, its places read once: a class's records, the features of
    a file, or the people of a raster.
    """
    return [_count_of(what) for what in args.count]


def _count_of(what: str) -> Measure:
    path = Path(what)
    if path.suffix.lower() in (".tif", ".tiff"):
        return partial(population_within, raster=path)

    # a file of that name goes before a class of that name
    if path.exists():
        sites = read_sites(path).frame
        ids = sites["site_id"].tolist()
        return partial(
            count_within,
            things=sites,
            ids=ids,
            name=path.stem,
        )
    class_id = _class_id(what)
    if class_id is None:
        raise UsageError(
            f"--count '{what}' is neither a class ({', '.join(ALL_CLASS_IDS[:4])} ...) nor a"
            " file that is there"
        )
    frame = load_layer(class_id).frame
    ids = frame["feature_id"].tolist()
    return partial(
        count_within,
        things=frame,
        ids=ids,
        name=class_id,
    )


def place_frame(path: str, *, say: bool = False) -> gpd.GeoDataFrame:
    """Read the places of a file, their remarks unless they were told already; ids and names are
    those of the table.
    """
    frame = _read(path) if say else read_places(path)
    return frame.assign(origin_id=frame["id"])


def _class_id(name: str) -> str | None:
    try:
        return class_id_of(name)
    except UsageError:
        return None


def _read(path: str) -> gpd.GeoDataFrame:
    frame = read_places(path)
    for text in frame.attrs["remarks"]:
        remark(f"{Path(path).name}: {text}")
    return frame


def _prepared(network: Network, searches: int) -> Network | Hierarchy:
    """Return the hierarchy of the network where it is worth its time and numba is there, else the
    network.
    """
    if searches < PREPARED_FROM:
        return network

    try:
        return prepare(network)
    except InputError:  # without numba it takes longer, and says the same
        return network


def _snaps(network: Network, frames: Iterable[gpd.GeoDataFrame]) -> dict[str, float]:
    """Return how far each place lies from its road, metres; NaN where none is near."""
    found: dict[str, float] = {}
    for frame in frames:
        points = frame.geometry
        for place, there in zip(
            frame["id"],
            snap_each(
                network,
                points.x.round(7).to_numpy(),
                points.y.round(7).to_numpy(),
            ),
            strict=True,
        ):
            found[place] = float("nan") if isinstance(there, str) else there.distance_m
    return found


def _check_output(args: argparse.Namespace, inputs: Iterable[str]) -> None:
    if args.output is not None and args.output.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"a table is written as {', '.join(SUFFIXES)}, not as '{args.output.name}'"
        )
    refuse_inputs(args.output, [("file of places", path) for path in inputs])


def _write(args: argparse.Namespace, frame: pd.DataFrame) -> None:
    if args.output is None:
        emit(_csv(frame), None)
        return
    kind = args.output.suffix.lower()
    if kind == ".csv":
        # Excel on a Chinese PC takes a file without this mark for GBK
        content = ("\ufeff" + _csv(frame)).encode("utf-8")
    elif kind == ".parquet":
        content = _parquet(frame)
    else:
        content = _xlsx(frame)
    keep = _keep_of(args)
    with nullcontext() if keep is None else told_to_go_on():
        write_bytes(content, args.output)

    # what was kept of the run goes only when the answer stands whole
    if keep is not None:
        keep.forget()
    remark(f"wrote {args.output}: {len(frame):,} rows")


def _plain(value: object) -> object:
    """Return a cell: nothing for what is not known, text that no spreadsheet takes for a
    formula.
    """
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, str):
        return (
            f"'{value}"
            if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")
            else value.replace("\r", " ")
        )
    return value


def _rows(frame: pd.DataFrame) -> Iterable[list[Any]]:
    for row in frame.itertuples(index=False):
        yield [_plain(value) for value in row]


def _csv(frame: pd.DataFrame) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(_rows(frame))
    return text.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    pa = optional_library("pyarrow", "writing Parquet needs pyarrow")
    pq = optional_library("pyarrow.parquet", "writing Parquet needs pyarrow")
    sink = io.BytesIO()

    # pandas would write its own version beside the table, and the bytes would differ
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), sink
    )
    return sink.getvalue()


def _xlsx(frame: pd.DataFrame) -> bytes:
    if len(frame) > MOST_EXCEL_ROWS:
        raise InputError(
            f"{len(frame):,} rows are more than a sheet of Excel holds; write .csv or .parquet"
        )

    # made in memory: the clock is taken out before anything is written
    raw = io.BytesIO()
    with spooled():
        book = library("openpyxl").Workbook(write_only=True)
        sheet = book.create_sheet("times")
        sheet.append(list(frame.columns))
        for row in _rows(frame):
            sheet.append(row)
        book.save(raw)
    return without_clock(raw.getvalue(), load_catalog().data_date)


def _tell_beside(
    args: argparse.Namespace,
    network: Network,
    origins: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
) -> None:
    """Say of which places the road that they join decides their times."""
    # what leads to a place is asked of the roads turned round
    there, back = network, network.reversed()
    if args.reverse:
        there, back = back, there
    told: dict[str, None] = {}
    for side, roads, role in ((origins, there, "origin"), (ends, back, "destination")):
        for place, note in place_notes(roads, side[:MOST_LOOKED_AT], role):
            told.setdefault(f"{place}: {note}")
        if len(side) > MOST_LOOKED_AT:
            text = f"of {len(side):,} {role}s the first {MOST_LOOKED_AT:,} were looked at for"
            told.setdefault(f"{text} traps and for other roads beside them")
    for text in told:
        remark(text)


def _tell(network: Network, refused: dict[Any, str]) -> int:
    for note in network.notes:
        remark(note)
    for place, reason in sorted(
        refused.items(),
        key=lambda pair: str(pair[0]),
    ):
        remark(f"{place}: {reason}")
    return 5 if refused else 0
