"""Verdicts are told apart by eyes that see fewer colours, and in grey print; letters are read on
white and white on plates.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from sxgeo.maps.style import VERDICT_HATCHES, VERDICT_STYLES, table
from sxgeo.reports.palette import RED, VERDICT_COLOURS, VERDICT_MARKS

SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "grey print": [[0.2126729, 0.7151522, 0.0721750]] * 3,
}
"""What is left of linear red, green and blue: Machado, Oliveira and Fernandes (2009) at full
severity; luminance for grey.
"""
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(colour: str, sight: str = "normal") -> np.ndarray:
    """Lightness, a and b of CIE 1976 of what an eye sees of a colour."""
    seen = np.clip(np.array(SIGHTS[sight]) @ linear(colour), 0, 1)
    share = XYZ @ seen / WHITE
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(XYZ[1] @ linear(c)) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_books():
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("sight", SIGHTS)
def test_marks_of_verdicts_are_told_apart_by_every_eye_and_in_grey(sight):
    for one, other in combinations(VERDICT_MARKS, 2):
        apart = np.linalg.norm(lab(VERDICT_MARKS[one], sight) - lab(VERDICT_MARKS[other], sight))
        assert apart > 15, (one, other)


def test_marks_differ_in_lightness_hatch_and_sign():
    lightness = sorted(lab(colour)[0] for colour in VERDICT_MARKS.values())
    assert all(b - a > 12 for a, b in pairwise(lightness))
    hatches, signs = zip(*VERDICT_HATCHES.values(), strict=True)
    assert len(set(hatches)) == len(set(signs)) == len(VERDICT_MARKS)


def test_words_are_read_on_white_and_white_on_plates():
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in VERDICT_COLOURS.values())


def test_page_figure_and_plugin_take_the_marks_and_the_edges_from_one_table():
    assert {key: style[0] for key, style in VERDICT_STYLES.items()} == VERDICT_MARKS
    rows = table()["verdicts"]
    touched = rows.pop("touched_unbound")
    assert touched[4] not in [row[4] for row in rows.values()]
    assert {key: row[2] for key, row in rows.items()} == VERDICT_COLOURS
    assert rows["conflict"][0] == rows["conflict"][2] == RED
