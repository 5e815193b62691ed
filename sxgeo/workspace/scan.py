"""An office's folder of official data -> what each layer is, why, what is missing, and the
workspace that plugs it in.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..boundaries.units import load_counties
from ..catalog import checked_date
from ..errors import InputError, SxgeoError
from ..files.writing import refuse_inputs, write_text
from ..geometry.datums import describe_crs
from ..geometry.projection import ellipsoid_area_m2
from ..layers.layers import load_classes
from ..layers.rules import load_rules
from ..sites.formats.assumptions import Assumptions
from ..sites.formats.detect import read_tables, sniff
from ..sites.formats.systems import contradiction
from ..sites.formats.vector_files import KINDS, read_features
from ..wording import SUBZONE_ZH
from .layer_clues import (
    LAND_USE,
    LEGAL,
    PLANNED_USE,
    ROLES,
    Fields,
    Guess,
    guess_fields,
    guess_role,
)
from .layers import SECRECIES
from .rows import coded, codes_of
from .vector import degrees_of

if TYPE_CHECKING:
    import geopandas as gpd

    from ..geometry.shapes import Shape, Shapes
    from ..layers.classes import ClassSpec
    from ..sites.formats.vector_files import Features

_HEAD = """\
# sxgeo 工作区，由 sxgeo layers scan 生成，请核对每个图层的“依据”。
# A workspace made by `sxgeo layers scan`; look at the reason of each layer.
# 要填的只有 [defaults] 的几行：去掉行首的 #，写上单位掌握的情况；某个图层不同的，在它自己的 [[layer]] 里另写。

[defaults]                               # 各图层没有另写的，按这里
"""
_ACCURACY = "# position_accuracy_m = 1.0              # 【填】位置精度，米；“三区三线”按法定矢量，不用这一行"
_COMPLETE = "# complete_in = [{}]     # 【填】哪些县（市、区）的资料是完整的（图层涉及 {}）"
_DOCUMENT = (
    '# complete_document = "某局资料移交清单〔2026〕1号"   # 【填】声明完整的文件，没有文件不算完整'
)
_MODE = (
    'mode = "extend"                          # replace：以本单位资料替换内置的同类资料，'
    "他县的内置记录也不再参与"
)
_SECRECY = '# secrecy = "内部"                         # 【填】公开、内部、工作秘密、秘密；不写的不进成果包'
MOST_FILES = 5000
"""More files than this are no folder of layers, but a whole disk."""
SLIVER_M2 = 1.0
"""Overlaps of layers up to this are rounding."""
_PARTS = (
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".sbn",
    ".sbx",
    ".qix",
    ".xml",
    ".qmd",
    ".qml",
    ".dat",
    ".map",
    ".ind",
    ".mid",
    ".gfs",
    ".lock",
)
_LAYERS = (
    ".shp",
    ".gpkg",
    ".geojson",
    ".json",
    ".kml",
    ".kmz",
    ".gml",
    ".tab",
    ".mif",
    ".fgb",
    ".parquet",
    ".zip",
    ".sqlite",
)
_DRAWINGS = (".dxf", ".dwg")
_NO_DRAWING = (
    "CAD 图不带属性，看不出是哪一类；把范围面另存为 GeoPackage save its areas as GeoPackage"
)
_PAIRS = {
    "heritage_sites": ("protection_scope", "construction_control_belt"),
    "great_wall": ("protection_scope", "construction_control_belt"),
    "water_sources": ("level_1", "level_2"),
    "protected_areas": ("core_protection_zone", "general_control_zone"),
    "historic_districts": ("core_protection_scope", "construction_control_belt"),
    "historic_towns": ("core_protection_scope", "construction_control_belt"),
    "historic_villages": ("core_protection_scope", "construction_control_belt"),
}
"""Subzones of a class that come together."""
_EDITED = ("GXSJ", "GXRQ", "SJGXSJ", "更新时间", "更新日期", "BGRQ", "SCSJ")


@dataclass(frozen=True, eq=False)
class FoundLayer:
    """A layer that was recognised.

    Attributes
    ----------
    path
        The file, a zip or a .gdb folder.
    layer
        Its name in the file, where the file has several.
    role
        A class id, ``land_use`` or ``planned_use``.
    fields
        Which field is what.
    features, area_ha, invalid, outside
        How many; their area on the ellipsoid together; how many are not valid, and outside the
        counties that are held.
    crs, remarks
        The system that the file declares, and what was assumed in reading: encoding, lost parts.
    counties
        Names of the counties in which its features lie, with their number.
    reasons, warnings
        Why it was taken for that; what a person should look at.
    subzones
        Subzone codes that it holds.
    """

    path: Path
    layer: str | None
    role: str
    fields: Fields
    features: int
    area_ha: float
    invalid: int
    outside: int
    crs: str
    counties: Mapping[str, int]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]
    subzones: tuple[str, ...]
    boundary: str | None
    shapes: Any = field(repr=False)
    dimension: int = 2


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file or layer that was not taken, and why."""

    name: str
    reason: str


