"""Two engines in the page: they agree on random worlds, a wrong one is found out, and where GEOS
cannot run nothing is clear.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from test_browser import NO_AREAS, Opened, browser
from test_page_check import (
    far_and_complete,
    needs_node,
    random_shape,
    run_page,
    world,
)
from test_page_worlds import job_of, varied

from sxgeo.analysis.conflicts.replay import replay
from sxgeo.cli.main import main
from sxgeo.errors import UsageError
from sxgeo.geometry.projection import quantise
from sxgeo.layers.rules import load_rules
from sxgeo.maps import build_map
from sxgeo.maps.geos import geos
from sxgeo.maps.inline import asset
from sxgeo.maps.pack import check_pack

__all__ = ["browser"]
FAR = {"type": "Point", "coordinates": [112.30, 38.33]}
DAY = {"as_of": "2026-11-21", "accuracy_m": 0}


def both(pack: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = geos()
    second = {"script": held.script, "code": held.code}
    return {"pack": {**pack, "engine": "both"}, "geos": second, **more}


def without_engines(told: Any) -> Any:
    """An answer without the names of those who measured."""
    if isinstance(told, dict):
        return {k: without_engines(v) for k, v in told.items() if k != "engines"}
    return [without_engines(one) for one in told] if isinstance(told, list) else told


@pytest.mark.slow
@needs_node
def test_two_engines_answer_as_one_does_on_polygons_of_every_kind():
    rng, class_id = random.Random(11), "heritage_sites"
    layer, counties = world(rng, class_id)
    shapes = [
        quantise(random_shape(rng, rng.uniform(112.22, 112.78), rng.uniform(38.02, 38.38)))
        for _ in range(60)
    ]
    shapes += [
        quantise(shapely.transform(g, lambda xy: np.add(xy, (1e-5, 0)))) for g in layer.shapes
    ]
    shapes += list(layer.shapes)
    jobs = [{"geojson": json.loads(shapely.to_geojson(g)), "options": DAY} for g in shapes]
    pack = check_pack([layer], load_rules(class_id), counties)
    alone = run_page([{**jobs[0], "pack": pack}, *jobs[1:]])
    voted = run_page([{**jobs[0], **both(pack)}, *jobs[1:]])
    for shape, one, two in zip(shapes, alone, voted, strict=True):
        assert without_engines(one) == without_engines(two), shape.wkt[:300]
        assert (one["engines"], two["engines"]) == (["page"], ["page", "geos"])
    clear = [s for a in voted for s in a["sites"] if s["verdict"] == "clear"]
    assert clear and {
        tuple(e["clear_because"]["engines"])
        for s in clear
        for e in s["screening"]
        if e["clear_because"]
    } == {("page", "geos")}


@pytest.mark.slow
@needs_node
def test_two_engines_answer_as_one_does_on_legal_vectors_and_town_boundaries():
    jobs = [job_of(varied(seed)) for seed in range(80)]
    alone = run_page(jobs)
    asked = [{**job, "pack": {**job["pack"], "engine": "both"}, "geos": {}} for job in jobs]
    voted = run_page([{**asked[0], **both(jobs[0]["pack"])}, *asked[1:]])
    shared = 0
    for seed, (one, two) in enumerate(zip(alone, voted, strict=True)):
        assert without_engines(one) == without_engines(two), seed
        shared += json.dumps(one).count('"shared_edge"')
    assert shared


@pytest.mark.slow
@needs_node
@pytest.mark.parametrize("wrong", ["distance", "common", "deepest", "beyond"])
def test_what_one_engine_measures_otherwise_is_undetermined(wrong):
    rng, class_id = random.Random(11), "heritage_sites"
    layer, counties = world(rng, class_id)
    pack = check_pack([layer], load_rules(class_id), counties)
    shapes = [
        quantise(shapely.transform(g, lambda xy: np.add(xy, (2e-5, 0)))) for g in layer.shapes
    ]
    shapes += [
        shapely.box(112.30, 38.33, 112.301, 38.331),
        shapely.box(112.7, 38.05, 112.701, 38.051),
    ]
    jobs = [{"geojson": json.loads(shapely.to_geojson(g)), "options": DAY} for g in shapes]
    right = run_page([{**jobs[0], **both(pack)}, *jobs[1:]])
    told = run_page([{**jobs[0], **both(pack, wrong=wrong)}, *jobs[1:]])
    changed = [
        (before, after)
        for one, two in zip(right, told, strict=True)
        for before, after in zip(
            one["sites"][0]["screening"], two["sites"][0]["screening"], strict=True
        )
        if before != after
    ]
    assert changed
    for before, after in changed:
        if before["outcome"] == after["outcome"] == "conflict":
            continue  # both engines see another record of the class that forbids
        assert after["outcome"] == "undetermined", (before["outcome"], after["outcome"])
        assert after["reason_code"] == "engines_disagree"
        assert "page " in after["reason"] and "geos " in after["reason"]
    assert {"clear", "conflict"} & {before["outcome"] for before, _ in changed}


@needs_node
def test_an_answer_of_two_engines_is_replayed_by_two(tmp_path):
    site = {"type": "Point", "coordinates": [112.57, 38.0]}
    (page,) = run_page([{"geojson": site, "options": {}, **both(check_pack())}])
    path = tmp_path / "page.json"
    path.write_text(json.dumps(page, ensure_ascii=False), "utf-8")
    report, changes = replay(path)
    assert report.receipt["engines"] == ["geos", "kernel"]
    assert changes and all(change.startswith("code: ") for change in changes)


@needs_node
def test_an_engine_that_was_asked_for_and_is_not_there_leaves_nothing_clear():
    layer, counties = far_and_complete()
    pack = check_pack([layer], load_rules("heritage_sites"), counties)
    job = {"geojson": FAR, "options": DAY}
    (clear,) = run_page([{**job, "pack": pack}])
    (told,) = run_page([{**job, "pack": {**pack, "engine": "both"}}])
    assert clear["verdict"] == "clear"
    assert told["verdict"] == "undetermined" and told["engines"] == ["page"]
    assert told["sites"][0]["screening"][0]["reason_code"] == "engines_disagree"
    assert "geos cannot run" in told["receipt"]["remarks"][-1]


def test_the_engine_is_in_no_page_that_did_not_ask_for_it(tmp_path):
    plain = build_map("taixin", layers=[], areas=NO_AREAS).to_html()
    page = build_map("taixin", layers=[], areas=NO_AREAS, engine="both").to_html()
    assert "wasm" not in plain.split("<script")[0] and "sxgeoGeos" not in plain
    policy = page[: page.index("<script")]
    assert policy.count("'wasm-unsafe-eval'") == 1 and "'unsafe-eval'" not in policy
    assert 700_000 < len(page) - len(plain) < 900_000
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in page
    assert build_map("taixin", layers=[], areas=NO_AREAS, engine="both").to_html() == page
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in asset("geos-wasm/LICENSE.md").decode()
    with pytest.raises(UsageError, match=r"unknown engine 'geos'\. Known: own, both\."):
        build_map("taixin", engine="geos")  # type: ignore[arg-type]
    assert main(["map", "-o", str(tmp_path / "a.pdf"), "--engine", "both"]) == 2


@pytest.fixture(scope="module")
def clear_page(tmp_path_factory) -> Path:
    """A page with two engines in which a plot is clear."""
    layer, counties = far_and_complete()
    path = tmp_path_factory.mktemp("engines") / "both.html"
    built = build_map("taixin", layers=[layer], areas=NO_AREAS, engine="both")
    built.save(path)
    pack = check_pack([layer], load_rules("heritage_sites"), counties, second=True)
    path.with_suffix(".json").write_text(json.dumps(pack, ensure_ascii=False), "utf-8")
    return path


def started(browser, path: Path) -> Opened:
    """The page after its second engine runs or was refused, with the small world as its pack."""
    page = Opened(browser, path)
    page.driver.execute_async_script("sxgeo.engines.then(arguments[0])")
    pack = json.loads(path.with_name("both.json").read_text("utf-8"))
    page.run(
        "const {panel} = sxgeo; const second = panel.checker.second;"
        "const checker = new panel.checker.constructor(arguments[0]); checker.second = second;"
        "panel.checker = checker; panel.pack = arguments[0]; panel.open(true);"
        "panel.take(JSON.stringify(arguments[1]))",
        pack,
        {
            "type": "Polygon",
            "coordinates": [[[112.3, 38.33], [112.301, 38.33], [112.301, 38.331], [112.3, 38.33]]],
        },
    )
    return page


ASKED = "return document.getElementById('sx-question').textContent"
SHOWN = (
    "return [sxgeo.panel.answer.sites[0].verdict, document.getElementById('sx-check').textContent]"
)


@pytest.mark.browser
def test_the_page_starts_geos_without_a_request_and_both_call_a_plot_clear(browser, clear_page):
    page = started(browser, clear_page)
    verdict, text = page.run(SHOWN)
    assert verdict == "undetermined" or "geos" in text
    entry = page.run("return sxgeo.panel.answer.sites[0].screening[0]")
    assert entry["outcome"] == "clear" and entry["clear_because"]["engines"] == ["page", "geos"]
    assert "两种计算引擎" in page.run("return document.getElementById('sx-engines').textContent")
    assert "量算引擎：本页、GEOS" in page.run(ASKED)
    assert page.requests() == [] and page.errors() == []


@pytest.mark.browser
def test_a_dispute_shows_both_figures_in_both_languages(browser, clear_page):
    page = started(browser, clear_page)
    page.run(
        "const {geos} = sxgeo.panel.checker.second; const right = geos.distance.bind(geos);"
        "geos.distance = (a, b) => right(a, b) + 0.002; document.getElementById('sx-again').click()"
    )
    entry = page.run("return sxgeo.panel.answer.sites[0].screening[0]")
    assert (entry["outcome"], entry["reason_code"]) == ("undetermined", "engines_disagree")
    _, text = page.run(SHOWN)
    assert "两种计算引擎的结果不一致" in text and "page " in text and "geos " in text
    page.run("document.getElementById('sx-do-lang').click()")
    _, text = page.run(SHOWN)
    page.run("document.getElementById('sx-do-lang').click()")
    assert "the two engines disagree" in text and "geos " in text


@pytest.mark.browser
def test_where_the_policy_refuses_to_compile_the_page_says_so_and_nothing_is_clear(
    browser, clear_page
):
    """What Chromium 80 and 92 do, which do not know the word of the policy."""
    refused = clear_page.with_name("refused.html")
    text = clear_page.read_text("utf-8")
    refused.write_text(text.replace(" 'wasm-unsafe-eval'", "", 1), "utf-8")
    page = started(browser, refused)
    entry = page.run("return sxgeo.panel.answer.sites[0].screening[0]")
    assert (entry["outcome"], entry["reason_code"]) == ("undetermined", "engines_disagree")
    notice = page.run("return document.getElementById('sx-engines').textContent")
    assert "量算引擎：本页" in page.run(ASKED) and "GEOS" not in page.run(ASKED)
    assert "不能在此浏览器中运行" in notice and "不作“未发现冲突”的结论" in notice
    assert "geos cannot run" in page.run("return sxgeo.panel.answer.receipt.remarks.join()")
