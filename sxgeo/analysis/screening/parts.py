"""A run on disk: what is answered is kept beside the target until all is, so that it can be gone on
with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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

    @contextmanager
    def joining(self) -> Iterator[Joining]:
        """Join parts into the two tables while others are answered; they take their places when the
        block ends well, and are gone when it does not.
        """
        with ExitStack() as drafts:
            with _told_to_go_on():
                findings = drafts.enter_context(draft(self.findings))
                sites = drafts.enter_context(draft(self.target))
            joining = Joining(self, Joined(sites, findings))
            try:
                yield joining
            except BaseException:
                joining.tables.abandon()  # an open file cannot be removed everywhere
                raise
            with _told_to_go_on():
                drafts.close()

    def finish(self, record: Mapping[str, Any]) -> None:
        """Write the manifest, and remove the parts."""
        text = json.dumps(record, ensure_ascii=False, indent=2)
        with _told_to_go_on():
            write_text(f"{text}\n", self.manifest)
        shutil.rmtree(self.folder, ignore_errors=True)

    def part(self, first: int, last: int) -> Any:
        """Read the answer of a chunk."""
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


class Joining:
    """Parts of a run on their way into its tables, in the order of the run."""

    def __init__(self, run: Run, tables: Joined) -> None:
        self.tables = tables
        self._run, self._reached = run, 0
        done = run.done()
        self._waiting = dict(done)
        if len(self._waiting) < len(done):
            raise self._doubled()

    def take(self, key: Key) -> None:
        """Mind that a chunk is answered."""
        self._waiting[key[0]] = key[1]
        self.go_on()

    def go_on(self) -> None:
        """Join what is answered without a gap."""
        with _told_to_go_on():
            while (last := self._waiting.pop(self._reached, None)) is not None:
                self.tables.take(self._run.part(self._reached, last))
                self._reached = last

    def _doubled(self) -> InputError:
        return InputError(
            f"'{self._run.folder}' lacks or doubles sites from {self._reached + 1}; remove it and"
            " run again"
        )

    def end(self, count: int) -> Joined:
        """End the tables of `count` sites, all of which must be answered."""
        self.go_on()
        if self._waiting:
            raise self._doubled()
        if self._reached != count:
            raise InputError(
                f"'{self._run.folder}' lacks the sites from {self._reached + 1}; {GO_ON}"
            )
        with _told_to_go_on():
            self.tables.close()
        return self.tables


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
