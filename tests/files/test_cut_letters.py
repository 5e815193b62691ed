"""Texts of a shapefile that the width of their field cut inside a letter."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sxgeo.errors import InputError
from sxgeo.files.cut_letters import mended_table, whole_letters
from sxgeo.sites.formats.vector_files import read_features
from sxgeo.sites.read import read_sites

PLOT = shapely.box(112.60, 38.00, 112.61, 38.01)
MARK = b"x" * 12


def cut(folder: Path, *, heading: bytes = b"DKMC", value: bytes = b"", width: int = 12) -> Path:
    """A shapefile whose heading and value are these bytes, as far as their fields take them."""
    path = folder / "甲.shp"
    frame = gpd.GeoDataFrame(
        {"abcdefghij": ["甲"], "name": [MARK.decode()]}, geometry=[PLOT], crs="EPSG:4490"
    )
    frame.to_file(path, encoding="UTF-8")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[32:43] = heading[:10].ljust(11, b"\0")
    at = table.index(MARK)
    table[at : at + 12] = value[:width].ljust(12)
    path.with_suffix(".dbf").write_bytes(table)
    return path


@pytest.mark.parametrize("width", [11, 10])
def test_a_text_that_is_cut_loses_the_letter_and_nothing_else(tmp_path: Path, width: int) -> None:
    path = cut(tmp_path, heading="地块编号名称".encode(), value="某某开发区".encode(), width=width)
    before = {part.name: part.read_bytes() for part in tmp_path.iterdir()}
    sites = read_sites(path)
    assert [(site.name, site.problems) for site in sites.sites] == [("某某开", ())]
    assert (
        "letters that a field cut in two are left out" in sites.autopsy[0]["encoding"]["evidence"]
    )
    row = read_features(path, "layer file").frame.iloc[0]
    assert (row["地块编"], row["name"]) == ("甲", "某某开")
    assert {part.name: part.read_bytes() for part in tmp_path.iterdir()} == before


def test_the_same_in_a_zip_and_in_a_folder(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    cut(inside, heading="地块编号名称".encode(), value="某某开发区".encode(), width=10)
    packed = shutil.make_archive(str(tmp_path / "甲"), "zip", inside)
    for path in (Path(packed), inside):
        assert read_sites(path).sites[0].name == "某某开"
    assert read_features(Path(packed), "layer file").frame["name"].tolist() == ["某某开"]


def test_text_in_another_encoding_is_no_cut_one(tmp_path: Path) -> None:
    path = cut(tmp_path, heading="地块编号名称".encode(), value="甲".encode("gbk"))
    with pytest.raises(InputError, match=r"neither UTF-8 nor GB18030|is no UTF-8"):
        read_sites(path, assume={"encoding": "utf-8"})


def test_a_table_of_whole_letters_is_read_as_it_is(tmp_path: Path) -> None:
    path = cut(tmp_path, heading="地块编".encode(), value="某某".encode())
    with whole_letters(path, "utf-8") as same:
        assert same == path
    content = path.with_suffix(".dbf").read_bytes()
    assert mended_table(content, "utf-8") is None
    assert mended_table(content[:20], "utf-8") is None


def test_each_shapefile_of_a_folder_has_an_encoding_of_its_own(tmp_path: Path) -> None:
    for name, encoding in (("a", "GB18030"), ("b", "UTF-8")):
        frame = gpd.GeoDataFrame({"name": [f"开发区{name}"]}, geometry=[PLOT], crs="EPSG:4490")
        frame.to_file(tmp_path / f"{name}.shp", encoding=encoding)
        (tmp_path / f"{name}.cpg").unlink(missing_ok=True)
    shadow = b"\0\5\x16\7\0\2\0\0Mac OS X        "
    (tmp_path / "._a.shp").write_bytes(shadow)
    assert [site.name for site in read_sites(tmp_path).sites] == ["开发区a", "开发区b"]
