"""What is said of a project is kept as it was said, or refused; all that is wrong in one message."""

from __future__ import annotations

from itertools import product

import pytest

from sxgeo.errors import UsageError
from sxgeo.model.outcomes import BEHAVIOURS
from sxgeo.model.project import (
    ATTRIBUTES,
    BOOLEAN_ATTRIBUTES,
    CHOICES,
    Project,
    is_attribute,
    make_project,
)
from sxgeo.wording import PROJECT_TYPES

YES, NO, UNSURE = (
    ("yes", "是", "true", " YES "),
    ("no", "否", "false", "No"),
    ("unknown", "不清楚", " Unknown"),
)


def said(project: Project, attribute: str) -> object:
    if attribute in ("groundwater_use", "discharge"):
        return {True: "yes", False: "no", None: None}[getattr(project, attribute)]
    return project.attributes.get(attribute)


@pytest.mark.parametrize("attribute", BOOLEAN_ATTRIBUTES)
def test_an_answer_is_kept_in_every_word_for_it_and_unknown_says_nothing(attribute: str) -> None:
    for words, told in ((YES, "yes"), (NO, "no"), (UNSURE, None)):
        for word in words:
            project = make_project(None, {attribute: word})
            assert said(project, attribute) == told
            others = [a for a in BOOLEAN_ATTRIBUTES if a != attribute]
            assert all(said(project, other) is None for other in others)
    with pytest.raises(UsageError, match=f"{attribute} 'perhaps' is not yes or no"):
        make_project(None, {attribute: "perhaps"})


def test_what_is_a_field_of_its_own_stands_in_no_second_place() -> None:
    told = make_project(None, {**dict.fromkeys(BOOLEAN_ATTRIBUTES, "yes"), "height_m": 3})
    assert (told.groundwater_use, told.discharge, told.height_m) == (True, True, 3.0)
    others = {a for a in BOOLEAN_ATTRIBUTES if a not in ("groundwater_use", "discharge")}
    assert told.attributes == dict.fromkeys(sorted(others), "yes")
    assert list(told.attributes) == sorted(others)


def test_a_choice_is_kept_as_its_code() -> None:
    for key, choices in CHOICES.items():
        for code, zh in choices.items():
            assert make_project(None, {key: code}).attributes == {key: code}
            assert make_project(None, {key: zh}).attributes == {key: code}
        assert make_project(None, {key: "不清楚"}).attributes == {}
        with pytest.raises(UsageError, match=f"{key} 'other' is not one of"):
            make_project(None, {key: "other"})


def test_a_height_is_a_number_of_metres_from_nought() -> None:
    for value, height in (("0", 0.0), (12.5, 12.5), ("12.5", 12.5), ("不清楚", None)):
        assert make_project(None, {"height_m": value}).height_m == height
    for value in ("-1", "inf", "nan", "high", None):
        with pytest.raises(UsageError, match="is not a number of metres from 0"):
            make_project(None, {"height_m": value})


def test_a_document_goes_with_an_answer() -> None:
    for key, value in (("railway", "yes"), ("discharge", "no"), ("height_m", "3")):
        project = make_project(None, {key: value, f"{key}_source": " a paper "})
        assert project.documents == {key: "a paper"}
        assert make_project(None, {f"{key}_source": "a paper", key: value}) == project
        with pytest.raises(UsageError, match=f"{key}_source names a document, but {key}"):
            make_project(None, {f"{key}_source": "a paper"})
        with pytest.raises(UsageError, match=f"{key}_source names a document, but {key}"):
            make_project(None, {key: "不清楚", f"{key}_source": "a paper"})
        for nothing in ("", "  ", 3):
            with pytest.raises(UsageError, match="names no document"):
                make_project(None, {key: value, f"{key}_source": nothing})


def test_a_type_that_says_what_is_done_is_not_contradicted() -> None:
    for kind, word in product((None, *PROJECT_TYPES), ("yes", "no", "不清楚")):
        for attribute in BEHAVIOURS.values():
            if BEHAVIOURS.get(kind or "") == attribute and word == "no":
                with pytest.raises(UsageError, match=f"says {attribute}=yes, and {attribute}=no"):
                    make_project(kind, {attribute: word})
            else:
                project = make_project(kind, {attribute: word})
                assert project.type == kind
                assert said(project, attribute) == (word if word in ("yes", "no") else None)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        make_project(None, {"railway": "x", "height_m": "y", "colour": "red", "discharge": "no"})
    text = str(caught.value)
    for words in ("railway 'x'", "height_m 'y'", "unknown project attribute 'colour'"):
        assert words in text
    assert "discharge 'no'" not in text


def test_what_is_an_attribute_of_a_project() -> None:
    for name in ATTRIBUTES:
        assert is_attribute(name) and is_attribute(f"{name}_source")
        assert not is_attribute(f"{name}_sources")
    assert not is_attribute("colour") and not is_attribute("_source")
