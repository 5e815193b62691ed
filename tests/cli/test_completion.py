"""Completion that knows what the parser knows, and examples that run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest

from sxgeo.cli import main
from sxgeo.cli.completion import known_words
from sxgeo.cli.examples import EXAMPLES, commands_of
from sxgeo.cli.parser import build_parser


def completed(capsys, tmp_path, *typed: str, shell: str = "bash") -> list[str]:
    """What a real bash offers for the last word of a line."""
    assert main(["completion", shell]) == 0
    script = tmp_path / "sxgeo-completion"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    words = " ".join(shlex.quote(word) for word in ("sxgeo", *typed))
    code = (
        f"source {shlex.quote(str(script))}\nCOMP_WORDS=({words})\nCOMP_CWORD={len(typed)}\n"
        '_sxgeo\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    return sorted(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ch"], {"check"}),
        (["check", "--proj"], {"--project-type", "--project-attr"}),
        (["check", "--project-type", "ind"], {"industrial"}),
        (["check", "--format", "x"], {"xlsx"}),
        (["layers", "sc"], {"scan"}),
        (["layers", "scan", "--a"], {"--ask"}),
        (["check", "plot.txt", "-o", "a", "--batch", "--head"], {"--headings"}),
        (["map", "taix"], {"taixin", "taixin_taiyuan", "taixin_xinzhou"}),
        (["completion", "po"], {"powershell"}),
    ],
)
def test_bash_completes(capsys, tmp_path, typed, offered):
    assert set(completed(capsys, tmp_path, *typed)) == offered


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_files_where_a_file_is_meant(capsys, tmp_path):
    (tmp_path / "plot.txt").touch()
    assert completed(capsys, tmp_path, "check", "pl") == ["plot.txt"]
    assert completed(capsys, tmp_path, "check", "--workspace", "pl") == ["plot.txt"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "powershell"])
def test_every_command_and_option_is_in_every_script(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    words, values = known_words(build_parser())
    assert {"check", "dossier", "layers scan", "rules diff"} <= set(words)
    assert values["check --format"] and not values["check --workspace"]
    for command, told in words.items():
        assert command in script and all(word in script for word in told)


def test_another_shell_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["completion", "fish"])
    assert stopped.value.code == 2
    assert "powershell" in capsys.readouterr().err


def test_every_command_has_an_example_in_both_languages_under_its_help():
    for path, sub in commands_of(build_parser()):
        if path in (("network",), ("export",)):
            continue  # they do nothing by themselves
        lines = EXAMPLES[" ".join(path)]
        told = sub.format_help()
        for line, zh, en in lines:
            assert line in told and zh in told and en in told
            assert en.isascii()


@pytest.mark.parametrize("line", [one[0] for lines in EXAMPLES.values() for one in lines])
def test_an_example_is_a_line_that_the_command_takes(line):
    words = shlex.split(line.partition(" >")[0])
    assert words[0] == "sxgeo"
    args = build_parser().parse_args(words[1:])
    assert callable(args.run)


def test_bare_sxgeo_says_what_one_can_do_in_lines_that_work(capsys):
    assert main([]) == 0
    lines = re.findall(r"sxgeo ([a-z].*?)(?: {2,}|$)", capsys.readouterr().out, re.MULTILINE)
    assert len(lines) >= 10
    for line in lines:
        assert callable(build_parser().parse_args(shlex.split(line)).run)
