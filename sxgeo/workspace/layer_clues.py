"""What names, fields and values of an office's layer say of it: class, subzone, kind, and which
field is what (pure).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..wording import KIND_ZH, SUBZONE_ZH
from .rows import coded, codes_of

LAND_USE = "land_use"
PLANNED_USE = "planned_use"
ROLES = {LAND_USE: "现状地类（国土变更调查）", PLANNED_USE: "规划用途"}
"""What a layer may be beside a class of resources."""
LEGAL = ("ecological_redline", "permanent_farmland", "urban_boundary")
"""Classes whose boundaries are coordinates with the force of law: the three lines."""

NAME_CLUES: tuple[tuple[str, str], ...] = (
    (r"永久基本农田|基本农田|YJJBNT|JBNT|永农", "permanent_farmland"),
    (r"生态保护红线|生态红线|STBHHX", "ecological_redline"),
    (r"城镇开发边界|开发边界|CZKFBJ", "urban_boundary"),
    (r"长城", "great_wall"),
    (r"世界遗产|遗产地", "world_heritage"),
    (r"工业遗产", "industrial_heritage"),
    (r"历史文化名城|名城", "historic_cities"),
    (r"历史文化街区|历史街区|街区", "historic_districts"),
    (r"历史文化名镇|名镇", "historic_towns"),
    (r"历史文化名村|传统村落|名村", "historic_villages"),
    (r"文物|不可移动|国保|省保|WWBH", "heritage_sites"),
    (r"水源|SYD(?![A-Z])", "water_sources"),
    (r"泉域|岩溶泉", "karst_springs"),
    (r"超采|禁采|限采", "groundwater_overdraft"),
    (r"风景名胜|风景区", "scenic_areas"),
    (r"自然保护|森林公园|地质公园|湿地公园|自然公园|国家公园|ZRBHD", "protected_areas"),
    (r"湿地(?!公园)", "wetlands"),
    (r"(?:Ⅰ|I|1|一)级保护林地", "forest_grade1"),
    (r"公益林|GYL(?![A-Z])", "public_welfare_forest"),
    (r"(?<!保护)林地(?!.*公益)|LDTB|林地一张图", "forest_land"),
    (r"河湖|河道|岸线|HDGL", "river_management"),
    (r"压覆|矿产|矿权|探矿|采矿权", "mineral_overlay"),
    (r"采空", "goaf"),
    (r"地质灾害|地灾|DZZH", "geohazard"),
    (r"村道", "village_roads"),
    (r"公路|国道|省道|高速", "road_strip"),
    (r"铁路", "railway_strip"),
    (r"电力|输电|高压|千伏", "power_lines"),
    (r"管道|油气|天然气", "pipelines"),
    (r"机场|净空", "airports"),
    (r"古树", "old_trees"),
    (r"地震", "earthquake_stations"),
    (r"供水设施|水厂", "water_supply_works"),
    (r"管控单元|三线一单", "environment_units"),
    (r"气象", "weather_stations"),
    (r"空气|大气", "air_stations"),
    (r"断面", "water_sections"),
    (r"地类图斑|DLTB|变更调查|国土调查|三调|现状地类|土地利用现状", LAND_USE),
    (r"规划用途|规划用地|规划地类|GHYT|GHDL|用地用海", PLANNED_USE),
)
"""Words in the name of a file or layer, and what they speak of; pinyin initials are those of the
national data standards.
"""
FIELD_CLUES: tuple[tuple[str, str], ...] = (
    (r"YJJBNTTBBH|YJJBNTMJ|JBNTTBBH|JBNTMJ", "permanent_farmland"),
    (r"HXMC|HXLX|HXBH|HXDM", "ecological_redline"),
    (r"BHQMC|BHQJB|BHDMC|GNFQ", "protected_areas"),
    (r"WWMC|WWBH|文物名称|文物编号", "heritage_sites"),
    (r"SYDMC|水源地名称", "water_sources"),
    (r"GHYT.*|YDYHFLDM|YDYHFLMC|GHDLBM|GHDLMC", PLANNED_USE),
)
"""Names of fields that speak of a class; the whole name must fit."""
_ZONES_OF = {
    "urban_boundary": ("urban_concentrated", "urban_flexible", "urban_special"),
    "water_sources": ("level_1", "level_2", "quasi"),
    "heritage_sites": ("protection_scope", "construction_control_belt"),
    "protected_areas": ("core_protection_zone", "general_control_zone"),
    "groundwater_overdraft": ("prohibited_abstraction", "restricted_abstraction"),
}
"""Classes that values of these subzones speak of."""
_IDS = (
    *(
        "feature_id",
        "编号",
        "BH",
        "YJJBNTTBBH",
        "JBNTTBBH",
        "HXBH",
        "WWBH",
        "BHQBH",
        "BHDBH",
        "TBBH",
        "BSM",
        "标识码",
    ),
    *("GLOBALID", "ID", "OBJECTID", "FID"),
)
_NOT_NAMES = ("DLMC", "ZLDWMC", "QSDWMC", "XZQMC", "YSMC", "DLXXMC", "XMC", "SMC", "XIANMC")
_NAMES = ("name_zh", "名称", "MC", "HXMC", "BHQMC", "BHDMC", "WWMC", "SYDMC", "NAME")
_LEVELS = ("level", "级别", "BHQJB", "BHDJB", "WWJB", "BHJB", "JB", "保护级别", "等级")
_DOCUMENTS = ("designating_document", "公布文件", "批复文号", "批准文号", "PFWH", "PZWH")
_CODED = ("subzone", "resource_kind")
"""Columns whose values are codes of the rules."""
_MANY_VALUES = 400


@dataclass(frozen=True, slots=True)
class Guess:
    """What a layer was taken for, and why.

    Attributes
    ----------
    role
        A class id or one of `ROLES`; None where nothing, or several things, speak.
    reasons
        In Chinese, the strongest first; where `role` is None, why not.
    """

    role: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Which field is what.

    Attributes
    ----------
    fields
        Field by the column of sxgeo.
    subzone, kind
        Of the whole file, by its name.
    unknown
        Values of the subzone field that nobody knows.
    nameless
        Whether some feature has no name.
    by_row
        Whether no field tells features apart, so that the number of the row must.
    remarks
        What was seen and not taken.
    """

    fields: Mapping[str, str]
    subzone: str | None
    kind: str | None
    unknown: tuple[str, ...]
    nameless: bool
    by_row: bool
    remarks: tuple[str, ...] = field(default=())


