"""What this installation can and cannot do, and the wheels for a PC without a network."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..catalog import load_catalog
from ..errors import DataError, InputError, SxgeoError, UsageError
from ..files.libraries import library
from ..version import __version__
from ..workspace.file import load_workspace
from .verification import verify

if TYPE_CHECKING:
    from pip._vendor.packaging.requirements import Requirement

State = Literal["ok", "missing", "broken"]
MARKS = {
    "ok": "√",
    "missing": "○",
    "broken": "×",
}
EXTRAS: dict[str, tuple[tuple[str, ...], str]] = {
    "office": (("openpyxl", "docx", "PIL"), "Word、Excel 报告 reports as .docx and .xlsx"),
    "datum": (
        ("geocoordinates_ffi",),
        "GCJ-02、BD-09 坐标 coordinates of web maps（没有 Windows 安装包 none for Windows）",
    ),
    "dxf": (("ezdxf",), "CAD 图 drawings"),
    "parquet": (("pyarrow",), "Parquet"),
    "dask": (("distributed",), "多机筛查 screening on a Dask cluster"),
    "spark": (("pyspark", "pysail"), "Spark 集群筛查 screening through Spark Connect"),
    "plot": (("matplotlib",), "静态地图 .png .pdf .svg figures"),
    "raster": (("rasterio", "skimage", "exactextract"), "高程、人口栅格 rasters"),
    "access": (("access",), "可达性指标 measures of access"),
    "osm": (("osmium", "osmnx"), "OpenStreetMap 路网 networks"),
    "fast": (("numba",), "大路网加速 speed on large networks"),
    "pinyin": (("pypinyin",), "拼音 pinyin"),
    "docs": (
        ("sphinx", "myst_parser", "nbclient"),
        "文档与笔记本 the documentation and its notebooks",
    ),
}
"""What each extra takes, by the names of import, and what it brings."""
CORE = (
    "numpy",
    "pandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "geopandas",
    "scipy",
    "contourpy",
    "folium",
    "rich",
)
PLATFORMS = {
    "windows": ("win_amd64", "win32"),
    "linux": ("manylinux_2_28_x86_64", "linux"),
    "macos": ("macosx_14_0_arm64", "darwin"),
}
"""Platforms of a wheelhouse: the tag of its wheels, and how Python names the system."""
_LEAST_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    text: str


def examine(workspace: Path | None = None) -> list[Finding]:
    """Look at this installation.

    Parameters
    ----------
    workspace
        A workspace file to read; None looks at none.

    Returns
    -------
    list of Finding
        In a fixed order; nothing is changed and the network is not touched.
    """
    found = [
        Finding(
            "Python", "ok", f"{platform.python_version()}，{platform.system()} {platform.machine()}"
        )
    ]
    found.append(Finding("sxgeo", "ok", __version__))
    found += [_core(name) for name in CORE]
    found += [_extra(name) for name in EXTRAS]
    found += [
        _data(),
        _time_zones(),
        _browser(),
        _fonts(),
        _disk(Path.cwd()),
    ]
    if workspace is not None:
        found.append(_workspace(workspace))
    return found


def examination_text(found: Sequence[Finding]) -> str:
    """Return what was found, a line each."""
    lines = [f"{MARKS[one.state]} {one.what:<16} {one.text}" for one in found]
    bad = sum(one.state == "broken" for one in found)
    end = f"{bad} 项有问题 broken" if bad else "可以使用 ready"
    return (
        "\n".join([*lines, "", f"√ 可用 ok  ○ 未装 not installed  × 有问题 broken    {end}"]) + "\n"
    )


def _core(name: str) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "broken", f"没有安装 not installed: pip install {name}")


def _extra(name: str) -> Finding:
    modules, brings = EXTRAS[name]
    missing = [module for module in modules if find_spec(module) is None]
    if not missing:
        return Finding(f"[{name}]", "ok", brings)
    return Finding(
        f"[{name}]", "missing", f"{brings}：pip install 'sxgeo[{name}]'（缺 {', '.join(missing)}）"
    )


def _data() -> Finding:
    try:
        files, problems = verify()
        date = load_catalog().data_date
    except DataError as error:
        return Finding("data", "broken", str(error).splitlines()[0])
    if problems:
        return Finding(
            "data", "broken", f"{problems[0]}（共 {len(problems)} 处）：重新安装 reinstall sxgeo"
        )
    return Finding("data", "ok", f"{date}，{files} 个文件校验一致")


def _time_zones() -> Finding:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Finding(
            "time zones",
            "missing",
            "没有时区数据库 no database: pip install tzdata（不影响 sxgeo 的结论）",
        )
    return Finding("time zones", "ok", "Asia/Shanghai")


def _browser() -> Finding:
    try:
        name = webbrowser.get().name
    except (webbrowser.Error, AttributeError):
        return Finding(
            "browser", "missing", "没有找到浏览器 none found：地图文件可拷到别的电脑打开"
        )
    return Finding("browser", "ok", str(name))


def _fonts() -> Finding:
    if find_spec("matplotlib") is None:
        return Finding("fonts", "missing", "未装 [plot]，静态地图不可用")
    font_manager = library("matplotlib.font_manager", "fonts need matplotlib")
    wanted = (
        "SimHei",
        "SimSun",
        "Microsoft YaHei",
        "Noto Sans CJK",
        "Source Han",
        "WenQuanYi",
        "PingFang",
        "Heiti",
    )

    # the first by name, so that the finding does not hang on the order of the system
    names = sorted(
        {font.name for font in font_manager.fontManager.ttflist if font.name.startswith(wanted)}
    )
    if not names:
        return Finding(
            "fonts",
            "missing",
            "没有中文字体 no Chinese font：静态地图上的汉字会是方框；装黑体或思源黑体",
        )
    return Finding("fonts", "ok", names[0])


def _disk(folder: Path) -> Finding:
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if not os.access(folder, os.W_OK):
        return Finding(
            "disk",
            "broken",
            f"当前文件夹不能写 the working folder cannot be written: {folder.name}",
        )

    # a disk that fills up breaks a run long after its start
    state: State = "ok" if free_mb > _LEAST_MB else "broken"
    return Finding("disk", state, f"剩余 {free_mb:,} MB free")


def _workspace(path: Path) -> Finding:
    try:
        read = load_workspace(path)
    except SxgeoError as error:
        return Finding("workspace", "broken", str(error))

    # without a word on completeness no site can be clear by a layer
    missing = [layer.class_id for layer in read.layers if not layer.complete_in]
    text = f"{path.name}：{len(read.layers)} 个图层" + (
        f"，{len(missing)} 个没有声明完整" if missing else ""
    )
    return Finding("workspace", "ok", text)


def requirements_for(
    extras: Sequence[str],
    system: str,
    python: str,
) -> list[str]:
    """Return what sxgeo needs on another PC, as lines for pip.

    Parameters
    ----------
    extras
        Names of extras.
    system
        A key of `PLATFORMS`.
    python
        Such as ``3.12``.

    Raises
    ------
    UsageError
        If an extra or the platform is unknown.
    """
    known = sorted(metadata.metadata("sxgeo").get_all("Provides-Extra") or ())
    if strange := [name for name in extras if name not in known]:
        raise UsageError(f"unknown extra '{strange[0]}'. Known: {', '.join(known)}.")
    if system not in PLATFORMS:
        raise UsageError(f"unknown platform '{system}'. Known: {', '.join(PLATFORMS)}.")
    return list(dict.fromkeys(_needed("sxgeo", extras, system, python, set())))


def _needed(
    name: str,
    extras: Sequence[str],
    system: str,
    python: str,
    seen: set[str],
) -> Iterator[str]:
    """Yield the requirements that hold on the other PC; sxgeo's own extras are taken apart, as it
    is not fetched itself.
    """
    # pip's own copy: pip is there where wheels are fetched
    from pip._vendor.packaging.requirements import Requirement

    environments = _environments(extras, system, python)
    for line in metadata.requires(name) or ():
        needed = Requirement(line)
        marker = needed.marker
        if marker and not any(map(marker.evaluate, environments)):
            continue

        # an extra that names extras of its own package would go round in a circle
        if needed.name == name:
            inner = [extra for extra in sorted(needed.extras) if extra not in seen]
            yield from _needed(name, inner, system, python, seen | set(inner))
        else:
            yield _line_of(needed)


def _line_of(needed: Requirement) -> str:
    """Write a requirement without its marker, which was answered already."""
    inside = ",".join(sorted(needed.extras))
    return f"{needed.name}{f'[{inside}]' if inside else ''}{needed.specifier}"


def _environments(
    extras: Sequence[str],
    system: str,
    python: str,
) -> list[dict[str, str]]:
    """Return what the markers of requirements ask about the other PC, extra by extra."""
    target = {
        "sys_platform": PLATFORMS[system][1],
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_system": {
            "windows": "Windows",
            "linux": "Linux",
            "macos": "Darwin",
        }[system],
    }

    # what the core needs holds for no extra at all
    return [{**target, "extra": extra} for extra in ("", *extras)]


def fetch_wheels(
    folder: Path,
    *,
    extras: Sequence[str] = ("intake", "office", "plot"),
    system: str | None = None,
    python: str | None = None,
    source: Path | None = None,
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
) -> list[str]:
    """Fetch the wheels of everything that sxgeo needs, for a PC without a network.

    Parameters
    ----------
    folder
        Where they go; made where it is missing.
    system, python
        Of the other PC: a key of `PLATFORMS`, and such as ``3.12``; None takes those of this one.
    source
        sxgeo's own wheel or checkout; None leaves it out, and the text says so.

    Returns
    -------
    list of str
        Names of the wheels.

    Raises
    ------
    UsageError
        If an extra, the platform or the version of Python is unknown.
    InputError
        If pip cannot fetch one of them; what it said is told.
    """
    on, version = system or _this_platform(), _python(python)
    needed = requirements_for(extras, on, version)
    _make(folder)
    _pip(
        run,
        [
            "download",
            "-q",
            "-d",
            str(folder),
            *_wheels_for(on, version),
            *needed,
        ],
    )

    # sxgeo itself stands in no registry that the other PC may ask
    if source is not None:
        _pip(
            run,
            ["wheel", "-q", "--no-deps", "-w", str(folder), str(source)],
        )
    return sorted(path.name for path in folder.glob("*.whl"))


def _this_platform() -> str:
    """Return the key of `PLATFORMS` of this PC; what is none of them is taken for a Linux."""
    return {own: name for name, (_, own) in PLATFORMS.items()}.get(sys.platform, "linux")


def _python(told: str | None) -> str:
    """Return the version of Python of the other PC: as told, else that of this one."""
    version = told or f"{sys.version_info.major}.{sys.version_info.minor}"
    if not re.fullmatch(r"3\.1[1-9]", version):
        raise UsageError(
            f"Python '{version}' is not taken; sxgeo runs on 3.11 and later, e.g. 3.12"
        )
    return version


def _wheels_for(system: str, python: str) -> list[str]:
    """Tell pip of the other PC: wheels alone, for nothing can be compiled there."""
    target = ["--only-binary=:all:", "--platform", PLATFORMS[system][0]]
    return [*target, "--python-version", python, "--implementation", "cp"]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"'{folder}' cannot be made ({error.strerror}); give another --wheelhouse"
        ) from error


def _pip(run: Callable[..., subprocess.CompletedProcess[str]], arguments: Sequence[str]) -> None:
    done = run(
        [sys.executable, "-m", "pip", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # pip says much: its last line of an error tells what it could not do
        told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            "pip failed"
        ]
        raise InputError(
            f"the wheels could not be fetched: {told[-1]}; nothing else was changed, try again or"
            " drop an extra"
        )
