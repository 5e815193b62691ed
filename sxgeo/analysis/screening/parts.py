"""A run on disk: what is answered is kept beside the target until all is, and joined into tables
with a manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files.writing import draft, refuse_odd, write_text
from ..execution.parts import GO_ON, Parts, told_to_go_on
from .tables import Joined

if TYPE_CHECKING:
    from ..execution.executors import Key

_CHANGED = {
    "pack": "layers, rules, counties, project, date or classes are not the same",
    "sites": "the sites are not the same",
    "versions": "sxgeo, GEOS or PROJ is another version",
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run on disk: its target, and the parts beside it."""

    target: Path
    parts: Parts

    @property
    def findings(self) -> Path:
        return self.target.with_name(f"{self.target.stem}.findings.parquet")

    @property
    def manifest(self) -> Path:
        return self.target.with_name(f"{self.target.stem}.manifest.json")

    @property
    def asked(self) -> Mapping[str, Any]:
        return self.parts.asked

    @classmethod
    def opened(
        cls,
        target: Path,
        asked: Mapping[str, Any],
        *,
        resume: bool,
    ) -> Run:
        """Open a new run, or go on with one of the same question."""
        run = cls(target, Parts.beside(target, asked))
        for path in (target, run.findings, run.manifest):
            refuse_odd(path)
        outputs = [path.name for path in (target, run.findings, run.manifest) if path.exists()]

        # files without parts beside them are of a run that ended: they are not written over
        if outputs and run.parts.recorded() is None:
            raise InputError(
                f"{_quoted(outputs)} exists already; nothing is written over it: give another name"
                " with -o, or remove it"
            )
        run.parts.open(resume=resume, changed=_CHANGED)
        return run

    @contextmanager
    def joining(self) -> Iterator[Joining]:
        """Join parts into the two tables while others are answered; they take their places when the
        block ends well, and are gone when it does not.
        """
        with ExitStack() as drafts:
            with told_to_go_on():
                findings = drafts.enter_context(draft(self.findings))
                sites = drafts.enter_context(draft(self.target))
            joining = Joining(self, Joined(sites, findings))
            try:
                yield joining
            except BaseException:
                joining.tables.abandon()  # an open file cannot be removed everywhere
                raise
            with told_to_go_on():
                drafts.close()

    def finish(self, record: Mapping[str, Any]) -> None:
        """Write the manifest, and remove the parts."""
        text = json.dumps(record, ensure_ascii=False, indent=2)
        with told_to_go_on():
            write_text(f"{text}\n", self.manifest)

        # only once the manifest stands are the parts no longer needed
        self.parts.remove()

    def part(self, key: Key) -> Any:
        """Read the answer of a chunk."""
        table = self.parts.read(key)

        # a part that was cut short would shift all sites behind it
        if table.num_rows != key[1] - key[0]:
            why = f"holds {table.num_rows} sites, not {key[1] - key[0]}"
            raise self.parts.unsound(key, why)
        return table


class Joining:
    """Parts of a run on their way into its tables, in the order of the run."""

    def __init__(self, run: Run, tables: Joined) -> None:
        self.tables = tables
        self._run, self._reached = run, 0
        done = run.parts.done()
        self._waiting = dict(done)

        # two parts that begin at one site: one of them is of another run
        if len(self._waiting) < len(done):
            raise self._doubled()

    def take(self, key: Key) -> None:
        """Mind that a chunk is answered."""
        self._waiting[key[0]] = key[1]
        self.go_on()

    def go_on(self) -> None:
        """Join what is answered without a gap."""
        with told_to_go_on():
            while (last := self._waiting.pop(self._reached, None)) is not None:
                self.tables.take(self._run.part((self._reached, last)))
                self._reached = last

    def _doubled(self) -> InputError:
        return InputError(
            f"'{self._run.parts.folder}' lacks or doubles sites from {self._reached + 1}; remove it"
            " and run again"
        )

    def end(self, count: int) -> Joined:
        """End the tables of `count` sites, all of which must be answered."""
        self.go_on()

        # what still waits overlaps something that was joined
        if self._waiting:
            raise self._doubled()
        if self._reached != count:
            raise InputError(
                f"'{self._run.parts.folder}' lacks the sites from {self._reached + 1}; {GO_ON}"
            )
        with told_to_go_on():
            self.tables.close()
        return self.tables


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
