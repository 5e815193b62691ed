"""Where a layer came from, and who set an answer aside: the words that stand in a report."""

from __future__ import annotations

from itertools import product

import pytest

from sxgeo.model.outcomes import BUNDLED, Origin, Override


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
