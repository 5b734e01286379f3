"""The shipped scenarios about stores, seasons, events, second orders and lapsing; times, exits and edges."""

import pytest
from activation_shop import Shop, tokyo
from scenario_steps import merged, opened

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.reading import load_scenarios


@pytest.fixture(scope="module")
def shipped() -> list[Scenario]:
    return load_scenarios()


def runs(shop: Shop, *days: str) -> None:
    for day in days:
        shop.run(day)


def values(shop: Shop, column: str) -> list[str | None]:
    """A column of all runs' rows to send, in the order of their send times."""
    rows = f"select {column} from activation.all_scenario_targets where not holdout order by send_at, customer_id, step"
    return [value for (value,) in shop.con.execute(rows).fetchall()]


def coupons(shop: Shop) -> list[tuple[str, str]]:
    """(customer, store) of the run's rows to send."""
    return shop.con.execute("select customer_id, store_id from activation.scenario_targets order by all").fetchall()


def recommend(shop: Shop, name: str, kind: str, product: str) -> None:
    shop.con.execute("insert into marts.recommendations values (?, ?, ?, 1)", [name, kind, product])


def test_the_second_order_is_followed_after_30_and_60_days(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("second_purchase_follow_up", shipped)
    for name, days in {
        "anna": ("01", "10"),
        "opener": ("02", "10"),
        "buys": ("03", "10"),
        "once": ("10",),
        "third": ("04", "05", "10"),
    }.items():
        shop.customer(name)
        recommend(shop, name, "category", "P9")
        for day in days:
            shop.order(name, f"2026-01-{day} 12:00")
    runs(shop, "2026-02-08")
    assert shop.listed() == [(name, "repeat", "email", "2026-02-09 12:00") for name in ("anna", "buys", "opener")]
    assert shop.suppressed() == [("third", "repeat", "purchased")]
    opened(shop, "opener", "2026-02-09 20:00", "repeat", scenario_id="second_purchase_follow_up")
    shop.order("buys", "2026-02-20 12:00")  # between the two steps
    runs(shop, "2026-03-10")
    assert shop.listed() == [
        ("anna", "series", "line", "2026-03-11 12:00"),
        ("opener", "series", "email", "2026-03-11 12:00"),
    ]
    assert shop.suppressed() == [("buys", "series", "purchased")]
    assert values(shop, "product_id") == ["P1"] * 3 + ["P9"] * 2


def test_two_first_orders_of_who_is_one_person_are_a_first_and_a_second(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("second_purchase_follow_up", shipped)
    for name, day in (("anna", "01"), ("ben", "10")):
        shop.customer(name)
        shop.order(name, f"2026-01-{day} 12:00")
    merged(shop, "anna", "ben")
    runs(shop, "2026-02-08")
    assert shop.listed() == [("ben", "repeat", "email", "2026-02-09 12:00")]


def test_before_a_customer_goes_dormant_and_on_the_day_by_another_channel(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("lapse_prevention", shipped)
    for name, orders in {
        "new": 1,
        "opener": 3,
        "loyal": 6,
        "tries": 0,
        "returns": 1,
        "same_day": 1,
        "early": 1,
        "before": 1,
    }.items():
        shop.customer(name)
        recommend(shop, name, "repeat", "P1")
        recommend(shop, name, "category", "P2")
        for day in range(20 - orders, 20):
            shop.order(name, f"2025-09-{day + 1:02d} 12:00")
    shop.order("tries", "2025-09-20 12:00", trial=True)
    shop.order("before", "2026-01-05 12:00")
    runs(shop, "2026-01-05")
    asked = ["early", "loyal", "new", "opener", "returns", "same_day"]
    # Four months after 20 September is 20 January; two weeks before that is the 6th.
    assert shop.listed() == [(name, "before", "email", "2026-01-06 09:00") for name in asked]
    opened(shop, "opener", "2026-01-06 10:00", "before", scenario_id="lapse_prevention")
    for name, at in (("early", "01-06 08:00"), ("same_day", "01-06 15:00"), ("returns", "01-12 15:00")):
        shop.order(name, f"2026-{at}")
    runs(shop, "2026-01-19")
    assert shop.listed() == [
        ("loyal", "after", "line", "2026-01-20 09:00"),
        ("new", "after", "line", "2026-01-20 09:00"),
        ("opener", "after", "email", "2026-01-20 09:00"),
    ]
    assert shop.suppressed() == [(name, "after", "purchased") for name in ("early", "returns", "same_day")]
    assert values(shop, "product_id") == ["P1"] * 6 + ["P2"] * 3


def test_two_orders_that_lapse_on_the_same_last_day_of_a_month_are_one_case(
    shop: Shop, shipped: list[Scenario]
) -> None:
    shop.only("lapse_prevention", shipped)
    shop.customer("anna")
    for day in ("01", "30", "31"):
        shop.order("anna", f"2025-10-{day} 12:00")
    runs(shop, "2026-02-13", "2026-02-27")  # four months after both the 30th and the 31st is 28 February
    assert shop.listed("all_scenario_targets") == [
        ("anna", "before", "email", "2026-02-14 09:00"),
        ("anna", "after", "line", "2026-02-28 09:00"),
    ]


def test_a_merge_with_who_bought_since_ends_what_prevents_lapsing(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("lapse_prevention", shipped)
    shop.customer("anna")
    shop.customer("ben")
    shop.order("anna", "2025-09-20 12:00")
    runs(shop, "2026-01-05")
    shop.order("ben", "2026-01-10 12:00")
    merged(shop, "anna", "ben")
    runs(shop, "2026-01-19")
    assert shop.suppressed() == [("ben", "after", "purchased")]
    assert shop.listed("all_scenario_targets") == [("anna", "before", "email", "2026-01-06 09:00")]


def test_a_visit_brings_the_coupon_of_its_store_and_again_after_30_days(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("store_coupon", shipped)
    for name in ("anna", "late", "ben"):
        shop.customer(name, consent="", addresses="")  # shown on our own pages
    for name, at, store in (
        ("anna", "2026-01-05 15:00", "S1"),
        ("late", "2026-01-05 15:00", "S1"),
        ("ben", "2026-01-05 16:00", "S3"),
        ("anna", "2026-01-05 18:00", "S3"),
        ("anna", "2026-01-05 19:00", "S1"),
    ):
        shop.act(name, at, "visit", store_id=store)
    shop.act("ben", "2026-01-05 12:00", "page_view", store_id="S1")
    runs(shop, "2026-01-05")
    assert {row[1:] for row in shop.listed()} == {("coupon", "web", "2026-01-06 00:00")}
    assert coupons(shop) == [("anna", "S1"), ("anna", "S3"), ("ben", "S3"), ("late", "S1")]
    merged(shop, "ben", "anna")
    for name, at, store in (
        ("anna", "2026-02-04 15:30", "S1"),
        ("anna", "2026-02-04 17:00", "S3"),  # 30 days after what was ben's, but not after her own
        ("late", "2026-02-04 14:59", "S1"),
        ("late", "2026-02-04 14:59", "S2"),  # another store has another coupon
    ):
        shop.act(name, at, "visit", store_id=store)
    runs(shop, "2026-02-04")
    assert coupons(shop) == [("anna", "S1"), ("late", "S2")]
    assert shop.suppressed("all_suppressions") == []


def test_a_stores_regular_is_thanked_once(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("vip_thanks", shipped)
    badge = "insert into marts.badges values (?, ?, ?)"
    for name, badge_id in (("anna", "store_regular"), ("ben", "vision_reader")):
        shop.customer(name, consent="", addresses="")
        shop.con.execute(badge, [name, badge_id, tokyo("2026-01-05 18:30")])
    runs(shop, "2026-01-05")
    assert shop.listed() == [("anna", "banner", "web", "2026-01-06 00:00")]
    shop.con.execute("delete from marts.badges")
    merged(shop, "anna", "ben")  # whose visits together make the badge anew, at another time
    shop.con.execute(badge, ["ben", "store_regular", tokyo("2026-04-06 18:30")])
    runs(shop, "2026-04-05", "2026-04-06")  # longer ago than runs look back for other scenarios
    assert values(shop, "trigger") == ["badge:store_regular"] and shop.suppressed() == []


def test_gifts_of_the_new_season_are_shown_to_whom_one_is_recommended(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("gift_season", shipped)
    for name, kind in (("anna", "seasonal"), ("ben", "repeat"), ("late", "repeat")):
        shop.customer(name)
        recommend(shop, name, kind, "P1")
    runs(shop, "2026-04-14")
    assert shop.listed() == []  # what is recommended on the eve is still for the season that ends
    shop.con.execute("update marts.recommendations set product_id = 'P3'")
    runs(shop, "2026-04-15", "2026-04-16")
    recommend(shop, "late", "seasonal", "P3")
    runs(shop, "2026-04-19")
    assert shop.listed("all_scenario_targets") == [("anna", "gifts", "email", "2026-04-16 09:00")]
    assert values(shop, "product_id") == ["P3"] and values(shop, "trigger") == ["season:mothers_day:2026"]
    assert shop.suppressed("all_suppressions") == []


def test_new_year_is_no_season_of_gifts(shop: Shop, shipped: list[Scenario]) -> None:
    shop.only("gift_season", shipped)
    shop.customer("anna")
    recommend(shop, "anna", "seasonal", "P1")
    runs(shop, "2026-01-01")
    assert shop.listed() == [] and shop.suppressed() == []


def test_an_event_is_for_who_knows_the_vision_and_by_line_where_the_invitation_was_not_opened(
    shop: Shop, shipped: list[Scenario]
) -> None:
    shop.only("event_invitation", shipped)
    for name, badge, points in (
        ("anna", "vision_reader", (10, 12, 8)),
        ("opener", "vision_reader", (1, 1, 1)),
        ("no_badge", "store_regular", (10, 12, 8)),
        ("of_one_side", "vision_reader", (0, 0, 30)),
        ("unknown", "vision_reader", (None, None, None)),
    ):
        shop.customer(name)
        shop.con.execute("insert into marts.badges values (?, ?, ?)", [name, badge, tokyo("2025-06-01 10:00")])
        shop.con.execute(
            "update insights.customers set score_product = ?, score_lifestyle = ?, score_lifestance = ?"
            " where customer_id = ?",
            [*points, name],
        )
    shop.con.execute(
        "insert into staging.stg_campaigns values ('C1', 'store_event', 'S1', 'B1', '2026-01-20'),"
        " ('C2', 'coupon', 'S2', 'B1', '2026-01-20')"
    )
    runs(shop, "2026-01-05")
    assert shop.listed() == [(name, "invitation", "email", "2026-01-06 09:00") for name in ("anna", "opener")]
    assert values(shop, "campaign_id || ':' || store_id") == ["C1:S1"] * 2
    opened(shop, "opener", "2026-01-08 10:00", "invitation", scenario_id="event_invitation")
    runs(shop, "2026-01-12")
    assert shop.listed() == [("anna", "reminder", "line", "2026-01-13 09:00")]
    assert shop.suppressed("all_suppressions") == [("opener", "reminder", "opened_already")]
