"""A file in any format that the trade uses -> sites, and an autopsy of the file."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from ..errors import InputError, UsageError, listed
from ..files.contents import unchanged
from ..files.gdal_door import check_source
from ..geometry.datums import is_encrypted
from ..geometry.projection import GEOGRAPHIC, quantise, quantise_valid
from ..geometry.shapes import Ints, Shapes
from ..model.accuracy import DEGREE_M, default_accuracy, step_of
from ..model.sites import Site, Sites
from .autopsy import crs_of, file_report, site_remarks
from .formats.assumptions import Assumptions, checked_assumptions, told_line
from .formats.closing import settle_shapes
from .formats.corners import settle_corners, settle_multipoints
from .formats.detect import read_tables
from .formats.table import Guess, Table
from .formats.vector import (
    ACCURACY_COLUMNS,
    ANSWER_COLUMN,
    DOUBT_COLUMNS,
    ID_COLUMNS,
    NAME_COLUMNS,
    read_frame,
)
from .formats.wkt import is_wkt, shape_of, written_step
from .given import Given, SiteSource, Typed, given_sites
from .settle import settle_table
from .soundness import repaired, shape_problems

File: TypeAlias = str | Path | gpd.GeoDataFrame | bytes
"""What is read as one file: GeoJSON that was handed in comes as its bytes."""
_SOURCE_OF = {"GeoDataFrame": "frame", "dxf": "cad"}
"""Kinds of sources by format, for tables whose reader does not name its own."""
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
_MAX_STDIN = 500_000_000
_AT_ONCE = 100_000
_KML_GUESS = Guess(
    "datum",
    "CGCS2000",
    "KML is WGS 84 by definition, and nothing names the imagery that it was drawn on",
    "GCJ-02: imagery of Chinese map services lies some 560 m away",
)


def read_sites(
    source: SiteSource | Given | None = None,
    *,
    at: Sequence[tuple[float, float] | str] = (),
    site_accuracy_m: float | None = None,
    assume: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Sites:
    """Read sites from files, frames or typed coordinates.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, a GeoDataFrame or GeoSeries with a CRS, a Shapely
        geometry (degrees unless its SRID says otherwise), (lon, lat) in degrees, WKT, a GeoJSON
        mapping or whatever carries `__geo_interface__`, GeoArrow, a list of these, or None when
        only `at` is given. An index of texts of a GeoSeries names the sites. Formats: GeoPackage,
        GeoJSON (also in sequence), shapefile, FlatGeobuf, GeoParquet, File Geodatabase, KML, KMZ,
        GML, GPX, DXF, zip of these, the national survey TXT, CSV and XLSX tables of coordinates,
        WKT.
    at
        Points as (lon, lat), or WKT: degrees, lon before lat, unless it begins with ``SRID=CODE;``
        or `assume` says otherwise.
    site_accuracy_m
        How far the true edge may lie from the drawn one, where the file does not say; None means
        the default of the kind of source, :data:`sxgeo.model.accuracy.SOURCES`.
    assume
        What the file does not say, by key of
        :data:`sxgeo.sites.formats.assumptions.ASSUMABLE`, e.g.
        ``{"crs": "EPSG:4547"}``.
    strict
        Refuse a file as soon as anything in it had to be guessed.

    Returns
    -------
    Sites
        In the order given. A site that cannot be used has no geometry and says why in `problems`;
        every guess stands in the `problems` of the sites it touches, and in the autopsy.

    Raises
    ------
    InputError
        If a file cannot be read at all, or with `strict` was guessed at; every file's problem in
        one message.
    UsageError
        If `assume` has an unknown key or value, or the accuracy is no number of metres from 0.

    Examples
    --------
    >>> import sxgeo
    >>> import shapely
    >>> sites = sxgeo.read_sites([shapely.box(112.6, 38.3, 112.602, 38.302), (112.5, 37.9)])
    >>> len(sites), list(sites.frame.columns)
    (2, ['site_id', 'name', 'file', 'accuracy_m', 'problems', 'geometry'])
    >>> sites[1].accuracy_m
    5566.0
    """
    sites, unread = read_some(
        source,
        at=at,
        site_accuracy_m=site_accuracy_m,
        assume=assume,
        strict=strict,
    )
    if unread:
        raise InputError("\n".join(unread))
    if not sites.sites:
        raise InputError("no site given: name a file or --at LON,LAT")
    return sites


def read_some(
    source: SiteSource | Given | None,
    *,
    at: Sequence[tuple[float, float] | str] = (),
    site_accuracy_m: float | None = None,
    assume: Mapping[str, str] | None = None,
    strict: bool = False,
) -> tuple[Sites, list[str]]:
    """Read what can be read: :func:`read_sites`, but files that cannot be read are named, not
    raised.

    Returns
    -------
    sites, unread
        The sites, possibly none, and one message per file that could not be read.
    """
    with _no_collection():
        how = _How(
            _checked_accuracy(site_accuracy_m),
            checked_assumptions(assume or {}),
            strict,
        )
        return _read_some(source, at, how)


@dataclass(frozen=True, slots=True)
class _How:
    """How a caller wants things read: the accuracy where they say none, what is said of them, and
    whether a guess is refused.
    """

    accuracy_m: float | None
    told: Assumptions
    strict: bool


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: a million sites make no garbage, and scanning them costs a third
    of the reading.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read_some(
    source: SiteSource | Given | None,
    at: Sequence[tuple[float, float] | str],
    how: _How,
) -> tuple[Sites, list[str]]:
    # sites that were read already are not read again, nor checked again
    if isinstance(source, Sites) and not at:
        return source, []
    given = given_sites(source)
    found: list[Site] = []
    autopsy: list[dict[str, Any]] = []
    unread: list[str] = []
    typed = 0
    for thing in (*given.things, *map(Typed, at)):
        # Sites that were read before need no reader, and may be very many.
        if isinstance(thing, Site):
            found.append(thing)
            continue
        # Typed places are counted by themselves: their number names them in a message.
        typed += isinstance(thing, Typed)
        try:
            sites, reports = _read_thing(thing, typed, how)
        except InputError as error:
            # a faulty file does not stop the others; all problems come in one message
            unread.append(str(error))
            continue
        found += sites
        autopsy += reports

    # Ids must tell sites apart over all files, not only within one.
    return Sites(tuple(_unique(found)), tuple(autopsy)), unread


def _read_thing(
    thing: File | Typed,
    typed: int,
    how: _How,
) -> tuple[list[Site], list[dict[str, Any]]]:
    """Read one thing that was handed in; beside its sites the autopsy, where it is a file."""
    if isinstance(thing, Typed):
        return _typed_site(thing.place, typed, how), []
    sites, report = _read_one(thing, how)
    return sites, [report]


def _checked_accuracy(value: float | None) -> float | None:
    if value is not None and not 0 <= value < np.inf:
        raise UsageError(f"site accuracy {value} is not a number of metres from 0")
    return value


def _read_one(file: File, how: _How) -> tuple[list[Site], dict[str, Any]]:
    opened = _opened(file, how.told)
    tables = opened.tables
    settle_shapes(tables, how.told)
    settle_multipoints(tables, how.told)
    parts = _parts_of(opened, how)
    sites = list(chain.from_iterable(found for _, found in parts))
    if how.strict:
        _refuse_guesses(tables, opened.name)

    # A shape that was left out may be part of any plot of the file, so all of them are in doubt.
    lost = [str(entry) for table in tables for entry in table.left_out if entry.kind == "geometry"]
    if lost:
        sites = [_in_doubt(site, lost) for site in sites]
    return sites, file_report(opened.name, opened.digest, opened.kind, parts, how.told)


def _parts_of(opened: _Opened, how: _How) -> list[tuple[Table, list[Site]]]:
    """Make sites of each layer of a file; the layer stands beside them."""
    # Sites are numbered on through the layers, as people count the features of a file.
    parts, start = [], 1
    for table in opened.tables:
        if table.facts.accuracy_kind is None:
            table.note(accuracy_kind=_SOURCE_OF.get(opened.kind, "vector"))
        found = _sites_of(table, opened.name, how, start=start)
        start += len(found)
        parts.append((table, found))
    return parts


@dataclass(frozen=True, slots=True)
class _Opened:
    """A source as it was opened: its format, name and tables, and the digest of its bytes, where it
    has any.
    """

    kind: str
    name: str
    tables: list[Table]
    digest: str | None


def _opened(file: File, told: Assumptions) -> _Opened:
    if isinstance(file, gpd.GeoDataFrame):
        table = read_frame(file)
        settle_corners([table], told, NAME_COLUMNS, ID_COLUMNS)
        return _Opened("GeoDataFrame", "GeoDataFrame", [table], None)
    if isinstance(file, bytes):
        return _from_content(file, "GeoJSON", told)
    return _from_stdin(told) if str(file) == "-" else _from_path(Path(file), told)


def _from_path(path: Path, told: Assumptions) -> _Opened:
    # before it is hashed: a pipe, a device or the root of a disk has no end
    check_source(path)
    # hashing lets the reader run meanwhile
    with unchanged(path, "site file"), ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(_digest, path)
        kind, tables = read_tables(path, told)
        return _Opened(kind, path.name, tables, hashed.result())


def _refuse_guesses(tables: Sequence[Table], name: str) -> None:
    """One guess is enough to refuse; the way to settle all of them is told at once."""
    guesses = list(dict.fromkeys(str(g) for table in tables for g in table.guesses))
    if not guesses:
        return
    taken = {g.key: g.taken for table in tables for g in table.guesses}
    if len(taken) > 1:
        guesses.append(f"settle them all, if all is so: {told_line(taken)}")
    raise InputError(listed(f"'{name}' was guessed at, which --strict refuses:", guesses))


def _in_doubt(site: Site, reasons: Sequence[str]) -> Site:
    """Return a site of a file of which something was not read: the site may be only a part of what
    was meant.
    """
    return replace(
        site,
        problems=(*site.problems, *reasons),
        doubtful=site.usable,
    )


def _from_stdin(told: Assumptions) -> _Opened:
    """Read standard input whole; what it is shows in its bytes, as for a file."""
    content = sys.stdin.buffer.read(_MAX_STDIN + 1)
    # one byte more than is taken: a stream has no size that could be asked first
    if len(content) > _MAX_STDIN:
        raise InputError("standard input is larger than 500 MB; write it to a file")
    return _from_content(content, "stdin", told)


def _from_content(
    content: bytes,
    name: str,
    told: Assumptions,
) -> _Opened:
    """Read what has no file of its own."""
    # The readers open paths, and the drivers behind them too: it gets a file for that long.
    with TemporaryDirectory(prefix="sxgeo-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            kind, tables = read_tables(path, told)
        except InputError as error:
            # nobody knows the folder that is gone again
            raise InputError(str(error).replace(str(path), name)) from error
    return _Opened(kind, name, tables, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all sites of a table have in common."""

    file: str
    crs: str | None
    accuracy: tuple[float, str]
    guesses: tuple[str, ...]