def guess_role(
    names: Sequence[str],
    folders: Sequence[str],
    values: Mapping[str, Sequence[object]],
) -> Guess:
    """Guess what a layer is.

    Parameters
    ----------
    names
        Of the file and of the layer in it.
    folders
        Names of the folders above it, the nearest first.
    values
        Values of each field.
    """
    clues = _Clues()

    # A layer's own name says most; its folders are asked only where the name says nothing.
    for text in dict.fromkeys(names):
        for role, words in _spoken_of(text):
            clues.add(role, 4, f"名称“{text}”含“{words}”")

    # folders speak only where no name does: they may hold layers of many kinds
    if not clues.weights:
        for text in folders:
            for role, words in _spoken_of(text):
                clues.add(role, 2, f"文件夹“{text}”含“{words}”")
    _ask_fields(values, clues)
    return clues.decided()


class _Clues:
    """What speaks for each role, and how loudly."""

    def __init__(self) -> None:
        self.weights: dict[str, int] = {}
        self._reasons: dict[str, list[str]] = {}

    def add(
        self,
        role: str,
        weight: int,
        reason: str,
    ) -> None:
        self.weights[role] = self.weights.get(role, 0) + weight
        self._reasons.setdefault(role, []).append(reason)

    def decided(self) -> Guess:
        """Return the role that most speaks for."""
        if not self.weights:
            return Guess(None, ("名称、字段和值都看不出是哪一类 nothing speaks of a class",))

        # Two roles of the same weight are not decided by chance: the person is asked.
        best = max(self.weights.values())
        first = [role for role, weight in self.weights.items() if weight == best]
        if len(first) > 1:
            several = "；".join(f"{role}（{'，'.join(self._reasons[role])}）" for role in first)
            return Guess(None, (f"像几类，不能断定 several classes are spoken of: {several}",))
        return Guess(first[0], tuple(self._reasons[first[0]]))


