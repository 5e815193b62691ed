"""What the commands share: remarks on stderr, answers on stdout, progress, options of the form KEY=VALUE."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UsageError

_MANY = 50


def remark(text: str) -> None:
    """Say something beside the answer, on stderr."""
    print(f"sxgeo: {text}", file=sys.stderr)


def emit(text: str, output: Path | None) -> None:
    """Write an answer to stdout, or whole or not at all to a file."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        from .report import write_text

        write_text(output, text)
        remark(f"wrote {output}")


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the garbage collector while modules load: they make no garbage, and scanning them costs a tenth of a run."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)  # a run makes many small lasting values: look for garbage less often
        gc.enable()


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Read what was typed as KEY=VALUE; a later value of a key takes the place of an earlier one.

    Raises
    ------
    UsageError
        If a text is not of that form.
    """
    found = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key or not value:
            raise UsageError(f"{option} '{text}' is not of the form KEY=VALUE")
        found[key] = value
    return found


def progress(text: str, few: int = _MANY, *, always: bool = False) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Wrap an iterable so that a long run shows its progress on stderr, a short one nothing."""

    def wrap(items: Iterable[Any]) -> Iterable[Any]:
        known = list(items)
        if not always and (len(known) < few or not sys.stderr.isatty()):
            return known
        from rich.console import Console
        from rich.progress import track

        return track(known, description=text, console=Console(stderr=True), transient=not always)

    return wrap


def dump(value: Any) -> int:
    """Write a value to stdout as JSON; return 0."""
    emit(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n", None)
    return 0