def _sites_of(
    table: Table,
    name: str,
    how: _How,
    *,
    start: int,
) -> list[Site]:
    """Bring a table to quantised degrees, all its features at once, and say what is wrong with
    each.
    """
    plane = settle_table(table, name, how.told)
    faults = _quantise_good(table)

    # The accuracy may be a guess too: it is settled before guesses are told.
    default = _default_accuracy(table, how.accuracy_m, how.told)
    shared = _Shared(name, plane, default, _told_guesses(table))
    sites = _alike(table, shared, start)
    _say_of_each(table, sites, faults, start)
    return site_remarks(table, sites, start, how.told.area_unit)


@dataclass(frozen=True, slots=True)
class _Faults:
    """Why rows cannot be used, and the rows whose rings cross themselves."""

    wrong: Mapping[int, str]
    invalid: set[int]


def _quantise_good(table: Table) -> _Faults:
    """Quantise the shapes that can be used; the others are gone from the table."""
    wrong = {**shape_problems(table.shapes), **table.wrong}
    good = np.ones(len(table.shapes), dtype=bool)
    good[list(wrong)] = False
    table.shapes, invalid = _quantised(table.shapes, np.flatnonzero(good))
    return _Faults(wrong, invalid)


def _say_of_each(
    table: Table,
    sites: list[Site],
    faults: _Faults,
    start: int,
) -> None:
    """Put in place the sites of which something of their own is to be said: what is wrong, a
    remark, a ring that crosses itself, an accuracy of their row.
    """
    written = _firsts(table, ACCURACY_COLUMNS)
    own = {row for row, text in enumerate(written) if text}
    for row in sorted(own.union(faults.wrong, table.remarks, faults.invalid)):
        site, problem = sites[row], faults.wrong.get(row)
        if row in own:
            site, unreadable = _with_accuracy(site, written[row])
            problem = problem or unreadable
        site = _with_remarks(site, table, row, start, problem)
        # what cannot be used is not repaired either
        if row in faults.invalid and not problem:
            site = _mended(site, table, start + row)
        sites[row] = site


