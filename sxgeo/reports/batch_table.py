"""One site of a batch as a row that says something: where it is, what decides, what would change
it, in which order to work.

The columns stand here alone: CSV, workbook, GeoPackage and whatever else writes a batch take them
from `columns_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..model.outcomes import asked, nearest
from ..wording import OUTCOME_ZH, SUBZONE_ZH, outcome_label
from .sentences import law_words

if TYPE_CHECKING:
    from ..layers.classes import ClassSpec
    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome

Headings = Literal["zh", "en"]
TRIAGE_ZH = {
    "1_known_conflict": "1 已知冲突",
    "2_near_known": "2 贴近已知资源",
    "3_within_extent": "3 在仅有点位资源的可能范围内",
    "4_regulated": "4 涉及，须办手续",
    "5_nothing_near": "5 附近无已知资源，资料不完备",
    "6_clear": "6 未发现冲突",
    "0_unusable": "0 图形不能用，先修",
}
"""The order of work, by code; the number sorts."""
_FAR = ("unlocated", "unknown_accuracy", "coarse_accuracy", "candidate", "no_rule")
"""Reasons of a finding that say nothing of how near it is."""
_WIDE = ("within_extent", "extent_box")
"""Reasons that say it may lie in an extent of which no boundary is held."""
_METRES = 2


class Brief:
    """What a row asks of one site, gathered in one walk through its findings.

    Attributes
    ----------
    entries
        The classes that enter the verdict.
    told
        The gravest finding of each resource that stands somewhere, by its outcome: in the order of
        the entries, what says nothing of how near it is left out.
    flips
        Findings whose answer a moved boundary would change, by outcome, in that order.
    reasons
        Why what is between is between, of classes that are undetermined by what is held.
    near
        Classes of which something is between.
    """

    def __init__(self, outcome: SiteOutcome) -> None:
        self.outcome = outcome
        self.entries = asked(outcome)
        self.told: dict[str, list[tuple[ClassOutcome, Finding]]] = {}
        self.flips: dict[str, list[Finding]] = {}
        self.reasons: set[str] = set()
        self.near: set[str] = set()
        for entry in self.entries:
            self._walk(entry)

    def _walk(self, entry: ClassOutcome) -> None:
        seen: set[str] = set()
        for finding in entry.findings:
            # it stands nowhere, and all of its kind stand last
            if finding.distance_m is None:
                continue
            first = finding.feature_id not in seen
            seen.add(finding.feature_id)
            if finding.reason_code in _FAR:
                continue

            # findings come by gravity: the first of a record is what it means for the site
            if first:
                self.told.setdefault(finding.outcome, []).append((entry, finding))
            self._note_flip(finding)
            if finding.relation == "between":
                self.near.add(entry.resource_class)
                if entry.known_outcome == "undetermined":
                    self.reasons.add(finding.reason_code)

    def _note_flip(self, finding: Finding) -> None:
        """Keep what would change if an edge moved; what the county alone tells flips nowhere."""
        if finding.flip_distance_m is not None and finding.reason_code not in _WIDE:
            self.flips.setdefault(finding.outcome, []).append(finding)

    @cached_property
    def nearest(self) -> dict[str, Finding | None]:
        """The nearest located resource, by class."""
        entries = (*self.outcome.screening, *self.outcome.extra)
        return {entry.resource_class: nearest(entry) for entry in entries}

    @cached_property
    def triage(self) -> str:
        """In which order the site is to be worked on: a key of `TRIAGE_ZH`."""
        outcome = self.outcome
        if not outcome.site.usable:
            return "0_unusable"
        if outcome.known_verdict == "conflict":
            return "1_known_conflict"
        if outcome.verdict == "clear":
            return "6_clear"
        if self.reasons - set(_WIDE):
            return "2_near_known"
        if self.reasons:
            return "3_within_extent"
        # what is known is regulated, or would be but for records that nobody has placed
        if any(e.known_outcome == "regulated" for e in self.entries):
            return "4_regulated"
        return "5_nothing_near"


@dataclass(frozen=True, slots=True)
class BatchColumn:
    """A column: its name in data, its Chinese heading, what it holds, and whether that is a
    number.
    """

    key: str
    zh: str
    value: Callable[[Brief], Any]
    number: bool = False
    wide: bool = False


@dataclass(frozen=True, eq=False)
class BatchTerms:
    """What the rows of one run share.

    Attributes
    ----------
    classes
        Specification of every class, by id.
    counties
        Names and codes of the counties that each site touches, by site id.
    class_ids
        Classes of which the nearest resource is told, in their order.
    limited_to
        Classes that the verdict was limited to; None means all.
    headings
        ``zh``: Chinese headings and labels; ``en``: names and codes of the data.
    """

    classes: Mapping[str, ClassSpec]
    counties: Mapping[str, Sequence[tuple[str, str]]]
    class_ids: Sequence[str]
    limited_to: Sequence[str] | None = None
    headings: Headings = "zh"

    def title(self, class_id: str) -> str:
        """Name a class in the language of the headings."""
        return self.classes[class_id].name_zh if self.headings == "zh" else class_id

    def label(self, outcome: str, effect: str | None = None) -> str:
        """Name an outcome in the language of the headings."""
        return outcome_label(outcome, effect) if self.headings == "zh" else outcome


def columns_of(terms: BatchTerms) -> list[BatchColumn]:
    """Return the columns of a batch, in their order; the last are the nearest resource of each
    class.
    """
    columns = [
        *_site_columns(terms),
        *_verdict_columns(terms),
        *_reason_columns(terms),
        *_class_list_columns(terms),
    ]

    # last, since they are many: what decides stands where it is seen first
    for class_id in terms.class_ids:
        columns += _nearest_columns(terms, class_id)
    return columns


def _site_columns(terms: BatchTerms) -> list[BatchColumn]:
    """Return which site it is, where it lies, and when it is its turn."""
    return [
        BatchColumn("site_id", "地块编号", lambda s: s.outcome.site.site_id),
        BatchColumn("name", "地块名称", lambda s: s.outcome.site.name),
        BatchColumn("county", "县（市、区）", lambda s: _county(terms, s.outcome)),
        BatchColumn("triage", "处理次序", lambda s: _triage_label(terms, s)),
    ]


def _verdict_columns(terms: BatchTerms) -> list[BatchColumn]:
    """Return the verdict, and of how many classes it is sure."""
    return [
        BatchColumn("verdict", "总体判定", lambda s: terms.label(s.outcome.verdict)),
        BatchColumn("known_verdict", "据已知资料", lambda s: terms.label(s.outcome.known_verdict)),
        BatchColumn(
            "complete_classes",
            "资料完备类数",
            lambda s: sum(_is_settled(e) for e in s.entries),
            number=True,
        ),
        BatchColumn("asked_classes", "判定类数", lambda s: len(s.entries), number=True),
    ]


def _reason_columns(terms: BatchTerms) -> list[BatchColumn]:
    """Return how large the site is, what decides it, and what would change that."""
    return [
        BatchColumn(
            "area_m2",
            "面积（㎡）",
            lambda s: _rounded(s.outcome.area_m2, 4),
            number=True,
        ),
        BatchColumn("decides", "起决定作用的", lambda s: decides(terms, s), wide=True),
        BatchColumn("changes", "什么会改变结论", lambda s: changes(terms, s), wide=True),
    ]


def _class_list_columns(terms: BatchTerms) -> Iterator[BatchColumn]:
    """Yield lists of the classes with each outcome, and what limits or hampers the answer."""
    for outcome in ("conflict", "regulated", "undetermined", "not_screened"):
        yield BatchColumn(
            outcome,
            f"{OUTCOME_ZH[outcome]}的类",
            _classes_with(terms, "outcome", outcome),
            wide=True,
        )

    # touched without a rule that binds is no outcome, and still worth a look
    yield BatchColumn(
        "touched_unbound",
        "涉及但无约束规则的类",
        _classes_with(terms, "known_outcome", "touched_unbound"),
        wide=True,
    )
    yield BatchColumn("limited_to", "限定的类", lambda _: _joined(terms, terms.limited_to or ()))
    yield BatchColumn(
        "problems", "图形问题", lambda s: "; ".join(s.outcome.site.problems), wide=True
    )


def _nearest_columns(terms: BatchTerms, class_id: str) -> Iterator[BatchColumn]:
    zh = terms.classes[class_id].name_zh.partition("（")[0]

    # Any: a cell is a text, a number or nothing.
    def told(pick: Callable[[Finding], Any]) -> Callable[[Brief], Any]:
        def value(site: Brief) -> Any:
            finding = site.nearest.get(class_id)
            return None if finding is None else pick(finding)

        return value

    yield BatchColumn(f"{class_id}_nearest", f"最近{zh}", told(lambda f: f.name_zh))
    apart, error = told(_distance), told(_error)
    yield BatchColumn(f"{class_id}_distance_m", f"{zh}距离（米）", apart, number=True)
    yield BatchColumn(f"{class_id}_error_m", f"{zh}误差（米）", error, number=True)


def _distance(finding: Finding) -> float | None:
    return _rounded(finding.distance_m, _METRES)


def _error(finding: Finding) -> float | None:
    return _rounded(finding.uncertainty_m, _METRES)


def row_of(columns: Sequence[BatchColumn], outcome: SiteOutcome | Brief) -> list[Any]:
    """Return the values of a site, in the order of the columns; None where nothing applies."""
    site = _brief(outcome)
    return [column.value(site) for column in columns]


def _brief(outcome: SiteOutcome | Brief) -> Brief:
    return outcome if isinstance(outcome, Brief) else Brief(outcome)


def heading_of(column: BatchColumn, terms: BatchTerms) -> str:
    """Return the heading of a column."""
    return column.zh if terms.headings == "zh" else column.key


def triage(outcome: SiteOutcome) -> str:
    """Say in which order a site is to be worked on: a key of `TRIAGE_ZH`."""
    return Brief(outcome).triage


def decides(terms: BatchTerms, outcome: SiteOutcome | Brief) -> str:
    """Say what decides a site: the gravest thing that is known of it, else what is not known."""
    site = _brief(outcome)
    if not site.outcome.site.usable:
        return ""

    # known things first, the gravest of them, and of these the nearest
    for wanted in ("conflict", "regulated", "undetermined"):
        if told := site.told.get(wanted):
            entry, finding = min(told, key=lambda one: one[1].distance_m or 0.0)
            return _finding_words(terms, entry, finding)

    # nothing known decides: then it is what nobody knows
    return _open_words(terms, [e.resource_class for e in site.entries if not _is_settled(e)])


def _open_words(terms: BatchTerms, open_ones: Sequence[str]) -> str:
    """Say what nobody knows of a site, which decides where nothing known does."""
    if not open_ones:
        return "各类均未发现冲突" if terms.headings == "zh" else "nothing found in any class"
    names = _joined(terms, open_ones[:3])

    # 等 says that there are more than those that are named
    more = "等" if len(open_ones) > 3 else ""
    return (
        f"{len(open_ones)}类资料不完备：{names}{more}"
        if terms.headings == "zh"
        else f"{len(open_ones)} classes not whole: {names}"
    )


def changes(terms: BatchTerms, outcome: SiteOutcome | Brief) -> str:
    """Say what would change a site's answer: how far a boundary must move, else the material of the
    class that is open first.
    """
    site = _brief(outcome)
    if not site.outcome.site.usable or site.outcome.verdict == "clear":
        return ""
    zh = terms.headings == "zh"

    # a boundary that need move least is what a surveyor can check first
    for wanted in ("conflict", "undetermined"):
        if flips := site.flips.get(wanted):
            finding = min(flips, key=lambda f: f.flip_distance_m or 0.0)
            flip_m = finding.flip_distance_m
            return (
                f"{finding.name_zh}边界移动{flip_m:,.2f}米，结论将改变"
                if zh
                else f"{finding.feature_id} moved {flip_m:.2f} m"
            )
    open_ones = [e for e in site.entries if not _is_settled(e)]
    if not open_ones:
        return "批准或征求意见的结果" if zh else "the approval"
    spec = terms.classes[open_ones[0].resource_class]
    return f"取得{spec.material_zh}（{spec.keeper_zh}）" if zh else f"data of {spec.id}"


@dataclass(frozen=True, slots=True)
class NextDocument:
    """What the missing data of one class could change.

    Attributes
    ----------
    only_open
        Sites of which this class is the only one that is open: its data decide them.
    near
        Sites near which something of the class is known, within its error.
    could_change
        Sites of which the verdict could become graver by this class.
    """

    class_id: str
    only_open: int
    near: int
    could_change: int
    material_zh: str
    keeper_zh: str


class BatchSummary:
    """Count a batch as its sites are answered, so that nothing of them need be kept."""

    def __init__(self, terms: BatchTerms) -> None:
        self._terms = terms
        self.by_county: dict[str, dict[str, int]] = {}
        self.by_class: dict[str, dict[str, int]] = {}
        self._value: dict[str, tuple[int, int, int]] = {}
        self.sites = 0

    def add(self, outcome: SiteOutcome | Brief) -> None:
        """Count one site."""
        site = _brief(outcome)
        self.sites += 1
        place = _county(self._terms, site.outcome) or "—"
        row = self.by_county.setdefault(place, dict.fromkeys(TRIAGE_ZH, 0))
        row[site.triage] += 1

        # of a site that cannot be used no class was looked at
        entries = site.entries if site.outcome.site.usable else []
        for entry in entries:
            self._count_class(entry)
        self._count_open(site, [e for e in entries if not _is_settled(e)])

    def _count_class(self, entry: ClassOutcome) -> None:
        none = dict.fromkeys((*_CLASS_COUNTS, "open"), 0)
        counts = self.by_class.setdefault(entry.resource_class, none)
        if entry.known_outcome in counts:
            counts[entry.known_outcome] += 1
        counts["open"] += not _is_settled(entry)

    def _count_open(self, site: Brief, open_ones: Sequence[ClassOutcome]) -> None:
        """Count what data on each open class could change: alone, for a record nearby, for more
        than a conflict that is known.
        """
        for entry in open_ones:
            alone, near, graver = self._value.get(entry.resource_class, (0, 0, 0))
            alone += len(open_ones) == 1
            near += entry.resource_class in site.near
            graver += site.outcome.known_verdict != "conflict"
            self._value[entry.resource_class] = (alone, near, graver)

    def _held_by(self, class_id: str) -> tuple[str, str]:
        spec = self._terms.classes[class_id]
        return spec.material_zh, spec.keeper_zh

    def next_documents(self) -> list[NextDocument]:
        """Rank the classes by how many verdicts their missing data could change; those that decide
        alone come first.
        """
        found = [
            NextDocument(class_id, *counts, *self._held_by(class_id))
            for class_id, counts in self._value.items()
        ]
        order = list(self._terms.classes)
        return sorted(
            found, key=lambda n: (-n.only_open, -n.near, -n.could_change, order.index(n.class_id))
        )


def next_documents(
    classes: Mapping[str, ClassSpec], outcomes: Iterable[SiteOutcome]
) -> list[NextDocument]:
    """Rank the classes whose data could change the answers of some sites; see
    :meth:`BatchSummary.next_documents`.
    """
    summary = BatchSummary(
        BatchTerms(
            classes=classes,
            counties={},
            class_ids=(),
        )
    )
    for outcome in outcomes:
        summary.add(outcome)
    return summary.next_documents()


_CLASS_COUNTS = ("conflict", "undetermined", "regulated", "touched_unbound", "none_found")


def _is_settled(entry: ClassOutcome) -> bool:
    """Whether a class needs no further data: it is clear, or what is met is known."""
    return entry.outcome in ("clear", "conflict", "regulated")


def _finding_words(
    terms: BatchTerms,
    entry: ClassOutcome,
    finding: Finding,
) -> str:
    zone = SUBZONE_ZH.get(finding.subzone or "", "")
    label = terms.label(finding.outcome, finding.effect)
    if terms.headings == "en":
        place = (
            f"{finding.overlap_m2:.2f} m2"
            if finding.overlap_m2
            else f"{finding.distance_m or 0:.2f} m away"
        )
        return (
            f"{entry.resource_class}: {finding.feature_id} {label}, {place},"
            f" {finding.rule_id or 'no rule'}"
        )
    place = (
        f"压占{finding.overlap_m2:,.2f}㎡"
        if finding.overlap_m2
        else f"距{finding.distance_m or 0:,.2f}米"
    )
    limit = f"（规定{finding.required_m:g}米）" if finding.required_m else ""
    law = f"；{law_words(finding)}" if finding.law else ""
    return (
        f"{terms.title(entry.resource_class)}：{finding.name_zh}{zone} {label}，{place}{limit}{law}"
    )


def _triage_label(terms: BatchTerms, site: Brief) -> str:
    return TRIAGE_ZH[site.triage] if terms.headings == "zh" else site.triage


def _county(terms: BatchTerms, outcome: SiteOutcome) -> str:
    own = terms.counties.get(outcome.site.site_id, ())
    return (
        "、".join(name for _, name in own)
        if terms.headings == "zh"
        else ";".join(code for code, _ in own)
    )


def _classes_with(
    terms: BatchTerms,
    attribute: str,
    wanted: str,
) -> Callable[[Brief], str]:
    def value(site: Brief) -> str:
        return _joined(
            terms, [e.resource_class for e in site.entries if getattr(e, attribute) == wanted]
        )

    return value


def _joined(terms: BatchTerms, class_ids: Sequence[str]) -> str:
    return ("、" if terms.headings == "zh" else ";").join(terms.title(c) for c in class_ids)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or value != value else round(float(value), digits) + 0.0
