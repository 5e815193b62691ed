"""What the page says of an answer: in Chinese the library's own sentences, in English the same with
every figure.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from conftest import make_record, make_rule, make_spec
from test_page_check import JS, NODE, asked_for, needs_node, random_sites

from sxgeo import check_sites, wording
from sxgeo.boundaries.units import load_counties
from sxgeo.catalog import data_path
from sxgeo.geometry.projection import GEOGRAPHIC
from sxgeo.layers.classes import ALL_CLASS_IDS
from sxgeo.layers.layers import Layer, load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.maps import english
from sxgeo.maps.pack import check_pack
from sxgeo.reports.sentences import completeness_words, headline, unsaid
from sxgeo.wording import CLASS_REASON_ZH, FINDING_REASON_ZH, PROJECT_TYPES

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def said(jobs: list[dict[str, Any]]) -> list[list[list[dict[str, Any]]]]:
    text = "".join(json.dumps(job, ensure_ascii=False) + "\n" for job in jobs)
    done = subprocess.run(
        [str(NODE), str(JS / "run_says.mjs")],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def told() -> list[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Reports of the library and the page's words in both languages, for sites everywhere, also
    surveyed ones.
    """
    asked = [asked_for(i) | ({"accuracy_m": 0.1} if i % 4 == 0 else {}) for i in range(24)]
    shapes = random_sites(7, len(asked))
    jobs = [
        {"geojson": json.loads(shapely.to_geojson(shape)), "options": options}
        for shape, options in zip(shapes, asked, strict=True)
    ]
    jobs[0]["pack"] = check_pack()
    reports = [
        check_sites(
            gpd.GeoDataFrame({"site_id": ["site#1"]}, geometry=[shape], crs=GEOGRAPHIC),
            project_type=options["project_type"],
            project_attributes=options.get("attributes"),
            as_of=options.get("as_of"),
            site_accuracy_m=options["accuracy_m"],
        )
        for shape, options in zip(shapes, asked, strict=True)
    ]
    return [(report, *words[0]) for report, words in zip(reports, said(jobs), strict=True)]


@needs_node
def test_the_chinese_sentences_are_those_of_the_library(told):
    for report, words, _ in told:
        (outcome,) = report.sites
        assert words["headline"] == headline(report, outcome)
        assert words["held"] == completeness_words(report, outcome)
        assert words["unsaid"] == "、".join(unsaid(report, outcome))


@needs_node
def test_the_english_sentences_hold_the_figures_of_the_chinese_ones(told):
    figures = re.compile(r"\d[\d,.]*\d|\d")
    for _, chinese, other in told:
        for zh, en in [
            (chinese["headline"], other["headline"]),
            (chinese["held"], other["held"]),
            (chinese["area"], other["area"]),
        ]:
            plain = [
                number.replace(",", "")
                for number in figures.findall(re.sub("《.*?》|3°带", "", zh))
            ]
            there = [
                number.replace(",", "").rstrip(".")
                for number in figures.findall(re.sub("《.*?》|3-degree", "", en))
            ]
            assert sorted(plain) == sorted(there), (zh, en)


@needs_node
def test_only_names_and_laws_stay_chinese(told):
    for report, _, other in told:
        names = {
            f.name_zh
            for e in (*report.sites[0].screening, *report.sites[0].extra)
            for f in e.findings
        }
        for text in (
            other["headline"],
            other["held"],
            other["unsaid"],
            other["area"],
            *other["reasons"],
            *(line for lines in other["lines"] for line in lines),
        ):
            rest = re.sub("《(?:[^《》]|《[^《》]*》)*》", "", text)
            for name in sorted(names, key=len, reverse=True):
                rest = rest.replace(name, "")
            rest = re.sub(
                r"Art\. [\d、—\-一二三四五六七八九十第条款项（）()附表及至的规定]+", "", rest
            )
            assert not CHINESE.search(rest), text


@needs_node
def test_a_conflict_is_told_with_its_law_as_published():
    rule = make_rule(
        rule_id="R9",
        law="示例法",
        article="8",
        requirement_zh="不得建设",
        requirement_en="Nothing may be built",
    )
    record = make_record(name_zh="甲", subzone="protection_scope", county_code="140981")
    layer = Layer(
        make_spec(complete_in=()),
        (record,),
        pd.Series([shapely.box(112.7, 38.5, 112.72, 38.52)]).to_numpy(),
    )
    site = shapely.box(112.71, 38.51, 112.73, 38.53)
    job = {
        "pack": check_pack([layer], [rule], load_counties(neighbours=True)),
        "geojson": json.loads(shapely.to_geojson(site)),
        "options": {},
    }
    ((chinese, other),) = said([job])[0:1][0]
    assert chinese["headline"].startswith("发现禁止性冲突1项：地块压占甲保护范围")
    assert other["headline"].startswith(
        "1 prohibited conflict(s) found: the site overlaps 甲 (protection scope) by "
    )
    assert (
        "《示例法》 Art. 8 (law as published, in Chinese): Nothing may be built."
        in other["headline"]
    )


def test_every_code_has_its_english():
    assert english.CLASS_REASON_EN.keys() == CLASS_REASON_ZH.keys()
    assert english.FINDING_REASON_EN.keys() == FINDING_REASON_ZH.keys()
    assert english.OUTCOME_LINE_EN.keys() == wording.OUTCOME_LINE_ZH.keys()
    assert english.MEMBERSHIP_EN.keys() == wording.MEMBERSHIP_ZH.keys()
    assert english.SUBZONE_EN.keys() == wording.SUBZONE_ZH.keys()
    assert english.CONDITION_EN.keys() == wording.CONDITION_ZH.keys()
    assert english.EXCEPTION_EN.keys() == wording.EXCEPTION_ZH.keys()
    assert english.SHAPE_EN.keys() == wording.SHAPE_ZH.keys()
    assert english.APPROVAL_EN.keys() == wording.APPROVAL_ZH.keys()
    assert english.URBAN_EN.keys() == wording.URBAN_ZH.keys()
    assert english.EFFECT_LABELS_EN.keys() == wording.EFFECT_LABELS_ZH.keys()
    assert english.SOURCES_EN.keys() == set(ALL_CLASS_IDS)
    table = (
        pd.read_csv(data_path("sources/project_types.csv"))
        .set_index("project_type")["name_en"]
        .to_dict()
    )
    assert {code: table[code] for code in PROJECT_TYPES} == english.PROJECT_TYPE_EN


def test_no_english_word_stands_for_not_done_or_cleared():
    for table in (
        english.CLASS_REASON_EN,
        english.FINDING_REASON_EN,
        english.OUTCOME_LINE_EN,
        wording.OUTCOME_EN,
    ):
        for words in table.values():
            assert not CHINESE.search(words)
            assert not re.search(
                r"\b(pending|cleared|safe|approved|ok)\b", words.replace("zoning is pending", "")
            )


def test_every_rule_says_in_english_what_it_requires():
    assert [
        rule.rule_id
        for rule in load_rules()
        if not rule.requirement_en or CHINESE.search(rule.requirement_en)
    ] == []
    assert {layer.spec.id for layer in load_layers()} <= english.SOURCES_EN.keys()
