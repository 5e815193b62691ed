"""Places asked about: read, snapped to the network, searched from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...errors import AnalysisError, InputError, UsageError, listed
from ...geometry.datums import to_geographic
from ..network.arrays import TICKS_PER_MIN
from ..network.beside import APART_MIN, other_road
from ..network.search import ticks_from
from ..network.snap import cut_off, seeds_of, snap_each

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shapes
    from ..network.graph import Network
    from ..network.snap import Snap

Places: TypeAlias = (
    gpd.GeoDataFrame
    | gpd.GeoSeries
    | shapely.Point
    | tuple[float, float]
    | Sequence[tuple[float, float] | shapely.Point]
)
"""Points: frames and series with a CRS; a Shapely point or (lon, lat) in degrees, or a list of
these.
"""

Note: TypeAlias = tuple[Any, str]
"""The id of a place, empty for all of them, and what is said of it."""
PlaceNotes: TypeAlias = list[Note]

CONTOURS = ("inner", "middle", "outer")
TABLE_CELLS = 8_000_000  # times held at once while a table is made: 64 MB
MOST_MINUTES = 100_000
"""More than two months: more than the steps of 0.1 s can hold is not far behind."""
_SEARCHED_AT_ONCE = 64
_ID_COLUMNS = ("site_id", "id")


def levels_of(
    limits: list[float],
    contours: Sequence[str],
    error_share: float,
) -> list[tuple[float, float, str]]:
    """Return (minutes to contour at, limit, contour) in the order of the rows."""
    if isinstance(contours, str) or not contours or not set(contours) <= set(CONTOURS):
        raise UsageError(f"contours are {contours!r}; choose some of {', '.join(CONTOURS)}")
    share = {
        "inner": 1 - error_share,
        "middle": 1.0,
        "outer": 1 + error_share,
    }
    wanted = [contour for contour in CONTOURS if contour in contours]

    # the middle is the limit itself: a product with 1.0 would make 15.0 of 15
    return [
        (limit if name == "middle" else limit * share[name], limit, name)
        for limit in limits
        for name in wanted
    ]


def searched(
    network: Network,
    snaps: dict[int, Snap],
    limit_min: float,
) -> Iterator[tuple[int, Snap, Any]]:
    seeds = seeds_of(network, list(snaps.values()))

    # so many origins are searched from at once as memory holds, and each answer is handed on alone
    chunk = max(1, min(_SEARCHED_AT_ONCE, TABLE_CELLS // network.size))
    for row, (place, origin) in enumerate(snaps.items()):
        if row % chunk == 0:
            some = seeds.part(row, min(row + chunk, len(snaps)))
            table = ticks_from(network.steps, some, limit_ticks=limit_min * TICKS_PER_MIN)
        yield place, origin, table[row % chunk]


@dataclass(frozen=True, slots=True)
class SortedPlaces:
    """Places sorted by id."""

    ids: list[Any]
    lon: list[float]
    lat: list[float]

    @property
    def labels(self) -> Any:
        labels = np.empty(len(self.ids), dtype=object)
        labels[:] = self.ids
        return labels


def limits_of(minutes: Sequence[float]) -> list[float]:
    limits, numbers = _numbers_of(minutes)
    refused = len(numbers) == 0 or not np.isfinite(numbers).all()

    # each limit gets a row and a name of its own: two that are alike would be one
    if refused or (numbers <= 0).any() or (np.diff(numbers) <= 0).any():
        raise UsageError(
            f"minutes are {limits}; they must be above 0 and strictly increasing, e.g. 15,30,60"
        )
    if numbers[-1] > MOST_MINUTES:
        raise UsageError(f"minutes are {limits}; the most that is answered is {MOST_MINUTES:,}")

    # whole minutes stay whole: 15 is told as 15, not as 15.0
    return limits if all(isinstance(value, int) for value in limits) else numbers.tolist()


def _numbers_of(minutes: Sequence[float]) -> tuple[list[float], Floats]:
    """Return the minutes as they were given and as an array, or refuse what is no list of
    numbers.
    """
    try:
        # numbers of numpy become plain ones, as they go into tables and JSON
        limits = [value.item() if isinstance(value, np.generic) else value for value in minutes]

        # Python counts True as 1, and nobody means a minute by it
        if any(isinstance(value, bool) for value in limits):
            raise TypeError("a truth value is no number of minutes")
        return limits, np.array([float(value) for value in limits])
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"minutes are {minutes!r}; give a list of numbers such as [15, 30, 60]"
        ) from error


def origins_given(origins: Places) -> SortedPlaces:
    """Read the origins of a question, which has one at least.

    Raises
    ------
    UsageError
        If there are none.
    InputError
        As :func:`read_places`.
    """
    places = read_places(origins, "origin")
    if not places.ids:
        raise UsageError("no origins given; give at least one")
    return places


def no_answer(unanswered: Sequence[Note]) -> AnalysisError:
    """Return the error of a question of which no origin at all can be answered."""
    reasons = [f"{origin_id}: {reason}" for origin_id, reason in unanswered]
    return AnalysisError(listed("no origin can be answered:", reasons))


def snap_all(
    network: Network,
    places: SortedPlaces,
) -> tuple[dict[int, Snap], list[Note]]:
    """Return the snaps by number of the place, and (id, reason) of the places without one."""
    snaps: dict[int, Snap] = {}
    refused: list[Note] = []
    for number, found in enumerate(
        snap_each(
            network,
            np.array(places.lon),
            np.array(places.lat),
        )
    ):
        if isinstance(found, str):
            refused.append((places.ids[number], found))
        else:
            snaps[number] = found
    return snaps, refused


def _snapped(roads: Network, places: SortedPlaces) -> tuple[dict[int, Snap], list[Note]]:
    """Return where places join the roads, and why others do not; one at least has to.

    Raises
    ------
    AnalysisError
        If none does; it says why for each.
    """
    snaps, unanswered = snap_all(roads, places)
    if not snaps:
        raise no_answer(unanswered)
    return snaps, unanswered


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the roads, which run as they are travelled from the origins.

    Attributes
    ----------
    wanted
        As :func:`levels_of` returns it.
    snaps, unanswered
        Where origins join the roads, by number; and (id, reason) of those that do not.
    """

    roads: Network
    places: SortedPlaces
    contours: Sequence[str]
    wanted: list[tuple[float, float, str]]
    snaps: dict[int, Snap]
    unanswered: list[Note]

    @classmethod
    def of(
        cls,
        network: Network,
        origins: Places,
        minutes: Sequence[float],
        *,
        reverse: bool,
        contours: Sequence[str],
    ) -> Asked:
        """Read what is asked; parameters and errors are those of :func:`sxgeo.isochrones`."""
        # a frame without rows is more likely a filter gone wrong than a question
        limits, places = limits_of(minutes), origins_given(origins)

        # a contour is drawn at a limit of its own: inner and outer come in the same pass as the
        # middle
        wanted = levels_of(limits, contours, network.time_error_share)
        roads = network.reversed() if reverse else network
        return cls(roads, places, contours, wanted, *_snapped(roads, places))

    @property
    def levels(self) -> list[float]:
        """Minutes to stop at: two rows may share one, which is then drawn once."""
        return sorted({level for level, _, _ in self.wanted})

    @property
    def origins(self) -> list[tuple[Any, float, float]]:
        """The origins that are answered: id, lon and lat."""
        places = self.places
        return [(places.ids[i], places.lon[i], places.lat[i]) for i in self.snaps]

    @property
    def silent(self) -> list[str]:
        """The column of the contour, where it says the same in every row."""
        # a single contour needs no name
        return ["contour"] if tuple(self.contours) == ("middle",) else []


