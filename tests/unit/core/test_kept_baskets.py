"""Pairs that are counted on from day to day are those counted whole, while days enter and leave the windows."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Crash, Models

FIRST_DAY = date(2026, 3, 1)
MODELS = ("int_marts__basket_items", "int_marts__pair_counts", "int_marts__basket_pairs")
SETTINGS = {"pair_window_days": "30", "backtest_days": "20", "pair_min_together": "1", "pair_max_products": "3"}
PAIRS = "select * from int_marts__basket_pairs"

Order = tuple[str | None, date, tuple[str, ...]]  # customer, day, products


def warehouse(**settings: str) -> Models:
    """What the kept tables read, without rows of orders."""
    made = Models()
    made.con.executemany("insert into run.settings values (?, ?)", list((SETTINGS | settings).items()))
    made.con.execute(
        "create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);"
        "create table order_items (order_id varchar, customer_id varchar, product_id varchar, category varchar,"
        " ordered_at timestamp, is_counted boolean)"
    )
    return made


def write_day(made: Models, number: int, as_of: date, orders: dict[str, Order], changed: set[str] | None) -> None:
    """The run's day, every order up to now, and whose orders have changed; everybody's, where it is none."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context; delete from order_items")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    made.con.executemany(
        "insert into int_core__changed_customers values (?, ?, ?)",
        [(number, end, customer) for customer in ["", *([None] if changed is None else sorted(changed))]],
    )
    lines = [
        (order_id, customer, product, "odd" if product in "ace" else "even", datetime.combine(day, time(3)), True)
        for order_id, (customer, day, products) in orders.items()
        for product in products
    ]
    made.con.executemany("insert into order_items values (?, ?, ?, ?, ?, ?)", lines)


def build(made: Models) -> list[tuple]:
    """The pairs of the day."""
    for model in MODELS:
        made.build(model)
    return made.rows(PAIRS)


def built_whole(as_of: date, orders: dict[str, Order]) -> list[tuple]:
    """The pairs of a warehouse that has never seen another day."""
    anew = warehouse()
    write_day(anew, 1, as_of, orders, None)
    return build(anew)


def an_order(chance: random.Random, day: date) -> Order:
    customer = f"c{chance.randrange(12)}" if chance.random() < 0.8 else None
    return customer, day, tuple(chance.sample("abcdef", chance.randrange(1, 4)))


def test_day_after_day_the_same_as_counted_whole() -> None:
    chance = random.Random(7)
    kept = warehouse()
    orders = {f"o{n}": an_order(chance, FIRST_DAY - timedelta(days=chance.randrange(60))) for n in range(80)}
    number, died = 0, False
    # Days are skipped, so that several leave a window at once; the third run but one is of an earlier day.
    for later in (0, 1, 2, 6, 7, 30, 3, 4, 5):
        number += 1
        as_of = FIRST_DAY + timedelta(days=later)
        changed = set()
        if number > 1:
            given, gone = chance.sample(sorted(orders), 2)
            changed = {orders[given][0], orders[gone][0], "c1"}
            orders[given] = ("c1", *orders[given][1:])
            del orders[gone]
            orders[f"new {number}"] = order = an_order(chance, as_of)
            changed = {customer for customer in {*changed, order[0]} if customer}
        # A customer whose order of a later day has come with the day has changed too.
        changed |= {customer for customer, day, _ in orders.values() if customer and day == as_of}
        write_day(kept, number, as_of, orders, None if later in (0, 3) else changed)
        if later == 2:
            # The items are made, and the run dies before their counts; the next sees others changed.
            kept.build(MODELS[0])
            with pytest.raises(Crash):
                kept.build(MODELS[1], crashes=True)
            died = True
            continue
        assert build(kept) == built_whole(as_of, orders)
        assert kept.rows("select count(*) from run.gone_basket_items") == [(0,)]
    assert died


def test_built_a_second_time_in_a_run_nothing_is_counted_twice() -> None:
    kept = warehouse()
    orders: dict[str, Order] = {"o1": ("c1", FIRST_DAY, ("a", "b")), "o2": ("c2", FIRST_DAY, ("a", "b"))}
    write_day(kept, 1, FIRST_DAY, orders, None)
    first = build(kept)
    assert build(kept) == first
    orders["o3"] = ("c2", FIRST_DAY, ("a", "c"))
    write_day(kept, 2, FIRST_DAY, orders, {"c2"})
    second = build(kept)
    assert second == build(kept) == built_whole(FIRST_DAY, orders)
    assert second != first


def test_items_made_anew_are_counted_anew() -> None:
    kept = warehouse()
    orders: dict[str, Order] = {"o1": ("c1", FIRST_DAY, ("a", "b")), "o2": ("c2", FIRST_DAY, ("a", "b"))}
    write_day(kept, 1, FIRST_DAY, orders, None)
    build(kept)
    kept.con.execute("drop table int_marts__basket_items")
    write_day(kept, 2, FIRST_DAY, orders, set())
    assert build(kept) == built_whole(FIRST_DAY, orders)


def test_a_pair_by_order_and_by_customer() -> None:
    """Two of five orders hold both; one customer more comes to the pair in two orders: by basket 2 of 5, by customer 2
    of 3. An order of before the window makes no pair; an order of nobody is a basket."""
    day = date(2026, 6, 3)
    orders: dict[str, Order] = {
        "o1": ("c1", day, ("a", "b", "a")),
        "o2": ("c2", day, ("a",)),
        "o3": ("c2", day, ("b",)),
        "o4": (None, day, ("a", "b")),
        "o5": ("c3", day, ("a",)),
        "o6": ("c4", day - timedelta(days=30), ("a", "b")),
    }
    made = warehouse()
    write_day(made, 1, day, orders, None)
    build(made)
    figures = "basis, baskets_together, left_baskets, right_baskets, baskets, support, lift"
    assert made.rows(f"select {figures} from int_marts__basket_pairs where level = 'product' and as_of = '{day}'") == [
        ("basket", 2, 4, 3, 5, 2 / 5, 2 * 5 / (4 * 3)),
        ("customer", 2, 3, 2, 3, 2 / 3, 1.0),
    ]
