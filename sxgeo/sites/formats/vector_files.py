"""A vector file with all its columns, read as sites are: the same doors, the same guards, nothing
lost without a word.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS

from ...errors import InputError
from ...files.contents import first_line
from ...files.cut_letters import whole_letters
from ...files.encoding import code_page_of, decode, python_name, shapefile_encoding
from ...files.gdal_door import opened, refuse_linked_crs
from .archives import left_beside, unpacked
from .assumptions import Assumptions
from .detect import read_tables, sniff
from .json_records import account, inner
from .systems import contradiction
from .vector import NEUTRAL

if TYPE_CHECKING:
    from .table import Guess, Table

KINDS = ("vector", "json", "xml", "parquet", "zip")
"""Formats of :func:`sxgeo.sites.formats.detect.sniff` that hold features with columns."""
_MAX_TEXT = 200_000_000
_SHOWN = 50


@dataclass(slots=True)
class Features:
    """The features of one layer with all their columns, as they stand in the file.

    Attributes
    ----------
    frame
        In the file's own system; None in place of a geometry that could not be built.
    wrong
        Why a feature cannot be used, by its row from 0.
    doubts
        Why the features may not be all that the file means: something was left out, cut, or read by
        a guess.
    remarks
        What was assumed and changes no geometry.
    error_m
        How far straightened curves may lie from the true ones, in metres.
    """

    frame: gpd.GeoDataFrame
    wrong: dict[int, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    error_m: float = 0.0


def read_features(
    path: Path,
    what: str,
    *,
    layer: str | None = None,
    encoding: str | None = None,
) -> Features:
    """Read one layer of a vector file by the readers and guards of sites.

    Parameters
    ----------
    what
        What the file is, for messages, e.g. ``"layer file"``.
    layer
        Its name; None takes the only layer that has geometry.
    encoding
        Of its text; None takes what the file says of itself, else UTF-8 where every byte fits, else
        GB18030.

    Returns
    -------
    Features
        Rows in the order of the file.

    Raises
    ------
    InputError
        If it cannot be read, is no vector file, has no features, several layers and none named,
        records that the reader passes over, or numbers that contradict its coordinate system.
    """
    named = f"{what} '{path}'"
    try:
        kind = sniff(path)
        if kind not in KINDS:
            raise InputError(
                f"'{path}' is a {kind} without geometry in records; give GeoPackage, shapefile or"
                " GeoJSON"
            )
        with _member(path, kind) as (member, inner):
            return _read(member, inner, layer, encoding)
    except InputError as error:
        text = (
            str(error).replace(f"'{path}'", named, 1)
            if f"'{path}'" in str(error)
            else f"{named}: {error}"
        )
        raise type(error)(text) from error


def whole(features: Features, named: str) -> gpd.GeoDataFrame:
    """Return the frame of features where every one of them counts.

    Raises
    ------
    InputError
        If any is wrong or in doubt: all problems in one message.
    """
    found = [
        f"row {row + 1}: {text}" for row, text in sorted(features.wrong.items())
    ] + features.doubts
    if found:
        more = [f"... and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines = "\n".join(f"  - {text}" for text in [*found[:_SHOWN], *more])
        raise InputError(
            f"{named} cannot be used as it is; give all of it, in one file of its own:\n{lines}"
        )
    return features.frame


@contextmanager
def _member(path: Path, kind: str) -> Iterator[tuple[Path, str]]:
    """Give the file itself, or the only one in a zip; with its kind."""
    if kind != "zip":
        yield path, kind
        return
    with unpacked(path) as (members, others):
        _refuse_several(path, [member.name for member in members], others)
        try:
            inner = sniff(members[0].path)
            if inner not in KINDS or inner == "zip":
                raise InputError(
                    f"'{path}' holds {members[0].name}, which is no vector file with columns"
                )
            yield members[0].path, inner
        except InputError as error:
            # where it was unpacked is nobody's business
            text = str(error).replace(str(members[0].path), f"{path}!{members[0].name}")
            raise InputError(text) from error


def _refuse_several(
    path: Path,
    members: list[str],
    others: list[str],
) -> None:
    """Refuse a zip that holds more than one file, or beside it what could be a second layer."""
    stems = {PurePosixPath(name).name.split(".")[0] for name in members}
    beside = [name for name in others if PurePosixPath(name).name.split(".")[0] not in stems]
    strange = [entry for entry in left_beside(beside, "") if entry.kind == "geometry"]
    if len(members) != 1 or strange:
        names = ", ".join([*members, *others][:5]) or "nothing"
        raise InputError(f"'{path}' holds {names}: pack one vector file, or unpack it")


def _read(
    path: Path,
    kind: str,
    layer: str | None,
    said: str | None,
) -> Features:
    table, columns, remarks = _decoded(path, kind, layer, said)
    _refuse_unfit(path, table, columns)
    geometry = gpd.GeoSeries(table.shapes, index=columns.index, crs=table.crs)
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=table.crs)

    doubts = _doubts_of(table)
    for guess in table.guesses:
        # what was guessed of the text alone is a remark
        (remarks if guess.key == "encoding" else doubts).append(_guess_words(guess))
    remarks += [str(entry) for entry in table.left_out if entry.kind == "annotation"]
    return Features(frame, dict(table.wrong), doubts, remarks, table.datum_error_m)


def _doubts_of(table: Table) -> list[str]:
    """Say what of a layer may be missing, or is in doubt by its reader's own word."""
    lost = [str(entry) for entry in table.left_out if entry.kind == "geometry"]
    rows = [f"row {row + 1}: {'; '.join(table.remarks[row])}" for row in sorted(table.doubtful)]
    return lost + rows


