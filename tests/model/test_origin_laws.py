"""Where a layer came from, who set an answer aside, and what of an answer is told or written."""

from __future__ import annotations

from itertools import permutations, product
from types import SimpleNamespace
from typing import Any

import pytest
import shapely

from sxgeo.model.outcomes import BUNDLED, Origin, Override, gravest_per_feature, nearest
from sxgeo.model.sites import STANDING, Site


@pytest.mark.parametrize(
    ("bundled", "files"), list(product([False, True], [(), ("a.gpkg",), ("a.gpkg", "b.kml")]))
)
def test_an_origin_names_what_is_bundled_first_and_each_file_in_order(
    *, bundled: bool, files: tuple[str, ...]
) -> None:
    origin = Origin(bundled=bundled, files=files)
    parts = [*(["bundled"] if bundled else []), *files]
    assert str(origin) == (" + ".join(parts) if parts else "none")
    assert origin.kind == ("user" if files else "bundled" if bundled else "none")


def test_what_sxgeo_ships_is_bundled() -> None:
    assert (str(BUNDLED), BUNDLED.kind) == ("bundled", "bundled")


def test_an_override_stands_in_a_report_with_all_that_was_said() -> None:
    said = {
        "who": "甲",
        "when": "2026-11-21",
        "reason": "现场核查",
        "document": "文号",
        "resource_class": "heritage_sites",
    }
    names = [field for field in Override.__dataclass_fields__ if field not in said]
    override = Override(**{name: name for name in names}, **said)
    assert override.record() == {**{name: name for name in names}, **said}


def entry_of(*findings: tuple[str, float | None]) -> Any:
    """A class with findings of resources, each so far away."""
    told = [SimpleNamespace(feature_id=name, distance_m=metres) for name, metres in findings]
    return SimpleNamespace(findings=told)


def test_of_each_resource_the_first_finding_is_told_once_and_in_its_order() -> None:
    for names in product("abc", repeat=4):
        entry = entry_of(*((name, 0.0) for name in names))
        told = list(gravest_per_feature(entry))
        assert [f.feature_id for f in told] == list(dict.fromkeys(names))
        assert all(f is entry.findings[names.index(f.feature_id)] for f in told)


def test_the_nearest_resource_is_one_that_has_a_place() -> None:
    for some in permutations([("a", None), ("b", 7.0), ("c", 0.0), ("d", 0.5)]):
        found = nearest(entry_of(*some))
        assert found is not None and found.feature_id == "c"
    assert nearest(entry_of(("a", None))) is None
    assert nearest(entry_of()) is None


@pytest.mark.parametrize("problems", [(), ("one",), ("one", "two")])
@pytest.mark.parametrize("doubtful", [False, True])
def test_a_doubt_is_written_with_its_words_or_without_any(
    *, problems: tuple[str, ...], doubtful: bool
) -> None:
    plot = shapely.box(112.6, 38.0, 112.61, 38.01)
    site = Site("a", plot, accuracy_m=2.0, datum_error_m=0.25, problems=problems, doubtful=doubtful)
    words = "; ".join(problems) if problems else "in doubt"
    assert site.standing() == dict(zip(STANDING, (2.25, words if doubtful else None), strict=True))
