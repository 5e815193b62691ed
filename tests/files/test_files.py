"""What is written appears whole or not at all, and never over what was read."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.files.writing import (
    DRAFTS,
    csv_line,
    draft,
    refuse_inputs,
    refuse_partial,
    write_bytes,
    write_gpkg,
    write_lines,
    write_text,
)

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and signals of POSIX")
PLOT = shapely.box(112.70, 38.14, 112.705, 38.145)


def plot(path: Path) -> Path:
    gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[PLOT], crs="EPSG:4490").to_file(
        path, engine="pyogrio"
    )
    return path


def layer(path: Path) -> Path:
    columns = {"feature_id": ["U-1"], "name_zh": ["甲"], "position_accuracy_m": [1.0]}
    gpd.GeoDataFrame(columns, geometry=[PLOT], crs="EPSG:4490").to_file(path, engine="pyogrio")
    return path


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- whole or not at all -------------------------------------------------------------------------


def test_every_writer_leaves_the_file_and_nothing_else(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[PLOT], crs="EPSG:4490")
    assert write_text("甲\n", tmp_path / "a.txt").read_text(encoding="utf-8") == "甲\n"
    assert write_lines(iter(["1\n", "2\n"]), tmp_path / "b.txt").read_bytes() == b"1\n2\n"
    assert write_bytes(b"x", tmp_path / "deep" / "c.bin").read_bytes() == b"x"
    first, second = (
        write_gpkg({"l": frame}, tmp_path / name).read_bytes() for name in ("d.gpkg", "e.gpkg")
    )
    assert first == second
    assert sorted(bytes_of(tmp_path)) == ["a.txt", "b.txt", "c.bin", "d.gpkg", "e.gpkg"]
    assert not list(tmp_path.rglob(DRAFTS))


def test_a_ring_that_is_a_line_is_written_as_a_line(tmp_path):
    """GDAL has no linear ring, and pyogrio would end the process."""
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[PLOT.exterior, None], crs="EPSG:4490")
    path = write_gpkg({"l": frame}, tmp_path / "a.gpkg")
    assert gpd.read_file(path).geometry.iloc[0].geom_type == "LineString"


def test_a_fault_on_the_way_leaves_the_old_file(tmp_path):
    target = write_text("old", tmp_path / "a.txt")

    def lines():
        yield "new"
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        write_lines(lines(), target)
    assert bytes_of(tmp_path) == {"a.txt": b"old"}


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path):
    name = "图" * 83 + ".json"  # 254 bytes
    assert write_text("x", tmp_path / name).exists()
    assert write_gpkg(
        {"l": gpd.GeoDataFrame({"a": [1]}, geometry=[PLOT], crs="EPSG:4490")},
        tmp_path / ("a" * 250 + ".gpkg"),
    )
    with pytest.raises(InputError, match="cannot be written"):
        write_text("x", tmp_path / ("a" * 300))


@posix
@pytest.mark.parametrize(
    "write",
    [lambda p: write_text("x", p), lambda p: write_bytes(b"x", p), lambda p: write_gpkg({}, p)],
)
def test_links_folders_pipes_and_devices_are_refused(tmp_path, write):
    kept = write_text("kept", tmp_path / "kept.txt")
    link, loose, pipe = tmp_path / "link", tmp_path / "loose", tmp_path / "pipe"
    link.symlink_to(kept)
    loose.symlink_to(tmp_path / "missing")
    os.mkfifo(pipe)
    for target, words in (
        (link, "symbolic link"),
        (loose, "symbolic link"),
        (pipe, "pipe or a device"),
        (tmp_path, "is a folder"),
        (Path("/"), "is a folder"),
        (Path("/dev/null"), "pipe or a device"),
        (tmp_path / "kept.txt" / "x", "cannot be written"),
    ):
        with pytest.raises(InputError, match=words):
            write(target)
    assert kept.read_text() == "kept"
    assert not (tmp_path / "missing").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_bad_input_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("sxgeo.files.writing._opened", lambda _unfinished, _target: open("/dev/full", "wb", buffering=0))  # noqa: SIM115, PTH123  # fmt: skip
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        write_text("x" * 10, tmp_path / "a.txt")


def test_a_geopackage_that_did_not_come_out_whole_is_refused(tmp_path):
    """Cut at every page of the file, and with a row less than it must have."""
    frame = gpd.GeoDataFrame(
        {"a": ["x" * 900] * 60}, geometry=[shapely.Point(112, 38)] * 60, crs="EPSG:4490"
    )
    path = write_gpkg({'a "b"': frame, "c": frame[:3]}, tmp_path / "a.gpkg")
    rows = {'a "b"': 60, "c": 3}
    refuse_partial(path, path, rows)
    content = path.read_bytes()
    for end in range(4096, len(content), 4096):
        path.write_bytes(content[:end])
        with pytest.raises(InputError, match="cannot be written"):
            refuse_partial(path, path, rows)
    path.write_bytes(content)
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("DROP TABLE rtree_c_geom")
    with pytest.raises(InputError, match="did not come out whole"):
        refuse_partial(path, path, rows)
    path.write_bytes(content)
    for missing in ({"c": 4}, {"d": 0}):
        with pytest.raises(InputError, match="cannot be written"):
            refuse_partial(path, path, rows | missing)


def test_a_disk_that_is_full_before_anything_is_written_keeps_no_folder(tmp_path, monkeypatch):
    honest = Path.open

    def full(path, *args, **values):
        if path.suffix == ".lock":
            raise OSError(28, "No space left on device")
        return honest(path, *args, **values)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        write_text("x", tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_geopackage_on_a_full_disk_is_bad_input(tmp_path):
    code = (
        "import resource, sys, geopandas as gpd, shapely\nfrom pathlib import Path\nfrom"
        " sxgeo.files.writing import write_gpkg\nfrom sxgeo.errors import InputError\nimport"
        " signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nframe = gpd.GeoDataFrame({'a':"
        " ['x' * 1000] * 3000}, geometry=[shapely.Point(112, 38)] * 3000,"
        " crs='EPSG:4490')\nresource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\ntry:\n  "
        "  write_gpkg({'l': frame}, Path(sys.argv[1]))\nexcept InputError as error:\n   "
        " print('refused', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.gpkg")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("refused"), done.stdout + done.stderr
    assert bytes_of(tmp_path) == {}


_SLOW = """
import sys, time
from pathlib import Path
from sxgeo.files.writing import write_lines
from sxgeo.cli.terminal import Terminated
from sxgeo.cli.terminal import stopped_whole

