"""cart_abandonment: three hours, three days after the reminder, seven days after the next; ends and edges."""

import random
from collections import Counter

import pytest
from activation_shop import Shop

from dagster_project.activation.scenarios.reading import load_scenarios


@pytest.fixture(autouse=True)
def cart_scenario_alone(shop: Shop) -> None:
    shop.only("cart_abandonment", load_scenarios())


def test_an_hourly_run_lists_the_first_reminder_three_hours_after_the_last_add(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.cart("anna", "2026-01-05 10:30")
    shop.run("2026-01-05", hour=12)
    assert shop.listed() == []
    shop.run("2026-01-05", hour=13)
    assert shop.listed() == [("anna", "reminder_1", "email", "2026-01-05 13:30")]


def test_each_reminder_counts_from_the_send_time_of_the_one_before(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 19:00")  # due 22:00, when the window is closed
    for day, hour in ((5, 21), (5, 22), (9, 7), (9, 8), (9, 9), (16, 8), (16, 9)):
        shop.run(f"2026-01-{day:02d}", hour)
    assert shop.listed("all_scenario_targets") == [
        ("anna", "reminder_1", "email", "2026-01-06 09:00"),
        ("anna", "reminder_2", "line", "2026-01-09 09:00"),
        ("anna", "reminder_3", "email", "2026-01-16 09:00"),
    ]


def test_a_daily_run_alone_lists_it_later(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert shop.listed() == [("anna", "reminder_1", "email", "2026-01-06 09:00")]


def test_a_step_due_in_the_coming_hour_is_listed_ahead_and_no_further(shop: Shop) -> None:
    shop.customer("anna")
    shop.customer("ben")
    shop.cart("anna", "2026-01-05 10:59")
    shop.cart("ben", "2026-01-05 11:00")
    shop.run("2026-01-05", hour=13)
    assert shop.listed() == [("anna", "reminder_1", "email", "2026-01-05 13:59")]


def test_an_order_before_the_reminder_suppresses_it(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.order("anna", "2026-01-05 12:00", channel="store")
    shop.run("2026-01-05")
    assert shop.listed() == []
    assert shop.suppressed() == [("anna", "reminder_1", "purchased")]


def test_an_order_of_a_trial_set_ends_the_cart_too(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00", product="PT")
    shop.order("anna", "2026-01-05 10:00", product="PT", trial=True)
    shop.run("2026-01-05")
    assert shop.suppressed() == [("anna", "reminder_1", "purchased")]


def test_an_order_between_two_reminders_ends_the_rest(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    shop.order("anna", "2026-01-07 12:00")
    for day in (6, 8, 15, 16):
        shop.run(f"2026-01-{day:02d}")
    assert [row[1] for row in shop.listed("all_scenario_targets")] == ["reminder_1"]
    assert shop.suppressed("all_suppressions") == [("anna", "reminder_2", "purchased")]


def test_adds_after_an_order_are_a_new_cart(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.order("anna", "2026-01-05 11:00")
    again = shop.cart("anna", "2026-01-05 12:00", product="P2")
    shop.run("2026-01-05")
    assert shop.con.execute("select trigger, product_id from activation.scenario_targets").fetchall() == [(again, "P2")]
    assert shop.suppressed() == [("anna", "reminder_1", "purchased")]


def test_emptying_the_cart_ends_it(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00", quantity=2)
    shop.cart("anna", "2026-01-05 10:05", "remove_from_cart", quantity=None)
    shop.run("2026-01-05")
    assert shop.listed() == []
    assert shop.suppressed() == [("anna", "reminder_1", "cart_emptied")]


@pytest.mark.parametrize(
    "acts",
    [
        [("add_to_cart", "P1", 1), ("add_to_cart", "P2", 1), ("remove_from_cart", "P1", 1)],
        [("add_to_cart", "P1", 2), ("remove_from_cart", "P1", 1)],
        [
            ("add_to_cart", "P1", 1),
            ("remove_from_cart", "P1", 1),
            ("remove_from_cart", "P1", 1),
            ("add_to_cart", "P1", 1),
        ],
        [("add_to_cart", "P1", 3), ("remove_from_cart", "P1", None), ("add_to_cart", "P1", 1)],
    ],
)
def test_a_cart_with_something_left_in_it_is_not_empty(shop: Shop, acts: list[tuple[str, str, int]]) -> None:
    shop.customer("anna")
    for minute, (action, product, quantity) in enumerate(acts):
        shop.cart("anna", f"2026-01-05 10:{minute:02d}", action, product, quantity)
    shop.run("2026-01-05")
    assert [row[1] for row in shop.listed()] == ["reminder_1"]


def test_the_reminder_names_the_product_added_last_of_those_still_in_the_cart(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00", product="P1")
    last = shop.cart("anna", "2026-01-05 10:01", product="P2")
    shop.cart("anna", "2026-01-05 10:02", "remove_from_cart", product="P2")
    shop.run("2026-01-05")
    rows = shop.con.execute("select trigger, product_id from activation.scenario_targets").fetchall()
    assert rows == [(last, "P1")]


def test_visitors_who_are_no_customers_trigger_nothing(shop: Shop) -> None:
    shop.cart("a-visitor", "2026-01-05 10:00")
    assert shop.run("2026-01-05").scenarios["cart_abandonment"].triggered == 0


def test_acts_after_the_cut_off_are_not_known_yet(shop: Shop) -> None:
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.order("anna", "2026-01-05 14:00")
    shop.run("2026-01-05", hour=13)
    assert [row[1] for row in shop.listed()] == ["reminder_1"]


def test_carts_agree_with_a_walk_through_each_customers_acts(shop: Shop) -> None:
    draw = random.Random(5)
    expected = set()
    for number in range(150):
        name = f"c{number:03d}"
        shop.customer(name)
        cart: Counter[str] = Counter()
        last, emptied = None, False
        for minute in range(draw.randint(1, 12)):
            act, at = draw.choice(["add", "add", "remove", "order"]), f"2026-01-05 10:{minute:02d}"
            product, quantity = draw.choice(["P1", "P2"]), draw.randint(1, 3)
            if act == "order":
                shop.order(name, at)
                if last:
                    expected.add((last, "purchased"))
                cart, last = Counter(), None
            elif act == "add":
                last = shop.cart(name, at, product=product, quantity=quantity)
                cart[product] += quantity
            else:
                shop.cart(name, at, "remove_from_cart", product, quantity)
                cart[product] = max(cart[product] - quantity, 0)
            emptied = not sum(cart.values())
        if last:
            expected.add((last, "cart_emptied" if emptied else "sent"))
    shop.run("2026-01-05")
    rows = shop.con.execute(
        "select trigger, 'sent' from activation.scenario_targets union all"
        " select trigger, reason from activation.suppressions"
    ).fetchall()
    assert {kind for _, kind in expected} == {"sent", "purchased", "cart_emptied"}
    assert sorted(rows) == sorted(expected)
