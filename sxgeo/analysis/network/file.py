"""A network in one file that is opened by memory map: a .npz whose arrays lie in it as they lie in
memory.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np

from ...errors import InputError, UsageError, listed
from ...files.writing import draft, path_of
from .graph import Legs, Network, checked_network
from .walls import Walls

FORMAT = "sxgeo.network/1"
ARRAYS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "lon": ("<f8", 1), "lat": ("<f8", 1), "tail": ("<i8", 1), "head": ("<i8", 1),
        "oneway": ("|b1", 1), "length_m": ("<f8", 1), "ticks": ("<i8", 1), "xy": ("<f8", 2),
        "start": ("<i8", 1),
    }
)  # fmt: skip
"""Type and number of dimensions of each array."""
WORDS = ("id", "mode", "attribution")
NUMBERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "time_error_share": (0.0, 1.0),
        "offroad_kmh": (0.01, 1000.0),
        "offroad_cap_m": (0.0, 100_000.0),
    }
)
"""Least and greatest value of each stated constant."""
MAX_WORD = 10_000
MAX_NOTES = 1_000_000
OPTIONAL = ("shut", "notes", "walls_xy", "walls_start")
"""Members that a file has only where there is something to say: edges without entry, notes joined
by line ends, walls.
"""
MAX_TICKS = 2**30
_ALIGNMENT = 64
_LOCAL = struct.Struct(
    "<4s22xHH"
)  # header of a member: signature, ..., length of name and of extra field
_MAGIC = struct.Struct(
    "<8sH"
)  # head of an array: signature with version 1.0, length of what follows
_HEADER = re.compile(
    rb"\{'descr': '([<|](?:[fiu][1248]|b1|U\d{1,6}))', 'fortran_order': False, 'shape':"
    rb" \(((?:\d{1,12},? ?){0,2})\), \} *\n"
)
_PADDING_ID = 0xD935  # the extra field by which zipalign and others pad
_LEG_ARRAYS = ("tail", "head", "ticks", "error_min")
_DAY = (1980, 1, 1, 0, 0, 0)


def write_network(network: Network, path: str | Path) -> None:
    """Write a network to one .npz file; the same network gives the same bytes on every system.

    Nothing is compressed, and every array begins on a multiple of 64 bytes. A file that cannot be
    written whole is not left behind.

    Raises
    ------
    UsageError
        If the name does not end in .npz, or the network carries rail, which has a date.
    InputError
        If the file cannot be written.
    """
    target = path_of(path)

    # by this ending alone it is known for a network when it is opened again
    if target.suffix != ".npz":
        raise UsageError(f"a network is saved as .npz, not as '{target.name}'")
    _refuse_rail(network)
    with draft(target, parents=False) as unfinished:
        try:
            with unfinished.open("wb") as file:
                _write_members(network, file)
        except OSError as error:
            raise InputError(
                f"'{target}' cannot be written ({error.strerror}); choose another place"
            ) from error


def network_bytes(network: Network) -> bytes:
    """Return what :func:`write_network` writes, for a worker elsewhere; its rail, if any, goes with
    it.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, value in (*_members(checked_network(network)), *_leg_members(network.legs)):
            _write_member(archive, target.tell(), name, value)
    return target.getvalue()