def _ask_fields(values: Mapping[str, Sequence[object]], clues: _Clues) -> None:
    """Add what the fields of a layer and their values say."""
    # Fields that the standard of a survey prescribes speak for their layer.
    for name in values:
        for pattern, role in FIELD_CLUES:
            if re.fullmatch(pattern, name, re.I):
                clues.add(role, 3, f"有字段 {name}")
    upper = {name.upper() for name in values}

    # Every parcel layer has DLBM: it means land use only where nothing nearer is spoken of.
    nearer = {"permanent_farmland", PLANNED_USE} & set(clues.weights)
    if {"DLBM", "DLMC"} <= upper and not nearer:
        clues.add(LAND_USE, 3, "有字段 DLBM、DLMC")
    for name, role, share in _zoned(values):
        clues.add(role, 3, f"字段 {name} 的值为“{share}”等分区")


def _spoken_of(text: str) -> list[tuple[str, str]]:
    """The first class in the order of the clues, which are sorted from the special to the general;
    with the words that speak.
    """
    for pattern, role in NAME_CLUES:
        if match := re.search(pattern, text, re.I):
            return [(role, match.group())]
    return []


def _zoned(values: Mapping[str, Sequence[object]]) -> Iterable[tuple[str, str, str]]:
    """Yield fields of which every value is a subzone of one class, as field, class and one of the
    values.
    """
    for name, column in values.items():
        distinct = _distinct(column)

        # a field of many values parts nothing into zones, one of none tells nothing
        if not distinct or len(distinct) > 6:
            continue
        for class_id, zones in _ZONES_OF.items():
            labels = {
                label for label, code in codes_of("subzone", class_id).items() if code in zones
            }
            if set(distinct) <= labels:
                yield name, class_id, distinct[0]
                break


def guess_fields(
    class_id: str,
    names: Sequence[str],
    values: Mapping[str, Sequence[object]],
) -> Fields:
    """Guess which field of a layer of a class is what; parameters as of :func:`guess_role`."""
    taken: dict[str, str] = {}
    unknown = _coded_field("subzone", class_id, values, taken)
    remarks = _take_kind(class_id, values, taken)
    by_name = _codes_by_name(class_id, names, taken)

    # codes first: a field that holds them is not asked again for what else it may be
    fields = _plain_fields(values, taken)
    taken |= {column: field for column, field in fields.items() if field is not None}

    # a field that has our name already needs no line in the workspace
    own = {ours: theirs for ours, theirs in sorted(taken.items()) if ours != theirs}
    return Fields(
        fields=own,
        subzone=by_name["subzone"],
        kind=by_name["resource_kind"],
        unknown=tuple(unknown),
        nameless=_is_nameless(fields["name_zh"], values),
        by_row=fields["feature_id"] is None,
        remarks=tuple(remarks),
    )


def _take_kind(
    class_id: str,
    values: Mapping[str, Sequence[object]],
    taken: dict[str, str],
) -> list[str]:
    """Take the field of kinds, unless it holds one that nobody knows, and then say so."""
    # A kind that the rules do not know is left unknown, and then all of its class apply.
    strange = _coded_field("resource_kind", class_id, values, taken)
    if not strange:
        return []
    taken.pop("resource_kind", None)
    return [f"类别字段有不认识的值 {'、'.join(strange[:5])}，未采用，类别按未知对待"]


def _codes_by_name(
    class_id: str,
    names: Sequence[str],
    taken: Mapping[str, str],
) -> dict[str, str | None]:
    """Return what the names say of subzone and kind, where no field says it row by row."""
    # A file that holds one subzone often says so in its name alone.
    return {
        column: None if column in taken else _named_code(column, class_id, names)
        for column in _CODED
    }


