"""What a question is made of: classes, project, files, counties; and what it asks back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from conftest import (
    CLASS,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
)

from sxgeo.analysis.conflicts.question import counties_of, layers_of, pose
from sxgeo.analysis.conflicts.questions import Questioner
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.errors import InputError, UsageError
from sxgeo.layers.classes import ALL_CLASS_IDS
from sxgeo.model.project import Project
from sxgeo.model.sites import Site, Sites

YANGQU = Path(__file__).parents[2] / "examples" / "yangqu"
PLOTS = Sites((Site("p", shapely.box(112.6, 38.1, 112.601, 38.101), accuracy_m=1.0),))


def test_classes_stand_in_the_order_of_the_answer_whatever_they_are_called() -> None:
    posed = pose(PLOTS, classes=["wetlands", "文物", "protected_areas", "wetlands"])
    wanted = {"wetlands", CLASS, "protected_areas"}
    assert posed.limited_to == tuple(c for c in ALL_CLASS_IDS if c in wanted)
    assert pose(PLOTS).limited_to is None
    for wrong, words in (("wetlands", "is the text 'wetlands'"), ([], "no class given")):
        with pytest.raises(UsageError, match=words):
            pose(PLOTS, classes=wrong)
    with pytest.raises(UsageError, match="wetland"):
        pose(PLOTS, classes=["wetlandz"])


def test_what_is_said_with_the_call_goes_before_what_the_workspace_says(tmp_path: Path) -> None:
    file = tmp_path / "sxgeo.toml"
    file.write_text('[project]\ntype = "industrial"\ndischarge = "no"\nheight_m = 9\n', "utf-8")
    told = pose(PLOTS, workspace=file).project
    assert (told.type, told.discharge, told.height_m) == ("industrial", False, 9.0)
    over = pose(
        PLOTS, workspace=file, project_type="tourism", project_attributes={"height_m": 20}
    ).project
    assert (over.type, over.discharge, over.height_m) == ("tourism", False, 20.0)
    assert pose(PLOTS).project == Project()


def test_every_file_that_was_read_is_among_the_inputs() -> None:
    plain = pose(PLOTS)
    assert (plain.inputs, plain.site_files, plain.users, plain.boundaries) == ((), (), (), ())
    plot = YANGQU / "apart.geojson"
    posed = pose(plot, workspace=YANGQU / "sxgeo.toml")
    assert posed.inputs == (
        ("site file", plot),
        ("workspace file", YANGQU / "sxgeo.toml"),
        ("layer file", YANGQU / "official_heritage.geojson"),
    )
    assert [user.class_id for user in posed.users] == [CLASS]

    # the content was read when the question was posed, and is what the receipt hashes
    assert all(user.content is not None for user in posed.users)


@pytest.mark.parametrize("wrong", [["heritage_sites"], "heritage_sites", [1]])
def test_layers_that_are_no_mapping_and_no_layers_are_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="a mapping such as"):
        pose(PLOTS, layers=wrong)


def test_a_workspace_that_is_no_path_is_refused() -> None:
    wrong: Any = 7
    with pytest.raises(UsageError, match=r"sxgeo\.toml"):
        pose(PLOTS, workspace=wrong)


def test_an_opinion_on_a_site_that_is_not_there_is_refused() -> None:
    from sxgeo.model.outcomes import Override

    known = Override("p", "conflict", "who", "2026-11-21", "why", "document")
    assert pose(PLOTS, overrides=[known]).overrides == (known,)
    with pytest.raises(InputError, match="elsewhere"):
        pose(PLOTS, overrides=[known, replace(known, site_id="elsewhere")])


def test_the_layers_of_a_workspace_stand_in_the_order_of_the_answer() -> None:
    bundled, brought = layers_of(None), layers_of(YANGQU / "sxgeo.toml")
    assert [layer.spec.id for layer in bundled] == list(ALL_CLASS_IDS)
    assert [layer.spec.id for layer in brought] == list(ALL_CLASS_IDS)
    files = {layer.spec.id: layer.origin.files for layer in brought if layer.origin.files}
    assert files == {CLASS: ("official_heritage.geojson",)}
    assert not any(layer.origin.files for layer in bundled)


def test_a_second_engine_measures_only_where_it_was_asked_for() -> None:
    assert pose(PLOTS).second is None
    assert pose(PLOTS, verify=True).second is not None


def test_the_counties_of_a_site_are_all_that_it_touches_from_the_finest_that_knows_it() -> None:
    posed = pose(PLOTS)
    sites = [
        Site("in", shapely.Point(112.67, 38.06)),
        Site("sea", shapely.Point(125.0, 30.0)),
        Site("far", shapely.Point(121.47, 31.23)),
        Site("bad", None, problems=("torn",)),
    ]
    told = counties_of(sites, posed.counties)
    assert told.keys() == {"in", "sea", "far"}
    assert told["sea"] == ()
    assert [code for code, _ in told["far"]] == ["310000"]
    assert [code for code, _ in told["in"]] == ["140122"]

    # across an edge both are told, by their order in the frame
    frame = make_counties(("1", box(-100, 0, 0, 100), 1.0), ("2", box(0, 0, 100, 100), 1.0))
    frame = frame.assign(name_zh=["甲", "乙"])
    across = make_site(box(-10, 10, 10, 20))
    assert counties_of([across], frame) == {"s": (("1", "甲"), ("2", "乙"))}


def test_a_correction_of_the_workspace_stands_in_the_layer_and_is_said(tmp_path: Path) -> None:
    record = next(r for layer in layers_of(None) for r in layer.records if r["note"])
    name = record["feature_id"]
    file = tmp_path / "sxgeo.toml"

    def amend(feature_id: str) -> None:
        lines = ("[[amend]]", f'feature_id = "{feature_id}"', 'field = "note"', 'value = "seen"')
        source = ('reason = "r"', 'source = "s"')
        file.write_text("\n".join((*lines, *source)), encoding="utf-8")

    amend(name)
    posed = pose(PLOTS, workspace=file)
    held = {r["feature_id"]: r["note"] for layer in posed.layers for r in layer.records}
    assert held[name] == "seen"
    assert posed.remarks == (f"工作区修正 amended: {name} note = seen（s）",)
    assert sum(note == "seen" for note in held.values()) == 1
    amend("no such record")
    with pytest.raises(InputError, match="no such record"):
        pose(PLOTS, workspace=file)


# what is asked back
# ------------------------------------------------------------------------------------------

MET = (make_record(), box(0, -500, 1000, 500))
PLOT = box(100, 0, 200, 100)


def asked_back(rule: Any, project: Project | None = None, plot: Any = PLOT) -> Any:
    screener = Screener(
        [make_layer(MET)],
        [rule],
        counties=make_counties(),
        as_of="2026-11-21",
        project=project,
    )
    return Questioner(screener).ask(screener.screen(make_site(plot)))


def test_a_condition_that_nobody_said_is_asked_and_its_no_frees() -> None:
    rule = make_rule(condition="development_zone")
    (question,) = asked_back(rule)
    assert (question.attribute, question.classes) == ("development_zone", (CLASS,))
    assert (question.worst, question.freed) == ("conflict", "touched_unbound")
    assert question.frees == "no"
    for said in ("yes", "no"):
        assert asked_back(rule, Project(attributes={"development_zone": said})) == ()

    # a plot that keeps away is asked nothing
    assert asked_back(rule, plot=box(-900, 0, -800, 100)) == ()


def test_an_exception_is_asked_until_it_is_granted_with_its_document_or_denied() -> None:
    rule = make_rule(effect="prohibited_unless", exception=("heritage_scope_approved",))
    (question,) = asked_back(rule)
    assert (question.attribute, question.frees) == ("heritage_scope_approved", "yes")
    assert (question.worst, question.freed) == ("conflict", "regulated")
    promised = Project(attributes={"heritage_scope_approved": "yes"})
    assert [q.attribute for q in asked_back(rule, promised)] == ["heritage_scope_approved"]
    assert asked_back(rule, replace(promised, documents={"heritage_scope_approved": "文号"})) == ()
    assert asked_back(rule, Project(attributes={"heritage_scope_approved": "no"})) == ()


def test_a_height_is_asked_with_the_height_that_is_lawful_whatever_the_error() -> None:
    """Ten times the height must lie between: 50 m less the error of 1 m and the scale of 0.5 m."""
    rule = make_rule(comparison="height_ratio", ratio=10.0, required_m=1000.0)
    (question,) = asked_back(rule, plot=box(-150, 0, -50, 100))
    assert question.attribute == "height_m"
    assert question.worst == question.freed == "undetermined"
    assert question.frees is None
    assert "不超过4.8米" in question.text_zh
    low = Project(height_m=1.0)
    assert asked_back(rule, low, plot=box(-150, 0, -50, 100)) == ()


def test_what_a_rule_asks_of_behaviour_is_not_asked_of_a_type_that_says_it() -> None:
    rule = make_rule(project_types=("polluting_discharge",))
    assert [q.attribute for q in asked_back(rule)] == ["discharge"]
    assert asked_back(rule, Project(type="polluting_discharge")) == ()
    assert asked_back(rule, Project(discharge=True)) == ()


def test_what_no_answer_would_change_is_not_asked() -> None:
    """Outlines of buildings can only bind where a bare plot is regulated as it is."""
    rule = make_rule(binds="building")
    assert asked_back(rule) == ()
    assert asked_back(make_rule(effect="permit", exception=("heritage_scope_approved",))) == ()


@pytest.mark.parametrize("west", [100, -50, -900])
def test_the_kind_of_approval_is_asked_wherever_a_site_lies_to_the_town(west: float) -> None:
    """No text of it was seen, so that no answer decides, and its words say so."""
    spec = make_spec(id="urban_boundary", name_zh="城镇开发边界")
    screener = Screener(
        [make_layer(MET, spec=spec)], [], counties=make_counties(), as_of="2026-11-21"
    )
    told = Questioner(screener).ask(screener.screen(make_site(box(west, 0, west + 100, 100))))
    (question,) = told
    assert (question.attribute, question.frees) == ("approval_kind", None)
    assert question.worst == question.freed == "undetermined"
    assert "适用条文未见原文" in question.text_zh
    assert question.item_zh in question.text_zh and question.material_zh in question.text_zh


def test_a_site_that_cannot_be_used_is_asked_nothing() -> None:
    rule = make_rule(condition="development_zone")
    screener = Screener([make_layer(MET)], [rule], counties=make_counties(), as_of="2026-11-21")
    bad = screener.screen(Site("bad", None, problems=("torn",)))
    assert Questioner(screener).ask(bad) == ()
