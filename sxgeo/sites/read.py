"""A file in any format that the trade uses -> sites, and an autopsy of the file."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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

_SOURCE_OF = {"GeoDataFrame": "frame", "dxf": "cad"}
"""Kinds of sources by format, for tables whose reader does not name its own."""
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
_MAX_STDIN = 500_000_000
_AT_ONCE = 100_000


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
        return _read_some(
            source,
            at,
            _checked_accuracy(site_accuracy_m),
            checked_assumptions(assume or {}),
            strict=strict,
        )


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
    accuracy: float | None,
    told: Assumptions,
    *,
    strict: bool,
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
        if isinstance(thing, Site):
            found.append(thing)
            continue

        # Typed places are counted by themselves: their number names them in a message.
        typed += isinstance(thing, Typed)
        try:
            if isinstance(thing, Typed):
                found += _typed_site(thing.place, typed, accuracy, told)
                continue
            sites, report = _read_one(thing, accuracy, told, strict=strict)
        except InputError as error:
            # a faulty file does not stop the others; all problems come in one message
            unread.append(str(error))
            continue
        found += sites
        autopsy.append(report)

    # Ids must tell sites apart over all files, not only within one.
    return Sites(tuple(_unique(found)), tuple(autopsy)), unread


def _checked_accuracy(value: float | None) -> float | None:
    if value is not None and not 0 <= value < np.inf:
        raise UsageError(f"site accuracy {value} is not a number of metres from 0")
    return value


def _read_one(
    file: str | Path | gpd.GeoDataFrame | bytes,
    accuracy: float | None,
    told: Assumptions,
    *,
    strict: bool,
) -> tuple[list[Site], dict[str, Any]]:
    kind, name, tables, digest = _tables_of(file, told)
    settle_shapes(tables, told)
    settle_multipoints(tables, told)
    sites: list[Site] = []

    # Sites are numbered on through the layers, as people count the features of a file.
    parts = []
    for table in tables:
        if table.facts.accuracy_kind is None:
            table.note(accuracy_kind=_SOURCE_OF.get(kind, "vector"))
        found = _sites_of(table, name, accuracy, told, start=len(sites) + 1)
        sites += found
        parts.append((table, found))
    if strict:
        _refuse_guesses(tables, name)

    # A shape that was left out may be part of any plot of the file, so all of them are in doubt.
    lost = [str(entry) for table in tables for entry in table.left_out if entry.kind == "geometry"]
    if lost:
        sites = [_in_doubt(site, lost) for site in sites]
    return sites, file_report(name, digest, kind, parts, told)


def _tables_of(
    file: str | Path | gpd.GeoDataFrame | bytes, told: Assumptions
) -> tuple[str, str, list[Table], str | None]:
    """The format of a source, its name, tables and the digest of its bytes, where it has any."""
    if isinstance(file, gpd.GeoDataFrame):
        table = read_frame(file)
        settle_corners([table], told, NAME_COLUMNS, ID_COLUMNS)
        return "GeoDataFrame", "GeoDataFrame", [table], None
    if isinstance(file, bytes):
        kind, tables, digest = _from_content(file, "GeoJSON", told)
        return kind, "GeoJSON", tables, digest
    if str(file) == "-":
        kind, tables, digest = _from_stdin(told)
        return kind, "stdin", tables, digest
    path = Path(file)
    # before it is hashed: a pipe, a device or the root of a disk has no end
    check_source(path)
    # hashing lets the reader run meanwhile
    with unchanged(path, "site file"), ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(_digest, path)
        kind, tables = read_tables(path, told)
        return kind, path.name, tables, hashed.result()


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
    return replace(site, problems=(*site.problems, *reasons), doubtful=site.usable)


def _from_stdin(told: Assumptions) -> tuple[str, list[Table], str]:
    """Read standard input whole; what it is shows in its bytes, as for a file."""
    content = sys.stdin.buffer.read(_MAX_STDIN + 1)
    if len(content) > _MAX_STDIN:
        raise InputError("standard input is larger than 500 MB; write it to a file")
    return _from_content(content, "stdin", told)


def _from_content(
    content: bytes,
    name: str,
    told: Assumptions,
) -> tuple[str, list[Table], str]:
    """Read what has no file of its own."""
    with TemporaryDirectory(prefix="sxgeo-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            kind, tables = read_tables(path, told)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from error
    return kind, tables, hashlib.sha256(content).hexdigest()


def _sites_of(
    table: Table,
    name: str,
    accuracy: float | None,
    told: Assumptions,
    *,
    start: int,
) -> list[Site]:
    """Bring a table to quantised degrees, all its features at once, and say what is wrong with
    each.
    """
    plane = settle_table(table, name, told)
    shapes = table.shapes
    wrong = {**shape_problems(shapes), **table.wrong}
    good = np.ones(len(shapes), dtype=bool)
    good[list(wrong)] = False
    placed, invalid = _quantised(shapes, np.flatnonzero(good))
    table.shapes = placed

    # The accuracy may be a guess too: it is settled before guesses are told.
    default = _default_accuracy(table, accuracy, told)
    guesses = _told_guesses(table)
    ids, names, given = (
        _firsts(table, columns) for columns in (ID_COLUMNS, NAME_COLUMNS, ACCURACY_COLUMNS)
    )
    stem = Path(name).stem

    # Most features are alike, and a table has many: they are made in one go.
    sites = [
        Site(
            site_id=text or f"{stem}#{number}",
            geometry=shape,
            name=own_name,
            file=name,
            accuracy_m=default[0],
            accuracy_source=default[1],
            datum_error_m=table.datum_error_m,
            crs=plane,
            problems=guesses,
            doubtful=bool(guesses),
        )
        for number, (text, shape, own_name) in enumerate(
            zip(ids, placed, names, strict=True), start
        )
    ]

    # Then those of which something of their own is to be said.
    special = {*wrong, *table.remarks, *invalid, *(row for row, text in enumerate(given) if text)}
    for row in sorted(special):
        number = start + row
        value, source, bad = _accuracy(given[row], default) if given[row] else (*default, None)
        problem = wrong.get(row) or bad
        remarks: tuple[str, ...] = (f"feature {number}: {problem}",) if problem else ()
        remarks += tuple(f"feature {number}: {text}" for text in table.remarks.get(row, ()))
        site = replace(
            sites[row],
            geometry=None if problem else placed[row],
            accuracy_m=value,
            accuracy_source=source,
            problems=remarks if problem else remarks + guesses,
            doubtful=not problem and (bool(guesses) or row in table.doubtful),
        )
        sites[row] = repaired(site, number) if row in invalid and not problem else site
        # a ring that only touches itself needs no word
        if len(sites[row].problems) > len(site.problems):
            table.note(repaired=(*table.facts.repaired, sites[row].problems[0]))
    return site_remarks(table, sites, start, told.area_unit)


def _told_guesses(table: Table) -> tuple[str, ...]:
    """The guesses that touch every site of a table; those of single rows become their doubts."""
    guesses = tuple(str(guess) for guess in table.guesses if guess.rows is None)

    # Sites out of an answer were read before; what was in doubt then is no surer now.
    for row, text in enumerate(_firsts(table, DOUBT_COLUMNS)):
        if text:
            table.doubt(row, f"the answer that it was taken from was in doubt of it: {text}")

    # A table of answers (of a batch, of `screen`) may say neither doubts nor the whole error.
    if ANSWER_COLUMN in table.columns and not set(DOUBT_COLUMNS) & set(table.columns):
        for row in range(len(table.shapes)):
            table.doubt(
                row,
                "stands in a table of answers, in which doubts and errors of"
                " plots may be lost; check the file that was asked about",
            )
    for guess in table.guesses:
        for row in sorted(guess.rows or ()):
            table.doubt(row, str(guess))

    # Several guesses can be settled by one command, which is spelt out.
    taken = {g.key: g.taken for g in table.guesses}
    if guesses and len(taken) > 1:
        guesses += (f"settle all guesses of this file at once, if all is so: {told_line(taken)}",)
    return guesses


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
    texts = [""] * len(table.shapes)

    # Most often one column of texts: no cell of a long table is looked at twice then.
    there = [column for column in columns if column in table.columns]
    if len(there) == 1 and set(map(type, table.columns[there[0]])) == {str}:
        # Where several columns hold ids, the first that is filled has the say, row by row.
        return list(map(str.strip, table.columns[there[0]]))
    for column in there:
        for row, value in enumerate(table.columns.get(column, ())):
            if not texts[row] and value is not None and value == value:
                # a number that a program read as 12.0 was written 12
                text = str(value).strip()
                texts[row] = text.removesuffix(".0") if isinstance(value, float) else text
    return texts


def _accuracy(text: str, default: tuple[float, str]) -> tuple[float, str, str | None]:
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    if not 0 <= metres < np.inf:
        return 0.0, "file", f"its accuracy '{text}' is not a number of metres from 0"
    return metres, "file", None


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
    if kind == "kml" and told.datum is not None:
        kind = "kml_named"
    if kind == "kml":
        table.guesses.append(
            Guess(
                "datum",
                "CGCS2000",
                "KML is WGS 84 by definition, and nothing names the imagery that it was drawn on",
                "GCJ-02: imagery of Chinese map services lies some 560 m away",
            )
        )
    if accuracy is not None:
        return accuracy, "option"

    # The step of the written numbers bounds what they can say: two decimals of a degree are a
    # kilometre.
    crs = crs_of(table)
    geographic = is_encrypted(crs) or CRS.from_user_input(crs).is_geographic
    if kind == "table":
        kind = "degrees" if geographic else "metres"
    step = table.facts.step
    return default_accuracy(
        kind, step_m=None if step is None else step * (DEGREE_M if geographic else 1.0)
    )


class TypedPlace(tuple[float, float]):
    """Lon and lat as typed, with the unit of the last decimal that was written: 112.5500 says more
    than 112.55.
    """

    step: float | None = None


def _typed_site(
    place: tuple[float, float] | str,
    number: int,
    accuracy: float | None,
    told: Assumptions,
) -> list[Site]:
    if isinstance(place, str):
        return _typed_wkt(place, number, accuracy, told)
    return [_typed(place, accuracy)]


def _typed(place: tuple[float, float], accuracy: float | None) -> Site:
    lon, lat = place
    point = shapely.Point(lon, lat)

    # Digits that were typed tell how finely the place was meant.
    step = getattr(place, "step", None) or step_of((repr(float(lon)), repr(float(lat))))
    given, source = (
        (accuracy, "option")
        if accuracy is not None
        else default_accuracy("degrees", step_m=None if step is None else step * DEGREE_M)
    )
    site = Site(
        f"{lon:g},{lat:g}",
        None,
        file="--at",
        accuracy_m=given,
        accuracy_source=source,
    )
    # a place outside China is a slip of the fingers, and told with the point
    if problem := shape_problems(np.array([point], dtype=object)).get(0):
        return replace(site, problems=(problem,))
    return replace(site, geometry=quantise(point))


def _typed_wkt(
    text: str,
    number: int,
    accuracy: float | None,
    told: Assumptions,
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
    settle_shapes([table], told)
    settle_multipoints([table], told)
    return _sites_of(table, "--at", accuracy, told, start=number)


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
                while chunk := file.read(1 << 22):
                    digest.update(chunk)
    return digest.hexdigest()


def _unique(sites: list[Site]) -> list[Site]:
    """Qualify ids that stand more than once by their file, then by a counter."""
    if len({s.site_id for s in sites}) == len(sites):
        return sites
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
