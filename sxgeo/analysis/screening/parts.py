"""A run on disk: what is answered is kept beside the target until all is, then joined into tables
with a manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    def opened(cls, target: Path, asked: Mapping[str, Any], *, resume: bool) -> Run:
        """Open a new run, or go on with one of the same question."""
        run = cls(target, Parts.beside(target, asked))
        for path in (target, run.findings, run.manifest):
            refuse_odd(path)
        outputs = [path.name for path in (target, run.findings, run.manifest) if path.exists()]
        if outputs and run.parts.recorded() is None:
            raise InputError(
                f"{_quoted(outputs)} exists already; nothing is written over it: give another name"
                " with -o, or remove it"
            )
        run.parts.open(resume=resume, changed=_CHANGED)
        return run

    def joined(self, count: int) -> Joined:
        """Join the parts of `count` sites into the two tables, and write them."""
        self._refuse_gaps(count)
        with told_to_go_on(), draft(self.findings) as findings, draft(self.target) as sites:
            tables = Joined(sites, findings)
            for key in self.parts.done():
                tables.take(self._part(key))
            tables.close()
        return tables

    def finish(self, record: Mapping[str, Any]) -> None:
        """Write the manifest, and remove the parts."""
        text = json.dumps(record, ensure_ascii=False, indent=2)
        with told_to_go_on():
            write_text(f"{text}\n", self.manifest)
        self.parts.remove()

    def _refuse_gaps(self, count: int) -> None:
        reached = 0
        for first, last in self.parts.done():
            if first != reached:
                raise InputError(
                    f"'{self.parts.folder}' lacks or doubles sites from {reached + 1}; remove it"
                    " and run again"
                )
            reached = last
        if reached != count:
            raise InputError(f"'{self.parts.folder}' lacks the sites from {reached + 1}; {GO_ON}")

    def _part(self, key: Key) -> Any:
        table = self.parts.read(key)
        if table.num_rows != key[1] - key[0]:
            why = f"holds {table.num_rows} sites, not {key[1] - key[0]}"
            raise self.parts.unsound(key, why)
        return table


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
