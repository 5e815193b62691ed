"""Parts of an answer beside its verdict, each by itself: what a distance means for many, sites in
pieces, what was asked, what is asked again, what is told; by hand, or from what the part is for.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import box

from sxgeo.analysis.conflicts import (
    finding_arrays,
    in_pieces,
    lawbook,
    pairs,
    question,
    questions,
    replay,
    shift,
    variants,
    voting,
)
from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.analysis.conflicts.pairs import NO_PAIRS, Pairs
from sxgeo.analysis.conflicts.question import Question, pose
from sxgeo.analysis.conflicts.questions import Questioner
from sxgeo.analysis.conflicts.relation import TOUCH_M
from sxgeo.analysis.conflicts.urban import CODES, PARTLY
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import PLANE_SCALE, ellipsoid_area_m2
from sxgeo.model.sites import Site
from sxgeo.workspace.layers import UserLayer

PLOT = box(0, 0, 100, 100)


def array(*shapes: Any) -> Any:
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


# what a distance means
# ------------------------------------------------------------------------------------------


def test_at_least_is_kept_at_the_very_distance_and_within_still_binds_there() -> None:
    for strict in (
        False,
        True,
    ):
        for required in (
            0.0,
            500.0,
        ):
            terms: Any = SimpleNamespace(
                required=np.array([required]), extent=np.array([4.0]), strict=np.array([strict]),
                accuracy=np.array([2.0]), datum=np.array([1.0]),
            )  # fmt: skip
            error = 3.0 + 2.0 + 1.0 + PLANE_SCALE * required
            inner, outer = required - error, required + error + 4.0
            limits = [inner, outer, -TOUCH_M, 0.0]
            asked = sorted(float(np.nextafter(x, x + d)) for x in limits for d in (-9, 0, 9))
            told = pairs.compare(
                terms, np.zeros(len(asked), dtype=int), np.array(asked), np.full(len(asked), 3.0)
            )
            assert (told.inner[0], told.outer[0], told.error[0]) == (inner, outer, error)
            for i, apart in enumerate(asked):
                is_within = apart < inner if strict else apart <= inner
                is_outside = apart >= outer if strict and required else apart > outer
                is_touching = is_within and not required and max(0.0, -apart) <= TOUCH_M
                assert told.touching[i] == is_touching
                assert told.met[i] == (is_within and not is_touching)
                assert told.missed[i] == (is_outside and not is_within)


def test_points_in_polygons_are_measured_at_once_and_nothing_else_is() -> None:
    shapes = array(PLOT, PLOT, shapely.Point(5, 5), PLOT)
    resources = array(shapely.Point(30, 50), box(10, 10, 20, 20), shapely.Point(5, 5), None)
    table: Any = SimpleNamespace(shapes=resources)
    rows = np.arange(3)
    found = pairs._apart(rows, rows, np.zeros(3))
    assert pairs._points_inside(shapes, table, found, rows).tolist() == [True, False, False]
    assert found.separation.tolist() == [-30.0, 0.0, 0.0]
    assert found.common.tolist() == [True, False, False]


# sites in pieces
# ------------------------------------------------------------------------------------------


def test_of_a_site_in_pieces_the_nearest_pair_of_each_record_is_kept() -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        site, record = rng.integers(0, 4, 30), rng.integers(0, 3, 30)
        apart = rng.integers(-9, 9, 30).astype(float)
        rest = {name: np.zeros(30) for name in Pairs.__slots__}
        some = Pairs(**{**rest, "site": site, "record": record, "separation": apart})  # type: ignore[arg-type]
        told = in_pieces._nearest_of(some)
        least: dict[tuple[int, int], float] = {}
        for key, metres in zip(
            zip(site.tolist(), record.tolist(), strict=True), apart, strict=True
        ):
            least[key] = min(least.get(key, np.inf), float(metres))
        found = zip(told.site.tolist(), told.record.tolist(), told.separation.tolist(), strict=True)
        assert [(s, r, m) for s, r, m in found] == [(*key, least[key]) for key in sorted(least)]
        assert not len(in_pieces._nearest_of(NO_PAIRS).site)
        owner = rng.integers(0, 2, 4)
        both = in_pieces._of_sites(some, owner)
        assert set(both.site.tolist()) <= {0, 1} and len(both.site) <= 6


def test_a_site_of_which_pieces_lie_on_both_sides_lies_across_the_town_boundary() -> None:
    partly = CODES.index(PARTLY)
    one, other = (code for code in range(len(CODES)) if code != partly)
    whole = in_pieces.Whole(4)
    assert whole._urban.tolist() == [-1] * 4
    whole._take_urban(np.array([0, 0, 1, 2, 2]), np.array([one, one, other, one, other]))
    assert whole._urban.tolist() == [one, other, partly, -1]
    whole._take_urban(np.array([1, 0]), np.array([other, other]))
    assert whole._urban.tolist() == [partly, other, partly, -1]


# a move
# ------------------------------------------------------------------------------------------


def test_the_best_direction_is_refined_four_times_each_time_four_times_finer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def best(plot: Any, obstacles: Any, angles: Any, before: Any, most: float) -> Any:
        asked.append(angles)
        return 7.0, 30.0

    monkeypatch.setattr(shift, "_best_of", best)
    told = shift.smallest_move(PLOT, [], max_distance_m=50.0)
    assert told is not None and (told.distance_m, told.azimuth_deg) == (7.0, 30.0)
    assert asked[0].tolist() == (np.arange(144) * 2.5).tolist()
    assert [(a.min(), a.max(), len(a)) for a in asked[1:]] == [
        pytest.approx((30 - 2.5 / 4**k, 30 + 2.5 / 4**k, 9)) for k in range(4)
    ]


def test_shapes_that_meet_in_what_no_number_can_hold_lack_the_clearance_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = [shift.Obstacle(box(90, 0, 200, 100), 5.0, "w")]
    assert 5.0 < shift.shortfall_m(PLOT, wall) <= 15.0
    monkeypatch.setattr(shapely, "intersection", lambda *_: shapely.Polygon())
    assert shift.shortfall_m(PLOT, wall) == 5.0


def test_a_shift_is_looked_for_of_one_site_that_can_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good, lost = Site("a", PLOT, accuracy_m=1.0), Site("b", None, accuracy_m=1.0)
    assert variants._single(good) is good
    read: list[list[Site]] = [[good, lost], [lost], [good, good], []]
    monkeypatch.setattr(variants, "read_sites", lambda given: SimpleNamespace(sites=given))
    assert variants._single(read[0]) is good  # type: ignore[arg-type]
    for given in (lost, *read[1:]):
        with pytest.raises(InputError, match="a shift is looked for one site at a time"):
            variants._single(given)  # type: ignore[arg-type]


def test_a_dozen_rounds_are_gone_until_no_new_obstacle_is_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site("a", shapely.box(112.6, 38.0, 112.601, 38.001), accuracy_m=1.0)
    for obstacles in (0, 3, 11, 12, 30):
        met: list[int] = []
        ways: list[int] = []

        def ask(outcome: Any, plane: str, met: Any = met, most: int = obstacles) -> Any:
            if len(met) < most:
                met.append(len(met))
            return {f"r{k}": shift.Obstacle(PLOT, 1.0, f"n{k:02}") for k in met}

        def way_out(shape: Any, some: Any, *_: Any, ways: Any = ways) -> Any:
            ways.append(len(some))
            return variants._Way(None, site.geometry, None)

        monkeypatch.setattr(variants, "_obstacles", ask)
        monkeypatch.setattr(variants, "_way_out", way_out)
        outcome = SimpleNamespace(crs="EPSG:4546", screening=(), extra=())
        screener: Any = SimpleNamespace(screen=lambda plot, told=outcome: told)
        told = variants._suggest(site, screener, 100.0)
        # at first the plot is asked as its move and as its trim: two obstacles come together
        assert len(ways) == min(max(obstacles - 1, 0), 12)
        assert told.max_distance_m == 100.0
        assert list(told.obstacles) == sorted(told.obstacles)
        assert (told.obstacles == ()) is (obstacles == 0)


def test_a_row_of_a_comparison_has_its_columns_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(variants, "asked", lambda outcome: [])
    outcome: Any = SimpleNamespace(
        site=Site("a", PLOT, accuracy_m=1.0),
        verdict="clear",
        known_verdict="none_found",
        area_m2=5.0,
    )
    row = variants._compared(outcome, None)
    assert list(row) == list(variants.COMPARISON_COLUMNS)
    text = variants.compare_sites.__doc__ or ""
    assert all(f"`{name}`" in text for name in ("reach_min", "prohibited_overlap_m2"))


# two engines
# ------------------------------------------------------------------------------------------


def voters(second: Any) -> Any:
    return voting.Voters(second, SimpleNamespace())  # type: ignore[arg-type]


def test_a_place_outside_an_area_is_no_depth() -> None:
    for depths, told in (
        ([5.0, 3.0], 5.0), ([-voting.SAME_M / 2, 3.0], 3.0), ([-1.0, 3.0], 0.0), ([3.0, -1.0], 0.0)
    ):  # fmt: skip
        given = iter(depths)
        second = SimpleNamespace(depths_m=lambda place, area, given=given: np.array([next(given)]))
        assert voters(second)._depth_at(np.zeros((1, 2)), [PLOT, PLOT]) == told


def test_an_edge_is_compared_only_at_a_boundary_with_the_force_of_law_that_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        voting.Voters, "_edge", lambda self, shape, table, row, overlap: asked.append(row) or []
    )
    for apart, legal, is_asked in (
        (0.5 * TOUCH_M, True, True), (0.5 * TOUCH_M, False, False), (TOUCH_M * 1.5, True, False),
        (50.0, True, False),
    ):  # fmt: skip
        resource = box(100 + apart, 0, 200, 100)
        second = SimpleNamespace(distance_m=lambda a, b: float(shapely.distance(a, b)))
        table: Any = SimpleNamespace(shapes=array(resource), legal=[legal])
        assert list(voters(second)._record(PLOT, table, 0)) == []
        assert bool(asked) is is_asked
        asked.clear()


def test_of_records_that_are_equally_near_beyond_reach_one_is_asked_about() -> None:
    shapes = array(box(1_000, 0, 1_100, 100), box(-1_000, 0, -900, 100), box(5_000, 0, 5_100, 100))
    table: Any = SimpleNamespace(
        records=[{}] * 3, shapes=shapes, slack_m=10.0, required_m=10.0,
        partial=SimpleNamespace(rows=np.zeros(0, dtype=int)), tree=shapely.STRtree(shapes),
    )  # fmt: skip
    batch: Any = SimpleNamespace(shapes=array(PLOT), error=np.array([1.0]))
    asker = voting.Voters(SimpleNamespace(), batch)  # type: ignore[arg-type]
    assert asker._near(0, table) in ([0], [1])
    table.slack_m = 900.0
    assert asker._near(0, table) == [0, 1]


def test_the_edge_that_a_dissent_tells_is_that_of_the_site_along_the_resource(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resource = box(100, 0, 200, 100)
    monkeypatch.setattr(voting, "shares_edge", lambda *_: False)
    monkeypatch.setattr(voting, "_edge_in_strip_m", lambda a, b: 1.0 if a is PLOT else 2.0)
    second = SimpleNamespace(along_m=lambda *_: 99.0)
    table: Any = SimpleNamespace(records=[{}], shapes=array(resource))
    overlap: Any = SimpleNamespace(penetration_m=0.0)
    told = list(voters(second)._edge(PLOT, table, 0, overlap))
    assert [(one[1], one[3]) for one in told] == [("共边长度", (1.0, 99.0))]
    assert list(voters(second)._edge(shapely.Point(0, 0), table, 0, overlap)) == []
    # what reaches deep inside shares no edge, however long it runs beside
    overlap.penetration_m = TOUCH_M * 1.01
    assert list(voters(second)._edge(PLOT, table, 0, overlap)) == []


def test_an_edge_is_near_where_both_engines_see_it_near(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        voting.Voters, "_edge", lambda self, shape, table, row, overlap: asked.append(row) or []
    )
    resource = box(100 + TOUCH_M, 0, 200, 100)
    apart = float(shapely.distance(PLOT, resource))
    for more, is_near in ((-voting.SAME_M / 2, apart <= TOUCH_M), (voting.SAME_M / 2, False)):
        second = SimpleNamespace(distance_m=lambda a, b, more=more: apart + more)
        table: Any = SimpleNamespace(shapes=array(resource), legal=[True])
        assert list(voters(second)._record(PLOT, table, 0)) == []
        assert bool(asked) is is_near
        asked.clear()


# the question
# ------------------------------------------------------------------------------------------


def test_what_is_not_said_with_a_check_is_not_said_with_its_question() -> None:
    said, asked = inspect.signature(check_sites).parameters, inspect.signature(pose).parameters
    assert set(asked) <= set(said)
    for name, one in asked.items():
        assert said[name].default == one.default, name
    assert said["verify"].default is False


def test_all_files_that_were_read_are_told_in_their_order() -> None:
    path = Path
    read: Any = SimpleNamespace(
        recorded=False,
        path=path("w.toml"),
        lands=[SimpleNamespace(role="landuse", path=path("l.gpkg"))],
    )
    posed: Any = SimpleNamespace(
        site_files=(path("s.csv"),), workspace=read, users=[SimpleNamespace(path=path("u.gpkg"))],
        boundaries=[SimpleNamespace(path=path("b.gpkg"))],
    )  # fmt: skip
    told: Any = Question.inputs
    every = [
        ("site file", path("s.csv")), ("workspace file", path("w.toml")),
        ("layer file", path("u.gpkg")), ("landuse file", path("l.gpkg")),
        ("boundary file", path("b.gpkg")),
    ]  # fmt: skip
    assert list(told.fget(posed)) == every
    read.recorded = True
    assert list(told.fget(posed)) == [one for one in every if one[0] != "workspace file"]
    posed.workspace = None
    assert list(told.fget(posed)) == [every[0], every[2], every[4]]


def test_a_question_is_answered_by_its_screener_site_by_site() -> None:
    screener = SimpleNamespace(stream=lambda sites, progress: (sites, progress))
    posed: Any = SimpleNamespace(screener=lambda: screener, sites=SimpleNamespace(sites="sites"))
    assert Question.outcomes(posed, "progress") == ("sites", "progress")  # type: ignore[arg-type]


def test_layers_are_a_mapping_or_layers_all_of_them() -> None:
    one, other = UserLayer("heritage_sites", Path("a.gpkg")), UserLayer("scenic_areas", Path("b"))
    assert question._named_layers([one, other]) == [one, other]
    assert question._named_layers((one,)) == [one] and question._named_layers(()) == []
    told = question._named_layers({"heritage_sites": "a.gpkg"})
    assert [(layer.class_id, layer.path) for layer in told] == [("heritage_sites", Path("a.gpkg"))]
    for wrong in ([one, "b.gpkg"], ["b.gpkg", one], ["b.gpkg"], "b.gpkg"):
        with pytest.raises(UsageError, match="layers"):
            question._named_layers(wrong)  # type: ignore[arg-type]


def test_a_conflict_is_called_by_its_exception_where_nothing_graver_is_among_them() -> None:
    lifted = next(iter(questions.EXCEPTION_ZH))
    bare = SimpleNamespace(effect="prohibited_unless")
    grave = SimpleNamespace(effect="prohibited")
    for entries, effect in (
        ([bare], "prohibited_unless"), ([bare, bare], "prohibited_unless"), ([bare, grave], None),
        ([grave, bare], None), ([grave], None),
    ):  # fmt: skip
        assert questions._label_effect(lifted, entries) == effect  # type: ignore[arg-type]
        assert questions._label_effect("discharge", entries) is None  # type: ignore[arg-type]


def test_without_anything_unsaid_nothing_is_tried_out() -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("nothing is open")

    asker: Any = SimpleNamespace(_known=never)
    entry: Any = SimpleNamespace(resource_class="a", known_outcome="conflict")
    assert Questioner._matters(asker, None, entry, []) is False  # type: ignore[arg-type]
    assert Questioner._matters(asker, None, entry, ["height_m"]) is True  # type: ignore[arg-type]
    for known, matters in (("conflict", False), ("none_found", True)):
        asker._known = lambda outcome, said, classes, known=known: known
        assert Questioner._matters(asker, None, entry, ["discharge"]) is matters  # type: ignore[arg-type]


# again
# ------------------------------------------------------------------------------------------


def test_a_report_is_a_file_of_json_that_is_an_answer_and_not_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MAX_REPORT_BYTES", 10)
    monkeypatch.setattr(replay, "is_answer", lambda content: content.startswith(b"yes"))
    folder = tmp_path / "folder.json"
    folder.mkdir()
    for name, content, told in (
        ("a.json", b"yes", True), ("a.JSON", b"yes", True), ("a.txt", b"yes", False),
        ("b.json", b"no", False), ("c.json", b"yes1234567", True), ("d.json", b"yes12345678", False),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert replay.is_report(tmp_path / name) is told
    assert not replay.is_report(folder) and not replay.is_report(tmp_path / "none.json")


def test_reports_that_lack_something_cannot_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"old.json": {"schema": 1}, "new.json": {"schema": 1}}
    monkeypatch.setattr(replay, "read_report", lambda path: told[path])
    with pytest.raises(
        InputError, match=r"'old.json' and 'new.json' cannot be compared: one lacks"
    ):
        replay.changes_between("old.json", "new.json")


def test_a_layer_without_a_name_is_found_by_its_content_in_the_workspace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = SimpleNamespace(
        class_id="a", content=SimpleNamespace(sha256="1", record=lambda: {"parts": "p"})
    )
    empty = SimpleNamespace(class_id="b", content=None)
    asked: list[Any] = []
    monkeypatch.setattr(replay, "find_again", lambda *told: asked.append(told) or "w.toml")
    monkeypatch.setattr(
        replay, "load_workspace", lambda path: SimpleNamespace(layers=[user, empty])
    )
    monkeypatch.setattr(replay, "with_content", lambda users: users)
    monkeypatch.setattr(replay, "parts_hash", lambda parts: f"h{parts}")
    recorded = {"file": "mine.toml", "sha256": "9"}
    withheld = replay._Withheld({"workspace": recorded}, [Path("here")])
    row = {"resource_class": "a", "sha256": "1", "parts_sha256": "hp", "secrecy": "secret"}
    missing: list[str] = []
    assert withheld.layer(row, missing) == [user] and missing == []
    assert asked == [(recorded, [Path("here")])]
    for other in ({"resource_class": "b"}, {"sha256": "2"}, {"parts_sha256": "hq"}):
        assert withheld.layer({**row, **other}, missing) == []
    assert len(missing) == 3 and len(asked) == 1
    assert "workspace 'mine.toml' (sha256 9)" in missing[0] and "it is secret" in missing[0]
    assert replay._Withheld({}, []).layer(row, missing) == [] and "'sxgeo.toml'" in missing[3]


# the law book, and findings in arrays
# ------------------------------------------------------------------------------------------


def test_what_is_shown_of_a_rule_is_its_value_or_a_dash() -> None:
    for value, told in (
        ((), "-"), (("a",), "a"), (("a", 2), "a, 2"), (None, "-"), ("", "-"), (0, "0"), ("x", "x")
    ):  # fmt: skip
        assert lawbook._shown(value) == told


def test_classes_without_a_rule_are_named_and_none_is_no_chapter() -> None:
    assert lawbook._without_rules([], {}) == []
    (told,) = lawbook._without_rules(["a", "b"], {"a": "甲<", "b": "乙"})
    assert "甲&lt; a、乙 b：条文未见" in told and told.startswith("<h2>没有规则的类")


def test_a_case_says_of_its_project_yes_no_or_nothing() -> None:
    for name in ("groundwater_use", "discharge"):
        for said, value in (({name: "yes"}, True), ({name: "no"}, False), ({}, None)):
            case = lawbook.Case("r", "mine", {**said, "other": "x"}, ("other",), "ask", "why")
            told = case.project()
            assert getattr(told, name) is value
            assert told.attributes == {"other": "x"} and told.documents == {"other": "文件"}
            assert told.type == "mine"


def test_a_finding_has_a_place_where_it_has_a_pair() -> None:
    rows: Any = SimpleNamespace(pair=np.array([-1, 0, 1, 7]))
    placed: Any = finding_arrays.Rows.placed
    assert placed.fget(rows).tolist() == [False, True, True, True]


def test_what_is_neither_met_nor_missed_nor_touching_lies_between() -> None:
    states = [(m, t, x) for m in (0, 1) for t in (0, 1) for x in (0, 1) if m + t + x < 2]
    met, touching, missed = (np.array([s[k] for s in states], dtype=bool) for k in range(3))
    means: Any = SimpleNamespace(
        met=met, touching=touching, missed=missed, inner=np.full(4, 1.0), outer=np.full(4, 9.0),
        required=np.full(4, 5.0), error=np.full(4, 2.0), extent=np.zeros(4),
    )  # fmt: skip
    told = finding_arrays._by_distance_alone(means, np.full(4, 5.0), np.zeros(4, dtype=bool))
    codes = [finding_arrays.REASON_CODES[code] for code in told.reason.tolist()]
    for (is_met, is_touching, is_missed), code in zip(states, codes, strict=True):
        if is_met or is_touching or is_missed:
            assert code == ("met" if is_met else "touching" if is_touching else "missed")
        else:
            assert code not in ("met", "touching", "missed")


def test_an_edge_that_is_shared_takes_a_rule_that_binds_out_of_judgement() -> None:
    flags = [(b, e) for b in (False, True) for e in (False, True)]
    bound, edge = (np.array([f[k] for f in flags]) for k in (0, 1))
    offers: Any = SimpleNamespace(
        by_rule=SimpleNamespace(bound=bound, no_rule=~bound), capped=np.full(4, 3),
        coarse=np.full(4, 2),
    )  # fmt: skip
    told = finding_arrays._Bearing.of(offers, np.arange(4), edge, np.ones(4, dtype=bool))
    assert told.shared.tolist() == (bound & edge).tolist()
    assert told.in_county.tolist() == (bound & ~edge).tolist()
    capped = [3 if b and not e else finding_arrays._NO_REASON for b, e in flags]
    assert told.cap_of.tolist() == capped and told.no_rule.tolist() == (~bound).tolist()


def test_what_a_pair_shares_is_measured_once_on_the_ellipsoid_and_only_where_it_has_an_area() -> (
    None
):
    shared = shapely.box(112.6, 38.0, 112.61, 38.01)
    asked: list[int] = []
    rows: Any = SimpleNamespace(pair=np.array([0, 1, 2, -1, 0]))
    rows.placed = rows.pair >= 0
    found: Any = SimpleNamespace(
        rows=rows, pairs=SimpleNamespace(area=np.array([5.0, 0.0, 3.0])),
        _common=lambda pair: asked.append(pair) or shared,
    )  # fmt: skip
    area_m2 = ellipsoid_area_m2(shared)
    told = finding_arrays.Found._on_ellipsoid(found)
    assert told.tolist() == [area_m2, 0.0, area_m2, 0.0, area_m2] and asked == [0, 2]
    found.pairs.area, rows.pair = np.zeros(0), np.array([-1, -1])
    assert finding_arrays.Found._on_ellipsoid(found).tolist() == [0.0, 0.0]


def test_ground_is_kept_free_where_a_rule_that_bars_buildings_alone_is_met_at_a_place() -> None:
    states = [(m, b, p) for m in (True, False) for b in (0, 1) for p in (4, -1)]
    met, building, place = (np.array([state[k] for state in states]) for k in range(3))
    asked: list[tuple[int, float]] = []
    rows: Any = SimpleNamespace(
        pair=place, placed=place >= 0, option=building, required=np.arange(8) * 1.5,
        relation=np.where(met, finding_arrays._MET, finding_arrays._MISSED),
    )  # fmt: skip
    found: Any = SimpleNamespace(
        rows=rows, offers=SimpleNamespace(by_rule=SimpleNamespace(building=np.array([False, True]))),
        _kept_free_m2=lambda pair, required: asked.append((pair, required)) or 7.0,
    )  # fmt: skip
    told = finding_arrays.Found._kept_free(found)
    row = states.index((True, 1, 4))
    assert np.flatnonzero(np.isfinite(told)).tolist() == [row] and told[row] == 7.0
    assert asked == [(4, row * 1.5)]