def network_from_bytes(content: bytes) -> Network:
    """Open what :func:`network_bytes` returned; everything is checked, as in a file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as members:
        found = {name: members[name] for name in members.files}
    roads = _network_of(found, "the network of a worker")

    # roads without rail come without a word of it
    if "legs_told" not in found:
        return roads
    told = json.loads(str(found["legs_told"]))
    return replace(
        roads,
        legs=Legs(
            **{name: found[f"legs_{name}"] for name in _LEG_ARRAYS},
            hidden=told["hidden"],
            notes=tuple(told["notes"]),
            stops=tuple((stop, name, node) for stop, name, node in told["stops"]),
        ),
    )


def _refuse_rail(network: Network) -> None:
    if checked_network(network).legs is not None:
        raise UsageError(
            "a network is saved without its rail, which has a date: save the roads alone"
        )


def _write_members(network: Network, file: BinaryIO) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, value in _members(network):
            _write_member(archive, file.tell(), name, value)


def _members(network: Network) -> Iterator[tuple[str, Any]]:
    # first of all, so that a reader can refuse a later format before it reads on
    yield "format", np.asarray(FORMAT)
    for name, (kind, _) in ARRAYS.items():
        yield name, np.ascontiguousarray(getattr(network, name), dtype=kind)
    for name in (*WORDS, *NUMBERS):
        yield name, np.asarray(getattr(network, name))
    yield from _optional_members(network)


def _optional_members(network: Network) -> Iterator[tuple[str, Any]]:
    """Yield the members that stand there only where there is something to say."""
    if network.shut is not None:
        yield "shut", np.ascontiguousarray(network.shut, dtype="|b1")
    if network.walls is not None:
        yield "walls_xy", np.ascontiguousarray(network.walls.xy, dtype="<f8")
        yield "walls_start", np.ascontiguousarray(network.walls.start, dtype="<i8")

    # one text for all: an array of texts is as wide as its longest
    if network.notes:
        yield "notes", np.asarray("\n".join(note.replace("\n", " ") for note in network.notes))


def _leg_members(legs: Legs | None) -> Iterator[tuple[str, Any]]:
    if legs is None:
        return
    for name in _LEG_ARRAYS:
        yield f"legs_{name}", np.ascontiguousarray(getattr(legs, name))
    told = {
        "hidden": legs.hidden,
        "notes": legs.notes,
        "stops": legs.stops,
    }
    yield "legs_told", np.asarray(json.dumps(told))


def _write_member(
    archive: zipfile.ZipFile,
    begin: int,
    name: str,
    value: Any,
) -> None:
    about = zipfile.ZipInfo(f"{name}.npy", _DAY)

    # what zipfile takes from the system is set, so that the bytes are the same on every one
    about.create_system, about.external_attr, about.file_size = 3, 0o644 << 16, value.nbytes + 1024

    # where the array itself will begin, so that its first number lies on a multiple of 64 bytes
    head = begin + _LOCAL.size + len(about.filename) + 4
    if about.file_size * 1.05 > zipfile.ZIP64_LIMIT:
        head += 20  # zipfile adds the long sizes
    padding = -head % _ALIGNMENT

    # the padding stands in an extra field, which every reader of zip files passes over
    about.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
    with archive.open(about, "w") as member:
        np.lib.format.write_array(
            member,
            value,
            version=(1, 0),
            allow_pickle=False,
        )


def open_network(path: Path) -> Network:
    """Open a network that :func:`write_network` wrote; its arrays are read-only and stay in the
    file until used.

    Everything is checked first: the sums of the file, types, sizes and ranges. Where the file
    cannot be mapped it is read into memory.

    Raises
    ------
    InputError
        If it is not such a file, or is broken: all problems at once.
    """
    try:
        found = dict(_read_members(path))
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        struct.error,
        zipfile.BadZipFile,
        NotImplementedError,
    ) as error:
        raise InputError(
            f"'{path}' is not a network that sxgeo saved ({error}); build it again"
        ) from error
    return _network_of(found, f"'{path}'")


def _network_of(found: Mapping[str, Any], name: str) -> Network:
    if problems := list(_problems(found)):
        raise InputError(listed(f"{name} is a broken network; build it again:", problems))
    words = {word: str(found[word]) for word in WORDS}
    numbers = {number: float(found[number]) for number in NUMBERS}
    arrays = {array: found[array] for array in ARRAYS}

    # which fields are arrays, words and numbers stands in three lists, and not in types
    network = Network(**{**arrays, **words, **numbers})
    return replace(
        network,
        shut=found.get("shut"),
        notes=tuple(str(found["notes"]).split("\n")) if "notes" in found else (),
        walls=Walls(found["walls_xy"], found["walls_start"]) if "walls_xy" in found else None,
    )


def _read_members(path: Path) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        told = _member(archive, file, path, "format")
        if told.dtype.kind != "U" or told.shape != () or str(told) != FORMAT:
            raise ValueError(f"format is {str(told)[:40]}, not {FORMAT}")
        members = set(archive.namelist())

        # members of a later version are left alone
        extra = [name for name in OPTIONAL if f"{name}.npy" in members]
        for name in (*ARRAYS, *WORDS, *NUMBERS, *extra):
            yield name, _member(archive, file, path, name)


def _member(
    archive: zipfile.ZipFile,
    file: io.BufferedReader,
    path: Path,
    name: str,
) -> Any:
    """Return one array of the archive, mapped where that is possible, with its sum checked."""
    about = _stored(archive, name)
    begin = _begin_of(file, about, name)
    file.seek(begin)
    dtype, shape = _described(file, name)
    first, size = file.tell(), prod(shape) * dtype.itemsize

    # the sizes are checked against the file before anything is mapped: a map beyond its end kills
    # the process
    if first - begin + size != about.file_size or first + size > path.stat().st_size:
        raise ValueError(f"{name} is cut short")
    file.seek(begin)
    above = file.read(first - begin)

    # the sum runs over head and array, as zipfile would do on reading
    values = _mapped(file, path, dtype, shape)
    own = np.ravel(values).view(np.uint8).data
    if zlib.crc32(own, zlib.crc32(above)) != about.CRC:
        raise ValueError(f"the sum of {name} is wrong: the file was changed or damaged")
    return values


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return what the directory says of an array, if it lies in the file as it lies in memory: only
    then it can be mapped.
    """
    about = archive.getinfo(f"{name}.npy")
    if about.compress_type != zipfile.ZIP_STORED or about.flag_bits & 1:
        raise ValueError(f"{name} is compressed or encrypted")
    return about