def _guess_words(guess: Guess) -> str:
    """Say a guess of a layer, whose way out is the workspace and no option."""
    return f"{guess.key} taken as {guess.taken} ({guess.evidence}); it could be {guess.alternative}"


def _refuse_unfit(
    path: Path,
    table: Table,
    columns: pd.DataFrame,
) -> None:
    # columns and geometry are read one after the other: a row more would shift all of them
    if len(columns) != len(table.shapes):
        raise InputError(
            f"'{path}' has {len(columns)} rows and {len(table.shapes)} geometries; save it anew as"
            " GeoPackage"
        )
    if table.crs is None:
        return
    if problem := contradiction(CRS.from_user_input(table.crs), table.shapes):
        raise InputError(
            f"'{path}' {problem}; nothing is assumed of such a file: save it in the system of its"
            " numbers"
        )


def _decoded(
    path: Path,
    kind: str,
    layer: str | None,
    said: str | None,
) -> tuple[Table, pd.DataFrame, list[str]]:
    """Read geometry and columns, in the encoding that fits the text; and say what was assumed about
    it.
    """
    for name, remark in _encodings(path, said):
        table = _table(path, layer, name)
        try:
            return table, _columns(path, kind, table.layer, name), [remark] if remark else []
        except (UnicodeDecodeError, LookupError):
            continue
    raise InputError(
        f"'{path}': its text is neither UTF-8 nor GB18030; say its encoding in the workspace"
    )


def _table(
    path: Path,
    layer: str | None,
    encoding: str | None,
) -> Table:
    # what a closed line or numbered points mean is asked where the class of the layer is known
    told = Assumptions(
        closed_line="line",
        shape="points",
        encoding=encoding,
    )
    _, tables = read_tables(path, told)
    names = [str(table.layer) for table in tables]
    if layer is not None:
        tables = [table for table in tables if table.layer == layer]
        if not tables:
            raise InputError(
                f"'{path}' has no layer '{layer}' with features; it has: {', '.join(names)}"
            )
    elif len(tables) > 1:
        raise InputError(
            f"'{path}' has several layers ({', '.join(names)}); name one: layer = \"...\""
        )
    return tables[0]


