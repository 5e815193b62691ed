"""The QGIS plugin: its runner without QGIS, its files as the plugin repository wants them, its
works in a headless QGIS.
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

QGIS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")


@pytest.fixture(scope="module")
def plugin(root: Path) -> Path:
    return root / "integrations" / "qgis" / "sxgeo_qgis"


def load(plugin: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sxgeo_qgis_{name}", plugin / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runner(plugin: Path) -> ModuleType:
    return load(plugin, "runner")


def program(folder: Path, text: str) -> list[str]:
    """Return the command of a program that does what `text` says."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


def test_the_program_is_asked_for_its_version(runner: ModuleType) -> None:
    assert runner.version_of([sys.executable, "-m", "sxgeo"]) >= runner.NEEDED


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("print('python 3.11')", "not_sxgeo"),
        ("raise SystemExit(3)", "not_sxgeo"),
        ("print('sxgeo 0.0.1')", "too_old"),
    ],
)
def test_another_program_or_an_old_one_is_refused(
    runner: ModuleType, tmp_path: Path, text: str, key: str
) -> None:
    with pytest.raises(runner.ProgramError) as error:
        runner.version_of(program(tmp_path, text))
    assert error.value.key == key


def test_a_wrong_path_is_named_and_a_python_is_taken_as_one(
    runner: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(runner.ProgramError) as error:
        runner.find_program(str(tmp_path / "nothing"))
    assert (error.value.key, error.value.values["path"]) == ("not_sxgeo", str(tmp_path / "nothing"))
    assert runner.find_program(sys.executable) == [sys.executable, "-m", "sxgeo"]


def test_answers_come_back_and_failures_carry_their_words(
    runner: ModuleType, tmp_path: Path
) -> None:
    said: list[str] = []
    answer = program(
        tmp_path, "import sys; print('答'); print('remark', file=sys.stderr); sys.exit(11)"
    )
    assert runner.run(answer, [], say=said.append) == (
        11,
        "答" + os.linesep if os.name == "nt" else "答\n",
    )
    assert said == ["remark"]
    with pytest.raises(runner.ProgramError) as error:
        runner.run(program(tmp_path, "import sys; print('why', file=sys.stderr); sys.exit(3)"), [])
    assert (error.value.key, error.value.values) == ("failed", {"code": 3, "text": "why"})


def test_an_answer_beside_bad_sites_is_an_answer_and_none_without_its_file_is(
    runner: ModuleType, tmp_path: Path
) -> None:
    answer = tmp_path / "answer"
    write = program(tmp_path, f"import sys; open({str(answer)!r}, 'w').close(); sys.exit(3)")
    assert runner.run(write, [], answer=answer)[0] == 3
    answer.unlink()
    with pytest.raises(runner.ProgramError, match="failed"):
        runner.run(program(tmp_path, "raise SystemExit(0)"), [], answer=answer)


def test_a_command_that_the_program_lacks_is_named(runner: ModuleType) -> None:
    with pytest.raises(runner.ProgramError) as error:
        runner.run([sys.executable, "-m", "sxgeo"], ["teleport"])
    assert (error.value.key, error.value.values["command"]) == ("no_command", "teleport")


def test_percentages_of_the_program_are_its_progress(runner: ModuleType, root: Path) -> None:
    shares: list[float] = []
    site = root / "examples" / "sites" / "outside_zone.geojson"
    command = [sys.executable, "-m", "sxgeo"]
    assert runner.run(command, ["check", site, "--progress"], progress=shares.append)[0] == 12
    assert shares[0] == 0 and shares[-1] == 100 and shares == sorted(shares)


def test_a_program_that_cannot_be_started_is_named(runner: ModuleType, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program", encoding="utf-8")
    for work in (lambda: runner.run([str(text)], []), lambda: runner.version_of([str(text)])):
        with pytest.raises(runner.ProgramError) as error:
            work()
        assert (error.value.key, error.value.values["path"]) == ("not_sxgeo", str(text))


def test_cancelling_ends_the_program(runner: ModuleType, tmp_path: Path) -> None:
    stop = threading.Event()
    busy = program(
        tmp_path, "import sys, time\nprint('began', file=sys.stderr, flush=True)\ntime.sleep(600)"
    )
    with pytest.raises(runner.ProgramError) as error:
        runner.run(busy, [], say=lambda text: stop.set(), cancelled=stop.is_set)
    assert error.value.key == "cancelled"


def test_much_text_on_both_streams_blocks_nothing(runner: ModuleType, tmp_path: Path) -> None:
    chatty = program(
        tmp_path,
        "import sys\nfor _ in range(30000):\n    print('x' * 40)\n    print('y' * 40,"
        " file=sys.stderr)",
    )
    assert len(runner.run(chatty, [])[1].split()) == 30_000


def test_every_text_has_both_languages_and_its_values(plugin: Path) -> None:
    words = load(plugin, "words")
    for key, (chinese, english) in words.WORDS.items():
        assert chinese and english, key
        assert sorted(c for c in chinese if c in "{}") == sorted(c for c in english if c in "{}"), (
            key
        )
    used = set()
    for path in plugin.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= {key for key in words.WORDS if f'tr("{key}"' in text or f'"{key}"' in text}
    assert set(words.WORDS) - used <= {f"{key}_help" for key in words.WORDS}


def test_the_plugin_is_what_the_repository_wants(root: Path, plugin: Path, tmp_path: Path) -> None:
    build = [sys.executable, root / "scripts" / "build_qgis.py"]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([*build, "--check"], check=True, env=environment)
    archives = []
    for name in ("one", "two"):
        subprocess.run(
            [*build, "--zip", tmp_path / name], check=True, env=environment, capture_output=True
        )
        archives.append((tmp_path / name / "sxgeo_qgis.zip").read_bytes())
    assert archives[0] == archives[1] and len(archives[0]) < 1_000_000
    names = zipfile.ZipFile(tmp_path / "one" / "sxgeo_qgis.zip").namelist()
    assert {name.partition("/")[0] for name in names} == {"sxgeo_qgis"}
    assert {Path(name).suffix for name in names} <= {".py", ".txt", ".svg", ".qml", ""}
    about = configparser.ConfigParser()
    about.read(plugin / "metadata.txt", encoding="utf-8")
    assert about["general"]["hasProcessingProvider"] == "yes"


@pytest.mark.slow
def test_the_addresses_are_given_not_made_up_and_what_lacks_is_said(
    root: Path, tmp_path: Path
) -> None:
    def build(*addresses: str) -> subprocess.CompletedProcess[str]:
        given = [part for address in addresses for part in ("--address", address)]
        return subprocess.run(
            [sys.executable, root / "scripts" / "build_qgis.py", "--zip", tmp_path, *given],
            env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    bare = build()
    assert bare.returncode == 0 and "email, repository, tracker" in bare.stderr
    for wrong in ("repository=somewhere", "wiki=https://example.org", "email=nobody", "tracker"):
        refused = build(wrong)
        assert refused.returncode == 2 and f"'{wrong}'" in refused.stderr
    whole = build(
        "repository=https://example.org/r", "tracker=https://example.org/t", "email=a@example.org"
    )
    assert whole.returncode == 0 and not whole.stderr
    about = configparser.ConfigParser()
    about.read_string(
        zipfile.ZipFile(tmp_path / "sxgeo_qgis.zip").read("sxgeo_qgis/metadata.txt").decode()
    )
    assert about["general"]["repository"] == "https://example.org/r"


def _typed(inputs: dict) -> list[str]:
    return [f"{key}={value}" for key, value in inputs.items()]


def process(*arguments: str, home: Path, plugins: Path) -> subprocess.CompletedProcess[str]:
    program = home / "sxgeo-of-this-tree"
    root = plugins.parent.parent
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -m sxgeo "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "QGIS_PLUGINPATH": str(plugins),
        "SXGEO_PROGRAM": str(program), "XDG_RUNTIME_DIR": str(home),
    }  # fmt: skip
    # QGIS takes the Python that it finds first; it wants its own
    environment["PATH"] = os.pathsep.join(
        ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    )
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"):
        environment.pop(name, None)
    return subprocess.run(
        [QGIS, *arguments], stdin=subprocess.DEVNULL, text=True, encoding="utf-8", capture_output=True, env=environment, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def qgis_home(tmp_path_factory: pytest.TempPathFactory, plugin: Path) -> Path:
    if QGIS is None:
        if os.environ.get("SXGEO_REQUIRE_QGIS"):
            pytest.fail("qgis_process is not installed")
        pytest.skip("qgis_process is not installed")
    home = tmp_path_factory.mktemp("qgis")
    done = process("plugins", "enable", "sxgeo_qgis", home=home, plugins=plugin.parent)
    assert "sxgeo_qgis" in done.stdout, done.stdout + done.stderr
    return home


def asked(home: Path, plugin: Path, work: str, **inputs: object) -> dict:
    done = process(
        "--json", "run", f"sxgeo:{work}", "--", *_typed(inputs), home=home, plugins=plugin.parent
    )
    text = done.stdout[done.stdout.find("{") :]
    assert done.returncode == 0 and text, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(text)


@pytest.mark.qgis
def test_a_site_is_checked_in_qgis(
    qgis_home: Path, plugin: Path, root: Path, tmp_path: Path
) -> None:
    plot = root / "examples" / "sites" / "on_monument.geojson"
    told = asked(
        qgis_home, plugin, "check", SITES=str(plot), TYPE=1, SITES_OUT=str(tmp_path / "sites.gpkg"),
        FINDINGS_OUT=str(tmp_path / "findings.gpkg"), OVERLAPS_OUT=str(tmp_path / "overlaps.gpkg"), PAGE=str(tmp_path / "r.html"),
    )  # fmt: skip
    assert told["results"]["VERDICT"] == "conflict"
    import pyogrio

    assert pyogrio.read_dataframe(tmp_path / "sites.gpkg")["verdict"].tolist() == ["conflict"]
    assert len(pyogrio.read_dataframe(tmp_path / "findings.gpkg")) > 0
    assert "冲突" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.qgis
def test_a_file_is_inspected_and_areas_are_drawn_in_qgis(
    qgis_home: Path, plugin: Path, root: Path, tmp_path: Path
) -> None:
    plot = root / "examples" / "sites" / "on_monument.geojson"
    assert "永祚寺" in asked(qgis_home, plugin, "inspect", FILE=str(plot))["results"]["TEXT"]
    asked(
        qgis_home,
        plugin,
        "isochrones",
        ORIGINS=str(plot),
        MINUTES="15,30",
        AREAS=str(tmp_path / "a.gpkg"),
    )
    import pyogrio

    assert pyogrio.read_dataframe(tmp_path / "a.gpkg")["minutes"].tolist() == [15, 30]


@pytest.mark.qgis
def test_a_layer_without_a_system_is_refused_in_words(
    qgis_home: Path, plugin: Path, tmp_path: Path
) -> None:
    import geopandas as gpd
    import shapely

    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]).to_file(tmp_path / 'bare\'s "plot".shp')
    done = process(
        "run", "sxgeo:check", "--", *_typed({"SITES": str(tmp_path / "bare's \"plot\".shp"), "SITES_OUT": str(tmp_path / "s.gpkg")}),
        home=qgis_home, plugins=plugin.parent,
    )  # fmt: skip
    assert done.returncode != 0 and "坐标系" in done.stdout + done.stderr
    assert not (tmp_path / "s.gpkg").exists()