def _extent_words(found: FoundLayer) -> str:
    """Say how much a layer holds, in which system and where."""
    places = "、".join(f"{county}{count}" for county, count in found.counties.items()) or "无"
    area = f"，{found.area_ha:,.2f} 公顷" if found.dimension == 2 else ""
    return f"{found.features} 个对象{area}；{found.crs}；县（市、区）：{places}"


@dataclass(frozen=True, eq=False)
class Scan:
    """What a folder holds.

    Attributes
    ----------
    layers
        What was recognised, by file.
    not_taken
        Layers that were not, each with its reason.
    others
        How many files are no layers, by their suffix.
    warnings
        What is missing or contradicts beside what is there.
    """

    folder: Path
    layers: tuple[FoundLayer, ...]
    not_taken: tuple[NotTaken, ...]
    others: Mapping[str, int]
    warnings: tuple[str, ...]

    def to_text(self) -> str:
        """Return the table for people: what was taken and why, what was not, what is missing."""
        classes = load_classes()
        lines = [f"{self.folder}: 识别图层 {len(self.layers)} 个 layers recognised", ""]
        for found in self.layers:
            lines += self._layer_lines(found, classes)
        if self.not_taken:
            lines += ["", "未采用 not taken:"]
            # why something was left out is told, or the folder would look complete
            lines += [f"  {entry.name}: {entry.reason}" for entry in self.not_taken]
        if self.others:
            kinds = "，".join(
                f"{suffix or '无后缀'} {count}" for suffix, count in self.others.items()
            )
            lines += ["", f"不是图层的文件 files that are no layers: {kinds}"]
        if self.warnings:
            lines += ["", "请核对 to be looked at:"]
            lines += [f"  - {text}" for text in self.warnings]
        return "\n".join(lines) + "\n"

    def _layer_lines(self, found: FoundLayer, classes: Mapping[str, ClassSpec]) -> list[str]:
        """What was taken for what, with its reasons: a person must be able to disagree."""
        name = _shown(self.folder, found)
        title = ROLES.get(found.role) or classes[found.role].name_zh
        zone = f" · {found.fields.subzone}" if found.fields.subzone else ""
        kind = f" · {found.fields.kind}" if found.fields.kind else ""
        pairs = "，".join(f"{ours}={theirs}" for ours, theirs in found.fields.fields.items())
        fields = f"；字段 fields: {pairs}" if pairs else ""
        return [
            f"{name}  ->  {title} {found.role}{zone}{kind}",
            f"    {_extent_words(found)}",
            f"    依据 why: {'；'.join(found.reasons)}{fields}",
            *(f"    ! {text}" for text in (*found.warnings, *found.remarks)),
        ]

    def to_workspace(self, path: str | Path, *, answers: Mapping[str, str] | None = None) -> Path:
        """Write the commented workspace file.

        Parameters
        ----------
        path
            A new file; the paths in it are relative to its folder.
        answers
            What is known of all layers: `position_accuracy_m`, `complete_in`, `complete_document`,
            `secrecy`.

        Raises
        ------
        InputError
            If it exists already, or nothing was recognised.
        """
        target = Path(path)
        if not self.layers:
            reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in self.not_taken[:5])
            raise InputError(
                f"no layer was recognised in '{self.folder}', so there is no workspace to write."
                f" {reasons}".strip()
            )
        if target.exists():
            raise InputError(
                f"'{target}' exists already; give another -o, nothing was written over it"
            )
        refuse_inputs(target, [("layer file", found.path) for found in self.layers])
        return write_text(workspace_text(self, target, answers or {}), target)


