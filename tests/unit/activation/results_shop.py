"""A ledger of assignments in a DuckDB in memory, what came after, and the results over it. Times are UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from dagster_project.activation.results.tables import write_results
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.ledger import COLUMNS
from dagster_project.sql import dicts

SETTINGS = {"scenario_outcome_days": "14", "scenario_min_customers": "2", "scenario_confidence": "0.95"}
MONDAY = datetime(2026, 1, 5)

TABLES = """
create schema core; create schema identity; create schema activation;
create table core.orders (order_id varchar, customer_id varchar, ordered_at timestamp, is_counted boolean,
    net_amount decimal(18, 2));
create table core.int_core__message_events (source_key varchar, party_key bigint, message_id varchar,
    scenario_id varchar, step varchar, feed_row_id varchar, action varchar, occurred_at timestamp);
create table core.party_customers (party_key bigint, customer_id varchar);
create table identity.customer_aliases (alias_id varchar, customer_id varchar);
"""


def _ledger() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(TABLES)
    for what, table in (("scenario_steps", "scenario_targets"), ("suppressions", "suppressions")):
        con.execute(f"create table activation.{table} ({COLUMNS[what]})")
        con.execute(f"create table activation.ledger_{what} ({COLUMNS[what]}, run_no integer, is_earlier boolean)")
        if what == "scenario_steps" and "cost" not in COLUMNS[what]:
            con.execute("alter table activation.ledger_scenario_steps add column cost decimal(18, 2)")
    return con


@dataclass
class Ledger:
    """Scenario `s` with step `one`, unless a row says otherwise."""

    con: duckdb.DuckDBPyConnection = field(default_factory=_ledger)
    number: int = 0

    def listed(
        self,
        customer: str,
        at: datetime = MONDAY,
        step: str = "one",
        scenario: str = "s",
        trigger: str = "t",
        holdout: bool = False,
        late: bool = False,
        cost: float | None = 10,
        run: date | None = None,
    ) -> str:
        """A listed step, or a held-out one (`late`: it had expired)."""
        row = f"{scenario}-{step}-{customer}-{trigger}"
        self.con.execute(
            "insert into activation.ledger_scenario_steps by name select ? as as_of, ? as feed_row_id,"
            " ? as scenario_id, ? as step, ? as customer_id, ? as trigger, ? as send_at, ? as holdout, ? as continues,"
            " ? as cost",
            [run or at.date(), row, scenario, step, customer, trigger, at, holdout, not late, 0 if holdout else cost],
        )
        return row

    def suppressed(
        self, customer: str, reason: str, at: datetime = MONDAY, step: str = "one", scenario: str = "s"
    ) -> None:
        """A step that was triggered and not sent."""
        self.con.execute(
            "insert into activation.ledger_suppressions by name select ? as as_of, ? as scenario_id, ? as step,"
            " ? as customer_id, 't' as trigger, ? as reason, ? as send_at",
            [at.date(), scenario, step, customer, reason, at],
        )

    def order(self, customer: str, at: datetime, amount: int = 1000, counted: bool = True) -> None:
        """An order, or with a negative amount a return."""
        self.number += 1
        self.con.execute(
            "insert into core.orders values (?, ?, ?, ?, ?)", [f"o{self.number}", customer, at, counted, amount]
        )

    def event(
        self,
        action: str,
        message: str,
        at: datetime = MONDAY,
        row: str | None = None,
        customer: str | None = None,
        scenario: str | None = None,
        step: str | None = None,
    ) -> None:
        """A message event; `customer`: whom its member id or address leads to."""
        self.number += 1
        self.con.execute(
            "insert into core.int_core__message_events values (?, ?, ?, ?, ?, ?, ?, ?)",
            [f"e{self.number}", self.number, message, scenario, step, row, f"message_{action}", at],
        )
        self.con.execute("insert into core.party_customers values (?, ?)", [self.number, customer])

    def results(
        self,
        day: datetime = MONDAY + timedelta(days=60),
        scenarios: Sequence[Scenario] = (),
        table: str = "scenario_results",
        **settings: str,
    ) -> dict[str, dict[str, Any]]:
        """The rows as of `day`, by step, or those of whole scenarios by scenario."""
        write_results(self.con, scenarios, SETTINGS | settings, day.date(), day)
        rows = dicts(self.con.execute(f"select * from activation.{table}"))
        return {row["step" if table == "scenario_results" else "scenario_id"]: row for row in rows}