def lines():
    yield "one"
    print("begun", flush=True)
    time.sleep(60)

try:
    with stopped_whole():
        write_lines(lines(), Path(sys.argv[1]))
except Terminated:
    sys.exit(143)
"""


@posix
@pytest.mark.parametrize(("kill", "left"), [(signal.SIGTERM, 1), (signal.SIGKILL, 3)])
def test_a_run_that_is_stopped_leaves_nothing_that_the_next_does_not_clear(tmp_path, kill, left):
    target = tmp_path / "a.jsonl"
    run = subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "begun\n"
    with draft(target) as beside:  # a run that still writes is not disturbed by one that begins
        beside.write_text("other")
        assert len(list((tmp_path / DRAFTS).iterdir())) == 4
    run.send_signal(kill)
    run.wait(20)
    assert len(bytes_of(tmp_path)) == left
    write_text("next", target)
    assert bytes_of(tmp_path) == {"a.jsonl": b"next"}
    assert not (tmp_path / DRAFTS).exists()


# --- never over what was read --------------------------------------------------------------------


def test_an_output_that_is_an_input_is_refused_under_whatever_name(tmp_path):
    shape = plot(tmp_path / "plot.shp")
    (tmp_path / "sub").mkdir()
    for name in ("plot.shp", "plot.dbf", "plot.shx", "sub/../plot.prj"):
        with pytest.raises(InputError, match=r"would be written over.*\n.*it is the site file"):
            refuse_inputs(tmp_path / name, [("site file", shape)])
    refuse_inputs(tmp_path / "plot.json", [("site file", shape)])
    refuse_inputs(None, [("site file", shape)])


@posix
def test_a_second_name_of_the_same_file_is_refused(tmp_path):
    source = plot(tmp_path / "plot.geojson")
    os.link(source, tmp_path / "other.geojson")
    with pytest.raises(InputError, match="would be written over"):
        refuse_inputs(tmp_path / "other.geojson", [("site file", source)])


def test_a_file_in_a_geodatabase_is_refused(tmp_path):
    (tmp_path / "own.gdb").mkdir()
    with pytest.raises(InputError, match="it is the layer file"):
        refuse_inputs(tmp_path / "own.gdb" / "new.json", [("layer file", tmp_path / "own.gdb")])


@pytest.mark.parametrize("batch", [[], ["--batch"]])
@pytest.mark.parametrize(
    "victim",
    [
        "plot.geojson",
        "own.gpkg",
        "ws.toml",
        "opinion.toml",
        "wall.gpkg",
        "zone.gpkg",
        "field.gpkg",
        "plan.gpkg",
    ],
)
def test_check_never_writes_over_what_it_reads(tmp_path, capsys, batch, victim):
    site = plot(tmp_path / "plot.geojson")
    for name in ("own.gpkg", "wall.gpkg", "zone.gpkg", "field.gpkg", "plan.gpkg"):
        layer(tmp_path / name)
    (tmp_path / "ws.toml").write_text(
        '[[layer]]\nclass = "heritage_sites"\nfile = "wall.gpkg"\n[[boundary]]\nzone ='
        ' "taixin"\nfile = "zone.gpkg"\ncode_field = "feature_id"\nposition_accuracy_m = 1\n'
        '[land_use]\nfile = "field.gpkg"\n[planned_use]\nfile = "plan.gpkg"\n',
        encoding="utf-8",
    )
    (tmp_path / "opinion.toml").write_text("", encoding="utf-8")
    before = bytes_of(tmp_path)
    options = ["--layer", f"goaf={tmp_path / 'own.gpkg'}", "--workspace", tmp_path / "ws.toml"]
    options += ["--override", tmp_path / "opinion.toml", *batch, "-o", tmp_path / victim]
    assert main(["check", str(site), *map(str, options)]) == 3
    assert "would be written over" in capsys.readouterr().err
    assert bytes_of(tmp_path) == before


def test_reach_and_network_never_write_over_what_they_read(tmp_path, capsys):
    land, roads = plot(tmp_path / "land.gpkg"), plot(tmp_path / "roads.gpkg")
    origins = plot(tmp_path / "origins.gpkg")
    before = bytes_of(tmp_path)
    reach = [
        "reach",
        "112.70,38.14",
        "--minutes",
        "5",
        "--format",
        "gpkg",
        "--land",
        str(land),
        "--network",
        str(roads),
    ]
    for command in (
        [*reach, "-o", str(land)],
        [*reach, "-o", str(roads)],
        [*reach[:-1], f"{roads}:roads", "-o", str(roads)],
        [*reach, "--count", str(origins), "-o", str(origins)],
        [*reach, "--reached", str(origins), "-o", str(origins)],
        [*reach, "--origins", str(origins), "-o", str(origins)],
        [*reach, "--origins", str(origins), "--map", str(origins)],
        ["reach", "--table", str(origins), str(land), "-o", str(origins)],
        ["reach", "--table", str(land), str(origins), "-o", str(origins)],
        ["network", "build", str(roads), "-o", str(roads)],
    ):
        assert main(command) == 3
        assert "would be written over" in capsys.readouterr().err
    assert bytes_of(tmp_path) == before


@posix
def test_every_command_that_writes_refuses_a_link(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    victim = write_text("kept", tmp_path / "kept.txt")
    for suffix in ("html", "json", "gpkg", "npz"):
        (tmp_path / f"link.{suffix}").symlink_to(victim)
    for command in (
        ["map", "taixin", "-o", "link.html"],
        ["check", "--at", "112.70,38.14", "--format", "json", "-o", "link.json"],
        ["reach", "112.70,38.14", "--minutes", "5", "-o", "link.json"],
        ["layers", "template", "goaf", "-o", "link.gpkg"],
        ["network", "build", "kept.txt", "-o", "link.npz"],
    ):
        assert main(command) == 3, command
        assert "symbolic link" in capsys.readouterr().err
    assert victim.read_text() == "kept"


# --- streams -------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("redirect", "words"), [(">&-", "standard output is closed"), ("> /dev/full", "cannot write")]
)
def test_an_answer_that_nobody_got_is_no_verdict(redirect, words):
    if "full" in redirect and not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m sxgeo zones {redirect}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert words in done.stderr


@posix
def test_a_reader_that_goes_away_gets_no_verdict():
    command = f"{sys.executable} -m sxgeo rules --format json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("3\n", "")


@posix
def test_a_closed_stderr_never_lands_in_the_answer(tmp_path):
    target = tmp_path / "a.json"
    command = f"{sys.executable} -m sxgeo check --at 112.70,38.14 --format json -o {target} 2>&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert target.read_text(encoding="utf-8").startswith('{\n  "schema"')


# --- texts of others -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("a\r=1+1", "a =1+1"),
        ("\r=1+1", "' =1+1"),
        ("a\r\n=1", "a  =1"),
        ("a\t=1", "a =1"),
        ("a\u2028=1", "a =1"),
        ("a\x85=1", "a =1"),
        ("＝1", "'＝1"),
        ("@x", "'@x"),
        ("", ""),
        ("甲,乙", '"甲,乙"'),
    ],
)
def test_no_text_begins_a_row_or_a_formula(text, cell):
    assert csv_line(["s", text, None, 1.5]) == f"s,{cell},,1.5\n"


def test_a_carriage_return_in_an_id_stays_in_its_cell(tmp_path):
    site = tmp_path / "plot.geojson"
    gpd.GeoDataFrame(
        {"site_id": ["A\r=cmd|' /C calc'!A0"]}, geometry=[PLOT], crs="EPSG:4490"
    ).to_file(site)
    target = tmp_path / "a.csv"
    main(["check", str(site), "--batch", "-o", str(target)])
    content = target.read_bytes()
    assert b"\r" not in content
    assert content.count(b"\n") == 2


@pytest.mark.parametrize("form", ["docx", "xlsx", "html"])
def test_a_name_of_ten_million_letters_is_cut_in_reports_and_whole_in_json(tmp_path, form):
    pytest.importorskip("docx")
    name = "甲" * 10_000_000
    frame = gpd.GeoDataFrame({"site_id": ["S"], "name": [name]}, geometry=[PLOT], crs="EPSG:4490")
    report = check_sites(frame, classes=["goaf"])
    assert report.save(tmp_path / f"a.{form}", format=form).stat().st_size < 10_000_000
    assert report.receipt["sites"][0]["name"] == name
