"""The one function that every executor runs: Arrow in, Arrow out, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...model.outcomes import OUTCOMES, asked
from ...model.sites import Site
from ...reports.answer import told_of
from ..conflicts.finding_arrays import REASON_CODES, RELATIONS
from ..execution.job import arrow

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Ints, Shape, Shapes
    from ...model.outcomes import SiteOutcome
    from ..conflicts.finding_arrays import Found, Offers
    from ..conflicts.findings import Said
    from ..conflicts.screener import Screener

TEXTS = ("name", "file", "accuracy_source")
NO_GEOMETRY = (
    "no geometry that can be used: empty, unreadable, invalid or outside the planes of CGCS2000"
)
_WEST, _SOUTH, _EAST, _NORTH = 73.5, 0.0, 136.5, 60.0
"""Degrees that a CGCS2000 3-degree plane holds, and latitudes of which China has none beyond."""
FIGURES = ("required_m", "margin_m", "uncertainty_m", "flip_distance_m", "max_height_m")
MEASURES = ("distance_m", "overlap_m2", "overlap_ellipsoid_m2", "overlap_length_m", "overlap_share")
LISTS = ("conflict", "regulated", "undetermined", "not_screened", "touched_unbound")


def site_schema() -> Any:
    """Return the columns of a chunk of sites; `geometry` is WKB in EPSG:4490 degrees, everything
    but it may be left out: an accuracy that is not given is the default of a bare geometry.
    """
    pa = arrow()
    return pa.schema(
        [
            ("row", pa.int64()),
            ("site_id", pa.string()),
            *((name, pa.string()) for name in TEXTS),
            ("crs", pa.string()),
            ("accuracy_m", pa.float64()),
            ("datum_error_m", pa.float64()),
            ("doubtful", pa.bool_()),
            ("problems", pa.list_(pa.string())),
            ("geometry", pa.binary()),
        ]
    )


def chunk_of(sites: Sequence[Site], rows: Sequence[int]) -> Any:
    """Return some sites as a chunk: a record batch of :func:`site_schema`, `row` being the number
    of each in its input.
    """
    pa = arrow()
    columns = _made_columns(sites, rows)
    schema = site_schema()

    # all other columns are what a site says of itself
    plain = [field for field in schema if field.name not in columns]
    for field in plain:
        values = list(map(attrgetter(field.name), sites))
        columns[field.name] = pa.array(values, field.type)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _made_columns(sites: Sequence[Site], rows: Sequence[int]) -> dict[str, Any]:
    """Return the columns of a chunk that no attribute of a site holds as they stand there."""
    pa = arrow()
    shapes = np.array([site.geometry for site in sites], dtype=object)

    # bytes of one order, so that a chunk is the same on every machine
    return {
        "row": pa.array(rows, pa.int64()),
        "geometry": pa.array(
            shapely.to_wkb(shapes, byte_order=1),
            pa.binary(),
        ),
        "problems": pa.array([list(site.problems) for site in sites], pa.list_(pa.string())),
    }


def sites_of(chunk: Any) -> list[Site]:
    """Return the sites of a chunk; one that cannot be used has no geometry, and says so in its
    problems.
    """
    count = chunk.num_rows
    columns = {name: chunk.column(name).to_pylist() for name in chunk.schema.names}
    shapes = _usable_shapes(columns["geometry"])
    rows = columns.get("row") or range(count)
    plain = {**_UNSAID, "site_id": None}
    told = {name: columns.get(name) or [default] * count for name, default in plain.items()}

    # a chunk without names is told by its rows
    if not columns.get("site_id"):
        told["site_id"] = [f"#{row}" for row in rows]
    problems = [tuple(texts or ()) for texts in columns.get("problems") or [()] * count]
    return [
        _site({name: values[i] for name, values in told.items()}, shapes[i], problems[i])
        for i in range(count)
    ]


_UNSAID: Mapping[str, Any] = {
    "crs": None,
    "accuracy_m": None,
    "datum_error_m": 0.0,
    "doubtful": False,
    **dict.fromkeys(TEXTS, ""),
}
"""What a column that is left out says of every site."""


def _usable_shapes(content: Sequence[bytes | None]) -> Shapes:
    """Return shapes, None for one that cannot be used."""
    shapes: Shapes = shapely.from_wkb(
        np.array(content, dtype=object),
        on_invalid="ignore",
    )
    usable = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)

    # whether it lies in China is asked where files are read; here a plane must hold it, and one
    # without corners lies nowhere
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        usable &= (west >= _WEST) & (east < _EAST) & (south >= _SOUTH) & (north <= _NORTH)
    shapes[~usable] = None
    return shapes


def _site(
    told: dict[str, Any],
    shape: Shape | None,
    problems: tuple[str, ...],
) -> Site:
    """Build a site from its row; what nobody said is never taken as exact or as free of doubt."""
    if told["accuracy_m"] is None:
        # a site without one takes the default, and says so
        del told["accuracy_m"], told["accuracy_source"]
    if told["doubtful"] is None:
        told["doubtful"] = True
    for name in ("accuracy_m", "datum_error_m"):
        metres = told.get(name, 0.0)
        if metres is None or not 0 <= metres < np.inf:
            problems = (*problems, f"{name} is {metres}; it must be a number of metres from 0")
            # a site that cannot be used has no error either
            told[name], shape = 0.0, None
    if shape is None and not problems:
        problems = (NO_GEOMETRY,)
    return Site(
        **told,
        geometry=shape,
        problems=problems,
    )


def screen_chunk(sites: Any, screener: Screener) -> Any:
    """Screen a chunk of sites: pure, Arrow in, Arrow out.

    Parameters
    ----------
    sites
        Record batch with the columns of :func:`site_schema`.
    screener
        The question, prepared once in each process: :meth:`.pack.Pack.screener`.

    Returns
    -------
    RecordBatch
        A row for every site in the given order: `row`, `site_id`, `name`, `file`, `verdict`,
        `known_verdict`, areas, `crs`, `drawn_on` (the plane on which its edges are straight, null
        for degrees), accuracy, `doubtful`, `problems`, `geometry`, `told_as` and `usable` (for the
        exit code, see :func:`sxgeo.reports.answer.told_of`), the classes by outcome as text with
        ``;`` between, and `findings`, a list of records sorted by class, gravity, distance, id and
        rule. What does not apply is null.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    """
    pa = arrow()
    own = sites_of(sites)
    outcomes, found = screener.screen_found(own)
    columns = _status(sites, outcomes)
    findings, counts = _findings(screener, found, len(own))
    offsets = pa.array(
        np.concatenate([[0], np.cumsum(counts)]),
        pa.int32(),
    )
    columns["findings"] = pa.ListArray.from_arrays(offsets, findings)
    return pa.RecordBatch.from_arrays(
        list(columns.values()),
        names=list(columns),
    )


def _status(chunk: Any, outcomes: Sequence[SiteOutcome]) -> dict[str, Any]:
    pa = arrow()
    columns: dict[str, Any] = {"row": pa.array(range(len(outcomes)), pa.int64())}
    if "row" in chunk.schema.names:
        columns["row"] = chunk.column("row")
    for name, asked_of, kind in _STATUS:
        columns[name] = pa.array(
            list(map(asked_of, outcomes)),
            getattr(pa, kind)(),
        )
    for name, texts in _lists(outcomes).items():
        columns[name] = pa.array(texts, pa.string())
    columns["problems"] = pa.array(["; ".join(o.site.problems) for o in outcomes], pa.string())
    columns |= _told_columns(outcomes)
    columns["geometry"] = chunk.column("geometry")
    return columns


def _told_columns(outcomes: Sequence[SiteOutcome]) -> dict[str, Any]:
    """Return what the exit code of a run hangs on, whatever order its chunks come in."""
    pa = arrow()
    told = [told_of(outcome) for outcome in outcomes]
    return {
        "told_as": pa.array([verdict for verdict, *_ in told], pa.string()),
        "usable": pa.array([usable for _, usable, _ in told], pa.bool_()),
    }


def _lists(outcomes: Sequence[SiteOutcome]) -> dict[str, list[str]]:
    """Return the classes of each outcome as text, by what they mean."""
    listed: dict[str, list[str]] = {name: [] for name in LISTS}
    for outcome in outcomes:
        entries = asked(outcome)
        for name in LISTS[:-1]:
            listed[name].append(";".join(e.resource_class for e in entries if e.outcome == name))

        # what is touched without binding is no outcome of its own, only something known
        touched = [e.resource_class for e in entries if e.known_outcome == LISTS[-1]]
        listed[LISTS[-1]].append(";".join(touched))
    return listed


_STATUS = (
    ("site_id", attrgetter("site.site_id"), "string"),
    ("name", attrgetter("site.name"), "string"),
    ("file", attrgetter("site.file"), "string"),
    ("verdict", attrgetter("verdict"), "string"),
    ("known_verdict", attrgetter("known_verdict"), "string"),
    ("area_m2", attrgetter("area_m2"), "float64"),
    ("area_ellipsoid_m2", attrgetter("area_ellipsoid_m2"), "float64"),
    ("crs", attrgetter("crs"), "string"),
    ("drawn_on", attrgetter("site.crs"), "string"),
    ("accuracy_m", attrgetter("site.accuracy_m"), "float64"),
    ("datum_error_m", attrgetter("site.datum_error_m"), "float64"),
    ("accuracy_source", attrgetter("site.accuracy_source"), "string"),
    ("doubtful", attrgetter("site.doubtful"), "bool_"),
)
"""Columns of a site and its answer: the name, what it is of an outcome, and the type."""


_OF_RECORD = (
    "feature_id",
    "name_zh",
    "resource_kind",
    "subzone",
    "membership",
    "geometry_kind",
    "source",
)
_OF_RULE = ("rule_id", "effect", "law", "article", "in_force_from", "in_force_to", "binds")
FINDING_TEXTS = (
    "resource_class",
    *_OF_RECORD,
    *_OF_RULE,
    "condition",
    "outcome",
    "relation",
    "reason_code",
    "unbound_by",
)


def _findings(
    screener: Screener,
    found: Sequence[tuple[Any, Found]],
    count: int,
) -> tuple[Any, Any]:
    """Return the findings of all sites as one struct array, by site and class, and how many each
    site has.
    """
    pa = arrow()
    parts = [(rows, part) for rows, part in found if len(part.rows.site)]
    place = _row_after_row([rows[part.rows.site] for rows, part in parts], np.int64)
    sort = np.lexsort((_class_order(screener, [part for _, part in parts]), place))
    told = _texts([part for _, part in parts], sort) | _numbers([part for _, part in parts], sort)
    names = (*FINDING_TEXTS, *FIGURES, *MEASURES, "legal_overlay", "no_build_m2")
    whole = pa.StructArray.from_arrays([told[name] for name in names], names=list(names))
    return whole, np.bincount(place, minlength=count)


def _numbers(parts: Sequence[Found], sort: Ints) -> dict[str, Any]:
    """Return the figures of findings as columns."""
    pa = arrow()
    figures = [_figures(part) for part in parts]
    columns = {}
    for name in (*FIGURES, *MEASURES, "no_build_m2"):
        values = _row_after_row([own[name] for own in figures], np.float64)[sort]
        lacking = np.isnan(values) if name in _MAY_LACK else None
        columns[name] = pa.array(values, pa.float64(), mask=lacking)
    return columns


def _class_order(screener: Screener, parts: Sequence[Found]) -> Ints:
    """Return of each finding the place of its class: those of one site and class stand in their
    order already, and a stable sort leaves them so.
    """
    order = {class_id: place for place, class_id in enumerate(screener.class_ids)}
    classes = [np.full(len(part.rows.site), order[_class_of(part)]) for part in parts]
    ordered: Ints = _row_after_row(classes, np.int64)
    return ordered


_MAY_LACK = frozenset((*FIGURES, "distance_m", "no_build_m2"))
"""Figures that are NaN where there is none, and then null."""


def _row_after_row(parts: Sequence[Any], kind: type) -> Any:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


def _class_of(part: Found) -> str:
    return part.table.layer.spec.id


def _texts(parts: Sequence[Found], sort: Ints) -> dict[str, Any]:
    """Return the texts of findings as dictionaries: a word is written once, however many findings
    say it.
    """
    columns = {name: _Words() for name in (*FINDING_TEXTS, "legal_overlay")}
    for part in parts:
        for name, (texts, index) in _indexed(part).items():
            columns[name].take(texts, index)
    return {name: words.column(sort) for name, words in columns.items()}


_NO_WORD = -1


class _Words:
    """Words in the order in which they came up, each with its number, and the numbers of what says
    them.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._parts: list[Ints] = []

    def take(self, texts: Sequence[str | None], index: Ints) -> None:
        """Take in findings, `index` being the place of the text of each; below 0 for none."""
        numbers = self._numbers
        own = np.array(
            [
                _NO_WORD if text is None else numbers.setdefault(text, len(numbers))
                for text in texts
            ],
            dtype=np.int64,
        )

        # an index of -1 would read the last word
        self._parts.append(np.where(index < 0, _NO_WORD, own[index]))

    def column(self, sort: Ints) -> Any:
        """Return what all say, in an order, as a column that names words by their numbers."""
        pa = arrow()
        whole = _row_after_row(self._parts, np.int64)[sort].astype(np.int32)
        index = pa.array(whole, pa.int32(), mask=whole == _NO_WORD)
        return pa.DictionaryArray.from_arrays(
            index,
            pa.array(list(self._numbers), pa.string()),
        )


