"""Who answers the chunks of a run over very many origins, and where the answers are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import AnalysisError, InputError, unknown
from ...geometry.engines import versions
from ..execution.executors import EXECUTORS, run
from ..execution.job import Job, arrow
from ..execution.memory import BASE_BYTES, bytes_of, crew_of
from ..execution.parts import GO_ON, Parts
from ..network.file import network_bytes
from .chunks import READY, World

if TYPE_CHECKING:
    import pyarrow as pa

    from ..execution.executors import Answers, Key, Tasks
    from .chunks import Work
    from .origins import SortedPlaces

    InTurn: TypeAlias = Iterator[tuple[int, pa.RecordBatch]]
    """How many origins are done, and the rows of the last ones."""

AT_ONCE = 64
"""Origins of a chunk; it changes no answer."""
TIMES_AT_ONCE = 2_000_000
"""Times of a chunk of a table at most."""
MEMORY = "2GB"
"""What all workers may take, where nobody says."""
COPIES = 8
"""What a worker makes of a network, in the size of its file: arrays, steps, cells of its edges."""
_CHANGED = {
    "network": "the network is not the same, or the way it is travelled",
    "origins": "the origins are not the same",
    "destinations": "the destinations are not the same",
    "question": "other minutes, or another table, are asked for",
    "versions": "sxgeo, GEOS or PROJ is another version",
}


@dataclass(frozen=True, slots=True)
class Keep:
    """Where what is answered of a run is kept until all is: beside the file that it goes into.

    Attributes
    ----------
    target
        That file.
    resume
        Whether to go on with an interrupted run of the same question.
    """

    target: Path
    resume: bool = False

    def forget(self) -> None:
        """Remove what was kept: the target is written."""
        Parts.beside(self.target, {}).remove()


@dataclass(frozen=True, slots=True)
class Hands:
    """Who answers, and what its workers may take: as in :func:`sxgeo.screen`."""

    executor: str = "serial"
    address: str | None = None
    memory: str | int = MEMORY
    workers: int | None = None

    @property
    def are_here(self) -> bool:
        """Whether this process answers by itself, and ships nothing."""
        return self.executor == "serial" and self.address is None

    def check(self) -> None:
        """Refuse an unknown executor, and memory that bears no worker."""
        if self.executor not in EXECUTORS:
            raise unknown("executor", self.executor, EXECUTORS)
        self.crew(0)

    def crew(self, shipped: int) -> int:
        """Return how many workers the memory bears, each with so many bytes shipped to it."""
        least = BASE_BYTES + COPIES * shipped
        return crew_of(bytes_of(self.memory), self.workers, least)

    def keep_beside(self, target: Path, *, resume: bool) -> Keep | None:
        """Return where to keep what is answered; None where the run is too short to be lost."""
        # workers may be far away and end: what they answered is kept, asked for or not
        return Keep(target, resume) if resume or self.executor != "serial" else None


@dataclass(frozen=True, eq=False)
class Crew:
    """Who answers, what its workers are set up with, and where the answers are kept, if at all."""

    world: World
    hands: Hands
    keep: Keep | None = None

    def __post_init__(self) -> None:
        self.hands.check()

    def answers(
        self,
        work: Work,
        starts: SortedPlaces,
        at_once: int | None = None,
    ) -> InTurn:
        """Yield how many origins are done and their rows, in the order of the origins."""
        at_once = at_once or AT_ONCE
        if self.keep is None:
            yield from _in_turn(self._worked(work, _tasks(starts, at_once)))
        else:
            parts = self._opened(work, starts, self.keep)
            yield from self._gone_on(work, starts, at_once, parts)

    def _gone_on(
        self,
        work: Work,
        starts: SortedPlaces,
        at_once: int,
        parts: Parts,
    ) -> InTurn:
        """Yield what was answered before with what is answered now, which is kept too."""
        keys = {key for key, _ in _tasks(starts, at_once)}
        done = _done(parts, keys)
        fresh = (task for task in _tasks(starts, at_once) if task[0] not in done)

        # no worker is set up when all was answered before
        coming = iter(()) if done == keys else self._worked(work, fresh)
        with _going_on(parts):
            yield from _in_turn(_kept(coming, parts), parts, done)

    def _worked(self, work: Work, tasks: Tasks) -> Answers:
        """Yield the answers of chunks as they come."""
        if self.hands.are_here:
            # nothing is shipped
            return ((key, work(chunk, self.world)) for key, chunk in tasks)

        # all that a worker needs goes once, and the chunks after it are small
        content = self.world.shipped()
        job = Job(READY[work.__name__], content, _sha256(content))
        return run(
            tasks,
            job,
            executor=self.hands.executor,
            address=self.hands.address,
            workers=self.hands.crew(len(content)),
        )

    def _opened(
        self,
        work: Work,
        starts: SortedPlaces,
        keep: Keep,
    ) -> Parts:
        """Open what is kept of this run, by the hashes of all that its answers hang on."""
        # the place of an origin counts as well as its id: either changes the answer
        places = [starts.ids, list(starts.lon), list(starts.lat)]
        asked = {
            "network": _sha256(network_bytes(self.world.roads)),
            "origins": _sha256(repr(places).encode()),
            "destinations": _sha256(self.world.stops_bytes() or b""),
            "question": [work.__name__, *map(float, self.world.minutes)],
            "versions": versions(),
        }
        parts = Parts.beside(keep.target, asked)
        parts.open(resume=keep.resume, changed=_CHANGED)
        return parts


@contextmanager
def _going_on(parts: Parts) -> Iterator[None]:
    """Say of a run that breaks off how to go on with it; nothing answered leaves no folder."""
    try:
        yield
    except AnalysisError as error:
        raise AnalysisError(f"{error}; {GO_ON}") from error
    finally:
        parts.forget_empty()


def _done(parts: Parts, keys: set[Key]) -> set[Key]:
    """Return the chunks that were answered before."""
    done = set(parts.done())

    # cut otherwise, chunks would leave gaps between origins or answer some twice
    if done - keys:
        raise InputError(f"'{parts.folder}' is cut otherwise than this run; remove that folder")
    return done


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tasks(starts: SortedPlaces, at_once: int) -> Answers:
    """Yield the origins in chunks, under the numbers that they run from and to."""
    pa = arrow()
    lon, lat = starts.lon, starts.lat
    for first in range(0, len(lon), at_once):
        # the last chunk is what is left
        last = min(first + at_once, len(lon))
        columns = {
            "row": pa.array(range(first, last), pa.int64()),
            "lon": pa.array(lon[first:last], pa.float64()),
            "lat": pa.array(lat[first:last], pa.float64()),
        }
        yield (first, last), pa.RecordBatch.from_pydict(columns)


def _kept(coming: Answers, parts: Parts) -> Answers:
    """Keep answers as they come."""
    for key, answer in coming:
        # kept before it is told: who breaks off meanwhile loses nothing
        parts.keep(key, answer)
        yield key, answer


def _in_turn(
    coming: Answers,
    parts: Parts | None = None,
    done: Iterable[Key] = (),
) -> InTurn:
    """Bring answers into the order of the origins; what comes early waits, and what was kept is
    read when its turn comes.
    """
    # what was kept waits without its rows: they are read one chunk at a time
    waiting: dict[int, tuple[int, Any]] = {first: (last, None) for first, last in done}
    reached = 0

    def ready() -> InTurn:
        nonlocal reached

        # one chunk that comes may set free many that waited for it
        while reached in waiting:
            last, answer = waiting.pop(reached)
            if answer is None and parts is not None:
                answer = _read(parts, (reached, last))
            reached = last
            yield reached, answer

    yield from ready()
    for (first, last), part in coming:
        waiting[first] = last, part
        yield from ready()


def _read(parts: Parts, key: Key) -> pa.RecordBatch:
    """Return a kept answer; one that is of other origins is refused."""
    table = parts.read(key)

    # a folder may be touched by others: what is read is held against its name
    rows = set(table.column("row").to_pylist()) if "row" in table.column_names else set()
    if rows != set(range(*key)):
        raise parts.unsound(key, f"is not of the origins {key[0] + 1} to {key[1]}")
    return table.combine_chunks().to_batches()[0]


def origins_at_once(destinations: int) -> int:
    """Return how many origins go at once: fewer, where each has its time to many destinations."""
    return max(1, min(AT_ONCE, TIMES_AT_ONCE // max(1, destinations)))
