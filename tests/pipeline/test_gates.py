"""A fault at each stage stops the run there: nothing later is built, and what is published stays as it was.

Each fault is one that a shop meets: a bad delivery, or a rule table or scenario edited wrongly.
"""

import csv
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest import mock

import duckdb
import pytest
import yaml
from dagster import DagsterEvent, DagsterEventType, DagsterInstance

from dagster_project.project import ROOT
from tests.conftest import LAST_DAY, Shop
from tests.pipeline.stages import STAGES, run_from, run_past_the_doctor

NEXT_DAY = LAST_DAY + timedelta(days=1)
CANARY = "hanako.canary@example.jp"
OWN_ADDRESS = "info@own-shop.example.jp"


def deliver(shop: Shop, source: str, header: str, rows: list[str]) -> None:
    """A delivery of the next day: one CSV file of `source`."""
    file = shop.sources / source / f"{source}_{NEXT_DAY}_extra.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def without_rows(shop: Shop, table: str, gone: Callable[[dict[str, str]], bool]) -> None:
    """Take rows out of a rule table of the shop's own seeds."""
    assert shop.seeds is not None
    file = shop.seeds / "rules" / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    kept = [row for row in rows if not gone(row)]
    assert 0 < len(kept) < len(rows)
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)


def a_required_column_is_missing(shop: Shop) -> None:
    deliver(shop, "members", "member_id,email,updated_at", [f"M9,{CANARY},2026-04-01T10:00:00"])


def columns_are_shifted(shop: Shop) -> None:
    """The tag's export gained a column: every time stands under the visitor's heading."""
    deliver(
        shop,
        "web_events",
        "event_id,occurred_at,visitor_id,event_name,email",
        [f"shifted{number},v{number},2026-04-01T10:00:00,page_view,{CANARY}" for number in range(60)],
    )


def staff_type_their_own_member_id(shop: Shop) -> None:
    """For every customer who gave none, with the shop's own address: no limit on records holds for member ids."""
    deliver(
        shop,
        "store_cards",
        "card_no,member_id,email,registered_at,updated_at",
        [f"77{number:010d},M-STAFF,{OWN_ADDRESS},2026-04-01T10:00:00,2026-04-01T10:00:00" for number in range(60)],
    )


def a_jan_code_stands_in_the_amount(shop: Shop) -> None:
    deliver(
        shop,
        "ec_orders",
        "order_id,email,ordered_at,status,total_amount",
        [f"shifted1,{CANARY},2026-04-01T10:00:00+09:00,paid,4901234567894"],
    )


def a_segment_is_missing(shop: Shop) -> None:
    without_rows(shop, "rf_segments", lambda row: row["segment"] == "new_active")


def price_bands_do_not_start_at_zero(shop: Shop) -> None:
    without_rows(shop, "price_bands", lambda row: float(row["min_amount"]) < 10000)


def delays_are_forgotten(shop: Shop) -> None:
    """Seven steps without delay: each new buyer gets all of them at nine in the morning."""
    assert shop.seeds is not None
    file = shop.seeds / "scenarios" / "welcome.yml"
    steps = [
        {"step": f"letter_{number}", "delay": {"hours": 0}, "channel": "email", "content_id": f"letter_{number}"}
        for number in range(1, 8)
    ]
    file.write_text(
        yaml.safe_dump(
            {
                "id": "welcome",
                "description": "Seven letters after the first order.",
                "cadence": "daily",
                "priority": 10,
                "is_transactional": True,  # else the frequency caps would hold back most of them
                "trigger": {"kind": "order", "nth": 1},
                "expires_after": {"days": 60},
                "holdout": 0,
                "steps": steps,
            }
        ),
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Planted:
    """A fault, the stage that must stop it, and words of the message: what broke and what to do.

    unseen_before: stages before this one read nothing of the fault; the run leaves out what they would build again.
    is_seen_by_doctor: the run leaves out what would tell of it before its first stage.
    """

    stage: str
    plant: Callable[[Shop], None]
    told: tuple[str, ...]
    unseen_before: str = ""
    is_seen_by_doctor: bool = False


FAULTS = (
    Planted("landing", a_required_column_is_missing, ("members_2026-04-01_extra.csv", "registered_at")),
    Planted(
        "staging",
        columns_are_shifted,
        ("gate of stage staging", "web_events_2026-04-01_extra.csv", "occurred_at", "kizuna landing withdraw"),
    ),
    Planted(
        "identity",
        staff_type_their_own_member_id,
        ("gate of stage identity", "person_max_identifiers", "identity_blocklist.csv"),
    ),
    Planted("core", a_jan_code_stands_in_the_amount, ("gate of stage core", "100 million yen", "kizuna landing list")),
    Planted(
        "marts",
        a_segment_is_missing,
        ("stage marts", "test holds of rf_customers", "segment is not null (not so in"),
        is_seen_by_doctor=True,
    ),
    Planted(
        "insights",
        price_bands_do_not_start_at_zero,
        ("gate of stage insights", "price band", "price_bands.csv must start at 0"),
    ),
    Planted(
        "activation",
        delays_are_forgotten,
        ("gate of stage activation", "more than 5 messages", "scenario_id welcome", "seeds/scenarios/"),
        unseen_before="activation",
    ),
)


def built_after(shop: Shop, stage: str) -> dict[str, str]:
    """A fingerprint of each warehouse table of the stages after `stage`."""
    found = {}
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as con:
        for schema in STAGES[STAGES.index(stage) + 1 :]:
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where schema_name = ? order by 1", [schema]
            ).fetchall():
                name = f'{schema}."{table}"'
                found[name] = str(con.execute(f"select count(*), bit_xor(hash(x)) from {name} as x").fetchall())
    return found


