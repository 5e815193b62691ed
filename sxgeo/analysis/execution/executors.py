"""Who runs the chunks: this process, several, a Dask cluster, or Spark.

Each takes chunks and yields answers as they come.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import AnalysisError, InputError, UsageError, unknown
from ...files.libraries import library
from .job import Job, Work, arrow, from_bytes, to_bytes

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext

    import pyarrow as pa
    from pyspark.sql import SparkSession

Key = tuple[int, int]
"""The first and the last but one row of a chunk in the order of the run."""
Tasks = Iterable[tuple[Key, Any]]
Answers = Iterator[tuple[Key, Any]]
Executor = Callable[[Tasks, Job], Answers]
TRIES = 3
"""How often a chunk is tried whose worker ended."""
AHEAD = 2
"""Chunks that wait for each worker: bounds the memory."""
CONNECT_S = 20


def run(
    tasks: Tasks,
    job: Job,
    *,
    executor: str,
    address: str | None,
    workers: int,
) -> Answers:
    """Answer chunks by an executor.

    Parameters
    ----------
    tasks
        Keys and record batches, taken as they are needed.
    job
        What answers them.
    executor
        One of :data:`EXECUTORS`.
    address
        Of a Dask scheduler (``tcp://host:8786``), a Spark Connect server (``sc://host:15002``) or a
        Spark master; None starts a local one.
    workers
        Processes or partitions at a time, where this process starts them.

    Yields
    ------
    key, answer
        In any order, each chunk once.

    Raises
    ------
    UsageError
        If the executor is unknown, takes no address, or its library is not installed.
    InputError
        If the address does not answer.
    AnalysisError
        If workers keep ending, or the cluster is lost on the way.
    """
    if executor not in EXECUTORS:
        raise unknown("executor", executor, EXECUTORS)

    # an address that nobody uses would let one believe that a cluster works
    if address is not None and executor in ("serial", "processes"):
        raise UsageError(
            f"executor '{executor}' runs on this machine and takes no address; choose dask or"
            " spark, or drop it"
        )
    if executor == "serial":
        return _serial(tasks, job)
    if executor == "processes":
        return _processes(tasks, job, workers)
    return (
        _dask(tasks, job, address, workers)
        if executor == "dask"
        else _spark(tasks, job, address, workers)
    )


EXECUTORS = ("serial", "processes", "dask", "spark")


def _serial(tasks: Tasks, job: Job) -> Answers:
    for key, chunk in tasks:
        yield key, job.answer(chunk)


# Processes of this machine


@dataclass(eq=False)
class _Hand:
    """A process that works, the pipe to it, and the chunk that it was given."""

    process: Any
    pipe: Connection
    key: Key | None = None
    chunk: bytes = b""

    @classmethod
    def hired(cls, context: SpawnContext, job: Job) -> _Hand:
        """Start a process."""
        pipe, theirs = context.Pipe()
        process = context.Process(
            target=_work,
            args=(theirs, job),
            daemon=True,
        )
        process.start()
        theirs.close()
        return cls(process, pipe)

    def dismiss(self) -> None:
        """End the process."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _work(pipe: Connection, job: Job) -> None:
    """Answer chunks until the pipe closes: what a process does all its life."""
    with suppress(EOFError, KeyboardInterrupt, OSError):  # the run ended, or was broken off
        while True:
            chunk = pipe.recv_bytes()
            try:
                told = (True, job.answer_bytes(chunk))
            except Exception as error:  # it is raised again where the run is
                pipe.send((False, error))
            else:
                pipe.send(told)


class _Crew:
    """Processes that work, each with a pipe of its own: one that ends takes nothing with it but its
    chunk, which is tried again.
    """

    def __init__(
        self,
        tasks: Tasks,
        job: Job,
        workers: int,
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._job, self._workers = job, workers
        self._waiting, self._again = iter(tasks), list[tuple[Key, bytes]]()
        self._tried: dict[Key, int] = {}
        self._hands: list[_Hand] = []

    @property
    def busy(self) -> list[_Hand]:
        """Those that have a chunk."""
        return [hand for hand in self._hands if hand.key is not None]

    def give(self) -> None:
        """Give every idle process a chunk, and hire one where there is none to give it to."""
        idle = [hand for hand in self._hands if hand.key is None]
        while idle or len(self._hands) < self._workers:
            task = self._next()
            if task is None:
                return
            hand = idle.pop() if idle else self._hired()
            hand.key, hand.chunk = task

            # a process may have ended while nobody looked
            try:
                hand.pipe.send_bytes(hand.chunk)
            except OSError:
                self._lose(hand)

    def answer_of(self, hand: _Hand) -> tuple[Key, Any] | None:
        """Return what a process has sent; None where it has ended, and its chunk is tried again."""
        key = hand.key

        # a process that is killed closes its pipe: that is all one hears of it
        try:
            good, answer = hand.pipe.recv()
        except (EOFError, OSError):
            self._lose(hand)
            return None
        if not good:
            raise answer
        hand.key = None
        return None if key is None else (key, answer)

    def dismiss(self) -> None:
        """End all processes."""
        for hand in self._hands:
            hand.dismiss()

    def _next(self) -> tuple[Key, bytes] | None:
        # a chunk that was lost goes before a fresh one, else the memory it holds waits to the end
        if self._again:
            return self._again.pop()
        return next(((key, to_bytes(chunk)) for key, chunk in self._waiting), None)

    def _hired(self) -> _Hand:
        hand = _Hand.hired(self._context, self._job)
        self._hands.append(hand)
        return hand

    def _lose(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        hand.dismiss()
        key = hand.key
        if key is None:
            return
        self._tried[key] = self._tried.get(key, 0) + 1

        # a chunk that ends every process it is given to would end them for ever
        if self._tried[key] >= TRIES:
            raise AnalysisError(
                f"worker processes ended {TRIES} times over the rows {key[0] + 1} to {key[1]} of"
                " the run, perhaps for want of memory; give more of it, or fewer workers"
            )
        self._again.append((key, hand.chunk))


def _processes(
    tasks: Tasks,
    job: Job,
    workers: int,
) -> Answers:
    """Run chunks on processes of this machine."""
    crew = _Crew(tasks, job, workers)
    try:
        # every process is busy before the first answer is waited for
        crew.give()
        while busy := {id(hand.pipe): hand for hand in crew.busy}:
            for pipe in wait([hand.pipe for hand in busy.values()]):
                told = crew.answer_of(busy[id(pipe)])
                if told is None:
                    continue
                crew.give()  # before the answer is written, so that nobody waits for that
                yield told[0], from_bytes(told[1])
            crew.give()
    finally:
        crew.dismiss()


# Dask


def _dask(
    tasks: Tasks,
    job: Job,
    address: str | None,
    workers: int,
) -> Answers:
    distributed = library("distributed", "executor 'dask' needs Dask", UsageError)
    with _quiet("distributed"), _dask_client(distributed, address, workers) as client:
        try:
            yield from _by_dask(distributed, client, tasks, job, workers)
        except (
            distributed.scheduler.KilledWorker,
            distributed.client.FutureCancelledError,
        ) as error:
            raise AnalysisError(f"the Dask cluster lost a chunk ({error})") from error
        except (OSError, distributed.comm.core.CommClosedError, TimeoutError) as error:
            raise AnalysisError(f"the Dask scheduler was lost ({error})") from error


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library from logging the faults that are told here in one line."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _dask_client(
    distributed: ModuleType,
    address: str | None,
    workers: int,
) -> Iterator[Any]:
    if address is None:
        # no dashboard: it would open a port that nobody asked for
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        )
        with cluster, distributed.Client(cluster) as client:
            yield client
        return
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no Dask scheduler answers at '{address}' ({error}); start one, or drop --address"
        ) from error
    with client:
        yield client


