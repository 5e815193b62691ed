"""The case file through the library, and a part of it through the command line with a workspace
file.

`scripts/make_cases.py` writes the file; what it expects never comes from the library.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
from case_worlds import geometry_of, rule_of, signature, told_by_library
from shapely.geometry import shape as from_mapping

from sxgeo.cli import main
from sxgeo.layers.rules import load_rules
from sxgeo.model.outcomes import OUTCOMES
from sxgeo.reports.answer import EXIT_CODES

FILE = Path(__file__).parents[1] / "cases" / "screening.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
BY_COMMAND = [c for c in CASES if c["cli"]]
HERITAGE_ZONES = ("construction_control_belt", "protection_scope")
AREA_REL, AREA_M2, METRES = 2e-5, 0.2, 0.008
"""Two edges may each deviate by 3 and 1 mm: along a strip of 50 m that is 0.2 m2."""


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[c["id"] for c in cases])


def same_figures(
    told: list[dict[str, Any]], expected: list[dict[str, Any]], *, rounding: float = 0.0
) -> None:
    figures = {(f["feature_id"], f["rule_id"]): f for f in told}
    for f in expected:
        said = figures[f["feature_id"], f["rule_id"]]
        assert said["overlap_m2"] == pytest.approx(
            f["overlap_m2"], rel=AREA_REL, abs=AREA_M2 + rounding
        )
        if f["distance_m"] is None:
            assert said["distance_m"] is None
        else:
            assert said["distance_m"] == pytest.approx(f["distance_m"], abs=METRES + rounding)


@named(CASES)
def test_the_library_says_what_the_case_expects(case: dict[str, Any]) -> None:
    told, expected = told_by_library(case), case["expect"]
    assert signature(told["findings"]) == signature(expected["findings"]), case["why"]
    for key in ("outcome", "known_outcome", "effect"):
        assert told[key] == expected[key], (key, case["why"])
    same_figures(told["findings"], expected["findings"])


def test_there_are_enough_cases_of_every_outcome_and_ids_are_unique() -> None:
    assert len(CASES) >= 200
    assert len({c["id"] for c in CASES}) == len(CASES)
    by_hand = Counter(c["expect"]["outcome"] for c in CASES if c["id"].startswith("hand"))
    assert set(by_hand) == set(OUTCOMES)
    assert all(c["why"].endswith(".") for c in CASES)


def test_every_coordinate_stands_on_the_grid_and_every_shape_is_valid() -> None:
    for case in CASES:
        for f in (
            *case["counties"],
            case["site"],
            *(f for layer in case["layers"] for f in layer["features"]),
        ):
            if f["geometry"] is None:
                continue
            drawn = geometry_of(f)
            numbers = shapely.get_coordinates(drawn)
            assert (numbers.round(7) == numbers).all()
            assert drawn.is_valid and drawn.equals(from_mapping(f["geometry"])), case["id"]


# the command line
# ---------------------------------------------------------------------------------------------


def workspace(case: dict[str, Any], folder: Path) -> list[str]:
    """Write a case as files; return the arguments of `check`."""
    (layer,) = case["layers"]
    for name, features in (("site", [case["site"]]), ("layer", layer["features"])):
        collection = json.dumps(
            {"type": "FeatureCollection", "features": features}, ensure_ascii=False
        )
        (folder / f"{name}.geojson").write_text(collection, encoding="utf-8")
    lines = [
        "[[layer]]",
        f'class = "{layer["resource_class"]}"',
        'file = "layer.geojson"',
        'mode = "replace"',
        f"complete_in = {json.dumps(layer['complete_in'])}",
        'complete_document = "case"',
        (
            "subzones_absent ="
            f" {json.dumps([z for z in layer['subzones_absent'] if z in HERITAGE_ZONES])}"
        ),
    ]
    (folder / "sxgeo.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kind = case["project"].get("type")
    return [
        *("check", str(folder / "site.geojson"), "--workspace", str(folder / "sxgeo.toml")),
        *(
            "--class",
            layer["resource_class"],
            "--allow-partial",
            "--as-of",
            case["as_of"],
            "--format",
            "json",
        ),
        *(["--project-type", kind] if kind else []),
        *(["--project-attr", "discharge=no"] if case["project"].get("discharge") is False else []),
    ]


@named(BY_COMMAND)
def test_the_command_line_says_what_the_case_expects(
    case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(workspace(case, tmp_path))
    (answer,) = json.loads(capsys.readouterr().out)["sites"]
    entry = next(
        e for e in answer["screening"] if e["resource_class"] == case["layers"][0]["resource_class"]
    )
    expected = case["expect"]
    assert code == EXIT_CODES[expected["outcome"]]
    for key in ("outcome", "known_outcome", "effect"):
        assert entry[key] == expected[key], (key, case["why"])
    found = [f for f in entry["findings"] if f["outcome"] != "clear"]
    assert signature(found) == signature(expected["findings"])
    same_figures(found, expected["findings"], rounding=0.5)


def test_the_rules_of_the_commands_cases_are_the_bundled_ones() -> None:
    assert len(BY_COMMAND) >= 20
    bundled = {r.rule_id: r for r in load_rules("heritage_sites")}
    for told in BY_COMMAND[0]["rules"]:
        case_rule, own = rule_of(told), bundled.pop(told["rule_id"])
        for key in (
            "subzone",
            "project_types",
            "effect",
            "required_m",
            "verified",
            "in_force_from",
            "in_force_to",
            "binds",
            "exception",
        ):
            assert getattr(case_rule, key) == getattr(own, key), (
                "run scripts/make_cases.py: the rules have changed"
            )
    assert not bundled


@pytest.mark.slow
def test_the_case_file_is_what_its_script_writes(root: Path) -> None:
    missing = any(
        importlib.util.find_spec(m) is None for m in ("duckdb", "duckdb_extension_spatial")
    )
    if missing and not os.environ.get("SXGEO_REQUIRE_DUCKDB"):
        pytest.skip("duckdb-extension-spatial is not installed: pip install 'sxgeo[test]'")
    done = subprocess.run(
        [sys.executable, root / "scripts" / "make_cases.py", "--check"], check=False
    )
    assert done.returncode == 0, "run scripts/make_cases.py"
