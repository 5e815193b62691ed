"""Screen a province of sites: read, order, cut, run on an executor, and write Parquet; interrupted
runs go on where they ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import AnalysisError, InputError, UsageError, unknown
from ...files.writing import path_of, refuse_inputs
from ...geometry.engines import versions
from ...layers.rules import load_rules
from ...model.outcomes import OUTCOMES
from ...model.sites import Sites
from ...sites.read import read_some
from ..conflicts.question import pose
from ..execution.executors import EXECUTORS, run
from ..execution.memory import BASE_BYTES, bytes_of, crew_of
from ..execution.parts import GO_ON
from .manifest import manifest_of, sites_sha256
from .order import candidates, cut, hilbert_order, tasks_of
from .pack import Pack
from .parts import Run

if TYPE_CHECKING:
    from ...layers.rules import Rule
    from ...reports.answer import Told
    from ...sites.given import SiteSource
    from ...workspace.file import Workspace
    from ...workspace.layers import UserLayer
    from ..conflicts.question import Question
    from ..execution.executors import Key
    from .tables import Joined

_PAIR_BYTES = 4_000
"""What a candidate pair takes on its way from findings to a file, with its texts."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What a run wrote.

    Attributes
    ----------
    sites, findings, manifest
        The files: a row for every site (GeoParquet), the findings, and how both came about with
        their hashes.
    verdicts
        How many sites have which verdict, the gravest first.
    unread
        One message per file that could not be read; its sites are in no table.
    told
        What the exit code needs, see :func:`sxgeo.reports.answer.exit_code`.
    """

    sites: Path
    findings: Path
    manifest: Path
    verdicts: Mapping[str, int]
    unread: tuple[str, ...] = ()
    told: frozenset[Told] = field(default=frozenset())


def screen(
    sites: SiteSource,
    out: str | Path,
    *,
    executor: str = "serial",
    address: str | None = None,
    memory: str | int = "2GB",
    resume: bool = False,
    project_type: str | None = None,
    project_attributes: Mapping[str, Any] | None = None,
    as_of: str | None = None,
    classes: Sequence[str] | None = None,
    layers: Mapping[str, str | Path] | Sequence[UserLayer] = (),
    workspace: str | Path | Workspace | None = None,
    site_accuracy_m: float | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Screened:
    """Screen many sites into Parquet, on this machine or a cluster; the same rows, bit for bit, on
    every executor.

    Parameters
    ----------
    sites
        What :func:`sxgeo.check_sites` takes. A file that cannot be read is named in the manifest,
        the others are screened.
    out
        A ``.parquet`` file for the sites; ``NAME.findings.parquet`` and ``NAME.manifest.json`` are
        written beside it.
    executor
        ``serial``, ``processes``, ``dask`` or ``spark``.
    address
        Of a Dask scheduler, a Spark Connect server or a Spark master; None starts one on this
        machine.
    memory
        What all workers may take together, such as ``"2GB"``; it sets how many there are and how
        large chunks are, never the answer.
    resume
        Go on with an interrupted run of the same question over the same sites.
    project_type, project_attributes, as_of, classes, layers, workspace, site_accuracy_m
        As :func:`sxgeo.check_sites` takes them.
    workers
        Processes or partitions at a time; None takes a core each, as far as the memory goes.
    progress
        Called with the sites that are answered and all of them.

    Returns
    -------
    Screened
        The files and the verdicts.

    Raises
    ------
    UsageError
        If the executor, the memory or a part of the question is unknown, or a library is not
        installed.
    InputError
        If no site can be read, the output exists, an interrupted run was of another question, or an
        address does not answer.
    AnalysisError
        If workers keep ending; what was answered is kept for `resume`.

    Examples
    --------
    >>> import sxgeo
    >>> written = sxgeo.screen([(112.6001, 38.3001), (112.73, 38.42)], "plots.parquet")
    >>> written.sites.name, sum(written.verdicts.values())
    ('plots.parquet', 2)
    """
    budget = bytes_of(memory)
    if executor not in EXECUTORS:
        raise unknown("executor", executor, EXECUTORS)
    plots, unread = _read(sites, site_accuracy_m)
    question = pose(
        plots,
        project_type=project_type,
        project_attributes=project_attributes,
        as_of=as_of,
        classes=classes,
        layers=layers,
        workspace=workspace,
    )
    return screen_question(
        question,
        out,
        executor=executor,
        address=address,
        memory=budget,
        resume=resume,
        workers=workers,
        unread=unread,
        progress=progress,
    )


def _read(sites: SiteSource, accuracy_m: float | None) -> tuple[Sites, list[str]]:
    """Return the sites that can be read, one at least, and a message for each file that cannot."""
    unread: list[str] = []

    # what was read already is taken as it is
    if not isinstance(sites, Sites):
        sites, unread = read_some(sites, site_accuracy_m=accuracy_m)
    if not sites.sites:
        raise InputError("\n".join(unread) or "no site given")
    return sites, unread


def screen_question(
    question: Question,
    out: str | Path,
    *,
    executor: str = "serial",
    address: str | None = None,
    memory: str | int = "2GB",
    resume: bool = False,
    workers: int | None = None,
    unread: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Screened:
    """Answer a question that was read already; parameters and errors are those of
    :func:`screen`.
    """
    target = _target(out)
    _refuse(question, target)
    crew, most = _shares(bytes_of(memory), _hands(executor, workers))
    rules = load_rules()
    pack = _packed(question, rules)
    begun = Run.opened(target, _asked_of(pack, question), resume=resume)
    start = partial(
        run,
        _tasks(question, rules, begun.parts.done(), most),
        pack.job(),
        executor=executor,
        address=address,
        workers=crew,
    )
    return _seen_through(
        begun,
        start,
        question,
        unread,
        progress,
    )


def _refuse(question: Question, target: Path) -> None:
    """Refuse what such a run does not do, and to write over what it reads."""
    if question.verify:
        raise UsageError("a run into Parquet asks one engine: leave verify out, or use check_sites")
    refuse_inputs(target, question.inputs)


def _asked_of(pack: Pack, question: Question) -> dict[str, Any]:
    """Return what tells a run from every other: only one that was asked the same goes on."""
    # with the versions: other engines may answer otherwise, and the rows of two would mix
    return {
        "pack": pack.sha256,
        "sites": sites_sha256(question.sites.sites),
        "versions": versions(),
    }


def _seen_through(
    begun: Run,
    start: Callable[[], Iterable[tuple[Key, Any]]],
    question: Question,
    unread: Sequence[str],
    progress: Callable[[int, int], None] | None,
) -> Screened:
    """Answer what is left and write the tables; a run that breaks off says how it goes on."""
    done = sum(last - first for first, last in begun.parts.done())
    try:
        tables = _joined(begun, start, _Count(done, len(question.sites.sites), progress))
        return _finished(begun, tables, question, unread)
    except AnalysisError as error:
        raise AnalysisError(f"{error}; {GO_ON}") from error
    finally:
        # a run that answered nothing leaves nothing to go on with
        begun.parts.forget_empty()


def _joined(
    begun: Run,
    start: Callable[[], Iterable[tuple[Key, Any]]],
    count: _Count,
) -> Joined:
    """Have workers answer what is not answered yet, and join all into the tables."""
    with begun.joining() as joining:
        # what an interrupted run has answered already, and what was spoiled since
        joining.go_on()
        if count.lacks:
            for key, answer in start():
                # each is kept as it comes, so that an interrupted run loses none
                begun.parts.keep(key, answer)
                joining.take(key)
                count.add(key[1] - key[0])
        return joining.end(count.whole)


def _packed(question: Question, rules: Sequence[Rule]) -> Pack:
    return Pack.of(
        question.layers,
        rules,
        counties=question.counties,
        as_of=question.as_of,
        project=question.project,
        requested=question.limited_to,
    )


def _tasks(
    question: Question,
    rules: Sequence[Rule],
    done: Sequence[Key],
    most: int,
) -> Iterator[tuple[Key, Any]]:
    """Return the chunks that are not answered yet: neighbours together, work of one size."""
    sites = question.sites.sites
    order = hilbert_order(sites)
    cost = candidates(sites, question.layers, rules)[order]
    return tasks_of(sites, order, cut(cost, done, most))


class _Count:
    """How many sites are answered: told to who asked for progress, from the start."""

    def __init__(
        self,
        done: int,
        whole: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.whole = whole
        self._done, self._progress = done, progress
        self.add(0)

    @property
    def lacks(self) -> bool:
        """Whether some are not answered."""
        return self._done < self.whole

    def add(self, count: int) -> None:
        """Take more in."""
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self.whole)


def _finished(
    begun: Run,
    tables: Joined,
    question: Question,
    unread: Sequence[str],
) -> Screened:
    files = {
        "sites": (begun.target, tables.sites),
        "findings": (begun.findings, tables.findings),
    }
    verdicts: dict[str, int] = {
        name: tables.verdicts[name] for name in OUTCOMES if tables.verdicts[name]
    }
    begun.finish(manifest_of(question, begun.asked, unread, verdicts, files))
    told = frozenset(tables.told)
    return Screened(
        begun.target,
        begun.findings,
        begun.manifest,
        verdicts,
        tuple(unread),
        told,
    )


def _hands(executor: str, workers: int | None) -> int | None:
    """Return how many workers are asked for; one after another needs no second one."""
    return workers if executor != "serial" else 1


def _shares(memory: int, workers: int | None) -> tuple[int, int]:
    """Return how many workers the memory bears, and how many candidates a chunk may have."""
    crew = crew_of(memory, workers, BASE_BYTES + 20_000_000)

    # what a worker has left beside itself, of which a chunk takes a quarter at the most
    share = memory // crew - BASE_BYTES
    return crew, max(1, min(share // 4 // _PAIR_BYTES, 400_000))


def _target(out: str | Path) -> Path:
    target = path_of(out)
    if target.suffix.lower() != ".parquet":
        raise UsageError(f"'{target.name}' is no Parquet file; end its name with .parquet")
    return target