# `client` is one of distributed, whose methods have no types
def _by_dask(
    library: ModuleType,
    client: Any,
    tasks: Tasks,
    job: Job,
    workers: int,
) -> Answers:
    send = _Sender(client, job)
    waiting = iter(tasks)

    # as many chunks are under way as the cluster bears, not as there are: the rest stays unread
    several = max(workers, _hands_of(client)) * AHEAD
    running = library.as_completed([send.chunk(task) for task in islice(waiting, several)])
    for future in running:
        answer = from_bytes(future.result())
        key = send.keys.pop(future.key)

        # what is answered need not stay in the memory of the cluster
        future.release()
        yield key, answer
        if (task := next(waiting, None)) is not None:
            running.add(send.chunk(task))


def _hands_of(client: Any) -> int:
    # of all workers: the library tells of five where it is not asked for more
    return len(client.scheduler_info(n_workers=-1)["workers"])


class _Sender:
    """Sends chunks to a Dask cluster, whose workers have the content of the job once."""

    def __init__(self, client: Any, job: Job) -> None:
        self._client, self._job = client, job

        # one Arrow table, not a list, which scatter would split
        content = arrow().table({"content": [job.content]})
        self._shipped = client.scatter(content, broadcast=True, hash=False)
        self.keys: dict[str, Key] = {}

    def chunk(self, task: tuple[Key, Any]) -> Any:
        """Send a chunk, and return its future."""
        key, chunk = task
        future = self._client.submit(
            _dask_answer,
            to_bytes(chunk),
            self._shipped,
            self._job.ready,
            self._job.sha256,
            pure=False,
            retries=TRIES,
        )

        # Dask gives answers back in any order: the key says whose they are
        self.keys[future.key] = key
        return future


