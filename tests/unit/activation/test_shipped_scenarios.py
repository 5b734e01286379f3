"""The shipped scenarios about one product: story, thanks, care, launch and repeat; times, exits and edges."""

import pytest
from activation_shop import Shop
from scenario_steps import merged, opened, sent

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.reading import load_scenarios


@pytest.fixture(scope="module")
def shipped() -> list[Scenario]:
    return load_scenarios()


def runs(shop: Shop, *days: str) -> None:
    for day in days:
        shop.run(day)


def buys(shop: Shop, name: str, at: str, *products: str) -> None:
    """One order of these products, as its lines and as the acts of touchpoints."""
    first, *others = products or ("P1",)
    order = shop.order(name, at, product=first)
    for line, product in enumerate(others, start=2):
        shop.con.execute(
            "insert into core.order_items select order_id, ?, customer_id, ordered_at, products.product_id,"
            " products.brand_id, 1000, true from core.orders inner join staging.stg_products as products"
            " on products.product_id = ? where order_id = ?",
            [line, product, order],
        )
    for product in (first, *others):
        shop.act(name, at, "purchase", product_id=product, order_id=order)


def about(shop: Shop) -> list[tuple[str, str, str]]:
    """(customer, product, send time in Tokyo) of all runs' rows to send that still stand."""
    return shop.con.execute(
        "select customer_id, product_id, strftime(send_at + interval 9 hours, '%Y-%m-%d %H:%M')"
        " from activation.all_scenario_targets where not holdout and withdrawn is null"
        " order by send_at, customer_id, product_id"
    ).fetchall()