def _alike(
    table: Table,
    shared: _Shared,
    start: int,
) -> list[Site]:
    """Make all sites in one go: most features are alike, and a table has many."""
    ids, names = _firsts(table, ID_COLUMNS), _firsts(table, NAME_COLUMNS)
    stem = Path(shared.file).stem
    accuracy_m, source = shared.accuracy
    doubtful = bool(shared.guesses)
    return [
        Site(
            site_id=text or f"{stem}#{number}",
            geometry=shape,
            name=own_name,
            file=shared.file,
            accuracy_m=accuracy_m,
            accuracy_source=source,
            datum_error_m=table.datum_error_m,
            crs=shared.crs,
            problems=shared.guesses,
            doubtful=doubtful,
        )
        for number, (text, shape, own_name) in enumerate(
            zip(ids, table.shapes, names, strict=True), start
        )
    ]


def _with_accuracy(site: Site, text: str) -> tuple[Site, str | None]:
    """Give a site the accuracy of its own row; with the problem where that is none."""
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    problem = None
    # NaN is no number either: an edge that is known to nothing is not known exactly
    if not 0 <= metres < np.inf:
        metres, problem = 0.0, f"its accuracy '{text}' is not a number of metres from 0"
    site = replace(
        site,
        accuracy_m=metres,
        accuracy_source="file",
    )
    return site, problem


