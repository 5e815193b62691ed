"""How heavy a page is: which classes go onto canvas tiles, whether it can check, what opening it
takes, and what is too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError

SVG_FEATURES = 2_000
"""Up to here every feature is an SVG element of its own; beyond, the largest classes go onto canvas
tiles.
"""
CHECKED_FEATURES = 50_000
"""Up to so many outlines, and as many points, the page carries exact geometry and checks by itself;
beyond, it only draws.
"""
MOST_BYTES = 100_000_000
"""A larger page is not written: browsers open it slowly or not at all."""
_CODE_BYTES = 290_000
_OPEN_S, _OPEN_S_PER_SVG, _OPEN_S_PER_TILED = 0.5, 0.0005, 5e-6
_HEAP_MB, _HEAP_MB_PER_SVG, _HEAP_MB_PER_TILED = 9.0, 0.018, 0.00029
"""Fitted to benchmarks/bench_page.py with shapes of 16 points in headless Chromium; docs/page.md
has the table.
"""


@dataclass(frozen=True, slots=True)
class Load:
    """How heavy a page is.

    Attributes
    ----------
    svg, tiled
        Features drawn as SVG elements and on canvas tiles.
    check
        Whether the page checks sites.
    data_bytes
        Bytes of its data, as UTF-8, before the lines that say so.
    """

    svg: int
    tiled: int
    check: bool
    data_bytes: int

    @property
    def megabytes(self) -> float:
        """About the size of the file, in MB of a million bytes."""
        return (self.data_bytes + _CODE_BYTES) / 1e6

    @property
    def seconds(self) -> float:
        """About the seconds until it can be used on the machine of the benchmark."""
        return _OPEN_S + _OPEN_S_PER_SVG * self.svg + _OPEN_S_PER_TILED * self.tiled

    @property
    def heap_mb(self) -> float:
        """About the memory that its scripts hold in the browser before the first check, in MB."""
        return _HEAP_MB + _HEAP_MB_PER_SVG * self.svg + _HEAP_MB_PER_TILED * self.tiled

    def zh(self) -> str:
        """Say it in Chinese, for the page."""
        way = f"其中{self.tiled:,}个画在画布瓦片上" if self.tiled else "全部以 SVG 绘制"
        return (
            f"图上资源{self.svg + self.tiled:,}个，{way}；文件约 {self.megabytes:.1f} MB，"
            f"预计打开约 {self.seconds:.0f} 秒，内存约 {self.heap_mb:.0f} MB。"
        )

    def en(self) -> str:
        """Say it in English, for the page and the command line."""
        way = f"{self.svg:,} as SVG, {self.tiled:,} on canvas tiles" if self.tiled else "all as SVG"
        return (
            f"{self.svg + self.tiled:,} features drawn, {way}; about {self.megabytes:.1f} MB, "
            f"expected to open in {self.seconds:.0f} s with {self.heap_mb:.0f} MB of memory"
        )


NO_CHECK_ZH = (
    f"边界或点位超过{CHECKED_FEATURES:,}个，本页只供看图，不能核查地块，请用 sxgeo check。"
)
NO_CHECK = (
    f"the page holds more than {CHECKED_FEATURES:,} outlines or points, so it only draws them and"
    " cannot check a site; use sxgeo check"
)


def on_tiles(located: Mapping[str, int]) -> frozenset[str]:
    """Return the classes that go onto tiles: the largest ones, until what is left is few enough for
    SVG.

    Parameters
    ----------
    located
        Number of features with a position by class id.
    """
    left, chosen = sum(located.values()), set()

    # equal ones by their id, so that the same layers give the same page
    for class_id in sorted(
        located,
        key=lambda c: (-located[c], c),
    ):
        if left <= SVG_FEATURES:
            break
        chosen.add(class_id)
        left -= located[class_id]
    return frozenset(chosen)


def refuse_too_much(size_bytes: int) -> None:
    """Refuse a page that no browser opens well.

    Raises
    ------
    InputError
        If it is larger than `MOST_BYTES`.
    """
    if size_bytes > MOST_BYTES:
        raise InputError(
            f"the page would be {size_bytes / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f} MB;"
            " give fewer layers, layers cut to the zone, or simpler outlines, and look at the rest"
            " in a desktop GIS"
        )
