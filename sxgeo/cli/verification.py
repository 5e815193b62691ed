"""The command that checks the bundled data: checksums, schemas, counts."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from functools import partial

from ..analysis.network.bundled import load_network
from ..boundaries.plan_elements import load_elements
from ..boundaries.units import load_counties, load_units
from ..boundaries.zone_table import list_zones
from ..catalog import data_dir, load_catalog
from ..errors import DataError, SxgeoError, listed
from ..layers.classes import CLASS_IDS
from ..layers.layers import TRANSPORT_IDS, load_classes, load_layer
from ..layers.rules import load_rules
from ..layers.validation import problems
from ..workspace.boundaries import load_zone


def run_verify(_args: argparse.Namespace) -> int:
    """Check the bundled data; return the exit code."""
    checked, problems = verify()
    if problems:
        raise DataError(listed("the bundled data are broken:", problems))
    print(f"{checked} 个文件校验一致 files verified: checksums, schemas and counts agree")
    return 0


def verify() -> tuple[int, list[str]]:
    """Verify what is bundled.

    Returns
    -------
    checked, problems
        Number of files whose checksum was compared, and every problem found; none means sound.

    Raises
    ------
    DataError
        If there is no readable catalogue at all.
    """
    files = load_catalog().files
    found = [*_checksums(files), *_unlisted(files)]

    # contents that are not those of the catalogue would tell the same fault once more
    if not found:
        found += _contents()
    return len(files), found


def _checksums(files: tuple[dict[str, object], ...]) -> list[str]:
    found = []
    for entry in files:
        path = data_dir() / str(entry["path"])
        if not path.is_file():
            found.append(f"{entry['path']}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            found.append(f"{entry['path']}: its checksum is not that of the catalogue")
    return found


def _unlisted(files: tuple[dict[str, object], ...]) -> list[str]:
    root = data_dir()

    # the catalogue cannot hold a checksum of itself
    listed = {str(entry["path"]) for entry in files} | {"catalog.toml"}

    # hidden files are those of a file manager, not of the package
    there = {
        p.relative_to(root).as_posix()
        for p in root.rglob("*")
        if p.is_file() and not p.name.startswith(".")
    }
    return [f"{path}: not in the catalogue" for path in sorted(there - listed)]


def _contents() -> list[str]:
    found: list[str] = []
    for name, load in _loads().items():
        # one broken table must not hide the others
        try:
            load()
        except SxgeoError as error:
            found.append(f"{name}: {error}")
    found += [problem for class_id in CLASS_IDS for problem in _class_problems(class_id)]
    found += [problem for zone_id in list_zones()["zone_id"] for problem in _zone_problems(zone_id)]
    return found


def _loads() -> dict[str, Callable[[], object]]:
    """Return what is loaded whole, by the name under which a fault of it is told."""
    return {
        "classes": load_classes,
        "rules": load_rules,
        "counties": load_counties,
        **{kind: partial(load_units, kind) for kind in ("county", "prefecture", "province")},
        "plan elements": load_elements,
        "network": load_network,
        **{layer_id: partial(load_layer, layer_id) for layer_id in TRANSPORT_IDS},
    }


def _class_problems(class_id: str) -> list[str]:
    try:
        layer = load_layer(class_id)
    except SxgeoError as error:
        return [str(error)]
    found = [f"{class_id}: {problem}" for problem in problems(layer.frame)]

    # the count stands in two places, and to edit one alone would part them
    official = load_catalog().entry(f"layers/{class_id}.geojson").get("official_count")
    if official != layer.spec.official_count:
        found.append(
            f"{class_id}: official count {official} in the catalogue, {layer.spec.official_count}"
            " in its table"
        )
    return found


def _zone_problems(zone_id: str) -> list[str]:
    zone = load_zone(zone_id)

    # to have no outline is a fault only where nobody says why
    if zone.outline is None:
        return [] if zone.geometry_note else [f"zone {zone_id}: no outline and no reason"]
    bare = zone.members.loc[zone.members.geometry.isna(), "code"].tolist()
    return [f"zone {zone_id}: member {code} has no boundary" for code in bare]