def _with_remarks(
    site: Site,
    table: Table,
    row: int,
    start: int,
    problem: str | None,
) -> Site:
    """Say at a site what its reader remarked; with a problem it has no geometry, and no guess
    matters to it.
    """
    texts = ([problem] if problem else []) + table.remarks.get(row, [])
    remarks = tuple(f"feature {start + row}: {text}" for text in texts)
    if problem:
        return replace(
            site,
            geometry=None,
            problems=remarks,
            doubtful=False,
        )
    return replace(
        site,
        problems=remarks + site.problems,
        doubtful=site.doubtful or row in table.doubtful,
    )


def _mended(
    site: Site,
    table: Table,
    number: int,
) -> Site:
    mended = repaired(site, number)
    # a ring that only touches itself needs no word
    if len(mended.problems) > len(site.problems):
        table.note(repaired=(*table.facts.repaired, mended.problems[0]))
    return mended


def _told_guesses(table: Table) -> tuple[str, ...]:
    """The guesses that touch every site of a table; those of single rows become their doubts."""
    guesses = tuple(str(guess) for guess in table.guesses if guess.rows is None)
    _doubt_answers(table)
    for guess in table.guesses:
        for row in sorted(guess.rows or ()):
            table.doubt(row, str(guess))

    # Several guesses can be settled by one command, which is spelt out.
    taken = {g.key: g.taken for g in table.guesses}
    if guesses and len(taken) > 1:
        guesses += (f"settle all guesses of this file at once, if all is so: {told_line(taken)}",)
    return guesses