def scan_layers(folder: str | Path, *, roles: Mapping[str, str] | None = None) -> Scan:
    """Look through a folder of official data, its sub-folders and zips.

    Parameters
    ----------
    folder
        The office's folder.
    roles
        What a layer is where nothing in it tells, by its name in the table: a class id,
        ``land_use``, ``planned_use``.

    Returns
    -------
    Scan
        What was recognised, with reasons; what was not; what is missing. Nothing is written.

    Raises
    ------
    InputError
        If the folder cannot be read, or holds too many files.

    Examples
    --------
    >>> import pathlib, sxgeo
    >>> office = pathlib.Path("office")
    >>> office.mkdir()
    >>> _ = (office / "readme.txt").write_text("no layer here")
    >>> sxgeo.scan_layers(office).layers
    ()
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"'{root}' is no folder; name the folder that holds the layers")
    outcomes, others = _looked_through(root, roles or {})
    layers = [outcome for outcome in outcomes if isinstance(outcome, FoundLayer)]
    return Scan(
        root,
        tuple(layers),
        tuple(outcome for outcome in outcomes if isinstance(outcome, NotTaken)),
        dict(sorted(others.items())),
        tuple(_warnings(layers)),
    )


def _looked_through(
    root: Path,
    roles: Mapping[str, str],
) -> tuple[list[FoundLayer | NotTaken], dict[str, int]]:
    """Return what came of each layer below a folder, by file; and how many files are no layers, by
    their suffix.
    """
    search = _Search(root, roles, load_counties(neighbours=True))
    outcomes: list[FoundLayer | NotTaken] = []
    others: dict[str, int] = {}
    for path in _files(root):
        suffix = path.suffix.lower()

        # parts of a shapefile and the like belong to a file that is read itself
        if suffix in _PARTS:
            continue
        # counted, so that the person sees what was not looked at
        if suffix not in (*_LAYERS, *_DRAWINGS) and not path.is_dir():
            others[suffix] = others.get(suffix, 0) + 1
            continue
        outcomes += _read(search, path)
    return outcomes, others


@dataclass(frozen=True, slots=True)
class _Search:
    """A folder that is looked through, what the user said of its layers, and the counties in which
    they may lie.
    """

    root: Path
    roles: Mapping[str, str]
    counties: gpd.GeoDataFrame


def _files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder by name, a .gdb as one; links to folders are not followed,
    hidden ones left out.
    """
    count = 0
    for base, folders, names in os.walk(root, followlinks=False):
        # os.walk goes by this very list: what is taken out of it is not entered
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        geodatabases = [name for name in folders if name.lower().endswith(".gdb")]
        folders[:] = [name for name in folders if name not in geodatabases]
        for name in sorted([*names, *geodatabases]):
            # locks and copies of a program that has the file open, and hidden files
            if name.startswith(("~", ".")):
                continue
            count += 1
            if count > MOST_FILES:
                raise InputError(
                    f"'{root}' holds more than {MOST_FILES} files; name the folder that holds the"
                    " layers"
                )
            yield Path(base) / name


def _name(
    root: Path,
    path: Path,
    layer: str | None = None,
) -> str:
    return PurePosixPath(path.relative_to(root).as_posix()).as_posix() + (
        f":{layer}" if layer else ""
    )


def _shown(root: Path, found: FoundLayer) -> str:
    return _name(root, found.path, found.layer)


def _read(search: _Search, path: Path) -> Iterator[FoundLayer | NotTaken]:
    # a drawing holds shapes and no attributes: it must not be guessed by its name alone
    if path.suffix.lower() in _DRAWINGS:
        yield NotTaken(_name(search.root, path), _NO_DRAWING)
        return
    # one bad file must not end the scan: it is named among what was not taken
    try:
        for layer in _layer_names(path):
            yield _one(search, path, layer)
    except SxgeoError as error:
        yield NotTaken(
            _name(search.root, path),
            str(error).replace(str(path), path.name),
        )


def _layer_names(path: Path) -> list[str | None]:
    """Name the layers of a file that have features; a file of one is read without its name."""
    kind = sniff(path)
    if kind not in KINDS:
        raise InputError(f"'{path}' is a {kind} without geometry in records")
    if kind == "zip":
        return [None]
    _, tables = read_tables(path, Assumptions(closed_line="line"))
    return [table.layer for table in tables] if len(tables) > 1 else [None]


