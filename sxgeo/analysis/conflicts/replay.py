"""Replay a report from its receipt, and say what changed between two reports and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from ...errors import InputError
from ...files.contents import MAX_REPORT_BYTES, find_again, is_answer, read_json
from ...model.outcomes import Override
from ...model.sites import Sites
from ...reports.answer import READABLE
from ...reports.secrecy import HANDED_ON, WITHHELD, parts_hash
from ...workspace.amendments import Amendment
from ...workspace.boundaries import OwnBoundary
from ...workspace.file import Workspace, load_workspace, with_content
from ...workspace.layers import UserLayer
from .check import check_sites
from .receipt import layer_values, site_of

if TYPE_CHECKING:
    from ...reports.report import Report

_MALFORMED = (
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    IndexError,
    shapely.errors.GEOSException,
)
"""What reading a receipt raises that lacks something or holds another kind of value."""


def read_report(path: str | Path) -> dict[str, Any]:
    """Read a report written by `check --format json`.

    Raises
    ------
    InputError
        If it is missing, no JSON, or not of a schema in :data:`sxgeo.reports.answer.READABLE`.
    """
    return _report_of(path)[0]


def _report_of(path: str | Path) -> tuple[dict[str, Any], bytes]:
    """Return a report, and the bytes that were read."""
    parsed, content = read_json(path, "report")
    if (
        not isinstance(parsed, dict)
        or parsed.get("schema") not in READABLE
        or "receipt" not in parsed
    ):
        raise InputError(
            f"report '{path}' is not a report of schema {' or '.join(READABLE)}; write one with"
            " check --format json"
        )
    return parsed, content


def replay(path: str | Path, *, folders: Sequence[str | Path] = ()) -> tuple[Report, list[str]]:
    """Answer the question of a report again, from its receipt.

    Parameters
    ----------
    path
        The JSON report.
    folders
        Where the users' layers of the report may lie, beside the report's own folder.

    Returns
    -------
    report, changes
        The new report, and what changed and why; no changes means the same bytes.

    Raises
    ------
    InputError
        If the report is no report, or a user's layer of it is not found with the same content.
    """
    old, content = _report_of(path)
    try:
        report = _answered_again(
            old["receipt"],
            [Path(path).parent, *map(Path, folders)],
        )
    except _MALFORMED as error:
        raise InputError(
            f"report '{path}' has a receipt that cannot be replayed: {error!r}"
        ) from error

    # the bytes are the proof; only where they differ is it asked what
    if content == report.to_json().encode("utf-8"):
        return report, []
    changes = list(differences(old, report.to_dict()))
    return report, changes or ["the text of the report differs, its content does not"]


def _answered_again(receipt: Mapping[str, Any], folders: Sequence[Path]) -> Report:
    """Answer the question of a receipt again."""
    workspace, users = read_again(receipt, folders)
    plots = Sites(tuple(site_of(row) for row in receipt["sites"]), tuple(receipt["inputs"]))
    verify = len(receipt.get("engines", ())) > 1
    report = _asked_again(receipt["parameters"], plots, users, workspace, verify=verify)

    # a report that was handed on tells less, and so does its replay
    return report.handed_on() if receipt.get(HANDED_ON) else report


def _asked_again(
    parameters: Mapping[str, Any],
    plots: Sites,
    users: Sequence[UserLayer],
    workspace: Workspace | None,
    *,
    verify: bool,
) -> Report:
    """Ask the question of a receipt's parameters again."""
    return check_sites(
        plots,
        project_type=parameters["project_type"],
        project_attributes=_attributes(parameters),
        as_of=parameters["as_of"],
        classes=parameters["classes"],
        layers=users,
        workspace=workspace,
        overrides=[Override(**row) for row in parameters["overrides"]],
        verify=verify,
    )