def _indexed(part: Found) -> dict[str, tuple[Sequence[str | None], Ints]]:
    """Return the texts of one class on one plane: the words, and which of them each finding says;
    -1 for none.
    """
    rows, overlays = part.rows, part.overlays()
    return {
        **{name: (texts, rows.option) for name, texts in _texts_of(part.offers).items()},
        "resource_class": ([_class_of(part)], np.zeros_like(rows.option)),
        "outcome": (OUTCOMES, rows.outcome),
        "relation": (RELATIONS, rows.relation),
        "reason_code": (REASON_CODES, rows.reason),
        "unbound_by": _unbound(part),
        # few findings lie beside a boundary of the law: each says its own
        "legal_overlay": (overlays, np.arange(len(overlays))),
    }


def _unbound(part: Found) -> tuple[list[str], Ints]:
    """Return what frees the project of each record, told only where that decides."""
    texts = [";".join(own) for own in part.table.unbound_by]
    is_unbound = part.rows.relation == RELATIONS.index("unbound")
    return texts, np.where(
        is_unbound,
        part.offers.record[part.rows.option],
        _NO_WORD,
    )


def _texts_of(offers: Offers) -> Mapping[str, list[str | None]]:
    """Return the texts of each option, by column; put together once."""
    if offers.texts:
        return offers.texts
    offers.texts.update({name: [] for name in (*_OF_RECORD, *_OF_RULE, "condition")})
    for said in offers.said:
        for texts, value in zip(
            offers.texts.values(),
            _texts_said(said),
            strict=True,
        ):
            texts.append(value)
    return offers.texts