def _doubt_answers(table: Table) -> None:
    """Sites out of an answer were read before; what was in doubt then is no surer now."""
    for row, text in enumerate(_firsts(table, DOUBT_COLUMNS)):
        if text:
            table.doubt(row, f"the answer that it was taken from was in doubt of it: {text}")

    # A table of answers (of a batch, of `screen`) may say neither doubts nor the whole error.
    if ANSWER_COLUMN not in table.columns or set(DOUBT_COLUMNS) & set(table.columns):
        return
    for row in range(len(table.shapes)):
        table.doubt(
            row,
            "stands in a table of answers, in which doubts and errors of"
            " plots may be lost; check the file that was asked about",
        )


def _quantised(shapes: Shapes, rows: Ints) -> tuple[Any, set[int]]:
    """Quantise some rows, and tell which are invalid; what was quantised is let go in `shapes`, so
    that not all stand twice.
    """
    placed = np.full(len(shapes), None, dtype=object)
    invalid: set[int] = set()
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        placed[some], valid = quantise_valid(shapes[some])
        shapes[some] = None
        invalid |= set(some[~valid].tolist())
    return placed, invalid


def _firsts(table: Table, columns: Sequence[str]) -> list[str]:
    """Return for each feature the first text among some columns; empty where there is none."""
    there = [column for column in columns if column in table.columns]

    # Most often one column of texts: no cell of a long table is looked at twice then.
    if len(there) == 1 and set(map(type, table.columns[there[0]])) == {str}:
        return list(map(str.strip, table.columns[there[0]]))

    # Where several columns hold ids, the first that is filled has the say, row by row.
    texts = [""] * len(table.shapes)
    for column in there:
        for row, value in enumerate(table.columns[column]):
            if not texts[row]:
                texts[row] = _text_of(value)
    return texts


# Any: a cell of whatever kind a column holds.
def _text_of(value: Any) -> str:
    """Return a cell as text; nothing for none and for NaN, which is not even itself."""
    if value is None or value != value:
        return ""
    # a number that a program read as 12.0 was written 12
    text = str(value).strip()
    return text.removesuffix(".0") if isinstance(value, float) else text


def _default_accuracy(
    table: Table,
    accuracy: float | None,
    told: Assumptions,
) -> tuple[float, str]:
    """Say how far the edges of a table may lie from the drawn ones, and who says so, where no
    column does.
    """

    # A header is the file's own word; an option is the user's, for files that say nothing.
    if table.accuracy_m is not None:
        return table.accuracy_m, "file header"
    kind = table.facts.accuracy_kind or "vector"

    # Whoever names the datum of a KML has looked at its imagery: the drawing is as good as that.
    if kind == "kml":
        if told.datum is None:
            table.guesses.append(_KML_GUESS)
        else:
            kind = "kml_named"
    if accuracy is not None:
        return accuracy, "option"

    # The step of the written numbers bounds what they can say: two decimals of a degree are a
    # kilometre.
    crs = crs_of(table)
    geographic = is_encrypted(crs) or CRS.from_user_input(crs).is_geographic
    if kind == "table":
        kind = "degrees" if geographic else "metres"
    step_m = table.facts.step
    if step_m is not None and geographic:
        step_m *= DEGREE_M
    return default_accuracy(kind, step_m=step_m)


class TypedPlace(tuple[float, float]):
    """Lon and lat as typed, with the unit of the last decimal that was written: 112.5500 says more
    than 112.55.
    """

    step: float | None = None


def _typed_site(
    place: tuple[float, float] | str,
    number: int,
    how: _How,
) -> list[Site]:
    if isinstance(place, str):
        return _typed_wkt(place, number, how)
    return [_typed(place, how.accuracy_m)]


def _typed(place: tuple[float, float], accuracy: float | None) -> Site:
    lon, lat = place
    point = shapely.Point(lon, lat)
    metres, source = (accuracy, "option") if accuracy is not None else _accuracy_as_typed(place)
    site = Site(
        f"{lon:g},{lat:g}",
        None,
        file="--at",
        accuracy_m=metres,
        accuracy_source=source,
    )
    # a place outside China is a slip of the fingers, and told with the point
    if problem := shape_problems(np.array([point], dtype=object)).get(0):
        return replace(site, problems=(problem,))
    return replace(site, geometry=quantise(point))