def _columns(
    path: Path,
    kind: str,
    layer: str | None,
    encoding: str | None,
) -> pd.DataFrame:
    if kind == "parquet":
        frame = gpd.read_parquet(path)
        return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    with (
        _as_collection(path, kind, encoding) as source,
        opened(source) as safe,
        warnings.catch_warnings(),
    ):
        # what the drivers mutter about was told when the geometry was read
        warnings.simplefilter("ignore")
        named = layer if source == path else None  # a copy has the one layer
        return _whole_attributes(safe, path, named, encoding)


def _whole_attributes(
    safe: Path,
    shown: Path,
    layer: str | None,
    encoding: str | None,
) -> pd.DataFrame:
    try:
        return _attributes(safe, shown, layer, encoding)
    except UnicodeDecodeError:
        if encoding is None or shown.suffix.lower() != ".shp":
            raise
        # the width of a field may have cut its text inside a letter
        with whole_letters(safe, encoding) as mended:
            return _attributes(mended, shown, layer, encoding)


def _attributes(
    safe: Path,
    shown: Path,
    layer: str | None,
    encoding: str | None,
) -> pd.DataFrame:
    try:
        # with the numbers of the features: a file may have no column at all
        frame = pyogrio.read_dataframe(
            safe,
            layer=layer,
            encoding=encoding,
            read_geometry=False,
            fid_as_index=True,
        )
        return frame.reset_index(drop=True)
    except Exception as error:
        # the drivers raise many kinds; each means the file cannot be read
        if isinstance(error, UnicodeDecodeError) or type(error) is LookupError:
            raise
        raise InputError(
            f"'{shown}' cannot be read as a vector file: {first_line(error)}"
        ) from error


@contextmanager
def _as_collection(
    path: Path,
    kind: str,
    encoding: str | None,
) -> Iterator[Path]:
    """Give a GeoJSON as its driver knows one: in UTF-8, its features in one collection."""
    # what is too large to be rewritten was one plain collection, or it was refused before
    if kind != "json" or path.stat().st_size > _MAX_TEXT:
        yield path
        return
    text, found = decode(path.read_bytes(), encoding)
    held = account(text.removeprefix("\ufeff"))
    if held.plain and found.name in ("utf-8", "utf-8-sig"):
        yield path
        return
    refuse_linked_crs(path)
    whole = json.dumps(held.collection) if held.collection else inner(text.removeprefix("\ufeff"))
    with TemporaryDirectory(prefix="sxgeo-") as folder:
        copy = Path(folder) / ("copy.json" if held.records is None else "copy.geojson")
        copy.write_text(whole, encoding="utf-8")
        yield copy


def _encodings(path: Path, said: str | None) -> Iterator[tuple[str | None, str | None]]:
    """Yield encodings to read the text with, the likeliest first, each with what it assumes; None
    where nothing is assumed.
    """
    if said is not None:
        # the person has the say, and a text that does not fit is refused
        yield python_name(said), None
        return
    if path.suffix.lower() != ".shp":
        yield None, None
        if path.suffix.lower() in NEUTRAL:
            yield "gb18030", "文字非 UTF-8，按 GB18030 读取 its text is no UTF-8, read as GB18030"
        return
    try:
        found = shapefile_encoding(path)
    except InputError:
        return
    if found.told:
        yield found.name, None
    # what a .cpg says may be left over from another file: it is one of several to try
    declared = code_page_of(path)
    why = (
        "无 .cpg no .cpg"
        if not declared
        else f".cpg 所写“{declared}”与内容不符 does not fit the text"
    )
    for name in sorted(
        {"utf-8", "gb18030", found.name}, key=lambda name: (name != found.name, name)
    ):
        yield name, f"{why}，按 {name.upper()} 读取 read as {name.upper()}"