def _one(
    search: _Search,
    path: Path,
    layer: str | None,
) -> FoundLayer | NotTaken:
    name = _name(search.root, path, layer)
    try:
        features = read_features(path, "layer", layer=layer)

        # Refused for want of a system before anything is guessed: the guesses need degrees.
        if problem := _system_problem(features.frame):
            return NotTaken(name, problem)
        seen = _Seen.of(path, layer, features)
    except SxgeoError as error:
        return NotTaken(name, str(error).replace(str(path), path.name))

    # the user's word goes before any guess, also where a guess was sure
    if name in search.roles:
        guess = Guess(search.roles[name], ("使用者指定 said by the user",))
    else:
        guess = _guess_of(seen, search.root)
    if guess.role is None:
        return NotTaken(name, "；".join(guess.reasons))
    return _found(seen, guess, search.counties)


def _guess_of(seen: _Seen, root: Path) -> Guess:
    """Guess what a layer is by its names, its folders, its fields and values: what a person would
    look at too.
    """
    above = list(reversed(seen.path.relative_to(root).parent.parts))
    return guess_role(seen.names, above, seen.columns)


def _system_problem(frame: gpd.GeoDataFrame) -> str | None:
    """Say what is wrong with the coordinate system of a layer, if anything."""
    if frame.crs is None:
        return "没有坐标系：补 .prj，或另存为 GeoPackage no coordinate system; add a .prj file"
    return contradiction(frame.crs, list(frame.geometry))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A layer as it was read, and its shapes in degrees."""

    path: Path
    layer: str | None
    features: Features
    degrees: Shapes
    columns: Mapping[str, Sequence[object]]

    @classmethod
    def of(
        cls,
        path: Path,
        layer: str | None,
        features: Features,
    ) -> _Seen:
        """Return what was read with its shapes in degrees and its fields beside them."""
        frame = features.frame
        degrees = degrees_of(frame)
        columns = {str(c): frame[c].tolist() for c in frame.columns if c != frame.geometry.name}
        return cls(path, layer, features, degrees, columns)

    @property
    def names(self) -> list[str]:
        """Of the file, and of the layer in it."""
        return [
            self.path.stem,
            *([self.layer] if self.layer else []),
        ]

    @property
    def present(self) -> Shapes:
        """The shapes that are there: only they can be counted and drawn."""
        shapes = [shape for shape in self.degrees if shape is not None and not shape.is_empty]
        return np.array(shapes, dtype=object)


# what a layer holds is measured once: the table, its warnings and the workspace all tell it
@dataclass(frozen=True, slots=True)
class _Extent:
    """How much land the shapes of a layer hold, in which counties, and which are not sound."""

    area_ha: float
    invalid: int
    outside: int
    counties: Mapping[str, int]
    dimension: int

    @classmethod
    def of(cls, present: Shapes, counties: gpd.GeoDataFrame) -> _Extent:
        """Measure shapes in degrees; where there are none, they count as areas of nothing."""
        invalid = int((~shapely.is_valid(present)).sum())
        places, outside = _places(present, counties)
        return cls(
            area_ha=sum(ellipsoid_area_m2(shape) for shape in present) / 10_000,
            invalid=invalid,
            outside=outside,
            counties=places,
            dimension=int(max(shapely.get_dimensions(present), default=2)),
        )


def _found(
    seen: _Seen,
    guess: Guess,
    counties: gpd.GeoDataFrame,
) -> FoundLayer:
    role, present = str(guess.role), seen.present
    fields = _fields_of(seen, role)
    extent = _Extent.of(present, counties)
    return FoundLayer(
        path=seen.path,
        layer=seen.layer,
        role=role,
        fields=fields,
        features=len(seen.degrees),
        area_ha=extent.area_ha,
        invalid=extent.invalid,
        outside=extent.outside,
        crs=describe_crs(seen.features.frame.crs),
        counties=extent.counties,
        reasons=guess.reasons,
        warnings=tuple(_to_look_at(seen, role, fields, extent)),
        remarks=(*seen.features.remarks, *seen.features.doubts),
        subzones=_held(role, fields, seen.columns),
        boundary="legal_vector" if role in LEGAL else None,
        shapes=present,
        dimension=extent.dimension,
    )


def _fields_of(seen: _Seen, role: str) -> Fields:
    """Return which field is what: the standard of a survey prescribes those of land classes."""
    if role in ROLES:
        return _land_fields(role, seen.columns)
    return guess_fields(role, seen.names, seen.columns)


def _wrong_rows(features: Features) -> list[str]:
    """Say of the first rows that could not be built why: three show what kind of fault it is."""
    wrong = sorted(features.wrong.items())[:3]
    return [f"第 {row + 1} 行：{text}" for row, text in wrong]


def _to_look_at(
    seen: _Seen,
    role: str,
    fields: Fields,
    extent: _Extent,
) -> Iterator[str]:
    """Yield what a person should look at before the layer may decide anything."""
    yield from fields.remarks
    if fields.unknown:
        yield f"分区的值不认识，请在 [layer.subzones] 中写明：{'、'.join(fields.unknown[:8])}"
    if extent.invalid:
        yield f"{extent.invalid} 个图形无效，接入前须修复 invalid geometries"
    if extent.outside:
        yield (
            f"{extent.outside} 个对象不在内置的县（市、区）内 lie outside the counties that are"
            " held"
        )
    # land classes share land out and judge nothing: no law can make them old
    if role not in ROLES:
        yield from _old(seen.path, role, seen.columns)
    yield from _wrong_rows(seen.features)


def _land_fields(role: str, columns: Mapping[str, Sequence[object]]) -> Fields:
    """Name the fields of a layer of land classes."""
    wanted = {
        LAND_USE: ("DLBM", "DLMC", "QSXZ", "ZLDWMC", "KCXS", "TBBH"),
        PLANNED_USE: ("YDYHFLDM", "GHDLBM", "YDYHFLMC", "GHDLMC"),
    }[role]
    by_upper = {name.upper(): name for name in columns}
    fields = {key: by_upper[key] for key in wanted if key in by_upper}
    missing = [] if fields else [f"没有字段 {'、'.join(wanted[:2])}"]
    return Fields(fields, None, None, (), False, False, tuple(missing))


def _held(
    role: str,
    fields: Fields,
    columns: Mapping[str, Sequence[object]],
) -> tuple[str, ...]:
    """Return the codes of the subzones that a layer holds; land classes know none."""
    if role in ROLES:
        return ()
    known = codes_of("subzone", role)
    theirs = fields.fields.get("subzone", "subzone" if "subzone" in columns else None)
    values = [fields.subzone] if fields.subzone else columns.get(theirs or "", [])
    codes = {coded(v, known) for v in values if v is not None and v == v}
    return tuple(sorted(c for c in codes if c in set(known.values())))


def _places(shapes: Shapes, counties: gpd.GeoDataFrame) -> tuple[dict[str, int], int]:
    """Count the features in each county by a point inside them, and those in none."""
    if not len(shapes):
        return {}, 0

    # A point inside the feature: its centroid may lie in another county.
    points = shapely.point_on_surface(shapes)
    tree = shapely.STRtree(counties.geometry.to_numpy())
    rows, units = tree.query(points, predicate="intersects")

    first = _first_of_each(rows.tolist(), units.tolist())
    names = counties["name_zh"].tolist()
    counts = Counter(names[unit] for unit in sorted(first.values()))
    return dict(counts), len(shapes) - len(first)


def _first_of_each(rows: Sequence[int], units: Sequence[int]) -> dict[int, int]:
    """Return the first unit of each row: on a shared edge the first county has it, so that none
    counts twice.
    """
    first: dict[int, int] = {}
    for row, unit in zip(rows, units, strict=True):
        first[row] = min(unit, first.get(row, unit))
    return first


def _old(
    path: Path,
    role: str,
    columns: Mapping[str, Sequence[object]],
) -> Iterator[str]:
    """Say that a layer was last edited before the law that is in force began to bind."""
    # Only verified rules bind, so only theirs can have made a layer old.
    starts = [
        r.in_force_from
        for r in load_rules(role, as_of=checked_date(None))
        if r.verified and r.in_force_from
    ]
    if not starts:
        return
    latest, edited = max(starts), _edited_on(path, columns)
    if edited < latest:
        yield (
            f"最近更新 {edited}，早于现行规定施行日 {latest}：请核对成果是否已更新 older than the"
            " law in force"
        )


def _edited_on(path: Path, columns: Mapping[str, Sequence[object]]) -> str:
    """Return the file's own date of editing; failing that, the date of the file."""
    by_upper = {name.upper(): name for name in columns}
    told = next((by_upper[name] for name in _EDITED if name in by_upper), None)
    values = columns[told] if told else ()
    days = [str(v)[:10].replace("/", "-") for v in values if v is not None and v == v]
    saved = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
    return max(days, default="") or saved


