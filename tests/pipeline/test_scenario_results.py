"""Results over a real run's ledger, orders and message events: its lists are answered, and four weeks go by."""

import csv
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.activation.results.tables import write_results
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.home import Home
from dagster_project.run_context import end_of_day
from dagster_project.sample import responses
from dagster_project.settings import effective_settings
from dagster_project.sql import dicts, literal
from tests.pipeline.conftest import LAST_DAY, Shop

LATER = LAST_DAY + timedelta(days=28)
READ = {
    "core": ("orders", "int_core__message_events", "party_customers"),
    "identity": ("customer_aliases",),
    "activation": ("ledger_scenario_steps", "ledger_suppressions", "scenario_targets", "suppressions"),
}


@pytest.fixture(scope="module")
def answers(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that answer the lists of the shop's run; whatever arrives adds an order."""
    folder = tmp_path_factory.mktemp("answers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "EFFECT", 1.0)
        responses.respond(Home(shop.home), LAST_DAY, folder, 1)
    return folder


def read(answers: Path, source: str) -> list[dict[str, str]]:
    [file] = (answers / source).iterdir()
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def con(shop: Shop, answers: Path) -> duckdb.DuckDBPyConnection:
    """What results read of the run's warehouse, with the answers in it, and the results four weeks on."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"attach {literal(shop.home / 'warehouse.duckdb')} as warehouse (read_only)")
    for schema, tables in READ.items():
        con.execute(f"create schema {schema}")
        for table in tables:
            con.execute(f"create table {schema}.{table} as select * from warehouse.{schema}.{table}")
    con.execute(
        "create table members as select unnest(member_ids) as member_id, customer_id from warehouse.insights.customers"
    )
    con.execute("detach warehouse")
    con.execute(
        "insert into core.party_customers by name select cast(hash(member_id) >> 1 as bigint) as party_key, customer_id"
        " from members"
    )
    con.register("events", pa.Table.from_pylist(read(answers, "message_events")))
    con.execute(
        "insert into core.int_core__message_events by name select message_event_id as source_key, message_id,"
        " scenario_id, step, nullif(feed_row_id, '') as feed_row_id, 'message_' || event as action,"
        " cast(hash(member_id) >> 1 as bigint) as party_key,"
        " cast(cast(occurred_at as timestamptz) as timestamp) as occurred_at from events"
    )
    con.register("bought", pa.Table.from_pylist(read(answers, "ec_orders")))
    con.execute(
        "insert into core.orders by name select 'ec:' || order_id as order_id, members.customer_id, true as is_counted,"
        " cast(cast(ordered_at as timestamptz) as timestamp) as ordered_at,"
        " cast(total_amount as decimal(18, 2)) as net_amount"
        " from bought inner join members on bought.member_id = members.member_id"
    )
    write_results(con, load_scenarios(), effective_settings(), LATER, end_of_day(LATER))
    return con


def test_a_first_run_has_assigned_and_says_nothing_yet(shop: Shop) -> None:
    rows = shop.query("select scenario_id, step, assigned + control, lift, is_conclusive from marts.scenario_results")
    assert rows
    assert {row[3:] for row in rows} == {(None, False)}
    known = {
        (scenario, step): number
        for scenario, step, number in shop.query(
            "select scenario_id, step, count(distinct customer_id) from ("
            "select scenario_id, step, customer_id from marts.scenario_targets union all"
            " select scenario_id, step, customer_id from marts.suppressions"
            " where reason in ('priority', 'frequency_cap', 'expired')) group by all"
        )
    }
    assert {row[:2]: row[2] for row in rows} == known


def test_each_answer_is_found_by_whatever_the_tool_handed_back(con: duckdb.DuckDBPyConnection, answers: Path) -> None:
    listed: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    of_row: dict[str, tuple[str, str]] = {}
    for scenario, step, member, at, row in con.execute(
        "select scenario_id, step, member_id, send_at, feed_row_id from activation.scenario_targets"
        " inner join members using (customer_id) where not holdout"
    ).fetchall():
        listed[scenario, step, member].append((at, row))
        of_row[row] = (scenario, step)
    messages: dict[str, list[dict[str, str]]] = defaultdict(list)
    for event in read(answers, "message_events"):
        messages[event["message_id"]].append(event)
    told: dict[str, set[str]] = defaultdict(set)
    for events in messages.values():
        named = {event["feed_row_id"] for event in events} - {""}
        first = datetime.fromisoformat(events[0]["occurred_at"]).replace(tzinfo=None)
        # Without any row's id it is the customer's newest row of that step, although there may be several at once.
        mine = listed[events[0]["scenario_id"], events[0]["step"], events[0]["member_id"]]
        [row] = named or {max(one for one in mine if one[0] <= first + timedelta(days=1))[1]}
        told[row] |= {event["event"] for event in events}
    expected: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row, events_of_row in told.items():
        expected[of_row[row]].update(events_of_row)
    assert expected
    for found in dicts(con.execute("from activation.scenario_results")):
        counts = expected[found["scenario_id"], found["step"]]
        for name in ("sent", "opened", "clicked", "bounced"):
            assert found[name] == counts[name], (found["scenario_id"], found["step"], name)


def test_conversions_are_those_that_a_plain_count_finds(con: duckdb.DuckDBPyConnection) -> None:
    orders: dict[str, list[datetime]] = defaultdict(list)
    for customer, at in con.execute("select customer_id, ordered_at from core.orders where is_counted").fetchall():
        orders[customer].append(at)
    default = int(effective_settings()["scenario_outcome_days"])
    days = {one.id: timedelta(days=one.outcome_days or default) for one in load_scenarios()}
    first: dict[tuple[str, str, str], tuple[datetime, bool]] = {}
    for scenario, step, customer, at, holdout in con.execute(
        "select scenario_id, step, customer_id, send_at, holdout from activation.scenario_targets"
        " where continues or not holdout union all"
        " select scenario_id, step, customer_id, send_at, false from activation.suppressions"
        " where reason in ('priority', 'frequency_cap') order by send_at, holdout"
    ).fetchall():
        first.setdefault((scenario, step, customer), (at, holdout))
    expected: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (scenario, step, customer), (at, holdout) in first.items():
        if at + days[scenario] <= end_of_day(LATER):
            has_bought = any(at <= when < at + days[scenario] for when in orders[customer])
            side = "compared_control" if holdout else "compared"
            expected[scenario, step].update({side: 1, f"{side}_converted": has_bought})
    for row in dicts(con.execute("from activation.scenario_results")):
        counts = expected[row["scenario_id"], row["step"]]
        for name in ("compared", "compared_control", "compared_converted", "compared_control_converted"):
            assert row[name] == counts[name], (row["scenario_id"], row["step"], name)
    assert sum(counts["compared_converted"] for counts in expected.values()) > 0
