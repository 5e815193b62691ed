"""Memory as people write it, and how many workers it bears (pure)."""

from __future__ import annotations

import os
import re

from ...errors import UsageError

BASE_BYTES = 300_000_000
"""What a worker holds before it answers anything."""
_SIZE = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)(?:i?b)?\s*", re.I)


def bytes_of(memory: str | int) -> int:
    """Return a size such as 2GB or 800MB in bytes.

    Raises
    ------
    UsageError
        If it is no size.
    """
    if isinstance(memory, int):
        return memory
    match = _SIZE.fullmatch(memory)
    if match is None:
        raise UsageError(f"memory '{memory}' is not a size such as 2GB or 800MB")

    # a unit is of thousands, as disks and users count, not of 1024
    return int(
        float(match["number"])
        * 1000 ** ("kmgt".index(match["unit"].lower()) + 1 if match["unit"] else 0)
    )


def crew_of(
    memory: int,
    workers: int | None,
    least: int,
) -> int:
    """Return how many workers of at least so many bytes each the memory bears.

    Raises
    ------
    UsageError
        If the number of workers is below 1, or the memory too little for one.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"workers {workers} is not a number from 1")
    if memory < least:
        raise UsageError(
            f"memory {memory:,} bytes is too little: a worker takes {least:,} at least; give"
            " --memory 2GB or so"
        )
    return min(workers or os.cpu_count() or 1, memory // least)
