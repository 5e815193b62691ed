"""Sites and a workspace -> the dossier: documents, figures, data, map and receipt."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.conflicts.check import answer
from ..analysis.conflicts.question import pose
from ..errors import AnalysisError, InputError, UsageError, unknown
from ..files.folders import refuse_other, write_set
from ..files.writing import refuse_inputs
from ..maps import build_map
from ..model.filing import Filing, read_filing
from ..model.sites import Sites
from ..reports.docx import Picture, blocks_bytes
from ..reports.secrecy import SECRET, UNGRADED, secret_classes
from ..reports.tables import site_words, usable
from ..reports.xlsx import closing_words, tables_bytes
from .blanks import Blanks
from .chapters import Material, document, title_of
from .outline import SITING, template_key
from .sheets import sheets

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question
    from ..layers.layers import Layer
    from ..maps.plot.situation import MapFacts, SituationMap
    from ..reports.report import Report
    from ..sites.given import SiteSource
    from ..workspace.file import Workspace
    from ..workspace.layers import UserLayer

RECEIPT = "回执.json"
DOCUMENT = "选址论证报告.docx"
WORKBOOK = "附表.xlsx"
DATA = "成果数据.gpkg"
MAP = "地图.html"
MOST_PLOTS = 20
"""Plots of which one dossier tells."""
_TOO_LARGE = "范围超出1:50,000一幅图，须分幅绘制"


@dataclass(frozen=True, eq=False)
class Dossier:
    """A dossier in memory.

    Attributes
    ----------
    files
        Content of every file by its name inside the dossier.
    report
        The answer that it rests on.
    blanks
        What it leaves to be filled in: chapter, what, who, field of `[project]` (None where it is
        enclosed apart).
    remarks
        What its maker must know: layers that stay out, plots without a map.
    """

    files: Mapping[str, bytes]
    report: Report
    blanks: tuple[tuple[str, str, str, str | None], ...]
    remarks: tuple[str, ...] = ()
    inputs: tuple[tuple[str, Path], ...] = ()

    def __repr__(self) -> str:
        return (
            f"<Dossier of {len(self.report.sites)} plot(s): {len(self.files)} files,"
            f" {len(self.blanks)} blanks, verdict {self.report.verdict}>"
        )

    def save(self, path: str | Path) -> Path:
        """Write it as a folder, or as one zip where the name ends in .zip; whole or not at all.

        Raises
        ------
        UsageError
            If the name has another suffix.
        InputError
            If it cannot be written, is an input, or a folder of something else stands there.
        """
        # a zip takes the place of one file, a folder that of all that lies in it
        if Path(path).suffix.lower() == ".zip":
            refuse_inputs(path, self.inputs)
        refuse_inside(path, self.inputs)
        return write_set(self.files, path, marker=RECEIPT)


def refuse_inside(path: str | Path, inputs: Sequence[tuple[str, Path]]) -> None:
    """Refuse a folder that holds a file from which the answer was read: it would be replaced.

    Raises
    ------
    InputError
        If it holds one; every one of them is named.
    """
    place = Path(path).resolve()
    held = [f"{what} '{source}'" for what, source in inputs if place in source.resolve().parents]
    if held:
        raise InputError(
            f"'{path}' holds {', '.join(held)}, and a dossier takes the place of its folder; name"
            " another one"
        )


def build_dossier(
    sites: SiteSource,
    *,
    workspace: str | Path | Workspace | None = None,
    template: str = SITING,
    plots: Sequence[str] | None = None,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    site_accuracy_m: float | None = None,
) -> Dossier:
    """Build the set of documents that is filed for some plots.

    Two or more plots are compared with each other as alternatives, and added up.

    Parameters
    ----------
    sites, project_type, project_attributes, as_of, layers, site_accuracy_m
        As for :func:`sxgeo.check_sites`.
    workspace
        A sxgeo.toml file; its `[project]` table holds the fields of cover and text, its layers say
        their `secrecy`: only what is 公开 is handed on in GeoPackage, map and receipt.
    template
        Key or Chinese name of a template of :data:`sxgeo.dossier.outline.TEMPLATES`.
    plots
        Ids of the plots to tell of; None takes all.

    Returns
    -------
    Dossier
        DOCX, XLSX, a situation map for each plot, GeoPackage, HTML map and JSON receipt; same
        input, same bytes. ``save`` writes it.

    Raises
    ------
    UsageError
        If template, plot, type, attribute or date is unknown, there are more than
        :data:`MOST_PLOTS` plots, or libraries of the extras ``office`` and ``plot`` are missing.
    InputError
        If a file or a user's layer cannot be used, or the system has no font with Chinese letters.

    Examples
    --------
    >>> import sxgeo
    >>> import shapely
    >>> dossier = sxgeo.build_dossier(shapely.box(112.6, 38.3, 112.602, 38.302))
    >>> sorted(name for name in dossier.files if "/" not in name)
    ['回执.json', '地图.html', '成果数据.gpkg', '选址论证报告.docx', '附表.xlsx']
    """
    key = template_key(template)
    question = pose(
        sites,
        project_type=project_type,
        project_attributes=project_attributes,
        as_of=as_of,
        layers=layers,
        workspace=workspace,
        site_accuracy_m=site_accuracy_m,
    )
    return dossier_of(_of_plots(question, plots), template=key)


def dossier_of(question: Question, *, template: str = SITING) -> Dossier:
    """Build the dossier of a question that was posed already; as :func:`build_dossier`."""
    # Refused before the work begins: a map and a chapter for each plot.
    _refuse_too_many(len(question.sites.sites))
    report = answer(question)
    _refuse_unusable(report)
    filing = _filing(question)
    maps, unmapped = _maps(question, report, filing)
    enclosed = _enclosed(report, maps)
    material = Material(
        report=report,
        layers=question.layers,
        blanks=Blanks(filing),
        pictures=_pictures(report, maps),
        unmapped=unmapped,
        files=_listed(template, enclosed),
        receipt_hash=hashlib.sha256(enclosed.files[RECEIPT]).hexdigest(),
    )
    return _dossier(template, material, enclosed, question.inputs)


def _dossier(
    template: str,
    material: Material,
    enclosed: _Enclosed,
    inputs: tuple[tuple[str, Path], ...],
) -> Dossier:
    """Write document and workbook and put all together; blanks are known once they are written."""
    files = {**_written(template, material), **enclosed.files}
    found = material.blanks.found
    unmapped = _unmapped_words(material.unmapped)
    return Dossier(
        files=files,
        report=material.report,
        blanks=tuple((b.chapter, b.what, b.who, b.key) for b in found),
        remarks=(*_secret_words(material.report), *unmapped, *enclosed.no_page),
        inputs=inputs,
    )


def _refuse_too_many(count: int) -> None:
    if count > MOST_PLOTS:
        raise UsageError(
            f"{count} plots are too many for one dossier (at most {MOST_PLOTS}): name those to tell"
            " of with --plots ID,..., and give all of them to check --batch"
        )


def _refuse_unusable(report: Report) -> None:
    if not usable(report):
        problems = "; ".join(p for o in report.sites for p in o.site.problems)
        raise InputError(f"no plot can be used, so there is nothing to file: {problems}")


@dataclass(frozen=True, slots=True)
class _Enclosed:
    """What lies beside document and workbook.

    Attributes
    ----------
    files
        Content by name.
    words
        What each of them is, by name.
    no_page
        Why there is no offline map; empty where there is one.
    """

    files: Mapping[str, bytes]
    words: Mapping[str, str]
    no_page: Sequence[str]


def _enclosed(report: Report, maps: Mapping[str, SituationMap]) -> _Enclosed:
    """Write figures, data, map and receipt; but for the figures only what may be handed on."""
    handed_on = report.handed_on()
    names = _figure_names(report, maps)
    files = {names[i]: one.png for i, one in maps.items()}
    words = {names[i]: f"位置套合图，1:{one.denominator:,}" for i, one in maps.items()}
    files[DATA], words[DATA] = _data(handed_on), "地块和公开图层的套合结果"
    page, no_page = _page(handed_on)
    if page is not None:
        files[MAP], words[MAP] = page, "离线地图"

    # its hash stands in the document that is filed with it
    files[RECEIPT], words[RECEIPT] = handed_on.to_json().encode("utf-8"), "复算用回执"
    return _Enclosed(files, words, no_page)


def _listed(template: str, enclosed: _Enclosed) -> list[tuple[str, str]]:
    """List the attachments. The list is part of the document, so names come before pages."""
    return [
        (DOCUMENT, title_of(template)),
        (WORKBOOK, "附表（压占分析表、需办手续表、界址点等）"),
        *enclosed.words.items(),
    ]


def _written(template: str, material: Material) -> dict[str, bytes]:
    """Write document and workbook, last of all: they name all the others."""
    title, report = title_of(template), material.report
    line = _line(report, material.blanks.filing)
    words = closing_words(report)
    text = blocks_bytes(title, document(material), report.as_of)
    book = tables_bytes(title, sheets(material), line, words, report.as_of)
    return {DOCUMENT: text, WORKBOOK: book}


def _of_plots(question: Question, plots: Sequence[str] | None) -> Question:
    """Return the question for some plots only."""
    if plots is None:
        return question
    by_id = {site.site_id: site for site in question.sites.sites}
    for plot in plots:
        if plot not in by_id:
            raise unknown("plot", plot, list(by_id)[:20])

    # in the order of the file, however they were named
    kept = tuple(site for site in question.sites.sites if site.site_id in set(plots))
    return replace(question, sites=Sites(kept, question.sites.autopsy))


def _filing(question: Question) -> Filing:
    return Filing() if question.workspace is None else read_filing(question.workspace.project)


def _line(report: Report, filing: Filing) -> str:
    name = filing.get("name") or "【待填：项目名称】"
    date = filing.get("date") or "【待填：编制日期】"
    return f"{name}    编制日期 {date}    判定时点 {report.as_of}"


def _maps(
    question: Question,
    report: Report,
    filing: Filing,
) -> tuple[dict[str, SituationMap], dict[str, str]]:
    """Draw the situation map of every plot; say of those without one why."""
    draw, facts = _situation_map(), _map_facts(filing, report.as_of)
    grades = secret_classes(report.receipt["user_layers"], graded_only=True)
    shown = _drawable(question.layers, grades)
    maps = {o.site.site_id: draw(o, shown, facts, grades=grades) for o in usable(report)}

    # one sheet has a least scale, and nobody reads half a map
    drawn = {i: one for i, one in maps.items() if one is not None}
    return drawn, dict.fromkeys((i for i in maps if i not in drawn), _TOO_LARGE)


def _drawable(layers: Iterable[Layer], grades: Mapping[str, str]) -> list[Layer]:
    """Keep the layers that a sheet may show."""
    # what is a state secret is not drawn at all, whoever the sheet is for
    return [layer for layer in layers if grades.get(layer.spec.id) != SECRET[-1]]


def _situation_map() -> Callable[..., SituationMap | None]:
    """Return what draws a situation map, or say what it needs."""
    try:
        from ..maps.plot.situation import situation_map  # matplotlib, optional
    except ImportError as error:
        # matplotlib is there and lacks something itself: that must not be called missing
        if (error.name or "").split(".")[0] != "matplotlib":
            raise
        raise UsageError(
            "the situation map of a dossier needs matplotlib, which is not installed: pip install"
            " 'sxgeo[office,plot]'"
        ) from error
    return situation_map


def _map_facts(filing: Filing, as_of: str) -> MapFacts:
    from ..maps.plot.situation import MapFacts  # matplotlib, optional

    return MapFacts(
        compiler=filing.get("compiler"),
        compiled_by=filing.get("compiled_by"),
        checked_by=filing.get("checked_by"),
        date=filing.get("date"),
        review_number=filing.get("map_review_number"),
        as_of=as_of,
    )


def _figure_names(report: Report, maps: Mapping[str, SituationMap]) -> dict[str, str]:
    """Name the figures by number and id, without what no file name may hold."""
    names = {}
    for number, site_id in enumerate(maps, start=1):
        safe = "".join(c for c in site_id if c.isalnum() or c in "-_")[:40]
        names[site_id] = f"附图/位置套合图_{number}{f'_{safe}' if safe else ''}.png"
    return names


def _pictures(report: Report, maps: Mapping[str, SituationMap]) -> dict[str, Picture]:
    """Return the situation maps as they stand in the document, by plot."""
    return {i: _picture(report, i, one) for i, one in maps.items()}


def _picture(
    report: Report,
    site_id: str,
    one: SituationMap,
) -> Picture:
    title = f"位置套合图（{site_words(report[site_id].site)}）"
    return Picture(one.png, one.width_mm, title, one.caption)


def _data(handed_on: Report) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return handed_on.to_gpkg(Path(folder) / "data.gpkg").read_bytes()


def _page(handed_on: Report) -> tuple[bytes | None, list[str]]:
    """Build the offline map of the first zone in which a plot lies; or say why there is none."""
    zones = [z for o in usable(handed_on) for z in handed_on.zones.get(o.site.site_id, ())]
    reason = "地块不在任何经济区内"
    for zone in dict.fromkeys(zones):
        try:
            return build_map(zone, report=handed_on).to_html().encode("utf-8"), []
        except AnalysisError as error:
            # another zone of the plots may have the outline that this one lacks
            reason = str(error)
    return None, [f"未附离线地图 no HTML map: {reason}"]


def _secret_words(report: Report) -> list[str]:
    grades = secret_classes(report.receipt["user_layers"], graded_only=True)
    words = []
    for class_id, grade in grades.items():
        name = report.classes[class_id].name_zh
        told = (
            f"{name}（{grade}）：GPKG、地图、回执不含其名称和图形"
            " names and shapes stay out of GPKG, map and receipt"
        )
        if grade == UNGRADED:
            told += '；可公开的在图层写 secrecy = "公开" say so in its [[layer]] where it is public'
        words.append(told)
    return words


def _unmapped_words(unmapped: Mapping[str, str]) -> list[str]:
    return [
        f"{site_id}: 未绘位置套合图 no situation map: {why}" for site_id, why in unmapped.items()
    ]


def refuse_target(path: str | Path) -> None:
    """Refuse a target that a dossier cannot take, before any work is done.

    Raises
    ------
    UsageError
        If its suffix is neither .zip nor none.
    InputError
        If a folder of something else stands there.
    """
    target = Path(path)
    if target.suffix.lower() == ".zip":
        return
    if target.suffix:
        raise UsageError(
            f"-o '{target}': a dossier is a folder or a .zip; give a name without a suffix, or one"
            " that ends in .zip"
        )
    refuse_other(target, RECEIPT)