def _warnings(layers: Sequence[FoundLayer]) -> Iterator[str]:
    # Which subzones of a class the folder holds, over all of its files.
    by_class: dict[str, set[str]] = {}
    for found in layers:
        if found.role not in ROLES:
            by_class.setdefault(found.role, set()).update(found.subzones)
    classes = load_classes()
    yield from _half_boundaries(by_class, classes)

    # Of the three lines either all are there, or the folder is likely incomplete.
    lines = [c for c in LEGAL if c in by_class]
    if lines and len(lines) < len(LEGAL):
        gone = "、".join(classes[c].name_zh for c in LEGAL if c not in by_class)
        yield f"“三区三线”只有 {len(lines)} 条，缺 {gone}"
    yield from _crossings(layers)


def _half_boundaries(
    by_class: Mapping[str, set[str]], classes: Mapping[str, ClassSpec]
) -> Iterator[str]:
    """Two subzones that the law always draws together: one alone is half of the boundary."""
    for class_id, pair in _PAIRS.items():
        held = by_class.get(class_id) or set()
        for one, other in (pair, pair[::-1]):
            if one in held and other not in held:
                yield (
                    f"{classes[class_id].name_zh}：有{SUBZONE_ZH[one]}，"
                    f"没有{SUBZONE_ZH[other]}；没有它本类不按完整对待。"
                    f'文件声明没有划定的，写 subzones_absent = ["{SUBZONE_ZH[other]}"]'
                )