def place_notes(
    network: Network,
    places: Places,
    role: str,
) -> list[Note]:
    """Say of which places the road that they join decides: one on a road cut off from the rest or a
    one-way trap, or one beside which another road runs that is far away by road.

    Parameters
    ----------
    network
        In the direction that is travelled from the places: reversed for destinations.
    role
        As in :func:`read_places`.
    """
    named = read_places(places, role)
    snaps, _ = snap_all(network, named)
    parts, notes = network.part_length_m(), list[Note]()
    for place, origin, ticks in searched(network, snaps, APART_MIN):
        # a road that is cut off is the worse news: one note a place is enough
        note = cut_off(network, parts, origin) or other_road(network, ticks, origin, APART_MIN)
        if note:
            notes.append((named.ids[place], note))
    return notes


def read_places(places: Places, role: str) -> SortedPlaces:
    """Read points of any accepted form; `role` names them in messages and in the id column."""
    if isinstance(places, (gpd.GeoDataFrame, gpd.GeoSeries)):
        ids, xy = places_from_frame(places, role)
    else:
        ids, xy = _from_pairs(places, role)

    # numbers and words do not sort together: where both occur all become words
    if len({type(i) for i in ids}) > 1:
        ids = [i if _is_missing(i) else spelt(i) for i in ids]
    if problems := list(_problems(ids, xy)):
        raise InputError(listed(f"{role}s that cannot be used:", problems))
    return _sorted_by_id(ids, xy)


