"""Ask for candidates again from their receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ...errors import InputError
from ...files.contents import read_json
from ..conflicts.replay import read_again
from .find import find_candidates
from .receipt import asked_again

if TYPE_CHECKING:
    from .answer import Candidates

_ATTRIBUTES = ("height_m", "groundwater_use", "discharge")
_MALFORMED = (
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    IndexError,
    shapely.errors.GEOSException,
)


def replay_candidates(
    path: str | Path, *, folders: Sequence[str | Path] = ()
) -> tuple[Candidates, list[str]]:
    """Ask again what a file of candidates was asked.

    Returns
    -------
    candidates, changes
        The new answer, and what changed; no changes means the same bytes.

    Raises
    ------
    InputError
        If the receipt cannot be read, or a file of it is not found with the same content.
    """
    old, content = read_json(path, "report")
    try:
        found = _asked_anew(
            old["receipt"],
            [Path(path).parent, *map(Path, folders)],
        )
    # a receipt that was written by another hand may lack anything
    except _MALFORMED as error:
        raise InputError(
            f"report '{path}' has a receipt that cannot be replayed: {error!r}"
        ) from error
    text = found.to_geojson()
    if content == text.encode("utf-8"):
        return found, []
    return found, _changes(old, found, text)


def _asked_anew(receipt: dict[str, Any], places: list[Path]) -> Candidates:
    """Search again by a receipt, with its files from some folders."""
    workspace, users = read_again(receipt, places)
    said = receipt["parameters"]
    return find_candidates(
        **asked_again(receipt["asked"], places),
        project_type=said["project_type"],
        project_attributes=_attributes(said),
        as_of=said["as_of"],
        layers=users,
        workspace=workspace,
    )


def _attributes(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of the project, as it is given to a search."""
    # what nobody said is left out: it must not be taken for an answer
    told = {name: said[name] for name in _ATTRIBUTES if said[name] is not None}
    documents = {f"{name}_source": text for name, text in said["documents"].items()}
    return {**told, **said["attributes"], **documents}


def _changes(
    old: dict[str, Any],
    found: Candidates,
    text: str,
) -> list[str]:
    new = json.loads(text)
    before, after = old.get("receipt", {}), new["receipt"]
    # what the answer rests on comes first: it explains the rest
    changes = [
        f"{key}: {before.get(key)!r} -> {after.get(key)!r}"
        for key in ("data", "rules_sha256", "versions")
        if before.get(key) != after.get(key)
    ]
    features_before, features_after = len(old.get("features", ())), len(new["features"])
    if features_before != features_after:
        changes.append(f"candidates and maps: {features_before} -> {features_after}")
    return changes or [f"the answer differs; {len(found.frame)} candidates now"]