def _crossings(layers: Sequence[FoundLayer]) -> Iterator[str]:
    """Name pairs of layers that must not overlap and do: the three lines, and two files of one
    class and subzone.
    """
    for place, one in enumerate(layers):
        for other in layers[place + 1 :]:
            lines = one.role in LEGAL and other.role in LEGAL and one.role != other.role
            twice = (
                one.role == other.role
                and one.role not in ROLES
                and one.fields.subzone == other.fields.subzone
            )

            # points and lines hold no land that could be held twice
            if not (lines or (twice and one.dimension == other.dimension == 2)):
                continue
            area_m2, count = _common_m2(one.shapes, other.shapes)
            if area_m2 > SLIVER_M2:
                what = (
                    "应互不重叠 must not overlap"
                    if lines
                    else "同一类、同一分区的两个文件 two files of one class"
                )
                yield (
                    f"{_title(one)} 与 {_title(other)} 重叠 {count} 处，{area_m2 / 10_000:,.4f}"
                    f" 公顷（{what}）：请核对以哪个为准"
                )


def _title(found: FoundLayer) -> str:
    return f"{found.path.name}{f':{found.layer}' if found.layer else ''}"


def _common_m2(one: Shape, other: Shape) -> tuple[float, int]:
    # an invalid shape has no common area that could be trusted
    one, other = one[shapely.is_valid(one)], other[shapely.is_valid(other)]
    if not len(one) or not len(other):
        return 0.0, 0
    rows, theirs = shapely.STRtree(other).query(one, predicate="intersects")
    common = shapely.intersection(one[rows], other[theirs])
    areas = [area for shape in common if (area := ellipsoid_area_m2(shape)) > SLIVER_M2]
    return float(sum(areas)), len(areas)


