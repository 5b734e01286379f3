"""Section 2 of the contract on hand-made sources: what counts as what.

The rows stand in `planted.py` and `planted_orders.py`; here stands what must come of them.
"""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.conftest import Shop
from tests.pipeline.handmade import customer, who


def purchases(shop: Shop, order_id: str) -> list[tuple]:
    """(source, source_key, product, brand, first line, amount) of an order's touchpoints."""
    return shop.query(
        "select source, source_key, product_id, brand_id, is_first_line, amount from marts.touchpoints"
        " where order_id = ? and action in ('purchase', 'return') order by source_key",
        [order_id],
    )


def test_what_counts_as_an_order(planted_shop: Shop) -> None:
    rows = planted_shop.query(
        "select order_id, is_counted, is_trial, is_return, net_amount from marts.orders where customer_id = ?"
        " order by order_id",
        [customer(planted_shop, "m-orders")[0]],
    )
    assert rows == [
        ("ec:o-cancelled", False, False, False, 0),
        ("ec:o-lineless", True, False, False, 700),
        ("ec:o-mixed", True, False, False, 900),
        ("ec:o-paid", True, False, False, 1000),
        ("ec:o-part", True, False, False, 800),
        ("ec:o-refunded", False, False, False, 0),
        ("ec:o-trial", False, True, False, 500),
        ("ec:o-zero", True, False, False, 0),
        ("store:r-back", False, False, True, -300),
        ("store:r-back-2", False, False, True, -50),
        ("store:r-sold", True, False, False, 400),
    ]


def test_gifts_and_subscriptions_are_orders_like_others(planted_shop: Shop) -> None:
    rows = planted_shop.query(
        "select order_id, is_counted, is_gift, is_subscription from marts.orders where customer_id = ?"
        " and (is_gift or is_subscription) order by order_id",
        [customer(planted_shop, "m-orders")[0]],
    )
    assert rows == [("ec:o-mixed", True, False, True), ("ec:o-paid", True, True, False)]


def test_a_customer_sums_his_orders(planted_shop: Shop) -> None:
    assert customer(
        planted_shop,
        "m-orders",
        "orders, net_sales, average_order_value, gift_orders, frequency, has_ec, has_store,"
        " has_web, first_order_at, last_order_at, card_nos, favourite_brand_id",
    ) == (
        6,
        Decimal(3950),
        Decimal("633.33"),
        1,
        6,
        True,
        True,
        False,
        datetime(2026, 3, 10, 3),
        datetime(2026, 3, 12, 9),
        ["c-orders"],
        "b1",
    )
    assert planted_shop.query(
        "select frequency, frequency_band, net_sales from marts.rf_customers where customer_id = ?",
        [customer(planted_shop, "m-orders")[0]],
    ) == [(6, "6+", Decimal(3950))]


def test_an_order_gives_a_touchpoint_per_line(planted_shop: Shop) -> None:
    assert purchases(planted_shop, "ec:o-paid") == [
        ("ec_order_items", "o-paid:1", "p1", "b1", True, 600),
        ("ec_order_items", "o-paid:2", "p2", "b2", False, 400),
    ]
    assert purchases(planted_shop, "ec:o-lineless") == [("ec_orders", "o-lineless", None, None, True, 700)]
    assert purchases(planted_shop, "store:r-sold") == [("pos_receipt_items", "r-sold:1", "p1", "b1", True, 400)]
    assert purchases(planted_shop, "store:r-back") == [("pos_receipt_items", "r-back:1", "p1", "b1", True, -300)]
    assert purchases(planted_shop, "ec:o-cancelled") == purchases(planted_shop, "ec:o-refunded") == []
    actions = dict(
        planted_shop.query(
            "select source_key, action from marts.touchpoints where source_key in ('r-back:1', 'r-sold:1')"
        )
    )
    assert actions == {"r-back:1": "return", "r-sold:1": "purchase"}


def test_days_are_days_of_tokyo_and_later_rows_wait(planted_shop: Shop) -> None:
    shown = {
        order_id
        for (order_id,) in planted_shop.query("select order_id from marts.orders where order_id like 'ec:o-day%'")
    }
    assert shown == {"ec:o-day-last-second", "ec:o-day-last-second-utc", "ec:o-day-first-second-utc"}
    assert planted_shop.query("select value from marts.kpi_daily where day = '2026-03-31' and metric = 'orders'") == [
        (3,)
    ]
    assert customer(planted_shop, "m-day-tomorrow", "orders, last_order_at, rf_segment") == (0, None, None)
    assert planted_shop.query("select count(*) from marts.customers where list_contains(member_ids, 'm-tomorrow')") == [
        (0,)
    ]
    for mart, column in (
        ("touchpoints", "occurred_at"),
        ("orders", "ordered_at"),
        ("customers", "first_seen_at"),
        ("visitors", "last_seen_at"),
        ("kpi_daily", "day"),
        ("score_ledger", "occurred_at"),
    ):
        [(latest,)] = planted_shop.query(f"select cast(max({column}) as timestamp) from marts.{mart}")
        assert latest < datetime(2026, 3, 31, 15), mart