def _attributes(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a receipt's parameters say of the project, with the documents that say it."""
    # what was never said is left out: None would say something
    attributes = {
        k: parameters[k]
        for k in ("height_m", "groundwater_use", "discharge")
        if parameters[k] is not None
    }
    documents = {f"{name}_source": text for name, text in parameters.get("documents", {}).items()}
    return {
        **attributes,
        **parameters["attributes"],
        **documents,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report was asked.

    Attributes
    ----------
    sites
        The sites as they were read: accuracy, doubts and what was left out with them.
    project_type, project_attributes, as_of, classes
        As :func:`sxgeo.check_sites` takes them.
    layers
        Files of the user's layers that were asked.
    """

    sites: Sites
    project_type: str | None
    project_attributes: dict[str, Any]
    as_of: str
    classes: Sequence[str] | None
    layers: tuple[str, ...]


def is_report(path: str | Path) -> bool:
    """Say whether a file is a report, which `asked_of` reads."""
    file = Path(path)
    return (
        file.suffix.lower() == ".json"
        and file.is_file()
        and file.stat().st_size <= MAX_REPORT_BYTES
        and is_answer(file.read_bytes())
    )


def asked_of(path: str | Path) -> Asked:
    """Return what a report was asked, by its receipt.

    Raises
    ------
    InputError
        If the file is no report, or its receipt lacks something.
    """
    receipt = read_report(path)["receipt"]
    try:
        parameters = receipt["parameters"]
        return Asked(
            Sites(tuple(site_of(row) for row in receipt["sites"]), tuple(receipt["inputs"])),
            parameters["project_type"],
            _attributes(parameters),
            parameters["as_of"],
            parameters["classes"],
            tuple(str(row["file"]) for row in receipt["user_layers"]),
        )
    except _MALFORMED as error:
        raise InputError(f"report '{path}' has a receipt that cannot be read: {error!r}") from error


def needed_again(receipt: Mapping[str, Any]) -> Iterator[str]:
    """Say which inputs were read with seven parameters: a receipt holds no secret, only their hash.

    Yields
    ------
    str
        One sentence for each such input.
    """
    for entry in receipt["inputs"]:
        if entry.get("parameters"):
            yield (
                f"{entry['file']}: 七参数已使用，回执只存其散列；地块按当时读得的坐标复核，"
                "重新读取原文件须再次给出 its sites are replayed as they were read with seven"
                " parameters, which the receipt does not hold; to read the file again they are"
                " needed again: --assume parameters=..."
            )


def read_again(
    receipt: Mapping[str, Any], folders: Sequence[Path]
) -> tuple[Workspace | None, Sequence[UserLayer]]:
    """Find the users' files of a receipt again: as a workspace where there was one, and the layers
    beside it.
    """
    missing: list[str] = []
    layers = list(_layers_again(receipt, folders, missing))
    boundaries = tuple(_boundaries_again(receipt, folders, missing))

    # everything that is missing is named at once, with the hash to look for it by
    if missing:
        raise InputError(
            "the report rests on users' files that were not found with the same content:"
            f" {'; '.join(missing)}; put them beside the report or name their folder with --folder"
        )
    recorded = receipt.get("workspace")
    if recorded is None:
        return None, layers
    return _workspace_again(recorded, layers, boundaries), ()


def _workspace_again(
    recorded: Mapping[str, Any],
    layers: Sequence[UserLayer],
    boundaries: tuple[OwnBoundary, ...],
) -> Workspace:
    """Make the recorded workspace: its file is not read again, since it may have changed, and what
    it said stands in the receipt.
    """
    file, digest, by_itself = recorded["file"], recorded["sha256"], recorded["found"]
    return Workspace(
        Path(file),
        digest,
        tuple(layers),
        boundaries,
        found=by_itself,
        recorded=True,
        amendments=tuple(Amendment(**row) for row in recorded.get("amendments", ())),
    )


def _layers_again(
    receipt: Mapping[str, Any],
    folders: Sequence[Path],
    missing: list[str],
) -> Iterator[UserLayer]:
    """Yield the users' layers of a receipt; or say in `missing` which are not found."""
    withheld = _Withheld(receipt, folders)
    for row in receipt["user_layers"]:
        if row.get(WITHHELD):
            yield from withheld.layer(row, missing)
        elif (path := _file_again(row, folders, missing)) is not None:
            yield UserLayer(path=path, file=row["file"], **layer_values(row))


def _boundaries_again(
    receipt: Mapping[str, Any],
    folders: Sequence[Path],
    missing: list[str],
) -> Iterator[OwnBoundary]:
    """Yield the users' boundaries of a receipt; or say in `missing` which are not found."""
    # reports of before there were own boundaries have none
    for row in receipt.get("boundaries", ()):
        if (path := _file_again(row, folders, missing)) is not None:
            told = {key: row[key] for key in _BOUNDARY_VALUES}
            yield OwnBoundary(path=path, file=row["file"], **told)


def _file_again(
    row: Mapping[str, Any],
    folders: Sequence[Path],
    missing: list[str],
) -> Path | None:
    found = find_again(row, folders)
    if found is None:
        missing.append(f"{row['file']} (sha256 {row['sha256']})")
    return found


class _Withheld:
    """Layers of which a receipt tells nothing but class and hash: the workspace knows them."""

    def __init__(self, receipt: Mapping[str, Any], folders: Sequence[Path]) -> None:
        self.receipt, self.folders = receipt, folders
        self._by_hash: dict[tuple[str, str, str], UserLayer] | None = None

    def layer(self, row: Mapping[str, Any], missing: list[str]) -> list[UserLayer]:
        """Return the layer of a row; or say in `missing` that it was not found."""
        if self._by_hash is None:
            self._by_hash = self._read()
        found = self._by_hash.get((row["resource_class"], row["sha256"], row["parts_sha256"]))
        if found is None:
            recorded = self.receipt.get("workspace") or {}
            file, digest = recorded.get("file", "sxgeo.toml"), recorded.get("sha256", "")
            missing.append(
                f"a layer of {row['resource_class']} (sha256 {row['sha256']}), of which the receipt"
                f" holds no name because it is {row['secrecy']}: it is found by the workspace"
                f" '{file}' (sha256 {digest}) in its own folder"
            )
        return [] if found is None else [found]

    def _read(self) -> dict[tuple[str, str, str], UserLayer]:
        recorded = self.receipt.get("workspace")
        path = None if recorded is None else find_again(recorded, self.folders)
        if path is None:
            return {}
        users = with_content(load_workspace(path).layers)
        return {
            (user.class_id, user.content.sha256, parts_hash(user.content.record()["parts"])): user
            for user in users
            if user.content is not None
        }


_BOUNDARY_VALUES = ("zone", "layer", "code_field", "position_accuracy_m", "accuracy_field")


def changes_between(old: str | Path, new: str | Path) -> list[str]:
    """Say what changed between two reports on disk; see :func:`differences`.

    Raises
    ------
    InputError
        If one of them is no report, or lacks something.
    """
    reports = read_report(old), read_report(new)
    try:
        return list(differences(*reports))
    except _MALFORMED as error:
        raise InputError(
            f"reports '{old}' and '{new}' cannot be compared: one lacks {error}"
        ) from error


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Say what changed between two reports: first the causes, then the answers; nothing when
    nothing did.

    Parameters
    ----------
    old, new
        Reports as mappings, of any schema in :data:`sxgeo.reports.answer.READABLE`; only what both
        hold is compared.
    """
    if old["schema"] != new["schema"]:
        yield f"schema: {old['schema']} -> {new['schema']}: the law of the answer changed with it"
    yield from _causes(old["receipt"], new["receipt"])

    # causes first, then answers: most changes of answers follow from one of them
    before, after = ({s["site_id"]: s for s in report["sites"]} for report in (old, new))
    for site_id in sorted(before.keys() | after.keys()):
        if site_id not in after:
            yield f"site {site_id}: no longer there"
        elif site_id not in before:
            yield f"site {site_id}: new, {after[site_id]['verdict']}"
        else:
            yield from _site_changes(site_id, before[site_id], after[site_id])


def _causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["data"] != new["data"]:
        yield f"data: {_pack(old['data'])} -> {_pack(new['data'])}"
    if old["rules_sha256"] != new["rules_sha256"]:
        yield f"rules: {old['rules_sha256'][:12]} -> {new['rules_sha256'][:12]}"
    for name, was, now in _changed(old["versions"], new["versions"]):
        yield f"code: {name} {was} -> {now}"
    for name, was, now in _changed(old["parameters"], new["parameters"]):
        # a parameter that is new and says nothing is no cause
        if was or now:
            yield f"parameter {name}: {was} -> {now}"
    yield from _layer_causes(old, new)
    yield from _amendment_causes(old, new)
    yield from _geometry_causes(old, new)


def _geometry_causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Say of which sites the geometry changed; one that came or went is told by its answer."""
    before, after = ({s["site_id"]: s["geometry"] for s in r["sites"]} for r in (old, new))
    for site_id in sorted(before.keys() & after.keys()):
        if before[site_id] != after[site_id]:
            yield f"site {site_id}: its geometry changed"


# Any: parameters are texts, numbers and tables of them.
def _changed(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what differs between two tables, with both values; None where one lacks it."""
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            yield key, was, now


def _amendment_causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Say which values of the workspace's amendments changed."""
    # reports of before there were amendments have none
    before, after = (
        {
            (a["feature_id"], a["field"]): a["value"]
            for a in (receipt.get("workspace") or {}).get("amendments", ())
        }
        for receipt in (old, new)
    )
    for (feature_id, name), was, now in _changed(before, after):
        yield f"amendment: {feature_id} {name} {was} -> {now}"


def _layer_causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Say which users' layers went and came."""
    # a file that was edited shows as one removed and one added: its hash is part of what it is
    layers = [
        {(u["resource_class"], u["file"], u["sha256"]) for u in r["user_layers"]}
        for r in (old, new)
    ]
    for sign, gone in (("removed", layers[0] - layers[1]), ("added", layers[1] - layers[0])):
        for class_id, file, digest in sorted(gone):
            yield f"user layer {sign}: {class_id} {file} {str(digest)[:12]}"


def _pack(data: Mapping[str, Any]) -> str:
    return f"{data['data_date']} {data['sha256'][:12]}"


def _site_changes(
    site_id: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> Iterator[str]:
    for key in ("verdict", "known_verdict"):
        if old[key] != new[key]:
            yield f"site {site_id}: {key} {old[key]} -> {new[key]}"
    before, after = _by_class(old), _by_class(new)

    # a class that one of the reports does not know is no change of an answer
    for class_id in [c for c in after if c in before]:
        was, now = before[class_id], after[class_id]
        where = f"site {site_id}: {class_id}"
        if was["outcome"] != now["outcome"]:
            yield f"{where} {was['outcome']} -> {now['outcome']} ({now['reason_code']})"
        yield from _finding_changes(where, was["findings"], now["findings"])


def _by_class(site: Mapping[str, Any]) -> dict[str, Any]:
    return {entry["resource_class"]: entry for entry in (*site["screening"], *site["extra"])}


def _finding_changes(
    where: str,
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    before, after = ({(f["feature_id"], f["rule_id"]): f for f in found} for found in (old, new))
    for key in sorted(before.keys() | after.keys(), key=str):
        name = f"{key[0]} under {key[1]}"
        if key not in after:
            yield f"{where}: {name} no longer found"
        elif key not in before:
            yield f"{where}: {name} newly found, {after[key]['outcome']}"
        elif fields := _differing(before[key], after[key]):
            yield f"{where}: {name} {', '.join(fields)} changed"


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name the fields that differ; one that only the other knows is no change."""
    return [key for key in now if key in was and was[key] != now[key]]