def _dask_answer(
    chunk: bytes,
    table: pa.Table,
    ready: Callable[[bytes, str], Work],
    sha256: str,
) -> bytes:
    """Answer a chunk on a worker, which makes the function when the first of them comes."""
    made = _KEPT.get(sha256)
    if made is None:
        # one job is kept, the last: a worker that served another run before lets go of its content
        made = Job(ready, table.column("content")[0].as_py(), sha256)
        _KEPT.clear()
        _KEPT[sha256] = made
    return made.answer_bytes(chunk)


_KEPT: dict[str, Job] = {}
"""The job of a Dask worker, so that its content is not copied for every chunk."""

# Spark


def _spark(
    tasks: Tasks,
    job: Job,
    address: str | None,
    workers: int,
) -> Answers:
    sql = library("pyspark.sql", "executor 'spark' needs Spark Connect", UsageError)

    # workers of a local Spark must run this very Python, not the first on the path
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("RUST_LOG", "error")  # of the local server, which tells its day otherwise
    with _spark_session(sql.SparkSession, address) as session:
        waiting = iter(tasks)
        while some := list(islice(waiting, workers * AHEAD)):
            yield from _by_spark(session, some, job, workers)


@contextmanager
def _with_a_file() -> Iterator[None]:
    """Give a program of a single string (`python -c`) the name of a file meanwhile: pyspark takes
    one without for its own doctests, and ends it.
    """
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = "<string>"
    try:
        yield
    finally:
        del main.__file__


@contextmanager
def _spark_session(builder: type[SparkSession], address: str | None) -> Iterator[SparkSession]:
    with _spark_server() if address is None else _named(address) as place:
        _refuse_silent(place)
        try:
            start = (
                builder.builder.remote(place)
                if place.startswith("sc://")
                else builder.builder.master(place)
            )
            with _with_a_file():
                session = start.getOrCreate()

            # a session is made without a word to the server: only a question shows whether it
            # answers
            session.range(1).count()
        except Exception as error:  # of gRPC, of Py4J or of pyspark: there is no common tree
            raise InputError(
                f"no Spark answers at '{place}' ({_first_line(error)}); start it, or drop --address"
            ) from error
        with closing(_Stopping(session)):
            yield session


def _refuse_silent(place: str) -> None:
    """Refuse an address at which nobody listens: Spark's own client would try for minutes."""
    parts = urlsplit(place)
    if parts.scheme not in ("sc", "spark"):
        return
    try:
        socket.create_connection(
            (parts.hostname or "", parts.port or 15002), timeout=CONNECT_S
        ).close()
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Spark answers at '{place}' ({error}); start it, or drop --address"
        ) from error


class _Stopping:
    """Stops a session, whatever became of its server."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def close(self) -> None:
        with suppress(Exception):
            self._session.stop()


@contextmanager
def _named(address: str) -> Iterator[str]:
    yield address


@contextmanager
def _spark_server() -> Iterator[str]:
    """Start a Spark Connect server of this machine, on the loopback alone."""
    need = "executor 'spark' needs --address sc://HOST:15002, or else Sail"
    server = library("pysail.spark", need, UsageError).SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        _, port = server.listening_address
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.stop()


def _by_spark(
    session: SparkSession,
    tasks: list[tuple[Key, Any]],
    job: Job,
    workers: int,
) -> Answers:
    chunks = _spark_table(tasks)
    work = partial(_spark_answers, job=job)
    try:
        frame = session.createDataFrame(chunks).repartition(min(workers, len(tasks)))

        # in rounds of so many chunks: Spark would otherwise want all of them before the first
        # answer
        answers = frame.mapInArrow(work, "place long, answer binary").toArrow()
    except Exception as error:  # of gRPC, of Py4J or of pyspark: there is no common tree
        raise AnalysisError(f"Spark gave no answer ({_first_line(error)})") from error
    places, contents = (answers[name].to_pylist() for name in ("place", "answer"))
    for place, content in zip(places, contents, strict=True):
        yield tasks[place][0], from_bytes(content)


def _spark_table(tasks: list[tuple[Key, Any]]) -> pa.Table:
    """Return chunks as rows, each with its place in the round: Spark keeps no order."""
    pa = arrow()
    places = pa.array(range(len(tasks)), pa.int64())
    return pa.table({"place": places, "chunk": [to_bytes(chunk) for _, chunk in tasks]})


def _spark_answers(batches: Iterable[Any], *, job: Job) -> Iterator[Any]:
    pa = arrow()
    for batch in batches:
        chunks = batch.column("chunk").to_pylist()
        answers = [job.answer_bytes(chunk) for chunk in chunks]
        yield pa.RecordBatch.from_arrays(
            [
                batch.column("place"),
                pa.array(answers, pa.binary()),
            ],
            names=["place", "answer"],
        )


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
