"""Two engines vote: what they measure alike stands, what one of them measures otherwise decides nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
import shapely
from conftest import ask, box, make_layer, make_record, make_rule, make_site, make_spec

from sxgeo import check_sites
from sxgeo.analysis.conflicts import findings, pairs, voting
from sxgeo.analysis.conflicts.replay import replay
from sxgeo.cli.main import main
from sxgeo.geometry.kernel import Common, Kernel
from sxgeo.layers.classes import CLASS_IDS

PLOT = box(-20, -20, 20, 20)
INSIDE, AWAY = box(-100, -100, 100, 100), box(500, 500, 700, 700)
SITE = (112.6001, 38.3001)


@dataclass(frozen=True, slots=True)
class Sabotaged(Kernel):
    """An engine that measures one thing wrong."""

    wrong: str = ""

    def distance_m(self, one: Any, other: Any) -> float:
        told = Kernel.distance_m(self, one, other)
        return told + 0.002 if self.wrong == "distance" and told > 0 else told

    def common(self, one: Any, other: Any) -> Common:
        told = Kernel.common(self, one, other)
        area = told.area_m2 + (0.0002 if self.wrong == "area" else 0)
        return told._replace(area_m2=area)

    def depths_m(self, places: Any, shape: Any) -> Any:
        return Kernel.depths_m(self, places, shape) + (0.002 if self.wrong == "depth" else 0)

    def uncovered(self, shape: Any, whole: Any) -> float:
        return Kernel.uncovered(self, shape, whole) + (1.0 if self.wrong == "cover" else 0)

    def along_m(self, one: Any, other: Any, limit_m: float) -> float:
        return 0.0 if self.wrong == "edge" else Kernel.along_m(self, one, other, limit_m)


def judged(resource: Any, second: Kernel | None, **record: Any) -> Any:
    layer = make_layer((make_record(**record), resource))
    site = make_site(PLOT, accuracy_m=0.0)
    outcome = ask(site, layer, rules=(make_rule(required_m=0.0),), second=second)
    return next(e for e in outcome.screening if e.resource_class == layer.spec.id)


@pytest.mark.parametrize("resource", [INSIDE, AWAY])
def test_engines_that_agree_change_nothing_but_the_name_of_who_measured(resource):
    alone, both = judged(resource, None), judged(resource, Kernel())
    assert (alone.outcome, alone.reason_code) == (both.outcome, both.reason_code)
    assert alone.findings == both.findings
    if alone.outcome == "clear":
        assert alone.clear_because.grounds.engines == ("geos",)
        assert both.clear_because.grounds.engines == ("geos", "kernel")


@pytest.mark.parametrize(
    ("resource", "wrong", "word"),
    [
        (AWAY, "distance", "距离"),
        (INSIDE, "area", "压占"),
        (INSIDE, "depth", "压入深度"),
        (AWAY, "cover", "超出声明完整范围"),
    ],
)
def test_what_one_engine_measures_otherwise_is_undetermined_with_both_figures(
    resource, wrong, word
):
    before = judged(resource, Kernel())
    after = judged(resource, Sabotaged(wrong=wrong))
    assert before.outcome in ("conflict", "clear")
    assert (after.outcome, after.reason_code) == ("undetermined", "engines_disagree")
    assert after.clear_because is None
    assert word in after.reason and "geos " in after.reason and "kernel " in after.reason
    record = [f for f in after.findings if f.feature_id == "F1"]
    if wrong != "cover":
        assert {f.relation for f in record} == {"between"}
        assert {f.reason_code for f in record} == {"engines_disagree"}


def test_a_shared_edge_needs_both_engines():
    legal = {"boundary": "legal_vector"}
    beside = box(20, -20, 60, 20)
    assert judged(beside, Kernel(), **legal).outcome == "clear"
    doubted = judged(beside, Sabotaged(wrong="edge"), **legal)
    assert (doubted.outcome, doubted.reason_code) == ("undetermined", "engines_disagree")
    assert "共边长度" in doubted.reason


def test_geos_is_doubted_as_the_kernel_is(monkeypatch):
    """The same sabotage on the other side."""
    real = pairs.measure

    def wrong(site: Any, resource: Any) -> Any:
        from dataclasses import replace

        overlap = real(site, resource)
        return replace(overlap, area_m2=overlap.area_m2 + 0.01) if overlap.area_m2 else overlap

    for module in (pairs, findings, voting):
        monkeypatch.setattr(module, "measure", wrong)
    assert judged(INSIDE, None).outcome == "conflict"
    assert judged(INSIDE, Kernel()).reason_code == "engines_disagree"


def test_a_conflict_that_both_engines_see_stands_beside_a_record_that_they_dispute():
    features = [
        (make_record(), INSIDE),
        (make_record(feature_id="F2", name_zh="乙"), AWAY),
    ]
    site, rule = make_site(PLOT, accuracy_m=0.0), make_rule(required_m=1000.0)
    outcome = ask(
        site,
        make_layer(*features, spec=make_spec(official_count=2)),
        rules=(rule,),
        second=Sabotaged(wrong="distance"),
    )
    (entry,) = outcome.screening
    assert entry.outcome == "conflict" and "乙距离" in entry.reason
    codes = {f.feature_id: f.reason_code for f in entry.findings}
    assert codes == {"F1": "met", "F2": "engines_disagree"}


def test_the_bundled_layers_are_measured_alike_by_both():
    plot = shapely.box(112.73, 38.41, 112.74, 38.42)
    for site in (SITE, plot, shapely.LineString([(112.5, 37.9), (112.9, 38.4)])):
        alone, both = check_sites(site), check_sites(site, verify=True)
        assert [e.outcome for e in alone.sites[0].screening] == [
            e.outcome for e in both.sites[0].screening
        ]
        assert both.receipt["engines"] == ["geos", "kernel"]
        assert "engines_disagree" not in both.to_json()


def test_the_command_names_both_engines_and_a_replay_asks_both_again(tmp_path, capsys):
    assert main(["check", "--at", "112.6001,38.3001", "--format", "json", "--verify"]) == 11
    text = capsys.readouterr().out
    answer = json.loads(text)
    assert answer["engines"] == ["geos", "kernel"] == answer["receipt"]["engines"]
    assert [e["resource_class"] for e in answer["sites"][0]["screening"]] == list(CLASS_IDS)
    path = tmp_path / "report.json"
    path.write_text(text, "utf-8")
    assert replay(path)[1] == []
