"""A run on disk: what is answered is kept beside the target until all is, so that it can be gone on
with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError, listed
from ...files.writing import draft, refuse_odd, write_text
from ..execution.job import arrow
from .tables import Joined

if TYPE_CHECKING:
    from ..execution.executors import Key

GO_ON = "what was answered is kept: run again with --resume (resume=True) to go on"
_QUESTION, _PART = "question.json", ".arrow"
_CHANGED = {
    "pack": "layers, rules, counties, project, date or classes are not the same",
    "sites": "the sites are not the same",
    "versions": "sxgeo, GEOS or PROJ is another version",
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run on disk: its target, and the folder beside it that holds what is answered."""

    target: Path
    folder: Path
    asked: Mapping[str, Any]

    @property
    def findings(self) -> Path:
        return self.target.with_name(f"{self.target.stem}.findings.parquet")

    @property
    def manifest(self) -> Path:
        return self.target.with_name(f"{self.target.stem}.manifest.json")

    @classmethod
    def opened(cls, target: Path, asked: Mapping[str, Any], *, resume: bool) -> Run:
        """Open a new run, or go on with one of the same question."""
        run = cls(target, target.with_name(f"{target.name}.parts"), asked)
        for path in (target, run.findings, run.manifest):
            refuse_odd(path)
        there = run._recorded()
        outputs = [path.name for path in (target, run.findings, run.manifest) if path.exists()]
        if there is None and outputs:
            raise InputError(
                f"{_quoted(outputs)} exists already; nothing is written over it: give another name"
                " with -o, or remove it"
            )
        if there is not None and not resume:
            raise InputError(
                f"'{run.folder}' holds an interrupted run; go on with it by --resume"
                " (resume=True), or remove that folder"
            )
        if there is not None and (
            changed := [_CHANGED[key] for key in asked if there.get(key) != asked[key]]
        ):
            raise InputError(
                listed(
                    f"'{run.folder}' holds another run; give another name with -o, or remove that"
                    " folder:",
                    changed,
                )
            )
        if there is None:
            write_text(json.dumps(asked, indent=2) + "\n", run.folder / _QUESTION)
        return run

    def _recorded(self) -> dict[str, Any] | None:
        """Return what an interrupted run was asked; None where there is none."""
        if not self.folder.exists():
            return None
        try:
            told = json.loads((self.folder / _QUESTION).read_text(encoding="utf-8"))
        except FileNotFoundError:
            if any(path.suffix == _PART for path in self.folder.iterdir()):
                raise InputError(
                    f"'{self.folder}' has parts of a run but not its question; remove that folder"
                ) from None
            return None
        except (OSError, ValueError) as error:
            raise InputError(
                f"'{self.folder / _QUESTION}' cannot be read ({error}); remove that folder"
            ) from error
        return told if isinstance(told, dict) else {}

    def done(self) -> list[Key]:
        """Return the chunks that are answered, in order."""
        keys = []
        for path in sorted(self.folder.glob(f"*{_PART}")):
            first, _, last = path.stem.partition("-")
            keys.append((int(first), int(last)))
        return sorted(keys)

    def forget_empty(self) -> None:
        """Remove the folder of a run that answered nothing: there is nothing to go on with."""
        if self.folder.exists() and not self.done():
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, key: Key, answer: Any) -> None:
        """Write the answer of a chunk, whole or not at all."""
        ipc = arrow("pyarrow.ipc")
        path = self.folder / f"{key[0]:010d}-{key[1]:010d}{_PART}"
        with _told_to_go_on(), draft(path) as unfinished:
            try:
                with ipc.new_file(str(unfinished), answer.schema) as writer:
                    writer.write_batch(answer)
            except OSError as error:
                raise InputError(
                    f"'{path}' cannot be written ({error.strerror or error})"
                ) from error

    def joined(self, count: int) -> Joined:
        """Join the parts of `count` sites into the two tables, and write them."""
        self._refuse_gaps(count)
        with _told_to_go_on(), draft(self.findings) as findings, draft(self.target) as sites:
            tables = Joined(sites, findings)
            for first, last in self.done():
                tables.take(self._part(first, last))
            tables.close()
        return tables

    def finish(self, record: Mapping[str, Any]) -> None:
        """Write the manifest, and remove the parts."""
        text = json.dumps(record, ensure_ascii=False, indent=2)
        with _told_to_go_on():
            write_text(f"{text}\n", self.manifest)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_gaps(self, count: int) -> None:
        reached = 0
        for first, last in self.done():
            if first != reached:
                raise InputError(
                    f"'{self.folder}' lacks or doubles sites from {reached + 1}; remove it and run"
                    " again"
                )
            reached = last
        if reached != count:
            raise InputError(f"'{self.folder}' lacks the sites from {reached + 1}; {GO_ON}")

    def _part(self, first: int, last: int) -> Any:
        path = self.folder / f"{first:010d}-{last:010d}{_PART}"
        try:
            table = arrow("pyarrow.ipc").open_file(str(path)).read_all()
        except (OSError, ValueError) as error:
            raise InputError(
                f"'{path}' cannot be read ({error}); remove it, then {GO_ON}"
            ) from error
        if table.num_rows != last - first:
            raise InputError(
                f"'{path}' holds {table.num_rows} sites, not {last - first}; remove it, then"
                f" {GO_ON}"
            )
        return table


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


@contextmanager
def _told_to_go_on() -> Iterator[None]:
    """Add to a fault of the disk that the run may go on."""
    try:
        yield
    except InputError as error:
        if GO_ON in str(error):
            raise
        raise InputError(f"{error}; {GO_ON}") from error
