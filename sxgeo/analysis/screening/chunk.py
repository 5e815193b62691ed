"""The one function that every executor runs: Arrow in, Arrow out, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...model.outcomes import OUTCOMES, asked
from ...model.sites import Site
from ...reports.answer import told_of
from ..conflicts.finding_arrays import REASON_CODES, RELATIONS
from ..execution.job import arrow

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Ints, Shape
    from ...model.outcomes import SiteOutcome
    from ..conflicts.finding_arrays import Found, Offers
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
    shapes = np.array([site.geometry for site in sites], dtype=object)
    columns: dict[str, Any] = {
        "row": pa.array(rows, pa.int64()),
        "geometry": pa.array(shapely.to_wkb(shapes, byte_order=1), pa.binary()),
        "problems": pa.array([list(site.problems) for site in sites], pa.list_(pa.string())),
    }
    schema = site_schema()
    for field in schema:
        if field.name not in columns:
            columns[field.name] = pa.array(
                [getattr(site, field.name) for site in sites], field.type
            )
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def sites_of(chunk: Any) -> list[Site]:
    """Return the sites of a chunk; one that cannot be used has no geometry, and says so in its
    problems.
    """
    count, columns = (
        chunk.num_rows,
        {name: chunk.column(name).to_pylist() for name in chunk.schema.names},
    )
    shapes = shapely.from_wkb(np.array(columns["geometry"], dtype=object), on_invalid="ignore")
    usable = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(
        invalid="ignore"
    ):  # whether it lies in China is asked where files are read; here a plane must hold it
        usable &= (west >= _WEST) & (east < _EAST) & (south >= _SOUTH) & (north <= _NORTH)
    shapes[~usable] = None
    rows = columns.get("row") or range(count)
    plain: dict[str, Any] = {
        "site_id": [f"#{row}" for row in rows],
        "crs": None,
        "accuracy_m": None,
        "datum_error_m": 0.0,
        "doubtful": False,
        **dict.fromkeys(TEXTS, ""),
    }
    told = {
        name: columns.get(name) or [default] * count
        for name, default in plain.items()
        if name != "site_id"
    }
    told["site_id"] = columns.get("site_id") or plain["site_id"]
    problems = [tuple(texts or ()) for texts in columns.get("problems") or [()] * count]
    return [
        _site({name: values[i] for name, values in told.items()}, shapes[i], problems[i])
        for i in range(count)
    ]


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
    columns = _status(sites, own, outcomes)
    findings, counts = _findings(screener, found, len(own))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    columns["findings"] = pa.ListArray.from_arrays(offsets, findings)
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _status(
    chunk: Any,
    sites: Sequence[Site],
    outcomes: Sequence[SiteOutcome],
) -> dict[str, Any]:
    pa = arrow()
    rows = (
        chunk.column("row")
        if "row" in chunk.schema.names
        else pa.array(range(len(sites)), pa.int64())
    )
    listed: dict[str, list[str]] = {name: [] for name in LISTS}
    for outcome in outcomes:
        entries = asked(outcome)
        for name in LISTS[:-1]:
            listed[name].append(";".join(e.resource_class for e in entries if e.outcome == name))
        listed[LISTS[-1]].append(
            ";".join(e.resource_class for e in entries if e.known_outcome == LISTS[-1])
        )
    told = [told_of(outcome) for outcome in outcomes]
    return {
        "row": rows,
        "site_id": pa.array([s.site_id for s in sites], pa.string()),
        "name": pa.array([s.name for s in sites], pa.string()),
        "file": pa.array([s.file for s in sites], pa.string()),
        "verdict": pa.array([o.verdict for o in outcomes], pa.string()),
        "known_verdict": pa.array([o.known_verdict for o in outcomes], pa.string()),
        "area_m2": pa.array([o.area_m2 for o in outcomes], pa.float64()),
        "area_ellipsoid_m2": pa.array([o.area_ellipsoid_m2 for o in outcomes], pa.float64()),
        "crs": pa.array([o.crs for o in outcomes], pa.string()),
        "drawn_on": pa.array([s.crs for s in sites], pa.string()),
        "accuracy_m": pa.array([s.accuracy_m for s in sites], pa.float64()),
        "datum_error_m": pa.array([s.datum_error_m for s in sites], pa.float64()),
        "accuracy_source": pa.array([s.accuracy_source for s in sites], pa.string()),
        "doubtful": pa.array([s.doubtful for s in sites], pa.bool_()),
        **{name: pa.array(texts, pa.string()) for name, texts in listed.items()},
        "problems": pa.array(["; ".join(o.site.problems) for o in outcomes], pa.string()),
        "told_as": pa.array([verdict for verdict, *_ in told], pa.string()),
        "usable": pa.array([usable for _, usable, _ in told], pa.bool_()),
        "geometry": chunk.column("geometry"),
    }


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
    order = {class_id: k for k, class_id in enumerate(screener.class_ids)}
    parts = [(rows, part) for rows, part in found if len(part.site)]
    place = _row_after_row([rows[part.site] for rows, part in parts], np.int64)
    classes = [np.full(len(part.site), order[_class_of(part)]) for _, part in parts]

    # those of one site and class stand in their order already, and a stable sort leaves them so
    sort = np.lexsort((_row_after_row(classes, np.int64), place))
    told = _texts([part for _, part in parts], sort)
    figures = [_figures(part) for _, part in parts]
    for name in (*FIGURES, *MEASURES, "no_build_m2"):
        values = _row_after_row([own[name] for own in figures], np.float64)[sort]
        lacking = np.isnan(values) if name in _MAY_LACK else None
        told[name] = pa.array(values, pa.float64(), mask=lacking)
    names = (*FINDING_TEXTS, *FIGURES, *MEASURES, "legal_overlay", "no_build_m2")
    whole = pa.StructArray.from_arrays([told[name] for name in names], names=list(names))
    return whole, np.bincount(place, minlength=count)


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
    pa = arrow()
    words: dict[str, _Words] = {}
    codes: dict[str, list[Ints]] = {}
    for part in parts:
        for name, (texts, index) in _indexed(part).items():
            own = words.setdefault(name, _Words()).codes(texts)
            codes.setdefault(name, []).append(np.where(index < 0, _NO_WORD, own[index]))
    told = {}
    for name in (*FINDING_TEXTS, "legal_overlay"):
        whole = _row_after_row(codes.get(name, []), np.int64)[sort].astype(np.int32)
        index = pa.array(whole, pa.int32(), mask=whole == _NO_WORD)
        known = pa.array(list(words.get(name, ())), pa.string())
        told[name] = pa.DictionaryArray.from_arrays(index, known)
    return told


_NO_WORD = -1


class _Words(dict[str, int]):
    """Words in the order in which they came up, each with its number."""

    def codes(self, texts: Sequence[str | None]) -> Ints:
        """Return the numbers of texts, -1 where there is none."""
        return np.array(
            [_NO_WORD if text is None else self.setdefault(text, len(self)) for text in texts],
            dtype=np.int64,
        )


def _indexed(part: Found) -> dict[str, tuple[Sequence[str | None], Ints]]:
    """Return the texts of one class on one plane: the words, and which of them each finding says;
    -1 for none.
    """
    columns: dict[str, tuple[Sequence[str | None], Ints]] = {
        name: (texts, part.option) for name, texts in _texts_of(part.offers).items()
    }
    columns["resource_class"] = [_class_of(part)], np.zeros_like(part.option)
    columns["outcome"] = OUTCOMES, part.outcome
    columns["relation"] = RELATIONS, part.relation
    columns["reason_code"] = REASON_CODES, part.reason
    unbound = [";".join(texts) for texts in part.table.unbound_by]
    is_unbound = part.relation == RELATIONS.index("unbound")
    columns["unbound_by"] = unbound, np.where(is_unbound, part.offers.record[part.option], -1)

    # few findings lie beside a boundary of the law: each says its own
    overlay = part.overlays()
    columns["legal_overlay"] = overlay, np.arange(len(overlay))
    return columns


def _texts_of(offers: Offers) -> Mapping[str, list[str | None]]:
    """Return the texts of each option, by column; put together once."""
    if offers.texts:
        return offers.texts
    offers.texts.update({name: [] for name in (*_OF_RECORD, *_OF_RULE, "condition")})
    for said in offers.said:
        feature_id, name_zh = said.names
        rule_id, effect, law, article, since, until, membership, geometry_kind, source = said.law
        kind, subzone, condition = said.kind
        of_record = (feature_id, name_zh, kind, subzone, membership, geometry_kind, source)
        of_rule = (rule_id, effect, law, article, since, until, said.binds)
        for texts, value in zip(
            offers.texts.values(), (*of_record, *of_rule, condition), strict=True
        ):
            texts.append(value)
    return offers.texts


def _figures(part: Found) -> dict[str, Floats]:
    """Return the figures of the findings of one class on one plane; NaN for none."""
    figures = (part.required, part.margin, part.error, part.flip, part.height)
    columns = dict(zip(FIGURES, figures, strict=True))
    placed = part.pair >= 0
    pair = np.where(placed, part.pair, 0)
    for name, values, without in (
        ("distance_m", part.pairs.distance, np.nan),
        ("overlap_m2", part.pairs.area, 0.0),
        ("overlap_length_m", part.pairs.length, 0.0),
        ("overlap_share", part.pairs.share, 0.0),
    ):
        own = values[pair] if len(values) else np.full(len(pair), without)
        columns[name] = np.where(placed, own, without)
    columns["overlap_ellipsoid_m2"], columns["no_build_m2"] = part.beside()
    return columns