def _plain_fields(
    values: Mapping[str, Sequence[object]],
    taken: Mapping[str, str],
) -> dict[str, str | None]:
    """Return the fields that hold no codes, by the column of sxgeo; None where there is none."""
    # A field that is subzone or kind is not the name as well.
    spent = {taken[column] for column in _CODED if column in taken}
    free = {name: cells for name, cells in values.items() if name not in spent}
    return {
        "name_zh": _named_field(free),
        "feature_id": _id_field(values, taken.get("subzone")),
        "level": _first(_LEVELS, values),
        "designating_document": _first(_DOCUMENTS, values),
    }


def _is_nameless(name_field: str | None, values: Mapping[str, Sequence[object]]) -> bool:
    """Say whether some feature has no name: the workspace must then give one."""
    return name_field is None or any(_text(cell) == "" for cell in values[name_field])


def _coded_field(
    column: str,
    class_id: str,
    values: Mapping[str, Sequence[object]],
    taken: dict[str, str],
) -> list[str]:
    """Take the field whose values are subzones or kinds of a class, and return its values that
    nobody knows.
    """
    # The field with the most known values, and more known than not: a name may be a code by chance.
    known = codes_of(column, class_id)
    best: tuple[int, str, list[str]] | None = None
    for name, cells in values.items():
        good, bad = _by_known(_distinct(cells), known)
        if len(good) > len(bad) and (best is None or len(good) > best[0]):
            best = (len(good), name, bad)
    if best is None:
        return []
    taken[column] = best[1]
    return best[2]


def _by_known(values: Sequence[str], known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Part values into those that are a code or a label of one, and the rest."""
    codes = set(known.values())
    good = [value for value in values if coded(value, known) in codes]
    return good, [value for value in values if coded(value, known) not in codes]


def _named_code(
    column: str,
    class_id: str,
    names: Sequence[str],
) -> str | None:
    """The Chinese name of the subzone or kind that the names speak of; None where they speak of
    none, or of several.
    """
    known = codes_of(column, class_id)

    # the longest first, and cut out: a short name may be a part of a longer one
    labels = sorted((label for label in known if not label.isascii()), key=len, reverse=True)
    found = []
    for text in names:
        rest = text
        for label in labels:
            if label in rest:
                found.append(known[label])
                rest = rest.replace(label, " ")
    if len(set(found)) != 1:
        return None
    words = SUBZONE_ZH if column == "subzone" else KIND_ZH
    return words[found[0]]


def _named_field(values: Mapping[str, Sequence[object]]) -> str | None:
    if (found := _first(_NAMES, values)) is not None:
        return found
    for name in values:
        if name.upper() not in _NOT_NAMES and (
            name.upper().endswith("MC") or name.endswith("名称")
        ):
            return name
    return None


def _id_field(values: Mapping[str, Sequence[object]], zone_field: str | None) -> str | None:
    """The first field that tells all features apart, alone or with their subzones."""
    # A field that was made for ids goes before one that only happens to be unique.
    more = [
        name for name in values if name.upper().endswith("BH") or name.endswith(("编号", "代码"))
    ]
    zones = None if zone_field is None else [_text(v) for v in values[zone_field]]
    for wanted in (*_IDS[:-3], *more, *_IDS[-3:]):
        name = _first((wanted,), values)
        if name is not None and _tells_apart([_text(v) for v in values[name]], zones):
            return name
    return None


def _tells_apart(ids: Sequence[str], zones: Sequence[str] | None) -> bool:
    """Say whether no id is empty and none stands twice; it may stand once for each subzone of its
    record.
    """
    pairs = list(
        zip(
            ids,
            zones if zones is not None else [""] * len(ids),
            strict=True,
        )
    )
    return "" not in ids and len(set(pairs)) == len(pairs)


def _first(wanted: Sequence[str], values: Mapping[str, Sequence[object]]) -> str | None:
    by_upper = {name.upper(): name for name in values}
    return next((by_upper[w.upper()] for w in wanted if w.upper() in by_upper), None)


def _distinct(column: Sequence[object]) -> list[str]:
    found: dict[str, None] = {}
    for value in column:
        if (text := _text(value)) and not _is_number(value):
            found[text] = None
        if len(found) > _MANY_VALUES:
            return []
    return list(found)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
