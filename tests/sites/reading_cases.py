"""Inputs that people bring, each built in code, with the right answer: shared by
tests/count_clear.py and the tests of reading.

A family of inputs is a module with a list `CASES` (tests/sites/reading_cases_tables.py, ...);
:func:`all_cases` gathers those that are there. The plot is one square of 600 m near 112.70 E, 38.14
N (36 ha on EPSG:4547) unless a case says another; the world that it is screened in has one
monument, and everything about monuments is known there.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sxgeo.model import outcomes as model

FAMILIES = (
    "reading_cases_tables",
    "reading_cases_sisters",
    "reading_cases_unshown",
    "reading_cases_corners",
    "reading_cases_offices",
)
"""Vector files have their own list and judge: tests/sites/test_reading_vector.py."""
Right = Literal["read", "doubt", "refuse"]
NORTH, EAST, SIDE = 4_223_500.0, 385_700.0, 600.0
SQUARE = ((0.0, 0.0), (0.0, SIDE), (SIDE, SIDE), (SIDE, 0.0))
"""Corners as (north, east) from the first one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One input.

    Attributes
    ----------
    name, kind
        Its name, and the kind of fault that it stands for: the row of the table that
        :mod:`count_clear` prints.
    build
        Writes it into a folder and returns its path.
    right
        ``"read"``: certain, with the area and number of sites that follow; ``"doubt"``: read or
        refused, but never `clear`; ``"refuse"``: no site of it can be used.
    assume
        What a user says at once; a case marked `read` is certain with it.
    area_ha, sites
        Of all sites together, where it is read.
    meets
        Whether the monument lies inside it: not where it is a hole, or points.
    words
        What its message or remark must say.
    settled_by
        For one in doubt or refused: what makes it certain, by the advice that it gives.
    """

    name: str
    kind: str
    build: Callable[[Path], Path]
    right: Right = "read"
    assume: Mapping[str, str] = field(default_factory=dict)
    area_ha: float | None = 36.0
    sites: int = 1
    meets: bool = True
    words: str = ""
    settled_by: Mapping[str, str] | None = None


def written(name: str, content: str | bytes) -> Callable[[Path], Path]:
    """Return a builder that writes one file."""

    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return build


def all_cases() -> list[Case]:
    """Return the cases of every family that is there; names are unique."""
    found: list[Case] = []
    for name in FAMILIES:
        try:
            found += importlib.import_module(name).CASES
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    names = [case.name for case in found]
    assert len(set(names)) == len(names), "names of cases are unique"
    return found


def worlds(folder: Path) -> tuple[Path, Path]:
    """Write two workspaces where all of monuments is known: one with a monument inside the plot,
    one far from it.
    """
    return _world(folder, "hit", 112.70, 38.1395), _world(folder, "far", 112.95, 38.20)


def _world(folder: Path, name: str, lon: float, lat: float) -> Path:
    d = 0.0005
    ring = [
        [lon - d, lat - d],
        [lon + d, lat - d],
        [lon + d, lat + d],
        [lon - d, lat + d],
        [lon - d, lat - d],
    ]
    properties = {
        "feature_id": "M1",
        "name_zh": "试验碑",
        "position_accuracy_m": 0.1,
        "subzone": "protection_scope",
    }
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    layer = folder / f"{name}.geojson"
    layer.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    workspace = folder / f"{name}.toml"
    workspace.write_text(
        f'[[layer]]\nclass = "heritage_sites"\nfile = "{layer.name}"\nmode = "replace"\ncomplete_in'
        ' = ["140122"]\ncomplete_document = "试验"\n' + _ABSENT,
        encoding="utf-8",
    )
    return workspace


_KNOWS_ABSENT = any(
    "subzones_absent" in getattr(kind, "__dataclass_fields__", {}) for kind in vars(model).values()
)
_ABSENT = 'subzones_absent = ["construction_control_belt"]\n' if _KNOWS_ABSENT else ""