def _texts_said(said: Said) -> tuple[str | None, ...]:
    """Return what a record and its rule say, in the order of the columns."""
    rule_id, effect, law, article, since, until, membership, geometry_kind, source = said.law
    kind, subzone, condition = said.kind
    of_record = (*said.names, kind, subzone, membership, geometry_kind, source)
    of_rule = (rule_id, effect, law, article, since, until, said.binds)
    return (*of_record, *of_rule, condition)


def _figures(part: Found) -> dict[str, Floats]:
    """Return the figures of the findings of one class on one plane; NaN for none."""
    rows, pairs = part.rows, part.pairs
    figures = (rows.required, rows.margin, rows.error, rows.flip, rows.height)
    columns = dict(zip(FIGURES, figures, strict=True))
    columns["distance_m"] = _of_pairs(part, pairs.distance, np.nan)
    columns["overlap_m2"] = _of_pairs(part, pairs.area, 0.0)
    columns["overlap_length_m"] = _of_pairs(part, pairs.length, 0.0)
    columns["overlap_share"] = _of_pairs(part, pairs.share, 0.0)
    columns["overlap_ellipsoid_m2"], columns["no_build_m2"] = part.beside()
    return columns


def _of_pairs(
    part: Found,
    values: Floats,
    without: float,
) -> Floats:
    """Return a measure of pairs for each finding; `without` for records without position."""
    # where no record has a position there is no pair at all to read from
    if not len(values):
        return np.full(len(part.rows.pair), without)
    placed = part.rows.placed
    return np.where(
        placed,
        values[np.where(placed, part.rows.pair, 0)],
        without,
    )
