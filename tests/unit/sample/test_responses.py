"""The answers to a home's lists: only to what was sent, in the sources' formats, with what was planted beside them."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.home import Home
from dagster_project.landing.contract import sources as contract_of
from dagster_project.sample.responses import ADDS_WITHIN, EFFECT, respond

DAY = date(2026, 1, 5)
SENT_AT = datetime(2026, 1, 6)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Published lists of two scenarios, 400 rows each; every fifth customer is held out."""
    home = Home.open(tmp_path / "home")
    with duckdb.connect(home.published) as con:
        con.execute("create schema marts")
        con.execute("set schema = 'marts'")
        con.execute(
            "create table customers as select 'c' || i as customer_id, ['m' || i] as member_ids from range(400) t(i)"
        )
        con.execute("create table order_items as select 'p1' as product_id, 1 as quantity, 1200.0 as amount")
        con.execute(
            "create table scenario_targets as select ? as as_of, scenario_id || '-' || i as feed_row_id, scenario_id,"
            " 'one' as step, 'c' || i as customer_id, 'email' as channel, ? as send_at, null::varchar as product_id,"
            " i % 5 = 0 as holdout from range(400) t(i) cross join (values ('birthday'), ('sells')) s(scenario_id)",
            [DAY, SENT_AT],
        )
    return home


def rows(folder: Path, source: str) -> list[dict[str, str]]:
    [file] = (folder / source).iterdir()
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_row_that_was_sent_is_answered_and_no_hold_out(home: Home, tmp_path: Path) -> None:
    respond(home, DAY, tmp_path / "sources", 1)
    events = rows(tmp_path / "sources", "message_events")
    held = {f"m{number}" for number in range(0, 400, 5)}
    assert len({event["message_id"] for event in events}) == 2 * 320
    assert not held & {event["member_id"] for event in events}
    assert not held & {order["member_id"] for order in rows(tmp_path / "sources", "ec_orders")}
    assert {event["event"] for event in events} >= {"sent", "delivered", "opened", "clicked", "bounced"}
    without = {event["message_id"] for event in events if event["event"] == "sent" and not event["feed_row_id"]}
    assert 20 < len(without) < 110


def test_what_was_planted_is_what_the_orders_are(home: Home, tmp_path: Path) -> None:
    written = respond(home, DAY, tmp_path / "sources", 1)
    orders = rows(tmp_path / "sources", "ec_orders")
    [nothing, effect] = pq.read_table(tmp_path / "sources" / "truth" / "scenario_effects.parquet").to_pylist()
    assert (nothing["scenario_id"], nothing["planted_uplift"], nothing["moved"]) == ("birthday", 0, 0)
    assert (effect["sent"], effect["moved"]) == (320, len(orders))
    assert abs(effect["moved"] / 320 - EFFECT) < 0.06
    assert written["ec_orders"] == written["ec_order_items"] == len(orders)
    for order in orders:
        at = datetime.fromisoformat(order["ordered_at"]).replace(tzinfo=None)
        assert SENT_AT < at <= SENT_AT + ADDS_WITHIN + timedelta(hours=1)
        assert order["total_amount"] == "1200"


def test_files_hold_columns_that_the_sources_know_and_are_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    contract = contract_of()
    for name in ("one", "two"):
        respond(home, DAY, tmp_path / name, 1)
    for source in ("message_events", "ec_orders", "ec_order_items"):
        found = set(rows(tmp_path / "one", source)[0])
        assert set(contract[source].required) <= found <= set(contract[source].column_names)
        [first, second] = [next((tmp_path / name / source).iterdir()).read_bytes() for name in ("one", "two")]
        assert first == second


def test_an_empty_list_has_no_answers(home: Home, tmp_path: Path) -> None:
    assert set(respond(home, DAY - timedelta(days=1), tmp_path / "sources", 1).values()) == {0}
    assert not (tmp_path / "sources" / "ec_orders").exists()
