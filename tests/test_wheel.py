"""The built wheel carries data and page assets, and works apart from the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=root, check=True, capture_output=True
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_every_data_file_and_asset_and_nothing_else_of_the_checkout(
    wheel: Path, root: Path
) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {
        "sxgeo/_data/" + p.relative_to(root / "data").as_posix()
        for p in (root / "data").rglob("*")
        if p.is_file()
    }
    assert data <= names
    pages = {
        p.relative_to(root).as_posix()
        for folder in ("assets", "static")
        for p in (root / "sxgeo" / "maps" / folder).rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert pages <= names
    assert {n.split("/")[0] for n in names} == {
        "sxgeo",
        next(n for n in names if ".dist-info/" in n).split("/")[0],
    }
    licences = [n for n in names if ".dist-info/licenses/" in n]
    assert {n.rpartition("/")[2] for n in licences} == {"LICENSE", "LICENSE-DATA"}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_of_the_same_tree_have_one_hash(kind: str, root: Path, tmp_path: Path) -> None:
    """The second is built from a copy elsewhere, on another day, with another mask of rights."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("the tree is no checkout, whose files could be listed")
    copy = tmp_path / "elsewhere"
    for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy / name)
            os.utime(copy / name, (1_000_000_000, 1_000_000_000))
    build = (
        f"import sys; from hatchling.build import build_{kind}; print(build_{kind}(sys.argv[1]))"
    )
    digests = set()
    for source, mask in ((root, 0o022), (copy, 0o077)):
        target = tmp_path / f"{kind}-{mask:o}"
        target.mkdir()
        environment = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
        subprocess.run(
            [sys.executable, "-c", build, str(target)], cwd=source, env=environment, check=True, capture_output=True, umask=mask if os.name == "posix" else -1,
        )  # fmt: skip
        (made,) = target.iterdir()
        digests.add(hashlib.sha256(made.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_installed_wheel_checks_a_site_and_draws_a_map_apart_from_the_checkout(
    wheel: Path, root: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-index",
            "--quiet",
            "--target",
            site,
            wheel,
        ],
        check=True,
        capture_output=True,
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    plot = root / "examples" / "sites" / "on_monument.geojson"

    def run(*args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sxgeo", *map(str, args)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    where = subprocess.run(
        [sys.executable, "-c", "import sxgeo; print(sxgeo.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(site)
    there = run("check", plot, "--format", "json")
    assert there.returncode == 10, there.stderr
    here = subprocess.run(
        [sys.executable, "-m", "sxgeo", "check", plot, "--format", "json"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert there.stdout == here.stdout
    assert run("verify").returncode == 0
    assert run("map", "taixin").returncode == 0
    assert (tmp_path / "maps" / "taixin.html").is_file()


def test_the_same_tree_gives_the_same_wheel(wheel: Path, root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in ("sxgeo", "data"):
        shutil.copytree(root / name, copy / name, copy_function=shutil.copyfile)
    for pattern in ("*.md", "LICENSE*", "pyproject.toml", "requirements.lock", ".gitignore"):
        for path in root.glob(pattern):
            shutil.copyfile(path, copy / path.name)
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=copy, check=True, capture_output=True
    )
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()