def _sorted_by_id(ids: list[Any], xy: Floats) -> SortedPlaces:
    # by id: the order of the file changes no answer
    order = sorted(range(len(ids)), key=lambda i: ids[i])

    # on the grid of all coordinates, so that a place is the same in every file
    lon, lat = np.round(xy, 7)[order].T
    return SortedPlaces([ids[i] for i in order], lon.tolist(), lat.tolist())


def places_from_frame(
    places: gpd.GeoDataFrame | gpd.GeoSeries, role: str
) -> tuple[list[Any], Floats]:
    if places.crs is None:
        raise InputError(f"{role}s have no CRS; declare one (e.g. EPSG:4490), it is never guessed")
    columns = getattr(places, "columns", ())

    # an id column of its own goes before a general one, and both before the row numbers
    named = next((name for name in (f"{role}_id", *_ID_COLUMNS) if name in columns), None)
    ids = (places[named] if named else places.index.to_series()).tolist()
    points = places.geometry.to_numpy()
    _refuse_no_points(points, ids, role)

    # a height changes no way, and only some files have one
    return ids, shapely.get_coordinates(to_geographic(shapely.force_2d(points), places.crs))


def _refuse_no_points(
    shapes: Shapes,
    ids: list[Any],
    role: str,
) -> None:
    """Refuse places that are missing, empty or no points: all of them in one message."""
    bad = (shapely.get_type_id(shapes) != 0) | shapely.is_empty(shapes)
    if bad.any():
        kinds = ["no geometry" if shape is None else shape.geom_type for shape in shapes]
        problems = [f"{ids[i]}: {kinds[i]}, not a point" for i in np.flatnonzero(bad)]
        raise InputError(listed(f"{role}s that cannot be used:", problems))


def _from_pairs(places: Any, role: str) -> tuple[list[str], Floats]:
    # whatever a caller hands in is tried, and refused in words: hence Any
    plural = "facilities" if role == "facility" else f"{role}s"
    if _is_one_place(places):
        places = [places]
    try:
        pairs = [(p.x, p.y) if isinstance(p, shapely.Point) else p for p in places]
        xy = np.array([(float(lon), float(lat)) for lon, lat in pairs]).reshape(-1, 2)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{plural} are no list of (lon, lat) pairs, e.g. [(112.5489, 37.8706)], nor points of"
            " Shapely or a frame"
        ) from error

    # a place without a name is named by where it lies, so that its row is known again
    return [f"{_degrees(lon)},{_degrees(lat)}" for lon, lat in xy], xy


def _is_one_place(places: object) -> bool:
    """Say whether a single place was handed in: two numbers would else be read as two places."""
    if isinstance(places, shapely.Geometry):
        return True
    return isinstance(places, tuple) and len(places) == 2 and np.isscalar(places[0])


def _is_missing(place_id: object) -> bool:
    """Say whether an id is None, NaN, NA or blank."""
    return (
        place_id is None or place_id is pd.NA or place_id != place_id or str(place_id).strip() == ""
    )


def spelt(place_id: object) -> str:
    """Return an id as text; 1.0 is 1, as they are equal."""
    if isinstance(place_id, float) and place_id.is_integer():
        return str(int(place_id))
    return str(place_id)


def _degrees(value: float) -> str:
    return np.format_float_positional(np.round(value, 7), trim="-")


def _problems(ids: list[Any], xy: Floats) -> Iterator[str]:
    seen: set[Any] = set()
    for number, (place_id, (lon, lat)) in enumerate(zip(ids, xy, strict=True), start=1):
        if _is_missing(place_id):
            yield f"row {number}: it has no id; give every place one, or none at all"
        elif place_id in seen:
            yield f"{place_id}: this id stands twice; ids must differ"
        seen.add(place_id)

        # what would be a place with its numbers changed over is most often just that
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            hint = " (lat before lon? give lon,lat)" if -90 <= lon <= 90 and 90 < lat <= 180 else ""
            yield f"{place_id}: lon {lon:g}, lat {lat:g} is no place on the earth{hint}"
