"""Make what is published: sdist, wheel, wheelhouse, documentation, QGIS plugin, changelog of the
version, checksums.

``python scripts/release.py -o FOLDER [--wheelhouse]`` writes into a new folder, whole or not at
all. The wheel is built twice and refused where the two differ. `--wheelhouse` gathers the wheels of
the extras for machines without a network, with this system and this Python, from the package
registry. Needs the extras `dev` and `docs`, and hatchling.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "office,plot,intake"
_BUILD = "import sys; from hatchling.build import {0}; print({0}(sys.argv[1]))"


class ReleaseError(Exception):
    """A release that cannot be made, and why."""


def build(kind: str, target: Path) -> Path:
    """Build an sdist or a wheel; return the file."""
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _BUILD.format(f"build_{kind}"), str(target)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1580601600"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"the {kind} does not build:\n{done.stderr.strip()}")
    return target / done.stdout.strip().splitlines()[-1]


def build_twice(kind: str, target: Path, scratch: Path) -> Path:
    """Build a thing twice and keep one, if both are the same bytes."""
    first = build(kind, target)
    second = build(kind, scratch / kind)
    if digest(first) != digest(second):
        raise ReleaseError(f"two builds of {first.name} differ; it cannot be published")
    return first


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changes(version: str, changelog: str) -> str:
    """Return what the changelog tells of a version; of what is not released yet where the version
    has no entry.

    Raises
    ------
    ReleaseError
        If it tells of neither.
    """
    entries = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for title in (version, "Unreleased"):
        for entry in entries:
            if entry.split()[0] == title:
                return f"# sxgeo {version}\n\n{entry.partition(chr(10))[2].strip()}\n"
    raise ReleaseError(f"CHANGELOG.md tells of neither {version} nor 'Unreleased'")


def run(script: str, *arguments: str) -> None:
    """Run one of the scripts beside this one."""
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise ReleaseError(f"scripts/{script} failed")


def wheelhouse(wheel: Path, target: Path) -> None:
    """Gather a wheel and all that it needs."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "-w", str(target), f"{wheel}[{EXTRAS}]"]
    if subprocess.run(command, check=False).returncode:
        raise ReleaseError("the wheelhouse cannot be gathered; see what pip says above")


def checksums(folder: Path) -> str:
    """Return a line for every file, as `sha256sum -c` reads it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return "".join(f"{digest(p)}  {p.relative_to(folder).as_posix()}\n" for p in files)


def make(target: Path, *, with_wheelhouse: bool) -> None:
    """Make everything in a scratch folder, then move it to its place."""
    if target.exists() and any(target.iterdir()):
        raise ReleaseError(f"'{target}' is not empty; name a new folder")
    with TemporaryDirectory(prefix="sxgeo-release-") as folder:
        scratch = Path(folder)
        made = scratch / "made"
        wheel = build_twice("wheel", made, scratch)
        build_twice("sdist", made, scratch)
        version = wheel.name.split("-")[1]
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        (made / "CHANGES.md").write_text(changes(version, changelog), encoding="utf-8")
        run("build_docs.py", "-o", str(scratch / "docs"))
        shutil.copy(scratch / "docs" / "sxgeo-docs.zip", made / f"sxgeo-docs-{version}.zip")
        run("build_qgis.py", "--zip", str(made))
        if with_wheelhouse:
            wheelhouse(wheel, made / "wheelhouse")
        (made / "SHA256SUMS").write_text(checksums(made), encoding="utf-8", newline="\n")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, target, dirs_exist_ok=True)


def main(arguments: list[str]) -> int:
    """Make a release; return 1 and say why where it cannot be made."""
    parser = argparse.ArgumentParser(description="make what is published")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    parser.add_argument(
        "--wheelhouse", action="store_true", help="wheels for machines without a network"
    )
    args = parser.parse_args(arguments)
    try:
        make(args.output.resolve(), with_wheelhouse=args.wheelhouse)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print((args.output / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
