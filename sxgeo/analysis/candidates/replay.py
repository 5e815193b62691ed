"""Ask for candidates again from their receipt."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        receipt = old["receipt"]
        places = [Path(path).parent, *map(Path, folders)]
        workspace, users = read_again(receipt, places)
        said = receipt["parameters"]
        attributes = {
            name: said[name]
            for name in ("height_m", "groundwater_use", "discharge")
            if said[name] is not None
        }
        documents = {f"{name}_source": text for name, text in said["documents"].items()}
        found = find_candidates(
            **asked_again(receipt["asked"], places),
            project_type=said["project_type"],
            project_attributes={
                **attributes,
                **said["attributes"],
                **documents,
            },
            as_of=said["as_of"],
            layers=users,
            workspace=workspace,
        )
    except _MALFORMED as error:
        raise InputError(
            f"report '{path}' has a receipt that cannot be replayed: {error!r}"
        ) from error
    text = found.to_geojson()
    if content == text.encode("utf-8"):
        return found, []
    return found, list(_changes(old, found, text))


def _changes(
    old: dict[str, Any],
    found: Candidates,
    text: str,
) -> list[str]:
    new = json.loads(text)
    changes = [
        f"{key}: {old.get('receipt', {}).get(key)!r} -> {new['receipt'].get(key)!r}"
        for key in ("data", "rules_sha256", "versions")
        if old.get("receipt", {}).get(key) != new["receipt"].get(key)
    ]
    before, after = len(old.get("features", ())), len(new["features"])
    if before != after:
        changes.append(f"candidates and maps: {before} -> {after}")
    return changes or [f"the answer differs; {len(found.frame)} candidates now"]
