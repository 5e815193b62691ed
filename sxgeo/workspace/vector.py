"""A user's vector file -> a frame with its text decoded; and the empty file that a user fills
in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from ..errors import EmptyError, InputError, listed
from ..geometry.datums import to_geographic
from ..geometry.straight import carried
from ..sites.formats.vector_files import read_features
from .rows import meant_text

if TYPE_CHECKING:
    from ..geometry.shapes import Shapes
    from ..sites.formats.vector_files import Features


def read_vector(
    path: Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Read one layer of a vector file.

    Parameters
    ----------
    layer
        Its name; None takes the only layer that has geometry.
    encoding
        Of a shapefile's text; None takes its .cpg, else UTF-8 where every byte fits, else GB18030.

    Returns
    -------
    frame, remark
        The features as they stand in the file, and what was assumed about its encoding, or None.

    Raises
    ------
    InputError
        If the file cannot be read, has no features, more than one layer, or garbled field names.
    """
    features = read_layer_file(path, layer=layer, encoding=encoding)
    return features.frame, "; ".join(features.remarks) or None


def read_layer_file(
    path: Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
) -> Features:
    """Read one layer of a vector file, with what is wrong or in doubt of it; errors as
    :func:`read_vector`.
    """
    try:
        features = read_features(path, "layer file", layer=layer, encoding=encoding)
    except EmptyError as error:
        raise InputError(f"{error}; a template must be filled in before it is used") from error
    if found := list(_garbled(features.frame)):
        raise InputError(listed(f"layer file '{path}' cannot be used:", found))
    return features


def degrees_of(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the shapes of a frame in degrees, with their edges where they are straight in its own
    system.
    """
    degrees: Shapes = carried(
        frame.geometry.to_numpy(),
        lambda g: to_geographic(g, frame.crs),
    )
    return degrees


def _garbled(frame: gpd.GeoDataFrame) -> Iterator[str]:
    for column in map(str, frame.columns):
        meant = meant_text(column)
        if meant is not None:
            hint = f"; it reads '{meant}' in GB18030" if meant else ""
            yield (
                f"field name '{column}' is garbled{hint}: save the file with its encoding (.cpg)"
                " and try again"
            )
