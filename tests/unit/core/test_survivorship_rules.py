"""Faults in survivorship_rules are found before anything runs, each in the line where it stands."""

import shutil
from pathlib import Path

import pytest

from dagster_project.project import ROOT
from dagster_project.rule_tables import rule_faults

BROKEN = {
    "email,members,active,9,newest": "stands twice",
    "home_store_id,members,active,1,newest": "source <> 'members'",
    "address,ec_orders,active,4,most_complete": "source <> 'ec_orders'",
    "birth_date,store_cards,withdrawn,9,newest": "record_status = 'active'",
    "shoe_size,members,active,1,newest": "attribute in (",
    "line_user_id,members,expired,2,newest": "record_status in (",
}


def test_every_row_that_cannot_be_followed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIZUNA_SEEDS", str(shutil.copytree(ROOT / "seeds", tmp_path / "seeds")))
    table = tmp_path / "seeds" / "rules" / "survivorship_rules.csv"
    lines = [*table.read_text().splitlines(), *BROKEN]
    # Two ways to choose at one priority contradict each other: both lines are named.
    at = lines.index("name,store_cards,active,2,most_complete")
    lines[at] = "name,store_cards,active,1,newest"
    table.write_text("\n".join(lines) + "\n")
    faults = {(fault.line, fault.message) for fault in rule_faults()}
    for row, words in BROKEN.items():
        assert any(line == lines.index(row) + 1 and words in message for line, message in faults), row
    assert {line for line, message in faults if "choose: must be the same" in message} == {at, at + 1}
    assert {line for line, _ in faults} == {at, at + 1, *(lines.index(row) + 1 for row in BROKEN)}
