"""Many sites: the same rows on every executor, and nothing lost or doubled when a run is broken
off.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import sxgeo
from sxgeo import cli
from sxgeo.analysis.conflicts.question import pose
from sxgeo.analysis.execution import executors
from sxgeo.analysis.execution.rows import Grouped
from sxgeo.analysis.screening import order
from sxgeo.analysis.screening.chunk import NO_GEOMETRY, chunk_of, screen_chunk
from sxgeo.analysis.screening.pack import Pack
from sxgeo.analysis.screening.screen import screen_question
from sxgeo.analysis.screening.tables import Joined
from sxgeo.errors import AnalysisError, InputError, UsageError
from sxgeo.model.accuracy import default_accuracy
from sxgeo.model.sites import Site, Sites

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SMALL = "340MB"
"""About the least."""


@pytest.fixture(autouse=True)
def many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of eleven sites at most; the serial run of the module, which is set up before, has one
    or two.
    """
    monkeypatch.setattr(order, "MOST_SITES", 11)


def plots(number: int, seed: int = 3) -> list[Site]:
    rng = np.random.default_rng(seed)
    places = zip(rng.uniform(111.9, 113.3, number), rng.uniform(37.5, 39.0, number), strict=True)
    return [
        Site(f"s{k}", shapely.box(lon, lat, lon + 0.003, lat + 0.002), name=f"地块{k}")
        for k, (lon, lat) in enumerate(places)
    ]


@pytest.fixture(scope="module")
def sites() -> Sites:
    return Sites((*plots(90), Site("lost", None, problems=("feature 91: no geometry",))))


