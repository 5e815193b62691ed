"""A place's roads from OpenStreetMap's servers, through osmnx: the only part of sxgeo that asks a
server.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import InputError, UsageError
from .osm_extract import ATTRIBUTION, need_osmnx, network_from_graph

if TYPE_CHECKING:
    from .graph import Network

_Box: TypeAlias = tuple[float, float, float, float]

NO_DATE = "of unknown date: the server's answer carries none"
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_REMARK = re.compile(rb'\]\s*,\s*"remark"\s*:\s*"((?:[^"\\]|\\.)*)"\s*\}\s*$')
_SETTINGS = (
    *("overpass_url", "overpass_rate_limit", "use_cache", "cache_folder"),
    *("requests_timeout", "requests_kwargs", "nominatim_url"),
)


def fetch_network(
    place: str,
    *,
    overpass_url: str | None = None,
    cache: str | Path | None = None,
    timeout_s: int = 180,
) -> Network:
    """Fetch the roads of a place from OpenStreetMap through osmnx.

    Parameters
    ----------
    place
        A name that Nominatim knows, or ``"west,south,east,north"`` in degrees, which needs no
        Nominatim.
    overpass_url
        A server of your own that speaks Overpass; None takes the one osmnx is set to.
    cache
        Folder in which the server's answers are kept; a place that lies there is not asked for
        again and keeps its date. Delete the folder to ask anew. None keeps nothing.
    timeout_s
        Seconds to wait for the server.

    Returns
    -------
    Network
        Its attribution names OpenStreetMap and the day of the data as the server states it (of
        several answers the oldest), or that it states none; never the clock of this machine. Keep
        it: `sxgeo.analysis.network.bundled.save_network`.

    Raises
    ------
    UsageError
        If the box is none.
    InputError
        If osmnx is not installed, the server cannot be reached, answers in part, or knows no such
        place or no road there, or the cache is broken.
    """
    osmnx = need_osmnx("fetching a place")
    box = _box(place)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if cache is None else _own_folder(Path(cache), place, overpass_url)
        listener = _Listener()
        with _set(osmnx, folder, overpass_url, timeout_s, listener):
            graph = _asked(osmnx, place, box, folder, listener)
        stamp = _stamp(folder)
    network = network_from_graph(graph, name=place)
    return replace(network, attribution=f"{ATTRIBUTION}, data {stamp}")


@dataclass(frozen=True, slots=True)
class _Listener:
    """Hears the server's answers, for what osmnx does not tell: that one is not complete."""

    remarks: list[str] = field(default_factory=list)

    def hear(
        self,
        response: Any,
        *_: Any,
        **__: Any,
    ) -> None:
        """Keep the remark with which Overpass ends an answer that it broke off."""
        if match := _REMARK.search(response.content[-4000:]):
            self.remarks.append(match[1].decode("utf-8", "replace")[:200])


@contextmanager
def _set(
    osmnx: Any,
    folder: Path,
    overpass_url: str | None,
    timeout_s: int,
    listener: _Listener,
) -> Iterator[None]:
    """Set osmnx up for one question, and back again."""
    settings = osmnx.settings
    keep = {name: getattr(settings, name) for name in _SETTINGS}
    try:
        settings.use_cache, settings.cache_folder, settings.requests_timeout = (
            True,
            str(folder),
            timeout_s,
        )

        # osmnx says nothing of an answer that was broken off: the hook of requests hears it
        settings.requests_kwargs = {**keep["requests_kwargs"], "hooks": {"response": listener.hear}}
        if overpass_url is not None:
            settings.overpass_url, settings.overpass_rate_limit = overpass_url, False
        yield
    finally:
        for name, value in keep.items():
            setattr(settings, name, value)


def _asked(
    osmnx: Any,
    place: str,
    box: _Box | None,
    folder: Path,
    listener: _Listener,
) -> Any:
    try:
        return _answered(osmnx, place, box, folder)
    finally:
        # whatever was made of it, it is not whole
        if listener.remarks:
            raise InputError(
                f"the OpenStreetMap server answered '{place}' in part only ({listener.remarks[0]});"
                " ask for less, or build from an extract: sxgeo network build FILE.osm.pbf -o"
                " FILE.npz"
            )


def _answered(
    osmnx: Any,
    place: str,
    box: _Box | None,
    folder: Path,
) -> Any:
    options = {
        "network_type": "drive",
        "simplify": True,
        "retain_all": True,
    }
    try:
        return (
            osmnx.graph_from_bbox(box, **options)
            if box
            else osmnx.graph_from_place(place, **options)
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"an answer kept in '{folder}' is broken ({error}); delete that folder and ask anew"
        ) from error
    except OSError as error:  # what requests raises for a server that cannot be reached
        raise InputError(
            f"no answer from the OpenStreetMap server for '{place}' ({type(error).__name__}); check"
            " the network, or build from an extract: sxgeo network build FILE.osm.pbf -o FILE.npz"
        ) from error
    except Exception as error:  # osmnx has its own errors for unknown places and empty answers
        raise InputError(
            f"OpenStreetMap has no roads to give for '{place}' ({str(error)[:300]})"
        ) from error


def _own_folder(
    cache: Path,
    place: str,
    overpass_url: str | None,
) -> Path:
    """Return this question's own folder in the cache, so that its answers and their dates stand
    apart.
    """
    key = hashlib.sha256(f"{place}\n{overpass_url or ''}".encode()).hexdigest()[:16]
    folder = cache / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cache folder '{cache}' cannot be made ({error.strerror}); choose another place"
        ) from error
    return folder


def _stamp(folder: Path) -> str:
    """Return the day of the data as the answers state it; the oldest of several."""
    stamps = []
    for path in sorted(folder.glob("*.json")):
        # Nominatim's answers lie there too and carry no date of the data; one of Overpass without a
        # date makes all of them undated
        told = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(told, dict) and "elements" in told:
            header = told.get("osm3s")
            stamp = header.get("timestamp_osm_base") if isinstance(header, dict) else None
            stamps.append(stamp if isinstance(stamp, str) and _STAMP.fullmatch(stamp) else "")
    return f"of {min(stamps)}" if stamps and all(stamps) else NO_DATE


def _box(place: str) -> _Box | None:
    try:
        sides = [float(side) for side in place.split(",")]
    except ValueError:
        return None
    if len(sides) != 4 or not (
        -180 <= sides[0] < sides[2] <= 180 and -90 <= sides[1] < sides[3] <= 90
    ):
        raise UsageError(f"'{place}' is no box; give west,south,east,north in degrees, or a name")
    return sides[0], sides[1], sides[2], sides[3]
