"""Kept tables of ranks, journeys and orders are those built whole, while days leave windows and months turn."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Crash, Models

FIRST_DAY = date(2026, 3, 25)
MEASURES = ("purchases", "reviews", "interest_acts", "views", "visits", "social_acts", "touches")
RULES = [("recent", 1, "A", 1, None, 20), ("often", 2, "B", None, 3, None), ("any", 3, "E", None, 1, None)]
STAGES = [("touched", 1, "aware", None, 1), ("bought", 2, "purchased", 1, None), ("again", 3, "repeated", 2, None)]
KEPT = (
    "int_marts__brand_rank_spells",
    "int_marts__brand_spell_counts",
    "int_marts__brand_ranks",
    "int_marts__brand_group_ranks",
    "brand_pyramid",
    "brand_pyramid_history",
    "int_marts__brand_journeys",
    "int_marts__rf_states",
    "int_marts__order_steps",
)

WHEN = ("_batch", "change_no", "made_on", "place_before")

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
        f"create table journey_rules as select *, {empty} from (values"
        + ", ".join(str(stage).replace("None", "null") for stage in STAGES)
        + ") as rules (rule_id, position, stage, min_purchases, min_touches);"
        "insert into run.settings values ('rank_window_days', '40');"
        "create table persons (customer_id varchar, is_visitor boolean);"
        "create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);"
        f"create table int_marts__brand_days (customer_id varchar, brand_id varchar, occurred_on date, {numbers});"
        "create table int_marts__brand_group_days"
        f" (customer_id varchar, group_id varchar, occurred_on date, {numbers});"
        "create table orders (customer_id varchar, order_id varchar, ordered_on date, ordered_at timestamp,"
        " channel varchar, is_counted boolean, is_trial boolean, is_return boolean, net_amount decimal(18, 2))"
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
        "insert into orders values (?, ?, ?, ?, 'ec', true, false, false, 100)",
        [
            (customer, f"{customer} {brand} {day}", day, datetime.combine(day, time(3)))
            for customer, brand, day, purchases in acts
            if purchases
        ],
    )
    for model in ("int_marts__as_of_days", "int_marts__changed_brand_days", *KEPT):
        made.build(model)


def rows_of(made: Models, model: str) -> list[tuple]:
    """What the model says, but for what depends on the run that said it."""
    return made.rows(f"select columns(lambda name: name not in {WHEN}) from {model}")


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
            acts += [(customer, "b2", as_of - timedelta(days=45), 0) for customer in sorted(changed)]  # come late
            acts = list({act[:3]: act for act in acts}.values())
        write_day(kept, number, as_of, acts, changed)
        anew = warehouse()
        write_day(anew, 1, as_of, acts, set())
        for model in KEPT:
            assert rows_of(kept, model) == rows_of(anew, model), model
        assert kept.rows("from run.spell_counts_due") == []
    # It was not made anew every day: rows of the first day are among those of the last.
    assert kept.rows(
        "select count(distinct _batch) > 4, count(*) filter (change_no = 1) > 0 from int_marts__brand_ranks"
    ) == [(True, True)]
    assert kept.rows("select count(distinct _batch) > 4 from int_marts__brand_journeys") == [(True,)]


def test_spells_whose_counts_died_are_counted_in_the_next_run() -> None:
    kept, acts = warehouse(), [("c1", "b1", FIRST_DAY, 1), ("c2", "b1", FIRST_DAY, 0)]
    write_day(kept, 1, FIRST_DAY, acts, set())
    acts.append(("c2", "b1", FIRST_DAY - timedelta(days=30), 1))
    kept.con.execute(
        "insert into int_core__changed_customers values (2, ?, '')", [datetime.combine(FIRST_DAY, time(15))]
    )
    kept.con.execute(
        "insert into int_core__changed_customers select 2, max(as_of_end_at), 'c2' from int_core__changed_customers"
    )
    kept.con.execute("delete from int_marts__brand_days where customer_id = 'c2'")
    kept.build("int_marts__changed_brand_days")
    kept.build("int_marts__brand_rank_spells")
    with pytest.raises(Crash):
        kept.build("int_marts__brand_spell_counts", crashes=True)
    write_day(kept, 3, FIRST_DAY, acts, {"c2"})
    anew = warehouse()
    write_day(anew, 1, FIRST_DAY, acts, set())
    for model in KEPT:
        assert rows_of(kept, model) == rows_of(anew, model), model
    # A table of counts that is gone is counted from the spells, whatever is due.
    kept.con.execute(
        "drop table int_marts__brand_spell_counts; insert into run.spell_counts_due (brand_id) values ('b1')"
    )
    kept.build("int_marts__brand_spell_counts")
    assert rows_of(kept, "int_marts__brand_spell_counts") == rows_of(anew, "int_marts__brand_spell_counts")
