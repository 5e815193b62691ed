"""Seven parameters of an old datum are secret: outputs say that they were used, and their hash."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from bad_files import SURVEY

from sxgeo.cli import main
from sxgeo.errors import UsageError
from sxgeo.sites.formats.assumptions import checked_assumptions, concealed

PARAMETERS = "120.53,-40.27,-31.79,0.41,0.23,-0.97,1.51"
NUMBERS = [number.lstrip("-") for number in PARAMETERS.split(",")]
OLD = SURVEY.replace("2000国家大地坐标系", "1980西安坐标系")


def contents(path: Path) -> str:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "\n".join(
                archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
            )
    return path.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("where", ["told", "header"])
@pytest.mark.parametrize(
    "kind", ["json", "text", "geojson", "gpkg", "xlsx", "docx", "html", "batch"]
)
def test_no_output_holds_the_parameters(tmp_path, capsys, where, kind):
    plot, target = (
        tmp_path / "old.txt",
        tmp_path / f"answer.{kind if kind not in ('text', 'batch') else 'txt'}",
    )
    header = f"转换参数={PARAMETERS}" if where == "header" else "转换参数=0,0,0,0,0,0,0"
    plot.write_text(OLD.replace("转换参数=0,0,0,0,0,0,0", header), encoding="utf-8")
    told = ["--assume", f"parameters={PARAMETERS}"] if where == "told" else []
    form = ["--batch"] if kind == "batch" else ["--format", kind]
    assert main(["check", str(plot), *told, *form, "-o", str(target)]) in (10, 11, 12, 13)
    said = capsys.readouterr()
    shown = contents(target) + said.out + said.err
    assert [number for number in NUMBERS if number in shown] == []
    if kind == "json":
        (entry,) = json.loads(target.read_text(encoding="utf-8"))["receipt"]["inputs"]
        assert entry["parameters"] == concealed([float(number) for number in PARAMETERS.split(",")])
        assert "已使用" in entry["parameters"]


def test_inspect_conceals_them_too(tmp_path, capsys):
    plot = tmp_path / "old.txt"
    plot.write_text(
        OLD.replace("转换参数=0,0,0,0,0,0,0", f"转换参数={PARAMETERS}"), encoding="utf-8"
    )
    for form in ("text", "json"):
        assert main(["inspect", str(plot), "--format", form]) == 0
        shown = capsys.readouterr().out
        assert [number for number in NUMBERS if number in shown] == []
        assert "已使用" in shown


def test_replay_says_that_it_needs_them_again_to_read_the_file(tmp_path, capsys):
    plot, target = tmp_path / "old.txt", tmp_path / "answer.json"
    plot.write_text(OLD, encoding="utf-8")
    main(
        [
            "check",
            str(plot),
            "--assume",
            f"parameters={PARAMETERS}",
            "--format",
            "json",
            "-o",
            str(target),
        ]
    )
    capsys.readouterr()
    assert main(["replay", str(target)]) == 0
    said = capsys.readouterr()
    assert "same bytes" in said.out
    assert "old.txt: 七参数已使用" in said.err


def test_wrong_parameters_are_not_repeated():
    with pytest.raises(UsageError) as caught:
        checked_assumptions({"parameters": "120.53,-40.27"})
    assert "120.53" not in str(caught.value)
