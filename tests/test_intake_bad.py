"""Every bad file has its message and exit code, and none a traceback, a hang, half an output or a flood of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bad_files import BAD, Bad

from sxgeo.cli import main
from sxgeo.sites import read_some


def test_the_table_is_long_enough() -> None:
    assert len(BAD) >= 80
    assert len({case.name for case in BAD}) == len(BAD)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_file_is_refused_or_named(case: Bad, tmp_path: Path) -> None:
    folder = tmp_path / "资料 甲"
    folder.mkdir()
    path = case.build(folder)
    before = sorted(folder.rglob("*"))
    sites, unread = read_some(path)
    assert sorted(folder.rglob("*")) == before, "reading left something behind"
    if case.kind == "file":
        assert unread and not sites.sites
        assert case.words in unread[0]
        assert path.name in unread[0]
    elif case.kind == "site":
        assert not unread
        assert any(case.words in p for s in sites.sites if not s.usable for p in s.problems), sites.sites
    elif case.kind == "guess":
        assert not unread
        assert any(case.words in p for s in sites.sites if s.usable for p in s.problems), sites.sites
    elif case.kind == "good":
        assert not unread
        assert all(s.usable for s in sites.sites)
    else:
        assert unread or not all(s.usable for s in sites.sites)


@pytest.mark.parametrize("case", [c for c in BAD if c.kind == "file"][::9], ids=lambda case: case.name)
def test_the_command_line_answers_a_bad_file_with_3_and_writes_nothing(
    case: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.json"
    assert main(["check", str(case.build(tmp_path)), "--format", "json", "-o", str(target)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sxgeo: ")
    assert not target.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no peak of memory there")
def test_no_bad_file_takes_more_than_500_mb(tmp_path: Path) -> None:
    """All of them, one after the other, in one process that does nothing else."""
    paths = []
    for number, case in enumerate(BAD):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(str(case.build(folder)))
    (tmp_path / "list.json").write_text(json.dumps(paths), encoding="utf-8")
    code = (
        "import json, resource, sys; from sxgeo.sites import read_some\n"
        "for path in json.load(open(sys.argv[1], encoding='utf-8')): read_some(path)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "list.json")], capture_output=True, text=True, check=True
    )
    unit = 1024 if sys.platform == "linux" else 1024**2
    assert int(done.stdout.split()[-1]) / unit < 500