def _begin_of(
    file: io.BufferedReader,
    about: zipfile.ZipInfo,
    name: str,
) -> int:
    """Return where the content of a member begins in its file."""
    file.seek(about.header_offset)
    signature, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    if signature != b"PK\x03\x04":
        raise ValueError(f"{name} has no header")

    # the local header has lengths of its own, which may differ from those of the directory
    return int(about.header_offset + _LOCAL.size + name_length + extra_length)


def _described(file: io.BufferedReader, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read the head of an array by a narrow grammar: plain numbers, truths and text only."""
    magic, length = _MAGIC.unpack(file.read(_MAGIC.size))
    told = _HEADER.fullmatch(file.read(length)) if magic == b"\x93NUMPY\x01\x00" else None
    if told is None:
        raise ValueError(f"{name} is no array of numbers or text")
    return np.dtype(told[1].decode()), tuple(
        int(part) for part in told[2].split(b",") if part.strip()
    )


def _mapped(
    file: io.BufferedReader,
    path: Path,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> Any:
    """Return the array that begins where the file stands."""
    # nothing cannot be mapped
    if not prod(shape) * dtype.itemsize:
        return np.empty(shape, dtype)
    try:
        return np.asarray(
            np.memmap(
                path,
                dtype,
                "r",
                offset=file.tell(),
                shape=shape or (1,),
            )
        ).reshape(shape)
    except (OSError, ValueError):  # a place that cannot be mapped, as some network drives
        return np.frombuffer(
            file.read(prod(shape) * dtype.itemsize),
            dtype,
        ).reshape(shape)


def _problems(found: Mapping[str, Any]) -> Iterator[str]:
    misshapen = list(_wrong_shapes(found))
    yield from misshapen
    yield from _wrong_terms(found)
    if "notes" in found and not _is_text(found["notes"], MAX_NOTES):
        yield f"notes is no text of up to {MAX_NOTES} characters"
    shut = list(_wrong_shut(found))
    yield from shut
    yield from _wrong_walls(found)

    # values are only looked at where shapes are right: else a check would raise what it is to
    # report
    if not misshapen and not shut:
        sizes = list(_wrong_sizes(found))
        yield from sizes or _wrong_values(found)


def _is_text(value: Any, most: int) -> bool:
    return value.dtype.kind == "U" and value.shape == () and len(str(value)) <= most


def _wrong_shapes(found: Mapping[str, Any]) -> Iterator[str]:
    """Say which arrays are of another type or number of dimensions."""
    for name, (kind, dimensions) in ARRAYS.items():
        if found[name].dtype != np.dtype(kind) or found[name].ndim != dimensions:
            yield (
                f"{name} is {found[name].dtype} in {found[name].ndim} dimension(s), not"
                f" {np.dtype(kind)} in {dimensions}"
            )


def _wrong_shut(found: Mapping[str, Any]) -> Iterator[str]:
    shut = found.get("shut")
    if shut is None:
        return
    if shut.dtype != np.dtype("|b1") or shut.shape != found["tail"].shape:
        yield "shut is not one truth for each edge"


def _wrong_terms(found: Mapping[str, Any]) -> Iterator[str]:
    """Say which names and stated constants are none."""
    for name in WORDS:
        if not _is_text(found[name], MAX_WORD):
            yield f"{name} is no text of up to {MAX_WORD} characters"

    # a number that is no number lies between no two
    for name, (least, most) in NUMBERS.items():
        value = found[name]
        is_number = value.dtype.kind in "if" and value.shape == ()
        if not is_number or not least <= float(value) <= most:
            yield f"{name} is no number from {least:g} to {most:g}"


def _wrong_walls(found: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the lines that nobody crosses; they come as both arrays or not at
    all.
    """
    xy, start = found.get("walls_xy"), found.get("walls_start")

    # most networks know of none
    if xy is None and start is None:
        return
    if xy is None or start is None:
        yield "walls_xy and walls_start go together, and one is missing"
    elif xy.dtype != np.dtype("<f8") or xy.ndim != 2 or xy.shape[1] != 2:
        yield f"walls_xy is {xy.dtype} of shape {xy.shape}, not pairs of float64"
    elif start.dtype != np.dtype("<i8") or start.ndim != 1 or len(start) < 2:
        yield "walls_start is no list of at least two whole numbers"
    elif start[0] != 0 or start[-1] != len(xy) or (np.diff(start) < 2).any():
        yield "walls_start does not part walls_xy into courses of two places or more"
    elif not (np.abs(xy) <= (180, 90)).all():
        yield "walls_xy holds what is no place on the earth"


def _wrong_sizes(found: Mapping[str, Any]) -> Iterator[str]:
    # two arrays say how many there are: all others are held against them
    nodes, edges = len(found["lon"]), len(found["tail"])
    if not nodes or not edges:
        yield f"{nodes} nodes, {edges} edges: nothing to travel on"
    for name, least in {
        "lat": nodes,
        "head": edges,
        "oneway": edges,
        "length_m": edges,
        "ticks": edges,
        "start": edges + 1,
    }.items():
        if len(found[name]) != least:
            yield f"{name} has {len(found[name])} values, not {least}"

    # one number for each axis of a place
    if found["xy"].shape[1] != 2:
        yield f"xy has {found['xy'].shape[1]} columns, not 2"


def _wrong_values(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong_numbers(found)
    if found["ticks"].min() < 1 or found["ticks"].max() > MAX_TICKS:
        yield f"ticks are not all from 1 to {MAX_TICKS}"

    # a truth is a byte in the file, which can hold more than 0 and 1
    for name in ("oneway", "shut"):
        if name in found and found[name].view(np.uint8).max() > 1:
            yield f"{name} is not all true or false"
    if not (np.isfinite(found["length_m"]).all() and found["length_m"].min() > 0):
        yield "length_m is not all above 0"
    for name, most in (("lon", 180), ("lat", 90), ("xy", (180, 90))):
        if not (np.abs(found[name]) <= most).all():
            yield f"{name} holds what is no place on the earth"


def _wrong_numbers(found: Mapping[str, Any]) -> Iterator[str]:
    """Say where courses and edges name vertices and nodes that are not there."""
    start, xy = found["start"], found["xy"]
    nodes = len(found["lon"])
    if start[0] != 0 or start[-1] != len(xy) or (np.diff(start) < 2).any():
        yield "start does not part xy into courses of two places or more"
    for name in ("tail", "head"):
        if found[name].min() < 0 or found[name].max() >= nodes:
            yield f"{name} names nodes that are not there"