def _accuracy_as_typed(place: tuple[float, float]) -> tuple[float, str]:
    """Digits that were typed tell how finely the place was meant."""
    step = getattr(place, "step", None) or step_of([repr(float(value)) for value in place])
    return default_accuracy("degrees", step_m=None if step is None else step * DEGREE_M)


def _typed_wkt(
    text: str,
    number: int,
    how: _How,
) -> list[Site]:
    """Read one typed geometry: its SRID says its system, else `--assume crs` does, else it is in
    degrees as a typed point is.
    """
    shape = shape_of(text)
    table = Table(
        np.array([shape], dtype=object),
        f"EPSG:{int(shapely.get_srid(shape)) or GEOGRAPHIC.removeprefix('EPSG:')}",
    )
    table.note(accuracy_kind="table", step=written_step(text))
    settle_shapes([table], how.told)
    settle_multipoints([table], how.told)
    return _sites_of(table, "--at", how, start=number)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    parts = (
        sorted(path.rglob("*"))
        if path.is_dir()
        else [path, *(path.with_suffix(s) for s in _SIDECARS)]
    )
    for part in parts if path.suffix.lower() == ".shp" or path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                # in pieces: a file may be larger than the memory
                while chunk := file.read(1 << 22):
                    digest.update(chunk)
    return digest.hexdigest()


def _unique(sites: list[Site]) -> list[Site]:
    """Qualify ids that stand more than once by their file, then by a counter."""
    if len({s.site_id for s in sites}) == len(sites):
        return sites
    # most files are alone, and their ids their own
    times = Counter(s.site_id for s in sites)
    sites = [
        (
            replace(s, site_id=f"{Path(s.file).stem}:{s.site_id}")
            if times[s.site_id] > 1 and s.file
            else s
        )
        for s in sites
    ]
    seen: Counter[str] = Counter()
    done = []
    for site in sites:
        seen[site.site_id] += 1
        count = seen[site.site_id]
        done.append(site if count == 1 else replace(site, site_id=f"{site.site_id}#{count}"))
    return done


def parse_place(text: str) -> tuple[float, float] | str:
    """Parse what ``--at`` takes: ``LON,LAT`` in degrees, or WKT, which is checked and returned as
    it stands.

    Raises
    ------
    UsageError
        If it is neither.
    """
    # a bracket is meant as WKT, however it is misspelt
    if not is_wkt(text) and "(" not in text:
        return parse_lonlat(text)
    try:
        shape_of(text)
    except InputError as error:
        raise UsageError(
            f"--at '{text[:60]}' {error}; give LON,LAT in degrees or quoted WKT such as \"POINT"
            ' (112.55 37.87)"'
        ) from error
    return text


def parse_lonlat(text: str) -> tuple[float, float]:
    """Parse ``LON,LAT`` in degrees.

    Raises
    ------
    UsageError
        If it is not two finite numbers with a comma.
    """
    parts = text.replace("，", ",").split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise UsageError(
            f"'{text}' is not of the form LON,LAT in degrees, e.g. 112.5489,37.8706"
        ) from None
    if not (np.isfinite(lon) and np.isfinite(lat)):
        raise UsageError(f"'{text}' is not of the form LON,LAT in degrees, e.g. 112.5489,37.8706")
    place = TypedPlace((lon, lat))
    place.step = step_of(parts)
    return place


def site_problems(sites: Sites) -> str:
    """Join the problems of all sites into one text, a line each; what all sites of a file share is
    said once.
    """
    counts = Counter((s.file, p) for s in sites.sites for p in s.problems)
    lines, told = [], set()
    for site in sites.sites:
        for problem in site.problems:
            key = (site.file, problem)
            if key not in told:
                told.add(key)
                who = site.site_id if counts[key] == 1 else f"{counts[key]} sites"
                lines.append(f"{site.file}: {who}: {problem}")
    return listed("some sites need attention:", lines) if lines else ""


__all__ = ["GEOGRAPHIC", "parse_lonlat", "parse_place", "read_sites", "read_some", "site_problems"]