def test_each_product_is_told_once_a_day_after_its_first_view(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("product_story", shipped)
    shop.customer("anna")
    shop.act("anna", "2025-02-01 10:00", "product_view", product_id="P3")  # known for long
    for product, at in (("P1", "10:00"), ("P1", "11:00"), ("P3", "12:00"), ("P2", "21:30")):
        shop.act("anna", f"2026-01-05 {at}", "product_view", product_id=product)
    runs(shop, "2026-01-05")
    shop.act("anna", "2026-01-06 10:00", "product_view", product_id="P1")
    runs(shop, "2026-01-06")
    # Half past nine in the evening is after the send window.
    assert about(shop) == [("anna", "P1", "2026-01-06 10:00"), ("anna", "P2", "2026-01-07 09:00")]


def test_no_story_of_a_product_that_was_bought_meanwhile(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("product_story", shipped)
    for name, product in (("same", "P1"), ("other", "P2"), ("late", "P1")):
        shop.customer(name)
        shop.act(name, f"2026-01-05 {'21:30' if name == 'late' else '10:00'}", "product_view", product_id="P1")
        shop.order(name, f"2026-01-{'06' if name == 'late' else '05'} 15:00", product=product)
    runs(shop, "2026-01-05")
    assert shop.suppressed() == [("same", "story", "purchased")]
    runs(shop, "2026-01-06")
    # Listed ahead for the morning of the 7th, and bought on the 6th: withdrawn.
    assert about(shop) == [("other", "P1", "2026-01-06 10:00")]


def test_an_opt_out_between_the_view_and_the_story(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("product_story", shipped)
    shop.customer("anna")
    shop.act("anna", "2026-01-05 21:30", "product_view", product_id="P1")
    runs(shop, "2026-01-05")
    assert about(shop) == [("anna", "P1", "2026-01-07 09:00")]
    shop.con.execute("update insights.customers set consent_email = false")
    runs(shop, "2026-01-06")
    assert about(shop) == []
    assert shop.con.execute("select withdrawn from activation.all_scenario_targets").fetchall() == [("consent",)]


def test_thanks_are_for_who_opened_the_story_of_a_product_and_then_bought_it(
    shop: Shop, shipped: list[Scenario]
) -> None:
    shop.scenarios = [one for one in shipped if one.id in ("product_story", "product_thanks")]
    for name in ("anna", "unread", "other", "early"):
        shop.customer(name)
        for product in ("P1", "P2") if name == "anna" else ("P1",):
            shop.act(name, "2026-01-01 10:00", "product_view", product_id=product)
    runs(shop, "2026-01-01")
    for name in ("anna", "other", "early"):
        opened(shop, name, "2026-01-04 12:00", "story", scenario_id="product_story", product="P1")
    buys(shop, "early", "2026-01-04 11:00", "P1")
    # P1 is not the first line of the order, and the story of P2 was not opened.
    buys(shop, "anna", "2026-01-05 12:00", "P2", "P1")
    buys(shop, "unread", "2026-01-05 12:00", "P1")
    buys(shop, "other", "2026-01-05 12:00", "P2")
    runs(shop, "2026-01-07")
    thanks = [row for row in about(shop) if row[2] > "2026-01-03"]
    assert thanks == [("anna", "P1", "2026-01-08 12:00")]


@pytest.mark.parametrize(
    ("bought", "eve", "cared"), [("2025-08-31", "2026-02-27", "2026-02-28"), ("2027-08-31", "2028-02-28", "2028-02-29")]
)
def test_half_a_year_from_31_august_is_the_end_of_february(
    shop: Shop, shipped: list[Scenario], bought: str, eve: str, cared: str
) -> None:
    shop.only("product_care", shipped)
    shop.customer("anna")
    buys(shop, "anna", f"{bought} 12:00", "P1", "P2")
    runs(shop, eve, cared)
    assert about(shop) == [("anna", "P1", f"{cared} 12:00"), ("anna", "P2", f"{cared} 12:00")]


def test_care_counts_from_the_last_time_the_product_was_bought(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("product_care", shipped)
    shop.customer("anna")
    buys(shop, "anna", "2025-08-31 12:00", "P1", "P2")
    buys(shop, "anna", "2025-11-30 12:00", "P1")
    runs(shop, "2026-02-27", "2026-05-29")
    assert about(shop) == [("anna", "P2", "2026-02-28 12:00"), ("anna", "P1", "2026-05-30 12:00")]
    assert shop.suppressed("all_suppressions") == [("anna", "care", "purchased")]


def test_opt_outs_and_merges_of_the_half_year_before_care_count(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("product_care", shipped)
    for name, day in (("anna", "01"), ("ben", "10"), ("out", "01")):
        shop.customer(name)
        buys(shop, name, f"2025-09-{day} 12:00", "P1")
    merged(shop, "anna", "ben")  # bought it twice, as is known now
    shop.con.execute("update insights.customers set consent_email = false where customer_id = 'out'")
    runs(shop, "2026-02-28", "2026-03-09")
    assert shop.suppressed("all_suppressions") == [("ben", "care", "purchased"), ("out", "care", "consent")]
    assert about(shop) == [("ben", "P1", "2026-03-10 12:00")]


def test_a_launch_and_a_week_later_its_voices_to_the_brands_buyers(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("new_from_brand", shipped)
    shop.con.execute("update staging.stg_products set launched_on = '2026-01-06' where product_id = 'P2'")
    for name, product, at in (
        ("anna", "P1", "2025-01-07"),
        ("opener", "P1", "2025-12-01"),
        ("buys_it", "P1", "2025-12-01"),
        ("early", "P1", "2025-12-01"),
        ("has_it", "P2", "2026-01-05"),
        ("of_others", "P9", "2025-12-01"),
        ("long_ago", "P1", "2025-01-05"),
    ):
        shop.customer(name)
        shop.order(name, f"{at} 12:00", product=product)
    runs(shop, "2026-01-05")
    told = ["anna", "buys_it", "early", "opener"]
    assert shop.listed("all_scenario_targets") == [(name, "launch", "email", "2026-01-06 09:00") for name in told]
    opened(shop, "opener", "2026-01-06 12:00", "launch", scenario_id="new_from_brand")
    shop.order("early", "2026-01-06 08:00", product="P2")  # after it was listed, before it was sent
    shop.order("buys_it", "2026-01-10 12:00", product="P2")
    shop.order("opener", "2026-01-10 12:00", product="P1")
    runs(shop, "2026-01-12")
    assert shop.listed() == [
        ("anna", "voices", "line", "2026-01-13 09:00"),
        ("opener", "voices", "email", "2026-01-13 09:00"),
    ]
    assert {row[1] for row in about(shop)} == {"P2"}
    assert shop.suppressed() == [("buys_it", "voices", "purchased"), ("early", "voices", "purchased")]


def test_one_launch_in_two_weeks(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("new_from_brand", shipped)
    shop.customer("anna")
    shop.order("anna", "2025-12-01 12:00")
    for product, day in (("P2", "2026-01-06"), ("P3", "2026-01-19"), ("P4", "2026-01-20")):
        shop.con.execute("delete from staging.stg_products where product_id = ?", [product])
        shop.con.execute(
            "insert into staging.stg_products (product_id, brand_id, is_trial, launched_on) values (?, 'B1', false, ?)",
            [product, day],
        )
    runs(shop, "2026-01-05", "2026-01-18", "2026-01-19")
    # The launch of the 19th is no trigger; that of the 20th is two weeks after the first.
    assert about(shop) == [("anna", "P2", "2026-01-06 09:00"), ("anna", "P4", "2026-01-20 09:00")]
    assert shop.suppressed("all_suppressions") == [("anna", "voices", "expired")]


def test_a_week_before_a_product_bought_twice_is_used_up(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("repeat_reminder", shipped)
    for name, orders in {
        "anna": ("2025-11-01", "2025-12-12"),  # used up after 30 days, on 11 January
        "once": ("2025-12-12",),
        "again": ("2025-11-01", "2025-12-12", "2025-12-30"),
    }.items():
        shop.customer(name)
        for day in orders:
            shop.order(name, f"{day} 10:00", product="P1")
    runs(shop, "2026-01-03", "2026-01-21")
    assert about(shop) == [("anna", "P1", "2026-01-04 10:00"), ("again", "P1", "2026-01-22 10:00")]
    assert shop.suppressed("all_suppressions") == []


def test_what_lasts_no_longer_than_a_week_is_not_said_to_run_out_on_the_next_morning(
    shop: Shop, shipped: list[Scenario]
) -> None:
    shop.only("repeat_reminder", shipped)
    shop.customer("anna")
    for product, days in (("P1", 7), ("P2", 6), ("P3", 8)):
        shop.con.execute("update staging.stg_products set replenishment_days = ? where product_id = ?", [days, product])
        for at in ("2025-12-05 10:00", "2026-01-05 10:00"):
            shop.order("anna", at, product=product)
    runs(shop, "2026-01-05")
    assert about(shop) == [("anna", "P3", "2026-01-06 10:00")] and shop.suppressed() == []


def test_a_product_bought_again_before_its_reminder_went_out_and_by_two_who_are_one(
    shop: Shop, shipped: list[Scenario]
) -> None:
    shop.only("repeat_reminder", shipped)
    for name, day in (("anna", "2025-11-01"), ("ben", "2025-12-12"), ("late", "2025-11-01"), ("late", "2025-12-12")):
        if name != "late" or day == "2025-11-01":
            shop.customer(name)
        shop.order(name, f"{day} 20:30", product="P1")
    merged(shop, "anna", "ben")
    runs(shop, "2026-01-03")
    assert about(shop) == [("ben", "P1", "2026-01-05 09:00"), ("late", "P1", "2026-01-05 09:00")]
    shop.order("late", "2026-01-04 12:00", product="P1")
    runs(shop, "2026-01-04")
    assert about(shop) == [("ben", "P1", "2026-01-05 09:00")] and len(sent(shop)) == 2