@pytest.fixture(scope="module")
def serial(sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return sxgeo.screen(sites, tmp_path_factory.mktemp("serial") / "o.parquet")


def hashes(written: Any) -> list[str]:
    """Hashes of the sorted rows of both tables, taken apart from the run's own."""
    found = []
    for path in (written.sites, written.findings):
        rows = sorted(map(repr, parquet.read_table(path).to_pylist()))
        found.append(hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def stopped_after(count: int, tick: Any = None) -> Any:
    """Progress that breaks the run off as an interrupt does."""

    def progress(done: int, total: int) -> None:
        if tick is not None:
            tick(done, total)
        if done >= count:
            raise KeyboardInterrupt

    return progress


def test_every_site_has_one_row_and_the_findings_are_those_of_a_report(
    sites: Sites, serial: Any
) -> None:
    rows = parquet.read_table(serial.sites).to_pylist()
    assert sorted(r["row"] for r in rows) == list(range(len(sites.sites)))
    report = sxgeo.check_sites(Sites(sites.sites[:12]))
    found = parquet.read_table(serial.findings).to_pylist()
    for k, outcome in enumerate(report.sites):
        row = next(r for r in rows if r["row"] == k)
        assert (row["site_id"], row["verdict"], row["area_m2"]) == (
            outcome.site.site_id,
            outcome.verdict,
            outcome.area_m2,
        )
        listed = [
            (e.resource_class, f) for e in (*outcome.screening, *outcome.extra) for f in e.findings
        ]
        own = [r for r in found if r["row"] == k]
        assert [(r["resource_class"], r["feature_id"], r["rule_id"]) for r in own] == [
            (class_id, f.feature_id, f.rule_id) for class_id, f in listed
        ]
        for r, (_, f) in zip(own, listed, strict=True):
            for key in (
                "outcome",
                "relation",
                "reason_code",
                "distance_m",
                "margin_m",
                "uncertainty_m",
                "flip_distance_m",
                "overlap_m2",
            ):
                assert r[key] == getattr(f, key)


def test_the_unusable_site_has_its_row_and_its_problem(serial: Any) -> None:
    (row,) = [r for r in parquet.read_table(serial.sites).to_pylist() if r["site_id"] == "lost"]
    assert (row["verdict"], row["problems"], row["geometry"]) == (
        "not_screened",
        "feature 91: no geometry",
        None,
    )


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes", "dask", "spark"])
def test_the_same_rows_bit_for_bit_on_every_executor(
    executor: str, sites: Sites, serial: Any, tmp_path: Path
) -> None:
    """The hash law; chunks are smaller and workers more than those of the serial run."""
    if executor == "dask":
        pytest.importorskip("distributed")
    if executor == "spark":
        pytest.importorskip("pysail")
        pytest.importorskip("pyspark")
    for workers, memory in ((1, SMALL), (2, "700MB")):
        out = tmp_path / f"{workers}.parquet"
        written = sxgeo.screen(sites, out, executor=executor, workers=workers, memory=memory)
        assert hashes(written) == hashes(serial)
        assert written.sites.read_bytes() == serial.sites.read_bytes()
        assert written.findings.read_bytes() == serial.findings.read_bytes()


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(
    sites: Sites, serial: Any, tmp_path: Path
) -> None:
    killed = []

    def kill(done: int, total: int) -> None:
        if 0 < done < total and not killed:
            killed.extend(multiprocessing.active_children())
            killed[0].kill()

    written = sxgeo.screen(
        sites,
        tmp_path / "o.parquet",
        executor="processes",
        workers=2,
        memory="700MB",
        progress=kill,
    )
    assert killed
    assert hashes(written) == hashes(serial)


@pytest.mark.slow
def test_a_killed_dask_worker_loses_and_doubles_nothing(
    sites: Sites, serial: Any, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    import psutil

    killed = []

    def kill(done: int, total: int) -> None:
        if 0 < done < total and not killed:
            own = [
                p
                for p in psutil.Process().children(recursive=True)
                if "spawn_main" in " ".join(p.cmdline())
            ]
            killed.extend(own)
            own[-1].kill()

    written = sxgeo.screen(sites, tmp_path / "o.parquet", executor="dask", workers=2, progress=kill)
    assert killed
    assert hashes(written) == hashes(serial)


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_in_words_and_a_resume_completes_it(
    sites: Sites, serial: Any, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    host, port = "127.0.0.1", address.rpartition(":")[2]
    start = partial(subprocess.Popen, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    scheduler = start(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            host,
            "--port",
            port,
            "--no-dashboard",
        ]
    )
    worker = start(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--death-timeout",
            "60",
        ]
    )

    def kill(done: int, _total: int) -> None:
        if done:
            scheduler.kill()

    try:
        with pytest.raises(AnalysisError, match="--resume"):
            sxgeo.screen(
                sites,
                tmp_path / "o.parquet",
                executor="dask",
                address=address,
                workers=1,
                progress=kill,
            )
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
    assert not (tmp_path / "o.parquet").exists()
    assert hashes(sxgeo.screen(sites, tmp_path / "o.parquet", resume=True)) == hashes(serial)


def ends(pipe: Any, *_: Any) -> None:
    """A worker that ends whatever it is given."""
    pipe.recv_bytes()


def test_a_worker_that_always_ends_is_named_and_the_run_may_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "_work", ends)
    tasks = [((0, 5), chunk_of(plots(5), range(5)))]
    with pytest.raises(AnalysisError, match=r"ended 3 times over the rows 1 to 5 of"):
        list(
            executors.run(tasks, Pack(b"", "").job(), executor="processes", address=None, workers=2)
        )
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_an_interrupted_run_goes_on_without_loss_or_repetition(
    executor: str, sites: Sites, serial: Any, tmp_path: Path
) -> None:
    out = tmp_path / "o.parquet"
    with pytest.raises(KeyboardInterrupt):
        sxgeo.screen(sites, out, memory=SMALL, progress=stopped_after(30))
    parts = sorted(p.name for p in (tmp_path / "o.parquet.parts").glob("*.arrow"))
    assert parts
    assert not out.exists()
    seen: list[int] = []
    written = sxgeo.screen(
        sites, out, executor=executor, resume=True, progress=lambda done, _: seen.append(done)
    )
    assert seen[0] >= 30  # what was answered is not asked again
    assert hashes(written) == hashes(serial)
    assert not (tmp_path / "o.parquet.parts").exists()


def test_what_is_answered_is_joined_while_the_rest_is_asked(
    sites: Sites, serial: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    seen: list[tuple[int, int]] = []
    real = Joined.take

    def take(self: Joined, part: Any) -> None:
        taken.append(part.num_rows)
        real(self, part)

    monkeypatch.setattr(Joined, "take", take)
    written = sxgeo.screen(
        sites, tmp_path / "o.parquet", progress=lambda done, _: seen.append((done, sum(taken)))
    )
    assert len(seen) > 3
    assert all(done == joined for done, joined in seen)
    assert hashes(written) == hashes(serial)


def test_a_full_disk_ends_the_run_in_words_and_a_resume_completes_it(
    sites: Sites, serial: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = pa.ipc.new_file, [2]

    def full(*args: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with pytest.raises(InputError, match=r"No space left.*--resume"):
        sxgeo.screen(sites, tmp_path / "o.parquet", memory=SMALL)
    monkeypatch.undo()
    written = sxgeo.screen(sites, tmp_path / "o.parquet", memory=SMALL, resume=True)
    assert hashes(written) == hashes(serial)


def test_a_resume_with_another_question_or_other_sites_is_refused_by_hash(
    sites: Sites, tmp_path: Path
) -> None:
    out = tmp_path / "o.parquet"
    with pytest.raises(KeyboardInterrupt):
        sxgeo.screen(sites, out, memory=SMALL, progress=stopped_after(1))
    before = sorted(p.name for p in tmp_path.rglob("*"))
    with pytest.raises(InputError, match="interrupted run; go on with it by --resume"):
        sxgeo.screen(sites, out, memory=SMALL)
    with pytest.raises(
        InputError, match=r"another run.*\n.*project, date or classes are not the same"
    ):
        sxgeo.screen(sites, out, resume=True, project_type="industrial")
    with pytest.raises(InputError, match=r"another run.*\n.*the sites are not the same"):
        sxgeo.screen(Sites(sites.sites[:-2]), out, resume=True)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_part_that_is_lost_or_spoiled_is_named(sites: Sites, tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    with pytest.raises(KeyboardInterrupt):
        sxgeo.screen(sites, out, memory=SMALL, progress=stopped_after(1))
    (part, *_) = sorted((tmp_path / "o.parquet.parts").glob("*.arrow"))
    part.write_bytes(b"spoiled")
    with pytest.raises(InputError, match=f"{part.name}.* cannot be read"):
        sxgeo.screen(sites, out, resume=True)
    assert not out.exists()
    part.unlink()
    assert sxgeo.screen(sites, out, resume=True).sites == out


def test_an_output_that_exists_is_not_written_over(serial: Any, sites: Sites) -> None:
    before = serial.sites.read_bytes()
    for resume in (False, True):
        with pytest.raises(
            InputError, match=r"'o\.parquet'.* exists already; nothing is written over it"
        ):
            sxgeo.screen(sites, serial.sites, resume=resume)
    assert serial.sites.read_bytes() == before


def test_an_unreadable_file_among_many_is_named_and_duplicate_ids_are_told_apart(
    tmp_path: Path,
) -> None:
    one = {
        "type": "Feature",
        "properties": {"id": "A"},
        "geometry": json.loads(shapely.to_geojson(plots(1)[0].geometry)),
    }
    for name in ("a", "b"):
        (tmp_path / f"{name}.geojson").write_text(
            json.dumps({"type": "FeatureCollection", "features": [one]}), encoding="utf-8"
        )
    (tmp_path / "bad.geojson").write_text("{", encoding="utf-8")
    files = [tmp_path / f"{name}.geojson" for name in ("a", "bad", "b")]
    written = sxgeo.screen(files, tmp_path / "o.parquet")
    assert len(written.unread) == 1
    assert "bad.geojson" in written.unread[0]
    ids = parquet.read_table(written.sites).column("site_id").to_pylist()
    assert sorted(ids) == ["a:A", "b:A"]
    assert json.loads(written.manifest.read_text(encoding="utf-8"))["unread"] == list(
        written.unread
    )


@pytest.mark.parametrize(
    "wkb",
    [
        None,
        b"",
        b"\x01\x03nonsense",
        shapely.to_wkb(shapely.Polygon([(112, 38), (113, 39), (113, 38), (112, 39)])),
        shapely.to_wkb(shapely.Point(2, 48)),
    ],
)
def test_an_impossible_geometry_in_a_chunk_gets_its_row_and_spoils_no_other(
    wkb: bytes | None, pack: Pack
) -> None:
    good = chunk_of(plots(2), [0, 1])
    geometry = pa.array(
        [good.column("geometry")[0].as_py(), wkb, good.column("geometry")[1].as_py()], pa.binary()
    )
    rows = screen_chunk(
        pa.RecordBatch.from_arrays([geometry], names=["geometry"]), pack.screener()
    ).to_pylist()
    assert [r["verdict"] for r in rows][1] == "not_screened"
    assert (rows[1]["problems"], rows[1]["findings"]) == (NO_GEOMETRY, [])
    alone = screen_chunk(good, pack.screener()).to_pylist()
    assert [r["findings"] for r in (rows[0], rows[2])] == [r["findings"] for r in alone]


def test_what_nobody_said_of_a_chunk_is_neither_exact_nor_free_of_doubt(pack: Pack) -> None:
    """A bare geometry has the default of its kind, never 0; a doubt that is unknown is a doubt."""
    good = chunk_of(plots(4), [0, 1, 2, 3])
    bare = pa.RecordBatch.from_arrays([good.column("geometry")], names=["geometry"])
    rows = screen_chunk(bare, pack.screener()).to_pylist()
    assert {(r["accuracy_m"], r["accuracy_source"]) for r in rows} == {default_accuracy("geometry")}
    told = pa.RecordBatch.from_arrays(
        [
            good.column("geometry"),
            pa.array([None, -1.0, float("nan"), 0.5]),
            pa.array([None, False, False, False]),
        ],
        names=["geometry", "accuracy_m", "doubtful"],
    )
    rows = screen_chunk(told, pack.screener()).to_pylist()
    assert rows[0]["accuracy_m"] == 2.0 and rows[0]["doubtful"]
    assert [r["usable"] for r in rows] == [True, False, False, True]
    assert all("accuracy_m is" in r["problems"] for r in rows[1:3])


@pytest.fixture(scope="module")
def pack() -> Pack:
    from sxgeo.boundaries.units import load_counties
    from sxgeo.layers.layers import load_layers

    return Pack.of(
        load_layers(),
        sxgeo.load_rules(),
        counties=load_counties(neighbours=True),
        as_of="2026-11-21",
    )


def test_a_pack_is_the_question_whole_and_hashes_what_is_in_it(pack: Pack) -> None:
    from dataclasses import replace

    from sxgeo.boundaries.units import load_counties
    from sxgeo.layers.layers import load_layers

    counties, rules = load_counties(neighbours=True), list(sxgeo.load_rules())
    make = partial(Pack.of, counties=counties, as_of="2026-11-21")
    assert make(load_layers(), rules).sha256 == pack.sha256
    assert (
        make(load_layers(), [replace(rules[0], required_m=1.0), *rules[1:]]).sha256 != pack.sha256
    )
    assert make(load_layers()[1:], rules).sha256 != pack.sha256


@pytest.mark.parametrize("executor", ["dask", "spark"])
def test_an_address_that_does_not_answer_is_said_and_leaves_nothing(
    executor: str, sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed" if executor == "dask" else "pyspark")
    monkeypatch.setattr(executors, "CONNECT_S", 1)
    address = {"dask": "tcp://127.0.0.1:9", "spark": "sc://127.0.0.1:9"}[executor]
    with pytest.raises(InputError, match=f"no (Dask scheduler|Spark) answers at '{address}'"):
        sxgeo.screen(sites, tmp_path / "o.parquet", executor=executor, address=address)
    assert list(tmp_path.iterdir()) == []


def test_a_second_engine_is_never_asked_for_in_vain(
    sites: Sites, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run asks one engine: it says so, instead of answering as if both had agreed."""
    target = tmp_path / "o.parquet"
    with pytest.raises(UsageError, match="asks one engine"):
        screen_question(pose(sites, verify=True), target)
    line = ["check", "--at", "112.6,38.3", "--batch", "--executor", "serial", "--verify"]
    assert cli.main([*line, "-o", str(target)]) == 2
    assert "--verify" in capsys.readouterr().err and not target.exists()


def test_a_manifest_is_a_receipt_and_names_no_secret_layer(sites: Sites, tmp_path: Path) -> None:
    for grade in ("内部", "公开"):
        folder = tmp_path / grade
        folder.mkdir()
        own = gpd.GeoDataFrame(
            {"feature_id": ["K1"], "name_zh": ["某某遗址"]},
            geometry=[shapely.box(112.6, 38.3, 112.61, 38.31)],
            crs="EPSG:4490",
        )
        own.to_file(folder / "hidden.gpkg", engine="pyogrio")
        (folder / "sxgeo.toml").write_text(
            '[[layer]]\nclass = "文物"\nfile = "hidden.gpkg"\nsubzone = "保护范围"\n'
            f'position_accuracy_m = 1\nsecrecy = "{grade}"\n',
            encoding="utf-8",
        )
        written = sxgeo.screen(sites, folder / "o.parquet", workspace=folder / "sxgeo.toml")
        told = json.loads(written.manifest.read_text("utf-8"))
        (layer,) = told["user_layers"]
        assert ("hidden" in json.dumps(told)) == (grade == "公开")
        assert len(layer["sha256"]) == 64 and told["rules_sha256"] and told["engines"] == ["geos"]


def test_what_cannot_be_asked_is_refused_before_any_work(sites: Sites, tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    for values, words in (
        ({"executor": "sparks"}, "Did you mean 'spark'"),
        ({"memory": "much"}, "'much' is not a size"),
        ({"memory": "1MB"}, "too little"),
        ({"workers": 0, "executor": "processes"}, "workers 0"),
        ({"address": "tcp://x:1"}, "takes no address"),
    ):
        with pytest.raises(UsageError, match=words):
            sxgeo.screen(sites, out, **values)
    with pytest.raises(UsageError, match=r"end its name with \.parquet"):
        sxgeo.screen(sites, tmp_path / "o.csv")
    assert list(tmp_path.iterdir()) == []


def test_chunks_follow_candidates_and_cover_every_site_once() -> None:
    cost = np.array([1, 1, 50, 1, 1, 1, 200, 1])
    assert list(order.cut(cost, [], 60)) == [(0, 6), (6, 7), (7, 8)]
    assert list(order.cut(cost, [(2, 4)], 60)) == [(0, 2), (4, 6), (6, 7), (7, 8)]


def test_sites_stand_along_a_hilbert_curve_and_the_lost_ones_last() -> None:
    sites = [
        Site("x", None),
        *[Site(str(k), shapely.Point(112 + k % 4 / 10, 38 + k // 4 / 10)) for k in range(16)],
    ]
    rows = order.hilbert_order(sites).tolist()
    assert rows[-1] == 0
    steps = [
        shapely.distance(sites[a].geometry, sites[b].geometry)
        for a, b in itertools.pairwise(rows[:-1])
    ]
    assert max(steps) < 0.15  # each is a neighbour of the one before


def test_the_command_writes_the_tables_and_has_the_code_of_the_gravest(
    root: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "o.parquet"
    site = str(root / "examples/sites/on_monument.geojson")
    assert (
        cli.main(
            ["check", site, "--batch", "--executor", "serial", "--memory", "1GB", "-o", str(out)]
        )
        == 10
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "o.findings.parquet",
        "o.manifest.json",
        "o.parquet",
    ]
    manifest = json.loads((tmp_path / "o.manifest.json").read_text(encoding="utf-8"))
    assert manifest["verdicts"] == {"conflict": 1}
    assert manifest["files"]["sites"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert cli.main(["check", site, "--batch", "--resume"]) == 2
    assert "--resume: for runs into Parquet" in capsys.readouterr().err


def test_geopandas_reads_the_sites_as_geoparquet(serial: Any) -> None:
    import geopandas as gpd

    frame = gpd.read_parquet(serial.sites)
    assert frame.crs == "EPSG:4490"
    assert frame.geometry.notna().sum() == 90


def test_readers_skip_groups_of_rows_by_their_boxes(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sites stand along a curve, so that a window meets few groups; who reads it gets its sites."""
    import geopandas as gpd

    from sxgeo.analysis.screening import tables

    monkeypatch.setattr(tables, "SITES_AT_ONCE", 8)
    written = sxgeo.screen(sites, tmp_path / "o.parquet")
    window = (112.0, 37.6, 112.4, 38.0)
    inside = {
        s.site_id for s in sites.sites if s.usable and s.geometry.intersects(shapely.box(*window))
    }
    assert inside
    assert set(gpd.read_parquet(written.sites, bbox=window)["site_id"]) == inside
    file = parquet.ParquetFile(written.sites)
    paths = [file.metadata.schema.column(k).path for k in range(len(file.schema_arrow.names) + 3)]
    places = [paths.index(f"bbox.{corner}") for corner in ("xmin", "ymin", "xmax", "ymax")]
    met = 0
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        told = [group.column(k).statistics for k in places]
        west, south = told[0].min, told[1].min
        east, north = told[2].max, told[3].max
        met += bool(shapely.box(west, south, east, north).intersects(shapely.box(*window)))
    assert 0 < met <= file.num_row_groups // 2


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
def test_files_of_many_features_are_read_and_told_alike(
    suffix: str, sites: Sites, tmp_path: Path
) -> None:
    import geopandas as gpd

    own = sites.sites[:20]
    frame = gpd.GeoDataFrame(
        {"site_id": [s.site_id for s in own], "accuracy_m": 0.0},
        geometry=[s.geometry for s in own],
        crs="EPSG:4490",
    )
    path = tmp_path / f"plots{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    told = parquet.read_table(sxgeo.screen(path, tmp_path / "o.parquet").sites).to_pylist()
    as_frame = sxgeo.screen(frame, tmp_path / "frame.parquet").sites
    truth = {r["site_id"]: r for r in parquet.read_table(as_frame).to_pylist()}
    assert {r["site_id"] for r in told} == {s.site_id for s in own}
    for row in told:
        for name in ("geometry", "known_verdict", "conflict", "touched_unbound", "area_m2"):
            assert row[name] == truth[row["site_id"]][name]


def test_options_of_a_run_are_refused_where_there_is_none(
    root: Path, tmp_path: Path, capsys: Any
) -> None:
    site = str(root / "examples/sites/on_monument.geojson")
    out = ["--executor", "serial", "-o", str(tmp_path / "o.parquet")]
    opinions = tmp_path / "opinions.toml"
    opinions.write_text("", encoding="utf-8")
    for options, words in (
        (out, "add --batch -o FILE.parquet"),
        (
            ["--batch", "--executor", "serial", "-o", str(tmp_path / "o.csv")],
            "for runs into Parquet",
        ),
        (["--batch", "--memory", "1GB"], "--memory: for runs into Parquet"),
        (
            ["--batch", *out, "--override", str(opinions)],
            "--override tells opinions beside a report",
        ),
        (["--batch", *out, "--headings", "zh"], "--headings zh"),
        (["--batch", *out, "--address", "tcp://127.0.0.1:9"], "takes no address"),
    ):
        assert cli.main(["check", site, *options]) == 2
        assert words in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["opinions.toml"]


def test_rows_that_wait_for_their_group_keep_no_part_in_memory(tmp_path: Path) -> None:
    ipc = pytest.importorskip("pyarrow.ipc")
    part = pa.table({"row": list(range(100)), "large": [b"x" * 10_000] * 100})
    with ipc.new_file(str(tmp_path / "part.arrow"), part.schema) as writer:
        writer.write_table(part)
    before = pa.total_allocated_bytes()
    waiting = Grouped(tmp_path / "rows.parquet", 10_000)
    for _ in range(20):
        waiting.take(ipc.open_file(str(tmp_path / "part.arrow")).read_all().select(["row"]))
    assert pa.total_allocated_bytes() - before < part.nbytes
    waiting.close()
    assert parquet.read_table(tmp_path / "rows.parquet")["row"].to_pylist() == 20 * [*range(100)]


def test_words_that_wait_as_numbers_are_written_as_words(tmp_path: Path) -> None:
    words = [["b", None, "a"], ["a", "c"], [], ["c", "c", "b"]]
    plain = Grouped(tmp_path / "plain.parquet", 4)
    coded = Grouped(tmp_path / "coded.parquet", 4)
    for some in words:
        column = pa.array(some, pa.string())
        plain.take(pa.table({"word": column}))
        coded.take(pa.table({"word": column.dictionary_encode()}))
    plain.close()
    coded.close()
    assert plain.sha256 == coded.sha256
    assert (tmp_path / "plain.parquet").read_bytes() == (tmp_path / "coded.parquet").read_bytes()
