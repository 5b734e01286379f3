"""Products bought that are kept by customer are those of a table built whole, while orders come, go and wait."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Models

FIRST_DAY = date(2026, 3, 25)
KEPT = "int_insights__customer_products"

Line = tuple[str, str, str, datetime, int, bool]  # order, customer, product, ordered_at, amount, is_counted


def warehouse() -> Models:
    """What the kept table reads, without rows of customers."""
    made = Models()
    made.con.execute(
        "create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);"
        "create table order_items (order_id varchar, customer_id varchar, product_id varchar, ordered_at timestamp,"
        " amount decimal(18, 2), is_counted boolean, brand_id varchar, category varchar, quantity bigint)"
    )
    return made


def write_day(made: Models, number: int, as_of: date, lines: list[Line], changed: set[str]) -> None:
    """The run's day, every line that has landed, and whose orders have come, gone or become visible."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context; delete from order_items")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    made.con.executemany(
        "insert into int_core__changed_customers values (?, ?, ?)",
        [(number, end, customer) for customer in ["", *sorted(changed)]],
    )
    made.con.executemany("insert into order_items values (?, ?, ?, ?, ?, ?, null, null, null)", lines)
    made.build(KEPT)


def bought(chance: random.Random, customer: str, day: date, number: int) -> list[Line]:
    """One order of two lines, of one product or of two."""
    at = datetime.combine(day, time(chance.randrange(24)))
    is_counted = chance.random() < 0.9
    return [
        (f"o{number}", customer, chance.choice(["p1", "p2", "p3"]), at, chance.randrange(1, 9) * 100, is_counted)
        for _ in range(2)
    ]


@pytest.mark.parametrize("seed", range(2))
def test_day_after_day_the_same_as_built_whole(seed: int) -> None:
    chance = random.Random(seed)
    kept = warehouse()
    lines: list[Line] = []
    for number in range(60):
        day = FIRST_DAY - timedelta(days=chance.randrange(-2, 70))
        lines += bought(chance, f"c{chance.randrange(20)}", day, number)
    before = None
    for number in range(1, 7):
        as_of = FIRST_DAY + timedelta(days=number)
        end = datetime.combine(as_of, time(15))
        changed = {customer for _, customer, _, at, *_ in lines if before and before <= at < end}
        if before:
            gone, others = chance.sample(lines, 1)[0], f"c{chance.randrange(20)}"
            lines = [line for line in lines if line[0] != gone[0]] + bought(chance, others, as_of, 100 + number)
            changed |= {gone[1], others}
        before = end
        write_day(kept, number, as_of, lines, changed)
        anew = warehouse()
        write_day(anew, 1, as_of, lines, set())
        assert kept.rows(f"from {KEPT}") == anew.rows(f"from {KEPT}")


def test_only_the_rows_of_changed_customers_are_made_again() -> None:
    kept, at = warehouse(), datetime.combine(FIRST_DAY, time(3))
    lines: list[Line] = [("o1", "c1", "p1", at, 100, True), ("o2", "c2", "p1", at, 100, True)]
    write_day(kept, 1, FIRST_DAY, lines, set())
    kept.con.execute(f"update {KEPT} set orders = 7")
    write_day(kept, 2, FIRST_DAY, lines, {"c1"})
    assert kept.rows(f"select customer_id, orders from {KEPT}") == [("c1", 1), ("c2", 7)]
