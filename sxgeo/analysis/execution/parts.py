"""What is answered of a run, kept on disk beside its target until all is, so that it can be gone on
with.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError, listed
from ...files.writing import draft, write_text
from .job import arrow

if TYPE_CHECKING:
    from .executors import Key

GO_ON = "what was answered is kept: run again with --resume (resume=True) to go on"
_QUESTION, _PART = "question.json", ".arrow"


@dataclass(frozen=True, slots=True)
class Parts:
    """The answers of a run, one file a chunk, and what was asked.

    Attributes
    ----------
    folder
        ``NAME.parts`` beside the target.
    asked
        What an answer hangs on, as hashes or words: a run goes on only where all of it is the same.
    """

    folder: Path
    asked: Mapping[str, Any]

    @classmethod
    def beside(cls, target: Path, asked: Mapping[str, Any]) -> Parts:
        """Return the parts of the run into a target."""
        return cls(target.with_name(f"{target.name}.parts"), asked)

    def recorded(self) -> dict[str, Any] | None:
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

    def open(self, *, resume: bool, changed: Mapping[str, str]) -> None:
        """Begin a run, or go on with one of the same question.

        Parameters
        ----------
        changed
            What to say where a part of the question differs from that of the run which is there.

        Raises
        ------
        InputError
            If a run is there and nobody said to go on with it, or it was of another question.
        """
        there = self.recorded()
        if there is None:
            write_text(
                json.dumps(self.asked, indent=2) + "\n",
                self.folder / _QUESTION,
            )
            return
        if not resume:
            raise InputError(
                f"'{self.folder}' holds an interrupted run; go on with it by --resume"
                " (resume=True), or remove that folder"
            )
        if differing := [changed[key] for key in self.asked if there.get(key) != self.asked[key]]:
            raise InputError(
                listed(
                    f"'{self.folder}' holds another run; give another name with -o, or remove that"
                    " folder:",
                    differing,
                )
            )

    def done(self) -> list[Key]:
        """Return the chunks that are answered, in order."""
        keys = []
        for path in sorted(self.folder.glob(f"*{_PART}")):
            first, _, last = path.stem.partition("-")
            keys.append((int(first), int(last)))
        return sorted(keys)

    def keep(self, key: Key, answer: Any) -> None:
        """Write the answer of a chunk, whole or not at all."""
        ipc = arrow("pyarrow.ipc")
        path = self._path(key)
        with told_to_go_on(), draft(path) as unfinished:
            try:
                with ipc.new_file(str(unfinished), answer.schema) as writer:
                    writer.write_batch(answer)
            except OSError as error:
                raise InputError(
                    f"'{path}' cannot be written ({error.strerror or error})"
                ) from error

    def read(self, key: Key) -> Any:
        """Return the answer of a chunk as a table."""
        path = self._path(key)
        try:
            return arrow("pyarrow.ipc").open_file(str(path)).read_all()
        except (OSError, ValueError) as error:
            raise self.unsound(key, f"cannot be read ({error})") from error

    def unsound(self, key: Key, why: str) -> InputError:
        """Return the error of a part that is not what it should be."""
        return InputError(f"'{self._path(key)}' {why}; remove it, then {GO_ON}")

    def forget_empty(self) -> None:
        """Remove the folder of a run that answered nothing: there is nothing to go on with."""
        if self.folder.exists() and not self.done():
            self.remove()

    def remove(self) -> None:
        """Remove the folder: all is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: Key) -> Path:
        return self.folder / f"{key[0]:010d}-{key[1]:010d}{_PART}"


@contextmanager
def told_to_go_on() -> Iterator[None]:
    """Add to a fault of the disk that the run may go on."""
    try:
        yield
    except InputError as error:
        if GO_ON in str(error):
            raise
        raise InputError(f"{error}; {GO_ON}") from error
