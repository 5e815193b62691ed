"""Receipts replay to the same bytes, or say what changed; opinions stand beside the answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from test_cli import SITES, YANGQU, run
from test_sites import PLOT, write

import sxgeo
from sxgeo.analysis.conflicts.replay import differences, replay
from sxgeo.errors import InputError
from sxgeo.workspace.overrides import read_overrides


def saved(folder: Path, name: str, *args: object, capsys: pytest.CaptureFixture[str]) -> Path:
    target = folder / name
    run(capsys, "check", *args, "--format", "json", "-o", target)
    return target


def test_a_report_replays_to_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write(tmp_path / "bad.geojson", PLOT, None)
    path = saved(
        tmp_path,
        "r.json",
        *sorted(SITES.glob("*.geojson")),
        bad,
        "--at",
        "112.6,38.3",
        capsys=capsys,
    )
    code, out, _ = run(capsys, "replay", path)
    assert (code, "same bytes" in out) == (0, True)


def test_a_report_with_attributes_layers_and_opinions_replays_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [
        *(
            YANGQU / "in_scope.geojson",
            "--workspace",
            YANGQU / "sxgeo.toml",
            "--override",
            YANGQU / "override.toml",
        ),
        *(
            "--project-type",
            "industrial",
            "--project-attr",
            "height_m=30",
            "--project-attr",
            "discharge=no",
        ),
        *(
            "--project-attr",
            "railway=no",
            "--class",
            "heritage_sites,weather_stations",
            "--as-of",
            "2026-04-01",
        ),
    ]
    path = saved(tmp_path, "r.json", *args, capsys=capsys)
    code, _, err = run(capsys, "replay", path)
    assert (code, "official_heritage.geojson" in err, "--folder" in err) == (3, True, True)
    assert run(capsys, "replay", path, "--folder", YANGQU)[0] == 0
    shutil.copy(YANGQU / "official_heritage.geojson", tmp_path)
    assert run(capsys, "replay", path)[0] == 0


def test_a_changed_report_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "r.json", SITES / "on_monument.geojson", capsys=capsys)
    told = json.loads(path.read_text(encoding="utf-8"))
    told["sites"][0]["verdict"] = "clear"
    told["receipt"]["data"]["sha256"] = "0" * 64
    path.write_text(json.dumps(told), encoding="utf-8")
    code, out, _ = run(capsys, "replay", path)
    assert code == 1
    assert "data: 2026-11-21 000000000000 ->" in out
    assert "site S-1: verdict clear -> conflict" in out


def test_an_answer_of_other_code_is_the_same_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, "r.json", "--at", "112.6,38.3", capsys=capsys)
    told = json.loads(path.read_text("utf-8"))
    told["receipt"]["versions"] = {"page": "sxgeo.page/1"}
    path.write_text(json.dumps(told), encoding="utf-8")
    code, out, _ = run(capsys, "replay", path)
    assert code == 1
    assert "结论一致" in out and "结果有变化" not in out
    told["sites"][0]["verdict"] = "clear"
    path.write_text(json.dumps(told), encoding="utf-8")
    assert "结果有变化" in run(capsys, "replay", path)[1]


def test_diff_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = SITES / "on_monument.geojson"
    old = saved(tmp_path, "old.json", site, "--as-of", "2025-02-28", capsys=capsys)
    new = saved(tmp_path, "new.json", site, "--as-of", "2025-03-01", capsys=capsys)
    code, out, _ = run(capsys, "diff", old, new)
    assert code == 0
    assert "parameter as_of: 2025-02-28 -> 2025-03-01" in out
    assert "HS-022 under R017 newly found, conflict" in out
    assert "HS-022 under R017-2017 no longer found" in out
    code, out, _ = run(capsys, "diff", old, old)
    assert (code, "nothing changed" in out) == (0, True)


def test_sites_that_come_and_go_are_named() -> None:
    one = sxgeo.check_sites(sxgeo.read_sites(None, at=[(112.6, 38.3)])).to_dict()
    two = sxgeo.check_sites(sxgeo.read_sites(None, at=[(112.7, 38.3)])).to_dict()
    told = list(differences(one, two))
    assert "site 112.6,38.3: no longer there" in told
    assert "site 112.7,38.3: new, undetermined" in told


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other"}', "no json"])
def test_what_is_no_report_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    code, _, err = run(capsys, "replay", path)
    assert (code, "r.json" in err) == (3, True)


def test_a_broken_receipt_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "r.json", "--at", "112.6,38.3", capsys=capsys)
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["receipt"]["parameters"]["as_of"]
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(InputError, match="cannot be replayed"):
        replay(path)


def test_an_opinion_stands_beside_the_answer_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = (
        "check",
        YANGQU / "in_scope.geojson",
        "--workspace",
        YANGQU / "sxgeo.toml",
        "--class",
        "heritage_sites",
    )
    code, out, _ = run(capsys, *args, "--override", YANGQU / "override.toml")
    assert code == 10
    assert "人工复核意见（不替代机器结论）" in out
    plain, told = (
        json.loads(run(capsys, *args, *more, "--format", "json")[1])
        for more in ((), ("--override", YANGQU / "override.toml"))
    )
    assert plain["sites"][0]["overrides"] == []
    assert told["sites"][0]["overrides"][0]["who"] == "示例复核人（虚构）"
    assert plain["sites"][0]["screening"] == told["sites"][0]["screening"]


def test_a_bad_override_lists_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "o.toml"
    path.write_text(
        '[[override]]\nsite_id = "x"\noutcome = "fine"\nwhen = "yesterday"\nresource_class ='
        ' "parks"\nmood = "good"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    for words in (
        "'who' is missing",
        "'reason' is missing",
        "'document' is missing",
        "unknown outcome 'fine'",
        "'when' is 'yesterday'",
        "unknown class 'parks'",
        "unknown key 'mood'",
    ):
        assert words in str(caught.value)
    for text in ("", "x = 1", "[["):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"o\.toml"):
            read_overrides(path)
    code, _, err = run(
        capsys, "check", "--at", "112.6,38.3", "--override", YANGQU / "override.toml"
    )
    assert (code, "unknown site(s) P-1" in err) == (3, True)
