"""Sections 1 and 2 of the contract on hand-made sources: what becomes of rows, and what counts as what.

The rows stand in `planted.py`; here stands what must come of them.
"""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.pipeline import planted
from tests.conftest import Shop
from tests.pipeline.handmade import Sources, open_shop, warehouse


def purchases(shop: Shop, order_id: str) -> list[tuple]:
    """(source, source_key, product, brand, first line, amount) of an order's touchpoints."""
    return shop.query("select source, source_key, product_id, brand_id, is_first_line, amount from marts.touchpoints"
                      " where order_id = ? and action in ('purchase', 'return') order by source_key", [order_id])


def who(shop: Shop, touchpoint_id: str) -> str | None:
    [(customer_id,)] = shop.query("select customer_id from marts.touchpoints where touchpoint_id = ?", [touchpoint_id])
    return customer_id


def customer(shop: Shop, member_id: str, columns: str = "customer_id") -> tuple:
    [row] = shop.query(f"select {columns} from marts.customers where list_contains(member_ids, ?)", [member_id])
    return row


# --- rows ---


def test_every_landed_row_is_explained(planted_shop: Shop) -> None:
    sources = planted.shop()
    with warehouse(planted_shop) as con:
        accounts = con.execute("select * from staging.row_accounts order by source").fetchall()
        landed = {row[0]: row[1] for row in accounts}
    assert len(accounts) == 20
    assert landed == {source: sources.rows(source) for source in landed}
    for source, rows, staged, duplicates, superseded, quarantined in accounts:
        assert rows == staged + duplicates + superseded + quarantined, source
    by_source = {row[0]: row[2:] for row in accounts}
    assert by_source["members"] == (sources.rows("members") - 3, 0, 1, 2)
    assert by_source["web_events"] == (sources.rows("web_events") - 4, 2, 0, 2)
    assert by_source["ec_orders"] == (sources.rows("ec_orders") - 4, 0, 1, 3)
    assert dict(planted_shop.query("select source, rows from marts.source_coverage")) == landed
    assert dict(planted_shop.query("select source, quarantined from marts.source_coverage where quarantined > 0")) == {
        "members": 2, "web_events": 2, "ec_orders": 3}


