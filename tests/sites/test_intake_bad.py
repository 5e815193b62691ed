"""Every bad file has its message and exit code, and none a traceback, a hang, half an output or a
flood of memory.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from bad_files import BAD, Bad, write_good
from fuzz_intake import SLOW_S, feed, mutated, seeds

from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.sites.read import read_sites, read_some


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
        assert any(case.words in p for s in sites.sites if not s.usable for p in s.problems), (
            sites.sites
        )
    elif case.kind == "guess":
        assert not unread
        assert any(case.words in p for s in sites.sites if s.usable for p in s.problems), (
            sites.sites
        )
    elif case.kind == "good":
        assert not unread
        assert all(s.usable for s in sites.sites)
    else:
        assert unread or not all(s.usable for s in sites.sites)


def test_files_broken_at_random_give_sites_or_a_message(tmp_path: Path) -> None:
    """A short run of tests/sites/fuzz_intake.py; the long one stands in docs/intake.md."""
    good = seeds(tmp_path)
    for kind in ("txt", "csv", "kml", "dxf", "geojson"):
        chance = random.Random(7)
        for _ in range(50):
            assert feed(tmp_path / f"broken.{kind}", mutated(good[kind], chance)) < SLOW_S


def test_what_fuzzing_found(tmp_path: Path) -> None:
    drawing = write_good(tmp_path / "a.dxf").read_text(encoding="utf-8")
    foreign = tmp_path / "foreign.dxf"  # an entity of an unknown type has no layer to ask for
    foreign.write_text(drawing.replace("LWPOLYLINE", "LWPOLYLINO"), encoding="utf-8")
    with pytest.raises(InputError, match="without closed polylines"):
        read_sites(foreign)
    digit = tmp_path / "digit.dxf"  # a recovering reader makes 3.0 of this, without a word
    digit.write_text(drawing.replace("38420100.0", "3[8420100.0"), encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as DXF"):
        read_sites(digit, assume={"datum": "CGCS2000"})
    nan = (
        tmp_path / "nan.dxf"
    )  # an outline that never comes back to its first point, as nan is not nan
    nan.write_text(drawing.replace("38420100.0", "nan", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"without closed polylines \(it holds 1 x LWPOLYLINE / 0"):
        read_sites(nan, assume={"datum": "CGCS2000"})


@pytest.mark.parametrize("case", [c for c in BAD if c.kind != "good"], ids=lambda case: case.name)
def test_the_command_line_answers_every_bad_file_with_3_and_writes_nothing_of_it(
    case: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of which nothing can be used exits with 3; one that is read by a guess is answered,
    and its sites are doubtful.
    """
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "out.json"
    path = case.build(tmp_path)
    before = {p for p in tmp_path.rglob("*") if p != target}
    options = ["--format", "json", "--class", "heritage_sites", "-o", str(target)]
    code = main(["check", str(path), *options])
    out, err = capsys.readouterr()
    assert (out, "Traceback" in err) == ("", False)
    assert {p for p in tmp_path.rglob("*") if p != target} == before
    if case.kind == "file":
        assert code == 3
        assert err.startswith("sxgeo: ")
        assert not target.exists()
        return
    if code == 3:  # every site is bad: the answer is whole all the same
        assert case.kind in ("site", "any")
    else:
        assert code in (10, 11, 12, 13)
    if target.exists():
        answer = json.loads(target.read_text(encoding="utf-8"))
        assert all(
            s["verdict"] == "not_screened" and s["problems"]
            for s in answer["sites"]
            if s["crs"] is None
        )
        if case.kind == "guess":  # a plot number that stands twice says nothing against a geometry
            assert {s["doubtful"] for s in answer["sites"]} == {case.name != "twice.txt"}


def test_a_bad_file_beside_a_good_one_exits_with_3_and_the_good_one_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_good(tmp_path / "good.geojson")
    bad = next(c for c in BAD if c.name == "empty.gpkg").build(tmp_path)
    assert (
        main(["check", str(good), str(bad), "--format", "json", "--class", "heritage_sites"]) == 3
    )
    out, err = capsys.readouterr()
    assert [s["verdict"] for s in json.loads(out)["sites"]] == ["undetermined"]
    assert "is empty" in err


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_no_bad_file_takes_more_than_500_mb(tmp_path: Path) -> None:
    """All of them, one after the other, in one process that does nothing else."""
    paths = []
    for number, case in enumerate(BAD):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(str(case.build(folder)))
    (tmp_path / "list.json").write_text(json.dumps(paths), encoding="utf-8")
    code = (
        "import json, sys; from sxgeo.sites.read import read_some\n"
        "for path in json.load(open(sys.argv[1], encoding='utf-8')): read_some(path)\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "list.json")],
        capture_output=True,
        text=True,
        check=True,
    )
    peak_mb = int(done.stdout.split()[-2]) / 1024
    print(f"peak of all {len(paths)} bad files in one process: {peak_mb:.0f} MB")
    assert peak_mb < 500
