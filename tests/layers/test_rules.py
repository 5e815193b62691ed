"""The table of rules: every generation, every fact row accounted for, every mistake named with its
row.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sxgeo.analysis.conflicts.binding import binding_rules, why
from sxgeo.catalog import read_table
from sxgeo.cli import main
from sxgeo.errors import DataError, UsageError
from sxgeo.layers.classes import CLASS_IDS, EXTRA_CLASS_IDS
from sxgeo.layers.rules import load_rules, rule_problems, rule_records
from sxgeo.model.outcomes import BEHAVIOURS, TYPE_STATES
from sxgeo.model.project import BOOLEAN_ATTRIBUTES, make_project
from sxgeo.wording import CONDITION_ZH, PROJECT_TYPES

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
TABLE = read_table("sources/rules.csv")
ASIDE = read_table("sources/rules_aside.csv")
RULES = load_rules()
DESIGN_KEYS = {
    *(
        "rule_id",
        "resource_class",
        "resource_kind",
        "subzone",
        "project_types",
        "effect",
        "required_m",
        "comparison",
    ),
    *("condition", "law", "article", "in_force_from", "in_force_to", "verified", "source"),
}


def ids(resource_class, as_of):
    return {rule.rule_id for rule in load_rules(resource_class, as_of=as_of)}


def test_every_row_of_the_facts_is_a_rule_or_set_aside_with_its_reason():
    mapped = {fact for row in TABLE for fact in row["facts"].split(";") if fact}
    aside = {row["facts_row"] for row in ASIDE}
    assert mapped | aside == {*(f"R{number:03d}" for number in range(1, 78)), "R087", "N08"}
    assert not mapped & aside
    assert all(row["subject_zh"] and row["reason_zh"] for row in ASIDE)


def test_the_by_law_of_another_spring_and_the_zones_principle_are_no_rules():
    numbers = {rule.rule_id[:4] for rule in RULES}
    assert not numbers & {"R049", "R074"}
    assert not [rule for rule in RULES if "古堆" in rule.law + rule.source + rule.requirement_zh]


@pytest.mark.parametrize(
    ("resource_class", "before", "after", "old", "new"),
    [
        ("heritage_sites", "2025-02-28", "2025-03-01", "R017-2017", "R017"),
        ("heritage_sites", "2025-02-28", "2025-03-01", "R018-2017", "R018"),
        ("protected_areas", "2026-03-14", "2026-03-15", "R005", "R001"),
        ("protected_areas", "2026-03-14", "2026-03-15", "R006", "R002A"),
        ("water_sources", "2026-08-14", "2026-08-15", "R011", "R011-2026"),
        ("water_sources", "2026-08-14", "2026-08-15", "R015", "R015-2026"),
    ],
)
def test_a_law_gives_way_on_its_day(resource_class, before, after, old, new):
    assert old in ids(resource_class, before)
    assert new not in ids(resource_class, before)
    assert old not in ids(resource_class, after)
    assert new in ids(resource_class, after)


@pytest.mark.parametrize("resource_class", ["heritage_sites", "water_sources"])
def test_a_change_of_law_leaves_as_many_rules_as_before(resource_class):
    days = ("2025-02-28", "2025-03-01", "2026-08-14", "2026-08-15")
    assert len({len(ids(resource_class, day)) for day in days}) == 1


def test_the_code_took_over_the_drinking_water_articles_one_by_one():
    successors = {
        "R010A": "318", "R010B": "318", "R011": "319", "R012": "319", "R013": "320", "R014": "320", "R015": "321"
    }  # fmt: skip
    by_id = {rule.rule_id: rule for rule in RULES}
    for old, article in successors.items():
        new = by_id[f"{old}-2026"]
        assert (new.article, new.law, new.verified) == (article, "生态环境法典", True)
        same = ("resource_class", "subzone", "project_types", "effect", "required_m", "condition")
        assert all(getattr(new, name) == getattr(by_id[old], name) for name in same)


def test_zones_of_a_nature_reserve_stand_in_one_generation_only():
    zones = {True: set(), False: set()}
    for rule in RULES:
        if rule.resource_kind == ("nature_reserve",) and rule.subzone:
            zones[rule.in_force_to is None].add(rule.subzone)
    assert zones[True] == {"core_protection_zone", "general_control_zone"}
    assert zones[False] == {"core_zone_old", "buffer_zone_old", "experimental_zone_old"}


def test_rules_that_are_measured_from_another_edge_say_so():
    for rule in RULES:
        if rule.resource_class == "weather_stations":
            assert rule.measured_from == "观测场边缘"
        if rule.resource_class in ("road_strip", "railway_strip"):
            assert rule.measured_from
        assert rule.required_m == 0 or rule.measured_from or not rule.verified, rule.rule_id


def test_the_yellow_river_law_binds_by_basin():
    assert [rule.rule_id for rule in RULES if rule.basin] == ["R071"]


def test_a_verified_rule_names_its_article_its_day_and_its_source():
    for rule in RULES:
        if rule.verified:
            assert rule.article and rule.in_force_from and rule.source, rule.rule_id
            assert "未见条文" not in rule.source


def test_unverified_rules_are_listed_in_the_docs_with_the_reason():
    section = DOC.partition("## 不作判定依据的条目")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| (R\d{3}\w*(?:-\d{4})?) \|", section, re.M)) == {
        r.rule_id for r in RULES if not r.verified
    }


def test_the_docs_count_the_rules_and_name_what_is_set_aside():
    verified = sum(rule.verified for rule in RULES)
    assert f"规则共 {len(RULES)} 条，其中 {verified} 条" in DOC
    section = DOC.partition("## 不是选址规则的条目")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| ([RN]\d{2,3}) \|", section, re.M)) == {
        row["facts_row"] for row in ASIDE
    }


def test_the_docs_count_the_rules_of_each_class():
    section = DOC.partition("## 各类规则数")[2].partition("\n## ")[0]
    counted = {
        c: (int(n), int(v))
        for c, n, v in re.findall(r"^\| (\w+) \|.*?\| (\d+) \| (\d+) \|", section, re.M)
    }
    assert counted == {
        c: (
            sum(rule.resource_class == c for rule in RULES),
            sum(rule.resource_class == c and rule.verified for rule in RULES),
        )
        for c in (*CLASS_IDS, *EXTRA_CLASS_IDS)
    }


def test_project_types_are_those_of_the_table_and_of_the_docs():
    rows = read_table("sources/project_types.csv")
    assert {row["project_type"]: row["name_zh"] for row in rows} == PROJECT_TYPES
    stated = {
        row["project_type"]: dict(s.split("=") for s in row["states"].split(";") if s)
        for row in rows
    }
    assert {name: states for name, states in stated.items() if states} == TYPE_STATES
    assert {value for states in stated.values() for value in states.values()} == {
        "yes"
    }  # a type only ever binds
    assert all(bool(row["states"]) == bool(row["states_reason_zh"]) for row in rows)
    section = DOC.partition("## 项目类型与用地分类")[2].partition("\n## ")[0]
    for row in rows:
        codes = row["land_use_codes"].replace(";", "、") or "—"
        assert f"| {row['project_type']} | {row['name_zh']} | {codes} |" in section
    for code in ";".join(row["land_use_codes"] for row in rows).split(";"):
        assert re.fullmatch(r"|\d{2}|\d{4}", code)


def test_every_condition_can_be_said_and_is_documented():
    assert {rule.condition for rule in RULES} - {None} <= set(BOOLEAN_ATTRIBUTES)
    for name, zh in CONDITION_ZH.items():
        assert f"| {name} | {zh} |" in DOC
        project = make_project(None, {name: "yes"})
        assert project.attributes.get(name) == "yes" or getattr(project, name) is True


def test_a_type_keeps_the_rules_that_bind_it_and_says_why():
    for project_type in PROJECT_TYPES:
        kept = binding_rules(RULES, project_type)
        presumed = set(TYPE_STATES.get(project_type, ()))
        for rule, bound in kept:
            behaviours = {BEHAVIOURS[t] for t in rule.project_types if t in BEHAVIOURS}
            assert bound != "if" or presumed & {rule.condition, *behaviours}
        for rule, bound in kept:
            if bound == "yes":
                assert not rule.project_types or project_type in rule.project_types
            assert all(why(rule, bound, project_type))
    assert len(binding_rules(RULES, None)) == len(RULES)
    with pytest.raises(
        UsageError, match=r"unknown project type 'industry'\. Did you mean 'industrial'"
    ):
        binding_rules(RULES, "industry")


def test_a_rule_that_does_not_bind_a_type_is_left_out():
    found = {rule.rule_id for rule, _ in binding_rules(load_rules("railway_strip"), "residential")}
    assert "R069" not in found
    assert "R068A" in found


def test_the_records_keep_the_contract(capsys):
    assert (
        main(["rules", "--class", "karst_springs", "--as-of", "2026-11-21", "--format", "json"])
        == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert isinstance(printed, list)
    assert all(set(record) >= DESIGN_KEYS for record in printed)
    assert [record["rule_id"] for record in printed] == ["R048"]
    assert all(set(record) >= DESIGN_KEYS for record in rule_records(RULES))


def test_the_text_is_chinese_with_english_beside_it(capsys):
    assert (
        main(
            [
                "rules",
                "--class",
                "heritage_sites",
                "--as-of",
                "2026-01-01",
                "--project-type",
                "residential",
            ]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "R017 " in out and "R017-2017" not in out
    assert "保护范围内不得进行其他建设工程" in out and "No other construction" in out
    assert "约束各类项目  binds every project" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--class", "springs"], "unknown class 'springs'"),
        (["--project-type", "mine"], "unknown project type 'mine'"),
        (["--as-of", "2026-02-30"], "date '2026-02-30'"),
    ],
)
def test_unknown_names_are_wrong_usage(options, words, capsys):
    assert main(["rules", *options]) == 2
    assert words in capsys.readouterr().err


BROKEN = {
    "resource_class": ("heritage", "unknown class 'heritage'"),
    "effect": ("forbidden", "unknown effect 'forbidden'"),
    "comparison": ("less", "unknown comparison 'less'"),
    "subzone": ("inner", "unknown subzone 'inner'"),
    "basin": ("yangtze", "unknown basin 'yangtze'"),
    "condition": ("noise", "unknown condition 'noise'"),
    "project_types": ("industrial;shop", "unknown project type(s) shop"),
    "resource_kind": ("pagoda", "unknown kind(s) pagoda"),
    "required_m": ("near", "required_m 'near' is not a number from 0"),
    "in_force_from": ("2026/03/15", "in_force_from '2026/03/15' is not a date"),
    "verified": ("yes", "unknown value of verified 'yes'"),
    "article": ("", "verified without an article"),
    "source": ("", "no source"),
}


@pytest.mark.parametrize("column", BROKEN)
def test_a_broken_rule_is_named_with_its_row(column):
    value, words = BROKEN[column]
    rows = [dict(row) for row in TABLE]
    rows[0][column] = value
    found = list(rule_problems(rows))
    assert any(
        text.startswith(f"row 1 ({rows[0]['rule_id']}): ") and words in text for text in found
    )


def test_generations_of_one_rule_must_not_overlap():
    rows = [dict(row) for row in TABLE]
    number = next(i for i, row in enumerate(rows) if row["rule_id"] == "R011")
    rows[number]["in_force_to"] = "2026-08-15"
    assert any("R011-2026" in text and "while R011 (row" in text for text in rule_problems(rows))
    rows[number]["in_force_to"] = "2026-08-14"
    assert list(rule_problems(rows)) == []


def test_all_problems_come_at_once_and_end_with_the_code_of_broken_data(table_of_rules, capsys):
    rows = [dict(row) for row in TABLE]
    rows[0]["resource_class"] = "heritage"
    rows[5]["effect"] = "maybe"
    rows.append(dict(rows[7]))
    table_of_rules(rows)
    with pytest.raises(DataError) as caught:
        load_rules()
    assert all(
        word in str(caught.value)
        for word in ("row 1 (", "row 6 (", f"row {len(rows)} (", "id stands twice")
    )
    assert main(["rules"]) == 4
    assert "is broken" in capsys.readouterr().err


def test_a_missing_column_is_named():
    (text,) = rule_problems([{"rule_id": "R1"}])
    assert text.startswith("missing column(s): article, authority, basin")


def test_a_rule_says_what_its_article_says():
    by_id = {rule.rule_id: rule for rule in RULES}
    assert by_id["R035"].effect == "notify" and "征求" in by_id["R035"].requirement_zh
    for rule_id in ("R030", "R030S", "R031", "R031S"):
        assert "违反风景名胜区规划" in by_id[rule_id].requirement_zh
    for rule_id in ("R066C", "R066D", "R066E"):
        assert (
            "采矿" in by_id[rule_id].requirement_zh and "采砂" not in by_id[rule_id].requirement_zh
        )
    assert (by_id["R066E"].required_m, by_id["R067C"].required_m) == (200, 200)
    assert by_id["R081B"].article == "24（第2款）" and by_id["R081C"].article == "24（第1款）"
    assert {by_id[i].in_force_from for i in ("R034", "R035", "R037", "R101")} == {"2022-06-01"}
    assert not [rule.rule_id for rule in RULES if rule.law == "湿地保护法" and "待核" in rule.note]
    assert not by_id["R072"].verified and "世界文化遗产保护管理办法" not in by_id["R072"].law
    assert (by_id["R082C"].effect, by_id["R083B"].effect) == ("study", "study")
    assert by_id["R104A"].effect == "notify"  # the article asks for an opinion, not for consent


def test_a_ban_with_a_lawful_exception_names_it():
    found = {rule.rule_id for rule in RULES if rule.effect == "prohibited_unless"}
    assert found >= {"R001", "R017", "R034", "R060", "R061", "R063", "R082A", "R088"}
    assert all(rule.exception for rule in RULES if rule.effect == "prohibited_unless")
    farmland = {rule.exception for rule in load_rules("permanent_farmland") if not rule.condition}
    assert farmland == {("farmland_major_project",)}  # else one exception would free nothing


def test_the_strips_of_roads_railways_and_lines_bind_buildings():
    strips = ("R065", "R068", "R097", "R098A", "R099A", "R096C")
    assert {rule.binds for rule in RULES if rule.rule_id.startswith(strips)} == {"building"}
    assert {rule.binds for rule in RULES if rule.rule_id in ("R045", "R046", "R070")} == {
        "abstraction"
    }


@pytest.mark.parametrize(
    ("rule_id", "condition"),
    [
        ("R090A", "hinders_flood_passage"),
        ("R081C", "hinders_flood_passage"),
        ("R092", "soil_pollution"),
        ("R094", "against_access_list"),
        ("R095A", "soil_pollution"),
        ("R096A", "breaches_clearance"),
        ("R101", "substandard_discharge"),
        ("R102B", "endangers_water_supply"),
    ],
)
def test_what_an_article_bans_under_a_condition_carries_it(rule_id, condition):
    (rule,) = [rule for rule in RULES if rule.rule_id == rule_id]
    assert rule.condition == condition


def test_no_kind_is_freed_by_a_rule_that_only_hangs_on_a_condition():
    """A class of which no siting rule is known for a kind must stay unknown, whatever is said of a
    condition.
    """
    for rule in load_rules("protected_areas", as_of="2026-11-21"):
        assert rule.resource_kind, rule.rule_id


def test_in_the_general_control_zone_a_type_is_either_prohibited_or_needs_consent():
    for project_type in PROJECT_TYPES.keys() - BEHAVIOURS.keys():
        kept = binding_rules(load_rules("protected_areas", as_of="2026-11-21"), project_type)
        for kind, pair in (
            ("nature_reserve", ("R002A", "R002B")),
            ("national_park", ("R106B", "R106C")),
        ):
            sure = [
                rule.rule_id
                for rule, bound in kept
                if bound == "yes"
                and rule.subzone == "general_control_zone"
                and kind in rule.resource_kind
            ]
            assert sure in ([pair[0]], [pair[1]])