def test_quarantine_names_file_line_column_reason_and_the_row(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        rows = con.execute("select source, file_name, _line_no, column_name, reason, row_json from staging.quarantine"
                           " order by source, file_name, _line_no").fetchall()
    assert [(source, line, column) for source, _, line, column, _, _ in rows] == [
        ("ec_orders", 2, "status"), ("ec_orders", 3, "total_amount"), ("ec_orders", 4, "order_id"),
        ("members", 2, "registered_at"), ("members", 3, "registered_at"),
        ("web_events", _line_of("w-zap"), "event_name"), ("web_events", _line_of("w-nobody"), "visitor_id")]
    assert all(reason and file_name for _, file_name, _, _, reason, _ in rows)
    assert '"m-bad-date"' in rows[4][5]
    assert '"2026-02-30"' in rows[4][5]


def _line_of(event_id: str) -> int:
    rows = planted.shop().files["web_events", "01.csv"].rows
    return 2 + [row["event_id"] for row in rows].index(event_id)


def test_unreadable_optional_values_become_null_and_are_counted(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        warnings = {(source, column): rows for source, column, _, rows in
                    con.execute("select source, column_name, problem, rows from staging.staging_warnings").fetchall()}
        kept = con.execute("select email, phone, gender, birth_date, email_opt_in, postal_code, prefecture, address"
                           " from staging.stg_members where member_id = 'm-warn'").fetchall()
    assert warnings == {("members", column): 1 for column in ("email", "phone", "gender", "birth_date", "email_opt_in")} | {
        ("web_events", "quantity"): 1, ("web_events", "email"): 1}
    assert kept == [(None, None, None, None, None, "SW1A 1AA", "Greater London", "10 Downing St")]
    assert customer(planted_shop, "m-warn", "gender, age_band, prefecture, consent_email") == (None, None, "Greater London", False)


def test_every_format_and_encoding_is_read(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        rows = con.execute("select member_id, email, phone, last_name, prefecture, birth_date, gender, registered_at, email_opt_in,"
                           " sms_opt_in from staging.stg_members where member_id in ('007', 'm-bom', '8', '9') order by 1").fetchall()
    new_year = datetime(2025, 1, 1)
    assert rows == [
        ("007", "cp932@example.jp", "+819011110001", "髙橋", "東京都", date(1985, 4, 1), "female", new_year, True, False),
        ("8", "jsonl@example.jp", None, None, None, None, None, new_year, True, None),
        ("9", "parquet@example.jp", None, None, None, date(2010, 5, 5), None, new_year, False, True),
        ("m-bom", "bom@example.jp", "+819011110002", "髙橋", "東京都", date(1985, 3, 31), "male", new_year, True, False)]
    assert customer(planted_shop, "007", "gender, age_band, prefecture, consent_email, consent_sms, consent_dm, consent_line") == (
        "female", "40s", "東京都", True, False, True, False)
    assert customer(planted_shop, "m-bom", "age_band") == ("40s",)  # the day after his birthday is not needed
    assert customer(planted_shop, "9", "age_band, orders, net_sales, gift_orders") == ("10s", 1, Decimal(1234), 1)
    assert planted_shop.query("select ordered_at from marts.orders where order_id = 'ec:o-parquet'") == [
        (datetime(2026, 3, 1, 0, 30),)]


def test_the_first_landed_event_and_the_newest_version_win(planted_shop: Shop) -> None:
    assert planted_shop.query("select occurred_at from marts.touchpoints where source_key = 'w-twice'") == [
        (datetime(2026, 2, 28, 15),)]
    assert customer(planted_shop, "m-version", "member_rank") == ("gold",)


# --- what counts ---


def test_what_counts_as_an_order(planted_shop: Shop) -> None:
    rows = planted_shop.query(
        "select order_id, is_counted, is_trial, is_return, net_amount from marts.orders where customer_id = ?"
        " order by order_id", [customer(planted_shop, "m-orders")[0]])
    assert rows == [
        ("ec:o-cancelled", False, False, False, 0), ("ec:o-lineless", True, False, False, 700),
        ("ec:o-mixed", True, False, False, 900), ("ec:o-paid", True, False, False, 1000),
        ("ec:o-part", True, False, False, 800), ("ec:o-refunded", False, False, False, 0),
        ("ec:o-trial", False, True, False, 500), ("ec:o-zero", True, False, False, 0),
        ("store:r-back", False, False, True, -300), ("store:r-back-2", False, False, True, -50),
        ("store:r-sold", True, False, False, 400)]


def test_a_customer_sums_his_orders(planted_shop: Shop) -> None:
    assert customer(planted_shop, "m-orders", "orders, net_sales, average_order_value, gift_orders, frequency, has_ec, has_store,"
                    " has_web, first_order_at, last_order_at, card_nos, favourite_brand_id") == (
        6, Decimal(3950), Decimal("633.33"), 1, 6, True, True, False, datetime(2026, 3, 10, 3), datetime(2026, 3, 12, 9),
        ["c-orders"], "b1")
    assert planted_shop.query("select frequency, frequency_band, net_sales from marts.rf_customers where customer_id = ?",
                              [customer(planted_shop, "m-orders")[0]]) == [(6, "6+", Decimal(3950))]


def test_an_order_gives_a_touchpoint_per_line(planted_shop: Shop) -> None:
    assert purchases(planted_shop, "ec:o-paid") == [
        ("ec_order_items", "o-paid:1", "p1", "b1", True, 600), ("ec_order_items", "o-paid:2", "p2", "b2", False, 400)]
    assert purchases(planted_shop, "ec:o-lineless") == [("ec_orders", "o-lineless", None, None, True, 700)]
    assert purchases(planted_shop, "store:r-sold") == [("pos_receipt_items", "r-sold:1", "p1", "b1", True, 400)]
    assert purchases(planted_shop, "store:r-back") == [("pos_receipt_items", "r-back:1", "p1", "b1", True, -300)]
    assert purchases(planted_shop, "ec:o-cancelled") == purchases(planted_shop, "ec:o-refunded") == []
    actions = dict(planted_shop.query("select source_key, action from marts.touchpoints where source_key in ('r-back:1', 'r-sold:1')"))
    assert actions == {"r-back:1": "return", "r-sold:1": "purchase"}


def test_days_are_days_of_tokyo_and_later_rows_wait(planted_shop: Shop) -> None:
    shown = {order_id for (order_id,) in planted_shop.query("select order_id from marts.orders where order_id like 'ec:o-day%'")}
    assert shown == {"ec:o-day-last-second", "ec:o-day-last-second-utc", "ec:o-day-first-second-utc"}
    assert planted_shop.query("select value from marts.kpi_daily where day = '2026-03-31' and metric = 'orders'") == [(3,)]
    assert customer(planted_shop, "m-day-tomorrow", "orders, last_order_at, rf_segment") == (0, None, None)
    assert planted_shop.query("select count(*) from marts.customers where list_contains(member_ids, 'm-tomorrow')") == [(0,)]
    for mart, column in (("touchpoints", "occurred_at"), ("orders", "ordered_at"), ("customers", "first_seen_at"),
                         ("visitors", "last_seen_at"), ("kpi_daily", "day"), ("score_ledger", "occurred_at")):
        [(latest,)] = planted_shop.query(f"select cast(max({column}) as timestamp) from marts.{mart}")
        assert latest < datetime(2026, 3, 31, 15), mart


@pytest.mark.parametrize(("touchpoint", "brand_id", "product_id"), [
    ("web_events:w-product", "b1", "p1"), ("web_events:w-code", "b1", "p1"), ("web_events:w-content", "b2", None),
    ("web_events:w-content-product", "b1", None), ("web_events:w-none", None, None), ("pos_receipt_items:r-brand:1", "b2", "p2"),
    ("pos_receipts:r-store-brand", "b3", None), ("store_visits:y1", "b3", None), ("social_actions:a1", "b2", None),
    ("reviews:r1", "b2", "p2")])
def test_brand_is_the_products_else_the_contents_else_the_stores(
        planted_shop: Shop, touchpoint: str, brand_id: str | None, product_id: str | None) -> None:
    assert planted_shop.query("select brand_id, product_id from marts.touchpoints where touchpoint_id = ?", [touchpoint]) == [
        (brand_id, product_id)]


def test_actions_and_channels(planted_shop: Shop) -> None:
    rows = dict(planted_shop.query(
        "select touchpoint_id, action from marts.touchpoints where source in ('store_visits', 'social_actions', 'reviews',"
        " 'survey_answers', 'message_events')"))
    assert rows == {"store_visits:y1": "visit", "store_visits:y2": "visit", "store_visits:y3": "reservation",
                    "store_visits:y4": "visit", "social_actions:a1": "like", "social_actions:a2": "follow", "reviews:r1": "review",
                    "survey_answers:q1": "survey", "message_events:n1": "message_unsubscribed",
                    "message_events:n2": "message_unsubscribed", "message_events:n3": "message_complained",
                    "message_events:n4": "message_opened", "message_events:n5": "message_unsubscribed"}
    [(purchases_on_web,)] = planted_shop.query(
        "select count(*) from marts.touchpoints where source = 'web_events' and action = 'purchase'")
    assert purchases_on_web == 0  # the order gives them


def test_a_cart_is_open_until_an_order_or_emptying_ends_it(planted_shop: Shop) -> None:
    carts = {name: customer(planted_shop, f"m-cart-{name}", "cart_open")[0] for name in ("open", "bought", "emptied", "again")}
    assert carts == {"open": True, "bought": False, "emptied": False, "again": True}


def test_receipts_without_a_card_are_in_the_figures_and_nobodys(planted_shop: Shop) -> None:
    assert planted_shop.query("select customer_id, net_amount from marts.orders where order_id = 'store:r-nobody'") == [(None, 9000)]
    [(sales,)] = planted_shop.query("select value from marts.kpi_daily where day = '2026-03-12' and metric = 'net_sales'")
    assert sales == 9000 + 400 - 300 - 50 + 100 + 100 + 100
    [(total,)] = planted_shop.query("select sum(value) from marts.kpi_daily where metric = 'net_sales'")
    assert planted_shop.query("select sum(net_amount) from marts.orders") == [(total,)]
    [(in_rf,)] = planted_shop.query("select sum(net_sales) from marts.rf_customers")
    assert planted_shop.query("select sum(net_amount) from marts.orders where customer_id is not null") == [(in_rf,)]


def test_visits_are_check_ins_and_counselling(planted_shop: Shop) -> None:
    rows = planted_shop.query("select visits, orders, has_store, days_since_last_visit from marts.customers"
                              " where list_contains(card_nos, 'c-visits')")
    assert rows == [(2, 1, True, 25)]
    assert who(planted_shop, "store_visits:y4") is None


def test_coverage_counts_rows_of_somebody_and_of_somebody_seen_elsewhere(planted_shop: Shop) -> None:
    shares = {source: (identified, unified) for source, identified, unified in
              planted_shop.query("select source, identified_share, unified_share from marts.source_coverage")}
    receipts = planted_shop.query("select count(*), count(customer_id) from marts.orders where channel = 'store'")
    assert shares["pos_receipts"][0] == receipts[0][1] / receipts[0][0]
    assert shares["store_visits"] == (0.75, 0.75)
    assert shares["reviews"] == (1, 1)
    assert shares["social_actions"] == (1, 0.5)  # LINE user U-only is known from nowhere else


# --- sources that are not there ---


@pytest.mark.parametrize("only", ["pos_receipts", "web_events"])
def test_a_shop_of_one_source_runs(tmp_path_factory: pytest.TempPathFactory, only: str) -> None:
    sources = Sources({key: file for key, file in planted.shop().files.items() if key[0] == only})
    shop = open_shop(tmp_path_factory.mktemp(only), sources)
    shop.run(planted.AS_OF)
    people, sales = shop.query("select (select count(*) from marts.customers), (select coalesce(sum(net_sales), 0)"
                               " from marts.customers)")[0]
    assert shop.query("select count(*) from marts.rf_matrix where as_of = '2026-03-31' and recency_band = 'total'"
                      " and frequency_band = 'total'") == [(1,)]
    assert dict(shop.query("select source, rows from marts.source_coverage where rows > 0")) == {only: sources.rows(only)}
    if only == "pos_receipts":
        assert (people, sales) == (4, 400 - 300 - 50 + 100 + 100 + 100 + 100)
        assert shop.query("select product_id, brand_id from marts.touchpoints where action = 'purchase' limit 1") == [(None, None)]
    else:
        assert shop.query("select count(*) from marts.visitors where events > 0")[0][0] > 0
        assert shop.query("select count(*) from marts.orders") == [(0,)]
