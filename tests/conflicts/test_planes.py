"""Layers are placed, projected and indexed once for every project that is asked about on them."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from conftest import box, make_counties, make_layer, make_record, make_rule, make_site

from sxgeo.analysis.conflicts import prepared
from sxgeo.analysis.conflicts.question import pose
from sxgeo.analysis.conflicts.questions import Questioner
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.boundaries import extent
from sxgeo.layers.layers import load_layers
from sxgeo.model.project import Project

SCOPE = box(0, 0, 1000, 1000)
INSIDE = box(300, 300, 500, 500)
DISCHARGE = make_rule(project_types=("polluting_discharge",), condition="discharge")
WELL = make_rule(
    rule_id="R2", project_types=("groundwater_extraction",), condition="groundwater_use"
)


def laid_names(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note the class and plane of all that is laid from now on."""
    names: list[tuple[str, str]] = []
    lay = prepared.lay

    def noted(layer: Any, ground: Any) -> Any:
        names.append((layer.spec.id, ground.plane))
        return lay(layer, ground)

    monkeypatch.setattr(prepared, "lay", noted)
    return names


def test_a_check_with_its_questions_lays_each_layer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = make_layer((make_record(), SCOPE))
    laid = laid_names(monkeypatch)
    screener = Screener(
        [layer], [DISCHARGE, WELL], counties=make_counties(), as_of="2026-11-21", project=Project()
    )
    asked = Questioner(screener).ask(screener.screen(make_site(INSIDE)))

    assert {a.attribute for a in asked} == {"discharge", "groundwater_use"}
    assert len(laid) == 1


def test_on_shared_planes_a_project_gets_the_answer_that_it_gets_on_its_own() -> None:
    """Every pair of projects in both orders: what one said leaves nothing behind for the other."""
    layer = make_layer(
        (make_record(), SCOPE), (make_record(feature_id="F2"), box(5000, 0, 6000, 9))
    )
    rules, counties, site = [DISCHARGE, WELL], make_counties(), make_site(INSIDE)
    told = {
        said: Project(discharge=said[0], groundwater_use=said[1])
        for said in product((None, True, False), repeat=2)
    }

    def answer(screener: Screener) -> Any:
        (entry,) = screener.screen(site).screening
        return entry.outcome, entry.known_outcome, entry.reason_code, entry.findings

    def anew(project: Project) -> Screener:
        return Screener(
            [layer],
            rules,
            counties=counties,
            as_of="2026-11-21",
            project=project,
            requested=[layer.spec.id],
        )

    alone = {said: answer(anew(project)) for said, project in told.items()}
    assert len({known for _, known, *_ in alone.values()}) > 1
    for first, second in product(told, repeat=2):
        screener = anew(told[first])
        before = answer(screener)
        assert answer(screener.of_class(layer.spec.id, told[second])) == alone[second]
        assert answer(screener) == before == alone[first]


def test_another_layer_of_the_same_class_is_never_taken_for_the_first() -> None:
    near, far = (make_layer((make_record(), shape)) for shape in (SCOPE, box(5000, 0, 6000, 9)))
    planes = prepared.Planes(make_counties())
    plane = "EPSG:4547"

    assert planes.laid(near, plane) is planes.laid(near, plane)
    assert planes.laid(far, plane).layer is far
    assert not planes.laid(far, plane).shapes[0].equals(planes.laid(near, plane).shapes[0])


def test_a_plain_check_reads_the_envelope_of_china_only_where_the_box_leaves_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> Any:
        raise AssertionError("the envelope was read")

    monkeypatch.setattr(extent, "_china", refused)
    assert extent.inside_china([[112.6, 38.3, 112.7, 38.4]]).tolist() == [True]
    with pytest.raises(AssertionError, match="the envelope was read"):
        extent.inside_china([[120.0, 30.0, 120.1, 30.1]])


def test_the_bundled_layers_are_laid_once_a_plane_whatever_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laid = laid_names(monkeypatch)
    question = pose([(112.9501, 38.3001), (112.3, 38.0)])
    screener = question.screener()
    question.questions(tuple(screener.stream(question.sites.sites)), screener)

    assert len(laid) == len(set(laid)) == 2 * len(question.layers)
    assert {class_id for class_id, _ in laid} >= {layer.spec.id for layer in load_layers()}
