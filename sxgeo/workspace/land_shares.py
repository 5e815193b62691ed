"""Land classes of a plot: pieces of the survey's patches, shared out so that their sum is the plot
to the hundredth of a square metre.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ..errors import InputError, listed
from ..geometry.projection import ellipsoid_area_m2
from ..model.land import ARABLE, RIDGES, UNCOVERED_ZH, LandShare, LandShares, _bare, group_of
from ..sites.formats.vector_files import read_features, whole
from .vector import degrees_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ..geometry.shapes import Shape, Shapes
    from .land_use import LandLayer

CODES = {"land_use": ("DLBM",), "planned_use": ("YDYHFLDM", "GHDLBM", "DLBM")}
NAMES = {"land_use": ("DLMC",), "planned_use": ("YDYHFLMC", "GHDLMC", "DLMC")}
OWNERS_ZH = {
    "1": "国有",
    "2": "国有",
    "3": "集体",
    "4": "集体",
}
"""State or collective by the first digit of QSXZ: 10 and 20 are the state's, 30 to 34 and 40
collective.
"""
_OVERLAP_M2 = 1.0


class LandPatches:
    """The patches of a layer, read once and asked about plot by plot.

    Raises
    ------
    InputError
        If the file cannot be read, has no coordinate system, no field of codes, or a coefficient of
        ridges that is no share.
    """

    def __init__(self, layer: LandLayer) -> None:
        self._layer = layer
        named = f"{layer.role} file '{layer.path}'"
        frame = _read(layer, named)
        self._columns = {str(c).upper(): str(c) for c in frame.columns}

        # Shares are of codes; without their field there is nothing to share.
        code = self._code_field(named)
        self._shapes = degrees_of(frame)

        # A tree: a county has very many patches, and a plot touches few.
        self._tree = shapely.STRtree(self._shapes)
        self._codes = _texts(frame[code])
        self._names = self._cells(frame, NAMES[layer.role])
        self._owners = [_owner(text) for text in self._cells(frame, ("QSXZ",))]
        self._places = self._cells(frame, ("ZLDWMC",))

        # ridges lie in farmland and are no farmland: their share is taken out of each patch
        self._ridges = self._coefficients(frame, named)
        self._refuse_no_codes(code, named)

    def _refuse_no_codes(self, code: str, named: str) -> None:
        """Raise where a patch has no class: its land would be told as land without a patch."""
        if bad := [f"row {n + 1}: no {code}" for n, text in enumerate(self._codes) if not text]:
            raise InputError(listed(f"{named} cannot be used:", bad[:20]))

    def _field(self, wanted: Sequence[str]) -> str | None:
        told = self._layer.fields or {}
        for name in wanted:
            theirs = told.get(name, name)
            if theirs.upper() in self._columns:
                return self._columns[theirs.upper()]
        return None

    def _code_field(self, named: str) -> str:
        wanted = CODES[self._layer.role]
        code = self._field(wanted)
        if code is None:
            raise InputError(
                f"{named} has no field {' or '.join(wanted)}; name it: [{self._layer.role}.fields]"
                f' {wanted[0]} = "..."'
            )
        return code

    def _cells(self, frame: gpd.GeoDataFrame, wanted: Sequence[str]) -> list[str]:
        """The texts of a field that need not be there; empty ones where it is not."""
        field = self._field(wanted)
        return [""] * len(frame) if field is None else _texts(frame[field])

    def _coefficients(self, frame: gpd.GeoDataFrame, named: str) -> list[float]:
        field = self._field(("KCXS",)) if self._layer.role == "land_use" else None
        if field is None:
            return [0.0] * len(frame)
        shares = [
            0.0 if v is None or v != v or str(v).strip() == "" else _number(v) for v in frame[field]
        ]
        if bad := [
            f"row {n + 1}: KCXS {frame[field].iloc[n]} is no share from 0 to 1"
            for n, v in enumerate(shares)
            if not 0 <= v < 1
        ]:
            raise InputError(listed(f"{named} cannot be used:", bad[:20]))
        return shares

    def _grouped(
        self, rows: Sequence[int], weights: Sequence[float]
    ) -> dict[tuple[str, str, str, str], float]:
        """The areas of pieces of patches, by code, name, owner and place."""
        grouped: dict[tuple[str, str, str, str], float] = {}
        for row, weight in zip(rows, weights, strict=True):
            for key, part in self._parts(row, weight):
                grouped[key] = grouped.get(key, 0.0) + part
        return grouped

    def _parts(self, row: int, weight: float) -> Iterator[tuple[tuple[str, str, str, str], float]]:
        """Yield a patch, and its ridges beside it: they lie within arable patches alone, and are a
        class of their own.
        """
        code, name = self._codes[row], self._names[row]
        beside = (self._owners[row], self._places[row])
        share = self._ridges[row] if _bare(code) in ARABLE else 0.0
        yield (code, name, *beside), weight * (1 - share)
        if share:
            yield (*RIDGES, *beside), weight * share

    def of(
        self,
        site_id: str,
        geometry: Shape,
        area_m2: float,
    ) -> LandShares:
        """Share a plot (EPSG:4490, area on its plane) out to land classes."""
        grouped, problems = self._shared_out(geometry)
        found = tuple(self._rounded(grouped, area_m2))
        uncovered = sum(share.area_m2 for share in found if not share.code)
        return LandShares(
            site_id,
            self._layer.role,
            round(area_m2, 2),
            found,
            uncovered,
            self._layer.year,
            tuple(problems),
        )

    def _shared_out(
        self, geometry: Shape
    ) -> tuple[dict[tuple[str, str, str, str], float], list[str]]:
        """Return the areas of a plot by code, name, owner and place, and what is wrong with the
        patches under it.
        """
        rows = np.sort(self._tree.query(geometry, predicate="intersects"))
        pieces = shapely.intersection(self._shapes[rows], geometry)

        # Weights on the ellipsoid, where no side of a large plot counts for more than another.
        weights = [ellipsoid_area_m2(_areal(piece)) for piece in pieces]
        whole_m2 = ellipsoid_area_m2(geometry)
        rest_m2 = ellipsoid_area_m2(_areal(_rest(geometry, self._shapes[rows])))
        problems = _cover_problems(sum(weights) + rest_m2 - whole_m2, rest_m2)
        grouped = self._grouped(rows.tolist(), weights)

        # land without a patch is a share of its own, so that the sum is the plot
        uncovered_key = ("", UNCOVERED_ZH, "", "")
        grouped[uncovered_key] = grouped.get(uncovered_key, 0.0) + rest_m2
        return grouped, problems

    def _rounded(
        self,
        grouped: dict[tuple[str, str, str, str], float],
        area_m2: float,
    ) -> Iterator[LandShare]:
        """Yield the shares by code, land without one last; rounded so that they add up to the area
        that the report states.
        """
        order = sorted(grouped, key=lambda key: (key[0] == "", key))
        shares = largest_remainder([grouped[key] for key in order], area_m2)
        for (code, name, owner, place), share in zip(order, shares, strict=True):
            if share > 0:
                # plans have classes of their own, which no group of the survey holds
                group = group_of(code) if self._layer.role == "land_use" else ""
                yield LandShare(code, name, group, owner, place, share)


def _read(layer: LandLayer, named: str) -> gpd.GeoDataFrame:
    # Read whole or not at all: a patch that is missing would count as land without a class.
    what = f"{layer.role} file"
    features = read_features(layer.path, what, layer=layer.layer, encoding=layer.encoding)
    frame = whole(features, named)
    if frame.crs is None:
        raise InputError(
            f"{named} has no coordinate system; add a .prj file or save it as GeoPackage"
        )
    return frame


def _rest(geometry: Shape, patches: Shapes) -> Shape:
    """Return what of a plot no patch covers: all of it where none touches it."""
    return geometry.difference(shapely.union_all(patches)) if len(patches) else geometry


def _cover_problems(twice_m2: float, uncovered_m2: float) -> list[str]:
    """Why the patches may not be shared out without a look at them: they overlap, or leave gaps."""
    problems = []
    if twice_m2 > _OVERLAP_M2:
        problems.append(
            f"图斑互相重叠 {twice_m2:,.2f} ㎡，各地类面积按比例分摊，须核对图层 patches overlap"
        )
    if uncovered_m2 > 0.005:
        problems.append(f"{uncovered_m2:,.2f} ㎡ 没有图斑覆盖 no patch covers them")
    return problems


def largest_remainder(
    weights: Sequence[float],
    total: float,
    *,
    digits: int = 2,
) -> list[float]:
    """Share a total out in proportion to weights, so that the rounded shares add up to the rounded
    total.

    Each gets its share rounded down; what is left goes, a unit each, to those that lost most; among
    equals to the first.
    """
    unit = 10**digits
    units = round(total * unit)
    whole = sum(weights)

    # without any area there is nothing to share by
    if whole <= 0:
        return [0.0] * len(weights)
    exact = [weight / whole * units for weight in weights]
    floors = [int(value) for value in exact]
    order = sorted(
        range(len(exact)),
        key=lambda n: (floors[n] - exact[n], n),
    )
    for n in order[: units - sum(floors)]:
        floors[n] += 1
    return [value / unit for value in floors]


def _areal(shape: Shape) -> Shape:
    """What of a shape has an area: pieces that only touch are lines and points."""
    if shapely.get_dimensions(shape) < 2:
        return shapely.Polygon()
    return shapely.union_all(
        [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == 2]
    )


def _texts(column: pd.Series) -> list[str]:
    return [
        (
            ""
            if v is None or v != v
            else str(int(v))
            if isinstance(v, float) and v.is_integer()
            else str(v).strip()
        )
        for v in column
    ]


def _owner(value: str) -> str:
    return OWNERS_ZH.get(value[:1], value) if len(value) == 2 and value.isdigit() else value


def _number(value: str | float) -> float:
    try:
        return float(value)
    except ValueError:
        return -1.0
