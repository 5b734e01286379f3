"""A shop of a few customers in a DuckDB in memory: the tables that scenarios read, and runs over them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.lists import commit
from dagster_project.activation.scenarios.run import ActivationReport, prepare
from dagster_project.home import Home
from dagster_project.identity.hashing import identifier_hash
from dagster_project.run_context import RunContext

TABLES = """
create schema core; create schema insights; create schema pii; create schema staging; create schema identity;
create table core.touchpoints (touchpoint_id varchar, customer_id varchar, occurred_at timestamp,
    action varchar, product_id varchar, quantity bigint);
create table core.orders (order_id varchar, customer_id varchar, ordered_at timestamp, channel varchar,
    is_counted boolean, is_trial boolean, delivered_at timestamp);
create table core.order_items (order_id varchar, line_no bigint, ordered_at timestamp, product_id varchar,
    amount decimal(18, 2), is_counted boolean);
create table insights.customers (customer_id varchar, member_ids varchar[], gender varchar, age_band varchar,
    prefecture varchar, member_rank varchar, rf_segment varchar, consent_email boolean, consent_line boolean,
    consent_sms boolean, consent_push boolean, consent_dm boolean);
create table pii.person_attributes (customer_id varchar, birth_date date, email varchar, phone varchar,
    line_user_id varchar, postal_code varchar, address varchar);
create table identity.identity_map (customer_id varchar, identifier_kind varchar, identifier_hash varchar);
create table identity.customer_aliases (alias_id varchar, customer_id varchar);
create table staging.stg_members (member_id varchar, acquisition_channel varchar, registered_at timestamp);
create table staging.stg_contents (content_id varchar);
create table staging.stg_products (product_id varchar, brand_id varchar, line varchar, is_trial boolean);
insert into staging.stg_products values ('P1', 'B1', 'white', false), ('P2', 'B1', 'white', false),
    ('P3', 'B1', 'white', false), ('PT', 'B1', 'white', true), ('P9', 'B2', 'white', false);
"""


def tokyo(text: str) -> datetime:
    """The UTC time of a Tokyo clock time such as `2026-01-05 10:00`."""
    return datetime.fromisoformat(text) - timedelta(hours=9)


@dataclass
class Shop:
    """Customers and what they do; times are Tokyo's."""

    con: duckdb.DuckDBPyConnection
    home: Home
    scenarios: list[Scenario] | None = None
    acts: int = field(default=0)

    def customer(
        self,
        name: str,
        born: str | None = None,
        consent: str = "email line sms push dm",
        addresses: str = "email phone line postal",
        won_by: str | None = None,
    ) -> None:
        agreed = [channel in consent.split() for channel in ("email", "line", "sms", "push", "dm")]
        has = addresses.split()
        self.con.execute(
            "insert into insights.customers values (?, ['m'], 'female', '30s', '東京都', 'gold',"
            " 'new_active', ?, ?, ?, ?, ?)",
            [name, *agreed],
        )
        self.con.execute(
            "insert into pii.person_attributes values (?, ?, ?, ?, ?, ?, ?)",
            [
                name,
                born,
                *(f"{kind}-{name}" if kind in has else None for kind in ("email", "phone", "line")),
                *(["1000001", "somewhere"] if "postal" in has else (None, None)),
            ],
        )
        if won_by:
            self.con.execute("insert into staging.stg_members values (?, ?, timestamp '2020-01-01')", [name, won_by])
            self.con.execute(
                "insert into identity.identity_map values (?, 'member_id', ?)",
                [name, identifier_hash(self.home.salt(), "member_id", name)],
            )

    def cart(
        self, name: str, at: str, action: str = "add_to_cart", product: str = "P1", quantity: int | None = 1
    ) -> str:
        self.acts += 1
        act = f"web_events:e{self.acts}"
        self.con.execute(
            "insert into core.touchpoints values (?, ?, ?, ?, ?, ?)",
            [act, name, tokyo(at), action, product, quantity],
        )
        return act

    def order(
        self,
        name: str,
        at: str,
        product: str = "P1",
        trial: bool = False,
        delivered: str | None = None,
        channel: str = "ec",
    ) -> str:
        self.acts += 1
        order = f"{channel}:o{self.acts}"
        self.con.execute(
            "insert into core.orders values (?, ?, ?, ?, ?, ?, ?)",
            [order, name, tokyo(at), channel, not trial, trial, tokyo(delivered) if delivered else None],
        )
        self.con.execute(
            "insert into core.order_items values (?, 1, ?, ?, 1000, ?)",
            [order, tokyo(at), product, not trial],
        )
        return order

    def prepare(self, day: str, hour: int | None = None, newest: bool = True) -> ActivationReport:
        context = RunContext.daily(date.fromisoformat(day), newest)
        if hour is not None:
            context = RunContext(context.as_of, tokyo(f"{day} {hour:02d}:00"), newest, is_hourly=True)
        return prepare(self.con, self.home, context, scenarios=self.scenarios)

    def run(self, day: str, hour: int | None = None) -> ActivationReport:
        report = self.prepare(day, hour)
        commit(self.home, report.run_id)
        return report

    def listed(self, table: str = "scenario_targets") -> list[tuple[str, str, str, str]]:
        """(customer, step, channel, send time in Tokyo) of the rows to send."""
        return self.con.execute(
            "select customer_id, step, channel, strftime(send_at + interval 9 hours, '%Y-%m-%d %H:%M')"
            f" from activation.{table} where not holdout order by send_at, customer_id, step"
        ).fetchall()

    def suppressed(self, table: str = "suppressions") -> list[tuple[str, str, str]]:
        """(customer, step, reason)."""
        return self.con.execute(f"select customer_id, step, reason from activation.{table} order by all").fetchall()

    def only(self, scenario_id: str, scenarios: list[Scenario]) -> None:
        """Run one scenario alone from here on."""
        self.scenarios = [scenario for scenario in scenarios if scenario.id == scenario_id]
