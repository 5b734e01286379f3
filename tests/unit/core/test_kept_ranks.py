"""Ranks and RF states that are kept are those of a table built whole, while days leave windows and months turn."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Models

FIRST_DAY = date(2026, 3, 25)
MEASURES = ("purchases", "reviews", "interest_acts", "views", "visits", "social_acts", "touches")
RULES = [("recent", 1, "A", 1, None, 20), ("often", 2, "B", None, 3, None), ("any", 3, "E", None, 1, None)]
KEPT = ("int_marts__brand_ranks", "int_marts__brand_group_ranks", "int_marts__rf_states")

Day = tuple[str, str, date, int]  # customer, brand, day, purchases


def warehouse() -> Models:
    """What the kept tables read, without rows of customers."""
    made = Models()
    numbers = ", ".join(f"{measure} integer" for measure in MEASURES)
    limits = ("purchase_days", "reviews", "interest_acts", "views", "view_days", "visits", "social_acts", "touch_days")
    empty = ", ".join(f"cast(null as integer) as min_{limit}" for limit in limits)
    made.con.execute(
        f"create table rank_rules as select *, {empty} from (values"
        + ", ".join(str(rule).replace("None", "null") for rule in RULES)
        + ") as rules (rule_id, position, rank, min_purchases, min_touches, window_days);"
        "insert into run.settings values ('rank_window_days', '40');"
        "create table persons (customer_id varchar, is_visitor boolean);"
        "create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);"
        f"create table int_marts__brand_days (customer_id varchar, brand_id varchar, occurred_on date, {numbers});"
        "create table int_marts__brand_group_days"
        f" (customer_id varchar, group_id varchar, occurred_on date, {numbers});"
        "create table orders (customer_id varchar, ordered_on date, ordered_at timestamp, channel varchar,"
        " is_counted boolean, is_trial boolean, is_return boolean, net_amount decimal(18, 2))"
    )
    return made


def write_day(made: Models, number: int, as_of: date, acts: list[Day], changed: set[str]) -> None:
    """The run's day, everything that has happened so far, and whose acts are new."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    made.con.execute(
        "create or replace table persons as select distinct unnest(?) as customer_id, false as is_visitor",
        [[customer for customer, *_ in acts]],
    )
    made.con.executemany(
        "insert into int_core__changed_customers values (?, ?, ?)",
        [(number, end, customer) for customer in ["", *sorted(changed)]],
    )
    for table in ("int_marts__brand_days", "int_marts__brand_group_days", "orders"):
        made.con.execute(f"delete from {table}")
    for table in ("int_marts__brand_days", "int_marts__brand_group_days"):
        made.con.executemany(
            f"insert into {table} values (?, ?, ?, ?, 0, 0, 1, 0, 0, ?)",
            [(*act, act[3] + 1) for act in acts],
        )
    made.con.executemany(
        "insert into orders values (?, ?, ?, 'ec', true, false, false, 100)",
        [(customer, day, datetime.combine(day, time(3))) for customer, _, day, purchases in acts if purchases],
    )
    for model in ("int_marts__as_of_days", *KEPT):
        made.build(model)


@pytest.mark.parametrize("seed", range(2))
def test_day_after_day_the_same_as_built_whole(seed: int) -> None:
    chance = random.Random(seed)
    kept = warehouse()
    acts = [
        (
            f"c{number}",
            chance.choice(["b1", "b2"]),
            FIRST_DAY - timedelta(days=chance.randrange(70)),
            chance.randrange(2),
        )
        for number in range(30)
        for _ in range(4)
    ]
    acts = list({act[:3]: act for act in acts}.values())
    changed: set[str] = set()
    # One day is skipped, so that two days leave the windows at once; the month turns on the seventh.
    for number, later in enumerate((0, 1, 2, 4, 5, 6, 7, 8), 1):
        as_of = FIRST_DAY + timedelta(days=later)
        if number > 1:
            changed = {f"c{chance.randrange(30)}" for _ in range(2)}
            acts += [(customer, "b1", as_of, 1) for customer in sorted(changed)]
        write_day(kept, number, as_of, acts, changed)
        anew = warehouse()
        write_day(anew, 1, as_of, acts, set())
        for model in KEPT:
            rows = f"select {'*' if model.endswith('states') else '* exclude (_batch)'} from {model}"
            assert kept.rows(rows) == anew.rows(rows)
    # It was not made anew every day: rows of the first day are among those of the last.
    assert kept.rows(
        "select count(distinct _batch) > 4, count(*) filter (_batch = 'build 2') > 0 from int_marts__brand_ranks"
    ) == [(True, True)]
