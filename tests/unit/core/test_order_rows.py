"""Tables of orders that are kept from run to run hold what they would hold if they were made anew."""

import random
from datetime import datetime, timedelta

import pytest

from tests.unit.core.models import Crash, Models

TABLES = ["int_core__order_lines", "int_core__orders", "int_core__customer_orders", "int_core__customer_order_items"]
# Schema run and staged rows of EC orders in versions; there are no receipts.
STAGED = """
    create table landed_orders (order_id varchar, version bigint, email varchar, status varchar,
        total_amount decimal(18, 2), is_gift boolean, ordered_at timestamp, _file_no integer, _line_no bigint);
    create table landed_lines (order_id varchar, line_no bigint, version bigint, code varchar, quantity bigint,
        amount decimal(18, 2), _file_no integer, _line_no bigint);
    create view stg_ec_orders as select * exclude (version), null::varchar as member_id, null::varchar as phone,
        null::varchar as coupon_code, null::varchar as campaign_id, null::timestamp as delivered_at,
        null::boolean as is_subscription
        from landed_orders orders
        where version = (select max(version) from landed_orders n where n.order_id = orders.order_id);
    create table stg_pos_receipts (receipt_id varchar, card_no varchar, store_id varchar, receipted_at timestamp,
        total_amount decimal(18, 2), is_return boolean, _file_no integer, _line_no bigint);
    create table stg_pos_receipt_items (receipt_id varchar, line_no bigint, product_id varchar, quantity bigint,
        amount decimal(18, 2), _file_no integer, _line_no bigint);
    create table stg_products (product_id varchar, brand_id varchar, category varchar, is_trial boolean);
    create table product_code_map (surface varchar, code varchar, product_id varchar);
    create view stg_ec_order_items as select lines.* exclude (version, code),
        coalesce(codes.product_id, lines.code) as product_id
        from landed_lines lines left join product_code_map codes on codes.code = lines.code
        where version = (
            select max(version) from landed_lines n where n.order_id = lines.order_id and n.line_no = lines.line_no
        );
    create table party_customers (party_key bigint, customer_id varchar);
    create table email_customers (email varchar, customer_id varchar);
    insert into run.context values (date '2026-05-01', timestamp '2026-05-01 15:00:00', 'pepper', false)
"""
# Who a party is, as identity has it: of every e-mail address seen.
PARTIES = (
    "create or replace table party_customers as select distinct facts.party_key, emails.customer_id"
    " from int_core__orders facts join stg_ec_orders staged on facts.source_key = staged.order_id"
    " join email_customers emails on emails.email = staged.email where facts.source = 'ec_orders'"
)
EMAILS = [f"{number}@example.jp" for number in range(6)]


class Days:
    """Files of orders, and a product master and identities that change, day after day."""

    def __init__(self, seed: int) -> None:
        self.models, self.random = Models(), random.Random(seed)
        self.con = self.models.con
        self.con.execute(STAGED)
        self.con.executemany(
            "insert into stg_products values (?, ?, 'skin', ?)", [(f"p{n}", f"b{n}", n == 0) for n in range(4)]
        )
        self.con.executemany("insert into email_customers values (?, ?)", [(email, f"c{email[0]}") for email in EMAILS])

    def land(self, day: int) -> None:
        """A day's file: new orders, and newer versions of earlier ones and of their lines."""
        for line_no in range(1, 6):
            order = f"o{self.random.randrange(12 + 4 * day)}"
            self.con.execute(
                "insert into landed_orders values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [order, day, self.random.choice(EMAILS), self.random.choice(["paid", "paid", "cancelled"]),
                 100 * line_no, day % 2 == 0, datetime(2026, 5, 1) + timedelta(days=day), day, line_no],
            )  # fmt: skip
            self.con.execute(
                "insert into landed_lines values (?, ?, ?, ?, 1, ?, ?, ?)",
                [order, self.random.randrange(2), day, f"p{self.random.randrange(5)}", 10 * line_no, day, line_no],
            )
        # A later row of a key takes the place of an earlier one in the same file, as staging has it.
        for table, key in (("landed_orders", "order_id"), ("landed_lines", "order_id, line_no")):
            self.con.execute(
                f"delete from {table} where _file_no = {day} and (_file_no, _line_no) not in"
                f" (select (_file_no, max(_line_no)) from {table} where _file_no = {day} group by {key}, _file_no)"
            )
        number = self.random.randrange(4)
        if day % 3 == 2:
            self.con.execute(
                "update stg_products set brand_id = ?, is_trial = not is_trial where product_id = ?",
                [f"day {day}", f"p{number}"],
            )
        if day % 4 == 3:
            self.con.execute("insert into product_code_map values ('shop', 'p4', ?)", [f"p{number}"])
            self.con.execute("delete from product_code_map where product_id <> ?", [f"p{number}"])
        if day % 2:  # two persons become one, and part again
            self.con.execute("update email_customers set customer_id = ? where email = ?", [f"c{number}", EMAILS[5]])

    def build(self) -> None:
        """One run, in which a table may die and is built again by the next."""
        for model in TABLES:
            if model == "int_core__customer_orders":
                self.con.execute("create or replace table before as from party_customers")
                self.con.execute(PARTIES)
                differ = "(from before except from party_customers) union (from party_customers except from before)"
                self.con.execute(f"insert into run.changed_parties select distinct party_key from ({differ})")
            if self.random.random() < 0.2:
                with pytest.raises(Crash):
                    self.models.build(model, crashes=True)
            self.models.build(model)
        self.con.execute("delete from run.touched_orders; delete from run.changed_parties")

    def held(self) -> dict[str, list[tuple]]:
        """The rows of the tables, but for the builds that wrote them."""
        found = {}
        for model in TABLES:
            columns = [name for name, *_ in self.con.execute(f"describe {model}").fetchall() if name != "_batch"]
            found[model] = self.models.rows(f"select {', '.join(sorted(columns))} from {model}")
        return found

    def anew(self) -> dict[str, list[tuple]]:
        """The same, built whole beside."""
        for model in TABLES:
            self.con.execute(f"alter table {model} rename to kept_{model}")
        for model in TABLES:
            self.models.build(model)
        found = self.held()
        for model in TABLES:
            self.con.execute(f"drop table {model}; alter table kept_{model} rename to {model}")
        return found


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_is_what_would_be_made_anew(seed: int) -> None:
    days = Days(seed)
    kept = 0
    for day in range(8):
        days.land(day)
        days.build()
        held = days.held()
        assert held == days.anew(), f"day {day}"
        days.con.execute("delete from run.touched_customers")
        [(batches,)] = days.con.execute("select count(distinct _batch) from int_core__customer_orders").fetchall()
        kept = max(kept, batches)
    assert kept > 3  # rows of many builds: what has not changed was let be


def test_both_customers_of_an_order_that_changes_hands_are_told_of() -> None:
    days = Days(1)
    days.land(0)
    days.build()
    days.con.execute("delete from run.touched_customers")
    [(order, before)] = days.con.execute(
        "select order_id, customer_id from int_core__customer_orders order by order_id limit 1"
    ).fetchall()
    days.con.execute("update email_customers set customer_id = 'c9' where customer_id = ?", [before])
    days.build()
    assert days.models.rows("select distinct customer_id from run.touched_customers") == [(before,), ("c9",)]
    assert days.con.execute(
        "select distinct customer_id from int_core__customer_order_items where order_id = ?", [order]
    ).fetchall() in ([("c9",)], [])
