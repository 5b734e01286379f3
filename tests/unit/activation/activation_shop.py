"""A shop of a few customers in a DuckDB in memory: the tables that scenarios read, and runs over them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.lists import commit
from dagster_project.activation.scenarios.run import ActivationReport, prepare
from dagster_project.home import Home
from dagster_project.project import seeds
from dagster_project.run_context import RunContext

TABLES = """
create schema core; create schema insights; create schema pii; create schema staging; create schema identity;
create schema marts; create schema rules;
create table core.touchpoints (touchpoint_id varchar, customer_id varchar, occurred_at timestamp, channel varchar,
    action varchar, brand_id varchar, product_id varchar, category varchar, content_id varchar, store_id varchar,
    campaign_id varchar, information_kind varchar, score_category varchar, source varchar, visit_source varchar,
    quantity bigint, amount decimal(18, 2), order_id varchar, is_first_line boolean);
create table core.orders (order_id varchar, customer_id varchar, ordered_at timestamp, channel varchar,
    is_counted boolean, is_trial boolean, delivered_at timestamp);
create table core.order_items (order_id varchar, line_no bigint, customer_id varchar, ordered_at timestamp,
    product_id varchar, brand_id varchar, amount decimal(18, 2), is_counted boolean);
create table core.int_core__message_events (source_key varchar, party_key bigint, member_key bigint, email_key bigint,
    phone_key bigint, line_key bigint, occurred_at timestamp, channel varchar, action varchar, message_id varchar,
    scenario_id varchar, step varchar, feed_row_id varchar);
create table core.party_customers (party_key bigint, customer_id varchar);
create table core.int_core__privacy_requests (request_id varchar, identifier_key bigint, kind varchar,
    requested_at timestamp);
create table core.int_core__external_attributes (customer_id varchar, name varchar, value varchar,
    updated_at timestamp);
create table insights.customers (customer_id varchar, member_ids varchar[], gender varchar, age_band varchar,
    prefecture varchar, member_rank varchar, rf_segment varchar, orders bigint, frequency bigint,
    net_sales decimal(18, 2), first_order_at timestamp, last_order_at timestamp, recency_months bigint,
    favourite_brand_id varchar, favourite_category varchar, price_band varchar, gift_orders bigint, visits bigint,
    cart_open boolean, score_product bigint, score_lifestyle bigint, score_lifestance bigint, score_total bigint,
    consent_email boolean, consent_line boolean, consent_sms boolean, consent_push boolean, consent_dm boolean,
    best_channel varchar, best_hour bigint);
create table pii.person_attributes (customer_id varchar, birth_date date, email varchar, phone varchar,
    line_user_id varchar, postal_code varchar, address varchar);
create table identity.identity_map (identifier_key bigint, identifier_kind varchar, identifier_hash varchar,
    customer_id varchar);
create table identity.customer_aliases (alias_id varchar, customer_id varchar);
create table identity.identity_changes (as_of date, change varchar, from_id varchar, to_id varchar);
create table staging.stg_contents (content_id varchar);
create table staging.stg_products (product_id varchar, brand_id varchar, category varchar, line varchar,
    is_trial boolean, replenishment_days bigint, launched_on date);
create table staging.stg_campaigns (campaign_id varchar, kind varchar, store_id varchar, brand_id varchar,
    starts_on date);
insert into staging.stg_products (product_id, brand_id, category, line, is_trial, replenishment_days) values
    ('P1', 'B1', 'lotion', 'white', false, 30), ('P2', 'B1', 'cream', 'white', false, null),
    ('P3', 'B1', 'lotion', 'white', false, 90), ('PT', 'B1', 'trial', 'white', true, null),
    ('P9', 'B2', 'lotion', 'white', false, 60);
create table marts.badges (customer_id varchar, badge_id varchar, earned_at timestamp);
create table marts.brand_journeys (customer_id varchar, brand_id varchar, stage varchar, since date);
create table marts.score_ledger (touchpoint_id varchar, rule_id varchar, customer_id varchar, occurred_at timestamp,
    product integer, lifestyle integer, lifestance integer);
create table marts.recommendations (customer_id varchar, kind varchar, product_id varchar, position bigint);
create view marts.customers as select * from insights.customers;
create view marts.touchpoints as select * from core.touchpoints;
create view marts.orders as select * from core.orders;
"""
RULES = ("channel_groups", "frequency_caps", "identity_kinds", "rf_segments", "seasonal_rules")


def open_database() -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables that scenarios read, empty, and the rule tables as shipped."""
    con = duckdb.connect(config={"threads": 1})  # a few rows: more threads only wait for each other
    con.execute("set TimeZone = 'UTC'")
    con.execute(TABLES)
    for table in RULES:
        con.execute(
            f"create table rules.{table} as select * from read_csv(?, header = true)",
            [str(seeds() / "rules" / f"{table}.csv")],
        )
    return con


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
            "insert into insights.customers (customer_id, member_ids, gender, age_band, prefecture, member_rank,"
            " rf_segment, consent_email, consent_line, consent_sms, consent_push, consent_dm)"
            " values (?, ['m'], 'female', '30s', '東京都', 'gold', 'new_active', ?, ?, ?, ?, ?)",
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
            self.tell(name, "acquisition_channel", won_by)

    def tell(self, name: str, attribute: str, value: str) -> None:
        """What another system says of a customer."""
        self.con.execute(
            "insert into core.int_core__external_attributes values (?, ?, ?, timestamp '2020-01-01')",
            [name, attribute, value],
        )

    def cart(
        self, name: str, at: str, action: str = "add_to_cart", product: str = "P1", quantity: int | None = 1
    ) -> str:
        self.acts += 1
        act = f"web_events:e{self.acts}"
        self.con.execute(
            "insert into core.touchpoints (touchpoint_id, customer_id, occurred_at, action, product_id, quantity)"
            " values (?, ?, ?, ?, ?, ?)",
            [act, name, tokyo(at), action, product, quantity],
        )
        return act

    def act(self, name: str, at: str, action: str, **columns: str) -> str:
        """Any act, with columns of touchpoints."""
        self.acts += 1
        act = f"web_events:e{self.acts}"
        values = {"touchpoint_id": act, "customer_id": name, "occurred_at": tokyo(at), "action": action, **columns}
        self.con.execute(
            f"insert into core.touchpoints ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
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
            "insert into core.order_items select ?, 1, ?, ?, product_id, brand_id, 1000, ? from staging.stg_products"
            " where product_id = ?",
            [order, name, tokyo(at), not trial, product],
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
