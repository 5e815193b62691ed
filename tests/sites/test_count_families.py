"""The families that the count of readings goes through find nothing clear that should not be."""

from __future__ import annotations

from pathlib import Path

import pytest
from count_clear import count
from count_families import (
    FAMILIES,
    GROUND,
    ROLES,
    SISTERS,
    Member,
    judge_ground,
    judge_layer,
    judge_vector,
    judge_workspace,
)
from reading_cases import worlds
from reading_cases_vector import CASES, Reading

_QUICK = ("layer or boundary", "workspace", *ROLES)


@pytest.mark.parametrize("role", _QUICK)
def test_no_layer_and_no_workspace_is_clear_that_should_not_be(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members, judged = next(family for family in FAMILIES if family[0][0].kind.startswith(role))
    counts = count(members, tmp_path, show=True, judged=judged)
    assert sum(kind.tried for kind in counts.values()) == len(members)
    assert not [fault for kind in counts.values() for fault in kind.faults], capsys.readouterr().err


@pytest.fixture(scope="module")
def two_worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return worlds(tmp_path_factory.mktemp("worlds"))


@pytest.mark.parametrize("case", SISTERS, ids=lambda case: case.name)
def test_a_sister_gives_what_it_holds(
    case: Reading, tmp_path: Path, two_worlds: tuple[Path, Path]
) -> None:
    became, words = judge_vector(Member(case.name, "sister", case), tmp_path, *two_worlds)
    assert became in ("ok", "refused"), (became, words)
    assert case.right != "read" or became == "ok", words


def test_every_family_is_counted() -> None:
    roles = {member.kind.split(":")[0] for members, _ in FAMILIES for member in members}
    assert {"vector", "zipped", "layer or boundary", "workspace", "bad files", *ROLES} <= roles
    names = [case.name for case in [*CASES, *SISTERS]]
    assert len(set(names)) == len(names)


def test_the_judges_see_what_they_judge(tmp_path: Path) -> None:
    """A sound file that is said to be a bad one must be counted as a fault, in every role."""
    sound = next(case for case in CASES if case.name == "mif_whole")
    doubted = Reading("said_to_be_doubtful", "doubt", sound.build)
    refused = Reading("said_to_be_refused", "refuse", sound.build)
    kinds = [
        count([Member("m", "m", case)], tmp_path / name, judged=judged)["m"]
        for name, case, judged in _made(tmp_path, doubted, refused)
    ]
    assert [kind.faults for kind in kinds] == [["m"], ["m"], ["m"], ["m"], ["m"]]


def _made(folder: Path, doubted: Reading, refused: Reading):  # type: ignore[no-untyped-def]
    cut = (lambda toml, layer: toml, False)
    made = [
        ("a", doubted, judge_vector),
        ("b", refused, judge_layer),
        ("c", cut, judge_workspace),
        ("d", ("network", GROUND["GeoPackage"][0], False), judge_ground),
        ("e", ("land", GROUND["GeoPackage"][0], False), judge_ground),
    ]
    for name, _, _ in made:
        (folder / name).mkdir()
    return made
