"""Habits of the command line: doctor, wheelhouse, quiet and verbose, bare sxgeo, lists of types,
suffixes, locked files.
"""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path

import pytest

from sxgeo.cli import doctor_report as doctor_module
from sxgeo.cli import main
from sxgeo.cli.doctor_report import EXTRAS, PLATFORMS, examine, fetch_wheels, requirements_for
from sxgeo.errors import InputError, UsageError
from sxgeo.files.writing import write_text
from sxgeo.wording import PROJECT_TYPES


@pytest.fixture(scope="module")
def site(root: Path) -> str:
    return str(root / "examples/sites/on_monument.geojson")


def test_a_sound_installation_is_ready(capsys):
    assert main(["doctor", "--format", "json", "--no-workspace"]) == 0
    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["data"]["state"] == "ok" and found["shapely"]["state"] == "ok"
    assert {f"[{name}]" for name in EXTRAS} <= set(found)


def test_a_missing_extra_says_what_it_would_bring(monkeypatch):
    monkeypatch.setattr(
        doctor_module, "find_spec", lambda name: None if name == "ezdxf" else object()
    )
    (dxf,) = [one for one in examine() if one.what == "[dxf]"]
    assert dxf.state == "missing" and "CAD" in dxf.text and "pip install 'sxgeo[dxf]'" in dxf.text


def test_a_broken_workspace_is_broken(tmp_path, capsys):
    path = tmp_path / "sxgeo.toml"
    path.write_text('[[layer]]\nclass = "文物"\nfile = "none.shp"\n', encoding="utf-8")
    assert main(["doctor", "--workspace", str(path)]) == 4
    assert "× workspace" in (out := capsys.readouterr().out) and "none.shp" in out


def test_every_extra_of_the_project_is_known_to_the_doctor(root):
    import tomllib

    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    assert set(EXTRAS) <= set(extras)
    assert set(extras) - set(EXTRAS) <= {
        "intake",
        "tables",
        "test",
        "dev",
        "spark",
        "dask",
        "scale",
    }


def test_the_wheels_for_windows_leave_out_what_has_none(root, monkeypatch):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra, own in project["optional-dependencies"].items():
        for line in own:
            name, _, marker = line.partition(";")
            lines.append(
                f"{name}; ({marker}) and extra == '{extra}'"
                if marker
                else f"{name}; extra == '{extra}'"
            )
    monkeypatch.setattr(doctor_module.metadata, "requires", lambda _: lines)
    for system, there in (("windows", False), ("linux", True), ("macos", True)):
        names = {
            line.partition(">")[0]
            for line in requirements_for(["intake", "office"], system, "3.12")
        }
        assert {
            "shapely",
            "openpyxl",
            "python-docx",
            "ezdxf",
            "pyarrow",
        } <= names and "sxgeo" not in names
        assert ("geocoordinates-rs" in names) == there


def test_the_wheelhouse_asks_pip_for_the_other_pc(tmp_path):
    asked = []

    def run(arguments, **_):
        asked.append(arguments)
        (tmp_path / "w" / "shapely-2.1-cp312-win_amd64.whl").touch()
        return subprocess.CompletedProcess(arguments, 0, "", "")

    names = fetch_wheels(
        tmp_path / "w", extras=["office"], system="windows", python="3.12", run=run
    )
    assert names == ["shapely-2.1-cp312-win_amd64.whl"]
    assert {"--only-binary=:all:", "win_amd64", "3.12"} <= set(asked[0]) and PLATFORMS["windows"][
        0
    ] in asked[0]


def test_what_pip_says_is_told(tmp_path):
    def run(arguments, **_):
        return subprocess.CompletedProcess(
            arguments, 1, "", "ERROR: No matching distribution found for x\n"
        )

    with pytest.raises(InputError, match="No matching distribution found for x"):
        fetch_wheels(tmp_path, extras=[], run=run)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"extras": ["offic"]}, "unknown extra 'offic'"),
        ({"system": "dos"}, "unknown platform 'dos'"),
        ({"python": "2.7"}, "Python '2.7' is not taken"),
    ],
)
def test_a_wrong_wheelhouse_is_refused(tmp_path, options, words):
    with pytest.raises(UsageError, match=words):
        fetch_wheels(tmp_path, **options)


def test_options_of_a_wheelhouse_need_one(capsys):
    assert main(["doctor", "--python", "3.12", "--no-workspace"]) == 2
    assert "add --wheelhouse DIR" in capsys.readouterr().err


def test_bare_sxgeo_shows_what_one_can_do(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    for command in ("check", "layers scan", "inspect", "reach", "map", "rules", "doctor"):
        assert f"sxgeo {command}" in out


def test_types_are_listed_with_their_chinese_names(capsys):
    assert main(["check", "--project-type", "help"]) == 0
    out = capsys.readouterr().out
    assert all(code in out and zh in out for code, zh in PROJECT_TYPES.items())


@pytest.mark.parametrize("before", [True, False])
def test_quiet_leaves_out_remarks_and_keeps_errors(site, tmp_path, capsys, before):
    target = str(tmp_path / "r.json")
    words = ["-q", "check", site] if before else ["check", site, "-q"]
    main([*words, "--no-workspace", "-o", target])
    assert capsys.readouterr().err == ""
    assert main(["-q", "check", "none.geojson"]) == 3
    assert "none.geojson" in capsys.readouterr().err
    main(["check", site, "--no-workspace", "-o", target])
    assert "wrote" in capsys.readouterr().err


def test_verbose_tells_more_and_leaves_the_answer_alone(site, capsys):
    level, handlers = logging.getLogger().level, list(logging.getLogger().handlers)
    main(["check", site, "--no-workspace"])
    plain = capsys.readouterr()
    main(["check", site, "--no-workspace", "-v"])
    more = capsys.readouterr()
    assert more.out == plain.out and "sxgeo DEBUG" in more.err and "DEBUG" not in plain.err
    assert (logging.getLogger().level, logging.getLogger().handlers) == (level, handlers)


def test_a_report_that_is_open_in_word_says_so(tmp_path, monkeypatch):
    target = tmp_path / "报告.docx"
    target.write_text("old", encoding="utf-8")

    def locked(self, _target):
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(InputError, match=r"open in another program \(Word"):
        write_text("new", target)
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["报告.docx"]


@pytest.mark.parametrize(
    ("name", "start"), [("a.html", b"<!"), ("a.gpkg", b"SQLite"), ("a.geojson", b"{")]
)
def test_the_suffix_of_reach_decides(tmp_path, name, start):
    assert main(["reach", "112.63,38.02", "--minutes", "10", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().lstrip().startswith(start)


def test_no_checkout_changes_a_line_end(root):
    names = [
        "data/sources/rules.csv",
        "sxgeo/maps/static/style.css",
        "tests/conftest.py",
        "sxgeo/maps/static/bundle.json",
    ]
    done = subprocess.run(
        ["git", "check-attr", "text", "--", *names],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    assert all(line.endswith("text: unset") for line in done.stdout.splitlines()), done.stdout
