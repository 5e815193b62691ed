"""Bars of progress on a terminal; rich takes its time to load, so only a terminal loads this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress, track


def tracked(
    items: Sequence[Any],
    text: str,
    *,
    transient: bool,
) -> Iterable[Any]:
    """Run through items under a bar on stderr."""
    return track(
        items,
        description=text,
        console=Console(stderr=True),
        transient=transient,
    )


@contextmanager
def counted(text: str, *, transient: bool) -> Iterator[Callable[[int, int], None]]:
    """Give what tells a bar on stderr how many of how many are done."""
    with Progress(console=Console(stderr=True), transient=transient) as shown:
        task = shown.add_task(text)

        def tell(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield tell
