"""Tables of customers that are kept from run to run hold what they would hold if they were made anew."""

import random
from datetime import date, datetime, timedelta

import pytest

from tests.unit.core.models import Crash, Models

FIRST_DAY = date(2026, 5, 1)
CORE = ["int_core__known_customers", "int_core__changed_customers", "int_core__changed_touchpoints"]
OF_CUSTOMERS = ["int_insights__activity", "int_insights__order_totals", "int_insights__open_carts"]
CUSTOMERS = [f"c{number}" for number in range(40)]
TOUCHPOINTS = """
    create table touchpoints (touchpoint_id varchar, customer_id varchar, occurred_at timestamp, channel varchar,
        source varchar, action varchar, product_id varchar, quantity bigint);
    create table orders (order_id varchar, customer_id varchar, ordered_at timestamp, is_counted boolean,
        is_trial boolean, is_gift boolean, net_amount decimal(18, 2));
    create table persons (customer_id varchar, is_visitor boolean, first_seen_at timestamp);
    create view int_core__touchpoints as select *, hash(customer_id) as party_key, source as source_key, 1 as amount,
        cast(occurred_at as date) as occurred_on, true as is_first_line, null as brand_id, null as category,
        null as content_id, null as store_id, null as campaign_id, null as information_kind, null as score_category,
        null as order_id, null as visit_source
        from touchpoints;
    create view party_customers as
        select distinct party_key, customer_id, null as shared_party_key from int_core__touchpoints
"""


class Shop:
    """Acts and orders that change from day to day, told of as core's tables tell of them."""

    def __init__(self, seed: int) -> None:
        self.models, self.random, self.acts = Models(), random.Random(seed), 0
        self.con = self.models.con
        self.con.execute(TOUCHPOINTS)
        for number, customer in enumerate(CUSTOMERS):
            self.con.execute("insert into persons values (?, ?, timestamp '2026-01-01')", [customer, number % 4 == 0])

    def set_day(self, day: int) -> None:
        """The as_of of the builds that follow."""
        self.con.execute("delete from run.context")
        as_of = FIRST_DAY + timedelta(days=day)
        self.con.execute(
            "insert into run.context values (?, cast(? as date) + interval 15 hours, 'x', false)", [as_of, as_of]
        )

    def touch(self, customer: str | None) -> None:
        """As the hooks of core's tables do."""
        if customer is not None:
            self.con.execute("insert into run.touched_customers values (?)", [customer])

    def happen(self, day: int) -> None:
        """One of the things that happen on a day: rows come, late and early ones too, go, or change hands."""
        what, who = self.random.choice(["act", "order", "gone", "moved", "visitor"]), self.random.choice(CUSTOMERS)
        at = datetime(2026, 5, 1) + timedelta(days=day + self.random.choice([-9, 0, 0, 0, 2]), hours=self.acts % 24)
        self.acts += 1
        if what == "act":
            action, quantity = self.random.choice([("add_to_cart", 1), ("remove_from_cart", 1), ("visit", 0)])
            self.con.execute(
                "insert into touchpoints values (?, ?, ?, 'web', 'web_events', ?, 'p1', ?)",
                [f"t{self.acts}", who, at, action, quantity],
            )
            self.touch(who)
        elif what == "order":
            self.con.execute(
                "insert into orders values (?, ?, ?, true, false, false, ?)", [f"o{self.acts}", who, at, self.acts]
            )
            self.touch(who)
        elif what == "visitor":
            self.con.execute("update persons set is_visitor = not is_visitor where customer_id = ?", [who])
        else:
            table, key = self.random.choice([("touchpoints", "touchpoint_id"), ("orders", "order_id")])
            found = self.con.execute(
                f"select {key}, customer_id from {table} order by hash({key} || ?) limit 1", [str(self.acts)]
            ).fetchall()
            for row, customer in found:
                self.touch(customer)
                if what == "gone":
                    self.con.execute(f"delete from {table} where {key} = ?", [row])
                else:
                    self.con.execute(f"update {table} set customer_id = ? where {key} = ?", [who, row])
                    self.touch(who)

    def build(self, *models: str) -> None:
        """Build models; each may die once, and is built again then, as the next run does."""
        for model in models:
            if self.random.random() < 0.2:
                with pytest.raises(Crash):
                    self.models.build(model, crashes=True)
            self.models.build(model)

    def held(self) -> dict[str, list[tuple]]:
        """The rows of the tables of customers, whichever build wrote them."""
        return {model: self.models.rows(f"select * exclude (_batch) from {model}") for model in OF_CUSTOMERS}

    def anew(self) -> dict[str, list[tuple]]:
        """The same, built whole beside."""
        for model in OF_CUSTOMERS:
            self.con.execute(f"alter table {model} rename to kept_{model}")
            self.models.build(model)
        found = self.held()
        for model in OF_CUSTOMERS:
            self.con.execute(f"drop table {model}; alter table kept_{model} rename to {model}")
        return found


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_is_what_would_be_made_anew(seed: int) -> None:
    shop = Shop(seed)
    whole = 0
    for step, day in enumerate([0, 1, 2, 2, 3, 4, 2, 5, 6, 7, 8]):  # the same day again, and an earlier one
        shop.set_day(day)
        for _ in range(60 if step == 0 else 6):
            shop.happen(day)
        shop.build(*CORE)
        # A run that dies before the tables of customers: the next one has two runs' changes to take up.
        if step in (3, 8):
            continue
        shop.build(*OF_CUSTOMERS)
        assert shop.held() == shop.anew(), f"step {step}"
        [(everybody,)] = shop.con.execute(
            "select count(*) > 0 from int_core__changed_customers where customer_id is null"
            " and change_no = (select max(change_no) from int_core__changed_customers)"
        ).fetchall()
        whole += everybody
    assert (
        2 <= whole <= 4
    )  # the first day and the earlier one, and hardly more: all else was changed customer by customer


def test_only_the_acts_of_changed_customers_are_read() -> None:
    shop = Shop(1)
    shop.set_day(0)
    for _ in range(60):
        shop.happen(0)
    shop.build(*CORE, *OF_CUSTOMERS)
    shop.set_day(1)
    shop.con.execute(
        "insert into touchpoints values ('new', 'c1', timestamp '2026-05-02', 'web', 'web_events', 'visit', '', 0)"
    )
    shop.touch("c1")
    shop.build(*CORE)
    [(before,)] = shop.models.rows("select count(*) from int_insights__activity")
    shop.con.execute("delete from touchpoints")  # nobody needs them any more
    shop.build(*OF_CUSTOMERS)
    assert shop.models.rows("select count(*) from int_insights__activity") in ([(before,)], [(before + 1,)])
    assert shop.models.rows("select last_act_at from int_insights__activity where customer_id = 'c1'") == [
        (datetime(2026, 5, 2),)
    ]


def test_who_is_first_seen_at_another_time_or_by_now_has_changed() -> None:
    shop = Shop(1)
    found = []
    for day in range(4):
        shop.set_day(day)
        if day == 1:
            # c0 is a visitor; the day of c2 has not come
            shop.con.execute("update persons set first_seen_at = '2026-02-01' where customer_id in ('c0', 'c1')")
            shop.con.execute("update persons set first_seen_at = '2026-05-03' where customer_id = 'c2'")
        for model in CORE:
            shop.models.build(model)
        log, newest = "int_core__changed_customers", "(select max(change_no) from int_core__changed_customers)"
        found.append(
            shop.models.rows(f"select customer_id from {log} where change_no = {newest} and customer_id <> ''")
        )
    assert found[1:] == [[("c1",), ("c2",)], [("c2",)], []]
