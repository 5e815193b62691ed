"""The exhaustive proof of `prove_clear.py`, in parts: every distinct row of it, and a seeded sample
of all combinations.
"""

from __future__ import annotations

import csv
import json
from random import Random
from typing import Any

import prove_clear
import shapely
from prove_clear import (
    POSITIONS,
    PROOF,
    ROWS,
    Batch,
    State,
    batches,
    expected,
    ground,
    named,
    named_at,
    place,
    rules_digest,
    run,
    words,
    yes,
)
from test_page_check import needs_node, run_page

from sxgeo.maps.pack import check_pack

SAMPLE = 120
TABLE = list(csv.DictReader(ROWS.read_text(encoding="utf-8").splitlines()))


def batch_of(example: str) -> Batch:
    class_id, _, _, use, said, _ = example.split("|")
    return Batch(
        class_id, use or None, tuple(tuple(pair.split("=")) for pair in said.split(",") if pair)
    )  # type: ignore[misc]


def test_the_proof_is_of_the_rules_as_they_are() -> None:
    told = json.loads(PROOF.read_text(encoding="utf-8"))
    assert told["rules_sha256"] == rules_digest(), (
        "the rules changed: python tests/prove_clear.py --write"
    )
    assert told["faults"] == 0
    assert told["combinations"] == sum(int(row["combinations"]) for row in TABLE) > 300_000
    assert told["rows"] == len(TABLE)


def test_every_distinct_row_is_what_the_engine_says() -> None:
    wanted = {row["example"]: row for row in TABLE}
    seen = 0
    for batch in sorted({batch_of(example) for example in wanted}, key=str):
        for line in run(batch, set(wanted)):
            assert not line.faults
            if (row := wanted.get(named(batch, line))) is not None:
                told = line.told
                said = (
                    words(batch.class_id, line.states),
                    told.outcome,
                    told.known,
                    yes(told.listed),
                )
                keys = ("states of the rules", "outcome", "known_outcome", "listed")
                assert said == tuple(row[key] for key in keys)
                seen += 1
    assert seen == len(TABLE)


def test_a_sample_of_all_combinations_holds() -> None:
    every = list(batches())
    chosen = Random(13).sample(every, SAMPLE)
    # and some of the few that a said answer frees
    chosen += [b for b in every if b.class_id == "groundwater_overdraft"][:20]
    freed = 0
    for batch in chosen:
        lines = run(batch)
        assert [fault for line in lines for fault in line.faults] == []
        freed += sum(line.told.outcome == "clear" and line.position == "inside" for line in lines)
    assert freed > 0


@needs_node
def test_the_page_says_of_every_row_what_the_engine_says() -> None:
    jobs, rows, packed = [], [], None
    for row in sorted(TABLE, key=lambda told: told["example"]):
        batch = batch_of(row["example"])
        layer, pairs, sites, counties = ground(batch.class_id)
        (site,) = (s for s in sites if named_at(batch, *place(pairs, s)) == row["example"])
        options = {
            "as_of": prove_clear.AS_OF,
            "accuracy_m": prove_clear.ACCURACY_M,
            "project_type": batch.use,
            # whoever answers encloses a document, as in the library's run
            "attributes": dict(batch.said)
            | {f"{key}_source": "a document" for key, _ in batch.said},
        }
        job = {"geojson": json.loads(shapely.to_geojson(site.geometry)), "options": options}
        if packed != batch.class_id:
            job["pack"], packed = (
                check_pack([layer], prove_clear.rules_of(batch.class_id), counties),
                batch.class_id,
            )
        jobs.append(job)
        rows.append(row)
    wrong = []
    for row, told in zip(rows, run_page(jobs), strict=True):
        said = told.get("error") or one_class(told["sites"][0], row["example"].split("|")[0])
        if said != (row["outcome"], row["known_outcome"]):
            wrong.append((row["example"], said))
    assert wrong == []


def one_class(site: dict[str, Any], class_id: str) -> tuple[str, str]:
    (entry,) = (e for e in (*site["screening"], *site["extra"]) if e["resource_class"] == class_id)
    return entry["outcome"], entry["known_outcome"]


def test_no_row_is_clear_over_an_overlap_that_is_not_listed() -> None:
    over = [
        row
        for row in TABLE
        if row["outcome"] == "clear" and POSITIONS[row["position"]] <= prove_clear.ERROR_M
    ]
    assert over
    for row in over:
        assert row["listed"] == "yes"
        assert row["known_outcome"] == "touched_unbound"
        assert "binds:yes" not in row["states of the rules"]
        assert "binds:unsaid" not in row["states of the rules"]


def test_what_is_unsaid_or_unseen_never_frees() -> None:
    state = State("prohibited", "met", "no", "yes", True)
    assert expected("heritage_sites", (state,), "inside").outcome == "clear"
    assert (
        expected("heritage_sites", (state._replace(binds="unsaid"),), "inside").outcome
        == "undetermined"
    )
    assert (
        expected("heritage_sites", (state._replace(verified=False),), "inside").outcome
        == "undetermined"
    )
    assert expected("heritage_sites", (), "touching").outcome == "undetermined"
    assert expected("heritage_sites", (), "just_beyond").outcome == "clear"


def test_the_worlds_of_the_oracle_can_be_asked_from_the_command_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["prove_clear.py", "--pairs", "3", "--workers", "1"])
    assert prove_clear.main() == 0
    assert "3 worlds, 0 wrong" in capsys.readouterr().out


def test_measuring_once_for_all_batches_changes_no_row() -> None:
    """The whole proof measures each plot against each record once: with that, every row is the same
    as without, and it leaves nothing behind.
    """
    chosen = Random(7).sample(list(batches()), 6)
    alone = [run(batch) for batch in chosen]
    before = prove_clear.pairs_module.measure, prove_clear.findings.measure
    with prove_clear.measured_once():
        assert prove_clear.pairs_module.measure is prove_clear.findings.measure is not before[0]
        assert [run(batch) for batch in chosen] == alone
    assert before == (prove_clear.pairs_module.measure, prove_clear.findings.measure)