@pytest.mark.parametrize(
    ("touchpoint", "brand_id", "product_id"),
    [
        ("web_events:w-product", "b1", "p1"),
        ("web_events:w-code", "b1", "p1"),
        ("web_events:w-content", "b2", None),
        ("web_events:w-content-product", "b1", None),
        ("web_events:w-none", None, None),
        ("pos_receipt_items:r-brand:1", "b2", "p2"),
        ("pos_receipts:r-store-brand", "b3", None),
        ("store_visits:y1", "b3", None),
        ("social_actions:a1", "b2", None),
        ("reviews:r1", "b2", "p2"),
    ],
)
def test_brand_is_the_products_else_the_contents_else_the_stores(
    planted_shop: Shop, touchpoint: str, brand_id: str | None, product_id: str | None
) -> None:
    assert planted_shop.query(
        "select brand_id, product_id from marts.touchpoints where touchpoint_id = ?", [touchpoint]
    ) == [(brand_id, product_id)]


def test_actions_and_channels(planted_shop: Shop) -> None:
    rows = dict(
        planted_shop.query(
            "select touchpoint_id, action from marts.touchpoints"
            " where source in ('store_visits', 'social_actions', 'reviews', 'survey_answers', 'message_events')"
        )
    )
    assert rows == {
        "store_visits:y1": "visit",
        "store_visits:y2": "visit",
        "store_visits:y3": "reservation",
        "store_visits:y4": "visit",
        "social_actions:a1": "like",
        "social_actions:a2": "follow",
        "reviews:r1": "review",
        "survey_answers:q1": "survey",
        "message_events:n1": "message_unsubscribed",
        "message_events:n2": "message_unsubscribed",
        "message_events:n3": "message_complained",
        "message_events:n4": "message_opened",
        "message_events:n5": "message_unsubscribed",
    }
    [(purchases_on_web,)] = planted_shop.query(
        "select count(*) from marts.touchpoints where source = 'web_events' and action = 'purchase'"
    )
    assert purchases_on_web == 0  # the order gives them


def test_a_cart_is_open_until_an_order_or_emptying_ends_it(planted_shop: Shop) -> None:
    carts = {
        name: customer(planted_shop, f"m-cart-{name}", "cart_open")[0]
        for name in ("open", "bought", "emptied", "again")
    }
    assert carts == {"open": True, "bought": False, "emptied": False, "again": True}


def test_receipts_without_a_card_are_in_the_figures_and_nobodys(planted_shop: Shop) -> None:
    assert planted_shop.query("select customer_id, net_amount from marts.orders where order_id = 'store:r-nobody'") == [
        (None, 9000)
    ]
    [(sales,)] = planted_shop.query(
        "select value from marts.kpi_daily where day = '2026-03-12' and metric = 'net_sales'"
    )
    assert sales == 9000 + 400 - 300 - 50 + 100 + 100 + 100
    [(total,)] = planted_shop.query("select sum(value) from marts.kpi_daily where metric = 'net_sales'")
    assert planted_shop.query("select sum(net_amount) from marts.orders") == [(total,)]
    [(in_rf,)] = planted_shop.query("select sum(net_sales) from marts.rf_customers")
    assert planted_shop.query("select sum(net_amount) from marts.orders where customer_id is not null") == [(in_rf,)]


def test_visits_are_check_ins_and_counselling(planted_shop: Shop) -> None:
    rows = planted_shop.query(
        "select visits, orders, has_store, days_since_last_visit from marts.customers"
        " where list_contains(card_nos, 'c-visits')"
    )
    assert rows == [(2, 1, True, 25)]
    assert who(planted_shop, "store_visits:y4") is None


def test_coverage_counts_rows_of_somebody_and_of_somebody_seen_elsewhere(planted_shop: Shop) -> None:
    shares = {
        source: (identified, unified)
        for source, identified, unified in planted_shop.query(
            "select source, identified_share, unified_share from marts.source_coverage"
        )
    }
    receipts = planted_shop.query("select count(*), count(customer_id) from marts.orders where channel = 'store'")
    assert shares["pos_receipts"][0] == receipts[0][1] / receipts[0][0]
    assert shares["store_visits"] == (0.75, 0.75)
    assert shares["reviews"] == (1, 1)
    assert shares["social_actions"] == (1, 0.5)  # LINE user U-only is known from nowhere else


def test_coverage_says_where_a_source_is_used(planted_shop: Shop) -> None:
    used_by = {
        source: set(filter(None, marts.split(",")))
        for source, marts in planted_shop.query("select source, used_by from marts.source_coverage")
    }
    assert {"orders", "rf_matrix", "rf_transitions", "kpi_daily", "customers", "scenario_targets"} <= used_by[
        "ec_orders"
    ]
    # What only tells who is who is not said to be in every mart.
    assert "rf_matrix" not in used_by["web_events"] | used_by["members"] | used_by["privacy_requests"]
    assert {"touchpoints", "brand_ranks", "growth_map"} <= used_by["web_events"]
    assert {"customers", "scenario_targets"} <= used_by["privacy_requests"]
    assert "rf_matrix" not in used_by["contents"]
