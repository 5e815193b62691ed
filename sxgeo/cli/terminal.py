"""What the commands share: streams and signals, remarks on stderr, answers on stdout, progress,
their inputs.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import InputError, SxgeoError, UsageError
from ..files.contents import named_path, read_toml
from ..files.writing import write_text
from ..version import __version__

if TYPE_CHECKING:
    from types import FrameType

_LOG = logging.getLogger("sxgeo")
WORKSPACE_FILE = "sxgeo.toml"
"""Name of the workspace file that is found by itself in the folder of the run."""
_MANY = 50
_NO_FILES = ("map", "output", "target", "cache")
"""Arguments that are paths and no inputs."""
_CALLED = {
    "sites": "site",
    "files": "site",
    "origin_file": "origins",
}
"""How the files of an argument are called, where not by its name."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: unwind, so that drafts are cleared on the way out."""


@contextmanager
def stopped_whole() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind as an interrupt does; they would leave drafts behind
    otherwise.
    """
    # signals reach the main thread alone; elsewhere the host decides how a run ends
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated(number)

    taken = _ours_to_take()
    for number in taken:
        signal.signal(number, unwind)
    try:
        yield
    finally:
        for number, old in taken.items():
            signal.signal(number, old)


# Any: what a signal does is a number, a function or nothing.
def _ours_to_take() -> dict[int, Any]:
    """Return the signals that end a program, and what they do now; one that a parent told us to
    ignore (nohup) stays ignored.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    return {number: old for number, old in before.items() if old == signal.SIG_DFL}


class _Closed(io.TextIOBase):
    """Stands for a standard output that was closed before the run began."""

    def write(self, _text: str) -> int:
        raise InputError(
            "standard output is closed, the answer has nowhere to go: give -o FILE, or open it"
        )


def open_streams() -> None:
    """Make standard streams speak UTF-8, and closed ones harmless.

    A file opened later would take the number of a closed stream, and what a library prints would
    land in it.
    """
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(number, True)
        os.close(number)

    # an answer that goes nowhere is refused when it is written, not before
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    # a file name may hold bytes that are no text, and must not break off an answer
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def forsaken() -> None:
    """Send what is still to be written to nowhere: nobody reads standard output any more."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def find_workspace(args: argparse.Namespace) -> None:
    """Take `./sxgeo.toml` where the command knows a workspace and none was named, and say so
    first.
    """
    args.workspace_found = False
    if not hasattr(args, "no_workspace") or args.workspace is not None or args.no_workspace:
        return
    here = Path(WORKSPACE_FILE)
    if here.is_file():
        args.workspace, args.workspace_found = here, True
        remark(found_words(here))


def found_words(workspace: Path) -> str:
    """Say which workspace was found by itself."""
    return (
        f"工作区 workspace: ./{workspace.name}（自动找到 found by itself；不用则 to refuse it:"
        " --no-workspace）"
    )


def inputs_of(args: argparse.Namespace) -> list[tuple[str, Path]]:
    """Return what each input of a command is, and its path: whatever it was given by name, and what
    a workspace names.
    """
    found: list[tuple[str, Path]] = []
    for name, value in sorted(vars(args).items()):
        if name in _NO_FILES:
            continue
        what = f"{_CALLED.get(name, name.replace('_', ' '))} file"
        for given in value if isinstance(value, (list, tuple)) else (value,):
            found += [(what, path) for path in _paths_in(given)]
    return found + _named_by(vars(args).get("workspace"))


def _paths_in(given: Any) -> list[Path]:
    """Return the files that an argument may name: whole, behind ``KEY=``, before ``:LAYER``."""
    if isinstance(given, Path):
        return [given]
    if not isinstance(given, str) or given == "-":
        return []
    behind = given.partition("=")[2]
    texts = dict.fromkeys(
        [
            given,
            behind,
            given.rpartition(":")[0],
            behind.rpartition(":")[0],
        ]
    )
    return [Path(text) for text in texts if text and is_there(text)]


def is_there(text: str) -> bool:
    """Whether a text is the name of something on the disk; one that cannot be is not."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def _named_by(workspace: Path | None) -> list[tuple[str, Path]]:
    if workspace is None:
        return []
    try:
        parsed, _ = read_toml(workspace, "workspace file")
    except SxgeoError:  # it is refused, with its reason, by who reads it
        return []
    return [
        (f"{key.replace('_', ' ')} file", named_path(workspace.parent, entry["file"]))
        for key, value in parsed.items()
        for entry in _tables(value)
        if isinstance(entry.get("file"), str)
    ]