def last_run(shop: Shop, of_type: DagsterEventType) -> list[DagsterEvent]:
    """Events of the home's last Dagster run."""
    with mock.patch.dict(os.environ, DAGSTER_HOME=str(shop.home / "dagster")), DagsterInstance.get() as instance:
        [record] = instance.get_run_records(limit=1)
        entries = instance.all_logs(record.dagster_run.run_id, of_type=of_type)
        return [entry.dagster_event for entry in entries if entry.dagster_event is not None]


def materialised(shop: Shop) -> set[str]:
    """The stages of which the home's last Dagster run built anything."""
    return {
        event.asset_key.path[0]
        for event in last_run(shop, DagsterEventType.ASSET_MATERIALIZATION)
        if event.asset_key is not None
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.stage}: {fault.plant.__name__}")
def test_a_fault_stops_the_run_at_its_stage(shop: Shop, tmp_path: Path, fault: Planted) -> None:
    own = replace(shop.copy(tmp_path), seeds=tmp_path / "seeds")
    shutil.copytree(shop.seeds or ROOT / "seeds", tmp_path / "seeds")
    fault.plant(own)
    published, later = own.published(), built_after(own, fault.stage)
    ledger = {str(file): file.read_bytes() for file in (own.home / "ledger").rglob("*") if file.is_file()}

    command = partial(run_from, fault.unseen_before) if fault.unseen_before else None
    command = run_past_the_doctor if fault.is_seen_by_doctor else command
    done = own.run(NEXT_DAY, check=1, command=command)

    for words in fault.told:
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert materialised(own).isdisjoint(STAGES[STAGES.index(fault.stage) + 1 :])
    # What follows from an edited rule table is dropped before the stages are built.
    assert built_after(own, fault.stage).items() <= later.items()
    assert own.published() == published
    assert not (own.home / "marts" / str(NEXT_DAY)).exists()
    assert ledger == {str(file): file.read_bytes() for file in (own.home / "ledger").rglob("*") if file.is_file()}
    assert_no_personal_value(own, done.stdout + done.stderr)


def assert_no_personal_value(shop: Shop, printed: str) -> None:
    """What was printed, the documents, the event log and dbt's logs carry neither planted address."""
    texts = {"printed": printed.encode()}
    for folder in ("docs", "dagster", "dbt"):
        for file in (shop.home / folder).rglob("*"):
            if file.is_file():
                texts[os.fspath(file.relative_to(shop.home))] = file.read_bytes()
    assert [name for name, text in texts.items() if CANARY.encode() in text or OWN_ADDRESS.encode() in text] == []


def test_a_sound_run_passes_every_gate_and_shows_it(shop: Shop) -> None:
    evaluations = [
        event.asset_check_evaluation_data for event in last_run(shop, DagsterEventType.ASSET_CHECK_EVALUATION)
    ]
    suites = [evaluation for evaluation in evaluations if evaluation.check_name == "expectations"]
    assert {evaluation.asset_key.path[0] for evaluation in suites} == set(STAGES) - {"publish"}
    assert [
        evaluation.asset_key.to_user_string()
        for evaluation in evaluations
        if not evaluation.passed and evaluation.severity.value == "ERROR"
    ] == []


def test_the_documents_of_a_run_can_be_opened_and_hold_no_personal_data(shop: Shop) -> None:
    docs = shop.home / "docs"
    index = (docs / "great_expectations" / "index.html").read_text(encoding="utf-8")
    for suite in (
        "landing.files",
        "staging.quarantine",
        "identity.persons",
        "core.orders",
        "activation.scenario_targets",
    ):
        assert suite in index
    assert "rf_matrix" in (docs / "dbt.html").read_text(encoding="utf-8")
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as con:
        values = [
            value
            for (value,) in con.execute(
                "select value from pii.identifier_values where identifier_kind in ('email', 'phone')"
            ).fetchall()
        ]
    assert len(values) > 100
    pages = "".join(file.read_text(encoding="utf-8", errors="replace") for file in docs.rglob("*.html"))
    assert [value for value in values if value in pages] == []
