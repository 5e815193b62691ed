"""The reverse: which resources, and how much land, a line that is planned brings within reach, and
by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from ...errors import UsageError, unknown
from ...geometry.projection import GEOGRAPHIC
from ...layers.classes import ALL_CLASS_IDS
from ...layers.layers import load_layers
from ...sites.formats.vector_files import read_features, whole
from ..accessibility.compare import compare, differences
from ..network.planned import read_planned, with_and_without

if TYPE_CHECKING:
    from ..accessibility.origins import Places
    from ..network.graph import Network

GAIN_COLUMNS = (
    "origin_id",
    "resource_class",
    "feature_id",
    "name_zh",
    "before_min",
    "after_min",
    "saved_min",
)


def reachable_gain(
    network: Network,
    origins: Places,
    before: str | None = None,
    after: str | None = None,
    classes: Sequence[str] = (),
    *,
    minutes: float = 60,
    line: str | Path | gpd.GeoDataFrame | None = None,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Say what the lines that open between two days, or a line of one's own, bring within reach.

    Parameters
    ----------
    network
        Roads or paths on foot, without rail.
    origins
        As in :func:`sxgeo.compare`.
    before, after
        ISO dates; None with `line`.
    classes
        Class ids whose bundled records are looked at.
    minutes
        What counts as within reach.
    line
        A line that is planned, a file or frame in any declared CRS: LineStrings with `mode`
        (``road`` or ``rail``) and `speed_kmh`, and points as the stops of a railway (without any it
        stops at its ends). A road is driven at its speed and joins the network at its ends; a train
        runs as those of :func:`sxgeo.with_rail`. It is compared with the network as it is, no
        railways beside it.

    Returns
    -------
    resources, areas
        A row per origin and resource that lies within reach after and was not before, the quickest
        first, columns `GAIN_COLUMNS` (minutes, NaN where there was no way); and per origin the land
        gained, as `areas` of :func:`sxgeo.compare`. ``areas.attrs["notes"]`` says what is assumed
        of the line and where it joins.

    Raises
    ------
    UsageError
        If a class or date is unknown, no class is given, or days and a line are.
    InputError, AnalysisError
        As :func:`sxgeo.compare`; and if the line cannot be used, or does not join the network.

    Examples
    --------
    >>> import sxgeo
    >>> resources, areas = sxgeo.reachable_gain(
    ...     sxgeo.load_network("taixin"),
    ...     [(113.25, 38.73)],
    ...     "2026-11-21",
    ...     "2027-12-31",
    ...     ["heritage_sites"],
    ... )
    >>> bool((resources["after_min"] <= 60).all())
    True
    """
    places, records = _places(classes)
    # whether days and line go together is said before anything is searched
    days = _days(before, after, line)
    if days is None:
        times, areas = _by_line(network, origins, line, minutes, places)
    else:
        times, areas = _by_days(network, origins, days, minutes, places)
    return _gained(times, records, minutes), areas


def _row_of(class_id: str, record: Mapping[str, Any]) -> tuple[str, str, str, Any]:
    # two classes may number their records alike
    feature_id = str(record["feature_id"])
    return f"{class_id}/{feature_id}", class_id, feature_id, record["name_zh"]


def _refuse_unknown(classes: Sequence[str]) -> None:
    if not classes:
        raise UsageError("no class given; name those whose resources are to be looked at")
    for class_id in classes:
        if class_id not in ALL_CLASS_IDS:
            raise unknown("class", class_id, ALL_CLASS_IDS)


def _gained(
    times: pd.DataFrame,
    records: pd.DataFrame,
    minutes: float,
) -> pd.DataFrame:
    """Return the resources within reach after that were not before, the quickest first."""
    table = times.merge(
        records,
        left_on="place_id",
        right_on="id",
        suffixes=("_place", ""),
    )
    # where there was no way before, the minutes are no number, which is never within reach
    gained = (table["after_min"] <= minutes) & ~(table["before_min"] <= minutes)
    rows = table[gained].sort_values(["after_min", "origin_id", "feature_id"], ignore_index=True)
    return rows[list(GAIN_COLUMNS)]


def _days(
    before: str | None,
    after: str | None,
    line: object,
) -> tuple[str, str] | None:
    """Return the two days to compare; None where a planned line is compared with none."""
    if line is None:
        if before is None or after is None:
            raise UsageError("give two days, before and after, or a planned line")
        return before, after
    if before is not None or after is not None:
        raise UsageError(
            "a planned line is compared with the network as it is; leave out before and after"
        )
    return None


def _by_days(
    network: Network,
    origins: Places,
    days: tuple[str, str],
    minutes: float,
    places: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return minutes by place, and the areas gained, by the railways of two days."""
    compared = compare(network, origins, *days, minutes=(minutes,), places=places)
    return compared.places, compared.areas


def _by_line(
    network: Network,
    origins: Places,
    line: Any,
    minutes: float,
    places: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return minutes by place, and the areas gained, by a line of one's own."""
    networks = with_and_without(network, read_planned(*_frame_of(line)))
    times, areas, _, becomes = differences(
        networks,
        origins,
        minutes=(minutes,),
        places=places,
    )
    # the line's own notes, then those of the answer
    own = [note for note in networks[1].notes if note not in networks[0].notes]
    areas.attrs["notes"] = [*(("", note) for note in own), *becomes.attrs["notes"]]
    areas.attrs["unanswered"] = becomes.attrs["unanswered"]
    return times, areas


def _frame_of(line: Any) -> tuple[gpd.GeoDataFrame, str]:
    """Return the frame of a planned line, and its name."""
    if isinstance(line, gpd.GeoDataFrame):
        return line, "line"
    path = Path(line)
    named = f"planned line '{path}'"
    return whole(read_features(path, "planned line"), named), path.name


def _places(classes: Sequence[str]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return a point for each located record, and the records, both by an id of class and
    feature.
    """
    _refuse_unknown(classes)
    rows, points = [], []
    for layer in load_layers(classes):
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            # nobody can travel to a place that is not known
            if shape is not None:
                rows.append(_row_of(layer.spec.id, record))
                points.append(shapely.point_on_surface(shape))
    records = pd.DataFrame(rows, columns=["id", "resource_class", "feature_id", "name_zh"])
    return gpd.GeoDataFrame(records[["id"]], geometry=points, crs=GEOGRAPHIC), records
