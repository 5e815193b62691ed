"""Let commands run into faults: kill them, fill the disk, break their files, change what they read.

    python scripts/faults.py --runs 200 --seed 1           two hundred runs, drawn with a seed
    python scripts/faults.py --only 17 --seed 1            run 17 of that seed once more, with its words
    python scripts/faults.py --list                        the commands and the faults

Every run is a process of its own, forked from one that has read the package. A fault strikes at a
step of the run (a file opened, moved, removed, a folder made), so that the same seed strikes at the
same place. After it must hold: the target is as it was or whole; an answer that counts is whole; no
file that was read is changed; no words of the interpreter; nothing is left, or what a killed run
left is gone after the next. Exit 1 when one of them does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "examples" / "sites" / "survey.txt"
DRAFTS = ".sxgeo-drafts"
KILLS = {"SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL, "SIGINT": signal.SIGINT}
_STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir")
_LIMIT_S = 180.0
_OLD = b"what stood here before\n"


@dataclass(frozen=True, slots=True)
class Command:
    """A command to run: its arguments, `{in}` and `{out}` being files in a folder of its own."""

    name: str
    argv: tuple[str, ...]
    source: str
    target: str
    weight: int = 4
    new: bool = False
    """It refuses to write over a file that is there."""


def _check(source: str, target: str, *more: str) -> Command:
    listed = {
        "s.csv": ("--assume", "shape=points"),
        "s.xlsx": ("--assume", "shape=points"),
        "s.dxf": ("--assume", "datum=CGCS2000"),
    }.get(source, ())
    argv = ("check", "{in}", *listed, *more, "-o", "{out}")
    return Command(f"check {' '.join((*more, source))} -> {target}", argv, source, target)


COMMANDS = (
    *(_check(s, "a.json") for s in ("s.txt", "s.csv", "s.kml", "s.geojson", "s.gpkg", "s.dxf", "s.xlsx", "s.zip")),
    *(_check("s.geojson", f"a.{form}") for form in ("txt", "geojson", "gpkg", "xlsx", "docx", "html")),
    *(_check("s.csv", f"a.{form}", "--batch") for form in ("csv", "jsonl", "parquet", "gpkg", "xlsx")),
    Command("inspect", ("inspect", "{in}"), "s.kml", ""),
    Command("reach -> geojson", ("reach", "112.7,38.1", "--minutes", "10", "-o", "{out}"), "", "r.geojson", 1),
    Command("reach -> gpkg", ("reach", "112.7,38.1", "--minutes", "10", "-o", "{out}"), "", "r.gpkg", 1),
    Command("map", ("map", "taixin", "-o", "{out}"), "", "m.html", 1),
    Command("layers template", ("layers", "template", "heritage_sites", "-o", "{out}"), "", "t.gpkg", new=True),
    Command("replay", ("replay", "{in}"), "s.json", ""),
)  # fmt: skip


@dataclass(slots=True)
class Fault:
    """What happens in a run, at which of its steps."""

    name: str
    share: float
    words: str = ""

    def __str__(self) -> str:
        return f"{self.name} at {self.share:.3f} of its steps"


FAULTS = (
    *KILLS,
    "full disk",
    "no such right",
    "bad sector",
    "short disk",
    "truncated input",
    "input emptied",
    "input grown",
    "input replaced",
    "input gone",
    "slow disk",
)


@dataclass(slots=True)
class Ran:
    """What came of a run."""

    code: int
    words: str
    files: dict[str, bytes]
    left: list[str]
    steps: int
    temporary: list[str] = field(default_factory=list)
    struck: str = ""
    """The step that the fault struck."""

    @property
    def may_leave(self) -> bool:
        """Whether it was hindered from clearing up: the next run has to do it."""
        return self.struck in ("os.remove", "os.rmdir", "os.listdir")


# plots to read
# ------------------------------------------------------------------------------------------


def write_sources(folder: Path, east: float = 112.6) -> dict[str, bytes]:
    """Write one good file of each kind, its plots from a longitude on, and return what stands in
    them.
    """
    import geopandas as gpd
    import shapely

    from sxgeo.sites.read import read_sites

    shutil.copy(PLOT, folder / "s.txt")
    plots = [shapely.box(east + i / 50, 38.0, east + 0.01 + i / 50, 38.01) for i in range(6)]
    frame = gpd.GeoDataFrame(
        {"site_id": [f"地块{i}" for i in range(6)]}, geometry=plots, crs="EPSG:4490"
    )
    frame.to_file(folder / "s.geojson")
    frame.to_file(folder / "s.gpkg")
    frame.to_file(folder / "s.shp", encoding="utf-8")
    with_parts = [f"s.{suffix}" for suffix in ("shp", "shx", "dbf", "prj", "cpg")]
    import zipfile

    with zipfile.ZipFile(folder / "s.zip", "w") as archive:
        for name in with_parts:
            archive.write(folder / name, name)
            (folder / name).unlink()
    rows = ["编号,经度,纬度,精度", *(f"P{i},{east + i / 100:.2f},38.0,1" for i in range(40))]
    (folder / "s.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rings = "".join(
        f"<Placemark><name>{i}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        + " ".join(f"{x},{y}" for x, y in plot.exterior.coords)
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for i, plot in enumerate(plots)
    )
    kml = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{rings}</Document></kml>'
    (folder / "s.kml").write_text(kml, encoding="utf-8")
    import ezdxf
    import openpyxl

    drawing = ezdxf.document.Drawing.new("R2010")
    corners = [(38420000, 4207000), (38420100, 4207000), (38420100, 4207100)]
    drawing.modelspace().add_lwpolyline(corners, close=True)
    drawing.saveas(folder / "s.dxf")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row.split(","))
    book.save(folder / "s.xlsx")
    from sxgeo.analysis.conflicts.check import check_sites

    report = check_sites(read_sites(folder / "s.geojson"))
    (folder / "s.json").write_text(report.to_json(), encoding="utf-8")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


# one run
# ------------------------------------------------------------------------------------------


class _Steps:
    """Counts the steps of a run and lets the fault strike at its own."""

    def __init__(self, at: int, strike: Callable[[str, tuple[Any, ...]], None]) -> None:
        self.count, self.at, self.strike, self.armed = 0, at, strike, True
        self.struck = ""

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.armed or event not in _STEPS:
            return
        self.count += 1
        if self.count == self.at:
            self.armed, self.struck = False, event
            try:
                self.strike(event, args)
            finally:
                self.armed = True


def _striking(
    fault: Fault | None, source: Path, more: bytes
) -> Callable[[str, tuple[Any, ...]], None]:
    """Return what the fault does when its step comes."""
    import errno

    def strike(event: str, args: tuple[Any, ...]) -> None:
        if fault is None:
            return
        if fault.name in KILLS:
            os.kill(os.getpid(), KILLS[fault.name])
            time.sleep(0.01)
        elif fault.name == "full disk":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif fault.name == "no such right":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        elif fault.name == "bad sector":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        elif fault.name == "slow disk":
            time.sleep(0.2)
        elif fault.name == "input emptied":
            source.write_bytes(b"")
        elif fault.name == "input grown":
            source.write_bytes(source.read_bytes() + more[: max(1, len(more) // 2)])
        elif fault.name == "input replaced":
            beside = source.with_name("beside")
            beside.write_bytes(more)
            beside.replace(source)
        elif fault.name == "input gone":
            source.unlink()

    return strike


def run(
    command: Command,
    fault: Fault | None,
    folder: Path,
    *,
    steps: int = 0,
    size: int = 0,
    more: bytes = b"",
) -> Ran:
    """Run a command in a folder, with a fault or without; return what came of it."""
    temporary, spoken = folder.parent / "temporary", folder.parent / "words"
    temporary.mkdir(exist_ok=True)
    sources = {"{in}": str(folder / command.source), "{out}": str(folder / command.target)}
    argv = [sources.get(a, a) for a in command.argv]
    counted = folder.parent / "steps"
    at = 1 + int(fault.share * max(steps, 1)) if fault else 0
    child = os.fork()
    if child == 0:
        _child(argv, fault, at, folder / command.source, more, size, spoken, counted, temporary)
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - began > _LIMIT_S:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            status = -1
            break
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(status) if status != -1 else 999
    files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}
    left = [p.name for p in sorted(folder.iterdir()) if not p.is_file()]
    count, _, struck = counted.read_text().partition(" ") if counted.exists() else ("0", "", "")
    counted.unlink(missing_ok=True)
    rest = sorted(p.name for p in temporary.iterdir())
    words = spoken.read_text(encoding="utf-8", errors="replace")
    shutil.rmtree(temporary, ignore_errors=True)
    return Ran(code, words, files, left, int(count), rest, struck)


def _child(
    argv: Sequence[str],
    fault: Fault | None,
    at: int,
    source: Path,
    more: bytes,
    size: int,
    spoken: Path,
    counted: Path,
    temporary: Path,
) -> None:
    from sxgeo.cli.main import main

    code = 1
    try:
        said = os.open(spoken, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(said, 2)
        os.chdir(source.parent)
        tempfile.tempdir = str(temporary)
        os.environ["TMPDIR"] = str(temporary)
        if fault is not None and fault.name == "short disk":
            import resource

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            most = max(1, int(fault.share * size))
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        counter = _Steps(at, _striking(fault, source, more))
        sys.addaudithook(counter.hook)
        try:
            code = main(list(argv))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            import traceback

            os.write(said, traceback.format_exc().encode("utf-8"))
            code = 1
        counter.armed = False
        with contextlib.suppress(BaseException):  # a process of its own would do that at its end
            sys.modules["openpyxl.worksheet._writer"]._openpyxl_shutdown()
        with contextlib.suppress(OSError):
            counted.write_text(f"{counter.count} {counter.struck}")
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os._exit(code)


# what must hold
# ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """What a command does without a fault."""

    code: int
    content: bytes
    steps: int


def faults_of(
    command: Command,
    fault: Fault,
    ran: Ran,
    plain: Plain,
    sources: Mapping[str, bytes],
    old: bytes | None,
    other: bytes | None = None,
) -> list[str]:
    """Say what does not hold after a run; `other` is the answer of what the input was replaced by."""
    told = []
    changes_input = fault.name.startswith("input") or fault.name == "truncated input"
    target = ran.files.get(command.target) if command.target else None
    if "Traceback" in ran.words:
        told.append("words of the interpreter")
    if ran.code == 999:
        told.append("it hangs")
    if command.target:
        whole = target == plain.content
        if not whole and target != old and not changes_input:
            told.append(
                f"the target is half written ({0 if target is None else len(target)} bytes)"
            )
        if changes_input and target not in (old, None) and not _is_whole(command.target, target):
            told.append("the target cannot be read")
        if fault.name == "input replaced" and target not in (old, None, plain.content, other):
            told.append("the answer is of neither file, or of both")
        counts = ran.code in (0, 10, 11, 12, 13)
        if counts and target == old and not whole:
            told.append(f"exit {ran.code}, and the answer is not there")
    if fault.name in ("slow disk",) and ran.code != plain.code:
        told.append(f"exit {ran.code}, without a delay {plain.code}")
    if not changes_input:
        for name, content in sources.items():
            if ran.files.get(name) != content:
                told.append(f"what was read is changed: {name}")
    killed = fault.name in KILLS
    known = {command.target, command.source, *sources}
    unknown = sorted({*ran.files, *ran.left} - known)
    unknown = [name for name in unknown if not ((killed or ran.may_leave) and name == DRAFTS)]
    if unknown:
        told.append(f"left behind: {', '.join(unknown)}")
    if ran.temporary and not killed and not ran.may_leave:
        told.append(f"left in the folder for temporary files: {', '.join(ran.temporary[:3])}")
    if killed and fault.name != "SIGKILL" and ran.code < 0 and ran.code != -KILLS[fault.name]:
        told.append(f"it died of signal {-ran.code}")
    return told


def _is_whole(name: str, content: bytes) -> bool:
    """Whether an answer of another input is a whole file of its kind."""
    import io
    import zipfile

    if name.endswith((".json", ".geojson")):
        try:
            json.loads(content)
        except ValueError:
            return False
    if name.endswith((".xlsx", ".docx")):
        return zipfile.is_zipfile(io.BytesIO(content))
    if name.endswith(".gpkg"):
        return content[:15] == b"SQLite format 3"
    if name.endswith(".parquet"):
        return content[:4] == content[-4:] == b"PAR1"
    return True


def one(
    number: int,
    seed: int,
    plains: dict[str, Plain],
    sources: Mapping[str, bytes],
    others: Mapping[str, bytes],
) -> tuple[str, str, list[str], Ran]:
    """Draw a command and a fault, run them, and say what does not hold."""
    rng = random.Random(f"{seed}:{number}")
    command = rng.choices(COMMANDS, [c.weight for c in COMMANDS])[0]
    fitting = [f for f in FAULTS if command.source or "input" not in f]
    fitting = [f for f in fitting if command.target or f != "short disk"]
    fault = Fault(rng.choice(fitting), rng.random())
    old = rng.choice([None, _OLD]) if command.target and not command.new else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "desk"
        own = _laid_out(folder, command, sources, old)
        plain = plains.get(command.name) or _plainly(command, Path(name), sources)
        plains[command.name] = plain
        more = others.get(command.source, b"")
        other = None
        if fault.name == "input replaced" and command.target:
            key = f"{command.name} of another file"
            plains[key] = plains.get(key) or _plainly(command, Path(name), others, "other")
            other = plains[key].content
        if fault.name == "truncated input":
            whole = own[command.source]
            cut = whole[: int(fault.share * len(whole))]
            (folder / command.source).write_bytes(cut)
        ran = run(command, fault, folder, steps=plain.steps, size=len(plain.content), more=more)
        told = faults_of(command, fault, ran, plain, own, old, other)
        if (fault.name in KILLS or DRAFTS in ran.left) and not told:
            if command.new:
                (folder / command.target).unlink(missing_ok=True)
            again = run(command, None, folder)
            if again.code != plain.code or DRAFTS in again.left:
                told.append(f"the next run: exit {again.code}, left {again.left}")
            elif command.target and again.files.get(command.target) != plain.content:
                told.append("the next run gives another answer")
    return command.name, str(fault), told, ran


def _laid_out(
    folder: Path, command: Command, sources: Mapping[str, bytes], old: bytes | None
) -> dict[str, bytes]:
    folder.mkdir()
    own = {command.source: sources[command.source]} if command.source else {}
    for file, content in own.items():
        (folder / file).write_bytes(content)
    if old is not None:
        (folder / command.target).write_bytes(old)
    return own


def _plainly(
    command: Command, folder: Path, sources: Mapping[str, bytes], named: str = "plain"
) -> Plain:
    """Run a command without a fault, twice: the same bytes must come out."""
    rans = []
    for number in range(2):
        desk = folder / f"{named}{number}" / "desk"
        desk.parent.mkdir()
        _laid_out(desk, command, sources, None)
        rans.append(run(command, None, desk))
    contents = [r.files.get(command.target, b"") for r in rans]
    if contents[0] != contents[1]:
        raise SystemExit(f"{command.name} does not give the same bytes twice")
    if command.target and not contents[0]:
        raise SystemExit(f"{command.name} does not answer: exit {rans[0].code} {rans[0].words}")
    return Plain(rans[0].code, contents[0], rans[0].steps)


def main() -> int:
    """Run into faults; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one run of that seed, with its words")
    parser.add_argument("--list", action="store_true", help="name the commands and the faults")
    parser.add_argument("-o", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    if args.list:
        print("\n".join([*(c.name for c in COMMANDS), "", *FAULTS]))
        return 0
    sys.path.insert(0, str(ROOT))
    began = time.monotonic()
    plains: dict[str, Plain] = {}
    kinds: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        sources = write_sources(Path(name))
        others = write_sources(Path(name), 112.9)
        numbers = range(args.runs) if args.only is None else [args.only]
        for number in numbers:
            command, fault, told, ran = one(number, args.seed, plains, sources, others)
            kinds[fault.partition(" at ")[0]] += 1
            if told:
                wrong.append(
                    f"run {number} of seed {args.seed}: {command}, {fault}: {'; '.join(told)}"
                )
                print(wrong[-1], flush=True)
            if args.only is not None:
                print(f"{command}, {fault}: exit {ran.code}\n{ran.words}")
    counted = ", ".join(f"{kind} {kinds[kind]}" for kind in sorted(kinds))
    print(f"{len(numbers)} runs, seed {args.seed}, {len(wrong)} wrong: {counted}")
    print(f"{time.monotonic() - began:.0f} s")
    if args.o:
        told_all = {"seed": args.seed, "runs": len(numbers), "wrong": wrong, "kinds": dict(kinds)}
        args.o.write_text(json.dumps(told_all, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
