"""A class is clear with all its grounds, and with one less it is not: whichever it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sxgeo.errors import AnalysisError
from sxgeo.model.clearance import Clearance, Grounds

WHOLE = Grounds(
    held=True,
    covered=True,
    layer_read_whole=True,
    complete=True,
    document="a document",
    subzones_held=True,
    read_without_doubt=True,
    input_accounted_for=True,
    all_missed_or_unbound=True,
    engines=("GEOS",),
)
MISSING = (
    # in the order in which they are told
    ("all_missed_or_unbound", False, "between"),
    ("layer_read_whole", False, "layer_failed"),
    ("held", False, "nothing_held"),
    ("covered", False, "outside_coverage"),
    ("complete", False, "incomplete"),
    ("document", None, "incomplete"),
    ("document", "", "incomplete"),
    ("subzones_held", False, "subzone_missing"),
    ("read_without_doubt", False, "doubtful_site"),
    ("input_accounted_for", False, "doubtful_site"),
    ("engines", (), "engines_disagree"),
    ("engines_agree", False, "engines_disagree"),
)


def certificate(grounds: Grounds) -> Clearance:
    return Clearance(grounds, ("140105",), ("core",), ("belt",), 7)


def test_all_grounds_are_a_certificate_that_tells_them() -> None:
    assert WHOLE.lacking() is None
    assert certificate(WHOLE).outcome == "clear"
    assert certificate(WHOLE).record() == {
        "reading": "without_doubt",
        "input": "accounted_for",
        "layer": "read_whole",
        "complete_in": ["140105"],
        "complete_document": "a document",
        "subzones": ["core"],
        "subzones_absent": ["belt"],
        "records": 7,
        "engines": ["GEOS"],
    }


def test_without_any_one_ground_there_is_none_and_the_first_is_told() -> None:
    for (first, value, code), (second, other, _) in product(MISSING, repeat=2):
        grounds = replace(WHOLE, **{first: value})
        assert grounds.lacking() == code
        with pytest.raises(AnalysisError, match=code):
            certificate(grounds)
        if first != second and MISSING.index((first, value, code)) < [m[:2] for m in MISSING].index(
            (second, other)
        ):
            assert replace(grounds, **{second: other}).lacking() == code