def _tables(value: object) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def remark(text: str) -> None:
    """Say something beside the answer, on stderr; nothing in a run that is to be quiet."""
    if _LOG.level <= logging.INFO:
        complain(text)


def complain(text: str) -> None:
    """Say on stderr why there is no answer."""
    print(f"sxgeo: {text}", file=sys.stderr)


@contextmanager
def talking(how: str) -> Iterator[None]:
    """Let a run be ``quiet`` (no remarks), ``verbose`` (what libraries log goes to stderr too), or
    neither.
    """
    # loggers outlive a run: what is set here is put back, for the next run of the process
    root, before = logging.getLogger(), _LOG.level
    handler = logging.StreamHandler(sys.stderr) if how == "verbose" else None
    level = root.level
    _LOG.setLevel(
        logging.WARNING if how == "quiet" else logging.DEBUG if how == "verbose" else before
    )
    if handler is not None:
        handler.setFormatter(logging.Formatter("%(name)s %(levelname)s: %(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        _LOG.debug("sxgeo %s, Python %s", __version__, sys.version.split()[0])
    try:
        yield
    finally:
        _LOG.setLevel(before)
        if handler is not None:
            root.removeHandler(handler)
            root.setLevel(level)


def emit(text: str, output: Path | None) -> None:
    """Write an answer to stdout, or whole or not at all to a file."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_text(text, output)
        remark(f"wrote {output}")


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the garbage collector while modules load: they make no garbage, and scanning them costs
    a tenth of a run.
    """
    gc.disable()
    try:
        yield
    finally:
        # what was loaded stays to the end of the run: it need not be looked at again
        gc.freeze()
        gc.set_threshold(
            50_000, 20, 20
        )  # a run makes many small lasting values: look for garbage less often
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


def progress(
    text: str,
    few: int = _MANY,
    *,
    always: bool = False,
) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Wrap an iterable so that a long run shows its progress on stderr, a short one nothing."""

    def wrap(items: Iterable[Any]) -> Iterable[Any]:
        known = list(items)

        # a bar in a file of a log would be noise
        if not always and (len(known) < few or not sys.stderr.isatty()):
            return known
        if not sys.stderr.isatty():
            return _told(known, text)
        from .bars import tracked  # rich: only a terminal needs it

        return tracked(known, text, transient=not always)

    return wrap


def _told(items: Sequence[Any], text: str) -> Iterator[Any]:
    """Run through items and write a line at each whole percent: what reads stderr is a program."""
    said = -1
    for number, item in enumerate(items):
        share = 100 * number // len(items)
        if share > said:
            print(f"{text} {share} %", file=sys.stderr, flush=True)
            said = share
        yield item
    print(f"{text} 100 %", file=sys.stderr, flush=True)


@contextmanager
def counting(text: str, *, always: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """Give what a long run tells how many of how many are done, to be shown on stderr; None where
    nobody looks.
    """
    if not always and not sys.stderr.isatty():
        yield None
        return
    from .bars import counted  # rich: only a terminal needs it

    with counted(text, transient=not always) as tick:
        yield tick


def dump(value: object) -> int:
    """Write a value to stdout as JSON; return 0."""
    emit(
        json.dumps(
            value,
            ensure_ascii=False,
            indent=2,
            allow_nan=False,
        )
        + "\n",
        None,
    )
    return 0


@contextmanager
def going_on(output: Path) -> Iterator[None]:
    """Say of a run that is broken off that it may go on."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        remark(
            f"broken off; what was answered is kept in {output.name}.parts: run again with"
            " --resume to go on"
        )
        raise
