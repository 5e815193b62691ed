"""A sheet of records and rules drawn by lot: the same seed draws the same, and the filled sheet
adds up.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import audit_data  # noqa: E402

from sxgeo.layers.rules import load_rules  # noqa: E402

SHEET = (ROOT / "docs" / "audits" / "2026-11.md").read_text(encoding="utf-8")


def test_a_seed_draws_the_same_and_another_seed_another():
    assert audit_data.sheet(7, 5, 3) == audit_data.sheet(7, 5, 3)
    assert audit_data.sheet(7, 5, 3) != audit_data.sheet(8, 5, 3)


def test_a_lot_is_drawn_without_regard_to_the_order_of_the_rows():
    rows = [{"id": str(number)} for number in range(50)]
    assert audit_data.drawn(rows, "id", 9, 1) == audit_data.drawn(rows[::-1], "id", 9, 1)
    assert len(audit_data.drawn(rows, "id", 90, 1)) == 50
    counts = [
        sum(row in audit_data.drawn(rows, "id", 10, seed) for seed in range(200))
        for row in rows[:10]
    ]
    assert all(15 < count < 65 for count in counts)  # 40 expected: nothing is drawn always or never


def test_a_line_holds_claim_source_and_way_and_waits_for_its_verdict(tmp_path, capsys):
    assert audit_data.main(["--seed", "3", "--records", "4", "--rules", "2"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if re.match(r"\| [A-Z]+", line)]
    assert len(lines) == 6 and all(
        line.endswith("|  |  |") and line.count(" | ") >= 4 for line in lines
    )
    assert audit_data.main(["--seed", "3", "-o", str(tmp_path / "sheet.md")]) == 0
    assert (tmp_path / "sheet.md").read_text(encoding="utf-8").startswith("# Audit, seed 3")


def test_a_wrong_option_is_wrong_usage():
    with pytest.raises(SystemExit) as caught:
        audit_data.main(["--seed", "1", "--records", "-1"])
    assert caught.value.code == 2


def test_the_filled_sheet_adds_up_and_names_every_row_of_law():
    assert "| 65 of 214 records (30 %) | 32 | 31 | 2 |" in SHEET and 32 + 31 + 2 == 65
    assert (
        "| 30 of 132 rules (23 %) | 27, word for word | 1, its text not seen (R088) | 2 |" in SHEET
        and 27 + 1 + 2 == 30
    )
    rows = dict(re.findall(r"^\| (N\d{2}) \| [^|]+ \| ([^|]+) \|", SHEET, re.M))
    assert set(rows) == {f"N{number:02d}" for number in range(1, 25)}
    known = {rule.rule_id for rule in load_rules()}
    named = {rule_id for cell in rows.values() for rule_id in re.findall(r"R\d{3}[A-Z]?", cell)}
    assert named <= known
    assert rows["N08"].startswith("set aside")


def test_the_readme_states_the_audited_share():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "65 of 214 records and 30 of 132 rules" in text and "docs/audits/2026-11.md" in text
