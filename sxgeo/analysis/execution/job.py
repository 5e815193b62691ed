"""What a worker is set up with once, and then answers chunks by: Arrow in, Arrow out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...files.libraries import library

if TYPE_CHECKING:
    import pyarrow as pa

Work = Callable[[Any], Any]
"""Takes a record batch and gives one: pure, the same bytes for the same batch on every worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """A function over chunks, with all that it needs beside them.

    Attributes
    ----------
    ready
        Makes the function from `content` and `sha256`; it stands at the top of a module, so that a
        worker finds it by name.
    content
        What is shipped to every worker, once.
    sha256
        Of the content.
    """

    ready: Callable[[bytes, str], Work]
    content: bytes
    sha256: str

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.sha256 == self.sha256 and other.ready is self.ready

    def answer(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        """Answer a chunk; the function is made once in each process."""
        return _made(self)(chunk)

    def answer_bytes(self, chunk: bytes) -> bytes:
        """Answer a chunk that came as an Arrow stream."""
        return to_bytes(self.answer(from_bytes(chunk)))


@lru_cache(maxsize=2)
def _made(job: Job) -> Work:
    return job.ready(job.content, job.sha256)


def arrow(name: str = "pyarrow") -> Any:
    """Import pyarrow or a part of it.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    return library(name, "many at once need pyarrow", UsageError)


def to_bytes(batch: pa.RecordBatch | pa.Table) -> bytes:
    """Write a record batch or a table as an Arrow stream."""
    sink = arrow().BufferOutputStream()
    with arrow("pyarrow.ipc").new_stream(sink, batch.schema) as writer:
        writer.write(batch)
    return bytes(sink.getvalue())


def from_bytes(content: bytes) -> pa.RecordBatch:
    """Read the record batch of an Arrow stream."""
    return arrow("pyarrow.ipc").open_stream(content).read_next_batch()
