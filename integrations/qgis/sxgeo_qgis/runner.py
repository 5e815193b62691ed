"""Finds the program sxgeo and runs it; knows nothing of QGIS, so that it is tested without it."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

NEEDED = (0, 1)
"""Least version of sxgeo that this plugin calls."""
ANSWERS = frozenset({0, 5, 10, 11, 12, 13})
"""Exit codes with which sxgeo has written its answer."""
BAD_INPUT = 3
"""With it an answer may stand all the same: of the sites that could be read."""
_SHARE = re.compile(r"\b(\d{1,3}) ?%")


class ProgramError(Exception):
    """What went wrong, in words for the user; `key` and `values` name the text of words.py."""

    def __init__(self, key, **values):
        super().__init__(key, values)
        self.key, self.values = key, values


def find_program(configured=""):
    """Return the command that starts sxgeo, as a list.

    Parameters
    ----------
    configured
        What the user gave: the program, or a Python in which sxgeo is installed; empty looks in the usual places.
    """
    if configured:
        path = Path(configured).expanduser()
        if not path.is_file():
            raise ProgramError("not_sxgeo", path=configured, why="no such file")
        return [str(path), "-m", "sxgeo"] if path.stem.lower().startswith("python") else [str(path)]
    if found := shutil.which("sxgeo"):
        return [found]
    for folder in _usual_folders():
        for name in ("sxgeo.exe", "sxgeo"):
            if (folder / name).is_file():
                return [str(folder / name)]
    raise ProgramError("no_program")


def _usual_folders():
    home = Path.home()
    yield Path(sys.executable).parent
    yield Path(sys.executable).parent / "Scripts"
    yield from (home / ".local" / "bin", home / ".venv" / "bin", home / ".venv" / "Scripts")
    if local := os.environ.get("LOCALAPPDATA"):
        yield from sorted(Path(local, "Programs", "Python").glob("Python3*/Scripts"), reverse=True)


def version_of(command, timeout_s=60):
    """Return the version of the program as numbers.

    Raises
    ------
    ProgramError
        If it cannot be started, is no sxgeo, or is too old.
    """
    name = command[0]
    try:
        done = subprocess.run(
            [*command, "--version"],
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env=environment(),
            **_window(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError("not_sxgeo", path=name, why=str(error)) from error
    words = done.stdout.decode("utf-8", "replace").split()
    if done.returncode or len(words) < 2 or words[0] != "sxgeo":
        raise ProgramError(
            "not_sxgeo", path=name, why=_short(done.stderr) or "it does not tell its version"
        )
    numbers = tuple(int(part) for part in words[1].split(".")[:2] if part.isdigit())
    if numbers < NEEDED:
        raise ProgramError("too_old", found=words[1], needed=".".join(map(str, NEEDED)))
    return numbers


def run(
    command,
    arguments,
    *,
    say=lambda text: None,
    progress=lambda percent: None,
    cancelled=lambda: False,
    folder=None,
    answer=None,
):
    """Run sxgeo to its end.

    Parameters
    ----------
    command, arguments
        The program as :func:`find_program` gives it, and what is asked of it.
    say
        Called with each line that sxgeo writes beside its answer.
    progress
        Called with each percentage that stands in such a line.
    cancelled
        Asked several times a second; true ends the program.
    folder
        Where it runs.
    answer
        The file that it must have written.

    Returns
    -------
    code, out
        Exit code and standard output; any code but those of an answer is an error.

    Raises
    ------
    ProgramError
        If it fails, does not know the command, or was cancelled.
    """
    try:
        process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment(), **_window(),
        )  # fmt: skip
    except OSError as error:
        raise ProgramError("not_sxgeo", path=command[0], why=str(error)) from error
    out, lines = [], []

    def keep_out():
        out.append(process.stdout.read())

    def keep_lines():
        for line in process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            lines.append(text)
            if share := _SHARE.search(text):
                progress(min(float(share[1]), 100.0))
            say(text)

    threads = [threading.Thread(target=work, daemon=True) for work in (keep_out, keep_lines)]
    for thread in threads:
        thread.start()
    while process.poll() is None:
        if cancelled():
            _end(process)
            raise ProgramError("cancelled")
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    if process.returncode == 2 and any(f"invalid choice: '{arguments[0]}'" in x for x in lines):
        raise ProgramError("no_command", command=arguments[0], path=command[0])
    written = answer is not None and Path(answer).is_file()
    answered = process.returncode in ANSWERS or (process.returncode == BAD_INPUT and written)
    if not answered or (answer is not None and not written):
        raise ProgramError("failed", code=process.returncode, text="\n".join(lines[-20:]))
    return process.returncode, out[0].decode("utf-8", "replace")


def _end(process):
    """Ask the program to end, so that it clears what it began; then end it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment():
    """Return the environment without what QGIS sets for its own Python and its own GDAL and PROJ."""
    own = {
        "PYTHONHOME",
        "PYTHONPATH",
        "GDAL_DATA",
        "PROJ_LIB",
        "PROJ_DATA",
        "GDAL_DRIVER_PATH",
        "QT_PLUGIN_PATH",
    }
    kept = {key: value for key, value in os.environ.items() if key not in own}
    return {**kept, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}


def _window():
    """Keep Windows from opening a black window."""
    return {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {}


def _short(stream):
    return stream.decode("utf-8", "replace").strip()[-300:]