def workspace_text(
    scan: Scan,
    target: Path,
    answers: Mapping[str, str],
) -> str:
    """Return the text of the workspace file that is to be written to `target`; `answers` by key of
    `[defaults]`.
    """
    places = list(dict.fromkeys(name for found in scan.layers for name in found.counties))
    lines = [_HEAD.rstrip("\n"), *_defaults(places, answers), ""]
    for found in scan.layers:
        lines += [*_layer(found, target), ""]
    for entry in scan.not_taken:
        lines += [f"# 未采用 not taken: {_plain(entry.name)}: {_plain(entry.reason)}"]
    for text in scan.warnings:
        lines += [f"# 请核对: {_plain(text)}"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _defaults(places: list[str], answers: Mapping[str, str]) -> Iterator[str]:
    # What was answered is written in; what was not is a line that the person fills.
    accuracy, counties = answers.get("position_accuracy_m"), answers.get("complete_in")
    yield f"position_accuracy_m = {accuracy}" if accuracy else _ACCURACY
    if counties:
        yield f"complete_in = [{_listed(counties)}]"
    else:
        named = ", ".join(quoted(name) for name in places[:3])
        yield _COMPLETE.format(named, "、".join(places) or "不明")
    document = answers.get("complete_document")
    yield f"complete_document = {quoted(document)}" if document else _DOCUMENT
    yield _MODE
    secrecy = answers.get("secrecy")
    yield f"secrecy = {quoted(secrecy)}" if secrecy in SECRECIES else _SECRECY


def _listed(names: str) -> str:
    """Write names with any of three commas between them as a list of TOML."""
    parts = names.replace("、", ",").replace("，", ",").split(",")
    return ", ".join(quoted(part.strip()) for part in parts if part.strip())


def _layer(found: FoundLayer, target: Path) -> Iterator[str]:
    title = ROLES.get(found.role) or load_classes()[found.role].name_zh
    area = f"，{found.area_ha:,.2f} 公顷" if found.dimension == 2 else ""
    yield f"# {title}：{found.features} 个对象{area}；{_plain(found.crs)}"
    yield f"# 依据: {_plain('；'.join(found.reasons))}"
    for text in (*found.warnings, *found.remarks):
        yield f"# ! {_plain(text)}"

    # Land-use layers share land out and judge nothing: they have no class.
    if found.role in ROLES:
        yield f"[{found.role}]"
        yield from _file_lines(found, target)
        if found.role == LAND_USE:
            yield '# year = "2024"                           # 【填】变更调查年度'
    else:
        yield from _class_lines(found, target, title)


def _class_lines(
    found: FoundLayer,
    target: Path,
    title: str,
) -> Iterator[str]:
    """Yield the table of a layer of a class, under its comments."""
    yield "[[layer]]"
    yield f'class = "{found.role}"                   # {title}'
    yield from _file_lines(found, target)
    if found.fields.subzone:
        yield f"subzone = {quoted(found.fields.subzone)}"
    if found.fields.kind:
        yield f"kind = {quoted(found.fields.kind)}"

    yield from _made_lines(found, title)
    if found.boundary:
        yield f'boundary = "{found.boundary}"            # 法定矢量'
    else:
        yield (
            '# boundary = "described"                  # 边界来源已知时：legal_vector、described、'
            "digitised"
        )
    yield from _field_lines(found)


def _file_lines(found: FoundLayer, target: Path) -> Iterator[str]:
    yield f"file = {quoted(_relative(found.path, target))}"
    if found.layer:
        yield f"layer = {quoted(found.layer)}"


def _made_lines(found: FoundLayer, title: str) -> Iterator[str]:
    # What features lack of names and ids is made, and said in the file.
    if found.fields.nameless:
        yield f"name = {quoted(title)}                  # 没有名称的对象"
    if found.fields.by_row:
        yield f"id_prefix = {quoted(found.path.stem + '-')}    # 没有可用的编号字段，按行号"


def _field_lines(found: FoundLayer) -> Iterator[str]:
    """Yield which field is what, and which values nobody knows."""
    if found.fields.fields:
        yield "[layer.fields]"
        for ours, theirs in found.fields.fields.items():
            yield f"{ours} = {quoted(theirs)}"

    # Values that the rules do not know are left for the person: a guess would bind or free.
    if found.fields.unknown:
        yield "[layer.subzones]                          # 【填】文件里的值 = 分区"
        for value in found.fields.unknown:
            yield f"# {quoted(value)} = "


def _relative(path: Path, target: Path) -> str:
    """Name a file as seen from the workspace, with /; a file on another drive by its whole path."""
    here = target.resolve().parent
    try:
        return Path(os.path.relpath(path.resolve(), here)).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def quoted(text: str) -> str:
    r"""Write a text as a TOML string: nothing in a name can end it."""
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def _plain(text: str) -> object:
    """A text for a comment: one line, whatever stands in it."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
