"""Pinyin of names: the bundled table, the readings of place names, the search in the page."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.resources import files

import pytest
from test_page_check import JS, NODE, needs_node

from sxgeo.boundaries.units import load_counties
from sxgeo.layers.layers import load_layers
from sxgeo.maps import build_map, pinyin
from sxgeo.maps.pinyin import pinyin_of, worked_out


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    with files("sxgeo.maps").joinpath("pinyin.csv").open("r", encoding="utf-8", newline="") as file:
        return {row["name_zh"]: row["pinyin"] for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("name", "syllables"),
    [
        ("五台山风景名胜区", "wu tai shan feng jing ming sheng qu"),
        ("繁峙县", "fan shi xian"),
        ("洪洞县", "hong tong xian"),
        ("长治市", "chang zhi shi"),
        ("静乐县", "jing le xian"),
        ("佛光寺", "fo guang si"),
        ("尧都区", "yao du qu"),
        ("蔚县", "yu xian"),
        ("万柏林区", "wan bai lin qu"),
        ("隰县", "xi xian"),
        ("岢岚县", "ke lan xian"),
        ("崆峒区", "kong tong qu"),
        ("漯河市", "luo he shi"),
        ("蚌埠市", "beng bu shi"),
        ("渑池县", "mian chi xian"),
        ("邯长铁路", "han chang tie lu"),
        ("阳明堡", "yang ming bao/bu/pu"),
        ("薄一波故居", "bo yi bo gu ju"),
    ],
)
def test_names_of_places_are_read_as_people_there_read_them(table, name, syllables):
    assert table[name] == syllables


def test_every_bundled_name_stands_in_the_table(table):
    names = {name for layer in load_layers() for name in layer.frame["name_zh"].dropna()}
    names |= set(load_counties(neighbours=True)["name_zh"])
    assert names <= table.keys()
    assert all(
        syllables and syllables.isascii() and syllables == syllables.lower()
        for syllables in table.values()
    )


def test_a_users_name_is_worked_out_where_pypinyin_is_installed():
    pytest.importorskip(
        "pypinyin", reason="pypinyin is not installed: names of users are not spelt"
    )
    assert pinyin_of(["繁峙砂河新区A7地块", "Plot 7"]) == {
        "繁峙砂河新区A7地块": "fan shi sha he xin qu a7 di kuai"
    }


def test_without_pypinyin_bundled_names_are_known_and_others_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    assert worked_out("砂河新区") is None
    assert pinyin_of(["砂河新区", "五台县"]) == {"五台县": "wu tai xian"}


def test_the_words_of_the_table_of_readings_have_a_syllable_a_character():
    for word, syllables in pinyin.WORDS.items():
        assert len(syllables.split()) == len(word)


def test_a_page_carries_the_pinyin_of_what_it_shows():
    page = build_map("taixin", layers=[]).to_html()
    assert '"五台县":"wu tai xian"' in page.replace(": ", ":").replace(
        "\\u4e94\\u53f0\\u53bf", "五台县"
    )


@needs_node
@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("wutaishan", "五台山"),
        ("wts", "五台山"),
        ("Wǔtái Shān", "五台山"),
        ("fanshi", "繁峙县"),
        ("fanzhi", "繁峙县"),
        ("fsx", "繁峙县"),
        ("lvliang", "吕梁市"),
        ("luliang", "吕梁市"),
        ("yangmingpu", "阳明堡"),
        ("ymb", "阳明堡"),
        ("140924", "繁峙县"),
        ("五台", "五台山"),
        ("g108", "G108国道"),
        ("nothing at all", None),
    ],
)
def test_what_is_typed_finds_its_name_first(typed, first):
    names = ["吕梁市", "五台山", "繁峙县", "阳明堡", "五台山南山寺", "小五台山", "G108国道"]
    pinyins = {"繁峙县": "fan shi/zhi xian", "G108国道": "g108 guo dao"} | {
        n: worked_out(n) or "" for n in names[:2] + names[3:6]
    }
    script = (
        "import {load} from './load.mjs'; const page = await load('page/search.js'); const {names,"
        " pinyins, typed} = JSON.parse(process.argv[1]);const rows = names.map(zh => ({zh, more:"
        " [], keys: [zh, zh === '繁峙县' ? '140924' : '',"
        " ...page.spellings(pinyins[zh])].map(page.plainText).filter(Boolean)}));const hits ="
        " page.ranked(rows, page.plainText(typed)); console.log(JSON.stringify(hits.length ?"
        " hits[0].zh : null));"
    )
    job = json.dumps({"names": names, "pinyins": pinyins, "typed": typed})
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", script, job],
        cwd=JS,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == first
